/* The server answer.c, and what it computes: work.c or work.cpp, also on the host. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdint.h>

#define ANSWER_SEED 12345

struct start_info;

#ifdef __cplusplus
extern "C" {
#endif
int server_main(const struct start_info *info);
uint64_t answer_work(uint64_t seed);
#ifdef __cplusplus
}
#endif

#endif
