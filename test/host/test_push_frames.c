/*
 * Unit tests of programs/agent: frames on a stream that loses bytes, and objects that come in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log_line.h"
#include "transfer.h"

enum { STREAM = 65536 };

static uint8_t stream[STREAM];
static size_t stream_length;
static struct frame_reader reader;
static struct transfer transfer;
static uint8_t object[TRANSFER_MOST];

static void put(const void *bytes, size_t length)
{
    assert_true(stream_length + length <= sizeof(stream));
    memcpy(stream + stream_length, bytes, length);
    stream_length += length;
}

static void put_frame(enum frame_kind kind, const void *payload, uint32_t length)
{
    uint8_t header[FRAME_HEADER];
    frame_head(header, kind, payload, length);
    put(header, sizeof(header));
    put(payload, length);
}

static void put_begin(uint32_t token, uint32_t size, const char *texts, uint32_t bytes)
{
    uint8_t payload[256];
    frame_put32(payload, token);
    frame_put32(payload + 4, size);
    memcpy(payload + 8, texts, bytes);
    put_frame(FRAME_BEGIN, payload, 8 + bytes);
}
#define PUT_BEGIN(token, size, texts) put_begin(token, size, texts, sizeof(texts))

static void put_data(uint32_t offset, const char *text)
{
    uint8_t payload[256];
    uint32_t length = (uint32_t)strlen(text);
    frame_put32(payload, offset);
    memcpy(payload + 4, text, length);
    put_frame(FRAME_DATA, payload, 4 + length);
}

static int set_up(void **state)
{
    (void)state;
    memset(&reader, 0, sizeof(reader));
    memset(&transfer, 0, sizeof(transfer));
    memset(object, 0, 4096);
    transfer.bytes = object;
    stream_length = 0;
    return 0;
}

/* Gives the stream to the reader in pieces; the results that mean something, as letters. */
static const char *take_all(size_t piece)
{
    static char results[64];
    static const char letters[] = {
        [TRANSFER_BEGUN] = 'b', [TRANSFER_WHOLE] = 'w', [TRANSFER_REFUSED] = 'r'};
    size_t count = 0;
    for (size_t at = 0; at < stream_length;) {
        size_t end = at + piece < stream_length ? at + piece : stream_length;
        struct frame frame;
        do {
            at += frame_take(&reader, stream + at, end - at, &frame);
            enum transfer_result result =
                frame.kind == FRAME_NONE ? TRANSFER_NOTHING : transfer_take(&transfer, &frame);
            if (result != TRANSFER_NOTHING && count < sizeof(results) - 1) {
                results[count++] = letters[result];
            }
        } while (frame.kind != FRAME_NONE);
        assert_int_equal(at, end);
    }
    results[count] = '\0';
    stream_length = 0;
    return results;
}

/* The check value of CRC-32 for "123456789", by which other implementations are compared. */
static void the_sum_is_crc32(void **state)
{
    uint8_t header[FRAME_HEADER];
    (void)state;
    frame_head(header, 0x3231, (const uint8_t *)"", 0);
    assert_int_equal(frame_get32(header), FRAME_MAGIC);
    /* zlib.crc32(b"\x31\x32\0\0") */
    assert_int_equal(frame_get32(header + 8), 0x4e3c7126);
}

static void an_object_arrives_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 200; piece++) {
        PUT_BEGIN(7, 9, "fifo\0x/fifo.o");
        put_data(0, "123");
        put_data(3, "456789");
        assert_string_equal(take_all(piece), "bw");
        assert_memory_equal(object, "123456789", 9);
        assert_string_equal(transfer.name, "fifo");
        assert_string_equal(transfer.file, "x/fifo.o");
        assert_int_equal(transfer.token, 7);
    }
}

static void noise_between_frames_is_skipped(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 64; i++) {
        uint8_t noise[64];
        for (uint32_t j = 0; j < i; j++) {
            noise[j] = (uint8_t)"PUSHPUSX"[(i + j) % 8];
        }
        PUT_BEGIN(1, 2, "a\0b");
        put(noise, i);
        put_data(0, "ab");
        put(object, FRAME_HEADER + FRAME_PAYLOAD); /* an unfinished frame ends here at the latest */
        assert_string_equal(take_all(1 + i), "bw");
    }
}

static void a_frame_that_is_cut_hides_no_later_one(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < 40; cut++) {
        PUT_BEGIN(1, 2, "old\0old.o");
        stream_length -= cut % stream_length;
        put(object, FRAME_HEADER + FRAME_PAYLOAD);
        PUT_BEGIN(2, 2, "new\0new.o");
        put_data(0, "ok");
        (void)take_all(100);
        assert_string_equal(transfer.name, "new");
        assert_int_equal(transfer.state, TRANSFER_IDLE);
        assert_int_equal(transfer.received, 2);
    }
}

static void a_changed_byte_is_noticed(void **state)
{
    (void)state;
    PUT_BEGIN(1, 4, "a\0b");
    size_t begin = stream_length;
    put_data(0, "abcd");
    size_t end = stream_length;
    uint8_t copy[512];
    memcpy(copy, stream, end);
    for (size_t at = begin; at < end; at++) {
        stream_length = 0;
        (void)set_up(NULL);
        put(copy, end);
        stream[at] ^= 0x20;
        put(object, FRAME_HEADER + FRAME_PAYLOAD);
        assert_string_equal(take_all(STREAM), "b");
    }
}

static void gaps_and_excess_are_refused_once(void **state)
{
    (void)state;
    PUT_BEGIN(1, 6, "a\0b");
    put_data(0, "ab");
    put_data(4, "ef");
    put_data(2, "cd");
    put_data(4, "ef");
    assert_string_equal(take_all(STREAM), "br");
    PUT_BEGIN(1, 3, "a\0b");
    put_data(0, "abcd");
    put_data(0, "abc");
    assert_string_equal(take_all(STREAM), "br");
    PUT_BEGIN(1, 3, "a\0b");
    put_data(0, "");
    assert_string_equal(take_all(STREAM), "br");
    PUT_BEGIN(1, 3, "a\0b");
    put_data(0, "abc");
    assert_string_equal(take_all(STREAM), "bw");
}

static void data_without_a_beginning_is_refused_once(void **state)
{
    (void)state;
    put_data(0, "abc");
    put_data(3, "abc");
    assert_string_equal(take_all(STREAM), "r");
    assert_string_equal(transfer.name, "");
}

static void sizes_out_of_bounds_are_refused(void **state)
{
    (void)state;
    PUT_BEGIN(1, 0, "a\0b");
    PUT_BEGIN(1, TRANSFER_MOST + 1, "a\0b");
    PUT_BEGIN(1, UINT32_MAX, "a\0b");
    PUT_BEGIN(1, TRANSFER_MOST, "a\0b");
    assert_string_equal(take_all(STREAM), "rrrb");
}

static void texts_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "a",
        "\0b",
        "a\0",
        "a\"c\0b",
        "a\\\0b",
        "a\nb\0c",
        "a\x7f\0b",
        "123456789012345678901234\0b",
        "a\0"
        "12345678901234567890123456789012345678901234567890",
    };
    static const uint32_t lengths[] = {0, 1, 3, 2, 6, 5, 6, 5, 27, 53};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put_begin(1, 1, bad[i], lengths[i]);
        assert_string_equal(take_all(STREAM), "r");
        assert_string_equal(transfer.name, "");
    }
    put_begin(1, 1, "a\0b\0c", 6); /* more than two */
    assert_string_equal(take_all(STREAM), "r");
    PUT_BEGIN(1, 1,
              "12345678901234567890123\0"
              "12345678901234567890123456789012345678901234567");
    assert_string_equal(take_all(STREAM), "b");
}

static void other_kinds_mean_nothing(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < 65536; kind += 997) {
        put_frame((enum frame_kind)kind, "hello", 5);
        PUT_BEGIN(1, 1, "a\0b");
        assert_string_equal(take_all(STREAM), "b");
    }
}

static void the_largest_frame_fits(void **state)
{
    static uint8_t payload[FRAME_PAYLOAD];
    (void)state;
    PUT_BEGIN(1, FRAME_PAYLOAD - 4, "a\0b");
    memset(payload + 4, 'x', sizeof(payload) - 4);
    put_frame(FRAME_DATA, payload, sizeof(payload));
    assert_string_equal(take_all(1000), "bw");
    assert_int_equal(object[FRAME_PAYLOAD - 5], 'x');
}

static void lines_of_the_log(void **state)
{
    (void)state;
    assert_true(log_line_is_of("[   1.000002] fifo: hello", "fifo"));
    assert_false(log_line_is_of("[   1.000002] fifo2: hello", "fifo"));
    assert_false(log_line_is_of("[   1.000002] init: fifo: hello", "fifo"));
    assert_false(log_line_is_of("fifo: hello", "fifo"));
    assert_false(log_line_is_of("", "fifo"));
    assert_false(log_line_is_of("[ 1.0]", "fifo"));
    assert_int_equal(log_line_time("[  12.000345] a: b"), 12000345000);
    assert_int_equal(log_line_time("[  12"), 12000000000);
    assert_int_equal(log_line_time(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_sum_is_crc32, set_up),
        cmocka_unit_test_setup(an_object_arrives_in_pieces_of_any_size, set_up),
        cmocka_unit_test_setup(noise_between_frames_is_skipped, set_up),
        cmocka_unit_test_setup(a_frame_that_is_cut_hides_no_later_one, set_up),
        cmocka_unit_test_setup(a_changed_byte_is_noticed, set_up),
        cmocka_unit_test_setup(gaps_and_excess_are_refused_once, set_up),
        cmocka_unit_test_setup(data_without_a_beginning_is_refused_once, set_up),
        cmocka_unit_test_setup(sizes_out_of_bounds_are_refused, set_up),
        cmocka_unit_test_setup(texts_that_are_none_are_refused, set_up),
        cmocka_unit_test_setup(other_kinds_mean_nothing, set_up),
        cmocka_unit_test_setup(the_largest_frame_fits, set_up),
        cmocka_unit_test_setup(lines_of_the_log, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
