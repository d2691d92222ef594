/*
 * A child task in this space whose faults come to a port of ours, and a thread in it that does
 * something wrong. The test receives the faults and answers them.
 */
#ifndef TEST_FAULTER_H
#define TEST_FAULTER_H

#include "test.h"

#define METHOD_FAULT 0x4641554c /* as task_set_fault_endpoint() says */

struct faulter {
    struct service service;
    handle_t task;
    struct worker worker;
    void (*act)(struct faulter *faulter);
    uint64_t address;      /* for act() */
    uint64_t answer;       /* of act() */
    struct received fault; /* the last one */
};

/* Starts a thread in act() with the address. */
bool faulter_start(struct faulter *faulter, void (*act)(struct faulter *), uint64_t address);
/* Receives a fault and notes a failure unless it has that kind, address and thread. */
void faulter_expect(struct faulter *faulter, uint32_t kind, uint64_t address);
void faulter_answer(struct faulter *faulter, status_t status);
/* Waits for the end of the task, checks its reason, and frees all. */
void faulter_end(struct faulter *faulter, uint32_t reason);

#endif
