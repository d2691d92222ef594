/* The server of clock_server.h. */
#include "clock_server.h"

#include <sinter/protocol/clock.h>
#include <sinter/protocol/file.h>

#include "publish.h"

static struct server server;
static const struct clock_device *device;
static handle_t machine;

static status_t get(struct call *call, uint64_t *time)
{
    (void)call;
    *time = device->read();
    return *time != 0 ? STATUS_OK : STATUS_NOT_READY;
}

static status_t set(struct call *call, uint64_t time)
{
    (void)call;
    if (time < clock_read()) {
        return STATUS_BAD_ARGUMENT;
    }
    status_t status = device->write(time);
    return status == STATUS_OK ? clock_set_wall(machine, time) : status;
}

static const struct clock_operations operations = {
    .get = get,
    .set = set,
};

static void tell_time_of_day(void)
{
    if (clock_read_wall() != 0) {
        return;
    }
    uint64_t time = device->read();
    status_t status = time != 0 ? clock_set_wall(machine, time) : STATUS_NOT_READY;
    if (status != STATUS_OK) {
        log_line("does not tell the time of day: %s; set it with date -s", status_text(status));
    }
}

static int serve(void)
{
    machine = server_handle(&server, "machine");
    if (machine == 0) {
        return server_refuse(&server, "no handle `machine`: let init.rc allow it the clock");
    }
    tell_time_of_day();
    status_t status = server_add(&server, clock_protocol(&operations));
    if (status == STATUS_OK) {
        status = publish(&server, "rtc*", 0, FILE_KIND_CHARACTER);
    }
    if (status == STATUS_OK) {
        status = server_ready(&server);
    }
    if (status != STATUS_OK) {
        return server_refuse(&server, "publishing its name: %s", status_text(status));
    }
    return server_run(&server);
}

int clock_server_run(const struct start_info *info, struct device *registers, uint64_t length,
                     const struct clock_device *clock)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    status_t status = device_open(registers, &server);
    if (status != STATUS_OK) {
        return server_refuse(&server, "no registers: %s", status_text(status));
    }
    if (registers->length < length) {
        return server_refuse(&server, "%u bytes of registers; the device has %u",
                             (unsigned)registers->length, (unsigned)length);
    }
    device = clock;
    return serve();
}
