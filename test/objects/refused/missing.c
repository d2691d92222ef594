/* Refused: needs a function that nobody defines, by its plain name. */
#include <sinter/object.h>

int server_main(const void *info);
int frobnicate(int value);

SERVER_META(name, "missing");
SERVER_META(kind, SERVICE);

int server_main(const void *info)
{
    (void)info;
    return frobnicate(1);
}
