/* Processes: fork, exec, exit, wait, kill, and what becomes of children without parents. */

#include "try.h"

/* The output of another program. */
void try_exec(void)
{
    const char *const words[] = {"echo", "OK", NULL};

    if (start_child() == 0) {
        close(1);
        if (open("output", O_CREATE | O_WRONLY | O_TRUNC) == 1) {
            exec("echo", words);
        }
        exit(1);
    }
    expect_children(1);
    int file = open("output", O_RDONLY);
    expect_is(read(file, buffer, 8), 3, "length of the output");
    expect(memcmp(buffer, "OK\n", 3) == 0, "the output is OK");
    close(file);
    remove_name("output");
}

#define WORD_ARGUMENT "an argument"

int check_arguments(int argument_count, char **arguments)
{
    uintptr_t stack = page_up((uintptr_t)&argument_count) - PAGE;
    bool right = argument_count == ARGUMENTS_MOST - 1 && arguments[argument_count] == NULL;

    right &= (uintptr_t)arguments % 16 == 0 && (uintptr_t)arguments - stack < PAGE;
    for (int i = 2; right && i < argument_count; i++) {
        right = strcmp(arguments[i], WORD_ARGUMENT) == 0 && (uintptr_t)arguments[i] % 16 == 0 &&
                (uintptr_t)arguments[i] - stack < PAGE;
    }
    return !right;
}

/* As many as there may be; where they are found is checked by the program itself. */
void try_exec_arguments(void)
{
    static const char *words[ARGUMENTS_MOST + 1] = {"try", "-arguments"};

    for (int i = 2; i < ARGUMENTS_MOST; i++) {
        words[i] = WORD_ARGUMENT;
    }
    expect_is(exec("/try", words), -1, "exec with one argument too many");
    words[ARGUMENTS_MOST - 1] = NULL;
    if (start_child() == 0) {
        exit(exec("/try", words));
    }
    expect_children(1);
}

/* They have to fit on the new stack; what is refused does not harm the caller. */
void try_exec_big_arguments(void)
{
    static char word[400];
    static const char *words[ARGUMENTS_MOST];

    memset(word, ' ', sizeof(word) - 1);
    for (int i = 0; i < ARGUMENTS_MOST - 1; i++) {
        words[i] = word;
    }
    expect_is(exec("echo", words), -1, "exec with more than a page of arguments");
    words[0] = "try";
    expect_is(exec("/try", words), -1, "exec with more than a page of other arguments");
}

void try_exec_refused(void)
{
    const char *const words[] = {"notes", NULL};

    put_file("notes", "not a program", 13);
    expect_is(exec("notes", words), -1, "exec of text");
    memset(buffer, 0, BLOCK);
    memcpy(buffer, "\177ELF", 4);
    put_file("notes", buffer, 40);
    expect_is(exec("notes", words), -1, "exec of a file shorter than its header");
    remove_name("notes");
    expect_is(exec("/", words), -1, "exec of a directory");
    expect_is(exec("nosuchfile", words), -1, "exec of no file");
    expect_is(exec("", words), -1, "exec of no name");
}

static void close_pipe(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

/* Starts a child that says by a byte when it is there, and then does something without end; it has
 * a pipe that nobody else has. */
static int start_endless(void (*action)(int ends[2]))
{
    int ends[2], told[2];
    char byte;

    make_pipe(ends);
    make_pipe(told);
    int pid = start_child();
    if (pid == 0) {
        write(told[1], "x", 1);
        for (;;) {
            action(ends);
        }
    }
    expect_is(read(told[0], &byte, 1), 1, "the child has started");
    close_pipe(ends);
    close_pipe(told);
    return pid;
}

static void expect_kill(int pid)
{
    expect_is(kill(pid), 0, "kill");
    expect_is(child_status(), KILLED, "status of what was killed");
}

static void spin(int ends[2])
{
    (void)ends;
}

static void call_for_ever(int ends[2])
{
    (void)ends;
    getpid();
}

void try_kill_running(void)
{
    for (int i = 0; i < 40; i++) {
        expect_kill(start_endless(i % 2 == 0 ? spin : call_for_ever));
    }
    expect_is(kill(1000000), -1, "kill of no process");
}

static void sleep_long(int ends[2])
{
    (void)ends;
    pause(1000000);
}

static void read_nothing(int ends[2])
{
    char byte;

    read(ends[0], &byte, 1);
}

static void write_for_ever(int ends[2])
{
    write(ends[1], buffer, sizeof(buffer));
}

static void wait_for_child(int ends[2])
{
    int pid = fork();

    if (pid == 0) {
        close(ends[1]);
        read(ends[0], buffer, 1); /* ends with its parent, which has the other end */
        exit(0);
    }
    wait(NULL);
}

void try_kill_waiting(void)
{
    void (*const actions[])(int ends[2]) = {sleep_long, read_nothing, write_for_ever,
                                            wait_for_child};

    for (int i = 0; i < COUNT(actions); i++) {
        int pid = start_endless(actions[i]);
        pause(1);
        expect_kill(pid);
    }
}

/* Processes that never give way do not keep others from running. */
void try_preempt(void)
{
    int pids[3];

    for (int i = 0; i < COUNT(pids); i++) {
        pids[i] = start_endless(spin);
    }
    for (int i = 0; i < COUNT(pids); i++) {
        expect_kill(pids[i]);
    }
}

void try_exit_wait(void)
{
    int status;

    for (int i = 0; i < 100; i++) {
        int pid = start_child();
        if (pid == 0) {
            exit(i);
        }
        expect_is(wait(&status), pid, "number of the child");
        expect_is(status, i, "its status");
    }
    expect_is(wait(&status), -1, "wait without children");
}

/* Parents that end before their children. */
void try_reparent(void)
{
    for (int i = 0; i < 200; i++) {
        int pid = start_child();
        if (pid == 0) {
            exit(fork() < 0);
        }
        int status = 0;
        expect_is(wait(&status), pid, "number of the child, not of its child");
        expect_is(status, 0, "its status");
    }
}

/* Both end at the same time. */
void try_two_children(void)
{
    for (int i = 0; i < 1000; i++) {
        if (start_child() == 0 || start_child() == 0) {
            exit(0);
        }
        expect_children(2);
    }
}

static void fork_often(void)
{
    for (int i = 0; i < 200; i++) {
        if (start_child() == 0) {
            exit(0);
        }
        expect_children(1);
    }
}

void try_fork_fork(void)
{
    for (int i = 0; i < 2; i++) {
        if (start_child() == 0) {
            fork_often();
            exit(0);
        }
    }
    expect_children(2);
}

static _Noreturn void fork_until_stopped(void)
{
    for (;;) {
        if (open("stop", O_RDONLY) >= 0) {
            exit(0);
        }
        if (fork() < 0) {
            close(open("stop", O_CREATE | O_RDWR));
        }
    }
}

/* Everyone forks until there are no more processes; the last one's end of the pipe tells. */
void try_fork_storm(void)
{
    int ends[2];
    char byte;

    unlink("stop");
    make_pipe(ends);
    if (start_child() == 0) {
        fork_until_stopped();
    }
    close(ends[1]);
    expect_is(read(ends[0], &byte, 1), 0, "all have ended");
    expect_children(1);
    remove_name("stop");
}

/* Children and grandchildren that end at once, with their parent. */
void try_reparent_two(void)
{
    for (int i = 0; i < 800; i++) {
        if (start_child() == 0) {
            fork();
            fork();
            exit(0);
        }
        expect_children(1);
    }
}

/* Forks until it is refused; all that were started can be waited for. */
void try_fork_full(void)
{
    int made = 0, pid = 0;

    while (made < 1000 && (pid = fork()) > 0) {
        made++;
    }
    if (pid == 0) {
        exit(0);
    }
    expect(made > 0, "some processes can be started");
    expect(made < PROCESSES_MOST, "no more than the table holds");
    expect_children(made);
    expect_is(wait(NULL), -1, "wait after the last");
}
