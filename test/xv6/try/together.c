/* Several processes at once on files and names. */

#include "try.h"

/* An offset that two share: nothing is written over. */
void try_shared_offset(void)
{
    enum { WRITES = 1000, BYTES = 10 };
    char bytes[BYTES];
    int of_child = 0, of_parent = 0, file = make_file("shared");

    int pid = start_child();
    memset(bytes, pid == 0 ? 'c' : 'p', BYTES);
    for (int i = 0; i < WRITES; i++) {
        expect_is(write(file, bytes, BYTES), BYTES, "write");
    }
    if (pid == 0) {
        exit(0);
    }
    expect_children(1);
    close(file);
    file = open("shared", O_RDONLY);
    while (read(file, bytes, BYTES) == BYTES) {
        expect(memcmp(bytes, bytes + 1, BYTES - 1) == 0, "a write stays in one piece");
        of_child += bytes[0] == 'c';
        of_parent += bytes[0] == 'p';
    }
    expect_is(of_child, WRITES, "writes of the child");
    expect_is(of_parent, WRITES, "writes of the parent");
    close(file);
    remove_name("shared");
}

enum { SHARED_NAMES = 60, SHARED_READERS = 4 };

/* Tells the number of each name that it gets from the directory; the rest are `.` and `..`. */
static _Noreturn void read_shared(int directory, int told)
{
    struct dirent entry;

    while (read(directory, &entry, sizeof(entry)) == sizeof(entry)) {
        char number = entry.name[0] == 'n' ? (char)text_number(entry.name + 1) : SHARED_NAMES;
        expect_is(write(told, &number, 1), 1, "write to the pipe");
    }
    exit(0);
}

/* A directory that several read by one descriptor: each entry comes to one of them. */
void try_shared_directory(void)
{
    static int seen[SHARED_NAMES + 1];
    char name[5], number;
    int ends[2];

    expect_is(mkdir("several"), 0, "mkdir");
    expect_is(chdir("several"), 0, "chdir");
    for (int i = 0; i < SHARED_NAMES; i++) {
        number_name(name, 'n', i);
        close(make_file(name));
    }
    make_pipe(ends);
    int directory = open(".", O_RDONLY);
    for (int i = 0; i < SHARED_READERS; i++) {
        if (start_child() == 0) {
            close(ends[0]);
            read_shared(directory, ends[1]);
        }
    }
    close(ends[1]);
    while (read(ends[0], &number, 1) == 1) {
        seen[(int)number]++;
    }
    expect_children(SHARED_READERS);
    for (int i = 0; i < SHARED_NAMES; i++) {
        number_name(name, 'n', i);
        expect_is(seen[i], 1, name);
        remove_name(name);
    }
    expect_is(seen[SHARED_NAMES], 2, "`.` and `..`");
    expect_is(read(directory, name, sizeof(name)), 0, "read at the end");
    expect_is(close(directory), 0, "close of the directory");
    expect_is(chdir("/"), 0, "chdir to the root");
    remove_name("several");
}

static void check_filled(const char *name, int byte, int length)
{
    int count, total = 0, file = open(name, O_RDONLY);

    while ((count = read(file, buffer, sizeof(buffer))) > 0) {
        for (int i = 0; i < count; i++) {
            expect_is(buffer[i], byte, name);
        }
        total += count;
    }
    expect_is(total, length, name);
    close(file);
}

/* Each writes a file of its own: no block is given to two. */
void try_four_files(void)
{
    enum { WRITES = 12, BYTES = 500, FILES = 4 };
    char name[5];

    for (int i = 0; i < FILES; i++) {
        number_name(name, 'f', i);
        if (start_child() == 0) {
            int file = make_file(name);
            memset(buffer, '0' + i, BYTES);
            for (int j = 0; j < WRITES; j++) {
                expect_is(write(file, buffer, BYTES), BYTES, name);
            }
            exit(0);
        }
    }
    expect_children(FILES);
    for (int i = 0; i < FILES; i++) {
        number_name(name, 'f', i);
        check_filled(name, '0' + i, WRITES * BYTES);
        remove_name(name);
    }
}

static _Noreturn void create_and_delete(char first, int count)
{
    char name[5];

    for (int i = 0; i < count; i++) {
        number_name(name, first, i);
        close(make_file(name));
        if (i > 0 && i % 2 == 0) {
            number_name(name, first, i / 2);
            remove_name(name);
        }
    }
    exit(0);
}

/* Each makes many files in the same directory and takes some away: all of the even numbers' halves,
 * 1 to 9, are gone. */
void try_create_delete(void)
{
    enum { NAMES = 20, WORKERS = 4 };
    char name[5];

    for (int worker = 0; worker < WORKERS; worker++) {
        if (start_child() == 0) {
            create_and_delete((char)('p' + worker), NAMES);
        }
    }
    expect_children(WORKERS);
    for (int worker = 0; worker < WORKERS; worker++) {
        for (int i = 0; i < NAMES; i++) {
            number_name(name, (char)('p' + worker), i);
            if (i > 0 && i < NAMES / 2) {
                expect_absent(name);
            } else {
                remove_name(name);
            }
        }
    }
}

enum { CONCURRENT_NAMES = 40 };

/* In the directory each name stands once. */
static void check_names(void)
{
    static bool seen[CONCURRENT_NAMES];
    struct dirent entry;
    int file = open(".", O_RDONLY), found = 0;

    while (read(file, &entry, sizeof(entry)) == sizeof(entry)) {
        if (entry.inum != 0 && entry.name[0] == 'C' && entry.name[4] == '\0') {
            int number = text_number(entry.name + 1);
            expect(number < CONCURRENT_NAMES && !seen[number], "a name stands once");
            seen[number] = true;
            found++;
        }
    }
    expect_is(found, CONCURRENT_NAMES, "names in the directory");
    close(file);
}

/* Parent and child make the same name at once, new or as a link; then both open it or take it
 * away. */
void try_create_together(void)
{
    char name[5];

    for (int i = 0; i < CONCURRENT_NAMES; i++) {
        number_name(name, 'C', i);
        int pid = start_child();
        if (i > 0 && i % (pid == 0 ? 5 : 3) == 1) {
            link("C000", name);
        } else {
            int file = open(name, O_CREATE | O_RDWR);
            expect(file >= 0, "a name can be opened that another makes");
            close(file);
        }
        if (pid == 0) {
            exit(0);
        }
        expect_children(1);
    }
    check_names();
    for (int i = 0; i < CONCURRENT_NAMES; i++) {
        number_name(name, 'C', i);
        int pid = start_child();
        for (int j = 0; j < 6; j++) {
            if (i % 3 == 0 ? pid == 0 : i % 3 == 1 && pid != 0) {
                close(open(name, O_RDONLY));
            } else {
                unlink(name);
            }
        }
        if (pid == 0) {
            exit(0);
        }
        expect_children(1);
        expect_absent(name);
    }
}

/* Both make, link and take away one name, each in an order of its own. */
void try_link_unlink(void)
{
    int pid = start_child();
    uint32_t random = pid == 0 ? 97 : 1;

    for (int i = 0; i < 100; i++) {
        random = random * 1664525 + 1013904223;
        switch ((random >> 16) % 3) {
        case 0:
            close(open("contended", O_RDWR | O_CREATE));
            break;
        case 1:
            link("echo", "contended");
            break;
        default:
            unlink("contended");
            break;
        }
    }
    if (pid == 0) {
        exit(0);
    }
    expect_children(1);
    unlink("contended");
}

static _Noreturn void write_often(int worker)
{
    char name[5];

    number_name(name, 'w', worker);
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i <= worker; i++) {
            int file = open(name, O_CREATE | O_RDWR);
            expect_is(write(file, buffer, sizeof(buffer)), sizeof(buffer), name);
            close(file);
        }
        remove_name(name);
    }
    exit(0);
}

/* Writes of more than a transaction, by several. */
void try_many_writes(void)
{
    for (int worker = 0; worker < 4; worker++) {
        if (start_child() == 0) {
            write_often(worker);
        }
    }
    expect_children(4);
}
