/* Unit tests of the namespace's bindings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bindings.h"

static struct bindings bindings;

static void bind(int place, const char *path)
{
    strcpy(bindings.places[place].path, path);
    bindings.places[place].directory = (uint64_t)place + 100;
}

static int begin(void **state)
{
    (void)state;
    memset(&bindings, 0, sizeof(bindings));
    bind(0, "dev");
    bind(2, "mnt/a");
    bind(3, "mnt/a/deep/er");
    bind(5, "mnt/ab");
    bind(31, "srv/x");
    return 0;
}

static void assert_leads(const char *path, int place, size_t rest)
{
    size_t left = 99;
    assert_int_equal(bindings_find(&bindings, path, strlen(path), &left), place);
    if (place != BINDINGS_NONE) {
        assert_int_equal(left, rest);
    }
}

static void the_longest_binding_answers(void **state)
{
    (void)state;
    assert_leads("dev", 0, 0);
    assert_leads("dev/disk0", 0, 5);
    assert_leads("device", BINDINGS_NONE, 0);
    assert_leads("de", BINDINGS_NONE, 0);
    assert_leads("mnt/a", 2, 0);
    assert_leads("mnt/a/deep", 2, 4);
    assert_leads("mnt/a/deep/er", 3, 0);
    assert_leads("mnt/a/deep/erx", 2, 8);
    assert_leads("mnt/a/deep/er/x/y", 3, 3);
    assert_leads("mnt/ab/c", 5, 1);
    assert_leads("mnt/b", BINDINGS_NONE, 0);
    assert_leads("mnt", BINDINGS_NONE, 0);
    assert_leads("", BINDINGS_NONE, 0);
    assert_leads("srv/x/y", 31, 1);
}

static uint32_t number_of(const char *path)
{
    uint32_t number = 0;
    assert_true(bindings_directory(&bindings, path, strlen(path), &number));
    return number;
}

static void directories_above_bindings_are_own(void **state)
{
    uint32_t number;
    char path[BINDING_PATH];
    size_t length;
    (void)state;
    assert_int_equal(number_of(""), 0);
    assert_false(bindings_directory(&bindings, "dev", 3, &number));
    assert_false(bindings_directory(&bindings, "mn", 2, &number));
    assert_false(bindings_directory(&bindings, "nothing", 7, &number));
    number = number_of("mnt");
    assert_true(bindings_directory_path(&bindings, number, path, &length));
    assert_int_equal(length, 3);
    assert_memory_equal(path, "mnt", 3);
    bind(1, "mnt/other"); /* a number stays what it was */
    assert_true(bindings_directory_path(&bindings, number, path, &length));
    assert_int_equal(length, 3);
    bindings.places[2].path[0] = '\0';
    assert_false(bindings_directory_path(&bindings, number, path, &length));
}

static void numbers_never_given_out_name_nothing(void **state)
{
    char path[BINDING_PATH];
    size_t length;
    (void)state;
    for (uint32_t number = 1; number < 0x2000; number++) {
        if (bindings_directory_path(&bindings, number, path, &length)) {
            assert_true(length > 0 && length < BINDING_PATH);
        }
    }
    assert_false(bindings_directory_path(&bindings, UINT32_MAX, path, &length));
    assert_false(bindings_directory_path(&bindings, 0x1ff, path, &length)); /* no such place */
    assert_false(bindings_directory_path(&bindings, 0x001, path, &length)); /* no parts */
}

static void assert_lists(const char *directory, const char *const *names)
{
    const char *name;
    size_t length;
    uint64_t position = 0;
    for (; names[position] != NULL; position++) {
        assert_true(bindings_entry(&bindings, number_of(directory), position, &name, &length));
        assert_int_equal(length, strlen(names[position]));
        assert_memory_equal(name, names[position], length);
    }
    assert_false(bindings_entry(&bindings, number_of(directory), position, &name, &length));
}

static void names_come_once(void **state)
{
    (void)state;
    assert_lists("", (const char *const[]){"dev", "mnt", "srv", NULL});
    assert_lists("mnt", (const char *const[]){"a", "ab", NULL});
    assert_lists("mnt/a/deep", (const char *const[]){"er", NULL});
    bind(6, "mnt");
    assert_lists("", (const char *const[]){"dev", "mnt", "srv", NULL});
    memset(&bindings, 0, sizeof(bindings));
    assert_lists("", (const char *const[]){NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_longest_binding_answers, begin),
        cmocka_unit_test_setup(directories_above_bindings_are_own, begin),
        cmocka_unit_test_setup(numbers_never_given_out_name_nothing, begin),
        cmocka_unit_test_setup(names_come_once, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
