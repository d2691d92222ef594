/* toy(): a call of the toy on RISC-V, with its number in a7. */
.section .text.toy, "ax", %progbits
.globl toy
.type toy, %function
toy:
    mv a7, a3
    ecall
    ret

.section .note.GNU-stack, "", %progbits
