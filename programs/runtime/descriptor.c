/*
 * The descriptor table. A descriptor owns its endpoint. The position of a file is its server's, and
 * shared by all who were given the endpoint; a descriptor keeps where it believes that to be.
 */
#include <errno.h>
#include <sinter/protocol/file.h>
#include <unistd.h>

#include "program.h"

#define RETRY_LIMIT 5 /* a request that kills its server must not kill every new instance */

static struct descriptor descriptors[DESCRIPTOR_LIMIT];

struct descriptor *descriptor_get(int number)
{
    if (number < 0 || number >= DESCRIPTOR_LIMIT || descriptors[number].endpoint == 0) {
        errno = EBADF;
        return NULL;
    }
    return &descriptors[number];
}

handle_t descriptor_endpoint(int number)
{
    struct descriptor *descriptor = descriptor_get(number);
    return descriptor != NULL ? descriptor->endpoint : 0;
}

int descriptor_install(handle_t endpoint, uint32_t kind, uint32_t mode)
{
    for (int i = 0; i < DESCRIPTOR_LIMIT; i++) {
        if (descriptors[i].endpoint == 0) {
            descriptors[i] = (struct descriptor){.endpoint = endpoint, .kind = kind, .mode = mode};
            return i;
        }
    }
    status_ignore(handle_close(endpoint));
    errno = EMFILE;
    return -1;
}

uint32_t descriptor_kind(struct descriptor *descriptor)
{
    uint32_t kind;
    if (descriptor->kind == DESCRIPTOR_KIND_UNKNOWN) {
        status_t status = file_stat(descriptor->endpoint, &kind, NULL, NULL);
        descriptor->kind = status == STATUS_OK ? kind : FILE_KIND_CHARACTER;
    }
    return descriptor->kind;
}

bool descriptor_retry(struct descriptor *descriptor, status_t status, unsigned *tries)
{
    bool moved_nothing = status == STATUS_NOT_READY; /* the server is about to stop */
    if ((status != STATUS_PEER_DIED && !moved_nothing) || ++*tries >= RETRY_LIMIT) {
        return false;
    }
    if (moved_nothing) {
        return true;
    }
    uint32_t kind = descriptor_kind(descriptor);
    return kind == FILE_KIND_TERMINAL || kind == FILE_KIND_BLOCK || kind == FILE_KIND_REGULAR ||
           kind == FILE_KIND_DIRECTORY;
}

/* Who starts a program may not know the kind, and gives 0 then. */
static void descriptor_standard(int number, const char *name, uint32_t mode)
{
    const struct start_handle *given = start_handle_find(program_info, name);
    if (given != NULL) {
        uint32_t kind = (uint32_t)given->extra[0];
        descriptors[number] =
            (struct descriptor){.endpoint = given->handle,
                                .kind = kind != FILE_KIND_REGULAR ? kind : DESCRIPTOR_KIND_UNKNOWN,
                                .mode = mode};
    }
}

void descriptor_start(void)
{
    descriptor_standard(STDIN_FILENO, "input", FILE_READ | FILE_WRITE);
    descriptor_standard(STDOUT_FILENO, "output", FILE_READ | FILE_WRITE);
    descriptor_standard(STDERR_FILENO, "error", FILE_READ | FILE_WRITE);
}

int close(int number)
{
    struct descriptor *descriptor = descriptor_get(number);
    if (descriptor == NULL) {
        return -1;
    }
    status_t status = handle_close(descriptor->endpoint);
    descriptor->endpoint = 0;
    return status == STATUS_OK ? 0 : status_fail(status);
}

int dup(int number)
{
    struct descriptor *descriptor = descriptor_get(number);
    handle_t copy;
    if (descriptor == NULL) {
        return -1;
    }
    status_t status = handle_duplicate(descriptor->endpoint, RIGHT_ALL, &copy);
    if (status != STATUS_OK) {
        return status_fail(status);
    }
    int made = descriptor_install(copy, descriptor->kind, descriptor->mode);
    if (made >= 0) {
        descriptors[made].offset = descriptor->offset;
        descriptors[made].flags = descriptor->flags;
    }
    return made;
}
