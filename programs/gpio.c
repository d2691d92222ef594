/*
 * gpio: lines of a GPIO controller, by the protocol gpio. Lines keep what they were made, whoever
 * ends. Calls that the driver did not finish, because it was restarted, are made again.
 */
#include <errno.h>
#include <sinter/protocol/gpio.h>
#include <stdio.h>
#include <string.h>

#include "gpio_words.h"
#include "note.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("gpio", "gpio [-c CHIP] [info | get LINE... | set LINE=VALUE... | input [-u | -U] "
                     "LINE... | watch [-r | -f] [-n COUNT] LINE... | wait LINE=VALUE...]: reads, "
                     "drives and watches lines");

#define USAGE                                                                                      \
    "gpio [-c CHIP] COMMAND, with CHIP such as gpio0; LINE is a number, VALUE 0 or 1\n"            \
    "  info                             what its lines are\n"                                      \
    "  get LINE...                      prints their values\n"                                     \
    "  set LINE=VALUE...                makes them outputs with these values\n"                    \
    "  input [-u | -U] LINE...          makes them inputs; -u with pull-up, -U without\n"          \
    "  watch [-r | -f] [-n COUNT] LINE...\n"                                                       \
    "                                   prints edges, -r rising, -f falling ones, until COUNT\n"   \
    "  wait LINE=VALUE...               waits until one of them has its value, and prints it"

#define SECOND UINT64_C(1000000000)

enum { PATH_SIZE = 80, NAME_SIZE = 64, TRIES = 5 };

static char chip_path[PATH_SIZE] = "/dev/gpio0";
static handle_t chip;

/* Whether a call that ended so is to be made again. */
static bool again(status_t status, unsigned *tries)
{
    return status == STATUS_NOT_READY || (status == STATUS_PEER_DIED && ++*tries < TRIES);
}

static int report(status_t status)
{
    errno = status_errno(status);
    return status == STATUS_OK ? 0 : tool_fail("gpio", chip_path);
}

/* ---- refusals ------------------------------------------------------------------------------- */

/* What the call wanted of its lines. */
enum wanted { VALUES, CONFIGURATION, EVENTS };

/* What the chip has, if that of this line is why a call was refused; else null. */
static const char *fault_of(uint32_t line, status_t status, enum wanted wanted)
{
    char name[NAME_SIZE];
    size_t length;
    uint32_t flags = 0;
    uint32_t value;
    unsigned tries = 0;
    status_t known;
    do {
        known = gpio_line(chip, line, &flags, &value, name, NAME_SIZE, &length);
    } while (again(known, &tries));
    if (status == STATUS_BAD_ARGUMENT && known == STATUS_NOT_FOUND) {
        return "no line";
    }
    if (status == STATUS_BUSY && wanted == CONFIGURATION && (flags & GPIO_FUNCTION) != 0) {
        return "other use of line";
    }
    bool silent = known == STATUS_OK && (flags & GPIO_EVENTS) == 0;
    return status == STATUS_UNSUPPORTED && wanted == EVENTS && silent
               ? "no interrupt that tells of line"
               : NULL;
}

static int report_of(status_t status, uint64_t lines, enum wanted wanted)
{
    for (; status != STATUS_OK && lines != 0; lines &= lines - 1) {
        uint32_t line = (uint32_t)__builtin_ctzll(lines);
        const char *fault = fault_of(line, status, wanted);
        if (fault != NULL) {
            fprintf(stderr, "gpio: %s has %s %u%s\n", chip_path, fault, (unsigned)line,
                    status == STATUS_BAD_ARGUMENT ? "; `gpio info` lists them" : "");
            return 1;
        }
    }
    if (status == STATUS_UNSUPPORTED && wanted == CONFIGURATION) {
        fprintf(stderr, "gpio: %s has no pull-ups\n", chip_path);
        return 1;
    }
    if (status == STATUS_BUSY && wanted == EVENTS) {
        fprintf(stderr, "gpio: %s: too many wait for its lines already\n", chip_path);
        return 1;
    }
    return report(status);
}

/* levels: null, or what values end the wait. */
static status_t wait_call(uint64_t rising, uint64_t falling, const struct gpio_words *levels,
                          uint64_t after, uint32_t *line, uint32_t *event, uint64_t *time)
{
    uint32_t lost = 0;
    unsigned tries = 0;
    status_t status;
    uint64_t high = levels == NULL ? 0 : levels->lines & levels->values;
    uint64_t low = levels == NULL ? 0 : levels->lines & ~levels->values;
    do {
        status = gpio_wait(chip, rising, falling, high, low, after, line, event, time, &lost);
    } while (again(status, &tries));
    if (status == STATUS_OK && lost != 0 && levels == NULL) {
        fputs("gpio: edges before this may have been missed\n", stderr);
    }
    return status;
}

/* ---- commands ------------------------------------------------------------------------------- */

static int info(int count, char **words)
{
    char name[NAME_SIZE + 1];
    size_t length;
    uint32_t flags;
    uint32_t value;
    unsigned tries = 0;
    (void)words;
    if (count != 0) {
        return tool_usage(USAGE);
    }
    for (uint32_t line = 0;;) {
        status_t status = gpio_line(chip, line, &flags, &value, name, NAME_SIZE, &length);
        if (again(status, &tries)) {
            continue;
        }
        if (status != STATUS_OK) {
            return status == STATUS_NOT_FOUND ? 0 : report(status);
        }
        name[length] = '\0';
        printf("%2u %s %u%s%s%s%s%s%s\n", (unsigned)line,
               (flags & GPIO_OUTPUT) != 0 ? "output" : "input ", (unsigned)value,
               (flags & GPIO_PULL_UP) != 0 ? " pull-up" : "",
               (flags & GPIO_FUNCTION) != 0 ? " in-use" : "",
               (flags & GPIO_EVENTS) != 0 ? "" : " no-events",
               (flags & GPIO_WATCHED) != 0 ? " watched" : "", length != 0 ? " " : "", name);
        line++;
    }
}

/* Takes the lines of all words. */
static bool parse(struct gpio_words *parsed, int count, char **words, bool valued)
{
    *parsed = (struct gpio_words){0};
    for (int i = 0; i < count; i++) {
        if (!gpio_words_add(parsed, words[i], valued)) {
            fprintf(stderr, "gpio: `%s` is no %s from 0 to 63, or is there twice\n", words[i],
                    valued ? "LINE=0 or LINE=1 of a line" : "line");
            return false;
        }
    }
    return count != 0;
}

static int get(int count, char **words)
{
    struct gpio_words parsed;
    uint64_t values = 0;
    unsigned tries = 0;
    status_t status;
    if (!parse(&parsed, count, words, false)) {
        return tool_usage(USAGE);
    }
    do {
        status = gpio_get(chip, parsed.lines, &values);
    } while (again(status, &tries));
    for (int i = 0; i < count && status == STATUS_OK; i++) {
        struct gpio_words one = {0};
        bool known = gpio_words_add(&one, words[i], false);
        printf("%s%d", i == 0 ? "" : " ", known && (values & one.lines) != 0);
    }
    return status == STATUS_OK && putchar('\n') == '\n' ? 0
                                                        : report_of(status, parsed.lines, VALUES);
}

static int configure(const struct gpio_words *lines, uint32_t flags)
{
    unsigned tries = 0;
    status_t status;
    do {
        status = gpio_configure(chip, lines->lines, flags, lines->values);
    } while (again(status, &tries));
    return report_of(status, lines->lines, CONFIGURATION);
}

static int set(int count, char **words)
{
    struct gpio_words parsed;
    return parse(&parsed, count, words, true) ? configure(&parsed, GPIO_OUTPUT) : tool_usage(USAGE);
}

static int input(int count, char **words)
{
    struct gpio_words parsed;
    uint32_t flags = 0;
    if (count > 0 && (strcmp(words[0], "-u") == 0 || strcmp(words[0], "-U") == 0)) {
        flags = words[0][1] == 'u' ? GPIO_PULL_UP : GPIO_PULL_NONE;
        words++;
        count--;
    }
    return parse(&parsed, count, words, false) ? configure(&parsed, flags) : tool_usage(USAGE);
}

static int watch_lines(uint64_t rising, uint64_t falling, uint64_t count)
{
    uint64_t time = clock_read();
    for (uint64_t i = 0; count == 0 || i < count; i++) {
        uint32_t line = 0;
        uint32_t event = 0;
        status_t status = wait_call(rising, falling, NULL, time, &line, &event, &time);
        if (status != STATUS_OK) {
            return report_of(status, rising | falling, EVENTS);
        }
        printf("%llu.%09llu %u %s\n", (unsigned long long)(time / SECOND),
               (unsigned long long)(time % SECOND), (unsigned)line,
               event == GPIO_RISING ? "rising" : "falling");
        if (fflush(stdout) != 0) {
            return tool_fail("gpio", "output");
        }
    }
    return 0;
}

static int watch(int count, char **words)
{
    struct gpio_words parsed;
    bool rising = true;
    bool falling = true;
    uint64_t most = 0;
    for (; count > 0 && words[0][0] == '-'; count--, words++) {
        if (strcmp(words[0], "-r") == 0) {
            falling = false;
        } else if (strcmp(words[0], "-f") == 0) {
            rising = false;
        } else if (strcmp(words[0], "-n") == 0 && count > 1 && tool_number(words[1], &most)) {
            count--;
            words++;
        } else {
            return tool_usage(USAGE);
        }
    }
    if (!(rising || falling) || !parse(&parsed, count, words, false)) {
        return tool_usage(USAGE);
    }
    return watch_lines(rising ? parsed.lines : 0, falling ? parsed.lines : 0, most);
}

static int wait(int count, char **words)
{
    struct gpio_words parsed;
    uint32_t line = 0;
    uint32_t event = 0;
    uint64_t time;
    if (!parse(&parsed, count, words, true)) {
        return tool_usage(USAGE);
    }
    status_t status = wait_call(0, 0, &parsed, clock_read(), &line, &event, &time);
    if (status == STATUS_OK) {
        printf("%u=%d\n", (unsigned)line, event == GPIO_HIGH);
    }
    return report_of(status, parsed.lines, EVENTS);
}

/* ---- the command line ----------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(int count, char **words);
} commands[] = {
    {"info", info}, {"get", get}, {"set", set}, {"input", input}, {"watch", watch}, {"wait", wait},
};

static int run(const char *command, int count, char **words)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, command) == 0) {
            status_t status = path_open(chip_path, 0, NULL, &chip);
            return status != STATUS_OK ? report(status) : commands[i].run(count, words);
        }
    }
    return tool_usage(USAGE);
}

int main(int count, char **words)
{
    int first = 1;
    if (count > 2 && strcmp(words[1], "-c") == 0) {
        const char *folder = strchr(words[2], '/') == NULL ? "/dev/" : "";
        int length = snprintf(chip_path, sizeof(chip_path), "%s%s", folder, words[2]);
        if (length < 0 || (size_t)length >= sizeof(chip_path)) {
            return tool_usage(USAGE);
        }
        first = 3;
    }
    bool named = first < count;
    return run(named ? words[first] : "info", named ? count - first - 1 : 0, words + first + 1);
}
