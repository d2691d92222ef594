/*
 * Power by the SiFive test finisher: one register, in whose lower half a command is written and in
 * whose upper half a code (SiFive E31 Coreplex manual; QEMU hw/misc/sifive_test.c). Device trees
 * refer to it from `syscon-poweroff` and `syscon-reboot`; a bare `syscon` says nothing about its
 * registers and is therefore not matched. Stateless.
 */
#include <sinter/object.h>

#include "device.h"
#include "io.h"
#include "power_server.h"

int server_main(const struct start_info *info);

SERVER_META(name, "syscon");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Switches the machine off by the SiFive test finisher");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "power 1.0");
SERVER_META(device, "sifive,test1");
SERVER_META(device, "sifive,test0");
SERVER_META(resources, RESOURCE_REGISTERS);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 16);
SERVER_META(path, "power");

enum finisher {
    FINISH_FAIL = 0x3333, /* with the code above CODE_SHIFT */
    FINISH_PASS = 0x5555,
    FINISH_RESET = 0x7777,
    CODE_SHIFT = 16,
    CODE_MASK = 0xffff
};

enum {
    REGISTER_BYTES = 4,
    SETTLE_TIME = 100000000 /* ns that the machine has to go away in */
};

static struct server server;
static struct device device;

/* Comes back only if the machine did not do it. */
static status_t finish(uint32_t command)
{
    uint64_t deadline = clock_read() + SETTLE_TIME;
    mmio_write32(device.registers, command);
    while (clock_read() < deadline) {
        status_ignore(thread_yield());
    }
    return STATUS_UNSUPPORTED;
}

static status_t syscon_off(struct call *call, uint32_t code)
{
    (void)call;
    power_prepare(&server, RESET_POWEROFF);
    return finish(code == 0 ? (uint32_t)FINISH_PASS
                            : (code & CODE_MASK) << CODE_SHIFT | (uint32_t)FINISH_FAIL);
}

/* The first version of the finisher has no reset. */
static status_t syscon_reboot(struct call *call)
{
    (void)call;
    bool first_only = !node_is_compatible(&device.node, "sifive,test1") &&
                      node_is_compatible(&device.node, "sifive,test0");
    if (first_only) {
        return STATUS_UNSUPPORTED;
    }
    power_prepare(&server, RESET_REBOOT);
    return finish(FINISH_RESET);
}

static const struct power_operations operations = {
    .off = syscon_off,
    .reboot = syscon_reboot,
};

int server_main(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    status_t status = device_open(&device, &server);
    if (status != STATUS_OK || device.length < REGISTER_BYTES) {
        return server_refuse(&server, "no register to write to: %s", status_text(status));
    }
    return power_server_run(&server, &operations);
}
