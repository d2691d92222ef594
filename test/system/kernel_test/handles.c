/* Handles: copies, rights, generations, the size of the table. */
#include "test.h"

#define TABLE_MOST 16384 /* handles of one task, docs/LIMITS.md */

static void test_close(void)
{
    handle_t handle = new_event();
    EXPECT_OK(handle_close(handle));
    EXPECT_STATUS(STATUS_GONE, handle_close(handle));
    EXPECT_STATUS(STATUS_BAD_HANDLE, handle_close(0));
    EXPECT_STATUS(STATUS_BAD_HANDLE, handle_close(~UINT64_C(0)));
    EXPECT_STATUS(STATUS_BAD_HANDLE, handle_close(UINT64_C(0x7fffffff00000001)));
}

static void test_duplicate(void)
{
    handle_t event = new_event();
    handle_t copy = 0;
    uint64_t identity[2] = {0, 1};
    EXPECT_OK(handle_duplicate(event, RIGHT_ALL, &copy));
    EXPECT(copy != event);
    EXPECT_OK(handle_info(event, NULL, NULL, &identity[0]));
    EXPECT_OK(handle_info(copy, NULL, NULL, &identity[1]));
    EXPECT(identity[0] == identity[1]);
    EXPECT_OK(event_signal(event, 4));
    EXPECT_OK(handle_close(event));
    EXPECT_OK(event_wait(copy, 4, 0, NULL));
    EXPECT_OK(handle_close(copy));
    EXPECT_STATUS(STATUS_GONE, handle_duplicate(copy, RIGHT_ALL, &copy));
    EXPECT_STATUS(STATUS_BAD_HANDLE, handle_duplicate(0, RIGHT_ALL, &copy));
}

static void test_rights_only_shrink(void)
{
    handle_t event = new_event();
    handle_t weak = with_rights(event, RIGHT_DUPLICATE | RIGHT_EVENT_WAIT);
    handle_t again = 0;
    uint32_t rights = 0;
    EXPECT_STATUS(STATUS_NO_RIGHT, event_signal(weak, 1));
    EXPECT_OK(handle_duplicate(weak, RIGHT_ALL, &again));
    EXPECT_OK(handle_info(again, NULL, &rights, NULL));
    EXPECT(rights == (RIGHT_DUPLICATE | RIGHT_EVENT_WAIT));
    close_handle(again);
    again = with_rights(event, RIGHT_EVENT_WAIT);
    EXPECT_STATUS(STATUS_NO_RIGHT, handle_duplicate(again, RIGHT_ALL, NULL));
    EXPECT_STATUS(STATUS_TIMED_OUT, event_wait(again, 1, 0, NULL));
    close_handle(again);
    close_handle(weak);
    close_handle(event);
}

static void test_info(void)
{
    handle_t event = new_event();
    handle_t other = new_event();
    uint32_t type = OBJECT_NONE;
    uint64_t identity[2] = {0, 0};
    EXPECT_OK(handle_info(event, &type, NULL, &identity[0]));
    EXPECT_OK(handle_info(other, NULL, NULL, &identity[1]));
    EXPECT(type == OBJECT_EVENT);
    EXPECT(identity[0] != identity[1]);
    EXPECT_OK(handle_info(environment.machine, &type, NULL, NULL));
    EXPECT(type == OBJECT_MACHINE);
    close_handle(other);
    close_handle(event);
    EXPECT_STATUS(STATUS_GONE, handle_info(event, &type, NULL, NULL));
    EXPECT_STATUS(STATUS_BAD_HANDLE, handle_info(0, &type, NULL, NULL));
}

/* A slot that is used again never makes an old handle good. */
static void test_generations(void)
{
    handle_t first = new_event();
    handle_t last = first;
    close_handle(first);
    for (unsigned i = 0; i < 300; i++) {
        handle_t next = new_event();
        EXPECT(next != first && next != last);
        EXPECT_STATUS(STATUS_GONE, event_signal(last, 1));
        close_handle(next);
        last = next;
    }
    EXPECT_STATUS(STATUS_GONE, handle_info(first, NULL, NULL, NULL));
}

struct filler {
    handle_t event; /* a handle of the child */
    status_t end;
    uint64_t count;
    status_t after_close;
};

static void fill_table(void *argument)
{
    struct filler *filler = argument;
    handle_t first = 0;
    while ((filler->end = handle_duplicate(filler->event, RIGHT_ALL, first == 0 ? &first : NULL)) ==
           STATUS_OK) {
        filler->count++;
    }
    status_ignore(handle_close(filler->event));
    filler->after_close = handle_duplicate(first, RIGHT_ALL, NULL);
}

/* In a child, whose end also shows that a full table is given back. */
static void test_full_table(void)
{
    static struct filler filler;
    struct worker worker;
    handle_t task = 0;
    handle_t event = new_event();
    filler = (struct filler){0};
    REQUIRE_OK(child_create("filler", &task));
    EXPECT_OK(task_install(task, event, RIGHT_ALL, &filler.event));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, fill_table, &filler));
    EXPECT(worker_end(&worker));
    EXPECT_STATUS(STATUS_NO_HANDLES, filler.end);
    EXPECT(filler.count > 1000 && filler.count < TABLE_MOST);
    EXPECT_OK(filler.after_close);
    EXPECT(task_ends(task));
    close_handle(task);
    close_handle(event);
}

static void test_table_cannot_grow(void)
{
    static struct filler filler;
    struct worker worker;
    handle_t task = 0;
    handle_t event = 0;
    uint64_t used = 0;
    filler = (struct filler){0};
    REQUIRE_OK(event_create(environment.own, &event));
    REQUIRE_OK(child_create("filler", &task));
    EXPECT_OK(task_install(task, event, RIGHT_ALL, &filler.event));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, fill_table, &filler));
    EXPECT_OK(account_info(environment.account, NULL, NULL, &used, NULL, NULL));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_KERNEL, used + 1024, 0));
    EXPECT(worker_end(&worker));
    EXPECT(task_ends(task));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, filler.end);
    close_handle(task);
    close_handle(event);
}

const struct test handle_tests[] = {
    {"handle_close", test_close},
    {"handle_duplicate", test_duplicate},
    {"handle_rights", test_rights_only_shrink},
    {"handle_info", test_info},
    {"handle_generations", test_generations},
    {"handle_table_full", test_full_table},
    {"handle_table_cannot_grow", test_table_cannot_grow},
    {NULL, NULL},
};
