/*
 * svc WORD...: runs a line of the init script's language (start, stop, restart, status, log, kill,
 * list, ...) and prints the answer; `replace` with a path sends the file along. The supervisor is
 * reached through the start handle `service`, or through /dev/service. `svc check FILE` asks
 * nobody; `svc graph` is no line of the language.
 */
#include <errno.h>
#include <sinter/protocol/service.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "note.h"
#include "program.h"
#include "svc_check.h"
#include "svc_disk.h"
#include "svc_graph.h"
#include "svc_replace.h"
#include "svc_start.h"
#include "tool.h"

PROGRAM_NOTE("svc", "svc list|start|stop|restart|replace|status|log|kill|check|graph [NAME...]: "
                    "controls services; see `svc help`");

#define LINE_SIZE   LIMIT_MESSAGE_DATA
#define EXIT_IN_USE 3 /* a service was not stopped because it is in use */

static status_t find_supervisor(handle_t *supervisor)
{
    uint32_t version;
    *supervisor = program_handle("service");
    status_t status = *supervisor != 0 ? STATUS_OK : path_open("/dev/service", 0, NULL, supervisor);
    return status == STATUS_OK ? service_negotiate(*supervisor, &version) : status;
}

/* Puts the words into a line; the supervisor's rules for quotes are those of the script. */
static bool join(int count, char **words, char line[LINE_SIZE])
{
    size_t length = 0;
    for (int i = 1; i < count; i++) {
        size_t word = strlen(words[i]);
        if (length + word + 2 > LINE_SIZE) {
            return false;
        }
        memcpy(line + length, words[i], word);
        length += word;
        line[length++] = ' ';
    }
    line[length - 1] = '\0';
    return true;
}

static status_t run(handle_t supervisor, const char *line, uint64_t *length)
{
    if (strcmp(line, "list") == 0) {
        return service_list(supervisor, tool_buffer, sizeof(tool_buffer), length);
    }
    return service_command(supervisor, line, strlen(line), tool_buffer, sizeof(tool_buffer),
                           length);
}

static void print(const char *text, uint64_t length, int file)
{
    if (length > 0) {
        (void)tool_write(file, text, (size_t)length);
        (void)(text[length - 1] == '\n' || tool_write(file, "\n", 1));
    }
}

/* Prints the answer to `line`; the exit status. */
static int report(const char *line, status_t status, const char *text, uint64_t length)
{
    if (status != STATUS_OK && length > 0) {
        fprintf(stderr, "svc: ");
        fflush(stderr);
    }
    print(text, length, status == STATUS_OK ? STDOUT_FILENO : STDERR_FILENO);
    if (status != STATUS_OK && length == 0) {
        fprintf(stderr, "svc: %s: %s\n", line, status_text(status));
    }
    return status == STATUS_OK ? 0 : status == STATUS_BUSY ? EXIT_IN_USE : EXIT_FAILURE;
}

static int replace(handle_t supervisor, const char *name, const char *path, const char *line)
{
    char *text;
    uint64_t length;
    status_t status = svc_replace(supervisor, name, path, &text, &length);
    if (text == NULL) {
        fprintf(stderr, "svc: %s: %s\n", path, strerror(errno));
        return EXIT_FAILURE;
    }
    int code = report(line, status, text, length);
    free(text);
    return code;
}

/* replace NAME with PATH */
static bool replaces_by_file(int count, char **words)
{
    return count == 5 && strcmp(words[1], "replace") == 0 && strcmp(words[3], "with") == 0 &&
           svc_names_file(words[4]);
}

/* Statements one after the other, up to one that fails; that one is shown. */
static int start(handle_t supervisor, int count, char **words)
{
    static struct svc_start lines;
    char server[SVC_DISK_SERVER];
    int code = EXIT_FAILURE;
    const char *disk = svc_start_disk(count, (const char *const *)words);
    bool served = disk != NULL && svc_disk_server(supervisor, disk, SVC_START_FILE_SYSTEM, server);
    svc_start_lines(&lines, count, (const char *const *)words, served ? server : NULL);
    if (lines.count == 0) {
        fprintf(stderr, "svc: the line is too long, or an option has no value\n");
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < lines.count; i++) {
        uint64_t length = 0;
        status_t status = run(supervisor, lines.lines[i], &length);
        code = report(lines.lines[i], status, tool_buffer,
                      length < sizeof(tool_buffer) ? length : sizeof(tool_buffer));
        if (code != 0) {
            fprintf(stderr, "svc: this was: %s\n", lines.lines[i]);
            break;
        }
    }
    return code;
}

int main(int count, char **words)
{
    char line[LINE_SIZE];
    handle_t supervisor;
    uint64_t length = 0;
    bool dot = false;
    if (count > 1 && strcmp(words[1], "check") == 0) {
        return count == 3 ? svc_check(words[2]) : tool_usage("svc check FILE");
    }
    if (count > 1 && strcmp(words[1], "graph") == 0 && !svc_graph_wanted(count, words, &dot)) {
        return tool_usage("svc graph [--dot]");
    }
    if (count < 2 || !join(count, words, line)) {
        return tool_usage("svc list|start|stop|restart|replace|status|log|kill|check|graph "
                          "[NAME...]; `svc help` lists all");
    }
    status_t status = find_supervisor(&supervisor);
    if (status != STATUS_OK) {
        fprintf(stderr, "svc: no way to the supervisor: %s%s\n", status_text(status),
                status == STATUS_VERSION_MISMATCH
                    ? "; this svc belongs to another release of the system"
                    : " (init.rc has to allow it here)");
        return EXIT_FAILURE;
    }
    if (replaces_by_file(count, words)) {
        return replace(supervisor, words[2], words[4], line);
    }
    if (strcmp(words[1], "graph") == 0) {
        return svc_graph(supervisor, dot);
    }
    if (svc_starts(count, (const char *const *)words)) {
        return start(supervisor, count, words);
    }
    status = run(supervisor, line, &length);
    return report(line, status, tool_buffer,
                  length < sizeof(tool_buffer) ? length : sizeof(tool_buffer));
}
