/*
 * wild SEED ROUNDS: system calls with arguments that nobody chose. In each round a child makes some
 * thousand calls, whose numbers and arguments are drawn from what is good, what is nearly good and
 * what is anything; it may block, fault, become another program, and fork. What does not end is
 * killed after a second. A seed stands for the same calls. Its files are in a folder of its own.
 */

#include "xv6.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

enum {
    CALLS_MOST = 2000,
    CALLS_OF_CHILD = 60,
    FORKS_MOST = 4,
    TICKS = 10,
    TOP = 60 << 20 /* beyond the memory that it can have */
};

long raw_call(long number, const long arguments[6]);

static uint64_t state;
static char buffer[3 * PAGE];
static char endless[2 * PATH_MOST]; /* a path without an end */
static int children[FORKS_MOST];
static int forks;

static uint64_t chance(uint64_t most)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % most;
}

static long path(void)
{
    static const char *const paths[] = {"a",    "b",     "c",   "d",       "d/a",
                                        "d/d",  ".",     "..",  "",        "/",
                                        "//",   "/none", "a/b", "../none", "a-name-of-twenty-bytes",
                                        "/echo"};
    return (long)(chance(12) == 0 ? endless : paths[chance(COUNT(paths) - 1)]);
}

static long vector(void)
{
    static const char *const few[] = {"echo", "wild", NULL};
    static const char *const bad[] = {(const char *)-1L, (const char *)8L, NULL};
    static const char *many[ARGUMENTS_MOST + 4];

    for (int i = 0; i < COUNT(many); i++) {
        many[i] = buffer;
    }
    switch (chance(4)) {
    case 0:
        return (long)bad;
    case 1:
        return (long)many;
    default:
        return (long)few;
    }
}

static long pointer(void)
{
    long end = (long)sbrk(0);

    switch (chance(8)) {
    case 0:
        return end - (long)chance(64);
    case 1:
        return end + (long)chance(2 * PAGE);
    case 2:
        return (long)(chance(UINT64_MAX)); /* also where no address can be */
    case 3:
        return (long)chance(TOP);
    case 4:
        return (1L << 38) - (long)chance(16);
    default:
        return (long)buffer + (long)chance(sizeof(buffer));
    }
}

static long number(void)
{
    static const long edges[] = {0,
                                 -1,
                                 1,
                                 INT32_MAX,
                                 INT32_MIN,
                                 INT64_MAX,
                                 INT64_MIN,
                                 PAGE,
                                 PAGE - 1,
                                 FILES_MOST,
                                 BLOCK * FILE_BLOCKS_MOST,
                                 1L << 32};
    return chance(2) == 0 ? edges[chance(COUNT(edges))] : (long)chance(3 * BLOCK);
}

static long any(void)
{
    switch (chance(4)) {
    case 0:
        return path();
    case 1:
        return pointer();
    case 2:
        return (long)chance(FILES_MOST + 2) - 1;
    default:
        return number();
    }
}

/* What the call takes, for the most part. */
static void draw(long call, long arguments[6])
{
    for (int i = 0; i < 6; i++) {
        arguments[i] = any();
    }
    if (chance(8) == 0) {
        return;
    }
    switch (call) {
    case 5:  /* read */
    case 16: /* write */
        arguments[0] = (long)chance(FILES_MOST);
        arguments[1] = pointer();
        arguments[2] = number();
        break;
    case 7: /* exec: rarely what there is */
        arguments[0] = chance(16) == 0 ? (long)"/echo" : path();
        arguments[1] = vector();
        break;
    case 12: /* sbrk */
        arguments[0] = chance(4) == 0 ? number() : (long)chance(4 * PAGE) - PAGE;
        arguments[1] = (long)chance(4);
        break;
    case 8:  /* fstat */
    case 10: /* dup */
    case 21: /* close */
        arguments[0] = (long)chance(FILES_MOST);
        break;
    case 19: /* link */
        arguments[1] = path();
        arguments[0] = path();
        break;
    case 15: /* open */
        arguments[1] = (long)chance(0x800);
        arguments[0] = path();
        break;
    case 9:  /* chdir, */
    case 17: /* mknod, */
    case 18: /* unlink, */
    case 20: /* mkdir */
        arguments[0] = path();
        break;
    default:
        break;
    }
}

/* What would take the clock's work, or its time, away. */
static bool is_unwanted(long call, long arguments[6])
{
    if (call == 6) { /* kill: nobody, or one of its own */
        static const long nobody[] = {0, -1, INT32_MIN, INT32_MAX, 100000};
        int child = children[chance(FORKS_MOST)];
        arguments[0] = child > 0 ? child : nobody[chance(COUNT(nobody))];
    }
    if (call == 13) { /* pause */
        arguments[0] = (long)chance(2);
    }
    return call == 1 || (call == 2 && chance(64) != 0);
}

static void go_wild(int calls)
{
    for (int i = 0; i < calls; i++) {
        long arguments[6];
        long call = chance(32) == 0 ? any() : (long)chance(23);

        if (call == 1 && forks < FORKS_MOST) {
            int pid = fork();
            if (pid == 0) {
                forks = FORKS_MOST;
                state += 77;
                memset(children, 0, sizeof(children));
                go_wild(CALLS_OF_CHILD);
                exit(0);
            }
            children[forks++] = pid;
        }
        draw(call, arguments);
        if (!is_unwanted(call, arguments)) {
            raw_call(call, arguments);
        }
    }
}

/* Its descriptors: files, and a pipe. */
static void begin(void)
{
    int ends[2];

    for (int file = 0; file < 3; file++) {
        close(file);
    }
    open("a", O_CREATE | O_RDWR);
    open("b", O_CREATE | O_RDWR);
    if (pipe(ends) < 0) {
        exit(1);
    }
    go_wild(CALLS_MOST);
    exit(0);
}

/* The status of a round; what it left behind ends with the program. */
static int round_of(int seed, bool *by_clock)
{
    int status = 0, ended = 0, code = 0;
    int child = fork();

    if (child == 0) {
        state = (uint64_t)seed * 0x9e3779b97f4a7c15 + 1;
        begin();
    }
    int clock = child > 0 ? fork() : -1;
    if (clock == 0) {
        pause(TICKS);
        kill(child);
        exit(0);
    }
    if (clock < 0) {
        give_up("wild", "cannot fork");
    }
    *by_clock = false;
    for (int left = 2; left > 0 && (ended = wait(&code)) >= 0; left--) {
        if (ended == child) {
            status = code;
            kill(clock);
        } else {
            *by_clock = left == 2;
        }
    }
    return status;
}

int main(int argument_count, char **arguments)
{
    int by_itself = 0, by_clock = 0, by_fault = 0;

    if (argument_count != 3) {
        give_up("usage", "wild SEED ROUNDS");
    }
    memset(endless, 'e', sizeof(endless));
    mkdir("/wild_files");
    if (chdir("/wild_files") < 0) {
        give_up("wild", "no folder for its files");
    }
    int seed = text_number(arguments[1]), rounds = text_number(arguments[2]);
    for (int i = 0; i < rounds; i++) {
        bool clock;
        int status = round_of(seed + i, &clock);
        by_clock += clock;
        by_fault += !clock && status < 0;
        by_itself += !clock && status >= 0;
    }
    print(1, "wild: %d rounds ended by themselves, %d by a fault, %d by the clock\n", by_itself,
          by_fault, by_clock);
    return 0;
}
