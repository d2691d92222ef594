/*
 * Checking the lent buffer of a load: see request.h.
 */
#include "request.h"

#include "bytes.h"

enum { HANDLE_ALIGNMENT = 8 };

static uint32_t count_texts(const char *texts, uint32_t bytes)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        count += texts[i] == '\0';
    }
    return count;
}

static bool texts_are_good(const struct load_request *request, const char *texts)
{
    uint64_t named = 1 + (uint64_t)request->argument_count + request->environment_count;
    return request->text_bytes > 0 && texts[request->text_bytes - 1] == '\0' &&
           count_texts(texts, request->text_bytes) == named;
}

bool request_parse(const void *buffer, uint64_t size, struct load_start *start, const char **name)
{
    const struct load_request *request = buffer;
    if (size < sizeof(*request) || request->size != sizeof(*request) ||
        request->text_bytes > size - sizeof(*request) ||
        request->name[sizeof(request->name) - 1] != '\0') {
        return false;
    }
    const char *texts = (const char *)(request + 1);
    uint64_t handles = align_up(sizeof(*request) + request->text_bytes, HANDLE_ALIGNMENT);
    if (!texts_are_good(request, texts) || handles > size ||
        request->handle_count > (size - handles) / sizeof(struct start_handle)) {
        return false;
    }
    uint64_t name_bytes = strlen(texts) + 1;
    *name = texts;
    start->request = request;
    start->texts = texts + name_bytes;
    start->text_bytes = request->text_bytes - name_bytes;
    start->handles = (const void *)((const uint8_t *)buffer + handles);
    return true;
}
