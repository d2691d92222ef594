/*
 * The table of exports: finding it, checking it, and what it says about imports.
 */
#include "test_object_builder.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sinter/object.h>

#include "exports.h"

enum { TABLE = 0x40, IMAGE_BYTES = 0x400 };

static const char strings[] = "0.3\0port_call\0memcpy\0port_c";

struct image {
    uint8_t bytes[IMAGE_BYTES];
    struct sinter_export_table *table;
    struct sinter_export *entries;
};

static void make_image(struct image *image)
{
    *image = (struct image){.bytes = {0}};
    image->table = (struct sinter_export_table *)(image->bytes + TABLE);
    image->entries = (struct sinter_export *)(image->table + 1);
    const struct sinter_export entries[] = {
        {4, 1, 0, 0x11111111, 0x100}, /* port_call */
        {4, 1, 2, 0x22222222, 0x200}, /* port_call, changed in 1.2 */
        {14, 0, 0, 0, 0x300},         /* memcpy */
        {21, 1, 1, 0x33333333, 0x3ff} /* port_c */
    };
    *image->table = (struct sinter_export_table){
        .magic = SINTER_EXPORTS_MAGIC,
        .format = SINTER_EXPORTS_FORMAT,
        .major = 1,
        .highest_minor = 2,
        .count = 4,
        .strings = sizeof(struct sinter_export_table) + sizeof(entries),
        .strings_bytes = sizeof(strings),
    };
    memcpy(image->entries, entries, sizeof(entries));
    memcpy(image->bytes + TABLE + image->table->strings, strings, sizeof(strings));
}

static bool open_image(struct exports *exports, const struct image *image, struct refusal *refusal)
{
    return exports_open(exports, "libsys.so", image->bytes, IMAGE_BYTES, TABLE, 0x1000, refusal);
}

static enum object_binding_result resolve(const char *name, uint16_t major, uint16_t minor,
                                          uint32_t fingerprint, struct object_binding *binding)
{
    struct image image;
    struct exports exports;
    struct refusal refusal;
    const struct object_import import = {
        .name = name,
        .name_length = (uint32_t)strlen(name),
        .major = major,
        .minor = minor,
        .fingerprint = fingerprint,
    };
    make_image(&image);
    assert_true(open_image(&exports, &image, &refusal));
    enum object_binding_result result = exports_resolve(&exports, &import, binding);
    assert_string_equal(binding->release, "0.3");
    binding->release = NULL;
    return result;
}

static void test_resolve(void **state)
{
    struct object_binding binding;
    (void)state;
    assert_int_equal(resolve("port_call", 1, 0, 0x11111111, &binding), OBJECT_BOUND);
    assert_int_equal(binding.address, 0x1100);
    assert_int_equal(resolve("port_call", 1, 2, 0x22222222, &binding), OBJECT_BOUND);
    assert_int_equal(binding.address, 0x1200);
    assert_int_equal(resolve("memcpy", 0, 0, 0, &binding), OBJECT_BOUND);
    assert_int_equal(resolve("port_c", 1, 1, 0x33333333, &binding), OBJECT_BOUND);
    assert_int_equal(resolve("port_call", 1, 0, 0x22222222, &binding), OBJECT_FINGERPRINT);
    assert_int_equal(binding.fingerprint, 0x11111111);
    assert_int_equal(resolve("port_call", 1, 1, 0x11111111, &binding), OBJECT_UNKNOWN);
    assert_int_equal(resolve("port_call", 1, 3, 0x11111111, &binding), OBJECT_NEWER);
    assert_int_equal(resolve("port_call", 2, 0, 0x11111111, &binding), OBJECT_NEWER);
    assert_int_equal(binding.highest_minor, 2);
    assert_int_equal(resolve("port_call", 0, 0, 0, &binding), OBJECT_UNKNOWN);
    assert_int_equal(resolve("port", 1, 0, 0x11111111, &binding), OBJECT_UNKNOWN);
    assert_int_equal(resolve("memmove", 0, 0, 0, &binding), OBJECT_UNKNOWN);
}

static void expect_refused(struct image *image)
{
    struct exports exports;
    struct refusal refusal;
    assert_false(open_image(&exports, image, &refusal));
    assert_int_equal(refusal.code, REFUSAL_EXPORTS);
}

static void test_damaged(void **state)
{
    struct image image;
    struct exports exports;
    struct refusal refusal;
    (void)state;
    make_image(&image);
    image.table->magic++;
    expect_refused(&image);
    make_image(&image);
    image.table->format++;
    expect_refused(&image);
    make_image(&image);
    image.table->count = 0x10000000;
    expect_refused(&image);
    make_image(&image);
    image.table->strings = 0xfffffff0;
    expect_refused(&image);
    make_image(&image);
    image.table->strings_bytes = IMAGE_BYTES;
    expect_refused(&image);
    make_image(&image);
    image.table->strings_bytes--;
    expect_refused(&image);
    make_image(&image);
    image.table->release = sizeof(strings);
    expect_refused(&image);
    make_image(&image);
    image.entries[0].name = sizeof(strings);
    expect_refused(&image);
    make_image(&image);
    image.entries[3].address = IMAGE_BYTES;
    expect_refused(&image);
    make_image(&image);
    assert_false(
        exports_open(&exports, "l", image.bytes, IMAGE_BYTES, IMAGE_BYTES - 8, 0, &refusal));
    assert_false(exports_open(&exports, "l", image.bytes, IMAGE_BYTES, UINT64_MAX, 0, &refusal));
}

/* The builder makes .symtab; as .dynsym it serves to find the table. */
static void test_find(void **state)
{
    struct refusal refusal;
    uint64_t offset;
    size_t size;
    struct builder *builder = builder_new(OBJECT_RISCV64);
    (void)state;
    builder_symbol(builder, "sinter_exports_not", STB_GLOBAL, STT_OBJECT, 1, 0x1, 0);
    builder_symbol(builder, SINTER_EXPORTS_SYMBOL, STB_GLOBAL, STT_OBJECT, SHN_UNDEF, 0x2, 0);
    builder_symbol(builder, SINTER_EXPORTS_SYMBOL, STB_GLOBAL, STT_OBJECT, 1, 0x1234, 0);
    uint8_t *file = builder_finish(builder, &size);
    assert_false(exports_find("libsys.so", file, size, &offset, &refusal));
    assert_int_equal(refusal.code, REFUSAL_EXPORTS);
    file_section(file, ".symtab")->sh_type = SHT_DYNSYM;
    assert_true(exports_find("libsys.so", file, size, &offset, &refusal));
    assert_int_equal(offset, 0x1234);
    file_section(file, ".symtab")->sh_offset = UINT64_MAX;
    assert_false(exports_find("libsys.so", file, size, &offset, &refusal));
    assert_false(exports_find("libsys.so", file, 10, &offset, &refusal));
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
