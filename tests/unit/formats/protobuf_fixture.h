/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of PROTOBUF share: a registry in memory, payloads as hex digits, columns as text.
 */
#ifndef WR_TEST_FORMATS_PROTOBUF_FIXTURE_H
#define WR_TEST_FORMATS_PROTOBUF_FIXTURE_H

#include "fixture.h"

#include "types/text.h"

static wr_registry *registry;

static WR_UNUSED int pb_setup(void **state)
{
    registry = wr_registry_open_memory();
    return fixture_setup(state);
}

static WR_UNUSED int pb_teardown(void **state)
{
    wr_registry_free(registry);
    return fixture_teardown(state);
}

static WR_UNUSED const wr_registry_schema *register_as(const char *subject, const char *text,
                                                       const wr_registry_reference *references,
                                                       uint32_t n)
{
    const wr_schema_draft draft = {.kind = WR_SCHEMA_PROTOBUF,
                                   .text = wr_str_c(text),
                                   .references = references,
                                   .references_n = n};
    const wr_registry_schema *s;
    weir_error err = {0};
    if (wr_registry_register(registry, NULL, wr_str_c(subject), &draft, &s, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    return s;
}

/* Registered under an id of its own. */
static WR_UNUSED const wr_registry_schema *pb_schema(const char *text)
{
    return register_as("t-value", text, NULL, 0);
}

/* `message T { body }` of proto3, or of proto2. */
static WR_UNUSED const wr_registry_schema *pb3(const char *body)
{
    return pb_schema(wr_arena_printf(
        arena,
        "syntax = \"proto3\"; import \"google/protobuf/wrappers.proto\";"
        "import \"google/protobuf/timestamp.proto\"; import \"google/type/date.proto\";"
        "import \"google/type/timeofday.proto\"; import \"confluent/type/decimal.proto\";"
        "message T { %s }",
        body));
}

static WR_UNUSED const wr_registry_schema *pb2(const char *body)
{
    return pb_schema(wr_arena_printf(arena, "syntax = \"proto2\"; message T { %s }", body));
}

static WR_UNUSED wr_str from_hex(const char *hex, wr_buf *bytes)
{
    wr_buf digits = {0};
    for (; *hex; hex++)
        if (*hex != ' ')
            wr_buf_putc(&digits, *hex);
    assert_true(wr_text_from_hex(bytes, wr_buf_view(&digits)));
    wr_str out = exact(bytes->ptr, bytes->len);
    wr_buf_free(&digits);
    wr_buf_free(bytes);
    return out;
}

/* The mark of the schema and the bytes given as hex digits (indexes first); at its exact size. */
static WR_UNUSED wr_str pb_record(const wr_registry_schema *s, const char *hex)
{
    wr_buf bytes = {0};
    wr_schema_mark_write(&bytes, s->id);
    return from_hex(hex, &bytes);
}

static WR_UNUSED wr_str pb_plain(const char *hex)
{
    wr_buf bytes = {0};
    return from_hex(hex, &bytes);
}

/* The payload from @p skip on as hex digits. */
static WR_UNUSED const char *pb_hex(wr_str payload, size_t skip)
{
    if (!payload.ptr)
        return "NULL";
    wr_buf out = {0};
    wr_text_put_hex(&out, wr_str_make(payload.ptr + skip, payload.len - skip), false);
    const char *text = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return text;
}

static WR_UNUSED wr_format_options pb_options(void)
{
    return (wr_format_options){.registry = registry};
}

/* One payload into columns, shown as decode_show does. */
static WR_UNUSED const char *pb_decode(const wr_column *cols, uint32_t n, wr_str payload)
{
    return decode_show(decoder(WR_FORMAT_PROTOBUF, cols, n, NULL, pb_options()), cols, n, payload);
}

/* The columns that are inferred, and one payload decoded into them. */
static WR_UNUSED const char *pb_infer(const wr_registry_schema *s, wr_format_options options,
                                      bool is_key, wr_column **cols, uint32_t *n)
{
    weir_error err = {0};
    if (wr_format_infer(wr_format_get(WR_FORMAT_PROTOBUF), s, &options, is_key, arena, cols, n,
                        &err) != WEIR_OK)
        return wr_arena_printf(arena, "error: %s", err.message);
    wr_buf out = {0};
    for (uint32_t i = 0; i < *n; i++) {
        wr_buf_printf(&out, "%s`%s` ", i ? ", " : "", (*cols)[i].name);
        wr_type_print(&out, (*cols)[i].type);
    }
    const char *text = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return text;
}

/* Infer, then read: "columns: values". */
static WR_UNUSED const char *pb_read(const wr_registry_schema *s, const char *hex)
{
    wr_column *cols;
    uint32_t n;
    const char *columns = pb_infer(s, pb_options(), false, &cols, &n);
    if (strncmp(columns, "error", 5) == 0)
        return columns;
    return wr_arena_printf(arena, "%s: %s", columns, pb_decode(cols, n, pb_record(s, hex)));
}

/* The text of the schema for columns. */
static WR_UNUSED const char *pb_text(const wr_column *cols, uint32_t n, wr_format_options options)
{
    const wr_format_columns columns = {.cols = cols, .n = n, .options = &options};
    wr_buf out = {0};
    weir_error err = {0};
    if (wr_format_schema_text(wr_format_get(WR_FORMAT_PROTOBUF), &columns, &out, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    const char *text = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return text;
}

#endif
