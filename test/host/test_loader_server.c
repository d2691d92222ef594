/*
 * Unit tests of the loader server's pure parts: the boot archive, requests, placement and the start
 * data of a task.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "archive.h"
#include "place.h"
#include "request.h"
#include "start_data.h"

#define MODE_FILE   0100644
#define MODE_FOLDER 0040755
#define HEADER      110

/* A cpio archive under construction. */
static struct {
    uint8_t bytes[4096];
    size_t size;
} image;

static void pad(void)
{
    while (image.size % 4 != 0) {
        image.bytes[image.size++] = 0;
    }
}

static size_t add(const char *name, unsigned mode, const void *data, size_t size)
{
    size_t at = image.size;
    unsigned fields[13] = {
        1, mode, 0, 0, 1, 0, (unsigned)size, 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0};
    memcpy(image.bytes + at, "070701", 6);
    for (int i = 0; i < 13; i++) {
        char digits[9];
        (void)snprintf(digits, sizeof(digits), "%08x", fields[i]);
        memcpy(image.bytes + at + 6 + 8 * (size_t)i, digits, 8);
    }
    strcpy((char *)image.bytes + at + HEADER, name);
    image.size = at + HEADER + strlen(name) + 1;
    pad();
    memcpy(image.bytes + image.size, data, size);
    image.size += size;
    pad();
    return at;
}

static int make_archive(void **state)
{
    (void)state;
    memset(&image, 0, sizeof(image));
    add("boot", MODE_FOLDER, "", 0);
    add("./boot/one", MODE_FILE, "first", 5);
    add("boot/two.o", MODE_FILE, "the second", 10);
    add("TRAILER!!!", 0, "", 0);
    return 0;
}

static struct archive whole(void)
{
    return (struct archive){image.bytes, image.size};
}

static void files_are_found(void **state)
{
    (void)state;
    struct archive archive = whole();
    struct archive_entry entry;
    assert_true(archive_find(&archive, "boot/one", &entry));
    assert_int_equal(entry.size, 5);
    assert_memory_equal(image.bytes + entry.offset, "first", 5);
    assert_true(archive_find(&archive, "boot/two.o", &entry));
    assert_memory_equal(image.bytes + entry.offset, "the second", 10);
    assert_true(archive_find(&archive, "boot", &entry));
    assert_true(archive_is_directory(&entry));
    assert_false(archive_find(&archive, "boot/three", &entry));
    assert_false(archive_find(&archive, "TRAILER!!!", &entry));
}

static void every_cut_of_an_archive_is_safe(void **state)
{
    (void)state;
    for (size_t size = 0; size < image.size; size++) {
        struct archive archive = {image.bytes, size};
        struct archive_entry entry;
        uint64_t cursor = 0;
        while (archive_next(&archive, &cursor, &entry)) {
            assert_true(entry.offset + entry.size <= size);
        }
    }
}

static void malformed_headers_end_the_archive(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        const char *bytes;
    } damages[] = {
        {0, "070702"},    {54, "ffffffff"}, /* file size */
        {94, "ffffffff"},                   /* name size */
        {94, "00000000"}, {54, "0000000g"},
    };
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct archive archive = whole();
        struct archive_entry entry;
        make_archive(NULL);
        memcpy(image.bytes + damages[i].at, damages[i].bytes, strlen(damages[i].bytes));
        uint64_t cursor = 0;
        assert_false(archive_next(&archive, &cursor, &entry));
    }
    make_archive(NULL);
}

/* Requests. */

static struct {
    struct load_request request;
    char rest[512];
} lent;

static uint64_t make_request(const char *texts, uint32_t text_bytes, uint32_t arguments,
                             uint32_t environment, uint32_t handles)
{
    memset(&lent, 0, sizeof(lent));
    lent.request.size = sizeof(lent.request);
    lent.request.text_bytes = text_bytes;
    lent.request.argument_count = arguments;
    lent.request.environment_count = environment;
    lent.request.handle_count = handles;
    memcpy(lent.rest, texts, text_bytes);
    uint64_t at = (sizeof(lent.request) + text_bytes + 7) & ~7ull;
    return at + handles * sizeof(struct start_handle);
}

static void good_requests_are_taken_apart(void **state)
{
    (void)state;
    static const char texts[] = "fifo.o\0fifo\0-v\0HOME=/";
    struct load_start start;
    const char *name;
    uint64_t size = make_request(texts, sizeof(texts), 2, 1, 3);
    assert_true(request_parse(&lent, size, &start, &name));
    assert_string_equal(name, "fifo.o");
    assert_string_equal(start.texts, "fifo");
    assert_int_equal(start.text_bytes, sizeof(texts) - sizeof("fifo.o"));
    assert_ptr_equal((const uint8_t *)(start.handles + 3), (const uint8_t *)&lent + size);
}

static void bad_requests_are_refused(void **state)
{
    (void)state;
    static const char texts[] = "fifo.o\0fifo";
    struct load_start start;
    const char *name;
    uint64_t size = make_request(texts, sizeof(texts), 1, 0, 1);
    assert_true(request_parse(&lent, size, &start, &name));
    assert_false(request_parse(&lent, size - 1, &start, &name));
    assert_false(request_parse(&lent, sizeof(lent.request) - 1, &start, &name));
    make_request(texts, sizeof(texts), 2, 0, 1);
    assert_false(request_parse(&lent, size, &start, &name));
    make_request(texts, sizeof(texts) - 1, 1, 0, 1);
    assert_false(request_parse(&lent, size, &start, &name));
    make_request(texts, sizeof(texts), 1, 0, UINT32_MAX / 1024);
    assert_false(request_parse(&lent, size, &start, &name));
    make_request(texts, sizeof(texts), 1, 0, 1);
    lent.request.handle_count = UINT32_MAX;
    assert_false(request_parse(&lent, size, &start, &name));
    make_request(texts, sizeof(texts), 1, 0, 1);
    lent.request.text_bytes = UINT32_MAX;
    assert_false(request_parse(&lent, size, &start, &name));
    make_request(texts, sizeof(texts), 1, 0, 1);
    lent.request.argument_count = UINT32_MAX;
    lent.request.environment_count = 2; /* 1 + both wraps to 2 in 32 bits */
    assert_false(request_parse(&lent, size, &start, &name));
}

/* Placement. */

static bool overlaps(const struct place_area *a, const struct place_area *b)
{
    return a->address < b->address + b->size && b->address < a->address + a->size;
}

static void places_are_apart_aligned_and_in_reach(void **state)
{
    (void)state;
    static const struct object_constraint constraint = {1 << 20, (uint64_t)1 << 31};
    for (uint64_t seed = 1; seed < 500; seed++) {
        struct place place = {.state = seed};
        const uint64_t sizes[PLACE_AREAS] = {58672, 18560, 0, 65536, 700};
        for (int i = 0; i < PLACE_AREAS; i++) {
            place.area[i].size = sizes[i];
            place.area[i].align = i == 1 ? 65536 : 4096;
        }
        assert_true(place_choose(&place, &constraint));
        for (int i = 0; i < PLACE_AREAS; i++) {
            assert_int_equal(place.area[i].address % place.area[i].align, 0);
            assert_true(place.area[i].address + place.area[i].size <= constraint.limit);
            for (int j = 0; sizes[i] != 0 && j < i; j++) {
                assert_true(sizes[j] == 0 || !overlaps(&place.area[i], &place.area[j]));
            }
        }
    }
}

static void the_page_below_the_stack_stays_free(void **state)
{
    (void)state;
    static const struct object_constraint constraint = {UINT64_MAX, UINT64_MAX};
    for (uint64_t seed = 1; seed < 500; seed++) {
        struct place place = {.state = seed};
        for (int i = 0; i < PLACE_AREAS; i++) {
            place.area[i] = (struct place_area){8192, 4096, 0};
        }
        assert_true(place_choose(&place, &constraint));
        struct place_area guard = {4096, 4096, place.area[PLACE_STACK].address - 4096};
        for (int i = 0; i < PLACE_AREAS; i++) {
            assert_false(overlaps(&guard, &place.area[i]));
        }
    }
}

static void different_seeds_give_different_places(void **state)
{
    (void)state;
    static const struct object_constraint constraint = {UINT64_MAX, UINT64_MAX};
    uint64_t last = 0;
    for (uint64_t seed = 1; seed < 50; seed++) {
        struct place place = {.state = seed};
        place.area[0] = (struct place_area){4096, 4096, 0};
        assert_true(place_choose(&place, &constraint));
        assert_int_not_equal(place.area[0].address, last);
        last = place.area[0].address;
    }
}

static void impossible_places_are_refused(void **state)
{
    (void)state;
    static const struct object_constraint low = {UINT64_MAX, 1 << 20};
    static const struct object_constraint narrow = {4096, UINT64_MAX};
    struct place place = {.state = 1};
    place.area[0] = (struct place_area){4096, 4096, 0};
    place.area[1] = (struct place_area){4096, 4096, 0};
    assert_false(place_choose(&place, &low));
    assert_false(place_choose(&place, &narrow));
}

/* Start data. */

static void start_data_point_at_each_other(void **state)
{
    (void)state;
    static const char texts[] = "fifo.o\0fifo\0-v\0HOME=/";
    static union {
        uint64_t align;
        uint8_t bytes[1024];
    } data;
    const uint64_t address = 0x123456000;
    struct load_start start;
    struct start_layout layout;
    const char *name;
    uint64_t size = make_request(texts, sizeof(texts), 2, 1, 1);
    struct start_handle *handle = (void *)((uint8_t *)&lent + size - sizeof(*handle));
    strcpy(handle->name, "account");
    handle->handle = 77;
    assert_true(request_parse(&lent, size, &start, &name));
    assert_true(start_data_size(&layout, &start) <= sizeof(data));
    const struct start_info *info = start_data_write(&layout, &start, data.bytes, address);
    assert_int_equal(info->argument_count, 2);
    const uint64_t *arguments = (const void *)(data.bytes + (info->arguments - address));
    assert_string_equal((const char *)data.bytes + (arguments[0] - address), "fifo");
    assert_string_equal((const char *)data.bytes + (arguments[1] - address), "-v");
    assert_int_equal(arguments[2], 0);
    const uint64_t *environment = (const void *)(data.bytes + (info->environment - address));
    assert_string_equal((const char *)data.bytes + (environment[0] - address), "HOME=/");
    assert_int_equal(environment[1], 0);
    const struct start_handle *handles = (const void *)(data.bytes + (info->handles - address));
    assert_int_equal(info->handle_count, 1);
    assert_string_equal(handles[0].name, "account");
    assert_int_equal(handles[0].handle, 77);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(files_are_found, make_archive),
        cmocka_unit_test_setup(every_cut_of_an_archive_is_safe, make_archive),
        cmocka_unit_test_setup(malformed_headers_end_the_archive, make_archive),
        cmocka_unit_test(good_requests_are_taken_apart),
        cmocka_unit_test(bad_requests_are_refused),
        cmocka_unit_test(places_are_apart_aligned_and_in_reach),
        cmocka_unit_test(the_page_below_the_stack_stays_free),
        cmocka_unit_test(different_seeds_give_different_places),
        cmocka_unit_test(impossible_places_are_refused),
        cmocka_unit_test(start_data_point_at_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
