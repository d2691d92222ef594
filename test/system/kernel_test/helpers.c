/*
 * What many tests need: see test.h.
 */
#include "test.h"

handle_t stale_handle(void)
{
    handle_t handle;
    if (event_create(environment.own, &handle) != STATUS_OK) {
        return 0;
    }
    close_handle(handle);
    return handle;
}

handle_t with_rights(handle_t handle, uint32_t rights)
{
    handle_t copy = 0;
    EXPECT_OK(handle_duplicate(handle, rights, &copy));
    return copy;
}

handle_t new_event(void)
{
    handle_t event = 0;
    EXPECT_OK(event_create(environment.account, &event));
    return event;
}

handle_t new_memory(uint64_t pages)
{
    handle_t memory = 0;
    EXPECT_OK(memory_create(environment.account, pages * PAGE, 0, &memory));
    return memory;
}

/* The kernel maps near what there is in the space. */
uint64_t hole(void)
{
    const uint64_t far = UINT64_C(1) << 35;
    return (address_of(&environment) ^ far) & ~(PAGE - 1);
}

bool service_open(struct service *service)
{
    *service = (struct service){0};
    EXPECT_OK(port_create(environment.account, &service->port));
    EXPECT_OK(port_mint(service->port, SERVICE_BADGE, ENDPOINT_KEEP, &service->endpoint));
    EXPECT_OK(reply_create(environment.account, &service->reply));
    return service->port != 0 && service->endpoint != 0 && service->reply != 0;
}

void service_close(struct service *service)
{
    close_handle(service->endpoint);
    close_handle(service->reply);
    close_handle(service->port);
}

static void send(void *argument)
{
    struct sender *sender = argument;
    struct message message = {.tag = message_tag(1, 0, 1, 0)};
    message_page()->handles[0] = sender->handle;
    sender->status = port_call(sender->endpoint, &message);
}

void sender_start(struct sender *sender, handle_t endpoint, handle_t handle)
{
    *sender = (struct sender){.endpoint = endpoint, .handle = handle, .status = STATUS_BAD_CALL};
    EXPECT_OK(worker_start(&sender->worker, 0, OTHER_PRIORITY, send, sender));
}

static struct {
    handle_t handles[1 << 14];
    unsigned count;
} filling;

void handles_fill(void)
{
    const unsigned most = sizeof(filling.handles) / sizeof(filling.handles[0]);
    filling.count = 0;
    while (filling.count < most && handle_duplicate(environment.idle, RIGHT_ALL,
                                                    &filling.handles[filling.count]) == STATUS_OK) {
        filling.count++;
    }
}

void handles_free(void)
{
    while (filling.count > 0) {
        close_handle(filling.handles[--filling.count]);
    }
}

uint64_t cpu_count(void)
{
    uint64_t cpus = 0;
    EXPECT_OK(system_info(&cpus, NULL, NULL, NULL, NULL));
    return cpus;
}

static void take_cpu(void *argument)
{
    const volatile uint32_t *stop = argument;
    while (*stop == 0) {
    }
}

void hogs_start(struct hogs *hogs, uint64_t count, uint32_t priority)
{
    hogs->stop = 0;
    hogs->count = count < CPUS_MOST ? count : CPUS_MOST;
    for (uint64_t i = 0; i < hogs->count; i++) {
        EXPECT_OK(worker_start(&hogs->workers[i], 0, priority, take_cpu, (void *)&hogs->stop));
    }
}

void hogs_end(struct hogs *hogs)
{
    hogs->stop = 1;
    for (uint64_t i = 0; i < hogs->count; i++) {
        EXPECT(worker_end(&hogs->workers[i]));
    }
}
