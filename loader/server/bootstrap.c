/*
 * Starting init: see bootstrap.h. docs/INIT.md lists the handles that init finds.
 */
#include "bootstrap.h"

#include "archive.h"
#include "bytes.h"
#include "format.h"
#include "request.h"
#include "window.h"

#define INIT_OBJECT  "boot/init.o"
#define INIT_NAME    "init"
#define LOADER_BADGE 0

enum { INIT_PRIORITY = 24, INIT_STACK = 128 << 10, HANDLES_MAX = 16 };

/* What is made for init. */
struct birth {
    handle_t account, space, task, thread;
    uint64_t libsys;
    uint64_t message_page;
    uint32_t handle_count;
    struct start_handle handles[HANDLES_MAX];
};

/* Puts a handle into init's table, and its value there into the list of start handles. */
static status_t give(struct birth *birth, const char *name, handle_t handle, uint64_t extra0,
                     uint64_t extra1)
{
    uint64_t installed;
    if (birth->handle_count == HANDLES_MAX) {
        return STATUS_NO_HANDLES;
    }
    status_t status = task_install(birth->task, handle, RIGHT_ALL, &installed);
    if (status == STATUS_OK) {
        struct start_handle *entry = &birth->handles[birth->handle_count++];
        memcpy(entry->name, name, strlen(name) + 1);
        entry->handle = installed;
        entry->extra[0] = extra0;
        entry->extra[1] = extra1;
    }
    return status;
}

/* Hands on a start handle of our own, under the name `as`. */
static status_t pass(struct birth *birth, const struct start_info *info, const char *name,
                     const char *as)
{
    const struct start_handle *own = start_handle_find(info, name);
    if (own == NULL) {
        log_line("the kernel gave no start handle `%s`", name);
        return STATUS_NOT_FOUND;
    }
    return give(birth, as, own->handle, own->extra[0], own->extra[1]);
}

static status_t give_all(struct birth *birth, const struct start_info *info, handle_t port)
{
    handle_t endpoint;
    status_t status = port_mint(port, LOADER_BADGE, ENDPOINT_KEEP, &endpoint);
    if (status != STATUS_OK) {
        return status;
    }
    if ((status = give(birth, "loader", endpoint, 0, 0)) == STATUS_OK &&
        (status = give(birth, "loader_port", port, 0, 0)) == STATUS_OK &&
        (status = give(birth, "task", birth->task, 0, 0)) == STATUS_OK &&
        (status = give(birth, "space", birth->space, 0, 0)) == STATUS_OK &&
        (status = give(birth, "own_account", birth->account, 0, 0)) == STATUS_OK &&
        (status = give(birth, "loader_account", loader.account, 0, 0)) == STATUS_OK &&
        (status = pass(birth, info, "account", "account")) == STATUS_OK &&
        (status = pass(birth, info, "machine", "machine")) == STATUS_OK &&
        (status = pass(birth, info, "initrd", "initrd")) == STATUS_OK &&
        (status = pass(birth, info, "devicetree", "devicetree")) == STATUS_OK &&
        (status = pass(birth, info, "kept", "kept")) == STATUS_OK &&
        (status = pass(birth, info, "loader_image", "loader_image")) == STATUS_OK) {
        status = pass(birth, info, "task", "loader_task");
    }
    status_ignore(handle_close(endpoint));
    return status;
}

static status_t make_task(struct birth *birth, handle_t root)
{
    status_t status;
    if ((status = account_create(root, &birth->account)) != STATUS_OK ||
        (status = space_create(birth->account, &birth->space, &birth->libsys)) != STATUS_OK) {
        return status;
    }
    memcpy(message_page()->data, INIT_NAME, sizeof(INIT_NAME) - 1);
    status = task_create(birth->account, birth->space, sizeof(INIT_NAME) - 1, &birth->task);
    return status == STATUS_OK
               ? thread_create(birth->task, INIT_PRIORITY, &birth->thread, &birth->message_page)
               : status;
}

/* Finds init.o; the archive is mapped only meanwhile. */
static status_t find_init(const struct start_handle *initrd, struct load_file *file)
{
    void *bytes;
    struct archive_entry entry;
    status_t status =
        window_map(initrd->handle, initrd->extra[0], initrd->extra[1], MAP_READ, &bytes);
    if (status != STATUS_OK) {
        return status;
    }
    struct archive archive = {bytes, initrd->extra[1]};
    bool found = archive_find(&archive, INIT_OBJECT, &entry);
    window_clear();
    if (!found) {
        return STATUS_NOT_FOUND;
    }
    *file =
        (struct load_file){initrd->handle, initrd->extra[0] + entry.offset, entry.size, "init.o"};
    return STATUS_OK;
}

static uint64_t random_seed(void)
{
    uint64_t seed = 0;
    if (entropy_read(sizeof(seed)) == STATUS_OK) {
        memcpy(&seed, message_page()->data, sizeof(seed));
    }
    return LOADER_SEED(seed);
}

/* From now on the kernel resets the machine when init dies. */
static status_t mark_essential(const struct start_info *info, handle_t task)
{
    const struct start_handle *machine = start_handle_find(info, "machine");
    return machine != NULL ? task_set_essential(machine->handle, task) : STATUS_NOT_FOUND;
}

static status_t load_init(struct birth *birth, const struct start_info *info,
                          const struct load_file *file)
{
    static struct load_result result;
    struct load_answer answer;
    struct load_request request = {
        .size = sizeof(request),
        .argument_count = 1,
        .handle_count = birth->handle_count,
        .stack_size = INIT_STACK,
        .message_page = birth->message_page,
        .name = INIT_NAME,
    };
    struct load_start start = {&request, INIT_NAME, sizeof(INIT_NAME), birth->handles};
    struct load_target target = {birth->space, birth->account, birth->libsys, random_seed()};
    status_t status = load_object(file, &target, &start, &result, &answer);
    if (status != STATUS_OK) {
        log_line("%s", result.line);
        return status;
    }
    if ((status = mark_essential(info, birth->task)) != STATUS_OK) {
        return status;
    }
    return thread_start(birth->thread, answer.entry, answer.stack_top, answer.start_info, 0);
}

static status_t start_init(const struct start_info *info, handle_t root, handle_t port)
{
    static struct birth birth;
    struct load_file file;
    const struct start_handle *initrd = start_handle_find(info, "initrd");
    if (initrd == NULL) {
        log_line("there is no initrd; boot with one that holds " INIT_OBJECT);
        return STATUS_NOT_FOUND;
    }
    status_t status = find_init(initrd, &file);
    if (status != STATUS_OK) {
        log_line("the initrd is no archive that holds " INIT_OBJECT);
        return status;
    }
    if ((status = make_task(&birth, root)) == STATUS_OK &&
        (status = give_all(&birth, info, port)) == STATUS_OK) {
        status = load_init(&birth, info, &file);
    }
    status_ignore(handle_close(birth.thread));
    status_ignore(handle_close(birth.task));
    status_ignore(handle_close(birth.space));
    status_ignore(handle_close(birth.account));
    return status;
}

/* All that the kernel gave; what loading needs has been made of it. */
static void close_all(const struct start_info *info)
{
    const struct start_handle *handles = (const struct start_handle *)(uintptr_t)info->handles;
    for (uint64_t i = 0; i < info->handle_count; i++) {
        status_ignore(handle_close(handles[i].handle));
    }
}

bool bootstrap_init(const struct start_info *info, handle_t *port)
{
    const struct start_handle *root = start_handle_find(info, "account");
    if (root == NULL) {
        log_line("the kernel gave no start handle `account`");
        return false;
    }
    status_t status;
    if ((status = account_create(root->handle, &loader.account)) == STATUS_OK &&
        (status = port_create(loader.account, port)) == STATUS_OK) {
        status = start_init(info, root->handle, *port);
    }
    if (status != STATUS_OK) {
        log_line("init cannot be started: %s", status_text(status));
        return false;
    }
    close_all(info);
    return true;
}
