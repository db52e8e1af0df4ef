/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON documents for the SQL functions; json_node.h says what they are. The tree comes from the
 * record reader (formats/json_document.c), whose depth limit bounds the recursion here.
 */
#include "engine/functions/json_node.h"

#include "common/utf8.h"
#include "engine/functions/value_set.h"
#include "types/text.h"

#include <unicode/uchar.h>

/* ---- reading ---- */

/* Jackson's ObjectNode: the last value of a name counts, at the place of the first. In place: later
 * members move up. Inner objects are not looked at. */
void wr__json_merge_duplicates(wr_json *j, wr_arena *a)
{
    if (j->kind != WR_JSON_OBJECT || j->n < 2)
        return;
    wr_value *names = wr_arena_alloc(a, sizeof(wr_value) * j->n);
    wr__value_set seen;
    wr__value_set_init(&seen, &wr_type_string, j->n, a);
    uint32_t kept = 0;
    for (uint32_t k = 0; k < j->n; k++) {
        names[kept] = wr_value_str(j->keys[k]);
        const wr_value *old = wr__value_set_add(&seen, &names[kept]);
        if (old) {
            j->items[old - names] = j->items[k];
            continue;
        }
        j->keys[kept] = j->keys[k];
        j->items[kept++] = j->items[k];
    }
    WR_ASSERT(kept > 0 && kept <= j->n);
    j->n = kept;
}

/* Inner objects first; the reader's depth limit bounds the recursion. */
static void merge_all(wr_json *j, wr_arena *a)
{
    for (uint32_t k = 0; k < j->n; k++)
        merge_all(&j->items[k], a);
    wr__json_merge_duplicates(j, a);
}

/* Text after the first value is ignored, and a blank text is no document: what Jackson's readTree
 * does, which ksqlDB calls. The tree borrows from @p text where it can: both must live as long as
 * the document is used. */
wr__json_status wr__json_read(wr_str text, wr_arena *a, wr_json **out, weir_error *err)
{
    *out = NULL;
    if (wr_str_trim(text).len == 0)
        return WR__JSON_EMPTY;
    if (text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0) {
        (void)wr_error(err, WEIR_ERR_RECORD, "Unexpected character: a byte order mark");
        return WR__JSON_BAD;
    }
    if (wr_json_parse_first(text, a, out, err) != WEIR_OK)
        return WR__JSON_BAD;
    merge_all(*out, a);
    return WR__JSON_OK;
}

/* Where a value ends that begins at @p p: after its last bracket or quote, or before what cannot be
 * part of a number or a word. Brackets are only counted: what is wrong inside is found when the
 * slice is read. */
static const char *value_end(const char *p, const char *end)
{
    uint32_t depth = 0;
    bool quoted = false;
    for (; p < end; p++) {
        if (quoted && *p == '\\' && p + 1 < end) {
            p++;
        } else if (quoted) {
            quoted = *p != '"';
            if (!quoted && depth == 0)
                return p + 1;
        } else if (*p == '"') {
            quoted = true;
        } else if (*p == '[' || *p == '{') {
            depth++;
        } else if (*p == ']' || *p == '}') {
            if (depth <= 1)
                return depth ? p + 1 : p;
            depth--;
        } else if (depth == 0 && (*p == ',' || strchr(" \t\r\n", *p))) {
            return p;
        }
    }
    return p;
}

/* JSON's own four; Unicode has more, and Jackson takes none of them here. */
static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
        p++;
    return p;
}

/* An element is read by itself, so what is wrong in a later one does not matter; a text that is not
 * an array has no elements. The cursor stays before an element that cannot be read. */
bool wr__json_elements_next(wr__json_elements *e, wr_arena *a, wr_json **out)
{
    const char *p = skip_blanks(e->p, e->end);
    if (p == e->end || *p != (e->begun ? ',' : '['))
        return false;
    e->begun = true;
    p = skip_blanks(p + 1, e->end);
    const char *stop = value_end(p, e->end);
    weir_error err;
    if (stop == p || wr__json_read(wr_str_make(p, (size_t)(stop - p)), a, out, &err) != WR__JSON_OK)
        return false;
    e->p = stop;
    return true;
}

/* ---- writing ---- */

/*
 * As Jackson writes what it has read with USE_BIG_DECIMAL_FOR_FLOATS: integers as they are, reals
 * in BigDecimal's toString form (plain, or with an exponent where the scale is negative or the
 * number small), or in its toPlainString form. No double is made, so no digit is lost.
 */

#define PLAIN_SCALE_MAX 9999 /* Jackson's limit of zeroes that one number may cost */

/* A decimal number taken apart: digits without leading zeroes, times 10^-scale. */
typedef struct number_parts {
    bool negative;
    wr_buf digits;
    int64_t scale;
} number_parts;

/* "-12.50e3" is the digits 1250 with scale -1. BigDecimal has no negative zero. The reader has
 * checked the number: there is at least one digit, and the exponent is a number. One that does not
 * fit 64 bits counts as 0. */
static void take_apart(wr_str text, number_parts *n)
{
    *n = (number_parts){0};
    bool fraction = false;
    for (uint32_t k = 0; k < text.len; k++) {
        char c = text.ptr[k];
        if (c == '-') {
            n->negative = true;
        } else if (c == '.') {
            fraction = true;
        } else if (c == 'e' || c == 'E') {
            int64_t exponent = 0;
            (void)wr_str_to_i64(wr_str_make(text.ptr + k + 1, text.len - k - 1), &exponent);
            n->scale -= exponent;
            break;
        } else {
            if (c != '0' || n->digits.len)
                wr_buf_putc(&n->digits, c);
            n->scale += fraction;
        }
    }
    if (n->digits.len == 0) {
        wr_buf_putc(&n->digits, '0');
        n->negative = false;
    }
}

/* What Jackson takes for an integer: the text decides, not the value. */
static bool is_integer(wr_str number)
{
    for (uint32_t k = 0; k < number.len; k++)
        if (number.ptr[k] == '.' || number.ptr[k] == 'e' || number.ptr[k] == 'E')
            return false;
    return true;
}

/* toPlainString, with zeroes instead of an exponent. */
static void put_plain(wr_buf *out, const number_parts *n)
{
    int64_t whole = (int64_t)n->digits.len - n->scale;
    if (whole <= 0) {
        wr_buf_puts(out, "0.");
        for (int64_t k = whole; k < 0; k++)
            wr_buf_putc(out, '0');
        wr_buf_str(out, wr_buf_view(&n->digits));
        return;
    }
    wr_buf_put(out, n->digits.ptr, WR_MIN((size_t)whole, n->digits.len));
    if (n->scale > 0) {
        wr_buf_putc(out, '.');
        wr_buf_put(out, n->digits.ptr + whole, n->digits.len - (size_t)whole);
    }
    bool zero = n->digits.len == 1 && *n->digits.ptr == '0';
    for (int64_t k = n->scale; k < 0 && !zero; k++)
        wr_buf_putc(out, '0');
}

/* BigDecimal.toString: plain if the scale is not negative and the exponent at least -6.
 *
 *     1.50     1.50          1e3      1E+3
 *     0.00001  0.00001       1e-8     1E-8
 *     -0       0             -0.0     0.0 */
bool wr__json_write_number(wr_buf *out, wr_str number, bool plain)
{
    if (is_integer(number)) {
        wr_buf_str(out, wr_str_eq_c(number, "-0") ? WR_STR("0") : number);
        return true;
    }
    number_parts n;
    take_apart(number, &n);
    WR_ASSERT(n.digits.len > 0);
    int64_t adjusted = (int64_t)n.digits.len - 1 - n.scale;
    bool ok = !plain || (n.scale >= -PLAIN_SCALE_MAX && n.scale <= PLAIN_SCALE_MAX);
    if (n.negative)
        wr_buf_putc(out, '-');
    if (ok && (plain || (n.scale >= 0 && adjusted >= -6))) {
        put_plain(out, &n);
    } else {
        wr_buf_putc(out, n.digits.ptr[0]);
        if (n.digits.len > 1)
            wr_buf_putc(out, '.');
        wr_buf_put(out, n.digits.ptr + 1, n.digits.len - 1);
        if (adjusted)
            wr_buf_printf(out, "E%+lld", (long long)adjusted);
    }
    wr_buf_free(&n.digits);
    return ok;
}

/* Compact, without blanks; members in the document's order. */
bool wr__json_write_as(wr_buf *out, const wr_json *j, bool plain)
{
    bool ok = true;
    switch (j->kind) {
    case WR_JSON_NULL:
    case WR_JSON_FALSE:
    case WR_JSON_TRUE:
        wr_buf_str(out, j->text);
        return true;
    case WR_JSON_NUMBER:
        return wr__json_write_number(out, j->text, plain);
    case WR_JSON_STRING:
        wr_text_put_json_string(out, j->text);
        return true;
    case WR_JSON_ARRAY:
    case WR_JSON_OBJECT:
        break;
    }
    wr_buf_putc(out, j->kind == WR_JSON_OBJECT ? '{' : '[');
    for (uint32_t k = 0; k < j->n; k++) {
        if (k)
            wr_buf_putc(out, ',');
        if (j->kind == WR_JSON_OBJECT) {
            wr_text_put_json_string(out, j->keys[k]);
            wr_buf_putc(out, ':');
        }
        ok &= wr__json_write_as(out, &j->items[k], plain);
    }
    wr_buf_putc(out, j->kind == WR_JSON_OBJECT ? '}' : ']');
    return ok;
}

void wr__json_write(wr_buf *out, const wr_json *j)
{
    (void)wr__json_write_as(out, j, false); /* fails for plain numbers only */
}

/* What EXTRACTJSONFIELD gives: a string without its quotes, anything else as JSON. */
void wr__json_write_bare(wr_buf *out, const wr_json *j)
{
    if (j->kind == WR_JSON_STRING)
        wr_buf_str(out, j->text);
    else
        wr__json_write(out, j);
}

/* ---- paths ---- */

/*
 * The JsonPath that ksqlDB took from Hive and Presto: $, .name, [name], ["name"], [index]. An index
 * is a name to the parser; on an array it counts elements.
 */

/* Unicode letters and digits, as Java's Character.isLetterOrDigit. */
static bool is_name_char(uint32_t cp, bool subscript)
{
    if (cp == '_' || (!subscript && (cp == ':' || cp == '@')))
        return true;
    return u_isalpha((UChar32)cp) || u_isdigit((UChar32)cp);
}

/** A bare name at *p; empty: no path. */
static bool path_name(const char **p, const char *end, bool subscript, wr_str *token)
{
    const char *start = *p;
    while (*p < end) {
        const char *next = *p;
        if (!is_name_char(wr_utf8_next(&next, end), subscript))
            break;
        *p = next;
    }
    *token = wr_str_make(start, (size_t)(*p - start));
    return *p > start;
}

/**
 * `"..."` at *p with \" and \\ inside. False: the quote is not closed, or another character is
 * escaped. Room: the text cannot be longer than what was written.
 */
static bool path_quoted(const char **p, const char *end, wr_arena *a, wr_str *token)
{
    char *text = wr_arena_alloc(a, (size_t)(end - *p));
    size_t n = 0;
    for (++*p; *p < end && **p != '"'; ++*p) {
        if (**p == '\\') {
            ++*p;
            if (*p == end || (**p != '"' && **p != '\\'))
                return false;
        }
        text[n++] = **p;
    }
    *token = wr_str_make(text, n);
    return (*p)++ < end;
}

/* One step; the cursor is on its first character. False: it is no step. */
static bool path_step(const char **p, const char *end, wr_arena *a, wr_str *token)
{
    char open = *(*p)++;
    if (open == '.')
        return path_name(p, end, false, token);
    if (open != '[' || *p == end)
        return false;
    bool ok = **p == '"' ? path_quoted(p, end, a, token) : path_name(p, end, true, token);
    return ok && *p < end && *(*p)++ == ']';
}

/*     $.a.b[0]["x y"]      a, b, 0, x y
 *     $                    the document itself
 *     a.b                  no path: it must begin with $ */
bool wr__json_path_parse(wr_str text, wr_arena *a, wr__json_path *out)
{
    wr_arr(wr_str) tokens = {0};
    const char *p = text.ptr, *end = text.ptr + text.len;
    if (text.len == 0 || *p++ != '$')
        return false;
    while (p < end) {
        wr_str token;
        if (!path_step(&p, end, a, &token))
            return false;
        wr_arr_push(a, &tokens, token);
    }
    *out = (wr__json_path){(uint32_t)tokens.n, tokens.v};
    return true;
}

/* NULL where a step leads nowhere; also where it asks an object for an index or a value for a
 * member. */
const wr_json *wr__json_path_find(const wr_json *root, const wr__json_path *path)
{
    const wr_json *at = root;
    for (uint32_t k = 0; k < path->n && at; k++) {
        const wr_json *next = NULL;
        int64_t index;
        if (at->kind == WR_JSON_ARRAY && wr_str_to_i64(path->tokens[k], &index) && index >= 0 &&
            index < at->n)
            next = &at->items[index];
        for (uint32_t m = 0; at->kind == WR_JSON_OBJECT && m < at->n && !next; m++)
            if (wr_str_eq(at->keys[m], path->tokens[k]))
                next = &at->items[m];
        at = next;
    }
    return at;
}
