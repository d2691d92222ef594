/*
 * libFuzzer: a header of a toy program is refused with a reason, or keeps to the limits. The first
 * byte chooses whether magic and machine are made right; the second is how many pages the file has.
 */
#include <string.h>

#include "host_require.h"
#include "personality.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MACHINE = 243 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct toy_header header;
    const char *why = NULL;
    if (size < 2 + sizeof(header)) {
        return 0;
    }
    uint64_t bytes = data[1] * PAGE;
    memcpy(&header, data + 2, sizeof(header));
    if ((data[0] & 1) != 0) {
        memcpy(header.magic, TOY_MAGIC, sizeof(header.magic));
        header.machine = MACHINE;
        header.text_end &= ~(PAGE - 1);
    }
    status_t status = toy_check(&header, bytes, MACHINE, &why);
    require((status == STATUS_OK) == (*why == '\0'));
    if (status == STATUS_OK) {
        require(header.entry >= TOY_BASE + sizeof(header) && header.entry < header.text_end);
        require(header.text_end % PAGE == 0 && header.text_end <= header.data_end);
        require(header.data_end <= header.zero_end && header.zero_end < TOY_TOP - TOY_STACK);
        require(header.data_end - TOY_BASE <= bytes);
    } else {
        require(status == STATUS_BAD_FORMAT || status == STATUS_REFUSED);
    }
    return 0;
}
