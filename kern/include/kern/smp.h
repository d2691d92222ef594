/*
 * The other CPUs.
 */
#ifndef KERN_SMP_H
#define KERN_SMP_H

struct devicetree;

/* Reads the enabled CPUs of the tree into cpus[]; the boot CPU comes first. */
void smp_find(const struct devicetree *tree, unsigned long boot_hardware_id);
/* Starts them; those that the firmware refuses are left out, with a line in the log. */
void smp_start(void);

#endif
