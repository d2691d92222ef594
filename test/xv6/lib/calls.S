/* One function for each system call of the list. */

#include "stub.inc"

#define CALL(number, type, name, arguments) STUB(number, name)
#include "call_list.h"

.section .note.GNU-stack, "", %progbits
