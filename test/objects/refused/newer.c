/* Refused: imports a function of an interface that is not there yet. */
#include <sinter/object.h>

int server_main(const void *info);

SERVER_META(name, "newer");
SERVER_META(kind, SERVICE);

int32_t port_drain(uint64_t port) IMPORT("port_drain", "SYS_9.9", "00c0ffee");

int server_main(const void *info)
{
    (void)info;
    return port_drain(0);
}
