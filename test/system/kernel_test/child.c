/* See child.h. */
#include "child.h"

#include <sinter/protocol/loader.h>

#include "archive.h"
#include "foreign.h"
#include "protocol.h"
#include "test_machine.h"

#define NAME       "child"
#define OBJECT     "boot/init.o" /* what is running: it stands in the place of init */
#define START_TEXT "init"

/* ---- the child ------------------------------------------------------------------------------- */

static uint8_t buffer[CHILD_BUFFER];

static void take(struct message *message, handle_t account)
{
    uint64_t pages = message->words[1];
    uint64_t base = map_new(account, pages * PAGE);
    message->words[0] = base == 0;
    for (uint64_t i = 0; i < pages && base != 0; i++) {
        *(volatile uint8_t *)at(base + i * PAGE) = 1;
    }
}

/* Does what the answer says and makes the next call of it; false: it is to return. */
static bool obey(struct message *message, handle_t account)
{
    uint32_t handles = 0;
    uint32_t leases = 0;
    switch (message->words[0]) {
    case CHILD_EXIT:
        task_exit((int64_t)message->words[1]);
    case CHILD_RETURN:
        return false;
    case CHILD_READ:
        message->words[0] = *(volatile uint64_t *)at(message->words[1]);
        break;
    case CHILD_WRITE:
        *(volatile uint64_t *)at(message->words[1]) = message->words[2];
        break;
    case CHILD_INFO:
        message->words[0] =
            (uint64_t)handle_info(message->words[1], NULL, NULL, &message->words[1]);
        break;
    case CHILD_LEND:
        message_page()->leases[0] =
            (struct lease){0, address_of(buffer), sizeof(buffer), LEASE_READ | LEASE_WRITE, 0};
        leases = 1;
        break;
    case CHILD_TESTS:
        message->words[0] = tests_run_hosted(account, &message->words[1]);
        break;
    case CHILD_STORM:
        message->words[0] = tests_run_storm(account, &message->words[1]);
        break;
    case CHILD_SPIN:
        guests_spin(account);
        break;
    case CHILD_EXECUTE:
        guest_call_code(account);
        break;
    case CHILD_STRAY:
        guest_stray(account, message->words[1]);
        break;
    case CHILD_ILLEGAL:
        illegal_instruction();
        break;
    case CHILD_FLOAT:
        guest_float(account, message->words[1]);
        fp_control_write(0);
        break;
    case CHILD_GUEST:
        message_page()->handles[0] = guest_new(account);
        handles = 1;
        break;
    case CHILD_TAKE:
        take(message, account);
        break;
    }
    message->words[2] = buffer[0];
    message->words[3] = buffer[sizeof(buffer) - 1];
    message->words[4] = address_of(buffer);
    message->tag = message_tag(1, 0, handles, leases);
    return true;
}

bool child_is(const struct start_info *info)
{
    return start_handle_find(info, "parent") != NULL;
}

int child_main(const struct start_info *info)
{
    environment = (struct environment){.info = info};
    handle_t parent = start_handle_find(info, "parent")->handle;
    handle_t account = start_handle_find(info, "account")->handle;
    struct message message = {.tag = message_tag(1, 0, 0, 0)};
    environment.task = start_handle_find(info, "task")->handle;
    EXPECT_OK(event_create(account, &environment.idle));
    for (unsigned i = 0; i < sizeof(buffer); i++) {
        buffer[i] = (uint8_t)(i % 251);
    }
    while (port_call(parent, &message) == STATUS_OK && obey(&message, account)) {
    }
    return (int)message.words[1];
}

/* ---- starting it ----------------------------------------------------------------------------- */

/* As loader/protocol.h says: the request, its texts, its handles. */
static union {
    struct {
        struct load_request request;
        char text[8];
        struct start_handle handles[3];
    } start;
    struct load_result result;
} lent;

_Static_assert(sizeof(struct load_request) % 8 == 0, "the handles follow aligned");

struct file {
    handle_t archive;
    uint64_t offset, size;
};

static bool find(const char *path, struct file *file)
{
    const struct start_handle *initrd = start_handle_find(environment.info, "initrd");
    struct archive_entry entry;
    uint64_t mapped = 0;
    uint64_t skew = initrd->extra[0] % PAGE;
    uint64_t length = (skew + initrd->extra[1] + PAGE - 1) & ~(PAGE - 1);
    EXPECT_OK(space_map(0, initrd->handle, 0, initrd->extra[0] - skew, length, MAP_READ, &mapped));
    struct archive archive = {at(mapped + skew), initrd->extra[1]};
    bool found = mapped != 0 && archive_find(&archive, path, &entry);
    if (found) {
        *file = (struct file){initrd->handle, initrd->extra[0] + entry.offset, entry.size};
    }
    unmap(mapped, length);
    return found;
}

bool boot_set_has(const char *path)
{
    struct file file;
    return find(path, &file);
}

static void copy_text(char *to, const char *from)
{
    while ((*to++ = *from++) != '\0') {
    }
}

static void give(struct start_handle *to, const char *name, handle_t task, handle_t handle)
{
    copy_text(to->name, name);
    EXPECT_OK(task_install(task, handle, RIGHT_ALL, &to->handle));
}

static status_t load(struct child *child, const struct file *file, uint64_t libsys, uint64_t page)
{
    uint64_t entry, start_info, stack_top;
    lent.start.request = (struct load_request){.size = sizeof(lent.start.request),
                                               .text_bytes = sizeof(START_TEXT),
                                               .handle_count = 3,
                                               .message_page = page,
                                               .name = NAME};
    copy_text(lent.start.text, START_TEXT);
    give(&lent.start.handles[0], "parent", child->task, child->service.endpoint);
    give(&lent.start.handles[1], "account", child->task, child->account);
    give(&lent.start.handles[2], "task", child->task, child->task);
    status_t status = loader_load(environment.loader, file->offset, file->size, libsys, 0,
                                  file->archive, child->space, child->account, &lent, sizeof(lent),
                                  &entry, &start_info, &stack_top);
    if (status != STATUS_OK) {
        test_failed(__FILE__, __LINE__, lent.result.line);
        return status;
    }
    return thread_start(child->thread, entry, stack_top, start_info, 0);
}

static bool start(struct child *child, handle_t faults,
                  status_t (*make)(handle_t, handle_t *, uint64_t *))
{
    uint64_t libsys = 0;
    uint64_t page = 0;
    struct file file;
    *child = (struct child){.account = 0};
    if (!service_open(&child->service) || !find(OBJECT, &file)) {
        test_failed(__FILE__, __LINE__, OBJECT " is not in the boot set");
        return false;
    }
    EXPECT_OK(account_create(environment.account, &child->account));
    EXPECT_OK(make(child->account, &child->space, &libsys));
    copy_text((char *)message_page()->data, NAME);
    EXPECT_OK(task_create(child->account, child->space, sizeof(NAME) - 1, &child->task));
    EXPECT_OK(thread_create(child->task, OTHER_PRIORITY, &child->thread, &page));
    if (faults != 0) {
        EXPECT_OK(task_set_fault_endpoint(child->task, faults));
    }
    status_t status = load(child, &file, libsys, page);
    EXPECT_OK(status);
    return status == STATUS_OK &&
           port_receive(child->service.port, child->service.reply, &child->call) == STATUS_OK;
}

bool child_start(struct child *child, handle_t faults)
{
    return start(child, faults, space_create);
}

bool child_start_host(struct child *child, handle_t faults)
{
    return start(child, faults, space_create_host);
}

void child_command(struct child *child, uint64_t command, uint64_t word1, uint64_t word2)
{
    const struct message message = {.tag = message_tag(STATUS_OK, 0, 0, 0),
                                    .words = {command, word1, word2}};
    EXPECT_OK(port_reply(child->service.reply, &message));
}

void child_order(struct child *child, uint64_t command, uint64_t word1, uint64_t word2)
{
    child_command(child, command, word1, word2);
    EXPECT_OK(port_receive(child->service.port, child->service.reply, &child->call));
    EXPECT(child->call.kind == RECEIVE_CALL && child->call.badge == SERVICE_BADGE);
}

static bool is_empty(handle_t account)
{
    uint64_t pages = 1;
    uint64_t bytes = 1;
    status_ignore(account_info(account, &pages, NULL, &bytes, NULL, NULL));
    return pages == 0 && bytes == 0;
}

void child_end(struct child *child, uint32_t reason, int64_t code)
{
    uint32_t state = 99;
    uint32_t got_reason = 99;
    int64_t got_code = 99;
    uint64_t handles = 99;
    EXPECT(task_ends(child->task));
    EXPECT_OK(task_info(child->task, &state, &got_reason, &got_code, NULL, &handles, NULL));
    EXPECT(state == TASK_DEAD && got_reason == reason && handles == 0);
    EXPECT(reason == EXIT_FAULT || got_code == code);
    close_handle(child->thread);
    close_handle(child->task);
    close_handle(child->space);
    EVENTUALLY(is_empty(child->account));
    close_handle(child->account);
    service_close(&child->service);
}
