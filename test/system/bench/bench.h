/*
 * What the parts of bench share. A row is the mean of ROUNDS warm rounds, loop and stubs included;
 * the line is `bench: NAME COUNT`. docs/FIGURES.md says what each row measures.
 */
#ifndef BENCH_H
#define BENCH_H

#include "environment.h"

#define ROUNDS        10000
#define WARM_ROUNDS   200
#define PEER_PRIORITY OWN_PRIORITY /* of the server: as its client */

/* The instructions of `rounds` rounds; a round answers false if what it did went wrong. */
uint64_t measure_loop(bool (*round)(void), unsigned rounds);
void report_total(const char *row, uint64_t total);
/* Warms up, measures, prints. */
void measure(const char *row, bool (*round)(void));
_Noreturn void give_up(const char *why);

void bench_calls(void);
void bench_events(void);
void bench_memory(void);
void bench_guests(void);

#endif
