/*
 * Pairs of pseudo-terminals, sessions and groups, as programs use them: each test prints a line,
 * and `ALL TESTS PASSED` comes at the end. For terminal_personality, which has the calls.
 */

#include "terminals.h"

enum {
    LINES = 200,
    LINE = 50,
};

static void type(int master, const char *text)
{
    int length = (int)strlen(text);
    expect(write(master, text, length) == length, "typing");
}

struct pair {
    int master, slave;
};

static struct pair open_pair(void)
{
    struct pair pair = {pair_open(), -1};
    expect(pair.master >= 0, "a master");
    expect(pair_slave(pair.master) < 0, "no slave of a locked pair");
    expect(pair_unlock(pair.master) == 0, "unlocking");
    pair.slave = pair_slave(pair.master);
    expect(pair.slave >= 0, "a slave");
    return pair;
}

static void close_pair(struct pair pair)
{
    close(pair.slave);
    close(pair.master);
}

/* A child that leads a session with this terminal; 0 in it. */
static int start_session(struct pair pair)
{
    int child = fork();
    if (child == 0) {
        close(pair.master);
        expect(terminal_take(pair.slave) < 0, "no terminal for who leads no session");
        expect(session_begin() == 0, "a session");
        expect(terminal_take(pair.slave) == 0, "its terminal");
    }
    return child;
}

/* ---- the line discipline -------------------------------------------------------------------- */

static void lines(void)
{
    struct pair pair = open_pair();
    char byte;

    type(pair.master, "ont\177e\n");
    expect_text(pair.master, "ont\b \be\r\n");
    expect_text(pair.slave, "one\n");
    type(pair.master, "wrong\25right\r\4");
    expect_text(pair.master, "wrong\b \b\b \b\b \b\b \b\b \bright\r\n");
    expect_text(pair.slave, "right\n");
    expect(read(pair.slave, &byte, 1) == 0, "an end of file");
    expect(write(pair.slave, "out\n", 4) == 4, "output");
    expect_text(pair.master, "out\r\n");
    expect(terminal_raw(pair.slave, 1) == 0, "raw mode");
    type(pair.master, "a\3\4");
    expect_text(pair.slave, "a\3\4");
    expect(terminal_raw(pair.slave, 0) == 0, "lines again");
    type(pair.master, "b\n");
    expect_text(pair.master, "b\r\n"); /* no echo of what was raw */
    close_pair(pair);
}

static void others_files(void)
{
    int ends[2];
    expect(pipe(ends) == 0, "a pipe");
    expect(pair_slave(ends[0]) < 0 && pair_unlock(ends[0]) < 0 && terminal_take(ends[0]) < 0 &&
               foreground_set(ends[0], getpid()) < 0 && terminal_raw(ends[0], 1) < 0,
           "a pipe is no terminal");
    expect(pair_slave(-1) < 0 && terminal_take(FILES_MOST) < 0, "nor is no file");
    close(ends[0]);
    close(ends[1]);
}

/* Who has nothing to read sleeps, at both ends. */
static void waiting(void)
{
    struct pair pair = open_pair();
    int child = fork();

    if (child == 0) {
        expect_text(pair.slave, "question\n");
        expect(write(pair.slave, "answer\n", 7) == 7, "an answer");
        exit(7);
    }
    type(pair.master, "question\n");
    expect_text(pair.master, "question\r\nanswer\r\n");
    expect(wait_code(child) == 7, "the child's code");
    close_pair(pair);
}

static char letter(int i)
{
    return i % LINE == LINE - 1 ? '\n' : (char)('a' + i / LINE % 26);
}

static void write_lines(int file)
{
    static char line[LINE];
    for (int i = 0; i < LINES; i++) {
        for (int j = 0; j < LINE; j++) {
            line[j] = letter(i * LINE + j);
        }
        expect(write(file, line, LINE) == LINE, "a line");
    }
}

/* More than the queue holds: who writes waits for who reads. */
static void much_input(void)
{
    struct pair pair = open_pair();
    static char line[LINE];
    int child = fork();

    if (child == 0) {
        write_lines(pair.master);
        exit(0);
    }
    for (int i = 0; i < LINES; i++) {
        expect(read(pair.slave, line, LINE) == LINE, "a line is read");
        for (int j = 0; j < LINE; j++) {
            expect(line[j] == letter(i * LINE + j), "a letter");
        }
    }
    expect(wait_code(child) == 0, "all typed");
    close_pair(pair);
}

static void much_output(void)
{
    struct pair pair = open_pair();
    static char line[LINE + 1];
    int child = fork();

    if (child == 0) {
        close(pair.master);
        write_lines(pair.slave);
        exit(0);
    }
    for (int i = 0; i < LINES; i++) {
        int have = 0, count = 1;
        while (have < LINE + 1 && count > 0) {
            count = read(pair.master, line + have, LINE + 1 - have);
            have += count > 0 ? count : 0;
        }
        expect(have == LINE + 1 && line[LINE - 1] == '\r' && line[LINE] == '\n' &&
                   line[0] == letter(i * LINE),
               "a line with its return");
    }
    expect(wait_code(child) == 0, "all written");
    close_pair(pair);
}

/* ---- ends ----------------------------------------------------------------------------------- */

static void slaves_close(void)
{
    struct pair pair = open_pair();
    char byte;

    expect(write(pair.slave, "last", 4) == 4, "last words");
    close(pair.slave);
    expect_text(pair.master, "last");
    expect(read(pair.master, &byte, 1) < 0, "no slave, nothing to read");
    pair.slave = pair_slave(pair.master);
    expect(pair.slave >= 0, "a slave again");
    type(pair.master, "more\n");
    expect_text(pair.slave, "more\n");
    close_pair(pair);
}

static void hang_up(void)
{
    struct pair pair = open_pair();
    int ends[2];
    char byte;

    expect(pipe(ends) == 0, "a pipe");
    int child = start_session(pair);
    if (child == 0) {
        tell(ends[1]);
        pause(LONG);
        exit(0);
    }
    told(ends[0]);
    close(pair.master);
    expect(wait_code(child) == HUNG_UP, "the session's leader is hung up");
    expect(read(pair.slave, &byte, 1) == 0, "an end of file");
    expect(write(pair.slave, "x", 1) < 0, "nobody to write to");
    close(pair.slave);
    close(ends[0]);
    close(ends[1]);
}

/* The end of a leader is a hang-up for what runs in the foreground, but not for the terminal. */
static void leader_ends(void)
{
    struct pair pair = open_pair();
    int ends[2];
    char byte;

    expect(pipe(ends) == 0, "a pipe");
    int child = start_session(pair);
    if (child == 0) {
        if (fork() == 0) {
            tell(ends[1]);
            pause(LONG);
        }
        told(ends[0]);
        exit(5);
    }
    expect(wait_code(child) == 5, "the leader's own code");
    close(ends[1]);
    expect(read(ends[0], &byte, 1) == 0, "its child has gone");
    type(pair.master, "on\n");
    expect_text(pair.slave, "on\n");
    child = start_session(pair); /* it is free for another */
    if (child == 0) {
        exit(6);
    }
    expect(wait_code(child) == 6, "a second session");
    close_pair(pair);
    close(ends[0]);
}

static void killed(void)
{
    struct pair pair = open_pair();
    for (int i = 0; i < 2; i++) {
        int child = fork();
        char byte;
        if (child == 0) {
            read(i == 0 ? pair.master : pair.slave, &byte, 1);
            exit(0);
        }
        pause(1);
        expect(kill(child) == 0 && wait_code(child) != 0, "it ends while it waits");
    }
    close_pair(pair);
}

/* ---- jobs ----------------------------------------------------------------------------------- */

/* In a session's leader: a child in a group of its own. */
static int start_job(void)
{
    int child = fork();
    if (child == 0) {
        expect(group_set(getpid(), getpid()) == 0, "a group of its own");
    } else {
        expect(group_set(child, child) == 0, "the same by its parent");
    }
    return child;
}

static void hear_of(int child, int events, int event, int code)
{
    int told = -1;
    expect(child_wait(child, events, &told) == event, "news of a child");
    expect(told == code, "and the signal or code with them");
}

/* The next that is heard is this. */
static void hear(int child, int event, int code)
{
    hear_of(child, ENDED | STOPPED | CONTINUED, event, code);
}

static void hear_nothing(void)
{
    int code;
    expect(child_wait(ANY, ENDED | STOPPED | CONTINUED | POLL, &code) == 0, "no news of a child");
}

static void lead(struct pair pair, int told_by)
{
    char byte;
    expect(session_begin() < 0, "one session only");
    expect(group_set(getpid(), getpid()) < 0, "a leader stays where it is");
    int job = start_job();
    if (job == 0) {
        pause(LONG);
        exit(1);
    }
    int behind = start_job();
    if (behind == 0) {
        exit(read(pair.slave, &byte, 1) < 0 ? 3 : 4); /* it is in the background */
    }
    hear(behind, STOPPED, TTIN);
    expect(kill(behind) == 0 && wait_code(behind) == -1, "no input in the background");
    expect(foreground_set(pair.slave, behind) < 0, "no foreground without a group");
    expect(foreground_set(pair.slave, job) == 0, "the foreground");
    expect(read(pair.slave, &byte, 1) < 0, "then the leader is in the background");
    expect(write(pair.slave, "ready\n", 6) == 6, "it can write there");
    expect(wait_code(job) == INTERRUPTED, "^C ends the job");
    tell(told_by);
    pause(LONG);
}

/* A job waits for its input, and gets it when it is in the foreground and continued. */
static void control(struct pair pair)
{
    char text[8];
    int job = start_job();
    if (job == 0) {
        expect(read(pair.slave, text, sizeof(text)) == 3, "a line");
        print(pair.slave, "read\n");
        pause(LONG);
        exit(1);
    }
    hear(job, STOPPED, TTIN);
    expect(foreground_set(pair.slave, job) == 0, "the foreground");
    expect(job_signal(job, CONTINUE) == 0, "it is continued");
    hear_of(job, STOPPED, STOPPED, TSTP); /* by ^Z, which may come before the other was heard */
    expect(job_signal(job, CONTINUE) == 0, "it is continued again");
    hear(-job, CONTINUED, CONTINUE); /* of its group */
    print(pair.slave, "again\n");
    hear(ANY, STOPPED, TSTP);
    expect(kill(job) == 0 && wait_code(job) == -1, "what is stopped can be killed");
    print(pair.slave, "killed\n");
}

/* Stops and continues of a child are told once each, the latest only. */
static void report_on(int child)
{
    int code;

    hear_nothing();
    expect(job_signal(child, STOP) == 0, "a stop");
    hear(child, STOPPED, STOP);
    expect(job_signal(child, STOP) == 0, "a further stop");
    hear_nothing();
    expect(job_signal(child, CONTINUE) == 0 && job_signal(child, CONTINUE) == 0, "two continues");
    hear(ANY, CONTINUED, CONTINUE);
    hear_nothing();
    expect(job_signal(child, STOP) == 0 && job_signal(child, CONTINUE) == 0, "one after the other");
    hear(child, CONTINUED, CONTINUE);
    expect(job_signal(child, STOP) == 0, "a stop");
    expect(child_wait(child, CONTINUED | POLL, &code) == 0, "it has not gone on");
    expect(child_wait(child, STOPPED, (int *)8) < 0, "no room for the signal");
    hear(child, STOPPED, STOP);
    expect(child_signals() == (STOPPED | CONTINUED), "a signal for each");
    expect(kill(child) == 0, "a kill");
    hear(child, ENDED, -1);
    expect(child_signals() == ENDED, "a signal for the end");
    expect(child_wait(child, ENDED | STOPPED | POLL, &code) < 0, "it is no child any more");
}

static void reports(void)
{
    int code, ended = fork();
    if (ended == 0) {
        exit(9);
    }
    hear(ended, ENDED, 9);
    expect(child_signals() == ENDED, "a signal for an end");
    int waits = fork();
    if (waits == 0) {
        pause(LONG);
    }
    report_on(waits);
    int runs = fork();
    while (runs == 0) {
        getpid();
    }
    report_on(runs);
    int spins = fork();
    if (spins == 0) {
        for (volatile int i = 0;;) {
            i++;
        }
    }
    report_on(spins);
    ended = fork();
    if (ended == 0) {
        exit(1);
    }
    expect(child_wait(ended, STOPPED | CONTINUED, &code) < 0, "what ends does not stop");
    expect(wait_code(ended) == 1, "the end is still told");
}

/* A shell that goes leaves nobody to continue its jobs: those that are stopped are hung up. */
static void orphans(void)
{
    int ends[2], go[2];
    char byte;

    expect(pipe(ends) == 0 && pipe(go) == 0, "pipes");
    int shell = fork();
    if (shell == 0) {
        expect(session_begin() == 0, "a session");
        int job = start_job();
        if (job == 0) {
            tell(ends[1]);
            pause(LONG);
        }
        int other = start_job();
        if (other == 0) {
            tell(ends[1]);
            told(go[0]);
            tell(ends[1]); /* it goes on: no job of its group is stopped */
            exit(0);
        }
        told(ends[0]);
        told(ends[0]);
        expect(job_signal(job, STOP) == 0, "a stop");
        hear(job, STOPPED, STOP);
        exit(0);
    }
    hear(shell, ENDED, 0);
    close(ends[1]);
    tell(go[1]);
    told(ends[0]);
    expect(read(ends[0], &byte, 1) == 0, "the stopped job has gone too");
    close(ends[0]);
    close(go[0]);
    close(go[1]);
}

static void stopping(void)
{
    struct pair pair = open_pair();
    int child = start_session(pair);
    if (child == 0) {
        control(pair);
        exit(0);
    }
    type(pair.master, "go\n");
    expect_text(pair.master, "go\r\nread\r\n");
    type(pair.master, "\32");
    expect_text(pair.master, "^Zagain\r\n");
    type(pair.master, "\32");
    expect_text(pair.master, "^Zkilled\r\n");
    expect(wait_code(child) == 0, "the leader's end");
    close_pair(pair);
}

static void interrupting(void)
{
    struct pair pair = open_pair();
    int ends[2];

    expect(pipe(ends) == 0, "a pipe");
    int child = start_session(pair);
    if (child == 0) {
        lead(pair, ends[1]);
        exit(0);
    }
    expect(foreground_set(pair.slave, child) < 0, "it is not the terminal of this session");
    expect_text(pair.master, "ready\r\n");
    expect(group_set(child, getpid()) < 0, "nor is its leader in this one");
    type(pair.master, "gone");
    expect_text(pair.master, "gone");
    type(pair.master, "\3");
    expect_text(pair.master, "^C");
    told(ends[0]);
    type(pair.master, "\3"); /* nobody is in the foreground: the leader lives on */
    expect(kill(child) == 0 && wait_code(child) == -1, "the leader's end");
    close_pair(pair);
    close(ends[0]);
    close(ends[1]);
}

static const struct test tests[] = {
    {"lines", lines},
    {"others_files", others_files},
    {"waiting", waiting},
    {"much_input", much_input},
    {"much_output", much_output},
    {"slaves_close", slaves_close},
    {"hang_up", hang_up},
    {"leader_ends", leader_ends},
    {"killed", killed},
    {"interrupting", interrupting},
    {"stopping", stopping},
    {"reports", reports},
    {"orphans", orphans},
};

static void run(const struct test *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        test = list[i].name;
        list[i].run();
        print(1, "test %s: OK\n", test);
    }
}

int main(int argument_count, char **arguments)
{
    (void)arguments;
    if (argument_count > 1) { /* only a process more */
        return 0;
    }
    run(tests, sizeof(tests) / sizeof(tests[0]));
    run(signal_tests, signal_test_count);
    print(1, "ALL TESTS PASSED\n");
    return 0;
}
