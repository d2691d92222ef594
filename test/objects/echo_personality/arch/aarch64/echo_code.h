/* What the guests of echo_personality consist of: instructions and registers of aarch64. */
#ifndef ECHO_CODE_H
#define ECHO_CODE_H

#define ECHO_PC          32 /* in struct guest_state */
#define ECHO_ARGUMENT(i) (i)

/* movz x(i), value: below 65536 */
#define ECHO_LOAD(i, value) (0xd2800000u | (uint32_t)(value) << 5 | (uint32_t)(i))
#define ECHO_TRAP           0xd4000001u /* svc #0 */
#define ECHO_LOOP           0x14000000u /* b . */
#define ECHO_ILLEGAL        0x00000000u /* udf #0 */

#define ECHO_FLOAT_INSTRUCTION ".arch_extension fp\n\tfadd d0, d0, d1"

#endif
