/*
 * Unit tests of drivers/common/serial.c against a simulated UART with a FIFO of 16 bytes each way,
 * and of drivers/common/node.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node.h"
#include "serial.h"
#include "stream_client.h"

enum { FIFO = 16, LINE = 65536 };

/* ---- the UART ------------------------------------------------------------------------------- */

static struct {
    struct uart uart;
    uint8_t incoming[LINE]; /* what the other side sends, and how far it is read */
    uint32_t incoming_length, incoming_taken;
    uint8_t outgoing[LINE];
    uint32_t outgoing_length;
    uint32_t in_transmitter;
    bool receive_interrupt, transmit_interrupt;
} line;

static bool get(struct uart *uart, uint8_t *byte)
{
    (void)uart;
    if (line.incoming_taken == line.incoming_length) {
        return false;
    }
    *byte = line.incoming[line.incoming_taken++];
    return true;
}

static uint32_t room(struct uart *uart)
{
    (void)uart;
    return FIFO - line.in_transmitter;
}

static void put(struct uart *uart, uint8_t byte)
{
    (void)uart;
    assert_true(line.in_transmitter < FIFO);
    line.in_transmitter++;
    line.outgoing[line.outgoing_length++] = byte;
}

static void set_interrupts(struct uart *uart, bool receive, bool transmit)
{
    (void)uart;
    line.receive_interrupt = receive;
    line.transmit_interrupt = transmit;
}

static bool idle(struct uart *uart)
{
    (void)uart;
    return line.in_transmitter == 0;
}

static const struct uart_operations operations = {get, room, put, set_interrupts, idle, NULL};

/* ---- helpers -------------------------------------------------------------------------------- */

static struct serial serial;

static int setup(void **state)
{
    (void)state;
    memset(&line, 0, sizeof(line));
    line.uart.operations = &operations;
    serial_init(&serial, &line.uart, &stream_client_host);
    return 0;
}

static void arrive(const char *text, uint32_t length)
{
    memcpy(line.incoming + line.incoming_length, text, length);
    line.incoming_length += length;
    if (line.receive_interrupt) {
        serial_progress(&serial);
    }
}

/* The transmitter sends what it has and interrupts, until nothing comes after. */
static void send_all(void)
{
    while (line.in_transmitter > 0) {
        line.in_transmitter = 0;
        if (line.transmit_interrupt) {
            serial_progress(&serial);
        }
    }
}

static void assert_answer(const struct stream_client *client, status_t status, uint64_t count)
{
    assert_int_equal(client->answers, 1);
    assert_int_equal(client->status, status);
    assert_int_equal(client->count, count);
}

/* ---- receiving ------------------------------------------------------------------------------ */

static void test_a_read_waits_for_input(void **state)
{
    (void)state;
    struct stream_client client;
    char text[8] = "";
    serial_read(&serial, stream_client_ask(&client, 1, text, 8, false));
    assert_int_equal(client.answers, 0);
    arrive("hi", 2);
    assert_answer(&client, STATUS_OK, 2);
    assert_string_equal(text, "hi");
}

static void test_input_waits_for_a_read(void **state)
{
    (void)state;
    struct stream_client client;
    char text[8] = "";
    arrive("abc", 3);
    serial_read(&serial, stream_client_ask(&client, 1, text, 2, false));
    assert_answer(&client, STATUS_OK, 2);
    serial_read(&serial, stream_client_ask(&client, 1, text, 8, true));
    assert_answer(&client, STATUS_OK, 1);
    serial_read(&serial, stream_client_ask(&client, 1, text, 8, true));
    assert_answer(&client, STATUS_WOULD_BLOCK, 0);
}

/* What has no place stays in the UART, with its interrupt off, until somebody reads. */
static void test_full_ring_holds_the_line(void **state)
{
    (void)state;
    static char text[SERIAL_RECEIVE_RING + 100];
    static char got[sizeof(text)];
    struct stream_client client;
    uint64_t done = 0;
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)('a' + i % 26);
    }
    arrive(text, sizeof(text));
    assert_false(line.receive_interrupt);
    assert_int_equal(line.incoming_taken, SERIAL_RECEIVE_RING);
    while (done < sizeof(text)) {
        serial_read(&serial, stream_client_ask(&client, 1, got + done, 1000, true));
        assert_int_equal(client.status, STATUS_OK);
        done += client.count;
    }
    assert_true(line.receive_interrupt);
    assert_memory_equal(text, got, sizeof(text));
}

static void test_cancelled_read_takes_nothing(void **state)
{
    (void)state;
    struct stream_client first, second;
    char one[4] = "", two[4] = "";
    serial_read(&serial, stream_client_ask(&first, 1, one, 3, false));
    serial_read(&serial, stream_client_ask(&second, 2, two, 3, false));
    serial_cancel(&serial, &first.request, STATUS_INTERRUPTED);
    assert_answer(&first, STATUS_INTERRUPTED, 0);
    arrive("x", 1);
    assert_answer(&second, STATUS_OK, 1);
}

/* ---- sending -------------------------------------------------------------------------------- */

static void test_a_write_goes_out(void **state)
{
    (void)state;
    struct stream_client client;
    serial_write(&serial, stream_client_ask(&client, 1, (char *)(uintptr_t)"hello", 5, false));
    assert_answer(&client, STATUS_OK, 5);
    assert_int_equal(line.outgoing_length, 5);
    assert_false(line.transmit_interrupt);
    assert_true(serial_sent(&serial));
}

static void test_a_large_write_waits_for_room(void **state)
{
    (void)state;
    static uint8_t bytes[3 * SERIAL_TRANSMIT_RING];
    struct stream_client client, second;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 5);
    }
    serial_write(&serial, stream_client_ask(&client, 1, bytes, sizeof(bytes), false));
    serial_write(&serial, stream_client_ask(&second, 2, (char *)(uintptr_t)"end", 3, false));
    assert_int_equal(client.answers, 0);
    assert_int_equal(line.outgoing_length, FIFO);
    assert_true(line.transmit_interrupt);
    send_all();
    assert_answer(&client, STATUS_OK, sizeof(bytes));
    assert_answer(&second, STATUS_OK, 3);
    assert_int_equal(line.outgoing_length, sizeof(bytes) + 3);
    assert_memory_equal(line.outgoing, bytes, sizeof(bytes));
    assert_memory_equal(line.outgoing + sizeof(bytes), "end", 3);
    assert_false(line.transmit_interrupt);
}

static void test_write_without_waiting(void **state)
{
    (void)state;
    static uint8_t bytes[SERIAL_TRANSMIT_RING + 100];
    struct stream_client client;
    serial_write(&serial, stream_client_ask(&client, 1, bytes, sizeof(bytes), true));
    assert_answer(&client, STATUS_OK, SERIAL_TRANSMIT_RING);
    serial_write(&serial, stream_client_ask(&client, 1, bytes, sizeof(bytes), true));
    assert_answer(&client, STATUS_OK, FIFO);
    serial_write(&serial, stream_client_ask(&client, 1, bytes, sizeof(bytes), true));
    assert_answer(&client, STATUS_WOULD_BLOCK, 0);
}

/* ---- the node ------------------------------------------------------------------------------- */

static uint8_t records[256];
static size_t records_length, shift_end;

static void add_padded(const void *bytes, uint32_t length)
{
    memcpy(records + records_length, bytes, length);
    records_length += (length + 3) & ~3u;
}

static void add_record(const char *name, const void *value, uint32_t length)
{
    uint32_t name_length = (uint32_t)strlen(name);
    add_padded(&name_length, sizeof(name_length));
    add_padded(&length, sizeof(length));
    add_padded(name, name_length);
    add_padded(value, length);
}

static int setup_node(void **state)
{
    (void)state;
    memset(records, 0, sizeof(records));
    records_length = 0;
    add_record("compatibility", "none of it", 11);
    add_record("reg-shift", "\0\0\0\2", 4);
    shift_end = records_length;
    add_record("compatible", "one\0two,x", 10);
    return 0;
}

static void test_node(void **state)
{
    (void)state;
    const struct node node = {records, records_length};
    assert_int_equal(node_u32(&node, "reg-shift", 9), 2);
    assert_int_equal(node_u32(&node, "reg-io-width", 1), 1);
    assert_int_equal(node_u32(&node, "compatible", 7), 7);
    assert_true(node_is_compatible(&node, "one"));
    assert_true(node_is_compatible(&node, "two,x"));
    assert_false(node_is_compatible(&node, "two"));
    assert_false(node_is_compatible(&node, "two,xy"));
}

static void expect_in_list(const struct node *node, uint32_t number, size_t capacity,
                           const char *expected)
{
    char text[16] = "################";
    size_t length = node_string(node, "compatible", number, text, capacity);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
    assert_int_equal(text[length], '#');
}

static void test_node_strings(void **state)
{
    (void)state;
    const struct node node = {records, records_length};
    expect_in_list(&node, 0, 15, "one");
    expect_in_list(&node, 1, 15, "two,x");
    expect_in_list(&node, 1, 3, "two");
    expect_in_list(&node, 2, 15, "");
    expect_in_list(&node, UINT32_MAX, 15, "");
    expect_in_list(&node, 0, 0, "");
    const struct node unended = {records, records_length - 4}; /* the last record is not whole */
    expect_in_list(&unended, 0, 15, "");
}

/* Cut short anywhere, the records read as far as they are whole, and no further. */
static void test_node_cut_short(void **state)
{
    (void)state;
    for (size_t length = 0; length < records_length; length++) {
        uint8_t *copy = malloc(length + 1);
        memcpy(copy, records, length);
        const struct node node = {copy, length};
        assert_false(node_is_compatible(&node, "one"));
        assert_int_equal(node_u32(&node, "reg-shift", 9), length >= shift_end ? 2 : 9);
        free(copy);
    }
    const struct node none = {NULL, 0};
    assert_int_equal(node_u32(&none, "reg-shift", 9), 9);
}

static void test_node_with_huge_lengths(void **state)
{
    (void)state;
    uint8_t bytes[sizeof(records)];
    for (int field = 0; field < 8; field++) {
        memcpy(bytes, records, sizeof(bytes));
        bytes[field] = 0xff;
        const struct node node = {bytes, records_length};
        (void)node_is_compatible(&node, "one");
    }
    memset(bytes, 0xff, 8);
    const struct node node = {bytes, records_length};
    assert_int_equal(node_u32(&node, "reg-shift", 9), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_read_waits_for_input, setup),
        cmocka_unit_test_setup(test_input_waits_for_a_read, setup),
        cmocka_unit_test_setup(test_full_ring_holds_the_line, setup),
        cmocka_unit_test_setup(test_cancelled_read_takes_nothing, setup),
        cmocka_unit_test_setup(test_a_write_goes_out, setup),
        cmocka_unit_test_setup(test_a_large_write_waits_for_room, setup),
        cmocka_unit_test_setup(test_write_without_waiting, setup),
        cmocka_unit_test_setup(test_node, setup_node),
        cmocka_unit_test_setup(test_node_strings, setup_node),
        cmocka_unit_test_setup(test_node_cut_short, setup_node),
        cmocka_unit_test_setup(test_node_with_huge_lengths, setup_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
