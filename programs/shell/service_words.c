/* What can follow `svc`: its words and the services' names, as the supervisor tells them. */
#include <sinter/protocol/service.h>
#include <string.h>

#include "program.h"
#include "shell.h"

#define WORD_SIZE 64

static char text[16 << 10];

/* The first word of each line, once if it stands in several one after the other. */
static void take_words(size_t first, size_t length, void (*found)(void *, const char *, bool),
                       void *context)
{
    char last[WORD_SIZE] = "";
    for (size_t at = first; at < length; at++) {
        size_t end = at;
        while (end < length && text[end] > ' ') {
            end++;
        }
        size_t size = end - at;
        if (size > 0 && size < sizeof(last) &&
            (strlen(last) != size || memcmp(last, text + at, size) != 0)) {
            memcpy(last, text + at, size);
            last[size] = '\0';
            found(context, last, false);
        }
        while (end < length && text[end] != '\n') {
            end++;
        }
        at = end;
    }
}

void service_words_list(unsigned place, void (*found)(void *, const char *, bool), void *context)
{
    static const char help[] = "help";
    handle_t supervisor = program_handle("service"); /* 0: this shell may not ask */
    uint64_t length = 0;
    uint32_t version;
    if (supervisor == 0) {
        return;
    }
    status_t status = service_negotiate(supervisor, &version);
    if (status == STATUS_OK && place == 1) {
        status = service_command(supervisor, help, sizeof(help) - 1, text, sizeof(text), &length);
    } else if (status == STATUS_OK) {
        status = service_list(supervisor, text, sizeof(text), &length);
    }
    const char *title_end = place == 1 || length > sizeof(text) ? NULL : memchr(text, '\n', length);
    size_t first = title_end != NULL ? (size_t)(title_end - text) + 1 : 0;
    if (status == STATUS_OK && length <= sizeof(text)) {
        take_words(first, length, found, context);
    }
}
