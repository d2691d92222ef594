/* A child has its parent's floating-point registers, then its own; a program that was started by
 * `exec` has zeros. xv6's own kernels keep none of them, so `try` does not ask for this. */

#include "xv6.h"

#define REGISTERS 33 /* the last: flags, of which the lowest five are sticky on both machines */
#define FLAGS     0x1f
#define CHILDREN  4

void float_load(const uint64_t *from);
void float_store(uint64_t *to);

static void make(uint64_t values[REGISTERS], uint64_t who)
{
    for (uint64_t i = 0; i + 1 < REGISTERS; i++) {
        values[i] = (who << 32 | i) * 0x9e3779b97f4a7c15;
    }
    values[REGISTERS - 1] = (who + 1) & FLAGS;
}

static bool has(uint64_t who)
{
    uint64_t found[REGISTERS];
    uint64_t wanted[REGISTERS];

    float_store(found);
    make(wanted, who);
    return memcmp(found, wanted, sizeof(found)) == 0;
}

static void take(uint64_t who)
{
    uint64_t values[REGISTERS];

    make(values, who);
    float_load(values);
}

static bool has_none(void)
{
    uint64_t found[REGISTERS];

    float_store(found);
    for (int i = 0; i < REGISTERS; i++) {
        if (found[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Each of the line has what its parent had, and keeps its own beside its child. */
static bool fork_from(uint64_t who)
{
    int status = 1;

    take(who);
    if (who == CHILDREN) {
        return has(who);
    }
    int pid = fork();
    if (pid == 0) {
        exit(has(who) && fork_from(who + 1) ? 0 : 1);
    }
    return has(who) && pid > 0 && wait(&status) == pid && status == 0 && has(who);
}

int main(int argument_count, char **arguments)
{
    if (argument_count > 1) {
        return has_none() ? 0 : 1;
    }
    int pid = fork(); /* before any is used */
    if (pid == 0) {
        exit(has_none() ? 0 : 1);
    }
    int status = 1;
    if (wait(&status) != pid || status != 0 || !fork_from(0)) {
        print(2, "float: registers are lost\n");
        return 1;
    }
    pid = fork();
    if (pid == 0) {
        exec(arguments[0], (const char *[]){arguments[0], "again", NULL});
        exit(1);
    }
    if (wait(&status) != pid || status != 0) {
        print(2, "float: a new program has registers of an old one\n");
        return 1;
    }
    print(1, "float ok\n");
    return 0;
}
