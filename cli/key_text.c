/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A time is a big-endian number of milliseconds whose first two bytes are 0 until the year 10889,
 * and text has no 0 bytes: so a key that is longer than a time and ends in one is windowed.
 */
#include "key_text.h"

#include <inttypes.h>
#include <string.h>

enum { TIME_BYTES = 8 };

static int64_t big_endian(const char *at, size_t len)
{
    WR_ASSERT(len == 4 || len == 8);
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++)
        value = value << 8 | (unsigned char)at[i];
    return len == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

/** May the 8 bytes before @p end be a time, with at least a byte of key before it? */
static bool ends_in_time(const char *key, const char *end)
{
    return end - key > TIME_BYTES && end[-8] == 0 && end[-7] == 0;
}

static bool is_text(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)at[i] < 0x20 && at[i] != '\n' && at[i] != '\t' && at[i] != '\r')
            return false;
    return cli_utf8_valid(at, len);
}

/** A key without a window. Bytes that are neither text nor a number are copied. */
static void add_plain(const char *at, size_t len, cli_text *out)
{
    if (!is_text(at, len) && (len == 4 || len == 8))
        cli_text_addf(out, "%" PRId64, big_endian(at, len));
    else
        cli_text_add(out, at, len);
}

void cli_key_text(const char *key, size_t len, cli_text *out)
{
    const char *end = key + len, *last = end - TIME_BYTES;
    if (!ends_in_time(key, end)) {
        add_plain(key, len, out);
        return;
    }
    bool session = ends_in_time(key, last);
    const char *first = session ? last - TIME_BYTES : last;
    WR_ASSERT(first > key && last < end);
    cli_text_addc(out, '[', 1);
    add_plain(key, (size_t)(first - key), out);
    if (session) /* its key holds the end first */
        cli_text_addf(out, "@%" PRId64 "/%" PRId64 "]", big_endian(last, TIME_BYTES),
                      big_endian(first, TIME_BYTES));
    else
        cli_text_addf(out, "@%" PRId64 "/-]", big_endian(last, TIME_BYTES));
}
