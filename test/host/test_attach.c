/*
 * Which service drives which device (servers/init/attach.c), with tables of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "attach.h"
#include "dev.h"
#include "text.h"

enum { DISKS = 2 };

struct service services[INIT_SERVICES];
struct device_table device_table;

static struct object_note disk_note;
static struct boot_file disk_driver = {.name = "disk.o", .note = &disk_note};
static struct script_options options;
static uint64_t started;
static uint32_t starts, awaited;

void device_scan(void)
{
}

struct service *service_find(const char *name)
{
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        if (services[i].used && strcmp(services[i].name, name) == 0) {
            return &services[i];
        }
    }
    return NULL;
}

struct service *service_declare(const char *name)
{
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        if (!services[i].used) {
            services[i].used = true;
            text_copy(services[i].name, SCRIPT_NAME, name);
            return &services[i];
        }
    }
    return NULL;
}

uint32_t service_slot(const struct service *service)
{
    return (uint32_t)(service - services);
}

static bool may_lack_device;

void service_start(struct service *service)
{
    assert_true(may_lack_device || service->device != NULL);
    starts++;
}

void service_start_instead(struct service *service, uint64_t failed)
{
    service->instead_of = failed;
    service_start(service);
}

void service_await(struct service *service)
{
    assert_non_null(service->device);
    awaited++;
}

static const struct service *handed_from;
static struct service *handed_to;

void dev_hand_over(const struct service *from, struct service *to)
{
    handed_from = from;
    handed_to = to;
}

static struct boot_file clock_driver;

struct boot_file *catalog_object(const char *word)
{
    return strcmp(word, "disk") == 0 ? &disk_driver : &clock_driver;
}

void log_line(const char *format, ...)
{
    fail_msg("the log was told: %s", format);
}

/* `count` disks, and a service `disk` for their driver that has none and is in this state. */
static void begin(uint32_t count, enum service_state state)
{
    memset(services, 0, sizeof(services));
    memset(&device_table, 0, sizeof(device_table));
    started = 0;
    starts = 0;
    awaited = 0;
    memset(&options, 0, sizeof(options));
    disk_note.device_count = 1;
    device_table.count = count;
    for (uint32_t i = 0; i < count; i++) {
        device_table.devices[i].object = &disk_driver;
    }
    services[0] = (struct service){.used = true, .object = &disk_driver, .state = state};
    text_copy(services[0].name, SCRIPT_NAME, "disk");
}

static void drivers_that_do_not_run_get_a_device(void **state)
{
    static const enum service_state idle[] = {SERVICE_STOPPED, SERVICE_FAILED, SERVICE_RESTARTING,
                                              SERVICE_IDLE};
    (void)state;
    for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
        begin(1, idle[i]);
        assert_true(attach_can_begin());
        attach_devices(&options, &started);
        assert_ptr_equal(services[0].device, &device_table.devices[0]);
        assert_int_equal(started, 1);
        assert_false(services[1].used);
    }
}

/* It is on the worker, which reads its device, or about to say that it has none. */
static void one_on_its_way_up_is_waited_for(void **state)
{
    (void)state;
    begin(1, SERVICE_LOADING);
    assert_false(attach_can_begin());
    services[0].state = SERVICE_STARTING;
    assert_false(attach_can_begin());
    services[0].device = &device_table.devices[0];
    assert_true(attach_can_begin()); /* it has what it needs */
    services[0].device = NULL;
    disk_note.device_count = 0;
    assert_true(attach_can_begin()); /* it drives nothing */
}

static void one_that_runs_without_a_device_stays_so(void **state)
{
    (void)state;
    begin(1, SERVICE_RUNNING);
    assert_true(attach_can_begin());
    attach_devices(&options, &started);
    assert_null(services[0].device);
    assert_string_equal(services[1].name, "disk1");
    assert_ptr_equal(services[1].device, &device_table.devices[0]);
    assert_int_equal(started, 2);
}

static void on_demand_they_wait(void **state)
{
    (void)state;
    begin(DISKS, SERVICE_IDLE);
    options.given = SCRIPT_HAS_DEMAND;
    options.demand = 1;
    services[0].options = options;
    attach_devices(&options, &started);
    assert_int_equal(awaited, 2);
    assert_int_equal(starts, 0);
    assert_int_equal(started, 3);
}

static void one_that_is_disabled_keeps_its_device(void **state)
{
    (void)state;
    begin(1, SERVICE_STOPPED);
    services[0].disabled = true;
    attach_devices(&options, &started);
    assert_ptr_equal(services[0].device, &device_table.devices[0]);
    assert_true(device_table.devices[0].claimed);
    assert_int_equal(starts + awaited, 0);
    assert_int_equal(started, 0);
}

static void further_devices_get_further_services(void **state)
{
    (void)state;
    begin(DISKS, SERVICE_STOPPED);
    attach_devices(&options, &started);
    assert_ptr_equal(services[0].device, &device_table.devices[0]);
    assert_ptr_equal(services[1].device, &device_table.devices[1]);
    assert_string_equal(services[1].name, "disk1");
    assert_int_equal(starts, DISKS);
    attach_devices(&options, &started); /* again: all have theirs */
    assert_int_equal(starts, DISKS);
}

static void devices_of_one_object(void **state)
{
    (void)state;
    begin(DISKS, SERVICE_STOPPED);
    device_table.devices[0].object = &clock_driver;
    options.given = SCRIPT_HAS_OBJECT;
    text_copy(options.object, SCRIPT_PATH, "disk");
    attach_devices(&options, &started);
    assert_false(device_table.devices[0].claimed);
    assert_ptr_equal(services[0].device, &device_table.devices[1]);
    assert_int_equal(starts, DISKS - 1);
}

/* A disk's driver has failed; another one, in this state, is to be started. */
static void replace_failed(struct object_note *note, enum service_state state)
{
    static struct boot_file other_driver = {.name = "other.o"};
    begin(1, SERVICE_FAILED);
    other_driver.note = note;
    services[0].device = &device_table.devices[0];
    services[1] = (struct service){.used = true, .object = &other_driver, .state = state};
    handed_from = NULL;
    handed_to = NULL;
    attach_instead(&services[0], &services[1]);
    assert_int_equal(starts, 1);
}

static void another_driver_takes_over(void **state)
{
    struct object_note note = {.device_count = 2, .devices = {"acme,disk", "virtio,mmio:2"}};
    (void)state;
    text_copy(disk_note.devices[0], CATALOG_DEVICE_TEXT, "virtio,mmio:2");
    replace_failed(&note, SERVICE_STOPPED);
    assert_ptr_equal(services[1].device, &device_table.devices[0]);
    assert_null(services[0].device);
    assert_ptr_equal(handed_from, &services[0]);
    assert_ptr_equal(handed_to, &services[1]);
}

static void what_cannot_drive_it_does_not(void **state)
{
    static const enum service_state up[] = {SERVICE_LOADING, SERVICE_STARTING, SERVICE_RUNNING};
    struct object_note note = {.device_count = 1, .devices = {"virtio,mmio:1"}};
    (void)state;
    text_copy(disk_note.devices[0], CATALOG_DEVICE_TEXT, "virtio,mmio:2");
    may_lack_device = true;
    replace_failed(&note, SERVICE_STOPPED);
    assert_ptr_equal(services[0].device, &device_table.devices[0]);
    assert_null(handed_to);
    text_copy(note.devices[0], CATALOG_DEVICE_TEXT, "virtio,mmio:2");
    for (size_t i = 0; i < sizeof(up) / sizeof(up[0]);
         i++) { /* it has been told that it has none */
        replace_failed(&note, up[i]);
        assert_null(services[1].device);
    }
    may_lack_device = false;
}

static void a_device_is_taken_back(void **state)
{
    static const enum service_state down[] = {SERVICE_STOPPED, SERVICE_FAILED, SERVICE_IDLE};
    static const enum service_state busy[] = {SERVICE_LOADING, SERVICE_STARTING, SERVICE_RUNNING,
                                              SERVICE_STOPPING, SERVICE_RESTARTING};
    struct object_note note = {.device_count = 1, .devices = {"virtio,mmio:2"}};
    const struct service *driver = NULL;
    (void)state;
    text_copy(disk_note.devices[0], CATALOG_DEVICE_TEXT, "virtio,mmio:2");
    for (size_t i = 0; i < sizeof(down) / sizeof(down[0]); i++) {
        replace_failed(&note, SERVICE_STOPPED);
        for (size_t j = 0; j < sizeof(busy) / sizeof(busy[0]); j++) {
            services[1].state = busy[j];
            assert_false(attach_take_back(&services[0], &driver));
            assert_ptr_equal(driver, &services[1]);
            assert_null(services[0].device);
        }
        services[1].state = down[i];
        assert_true(attach_take_back(&services[0], &driver));
        assert_ptr_equal(services[0].device, &device_table.devices[0]);
        assert_null(services[1].device);
        assert_true(attach_take_back(&services[0], &driver)); /* it has it */
        services[0].state = SERVICE_RUNNING;
        assert_false(attach_take_back(&services[1], &driver)); /* and the other had it too */
        assert_ptr_equal(driver, &services[0]);
        services[0].state = SERVICE_STOPPED;
        assert_true(attach_take_back(&services[1], &driver));
        assert_ptr_equal(services[1].device, &device_table.devices[0]);
    }
}

static void a_device_is_not_taken_for_another_object(void **state)
{
    struct object_note note = {.device_count = 1, .devices = {"virtio,mmio:2"}};
    static struct object_note other_note = {.device_count = 1, .devices = {"virtio,mmio:1"}};
    static struct boot_file other = {.name = "other.o", .note = &other_note};
    const struct service *driver = NULL;
    (void)state;
    text_copy(disk_note.devices[0], CATALOG_DEVICE_TEXT, "virtio,mmio:2");
    replace_failed(&note, SERVICE_STOPPED);
    services[0].object = &other;
    services[1].state = SERVICE_STOPPED;
    assert_true(attach_take_back(&services[0], &driver));
    assert_null(services[0].device);
    assert_ptr_equal(services[1].device, &device_table.devices[0]);
    services[1].state = SERVICE_RUNNING;
    assert_true(attach_take_back(&services[0], &driver));
}

static void each_is_started_once_in_a_circle(void **state)
{
    enum { COUNT = 3 };
    (void)state;
    begin(0, SERVICE_FAILED);
    disk_note.device_count = 0;
    may_lack_device = true;
    for (uint32_t i = 1; i < COUNT; i++) {
        services[i] = services[0];
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_true(attach_goes_in_circle(&services[i], &services[i]));
        assert_int_equal(attach_goes_in_circle(&services[i], &services[(i + 1) % COUNT]),
                         i == COUNT - 1);
        if (i < COUNT - 1) {
            attach_instead(&services[i], &services[i + 1]);
        }
    }
    services[COUNT - 1].instead_of = 0; /* it has run for a while */
    assert_false(attach_goes_in_circle(&services[COUNT - 1], &services[0]));
    may_lack_device = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drivers_that_do_not_run_get_a_device),
        cmocka_unit_test(one_on_its_way_up_is_waited_for),
        cmocka_unit_test(one_that_runs_without_a_device_stays_so),
        cmocka_unit_test(on_demand_they_wait),
        cmocka_unit_test(another_driver_takes_over),
        cmocka_unit_test(what_cannot_drive_it_does_not),
        cmocka_unit_test(a_device_is_taken_back),
        cmocka_unit_test(a_device_is_not_taken_for_another_object),
        cmocka_unit_test(each_is_started_once_in_a_circle),
        cmocka_unit_test(one_that_is_disabled_keeps_its_device),
        cmocka_unit_test(further_devices_get_further_services),
        cmocka_unit_test(devices_of_one_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
