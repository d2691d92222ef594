/*
 * Positions of openings: where the next read or write with FILE_AT_POSITION goes. Programs that
 * were given the same endpoint share it, as `(echo a; echo b) > file` expects.
 *
 *     uint64_t at = positions_take(&positions, call->in.badge, offset, flags);
 *     ... moves *count bytes at `at` ...
 *     positions_moved(&positions, call->in.badge, flags, at + *count);   when that succeeded
 *
 * An opening is known by its badge, which has to be its own. A server that does not know it (any
 * more: it has been started again, or many others have been used since) goes by what the client
 * believes, which it says in every call. So the structure, zeros at first, need not outlive an
 * instance; in a state store it is right also for a client that has not read or written yet.
 *
 * A client repeats a call whose answer it did not get. If the call had been carried out before its
 * server died, it has to go where it went then: so the last calls are kept too, and known again by
 * the number (FILE_CALL) that a client gives them. One that had not been carried out goes where the
 * position or the end is by now, since others may have written there meanwhile.
 */
#ifndef POSITIONS_H
#define POSITIONS_H

#include <sinter/system.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    POSITIONS = 64,
    POSITIONS_CALLS = 12,
    POSITIONS_LOST = 6 /* of these, the last of a dead instance, kept until they are repeated */
};

/* A read or write that was begun. */
struct position_call {
    uint64_t badge;
    uint64_t offset; /* that it gave */
    uint64_t start;  /* where it went */
    uint64_t end;    /* up to where; start: not known yet, or nothing moved */
    uint32_t number; /* FILE_CALL of its flags, and what became of it; 0: free */
    uint32_t turn;   /* positions.next_call, when it was begun */
};

struct positions {
    uint64_t turn;
    struct {
        uint64_t used; /* the turn when it was last used; 0: free */
        uint64_t badge;
        uint64_t position;
    } entries[POSITIONS];
    uint32_t next_call;
    uint32_t spare;
    struct position_call calls[POSITIONS_CALLS];
};

/* Before the first call, with positions of a state store: what an instance before has carried out
 * may be repeated from now on. end_of tells where the file of an opening ends; false: there is
 * none. Null: the server does not use positions_append(). */
void positions_begin(struct positions *positions, bool (*end_of)(uint64_t badge, uint64_t *end));
/* Where to read or write. */
uint64_t positions_take(struct positions *positions, uint64_t badge, uint64_t offset,
                        uint32_t flags);
/* Where to append `length` bytes to a file that ends at `end`. */
uint64_t positions_append(struct positions *positions, uint64_t badge, uint64_t offset,
                          uint32_t flags, uint64_t end, uint64_t length);
/* Bytes have moved, up to there. */
void positions_moved(struct positions *positions, uint64_t badge, uint32_t flags,
                     uint64_t position);
/* The operation seek of the file protocol, for a file of `size` bytes. */
SINTER_MUST_CHECK status_t positions_seek(struct positions *positions, uint64_t badge,
                                          int64_t offset, uint32_t whence, uint64_t size,
                                          uint64_t *position);
/* The opening is closed. */
void positions_forget(struct positions *positions, uint64_t badge);

#endif
