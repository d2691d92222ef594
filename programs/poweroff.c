/* poweroff [CODE]: switches the machine off; CODE is reported where the machine can do that. */
#include <errno.h>
#include <sinter/protocol/power.h>

#include "note.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("poweroff", "poweroff [CODE]: switches the machine off");

static const char power_path[] = "/dev/power";

int main(int count, char **words)
{
    uint64_t code = 0;
    handle_t power;
    if (count > 2 || (count == 2 && (!tool_number(words[1], &code) || code > UINT32_MAX))) {
        return tool_usage("poweroff [CODE]");
    }
    status_t status = path_open(power_path, 0, NULL, &power);
    if (status == STATUS_OK) {
        status = power_off(power, (uint32_t)code);
    }
    errno = status_errno(status);
    return status == STATUS_OK ? 0 : tool_fail("poweroff", power_path);
}
