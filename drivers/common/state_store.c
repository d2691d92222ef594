/* The call of state_store.h. */
#include "state_store.h"

#include <sinter/protocol/supervisor.h>

status_t state_store_open(const struct server *server, size_t size, const char *loss, void **store)
{
    handle_t memory = 0;
    uint64_t given = 0;
    uint64_t address = 0;
    uint64_t wanted = (size + LIMIT_PAGE_SIZE - 1) & ~(uint64_t)(LIMIT_PAGE_SIZE - 1);
    status_t status = supervisor_store(server->supervisor, wanted, &given, &memory);
    if (status == STATUS_OK && given < wanted) {
        status_ignore(handle_close(memory));
        status = STATUS_TOO_LARGE;
    }
    if (status != STATUS_OK) {
        log_line("no state store: %s; %s", status_text(status), loss);
        status = memory_create(server->account, wanted, 0, &memory);
    }
    if (status == STATUS_OK) {
        status = space_map(0, memory, 0, 0, wanted, MAP_READ | MAP_WRITE, &address);
    }
    *store = (void *)(uintptr_t)address;
    return status;
}
