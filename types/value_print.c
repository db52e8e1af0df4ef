/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of values, in three forms: what CAST(... AS STRING) gives, JSON as on REST rows, and SQL
 * for people to read.
 *
 * Inside a collection CAST's text of a time is what Java's toString gives, as in ksqlDB: a
 * TIMESTAMP is `2020-05-26 11:30:00.5`, a TIME always has its seconds. BYTES are base64, there and
 * elsewhere: ksqlDB shows the description of a buffer without what is in it.
 */
#include "types/decimal.h"
#include "types/text.h"
#include "types/value_internal.h"

#include <math.h>

static void put_bool(wr_buf *out, bool b)
{
    wr_buf_puts(out, b ? "true" : "false");
}

/* ----------------------------------------------------------------------------- CAST(... STRING) */

/* Inside ARRAY and MAP a NULL is visible; a STRUCT leaves NULL fields out. */
static void print_item(wr_buf *out, const wr_type *t, const wr_value *v)
{
    if (v->null)
        wr_buf_puts(out, "null");
    else if (t->id == WR_T_TIMESTAMP)
        wr_text_put_sql_timestamp(out, v->u.i64);
    else if (t->id == WR_T_TIME)
        wr_text_put_sql_time(out, v->u.i32);
    else
        wr_value_print(out, t, v);
}

static void print_array(wr_buf *out, const wr_type *t, const wr_nest *nest)
{
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; i < nest->n; i++) {
        if (i)
            wr_buf_puts(out, ", ");
        print_item(out, t->elem, &nest->items[i]);
    }
    wr_buf_putc(out, ']');
}

static void print_map(wr_buf *out, const wr_type *t, const wr_nest *nest)
{
    wr_buf_putc(out, '{');
    for (uint32_t i = 0; i < nest->n; i++) {
        if (i)
            wr_buf_puts(out, ", ");
        print_item(out, t->key, &nest->keys[i]);
        wr_buf_putc(out, '=');
        print_item(out, t->elem, &nest->items[i]);
    }
    wr_buf_putc(out, '}');
}

static void print_struct(wr_buf *out, const wr_type *t, const wr_nest *nest)
{
    const char *separator = "";
    wr_buf_puts(out, "Struct{");
    for (uint32_t i = 0; i < nest->n; i++) {
        if (nest->items[i].null)
            continue;
        wr_buf_puts(out, separator);
        wr_buf_puts(out, t->fields[i].name);
        wr_buf_putc(out, '=');
        print_item(out, t->fields[i].type, &nest->items[i]);
        separator = ",";
    }
    wr_buf_putc(out, '}');
}

void wr_value_print(wr_buf *out, const wr_type *t, const wr_value *v)
{
    if (v->null)
        return;
    switch (t->id) {
    case WR_T_NULL:
        return;
    case WR_T_BOOLEAN:
        put_bool(out, v->u.b);
        return;
    case WR_T_INTEGER:
    case WR_T_UNIT:
        wr_text_put_i64(out, v->u.i32);
        return;
    case WR_T_BIGINT:
        wr_text_put_i64(out, v->u.i64);
        return;
    case WR_T_DOUBLE:
        wr_text_put_double(out, v->u.f64);
        return;
    case WR_T_DECIMAL:
        wr_dec_print(out, t, v);
        return;
    case WR_T_STRING:
        wr_buf_str(out, v->u.str);
        return;
    case WR_T_BYTES:
        wr_text_put_base64(out, v->u.str);
        return;
    case WR_T_DATE:
        wr_text_put_date(out, v->u.i32);
        return;
    case WR_T_TIME:
        wr_text_put_time(out, v->u.i32, true);
        return;
    case WR_T_TIMESTAMP:
        wr_text_put_timestamp(out, v->u.i64);
        return;
    case WR_T_ARRAY:
        print_array(out, t, v->u.nest);
        return;
    case WR_T_MAP:
        print_map(out, t, v->u.nest);
        return;
    case WR_T_STRUCT:
        print_struct(out, t, v->u.nest);
        return;
    case WR_T_N:
        break;
    }
    WR_UNREACHABLE();
}

/* ----------------------------------------------------------------------------------------- JSON */

static void print_json_double(wr_buf *out, double d)
{
    bool finite = isfinite(d); /* JSON has no other numbers: those go as strings */
    if (!finite)
        wr_buf_putc(out, '"');
    wr_text_put_double(out, d);
    if (!finite)
        wr_buf_putc(out, '"');
}

/* The name of an object's member: a STRING key as it is, any other by its text. */
static void print_json_key(wr_buf *out, const wr_type *t, const wr_value *key)
{
    wr_buf text = {0};
    print_item(&text, t, key);
    wr_text_put_json_string(out, wr_buf_view(&text));
    wr_buf_free(&text);
}

static void print_json(wr_buf *out, const wr_type *t, const wr_value *v, bool whole_seconds);

static void print_json_nest(wr_buf *out, const wr_type *t, const wr_nest *nest, bool whole_seconds)
{
    bool array = t->id == WR_T_ARRAY;
    wr_buf_putc(out, array ? '[' : '{');
    for (uint32_t i = 0; i < nest->n; i++) {
        if (i)
            wr_buf_putc(out, ',');
        if (!array) {
            if (t->id == WR_T_MAP)
                print_json_key(out, t->key, &nest->keys[i]);
            else
                wr_text_put_json_string(out, wr_str_c(t->fields[i].name));
            wr_buf_putc(out, ':');
        }
        print_json(out, wr__nest_item_type(t, i), &nest->items[i], whole_seconds);
    }
    wr_buf_putc(out, array ? ']' : '}');
}

static void print_json(wr_buf *out, const wr_type *t, const wr_value *v, bool whole_seconds)
{
    if (v->null) {
        wr_buf_puts(out, "null");
        return;
    }
    switch (t->id) {
    case WR_T_DOUBLE:
        print_json_double(out, v->u.f64);
        return;
    case WR_T_STRING:
        wr_text_put_json_string(out, v->u.str);
        return;
    case WR_T_TIME:
        wr_buf_putc(out, '"');
        wr_text_put_time(out, v->u.i32, whole_seconds);
        wr_buf_putc(out, '"');
        return;
    case WR_T_BYTES:
    case WR_T_DATE:
    case WR_T_TIMESTAMP: /* nothing in these texts needs an escape */
        wr_buf_putc(out, '"');
        wr_value_print(out, t, v);
        wr_buf_putc(out, '"');
        return;
    case WR_T_ARRAY:
    case WR_T_MAP:
    case WR_T_STRUCT:
        print_json_nest(out, t, v->u.nest, whole_seconds);
        return;
    case WR_T_NULL:
        wr_buf_puts(out, "null");
        return;
    default:
        wr_value_print(out, t, v);
        return;
    }
}

void wr_value_print_json(wr_buf *out, const wr_type *t, const wr_value *v)
{
    print_json(out, t, v, false);
}

void wr_value_print_rest(wr_buf *out, const wr_type *t, const wr_value *v)
{
    print_json(out, t, v, true);
}

/* ------------------------------------------------------------------------------------------ SQL */

/* A number without an exponent is a DECIMAL literal, so DOUBLEs always get one. */
static void print_sql_double(wr_buf *out, double d)
{
    if (isnan(d)) {
        wr_buf_puts(out, "(0E0 / 0E0)");
        return;
    }
    if (isinf(d)) {
        wr_buf_puts(out, d < 0 ? "(-1E0 / 0E0)" : "(1E0 / 0E0)");
        return;
    }
    size_t from = out->len;
    wr_text_put_double(out, d);
    if (!memchr(out->ptr + from, 'E', out->len - from))
        wr_buf_puts(out, "E0");
}

/* '<text>' AS <type>, for types without literals. */
static void print_sql_cast(wr_buf *out, const wr_type *t, const wr_value *v)
{
    wr_buf_puts(out, "CAST('");
    if (t->id == WR_T_TIME)
        wr_text_put_time(out, v->u.i32, false);
    else
        wr_value_print(out, t, v);
    wr_buf_puts(out, "' AS ");
    wr_type_print(out, t);
    wr_buf_putc(out, ')');
}

static void print_sql_nest(wr_buf *out, const wr_type *t, const wr_nest *nest)
{
    wr_buf_puts(out, t->id == WR_T_ARRAY ? "ARRAY[" : t->id == WR_T_MAP ? "MAP(" : "STRUCT(");
    for (uint32_t i = 0; i < nest->n; i++) {
        if (i)
            wr_buf_puts(out, ", ");
        if (t->id == WR_T_MAP)
            wr_value_print_sql(out, t->key, &nest->keys[i]);
        else if (t->id == WR_T_STRUCT)
            wr_text_put_quoted(out, wr_str_c(t->fields[i].name), '`');
        if (t->id != WR_T_ARRAY)
            wr_buf_puts(out, " := ");
        wr_value_print_sql(out, wr__nest_item_type(t, i), &nest->items[i]);
    }
    wr_buf_putc(out, t->id == WR_T_ARRAY ? ']' : ')');
}

void wr_value_print_sql(wr_buf *out, const wr_type *t, const wr_value *v)
{
    if (v->null) {
        wr_buf_puts(out, "NULL");
        return;
    }
    switch (t->id) {
    case WR_T_NULL:
        wr_buf_puts(out, "NULL");
        return;
    case WR_T_DOUBLE:
        print_sql_double(out, v->u.f64);
        return;
    case WR_T_DECIMAL: /* without a point it would be an integer */
        wr_buf_puts(out, t->scale ? "" : "DECIMAL '");
        wr_dec_print(out, t, v);
        wr_buf_puts(out, t->scale ? "" : "'");
        return;
    case WR_T_STRING:
        wr_text_put_quoted(out, v->u.str, '\'');
        return;
    case WR_T_BYTES:
        wr_buf_puts(out, "TO_BYTES('");
        wr_text_put_base64(out, v->u.str);
        wr_buf_puts(out, "', 'base64')");
        return;
    case WR_T_DATE:
    case WR_T_TIME:
    case WR_T_TIMESTAMP:
        print_sql_cast(out, t, v);
        return;
    case WR_T_ARRAY:
    case WR_T_MAP:
    case WR_T_STRUCT:
        print_sql_nest(out, t, v->u.nest);
        return;
    default:
        wr_value_print(out, t, v);
        return;
    }
}
