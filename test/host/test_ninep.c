/* Unit tests of drivers/fs/virtio-9p: messages, paths and what is open; a hostile host and store.
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

#include "ninep.h"
#include "openings.h"

enum { TAG = 7, ROOM = 256 };

static uint8_t bytes[ROOM];

/* ---- requests ------------------------------------------------------------------------------- */

static void test_request(void **state)
{
    static const uint8_t expected[] = {24, 0, 0, 0, NINEP_WALK, TAG, 0,   1,   2, 0, 0, 4, 3, 0,
                                       0,  2, 0, 3, 0,          'a', 'b', 'c', 0, 0, 0, 0, 0};
    struct ninep_writer writer;
    (void)state;
    ninep_start(&writer, bytes, ROOM, NINEP_WALK, TAG);
    ninep_put_u32(&writer, 0x201);
    ninep_put_u32(&writer, 0x304);
    ninep_put_u16(&writer, 2);
    ninep_put_string(&writer, "abc", 3);
    ninep_put_string(&writer, "", 0);
    assert_int_equal(ninep_finish(&writer, 0), 24);
    assert_int_equal(bytes[0], 24);
    assert_memory_equal(bytes + 1, expected + 1, 23);
    ninep_start(&writer, bytes, ROOM, NINEP_WRITE, TAG);
    ninep_put_u64(&writer, 0x0807060504030201);
    assert_int_equal(ninep_finish(&writer, 0x10000), 15);
    assert_memory_equal(bytes, "\x0f\x00\x01\x00", 4); /* the data counts */
    assert_memory_equal(bytes + NINEP_HEADER, "\1\2\3\4\5\6\7\10", 8);
}

/* What does not fit is not begun, and nothing is written behind the end. */
static void test_request_too_long(void **state)
{
    static char text[UINT16_MAX + 1];
    struct ninep_writer writer;
    (void)state;
    for (uint32_t room = 0; room < 20; room++) {
        memset(bytes, 0x5a, sizeof(bytes));
        ninep_start(&writer, bytes, room, NINEP_LCREATE, TAG);
        ninep_put_string(&writer, "0123456789a", 11);
        assert_int_equal(ninep_finish(&writer, 0), 0);
        assert_int_equal(bytes[room], 0x5a);
    }
    ninep_start(&writer, bytes, 20, NINEP_LCREATE, TAG);
    ninep_put_string(&writer, "0123456789a", 11);
    assert_int_equal(ninep_finish(&writer, 0), 20);
    ninep_start(&writer, bytes, ROOM, NINEP_LCREATE, TAG);
    ninep_put_string(&writer, text, sizeof(text));
    assert_int_equal(ninep_finish(&writer, 0), 0);
}

/* ---- replies -------------------------------------------------------------------------------- */

static uint32_t reply(uint32_t size, uint8_t type, uint16_t tag, const void *body, size_t length)
{
    const uint8_t header[] = {
        (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16), (uint8_t)(size >> 24),
        type,          (uint8_t)tag,         (uint8_t)(tag >> 8)};
    memcpy(bytes, header, sizeof(header));
    memcpy(bytes + sizeof(header), body, length);
    return (uint32_t)(sizeof(header) + length);
}

static status_t open_reply(struct ninep_reader *reader, uint32_t length)
{
    return ninep_open_reply(reader, bytes, length, length, NINEP_WALK, TAG);
}

static void test_reply_header(void **state)
{
    struct ninep_reader reader;
    (void)state;
    uint32_t length = reply(11, NINEP_WALK + 1, TAG, "body", 4);
    assert_int_equal(open_reply(&reader, length), STATUS_OK);
    assert_int_equal(ninep_get_u32(&reader), 'b' | 'o' << 8 | 'd' << 16 | 'y' << 24);
    assert_int_equal(ninep_get_u8(&reader), 0);
    assert_true(reader.failed);
    for (uint32_t shorter = 0; shorter < length; shorter++) {
        assert_int_equal(open_reply(&reader, shorter), STATUS_BAD_FORMAT);
    }
    (void)reply(12, NINEP_WALK + 1, TAG, "body", 4); /* longer than what came */
    assert_int_equal(open_reply(&reader, length), STATUS_BAD_FORMAT);
    (void)reply(UINT32_MAX, NINEP_WALK + 1, TAG, "body", 4);
    assert_int_equal(open_reply(&reader, length), STATUS_BAD_FORMAT);
    (void)reply(6, NINEP_WALK + 1, TAG, "body", 4);
    assert_int_equal(open_reply(&reader, length), STATUS_BAD_FORMAT);
    (void)reply(11, NINEP_WALK + 1, TAG + 1, "body", 4);
    assert_int_equal(open_reply(&reader, length), STATUS_BAD_FORMAT);
    (void)reply(11, NINEP_READ + 1, TAG, "body", 4);
    assert_int_equal(open_reply(&reader, length), STATUS_BAD_FORMAT);
    (void)reply(11, NINEP_WALK, TAG, "body", 4);
    assert_int_equal(open_reply(&reader, length), STATUS_BAD_FORMAT);
    (void)reply(9, NINEP_WALK + 1, TAG, "body", 4); /* what lies behind it is not read */
    assert_int_equal(open_reply(&reader, length), STATUS_OK);
    assert_int_equal(ninep_get_u16(&reader), 'b' | 'o' << 8);
    (void)ninep_get_u8(&reader);
    assert_true(reader.failed);
}

static void test_errors(void **state)
{
    struct ninep_reader reader;
    (void)state;
    uint32_t length = reply(11, NINEP_LERROR + 1, TAG, "\2\0\0\0", 4);
    assert_int_equal(open_reply(&reader, length), STATUS_NOT_FOUND);
    (void)reply(11, NINEP_LERROR + 1, TAG, "\xff\xff\xff\xff", 4);
    assert_int_equal(open_reply(&reader, length), STATUS_IO_ERROR);
    (void)reply(11, NINEP_LERROR + 1, TAG, "\0\0\0\0", 4); /* an error that is none */
    assert_int_equal(open_reply(&reader, length), STATUS_BAD_FORMAT);
    (void)reply(10, NINEP_LERROR + 1, TAG, "\2\0\0\0", 4);
    assert_int_equal(open_reply(&reader, length), STATUS_BAD_FORMAT);
    assert_int_equal(ninep_status(39), STATUS_NOT_EMPTY);
    assert_int_equal(ninep_status(40), STATUS_NOT_FOUND);
}

static void test_walk(void **state)
{
    static const uint8_t two[2 + 2 * 13] = {2, 0, QID_DIRECTORY,   0,          0, 0,
                                            0, 9, [15] = QID_LINK, [20] = 0x42};
    struct ninep_reader reader;
    struct ninep_qid last;
    uint32_t count;
    (void)state;
    uint32_t length = reply(NINEP_HEADER + sizeof(two), NINEP_WALK + 1, TAG, two, sizeof(two));
    assert_int_equal(open_reply(&reader, length), STATUS_OK);
    assert_true(ninep_get_walk(&reader, 2, &count, &last));
    assert_int_equal(count, 2);
    assert_int_equal(last.type, QID_LINK);
    assert_int_equal(last.path, 0x42);
    assert_int_equal(open_reply(&reader, length), STATUS_OK);
    assert_false(ninep_get_walk(&reader, 1, &count, &last)); /* more than was asked for */
    (void)reply(length - 1, NINEP_WALK + 1, TAG, two, sizeof(two));
    assert_int_equal(open_reply(&reader, length), STATUS_OK);
    assert_false(ninep_get_walk(&reader, 2, &count, &last));
    length = reply(9, NINEP_WALK + 1, TAG, "\0\0", 2);
    assert_int_equal(open_reply(&reader, length), STATUS_OK);
    assert_true(ninep_get_walk(&reader, 3, &count, &last));
    assert_int_equal(count, 0);
    length = reply(9, NINEP_WALK + 1, TAG, "\xff\xff", 2);
    assert_int_equal(open_reply(&reader, length), STATUS_OK);
    assert_false(ninep_get_walk(&reader, UINT16_MAX, &count, &last));
}

static bool version(const char *text, uint16_t length, uint32_t *size)
{
    uint8_t body[64] = {0, 0x20, 0, 0, (uint8_t)length, (uint8_t)(length >> 8)};
    struct ninep_reader reader = {.bytes = body, .length = 6 + (uint32_t)strlen(text)};
    memcpy(body + 6, text, strlen(text));
    return ninep_get_version(&reader, size);
}

static void test_version(void **state)
{
    uint32_t size = 0;
    (void)state;
    assert_true(version("9P2000.L", 8, &size));
    assert_int_equal(size, 8192);
    assert_false(version("9P2000.u", 8, &size));
    assert_false(version("9P2000", 6, &size));
    assert_false(version("unknown", 7, &size));
    assert_false(version("9P2000.L", 9, &size));
    assert_false(version("9P2000.L", UINT16_MAX, &size));
}

static void test_attributes_and_space(void **state)
{
    uint8_t body[153];
    struct ninep_attributes attributes;
    struct ninep_space space;
    struct ninep_reader reader;
    (void)state;
    for (size_t i = 0; i < sizeof(body); i++) {
        body[i] = (uint8_t)i;
    }
    reader = (struct ninep_reader){.bytes = body, .length = sizeof(body)};
    assert_true(ninep_get_attributes(&reader, &attributes));
    assert_int_equal(attributes.qid.type, 8);
    assert_int_equal(attributes.qid.path, 0x14131211100f0e0d);
    assert_int_equal(attributes.mode, 0x18171615);
    assert_int_equal(attributes.size, 0x3837363534333231);
    assert_int_equal(attributes.seconds, 0x605f5e5d5c5b5a59);
    for (uint32_t length = 0; length < 105; length++) {
        reader = (struct ninep_reader){.bytes = body, .length = length};
        assert_false(ninep_get_attributes(&reader, &attributes));
    }
    memset(body, 0xff, sizeof(body)); /* sums that do not fit are the most there can be */
    reader = (struct ninep_reader){.bytes = body, .length = sizeof(body)};
    assert_true(ninep_get_space(&reader, &space));
    assert_true(space.total == UINT64_MAX && space.free == UINT64_MAX);
    reader = (struct ninep_reader){.bytes = body, .length = 31};
    assert_false(ninep_get_space(&reader, &space));
}

static size_t put_entry(uint8_t *to, uint64_t next, const char *name, size_t length)
{
    memset(to, 0, 13 + 8 + 1);
    memcpy(to + 13, &next, sizeof(next));
    to[21] = ENTRY_REGULAR;
    to[22] = (uint8_t)length;
    to[23] = (uint8_t)(length >> 8);
    memcpy(to + 24, name, length);
    return 24 + length;
}

static void test_entries(void **state)
{
    static uint8_t block[4096];
    static char longest[256];
    struct ninep_entry entry;
    size_t length = 0;
    (void)state;
    memset(longest, 'n', sizeof(longest));
    length += put_entry(block + length, 1, ".", 1);
    length += put_entry(block + length, 2, "..", 2);
    length += put_entry(block + length, 3, "", 0);
    length += put_entry(block + length, 4, "a/b", 3);
    length += put_entry(block + length, 5, "a\0b", 3);
    length += put_entry(block + length, 6, longest, 256);
    length += put_entry(block + length, 7, "...", 3);
    length += put_entry(block + length, 8, longest, 255);
    length += put_entry(block + length, 9, "..", 2);
    struct ninep_reader reader = {.bytes = block, .length = (uint32_t)length};
    assert_true(ninep_get_entry(&reader, &entry));
    assert_int_equal(entry.next, 7);
    assert_memory_equal(entry.name, "...", 3);
    assert_true(ninep_get_entry(&reader, &entry));
    assert_int_equal(entry.length, 255);
    assert_false(ninep_get_entry(&reader, &entry));
    assert_int_equal(entry.next, 9); /* where the next block begins */
    assert_false(reader.failed);
    for (uint32_t shorter = (uint32_t)length - 25; shorter < length; shorter++) {
        reader = (struct ninep_reader){.bytes = block, .length = shorter};
        while (ninep_get_entry(&reader, &entry)) {
        }
        assert_true(reader.failed);
    }
}

/* ---- paths ---------------------------------------------------------------------------------- */

static void test_paths(void **state)
{
    static const char *const good[] = {"", "a", "a/b", "...", ".a", "a.", "..a/b.."};
    static const char *const bad[] = {"/",   "/a",   "a/",   "a//b", ".",     "..",
                                      "a/.", "a/..", "../a", "./a",  "a/./b", "a/../b"};
    char part[257];
    struct path path;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(path_is_good(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(path_is_good(bad[i], strlen(bad[i])));
    }
    memset(part, 'p', sizeof(part));
    assert_true(path_is_good(part, 255));
    assert_false(path_is_good(part, 256));
    assert_false(path_is_good("a\0b", 3));
    assert_true(path_join(&path, "", 0, "", 0) && path.length == 0);
    assert_true(path_join(&path, "a/b", 3, "", 0) && path.length == 3);
    assert_true(path_join(&path, "", 0, "c", 1) && path.length == 1);
    assert_true(path_join(&path, "a/b", 3, "c", 1));
    assert_memory_equal(path.bytes, "a/b/c", 5);
    assert_int_equal(path_last("a/b/c", 5), 4);
    assert_int_equal(path_parent("a/b/c", 5), 3);
    assert_int_equal(path_last("a", 1), 0);
    assert_int_equal(path_parent("a", 1), 0);
    assert_true(path_is_within("a/b", 3, "a", 1) && path_is_within("a", 1, "a", 1));
    assert_true(path_is_within("a", 1, "", 0));
    assert_false(path_is_within("ab", 2, "a", 1) || path_is_within("a", 1, "a/b", 3));
}

static void test_path_length(void **state)
{
    static char text[PATH_BYTES + 1];
    struct path path;
    (void)state;
    memset(text, 't', sizeof(text));
    assert_true(path_join(&path, "", 0, text, PATH_BYTES));
    assert_false(path_join(&path, "", 0, text, PATH_BYTES + 1));
    assert_true(path_join(&path, "d", 1, text, PATH_BYTES - 2));
    assert_false(path_join(&path, "d", 1, text, PATH_BYTES - 1));
    assert_false(path_join(&path, text, SIZE_MAX, text, SIZE_MAX));
}

/* ---- openings ------------------------------------------------------------------------------- */

static struct openings_saved saved;
static struct openings openings;

static struct opening *add(const char *path)
{
    struct opening *opening = openings_take(&openings);
    assert_non_null(opening);
    assert_true(path_join(&opening->path, "", 0, path, strlen(path)));
    opening->flags = FILE_READ;
    opening->kind = OPENING_FILE;
    return opening;
}

static struct path path_of(const char *text)
{
    struct path path;
    assert_true(path_join(&path, "", 0, text, strlen(text)));
    return path;
}

static int begin(void **state)
{
    (void)state;
    memset(&saved, 0xa5, sizeof(saved));
    assert_int_equal(openings_init(&openings, &saved), 0);
    return 0;
}

static void test_badges(void **state)
{
    (void)state;
    struct opening *first = add("a");
    struct opening *second = add("b");
    uint64_t badge = openings_badge(&openings, first);
    assert_true(badge >> 32 != 0 && badge != openings_badge(&openings, second));
    assert_ptr_equal(openings_find(&openings, badge), first);
    assert_null(openings_find(&openings, 0));
    assert_null(openings_find(&openings, badge + 1));
    assert_null(openings_find(&openings, (uint64_t)(OPENINGS + 1) << 32 | 1));
    first->kind = OPENING_NONE;
    assert_null(openings_find(&openings, badge));
    openings.reserved[0] = true;
    struct opening *third = add("c");
    assert_ptr_not_equal(third, first); /* the host still has the fid of that place */
    openings.reserved[0] = false;
    assert_ptr_equal(add("d"), first);
    assert_null(openings_find(&openings, badge)); /* an old badge is not of the new opening */
    for (int i = 3; i < OPENINGS; i++) {
        (void)add("x");
    }
    assert_null(openings_take(&openings));
}

static void test_goes_on(void **state)
{
    (void)state;
    struct opening *kept = add("kept/file");
    uint64_t badge = openings_badge(&openings, kept);
    struct opening *spoilt[] = {add("one"), add("two"), add("three"), add("four"), add("five")};
    spoilt[0]->path.length = PATH_BYTES + 1;
    spoilt[1]->path.length = SIZE_MAX;
    memcpy(spoilt[2]->path.bytes, "../up", 5);
    spoilt[3]->kind = OPENING_DIRECTORY + 1;
    spoilt[4]->flags = UINT32_MAX;
    assert_int_equal(openings_init(&openings, &saved), 1);
    assert_ptr_equal(openings_find(&openings, badge), kept);
    saved.magic++;
    assert_int_equal(openings_init(&openings, &saved), 0);
    assert_null(openings_find(&openings, badge));
}

static void test_renames(void **state)
{
    static char text[PATH_BYTES + 1];
    (void)state;
    struct opening *inside = add("dir/sub/file");
    struct opening *itself = add("dir");
    struct opening *beside = add("directory/file");
    struct path from = path_of("dir");
    struct path to = path_of("new/place");
    assert_true(openings_have(&openings, &from));
    assert_true(openings_can_move(&openings, &from, &to));
    openings_move(&openings, &from, &to);
    assert_memory_equal(inside->path.bytes, "new/place/sub/file", 18);
    assert_int_equal(inside->path.length, 18);
    assert_memory_equal(itself->path.bytes, "new/place", 9);
    assert_int_equal(itself->path.length, 9);
    assert_memory_equal(beside->path.bytes, "directory/file", 14);
    assert_true(openings_have(&openings, &to) && !openings_have(&openings, &from));
    memset(text, 'n', PATH_BYTES - 9); /* with `/sub/file` one byte too many */
    struct path far = path_of(text);
    assert_true(openings_can_move(&openings, &from, &far));
    assert_true(far.length == PATH_BYTES - 9 && openings_can_move(&openings, &to, &far));
    text[PATH_BYTES - 9] = 'n';
    far = path_of(text);
    assert_false(openings_can_move(&openings, &to, &far));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_request_too_long),
        cmocka_unit_test(test_reply_header),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_attributes_and_space),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_path_length),
        cmocka_unit_test_setup(test_badges, begin),
        cmocka_unit_test_setup(test_goes_on, begin),
        cmocka_unit_test_setup(test_renames, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
