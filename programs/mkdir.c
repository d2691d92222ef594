/* mkdir [-p] PATH...: makes directories; -p with those above, and without complaint if they exist.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("mkdir", "mkdir [-p] PATH...: makes directories");

#define MODE 0777

/* A directory that is there will do, also one where nothing can be made. */
static bool ensure(const char *path)
{
    struct stat found;
    if (mkdir(path, MODE) == 0) {
        return true;
    }
    int error = errno;
    bool is_there = stat(path, &found) == 0 && S_ISDIR(found.st_mode);
    errno = error;
    return is_there;
}

static int make_with_parents(char *path)
{
    char *end = path;
    do {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char next = *end;
        *end = '\0';
        if (!ensure(path)) {
            return tool_fail("mkdir", path);
        }
        *end = next;
    } while (*end != '\0');
    return 0;
}

int main(int count, char **words)
{
    bool parents = false;
    int result = 0;
    int option;
    while ((option = getopt(count, words, "p")) != -1) {
        if (option == '?') {
            return tool_usage("mkdir [-p] PATH...");
        }
        parents = true;
    }
    if (optind == count) {
        return tool_usage("mkdir [-p] PATH...");
    }
    for (int i = optind; i < count; i++) {
        if (parents) {
            result |= make_with_parents(words[i]);
        } else if (mkdir(words[i], MODE) != 0) {
            result |= tool_fail("mkdir", words[i]);
        }
    }
    return result;
}
