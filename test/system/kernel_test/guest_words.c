/* Words of a guest's memory that its host loads, and compares and exchanges, in one step. */
#include "foreign.h"

enum { ADDS = 20000 };

static void test_words(void)
{
    static struct foreign foreign;
    uint32_t found = 1;
    REQUIRE(foreign_open(&foreign));
    EXPECT_OK(guest_attach(foreign.guest));
    EXPECT_OK(guest_load32(8, &found)); /* which nobody has touched */
    EXPECT(found == 0);
    found = 1;
    EXPECT_OK(guest_exchange32(PAGE + 4, 0, 0x87654321, &found)); /* nor that */
    EXPECT(found == 0);
    EXPECT_OK(guest_exchange32(PAGE + 4, 0x12345678, 9, &found));
    EXPECT(found == 0x87654321);
    EXPECT_OK(guest_exchange32(PAGE + 4, 0x87654321, 7, &found));
    EXPECT(found == 0x87654321);
    EXPECT_OK(guest_load32(PAGE + 4, &found));
    EXPECT(found == 7);
    EXPECT_OK(guest_load32(PAGE, &found));
    EXPECT(found == 0); /* beside it nothing has changed */
    EXPECT_OK(guest_load32(FOREIGN_TOP - 4, &found));
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

/* A page that a snapshot shares is copied, and the snapshot keeps what it has. */
static void test_shared(void)
{
    static struct foreign foreign;
    handle_t snapshot;
    uint64_t shown = 0;
    uint32_t found;
    REQUIRE(foreign_open(&foreign));
    EXPECT_OK(guest_attach(foreign.guest));
    EXPECT_OK(guest_exchange32(0, 0, 5, &found));
    REQUIRE_OK(memory_snapshot(foreign.data, environment.account, &snapshot));
    EXPECT_OK(guest_exchange32(0, 5, 6, &found));
    EXPECT(found == 5);
    REQUIRE_OK(space_map(0, snapshot, 0, 0, PAGE, MAP_READ, &shown));
    EXPECT(*(const volatile uint32_t *)at(shown) == 5);
    EXPECT_OK(guest_load32(0, &found));
    EXPECT(found == 6);
    unmap(shown, PAGE);
    close_handle(snapshot);
    EXPECT_OK(guest_attach(0));
    foreign_close(&foreign);
}

static void expect_refused(uint64_t address)
{
    uint32_t found;
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_load32(address, &found));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_exchange32(address, 0, 1, &found));
}

static void test_bad_words(void)
{
    static struct foreign foreign;
    uint32_t found, own = 0;
    REQUIRE(foreign_open(&foreign));
    EXPECT_OK(guest_attach(foreign.guest));
    for (unsigned i = 1; i < 4; i++) {
        expect_refused(i);
    }
    expect_refused(FOREIGN_TOP);
    expect_refused(host_base() - 4);
    expect_refused(host_base());
    expect_refused(address_of(&own));
    expect_refused(~UINT64_C(3));
    EXPECT(own == 0);
    EXPECT_OK(guest_exchange32(PAGE, 0, 3, &found));
    EXPECT_OK(space_protect(foreign.space, PAGE, PAGE, MAP_READ));
    EXPECT_OK(guest_load32(PAGE, &found));
    EXPECT(found == 3);
    EXPECT_STATUS(STATUS_BAD_ADDRESS, guest_exchange32(PAGE, 3, 4, &found));
    EXPECT_OK(guest_exchange32(PAGE, 2, 4, &found)); /* which writes nothing */
    EXPECT(found == 3);
    EXPECT_OK(guest_attach(0));
    expect_refused(0); /* whose? */
    foreign_close(&foreign);
}

static struct {
    struct foreign first, second;
    struct worker worker;
} both;

static void add(const struct foreign *foreign)
{
    EXPECT_OK(guest_attach(foreign->guest));
    for (unsigned i = 0; i < ADDS; i++) {
        uint32_t wanted, found = 0;
        do {
            wanted = found;
            EXPECT_OK(guest_exchange32(0, wanted, wanted + 1, &found));
        } while (found != wanted);
    }
    EXPECT_OK(guest_attach(0));
}

static void add_second(void *unused)
{
    (void)unused;
    add(&both.second);
}

/* Two hosts at one word of a process with two threads: nothing is lost. */
static void test_together(void)
{
    uint32_t found = 0;
    REQUIRE(foreign_open(&both.first));
    foreign_open_second(&both.first, &both.second);
    EXPECT_OK(worker_start(&both.worker, 0, OTHER_PRIORITY, add_second, NULL));
    add(&both.first);
    EXPECT(worker_end(&both.worker));
    EXPECT_OK(guest_attach(both.first.guest));
    EXPECT_OK(guest_load32(0, &found));
    EXPECT(found == 2 * ADDS);
    EXPECT_OK(guest_attach(0));
    close_handle(both.second.guest);
    foreign_close(&both.first);
}

const struct test guest_word_tests[] = {
    {"guest_words", test_words},
    {"guest_words_shared", test_shared},
    {"guest_words_bad", test_bad_words},
    {"guest_words_together", test_together},
    {0},
};
