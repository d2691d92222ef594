/* libsys/call.c: which register carries what, and when a call is repeated after a touch. */
#include <string.h>

#include "call.h"
#include "check.h"
#include "libsys_calls.h"
#include "libsys_exports.h"

#define ENDPOINT 77
#define METHOD   0x10003

static struct message_page page;
static uint8_t lent[64];
static uint64_t retry_lease, retry_offset;
static unsigned retries, calls, write_touches;
static uint64_t touched;

struct message_page *message_page(void)
{
    return &page;
}

void touch_for_write(uint64_t address)
{
    write_touches++;
    touched = address;
}

static void receive(uint64_t registers[10])
{
    registers[0] = STATUS_OK | (uint64_t)RECEIVE_CLOSED << 32;
    for (unsigned i = 1; i < 9; i++) {
        registers[i] = 1000 + i;
    }
}

/* Fills every register, as the real one zeroes them. */
void fake_kernel(uint64_t registers[10])
{
    uint64_t sent[10];
    memcpy(sent, registers, sizeof(sent));
    memset(registers, 0x5a, 10 * sizeof(uint64_t));
    calls++;
    switch (sent[8]) {
    case SYSTEM_CALL_port_call:
        CHECK(sent[0] == ENDPOINT && tag_method(sent[1]) == METHOD);
        for (unsigned i = 0; i < 6; i++) {
            CHECK(sent[2 + i] == 10 + i);
        }
        registers[0] = STATUS_OK;
        registers[1] = message_tag(calls <= retries ? STATUS_RETRY_TOUCH : STATUS_FULL, 0, 0, 0);
        for (unsigned i = 0; i < 6; i++) {
            registers[2 + i] = 20 + i;
        }
        if (calls <= retries) {
            registers[2] = retry_lease;
            registers[3] = retry_offset;
        }
        break;
    case SYSTEM_CALL_port_receive:
        CHECK(sent[0] == 5 && sent[1] == 6);
        receive(registers);
        break;
    case SYSTEM_CALL_port_reply:
        CHECK(sent[0] == 6 && sent[1] == METHOD && sent[2] == 10 && sent[7] == 15);
        registers[0] = STATUS_BAD_STATE;
        break;
    case SYSTEM_CALL_port_reply_receive:
        CHECK(sent[0] == 6 && sent[9] == 5 && sent[1] == METHOD && sent[2] == 10);
        CHECK(sent[7] == 15);
        receive(registers);
        break;
    default:
        CHECK(!"unknown call");
    }
}

static status_t call(uint32_t leases, struct message *message)
{
    calls = 0;
    write_touches = 0;
    message->tag = message_tag(METHOD, 0, 0, leases);
    for (unsigned i = 0; i < 6; i++) {
        message->words[i] = 10 + i;
    }
    return port_call(ENDPOINT, message);
}

static void lend(uint32_t flags)
{
    page.leases[0] = (struct lease){0, (uint64_t)(uintptr_t)lent, sizeof(lent), flags, 0};
}

static void check_plain_call(void)
{
    struct message message;
    CHECK(call(0, &message) == STATUS_OK && calls == 1);
    CHECK(tag_status(message.tag) == STATUS_FULL);
    for (unsigned i = 0; i < 6; i++) {
        CHECK(message.words[i] == 20 + i);
    }
}

static void check_retry(void)
{
    struct message message;
    retries = 3, retry_lease = 0, retry_offset = 40;
    lend(LEASE_READ);
    CHECK(call(1, &message) == STATUS_OK && calls == 4 && write_touches == 0);
    CHECK(tag_status(message.tag) == STATUS_FULL && message.words[0] == 20);
    lend(LEASE_READ | LEASE_WRITE);
    CHECK(call(1, &message) == STATUS_OK && calls == 4 && write_touches == 3);
    CHECK(touched == (uint64_t)(uintptr_t)&lent[40]);
    retries = 1000000;
    CHECK(call(1, &message) == STATUS_LENDER_ABSENT && calls == 1001);
}

/* What cannot be touched here is the caller's: the answer comes through. */
static void check_no_retry(void)
{
    struct message message;
    lend(LEASE_READ);
    retries = 1, retry_lease = 0, retry_offset = sizeof(lent);
    CHECK(call(1, &message) == STATUS_OK && calls == 1);
    CHECK(tag_status(message.tag) == STATUS_RETRY_TOUCH && message.words[1] == sizeof(lent));
    retry_lease = 1, retry_offset = 0;
    CHECK(call(1, &message) == STATUS_OK && calls == 1 && message.words[0] == 1);
    retry_lease = 0;
    CHECK(call(0, &message) == STATUS_OK && calls == 1);
    page.leases[0].source = 99;
    CHECK(call(1, &message) == STATUS_OK && calls == 1);
    CHECK(tag_status(message.tag) == STATUS_RETRY_TOUCH);
    page.leases[0] = (struct lease){55, 300, 100, LEASE_READ | LEASE_ONWARD, 2};
    retry_offset = 7;
    CHECK(call(1, &message) == STATUS_OK && calls == 1);
    CHECK(tag_status(message.tag) == STATUS_RETRY_TOUCH);
    CHECK(message.words[0] == 2 && message.words[1] == 307);
}

static void check_receive(const struct received *received)
{
    CHECK(received->tag == 1001 && received->words[0] == 1002 && received->words[5] == 1007);
    CHECK(received->badge == 1008 && received->kind == RECEIVE_CLOSED && received->reserved == 0);
}

int main(void)
{
    struct received received = {0};
    struct message message = {METHOD, {10, 11, 12, 13, 14, 15}};
    check_plain_call();
    check_retry();
    check_no_retry();
    CHECK(port_receive(5, 6, &received) == STATUS_OK);
    check_receive(&received);
    CHECK(port_reply(6, &message) == STATUS_BAD_STATE);
    received = (struct received){.tag = METHOD, .words = {10, 11, 12, 13, 14, 15}};
    CHECK(port_reply_receive(5, 6, &received) == STATUS_OK);
    check_receive(&received);
    return 0;
}
