/* Opening paths; see walk.h. */
#include "walk.h"

#include <sinter/protocol/file.h>

enum { TRIES = 5 };

status_t walk_open(handle_t directory, const char *path, size_t length, uint32_t flags,
                   uint32_t *kind, handle_t *file)
{
    handle_t at = directory;
    size_t left = length;
    status_t status = STATUS_FAILED;
    for (int hop = 0; hop < FILE_HOPS; hop++) {
        uint32_t rest = 0;
        handle_t next = 0;
        status = file_open(at, path + (length - left), left, flags, kind, &rest, &next);
        if (at != directory) {
            status_ignore(handle_close(at));
        }
        if (status != STATUS_OK || rest == 0) {
            *file = status == STATUS_OK ? next : 0;
            return status;
        }
        at = next;
        if (rest >= left) { /* no server may lead in circles */
            break;
        }
        left = rest;
    }
    if (at != directory) {
        status_ignore(handle_close(at));
    }
    return STATUS_FAILED;
}

status_t walk_open_again(handle_t directory, const char *path, size_t length, uint32_t flags,
                         uint32_t *kind, handle_t *file)
{
    status_t status = STATUS_PEER_DIED;
    int tries = (flags & FILE_EXCLUSIVE) != 0 ? 1 : TRIES;
    for (int i = 0; i < tries && (status == STATUS_PEER_DIED || status == STATUS_NOT_READY); i++) {
        status = walk_open(directory, path, length, flags, kind, file);
    }
    return status;
}
