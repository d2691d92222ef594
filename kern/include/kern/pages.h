/*
 * Page frames. Each frame of RAM has a struct page. A frame in use has owners (places in memory
 * objects and tables that hold it) and pins (devices and copies in progress, and one for all its
 * owners together); it is freed with the last pin. Frames come zeroed.
 */
#ifndef KERN_PAGES_H
#define KERN_PAGES_H

#include <arch/layout.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct account;

struct page {
    atomic_uint owners;
    atomic_uint pins; /* of the first frame of a free block: PAGE_FREE and its order */
    union {
        struct account *account; /* in use: charged for the frame; null: the kernel itself */
        struct {
            uint32_t next, previous; /* free list: frame index + 1, 0 at the ends */
        };
    };
};

#define PAGE_FREE UINT32_C(0x80000000)

#define PAGE_ORDERS 19 /* largest block: 2^18 pages, 1 GiB */

/* RAM known before pages_init(), in ascending order without overlap. */
struct memory_range {
    uint64_t base, size;
};

#define RESERVED_MOST 64 /* reserved ranges */

/* Makes the frame table in RAM and frees every page that is in `ram`, which stays where it is, and
 * not in `reserved`. */
void pages_init(const struct memory_range *ram, unsigned ram_count,
                const struct memory_range *reserved, unsigned reserved_count);

/* A zeroed frame with one owner, charged to `account` (null: to nobody); 0: none left. */
uint64_t page_allocate(struct account *account);
/* Frames that are made or freed before interrupts are looked for. */
#define PAGES_A_STEP 64

/* 2^order frames in one piece, each with one owner. Of PAGES_A_STEP or more: no lock is held. */
uint64_t pages_allocate_block(struct account *account, unsigned order);

struct page *page_of(uint64_t physical);
/* True if the address is RAM that the frame table covers. */
bool page_is_ram(uint64_t physical);
void page_own(uint64_t physical);
void page_disown(uint64_t physical);
void page_pin(uint64_t physical);
void page_unpin(uint64_t physical);

uint64_t pages_total(void);
uint64_t pages_free(void);

/* The one frame that stays zero; mapped read-only wherever memory has not been written. */
extern uint64_t page_zero;

#endif
