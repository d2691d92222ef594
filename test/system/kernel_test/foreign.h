/*
 * A foreign process with one thread, for tests of guests: a page of the code below at FOREIGN_CODE,
 * and zero-filled memory at address 0. For tasks in a host space.
 */
#ifndef TEST_FOREIGN_H
#define TEST_FOREIGN_H

#include "test.h"
#include "test_machine.h"

#define FOREIGN_CODE  UINT64_C(0x10000)
#define FOREIGN_PAGES UINT64_C(4) /* of data */
#define FOREIGN_TOP   (FOREIGN_PAGES * PAGE)

/* Offsets of what arch/ARCH/guest_code.S describes. */
enum {
    CODE_CALLS = 0,
    CODE_COUNTS = 16,
    CODE_LOADS = 32,
    CODE_STORES = 48,
    CODE_FLOATS = 64,
    CODE_ILLEGAL = 96,
    CODE_BREAKPOINT = 112,
    CODE_CHECKS_FLOAT = 128,
    CODE_BURSTS = 160,
    CODE_RESERVES = 192,
    CODE_SPINS = 224,
    CODE_LOADS_STACK = 240,
    CODE_GOES_ON = 256,
    CODE_ADDS = 448,
};

#define COUNT_ARGUMENT                                                                             \
    3 /* what CODE_COUNTS, CODE_CHECKS_FLOAT, CODE_BURSTS and CODE_ADDS count in */
#define APART_ARGUMENT 4 /* of CODE_ADDS */

extern const uint8_t guest_code[], guest_code_end[];

struct foreign {
    handle_t space, code, data, guest;
    struct guest_state *state;
};

/* Not attached. */
bool foreign_open(struct foreign *foreign);
/* Ends what foreign_open() made; the thread that has the guest lets it go before. */
void foreign_close(struct foreign *foreign);
/* A second thread of the process: only its guest is to be closed. */
void foreign_open_second(const struct foreign *first, struct foreign *second);
/* Attaches the guest and sets pc and two arguments. */
void foreign_begin(struct foreign *foreign, uint64_t code, uint64_t argument0, uint64_t argument1);
/* Runs it until it leaves; the GUEST_EXIT_ constant, 0 if it cannot run. */
uint64_t foreign_run(void);
/* Serves: answers a first word by the next number, so that the caller is made ready and does not
 * get this CPU at once; until that word is 0. A thread's function, of a struct service. */
void foreign_answer(void *service);
/* Kicks it, soon: a thread's function, of a struct foreign. */
void foreign_kick_later(void *foreign);
/* Runs it, which has to leave with that fault. */
void foreign_faults(struct foreign *foreign, uint32_t kind, uint64_t address);
uint64_t foreign_argument(const struct foreign *foreign, unsigned i);
/* Where the host's slot begins, which no guest reaches. */
uint64_t host_base(void);
/* Puts code of the host there: system calls, the first of which would go on from an instruction
 * that begins two bytes before, where such can be. */
bool host_edge_open(handle_t *memory);
void host_edge_close(handle_t memory);

/* A test of guests' registers, for those with ASIDs and without. */
void guest_keeps_registers(void);

/* For ever: two threads with a guest each that only counts. */
void guests_spin(handle_t account);
/* A guest that stays. */
handle_t guest_new(handle_t account);
/* Calls, as the host, a guest's code at FOREIGN_CODE. */
void guest_call_code(handle_t account);
/* How a guest that used floating point left; NONE: there was none. SWITCHED: another thread ran
 * then. */
enum { FLOAT_NONE, FLOAT_CALL, FLOAT_FAULT, FLOAT_KICKED, FLOAT_SWITCHED, FLOAT_WAYS };
void guest_float(handle_t account, uint64_t way);
/* What goes to a wrong address, as the host, while it has a guest with memory at 0: its own code,
 * guest_run(), a call that answers there, or a copy at the host's end. */
enum { STRAY_READ, STRAY_RUN, STRAY_CALL, STRAY_COPY };
void guest_stray(handle_t account, uint64_t way);

#endif
