/*
 * Registers of a crashed thread (struct registers_aarch64) and the chain of its frames: AAPCS64,
 * "The Frame Pointer".
 */
#ifndef INIT_REGISTERS_H
#define INIT_REGISTERS_H

#include <sinter/abi.h>

typedef struct registers_aarch64 registers_t;

/* From the frame pointer to the return address, and to the caller's frame pointer; bytes. */
#define FRAME_RETURN 8
#define FRAME_NEXT   0

enum { REGISTERS_SHOWN = 32 };

static inline uint64_t registers_pc(const registers_t *registers)
{
    return registers->pc;
}

static inline uint64_t registers_return(const registers_t *registers)
{
    return registers->x[30];
}

static inline uint64_t registers_stack(const registers_t *registers)
{
    return registers->x[31];
}

static inline uint64_t registers_frame(const registers_t *registers)
{
    return registers->x[29];
}

/* Name and value of the i-th register to show. */
static inline const char *registers_name(unsigned i)
{
    static const char *const names[REGISTERS_SHOWN] = {
        "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10",
        "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
        "x22", "x23", "x24", "x25", "x26", "x27", "x28", "fp",  "lr",  "sp"};
    return names[i];
}

static inline uint64_t registers_value(const registers_t *registers, unsigned i)
{
    return registers->x[i];
}

#endif
