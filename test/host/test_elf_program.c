/* Unit tests of abi-servers/common/elf_program.c and script_line.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elf_program.h"
#include "script_line.h"

#define PAGE       ((uint64_t)ELF_PROGRAM_PAGE)
#define IMAGE_SIZE ((uint64_t)(16 * ELF_PROGRAM_PAGE))
#define HIGHEST    0x4000000000u
#define RX         (PF_R | PF_X)
#define RW         (PF_R | PF_W)

/* A file, as the test edits it. */
static struct {
    Elf64_Ehdr header;
    Elf64_Phdr headers[40];
} image;

static uint8_t bytes[16 * ELF_PROGRAM_PAGE];
static uint64_t file_size;
static uint32_t reads_left; /* before one fails */
static struct elf_program_limits limits;
static struct elf_program program;
static char reason[ELF_PROGRAM_REASON];

static Elf64_Phdr *add(uint32_t type, uint32_t flags, uint64_t offset, uint64_t address,
                       uint64_t in_file, uint64_t in_memory)
{
    Elf64_Phdr *header = &image.headers[image.header.e_phnum++];
    *header = (Elf64_Phdr){.p_type = type,
                           .p_flags = flags,
                           .p_offset = offset,
                           .p_vaddr = address,
                           .p_paddr = address,
                           .p_filesz = in_file,
                           .p_memsz = in_memory,
                           .p_align = PAGE};
    return header;
}

/* As ld makes it with -z separate-code: headers and text, then data with a bss. */
static int setup(void **state)
{
    (void)state;
    memset(&image, 0, sizeof(image));
    memcpy(image.header.e_ident, ELFMAG, SELFMAG);
    image.header.e_ident[EI_CLASS] = ELFCLASS64;
    image.header.e_ident[EI_DATA] = ELFDATA2LSB;
    image.header.e_ident[EI_VERSION] = EV_CURRENT;
    image.header.e_type = ET_EXEC;
    image.header.e_machine = EM_RISCV;
    image.header.e_version = EV_CURRENT;
    image.header.e_entry = 0x10100;
    image.header.e_phoff = sizeof(Elf64_Ehdr);
    image.header.e_phentsize = sizeof(Elf64_Phdr);
    add(PT_LOAD, RX, 0, 0x10000, 0x1234, 0x1234);
    add(PT_LOAD, RW, 0x2000, 0x12000, 0x100, 0x2300);
    limits = (struct elf_program_limits){
        .machine = EM_RISCV,
        .os_abi = ELFOSABI_GNU,
        .movable = true,
        .interpreter = true,
        .highest = HIGHEST,
        .largest = HIGHEST,
    };
    file_size = IMAGE_SIZE;
    reads_left = UINT32_MAX;
    memset(bytes, 0, sizeof(bytes));
    return 0;
}

static status_t read_image(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    assert_ptr_equal(context, bytes);
    assert_true(offset <= file_size && length <= file_size - offset);
    if (reads_left-- == 0) {
        return STATUS_IO_ERROR;
    }
    memcpy(buffer, bytes + offset, length);
    return STATUS_OK;
}

static status_t read_program(void)
{
    struct elf_program_file file = {.context = bytes, .size = file_size, .read = read_image};
    memcpy(bytes, &image.header, sizeof(image.header));
    memcpy(bytes + sizeof(image.header), image.headers, sizeof(image.headers));
    return elf_program_read(&file, &limits, &program, reason);
}

static void assert_read(void)
{
    status_t status = read_program();
    assert_string_equal(reason, "");
    assert_int_equal(status, STATUS_OK);
}

static void assert_says(status_t status, const char *text)
{
    assert_int_equal(read_program(), status);
    if (strstr(reason, text) == NULL) {
        fail_msg("`%s` does not say `%s`", reason, text);
    }
    assert_true(strlen(reason) < ELF_PROGRAM_REASON - 1); /* nothing was cut */
}

static void assert_refused(const char *text)
{
    assert_says(STATUS_REFUSED, text);
}

static void assert_not_ours(const char *text)
{
    assert_says(STATUS_BAD_FORMAT, text);
}

static void assert_extent(uint32_t index, uint64_t address, uint64_t size, uint32_t flags)
{
    assert_true(index < program.extent_count);
    assert_int_equal(program.extents[index].address, address);
    assert_int_equal(program.extents[index].size, size);
    assert_int_equal(program.extents[index].flags, flags);
}

/* ---- programs that run ---------------------------------------------------------------------- */

static void test_plan(void **state)
{
    (void)state;
    assert_read();
    assert_int_equal(program.segment_count, 2);
    assert_int_equal(program.segments[1].address, 0x12000);
    assert_int_equal(program.segments[1].memory_size, 0x2300);
    assert_int_equal(program.segments[1].file_offset, 0x2000);
    assert_int_equal(program.segments[1].file_size, 0x100);
    assert_int_equal(program.segments[1].flags, RW);
    assert_true(program.segments[1].mappable);
    assert_int_equal(program.extent_count, 2);
    assert_extent(0, 0x10000, 2 * PAGE, RX);
    assert_extent(1, 0x12000, 3 * PAGE, RW);
    assert_int_equal(program.size, 5 * PAGE);
    assert_int_equal(program.entry, 0x10100);
    assert_false(program.movable);
    assert_false(program.executable_stack);
    assert_true(program.headers_loaded);
    assert_int_equal(program.headers_address, 0x10000 + sizeof(Elf64_Ehdr));
    assert_int_equal(program.header_count, 2);
    assert_string_equal(program.interpreter, "");
}

/* xv6's programs: linked with -N at address 0, one segment, its offset out of step with its
 * page. */
static void test_address_zero(void **state)
{
    (void)state;
    image.header.e_phnum = 0;
    image.header.e_entry = 0;
    add(PT_LOAD, RX | PF_W, 0xb0, 0, 0xa41, 0xa58)->p_align = 16;
    assert_refused("segment 0 is both writable and executable; link without -N");
    limits.writable_text = true;
    assert_read();
    assert_extent(0, 0, PAGE, RX | PF_W);
    assert_false(program.segments[0].mappable);
    assert_false(program.headers_loaded);
}

static void test_shared_page(void **state)
{
    (void)state;
    image.headers[0].p_flags = PF_R;
    image.headers[0].p_filesz = image.headers[0].p_memsz = 0x2080;
    image.headers[1].p_vaddr = 0x12080;
    image.headers[1].p_offset = 0x2080;
    add(PT_LOAD, RX, 0x5000, 0x20000, 0x200, 0x200);
    image.header.e_entry = 0x20000;
    assert_read();
    assert_int_equal(program.extent_count, 3);
    assert_extent(0, 0x10000, 2 * PAGE, PF_R);
    assert_extent(1, 0x12000, 3 * PAGE, RW); /* the page that was PF_R too, and the rest */
    assert_extent(2, 0x20000, PAGE, RX);
    assert_int_equal(program.size, 6 * PAGE);
    image.headers[0].p_flags = RX;
    assert_refused("segment 1 shares the page at 0x12000");
    limits.writable_text = true;
    assert_read();
    assert_int_equal(program.extent_count, 4);
    assert_extent(0, 0x10000, 2 * PAGE, RX);
    assert_extent(1, 0x12000, PAGE, RX | PF_W);
    assert_extent(2, 0x13000, 2 * PAGE, RW);
}

static void test_many_segments_in_one_page(void **state)
{
    (void)state;
    image.header.e_phnum = 0;
    for (uint32_t i = 0; i < ELF_PROGRAM_SEGMENTS; i++) {
        add(PT_LOAD, i % 2 == 0 ? PF_R : PF_X, 0x1000 + i * 16, 0x10000 + i * 16, 16, 16);
    }
    image.header.e_entry = 0x10010;
    assert_read();
    assert_int_equal(program.extent_count, 1);
    assert_extent(0, 0x10000, PAGE, RX);
    assert_int_equal(program.size, PAGE);
    add(PT_LOAD, PF_R, 0, 0x20000, 16, 16);
    assert_refused("more than 16 segments");
}

/* The most extents that there can be: each segment shares a page with the one before. */
static void test_most_extents(void **state)
{
    (void)state;
    image.header.e_phnum = 0;
    for (uint32_t i = 0; i < ELF_PROGRAM_SEGMENTS; i++) {
        uint64_t address = i == 0 ? 0 : i * 2 * PAGE + 16;
        add(PT_LOAD, i % 2 == 0 ? RX : PF_W, 0, address, 0, (i + 1) * 2 * PAGE + 16 - address);
    }
    limits.writable_text = true;
    image.header.e_entry = 0;
    assert_read();
    assert_int_equal(program.extent_count, ELF_PROGRAM_EXTENTS);
    assert_extent(ELF_PROGRAM_EXTENTS - 2, 30 * PAGE, PAGE, RX | PF_W);
    assert_extent(ELF_PROGRAM_EXTENTS - 1, 31 * PAGE, 2 * PAGE, PF_W);
}

static void test_empty_segment_is_nothing(void **state)
{
    (void)state;
    add(PT_LOAD, RW, UINT64_MAX, UINT64_MAX, 0, 0);
    assert_read();
    assert_int_equal(program.segment_count, 2);
}

static void test_movable(void **state)
{
    (void)state;
    image.header.e_type = ET_DYN;
    image.header.e_entry = 0x100;
    image.headers[0].p_vaddr = 0;
    image.headers[1].p_vaddr = 0x2000;
    image.headers[1].p_align = 0x10000;
    limits.lowest = 0x10000;
    assert_read();
    assert_true(program.movable);
    assert_int_equal(program.alignment, 0x10000);
    assert_int_equal(elf_program_low(&program), 0);
    assert_int_equal(elf_program_high(&program), 5 * PAGE);
    assert_int_equal(elf_program_move(&program, &limits, 0x11000, reason), STATUS_REFUSED);
    assert_non_null(strstr(reason, "no multiple of 0x10000"));
    assert_int_equal(elf_program_move(&program, &limits, 0, reason), STATUS_REFUSED);
    assert_non_null(strstr(reason, "from 0x10000"));
    assert_int_equal(elf_program_move(&program, &limits, HIGHEST, reason), STATUS_REFUSED);
    assert_int_equal(elf_program_move(&program, &limits, UINT64_MAX - 0xffff, reason),
                     STATUS_REFUSED);
    limits.highest = 0x20000 + 5 * PAGE;
    assert_int_equal(elf_program_move(&program, &limits, 0x20000, reason), STATUS_OK);
    assert_string_equal(reason, "");
    assert_int_equal(program.entry, 0x20100);
    assert_int_equal(program.segments[1].address, 0x22000);
    assert_int_equal(program.headers_address, 0x20000 + sizeof(Elf64_Ehdr));
    assert_extent(0, 0x20000, 2 * PAGE, RX);
    assert_int_equal(elf_program_move(&program, &limits, 0x20000, reason), STATUS_REFUSED);
    assert_non_null(strstr(reason, "cannot be moved"));
}

static void test_interpreter(void **state)
{
    (void)state;
    static const char path[] = "/lib/ld-linux-riscv64-lp64d.so.1";
    memcpy(bytes + 0x4000, path, sizeof(path));
    add(PT_INTERP, PF_R, 0x4000, 0x10200, sizeof(path), sizeof(path));
    assert_read();
    assert_string_equal(program.interpreter, path);
    limits.interpreter = false;
    assert_refused("link it with -static");
    limits.interpreter = true;
    image.headers[2].p_filesz--;
    assert_refused("not ended by a zero byte");
    image.headers[2].p_offset = 0x5000;
    assert_refused("is empty");
    image.headers[2].p_filesz = 1;
    assert_refused("with 1 bytes; 2 to 256");
    image.headers[2].p_filesz = ELF_PROGRAM_PATH + 1;
    assert_refused("with 257 bytes");
    image.headers[2].p_filesz = ELF_PROGRAM_PATH;
    image.headers[2].p_offset = IMAGE_SIZE - ELF_PROGRAM_PATH + 1;
    assert_refused("ends before the path of its interpreter");
    image.headers[2].p_offset = UINT64_MAX;
    assert_refused("ends before the path of its interpreter");
    image.headers[2].p_offset = 0x4000;
    image.headers[2].p_filesz = sizeof(path);
    add(PT_INTERP, PF_R, 0x4000, 0x10200, sizeof(path), sizeof(path));
    assert_refused("two interpreters");
}

static void test_stack(void **state)
{
    (void)state;
    add(PT_GNU_STACK, RW, 0, 0, 0, 0);
    assert_read();
    assert_false(program.executable_stack);
    image.headers[2].p_flags = RW | PF_X;
    assert_read();
    assert_true(program.executable_stack);
}

/* What the host's linker makes: this program itself. */
static void test_real_program(void **state)
{
    (void)state;
    FILE *self = fopen("/proc/self/exe", "rb");
    assert_non_null(self);
    file_size = fread(bytes, 1, sizeof(bytes), self);
    assert_int_equal(fseek(self, 0, SEEK_END), 0);
    uint64_t whole = (uint64_t)ftell(self);
    (void)fclose(self);
    assert_true(file_size > sizeof(Elf64_Ehdr));
    Elf64_Ehdr header;
    memcpy(&header, bytes, sizeof(header));
    limits.machine = header.e_machine;
    /* Only headers and the interpreter's path are read, and they come first. */
    uint64_t here = file_size;
    file_size = whole;
    struct elf_program_file file = {.context = bytes, .size = whole, .read = read_image};
    assert_true(header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr) <= here);
    status_t status = elf_program_read(&file, &limits, &program, reason);
    assert_string_equal(reason, "");
    assert_int_equal(status, STATUS_OK);
    assert_true(program.interpreter[0] == '/');
    assert_true(program.headers_loaded);
    assert_false(program.executable_stack);
}

/* ---- not of this format --------------------------------------------------------------------- */

static void test_not_elf(void **state)
{
    (void)state;
    image.header.e_ident[EI_MAG0] = '#';
    assert_not_ours("is not an ELF file");
    image.header.e_ident[EI_MAG0] = ELFMAG[0];
    for (file_size = 0; file_size < SELFMAG; file_size++) {
        assert_not_ours("is not an ELF file");
    }
    for (; file_size < sizeof(Elf64_Ehdr); file_size++) {
        assert_refused("ends inside the ELF header");
    }
}

static void test_other_elf(void **state)
{
    (void)state;
    image.header.e_ident[EI_CLASS] = ELFCLASS32;
    assert_not_ours("is 32-bit ELF");
    setup(NULL);
    image.header.e_ident[EI_DATA] = ELFDATA2MSB;
    assert_not_ours("is big-endian ELF");
    setup(NULL);
    image.header.e_machine = EM_X86_64;
    assert_not_ours("is for another machine, x86-64 (62); this one is RISC-V");
    setup(NULL);
    image.header.e_machine = 0x1234;
    assert_not_ours("an unknown machine (4660)");
    setup(NULL);
    image.header.e_ident[EI_OSABI] = 9;
    assert_not_ours("is for another system (OS ABI 9)");
    image.header.e_ident[EI_OSABI] = ELFOSABI_GNU;
    assert_read();
    image.header.e_type = ET_REL;
    assert_not_ours("is a relocatable object (ELF type 1)");
    image.header.e_type = ET_CORE;
    assert_not_ours("is a core dump");
    image.header.e_type = 0x8000;
    assert_not_ours("of an unknown kind");
    image.header.e_type = ET_DYN;
    limits.movable = false;
    assert_not_ours("link it with -no-pie");
}

/* ---- broken --------------------------------------------------------------------------------- */

static void test_broken_headers(void **state)
{
    (void)state;
    image.header.e_version = 2;
    assert_refused("has ELF version 2");
    setup(NULL);
    image.header.e_phentsize = 32;
    assert_refused("program headers of 32 bytes; they have 56");
    setup(NULL);
    image.header.e_phnum = 0;
    assert_refused("has no program headers");
    image.header.e_phnum = UINT16_MAX;
    assert_refused("has 65535 program headers; the limit is 32");
    setup(NULL);
    image.header.e_phoff = UINT64_MAX;
    assert_refused("ends before its program headers");
    image.header.e_phoff = IMAGE_SIZE - 2 * sizeof(Elf64_Phdr) + 1;
    assert_refused("ends before its program headers");
    setup(NULL);
    image.headers[0].p_type = image.headers[1].p_type = 0;
    assert_refused("has no segment to load");
}

static void test_broken_segments(void **state)
{
    (void)state;
    image.headers[1].p_filesz = 0x2301;
    assert_refused("segment 1 has more bytes in the file (0x2301) than in memory (0x2300)");
    setup(NULL);
    image.headers[1].p_offset = IMAGE_SIZE - 0xff;
    assert_refused("ends before segment 1 (0x100 bytes at 0xff01)");
    image.headers[1].p_offset--;
    assert_read();
    image.headers[1].p_offset = UINT64_MAX;
    assert_refused("ends before segment 1");
    setup(NULL);
    image.headers[1].p_align = 0x1800;
    assert_refused("alignment 0x1800");
    setup(NULL);
    image.headers[1].p_flags = RX | PF_W;
    assert_refused("segment 1 is both writable and executable");
    setup(NULL);
    image.headers[1].p_vaddr = 0x8000;
    assert_refused("segment 1 lies below the one before it");
    image.headers[1].p_vaddr = 0x11233;
    assert_refused("segment 1 overlaps the one before it");
    image.headers[1].p_vaddr = 0x10000;
    assert_refused("segment 1 overlaps the one before it");
}

static void test_place(void **state)
{
    (void)state;
    limits.lowest = 0x11000;
    assert_refused("segment 0 begins at 0x10000; memory for programs begins at 0x11000");
    limits.lowest = 0x10000;
    limits.highest = 0x15000;
    assert_read();
    limits.highest = 0x14000;
    assert_refused("segment 1 (0x2300 bytes at 0x12000) lies above the end of memory");
    setup(NULL);
    image.headers[1].p_memsz = UINT64_MAX;
    assert_refused("segment 1 (0xffffffffffffffff bytes at 0x12000) lies above");
    image.headers[1].p_vaddr = UINT64_MAX;
    assert_refused("segment 1 (0xffffffffffffffff bytes at 0xffffffffffffffff)");
    limits.highest = UINT64_MAX & ~(PAGE - 1);
    image.headers[1].p_memsz = 1;
    image.headers[1].p_filesz = 0;
    assert_refused("lies above");
    image.headers[1].p_vaddr = limits.highest - 1;
    assert_read();
    assert_int_equal(elf_program_high(&program), limits.highest);
    setup(NULL);
    limits.largest = 5 * PAGE;
    assert_read();
    limits.largest = 5 * PAGE - 1;
    assert_refused("needs more than the 0x4fff bytes");
}

static void test_entry(void **state)
{
    (void)state;
    image.header.e_entry = 0x10101;
    assert_refused("begins at 0x10101, which is no multiple of 2");
    image.header.e_entry = 0x11234;
    assert_refused("lies in no executable segment");
    image.header.e_entry = 0x11232;
    assert_read();
    image.header.e_entry = 0x12000;
    assert_refused("lies in no executable segment");
    image.header.e_entry = 0xfffe;
    assert_refused("lies in no executable segment");
    image.header.e_machine = limits.machine = EM_AARCH64;
    image.header.e_entry = 0x10102;
    assert_refused("no multiple of 4");
}

static void test_failed_reads(void **state)
{
    (void)state;
    add(PT_INTERP, PF_R, 0, 0x10200, 2, 2);
    for (uint32_t i = 0; i < 3; i++) {
        reads_left = i;
        assert_int_equal(read_program(), STATUS_IO_ERROR);
        assert_string_equal(reason, "");
    }
}

/* ---- scripts -------------------------------------------------------------------------------- */

static struct script_line script;

static status_t parse(const char *text, uint32_t count)
{
    return script_line_parse(text, count, &script, reason);
}

static void assert_script(const char *text, const char *interpreter, const char *argument)
{
    char found[SCRIPT_LINE_BYTES];
    assert_int_equal(parse(text, (uint32_t)strlen(text)), STATUS_OK);
    assert_string_equal(reason, "");
    snprintf(found, sizeof(found), "%.*s", (int)script.interpreter_length, script.interpreter);
    assert_string_equal(found, interpreter);
    snprintf(found, sizeof(found), "%.*s", (int)script.argument_length, script.argument);
    assert_string_equal(found, argument);
}

static void test_scripts(void **state)
{
    (void)state;
    assert_script("#!/bin/sh\necho hi\n", "/bin/sh", "");
    assert_script("#!/bin/sh", "/bin/sh", "");
    assert_script("#! \t/bin/sh \t\n", "/bin/sh", "");
    assert_script("#!/usr/bin/env  -S a  b \n#!x", "/usr/bin/env", "-S a  b");
    assert_script("#!sh\t-e\n", "sh", "-e");
}

static void test_bad_scripts(void **state)
{
    (void)state;
    assert_int_equal(parse("", 0), STATUS_BAD_FORMAT);
    assert_int_equal(parse("#", 1), STATUS_BAD_FORMAT);
    assert_int_equal(parse("# !/bin/sh", 10), STATUS_BAD_FORMAT);
    assert_string_equal(reason, "does not begin with #!");
    assert_int_equal(parse("#!", 2), STATUS_REFUSED);
    assert_int_equal(parse("#! \t\n/bin/sh", 12), STATUS_REFUSED);
    assert_string_equal(reason, "names no interpreter after #!");
    assert_int_equal(parse("#!/bin/sh\0x\n", 12), STATUS_REFUSED);
    assert_string_equal(reason, "has a zero byte in its first line");
    assert_int_equal(parse("#!/bin/sh\r\n", 11), STATUS_REFUSED);
    assert_non_null(strstr(reason, "CR LF"));
}

static void test_long_scripts(void **state)
{
    (void)state;
    char text[SCRIPT_LINE_BYTES + 1];
    memset(text, 'x', sizeof(text));
    memcpy(text, "#!", 2);
    assert_int_equal(parse(text, SCRIPT_LINE_BYTES), STATUS_REFUSED);
    assert_non_null(strstr(reason, "more than 255"));
    text[SCRIPT_LINE_BYTES - 1] = '\n';
    assert_int_equal(parse(text, SCRIPT_LINE_BYTES), STATUS_OK);
    assert_int_equal(script.interpreter_length, SCRIPT_LINE_BYTES - 3);
    text[SCRIPT_LINE_BYTES - 1] = 'x';
    text[SCRIPT_LINE_BYTES] = '\n';
    assert_int_equal(parse(text, sizeof(text)), STATUS_REFUSED);
    assert_int_equal(parse(text, SCRIPT_LINE_BYTES - 1), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_plan, setup),
        cmocka_unit_test_setup(test_address_zero, setup),
        cmocka_unit_test_setup(test_shared_page, setup),
        cmocka_unit_test_setup(test_many_segments_in_one_page, setup),
        cmocka_unit_test_setup(test_most_extents, setup),
        cmocka_unit_test_setup(test_empty_segment_is_nothing, setup),
        cmocka_unit_test_setup(test_movable, setup),
        cmocka_unit_test_setup(test_interpreter, setup),
        cmocka_unit_test_setup(test_stack, setup),
        cmocka_unit_test_setup(test_real_program, setup),
        cmocka_unit_test_setup(test_not_elf, setup),
        cmocka_unit_test_setup(test_other_elf, setup),
        cmocka_unit_test_setup(test_broken_headers, setup),
        cmocka_unit_test_setup(test_broken_segments, setup),
        cmocka_unit_test_setup(test_place, setup),
        cmocka_unit_test_setup(test_entry, setup),
        cmocka_unit_test_setup(test_failed_reads, setup),
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_bad_scripts),
        cmocka_unit_test(test_long_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
