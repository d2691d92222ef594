/* help: the builtins of the shell, and the programs in /boot as their notes describe them. */
#include <fcntl.h>
#include <sinter/object.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "note.h"
#include "note_reader.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("help", "help: lists the programs");

#define PROGRAM_LIMIT 128
#define PATH_SIZE     300

static const char folder[] = "/boot";
static struct note_summary programs[PROGRAM_LIMIT];
static size_t program_count;

static void look_at(const char *name)
{
    char path[PATH_SIZE];
    struct note_summary *summary = &programs[program_count];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return;
    }
    if (note_read(file, summary) && summary->kind == KIND_PROGRAM) {
        program_count++;
    }
    (void)close(file);
}

static int compare(const void *left, const void *right)
{
    return strcmp(((const struct note_summary *)left)->name,
                  ((const struct note_summary *)right)->name);
}

int main(void)
{
    struct directory_entry entry;
    int directory = open(folder, O_RDONLY | O_DIRECTORY);
    if (directory < 0) {
        return tool_fail("help", folder);
    }
    while (program_count < PROGRAM_LIMIT && directory_read(directory, &entry) == 1) {
        look_at(entry.name);
    }
    qsort(programs, program_count, sizeof(programs[0]), compare);
    printf(
        "In the shell: . [ break cd continue echo exit export false history jobs kill pwd read\n"
        "set shift source test true unset wait; if while until for { } ( ) | & && || ; < > >>\n");
    for (size_t i = 0; i < program_count; i++) {
        printf("  %s\n", programs[i].description);
    }
    return fflush(stdout) == 0 ? 0 : tool_fail("help", "output");
}
