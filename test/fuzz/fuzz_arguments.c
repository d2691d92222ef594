/*
 * libFuzzer: arguments that somebody sent, counted and led through a script line. Whatever they
 * are, nothing outside is read, and what was whole stays whole.
 */
#include <stdint.h>
#include <string.h>

#include "arguments.h"
#include "host_require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first bytes: two counts, then the line, then the texts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char texts[ARGUMENT_BYTES];
    char reason[SCRIPT_LINE_REASON];
    struct script_line script;
    if (size < 3) {
        return 0;
    }
    size_t line = data[2] < size - 3 ? data[2] : size - 3;
    size_t bytes = size - 3 - line < ARGUMENT_BYTES ? size - 3 - line : ARGUMENT_BYTES;
    char *copy =
        malloc(bytes + (bytes == 0)); /* of its own size, so that a read beyond it is seen */
    require(copy != NULL);
    memcpy(copy, data + 3 + line, bytes);
    struct arguments arguments = {data[0] % 4, data[1] % 4, copy, bytes};
    bool whole = arguments_are_whole(&arguments);
    if (script_line_parse((const char *)data + 3, (uint32_t)line, &script, reason) == STATUS_OK &&
        arguments_of_script(&arguments, &script, "/script", texts) == STATUS_OK) {
        require(arguments.texts == texts && arguments.bytes <= ARGUMENT_BYTES);
        require(!whole || arguments_are_whole(&arguments));
        require(strlen(texts) == script.interpreter_length);
    }
    free(copy);
    return 0;
}
