/*
 * Checking scripts: see script_check.h.
 */
#include "script_check.h"

#include "text.h"

struct check {
    const struct script_statement *statements;
    size_t count; /* of those before the one that is looked at */
    size_t errors;
    script_report *report;
    void *context;
};

static void report_error(void *context, uint32_t line, const char *error)
{
    struct check *check = context;
    check->errors++;
    check->report(check->context, line, error);
}

static const char *declared_name(const struct script_statement *statement)
{
    bool has_alias = (statement->options.given & SCRIPT_HAS_ALIAS) != 0;
    bool declares = statement->verb == SCRIPT_SERVICE || statement->verb == SCRIPT_START;
    return !declares ? "" : has_alias ? statement->options.alias : statement->name;
}

/* After `devices` there are services that no line names. */
static bool is_known(const struct check *check, const char *name)
{
    for (size_t i = 0; i < check->count; i++) {
        const struct script_statement *statement = &check->statements[i];
        if (statement->verb == SCRIPT_DEVICES || text_same(declared_name(statement), name)) {
            return true;
        }
    }
    return false;
}

/* A name that means something without being declared. */
static bool is_special(const struct script_statement *statement)
{
    const char *name = statement->name;
    switch (statement->verb) {
    case SCRIPT_STOP:
        return text_same(name, "all");
    case SCRIPT_RESTART:
    case SCRIPT_KILL:
        return text_same(name, "loader");
    case SCRIPT_MOUNT:
        return text_same(name, "dev");
    default:
        return false;
    }
}

static bool takes_known_name(const struct script_statement *statement)
{
    switch (statement->verb) {
    case SCRIPT_STOP:
    case SCRIPT_RESTART:
    case SCRIPT_KILL:
    case SCRIPT_STATUS:
    case SCRIPT_LOG:
    case SCRIPT_WAIT:
    case SCRIPT_ON_FAILED:
    case SCRIPT_MOUNT:
    case SCRIPT_ENABLE:
    case SCRIPT_DISABLE:
    case SCRIPT_REPLACE:
        return statement->name[0] != '\0' && !is_special(statement);
    default:
        return false;
    }
}

static void refuse_name(struct check *check, uint32_t line, const char *name)
{
    char error[SCRIPT_ERROR];
    struct text text = text_in(error, sizeof(error));
    TEXT_PUT(&text, "there is no service `", name, "`; declare it before this line");
    report_error(check, line, error);
}

static bool has_folder(const char *path)
{
    while (*path != '\0' && *path != '/') {
        path++;
    }
    return *path == '/';
}

/* At the prompt `svc` reads the file and sends it along; a script has nobody who would. */
static void check_object(struct check *check, const struct script_statement *statement)
{
    char error[SCRIPT_ERROR];
    struct text text = text_in(error, sizeof(error));
    if (statement->verb == SCRIPT_REPLACE && has_folder(statement->options.object)) {
        TEXT_PUT(
            &text, "`", statement->options.object,
            "` is outside the boot set, and init waits for no file server; put the object into "
            "the boot set, or use `svc replace` at the prompt");
        report_error(check, statement->line, error);
    }
}

/* An option `on-failed` is looked up when the service fails, the statement at once. */
static void check_names(struct check *check, const struct script_statement *statement)
{
    const struct script_options *options = &statement->options;
    bool starts_other =
        statement->verb == SCRIPT_ON_FAILED && options->failed == SCRIPT_START_OTHER;
    if (takes_known_name(statement) && !is_known(check, statement->name)) {
        refuse_name(check, statement->line, statement->name);
    }
    if (starts_other && !is_known(check, options->other)) {
        refuse_name(check, statement->line, options->other);
    }
}

/* Whether the last line about the path mounts something there. */
static bool is_mounted(const struct check *check, const char *path)
{
    for (size_t i = check->count; i-- > 0;) {
        const struct script_statement *statement = &check->statements[i];
        if (text_same(statement->path, path) && statement->verb != SCRIPT_CONSOLE) {
            return statement->verb == SCRIPT_MOUNT;
        }
    }
    return text_same(path, "/dev");
}

static void check_root(struct check *check, const struct script_statement *statement)
{
    char error[SCRIPT_ERROR];
    struct text text = text_in(error, sizeof(error));
    const char *root = statement->options.root;
    if (statement->verb == SCRIPT_START && root[0] != '\0' && !is_mounted(check, root)) {
        TEXT_PUT(&text, "nothing is mounted at ", root, "; `mount ", root,
                 " SERVICE` before this line");
        report_error(check, statement->line, error);
    }
}

/* ---- on-failed ------------------------------------------------------------------------------ */

static const char *subject(const struct script_statement *statement)
{
    return statement->verb == SCRIPT_ON_FAILED ? statement->name : declared_name(statement);
}

/* The last line that says what follows when the service fails; null: none does. */
static const struct script_statement *follows(const struct check *check, const char *name)
{
    for (size_t i = check->count; i-- > 0;) {
        const struct script_statement *statement = &check->statements[i];
        bool says = (statement->options.given & SCRIPT_HAS_FAILED) != 0;
        if (says && text_same(subject(statement), name)) {
            return statement;
        }
    }
    return NULL;
}

/* At the last of its lines, the names in their order. */
static void refuse_circle(struct check *check, const struct script_statement *last)
{
    char error[SCRIPT_ERROR];
    struct text text = text_in(error, sizeof(error));
    const struct script_statement *at = last;
    text_put(&text, "on-failed goes in a circle: ");
    do {
        TEXT_PUT(&text, "`", subject(at), "`, ");
        at = follows(check, at->options.other);
    } while (at != last);
    TEXT_PUT(&text, "`", subject(last),
             "`; when all have failed nothing is started: let one end with `nothing` or `reboot`");
    report_error(check, last->line, error);
}

/* All statements are known. */
static void check_circle(struct check *check, const struct script_statement *statement)
{
    const struct script_statement *at = statement;
    if (subject(statement)[0] == '\0' || follows(check, subject(statement)) != statement) {
        return;
    }
    for (size_t steps = 0; steps < check->count; steps++) {
        bool starts_other = at != NULL && at->options.failed == SCRIPT_START_OTHER;
        at = starts_other ? follows(check, at->options.other) : NULL;
        if (at == NULL || at > statement) {
            return;
        }
        if (at == statement) {
            refuse_circle(check, statement);
            return;
        }
    }
}

size_t script_check(const char *text, size_t length, struct script_statement *statements,
                    script_report *report, void *context)
{
    struct check check = {.statements = statements, .report = report, .context = context};
    size_t count = script_parse(text, length, statements, report_error, &check);
    for (; check.count < count; check.count++) {
        check_names(&check, &statements[check.count]);
        check_object(&check, &statements[check.count]);
        check_root(&check, &statements[check.count]);
    }
    for (size_t i = 0; i < count; i++) {
        check_circle(&check, &statements[i]);
    }
    return check.errors;
}
