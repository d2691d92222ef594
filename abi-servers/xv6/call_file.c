/* Files, names and pipes; see xv6.h. */
#include "c_string.h"

#include "session.h"
#include "xv6.h"

/* ---- descriptors ----------------------------------------------------------------------------- */

int64_t xv6_dup(struct process *process)
{
    struct open_file *file = xv6_file(process, 0);
    if (file == NULL) {
        return -1;
    }
    mutex_lock(&host.lock);
    int64_t number = descriptor_install(process, open_file_share(file));
    mutex_unlock(&host.lock);
    return number;
}

int64_t xv6_close(struct process *process)
{
    return descriptor_close(process, (uint32_t)guest_argument(process, 0)) == STATUS_OK ? 0 : -1;
}

int64_t xv6_pipe(struct process *process)
{
    return descriptor_pipe(process, guest_argument(process, 0)) == STATUS_OK ? 0 : -1;
}

/* ---- reading and writing --------------------------------------------------------------------- */

enum { DOTS = 2 }; /* `.` and `..`, which servers do not list */

/* The next entry of the server's list. */
static bool list_next(struct open_file *directory, char name[FILE_NAME_BYTES], size_t *length)
{
    uint64_t size;
    uint64_t next = 0;
    uint32_t kind;
    if (file_list(directory->endpoint, directory->list_position, &next, &kind, &size, name,
                  FILE_NAME_BYTES, length) != STATUS_OK) {
        return false;
    }
    directory->list_position = next;
    directory->list_index++;
    return true;
}

/* The entry of a directory; false at its end. Numbers of inodes are not in the list: any but 0. */
static bool entry_at(struct open_file *directory, uint64_t index, struct xv6_dirent *dirent)
{
    char name[FILE_NAME_BYTES];
    size_t length = 0;
    *dirent = (struct xv6_dirent){.inum = (uint16_t)(index % UINT16_MAX + 1)};
    if (index < DOTS) {
        memcpy(dirent->name, "..", index + 1);
        return true;
    }
    if (index - DOTS < directory->list_index) {
        directory->list_index = directory->list_position = 0;
    }
    do {
        if (!list_next(directory, name, &length)) {
            return false;
        }
    } while (directory->list_index <= index - DOTS);
    memcpy(dirent->name, name, length < XV6_NAME ? length : XV6_NAME);
    return true;
}

/* As a file of entries, of which `position` counts the bytes. In turn. */
static int64_t read_entries(struct open_file *directory, uint64_t address, uint64_t length)
{
    uint64_t done = 0;
    while (done < length) {
        struct xv6_dirent dirent;
        uint64_t inside = directory->position % sizeof(dirent);
        uint64_t piece = sizeof(dirent) - inside;
        piece = piece < length - done ? piece : length - done;
        if (!entry_at(directory, directory->position / sizeof(dirent), &dirent)) {
            break;
        }
        if (guest_copy_out(address + done, (const uint8_t *)&dirent + inside, piece) != STATUS_OK) {
            return -1;
        }
        directory->position += piece;
        done += piece;
    }
    return (int64_t)done;
}

static int64_t read_directory(struct process *process, struct open_file *directory,
                              uint64_t address, uint64_t length)
{
    if (open_file_begin_turn(process, directory) != STATUS_OK) {
        return -1;
    }
    int64_t result = read_entries(directory, address, length);
    open_file_end_turn(directory);
    return result;
}

int64_t xv6_read(struct process *process)
{
    struct open_file *file = xv6_file(process, 0);
    uint64_t address = guest_argument(process, 1);
    int32_t length = (int32_t)guest_argument(process, 2);
    uint64_t count = 0;
    if (file == NULL || length < 0) {
        return -1;
    }
    if (file->kind == OPEN_DIRECTORY) {
        return read_directory(process, file, address, (uint64_t)length);
    }
    status_t status = open_file_read(process, file, address, (uint64_t)length, &count);
    return status == STATUS_OK ? (int64_t)count : -1;
}

/* A pipe tells what it has taken before an address was bad; a file nothing short of all. */
int64_t xv6_write(struct process *process)
{
    struct open_file *file = xv6_file(process, 0);
    int32_t length = (int32_t)guest_argument(process, 2);
    uint64_t count = 0;
    if (file == NULL || length < 0) {
        return -1;
    }
    status_t status =
        open_file_write(process, file, guest_argument(process, 1), (uint64_t)length, &count);
    if (file->kind == OPEN_PIPE && status == STATUS_BAD_ADDRESS) {
        return (int64_t)count;
    }
    return status == STATUS_OK && count == (uint64_t)length ? length : -1;
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool resolve(struct process *process, unsigned i, struct place *place)
{
    return process_resolve(process, guest_argument(process, i), XV6_PATH, place) == STATUS_OK;
}

static uint32_t open_flags(uint64_t mode)
{
    uint32_t flags = mode & XV6_WRONLY ? FILE_WRITE : FILE_READ;
    flags |= mode & XV6_RDWR ? FILE_READ | FILE_WRITE : 0;
    flags |= mode & XV6_CREATE ? FILE_CREATE : 0;
    return flags | (mode & XV6_TRUNC ? FILE_TRUNCATE : 0);
}

/* The major number of a node; 0 of devices that are none. */
static uint64_t major_of(handle_t file)
{
    struct file_attributes attributes;
    size_t length = 0;
    if (file_attributes(file, &attributes, sizeof(attributes), &length) != STATUS_OK ||
        length != sizeof(attributes) || !(attributes.valid & FILE_ATTRIBUTE_DEVICE)) {
        return 0;
    }
    return attributes.device >> 16;
}

/* What is open then. A console keeps the endpoint of its node, for fstat. */
static enum open_kind kind_of(uint32_t kind, uint64_t major)
{
    if (kind == FILE_KIND_DIRECTORY) {
        return OPEN_DIRECTORY;
    }
    return kind == FILE_KIND_CHARACTER && major == XV6_CONSOLE ? OPEN_CONSOLE : OPEN_REMOTE;
}

/* A leader that opens the console of its session is its shell, if that is a terminal. */
static void note_shell(struct process *process)
{
    uint32_t kind = FILE_KIND_REGULAR;
    uint64_t size;
    if (session_leads(process) && process->console != NULL &&
        file_stat(process->console->input->endpoint, &kind, &size, NULL) == STATUS_OK) {
        mutex_lock(&host.lock);
        process->is_shell = kind == FILE_KIND_TERMINAL;
        mutex_unlock(&host.lock);
    }
}

static int64_t open_as(struct process *process, uint32_t kind, handle_t endpoint, uint64_t mode)
{
    uint64_t major = kind == FILE_KIND_CHARACTER ? major_of(endpoint) : 0;
    enum open_kind open_kind = kind_of(kind, major);
    uint64_t number;
    if (major >= XV6_DEVICES) {
        status_ignore(handle_close(endpoint));
        return -1;
    }
    bool writable = (mode & (XV6_WRONLY | XV6_RDWR)) != 0;
    if (descriptor_open(process, open_kind, kind, endpoint, !(mode & XV6_WRONLY), writable,
                        &number) != STATUS_OK) {
        return -1;
    }
    if (open_kind == OPEN_CONSOLE) {
        note_shell(process);
    }
    return (int64_t)number;
}

int64_t xv6_open(struct process *process)
{
    struct place place;
    uint64_t mode = guest_argument(process, 1);
    handle_t endpoint = 0;
    uint32_t kind = 0;
    if (!resolve(process, 0, &place)) {
        return -1;
    }
    status_t status = names_open(&place, open_flags(mode), &kind, &endpoint);
    if (status == STATUS_IS_DIRECTORY && mode == XV6_RDONLY) {
        status = names_open(&place, FILE_READ | FILE_DIRECTORY, &kind, &endpoint);
    }
    if (status != STATUS_OK) {
        return -1;
    }
    if (kind == FILE_KIND_DIRECTORY && mode != XV6_RDONLY) {
        status_ignore(handle_close(endpoint));
        return -1;
    }
    return open_as(process, kind, endpoint, mode);
}

int64_t xv6_chdir(struct process *process)
{
    char path[XV6_PATH];
    if (!xv6_path(guest_argument(process, 0), path)) {
        return -1;
    }
    return names_change(&host.names, &process->directory, path) == STATUS_OK ? 0 : -1;
}

/* What a path names, in its directory. */
struct entry {
    struct place place;
    handle_t directory;
    const char *name;
};

static bool open_entry(struct process *process, unsigned i, struct entry *entry)
{
    return resolve(process, i, &entry->place) && !entry->place.special &&
           names_open_parent(&entry->place, &entry->directory, &entry->name) == STATUS_OK;
}

int64_t xv6_mkdir(struct process *process)
{
    struct entry entry;
    if (!open_entry(process, 0, &entry)) {
        return -1;
    }
    status_t status = file_make_directory(entry.directory, entry.name, strlen(entry.name));
    status_ignore(handle_close(entry.directory));
    return status == STATUS_OK ? 0 : -1;
}

int64_t xv6_mknod(struct process *process)
{
    struct entry entry;
    uint64_t device =
        (guest_argument(process, 1) & 0xffff) << 16 | (guest_argument(process, 2) & 0xffff);
    if (!open_entry(process, 0, &entry)) {
        return -1;
    }
    status_t status = file_make_node(entry.directory, entry.name, strlen(entry.name),
                                     FILE_KIND_CHARACTER, device);
    status_ignore(handle_close(entry.directory));
    return status == STATUS_OK ? 0 : -1;
}

/* Of files and empty directories alike. */
int64_t xv6_unlink(struct process *process)
{
    struct entry entry;
    if (!open_entry(process, 0, &entry)) {
        return -1;
    }
    status_t status = file_remove(entry.directory, entry.name, strlen(entry.name), 0);
    if (status == STATUS_IS_DIRECTORY) {
        status = file_remove(entry.directory, entry.name, strlen(entry.name), FILE_DIRECTORY);
    }
    status_ignore(handle_close(entry.directory));
    return status == STATUS_OK ? 0 : -1;
}

int64_t xv6_link(struct process *process)
{
    struct place from;
    struct place to;
    if (!resolve(process, 0, &from) || !resolve(process, 1, &to) || to.special) {
        return -1;
    }
    return names_link(&host.names, &process->directory, &from, &to) == STATUS_OK ? 0 : -1;
}

/* ---- fstat ----------------------------------------------------------------------------------- */

static int16_t type_of(uint32_t kind)
{
    switch (kind) {
    case FILE_KIND_REGULAR:
        return XV6_T_FILE;
    case FILE_KIND_DIRECTORY:
        return XV6_T_DIR;
    default:
        return XV6_T_DEVICE;
    }
}

/* What servers without `attributes` tell. */
static status_t ask_less(handle_t file, struct xv6_stat *stat)
{
    uint32_t kind = 0;
    uint64_t modified;
    uint64_t identity = 0;
    status_t status = file_stat(file, &kind, &stat->size, NULL);
    stat->type = type_of(kind);
    if (status == STATUS_OK && file_times(file, &modified, &identity) == STATUS_OK) {
        stat->ino = (uint32_t)identity;
    }
    return status;
}

static status_t ask(handle_t file, struct xv6_stat *stat)
{
    struct file_attributes attributes;
    size_t length = 0;
    status_t status = file_attributes(file, &attributes, sizeof(attributes), &length);
    if (status != STATUS_OK || length != sizeof(attributes)) {
        return ask_less(file, stat);
    }
    stat->type = type_of(attributes.kind);
    stat->ino = (uint32_t)attributes.identity;
    stat->nlink = attributes.valid & FILE_ATTRIBUTE_LINKS ? (int16_t)attributes.links : 1;
    stat->size = attributes.size;
    return STATUS_OK;
}

int64_t xv6_fstat(struct process *process)
{
    struct open_file *file = xv6_file(process, 0);
    struct xv6_stat stat = {.dev = XV6_ROOT_DEVICE, .type = XV6_T_DEVICE, .nlink = 1};
    if (file == NULL || file->kind == OPEN_PIPE) {
        return -1;
    }
    if (file->endpoint != 0 && ask(file->endpoint, &stat) != STATUS_OK) {
        return -1;
    }
    return guest_copy_out(guest_argument(process, 1), &stat, sizeof(stat)) == STATUS_OK ? 0 : -1;
}
