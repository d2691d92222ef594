/*
 * The server runtime and the generated stubs of both sides on the host. The system calls below
 * are a script: port_receive() takes the next step, an answer is what the step is compared with.
 */
#include <sinter/protocol/file.h>
#include <sinter/protocol/supervisor.h>
#include <string.h>

#include "check.h"
#include "server.h"

#define CONTROL_HANDLE 14
#define ALIVE_HANDLE   15
#define FIRST_REPLY    100
#define REPLIES        4
#define ABSENT_OFFSET  4096
#define STEPS          24
#define WAITED_EVENT   99 /* kind of a step that event_wait() takes, not port_receive() */

struct step {
    uint32_t kind;
    uint64_t word0, badge;
    uint32_t method;
    const char *data;
    uint32_t handles, leases, lease_flags;
    status_t refuse_answer; /* what port_reply_receive() says to the answer */
    /* what the server is to answer */
    bool answered;
    status_t status;
    uint64_t result, result1; /* words 0 and 1 */
    const char *answer_data;
    uint32_t answer_handles;
};

static struct message_page page;
static struct step steps[STEPS];
static unsigned step_count, current;
static bool waiting_for_answer;
static handle_t next_reply = FIRST_REPLY, bound_reply;
static bool bound[REPLIES]; /* to a call that has not been answered, from FIRST_REPLY */
static unsigned alive_count, closed_handles, stop_count;
static uint64_t closed_badge, own_bits;
static handle_t cancelled, deferred_reply;
static struct message last_call; /* that the server made */
static struct message call_answer;

struct message_page *message_page(void)
{
    return &page;
}

static struct step *add(struct step step)
{
    steps[step_count] = step;
    return &steps[step_count++];
}

static void check_answer(handle_t reply, uint64_t tag, const uint64_t *words)
{
    const struct step *step = &steps[current - 1];
    CHECK(bound[reply - FIRST_REPLY]);
    bound[reply - FIRST_REPLY] = false;
    if (reply != bound_reply) {
        return; /* of a deferred call */
    }
    CHECK(waiting_for_answer && step->answered);
    CHECK(tag_status(tag) == step->status);
    CHECK(tag_handles(tag) == step->answer_handles);
    CHECK(words[0] == step->result && words[1] == step->result1);
    CHECK(tag_bytes(tag) == (step->answer_data ? strlen(step->answer_data) : 0));
    CHECK(step->answer_data == NULL || memcmp(page.data, step->answer_data, tag_bytes(tag)) == 0);
    waiting_for_answer = false;
}

status_t port_receive(handle_t port, handle_t reply, struct received *received)
{
    CHECK(port == 13 && page.accept == LIMIT_MESSAGE_HANDLES);
    CHECK(!bound[reply - FIRST_REPLY]);
    CHECK(current < step_count);
    const struct step *step = &steps[current++];
    CHECK(step->kind != WAITED_EVENT);
    size_t length = step->data ? strlen(step->data) : 0;
    memset(&page, 0xee, sizeof(page));
    memcpy(page.data, step->data ? step->data : "", length);
    for (unsigned i = 0; i < step->handles; i++) {
        page.handles[i] = 200 + i;
    }
    page.leases[0].flags = step->lease_flags;
    page.leases[0].length = 10000;
    received->tag = message_tag(step->method, (uint32_t)length, step->handles, step->leases);
    memset(received->words, 0, sizeof(received->words));
    received->words[0] = step->word0;
    received->badge = step->badge;
    received->kind = step->kind;
    bound_reply = step->kind == RECEIVE_CALL ? reply : 0;
    bound[reply - FIRST_REPLY] = step->kind == RECEIVE_CALL;
    waiting_for_answer = step->kind == RECEIVE_CALL && step->answered;
    return STATUS_OK;
}

status_t port_reply(handle_t reply, const struct message *message)
{
    check_answer(reply, message->tag, message->words);
    return STATUS_OK;
}

status_t port_reply_receive(handle_t port, handle_t reply, struct received *received)
{
    const struct step *step = &steps[current - 1];
    if (step->refuse_answer != STATUS_OK) {
        return step->refuse_answer;
    }
    check_answer(reply, received->tag, received->words);
    return port_receive(port, reply, received);
}

status_t port_call(handle_t endpoint, struct message *message)
{
    CHECK(endpoint == 12);
    last_call = *message;
    memset(page.data, 'z', sizeof(page.data));
    *message = call_answer;
    return STATUS_OK;
}

status_t reply_create(handle_t account, handle_t *reply)
{
    CHECK(account == 11 && next_reply < FIRST_REPLY + REPLIES);
    *reply = next_reply++;
    return STATUS_OK;
}

status_t handle_close(handle_t handle)
{
    CHECK(handle != 0);
    closed_handles++;
    return STATUS_OK;
}

status_t event_wait(handle_t event, uint64_t mask, uint64_t deadline, uint64_t *bits)
{
    CHECK(event == CONTROL_HANDLE && mask == UINT64_MAX && deadline == UINT64_MAX);
    CHECK(current < step_count && steps[current].kind == WAITED_EVENT);
    *bits = steps[current++].word0;
    return STATUS_OK;
}

status_t event_bind(handle_t event)
{
    CHECK(event == CONTROL_HANDLE);
    return STATUS_OK;
}

status_t event_signal(handle_t event, uint64_t bits)
{
    CHECK(event == ALIVE_HANDLE && bits == 1);
    alive_count++;
    return STATUS_OK;
}

status_t log_write(uint64_t length)
{
    fprintf(stderr, "log: %.*s\n", (int)length, page.data);
    return STATUS_OK;
}

status_t lease_copy(handle_t reply, uint32_t index, uint64_t offset, uint64_t address,
                    uint64_t length, uint32_t direction, uint64_t *copied)
{
    CHECK(reply == bound_reply && index == 0 && direction == LEASE_WRITE && address != 0);
    *copied = 0;
    if (offset < ABSENT_OFFSET && offset + length > ABSENT_OFFSET) {
        *copied = ABSENT_OFFSET - offset;
        return STATUS_LENDER_ABSENT;
    }
    return STATUS_OK;
}

void task_exit(int64_t code)
{
    exit((int)code);
}

const char *status_text(status_t status)
{
    return status == STATUS_OK ? "success" : "failure";
}

const struct start_handle *start_handle_find(const struct start_info *info, const char *name)
{
    static const struct start_handle handles[] = {
        {"account", 11, {0}},
        {"supervisor", 12, {0}},
        {"port", 13, {0}},
        {"control", CONTROL_HANDLE, {0}},
        {"alive", ALIVE_HANDLE, {0}},
    };
    (void)info;
    for (unsigned i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        if (strcmp(handles[i].name, name) == 0) {
            return &handles[i];
        }
    }
    return NULL;
}

/* The server under test. */

static status_t operation_open(struct call *call, const uint8_t *path, size_t path_length,
                               uint32_t flags, uint32_t *kind, uint32_t *rest, handle_t *file)
{
    CHECK(call->in.badge == 7 && flags == 3);
    status_ignore(supervisor_refuse(call->server->supervisor, "over the page", 13));
    CHECK(path_length == 5 && strcmp((const char *)path, "a/b/c") == 0);
    *kind = FILE_KIND_BLOCK;
    *rest = 0;
    *file = 300;
    return STATUS_OK;
}

static status_t operation_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    uint8_t bytes[64] = {0};
    (void)flags;
    CHECK(call_lease_length(call, 0) == 10000 && call_lease_length(call, 1) == 0);
    if (offset == 1) {
        deferred_reply = call_defer(call);
        CHECK(deferred_reply != 0);
        return STATUS_OK;
    }
    *count = sizeof(bytes);
    return call_write(call, 0, offset, bytes, sizeof(bytes));
}

static status_t operation_list(struct call *call, uint64_t position, uint64_t *next, uint32_t *kind,
                               uint64_t *size, uint8_t *name, size_t name_capacity,
                               size_t *name_length)
{
    (void)call;
    (void)kind;
    (void)size;
    CHECK(name_capacity == LIMIT_MESSAGE_DATA);
    *next = position + 1;
    *name_length = format_text((char *)name, name_capacity, "entry%d", (int)position);
    return position < 5 ? STATUS_OK : STATUS_NOT_FOUND;
}

static const struct file_operations operations = {
    .open = operation_open,
    .read = operation_read,
    .list = operation_list,
};

static void on_event(struct server *server, uint64_t bits)
{
    own_bits |= bits;
    if (bits == 0x4) {
        CHECK(server->deferred_count == 1);
        CHECK(file_read_answer(deferred_reply, STATUS_OK, 9) == STATUS_OK);
        server_reply_done(server, deferred_reply);
    }
}

static void on_closed(struct server *server, uint64_t badge)
{
    (void)server;
    closed_badge = badge;
}

static void on_cancel(struct server *server, handle_t reply)
{
    (void)server;
    cancelled = reply;
}

static void on_stop(struct server *server)
{
    (void)server;
    stop_count++;
}

static void script(void)
{
    struct step call = {.kind = RECEIVE_CALL, .badge = 7, .answered = true};
    struct step step = call;
    step.method = FILE_METHOD_OPEN, step.data = "a/b/c", step.word0 = 3;
    step.result = FILE_KIND_BLOCK, step.answer_handles = 1;
    add(step);
    step = call; /* an absent page */
    step.method = FILE_METHOD_READ, step.word0 = ABSENT_OFFSET - 8, step.leases = 1;
    step.lease_flags = LEASE_WRITE, step.status = STATUS_RETRY_TOUCH;
    step.result = 0, step.result1 = ABSENT_OFFSET;
    add(step);
    step.word0 = 8192, step.status = STATUS_OK, step.result = 64, step.result1 = 0;
    add(step);
    step.lease_flags = LEASE_READ, step.status = STATUS_BAD_LEASE, step.result = 0;
    add(step);
    step = call; /* data in the answer; handles that nobody wants are closed */
    step.method = FILE_METHOD_LIST, step.word0 = 4, step.result = 5, step.answer_data = "entry4";
    add(step);
    step.word0 = 5, step.result = 6, step.status = STATUS_NOT_FOUND, step.answer_data = NULL;
    add(step);
    step.handles = 2, step.status = STATUS_BAD_ARGUMENT, step.result = 0;
    add(step);
    step = call; /* without operation, without protocol */
    step.method = FILE_METHOD_SYNC, step.status = STATUS_BAD_METHOD;
    add(step);
    step.method = 99 << METHOD_PROTOCOL_SHIFT | 1;
    add(step);
    step = call; /* negotiation: older, newer, another major version, unknown protocol */
    step.method = PROTOCOL_FILE << METHOD_PROTOCOL_SHIFT | METHOD_NEGOTIATE;
    step.word0 = step.result = 0x10000;
    add(step);
    step.word0 = 0x10007, step.result = PROTOCOL_FILE_VERSION;
    add(step);
    step.word0 = 0x20000, step.status = STATUS_VERSION_MISMATCH;
    add(step);
    step.method = 99 << METHOD_PROTOCOL_SHIFT | METHOD_NEGOTIATE;
    step.status = STATUS_BAD_METHOD, step.result = 0;
    add(step);
    step = call; /* the caller takes no handle */
    step.method = FILE_METHOD_OPEN, step.data = "a/b/c", step.word0 = 3;
    step.refuse_answer = STATUS_NO_SLOTS, step.status = STATUS_NO_SLOTS;
    add(step);
    step = call; /* deferred; then cancel, closed, and stop before its answer */
    step.method = FILE_METHOD_READ, step.word0 = 1, step.leases = 1;
    step.lease_flags = LEASE_WRITE, step.answered = false;
    add(step);
    add((struct step){.kind = RECEIVE_CANCEL, .word0 = FIRST_REPLY});
    add((struct step){.kind = RECEIVE_CLOSED, .badge = 55});
    add((struct step){.kind = RECEIVE_EVENT, .word0 = CONTROL_PING | CONTROL_STOP | 0x2});
    add((struct step){.kind = WAITED_EVENT, .word0 = 0x4}); /* nothing is received any more */
}

int main(void)
{
    static struct server server;
    static struct start_info info;
    uint32_t version;
    CHECK(server_init(&server, &info) == STATUS_OK);
    CHECK(server_add(&server, file_protocol(&operations)) == STATUS_OK);
    server.on_event = on_event;
    server.on_closed = on_closed;
    server.on_cancel = on_cancel;
    server.on_stop = on_stop;
    CHECK(server_ready(&server) == STATUS_OK);
    CHECK(tag_method(last_call.tag) == SUPERVISOR_METHOD_READY);
    script();
    CHECK(server_run(&server) == 0);
    CHECK(current == step_count && !waiting_for_answer);
    CHECK(deferred_reply == FIRST_REPLY && cancelled == FIRST_REPLY && closed_badge == 55);
    CHECK(alive_count == 1 && stop_count == 1 && own_bits == 0x6);
    /* the handle of open, sent and refused, and two that came unasked */
    CHECK(closed_handles == 4);
    call_answer = (struct message){message_tag(STATUS_VERSION_MISMATCH, 0, 0, 0), {0x20001}};
    CHECK(supervisor_negotiate(server.supervisor, &version) == STATUS_VERSION_MISMATCH);
    CHECK(version == 0x20001 && last_call.words[0] == PROTOCOL_SUPERVISOR_VERSION);
    call_answer = (struct message){0};
    CHECK(server_refuse(&server, "no %s", "clock") == 1);
    CHECK(tag_bytes(last_call.tag) == strlen("no clock"));
    return 0;
}
