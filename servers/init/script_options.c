/*
 * The options of a statement: see script_options.h; their meaning is in docs/INIT.md.
 */
#include "script_options.h"

#include "memory.h"
#include "sinter/object.h"
#include "text.h"

enum {
    MILLISECOND = 1000000,
    PRIORITY_MAX = 23, /* below init's own threads */
    ATTEMPTS_MAX = 1000,
    CPU_PERCENT = 80, /* when the script says nothing: others get the rest, whoever loops */
    CPU_PERCENT_MAX = 800,
};

static const struct allowable {
    const char *word;
    uint32_t bits;
} allowables[] = {
    {"registers", RESOURCE_REGISTERS},
    {"irq", RESOURCE_INTERRUPTS},
    {"dma", RESOURCE_DMA},
    {"firmware", RESOURCE_FIRMWARE},
    {"devicetree", RESOURCE_DEVICETREE},
    {"console", RESOURCE_CONSOLE},
    {"debug", RESOURCE_DEBUG},
    {"clock", RESOURCE_CLOCK},
    {"bootset", RESOURCE_BOOTSET},
    {"names", RESOURCE_NAMES},
    {"entropy", RESOURCE_ENTROPY},
    {"service", SCRIPT_ALLOW_SERVICE},
    {"spawn", SCRIPT_ALLOW_SPAWN},
    {NULL, 0},
};

#define KNOWN_ALLOWABLES                                                                           \
    "registers, irq, dma, firmware, devicetree, console, debug, clock, bootset, names, entropy, "  \
    "service, spawn"

void script_allow_text(uint32_t allow, char *buffer, size_t size)
{
    struct text text = text_in(buffer, size);
    for (const struct allowable *known = allowables; known->word != NULL; known++) {
        if ((allow & known->bits) != 0) {
            allow &= ~known->bits;
            const char *joint = allow == 0 ? " and " : ", ";
            TEXT_PUT(&text, text.used == 0 ? "" : joint, known->word);
        }
    }
}

/* The first `length` bytes of `word` as one word of an allow list. */
static uint32_t allowable_bits(const char *word, size_t length)
{
    for (const struct allowable *known = allowables; known->word != NULL; known++) {
        if (text_length(known->word) == length && memcmp(known->word, word, length) == 0) {
            return known->bits;
        }
    }
    return 0;
}

static bool parse_allow(struct script_options *options, const char *value, char *error)
{
    options->allow = 0;
    while (!text_same(value, "none")) {
        size_t length = 0;
        while (value[length] != '\0' && value[length] != ',') {
            length++;
        }
        uint32_t bits = allowable_bits(value, length);
        if (bits == 0) {
            return SCRIPT_REFUSE(error, "`", value, "` cannot be allowed; known are ",
                                 KNOWN_ALLOWABLES, ", joined by commas, or none");
        }
        options->allow |= bits;
        if (value[length] == '\0') {
            break;
        }
        value += length + 1;
    }
    return true;
}

static bool parse_object(struct script_options *options, const char *value, char *error)
{
    if (!text_copy(options->object, SCRIPT_PATH, value) || *value == '\0') {
        return SCRIPT_REFUSE(error, "the object `", value, "` is no path of 1 to 47 bytes");
    }
    return true;
}

static bool parse_alias(struct script_options *options, const char *value, char *error)
{
    if (!script_name_is_good(value) || !text_copy(options->alias, SCRIPT_NAME, value)) {
        return SCRIPT_REFUSE(error, "`", value, "` is no name: up to 23 letters, digits, - _ .");
    }
    return true;
}

static bool parse_root(struct script_options *options, const char *value, char *error)
{
    if (value[0] != '/' || value[1] == '\0' || !text_copy(options->root, SCRIPT_PATH, value)) {
        return SCRIPT_REFUSE(error, "root `", value,
                             "` is no path where something is mounted, such as /lab1, of up to 47 "
                             "bytes");
    }
    return true;
}

static bool parse_restart(struct script_options *options, const char *value, char *error)
{
    static const char *const words[] = {
        [SCRIPT_NEVER] = "never", [SCRIPT_ON_CRASH] = "on-crash", [SCRIPT_ALWAYS] = "always"};
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (text_same(words[i], value)) {
            options->restart = i;
            return true;
        }
    }
    return SCRIPT_REFUSE(error, "restart `", value,
                         "` is not known; write never, on-crash or always");
}

static bool parse_class(struct script_options *options, const char *value, char *error)
{
    options->essential = text_same(value, "essential");
    if (!options->essential && !text_same(value, "normal")) {
        return SCRIPT_REFUSE(error, "class `", value, "` is not known; write normal or essential");
    }
    return true;
}

static bool parse_bounded(const char *value, uint64_t most, uint32_t *number)
{
    uint64_t wide;
    bool good = text_to_number(value, text_length(value), &wide) && wide <= most;
    *number = good ? (uint32_t)wide : 0;
    return good;
}

static bool parse_priority(struct script_options *options, const char *value, char *error)
{
    if (!parse_bounded(value, PRIORITY_MAX, &options->priority) || options->priority == 0) {
        return SCRIPT_REFUSE(error, "priority `", value, "` is no number from 1 to 23");
    }
    return true;
}

static bool parse_attempts(struct script_options *options, const char *value, char *error)
{
    if (!parse_bounded(value, ATTEMPTS_MAX, &options->attempts)) {
        return SCRIPT_REFUSE(error, "attempts `", value, "` is no number from 0 to 1000");
    }
    return true;
}

static bool parse_cpu(struct script_options *options, const char *value, char *error)
{
    size_t digits = text_length(value);
    uint64_t percent = 0;
    if (text_same(value, "all")) {
        options->cpu = 0;
        return true;
    }
    digits -= digits != 0 && value[digits - 1] == '%';
    if (!text_to_number(value, digits, &percent) || percent == 0 || percent > CPU_PERCENT_MAX ||
        value[digits] != '%') {
        return SCRIPT_REFUSE(error, "cpu `", value,
                             "` is no share of a CPU's time from 1% to 800%, and not `all`");
    }
    options->cpu = (uint32_t)percent;
    return true;
}

static bool parse_memory(struct script_options *options, const char *value, char *error)
{
    if (!script_size(value, &options->memory)) {
        return SCRIPT_REFUSE(error, "memory `", value, "` is no size such as 512K, 8M or 1G");
    }
    return true;
}

static bool parse_time(uint64_t *time, const char *value, char *error)
{
    if (!script_duration(value, time) || *time == 0) {
        return SCRIPT_REFUSE(error, "`", value, "` is no duration such as 500ms, 5s or 2m");
    }
    return true;
}

static bool parse_start_time(struct script_options *options, const char *value, char *error)
{
    return parse_time(&options->start_time, value, error);
}

static bool parse_stop_time(struct script_options *options, const char *value, char *error)
{
    return parse_time(&options->stop_time, value, error);
}

static bool parse_min_run(struct script_options *options, const char *value, char *error)
{
    return parse_time(&options->min_run, value, error);
}

/* Stands alone: there is no value. */
static bool parse_demand(struct script_options *options, const char *value, char *error)
{
    (void)value;
    (void)error;
    options->demand = true;
    return true;
}

static bool parse_failed(struct script_options *options, const char *value, char *error)
{
    if (text_same(value, "nothing") || text_same(value, "reboot")) {
        options->failed = text_same(value, "reboot") ? SCRIPT_REBOOT : SCRIPT_NOTHING;
        return true;
    }
    options->failed = SCRIPT_START_OTHER;
    if (!script_name_is_good(value) || !text_copy(options->other, SCRIPT_NAME, value)) {
        return SCRIPT_REFUSE(error, "on-failed `", value,
                             "` is not known; write nothing, reboot, or a service to start");
    }
    return true;
}

static const struct option {
    const char *word;
    uint32_t given;
    bool (*parse)(struct script_options *options, const char *value, char *error);
} known_options[] = {
    {"object", SCRIPT_HAS_OBJECT, parse_object},
    {"as", SCRIPT_HAS_ALIAS, parse_alias},
    {"allow", SCRIPT_HAS_ALLOW, parse_allow},
    {"root", SCRIPT_HAS_ROOT, parse_root},
    {"restart", SCRIPT_HAS_RESTART, parse_restart},
    {"attempts", SCRIPT_HAS_ATTEMPTS, parse_attempts},
    {"class", SCRIPT_HAS_CLASS, parse_class},
    {"on-failed", SCRIPT_HAS_FAILED, parse_failed},
    {"demand", SCRIPT_HAS_DEMAND, parse_demand},
    {"priority", SCRIPT_HAS_PRIORITY, parse_priority},
    {"memory", SCRIPT_HAS_MEMORY, parse_memory},
    {"cpu", SCRIPT_HAS_CPU, parse_cpu},
    {"start-time", SCRIPT_HAS_START_TIME, parse_start_time},
    {"stop-time", SCRIPT_HAS_STOP_TIME, parse_stop_time},
    {"min-run", SCRIPT_HAS_MIN_RUN, parse_min_run},
    {NULL, 0, NULL},
};

#define KNOWN_OPTIONS                                                                              \
    "object, as, allow, root, demand, restart, attempts, class, on-failed, priority, memory, "     \
    "cpu, start-time, stop-time, min-run, args"

static const struct option *find_option(const char *word)
{
    const struct option *option = known_options;
    while (option->word != NULL && !text_same(option->word, word)) {
        option++;
    }
    return option->word == NULL ? NULL : option;
}

bool script_arguments_parse(struct script_words *words, struct script_arguments *arguments,
                            char error[SCRIPT_ERROR])
{
    const char *word;
    arguments->count = 0;
    arguments->bytes = 0;
    while ((word = script_words_take(words)) != NULL) {
        uint32_t length = (uint32_t)text_length(word) + 1;
        if (arguments->count == SCRIPT_ARGUMENTS || length > SCRIPT_TEXT - arguments->bytes) {
            return SCRIPT_REFUSE(error, "too many arguments; at most 16 of 192 bytes in all");
        }
        memcpy(arguments->text + arguments->bytes, word, length);
        arguments->bytes += length;
        arguments->count++;
    }
    return true;
}

bool script_options_parse(struct script_words *words, struct script_options *options,
                          char error[SCRIPT_ERROR])
{
    const char *word;
    while ((word = script_words_take(words)) != NULL) {
        if (text_same(word, "args")) {
            options->given |= SCRIPT_HAS_ARGUMENTS;
            return script_arguments_parse(words, &options->arguments, error);
        }
        const struct option *option = find_option(word);
        if (option == NULL) {
            return SCRIPT_REFUSE(error, "unknown option `", word, "`; known are ", KNOWN_OPTIONS);
        }
        bool alone = option->given == SCRIPT_HAS_DEMAND;
        const char *value = alone ? "" : script_words_take(words);
        if (value == NULL) {
            return SCRIPT_REFUSE(error, "`", word, "` wants a value after it");
        }
        if (!option->parse(options, value, error)) {
            return false;
        }
        options->given |= option->given;
    }
    return true;
}

void script_options_defaults(struct script_options *options)
{
    *options = (struct script_options){
        .restart = SCRIPT_ON_CRASH,
        .failed = SCRIPT_NOTHING,
        .attempts = 5,
        .cpu = CPU_PERCENT,
        .start_time = (uint64_t)5000 * MILLISECOND,
        .stop_time = (uint64_t)3000 * MILLISECOND,
        .min_run = (uint64_t)10000 * MILLISECOND,
    };
}

/* One field, if the line gave it. */
#define MERGE(bit, field)                                                                          \
    do {                                                                                           \
        if ((from->given & (bit)) != 0) {                                                          \
            to->field = from->field;                                                               \
        }                                                                                          \
    } while (0)

void script_options_merge(struct script_options *to, const struct script_options *from)
{
    MERGE(SCRIPT_HAS_ALLOW, allow);
    MERGE(SCRIPT_HAS_ALLOW, allow_line);
    MERGE(SCRIPT_HAS_ROOT, root_line);
    MERGE(SCRIPT_HAS_RESTART, restart);
    MERGE(SCRIPT_HAS_ATTEMPTS, attempts);
    MERGE(SCRIPT_HAS_CLASS, essential);
    MERGE(SCRIPT_HAS_DEMAND, demand);
    MERGE(SCRIPT_HAS_FAILED, failed);
    MERGE(SCRIPT_HAS_PRIORITY, priority);
    MERGE(SCRIPT_HAS_MEMORY, memory);
    MERGE(SCRIPT_HAS_CPU, cpu);
    MERGE(SCRIPT_HAS_START_TIME, start_time);
    MERGE(SCRIPT_HAS_STOP_TIME, stop_time);
    MERGE(SCRIPT_HAS_MIN_RUN, min_run);
    MERGE(SCRIPT_HAS_ARGUMENTS, arguments);
    if ((from->given & SCRIPT_HAS_OBJECT) != 0) {
        text_copy(to->object, SCRIPT_PATH, from->object);
    }
    if ((from->given & SCRIPT_HAS_ALIAS) != 0) {
        text_copy(to->alias, SCRIPT_NAME, from->alias);
    }
    if ((from->given & SCRIPT_HAS_ROOT) != 0) {
        text_copy(to->root, SCRIPT_PATH, from->root);
    }
    if ((from->given & SCRIPT_HAS_FAILED) != 0) {
        text_copy(to->other, SCRIPT_NAME, from->other);
    }
    to->given |= from->given;
}
