/*
 * Looking at objects' notes (servers/init/peek.c): of whole objects, and of broken ones, which are
 * left to the loader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sinter/object.h>

#include "elf_format.h"
#include "peek.h"

enum { SECTIONS = 4, NOTE_AT = 512, NAMES_AT = 1024, SIZE = 1200, ROOM = 256 };

static const char names[] = "\0.text\0" SINTER_META_SECTION "\0.shstrtab";

/* An object with the sections null, .text, the note, and the names. */
static struct sample {
    union {
        uint8_t bytes[SIZE];
        Elf64_Ehdr header;
    };
    uint32_t note_bytes;
} sample;

static Elf64_Shdr *section(unsigned index)
{
    return (Elf64_Shdr *)(void *)(sample.bytes + sizeof(Elf64_Ehdr)) + index;
}

static void begin(void)
{
    memset(&sample, 0, sizeof(sample));
    memcpy(sample.header.e_ident, ELFMAG, SELFMAG);
    sample.header.e_ident[EI_CLASS] = ELFCLASS64;
    sample.header.e_ident[EI_DATA] = ELFDATA2LSB;
    sample.header.e_shoff = sizeof(Elf64_Ehdr);
    sample.header.e_shentsize = sizeof(Elf64_Shdr);
    sample.header.e_shnum = SECTIONS;
    sample.header.e_shstrndx = SECTIONS - 1;
    memcpy(sample.bytes + NAMES_AT, names, sizeof(names));
    *section(1) = (Elf64_Shdr){.sh_name = 1, .sh_type = SHT_PROGBITS};
    *section(2) = (Elf64_Shdr){.sh_name = 7, .sh_type = SHT_PROGBITS, .sh_offset = NOTE_AT};
    *section(3) = (Elf64_Shdr){
        .sh_name = 21, .sh_type = SHT_STRTAB, .sh_offset = NAMES_AT, .sh_size = sizeof(names)};
}

static void put(uint16_t tag, const void *value, uint16_t length)
{
    struct sinter_meta_record record = {tag, length};
    assert_true(sample.note_bytes + sizeof(record) + length <= ROOM);
    memcpy(sample.bytes + NOTE_AT + sample.note_bytes, &record, sizeof(record));
    memcpy(sample.bytes + NOTE_AT + sample.note_bytes + sizeof(record), value, length);
    sample.note_bytes += (uint32_t)(sizeof(record) + length + 3) & ~3u;
    section(2)->sh_size = sample.note_bytes;
}

static void put_kind(uint32_t kind)
{
    put(META_KIND, &kind, sizeof(kind));
}

static void put_device(const char *device)
{
    put(META_DEVICE, device, (uint16_t)(strlen(device) + 1));
}

static bool has(void *context, const char *device)
{
    return strcmp(context, device) == 0;
}

/* In memory of just that size, so that reading beyond it is seen. */
static bool look(uint64_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, sample.bytes, size);
    bool may = peek_may_drive(copy, size, has, (void *)(uintptr_t)"acme,here");
    free(copy);
    return may;
}

static void test_drivers(void **state)
{
    (void)state;
    begin();
    put_kind(KIND_DRIVER);
    assert_false(look(SIZE)); /* it names no device */
    put_device("acme,absent");
    put(META_PADDING, "", 0);
    put_device("acme,her");
    assert_false(look(SIZE));
    put_device("acme,here");
    assert_true(look(SIZE));
}

static void test_other_kinds(void **state)
{
    (void)state;
    begin();
    put_kind(KIND_SERVICE);
    put_device("acme,here");
    assert_false(look(SIZE));
    begin();
    put(META_KIND | META_REQUIRED, &(uint32_t){KIND_PROGRAM}, sizeof(uint32_t));
    assert_false(look(SIZE));
}

static void begin_absent(void)
{
    begin();
    put_kind(KIND_DRIVER);
    put_device("acme,absent");
    assert_false(look(SIZE));
}

#define ASSERT_LEFT_TO_LOADER(change)                                                              \
    do {                                                                                           \
        begin_absent();                                                                            \
        change;                                                                                    \
        assert_true(look(SIZE));                                                                   \
    } while (0)

static void test_broken(void **state)
{
    (void)state;
    ASSERT_LEFT_TO_LOADER(sample.header.e_ident[0] = 0);
    ASSERT_LEFT_TO_LOADER(sample.header.e_ident[EI_CLASS] = ELFCLASS32);
    ASSERT_LEFT_TO_LOADER(sample.header.e_ident[EI_DATA] = ELFDATA2MSB);
    ASSERT_LEFT_TO_LOADER(sample.header.e_shoff = UINT64_MAX);
    ASSERT_LEFT_TO_LOADER(sample.header.e_shoff = SIZE - 8);
    ASSERT_LEFT_TO_LOADER(sample.header.e_shoff += 2);
    ASSERT_LEFT_TO_LOADER(sample.header.e_shnum = 0);
    ASSERT_LEFT_TO_LOADER(sample.header.e_shnum = UINT16_MAX);
    ASSERT_LEFT_TO_LOADER(sample.header.e_shentsize = 1);
    ASSERT_LEFT_TO_LOADER(sample.header.e_shstrndx = SECTIONS);
    ASSERT_LEFT_TO_LOADER(section(3)->sh_offset = UINT64_MAX);
    ASSERT_LEFT_TO_LOADER(section(3)->sh_size = UINT64_MAX);
    ASSERT_LEFT_TO_LOADER(section(2)->sh_name = 1);
    ASSERT_LEFT_TO_LOADER(section(2)->sh_name = UINT32_MAX);
    ASSERT_LEFT_TO_LOADER(section(2)->sh_offset = UINT64_MAX);
    ASSERT_LEFT_TO_LOADER(section(2)->sh_size = UINT64_MAX);
    ASSERT_LEFT_TO_LOADER(section(2)->sh_type = SHT_NOBITS);
    ASSERT_LEFT_TO_LOADER(section(2)->sh_size = 2);
    ASSERT_LEFT_TO_LOADER(section(2)->sh_size -= 4); /* ends inside the last record */
    ASSERT_LEFT_TO_LOADER(put(META_DEVICE, "no end", 6));
    ASSERT_LEFT_TO_LOADER(put(META_DEVICE, "", 0));
    ASSERT_LEFT_TO_LOADER(put(META_KIND, "abc", 3));
    ASSERT_LEFT_TO_LOADER(memset(sample.bytes + NOTE_AT, 0, 8)); /* no kind */
}

static void test_cut(void **state)
{
    (void)state;
    begin_absent();
    for (uint64_t size = 0; size < NAMES_AT + sizeof(names); size++) {
        assert_true(look(size));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drivers),
        cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
