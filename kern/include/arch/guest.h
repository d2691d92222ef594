/*
 * Foreign user state, and the short way between a guest and its host: a system call of the guest
 * comes out of the host's call of guest_run(), and the next such call goes back in, in entry code,
 * which moves the registers from and to the guest's page, changes the root and switches the
 * floating-point unit. Anything else goes through `frame`, as it does with a thread's.
 *
 * A frame's `guest` is the struct guest_arch of the thread's guest: in the thread's own frame and
 * in guest_arch.frame, its first member, which is the CPU's frame while the guest runs.
 *
 * arch_inline/guest.h defines struct guest_arch, with at least:
 *   struct frame frame;         registers of the guest while it has not left by the short way
 *   struct frame *host;         of the thread that has it
 *   struct guest_state *state;  its page
 *   uint64_t guest_root, host_root;  for pagetable_activate()
 *   uint64_t run_return;        address behind the trap instruction of guest_run()
 *   atomic_uint attention;      GUEST_ bits below; not 0: the short way in is not taken
 * and, inline:
 *   void guest_load(struct guest_arch *);  page -> frame, with nothing in it that is not a user's
 *   void guest_return(struct guest_arch *, uint64_t exit);  lets the host's call of guest_run() end
 *   void guest_fp_entered(struct guest_arch *);  the guest runs, and its FP state has been loaded
 *   void guest_fp_hide(struct guest_arch *, bool loaded);  the host runs: it has no FP unit
 *   void guest_fp_show(struct guest_arch *);  undoes guest_fp_hide(): before the guest runs, or
 *       before fp_switch_out()
 *   void guest_fp_forget(struct guest_arch *);  its state is in memory: the unit is off
 */
#ifndef ARCH_GUEST_H
#define ARCH_GUEST_H

#define GUEST_KICKED   1
#define GUEST_NO_ASIDS 2 /* every change of the root flushes the TLB */
#define GUEST_LONG_WAY 4 /* it left in the middle of its code: a reservation of LR has to end */

#ifndef __ASSEMBLER__
#include <arch/cpu.h>
#include <arch/fp.h>
#include <arch/frame.h>
#include <sinter/abi.h>
#include <stdatomic.h>
#include <arch_inline/guest.h>
#endif

#endif
