/*
 * Control and status registers of supervisor mode (Privileged Architecture, chapter 4).
 */
#ifndef RISCV64_CSR_H
#define RISCV64_CSR_H

#define SSTATUS_SIE        0x2
#define SSTATUS_SPP        0x100  /* the trap came from supervisor mode */
#define SSTATUS_VS         0x600  /* vector unit: 0 is off */
#define SSTATUS_FS         0x6000 /* floating-point unit: */
#define SSTATUS_FS_INITIAL 0x2000
#define SSTATUS_FS_CLEAN   0x4000
#define SSTATUS_FS_DIRTY   0x6000
#define SSTATUS_SUM        0x40000
#define SSTATUS_MXR        0x80000

/* Bits of sie and sip. */
#define INTERRUPT_SOFTWARE 0x2
#define INTERRUPT_TIMER    0x20
#define INTERRUPT_EXTERNAL 0x200

#define COUNTEREN_CY 1
#define COUNTEREN_TM 2
#define COUNTEREN_IR 4

#define CAUSE_MISALIGNED_FETCH 0
#define CAUSE_FETCH_ACCESS     1
#define CAUSE_ILLEGAL          2
#define CAUSE_BREAKPOINT       3
#define CAUSE_MISALIGNED_LOAD  4
#define CAUSE_LOAD_ACCESS      5
#define CAUSE_MISALIGNED_STORE 6
#define CAUSE_STORE_ACCESS     7
#define CAUSE_USER_ECALL       8
#define CAUSE_FETCH_PAGE       12
#define CAUSE_LOAD_PAGE        13
#define CAUSE_STORE_PAGE       15

#define SATP_MODE_SV39_SHIFT 60
#define SATP_MODE_SV39       8
#define SATP_ASID_SHIFT      44
#define SATP_ASID_MASK       0xffff
#define SATP_PPN_MASK        0xfffffffffff

#define CSR_STIMECMP 0x14d /* Sstc */

#ifndef __ASSEMBLER__
#include <stdint.h>

#define CSR_NAME_(name) #name
#define CSR_NAME(name)  CSR_NAME_(name) /* a number for what assemblers do not know by name */

#define csr_read(name)                                                                             \
    ({                                                                                             \
        uint64_t csr_value_;                                                                       \
        __asm__ volatile("csrr %0, " CSR_NAME(name) : "=r"(csr_value_)::"memory");                 \
        csr_value_;                                                                                \
    })
#define csr_write(name, value)                                                                     \
    __asm__ volatile("csrw " CSR_NAME(name) ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define csr_set(name, bits)                                                                        \
    __asm__ volatile("csrs " CSR_NAME(name) ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_clear(name, bits)                                                                      \
    __asm__ volatile("csrc " CSR_NAME(name) ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#endif

#endif
