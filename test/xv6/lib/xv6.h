/* The interface of xv6 (riscv, 2022 to 2025) as its programs see it, and the library that those
 * in this folder share. Numbers and structures are xv6's; the stack of a program has one page. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096

#define PROCESSES_MOST     64         /* NPROC */
#define FILES_MOST         16         /* NOFILE: open files of a process */
#define ARGUMENTS_MOST     32         /* MAXARG: with the null that ends them */
#define PATH_MOST          128        /* MAXPATH: with the zero that ends it */
#define NAME_MOST          14         /* DIRSIZ: of a directory entry; more is cut off */
#define BLOCK              1024       /* BSIZE */
#define FILE_BLOCKS_MOST   (12 + 256) /* MAXFILE */
#define OPERATION_BLOCKS   10         /* MAXOPBLOCKS: of one transaction of the log */
#define ACTIVE_INODES_MOST 50         /* NINODE */
#define PIPE_BYTES         512        /* PIPESIZE */

#define O_RDONLY 0x000
#define O_WRONLY 0x001
#define O_RDWR   0x002
#define O_CREATE 0x200
#define O_TRUNC  0x400

#define SBRK_EAGER 1
#define SBRK_LAZY  2
#define SBRK_ERROR ((char *)-1)

enum file_type { T_DIR = 1, T_FILE = 2, T_DEVICE = 3 };

#define CONSOLE_MAJOR 1

struct stat {
    int dev;
    uint32_t ino;
    int16_t type; /* enum file_type */
    int16_t nlink;
    uint64_t size;
};

/* A directory is a file of these; number 0 is a free one, a name of 14 bytes has no zero. */
struct dirent {
    uint16_t inum;
    char name[NAME_MOST];
};

#define CALL(number, type, name, arguments) type name arguments;
#include "call_list.h"
#undef CALL

int main(int argument_count, char **arguments);

static inline char *sbrk(int bytes)
{
    return sbrk_as(bytes, SBRK_EAGER);
}

static inline char *sbrk_lazy(int bytes)
{
    return sbrk_as(bytes, SBRK_LAZY);
}

void *memcpy(void *to, const void *from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int byte, size_t count);
int memcmp(const void *a, const void *b, size_t count);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
char *strchr(const char *text, int character);
char *strcpy(char *to, const char *from);
int text_number(const char *text); /* decimal; what follows the digits is not heeded */

/* %d %u %x %ld %lu %lx %p %s %c %%, without widths. What one call prints is written in as few
 * pieces as its small buffer allows. */
void print(int file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* From the heap; NULL if there is no more. The memory stays the program's until it ends. */
void *allocate(size_t bytes);
void release(void *memory); /* of `allocate`, or NULL */

int path_stat(const char *path, struct stat *status); /* 0, or -1 */
int read_line(int file, char *line, int room);        /* its length with '\n', 0 at the end */

/* Prints `name: what` on the second output and ends the program with status 1. */
_Noreturn void give_up(const char *name, const char *what);
