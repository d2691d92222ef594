/* The clients of stream_client.h. */
#include "stream_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct stream_client *client_of(struct stream_request *request)
{
    return (struct stream_client *)(void *)request;
}

static status_t allowed(const struct stream_client *client, uint64_t offset, uint32_t length)
{
    assert_true(offset + length <= client->request.length);
    assert_int_equal(client->answers, 0);
    bool fails = client->fail != STATUS_OK && offset + length > client->fail_at;
    return fails ? client->fail : STATUS_OK;
}

static status_t copy_in(struct stream_request *request, uint64_t offset, uint8_t *to,
                        uint32_t length)
{
    struct stream_client *client = client_of(request);
    status_t status = allowed(client, offset, length);
    memset(to, 0xee, length); /* a failed copy may leave anything */
    if (status == STATUS_OK) {
        memcpy(to, client->bytes + offset, length);
    }
    return status;
}

static status_t copy_out(struct stream_request *request, uint64_t offset, const uint8_t *from,
                         uint32_t length)
{
    struct stream_client *client = client_of(request);
    status_t status = allowed(client, offset, length);
    if (status == STATUS_OK) {
        memcpy(client->bytes + offset, from, length);
    }
    return status;
}

static void answer(struct stream_request *request, status_t status, uint64_t count)
{
    struct stream_client *client = client_of(request);
    assert_int_equal(client->answers, 0);
    client->answers++;
    client->status = status;
    client->count = count;
}

const struct stream_host stream_client_host = {
    .copy_in = copy_in,
    .copy_out = copy_out,
    .answer = answer,
};

struct stream_request *stream_client_ask(struct stream_client *client, uint64_t badge, void *bytes,
                                         uint64_t length, bool no_wait)
{
    *client = (struct stream_client){.bytes = bytes};
    client->request.badge = badge;
    client->request.length = length;
    client->request.no_wait = no_wait;
    return &client->request;
}
