/* SPDX-License-Identifier: Apache-2.0 */
/* avro_format.c - the AVRO format's row; the halves are files of their own. */
#include "formats/avro.h"

static bool check(const wr_format_columns *c, wr_format_misfit *why)
{
    return wr__check_documents("AVRO", "AVRO", c, why);
}

static weir_status parse_schema(const wr_registry_schema *schema, wr_arena *arena, weir_error *err)
{
    const wr_avro_node *node;
    return wr__avro_schema_parse(schema, arena, &node, err);
}

const wr_format_class wr__format_avro = {
    .format = {.id = WR_FORMAT_AVRO,
               .name = "AVRO",
               .implemented = true,
               .multi_column_key = true,
               .can_wrap = true,
               .can_unwrap = true,
               .can_infer = true,
               .is_key = true,
               .is_value = true,
               .nested = true},
    .check = check,
    .decoder_new = wr__avro_decoder_new,
    .scan = wr__avro_scan,
    .convert = wr__avro_convert_column,
    .encoder_new = wr__avro_encoder_new,
    .encode = wr__avro_encode,
    .schema_kind = WR_SCHEMA_AVRO,
    .parse_schema = parse_schema,
    .infer = wr__avro_infer,
    .schema_text = wr__avro_schema_text,
    .check_schema = wr__avro_check_schema,
    .schema_fields = wr__avro_schema_fields,
    .to_json = wr__avro_to_json,
    .from_json = wr__avro_from_json,
};
