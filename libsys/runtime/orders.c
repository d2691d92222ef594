/* The start of a server, and the orders that its supervisor gives through `control`. */
#include "orders.h"

#include <sinter/protocol/supervisor.h>

#define ALIVE_BIT   1
#define REASON_SIZE 160

handle_t server_handle(const struct server *server, const char *name)
{
    const struct start_handle *found = start_handle_find(server->info, name);
    return found != NULL ? found->handle : 0;
}

/* Logs the step that a server could not get past. */
static status_t start_failed(const char *step, status_t status)
{
    log_line("cannot start: %s: %s", step, status_text(status));
    return status;
}

status_t server_init(struct server *server, const struct start_info *info)
{
    server->info = info;
    server->account = server_handle(server, "account");
    server->supervisor = server_handle(server, "supervisor");
    server->port = server_handle(server, "port");
    server->control = server_handle(server, "control");
    server->alive = server_handle(server, "alive");
    if (server->account == 0 || server->port == 0) {
        return start_failed("no start handle `account` or `port`", STATUS_NOT_FOUND);
    }
    status_t status = reply_create(server->account, &server->reply);
    if (status != STATUS_OK) {
        return start_failed("no reply object", status);
    }
    status = server->control != 0 ? event_bind(server->control) : STATUS_OK;
    if (status != STATUS_OK) {
        return start_failed("`control` cannot be bound", status);
    }
    return STATUS_OK;
}

status_t server_ready(struct server *server)
{
    return server->supervisor != 0 ? supervisor_ready(server->supervisor) : STATUS_OK;
}

int server_refuse(struct server *server, const char *format, ...)
{
    char reason[REASON_SIZE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_arguments(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    log_line("refuses to start: %s", reason);
    if (server->supervisor != 0) {
        status_ignore(supervisor_refuse(server->supervisor, reason, length));
    }
    return 1;
}

void server_stop(struct server *server)
{
    if (!server->stopping) {
        server->stopping = true;
        if (server->on_stop != NULL) {
            server->on_stop(server);
        }
    }
}

/* Fails as asked, to test how the system takes it. */
static void fail_on_purpose(uint64_t bits)
{
    if (bits & CONTROL_FAULT_NULL) {
        volatile uint32_t *volatile nowhere = NULL;
        *nowhere = 0;
    }
    if (bits & CONTROL_FAULT_ILLEGAL) {
        __asm__ volatile(".4byte 0"); /* UDF on Arm; defined as illegal on RISC-V */
    }
    if (bits & CONTROL_FAULT_EXIT) {
        task_exit(1);
    }
    if (bits & CONTROL_FAULT_LOOP) {
        for (;;) {
        }
    }
}

void server_event(struct server *server, uint64_t bits)
{
    if ((bits & CONTROL_PING) && server->alive != 0) {
        if (server->on_ping != NULL) {
            server->on_ping(server);
        }
        status_ignore(event_signal(server->alive, ALIVE_BIT));
    }
    fail_on_purpose(bits);
    uint64_t own = bits & CONTROL_FREE;
    if (own != 0 && server->on_event != NULL) {
        server->on_event(server, own);
    }
    if (bits & CONTROL_STOP) {
        server_stop(server);
    }
}
