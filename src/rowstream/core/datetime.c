#include "rowstream/core/datetime.h"

#include <string.h>

struct moment {
    int year, month, day, hour, minute, second, microsecond;
};

/* Reads `count` digits; -1 when there is anything else. */
static int digits_at(const char *text, size_t count) {
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

static int days_of(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool read_date(struct moment *moment, const char *text) {
    if (strnlen(text, 10) < 10 || text[4] != '-' || text[7] != '-')
        return false;
    moment->year = digits_at(text, 4);
    moment->month = digits_at(text + 5, 2);
    moment->day = digits_at(text + 8, 2);
    return moment->year >= 1 && moment->month >= 1 && moment->month <= 12 && moment->day >= 1 &&
           moment->day <= days_of(moment->year, moment->month);
}

/* Reads a time up to `length`. */
static bool read_time(struct moment *moment, const char *text, size_t length) {
    if (length < 5 || text[2] != ':')
        return false;
    moment->hour = digits_at(text, 2);
    moment->minute = digits_at(text + 3, 2);
    if (moment->hour < 0 || moment->hour > 23 || moment->minute < 0 || moment->minute > 59)
        return false;
    if (length == 5)
        return true;
    if (length < 8 || text[5] != ':')
        return false;
    moment->second = digits_at(text + 6, 2);
    if (moment->second < 0 || moment->second > 59)
        return false;
    if (length == 8)
        return true;
    size_t fraction = length - 9;
    if (text[8] != '.' || fraction < 1 || fraction > 6)
        return false;
    moment->microsecond = digits_at(text + 9, fraction);
    for (size_t i = fraction; moment->microsecond >= 0 && i < 6; i++)
        moment->microsecond *= 10;
    return moment->microsecond >= 0;
}

/* Moves by less than a day. False beyond the years 1 to 9999. */
static bool move(struct moment *moment, int minutes) {
    int total = moment->hour * 60 + moment->minute + minutes;
    int days = total < 0 ? -1 : total >= 24 * 60 ? 1 : 0;
    total -= days * 24 * 60;
    moment->hour = total / 60;
    moment->minute = total % 60;
    moment->day += days;
    if (moment->day < 1) {
        moment->month--;
        if (moment->month < 1) {
            moment->month = 12;
            moment->year--;
        }
        moment->day = days_of(moment->year, moment->month);
    } else if (moment->day > days_of(moment->year, moment->month)) {
        moment->day = 1;
        moment->month++;
        if (moment->month > 12) {
            moment->month = 1;
            moment->year++;
        }
    }
    return moment->year >= 1 && moment->year <= 9999;
}

/* The minutes east of UTC that a text ends in, and how many bytes say so; 0 when none do. */
static size_t offset_at_end(const char *text, size_t length, int *minutes) {
    *minutes = 0;
    if (length > 0 && text[length - 1] == 'Z')
        return 1;
    size_t bytes = 0;
    for (size_t i = 3; i <= 6 && i < length; i++)
        if (text[length - i] == '+' || text[length - i] == '-')
            bytes = i;
    if (bytes == 0 || bytes == 4)
        return bytes == 0 ? 0 : length; /* "+020" is none */
    const char *at = text + length - bytes;
    if (bytes == 6 && at[3] != ':')
        return length;
    int hours = digits_at(at + 1, 2), rest = bytes == 3 ? 0 : digits_at(text + length - 2, 2);
    if (hours < 0 || hours > 23 || rest < 0 || rest > 59)
        return length;
    *minutes = (hours * 60 + rest) * (at[0] == '-' ? -1 : 1);
    return bytes;
}

/* Two digits and what parts them from the next. */
static char *put_two(char *out, int number, char behind) {
    *out++ = (char)('0' + number / 10 % 10);
    *out++ = (char)('0' + number % 10);
    *out++ = behind;
    return out;
}

static size_t write_time(const struct moment *moment, char *out) {
    char *at = put_two(out, moment->hour, ':');
    at = put_two(at, moment->minute, ':');
    at = put_two(at, moment->second, '.');
    if (moment->microsecond == 0)
        at--;
    for (int unit = 100000; moment->microsecond > 0 && unit > 0; unit /= 10)
        *at++ = (char)('0' + moment->microsecond / unit % 10);
    *at = '\0';
    return (size_t)(at - out);
}

size_t datetime_read_date(const char *text, size_t length, char *out) {
    struct moment moment = {0};
    if (length != 10 || !read_date(&moment, text))
        return 0;
    memcpy(out, text, 10);
    out[10] = '\0';
    return 10;
}

size_t datetime_read_time(const char *text, size_t length, char *out) {
    struct moment moment = {0};
    return read_time(&moment, text, length) ? write_time(&moment, out) : 0;
}

size_t datetime_read(const char *text, size_t length, char *out) {
    struct moment moment = {0};
    int minutes;
    if (length < 10 || !read_date(&moment, text))
        return 0;
    if (length > 10) {
        if (length < 16 || (text[10] != 'T' && text[10] != ' '))
            return 0;
        const char *time = text + 11;
        size_t zone = offset_at_end(time, length - 11, &minutes);
        if (zone > length - 11 || !read_time(&moment, time, length - 11 - zone) ||
            !move(&moment, -minutes))
            return 0;
    }
    put_two(out, moment.year / 100, '\0');
    put_two(out + 2, moment.year % 100, '-');
    put_two(out + 5, moment.month, '-');
    put_two(out + 8, moment.day, ' ');
    return 11 + write_time(&moment, out + 11);
}
