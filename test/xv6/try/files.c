/* Files: what is written is read, to the limits of size, after truncation and without a name. */

#include "try.h"

static int read_some(int file)
{
    return read(file, buffer, 32);
}

/* One opening truncates what others have open. */
void try_truncate1(void)
{
    put_file("truncate", "abcd", 4);
    int first = open("truncate", O_RDONLY);
    expect_is(read_some(first), 4, "read of the file");
    int writer = open("truncate", O_WRONLY | O_TRUNC), second = open("truncate", O_RDONLY);
    expect_is(read_some(second), 0, "read after truncation");
    expect_is(read_some(first), 0, "read of the earlier opening");
    expect_is(write(writer, "abcdef", 6), 6, "write");
    expect_is(read_some(second), 6, "read of what is new");
    expect_is(read_some(first), 2, "read of what lies behind the earlier offset");
    expect(buffer[0] == 'e' && buffer[1] == 'f', "these are the last two bytes");
    remove_name("truncate");
}

/* xv6 has no holes: a write behind the end is refused. */
void try_truncate2(void)
{
    int first = make_file("truncate");

    expect_is(write(first, "abcd", 4), 4, "write");
    int second = open("truncate", O_TRUNC | O_WRONLY);
    expect(second >= 0, "the file can be opened again");
    expect_is(write(first, "x", 1), -1, "write behind the end");
    remove_name("truncate");
}

/* Truncated by one process while another opens, writes and reads. */
void try_truncate3(void)
{
    close(make_file("truncate"));
    if (start_child() == 0) {
        for (int i = 0; i < 100; i++) {
            int file = open("truncate", O_WRONLY);
            expect(file >= 0, "the file can be opened");
            expect_is(write(file, "1234567890", 10), 10, "write");
            close(file);
            file = open("truncate", O_RDONLY);
            expect(read_some(file) >= 0, "the file can be read");
            close(file);
        }
        exit(0);
    }
    for (int i = 0; i < 150; i++) {
        put_file("truncate", "xxx", 3);
    }
    expect_children(1);
    remove_name("truncate");
}

void try_open(void)
{
    int file = open("echo", O_RDONLY);

    expect(file >= 0, "a file that is there can be opened");
    expect_is(close(file), 0, "close");
    expect_is(open("doesnotexist", O_RDONLY), -1, "open of a name that is not there");
    expect_is(open("doesnotexist", O_RDWR), -1, "open for writing of a name that is not there");
    expect(open("", O_RDONLY) >= 0, "no name is the directory where the process is");
    expect(open("/", O_RDONLY) >= 0 && open("//", O_RDONLY) >= 0, "the root can be opened");
    expect(open("///echo", O_RDONLY) >= 0, "slashes may stand together");
}

void try_write_small(void)
{
    int file = make_file("small");

    for (int i = 0; i < 100; i++) {
        expect_is(write(file, "aaaaaaaaaa", 10), 10, "write");
        expect_is(write(file, "bbbbbbbbbb", 10), 10, "write");
    }
    close(file);
    file = open("small", O_RDONLY);
    expect_is(read(file, buffer, sizeof(buffer)), 2000, "read of all");
    for (int i = 0; i < 2000; i++) {
        expect_is(buffer[i], i / 10 % 2 == 0 ? 'a' : 'b', "a byte");
    }
    close(file);
    remove_name("small");
}

static void number_block(int number)
{
    memset(buffer, number, BLOCK);
    memcpy(buffer, &number, sizeof(number));
}

/* The largest file there can be, and not a byte more. */
void try_write_big(void)
{
    int file = make_file("big"), number;

    for (int i = 0; i < FILE_BLOCKS_MOST; i++) {
        number_block(i);
        expect_is(write(file, buffer, BLOCK), BLOCK, "write of a block");
    }
    expect_is(write(file, buffer, 1), -1, "write beyond the largest size");
    close(file);
    file = open("big", O_RDONLY);
    for (int i = 0; i < FILE_BLOCKS_MOST; i++) {
        expect_is(read(file, buffer, BLOCK), BLOCK, "read of a block");
        memcpy(&number, buffer, sizeof(number));
        expect_is(number, i, "number in a block");
        expect_is(buffer[BLOCK - 1], (char)i, "last byte of a block");
    }
    expect_is(read(file, buffer, BLOCK), 0, "read at the end");
    close(file);
    remove_name("big");
}

/* The file lives on while it is open; the name is free for another. */
void try_unlink_read(void)
{
    put_file("unlinked", "hello", 5);
    int file = open("unlinked", O_RDWR);
    remove_name("unlinked");
    expect_absent("unlinked");
    put_file("unlinked", "yyy", 3);
    expect_is(read_some(file), 5, "read of a file without a name");
    expect_is(memcmp(buffer, "hello", 5), 0, "what it holds");
    expect_is(write(file, buffer, 10), 10, "write to a file without a name");
    close(file);
    file = open("unlinked", O_RDONLY);
    expect_is(read_some(file), 3, "read of the other file");
    close(file);
    remove_name("unlinked");
}

/* Writes of all sizes up to more than a transaction of the log takes. */
void try_big_write(void)
{
    for (int size = 499; size < (int)sizeof(buffer); size += 471) {
        int file = make_file("bigwrite");
        expect_is(write(file, buffer, size), size, "first write");
        expect_is(write(file, buffer, size), size, "second write");
        close(file);
        remove_name("bigwrite");
    }
}

/* Written and read in pieces that share blocks. */
void try_big_file(void)
{
    int piece = 600, pieces = 20, file = make_file("bigfile.dat");

    for (int i = 0; i < pieces; i++) {
        memset(buffer, i, (size_t)piece);
        expect_is(write(file, buffer, piece), piece, "write of a piece");
    }
    close(file);
    file = open("bigfile.dat", O_RDONLY);
    for (int i = 0; i < 2 * pieces; i++) {
        expect_is(read(file, buffer, piece / 2), piece / 2, "read of half a piece");
        expect_is(buffer[0], i / 2, "its first byte");
        expect_is(buffer[piece / 2 - 1], i / 2, "its last byte");
    }
    expect_is(read(file, buffer, piece), 0, "read at the end");
    close(file);
    remove_name("bigfile.dat");
}

/* An opening has its own offset, which `dup` and `fork` share. */
void try_two_offsets(void)
{
    put_file("offsets", "abcdef", 6);
    int first = open("offsets", O_RDONLY), same = dup(first), other = open("offsets", O_RDONLY);
    expect_is(read(first, buffer, 1), 1, "read");
    if (start_child() == 0) {
        expect_is(read(first, buffer, 1), 1, "read in the child");
        exit(buffer[0] == 'b' ? 0 : 1);
    }
    expect_children(1);
    expect_is(read(same, buffer, 1), 1, "read of the duplicate");
    expect_is(buffer[0], 'c', "third byte");
    expect_is(read(other, buffer, 1), 1, "read of the other opening");
    expect_is(buffer[0], 'a', "first byte");
    remove_name("offsets");
}
