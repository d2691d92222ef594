/* One function for each further system call. */

#include "stub.inc"

#define CALL(number, type, name, arguments) STUB(number, name)
#include "terminals/call_list.h"

.section .note.GNU-stack, "", %progbits
