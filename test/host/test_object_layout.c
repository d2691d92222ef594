/*
 * Layout and placement: groups, random order, arrays, thread-local storage, common symbols,
 * constraints, names of addresses, and cost with many relocations.
 */
#include "test_object_builder.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "elf_aarch64.h"
#include "elf_riscv.h"
#include "object_internal.h"

/* Forty sections of text and data with differing sizes and alignments. */
static struct builder *build_many(void)
{
    struct builder *builder = builder_new(OBJECT_RISCV64);
    char name[32];
    for (unsigned i = 0; i < 40; i++) {
        bool text = i % 2 == 0;
        snprintf(name, sizeof(name), "%s.f%u", text ? ".text" : ".data", i);
        unsigned section = builder_section(builder, name, SHT_PROGBITS,
                                           SHF_ALLOC | (text ? SHF_EXECINSTR : SHF_WRITE),
                                           1u << (i % 7 + 1), NULL, 8 * (i + 1));
        snprintf(name, sizeof(name), "f%u", i);
        builder_symbol(builder, name, STB_GLOBAL, STT_FUNC, (uint16_t)section, 0, 8);
    }
    return builder;
}

static void check_disjoint(const struct object *object)
{
    for (uint32_t i = 0; i < object->section_count; i++) {
        const struct object_section *a = &object->sections[i];
        if (!section_is_loaded(a)) {
            continue;
        }
        assert_int_equal(a->place % a->align, 0);
        assert_true(a->place + a->loaded <= object->group[a->group].size);
        for (uint32_t k = 0; k < i; k++) {
            const struct object_section *b = &object->sections[k];
            bool apart = a->place + a->loaded <= b->place || b->place + b->loaded <= a->place;
            assert_true(b->group != a->group || apart);
        }
    }
}

static void test_random_order(void **state)
{
    struct loaded loaded;
    uint32_t first[3];
    uint32_t different = 0;
    (void)state;
    loaded_init(&loaded, build_many(), OBJECT_RISCV64);
    for (uint64_t seed = 0; seed < 200; seed++) {
        assert_true(loaded_layout(&loaded, seed));
        check_disjoint(&loaded.object);
        if (seed < 3) {
            first[seed] = loaded.object.sections[2].place;
        }
        different += loaded.object.sections[2].place != first[0];
    }
    assert_int_equal(first[0], 0);          /* no seed: the file's order */
    assert_true(different > 150);           /* with a seed: nearly always elsewhere */
    assert_true(loaded_layout(&loaded, 2)); /* the same seed: the same places */
    assert_int_equal(loaded.object.sections[2].place, first[2]);
    loaded_free(&loaded);
}

static void test_symbolise(void **state)
{
    struct loaded loaded;
    struct object_location location;
    uint64_t address;
    (void)state;
    loaded_init(&loaded, build_many(), OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 99));
    assert_true(object_find_function(&loaded.object, "f38", &address));
    assert_true(object_symbolise(&loaded.object, address + 300, &location));
    assert_string_equal(location.name, "f38");
    assert_string_equal(location.section, ".text.f38");
    assert_int_equal(location.offset, 300);
    assert_true(object_symbolise(&loaded.object, address, &location));
    assert_string_equal(location.name, "f38");
    assert_int_equal(location.offset, 0);
    assert_false(object_symbolise(&loaded.object, BASE_TEXT - 1, &location));
    assert_false(object_symbolise(&loaded.object, BASE_TEXT + loaded.object.group[OBJECT_TEXT].size,
                                  &location));
    loaded_free(&loaded);
}

static void add_array(struct builder *builder, const char *name, uint32_t type, uint64_t value)
{
    builder_section(builder, name, type, SHF_ALLOC | SHF_WRITE, 8, &value, sizeof(value));
}

static void test_arrays(void **state)
{
    struct loaded loaded;
    struct builder *builder = builder_new(OBJECT_RISCV64);
    static const uint64_t expected[] = {1, 2, 3, 4, 5};
    (void)state;
    add_array(builder, ".init_array", SHT_INIT_ARRAY, 4);
    add_array(builder, ".init_array.65530", SHT_INIT_ARRAY, 3);
    add_array(builder, ".init_array.00200", SHT_INIT_ARRAY, 2);
    add_array(builder, ".fini_array", SHT_FINI_ARRAY, 9);
    add_array(builder, ".init_array.101", SHT_INIT_ARRAY, 1);
    add_array(builder, ".init_array", SHT_INIT_ARRAY, 5);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 7));
    const struct object_array *init = &loaded.object.arrays.init;
    assert_int_equal(init->count, 5);
    assert_memory_equal((uint8_t *)loaded.image[OBJECT_RODATA] + (init->address - BASE_RODATA),
                        expected, sizeof(expected));
    assert_int_equal(loaded.object.arrays.fini.count, 1);
    assert_int_equal(loaded.object.arrays.preinit.count, 0);
    assert_int_equal(loaded.object.group[OBJECT_DATA].size, 0);
    loaded_free(&loaded);
}

static struct builder *build_tls(enum object_machine machine, uint32_t type)
{
    const uint64_t flags = SHF_ALLOC | SHF_WRITE | SHF_TLS;
    struct builder *builder = builder_new(machine);
    unsigned rodata = builder_section(builder, ".rodata", SHT_PROGBITS, SHF_ALLOC, 8, NULL, 8);
    builder_section(builder, ".tbss", SHT_NOBITS, flags, 64, NULL, 100);
    builder_section(builder, ".tdata", SHT_PROGBITS, flags, 4, "abcd", 4);
    builder_section(builder, ".tdata.x", SHT_PROGBITS, flags, 8, "efghijkl", 8);
    unsigned variable = builder_symbol(builder, "v", STB_GLOBAL, STT_TLS, 3, 16, 4);
    builder_relocate(builder, rodata, 0, type, variable, 0);
    return builder;
}

static void test_tls(void **state)
{
    struct loaded loaded;
    (void)state;
    loaded_init(&loaded, build_tls(OBJECT_AARCH64, R_AARCH64_TLSLE_MOVW_TPREL_G0), OBJECT_AARCH64);
    assert_true(loaded_run(&loaded, 0));
    const struct object_tls *tls = &loaded.object.tls;
    assert_int_equal(tls->align, 64);
    assert_int_equal(tls->tp_offset, 64);
    assert_int_equal(tls->template_size, 16);
    assert_int_equal(tls->size, 164);
    assert_int_equal(tls->template_address % 64, 0);
    const uint8_t *copy =
        (uint8_t *)loaded.image[OBJECT_RODATA] + (tls->template_address - BASE_RODATA);
    assert_memory_equal(copy, "abcd\0\0\0\0efghijkl", 16);
    uint32_t movz;
    memcpy(&movz, loaded.image[OBJECT_RODATA], sizeof(movz));
    assert_int_equal(movz >> 5 & 0xffff, 64 + 64 + 16);
    loaded_free(&loaded);
    loaded_init(&loaded, build_tls(OBJECT_RISCV64, R_RISCV_TPREL_LO12_I), OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(loaded.object.tls.tp_offset, 0);
    memcpy(&movz, loaded.image[OBJECT_RODATA], sizeof(movz));
    assert_int_equal(movz >> 20, 64 + 16);
    loaded_free(&loaded);
    loaded_init(&loaded, build_tls(OBJECT_RISCV64, R_RISCV_64), OBJECT_RISCV64);
    assert_false(loaded_run(&loaded, 0));
    assert_string_equal(loaded.refusal.text,
                        "test.o: refused: .rela.rodata entry 0 (R_RISCV_64, offset 0x0): `v` is "
                        "thread-local, the relocation is not");
    loaded_free(&loaded);
}

static void test_tls_undefined(void **state)
{
    struct loaded loaded;
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned rodata = builder_section(builder, ".rodata", SHT_PROGBITS, SHF_ALLOC, 8, NULL, 8);
    unsigned errno_symbol = builder_symbol(builder, "errno", STB_GLOBAL, STT_TLS, SHN_UNDEF, 0, 0);
    (void)state;
    builder_relocate(builder, rodata, 0, R_RISCV_TPREL_HI20, errno_symbol, 0);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_false(loaded_run(&loaded, 0));
    assert_non_null(strstr(loaded.refusal.text, "`errno` is not a thread-local variable"));
    loaded_free(&loaded);
}

static void test_common_and_read_only(void **state)
{
    struct loaded loaded;
    struct builder *builder = builder_new(OBJECT_RISCV64);
    uint64_t words[3];
    unsigned constant = builder_section(builder, ".data.rel.ro.local", SHT_PROGBITS,
                                        SHF_ALLOC | SHF_WRITE, 8, NULL, sizeof(words));
    unsigned a = builder_symbol(builder, "a", STB_GLOBAL, STT_OBJECT, SHN_COMMON, 4, 4);
    unsigned b = builder_symbol(builder, "b", STB_GLOBAL, STT_OBJECT, SHN_COMMON, 64, 10);
    unsigned c = builder_symbol(builder, "c", STB_GLOBAL, STT_OBJECT, SHN_COMMON, 0, 1);
    (void)state;
    builder_relocate(builder, constant, 0, R_RISCV_64, a, 0);
    builder_relocate(builder, constant, 8, R_RISCV_64, b, 1);
    builder_relocate(builder, constant, 16, R_RISCV_64, c, 0);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(loaded.object.group[OBJECT_DATA].content, 0);
    assert_int_equal(loaded.object.group[OBJECT_DATA].size, 75);
    memcpy(words, loaded.image[OBJECT_RODATA], sizeof(words));
    assert_int_equal(words[0], BASE_DATA);
    assert_int_equal(words[1], BASE_DATA + 64 + 1);
    assert_int_equal(words[2], BASE_DATA + 74);
    loaded_free(&loaded);
}

static struct builder *build_reference(enum object_machine machine, uint32_t type)
{
    struct builder *builder = builder_new(machine);
    unsigned text = builder_text(builder, NULL, OBJECT_PAGE);
    unsigned data =
        builder_section(builder, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, NULL, 8);
    unsigned symbol = builder_symbol(builder, "x", STB_LOCAL, STT_OBJECT, (uint16_t)data, 0, 8);
    builder_relocate(builder, text, 0, type, symbol, 0);
    return builder;
}

static void expect_constraint(enum object_machine machine, uint32_t type, uint64_t span,
                              uint64_t limit)
{
    struct loaded loaded;
    loaded_init(&loaded, build_reference(machine, type), machine);
    assert_true(loaded_layout(&loaded, 0));
    assert_int_equal(loaded.object.constraint.span, span);
    assert_int_equal(loaded.object.constraint.limit, limit);
    loaded_free(&loaded);
}

#define SPAN_FULL  (0x80000000ull - 0x2000)
#define LIMIT_FULL (1ull << 48)

static void test_constraints(void **state)
{
    (void)state;
    expect_constraint(OBJECT_RISCV64, R_RISCV_64, SPAN_FULL, LIMIT_FULL);
    expect_constraint(OBJECT_RISCV64, R_RISCV_PCREL_HI20, SPAN_FULL, LIMIT_FULL);
    expect_constraint(OBJECT_RISCV64, R_RISCV_HI20, SPAN_FULL, 0x80000000 - 0x1000);
    expect_constraint(OBJECT_AARCH64, R_AARCH64_ADR_PREL_PG_HI21, SPAN_FULL, LIMIT_FULL);
    expect_constraint(OBJECT_AARCH64, R_AARCH64_ADR_PREL_LO21, 0x100000 - 0x1000, LIMIT_FULL);
    expect_constraint(OBJECT_AARCH64, R_AARCH64_LD_PREL_LO19, 0x100000 - 0x1000, LIMIT_FULL);
    expect_constraint(OBJECT_AARCH64, R_AARCH64_GOT_LD_PREL19, 0x100000 - 0x1000, LIMIT_FULL);
}

static void expect_place(uint64_t text, uint64_t data, const char *part)
{
    struct loaded loaded;
    const uint64_t address[OBJECT_GROUPS] = {text, 1, data}; /* read-only: not needed */
    loaded_init(&loaded, build_reference(OBJECT_RISCV64, R_RISCV_PCREL_HI20), OBJECT_RISCV64);
    assert_true(loaded_layout(&loaded, 0));
    assert_int_equal(loaded.object.group[OBJECT_RODATA].size, 0);
    bool placed = object_place(&loaded.object, address, &loaded.refusal);
    assert_int_equal(placed, part == NULL);
    if (part != NULL) {
        assert_int_equal(loaded.refusal.code, REFUSAL_PLACEMENT);
        assert_non_null(strstr(loaded.refusal.text, part));
    }
    loaded_free(&loaded);
}

static void test_placement(void **state)
{
    (void)state;
    expect_place(0x10000, 0x11000, NULL);
    expect_place(0x11000, 0x10000, NULL);
    expect_place(0x10000, 0x10800, "alignment 0x1000");
    expect_place(0x10000, 0x10000, "must be apart");
    expect_place(0x10000, 0x10000 + SPAN_FULL, "within 2 147 475 456 bytes");
    expect_place(0x10000, 0x10000 + SPAN_FULL - 0x1000, NULL);
    expect_place(LIMIT_FULL, LIMIT_FULL - 0x1000, "cannot be placed");
    expect_place(UINT64_MAX - 0xfff, 0x1000, "cannot be placed");
}

static void expect_size(size_t first, size_t second, const char *part)
{
    struct loaded loaded;
    struct builder *builder = build_reference(OBJECT_AARCH64, R_AARCH64_ADR_PREL_LO21);
    builder_section(builder, ".bss.a", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 0x4000, NULL, first);
    builder_section(builder, ".bss.b", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 16, NULL, second);
    loaded_init(&loaded, builder, OBJECT_AARCH64);
    bool accepted = loaded_layout(&loaded, 0);
    assert_int_equal(accepted, part == NULL);
    if (part == NULL) {
        assert_int_equal(loaded.object.group[OBJECT_DATA].align, 0x4000);
    } else {
        assert_int_equal(loaded.refusal.code, REFUSAL_SIZE);
        assert_non_null(strstr(loaded.refusal.text, part));
    }
    loaded_free(&loaded);
}

static void test_sizes(void **state)
{
    const size_t large = (size_t)200 << 20;
    (void)state;
    expect_size(1, 1, NULL);
    expect_size(large, large, "sections up to .bss.b exceed the limit of 268 435 456 bytes");
    expect_size(1 << 20, 1, "its code reaches only 1 044 480");
}

/* A hostile object with 100 000 pairs, worst order: checked well below quadratic time. */
static void test_many_relocations(void **state)
{
    enum { PAIRS = 100000 };
    struct loaded loaded;
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned text = builder_text(builder, NULL, 8 * PAIRS);
    unsigned target =
        builder_symbol(builder, "target", STB_LOCAL, STT_NOTYPE, (uint16_t)text, 0, 0);
    unsigned label = builder_symbol(builder, "label", STB_LOCAL, STT_NOTYPE, (uint16_t)text, 8, 0);
    (void)state;
    for (uint64_t i = 0; i < PAIRS; i++) {
        uint64_t place = 8 * (PAIRS - 1 - i * 7919 % PAIRS);
        builder_relocate(builder, text, place + 4, R_RISCV_PCREL_LO12_I, label, 0);
        builder_relocate(builder, text, place, R_RISCV_PCREL_HI20, target, 0);
    }
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    clock_t start = clock();
    assert_true(loaded_run(&loaded, 0));
    assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
    loaded_free(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_order),     cmocka_unit_test(test_symbolise),
        cmocka_unit_test(test_arrays),           cmocka_unit_test(test_tls),
        cmocka_unit_test(test_tls_undefined),    cmocka_unit_test(test_common_and_read_only),
        cmocka_unit_test(test_constraints),      cmocka_unit_test(test_placement),
        cmocka_unit_test(test_many_relocations), cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
