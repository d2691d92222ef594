/* Which call is which; see xv6.h. */
#include "xv6.h"

typedef int64_t (*call)(struct process *process);

static const call calls[] = {
    [1] = xv6_fork,    [2] = xv6_exit,   [3] = xv6_wait,    [4] = xv6_pipe,    [5] = xv6_read,
    [6] = xv6_kill,    [7] = xv6_exec,   [8] = xv6_fstat,   [9] = xv6_chdir,   [10] = xv6_dup,
    [11] = xv6_getpid, [12] = xv6_sbrk,  [13] = xv6_sleep,  [14] = xv6_uptime, [15] = xv6_open,
    [16] = xv6_write,  [17] = xv6_mknod, [18] = xv6_unlink, [19] = xv6_link,   [20] = xv6_mkdir,
    [21] = xv6_close,
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

bool xv6_path(uint64_t address, char path[XV6_PATH])
{
    size_t length;
    return guest_copy_text(path, address, XV6_PATH, &length) == STATUS_OK;
}

struct open_file *xv6_file(const struct process *process, unsigned i)
{
    return descriptor_file(process, (uint32_t)guest_argument(process, i));
}

static __attribute__((noinline)) int64_t unknown(const struct process *process, uint64_t number)
{
    log_line("%s (%u): unknown sys call %lld", process->name, process->pid, (long long)number);
    return -1;
}

/* Of a process that has ended, or been replaced, the result is nobody's. */
bool xv6_call(struct process *process)
{
    uint64_t *registers = process->image.state->registers;
    uint64_t number = registers[GUEST_CALL];
    int64_t result =
        number < CALLS && calls[number] != NULL ? calls[number](process) : unknown(process, number);
    registers[GUEST_RESULT] = (uint64_t)result;
    return !process->leaves;
}

const struct personality_abi xv6_abi = {
    .name = "xv6",
    .call = xv6_call,
    .load = xv6_load,
    .signal = xv6_signal,
    .image_top = XV6_TOP,
    .pipe_bytes = XV6_PIPE,
    .transfer_flags = FILE_NO_GAP,
    .open_files = XV6_OPEN_FILES,
    .name_part = XV6_NAME,
};
