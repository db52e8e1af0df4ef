/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_format.c - the JSON format's row: its two halves are json_decode.c and json_encode.c.
 */
#include "formats/format_internal.h"

static bool check(const wr_format_columns *c, wr_format_misfit *why)
{
    return wr__check_documents("JSON", "JSON", c, why);
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
};
