/* The server of gpio_server.h. Interrupt N signals bit N of `control`. */
#include "gpio_server.h"

#include <sinter/protocol/file.h>
#include <sinter/protocol/gpio.h>

#include "publish.h"

enum {
    INTERRUPTS = 48, /* bits of `control` that are the server's own */
    WAITS = 64       /* calls that can wait at once */
};

/* A call of wait that has not been answered. */
struct waiting {
    handle_t reply; /* 0: the place is free */
    uint64_t badge;
    struct gpio_wanted wanted;
};

static struct server server;
static struct device device;
static struct gpio gpio;
static handle_t interrupts[INTERRUPTS];
static struct waiting waiting[WAITS];

/* ---- the protocol --------------------------------------------------------------------------- */

static status_t line(struct call *call, uint32_t number, uint32_t *flags, uint32_t *value,
                     uint8_t *name, size_t capacity, size_t *length)
{
    (void)call;
    status_t status = gpio_line_state(&gpio, number, flags, value);
    if (status == STATUS_OK) {
        *length = node_string(&device.node, "gpio-line-names", number, (char *)name, capacity);
    }
    return status;
}

static status_t configure(struct call *call, uint64_t lines, uint32_t flags, uint64_t values)
{
    (void)call;
    return gpio_make(&gpio, lines, flags, values);
}

static status_t get(struct call *call, uint64_t lines, uint64_t *values)
{
    (void)call;
    return gpio_values(&gpio, lines, values);
}

static status_t set(struct call *call, uint64_t lines, uint64_t values)
{
    (void)call;
    return gpio_change(&gpio, lines, values);
}

static struct waiting *place_of(handle_t reply)
{
    for (int i = 0; i < WAITS; i++) {
        if (waiting[i].reply == reply) {
            return &waiting[i];
        }
    }
    return NULL;
}

static bool is_waiting(uint64_t badge)
{
    bool found = false;
    for (int i = 0; i < WAITS; i++) {
        found = found || (waiting[i].reply != 0 && waiting[i].badge == badge);
    }
    return found;
}

static status_t wait(struct call *call, uint64_t rising, uint64_t falling, uint64_t high,
                     uint64_t low, uint64_t after, uint32_t *number, uint32_t *event,
                     uint64_t *time, uint32_t *lost)
{
    struct gpio_wanted wanted = {rising, falling, high, low, after};
    struct waiting *place = place_of(0);
    struct gpio_event found;
    uint64_t badge = call->in.badge;
    status_t status =
        place == NULL ? STATUS_BUSY : gpio_watch(&gpio, badge, &wanted, is_waiting(badge));
    if (status != STATUS_OK) {
        return status;
    }
    if (!gpio_find(&gpio, &wanted, clock_read(), &found)) {
        handle_t reply = call_defer(call);
        if (reply == 0) {
            return STATUS_BUSY;
        }
        *place = (struct waiting){reply, badge, wanted};
        return STATUS_OK;
    }
    *number = found.line;
    *event = found.event;
    *time = found.time;
    *lost = found.lost ? 1 : 0;
    return STATUS_OK;
}

static const struct gpio_operations operations = {
    .line = line,
    .configure = configure,
    .get = get,
    .set = set,
    .wait = wait,
};

/* ---- what comes between calls --------------------------------------------------------------- */

static void answer_waits(void)
{
    for (int i = 0; i < WAITS; i++) {
        struct waiting *at = &waiting[i];
        struct gpio_event found;
        if (at->reply == 0 || !gpio_find(&gpio, &at->wanted, clock_read(), &found)) {
            continue;
        }
        status_ignore(gpio_wait_answer(at->reply, STATUS_OK, found.line, found.event, found.time,
                                       found.lost ? 1 : 0));
        server_reply_done(&server, at->reply);
        at->reply = 0;
    }
}

static void on_event(struct server *at, uint64_t bits)
{
    (void)at;
    gpio_collect(&gpio, clock_read());
    for (uint32_t i = 0; i < INTERRUPTS; i++) {
        if ((bits >> i & 1) != 0 && interrupts[i] != 0) {
            status_ignore(irq_acknowledge(interrupts[i]));
        }
    }
    answer_waits();
}

static void end_wait(struct server *at, struct waiting *place, status_t status)
{
    server_answer(at, place->reply, status);
    place->reply = 0;
}

/* Of a caller that was killed this is all that comes. */
static void on_closed(struct server *at, uint64_t badge)
{
    for (int i = 0; i < WAITS; i++) {
        if (waiting[i].reply != 0 && waiting[i].badge == badge) {
            end_wait(at, &waiting[i], STATUS_INTERRUPTED);
        }
    }
    gpio_forget(&gpio, badge);
}

static void on_cancel(struct server *at, handle_t reply)
{
    struct waiting *place = place_of(reply);
    if (place != NULL) {
        end_wait(at, place, STATUS_INTERRUPTED);
    }
}

static void on_stop(struct server *at)
{
    for (int i = 0; i < WAITS; i++) {
        if (waiting[i].reply != 0) {
            end_wait(at, &waiting[i], STATUS_NOT_READY);
        }
    }
}

/* ---- start ---------------------------------------------------------------------------------- */

/* Takes the interrupts that there are; bit N: there is interrupt N. */
static uint64_t find_interrupts(uint32_t most)
{
    uint64_t found = 0;
    for (uint32_t i = 0; i < most && i < INTERRUPTS; i++) {
        char name[sizeof("irq00")];
        format_text(name, sizeof(name), "irq%u", (unsigned)i);
        interrupts[i] = server_handle(&server, name);
        found |= interrupts[i] != 0 ? 1ull << i : 0;
    }
    return found;
}

/* Once the device raises no old interrupt any more. */
static status_t bind_interrupts(void)
{
    status_t status = STATUS_OK;
    for (uint32_t i = 0; i < INTERRUPTS && status == STATUS_OK; i++) {
        status =
            interrupts[i] == 0 ? STATUS_OK : irq_bind(interrupts[i], server.control, 1ull << i);
    }
    return status;
}

/* *step: what it is that failed. */
static status_t begin(const struct gpio_device *lines, const char **step)
{
    *step = "its interrupts";
    gpio_init(&gpio, lines, find_interrupts(lines->interrupt_each ? lines->lines : 1),
              clock_read());
    status_t status = bind_interrupts();
    if (status == STATUS_OK) {
        status = server_add(&server, gpio_protocol(&operations));
    }
    if (status == STATUS_OK) {
        *step = "its name";
        status = publish(&server, "gpio*", 0, FILE_KIND_CHARACTER);
    }
    return status == STATUS_OK ? server_ready(&server) : status;
}

int gpio_server_run(const struct start_info *info, gpio_start *start)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    status_t status = device_open(&device, &server);
    if (status != STATUS_OK) {
        return server_refuse(&server, "no registers: %s", status_text(status));
    }
    const struct gpio_device *lines = start(&device);
    if (lines == NULL) {
        return server_refuse(&server,
                             "its node describes registers that are too small, or lines of "
                             "an unknown form");
    }
    server.on_event = on_event;
    server.on_closed = on_closed;
    server.on_cancel = on_cancel;
    server.on_stop = on_stop;
    const char *step;
    status = begin(lines, &step);
    if (status != STATUS_OK) {
        return server_refuse(&server, "%s: %s", step, status_text(status));
    }
    int code = server_run(&server);
    lines->watch(0, 0);
    return code;
}
