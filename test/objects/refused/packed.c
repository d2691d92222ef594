/* Refused: compiled with -fpack-struct, so its structures are not those of the system. */
#include <sinter/system.h>

int server_main(const struct start_info *info);

SERVER_META(name, "packed");
SERVER_META(kind, SERVICE);

int server_main(const struct start_info *info)
{
    (void)info;
    return 0;
}
