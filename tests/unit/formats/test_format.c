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
    for (int id = WR_FORMAT_NONE; id <= WR_FORMAT_PROTOBUF_NOSR; id++) {
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
    } c[] = {
        {WR_FORMAT_KAFKA, true, {col("K", &wr_type_integer)}, 1, NULL},
        {WR_FORMAT_KAFKA, true, {{0}}, 0, NULL},
        {WR_FORMAT_KAFKA, false, {col("V", &wr_type_bytes)}, 1, NULL},
        {WR_FORMAT_KAFKA,
         true,
         {col("K", &wr_type_boolean)},
         1,
         "Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns="
         "[`K` BOOLEAN KEY], features=[]}\nreason: The 'KAFKA' format does not support type "
         "'BOOLEAN'"},
        {WR_FORMAT_KAFKA,
         true,
         {col("K", dec)},
         1,
         "The 'KAFKA' format does not support type 'DECIMAL'"},
        {WR_FORMAT_KAFKA,
         true,
         {col("F1", &wr_type_integer), col("F2", &wr_type_integer)},
         2,
         "The 'KAFKA' format only supports a single field. Got: [`F1` INTEGER KEY, `F2` INTEGER "
         "KEY]"},
        {WR_FORMAT_KAFKA,
         false,
         {col("V0", &wr_type_integer), col("V1", &wr_type_string)},
         2,
         "Got: [`V0` INTEGER, `V1` STRING]"},
        {WR_FORMAT_DELIMITED,
         false,
         {col("X", ints)},
         1,
         "The 'DELIMITED' format does not support type 'ARRAY', column: `X`"},
        {WR_FORMAT_DELIMITED, false, {col("X", dec)}, 1, NULL},
        {WR_FORMAT_NONE, true, {{0}}, 0, NULL},
        {WR_FORMAT_NONE,
         true,
         {col("K", &wr_type_string)},
         1,
         "The 'NONE' format can only be used when no columns are defined. Got: [`K` STRING KEY]"},
        {WR_FORMAT_JSON, false, {col("X", ints), col("M", map)}, 2, NULL},
        {WR_FORMAT_JSON,
         false,
         {col("X", wr_type_array(arena, int_map))},
         1,
         "JSON only supports MAP types with STRING keys"},
        {WR_FORMAT_PROTOBUF,
         false,
         {col("X", int_map)},
         1,
         "PROTOBUF format only supports MAP types with STRING keys"},
        {WR_FORMAT_JSON,
         true,
         {col("K", wr_type_array(arena, int_map))},
         1,
         "Map keys, including types that contain maps, are not supported as they may lead to "
         "unexpected behavior due to inconsistent serialization. Key column name: `K`. Column "
         "type: "
         "ARRAY<MAP<INTEGER, DOUBLE>>. See "},
        {WR_FORMAT_AVRO, false, {col("X", ints)}, 1, "The 'AVRO' format is not supported yet."},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        weir_error err = {0};
        weir_status st =
            wr_format_check(wr_format_get(c[i].format), c[i].is_key, c[i].cols, c[i].n, &err);
        assert_int_equal(st == WEIR_OK, c[i].want == NULL);
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
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
