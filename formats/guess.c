/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guess.c - what PRINT takes the bytes of a topic for.
 *
 * Every record rules candidates out; what is left is named, in a fixed order, and the first of them
 * is how values are shown. If nothing is left the topic is MIXED, and each payload is shown by what
 * it alone could be.
 */
#include "formats/format.h"

#include "common/utf8.h"
#include "types/text.h"

#define GUESS_ALL       0x7FFu
#define GUESS_NONE_SEEN 0x80000000u /* nothing added yet */

static const struct {
    unsigned bit;
    const char *name;
} names[] = {
    {WR_GUESS_JSON, "JSON"},
    {WR_GUESS_KAFKA_INT, "KAFKA_INT"},
    {WR_GUESS_KAFKA_BIGINT, "KAFKA_BIGINT"},
    {WR_GUESS_KAFKA_DOUBLE, "KAFKA_DOUBLE"},
    {WR_GUESS_SESSION_STRING, "SESSION(KAFKA_STRING)"},
    {WR_GUESS_TUMBLING_STRING, "TUMBLING(KAFKA_STRING)"},
    {WR_GUESS_SESSION_INT, "SESSION(KAFKA_INT)"},
    {WR_GUESS_SESSION_BIGINT, "SESSION(KAFKA_BIGINT)"},
    {WR_GUESS_TUMBLING_INT, "TUMBLING(KAFKA_INT)"},
    {WR_GUESS_TUMBLING_BIGINT, "TUMBLING(KAFKA_BIGINT)"},
    {WR_GUESS_KAFKA_STRING, "KAFKA_STRING"},
};

void wr_format_guess_init(wr_format_guess *g)
{
    g->candidates = GUESS_ALL | GUESS_NONE_SEEN;
}

/* The trees of JSON payloads are needed for a moment only. */
static bool is_json(wr_str s, wr_buf *out)
{
    if (!s.len)
        return false;
    wr_arena *a = wr_arena_new(0);
    wr_json *j;
    weir_error err;
    bool json = wr_json_parse(s, false, a, &j, &err) == WEIR_OK &&
                (j->kind == WR_JSON_OBJECT || j->kind == WR_JSON_ARRAY);
    if (json && out)
        wr_json_print(out, j);
    wr_arena_free(a);
    return json;
}

/*
 * Could the 8 bytes at p be a time, in ms? One from 1970 to the year 10889 begins with two zero
 * bytes, which text practically never has at that place.
 */
static bool is_time(const char *p)
{
    return wr_get_be64(p) < (uint64_t)1 << 48;
}

static bool is_printable(wr_str s)
{
    for (uint32_t i = 0; i < s.len; i++)
        if ((uint8_t)s.ptr[i] < 0x20)
            return false;
    return s.len && wr_utf8_valid(s);
}

/* Does it end with @p times window times? Those of a session are its end and its start. */
static bool has_times(wr_str s, uint32_t times)
{
    WR_ASSERT(times == 1 || times == 2);
    if (s.len <= times * 8)
        return false;
    const char *tail = s.ptr + s.len - (size_t)times * 8;
    for (uint32_t k = 0; k < times; k++)
        if (!is_time(tail + (size_t)k * 8))
            return false;
    return times == 1 || wr_get_be64(tail) >= wr_get_be64(tail + 8);
}

/* What a key can be that has @p times window times after it. Four or eight bytes that are text are
 * hardly ever a number, and the other way round. */
static unsigned windowed_candidates(wr_str s, uint32_t times)
{
    if (!has_times(s, times))
        return 0;
    wr_str key = wr_str_make(s.ptr, s.len - times * 8);
    bool session = times == 2;
    if (is_printable(key))
        return session ? WR_GUESS_SESSION_STRING : WR_GUESS_TUMBLING_STRING;
    if (key.len == 4)
        return session ? WR_GUESS_SESSION_INT : WR_GUESS_TUMBLING_INT;
    if (key.len == 8)
        return session ? WR_GUESS_SESSION_BIGINT : WR_GUESS_TUMBLING_BIGINT;
    return 0;
}

static unsigned candidates_of(wr_str s)
{
    unsigned c = 0;
    if (is_json(s, NULL))
        c |= WR_GUESS_JSON;
    if (s.len == 4)
        c |= WR_GUESS_KAFKA_INT;
    if (s.len == 8)
        c |= WR_GUESS_KAFKA_BIGINT | WR_GUESS_KAFKA_DOUBLE;
    c |= windowed_candidates(s, 2) | windowed_candidates(s, 1);
    if (wr_utf8_valid(s))
        c |= WR_GUESS_KAFKA_STRING;
    return c;
}

void wr_format_guess_add(wr_format_guess *g, wr_str payload)
{
    if (!payload.ptr) /* NULL: says nothing */
        return;
    g->candidates &= candidates_of(payload);
    WR_ASSERT(!(g->candidates & ~GUESS_ALL)); /* something was seen */
}

void wr_format_guess_print(const wr_format_guess *g, wr_buf *out)
{
    if (g->candidates & GUESS_NONE_SEEN) {
        wr_buf_puts(out, "¯\\_(ツ)_/¯ - no data processed");
        return;
    }
    bool any = false;
    for (size_t i = 0; i < WR_ARRAY_LEN(names); i++) {
        if (!(g->candidates & names[i].bit))
            continue;
        wr_buf_printf(out, "%s%s", any ? " or " : "", names[i].name);
        any = true;
    }
    if (!any)
        wr_buf_puts(out, "MIXED");
}

static void put_as(wr_buf *out, unsigned bit, wr_str s);

/* @p key: the form of what is before the times. */
static void put_windowed(wr_buf *out, wr_str s, unsigned key, bool session)
{
    uint32_t tail = session ? 16 : 8;
    const char *times = s.ptr + s.len - tail;
    wr_buf_putc(out, '[');
    put_as(out, key, wr_str_make(s.ptr, s.len - tail));
    wr_buf_putc(out, '@');
    if (session) { /* the end comes first in the bytes */
        wr_text_put_i64(out, (int64_t)wr_get_be64(times + 8));
        wr_buf_putc(out, '/');
        wr_text_put_i64(out, (int64_t)wr_get_be64(times));
    } else { /* the size is not in the bytes */
        wr_text_put_i64(out, (int64_t)wr_get_be64(times));
        wr_buf_puts(out, "/-");
    }
    wr_buf_putc(out, ']');
}

/* Bytes that are nothing known: ASCII as it is, the rest as \xNN. */
static void put_bytes(wr_buf *out, wr_str s)
{
    for (uint32_t i = 0; i < s.len; i++) {
        uint8_t c = (uint8_t)s.ptr[i];
        if (c >= 0x20 && c < 0x7F && c != '\\')
            wr_buf_putc(out, (char)c);
        else
            wr_buf_printf(out, "\\x%02X", c);
    }
}

static void put_as(wr_buf *out, unsigned bit, wr_str s)
{
    double d;
    uint64_t bits;
    switch (bit) {
    case WR_GUESS_JSON:
        is_json(s, out);
        break;
    case WR_GUESS_KAFKA_INT:
        wr_text_put_i64(out, (int32_t)wr_get_be32(s.ptr));
        break;
    case WR_GUESS_KAFKA_BIGINT:
        wr_text_put_i64(out, (int64_t)wr_get_be64(s.ptr));
        break;
    case WR_GUESS_KAFKA_DOUBLE:
        bits = wr_get_be64(s.ptr);
        memcpy(&d, &bits, sizeof d);
        wr_text_put_double(out, d);
        break;
    case WR_GUESS_SESSION_STRING:
        put_windowed(out, s, WR_GUESS_KAFKA_STRING, true);
        break;
    case WR_GUESS_TUMBLING_STRING:
        put_windowed(out, s, WR_GUESS_KAFKA_STRING, false);
        break;
    case WR_GUESS_SESSION_INT:
    case WR_GUESS_TUMBLING_INT:
        put_windowed(out, s, WR_GUESS_KAFKA_INT, bit == WR_GUESS_SESSION_INT);
        break;
    case WR_GUESS_SESSION_BIGINT:
    case WR_GUESS_TUMBLING_BIGINT:
        put_windowed(out, s, WR_GUESS_KAFKA_BIGINT, bit == WR_GUESS_SESSION_BIGINT);
        break;
    case WR_GUESS_KAFKA_STRING:
        wr_utf8_put_external(out, s);
        break;
    default:
        put_bytes(out, s);
        break;
    }
}

void wr_format_guess_value(const wr_format_guess *g, wr_str payload, wr_buf *out)
{
    if (!payload.ptr) {
        wr_buf_puts(out, "<null>");
        return;
    }
    unsigned own = candidates_of(payload);
    /* What is left for the topic, if this payload can be that; else what it can be itself. */
    unsigned use = own & g->candidates ? own & g->candidates : own;
    for (size_t i = 0; i < WR_ARRAY_LEN(names); i++)
        if (use & names[i].bit) {
            put_as(out, names[i].bit, payload);
            return;
        }
    put_as(out, 0, payload);
}
