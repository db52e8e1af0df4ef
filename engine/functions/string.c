/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts as a whole: case, length, joining, replacing, characters from code points, UUID. Positions
 * inside texts are in position.c, splitting in split_text.c.
 *
 * Case mapping is ICU's in the root locale (full mappings: UCASE('ss' written as one sharp s) is
 * 'SS', as in Java) with a short way for ASCII. Results are copies in scratch; TRIM and ELT give
 * slices of their input.
 *
 * What NULL does, and what a row may fail for:
 *
 *     CHR                NULL: NULL; outside Unicode, or no escape: NULL; a malformed \u: error
 *     CONCAT             NULL arguments are left out, so it is never NULL; beyond 64 MiB: error
 *     CONCAT_WS          a NULL separator: NULL; NULL parts are left out; one argument: error
 *     ELT                a NULL position: error; outside the list: NULL; else that element
 *     FIELD              NULL or not found: 0
 *     REPLACE            any NULL: NULL; beyond 64 MiB: error
 *     UUID               no argument: random; not 16 bytes: NULL
 *     INITCAP, LCASE, UCASE, LEN, TRIM: NULL gives NULL; they never fail
 *
 * LEN and all positions count UTF-16 units, as Java does: one for most characters, two for those
 * beyond U+FFFF. A flag of the vector says that all its texts are ASCII; then bytes are units.
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"

#include <stdio.h>
#include <unicode/ustring.h>

/* ---- case ---- */

/* u_strToUpper and u_strToLower have this type. The empty locale is the root one: the same result
 * on every machine, without Turkish dotless i. */
typedef int32_t (*case_mapping)(UChar *to, int32_t to_n, const UChar *from, int32_t from_n,
                                const char *locale, UErrorCode *status);

/** @p u mapped; in @p a. */
static wr__units map_case(wr_arena *a, wr__units u, case_mapping map)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t n = map(NULL, 0, u.u, (int32_t)u.n, "", &status);
    wr__units to = {wr_arena_alloc(a, sizeof(uint16_t) * ((size_t)n + 1)), (uint32_t)n};
    status = U_ZERO_ERROR;
    map(to.u, n + 1, u.u, (int32_t)u.n, "", &status);
    WR_ASSERT(U_SUCCESS(status));
    return to;
}

/* Most texts are ASCII: one loop, no units. The length stays the same then, which it need not else.
 */
static wr_str change_case(wr_arena *a, wr_str s, bool upper)
{
    if (wr_utf8_ascii(s)) {
        char *p = wr_arena_alloc(a, s.len);
        for (uint32_t k = 0; k < s.len; k++)
            p[k] = upper ? wr_upper(s.ptr[k]) : wr_lower(s.ptr[k]);
        return wr_str_make(p, s.len);
    }
    wr__units to = map_case(a, wr__to_units(a, s), upper ? u_strToUpper : u_strToLower);
    return wr__from_units(a, to.u, to.n);
}

/* The mapping of an ASCII text is ASCII, so the flag is handed on. */
WR__KERNEL(lcase)
{
    WR_FOREACH_SEL (i, sel)
        out->u.str[i] = change_case(ctx->scratch, wr__str(args[0], i), false);
    out->ascii = args[0]->ascii;
}
WR__KERNEL(ucase)
{
    WR_FOREACH_SEL (i, sel)
        out->u.str[i] = change_case(ctx->scratch, wr__str(args[0], i), true);
    out->ascii = args[0]->ascii;
}

/** Java's \s: what ends a word for INITCAP. */
static bool is_blank(uint16_t u)
{
    return u == ' ' || (u >= '\t' && u <= '\r');
}

/** Words with their first unit in upper case. Quirk: blanks before the first word are lost. */
static wr_str initcap_of(wr_arena *a, wr_str s)
{
    wr__units low = map_case(a, wr__to_units(a, s), u_strToLower);
    uint32_t k = 0;
    while (k < low.n && is_blank(low.u[k]))
        k++;
    /* One unit may become three in upper case. */
    wr__units to = {wr_arena_alloc(a, sizeof(uint16_t) * 3 * ((size_t)low.n + 1)), 0};
    for (bool start = true; k < low.n; k++) {
        if (start && !is_blank(low.u[k])) {
            wr__units first = map_case(a, (wr__units){low.u + k, 1}, u_strToUpper);
            for (uint32_t f = 0; f < first.n; f++)
                to.u[to.n++] = first.u[f];
        } else {
            to.u[to.n++] = low.u[k];
        }
        start = is_blank(low.u[k]);
    }
    WR_ASSERT(to.n <= 3 * ((size_t)low.n + 1));
    return wr__from_units(a, to.u, to.n);
}

/* Not with ICU's title case: ksqlDB takes the first unit of each word alone. */
WR__KERNEL(initcap)
{
    WR_FOREACH_SEL (i, sel)
        out->u.str[i] = initcap_of(ctx->scratch, wr__str(args[0], i));
}

/* ---- length, blanks ---- */

/* LEN counts what Java's String.length counts. The flag of the column spares looking at each text.
 */
WR__KERNEL(len_str)
{
    bool ascii = args[0]->ascii;
    WR_FOREACH_SEL (i, sel) {
        wr_str s = wr__str(args[0], i);
        out->u.i32[i] = (int32_t)(ascii ? s.len : wr_utf16_len(s));
    }
}
WR__KERNEL(len_bytes)
{
    WR_FOREACH_SEL (i, sel)
        out->u.i32[i] = (int32_t)wr__str(args[0], i).len;
}
/* Java's trim: all that is not above U+0020 at both ends. A slice, nothing is copied. */
WR__KERNEL(trim)
{
    WR_FOREACH_SEL (i, sel)
        out->u.str[i] = wr_str_trim(wr__str(args[0], i));
    out->ascii = args[0]->ascii;
}

/* ---- characters ---- */

/*
 * CHR(n) is the character of a code point, NULL outside Unicode; a half pair is kept as three
 * bytes, as everywhere (common/utf8.h). CHR('\uXXXX') undoes the escapes of a Java literal, with
 * all that Apache Commons' unescapeJava takes: several u's, a plus sign, octal digits.
 */

/* Four bytes are enough for any code point. */
WR__KERNEL(chr_i32)
{
    WR_FOREACH_SEL (i, sel) {
        int32_t cp = wr__i32(args[0], i);
        if (cp < 0 || cp > 0x10FFFF) {
            wr__put_null(out, i);
            continue;
        }
        char *p = wr_arena_alloc(ctx->scratch, 4);
        out->u.str[i] = wr_str_make(p, wr_utf8_encode((uint32_t)cp, p));
    }
}

/* -1: none. */
static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/**
 * What follows "\u": any more u's, a '+', four hex digits. @return false where malformed. A unit,
 * not a character: two of them side by side that make a pair are joined when the text is put into
 * the result.
 */
static bool unescape_unicode(const char **p, const char *end, wr_buf *b)
{
    while (*p < end && **p == 'u')
        ++*p;
    if (*p < end && **p == '+')
        ++*p;
    uint32_t unit = 0;
    for (int k = 0; k < 4; k++, ++*p) {
        int digit = *p < end ? hex_digit(**p) : -1;
        if (digit < 0)
            return false;
        unit = unit << 4 | (uint32_t)digit;
    }
    wr_utf8_put(b, unit);
    return true;
}

/** Up to three octal digits, the value below 256. */
static void unescape_octal(const char **p, const char *end, wr_buf *b)
{
    uint32_t v = 0;
    int digits_max = **p <= '3' ? 3 : 2;
    for (int k = 0; k < digits_max && *p < end && **p >= '0' && **p <= '7'; k++, ++*p)
        v = v * 8 + (uint32_t)(**p - '0');
    wr_utf8_put(b, v);
}

/** Undo the escapes of a Java literal. False: a \u is malformed; the row fails then. */
static bool unescape_java(wr_str s, wr_buf *b)
{
    WR_ASSERT(b->len == 0);
    static const char escapes[] = "b\bt\tn\nf\fr\r\\\\\"\"''";
    for (const char *p = s.ptr, *end = s.ptr + s.len; p < end;) {
        if (*p != '\\') {
            wr_buf_putc(b, *p++);
            continue;
        }
        p++;
        if (p == end)
            break;
        if (*p == 'u') {
            if (!unescape_unicode(&p, end, b))
                return false;
            continue;
        }
        if (*p >= '0' && *p <= '7') {
            unescape_octal(&p, end, b);
            continue;
        }
        for (const char *e = escapes; *e; e += 2) {
            if (*e == *p) {
                wr_buf_putc(b, e[1]);
                p++;
                break;
            }
        }
        /* A backslash before anything else is dropped. */
    }
    return true;
}

/* Six units at least and a \u at the beginning, or NULL: the one form that ksqlDB looks for. */
WR__KERNEL(chr_str)
{
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        wr_str s = wr__str(args[0], i);
        if (wr_utf16_len(s) < 6 || !wr_str_starts_with(s, WR_STR("\\u"))) {
            wr__put_null(out, i);
            continue;
        }
        wr_buf_clear(&b);
        if (unescape_java(s, &b))
            wr__put_text(ctx, out, i, &b);
        else
            wr__fail(ctx, out, i, "CHR: malformed \\u escape in '" WR_STR_FMT "'", WR_STR_ARG(s));
    }
    wr_buf_free(&b);
}

/* ---- joining ---- */

/**
 * CONCAT and CONCAT_WS: NULL arguments are left out. @p first is the first argument that is joined.
 * Two walks: one to know the length, one to copy, so there is one allocation for a row.
 */
static void join_args(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, uint32_t first,
                      uint32_t i, wr_str separator, wr_vec *out)
{
    size_t n = 0;
    uint32_t parts = 0;
    for (uint32_t k = first; k < call->args_n; k++) {
        if (wr__null(args[k], i))
            continue;
        n += wr__str(args[k], i).len;
        parts++;
    }
    n += parts ? (size_t)(parts - 1) * separator.len : 0;
    if (n > WR__TEXT_MAX) {
        wr__fail(ctx, out, i, "%s: " WR__TEXT_TOO_LONG, call->fn->name);
        return;
    }
    char *p = wr_arena_alloc(ctx->scratch, n + 1), *at = p;
    for (uint32_t k = first; k < call->args_n; k++) {
        if (wr__null(args[k], i))
            continue;
        if (at != p || parts == 0) {
            memcpy(at, separator.ptr ? separator.ptr : "", separator.len);
            at += separator.len;
        }
        parts = 0; /* from now on a separator goes first, even after an empty part */
        wr_str s = wr__str(args[k], i);
        memcpy(at, s.ptr ? s.ptr : "", s.len);
        at += s.len;
    }
    WR_ASSERT((size_t)(at - p) == n); /* what was counted is what was written */
    out->u.str[i] = wr_str_make(p, call->ret->id == WR_T_STRING ? wr__join_halves(p, n) : n);
}

/* CONCAT(NULL, 'a') is 'a', unlike `||` in most databases: ksqlDB's `||` is CONCAT, too. */
WR__KERNEL(concat)
{
    WR_FOREACH_SEL (i, sel)
        join_args(ctx, call, args, 0, i, WR_STR(""), out);
}

/* NULL parts are left out together with their separators; a NULL separator gives NULL. */
WR__KERNEL(concat_ws)
{
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[0], i))
            wr__put_null(out, i);
        else if (call->args_n < 2)
            wr__fail(ctx, out, i, "Function Concat_ws expects at least two input arguments.");
        else
            join_args(ctx, call, args, 1, i, wr__str(args[0], i), out);
    }
}

/* ---- lists of texts ---- */

/* ELT and FIELD are each other's reverse: ELT(n, list...) and FIELD(text, list...), counted from 1.
 */

/* The element may be NULL itself. */
WR__KERNEL(elt)
{
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[0], i)) {
            wr__fail(ctx, out, i, "ELT: the position is NULL");
            continue;
        }
        int32_t n = wr__i32(args[0], i);
        if (n < 1 || (uint32_t)n >= call->args_n)
            wr__put_null(out, i);
        else
            wr__put_row(out, i, args[n]);
    }
}

/* NULL is never found, not even among NULLs. */
WR__KERNEL(field)
{
    WR_FOREACH_SEL (i, sel) {
        int32_t found = 0;
        for (uint32_t k = 1; k < call->args_n && !found && !wr__null(args[0], i); k++) {
            if (!wr__null(args[k], i) && wr_str_eq(wr__str(args[0], i), wr__str(args[k], i)))
                found = (int32_t)k;
        }
        out->u.i32[i] = found;
    }
}

/* ---- REPLACE ---- */

/** Java's replace of the empty text: @p with before each unit and at the end. */
static void insert_everywhere(wr_arena *a, wr_str s, wr_str with, wr_buf *b)
{
    wr__units u = wr__to_units(a, s);
    for (uint32_t k = 0; k < u.n && b->len <= WR__TEXT_MAX; k++) {
        wr_buf_str(b, with);
        wr_utf8_put(b, u.u[k]);
    }
    wr_buf_str(b, with);
}

/* From left to right; what was put in is not searched again. It stops soon after the ceiling is
 * reached, and the kernel then fails the row. */
static void replace_all(wr_arena *a, wr_str s, wr_str old, wr_str with, wr_buf *b)
{
    if (old.len == 0) {
        insert_everywhere(a, s, with, b);
        return;
    }
    const char *p = s.ptr, *end = s.ptr + s.len, *hit;
    while (p < end && b->len <= WR__TEXT_MAX &&
           (hit = memmem(p, (size_t)(end - p), old.ptr, old.len))) {
        wr_buf_put(b, p, (size_t)(hit - p));
        wr_buf_str(b, with);
        p = hit + old.len;
    }
    wr_buf_put(b, p, (size_t)(end - p));
}

/* As Java's String.replace: all occurrences of a plain text, not of a pattern. */
WR__KERNEL(replace)
{
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        wr_buf_clear(&b);
        replace_all(ctx->scratch, wr__str(args[0], i), wr__str(args[1], i), wr__str(args[2], i),
                    &b);
        if (b.len > WR__TEXT_MAX)
            wr__fail(ctx, out, i, "REPLACE: " WR__TEXT_TOO_LONG);
        else
            wr__put_text(ctx, out, i, &b);
    }
    wr_buf_free(&b);
}

/* ---- UUID ---- */

/* 8-4-4-4-12 hex digits, as java.util.UUID prints them. */
static wr_str uuid_text(wr_arena *a, uint64_t high, uint64_t low)
{
    enum { UUID_LEN = 36 };
    char text[40];
    int n = snprintf(text, sizeof(text), "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
                     (unsigned)(high >> 16 & 0xFFFF), (unsigned)(high & 0xFFFF),
                     (unsigned)(low >> 48), (unsigned long long)(low & 0xFFFFFFFFFFFFu));
    return wr_arena_str(a, wr_str_make(text, (size_t)n));
}

/* The numbers come from the task's generator, so that a run can be replayed from its seed. */
WR__KERNEL(uuid_random)
{
    WR_FOREACH_SEL (i, sel) {
        uint64_t high = wr_rng_next(ctx->rng), low = wr_rng_next(ctx->rng);
        high = (high & ~UINT64_C(0xF000)) | 0x4000;               /* version 4 */
        low = (low & ~(UINT64_C(3) << 62)) | (UINT64_C(2) << 62); /* variant of RFC 4122 */
        out->u.str[i] = uuid_text(ctx->scratch, high, low);
    }
    out->ascii = true;
}

/* Any 16 bytes: version and variant are not looked at. */
WR__KERNEL(uuid_bytes)
{
    WR_FOREACH_SEL (i, sel) {
        wr_str b = wr__str(args[0], i);
        if (b.len != 16)
            wr__put_null(out, i);
        else
            out->u.str[i] = uuid_text(ctx->scratch, wr_get_be64(b.ptr), wr_get_be64(b.ptr + 8));
    }
    out->ascii = true;
}

/* ---- tables ---- */

#define STR    "STRING"
#define SIMPLE NULL, NULL, NULL
static const wr_signature chr_sigs[] = {
    {"INTEGER", STR, WR__NULL_IN, chr_i32, SIMPLE},
    {STR, STR, WR__NULL_IN, chr_str, SIMPLE},
};
static const wr_signature concat_sigs[] = {
    {"", STR, 0, concat, SIMPLE}, /* one of the two: without arguments both would fit */
    {"STRING...", STR, 0, concat, SIMPLE},
    {"BYTES...", "BYTES", 0, concat, SIMPLE},
};
static const wr_signature concat_ws_sigs[] = {
    {"STRING, STRING...", STR, 0, concat_ws, SIMPLE},
    {"BYTES, BYTES...", "BYTES", 0, concat_ws, SIMPLE},
};
static const wr_signature elt_sigs[] = {{"INTEGER, STRING...", STR, 0, elt, SIMPLE}};
static const wr_signature field_sigs[] = {{"STRING, STRING...", "INTEGER", 0, field, SIMPLE}};
static const wr_signature initcap_sigs[] = {{STR, STR, WR__NULL_IN, initcap, SIMPLE}};
static const wr_signature lcase_sigs[] = {{STR, STR, WR__NULL_IN, lcase, SIMPLE}};
static const wr_signature ucase_sigs[] = {{STR, STR, WR__NULL_IN, ucase, SIMPLE}};
static const wr_signature len_sigs[] = {
    {STR, "INTEGER", WR__NULL_IN, len_str, SIMPLE},
    {"BYTES", "INTEGER", WR__NULL_IN, len_bytes, SIMPLE},
};
static const wr_signature replace_sigs[] = {
    {"STRING, STRING, STRING", STR, WR__NULL_IN, replace, SIMPLE}};
static const wr_signature trim_sigs[] = {{STR, STR, WR__NULL_IN, trim, SIMPLE}};
static const wr_signature uuid_sigs[] = {
    {"", STR, WR_FN_NOT_DETERMINISTIC, uuid_random, SIMPLE},
    {"BYTES", STR, WR__NULL_IN, uuid_bytes, SIMPLE},
};

static const wr_function functions[] = {
    WR__FN("CHR", STR, chr_sigs, "CHR(75)", "'K'",
           "The character of a code point, or of an escape such as '\\u004b'."),
    WR__FN("CONCAT", STR, concat_sigs, "CONCAT('a', NULL, 'b')", "'ab'",
           "Joins its arguments; NULL ones are left out."),
    WR__FN("CONCAT_WS", STR, concat_ws_sigs, "CONCAT_WS(', ', 'a', 'b')", "'a, b'",
           "Joins the arguments after the first with the first between them."),
    WR__FN("ELT", STR, elt_sigs, "ELT(2, 'a', 'b')", "'b'", "The n-th of a list of strings."),
    WR__FN("FIELD", STR, field_sigs, "FIELD('b', 'a', 'b')", "2",
           "Position of a string in a list of strings, 0 where it is not in it."),
    WR__FN("INITCAP", STR, initcap_sigs, "INITCAP('stream PROCESSING')", "'Stream Processing'",
           "Lower case with the first letter of each word in upper case."),
    WR__FN("LCASE", STR, lcase_sigs, "LCASE('Kafka')", "'kafka'", "Lower case."),
    WR__FN("LEN", STR, len_sigs, "LEN('stream')", "6",
           "Length of a string in UTF-16 units, of BYTES in bytes."),
    WR__FN("REPLACE", STR, replace_sigs, "REPLACE('banana', 'an', 'o')", "'booa'",
           "Replaces every occurrence of a text."),
    WR__FN("TRIM", STR, trim_sigs, "TRIM('  a b ')", "'a b'",
           "Removes blanks and control characters at both ends."),
    WR__FN("UCASE", STR, ucase_sigs, "UCASE('Kafka')", "'KAFKA'", "Upper case."),
    WR__FN("UUID", STR, uuid_sigs, "UUID()", NULL, "A random UUID, or the UUID held by 16 bytes."),
};
WR__FAMILY(string, functions);
