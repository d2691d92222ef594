/* Dates as text: date_text.h. Days are those of the Gregorian calendar. */
#include "date_text.h"

enum {
    FIRST_YEAR = 1970,
    LAST_YEAR = 2553,
    MONTHS = 12,
    HOURS = 24,
    MINUTES = 60,
    SECONDS = 60,
    DAYS_IN_YEAR = 365
};

/* Each letter stands for a digit of its field. */
static const char pattern[] = "YYYY-MM-DD hh:mm:ss";

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* The number in those places where the pattern has `letter`. */
static unsigned field(const char *text, char letter)
{
    unsigned value = 0;
    for (unsigned i = 0; pattern[i] != '\0'; i++) {
        if (pattern[i] == letter) {
            value = value * 10 + (unsigned)(text[i] - '0');
        }
    }
    return value;
}

static bool has_form(const char *text)
{
    unsigned i = 0;
    for (; pattern[i] != '\0'; i++) {
        bool letter = (pattern[i] | 0x20) >= 'a' && (pattern[i] | 0x20) <= 'z';
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (letter ? !digit : text[i] != pattern[i]) {
            return false;
        }
    }
    return text[i] == '\0';
}

static uint64_t days_before(unsigned year, unsigned month)
{
    uint64_t days = 0;
    for (unsigned earlier = FIRST_YEAR; earlier < year; earlier++) {
        days += is_leap(earlier) ? DAYS_IN_YEAR + 1 : DAYS_IN_YEAR;
    }
    for (unsigned earlier = 1; earlier < month; earlier++) {
        days += days_in_month(year, earlier);
    }
    return days;
}

bool date_parse(const char *text, uint64_t *seconds)
{
    if (!has_form(text)) {
        return false;
    }
    unsigned year = field(text, 'Y');
    unsigned month = field(text, 'M');
    unsigned day = field(text, 'D');
    unsigned hour = field(text, 'h');
    unsigned minute = field(text, 'm');
    unsigned second = field(text, 's');
    if (year < FIRST_YEAR || year > LAST_YEAR || month == 0 || month > MONTHS || day == 0 ||
        day > days_in_month(year, month) || hour >= HOURS || minute >= MINUTES ||
        second >= SECONDS) {
        return false;
    }
    uint64_t days = days_before(year, month) + day - 1;
    *seconds = ((days * HOURS + hour) * MINUTES + minute) * SECONDS + second;
    return true;
}
