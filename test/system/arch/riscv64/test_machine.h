/*
 * What the kernel's tests need of riscv64: instruction words, faults on purpose, and registers.
 */
#ifndef TEST_MACHINE_H
#define TEST_MACHINE_H

#include <sinter/abi.h>
#include <stdbool.h>

/* Where struct guest_state has them. */
#define GUEST_PC          0
#define GUEST_SP          2
#define GUEST_ARGUMENT(i) (10 + (i))
#define GUEST_REGISTERS   32 /* pc is the first */
#define GUEST_ALL         32
#define GUEST_ALIGNMENT   false /* of pc is checked */
#define GUEST_STEPS       false /* by the processor */
#define GUEST_CODE_STEPS  44    /* of the code at CODE_GOES_ON */

/* What register i holds once `value` was written to it. */
static inline uint64_t guest_register(unsigned i, uint64_t value)
{
    (void)i;
    return value;
}

#define ADDI_A0_ZERO 0x00000513u /* addi a0, zero, imm << 20 */
#define RET          0x00008067u
#define EBREAK       0x00100073u

/* A function that answers `value`, below 2048. */
#define FUNCTION_WORDS 2
static inline void write_function(volatile uint32_t *to, uint32_t value)
{
    to[0] = ADDI_A0_ZERO | value << 20;
    to[1] = RET;
}

/* A function whose first instruction is no instruction, or a breakpoint. */
static inline void write_illegal(volatile uint32_t *to)
{
    to[0] = 0; /* defined to be illegal */
    to[1] = 0;
}

/* No instruction, and none of floating point either. */
static inline void illegal_instruction(void)
{
    __asm__ volatile(".4byte 0x0000000b"); /* custom-0 */
}

static inline void write_breakpoint(volatile uint32_t *to)
{
    to[0] = EBREAK;
    to[1] = RET;
}

/* Machines emulate plain misaligned accesses; this one they refuse. */
static inline void load_misaligned(uint64_t address)
{
    uint64_t value;
    __asm__ volatile("lr.d %0, (%1)" : "=r"(value) : "r"(address) : "memory");
}

static inline uint64_t thread_pointer_read(void)
{
    uint64_t value;
    __asm__ volatile("mv %0, tp" : "=r"(value));
    return value;
}

static inline void thread_pointer_write(uint64_t value)
{
    __asm__ volatile("mv tp, %0" : : "r"(value));
}

/* Loads through a0 with s2 to s11 holding `pattern` + 2 to + 11. */
static inline uint64_t load_with_registers(uint64_t address, uint64_t pattern)
{
    register uint64_t a0 __asm__("a0") = address;
    register uint64_t a1 __asm__("a1") = pattern;
    __asm__ volatile("addi s2, a1, 2\n\taddi s3, a1, 3\n\taddi s4, a1, 4\n\taddi s5, a1, 5\n\t"
                     "addi s6, a1, 6\n\taddi s7, a1, 7\n\taddi s8, a1, 8\n\taddi s9, a1, 9\n\t"
                     "addi s10, a1, 10\n\taddi s11, a1, 11\n\tld a0, 0(a0)"
                     : "+r"(a0), "+r"(a1)
                     :
                     : "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "memory");
    return a0;
}

/* How a fault message shows that; false: some register is wrong. */
static inline bool registers_are(const void *data, uint32_t length, uint64_t address,
                                 uint64_t pattern, uint64_t pc)
{
    const struct registers_riscv64 *registers = data;
    if (length != sizeof(*registers) || registers->x[0] != pc || registers->x[10] != address ||
        registers->x[11] != pattern || registers->fault_address != address) {
        return false;
    }
    for (unsigned i = 2; i <= 11; i++) { /* s2 is x18 */
        if (registers->x[16 + i] != pattern + i) {
            return false;
        }
    }
    return true;
}

static inline uint64_t registers_pc(const void *data)
{
    return ((const struct registers_riscv64 *)data)->x[0];
}

static inline void registers_set_pc(void *data, uint64_t pc)
{
    ((struct registers_riscv64 *)data)->x[0] = pc;
}

static inline uint64_t registers_sp(const void *data)
{
    return ((const struct registers_riscv64 *)data)->x[2];
}

/* Runs a system call instruction outside libsys. */
static inline void foreign_system_call(void)
{
    __asm__ volatile("li t0, 0\n\tecall"
                     :
                     :
                     : "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3", "t4",
                       "t5", "t6", "memory");
}

/* Register numbers as masks. REGISTERS_LOADED: loaded by probe_call() and probe_spin(). */
#define MASK(n)          (UINT32_C(1) << (n))
#define REGISTERS_LOADED 0x77ffffeau
#define REGISTERS_KEPT   0x07fc0218u /* by a call, and seen through a stub: gp, tp, s1 to s10 */
#define REGISTERS_ZEROED 0xf00000c0u /* by a call: t1 to t6 */
#define REGISTER_STACK   2
#define REGISTER_TLS     4
#define REGISTER_FIRST   1
#define REGISTER_LAST    31

/* Register i of the convention of system calls (libsys/arch/riscv64/call.h); 8 is the number. */
static inline unsigned call_register(unsigned i)
{
    return i < 8 ? 10 + i : 5 + (i - 8);
}

static inline bool is_system_trap(const volatile uint16_t *at)
{
    return at[0] == 0x0073 && at[1] == 0x0000; /* ecall */
}

#define FP_BYTES (32 * 8)

/* All FP registers, from and to 32 doublewords. */
static inline void fp_load(const uint64_t *from)
{
    __asm__ volatile(
        ".option push\n\t.option arch, +d\n\t"
        "fld f0, 0(%0)\n\tfld f1, 8(%0)\n\tfld f2, 16(%0)\n\tfld f3, 24(%0)\n\t"
        "fld f4, 32(%0)\n\tfld f5, 40(%0)\n\tfld f6, 48(%0)\n\tfld f7, 56(%0)\n\t"
        "fld f8, 64(%0)\n\tfld f9, 72(%0)\n\tfld f10, 80(%0)\n\tfld f11, 88(%0)\n\t"
        "fld f12, 96(%0)\n\tfld f13, 104(%0)\n\tfld f14, 112(%0)\n\tfld f15, 120(%0)\n\t"
        "fld f16, 128(%0)\n\tfld f17, 136(%0)\n\tfld f18, 144(%0)\n\tfld f19, 152(%0)\n\t"
        "fld f20, 160(%0)\n\tfld f21, 168(%0)\n\tfld f22, 176(%0)\n\tfld f23, 184(%0)\n\t"
        "fld f24, 192(%0)\n\tfld f25, 200(%0)\n\tfld f26, 208(%0)\n\tfld f27, 216(%0)\n\t"
        "fld f28, 224(%0)\n\tfld f29, 232(%0)\n\tfld f30, 240(%0)\n\tfld f31, 248(%0)\n\t"
        ".option pop"
        :
        : "r"(from)
        : "memory");
}

static inline void fp_store(uint64_t *to)
{
    __asm__ volatile(
        ".option push\n\t.option arch, +d\n\t"
        "fsd f0, 0(%0)\n\tfsd f1, 8(%0)\n\tfsd f2, 16(%0)\n\tfsd f3, 24(%0)\n\t"
        "fsd f4, 32(%0)\n\tfsd f5, 40(%0)\n\tfsd f6, 48(%0)\n\tfsd f7, 56(%0)\n\t"
        "fsd f8, 64(%0)\n\tfsd f9, 72(%0)\n\tfsd f10, 80(%0)\n\tfsd f11, 88(%0)\n\t"
        "fsd f12, 96(%0)\n\tfsd f13, 104(%0)\n\tfsd f14, 112(%0)\n\tfsd f15, 120(%0)\n\t"
        "fsd f16, 128(%0)\n\tfsd f17, 136(%0)\n\tfsd f18, 144(%0)\n\tfsd f19, 152(%0)\n\t"
        "fsd f20, 160(%0)\n\tfsd f21, 168(%0)\n\tfsd f22, 176(%0)\n\tfsd f23, 184(%0)\n\t"
        "fsd f24, 192(%0)\n\tfsd f25, 200(%0)\n\tfsd f26, 208(%0)\n\tfsd f27, 216(%0)\n\t"
        "fsd f28, 224(%0)\n\tfsd f29, 232(%0)\n\tfsd f30, 240(%0)\n\tfsd f31, 248(%0)\n\t"
        ".option pop"
        :
        : "r"(to)
        : "memory");
}

/* Rounding mode and sticky flags: 8 bits. */
static inline void fp_control_write(uint64_t value)
{
    __asm__ volatile("csrw fcsr, %0" : : "r"(value));
}

static inline uint64_t fp_control_read(void)
{
    uint64_t value;
    __asm__ volatile("csrr %0, fcsr" : "=r"(value));
    return value;
}

#define FP_CONTROL_SAMPLE(n) (((UINT64_C(1) + (n) % 3) << 5) | (1 + (n) % 31)) /* frm, flags */

#endif
