/* What the tests share: try.h. */

#include "try.h"

const char *test_name;
char buffer[(OPERATION_BLOCKS + 2) * BLOCK];

void expect(bool holds, const char *what)
{
    if (!holds) {
        print(1, "try: %s: not so: %s\n", test_name, what);
        exit(1);
    }
}

void expect_is(long got, long expected, const char *what)
{
    if (got != expected) {
        print(1, "try: %s: %s: %ld instead of %ld\n", test_name, what, got, expected);
        exit(1);
    }
}

void note(const char *what)
{
    print(1, "try: %s: older xv6: %s\n", test_name, what);
}

int start_child(void)
{
    int pid = fork();

    expect(pid >= 0, "fork works");
    return pid;
}

int child_status(void)
{
    int status = 0;

    expect(wait(&status) > 0, "there is a child to wait for");
    return status;
}

void expect_children(int count)
{
    while (count-- > 0) {
        expect_is(child_status(), 0, "status of a child");
    }
}

void expect_killed(void (*action)(uintptr_t argument), uintptr_t argument, const char *what)
{
    if (start_child() == 0) {
        action(argument);
        print(1, "try: %s: %s 0x%lx did not end the process\n", test_name, what, argument);
        exit(1);
    }
    expect_is(child_status(), KILLED, what);
}

void make_pipe(int ends[2])
{
    expect_is(pipe(ends), 0, "pipe");
}

int make_file(const char *path)
{
    int file = open(path, O_CREATE | O_RDWR | O_TRUNC);

    if (file < 0) {
        print(1, "try: %s: cannot make the file %s\n", test_name, path);
        exit(1);
    }
    return file;
}

void put_file(const char *path, const void *bytes, int count)
{
    int file = make_file(path);

    expect_is(write(file, bytes, count), count, path);
    expect_is(close(file), 0, path);
}

void expect_absent(const char *path)
{
    if (open(path, O_RDONLY) >= 0) {
        print(1, "try: %s: %s is there\n", test_name, path);
        exit(1);
    }
}

void remove_name(const char *path)
{
    if (unlink(path) != 0) {
        print(1, "try: %s: cannot remove %s\n", test_name, path);
        exit(1);
    }
}

void number_name(char *name, char first, int number)
{
    name[0] = first;
    for (int i = 3; i > 0; i--) {
        name[i] = (char)('0' + number % 10);
        number /= 10;
    }
    name[4] = '\0';
}

int free_pages(void)
{
    char *before = sbrk(0);
    int pages = 0;

    for (int step = 256; step > 0; step /= 2) {
        while (sbrk(step * PAGE) != SBRK_ERROR) {
            pages += step;
        }
    }
    expect(sbrk(-(int)(sbrk(0) - before)) != SBRK_ERROR, "memory can be given back");
    return pages;
}
