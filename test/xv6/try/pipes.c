/* Pipes: bytes in order, blocking when full and empty, their ends. */

#include "try.h"

/* More than the pipe holds, read in pieces that grow. */
void try_pipe(void)
{
    int ends[2], pieces = 5, piece = 1033, total = 0, want = 1, count;

    make_pipe(ends);
    if (start_child() == 0) {
        close(ends[0]);
        for (int sent = 0; sent < pieces * piece; sent += piece) {
            for (int i = 0; i < piece; i++) {
                buffer[i] = (char)(sent + i);
            }
            expect_is(write(ends[1], buffer, piece), piece, "write to a pipe");
        }
        exit(0);
    }
    close(ends[1]);
    while ((count = read(ends[0], buffer, want)) > 0) {
        for (int i = 0; i < count; i++) {
            expect_is(buffer[i], (char)(total + i), "a byte of the pipe");
        }
        total += count;
        want = want * 2 > (int)sizeof(buffer) ? (int)sizeof(buffer) : want * 2;
    }
    expect_is(count, 0, "read after the last writer is gone");
    expect_is(total, pieces * piece, "bytes in all");
    expect_children(1);
}

/* As many bytes as it holds need no reader; a reader gets what there is. The next waits. */
void try_pipe_full(void)
{
    int ends[2], done[2];

    make_pipe(ends);
    make_pipe(done);
    expect_is(write(ends[1], buffer, PIPE_BYTES), PIPE_BYTES, "write that fills the pipe");
    if (start_child() == 0) {
        expect_is(write(ends[1], "y", 1), 1, "write to a full pipe");
        expect_is(write(done[1], "z", 1), 1, "write that tells");
        exit(0);
    }
    pause(2);
    expect_is(read(ends[0], buffer, 100), 100, "read of a part");
    expect_is(read(done[0], buffer, 1), 1, "the waiting writer goes on");
    expect_is(read(ends[0], buffer, sizeof(buffer)), PIPE_BYTES - 100 + 1, "read of the rest");
    expect_is(buffer[PIPE_BYTES - 100], 'y', "its last byte");
    expect_children(1);
}

void try_pipe_ends(void)
{
    int ends[2];
    char byte;

    make_pipe(ends);
    expect_is(write(ends[0], "x", 1), -1, "write to the end for reading");
    expect_is(read(ends[1], &byte, 1), -1, "read from the end for writing");
    expect_is(write(ends[1], "x", 0), 0, "write of nothing");
    expect_is(write(ends[1], "x", 1), 1, "write");
    close(ends[1]);
    expect_is(read(ends[0], &byte, 1), 1, "read of what is left");
    expect_is(read(ends[0], &byte, 1), 0, "read at the end");
    expect_is(read(ends[0], &byte, 1), 0, "read at the end again");
}

/* A writer without readers is refused, also one that waits already. */
void try_broken_pipe(void)
{
    int ends[2];

    make_pipe(ends);
    close(ends[0]);
    expect_is(write(ends[1], "x", 1), -1, "write without a reader");
    close(ends[1]);
    make_pipe(ends);
    if (start_child() == 0) {
        close(ends[0]);
        expect_is(write(ends[1], buffer, 2 * PIPE_BYTES), -1, "write whose reader goes");
        exit(0);
    }
    close(ends[1]);
    expect_is(read(ends[0], buffer, 1), 1, "read of the first byte");
    pause(2);
    close(ends[0]);
    expect_children(1);
}
