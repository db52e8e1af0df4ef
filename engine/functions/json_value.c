/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL values as JSON text; json_value.h has the form. Recursion follows the type's nesting.
 *
 * Not the encoder of formats/: that one writes records, in the order of their columns, and DECIMALs
 * by options; this one follows the UDF, which goes through a tree with sorted names.
 *
 *     BOOLEAN, numbers       as they are; NaN and the infinities as texts
 *     STRING                 a JSON string
 *     BYTES                  base64
 *     DATE, TIME, TIMESTAMP  the texts that a CAST to STRING would give
 *     ARRAY                  an array
 *     MAP, STRUCT            an object, members in order of their names
 *     NULL                   null
 */
#include "engine/functions/json_value.h"

#include "common/utf8.h"
#include "types/decimal.h"
#include "types/text.h"

#include <math.h>
#include <stdlib.h>

/* A member of an object to be. It borrows name and value from the value that is written. */
typedef struct member {
    wr_str name;
    const wr_type *type;
    const wr_value *value;
} member;

/* By UTF-16 units, as Java's TreeMap of Strings is. */
static int by_name(const void *x, const void *y)
{
    const member *a = x, *b = y;
    return wr_utf16_compare(a->name, b->name);
}

/* Sorted by name, since the UDF's tree is; @p members is the caller's scratch and is reordered. */
static void write_members(wr_buf *out, member *members, uint32_t n, wr_arena *scratch)
{
    if (n)
        qsort(members, n, sizeof(*members), by_name);
    wr_buf_putc(out, '{');
    for (uint32_t k = 0; k < n; k++) {
        if (k)
            wr_buf_putc(out, ',');
        wr_text_put_json_string(out, members[k].name);
        wr_buf_putc(out, ':');
        wr__json_write_value(out, members[k].type, members[k].value, scratch);
    }
    wr_buf_putc(out, '}');
}

/**
 * A MAP's key as the name of a member: its text. A NULL key is the text null, as Java's
 * String.valueOf.
 */
static wr_str name_of(const wr_type *t, const wr_value *key, wr_arena *scratch)
{
    if (key->null)
        return WR_STR("null");
    if (t->id == WR_T_STRING)
        return key->u.str;
    wr_buf b = {0};
    wr_value_print(&b, t, key);
    wr_str name = wr_arena_str(scratch, wr_buf_view(&b));
    wr_buf_free(&b);
    return name;
}

/* A STRUCT and a MAP look the same in JSON. */
static void write_object(wr_buf *out, const wr_type *t, const wr_nest *nest, wr_arena *scratch)
{
    WR_ASSERT(t->id == WR_T_MAP || nest->n == t->fields_n);
    member *members = WR_NEW_N(scratch, member, nest->n + 1);
    for (uint32_t k = 0; k < nest->n; k++) {
        bool map = t->id == WR_T_MAP;
        members[k].name =
            map ? name_of(t->key, &nest->keys[k], scratch) : wr_str_c(t->fields[k].name);
        members[k].type = map ? t->elem : t->fields[k].type;
        members[k].value = &nest->items[k];
    }
    write_members(out, members, nest->n, scratch);
}

/* In the array's order; NULL elements are null. */
static void write_array(wr_buf *out, const wr_type *t, const wr_nest *nest, wr_arena *scratch)
{
    wr_buf_putc(out, '[');
    for (uint32_t k = 0; k < nest->n; k++) {
        if (k)
            wr_buf_putc(out, ',');
        wr__json_write_value(out, t->elem, &nest->items[k], scratch);
    }
    wr_buf_putc(out, ']');
}

/* NaN and the infinities have no number in JSON: Jackson writes them as texts. DECIMAL with all the
 * places of its type: 1.50 stays 1.50. */
static void write_number(wr_buf *out, const wr_type *t, const wr_value *v)
{
    if (t->id == WR_T_DECIMAL) {
        wr_dec_print(out, t, v);
    } else if (t->id == WR_T_DOUBLE) {
        bool text = !isfinite(v->u.f64);
        wr_buf_puts(out, text ? "\"" : "");
        wr_text_put_double(out, v->u.f64);
        wr_buf_puts(out, text ? "\"" : "");
    } else {
        wr_text_put_i64(out, t->id == WR_T_BIGINT ? v->u.i64 : v->u.i32);
    }
}

/* Types whose text goes between quotes without escapes. */
static void write_quoted(wr_buf *out, const wr_type *t, const wr_value *v)
{
    wr_buf_putc(out, '"');
    if (t->id == WR_T_BYTES)
        wr_text_put_base64(out, v->u.str);
    else if (t->id == WR_T_DATE)
        wr_text_put_date(out, v->u.i32);
    else if (t->id == WR_T_TIME)
        wr_text_put_time(out, v->u.i32, true);
    else
        wr_text_put_timestamp(out, v->u.i64);
    wr_buf_putc(out, '"');
}

/* Recursion is as deep as the type, which a statement has written. */
void wr__json_write_value(wr_buf *out, const wr_type *t, const wr_value *v, wr_arena *scratch)
{
    if (v->null) {
        wr_buf_puts(out, "null");
        return;
    }
    switch (t->id) {
    case WR_T_BOOLEAN:
        wr_buf_puts(out, v->u.b ? "true" : "false");
        return;
    case WR_T_INTEGER:
    case WR_T_BIGINT:
    case WR_T_DOUBLE:
    case WR_T_DECIMAL:
        write_number(out, t, v);
        return;
    case WR_T_STRING:
        wr_text_put_json_string(out, v->u.str);
        return;
    case WR_T_BYTES:
    case WR_T_DATE:
    case WR_T_TIME:
    case WR_T_TIMESTAMP:
        write_quoted(out, t, v);
        return;
    case WR_T_ARRAY:
        write_array(out, t, v->u.nest, scratch);
        return;
    case WR_T_MAP:
    case WR_T_STRUCT:
        write_object(out, t, v->u.nest, scratch);
        return;
    case WR_T_NULL:
    case WR_T_UNIT:
    case WR_T_N:
        break;
    }
    WR_UNREACHABLE();
}
