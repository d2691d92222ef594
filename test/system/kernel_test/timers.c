/* Timers and the clock. */
#include "test.h"

static void test_clock(void)
{
    uint64_t last = clock_read();
    uint64_t uptime = 0;
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t now = clock_read();
        REQUIRE(now >= last);
        last = now;
    }
    EXPECT_OK(system_info(NULL, NULL, NULL, NULL, &uptime));
    EXPECT(uptime >= last && uptime < clock_read() + MILLISECOND);
}

static void test_errors(void)
{
    handle_t event = new_event();
    handle_t timer = 0;
    EXPECT_OK(timer_make(environment.account, event, 1, &timer));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, timer_make(environment.account, event, 0, NULL));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, timer_set(timer, clock_read(), 9999));
    EXPECT_HANDLE_ERRORS(timer_make(handle, event, 1, NULL), event,
                         with_rights(environment.account, RIGHT_ALL & ~RIGHT_ACCOUNT_CHARGE));
    EXPECT_HANDLE_ERRORS(timer_make(environment.account, handle, 1, NULL), timer,
                         with_rights(event, RIGHT_ALL & ~RIGHT_EVENT_SIGNAL));
    EXPECT_HANDLE_ERRORS(timer_set(handle, 0, 0), event,
                         with_rights(timer, RIGHT_ALL & ~RIGHT_TIMER_SET));
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(event, 1, 0, NULL));
    close_handle(timer);
    close_handle(event);
}

static void test_one_shot(void)
{
    handle_t event = new_event();
    handle_t timer = 0;
    EXPECT_OK(timer_make(environment.account, event, 4, &timer));
    uint64_t due = clock_read() + 10 * MILLISECOND;
    EXPECT_OK(timer_set(timer, due, 0));
    status_t early = event_wait(event, 4, 0, NULL);
    EXPECT(early == STATUS_TIMED_OUT || clock_read() >= due);
    EXPECT(early == STATUS_OK || event_wait(event, 4, due + PATIENCE, NULL) == STATUS_OK);
    EXPECT(clock_read() >= due);
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(event, 4, clock_read() + 5 * MILLISECOND, NULL));
    EXPECT_OK(timer_set(timer, 1, 0)); /* long over: at once */
    EXPECT_OK(event_wait(event, 4, clock_read() + PATIENCE, NULL));
    close_handle(timer);
    close_handle(event);
}

static void test_disarm(void)
{
    handle_t event = new_event();
    handle_t timer = 0;
    EXPECT_OK(timer_make(environment.account, event, 1, &timer));
    uint64_t due = clock_read() + 100 * MILLISECOND;
    EXPECT_OK(timer_set(timer, due, 0));
    EXPECT_OK(timer_set(timer, 0, 0));
    bool in_time = clock_read() < due; /* the host may have let this wait */
    status_t status = event_wait(event, 1, due + 3 * MILLISECOND, NULL);
    EXPECT(status == STATUS_TIMED_OUT || !in_time);
    uint64_t later = clock_read() + 60 * SECOND;
    EXPECT_OK(timer_set(timer, later, 0));
    EXPECT_OK(timer_set(timer, clock_read() + MILLISECOND, 0)); /* the later call counts */
    EXPECT_OK(event_wait(event, 1, later - SECOND, NULL));
    close_handle(timer);
    close_handle(event);
}

static void test_periodic(void)
{
    handle_t event = new_event();
    handle_t timer = 0;
    uint64_t start = clock_read();
    EXPECT_OK(timer_make(environment.account, event, 1, &timer));
    EXPECT_OK(timer_set(timer, start + 2 * MILLISECOND, 2 * MILLISECOND));
    for (unsigned i = 1; i <= 10; i++) {
        EXPECT_OK(event_wait(event, 1, clock_read() + PATIENCE, NULL));
        EXPECT(clock_read() >= start + 2 * i * MILLISECOND);
    }
    EXPECT_OK(timer_set(timer, 0, 0));
    status_ignore(event_wait(event, 1, 0, NULL));
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(event, 1, clock_read() + 6 * MILLISECOND, NULL));
    close_handle(timer);
    close_handle(event);
}

/* A timer ends with its last handle, armed or not. */
static void test_closed(void)
{
    handle_t event = new_event();
    handle_t timer = 0;
    EXPECT_OK(timer_make(environment.account, event, 1, &timer));
    uint64_t due = clock_read() + 100 * MILLISECOND;
    EXPECT_OK(timer_set(timer, due, MILLISECOND));
    close_handle(timer);
    bool in_time = clock_read() < due; /* the host may have let this wait */
    status_t status = event_wait(event, 1, due + 3 * MILLISECOND, NULL);
    EXPECT(status == STATUS_TIMED_OUT || !in_time);
    close_handle(event);
}

static void test_event_closed(void)
{
    handle_t event = new_event();
    handle_t timer = 0;
    EXPECT_OK(timer_make(environment.account, event, 1, &timer));
    close_handle(event);
    EXPECT_OK(timer_set(timer, clock_read() + MILLISECOND, MILLISECOND));
    sleep_for(5 * MILLISECOND);
    close_handle(timer);
}

static void test_many(void)
{
    enum { TIMERS = 40 };
    handle_t timers[TIMERS];
    handle_t event = new_event();
    uint64_t seen = 0;
    uint64_t start = clock_read();
    for (unsigned i = 0; i < TIMERS; i++) { /* in an order that is not theirs */
        unsigned place = i * 17 % TIMERS;
        EXPECT_OK(timer_make(environment.account, event, UINT64_C(1) << place, &timers[i]));
        EXPECT_OK(timer_set(timers[i], start + MILLISECOND + place * 50 * MICROSECOND, 0));
    }
    while (seen != (UINT64_C(1) << TIMERS) - 1) {
        uint64_t bits = 0;
        status_t status = event_wait(event, ~UINT64_C(0), clock_read() + PATIENCE, &bits);
        if (status != STATUS_OK) {
            EXPECT_OK(status);
            break;
        }
        seen |= bits;
    }
    for (unsigned i = 0; i < TIMERS; i++) {
        close_handle(timers[i]);
    }
    close_handle(event);
}

const struct test timer_tests[] = {
    {"clock", test_clock},
    {"timer_errors", test_errors},
    {"timer_one_shot", test_one_shot},
    {"timer_disarm", test_disarm},
    {"timer_periodic", test_periodic},
    {"timer_closed", test_closed},
    {"timer_event_closed", test_event_closed},
    {"timer_many", test_many},
    {NULL, NULL},
};
