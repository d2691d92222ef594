/*
 * Where the image begins: the Linux boot header (Documentation/arch/riscv/boot-image-header), the
 * boot hart's way from physical addresses to kernel_main(), and that of the other harts.
 *
 * Position independent until the MMU is on. The step to virtual addresses is a page fault: satp is
 * written while stvec names the virtual address to go on at, so nothing is mapped where physical
 * addresses are.
 */
#include "csr.h"
#include "offsets.h"
#include "sbi.h"

#define IMAGE_BASE 0xffffffff80000000 /* KERNEL_IMAGE_BASE */

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

/* Goes on at the following instruction at its virtual address, with the kernel's page tables.
 * Clobbers t0 to t2. */
    .macro go_virtual
    lla t0, 9f
    lla t1, __image_start
    sub t0, t0, t1
    li t1, IMAGE_BASE
    add t0, t0, t1
    csrw stvec, t0
    lla t0, kernel_root
    srli t0, t0, 12
    li t1, SATP_MODE_SV39 << SATP_MODE_SV39_SHIFT
    or t0, t0, t1
    sfence.vma
    csrw satp, t0
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

    lla sp, __boot_stack_top
    lla a0, __image_start
    call kernel_map_boot
    beqz a0, start_park
    go_virtual
    lla sp, __boot_stack_top
    lla tp, cpus
    mv a0, s1
    mv a1, s0
    mv s0, zero
    mv ra, zero
    tail kernel_main

/* Another hart, started by cpu_start(). a1: its struct cpu. */
    .globl start_secondary
start_secondary:
    csrw sie, zero
    mv tp, a1
    go_virtual
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
    .balign 4
boot_lottery:
    .4byte 0

    .bss
    .balign 16
    .skip BOOT_STACK_SIZE
    .globl __boot_stack_top
__boot_stack_top:

    .section .note.GNU-stack, "", @progbits
