/*
 * Replacing the object of a service: see replace.h.
 */
#include "replace.h"

#include "memory.h"
#include "stop.h"

static enum { FREE, TRYING, CHANGING, STARTING, OVER } step;

static struct {
    const void *owner; /* null: nobody waits for the end */
    struct service *service;
    struct boot_file *old, *new;
    bool was_up;    /* so it has to be up afterwards */
    uint64_t began; /* when */
    bool has_saved; /* `saved` is the state store as the old object left it; 0: there was none */
    handle_t saved;
    status_t status; /* OVER */
    bool untouched;  /* OVER: the old object was never stopped */
    char why[INSTANCE_LINE];
    struct job job;
} replacement;

/* What is built on trial; it has nothing of the service but its options. */
static struct service trial;

static bool is_of(const struct service *service)
{
    return step != FREE && replacement.service == service;
}

/* ---- the trial ------------------------------------------------------------------------------ */

/* On the worker. */
static void run_trial(struct job *job)
{
    (void)job;
    trial.built = service_build(&trial);
    if (trial.built == STATUS_OK && trial.device != NULL &&
        !device_suits(trial.device, trial.object->note)) {
        struct text text = text_in(trial.line, INSTANCE_LINE);
        TEXT_PUT(&text, trial.object->name, ": refused: is no driver for the device of ",
                 trial.name);
        trial.built = STATUS_REFUSED;
    }
    instance_end(&trial.instance);
    close_if(&trial.port);
    close_if(&trial.control);
    close_if(&trial.alive);
    close_if(&trial.account);
}

static void end(status_t status, const char *why)
{
    step = replacement.owner != NULL ? OVER : FREE;
    replacement.status = status;
    text_copy(replacement.why, sizeof(replacement.why), why);
    close_if(&replacement.saved);
    log_line("%s: %s by %s", replacement.service->name,
             status == STATUS_OK ? "replaced" : "not replaced", replacement.new->name);
    init_look_again();
}

static void finish_trial(struct job *job)
{
    (void)job;
    close_if(&trial.fault_endpoint);
    if (trial.built != STATUS_OK) {
        replacement.untouched = true;
        end(trial.built, trial.line);
        return;
    }
    step = CHANGING;
    init_look_again();
}

bool replace_begin(const void *owner, struct service *service, struct boot_file *object)
{
    if (step != FREE) {
        return false;
    }
    memset(&trial, 0, sizeof(trial));
    text_copy(trial.name, SCRIPT_NAME, service->name);
    trial.options = service->options;
    trial.device = service->device;
    trial.object = object;
    memset(&replacement, 0, sizeof(replacement));
    replacement.owner = owner;
    replacement.service = service;
    replacement.old = service->object;
    replacement.new = object;
    replacement.was_up = service_is_up(service) || service->state == SERVICE_RESTARTING;
    replacement.began = clock_read();
    replacement.job.run = run_trial;
    replacement.job.done = finish_trial;
    step = TRYING;
    trial.built = init_mint(BADGE_FAULT, 0, INIT_SLOTS, &trial.fault_endpoint); /* never used */
    if (trial.built != STATUS_OK) {
        text_copy(trial.line, INSTANCE_LINE, status_text(trial.built));
        finish_trial(&replacement.job);
    } else {
        worker_submit(&replacement.job);
    }
    return true;
}

/* ---- the change ----------------------------------------------------------------------------- */

void replace_tick(void)
{
    struct service *service = replacement.service;
    if (step != CHANGING) {
        return;
    }
    bool is_kept_down = service->disabled && !service_is_up(service);
    if (service->stop_asked > replacement.began || is_kept_down || stop_is_final()) {
        replacement.untouched = true;
        end(STATUS_FAILED, "it has been stopped meanwhile");
    } else if (service_is_up(service) && !service->ending) {
        service_restart(service);
    } else if (service->state == SERVICE_RESTARTING) {
        service_launch(service);
    } else {
        service_start(service); /* of one that is on its way up or down nothing comes here */
    }
}

static void save_store(const struct service *service)
{
    replacement.has_saved = service->store == 0 || memory_snapshot(service->store, service->account,
                                                                   &replacement.saved) == STATUS_OK;
}

void replace_launch(struct service *service)
{
    if (is_of(service) && step == CHANGING) {
        step = STARTING;
        service->object = replacement.new;
        service->in_a_row = 0;
        service->restarts = 0;
        save_store(service);
    }
}

bool replace_is_starting(const struct service *service)
{
    return is_of(service) && step == STARTING;
}

static void take_back(struct service *service)
{
    service->object = replacement.old;
    if (replacement.has_saved) {
        close_if(&service->store);
        service->store = replacement.saved;
        replacement.saved = 0;
    }
}

bool replace_failed(struct service *service, const char *why)
{
    if (!replace_is_starting(service)) {
        return false;
    }
    take_back(service);
    end(STATUS_FAILED, why);
    if (replacement.was_up) {
        service_launch(service);
    }
    return replacement.was_up;
}

void replace_ready(const struct service *service)
{
    if (replace_is_starting(service)) {
        end(STATUS_OK, "");
    }
}

void replace_settled(struct service *service)
{
    if (replace_is_starting(service)) {
        take_back(service);
        end(STATUS_FAILED, "it has been stopped meanwhile");
    }
}

/* ---- the end -------------------------------------------------------------------------------- */

bool replace_needs(const struct boot_file *object)
{
    return step != FREE && (replacement.old == object || replacement.new == object);
}

void replace_leave(const void *owner)
{
    if (step != FREE && replacement.owner == owner) {
        replacement.owner = NULL;
        step = step == OVER ? FREE : step;
    }
}

static void tell_success(struct text *text)
{
    const struct boot_file *object = replacement.new;
    TEXT_PUT(text, replacement.service->name, ": runs with ",
             object->source != NULL ? object->source : object->name, " (");
    text_put_number(text, object->size);
    text_put(text, " bytes)\n");
}

static void tell_failure(struct text *text)
{
    const struct service *service = replacement.service;
    bool named = text_starts(replacement.why, replacement.new->name);
    TEXT_PUT(text, named ? "" : service->name, named ? "" : ": ", replacement.why, "\n",
             service->name, ": ");
    if (service->state != SERVICE_RUNNING) {
        TEXT_PUT(text, "is ", service_state_text(service), "; its object is ",
                 service->object->name, " as before\n");
    } else if (replacement.untouched) {
        TEXT_PUT(text, "goes on with ", service->object->name, "; nothing has changed\n");
    } else {
        TEXT_PUT(text, "the old ", service->object->name, " runs again\n");
    }
}

bool replace_is_over(const void *owner, status_t *status, struct text *text)
{
    if (step != OVER || replacement.owner != owner || !service_is_settled(replacement.service)) {
        return false;
    }
    *status = replacement.status;
    if (replacement.status == STATUS_OK) {
        tell_success(text);
    } else {
        tell_failure(text);
    }
    replace_leave(owner);
    return true;
}
