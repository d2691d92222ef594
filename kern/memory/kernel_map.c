/*
 * The kernel's page tables; see kern/kernel_map.h. Until the page allocator works, tables come
 * from a small pool in the image.
 *
 * kernel_map_boot() and what it calls run before the MMU is on, at physical addresses: addresses of
 * symbols are physical then, and nothing may be reached by a pointer from initialised data.
 */
#include <kern/kernel_map.h>

#include <arch/entry.h>
#include <kern/image.h>
#include <kern/lock.h>
#include <kern/panic.h>

enum { POOL_PAGES = 24 };

static _Alignas(PAGE_SIZE) pte_t pool[POOL_PAGES][PAGETABLE_ENTRIES];
static unsigned pool_used;
static uint64_t tables_base; /* where physical addresses are reached: 0, then the direct map */
static struct lock map_lock;
static uint64_t next_device = KERNEL_DEVICE_BASE;

#define GIGABYTE   (UINT64_C(1) << 30)
#define MEGAPAGE   (UINT64_C(1) << 21)
#define LEVEL_BITS 9

static uint64_t table_page(void)
{
    uint64_t page;

    if (pool_used < POOL_PAGES) {
        return kernel_physical(pool[pool_used++]);
    }
    page = page_allocate(NULL);
    if (page == 0) {
        panic("no memory for the kernel's page tables");
    }
    return page;
}

/* The entry for the address at that level, or above it a leaf that maps it already. */
static pte_t *entry_at(uint64_t address, unsigned level)
{
    pte_t *table = kernel_root;

    for (unsigned at = PAGETABLE_ROOT_LEVEL;; at--) {
        unsigned slot = address >> (PAGE_SHIFT + LEVEL_BITS * at) & (PAGETABLE_ENTRIES - 1);
        pte_t *entry = &table[slot];

        if (at == level || (pte_present(*entry) && !pte_is_table(*entry, at))) {
            return entry;
        }
        if (!pte_present(*entry)) {
            *entry = pte_table(table_page());
        }
        table = (pte_t *)(pte_physical(*entry) + tables_base);
    }
}

/* The highest level at which one entry can map the beginning of the range. */
static unsigned level_for(uint64_t address, uint64_t physical, uint64_t size)
{
    unsigned level = PAGETABLE_ROOT_LEVEL;

    for (; level > 0; level--) {
        uint64_t step = PAGE_SIZE << LEVEL_BITS * level;

        if (((address | physical) & (step - 1)) == 0 && size >= step &&
            !pte_is_table(*entry_at(address, level), level)) {
            break;
        }
    }
    return level;
}

/* What is mapped already stays as it is. */
static void map_range(uint64_t address, uint64_t physical, uint64_t size, unsigned flags)
{
    while (size > 0) {
        unsigned level = level_for(address, physical, size);
        uint64_t step = PAGE_SIZE << LEVEL_BITS * level;
        pte_t *entry = entry_at(address, level);

        if (!pte_present(*entry)) {
            *entry = pte_leaf(physical, flags | PTE_GLOBAL, level);
        }
        address += step;
        physical += step;
        size -= step;
    }
}

/* A section at its link address and in the direct map, where nothing can be executed. */
static void map_image(const char *start, const char *end, unsigned flags)
{
    uint64_t physical = kernel_physical(start);
    uint64_t size = (uint64_t)(end - start);

    map_range(KERNEL_IMAGE_BASE + (uint64_t)(start - __image_start), physical, size, flags);
    map_range(DIRECT_BASE + physical, physical, size, flags & ~(unsigned)PTE_EXECUTE);
}

bool kernel_map_boot(uint64_t image, uint64_t devicetree)
{
    uint64_t first = devicetree & ~(MEGAPAGE - 1);

    if (image >= DIRECT_SIZE || devicetree >= DIRECT_SIZE - MEGAPAGE) {
        return false;
    }
    kernel_physical_base = image;
    map_image(__text_start, __text_end, PTE_READ | PTE_EXECUTE);
    map_image(__rodata_start, __rodata_end, PTE_READ);
    map_image(__data_start, __image_end, PTE_READ | PTE_WRITE);
    if (devicetree != 0) {
        map_range(DIRECT_BASE + first, first, 2 * MEGAPAGE, PTE_READ | PTE_WRITE);
    }
    return true;
}

/* User roots copy the kernel's root entries, so all that may ever be used get their tables now. */
static void reserve_root_entries(void)
{
    (void)entry_at(KERNEL_DEVICE_BASE, 1);
    (void)entry_at(KERNEL_STACK_BASE, 1);
}

void kernel_map_init(const struct memory_range *ram, unsigned count)
{
    tables_base = DIRECT_BASE;
    for (unsigned i = 0; i < count; i++) {
        uint64_t base = ram[i].base & ~PAGE_MASK;
        uint64_t end = (ram[i].base + ram[i].size) & ~PAGE_MASK;

        map_range(base + DIRECT_BASE, base, end - base, PTE_READ | PTE_WRITE);
    }
    reserve_root_entries();
    pte_publish();
    tlb_flush_kernel(DIRECT_BASE, DIRECT_SIZE);
}

void *kmap_device(uint64_t physical, uint64_t size)
{
    uint64_t first = physical & ~PAGE_MASK;
    uint64_t bytes = ((physical + size + PAGE_MASK) & ~PAGE_MASK) - first;
    uint64_t address;

    lock_acquire(&map_lock);
    address = next_device;
    if (size == 0 || bytes > KERNEL_DEVICE_BASE + GIGABYTE - address) {
        lock_release(&map_lock);
        return NULL;
    }
    next_device += bytes;
    for (uint64_t at = 0; at < bytes; at += PAGE_SIZE) {
        *entry_at(address + at, 0) =
            pte_leaf(first + at, PTE_READ | PTE_WRITE | PTE_DEVICE | PTE_GLOBAL, 0);
    }
    pte_publish();
    tlb_flush_kernel(address, bytes);
    lock_release(&map_lock);
    return (char *)address + (physical - first);
}

uint64_t kernel_map_stack(unsigned cpu_index)
{
    uint64_t base = KERNEL_STACK_BASE + cpu_index * 2 * KERNEL_STACK_SIZE + KERNEL_STACK_SIZE;

    lock_acquire(&map_lock);
    for (uint64_t at = 0; at < KERNEL_STACK_SIZE; at += PAGE_SIZE) {
        uint64_t page = page_allocate(NULL);

        if (page == 0) {
            panic("no memory for the stack of CPU %u", cpu_index);
        }
        *entry_at(base + at, 0) = pte_leaf(page, PTE_READ | PTE_WRITE | PTE_GLOBAL, 0);
    }
    pte_publish();
    tlb_flush_kernel(base, KERNEL_STACK_SIZE);
    lock_release(&map_lock);
    return base + KERNEL_STACK_SIZE;
}
