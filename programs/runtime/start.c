/*
 * Where a program begins: libsys calls server_main() on the first thread, with thread-local
 * storage set up and constructors run.
 *
 * It reaches every file whose functions the C library would otherwise bring along itself (sbrk,
 * exit, vfprintf, ...): a linker takes the runtime's, since it meets them first.
 */
#include <stdlib.h>
#include <unistd.h>

#include "program.h"

int main(int argument_count, char **arguments);
int server_main(const struct start_info *info);

const struct start_info *program_info;

static char *no_strings[] = {NULL};

handle_t program_handle(const char *name)
{
    const struct start_handle *found = start_handle_find(program_info, name);
    return found != NULL ? found->handle : 0;
}

/* Addresses in the start information are valid pointers of this task, or 0. */
static char **string_list(uint64_t address)
{
    return address != 0 ? (char **)(uintptr_t)address : no_strings;
}

int server_main(const struct start_info *info)
{
    program_info = info;
    environ = string_list(info->environment);
    heap_start(program_handle("account"));
    descriptor_start();
    path_start();
    exit(main((int)info->argument_count, string_list(info->arguments)));
}
