/*
 * The real-time clock of Zynq UltraScale+ and Versal (AMD UG1087, module RTC): seconds since 1970
 * in 32 bits. What is set counts from the next whole second on; until then it stands in
 * SET_TIME_READ. QEMU does not model the setting, which shows there and is refused. Alarms are not
 * used. Stateless.
 */
#include <sinter/object.h>

#include "clock_server.h"
#include "io.h"

int server_main(const struct start_info *info);

SERVER_META(name, "zynqmp-rtc");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Real-time clock of Zynq UltraScale+ and Versal");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "clock 1.0");
SERVER_META(device, "xlnx,zynqmp-rtc");
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_CLOCK);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 16);
SERVER_META(path, "rtc*");

enum zynqmp_rtc_register {
    SET_TIME_WRITE = 0x00,
    SET_TIME_READ = 0x04,
    CURRENT_TIME = 0x10,
    RTC_INT_STATUS = 0x20, /* a bit written as 1 is cleared */
    CONTROL = 0x40,
    REGISTERS_END = 0x44
};

#define INT_SECONDS        0x1u        /* a second has begun since it was cleared */
#define CONTROL_BATTERY_EN 0x80000000u /* goes on without the supply */

static struct device device;
static bool setting; /* the second at which what was set counts has not been seen to begin */

static uint32_t read_register(enum zynqmp_rtc_register number)
{
    return mmio_read32(device.registers + number);
}

static void write_register(enum zynqmp_rtc_register number, uint32_t value)
{
    mmio_write32(device.registers + number, value);
}

static uint64_t zynqmp_rtc_read(void)
{
    setting = setting && (read_register(RTC_INT_STATUS) & INT_SECONDS) == 0;
    uint32_t time = setting ? read_register(SET_TIME_READ) - 1 : read_register(CURRENT_TIME);
    return time * CLOCK_SECOND;
}

static status_t zynqmp_rtc_write(uint64_t time)
{
    uint64_t seconds = time / CLOCK_SECOND + 1;
    if (seconds > UINT32_MAX) {
        return STATUS_BAD_ARGUMENT;
    }
    write_register(SET_TIME_WRITE, (uint32_t)seconds);
    if (read_register(SET_TIME_READ) != (uint32_t)seconds) {
        return STATUS_UNSUPPORTED;
    }
    write_register(CONTROL, read_register(CONTROL) | CONTROL_BATTERY_EN);
    write_register(RTC_INT_STATUS, INT_SECONDS);
    setting = true;
    return STATUS_OK;
}

static const struct clock_device clock_device = {
    .read = zynqmp_rtc_read,
    .write = zynqmp_rtc_write,
};

int server_main(const struct start_info *info)
{
    return clock_server_run(info, &device, REGISTERS_END, &clock_device);
}
