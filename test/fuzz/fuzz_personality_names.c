/* libFuzzer: a path of a program, resolved, against names_model.h; the first byte chooses how. */
#include <stdint.h>
#include <string.h>

#include "host_require.h"
#include "names.h"
#include "names_model.h"
#include "walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No server is asked for what is only resolved. */
status_t walk_open_again(handle_t below, const char *path, size_t length, uint32_t flags,
                         uint32_t *kind, handle_t *file)
{
    (void)below;
    (void)path;
    (void)length;
    (void)flags;
    (void)kind;
    (void)file;
    abort();
}

status_t handle_close(handle_t handle)
{
    (void)handle;
    abort();
}

status_t handle_duplicate(handle_t handle, uint32_t rights, handle_t *copy)
{
    (void)handle;
    (void)rights;
    (void)copy;
    abort();
}

struct message_page *message_page(void)
{
    abort();
}

status_t port_call(handle_t endpoint, struct message *message)
{
    (void)endpoint;
    (void)message;
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    char *path = malloc(size); /* of its own size, so that a read beyond it is seen */
    require(path != NULL);
    memcpy(path, data + 1, size - 1);
    path[size - 1] = '\0';
    if (strlen(path) < NAMES_PATH) {
        names_check(path, data[0] % 16, (data[0] & 16) != 0);
    }
    free(path);
    return 0;
}
