/* Running processes: starting them, the exits of their guests, fork. See process.h. */
#include "c_string.h"
#include "exec.h"
#include "guest_registers.h"
#include "host_thread.h"

#include <stdatomic.h>

static const char *fault_text(uint32_t fault)
{
    static const char *const texts[] = {
        "no",         "read",      "write", "execute", "illegal instruction",
        "breakpoint", "alignment", "call",  "step",    "hardware"};
    return fault < sizeof(texts) / sizeof(texts[0]) ? texts[fault] : "unknown";
}

static void tell_fault(const struct process *process)
{
    const struct guest_state *state = process->image.state;
    log_line("%s (%u): %s fault at 0x%llx, pc 0x%llx: %s; it ends", process->name, process->pid,
             fault_text(state->fault), (unsigned long long)state->address,
             (unsigned long long)state->registers[GUEST_PC], status_text((status_t)state->status));
}

static bool handle_exit(struct process *process, uint64_t exit)
{
    if (exit == GUEST_EXIT_CALL) {
        return host.abi->call(process);
    }
    if (exit != GUEST_EXIT_FAULT || image_mend_fault(&process->image) ||
        (host.abi->fault != NULL && host.abi->fault(process))) {
        return true;
    }
    if (!process->leaves) {
        tell_fault(process);
        process_exit(process, -1, EXIT_FAULT);
    }
    return false;
}

/* Either this sees that the process is to halt, or whoever wants that sees its guest run. */
static bool may_run(struct process *process)
{
    atomic_store_explicit(&process->outside, false, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    return !atomic_load_explicit(&process->halts, memory_order_relaxed);
}

/* A stop came as its guest had just left: the kick is not to end what it waits for next. */
static __attribute__((noinline)) void stop_outside(struct process *process)
{
    mutex_lock(&host.lock);
    if (process->stopped && !process->killed) {
        host_thread_take_kick(process->thread);
        process_tell_stop(process);
    }
    mutex_unlock(&host.lock);
}

/* Either this sees that the process is to stop, or whoever wants that sees it outside. */
static bool on_exit(void *context, uint64_t exit)
{
    struct process *process = context;
    atomic_store_explicit(&process->outside, true, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&process->halts, memory_order_relaxed)) {
        stop_outside(process);
    }
    return handle_exit(process, exit) && may_run(process);
}

static void obey(struct process *process)
{
    mutex_lock(&host.lock);
    status_ignore(process_pause(process)); /* `killed` is looked at next */
    bool poked = process_take_poke(process);
    mutex_unlock(&host.lock);
    if (poked) {
        host.abi->resume(process);
    }
}

/* It was only stopped or poked; or, after an exec, the other image, or another kind of program,
 * takes its place. */
static bool goes_on(struct process *process)
{
    process->outside = true;
    if (!process->leaves) {
        obey(process);
    }
    if (process->foreign_next != 0) { /* also one that is killed: what it has become ends then */
        exec_wait_foreign(process);
        return false;
    }
    if (process->killed) {
        process_exit(process, process->kill_code, EXIT_KILLED);
        return false;
    }
    if (!process->leaves) {
        return true;
    }
    if (process->next_image.guest == 0) {
        return false;
    }
    status_ignore(guest_attach(0));
    mutex_lock(&host.lock); /* process_end() looks at the guest */
    struct image old = process->image;
    process->image = process->next_image;
    process->size = process->next_size;
    process->next_image = (struct image){0};
    process->leaves = false;
    mutex_unlock(&host.lock);
    image_destroy(&old);
    return true;
}

bool process_run(struct process *process)
{
    const struct guest_handler handler = {(uint64_t)(uintptr_t)on_exit,
                                          (uint64_t)(uintptr_t)process};
    do {
        status_t status = guest_attach(process->image.guest);
        if (status == STATUS_OK && may_run(process)) {
            status = guest_run(&handler);
        }
        if (status != STATUS_OK) {
            log_line("%s (%u) cannot run: %s", process->name, process->pid, status_text(status));
            process_exit(process, -1, EXIT_FAULT);
            break;
        }
    } while (goes_on(process));
    status_ignore(guest_attach(0));
    return process_ended(process);
}

status_t process_start(struct process *process)
{
    mutex_lock(&host.lock);
    status_t status = host_thread_start(process);
    mutex_unlock(&host.lock);
    return status;
}

/* ---- fork ------------------------------------------------------------------------------------ */

static void share_files(const struct process *from, struct process *to)
{
    for (uint32_t i = 0; i < DESCRIPTORS; i++) {
        to->files[i] = from->files[i] != NULL ? open_file_share(from->files[i]) : NULL;
    }
    to->console = console_share(from->console);
}

status_t process_fork(struct process *process, uint32_t *pid)
{
    mutex_lock(&host.lock);
    struct process *child = process_take(process);
    if (child != NULL) {
        share_files(process, child);
        memcpy(child->name, process->name, sizeof(child->name));
    }
    mutex_unlock(&host.lock);
    if (child == NULL) {
        return STATUS_FULL;
    }
    child->size = process->size;
    *pid = child->pid;
    status_t status = working_directory_copy(&process->directory, &child->directory);
    if (status == STATUS_OK) {
        status = image_fork(&process->image, &child->image);
    }
    if (status == STATUS_OK) {
        child->image.state->registers[GUEST_RESULT] = 0;
        status = process_start(child);
    }
    if (status != STATUS_OK) {
        image_destroy(&child->image);
        mutex_lock(&host.lock);
        process_drop(child);
        mutex_unlock(&host.lock);
    }
    return status;
}
