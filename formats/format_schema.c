/* SPDX-License-Identifier: Apache-2.0 */
/* format_schema.c - the functions of format.h about schemas: to the format's class. */
#include "formats/format_internal.h"

wr_schema_kind wr_format_schema_kind(const wr_format *format)
{
    WR_ASSERT(format->can_infer);
    return wr__format_class_of(format)->schema_kind;
}

/* A format that is known and not built has none of these functions. */
#define MUST_HAVE(format, member)                                                                  \
    do {                                                                                           \
        if (!wr__format_class_of(format)->member)                                                  \
            return wr__refuse_unbuilt((format), err);                                              \
    } while (0)

weir_status wr_format_schema_parse(const wr_format *format, const wr_registry_schema *schema,
                                   weir_error *err)
{
    MUST_HAVE(format, parse_schema);
    wr_arena *arena = wr_arena_new(0);
    weir_status st = wr__format_class_of(format)->parse_schema(schema, arena, err);
    wr_arena_free(arena);
    return st;
}

weir_status wr_format_infer(const wr_format *format, const wr_registry_schema *schema,
                            const wr_format_options *options, bool is_key, wr_arena *arena,
                            wr_column **cols, uint32_t *n, weir_error *err)
{
    MUST_HAVE(format, infer);
    if (schema->kind != wr_format_schema_kind(format))
        return wr_error(err, WEIR_ERR_STATEMENT, "Schema %u is no schema of the %s format",
                        schema->id, format->name);
    return wr__format_class_of(format)->infer(schema, options, is_key, arena, cols, n, err);
}

weir_status wr_format_schema_text(const wr_format *format, const wr_format_columns *columns,
                                  wr_buf *out, weir_error *err)
{
    WR_ASSERT(columns->options);
    MUST_HAVE(format, schema_text);
    return wr__format_class_of(format)->schema_text(columns, out, err);
}

weir_status wr_format_schema_canonical(const wr_format *format, const wr_registry_schema *schema,
                                       wr_buf *out, weir_error *err)
{
    const wr_format_class *c = wr__format_class_of(format);
    if (c->schema_canonical)
        return c->schema_canonical(schema, out, err);
    wr_buf_str(out, schema->text);
    return WEIR_OK;
}

weir_status wr_format_schema_name(const wr_format *format, const wr_registry_schema *schema,
                                  const wr_format_options *options, wr_arena *arena,
                                  const char **name, weir_error *err)
{
    const wr_format_class *c = wr__format_class_of(format);
    *name = NULL;
    return c->schema_name ? c->schema_name(schema, options, arena, name, err) : WEIR_OK;
}

weir_status wr_format_check_schema(const wr_format *format, const wr_format_columns *columns,
                                   weir_error *err)
{
    WR_ASSERT(columns->options && columns->options->schema);
    MUST_HAVE(format, check_schema);
    return wr__format_class_of(format)->check_schema(columns, err);
}

weir_status wr_format_to_json(const wr_format *format, const wr_format_options *options,
                              wr_str schema_header, wr_str payload, wr_buf *out, weir_error *err)
{
    MUST_HAVE(format, to_json);
    return wr__format_class_of(format)->to_json(options, schema_header, payload, out, err);
}

weir_status wr_format_from_json(const wr_format *format, const wr_format_options *options,
                                const wr_json *json, wr_buf *out, weir_error *err)
{
    MUST_HAVE(format, from_json);
    return wr__format_class_of(format)->from_json(options, json, out, err);
}
