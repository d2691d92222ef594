/*
 * Native programs: the process protocol.
 *
 * An entry lives as long as its task runs or somebody holds the process's endpoint. Waiting calls
 * are answered when the program ends. Main thread; the building of the task is the worker's.
 */
#ifndef INIT_PROCESS_H
#define INIT_PROCESS_H

#include "instance.h"
#include "script.h"
#include "worker.h"

struct process_operations;
extern const struct process_operations process_operations;

/* What the script's `program` lines allow. False: the table is full. */
bool process_allow(const char *object, uint32_t allow);
uint32_t process_allowed(const struct boot_file *object);

/* A program that init starts itself; its files are the caller's. `told` gets how it ended. */
typedef void process_told(void *context, status_t status, const char *line);
struct process_request {
    struct boot_file *file;
    handle_t files[3];
    uint32_t kind; /* FILE_KIND_ of them */
    uint32_t allow;
    const struct script_arguments *arguments;
    process_told *told;
    void *context;
};
SINTER_MUST_CHECK status_t process_run(const struct process_request *request);

void process_reap(uint64_t death_bits);
/* The instance of a service has ended: so does what it has started. */
void process_starter_ended(uint32_t service_slot, uint32_t generation);
/* The last handle to a process's endpoint is gone. */
void process_closed(uint64_t badge);
bool process_cancel(handle_t reply);
/* Name of the program with this badge, null: none. */
const char *process_name(uint64_t badge);

#endif
