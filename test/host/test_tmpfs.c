/* Unit tests of tmpfs's volume, and many random operations beside a model, opened anew in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "volume.h"

enum { SIZE = 4 << 20, FILES = 24, FILE_ROOM = 300000, OPERATIONS = 6000, SEED = 20261122 };

static struct volume volume;
static _Alignas(4096) uint8_t range[SIZE];
static uint64_t committed_most; /* bytes of the range that there is memory for */

static bool commit(struct volume *at, uint64_t offset, uint64_t length)
{
    (void)at;
    return offset + length <= committed_most;
}

static void reopen(void)
{
    assert_true(volume_open(&volume, range, SIZE, commit));
}

static int begin(void **state)
{
    (void)state;
    memset(range, 0, sizeof(range));
    committed_most = SIZE;
    reopen();
    return 0;
}

static uint32_t make(const char *path, enum volume_kind kind)
{
    uint32_t node = 0;
    assert_int_equal(volume_create(&volume, VOLUME_ROOT, path, strlen(path), kind, 5, &node),
                     STATUS_OK);
    return node;
}

static status_t find(const char *path, uint32_t *node)
{
    return volume_find(&volume, VOLUME_ROOT, path, strlen(path), node);
}

static status_t drop(const char *path, enum volume_kind kind)
{
    return volume_remove(&volume, VOLUME_ROOT, path, strlen(path), kind, 6);
}

static status_t move(const char *from, const char *to)
{
    return volume_rename(&volume, VOLUME_ROOT, from, strlen(from), to, strlen(to), 7);
}

/* False: there was no room for all of it. */
static bool put(uint32_t node, uint64_t offset, const void *bytes, uint64_t length)
{
    uint64_t done = 0;
    while (done < length) {
        uint64_t piece = length - done;
        uint8_t *to = volume_write(&volume, node, offset + done, &piece);
        if (to == NULL) {
            volume_trim(&volume, node);
            return false;
        }
        memcpy(to, (const uint8_t *)bytes + done, piece);
        done += piece;
    }
    volume_written(&volume, node, offset + length, 8);
    return true;
}

static void get(uint32_t node, uint64_t offset, uint8_t *bytes, uint64_t length)
{
    for (uint64_t done = 0; done < length;) {
        uint64_t piece = length - done;
        const uint8_t *from = volume_read(&volume, node, offset + done, &piece);
        assert_true(piece > 0);
        if (from == NULL) {
            memset(bytes + done, 0, piece);
        } else {
            memcpy(bytes + done, from, piece);
        }
        done += piece;
    }
}

static void names_are_kept_apart(void **state)
{
    uint32_t node;
    uint32_t other;
    (void)state;
    uint32_t a = make("a", VOLUME_FILE);
    make("d", VOLUME_DIRECTORY);
    uint32_t inner = make("d/a", VOLUME_FILE);
    assert_int_not_equal(a, inner);
    assert_int_equal(find("a", &node), STATUS_OK);
    assert_int_equal(node, a);
    assert_int_equal(find("d/a", &node), STATUS_OK);
    assert_int_equal(node, inner);
    assert_int_equal(find("", &node), STATUS_OK);
    assert_int_equal(node, VOLUME_ROOT);
    assert_int_equal(find("d/b", &node), STATUS_NOT_FOUND);
    assert_int_equal(find("aa", &node), STATUS_NOT_FOUND);
    assert_int_equal(find("a/x", &node), STATUS_NOT_DIRECTORY);
    assert_int_equal(volume_create(&volume, VOLUME_ROOT, "a", 1, VOLUME_FILE, 5, &other),
                     STATUS_EXISTS);
    assert_int_equal(volume_create(&volume, VOLUME_ROOT, "", 0, VOLUME_FILE, 5, &other),
                     STATUS_EXISTS);
    assert_int_equal(volume_create(&volume, VOLUME_ROOT, "x/y", 3, VOLUME_FILE, 5, &other),
                     STATUS_NOT_FOUND);
    char name[VOLUME_NAME + 2];
    memset(name, 'n', sizeof(name));
    assert_int_equal(
        volume_create(&volume, VOLUME_ROOT, name, VOLUME_NAME + 1, VOLUME_FILE, 5, &other),
        STATUS_BAD_ARGUMENT);
    assert_int_equal(volume_create(&volume, VOLUME_ROOT, name, VOLUME_NAME, VOLUME_FILE, 5, &other),
                     STATUS_OK);
}

/* As clients of the file protocol may send them, though the program runtime does not. */
static void names_that_nobody_could_look_up_are_refused(void **state)
{
    static const char *const names[] = {".", "..", "d/.", "d/..", "/a", "/"};
    uint32_t node;
    (void)state;
    make("d", VOLUME_DIRECTORY);
    make("a", VOLUME_FILE);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(volume_create(&volume, VOLUME_ROOT, names[i], strlen(names[i]),
                                       VOLUME_DIRECTORY, 5, &node),
                         STATUS_BAD_ARGUMENT);
        assert_int_equal(move("a", names[i]), STATUS_BAD_ARGUMENT);
    }
    assert_int_equal(volume_create(&volume, VOLUME_ROOT, "a\0b", 3, VOLUME_FILE, 5, &node),
                     STATUS_BAD_ARGUMENT);
    assert_int_equal(find("a", &node), STATUS_OK);
    make("...", VOLUME_FILE);
    make(".a", VOLUME_FILE);
}

static void removing_says_why_not(void **state)
{
    (void)state;
    make("d", VOLUME_DIRECTORY);
    make("d/a", VOLUME_FILE);
    assert_int_equal(drop("d", VOLUME_FILE), STATUS_IS_DIRECTORY);
    assert_int_equal(drop("d", VOLUME_DIRECTORY), STATUS_NOT_EMPTY);
    assert_int_equal(drop("d/a", VOLUME_DIRECTORY), STATUS_NOT_DIRECTORY);
    assert_int_equal(drop("", VOLUME_DIRECTORY), STATUS_BUSY);
    assert_int_equal(drop("d/b", VOLUME_FILE), STATUS_NOT_FOUND);
    assert_int_equal(drop("d/a", VOLUME_FILE), STATUS_OK);
    assert_int_equal(drop("d", VOLUME_DIRECTORY), STATUS_OK);
    assert_int_equal(drop("d", VOLUME_DIRECTORY), STATUS_NOT_FOUND);
}

static void renaming_follows_the_rules(void **state)
{
    uint32_t node;
    (void)state;
    uint32_t a = make("a", VOLUME_FILE);
    uint32_t d = make("d", VOLUME_DIRECTORY);
    make("d/e", VOLUME_DIRECTORY);
    make("f", VOLUME_FILE);
    assert_int_equal(move("d", "d/e/d"), STATUS_BAD_ARGUMENT);
    assert_int_equal(move("d", "d"), STATUS_OK);
    assert_int_equal(move("a", "d"), STATUS_IS_DIRECTORY);
    assert_int_equal(move("d", "a"), STATUS_NOT_DIRECTORY);
    assert_int_equal(move("x", "y"), STATUS_NOT_FOUND);
    assert_int_equal(move("a", "x/y"), STATUS_NOT_FOUND);
    assert_int_equal(move("", "y"), STATUS_BUSY);
    assert_int_equal(move("a", "f"), STATUS_OK); /* replaces */
    assert_int_equal(find("f", &node), STATUS_OK);
    assert_int_equal(node, a);
    assert_int_equal(find("a", &node), STATUS_NOT_FOUND);
    assert_int_equal(move("f", "d/e/g"), STATUS_OK);
    assert_int_equal(move("d/e", "e"), STATUS_OK);
    assert_int_equal(find("e/g", &node), STATUS_OK);
    assert_int_equal(node, a);
    assert_int_equal(move("e", "d"), STATUS_OK); /* which is empty now */
    assert_int_equal(find("d/g", &node), STATUS_OK);
    assert_int_equal(volume.nodes[d].kind, VOLUME_FREE);
}

static void what_is_open_stays(void **state)
{
    uint8_t byte = 7;
    uint32_t node;
    (void)state;
    uint32_t free = volume.free;
    uint32_t a = make("a", VOLUME_FILE);
    volume_opened(&volume, a);
    assert_true(put(a, 0, &byte, 1));
    assert_int_equal(drop("a", VOLUME_FILE), STATUS_OK);
    assert_int_equal(find("a", &node), STATUS_NOT_FOUND);
    reopen();
    byte = 0;
    get(a, 0, &byte, 1);
    assert_int_equal(byte, 7);
    volume_closed(&volume, a);
    assert_int_equal(volume.nodes[a].kind, VOLUME_FREE);
    assert_int_equal(volume.free, free - 1); /* the root's first block of names */
}

static void holes_and_cut_ends_are_zeros(void **state)
{
    static uint8_t bytes[20000];
    static uint8_t back[20000];
    (void)state;
    memset(bytes, 0xaa, sizeof(bytes));
    uint32_t a = make("a", VOLUME_FILE);
    assert_true(put(a, 0, bytes, sizeof(bytes)));
    assert_int_equal(volume_resize(&volume, a, 5000, 9), STATUS_OK);
    assert_int_equal(volume_resize(&volume, a, sizeof(bytes), 9), STATUS_OK);
    assert_true(put(a, 3 << 20, bytes, 10));
    get(a, 0, back, sizeof(back));
    for (size_t i = 0; i < sizeof(back); i++) {
        assert_int_equal(back[i], i < 5000 ? 0xaa : 0);
    }
    get(a, 3 << 20, back, 10);
    assert_memory_equal(back, bytes, 10);
    assert_true(put(a, UINT64_C(1) << 30, bytes, 10)); /* through the table of tables */
    get(a, UINT64_C(1) << 30, back, 10);
    assert_memory_equal(back, bytes, 10);
    assert_int_equal(volume_resize(&volume, a, VOLUME_FILE_MOST + 1, 9), STATUS_TOO_LARGE);
    assert_false(put(a, VOLUME_FILE_MOST, bytes, 1));
    assert_int_equal(volume_resize(&volume, a, 0, 9), STATUS_OK);
    assert_int_equal(drop("a", VOLUME_FILE), STATUS_OK);
}

static void room_that_ran_out_comes_back(void **state)
{
    static uint8_t bytes[SIZE];
    (void)state;
    uint32_t free = volume.free;
    uint32_t a = make("a", VOLUME_FILE);
    assert_false(put(a, 0, bytes, SIZE));
    assert_int_equal(volume.nodes[a].size, 0);
    assert_true(put(a, 0, bytes, SIZE / 2));
    assert_int_equal(drop("a", VOLUME_FILE), STATUS_OK);
    assert_int_equal(volume.free, free - 1);
    reopen();
    assert_int_equal(volume.free, free - 1);
}

static void memory_that_ran_out_is_no_fault(void **state)
{
    static uint8_t bytes[SIZE];
    (void)state;
    begin(NULL);
    committed_most = SIZE / 4;
    memset(&volume, 0, sizeof(volume));
    reopen();
    uint32_t a = make("a", VOLUME_FILE);
    assert_false(put(a, 0, bytes, SIZE / 2));
    assert_true(put(a, 0, bytes, SIZE / 16));
    assert_int_equal(drop("a", VOLUME_FILE), STATUS_OK);
    a = make("b", VOLUME_FILE); /* uses what there is */
    assert_true(put(a, 0, bytes, SIZE / 16));
    committed_most = 0;
    assert_false(volume_open(&volume, range, SIZE, commit));
}

/* The memory of a removed file is the next one's. */
static void files_that_come_and_go_take_no_more(void **state)
{
    static uint8_t bytes[SIZE / 8];
    (void)state;
    memset(&volume, 0, sizeof(volume));
    begin(NULL);
    uint32_t committed = 0;
    for (unsigned i = 0; i < 20; i++) {
        uint32_t a = make("a", VOLUME_FILE);
        assert_true(put(a, 0, bytes, sizeof(bytes)));
        assert_int_equal(drop("a", VOLUME_FILE), STATUS_OK);
        committed = i == 0 ? volume_free_committed(&volume) : committed;
    }
    assert_int_equal(volume_free_committed(&volume), committed);
}

static void other_ranges_are_refused(void **state)
{
    (void)state;
    assert_false(volume_open(&volume, range, 4096, commit));
    assert_false(volume_open(&volume, range, SIZE / 2, commit)); /* made for another size */
    range[3] ^= 1;
    assert_false(volume_open(&volume, range, SIZE, commit));
}

/* A renaming writes the new name before it takes the old one away: of two names one goes. */
static void a_crash_in_a_renaming_leaves_one_name(void **state)
{
    uint32_t node;
    uint32_t child;
    size_t length;
    (void)state;
    uint32_t a = make("a", VOLUME_FILE);
    make("b", VOLUME_FILE);
    assert_int_equal(drop("b", VOLUME_FILE), STATUS_OK);
    const char *name = volume_entry(&volume, VOLUME_ROOT, 0, &length, &child);
    assert_non_null(name);
    memcpy((char *)(uintptr_t)name + 260, name - 5,
           260); /* the entry once more, at the next place */
    reopen();
    assert_int_equal(find("a", &node), STATUS_OK);
    assert_int_equal(node, a);
    assert_int_equal(drop("a", VOLUME_FILE), STATUS_OK);
    assert_int_equal(find("a", &node), STATUS_NOT_FOUND);
}

/* ---- beside a model ------------------------------------------------------------------------- */

static struct {
    bool exists;
    uint64_t size;
    uint8_t bytes[FILE_ROOM];
} model[FILES];

static void name_of(unsigned file, char name[32])
{
    strcpy(name, file % 2 == 0 ? "file-0" : "folder/file-0");
    name[strlen(name) - 1] = (char)('A' + file);
}

static void compare(unsigned file)
{
    static uint8_t bytes[FILE_ROOM];
    char name[32];
    uint32_t node;
    name_of(file, name);
    assert_int_equal(find(name, &node), model[file].exists ? STATUS_OK : STATUS_NOT_FOUND);
    if (model[file].exists) {
        assert_int_equal(volume.nodes[node].size, model[file].size);
        get(node, 0, bytes, model[file].size);
        assert_memory_equal(bytes, model[file].bytes, model[file].size);
    }
}

static void write_somewhere(unsigned file, uint32_t node)
{
    static uint8_t bytes[40000];
    uint64_t offset = (uint64_t)(rand() % (FILE_ROOM - 40000));
    uint64_t length = (uint64_t)(rand() % 40000);
    for (uint64_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)rand();
    }
    if (length > 0 && put(node, offset, bytes, length)) {
        if (offset > model[file].size) {
            memset(model[file].bytes + model[file].size, 0, offset - model[file].size);
        }
        memcpy(model[file].bytes + offset, bytes, length);
        model[file].size = model[file].size > offset + length ? model[file].size : offset + length;
    } else if (length > 0) { /* what was overwritten before room ran out is not told: read it */
        get(node, 0, model[file].bytes, model[file].size);
    }
}

static void resize_somehow(unsigned file, uint32_t node)
{
    uint64_t size = (uint64_t)(rand() % FILE_ROOM);
    assert_int_equal(volume_resize(&volume, node, size, 3), STATUS_OK);
    if (size > model[file].size) {
        memset(model[file].bytes + model[file].size, 0, size - model[file].size);
    }
    model[file].size = size;
}

static void do_something(unsigned file)
{
    char name[32];
    uint32_t node;
    name_of(file, name);
    if (!model[file].exists) {
        make(name, VOLUME_FILE);
        model[file].exists = true;
        model[file].size = 0;
        return;
    }
    assert_int_equal(find(name, &node), STATUS_OK);
    switch (rand() % 8) {
    case 0:
        assert_int_equal(drop(name, VOLUME_FILE), STATUS_OK);
        model[file].exists = false;
        break;
    case 1:
    case 2:
        resize_somehow(file, node);
        break;
    default:
        write_somewhere(file, node);
        break;
    }
}

static void random_operations_match_a_model(void **state)
{
    (void)state;
    srand(SEED);
    memset(model, 0, sizeof(model));
    make("folder", VOLUME_DIRECTORY);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        unsigned file = (unsigned)rand() % FILES;
        do_something(file);
        compare(file);
        if (i % 50 == 0) {
            uint32_t free = volume.free;
            reopen();
            assert_int_equal(volume.free, free);
            for (unsigned other = 0; other < FILES; other++) {
                compare(other);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(names_are_kept_apart, begin),
        cmocka_unit_test_setup(names_that_nobody_could_look_up_are_refused, begin),
        cmocka_unit_test_setup(removing_says_why_not, begin),
        cmocka_unit_test_setup(renaming_follows_the_rules, begin),
        cmocka_unit_test_setup(what_is_open_stays, begin),
        cmocka_unit_test_setup(holes_and_cut_ends_are_zeros, begin),
        cmocka_unit_test_setup(room_that_ran_out_comes_back, begin),
        cmocka_unit_test_setup(memory_that_ran_out_is_no_fault, begin),
        cmocka_unit_test_setup(files_that_come_and_go_take_no_more, begin),
        cmocka_unit_test_setup(other_ranges_are_refused, begin),
        cmocka_unit_test_setup(a_crash_in_a_renaming_leaves_one_name, begin),
        cmocka_unit_test_setup(random_operations_match_a_model, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
