/* The server of power_server.h. */
#include "power_server.h"

#include <sinter/protocol/file.h>
#include <sinter/protocol/supervisor.h>

#include "publish.h"

void power_prepare(const struct server *server, uint32_t kind)
{
    if (server->supervisor == 0) {
        return;
    }
    status_t status = supervisor_end_system(server->supervisor, kind);
    if (status != STATUS_OK) {
        log_line("the supervisor does not end the system: %s", status_text(status));
    }
}

int power_server_run(struct server *server, const struct power_operations *operations)
{
    status_t status = server_add(server, power_protocol(operations));
    if (status == STATUS_OK) {
        status = publish(server, "power", 0, FILE_KIND_CHARACTER);
    }
    if (status == STATUS_OK) {
        status = server_ready(server);
    }
    if (status != STATUS_OK) {
        return server_refuse(server, "publishing its name: %s", status_text(status));
    }
    return server_run(server);
}
