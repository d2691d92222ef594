/*
 * What bench and bench_server, in address spaces of their own, agree upon. Start handles of the
 * server: `account`, `port`, and the events `ping` and `pong` (not for METHOD_GUEST).
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#define METHOD_ECHO      1 /* answers words and data as they came */
#define METHOD_CLOSE     2 /* closes the one handle that came */
#define METHOD_COPY      3 /* words[0] times: copies lease 0, words[1] bytes; answers the count */
#define METHOD_PING_PONG 4 /* answers; then waits for `ping` and signals `pong`, words[0] times */
#define METHOD_GUEST     5 /* words[0] system calls of a guest; answers the count */

#define EVENT_BIT 1

#endif
