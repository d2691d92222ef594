/*
 * Which personalities run: see personality.h.
 */
#include "personality.h"

#include "dev.h"
#include "memory.h"
#include "process_table.h"
#include "service.h"

/* Its port is served, or will be; one that waits for its first use starts when it is asked for. */
static bool is_there(const struct service *service)
{
    if (!service->used || service->port == 0 || !service_is_personality(service)) {
        return false;
    }
    switch (service->state) {
    case SERVICE_IDLE:
    case SERVICE_STARTING:
    case SERVICE_RUNNING:
    case SERVICE_RESTARTING:
        return true;
    case SERVICE_LOADING:
        return !service->stop_wanted;
    case SERVICE_STOPPING:
        return service->restart_wanted;
    default:
        return false;
    }
}

static bool is_before(const struct service *a, const struct service *b)
{
    bool a_is_apart = a->options.root[0] != '\0';
    bool b_is_apart = b->options.root[0] != '\0';
    return a_is_apart != b_is_apart ? b_is_apart : a->turn < b->turn;
}

/* The one that has so many before it; null: there are not so many. */
static struct service *find(uint32_t position)
{
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        uint32_t before = 0;
        for (uint32_t j = 0; j < INIT_SERVICES; j++) {
            before += is_there(&services[j]) && is_before(&services[j], &services[i]) ? 1 : 0;
        }
        if (is_there(&services[i]) && before == position) {
            return &services[i];
        }
    }
    return NULL;
}

status_t personality_serve(struct call *call, uint32_t position, uint8_t *name,
                           size_t name_capacity, size_t *name_length, handle_t *personality)
{
    if (!process_may_start(call)) {
        return STATUS_BAD_METHOD;
    }
    struct service *service = find(position);
    if (service == NULL) {
        return STATUS_NOT_FOUND;
    }
    if (service->state == SERVICE_IDLE) {
        service_start(service);
    }
    size_t length = text_length(service->name);
    *name_length = length < name_capacity ? length : name_capacity;
    memcpy(name, service->name, *name_length);
    return port_mint(service->port, dev_badge(0), ENDPOINT_KEEP, personality);
}
