/*
 * The interface of the toy, as its programs and its personality see it: ten calls, and a program
 * file that is loaded as it stands.
 */
#ifndef TOY_H
#define TOY_H

#include <stdint.h>

/* What a call answers: 0 or more, or a status of Sinter below 0. */
enum toy_call {
    TOY_EXIT,  /* (code) */
    TOY_FORK,  /* (): the child's pid; in the child 0 */
    TOY_WAIT,  /* (&code, int64_t): pid of a child that has ended */
    TOY_EXEC,  /* (texts, bytes): the program's path, then its further arguments */
    TOY_OPEN,  /* (path, TOY_READER or TOY_WRITER): a descriptor */
    TOY_READ,  /* (descriptor, bytes, count): how many; 0: the end */
    TOY_WRITE, /* (descriptor, bytes, count): how many */
    TOY_PIPE,  /* (&ends, int32_t[2]: where to read and where to write) */
    TOY_MOVE,  /* (descriptor, its new number): what had that is closed */
    TOY_CLOSE, /* (descriptor) */
    TOY_CALLS
};

enum { TOY_READER, TOY_WRITER };

/* The first bytes of a program's file, which is loaded whole at TOY_BASE. */
struct toy_header {
    char magic[8];
    uint64_t machine;  /* EM_ of ELF */
    uint64_t entry;    /* address; with the number of arguments and their texts */
    uint64_t text_end; /* of what is executed and only read: a multiple of pages */
    uint64_t data_end; /* of the file */
    uint64_t zero_end; /* of zeros that follow */
};

#define TOY_MAGIC "toyprog1"
#define TOY_BASE  UINT64_C(0x10000)
#define TOY_TOP   UINT64_C(0x40000000) /* the stack ends here */
#define TOY_STACK UINT64_C(0x10000)    /* bytes */

#endif
