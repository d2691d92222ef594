/*
 * sinter-object: what the loader will say about an object, on the host.
 *
 *     sinter-object show FILE                        prints note, imports, sections, groups
 *     sinter-object check FILE [--libsys LIBSYS.SO]  checks it as the loader would
 *
 * `check` runs the loader's own code up to the point of writing, and prints its refusal.
 * Without --libsys, any well-formed import counts as present. Exit status: 0 accepted, 1 refused,
 * 2 wrong use or unreadable file.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sinter/object.h>

#include "elf_format.h"
#include "exports.h"
#include "object.h"
#include "object_internal.h"
#include "shapes.h"

enum exit_status { EXIT_ACCEPTED = 0, EXIT_REFUSED = 1, EXIT_TROUBLE = 2 };

struct file {
    const char *name; /* without folders */
    void *bytes;
    size_t size;
};

/* Addresses to check with: groups in a row, and libsys far from them, as on the target. */
#define CHECK_BASE   0x40000000u
#define CHECK_LIBSYS 0x3000000000u

static int usage(void)
{
    fputs("usage: sinter-object show FILE\n"
          "       sinter-object check FILE [--libsys LIBSYS.SO]\n",
          stderr);
    return EXIT_TROUBLE;
}

static bool read_whole(FILE *stream, struct file *file)
{
    long size;
    if (fseek(stream, 0, SEEK_END) != 0 || (size = ftell(stream)) < 0) {
        return false;
    }
    rewind(stream);
    file->size = (size_t)size;
    file->bytes = malloc(file->size + 1);
    return file->bytes != NULL && fread(file->bytes, 1, file->size, stream) == file->size;
}

static bool read_file(const char *path, struct file *file)
{
    const char *slash = strrchr(path, '/');
    *file = (struct file){.name = slash == NULL ? path : slash + 1};
    FILE *stream = fopen(path, "rb");
    bool good = stream != NULL && read_whole(stream, file);
    if (stream != NULL) {
        fclose(stream);
    }
    if (!good) {
        perror(path);
    }
    return good;
}

/* The machine that the file claims; what is neither is left to the core to refuse. */
static enum object_machine machine_of(const struct file *file)
{
    Elf64_Ehdr header;
    if (file->size < sizeof(header)) {
        return OBJECT_RISCV64;
    }
    memcpy(&header, file->bytes, sizeof(header));
    return header.e_machine == EM_AARCH64 ? OBJECT_AARCH64 : OBJECT_RISCV64;
}

static int refused(const struct refusal *refusal)
{
    printf("%s\n", refusal->text);
    return EXIT_REFUSED;
}

static bool open_object(const struct file *file, struct object *object, struct refusal *refusal)
{
    size_t size = object_workspace_size(file->bytes, file->size);
    void *workspace = malloc(size);
    if (workspace == NULL) {
        perror(file->name);
        exit(EXIT_TROUBLE);
    }
    return object_open(object, file->name, file->bytes, file->size, machine_of(file), workspace,
                       size, refusal) &&
           object_layout(object, 0, refusal);
}

static void show_text(const char *what, const char *text)
{
    if (text != NULL) {
        printf("%-12s %s\n", what, text);
    }
}

static void show_texts(const char *what, const struct object_texts *texts)
{
    for (uint32_t i = 0; i < texts->count; i++) {
        show_text(what, texts->text[i]);
    }
}

static void show_number(const char *what, uint32_t number, const char *unit)
{
    if (number != 0) {
        printf("%-12s %" PRIu32 "%s\n", what, number, unit);
    }
}

static void show_choice(const char *what, uint32_t value, const char *const *names)
{
    if (value != 0) {
        show_text(what, names[value]);
    }
}

static void show_resources(uint32_t resources)
{
    static const char *const names[] = {"registers",  "interrupts", "dma",  "firmware",
                                        "devicetree", "console",    "debug"};
    if (resources == 0) {
        return;
    }
    printf("%-12s", "resources");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((resources >> i & 1) != 0) {
            printf(" %s", names[i]);
        }
    }
    printf("\n");
}

static void show_note(const struct object_meta *meta)
{
    static const char *const kinds[] = {
        [KIND_DRIVER] = "driver",
        [KIND_SERVICE] = "service",
        [KIND_PERSONALITY] = "personality",
        [KIND_PROGRAM] = "program",
    };
    static const char *const restarts[] = {
        [RESTART_NEVER] = "never",
        [RESTART_STATELESS] = "stateless",
        [RESTART_REPLAY] = "replay",
        [RESTART_STATE] = "state",
    };
    show_text("name", meta->name);
    show_choice("kind", meta->kind, kinds);
    show_text("version", meta->version);
    show_text("author", meta->author);
    show_text("licence", meta->licence);
    show_text("description", meta->description);
    show_texts("provides", &meta->provides);
    show_texts("consumes", &meta->consumes);
    show_texts("device", &meta->devices);
    show_text("path", meta->path);
    show_resources(meta->resources);
    show_choice("restart", meta->restart, restarts);
    show_number("priority", meta->priority, "");
    show_number("stack", meta->stack, " bytes");
    show_number("memory", meta->memory, " pages");
    show_number("heartbeat", meta->heartbeat, " ms");
    if (meta->sdk != 0) {
        printf("%-12s %u.%u\n", "sdk", meta->sdk >> 16, meta->sdk & 0xffff);
    }
}

static void show_imports(const struct object *object)
{
    for (uint32_t i = 0; i < object->import_count; i++) {
        struct object_import import = object_import(object, i);
        printf("%-12s %.*s", "import", (int)import.name_length, import.name);
        if (import.major != 0 || import.minor != 0 || import.fingerprint != 0) {
            printf("@SYS_%u.%u.%08" PRIx32, import.major, import.minor, import.fingerprint);
        }
        printf("%s\n", import.weak ? " (weak)" : "");
    }
}

static void show_shapes(const struct object *object)
{
    uint64_t cursor = 0;
    struct object_shape_record record;
    while (object_next_shape(object, &cursor, &record)) {
        printf("%-12s %s SYS_%u.%u size %" PRIu32 " align %" PRIu32 " members %" PRIu32 "\n",
               "shape", record.name, record.major, record.minor, record.size, record.align,
               record.member_count);
    }
}

static void show_sections(const struct object *object)
{
    static const char *const groups[] = {"text", "rodata", "data"};
    for (uint32_t i = 0; i < object->section_count + EXTRA_SECTIONS; i++) {
        const struct object_section *section = &object->sections[i];
        if (section_is_loaded(section) && section->loaded != 0) {
            printf("%-12s %-6s 0x%06" PRIx64 " %8" PRIu32 " align %-5" PRIu32 " %s%s\n", "section",
                   groups[section->group], section_place(object, i), section->loaded,
                   section->align, section_name(object, i),
                   section->kind == SECTION_TLS ? " (thread-local)" : "");
        }
    }
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        printf("%-12s %-6s %" PRIu64 " bytes, %" PRIu64 " with content\n", "group", groups[i],
               object->group[i].size, object->group[i].content);
    }
}

static int show(const struct file *file)
{
    struct object object;
    struct refusal refusal;
    if (!open_object(file, &object, &refusal)) {
        return refused(&refusal);
    }
    show_note(&object.meta);
    show_imports(&object);
    show_shapes(&object);
    show_sections(&object);
    return EXIT_ACCEPTED;
}

static enum object_binding_result accept_any(void *context, const struct object_import *import,
                                             struct object_binding *binding)
{
    (void)context;
    (void)import;
    binding->address = CHECK_LIBSYS;
    return OBJECT_BOUND;
}

static bool check_object(const struct file *file, object_resolver *resolver, void *context,
                         struct refusal *refusal)
{
    struct object object;
    uint64_t address[OBJECT_GROUPS];
    uint64_t at = CHECK_BASE;
    if (!open_object(file, &object, refusal)) {
        return false;
    }
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        at = align_up(at, object.group[i].align);
        address[i] = at;
        at += object.group[i].size;
    }
    size_t shape_count;
    const struct object_shape *shapes = shapes_known(&shape_count);
    return object_check_shapes(&object, shapes, shape_count, refusal) &&
           object_place(&object, address, refusal) &&
           object_check(&object, resolver, context, refusal);
}

static int check(const struct file *file, const char *libsys)
{
    struct refusal refusal;
    struct exports exports;
    struct file library;
    uint64_t table;
    object_resolver *resolver = accept_any;
    if (libsys != NULL) {
        if (!read_file(libsys, &library)) {
            return EXIT_TROUBLE;
        }
        if (!exports_find(library.name, library.bytes, library.size, &table, &refusal) ||
            !exports_open(&exports, library.name, library.bytes, library.size, table, CHECK_LIBSYS,
                          &refusal)) {
            fprintf(stderr, "%s\n", refusal.text);
            return EXIT_TROUBLE;
        }
        resolver = exports_resolve;
    }
    if (!check_object(file, resolver, &exports, &refusal)) {
        return refused(&refusal);
    }
    printf("%s: accepted\n", file->name);
    return EXIT_ACCEPTED;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"libsys", required_argument, NULL, 'l'},
                                            {NULL, 0, NULL, 0}};
    const char *libsys = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "l:", options, NULL)) != -1) {
        if (option != 'l') {
            return usage();
        }
        libsys = optarg;
    }
    struct file file;
    if (argc - optind != 2) {
        return usage();
    }
    bool is_check = strcmp(argv[optind], "check") == 0;
    if (!is_check && (strcmp(argv[optind], "show") != 0 || libsys != NULL)) {
        return usage();
    }
    if (!read_file(argv[optind + 1], &file)) {
        return EXIT_TROUBLE;
    }
    return is_check ? check(&file, libsys) : show(&file);
}
