/*
 * The states of services: see service.h. Longer than other files: all of it moves one state
 * machine, by steps that nobody else may take.
 */
#include "service.h"

#include <sinter/object.h>

#include "memory.h"
#include "mounts.h"
#include "dev.h"
#include "notice.h"
#include "process.h"
#include "policy.h"
#include "replace.h"
#include "report.h"
#include "stop.h"
#include "text.h"

enum {
    HEARTBEAT_MS = 500,
    HEARTBEAT_LEAST_MS = 100, /* whatever its note says: each takes time of init */
    HEARTBEATS_MISSED = 3,    /* so it is ended after 2 s, when the fourth is unanswered too */
    CLIENTS_FIRST_MS = 20,
    INSPECT_MS = 200, /* most that a stop may take: an interrupt to another CPU */
};

#define ALIVE_BIT 1u

struct service services[INIT_SERVICES];

const char *service_state_name(enum service_state state)
{
    static const char *const names[] = {
        [SERVICE_STOPPED] = "stopped",   [SERVICE_LOADING] = "loading",
        [SERVICE_STARTING] = "starting", [SERVICE_RUNNING] = "running",
        [SERVICE_STOPPING] = "stopping", [SERVICE_RESTARTING] = "restarting",
        [SERVICE_FAILED] = "failed",     [SERVICE_IDLE] = "idle",
    };
    return names[state];
}

const char *service_state_text(const struct service *service)
{
    return service->disabled && service->state == SERVICE_STOPPED
               ? "disabled"
               : service_state_name(service->state);
}

uint32_t service_slot(const struct service *service)
{
    return (uint32_t)(service - services);
}

struct service *service_find(const char *name)
{
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        if (services[i].used && text_same(services[i].name, name)) {
            return &services[i];
        }
    }
    return NULL;
}

struct service *service_of_badge(uint64_t badge)
{
    uint32_t slot = badge_slot(badge);
    if (slot >= INIT_SERVICES || !services[slot].used ||
        (services[slot].generation & 0xffffff) != badge_generation(badge)) {
        return NULL;
    }
    return &services[slot];
}

struct service *service_declare(const char *name)
{
    struct service *service = service_find(name);
    for (uint32_t i = 0; service == NULL && i < INIT_SERVICES; i++) {
        if (!services[i].used) {
            service = &services[i];
            memset(service, 0, sizeof(*service));
            service->used = true;
            service->deadline = INIT_NEVER;
            text_copy(service->name, SCRIPT_NAME, name);
            script_options_defaults(&service->options);
        }
    }
    return service;
}

bool service_is_personality(const struct service *service)
{
    return service->object != NULL && service->object->note->kind == KIND_PERSONALITY;
}

bool service_is_up(const struct service *service)
{
    return service->state == SERVICE_STARTING || service->state == SERVICE_RUNNING;
}

bool service_is_settled(const struct service *service)
{
    return service_is_down(service) || (service->state == SERVICE_RUNNING && !service->ending);
}

static void tell_back(struct service *service)
{
    service->notice_wanted = false;
    notice_post(service->name, "runs again");
    log_line("%s runs again", service->name);
}

/* `time` ns until the state is to end; INIT_NEVER: it may last. */
static void enter(struct service *service, enum service_state state, uint64_t time)
{
    uint64_t now = clock_read();
    service->state = state;
    service->since = now;
    service->deadline = time == INIT_NEVER ? INIT_NEVER : now + time;
    if (service_is_settled(service)) {
        dev_settled(service);
    }
    if (state == SERVICE_RUNNING && service->notice_wanted) {
        tell_back(service);
    }
    /* A report takes a while: first the restart, and those who waited for it. */
    if (state == SERVICE_RUNNING) {
        report_write(service, now + (uint64_t)CLIENTS_FIRST_MS * INIT_MILLISECOND);
    } else if (service_is_settled(service) || (state == SERVICE_RESTARTING && time != 0)) {
        report_write(service, now);
    }
    init_look_again();
}

static void end_instance(struct service *service)
{
    service->inspected = 0;
    service->ending = false;
    instance_end(&service->instance);
    close_if(&service->supervisor_endpoint);
    close_if(&service->fault_endpoint);
    close_if(&service->starter);
    close_if(&service->root);
    process_starter_ended(service_slot(service), service->generation);
}

/*
 * Nobody serves the port any more: who waits is told, and open files answer GONE. With them goes
 * the state store, which is about them.
 */
static void close_port(struct service *service)
{
    if (service->port != 0) {
        status_ignore(port_drain(service->port));
    }
    close_if(&service->port);
    mounts_service_changed(service);
    close_if(&service->control);
    close_if(&service->alive);
    close_if(&service->store);
}

static void settle_down(struct service *service, enum service_state state)
{
    report_drop(service);
    end_instance(service);
    replace_settled(service);
    close_port(service);
    service->notice_wanted = false;
    enter(service, state, INIT_NEVER); /* answers those that wait for its names */
    dev_forget(service);
}

static void fail(struct service *service, const char *why)
{
    char line[NOTICE_LINE];
    end_instance(service);
    if (replace_failed(service, why)) {
        return;
    }
    text_copy(service->reason, SERVICE_REASON, why);
    log_line("%s: failed: %s", service->name, why);
    if (service->restarts != 0) { /* otherwise whoever started it is told */
        struct text text = text_in(line, sizeof(line));
        TEXT_PUT(&text, "has failed: ", why);
        notice_post(service->name, line);
    }
    settle_down(service, SERVICE_FAILED);
    report_failed(service);
}

/* By command; a later one may want it to wait for its first use again. */
static void have_stopped(struct service *service)
{
    service->stop_wanted = false;
    settle_down(service, SERVICE_STOPPED);
    if (service->awaits) {
        service_await(service);
    }
}

static struct service *service_of_job(struct job *job)
{
    return (struct service *)(void *)((char *)job - offsetof(struct service, job));
}

static void run_build(struct job *job)
{
    struct service *service = service_of_job(job);
    service->line[0] = '\0';
    service->built = service_build(service);
}

/* An object that cannot be loaded now will not be later: there is no restart. */
static void finish_build(struct job *job)
{
    struct service *service = service_of_job(job);
    if (service->stop_wanted) {
        have_stopped(service);
        return;
    }
    status_t status = service->built;
    if (status == STATUS_OK) {
        dev_reserve(service);
        mounts_service_changed(service);
        status = instance_begin(&service->instance, service_slot(service));
        text_copy(service->line, INSTANCE_LINE, status_text(status));
    }
    if (status != STATUS_OK) {
        fail(service, service->line);
        return;
    }
    enter(service, SERVICE_STARTING, service->options.start_time);
}

static status_t mint_endpoints(struct service *service)
{
    uint32_t slot = service_slot(service);
    service->generation++;
    status_t status =
        init_mint(BADGE_SUPERVISOR, service->generation, slot, &service->supervisor_endpoint);
    if (status == STATUS_OK && (service->options.allow & SCRIPT_ALLOW_SPAWN) != 0) {
        status = init_mint(BADGE_STARTER, service->generation, slot, &service->starter);
    }
    return status == STATUS_OK
               ? init_mint(BADGE_FAULT, service->generation, slot, &service->fault_endpoint)
               : status;
}

/* False: `why` says what is wrong with the root of its own that the script gives it. */
static bool open_root(struct service *service, char why[SCRIPT_ERROR])
{
    char reason[SCRIPT_ERROR];
    const struct script_options *options = &service->options;
    if (options->root[0] == '\0' || mounts_open(options->root, &service->root, reason)) {
        return true;
    }
    struct text text = text_in(why, SCRIPT_ERROR);
    text_put(&text, "its root");
    if (options->root_line != 0) {
        text_put(&text, " (line ");
        text_put_number(&text, options->root_line);
        text_put(&text, ")");
    }
    TEXT_PUT(&text, ": ", reason);
    return false;
}

/* What the last instance did not take, such as an order to stop that it was too busy for. */
static void clear_orders(const struct service *service)
{
    uint64_t bits;
    if (service->control != 0) {
        status_ignore(event_wait(service->control, UINT64_MAX, 0, &bits));
    }
}

void service_launch(struct service *service)
{
    if (stop_is_final()) {
        settle_down(service, SERVICE_STOPPED);
        return;
    }
    replace_launch(service);
    clear_orders(service);
    service->stop_wanted = false;
    service->refused = false;
    char why[SCRIPT_ERROR];
    status_t status = mint_endpoints(service);
    bool is_good = status == STATUS_OK && open_root(service, why);
    if (!is_good) {
        fail(service, status == STATUS_OK ? why : status_text(status));
        return;
    }
    service->reason[0] = '\0';
    service->awaits = false;
    service->restart_wanted = false;
    service->job.run = run_build;
    service->job.done = finish_build;
    enter(service, SERVICE_LOADING, INIT_NEVER);
    worker_submit(&service->job);
}

static void start(struct service *service)
{
    if (stop_is_final() || service->disabled) {
        return;
    }
    if (!service_is_down(service)) {
        service->awaits = false;
        service->stop_wanted = false;
        service->restart_wanted = service->state == SERVICE_STOPPING;
        return;
    }
    static uint64_t turns;
    service->turn = ++turns;
    service->in_a_row = 0;
    service->restarts = 0;
    service_launch(service);
}

void service_start(struct service *service)
{
    service->instead_of = 0;
    start(service);
}

void service_start_instead(struct service *service, uint64_t failed)
{
    service->instead_of = failed;
    start(service);
}

/* Nothing is loaded: its names are there, and the port if it is mounted. */
static void rest(struct service *service)
{
    bool is_absent = service->object->note->device_count != 0 && service->device == NULL;
    if (!is_absent) {
        dev_reserve(service);
    }
    enter(service, SERVICE_IDLE, INIT_NEVER);
    service_mounted(service);
}

void service_mounted(struct service *service)
{
    bool is_called = mounts_path(service) != NULL || service_is_personality(service);
    if (service->state == SERVICE_IDLE && service->port == 0 && is_called) {
        status_t status = service_make_lasting(service);
        if (status != STATUS_OK) {
            fail(service, status_text(status));
            return;
        }
    }
    mounts_service_changed(service);
}

static void run_prepare(struct job *job)
{
    struct service *service = service_of_job(job);
    service->line[0] = '\0';
    service->built = service_prepare(service);
}

static void finish_prepare(struct job *job)
{
    struct service *service = service_of_job(job);
    if (service->stop_wanted) {
        have_stopped(service);
    } else if (service->built != STATUS_OK) {
        fail(service, service->line);
    } else if (service->awaits) {
        rest(service);
    } else { /* somebody could not wait */
        service_launch(service);
    }
}

static bool is_on_its_way_down(const struct service *service)
{
    return (service->state == SERVICE_STOPPING && !service->restart_wanted) ||
           (service->state == SERVICE_LOADING && service->stop_wanted);
}

void service_await(struct service *service)
{
    if (is_on_its_way_down(service)) {
        service->awaits = true;
    }
    if (service->disabled || !service_is_down(service) || stop_is_final()) {
        return;
    }
    dev_forget(service); /* with its device it may get another name */
    service->awaits = true;
    service->stop_wanted = false;
    service->in_a_row = 0;
    service->restarts = 0;
    service->reason[0] = '\0';
    service->job.run = run_prepare;
    service->job.done = finish_prepare;
    enter(service, SERVICE_LOADING, INIT_NEVER);
    worker_submit(&service->job);
}

void service_enable(struct service *service)
{
    service->disabled = false;
    if (service->options.demand && service->object != NULL) {
        service_await(service);
    }
}

static void stop(struct service *service)
{
    service->restart_wanted = false;
    service->awaits = false;
    switch (service->state) {
    case SERVICE_LOADING:
        service->stop_wanted = true;
        break;
    case SERVICE_STARTING:
    case SERVICE_RUNNING:
        enter(service, SERVICE_STOPPING, service->options.stop_time);
        status_ignore(event_signal(service->control, CONTROL_STOP));
        break;
    case SERVICE_RESTARTING:
    case SERVICE_IDLE:
        settle_down(service, SERVICE_STOPPED);
        break;
    default:
        break;
    }
}

void service_stop(struct service *service)
{
    service->stop_asked = clock_read();
    stop(service);
}

void service_disable(struct service *service)
{
    bool waits = service->state == SERVICE_LOADING && service->awaits;
    service->disabled = true;
    service->awaits = false;
    if (waits || service->state == SERVICE_IDLE) {
        service_stop(service);
    }
}

void service_kill(struct service *service, const char *why)
{
    bool is_up = service_is_up(service);
    if (is_up && !service->ending) {
        service->ending = true;
        text_copy(service->reason, SERVICE_REASON, why);
        service->inspected = clock_read() + (uint64_t)INSPECT_MS * INIT_MILLISECOND;
        status_ignore(task_stop(service->instance.task, init.event, INIT_EVENT_LOOK));
        init_look_again();
    } else if (!is_up) {
        instance_kill(&service->instance, 0);
    }
}

/* The task is being stopped: once its registers can be read it has told all that it can. */
static void inspect(struct service *service, uint64_t now)
{
    if (report_before_kill(service) || service->inspected <= now) {
        service->inspected = 0;
        instance_kill(&service->instance, 0);
    }
}

static uint64_t heartbeat_period(const struct service *service)
{
    uint64_t period = service->object->note->heartbeat;
    period = period != 0 ? period : HEARTBEAT_MS;
    return (period > HEARTBEAT_LEAST_MS ? period : HEARTBEAT_LEAST_MS) * INIT_MILLISECOND;
}

static void send_ping(struct service *service, uint64_t now)
{
    service->next_ping = now + heartbeat_period(service);
    status_ignore(event_signal(service->control, CONTROL_PING));
}

void service_ready(struct service *service)
{
    if (service->state == SERVICE_STARTING) {
        service->missed = 0;
        service->refused = false;
        send_ping(service, clock_read());
        replace_ready(service);
        enter(service, SERVICE_RUNNING, INIT_NEVER);
    }
}

void service_refused(struct service *service, const char *why)
{
    if (service->state == SERVICE_STARTING) {
        text_copy(service->reason, SERVICE_REASON, why);
        service->refused = true; /* its exit is no crash: it will not be restarted */
    }
}

static void describe_end(struct service *service, uint32_t reason, int64_t code)
{
    struct text text = text_in(service->reason, SERVICE_REASON);
    switch (reason) {
    case EXIT_NORMAL:
        text_put(&text, "exited with code ");
        text_put_signed(&text, code);
        break;
    case EXIT_FAULT:
        text_put(&text, "fault");
        break;
    default:
        text_put(&text, "killed");
        break;
    }
}

static void apply_policy(struct service *service, bool crash, uint64_t ran_for)
{
    struct policy policy = {service->options.restart, service->options.attempts,
                            service->options.min_run};
    if (service->object->note->restart == RESTART_NEVER &&
        (service->options.given & SCRIPT_HAS_RESTART) == 0) {
        policy.restart = SCRIPT_NEVER;
    }
    if (ran_for >= policy.min_run) {
        service->instead_of = 0;
    }
    struct policy_end end = {crash, ran_for};
    struct policy_verdict verdict = policy_decide(&policy, &end, &service->in_a_row);
    report_end(service, crash, &verdict);
    switch (verdict.action) {
    case POLICY_RESTART:
        service->restarts++;
        enter(service, SERVICE_RESTARTING, verdict.delay);
        break;
    case POLICY_FAILED:
        settle_down(service, SERVICE_FAILED);
        report_failed(service);
        break;
    default:
        settle_down(service, SERVICE_STOPPED);
        if (service->options.demand && !service->disabled && !stop_is_final()) {
            rest(service);
        }
        break;
    }
}

/* An object that was to replace another has ended before it was ready. */
static void return_to_old(struct service *service)
{
    char why[SERVICE_REASON];
    struct policy_verdict verdict = {.action = POLICY_OLD_OBJECT};
    report_end(service, true, &verdict);
    text_copy(why, sizeof(why), service->reason);
    if (!replace_failed(service, why)) {
        settle_down(service, SERVICE_FAILED);
    }
}

static void ended(struct service *service, uint32_t reason, int64_t code)
{
    uint64_t ran_for = service->state == SERVICE_RUNNING ? clock_read() - service->since : 0;
    bool ready = service->state == SERVICE_RUNNING;
    if (service->state == SERVICE_STOPPING && service->restart_wanted) {
        report_drop(service);
        end_instance(service); /* the port stays, and with it what clients have open */
        service->in_a_row = 0; /* somebody wants a fresh one, as by a start */
        service_launch(service);
        return;
    }
    if (service->state == SERVICE_STOPPING) {
        have_stopped(service);
        return;
    }
    if (service->refused) {
        char why[SERVICE_REASON];
        text_copy(why, sizeof(why), service->reason);
        fail(service, why);
        return;
    }
    if (service->reason[0] == '\0') {
        describe_end(service, reason, code);
    }
    bool crash = reason != EXIT_NORMAL || code != 0 || !ready;
    report_keep(service);
    end_instance(service);
    if (replace_is_starting(service)) {
        return_to_old(service);
    } else {
        apply_policy(service, crash, ran_for);
    }
}

void service_noticed(struct service *service)
{
    if (service->state == SERVICE_RUNNING) {
        tell_back(service);
    } else {
        service->notice_wanted = !service_is_settled(service);
    }
}

void service_reap(uint64_t death_bits)
{
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        struct service *service = &services[i];
        uint32_t reason = EXIT_NONE;
        int64_t code = 0;
        bool has_instance = service->state == SERVICE_STARTING ||
                            service->state == SERVICE_RUNNING || service->state == SERVICE_STOPPING;
        if (service->used && has_instance && (death_bits & 1ull << i % INIT_DEATH_BITS) != 0 &&
            instance_is_dead(&service->instance, &reason, &code)) {
            ended(service, reason, code);
        }
    }
}

/* It would run, but others, more urgent, have let it not run at all since the last look. */
static bool is_starved(struct service *service)
{
    uint32_t state = THREAD_NEW;
    uint64_t before = service->cpu_time;
    status_ignore(thread_info(service->instance.thread, &state, NULL, &service->cpu_time, NULL));
    return state == THREAD_READY && service->cpu_time == before;
}

static void ping(struct service *service, uint64_t now)
{
    uint64_t bits;
    if (event_wait(service->alive, ALIVE_BIT, 0, &bits) == STATUS_OK) {
        service->missed = 0;
    } else if (!is_starved(service)) {
        service->missed++;
    }
    send_ping(service, now);
    if (service->missed > HEARTBEATS_MISSED) {
        service_kill(service, "no heartbeat");
    }
}

/* The state has lasted as long as it may. */
static void expire(struct service *service)
{
    service->deadline = INIT_NEVER;
    switch (service->state) {
    case SERVICE_STARTING:
        service_kill(service, "did not become ready in its start time");
        break;
    case SERVICE_STOPPING:
        log_line("%s: did not stop in its time and is ended", service->name);
        service->overdue = clock_read();
        instance_kill(&service->instance, 0);
        break;
    case SERVICE_RESTARTING:
        service_launch(service);
        break;
    default:
        break;
    }
}

uint64_t service_tick(uint64_t now)
{
    uint64_t next = INIT_NEVER;
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        struct service *service = &services[i];
        if (!service->used) {
            continue;
        }
        if (service->deadline <= now) {
            expire(service);
        }
        if (service->inspected != 0) {
            inspect(service, now);
        } else if (service->state == SERVICE_RUNNING && service->next_ping <= now) {
            ping(service, now);
        }
        next = init_earlier(next, service->deadline);
        next = init_earlier(next, service->inspected != 0 ? service->inspected : INIT_NEVER);
        if (service->state == SERVICE_RUNNING) {
            next = init_earlier(next, service->next_ping);
        }
    }
    return next;
}

void service_restart(struct service *service)
{
    if (service_is_up(service)) {
        stop(service);
        service->restart_wanted = true;
    } else {
        service_start(service);
    }
}
