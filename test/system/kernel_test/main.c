/*
 * kernel_test: the kernel's interface, call by call and error by error. Boot it in the place of
 * init. Prints one line for each test, then the totals, and switches the machine off.
 *
 * A watchdog of a higher priority ends the run when a test hangs.
 */
#include "child.h"
#include "test.h"

#define TEST_LIMIT   (2 * PATIENCE)
#define FAILURES_MAX 6
#define FAILURE_TEXT 200

SERVER_META(name, "init");
SERVER_META(version, "1.0");
SERVER_META(author, "The Sinter authors");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Tests of the kernel's interface, in the place of init");
SERVER_META(kind, SERVICE);
SERVER_META(restart, NEVER);

static const struct test *const groups[] = {
    handle_tests,    account_tests,       memory_tests,       space_tests,       code_tests,
    event_tests,     timer_tests,         call_tests,         transfer_tests,    lease_tests,
    paged_tests,     cancel_tests,        closing_tests,      task_tests,        user_tests,
    fault_tests,     stop_tests,          thread_tests,       register_tests,    floating_tests,
    schedule_tests,  budget_tests,        machine_tests,      interrupt_tests,   pin_tests,
    lease_pin_tests, other_space_tests,   host_tests,         log_tests,         quarantine_tests,
    trace_tests,     stress_memory_tests, stress_event_tests, stress_call_tests, race_tests,
};

/* In a child whose space can host guests. */
static const struct test *const hosted_groups[] = {
    guest_tests,         guest_life_tests,  guest_register_tests, guest_fault_tests,
    guest_no_call_tests, guest_paged_tests, guest_snapshot_tests, guest_step_tests,
    guest_random_tests,  guest_word_tests};

/* Besides, before all others, if the boot set has this file. */
#define STORM "boot/storm"

static struct {
    const char *volatile name; /* of the running test; null between tests */
    volatile uint64_t began;
    uint32_t lock;
    uint32_t failures;
    char text[FAILURES_MAX][FAILURE_TEXT];
} current;

static unsigned passed, failed;

static void lock(void)
{
    while (__atomic_exchange_n(&current.lock, 1, __ATOMIC_ACQUIRE) != 0) {
        status_ignore(thread_yield());
    }
}

static void unlock(void)
{
    __atomic_store_n(&current.lock, 0, __ATOMIC_RELEASE);
}

/* Builds put folders before the name. */
static const char *file_name(const char *path)
{
    const char *name = path;
    for (; *path != '\0'; path++) {
        name = *path == '/' ? path + 1 : name;
    }
    return name;
}

void test_failed(const char *file, int line, const char *what)
{
    lock();
    if (current.failures < FAILURES_MAX) {
        format_text(current.text[current.failures], FAILURE_TEXT, "%s:%d: %s", file_name(file),
                    line, what);
    }
    current.failures++;
    unlock();
}

void test_failed_status(const char *file, int line, const char *what, status_t expected,
                        status_t got)
{
    char text[FAILURE_TEXT];
    format_text(text, sizeof(text), "%.120s: status %d, not %d", what, got, expected);
    test_failed(file, line, text);
}

static void report(const char *name)
{
    uint32_t shown = current.failures < FAILURES_MAX ? current.failures : FAILURES_MAX;
    for (uint32_t i = 0; i < shown; i++) {
        log_line("FAILED %s: %s", name, current.text[i]);
    }
    if (current.failures > shown) {
        log_line("FAILED %s: and %u more", name, current.failures - shown);
    }
}

static uint64_t open_handles(void)
{
    uint64_t handles = 0;
    status_ignore(task_info(environment.task, NULL, NULL, NULL, NULL, &handles, NULL));
    return handles;
}

/* What a test made must be gone soon after it: the kernel destroys in steps. */
static void check_given_back(handle_t account)
{
    uint64_t pages = 0;
    uint64_t bytes = 0;
    uint64_t end = clock_read() + PATIENCE;
    char text[FAILURE_TEXT];
    do {
        sleep_for(50 * MICROSECOND);
        status_ignore(account_info(account, &pages, NULL, &bytes, NULL, NULL));
    } while ((pages != 0 || bytes != 0) && clock_read() < end);
    if (pages != 0 || bytes != 0) {
        format_text(text, sizeof(text), "not given back: %lu pages, %lu kernel bytes", pages,
                    bytes);
        test_failed(__FILE__, __LINE__, text);
    }
}

static void run(const struct test *test)
{
    char text[FAILURE_TEXT];
    uint64_t before = open_handles();
    current.failures = 0;
    current.began = clock_read();
    current.name = test->name;
    if (account_create(environment.root, &environment.account) != STATUS_OK) {
        test_failed(__FILE__, __LINE__, "no account for the test");
    } else {
        test->run();
        handle_t account = environment.account;
        environment.account = environment.own;
        if (current.failures == 0) {
            check_given_back(account);
        }
        close_handle(account);
    }
    if (current.failures == 0 && open_handles() != before) {
        format_text(text, sizeof(text), "%ld handles left open", (long)(open_handles() - before));
        test_failed(__FILE__, __LINE__, text);
    }
    current.name = NULL;
    report(test->name);
    if (current.failures == 0) {
        log_line("ok %s", test->name);
        passed++;
    } else {
        failed++;
    }
}

static void run_group(const struct test *group)
{
    for (const struct test *test = group; test->name != NULL; test++) {
        run(test);
    }
}

static void finish(void)
{
    log_line("kernel_test: %u ok, %u failed", passed, failed);
    status_ignore(system_reset(environment.machine, RESET_POWEROFF));
}

static void watch(void *argument)
{
    (void)argument;
    for (;;) {
        sleep_for(WATCH_PERIOD);
        const char *name = current.name;
        uint64_t began = current.began; /* before the clock: another test may begin meanwhile */
        if (name != NULL && clock_read() - began > TEST_LIMIT) {
            report(name);
            log_line("FAILED %s: it hangs", name);
            failed++;
            finish();
        }
    }
}

void test_goes_on(void)
{
    current.began = clock_read();
}

static void be_hosted(handle_t account)
{
    environment.root = account;
    environment.own = account;
}

uint64_t tests_run_storm(handle_t account, uint64_t *failures)
{
    be_hosted(account);
    run_group(guest_storm_tests);
    *failures = failed;
    return passed;
}

uint64_t tests_run_hosted(handle_t account, uint64_t *failures)
{
    be_hosted(account);
    for (size_t i = 0; i < sizeof(hosted_groups) / sizeof(hosted_groups[0]); i++) {
        run_group(hosted_groups[i]);
    }
    *failures = failed;
    return passed;
}

int server_main(const struct start_info *info)
{
    static struct worker watchdog;
    if (child_is(info)) {
        return child_main(info);
    }
    if (!environment_init(info) ||
        worker_start(&watchdog, 0, OWN_PRIORITY, watch, NULL) != STATUS_OK) {
        log_line("kernel_test cannot begin");
        return 1;
    }
    if (boot_set_has(STORM)) {
        run_group(storm_tests);
    }
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        run_group(groups[i]);
    }
    finish();
    return failed > 0;
}
