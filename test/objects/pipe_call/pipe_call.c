/*
 * pipe_call WHAT: what a native program may do to a personality by the end of a pipe that it was
 * given. It prints what the calls answer.
 *
 *   absent    writes two pages, of which the second is not there and never will be
 *   no_wait   reads without waiting
 *   command   asks by its input for what only the personality's own endpoint is for
 */
#include <sinter/protocol/file.h>
#include <sinter/protocol/personality.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

PROGRAM_NOTE("pipe_call", "pipe_call absent|no_wait|command: calls of personalities");

enum { PAGE = LIMIT_PAGE_SIZE, BLOCK = 4096 };

static char block[BLOCK];

static void tell(const char *what, status_t status, uint64_t count)
{
    fprintf(stderr, "%s: %s, %u\n", what, status_text(status), (unsigned)count);
}

/* Its second page is its pager's, which is this program, and nobody answers. */
static status_t make_memory(uint64_t *at)
{
    handle_t port = 0;
    handle_t pager = 0;
    handle_t source = 0;
    handle_t memory = 0;
    handle_t account = program_handle("account");
    status_t status = port_create(account, &port);
    if (status == STATUS_OK) {
        status = port_mint(port, 1, 0, &pager);
    }
    if (status == STATUS_OK) {
        status = memory_create_paged(account, 2 * PAGE, pager, 1, &memory);
    }
    if (status == STATUS_OK) {
        status = memory_create(account, PAGE, 0, &source);
    }
    if (status == STATUS_OK) {
        status = memory_supply(memory, 0, source, 0, PAGE);
    }
    return status == STATUS_OK ? space_map(0, memory, 0, 0, 2 * PAGE, MAP_READ | MAP_WRITE, at)
                               : status;
}

static int write_absent(void)
{
    uint64_t at = 0;
    uint64_t count = 0;
    status_t status = make_memory(&at);
    if (status == STATUS_OK) {
        status = file_write(descriptor_endpoint(STDOUT_FILENO), 0, 0, (void *)(uintptr_t)at,
                            2 * PAGE, &count);
    }
    tell("write", status, count);
    return 0;
}

static int read_without_waiting(void)
{
    uint64_t count = 0;
    status_t status =
        file_read(descriptor_endpoint(STDIN_FILENO), 0, FILE_NONBLOCK, block, 1, &count);
    tell("read", status, count);
    return 0;
}

static int command(void)
{
    handle_t input = descriptor_endpoint(STDIN_FILENO);
    size_t length = 0;
    uint64_t pid = 0;
    handle_t child = 0;
    tell("list", personality_list(input, block, sizeof(block), &length), length);
    tell("kill", personality_kill(input, 1, 1), 0);
    tell("adopt",
         personality_adopt(input, 4, 1, 0, input, input, input, input, block, sizeof(block), &pid,
                           &child),
         pid);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } known[] = {{"absent", write_absent}, {"no_wait", read_without_waiting}, {"command", command}};
    for (unsigned i = 0; argc == 2 && i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(argv[1], known[i].name) == 0) {
            return known[i].run();
        }
    }
    fprintf(stderr, "usage: pipe_call absent|no_wait|command\n");
    return 2;
}
