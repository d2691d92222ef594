/* drivers/rtc/zynqmp-rtc with a clock that does what UG1087 says of its registers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock_server.h"

#include <host_io.h>

enum {
    SET_TIME_WRITE = 0x00,
    SET_TIME_READ = 0x04,
    CURRENT_TIME = 0x10,
    RTC_INT_STATUS = 0x20,
    CONTROL = 0x40,
    REGISTERS = 0x44
};

#define BATTERY 0x80000000u
#define CRYSTAL 0x01000000u

int zynqmp_rtc_main(const struct start_info *info);

static struct {
    uint32_t set, current, status, control;
    bool pending, fixed;
} rtc;
static const struct clock_device *clock_of_driver;

uint32_t mmio_read32(uintptr_t address)
{
    switch (address) {
    case SET_TIME_READ:
        return rtc.set;
    case CURRENT_TIME:
        return rtc.current;
    case RTC_INT_STATUS:
        return rtc.status;
    case CONTROL:
        return rtc.control;
    default:
        fail_msg("read of %#lx", (unsigned long)address);
        return 0;
    }
}

void mmio_write32(uintptr_t address, uint32_t value)
{
    switch (address) {
    case SET_TIME_WRITE:
        rtc.set = rtc.fixed ? rtc.set : value;
        rtc.pending = !rtc.fixed;
        break;
    case RTC_INT_STATUS:
        rtc.status &= ~value;
        break;
    case CONTROL:
        rtc.control = value;
        break;
    default:
        fail_msg("write of %#lx", (unsigned long)address);
    }
}

static void second(void)
{
    rtc.current = rtc.pending ? rtc.set : rtc.current + 1;
    rtc.pending = false;
    rtc.status |= 3;
}

int clock_server_run(const struct start_info *info, struct device *registers, uint64_t length,
                     const struct clock_device *clock)
{
    (void)info;
    assert_int_equal(length, REGISTERS);
    registers->registers = 0;
    clock_of_driver = clock;
    return 0;
}

static int start(void **state)
{
    (void)state;
    rtc = (__typeof__(rtc)){.current = 1000, .set = 1000, .status = 1, .control = CRYSTAL};
    return zynqmp_rtc_main(NULL);
}

static void test_tells(void **state)
{
    (void)state;
    assert_int_equal(clock_of_driver->read(), 1000 * CLOCK_SECOND);
    second();
    assert_int_equal(clock_of_driver->read(), 1001 * CLOCK_SECOND);
    rtc.current = UINT32_MAX;
    assert_int_equal(clock_of_driver->read(), UINT32_MAX * CLOCK_SECOND);
    rtc.current = 0;
    assert_int_equal(clock_of_driver->read(), 0);
}

/* It tells what was set at once, not the second that still runs. */
static void test_is_set(void **state)
{
    (void)state;
    assert_int_equal(clock_of_driver->write(5000 * CLOCK_SECOND + 1), STATUS_OK);
    assert_int_equal(rtc.control, BATTERY | CRYSTAL);
    assert_int_equal(rtc.current, 1000);
    assert_int_equal(clock_of_driver->read(), 5000 * CLOCK_SECOND);
    second();
    assert_int_equal(clock_of_driver->read(), 5001 * CLOCK_SECOND);
    second();
    assert_int_equal(clock_of_driver->read(), 5002 * CLOCK_SECOND);
    rtc.status = 0;
    assert_int_equal(clock_of_driver->read(), 5002 * CLOCK_SECOND);
}

static void test_cannot_be_set(void **state)
{
    (void)state;
    assert_int_equal(clock_of_driver->write((UINT32_MAX + 0ull) * CLOCK_SECOND),
                     STATUS_BAD_ARGUMENT);
    assert_false(rtc.pending);
    rtc.fixed = true;
    uint32_t control = rtc.control;
    assert_int_equal(clock_of_driver->write(5000 * CLOCK_SECOND), STATUS_UNSUPPORTED);
    assert_int_equal(rtc.control, control);
    assert_int_equal(clock_of_driver->read(), 1000 * CLOCK_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_tells, start),
        cmocka_unit_test_setup(test_is_set, start),
        cmocka_unit_test_setup(test_cannot_be_set, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
