/* measure OPERATION COUNT [FILE]: does something once, to warm up, and then COUNT times, and prints
 * nothing. Each time count_begins() and count_ends() are called around it: what lies between is
 * counted from outside, by breakpoints. */

#include "xv6.h"

static const char *file_name = "/measure"; /* opened, and run with the operation `none` */

/* Known by name. */
void count_begins(void);
void count_ends(void);

__attribute__((noinline)) void count_begins(void)
{
    __asm__ volatile("");
}

__attribute__((noinline)) void count_ends(void)
{
    __asm__ volatile("" : : : "memory"); /* so that both stay, and apart */
}

static void measure_getpid(int count)
{
    count_begins();
    while (count-- > 0) {
        getpid();
    }
    count_ends();
}

static void echo_bytes(int from, int to)
{
    char byte;

    while (read(from, &byte, 1) == 1) {
        write(to, &byte, 1);
    }
}

/* A byte to the other process and back. */
static void measure_pipe(int count)
{
    int there[2], back[2];
    char byte = 'x';

    if (pipe(there) < 0 || pipe(back) < 0) {
        give_up("measure", "no pipes");
    }
    int pid = fork();
    if (pid == 0) {
        close(there[1]);
        echo_bytes(there[0], back[1]);
        exit(0);
    }
    close(there[0]);
    close(back[1]);
    count_begins();
    while (count-- > 0) {
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) {
            give_up("measure", "a byte did not come back");
        }
    }
    count_ends();
    close(there[1]);
    close(back[0]);
    wait(NULL);
}

static void run(int count, bool other_program)
{
    const char *const words[] = {"measure", "none", NULL};
    int status = 0;

    count_begins();
    while (count-- > 0) {
        int pid = fork();
        if (pid == 0) {
            exit(other_program ? exec(file_name, words) : 0);
        }
        if (pid < 0 || wait(&status) != pid || status != 0) {
            give_up("measure", "a child failed");
        }
    }
    count_ends();
}

static void measure_fork(int count)
{
    run(count, false);
}

static void measure_exec(int count)
{
    run(count, true);
}

static void measure_open(int count)
{
    count_begins();
    while (count-- > 0) {
        int file = open(file_name, O_RDONLY);
        if (file < 0) {
            give_up(file_name, "cannot open");
        }
        close(file);
    }
    count_ends();
}

static const struct operation {
    const char *name;
    void (*run)(int count);
} operations[] = {
    {"getpid", measure_getpid}, {"pipe", measure_pipe}, {"fork", measure_fork},
    {"exec", measure_exec},     {"open", measure_open},
};

int main(int argument_count, char **arguments)
{
    if (argument_count > 1 && strcmp(arguments[1], "none") == 0) {
        return 0;
    }
    if (argument_count > 3) {
        file_name = arguments[3];
    }
    for (size_t i = 0; argument_count >= 3 && i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (strcmp(arguments[1], operations[i].name) == 0) {
            operations[i].run(1);
            operations[i].run(text_number(arguments[2]));
            return 0;
        }
    }
    give_up("usage", "measure none | measure getpid|pipe|fork|exec|open COUNT [FILE]");
}
