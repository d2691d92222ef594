/*
 * From the boot loader to kernel_main(), and from PSCI CPU_ON to kernel_main_secondary().
 *
 * Entered with the MMU off at EL1 or EL2, at any 2 MiB-aligned physical address below DIRECT_SIZE
 * (Linux Documentation/arch/arm64/booting.rst). Position independent until the MMU is on: only
 * ADRP and literals that are used after that. Nothing but bss is written before, and it is
 * invalidated from the caches afterwards, because a cache may hold older contents.
 *
 * x20 is kept over the path: the argument (device tree or struct cpu).
 */
#include <arch_inline/offsets.h>

/* SCTLR_EL1 (Arm ARM D19.2.118). RES1 in ARMv8.0: EOS, TSCXT, EIS, SPAN, nTLSMD, LSMAOE. */
#define SCTLR_OFF ((1 << 11) | (1 << 20) | (1 << 22) | (1 << 23) | (1 << 28) | (1 << 29))
#define SCTLR_M (1 << 0)
#define SCTLR_C (1 << 2)
#define SCTLR_SA (1 << 3)
#define SCTLR_SA0 (1 << 4)
#define SCTLR_ITD (1 << 7)
#define SCTLR_SED (1 << 8)
#define SCTLR_I (1 << 12)
#define SCTLR_DZE (1 << 14)
#define SCTLR_UCT (1 << 15)
#define SCTLR_NTWI (1 << 16)
#define SCTLR_NTWE (1 << 18)
#define SCTLR_UCI (1 << 26)
#define SCTLR_ON (SCTLR_OFF | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_SA0 | SCTLR_ITD | SCTLR_SED | \
                  SCTLR_I | SCTLR_DZE | SCTLR_UCT | SCTLR_NTWI | SCTLR_NTWE | SCTLR_UCI)

/* TCR_EL1: T0SZ = T1SZ = 25; walks inner and outer write-back, inner shareable; 4 KiB granules
 * (TG0 0, TG1 2). IPS and AS are added from ID_AA64MMFR0_EL1. */
#define TCR_HALF(shift) ((25 | (1 << 8) | (1 << 10) | (3 << 12)) << (shift))
#define TCR_TG1_4K (2 << 30)
#define TCR_VALUE (TCR_HALF(0) | TCR_HALF(16) | TCR_TG1_4K)
#define TCR_IPS_SHIFT 32
#define TCR_AS (1 << 36)
#define IPS_48_BITS 5

#define CURRENT_EL1 (1 << 2)
#define CURRENT_EL2 (2 << 2)
#define SPSR_EL1H_MASKED 0x3c5
#define MPIDR_AFFINITY 0xff00ffffff

    .section .text.header, "ax"
    .global start_image
start_image:
    b       start_boot
    .long   0
    .quad   0                       /* text_offset */
    .quad   __image_size
    .quad   (1 << 1) | (1 << 3)     /* little-endian, 4 KiB pages, anywhere in memory */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

    .type   start_boot, %function
start_boot:
    msr     daifset, #0xf
    mov     x20, x0
    bl      start_drop_to_el1

    adrp    x0, __bss_start
    adrp    x1, __bss_end
1:  stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    1b

    adrp    x0, __boot_stack_top
    mov     sp, x0
    adrp    x0, __image_start
    mov     x1, x20
    bl      kernel_map_boot
    tbz     w0, #0, start_stop
    adrp    x0, __image_start
    bl      pagetable_enter_identity

    dmb     sy
    mrs     x2, ctr_el0
    ubfx    x2, x2, #16, #4
    mov     x3, #4
    lsl     x3, x3, x2
    adrp    x0, __bss_start
    adrp    x1, __bss_end
2:  dc      ivac, x0
    add     x0, x0, x3
    cmp     x0, x1
    b.lo    2b
    dsb     sy

    ldr     x30, =start_boot_virtual
    b       start_mmu

start_boot_virtual:
    ldr     x0, =cpus
    msr     tpidr_el1, x0
    adrp    x0, __boot_stack_top
    mov     sp, x0
    mov     x29, xzr
    bl      pagetable_leave_identity
    mov     x0, x20
    mrs     x1, mpidr_el1
    ldr     x2, =MPIDR_AFFINITY
    and     x1, x1, x2
    mov     x30, xzr
    b       kernel_main
start_stop:
    wfi
    b       start_stop

/* PSCI entry; x0: this CPU's struct cpu. */
    .global start_secondary
    .type   start_secondary, %function
start_secondary:
    msr     daifset, #0xf
    mov     x20, x0
    bl      start_drop_to_el1
    ldr     x30, =start_secondary_virtual
    b       start_mmu

start_secondary_virtual:
    msr     tpidr_el1, x20
    ldr     x0, [x20, #CPU_STACK_TOP]
    mov     sp, x0
    mov     x29, xzr
    bl      pagetable_leave_identity
    mov     x30, xzr
    b       kernel_main_secondary

/* To EL1, with the MMU off, from EL2 with nothing trapped or virtual. Uses x0 to x2. */
    .type   start_drop_to_el1, %function
start_drop_to_el1:
    ldr     x0, =SCTLR_OFF
    msr     sctlr_el1, x0
    isb
    mrs     x0, CurrentEL
    cmp     x0, #CURRENT_EL1
    b.eq    1f
    cmp     x0, #CURRENT_EL2
    b.ne    start_stop
    mov     x2, x30
    bl      start_el2_features
    mov     x0, #SPSR_EL1H_MASKED
    msr     spsr_el2, x0
    msr     elr_el2, x2
    eret
1:  ret

#define HCR_RW (1 << 31)
#define HCR_POINTER_AUTHENTICATION (3 << 40) /* APK, API: not trapped */
#define CNTHCTL_EL1_ACCESS 3                 /* EL1PCTEN, EL1PCEN */
#define CPTR_RES1 0x33ff
#define ICC_SRE_EL2_ENABLE ((1 << 0) | (1 << 3))
#define PMU_IMPLEMENTATION_DEFINED 15

/* Uses x0, x1. */
    .type   start_el2_features, %function
start_el2_features:
    mov     x0, #HCR_RW
    orr     x0, x0, #HCR_POINTER_AUTHENTICATION
    msr     hcr_el2, x0
    isb
    mov     x0, #CNTHCTL_EL1_ACCESS
    msr     cnthctl_el2, x0
    msr     cntvoff_el2, xzr
    mov     x0, #CPTR_RES1
    msr     cptr_el2, x0
    msr     hstr_el2, xzr
    msr     vttbr_el2, xzr
    mrs     x0, midr_el1
    msr     vpidr_el2, x0
    mrs     x0, mpidr_el1
    msr     vmpidr_el2, x0
    /* MDCR_EL2.HPMN: all counters, if there is a PMU. */
    mov     x1, xzr
    mrs     x0, id_aa64dfr0_el1
    ubfx    x0, x0, #8, #4
    cbz     x0, 1f
    cmp     x0, #PMU_IMPLEMENTATION_DEFINED
    b.eq    1f
    mrs     x1, pmcr_el0
    ubfx    x1, x1, #11, #5
1:  msr     mdcr_el2, x1
    /* ICC_SRE_EL2, ICH_HCR_EL2: system registers of GICv3. */
    mrs     x0, id_aa64pfr0_el1
    ubfx    x0, x0, #24, #4
    cbz     x0, 2f
    mrs     x0, s3_4_c12_c9_5
    orr     x0, x0, #(1 << 0)
    orr     x0, x0, #(1 << 3)
    msr     s3_4_c12_c9_5, x0
    isb
    mrs     x0, s3_4_c12_c9_5
    tbz     x0, #0, 2f
    msr     s3_4_c12_c11_0, xzr
2:  /* HFGRTR, HFGWTR, HFGITR, HDFGRTR, HDFGWTR_EL2: fine-grained traps. */
    mrs     x0, id_aa64mmfr0_el1
    ubfx    x0, x0, #56, #4
    cbz     x0, 3f
    msr     s3_4_c1_c1_4, xzr
    msr     s3_4_c1_c1_5, xzr
    msr     s3_4_c1_c1_6, xzr
    msr     s3_4_c3_c1_4, xzr
    msr     s3_4_c3_c1_5, xzr
3:  /* HCRX_EL2 */
    mrs     x0, id_aa64mmfr1_el1
    ubfx    x0, x0, #40, #4
    cbz     x0, 4f
    msr     s3_4_c1_c2_2, xzr
4:  ret

/* Turns the MMU on with the kernel's tables and the identity map, sets the vectors, goes on at the
 * virtual address x30. Uses x0 to x3. */
    .type   start_mmu, %function
start_mmu:
    ldr     x1, =MAIR_VALUE
    msr     mair_el1, x1
    ldr     x1, =TCR_VALUE
    mrs     x2, id_aa64mmfr0_el1
    and     x3, x2, #0xf
    cmp     x3, #IPS_48_BITS
    b.ls    1f
    mov     x3, #IPS_48_BITS
1:  orr     x1, x1, x3, lsl #TCR_IPS_SHIFT
    tbz     x2, #5, 2f              /* ASIDBits is 0 (8 bits) or 2 (16 bits) */
    orr     x1, x1, #TCR_AS
2:  msr     tcr_el1, x1
    adrp    x1, pagetable_identity
    msr     ttbr0_el1, x1
    adrp    x1, kernel_root
    msr     ttbr1_el1, x1
    ldr     x1, =entry_vectors
    msr     vbar_el1, x1
    tlbi    vmalle1
    ic      iallu
    dsb     nsh
    isb
    ldr     x1, =SCTLR_ON
    msr     sctlr_el1, x1
    isb
    ret     x30

    .ltorg

    .bss
    .balign ASM_PAGE_SIZE
    .skip   4 * ASM_PAGE_SIZE
    .global __boot_stack_top
__boot_stack_top:

    .section .note.GNU-stack, "", %progbits
