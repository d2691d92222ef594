/*
 * Statuses as errno values. Those that POSIX knows get its number, so that portable programs can
 * test for them; the others keep their own number and text.
 */
#include <errno.h>
#include <sinter/system.h>

#include "program.h"

static const struct {
    status_t status;
    int number;
} counterparts[] = {
    {STATUS_BAD_HANDLE, EBADF},    {STATUS_NO_RIGHT, EACCES},
    {STATUS_BAD_ARGUMENT, EINVAL}, {STATUS_BAD_ADDRESS, EFAULT},
    {STATUS_NO_PAGES, ENOMEM},     {STATUS_NO_KERNEL_MEMORY, ENOMEM},
    {STATUS_NO_HANDLES, EMFILE},   {STATUS_INTERRUPTED, EINTR},
    {STATUS_TIMED_OUT, ETIMEDOUT}, {STATUS_WOULD_BLOCK, EAGAIN},
    {STATUS_UNSUPPORTED, ENOTSUP}, {STATUS_NOT_FOUND, ENOENT},
    {STATUS_EXISTS, EEXIST},       {STATUS_NOT_DIRECTORY, ENOTDIR},
    {STATUS_IS_DIRECTORY, EISDIR}, {STATUS_READ_ONLY, EROFS},
    {STATUS_FULL, ENOSPC},         {STATUS_IO_ERROR, EIO},
    {STATUS_BUSY, EBUSY},          {STATUS_BAD_FORMAT, ENOEXEC},
    {STATUS_BROKEN_PIPE, EPIPE},   {STATUS_BAD_METHOD, ENOSYS},
    {STATUS_NO_DEVICE, ENODEV},    {STATUS_NOT_EMPTY, ENOTEMPTY},
    {STATUS_OTHER_SERVER, EXDEV},
};

int status_errno(status_t status)
{
    for (size_t i = 0; i < sizeof(counterparts) / sizeof(counterparts[0]); i++) {
        if (counterparts[i].status == status) {
            return counterparts[i].number;
        }
    }
    return status == STATUS_OK ? 0 : STATUS_ERRNO_BASE + status;
}

int status_fail(status_t status)
{
    errno = status_errno(status);
    return -1;
}
