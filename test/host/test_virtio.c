/*
 * Unit tests of drivers/common/virtqueue.c against a simulated device that reads the shared memory
 * as a device does, and of drivers/common/plan.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan.h"
#include "virtqueue.h"

static struct virtqueue queue;
static _Alignas(VIRTQUEUE_ALIGNMENT) uint8_t memory[VIRTQUEUE_BYTES];
static int tokens[4 * VIRTQUEUE_MAX];

/* ---- the device ----------------------------------------------------------------------------- */

static uint16_t device_seen;

static struct virtqueue_descriptor *descriptor_at(uint16_t index)
{
    assert_true(index < queue.size);
    return (struct virtqueue_descriptor *)(void *)memory + index;
}

static struct virtqueue_available *available(void)
{
    return (struct virtqueue_available *)(void *)(memory + virtqueue_available_offset(queue.size));
}

static struct virtqueue_used *used(void)
{
    return (struct virtqueue_used *)(void *)(memory + virtqueue_used_offset(queue.size));
}

/* The head of the next chain that was made available. */
static uint16_t device_next(void)
{
    assert_true(available()->index != device_seen);
    return available()->ring[device_seen++ % queue.size];
}

static void device_use(uint32_t head, uint32_t written)
{
    used()->ring[used()->index % queue.size] = (struct virtqueue_used_element){head, written};
    used()->index++;
}

/* ---- helpers -------------------------------------------------------------------------------- */

static void begin(uint16_t size)
{
    memset(memory, 0, sizeof(memory));
    virtqueue_init(&queue, memory, size);
    device_seen = 0;
}

static int setup(void **state)
{
    (void)state;
    begin(16);
    return 0;
}

static bool add(uint16_t count, void *token)
{
    struct virtqueue_segment segments[VIRTQUEUE_MAX];
    for (uint16_t i = 0; i < count; i++) {
        segments[i] = (struct virtqueue_segment){0x1000u + i, 100u + i, i + 1 == count};
    }
    return virtqueue_add(&queue, segments, count, token);
}

static void assert_taken(void *token, uint32_t length)
{
    void *got = NULL;
    uint32_t written = 0;
    assert_int_equal(virtqueue_take(&queue, &got, &written), VIRTQUEUE_TAKEN);
    assert_ptr_equal(got, token);
    assert_int_equal(written, length);
}

static void assert_result(enum virtqueue_result result)
{
    void *token;
    uint32_t length;
    assert_int_equal(virtqueue_take(&queue, &token, &length), result);
}

/* ---- the ring ------------------------------------------------------------------------------- */

static void test_layout_is_the_legacy_one(void **state)
{
    (void)state;
    assert_int_equal(virtqueue_available_offset(256), 4096);
    assert_int_equal(virtqueue_used_offset(256), 8192);
    assert_int_equal(virtqueue_used_offset(16), 4096);
    assert_true(virtqueue_used_offset(VIRTQUEUE_MAX) + sizeof(struct virtqueue_used) +
                    VIRTQUEUE_MAX * sizeof(struct virtqueue_used_element) + 2 <=
                VIRTQUEUE_BYTES);
}

static void test_a_chain_as_the_device_sees_it(void **state)
{
    (void)state;
    assert_true(add(3, &tokens[0]));
    uint16_t at = device_next();
    for (unsigned i = 0; i < 3; i++) {
        const struct virtqueue_descriptor *descriptor = descriptor_at(at);
        assert_int_equal(descriptor->address, 0x1000 + i);
        assert_int_equal(descriptor->length, 100 + i);
        assert_int_equal(descriptor->flags, i == 2 ? VIRTQUEUE_WRITE : VIRTQUEUE_NEXT);
        at = descriptor->next;
    }
}

static void test_a_chain_comes_back(void **state)
{
    (void)state;
    assert_result(VIRTQUEUE_EMPTY);
    assert_true(add(3, &tokens[0]));
    assert_result(VIRTQUEUE_EMPTY);
    device_use(device_next(), 102);
    assert_taken(&tokens[0], 102);
    assert_result(VIRTQUEUE_EMPTY);
    assert_int_equal(queue.free_count, 16);
}

static void test_chains_come_back_in_any_order(void **state)
{
    (void)state;
    assert_true(add(2, &tokens[0]));
    assert_true(add(5, &tokens[1]));
    assert_true(add(1, &tokens[2]));
    uint16_t first = device_next(), second = device_next(), third = device_next();
    device_use(third, 0);
    device_use(first, 1);
    assert_taken(&tokens[2], 0);
    assert_taken(&tokens[0], 1);
    device_use(second, 0);
    assert_taken(&tokens[1], 0);
    assert_int_equal(queue.free_count, 16);
}

static void test_a_full_queue_takes_nothing(void **state)
{
    (void)state;
    assert_true(add(15, &tokens[0]));
    assert_false(add(2, &tokens[1]));
    assert_int_equal(available()->index, 1);
    assert_true(add(1, &tokens[1]));
    assert_false(add(1, &tokens[2]));
    device_use(device_next(), 0);
    assert_taken(&tokens[0], 0);
    assert_true(add(15, &tokens[2]));
    assert_false(add(0, &tokens[3]));
}

static void test_notify_only_when_wanted(void **state)
{
    (void)state;
    assert_true(virtqueue_wants_notify(&queue));
    used()->flags = VIRTQUEUE_NO_NOTIFY;
    assert_false(virtqueue_wants_notify(&queue));
}

/* Random chains over many wraps of the 16-bit indices; every token comes back once. */
static void test_many_chains(void **state)
{
    (void)state;
    uint16_t heads[VIRTQUEUE_MAX];
    int owner[VIRTQUEUE_MAX];
    unsigned flying = 0;
    begin(64);
    srand(3);
    for (int step = 0; step < 200000; step++) {
        if (rand() % 2 == 0) {
            int token = step % 256;
            if (add((uint16_t)(rand() % 7 + 1), &tokens[token])) {
                heads[flying] = device_next();
                owner[flying++] = token;
            }
        } else if (flying > 0) {
            unsigned which = (unsigned)rand() % flying;
            device_use(heads[which], 0);
            assert_taken(&tokens[owner[which]], 0);
            heads[which] = heads[--flying];
            owner[which] = owner[flying];
        }
    }
    while (flying > 0) {
        device_use(heads[--flying], 0);
        assert_taken(&tokens[owner[flying]], 0);
    }
    assert_int_equal(queue.free_count, 64);
    assert_int_equal(queue.in_flight, 0);
}

/* ---- hostile devices ------------------------------------------------------------------------ */

static void test_unknown_id_is_broken(void **state)
{
    (void)state;
    assert_true(add(2, &tokens[0]));
    (void)device_next();
    device_use(0xffffffffu, 0);
    assert_result(VIRTQUEUE_BROKEN);
}

static void test_id_inside_a_chain_is_broken(void **state)
{
    (void)state;
    assert_true(add(3, &tokens[0]));
    device_use(descriptor_at(device_next())->next, 0);
    assert_result(VIRTQUEUE_BROKEN);
}

static void test_id_given_twice_is_broken(void **state)
{
    (void)state;
    assert_true(add(2, &tokens[0]));
    assert_true(add(2, &tokens[1]));
    uint16_t head = device_next();
    device_use(head, 0);
    device_use(head, 0);
    assert_taken(&tokens[0], 0);
    assert_result(VIRTQUEUE_BROKEN);
}

static void test_more_answers_than_requests_are_broken(void **state)
{
    (void)state;
    assert_true(add(2, &tokens[0]));
    device_use(device_next(), 0);
    used()->index = (uint16_t)(used()->index + 7);
    assert_result(VIRTQUEUE_BROKEN);
}

static void test_more_bytes_than_there_is_room_for_are_broken(void **state)
{
    (void)state;
    assert_true(add(3, &tokens[0]));
    device_use(device_next(), 103);
    assert_result(VIRTQUEUE_BROKEN);
}

/* The device may scribble over the table: chains are freed by the private copy. */
static void test_a_damaged_table_does_no_harm(void **state)
{
    (void)state;
    assert_true(add(5, &tokens[0]));
    uint16_t head = device_next();
    memset(memory, 0xff, virtqueue_available_offset(16));
    device_use(head, 0);
    assert_taken(&tokens[0], 0);
    assert_int_equal(queue.free_count, 16);
    assert_true(add(16, &tokens[1]));
    assert_int_equal(descriptor_at(device_next())->length, 100);
}

/* ---- plans of transfers --------------------------------------------------------------------- */

static void assert_plan(uint64_t offset, uint64_t length, struct plan expected, bool partial)
{
    struct plan plan = plan_transfer(10240, 512, 4096, offset, length);
    assert_int_equal(plan.start, expected.start);
    assert_int_equal(plan.span, expected.span);
    assert_int_equal(plan.skip, expected.skip);
    assert_int_equal(plan.count, expected.count);
    assert_int_equal(plan_is_partial(&plan), partial);
}

static void test_plans(void **state)
{
    (void)state;
    assert_plan(0, 512, (struct plan){0, 512, 0, 512}, false);
    assert_plan(512, 1024, (struct plan){512, 1024, 0, 1024}, false);
    assert_plan(100, 10, (struct plan){0, 512, 100, 10}, true);
    assert_plan(510, 4, (struct plan){0, 1024, 510, 4}, true);
    assert_plan(0, 511, (struct plan){0, 512, 0, 511}, true);
    assert_plan(1, 511, (struct plan){0, 512, 1, 511}, true);
    assert_plan(0, 100000, (struct plan){0, 4096, 0, 4096}, false);
    assert_plan(100, 100000, (struct plan){0, 4096, 100, 3996}, true);
    assert_plan(10000, 1000, (struct plan){9728, 512, 272, 240}, true);
    assert_plan(9728, UINT64_MAX, (struct plan){9728, 512, 0, 512}, false);
    assert_plan(10240, 1, (struct plan){0, 0, 0, 0}, false);
    assert_plan(UINT64_MAX, UINT64_MAX, (struct plan){0, 0, 0, 0}, false);
    assert_plan(5, 0, (struct plan){0, 0, 0, 0}, false);
}

/* Whatever is asked: whole blocks, inside the disk, around what was asked for. */
static void test_plans_stay_inside(void **state)
{
    (void)state;
    srand(4);
    for (int i = 0; i < 100000; i++) {
        uint64_t size = (uint64_t)(rand() % 64) * 4096;
        uint64_t offset = (uint64_t)(rand() % (70 * 4096));
        uint64_t length = (uint64_t)(rand() % 100000);
        struct plan plan = plan_transfer(size, 4096, 16384, offset, length);
        assert_true(plan.span <= 16384 && plan.span % 4096 == 0 && plan.start % 4096 == 0);
        assert_true(plan.count <= length && plan.start + plan.span <= size);
        assert_true(plan.count == 0 || plan.start + plan.skip == offset);
        assert_true(plan.skip + plan.count <= plan.span);
        assert_true(plan.count > 0 || length == 0 || offset >= size);
    }
}

static void test_overlaps(void **state)
{
    (void)state;
    const struct plan first = {512, 1024, 0, 1024}, touching = {1536, 512, 0, 512},
                      inside = {1024, 512, 0, 1}, empty = {0, 0, 0, 0};
    assert_true(plan_overlaps(&first, &first));
    assert_true(plan_overlaps(&first, &inside));
    assert_true(plan_overlaps(&inside, &first));
    assert_false(plan_overlaps(&first, &touching));
    assert_false(plan_overlaps(&touching, &first));
    assert_false(plan_overlaps(&first, &empty));
    assert_false(plan_overlaps(&empty, &first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_layout_is_the_legacy_one, setup),
        cmocka_unit_test_setup(test_a_chain_as_the_device_sees_it, setup),
        cmocka_unit_test_setup(test_a_chain_comes_back, setup),
        cmocka_unit_test_setup(test_chains_come_back_in_any_order, setup),
        cmocka_unit_test_setup(test_a_full_queue_takes_nothing, setup),
        cmocka_unit_test_setup(test_notify_only_when_wanted, setup),
        cmocka_unit_test_setup(test_many_chains, setup),
        cmocka_unit_test_setup(test_unknown_id_is_broken, setup),
        cmocka_unit_test_setup(test_id_inside_a_chain_is_broken, setup),
        cmocka_unit_test_setup(test_id_given_twice_is_broken, setup),
        cmocka_unit_test_setup(test_more_answers_than_requests_are_broken, setup),
        cmocka_unit_test_setup(test_more_bytes_than_there_is_room_for_are_broken, setup),
        cmocka_unit_test_setup(test_a_damaged_table_does_no_harm, setup),
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_plans_stay_inside),
        cmocka_unit_test(test_overlaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
