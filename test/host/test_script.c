/*
 * Unit tests of init's pure parts: the script language, the restart policy, names and devices. Long
 * because it goes through the language word by word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sinter/abi.h>
#include <sinter/object.h>

#include "match.h"
#include "policy.h"
#include "script.h"
#include "script_check.h"
#include "text.h"

#define SECOND      1000000000ull
#define MILLISECOND 1000000ull

static struct script_statement statement;
static char error[SCRIPT_ERROR];

static bool parse(const char *line)
{
    memset(error, 0, sizeof(error));
    return script_parse_line(line, strlen(line), 14, &statement, error);
}

static void assert_refused(const char *line, const char *part)
{
    assert_false(parse(line));
    if (strstr(error, part) == NULL) {
        fail_msg("`%s` gave `%s`, which lacks `%s`", line, error, part);
    }
}

static void blank_lines_and_comments_are_nothing(void **state)
{
    (void)state;
    static const char *const lines[] = {"", "   \t ", "# start fifo", "  # start", "\r"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_true(parse(lines[i]));
        assert_int_equal(statement.verb, SCRIPT_EMPTY);
    }
}

static void start_takes_all_options(void **state)
{
    (void)state;
    assert_true(
        parse("start pipe object fifo.o allow irq,dma restart always attempts 3 "
              "class essential on-failed spare priority 7 memory 8M cpu 250% start-time 500ms "
              "stop-time 2s min-run 1m args -v \"two words\" # why"));
    const struct script_options *options = &statement.options;
    assert_int_equal(statement.verb, SCRIPT_START);
    assert_string_equal(statement.name, "pipe");
    assert_string_equal(options->object, "fifo.o");
    assert_int_equal(options->allow, RESOURCE_INTERRUPTS | RESOURCE_DMA);
    assert_int_equal(options->allow_line, 14);
    assert_int_equal(options->restart, SCRIPT_ALWAYS);
    assert_int_equal(options->attempts, 3);
    assert_int_equal(options->essential, 1);
    assert_int_equal(options->failed, SCRIPT_START_OTHER);
    assert_string_equal(options->other, "spare");
    assert_int_equal(options->priority, 7);
    assert_int_equal(options->memory, 8 << 20);
    assert_int_equal(options->cpu, 250);
    assert_int_equal(options->start_time, 500 * MILLISECOND);
    assert_int_equal(options->stop_time, 2 * SECOND);
    assert_int_equal(options->min_run, 60 * SECOND);
    assert_int_equal(options->arguments.count, 2);
    assert_memory_equal(options->arguments.text, "-v\0two words", sizeof("-v\0two words"));
    assert_int_equal(options->arguments.bytes, sizeof("-v\0two words"));
}

static void every_verb_parses(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum script_verb verb;
    } lines[] = {
        {"service fifo fifo.o", SCRIPT_SERVICE},
        {"program svc svc.o allow service", SCRIPT_PROGRAM},
        {"start fifo", SCRIPT_START},
        {"stop fifo", SCRIPT_STOP},
        {"stop all force", SCRIPT_STOP},
        {"restart fifo", SCRIPT_RESTART},
        {"kill fifo", SCRIPT_KILL},
        {"kill fifo --fault loop", SCRIPT_KILL},
        {"status fifo", SCRIPT_STATUS},
        {"log fifo", SCRIPT_LOG},
        {"list", SCRIPT_LIST},
        {"wait", SCRIPT_WAIT},
        {"wait fifo 5s", SCRIPT_WAIT},
        {"echo hello", SCRIPT_ECHO},
        {"echo", SCRIPT_ECHO},
        {"devices allow none", SCRIPT_DEVICES},
        {"console /dev/console run shell.o", SCRIPT_CONSOLE},
        {"on-failed fifo reboot", SCRIPT_ON_FAILED},
        {"mount", SCRIPT_MOUNT},
        {"mount /tmp tmpfs", SCRIPT_MOUNT},
        {"unmount /tmp", SCRIPT_UNMOUNT},
        {"enable fifo", SCRIPT_ENABLE},
        {"disable fifo", SCRIPT_DISABLE},
        {"replace fifo with fifo.o", SCRIPT_REPLACE},
        {"crashes", SCRIPT_CRASHES},
        {"crashes fifo --previous", SCRIPT_CRASHES},
        {"help", SCRIPT_HELP},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_true(parse(lines[i].line));
        assert_int_equal(statement.verb, lines[i].verb);
    }
}

static void details_of_statements_are_kept(void **state)
{
    (void)state;
    assert_true(parse("kill fifo --fault loop"));
    assert_int_equal(statement.fault, 3);
    assert_true(parse("replace fifo with /host/new.o"));
    assert_string_equal(statement.name, "fifo");
    assert_string_equal(statement.options.object, "/host/new.o");
    assert_true(parse("stop fifo force"));
    assert_true(statement.force);
    assert_true(parse("crashes -p"));
    assert_true(statement.previous);
    assert_string_equal(statement.name, "");
    assert_true(parse("crashes fifo"));
    assert_false(statement.previous);
    assert_true(parse("wait fifo 250ms"));
    assert_int_equal(statement.time, 250 * MILLISECOND);
    assert_true(parse("on-failed fifo spare"));
    assert_string_equal(statement.options.other, "spare");
    assert_true(parse("devices demand allow irq"));
    assert_int_equal(statement.options.demand, 1);
    assert_int_equal(statement.options.allow, RESOURCE_INTERRUPTS);
    assert_true(parse("start fifo allow none demand"));
    assert_int_equal(statement.options.given, SCRIPT_HAS_ALLOW | SCRIPT_HAS_DEMAND);
    assert_true(parse("console /dev/console run shell.o args -i"));
    assert_string_equal(statement.path, "/dev/console");
    assert_string_equal(statement.options.object, "shell.o");
}

static void errors_name_what_was_found(void **state)
{
    (void)state;
    assert_refused("strat fifo", "unknown word `strat`");
    assert_refused("start", "wants the name");
    assert_refused("start fi/fo", "`fi/fo` is no name");
    assert_refused("start a-name-that-is-much-too-long", "is no name");
    assert_refused("start fifo speed 5", "unknown option `speed`");
    assert_refused("start fifo priority", "`priority` wants a value");
    assert_refused("start fifo priority 24", "priority `24`");
    assert_refused("start fifo priority 0", "priority `0`");
    assert_refused("start fifo priority -1", "priority `-1`");
    assert_refused("start fifo memory 8X", "memory `8X`");
    assert_refused("start fifo memory 0M", "memory `0M`");
    assert_refused("start fifo memory 99999999999999999999G", "memory");
    assert_refused("start fifo cpu 50", "cpu `50`");
    assert_refused("start fifo cpu %", "cpu `%`");
    assert_refused("start fifo cpu 0%", "cpu `0%`");
    assert_refused("start fifo cpu 801%", "cpu `801%`");
    assert_refused("start fifo cpu 1%%", "cpu `1%%`");
    assert_refused("start fifo start-time 5", "no duration");
    assert_refused("start fifo start-time 0s", "no duration");
    assert_refused("start fifo restart sometimes", "restart `sometimes`");
    assert_refused("start fifo class vital", "class `vital`");
    assert_refused("start fifo allow irq,everything", "cannot be allowed");
    assert_refused("start fifo allow irq,", "cannot be allowed");
    assert_refused("stop fifo gently", "`gently` is not known here");
    assert_refused("crashes fifo spare", "`spare` is not known here");
    assert_refused("crashes -p fifo", "one word too many");
    assert_refused("kill fifo --fault sleep", "null|illegal|loop|exit");
    assert_refused("kill fifo --fault", "null|illegal|loop|exit");
    assert_refused("list all", "`all` is one word too many");
    assert_refused("console /dev/console shell.o", "console DEVICE run PROGRAM");
    assert_refused("echo \"open", "is not closed");
    assert_refused("echo \x01", "control character");
    assert_refused("on-failed fifo", "on-failed NAME");
    assert_refused("start fifo demand yes", "unknown option `yes`");
    assert_refused("enable", "name of a service");
    assert_refused("disable fifo spare", "`spare` is one word too many");
    assert_refused("service fifo", "wants a name and an object");
}

static void quotes_and_escapes(void **state)
{
    (void)state;
    assert_true(parse("echo \"a \\\"b\\\" \\\\ \\c\" d#e"));
    const struct script_arguments *arguments = &statement.options.arguments;
    assert_int_equal(arguments->count, 2);
    assert_string_equal(arguments->text, "a \"b\" \\ \\c");
    assert_string_equal(arguments->text + strlen(arguments->text) + 1, "d#e");
}

static void bounds_of_lines_hold(void **state)
{
    (void)state;
    char line[2 * SCRIPT_LINE];
    memset(line, 'x', sizeof(line));
    memcpy(line, "echo ", 5);
    line[5 + SCRIPT_TEXT - 1] = '\0';
    assert_true(parse(line)); /* the longest argument: its NUL is the last byte */
    line[5 + SCRIPT_TEXT - 1] = 'x';
    line[5 + SCRIPT_TEXT] = '\0';
    assert_refused(line, "too many arguments");
    line[5 + SCRIPT_TEXT] = 'x';
    line[SCRIPT_LINE] = '\0';
    assert_refused(line, "too long");
    strcpy(line, "echo");
    for (int i = 0; i < 40; i++) {
        strcat(line, " x");
    }
    assert_refused(line, "too many words");
}

struct reported {
    int count;
    uint32_t line;
    char error[SCRIPT_ERROR];
};

static void note_error(void *context, uint32_t line, const char *text)
{
    struct reported *reported = context;
    reported->count++;
    reported->line = line;
    strcpy(reported->error, text);
}

static void a_file_goes_on_after_errors(void **state)
{
    (void)state;
    static struct script_statement statements[SCRIPT_STATEMENTS];
    static const char text[] = "# first\nstart a\n\nstrat b\nstart c";
    struct reported reported = {0};
    size_t count = script_parse(text, sizeof(text) - 1, statements, note_error, &reported);
    assert_int_equal(count, 2);
    assert_string_equal(statements[0].name, "a");
    assert_int_equal(statements[0].line, 2);
    assert_string_equal(statements[1].name, "c");
    assert_int_equal(statements[1].line, 5);
    assert_int_equal(reported.count, 1);
    assert_int_equal(reported.line, 4);
}

static void too_many_statements_are_reported(void **state)
{
    (void)state;
    static struct script_statement statements[SCRIPT_STATEMENTS];
    static char text[8 * (SCRIPT_STATEMENTS + 1) + 1];
    struct reported reported = {0};
    for (int i = 0; i < SCRIPT_STATEMENTS + 1; i++) {
        strcat(text, "start a\n");
    }
    assert_int_equal(script_parse(text, strlen(text), statements, note_error, &reported),
                     SCRIPT_STATEMENTS);
    assert_int_equal(reported.count, 1);
    assert_int_equal(reported.line, SCRIPT_STATEMENTS + 1);
}

static size_t check(const char *text, struct reported *reported)
{
    static struct script_statement statements[SCRIPT_STATEMENTS];
    *reported = (struct reported){0};
    return script_check(text, strlen(text), statements, note_error, reported);
}

#define ASSERT_CHECKED(text, at, words)                                                            \
    do {                                                                                           \
        struct reported found;                                                                     \
        assert_int_equal(check(text, &found), 1);                                                  \
        assert_int_equal(found.count, 1);                                                          \
        assert_int_equal(found.line, at);                                                          \
        assert_non_null(strstr(found.error, words));                                               \
    } while (0)

static void a_check_knows_what_was_declared(void **state)
{
    struct reported reported;
    (void)state;
    assert_int_equal(check("", &reported), 0);
    assert_int_equal(check("start a as b\nservice c d.o\nmount /x b\nmount /y dev\nmount\n"
                           "on-failed b c\nstop c\nstop all\nkill loader\nwait\nenable b\n",
                           &reported),
                     0);
    assert_int_equal(check("devices\nstop virtio-blk\non-failed x reboot", &reported), 0);
    ASSERT_CHECKED("start a\nstrat b", 2, "unknown word `strat`");
    ASSERT_CHECKED("start a as b\nstop a", 2, "no service `a`");
    ASSERT_CHECKED("mount /x b\nstart b", 1, "declare it before");
    ASSERT_CHECKED("start a\non-failed a b", 2, "no service `b`");
    ASSERT_CHECKED("disable a\nstart a", 1, "no service `a`");
    ASSERT_CHECKED("stop loader", 1, "no service `loader`");
    ASSERT_CHECKED("start a demand\nwait b 5s", 2, "no service `b`");
    assert_int_equal(check("start a\nreplace a with b.o", &reported), 0);
    ASSERT_CHECKED("start a\nreplace a with /host/b.o", 2, "`/host/b.o` is outside the boot set");
    ASSERT_CHECKED("start a\nreplace a with ./b.o", 2, "use `svc replace` at the prompt");
    assert_int_equal(check("x\ny\nstop z", &reported), 3);
}

static void a_root_is_where_something_is_mounted(void **state)
{
    struct reported reported;
    (void)state;
    assert_true(parse("start xv6 as lab1 root /lab1 memory 8M allow spawn"));
    assert_string_equal(statement.options.root, "/lab1");
    assert_int_equal(statement.options.root_line, 14);
    assert_int_equal(statement.options.allow, SCRIPT_ALLOW_SPAWN);
    assert_refused("start xv6 root lab1", "root `lab1` is no path");
    assert_refused("start xv6 root /", "root `/` is no path");
    assert_refused("start xv6 root", "`root` wants a value");
    assert_refused("start xv6 root /23456789012345678901234567890123456789012345678", "47 bytes");
    assert_int_equal(check("start a\nmount /lab1 a\nstart b root /lab1", &reported), 0);
    assert_int_equal(check("start b root /dev", &reported), 0);
    ASSERT_CHECKED("start a\nmount /lab1 a\nstart b root /lab", 3, "nothing is mounted at /lab;");
    ASSERT_CHECKED("start b root /lab1\nstart a\nmount /lab1 a", 1, "before this line");
    ASSERT_CHECKED("start a\nmount /lab1 a\nunmount /lab1\nstart b root /lab1", 4, "nothing is");
}

static void a_check_sees_circles_of_failures(void **state)
{
    struct reported reported;
    (void)state;
    ASSERT_CHECKED("start a\non-failed a a", 2, "in a circle: `a`, `a`;");
    ASSERT_CHECKED("service b b.o\nstart a on-failed b\non-failed b a\nstart c on-failed a", 3,
                   "in a circle: `b`, `a`, `b`;");
    ASSERT_CHECKED("service x f.o on-failed y\nservice y f.o on-failed z\nservice z f.o\n"
                   "on-failed z x\nstart f as w on-failed z",
                   4, "`z`, `x`, `y`, `z`");
    /* What is said later counts. */
    assert_int_equal(
        check("start a\nstart b on-failed a\non-failed a b\non-failed b nothing", &reported), 0);
    assert_int_equal(check("start b on-failed a\nstart a on-failed c\nstart c\nstart b", &reported),
                     0);
    assert_int_equal(check("devices on-failed a\nstart a", &reported), 0);
}

static void merging_takes_what_was_said(void **state)
{
    (void)state;
    struct script_options options;
    script_options_defaults(&options);
    assert_int_equal(options.cpu, 80);
    assert_true(parse("start fifo memory 1M allow irq cpu all"));
    script_options_merge(&options, &statement.options);
    assert_int_equal(options.cpu, 0);
    assert_true(parse("start fifo restart never"));
    script_options_merge(&options, &statement.options);
    assert_int_equal(options.memory, 1 << 20);
    assert_int_equal(options.allow, RESOURCE_INTERRUPTS);
    assert_int_equal(options.allow_line, 14);
    assert_int_equal(options.restart, SCRIPT_NEVER);
    assert_int_equal(options.start_time, 5 * SECOND);
}

static void allowed_words_read_well(void **state)
{
    (void)state;
    char text[64];
    script_allow_text(RESOURCE_INTERRUPTS | RESOURCE_DMA, text, sizeof(text));
    assert_string_equal(text, "irq and dma");
    script_allow_text(RESOURCE_REGISTERS | RESOURCE_INTERRUPTS | RESOURCE_DMA, text, sizeof(text));
    assert_string_equal(text, "registers, irq and dma");
    script_allow_text(0, text, sizeof(text));
    assert_string_equal(text, "");
}

/* Policy. */

static const struct policy on_crash = {SCRIPT_ON_CRASH, 3, 10 * SECOND};

static void the_first_restart_is_at_once_and_delays_grow(void **state)
{
    (void)state;
    static const uint64_t delays[] = {0, 100 * MILLISECOND, 200 * MILLISECOND};
    struct policy_end crash = {true, SECOND};
    uint32_t in_a_row = 0;
    for (int i = 0; i < 3; i++) {
        struct policy_verdict verdict = policy_decide(&on_crash, &crash, &in_a_row);
        assert_int_equal(verdict.action, POLICY_RESTART);
        assert_int_equal(verdict.delay, delays[i]);
    }
    assert_int_equal(policy_decide(&on_crash, &crash, &in_a_row).action, POLICY_FAILED);
}

static void a_long_run_clears_the_count(void **state)
{
    (void)state;
    struct policy_end crash = {true, SECOND};
    struct policy_end late = {true, 10 * SECOND};
    uint32_t in_a_row = 0;
    (void)policy_decide(&on_crash, &crash, &in_a_row);
    (void)policy_decide(&on_crash, &crash, &in_a_row);
    struct policy_verdict verdict = policy_decide(&on_crash, &late, &in_a_row);
    assert_int_equal(verdict.action, POLICY_RESTART);
    assert_int_equal(verdict.delay, 0);
    assert_int_equal(in_a_row, 1);
}

static void delays_have_a_limit(void **state)
{
    (void)state;
    struct policy patient = {SCRIPT_ALWAYS, 1000, 10 * SECOND};
    struct policy_end crash = {true, 0};
    uint32_t in_a_row = 0;
    struct policy_verdict verdict = {POLICY_STOPPED, 0};
    for (int i = 0; i < 1000; i++) {
        verdict = policy_decide(&patient, &crash, &in_a_row);
        assert_int_equal(verdict.action, POLICY_RESTART);
    }
    assert_int_equal(verdict.delay, POLICY_LONGEST_DELAY);
}

static void restart_classes_differ(void **state)
{
    (void)state;
    struct policy never = {SCRIPT_NEVER, 3, 0};
    struct policy always = {SCRIPT_ALWAYS, 3, 0};
    struct policy_end crash = {true, SECOND};
    struct policy_end done = {false, SECOND};
    uint32_t row = 0;
    assert_int_equal(policy_decide(&never, &crash, &row).action, POLICY_FAILED);
    assert_int_equal(policy_decide(&never, &done, &row).action, POLICY_STOPPED);
    assert_int_equal(policy_decide(&on_crash, &done, &row).action, POLICY_STOPPED);
    assert_int_equal(policy_decide(&always, &done, &row).action, POLICY_RESTART);
}

/* Names and devices. */

static void patterns_name_devices(void **state)
{
    (void)state;
    struct match_pattern pattern;
    assert_true(match_pattern_parse("virtio,mmio:2", &pattern));
    assert_string_equal(pattern.compatible, "virtio,mmio");
    assert_int_equal(pattern.virtio_type, 2);
    assert_true(match_pattern_parse("arm,pl011", &pattern));
    assert_int_equal(pattern.virtio_type, 0);
    assert_false(match_pattern_parse("virtio,mmio:x", &pattern));
    assert_false(match_pattern_parse("virtio,mmio:", &pattern));
    assert_string_equal(pattern.bus, "");
    assert_true(match_pattern_parse("mmc-spi-slot@sifive,spi0", &pattern));
    assert_string_equal(pattern.compatible, "mmc-spi-slot");
    assert_string_equal(pattern.bus, "sifive,spi0");
    assert_false(match_pattern_parse("mmc-spi-slot@", &pattern));
}

static void interrupt_specifiers_are_understood(void **state)
{
    (void)state;
    static const uint32_t plic[4] = {10};
    static const uint32_t aplic[4] = {9, 1};
    static const uint32_t shared[4] = {0, 1, 4};
    static const uint32_t private_edge[4] = {1, 13, 0xf01};
    static const uint32_t extended[4] = {2, 1, 4};
    uint32_t line;
    uint32_t flags;
    assert_true(match_interrupt(plic, 1, &line, &flags));
    assert_int_equal(line, 10);
    assert_int_equal(flags, IRQ_LEVEL);
    assert_true(match_interrupt(aplic, 2, &line, &flags));
    assert_int_equal(line, 9);
    assert_int_equal(flags, IRQ_EDGE);
    assert_true(match_interrupt(shared, 3, &line, &flags));
    assert_int_equal(line, 33);
    assert_int_equal(flags, IRQ_LEVEL);
    assert_true(match_interrupt(private_edge, 3, &line, &flags));
    assert_int_equal(line, 29);
    assert_int_equal(flags, IRQ_EDGE);
    assert_false(match_interrupt(extended, 3, &line, &flags));
    assert_false(match_interrupt(plic, 4, &line, &flags));
}

static void names_are_numbered(void **state)
{
    (void)state;
    char name[32];
    char small[6];
    assert_true(match_path("disk*", 0, name, sizeof(name)));
    assert_string_equal(name, "disk0");
    assert_true(match_path("disk*", 12, name, sizeof(name)));
    assert_string_equal(name, "disk12");
    assert_true(match_path("fifo", 0, name, sizeof(name)));
    assert_string_equal(name, "fifo");
    assert_true(match_path("fifo", 1, name, sizeof(name)));
    assert_string_equal(name, "fifo1");
    assert_false(match_path("disk*", 12, small, sizeof(small)));
}

static void a_driver_serves_only_names_of_its_note(void **state)
{
    (void)state;
    assert_true(match_path_allows("disk*", "disk*"));
    assert_true(match_path_allows("disk*", "disk7"));
    assert_true(match_path_allows("fifo", "fifo"));
    assert_false(match_path_allows("disk*", "disk"));
    assert_false(match_path_allows("disk*", "diskette"));
    assert_false(match_path_allows("disk*", "console"));
    assert_false(match_path_allows("fifo", "fifo1"));
    assert_false(match_path_allows("", "fifo"));
    assert_true(match_path_allows("disk*p*", "disk10p128"));
    assert_false(match_path_allows("disk*p*", "disk10p"));
    assert_false(match_path_allows("disk*p*", "diskp1"));
    assert_false(match_path_allows("disk*p*", "disk1p1p"));
    assert_true(match_path_is_many("disk*p*"));
    assert_false(match_path_is_many("disk*"));
    assert_false(match_path_is_many("fifo"));
    assert_false(match_path_is_many(""));
}

static void texts_are_cut_and_say_so(void **state)
{
    (void)state;
    char buffer[8];
    struct text text = text_in(buffer, sizeof(buffer));
    TEXT_PUT(&text, "abc", "def");
    assert_false(text.full);
    text_put_number(&text, 12);
    assert_true(text.full);
    assert_string_equal(buffer, "abcdef1");
    text = text_in(buffer, sizeof(buffer));
    text_put_signed(&text, -42);
    assert_string_equal(buffer, "-42");
    text = text_in(buffer, sizeof(buffer));
    text_put_hex(&text, 0x1f, 4);
    assert_string_equal(buffer, "0x001f");
}

static void texts_of_servers_become_printable(void **state)
{
    (void)state;
    char text[] = "a \x1b[2J\n~\x7f\x80\xff.";
    text_make_printable(text);
    assert_string_equal(text, "a ?[2J?~???.");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(blank_lines_and_comments_are_nothing),
        cmocka_unit_test(start_takes_all_options),
        cmocka_unit_test(every_verb_parses),
        cmocka_unit_test(details_of_statements_are_kept),
        cmocka_unit_test(errors_name_what_was_found),
        cmocka_unit_test(quotes_and_escapes),
        cmocka_unit_test(bounds_of_lines_hold),
        cmocka_unit_test(a_file_goes_on_after_errors),
        cmocka_unit_test(too_many_statements_are_reported),
        cmocka_unit_test(a_check_knows_what_was_declared),
        cmocka_unit_test(a_check_sees_circles_of_failures),
        cmocka_unit_test(a_root_is_where_something_is_mounted),
        cmocka_unit_test(merging_takes_what_was_said),
        cmocka_unit_test(allowed_words_read_well),
        cmocka_unit_test(the_first_restart_is_at_once_and_delays_grow),
        cmocka_unit_test(a_long_run_clears_the_count),
        cmocka_unit_test(delays_have_a_limit),
        cmocka_unit_test(restart_classes_differ),
        cmocka_unit_test(patterns_name_devices),
        cmocka_unit_test(interrupt_specifiers_are_understood),
        cmocka_unit_test(names_are_numbered),
        cmocka_unit_test(a_driver_serves_only_names_of_its_note),
        cmocka_unit_test(texts_are_cut_and_say_so),
        cmocka_unit_test(texts_of_servers_become_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
