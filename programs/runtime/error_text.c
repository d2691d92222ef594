/*
 * Texts of errno values. Picolibc's own function is a jump into 50 KB of code and relocations, in
 * every program; here they are one array of bytes that needs none. Errors of networks and STREAMS,
 * which nothing here can set, are left out.
 */
#include <errno.h>
#include <sinter/system.h>
#include <string.h>

#include "program.h"

#define TEXTS(T)                                                                                   \
    T(EPERM, "Operation not permitted")                                                            \
    T(ENOENT, "No such file or directory")                                                         \
    T(ESRCH, "No such process")                                                                    \
    T(EINTR, "Interrupted system call")                                                            \
    T(EIO, "I/O error")                                                                            \
    T(ENXIO, "No such device or address")                                                          \
    T(E2BIG, "Argument list too long")                                                             \
    T(ENOEXEC, "Exec format error")                                                                \
    T(EBADF, "Bad file descriptor")                                                                \
    T(ECHILD, "No child processes")                                                                \
    T(EAGAIN, "Resource temporarily unavailable")                                                  \
    T(ENOMEM, "Not enough memory")                                                                 \
    T(EACCES, "Permission denied")                                                                 \
    T(EFAULT, "Bad address")                                                                       \
    T(EBUSY, "Device or resource busy")                                                            \
    T(EEXIST, "File exists")                                                                       \
    T(EXDEV, "Cross-device link")                                                                  \
    T(ENODEV, "No such device")                                                                    \
    T(ENOTDIR, "Not a directory")                                                                  \
    T(EISDIR, "Is a directory")                                                                    \
    T(EINVAL, "Invalid argument")                                                                  \
    T(ENFILE, "Too many open files in system")                                                     \
    T(EMFILE, "Too many open files")                                                               \
    T(ENOTTY, "Not a terminal")                                                                    \
    T(ETXTBSY, "Text file busy")                                                                   \
    T(EFBIG, "File too large")                                                                     \
    T(ENOSPC, "No space left on device")                                                           \
    T(ESPIPE, "Illegal seek")                                                                      \
    T(EROFS, "Read-only file system")                                                              \
    T(EMLINK, "Too many links")                                                                    \
    T(EPIPE, "Broken pipe")                                                                        \
    T(EDOM, "Argument out of domain")                                                              \
    T(ERANGE, "Result out of range")                                                               \
    T(EDEADLK, "Deadlock avoided")                                                                 \
    T(ENOLCK, "No locks available")                                                                \
    T(ENOSYS, "Function not implemented")                                                          \
    T(ENOTEMPTY, "Directory not empty")                                                            \
    T(ENAMETOOLONG, "File name too long")                                                          \
    T(ELOOP, "Too many symbolic links")                                                            \
    T(ETIMEDOUT, "Timed out")                                                                      \
    T(ENOTSUP, "Not supported")                                                                    \
    T(EILSEQ, "Illegal byte sequence")                                                             \
    T(EOVERFLOW, "Value too large for data type")                                                  \
    T(ECANCELED, "Operation canceled")

#define MEMBER(error, text) char text_##error[sizeof(text)];
#define VALUE(error, text)  .text_##error = (text),
#define ENTRY(error, text)  {error, offsetof(struct texts, text_##error)},

static const struct texts {
    TEXTS(MEMBER)
} texts = {TEXTS(VALUE)};

static const struct {
    uint16_t error;
    uint16_t offset; /* in `texts` */
} entries[] = {TEXTS(ENTRY)};

static const char *text_of(int number)
{
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        if (entries[i].error == number) {
            return (const char *)&texts + entries[i].offset;
        }
    }
    if (number > STATUS_ERRNO_BASE) {
        return status_text(number - STATUS_ERRNO_BASE);
    }
    return number == 0 ? "Success" : "Unknown error";
}

/* What the C library's other functions call: all of its file is replaced, or both would be linked.
 */
char *_strerror_r(int number, int internal, int *error)
{
    (void)internal;
    (void)error;
    union {
        const char *in;
        char *out;
    } text = {.in = text_of(number)}; /* a C library gives out char * by tradition */
    return text.out;
}

char *strerror(int number)
{
    return _strerror_r(number, 0, NULL);
}

char *strerror_l(int number, locale_t locale)
{
    (void)locale;
    return _strerror_r(number, 0, NULL);
}
