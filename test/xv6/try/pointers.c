/* Addresses that are not the program's, in every call that takes one. */

#include "machine.h"
#include "try.h"

static const uintptr_t outside[] = OUTSIDE_ADDRESSES;

#define AT(address) ((void *)(address))

static void copy_in(uintptr_t address)
{
    int ends[2], file = make_file("pointer");

    expect(write(file, AT(address), 2 * PAGE) < 0, "a file takes nothing from outside");
    close(file);
    remove_name("pointer");
    expect(write(1, AT(address), 2 * PAGE) <= 0, "the output takes nothing from outside");
    make_pipe(ends);
    expect(write(ends[1], AT(address), 2 * PAGE) <= 0, "a pipe takes nothing from outside");
    close(ends[0]);
    close(ends[1]);
}

void try_copyin(void)
{
    for (int i = 0; i < COUNT(outside); i++) {
        copy_in(outside[i]);
    }
}

static void copy_out(uintptr_t address)
{
    int ends[2], file = open("echo", O_RDONLY);

    expect(read(file, AT(address), 2 * PAGE) <= 0, "a file gives nothing to outside");
    expect_is(fstat(file, AT(address)), -1, "a status to outside");
    close(file);
    make_pipe(ends);
    expect_is(write(ends[1], "x", 1), 1, "write to a pipe");
    expect(read(ends[0], AT(address), 2 * PAGE) <= 0, "a pipe gives nothing to outside");
    close(ends[0]);
    close(ends[1]);
    expect_is(pipe(AT(address)), -1, "the ends of a pipe to outside");
}

void try_copyout(void)
{
    int free_one = dup(0);

    close(free_one);
    for (int i = 0; i < COUNT(outside); i++) {
        copy_out(outside[i]);
    }
    expect_is(dup(0), free_one, "a descriptor after all that was refused");
}

/* Text is not written for a program either: to its first bytes, what is there already. */
void try_copyout_text(void)
{
    uintptr_t text = 0;
    int ends[2];

    __asm__("" : "+r"(text)); /* the compiler takes address 0 for no memory */
    put_file("pointer", AT(text), 64);
    int file = open("pointer", O_RDONLY);
    if (read(file, AT(text), 64) > 0) {
        note("read writes to text");
    } else {
        make_pipe(ends);
        expect_is(write(ends[1], AT(text), 64), 64, "write to a pipe");
        expect(read(ends[0], AT(text), 64) <= 0, "a pipe gives nothing to text");
        expect_is(fstat(file, AT(text)), -1, "a status to text");
        expect_is(pipe(AT(text)), -1, "the ends of a pipe to text");
    }
    close(file);
    remove_name("pointer");
}

/* But text can be read, up to its end and not over it. */
void try_copyin_text(void)
{
    static const char constant[] = "constant";
    uintptr_t top = (uintptr_t)sbrk(0);

    put_file("pointer", constant, sizeof(constant));
    int file = open("pointer", O_RDWR);
    expect_is(read(file, buffer, sizeof(constant)), sizeof(constant), "read");
    expect_is(memcmp(buffer, constant, sizeof(constant)), 0, "what was text");
    expect(write(file, AT(top - 1), 1) == 1, "the last byte of a program can be written");
    expect(write(file, AT(page_up(top) - 1), 2) < 0, "not the one behind it");
    close(file);
    remove_name("pointer");
}

void try_copyinstr1(void)
{
    const char *const words[] = {"echo", NULL};

    for (int i = 0; i < COUNT(outside); i++) {
        const char *path = AT(outside[i]);
        expect_is(open(path, O_CREATE | O_WRONLY), -1, "open of a path outside");
        expect_is(unlink(path), -1, "unlink of a path outside");
        expect_is(mkdir(path), -1, "mkdir of a path outside");
        expect_is(chdir(path), -1, "chdir to a path outside");
        expect_is(mknod(path, 1, 1), -1, "mknod of a path outside");
        expect_is(link(path, "pointer"), -1, "link of a path outside");
        expect_is(link("echo", path), -1, "link to a path outside");
        expect_is(exec(path, words), -1, "exec of a path outside");
    }
}

static void expect_no_path(const char *path)
{
    const char *const words[] = {"echo", NULL};

    expect_is(unlink(path), -1, "unlink");
    expect_is(open(path, O_CREATE | O_WRONLY), -1, "open");
    expect_is(link(path, path), -1, "link");
    expect_is(mkdir(path), -1, "mkdir");
    expect_is(chdir(path), -1, "chdir");
    expect_is(exec(path, words), -1, "exec");
}

/* A path as long as the kernel's room for it leaves none for the zero; one byte less is a path. An
 * argument has a page. */
void try_copyinstr2(void)
{
    static char path[PATH_MOST + 1], argument[PAGE + 1];
    const char *const words[] = {argument, argument, argument, NULL};

    memset(path, 'x', PATH_MOST);
    expect_no_path(path);
    path[PATH_MOST - 1] = '\0';
    close(make_file(path));
    path[NAME_MOST] = '\0';
    remove_name(path);
    memset(argument, 'x', PAGE);
    expect_is(exec("echo", words), -1, "exec with arguments of more than a page");
}

/* The zero would be behind the program's last page. */
void try_copyinstr3(void)
{
    sbrk(2 * PAGE);
    uintptr_t top = (uintptr_t)sbrk(0);
    sbrk((int)(page_up(top) - top));
    char *last = sbrk(0) - 1;
    *last = 'x';
    expect_no_path(last);
    last[-1] = 'y';
    expect_no_path(last - 1);
    *last = '\0';
    close(make_file(last - 1));
    remove_name("y");
}

/* Memory that has been given back. */
void try_rwsbrk(void)
{
    char *memory = sbrk(2 * PAGE);

    expect(memory != SBRK_ERROR && sbrk(-2 * PAGE) != SBRK_ERROR, "sbrk works both ways");
    int file = make_file("pointer");
    expect(write(file, memory + PAGE, 1024) < 0, "nothing is taken from memory given back");
    close(file);
    remove_name("pointer");
    file = open("echo", O_RDONLY);
    expect(read(file, memory + PAGE, 10) < 0, "nothing is put into memory given back");
}

void try_negative_count(void)
{
    int file = open("echo", O_RDONLY);

    expect(read(file, sbrk(0) - 1, -1) <= 0, "nothing is read with a negative count");
    close(file);
    file = make_file("pointer");
    expect(write(file, buffer, -1) <= 0, "nothing is written with a negative count");
    close(file);
    remove_name("pointer");
}

void try_wild_exec(void)
{
    const char *const none[] = {NULL};
    uintptr_t wild = 0xeaeb0b5b00002f5e; /* its lower half looks like an address of a program */

    expect_is(exec(AT(wild), none), -1, "exec of a wild path");
    expect_is(exec("echo", AT(wild)), -1, "exec with wild arguments");
    expect_is(pipe(AT(wild)), -1, "pipe to a wild address");
}

/* What was made for the new program is given back; a page a time would be noticed at the end. */
void try_bad_argument(void)
{
    const char *const words[] = {"echo", AT(0xfffffffful), NULL};
    const char *const outside_word[] = {AT(0xfffffffful), NULL};

    for (int i = 0; i < 2500; i++) {
        expect_is(exec("echo", words), -1, "exec with a wild argument");
        expect_is(exec("echo", outside_word), -1, "exec with a wild name");
    }
}

/* A path at every page of the program and far behind it. */
void try_string_pages(void)
{
    for (uintptr_t address = 0; address <= 1100 * 1024; address += PAGE) {
        expect_is(link("nosuchfile", AT(address)), -1, "link of no file");
    }
}

/* A status that cannot be given leaves the child to be waited for. */
void try_wait_pointer(void)
{
    int pid = start_child();

    if (pid == 0) {
        exit(7);
    }
    expect_is(wait(AT(outside[0])), -1, "wait with a wild pointer");
    int status = 0;
    expect_is(wait(&status), pid, "wait afterwards");
    expect_is(status, 7, "status");
    expect_is(wait(&status), -1, "wait without children");
}
