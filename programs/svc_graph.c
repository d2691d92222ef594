/*
 * The graph of servers and their users, printed: see svc_graph.h. The supervisor gives it as lines
 * of words between tabs (the service protocol's method `graph`).
 */
#include "svc_graph.h"

#include <errno.h>
#include <sinter/protocol/service.h>
#include <stdio.h>
#include <string.h>

#include "program.h"
#include "tool.h"

enum { FIELDS = 5 };
enum { FIELD_KIND, FIELD_NAME, FIELD_SERVER, FIELD_COUNT, FIELD_PROTOCOLS };

bool svc_graph_wanted(int count, char **words, bool *dot)
{
    *dot = count == 3 && strcmp(words[2], "--dot") == 0;
    return count == 2 || *dot;
}

/* Cuts a line at its tabs; fields that it has not are empty. */
static void split(char *line, const char *fields[FIELDS])
{
    static const char nothing[] = "";
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = line == NULL ? nothing : line;
        line = line == NULL ? NULL : strchr(line, '\t');
        if (line != NULL) {
            *line++ = '\0';
        }
    }
}

static void print_row(const char *const fields[FIELDS])
{
    if (strcmp(fields[FIELD_KIND], "edge") == 0) {
        printf("%-20s  %-18s  %-9s  %s\n", fields[FIELD_NAME], fields[FIELD_SERVER],
               fields[FIELD_COUNT], fields[FIELD_PROTOCOLS]);
    }
}

static void print_quoted(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('"');
}

/* Drivers as components, programs round; what does not run is dashed. */
static void print_node(const char *const fields[FIELDS])
{
    const char *kind = fields[FIELD_SERVER]; /* of a node's line */
    const char *state = fields[FIELD_COUNT];
    const char *shape = strcmp(kind, "driver") == 0    ? "component"
                        : strcmp(kind, "program") == 0 ? "ellipse"
                                                       : "box";
    printf("  ");
    print_quoted(fields[FIELD_NAME]);
    printf(" [shape=%s%s];\n", shape, strcmp(state, "running") == 0 ? "" : ", style=dashed");
}

static void print_arrow(const char *const fields[FIELDS])
{
    printf("  ");
    print_quoted(fields[FIELD_NAME]);
    printf(" -> ");
    print_quoted(fields[FIELD_SERVER]);
    printf(" [label=");
    print_quoted(fields[FIELD_PROTOCOLS]);
    printf("];\n");
}

static void print_dot(const char *const fields[FIELDS])
{
    if (strcmp(fields[FIELD_KIND], "node") == 0) {
        print_node(fields);
    } else {
        print_arrow(fields);
    }
}

static void print_lines(char *text, void (*print)(const char *const fields[FIELDS]))
{
    while (*text != '\0') {
        const char *fields[FIELDS];
        char *end = strchr(text, '\n');
        if (end == NULL) {
            return;
        }
        *end = '\0';
        split(text, fields);
        print(fields);
        text = end + 1;
    }
}

int svc_graph(handle_t supervisor, bool dot)
{
    uint64_t length = 0;
    status_t status = service_graph(supervisor, tool_buffer, sizeof(tool_buffer) - 1, &length);
    if (status != STATUS_OK || length >= sizeof(tool_buffer)) {
        errno = status_errno(status != STATUS_OK ? status : STATUS_BAD_FORMAT);
        return tool_fail("svc", "the graph of servers");
    }
    tool_buffer[length] = '\0';
    if (dot) {
        printf("digraph sinter {\n  rankdir=LR;\n");
        print_lines(tool_buffer, print_dot);
        printf("}\n");
    } else {
        printf("%-20s  %-18s  %-9s  %s\n", "USER", "SERVER", "ENDPOINTS", "PROTOCOLS");
        print_lines(tool_buffer, print_row);
    }
    return fflush(stdout) == 0 ? 0 : tool_fail("svc", "output");
}
