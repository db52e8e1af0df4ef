/* SPDX-License-Identifier: Apache-2.0 */
/* The table of formats and what each refuses. */
#include "fixture.h"

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(wr_format_find(WR_STR("json"))->id, WR_FORMAT_JSON);
    assert_int_equal(wr_format_find(WR_STR("KafKA"))->id, WR_FORMAT_KAFKA);
    assert_null(wr_format_find(WR_STR("FOO")));
    assert_null(wr_format_find(WR_STR("")));
    for (int id = WR_FORMAT_NONE; id <= WR_FORMAT_DEBEZIUM_JSON; id++) {
        const wr_format *f = wr_format_get((wr_format_id)id);
        assert_ptr_equal(wr_format_find(wr_str_c(f->name)), f);
    }
}

static void test_check(void **state)
{
    (void)state;
    const wr_type *ints = wr_type_array(arena, &wr_type_integer);
    const wr_type *int_map = wr_type_map(arena, &wr_type_integer, &wr_type_double);
    const wr_type *map = wr_type_map(arena, &wr_type_string, &wr_type_double);
    const wr_type *dec = wr_type_decimal(arena, 21, 19);
    const struct {
        wr_format_id format;
        bool is_key;
        wr_column cols[2];
        uint32_t n;
        const char *want; /* part of the message; NULL: fits */
        int32_t misfit;   /* the column that the reason is about */
    } c[] = {
        {WR_FORMAT_KAFKA, true, {col("K", &wr_type_integer)}, 1, NULL, WR_MISFIT_ALL},
        {WR_FORMAT_KAFKA, true, {{0}}, 0, NULL, WR_MISFIT_ALL},
        {WR_FORMAT_KAFKA, false, {col("V", &wr_type_bytes)}, 1, NULL, WR_MISFIT_ALL},
        {WR_FORMAT_KAFKA,
         true,
         {col("K", &wr_type_boolean)},
         1,
         "Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns="
         "[`K` BOOLEAN KEY], features=[]}\nreason: The 'KAFKA' format does not support type "
         "'BOOLEAN'",
         0},
        {WR_FORMAT_KAFKA,
         true,
         {col("K", dec)},
         1,
         "The 'KAFKA' format does not support type 'DECIMAL'",
         0},
        {WR_FORMAT_KAFKA,
         true,
         {col("F1", &wr_type_integer), col("F2", &wr_type_integer)},
         2,
         "The 'KAFKA' format only supports a single field. Got: [`F1` INTEGER KEY, `F2` INTEGER "
         "KEY]",
         WR_MISFIT_ALL},
        {WR_FORMAT_KAFKA,
         false,
         {col("V0", &wr_type_integer), col("V1", &wr_type_string)},
         2,
         "Got: [`V0` INTEGER, `V1` STRING]",
         WR_MISFIT_ALL},
        {WR_FORMAT_DELIMITED,
         false,
         {col("X", ints)},
         1,
         "The 'DELIMITED' format does not support type 'ARRAY', column: `X`",
         0},
        {WR_FORMAT_DELIMITED, false, {col("X", dec)}, 1, NULL, WR_MISFIT_ALL},
        {WR_FORMAT_NONE, true, {{0}}, 0, NULL, WR_MISFIT_ALL},
        {WR_FORMAT_NONE,
         true,
         {col("K", &wr_type_string)},
         1,
         "The 'NONE' format can only be used when no columns are defined. Got: [`K` STRING KEY]",
         WR_MISFIT_ALL},
        {WR_FORMAT_JSON, false, {col("X", ints), col("M", map)}, 2, NULL, WR_MISFIT_ALL},
        {WR_FORMAT_JSON,
         false,
         {col("X", wr_type_array(arena, int_map))},
         1,
         "JSON only supports MAP types with STRING keys",
         0},
        {WR_FORMAT_PROTOBUF,
         false,
         {col("X", int_map)},
         1,
         "PROTOBUF format only supports MAP types with STRING keys",
         0},
        {WR_FORMAT_JSON,
         true,
         {col("K", wr_type_array(arena, int_map))},
         1,
         "Map keys, including types that contain maps, are not supported as they may lead to "
         "unexpected behavior due to inconsistent serialization. Key column name: `K`. Column "
         "type: "
         "ARRAY<MAP<INTEGER, DOUBLE>>. See ",
         0},
        {WR_FORMAT_PROTOBUF, false, {col("X", ints)}, 1, NULL, WR_MISFIT_ALL},
        {WR_FORMAT_PROTOBUF,
         false,
         {col("A", ints), col("X", wr_type_array(arena, ints))},
         2,
         "The 'PROTOBUF' format does not support ARRAY or MAP as elements of an ARRAY, column: "
         "`X`",
         1},
        {WR_FORMAT_PROTOBUF_NOSR,
         false,
         {col("X", wr_type_map(arena, &wr_type_string, wr_type_array(arena, map)))},
         1,
         "does not support ARRAY or MAP as elements of an ARRAY",
         0},
        /* the reason is about the second column */
        {WR_FORMAT_DELIMITED,
         false,
         {col("A", &wr_type_string), col("B", int_map)},
         2,
         "The 'DELIMITED' format does not support type 'MAP', column: `B`",
         1},
        {WR_FORMAT_JSON,
         false,
         {col("A", map), col("B", wr_type_array(arena, int_map))},
         2,
         "JSON only supports MAP types with STRING keys",
         1},
        {WR_FORMAT_JSON, true, {col("A", ints), col("B", map)}, 2, "Key column name: `B`", 1},
        {WR_FORMAT_AVRO,
         false,
         {col("A", ints), col("B", int_map)},
         2,
         "AVRO only supports MAP types with STRING keys",
         1},
        {WR_FORMAT_JSON_SR,
         true,
         {col("A", map)},
         1,
         "Map keys, including types that contain maps, are not supported",
         0},
        {WR_FORMAT_JSON_SR, false, {col("A", map)}, 1, NULL, WR_MISFIT_ALL},
        {WR_FORMAT_DEBEZIUM_JSON, false, {col("A", map)}, 1, NULL, WR_MISFIT_ALL},
        {WR_FORMAT_PROTOBUF_NOSR,
         false,
         {col("A", int_map)},
         1,
         "PROTOBUF_NOSR only supports MAP types with STRING keys",
         0},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        weir_error err = {0};
        const wr_format_columns columns = {c[i].is_key, c[i].cols, c[i].n, NULL};
        int32_t misfit = 77;
        weir_status st = wr_format_check(wr_format_get(c[i].format), &columns, &misfit, &err);
        assert_int_equal(st == WEIR_OK, c[i].want == NULL);
        assert_int_equal(misfit, c[i].misfit);
        if (c[i].want && !strstr(err.message, c[i].want))
            fail_msg("'%s' lacks '%s'", err.message, c[i].want);
    }
}

static void test_constructors_refuse(void **state)
{
    (void)state;
    wr_column cols[] = {col("A", wr_type_array(arena, &wr_type_integer)),
                        col("B", &wr_type_integer)};
    wr_decoder *d;
    wr_encoder *e;
    weir_error err;
    static const wr_format_id ids[] = {WR_FORMAT_NONE, WR_FORMAT_KAFKA, WR_FORMAT_DELIMITED,
                                       WR_FORMAT_AVRO};
    for (size_t i = 0; i < WR_ARRAY_LEN(ids); i++) {
        const wr_format *f = wr_format_get(ids[i]);
        assert_int_not_equal(wr_decoder_new(f, cols, 2, NULL, NULL, arena, &d, &err), WEIR_OK);
        assert_int_not_equal(wr_encoder_new(f, cols, 2, NULL, arena, &e, &err), WEIR_OK);
        assert_null(d);
        assert_null(e);
    }
    const wr_format_options bare = {.unwrapped = true};
    assert_int_not_equal(
        wr_encoder_new(wr_format_get(WR_FORMAT_JSON), cols, 2, &bare, arena, &e, &err), WEIR_OK);
}

/* Options are looked at where they are known. */
static void test_check_options(void **state)
{
    (void)state;
    const wr_column cols[] = {col("A", &wr_type_integer), col("B", &wr_type_integer)};
    const wr_format_options bare = {.unwrapped = true}, wrapped = {0};
    const struct {
        uint32_t n;
        const wr_format_options *options;
        bool fits;
    } c[] = {{1, &bare, true}, {2, &bare, false}, {2, &wrapped, true}, {2, NULL, true}};
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        weir_error err = {0};
        const wr_format_columns columns = {false, cols, c[i].n, c[i].options};
        weir_status st = wr_format_check(wr_format_get(WR_FORMAT_JSON), &columns, NULL, &err);
        assert_int_equal(st == WEIR_OK, c[i].fits);
        if (!c[i].fits)
            assert_non_null(strstr(err.message, "'WRAP_SINGLE_VALUE' is only valid for"));
    }
}

/* A type of its own for each format and each type of column: which of them fit. */
static void test_types(void **state)
{
    (void)state;
    const wr_field field = {"F", &wr_type_integer};
    const wr_type *const types[] = {
        &wr_type_boolean,
        &wr_type_integer,
        &wr_type_bigint,
        &wr_type_double,
        &wr_type_string,
        &wr_type_bytes,
        &wr_type_date,
        &wr_type_time,
        &wr_type_timestamp,
        wr_type_decimal(arena, 10, 2),
        wr_type_array(arena, &wr_type_integer),
        wr_type_map(arena, &wr_type_string, &wr_type_integer),
        wr_type_struct(arena, &field, 1),
        &wr_type_null,
    };
    static const struct {
        wr_format_id id;
        const char *fits; /* a letter for each type */
    } c[] = {
        {WR_FORMAT_NONE, "--------------"},
        {WR_FORMAT_KAFKA, "-yyyyy--------"},
        {WR_FORMAT_DELIMITED, "yyyyyyyyyy----"},
        {WR_FORMAT_JSON, "yyyyyyyyyyyyy-"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        for (size_t k = 0; k < WR_ARRAY_LEN(types); k++) {
            const wr_column column = col("A", types[k]);
            const wr_format_columns columns = {false, &column, 1, NULL};
            weir_error err;
            bool fits = wr_format_check(wr_format_get(c[i].id), &columns, NULL, &err) == WEIR_OK;
            if (fits != (c[i].fits[k] == 'y'))
                fail_msg("%s: %s", wr_format_get(c[i].id)->name, wr_type_text(arena, types[k]));
            /* and the constructors agree */
            wr_decoder *d;
            wr_encoder *e;
            assert_int_equal(wr_decoder_new(wr_format_get(c[i].id), &column, 1, NULL, NULL, arena,
                                            &d, &err) == WEIR_OK,
                             fits);
            assert_int_equal(wr_encoder_new(wr_format_get(c[i].id), &column, 1, NULL, arena, &e,
                                            &err) == WEIR_OK,
                             fits);
        }
    }
}

/* What statements ask of a format: a change here changes which statements are accepted. */
static void test_properties(void **state)
{
    (void)state;
    static const struct {
        const char *name, *has; /* i(mplemented) m(ulti) w(rap) u(nwrap) r(egistry) k(ey) v(alue)
                                 * n(ested) */
    } c[] = {
        {"NONE", "i----k--"},     {"KAFKA", "i--u-kv-"},         {"DELIMITED", "im-u-kv-"},
        {"JSON", "imwu-kvn"},     {"JSON_SR", "imwurkvn"},       {"AVRO", "imwurkvn"},
        {"PROTOBUF", "imw-rkvn"}, {"PROTOBUF_NOSR", "imwu-kvn"}, {"DEBEZIUM_JSON", "imw--kvn"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_format *f = wr_format_find(wr_str_c(c[i].name));
        const bool has[] = {f->implemented, f->multi_column_key, f->can_wrap, f->can_unwrap,
                            f->can_infer,   f->is_key,           f->is_value, f->nested};
        for (size_t k = 0; k < WR_ARRAY_LEN(has); k++)
            if (has[k] != (c[i].has[k] != '-'))
                fail_msg("%s: property %zu", c[i].name, k);
    }
}

static void test_none(void **state)
{
    (void)state;
    wr_decoder *d = decoder(WR_FORMAT_NONE, NULL, 0, NULL, (wr_format_options){0});
    assert_string_equal(decode_show(d, NULL, 0, exact("ignored", 7)), "");
    wr_encoder *e = encoder(WR_FORMAT_NONE, NULL, 0, (wr_format_options){0});
    assert_string_equal(encode_show(e, NULL, 0, NULL), "NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_constructors_refuse),
        cmocka_unit_test(test_check_options),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
