/* Unit tests of `svc start` with --root and --memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "svc_start.h"

static struct svc_start start;

static void assert_served(const char *const *words, int count, const char *server, size_t lines)
{
    assert_true(svc_starts(count, words));
    svc_start_lines(&start, count, words, server);
    assert_int_equal(start.count, lines);
}

static void assert_lines(const char *const *words, int count, size_t lines)
{
    assert_served(words, count, NULL, lines);
}

static void other_commands_are_left_alone(void **state)
{
    (void)state;
    const char *plain[] = {"svc", "start", "fifo", "memory", "8M"};
    const char *behind[] = {"svc", "start", "fifo", "args", "--memory", "8M"};
    const char *other[] = {"svc", "stop", "fifo", "--root"};
    const char *bare[] = {"svc", "start"};
    assert_false(svc_starts(5, plain));
    assert_false(svc_starts(6, behind));
    assert_false(svc_starts(4, other));
    assert_false(svc_starts(2, bare));
    assert_false(svc_starts(1, bare));
}

static void options_lose_their_hyphens(void **state)
{
    (void)state;
    const char *words[] = {"svc",   "start",    "xv6", "as",   "lab1",    "--root",
                           "/lab1", "--memory", "8M",  "args", "--memory"};
    assert_lines(words, 11, 1);
    assert_string_equal(start.lines[0], "start xv6 as lab1 root /lab1 memory 8M args --memory");
    const char *memory[] = {"svc", "start", "xv6", "--memory", "8M"};
    assert_lines(memory, 5, 1);
    assert_string_equal(start.lines[0], "start xv6 memory 8M");
}

static void a_disk_is_started_and_mounted_first(void **state)
{
    (void)state;
    const char *words[] = {"svc",    "start", "xv6",      "as", "lab1",
                           "--root", "disk1", "--memory", "8M"};
    assert_lines(words, 9, 3);
    assert_string_equal(start.lines[0], "start disk1-root object xv6fs.o args /dev/disk1");
    assert_string_equal(start.lines[1], "mount /disk1 disk1-root");
    assert_string_equal(start.lines[2], "start xv6 as lab1 root /disk1 memory 8M");
    const char *unnamed[] = {"svc", "start", "xv6", "--root", "disk0p2"};
    assert_lines(unnamed, 5, 3);
    assert_string_equal(start.lines[2], "start xv6 root /disk0p2");
}

static void a_disk_that_is_served_is_only_mounted(void **state)
{
    (void)state;
    const char *words[] = {"svc", "start", "xv6", "--root", "disk1", "--memory", "8M"};
    const char *path[] = {"svc", "start", "xv6", "--root", "/disk1"};
    const char *behind[] = {"svc", "start", "xv6", "--memory", "8M", "args", "--root", "disk1"};
    assert_string_equal(svc_start_disk(7, words), "disk1");
    assert_null(svc_start_disk(5, path));
    assert_null(svc_start_disk(8, behind));
    assert_served(words, 7, "mine", 2);
    assert_string_equal(start.lines[0], "mount /disk1 mine");
    assert_string_equal(start.lines[1], "start xv6 root /disk1 memory 8M");
    assert_served(path, 5, "mine", 1);
    assert_string_equal(start.lines[0], "start xv6 root /disk1");
}

static void what_is_too_long_or_unfinished_is_nothing(void **state)
{
    (void)state;
    static char word[SVC_LINE_SIZE];
    memset(word, 'x', sizeof(word) - 1);
    const char *path[] = {"svc", "start", "xv6", "--root", word};
    const char *unfinished[] = {"svc", "start", "xv6", "--root"};
    assert_lines(path, 5, 0);
    word[0] = '/';
    assert_lines(path, 5, 0);
    assert_lines(unfinished, 4, 1);
    assert_string_equal(start.lines[0], "start xv6 root"); /* init says what is missing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_commands_are_left_alone),
        cmocka_unit_test(options_lose_their_hyphens),
        cmocka_unit_test(a_disk_is_started_and_mounted_first),
        cmocka_unit_test(a_disk_that_is_served_is_only_mounted),
        cmocka_unit_test(what_is_too_long_or_unfinished_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
