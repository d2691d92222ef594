/*
 * A server in one file, over nothing but the generated headers: /dev/NAME (NAME is that of the
 * service) holds the number that answer_work() computes at the first read. test_compilers.py makes
 * it with every compiler, together with work.c or work.cpp.
 */
#include <sinter/object.h>
#include <sinter/protocol/file.h>
#include <sinter/protocol/supervisor.h>

#include "answer.h"

SERVER_META(name, "answer");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Computes a number, for tests of compilers");
SERVER_META(kind, SERVICE);
SERVER_META(provides, "file 1.0");
SERVER_META(restart, STATELESS);

#define DIGITS    16
#define LENGTH    (DIGITS + 1) /* with the end of the line */
#define ALIVE_BIT 1

static char text[LENGTH];
static handle_t reply;

static handle_t find(const struct start_info *info, const char *name)
{
    const struct start_handle *found = start_handle_find(info, name);
    return found != NULL ? found->handle : 0;
}

static void compute(void)
{
    uint64_t number = answer_work(ANSWER_SEED);
    for (int i = 0; i < DIGITS; i++) {
        text[i] = "0123456789abcdef"[number >> (60 - 4 * i) & 15];
    }
    text[DIGITS] = '\n';
}

static status_t read_text(struct received *in)
{
    uint64_t offset = in->words[0], copied = 0;
    uint64_t length = tag_leases(in->tag) > 0 ? message_page()->leases[0].length : 0;
    status_t status = STATUS_OK;
    if (text[0] == '\0') {
        compute();
    }
    if (offset > LENGTH) {
        offset = LENGTH;
    }
    if (length > LENGTH - offset) {
        length = LENGTH - offset;
    }
    if (length > 0) {
        status = lease_copy(reply, 0, 0, (uint64_t)(uintptr_t)(text + offset), length, LEASE_WRITE,
                            &copied);
    }
    in->words[0] = status == STATUS_OK ? length : 0; /* or which lease, and where in it */
    in->words[1] = copied;
    return status == STATUS_LENDER_ABSENT ? STATUS_RETRY_TOUCH : status;
}

static status_t answer(struct received *in)
{
    switch (tag_method(in->tag)) {
    case FILE_METHOD_READ:
        return read_text(in);
    case FILE_METHOD_ATTACH:
        in->words[0] = FILE_KIND_REGULAR;
        return STATUS_OK;
    case FILE_METHOD_STAT:
        in->words[0] = FILE_KIND_REGULAR;
        in->words[1] = LENGTH;
        in->words[2] = 1;
        return STATUS_OK;
    default:
        return STATUS_BAD_METHOD;
    }
}

static int serve(handle_t port, handle_t alive)
{
    struct received in;
    int answered = 0;
    for (;;) {
        status_t status =
            answered ? port_reply_receive(port, reply, &in) : port_receive(port, reply, &in);
        answered = 0;
        if (status != STATUS_OK && status != STATUS_INTERRUPTED) {
            return 1;
        }
        if (status == STATUS_OK && in.kind == RECEIVE_CALL) {
            in.tag = message_tag((uint32_t)answer(&in), 0, 0, 0);
            answered = 1;
        } else if (status == STATUS_OK && in.kind == RECEIVE_EVENT) {
            if (in.words[0] & CONTROL_STOP) {
                return 0;
            }
            status_ignore(event_signal(alive, ALIVE_BIT));
        }
    }
}

int server_main(const struct start_info *info)
{
    handle_t supervisor = find(info, "supervisor");
    size_t length = 0;
    while (info->name[length] != '\0') {
        length++;
    }
    if (reply_create(find(info, "account"), &reply) != STATUS_OK ||
        event_bind(find(info, "control")) != STATUS_OK ||
        supervisor_publish(supervisor, info->name, length, 0, FILE_KIND_REGULAR) != STATUS_OK ||
        supervisor_ready(supervisor) != STATUS_OK) {
        return 1;
    }
    return serve(find(info, "port"), find(info, "alive"));
}
