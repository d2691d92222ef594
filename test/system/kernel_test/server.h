/*
 * A scripted server for tests of calls: a worker that receives on a port, possibly in a child
 * task, and does with each call what its method says.
 */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include "test.h"

enum {
    METHOD_ECHO = 1, /* answers the words plus one, the data and the handles that came */
    METHOD_STATUS,   /* answers the status in words[0] */
    METHOD_HOLD,     /* keeps the call, receives with another reply; answered by RELEASE */
    METHOD_RELEASE,  /* answers the held call with the status in words[0], then this one */
    METHOD_DIE,      /* ends its task with the call bound */
    METHOD_READ,     /* lease words[0]: reads words[2] bytes at words[1], answers their sum */
    METHOD_WRITE,    /* the same, writes bytes words[3], words[3] + 1, … */
    METHOD_ONWARD,   /* lends lease words[0] on to the endpoint of the next server, READ there */
    METHOD_COPY,     /* lease_copy() with words; answers its status in word 0, copied in word 1 */
    METHOD_END,      /* answers, then returns */
};

enum { NOTES = 16 };

struct server {
    struct worker worker;
    handle_t task;      /* 0: this task */
    struct service own; /* handles of this task */
    /* Handles of the server's task. */
    handle_t port, reply, held_reply, next;
    uint32_t accept;
    uint32_t priority;
    /* What it saw. */
    volatile uint32_t calls;
    struct received log[NOTES]; /* the calls, and in `notices` what was no call */
    volatile uint32_t notice_count;
    struct received notices[NOTES];
    volatile status_t last; /* of port_receive(), when it returned */
};

/* Fields that differ from the usual are set before; handles are made here. */
bool server_start(struct server *server, bool in_child);
/* Asks it to return and frees all. */
void server_end(struct server *server);
/* Frees all of a server whose thread is dead or will be (killed). */
void server_close(struct server *server);

/* port_call() with words; the status of the answer is in *answer when the call was OK. */
status_t call_words(handle_t endpoint, uint32_t method, uint64_t word0, uint64_t word1,
                    struct message *answer);

/* A thread that makes one call. */
struct caller {
    struct worker worker;
    handle_t endpoint;
    struct message message;
    status_t status;
    volatile uint32_t order; /* 1 for the first that ended since caller_reset() */
};
void caller_reset(void);
status_t caller_start(struct caller *caller, uint32_t priority, handle_t endpoint, uint32_t method,
                      uint64_t word0);

#endif
