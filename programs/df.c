/* df PATH...: room in the file systems of these files, in KiB. */
#include <errno.h>
#include <stdio.h>

#include <sinter/protocol/file.h>

#include "note.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("df", "df PATH...: room in the file systems of these files");

#define KIBI 1024

static int show(const char *path)
{
    handle_t file;
    uint64_t total = 0;
    uint64_t unused = 0;
    status_t status = path_open(path, 0, NULL, &file);
    if (status == STATUS_OK) {
        status = file_space(file, &total, &unused);
        status_ignore(handle_close(file));
    }
    if (status == STATUS_UNSUPPORTED || status == STATUS_BAD_METHOD) {
        fprintf(stderr, "df: %s: is in no file system that has room for files\n", path);
        return 1;
    }
    if (status != STATUS_OK) {
        errno = status_errno(status);
        return tool_fail("df", path);
    }
    printf("%10lu %10lu %10lu  %s\n", (unsigned long)(total / KIBI),
           (unsigned long)((total - unused) / KIBI), (unsigned long)(unused / KIBI), path);
    return 0;
}

int main(int count, char **words)
{
    int result = 0;
    if (count < 2) {
        return tool_usage("df PATH...");
    }
    printf("%10s %10s %10s  %s\n", "KiB", "used", "free", "path");
    for (int i = 1; i < count; i++) {
        result |= show(words[i]);
    }
    return result;
}
