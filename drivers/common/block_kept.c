/* The store of block_kept.h. */
#include "block_kept.h"

#include "state_store.h"

_Static_assert(sizeof(struct block_kept) <= LIMIT_PAGE_SIZE,
               "the store of an earlier edition has room for it");

struct block_kept *block_kept_open(struct server *server)
{
    static struct block_kept own;
    void *store;
    server->closes_at_once = true;
    status_t status = state_store_open(
        server, sizeof(own), "after a crash the disk has to be opened and claimed again", &store);
    struct block_kept *kept = status == STATUS_OK ? store : &own;
    kept->identity = kept->identity != 0 ? kept->identity : clock_read();
    return kept;
}

static bool is_inside(uint64_t size, uint64_t start, uint64_t length)
{
    return length != 0 && start < size && length <= size - start;
}

/* By what it gives nobody can call: it is there to be closed. */
static status_t mint(const struct server *server, uint64_t badge, handle_t *claim)
{
    handle_t endpoint = 0;
    status_t status = port_mint(server->port, badge, ENDPOINT_KEEP, &endpoint);
    if (status != STATUS_OK) {
        return status;
    }
    status = handle_duplicate(endpoint, RIGHT_TRANSFER | RIGHT_INSPECT, claim);
    status_ignore(handle_close(endpoint));
    return status;
}

/* The endpoint comes first: should the driver die between, CLOSED finds no claim, or ends it. */
status_t block_kept_claim(struct block_kept *kept, struct call *call, uint64_t size,
                          const uint8_t *name, size_t name_length, uint64_t start, uint64_t length,
                          handle_t *claim)
{
    uint64_t badge = block_claims_badge(&kept->claims);
    if (!is_inside(size, start, length)) {
        return STATUS_BAD_ARGUMENT;
    }
    status_t status = mint(call->server, badge, claim);
    if (status != STATUS_OK) {
        return status;
    }
    status = block_claims_add(&kept->claims, badge, name, name_length, start, length);
    if (status != STATUS_OK) {
        status_ignore(handle_close(*claim));
    }
    return status;
}

status_t block_kept_claimant(const struct block_kept *kept, uint64_t size, uint64_t start,
                             uint64_t length, uint32_t *exact, uint8_t *name, size_t capacity,
                             size_t *name_length)
{
    if (!is_inside(size, start, length)) {
        return STATUS_BAD_ARGUMENT;
    }
    const struct block_claim *claim = block_claims_find(&kept->claims, start, length);
    if (claim == NULL) {
        return STATUS_NOT_FOUND;
    }
    *exact = claim->start == start && claim->length == length;
    *name_length = 0;
    while (*name_length < capacity && *name_length < BLOCK_CLAIM_NAME &&
           claim->name[*name_length] != '\0') {
        name[*name_length] = (uint8_t)claim->name[*name_length];
        ++*name_length;
    }
    return STATUS_OK;
}
