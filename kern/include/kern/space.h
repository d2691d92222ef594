/*
 * Address spaces: a page table and an ordered tree of mappings. Tables are freed only with the
 * space, so entries may be changed under the memory object's lock alone (see memory.h).
 *
 * A host space has all its mappings in the last root slot, from HOST_BASE on. A guest space is a
 * foreign process: it ends there, and has two roots and two ASIDs, the first of which also shows
 * the slot of its host space. What a host space takes away is flushed under every ASID.
 */
#ifndef KERN_SPACE_H
#define KERN_SPACE_H

#include <arch/pagetable.h>
#include <kern/memory.h>
#include <kern/tree.h>

#define SPACE_WINDOW   (UINT64_C(32) << 20)
#define MAPPING_LOCKED 0x100 /* flag beside MAP_: users may not unmap or protect it */

struct mapping {
    struct tree_node node; /* key: first address */
    struct list link;      /* in memory->mappings */
    struct space *space;
    struct memory *memory; /* holds a reference */
    uint64_t length;       /* bytes */
    uint64_t offset;       /* in the memory, bytes */
    uint32_t flags;        /* MAP_READ, WRITE, EXECUTE now, MAPPING_LOCKED */
    uint32_t allowed;      /* MAP_ protection that space_protect may give */
};

enum space_kind { SPACE_PLAIN, SPACE_HOST, SPACE_GUEST };

struct space {
    struct object object;
    enum space_kind kind;
    struct lock lock;
    pte_t *root;
    uint64_t root_physical;
    uint64_t root_value; /* for pagetable_activate() */
    unsigned asid;       /* 0: none; the TLB is flushed whenever it is activated */
    struct space *host;  /* of a guest space; holds a reference */
    pte_t *guest_root;   /* of a guest space: as `root`, without the slot of the host */
    uint64_t guest_root_physical, guest_root_value;
    unsigned guest_asid;   /* 0: none, and `asid` is 0 too */
    uint64_t top;          /* first address above what it can map */
    atomic_ulong cpu_mask; /* CPUs whose TLB may hold entries of it */
    struct tree mappings;
    struct mapping *recent; /* one of them, found lately: looked at first; or null */
    uint64_t libsys, libsys_end, time_page;
    uint64_t window; /* most mappings lie at random places in these SPACE_WINDOW bytes */
    volatile bool dying;
    struct reap reap;
};

/* PLAIN or HOST. */
struct space *space_create(struct account *account, enum space_kind kind, status_t *status);
struct space *space_create_guest(struct space *host, struct account *account, status_t *status);
/* address 0 without MAP_FIXED in flags: random. allowed: what space_protect may give later. */
status_t space_map(struct space *space, struct memory *memory, uint64_t address, uint64_t offset,
                   uint64_t length, uint32_t flags, uint32_t allowed, uint64_t *mapped);
/* Shows users a new page, which they cannot take away; its one reference is the caller's. Null:
 * *status. */
struct memory *space_map_wired(struct space *space, struct account *account, uint64_t *address,
                               status_t *status);
status_t space_unmap(struct space *space, uint64_t address, uint64_t length, bool locked_too);
status_t space_protect(struct space *space, uint64_t address, uint64_t length, uint32_t flags);
status_t space_sync_code(struct space *space, uint64_t address, uint64_t length);

/* What space_fault found. */
struct absent_page {
    struct memory *memory; /* of LENDER_ABSENT; holds a reference for the caller */
    uint64_t offset;
};

/*
 * Makes the page at `address` accessible (access: one MAP_ bit) and enters it into the table.
 * BAD_ADDRESS: not allowed; LENDER_ABSENT: *absent (if not null) says what a pager must fill;
 * NO_PAGES, NO_KERNEL_MEMORY. On success *physical (if not null) is its frame with a pin, or a
 * device address without.
 */
status_t space_touch(struct space *space, uint64_t address, uint32_t access, uint64_t *physical,
                     struct absent_page *absent);
/* Takes writing away from what is present in the range; the lock of its memory object held. */
void space_write_protect(struct space *space, uint64_t address, uint64_t length);
/* Takes all that is present in the range out of the table; the same lock held. */
void space_clear(struct space *space, uint64_t address, uint64_t length);
/* If `address` shows `frame` and can be written, shows a copy of it from now on, or nothing. */
void space_replace_page(struct space *space, uint64_t address, uint64_t frame);
/* Uses the space on this CPU; null: none. */
void space_activate(struct space *space);
/* The guest's view of the guest space that is in use on this CPU, or its host's. */
void space_view(struct space *space, bool guest);
/* After entries in the range were taken away or changed. */
void space_flush(struct space *space, uint64_t address, uint64_t length);
/* The entry for an address, without making tables; null: no table. */
pte_t *space_entry(struct space *space, uint64_t address);

/* The frames of libsys and of the time page, set up at boot. */
void space_init(void);

struct time_page *space_time_page(void);

/* A random free range; space->lock held, or the space is nobody else's yet. */
status_t space_find_free(struct space *space, uint64_t length, uint64_t *address);
/* Removes a mapping of a space that nobody uses any more. */
void mapping_discard(struct mapping *mapping);

void space_destroy(struct object *object);

#endif
