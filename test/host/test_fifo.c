/* Unit tests of drivers/char/fifo/fifo_core.c, and with it of stream.c and byte_ring.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fifo_core.h"
#include "stream_client.h"

enum { CAPACITY = 8192, WRITER = 1, OTHER_WRITER = 2, READER = 3, OTHER_READER = 4 };

static struct fifo fifo;
static struct fifo_saved saved;
static uint8_t ring[CAPACITY];
static uint8_t big[3 * CAPACITY];

static void begin(enum fifo_kind kind)
{
    memset(&saved, 0, sizeof(saved));
    memset(ring, 0, sizeof(ring));
    assert_false(fifo_init(&fifo, &stream_client_host, kind, &saved, ring, CAPACITY));
}

static int setup_fifo(void **state)
{
    (void)state;
    begin(FIFO_NAMED);
    return 0;
}

static int setup_pipe(void **state)
{
    (void)state;
    begin(FIFO_PIPE);
    assert_int_equal(fifo_attach(&fifo, READER, FIFO_READS), STATUS_OK);
    assert_int_equal(fifo_attach(&fifo, WRITER, FIFO_WRITES), STATUS_OK);
    return 0;
}

static void put(struct stream_client *client, uint64_t badge, const void *bytes, uint64_t length)
{
    fifo_write(&fifo, stream_client_ask(client, badge, (void *)(uintptr_t)bytes, length, false));
}

static void put_now(struct stream_client *client, uint64_t badge, const void *bytes,
                    uint64_t length)
{
    fifo_write(&fifo, stream_client_ask(client, badge, (void *)(uintptr_t)bytes, length, true));
}

static void get(struct stream_client *client, uint64_t badge, void *bytes, uint64_t length)
{
    fifo_read(&fifo, stream_client_ask(client, badge, bytes, length, false));
}

static void get_now(struct stream_client *client, uint64_t badge, void *bytes, uint64_t length)
{
    fifo_read(&fifo, stream_client_ask(client, badge, bytes, length, true));
}

static void assert_answer(const struct stream_client *client, status_t status, uint64_t count)
{
    assert_int_equal(client->answers, 1);
    assert_int_equal(client->status, status);
    assert_int_equal(client->count, count);
}

static void assert_waits(const struct stream_client *client)
{
    assert_int_equal(client->answers, 0);
}

static void fill_big(void)
{
    for (size_t i = 0; i < sizeof(big); i++) {
        big[i] = (uint8_t)(i * 7 + i / 256);
    }
}

/* ---- order ---------------------------------------------------------------------------------- */

static void test_bytes_come_in_order(void **state)
{
    (void)state;
    struct stream_client writer, reader;
    char text[16] = "";
    put(&writer, WRITER, "hello ", 6);
    assert_answer(&writer, STATUS_OK, 6);
    put(&writer, OTHER_WRITER, "world", 5);
    get(&reader, READER, text, 4);
    assert_answer(&reader, STATUS_OK, 4);
    assert_memory_equal(text, "hell", 4);
    get(&reader, READER, text, sizeof(text));
    assert_answer(&reader, STATUS_OK, 7);
    assert_memory_equal(text, "o world", 7);
}

static void test_readers_are_served_in_order(void **state)
{
    (void)state;
    struct stream_client writer, first, second;
    char one[3] = "", two[3] = "";
    assert_int_equal(fifo_attach(&fifo, WRITER, FIFO_WRITES), STATUS_OK);
    get(&first, READER, one, 2);
    get(&second, OTHER_READER, two, 2);
    assert_waits(&first);
    put(&writer, WRITER, "abc", 3);
    assert_answer(&first, STATUS_OK, 2);
    assert_answer(&second, STATUS_OK, 1);
    assert_string_equal(one, "ab");
    assert_string_equal(two, "c");
}

/* A write larger than the ring stays in one piece although another writer comes in between. */
static void test_large_writes_are_not_mixed(void **state)
{
    (void)state;
    struct stream_client first, second, reader;
    static uint8_t out[sizeof(big) + 3];
    uint64_t got = 0;
    fill_big();
    put(&first, WRITER, big, sizeof(big));
    put(&second, OTHER_WRITER, "end", 3);
    assert_waits(&first);
    assert_waits(&second);
    while (got < sizeof(out)) {
        get(&reader, READER, out + got, 1000);
        assert_int_equal(reader.answers, 1);
        assert_int_equal(reader.status, STATUS_OK);
        assert_true(reader.count > 0);
        got += reader.count;
    }
    assert_answer(&first, STATUS_OK, sizeof(big));
    assert_answer(&second, STATUS_OK, 3);
    assert_memory_equal(out, big, sizeof(big));
    assert_memory_equal(out + sizeof(big), "end", 3);
}

/* ---- end of file ---------------------------------------------------------------------------- */

static void test_empty_without_writer_is_the_end(void **state)
{
    (void)state;
    struct stream_client reader;
    char text[4];
    get(&reader, READER, text, 4);
    assert_answer(&reader, STATUS_OK, 0);
    get_now(&reader, READER, text, 4);
    assert_answer(&reader, STATUS_OK, 0);
}

static void test_empty_with_writer_waits_until_it_closes(void **state)
{
    (void)state;
    struct stream_client reader, other;
    char text[4];
    assert_int_equal(fifo_attach(&fifo, WRITER, FIFO_WRITES), STATUS_OK);
    assert_int_equal(fifo_attach(&fifo, OTHER_WRITER, FIFO_READS | FIFO_WRITES), STATUS_OK);
    get(&reader, READER, text, 4);
    get(&other, OTHER_READER, text, 4);
    fifo_close(&fifo, WRITER);
    assert_waits(&reader);
    fifo_close(&fifo, OTHER_WRITER);
    assert_answer(&reader, STATUS_OK, 0);
    assert_answer(&other, STATUS_OK, 0);
}

static void test_bytes_outlive_their_writer(void **state)
{
    (void)state;
    struct stream_client writer, reader;
    char text[4];
    put(&writer, WRITER, "ab", 2);
    fifo_close(&fifo, WRITER);
    get(&reader, READER, text, 4);
    assert_answer(&reader, STATUS_OK, 2);
    get(&reader, READER, text, 4);
    assert_answer(&reader, STATUS_OK, 0);
}

static void test_attach_again_does_not_count_twice(void **state)
{
    (void)state;
    struct stream_client reader;
    char text[4];
    assert_int_equal(fifo_attach(&fifo, WRITER, FIFO_WRITES), STATUS_OK);
    assert_int_equal(fifo_attach(&fifo, WRITER, FIFO_WRITES), STATUS_OK);
    fifo_close(&fifo, WRITER);
    get(&reader, READER, text, 4);
    assert_answer(&reader, STATUS_OK, 0);
}

/* ---- not waiting ---------------------------------------------------------------------------- */

static void test_no_wait_on_empty_and_full(void **state)
{
    (void)state;
    struct stream_client client;
    char text[4];
    assert_int_equal(fifo_attach(&fifo, WRITER, FIFO_WRITES), STATUS_OK);
    get_now(&client, READER, text, 4);
    assert_answer(&client, STATUS_WOULD_BLOCK, 0);
    put_now(&client, WRITER, big, sizeof(big));
    assert_answer(&client, STATUS_OK, CAPACITY);
    put_now(&client, WRITER, big, 1);
    assert_answer(&client, STATUS_WOULD_BLOCK, 0);
}

static void test_small_write_without_waiting_is_whole_or_not(void **state)
{
    (void)state;
    struct stream_client client;
    put_now(&client, WRITER, big, CAPACITY - 10);
    assert_answer(&client, STATUS_OK, CAPACITY - 10);
    put_now(&client, WRITER, big, 11);
    assert_answer(&client, STATUS_WOULD_BLOCK, 0);
    put_now(&client, WRITER, big, 10);
    assert_answer(&client, STATUS_OK, 10);
}

static void test_no_wait_does_not_overtake(void **state)
{
    (void)state;
    struct stream_client waiting, hasty, reader;
    char text[4];
    put(&waiting, WRITER, big, CAPACITY + 1);
    get(&reader, READER, text, 0);
    assert_answer(&reader, STATUS_OK, 0);
    put_now(&hasty, OTHER_WRITER, big, 1);
    assert_answer(&hasty, STATUS_WOULD_BLOCK, 0);
    assert_waits(&waiting);
}

/* ---- failing and cancelled copies ----------------------------------------------------------- */

static void test_failed_copies_lose_nothing(void **state)
{
    (void)state;
    struct stream_client writer, bad, reader;
    char text[8] = "";
    put(&writer, WRITER, "abcd", 4);
    stream_client_ask(&bad, OTHER_WRITER, text, 2, false);
    bad.fail = STATUS_RETRY_TOUCH;
    fifo_write(&fifo, &bad.request);
    assert_answer(&bad, STATUS_RETRY_TOUCH, 0);
    stream_client_ask(&bad, READER, text, 8, false);
    bad.fail = STATUS_BAD_LEASE;
    fifo_read(&fifo, &bad.request);
    assert_answer(&bad, STATUS_BAD_LEASE, 0);
    get(&reader, READER, text, 8);
    assert_answer(&reader, STATUS_OK, 4);
    assert_string_equal(text, "abcd");
}

/* A reader whose buffer fails does not stop the one behind it. */
static void test_dead_reader_is_passed_over(void **state)
{
    (void)state;
    struct stream_client writer, dead, reader;
    char text[8] = "";
    assert_int_equal(fifo_attach(&fifo, WRITER, FIFO_WRITES), STATUS_OK);
    stream_client_ask(&dead, READER, text, 8, false);
    dead.fail = STATUS_INTERRUPTED;
    fifo_read(&fifo, &dead.request);
    get(&reader, OTHER_READER, text, 8);
    put(&writer, WRITER, "abc", 3);
    assert_answer(&dead, STATUS_INTERRUPTED, 0);
    assert_answer(&reader, STATUS_OK, 3);
    assert_string_equal(text, "abc");
}

static void test_partly_failed_write_tells_how_far_it_came(void **state)
{
    (void)state;
    struct stream_client writer, reader;
    static uint8_t out[CAPACITY];
    fill_big();
    stream_client_ask(&writer, WRITER, big, sizeof(big), false);
    writer.fail = STATUS_RETRY_TOUCH;
    writer.fail_at = CAPACITY + 1;
    fifo_write(&fifo, &writer.request);
    assert_waits(&writer);
    get(&reader, READER, out, 100);
    assert_answer(&writer, STATUS_OK, CAPACITY);
}

static void test_cancel(void **state)
{
    (void)state;
    struct stream_client writer, reader;
    char text[4];
    assert_int_equal(fifo_attach(&fifo, WRITER, FIFO_WRITES), STATUS_OK);
    get(&reader, READER, text, 4);
    fifo_cancel(&fifo, &reader.request, STATUS_INTERRUPTED);
    assert_answer(&reader, STATUS_INTERRUPTED, 0);
    put(&writer, WRITER, big, CAPACITY + 5);
    fifo_cancel(&fifo, &writer.request, STATUS_INTERRUPTED);
    assert_answer(&writer, STATUS_OK, CAPACITY);
    put(&writer, WRITER, big, 5);
    fifo_cancel(&fifo, &writer.request, STATUS_INTERRUPTED);
    assert_answer(&writer, STATUS_INTERRUPTED, 0);
}

static void test_close_ends_what_waits_through_it(void **state)
{
    (void)state;
    struct stream_client reader, other;
    char text[4];
    assert_int_equal(fifo_attach(&fifo, WRITER, FIFO_WRITES), STATUS_OK);
    get(&reader, READER, text, 4);
    get(&other, OTHER_READER, text, 4);
    fifo_close(&fifo, READER);
    assert_answer(&reader, STATUS_INTERRUPTED, 0);
    assert_waits(&other);
}

/* ---- who may -------------------------------------------------------------------------------- */

static void test_openings_are_kept_to(void **state)
{
    (void)state;
    struct stream_client client;
    char text[4] = "abc";
    assert_int_equal(fifo_attach(&fifo, READER, FIFO_READS), STATUS_OK);
    put(&client, READER, text, 3);
    assert_answer(&client, STATUS_REFUSED, 0);
    assert_int_equal(fifo_attach(&fifo, WRITER, FIFO_WRITES), STATUS_OK);
    get(&client, WRITER, text, 3);
    assert_answer(&client, STATUS_REFUSED, 0);
}

static void test_openings_are_bounded(void **state)
{
    (void)state;
    for (uint64_t badge = 1; badge <= FIFO_OPENINGS; badge++) {
        assert_int_equal(fifo_attach(&fifo, badge, FIFO_READS), STATUS_OK);
    }
    assert_int_equal(fifo_attach(&fifo, FIFO_OPENINGS + 1, FIFO_READS), STATUS_BUSY);
    fifo_close(&fifo, 7);
    assert_int_equal(fifo_attach(&fifo, FIFO_OPENINGS + 1, FIFO_READS), STATUS_OK);
}

/* ---- pipes ---------------------------------------------------------------------------------- */

static void test_pipe_breaks_with_its_reader(void **state)
{
    (void)state;
    struct stream_client waiting, writer;
    put(&waiting, WRITER, big, CAPACITY + 1);
    assert_waits(&waiting);
    fifo_close(&fifo, READER);
    assert_answer(&waiting, STATUS_OK, CAPACITY);
    put(&writer, WRITER, "x", 1);
    assert_answer(&writer, STATUS_BROKEN_PIPE, 0);
}

static void test_named_fifo_keeps_bytes_without_reader(void **state)
{
    (void)state;
    struct stream_client waiting;
    put(&waiting, WRITER, big, CAPACITY + 1);
    assert_int_equal(fifo_attach(&fifo, READER, FIFO_READS), STATUS_OK);
    fifo_close(&fifo, READER);
    assert_waits(&waiting);
}

/* ---- the next instance ---------------------------------------------------------------------- */

static void test_the_next_instance_goes_on(void **state)
{
    (void)state;
    struct stream_client client;
    char text[8] = "";
    put(&client, WRITER, "abcdef", 6);
    get(&client, READER, text, 2);
    memset(&fifo, 0, sizeof(fifo));
    assert_true(fifo_init(&fifo, &stream_client_host, FIFO_NAMED, &saved, ring, CAPACITY));
    get(&client, READER, text, 8);
    assert_answer(&client, STATUS_OK, 4);
    assert_memory_equal(text, "cdef", 4);
    get(&client, READER, text, 8);
    assert_waits(&client);
    fifo_close(&fifo, WRITER);
    assert_answer(&client, STATUS_OK, 0);
}

static void test_a_damaged_store_begins_empty(void **state)
{
    (void)state;
    struct stream_client client;
    char text[8];
    put(&client, WRITER, "abcdef", 6);
    saved.place.written = saved.place.taken + CAPACITY + 1;
    assert_false(fifo_init(&fifo, &stream_client_host, FIFO_NAMED, &saved, ring, CAPACITY));
    fifo_close(&fifo, WRITER);
    get(&client, READER, text, 8);
    assert_answer(&client, STATUS_OK, 0);
    saved.magic++;
    assert_false(fifo_init(&fifo, &stream_client_host, FIFO_NAMED, &saved, ring, CAPACITY));
    assert_int_equal(fifo.reads, 0);
}

/* ---- many steps ----------------------------------------------------------------------------- */

/* Random reads and writes against a count of what went in and out, over many turns of the ring. */
static void test_random_traffic(void **state)
{
    (void)state;
    uint8_t bytes[3000];
    uint8_t next_in = 0, next_out = 0;
    srand(1);
    assert_int_equal(fifo_attach(&fifo, WRITER, FIFO_WRITES), STATUS_OK);
    for (int step = 0; step < 20000; step++) {
        struct stream_client client;
        uint64_t length = (uint64_t)(rand() % (int)sizeof(bytes)) + 1;
        if (rand() % 2 == 0) {
            for (uint64_t i = 0; i < length; i++) {
                bytes[i] = (uint8_t)(next_in + i);
            }
            put_now(&client, WRITER, bytes, length);
            assert_int_equal(client.answers, 1);
            next_in = (uint8_t)(next_in + client.count);
        } else {
            get_now(&client, READER, bytes, length);
            assert_int_equal(client.answers, 1);
            for (uint64_t i = 0; i < client.count; i++) {
                assert_int_equal(bytes[i], next_out++);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_bytes_come_in_order, setup_fifo),
        cmocka_unit_test_setup(test_readers_are_served_in_order, setup_fifo),
        cmocka_unit_test_setup(test_large_writes_are_not_mixed, setup_fifo),
        cmocka_unit_test_setup(test_empty_without_writer_is_the_end, setup_fifo),
        cmocka_unit_test_setup(test_empty_with_writer_waits_until_it_closes, setup_fifo),
        cmocka_unit_test_setup(test_bytes_outlive_their_writer, setup_fifo),
        cmocka_unit_test_setup(test_attach_again_does_not_count_twice, setup_fifo),
        cmocka_unit_test_setup(test_no_wait_on_empty_and_full, setup_fifo),
        cmocka_unit_test_setup(test_small_write_without_waiting_is_whole_or_not, setup_fifo),
        cmocka_unit_test_setup(test_no_wait_does_not_overtake, setup_fifo),
        cmocka_unit_test_setup(test_failed_copies_lose_nothing, setup_fifo),
        cmocka_unit_test_setup(test_dead_reader_is_passed_over, setup_fifo),
        cmocka_unit_test_setup(test_partly_failed_write_tells_how_far_it_came, setup_fifo),
        cmocka_unit_test_setup(test_cancel, setup_fifo),
        cmocka_unit_test_setup(test_close_ends_what_waits_through_it, setup_fifo),
        cmocka_unit_test_setup(test_openings_are_kept_to, setup_fifo),
        cmocka_unit_test_setup(test_openings_are_bounded, setup_fifo),
        cmocka_unit_test_setup(test_pipe_breaks_with_its_reader, setup_pipe),
        cmocka_unit_test_setup(test_named_fifo_keeps_bytes_without_reader, setup_fifo),
        cmocka_unit_test_setup(test_the_next_instance_goes_on, setup_fifo),
        cmocka_unit_test_setup(test_a_damaged_store_begins_empty, setup_fifo),
        cmocka_unit_test_setup(test_random_traffic, setup_fifo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
