/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random_table.h - random columns and rows for a format, with what the format loses of them by
 * design already taken away (normalize), so that what is read back must be equal. Formats with a
 * registry get one, and the schema for their columns.
 */
#ifndef WR_TEST_FORMATS_RANDOM_TABLE_H
#define WR_TEST_FORMATS_RANDOM_TABLE_H

#include "unit/formats/fixture.h"

#include "common/clock.h"
#include "types/value_internal.h"
#include "unit/types/random_value.h"

enum { ROWS = 17, COLUMNS_MAX = 5 };

typedef struct table {
    wr_format_id format;
    wr_format_options options;
    wr_column cols[COLUMNS_MAX];
    uint32_t n;
    wr_value rows[ROWS][COLUMNS_MAX];
} table;

static wr_registry *table_registry; /* the caller's; formats that need one have it from here */

/* ---- values ---- */

/* Texts are valid UTF-8 here: half pairs are written as question marks. */
static wr_value valid_text(wr_rng *rng)
{
    static const char *const all[] = {
        "a",  "\xc3\xa9", "\xf0\x9f\x98\x80", "\"", "\\", ",", " x ", "\n", "null", "1",
        "{}", "\x01"};
    wr_buf b = {0};
    for (uint64_t n = wr_rng_below(rng, 4); n > 0; n--)
        wr_buf_puts(&b, all[wr_rng_below(rng, WR_ARRAY_LEN(all))]);
    wr_value v = wr_value_str(wr_arena_str(arena, wr_buf_view(&b)));
    wr_buf_free(&b);
    return v;
}

static bool is_protobuf(const table *t)
{
    return t->format == WR_FORMAT_PROTOBUF || t->format == WR_FORMAT_PROTOBUF_NOSR;
}

static bool is_nested(const wr_type *type)
{
    return type->id == WR_T_ARRAY || type->id == WR_T_MAP || type->id == WR_T_STRUCT;
}

/* Where a value stands: Protobuf has other ways for each. */
typedef enum place { IN_RECORD, IN_LIST, IN_MAP } place;

/* 0, false, "" or an empty list: what proto3 has where a value is NULL (Q22). */
static wr_value default_of(const wr_type *type)
{
    switch (type->id) {
    case WR_T_BOOLEAN:
        return wr_value_bool(false);
    case WR_T_INTEGER:
        return wr_value_i32(0);
    case WR_T_BIGINT:
        return wr_value_i64(0);
    case WR_T_DOUBLE:
        return wr_value_f64(0);
    case WR_T_STRING:
    case WR_T_BYTES:
        return wr_value_str(WR_STR(""));
    case WR_T_ARRAY:
    case WR_T_MAP:
        return wr_value_nest(wr_nest_new(arena, 0, type->id == WR_T_MAP));
    default:
        return WR_VALUE_NULL; /* a message that is not there */
    }
}

static wr_value struct_of_nulls(const wr_type *type)
{
    wr_nest *nest = wr_nest_new(arena, type->fields_n, false);
    for (uint32_t i = 0; i < nest->n; i++)
        nest->items[i] = WR_VALUE_NULL;
    return wr_value_nest(nest);
}

/* An element of a list cannot be NULL: the row would be an error. */
static wr_value something_of(const wr_type *type)
{
    wr_value v = default_of(type);
    if (!v.null)
        return v;
    if (type->id == WR_T_TIMESTAMP)
        return wr_value_i64(1);
    if (type->id == WR_T_DATE || type->id == WR_T_TIME)
        return wr_value_i32(1);
    if (type->id == WR_T_STRUCT)
        return struct_of_nulls(type);
    wr_dec_status st = wr_dec_from_text(WR_STR("0"), type, true, arena, &v);
    WR_ASSERT(st == WR_DEC_OK);
    return v;
}

static void normalize_protobuf(const table *t, const wr_type *type, place at, wr_value *v)
{
    /* `optional` is not written in the entries of a map, wrappers are. */
    bool keeps_null = t->options.nullable == WR_NULLABLE_WRAPPER ||
                      (t->options.nullable == WR_NULLABLE_OPTIONAL && at == IN_RECORD);
    keeps_null = keeps_null && type->id != WR_T_ARRAY && type->id != WR_T_MAP;
    if (v->null && at == IN_LIST)
        *v = something_of(type);
    else if (v->null && !keeps_null)
        *v = default_of(type);
    if (v->null)
        return;
    if (type->id == WR_T_TIMESTAMP) /* the years 1 to 9999 */
        v->u.i64 = (int64_t)((uint64_t)v->u.i64 % 253402300799999u);
    if (type->id == WR_T_DATE)
        v->u.i32 = (int32_t)((uint32_t)v->u.i32 % 2932896u);
}

/* What a format loses of a value that it is given. */
static void normalize(const table *t, const wr_type *type, place at, wr_value *v)
{
    if (is_protobuf(t))
        normalize_protobuf(t, type, at, v);
    if (v->null)
        return;
    if (type->id == WR_T_TIME) /* within its day, readers refuse the rest */
        v->u.i32 = (int32_t)((uint32_t)v->u.i32 % 86400000u);
    bool json = t->format == WR_FORMAT_JSON || t->format == WR_FORMAT_JSON_SR;
    if (type->id == WR_T_DOUBLE && json && v->u.f64 == 0)
        v->u.f64 = 0; /* a number has no negative zero in JSON as ksqlDB reads it */
    if (t->format == WR_FORMAT_DELIMITED && (type->id == WR_T_STRING || type->id == WR_T_BYTES) &&
        v->u.str.len == 0)
        *v = WR_VALUE_NULL; /* an empty cell */
    for (uint32_t i = 0; is_nested(type) && i < v->u.nest->n; i++)
        normalize(t, wr__nest_item_type(type, i),
                  type->id == WR_T_ARRAY ? IN_LIST
                  : type->id == WR_T_MAP ? IN_MAP
                                         : IN_RECORD,
                  &v->u.nest->items[i]);
}

static void refresh_texts(const wr_type *type, wr_value *v, wr_rng *rng)
{
    if (v->null)
        return;
    if (type->id == WR_T_STRING)
        *v = valid_text(rng);
    for (uint32_t i = 0; is_nested(type) && i < v->u.nest->n; i++)
        refresh_texts(wr__nest_item_type(type, i), &v->u.nest->items[i], rng);
}

/* ---- tables ---- */

/* Names that the format can write: all of JSON's, and those that are identifiers. */
static const char *column_name(wr_format_id format, uint32_t i)
{
    static const char *const any[] = {"A", "B2", "c", "D \"d\"", "\xc3\x89"};
    static const char *const letters[] = {"A", "B2", "c", "_x", "\xc3\x89"};
    static const char *const ascii[] = {"A", "B2", "c", "_x", "LongName_1"};
    const wr_format *f = wr_format_get(format);
    return format == WR_FORMAT_AVRO               ? letters[i]
           : format == WR_FORMAT_JSON_SR          ? any[i]
           : f->nested && f->id != WR_FORMAT_JSON ? ascii[i]
                                                  : any[i];
}

/* How the format is told to write: at random, as far as it has a choice. */
static void random_options(table *t, wr_rng *rng)
{
    const wr_format *f = wr_format_get(t->format);
    if (t->format == WR_FORMAT_DELIMITED && wr_rng_below(rng, 2))
        t->options.delimiter = ';';
    if (is_protobuf(t))
        t->options.nullable = (wr_nullable_form)wr_rng_below(rng, 3);
    if (t->n == 1 && f->can_wrap && f->can_unwrap)
        t->options.unwrapped = wr_rng_below(rng, 2);
    if (f->can_infer)
        t->options.registry = table_registry;
}

static bool has_map(const wr_type *type)
{
    bool found = type->id == WR_T_MAP;
    if (type->id == WR_T_ARRAY)
        return has_map(type->elem);
    for (uint32_t i = 0; type->id == WR_T_STRUCT && i < type->fields_n && !found; i++)
        found = has_map(type->fields[i].type);
    return found;
}

/* The schema of the columns, registered; of those that could be a key half are one. */
static void register_schema(table *t, wr_rng *rng)
{
    const wr_format *f = wr_format_get(t->format);
    if (!f->can_infer)
        return;
    bool is_key = wr_rng_below(rng, 2);
    for (uint32_t c = 0; c < t->n; c++)
        is_key = is_key && !has_map(t->cols[c].type);
    const wr_format_columns columns = {is_key, t->cols, t->n, &t->options};
    wr_buf text = {0};
    weir_error err = {0};
    t->options.owner = "S";
    if (wr_format_schema_text(f, &columns, &text, &err) != WEIR_OK)
        fail_msg("%s: %s", f->name, err.message);
    const wr_schema_draft draft = {.kind = wr_format_schema_kind(f), .text = wr_buf_view(&text)};
    if (wr_registry_register(table_registry, NULL, WR_STR("t"), &draft, &t->options.schema, &err))
        fail_msg("%s: %s", f->name, err.message);
    wr_buf_free(&text);
}

static void random_table(table *t, wr_format_id format, wr_rng *rng)
{
    const wr_format *f = wr_format_get(format);
    *t = (table){.format = format};
    t->n = format == WR_FORMAT_KAFKA ? 1
           : f->can_infer            ? 1 + (uint32_t)wr_rng_below(rng, COLUMNS_MAX)
                                     : 2 + (uint32_t)wr_rng_below(rng, COLUMNS_MAX - 1);
    for (uint32_t c = 0; c < t->n; c++) {
        const wr_format_columns one = {false, &t->cols[c], 1, NULL};
        weir_error err;
        do
            t->cols[c] = col(column_name(format, c), random_type(arena, rng, f->nested ? 2 : 0));
        while (wr_format_check(f, &one, NULL, &err) != WEIR_OK);
    }
    random_options(t, rng);
    register_schema(t, rng);
    for (uint32_t i = 0; i < ROWS; i++) {
        for (uint32_t c = 0; c < t->n; c++) {
            t->rows[i][c] = random_value(arena, rng, t->cols[c].type);
            refresh_texts(t->cols[c].type, &t->rows[i][c], rng);
            normalize(t, t->cols[c].type, IN_RECORD, &t->rows[i][c]);
        }
    }
}

/* ---- writing and comparing ---- */

static WR_UNUSED void encode_rows(const table *t, wr_sel sel, wr_buf *buf, wr_str *payloads)
{
    wr_encoder *e = encoder(t->format, t->cols, t->n, t->options);
    wr_vec *v = vectors(t->cols, t->n, ROWS);
    for (uint32_t i = 0; i < ROWS; i++)
        for (uint32_t c = 0; c < t->n; c++)
            wr_vec_set(&v[c], i, &t->rows[i][c]);
    uint8_t ok[ROWS];
    wr_row_errors errs = {0};
    wr_encoder_run(e, v, sel, buf, payloads, ok, &errs);
    if (errs.count)
        fail_msg("%s: %s", wr_format_get(t->format)->name, errs.first);
    WR_FOREACH_SEL (i, sel)
        assert_int_equal(ok[i], 1);
}

static WR_UNUSED void assert_row(const table *t, uint32_t row, const wr_vec *v, const bool *wanted)
{
    for (uint32_t c = 0; c < t->n; c++) {
        if (wanted && !wanted[c])
            continue;
        wr_value got = wr_vec_get(&v[c], row);
        if (wr_value_equal(t->cols[c].type, &got, &t->rows[row][c]))
            continue;
        wr_buf a = {0}, b = {0};
        wr_value_print_json(&a, t->cols[c].type, &t->rows[row][c]);
        wr_value_print_json(&b, t->cols[c].type, &got);
        fail_msg("%s, row %u, %s: wrote %s, read %s (nullable form %d)",
                 wr_format_get(t->format)->name, row, wr_type_text(arena, t->cols[c].type),
                 wr_buf_cstr(&a), wr_buf_cstr(&b), (int)t->options.nullable);
    }
}

#endif
