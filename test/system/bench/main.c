/*
 * bench: what the kernel's operations cost, in instructions. Boot it in the place of init, with
 * bench_server.o in the boot set, one CPU, and QEMU's `-icount shift=0`. Prints its rows and
 * switches the machine off.
 */
#include "bench.h"

#include "instruction_counter.h"

#define CHECK_INSTRUCTIONS 256
#define CPUS_MOST          8
#define BUDGET_PERIOD      (SECOND / 10)
#define TEXT(n)            TEXT_(n)
#define TEXT_(n)           #n

SERVER_META(name, "init");
SERVER_META(version, "1.0");
SERVER_META(author, "The Sinter authors");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Instruction counts of the kernel's operations, in the place of init");
SERVER_META(kind, SERVICE);
SERVER_META(restart, NEVER);

static void finish(void)
{
    status_ignore(system_reset(environment.machine, RESET_POWEROFF));
    sleep_for(SECOND);
}

_Noreturn void give_up(const char *why)
{
    log_line("FAILED: %s", why);
    finish();
    task_exit(1);
}

uint64_t measure_loop(bool (*round)(void), unsigned rounds)
{
    bool good = true;
    uint64_t begun = instruction_count();
    for (unsigned i = 0; i < rounds; i++) {
        good &= round();
    }
    uint64_t total = instruction_count() - begun;
    if (!good) {
        give_up("an operation went wrong");
    }
    return total;
}

void report_total(const char *row, uint64_t total)
{
    log_line("bench: %s %lu", row, (total + ROUNDS / 2) / ROUNDS);
}

void measure(const char *row, bool (*round)(void))
{
    (void)measure_loop(round, WARM_ROUNDS);
    report_total(row, measure_loop(round, ROUNDS));
}

static __attribute__((noinline)) uint64_t count_known(void)
{
    uint64_t begun = instruction_count();
    __asm__ volatile(".rept " TEXT(CHECK_INSTRUCTIONS) "\n\tnop\n\t.endr" : : : "memory");
    return instruction_count() - begun;
}

/* One instruction must be one count, or the figures mean nothing. The first run may fault. */
static bool counts_instructions(void)
{
    (void)count_known();
    uint64_t counted = count_known();
    if (counted != CHECK_INSTRUCTIONS + 1) {
        log_line("%u instructions are counted as %lu: run it under -icount shift=0",
                 CHECK_INSTRUCTIONS + 1, counted);
        return false;
    }
    return true;
}

/* As in a running system, where services have CPU budgets; this one is never used up. */
static bool set_budget(void)
{
    return account_limit(environment.account, ACCOUNT_CPU, CPUS_MOST * BUDGET_PERIOD,
                         BUDGET_PERIOD) == STATUS_OK;
}

int server_main(const struct start_info *info)
{
    if (!environment_init(info) || !counts_instructions() || !set_budget()) {
        give_up("bench cannot begin");
    }
    bench_calls();
    bench_events();
    bench_memory();
    bench_guests();
    log_line("bench ends");
    finish();
    return 0;
}
