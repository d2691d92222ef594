/* Appending to a struct line (decode.h). */
#ifndef TRACE_LINE_H
#define TRACE_LINE_H

#include "decode.h"

void line_put(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
