/* Publishing, as publish.h says. */
#include "publish.h"

#include <sinter/protocol/supervisor.h>

const char *publish_argument(const struct server *server, uint32_t index, const char *otherwise)
{
    const uint64_t *arguments = (const uint64_t *)(uintptr_t)server->info->arguments;
    bool given = arguments != NULL && index + 1 < server->info->argument_count;
    return given ? (const char *)(uintptr_t)arguments[index + 1] : otherwise;
}

static size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

status_t publish_as(struct server *server, const char *name, uint32_t number, uint32_t kind)
{
    if (server->supervisor == 0) {
        return STATUS_OK;
    }
    return supervisor_publish(server->supervisor, name, length_of(name), number, kind);
}

status_t publish(struct server *server, const char *otherwise, uint32_t number, uint32_t kind)
{
    return publish_as(server, publish_argument(server, 0, otherwise), number, kind);
}
