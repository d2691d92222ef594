/* Reading program_head.h. Elf64_Ehdr: 4 bytes of magic, e_type in two bytes at 16. */
#include "program_head.h"

#include <string.h>

#define ELF_MAGIC       "\177ELF"
#define ELF_TYPE_OFFSET 16
#define ELF_TYPE_END    18
#define ELF_TYPE_REL    1 /* ET_REL */
#define SCRIPT_MAGIC    "#!"

static bool starts_with(const char *bytes, size_t size, const char *magic)
{
    size_t length = strlen(magic);
    return size >= length && memcmp(bytes, magic, length) == 0;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Takes the bytes from *at to `end`, without blanks around them. */
static void take(char *to, const char *at, const char *end)
{
    while (end > at && is_blank(end[-1])) {
        end--;
    }
    memcpy(to, at, (size_t)(end - at));
    to[end - at] = '\0';
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at)) {
        at++;
    }
    return at;
}

/* The line that begins at `at`, behind `#!`. A zero byte is part of no name. */
static void read_line(struct program_head *head, const char *at, const char *end)
{
    if (memchr(at, '\0', (size_t)(end - at)) != NULL) {
        return;
    }
    const char *word = skip_blanks(at, end);
    const char *behind = word;
    while (behind < end && !is_blank(*behind)) {
        behind++;
    }
    take(head->interpreter, word, behind);
    take(head->argument, skip_blanks(behind, end), end);
}

void program_head_read(struct program_head *head, const char *bytes, size_t size)
{
    head->interpreter[0] = '\0';
    head->argument[0] = '\0';
    head->form = PROGRAM_FOREIGN;
    if (starts_with(bytes, size, SCRIPT_MAGIC)) {
        const char *line = bytes + strlen(SCRIPT_MAGIC);
        const char *end = memchr(bytes, '\n', size);
        bool is_cut = end == NULL && size >= PROGRAM_HEAD_SIZE;
        head->form = PROGRAM_SCRIPT;
        if (!is_cut) {
            read_line(head, line, end != NULL ? end : bytes + size);
        }
        return;
    }
    bool is_object = starts_with(bytes, size, ELF_MAGIC) && size >= ELF_TYPE_END &&
                     bytes[ELF_TYPE_OFFSET] == ELF_TYPE_REL && bytes[ELF_TYPE_OFFSET + 1] == 0;
    if (is_object || size == 0) {
        head->form = PROGRAM_OBJECT;
    }
}
