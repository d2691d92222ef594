/* The cheapest calls, and events. */
#include <sinter/message.h>

#include "bench.h"
#include "bench_server.h"
#include "peer.h"

static handle_t event;

static bool poll(void)
{
    uint64_t bits;
    return event_wait(event, EVENT_BIT, 0, &bits) == STATUS_TIMED_OUT;
}

static bool info(void)
{
    uint32_t type, rights;
    uint64_t identity;
    return handle_info(event, &type, &rights, &identity) == STATUS_OK;
}

/* Nobody waits, and the bit is set from the second time on. */
static bool signal(void)
{
    return event_signal(event, EVENT_BIT) == STATUS_OK;
}

static bool ping_pong(void)
{
    return event_signal(peer.ping, EVENT_BIT) == STATUS_OK &&
           event_wait(peer.pong, EVENT_BIT, FOR_EVER, NULL) == STATUS_OK;
}

void bench_events(void)
{
    struct message message = {.tag = message_tag(METHOD_PING_PONG, 0, 0, 0),
                              .words = {WARM_ROUNDS + ROUNDS}};
    if (event_create(environment.account, &event) != STATUS_OK) {
        give_up("no event");
    }
    measure("cheapest_call", poll);
    measure("handle_info", info);
    measure("event_signal", signal);
    if (port_call(peer.endpoint, &message) != STATUS_OK) {
        give_up("the server is gone");
    }
    measure("event_ping_pong", ping_pong);
}
