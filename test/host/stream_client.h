/*
 * Clients of a stream in unit tests: each is a request with its buffer, and keeps the answer. An
 * answer given twice fails the test; so does a copy outside the buffer.
 */
#ifndef STREAM_CLIENT_H
#define STREAM_CLIENT_H

#include "stream.h"

struct stream_client {
    struct stream_request request;
    uint8_t *bytes;
    status_t fail; /* of copies from `fail_at` on */
    uint64_t fail_at;
    unsigned answers;
    status_t status;
    uint64_t count;
};

extern const struct stream_host stream_client_host;

/* A fresh request for `length` bytes at `bytes`. */
struct stream_request *stream_client_ask(struct stream_client *client, uint64_t badge, void *bytes,
                                         uint64_t length, bool no_wait);

#endif
