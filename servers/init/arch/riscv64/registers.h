/*
 * Registers of a crashed thread (struct registers_riscv64) and the chain of its frames: RISC-V ELF
 * psABI, "Frame Pointer Convention".
 */
#ifndef INIT_REGISTERS_H
#define INIT_REGISTERS_H

#include <sinter/abi.h>

typedef struct registers_riscv64 registers_t;

/* From the frame pointer to the return address, and to the caller's frame pointer; bytes. */
#define FRAME_RETURN (-8)
#define FRAME_NEXT   (-16)

enum { REGISTERS_SHOWN = 31 };

static inline uint64_t registers_pc(const registers_t *registers)
{
    return registers->x[0];
}

static inline uint64_t registers_return(const registers_t *registers)
{
    return registers->x[1];
}

static inline uint64_t registers_stack(const registers_t *registers)
{
    return registers->x[2];
}

static inline uint64_t registers_frame(const registers_t *registers)
{
    return registers->x[8];
}

/* Name and value of the i-th register to show. */
static inline const char *registers_name(unsigned i)
{
    static const char *const names[REGISTERS_SHOWN] = {
        "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0", "a1",
        "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5", "s6",
        "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    return names[i];
}

static inline uint64_t registers_value(const registers_t *registers, unsigned i)
{
    return registers->x[i + 1];
}

#endif
