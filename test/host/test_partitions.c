/* Partition tables: what is found on sound, damaged and hostile disks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "partition_image.h"
#include "table.h"

enum { SIZE = 1 << 20, SECTOR = 512, BLOCKS = SIZE / SECTOR };

static uint8_t image[SIZE];
static uint64_t broken; /* byte offset that cannot be read; 0: none */

static status_t read_image(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    (void)context;
    assert_true(offset <= SIZE && length <= SIZE - offset);
    if (broken != 0 && offset <= broken && broken < offset + length) {
        return STATUS_IO_ERROR;
    }
    memcpy(buffer, image + offset, length);
    return STATUS_OK;
}

static const struct table_disk disk = {.size = SIZE, .read = read_image};
static struct table table;

static int clear(void **state)
{
    (void)state;
    memset(image, 0, sizeof(image));
    broken = 0;
    return 0;
}

static void check_extent(uint32_t index, uint32_t number, uint64_t first, uint64_t count)
{
    assert_true(index < table.count);
    assert_int_equal(table.extents[index].number, number);
    assert_int_equal(table.extents[index].start, first * SECTOR);
    assert_int_equal(table.extents[index].length, count * SECTOR);
}

static void make_gpt(void)
{
    image_gpt_entry(image, SIZE, SECTOR, 0, 40, 139);
    image_gpt_entry(image, SIZE, SECTOR, 4, 200, 200);
    image_gpt_headers(image, SIZE, SECTOR);
}

static void check_gpt(bool backup)
{
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.kind, TABLE_GPT);
    assert_int_equal(table.count, 2);
    check_extent(0, 1, 40, 100);
    check_extent(1, 5, 200, 1);
    assert_int_equal(table.backup, backup);
    assert_null(table.damage);
}

static void a_gpt_is_read(void **state)
{
    (void)state;
    make_gpt();
    check_gpt(false);
}

static void blocks_may_have_4096_bytes(void **state)
{
    (void)state;
    image_gpt_entry(image, SIZE, 4096, 0, 10, 19);
    image_gpt_headers(image, SIZE, 4096);
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.count, 1);
    check_extent(0, 1, 80, 80);
}

static void the_backup_serves_when_the_first_header_is_damaged(void **state)
{
    (void)state;
    make_gpt();
    image[SECTOR + 40] ^= 1;
    check_gpt(true);
}

static void the_backup_serves_when_the_first_entries_are_damaged(void **state)
{
    (void)state;
    make_gpt();
    image[2 * SECTOR + 33] ^= 1;
    check_gpt(true);
}

static void the_backup_serves_when_the_first_cannot_be_read(void **state)
{
    (void)state;
    make_gpt();
    broken = SECTOR + 8;
    check_gpt(true);
}

/* What was taken before the error is not taken twice. */
static void the_backup_serves_when_later_entries_cannot_be_read(void **state)
{
    (void)state;
    make_gpt();
    image_gpt_entry(image, SIZE, SECTOR, 40, 201, 200); /* not used: it ends before it begins */
    image_gpt_headers(image, SIZE, SECTOR);
    broken = 2 * SECTOR + 8192;
    check_gpt(true);
    assert_int_equal(table.skipped, 1);
}

static void a_gpt_with_both_copies_damaged_gives_nothing(void **state)
{
    (void)state;
    make_gpt();
    image[SECTOR] ^= 1;
    image[SIZE - SECTOR] ^= 1;
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.count, 0);
    assert_non_null(table.damage);
}

static void a_gpt_needs_its_protective_mbr(void **state)
{
    (void)state;
    make_gpt();
    memset(image, 0, SECTOR);
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.kind, TABLE_NONE);
}

/* Every field of the header, set to extremes, with checksums that are right. */
static void hostile_headers_give_nothing_outside_the_disk(void **state)
{
    (void)state;
    static const struct {
        int offset, bytes;
    } fields[] = {{8, 4}, {12, 4}, {24, 8}, {32, 8}, {40, 8}, {48, 8}, {72, 8}, {80, 4}, {84, 4}};
    static const uint64_t values[] = {0, 1, 127, BLOCKS - 1, BLOCKS, 0x7fffffff, 0xffffffff, ~0ull};
    for (size_t field = 0; field < sizeof(fields) / sizeof(fields[0]); field++) {
        for (size_t value = 0; value < sizeof(values) / sizeof(values[0]); value++) {
            (void)clear(NULL);
            make_gpt();
            memset(image + SIZE - SECTOR, 0, SECTOR);
            image_put(image + SECTOR + fields[field].offset, values[value], fields[field].bytes);
            image_seal(image, SIZE, SECTOR, SECTOR);
            assert_int_equal(table_read(&disk, &table), STATUS_OK);
            for (uint32_t i = 0; i < table.count; i++) {
                assert_true(table.extents[i].length > 0);
                assert_true(table.extents[i].start < SIZE);
                assert_true(table.extents[i].length <= SIZE - table.extents[i].start);
            }
        }
    }
}

static void entries_outside_the_disk_are_skipped(void **state)
{
    (void)state;
    image_gpt_entry(image, SIZE, SECTOR, 0, 40, ~0ull);
    image_gpt_entry(image, SIZE, SECTOR, 1, 1, 50);
    image_gpt_entry(image, SIZE, SECTOR, 2, 60, 50);
    image_gpt_entry(image, SIZE, SECTOR, 3, 60, 60);
    image_gpt_headers(image, SIZE, SECTOR);
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.count, 1);
    check_extent(0, 4, 60, 1);
    assert_int_equal(table.skipped, 3);
}

static void no_more_entries_are_taken_than_there_is_room_for(void **state)
{
    (void)state;
    for (int i = 0; i < 128; i++) {
        image_gpt_entry(image, SIZE, SECTOR, i, 40 + (uint64_t)i, 40 + (uint64_t)i);
    }
    image_gpt_headers(image, SIZE, SECTOR);
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.count, TABLE_PARTITIONS);
    assert_int_equal(table.skipped, 128 - TABLE_PARTITIONS);
}

static void primary_and_logical_partitions_are_read(void **state)
{
    (void)state;
    image_mbr_entry(image, 0, 0x0c, 63, 100);
    image_mbr_entry(image, 2, 0x0f, 400, 1000);
    image_mbr_entry(image, 3, 0x83, 1500, 10);
    image_mbr_entry(image + 400 * SECTOR, 0, 0x83, 1, 20);
    image_mbr_entry(image + 400 * SECTOR, 1, 0x05, 100, 50);
    image_mbr_entry(image + 500 * SECTOR, 0, 0x83, 2, 30);
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.kind, TABLE_MBR);
    assert_int_equal(table.count, 4);
    check_extent(0, 1, 63, 100);
    check_extent(1, 4, 1500, 10);
    check_extent(2, 5, 401, 20);
    check_extent(3, 6, 502, 30);
    assert_null(table.damage);
}

static void a_ring_of_extended_partitions_ends(void **state)
{
    (void)state;
    image_mbr_entry(image, 0, 0x05, 400, 1000);
    image_mbr_entry(image + 400 * SECTOR, 0, 0x83, 1, 20);
    image_mbr_entry(image + 400 * SECTOR, 1, 0x05, 100, 50);
    image_mbr_entry(image + 500 * SECTOR, 0, 0x83, 2, 30);
    image_mbr_entry(image + 500 * SECTOR, 1, 0x05, 100, 50);
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.count, 2);
    assert_non_null(table.damage);
}

static void a_chain_that_leaves_the_disk_ends(void **state)
{
    (void)state;
    image_mbr_entry(image, 0, 0x05, 400, 1000);
    image_mbr_entry(image + 400 * SECTOR, 1, 0x05, 0xffffffffu - 400, 50);
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.count, 0);
    assert_non_null(table.damage);
}

static void primary_partitions_outside_the_disk_are_skipped(void **state)
{
    (void)state;
    image_mbr_entry(image, 0, 0x83, BLOCKS - 1, 1);
    image_mbr_entry(image, 1, 0x83, BLOCKS - 1, 2);
    image_mbr_entry(image, 2, 0x83, BLOCKS, 1);
    image_mbr_entry(image, 3, 0x83, 0xffffffffu, 0xffffffffu);
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.count, 1);
    assert_int_equal(table.skipped, 3);
}

static void other_sectors_are_no_tables(void **state)
{
    (void)state;
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.kind, TABLE_NONE);
    image_mbr_entry(image, 0, 0x83, 40, 10);
    image[446] = 0x41; /* no status */
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.kind, TABLE_NONE);
    image[446] = 0;
    memcpy(image, "\xeb\x3c\x90mkfs.fat\x00\x02\x04\x01\x00\x02\x00\x02\x00\x00\xf8", 22);
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_int_equal(table.kind, TABLE_NONE);
}

static void a_disk_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    make_gpt();
    broken = 1;
    assert_int_equal(table_read(&disk, &table), STATUS_IO_ERROR);
}

static void tiny_disks_have_no_table(void **state)
{
    (void)state;
    make_gpt();
    for (uint64_t size = 0; size < 4 * SECTOR; size += 100) {
        struct table_disk tiny = {.size = size, .read = read_image};
        assert_int_equal(table_read(&tiny, &table), STATUS_OK);
        assert_int_equal(table.count, 0);
    }
}

static bool is_same_now(void)
{
    struct table now;
    assert_int_equal(table_read(&disk, &now), STATUS_OK);
    return table_is_same(&table, &now);
}

static void a_disk_is_told_from_others(void **state)
{
    enum { GUID_IN_HEADER = 56 };
    (void)state;
    make_gpt();
    check_gpt(false);
    assert_true(is_same_now());
    image[SECTOR] ^= 1; /* the second copy is as good */
    assert_true(is_same_now());
    image_gpt_headers(image, SIZE, SECTOR);
    image[SECTOR + GUID_IN_HEADER] ^= 1;
    image_seal(image, SIZE, SECTOR, SECTOR);
    assert_false(is_same_now());
    image_gpt_headers(image, SIZE, SECTOR);
    assert_true(is_same_now());
    image_gpt_entry(image, SIZE, SECTOR, 4, 200, 201);
    image_gpt_headers(image, SIZE, SECTOR);
    assert_false(is_same_now());
}

static void an_mbr_disk_is_told_by_its_signature(void **state)
{
    enum { DISK_SIGNATURE = 440 };
    (void)state;
    image_mbr_entry(image, 0, 0x83, 10, 20);
    assert_int_equal(table_read(&disk, &table), STATUS_OK);
    assert_true(is_same_now());
    image[DISK_SIGNATURE] ^= 1;
    assert_false(is_same_now());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_gpt_is_read, clear),
        cmocka_unit_test_setup(blocks_may_have_4096_bytes, clear),
        cmocka_unit_test_setup(the_backup_serves_when_the_first_header_is_damaged, clear),
        cmocka_unit_test_setup(the_backup_serves_when_the_first_entries_are_damaged, clear),
        cmocka_unit_test_setup(the_backup_serves_when_the_first_cannot_be_read, clear),
        cmocka_unit_test_setup(the_backup_serves_when_later_entries_cannot_be_read, clear),
        cmocka_unit_test_setup(a_gpt_with_both_copies_damaged_gives_nothing, clear),
        cmocka_unit_test_setup(a_gpt_needs_its_protective_mbr, clear),
        cmocka_unit_test_setup(hostile_headers_give_nothing_outside_the_disk, clear),
        cmocka_unit_test_setup(entries_outside_the_disk_are_skipped, clear),
        cmocka_unit_test_setup(no_more_entries_are_taken_than_there_is_room_for, clear),
        cmocka_unit_test_setup(primary_and_logical_partitions_are_read, clear),
        cmocka_unit_test_setup(a_ring_of_extended_partitions_ends, clear),
        cmocka_unit_test_setup(a_chain_that_leaves_the_disk_ends, clear),
        cmocka_unit_test_setup(primary_partitions_outside_the_disk_are_skipped, clear),
        cmocka_unit_test_setup(other_sectors_are_no_tables, clear),
        cmocka_unit_test_setup(a_disk_that_cannot_be_read_is_an_error, clear),
        cmocka_unit_test_setup(a_disk_is_told_from_others, clear),
        cmocka_unit_test_setup(an_mbr_disk_is_told_by_its_signature, clear),
        cmocka_unit_test_setup(tiny_disks_have_no_table, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
