/* SPDX-License-Identifier: Apache-2.0 */
/* AVRO records to columns: every type, what goes to what, schemas in turn, malformed bytes. */
#include "avro_fixture.h"

#define DECIMAL(p, s) wr_type_decimal(arena, p, s)
#define ARRAY(e)      wr_type_array(arena, e)
#define MAP(e)        wr_type_map(arena, &wr_type_string, e)

/* F of the type, N: the row as F | N. */
static const char *decode_field(const char *type, const char *hex, const wr_type *as)
{
    const wr_column cols[] = {col("F", as), col("N", &wr_type_integer)};
    return avro_decode(cols, 2, avro_options(), avro_record(avro_field(type), hex));
}

#define DATE_TYPE  "{\"type\":\"int\",\"logicalType\":\"date\"}"
#define TIME_TYPE  "{\"type\":\"int\",\"logicalType\":\"time-millis\"}"
#define STAMP_TYPE "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}"
#define ENUM_TYPE  "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"RED\",\"green\"]}"
#define FIXED_TYPE "{\"type\":\"fixed\",\"name\":\"X\",\"size\":2}"
#define DEC_TYPE   "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2}"

static void test_scalars(void **state)
{
    (void)state;
    const struct {
        const char *type, *hex;
        const wr_type *as;
        const char *shown;
    } c[] = {
        {"\"boolean\"", "01 02", &wr_type_boolean, "true | 1"},
        {"\"boolean\"", "00 02", &wr_type_boolean, "false | 1"},
        {"\"int\"", "feffffff0f 02", &wr_type_integer, "2147483647 | 1"},
        {"\"int\"", "ffffffff0f 02", &wr_type_integer, "-2147483648 | 1"},
        {"\"long\"", "feffffffffffffffff01 02", &wr_type_bigint, "9223372036854775807 | 1"},
        {"\"long\"", "ffffffffffffffffff01 02", &wr_type_bigint, "-9223372036854775808 | 1"},
        {"\"long\"", "8080808000 02", &wr_type_bigint, "0 | 1"}, /* longer than need be */
        {"\"float\"", "cdcccc3d 02", &wr_type_double, "0.10000000149011612 | 1"},
        {"\"double\"", "9a9999999999b93f 02", &wr_type_double, "0.1 | 1"},
        {"\"string\"", "04c3bc 02", &wr_type_string, "\"ü\" | 1"},
        {"\"string\"", "00 02", &wr_type_string, "\"\" | 1"},
        {"\"bytes\"", "040102 02", &wr_type_bytes, "\"AQI=\" | 1"},
        {FIXED_TYPE, "6162 02", &wr_type_bytes, "\"YWI=\" | 1"},
        {ENUM_TYPE, "02 02", &wr_type_string, "\"green\" | 1"},
        {DATE_TYPE, "e2a802 02", &wr_type_date, "\"2022-01-01\" | 1"},
        {TIME_TYPE, "06 02", &wr_type_time, "\"00:00:00.003\" | 1"},
        {STAMP_TYPE, "01 02", &wr_type_timestamp, "\"1969-12-31T23:59:59.999\" | 1"},
        {DEC_TYPE, "040102 02", DECIMAL(4, 2), "2.58 | 1"},
        {DEC_TYPE, "02ff 02", DECIMAL(4, 2), "-0.01 | 1"},
        {"[\"null\",\"int\"]", "00 02", &wr_type_integer, "null | 1"},
        {"[\"null\",\"int\"]", "02 06 02", &wr_type_integer, "3 | 1"},
        {"[\"int\",\"null\"]", "00 06 02", &wr_type_integer, "3 | 1"},
        {"[\"int\",\"null\"]", "02 02", &wr_type_integer, "null | 1"},
        {"[\"null\",\"string\"]", "02 0278 02", &wr_type_string, "\"x\" | 1"},
        {"[\"null\",\"double\"]", "02 000000000000f83f 02", &wr_type_double, "1.5 | 1"},
        {"[\"int\"]", "00 06 02", &wr_type_integer, "3 | 1"},
        {"{\"type\":\"string\",\"logicalType\":\"uuid\"}", "046162 02", &wr_type_string,
         "\"ab\" | 1"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(decode_field(c[i].type, c[i].hex, c[i].as), c[i].shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
    };
    return cmocka_run_group_tests(tests, avro_setup, avro_teardown);
}
