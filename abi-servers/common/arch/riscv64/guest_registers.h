/* Which registers of a guest mean what (RISC-V ELF psABI, Linux's and xv6's convention). */
#ifndef GUEST_REGISTERS_H
#define GUEST_REGISTERS_H

enum {
    GUEST_PC = 0,
    GUEST_SP = 2,
    GUEST_RESULT = 10,
    GUEST_ARGUMENT = 10, /* the first of six */
    GUEST_CALL = 17,     /* a7 */
};

#endif
