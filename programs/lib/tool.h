/* What the small programs share: messages with the program's name, and going through files. */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOOL_USAGE       2 /* exit status of a program that was called wrongly */
#define TOOL_BUFFER_SIZE 65536

/* Prints "NAME: WHAT: text of errno" on stderr, but nothing of a pipe whose reader has enough;
 * always 1, the exit status of a failure. */
int tool_fail(const char *name, const char *what);
/* Prints "usage: TEXT"; always TOOL_USAGE. */
int tool_usage(const char *text);
/* Calls `each` with every file named, opened for reading, or with descriptor 0 and "-" if none is.
 * Exit status 1 if a file could not be opened or `each` did not answer 0. */
int tool_each_file(const char *name, int count, char **paths,
                   int (*each)(int file, const char *path));
/* Writes all; false and errno if that fails. */
bool tool_write(int file, const void *data, size_t size);
/* A whole number, decimal or 0x; false if the text is something else. */
bool tool_number(const char *text, uint64_t *value);

/* For reading and writing in large pieces. */
extern char tool_buffer[TOOL_BUFFER_SIZE];

#endif
