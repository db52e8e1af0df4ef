/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schemas: any text is parsed or refused with a reason. From one that can be had as columns we
 * make our own schema, which has the same columns; the encoder takes the foreign one where the
 * check does, and never writes what cannot be read.
 */
#include "fuzz_formats.h"

/* Columns by upper case give a schema with exactly those columns. */
static void check_own(const wr_column *cols, uint32_t n, wr_registry *registry, wr_arena *a)
{
    wr_format_options options = {.registry = registry};
    const wr_format_columns columns = {.cols = cols, .n = n, .options = &options};
    wr_buf text = {0};
    weir_error err;
    if (wr_format_schema_text(wr_format_get(WR_FORMAT_JSON_SR), &columns, &text, &err) == WEIR_OK) {
        const wr_registry_schema own = {.kind = WR_SCHEMA_JSON, .text = wr_buf_view(&text)};
        wr_column *back;
        uint32_t back_n;
        options.exact_names = true;
        weir_status st = wr_format_infer(wr_format_get(WR_FORMAT_JSON_SR), &own, &options, false, a,
                                         &back, &back_n, &err);
        WR_ASSERT(st == WEIR_OK && back_n == n);
        for (uint32_t i = 0; i < n; i++)
            WR_ASSERT(strcmp(back[i].name, cols[i].name) == 0 &&
                      wr_type_equal(back[i].type, cols[i].type));
    }
    wr_buf_free(&text);
}

/* A row of NULLs with the foreign schema: written and read, or reported. */
static void check_nulls(const wr_column *cols, uint32_t n, wr_format_options options, wr_arena *a)
{
    const wr_format_columns columns = {.cols = cols, .n = n, .options = &options};
    weir_error err;
    if (wr_format_check_schema(wr_format_get(WR_FORMAT_JSON_SR), &columns, &err) != WEIR_OK)
        return;
    fuzz_schema s = {cols, n};
    wr_value *nulls = WR_NEW_N(a, wr_value, n);
    for (uint32_t i = 0; i < n; i++)
        nulls[i] = WR_VALUE_NULL;
    wr_str bytes = fuzz_encode(WR_FORMAT_JSON_SR, &s, options, nulls, a);
    if (!bytes.ptr)
        return;
    wr_decoder *d = fuzz_decoder(WR_FORMAT_JSON_SR, &s, NULL, options, a);
    fuzz_row row = fuzz_decode(d, &s, NULL, bytes, a);
    WR_ASSERT(row.ok == WR_DECODED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wr_registry *registry = wr_registry_open_memory();
    wr_arena *a = wr_arena_new(0);
    const wr_schema_draft draft = {.kind = WR_SCHEMA_JSON,
                                   .text = wr_str_make((const char *)data, size)};
    const wr_registry_schema *schema;
    weir_error err;
    weir_status st = wr_registry_register(registry, NULL, WR_STR("t-value"), &draft, &schema, &err);
    WR_ASSERT(st == WEIR_OK);
    for (int form = 0; form < 3; form++) {
        wr_format_options options = {.registry = registry,
                                     .schema = schema,
                                     .unwrapped = form == 1,
                                     .exact_names = form == 2};
        wr_column *cols;
        uint32_t n;
        st = wr_format_infer(wr_format_get(WR_FORMAT_JSON_SR), schema, &options, false, a, &cols,
                             &n, &err);
        WR_ASSERT(st == WEIR_OK || (st == WEIR_ERR_STATEMENT && err.message[0]));
        if (st != WEIR_OK)
            continue;
        WR_ASSERT(n > 0);
        if (form == 0)
            check_own(cols, n, registry, a);
        check_nulls(cols, n, options, a);
    }
    wr_arena_free(a);
    wr_registry_free(registry);
    return 0;
}
