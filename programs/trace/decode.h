/*
 * Messages in words: what trace records of calls and answers say, by the interface tables. Pure.
 */
#ifndef TRACE_DECODE_H
#define TRACE_DECODE_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stddef.h>

/* A text that is cut when the buffer is full; always ends with NUL. */
struct line {
    char *start;
    size_t size, used;
};

/* The method's name, such as `file.read`; for an unknown one its number. */
void decode_method(struct line *line, uint64_t tag);
/* Arguments, as `offset=0 flags=0x200`, then data, handles and leases that travel with them. data:
 * its first LIMIT_MESSAGE_WORDS * 8 bytes, shown if they are a text; null: not known. */
void decode_call(struct line *line, uint64_t tag, const uint64_t words[LIMIT_MESSAGE_WORDS],
                 const uint64_t *data);
/* Results of an answer to `method`, only if it is OK. */
void decode_answer(struct line *line, uint64_t method, uint64_t tag,
                   const uint64_t words[LIMIT_MESSAGE_WORDS], const uint64_t *data);
void decode_status(struct line *line, uint64_t tag);
const char *decode_fault(uint64_t kind);

#endif
