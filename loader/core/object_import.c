/*
 * Imports: names of the form NAME@SYS_MAJOR.MINOR.FINGERPRINT, or with `$` for `@`, are parsed
 * into their parts and bound by the caller's resolver. Names without a version are what
 * compilers call by themselves.
 */
#include "object_internal.h"

#define VERSION_PREFIX "SYS_"

enum {
    FINGERPRINT_DIGITS = 8,
    VERSION_MAX = 0xffff,
    IMPORT_MAX = OBJECT_NAME_MAX + sizeof("@SYS_65535.65535.01234567"),
};

/* Decimal without leading zeros, up to VERSION_MAX; returns the end, or NULL. */
static const char *parse_decimal(const char *at, uint16_t *number)
{
    uint32_t value = 0;
    const char *start = at;
    for (; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (uint32_t)(*at - '0');
        if (value > VERSION_MAX) {
            return NULL;
        }
    }
    if (at == start || (*start == '0' && at - start > 1)) {
        return NULL;
    }
    *number = (uint16_t)value;
    return at;
}

static const char *parse_fingerprint(const char *at, uint32_t *fingerprint)
{
    uint32_t value = 0;
    for (int i = 0; i < FINGERPRINT_DIGITS; i++, at++) {
        if (*at >= '0' && *at <= '9') {
            value = value << 4 | (uint32_t)(*at - '0');
        } else if (*at >= 'a' && *at <= 'f') {
            value = value << 4 | (uint32_t)(*at - 'a' + 10);
        } else {
            return NULL;
        }
    }
    *fingerprint = value;
    return at;
}

/* The separator: the first `@`, or the last `$` in front of a version. NULL: none. */
static const char *find_separator(const char *name)
{
    const char *found = NULL;
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '@') {
            return at;
        }
        if (*at == '$' && text_begins(at + 1, VERSION_PREFIX)) {
            found = at;
        }
    }
    return found;
}

enum import_name_result import_parse(const char *name, struct object_import *import)
{
    *import = (struct object_import){.name = name};
    size_t length = text_length(name, IMPORT_MAX);
    if (length == IMPORT_MAX) {
        return IMPORT_NAME_BAD;
    }
    const char *separator = find_separator(name);
    length = separator == NULL ? length : (size_t)(separator - name);
    *import = (struct object_import){.name = name, .name_length = (uint32_t)length};
    if (length == 0 || length > OBJECT_NAME_MAX) {
        return IMPORT_NAME_BAD;
    }
    if (separator == NULL) {
        return IMPORT_NAME_PLAIN;
    }
    const char *at = separator + 1;
    if (!text_begins(at, VERSION_PREFIX)) {
        return IMPORT_NAME_BAD;
    }
    at = parse_decimal(at + strlen(VERSION_PREFIX), &import->major);
    if (at == NULL || *at != '.') {
        return IMPORT_NAME_BAD;
    }
    at = parse_decimal(at + 1, &import->minor);
    if (at == NULL || *at != '.') {
        return IMPORT_NAME_BAD;
    }
    at = parse_fingerprint(at + 1, &import->fingerprint);
    return at != NULL && *at == '\0' ? IMPORT_NAME_VERSIONED : IMPORT_NAME_BAD;
}

static struct object_import import_of_symbol(const struct object *object, uint32_t symbol_index)
{
    struct object_import import;
    const Elf64_Sym *symbol = symbol_entry(object, symbol_index);
    import_parse(symbol_name(object, symbol), &import);
    import.weak = ELF64_ST_BIND(symbol->st_info) == STB_WEAK;
    return import;
}

struct object_import object_import(const struct object *object, uint32_t index)
{
    return import_of_symbol(object, object->imports[index]);
}

static bool is_versioned(const struct object_import *import)
{
    return import->major != 0 || import->minor != 0 || import->fingerprint != 0;
}

static bool refuse_unknown(struct object *object, const struct object_import *import,
                           const struct object_binding *binding)
{
    int length = (int)import->name_length;
    const char *release = binding->release == NULL ? "unknown" : binding->release;
    if (!is_versioned(import)) {
        return refuse(object, REFUSAL_IMPORT_UNKNOWN,
                      "needs %.*s, which neither the object nor this system (release %s) defines. "
                      "Link the file that defines it with ld -r, or include its header.",
                      length, import->name, release);
    }
    return refuse(object, REFUSAL_IMPORT_UNKNOWN,
                  "needs %.*s@SYS_%u.%u, which this system (SYS_%u.%u to SYS_%u.%u, release %s) "
                  "does not have. Rebuild with the headers of an SDK up to %s.",
                  length, import->name, import->major, import->minor, binding->major,
                  binding->lowest_minor, binding->major, binding->highest_minor, release, release);
}

static bool refuse_newer(struct object *object, const struct object_import *import,
                         const struct object_binding *binding)
{
    const char *release = binding->release == NULL ? "unknown" : binding->release;
    char sdk[48] = "";
    if (object->meta.sdk != 0) {
        text_format(sdk, sizeof(sdk), "Built with SDK %u.%u: r", object->meta.sdk >> 16,
                    object->meta.sdk & 0xffff);
    }
    return refuse(object, REFUSAL_IMPORT_NEWER,
                  "needs %.*s@SYS_%u.%u; this system provides SYS_%u.%u to SYS_%u.%u (release "
                  "%s). %sebuild with an SDK up to %s, or update the system.",
                  (int)import->name_length, import->name, import->major, import->minor,
                  binding->major, binding->lowest_minor, binding->major, binding->highest_minor,
                  release, sdk[0] == '\0' ? "R" : sdk, release);
}

static bool refuse_fingerprint(struct object *object, const struct object_import *import,
                               const struct object_binding *binding)
{
    return refuse(object, REFUSAL_IMPORT_FINGERPRINT,
                  "needs %.*s@SYS_%u.%u with fingerprint %08x; this system has it with %08x. Built "
                  "with edited headers, or with those of an unreleased SDK?",
                  (int)import->name_length, import->name, import->major, import->minor,
                  import->fingerprint, binding->fingerprint);
}

static bool bind_import(struct object *object, uint32_t symbol, object_resolver *resolver,
                        void *context)
{
    struct object_symbol *state = &object->symbol_states[symbol];
    struct object_import import = import_of_symbol(object, symbol);
    struct object_binding binding = {.address = 0};
    enum object_binding_result result = resolver(context, &import, &binding);
    state->flags &= ~SYMBOL_ABSENT;
    state->address = 0;
    if (result == OBJECT_BOUND) {
        state->address = binding.address;
        return true;
    }
    if (import.weak) {
        state->flags |= SYMBOL_ABSENT;
        return true;
    }
    switch (result) {
    case OBJECT_NEWER:
        return refuse_newer(object, &import, &binding);
    case OBJECT_FINGERPRINT:
        return refuse_fingerprint(object, &import, &binding);
    default:
        return refuse_unknown(object, &import, &binding);
    }
}

bool imports_bind(struct object *object, object_resolver *resolver, void *context)
{
    for (uint32_t i = 0; i < object->import_count; i++) {
        if (!bind_import(object, object->imports[i], resolver, context)) {
            return false;
        }
    }
    return true;
}
