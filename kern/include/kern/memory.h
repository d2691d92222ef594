/*
 * Memory objects. Pages of ZERO and PAGED objects hang in a radix tree of 64 entries a node whose
 * nodes and pages are reference counted: a snapshot shares the root, a write copies the path.
 *
 * memory->lock guards the tree, the list of mappings, and every page-table entry that shows a page
 * of this object; so a snapshot can write-protect all of them without any space's lock.
 */
#ifndef KERN_MEMORY_H
#define KERN_MEMORY_H

#include <kern/list.h>
#include <kern/object.h>
#include <kern/reap.h>

#define RADIX_BITS    6
#define RADIX_ENTRIES (1u << RADIX_BITS)

struct radix_node {
    atomic_uint owners;
    uint32_t level; /* 0: entries are frames */
    struct account *account;
    uint64_t
        entries[RADIX_ENTRIES]; /* physical address of a frame, or pointer to a node; 0: none */
};

struct memory {
    struct object object;
    struct lock lock;
    uint32_t kind;       /* MEMORY_KIND_ constant */
    uint32_t attributes; /* of a device range */
    uint64_t pages;
    uint64_t physical; /* CONTIGUOUS, DEVICE: first address */
    bool borrowed;     /* the frames are not owned: part of the image, the initrd */
    unsigned levels;   /* of the tree; 0: the root entry is the only frame */
    uint64_t root;     /* entry, as in a node */
    uint64_t resident;
    bool lost; /* a device may write pages of which no copy could be had: none is given out */
    struct list mappings;
    struct object *pager; /* PAGED: an endpoint, held as by a handle */
    uint64_t key;
    struct list quarantine; /* DEVICE: pins of dead tasks */
    struct reap reap;
};

struct memory *memory_create(struct account *account, uint64_t pages, status_t *status);
struct memory *memory_create_range(struct account *account, uint32_t kind, uint64_t physical,
                                   uint64_t pages, status_t *status);
struct memory *memory_create_contiguous(struct account *account, uint64_t pages, status_t *status);
struct memory *memory_snapshot(struct memory *memory, struct account *account, status_t *status);

/*
 * The frame of page `index` for reading or writing; memory->lock held. STATUS_OK: *physical, and
 * *writable tells whether it may be mapped writable. LENDER_ABSENT: its pager has to fill it.
 * NO_PAGES or NO_KERNEL_MEMORY: the account is full, or the memory lost.
 */
status_t memory_frame(struct memory *memory, uint64_t index, bool write, uint64_t *physical,
                      bool *writable);
/* Puts a copy in the place of `frame`, if that is page `index`. If none is to be had, or the memory
 * is contiguous, all of it is lost: to go on with what a device may write is worse. Lock held. */
void memory_replace_frame(struct memory *memory, uint64_t index, uint64_t frame);
/* Makes a page of zero-fill memory absent. NO_KERNEL_MEMORY. Lock held. */
status_t memory_discard_frame(struct memory *memory, uint64_t index);
/* The frame of a page with one more owner, for sharing copy-on-write; 0: absent. Lock held. */
uint64_t memory_share_frame(struct memory *memory, uint64_t index);
/* Puts a frame at a page that is absent, taking over one owner count of the caller unless it
 * fails with NO_KERNEL_MEMORY. A page that is present stays. memory->lock held. */
status_t memory_supply_frame(struct memory *memory, uint64_t index, uint64_t physical);

void memory_destroy(struct object *object);

#endif
