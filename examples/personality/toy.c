/*
 * The template of a personality (docs/PERSONALITIES.md): runs programs of a toy interface (toy.h),
 * of which programs/ has some. load.c: a file becomes a program; header.c: if it looks like one.
 */
#include <sinter/object.h>
#include <sinter/protocol/file.h>

#include "descriptors.h"
#include "export.h"
#include "personality.h"
#include "pipe.h"

SERVER_META(name, "toy");
SERVER_META(version, "1.0");
SERVER_META(description, "Runs programs of a toy interface");
SERVER_META(kind, PERSONALITY);
SERVER_META(provides, "personality 1.0");
SERVER_META(provides, "process 1.0");
SERVER_META(provides, "file 1.0");
SERVER_META(consumes, "file 1.0");
SERVER_META(restart, STATELESS);
SERVER_META(stack, 32768);

static int64_t answer(status_t status, uint64_t result)
{
    return status == STATUS_OK ? (int64_t)result : -(int64_t)status;
}

static int64_t end(struct process *process)
{
    process_exit(process, (int64_t)guest_argument(process, 0), EXIT_NORMAL);
    return 0;
}

static int64_t fork(struct process *process)
{
    uint32_t pid = 0;
    status_t status = process_fork(process, &pid);
    return answer(status, pid);
}

/* The child stays until its code has been told. */
static int64_t wait(struct process *process)
{
    static const struct child_choice any_end = {.events = CHILD_ENDED};
    struct child_news news = {0};
    status_t status = process_await_child(process, &any_end, &news);
    if (status == STATUS_OK) {
        status = guest_copy_out(guest_argument(process, 0), &news.code, sizeof(news.code));
    }
    if (status == STATUS_OK) {
        process_child_told(process, &news);
    }
    return answer(status, news.pid);
}

static int64_t exec(struct process *process)
{
    char texts[ARGUMENT_BYTES];
    struct arguments arguments = {.texts = texts, .bytes = guest_argument(process, 1)};
    size_t at = 0;
    if (arguments.bytes > sizeof(texts)) {
        return answer(STATUS_TOO_LARGE, 0);
    }
    status_t status = guest_copy_in(texts, guest_argument(process, 0), arguments.bytes);
    while (status == STATUS_OK && arguments_next(&arguments, &at) != NULL) {
        arguments.argument_count++;
    }
    if (status == STATUS_OK && (at == 0 || at != arguments.bytes)) {
        status = STATUS_BAD_ARGUMENT;
    }
    return answer(status == STATUS_OK ? exec_replace(process, texts, &arguments) : status, 0);
}

static int64_t open(struct process *process)
{
    struct place place;
    uint32_t kind = 0;
    uint64_t number = 0;
    handle_t file = 0;
    bool writes = guest_argument(process, 1) == TOY_WRITER;
    uint32_t flags = writes ? FILE_WRITE | FILE_CREATE | FILE_TRUNCATE : FILE_READ;
    status_t status = process_resolve(process, guest_argument(process, 0), NAMES_PATH, &place);
    if (status == STATUS_OK) {
        status = names_open(&place, flags, &kind, &file);
    }
    if (status == STATUS_OK) {
        status = descriptor_open(process, OPEN_REMOTE, kind, file, !writes, writes, &number);
    }
    return answer(status, number);
}

static int64_t transfer(struct process *process, bool writes)
{
    struct open_file *file = descriptor_file(process, guest_argument(process, 0));
    uint64_t count = 0;
    status_t status = STATUS_BAD_HANDLE;
    if (file != NULL) {
        status = (writes ? open_file_write : open_file_read)(
            process, file, guest_argument(process, 1), guest_argument(process, 2), &count);
    }
    return answer(status, count);
}

static int64_t read(struct process *process)
{
    return transfer(process, false);
}

static int64_t write(struct process *process)
{
    return transfer(process, true);
}

static int64_t make_pipe(struct process *process)
{
    return answer(descriptor_pipe(process, guest_argument(process, 0)), 0);
}

static int64_t move(struct process *process)
{
    return answer(descriptor_move(process, guest_argument(process, 0), guest_argument(process, 1)),
                  0);
}

static int64_t close(struct process *process)
{
    return answer(descriptor_close(process, guest_argument(process, 0)), 0);
}

static int64_t (*const calls[TOY_CALLS])(struct process *) = {
    [TOY_EXIT] = end,  [TOY_FORK] = fork,   [TOY_WAIT] = wait,   [TOY_EXEC] = exec,
    [TOY_OPEN] = open, [TOY_READ] = read,   [TOY_WRITE] = write, [TOY_PIPE] = make_pipe,
    [TOY_MOVE] = move, [TOY_CLOSE] = close,
};

/* Of a process that has ended, or been replaced, the result is nobody's. */
static bool call(struct process *process)
{
    uint64_t *registers = process->image.state->registers;
    uint64_t number = registers[GUEST_CALL];
    int64_t result = number < TOY_CALLS ? calls[number](process) : answer(STATUS_BAD_CALL, 0);
    registers[GUEST_RESULT] = (uint64_t)result;
    return !process->leaves;
}

static const struct personality_abi abi = {
    .name = "toy",
    .call = call,
    .load = toy_load,
    .image_top = TOY_TOP,
    .pipe_bytes = PIPE_BYTES,
    .open_files = 100,
};

int server_main(const struct start_info *info)
{
    host.abi = &abi;
    return export_run(info);
}
