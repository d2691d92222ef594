/* The conversions of time.h, by counting years and months. */
#include "time.h"

#include <stdbool.h>

#define NANOSECONDS 1000000000ull

enum {
    EPOCH_DAYS = 3652, /* from 1970 to 1980 */
    FIRST_YEAR = 1980,
    LAST_YEAR = 2107,
    DAY_SECONDS = 86400,
    MONTHS = 12
};

static bool is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t days_of(uint32_t year, uint32_t month)
{
    static const uint8_t days[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month] + (month == 1 && is_leap(year) ? 1u : 0u);
}

static uint32_t days_of_year(uint32_t year)
{
    return is_leap(year) ? 366 : 365;
}

struct fat_time fat_time_from_wall(uint64_t wall)
{
    uint64_t seconds = wall / NANOSECONDS;
    uint64_t days = seconds / DAY_SECONDS;
    uint32_t second = (uint32_t)(seconds % DAY_SECONDS);
    uint32_t year = FIRST_YEAR;
    uint32_t month = 0;
    if (days < EPOCH_DAYS) {
        return (struct fat_time){1u << 5 | 1, 0};
    }
    for (days -= EPOCH_DAYS; year <= LAST_YEAR && days >= days_of_year(year); year++) {
        days -= days_of_year(year);
    }
    if (year > LAST_YEAR) {
        return (struct fat_time){127u << 9 | 12u << 5 | 31, 23u << 11 | 59u << 5 | 29};
    }
    for (; days >= days_of(year, month); month++) {
        days -= days_of(year, month);
    }
    return (struct fat_time){
        .date = (uint16_t)((year - FIRST_YEAR) << 9 | (month + 1) << 5 | (uint32_t)(days + 1)),
        .time = (uint16_t)(second / 3600 << 11 | second / 60 % 60 << 5 | second % 60 / 2)};
}

uint64_t fat_time_to_wall(struct fat_time time)
{
    uint32_t year = FIRST_YEAR + (time.date >> 9);
    uint32_t month = (time.date >> 5 & 0xf) - 1;
    uint32_t day = (time.date & 0x1fu) - 1;
    uint32_t hour = time.time >> 11, minute = time.time >> 5 & 0x3f,
             second = (time.time & 0x1fu) * 2;
    if (month >= MONTHS || day >= days_of(year, month) || hour > 23 || minute > 59 || second > 59) {
        return 0;
    }
    uint64_t days = EPOCH_DAYS + day;
    for (uint32_t at = FIRST_YEAR; at < year; at++) {
        days += days_of_year(at);
    }
    for (uint32_t at = 0; at < month; at++) {
        days += days_of(year, at);
    }
    return (days * DAY_SECONDS + hour * 3600 + minute * 60 + second) * NANOSECONDS;
}
