/* A fuzzer that is given a folder, for what it finds, begins with the seeds that the build has made
 * for it (make_seeds.py). Single inputs run alone. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);

static int is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char seeds[] = SEEDS;
    if (!is_folder((*argv)[*argc - 1])) {
        return 0;
    }
    char **longer = calloc((size_t)*argc + 2, sizeof(*longer));
    if (longer == NULL) {
        abort();
    }
    memcpy(longer, *argv, (size_t)*argc * sizeof(*longer));
    longer[(*argc)++] = seeds;
    *argv = longer;
    return 0;
}
