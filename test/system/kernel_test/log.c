/* The kernel's log, and who may fill it. */
#include "test.h"

enum { LINES = 400, LINE = 256, LOG_MOST = 64 << 10 };

static char log_text[LOG_MOST];

static uint32_t read_log(void)
{
    uint32_t used = 0;
    uint64_t position = 0;
    uint64_t length = 1;
    while (length != 0) {
        EXPECT_OK(log_read(environment.machine, position, &position, &length));
        for (uint64_t i = 0; i < length && used < LOG_MOST; i++) {
            log_text[used++] = (char)message_page()->data[i];
        }
    }
    return used;
}

static unsigned times_in_log(const char *word)
{
    uint32_t length = read_log();
    unsigned count = 0;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t same = 0;
        while (word[same] != '\0' && i + same < length && log_text[i + same] == word[same]) {
            same++;
        }
        count += word[same] == '\0' ? 1 : 0;
    }
    return count;
}

static void chatter(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < LINE; i++) {
        message_page()->data[i] = 'x';
    }
    for (unsigned i = 0; i < LINES; i++) {
        EXPECT_OK(log_write(LINE));
    }
    uint64_t end = clock_read() + 2 * SECOND; /* two kilobytes' worth */
    while (clock_read() < end) {
        status_ignore(thread_yield());
    }
    EXPECT_OK(log_write(1));
}

/* A task that floods the log leaves half of it to others, and the log says so. */
static void test_log_share(void)
{
    struct worker worker;
    handle_t task = 0;
    REQUIRE_OK(child_create("chatter", &task));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, chatter, NULL));
    EXPECT(worker_end(&worker));
    unsigned written = times_in_log("chatter: x");
    EXPECT(written > 32 && written < 128);
    unsigned notices = times_in_log(" lines dropped, ");
    EXPECT(notices > 0 && times_in_log("chatter: ") == written + notices);
    EXPECT(times_in_log(": ok ") > 0);
    EXPECT_OK(task_kill(task, 0));
    EXPECT(task_ends(task));
    close_handle(task);
}

const struct test log_tests[] = {
    {"log_share", test_log_share},
    {NULL, NULL},
};
