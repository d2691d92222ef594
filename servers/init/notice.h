/*
 * Lines for people: what befell a service. The terminal that asks for them (the method `notice` of
 * the supervisor protocol) shows them; init itself never waits for it. Main thread only.
 */
#ifndef INIT_NOTICE_H
#define INIT_NOTICE_H

#include "service.h"

enum { NOTICE_LINE = 200 };

/* Keeps `init: NAME what` for the terminal, and tells it; the oldest goes when there are many. */
void notice_post(const char *name, const char *what);
/* The oldest that was not taken, without its end; its length, 0: there is none. From now on the
 * listener hears of further ones by `bits` of its control event. */
size_t notice_take(struct service *listener, uint64_t bits, char line[NOTICE_LINE]);

#endif
