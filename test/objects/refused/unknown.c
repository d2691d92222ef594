/* Refused: imports a function that no version of the interface has. */
#include <sinter/object.h>

int server_main(const void *info);

SERVER_META(name, "unknown");
SERVER_META(kind, SERVICE);

int32_t make_coffee(uint64_t cups) IMPORT("make_coffee", "SYS_1.0", "12345678");

int server_main(const void *info)
{
    (void)info;
    return make_coffee(2);
}
