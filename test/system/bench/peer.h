/* bench_server as bench reaches it; bench_calls() starts it. */
#ifndef PEER_H
#define PEER_H

#include "environment.h"

struct peer {
    handle_t port, endpoint;
    handle_t ping, pong; /* events of both */
};

extern struct peer peer;

#endif
