/* See descriptors.h. */
#include "descriptors.h"

#include "pipe.h"

int64_t descriptor_install(struct process *process, struct open_file *file)
{
    for (uint32_t i = 0; i < DESCRIPTORS; i++) {
        if (process->files[i] == NULL) {
            process->files[i] = file;
            return i;
        }
    }
    open_file_release(file);
    return -1;
}

struct open_file *descriptor_file(const struct process *process, uint64_t number)
{
    return number < DESCRIPTORS ? process->files[number] : NULL;
}

status_t descriptor_close(struct process *process, uint64_t number)
{
    struct open_file *file = descriptor_file(process, number);
    if (file == NULL) {
        return STATUS_BAD_HANDLE;
    }
    process->files[number] = NULL;
    mutex_lock(&host.lock);
    open_file_release(file);
    mutex_unlock(&host.lock);
    return STATUS_OK;
}

status_t descriptor_open(struct process *process, enum open_kind kind, uint32_t file_kind,
                         handle_t endpoint, bool readable, bool writable, uint64_t *number)
{
    int64_t installed = -1;
    mutex_lock(&host.lock);
    struct open_file *file = open_file_new(kind, endpoint, readable, writable);
    if (file != NULL) {
        file->file_kind = file_kind;
        installed = descriptor_install(process, file);
    } else {
        status_ignore(handle_close(endpoint));
    }
    mutex_unlock(&host.lock);
    *number = (uint64_t)installed;
    return installed >= 0 ? STATUS_OK : STATUS_FULL;
}

status_t descriptor_pipe(struct process *process, uint64_t address)
{
    struct open_file *ends[2];
    int64_t numbers[2] = {-1, -1};
    mutex_lock(&host.lock);
    status_t status = pipe_new(&ends[0], &ends[1]);
    if (status == STATUS_OK) {
        numbers[0] = descriptor_install(process, ends[0]);
        numbers[1] = descriptor_install(process, ends[1]);
    }
    mutex_unlock(&host.lock);
    if (status == STATUS_OK) {
        int32_t told[2] = {(int32_t)numbers[0], (int32_t)numbers[1]};
        status = numbers[1] < 0 ? STATUS_FULL : guest_copy_out(address, told, sizeof(told));
    }
    if (status != STATUS_OK) {
        status_ignore(descriptor_close(process, (uint64_t)numbers[0]));
        status_ignore(descriptor_close(process, (uint64_t)numbers[1]));
    }
    return status;
}

status_t descriptor_move(struct process *process, uint64_t from, uint64_t to)
{
    struct open_file *file = descriptor_file(process, from);
    if (file == NULL || to >= DESCRIPTORS) {
        return STATUS_BAD_HANDLE;
    }
    if (from != to) {
        status_ignore(descriptor_close(process, to));
        process->files[to] = file;
        process->files[from] = NULL;
    }
    return STATUS_OK;
}

status_t process_resolve(struct process *process, uint64_t address, size_t capacity,
                         struct place *place)
{
    char path[NAMES_PATH];
    size_t length;
    status_t status = guest_copy_text(path, address, capacity, &length);
    return status == STATUS_OK ? names_resolve(&host.names, &process->directory, path, place)
                               : status;
}
