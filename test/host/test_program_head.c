/* Unit tests of the first bytes of files that are started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "program_head.h"

static struct program_head head;

static void look(const char *bytes, size_t size)
{
    memset(&head, 0xa5, sizeof(head));
    program_head_read(&head, bytes, size);
}

static void assert_script(const char *text, const char *interpreter, const char *argument)
{
    look(text, strlen(text));
    assert_int_equal(head.form, PROGRAM_SCRIPT);
    assert_string_equal(head.interpreter, interpreter);
    assert_string_equal(head.argument, argument);
}

static void scripts_name_a_program_and_one_argument(void **state)
{
    (void)state;
    assert_script("#!/boot/shell\necho", "/boot/shell", "");
    assert_script("#! \t/bin/awk -f  one word \t\nBEGIN", "/bin/awk", "-f  one word");
    assert_script("#!shell", "shell", "");
    assert_script("#!shell -c", "shell", "-c");
}

static void scripts_that_name_nothing(void **state)
{
    char text[PROGRAM_HEAD_SIZE + 8];
    (void)state;
    assert_script("#!", "", "");
    assert_script("#!\n/boot/shell", "", "");
    assert_script("#!   \t \n", "", "");
    look("#!/boot/sh\0ell\n", 15);
    assert_int_equal(head.form, PROGRAM_SCRIPT);
    assert_string_equal(head.interpreter, "");
    memset(text, 'x', sizeof(text));
    memcpy(text, "#!", 2);
    look(text, PROGRAM_HEAD_SIZE);
    assert_string_equal(head.interpreter, "");
    text[PROGRAM_HEAD_SIZE - 1] = '\n';
    look(text, PROGRAM_HEAD_SIZE);
    assert_int_equal(strlen(head.interpreter), PROGRAM_HEAD_SIZE - 3);
}

static void objects_are_told_by_their_header(void **state)
{
    char header[64] = "\177ELF";
    (void)state;
    header[16] = 1; /* ET_REL */
    look(header, sizeof(header));
    assert_int_equal(head.form, PROGRAM_OBJECT);
    look(header, 18);
    assert_int_equal(head.form, PROGRAM_OBJECT);
    look(header, 17);
    assert_int_equal(head.form, PROGRAM_FOREIGN);
    header[17] = 1;
    look(header, sizeof(header));
    assert_int_equal(head.form, PROGRAM_FOREIGN);
    header[17] = 0;
    header[16] = 2; /* ET_EXEC */
    look(header, sizeof(header));
    assert_int_equal(head.form, PROGRAM_FOREIGN);
    assert_string_equal(head.interpreter, "");
}

static void other_files_are_foreign_and_empty_ones_objects(void **state)
{
    (void)state;
    look("", 0);
    assert_int_equal(head.form, PROGRAM_OBJECT);
    look("#", 1);
    assert_int_equal(head.form, PROGRAM_FOREIGN);
    look("MZ\220", 3);
    assert_int_equal(head.form, PROGRAM_FOREIGN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_name_a_program_and_one_argument),
        cmocka_unit_test(scripts_that_name_nothing),
        cmocka_unit_test(objects_are_told_by_their_header),
        cmocka_unit_test(other_files_are_foreign_and_empty_ones_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
