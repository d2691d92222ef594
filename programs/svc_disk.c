/* Asks the disk who has it, and the supervisor what that is: see svc_disk.h. */
#include "svc_disk.h"

#include <sinter/protocol/file.h>
#include <sinter/protocol/service.h>
#include <stdio.h>
#include <string.h>

#include "program.h"
#include "tool.h"

#define OBJECT_LINE "\nobject:     "

enum { LINE = 128 };

static status_t find_claimant(const char *disk, char name[SVC_DISK_SERVER], uint32_t *exact)
{
    char path[LINE];
    handle_t file;
    uint64_t size = 0;
    size_t length = 0;
    (void)snprintf(path, sizeof(path), "/dev/%s", disk);
    status_t status = path_open(path, FILE_READ, NULL, &file);
    if (status != STATUS_OK) {
        return status;
    }
    status = file_stat(file, NULL, &size, NULL);
    if (status == STATUS_OK) {
        status = file_claimant(file, 0, size, exact, name, SVC_DISK_SERVER - 1, &length);
    }
    name[status == STATUS_OK ? length : 0] = '\0';
    status_ignore(handle_close(file));
    return status;
}

/* By what `svc status` says; one that was pushed names where it is from behind its object. */
static bool is_of(handle_t supervisor, const char *service, const char *object)
{
    char line[LINE];
    uint64_t length = 0;
    (void)snprintf(line, sizeof(line), "status %s", service);
    if (service_command(supervisor, line, strlen(line), tool_buffer, TOOL_BUFFER_SIZE - 1,
                        &length) != STATUS_OK ||
        length >= TOOL_BUFFER_SIZE) {
        return false;
    }
    tool_buffer[length] = '\0';
    const char *found = strstr(tool_buffer, OBJECT_LINE);
    if (found == NULL) {
        return false;
    }
    found += sizeof(OBJECT_LINE) - 1;
    size_t same = strlen(object);
    return strncmp(found, object, same) == 0 && (found[same] == '\n' || found[same] == ' ');
}

bool svc_disk_server(handle_t supervisor, const char *disk, const char *object,
                     char server[SVC_DISK_SERVER])
{
    uint32_t exact = 0;
    return find_claimant(disk, server, &exact) == STATUS_OK && exact != 0 &&
           is_of(supervisor, server, object);
}
