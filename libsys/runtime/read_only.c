/* Refusals of what nobody changes; see read_only.h. */
#include "read_only.h"

status_t read_only_make_directory(struct call *call, const uint8_t *path, size_t path_length)
{
    (void)call;
    (void)path;
    (void)path_length;
    return STATUS_READ_ONLY;
}

status_t read_only_remove(struct call *call, const uint8_t *path, size_t path_length,
                          uint32_t flags)
{
    (void)flags;
    return read_only_make_directory(call, path, path_length);
}

status_t read_only_rename(struct call *call, const uint8_t *paths, size_t paths_length,
                          uint32_t from_length)
{
    (void)from_length;
    return read_only_make_directory(call, paths, paths_length);
}

status_t read_only_sync(struct call *call)
{
    (void)call;
    return STATUS_OK;
}
