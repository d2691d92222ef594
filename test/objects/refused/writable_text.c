/* Refused: a section that is writable and executable. */
#include <sinter/object.h>

int server_main(const void *info);

SERVER_META(name, "writable_text");
SERVER_META(kind, SERVICE);

__asm__(".pushsection .self_modifying, \"awx\"\n"
        ".8byte 0\n"
        ".popsection");

int server_main(const void *info)
{
    (void)info;
    return 0;
}
