/*
 * The real-time clock of the Goldfish platform: nanoseconds since 1970 in two registers (Linux's
 * drivers/rtc/rtc-goldfish.c names them; QEMU hw/rtc/goldfish_rtc.c). The lower half is read first,
 * which latches the upper one, and written last. Alarms are not used. Stateless.
 */
#include <sinter/object.h>

#include "clock_server.h"
#include "io.h"

int server_main(const struct start_info *info);

SERVER_META(name, "goldfish");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Real-time clock of the Goldfish platform");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "clock 1.0");
SERVER_META(device, "google,goldfish-rtc");
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_CLOCK);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 16);
SERVER_META(path, "rtc*");

enum goldfish_register { TIMER_TIME_LOW = 0x00, TIMER_TIME_HIGH = 0x04, REGISTERS_END = 0x08 };

static struct device device;

static uint64_t goldfish_read(void)
{
    uint32_t low = mmio_read32(device.registers + TIMER_TIME_LOW);
    return (uint64_t)mmio_read32(device.registers + TIMER_TIME_HIGH) << 32 | low;
}

static status_t goldfish_write(uint64_t time)
{
    mmio_write32(device.registers + TIMER_TIME_HIGH, (uint32_t)(time >> 32));
    mmio_write32(device.registers + TIMER_TIME_LOW, (uint32_t)time);
    return STATUS_OK;
}

static const struct clock_device clock_device = {
    .read = goldfish_read,
    .write = goldfish_write,
};

int server_main(const struct start_info *info)
{
    return clock_server_run(info, &device, REGISTERS_END, &clock_device);
}
