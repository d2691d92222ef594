/* The cost of a guest's system call: of its trap, its host that does the least, and the way back.
 */
#include "bench.h"

#include "bench_server.h"
#include "spawn.h"

void bench_guests(void)
{
    struct spawn spawn = {.host = true};
    struct message message = {.tag = message_tag(METHOD_GUEST, 0, 0, 0), .words = {ROUNDS}};
    handle_t port = 0;
    handle_t endpoint = 0;
    if (port_create(environment.account, &port) != STATUS_OK ||
        port_mint(port, 0, ENDPOINT_KEEP, &endpoint) != STATUS_OK) {
        give_up("no port for the host");
    }
    spawn_give(&spawn, "account", environment.account);
    spawn_give(&spawn, "port", port);
    if (!spawn_start(&spawn, "boot/bench_server.o", OTHER_PRIORITY) ||
        port_call(endpoint, &message) != STATUS_OK || tag_status(message.tag) != STATUS_OK) {
        give_up("no guest");
    }
    report_total("guest_call", message.words[0]);
}
