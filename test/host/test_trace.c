/* trace without system calls: rings, messages in words, and what is known of tasks and threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decode.h"
#include "ring.h"
#include "story.h"

enum { PLACES = 4, TEXT_SIZE = 120 };

static struct trace_record places[PLACES];

/* As the kernel writes: number n, from 0 on. */
static void write_number(uint64_t n)
{
    places[n % PLACES] = (struct trace_record){.sequence = n + 1, .time = 100 + n};
}

static struct ring fresh(void)
{
    memset(places, 0, sizeof(places));
    return (struct ring){.records = places, .count = PLACES};
}

static void test_ring_in_order(void **state)
{
    struct ring ring = fresh();
    struct trace_record record;
    (void)state;
    assert_false(ring_take(&ring, &record));
    for (uint64_t n = 0; n < 3 * PLACES; n++) {
        write_number(n);
        assert_true(ring_take(&ring, &record));
        assert_int_equal(record.time, 100 + n);
        assert_false(ring_take(&ring, &record));
    }
    assert_int_equal(ring.lost, 0);
}

static void test_ring_overwritten(void **state)
{
    struct ring ring = fresh();
    struct trace_record record;
    (void)state;
    for (uint64_t n = 0; n < 2 * PLACES + 2; n++) {
        write_number(n);
    }
    for (uint64_t n = PLACES + 2; n < 2 * PLACES + 2; n++) {
        assert_true(ring_take(&ring, &record));
        assert_int_equal(record.time, 100 + n);
    }
    assert_false(ring_take(&ring, &record));
    assert_int_equal(ring.lost, PLACES + 2);
}

/* A place that is being written holds nothing; what it held is lost once it is written. */
static void test_ring_being_written(void **state)
{
    struct ring ring = fresh();
    struct trace_record record;
    (void)state;
    for (uint64_t n = 0; n < PLACES; n++) {
        write_number(n);
    }
    places[0].sequence = 0;
    assert_false(ring_take(&ring, &record));
    write_number(PLACES);
    assert_true(ring_take(&ring, &record));
    assert_int_equal(record.time, 101);
    assert_int_equal(ring.lost, 1);
}

/* Whatever numbers the memory holds, reading ends and only goes on. */
static void test_ring_garbage(void **state)
{
    static const uint64_t numbers[] = {UINT64_MAX, UINT64_MAX - 1, 1, 3, UINT64_C(1) << 63, 5, 0};
    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct ring ring = fresh();
        struct trace_record record;
        uint64_t before = 0;
        for (unsigned j = 0; j < PLACES; j++) {
            places[j].sequence = numbers[(i + j) % (sizeof(numbers) / sizeof(numbers[0]))];
        }
        for (unsigned turn = 0; turn < 3 * PLACES; turn++) {
            (void)ring_take(&ring, &record);
            assert_true(ring.next >= before);
            before = ring.next;
        }
    }
}

static const uint64_t words[LIMIT_MESSAGE_WORDS] = {12, 0x200, 3, 4, 5, 6};
static const uint64_t *data; /* of the message; null: not known */

static const char *decoded(void (*put)(struct line *, uint64_t), uint64_t tag)
{
    static char text[TEXT_SIZE];
    struct line line = {text, sizeof(text), 0};
    text[0] = '\0';
    put(&line, tag);
    return text;
}

static void put_call(struct line *line, uint64_t tag)
{
    decode_method(line, tag);
    decode_call(line, tag, words, data);
}

static void put_answer(struct line *line, uint64_t tag)
{
    decode_status(line, tag);
    decode_answer(line, 0x10003, tag, words, data);
}

static void test_decode(void **state)
{
    (void)state;
    assert_string_equal(decoded(put_call, message_tag(0x10003, 0, 0, 1)),
                        "file.readoffset=12 flags=0x200 lent(1)");
    assert_string_equal(decoded(put_call, message_tag(0x10001, 9, 0, 0)),
                        "file.openflags=0xc path[9]");
    assert_string_equal(decoded(put_call, message_tag(0x10010, 0, 0, 0)),
                        "file.seekoffset=12 whence=512");
    assert_string_equal(decoded(put_call, message_tag(0x7fff0001, 4, 0, 0)),
                        "method 0x7fff0001data[4]");
    assert_string_equal(decoded(put_answer, message_tag(STATUS_OK, 0, 0, 0)), "OKcount=12");
    assert_string_equal(decoded(put_answer, message_tag(STATUS_GONE, 0, 0, 0)), "GONE");
    assert_string_equal(decoded(put_answer, message_tag(0xfffff, 0, 0, 0)), "status 1048575");
    assert_string_equal(decode_fault(FAULT_WRITE), "write");
    assert_string_equal(decode_fault(UINT64_MAX), "unknown");
}

/* Data is told as a text where it is one, and never printed where it is not. */
static void test_decode_data(void **state)
{
    static const char path[] = "etc/a \"path\" that is longer than what a record holds of it";
    uint64_t bytes[LIMIT_MESSAGE_WORDS];
    (void)state;
    memcpy(bytes, path, sizeof(bytes));
    data = bytes;
    assert_string_equal(decoded(put_call, message_tag(0x10001, 5, 0, 0)),
                        "file.openflags=0xc path=\"etc/a\"");
    assert_string_equal(
        decoded(put_call, message_tag(0x10001, sizeof(bytes), 0, 0)),
        "file.openflags=0xc path=\"etc/a \"path\" that is longer than what a record h\"");
    assert_string_equal(
        decoded(put_call, message_tag(0x10001, 56, 0, 0)),
        "file.openflags=0xc path=\"etc/a \"path\" that is longer than what a record h\"[56]");
    ((char *)bytes)[4] = '\0';
    assert_string_equal(decoded(put_call, message_tag(0x10001, 5, 0, 0)),
                        "file.openflags=0xc path=\"etc/\"");
    assert_string_equal(decoded(put_call, message_tag(0x10001, 6, 0, 0)),
                        "file.openflags=0xc path[6]");
    for (const char *bad = "\x1b\n\x7f\xff"; *bad != '\0'; bad++) {
        ((char *)bytes)[1] = *bad;
        assert_string_equal(decoded(put_call, message_tag(0x10001, 4, 0, 0)),
                            "file.openflags=0xc path[4]");
    }
    data = NULL;
}

/* Every text fits in the buffer, however small. */
static void test_decode_cut(void **state)
{
    char text[TEXT_SIZE];
    (void)state;
    for (size_t size = 1; size < 60; size++) {
        struct line line = {text, size, 0};
        memset(text, '#', sizeof(text));
        text[0] = '\0';
        put_call(&line, UINT64_C(0x0003ffff00010003));
        assert_true(line.used < size && strlen(text) == line.used && text[size] == '#');
    }
}

static struct story story;

/* What came before a message on its CPU, and from its thread. */
static void test_story_data(void **state)
{
    const struct trace_record before = {.kind = TRACE_DATA, .cpu = 1, .thread = 5, .words = {7}};
    struct trace_record call = {.kind = TRACE_CALL, .cpu = 1, .thread = 5};
    (void)state;
    memset(&story, 0, sizeof(story));
    assert_null(story_data(&story, &call));
    assert_false(story_wants(&story, &before));
    story_end(&story, &before);
    assert_int_equal(story_data(&story, &call)[0], 7);
    call.thread = 6;
    assert_null(story_data(&story, &call));
    call.thread = 5;
    call.cpu = 2;
    assert_null(story_data(&story, &call));
    call.cpu = 1;
    story_end(&story, &call);
    assert_null(story_data(&story, &call));
}

static void tell(uint32_t kind, uint64_t task, uint64_t thread, uint64_t peer, uint64_t port)
{
    struct trace_record record = {
        .kind = kind, .task = task, .thread = thread, .peer = peer, .port = port};
    story_begin(&story, &record);
    (void)story_wants(&story, &record);
    story_end(&story, &record);
}

static void test_story_filter(void **state)
{
    struct trace_record reply = {
        .kind = TRACE_REPLY, .task = 2, .thread = 20, .peer = 30, .port = 9};
    struct trace_record other = {.kind = TRACE_CALL, .task = 3, .thread = 30, .port = 8};
    (void)state;
    memset(&story, 0, sizeof(story));
    story_name(&story, 2, 9, "fifo", 5);
    story_name(&story, 3, 0, "cat", 4);
    story.wanted[story.wanted_count++] = "fifo";
    tell(TRACE_CALL, 3, 30, 0, 9);
    assert_true(story_thread(&story, 30)->calls);
    assert_true(story_wants(&story, &reply));
    assert_false(story_wants(&story, &other));
    story.own = 3;
    assert_false(story_wants(&story, &reply)); /* it answers the tracer itself */
    tell(TRACE_REPLY, 2, 20, 30, 9);
    assert_false(story_thread(&story, 30)->calls);
    story.own = 0;
    story.kinds = 1u << TRACE_REPLY;
    assert_true(story_wants(&story, &reply));
    story.kinds = 1u << TRACE_CALL;
    assert_false(story_wants(&story, &reply));
    reply.kind = 32 + TRACE_CALL; /* none that there is */
    assert_false(story_wants(&story, &reply));
}

/* More tasks and threads than there is room for: the rest goes without names. */
static void test_story_full(void **state)
{
    char buffer[STORY_NAME];
    (void)state;
    memset(&story, 0, sizeof(story));
    for (uint64_t i = 1; i <= 2 * STORY_THREADS; i++) {
        story_name(&story, i, 0, "a name that is much too long for any task", SIZE_MAX);
        tell(TRACE_CALL, i, i, UINT64_MAX - i, i);
        tell(99, i, i, i, i);
    }
    assert_int_equal(story.task_count, STORY_TASKS);
    assert_true(story.thread_count < STORY_THREADS);
    assert_null(story_thread(&story, UINT64_C(1) << 40));
    assert_string_equal(story_task_name(&story, 1, buffer), "a name that is much too long fo");
    assert_string_equal(story_task_name(&story, 2 * STORY_TASKS, buffer), "task 2048");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring_in_order),
        cmocka_unit_test(test_ring_overwritten),
        cmocka_unit_test(test_ring_being_written),
        cmocka_unit_test(test_ring_garbage),
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_decode_data),
        cmocka_unit_test(test_decode_cut),
        cmocka_unit_test(test_story_data),
        cmocka_unit_test(test_story_filter),
        cmocka_unit_test(test_story_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
