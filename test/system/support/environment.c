/*
 * Start handles and small helpers: see environment.h.
 */
#include "environment.h"

struct environment environment;

handle_t environment_handle(const char *name)
{
    const struct start_handle *found = start_handle_find(environment.info, name);
    if (found == NULL) {
        log_line("there is no start handle `%s`; boot this object in the place of init", name);
        return 0;
    }
    return found->handle;
}

bool environment_init(const struct start_info *info)
{
    environment.info = info;
    environment.root = environment_handle("account");
    environment.own = environment_handle("own_account");
    environment.machine = environment_handle("machine");
    environment.task = environment_handle("task");
    environment.space = environment_handle("space");
    environment.loader = environment_handle("loader");
    environment.account = environment.own;
    return environment.root != 0 && environment.own != 0 && environment.machine != 0 &&
           environment.task != 0 && environment.space != 0 && environment.loader != 0 &&
           event_create(environment.own, &environment.idle) == STATUS_OK;
}

void sleep_for(uint64_t nanoseconds)
{
    status_ignore(event_wait(environment.idle, 1, clock_read() + nanoseconds, NULL));
}

uint64_t map_new(handle_t account, uint64_t size)
{
    handle_t memory;
    uint64_t mapped = 0;
    if (memory_create(account, size, 0, &memory) != STATUS_OK) {
        return 0;
    }
    if (space_map(0, memory, 0, 0, size, MAP_READ | MAP_WRITE, &mapped) != STATUS_OK) {
        mapped = 0;
    }
    close_handle(memory);
    return mapped;
}

void unmap(uint64_t address, uint64_t size)
{
    status_ignore(space_unmap(0, address, size));
}

void close_handle(handle_t handle)
{
    if (handle != 0) {
        status_ignore(handle_close(handle));
    }
}
