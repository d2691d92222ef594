/* Refused: a structure of the interface with other members than the system's. */
#include <sinter/object.h>

int server_main(const void *info);

SERVER_META(name, "edited");
SERVER_META(kind, SERVICE);

struct received {
    uint64_t tag;
    uint64_t words[6];
    uint32_t kind; /* stands behind `badge` in the real one */
    uint64_t badge;
    uint32_t reserved;
};
SHAPE(received, "struct received", 1, 0, tag, words, badge, kind, reserved);

int server_main(const void *info)
{
    (void)info;
    return 0;
}
