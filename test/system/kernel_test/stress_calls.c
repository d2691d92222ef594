/*
 * Many callers and one service, while its server and the callers are killed, interrupted, made
 * again and given other priorities at random.
 */
#include "server.h"
#include "stress.h"

enum {
    VICTIMS = 6, /* child tasks */
    CALLERS = 2, /* threads in each */
    SERVERS = 2, /* threads of the server's task */
    CHAOS = 2,   /* threads that disturb; each has its share of the victims */
    LENT = 5000, /* bytes */
};

#define SERVER_LIFE (40 * MILLISECOND)

struct victim;

struct victim_caller {
    struct worker worker;
    struct victim *victim;
    uint64_t random;
    volatile uint64_t answered;
};

struct victim {
    handle_t task;
    handle_t endpoint; /* in the task */
    uint64_t lent;
    struct victim_caller callers[CALLERS];
};

struct server_thread {
    struct worker worker;
    handle_t port, reply; /* in the server's task */
    uint8_t buffer[LENT];
};

static struct {
    struct service service; /* the port of all instances */
    handle_t server_task;
    struct server_thread servers[SERVERS];
    struct victim victims[VICTIMS];
    struct worker chaos[CHAOS];
    volatile uint32_t stop;
    uint64_t answered, restarts, kills;
} stress;

static void serve(struct server_thread *self, struct received *received)
{
    status_t status = STATUS_OK;
    uint64_t copied = 0;
    if (tag_leases(received->tag) != 0) {
        status = lease_copy(self->reply, 0, 0, address_of(self->buffer), LENT, LEASE_READ, &copied);
        received->words[1] = copied;
        received->words[2] = self->buffer[0] + self->buffer[LENT - 1];
    }
    received->words[0]++;
    received->tag = message_tag((uint32_t)status, 0, 0, 0);
}

static void run_server(void *argument)
{
    struct server_thread *self = argument;
    struct received received;
    status_t status = port_receive(self->port, self->reply, &received);
    while (status == STATUS_OK) {
        if (received.kind == RECEIVE_CALL) {
            serve(self, &received);
            status = port_reply_receive(self->port, self->reply, &received);
        } else {
            status = port_receive(self->port, self->reply, &received);
        }
    }
}

static void start_server(void)
{
    REQUIRE_OK(child_create("server", &stress.server_task));
    for (unsigned i = 0; i < SERVERS; i++) {
        struct server_thread *server = &stress.servers[i];
        handle_t reply = 0;
        EXPECT_OK(reply_create(environment.account, &reply));
        EXPECT_OK(task_install(stress.server_task, stress.service.port, RIGHT_ALL, &server->port));
        EXPECT_OK(task_install(stress.server_task, reply, RIGHT_ALL, &server->reply));
        close_handle(reply);
        EXPECT_OK(
            worker_start(&server->worker, stress.server_task, OTHER_PRIORITY, run_server, server));
    }
}

static void end_server(void)
{
    EXPECT_OK(task_kill(stress.server_task, 0));
    for (unsigned i = 0; i < SERVERS; i++) {
        EXPECT(worker_end(&stress.servers[i].worker));
    }
    EXPECT(task_ends(stress.server_task));
    close_handle(stress.server_task);
}

static void check_answer(const struct message *sent, const struct message *got, status_t status,
                         bool lent)
{
    if (status == STATUS_OK && tag_status(got->tag) == STATUS_OK) {
        EXPECT(got->words[0] == sent->words[0] + 1 && got->words[5] == sent->words[5]);
        EXPECT(!lent || (got->words[1] == LENT && got->words[2] == 0x11 + 0x22));
    } else if (status == STATUS_OK) {
        EXPECT(tag_status(got->tag) == STATUS_INTERRUPTED);
    } else {
        EXPECT(status == STATUS_PEER_DIED || status == STATUS_INTERRUPTED);
    }
}

static void call_always(void *argument)
{
    struct victim_caller *self = argument;
    struct victim *victim = self->victim;
    for (;;) {
        uint64_t random = stress_random(&self->random);
        bool lent = random % 4 == 0;
        struct message message = {.tag = message_tag(1, 0, 0, lent ? 1 : 0),
                                  .words = {random, 0, 0, 0, 0, ~random}};
        struct message sent = message;
        message_page()->leases[0] = (struct lease){0, victim->lent, LENT, LEASE_READ, 0};
        status_t status = port_call(victim->endpoint, &message);
        check_answer(&sent, &message, status, lent);
        if (status == STATUS_OK) {
            self->answered++;
        }
    }
}

static void start_victim(struct victim *victim)
{
    REQUIRE_OK(child_create("victim", &victim->task));
    EXPECT_OK(task_install(victim->task, stress.service.endpoint, RIGHT_ALL, &victim->endpoint));
    for (unsigned i = 0; i < CALLERS; i++) {
        struct victim_caller *caller = &victim->callers[i];
        caller->victim = victim;
        caller->random = stress_seed(address_of(caller));
        EXPECT_OK(
            worker_start(&caller->worker, victim->task, OTHER_PRIORITY - i, call_always, caller));
    }
}

static void end_victim(struct victim *victim)
{
    EXPECT_OK(task_kill(victim->task, 0));
    for (unsigned i = 0; i < CALLERS; i++) {
        EXPECT(worker_end(&victim->callers[i].worker));
    }
    EXPECT(task_ends(victim->task));
    close_handle(victim->task);
    victim->task = 0;
}

static void disturb(struct victim *victim, uint64_t random)
{
    handle_t thread = victim->callers[random / 16 % CALLERS].worker.thread;
    if (random % 16 == 0) {
        __atomic_add_fetch(&stress.kills, 1, __ATOMIC_RELAXED);
        end_victim(victim);
        start_victim(victim);
    } else if (random % 16 < 12) {
        EXPECT_OK(thread_interrupt(thread));
    } else {
        EXPECT_OK(thread_set_priority(thread, 10 + random / 64 % 11));
    }
}

static void run_chaos(void *argument)
{
    uint64_t share = address_of(argument);
    uint64_t random = stress_seed(share + 100);
    while (stress.stop == 0) {
        uint64_t number = stress_random(&random);
        disturb(&stress.victims[number % (VICTIMS / CHAOS) * CHAOS + share], number / 256);
        sleep_for(number >> 32 & 0x1ffff); /* up to 131 microseconds */
    }
}

static void test_calls(void)
{
    uint64_t lent = map_new(environment.account, 2 * PAGE);
    REQUIRE(lent != 0 && service_open(&stress.service));
    stress.stop = 0;
    stress.kills = stress.restarts = stress.answered = 0;
    *(volatile uint8_t *)at(lent) = 0x11;
    *(volatile uint8_t *)at(lent + LENT - 1) = 0x22;
    start_server();
    for (unsigned i = 0; i < VICTIMS; i++) {
        stress.victims[i] = (struct victim){.lent = lent};
        start_victim(&stress.victims[i]);
    }
    for (uint64_t i = 0; i < CHAOS; i++) {
        EXPECT_OK(worker_start(&stress.chaos[i], 0, OTHER_PRIORITY + 2, run_chaos, at(i)));
    }
    uint64_t end = clock_read() + STRESS_TIME;
    uint64_t last = clock_read() + PATIENCE;
    for (; clock_read() < (stress.kills > 0 ? end : last); stress.restarts++) {
        sleep_for(SERVER_LIFE);
        end_server();
        start_server();
    }
    stress.stop = 1;
    for (unsigned i = 0; i < CHAOS; i++) {
        EXPECT(worker_end(&stress.chaos[i]));
    }
    for (unsigned i = 0; i < VICTIMS; i++) {
        for (unsigned j = 0; j < CALLERS; j++) {
            stress.answered += stress.victims[i].callers[j].answered;
        }
        end_victim(&stress.victims[i]);
    }
    end_server();
    EXPECT(stress.answered > 0 && stress.kills > 0 && stress.restarts > 0);
    service_close(&stress.service);
    unmap(lent, 2 * PAGE);
}

const struct test stress_call_tests[] = {
    {"stress_calls", test_calls},
    {NULL, NULL},
};
