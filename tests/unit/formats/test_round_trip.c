/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every format on random columns and rows: what is written reads back as the same row, for a batch
 * as for rows alone, for all columns as for some, and in two phases as in one. What is lost by
 * design is undone before rows are compared (random_table.h).
 */
#include "unit/formats/random_table.h"

static wr_decoder *decoder_for(const table *t, const bool *wanted, bool strict)
{
    wr_format_options options = t->options;
    options.strict = strict;
    return decoder(t->format, t->cols, t->n, wanted, options);
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

static void test_avro(void **state)
{
    (void)state;
    check_format(WR_FORMAT_AVRO);
}

static void test_protobuf(void **state)
{
    (void)state;
    check_format(WR_FORMAT_PROTOBUF);
}

static void test_protobuf_nosr(void **state)
{
    (void)state;
    check_format(WR_FORMAT_PROTOBUF_NOSR);
}

static void test_json_sr(void **state)
{
    (void)state;
    check_format(WR_FORMAT_JSON_SR);
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
    static const wr_format_id formats[] = {
        WR_FORMAT_JSON, WR_FORMAT_DELIMITED, WR_FORMAT_KAFKA,        WR_FORMAT_JSON_SR,
        WR_FORMAT_AVRO, WR_FORMAT_PROTOBUF,  WR_FORMAT_PROTOBUF_NOSR};
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
        cmocka_unit_test(test_json),     cmocka_unit_test(test_delimited),
        cmocka_unit_test(test_kafka),    cmocka_unit_test(test_avro),
        cmocka_unit_test(test_protobuf), cmocka_unit_test(test_protobuf_nosr),
        cmocka_unit_test(test_json_sr),  cmocka_unit_test(test_cut_payloads),
    };
    table_registry = wr_registry_open_memory();
    int failed = cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
    wr_registry_free(table_registry);
    return failed;
}
