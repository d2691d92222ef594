/* Processes that wait for one thing: process_sleep(), wait_queue_wake(). */
#ifndef WAIT_QUEUE_H
#define WAIT_QUEUE_H

struct process;

struct wait_queue {
    struct process *first;
};

#endif
