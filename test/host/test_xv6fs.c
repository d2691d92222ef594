/*
 * xv6's file system: what each operation does, judged by a check of its own (xv6_image.c); what is
 * left when the server dies or the power goes at any sector; devices that fail; hostile images. The
 * reason for its length: every test runs on the same image.
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

#include "log.h"
#include "xv6_image.h"

enum { BLOCKS = 700, INODES = 64, LOG = 30, PATH_SIZE = 64, LARGE = 90000 };

static struct image image;

static uint8_t *pattern(void)
{
    static uint8_t bytes[XV6FS_FILE_BYTES];
    unsigned seed = 1;
    for (size_t i = 0; i < sizeof(bytes) && bytes[0] == 0; i++) {
        bytes[i] = (uint8_t)(rand_r(&seed) | 1);
    }
    return bytes;
}

static void begin(uint32_t blocks, uint32_t inodes)
{
    image_make(&image, blocks, inodes, LOG);
    assert_null(image_check(&image, false, NULL));
    assert_int_equal(image_mount(&image), STATUS_OK);
}

static void check_sound(void)
{
    const char *wrong = image_check(&image, false, NULL);
    if (wrong != NULL) {
        fail_msg("%s", wrong);
    }
}

static void end(void)
{
    check_sound();
    image_close(&image);
}

/* ---- short cuts ----------------------------------------------------------------------------- */

static status_t put(const char *path, uint64_t length)
{
    return image_write_at(&image, path, 0, pattern(), length);
}

static status_t make_directory(const char *path)
{
    return xv6fs_make_directory(&image.fs, XV6FS_ROOT, image_path(path));
}

static status_t unlink_file(const char *path)
{
    return xv6fs_remove(&image.fs, XV6FS_ROOT, image_path(path), false);
}

static status_t remove_directory(const char *path)
{
    return xv6fs_remove(&image.fs, XV6FS_ROOT, image_path(path), true);
}

static status_t move(const char *from, const char *to)
{
    return xv6fs_rename(&image.fs, XV6FS_ROOT, image_path(from), image_path(to));
}

static status_t link_file(const char *from, const char *to)
{
    return xv6fs_link(&image.fs, XV6FS_ROOT, image_path(from), image_path(to));
}

static status_t make_device(const char *path, uint32_t device)
{
    return xv6fs_make_device(&image.fs, XV6FS_ROOT, image_path(path), device);
}

static status_t look(const char *path, struct inode *inode)
{
    return xv6fs_open(&image.fs, XV6FS_ROOT, image_path(path), 0, inode);
}

static status_t resize(const char *path, uint64_t size)
{
    struct inode inode;
    status_t status = look(path, &inode);
    return status == STATUS_OK ? xv6fs_resize(&image.fs, &inode, size) : status;
}

static void check_bytes(const char *path, uint64_t offset, const void *expected, uint64_t length)
{
    uint64_t count = 0;
    uint8_t *bytes = malloc(length + 1);
    uint32_t number = image_number(&image, path);
    assert_int_not_equal(number, 0);
    assert_int_equal(image_read_inode(&image, number, offset, bytes, length, &count), STATUS_OK);
    assert_int_equal(count, length);
    assert_memory_equal(bytes, expected, length);
    free(bytes);
}

static uint32_t links(const char *path)
{
    struct inode inode;
    assert_int_equal(look(path, &inode), STATUS_OK);
    return inode.links;
}

static uint64_t free_bytes(void)
{
    uint64_t total;
    uint64_t room;
    assert_int_equal(xv6fs_space(&image.fs, &total, &room), STATUS_OK);
    return room;
}

/* As space would be counted anew. */
static uint64_t counted_free_bytes(void)
{
    image.fs.free_blocks = XV6FS_UNKNOWN;
    return free_bytes();
}

/* ---- contents ------------------------------------------------------------------------------- */

static void a_file_of_the_largest_size_is_read_as_it_was_written(void **state)
{
    (void)state;
    begin(BLOCKS, INODES);
    assert_int_equal(put("big", XV6FS_FILE_BYTES), STATUS_OK);
    assert_int_equal(image_mount(&image), STATUS_OK);
    check_bytes("big", 0, pattern(), XV6FS_FILE_BYTES);
    check_bytes("big", 12 * 1024 - 7, pattern() + 12 * 1024 - 7, 5000);
    assert_int_equal(image_write_at(&image, "big", XV6FS_FILE_BYTES, "x", 1), STATUS_FULL);
    assert_int_equal(image_write_at(&image, "big", UINT64_MAX, "x", 1), STATUS_FULL);
    assert_int_equal(resize("big", XV6FS_FILE_BYTES + 1ull), STATUS_FULL);
    end();
}

static void a_write_in_the_middle_changes_nothing_else(void **state)
{
    (void)state;
    begin(BLOCKS, INODES);
    assert_int_equal(put("f", LARGE), STATUS_OK);
    uint64_t room = free_bytes();
    uint8_t *bytes = malloc(LARGE);
    memcpy(bytes, pattern(), LARGE);
    memset(bytes + 20000, 0xa5, 33333);
    assert_int_equal(image_write_at(&image, "f", 20000, bytes + 20000, 33333), STATUS_OK);
    check_bytes("f", 0, bytes, LARGE);
    assert_int_equal(free_bytes(), room);
    assert_int_equal(counted_free_bytes(), room);
    free(bytes);
    end();
}

static void gaps_and_growth_are_zeros(void **state)
{
    (void)state;
    static const uint8_t zeros[40000];
    begin(BLOCKS, INODES);
    assert_int_equal(put("f", 3000), STATUS_OK);
    assert_int_equal(resize("f", 100), STATUS_OK);
    assert_int_equal(resize("f", 2500), STATUS_OK);
    check_bytes("f", 0, pattern(), 100);
    check_bytes("f", 100, zeros, 2400);
    assert_int_equal(image_write_at(&image, "f", 40000, "end", 3), STATUS_OK);
    check_bytes("f", 100, zeros, 39900);
    check_bytes("f", 40000, "end", 3);
    end();
}

static void shrinking_gives_blocks_back(void **state)
{
    (void)state;
    begin(BLOCKS, INODES);
    assert_int_equal(put("f", 1), STATUS_OK);
    uint64_t room = free_bytes();
    assert_int_equal(image_write_at(&image, "f", 0, pattern(), LARGE), STATUS_OK);
    assert_int_equal(resize("f", 13 * 1024), STATUS_OK);
    assert_int_equal(free_bytes(), room - 13 * 1024); /* one is of addresses */
    assert_int_equal(resize("f", 12 * 1024), STATUS_OK);
    assert_int_equal(free_bytes(), room - 11 * 1024);
    check_sound();
    assert_int_equal(resize("f", 0), STATUS_OK);
    assert_int_equal(free_bytes(), room + 1024);
    assert_int_equal(counted_free_bytes(), room + 1024);
    end();
}

static void a_full_device_refuses_and_stays_sound(void **state)
{
    (void)state;
    uint32_t sizes[] = {60, 80, 330};
    for (unsigned i = 0; i < 3; i++) {
        struct inode inode;
        begin(sizes[i], 16);
        uint64_t room = free_bytes();
        assert_int_equal(put("small", 500), STATUS_OK);
        assert_int_equal(put("all", XV6FS_FILE_BYTES), i < 2 ? STATUS_FULL : STATUS_OK);
        if (i < 2) {
            assert_int_equal(free_bytes(), 0);
            assert_int_equal(put("more", 1), STATUS_FULL);
            assert_int_equal(resize("small", 5000), STATUS_FULL);
            assert_int_equal(make_directory("dir"), STATUS_FULL);
        }
        check_sound();
        assert_int_equal(look("all", &inode), STATUS_OK);
        check_bytes("all", 0, pattern(), inode.size);
        check_bytes("small", 0, pattern(), 500);
        assert_int_equal(unlink_file("all"), STATUS_OK);
        assert_int_equal(unlink_file("small"), STATUS_OK);
        assert_int_equal(free_bytes(), room);
        end();
    }
}

static void growth_that_fails_leaves_the_file_as_it_was(void **state)
{
    (void)state;
    struct inode inode;
    begin(100, 16);
    assert_int_equal(put("f", 500), STATUS_OK);
    uint64_t room = free_bytes();
    assert_int_equal(resize("f", 200 * 1024), STATUS_FULL);
    assert_int_equal(free_bytes(), room);
    assert_int_equal(look("f", &inode), STATUS_OK);
    assert_int_equal(inode.size, 500);
    end();
}

/* ---- names ---------------------------------------------------------------------------------- */

static void opening_keeps_to_its_flags(void **state)
{
    (void)state;
    struct inode inode;
    static const struct {
        const char *path;
        uint32_t flags;
        status_t status;
    } cases[] = {
        {"f", FILE_READ, STATUS_OK},
        {"f", FILE_CREATE | FILE_EXCLUSIVE, STATUS_EXISTS},
        {"f", FILE_CREATE, STATUS_OK},
        {"f", FILE_DIRECTORY, STATUS_NOT_DIRECTORY},
        {"f/x", FILE_READ, STATUS_NOT_DIRECTORY},
        {"d", FILE_READ | FILE_DIRECTORY, STATUS_OK},
        {"d", FILE_WRITE, STATUS_IS_DIRECTORY},
        {"d", FILE_TRUNCATE, STATUS_IS_DIRECTORY},
        {"", FILE_DIRECTORY, STATUS_OK},
        {"none", FILE_READ, STATUS_NOT_FOUND},
        {"none/f", FILE_CREATE, STATUS_NOT_FOUND},
        {".", FILE_READ, STATUS_NOT_FOUND},
        {"d/..", FILE_READ, STATUS_NOT_FOUND},
        {"d//f", FILE_READ, STATUS_NOT_FOUND},
        {"fifteen-letters", FILE_READ, STATUS_NOT_FOUND},
        {"fifteen-letters", FILE_CREATE, STATUS_BAD_ARGUMENT},
        {"..", FILE_CREATE, STATUS_BAD_ARGUMENT},
        {"d/", FILE_CREATE, STATUS_BAD_ARGUMENT},
        {"fourteen-chars", FILE_CREATE | FILE_EXCLUSIVE, STATUS_OK},
        {"fourteen-chars", FILE_READ, STATUS_OK},
        {"fourteen-char", FILE_READ, STATUS_NOT_FOUND},
    };
    begin(BLOCKS, INODES);
    assert_int_equal(put("f", 5), STATUS_OK);
    assert_int_equal(make_directory("d"), STATUS_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        status_t status =
            xv6fs_open(&image.fs, XV6FS_ROOT, image_path(cases[i].path), cases[i].flags, &inode);
        if (status != cases[i].status) {
            fail_msg("%s, %x: %u", cases[i].path, (unsigned)cases[i].flags, (unsigned)status);
        }
    }
    assert_int_equal(make_directory("fifteen-letters"), STATUS_BAD_ARGUMENT);
    assert_int_equal(move("f", "fifteen-letters"), STATUS_BAD_ARGUMENT);
    assert_int_equal(link_file("f", "a.name.that.is.long"), STATUS_BAD_ARGUMENT);
    end();
}

static void a_directory_grows_and_finds_its_names(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    uint64_t position = 0;
    unsigned found = 0;
    struct inode inode;
    struct entry_name name;
    begin(2000, 1200);
    assert_int_equal(make_directory("d"), STATUS_OK);
    for (unsigned i = 0; i < 1100; i++) {
        (void)snprintf(path, sizeof(path), "d/%u", i);
        assert_int_equal(put(path, 0), STATUS_OK);
    }
    check_sound();
    for (unsigned i = 0; i < 1100; i += 2) {
        (void)snprintf(path, sizeof(path), "d/%u", i);
        assert_int_equal(unlink_file(path), STATUS_OK);
        assert_int_equal(image_number(&image, path), 0);
    }
    uint32_t directory = image_number(&image, "d");
    while (xv6fs_list(&image.fs, directory, &position, &inode, &name) == STATUS_OK) {
        assert_int_equal(inode.type, XV6FS_FILE);
        assert_int_equal(atoi((const char *)name.text) % 2, 1);
        found++;
    }
    assert_int_equal(found, 550);
    assert_int_equal(remove_directory("d"), STATUS_NOT_EMPTY);
    assert_int_equal(move("d/1", "d/0"), STATUS_OK);
    assert_int_equal(image_number(&image, "d/1"), 0);
    assert_int_not_equal(image_number(&image, "d/0"), 0);
    end();
}

static void inodes_run_out(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    begin(BLOCKS, 20);
    for (unsigned i = 2; i < 20; i++) {
        (void)snprintf(path, sizeof(path), "%u", i);
        assert_int_equal(put(path, 10), STATUS_OK);
    }
    assert_int_equal(put("more", 1), STATUS_FULL);
    assert_int_equal(unlink_file("7"), STATUS_OK);
    assert_int_equal(put("more", 1), STATUS_OK);
    assert_int_equal(image_number(&image, "more"), 7);
    end();
}

static void renaming_replaces_and_counts_links(void **state)
{
    (void)state;
    begin(BLOCKS, INODES);
    assert_int_equal(make_directory("a"), STATUS_OK);
    assert_int_equal(make_directory("a/b"), STATUS_OK);
    assert_int_equal(make_directory("c"), STATUS_OK);
    assert_int_equal(put("a/f", 2000), STATUS_OK);
    assert_int_equal(put("g", LARGE), STATUS_OK);
    uint64_t room = free_bytes();
    assert_int_equal(move("a/f", "g"), STATUS_OK);
    assert_true(free_bytes() > room + 80000);
    check_bytes("g", 0, pattern(), 2000);
    assert_int_equal(move("a", "a/b/x"), STATUS_BAD_ARGUMENT);
    assert_int_equal(move("a", "a/x"), STATUS_BAD_ARGUMENT);
    assert_int_equal(move("a", "g"), STATUS_NOT_DIRECTORY);
    assert_int_equal(move("g", "a"), STATUS_IS_DIRECTORY);
    assert_int_equal(move("c", "a"), STATUS_NOT_EMPTY);
    assert_int_equal(move("a/b", "a"), STATUS_NOT_EMPTY);
    assert_int_equal(move("none", "x"), STATUS_NOT_FOUND);
    assert_int_equal(links("a"), 2);
    assert_int_equal(move("a/b", "c/b"), STATUS_OK);
    check_sound();
    assert_int_equal(move("c/b", "a"), STATUS_OK);
    check_sound();
    assert_int_equal(links("a"), 1);
    assert_int_equal(move("a", "a"), STATUS_OK);
    assert_int_equal(move("a", "c"), STATUS_OK);
    assert_int_equal(image_number(&image, "a"), 0);
    assert_int_equal(remove_directory("c"), STATUS_OK);
    end();
}

static void a_second_name_is_the_same_file(void **state)
{
    (void)state;
    struct inode inode;
    begin(BLOCKS, INODES);
    assert_int_equal(make_directory("d"), STATUS_OK);
    assert_int_equal(put("f", 100), STATUS_OK);
    assert_int_equal(link_file("f", "d/g"), STATUS_OK);
    assert_int_equal(links("f"), 2);
    assert_int_equal(image_number(&image, "f"), image_number(&image, "d/g"));
    assert_int_equal(link_file("f", "d/g"), STATUS_EXISTS);
    assert_int_equal(link_file("d", "e"), STATUS_IS_DIRECTORY);
    assert_int_equal(link_file("none", "e"), STATUS_NOT_FOUND);
    assert_int_equal(move("f", "d/g"), STATUS_OK); /* both stay */
    assert_int_equal(links("f"), 2);
    check_sound();
    assert_int_equal(unlink_file("f"), STATUS_OK);
    check_bytes("d/g", 0, pattern(), 100);
    assert_int_equal(links("d/g"), 1);
    assert_int_equal(make_device("console", 1u << 16 | 7), STATUS_OK);
    assert_int_equal(look("console", &inode), STATUS_OK);
    assert_int_equal(inode.type, XV6FS_DEVICE);
    assert_int_equal(inode.device, 1u << 16 | 7);
    assert_int_equal(make_device("console", 1), STATUS_EXISTS);
    assert_int_equal(link_file("console", "d/console"), STATUS_OK);
    assert_int_equal(unlink_file("console"), STATUS_OK);
    end();
}

static void links_are_counted_up_to_a_limit(void **state)
{
    (void)state;
    begin(BLOCKS, INODES);
    assert_int_equal(put("f", 1), STATUS_OK);
    log_begin(&image.fs);
    status_t status = inode_add_links(&image.fs, image_number(&image, "f"), 32766);
    assert_int_equal(log_end(&image.fs, status), STATUS_OK);
    assert_int_equal(link_file("f", "g"), STATUS_FULL);
    assert_int_equal(image_number(&image, "g"), 0);
    assert_int_equal(unlink_file("f"), STATUS_OK);
    image_close(&image);
}

/* ---- what is open --------------------------------------------------------------------------- */

static void an_open_file_outlives_its_name(void **state)
{
    (void)state;
    uint8_t bytes[2000];
    uint64_t count;
    begin(BLOCKS, INODES);
    uint64_t room = free_bytes();
    assert_int_equal(put("f", 2000), STATUS_OK);
    uint32_t number = image_number(&image, "f");
    uint64_t first = image_open_file(&image, "f", FILE_READ);
    uint64_t second = image_open_file(&image, "f", FILE_WRITE);
    assert_int_equal(unlink_file("f"), STATUS_OK);
    assert_int_equal(put("other", 1), STATUS_OK);
    assert_int_not_equal(image_number(&image, "other"), number);
    assert_null(image_check(&image, true, NULL));
    image_close_file(&image, first);
    assert_int_equal(image_mount(&image), STATUS_OK); /* a crash: the second is open still */
    assert_int_equal(image_read_inode(&image, number, 0, bytes, 2000, &count), STATUS_OK);
    assert_memory_equal(bytes, pattern(), 2000);
    image_close_file(&image, second);
    assert_int_equal(unlink_file("other"), STATUS_OK);
    assert_int_equal(free_bytes(), room);
    end();
}

static void what_has_no_name_is_freed_when_nobody_has_it_open(void **state)
{
    (void)state;
    begin(BLOCKS, INODES);
    uint64_t room = free_bytes();
    assert_int_equal(put("f", LARGE), STATUS_OK);
    assert_int_equal(make_directory("d"), STATUS_OK);
    assert_int_not_equal(image_open_file(&image, "f", FILE_READ), 0);
    assert_int_not_equal(image_open_file(&image, "d", FILE_READ), 0);
    uint32_t directory = image_number(&image, "d");
    assert_int_equal(unlink_file("f"), STATUS_OK);
    assert_int_equal(remove_directory("d"), STATUS_OK);
    assert_int_equal(xv6fs_make_directory(&image.fs, directory, image_path("x")), STATUS_NOT_FOUND);
    memset(&image.saved, 0, sizeof(image.saved)); /* the power was off */
    assert_int_equal(image_mount(&image), STATUS_OK);
    assert_int_equal(free_bytes(), room);
    end();
}

static void openings_run_out_and_come_back(void **state)
{
    (void)state;
    static uint64_t badges[OPENINGS];
    begin(BLOCKS, INODES);
    for (unsigned i = 0; i < OPENINGS; i++) {
        badges[i] = image_open_file(&image, "f", FILE_READ | FILE_CREATE);
        assert_int_not_equal(badges[i], 0);
    }
    assert_int_equal(image_open_file(&image, "f", FILE_READ), 0);
    assert_int_equal(image_mount(&image), STATUS_OK);
    assert_int_equal(image.fs.references[image_number(&image, "f")], OPENINGS);
    image_close_file(&image, badges[77]);
    image_close_file(&image, badges[77]); /* has no effect */
    assert_null(openings_find(&image.openings, badges[77]));
    uint64_t again = image_open_file(&image, "f", FILE_READ);
    assert_int_equal(again >> 32, badges[77] >> 32);
    assert_int_not_equal(again, badges[77]);
    end();
}

static void a_spoilt_store_does_no_harm(void **state)
{
    (void)state;
    unsigned seed = 5;
    for (unsigned round = 0; round < 200; round++) {
        begin(BLOCKS, INODES);
        assert_int_equal(put("f", 100), STATUS_OK);
        assert_int_not_equal(image_open_file(&image, "f", FILE_READ), 0);
        uint8_t *store = (uint8_t *)&image.saved;
        for (size_t i = round % 2 == 0 ? sizeof(image.saved.superblock) : 0;
             i < sizeof(image.saved); i++) {
            store[i] = rand_r(&seed) % 4 == 0 ? (uint8_t)rand_r(&seed) : store[i];
        }
        assert_int_equal(image_mount(&image), STATUS_OK);
        check_bytes("f", 0, pattern(), 100);
        for (uint64_t place = 0; place < OPENINGS; place++) {
            image_close_file(&image, (place + 1) << 32 | image.saved.table[place].serial);
        }
        assert_int_equal(image.fs.references[image_number(&image, "f")], 0);
        end();
    }
}

/* ---- crashes -------------------------------------------------------------------------------- */

static status_t append_some(void)
{
    return image_write_at(&image, "dir/grows", 40000, pattern() + 40000, 20000);
}

static status_t many_names(void)
{
    status_t status = STATUS_OK;
    for (unsigned i = 0; i < 40 && status == STATUS_OK; i++) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "dir/name %u", i);
        status = link_file("dir/grows", path);
    }
    return status;
}

static status_t remove_open(void)
{
    uint64_t badge = image_open_file(&image, "open", FILE_READ);
    status_t status = unlink_file("open");
    image_close_file(&image, badge);
    return status;
}

static status_t step(unsigned number)
{
    switch (number) {
    case 0:
        return make_directory("dir");
    case 1:
        return put("dir/grows", 40000);
    case 2:
        return append_some();
    case 3:
        return put("small", 3000);
    case 4:
        return link_file("small", "dir/second");
    case 5:
        return make_directory("dir/sub");
    case 6:
        return move("dir/sub", "sub");
    case 7:
        return put("open", 20000);
    case 8:
        return move("small", "open");
    case 9:
        return many_names();
    case 10:
        return resize("dir/grows", 15000);
    case 11:
        return remove_open();
    case 12:
        return move("dir/name 3", "sub/other");
    case 13:
        return make_device("sub/console", 1u << 16);
    case 14:
        return put("large", 60000);
    case 15:
        return unlink_file("large");
    case 16:
        return unlink_file("sub/other");
    default:
        return resize("dir/grows", 0);
    }
}

enum { STEPS = 18 };

/* Those that are one transaction, so that there is no state between before and after. */
static bool is_single(unsigned number)
{
    static const bool several[STEPS] = {
        [1] = true,  [2] = true,  [7] = true,  [9] = true,  [10] = true,
        [11] = true, [14] = true, [15] = true, [17] = true, [3] = true};
    return !several[number];
}

struct story {
    uint64_t digests[STEPS + 1]; /* before each step, and after the last */
    uint32_t writes[STEPS + 1];  /* sectors, likewise */
    uint8_t *start;
};

static void restart(const struct story *story)
{
    memcpy(image.bytes, story->start, image.size);
    memset(&image.saved, 0, sizeof(image.saved));
    assert_int_equal(image_mount(&image), STATUS_OK);
    image.writes = 0;
}

static void tell(struct story *story)
{
    begin(BLOCKS, INODES);
    story->start = malloc(image.size);
    memcpy(story->start, image.bytes, image.size);
    restart(story);
    for (unsigned i = 0; i <= STEPS; i++) {
        const char *wrong = image_check(&image, false, &story->digests[i]);
        if (wrong != NULL) {
            fail_msg("before step %u: %s", i, wrong);
        }
        story->writes[i] = image.writes;
        if (i < STEPS) {
            assert_int_equal(step(i), STATUS_OK);
        }
    }
}

/* The step in which a sector is written. */
static unsigned step_of(const struct story *story, uint32_t sector)
{
    unsigned number = 0;
    while (sector > story->writes[number + 1]) {
        number++;
    }
    return number;
}

static void check_after(const struct story *story, uint32_t cut, const char *what)
{
    uint64_t digest = 0;
    unsigned number = step_of(story, cut);
    const char *wrong = image_check(&image, false, &digest);
    bool known = digest == story->digests[number] || digest == story->digests[number + 1];
    if (wrong != NULL || (is_single(number) && !known)) {
        fail_msg("%s at sector %u, step %u: %s", what, (unsigned)cut, number,
                 wrong == NULL ? "neither before nor after it" : wrong);
    }
}

static void play_until(const struct story *story, uint32_t cut)
{
    restart(story);
    image.cut_at = cut;
    if (setjmp(image.gone) == 0) {
        for (unsigned i = 0; i < STEPS; i++) {
            assert_int_equal(step(i), STATUS_OK);
        }
    }
    image.cut_at = 0;
}

/* The server dies at each sector in turn; the next instance has its state store. */
static void a_crash_at_any_sector_leaves_all_or_nothing(void **state)
{
    (void)state;
    static struct story story;
    tell(&story);
    assert_true(story.writes[STEPS] > 1000);
    for (volatile uint32_t cut = 1; cut <= story.writes[STEPS]; cut++) {
        play_until(&story, cut);
        assert_int_equal(image_mount(&image), STATUS_OK);
        if (step_of(&story, cut) == 11) { /* somebody may have the file open */
            memset(&image.saved, 0, sizeof(image.saved));
            assert_int_equal(image_mount(&image), STATUS_OK);
        }
        check_after(&story, cut, "cut");
    }
    free(story.start);
    end();
}

enum { LOSSES = 4 };

/* Power goes at each sector in turn, and what was not flushed is there in part. */
static void a_loss_of_power_leaves_all_or_nothing(void **state)
{
    (void)state;
    static struct story story;
    unsigned seed = 3;
    tell(&story);
    for (volatile uint32_t cut = 1; cut <= story.writes[STEPS]; cut++) {
        restart(&story);
        image_keep(&image);
        image.cut_at = cut;
        if (setjmp(image.gone) == 0) {
            for (unsigned i = 0; i < STEPS; i++) {
                assert_int_equal(step(i), STATUS_OK);
            }
        }
        image.cut_at = 0;
        for (unsigned i = 0; i < LOSSES; i++) {
            image_lose_power(&image, &seed);
            assert_int_equal(image_mount(&image), STATUS_OK);
            check_after(&story, cut, "power lost");
        }
        free(image.stable);
        image.stable = NULL;
        image.kept_count = 0;
    }
    free(story.start);
    end();
}

/* ... and again while the log is replayed. */
static void a_crash_of_the_recovery_is_recovered_from(void **state)
{
    (void)state;
    static struct story story;
    tell(&story);
    uint8_t *broken = malloc(image.size);
    for (volatile uint32_t cut = 1; cut <= story.writes[STEPS]; cut += 7) {
        play_until(&story, cut);
        memcpy(broken, image.bytes, image.size);
        for (volatile uint32_t second = 1, done = 0; done == 0; second += 3) {
            memcpy(image.bytes, broken, image.size);
            memset(&image.saved, 0, sizeof(image.saved));
            image.writes = 0;
            image.cut_at = second;
            if (setjmp(image.gone) == 0) {
                assert_int_equal(image_mount(&image), STATUS_OK);
                done = 1;
            }
            image.cut_at = 0;
            assert_int_equal(image_mount(&image), STATUS_OK);
            check_after(&story, cut, "cut twice");
        }
    }
    free(broken);
    free(story.start);
    end();
}

/* ---- a device that fails -------------------------------------------------------------------- */

static void what_fails_is_there_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    static struct story story;
    tell(&story);
    for (uint32_t at = 1; at <= story.writes[STEPS]; at++) {
        unsigned number = step_of(&story, at);
        restart(&story);
        image.fails_at = at;
        image.fails = 1 + at % 5;
        status_t status = STATUS_OK;
        for (unsigned i = 0; i <= number && status == STATUS_OK; i++) {
            status = step(i);
        }
        image.fails_at = 0;
        if (is_single(number)) { /* others may have done a part, and go on with the rest */
            assert_int_equal(status, STATUS_IO_ERROR);
        }
        assert_int_equal(xv6fs_sync(&image.fs), STATUS_OK);
        assert_int_equal(counted_free_bytes(), free_bytes());
        assert_int_equal(xv6fs_free_nameless(&image.fs), STATUS_OK);
        check_after(&story, at, "failed");
    }
    free(story.start);
    end();
}

static void a_device_that_stays_away_is_an_error_until_it_is_back(void **state)
{
    (void)state;
    begin(BLOCKS, INODES);
    assert_int_equal(put("f", 100), STATUS_OK);
    for (uint32_t at = 1; at < 20; at++) {
        image.fails_at = image.writes + at;
        image.fails = UINT32_MAX;
        status_t status = put("g", 5000);
        assert_int_equal(status, STATUS_IO_ERROR);
        assert_int_not_equal(put("h", 1), STATUS_OK);
        image.fails_at = 0;
        check_bytes("f", 0, pattern(), 100);
        check_sound();
        assert_int_equal(put("h", 1), STATUS_OK);
        assert_int_equal(unlink_file("h"), STATUS_OK);
        if (image_number(&image, "g") != 0) {
            assert_int_equal(unlink_file("g"), STATUS_OK);
        }
    }
    end();
}

/* ---- hostile images ------------------------------------------------------------------------- */

enum { SUPERBLOCK_AT = 1024, LOG_AT = 2048, INODES_AT = (2 + LOG) * 1024 };

static void put32(uint32_t at, uint32_t value)
{
    memcpy(image.bytes + at, &value, sizeof(value));
}

static void put16(uint32_t at, uint16_t value)
{
    memcpy(image.bytes + at, &value, sizeof(value));
}

static void a_superblock_that_lies_is_refused(void **state)
{
    (void)state;
    static const uint32_t values[] = {
        0, 1, 2, 9, 31, 32, 699, 701, 8192, 65536, 0x10203040, 0x7fffffff, 0x80000000, UINT32_MAX};
    unsigned refused = 0;
    for (uint32_t field = 0; field < 8; field++) {
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            image_make(&image, BLOCKS, INODES, LOG);
            put32(SUPERBLOCK_AT + 4 * field, values[i]);
            status_t status = image_mount(&image);
            assert_true(status == STATUS_OK || status == STATUS_BAD_FORMAT);
            assert_true(status == STATUS_OK || strlen(image.reason) > 10);
            refused += status != STATUS_OK;
            if (status == STATUS_OK) { /* which the check would not call sound */
                status_ignore(put("f", 30000));
                status_ignore(make_directory("d"));
            }
            image_close(&image);
        }
    }
    assert_true(refused > 70);
    uint8_t *bytes = calloc(1, 1536);
    image_open(&image, bytes, 1536);
    assert_int_equal(image_mount(&image), STATUS_BAD_FORMAT);
    assert_string_equal(image.reason, "no xv6 file system");
    image_close(&image);
}

static void a_log_that_lies_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t count;
        uint32_t block;
    } lies[] = {{30, 40}, {UINT32_MAX, 40}, {1, 0},      {1, 1},
                {1, 2},   {1, 31},          {2, BLOCKS}, {1, UINT32_MAX}};
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        image_make(&image, BLOCKS, INODES, LOG);
        put32(LOG_AT, lies[i].count);
        put32(LOG_AT + 4, lies[i].block);
        put32(LOG_AT + 8, lies[i].block);
        assert_int_equal(image_mount(&image), STATUS_BAD_FORMAT);
        assert_string_equal(image.reason, "the log names blocks that it cannot hold");
        image_close(&image);
    }
}

static void a_log_on_a_device_that_cannot_be_written_is_refused(void **state)
{
    (void)state;
    image_make(&image, BLOCKS, INODES, LOG);
    assert_int_equal(xv6fs_mount(&image.fs, &image.device, true, &image.reason), STATUS_OK);
    struct inode inode;
    assert_int_equal(put("f", 1), STATUS_READ_ONLY);
    assert_int_equal(make_directory("d"), STATUS_READ_ONLY);
    assert_int_equal(look("", &inode), STATUS_OK);
    assert_int_equal(xv6fs_sync(&image.fs), STATUS_OK);
    assert_int_equal(image.writes, 0);
    put32(LOG_AT, 1);
    put32(LOG_AT + 4, 100);
    assert_int_equal(xv6fs_mount(&image.fs, &image.device, true, &image.reason), STATUS_READ_ONLY);
    image_close(&image);
}

/* A tree to be spoilt: /f (inode 2), /d (3), /d/g (4), /d/e (5), /l (2 again). */
static void make_victim(void)
{
    begin(BLOCKS, INODES);
    assert_int_equal(put("f", LARGE), STATUS_OK);
    assert_int_equal(make_directory("d"), STATUS_OK);
    assert_int_equal(put("d/g", 3000), STATUS_OK);
    assert_int_equal(make_directory("d/e"), STATUS_OK);
    assert_int_equal(link_file("f", "l"), STATUS_OK);
}

static uint32_t inode_offset(uint32_t number)
{
    return INODES_AT + number * 64;
}

/* Does a bit of everything, and does not mind the answers. */
static void use(void)
{
    static uint8_t bytes[XV6FS_FILE_BYTES];
    static const char *const paths[] = {"f", "d", "d/g", "d/e", "l", "d/e/d", "new"};
    uint64_t count;
    uint64_t position = 0;
    struct inode inode;
    struct entry_name name;
    for (unsigned i = 0; i < 7; i++) {
        uint64_t badge = image_open_file(&image, paths[i], FILE_READ);
        uint32_t number = image_number(&image, paths[i]);
        status_ignore(image_read_inode(&image, number, 0, bytes, sizeof(bytes), &count));
        status_ignore(put(paths[i], 30000));
        status_ignore(link_file(paths[i], "d/link"));
        status_ignore(move(paths[i], "d/e/moved"));
        status_ignore(move("d/e/moved", paths[i]));
        status_ignore(resize(paths[i], 20000));
        status_ignore(resize(paths[i], 100));
        status_ignore(unlink_file(paths[i]));
        status_ignore(remove_directory(paths[6 - i]));
        status_ignore(make_directory(paths[i]));
        image_close_file(&image, badge);
    }
    for (unsigned i = 0; i < 100 && xv6fs_list(&image.fs, 1, &position, &inode, &name) == STATUS_OK;
         i++) {
    }
    status_ignore(xv6fs_space(&image.fs, &count, &position));
    status_ignore(xv6fs_sync(&image.fs));
}

static void inodes_that_lie_do_no_harm(void **state)
{
    (void)state;
    static const uint32_t values[] = {
        0,  1,   2,   3,      4,      0x20001,    33,         35,         37,
        40, 699, 700, 274432, 274433, 0x7fff0001, 0x80000000, 0xffff0001, UINT32_MAX};
    for (uint32_t number = 1; number <= 5; number++) {
        for (uint32_t field = 0; field < 16; field++) {
            for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
                make_victim();
                put32(inode_offset(number) + 4 * field, values[i]);
                status_t status = image_mount(&image);
                assert_true(status == STATUS_OK || (number == 1 && status == STATUS_BAD_FORMAT) ||
                            status == STATUS_IO_ERROR);
                if (status == STATUS_OK) {
                    use();
                }
                assert_int_equal(memcmp(image.bytes + 1024, image.fs.superblock, 32), 0);
                image_close(&image);
            }
        }
    }
}

static void names_that_lie_can_be_removed(void **state)
{
    (void)state;
    static const uint16_t numbers[] = {63, 64, 1000, 65535};
    for (unsigned i = 0; i < 4; i++) {
        make_victim();
        struct inode inode;
        const uint8_t *root;
        assert_int_equal(inode_block(&image.fs, 1, 0, &inode.number), STATUS_OK);
        assert_int_equal(cache_read(&image.fs.cache, inode.number, &root), STATUS_OK);
        put16(inode.number * 1024 + 3 * 16, numbers[i]); /* d */
        assert_int_equal(image_mount(&image), STATUS_OK);
        assert_int_equal(look("d", &inode), STATUS_IO_ERROR);
        assert_int_equal(look("d/g", &inode), STATUS_IO_ERROR);
        assert_int_equal(remove_directory("d"), STATUS_OK);
        assert_int_equal(look("d", &inode), STATUS_NOT_FOUND);
        image_close(&image);
    }
}

static void circles_of_directories_end(void **state)
{
    (void)state;
    uint32_t block;
    make_victim();
    assert_int_equal(inode_block(&image.fs, 5, 0, &block), STATUS_OK);
    put16(block * 1024 + 32, 3); /* /d/e/x is /d */
    memcpy(image.bytes + block * 1024 + 34, "x", 2);
    put32(inode_offset(5) + 8, 48);
    assert_int_equal(image_mount(&image), STATUS_OK);
    assert_int_not_equal(image_number(&image, "d/e/x/e/x/g"), 0);
    assert_int_equal(move("d", "d/e/x/y"), STATUS_BAD_ARGUMENT);
    assert_int_equal(remove_directory("d/e/x"), STATUS_NOT_EMPTY);
    use();
    image_close(&image);
}

static void a_block_of_two_files_is_freed_once(void **state)
{
    (void)state;
    make_victim();
    uint64_t room = free_bytes();
    uint32_t block;
    assert_int_equal(inode_block(&image.fs, 4, 0, &block), STATUS_OK);
    put32(inode_offset(2) + 12, block);
    assert_int_equal(image_mount(&image), STATUS_OK);
    assert_int_equal(unlink_file("f"), STATUS_OK);
    assert_int_equal(unlink_file("l"), STATUS_OK);
    assert_int_equal(unlink_file("d/g"), STATUS_OK);
    assert_int_equal(free_bytes(), counted_free_bytes());
    assert_true(free_bytes() > room);
    image_close(&image);
}

static void whatever_is_spoilt_everything_ends(void **state)
{
    (void)state;
    unsigned seed = 9;
    for (unsigned round = 0; round < 1500; round++) {
        make_victim();
        uint32_t used = 60 * 1024;
        for (unsigned i = 0; i < 1 + round % 30; i++) {
            uint32_t at = LOG_AT + (uint32_t)rand_r(&seed) % (used - LOG_AT);
            image.bytes[at] = (uint8_t)rand_r(&seed);
        }
        if (image_mount(&image) == STATUS_OK) {
            use();
        }
        image_close(&image);
    }
}

/* ---- what mkfs makes ------------------------------------------------------------------------ */

/* xv6's mkfs makes the root's size a multiple of a block, of which the last may not be there. */
static void a_root_with_a_hole_takes_names(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    begin(BLOCKS, 200);
    put32(inode_offset(1) + 8, 2048);
    assert_int_equal(image_mount(&image), STATUS_OK);
    for (unsigned i = 0; i < 130; i++) {
        (void)snprintf(path, sizeof(path), "%u", i);
        assert_int_equal(put(path, 1), STATUS_OK);
    }
    end();
}

static void a_log_that_xv6_left_is_replayed(void **state)
{
    (void)state;
    begin(BLOCKS, INODES);
    assert_int_equal(put("f", 1024), STATUS_OK);
    uint32_t block;
    assert_int_equal(inode_block(&image.fs, image_number(&image, "f"), 0, &block), STATUS_OK);
    memset(image.bytes + LOG_AT + 1024, 0x77, 1024);
    put32(LOG_AT, 1);
    put32(LOG_AT + 4, block);
    assert_int_equal(image_mount(&image), STATUS_OK);
    check_bytes("f", 0, image.bytes + LOG_AT + 1024, 1024);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_the_largest_size_is_read_as_it_was_written),
        cmocka_unit_test(a_write_in_the_middle_changes_nothing_else),
        cmocka_unit_test(gaps_and_growth_are_zeros),
        cmocka_unit_test(shrinking_gives_blocks_back),
        cmocka_unit_test(a_full_device_refuses_and_stays_sound),
        cmocka_unit_test(growth_that_fails_leaves_the_file_as_it_was),
        cmocka_unit_test(opening_keeps_to_its_flags),
        cmocka_unit_test(a_directory_grows_and_finds_its_names),
        cmocka_unit_test(inodes_run_out),
        cmocka_unit_test(renaming_replaces_and_counts_links),
        cmocka_unit_test(a_second_name_is_the_same_file),
        cmocka_unit_test(links_are_counted_up_to_a_limit),
        cmocka_unit_test(an_open_file_outlives_its_name),
        cmocka_unit_test(what_has_no_name_is_freed_when_nobody_has_it_open),
        cmocka_unit_test(openings_run_out_and_come_back),
        cmocka_unit_test(a_spoilt_store_does_no_harm),
        cmocka_unit_test(a_crash_at_any_sector_leaves_all_or_nothing),
        cmocka_unit_test(a_loss_of_power_leaves_all_or_nothing),
        cmocka_unit_test(a_crash_of_the_recovery_is_recovered_from),
        cmocka_unit_test(what_fails_is_there_as_a_whole_or_not_at_all),
        cmocka_unit_test(a_device_that_stays_away_is_an_error_until_it_is_back),
        cmocka_unit_test(a_superblock_that_lies_is_refused),
        cmocka_unit_test(a_log_that_lies_is_refused),
        cmocka_unit_test(a_log_on_a_device_that_cannot_be_written_is_refused),
        cmocka_unit_test(inodes_that_lie_do_no_harm),
        cmocka_unit_test(names_that_lie_can_be_removed),
        cmocka_unit_test(circles_of_directories_end),
        cmocka_unit_test(a_block_of_two_files_is_freed_once),
        cmocka_unit_test(whatever_is_spoilt_everything_ends),
        cmocka_unit_test(a_root_with_a_hole_takes_names),
        cmocka_unit_test(a_log_that_xv6_left_is_replayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
