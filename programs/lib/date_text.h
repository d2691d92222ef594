/* Dates as text, in UTC. */
#ifndef DATE_TEXT_H
#define DATE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds since 1970 of `YYYY-MM-DD HH:MM:SS`, from 1970 to 2553 (the last year that 64 bits of
 * nanoseconds hold whole). False if the text is anything else, or no such day or time exists. */
bool date_parse(const char *text, uint64_t *seconds);

#endif
