/*
 * The line discipline of a terminal, without a system call: what typed bytes become.
 *
 * Cooked: bytes are echoed and gathered into a line, which a reader gets whole. Backspace and
 * delete remove a byte, ^U the line, ^W a word; CR counts as NL; ^D ends the line without NL, and
 * on an empty line it is an end of file; ^C drops what has been typed and is an interrupt.
 * Raw: bytes are readable as they come; no echo.
 *
 * Input is kept as records: a line, or what came in raw mode. A read ends at the end of a record
 * in cooked mode only. Nothing is dropped: when there is no room, discipline_input() says FULL
 * and the caller keeps the byte.
 */
#ifndef DISCIPLINE_H
#define DISCIPLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "byte_ring.h"

enum {
    DISCIPLINE_LINE = 1024,  /* bytes of a line that is being typed */
    DISCIPLINE_READY = 8192, /* bytes that wait for a reader; a power of two */
    DISCIPLINE_RECORDS = 256 /* lines that wait for a reader */
};

enum discipline_result {
    DISCIPLINE_TAKEN,
    DISCIPLINE_FULL,
    DISCIPLINE_INTERRUPT /* taken; the input that waited is gone */
};

/* Shows bytes to whoever types. It may drop them when the output is full. */
typedef void discipline_echo(void *context, const char *bytes, uint32_t count);

struct discipline {
    discipline_echo *echo;
    void *context;
    bool raw;
    bool open_record; /* the last record came in raw mode and can grow */
    uint32_t line_length;
    uint32_t record_first;
    uint32_t record_count;
    uint32_t records[DISCIPLINE_RECORDS];
    struct byte_ring ready;
    uint8_t line[DISCIPLINE_LINE];
    uint8_t ready_bytes[DISCIPLINE_READY];
};

void discipline_init(struct discipline *discipline, discipline_echo *echo, void *context);

/*
 * Changes the mode. Going raw makes a line that is being typed readable as far as it is. Going
 * cooked, a ^C that nobody has read is INTERRUPT: it was typed ahead for what begins now, and what
 * came before it is gone.
 */
enum discipline_result discipline_set_raw(struct discipline *discipline, bool raw);

enum discipline_result discipline_input(struct discipline *discipline, uint8_t byte);

/* Whether a byte is an interrupt now; so that one can be found behind input that is FULL. */
bool discipline_interrupts(const struct discipline *discipline, uint8_t byte);

/* Whether a read has an answer, which may be the end of file. */
bool discipline_readable(const struct discipline *discipline);

/*
 * The first piece that a read up to `wanted` bytes gets; length 0 is an end of file. After it has
 * been copied, discipline_take() with its length removes it. The piece is at the end of the read
 * when `more` is false.
 */
uint32_t discipline_piece(const struct discipline *discipline, uint64_t wanted,
                          const uint8_t **start);
/* Answers whether the read may go on with a further piece. */
bool discipline_take(struct discipline *discipline, uint32_t count);

/*
 * What is sent for bytes that are written: NL becomes CR NL, unless a CR came before it. `last` is
 * the byte sent last, kept from call to call. Takes as much of `from` as fits in `to`, at least
 * one byte if `capacity` is 2 or more; answers the length of what is sent, *taken of what went.
 */
uint32_t discipline_output(uint8_t *last, const uint8_t *from, uint32_t count, uint32_t *taken,
                           uint8_t *to, uint32_t capacity);

#endif
