/* The first line of a script: see script_line.h. */
#include "script_line.h"

#include "format.h"

struct span {
    const char *at;
    const char *end;
};

static status_t refuse(char *reason, status_t status, const char *text)
{
    (void)format_text(reason, SCRIPT_LINE_REASON, "%s", text);
    return status;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool has(struct span span, char byte)
{
    while (span.at < span.end && *span.at != byte) {
        span.at++;
    }
    return span.at < span.end;
}

static struct span trim(struct span span)
{
    while (span.at < span.end && is_blank(*span.at)) {
        span.at++;
    }
    while (span.at < span.end && is_blank(span.end[-1])) {
        span.end--;
    }
    return span;
}

/* Cuts the first word off. */
static struct span take_word(struct span *span)
{
    struct span word = {span->at, span->at};
    while (word.end < span->end && !is_blank(*word.end)) {
        word.end++;
    }
    span->at = word.end;
    return word;
}

static status_t check_line(struct span line, char *reason)
{
    if (line.at == line.end) {
        return refuse(reason, STATUS_REFUSED, "names no interpreter after #!");
    }
    if (has(line, '\0')) {
        return refuse(reason, STATUS_REFUSED, "has a zero byte in its first line");
    }
    if (line.end[-1] == '\r') {
        return refuse(reason, STATUS_REFUSED,
                      "has a first line that ends in CR LF; save it with LF alone");
    }
    return STATUS_OK;
}

status_t script_line_parse(const char *bytes, uint32_t count, struct script_line *line,
                           char reason[SCRIPT_LINE_REASON])
{
    *line = (struct script_line){.interpreter = NULL};
    reason[0] = '\0';
    if (count < 2 || bytes[0] != '#' || bytes[1] != '!') {
        return refuse(reason, STATUS_BAD_FORMAT, "does not begin with #!");
    }
    struct span rest = {bytes + 2, bytes + 2};
    while (rest.end < bytes + count && *rest.end != '\n') {
        rest.end++;
    }
    if (rest.end - bytes >= SCRIPT_LINE_BYTES) {
        return refuse(reason, STATUS_REFUSED, "has a first line of more than 255 bytes");
    }
    rest = trim(rest);
    status_t status = check_line(rest, reason);
    if (status != STATUS_OK) {
        return status;
    }
    struct span word = take_word(&rest);
    rest = trim(rest);
    line->interpreter = word.at;
    line->interpreter_length = (uint32_t)(word.end - word.at);
    line->argument = rest.at;
    line->argument_length = (uint32_t)(rest.end - rest.at);
    return STATUS_OK;
}
