/*
 * Messages in words: see decode.h. Whatever the words hold, only what the tables name is printed.
 */
#include "decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "line.h"
#include "trace_methods.h"

#define HEX_FROM UINT64_C(100000) /* larger ones are addresses, flags or offsets */

/* Methods that the kernel calls: of a fault endpoint, and of a pager. */
static const struct method kernel_methods[] = {
    {0x4641554c, "kernel.fault", "kind address pc thread status", "", "", "", "", ""},
    {0x50414745, "kernel.page", "key offset access", "", "", "", "", ""},
};

static const struct method *find_in(const struct method *list, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].number == number) {
            return &list[i];
        }
    }
    return NULL;
}

static const struct method *find(uint64_t tag)
{
    const struct method *method =
        find_in(methods, sizeof(methods) / sizeof(methods[0]), tag_method(tag));
    return method != NULL
               ? method
               : find_in(kernel_methods, sizeof(kernel_methods) / sizeof(kernel_methods[0]),
                         tag_method(tag));
}

void line_put(struct line *line, const char *format, ...)
{
    va_list arguments;
    if (line->used + 1 >= line->size) {
        return;
    }
    va_start(arguments, format);
    int length = vsnprintf(line->start + line->used, line->size - line->used, format, arguments);
    va_end(arguments);
    if (length > 0) {
        size_t left = line->size - line->used - 1;
        line->used += (size_t)length < left ? (size_t)length : left;
    }
}

void decode_method(struct line *line, uint64_t tag)
{
    const struct method *method = find(tag);
    if (method != NULL) {
        line_put(line, "%s", method->name);
    } else {
        line_put(line, "method %#lx", (unsigned long)tag_method(tag));
    }
}

static void put_value(struct line *line, const char *name, size_t length, uint64_t value)
{
    bool is_signed = name[0] == '-';
    line_put(line, "%s%.*s=", line->used == 0 ? "" : " ", (int)(length - is_signed),
             name + is_signed);
    bool is_hex = value >= HEX_FROM || strncmp(name, "flags", length) == 0;
    if (is_signed) {
        line_put(line, "%ld", (long)value);
    } else {
        line_put(line, is_hex ? "%#lx" : "%lu", (unsigned long)value);
    }
}

/* A value for each name, in order. */
static void put_words(struct line *line, const char *names,
                      const uint64_t words[LIMIT_MESSAGE_WORDS])
{
    for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS && *names != '\0'; i++) {
        size_t length = strcspn(names, " ");
        put_value(line, names, length, words[i]);
        names += length;
        names += *names == ' ';
    }
}

/* Of `length` bytes, how many begin a text; 0 if they are none. A NUL may end it. */
static size_t text_length(const char *bytes, size_t length)
{
    size_t text = 0;
    while (text < length && bytes[text] >= ' ' && bytes[text] <= '~') {
        text++;
    }
    bool ends = text == length || (text + 1 == length && bytes[text] == '\0');
    return ends ? text : 0;
}

/* `path="etc/motd"`; with its length if that is not all of it, or it is no text. */
static void put_data(struct line *line, const char *name, size_t length, const uint64_t *data)
{
    enum { KNOWN = LIMIT_MESSAGE_WORDS * sizeof(uint64_t) };
    size_t known = length < KNOWN ? length : KNOWN;
    size_t text = data != NULL ? text_length((const char *)data, known) : 0;
    line_put(line, "%s%s", line->used == 0 ? "" : " ", *name == '\0' ? "data" : name);
    if (text > 0) {
        line_put(line, "=\"%.*s\"", (int)text, (const char *)data);
    }
    if (text == 0 || length > KNOWN) {
        line_put(line, "[%lu]", (unsigned long)length);
    }
}

/* What travels with a message, by the tables. */
struct extras {
    const char *data, *handles; /* names */
    const uint64_t *bytes;
};

static void put_extras(struct line *line, uint64_t tag, const struct extras *extras)
{
    const char *handles = extras->handles;
    if (tag_bytes(tag) != 0) {
        put_data(line, extras->data, tag_bytes(tag), extras->bytes);
    }
    if (tag_handles(tag) != 0) {
        line_put(line, "%shandles(%s)", line->used == 0 ? "" : " ", handles);
    }
    if (tag_leases(tag) != 0) {
        line_put(line, "%slent(%u)", line->used == 0 ? "" : " ", (unsigned)tag_leases(tag));
    }
}

/* The pieces are made apart, so that blanks stand only between them. */
static void put_all(struct line *line, const char *names, const struct extras *extras, uint64_t tag,
                    const uint64_t words[LIMIT_MESSAGE_WORDS])
{
    struct line rest = {line->start + line->used, line->size - line->used, 0};
    if (rest.size > 1) {
        put_words(&rest, names, words);
        put_extras(&rest, tag, extras);
        line->used += rest.used;
    }
}

void decode_call(struct line *line, uint64_t tag, const uint64_t words[LIMIT_MESSAGE_WORDS],
                 const uint64_t *data)
{
    const struct method *method = find(tag);
    const struct extras extras = {method == NULL ? "" : method->data_in,
                                  method == NULL ? "" : method->handles_in, data};
    put_all(line, method == NULL ? "" : method->in, &extras, tag, words);
}

void decode_answer(struct line *line, uint64_t called, uint64_t tag,
                   const uint64_t words[LIMIT_MESSAGE_WORDS], const uint64_t *data)
{
    const struct method *method = tag_status(tag) == STATUS_OK ? find(called) : NULL;
    const struct extras extras = {method == NULL ? "" : method->data_out,
                                  method == NULL ? "" : method->handles_out, data};
    put_all(line, method == NULL ? "" : method->out, &extras, tag, words);
}

void decode_status(struct line *line, uint64_t tag)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].number == (uint32_t)tag) {
            line_put(line, "%s", statuses[i].name);
            return;
        }
    }
    line_put(line, "status %lu", (unsigned long)(uint32_t)tag);
}

const char *decode_fault(uint64_t kind)
{
    static const char *const names[] = {
        "nothing",    "read",      "write",       "execute", "illegal",
        "breakpoint", "alignment", "system call", "step",    "hardware",
    };
    return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}
