/* Small helpers on files. */

#include "xv6.h"

int path_stat(const char *path, struct stat *status)
{
    int file = open(path, O_RDONLY);

    if (file < 0) {
        return -1;
    }
    int result = fstat(file, status);
    close(file);
    return result;
}

int read_line(int file, char *line, int room)
{
    int length = 0;

    while (length < room - 1 && read(file, &line[length], 1) == 1) {
        if (line[length++] == '\n') {
            break;
        }
    }
    line[length] = '\0';
    return length;
}
