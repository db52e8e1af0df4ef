/* SPDX-License-Identifier: Apache-2.0 */
/* json_sr_format.c - the JSON_SR format's row; it writes with the encoder of JSON. */
#include "formats/json_sr.h"

static bool check(const wr_format_columns *c, wr_format_misfit *why)
{
    return wr__check_documents("JSON_SR", "JSON_SR", c, why);
}

static weir_status parse_schema(const wr_registry_schema *schema, wr_arena *arena, weir_error *err)
{
    const wr_jsr_node *node;
    return wr__jsr_schema_parse(schema, arena, &node, err);
}

const wr_format_class wr__format_json_sr = {
    .format = {.id = WR_FORMAT_JSON_SR,
               .name = "JSON_SR",
               .implemented = true,
               .multi_column_key = true,
               .can_wrap = true,
               .can_unwrap = true,
               .can_infer = true,
               .is_key = true,
               .is_value = true,
               .nested = true},
    .check = check,
    .decoder_new = wr__jsr_decoder_new,
    .scan = wr__jsr_scan,
    .convert = wr__jsr_convert_column,
    .encoder_new = wr__json_encoder_new,
    .encode = wr__json_encode,
    .schema_kind = WR_SCHEMA_JSON,
    .parse_schema = parse_schema,
    .infer = wr__jsr_infer,
    .schema_text = wr__jsr_schema_text,
    .check_schema = wr__jsr_check_schema,
    .schema_fields = wr__jsr_schema_fields,
    .to_json = wr__jsr_to_json,
    .from_json = wr__jsr_from_json,
};
