/*
 * What outlives a reset (servers/init/kept_log.c, crash_store.c): kept over boots, and of memory
 * that holds anything at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sinter/abi.h>

#include "crash_store.h"
#include "kept_log.h"

enum { STORE = 32752, ROUNDS = 2000 };

static struct kept_log ring;

static union {
    uint64_t align;
    uint8_t bytes[STORE];
} memory;

static void log_text(const char *text)
{
    for (; *text != '\0'; text++) {
        ring.text[ring.written++ % KEPT_LOG_SIZE] = *text;
    }
}

static void begin_log(void)
{
    memset(&ring, 0, sizeof(ring));
    ring.magic = KEPT_LOG_MAGIC;
}

static size_t copy_all(const struct kept_log_text *log, char *to, size_t chunk)
{
    size_t used = 0;
    size_t count;
    while ((count = kept_log_copy(log, used, to + used, chunk)) > 0) {
        used += count;
    }
    return used;
}

static void test_log(void **state)
{
    char text[KEPT_LOG_SIZE + 1];
    struct kept_log_text log;
    (void)state;
    begin_log();
    assert_false(kept_log_open(&ring, &log));
    assert_int_equal(kept_log_copy(&log, 0, text, sizeof(text)), 0);
    log_text("[ 1.0] one\nt\two\x1b[2J\xff");
    assert_true(kept_log_open(&ring, &log));
    size_t length = copy_all(&log, text, 3);
    text[length] = '\0';
    assert_string_equal(text, "[ 1.0] one\nt\two?[2J?");
    assert_int_equal(kept_log_copy(&log, UINT64_MAX, text, 1), 0);
    ring.magic++;
    assert_false(kept_log_open(&ring, &log));
}

static void test_log_wraps(void **state)
{
    char text[KEPT_LOG_SIZE];
    char line[32];
    struct kept_log_text log;
    (void)state;
    begin_log();
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(line, sizeof(line), "line %d\n", i);
        log_text(line);
    }
    assert_true(kept_log_open(&ring, &log));
    assert_int_equal(copy_all(&log, text, 1000), KEPT_LOG_SIZE);
    assert_memory_equal(text + KEPT_LOG_SIZE - 10, "line 4999\n", 10);
    assert_false(kept_log_has_panic(&log));
    log_text("\nkernel panic on C\nkernel panic on CPU 3: x");
    assert_true(kept_log_open(&ring, &log));
    assert_true(kept_log_has_panic(&log));
}

static void test_log_panic_of_a_task(void **state)
{
    struct kept_log_text log;
    (void)state;
    begin_log();
    log_text("[   1.000000] fifo: kernel panic on CPU 0\n");
    assert_true(kept_log_open(&ring, &log));
    assert_false(kept_log_has_panic(&log));
}

/* Whatever the count of bytes says, all that is read lies in the ring, and is text. */
static void test_log_random(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < ROUNDS; round++) {
        struct kept_log *exact = malloc(sizeof(ring));
        struct kept_log_text log;
        char text[64];
        assert_non_null(exact);
        begin_log();
        ring.written = (uint64_t)rand() << (rand() % 34);
        memset(ring.text, rand(), sizeof(ring.text));
        memcpy(exact, &ring, sizeof(ring));
        (void)kept_log_open(exact, &log);
        uint64_t offset = log.length - (log.length < 32 ? log.length : 32);
        size_t count = kept_log_copy(&log, offset, text, sizeof(text));
        assert_true(count <= 32);
        for (size_t i = 0; i < count; i++) {
            assert_true(text[i] == '\n' || text[i] == '\t' || (text[i] >= ' ' && text[i] <= '~'));
        }
        free(exact);
    }
}

static void add(struct crash_store *store, const char *name)
{
    crash_store_add(store, name, 5, "crashed (it did)", "---- report\n----\n");
}

static void test_records_over_boots(void **state)
{
    struct crash_store store;
    (void)state;
    memset(memory.bytes, 0xa5, STORE);
    crash_store_open(&store, memory.bytes, STORE);
    assert_int_equal(store.boot, 1);
    assert_null(crash_store_at(&store, 0));
    add(&store, "first");
    crash_store_open(&store, memory.bytes, STORE);
    assert_int_equal(store.boot, 2);
    assert_string_equal(crash_store_at(&store, 0)->name, "first");
    assert_int_equal(crash_store_at(&store, 0)->boot, 1);
    add(&store, "second\x1b");
    assert_string_equal(crash_store_at(&store, 0)->name, "second?");
    assert_string_equal(crash_store_at(&store, 1)->name, "first");
    assert_null(crash_store_at(&store, 2));
    for (unsigned i = 0; i < CRASH_RECORDS - 1; i++) {
        add(&store, "later");
    }
    crash_store_open(&store, memory.bytes, STORE);
    assert_int_equal(store.boot, 3);
    assert_string_equal(crash_store_at(&store, CRASH_RECORDS - 1)->name, "second?");
    assert_null(crash_store_at(&store, CRASH_RECORDS));
    assert_string_equal(crash_store_at(&store, 0)->text, "---- report\n----\n");
}

static void test_long_texts(void **state)
{
    struct crash_store store;
    char text[2 * CRASH_TEXT];
    (void)state;
    memset(memory.bytes, 0, STORE);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    crash_store_open(&store, memory.bytes, STORE);
    crash_store_add(&store, text, 0, text, text);
    crash_store_open(&store, memory.bytes, STORE);
    const struct crash_record *record = crash_store_at(&store, 0);
    assert_non_null(record);
    assert_int_equal(strlen(record->name), CRASH_NAME - 1);
    assert_int_equal(strlen(record->what), CRASH_WHAT - 1);
    assert_int_equal(strlen(record->text), CRASH_TEXT - 1);
}

static void test_no_room(void **state)
{
    struct crash_store store;
    (void)state;
    crash_store_open(&store, memory.bytes, CRASH_RECORDS * sizeof(struct crash_record));
    add(&store, "nowhere");
    assert_null(crash_store_at(&store, 0));
}

/* Each byte of a store with one record, changed: the record is dropped or as it was. */
static void test_damage(void **state)
{
    static uint8_t good[STORE];
    struct crash_store store;
    (void)state;
    memset(memory.bytes, 0, STORE);
    crash_store_open(&store, memory.bytes, STORE);
    add(&store, "fifo");
    memcpy(good, memory.bytes, STORE);
    for (size_t at = 0; at < STORE; at++) {
        memcpy(memory.bytes, good, STORE);
        memory.bytes[at] ^= (uint8_t)(1u << at % 8);
        crash_store_open(&store, memory.bytes, STORE);
        for (uint32_t age = 0; age < CRASH_RECORDS; age++) {
            const struct crash_record *record = crash_store_at(&store, age);
            if (record != NULL) {
                assert_int_equal(age, 0);
                assert_string_equal(record->name, "fifo");
                assert_string_equal(record->text, "---- report\n----\n");
            }
        }
        add(&store, "next");
        assert_string_equal(crash_store_at(&store, 0)->name, "next");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_log_wraps),
        cmocka_unit_test(test_log_panic_of_a_task),
        cmocka_unit_test(test_log_random),
        cmocka_unit_test(test_records_over_boots),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
