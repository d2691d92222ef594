/*
 * Any bytes as the beginning of a file that somebody starts: what is read of them stays in bounds,
 * is text, and comes out of the first line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "program_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct program_head head;
    char *bytes = malloc(PROGRAM_HEAD_SIZE);
    size_t used = size < PROGRAM_HEAD_SIZE ? size : PROGRAM_HEAD_SIZE;
    check(bytes != NULL);
    if (used > 0) {
        memcpy(bytes, data, used);
    }
    program_head_read(&head, bytes, used);
    size_t words = strlen(head.interpreter) + strlen(head.argument);
    check(words < PROGRAM_HEAD_SIZE);
    check(words == 0 || head.form == PROGRAM_SCRIPT);
    check(head.argument[0] == '\0' || head.interpreter[0] != '\0');
    check(strpbrk(head.interpreter, " \t\n") == NULL && strchr(head.argument, '\n') == NULL);
    free(bytes);
    return 0;
}
