/* reboot: starts the machine anew. */
#include <errno.h>
#include <sinter/protocol/power.h>

#include "note.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("reboot", "reboot: starts the machine anew");

static const char power_path[] = "/dev/power";

int main(int count, char **words)
{
    handle_t power;
    (void)words;
    if (count != 1) {
        return tool_usage("reboot");
    }
    status_t status = path_open(power_path, 0, NULL, &power);
    if (status == STATUS_OK) {
        status = power_reboot(power);
    }
    errno = status_errno(status);
    return status == STATUS_OK ? 0 : tool_fail("reboot", power_path);
}
