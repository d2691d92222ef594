/* Refused: has a note, but no server_main. */
#include <sinter/object.h>

int server_start(void);

SERVER_META(name, "no_entry");
SERVER_META(kind, SERVICE);

int server_start(void)
{
    return 0;
}
