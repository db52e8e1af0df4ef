/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf_format.c - PROTOBUF and PROTOBUF_NOSR: their rows, and what they can hold. */
#include "formats/protobuf.h"

/* Lists of lists and of maps have no form: ksqlDB refuses them, or dies of the first record. */
static bool has_list_of_lists(const wr_type *t)
{
    switch (t->id) {
    case WR_T_ARRAY:
        return t->elem->id == WR_T_ARRAY || t->elem->id == WR_T_MAP || has_list_of_lists(t->elem);
    case WR_T_MAP:
        return has_list_of_lists(t->elem);
    case WR_T_STRUCT:
        for (uint32_t i = 0; i < t->fields_n; i++)
            if (has_list_of_lists(t->fields[i].type))
                return true;
        return false;
    default:
        return false;
    }
}

static bool check_lists(const wr_format_columns *c, const char *format, wr_format_misfit *why)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (has_list_of_lists(c->cols[i].type))
            return wr__misfit(why, (int32_t)i,
                              "The '%s' format does not support ARRAY or MAP as elements of an "
                              "ARRAY, column: `%s`",
                              format, c->cols[i].name);
    return true;
}

static bool check_protobuf(const wr_format_columns *c, wr_format_misfit *why)
{
    if (!wr__check_documents("PROTOBUF", "PROTOBUF format", c, why))
        return false;
    return check_lists(c, "PROTOBUF", why);
}

static bool check_protobuf_nosr(const wr_format_columns *c, wr_format_misfit *why)
{
    if (!wr__check_documents("PROTOBUF_NOSR", "PROTOBUF_NOSR", c, why))
        return false;
    return check_lists(c, "PROTOBUF_NOSR", why);
}

static weir_status parse_schema(const wr_registry_schema *schema, wr_arena *arena, weir_error *err)
{
    const wr_pb_file *file;
    return wr__pb_schema_parse(schema, arena, &file, err);
}

const wr_format_class wr__format_protobuf = {
    .format = {.id = WR_FORMAT_PROTOBUF,
               .name = "PROTOBUF",
               .implemented = true,
               .multi_column_key = true,
               .can_wrap = true,
               .can_infer = true,
               .is_key = true,
               .is_value = true,
               .nested = true},
    .check = check_protobuf,
    .decoder_new = wr__pb_decoder_new,
    .scan = wr__pb_scan,
    .convert = wr__pb_convert_column,
    .encoder_new = wr__pb_encoder_new,
    .encode = wr__pb_encode,
    .schema_kind = WR_SCHEMA_PROTOBUF,
    .parse_schema = parse_schema,
    .infer = wr__pb_infer,
    .schema_text = wr__pb_schema_text,
    .check_schema = wr__pb_check_schema,
    .schema_fields = wr__pb_schema_fields,
    .schema_canonical = wr__pb_schema_canonical,
    .schema_name = wr__pb_schema_name,
    .to_json = wr__pb_to_json,
    .from_json = wr__pb_from_json,
};

/* Its schema is the columns' alone; the text of it is for to_json and from_json. */
const wr_format_class wr__format_protobuf_nosr = {
    .format = {.id = WR_FORMAT_PROTOBUF_NOSR,
               .name = "PROTOBUF_NOSR",
               .implemented = true,
               .multi_column_key = true,
               .can_wrap = true,
               .can_unwrap = true,
               .is_key = true,
               .is_value = true,
               .nested = true},
    .check = check_protobuf_nosr,
    .decoder_new = wr__pb_decoder_new,
    .scan = wr__pb_scan,
    .convert = wr__pb_convert_column,
    .encoder_new = wr__pb_encoder_new,
    .encode = wr__pb_encode,
    .schema_kind = WR_SCHEMA_PROTOBUF,
    .parse_schema = parse_schema,
    .schema_text = wr__pb_schema_text,
    .to_json = wr__pb_plain_to_json,
    .from_json = wr__pb_plain_from_json,
};
