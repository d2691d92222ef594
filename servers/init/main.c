/*
 * init: the supervisor. It runs /boot/init.rc, starts, watches and restarts services, serves
 * /dev, and starts programs. docs/INIT.md describes it for users; init.h its parts.
 */
#include <sinter/protocol/file.h>
#include <sinter/protocol/process.h>
#include <sinter/protocol/service.h>
#include <sinter/protocol/supervisor.h>

#include "commands.h"
#include "console.h"
#include "dev.h"
#include "kept.h"
#include "loader.h"
#include "memory.h"
#include "mounts.h"
#include "names.h"
#include "notice.h"
#include "process.h"
#include "pushed.h"
#include "replace.h"
#include "report.h"
#include "stop.h"
#include "text.h"

#define FAULT_METHOD       0x4641554cu /* task_set_fault_endpoint() */
#define METHOD_NUMBER_BITS 16
#define LOADER_TIME        (10 * INIT_SECOND) /* longer than any call of it takes */
#define STORE_MOST         (1u << 30)         /* charged to the service as it is used */

SERVER_META(name, "init");
SERVER_META(version, "0.1");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Supervisor: runs init.rc, watches services, serves /dev");
SERVER_META(kind, SERVICE);
SERVER_META(restart, NEVER);

int server_main(const struct start_info *info);

static handle_t timer;

/* What a service says. */

static struct service *speaker(const struct call *call)
{
    return badge_kind(call->in.badge) == BADGE_SUPERVISOR ? service_of_badge(call->in.badge) : NULL;
}

static status_t serve_ready(struct call *call)
{
    struct service *service = speaker(call);
    if (service == NULL) {
        return STATUS_BAD_METHOD;
    }
    service_ready(service);
    return STATUS_OK;
}

static status_t serve_refuse(struct call *call, const uint8_t *reason, size_t reason_length)
{
    char why[SERVICE_REASON];
    struct service *service = speaker(call);
    if (service == NULL) {
        return STATUS_BAD_METHOD;
    }
    text_copy_bytes(why, sizeof(why), (const char *)reason, reason_length);
    text_make_printable(why);
    service_refused(service, why);
    return STATUS_OK;
}

static status_t serve_store(struct call *call, uint64_t wanted, uint64_t *size, handle_t *memory)
{
    struct service *service = speaker(call);
    if (service == NULL) {
        return STATUS_BAD_METHOD;
    }
    if (wanted == 0 || wanted > STORE_MOST) {
        return STATUS_TOO_LARGE;
    }
    if (service->store == 0) {
        status_t status = memory_create(service->account, wanted, 0, &service->store);
        if (status != STATUS_OK) {
            return status;
        }
        service->store_size = wanted;
    }
    *size = service->store_size;
    return handle_duplicate(service->store, RIGHT_ALL, memory);
}

static status_t serve_publish(struct call *call, const uint8_t *name, size_t name_length,
                              uint64_t badge, uint32_t kind)
{
    char text[SCRIPT_PATH];
    struct service *service = speaker(call);
    if (service == NULL) {
        return STATUS_BAD_METHOD;
    }
    if (!text_copy_bytes(text, sizeof(text), (const char *)name, name_length)) {
        return STATUS_REFUSED;
    }
    status_t status = dev_publish(service, text, badge, kind);
    if (status == STATUS_OK) {
        dev_settled(service);
    }
    return status;
}

static status_t serve_end_system(struct call *call, uint32_t kind)
{
    struct service *service = speaker(call);
    if (service == NULL) {
        return STATUS_BAD_METHOD;
    }
    if (!dev_serves(service, "power")) {
        return STATUS_REFUSED;
    }
    if (kind > RESET_REBOOT) {
        return STATUS_BAD_ARGUMENT;
    }
    handle_t reply = call_defer(call);
    status_t status = reply != 0 ? stop_system(service, kind, reply) : STATUS_NO_KERNEL_MEMORY;
    if (reply != 0 && status != STATUS_OK) {
        server_answer(&init.server, reply, status);
    }
    return status;
}

/* Crash reports quote logs: only who may read those is told. */
static status_t serve_notice(struct call *call, uint64_t bits, uint8_t *line, size_t line_capacity,
                             size_t *line_length)
{
    char text[NOTICE_LINE];
    struct service *service = speaker(call);
    if (service == NULL) {
        return STATUS_BAD_METHOD;
    }
    if ((service->object->note->resources & service->options.allow & RESOURCE_CONSOLE) == 0) {
        return STATUS_REFUSED;
    }
    size_t length = notice_take(service, bits, text);
    *line_length = length < line_capacity ? length : line_capacity;
    memcpy(line, text, *line_length);
    return length == 0 ? STATUS_WOULD_BLOCK : STATUS_OK;
}

static status_t serve_binding(struct call *call, uint64_t position, uint64_t bits, uint64_t *next,
                              uint8_t *path, size_t path_capacity, size_t *path_length,
                              handle_t *directory)
{
    const char *found;
    struct service *service = speaker(call);
    if (service == NULL) {
        return STATUS_BAD_METHOD;
    }
    if (!mounts_is_names(service)) {
        return STATUS_REFUSED;
    }
    mounts_listen(service, bits);
    status_t status = mounts_binding(position, next, &found, directory);
    if (status == STATUS_OK) {
        *path_length = text_length(found);
        *path_length = *path_length < path_capacity ? *path_length : path_capacity;
        memcpy(path, found, *path_length);
    }
    return status;
}

static status_t serve_use(struct call *call, uint64_t position)
{
    struct service *service = speaker(call);
    if (service == NULL) {
        return STATUS_BAD_METHOD;
    }
    if (!mounts_is_names(service)) {
        return STATUS_REFUSED;
    }
    mounts_use(position);
    return STATUS_OK;
}

static const struct supervisor_operations supervisor_operations = {
    .ready = serve_ready,
    .refuse = serve_refuse,
    .store = serve_store,
    .publish = serve_publish,
    .end_system = serve_end_system,
    .notice = serve_notice,
    .binding = serve_binding,
    .use = serve_use,
};

/* A fault: any answer but OK ends the task. */
static status_t serve_fault(const void *operations, struct call *call)
{
    uint64_t badge = call->in.badge;
    (void)operations;
    if (badge_kind(badge) != BADGE_FAULT || tag_method(call->in.tag) != FAULT_METHOD) {
        return STATUS_BAD_METHOD;
    }
    if (badge_slot(badge) < INIT_SERVICES) {
        struct service *service = service_of_badge(badge);
        if (service != NULL) {
            report_fault(service, call->in.words, call->data, call->data_length);
        }
    } else if (process_name(badge) != NULL) {
        report_program(process_name(badge), call->in.words);
    }
    return STATUS_FAILED;
}

/* Events. */

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/*
 * A loader that hangs is ended; the job then fails or is repeated. Each instance has the whole time
 * for a call, also for one that waited while there was none.
 */
static uint64_t watch_worker(uint64_t now)
{
    uint64_t busy = worker_busy();
    if (busy == 0) {
        return worker_has_jobs() ? now + LOADER_TIME : INIT_NEVER;
    }
    uint64_t since = later(busy, loader_since());
    if (now > since && now - since > LOADER_TIME) {
        log_line("the loader does not answer and is ended");
        loader_kill();
        return now + LOADER_TIME;
    }
    return since + LOADER_TIME + INIT_MILLISECOND;
}

/* Everything that waits is looked at; states that change meanwhile ask for another look. */
static void look(void)
{
    uint64_t now = clock_read();
    uint64_t next = service_tick(now);
    replace_tick();
    next = init_earlier(next, commands_tick(now));
    next = init_earlier(next, console_tick(now));
    next = init_earlier(next, report_tick(now));
    next = init_earlier(next, loader_tick(now));
    next = init_earlier(next, watch_worker(now));
    next = init_earlier(next, stop_tick(now));
    pushed_sweep();
    status_ignore(timer_set(timer, next == INIT_NEVER ? 0 : next, 0));
}

static void on_event(struct server *server, uint64_t bits)
{
    (void)server;
    if ((bits & INIT_EVENT_LOADER) != 0) {
        loader_restart();
    }
    if ((bits & INIT_EVENT_JOB) != 0) {
        worker_collect();
    }
    if ((bits & INIT_EVENT_DEATHS) != 0) {
        service_reap(bits);
        process_reap(bits);
    }
    look();
}

static void on_closed(struct server *server, uint64_t badge)
{
    (void)server;
    if (badge_kind(badge) == BADGE_PROCESS) {
        process_closed(badge);
    }
}

static void on_cancel(struct server *server, handle_t reply)
{
    (void)server;
    if (!dev_cancel(reply) && !process_cancel(reply)) {
        (void)commands_cancel(reply);
    }
}

static status_t add_protocols(struct server *server)
{
    const struct server_protocol fault = {.number = FAULT_METHOD >> METHOD_NUMBER_BITS,
                                          .serve = serve_fault};
    status_t status;
    if ((status = server_add(server, file_protocol(&names_operations))) != STATUS_OK ||
        (status = server_add(server, process_protocol(&process_operations))) != STATUS_OK ||
        (status = server_add(server, service_protocol(&commands_operations))) != STATUS_OK ||
        (status = server_add(server, supervisor_protocol(&supervisor_operations))) != STATUS_OK) {
        return status;
    }
    return server_add(server, fault);
}

static status_t begin(const struct start_info *info)
{
    status_t status;
    if ((status = add_protocols(&init.server)) != STATUS_OK ||
        (status = timer_make(init.account, init.event, INIT_EVENT_TIMER, &timer)) != STATUS_OK ||
        (status = loader_watch(info)) != STATUS_OK) {
        return status;
    }
    return worker_begin(info);
}

int server_main(const struct start_info *info)
{
    if (!init_begin(info)) {
        return 1;
    }
    kept_begin(info);
    catalog_build();
    status_t status = begin(info);
    if (status != STATUS_OK) {
        log_line("cannot start: %s", status_text(status));
        return 1;
    }
    init.server.on_event = on_event;
    init.server.on_closed = on_closed;
    init.server.on_cancel = on_cancel;
    commands_begin();
    return server_run(&init.server);
}
