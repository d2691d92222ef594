/* See guest_image_model.h. The kernel's calls are answered from a table of what it has mapped. */
#include "guest_image_model.h"

#include <string.h>

#include "guest_image.h"
#include "host_require.h"

enum { MODEL_PAGES = 64, STEP = 4, NOTHING = 0, BOTH = MAP_WRITE | MAP_EXECUTE };

static uint32_t wanted[MODEL_PAGES]; /* what was asked for */
static uint32_t mapped[MODEL_PAGES]; /* what the kernel has been told */
static struct guest_state state;
static bool refuse_next;
static struct message_page answer;
static uint8_t floating[64], copied[64]; /* FP registers of the first guest; of its copy */

/* ---- the kernel ------------------------------------------------------------------------------ */

static bool refused(void)
{
    bool refuse = refuse_next;
    refuse_next = false;
    return refuse;
}

static void require_pages(uint64_t address, uint64_t length)
{
    require((address | length) % PAGE == 0 && length > 0);
    require(address / PAGE < MODEL_PAGES && length / PAGE <= MODEL_PAGES - address / PAGE);
}

status_t space_map(handle_t space, handle_t memory, uint64_t address, uint64_t offset,
                   uint64_t length, uint32_t flags, uint64_t *at)
{
    require(space != 0 && memory != 0 && address == offset && *at == address);
    require_pages(address, length);
    require((flags & MAP_FIXED) != 0 && (flags & BOTH) != BOTH);
    for (uint64_t i = address / PAGE; i < (address + length) / PAGE; i++) {
        if (mapped[i] != NOTHING) {
            return STATUS_OVERLAP;
        }
    }
    if (refused()) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    for (uint64_t i = address / PAGE; i < (address + length) / PAGE; i++) {
        mapped[i] = flags & ~(uint32_t)MAP_FIXED;
    }
    return STATUS_OK;
}

status_t space_unmap(handle_t space, uint64_t address, uint64_t length)
{
    require(space != 0);
    require_pages(address, length);
    if (refused()) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    memset(&mapped[address / PAGE], 0, length / PAGE * sizeof(mapped[0]));
    return STATUS_OK;
}

status_t space_protect(handle_t space, uint64_t address, uint64_t length, uint32_t flags)
{
    require(space != 0 && (flags & BOTH) != BOTH);
    require_pages(address, length);
    if (refused()) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    for (uint64_t i = address / PAGE; i < (address + length) / PAGE; i++) {
        require(mapped[i] != NOTHING);
        mapped[i] = flags;
    }
    return STATUS_OK;
}

status_t space_sync_code(handle_t space, uint64_t address, uint64_t length)
{
    require(space != 0);
    require_pages(address, length);
    return STATUS_OK;
}

static status_t make(handle_t *handle)
{
    *handle = 1;
    return STATUS_OK;
}

status_t memory_create(handle_t account, uint64_t size, uint32_t flags, handle_t *memory)
{
    (void)account;
    (void)flags;
    require(size == MODEL_PAGES * PAGE);
    return make(memory);
}

status_t memory_snapshot(handle_t memory, handle_t account, handle_t *snapshot)
{
    (void)account;
    require(memory != 0);
    return make(snapshot);
}

status_t memory_commit(handle_t memory, uint64_t offset, uint64_t length)
{
    require(memory != 0);
    require_pages(offset, length);
    return STATUS_OK;
}

status_t memory_discard(handle_t memory, uint64_t offset, uint64_t length)
{
    require_pages(offset, length);
    require(memory != 0 && mapped[offset / PAGE] == NOTHING);
    return STATUS_OK;
}

status_t space_create_guest(handle_t host, handle_t account, handle_t *space)
{
    (void)host;
    (void)account;
    return make(space);
}

status_t guest_create(handle_t space, handle_t account, handle_t *guest, uint64_t *address)
{
    (void)account;
    require(space != 0);
    *address = (uint64_t)(uintptr_t)&state;
    return make(guest);
}

struct message_page *message_page(void)
{
    return &answer;
}

status_t guest_fp_get(handle_t guest, uint64_t *length)
{
    require(guest != 0);
    memcpy(answer.data, floating, sizeof(floating));
    *length = sizeof(floating);
    return STATUS_OK;
}

status_t guest_fp_set(handle_t guest, uint64_t length)
{
    require(guest != 0 && length == sizeof(copied));
    memcpy(copied, answer.data, length);
    return STATUS_OK;
}

status_t handle_close(handle_t handle)
{
    require(handle != 0);
    return STATUS_OK;
}

/* Text of the guest: from the end of the first page on there is none. */
status_t guest_copy_in(void *to, uint64_t address, uint64_t length)
{
    if (address > PAGE || length > PAGE - address) {
        return STATUS_BAD_ADDRESS;
    }
    memset(to, address + length == PAGE ? '\0' : 'x', length);
    return STATUS_OK;
}

/* ---- the comparison -------------------------------------------------------------------------- */

static void require_regions(const struct image *image)
{
    require(image->region_count <= IMAGE_REGIONS);
    for (uint32_t i = 0; i < image->region_count; i++) {
        const struct region *region = &image->regions[i];
        require(region->start < region->end && region->end <= image->top);
        require(i == 0 || region[-1].end < region->start ||
                (region[-1].end == region->start && region[-1].protection != region->protection));
    }
}

/* A page that may be both is one or the other; the rest is as it was asked for. */
static void require_same(const struct image *image)
{
    require_regions(image);
    for (uint32_t i = 0; i < MODEL_PAGES; i++) {
        const struct region *region = image_find(image, i * PAGE + i);
        require((region != NULL ? region->protection : NOTHING) == wanted[i]);
        if ((wanted[i] & BOTH) == BOTH) {
            require((mapped[i] & BOTH) == MAP_WRITE || (mapped[i] & BOTH) == MAP_EXECUTE);
            require((mapped[i] | BOTH) == wanted[i]);
        } else {
            require(mapped[i] == wanted[i]);
        }
    }
}

static void note(uint64_t start, uint64_t length, uint32_t protection)
{
    for (uint64_t i = start / PAGE; i < (start + length) / PAGE; i++) {
        wanted[i] = protection;
    }
}

static void mend(struct image *image, uint64_t start, uint8_t how)
{
    uint64_t page = start / PAGE;
    bool inside = page < MODEL_PAGES;
    state.address = start + how;
    state.fault = how & 1 ? FAULT_WRITE : FAULT_EXECUTE;
    bool mended = image_mend_fault(image);
    require(mended == (inside && (wanted[page] & BOTH) == BOTH));
    require(!mended || (mapped[page] & (how & 1 ? MAP_WRITE : MAP_EXECUTE)) != 0);
}

/* The child has the same mapped, from nothing on, and the same registers. */
static void fork(const struct image *image, uint8_t value)
{
    struct image child;
    uint32_t before[MODEL_PAGES];
    memcpy(before, mapped, sizeof(before));
    memset(mapped, 0, sizeof(mapped));
    memset(copied, 0, sizeof(copied)); /* as those of a new guest are */
    floating[value % sizeof(floating)] = value;
    require(image_fork(image, &child) == STATUS_OK);
    require(memcmp(copied, floating, sizeof(copied)) == 0);
    require_same(&child);
    image_destroy(&child);
    memcpy(mapped, before, sizeof(before));
}

/* Wild: addresses and lengths that are no pages or leave the range. */
static void operate(struct image *image, const uint8_t *bytes)
{
    bool wild = (bytes[0] & 0x40) != 0;
    uint64_t start = bytes[1] % MODEL_PAGES * PAGE;
    uint64_t length = (bytes[2] % 8 + 1) * PAGE;
    uint32_t protection =
        MAP_READ | (bytes[3] & 1 ? MAP_WRITE : 0) | (bytes[3] & 2 ? MAP_EXECUTE : 0);
    if (wild) {
        start += bytes[3] & 4 ? bytes[2] : 0;
        length = bytes[3] & 8 ? UINT64_MAX - bytes[2] * PAGE + 1 : bytes[2];
        start = bytes[3] & 16 ? UINT64_MAX - bytes[1] * PAGE + 1 : start;
    }
    bool good = !(start % PAGE) && !(length % PAGE) && length > 0 && start < MODEL_PAGES * PAGE &&
                length <= MODEL_PAGES * PAGE - start;
    refuse_next = (bytes[0] & 0x80) != 0;
    status_t status = STATUS_FAILED;
    switch (bytes[0] % 5) {
    case 0:
        status = image_map(image, start, length, protection);
        break;
    case 1:
        status = image_unmap(image, start, length);
        protection = NOTHING;
        break;
    case 2:
        status = image_protect(image, start, length, protection);
        break;
    case 3:
        refuse_next = false;
        mend(image, start, bytes[2]);
        break;
    default:
        refuse_next = false;
        fork(image, bytes[2]);
        break;
    }
    refuse_next = false;
    require(status != STATUS_OK || good);
    if (status == STATUS_OK) {
        note(start, length, protection);
    }
}

void guest_image_run(const uint8_t *bytes, size_t count)
{
    struct image image;
    memset(wanted, 0, sizeof(wanted));
    memset(mapped, 0, sizeof(mapped));
    memset(floating, 0, sizeof(floating));
    require(image_create(&image, 1, MODEL_PAGES * PAGE) == STATUS_OK);
    for (; count >= STEP; bytes += STEP, count -= STEP) {
        operate(&image, bytes);
        require_same(&image);
    }
    image_destroy(&image);
}
