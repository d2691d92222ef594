/* Lines of the kernel log. */
#include <sinter/message.h>

#include "format.h"

#define LOG_LINE 256 /* limit of log_write() */

void log_line(const char *format, ...)
{
    char line[LOG_LINE + 1];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_arguments(line, sizeof(line), format, arguments);
    va_end(arguments);
    message_put_data(message_page(), line, length);
    status_ignore(log_write(length));
}
