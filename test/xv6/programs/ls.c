/* ls [PATH]...: of a file, or of each entry of a directory: name, type (1 directory, 2 file,
 * 3 device), number of the inode, links, size. */

#include "xv6.h"

static void show(const char *name, const struct stat *status)
{
    print(1, "%s %d %u %d %lu\n", name, status->type, status->ino, status->nlink, status->size);
}

static int show_entry(const char *directory, const struct dirent *entry)
{
    char path[PATH_MOST + NAME_MOST + 2], *name = path + strlen(directory);
    struct stat status;

    strcpy(path, directory);
    *name++ = '/';
    memcpy(name, entry->name, NAME_MOST);
    name[NAME_MOST] = '\0';
    if (path_stat(path, &status) < 0) {
        print(2, "ls: %s: cannot open\n", path);
        return 1;
    }
    show(name, &status);
    return 0;
}

static int list(const char *path)
{
    struct dirent entry;
    struct stat status;
    int failed = 0, file = open(path, O_RDONLY);

    if (strlen(path) >= PATH_MOST || file < 0 || fstat(file, &status) < 0) {
        print(2, "ls: %s: cannot open\n", path);
        return 1;
    }
    if (status.type != T_DIR) {
        show(path, &status);
    }
    while (status.type == T_DIR && read(file, &entry, sizeof(entry)) == sizeof(entry)) {
        if (entry.inum != 0) {
            failed |= show_entry(path, &entry);
        }
    }
    close(file);
    return failed;
}

int main(int argument_count, char **arguments)
{
    int failed = argument_count == 1 ? list(".") : 0;

    for (int i = 1; i < argument_count; i++) {
        failed |= list(arguments[i]);
    }
    return failed;
}
