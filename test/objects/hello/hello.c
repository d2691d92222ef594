/* A program of one file, without the program runtime: what `cc -c hello.c` makes is the object. */
#include <sinter/object.h>
#include <sinter/protocol/file.h>

SERVER_META(name, "hello");
SERVER_META(version, "0.1");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Says hello");
SERVER_META(kind, PROGRAM);

int server_main(const struct start_info *info);

int server_main(const struct start_info *info)
{
    static const char text[] = "hello from one file\n";
    const struct start_handle *handles = (const struct start_handle *)info->handles;
    uint64_t written = 0;
    for (uint64_t i = 0; i < info->handle_count; i++) {
        if (handles[i].name[0] == 'o') { /* `output` */
            status_t status = file_write(handles[i].handle, 0, FILE_AT_POSITION, text,
                                         sizeof(text) - 1, &written);
            return status == STATUS_OK && written == sizeof(text) - 1 ? 7 : 1;
        }
    }
    return 2;
}
