/*
 * The kernel's page tables; see kern/kernel_map.h. Until the page allocator works, tables come
 * from a small pool in the image.
 */
#include <kern/kernel_map.h>

#include <kern/kmap.h>
#include <kern/lock.h>
#include <kern/panic.h>

enum { POOL_PAGES = 24 };

static _Alignas(PAGE_SIZE) pte_t pool[POOL_PAGES][PAGETABLE_ENTRIES];
static unsigned pool_used;
static _Alignas(PAGE_SIZE) pte_t root[PAGETABLE_ENTRIES];
static struct lock map_lock;
static uint64_t next_device = KERNEL_DEVICE_BASE;

#define GIGABYTE (UINT64_C(1) << 30)
#define MEGAPAGE (UINT64_C(1) << 21)

uint64_t kernel_map_root_physical(void)
{
    return kernel_physical(root);
}

const pte_t *kernel_map_root(void)
{
    return root;
}

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

/* Tables of the pool lie in the image, which the direct map shows too. */
static pte_t *entry_at(uint64_t address, unsigned level)
{
    pte_t *table = root;

    for (unsigned at = PAGETABLE_ROOT_LEVEL;; at--) {
        pte_t *entry = &table[(address >> (PAGE_SHIFT + 9 * at)) & (PAGETABLE_ENTRIES - 1)];

        if (at == level) {
            return entry;
        }
        if (!pte_present(*entry)) {
            *entry = pte_table(table_page());
        }
        table = direct_map(pte_physical(*entry));
    }
}

static void map_range(uint64_t address, uint64_t physical, uint64_t size, unsigned flags)
{
    uint64_t end = address + size;

    while (address < end) {
        unsigned level = 0;
        uint64_t step = PAGE_SIZE;

        if (((address | physical) & (GIGABYTE - 1)) == 0 && end - address >= GIGABYTE) {
            level = 2;
            step = GIGABYTE;
        } else if (((address | physical) & (MEGAPAGE - 1)) == 0 && end - address >= MEGAPAGE) {
            level = 1;
            step = MEGAPAGE;
        }
        *entry_at(address, level) = pte_leaf(physical, flags | PTE_GLOBAL, level);
        address += step;
        physical += step;
    }
}

static void map_image(const char *start, const char *end, unsigned flags)
{
    map_range((uint64_t)start, kernel_physical(start), (uint64_t)(end - start), flags);
}

/* RAM at its place in the direct map; text and read-only data of the image are not writable there
 * either. */
static void map_ram(uint64_t base, uint64_t end)
{
    uint64_t fixed = kernel_physical(__image_start);
    uint64_t fixed_end = kernel_physical(__data_start);

    if (end <= fixed || base >= fixed_end) {
        map_range(base + DIRECT_BASE, base, end - base, PTE_READ | PTE_WRITE);
        return;
    }
    if (base < fixed) {
        map_range(base + DIRECT_BASE, base, fixed - base, PTE_READ | PTE_WRITE);
    }
    map_range(fixed + DIRECT_BASE, fixed, fixed_end - fixed, PTE_READ);
    if (end > fixed_end) {
        map_range(fixed_end + DIRECT_BASE, fixed_end, end - fixed_end, PTE_READ | PTE_WRITE);
    }
}

/* User roots copy the kernel's root entries, so all that may ever be used get their tables now. */
static void reserve_root_entries(void)
{
    (void)entry_at(KERNEL_DEVICE_BASE, 1);
    (void)entry_at(KERNEL_STACK_BASE, 1);
}

void kernel_map_init(const struct memory_range *ram, unsigned count)
{
    map_image(__text_start, __text_end, PTE_READ | PTE_EXECUTE);
    map_image(__rodata_start, __rodata_end, PTE_READ);
    map_image(__data_start, __image_end, PTE_READ | PTE_WRITE);
    for (unsigned i = 0; i < count; i++) {
        map_ram(ram[i].base & ~PAGE_MASK, (ram[i].base + ram[i].size) & ~PAGE_MASK);
    }
    reserve_root_entries();
    pagetable_activate_kernel(kernel_map_root_physical());
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
