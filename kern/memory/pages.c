/*
 * Page frames: a binary buddy allocator over all RAM below the end of the direct map.
 *
 * The frame table is one array from the lowest to the highest RAM address; reserved frames have a
 * pin that never goes. Free blocks are linked by frame index.
 */
#include <arch/entry.h>
#include <kern/account.h>
#include <kern/lock.h>
#include <kern/pages.h>
#include <kern/panic.h>
#include <string.h>

static struct lock pages_lock;
static struct page *frames;
static const struct memory_range *ranges; /* of RAM, ascending */
static unsigned range_count;
static uint64_t first_frame, frame_count; /* frame numbers are physical >> PAGE_SHIFT */
static uint32_t free_heads[PAGE_ORDERS];  /* frame index + 1 */
static uint64_t total_pages, free_pages;

uint64_t page_zero;

static uint32_t index_of(uint64_t physical)
{
    return (uint32_t)((physical >> PAGE_SHIFT) - first_frame);
}

static uint64_t physical_of(uint32_t index)
{
    return (first_frame + index) << PAGE_SHIFT;
}

/* Devices can lie in the holes between ranges, which the table of frames covers too. */
bool page_is_ram(uint64_t physical)
{
    uint64_t frame = physical >> PAGE_SHIFT;

    for (unsigned i = 0; i < range_count; i++) {
        if (frame >= ranges[i].base >> PAGE_SHIFT &&
            frame < (ranges[i].base + ranges[i].size) >> PAGE_SHIFT) {
            return true;
        }
    }
    return false;
}

struct page *page_of(uint64_t physical)
{
    return &frames[index_of(physical)];
}

static uint32_t pins_of(const struct page *page)
{
    return atomic_load_explicit(&page->pins, memory_order_relaxed);
}

static void set_pins(struct page *page, uint32_t pins)
{
    atomic_store_explicit(&page->pins, pins, memory_order_relaxed);
}

static void free_list_add(uint32_t index, unsigned order)
{
    uint32_t head = free_heads[order];

    set_pins(&frames[index], PAGE_FREE | order);
    frames[index].next = head;
    frames[index].previous = 0;
    if (head != 0) {
        frames[head - 1].previous = index + 1;
    }
    free_heads[order] = index + 1;
}

static void free_list_remove(uint32_t index)
{
    struct page *page = &frames[index];

    if (page->previous != 0) {
        frames[page->previous - 1].next = page->next;
    } else {
        free_heads[pins_of(page) & ~PAGE_FREE] = page->next;
    }
    if (page->next != 0) {
        frames[page->next - 1].previous = page->previous;
    }
    set_pins(page, 0);
}

/* Buddies are aligned by physical frame number, so that blocks are aligned to their size. */
static void free_block(uint32_t index, unsigned order)
{
    while (order + 1 < PAGE_ORDERS) {
        uint64_t buddy_frame = (first_frame + index) ^ (UINT64_C(1) << order);
        uint64_t buddy = buddy_frame - first_frame;

        if (buddy_frame < first_frame || buddy >= frame_count ||
            pins_of(&frames[buddy]) != (PAGE_FREE | order)) {
            break;
        }
        free_list_remove((uint32_t)buddy);
        if (buddy < index) {
            index = (uint32_t)buddy;
        }
        order++;
    }
    free_list_add(index, order);
}

/* Index of a block of 2^order frames, UINT32_MAX if there is none; pages_lock held. */
static uint32_t take_block(unsigned order)
{
    unsigned from = order;
    uint32_t index;

    while (from < PAGE_ORDERS && free_heads[from] == 0) {
        from++;
    }
    if (from == PAGE_ORDERS) {
        return UINT32_MAX;
    }
    index = free_heads[from] - 1;
    free_list_remove(index);
    while (from > order) {
        from--;
        free_list_add(index + (UINT32_C(1) << from), from);
    }
    free_pages -= UINT64_C(1) << order;
    return index;
}

uint64_t pages_allocate_block(struct account *account, unsigned order)
{
    uint64_t count = UINT64_C(1) << order;
    uint32_t index = UINT32_MAX;
    uint64_t physical;

    if (order >= PAGE_ORDERS || (account != NULL && !account_charge_pages(account, count))) {
        return 0;
    }
    lock_acquire(&pages_lock);
    index = take_block(order);
    lock_release(&pages_lock);
    if (index == UINT32_MAX) {
        if (account != NULL) {
            account_uncharge_pages(account, count);
        }
        return 0;
    }
    physical = physical_of(index);
    for (uint64_t i = 0; i < count; i++) {
        struct page *page = &frames[index + i];

        atomic_store_explicit(&page->owners, 1, memory_order_relaxed);
        set_pins(page, 1);
        page->account = account;
        if (account != NULL) {
            object_reference(&account->object);
        }
        memset(direct_map(physical + i * PAGE_SIZE), 0, PAGE_SIZE);
        if (i % PAGES_A_STEP == PAGES_A_STEP - 1) {
            interrupts_poll();
        }
    }
    return physical;
}

uint64_t page_allocate(struct account *account)
{
    return pages_allocate_block(account, 0);
}

static void release_frame(uint64_t physical)
{
    struct page *page = page_of(physical);
    struct account *account = page->account;

    lock_acquire(&pages_lock);
    free_pages++;
    free_block(index_of(physical), 0);
    lock_release(&pages_lock);
    if (account != NULL) {
        account_uncharge_pages(account, 1);
        object_release(&account->object);
    }
}

void page_own(uint64_t physical)
{
    atomic_fetch_add_explicit(&page_of(physical)->owners, 1, memory_order_relaxed);
}

/* The owners hold one pin in common, which the last of them drops: so only the end of the pins
 * frees a frame, and it ends once. */
void page_disown(uint64_t physical)
{
    if (atomic_fetch_sub_explicit(&page_of(physical)->owners, 1, memory_order_acq_rel) == 1) {
        page_unpin(physical);
    }
}

void page_pin(uint64_t physical)
{
    atomic_fetch_add_explicit(&page_of(physical)->pins, 1, memory_order_relaxed);
}

void page_unpin(uint64_t physical)
{
    if (atomic_fetch_sub_explicit(&page_of(physical)->pins, 1, memory_order_acq_rel) == 1) {
        release_frame(physical);
    }
}

uint64_t pages_total(void)
{
    return total_pages;
}

uint64_t pages_free(void)
{
    return free_pages;
}

static bool overlaps_reserved(const struct memory_range *reserved, unsigned count, uint64_t base,
                              uint64_t size, uint64_t *skip_to)
{
    for (unsigned i = 0; i < count; i++) {
        if (base < reserved[i].base + reserved[i].size && reserved[i].base < base + size) {
            *skip_to = reserved[i].base + reserved[i].size;
            return true;
        }
    }
    return false;
}

/* Where a range's whole frames begin. Physical 0 means "none" everywhere: that one is not used. */
static uint64_t range_start(const struct memory_range *ram)
{
    uint64_t start = (ram->base + PAGE_MASK) & ~PAGE_MASK;

    return start != 0 ? start : PAGE_SIZE;
}

/* First place for `size` bytes that is RAM and not reserved; 0: none. */
static uint64_t find_place(const struct memory_range *ram, unsigned ram_count,
                           const struct memory_range *reserved, unsigned reserved_count,
                           uint64_t size)
{
    for (unsigned i = 0; i < ram_count; i++) {
        uint64_t base = range_start(&ram[i]);

        while (base + size <= ram[i].base + ram[i].size) {
            uint64_t skip_to = 0;

            if (!overlaps_reserved(reserved, reserved_count, base, size, &skip_to)) {
                return base;
            }
            base = (skip_to + PAGE_MASK) & ~PAGE_MASK;
        }
    }
    return 0;
}

/* Where a run of free frames that begins at `at` ends: at the next reserved range at the latest. */
static uint64_t run_end(const struct memory_range *reserved, unsigned count, uint64_t at,
                        uint64_t end)
{
    for (unsigned i = 0; i < count; i++) {
        if (reserved[i].base >= at && reserved[i].base < end) {
            end = reserved[i].base & ~PAGE_MASK;
        }
    }
    return end;
}

/* Frees a run in the largest blocks that its alignment allows. */
static void free_run(uint64_t at, uint64_t end)
{
    free_pages += (end - at) >> PAGE_SHIFT;
    while (at < end) {
        unsigned order = 0;

        while (order + 1 < PAGE_ORDERS && (at & (PAGE_SIZE << order)) == 0 &&
               end - at >= PAGE_SIZE << (order + 1)) {
            order++;
        }
        free_block(index_of(at), order);
        at += PAGE_SIZE << order;
    }
}

static void free_range(const struct memory_range *ram, const struct memory_range *reserved,
                       unsigned reserved_count)
{
    uint64_t end = (ram->base + ram->size) & ~PAGE_MASK;
    uint64_t at = range_start(ram);

    while (at < end) {
        uint64_t skip_to = 0;
        uint64_t stop;

        if (overlaps_reserved(reserved, reserved_count, at, PAGE_SIZE, &skip_to)) {
            at = (skip_to + PAGE_MASK) & ~PAGE_MASK;
            continue;
        }
        stop = run_end(reserved, reserved_count, at, end);
        free_run(at, stop);
        at = stop;
    }
}

/* Frames that are never free: pinned for ever, whatever users do with them. */
static void hold_reserved(const struct memory_range *range)
{
    uint64_t end = range->base + range->size;

    for (uint64_t at = range->base & ~PAGE_MASK; at < end; at += PAGE_SIZE) {
        if (page_is_ram(at)) {
            atomic_store_explicit(&page_of(at)->owners, 1, memory_order_relaxed);
            atomic_store_explicit(&page_of(at)->pins, 1, memory_order_relaxed);
        }
    }
}

void pages_init(const struct memory_range *ram, unsigned ram_count,
                const struct memory_range *reserved, unsigned reserved_count)
{
    struct memory_range taken[RESERVED_MOST + 1];
    struct memory_range *table = &taken[reserved_count];
    const struct memory_range *last = &ram[ram_count - 1];

    ranges = ram;
    range_count = ram_count;
    first_frame = ram[0].base >> PAGE_SHIFT;
    frame_count = ((last->base + last->size) >> PAGE_SHIFT) - first_frame;
    memcpy(taken, reserved, reserved_count * sizeof(taken[0]));
    table->size = (frame_count * sizeof(struct page) + PAGE_MASK) & ~PAGE_MASK;
    table->base = find_place(ram, ram_count, reserved, reserved_count, table->size);
    if (table->base == 0) {
        panic("no room for the table of %lu page frames", frame_count);
    }
    frames = direct_map(table->base);
    memset(frames, 0, table->size);
    for (unsigned i = 0; i <= reserved_count; i++) {
        hold_reserved(&taken[i]);
    }
    for (unsigned i = 0; i < ram_count; i++) {
        total_pages += ram[i].size >> PAGE_SHIFT;
        free_range(&ram[i], taken, reserved_count + 1);
    }
    page_zero = page_allocate(NULL);
    if (page_zero == 0) {
        panic("no RAM is left after the kernel and the initrd");
    }
}
