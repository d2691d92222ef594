/* try [-q | -a | NAME]: tries the whole interface of xv6, as a kernel's own tests do. -q leaves
 * out what takes long, -a adds what only the newest xv6 stands, NAME tries one. A line for each,
 * `try: NAME ok`, and at the end ALL TESTS PASSED; status 0 if so. */

#include "try.h"

static const struct test {
    const char *name;
    void (*run)(void);
    enum test_kind kind;
} tests[] = {
#define NAME_TEST(name, kind) {#name, try_##name, kind},
    TESTS(NAME_TEST)
#undef NAME_TEST
};

static bool passes(const struct test *test)
{
    int status = KILLED;

    test_name = test->name;
    int pid = fork();
    if (pid == 0) {
        test->run();
        exit(0);
    }
    bool passed = pid > 0 && wait(&status) == pid && status == 0;
    if (passed) {
        print(1, "try: %s ok\n", test->name);
    } else {
        print(1, "try: %s FAILED (status %d)\n", test->name, status);
    }
    return passed;
}

static bool chosen(const struct test *test, const char *choice)
{
    if (choice == NULL) {
        return test->kind != NEWEST;
    }
    if (strcmp(choice, "-q") == 0) {
        return test->kind == QUICK;
    }
    return strcmp(choice, "-a") == 0 || strcmp(choice, test->name) == 0;
}

/* What a process had that ended without anyone waiting comes back when init has waited for it. */
static bool pages_are_back(int before)
{
    int now = free_pages();

    for (int tries = 0; now < before && tries < 50; tries++) {
        pause(1);
        now = free_pages();
    }
    if (now < before) {
        print(1, "try: %d of %d free pages are lost\n", before - now, before);
    }
    return now >= before;
}

int main(int argument_count, char **arguments)
{
    const char *choice = argument_count > 1 ? arguments[1] : NULL;
    int before = free_pages(), run = 0, failed = 0;

    if (choice != NULL && strcmp(choice, "-arguments") == 0) {
        return check_arguments(argument_count, arguments);
    }
    for (int i = 0; i < COUNT(tests); i++) {
        if (chosen(&tests[i], choice)) {
            run++;
            failed += !passes(&tests[i]);
        }
    }
    failed += !pages_are_back(before);
    if (run == 0) {
        print(1, "try: no test has the name %s\n", choice);
        return 1;
    }
    if (failed > 0) {
        print(1, "SOME TESTS FAILED\n");
        return 1;
    }
    print(1, "ALL TESTS PASSED\n");
    return 0;
}
