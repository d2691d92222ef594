/*
 * See pipe_model.h. The model is the row of bytes that the pipe holds. What a process moves, the
 * pipe copies by itself: settle() finds it by the count. What those outside move comes by
 * lease_transfer(). While a process sleeps the next operations are those of others.
 */
#include "pipe_model.h"

#include <sinter/protocol/file.h>
#include <stdlib.h>
#include <string.h>

#include "host_require.h"
#include "pipe.h"

enum {
    CALLS = 256,   /* from outside, in one run; their reply handles are 1 and more */
    LENGTH = 9000, /* of a read or write at most, but for endless ones */
    STEP = 3,      /* bytes of an operation */
    BADGES = 4,    /* endpoints that the calls come by */
};

struct outside {
    bool waits, write, absent, interrupted;
    uint64_t length, done;
    uint64_t there; /* bytes; what lies behind is absent as long as the call waits */
};

struct personality host;
static struct personality_abi abi;
static struct process sleeper;

static struct pipe *pipe_tested;
static uint8_t row[PIPE_BYTES];
static uint32_t row_length;
static struct outside calls[CALLS + 1];
static uint32_t call_count;
static uint32_t files, pipes; /* that are there */
static uint32_t fail_after;   /* pools that give before one has nothing; 0: all do */
static bool locked;
static status_t next_transfer;

static const uint8_t *input;
static size_t input_left;

/* Of the process that reads or writes; its memory begins at address 0. */
static bool process_reads, process_writes, woken;
static uint32_t process_number;
static uint64_t process_moved, process_bad; /* the address from which there is no memory */
static uint8_t taken[PIPE_BYTES];
static uint32_t taken_length;

/* ---- the row --------------------------------------------------------------------------------- */

/* What somebody writes: each has another text. */
static uint8_t letter(uint32_t writer, uint64_t at)
{
    return (uint8_t)(writer * 37 + at + (at >> 8) * 3);
}

static void append(uint8_t byte)
{
    require(row_length < abi.pipe_bytes);
    row[row_length++] = byte;
}

static void drop(uint32_t count)
{
    require(count <= row_length);
    row_length -= count;
    memmove(row, row + count, row_length);
}

/* What the process has moved since the last time. */
static void settle(void)
{
    if (pipes == 0) {
        return;
    }
    require(pipe_tested->used <= abi.pipe_bytes);
    while (row_length < pipe_tested->used) {
        require(process_writes);
        append(letter(process_number, process_moved++));
    }
    if (row_length > pipe_tested->used) {
        uint32_t count = row_length - pipe_tested->used;
        require(process_reads && taken_length == 0);
        memcpy(taken, row, count);
        taken_length = count;
        drop(count);
    }
}

/* ---- the system ------------------------------------------------------------------------------ */

void mutex_lock(struct mutex *mutex)
{
    require(mutex == &host.lock && !locked);
    locked = true;
}

void mutex_unlock(struct mutex *mutex)
{
    require(mutex == &host.lock && locked);
    locked = false;
}

static bool gives(void)
{
    return fail_after == 0 || --fail_after > 0;
}

void *pool_take(struct pool *pool)
{
    require(pool == &host.pipes);
    struct pipe *pipe = gives() ? calloc(1, sizeof(*pipe)) : NULL;
    pipes += pipe != NULL;
    return pipe;
}

void pool_give(struct pool *pool, void *item)
{
    require(pool == &host.pipes && pipes == 1);
    pipes--;
    free(item);
}

struct open_file *open_file_new(enum open_kind kind, handle_t endpoint, bool readable,
                                bool writable)
{
    require(kind == OPEN_PIPE && endpoint == 0 && readable != writable);
    struct open_file *file = gives() ? calloc(1, sizeof(*file)) : NULL;
    files += file != NULL;
    return file;
}

void open_file_release(struct open_file *file)
{
    require(file->pipe == NULL); /* only half a pipe is given back here */
    files--;
    free(file);
}

static uint64_t badge_of(handle_t reply)
{
    return reply % BADGES;
}

static struct outside *call_of(handle_t reply)
{
    require(reply > 0 && reply <= call_count);
    return &calls[reply];
}

/* Calls of one direction are served in the order in which they came. */
static void require_first(handle_t reply)
{
    for (handle_t before = 1; before < reply; before++) {
        require(!calls[before].waits || calls[before].write != calls[reply].write);
    }
}

status_t lease_transfer(handle_t reply, uint32_t lease, uint64_t offset, void *buffer,
                        uint64_t length, uint32_t flags, uint64_t *absent)
{
    struct outside *call = call_of(reply);
    uint8_t *bytes = buffer;
    settle();
    require(lease == 0 && call->waits && call->done == offset && length > 0);
    require(length <= call->length - offset && bytes >= pipe_tested->bytes);
    require(bytes + length <= pipe_tested->bytes + PIPE_BYTES);
    require(flags == (call->write ? LEASE_READ : LEASE_WRITE));
    require_first(reply);
    status_t status = next_transfer;
    call->absent |= status == STATUS_RETRY_TOUCH || offset + length > call->there;
    status = call->absent ? STATUS_RETRY_TOUCH : status;
    next_transfer = STATUS_OK;
    *absent = offset;
    for (uint64_t i = 0; i < length && status == STATUS_OK; i++) {
        if (call->write) {
            bytes[i] = letter(reply, offset + i);
            append(bytes[i]);
        } else {
            require(bytes[i] == row[i]);
        }
    }
    if (status == STATUS_OK) {
        call->done += length;
        drop(call->write ? 0 : (uint32_t)length);
    }
    return status;
}

bool reply_is_interrupted(handle_t reply)
{
    require(call_of(reply)->waits);
    return call_of(reply)->interrupted;
}

static void finish(handle_t reply)
{
    struct outside *call = call_of(reply);
    require(call->waits);
    call->waits = false;
}

status_t port_reply(handle_t reply, const struct message *message)
{
    require(message->words[1] == call_of(reply)->done && call_of(reply)->done == 0);
    finish(reply);
    return STATUS_OK;
}

/* What was moved is never called an error. */
status_t file_read_answer(handle_t reply, status_t status, uint64_t count)
{
    const struct outside *call = call_of(reply);
    require(count == call->done && (count == 0 || status == STATUS_OK));
    if (status == STATUS_OK && count == 0 && call->length > 0) {
        require(!call->write && pipe_tested->writers == 0 && pipe_tested->used == 0);
    }
    if (status == STATUS_BROKEN_PIPE) {
        require(call->write && pipe_tested->readers == 0);
    }
    finish(reply);
    return STATUS_OK;
}

status_t handle_close(handle_t handle)
{
    require(!call_of(handle)->waits); /* it has been answered */
    return STATUS_OK;
}

status_t guest_copy_in(void *to, uint64_t address, uint64_t length)
{
    uint8_t *bytes = to;
    require(!locked && length <= PIPE_BYTES);
    if (address + length > process_bad) {
        return STATUS_BAD_ADDRESS;
    }
    for (uint64_t i = 0; i < length; i++) {
        bytes[i] = letter(process_number, address + i);
    }
    return STATUS_OK;
}

status_t guest_copy_out(uint64_t address, const void *from, uint64_t length)
{
    settle();
    require(!locked && address == 0 && length == taken_length);
    require(memcmp(from, taken, length) == 0);
    return length > process_bad ? STATUS_BAD_ADDRESS : STATUS_OK;
}

void wait_queue_wake(struct wait_queue *queue)
{
    woken |= queue == (process_reads ? &pipe_tested->read_wait : &pipe_tested->write_wait);
    queue->first = NULL;
}

/* ---- operations ------------------------------------------------------------------------------ */

/* Nobody waits who could go on. */
static void require_rest(void)
{
    settle();
    bool may_read = pipe_tested->used > 0 || pipe_tested->writers == 0;
    bool may_write = pipe_tested->used < abi.pipe_bytes || pipe_tested->readers == 0;
    for (uint32_t i = 1; i <= call_count; i++) {
        require(!calls[i].waits || !(calls[i].write ? may_write : may_read));
    }
}

static uint64_t length_of(const uint8_t *operation)
{
    uint32_t number = operation[1] | (uint32_t)operation[2] << 8;
    return number == UINT16_MAX ? UINT64_MAX : number % LENGTH;
}

static void call_from_outside(const uint8_t *operation, bool write)
{
    if (call_count == CALLS || (write ? pipe_tested->writers : pipe_tested->readers) == 0) {
        return; /* who has no end cannot call */
    }
    handle_t reply = ++call_count;
    calls[reply] = (struct outside){.waits = true,
                                    .write = write,
                                    .interrupted = (operation[0] & 0x20) != 0,
                                    .length = length_of(operation),
                                    .there = operation[0] & 0x08 ? operation[1] * 32U : UINT64_MAX};
    bool no_wait = (operation[0] & 0x10) != 0;
    const struct remote_request from = {
        .reply = reply, .badge = badge_of(reply), .write = write, .length = calls[reply].length};
    pipe_remote(pipe_tested, &from, no_wait);
    require(!calls[reply].waits || (!no_wait && !calls[reply].interrupted));
}

static void cancel(handle_t reply)
{
    pipe_cancel(reply, STATUS_INTERRUPTED);
    require(reply == 0 || reply > call_count || !calls[reply].waits);
}

static void forget(uint64_t badge)
{
    pipe_forget(badge);
    for (handle_t reply = 1; reply <= call_count; reply++) {
        require(!calls[reply].waits || badge_of(reply) != badge);
    }
}

/* The last end takes all with it. */
static void close_end(bool writer)
{
    uint32_t ends = pipe_tested->readers + pipe_tested->writers;
    if ((writer ? pipe_tested->writers : pipe_tested->readers) > 0) {
        pipe_close_end(pipe_tested, writer);
        require(pipes == (ends > 1));
    }
    for (uint32_t i = 1; i <= call_count && pipes == 0; i++) {
        require(!calls[i].waits);
    }
}

/* Of others than the process; false: there are no more. */
static bool operate_outside(bool process_sleeps)
{
    const uint8_t *operation = input;
    if (input_left < STEP) {
        return false;
    }
    input += STEP;
    input_left -= STEP;
    next_transfer = operation[0] & 0x40 ? STATUS_RETRY_TOUCH : STATUS_OK;
    next_transfer = operation[0] & 0x80 ? STATUS_PEER_DIED : next_transfer;
    switch (operation[0] % 8) {
    case 0:
    case 1:
        call_from_outside(operation, true);
        break;
    case 2:
    case 3:
        call_from_outside(operation, false);
        break;
    case 4:
        cancel(operation[1]);
        break;
    case 5: /* rarely; the process that sleeps has an end */
        if (operation[1] < 32 && !(process_sleeps && process_writes == (operation[2] & 1))) {
            close_end(operation[2] & 1);
        }
        break;
    case 6:
        if (operation[1] < 64) {
            forget(operation[2] % BADGES);
        }
        break;
    default:
        break;
    }
    next_transfer = STATUS_OK;
    return true;
}

status_t process_sleep(struct process *process, struct wait_queue *queue, uint64_t deadline)
{
    require(locked && process == &sleeper && deadline == UINT64_MAX);
    require(queue == (process_reads ? &pipe_tested->read_wait : &pipe_tested->write_wait));
    woken = false;
    queue->first = process;
    while (!woken) {
        settle();
        require(process_reads ? pipe_tested->used == 0 && pipe_tested->writers > 0
                              : pipe_tested->used == abi.pipe_bytes && pipe_tested->readers > 0);
        if (!operate_outside(true)) {
            queue->first = NULL;
            return STATUS_INTERRUPTED; /* killed */
        }
        if (!woken) {
            require_rest();
        }
    }
    return STATUS_OK;
}

static void begin_process(bool write, const uint8_t *operation)
{
    process_writes = write;
    process_reads = !write;
    process_number += 1 + operation[0];
    process_moved = taken_length = 0;
    process_bad = operation[0] & 0x20 ? operation[1] * 16U : 2 * UINT16_MAX;
}

static void read_by_process(const uint8_t *operation)
{
    uint64_t count;
    uint64_t length = length_of(operation);
    begin_process(false, operation);
    status_t status = pipe_read(&sleeper, pipe_tested, 0, length, &count);
    settle();
    require(count == taken_length && count <= length);
    if (status == STATUS_OK && count == 0) {
        require(length == 0 || (pipe_tested->writers == 0 && pipe_tested->used == 0));
    }
    require(status != STATUS_BAD_ADDRESS || count > process_bad);
    process_reads = false;
}

static void write_by_process(const uint8_t *operation)
{
    uint64_t count;
    uint64_t length = length_of(operation);
    begin_process(true, operation);
    status_t status = pipe_write(&sleeper, pipe_tested, 0, length, &count);
    settle();
    require(count == process_moved && count <= length);
    require(status != STATUS_OK || count == length);
    require(status != STATUS_BROKEN_PIPE || pipe_tested->readers == 0);
    require(status != STATUS_BAD_ADDRESS || length > process_bad);
    process_writes = false;
}

static bool operate(void)
{
    const uint8_t *operation = input;
    if (input_left < STEP || operation[0] % 8 < 6) {
        return operate_outside(false);
    }
    bool write = operation[0] % 8 == 7;
    input += STEP;
    input_left -= STEP;
    if (!write && pipe_tested->readers > 0) {
        read_by_process(operation);
    } else if (write && pipe_tested->writers > 0) {
        write_by_process(operation);
    }
    return true;
}

static void begin(uint8_t choice)
{
    static const uint32_t sizes[] = {1, 7, 512, PIPE_BYTES};
    memset(calls, 0, sizeof(calls));
    row_length = call_count = 0;
    abi.pipe_bytes = sizes[choice % 4];
    host.abi = &abi;
    fail_after = choice / 4 % 8;
}

void pipe_run(const uint8_t *bytes, size_t count)
{
    struct open_file *reader;
    struct open_file *writer;
    begin(count > 0 ? bytes[0] : 0);
    if (pipe_new(&reader, &writer) != STATUS_OK) {
        require(files == 0 && pipes == 0 && fail_after == 0);
        return;
    }
    pipe_tested = reader->pipe;
    require(writer->pipe == pipe_tested && pipes == 1 && files == 2);
    reader->pipe = writer->pipe = NULL;
    open_file_release(reader);
    open_file_release(writer);
    fail_after = 0;
    pipe_tested->readers += count > 1 && bytes[1] & 1; /* as further processes have them */
    pipe_tested->writers += count > 1 && bytes[1] & 2;
    input = bytes + (count > 1 ? 2 : count);
    input_left = count > 1 ? count - 2 : 0;
    while (pipes > 0 && operate()) {
        if (pipes > 0) {
            require_rest();
        }
    }
    while (pipes > 0) {
        close_end(pipe_tested->writers > 0);
    }
}
