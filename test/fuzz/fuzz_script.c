/*
 * Fuzzes the script language: any bytes give statements or errors that keep their bounds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"
#include "script_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static size_t bounded_length(const char *text, size_t size)
{
    const char *end = memchr(text, '\0', size);
    require(end != NULL);
    return (size_t)(end - text);
}

static void check_error(void *context, uint32_t line, const char *error)
{
    (void)context;
    require(line > 0);
    require(bounded_length(error, SCRIPT_ERROR) > 0);
}

/* The arguments are exactly `count` texts in `bytes` bytes. */
static void check_arguments(const struct script_arguments *arguments)
{
    uint32_t found = 0;
    require(arguments->bytes <= SCRIPT_TEXT && arguments->count <= SCRIPT_ARGUMENTS);
    for (uint32_t i = 0; i < arguments->bytes; i++) {
        found += arguments->text[i] == '\0';
    }
    require(found == arguments->count);
    require(arguments->bytes == 0 || arguments->text[arguments->bytes - 1] == '\0');
}

static void check_statement(const struct script_statement *statement)
{
    require(statement->verb > SCRIPT_EMPTY && statement->verb < SCRIPT_VERBS);
    (void)bounded_length(statement->name, sizeof(statement->name));
    (void)bounded_length(statement->path, sizeof(statement->path));
    (void)bounded_length(statement->options.object, sizeof(statement->options.object));
    (void)bounded_length(statement->options.alias, sizeof(statement->options.alias));
    (void)bounded_length(statement->options.other, sizeof(statement->options.other));
    require(statement->options.priority <= 31);
    require(statement->fault <= 4);
    check_arguments(&statement->options.arguments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct script_statement statements[SCRIPT_STATEMENTS];
    char *text = malloc(size == 0 ? 1 : size); /* no larger, so that reading beyond it is seen */
    require(text != NULL);
    memcpy(text, data, size);
    size_t count = script_parse(text, size, statements, check_error, NULL);
    require(count <= SCRIPT_STATEMENTS);
    for (size_t i = 0; i < count; i++) {
        check_statement(&statements[i]);
    }
    (void)script_check(text, size, statements, check_error, NULL);
    free(text);
    return 0;
}
