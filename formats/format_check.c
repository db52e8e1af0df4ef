/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_check.c - what a format can hold: the question to its row, and what several rows ask.
 *
 * A format's check looks at columns and options and says no with a reason and the column that it is
 * about, so that a statement's error can point at that column. The texts are ksqlDB's.
 */
#include "formats/format_internal.h"

#include <stdio.h>

/* ---- reasons ---- */

bool wr__misfit(wr_format_misfit *why, int32_t column, const char *fmt, ...)
{
    WR_ASSERT(column >= WR_MISFIT_ALL);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why->reason, sizeof why->reason, fmt, ap);
    va_end(ap);
    why->column = column;
    WR_ASSERT(why->reason[0]); /* a refusal says why */
    return false;
}

/* "[`K` INTEGER KEY, `V` STRING]" */
static void print_columns(wr_buf *out, const wr_format_columns *c)
{
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; i < c->n; i++) {
        wr_buf_printf(out, "%s`%s` ", i ? ", " : "", c->cols[i].name);
        wr_type_print(out, c->cols[i].type);
        if (c->is_key)
            wr_buf_puts(out, " KEY");
    }
    wr_buf_putc(out, ']');
}

bool wr__misfit_columns(wr_format_misfit *why, const wr_format_columns *c, const char *what)
{
    wr_buf text = {0};
    print_columns(&text, c);
    wr__misfit(why, WR_MISFIT_ALL, "%s Got: %s", what, wr_buf_cstr(&text));
    wr_buf_free(&text);
    return false;
}

/* "ARRAY" of ARRAY<INTEGER>: the type's name without its parameters. */
static void print_base_type(wr_buf *out, const wr_type *t)
{
    size_t start = out->len;
    wr_type_print(out, t);
    for (size_t i = start; i < out->len; i++)
        if (out->ptr[i] == '<' || out->ptr[i] == '(') {
            out->len = i;
            break;
        }
}

bool wr__misfit_type(wr_format_misfit *why, const char *format, const wr_format_columns *c,
                     uint32_t column, bool name_it)
{
    WR_ASSERT(column < c->n);
    wr_buf text = {0};
    wr_buf_printf(&text, "The '%s' format does not support type '", format);
    print_base_type(&text, c->cols[column].type);
    wr_buf_putc(&text, '\'');
    if (name_it)
        wr_buf_printf(&text, ", column: `%s`", c->cols[column].name);
    wr__misfit(why, (int32_t)column, "%s", wr_buf_cstr(&text));
    wr_buf_free(&text);
    return false;
}

/* ---- questions that several formats ask ---- */

bool wr__type_is_scalar(const wr_type *t)
{
    /* After TIMESTAMP come nested types and what only arguments of functions have. */
    return t->id != WR_T_NULL && t->id <= WR_T_TIMESTAMP;
}

static bool maps_have_string_keys(const wr_type *t)
{
    switch (t->id) {
    case WR_T_ARRAY:
        return maps_have_string_keys(t->elem);
    case WR_T_MAP:
        return t->key->id == WR_T_STRING && maps_have_string_keys(t->elem);
    case WR_T_STRUCT:
        for (uint32_t i = 0; i < t->fields_n; i++)
            if (!maps_have_string_keys(t->fields[i].type))
                return false;
        return true;
    default:
        return true;
    }
}

bool wr__check_documents(const char *format, const char *in_map_text, const wr_format_columns *c,
                         wr_format_misfit *why)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const wr_type *t = c->cols[i].type;
        if (t->id == WR_T_NULL || t->id >= WR_T_UNIT)
            return wr__misfit_type(why, format, c, i, true);
        if (!maps_have_string_keys(t))
            return wr__misfit(why, (int32_t)i, "%s only supports MAP types with STRING keys",
                              in_map_text);
    }
    if (c->options && c->options->unwrapped && c->n > 1)
        return wr__misfit(why, WR_MISFIT_ALL,
                          "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
    return true;
}

/* ---- the public question ---- */

static weir_status check_map_keys(const wr_format_columns *c, int32_t *column, weir_error *err)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (!wr_type_contains(c->cols[i].type, WR_T_MAP))
            continue;
        *column = (int32_t)i;
        wr_buf text = {0};
        wr_type_print(&text, c->cols[i].type);
        weir_status st = wr_error(
            err, WEIR_ERR_STATEMENT,
            "Map keys, including types that contain maps, are not supported as they may lead to "
            "unexpected behavior due to inconsistent serialization. Key column name: `%s`. "
            "Column type: %s. See https://github.com/confluentinc/ksql/issues/6621 for more.",
            c->cols[i].name, wr_buf_cstr(&text));
        wr_buf_free(&text);
        return st;
    }
    return WEIR_OK;
}

static weir_status refuse_schema(const wr_format *format, const wr_format_columns *c,
                                 const wr_format_misfit *why, weir_error *err)
{
    WR_ASSERT(why->reason[0]);
    wr_buf columns = {0};
    print_columns(&columns, c);
    weir_status st =
        wr_error(err, WEIR_ERR_STATEMENT,
                 "%s format does not support schema.\nformat: %s\n"
                 "schema: Persistence{columns=%.400s, features=[]}\nreason: %s",
                 c->is_key ? "Key" : "Value", format->name, wr_buf_cstr(&columns), why->reason);
    wr_buf_free(&columns);
    return st;
}

weir_status wr__refuse_unbuilt(const wr_format *format, weir_error *err)
{
    WR_ASSERT(!format->implemented);
    return wr_error(err, WEIR_ERR_UNSUPPORTED, "The '%s' format is not supported yet.",
                    format->name);
}

weir_status wr_format_check(const wr_format *format, const wr_format_columns *columns,
                            int32_t *misfit, weir_error *err)
{
    int32_t column = WR_MISFIT_ALL;
    weir_status st = WEIR_OK;
    wr_format_misfit why = {.column = WR_MISFIT_ALL};
    if (columns->is_key)
        st = check_map_keys(columns, &column, err);
    if (st == WEIR_OK && !wr__format_class_of(format)->check(columns, &why)) {
        column = why.column;
        st = refuse_schema(format, columns, &why, err);
    }
    if (st == WEIR_OK && !format->implemented)
        st = wr__refuse_unbuilt(format, err);
    WR_ASSERT(column < (int32_t)columns->n);
    if (misfit)
        *misfit = column;
    return st;
}
