/*
 * Calls on ports, endpoints and replies, but for those that move messages (kern/ipc).
 */
#include "lookup.h"

#include <kern/ipc.h>

static status_t port_of(handle_t handle, uint32_t rights, struct port **port)
{
    struct object *object;
    status_t status = look_up(handle, OBJECT_PORT, rights, &object);

    if (status == STATUS_OK) {
        *port = container_of(object, struct port, object);
    }
    return status;
}

status_t sys_port_create(handle_t handle, handle_t *result)
{
    struct object *account;
    struct port *port;
    status_t status = look_up(handle, OBJECT_ACCOUNT, RIGHT_ACCOUNT_CHARGE, &account);

    if (status != STATUS_OK) {
        return status;
    }
    port = port_create((struct account *)account);
    object_release(account);
    return port == NULL ? STATUS_NO_KERNEL_MEMORY : give_new(&port->object, result);
}

status_t sys_port_mint(handle_t handle, uint64_t badge, uint32_t policy, handle_t *result)
{
    struct port *port;
    struct endpoint *endpoint = NULL;
    status_t status = port_of(handle, RIGHT_PORT_MINT, &port);

    if (status != STATUS_OK) {
        return status;
    }
    if (policy > ENDPOINT_GONE) {
        status = STATUS_BAD_ARGUMENT;
    } else {
        endpoint = endpoint_create(port, badge, policy, current_thread()->task, &status);
    }
    object_release(&port->object);
    return endpoint == NULL ? status : give_new(&endpoint->object, result);
}

status_t sys_port_revoke(handle_t handle, uint64_t badge)
{
    struct port *port;
    status_t status = port_of(handle, RIGHT_PORT_REVOKE, &port);

    if (status == STATUS_OK) {
        port_revoke(port, badge);
        object_release(&port->object);
    }
    return status;
}

status_t sys_port_drain(handle_t handle)
{
    struct port *port;
    status_t status = port_of(handle, RIGHT_PORT_DRAIN, &port);

    if (status == STATUS_OK) {
        port_drain(port);
        object_release(&port->object);
    }
    return status;
}

status_t sys_reply_create(handle_t handle, handle_t *result)
{
    struct object *account;
    struct reply *reply;
    status_t status = look_up(handle, OBJECT_ACCOUNT, RIGHT_ACCOUNT_CHARGE, &account);

    if (status != STATUS_OK) {
        return status;
    }
    reply = reply_create((struct account *)account);
    object_release(account);
    return reply == NULL ? STATUS_NO_KERNEL_MEMORY : give_new(&reply->object, result);
}
