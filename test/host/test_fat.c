/*
 * The FAT file system: against images of mkfs.fat and mtools, judged by fsck.fat; names; what is
 * left when the server dies, or the power goes, at any write; hostile images. The reason for its
 * length: every test runs on the same few images.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <sinter/protocol/file.h>

#include "boot_sector.h"
#include "fat_image.h"
#include "table.h"

enum { PATH_SIZE = 512, COMMAND_SIZE = 2048, FAT_32_LEAST = 65525 };

static const struct variant {
    const char *name;
    const char *options; /* of mkfs.fat */
    unsigned kib;
    enum fat_type type;
    bool is_small; /* a FAT32 that mtools takes for FAT12 */
} variants[] = {
    {"FAT12", "-F 12 -s 4", 4096, FAT_12, false},
    {"FAT12, small clusters, one FAT", "-F 12 -s 1 -f 1", 1024, FAT_12, false},
    {"FAT16", "-F 16 -s 1", 4096, FAT_16, false},
    {"FAT16, sectors of 4096 bytes", "-F 16 -S 4096 -s 1", 20480, FAT_16, false},
    {"FAT32", "-F 32 -s 1", 35840, FAT_32, false},
    {"FAT32, clusters of 16 KiB", "-F 32 -s 32", 16384, FAT_32, true},
    {"FAT32, small", "-F 32 -s 1", 2048, FAT_32, true},
};
enum { VARIANTS = sizeof(variants) / sizeof(variants[0]) };

static char folder[] = "/tmp/test_fat.XXXXXX";
static char image_path[PATH_SIZE];
static struct image image;

/* ---- the host's tools ----------------------------------------------------------------------- */

static int run(const char *format, ...)
{
    char command[COMMAND_SIZE];
    char whole[2 * COMMAND_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(command, sizeof(command), format, arguments);
    va_end(arguments);
    (void)snprintf(whole, sizeof(whole),
                   "cd %s && PATH=$PATH:/usr/sbin:/sbin MTOOLS_SKIP_CHECK=1 "
                   "LC_ALL=C.UTF-8 sh -c '%s' >log 2>&1",
                   folder, command);
    return system(whole);
}

static void must(int status)
{
    if (status != 0) {
        (void)!system("cat /tmp/test_fat.*/log");
        fail_msg("a tool of the host failed");
    }
}

static void load(void)
{
    struct stat found;
    FILE *file = fopen(image_path, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &found), 0);
    uint8_t *bytes = malloc((size_t)found.st_size);
    assert_int_equal(fread(bytes, 1, (size_t)found.st_size, file), found.st_size);
    (void)fclose(file);
    image_open(&image, bytes, (uint64_t)found.st_size);
}

static void save(void)
{
    FILE *file = fopen(image_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(image.bytes, 1, image.size, file), image.size);
    (void)fclose(file);
}

static void make(const struct variant *variant)
{
    must(run("rm -f image; mkfs.fat %s --invariant -C image %u", variant->options, variant->kib));
}

static void begin(const struct variant *variant)
{
    make(variant);
    load();
    assert_int_equal(image_mount(&image), STATUS_OK);
    assert_int_equal(image.fat.type, variant->type);
}

static void check_with_fsck(void)
{
    assert_int_equal(fat_sync(&image.fat), STATUS_OK);
    save();
    must(run("fsck.fat -n image"));
}

static void end(void)
{
    check_with_fsck();
    image_close(&image);
}

static uint8_t *pattern(uint64_t length, unsigned seed)
{
    uint8_t *bytes = malloc(length + 1);
    for (uint64_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)rand_r(&seed);
    }
    return bytes;
}

static void check_file(const char *path, const void *expected, uint64_t expected_length)
{
    uint64_t length = 0;
    uint8_t *bytes = image_read_file(&image, path, &length);
    if (bytes == NULL) {
        fail_msg("%s is not there", path);
    }
    assert_int_equal(length, expected_length);
    assert_memory_equal(bytes, expected, length);
    free(bytes);
}

static void put_on_host(const char *name, const void *bytes, uint64_t length)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    (void)fclose(file);
}

/* What mtools makes of a file. */
static void check_with_mtools(const char *path, const void *bytes, uint64_t length)
{
    put_on_host("expected", bytes, length);
    if (image.fat.type == FAT_32 && image.fat.clusters < FAT_32_LEAST) {
        return;
    }
    must(run("mcopy -n -o -i image \"::%s\" out && cmp out expected", path));
}

static const uint64_t sizes[] = {0, 1, 511, 512, 513, 4096, 70000, 700001};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

/* ---- both ways ------------------------------------------------------------------------------ */

static void what_mtools_wrote_is_read(void **state)
{
    (void)state;
    static const char *const names[] = {"SHORT.TXT", "lower.txt", "A Long Name with Blanks.data",
                                        ("\xc3\x9c"
                                         "bung-\xe2\x82\xac.txt")};
    for (unsigned v = 0; v < VARIANTS && !variants[v].is_small; v++) {
        make(&variants[v]);
        must(run("mmd -i image ::dir ::dir/Deeper-Directory"));
        for (unsigned i = 0; i < 4; i++) {
            uint8_t *bytes = pattern(sizes[2 * i + 1] / 2, i);
            put_on_host("in", bytes, sizes[2 * i + 1] / 2);
            must(run("mcopy -i image in \"::dir/Deeper-Directory/%s\"", names[i]));
            free(bytes);
        }
        load();
        assert_int_equal(image_mount(&image), STATUS_OK);
        for (unsigned i = 0; i < 4; i++) {
            char path[PATH_SIZE];
            uint8_t *bytes = pattern(sizes[2 * i + 1] / 2, i);
            (void)snprintf(path, sizeof(path), "DIR/deeper-directory/%s", names[i]);
            check_file(path, bytes, sizes[2 * i + 1] / 2);
            free(bytes);
        }
        image_close(&image);
    }
}

static void what_is_written_mtools_reads(void **state)
{
    (void)state;
    for (unsigned v = 0; v < VARIANTS; v++) {
        begin(&variants[v]);
        assert_int_equal(image_make_directory(&image, "Some Folder"), STATUS_OK);
        for (unsigned i = 0; i < SIZES - (variants[v].kib < 2048); i++) {
            char path[PATH_SIZE];
            uint8_t *bytes = pattern(sizes[i], i);
            (void)snprintf(path, 64, "Some Folder/file of %u bytes", (unsigned)sizes[i]);
            assert_int_equal(image_write_file(&image, path, bytes, sizes[i]), STATUS_OK);
            check_file(path, bytes, sizes[i]);
            free(bytes);
        }
        check_with_fsck();
        for (unsigned i = 0; i < SIZES - (variants[v].kib < 2048); i++) {
            char path[PATH_SIZE];
            uint8_t *bytes = pattern(sizes[i], i);
            (void)snprintf(path, 64, "Some Folder/file of %u bytes", (unsigned)sizes[i]);
            check_with_mtools(path, bytes, sizes[i]);
            free(bytes);
        }
        image_close(&image);
    }
}

/* Against a model: random writes, sizes, names and removals. */
enum { FILES = 12, FILE_MOST = 60000, STEPS = 400 };

struct model_file {
    bool exists;
    uint64_t length;
    uint8_t bytes[FILE_MOST];
};
static struct model_file model[FILES];

static void model_path(unsigned index, char *path)
{
    (void)snprintf(path, 64, "%sModel file number %u", index % 3 == 0 ? "sub/" : "", index);
}

static void model_write(struct model_file *file, const char *path, unsigned *seed)
{
    uint64_t offset = (unsigned)rand_r(seed) % (FILE_MOST / 2);
    uint64_t length = (unsigned)rand_r(seed) % (FILE_MOST / 2 - 1) + 1;
    uint8_t *bytes = pattern(length, (unsigned)rand_r(seed));
    struct fat_node *node = image_open_node(&image, path, FILE_WRITE | FILE_CREATE);
    assert_non_null(node);
    assert_int_equal(image_write_at(&image, node, offset, bytes, length), STATUS_OK);
    fat_node_close(node);
    if (!file->exists) {
        file->exists = true;
        file->length = 0;
    }
    if (offset > file->length) {
        memset(file->bytes + file->length, 0, offset - file->length);
    }
    memcpy(file->bytes + offset, bytes, length);
    file->length = offset + length > file->length ? offset + length : file->length;
    free(bytes);
}

static void model_resize(struct model_file *file, const char *path, unsigned *seed)
{
    uint64_t size = (unsigned)rand_r(seed) % FILE_MOST;
    struct fat_node *node = image_open_node(&image, path, FILE_WRITE);
    assert_non_null(node);
    assert_int_equal(fat_resize(&image.fat, node, size), STATUS_OK);
    fat_node_close(node);
    if (size > file->length) {
        memset(file->bytes + file->length, 0, size - file->length);
    }
    file->length = size;
}

static void model_step(unsigned *seed)
{
    char path[PATH_SIZE];
    char other_path[PATH_SIZE];
    unsigned index = (unsigned)rand_r(seed) % FILES;
    unsigned other = (unsigned)rand_r(seed) % FILES;
    unsigned what = (unsigned)rand_r(seed) % 10;
    model_path(index, path);
    model_path(other, other_path);
    if (what < 5 || !model[index].exists) {
        model_write(&model[index], path, seed);
    } else if (what < 7) {
        model_resize(&model[index], path, seed);
    } else if (what == 7) {
        assert_int_equal(image_remove(&image, path, false), STATUS_OK);
        model[index].exists = false;
    } else {
        assert_int_equal(image_rename(&image, path, other_path), STATUS_OK);
        if (index != other) {
            model[other] = model[index];
            model[index].exists = false;
        }
    }
}

static void model_check(void)
{
    for (unsigned i = 0; i < FILES; i++) {
        char path[PATH_SIZE];
        model_path(i, path);
        if (model[i].exists) {
            check_file(path, model[i].bytes, model[i].length);
        } else {
            assert_null(image_open_node(&image, path, FILE_READ));
        }
    }
}

static void many_random_changes_leave_what_they_should(void **state)
{
    (void)state;
    for (unsigned v = 0; v < VARIANTS; v++) {
        unsigned seed = 7 + v;
        uint32_t lost = 0;
        memset(model, 0, sizeof(model));
        begin(&variants[v]);
        assert_int_equal(image_make_directory(&image, "sub"), STATUS_OK);
        for (unsigned step = 0; step < STEPS; step++) {
            model_step(&seed);
            if (step % 50 == 49) {
                assert_int_equal(image_mount(&image), STATUS_OK);
                model_check();
                assert_null(image_check(&image, &lost));
                assert_int_equal(lost, 0);
            }
        }
        check_with_fsck();
        for (unsigned i = 0; i < FILES; i++) {
            char path[PATH_SIZE];
            model_path(i, path);
            if (model[i].exists) {
                check_with_mtools(path, model[i].bytes, model[i].length);
            }
        }
        image_close(&image);
    }
}

/* ---- names ---------------------------------------------------------------------------------- */

static void names_keep_their_case_and_are_found_in_any(void **state)
{
    (void)state;
    begin(&variants[4]);
    static const char *const pairs[][2] = {
        {"MixedCase.Text", "mIXEDcASE.tEXT"},
        {"\xc3\xa4\xc3\xb6\xc3\xbc.txt", "\xc3\x84\xc3\x96\xc3\x9c.TXT"},
        {"\xd0\xbf\xd1\x80\xd0\xb8", "\xd0\x9f\xd0\xa0\xd0\x98"},
        {"\xf0\x9f\x90\xa7 penguin", "\xf0\x9f\x90\xa7 PENGUIN"},
        {".hidden", ".HIDDEN"},
        {"UPPER.TXT", "upper.txt"},
        {"a.b.c.d", "A.B.C.D"},
        {"x+y=[z]", "X+Y=[Z]"},
    };
    uint32_t slot = 0;
    struct fat_found found;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_int_equal(image_write_file(&image, pairs[i][0], pairs[i][0], 5), STATUS_OK);
        check_file(pairs[i][1], pairs[i][0], 5);
        assert_int_equal(fat_directory_next(&image.fat, &image.root, &slot, &found), STATUS_OK);
        uint8_t text[FILE_NAME_BYTES];
        size_t length = fat_name_to_text(&found.name, text, sizeof(text));
        assert_int_equal(length, strlen(pairs[i][0]));
        assert_memory_equal(text, pairs[i][0], length);
    }
    check_with_fsck();
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        /* mtools knows no surrogates, and takes brackets for a pattern */
        if ((uint8_t)pairs[i][0][0] < 0xf0 && strchr(pairs[i][0], '[') == NULL) {
            check_with_mtools(pairs[i][0], pairs[i][0], 5);
        }
    }
    image_close(&image);
}

static void names_that_fat_cannot_hold_are_refused(void **state)
{
    (void)state;
    begin(&variants[0]);
    char longest[300];
    memset(longest, 'n', sizeof(longest));
    longest[256] = '\0';
    static const char *const bad[] = {"a:b",      "a*",       "what?",        "a\\b", "<",
                                      "tab\t",    "dot.",     "blank ",       ".",    "..",
                                      "\xff\xfe", "\xc0\x80", "\xed\xa0\x80", "a|b"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(image_make_directory(&image, bad[i]), STATUS_BAD_ARGUMENT);
        assert_null(image_open_node(&image, bad[i], FILE_WRITE | FILE_CREATE));
    }
    assert_int_equal(image_make_directory(&image, longest), STATUS_BAD_ARGUMENT);
    longest[255] = '\0';
    assert_int_equal(image_make_directory(&image, longest), STATUS_OK);
    assert_int_equal(image_make_directory(&image, longest), STATUS_EXISTS);
    assert_int_equal(image_make_directory(&image, "none/below"), STATUS_NOT_FOUND);
    end();
}

/* Many that differ behind the sixth character, so that short names run out of ~1 to ~9. */
static void short_names_differ(void **state)
{
    (void)state;
    enum { COUNT = 600 };
    begin(&variants[2]);
    assert_int_equal(image_make_directory(&image, "d"), STATUS_OK);
    for (unsigned i = 0; i < COUNT; i++) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "d/similar name %u.text", i);
        assert_int_equal(image_write_file(&image, path, path, 20), STATUS_OK);
    }
    check_with_fsck(); /* which complains about duplicates */
    for (unsigned i = 0; i < COUNT; i += 2) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "d/similar name %u.text", i);
        assert_int_equal(image_remove(&image, path, false), STATUS_OK);
    }
    uint32_t slot = 0;
    unsigned count = 0;
    struct fat_found found;
    struct fat_node *directory = image_open_node(&image, "d", FILE_READ);
    while (fat_directory_next(&image.fat, directory, &slot, &found) == STATUS_OK) {
        count++;
    }
    assert_int_equal(count, COUNT / 2);
    end();
}

static void a_directory_grows_and_a_fixed_root_does_not(void **state)
{
    (void)state;
    begin(&variants[0]);
    status_t status = STATUS_OK;
    unsigned count = 0;
    assert_int_equal(image_make_directory(&image, "grows"), STATUS_OK);
    for (unsigned i = 0; i < 700; i++) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "grows/a rather long name, number %u", i);
        assert_non_null(image_open_node(&image, path, FILE_CREATE));
        memset(image.saved.nodes, 0, sizeof(image.saved.nodes));
    }
    for (; status == STATUS_OK && count < 1000; count++) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "D%u", count);
        status = image_make_directory(&image, path);
    }
    assert_int_equal(status, STATUS_FULL);
    assert_int_equal(count, 511); /* 510 beside the two slots of "grows", and one that failed */
    end();
}

/* ---- rules ---------------------------------------------------------------------------------- */

static void names_follow_the_rules_of_the_protocol(void **state)
{
    (void)state;
    begin(&variants[4]);
    assert_int_equal(image_make_directory(&image, "one"), STATUS_OK);
    assert_int_equal(image_make_directory(&image, "one/two"), STATUS_OK);
    assert_int_equal(image_write_file(&image, "one/file", "text", 4), STATUS_OK);
    assert_int_equal(image_write_file(&image, "other", "more", 4), STATUS_OK);
    assert_int_equal(image_remove(&image, "one", true), STATUS_NOT_EMPTY);
    assert_int_equal(image_remove(&image, "one", false), STATUS_IS_DIRECTORY);
    assert_int_equal(image_remove(&image, "other", true), STATUS_NOT_DIRECTORY);
    assert_int_equal(image_remove(&image, "none", false), STATUS_NOT_FOUND);
    assert_int_equal(image_remove(&image, "other/x", false), STATUS_NOT_DIRECTORY);
    assert_int_equal(image_rename(&image, "one", "one/two/three"), STATUS_BAD_ARGUMENT);
    assert_int_equal(image_rename(&image, "one", "one"), STATUS_OK);
    assert_int_equal(image_rename(&image, "one", "other"), STATUS_NOT_DIRECTORY);
    assert_int_equal(image_rename(&image, "other", "one"), STATUS_IS_DIRECTORY);
    assert_int_equal(image_rename(&image, "one/two", "one"), STATUS_NOT_EMPTY);
    assert_int_equal(image_rename(&image, "none", "x"), STATUS_NOT_FOUND);
    struct fat_node *node = image_open_node(&image, "other", FILE_READ);
    assert_int_equal(image_remove(&image, "other", false), STATUS_BUSY);
    assert_int_equal(image_rename(&image, "one/file", "other"), STATUS_BUSY);
    fat_node_close(node);
    assert_int_equal(image_rename(&image, "one/file", "other"), STATUS_OK);
    check_file("other", "text", 4);
    assert_int_equal(image_rename(&image, "other", "OTHER"), STATUS_OK);
    assert_int_equal(image_rename(&image, "one/two", "moved"), STATUS_OK);
    assert_int_equal(image_remove(&image, "one", true), STATUS_OK);
    assert_int_equal(image_make_directory(&image, "moved/x"), STATUS_OK);
    end();
}

static void what_is_open_moves_with_its_name(void **state)
{
    (void)state;
    begin(&variants[2]);
    assert_int_equal(image_make_directory(&image, "dir"), STATUS_OK);
    struct fat_node *node = image_open_node(&image, "open", FILE_WRITE | FILE_CREATE);
    assert_int_equal(image_write_at(&image, node, 0, "first ", 6), STATUS_OK);
    assert_int_equal(image_rename(&image, "open", "dir/still open"), STATUS_OK);
    assert_int_equal(image_write_at(&image, node, 6, "second", 6), STATUS_OK);
    assert_int_equal(image_mount(&image), STATUS_OK); /* the next instance */
    assert_int_equal(image_write_at(&image, node, 12, " third", 6), STATUS_OK);
    fat_node_close(node);
    check_file("dir/still open", "first second third", 18);
    end();
}

static void a_full_volume_says_so_and_gives_everything_back(void **state)
{
    (void)state;
    for (unsigned v = 0; v < VARIANTS; v++) {
        uint64_t total;
        uint64_t before;
        uint64_t after;
        uint32_t lost;
        begin(&variants[v]);
        uint64_t size = (uint64_t)variants[v].kib * 1024;
        uint8_t *bytes = pattern(size, v);
        assert_int_equal(image_make_directory(&image, "d"), STATUS_OK);
        assert_int_equal(fat_space(&image.fat, &total, &before), STATUS_OK);
        assert_int_equal(image_write_file(&image, "d/huge", bytes, size), STATUS_FULL);
        assert_int_equal(image_make_directory(&image, "e"), STATUS_FULL);
        assert_int_equal(fat_space(&image.fat, &total, &after), STATUS_OK);
        assert_int_equal(after, 0);
        check_with_fsck();
        assert_null(image_check(&image, &lost));
        assert_int_equal(lost, 0);
        assert_int_equal(image_remove(&image, "d/huge", false), STATUS_OK);
        assert_int_equal(fat_space(&image.fat, &total, &after), STATUS_OK);
        assert_int_equal(after, before);
        struct fat_node *node = image_open_node(&image, "d/zeros", FILE_WRITE | FILE_CREATE);
        assert_int_equal(fat_resize(&image.fat, node, size), STATUS_FULL);
        assert_int_equal(node->size, 0);
        fat_node_close(node);
        assert_int_equal(fat_space(&image.fat, &total, &after), STATUS_OK);
        assert_int_equal(after, before);
        end();
        free(bytes);
    }
}

static void the_dirty_flag_is_set_until_all_is_stable(void **state)
{
    (void)state;
    for (unsigned v = 0; v < VARIANTS; v++) {
        begin(&variants[v]);
        unsigned at = image.fat.type == FAT_32 ? BS_STATE_32 : BS_STATE;
        assert_int_equal(image.bytes[at] & STATE_DIRTY, 0);
        assert_int_equal(image_write_file(&image, "f", "text", 4), STATUS_OK);
        assert_int_equal(image.bytes[at] & STATE_DIRTY, STATE_DIRTY);
        assert_int_equal(fat_sync(&image.fat), STATUS_OK);
        assert_int_equal(image.bytes[at] & STATE_DIRTY, 0);
        assert_int_equal(image_write_file(&image, "f", "more", 4), STATUS_OK);
        save();
        assert_int_not_equal(run("fsck.fat -n image"), 0);
        memset(&image.saved, 0, sizeof(image.saved)); /* found so, by a machine that just booted */
        assert_int_equal(image_mount(&image), STATUS_OK);
        assert_int_equal(fat_sync(&image.fat), STATUS_OK);
        assert_int_equal(image_write_file(&image, "f", "last", 4), STATUS_OK);
        assert_int_equal(fat_sync(&image.fat), STATUS_OK);
        assert_int_equal(image.bytes[at] & STATE_DIRTY, STATE_DIRTY); /* it is for fsck to clear */
        image_close(&image);
    }
}

/* A device may write in any order: the flag comes before anything that it warns of. */
static void the_dirty_flag_is_stable_before_the_first_change(void **state)
{
    (void)state;
    for (unsigned v = 0; v < VARIANTS; v++) {
        begin(&variants[v]);
        image_keep(&image);
        assert_int_equal(fat_begin_change(&image.fat), STATUS_OK);
        assert_true(image.writes > 0);
        assert_int_equal(image.kept_count, 0);
        image_close(&image);
    }
}

static void times_are_kept(void **state)
{
    (void)state;
    static const uint64_t seconds[] = {315532800, 951782400, 1700000000, 4107542398};
    begin(&variants[2]);
    struct fat_node *node = image_open_node(&image, "t", FILE_WRITE | FILE_CREATE);
    uint64_t modified;
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        uint64_t wall = seconds[i] * 1000000000ull;
        assert_int_equal(fat_node_set_modified(&image.fat, node, wall + 999999999), STATUS_OK);
        assert_int_equal(fat_node_modified(&image.fat, node, &modified), STATUS_OK);
        assert_int_equal(modified, wall);
    }
    assert_int_equal(image_write_at(&image, node, 0, "x", 1), STATUS_OK);
    assert_int_equal(fat_node_modified(&image.fat, node, &modified), STATUS_OK);
    assert_int_equal(modified, 1700000000ull * 1000000000ull);
    fat_node_close(node);
    assert_int_equal(fat_time_to_wall((struct fat_time){0, 0}), 0);
    assert_int_equal(fat_time_to_wall((struct fat_time){2u << 5 | 30, 0}), 0);
    end();
}

/* ---- what is cut off ------------------------------------------------------------------------ */

/* Does a bit of everything; *done counts what was answered. */
static void script(unsigned *done, bool across)
{
    static uint8_t *bytes;
    free(bytes); /* of the script before, which may have been cut off */
    bytes = pattern(90000, 1);
    *done = 0;
    assert_int_equal(image_make_directory(&image, "dir"), STATUS_OK);
    ++*done;
    assert_int_equal(image_write_file(&image, "dir/grows.bin", bytes, 40000), STATUS_OK);
    ++*done;
    struct fat_node *node = image_open_node(&image, "dir/grows.bin", FILE_WRITE);
    assert_int_equal(image_write_at(&image, node, 40000, bytes + 40000, 50000), STATUS_OK);
    ++*done;
    assert_int_equal(image_write_file(&image, "A long name for a file", bytes, 30000), STATUS_OK);
    ++*done;
    assert_int_equal(fat_resize(&image.fat, node, 1000), STATUS_OK);
    ++*done;
    assert_int_equal(image_rename(&image, "A long name for a file", "B"), STATUS_OK);
    ++*done;
    assert_int_equal(image_write_file(&image, "C", bytes, 20000), STATUS_OK);
    ++*done;
    assert_int_equal(image_rename(&image, "B", "C"), STATUS_OK);
    ++*done;
    if (across) {
        assert_int_equal(image_write_file(&image, "elsewhere.bin", bytes, 20000), STATUS_OK);
        assert_int_equal(image_rename(&image, "dir/grows.bin", "elsewhere.bin"), STATUS_OK);
    }
    ++*done;
    fat_node_close(node);
    assert_int_equal(image_remove(&image, "C", false), STATUS_OK);
    ++*done;
    for (unsigned i = 0; i < 40; i++) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "dir/one of very many long names %u", i);
        assert_int_equal(image_write_file(&image, path, path, 20), STATUS_OK);
    }
    ++*done;
}

static void check_done(unsigned done, bool across)
{
    uint8_t *bytes = pattern(90000, 1);
    if (done >= 2 && done < 4) {
        uint64_t length = 0;
        uint8_t *found = image_read_file(&image, "dir/grows.bin", &length);
        assert_non_null(found);
        assert_true(length >= (done == 2 ? 40000 : 90000) && length <= 90000);
        assert_memory_equal(found, bytes, length);
        free(found);
    }
    if (done >= 5 && (done < 8 || !across)) {
        check_file("dir/grows.bin", bytes, 1000);
    }
    if (done == 4) {
        check_file("A long name for a file", bytes, 30000);
    }
    if (done == 6) {
        check_file("B", bytes, 30000);
    }
    if (done == 8) {
        check_file("C", bytes, 30000);
    }
    if (across && done >= 9) {
        check_file("elsewhere.bin", bytes, 1000);
    }
    free(bytes);
}

static uint32_t count_writes(uint8_t *start, const struct variant *variant, bool across)
{
    unsigned done;
    (void)variant;
    memcpy(image.bytes, start, image.size);
    memset(&image.saved, 0, sizeof(image.saved));
    assert_int_equal(image_mount(&image), STATUS_OK);
    image.writes = 0;
    script(&done, across);
    return image.writes;
}

/* The server dies at each write in turn; the next instance has its state store. */
static void a_crash_at_any_write_leaves_nothing_behind(void **state)
{
    (void)state;
    static const unsigned tried[] = {1, 2, 6};
    for (unsigned v = 0; v < 3; v++) {
        volatile unsigned done;
        begin(&variants[tried[v]]);
        static uint8_t *start; /* longjmp() leaves it as it is */
        start = malloc(image.size);
        memcpy(start, image.bytes, image.size);
        uint32_t writes = count_writes(start, &variants[tried[v]], true);
        assert_true(writes > 100);
        for (volatile uint32_t cut = 1; cut <= writes; cut++) {
            uint32_t lost = 0;
            memcpy(image.bytes, start, image.size);
            memset(&image.saved, 0, sizeof(image.saved));
            assert_int_equal(image_mount(&image), STATUS_OK);
            image.writes = 0;
            image.cut_at = cut;
            static unsigned counter;
            counter = 0;
            if (setjmp(image.gone) == 0) {
                script(&counter, true);
            }
            done = counter;
            image.cut_at = 0;
            assert_int_equal(image_mount(&image), STATUS_OK);
            const char *wrong = image_check(&image, &lost);
            if (wrong != NULL || lost != 0) {
                fail_msg("%s, cut at write %u: %s, %u clusters lost", variants[tried[v]].name,
                         (unsigned)cut, wrong == NULL ? "sound" : wrong, (unsigned)lost);
            }
            check_done(done, true);
            if (cut % 32 == 0) {
                check_with_fsck();
            }
        }
        free(start);
        image_close(&image);
    }
}

enum { LOSSES = 6 };

/* Power goes at each write in turn, and what was not flushed is there in part. */
static void a_loss_of_power_leaves_lost_clusters_at_worst(void **state)
{
    (void)state;
    static const unsigned tried[] = {2, 6};
    unsigned seed = 3;
    for (unsigned v = 0; v < 2; v++) {
        begin(&variants[tried[v]]);
        static uint8_t *start; /* longjmp() leaves it as it is */
        start = malloc(image.size);
        memcpy(start, image.bytes, image.size);
        uint32_t writes = count_writes(start, &variants[tried[v]], false);
        image_close(&image);
        for (volatile uint32_t cut = 1; cut <= writes; cut++) {
            static unsigned counter;
            uint32_t lost = 0;
            uint8_t *bytes = malloc(variants[tried[v]].kib * 1024ul);
            memcpy(bytes, start, variants[tried[v]].kib * 1024ul);
            image_open(&image, bytes, variants[tried[v]].kib * 1024ul);
            assert_int_equal(image_mount(&image), STATUS_OK);
            image_keep(&image);
            image.writes = 0;
            image.cut_at = cut;
            if (setjmp(image.gone) == 0) {
                script(&counter, false);
            }
            image.cut_at = 0;
            for (unsigned i = 0; i < LOSSES; i++) {
                image_lose_power(&image, &seed);
                assert_int_equal(image_mount(&image), STATUS_OK);
                const char *wrong = image_check(&image, &lost);
                if (wrong != NULL) {
                    fail_msg("%s, power lost at write %u: %s", variants[tried[v]].name,
                             (unsigned)cut, wrong);
                }
            }
            image_close(&image);
        }
        free(start);
    }
}

/* ---- a disk that fails ---------------------------------------------------------------------- */

/* Does what it can, whatever fails. */
static void tolerant_script(void)
{
    uint8_t *bytes = pattern(90000, 1);
    (void)image_make_directory(&image, "dir");
    (void)image_write_file(&image, "dir/grows.bin", bytes, 40000);
    (void)image_write_file(&image, "A long name for a file", bytes, 30000);
    struct fat_node *node = image_open_node(&image, "dir/grows.bin", FILE_WRITE);
    if (node != NULL) {
        (void)image_write_at(&image, node, node->size, bytes, 50000);
        (void)!fat_resize(&image.fat, node, 1000);
        (void)image_write_at(&image, node, node->size, bytes, 3000);
        (void)!fat_resize(&image.fat, node, 0);
        (void)image_write_at(&image, node, 0, bytes, 20000);
        fat_node_close(node);
    }
    (void)image_rename(&image, "A long name for a file", "B");
    (void)image_write_file(&image, "C", bytes, 20000);
    (void)image_rename(&image, "B", "C");
    (void)image_rename(&image, "dir/grows.bin", "C");
    (void)image_remove(&image, "C", false);
    for (unsigned i = 0; i < 20; i++) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "dir/one of very many long names %u", i);
        (void)image_write_file(&image, path, path, 20);
    }
    (void)!fat_sync(&image.fat);
    free(bytes);
}

static void a_sector_that_cannot_be_written_spoils_nothing_else(void **state)
{
    (void)state;
    for (unsigned v = 0; v < VARIANTS; v++) {
        begin(&variants[v]);
        assert_int_equal(image_write_file(&image, "a", "text", 4), STATUS_OK);
        struct fat_node *node = image_open_node(&image, "a", FILE_WRITE);
        image.bad = fat_cluster_sector(&image.fat, node->first) * image.fat.sector_bytes;
        assert_int_equal(image_write_at(&image, node, 0, "more", 4), STATUS_IO_ERROR);
        assert_int_equal(image_write_file(&image, "b", "other", 5), STATUS_OK);
        check_file("a", "text", 4);
        check_file("b", "other", 5);
        fat_node_close(node);
        end();
    }
}

/* Some writes fail, from each in turn on; what works then must not spoil what is there. */
static void writes_that_fail_leave_lost_clusters_at_worst(void **state)
{
    (void)state;
    static const unsigned tried[] = {1, 2, 6};
    for (unsigned v = 0; v < 3; v++) {
        begin(&variants[tried[v]]);
        uint8_t *start = malloc(image.size);
        memcpy(start, image.bytes, image.size);
        uint8_t *bytes = pattern(70000, 2);
        uint32_t writes = 0;
        for (uint32_t at = 0; at <= writes; at++) {
            uint32_t lost = 0;
            memcpy(image.bytes, start, image.size);
            memset(&image.saved, 0, sizeof(image.saved));
            assert_int_equal(image_mount(&image), STATUS_OK);
            image.writes = 0;
            image.fails_at = at;
            image.fails = at % 3 == 0 ? 20 : at % 3;
            tolerant_script();
            writes = at == 0 ? image.writes : writes; /* none fails at 0 */
            assert_true(writes > 100);
            image.fails_at = 0;
            assert_int_equal(image_write_file(&image, "afterwards", bytes, 70000), STATUS_OK);
            for (unsigned instance = 0; instance < 2; instance++) {
                const char *wrong = image_check(&image, &lost);
                if (wrong != NULL) {
                    fail_msg("%s, writes failed from %u on, instance %u: %s",
                             variants[tried[v]].name, (unsigned)at, instance, wrong);
                }
                check_file("afterwards", bytes, 70000);
                assert_int_equal(image_mount(&image), STATUS_OK);
            }
        }
        free(bytes);
        free(start);
        image_close(&image);
    }
}

/* ---- hostile images ------------------------------------------------------------------------- */

/* Every field of the boot sector, set to extremes: refused, or harmless. */
static void absurd_boot_sectors_do_no_harm(void **state)
{
    (void)state;
    static const uint32_t values[] = {0, 1, 2, 3, 7, 127, 128, 255, 511, 4097, 65535, UINT32_MAX};
    static const unsigned tried[] = {1, 3, 6};
    for (unsigned v = 0; v < 3; v++) {
        begin(&variants[tried[v]]);
        uint8_t start[FAT_SECTOR_LEAST];
        memcpy(start, image.bytes, sizeof(start));
        for (unsigned at = 11; at < 52; at++) {
            for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
                for (unsigned bytes = 1; bytes <= 4; bytes *= 2) {
                    memcpy(image.bytes, start, sizeof(start));
                    memcpy(image.bytes + at, &values[i], bytes);
                    memset(&image.saved, 0, sizeof(image.saved));
                    if (image_mount(&image) == STATUS_OK) {
                        uint64_t length;
                        uint32_t lost;
                        (void)image_check(&image, &lost);
                        free(image_read_file(&image, "f", &length));
                    }
                }
            }
        }
        image_close(&image);
    }
}

static void set_next(const char *path, uint32_t next)
{
    struct fat_node *node = image_open_node(&image, path, FILE_READ);
    assert_non_null(node);
    assert_int_equal(fat_entry_set(&image.fat, node->first, next), STATUS_OK);
    assert_int_equal(fat_stage(&image.fat), STATUS_OK);
    fat_node_forget(node);
    fat_node_close(node);
}

static uint32_t first_of(const char *path)
{
    struct fat_node *node = image_open_node(&image, path, FILE_READ);
    uint32_t first = node->first;
    fat_node_close(node);
    return first;
}

static void broken_chains_end(void **state)
{
    (void)state;
    for (unsigned v = 0; v < VARIANTS; v++) {
        uint8_t *bytes = pattern(200000, 1);
        uint64_t length;
        begin(&variants[v]);
        assert_int_equal(image_make_directory(&image, "ring"), STATUS_OK);
        assert_int_equal(image_write_file(&image, "a", bytes, 200000), STATUS_OK);
        assert_int_equal(image_write_file(&image, "b", bytes, 200000), STATUS_OK);
        assert_int_equal(image_write_file(&image, "c", bytes, 200000), STATUS_OK);
        set_next("a", first_of("a"));                /* a ring */
        set_next("b", FAT_FREE);                     /* into the void */
        set_next("c", 0x0ffffff7);                   /* a bad cluster */
        set_next("ring", first_of("ring"));          /* a directory without end */
        free(image_read_file(&image, "a", &length)); /* the bytes go round */
        assert_null(image_read_file(&image, "b", &length));
        assert_null(image_read_file(&image, "c", &length));
        struct fat_node *node = image_open_node(&image, "a", FILE_WRITE);
        assert_int_equal(image_write_at(&image, node, 200000, bytes, 1000), STATUS_IO_ERROR);
        uint32_t clusters = image.fat.clusters, cluster;
        image.fat.clusters = UINT32_MAX - 1; /* to go round so often would take minutes */
        fat_node_forget(node);
        assert_int_equal(fat_node_tail(&image.fat, node), STATUS_IO_ERROR);
        assert_int_equal(fat_node_cluster(&image.fat, node, UINT32_MAX - 2, &cluster),
                         STATUS_IO_ERROR);
        image.fat.clusters = clusters;
        fat_node_close(node);
        status_t status = STATUS_OK;
        for (unsigned i = 0; status == STATUS_OK; i++) {
            char path[PATH_SIZE];
            (void)snprintf(path, sizeof(path), "ring/%u", i);
            status = image_make_directory(&image, path);
        }
        assert_int_not_equal(status, STATUS_OK);
        assert_int_equal(image_remove(&image, "a", false), STATUS_OK);
        assert_int_equal(image_remove(&image, "b", false), STATUS_OK);
        assert_int_equal(image_remove(&image, "c", false), STATUS_OK);
        image_close(&image);
        free(bytes);
    }
}

static void files_that_share_clusters_do_no_harm(void **state)
{
    (void)state;
    begin(&variants[2]);
    uint8_t *bytes = pattern(50000, 1);
    uint64_t length;
    assert_int_equal(image_write_file(&image, "a", bytes, 50000), STATUS_OK);
    assert_int_equal(image_write_file(&image, "b", bytes, 50000), STATUS_OK);
    set_next("b", first_of("a"));
    assert_int_equal(image_remove(&image, "a", false), STATUS_OK);
    assert_null(image_read_file(&image, "b", &length));
    assert_int_equal(image_remove(&image, "b", false), STATUS_OK);
    image_close(&image);
    free(bytes);
}

/* As power lost within a rename leaves them; the rename is made again. */
static void a_file_under_two_names_outlives_their_joining(void **state)
{
    (void)state;
    begin(&variants[2]);
    uint8_t *bytes = pattern(50000, 1);
    assert_int_equal(image_write_file(&image, "a", bytes, 50000), STATUS_OK);
    assert_int_equal(image_write_file(&image, "b", "", 0), STATUS_OK);
    struct fat_node *one = image_open_node(&image, "a", FILE_READ);
    struct fat_node *other = image_open_node(&image, "b", FILE_READ);
    other->first = one->first;
    other->size = one->size;
    assert_int_equal(fat_node_store(&image.fat, other), STATUS_OK);
    assert_int_equal(fat_stage(&image.fat), STATUS_OK);
    fat_node_close(one);
    fat_node_close(other);
    assert_int_equal(image_rename(&image, "a", "b"), STATUS_OK);
    check_file("b", bytes, 50000);
    free(bytes);
    end();
}

/* FSInfo is a hint: FAT specification, "FAT32 FSInfo Sector Structure". */
static void a_wrong_count_of_free_clusters_refuses_nothing(void **state)
{
    (void)state;
    begin(&variants[4]);
    fat_put32(image.bytes + image.fat.info_sector * image.fat.sector_bytes + INFO_FREE, 1);
    assert_int_equal(image_mount(&image), STATUS_OK);
    assert_int_equal(image.fat.free_clusters, 1);
    struct fat_node *node = image_open_node(&image, "f", FILE_WRITE | FILE_CREATE);
    assert_int_equal(fat_resize(&image.fat, node, 100000), STATUS_OK);
    fat_node_close(node);
    end();
}

/* Long names that lie: a slash in them, orders that do not follow, wrong checksums. */
static void hostile_names_are_shown_by_their_short_ones(void **state)
{
    (void)state;
    begin(&variants[2]);
    assert_int_equal(image_write_file(&image, "long name one", "1", 1), STATUS_OK);
    uint64_t root = image.fat.root_start * image.fat.sector_bytes;
    image.bytes[root + 1] = '/'; /* first unit of the first slot */
    assert_int_equal(image_mount(&image), STATUS_OK);
    struct fat_found found;
    uint32_t slot = 0;
    assert_int_equal(fat_directory_next(&image.fat, &image.root, &slot, &found), STATUS_OK);
    assert_true(fat_name_same(&found.name, &found.alias));
    check_file("LONGNA~1", "1", 1);
    image.bytes[root + 1] = 'l';
    for (unsigned order = 0; order < 256; order++) {
        image.bytes[root] = (uint8_t)order;
        assert_int_equal(image_mount(&image), STATUS_OK);
        slot = 0;
        (void)!fat_directory_next(&image.fat, &image.root, &slot, &found);
    }
    image_close(&image);
}

/* A state store that the instance before has written nonsense to. */
static void a_broken_state_store_does_no_harm(void **state)
{
    (void)state;
    unsigned seed = 5;
    begin(&variants[2]);
    assert_int_equal(image_write_file(&image, "f", "text", 4), STATUS_OK);
    struct fat_saved sound = image.saved;
    uint8_t *start = malloc(image.size);
    memcpy(start, image.bytes, image.size);
    for (unsigned i = 0; i < 1000; i++) {
        memcpy(image.bytes, start, image.size);
        uint8_t *at = (uint8_t *)&image.saved.dirty_by_us;
        uint8_t *last = (uint8_t *)(&image.saved + 1);
        image.saved = sound;
        for (unsigned j = 0; j < 200; j++) {
            at[(size_t)rand_r(&seed) % (i % 2 == 0 ? 600 : (size_t)(last - at))] =
                (uint8_t)rand_r(&seed);
        }
        image.saved.intent.kind = i % 4;
        image.saved.intent.count %= FAT_RUNS + 2;
        (void)image_mount(&image);
        for (unsigned j = 0; j < FAT_NODES; j++) {
            uint8_t byte;
            uint64_t count;
            struct fat_node *node = &image.saved.nodes[j];
            if (node->references != 0 && !fat_is_directory(node)) {
                (void)image_read_at(&image, node, 0, &byte, 1, &count);
            }
        }
    }
    free(start);
    image_close(&image);
}

/* What the server asks of a device that comes back. */
static void a_volume_is_told_from_others(void **state)
{
    enum { SECTORS_PER_CLUSTER = 13, VOLUME_ID = 39, VOLUME_ID_32 = 67 };
    (void)state;
    for (unsigned i = 0; i < VARIANTS; i++) {
        begin(&variants[i]);
        uint8_t *id = image.bytes + (image.fat.type == FAT_32 ? VOLUME_ID_32 : VOLUME_ID);
        assert_int_equal(image_write_file(&image, "changed", "x", 1), STATUS_OK); /* it is marked */
        assert_true(fat_is_on(&image.fat, &image.device));
        *id ^= 1;
        assert_false(fat_is_on(&image.fat, &image.device));
        *id ^= 1;
        image.bytes[SECTORS_PER_CLUSTER] ^= 1;
        assert_false(fat_is_on(&image.fat, &image.device));
        image_close(&image);
    }
}

static void check_change_is_seen(uint64_t offset)
{
    image.bytes[offset] ^= 1;
    assert_false(fat_is_on(&image.fat, &image.device));
    image.bytes[offset] ^= 1;
    assert_true(fat_is_on(&image.fat, &image.device));
}

/* Somebody has worked on it meanwhile: seen from what was read, also once that is dropped. */
static void a_volume_that_was_edited_is_told(void **state)
{
    enum { LETTER = 3 };
    (void)state;
    for (unsigned i = 0; i < VARIANTS; i++) {
        begin(&variants[i]);
        struct fat *fat = &image.fat;
        struct fat_node *node = image_open_node(&image, "a file", FILE_WRITE | FILE_CREATE);
        assert_non_null(node);
        assert_int_equal(image_write_at(&image, node, 0, "text", 4), STATUS_OK);
        uint64_t entry = (uint64_t)node->place.sector * fat->sector_bytes + node->place.offset;
        check_change_is_seen(entry + LETTER);
        fat_cache_drop(&fat->cache);
        check_change_is_seen(entry + LETTER);
        fat_zero(fat->cache.lines, sizeof(fat->cache.lines));
        check_change_is_seen(fat->type == FAT_32 ? BS_STATE_32 : BS_STATE);
        check_change_is_seen(fat->fat_start * fat->sector_bytes + fat->type / 8);
        if (fat->info_sector != 0) {
            check_change_is_seen((uint64_t)fat->info_sector * fat->sector_bytes + INFO_FREE);
        }
        fat_node_close(node);
        end();
    }
}

/* What is saved is of the volume that it was. */
static void an_edited_volume_is_mounted_anew(void **state)
{
    (void)state;
    begin(&variants[2]);
    struct fat_node *node = image_open_node(&image, "a file", FILE_WRITE | FILE_CREATE);
    assert_non_null(node);
    image.bytes[image.fat.fat_start * image.fat.sector_bytes + 4] ^= 1;
    assert_false(fat_is_on(&image.fat, &image.device));
    assert_int_equal(image_mount(&image), STATUS_OK);
    assert_int_equal(node->references, 0);
    assert_int_equal(image.saved.dirty_by_us, 0);
    image_close(&image);
}

/* The driver dies before or after it has done what was asked. */
static status_t write_and_ask(void *context, uint64_t offset, const void *buffer, uint32_t length)
{
    assert_true(fat_is_on(&image.fat, &image.device));
    status_t status = image.device.write(context, offset, buffer, length);
    assert_true(fat_is_on(&image.fat, &image.device));
    return status;
}

static status_t read_and_ask(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    assert_true(fat_is_on(&image.fat, &image.device));
    return image.device.read(context, offset, buffer, length);
}

static void a_volume_is_itself_in_the_middle_of_a_change(void **state)
{
    enum { LENGTH = 20000 };
    (void)state;
    for (unsigned i = 0; i < VARIANTS; i++) {
        uint8_t *bytes = pattern(LENGTH, i);
        begin(&variants[i]);
        image.fat.device.read = read_and_ask;
        image.fat.device.write = write_and_ask;
        assert_int_equal(image_make_directory(&image, "folder"), STATUS_OK);
        assert_int_equal(image_write_file(&image, "folder/file", bytes, LENGTH), STATUS_OK);
        assert_int_equal(fat_sync(&image.fat), STATUS_OK);
        assert_int_equal(image_write_file(&image, "folder/file", bytes, 700), STATUS_OK);
        assert_int_equal(image_rename(&image, "folder/file", "another name"), STATUS_OK);
        image.fails = 1;
        image.fails_at = image.writes + 2;
        (void)!image_write_file(&image, "third", bytes, LENGTH);
        assert_int_equal(image_write_file(&image, "fourth", bytes, LENGTH), STATUS_OK);
        assert_int_equal(image_remove(&image, "another name", false), STATUS_OK);
        end();
        free(bytes);
    }
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(image_path, sizeof(image_path), "%s/image", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[PATH_SIZE];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_mtools_wrote_is_read),
        cmocka_unit_test(what_is_written_mtools_reads),
        cmocka_unit_test(many_random_changes_leave_what_they_should),
        cmocka_unit_test(names_keep_their_case_and_are_found_in_any),
        cmocka_unit_test(names_that_fat_cannot_hold_are_refused),
        cmocka_unit_test(short_names_differ),
        cmocka_unit_test(a_directory_grows_and_a_fixed_root_does_not),
        cmocka_unit_test(names_follow_the_rules_of_the_protocol),
        cmocka_unit_test(what_is_open_moves_with_its_name),
        cmocka_unit_test(a_full_volume_says_so_and_gives_everything_back),
        cmocka_unit_test(the_dirty_flag_is_set_until_all_is_stable),
        cmocka_unit_test(the_dirty_flag_is_stable_before_the_first_change),
        cmocka_unit_test(times_are_kept),
        cmocka_unit_test(a_crash_at_any_write_leaves_nothing_behind),
        cmocka_unit_test(a_loss_of_power_leaves_lost_clusters_at_worst),
        cmocka_unit_test(a_sector_that_cannot_be_written_spoils_nothing_else),
        cmocka_unit_test(writes_that_fail_leave_lost_clusters_at_worst),
        cmocka_unit_test(absurd_boot_sectors_do_no_harm),
        cmocka_unit_test(broken_chains_end),
        cmocka_unit_test(files_that_share_clusters_do_no_harm),
        cmocka_unit_test(a_file_under_two_names_outlives_their_joining),
        cmocka_unit_test(a_wrong_count_of_free_clusters_refuses_nothing),
        cmocka_unit_test(hostile_names_are_shown_by_their_short_ones),
        cmocka_unit_test(a_volume_is_told_from_others),
        cmocka_unit_test(a_volume_that_was_edited_is_told),
        cmocka_unit_test(an_edited_volume_is_mounted_anew),
        cmocka_unit_test(a_volume_is_itself_in_the_middle_of_a_change),
        cmocka_unit_test(a_broken_state_store_does_no_harm),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
