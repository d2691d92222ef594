/* What the guests of echo_personality consist of: instructions and registers of riscv64. */
#ifndef ECHO_CODE_H
#define ECHO_CODE_H

#define ECHO_PC          0 /* in struct guest_state */
#define ECHO_ARGUMENT(i) (10 + (i))

/* addi a(i), zero, value: below 2048 */
#define ECHO_LOAD(i, value) ((uint32_t)(value) << 20 | (uint32_t)(10 + (i)) << 7 | 0x13u)
#define ECHO_TRAP           0x00000073u /* ecall */
#define ECHO_LOOP           0x0000006fu /* j . */
#define ECHO_ILLEGAL        0x00000000u

#define ECHO_FLOAT_INSTRUCTION                                                                     \
    ".insn r 0x53, 7, 1, x0, x0, x1" /* fadd.d f0, f0, f1, which the build does not allow */

#endif
