/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of /inserts-stream as a row of a source that has a column of every type. Held against: a
 * row or an error with words; a row's key is there; and its values, as JSON again, are a row that
 * is the same, so that nothing is lost or changed on the way.
 */
#include "runtime/statement/json_row.h"

#include "types/text.h"
#include "types/value.h"

#include "fuzz_formats.h"

#include <math.h>

enum { COLUMNS = 14 };

static const wr_schema *schema_new(wr_arena *a)
{
    const wr_type *decimal = wr_type_decimal(a, 10, 3);
    const wr_field fields[] = {{"F", &wr_type_bigint}, {"G", &wr_type_string}};
    const wr_type *row = wr_type_struct(a, fields, 2);
    const wr_column cols[COLUMNS] = {
        {"K", &wr_type_string, WR_COL_KEY, NULL},
        {"B", &wr_type_boolean, WR_COL_VALUE, NULL},
        {"I", &wr_type_integer, WR_COL_VALUE, NULL},
        {"L", &wr_type_bigint, WR_COL_VALUE, NULL},
        {"D", &wr_type_double, WR_COL_VALUE, NULL},
        {"P", decimal, WR_COL_VALUE, NULL},
        {"S", &wr_type_string, WR_COL_VALUE, NULL},
        {"Y", &wr_type_bytes, WR_COL_VALUE, NULL},
        {"DA", &wr_type_date, WR_COL_VALUE, NULL},
        {"TI", &wr_type_time, WR_COL_VALUE, NULL},
        {"TS", &wr_type_timestamp, WR_COL_VALUE, NULL},
        {"A", wr_type_array(a, decimal), WR_COL_VALUE, NULL},
        {"M", wr_type_map(a, &wr_type_string, row), WR_COL_VALUE, NULL},
        {"low", row, WR_COL_VALUE, NULL},
    };
    return wr_schema_new(a, cols, COLUMNS);
}

static const wr_json *parse(wr_str text, wr_arena *a)
{
    wr_json *j;
    weir_error err = {0};
    if (wr_json_parse_first(text, a, &j, &err) == WEIR_OK)
        return j;
    WR_ASSERT(err.message[0]);
    return NULL;
}

/* Names between back-quotes, so that small letters stay; what is beyond every DOUBLE, as a number
 * that is so again. */
static void print(wr_buf *out, const wr_schema *schema, const wr_value *row)
{
    for (uint32_t i = 0; i < schema->n; i++) {
        wr_buf_printf(out, "%s\"`%s`\":", i ? "," : "{", schema->cols[i].name);
        if (schema->cols[i].type == &wr_type_double && !row[i].null && isinf(row[i].u.f64))
            wr_buf_puts(out, row[i].u.f64 > 0 ? "1e999" : "-1e999");
        else
            wr_value_print_json(out, schema->cols[i].type, &row[i]);
    }
    wr_buf_putc(out, '}');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weir_error err = {0};
    wr_arena *a = wr_arena_new(0);
    const wr_schema *schema = schema_new(a);
    const wr_json *j = parse(wr_str_make((const char *)data, size), a);
    wr_value row[COLUMNS], again[COLUMNS];
    if (j && wr__json_row(schema, j, a, row, &err) != WEIR_OK) {
        WR_ASSERT(err.message[0]);
    } else if (j && !fuzz_has_half_pairs(wr_str_make((const char *)data, size))) {
        wr_buf text = {0};
        WR_ASSERT(!row[0].null);
        print(&text, schema, row);
        j = parse(wr_buf_view(&text), a);
        WR_ASSERT(j && wr__json_row(schema, j, a, again, &err) == WEIR_OK);
        for (uint32_t i = 0; i < COLUMNS; i++)
            WR_ASSERT(row[i].null == again[i].null &&
                      (row[i].null || wr_value_equal(schema->cols[i].type, &row[i], &again[i])));
        wr_buf_free(&text);
    }
    wr_arena_free(a);
    return 0;
}
