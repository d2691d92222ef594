/*
 * What the calls of an ABI come with: arguments, descriptors (the numbers of a process's open
 * files) and paths. Only the process's own thread uses these while it runs; the lock of the
 * personality is taken here, but for descriptor_install().
 */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include "guest_registers.h"
#include "process.h"

/* One of six. */
static inline uint64_t guest_argument(const struct process *process, unsigned i)
{
    return process->image.state->registers[GUEST_ARGUMENT + i];
}

/* The lowest free one; -1: there is none. Either way the reference is taken over. Lock held. */
int64_t descriptor_install(struct process *process, struct open_file *file);
/* What it stands for; null: nothing. */
struct open_file *descriptor_file(const struct process *process, uint64_t number);
/* BAD_HANDLE: it stands for nothing. */
SINTER_MUST_CHECK status_t descriptor_close(struct process *process, uint64_t number);

/* A new open file of an endpoint, which is taken over. FULL. */
SINTER_MUST_CHECK status_t descriptor_open(struct process *process, enum open_kind kind,
                                           uint32_t file_kind, handle_t endpoint, bool readable,
                                           bool writable, uint64_t *number);
/* A pipe, whose numbers are copied to the guest, two int32_t: the reader's and the writer's. FULL;
 * BAD_ADDRESS: and nothing is left. */
SINTER_MUST_CHECK status_t descriptor_pipe(struct process *process, uint64_t address);
/* Another number for the same, which what had it loses. BAD_HANDLE: `from` stands for nothing, or
 * there is no number `to`. */
SINTER_MUST_CHECK status_t descriptor_move(struct process *process, uint64_t from, uint64_t to);

/* The path at an address of the guest, of at most `capacity` bytes with its zero, up to NAMES_PATH.
 * What guest_copy_text() and names_resolve() answer. */
SINTER_MUST_CHECK status_t process_resolve(struct process *process, uint64_t address,
                                           size_t capacity, struct place *place);

#endif
