/*
 * The statements of the language: see script.h; their meaning is in docs/INIT.md.
 */
#include "script.h"

#include "memory.h"
#include "script_options.h"
#include "text.h"

/* The order of SERVICE_FAULT_ in libsys/tables/protocols/service.toml. */
static const char *const fault_words[] = {"none", "null", "illegal", "loop", "exit"};

static bool take_name(struct script_words *words, const char *verb, char *name, char *error)
{
    const char *word = script_words_take(words);
    if (word == NULL) {
        return SCRIPT_REFUSE(error, "`", verb, "` wants the name of a service after it");
    }
    if (!script_name_is_good(word) || !text_copy(name, SCRIPT_NAME, word)) {
        return SCRIPT_REFUSE(error, "`", word, "` is no name: up to 23 letters, digits, - _ .");
    }
    return true;
}

static bool take_end(struct script_words *words, char *error)
{
    const char *word = script_words_take(words);
    if (word != NULL) {
        return SCRIPT_REFUSE(error, "`", word, "` is one word too many");
    }
    return true;
}

static bool parse_nothing(struct script_words *words, struct script_statement *statement,
                          char *error)
{
    (void)statement;
    return take_end(words, error);
}

static bool parse_name(struct script_words *words, struct script_statement *statement, char *error)
{
    return take_name(words, words->word[0], statement->name, error) && take_end(words, error);
}

static bool parse_start(struct script_words *words, struct script_statement *statement, char *error)
{
    return take_name(words, words->word[0], statement->name, error) &&
           script_options_parse(words, &statement->options, error);
}

/* `service NAME OBJECT options`: the object has no word of its own before it. */
static bool parse_service(struct script_words *words, struct script_statement *statement,
                          char *error)
{
    if (!take_name(words, words->word[0], statement->name, error)) {
        return false;
    }
    const char *object = script_words_take(words);
    if (object == NULL || !text_copy(statement->options.object, SCRIPT_PATH, object)) {
        return SCRIPT_REFUSE(error, "`", words->word[0],
                             "` wants a name and an object of up to 47 bytes, as in `",
                             words->word[0], " fifo fifo.o`");
    }
    statement->options.given |= SCRIPT_HAS_OBJECT;
    return script_options_parse(words, &statement->options, error);
}

/* `replace NAME with OBJECT`. */
static bool parse_replace(struct script_words *words, struct script_statement *statement,
                          char *error)
{
    if (!take_name(words, words->word[0], statement->name, error)) {
        return false;
    }
    const char *with = script_words_take(words);
    const char *object = script_words_take(words);
    if (with == NULL || !text_same(with, "with") || object == NULL) {
        return SCRIPT_REFUSE(error, "write `replace NAME with OBJECT`, as in ",
                             "`replace fifo with fifo.o`");
    }
    if (!text_copy(statement->options.object, SCRIPT_PATH, object)) {
        return SCRIPT_REFUSE(error, "`", object, "` is too long for an object; at most 47 bytes");
    }
    statement->options.given |= SCRIPT_HAS_OBJECT;
    return take_end(words, error);
}

static bool parse_stop(struct script_words *words, struct script_statement *statement, char *error)
{
    if (!take_name(words, words->word[0], statement->name, error)) {
        return false;
    }
    const char *word = script_words_take(words);
    statement->force = word != NULL && (text_same(word, "force") || text_same(word, "--force"));
    if (word != NULL && !statement->force) {
        return SCRIPT_REFUSE(error, "`", word, "` is not known here; `stop NAME --force` is");
    }
    return take_end(words, error);
}

static bool parse_kill(struct script_words *words, struct script_statement *statement, char *error)
{
    if (!take_name(words, words->word[0], statement->name, error)) {
        return false;
    }
    const char *word = script_words_take(words);
    if (word == NULL) {
        return true;
    }
    const char *value = text_same(word, "--fault") ? script_words_take(words) : NULL;
    for (uint32_t i = 1; value != NULL && i < sizeof(fault_words) / sizeof(fault_words[0]); i++) {
        if (text_same(fault_words[i], value)) {
            statement->fault = i;
            return take_end(words, error);
        }
    }
    return SCRIPT_REFUSE(error, "write `kill NAME` or `kill NAME --fault null|illegal|loop|exit`");
}

static bool parse_wait(struct script_words *words, struct script_statement *statement, char *error)
{
    const char *word = script_words_take(words);
    if (word == NULL) {
        return true;
    }
    if (!script_name_is_good(word) || !text_copy(statement->name, SCRIPT_NAME, word)) {
        return SCRIPT_REFUSE(error, "`", word, "` is no name: up to 23 letters, digits, - _ .");
    }
    word = script_words_take(words);
    if (word != NULL && !script_duration(word, &statement->time)) {
        return SCRIPT_REFUSE(error, "`", word, "` is no duration such as 500ms, 5s or 2m");
    }
    return take_end(words, error);
}

/* `crashes [NAME] [--previous]`. */
static bool parse_crashes(struct script_words *words, struct script_statement *statement,
                          char *error)
{
    const char *word = script_words_take(words);
    bool named = word != NULL && script_name_is_good(word);
    if (named && text_copy(statement->name, SCRIPT_NAME, word)) {
        word = script_words_take(words);
    }
    statement->previous = word != NULL && (text_same(word, "--previous") || text_same(word, "-p"));
    if (word != NULL && !statement->previous) {
        return SCRIPT_REFUSE(error, "`", word,
                             "` is not known here; write `crashes [NAME] [--previous]`");
    }
    return take_end(words, error);
}

static bool parse_echo(struct script_words *words, struct script_statement *statement, char *error)
{
    return script_arguments_parse(words, &statement->options.arguments, error);
}

static bool parse_devices(struct script_words *words, struct script_statement *statement,
                          char *error)
{
    return script_options_parse(words, &statement->options, error);
}

/* `console DEVICE run PROGRAM options`. */
static bool parse_console(struct script_words *words, struct script_statement *statement,
                          char *error)
{
    const char *device = script_words_take(words);
    const char *run = script_words_take(words);
    const char *program = script_words_take(words);
    bool good = device != NULL && run != NULL && program != NULL && text_same(run, "run") &&
                text_copy(statement->path, SCRIPT_PATH, device) &&
                text_copy(statement->options.object, SCRIPT_PATH, program);
    if (!good) {
        return SCRIPT_REFUSE(error, "write `console DEVICE run PROGRAM`, as in "
                                    "`console /dev/console run shell.o`");
    }
    statement->options.given |= SCRIPT_HAS_OBJECT;
    return script_options_parse(words, &statement->options, error);
}

static bool parse_on_failed(struct script_words *words, struct script_statement *statement,
                            char *error)
{
    if (!take_name(words, words->word[0], statement->name, error)) {
        return false;
    }
    const char *word = script_words_take(words);
    if (word == NULL) {
        return SCRIPT_REFUSE(error, "write `on-failed NAME nothing|reboot|OTHER`");
    }
    words->next -= 2; /* the same rules as the option of that name: `on-failed VALUE` */
    words->word[words->next] = "on-failed";
    return script_options_parse(words, &statement->options, error);
}

/* `mount PATH SERVICE`, or `mount` alone, which lists. */
static bool parse_mount(struct script_words *words, struct script_statement *statement, char *error)
{
    const char *path = script_words_take(words);
    if (path == NULL) {
        return true;
    }
    if (!text_copy(statement->path, SCRIPT_PATH, path)) {
        return SCRIPT_REFUSE(error, "`", path, "` is too long to mount at; at most 47 bytes");
    }
    return take_name(words, "mount PATH", statement->name, error) && take_end(words, error);
}

static bool parse_unmount(struct script_words *words, struct script_statement *statement,
                          char *error)
{
    const char *path = script_words_take(words);
    if (path == NULL || !text_copy(statement->path, SCRIPT_PATH, path)) {
        return SCRIPT_REFUSE(error, "write `unmount PATH`, as in `unmount /tmp`");
    }
    return take_end(words, error);
}

static const struct verb {
    const char *word;
    enum script_verb verb;
    bool (*parse)(struct script_words *words, struct script_statement *statement, char *error);
} verbs[] = {
    {"service", SCRIPT_SERVICE, parse_service}, {"program", SCRIPT_PROGRAM, parse_service},
    {"start", SCRIPT_START, parse_start},       {"stop", SCRIPT_STOP, parse_stop},
    {"restart", SCRIPT_RESTART, parse_name},    {"kill", SCRIPT_KILL, parse_kill},
    {"status", SCRIPT_STATUS, parse_name},      {"log", SCRIPT_LOG, parse_name},
    {"list", SCRIPT_LIST, parse_nothing},       {"wait", SCRIPT_WAIT, parse_wait},
    {"echo", SCRIPT_ECHO, parse_echo},          {"devices", SCRIPT_DEVICES, parse_devices},
    {"console", SCRIPT_CONSOLE, parse_console}, {"on-failed", SCRIPT_ON_FAILED, parse_on_failed},
    {"help", SCRIPT_HELP, parse_nothing},       {"mount", SCRIPT_MOUNT, parse_mount},
    {"unmount", SCRIPT_UNMOUNT, parse_unmount}, {"enable", SCRIPT_ENABLE, parse_name},
    {"disable", SCRIPT_DISABLE, parse_name},    {"replace", SCRIPT_REPLACE, parse_replace},
    {"crashes", SCRIPT_CRASHES, parse_crashes}, {NULL, SCRIPT_EMPTY, NULL},
};

#define KNOWN_VERBS                                                                                \
    "service, program, start, stop, restart, replace, enable, disable, kill, status, log, "        \
    "crashes, list, wait, echo, devices, console, mount, unmount, on-failed, help"

bool script_parse_line(const char *text, size_t length, uint32_t line,
                       struct script_statement *statement, char error[SCRIPT_ERROR])
{
    struct script_words words;
    memset(statement, 0, sizeof(*statement));
    statement->line = line;
    statement->options.allow_line = line;
    statement->options.root_line = line;
    if (!script_words_split(&words, text, length, error)) {
        return false;
    }
    const char *word = script_words_take(&words);
    if (word == NULL) {
        return true;
    }
    for (const struct verb *verb = verbs; verb->word != NULL; verb++) {
        if (text_same(verb->word, word)) {
            statement->verb = verb->verb;
            return verb->parse(&words, statement, error);
        }
    }
    return SCRIPT_REFUSE(error, "unknown word `", word, "`; known are ", KNOWN_VERBS);
}

/* One line into the next statement; answers how many statements there are afterwards. */
static size_t parse_next(const char *text, size_t length, uint32_t line, size_t count,
                         struct script_statement *statements, script_report *report, void *context)
{
    char error[SCRIPT_ERROR];
    struct script_statement statement;
    if (!script_parse_line(text, length, line, &statement, error)) {
        report(context, line, error);
        return count;
    }
    if (statement.verb == SCRIPT_EMPTY) {
        return count;
    }
    if (count == SCRIPT_STATEMENTS) {
        report(context, line, "too many statements, this one is left out; at most 96");
        return count;
    }
    statements[count] = statement;
    return count + 1;
}

size_t script_parse(const char *text, size_t length, struct script_statement *statements,
                    script_report *report, void *context)
{
    size_t count = 0;
    uint32_t line = 1;
    for (size_t at = 0; at < length; line++) {
        size_t end = at;
        while (end < length && text[end] != '\n') {
            end++;
        }
        count = parse_next(text + at, end - at, line, count, statements, report, context);
        at = end + 1;
    }
    return count;
}
