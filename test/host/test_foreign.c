/*
 * Unit tests of abi-servers/common/foreign.c and program_file.c: what a process that executes a
 * file becomes, as other servers answer. This test is those servers and the rest of the
 * personality.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sinter/protocol/file.h>
#include <sinter/protocol/personality.h>
#include <sinter/protocol/process.h>

#include "elf_format.h"
#include "foreign.h"
#include "host_require.h"
#include "pipe.h"
#include "program_file.h"
#include "session.h"

enum {
    SPAWNER = 1, /* handles */
    FILE_GIVEN,
    MEMORY,
    CHILD,
    PERSONALITIES = 20,
    ENDPOINTS = 40, /* and the place in `ends` */
    FILE_BYTES = 512,
    STANDARD = 3,
    ENDS = STANDARD + 2 * STANDARD,
    READS_MOST = 16,
};

struct personality host;
static struct message_page page;
static const struct start_info info = {.name = "own"};
static struct process process;
static struct refusal_text why;

static uint8_t contents[FILE_BYTES];
static status_t reads[READS_MOST]; /* that fail: the first ones */
static uint32_t read_count;

static const char *const names[] = {"first", "own", "last"};
enum { FIRST, OWN, LAST, NAMES };
static status_t answers[NAMES];
static uint32_t asked[NAMES], spawned;
static handle_t given[STANDARD]; /* files of who was started or asked last */

static struct open_file ends[ENDS]; /* of pipes that were made here */
static uint32_t end_count;
static bool no_pipes;

static uint32_t waits; /* for the end of CHILD that are answered: they are to come again */
static struct {        /* what was told of the end of `process` */
    int64_t code;
    uint32_t reason;
} told;

/* ---- servers --------------------------------------------------------------------------------- */

struct message_page *message_page(void)
{
    return &page;
}

/* Half of what is asked for, at least a byte. */
static status_t answer_read(struct message *message)
{
    status_t status = read_count < READS_MOST ? reads[read_count] : STATUS_OK;
    uint64_t offset = message->words[0];
    uint64_t count = (page.leases[0].length + 1) / 2;
    read_count++;
    if (status != STATUS_OK) {
        return status;
    }
    uint64_t left = offset < FILE_BYTES ? FILE_BYTES - offset : 0;
    count = count < left ? count : left;
    memcpy((void *)(uintptr_t)page.leases[0].address, contents + offset, count);
    message_begin(message, 0);
    message->words[0] = count;
    return STATUS_OK;
}

static status_t answer_stat(struct message *message)
{
    message_begin(message, 0);
    message->words[0] = FILE_KIND_REGULAR;
    message->words[1] = FILE_BYTES;
    return STATUS_OK;
}

static status_t answer_handle(struct message *message, handle_t handle, uint32_t data)
{
    page.handles[0] = handle;
    message_begin(message, message_tag(STATUS_OK, data, 1, 0));
    return STATUS_OK;
}

static status_t answer_spawner(struct message *message)
{
    uint64_t position = message->words[0];
    if (tag_method(message->tag) == PROCESS_METHOD_SPAWN_OBJECT) {
        memcpy(given, page.handles, sizeof(given));
        spawned++;
        return answer_handle(message, CHILD, 0);
    }
    assert_int_equal(tag_method(message->tag), PROCESS_METHOD_PERSONALITY);
    if (position >= NAMES) {
        return STATUS_NOT_FOUND;
    }
    message_put_data(&page, names[position], strlen(names[position]));
    return answer_handle(message, PERSONALITIES + position, (uint32_t)strlen(names[position]));
}

/* Who refuses says so behind the texts. */
static status_t answer_adopt(struct message *message, uint32_t who)
{
    static const char line[] = "no";
    char *lent = (char *)(uintptr_t)page.leases[0].address;
    memcpy(given, page.handles, sizeof(given));
    asked[who]++;
    if (answers[who] == STATUS_OK) {
        return answer_handle(message, CHILD, 0);
    }
    memcpy(lent + message->words[0], line, sizeof(line));
    return answers[who];
}

/* In the end its server dies. */
static status_t answer_wait(struct message *message)
{
    assert_int_equal(tag_method(message->tag), PROCESS_METHOD_WAIT);
    if (waits == 0) {
        return STATUS_PEER_DIED;
    }
    waits--;
    message_begin(message, message_tag(STATUS_INTERRUPTED, 0, 0, 0));
    return STATUS_OK;
}

status_t port_call(handle_t endpoint, struct message *message)
{
    if (endpoint == CHILD) {
        return answer_wait(message);
    }
    if (endpoint == SPAWNER) {
        return answer_spawner(message);
    }
    if (endpoint >= PERSONALITIES && endpoint < PERSONALITIES + NAMES) {
        return answer_adopt(message, (uint32_t)(endpoint - PERSONALITIES));
    }
    assert_int_equal(endpoint, FILE_GIVEN);
    return tag_method(message->tag) == FILE_METHOD_READ ? answer_read(message)
                                                        : answer_stat(message);
}

/* ---- the system, and the rest of the personality --------------------------------------------- */

status_t handle_close(handle_t handle)
{
    (void)handle;
    return STATUS_OK;
}

status_t memory_create(handle_t account, uint64_t size, uint32_t flags, handle_t *memory)
{
    (void)account;
    (void)size;
    (void)flags;
    *memory = MEMORY;
    return STATUS_OK;
}

status_t space_map(handle_t space, handle_t memory, uint64_t address, uint64_t offset,
                   uint64_t length, uint32_t flags, uint64_t *at)
{
    static uint8_t window[FILE_BYTES];
    (void)space;
    (void)memory;
    (void)address;
    (void)offset;
    (void)length;
    (void)flags;
    *at = (uint64_t)(uintptr_t)window;
    return STATUS_OK;
}

status_t space_unmap(handle_t space, uint64_t address, uint64_t length)
{
    (void)space;
    (void)address;
    (void)length;
    return STATUS_OK;
}

status_t guest_attach(handle_t guest)
{
    (void)guest;
    return STATUS_OK;
}

status_t guest_copy_out(uint64_t address, const void *from, uint64_t length)
{
    (void)address;
    (void)from;
    (void)length;
    return STATUS_OK;
}

const char *status_text(status_t status)
{
    return status == STATUS_IO_ERROR ? "device" : "other";
}

void mutex_lock(struct mutex *mutex)
{
    (void)mutex;
}

void mutex_unlock(struct mutex *mutex)
{
    (void)mutex;
}

struct open_file *open_file_share(struct open_file *file)
{
    file->references++;
    return file;
}

void open_file_release(struct open_file *file)
{
    assert_true(file->references > 0);
    file->references--;
}

/* An endpoint keeps its file. */
status_t open_file_endpoint(struct open_file *file, handle_t *endpoint)
{
    *endpoint = ENDPOINTS + (handle_t)(file - ends);
    file->references++;
    return STATUS_OK;
}

status_t pipe_new(struct open_file **reader, struct open_file **writer)
{
    if (no_pipes) {
        return STATUS_FULL;
    }
    assert_true(end_count + 2 <= ENDS);
    *reader = &ends[end_count++];
    *writer = &ends[end_count++];
    **reader = (struct open_file){.kind = OPEN_PIPE, .references = 1, .readable = true};
    **writer = (struct open_file){.kind = OPEN_PIPE, .references = 1, .writable = true};
    return STATUS_OK;
}

uint32_t session_signal_of(int64_t code)
{
    (void)code;
    return 0;
}

status_t image_unmap(struct image *image, uint64_t address, uint64_t length)
{
    (void)image;
    (void)address;
    (void)length;
    return STATUS_OK;
}

void process_close_files(struct process *of)
{
    (void)of;
}

bool process_continue(struct process *of)
{
    assert_ptr_equal(of, &process);
    return false;
}

void process_exit(struct process *of, int64_t code, uint32_t reason)
{
    assert_ptr_equal(of, &process);
    told.code = code;
    told.reason = reason;
}

/* ---- tests ----------------------------------------------------------------------------------- */

/* A process with three files, and an object of the system as what it executes. */
static int prepare(void **state)
{
    const Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F'}, .e_type = ET_REL};
    (void)state;
    memset(contents, 0, sizeof(contents));
    memcpy(contents, &header, sizeof(header));
    memset(reads, 0, sizeof(reads));
    memset(asked, 0, sizeof(asked));
    memset(ends, 0, sizeof(ends));
    read_count = spawned = 0;
    no_pipes = false;
    for (unsigned i = 0; i < NAMES; i++) {
        answers[i] = STATUS_BAD_FORMAT;
    }
    host = (struct personality){.info = &info, .spawner = SPAWNER};
    process = (struct process){.state = PROCESS_RUNS};
    end_count = STANDARD;
    for (unsigned i = 0; i < STANDARD; i++) {
        ends[i].references = 1;
        process.files[i] = &ends[i];
    }
    strcpy(why.text, "is what the loader says");
    return 0;
}

static status_t start(void)
{
    static const struct arguments arguments = {1, 0, "word", 5};
    return foreign_start(&process, FILE_GIVEN, "/word", &arguments, &why);
}

static uint32_t asked_in_all(void)
{
    return asked[FIRST] + asked[OWN] + asked[LAST];
}

static void test_object(void **state)
{
    (void)state;
    assert_int_equal(start(), STATUS_OK);
    assert_int_equal(spawned, 1);
    assert_int_equal(process.foreign_next, CHILD);
    for (unsigned i = 0; i < STANDARD; i++) {
        assert_int_equal(given[i], ENDPOINTS + i);
    }
}

/* What is closed has nobody at its other end: input ends, output is refused. */
static void test_closed_descriptors(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STANDARD; i++) {
        process.files[i] = NULL;
    }
    assert_int_equal(start(), STATUS_OK);
    for (unsigned i = 0; i < STANDARD; i++) {
        uint32_t end = STANDARD + 2 * i;
        bool writes = i > 0;
        assert_int_equal(given[i], ENDPOINTS + end + writes);
        assert_int_equal(ends[end + writes].references, 1); /* the endpoint's */
        assert_int_equal(ends[end + !writes].references, 0);
    }
    no_pipes = true;
    assert_int_equal(start(), STATUS_FULL);
    assert_string_equal(why.text, "other");
}

/* Nobody is asked what a file is that cannot be read. */
static void test_unreadable_file(void **state)
{
    (void)state;
    reads[0] = STATUS_INTERRUPTED;
    assert_int_equal(start(), STATUS_INTERRUPTED);
    assert_string_equal(why.text, "");
    reads[1] = STATUS_IO_ERROR;
    assert_int_equal(start(), STATUS_IO_ERROR);
    assert_string_equal(why.text, "device");
    assert_int_equal(asked_in_all() + spawned, 0);
}

/* Each who could know it is asked once, but not this personality, which has said what it thinks. */
static void test_nobody_knows_it(void **state)
{
    (void)state;
    contents[0] = '#';
    assert_int_equal(start(), STATUS_BAD_FORMAT);
    assert_string_equal(why.text, "not an object of Sinter; first: no; own: is what the loader "
                                  "says; last: no");
    assert_int_equal(asked[FIRST], 1);
    assert_int_equal(asked[OWN], 0);
    assert_int_equal(asked[LAST], 1);
}

static void test_another_takes_it(void **state)
{
    (void)state;
    contents[0] = '#';
    answers[FIRST] = STATUS_REFUSED;
    assert_int_equal(start(), STATUS_REFUSED);
    assert_int_equal(asked[LAST], 1);
    answers[LAST] = STATUS_OK;
    assert_int_equal(start(), STATUS_OK);
    assert_int_equal(process.foreign_next, CHILD);
}

/* What one has died of is not given to the next; nor what somebody has interrupted. */
static void test_asking_ends(void **state)
{
    static const status_t ending[] = {STATUS_PEER_DIED, STATUS_INTERRUPTED};
    (void)state;
    contents[0] = '#';
    for (unsigned i = 0; i < 2; i++) {
        answers[FIRST] = ending[i];
        assert_int_equal(start(), ending[i]);
        assert_int_equal(asked[FIRST], i + 1);
        assert_int_equal(asked[LAST], 0);
    }
}

/* The server of the file dies, and is away for a while: it is asked again, but not for ever. */
static void test_file_server_restarts(void **state)
{
    (void)state;
    reads[0] = reads[3] = STATUS_PEER_DIED;
    reads[4] = STATUS_NOT_READY;
    assert_int_equal(start(), STATUS_OK);
    assert_int_equal(spawned, 1);
    for (unsigned i = 0; i < READS_MOST; i++) {
        reads[i] = STATUS_PEER_DIED;
    }
    read_count = 0;
    assert_int_equal(start(), STATUS_PEER_DIED);
    assert_true(read_count > 1 && read_count < READS_MOST);
}

static void test_reading_into_an_image(void **state)
{
    uint8_t bytes[FILE_BYTES];
    const struct image image = {.space = 0};
    uint64_t at = (uint64_t)(uintptr_t)bytes;
    (void)state;
    reads[0] = STATUS_NOT_READY;
    reads[2] = STATUS_PEER_DIED;
    assert_int_equal(program_read_into(&image, at, FILE_GIVEN, 0, sizeof(bytes)), STATUS_OK);
    assert_memory_equal(bytes, contents, sizeof(bytes));
    read_count = 0;
    reads[0] = STATUS_INTERRUPTED;
    assert_int_equal(program_read_into(&image, at, FILE_GIVEN, 0, 1), STATUS_INTERRUPTED);
    assert_int_equal(read_count, 1);
}

/* Who dies with the program tells nothing; an answer before was no end. */
static void test_end_with_its_server(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        waits = i;
        process.foreign_next = CHILD;
        exec_wait_foreign(&process);
        assert_int_equal(told.code, 137);
        assert_int_equal(told.reason, EXIT_KILLED);
    }
}

/* Who says again and again that the wait was interrupted is not believed. */
static void test_endless_interruptions(void **state)
{
    (void)state;
    waits = 100000;
    process.foreign_next = CHILD;
    exec_wait_foreign(&process);
    assert_int_equal(told.code, 137);
    assert_in_range(waits, 99000, 99999);
    waits = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_object, prepare),
        cmocka_unit_test_setup(test_closed_descriptors, prepare),
        cmocka_unit_test_setup(test_unreadable_file, prepare),
        cmocka_unit_test_setup(test_nobody_knows_it, prepare),
        cmocka_unit_test_setup(test_another_takes_it, prepare),
        cmocka_unit_test_setup(test_asking_ends, prepare),
        cmocka_unit_test_setup(test_file_server_restarts, prepare),
        cmocka_unit_test_setup(test_reading_into_an_image, prepare),
        cmocka_unit_test_setup(test_end_with_its_server, prepare),
        cmocka_unit_test_setup(test_endless_interruptions, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
