/* Which registers of a guest mean what (AAPCS64, Linux's convention for SVC #0). */
#ifndef GUEST_REGISTERS_H
#define GUEST_REGISTERS_H

enum {
    GUEST_PC = 32,
    GUEST_PSTATE = 33,
    GUEST_SP = 31,
    GUEST_RESULT = 0,
    GUEST_ARGUMENT = 0, /* the first of six */
    GUEST_CALL = 8,
};

#endif
