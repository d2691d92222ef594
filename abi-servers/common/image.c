/* See guest_image.h. */
#include "guest_image.h"

#include "c_string.h"

enum { COMMIT_MOST = 1 << 20 }; /* bytes that the kernel commits or discards at once */

/* ---- regions --------------------------------------------------------------------------------- */

static void remove_region(struct image *image, uint32_t at)
{
    image->region_count--;
    for (uint32_t i = at; i < image->region_count; i++) {
        image->regions[i] = image->regions[i + 1];
    }
}

static void insert_region(struct image *image, uint32_t at, struct region region)
{
    for (uint32_t i = image->region_count; i > at; i--) {
        image->regions[i] = image->regions[i - 1];
    }
    image->regions[at] = region;
    image->region_count++;
}

/* The first region that ends above an address. */
static uint32_t first_above(const struct image *image, uint64_t address)
{
    uint32_t at = 0;
    while (at < image->region_count && image->regions[at].end <= address) {
        at++;
    }
    return at;
}

static bool join(struct image *image, uint32_t at)
{
    const struct region *region = &image->regions[at];
    if (at + 1 >= image->region_count || region[1].start != region->end ||
        region[1].protection != region->protection) {
        return false;
    }
    image->regions[at].end = region[1].end;
    remove_region(image, at + 1);
    return true;
}

/* Cuts what is in the range out of the regions; there is room for one more. */
static void cut(struct image *image, uint64_t start, uint64_t end)
{
    uint32_t at = first_above(image, start);
    while (at < image->region_count && image->regions[at].start < end) {
        struct region *region = &image->regions[at];
        if (region->start < start && region->end > end) {
            struct region tail = {end, region->end, region->protection};
            region->end = start;
            insert_region(image, at + 1, tail);
            return;
        }
        if (region->start < start) {
            region->end = start;
            at++;
        } else if (region->end > end) {
            region->start = end;
            return;
        } else {
            remove_region(image, at);
        }
    }
}

const struct region *image_find(const struct image *image, uint64_t address)
{
    uint32_t at = first_above(image, address);
    return at < image->region_count && image->regions[at].start <= address ? &image->regions[at]
                                                                           : NULL;
}

static bool is_inside(const struct image *image, uint64_t start, uint64_t length)
{
    return ((start | length) & (PAGE - 1)) == 0 && length > 0 && start < image->top &&
           length <= image->top - start;
}

/* What the processor is told: both at once it never gets. */
static uint32_t mapped_as(uint32_t protection)
{
    return protection & MAP_EXECUTE ? protection & ~(uint32_t)MAP_WRITE : protection;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void close_handle(handle_t *handle)
{
    if (*handle != 0) {
        status_ignore(handle_close(*handle));
        *handle = 0;
    }
}

void image_destroy(struct image *image)
{
    close_handle(&image->guest);
    close_handle(&image->memory);
    close_handle(&image->space);
    image->state = NULL;
    image->region_count = 0;
}

static status_t create_guest(struct image *image)
{
    uint64_t state = 0;
    status_t status = space_create_guest(0, image->account, &image->space);
    if (status == STATUS_OK) {
        status = guest_create(image->space, image->account, &image->guest, &state);
        image->state = (struct guest_state *)(uintptr_t)state;
    }
    return status;
}

status_t image_create(struct image *image, handle_t account, uint64_t top)
{
    *image = (struct image){.account = account, .top = top};
    status_t status = memory_create(account, top, 0, &image->memory);
    if (status == STATUS_OK) {
        status = create_guest(image);
    }
    if (status != STATUS_OK) {
        image_destroy(image);
    }
    return status;
}

static status_t map(struct image *image, const struct region *region)
{
    uint64_t mapped = region->start;
    return space_map(image->space, image->memory, region->start, region->start,
                     region->end - region->start, mapped_as(region->protection) | MAP_FIXED,
                     &mapped);
}

/* What the processor keeps besides registers; zeros are what a new guest has. */
static status_t copy_float(const struct image *from, const struct image *to)
{
    const uint64_t *words = (const uint64_t *)(const void *)message_page()->data;
    uint64_t length = 0;
    uint64_t used = 0;
    status_t status = guest_fp_get(from->guest, &length);
    for (uint64_t i = 0; i < length / sizeof(*words) && status == STATUS_OK; i++) {
        used |= words[i];
    }
    return used != 0 ? guest_fp_set(to->guest, length) : status;
}

status_t image_fork(const struct image *from, struct image *to)
{
    *to = (struct image){
        .account = from->account, .top = from->top, .region_count = from->region_count};
    memcpy(to->regions, from->regions, sizeof(to->regions));
    status_t status = memory_snapshot(from->memory, to->account, &to->memory);
    if (status == STATUS_OK) {
        status = create_guest(to);
    }
    for (uint32_t i = 0; i < to->region_count && status == STATUS_OK; i++) {
        status = map(to, &to->regions[i]);
    }
    if (status == STATUS_OK) {
        status = copy_float(from, to);
    }
    if (status != STATUS_OK) {
        image_destroy(to);
        return status;
    }
    memcpy(to->state->registers, from->state->registers, sizeof(to->state->registers));
    return STATUS_OK;
}

/* ---- mapping --------------------------------------------------------------------------------- */

status_t image_map(struct image *image, uint64_t start, uint64_t length, uint32_t protection)
{
    struct region region = {start, start + length, protection};
    if (!is_inside(image, start, length) || image->region_count == IMAGE_REGIONS) {
        return STATUS_NO_SPACE;
    }
    status_t status = map(image, &region);
    if (status != STATUS_OK) {
        return status;
    }
    uint32_t at = first_above(image, start);
    insert_region(image, at, region);
    (void)join(image, at);
    if (at > 0) {
        (void)join(image, at - 1);
    }
    return STATUS_OK;
}

static status_t in_steps(const struct image *image, uint64_t start, uint64_t length,
                         status_t (*step)(handle_t, uint64_t, uint64_t))
{
    status_t status = STATUS_OK;
    for (uint64_t at = 0; at < length && status == STATUS_OK; at += COMMIT_MOST) {
        uint64_t rest = length - at;
        status = step(image->memory, start + at, rest < COMMIT_MOST ? rest : COMMIT_MOST);
    }
    return status;
}

status_t image_unmap(struct image *image, uint64_t start, uint64_t length)
{
    if (!is_inside(image, start, length) || image->region_count == IMAGE_REGIONS) {
        return STATUS_NO_SPACE;
    }
    status_t status = space_unmap(image->space, start, length);
    if (status == STATUS_OK) {
        cut(image, start, start + length);
        status = in_steps(image, start, length, memory_discard);
    }
    return status;
}

status_t image_allocate(struct image *image, uint64_t start, uint64_t length)
{
    status_t status = image_map(image, start, length, MAP_READ | MAP_WRITE);
    if (status != STATUS_OK) {
        return status;
    }
    status = in_steps(image, start, length, memory_commit);
    if (status != STATUS_OK) {
        status_ignore(image_unmap(image, start, length));
    }
    return status;
}

status_t image_protect(struct image *image, uint64_t start, uint64_t length, uint32_t protection)
{
    const struct region *region = image_find(image, start);
    if (!is_inside(image, start, length) || region == NULL || region->end - start < length ||
        image->region_count + 1 >= IMAGE_REGIONS) {
        return STATUS_NO_SPACE;
    }
    status_t status = space_protect(image->space, start, length, mapped_as(protection));
    if (status == STATUS_OK && (protection & MAP_EXECUTE)) {
        status = space_sync_code(image->space, start, length);
    }
    if (status == STATUS_OK) {
        cut(image, start, start + length);
        uint32_t at = first_above(image, start);
        insert_region(image, at, (struct region){start, start + length, protection});
        (void)join(image, at);
        if (at > 0) {
            (void)join(image, at - 1);
        }
    }
    return status;
}

bool image_mend_fault(struct image *image)
{
    const uint32_t both = MAP_WRITE | MAP_EXECUTE;
    uint64_t page = image->state->address & ~(PAGE - 1);
    const struct region *region = image_find(image, page);
    uint32_t fault = image->state->fault;
    if (region == NULL || (region->protection & both) != both) {
        return false;
    }
    uint32_t rest = region->protection & ~both;
    if (fault == FAULT_WRITE) {
        return space_protect(image->space, page, PAGE, rest | MAP_WRITE) == STATUS_OK;
    }
    return fault == FAULT_EXECUTE &&
           space_protect(image->space, page, PAGE, rest | MAP_EXECUTE) == STATUS_OK &&
           space_sync_code(image->space, page, PAGE) == STATUS_OK;
}

/* ---- copying --------------------------------------------------------------------------------- */

/* By pieces that end with a page, since what lies behind the text need not be there. */
status_t guest_copy_text(char *to, uint64_t address, size_t capacity, size_t *length)
{
    enum { PIECE = 64 };
    size_t done = 0;
    while (done < capacity) {
        uint64_t piece = PIECE - (address + done) % PIECE;
        piece = piece < capacity - done ? piece : capacity - done;
        status_t status = guest_copy_in(to + done, address + done, piece);
        if (status != STATUS_OK) {
            return status;
        }
        const char *end = memchr(to + done, '\0', piece);
        if (end != NULL) {
            *length = (size_t)(end - to);
            return STATUS_OK;
        }
        done += piece;
    }
    return STATUS_TOO_LARGE;
}
