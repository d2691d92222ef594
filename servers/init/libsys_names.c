/*
 * Names of the functions of libsys: see libsys_names.h. The dynamic symbols end where their
 * strings begin (libsys/libsys.ld). The image is the kernel's, so it is trusted.
 */
#include "libsys_names.h"

#include "elf_format.h"
#include "init.h"
#include "memory.h"

enum { PAGES_MOST = 64 };

/* gABI, dynamic section; as far as it is used here. */
#define DT_NULL   0
#define DT_STRTAB 5
#define DT_SYMTAB 6

typedef struct {
    int64_t d_tag;
    uint64_t d_val;
} Elf64_Dyn;

/* Null if there are none. File offsets and addresses are the same, and aligned in the image. */
struct symbols {
    const Elf64_Sym *first, *end;
    const char *strings;
};

/* The loader tells every object where libsys lies. */
static const char *own_image(void)
{
    const char *image = (const char *)(uintptr_t)init.server.info->reserved[0];
    return image != NULL && memcmp(image, ELFMAG, SELFMAG) == 0 ? image : NULL;
}

static const Elf64_Dyn *find_dynamic(const char *image)
{
    const Elf64_Ehdr *header = (const void *)image;
    const Elf64_Phdr *segments = (const void *)(image + header->e_phoff);
    for (uint32_t i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_DYNAMIC) {
            return (const void *)(image + segments[i].p_offset);
        }
    }
    return NULL;
}

static struct symbols find_symbols(void)
{
    struct symbols symbols = {NULL, NULL, NULL};
    const char *image = own_image();
    const Elf64_Dyn *entry = image != NULL ? find_dynamic(image) : NULL;
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_SYMTAB) {
            symbols.first = (const void *)(image + entry->d_val);
        } else if (entry->d_tag == DT_STRTAB) {
            symbols.strings = image + entry->d_val;
            symbols.end = (const void *)symbols.strings;
        }
    }
    return symbols;
}

void libsys_put_name(struct text *text, uint64_t offset)
{
    struct symbols symbols = find_symbols();
    for (const Elf64_Sym *at = symbols.first; at != NULL && at + 1 <= symbols.end; at++) {
        if (ELF64_ST_TYPE(at->st_info) == STT_FUNC && offset - at->st_value < at->st_size) {
            TEXT_PUT(text, symbols.strings + at->st_name, "+");
            text_put_hex(text, offset - at->st_value, 1);
            text_put(text, " (libsys)");
            return;
        }
    }
    if (offset < (uint64_t)PAGES_MOST * LIMIT_PAGE_SIZE) {
        text_put(text, "libsys+");
        text_put_hex(text, offset, 1);
    } else {
        text_put(text, "unknown");
    }
}
