/* The system calls: CALL(number, type of the result, name, arguments). From this list come the
 * prototypes (xv6.h) and the stubs (calls.S); whoever includes it says what CALL is. A result of
 * -1 is a refusal. sbrk_as is `sbrk`, of which older kernels heed the first argument only; `pause`
 * was once called `sleep`. */

CALL(1, int, fork, (void))
CALL(2, _Noreturn void, exit, (int status))
CALL(3, int, wait, (int *status))
CALL(4, int, pipe, (int ends[2]))
CALL(5, int, read, (int file, void *bytes, int count))
CALL(6, int, kill, (int pid))
CALL(7, int, exec, (const char *path, const char *const arguments[]))
CALL(8, int, fstat, (int file, struct stat *status))
CALL(9, int, chdir, (const char *path))
CALL(10, int, dup, (int file))
CALL(11, int, getpid, (void))
CALL(12, char *, sbrk_as, (int bytes, int how))
CALL(13, int, pause, (int ticks))
CALL(14, int, uptime, (void))
CALL(15, int, open, (const char *path, int mode))
CALL(16, int, write, (int file, const void *bytes, int count))
CALL(17, int, mknod, (const char *path, int major, int minor))
CALL(18, int, unlink, (const char *path))
CALL(19, int, link, (const char *old, const char *new))
CALL(20, int, mkdir, (const char *path))
CALL(21, int, close, (int file))
