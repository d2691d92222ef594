/* The header of a toy program, checked. */
#include "c_string.h"
#include "personality.h"

static const char *defect(const struct toy_header *header, uint64_t file_size, uint64_t machine)
{
    if (header->machine != machine) {
        return "is built for another machine";
    }
    if (header->text_end % LIMIT_PAGE_SIZE != 0 || header->entry < TOY_BASE + sizeof(*header) ||
        header->entry >= header->text_end || header->text_end > header->data_end ||
        header->data_end > header->zero_end || header->zero_end > TOY_TOP - 2 * TOY_STACK) {
        return "has addresses out of order or of its range";
    }
    return header->data_end - TOY_BASE > file_size ? "is cut short" : "";
}

status_t toy_check(const struct toy_header *header, uint64_t file_size, uint64_t machine,
                   const char **why)
{
    if (file_size < sizeof(*header) || memcmp(header->magic, TOY_MAGIC, sizeof(header->magic))) {
        *why = "does not begin as a toy program";
        return STATUS_BAD_FORMAT;
    }
    *why = defect(header, file_size, machine);
    return **why == '\0' ? STATUS_OK : STATUS_REFUSED;
}
