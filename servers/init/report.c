/*
 * Crash reports: see report.h.
 */
#include "report.h"

#include <sinter/protocol/loader.h>

#include "attach.h"
#include "evidence.h"
#include "kept.h"
#include "libsys_names.h"
#include "loader.h"
#include "log.h"
#include "memory.h"
#include "notice.h"
#include "stop.h"
#include "text.h"

enum { REPORTS = 8, SYMBOL = 96, REGISTERS_A_LINE = 4 };

#define RESTART_TIME INIT_SECOND /* that a report waits for the restart; then it comes first */

/* One report on its way: filled on the main thread, then the worker's until it is done. */
struct report {
    bool used;
    bool complete; /* it has ended, and the report is to be written */
    uint64_t due;  /* when; report_write() makes it earlier */
    struct service *service;
    char name[SCRIPT_NAME];
    char reason[SERVICE_REASON];
    char next[SERVICE_REASON];
    char notice[NOTICE_LINE]; /* the same in short, for people */
    uint64_t ended;           /* when; later lines of the log are not its own */
    struct boot_file *object;
    uint64_t seed, libsys;
    struct load_group groups[LOADER_GROUPS];
    struct evidence evidence;
    char text[SERVICE_REPORT];
    struct job job;
};

static struct report reports[REPORTS];

static struct report *find_report(const struct service *service)
{
    for (uint32_t i = 0; i < REPORTS; i++) {
        if (reports[i].used && !reports[i].complete && reports[i].service == service) {
            return &reports[i];
        }
    }
    return NULL;
}

static struct report *take_report(struct service *service)
{
    struct report *report = find_report(service);
    for (uint32_t i = 0; report == NULL && i < REPORTS; i++) {
        if (!reports[i].used) {
            report = &reports[i];
            memset(report, 0, sizeof(*report));
            report->used = true;
            report->service = service;
        }
    }
    return report;
}

void report_fault(struct service *service, const uint64_t words[6], const void *registers,
                  size_t size)
{
    struct text text = text_in(service->reason, SERVICE_REASON);
    struct report *report = take_report(service);
    if (report != NULL) {
        evidence_of_fault(&report->evidence, &service->instance, words, registers, size);
        text_put(&text, report->evidence.stack_overflow ? "stack overflow, " : "");
    }
    TEXT_PUT(&text, evidence_kind((uint32_t)words[0], (status_t)words[4]), " at ");
    text_put_hex(&text, words[1], 1);
    text_put(&text, ", pc ");
    text_put_hex(&text, words[2], 1);
}

bool report_before_kill(struct service *service)
{
    struct report *report = take_report(service);
    return report == NULL || evidence_of_thread(&report->evidence, &service->instance);
}

void report_keep(struct service *service)
{
    struct report *report = take_report(service);
    if (report != NULL) {
        report->object = service->object;
        report->seed = service->instance.seed;
        report->libsys = service->instance.libsys;
        report->ended = clock_read();
        memcpy(report->groups, service->instance.groups, sizeof(report->groups));
    }
}

void report_program(const char *name, const uint64_t words[6])
{
    log_line("%s: %s at 0x%lx, pc 0x%lx; it is ended", name,
             evidence_kind((uint32_t)words[0], (status_t)words[4]), (unsigned long)words[1],
             (unsigned long)words[2]);
}

/* On the worker. */

static void put_symbol(struct text *text, const struct report *report, uint64_t address)
{
    char symbol[SYMBOL];
    size_t length = 0;
    uint32_t group;
    uint64_t offset;
    if (!evidence_locate(report->groups, address, &group, &offset)) {
        libsys_put_name(text, address - report->libsys);
        return;
    }
    worker_calls_loader();
    status_t status =
        loader_symbolize(loader_endpoint(), catalog_offset(report->object), report->object->size,
                         LOADER_PLACE(report->seed, group), offset, catalog_memory(report->object),
                         NULL, symbol, sizeof(symbol), &length);
    if (status == STATUS_OK) {
        text_put_bytes(text, symbol, length);
    } else {
        TEXT_PUT(text, report->object->name, "+");
        text_put_hex(text, offset, 1);
    }
}

static void put_registers(struct text *text, const registers_t *registers)
{
    for (unsigned i = 0; i < REGISTERS_SHOWN; i++) {
        text_put(text, i % REGISTERS_A_LINE == 0 ? "\n   " : "");
        TEXT_PUT(text, " ", registers_name(i), text_length(registers_name(i)) < 3 ? "  " : " ");
        text_put_hex(text, registers_value(registers, i), 16);
    }
    text_put(text, "\n");
}

static void put_evidence(struct text *text, const struct report *report)
{
    const struct evidence *evidence = &report->evidence;
    if (evidence->kind != FAULT_NONE) {
        TEXT_PUT(text, "  fault:     ", evidence_kind(evidence->kind, evidence->status), " at ");
        text_put_hex(text, evidence->address, 1);
        text_put(text, "\n");
    }
    if (!evidence->has_registers) {
        return;
    }
    text_put(text, "  registers: pc ");
    text_put_hex(text, registers_pc(&evidence->registers), 16);
    put_registers(text, &evidence->registers);
    text_put(text, "  backtrace:\n");
    for (uint32_t i = 0; i < evidence->frame_count; i++) {
        text_put(text, "    ");
        text_put_hex(text, evidence->frames[i], 16);
        text_put(text, "  ");
        put_symbol(text, report, evidence->frames[i]);
        text_put(text, "\n");
    }
}

static void put_log(struct text *text, const struct report *report)
{
    static struct log_lines lines; /* the worker's */
    size_t before = text->used;
    text_put(text, "  last log lines:\n");
    size_t heading = text->used;
    log_of_task(&lines, report->name, report->ended, text);
    if (text->used == heading) { /* it said nothing */
        text->used = before;
        text->start[before] = '\0';
    }
}

void report_lines(const char *before, const char *text)
{
    while (*text != '\0') {
        size_t length = 0;
        while (text[length] != '\0' && text[length] != '\n') {
            length++;
        }
        log_line("%s%.*s", before, (int)length, text);
        text += text[length] == '\n' ? length + 1 : length;
    }
}

/* What it did, and where. */
static void put_short(struct text *text, const struct report *report)
{
    const struct evidence *evidence = &report->evidence;
    text_put(text, "crashed (");
    if (evidence->kind == FAULT_NONE) {
        text_put(text, report->reason);
    } else {
        evidence_put_fault(text, evidence);
    }
    if (evidence->frame_count != 0) {
        text_put(text, evidence->kind == FAULT_NONE ? "; it was in " : " in ");
        put_symbol(text, report, evidence->frames[0]);
    }
    text_put(text, "); ");
}

static struct report *report_of_job(struct job *job)
{
    return (struct report *)(void *)((char *)job - offsetof(struct report, job));
}

static void write_report(struct job *job)
{
    struct report *report = report_of_job(job);
    struct text text = text_in(report->text, sizeof(report->text));
    char line[NOTICE_LINE];
    struct text notice = text_in(line, sizeof(line));
    put_short(&notice, report);
    text_put(&notice, report->notice);
    text_copy(report->notice, sizeof(report->notice), line);
    TEXT_PUT(&text, "---- ", report->name, " (", report->object->name, ") has crashed\n",
             "  reason:    ", report->reason, "\n");
    put_evidence(&text, report);
    put_log(&text, report);
    TEXT_PUT(&text, "  next:      ", report->next, "\n----\n");
    report_lines("", report->text);
}

static void finish_report(struct job *job)
{
    struct report *report = report_of_job(job);
    text_copy(report->service->report, SERVICE_REPORT, report->text);
    kept_add(report->name, report->ended, report->notice, report->text);
    notice_post(report->name, report->notice);
    report->used = false;
    service_noticed(report->service);
    init_look_again();
}

/* After "restart " or "restarting ". */
static void put_attempt(struct text *text, const struct service *service)
{
    text_put_number(text, service->in_a_row);
    text_put(text, " of ");
    text_put_number(text, service->options.attempts);
}

static void describe_shortly(struct report *report, const struct policy_verdict *verdict)
{
    struct text text = text_in(report->notice, sizeof(report->notice));
    if (verdict->action == POLICY_RESTART) {
        text_put(&text, "restarting (");
        put_attempt(&text, report->service);
        text_put(&text, ")");
    } else if (verdict->action == POLICY_OLD_OBJECT) {
        text_put(&text, "its old object comes back");
    } else if (verdict->action == POLICY_FAILED) {
        TEXT_PUT(&text, "it has failed; `svc log ", report->name, "` says more");
    } else {
        text_put(&text, "it is stopped");
    }
}

static void describe_next(struct report *report, const struct policy_verdict *verdict)
{
    struct text text = text_in(report->next, sizeof(report->next));
    switch (verdict->action) {
    case POLICY_RESTART:
        text_put(&text, "restart ");
        put_attempt(&text, report->service);
        text_put(&text, verdict->delay == 0 ? ", at once" : ", in ");
        if (verdict->delay != 0) {
            text_put_seconds(&text, verdict->delay);
        }
        break;
    case POLICY_OLD_OBJECT:
        text_put(&text, "the object that it was to replace comes back");
        break;
    case POLICY_FAILED:
        text_put(&text, "none, the service has failed; `start` tries again");
        break;
    default:
        text_put(&text, "none, the service is stopped");
        break;
    }
}

void report_end(struct service *service, bool crash, const struct policy_verdict *verdict)
{
    struct report *report = find_report(service);
    if (!crash || report == NULL) {
        log_line("%s: %s", service->name, service->reason);
        if (report != NULL) {
            report->used = false;
        }
        return;
    }
    text_copy(report->name, sizeof(report->name), service->name);
    text_copy(report->reason, sizeof(report->reason), service->reason);
    describe_next(report, verdict);
    describe_shortly(report, verdict);
    report->job.run = write_report;
    report->job.done = finish_report;
    report->due = clock_read() + RESTART_TIME;
    report->complete = true;
}

static bool waits(const struct report *report)
{
    return report->used && report->complete && !report->job.queued;
}

void report_write(const struct service *service, uint64_t due)
{
    for (uint32_t i = 0; i < REPORTS; i++) {
        if (waits(&reports[i]) && reports[i].service == service && due < reports[i].due) {
            reports[i].due = due;
            init_look_again();
        }
    }
}

uint64_t report_tick(uint64_t now)
{
    uint64_t next = INIT_NEVER;
    for (uint32_t i = 0; i < REPORTS; i++) {
        if (waits(&reports[i]) && reports[i].due <= now) {
            worker_submit(&reports[i].job);
        } else if (waits(&reports[i]) && reports[i].due < next) {
            next = reports[i].due;
        }
    }
    return next;
}

bool report_is_pending(const struct service *service)
{
    for (uint32_t i = 0; i < REPORTS; i++) {
        if (reports[i].used && reports[i].complete && reports[i].service == service) {
            return true;
        }
    }
    return false;
}

bool report_needs(const struct boot_file *object)
{
    for (uint32_t i = 0; i < REPORTS; i++) {
        if (reports[i].used && reports[i].object == object) {
            return true;
        }
    }
    return false;
}

void report_drop(const struct service *service)
{
    struct report *report = find_report(service);
    if (report != NULL) {
        report->used = false;
    }
}

void report_failed(struct service *service)
{
    bool reboot = service->options.essential != 0 || service->options.failed == SCRIPT_REBOOT;
    if (reboot) {
        log_line("%s has failed, without which the system is of no use: rebooting", service->name);
        status_ignore(stop_system(NULL, RESET_REBOOT, 0));
    }
    if (service->options.failed == SCRIPT_START_OTHER) {
        struct service *other = service_find(service->options.other);
        if (other != NULL && other->disabled) {
            log_line("%s has failed; %s, to be started instead, is disabled", service->name,
                     other->name);
        } else if (other != NULL && attach_goes_in_circle(service, other)) {
            log_line("%s has failed, and so has %s, to be started instead: on-failed goes in a "
                     "circle, nothing more is started; `svc start` begins again",
                     service->name, other->name);
        } else if (other != NULL && other->object != NULL) {
            log_line("%s has failed: starting %s", service->name, other->name);
            attach_instead(service, other);
        } else {
            log_line("%s has failed; there is no service `%s` to start instead", service->name,
                     service->options.other);
        }
    }
}
