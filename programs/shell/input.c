/*
 * Where the shell's own commands come from: lines edited on a terminal, or read from a file. The
 * terminal is raw while a line is edited and cooked while commands run.
 */
#include <sinter/protocol/file.h>
#include <sinter/protocol/terminal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "editor.h"
#include "jobs.h"
#include "shell.h"

#define PROMPT          "sinter# "
#define PROMPT_MORE     "> "
#define SHOW_SIZE       512
#define DEFAULT_COLUMNS 80
#define COLUMNS_LOWEST  20
#define MODE_TRIES      5

/* What the editor shows, gathered into one write for each key. */
static struct {
    char text[SHOW_SIZE];
    size_t length;
} shown;

static void flush(void)
{
    ssize_t written = write(STDIN_FILENO, shown.text, shown.length);
    (void)written; /* the next read finds a broken terminal */
    shown.length = 0;
}

static void show(void *context, const char *text, size_t length)
{
    (void)context;
    while (length > 0) {
        size_t room = SHOW_SIZE - shown.length;
        size_t count = length < room ? length : room;
        memcpy(shown.text + shown.length, text, count);
        shown.length += count;
        text += count;
        length -= count;
        if (shown.length == SHOW_SIZE) {
            flush();
        }
    }
}

static status_t set_mode(uint32_t mode)
{
    handle_t terminal = descriptor_endpoint(STDIN_FILENO);
    status_t status = STATUS_PEER_DIED;
    for (unsigned i = 0; i < MODE_TRIES && status == STATUS_PEER_DIED; i++) {
        status = terminal_set_mode(terminal, mode, NULL);
    }
    return status;
}

void input_take_terminal_back(void)
{
    status_ignore(set_mode(TERMINAL_COOKED));
}

/* One byte, so that what is typed ahead stays for the commands. A console that has been restarted
 * knows neither the mode nor the line. */
static bool read_key(struct editor *editor, unsigned char *byte)
{
    handle_t terminal = descriptor_endpoint(STDIN_FILENO);
    for (;;) {
        uint64_t count = 0;
        status_t status = file_read(terminal, 0, 0, byte, 1, &count);
        if (status == STATUS_OK) {
            return count == 1;
        }
        bool restarts = status == STATUS_PEER_DIED || status == STATUS_NOT_READY;
        if (restarts && set_mode(TERMINAL_RAW) == STATUS_OK) {
            show(NULL, "\r\n", 2);
            editor_refresh(editor);
            flush();
        } else if (status != STATUS_INTERRUPTED) {
            return false;
        }
    }
}

static size_t terminal_columns(const struct shell *shell)
{
    const char *text = variables_get(&shell->variables, "COLUMNS");
    unsigned long columns = text != NULL ? strtoul(text, NULL, 10) : 0;
    return columns >= COLUMNS_LOWEST ? columns : DEFAULT_COLUMNS;
}

static enum input_result edit(struct shell *shell, struct editor *editor)
{
    unsigned char byte;
    enum editor_result result = EDITOR_MORE;
    while (result == EDITOR_MORE || result == EDITOR_COMPLETE) {
        if (!read_key(editor, &byte)) {
            return INPUT_END;
        }
        result = editor_feed(editor, byte);
        if (result == EDITOR_COMPLETE) {
            candidates_complete(shell, editor);
        }
        flush();
    }
    return result == EDITOR_LINE        ? INPUT_LINE
           : result == EDITOR_INTERRUPT ? INPUT_INTERRUPT
                                        : INPUT_END;
}

enum input_result input_edit(struct shell *shell, const char *prompt, const char **line)
{
    static struct editor editor;
    if (set_mode(TERMINAL_RAW) != STATUS_OK) {
        return INPUT_END;
    }
    editor.show = show;
    editor.history = &shell->history;
    editor.columns = terminal_columns(shell);
    editor_start(&editor, prompt);
    flush();
    enum input_result result = edit(shell, &editor);
    terminal_forget_interrupt(); /* from here on ^C is for what the line starts */
    input_take_terminal_back();
    *line = editor.line;
    return result;
}

/* Lines that do not make a whole command yet. */
struct pending {
    char *text;
    size_t length;
};

static void pending_add(struct pending *pending, const char *text, size_t length)
{
    pending->text = checked_resize(pending->text, pending->length + length + 1);
    memcpy(pending->text + pending->length, text, length);
    pending->length += length;
    pending->text[pending->length] = '\0';
}

/* The last line ends with a backslash that is not itself escaped. */
static bool is_continued(const struct pending *pending)
{
    size_t at = pending->length;
    size_t backslashes = 0;
    if (at == 0 || pending->text[--at] != '\n') {
        return false;
    }
    while (at > 0 && pending->text[--at] == '\\') {
        backslashes++;
    }
    return backslashes % 2 != 0;
}

static bool needs_more(const struct pending *pending)
{
    struct arena arena = {0};
    struct parser parser;
    struct node *tree;
    enum parse_status status;
    parser_start(&parser, &arena, pending->text, pending->length);
    do {
        status = parser_next(&parser, &tree);
    } while (status == PARSE_COMMAND);
    arena_free(&arena);
    return status == PARSE_UNFINISHED || is_continued(pending);
}

/* Reads one line with its end, unless the file ends before. */
static enum input_result read_plain(struct pending *pending)
{
    char byte = '\0';
    size_t before = pending->length;
    while (byte != '\n' && read(STDIN_FILENO, &byte, 1) == 1) {
        pending_add(pending, &byte, 1);
    }
    return pending->length > before ? INPUT_LINE : INPUT_END;
}

static enum input_result read_edited(struct shell *shell, struct pending *pending)
{
    const char *line;
    enum input_result result =
        input_edit(shell, pending->length == 0 ? PROMPT : PROMPT_MORE, &line);
    if (result == INPUT_LINE) {
        pending_add(pending, line, strlen(line));
        history_add(&shell->history, line);
        pending_add(pending, "\n", 1);
    }
    return result;
}

static void report_jobs(const struct io *io)
{
    for (size_t i = 0; i < JOB_LIMIT; i++) {
        struct job *job = jobs_at(i);
        if (job != NULL && atomic_load(&job->done)) {
            shell_print(io->files[2], "[%u] done (%d)  %s\n", job->number, job->status, job->text);
            jobs_remove(job);
        }
    }
}

static void run_pending(struct shell *shell, struct pending *pending, const struct io *io)
{
    if (!shell->interactive) {
        terminal_forget_interrupt();
    }
    (void)execute_text(shell, pending->text, pending->length, "input", io);
    shell->leave = 0;
    pending->length = 0;
}

int input_run(struct shell *shell, const struct io *io)
{
    struct pending pending = {0};
    enum input_result result = INPUT_LINE;
    while (!shell->exiting && result != INPUT_END) {
        if (shell->interactive && pending.length == 0) {
            report_jobs(io);
        }
        result = shell->interactive ? read_edited(shell, &pending) : read_plain(&pending);
        if (result == INPUT_INTERRUPT) {
            pending.length = 0;
            shell->status = STATUS_INTERRUPT;
        } else if (pending.length > 0 && (result == INPUT_END || !needs_more(&pending))) {
            run_pending(shell, &pending, io);
        }
    }
    free(pending.text);
    return shell->status;
}
