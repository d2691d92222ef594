/*
 * Where the image begins: the Linux boot header (Documentation/arch/riscv/boot-image-header), the
 * boot hart's way from physical addresses to kernel_main(), and that of the other harts.
 *
 * Position independent until the MMU is on. Boot page tables: the image at its link address, all
 * of it readable, writable and executable, and the direct map of the gigabytes that contain the
 * image and the device tree. The step to virtual addresses is a page fault: satp is written while
 * stvec names the virtual address to go on at, so nothing is mapped where physical addresses are.
 */
#include "csr.h"
#include "offsets.h"
#include "sbi.h"

#define IMAGE_BASE 0xffffffff80000000 /* KERNEL_IMAGE_BASE */
#define ROOT_IMAGE_SLOT 510           /* root entries: of the image, */
#define ROOT_DIRECT_SLOT 256          /* and of the first gigabyte of the direct map */
#define DIRECT_GIGABYTES_SHIFT 37     /* log2 of DIRECT_SIZE */
#define GIGABYTE_SHIFT 30
#define MEGAPAGE_SHIFT 21
#define PTE_PPN_FROM_ADDRESS 2        /* PPN is at bit 10, the page number at bit 12 */
#define PTE_TABLE 0x01                /* V */
#define PTE_IMAGE 0xef                /* D A G X W R V */
#define PTE_DIRECT 0xe7               /* D A G W R V */
#define TREE_SPAN (1 << MEGAPAGE_SHIFT) /* mapped from the start of the device tree at least */

    .section .boot.header, "ax", @progbits
    .globl _start
_start:
    .option push
    .option norvc
    j start_boot
    .option pop
    .4byte 0
    .8byte 0x200000     /* text_offset: from the start of RAM, and the alignment */
    .8byte __image_size
    .8byte 0            /* flags: little-endian */
    .4byte 2            /* header version 0.2 */
    .4byte 0
    .8byte 0
    .ascii "RISCV\0\0\0"
    .ascii "RSC\x05"
    .4byte 0

    .section .boot.text, "ax", @progbits

/* Makes the direct map's entry of the gigabyte that contains the physical address in \at. s3: the
 * first entry of the direct map; clobbers t0 and t1. */
    .macro map_gigabyte at
    srli t0, \at, DIRECT_GIGABYTES_SHIFT
    bnez t0, start_park
    srli t0, \at, GIGABYTE_SHIFT
    slli t1, t0, 3
    add t1, t1, s3
    slli t0, t0, GIGABYTE_SHIFT - PTE_PPN_FROM_ADDRESS
    ori t0, t0, PTE_DIRECT
    sd t0, 0(t1)
    .endm

/* Goes on at the following instruction at its virtual address, with satp from \satp. Physical
 * address of the image in s2; clobbers t0 and t1. */
    .macro go_virtual satp
    lla t0, 9f
    sub t0, t0, s2
    li t1, IMAGE_BASE
    add t0, t0, t1
    csrw stvec, t0
    sfence.vma
    csrw satp, \satp
    .balign 4
9:
    lla t0, entry_vector
    csrw stvec, t0
    csrw sscratch, zero
    .endm

/* a0: hart id, a1: physical address of the device tree. */
start_boot:
    csrw sie, zero
    mv s0, a0
    mv s1, a1
    lla s2, __image_start

    /* Firmware without HSM starts every hart here: the first one boots. */
    lla t0, boot_lottery
    li t1, 1
    amoadd.w t0, t1, (t0)
    bnez t0, start_park

    lla t0, __bss_start
    lla t1, __bss_end
1:  sd zero, 0(t0)
    addi t0, t0, 8
    bltu t0, t1, 1b

    lla t0, kernel_physical_base
    sd s2, 0(t0)

    /* The image, in megapages. */
    lla t0, boot_image_table
    lla t1, __image_end
    srli t2, s2, PTE_PPN_FROM_ADDRESS
    ori t2, t2, PTE_IMAGE
    li t3, 1 << MEGAPAGE_SHIFT
    srli t4, t3, PTE_PPN_FROM_ADDRESS
    mv t5, s2
1:  sd t2, 0(t0)
    addi t0, t0, 8
    add t2, t2, t4
    add t5, t5, t3
    bltu t5, t1, 1b

    lla t0, boot_image_table
    srli t0, t0, PTE_PPN_FROM_ADDRESS
    ori t0, t0, PTE_TABLE
    lla t2, boot_root + ROOT_IMAGE_SLOT * 8
    sd t0, 0(t2)

    lla s3, boot_root + ROOT_DIRECT_SLOT * 8
    map_gigabyte s2
    lla t2, __image_end
    addi t2, t2, -1
    map_gigabyte t2
    map_gigabyte s1
    li t2, TREE_SPAN - 1
    add t2, t2, s1
    map_gigabyte t2

    lla t2, boot_root
    srli t2, t2, 12
    li t3, SATP_MODE_SV39 << SATP_MODE_SV39_SHIFT
    or t2, t2, t3
    go_virtual t2

    lla sp, __boot_stack_top
    mv a0, s1
    mv a1, s0
    mv s0, zero
    mv tp, zero
    mv ra, zero
    tail kernel_main

/* Another hart, started by cpu_start(). a1: physical address of its struct cpu. */
    .globl start_secondary
start_secondary:
    csrw sie, zero
    lla s2, __image_start
    ld t2, CPU_START_SATP(a1)
    ld tp, CPU_START_SELF(a1)
    go_virtual t2
    fence.i
    ld sp, CPU_STACK_TOP(tp)
    mv s0, zero
    mv ra, zero
    tail kernel_main_secondary

/* A hart that is not wanted, or cannot go on: back to the firmware, or asleep. */
start_park:
    csrw sie, zero
    li a7, SBI_HSM
    li a6, SBI_HSM_STOP
    ecall
1:  wfi
    j 1b

    .section .data.boot, "aw", @progbits
    .balign 8
    .globl kernel_physical_base
kernel_physical_base:
    .8byte 0
boot_lottery:
    .4byte 0

    .section .boot.bss, "aw", @nobits
    .balign 4096
boot_root:
    .skip 4096
boot_image_table:
    .skip 4096
    .globl __boot_stack_bottom
__boot_stack_bottom:
    .skip BOOT_STACK_SIZE
    .globl __boot_stack_top
__boot_stack_top:

    .section .note.GNU-stack, "", @progbits
