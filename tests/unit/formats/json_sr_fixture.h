/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of JSON_SR share: a registry in memory, schemas, payloads with their mark. */
#ifndef WR_TEST_FORMATS_JSON_SR_FIXTURE_H
#define WR_TEST_FORMATS_JSON_SR_FIXTURE_H

#include "fixture.h"

#include "types/text.h"

static wr_registry *registry;

static WR_UNUSED int jsr_setup(void **state)
{
    registry = wr_registry_open_memory();
    return fixture_setup(state);
}

static WR_UNUSED int jsr_teardown(void **state)
{
    wr_registry_free(registry);
    return fixture_teardown(state);
}

static WR_UNUSED const wr_format *jsr(void)
{
    return wr_format_get(WR_FORMAT_JSON_SR);
}

static WR_UNUSED const wr_registry_schema *jsr_schema(const char *text)
{
    const wr_schema_draft draft = {.kind = WR_SCHEMA_JSON, .text = wr_str_c(text)};
    const wr_registry_schema *s;
    weir_error err = {0};
    if (wr_registry_register(registry, NULL, wr_str_c("t-value"), &draft, &s, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    return s;
}

/* The text of an object with the one property `f`. */
static WR_UNUSED const char *jsr_object(const char *type)
{
    return wr_arena_printf(arena, "{\"type\":\"object\",\"properties\":{\"f\":%s}}", type);
}

/* The mark and the text, at its exact size. */
static WR_UNUSED wr_str jsr_payload(const wr_registry_schema *s, const char *text)
{
    wr_buf bytes = {0};
    wr_schema_mark_write(&bytes, s->id);
    wr_buf_puts(&bytes, text);
    wr_str out = exact(bytes.ptr, bytes.len);
    wr_buf_free(&bytes);
    return out;
}

static WR_UNUSED wr_format_options jsr_options(void)
{
    return (wr_format_options){.registry = registry};
}

/* "`A` INTEGER, `B` STRING", or "error: ...". */
static WR_UNUSED const char *jsr_columns(const wr_registry_schema *s, wr_format_options options,
                                         bool is_key)
{
    wr_column *cols;
    uint32_t n;
    weir_error err = {0};
    if (wr_format_infer(jsr(), s, &options, is_key, arena, &cols, &n, &err) != WEIR_OK) {
        assert_int_equal(err.code, WEIR_ERR_STATEMENT);
        return wr_arena_printf(arena, "error: %s", err.message);
    }
    wr_buf out = {0};
    for (uint32_t i = 0; i < n; i++)
        wr_buf_printf(&out, "%s`%s` %s", i ? ", " : "", cols[i].name,
                      wr_type_text(arena, cols[i].type));
    const char *text = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return text;
}

static WR_UNUSED const char *jsr_infer(const char *schema)
{
    return jsr_columns(jsr_schema(schema), jsr_options(), false);
}

/* The columns are inferred, then the record is read into them. */
static WR_UNUSED const char *jsr_read(const char *schema, const char *text)
{
    const wr_registry_schema *s = jsr_schema(schema);
    const wr_format_options options = jsr_options();
    wr_column *cols;
    uint32_t n;
    weir_error err = {0};
    if (wr_format_infer(jsr(), s, &options, false, arena, &cols, &n, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    wr_decoder *d = decoder(WR_FORMAT_JSON_SR, cols, n, NULL, options);
    return decode_show(d, cols, n, jsr_payload(s, text));
}

/* Column F of the type, of records with the property `f`. */
static WR_UNUSED const char *jsr_as(const char *property, const char *text, const wr_type *as)
{
    const wr_registry_schema *s = jsr_schema(jsr_object(property));
    const wr_column cols[] = {col("F", as)};
    wr_decoder *d = decoder(WR_FORMAT_JSON_SR, cols, 1, NULL, jsr_options());
    return decode_show(d, cols, 1, jsr_payload(s, text));
}

#endif
