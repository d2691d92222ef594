/*
 * The note, the shapes, the names of imports and the refusals that speak of them.
 *
 * The records come from the SDK's own macros, through this file's own sections.
 */
#include "test_object_builder.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sinter/object.h>

#include "elf_riscv.h"
#include "object_internal.h"

/* One record at a time, as a compiler would leave it. */
struct note {
    uint8_t bytes[1024];
    size_t size;
};

static void add_record(struct note *note, uint16_t tag, const void *value, size_t length)
{
    struct sinter_meta_record record = {tag, (uint16_t)length};
    memcpy(note->bytes + note->size, &record, sizeof(record));
    memcpy(note->bytes + note->size + sizeof(record), value, length);
    note->size += (sizeof(record) + length + 3) & ~(size_t)3;
}

static void add_text(struct note *note, uint16_t tag, const char *text)
{
    add_record(note, tag, text, strlen(text) + 1);
}

static void add_number(struct note *note, uint16_t tag, uint32_t number)
{
    add_record(note, tag, &number, sizeof(number));
}

static struct note good_note(void)
{
    struct note note = {.size = 0};
    add_number(&note, META_FORMAT | META_REQUIRED, SINTER_META_FORMAT);
    add_text(&note, META_NAME, "fifo");
    note.size += 8; /* zero words between translation units */
    add_number(&note, META_KIND, KIND_DRIVER);
    return note;
}

static void load_note(struct loaded *loaded, const struct note *note)
{
    struct builder *builder = builder_new_bare(OBJECT_RISCV64);
    builder_section(builder, SINTER_META_SECTION, SHT_PROGBITS, SHF_ALLOC, 4, note->bytes,
                    note->size);
    loaded_init(loaded, builder, OBJECT_RISCV64);
}

static void expect_note(const struct note *note, enum refusal_code code, const char *part)
{
    struct loaded loaded;
    load_note(&loaded, note);
    bool opened = loaded_open(&loaded);
    if (opened || loaded.refusal.code != code || strstr(loaded.refusal.text, part) == NULL) {
        fail_msg("expected code %d with '%s', got %d: %s", code, part, loaded.refusal.code,
                 loaded.refusal.text);
    }
    loaded_free(&loaded);
}

static void test_fields(void **state)
{
    struct loaded loaded;
    struct note note = good_note();
    (void)state;
    add_text(&note, META_VERSION, "1.2");
    add_text(&note, META_AUTHOR, "A. Nonymous");
    add_text(&note, META_LICENCE, "BSD-2-Clause");
    add_text(&note, META_DESCRIPTION, "a pipe");
    add_text(&note, META_PATH, "pipes/fifo");
    add_text(&note, META_PROVIDES, "file 1.0");
    add_text(&note, META_PROVIDES, "pipe 1.0");
    add_text(&note, META_CONSUMES, "block 1.0");
    add_text(&note, META_DEVICE, "virtio,mmio");
    add_number(&note, META_RESOURCES, RESOURCE_DMA);
    add_number(&note, META_RESOURCES, RESOURCE_INTERRUPTS);
    add_number(&note, META_RESTART, RESTART_STATE);
    add_number(&note, META_PRIORITY, 24);
    add_number(&note, META_STACK, 65536);
    add_number(&note, META_MEMORY, 100);
    add_number(&note, META_HEARTBEAT, 500);
    add_number(&note, META_SDK, 0x20000);
    add_number(&note, META_SDK, 0x10005);
    add_text(&note, 99, "unknown and optional");
    load_note(&loaded, &note);
    assert_true(loaded_open(&loaded));
    const struct object_meta *meta = &loaded.object.meta;
    assert_string_equal(meta->name, "fifo");
    assert_string_equal(meta->version, "1.2");
    assert_string_equal(meta->path, "pipes/fifo");
    assert_int_equal(meta->provides.count, 2);
    assert_string_equal(meta->provides.text[1], "pipe 1.0");
    assert_string_equal(meta->devices.text[0], "virtio,mmio");
    assert_int_equal(meta->resources, RESOURCE_DMA | RESOURCE_INTERRUPTS);
    assert_int_equal(meta->restart, RESTART_STATE);
    assert_int_equal(meta->priority, 24);
    assert_int_equal(meta->stack, 65536);
    assert_int_equal(meta->memory, 100);
    assert_int_equal(meta->heartbeat, 500);
    assert_int_equal(meta->sdk, 0x20000);
    assert_int_equal(meta->kind, KIND_DRIVER);
    loaded_free(&loaded);
}

static void test_missing(void **state)
{
    struct note note = {.size = 0};
    (void)state;
    expect_note(&note, REFUSAL_NO_NOTE, "include <sinter/object.h>");
    note.size = 16; /* only padding */
    expect_note(&note, REFUSAL_NO_NOTE, "include <sinter/object.h>");
    note.size = 0;
    add_number(&note, META_KIND, KIND_DRIVER);
    expect_note(&note, REFUSAL_NO_NOTE, "no name; write SERVER_META(name");
    note.size = 0;
    add_number(&note, META_FORMAT, 1);
    add_text(&note, META_NAME, "x");
    expect_note(&note, REFUSAL_NO_NOTE, "no kind; write SERVER_META(kind");
}

static void expect_text(uint16_t tag, const char *text, enum refusal_code code, const char *part)
{
    struct note note = good_note();
    add_text(&note, tag, text);
    expect_note(&note, code, part);
}

static void expect_number(uint16_t tag, uint32_t number, enum refusal_code code, const char *part)
{
    struct note note = good_note();
    add_number(&note, tag, number);
    expect_note(&note, code, part);
}

static void test_values_refused(void **state)
{
    char longest[OBJECT_PAGE / 8] = "";
    (void)state;
    memset(longest, 'a', 256);
    expect_text(META_AUTHOR, longest, REFUSAL_NOTE, "author is not a text of up to 255");
    longest[64] = '\0';
    expect_text(META_PATH, longest, REFUSAL_NOTE, "path");
    expect_text(META_NAME, "other", REFUSAL_NOTE, "gives name twice: fifo and other");
    expect_text(META_PATH, "../etc", REFUSAL_NOTE, "path is '../etc'");
    expect_text(META_PATH, "/dev/x", REFUSAL_NOTE, "path");
    expect_text(META_PATH, "a/./b", REFUSAL_NOTE, "path");
    expect_text(META_PATH, "a b", REFUSAL_NOTE, "path");
    expect_text(META_PATH, "", REFUSAL_NOTE, "path");
    expect_text(META_AUTHOR, "a\nb", REFUSAL_NOTE, "control characters");
    expect_text(META_KIND, "driver", REFUSAL_NOTE, "kind has 7 bytes; expected 4");
    expect_number(META_KIND, 0, REFUSAL_NOTE, "kind");
    expect_number(META_KIND, KIND_PROGRAM, REFUSAL_NOTE, "gives kind twice: 1 and 4");
    expect_number(META_RESTART, 9, REFUSAL_NOTE, "restart is 9; this loader knows 1 to 4");
    expect_number(META_RESOURCES, 0x10000, REFUSAL_NOTE, "resources 0x10000");
    expect_number(META_FORMAT, 2, REFUSAL_NOTE, "format");
    expect_number(77 | META_REQUIRED, 1, REFUSAL_NOTE_FIELD, "field 77, which must be understood");
}

static void test_list_limit(void **state)
{
    struct note note = good_note();
    char text[] = "device,a";
    (void)state;
    for (int i = 0; i <= OBJECT_LIST_MAX; i++) {
        text[7] = (char)('a' + i);
        add_text(&note, META_DEVICE, text);
    }
    expect_note(&note, REFUSAL_NOTE, "device more than 16 times");
}

static void test_bounds(void **state)
{
    struct note note = good_note();
    size_t whole = note.size;
    (void)state;
    add_text(&note, META_AUTHOR, "somebody");
    for (size_t size = whole + 1; size < note.size - 3; size++) {
        struct note cut = note;
        cut.size = size;
        expect_note(&cut, REFUSAL_NOTE, "ends inside a record");
    }
    note = good_note();
    add_record(&note, META_AUTHOR, "abcd", 4); /* no NUL */
    expect_note(&note, REFUSAL_NOTE, "ended by NUL");
    note = good_note();
    add_record(&note, META_AUTHOR, "", 0);
    expect_note(&note, REFUSAL_NOTE, "author");
    note = good_note();
    add_record(&note, META_AUTHOR, "a\0b", 4);
    expect_note(&note, REFUSAL_NOTE, "control characters");
}

/* Shapes, from the SDK's macro. */

struct blk_request {
    uint64_t sector;
    uint32_t count;
    uint16_t flags;
};
SHAPE(blk_request, "struct blk_request", 1, 2, sector, count, flags);

static const uint32_t known_offsets[] = {0, 8, 12};
static const char *const known_members[] = {"sector", "count", "flags"};
static const struct object_shape known = {"struct blk_request", 1, 2, 16, 8, 3, known_offsets,
                                          known_members};

static void load_shapes(struct loaded *loaded, const void *bytes, size_t size)
{
    struct builder *builder = builder_new(OBJECT_RISCV64);
    builder_section(builder, SINTER_SHAPE_SECTION, SHT_PROGBITS, SHF_ALLOC, 4, bytes, size);
    loaded_init(loaded, builder, OBJECT_RISCV64);
}

static void expect_shape(const struct object_shape *system, const char *part)
{
    struct loaded loaded;
    load_shapes(&loaded, &sinter_shape_blk_request, sizeof(sinter_shape_blk_request));
    assert_true(loaded_open(&loaded));
    bool equal = object_check_shapes(&loaded.object, system, 1, &loaded.refusal);
    assert_int_equal(equal, part == NULL);
    if (part != NULL) {
        assert_int_equal(loaded.refusal.code, REFUSAL_SHAPE);
        assert_string_equal(loaded.refusal.text, part);
    }
    loaded_free(&loaded);
}

static void test_shapes(void **state)
{
    const uint32_t offsets[] = {0, 8, 16};
    struct object_shape other = known;
    (void)state;
    expect_shape(&known, NULL);
    other.offsets = offsets;
    other.size = 48;
    expect_shape(&other,
                 "test.o: refused: struct blk_request differs at SYS_1.2: the object has size 16 "
                 "and `flags` at 12, the system 48 and 16. Compiled with -fpack-struct, or with "
                 "edited headers?");
    other = known;
    other.member_count = 2;
    expect_shape(&other,
                 "test.o: refused: struct blk_request differs at SYS_1.2: the object has size 16, "
                 "alignment 8 and 3 members, the system 16, 8 and 2. Compiled with -fpack-struct, "
                 "or with edited headers?");
    other.minor = 3; /* of another version: not comparable */
    expect_shape(&other, NULL);
}

static void test_shape_iteration(void **state)
{
    struct loaded loaded;
    uint8_t bytes[3 * sizeof(sinter_shape_blk_request) + 8] = {0};
    const size_t size = sizeof(sinter_shape_blk_request);
    struct object_shape_record record;
    uint64_t cursor = 0;
    int count = 0;
    (void)state;
    memcpy(bytes, &sinter_shape_blk_request, size);
    memcpy(bytes + size + 4, &sinter_shape_blk_request, size);
    memcpy(bytes + 2 * size + 8, &sinter_shape_blk_request, size);
    load_shapes(&loaded, bytes, sizeof(bytes));
    assert_true(loaded_open(&loaded));
    while (object_next_shape(&loaded.object, &cursor, &record)) {
        assert_string_equal(record.name, "struct blk_request");
        assert_int_equal(record.member_count, 3);
        assert_int_equal(record.offsets[2], 12);
        count++;
    }
    assert_int_equal(count, 3);
    loaded_free(&loaded);
}

struct other {
    uint32_t a;
    uint32_t b;
};
SHAPE(other, "struct other", 1, 0, a, b);

/* Records in any order, and again and again, are each compared with the system's of their name. */
static void test_shapes_order(void **state)
{
    struct loaded loaded;
    const uint32_t wrong[] = {0, 8};
    const uint32_t right[] = {0, 4};
    const char *const members[] = {"a", "b"};
    struct object_shape system[] = {
        {"struct unknown", 1, 0, 8, 4, 2, right, members},
        {"struct other", 1, 0, 8, 4, 2, right, members},
        known,
    };
    uint8_t bytes[2 * sizeof(sinter_shape_blk_request) + 3 * sizeof(sinter_shape_other)];
    uint8_t *at = bytes;
    (void)state;
    for (int i = 0; i < 5; i++) {
        bool request = i == 1 || i == 2;
        size_t size = request ? sizeof(sinter_shape_blk_request) : sizeof(sinter_shape_other);
        const void *shape = &sinter_shape_other;
        memcpy(at, request ? (const void *)&sinter_shape_blk_request : shape, size);
        at += size;
    }
    load_shapes(&loaded, bytes, sizeof(bytes));
    assert_true(loaded_open(&loaded));
    assert_true(object_check_shapes(&loaded.object, system, 3, &loaded.refusal));
    assert_true(object_check_shapes(&loaded.object, system, 1, &loaded.refusal));
    system[1].offsets = wrong;
    assert_false(object_check_shapes(&loaded.object, system, 3, &loaded.refusal));
    assert_non_null(strstr(loaded.refusal.text, "struct other differs"));
    system[1].offsets = right;
    system[2].size = 20;
    assert_false(object_check_shapes(&loaded.object, system, 3, &loaded.refusal));
    assert_non_null(strstr(loaded.refusal.text, "struct blk_request differs"));
    loaded_free(&loaded);
}

static void test_shapes_unaligned(void **state)
{
    struct loaded loaded;
    (void)state;
    load_shapes(&loaded, &sinter_shape_blk_request, sizeof(sinter_shape_blk_request));
    file_section(loaded.file, SINTER_SHAPE_SECTION)->sh_offset += 2;
    file_section(loaded.file, SINTER_SHAPE_SECTION)->sh_size -= 4;
    assert_false(loaded_open(&loaded));
    assert_int_equal(loaded.refusal.code, REFUSAL_SHAPE);
    assert_non_null(strstr(loaded.refusal.text, "is not aligned to 4 bytes"));
    loaded_free(&loaded);
}

static void test_shapes_malformed(void **state)
{
    static const struct {
        size_t at;
        uint32_t value;
    } damages[] = {{0, 2}, {0, 8}, {0, 0xfffffffc}, {0, 60}, {16, 4}, {16, 0xffffffff}, {16, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct loaded loaded;
        uint8_t bytes[sizeof(sinter_shape_blk_request)];
        memcpy(bytes, &sinter_shape_blk_request, sizeof(bytes));
        memcpy(bytes + damages[i].at, &damages[i].value, 4);
        load_shapes(&loaded, bytes, sizeof(bytes));
        assert_false(loaded_open(&loaded));
        assert_int_equal(loaded.refusal.code, REFUSAL_SHAPE);
        loaded_free(&loaded);
    }
}

/* Imports. */

static void test_import_names(void **state)
{
    static const char *const good[] = {"port_call@SYS_1.0.5f3a91c2", "port_call$SYS_1.0.5f3a91c2",
                                       "a$b$SYS_65535.65535.ffffffff"};
    static const char *const bad[] = {"x@",
                                      "x@SYS_1.0",
                                      "x@SYS_1.0.5f3a91c",
                                      "x@SYS_1.0.5f3a91c22",
                                      "x@SYS_1.0.5F3A91C2",
                                      "x@SYS_01.0.5f3a91c2",
                                      "x@SYS_65536.0.5f3a91c2",
                                      "x@SYS_1.5f3a91c2",
                                      "@SYS_1.0.5f3a91c2",
                                      "x@@SYS_1.0.5f3a91c2",
                                      "x$SYS_1.0",
                                      "x@GLIBC_2.1",
                                      ""};
    struct object_import import;
    char longest[OBJECT_NAME_MAX + 2];
    (void)state;
    memset(longest, 'a', sizeof(longest));
    longest[OBJECT_NAME_MAX + 1] = '\0';
    assert_int_equal(import_parse(longest, &import), IMPORT_NAME_BAD);
    longest[OBJECT_NAME_MAX] = '\0';
    assert_int_equal(import_parse(longest, &import), IMPORT_NAME_PLAIN);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(import_parse(good[i], &import), IMPORT_NAME_VERSIONED);
    }
    assert_int_equal(import.major, 65535);
    assert_int_equal(import.fingerprint, 0xffffffff);
    assert_int_equal(import.name_length, 3);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(import_parse(bad[i], &import), IMPORT_NAME_BAD);
    }
    assert_int_equal(import_parse("__udivti3", &import), IMPORT_NAME_PLAIN);
    assert_int_equal(import_parse("odd$name", &import), IMPORT_NAME_PLAIN);
}

static enum object_binding_result answer;

static enum object_binding_result resolve_answer(void *context, const struct object_import *import,
                                                 struct object_binding *binding)
{
    (void)context;
    (void)import;
    *binding = (struct object_binding){
        .fingerprint = 0x11223344, .major = 1, .highest_minor = 2, .release = "0.3"};
    return answer;
}

static void expect_import(const char *name, enum object_binding_result result,
                          enum refusal_code code, const char *text)
{
    struct loaded loaded;
    struct builder *builder = builder_new_bare(OBJECT_RISCV64);
    struct note note = good_note();
    add_number(&note, META_SDK, 5);
    builder_section(builder, SINTER_META_SECTION, SHT_PROGBITS, SHF_ALLOC, 4, note.bytes,
                    note.size);
    unsigned data =
        builder_section(builder, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, NULL, 8);
    unsigned import = builder_symbol(builder, name, STB_GLOBAL, STT_NOTYPE, SHN_UNDEF, 0, 0);
    /* an unused import is no import */
    builder_symbol(builder, "unused@SYS_9.9.00000000", STB_LOCAL, STT_NOTYPE, SHN_UNDEF, 0, 0);
    builder_relocate(builder, data, 0, R_RISCV_64, import, 0);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    loaded.resolver = resolve_answer;
    answer = result;
    assert_false(loaded_run(&loaded, 0));
    assert_int_equal(loaded.refusal.code, code);
    assert_string_equal(loaded.refusal.text, text);
    loaded_free(&loaded);
}

static void test_import_refusals(void **state)
{
    (void)state;
    expect_import("port_call@SYS_1.4.5f3a91c2", OBJECT_NEWER, REFUSAL_IMPORT_NEWER,
                  "test.o: refused: needs port_call@SYS_1.4; this system provides SYS_1.0 to "
                  "SYS_1.2 (release 0.3). Built with SDK 0.5: rebuild with an SDK up to 0.3, or "
                  "update the system.");
    expect_import("port_call@SYS_1.1.5f3a91c2", OBJECT_FINGERPRINT, REFUSAL_IMPORT_FINGERPRINT,
                  "test.o: refused: needs port_call@SYS_1.1 with fingerprint 5f3a91c2; this "
                  "system has it with 11223344. Built with edited headers, or with those of an "
                  "unreleased SDK?");
    expect_import("port_kall@SYS_1.1.5f3a91c2", OBJECT_UNKNOWN, REFUSAL_IMPORT_UNKNOWN,
                  "test.o: refused: needs port_kall@SYS_1.1, which this system (SYS_1.0 to "
                  "SYS_1.2, release 0.3) does not have. Rebuild with the headers of an SDK up to "
                  "0.3.");
    expect_import("printf", OBJECT_UNKNOWN, REFUSAL_IMPORT_UNKNOWN,
                  "test.o: refused: needs printf, which neither the object nor this system "
                  "(release 0.3) defines. Link the file that defines it with ld -r, or include "
                  "its header.");
    expect_import("port_call@SYS_1", OBJECT_BOUND, REFUSAL_IMPORT_NAME,
                  "test.o: refused: .rela.data entry 0 (R_RISCV_64, offset 0x0): cannot "
                  "understand the import 'port_call@SYS_1'; expected "
                  "NAME@SYS_MAJOR.MINOR.FINGERPRINT");
}

static void test_formatter(void **state)
{
    char text[64];
    char tiny[8];
    (void)state;
    assert_int_equal(text_format(text, sizeof(text), "%s|%.*s|%c|%u|%%", "ab", 2, "xyz", 'c', 7u),
                     11);
    assert_string_equal(text, "ab|xy|c|7|%");
    text_format(text, sizeof(text), "%'llu %'u %'u", 1310722ull, 999u, 1000u);
    assert_string_equal(text, "1 310 722 999 1 000");
    text_format(text, sizeof(text), "%'llu", 18446744073709551615ull);
    assert_string_equal(text, "18 446 744 073 709 551 615");
    text_format(text, sizeof(text), "%08x 0x%llx %3u", 0xbeefu, 0x123456789abull, 5u);
    assert_string_equal(text, "0000beef 0x123456789ab   5");
    assert_int_equal(text_format(tiny, sizeof(tiny), "%s", "0123456789"), 7);
    assert_string_equal(tiny, "0123456");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),          cmocka_unit_test(test_missing),
        cmocka_unit_test(test_values_refused),  cmocka_unit_test(test_list_limit),
        cmocka_unit_test(test_bounds),          cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_shape_iteration), cmocka_unit_test(test_shapes_malformed),
        cmocka_unit_test(test_shapes_order),    cmocka_unit_test(test_shapes_unaligned),
        cmocka_unit_test(test_import_names),    cmocka_unit_test(test_import_refusals),
        cmocka_unit_test(test_formatter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
