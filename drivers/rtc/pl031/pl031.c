/*
 * Arm PrimeCell Real Time Clock (PL031, DDI 0224): seconds since 1970 in 32 bits, so until 2106,
 * and no finer. Its alarm is not used. Stateless.
 */
#include <sinter/object.h>

#include "clock_server.h"
#include "io.h"

int server_main(const struct start_info *info);

SERVER_META(name, "pl031");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Arm PL031 real-time clock");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "clock 1.0");
SERVER_META(device, "arm,pl031");
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_CLOCK);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 16);
SERVER_META(path, "rtc*");

enum pl031_register {
    RTCDR = 0x000, /* data */
    RTCLR = 0x008, /* load */
    RTCCR = 0x00c, /* control */
    REGISTERS_END = 0x010
};

enum { RTCCR_START = 0x1 }; /* stays on once written */

static struct device device;

static uint64_t pl031_read(void)
{
    return mmio_read32(device.registers + RTCDR) * CLOCK_SECOND;
}

static status_t pl031_write(uint64_t time)
{
    uint64_t seconds = time / CLOCK_SECOND;
    if (seconds > UINT32_MAX) {
        return STATUS_BAD_ARGUMENT;
    }
    mmio_write32(device.registers + RTCLR, (uint32_t)seconds);
    mmio_write32(device.registers + RTCCR, RTCCR_START);
    return STATUS_OK;
}

static const struct clock_device clock_device = {
    .read = pl031_read,
    .write = pl031_write,
};

int server_main(const struct start_info *info)
{
    return clock_server_run(info, &device, REGISTERS_END, &clock_device);
}
