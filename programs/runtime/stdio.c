/*
 * stdin, stdout and stderr over descriptors 0 to 2, in picolibc's way, and the printf family
 * without floating point: the libc's own vfprintf would draw in soft-float code.
 */
#include <stdio-bufio.h>
#include <stdio.h>
#include <unistd.h>

#include "program.h"

#define STREAM_BUFFER 1024

static char input_buffer[STREAM_BUFFER];
static char output_buffer[STREAM_BUFFER];
static char error_buffer[STREAM_BUFFER];

static struct __file_bufio input_stream =
    FDEV_SETUP_BUFIO(0, input_buffer, STREAM_BUFFER, read, NULL, lseek, close, __SRD, 0);
static ssize_t output_write(int number, const void *data, size_t size);

static struct __file_bufio output_stream = FDEV_SETUP_BUFIO(
    1, output_buffer, STREAM_BUFFER, NULL, output_write, lseek, close, __SWR, __BLBF);
static struct __file_bufio error_stream =
    FDEV_SETUP_BUFIO(2, error_buffer, STREAM_BUFFER, NULL, write, lseek, close, __SWR, __BLBF);

FILE *const stdin = &input_stream.xfile.cfile.file;
FILE *const stdout = &output_stream.xfile.cfile.file;
FILE *const stderr = &error_stream.xfile.cfile.file;

int __i_vfprintf(FILE *stream, const char *format, va_list arguments);

int vfprintf(FILE *stream, const char *format, va_list arguments)
{
    return __i_vfprintf(stream, format, arguments);
}

/* Lines are written one by one to a terminal only; what it is, is asked for at the first. */
static ssize_t output_write(int number, const void *data, size_t size)
{
    static bool known;
    if (!known && !isatty(number)) {
        output_stream.bflags &= (uint8_t)~__BLBF;
    }
    known = true;
    return write(number, data, size);
}

__attribute__((destructor)) void stdio_flush(void)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
}
