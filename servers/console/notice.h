/*
 * A line for people in the middle of whatever stands on the terminal: the line that is being
 * written or edited is cleared, and drawn again below. What it consists of is still in the ring of
 * the output, sent or not, so nobody has to be asked. Without a system call.
 */
#ifndef NOTICE_H
#define NOTICE_H

#include "byte_ring.h"

enum {
    NOTICE_LINE = 200,     /* bytes of a line, without its end */
    NOTICE_CURRENT = 1024, /* bytes of the output that are looked through for the current line */
    NOTICE_BYTES = NOTICE_LINE + NOTICE_CURRENT + 8 /* most that notice_compose() makes */
};

/* What has to follow in the output, of which this is the producer; answers its length. A current
 * line that began too long ago stays where it is, and what follows begins a new one. */
uint32_t notice_compose(const struct byte_ring *output, const char *line, uint32_t length,
                        uint8_t to[NOTICE_BYTES]);

#endif
