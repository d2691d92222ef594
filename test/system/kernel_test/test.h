/*
 * The frame of the kernel's tests. A test is a function; the checks below note what is wrong and
 * where. Each test runs with an account of its own, environment.account: when it is over the
 * account must hold nothing and this task must have as many handles as before.
 */
#ifndef TEST_H
#define TEST_H

#include "environment.h"
#include "worker.h"

/* The watchdog's: seldom, for its timer may help a thread to its turn. */
#define WATCH_PERIOD (10 * SECOND)

struct test {
    const char *name;
    void (*run)(void);
};

/* Notes a failure; for any thread of any task in this space. */
void test_failed(const char *file, int line, const char *what);
void test_failed_status(const char *file, int line, const char *what, status_t expected,
                        status_t got);

/* Go on after a failure. */
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            test_failed(__FILE__, __LINE__, #condition);                                           \
        }                                                                                          \
    } while (0)
#define EXPECT_STATUS(expected, call)                                                              \
    do {                                                                                           \
        status_t got_ = (call);                                                                    \
        if (got_ != (expected)) {                                                                  \
            test_failed_status(__FILE__, __LINE__, #call, (expected), got_);                       \
        }                                                                                          \
    } while (0)
#define EXPECT_OK(call) EXPECT_STATUS(STATUS_OK, call)

/* End the test, or the helper that returns nothing, after a failure. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            test_failed(__FILE__, __LINE__, #condition);                                           \
            return;                                                                                \
        }                                                                                          \
    } while (0)
#define REQUIRE_OK(call)                                                                           \
    do {                                                                                           \
        status_t got_ = (call);                                                                    \
        if (got_ != STATUS_OK) {                                                                   \
            test_failed_status(__FILE__, __LINE__, #call, STATUS_OK, got_);                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/* Waits for something that another thread or the kernel's clean-up brings about. */
#define EVENTUALLY(condition)                                                                      \
    do {                                                                                           \
        uint64_t end_ = clock_read() + PATIENCE;                                                   \
        while (!(condition) && clock_read() < end_) {                                              \
            sleep_for(100 * MICROSECOND);                                                          \
        }                                                                                          \
        EXPECT(condition);                                                                         \
    } while (0)

/* A handle of this task that was closed: a stale one. */
handle_t stale_handle(void);
/* A copy with these rights only, 0 if there is none. */
handle_t with_rights(handle_t handle, uint32_t rights);
handle_t new_event(void);
handle_t new_memory(uint64_t pages);
/* An address around which nothing is mapped, and nothing will be where a test does not choose. */
uint64_t hole(void);

/* A port with an endpoint (badge 7, KEEP) and a reply object. */
struct service {
    handle_t port;
    handle_t endpoint;
    handle_t reply;
};
#define SERVICE_BADGE 7
bool service_open(struct service *service);
void service_close(struct service *service);

/* A thread that sends a handle with one call and takes the answer. */
struct sender {
    struct worker worker;
    handle_t endpoint, handle;
    status_t status;
};
void sender_start(struct sender *sender, handle_t endpoint, handle_t handle);

/* Uses up this task's table of handles. */
void handles_fill(void);
void handles_free(void);

/* The trap instruction in a stub of libsys that has no more to do after it; 0: none. */
uint64_t stub_trap(void);

uint64_t cpu_count(void);

/* Threads that make no call and take a CPU each. */
#define CPUS_MOST 8
struct hogs {
    struct worker workers[CPUS_MOST];
    uint64_t count;
    volatile uint32_t stop;
};
void hogs_start(struct hogs *hogs, uint64_t count, uint32_t priority);
void hogs_end(struct hogs *hogs);

/* What each handle argument of a call must answer, besides the errors of the call: `call` uses
 * the variable `handle`. `other` is a handle of another type; `weak` one of the right type that
 * lacks `the right`, or 0 where none is needed. */
#define EXPECT_HANDLE_ERRORS(call, other, weak)                                                    \
    do {                                                                                           \
        handle_t handle = UINT64_C(0x7fffffff00000001);                                            \
        EXPECT_STATUS(STATUS_BAD_HANDLE, call);                                                    \
        handle = UINT64_C(0x1fffffff0);                                                            \
        EXPECT_STATUS(STATUS_BAD_HANDLE, call);                                                    \
        handle = stale_handle();                                                                   \
        EXPECT_STATUS(STATUS_GONE, call);                                                          \
        handle = (other);                                                                          \
        EXPECT_STATUS(STATUS_WRONG_TYPE, call);                                                    \
        handle = (weak);                                                                           \
        if (handle != 0) {                                                                         \
            EXPECT_STATUS(STATUS_NO_RIGHT, call);                                                  \
            close_handle(handle);                                                                  \
        }                                                                                          \
    } while (0)

/* The groups, one a file, each ended by a null name. */
extern const struct test handle_tests[], account_tests[], memory_tests[], paged_tests[],
    space_tests[], code_tests[], event_tests[], timer_tests[], call_tests[], transfer_tests[],
    lease_tests[], cancel_tests[], closing_tests[], task_tests[], user_tests[], fault_tests[],
    stop_tests[], register_tests[], schedule_tests[], machine_tests[], thread_tests[],
    floating_tests[], budget_tests[], interrupt_tests[], pin_tests[], lease_pin_tests[],
    other_space_tests[], log_tests[], quarantine_tests[], trace_tests[], stress_call_tests[],
    stress_memory_tests[], stress_event_tests[], race_tests[], host_tests[], guest_tests[],
    guest_register_tests[], guest_fault_tests[], guest_random_tests[], guest_step_tests[],
    guest_life_tests[], guest_paged_tests[], guest_no_call_tests[], guest_snapshot_tests[],
    guest_word_tests[], guest_storm_tests[], storm_tests[];

/* Runs the tests of guests, in a child: how many passed. */
uint64_t tests_run_hosted(handle_t account, uint64_t *failures);
uint64_t tests_run_storm(handle_t account, uint64_t *failures);
/* Of a test that takes longer than others may: it does not hang. */
void test_goes_on(void);

#endif
