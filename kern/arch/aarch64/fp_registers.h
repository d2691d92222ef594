/*
 * The floating-point registers of this CPU: fp.S and fp.c.
 */
#ifndef AARCH64_FP_REGISTERS_H
#define AARCH64_FP_REGISTERS_H

struct fp_state;

void fp_save(struct fp_state *state);
void fp_load(const struct fp_state *state);
/* Off for user code, usable by the kernel. */
void fp_init_cpu(void);

#endif
