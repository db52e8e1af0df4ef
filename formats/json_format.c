/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_format.c - the JSON format's row: its two halves are json_decode.c and json_encode.c.
 */
#include "formats/format_internal.h"

static bool check(const wr_format_columns *c, wr_format_misfit *why)
{
    return wr__check_documents("JSON", "JSON", c, why);
}

/* The first value, as it is read (J01); compact, with its digits. DEBEZIUM_JSON's too. */
weir_status wr__json_to_json(const wr_format_options *options, wr_str schema_header, wr_str payload,
                             wr_buf *out, weir_error *err)
{
    (void)options, (void)schema_header;
    wr_json *json;
    wr_arena *a = wr_arena_new(0);
    weir_status st = wr_json_parse_first(payload, a, &json, err);
    if (st == WEIR_OK)
        wr_json_print(out, json);
    wr_arena_free(a);
    return st;
}

static weir_status from_json(const wr_format_options *options, const wr_json *json, wr_buf *out,
                             weir_error *err)
{
    (void)options, (void)err;
    wr_json_print(out, json);
    return WEIR_OK;
}

const wr_format_class wr__format_json = {
    .format = {.id = WR_FORMAT_JSON,
               .name = "JSON",
               .implemented = true,
               .multi_column_key = true,
               .can_wrap = true,
               .can_unwrap = true,
               .is_key = true,
               .is_value = true,
               .nested = true},
    .check = check,
    .decoder_new = wr__json_decoder_new,
    .scan = wr__json_scan,
    .convert = wr__json_convert_column,
    .encoder_new = wr__json_encoder_new,
    .encode = wr__json_encode,
    .to_json = wr__json_to_json,
    .from_json = from_json,
};
