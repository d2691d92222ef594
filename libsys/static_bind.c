/* Fills the slots of static_imports.S from libsys' table of exports. Calls nothing. */
#include "static_bind.h"

#include <sinter/object.h>

#include "libsys_image.h"

static int same_text(const char *left, const char *right)
{
    while (*left == *right && *left != '\0') {
        left++;
        right++;
    }
    return *left == *right;
}

/* Offset of the export in libsys, or 0. */
static uint32_t find(const struct sinter_export_table *table, const struct static_import *wanted)
{
    const struct sinter_export *exports = (const struct sinter_export *)(table + 1);
    const char *strings = (const char *)table + table->strings;
    for (uint32_t i = 0; i < table->count; i++) {
        if (exports[i].fingerprint == wanted->fingerprint && exports[i].major == wanted->major &&
            exports[i].minor == wanted->minor &&
            same_text(&strings[exports[i].name], wanted->name)) {
            return exports[i].address;
        }
    }
    return 0;
}

status_t static_bind(const void *libsys)
{
    const struct sinter_export_table *table =
        (const struct sinter_export_table *)((const char *)libsys + EXPORTS_OFFSET);
    status_t status = STATUS_OK;
    if (table->magic != SINTER_EXPORTS_MAGIC || table->format != SINTER_EXPORTS_FORMAT) {
        return STATUS_BAD_FORMAT;
    }
    for (unsigned i = 0; i < static_import_count; i++) {
        uint32_t offset = find(table, &static_imports[i]);
        if (offset == 0) {
            status = STATUS_NOT_FOUND;
        } else {
            static_import_slots[i] = (uint64_t)(uintptr_t)libsys + offset;
        }
    }
    return status;
}
