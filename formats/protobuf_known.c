/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_known.c - the values of Timestamp, Date, TimeOfDay and Decimal.
 *
 * Their fields have fixed numbers, so they are read without a shape. What is no moment, day or time
 * is a bad record, as in Connect (facts: P13, Q28).
 */
#include "formats/protobuf.h"

#define MS_PER_S          1000
#define NANOS_PER_MS      1000000
#define NANOS_PER_S       1000000000
#define TIMESTAMP_MIN_S   (-62135596800) /* 0001-01-01 */
#define TIMESTAMP_MAX_S   253402300799   /* 9999-12-31, its last second */
#define DECIMAL_SCALE_MAX 10000

/* Fields 1 to 4 as varints, those that are none left out; the last of each counts. */
static const char *read_numbers(wr_str bytes, int64_t v[5])
{
    wr_pb_reader r = {.p = bytes.ptr, .end = bytes.ptr + bytes.len};
    wr_pb_item item;
    memset(v, 0, 5 * sizeof *v);
    while (wr__pb_next(&r, &item))
        if (item.number < 5 && item.wire == WR_PB_WIRE_VARINT)
            v[item.number] = (int64_t)item.bits;
    return r.fault;
}

static const char *timestamp(const int64_t v[5], int64_t *out)
{
    int64_t seconds = v[1], nanos = (int32_t)v[2];
    if (seconds < TIMESTAMP_MIN_S || seconds > TIMESTAMP_MAX_S || nanos < 0 || nanos >= NANOS_PER_S)
        return "a Timestamp is not between the years 1 and 9999";
    *out = seconds * MS_PER_S + nanos / NANOS_PER_MS;
    return NULL;
}

static bool is_leap(int64_t y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* Days from 1970-01-01, Gregorian also before 1582. */
static int64_t epoch_day(int64_t y, int64_t m, int64_t d)
{
    WR_ASSERT(m >= 1 && m <= 12);
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400, year = y - era * 400;
    int64_t day = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return era * 146097 + year * 365 + year / 4 - year / 100 + day - 719468;
}

static const char *date(const int64_t v[5], int64_t *out)
{
    static const int8_t days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t y = (int32_t)v[1], m = (int32_t)v[2], d = (int32_t)v[3];
    if (m < 1 || m > 12 || d < 1 || d > days[m] + (m == 2 && is_leap(y)) || y < -999999 ||
        y > 999999)
        return "a Date is no day";
    *out = epoch_day(y, m, d);
    return NULL;
}

static const char *time_of_day(const int64_t v[5], int64_t *out)
{
    int64_t h = (int32_t)v[1], m = (int32_t)v[2], s = (int32_t)v[3], nanos = (int32_t)v[4];
    if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59 || nanos < 0 || nanos >= NANOS_PER_S)
        return "a TimeOfDay is no time of the day";
    *out = ((h * 60 + m) * 60 + s) * MS_PER_S + nanos / NANOS_PER_MS;
    return NULL;
}

const char *wr__pb_known_whole(wr_pb_known known, wr_str bytes, int64_t *out)
{
    int64_t v[5];
    const char *fault = read_numbers(bytes, v);
    if (fault)
        return fault;
    switch (known) {
    case WR_PB_TIMESTAMP:
        return timestamp(v, out);
    case WR_PB_DATE:
        return date(v, out);
    case WR_PB_TIME:
        return time_of_day(v, out);
    default:
        WR_UNREACHABLE();
    }
}

const char *wr__pb_known_decimal(wr_str bytes, wr_str *unscaled, int32_t *scale)
{
    wr_pb_reader r = {.p = bytes.ptr, .end = bytes.ptr + bytes.len};
    wr_pb_item item;
    *unscaled = (wr_str){0};
    *scale = 0;
    while (wr__pb_next(&r, &item)) {
        if (item.number == 1 && item.wire == WR_PB_WIRE_BYTES)
            *unscaled = item.bytes;
        else if (item.number == 3 && item.wire == WR_PB_WIRE_VARINT)
            *scale = (int32_t)(uint32_t)item.bits;
    }
    WR_ASSERT(r.fault || r.p == r.end);
    if (r.fault)
        return r.fault;
    if (!unscaled->len) /* no number at all (Q28) */
        return "a Decimal has no bytes";
    if (*scale < 0 || *scale > DECIMAL_SCALE_MAX)
        return "a Decimal has a scale beyond any use";
    return NULL;
}
