/*
 * Hostile files: headers, sections, symbols and tables of relocations that contradict each other.
 * Each case damages one thing in a good object and names the refusal that must come. Long because
 * it is a list of cases.
 */
#include "test_object_builder.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elf_riscv.h"

static struct builder *build_good(void)
{
    const uint32_t code[] = {0x000000ef, 0x00008067};
    const uint64_t data[2] = {1, 2};
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned bytes = builder_section(builder, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, data,
                                     sizeof(data));
    builder_section(builder, ".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 16, NULL, 64);
    builder_section(builder, ".debug_info", SHT_PROGBITS, 0, 1, "debug", 5);
    unsigned f = builder_symbol(builder, "f", STB_GLOBAL, STT_FUNC, (uint16_t)text, 0, 8);
    builder_symbol(builder, "d", STB_GLOBAL, STT_OBJECT, (uint16_t)bytes, 8, 8);
    builder_symbol(builder, "c", STB_GLOBAL, STT_OBJECT, SHN_COMMON, 32, 100);
    builder_relocate(builder, text, 0, R_RISCV_JAL, f, 0);
    builder_relocate(builder, bytes, 0, R_RISCV_64, f, 0);
    return builder;
}

typedef void damage_function(uint8_t *file);

static void expect_size(damage_function *damage, size_t cut, enum refusal_code code,
                        const char *part)
{
    struct loaded loaded;
    loaded_init(&loaded, build_good(), OBJECT_RISCV64);
    damage(loaded.file);
    loaded.size -= cut;
    bool accepted = loaded_run(&loaded, 0);
    if (accepted || loaded.refusal.code != code || strstr(loaded.refusal.text, part) == NULL) {
        fail_msg("expected code %d with '%s', got %d: %s", code, part, loaded.refusal.code,
                 loaded.refusal.text);
    }
    loaded_free(&loaded);
}

static void expect(damage_function *damage, enum refusal_code code, const char *part)
{
    expect_size(damage, 0, code, part);
}

static void nothing(uint8_t *file)
{
    (void)file;
}

static void test_good(void **state)
{
    struct loaded loaded;
    uint64_t address;
    (void)state;
    loaded_init(&loaded, build_good(), OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_true(object_find_function(&loaded.object, "f", &address));
    assert_int_equal(address, BASE_TEXT);
    assert_false(object_find_function(&loaded.object, "d", &address));
    assert_false(object_find_function(&loaded.object, "g", &address));
    assert_int_equal(loaded.object.group[OBJECT_DATA].content, 16);
    assert_int_equal(loaded.object.group[OBJECT_DATA].size, 196);
    loaded_free(&loaded);
}

/* Every length of file from nothing to all but the last byte is refused, without reading past. */
static void test_truncated(void **state)
{
    struct loaded loaded;
    (void)state;
    loaded_init(&loaded, build_good(), OBJECT_RISCV64);
    size_t full = loaded.size;
    uint8_t *copy = malloc(full);
    memcpy(copy, loaded.file, full);
    for (size_t size = 1; size < full; size++) {
        free(loaded.file);
        loaded.file = malloc(size);
        memcpy(loaded.file, copy, size);
        loaded.size = size;
        assert_false(loaded_run(&loaded, 0));
        assert_true(loaded.refusal.code == REFUSAL_MALFORMED ||
                    loaded.refusal.code == REFUSAL_FORMAT);
    }
    free(copy);
    loaded_free(&loaded);
}

static void make_archive(uint8_t *file)
{
    memcpy(file, "!<arch>\n", 8);
}
static void make_bitcode(uint8_t *file)
{
    memcpy(file, "BC\xc0\xde", 4);
}
static void make_text(uint8_t *file)
{
    memcpy(file, "#!/bin/sh\n", 10);
}
static void make_32_bit(uint8_t *file)
{
    file[EI_CLASS] = ELFCLASS32;
}
static void make_big_endian(uint8_t *file)
{
    file[EI_DATA] = ELFDATA2MSB;
}
static void make_version_2(uint8_t *file)
{
    file[EI_VERSION] = 2;
}
static void make_solaris(uint8_t *file)
{
    file[EI_OSABI] = 6;
}
static void make_x86(uint8_t *file)
{
    file_header(file)->e_machine = EM_X86_64;
}
static void make_executable(uint8_t *file)
{
    file_header(file)->e_type = ET_EXEC;
}
static void make_rve(uint8_t *file)
{
    file_header(file)->e_flags = EF_RISCV_RVE;
}
static void make_quad(uint8_t *file)
{
    file_header(file)->e_flags = EF_RISCV_FLOAT_ABI_QUAD;
}
static void make_flags(uint8_t *file)
{
    file_header(file)->e_flags = 0x40;
}

static void test_wrong_file(void **state)
{
    (void)state;
    expect(make_archive, REFUSAL_FORMAT, "ld -r");
    expect(make_bitcode, REFUSAL_LTO, "-flto");
    expect(make_text, REFUSAL_FORMAT, "not an ELF file");
    expect(make_32_bit, REFUSAL_FORMAT, "32-bit ELF (class 1); expected 64-bit");
    expect(make_big_endian, REFUSAL_FORMAT, "big-endian ELF (encoding 2); expected little-endian");
    expect(make_version_2, REFUSAL_FORMAT, "version");
    expect(make_solaris, REFUSAL_FORMAT, "OS ABI 6");
    expect(make_x86, REFUSAL_MACHINE, "is for x86-64 (machine 62); this system is riscv64");
    expect(make_executable, REFUSAL_TYPE, "is an executable (type 2); expected a relocatable");
    expect(make_rve, REFUSAL_MACHINE, "RV64E");
    expect(make_quad, REFUSAL_MACHINE, "quad");
    expect(make_flags, REFUSAL_MACHINE, "flags 0x40");
}

static void test_flags_accepted(void **state)
{
    const uint32_t flags[] = {EF_RISCV_RVC, 2, 4, EF_RISCV_TSO | EF_RISCV_RVC};
    (void)state;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        struct loaded loaded;
        loaded_init(&loaded, build_good(), OBJECT_RISCV64);
        file_header(loaded.file)->e_flags = flags[i];
        assert_true(loaded_run(&loaded, 0));
        loaded_free(&loaded);
    }
}

static void no_headers(uint8_t *file)
{
    file_header(file)->e_shoff = 0;
}
static void headers_outside(uint8_t *file)
{
    file_header(file)->e_shoff = UINT64_MAX - 99;
}
static void headers_unaligned(uint8_t *file)
{
    file_header(file)->e_shoff += 2;
}
static void symbols_unaligned(uint8_t *file)
{
    file_section(file, ".symtab")->sh_offset += 2;
    file_section(file, ".symtab")->sh_size -= sizeof(Elf64_Sym);
}
static void relocations_unaligned(uint8_t *file)
{
    file_section(file, ".rela.text")->sh_offset += 1;
    file_section(file, ".rela.text")->sh_size -= sizeof(Elf64_Rela);
}
static void header_size(uint8_t *file)
{
    file_header(file)->e_shentsize = 40;
}
static void no_sections(uint8_t *file)
{
    file_header(file)->e_shnum = 0;
}
static void names_outside(uint8_t *file)
{
    file_header(file)->e_shstrndx = file_header(file)->e_shnum;
}
static void names_not_strings(uint8_t *file)
{
    file_header(file)->e_shstrndx = 1;
}
static void names_not_terminated(uint8_t *file)
{
    file_section(file, ".strtab")->sh_size -= 1;
}
static void name_outside(uint8_t *file)
{
    file_section(file, ".data")->sh_name = 0x10000;
}
static void section_outside(uint8_t *file)
{
    file_section(file, ".data")->sh_size = UINT64_MAX - 8;
}
static void debug_outside(uint8_t *file)
{
    file_section(file, ".debug_info")->sh_offset = UINT64_MAX;
}
static void overlap(uint8_t *file)
{
    file_section(file, ".data")->sh_offset = file_section(file, ".text")->sh_offset + 4;
}
static void overlap_header(uint8_t *file)
{
    file_section(file, ".data")->sh_offset = 8;
}
static void overlap_headers(uint8_t *file)
{
    file_section(file, ".data")->sh_offset = file_header(file)->e_shoff + 4;
}
static void writable_text(uint8_t *file)
{
    file_section(file, ".text")->sh_flags |= SHF_WRITE;
}
static void odd_alignment(uint8_t *file)
{
    file_section(file, ".data")->sh_addralign = 24;
}
static void large_alignment(uint8_t *file)
{
    file_section(file, ".data")->sh_addralign = OBJECT_ALIGN_MAX * 2;
}
static void large_bss(uint8_t *file)
{
    file_section(file, ".bss")->sh_size = OBJECT_MEMORY_MAX + 1ull;
}
static void endless_bss(uint8_t *file)
{
    file_section(file, ".bss")->sh_size = UINT64_MAX;
}
static void unknown_type(uint8_t *file)
{
    file_section(file, ".data")->sh_type = 0x60000000;
}
static void compressed(uint8_t *file)
{
    file_section(file, ".data")->sh_flags |= SHF_COMPRESSED;
}
static void thread_text(uint8_t *file)
{
    file_section(file, ".text")->sh_flags |= SHF_TLS;
}
static void odd_array(uint8_t *file)
{
    file_section(file, ".data")->sh_type = SHT_INIT_ARRAY;
    file_section(file, ".data")->sh_size = 9;
}

static void executable_array(uint8_t *file)
{
    file_section(file, ".text")->sh_type = SHT_INIT_ARRAY;
}

static void test_sections(void **state)
{
    (void)state;
    expect(no_headers, REFUSAL_MALFORMED, "no section headers");
    expect(headers_unaligned, REFUSAL_MALFORMED, "expected a multiple of 4");
    expect(headers_outside, REFUSAL_MALFORMED, "leaves the file");
    expect(header_size, REFUSAL_MALFORMED, "have 40 bytes; expected 64");
    expect(no_sections, REFUSAL_MALFORMED, "no sections");
    expect(names_outside, REFUSAL_MALFORMED, "names in section");
    expect(names_not_strings, REFUSAL_MALFORMED, "not a string table");
    expect(names_not_terminated, REFUSAL_MALFORMED, "do not end with NUL");
    expect(name_outside, REFUSAL_MALFORMED, "leaves the names");
    expect(section_outside, REFUSAL_MALFORMED, ".data (offset");
    expect(debug_outside, REFUSAL_MALFORMED, ".debug_info (offset");
    expect(overlap, REFUSAL_MALFORMED, "overlap");
    expect(overlap_header, REFUSAL_MALFORMED, "overlap");
    expect(overlap_headers, REFUSAL_MALFORMED, "overlap");
    expect(writable_text, REFUSAL_WRITABLE_TEXT, "section .text is writable and executable");
    expect(odd_alignment, REFUSAL_SECTION, "alignment 0x18");
    expect(large_alignment, REFUSAL_SECTION, "alignment 0x20000");
    expect(large_bss, REFUSAL_SIZE, "section .bss has 268 435 457 bytes");
    expect(endless_bss, REFUSAL_SIZE, ".bss");
    expect(unknown_type, REFUSAL_SECTION, "type 0x60000000");
    expect(compressed, REFUSAL_SECTION, "compressed");
    expect(thread_text, REFUSAL_SECTION, "thread-local");
    expect(executable_array, REFUSAL_SECTION, "section .text is executable, but");
    expect(odd_array, REFUSAL_SECTION, "array");
}

static void symbols_absent(uint8_t *file)
{
    file_section(file, ".symtab")->sh_type = SHT_PROGBITS;
}
static void symbols_twice(uint8_t *file)
{
    file_section(file, ".debug_info")->sh_type = SHT_SYMTAB;
}
static void symbol_size(uint8_t *file)
{
    file_section(file, ".symtab")->sh_entsize = 16;
}
static void symbols_cut(uint8_t *file)
{
    file_section(file, ".symtab")->sh_size -= 1;
}
static void symbols_empty(uint8_t *file)
{
    file_section(file, ".symtab")->sh_size = 0;
}
static void symbol_link(uint8_t *file)
{
    file_section(file, ".symtab")->sh_link = 0xffffffff;
}
static void symbol_name_outside(uint8_t *file)
{
    file_symbol(file, 1)->st_name = 0xffffffff;
}
static void symbol_section(uint8_t *file)
{
    file_symbol(file, 1)->st_shndx = 999;
}
static void symbol_extended(uint8_t *file)
{
    file_symbol(file, 1)->st_shndx = SHN_XINDEX;
}
static void symbol_outside(uint8_t *file)
{
    file_symbol(file, 1)->st_value = 9;
}
static void symbol_far_outside(uint8_t *file)
{
    file_symbol(file, 1)->st_value = UINT64_MAX;
}
static void symbol_indirect(uint8_t *file)
{
    file_symbol(file, 1)->st_info = STB_GLOBAL << 4 | STT_GNU_IFUNC;
}
static void symbol_not_loaded(uint8_t *file)
{
    file_symbol(file, 1)->st_shndx = 5;
}
static void common_alignment(uint8_t *file)
{
    file_symbol(file, 3)->st_value = 3;
}
static void common_size(uint8_t *file)
{
    file_symbol(file, 3)->st_size = UINT64_MAX - 16;
}

static void test_symbols(void **state)
{
    (void)state;
    expect(symbols_absent, REFUSAL_MALFORMED, "no symbol table");
    expect(symbols_twice, REFUSAL_MALFORMED, "two symbol tables");
    expect(symbol_size, REFUSAL_MALFORMED, "symbol table");
    expect(symbols_cut, REFUSAL_MALFORMED, "symbol table");
    expect(symbols_empty, REFUSAL_MALFORMED, "symbol table");
    expect(symbols_unaligned, REFUSAL_MALFORMED, "symbol table's header is inconsistent");
    expect(symbol_link, REFUSAL_MALFORMED, "symbol table");
    expect(symbol_name_outside, REFUSAL_MALFORMED, "name of symbol 1");
    expect(symbol_section, REFUSAL_MALFORMED, "symbol 1 is in section 999");
    expect(symbol_extended, REFUSAL_MALFORMED, "symbol 1 is in section 65535");
    expect(symbol_outside, REFUSAL_MALFORMED, "symbol f (offset 0x9) leaves section .text");
    expect(symbol_far_outside, REFUSAL_MALFORMED, "leaves section .text");
    expect(symbol_indirect, REFUSAL_SYMBOL, "`f` is an indirect function");
    expect(symbol_not_loaded, REFUSAL_SYMBOL, "refers to section .debug_info");
    expect(common_alignment, REFUSAL_SYMBOL, "common symbol c has alignment 0x3");
    expect(common_size, REFUSAL_SIZE, "common symbols up to c");
}

static void table_target(uint8_t *file)
{
    file_section(file, ".rela.text")->sh_info = 999;
}
static void table_of_bss(uint8_t *file)
{
    file_section(file, ".rela.data")->sh_info = 4;
}
static void table_link(uint8_t *file)
{
    file_section(file, ".rela.text")->sh_link = 1;
}
static void table_entries(uint8_t *file)
{
    file_section(file, ".rela.text")->sh_entsize = 16;
}
static void table_kind(uint8_t *file)
{
    file_section(file, ".rela.text")->sh_type = SHT_REL;
}
static void table_compact(uint8_t *file)
{
    file_section(file, ".rela.text")->sh_type = SHT_CREL;
}
static void place_outside(uint8_t *file)
{
    file_relocation(file, ".rela.text", 0)->r_offset = 5;
}
static void place_far_outside(uint8_t *file)
{
    file_relocation(file, ".rela.text", 0)->r_offset = UINT64_MAX - 1;
}
static void relocation_symbol(uint8_t *file)
{
    file_relocation(file, ".rela.text", 0)->r_info |= 0xffffull << 32;
}

static void test_tables(void **state)
{
    (void)state;
    expect(table_target, REFUSAL_MALFORMED, ".rela.text applies to section 999");
    expect(table_of_bss, REFUSAL_MALFORMED, "header of .rela.data");
    expect(table_link, REFUSAL_MALFORMED, "header of .rela.text");
    expect(table_entries, REFUSAL_MALFORMED, "header of .rela.text");
    expect(relocations_unaligned, REFUSAL_MALFORMED, "header of .rela.text is inconsistent");
    expect(table_kind, REFUSAL_SECTION, "SHT_RELA");
    expect(table_compact, REFUSAL_SECTION, "--crel");
    expect(place_outside, REFUSAL_RELOCATION, "leaves section .text of 0x8 bytes");
    expect(place_far_outside, REFUSAL_RELOCATION, "leaves section .text");
    expect(relocation_symbol, REFUSAL_RELOCATION, "refers to symbol");
    expect_size(nothing, 1, REFUSAL_MALFORMED, "section header table");
}

static void test_workspace_too_small(void **state)
{
    struct loaded loaded;
    (void)state;
    loaded_init(&loaded, build_good(), OBJECT_RISCV64);
    size_t need = object_workspace_size(loaded.file, loaded.size);
    for (size_t size = 0; size < need; size += 16) {
        void *workspace = malloc(size + 1);
        bool opened = object_open(&loaded.object, "test.o", loaded.file, loaded.size,
                                  OBJECT_RISCV64, workspace, size, &loaded.refusal);
        assert_true(opened || loaded.refusal.code == REFUSAL_WORKSPACE);
        free(workspace);
    }
    loaded_free(&loaded);
}

/* Where the tables could not be read in place, and where they just can. */
static void test_address(void **state)
{
    struct loaded loaded;
    (void)state;
    loaded_init(&loaded, build_good(), OBJECT_RISCV64);
    size_t need = object_workspace_size(loaded.file, loaded.size);
    void *workspace = malloc(need);
    uint8_t *moved = malloc(loaded.size + sizeof(uint64_t));
    for (size_t at = 0; at < sizeof(uint64_t); at++) {
        memcpy(moved + at, loaded.file, loaded.size);
        bool opened = object_open(&loaded.object, "test.o", moved + at, loaded.size, OBJECT_RISCV64,
                                  workspace, need, &loaded.refusal);
        assert_int_equal(opened, at % ELF_TABLE_ALIGN == 0);
        assert_true(object_workspace_size(moved + at, loaded.size) <= need);
        assert_true(opened || strstr(loaded.refusal.text, "not a multiple of 4") != NULL);
    }
    free(moved);
    free(workspace);
    loaded_free(&loaded);
}

/* The note alone is read of a file that is refused as a whole; not of one that is cut. */
static void test_note_alone(void **state)
{
    struct loaded loaded;
    (void)state;
    loaded_init(&loaded, build_good(), OBJECT_RISCV64);
    file_relocation(loaded.file, ".rela.text", 0)->r_info = UINT64_MAX;
    size_t need = object_workspace_size(loaded.file, loaded.size);
    void *workspace = malloc(need);
    assert_true(object_open_note(&loaded.object, "test.o", loaded.file, loaded.size, OBJECT_RISCV64,
                                 workspace, need, &loaded.refusal));
    assert_string_equal(loaded.object.meta.name, "test");
    assert_false(object_open(&loaded.object, "test.o", loaded.file, loaded.size, OBJECT_RISCV64,
                             workspace, need, &loaded.refusal));
    section_outside(loaded.file);
    assert_false(object_open_note(&loaded.object, "test.o", loaded.file, loaded.size,
                                  OBJECT_RISCV64, workspace, need, &loaded.refusal));
    assert_int_equal(loaded.refusal.code, REFUSAL_MALFORMED);
    free(workspace);
    loaded_free(&loaded);
}

static void test_names_are_sanitised(void **state)
{
    struct loaded loaded;
    struct builder *builder = build_good();
    (void)state;
    builder_symbol(builder, "evil\n\033[31m%s", STB_GLOBAL, STT_FUNC, 2, 99, 0);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_false(loaded_run(&loaded, 0));
    assert_non_null(strstr(loaded.refusal.text, "symbol evil??[31m%s (offset 0x63)"));
    loaded_free(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_wrong_file),
        cmocka_unit_test(test_flags_accepted),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_symbols),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_workspace_too_small),
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_note_alone),
        cmocka_unit_test(test_names_are_sanitised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
