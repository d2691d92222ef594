/*
 * Calls of clients on their way to a host that shares a folder: drivers/fs/virtio-9p above its
 * channel. The host of this test answers in any order, with errors, and in one test with nonsense.
 * Every call has to be answered once, and every fid and opening be given back. The reason for its
 * length: it stands in for the kernel, the clients and the host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sinter/protocol/file.h>

#include "operations.h"

enum {
    CALLS = CHANNEL_SLOTS,
    FILES = 40, /* endpoints at once */
    LENT = 20000,
    FIDS = 1024,
    STEPS = 60000
};

static struct openings_saved saved;
static struct positions positions;
static struct server server;
static unsigned seed;
static bool is_hostile;
static enum { NO_RACE, BEFORE, AFTER } race; /* another client of the host makes what is opened */

static unsigned choose(unsigned below)
{
    return (unsigned)rand_r(&seed) % below;
}

/* ---- clients -------------------------------------------------------------------------------- */

static struct {
    bool waits;
    uint8_t bytes[LENT];
} calls[CALLS + 1];
static uint32_t calling;
static uint64_t lent;
static uint64_t files[FILES]; /* badges; 0: free */
static uint64_t minted;       /* badge of the endpoint that an answer is about to give out */
static uint32_t answered, opened;

handle_t call_defer(struct call *call)
{
    (void)call;
    for (calling = 0; calls[calling].waits; calling++) {
        assert_true(calling < CALLS);
    }
    calls[calling].waits = true;
    return calling + 1;
}

static void take_answer(handle_t reply)
{
    assert_true(reply >= 1 && reply <= CALLS && calls[reply - 1].waits);
    calls[reply - 1].waits = false;
    answered++;
}

uint64_t call_lease_length(const struct call *call, uint32_t lease)
{
    (void)call;
    (void)lease;
    return lent;
}

void server_answer(struct server *at, handle_t reply, status_t status)
{
    (void)at;
    (void)status;
    take_answer(reply);
}

void server_answer_retry(struct server *at, handle_t reply, uint32_t lease, uint64_t absent)
{
    (void)at;
    (void)lease;
    (void)absent;
    take_answer(reply);
}

void server_reply_done(struct server *at, handle_t reply)
{
    (void)at;
    assert_false(calls[reply - 1].waits);
}

status_t port_mint(handle_t port, uint64_t badge, uint32_t policy, handle_t *endpoint)
{
    (void)port;
    (void)policy;
    minted = badge;
    *endpoint = 1000;
    return STATUS_OK;
}

status_t file_open_answer(handle_t reply, status_t status, uint32_t kind, uint32_t rest,
                          handle_t file)
{
    (void)kind;
    (void)rest;
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(file, 1000);
    take_answer(reply);
    for (uint32_t i = 0; i < FILES; i++) {
        if (files[i] == 0) {
            files[i] = minted;
            opened++;
            return STATUS_OK;
        }
    }
    fail_msg("too many are open");
    return STATUS_OK;
}

status_t file_read_answer(handle_t reply, status_t status, uint64_t count)
{
    assert_int_equal(status, STATUS_OK);
    assert_true(count <= LENT);
    take_answer(reply);
    return STATUS_OK;
}

status_t file_stat_answer(handle_t reply, status_t status, uint32_t kind, uint64_t size,
                          uint64_t block_size)
{
    (void)status;
    (void)kind;
    (void)size;
    (void)block_size;
    take_answer(reply);
    return STATUS_OK;
}

status_t file_seek_answer(handle_t reply, status_t status, uint64_t position)
{
    (void)status;
    (void)position;
    take_answer(reply);
    return STATUS_OK;
}

status_t file_times_answer(handle_t reply, status_t status, uint64_t modified, uint64_t identity)
{
    (void)status;
    (void)modified;
    (void)identity;
    take_answer(reply);
    return STATUS_OK;
}

status_t file_space_answer(handle_t reply, status_t status, uint64_t total, uint64_t free_bytes)
{
    (void)status;
    (void)total;
    (void)free_bytes;
    take_answer(reply);
    return STATUS_OK;
}

status_t file_list_answer(handle_t reply, status_t status, uint64_t next, uint32_t kind,
                          uint64_t size, const void *name, size_t name_length)
{
    (void)status;
    (void)next;
    (void)kind;
    (void)size;
    assert_true(name_length > 0 && name_length <= NINEP_NAME_BYTES);
    assert_null(memchr(name, '/', name_length));
    take_answer(reply);
    return STATUS_OK;
}

status_t lease_transfer(handle_t reply, uint32_t lease, uint64_t offset, void *bytes,
                        uint64_t length, uint32_t direction, uint64_t *absent)
{
    (void)lease;
    assert_true(calls[reply - 1].waits && offset == 0 && length <= LENT);
    *absent = 0;
    if (choose(20) == 0) {
        return STATUS_RETRY_TOUCH;
    }
    memcpy(direction == LEASE_READ ? bytes : calls[reply - 1].bytes,
           direction == LEASE_READ ? calls[reply - 1].bytes : bytes, length);
    return STATUS_OK;
}

static uint32_t pins;

status_t lease_pin(handle_t device, handle_t reply, uint32_t index, uint64_t offset,
                   uint64_t length, handle_t *pin)
{
    (void)device;
    (void)reply;
    (void)index;
    (void)offset;
    assert_true(length <= LENT);
    *pin = 2000;
    pins += choose(2);
    return (pins & 1) != 0 ? STATUS_OK : STATUS_UNSUPPORTED;
}

status_t handle_close(handle_t handle)
{
    (void)handle;
    return STATUS_OK;
}

void log_line(const char *format, ...)
{
    (void)format;
}

/* ---- the host ------------------------------------------------------------------------------- */

static struct {
    uint8_t request[CHANNEL_REQUEST_BYTES];
    uint8_t bounce[CHANNEL_BOUNCE_BYTES];
    bool sent;
    uint32_t length, data; /* of the request; room for data of the reply */
} slots[CHANNEL_SLOTS];
static bool fids[FIDS];

uint8_t *channel_request(struct channel *channel, uint32_t slot)
{
    (void)channel;
    assert_true(slot < CHANNEL_SLOTS && !slots[slot].sent);
    return slots[slot].request;
}

uint8_t *channel_bounce(struct channel *channel, uint32_t slot)
{
    (void)channel;
    return slots[slot].bounce;
}

void channel_bounce_data(const struct channel *channel, uint32_t slot, uint32_t length,
                         struct channel_data *data)
{
    (void)channel;
    (void)slot;
    assert_true(length <= CHANNEL_BOUNCE_BYTES);
    data->segments[0] = (struct virtqueue_segment){.length = length};
    data->count = 1;
}

status_t channel_pin_data(handle_t pin, uint32_t *length, struct channel_data *data)
{
    assert_int_equal(pin, 2000);
    data->segments[0] = (struct virtqueue_segment){.length = *length};
    data->count = 1;
    return STATUS_OK;
}

/* The queue is full now and then, if there is something that will make room. */
bool channel_send(struct channel *channel, uint32_t slot, uint32_t length, uint32_t reply,
                  const struct channel_data *data)
{
    (void)channel;
    bool others = false;
    for (uint32_t i = 0; i < CHANNEL_SLOTS; i++) {
        others = others || slots[i].sent;
    }
    assert_false(slots[slot].sent);
    assert_true(reply <= CHANNEL_REPLY_BYTES);
    if (others && choose(4) == 0) {
        return false;
    }
    slots[slot].sent = true;
    slots[slot].length = length;
    slots[slot].data = data != NULL && !data->to_host ? data->segments[0].length : 0;
    return true;
}

struct reply {
    uint8_t bytes[CHANNEL_REPLY_BYTES];
    uint32_t length;
};

static void put(struct reply *reply, uint64_t value, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        reply->bytes[reply->length++] = (uint8_t)(value >> 8 * i);
    }
}

static uint32_t get(const uint8_t *at, uint32_t size)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < size; i++) {
        value |= (uint32_t)at[i] << 8 * i;
    }
    return value;
}

static void put_qid(struct reply *reply)
{
    put(reply, race == NO_RACE && choose(3) == 0 ? 0 : QID_DIRECTORY, 1);
    put(reply, 0, 4);
    put(reply, choose(5), 8);
}

/* A fid comes into being here and in no other way, and has to be used up before. */
static bool walk(const uint8_t *request, struct reply *reply)
{
    uint32_t fid = get(request + 7, 4);
    uint32_t made = get(request + 11, 4);
    uint32_t names = get(request + 15, 2);
    uint32_t found = choose(4) == 0 ? choose(names + 1) : names;
    if (race != NO_RACE) {
        found = race == BEFORE && names == 2 ? 1 : names; /* of a/b there is a */
    }
    assert_true(fid < FIDS && made < FIDS && fids[fid]);
    assert_true(is_hostile || made == fid || !fids[made]);
    if (found == 0 && names > 0) {
        return false;
    }
    fids[made] = fids[made] || found == names;
    put(reply, found, 2);
    for (uint32_t i = 0; i < found; i++) {
        put_qid(reply);
    }
    return true;
}

static void list(uint32_t slot, struct reply *reply)
{
    struct reply entries = {.length = 0};
    for (unsigned i = choose(4); i > 0; i--) {
        put_qid(&entries);
        put(&entries, choose(3) == 0 ? choose(1000) : 1 + choose(1000), 8);
        put(&entries, choose(2) == 0 ? 4 : choose(12), 1);
        uint32_t length = 1 + choose(40);
        put(&entries, length, 2);
        for (uint32_t at = 0; at < length; at++) {
            put(&entries, "ab./"[choose(40) == 0 ? 3 : choose(3)], 1);
        }
    }
    memcpy(slots[slot].bounce, entries.bytes, entries.length);
    put(reply, entries.length, 4);
    slots[slot].data = entries.length;
}

/* The body of a reply; false: an error. */
static bool answer(uint32_t slot, struct reply *reply)
{
    const uint8_t *request = slots[slot].request;
    uint32_t type = request[4];
    uint32_t fid = get(request + 7, 4);
    bool of_job = fid > OPENINGS; /* which lets go of it whether or not it came to be */
    assert_true(is_hostile || fids[fid] || (type == NINEP_CLUNK && of_job));
    if (type == NINEP_CLUNK) { /* the fid goes, whatever the answer */
        assert_true(is_hostile || fid != 0);
        fids[fid] = fid == 0;
    } else if (race == NO_RACE && choose(10) == 0) {
        return false;
    }
    switch (type) {
    case NINEP_WALK:
        return walk(request, reply);
    case NINEP_LCREATE:
        if (race == BEFORE) {
            race = AFTER;
            return false;
        }
        /* fall through */
    case NINEP_LOPEN:
        put_qid(reply);
        put(reply, 0, 4);
        break;
    case NINEP_GETATTR:
        put(reply, 0, 8);
        put_qid(reply);
        put(reply,
            race == AFTER    ? MODE_REGULAR
            : choose(8) == 0 ? 0xa000
            : choose(2) == 0 ? MODE_REGULAR
                             : MODE_DIRECTORY,
            4);
        for (unsigned i = 0; i < 136 / 8; i++) {
            put(reply, choose(5000), 8);
        }
        break;
    case NINEP_READDIR:
        list(slot, reply);
        break;
    case NINEP_READ:
    case NINEP_WRITE:
        slots[slot].data = choose(get(request + 19, 4) + 1);
        put(reply, slots[slot].data, 4);
        slots[slot].data = type == NINEP_READ ? slots[slot].data : 0;
        break;
    case NINEP_STATFS:
        for (unsigned i = 0; i < 8; i++) {
            put(reply, choose(5000), 8);
        }
        break;
    default:
        break;
    }
    return true;
}

/* Nonsense, of any length that the slot has room for. */
static void spoil(struct reply *reply, uint32_t *received)
{
    switch (choose(4)) {
    case 0:
        reply->bytes[choose(reply->length)] = (uint8_t)choose(256);
        break;
    case 1:
        *received = choose(*received + 1);
        break;
    case 2:
        *received += choose(4000);
        break;
    default:
        for (unsigned i = 0; i < 20; i++) {
            reply->bytes[choose(sizeof(reply->bytes))] =
                (uint8_t)(choose(2) == 0 ? choose(256) : 255);
        }
        break;
    }
}

static bool quiet; /* nothing more is answered in this turn */

enum channel_result channel_take(struct channel *channel, uint32_t *slot, uint32_t *received,
                                 uint8_t bytes[CHANNEL_REPLY_BYTES])
{
    struct reply reply = {.length = 0};
    (void)channel;
    uint32_t first = choose(CHANNEL_SLOTS);
    for (uint32_t i = 0; i < CHANNEL_SLOTS && !quiet; i++) {
        *slot = (first + i) % CHANNEL_SLOTS;
        if (!slots[*slot].sent) {
            continue;
        }
        quiet = choose(3) == 0;
        uint8_t type = slots[*slot].request[4];
        put(&reply, 0, 4);
        put(&reply, type + 1u, 1);
        put(&reply, get(slots[*slot].request + 5, 2), 2);
        if (!answer(*slot, &reply)) {
            static const uint8_t numbers[] = {1, 2, 17, 20, 39, 121};
            reply.length = NINEP_HEADER;
            reply.bytes[4] = NINEP_LERROR + 1;
            uint32_t number = numbers[choose(sizeof(numbers))];
            put(&reply, race == AFTER ? 17 : number, 4);
            slots[*slot].data = 0;
        }
        uint32_t size = reply.length + slots[*slot].data;
        *received = size;
        for (uint32_t at = 0; at < 4; at++) {
            reply.bytes[at] = (uint8_t)(size >> 8 * at);
        }
        if (is_hostile && choose(3) == 0) {
            spoil(&reply, received);
        }
        memcpy(bytes, reply.bytes, sizeof(reply.bytes));
        slots[*slot].sent = false;
        return CHANNEL_REPLY;
    }
    return CHANNEL_NONE;
}

/* ---- what clients do ------------------------------------------------------------------------ */

static const char *const paths[] = {
    "a", "b", "a/b", "", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t", "a/../b", "c//d",
};

static uint64_t some_file(void)
{
    uint64_t badge = files[choose(FILES)];
    return badge != 0 ? badge : choose(10) == 0 ? (uint64_t)choose(9) << 32 | choose(3) : choose(4);
}

static status_t operate(struct call *call)
{
    char both[200];
    const char *path = paths[choose(sizeof(paths) / sizeof(paths[0]))];
    const char *other = paths[choose(sizeof(paths) / sizeof(paths[0]))];
    uint64_t result[4] = {0};
    uint32_t words[2];
    handle_t file;
    size_t length;
    uint32_t from = (uint32_t)strlen(path);
    lent = choose(LENT);
    switch (choose(12)) {
    case 0:
    case 1:
        return operation_open(call, (const uint8_t *)path, from, choose(128), &words[0], &words[1],
                              &file);
    case 2:
        return operation_read(call, choose(100000), choose(2) == 0 ? FILE_AT_POSITION : 0, result);
    case 3:
        return operation_write(call, choose(100000), choose(2) == 0 ? FILE_AT_POSITION : 0, result);
    case 4:
        return operation_seek(call, choose(100000), choose(FILE_SEEK_END + 1), result);
    case 5:
        return operation_stat(call, words, result, result + 1);
    case 6:
        return operation_times(call, result, result + 1);
    case 7:
        return choose(2) == 0 ? operation_set_modified(call, 5) : operation_resize(call, 5);
    case 8:
        return choose(2) == 0 ? operation_sync(call) : operation_space(call, result, result + 1);
    case 9:
        return operation_list(call, choose(2) * choose(100), result, words, result + 1, NULL, 0,
                              &length);
    case 10:
        return choose(2) == 0 ? operation_make_directory(call, (const uint8_t *)path, from)
                              : operation_remove(call, (const uint8_t *)path, from,
                                                 choose(2) * FILE_DIRECTORY);
    default:
        (void)snprintf(both, sizeof(both), "%s%s", path, other);
        return operation_rename(call, (const uint8_t *)both, strlen(both), from);
    }
}

static uint32_t count_open(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < FILES; i++) {
        count += files[i] != 0;
    }
    return count;
}

static void act(void)
{
    static struct call call;
    call.in.badge = some_file();
    if (count_open() < FILES - CALLS) {
        (void)!operate(&call);
    }
}

static void close_one(uint32_t index)
{
    struct opening *opening = openings_find(&session.openings, files[index]);
    assert_true(files[index] == 0 || opening != NULL);
    files[index] = 0;
    if (opening != NULL) {
        opening_release(opening);
    }
}

static void answer_some(void)
{
    quiet = false;
    assert_true(jobs_progress());
}

static void finish(void)
{
    for (unsigned round = 0; jobs_run(); round++) {
        assert_true(round < 100000);
        answer_some();
    }
}

static void begin_session(bool hostile, unsigned begin)
{
    seed = begin;
    is_hostile = hostile;
    race = NO_RACE;
    memset(&saved, 0, sizeof(saved));
    memset(&positions, 0, sizeof(positions));
    memset(&session, 0, sizeof(session));
    memset(fids, 0, sizeof(fids));
    fids[0] = true;
    answered = opened = 0;
    session.server = &server;
    session.positions = &positions;
    session.data_bytes = CHANNEL_DATA_BYTES;
    (void)openings_init(&session.openings, &saved);
}

static void play(bool hostile, unsigned begin)
{
    begin_session(hostile, begin);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned what = choose(10);
        if (what < 4) {
            act();
        } else if (what == 4) {
            close_one(choose(FILES));
        } else if (what == 5) {
            jobs_cancel(1 + choose(CALLS));
        } else {
            answer_some();
        }
    }
    finish();
    for (uint32_t i = 0; i < FILES; i++) {
        close_one(i);
    }
    finish();
    assert_true(answered > STEPS / 20 && opened > 100);
    for (uint32_t i = 0; i < CALLS; i++) {
        assert_false(calls[i].waits);
    }
    for (uint32_t place = 0; place < OPENINGS; place++) {
        assert_int_equal(saved.openings[place].kind, OPENING_NONE);
        assert_false(session.openings.reserved[place]);
        assert_int_equal(session.users[place], 0);
    }
}

static void test_every_call_is_answered_and_every_fid_given_back(void **state)
{
    (void)state;
    play(false, 1);
    for (uint32_t i = 1; i < FIDS; i++) {
        if (fids[i]) {
            fail_msg("fid %u is left", (unsigned)i);
        }
    }
}

/* Found missing, and there when it is to be made: only who asked for a new file is told so. */
static void test_created_meanwhile(void **state)
{
    static const uint32_t flags[] = {FILE_CREATE | FILE_WRITE,
                                     FILE_CREATE | FILE_WRITE | FILE_EXCLUSIVE};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        static struct call call;
        uint32_t words[2];
        handle_t file;
        begin_session(false, 1);
        race = BEFORE;
        call.in.badge = 0;
        assert_int_equal(
            operation_open(&call, (const uint8_t *)"a/b", 3, flags[i], words, words + 1, &file),
            STATUS_OK);
        finish();
        assert_int_equal(answered, 1);
        assert_int_equal(opened, i == 0);
        assert_true(race == AFTER);
        if (i == 0) {
            close_one(0);
            finish();
        }
    }
}

static void test_nonsense_is_answered_too(void **state)
{
    (void)state;
    for (unsigned begin = 1; begin <= 4; begin++) {
        play(true, begin);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_call_is_answered_and_every_fid_given_back),
        cmocka_unit_test(test_created_meanwhile),
        cmocka_unit_test(test_nonsense_is_answered_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
