/*
 * Pins of lent memory: the lender waits until the device is done with its pages, or gets copies of
 * them when whoever pinned them dies. This thread is the server, or a child task where it dies.
 * Long because all of it shares that lender and that server.
 */
#include "devices.h"
#include "faulter.h"

#define BYTES (3 * PAGE)
#define SKEW  UINT64_C(100) /* of the lent range in its first page */

static uint64_t pages_of(handle_t account)
{
    uint64_t pages = 0;
    EXPECT_OK(account_info(account, &pages, NULL, NULL, NULL, NULL));
    return pages;
}

/* A thread that lends `lease` to an endpoint, both in its task. */
struct lender {
    struct worker worker;
    handle_t task; /* 0: this one */
    handle_t endpoint;
    struct lease lease;
    struct message message;
    status_t status;
};

static void lend(void *argument)
{
    struct lender *lender = argument;
    lender->message = (struct message){.tag = message_tag(1, 0, 0, 1)};
    message_page()->leases[0] = lender->lease;
    lender->status = port_call(lender->endpoint, &lender->message);
}

static void lender_start(struct lender *lender, handle_t endpoint, struct lease lease)
{
    *lender = (struct lender){.endpoint = endpoint, .lease = lease, .status = STATUS_BAD_CALL};
    EXPECT_OK(worker_start(&lender->worker, 0, OTHER_PRIORITY, lend, lender));
}

/* In a task of its own, which can be killed. */
static void lender_start_child(struct lender *lender, handle_t endpoint, struct lease lease)
{
    *lender = (struct lender){.lease = lease, .status = STATUS_BAD_CALL};
    EXPECT_OK(child_create("lender", &lender->task));
    EXPECT_OK(task_install(lender->task, endpoint, RIGHT_ALL, &lender->endpoint));
    EXPECT_OK(worker_start(&lender->worker, lender->task, OTHER_PRIORITY, lend, lender));
}

static bool lender_waits(struct lender *lender)
{
    sleep_for(3 * MILLISECOND);
    return worker_state(&lender->worker) == THREAD_BLOCKED_CALL;
}

static uint64_t frame_of(handle_t pin, uint64_t offset)
{
    uint64_t address = 0;
    EXPECT_OK(pin_address(pin, offset, &address, NULL));
    return address & ~(PAGE - 1);
}

struct scene {
    struct clock_chip chip;
    struct service service;
    uint64_t base;
    struct lease lease;
};

static bool scene_open(struct scene *scene)
{
    *scene = (struct scene){.base = map_new(environment.account, BYTES)};
    scene->lease = (struct lease){0, scene->base + SKEW, 2 * PAGE, LEASE_READ | LEASE_WRITE, 0};
    return scene->base != 0 && chip_open(&scene->chip) && service_open(&scene->service);
}

static void scene_close(struct scene *scene)
{
    service_close(&scene->service);
    unmap(scene->base, BYTES);
    chip_close(&scene->chip);
}

static status_t answer(handle_t reply)
{
    const struct message message = {.tag = message_tag(STATUS_OK, 0, 0, 0), .words = {77}};
    return port_reply(reply, &message);
}

static void test_errors(void)
{
    static struct lender lender;
    struct scene scene;
    struct received received;
    handle_t event = new_event();
    handle_t pin = 0;
    REQUIRE(scene_open(&scene));
    handle_t device = scene.chip.memory;
    handle_t reply = scene.service.reply;
    EXPECT_STATUS(STATUS_BAD_STATE, lease_pin(device, reply, 0, 0, PAGE, &pin)); /* no call */
    lender_start(&lender, scene.service.endpoint, scene.lease);
    EXPECT_OK(port_receive(scene.service.port, reply, &received));
    EXPECT_STATUS(STATUS_BAD_LEASE, lease_pin(device, reply, 0, 0, 0, &pin));
    EXPECT_STATUS(STATUS_BAD_LEASE, lease_pin(device, reply, 0, 0, (1 << 20) + 1, &pin));
    EXPECT_STATUS(STATUS_BAD_LEASE, lease_pin(device, reply, 0, 0, ~UINT64_C(0), &pin));
    EXPECT_STATUS(STATUS_BAD_LEASE, lease_pin(device, reply, 0, 0, 2 * PAGE + 1, &pin));
    EXPECT_STATUS(STATUS_BAD_LEASE, lease_pin(device, reply, 0, 2 * PAGE, 1, &pin));
    EXPECT_STATUS(STATUS_BAD_LEASE, lease_pin(device, reply, 0, ~UINT64_C(0), 2, &pin));
    EXPECT_STATUS(STATUS_BAD_LEASE, lease_pin(device, reply, 1, 0, 1, &pin));
    EXPECT_STATUS(STATUS_BAD_LEASE, lease_pin(device, reply, ~UINT32_C(0), 0, 1, &pin));
    EXPECT_HANDLE_ERRORS(lease_pin(handle, reply, 0, 0, 1, &pin), event, 0);
    EXPECT_HANDLE_ERRORS(lease_pin(device, handle, 0, 0, 1, &pin), event,
                         with_rights(reply, RIGHT_ALL & ~RIGHT_REPLY_ANSWER));
    handle_t plain = new_memory(1);
    EXPECT_STATUS(STATUS_BAD_STATE, lease_pin(plain, reply, 0, 0, 1, &pin));
    close_handle(plain);
    uint64_t bytes = 0;
    EXPECT_OK(account_info(environment.own, NULL, NULL, &bytes, NULL, NULL));
    EXPECT_OK(account_limit(environment.own, ACCOUNT_KERNEL, bytes, 0));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, lease_pin(device, reply, 0, 0, 1, &pin));
    EXPECT_OK(account_limit(environment.own, ACCOUNT_KERNEL, ~UINT64_C(0), 0));
    uint64_t pages = pages_of(environment.account);
    EXPECT_OK(account_limit(environment.account, ACCOUNT_PAGES, pages + 1, 0));
    EXPECT_STATUS(STATUS_NO_PAGES, lease_pin(device, reply, 0, 0, 2 * PAGE, &pin));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_PAGES, ~UINT64_C(0), 0));
    EXPECT_OK(space_unmap(0, scene.base + 2 * PAGE, PAGE)); /* the lender's mistake */
    EXPECT_STATUS(STATUS_BAD_LEASE, lease_pin(device, reply, 0, 0, 2 * PAGE, &pin));
    EXPECT(pin == 0);
    EXPECT_OK(answer(reply));
    EXPECT(worker_end(&lender.worker)); /* none of these left anything that it waits for */
    close_handle(event);
    scene_close(&scene);
}

/* Where in a page the range begins shows in the address; the first byte is offset 0. */
static void test_addresses(void)
{
    static struct lender lender;
    struct scene scene;
    struct received received;
    handle_t pins[3] = {0, 0, 0};
    uint64_t address = 0;
    uint64_t follow = 0;
    REQUIRE(scene_open(&scene));
    lender_start(&lender, scene.service.endpoint, scene.lease);
    EXPECT_OK(port_receive(scene.service.port, scene.service.reply, &received));
    REQUIRE_OK(lease_pin(scene.chip.memory, scene.service.reply, 0, 0, 2 * PAGE, &pins[0]));
    REQUIRE_OK(lease_pin(scene.chip.memory, scene.service.reply, 0, PAGE, PAGE, &pins[1]));
    REQUIRE_OK(lease_pin(scene.chip.memory, scene.service.reply, 0, 2 * PAGE - 1, 1, &pins[2]));
    EXPECT_OK(pin_address(pins[0], 0, &address, &follow));
    EXPECT(address % PAGE == SKEW && follow >= PAGE - SKEW && follow <= 2 * PAGE);
    EXPECT_OK(pin_address(pins[0], PAGE - SKEW, &address, NULL));
    EXPECT(address % PAGE == 0);
    EXPECT(frame_of(pins[0], PAGE) == frame_of(pins[1], 0));
    EXPECT(frame_of(pins[0], 2 * PAGE - 1) == frame_of(pins[2], 0));
    EXPECT(frame_of(pins[0], 0) != frame_of(pins[1], 0));
    EXPECT_OK(pin_address(pins[2], 0, &address, &follow));
    EXPECT(address % PAGE == SKEW - 1 && follow == 1);
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, pin_address(pins[2], 1, &address, &follow));
    for (unsigned i = 0; i < 3; i++) {
        close_handle(pins[i]);
    }
    EXPECT_OK(answer(scene.service.reply));
    EXPECT(worker_end(&lender.worker));
    scene_close(&scene);
}

/* Answered or not: the lender goes on when the answer is there and the last pin is closed. */
static void test_lender_waits(void)
{
    static struct lender lender;
    struct scene scene;
    struct received received;
    handle_t pins[2] = {0, 0};
    REQUIRE(scene_open(&scene));
    lender_start(&lender, scene.service.endpoint, scene.lease);
    EXPECT_OK(port_receive(scene.service.port, scene.service.reply, &received));
    REQUIRE_OK(lease_pin(scene.chip.memory, scene.service.reply, 0, 0, PAGE, &pins[0]));
    REQUIRE_OK(lease_pin(scene.chip.memory, scene.service.reply, 0, PAGE, 10, &pins[1]));
    EXPECT_OK(answer(scene.service.reply));
    EXPECT(lender_waits(&lender));
    EXPECT_OK(thread_interrupt(lender.worker.thread)); /* no way to let a device go sooner */
    EXPECT(lender_waits(&lender));
    close_handle(pins[0]);
    EXPECT(lender_waits(&lender));
    close_handle(pins[1]);
    EXPECT(worker_end(&lender.worker));
    EXPECT(lender.status == STATUS_OK && lender.message.words[0] == 77);

    lender_start(&lender, scene.service.endpoint, scene.lease);
    EXPECT_OK(port_receive(scene.service.port, scene.service.reply, &received));
    REQUIRE_OK(lease_pin(scene.chip.memory, scene.service.reply, 0, 0, PAGE, &pins[0]));
    close_handle(pins[0]);
    EXPECT(lender_waits(&lender)); /* for its answer */
    EXPECT_OK(answer(scene.service.reply));
    EXPECT(worker_end(&lender.worker));
    scene_close(&scene);
}

/* A call that fails is no reason either for the lender to touch what a device may write. */
static void test_failed_call(void)
{
    static struct lender lender;
    struct scene scene;
    struct received received;
    handle_t pin = 0;
    REQUIRE(scene_open(&scene));
    lender_start(&lender, scene.service.endpoint, scene.lease);
    EXPECT_OK(port_receive(scene.service.port, scene.service.reply, &received));
    REQUIRE_OK(lease_pin(scene.chip.memory, scene.service.reply, 0, 0, PAGE, &pin));
    close_handle(scene.service.reply); /* PEER_DIED for the caller */
    scene.service.reply = 0;
    EXPECT(lender_waits(&lender));
    close_handle(pin);
    EXPECT(worker_end(&lender.worker));
    EXPECT_STATUS(STATUS_PEER_DIED, lender.status);
    scene_close(&scene);
}

/* The lender dies: at once, while its pages stay as long as the pin. */
static void test_lender_killed(void)
{
    static struct lender lender;
    struct scene scene;
    struct received received;
    REQUIRE(scene_open(&scene));
    for (unsigned answered = 0; answered < 2; answered++) {
        handle_t pin = 0;
        uint64_t before = pages_of(environment.account);
        handle_t memory = new_memory(2);
        uint64_t there = 0;
        EXPECT_OK(space_map(0, memory, 0, 0, 2 * PAGE, MAP_READ | MAP_WRITE, &there));
        close_handle(memory);
        const struct lease lease = {0, there, 2 * PAGE, LEASE_WRITE, 0};
        lender_start_child(&lender, scene.service.endpoint, lease);
        EXPECT_OK(port_receive(scene.service.port, scene.service.reply, &received));
        REQUIRE_OK(lease_pin(scene.chip.memory, scene.service.reply, 0, 0, 2 * PAGE, &pin));
        if (answered) {
            EXPECT_OK(answer(scene.service.reply));
            EXPECT(lender_waits(&lender));
        }
        EXPECT_OK(task_kill(lender.task, 0));
        EXPECT(task_ends(lender.task) && worker_end(&lender.worker));
        EXPECT_STATUS(STATUS_BAD_CALL, lender.status);
        close_handle(lender.task);
        unmap(there, 2 * PAGE);
        EVENTUALLY(pages_of(environment.account) == before + 2);
        if (!answered) {
            handle_t second = 0;
            EXPECT_STATUS(STATUS_INTERRUPTED,
                          lease_pin(scene.chip.memory, scene.service.reply, 0, 0, PAGE, &second));
            EXPECT_OK(answer(scene.service.reply));
        }
        close_handle(pin);
        EVENTUALLY(pages_of(environment.account) == before);
    }
    scene_close(&scene);
}

/* ---- who pinned dies ------------------------------------------------------------------------- */

struct pinner {
    struct worker worker;
    handle_t task;
    handle_t port, reply, device; /* its handles */
    uint32_t answers;
    volatile uint32_t done;
    uint64_t frame;
    status_t status;
};

static void run_pinner(void *argument)
{
    struct pinner *pinner = argument;
    struct received received;
    handle_t pin = 0;
    EXPECT_OK(port_receive(pinner->port, pinner->reply, &received));
    pinner->status = lease_pin(pinner->device, pinner->reply, 0, 0, 2 * PAGE, &pin);
    pinner->frame = frame_of(pin, PAGE);
    if (pinner->answers) {
        EXPECT_OK(answer(pinner->reply));
    }
    pinner->done = 1;
    for (;;) {
        sleep_for(SECOND);
    }
}

static void pinner_start(struct pinner *pinner, const struct scene *scene, uint32_t answers)
{
    *pinner = (struct pinner){.answers = answers};
    EXPECT_OK(child_create("pinner", &pinner->task));
    EXPECT_OK(task_install(pinner->task, scene->service.port, RIGHT_ALL, &pinner->port));
    EXPECT_OK(task_install(pinner->task, scene->service.reply, RIGHT_ALL, &pinner->reply));
    EXPECT_OK(task_install(pinner->task, scene->chip.memory, RIGHT_ALL, &pinner->device));
    EXPECT_OK(worker_start(&pinner->worker, pinner->task, OTHER_PRIORITY, run_pinner, pinner));
}

/* Which page the lender has at an address now: it lends it to this thread. */
static uint64_t lent_frame(const struct scene *scene, uint64_t offset)
{
    static struct lender lender;
    struct service service;
    struct received received;
    handle_t pin = 0;
    EXPECT(service_open(&service));
    lender_start(&lender, service.endpoint, scene->lease);
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT_OK(lease_pin(scene->chip.memory, service.reply, 0, offset, 1, &pin));
    uint64_t frame = frame_of(pin, 0);
    close_handle(pin);
    EXPECT_OK(answer(service.reply));
    EXPECT(worker_end(&lender.worker));
    service_close(&service);
    return frame;
}

/* The lender goes on with copies, and its pages stay in quarantine. */
static void test_pinner_killed(void)
{
    static struct lender lender;
    static struct pinner pinner;
    struct scene scene;
    for (uint32_t answers = 0; answers < 2; answers++) {
        REQUIRE(scene_open(&scene));
        volatile uint64_t *words = at(scene.base);
        for (uint64_t i = 0; i < BYTES / sizeof(uint64_t); i++) {
            words[i] = i * 3;
        }
        pinner_start(&pinner, &scene, answers);
        close_handle(scene.service.reply); /* it must be the pinner's only */
        scene.service.reply = 0;
        lender_start(&lender, scene.service.endpoint, scene.lease);
        EVENTUALLY(pinner.done != 0);
        EXPECT_OK(pinner.status);
        EXPECT(lender_waits(&lender));
        EXPECT_OK(task_kill(pinner.task, 0));
        EXPECT(task_ends(pinner.task));
        EXPECT(worker_end(&pinner.worker) && worker_end(&lender.worker));
        EXPECT_STATUS(answers ? STATUS_OK : STATUS_PEER_DIED, lender.status);
        for (uint64_t i = 0; i < BYTES / sizeof(uint64_t); i++) {
            EXPECT(words[i] == i * 3);
        }
        EXPECT(lent_frame(&scene, PAGE) != pinner.frame);
        close_handle(pinner.task);
        words[PAGE / sizeof(uint64_t)] = 1;
        uint64_t held = pages_of(environment.account);
        EXPECT_OK(pin_release(scene.chip.memory));
        EVENTUALLY(pages_of(environment.account) <= held - 3); /* 2 pages and a part of a third */
        scene_close(&scene);
    }
}

static void read_there(struct faulter *faulter)
{
    faulter->answer = *(volatile uint64_t *)at(faulter->address);
}

/* A copy is not to be had: contiguous memory has but one place, or the account is full. */
static void test_no_copy(void)
{
    static struct lender lender;
    static struct pinner pinner;
    static struct faulter faulter;
    struct scene scene;
    for (uint32_t contiguous = 0; contiguous < 2; contiguous++) {
        handle_t memory = 0;
        uint64_t there = 0;
        REQUIRE(scene_open(&scene));
        REQUIRE_OK(memory_create(environment.account, 2 * PAGE, contiguous ? MEMORY_CONTIGUOUS : 0,
                                 &memory));
        EXPECT_OK(space_map(0, memory, 0, 0, 2 * PAGE, MAP_READ | MAP_WRITE, &there));
        close_handle(memory);
        pinner_start(&pinner, &scene, 1);
        close_handle(scene.service.reply);
        scene.service.reply = 0;
        const struct lease lease = {0, there, 2 * PAGE, LEASE_READ | LEASE_WRITE, 0};
        lender_start(&lender, scene.service.endpoint, lease);
        EVENTUALLY(pinner.done != 0);
        EXPECT_OK(pinner.status);
        EXPECT_OK(
            account_limit(environment.account, ACCOUNT_PAGES, contiguous ? ~UINT64_C(0) : 0, 0));
        EXPECT_OK(task_kill(pinner.task, 0));
        EXPECT(task_ends(pinner.task));
        EXPECT_OK(account_limit(environment.account, ACCOUNT_PAGES, ~UINT64_C(0), 0));
        EXPECT(worker_end(&pinner.worker) && worker_end(&lender.worker));
        REQUIRE(faulter_start(&faulter, read_there, there + PAGE));
        REQUIRE(worker_reaches(&faulter.worker, THREAD_BLOCKED_FAULT));
        faulter_expect(&faulter, FAULT_READ, there + PAGE);
        EXPECT(faulter.fault.words[4] == STATUS_NO_PAGES);
        faulter_answer(&faulter, STATUS_BAD_ADDRESS);
        faulter_end(&faulter, EXIT_FAULT);
        EXPECT_OK(pin_release(scene.chip.memory));
        unmap(there, 2 * PAGE);
        close_handle(pinner.task);
        scene_close(&scene);
    }
}

/* ---- chains ---------------------------------------------------------------------------------- */

/* Serves one call by lending on what it was lent. */
struct middle {
    struct worker worker;
    struct service service;
    handle_t next; /* endpoint */
    uint64_t length;
    status_t status;
};

static void run_middle(void *argument)
{
    struct middle *middle = argument;
    struct received received;
    struct message message = {.tag = message_tag(1, 0, 0, 1)};
    EXPECT_OK(port_receive(middle->service.port, middle->service.reply, &received));
    message_page()->leases[0] = (struct lease){middle->service.reply, 0, middle->length,
                                               LEASE_READ | LEASE_WRITE | LEASE_ONWARD, 0};
    middle->status = port_call(middle->next, &message);
    EXPECT_OK(answer(middle->service.reply));
}

/* Through as many hands as a lease may pass; the end of a link ends what lies below. */
static void test_chain(void)
{
    enum { MIDDLES = LIMIT_LEASE_CHAIN - 1 };
    static struct middle middles[MIDDLES];
    static struct lender lender;
    struct scene scene;
    struct received received;
    handle_t pin = 0;
    handle_t second = 0;
    REQUIRE(scene_open(&scene));
    uint64_t frame = lent_frame(&scene, 0);
    for (unsigned i = MIDDLES; i-- > 0;) {
        middles[i] = (struct middle){.length = scene.lease.length};
        REQUIRE(service_open(&middles[i].service));
        middles[i].next =
            i + 1 < MIDDLES ? middles[i + 1].service.endpoint : scene.service.endpoint;
        EXPECT_OK(worker_start(&middles[i].worker, 0, OTHER_PRIORITY, run_middle, &middles[i]));
    }
    lender_start(&lender, middles[0].service.endpoint, scene.lease);
    EXPECT_OK(port_receive(scene.service.port, scene.service.reply, &received));
    REQUIRE_OK(lease_pin(scene.chip.memory, scene.service.reply, 0, 0, 2 * PAGE, &pin));
    EXPECT(frame_of(pin, 0) == frame);
    EXPECT_OK(answer(scene.service.reply));
    sleep_for(3 * MILLISECOND); /* all of them wait, one for the pin, the others for answers */
    for (unsigned i = 0; i < MIDDLES; i++) {
        EXPECT(worker_state(&middles[i].worker) == THREAD_BLOCKED_CALL);
    }
    EXPECT(lender_waits(&lender));
    close_handle(pin);
    EXPECT(worker_end(&lender.worker));
    EXPECT_OK(lender.status);
    for (unsigned i = 0; i < MIDDLES; i++) {
        EXPECT(worker_end(&middles[i].worker));
        EXPECT_OK(middles[i].status);
        service_close(&middles[i].service);
    }
    EXPECT_STATUS(STATUS_BAD_STATE,
                  lease_pin(scene.chip.memory, scene.service.reply, 0, 0, PAGE, &second));
    scene_close(&scene);
}

static void test_end_of_link(void)
{
    static struct lender lender, onward;
    struct service first;
    struct scene scene;
    struct received received;
    handle_t pin = 0;
    REQUIRE(scene_open(&scene) && service_open(&first));
    lender_start(&lender, first.endpoint, scene.lease);
    EXPECT_OK(port_receive(first.port, first.reply, &received));
    const struct lease lease = {first.reply, 8, PAGE, LEASE_READ | LEASE_ONWARD, 0};
    lender_start(&onward, scene.service.endpoint, lease);
    EXPECT_OK(port_receive(scene.service.port, scene.service.reply, &received));
    EXPECT_STATUS(STATUS_BAD_LEASE,
                  lease_pin(scene.chip.memory, scene.service.reply, 0, PAGE, 1, &pin));
    EXPECT_OK(lease_pin(scene.chip.memory, scene.service.reply, 0, 0, PAGE, &pin));
    close_handle(pin);
    EXPECT_OK(answer(first.reply)); /* the first link ends */
    EXPECT(worker_end(&lender.worker));
    pin = 0;
    EXPECT_STATUS(STATUS_BAD_LEASE,
                  lease_pin(scene.chip.memory, scene.service.reply, 0, 0, PAGE, &pin));
    EXPECT(pin == 0);
    EXPECT_OK(answer(scene.service.reply));
    EXPECT(worker_end(&onward.worker));
    service_close(&first);
    scene_close(&scene);
}

const struct test lease_pin_tests[] = {
    {"lease_pin_errors", test_errors},
    {"lease_pin_addresses", test_addresses},
    {"lease_pin_lender_waits", test_lender_waits},
    {"lease_pin_failed_call", test_failed_call},
    {"lease_pin_lender_killed", test_lender_killed},
    {"lease_pin_pinner_killed", test_pinner_killed},
    {"lease_pin_no_copy", test_no_copy},
    {"lease_pin_chain", test_chain},
    {"lease_pin_end_of_link", test_end_of_link},
    {NULL, NULL},
};
