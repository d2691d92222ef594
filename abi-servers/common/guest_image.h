/*
 * The memory and the registers of a foreign process: a guest space with one memory object, whose
 * page at an address of the guest is at the same offset in the object, and a guest. So a fork is
 * one snapshot. Addresses and lengths are multiples of pages.
 *
 * An image belongs to one thread at a time.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <sinter/system.h>
#include <stdbool.h>

#define IMAGE_REGIONS 16

#define PAGE     ((uint64_t)LIMIT_PAGE_SIZE)
#define PAGES(n) (((n) + PAGE - 1) & ~(PAGE - 1))

struct region {
    uint64_t start, end;
    uint32_t protection; /* MAP_READ, WRITE, EXECUTE: what the guest may */
};

struct image {
    handle_t account, space, memory, guest;
    uint64_t top; /* addresses that it can have end here */
    struct guest_state *state;
    uint32_t region_count;
    struct region regions[IMAGE_REGIONS]; /* in order, none touches one with the same protection */
};

/* Empty, with registers of zeros. What the calls of the kernel answer; nothing is left then. */
SINTER_MUST_CHECK status_t image_create(struct image *image, handle_t account, uint64_t top);
/* A copy, registers included. */
SINTER_MUST_CHECK status_t image_fork(const struct image *from, struct image *to);
/* Gives back what it holds. The thread that runs it has let it go. */
void image_destroy(struct image *image);

/* Maps zero-filled memory where nothing is. NO_SPACE: outside, or too many regions. */
SINTER_MUST_CHECK status_t image_map(struct image *image, uint64_t start, uint64_t length,
                                     uint32_t protection);
/* The same, to be read and written, with all its pages now. NO_PAGES. */
SINTER_MUST_CHECK status_t image_allocate(struct image *image, uint64_t start, uint64_t length);
/* Takes away what is mapped in the range, and its contents. */
SINTER_MUST_CHECK status_t image_unmap(struct image *image, uint64_t start, uint64_t length);
/* Changes what the guest may do in a range that is one region or a part of it. */
SINTER_MUST_CHECK status_t image_protect(struct image *image, uint64_t start, uint64_t length,
                                         uint32_t protection);
/* The region that holds an address; null: none. */
const struct region *image_find(const struct image *image, uint64_t address);

/*
 * After an exit FAULT: true if the guest goes on. A region that may be written and executed is one
 * or the other for the processor; an access of the other kind turns the page over.
 */
SINTER_MUST_CHECK bool image_mend_fault(struct image *image);

/*
 * Copies a text that ends with a zero byte from the attached guest. BAD_ADDRESS: it cannot be read;
 * TOO_LARGE: no zero byte within `capacity`. *length without the zero byte.
 */
SINTER_MUST_CHECK status_t guest_copy_text(char *to, uint64_t address, size_t capacity,
                                           size_t *length);

#endif
