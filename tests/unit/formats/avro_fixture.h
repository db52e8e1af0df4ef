/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of AVRO share: a registry in memory, payloads as hex digits, columns as text.
 */
#ifndef WR_TEST_FORMATS_AVRO_FIXTURE_H
#define WR_TEST_FORMATS_AVRO_FIXTURE_H

#include "fixture.h"

#include "types/text.h"

static wr_registry *registry;

static WR_UNUSED int avro_setup(void **state)
{
    registry = wr_registry_open_memory();
    return fixture_setup(state);
}

static WR_UNUSED int avro_teardown(void **state)
{
    wr_registry_free(registry);
    return fixture_teardown(state);
}

/* Registered under an id of its own. */
static WR_UNUSED const wr_registry_schema *avro_schema(const char *text)
{
    const wr_schema_draft draft = {.kind = WR_SCHEMA_AVRO, .text = wr_str_c(text)};
    const wr_registry_schema *s;
    weir_error err = {0};
    if (wr_registry_register(registry, NULL, wr_str_c("t-value"), &draft, &s, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    return s;
}

/* A record of one field F of the type, and an int N after it. */
static WR_UNUSED const wr_registry_schema *avro_field(const char *type)
{
    return avro_schema(wr_arena_printf(
        arena,
        "{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"F\",\"type\":%s},"
        "{\"name\":\"N\",\"type\":\"int\"}]}",
        type));
}

/* The mark of the schema and the bytes given as hex digits (blanks are skipped); at its exact size.
 */
static WR_UNUSED wr_str avro_payload(const wr_registry_schema *s, const char *hex)
{
    wr_buf digits = {0}, bytes = {0};
    for (; *hex; hex++)
        if (*hex != ' ')
            wr_buf_putc(&digits, *hex);
    wr_schema_mark_write(&bytes, s->id);
    assert_true(wr_text_from_hex(&bytes, wr_buf_view(&digits)));
    wr_str out = exact(bytes.ptr, bytes.len);
    wr_buf_free(&digits);
    wr_buf_free(&bytes);
    return out;
}

/* The payload without its mark, as hex digits. */
static WR_UNUSED const char *avro_hex(wr_str payload)
{
    if (!payload.ptr)
        return "NULL";
    wr_buf out = {0};
    wr_text_put_hex(&out, wr_str_make(payload.ptr + 5, payload.len - 5), false);
    const char *text = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return text;
}

static WR_UNUSED wr_format_options avro_options(void)
{
    return (wr_format_options){.registry = registry};
}

static WR_UNUSED const wr_type *struct_of(uint32_t n, const wr_field *fields)
{
    return wr_type_struct(arena, fields, n);
}

/* One payload into columns, shown as decode_show does. */
static WR_UNUSED const char *avro_decode(const wr_column *cols, uint32_t n,
                                         wr_format_options options, wr_str payload)
{
    wr_decoder *d = decoder(WR_FORMAT_AVRO, cols, n, NULL, options);
    return decode_show(d, cols, n, payload);
}

/* "`A` INTEGER, `B` STRING", or the error. */
static WR_UNUSED const char *avro_columns(const wr_registry_schema *s, wr_format_options options,
                                          bool is_key)
{
    wr_column *cols;
    uint32_t n;
    weir_error err = {0};
    weir_status st =
        wr_format_infer(wr_format_get(WR_FORMAT_AVRO), s, &options, is_key, arena, &cols, &n, &err);
    if (st != WEIR_OK) {
        assert_int_equal(st, WEIR_ERR_STATEMENT);
        return wr_arena_printf(arena, "error: %s", err.message);
    }
    wr_buf out = {0};
    for (uint32_t i = 0; i < n; i++) {
        wr_buf_printf(&out, "%s`%s` ", i ? ", " : "", cols[i].name);
        wr_type_print(&out, cols[i].type);
    }
    const char *text = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return text;
}

#endif
