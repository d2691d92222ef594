/* Snapshots of a process's memory, as a fork takes them, while another of its threads writes. */
#include "foreign.h"

enum { ROUNDS = 300, WORDS = PAGE / sizeof(uint64_t) };

static struct {
    struct foreign writer; /* its guest adds to all pages */
    struct foreign taker;  /* another thread's */
    struct worker worker;
    volatile uint64_t exit;
    handle_t snapshot;
    uint64_t shown;
    uint64_t first[FOREIGN_PAGES]; /* words of the pages of the snapshot, as they were seen */
} both;

static void write_on(void *unused)
{
    (void)unused;
    foreign_begin(&both.writer, CODE_ADDS, 0, FOREIGN_PAGES);
    both.writer.state->registers[GUEST_ARGUMENT(COUNT_ARGUMENT)] = 0;
    both.writer.state->registers[GUEST_ARGUMENT(APART_ARGUMENT)] = PAGE - sizeof(uint64_t);
    both.exit = foreign_run();
}

/* Its first word is written first: the last one is the same, or not written yet. */
static uint64_t check_page(const volatile uint64_t *page)
{
    EXPECT(page[0] - page[WORDS - 1] <= 1);
    for (unsigned i = 1; i < WORDS - 1; i++) {
        if (page[i] != 0) {
            EXPECT(page[i] == 0);
            break;
        }
    }
    return page[0];
}

static void take(void)
{
    foreign_begin(&both.taker, CODE_CALLS, 0, 0);
    EXPECT(foreign_run() == GUEST_EXIT_CALL);
    EXPECT_OK(memory_snapshot(both.writer.data, environment.account, &both.snapshot));
    REQUIRE_OK(space_map(0, both.snapshot, 0, 0, FOREIGN_TOP, MAP_READ, &both.shown));
    for (unsigned i = 0; i < FOREIGN_PAGES; i++) {
        uint64_t first = check_page(at(both.shown + i * PAGE));
        EXPECT(first >= both.first[i]);
        both.first[i] = first;
    }
}

/* What was written meanwhile is not in it. */
static void give_back(void)
{
    for (unsigned i = 0; i < FOREIGN_PAGES; i++) {
        EXPECT(check_page(at(both.shown + i * PAGE)) == both.first[i]);
    }
    unmap(both.shown, FOREIGN_TOP);
    close_handle(both.snapshot);
}

/* In the order in which it wrote them, the words are those of its last round and then of the one
 * before: nothing is lost, and nothing that a snapshot kept has come back. */
static void check_writer(void)
{
    static uint64_t memory[FOREIGN_PAGES * WORDS];
    uint64_t round = foreign_argument(&both.writer, COUNT_ARGUMENT);
    EXPECT_OK(guest_attach(both.writer.guest));
    EXPECT_OK(guest_copy_in(memory, 0, sizeof(memory)));
    for (unsigned i = 0; i < 2 * FOREIGN_PAGES; i++) {
        uint64_t word = memory[i / 2 * WORDS + i % 2 * (WORDS - 1)];
        EXPECT(word == round || word == round - 1);
        round = word;
    }
}

static void test_beside_writer(void)
{
    unsigned changed = 0; /* snapshots that the writer went on beside */
    __builtin_memset(both.first, 0, sizeof(both.first));
    REQUIRE(foreign_open(&both.writer));
    foreign_open_second(&both.writer, &both.taker);
    EXPECT_OK(worker_start(&both.worker, 0, OTHER_PRIORITY, write_on, NULL));
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t before = both.first[0];
        sleep_for(round % 4 * 100 * MICROSECOND);
        take();
        REQUIRE(both.shown != 0);
        changed += both.first[0] > before;
        sleep_for(round % 3 * 200 * MICROSECOND);
        give_back();
    }
    EXPECT_OK(guest_kick(both.writer.guest));
    EXPECT(worker_end(&both.worker));
    EXPECT(both.exit == GUEST_EXIT_KICKED);
    EXPECT(changed > 0);
    check_writer();
    EXPECT_OK(guest_attach(0));
    close_handle(both.taker.guest);
    foreign_close(&both.writer);
}

const struct test guest_snapshot_tests[] = {
    {"guest_snapshot_beside_writer", test_beside_writer},
    {0},
};
