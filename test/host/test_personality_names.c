/* Unit tests of abi-servers/common/names.c: paths of programs, also hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sinter/protocol/file.h>

#include "names.h"
#include "names_model.h"
#include "walk.h"

enum { RUNS = 20000, ROOT = 5, HERE = 6, FILE_HANDLE = 7, MOST = 64 };

static const struct names names = {.root = ROOT};
static struct working_directory directory;
static struct message_page page;
static char opened[NAMES_PATH];
static handle_t opened_below;

/* ---- other servers --------------------------------------------------------------------------- */

status_t walk_open_again(handle_t below, const char *path, size_t length, uint32_t flags,
                         uint32_t *kind, handle_t *file)
{
    (void)flags;
    memcpy(opened, path, length);
    opened[length] = '\0';
    opened_below = below;
    *kind = strstr(opened, "file") != NULL ? FILE_KIND_REGULAR : FILE_KIND_DIRECTORY;
    *file = FILE_HANDLE;
    return STATUS_OK;
}

status_t handle_close(handle_t handle)
{
    assert_true(handle == FILE_HANDLE || handle == HERE);
    return STATUS_OK;
}

status_t handle_duplicate(handle_t handle, uint32_t rights, handle_t *copy)
{
    (void)rights;
    *copy = handle;
    return STATUS_OK;
}

struct message_page *message_page(void)
{
    return &page;
}

status_t port_call(handle_t endpoint, struct message *message)
{
    assert_int_equal(endpoint, FILE_HANDLE);
    page.data[tag_bytes(message->tag)] = '\0';
    message->tag = message_tag(STATUS_OK, 0, 0, 0);
    return STATUS_OK;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static int setup(void **state)
{
    (void)state;
    directory = (struct working_directory){.endpoint = HERE, .path = "a/b"};
    return 0;
}

static void assert_place(const char *path, handle_t below, const char *wanted)
{
    struct place place;
    assert_int_equal(names_resolve(&names, &directory, path, &place), STATUS_OK);
    assert_string_equal(place.path, wanted);
    assert_int_equal(place.length, strlen(wanted));
    assert_int_equal(place.directory, below);
}

static void test_resolve(void **state)
{
    (void)state;
    assert_place("/", ROOT, "");
    assert_place("//x///y/", ROOT, "x/y");
    assert_place("x/./y", HERE, "x/y");
    assert_place("", HERE, "");
    assert_place("../c", ROOT, "a/c");
    assert_place("x/../../../../../etc", ROOT, "etc");
    assert_place("/../../boot/..", ROOT, "");
    assert_place("/...", ROOT, "...");
    directory.endpoint = 0;
    assert_place("x", ROOT, "x");
}

/* Too long by one byte, alone and behind the working directory. */
static void test_too_long(void **state)
{
    char path[NAMES_PATH + 8];
    struct place place;
    (void)state;
    memset(path, 'x', sizeof(path));
    path[NAMES_PATH - 2] = '\0';
    assert_int_equal(names_resolve(&names, &directory, path, &place), STATUS_OK);
    path[NAMES_PATH - 2] = 'x';
    path[NAMES_PATH - 1] = '\0';
    assert_int_equal(names_resolve(&names, &directory, path, &place), STATUS_TOO_LARGE);
    directory = (struct working_directory){.endpoint = HERE, .path = "aaaa/b"};
    memcpy(path, "../", 3);
    assert_int_equal(names_resolve(&names, &directory, path, &place), STATUS_TOO_LARGE);
    path[NAMES_PATH - 1] = 'x';
    path[NAMES_PATH] = '\0';
    assert_int_equal(names_change(&names, &directory, path), STATUS_TOO_LARGE);
    memset(path, '/', NAMES_PATH); /* leads to a short one */
    assert_int_equal(names_change(&names, &directory, path), STATUS_TOO_LARGE);
}

static void test_change(void **state)
{
    (void)state;
    assert_int_equal(names_change(&names, &directory, "c"), STATUS_OK);
    assert_string_equal(directory.path, "a/b/c");
    assert_int_equal(opened_below, HERE);
    assert_int_equal(names_change(&names, &directory, "../../.."), STATUS_OK);
    assert_string_equal(directory.path, "");
    assert_int_equal(names_change(&names, &directory, "/file"), STATUS_NOT_DIRECTORY);
    assert_string_equal(directory.path, "");
}

static void test_parent(void **state)
{
    struct place place;
    const char *name = NULL;
    handle_t parent;
    (void)state;
    assert_int_equal(names_resolve(&names, &directory, "/x/y/z", &place), STATUS_OK);
    assert_int_equal(names_open_parent(&place, &parent, &name), STATUS_OK);
    assert_string_equal(opened, "x/y");
    assert_string_equal(name, "z");
    assert_int_equal(names_resolve(&names, &directory, "/x", &place), STATUS_OK);
    assert_int_equal(names_open_parent(&place, &parent, &name), STATUS_OK);
    assert_int_equal(parent, ROOT);
    assert_string_equal(name, "x");
    assert_int_equal(names_resolve(&names, &directory, "/", &place), STATUS_OK);
    assert_int_equal(names_open_parent(&place, &parent, &name), STATUS_BAD_ARGUMENT);
}

static void assert_link(const char *from, const char *to, const char *below, const char *sent)
{
    struct place a;
    struct place b;
    assert_int_equal(names_resolve(&names, &directory, from, &a), STATUS_OK);
    assert_int_equal(names_resolve(&names, &directory, to, &b), STATUS_OK);
    assert_int_equal(names_link(&names, &directory, &a, &b), STATUS_OK);
    assert_string_equal(opened, below);
    assert_string_equal((const char *)page.data, sent);
}

static void test_link(void **state)
{
    (void)state;
    assert_link("/x/y/one", "/x/y/two", "x/y", "onetwo");
    assert_link("/x/yes", "/x/yet/z", "x", "yesyet/z");
    assert_link("one", "/a/two", "a", "b/onetwo");
}

static void test_random(void **state)
{
    static const char letters[] = "ab./";
    char path[MOST];
    (void)state;
    srandom(4);
    for (unsigned run = 0; run < RUNS; run++) {
        size_t length = (size_t)random() % MOST;
        for (size_t i = 0; i < length; i++) {
            path[i] = letters[random() % 4];
        }
        path[length] = '\0';
        names_check(path, (size_t)random() % 4, random() % 2 == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_resolve, setup), cmocka_unit_test_setup(test_too_long, setup),
        cmocka_unit_test_setup(test_change, setup),  cmocka_unit_test_setup(test_parent, setup),
        cmocka_unit_test_setup(test_link, setup),    cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
