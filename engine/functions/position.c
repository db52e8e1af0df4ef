/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SUBSTRING, INSTR, LPAD, RPAD: functions that count inside texts, in UTF-16 units from 1, or
 * inside BYTES. ASCII texts are handled as bytes; other texts are turned into units first.
 *
 * What NULL does, and what a row may fail for:
 *
 *     SUBSTRING      any NULL: NULL; every position and length has a result
 *     INSTR          NULL text or part: 0; NULL position or occurrence: error
 *     LPAD, RPAD     any NULL: NULL; a negative length or empty padding: NULL;
 *                    beyond 16 Mi units: error
 *
 *     SUBSTRING('stream', 2)     'tream'      SUBSTRING('stream', -3)     'eam'
 *     SUBSTRING('stream', 0)     'stream'     SUBSTRING('stream', 9)      ''
 *     INSTR('banana', 'an')      2            INSTR('banana', 'an', -1)   4
 *     LPAD('abc', 5, 'xy')       'xyabc'      RPAD('abc', 2, 'xy')        'ab'
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"

/* ---- SUBSTRING ---- */

/**
 * From a position (1-based, negative: from the end) and an optional length to [from, to).
 *
 * ksqlDB's rules, not the standard's: position 0 is the first character, a position before the
 * beginning is the beginning, one after the end gives the empty text, a negative length does, too.
 * So does a length whose end does not fit an INTEGER: the sum wraps there, and people may rely on
 * the same rows here.
 */
static void substring_range(const wr_call *call, const wr_vec *const *args, uint32_t i, uint32_t n,
                            uint32_t *from, uint32_t *to)
{
    int64_t pos = wr__i32(args[1], i), size = n;
    int64_t start = pos < 0 ? WR_MAX(size + pos, 0) : WR_MAX(WR_MIN(pos - 1, size), 0);
    int64_t end = size;
    if (call->args_n == 3) {
        int64_t wanted = start + wr__i32(args[2], i);
        end = wanted > INT32_MAX ? start : WR_MAX(WR_MIN(wanted, size), start);
    }
    WR_ASSERT(0 <= start && start <= end && end <= size);
    *from = (uint32_t)start;
    *to = (uint32_t)end;
}

/* Always a slice of the input: positions inside a character are its beginning. */
WR__KERNEL(substring_str)
{
    uint32_t from, to;
    WR_FOREACH_SEL (i, sel) {
        wr_str s = wr__str(args[0], i);
        if (args[0]->ascii || wr_utf8_ascii(s)) {
            substring_range(call, args, i, s.len, &from, &to);
            out->u.str[i] = wr_str_make(s.ptr + from, to - from);
        } else {
            substring_range(call, args, i, wr_utf16_len(s), &from, &to);
            out->u.str[i] = wr__unit_slice(s, from, to);
        }
    }
    out->ascii = args[0]->ascii;
}

/* Positions count bytes. */
WR__KERNEL(substring_bytes)
{
    uint32_t from, to;
    WR_FOREACH_SEL (i, sel) {
        wr_str s = wr__str(args[0], i);
        substring_range(call, args, i, s.len, &from, &to);
        out->u.str[i] = wr_str_make(s.ptr ? s.ptr + from : NULL, to - from);
    }
}

/* ---- INSTR ---- */

/*
 * INSTR(text, part, position, occurrence): from the position to the right, or with a negative
 * position from that many units before the end to the left. 0: not found, a position of 0 or beyond
 * the text, or an occurrence below 1. Matches may overlap: after a match the search goes on one
 * unit further. An empty part is found where the search begins, to the left after that unit,
 * whichever occurrence is asked for.
 *
 * Quirk kept: NULL for text or part gives 0, NULL for the numbers an error of the row.
 */

/* Positions from 0, -1 where not found; @p from is where the search begins. */
#define FIND_FUNCTIONS(suffix, T)                                                                  \
    static bool equal_##suffix(const T *s, const T *sub, int64_t n)                                \
    {                                                                                              \
        return n == 0 || memcmp(s, sub, sizeof(T) * (size_t)n) == 0;                               \
    }                                                                                              \
    static int64_t find_##suffix(const T *s, int64_t n, const T *sub, int64_t sub_n, int64_t from) \
    {                                                                                              \
        for (int64_t k = WR_MAX(from, 0); k + sub_n <= n; k++)                                     \
            if (equal_##suffix(s + k, sub, sub_n))                                                 \
                return k;                                                                          \
        return -1;                                                                                 \
    }                                                                                              \
    static int64_t find_last_##suffix(const T *s, int64_t n, const T *sub, int64_t sub_n,          \
                                      int64_t from)                                                \
    {                                                                                              \
        for (int64_t k = WR_MIN(from, n - sub_n); k >= 0; k--)                                     \
            if (equal_##suffix(s + k, sub, sub_n))                                                 \
                return k;                                                                          \
        return -1;                                                                                 \
    }                                                                                              \
    static int32_t instr_##suffix(const T *s, int64_t n, const T *sub, int64_t sub_n, int64_t pos, \
                                  int64_t occurrence)                                              \
    {                                                                                              \
        if (occurrence < 1 || pos == 0 || pos > n || -pos > n)                                     \
            return 0;                                                                              \
        bool back = pos < 0;                                                                       \
        int64_t at = back ? n + pos : pos - 1;                                                     \
        if (sub_n == 0)                                                                            \
            return (int32_t)(back ? at + 2 : at + 1);                                              \
        for (; occurrence > 0; occurrence--) {                                                     \
            at = back ? find_last_##suffix(s, n, sub, sub_n, at)                                   \
                      : find_##suffix(s, n, sub, sub_n, at);                                       \
            if (at < 0)                                                                            \
                return 0;                                                                          \
            at += back ? -1 : 1;                                                                   \
        }                                                                                          \
        return (int32_t)(back ? at + 2 : at);                                                      \
    }
FIND_FUNCTIONS(bytes, char)
FIND_FUNCTIONS(units, uint16_t)

/* Units only where a text is not ASCII: for ASCII bytes and units are the same. */
WR__KERNEL(instr)
{
    WR_FOREACH_SEL (i, sel) {
        int64_t number[2] = {1, 1}; /* position, occurrence */
        bool failed = false;
        for (uint32_t k = 2; k < call->args_n; k++) {
            failed |= wr__null(args[k], i);
            number[k - 2] = failed ? 0 : wr__i32(args[k], i);
        }
        if (failed) {
            wr__fail(ctx, out, i, "INSTR: the position or the occurrence is NULL");
            continue;
        }
        out->u.i32[i] = 0;
        if (wr__null(args[0], i) || wr__null(args[1], i))
            continue;
        wr_str s = wr__str(args[0], i), sub = wr__str(args[1], i);
        if (wr_utf8_ascii(s) && wr_utf8_ascii(sub)) {
            out->u.i32[i] = instr_bytes(s.ptr, s.len, sub.ptr, sub.len, number[0], number[1]);
            continue;
        }
        wr__units u = wr__to_units(ctx->scratch, s), v = wr__to_units(ctx->scratch, sub);
        out->u.i32[i] = instr_units(u.u, u.n, v.u, v.n, number[0], number[1]);
    }
}

/* ---- LPAD, RPAD ---- */

/*
 * Pads with as much of the padding as is needed, repeated; a text that is longer is cut at its end,
 * by LPAD also. NULL for a negative length or an empty padding. Lengths are UTF-16 units; a
 * character of two units of which only one has room is left out, and the result is one unit short.
 */

/* @p to has room for @p len elements. */
#define PAD_FUNCTION(suffix, T)                                                                    \
    static void pad_##suffix(T *to, uint32_t len, const T *s, uint32_t n, const T *with,           \
                             uint32_t with_n, bool left)                                           \
    {                                                                                              \
        uint32_t kept = WR_MIN(n, len), fill = len - kept;                                         \
        T *padding = left ? to : to + kept;                                                        \
        for (uint32_t k = 0; k < fill; k++)                                                        \
            padding[k] = with[k % with_n];                                                         \
        if (kept)                                                                                  \
            memcpy(left ? to + fill : to, s, sizeof(T) * kept);                                    \
    }
PAD_FUNCTION(bytes, char)
PAD_FUNCTION(units, uint16_t)

/** The wanted length of row @p i, or -1 where the row is NULL or has failed. */
static int64_t pad_length(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, uint32_t i,
                          wr_vec *out)
{
    int32_t len = wr__i32(args[1], i);
    if (len < 0 || wr__str(args[2], i).len == 0) {
        wr__put_null(out, i);
        return -1;
    }
    if ((uint32_t)len > WR__TEXT_MAX / 4) {
        wr__fail(ctx, out, i, "%s: " WR__TEXT_TOO_LONG, call->fn->name);
        return -1;
    }
    return len;
}

/* BYTES and ASCII by bytes, else by units: the same function with another element type. */
static void pad(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, wr_sel sel, bool left,
                wr_vec *out)
{
    bool bytes = call->ret->id == WR_T_BYTES;
    WR_FOREACH_SEL (i, sel) {
        int64_t wanted = pad_length(ctx, call, args, i, out);
        if (wanted < 0)
            continue;
        WR_ASSERT(wanted <= WR__TEXT_MAX);
        uint32_t len = (uint32_t)wanted;
        wr_str s = wr__str(args[0], i), with = wr__str(args[2], i);
        if (bytes || (wr_utf8_ascii(s) && wr_utf8_ascii(with))) {
            char *p = wr_arena_alloc(ctx->scratch, len);
            pad_bytes(p, len, s.ptr, s.len, with.ptr, with.len, left);
            out->u.str[i] = wr_str_make(p, len);
            continue;
        }
        wr__units u = wr__to_units(ctx->scratch, s), w = wr__to_units(ctx->scratch, with);
        uint32_t fill = len - WR_MIN(u.n, len), rest = fill % w.n;
        fill = fill - rest + wr__whole_units(w, rest);
        u.n = wr__whole_units(u, WR_MIN(u.n, len));
        uint16_t *p = wr_arena_alloc(ctx->scratch, sizeof(uint16_t) * len);
        pad_units(p, u.n + fill, u.u, u.n, w.u, w.n, left);
        out->u.str[i] = wr__from_units(ctx->scratch, p, u.n + fill);
    }
}

/* BYTES as well, with padding bytes. */
WR__KERNEL(lpad)
{
    pad(ctx, call, args, sel, true, out);
}
WR__KERNEL(rpad)
{
    pad(ctx, call, args, sel, false, out);
}

/* ---- tables ---- */

#define STR    "STRING"
#define SIMPLE NULL, NULL, NULL
static const wr_signature substring_sigs[] = {
    {"STRING, INTEGER", STR, WR__NULL_IN, substring_str, SIMPLE},
    {"STRING, INTEGER, INTEGER", STR, WR__NULL_IN, substring_str, SIMPLE},
    {"BYTES, INTEGER", "BYTES", WR__NULL_IN, substring_bytes, SIMPLE},
    {"BYTES, INTEGER, INTEGER", "BYTES", WR__NULL_IN, substring_bytes, SIMPLE},
};
static const wr_signature instr_sigs[] = {
    {"STRING, STRING", "INTEGER", 0, instr, SIMPLE},
    {"STRING, STRING, INTEGER", "INTEGER", 0, instr, SIMPLE},
    {"STRING, STRING, INTEGER, INTEGER", "INTEGER", 0, instr, SIMPLE},
};
static const wr_signature lpad_sigs[] = {
    {"STRING, INTEGER, STRING", STR, WR__NULL_IN, lpad, SIMPLE},
    {"BYTES, INTEGER, BYTES", "BYTES", WR__NULL_IN, lpad, SIMPLE},
};
static const wr_signature rpad_sigs[] = {
    {"STRING, INTEGER, STRING", STR, WR__NULL_IN, rpad, SIMPLE},
    {"BYTES, INTEGER, BYTES", "BYTES", WR__NULL_IN, rpad, SIMPLE},
};

static const wr_function functions[] = {
    WR__FN("INSTR", STR, instr_sigs, "INSTR('corporate floor', 'or', -4)", "5",
           "Position of the n-th occurrence of a text, searched from a position (negative: "
           "backwards from the end), or 0."),
    WR__FN("LPAD", STR, lpad_sigs, "LPAD('7', 3, '0')", "'007'",
           "Pads on the left to a length, or cuts to it."),
    WR__FN("RPAD", STR, rpad_sigs, "RPAD('ab', 5, 'xy')", "'abxyx'",
           "Pads on the right to a length, or cuts to it."),
    WR__FN("SUBSTRING", STR, substring_sigs, "SUBSTRING('stream', -3, 2)", "'ea'",
           "The part from a position (1-based, negative: from the end), to a length."),
};
WR__FAMILY(position, functions);
