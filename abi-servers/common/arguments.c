/* See arguments.h. */
#include "arguments.h"

#include "c_string.h"

const char *arguments_next(const struct arguments *arguments, size_t *at)
{
    const char *text = arguments->texts + *at;
    if (*at >= arguments->bytes) {
        return NULL;
    }
    const char *end = memchr(text, '\0', arguments->bytes - *at);
    if (end == NULL) {
        return NULL;
    }
    *at += (size_t)(end - text) + 1;
    return text;
}

bool arguments_are_whole(const struct arguments *arguments)
{
    size_t at = 0;
    uint64_t count = 0;
    while (arguments_next(arguments, &at) != NULL) {
        count++;
    }
    return at == arguments->bytes &&
           count == arguments->argument_count + arguments->environment_count &&
           count >= arguments->argument_count;
}

static bool put_text(char *to, size_t *at, const char *text, size_t length)
{
    if (*at + length + 1 > ARGUMENT_BYTES) {
        return false;
    }
    memcpy(to + *at, text, length);
    to[*at + length] = '\0';
    *at += length + 1;
    return true;
}

status_t arguments_of_script(struct arguments *arguments, const struct script_line *script,
                             const char *path, char texts[ARGUMENT_BYTES])
{
    size_t at = 0;
    size_t rest = 0;
    if (arguments->argument_count > 0) {
        (void)arguments_next(arguments, &rest);
    }
    size_t rest_bytes = arguments->bytes - rest;
    if (!put_text(texts, &at, script->interpreter, script->interpreter_length) ||
        (script->argument_length > 0 &&
         !put_text(texts, &at, script->argument, script->argument_length)) ||
        !put_text(texts, &at, path, strlen(path)) || rest_bytes > ARGUMENT_BYTES - at) {
        return STATUS_TOO_LARGE;
    }
    memcpy(texts + at, arguments->texts + rest, rest_bytes);
    arguments->argument_count +=
        1 + (script->argument_length > 0) + (arguments->argument_count == 0);
    arguments->bytes = at + rest_bytes;
    arguments->texts = texts;
    return STATUS_OK;
}
