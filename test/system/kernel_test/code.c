/* Text made at run time: space_sync_code(), and rewriting while others run it. */
#include "test.h"

#include "test_machine.h"

typedef uint64_t (*function_t)(void);

struct text {
    handle_t memory;
    uint64_t writable, executable;
};

static bool text_open(struct text *text, uint32_t executable_flags)
{
    *text = (struct text){.memory = new_memory(1)};
    EXPECT_OK(space_map(0, text->memory, 0, 0, PAGE, MAP_READ | MAP_WRITE, &text->writable));
    EXPECT_OK(space_map(0, text->memory, 0, 0, PAGE, executable_flags, &text->executable));
    return text->writable != 0 && text->executable != 0;
}

static void text_close(struct text *text)
{
    unmap(text->writable, PAGE);
    unmap(text->executable, PAGE);
    close_handle(text->memory);
}

static uint64_t run(const struct text *text)
{
    return ((function_t)(uintptr_t)text->executable)();
}

static void test_write_and_run(void)
{
    struct text text;
    REQUIRE(text_open(&text, MAP_READ | MAP_EXECUTE));
    for (uint32_t i = 1; i < 200; i++) {
        write_function(at(text.writable), i);
        EXPECT_OK(space_sync_code(0, text.executable, PAGE));
        EXPECT(run(&text) == i);
    }
    write_function(at(text.writable), 7);
    EXPECT_OK(space_sync_code(0, text.writable, 4)); /* either mapping, any bytes */
    EXPECT(run(&text) == 7);
    text_close(&text);
}

static void test_execute_only(void)
{
    struct text text;
    REQUIRE(text_open(&text, MAP_EXECUTE));
    write_function(at(text.writable), 5);
    EXPECT_OK(space_sync_code(0, text.executable, PAGE));
    EXPECT(run(&text) == 5);
    text_close(&text);
}

static void test_errors(void)
{
    struct text text;
    handle_t event = new_event();
    REQUIRE(text_open(&text, MAP_READ | MAP_EXECUTE));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, space_sync_code(0, text.executable, 2 * PAGE));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, space_sync_code(0, 0, PAGE));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, space_sync_code(0, ~UINT64_C(0) - PAGE + 1, PAGE));
    EXPECT_HANDLE_ERRORS(space_sync_code(handle, text.executable, PAGE), event,
                         with_rights(environment.space, RIGHT_ALL & ~RIGHT_SPACE_MAP));
    text_close(&text);
    close_handle(event);
}

struct runner {
    struct text *text;
    volatile uint32_t wanted; /* what the function is to answer; 0: leave it alone */
    volatile uint32_t seen;
    volatile uint32_t stop;
};

static void run_always(void *argument)
{
    struct runner *runner = argument;
    while (runner->stop == 0) {
        uint32_t wanted = __atomic_load_n(&runner->wanted, __ATOMIC_ACQUIRE);
        if (wanted != 0 && run(runner->text) != wanted) {
            EXPECT(!"the text is that of before");
            return;
        }
        __atomic_store_n(&runner->seen, wanted, __ATOMIC_RELEASE);
        status_ignore(thread_yield());
    }
}

/* Another thread, on another CPU if there is one, must see the new text after the call. */
static void test_other_thread_sees_it(void)
{
    struct text text;
    struct runner runner = {.text = &text};
    struct worker worker;
    REQUIRE(text_open(&text, MAP_READ | MAP_EXECUTE));
    write_function(at(text.writable), 1);
    EXPECT_OK(space_sync_code(0, text.executable, PAGE));
    runner.wanted = 1;
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, run_always, &runner));
    for (uint32_t i = 1; i < 50; i++) {
        uint64_t end = clock_read() + PATIENCE;
        while (__atomic_load_n(&runner.seen, __ATOMIC_ACQUIRE) != i && clock_read() < end) {
            sleep_for(20 * MICROSECOND);
        }
        REQUIRE(runner.seen == i);
        __atomic_store_n(&runner.wanted, 0, __ATOMIC_RELEASE);
        while (__atomic_load_n(&runner.seen, __ATOMIC_ACQUIRE) != 0 && clock_read() < end) {
            sleep_for(20 * MICROSECOND);
        }
        write_function(at(text.writable), i + 1);
        EXPECT_OK(space_sync_code(0, text.executable, PAGE));
        __atomic_store_n(&runner.wanted, i + 1, __ATOMIC_RELEASE);
    }
    runner.stop = 1;
    EXPECT(worker_end(&worker));
    text_close(&text);
}

const struct test code_tests[] = {
    {"code_write_and_run", test_write_and_run},
    {"code_execute_only", test_execute_only},
    {"code_errors", test_errors},
    {"code_other_thread", test_other_thread_sees_it},
    {NULL, NULL},
};
