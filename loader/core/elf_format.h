/*
 * ELF64 as the core needs it: structures and constants with the names of the System V gABI,
 * since the targets have no <elf.h>. Processor-specific parts: elf_riscv.h, elf_aarch64.h.
 *
 * The tables are read where they lie in the file. A file in a cpio archive begins at a multiple
 * of four and no more, so that is all the alignment that the structures of tables ask for.
 */
#ifndef LOADER_CORE_ELF_FORMAT_H
#define LOADER_CORE_ELF_FORMAT_H

#include <stdint.h>

enum { ELF_TABLE_ALIGN = 4 };
#define ELF_TABLE __attribute__((may_alias))

typedef uint64_t elf_u64 __attribute__((aligned(ELF_TABLE_ALIGN)));
typedef int64_t elf_i64 __attribute__((aligned(ELF_TABLE_ALIGN)));

enum {
    EI_MAG0 = 0,
    EI_CLASS = 4,
    EI_DATA = 5,
    EI_VERSION = 6,
    EI_OSABI = 7,
    EI_NIDENT = 16,
    SELFMAG = 4,
};

#define ELFMAG              "\177ELF"
#define ELFCLASS32          1
#define ELFCLASS64          2
#define ELFDATA2LSB         1
#define ELFDATA2MSB         2
#define EV_CURRENT          1
#define ELFOSABI_SYSV       0
#define ELFOSABI_GNU        3
#define ELFOSABI_STANDALONE 255

#define ET_REL  1
#define ET_EXEC 2
#define ET_DYN  3
#define ET_CORE 4

#define EM_386     3
#define EM_ARM     40
#define EM_X86_64  62
#define EM_AARCH64 183
#define EM_RISCV   243

typedef struct {
    uint8_t e_ident[EI_NIDENT];
    uint16_t e_type;
    uint16_t e_machine;
    uint32_t e_version;
    uint64_t e_entry;
    uint64_t e_phoff;
    uint64_t e_shoff;
    uint32_t e_flags;
    uint16_t e_ehsize;
    uint16_t e_phentsize;
    uint16_t e_phnum;
    uint16_t e_shentsize;
    uint16_t e_shnum;
    uint16_t e_shstrndx;
} Elf64_Ehdr;

#define PT_LOAD      1
#define PT_DYNAMIC   2
#define PT_INTERP    3
#define PT_GNU_STACK 0x6474e551u

#define PF_X 0x1u
#define PF_W 0x2u
#define PF_R 0x4u

typedef struct {
    uint32_t p_type;
    uint32_t p_flags;
    uint64_t p_offset;
    uint64_t p_vaddr;
    uint64_t p_paddr;
    uint64_t p_filesz;
    uint64_t p_memsz;
    uint64_t p_align;
} Elf64_Phdr;

#define SHN_UNDEF     0
#define SHN_LORESERVE 0xff00
#define SHN_ABS       0xfff1
#define SHN_COMMON    0xfff2
#define SHN_XINDEX    0xffff

#define SHT_NULL          0
#define SHT_PROGBITS      1
#define SHT_SYMTAB        2
#define SHT_STRTAB        3
#define SHT_RELA          4
#define SHT_NOTE          7
#define SHT_NOBITS        8
#define SHT_REL           9
#define SHT_DYNSYM        11
#define SHT_INIT_ARRAY    14
#define SHT_FINI_ARRAY    15
#define SHT_PREINIT_ARRAY 16
#define SHT_CREL          0x40000014u /* LLVM's compact relocations */

#define SHF_WRITE      0x1u
#define SHF_ALLOC      0x2u
#define SHF_EXECINSTR  0x4u
#define SHF_TLS        0x400u
#define SHF_COMPRESSED 0x800u
#define SHF_EXCLUDE    0x80000000u

typedef struct elf_section {
    uint32_t sh_name;
    uint32_t sh_type;
    elf_u64 sh_flags;
    elf_u64 sh_addr;
    elf_u64 sh_offset;
    elf_u64 sh_size;
    uint32_t sh_link;
    uint32_t sh_info;
    elf_u64 sh_addralign;
    elf_u64 sh_entsize;
} ELF_TABLE Elf64_Shdr;

#define STB_LOCAL  0
#define STB_GLOBAL 1
#define STB_WEAK   2

#define STT_NOTYPE    0
#define STT_OBJECT    1
#define STT_FUNC      2
#define STT_SECTION   3
#define STT_FILE      4
#define STT_COMMON    5
#define STT_TLS       6
#define STT_GNU_IFUNC 10

#define ELF64_ST_BIND(info) ((info) >> 4)
#define ELF64_ST_TYPE(info) ((info) & 0xf)

typedef struct elf_symbol {
    uint32_t st_name;
    uint8_t st_info;
    uint8_t st_other;
    uint16_t st_shndx;
    elf_u64 st_value;
    elf_u64 st_size;
} ELF_TABLE Elf64_Sym;

typedef struct {
    elf_u64 r_offset;
    elf_u64 r_info;
    elf_i64 r_addend;
} ELF_TABLE Elf64_Rela;

#define ELF64_R_SYM(info)  ((uint32_t)((info) >> 32))
#define ELF64_R_TYPE(info) ((uint32_t)(info))

_Static_assert(sizeof(Elf64_Ehdr) == 64, "gABI, ELF header");
_Static_assert(sizeof(Elf64_Phdr) == 56, "gABI, program header");
_Static_assert(sizeof(Elf64_Shdr) == 64, "gABI, section header");
_Static_assert(sizeof(Elf64_Sym) == 24, "gABI, symbol table");
_Static_assert(sizeof(Elf64_Rela) == 24, "gABI, relocation");
_Static_assert(_Alignof(Elf64_Shdr) == ELF_TABLE_ALIGN, "tables may lie at multiples of four");
_Static_assert(_Alignof(Elf64_Sym) == ELF_TABLE_ALIGN, "tables may lie at multiples of four");
_Static_assert(_Alignof(Elf64_Rela) == ELF_TABLE_ALIGN, "tables may lie at multiples of four");

#endif
