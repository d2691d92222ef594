/*
 * Devices and their objects: see device.h.
 */
#include "device.h"

#include <sinter/object.h>

#include "match.h"
#include "memory.h"
#include "peek.h"
#include "text.h"

#define PAGE ((uint64_t)LIMIT_PAGE_SIZE)

/* Virtual I/O Device 1.2, 4.2.2: what tells the type of a device behind a virtio-mmio window. */
enum { VIRTIO_MAGIC = 0x74726976, VIRTIO_MAGIC_AT = 0, VIRTIO_TYPE_AT = 8 };
#define VIRTIO_MMIO "virtio,mmio"

struct device_table device_table;

static uint64_t page_down(uint64_t address)
{
    return address & ~(PAGE - 1);
}

static status_t registers_create(uint64_t address, uint64_t size, handle_t *memory)
{
    uint64_t start = page_down(address);
    return memory_create_device(init.machine, start, page_down(address + size + PAGE - 1) - start,
                                DEVICE_REGISTERS, memory);
}

static uint32_t read32(uint64_t address)
{
    return *(const volatile uint32_t *)(uintptr_t)address;
}

/* Type of the device behind a virtio-mmio window; 0: there is none. */
static uint32_t virtio_type(uint64_t address, uint64_t size)
{
    static uint64_t mapped;
    handle_t memory;
    uint32_t type = 0;
    if (size < VIRTIO_TYPE_AT + sizeof(type) ||
        registers_create(address, size, &memory) != STATUS_OK) {
        return 0;
    }
    if (init_map(memory, PAGE, MAP_READ, &mapped) == STATUS_OK) {
        uint64_t at = mapped + address % PAGE;
        if (read32(at + VIRTIO_MAGIC_AT) == VIRTIO_MAGIC) {
            type = read32(at + VIRTIO_TYPE_AT);
        }
        status_ignore(space_unmap(0, mapped, PAGE));
    }
    status_ignore(handle_close(memory));
    return type;
}

static bool is_known(dt_node node)
{
    for (uint32_t i = 0; i < device_table.count; i++) {
        if (device_table.devices[i].node == node) {
            return true;
        }
    }
    return false;
}

static void insert(const struct device *device)
{
    uint32_t at = device_table.count;
    if (at == DEVICES) {
        log_line("more than %d devices have drivers; the rest is not used", DEVICES);
        return;
    }
    while (at > 0 && !device_table.devices[at - 1].claimed &&
           device_table.devices[at - 1].address > device->address) {
        device_table.devices[at] = device_table.devices[at - 1];
        at--;
    }
    device_table.devices[at] = *device;
    device_table.count++;
}

/* Whether a device is there at all, of the type that the pattern wants. */
static bool is_present(const struct match_pattern *pattern, uint64_t address, uint64_t size)
{
    if (!text_same(pattern->compatible, VIRTIO_MMIO)) {
        return true;
    }
    uint32_t type = virtio_type(address, size);
    return type != 0 && (pattern->virtio_type == 0 || pattern->virtio_type == type);
}

/* The node that has the registers of a device; NONE: it is connected to another kind of bus. */
static dt_node holder_of(const struct match_pattern *pattern, dt_node node)
{
    if (pattern->bus[0] == '\0') {
        return node;
    }
    dt_node bus = devicetree_parent(&init.tree, node);
    bool fits = bus != DEVICETREE_NONE && devicetree_enabled(&init.tree, bus) &&
                devicetree_is_compatible(&init.tree, bus, pattern->bus);
    return fits ? bus : DEVICETREE_NONE;
}

static void scan_pattern(struct boot_file *object, const struct match_pattern *pattern)
{
    dt_node node = DEVICETREE_NONE;
    while ((node = devicetree_find_compatible(&init.tree, node, pattern->compatible)) !=
           DEVICETREE_NONE) {
        dt_node holder = holder_of(pattern, node);
        struct device device = {.node = node, .holder = holder, .object = object};
        uint64_t size = 0;
        if (is_known(node) || holder == DEVICETREE_NONE || !devicetree_enabled(&init.tree, node)) {
            continue;
        }
        bool has_registers = devicetree_registers(&init.tree, holder, 0, &device.address, &size);
        if (!has_registers) {
            device.address = 0;
        }
        if (is_present(pattern, device.address, size)) {
            insert(&device);
        }
    }
}

/*
 * What the machine has, as bits at places that follow from the texts: two texts may share one, so
 * a bit that is set says "perhaps".
 */
enum { PRESENT_BITS = 4096, WORD_BITS = 64 };

static struct {
    bool known;
    uint64_t bits[PRESENT_BITS / WORD_BITS];
} present;

/* FNV-1a, 32 bits. */
static uint32_t place_of(const char *compatible, uint32_t virtio)
{
    uint32_t hash = 0x811c9dc5;
    for (; *compatible != '\0'; compatible++) {
        hash = (hash ^ (uint8_t)*compatible) * 0x01000193;
    }
    hash = (hash ^ virtio) * 0x01000193;
    return (hash ^ hash >> 16) % PRESENT_BITS;
}

static void note_present(const char *compatible, uint32_t virtio)
{
    uint32_t place = place_of(compatible, virtio);
    present.bits[place / WORD_BITS] |= 1ull << place % WORD_BITS;
}

static void look_behind_window(dt_node node)
{
    uint64_t address;
    uint64_t size;
    if (devicetree_registers(&init.tree, node, 0, &address, &size)) {
        uint32_t type = virtio_type(address, size);
        if (type != 0) {
            note_present(VIRTIO_MMIO, 0);
            note_present(VIRTIO_MMIO, type);
        }
    }
}

static void look_at_node(dt_node node)
{
    uint32_t length = 0;
    const uint8_t *value = devicetree_property(&init.tree, node, "compatible", &length);
    if (value == NULL || length == 0 || value[length - 1] != '\0') {
        return;
    }
    for (uint32_t at = 0; at < length;) {
        const char *compatible = (const char *)value + at;
        if (text_same(compatible, VIRTIO_MMIO)) {
            look_behind_window(node);
        } else {
            note_present(compatible, 0);
        }
        at += (uint32_t)text_length(compatible) + 1;
    }
}

void device_look(void)
{
    if (present.known || !init.has_tree) {
        return;
    }
    for (dt_node node = devicetree_root(&init.tree); node != DEVICETREE_NONE;
         node = devicetree_next(&init.tree, node)) {
        if (devicetree_enabled(&init.tree, node)) {
            look_at_node(node);
        }
    }
    present.known = true;
}

static bool is_perhaps_present(void *context, const char *device)
{
    struct match_pattern pattern;
    (void)context;
    if (!match_pattern_parse(device, &pattern)) {
        return false;
    }
    bool is_virtio = text_same(pattern.compatible, VIRTIO_MMIO);
    uint32_t place = place_of(pattern.compatible, is_virtio ? pattern.virtio_type : 0);
    return (present.bits[place / WORD_BITS] & 1ull << place % WORD_BITS) != 0;
}

bool device_is_wanted(const struct boot_file *object)
{
    return peek_may_drive(init.archive.bytes + object->offset, object->size, is_perhaps_present,
                          NULL);
}

void device_scan(void)
{
    for (uint32_t i = 0; init.has_tree && i < catalog.count; i++) {
        struct boot_file *file = &catalog.files[i];
        struct match_pattern pattern;
        if (!file->note_read || file->note_status != STATUS_OK || file->note->kind != KIND_DRIVER) {
            continue;
        }
        for (uint32_t j = 0; j < file->note->device_count; j++) {
            if (match_pattern_parse(file->note->devices[j], &pattern)) {
                scan_pattern(file, &pattern);
            }
        }
    }
}

bool device_suits(const struct device *device, const struct object_note *note)
{
    struct match_pattern pattern;
    bool suits = false;
    for (uint32_t i = 0; i < note->device_count && !suits; i++) {
        suits = match_pattern_parse(note->devices[i], &pattern) &&
                devicetree_is_compatible(&init.tree, device->node, pattern.compatible) &&
                holder_of(&pattern, device->node) == device->holder;
    }
    return suits;
}

static bool fail(char *error, size_t size, const char *what, uint64_t which, status_t status)
{
    struct text text = text_in(error, size);
    TEXT_PUT(&text, "its ", what, " ");
    text_put_hex(&text, which, 1);
    TEXT_PUT(&text, " cannot be had: ", status_text(status));
    return false;
}

static bool open_ranges(struct device *device, char *error, size_t size)
{
    while (device->range_count < DEVICE_RANGES) {
        struct device_range *range = &device->ranges[device->range_count];
        if (!devicetree_registers(&init.tree, device->holder, device->range_count, &range->address,
                                  &range->size) ||
            range->size == 0) {
            break;
        }
        status_t status = registers_create(range->address, range->size, &range->memory);
        if (status != STATUS_OK) {
            return fail(error, size, "registers at", range->address, status);
        }
        device->range_count++;
    }
    return true;
}

static bool open_lines(struct device *device, char *error, size_t size)
{
    uint32_t cells[4];
    unsigned count;
    dt_node controller;
    while (device->line_count < DEVICE_LINES &&
           devicetree_interrupt(&init.tree, device->holder, device->line_count, &controller, cells,
                                &count)) {
        uint32_t line;
        uint32_t flags;
        handle_t irq;
        if (!match_interrupt(cells, count, &line, &flags)) {
            return fail(error, size, "interrupt number", device->line_count, STATUS_UNSUPPORTED);
        }
        status_t status = irq_create(init.machine, line, flags, &irq);
        if (status != STATUS_OK) {
            return fail(error, size, "interrupt line", line, status);
        }
        device->lines[device->line_count].irq = irq;
        device->lines[device->line_count].line = line;
        device->line_count++;
    }
    return true;
}

static status_t fill_node(struct device *device, uint64_t bytes)
{
    static uint64_t mapped;
    uint64_t length = page_down(bytes + PAGE - 1);
    status_t status = memory_create(init.account, length, 0, &device->node_memory);
    if (status != STATUS_OK) {
        return status;
    }
    status = init_map(device->node_memory, length, MAP_READ | MAP_WRITE, &mapped);
    if (status != STATUS_OK) {
        close_if(&device->node_memory);
        return status;
    }
    device->node_bytes = match_node_records(&init.tree, device->node, (uint8_t *)mapped, length);
    return space_unmap(0, mapped, length);
}

bool device_open(struct device *device, char *error, size_t size)
{
    if (device->opened) {
        return true;
    }
    if (!open_ranges(device, error, size) || !open_lines(device, error, size)) {
        return false;
    }
    uint64_t bytes = match_node_records(&init.tree, device->node, NULL, 0);
    status_t status = device->node_memory != 0 ? STATUS_OK : fill_node(device, bytes);
    if (status != STATUS_OK) {
        return fail(error, size, "device-tree node", 0, status);
    }
    device->opened = true;
    return true;
}
