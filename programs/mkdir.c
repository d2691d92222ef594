/* mkdir [-p] PATH...: makes directories; -p with those above, and without complaint if they exist. */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("mkdir", "mkdir [-p] PATH...: makes directories");

#define MODE 0777

static int make_with_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int made = mkdir(path, MODE);
        if (made != 0 && errno != EEXIST && errno != EROFS) {
            return tool_fail("mkdir", path);
        }
        *slash = '/';
    }
    return mkdir(path, MODE) == 0 || errno == EEXIST ? 0 : tool_fail("mkdir", path);
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
