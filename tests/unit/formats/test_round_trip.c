/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every format on random columns and rows: what is written reads back as the same row, for a batch
 * as for rows alone, for all columns as for some, and in two phases as in one. What is lost by
 * design is undone before rows are compared (normalize).
 */
#include "unit/formats/fixture.h"

#include "common/clock.h"
#include "common/utf8.h"
#include "formats/format_internal.h"
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

/* ---- random tables ---- */

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

/* What a format loses of a value that it is given. */
static void normalize(const table *t, const wr_type *type, wr_value *v)
{
    if (v->null)
        return;
    bool nested = type->id == WR_T_ARRAY || type->id == WR_T_MAP || type->id == WR_T_STRUCT;
    if (type->id == WR_T_TIME) /* within its day, JSON and DELIMITED refuse the rest */
        v->u.i32 = (int32_t)((uint32_t)v->u.i32 % 86400000u);
    if (type->id == WR_T_DOUBLE && t->format == WR_FORMAT_JSON && v->u.f64 == 0)
        v->u.f64 = 0; /* a number has no negative zero in JSON as ksqlDB reads it */
    if (t->format == WR_FORMAT_DELIMITED && (type->id == WR_T_STRING || type->id == WR_T_BYTES) &&
        v->u.str.len == 0)
        *v = WR_VALUE_NULL; /* an empty cell */
    for (uint32_t i = 0; nested && i < v->u.nest->n; i++)
        normalize(t, wr__nest_item_type(type, i), &v->u.nest->items[i]);
}

static void refresh_texts(const wr_type *type, wr_value *v, wr_rng *rng)
{
    if (v->null)
        return;
    if (type->id == WR_T_STRING)
        *v = valid_text(rng);
    bool nested = type->id == WR_T_ARRAY || type->id == WR_T_MAP || type->id == WR_T_STRUCT;
    for (uint32_t i = 0; nested && i < v->u.nest->n; i++)
        refresh_texts(wr__nest_item_type(type, i), &v->u.nest->items[i], rng);
}

static void random_table(table *t, wr_format_id format, wr_rng *rng)
{
    static const char *const names[] = {"A", "B2", "c", "D \"d\"", "\xc3\x89"};
    const wr_format *f = wr_format_get(format);
    *t = (table){.format = format};
    t->n = format == WR_FORMAT_KAFKA ? 1 : 2 + (uint32_t)wr_rng_below(rng, COLUMNS_MAX - 1);
    for (uint32_t c = 0; c < t->n; c++) {
        const wr_format_columns one = {false, &t->cols[c], 1, NULL};
        weir_error err;
        do
            t->cols[c] = col(names[c], random_type(arena, rng, f->nested ? 2 : 0));
        while (wr_format_check(f, &one, NULL, &err) != WEIR_OK);
    }
    if (format == WR_FORMAT_DELIMITED && wr_rng_below(rng, 2))
        t->options.delimiter = ';';
    for (uint32_t i = 0; i < ROWS; i++) {
        for (uint32_t c = 0; c < t->n; c++) {
            t->rows[i][c] = random_value(arena, rng, t->cols[c].type);
            refresh_texts(t->cols[c].type, &t->rows[i][c], rng);
            normalize(t, t->cols[c].type, &t->rows[i][c]);
        }
    }
}

/* ---- writing and reading ---- */

static void encode_rows(const table *t, wr_sel sel, wr_buf *buf, wr_str *payloads)
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

static wr_decoder *decoder_for(const table *t, const bool *wanted, bool strict)
{
    wr_format_options options = t->options;
    options.strict = strict;
    return decoder(t->format, t->cols, t->n, wanted, options);
}

static void assert_row(const table *t, uint32_t row, const wr_vec *v, const bool *wanted)
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
        fail_msg("%s, row %u, %s: wrote %s, read %s", wr_format_get(t->format)->name, row,
                 wr_type_text(arena, t->cols[c].type), wr_buf_cstr(&a), wr_buf_cstr(&b));
    }
}

static void read_whole(const table *t, const wr_str *payloads, const bool *wanted, bool strict)
{
    wr_decoder *d = decoder_for(t, wanted, strict);
    wr_vec *v = vectors(t->cols, t->n, ROWS);
    uint8_t ok[ROWS];
    wr_row_errors errs = {0};
    weir_error err;
    assert_int_equal(wr_decoder_run(d, payloads, wr_sel_all(ROWS), v, ok, &errs, arena, &err),
                     WEIR_OK);
    if (errs.count)
        fail_msg("%s: %s", wr_format_get(t->format)->name, errs.first);
    for (uint32_t i = 0; i < ROWS; i++)
        assert_row(t, i, v, wanted);
}

/* Scan, then columns in another order, the last ones for some rows only. */
static void read_in_phases(const table *t, const wr_str *payloads)
{
    wr_decoder *d = decoder_for(t, NULL, false);
    wr_vec *v = vectors(t->cols, t->n, ROWS);
    uint8_t ok[ROWS];
    wr_row_errors errs = {0};
    weir_error err;
    assert_int_equal(wr_decoder_scan(d, payloads, wr_sel_all(ROWS), ok, &errs, arena, &err),
                     WEIR_OK);
    static const uint32_t some[] = {0, 3, 4, 11, ROWS - 1};
    const wr_sel few = {WR_ARRAY_LEN(some), some};
    for (uint32_t c = t->n; c-- > 0;)
        wr_decoder_convert(d, c, c ? few : wr_sel_all(ROWS), &v[c], ok, &errs);
    assert_int_equal(errs.count, 0);
    for (size_t k = 0; k < WR_ARRAY_LEN(some); k++)
        assert_row(t, some[k], v, NULL);
}

static void check_table(const table *t, wr_rng *rng)
{
    wr_buf buf = {0};
    wr_str payloads[ROWS], alone[ROWS];
    encode_rows(t, wr_sel_all(ROWS), &buf, payloads);
    for (uint32_t i = 0; i < ROWS; i++) { /* a row alone is written as in the batch */
        wr_buf one = {0};
        encode_rows(t, (wr_sel){1, &i}, &one, alone);
        assert_int_equal(!alone[i].ptr, !payloads[i].ptr);
        assert_true(wr_str_eq(alone[i], payloads[i]));
        wr_buf_free(&one);
        if (payloads[i].ptr) /* of its exact size, for ASan */
            payloads[i] = exact(payloads[i].ptr, payloads[i].len);
    }
    wr_buf_free(&buf);
    read_whole(t, payloads, NULL, false);
    read_whole(t, payloads, NULL, true);
    bool wanted[COLUMNS_MAX];
    for (uint32_t c = 0; c < t->n; c++)
        wanted[c] = wr_rng_below(rng, 2);
    read_whole(t, payloads, wanted, false);
    read_whole(t, payloads, wanted, true);
    read_in_phases(t, payloads);
}

static void check_format(wr_format_id format)
{
    for (uint64_t seed = 1; seed <= 120; seed++) {
        wr_rng rng;
        wr_rng_seed(&rng, seed);
        table t;
        random_table(&t, format, &rng);
        check_table(&t, &rng);
        wr_arena_reset(arena);
    }
}

static void test_json(void **state)
{
    (void)state;
    check_format(WR_FORMAT_JSON);
}

static void test_delimited(void **state)
{
    (void)state;
    check_format(WR_FORMAT_DELIMITED);
}

static void test_kafka(void **state)
{
    (void)state;
    check_format(WR_FORMAT_KAFKA);
}

/* Any prefix of a valid payload is a row or an error, with exactly one report, and no crash. */
static void test_cut_payloads(void **state)
{
    (void)state;
    static const wr_format_id formats[] = {WR_FORMAT_JSON, WR_FORMAT_DELIMITED, WR_FORMAT_KAFKA};
    for (size_t f = 0; f < WR_ARRAY_LEN(formats); f++) {
        for (uint64_t seed = 1; seed <= 10; seed++) {
            wr_rng rng;
            wr_rng_seed(&rng, seed);
            table t;
            random_table(&t, formats[f], &rng);
            wr_buf buf = {0};
            wr_str payloads[ROWS];
            encode_rows(&t, wr_sel_all(ROWS), &buf, payloads);
            wr_decoder *d = decoder_for(&t, NULL, true);
            for (uint32_t len = 0; payloads[0].ptr && len < WR_MIN(payloads[0].len, 120u); len++) {
                wr_vec *v = vectors(t.cols, t.n, 1);
                wr_str cut = exact(payloads[0].ptr, len);
                uint8_t ok = 77;
                wr_row_errors errs = {0};
                weir_error err;
                assert_int_equal(wr_decoder_run(d, &cut, wr_sel_all(1), v, &ok, &errs, arena, &err),
                                 WEIR_OK);
                assert_int_equal(errs.count, ok ? 0 : 1);
                for (uint32_t c = 0; c < t.n && !ok; c++)
                    assert_true(v[c].null[0]);
            }
            wr_buf_free(&buf);
            wr_arena_reset(arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_delimited),
        cmocka_unit_test(test_kafka),
        cmocka_unit_test(test_cut_payloads),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
