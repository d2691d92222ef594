/* Pipes, made by the service at /dev/pipe; both ends are ordinary descriptors. */
#include <sinter/protocol/file.h>
#include <sinter/protocol/pipe.h>
#include <unistd.h>

#include "program.h"

static const char pipe_path[] = "/dev/pipe";

/* The service's endpoint is not kept: who has no pipe does not use the service. */
static status_t create(handle_t *reader, handle_t *writer)
{
    handle_t service;
    status_t status = path_open(pipe_path, FILE_READ | FILE_WRITE, NULL, &service);
    if (status == STATUS_OK) {
        status = pipe_create(service, reader, writer);
        status_ignore(handle_close(service));
    }
    return status;
}

int pipe(int numbers[2])
{
    handle_t reader;
    handle_t writer;
    status_t status = create(&reader, &writer);
    if (status != STATUS_OK) {
        return status_fail(status);
    }
    numbers[0] = descriptor_install(reader, FILE_KIND_PIPE, FILE_READ);
    numbers[1] = descriptor_install(writer, FILE_KIND_PIPE, FILE_WRITE);
    if (numbers[0] >= 0 && numbers[1] >= 0) {
        return 0;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (numbers[i] >= 0) {
            (void)close(numbers[i]);
        }
    }
    return -1;
}
