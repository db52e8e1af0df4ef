/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an actual record is held against an expected one: ksqlDB's own test runner's rules.
 *
 * Numbers: an actual whole number equals the expected number; one with a fraction must have the
 * same value and the same scale (1.0 is not 1.00, and is not 1). A text equals a text, and an
 * actual decimal with these very digits. Objects: as many fields, found by their name or by that
 * name in upper case. null equals null alone.
 */
#include "runtime/testing/testing_internal.h"

/* ---- numbers: digits and exponent, as written ---- */

typedef struct number {
    bool negative;
    wr_buf digits;    /* without leading zeros; empty: zero */
    int64_t exponent; /* of the last digit */
} number;

static void add_digits(number *n, const char *from, const char *to)
{
    for (; from < to; from++)
        if (n->digits.len || *from != '0')
            wr_buf_putc(&n->digits, *from);
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* @return false: no number. n->digits is to be freed in any case. */
static bool number_parse(wr_str text, number *n)
{
    const char *p = text.ptr, *end = p + text.len;
    *n = (number){0};
    if (p < end && (*p == '-' || *p == '+'))
        n->negative = *p++ == '-';
    const char *whole = p;
    p = skip_digits(p, end);
    bool any = p > whole;
    add_digits(n, whole, p);
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = skip_digits(p, end);
        any = any || p > fraction;
        add_digits(n, fraction, p);
        n->exponent = -(int64_t)(p - fraction);
    }
    if (any && p < end && (*p == 'e' || *p == 'E')) {
        int64_t e;
        p++;
        if (!wr_str_to_i64(wr_str_make(p, (size_t)(end - p)), &e) || e > 100000 || e < -100000)
            return false;
        n->exponent += e;
        p = end;
    }
    WR_ASSERT(!n->digits.len || n->digits.ptr[0] != '0');
    return any && p == end;
}

static bool same_digits(wr_str a, wr_str b, int64_t shift)
{
    /* a has `shift` zeros more at its end. */
    WR_ASSERT(shift >= 0 && a.len > 0 && b.len > 0);
    if (a.len != b.len + (uint64_t)shift || memcmp(a.ptr, b.ptr, b.len) != 0)
        return false;
    for (uint32_t i = b.len; i < a.len; i++)
        if (a.ptr[i] != '0')
            return false;
    return true;
}

static bool same_value(const number *a, const number *b)
{
    wr_str x = wr_buf_view(&a->digits), y = wr_buf_view(&b->digits);
    if (!x.len || !y.len)
        return x.len == y.len;
    if (a->negative != b->negative)
        return false;
    return a->exponent <= b->exponent ? same_digits(x, y, b->exponent - a->exponent)
                                      : same_digits(y, x, a->exponent - b->exponent);
}

static bool same_scale_too(const number *a, const number *b)
{
    return a->exponent == b->exponent && same_value(a, b);
}

static bool is_whole(wr_str text)
{
    for (uint32_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '.' || text.ptr[i] == 'e' || text.ptr[i] == 'E')
            return false;
    return true;
}

static bool number_matches(wr_str actual, wr_str expected, bool text)
{
    number a, e;
    bool good = number_parse(actual, &a);
    good = number_parse(expected, &e) && good;
    if (text)
        good = good && same_scale_too(&a, &e);
    else if (is_whole(actual))
        good = good && same_value(&a, &e);
    else if (is_whole(expected))
        good = good && a.exponent >= 0 && same_value(&a, &e);
    else
        good = good && same_scale_too(&a, &e);
    wr_buf_free(&a.digits);
    wr_buf_free(&e.digits);
    return good;
}

/* ---- values ---- */

static const wr_json *field(const wr_json *object, wr_str name)
{
    wr_buf upper = {0};
    const wr_json *exact = NULL, *other = NULL;
    WR_ASSERT(object->kind == WR_JSON_OBJECT);
    for (uint32_t i = 0; i < name.len; i++)
        wr_buf_putc(&upper, wr_upper(name.ptr[i]));
    for (uint32_t i = 0; i < object->n; i++) {
        if (wr_str_eq(object->keys[i], name))
            exact = &object->items[i];
        else if (wr_str_eq(object->keys[i], wr_buf_view(&upper)))
            other = &object->items[i];
    }
    wr_buf_free(&upper);
    return exact ? exact : other;
}

static bool items_match(const wr_json *actual, const wr_json *expected)
{
    WR_ASSERT(expected->kind == WR_JSON_ARRAY || expected->kind == WR_JSON_OBJECT);
    if (actual->kind != expected->kind || actual->n != expected->n)
        return false;
    for (uint32_t i = 0; i < expected->n; i++) {
        const wr_json *a =
            expected->kind == WR_JSON_ARRAY ? &actual->items[i] : field(actual, expected->keys[i]);
        if (!a || !wr__value_matches(a, &expected->items[i]))
            return false;
    }
    return true;
}

bool wr__value_matches(const wr_json *actual, const wr_json *expected)
{
    switch (expected->kind) {
    case WR_JSON_NUMBER:
        return actual->kind == WR_JSON_NUMBER &&
               number_matches(actual->text, expected->text, false);
    case WR_JSON_STRING:
        if (actual->kind == WR_JSON_NUMBER)
            return number_matches(actual->text, expected->text, true);
        return actual->kind == WR_JSON_STRING && wr_str_eq(actual->text, expected->text);
    case WR_JSON_ARRAY:
    case WR_JSON_OBJECT:
        return items_match(actual, expected);
    default:
        return actual->kind == expected->kind;
    }
}

/* ---- records ---- */

static const wr_json none = {.kind = WR_JSON_NULL, .text = {"null", 4}, .raw = {"null", 4}};

static const wr_json *part(const wr_json *record, const char *name)
{
    const wr_json *j = wr_json_get(record, name);
    return j ? j : &none;
}

/* Exactly: the same members, in any order, with the same values. */
static bool same(const wr_json *a, const wr_json *b)
{
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->kind == WR_JSON_NUMBER || a->kind == WR_JSON_STRING)
        return wr_str_eq(a->text, b->text);
    for (uint32_t i = 0; i < a->n; i++) {
        const wr_json *other = &b->items[i];
        for (uint32_t k = 0; a->kind == WR_JSON_OBJECT && k < b->n; k++)
            if (wr_str_eq(a->keys[i], b->keys[k]))
                other = &b->items[k];
        if (!same(&a->items[i], other))
            return false;
    }
    return true;
}

static bool differs(const char *what, const wr_json *actual, const wr_json *expected, wr_buf *why)
{
    wr_buf_printf(why, "%s is ", what);
    wr_json_print(why, actual);
    wr_buf_puts(why, ", expected ");
    wr_json_print(why, expected);
    return false;
}

bool wr__record_matches(const wr_json *actual, const wr_json *expected, bool loose_time,
                        wr_buf *why)
{
    static const char *const sides[] = {"key", "value"};
    if (!same(part(actual, "window"), part(expected, "window")))
        return differs("window", part(actual, "window"), part(expected, "window"), why);
    for (size_t i = 0; i < WR_ARRAY_LEN(sides); i++)
        if (!wr__value_matches(part(actual, sides[i]), part(expected, sides[i])))
            return differs(sides[i], part(actual, sides[i]), part(expected, sides[i]), why);
    const wr_json *time = wr_json_get(expected, "timestamp");
    bool any_time = !time || (loose_time && wr_str_eq_c(time->text, "0"));
    if (!any_time && !same(part(actual, "timestamp"), time))
        return differs("timestamp", part(actual, "timestamp"), time, why);
    const wr_json *headers = part(expected, "headers");
    if (headers->kind == WR_JSON_ARRAY && headers->n == 0)
        headers = &none;
    if (!same(part(actual, "headers"), headers))
        return differs("headers", part(actual, "headers"), headers, why);
    return true;
}
