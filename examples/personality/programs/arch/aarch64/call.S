/* toy(): a call of the toy on AArch64, with its number in x8. */
.section .text.toy, "ax", %progbits
.globl toy
.type toy, %function
toy:
    mov x8, x3
    svc 0
    ret

.section .note.GNU-stack, "", %progbits
