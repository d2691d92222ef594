/* Refused: an import whose prototype is not the one that the system has. */
#include <sinter/object.h>

int server_main(const void *info);

SERVER_META(name, "fingerprint");
SERVER_META(kind, SERVICE);

int32_t port_drain(uint64_t port, uint64_t more) IMPORT("port_drain", "SYS_1.0", "deadbeef");

int server_main(const void *info)
{
    (void)info;
    return port_drain(0, 0);
}
