/*
 * Calls on ports, endpoints and replies, but for those that move messages (kern/ipc).
 */
#include "lookup.h"

#include <kern/ipc.h>

status_t sys_port_create(struct account *account, handle_t *result)
{
    return give_new(port_create(account), STATUS_NO_KERNEL_MEMORY, result);
}

status_t sys_port_mint(struct port *port, uint64_t badge, uint32_t policy, handle_t *result)
{
    struct endpoint *endpoint;
    status_t status;

    if (policy > ENDPOINT_GONE) {
        return STATUS_BAD_ARGUMENT;
    }
    endpoint = endpoint_create(port, badge, policy, current_thread()->task, &status);
    return give_new(endpoint, status, result);
}

status_t sys_port_revoke(struct port *port, uint64_t badge)
{
    port_revoke(port, badge);
    return STATUS_OK;
}

status_t sys_port_drain(struct port *port)
{
    port_drain(port);
    return STATUS_OK;
}

status_t sys_reply_create(struct account *account, handle_t *result)
{
    return give_new(reply_create(account), STATUS_NO_KERNEL_MEMORY, result);
}
