/*
 * An object that comes in frames. Pure: the caller has the memory.
 *
 * BEGIN says what comes and ends what was before; DATA follows without gaps. Anything else ends the
 * transfer, which is told once; what is left of it is then passed over.
 */
#ifndef AGENT_TRANSFER_H
#define AGENT_TRANSFER_H

#include "frame.h"

enum {
    TRANSFER_NAME = 24, /* bytes of a service's name, with its NUL */
    TRANSFER_FILE = 48, /* of where the object is from */
    TRANSFER_MOST = 8 << 20,
};

enum transfer_result {
    TRANSFER_NOTHING,
    TRANSFER_BEGUN, /* `bytes` has to be set to room for `size`, or transfer_break() called */
    TRANSFER_WHOLE,
    TRANSFER_REFUSED, /* `why` tells */
};

struct transfer {
    enum { TRANSFER_IDLE, TRANSFER_RUNS, TRANSFER_BROKEN } state;
    char name[TRANSFER_NAME];
    char file[TRANSFER_FILE];
    uint32_t token, size, received;
    uint8_t *bytes; /* the caller's */
    const char *why;
};

enum transfer_result transfer_take(struct transfer *transfer, const struct frame *frame);
/* The caller cannot go on with it. */
void transfer_break(struct transfer *transfer);

#endif
