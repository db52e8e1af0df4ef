/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DELIMITED: the first byte picks delimiter, columns and which are wanted; the rest is a record.
 * Strict against lazy; what is written reads back and is written the same.
 */
#include "fuzz_formats.h"

enum { COLUMNS = 6 };

static const wr_column *columns(void)
{
    static wr_column cols[COLUMNS];
    static const wr_type decimal = {.id = WR_T_DECIMAL, .precision = 6, .scale = 3};
    if (!cols[0].name) {
        static const char *const names[COLUMNS] = {"A", "B", "C", "D", "E", "F"};
        const wr_type *types[COLUMNS] = {&wr_type_string, &wr_type_string, &wr_type_double,
                                         &decimal,        &wr_type_bytes,  &wr_type_boolean};
        for (int i = 0; i < COLUMNS; i++)
            cols[i] = (wr_column){.name = names[i], .type = types[i], .role = WR_COL_VALUE};
    }
    return cols;
}

/* As an array of cells and back: the same cells. */
static void check_cells(wr_str payload, wr_format_options options, wr_arena *a)
{
    const wr_format *format = wr_format_get(WR_FORMAT_DELIMITED);
    wr_buf cells = {0}, line = {0}, again = {0};
    weir_error err;
    wr_json *json;
    if (wr_format_to_json(format, &options, (wr_str){0}, payload, &cells, &err) == WEIR_OK) {
        WR_ASSERT(wr_json_parse(wr_buf_view(&cells), false, a, &json, &err) == WEIR_OK);
        WR_ASSERT(wr_format_from_json(format, &options, json, &line, &err) == WEIR_OK);
        WR_ASSERT(line.len > 0 || json->n == 1);
        if (line.len)
            WR_ASSERT(wr_format_to_json(format, &options, (wr_str){0}, wr_buf_view(&line), &again,
                                        &err) == WEIR_OK);
        WR_ASSERT(!line.len || wr_str_eq(wr_buf_view(&cells), wr_buf_view(&again)));
    }
    wr_buf_free(&cells);
    wr_buf_free(&line);
    wr_buf_free(&again);
}

/* What is written reads back, but for a single NULL: an empty text is no record. */
static void check_round_trip(const fuzz_schema *s, const fuzz_row *row, wr_format_options options,
                             wr_arena *a)
{
    wr_str text = fuzz_encode(WR_FORMAT_DELIMITED, s, options, row->values, a);
    wr_decoder *d = fuzz_decoder(WR_FORMAT_DELIMITED, s, NULL, options, a);
    fuzz_row back = fuzz_decode(d, s, NULL, text, a);
    WR_ASSERT(text.ptr && (back.ok != 0) == (text.len > 0));
    if (!back.ok) {
        WR_ASSERT(s->n == 1 && row->values[0].null);
        return;
    }
    for (uint32_t c = 0; c < s->n; c++) {
        /* An empty cell other than the first is written bare, hence read as NULL. */
        const wr_value *x = &row->values[c], *y = &back.values[c];
        bool text_column = s->cols[c].type->id == WR_T_STRING || s->cols[c].type->id == WR_T_BYTES;
        bool empty = !x->null && text_column && x->u.str.len == 0;
        WR_ASSERT(empty ? y->null || y->u.str.len == 0 : wr_value_equal(s->cols[c].type, x, y));
    }
    wr_str second = fuzz_encode(WR_FORMAT_DELIMITED, s, options, back.values, a);
    WR_ASSERT(wr_str_eq(text, second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static wr_arena *a;
    if (!a)
        a = wr_arena_new(0);
    if (size < 2)
        return 0;
    static const char delimiters[] = {0, '\t', ' ', '|'};
    wr_format_options options = {.delimiter = delimiters[data[0] & 3]};
    uint32_t from = (data[0] >> 2 & 1) + (data[0] >> 3 & 1), n = 1 + (data[0] >> 4 & 3);
    fuzz_schema s = {columns() + from, n};
    const bool wanted[] = {data[1] & 1, data[1] & 2, data[1] & 4, data[1] & 8};
    char *bytes = wr_arena_alloc(a, size); /* never NULL, also for an empty record */
    memcpy(bytes, data + 2, size - 2);
    wr_str payload = wr_str_make(bytes, size - 2);
    fuzz_decoders decoders = fuzz_decoders_new(WR_FORMAT_DELIMITED, &s, wanted, options, a);
    fuzz_row row = fuzz_strict_and_lazy(&decoders, payload, a);
    if (row.ok)
        check_round_trip(&s, &row, options, a);
    check_cells(payload, options, a);
    wr_arena_reset(a);
    return 0;
}
