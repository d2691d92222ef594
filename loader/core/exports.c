/*
 * The exports of libsys: validating the table and resolving imports against it.
 *
 * libsys is part of the system and not hostile, but a wrong build must be named here and not
 * crash the loader; and the host tool reads files that anybody may pass.
 */
#include "exports.h"

#include "bytes.h"
#include "elf_format.h"

_Static_assert(sizeof(struct sinter_export_table) == 32, "binary interface");
_Static_assert(sizeof(struct sinter_export) == 16, "binary interface");

struct image {
    const char *name;
    const uint8_t *bytes;
    uint64_t size;
    struct refusal *refusal;
};

static bool refuse_exports(const struct image *image, const char *why)
{
    return refusal_write(image->refusal, REFUSAL_EXPORTS, image->name,
                         "its table of exports (%s) %s", SINTER_EXPORTS_SYMBOL, why);
}

static bool in_image(const struct image *image, uint64_t offset, uint64_t size)
{
    return offset <= image->size && size <= image->size - offset;
}

static bool read_sections(const struct image *image, Elf64_Ehdr *header)
{
    if (image->size < sizeof(*header) || memcmp(image->bytes, ELFMAG, SELFMAG) != 0) {
        return refuse_exports(image, "cannot be found: not an ELF file");
    }
    memcpy(header, image->bytes, sizeof(*header));
    uint64_t bytes = (uint64_t)header->e_shnum * sizeof(Elf64_Shdr);
    if (header->e_shentsize != sizeof(Elf64_Shdr) || !in_image(image, header->e_shoff, bytes)) {
        return refuse_exports(image, "cannot be found: no section headers");
    }
    return true;
}

static Elf64_Shdr read_section(const struct image *image, const Elf64_Ehdr *header, uint32_t index)
{
    Elf64_Shdr section;
    memcpy(&section, image->bytes + header->e_shoff + (uint64_t)index * sizeof(section),
           sizeof(section));
    return section;
}

/* Is the string at `offset` of the table the wanted one, with its NUL? */
static bool string_is(const struct image *image, const Elf64_Shdr *strings, uint32_t offset,
                      const char *wanted)
{
    uint64_t bytes = strlen(wanted) + 1;
    return offset < strings->sh_size && bytes <= strings->sh_size - offset &&
           memcmp(image->bytes + strings->sh_offset + offset, wanted, bytes) == 0;
}

static bool find_in_symbols(const struct image *image, const Elf64_Shdr *symbols,
                            const Elf64_Shdr *strings, uint64_t *value)
{
    if (!in_image(image, symbols->sh_offset, symbols->sh_size) ||
        !in_image(image, strings->sh_offset, strings->sh_size)) {
        return false;
    }
    for (uint64_t i = 0; i < symbols->sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, image->bytes + symbols->sh_offset + i * sizeof(symbol), sizeof(symbol));
        if (symbol.st_shndx != SHN_UNDEF &&
            string_is(image, strings, symbol.st_name, SINTER_EXPORTS_SYMBOL)) {
            *value = symbol.st_value;
            return true;
        }
    }
    return false;
}

bool exports_find(const char *name, const void *bytes, size_t size, uint64_t *table_offset,
                  struct refusal *refusal)
{
    struct image image = {name, bytes, size, refusal};
    Elf64_Ehdr header;
    if (!read_sections(&image, &header)) {
        return false;
    }
    for (uint32_t i = 0; i < header.e_shnum; i++) {
        Elf64_Shdr symbols = read_section(&image, &header, i);
        if (symbols.sh_type != SHT_DYNSYM || symbols.sh_link >= header.e_shnum) {
            continue;
        }
        Elf64_Shdr strings = read_section(&image, &header, symbols.sh_link);
        if (find_in_symbols(&image, &symbols, &strings, table_offset)) {
            return true;
        }
    }
    return refuse_exports(&image, "is not among its dynamic symbols");
}

static bool check_entries(const struct image *image, const struct exports *exports)
{
    for (uint32_t i = 0; i < exports->count; i++) {
        const struct sinter_export *entry = &exports->entries[i];
        if (entry->name >= exports->strings_bytes) {
            return refuse_exports(image, "has a name outside its strings");
        }
        if (entry->address >= image->size) {
            return refuse_exports(image, "has an address outside the image");
        }
    }
    return true;
}

static bool check_table(const struct image *image, uint64_t offset,
                        const struct sinter_export_table *table)
{
    uint64_t room = image->size - offset;
    uint64_t entries = (uint64_t)table->count * sizeof(struct sinter_export);
    if (table->magic != SINTER_EXPORTS_MAGIC || table->format != SINTER_EXPORTS_FORMAT) {
        return refuse_exports(image, "has another magic number or format");
    }
    if (entries > room - sizeof(*table) || table->strings > room ||
        table->strings_bytes > room - table->strings || table->strings_bytes == 0 ||
        table->release >= table->strings_bytes || table->lowest_minor > table->highest_minor) {
        return refuse_exports(image, "is larger than the image, or inconsistent");
    }
    const uint8_t *strings = image->bytes + offset + table->strings;
    if (strings[table->strings_bytes - 1] != '\0') {
        return refuse_exports(image, "has strings that do not end with NUL");
    }
    return true;
}

bool exports_open(struct exports *exports, const char *name, const void *bytes, size_t size,
                  uint64_t table_offset, uint64_t base, struct refusal *refusal)
{
    struct image image = {name, bytes, size, refusal};
    struct sinter_export_table table;
    *refusal = (struct refusal){.code = REFUSAL_NONE};
    if (!in_image(&image, table_offset, sizeof(table))) {
        return refuse_exports(&image, "lies outside the image");
    }
    const uint8_t *start = image.bytes + table_offset;
    if ((uintptr_t)start % _Alignof(struct sinter_export) != 0) {
        return refuse_exports(&image, "is not aligned");
    }
    memcpy(&table, start, sizeof(table));
    if (!check_table(&image, table_offset, &table)) {
        return false;
    }
    *exports = (struct exports){
        .entries = (const struct sinter_export *)(const void *)(start + sizeof(table)),
        .strings = (const char *)start + table.strings,
        .release = (const char *)start + table.strings + table.release,
        .base = base,
        .count = table.count,
        .strings_bytes = table.strings_bytes,
        .major = table.major,
        .lowest_minor = table.lowest_minor,
        .highest_minor = table.highest_minor,
    };
    return check_entries(&image, exports);
}

/* Have both the same name and version? */
static bool entry_is(const struct exports *exports, const struct sinter_export *entry,
                     const struct object_import *import)
{
    uint64_t room = exports->strings_bytes - entry->name;
    const char *name = exports->strings + entry->name;
    return entry->major == import->major && entry->minor == import->minor &&
           import->name_length < room && name[import->name_length] == '\0' &&
           memcmp(name, import->name, import->name_length) == 0;
}

static bool is_newer(const struct exports *exports, const struct object_import *import)
{
    return import->major > exports->major ||
           (import->major == exports->major && import->minor > exports->highest_minor);
}

enum object_binding_result exports_resolve(void *context, const struct object_import *import,
                                           struct object_binding *binding)
{
    const struct exports *exports = context;
    *binding = (struct object_binding){
        .major = exports->major,
        .lowest_minor = exports->lowest_minor,
        .highest_minor = exports->highest_minor,
        .release = exports->release,
    };
    for (uint32_t i = 0; i < exports->count; i++) {
        const struct sinter_export *entry = &exports->entries[i];
        if (entry->fingerprint == import->fingerprint && entry_is(exports, entry, import)) {
            binding->address = exports->base + entry->address;
            return OBJECT_BOUND;
        }
    }
    for (uint32_t i = 0; i < exports->count; i++) {
        if (entry_is(exports, &exports->entries[i], import)) {
            binding->fingerprint = exports->entries[i].fingerprint;
            return OBJECT_FINGERPRINT;
        }
    }
    return is_newer(exports, import) ? OBJECT_NEWER : OBJECT_UNKNOWN;
}
