/*
 * What travels with a call that starts a program: paths, arguments and environment, each ended by a
 * zero byte, then room for the line of a refusal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foreign.h"

#define DELETE 0x7f

/* The bytes of all strings of a list with their ends, and how many they are. */
static size_t list_size(char *const *list, uint64_t *count)
{
    size_t size = 0;
    for (*count = 0; list[*count] != NULL; ++*count) {
        size += strlen(list[*count]) + 1;
    }
    return size;
}

static char *put(char *to, const char *text)
{
    size_t size = strlen(text) + 1;
    memcpy(to, text, size);
    return to + size;
}

static char *put_list(char *to, char *const *list)
{
    for (; *list != NULL; list++) {
        to = put(to, *list);
    }
    return to;
}

bool child_texts_make(struct child_texts *texts, const char *path, const char *second,
                      const struct child_request *request)
{
    texts->used = strlen(path) + 1 + (second != NULL ? strlen(second) + 1 : 0);
    texts->used += list_size(request->arguments, &texts->counts[0]);
    texts->used += list_size(request->environment, &texts->counts[1]);
    texts->size = texts->used + CHILD_REFUSAL_ROOM;
    texts->buffer = calloc(1, texts->size);
    if (texts->buffer == NULL) {
        return false;
    }
    char *end = put(texts->buffer, path);
    end = second != NULL ? put(end, second) : end;
    end = put_list(end, request->arguments);
    (void)put_list(end, request->environment);
    return true;
}

const char *child_texts_line(const struct child_texts *texts)
{
    char *line = texts->buffer + texts->used;
    texts->buffer[texts->size - 1] = '\0'; /* a server wrote it */
    for (char *c = line; *c != '\0'; c++) {
        bool is_control = (unsigned char)*c < ' ' || *c == DELETE;
        *c = is_control ? '?' : *c; /* which a terminal would obey */
    }
    return line;
}

void child_texts_free(struct child_texts *texts)
{
    free(texts->buffer);
}

status_t child_files(const struct child_request *request, handle_t files[3])
{
    for (int i = 0; i < 3; i++) {
        files[i] = descriptor_endpoint(request->descriptors[i]);
        if (files[i] == 0) {
            return STATUS_BAD_HANDLE;
        }
    }
    return STATUS_OK;
}

void child_name(struct child *child, const char *personality)
{
    bool foreign = personality != NULL;
    (void)snprintf(child->name, sizeof(child->name), "%s%s%llu", foreign ? personality : "",
                   foreign ? ":" : "", (unsigned long long)child->pid);
}
