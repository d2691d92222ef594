/*
 * Guests that execute anything, from anywhere and with anything in their registers, while others go
 * on with their calls. Their code is in two places, the second of which ends where their host
 * begins; nothing else is ever executed. The log has the seed, and how the guest left.
 */
#include "foreign.h"

enum { EXITS = 10000, EXITS_A_PAGE = 2000, KICKS_ANYHOW = 8, WORDS = PAGE / sizeof(uint32_t) };

static struct {
    struct foreign foreign;
    handle_t beyond;         /* code of the host, behind the guest's */
    volatile uint32_t *code; /* its page, as this task sees it */
    uint64_t random;
    uint64_t done; /* instructions that made it leave */
    uint64_t wanted;
    uint64_t patience; /* with a loop */
    uint64_t exits[GUEST_EXIT_KICKED + 1];
    uint32_t enough;
    handle_t endpoint;
    uint64_t calls, wrong; /* of the caller */
} wild;

static uint64_t draw(void)
{
    wild.random ^= wild.random << 13;
    wild.random ^= wild.random >> 7;
    wild.random ^= wild.random << 17;
    return wild.random;
}

/* Every other word is one of those that work. */
static void write_code(void)
{
    const uint32_t *good = (const void *)guest_code;
    const uint64_t good_words = (uint64_t)(guest_code_end - guest_code) / sizeof(*good);
    for (unsigned i = 0; i < WORDS; i++) {
        wild.code[i] = draw() % 2 == 0 ? good[draw() % good_words] : (uint32_t)draw();
    }
    /* On riscv64 the last instruction has four bytes, two of which are the host's. */
    ((volatile uint8_t *)wild.code)[PAGE - 2] |= 3;
    EXPECT_OK(space_sync_code(0, address_of(wild.code), PAGE));
}

static uint64_t draw_register(void)
{
    switch (draw() % 4) {
    case 0:
        return draw();
    case 1:
        return draw() % 64;
    default:
        return draw() % FOREIGN_TOP & ~UINT64_C(7);
    }
}

/* One in 16 is not where instructions begin: anything, an odd one, or around the host's edge. */
static uint64_t draw_pc(void)
{
    uint64_t code = draw() % 4 == 0 ? host_base() - PAGE : FOREIGN_CODE;
    uint64_t offset = draw() % PAGE;
    if (draw() % 16 != 0) {
        return code + (offset & ~UINT64_C(3));
    }
    switch (draw() % 4) {
    case 0:
        return draw();
    case 1:
        return code + (offset | 1);
    case 2:
        return host_base() - 2;
    default:
        return host_base() + draw() % 16 - 8;
    }
}

static bool is_in_code(uint64_t pc)
{
    return pc - FOREIGN_CODE < PAGE || pc - (host_base() - PAGE) < PAGE;
}

/* It has executed nothing but its code. Behind a system call pc is, at other instructions that were
 * fetched, and after a step or a jump anywhere. */
static void check_place(uint64_t exit)
{
    const struct guest_state *state = wild.foreign.state;
    uint64_t pc = state->registers[GUEST_PC];
    uint32_t fault = exit == GUEST_EXIT_FAULT ? state->fault : FAULT_NONE;
    if (exit == GUEST_EXIT_CALL || fault == FAULT_SYSCALL) {
        EXPECT(is_in_code(pc - 4));
    } else if (fault == FAULT_READ || fault == FAULT_WRITE || fault == FAULT_ILLEGAL ||
               fault == FAULT_BREAKPOINT) {
        EXPECT(is_in_code(pc));
    }
}

static bool go_wild(void *context, uint64_t exit)
{
    uint64_t *registers = wild.foreign.state->registers;
    (void)context;
    EXPECT(exit >= GUEST_EXIT_CALL && exit <= GUEST_EXIT_KICKED);
    check_place(exit);
    wild.exits[exit]++;
    if (exit != GUEST_EXIT_KICKED && ++wild.done % EXITS_A_PAGE == 0) {
        write_code();
    }
    for (unsigned i = 0; i < GUEST_ALL; i++) {
        registers[i] = draw_register();
    }
    registers[GUEST_PC] = draw_pc();
    wild.foreign.state->flags = draw() % 8 == 0 ? draw() : 0;
    return wild.done < wild.wanted;
}

static void run_wild(void *unused)
{
    const struct guest_handler handler = {address_of((const void *)(uintptr_t)go_wild), 0};
    (void)unused;
    foreign_begin(&wild.foreign, 0, 0, 0);
    EXPECT_OK(guest_run(&handler));
    __atomic_store_n(&wild.enough, 1, __ATOMIC_RELEASE);
}

static bool is_enough(void)
{
    return __atomic_load_n(&wild.enough, __ATOMIC_ACQUIRE) != 0;
}

/* Of a thread that has nothing to do with the guest. */
static void call_on(void *unused)
{
    (void)unused;
    while (!is_enough()) {
        struct message message = {.tag = message_tag(1, 0, 0, 0), .words = {++wild.calls}};
        status_t status = port_call(wild.endpoint, &message);
        wild.wrong += status != STATUS_OK || message.words[0] != wild.calls + 1;
        sleep_for(500 * MICROSECOND);
    }
}

static uint64_t all_exits(void)
{
    uint64_t all = 0;
    for (unsigned i = 0; i <= GUEST_EXIT_KICKED; i++) {
        all += __atomic_load_n(&wild.exits[i], __ATOMIC_RELAXED);
    }
    return all;
}

/* A loop among the instructions ends with the next kick, of which some hit anything else. */
static void kick_on(void *unused)
{
    (void)unused;
    for (uint64_t looks = 0, last = 0; !is_enough(); looks++) {
        sleep_for(wild.patience);
        uint64_t exits = all_exits();
        if (exits == last || looks % KICKS_ANYHOW == 0) {
            EXPECT_OK(guest_kick(wild.foreign.guest));
        }
        last = exits;
    }
}

static void begin(uint64_t exits, uint64_t patience)
{
    uint64_t window = 0;
    uint64_t last = host_base() - PAGE;
    wild.random = clock_read() | 1;
    wild.done = 0;
    wild.wanted = exits;
    wild.patience = patience;
    wild.enough = 0;
    wild.calls = 0;
    wild.wrong = 0;
    __builtin_memset(wild.exits, 0, sizeof(wild.exits));
    log_line("guest_random: seed %lu", wild.random);
    REQUIRE(foreign_open(&wild.foreign));
    REQUIRE(host_edge_open(&wild.beyond));
    REQUIRE_OK(space_map(0, wild.foreign.code, 0, 0, PAGE, MAP_READ | MAP_WRITE, &window));
    REQUIRE_OK(space_map(wild.foreign.space, wild.foreign.code, last, 0, PAGE,
                         MAP_READ | MAP_EXECUTE | MAP_FIXED, &last));
    wild.code = at(window);
    write_code();
}

static void run_beside_others(uint64_t exits, uint64_t patience)
{
    static struct worker guest, kicker, caller, server;
    const struct message end = {.tag = message_tag(1, 0, 0, 0)};
    struct message last = end;
    struct service service;
    REQUIRE(service_open(&service));
    begin(exits, patience);
    wild.endpoint = service.endpoint;
    EXPECT_OK(worker_start(&server, 0, OTHER_PRIORITY, foreign_answer, &service));
    EXPECT_OK(worker_start(&caller, 0, OTHER_PRIORITY, call_on, NULL));
    EXPECT_OK(worker_start(&guest, 0, OTHER_PRIORITY - 1, run_wild, NULL));
    EXPECT_OK(worker_start(&kicker, 0, OTHER_PRIORITY, kick_on, NULL));
    EXPECT(worker_end(&guest));
    EXPECT(worker_end(&kicker));
    EXPECT(worker_end(&caller));
    EXPECT_OK(port_call(service.endpoint, &last));
    EXPECT(worker_end(&server));
    log_line("guest_random: %lu calls, %lu faults, %lu kicks", wild.exits[GUEST_EXIT_CALL],
             wild.exits[GUEST_EXIT_FAULT], wild.exits[GUEST_EXIT_KICKED]);
    EXPECT(wild.exits[GUEST_EXIT_CALL] > exits / 100 && wild.exits[GUEST_EXIT_FAULT] > exits / 100);
    EXPECT(wild.calls > 0 && wild.wrong == 0);
    unmap(address_of(wild.code), PAGE);
    host_edge_close(wild.beyond);
    foreign_close(&wild.foreign);
    service_close(&service);
}

static void test_random(void)
{
    run_beside_others(EXITS, MILLISECOND);
}

/* A round of what ./check --long has many of. */
static void test_storm(void)
{
    run_beside_others(EXITS, 100 * MICROSECOND);
}

const struct test guest_random_tests[] = {
    {"guest_random", test_random},
    {0},
};

const struct test guest_storm_tests[] = {
    {"guest_storm", test_storm},
    {0},
};
