/*
 * What is taken from a task that faulted or hangs: registers and frames.
 */
#ifndef INIT_EVIDENCE_H
#define INIT_EVIDENCE_H

#include "instance.h"
#include "registers.h"
#include "text.h"

enum { EVIDENCE_FRAMES = 16 };

struct evidence {
    bool has_registers;
    uint32_t kind; /* FAULT_; NONE: it was not a fault */
    uint64_t address;
    status_t status; /* why the access could not be made good */
    bool stack_overflow;
    registers_t registers;
    uint32_t frame_count;
    uint64_t frames[EVIDENCE_FRAMES]; /* code addresses: where it was, then the return addresses */
};

const char *evidence_kind(uint32_t kind, status_t status);
/* What happened, for people: "write to address 0x0". */
void evidence_put_fault(struct text *text, const struct evidence *evidence);
void evidence_of_fault(struct evidence *evidence, const struct instance *instance,
                       const uint64_t words[6], const void *registers, size_t size);
/* Of a thread that is not on a CPU at this moment; false: it is, and nothing is known. */
bool evidence_of_thread(struct evidence *evidence, const struct instance *instance);
/* Which group of the object holds an address, and the offset in it. */
bool evidence_locate(const struct load_group groups[LOADER_GROUPS], uint64_t address,
                     uint32_t *group, uint64_t *offset);

#endif
