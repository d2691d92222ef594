/*
 * Unit tests of kern/base/devicetree*.c. Trees are built here token by token, so that wrong ones
 * can be built too; that builder and its sample are why the file is long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <base/devicetree.h>

#include "node_path.h"

enum {
    TOKEN_BEGIN = 1,
    TOKEN_END_NODE = 2,
    TOKEN_PROPERTY = 3,
    TOKEN_NOP = 4,
    TOKEN_END = 9,
    HEADER_SIZE = 40,
    BLOCK_SIZE = 4096,
};

/* Offsets of header fields. */
enum {
    FIELD_MAGIC = 0,
    FIELD_TOTALSIZE = 4,
    FIELD_STRUCTURE = 8,
    FIELD_STRINGS = 12,
    FIELD_VERSION = 20,
    FIELD_COMPATIBLE = 24,
    FIELD_STRINGS_SIZE = 32,
    FIELD_STRUCTURE_SIZE = 36,
};

/* ---- building ------------------------------------------------------------------------------- */

static struct {
    uint8_t reservations[BLOCK_SIZE], structure[BLOCK_SIZE], strings[BLOCK_SIZE];
    uint32_t reservations_size, structure_size, strings_size;
} build;

static uint8_t *blob; /* exactly as large as its contents, so that sanitizers see its end */
static uint32_t blob_size;
static struct devicetree tree;

static void put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static void token(uint32_t value)
{
    put32(build.structure + build.structure_size, value);
    build.structure_size += 4;
}

static void bytes(const void *data, uint32_t size)
{
    memcpy(build.structure + build.structure_size, data, size);
    build.structure_size += (size + 3) & ~3u;
}

static void begin(const char *name)
{
    token(TOKEN_BEGIN);
    bytes(name, (uint32_t)strlen(name) + 1);
}

static void end(void)
{
    token(TOKEN_END_NODE);
}

static void property(const char *name, const void *value, uint32_t size)
{
    token(TOKEN_PROPERTY);
    token(size);
    token(build.strings_size);
    bytes(value, size);
    memcpy(build.strings + build.strings_size, name, strlen(name) + 1);
    build.strings_size += (uint32_t)strlen(name) + 1;
}

static void text(const char *name, const char *value)
{
    property(name, value, (uint32_t)strlen(value) + 1);
}

static void cells(const char *name, unsigned count, ...)
{
    uint8_t value[64 * 4];
    va_list list;

    va_start(list, count);
    for (unsigned i = 0; i < count; i++) {
        put32(value + i * 4, va_arg(list, uint32_t));
    }
    va_end(list);
    property(name, value, count * 4);
}

static void reservation(uint64_t address, uint64_t size)
{
    uint8_t *to = build.reservations + build.reservations_size;

    put32(to, (uint32_t)(address >> 32));
    put32(to + 4, (uint32_t)address);
    put32(to + 8, (uint32_t)(size >> 32));
    put32(to + 12, (uint32_t)size);
    build.reservations_size += 16;
}

static void start(void)
{
    memset(&build, 0, sizeof(build));
    free(blob);
    blob = NULL;
}

/* Header, reservations, structure, strings. */
static void finish(void)
{
    uint32_t structure = HEADER_SIZE + build.reservations_size;
    uint32_t strings = structure + build.structure_size;
    uint32_t fields[10] = {
        0xd00dfeed, strings + build.strings_size, structure,           strings, HEADER_SIZE, 17, 16,
        0,          build.strings_size,           build.structure_size};

    blob_size = strings + build.strings_size;
    blob = malloc(blob_size);
    assert_non_null(blob);
    for (int i = 0; i < 10; i++) {
        put32(blob + i * 4, fields[i]);
    }
    memcpy(blob + HEADER_SIZE, build.reservations, build.reservations_size);
    memcpy(blob + structure, build.structure, build.structure_size);
    memcpy(blob + strings, build.strings, build.strings_size);
}

static const char *open_tree(void)
{
    return devicetree_open(&tree, blob, blob_size);
}

static void finish_and_open(void)
{
    reservation(0, 0);
    token(TOKEN_END);
    finish();
    assert_null(open_tree());
}

static dt_node find(const char *path)
{
    dt_node node = devicetree_find_path(&tree, path);

    assert_int_not_equal(node, DEVICETREE_NONE);
    return node;
}

static void sample_cpus(void)
{
    begin("cpus");
    cells("#address-cells", 1, 1);
    cells("#size-cells", 1, 0);
    for (uint32_t i = 0; i < 2; i++) {
        begin(i == 0 ? "cpu@0" : "cpu@1");
        cells("reg", 1, i);
        begin("interrupt-controller");
        cells("#interrupt-cells", 1, 1);
        cells("phandle", 1, 0x10 + i);
        end();
        end();
    }
    end();
}

/* A bus with translation, and in it one without. */
static void sample_bus(void)
{
    begin("soc");
    cells("#address-cells", 1, 1);
    cells("#size-cells", 1, 1);
    cells("ranges", 8, 0, 0, 0x10000000, 0x10000, 0x20000, 1, 0, 0x10000);
    begin("serial@1000");
    property("compatible", "vendor,uart\0ns16550a", 21);
    cells("reg", 4, 0x1000, 0x100, 0x20010, 0x20);
    cells("interrupts", 2, 10, 11);
    text("status", "okay");
    token(TOKEN_NOP);
    cells("reg-shift", 1, 2);
    end();
    begin("outside@f000");
    cells("reg", 4, 0xff00, 0x101, 0x10000, 1);
    text("status", "disabled");
    end();
    begin("pci@2000");
    cells("#address-cells", 1, 3);
    cells("#size-cells", 1, 2);
    begin("card");
    cells("reg", 5, 1, 2, 3, 4, 5);
    end();
    end();
    begin("closed");
    begin("device@5");
    cells("reg", 3, 0, 5, 1);
    end();
    end();
    end();
}

/* Interrupt controllers of each kind, and nodes that are wrong about theirs. */
static void sample_controllers(void)
{
    begin("plic");
    cells("phandle", 1, 1);
    cells("#interrupt-cells", 1, 1);
    cells("interrupts-extended", 8, 0x10, 11, 0x10, 9, 0x11, 11, 0x11, 9);
    end();
    begin("gic");
    cells("linux,phandle", 1, 2);
    cells("#interrupt-cells", 1, 3);
    end();
    begin("short");
    cells("interrupts-extended", 3, 2, 0, 33);
    end();
    begin("mixed");
    cells("interrupts-extended", 7, 1, 7, 2, 0, 33, 4, 0x77);
    end();
}

/* A machine. */
static void sample(void)
{
    start();
    reservation(0x80000000, 0x40000);
    reservation(UINT64_C(0x123456789a), 1);
    begin("");
    cells("#address-cells", 1, 2);
    cells("#size-cells", 1, 2);
    cells("interrupt-parent", 1, 1);
    begin("aliases");
    text("serial0", "/soc/serial@1000");
    text("relative", "soc/serial@1000");
    end();
    sample_cpus();
    token(TOKEN_NOP);
    sample_bus();
    sample_controllers();
    end();
    finish_and_open();
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void test_open_checks_header(void **state)
{
    static const struct {
        uint32_t field, value;
    } wrong[] = {
        {FIELD_MAGIC, 0xd00dfeee},
        {FIELD_TOTALSIZE, 39},
        {FIELD_TOTALSIZE, 0xffffffff},
        {FIELD_STRUCTURE, 0x7fffffff},
        {FIELD_STRINGS, 0xfffffff0},
        {FIELD_VERSION, 16},
        {FIELD_COMPATIBLE, 18},
        {FIELD_STRINGS_SIZE, 0x10000},
        {FIELD_STRUCTURE_SIZE, 0xffffffff},
        {FIELD_STRUCTURE_SIZE, 4},
        {FIELD_STRUCTURE_SIZE, 0},
    };

    (void)state;
    sample();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t saved[4];
        memcpy(saved, blob + wrong[i].field, 4);
        put32(blob + wrong[i].field, wrong[i].value);
        assert_non_null(open_tree());
        memcpy(blob + wrong[i].field, saved, 4);
        assert_null(open_tree());
    }
}

static void test_open_refuses_every_truncation(void **state)
{
    (void)state;
    sample();
    for (size_t limit = 0; limit < blob_size; limit++) {
        uint8_t *part = malloc(limit + 1);
        memcpy(part, blob, limit);
        assert_non_null(devicetree_open(&tree, part, limit));
        free(part);
    }
    assert_int_equal(devicetree_size(blob), blob_size);
}

static void wrong_structure(const char *expected)
{
    reservation(0, 0);
    finish();
    assert_string_equal(open_tree(), expected);
}

static void test_open_checks_nesting(void **state)
{
    (void)state;
    start();
    token(TOKEN_END);
    wrong_structure("device tree has no root");

    start();
    begin("");
    end();
    begin("");
    end();
    token(TOKEN_END);
    wrong_structure("device tree has more than one root");

    start();
    begin("");
    token(TOKEN_END);
    wrong_structure("device tree ends inside a node");

    start();
    begin("");
    end();
    end();
    wrong_structure("device tree ends a node that it has not begun");

    start();
    begin("");
    begin("child");
    end();
    text("late", "value");
    end();
    token(TOKEN_END);
    wrong_structure("device tree has a property after a child node");
}

static void test_open_checks_tokens(void **state)
{
    (void)state;
    start();
    begin("");
    token(7);
    wrong_structure("device tree has a token that is unknown or leads outside its block");

    start();
    begin("");
    token(TOKEN_PROPERTY);
    token(0xfffffffe); /* rounded up to cells it is 0 */
    token(0);
    end();
    token(TOKEN_END);
    build.strings_size = 1;
    wrong_structure("device tree has a token that is unknown or leads outside its block");

    start(); /* no strings: the blob ends with the name */
    begin("");
    token(TOKEN_BEGIN);
    bytes("endless!", 8);
    wrong_structure("device tree has a token that is unknown or leads outside its block");

    start();
    begin("");
    text("name", "value");
    build.strings_size -= 1; /* its NUL */
    end();
    token(TOKEN_END);
    wrong_structure("device tree has a name without end in its strings block");

    start();
    begin("");
    end();
    token(TOKEN_END);
    finish();
    assert_string_equal(open_tree(), "device tree has no end of its memory reservations");
}

static void nested(unsigned depth)
{
    start();
    for (unsigned i = 0; i < depth; i++) {
        begin(i == 0 ? "" : "n");
    }
    for (unsigned i = 0; i < depth; i++) {
        end();
    }
    token(TOKEN_END);
    reservation(0, 0);
    finish();
}

static void test_depth_is_limited(void **state)
{
    char path[64];
    dt_node last = DEVICETREE_NONE;

    (void)state;
    nested(DEVICETREE_DEPTH);
    assert_null(open_tree());
    for (dt_node node = devicetree_root(&tree); node != DEVICETREE_NONE;
         node = devicetree_next(&tree, node)) {
        last = node;
    }
    assert_true(node_path(&tree, last, path, sizeof(path)));
    assert_string_equal(path, "/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n");
    nested(DEVICETREE_DEPTH + 1);
    assert_string_equal(open_tree(), "device tree is nested deeper than 16 nodes");
}

static void test_walks_in_blob_order(void **state)
{
    static const char *const names[] = {"",
                                        "aliases",
                                        "cpus",
                                        "cpu@0",
                                        "interrupt-controller",
                                        "cpu@1",
                                        "interrupt-controller",
                                        "soc",
                                        "serial@1000",
                                        "outside@f000",
                                        "pci@2000",
                                        "card",
                                        "closed",
                                        "device@5",
                                        "plic",
                                        "gic",
                                        "short",
                                        "mixed"};
    dt_node node;
    size_t i = 0;

    (void)state;
    sample();
    for (node = devicetree_root(&tree); node != DEVICETREE_NONE;
         node = devicetree_next(&tree, node)) {
        assert_true(i < sizeof(names) / sizeof(names[0]));
        assert_string_equal(devicetree_name(&tree, node), names[i++]);
    }
    assert_int_equal(i, sizeof(names) / sizeof(names[0]));
}

static void test_relations(void **state)
{
    (void)state;
    sample();
    dt_node root = devicetree_root(&tree);
    dt_node soc = find("/soc");
    dt_node serial = find("/soc/serial@1000");

    assert_int_equal(devicetree_first_child(&tree, soc), serial);
    assert_int_equal(devicetree_first_child(&tree, serial), DEVICETREE_NONE);
    assert_int_equal(devicetree_next_sibling(&tree, serial), find("/soc/outside"));
    assert_int_equal(devicetree_next_sibling(&tree, find("/cpus")), soc);
    assert_int_equal(devicetree_next_sibling(&tree, find("/mixed")), DEVICETREE_NONE);
    assert_int_equal(devicetree_next_sibling(&tree, root), DEVICETREE_NONE);
    assert_int_equal(devicetree_parent(&tree, serial), soc);
    assert_int_equal(devicetree_parent(&tree, soc), root);
    assert_int_equal(devicetree_parent(&tree, root), DEVICETREE_NONE);
    assert_int_equal(devicetree_next(&tree, DEVICETREE_NONE), DEVICETREE_NONE);
    assert_int_equal(devicetree_first_child(&tree, DEVICETREE_NONE), DEVICETREE_NONE);
    assert_string_equal(devicetree_name(&tree, DEVICETREE_NONE), "");
}

static void test_paths(void **state)
{
    char path[32];

    (void)state;
    sample();
    dt_node serial = find("/soc/serial@1000");
    assert_int_equal(find("/soc/serial"), serial);
    assert_int_equal(find("serial0"), serial);
    assert_int_equal(find("serial0:115200n8"), serial);
    assert_int_equal(find("/soc/serial@1000:115200n8"), serial);
    assert_int_equal(find("/"), devicetree_root(&tree));
    assert_int_equal(devicetree_find_path(&tree, "/soc/seria"), DEVICETREE_NONE);
    assert_int_equal(devicetree_find_path(&tree, "/soc/serial@100"), DEVICETREE_NONE);
    assert_int_equal(devicetree_find_path(&tree, "/soc/serial@1000/x"), DEVICETREE_NONE);
    assert_int_equal(devicetree_find_path(&tree, "serial"), DEVICETREE_NONE);
    assert_int_equal(devicetree_find_path(&tree, "relative"), DEVICETREE_NONE);
    assert_int_equal(devicetree_find_path(&tree, ""), DEVICETREE_NONE);

    assert_true(node_path(&tree, serial, path, sizeof(path)));
    assert_string_equal(path, "/soc/serial@1000");
    assert_true(node_path(&tree, serial, path, 17));
    assert_false(node_path(&tree, serial, path, 16));
    assert_true(node_path(&tree, devicetree_root(&tree), path, sizeof(path)));
    assert_string_equal(path, "/");
    assert_false(node_path(&tree, serial + 4, path, sizeof(path)));
}

static void test_finding(void **state)
{
    (void)state;
    sample();
    dt_node serial = find("/soc/serial");
    assert_int_equal(devicetree_find_phandle(&tree, 1), find("/plic"));
    assert_int_equal(devicetree_find_phandle(&tree, 2), find("/gic"));
    assert_int_equal(devicetree_find_phandle(&tree, 0x11),
                     find("/cpus/cpu@1/interrupt-controller"));
    assert_int_equal(devicetree_find_phandle(&tree, 3), DEVICETREE_NONE);
    assert_int_equal(devicetree_find_compatible(&tree, DEVICETREE_NONE, "ns16550a"), serial);
    assert_int_equal(devicetree_find_compatible(&tree, serial, "ns16550a"), DEVICETREE_NONE);
    assert_int_equal(devicetree_find_compatible(&tree, find("/soc"), "vendor,uart"), serial);
    assert_false(devicetree_is_compatible(&tree, serial, "ns16550"));
    assert_false(devicetree_is_compatible(&tree, serial, "vendor"));
    assert_int_equal(devicetree_string_index(&tree, serial, "compatible", "ns16550a"), 1);
    assert_int_equal(devicetree_string_index(&tree, serial, "compatible", "ns16550"), -1);
    assert_int_equal(devicetree_string_index(&tree, serial, "reg-shift", ""), -1);
    assert_int_equal(devicetree_string_index(&tree, serial, "none", ""), -1);
    assert_int_equal(devicetree_string_index(&tree, DEVICETREE_NONE, "compatible", ""), -1);
    assert_false(devicetree_is_compatible(&tree, find("/soc"), "ns16550a"));
    assert_true(devicetree_enabled(&tree, serial));
    assert_true(devicetree_enabled(&tree, find("/soc")));
    assert_false(devicetree_enabled(&tree, find("/soc/outside")));
}

static void test_properties(void **state)
{
    static const char *const names[] = {"compatible", "reg", "interrupts", "status", "reg-shift"};
    const char *name;
    const uint8_t *value;
    uint32_t length, cell;
    uint64_t number;

    (void)state;
    sample();
    dt_node serial = find("/soc/serial");
    for (unsigned i = 0; i < 5; i++) {
        assert_true(devicetree_property_at(&tree, serial, i, &name, &value, &length));
        assert_string_equal(name, names[i]);
        assert_ptr_equal(devicetree_property(&tree, serial, name, &length), value);
    }
    assert_false(devicetree_property_at(&tree, serial, 5, &name, &value, &length));
    assert_null(devicetree_property(&tree, serial, "none", &length));
    assert_null(devicetree_property(&tree, find("/soc"), "reg-shift", &length));
    assert_string_equal(devicetree_string(&tree, serial, "status"), "okay");
    assert_null(devicetree_string(&tree, serial, "reg-shift"));
    assert_true(devicetree_cell(&tree, serial, "reg", 3, &cell));
    assert_int_equal(cell, 0x20);
    assert_false(devicetree_cell(&tree, serial, "reg", 4, &cell));
    assert_false(devicetree_cell(&tree, serial, "reg", UINT32_MAX, &cell));
    assert_true(devicetree_number(&tree, serial, "reg", &number));
    assert_true(devicetree_cell(&tree, serial, "reg", 0, &cell));
    assert_int_equal(number >> 32, cell);
    assert_true(devicetree_cell(&tree, serial, "reg", 1, &cell));
    assert_int_equal((uint32_t)number, cell);
    assert_true(devicetree_number(&tree, serial, "reg-shift", &number));
    assert_true(devicetree_cell(&tree, serial, "reg-shift", 0, &cell));
    assert_int_equal(number, cell);
    assert_false(devicetree_number(&tree, serial, "none", &number));
    assert_false(devicetree_number(&tree, DEVICETREE_NONE, "reg", &number));
}

static void test_registers(void **state)
{
    uint64_t address, size;

    (void)state;
    sample();
    dt_node serial = find("/soc/serial");
    assert_true(devicetree_registers(&tree, serial, 0, &address, &size));
    assert_int_equal(address, 0x10001000);
    assert_int_equal(size, 0x100);
    assert_true(devicetree_registers(&tree, serial, 1, &address, &size));
    assert_int_equal(address, UINT64_C(0x100000010));
    assert_int_equal(size, 0x20);
    assert_false(devicetree_registers(&tree, serial, 2, &address, &size));

    dt_node outside = find("/soc/outside");
    assert_false(devicetree_registers(&tree, outside, 0, &address, &size)); /* over the end */
    assert_false(devicetree_registers(&tree, outside, 1, &address, &size)); /* beyond it */
    assert_false(devicetree_registers(&tree, find("/soc/pci/card"), 0, &address, &size));
    assert_false(devicetree_registers(&tree, find("/soc/closed/device"), 0, &address, &size));
    assert_false(devicetree_registers(&tree, find("/cpus/cpu@0"), 0, &address, &size));
    assert_false(devicetree_registers(&tree, devicetree_root(&tree), 0, &address, &size));
}

static void test_registers_through_identity(void **state)
{
    uint64_t address, size;

    (void)state;
    start();
    begin("");
    cells("#address-cells", 1, 2);
    cells("#size-cells", 1, 2);
    begin("soc");
    cells("#address-cells", 1, 2);
    cells("#size-cells", 1, 2);
    property("ranges", "", 0);
    begin("device");
    cells("reg", 4, 4, 0x8000, 1, 2);
    end();
    end();
    end();
    finish_and_open();
    assert_true(devicetree_registers(&tree, find("/soc/device"), 0, &address, &size));
    assert_int_equal(address, UINT64_C(0x400008000));
    assert_int_equal(size, UINT64_C(0x100000002));
}

static void test_interrupts(void **state)
{
    uint32_t specifier[4];
    dt_node controller;
    unsigned count;

    (void)state;
    sample();
    dt_node serial = find("/soc/serial");
    assert_true(devicetree_interrupt(&tree, serial, 1, &controller, specifier, &count));
    assert_int_equal(controller, find("/plic"));
    assert_int_equal(count, 1);
    assert_int_equal(specifier[0], 11);
    assert_false(devicetree_interrupt(&tree, serial, 2, &controller, specifier, &count));

    dt_node plic = find("/plic");
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(devicetree_interrupt(&tree, plic, i, &controller, specifier, &count));
        assert_int_equal(specifier[0], i % 2 == 0 ? 11 : 9);
        assert_string_equal(devicetree_name(&tree, devicetree_parent(&tree, controller)),
                            i < 2 ? "cpu@0" : "cpu@1");
    }
    assert_false(devicetree_interrupt(&tree, plic, 4, &controller, specifier, &count));

    dt_node mixed = find("/mixed");
    assert_true(devicetree_interrupt(&tree, mixed, 1, &controller, specifier, &count));
    assert_int_equal(controller, find("/gic"));
    assert_int_equal(count, 3);
    assert_int_equal(specifier[1], 33);
    assert_false(devicetree_interrupt(&tree, mixed, 2, &controller, specifier, &count));
    assert_false(devicetree_interrupt(&tree, find("/short"), 0, &controller, specifier, &count));
    assert_false(devicetree_interrupt(&tree, find("/soc"), 0, &controller, specifier, &count));
}

static void test_interrupt_cells_are_limited(void **state)
{
    uint32_t specifier[4];
    dt_node controller;
    unsigned count;

    (void)state;
    for (uint32_t width = 0; width < 7; width++) {
        start();
        begin("");
        begin("controller");
        cells("phandle", 1, 1);
        cells("#interrupt-cells", 1, width);
        end();
        begin("device");
        cells("interrupt-parent", 1, 1);
        cells("interrupts", 6, 1, 2, 3, 4, 5, 6);
        end();
        end();
        finish_and_open();
        bool found =
            devicetree_interrupt(&tree, find("/device"), 0, &controller, specifier, &count);
        assert_int_equal(found, width >= 1 && width <= 4);
    }
}

static void test_reservations(void **state)
{
    uint64_t address, size;

    (void)state;
    sample();
    assert_true(devicetree_reservation(&tree, 0, &address, &size));
    assert_int_equal(address, 0x80000000);
    assert_int_equal(size, 0x40000);
    assert_true(devicetree_reservation(&tree, 1, &address, &size));
    assert_int_equal(address, UINT64_C(0x123456789a));
    assert_false(devicetree_reservation(&tree, 2, &address, &size));
    assert_false(devicetree_reservation(&tree, UINT32_MAX, &address, &size));
}

/* Walks everything; answers how many nodes there are. */
static unsigned walk(void)
{
    unsigned nodes = 0;

    for (dt_node node = devicetree_root(&tree); node != DEVICETREE_NONE;
         node = devicetree_next(&tree, node)) {
        const char *name;
        const uint8_t *value;
        uint32_t length, specifier[4];
        uint64_t address, size;
        dt_node controller;
        unsigned count;
        char path[128];

        nodes++;
        for (unsigned i = 0; devicetree_property_at(&tree, node, i, &name, &value, &length); i++) {
            assert_true(value >= blob && value + length <= blob + blob_size);
            assert_true(strlen(name) < blob_size);
        }
        for (unsigned i = 0; i < 4; i++) {
            (void)devicetree_registers(&tree, node, i, &address, &size);
            (void)devicetree_interrupt(&tree, node, i, &controller, specifier, &count);
        }
        (void)node_path(&tree, node, path, sizeof(path));
        (void)devicetree_is_compatible(&tree, node, "ns16550a");
    }
    return nodes;
}

/* Whatever one byte is changed to, the tree is refused or can be walked inside the blob. */
static void test_corrupted_bytes(void **state)
{
    static const uint8_t values[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x09, 0x7f, 0x80, 0xff};
    unsigned refused = 0, walked = 0;

    (void)state;
    sample();
    unsigned nodes = walk();
    for (uint32_t at = 0; at < blob_size; at++) {
        uint8_t saved = blob[at];
        for (size_t i = 0; i < sizeof(values); i++) {
            blob[at] = values[i];
            if (open_tree() != NULL) {
                refused++;
                continue;
            }
            walked++;
            assert_true(walk() <= nodes + 1);
        }
        blob[at] = saved;
    }
    assert_true(refused > 100 && walked > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_checks_header),
        cmocka_unit_test(test_open_refuses_every_truncation),
        cmocka_unit_test(test_open_checks_nesting),
        cmocka_unit_test(test_open_checks_tokens),
        cmocka_unit_test(test_depth_is_limited),
        cmocka_unit_test(test_walks_in_blob_order),
        cmocka_unit_test(test_relations),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_finding),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_registers_through_identity),
        cmocka_unit_test(test_interrupts),
        cmocka_unit_test(test_interrupt_cells_are_limited),
        cmocka_unit_test(test_reservations),
        cmocka_unit_test(test_corrupted_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
