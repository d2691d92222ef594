/* A good object that asks for a device's interrupts and DMA, for scripts that do not allow it. */
#include <sinter/system.h>

int server_main(const struct start_info *info);

SERVER_META(name, "greedy");
SERVER_META(kind, SERVICE);
SERVER_META(resources, RESOURCE_INTERRUPTS | RESOURCE_DMA);

int server_main(const struct start_info *info)
{
    (void)info;
    return 0;
}
