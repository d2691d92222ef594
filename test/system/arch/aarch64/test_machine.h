/*
 * What the kernel's tests need of aarch64: instruction words, faults on purpose, and registers.
 */
#ifndef TEST_MACHINE_H
#define TEST_MACHINE_H

#include <sinter/abi.h>
#include <stdbool.h>

/* Where struct guest_state has them. */
#define GUEST_PC          32
#define GUEST_SP          31
#define GUEST_ARGUMENT(i) (i)
#define GUEST_REGISTERS   32 /* pc, and others, follow */
#define GUEST_FLAGS       33
#define GUEST_ALL         35
#define GUEST_ALIGNMENT   true /* of pc is checked */
#define GUEST_STEPS       true /* by the processor */
#define GUEST_CODE_STEPS  29   /* of the code at CODE_GOES_ON */

/* What register i holds once `value` was written to it. */
static inline uint64_t guest_register(unsigned i, uint64_t value)
{
    return i == GUEST_FLAGS ? value & 0xf0000000 : value;
}

#define MOVZ_X0 0xd2800000u /* movz x0, imm << 5 */
#define RET     0xd65f03c0u
#define BRK_0   0xd4200000u
#define UDF_0   0x00000000u

/* A function that answers `value`, below 65536. */
#define FUNCTION_WORDS 2
static inline void write_function(volatile uint32_t *to, uint32_t value)
{
    to[0] = MOVZ_X0 | value << 5;
    to[1] = RET;
}

/* A function whose first instruction is no instruction, or a breakpoint. */
static inline void write_illegal(volatile uint32_t *to)
{
    to[0] = UDF_0;
    to[1] = RET;
}

/* No instruction, and none of floating point either. */
static inline void illegal_instruction(void)
{
    __asm__ volatile(".4byte 0"); /* udf #0 */
}

static inline void write_breakpoint(volatile uint32_t *to)
{
    to[0] = BRK_0;
    to[1] = RET;
}

/* Plain misaligned accesses are allowed; exclusive ones never are. */
static inline void load_misaligned(uint64_t address)
{
    uint64_t value;
    __asm__ volatile("ldxr %0, [%1]\n\tclrex" : "=r"(value) : "r"(address) : "memory");
}

static inline uint64_t thread_pointer_read(void)
{
    uint64_t value;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(value));
    return value;
}

static inline void thread_pointer_write(uint64_t value)
{
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(value));
}

/* Loads through x0 with x19 to x28 holding `pattern` + 2 to + 11. */
static inline uint64_t load_with_registers(uint64_t address, uint64_t pattern)
{
    register uint64_t x0 __asm__("x0") = address;
    register uint64_t x1 __asm__("x1") = pattern;
    __asm__ volatile("add x19, x1, #2\n\tadd x20, x1, #3\n\tadd x21, x1, #4\n\tadd x22, x1, #5\n\t"
                     "add x23, x1, #6\n\tadd x24, x1, #7\n\tadd x25, x1, #8\n\tadd x26, x1, #9\n\t"
                     "add x27, x1, #10\n\tadd x28, x1, #11\n\tldr x0, [x0]"
                     : "+r"(x0), "+r"(x1)
                     :
                     : "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28",
                       "memory");
    return x0;
}

/* How a fault message shows that; false: some register is wrong. */
static inline bool registers_are(const void *data, uint32_t length, uint64_t address,
                                 uint64_t pattern, uint64_t pc)
{
    const struct registers_aarch64 *registers = data;
    if (length != sizeof(*registers) || registers->pc != pc || registers->x[0] != address ||
        registers->x[1] != pattern || registers->fault_address != address) {
        return false;
    }
    for (unsigned i = 2; i <= 11; i++) { /* pattern + 2 is in x19 */
        if (registers->x[17 + i] != pattern + i) {
            return false;
        }
    }
    return true;
}

static inline uint64_t registers_pc(const void *data)
{
    return ((const struct registers_aarch64 *)data)->pc;
}

static inline void registers_set_pc(void *data, uint64_t pc)
{
    ((struct registers_aarch64 *)data)->pc = pc;
}

static inline uint64_t registers_sp(const void *data)
{
    return ((const struct registers_aarch64 *)data)->x[31];
}

/* Runs a system call instruction outside libsys. */
static inline void foreign_system_call(void)
{
    __asm__ volatile("mov x8, #0\n\tsvc #0"
                     :
                     :
                     : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
                       "x12", "x13", "x14", "x15", "x16", "x17", "memory");
}

/* Register numbers as masks. REGISTERS_LOADED: loaded by probe_call() and probe_spin(). */
#define MASK(n)          (UINT32_C(1) << (n))
#define REGISTERS_LOADED 0x6ffdffffu
#define REGISTERS_KEPT   0x0ffc0000u /* by a call, and seen through a stub: x18 to x27 */
#define REGISTERS_ZEROED 0x0003fe00u /* by a call: x9 to x17 */
#define REGISTER_STACK   31
#define REGISTER_TLS     32 /* none of the general ones */
#define REGISTER_FIRST   0
#define REGISTER_LAST    31

/* Register i of the convention of system calls (libsys/arch/aarch64/call.h); 8 is the number. */
static inline unsigned call_register(unsigned i)
{
    return i;
}

static inline bool is_system_trap(const volatile uint16_t *at)
{
    return at[0] == 0x0001 && at[1] == 0xd400; /* svc #0 */
}

#define FP_BYTES (32 * 16)

/* All FP and vector registers, from and to 64 doublewords. */
static inline void fp_load(const uint64_t *from)
{
    __asm__ volatile(
        ".arch_extension simd\n\t"
        "ldp q0, q1, [%0, #0]\n\tldp q2, q3, [%0, #32]\n\tldp q4, q5, [%0, #64]\n\t"
        "ldp q6, q7, [%0, #96]\n\tldp q8, q9, [%0, #128]\n\tldp q10, q11, [%0, #160]\n\t"
        "ldp q12, q13, [%0, #192]\n\tldp q14, q15, [%0, #224]\n\tldp q16, q17, [%0, #256]\n\t"
        "ldp q18, q19, [%0, #288]\n\tldp q20, q21, [%0, #320]\n\tldp q22, q23, [%0, #352]\n\t"
        "ldp q24, q25, [%0, #384]\n\tldp q26, q27, [%0, #416]\n\tldp q28, q29, [%0, #448]\n\t"
        "ldp q30, q31, [%0, #480]"
        :
        : "r"(from)
        : "memory");
}

static inline void fp_store(uint64_t *to)
{
    __asm__ volatile(
        ".arch_extension simd\n\t"
        "stp q0, q1, [%0, #0]\n\tstp q2, q3, [%0, #32]\n\tstp q4, q5, [%0, #64]\n\t"
        "stp q6, q7, [%0, #96]\n\tstp q8, q9, [%0, #128]\n\tstp q10, q11, [%0, #160]\n\t"
        "stp q12, q13, [%0, #192]\n\tstp q14, q15, [%0, #224]\n\tstp q16, q17, [%0, #256]\n\t"
        "stp q18, q19, [%0, #288]\n\tstp q20, q21, [%0, #320]\n\tstp q22, q23, [%0, #352]\n\t"
        "stp q24, q25, [%0, #384]\n\tstp q26, q27, [%0, #416]\n\tstp q28, q29, [%0, #448]\n\t"
        "stp q30, q31, [%0, #480]"
        :
        : "r"(to)
        : "memory");
}

/* Rounding mode (FPCR) and sticky flags (FPSR) in one value. */
#define FPSR_FLAGS UINT64_C(0x1f)
#define FPCR       "s3_3_c4_c4_0" /* by their encodings: the names need the FP extension */
#define FPSR       "s3_3_c4_c4_1"

static inline void fp_control_write(uint64_t value)
{
    __asm__ volatile("msr " FPCR ", %0\n\tmsr " FPSR ", %1"
                     :
                     : "r"(value & ~FPSR_FLAGS), "r"(value & FPSR_FLAGS));
}

static inline uint64_t fp_control_read(void)
{
    uint64_t control, status;
    __asm__ volatile("mrs %0, " FPCR "\n\tmrs %1, " FPSR : "=r"(control), "=r"(status));
    return control | status;
}

#define FP_CONTROL_SAMPLE(n) (((UINT64_C(1) + (n) % 3) << 22) | (1 + (n) % 31)) /* RMode, flags */

#endif
