/* The calls themselves: numbers, registers, descriptors, what fstat and the clock say. */

#include "try.h"

void try_registers(void)
{
    expect_is((long)changed_registers(), 0, "registers over a system call");
}

void try_numbers(void)
{
    expect_is(call_none(), -1, "call 0");
    expect_is(call_unknown(), -1, "call 1000");
    expect_is(call_negative(), -1, "call -1");
}

static void expect_refused(int file)
{
    char byte;
    struct stat status;

    expect_is(read(file, &byte, 1), -1, "read of no file");
    expect_is(write(file, &byte, 1), -1, "write of no file");
    expect_is(fstat(file, &status), -1, "fstat of no file");
    expect_is(dup(file), -1, "dup of no file");
    expect_is(close(file), -1, "close of no file");
}

void try_descriptors(void)
{
    static const int none[] = {-1, FILES_MOST, FILES_MOST + 1, 1000000, INT32_MIN};
    int first = open("echo", O_RDONLY), second = dup(first);

    expect(first >= 0 && second == first + 1, "a descriptor is the lowest that is free");
    expect_is(close(first), 0, "close");
    expect_refused(first);
    expect_is(open("echo", O_RDONLY), first, "a closed descriptor used again");
    for (int i = 0; i < COUNT(none); i++) {
        expect_refused(none[i]);
    }
}

/* All are taken; then none is lost by what is refused. */
void try_descriptor_limit(void)
{
    int ends[2], last = -1, file;

    while ((file = dup(0)) >= 0) {
        last = file;
    }
    expect_is(last, FILES_MOST - 1, "the last descriptor");
    expect_is(open("echo", O_RDONLY), -1, "open without a free descriptor");
    expect_is(pipe(ends), -1, "pipe without a free descriptor");
    expect_is(close(last), 0, "close");
    expect_is(pipe(ends), -1, "pipe with one free descriptor");
    expect_is(open("echo", O_RDONLY), last, "the descriptor after a refused pipe");
    close(last);
    close(last - 1);
    expect_is(pipe(ends), 0, "pipe with two free descriptors");
}

void try_modes(void)
{
    char bytes[4];

    put_file("modes", "abcd", 4);
    int file = open("modes", O_RDONLY);
    expect_is(write(file, "x", 1), -1, "write to what is open for reading");
    expect_is(read(file, bytes, 4), 4, "read");
    close(file);
    file = open("modes", O_WRONLY);
    expect_is(read(file, bytes, 1), -1, "read from what is open for writing");
    expect_is(write(file, "x", 1), 1, "write");
    close(file);
    file = open("modes", O_RDWR);
    expect_is(read(file, bytes, 2), 2, "read of what is open for both");
    expect_is(write(file, "y", 1), 1, "write of what is open for both");
    expect_is(read(file, bytes + 2, 2), 1, "read behind what was written");
    expect(bytes[0] == 'x' && bytes[1] == 'b' && bytes[2] == 'd', "what was written is read");
    expect_is(read(file, bytes, 2), 0, "read at the end");
    close(file);
    remove_name("modes");
}

void try_fstat(void)
{
    struct stat file, second, root;
    int ends[2];

    put_file("status", "abcdef", 6);
    expect_is(link("status", "status2"), 0, "link");
    expect_is(path_stat("status", &file), 0, "status of a file");
    expect_is(path_stat("status2", &second), 0, "status of its other name");
    expect_is(file.type, T_FILE, "type of a file");
    expect_is(file.nlink, 2, "links of a file");
    expect_is((long)file.size, 6, "size of a file");
    expect(file.ino == second.ino && file.dev == second.dev, "both names have one inode");
    remove_name("status2");
    expect_is(path_stat("status", &file), 0, "status of a file");
    expect_is(file.nlink, 1, "links after one is gone");
    expect_is(path_stat("/", &root), 0, "status of the root");
    expect_is(root.type, T_DIR, "type of the root");
    expect(root.size > 0 && root.size % sizeof(struct dirent) == 0, "the root holds entries");
    make_pipe(ends);
    expect_is(fstat(ends[0], &file), -1, "status of a pipe");
    remove_name("status");
}

/* Of a number that is no device. */
void try_device(void)
{
    struct stat status;

    expect_is(mknod("device", 9, 1), 0, "mknod");
    expect_is(mknod("device", 9, 1), -1, "mknod of a name that is there");
    int file = open("device", O_RDWR);
    if (file >= 0) {
        expect_is(fstat(file, &status), 0, "status of a device");
        expect_is(status.type, T_DEVICE, "type of a device");
        expect_is(read(file, buffer, 1), -1, "read of a device that is not there");
        expect_is(write(file, buffer, 1), -1, "write of a device that is not there");
        close(file);
    }
    remove_name("device");
    expect_is(mknod("device", 10, 1), 0, "mknod");
    expect_is(open("device", O_RDWR), -1, "open of a device whose number is too large");
    remove_name("device");
}

void try_ticks(void)
{
    int before = uptime();

    expect_is(pause(2), 0, "pause");
    expect(uptime() - before >= 2, "two ticks pass while a process sleeps for two");
    expect_is(pause(0), 0, "pause for no time");
    int pid = getpid();
    expect(pid > 0 && getpid() == pid, "a process keeps its number");
}
