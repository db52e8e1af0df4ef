/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets of AVRO and JSON_SR share. The first byte picks one of a few schemas, the
 * rest is the payload after its mark. The columns are those inferred, or others that the schema
 * does not quite fit. Whatever is decoded strictly is decoded the same when fewer columns are
 * wanted, and what is written reads back. Its JSON, where it can be had, is JSON; that is looked at
 * for low first bytes only, as it is slow.
 *
 * Schemas are parsed and decoders made once: nearly all time goes to payloads. What a decoder has
 * learned from earlier ones must not matter.
 */
#ifndef WR_FUZZ_REGISTRY_H
#define WR_FUZZ_REGISTRY_H

#include "fuzz_formats.h"

/* All that is made once for a schema. */
typedef struct fuzz_fixture {
    const wr_registry_schema *schema; /* NULL: not made yet */
    fuzz_schema columns;
    fuzz_decoders decoders;
    wr_encoder *encoder; /* with our own schema for the columns */
    wr_decoder *decoder; /* of what that has written */
} fuzz_fixture;

typedef struct fuzz_registry_format {
    wr_format_id id;
    wr_schema_kind kind;
    const char *const *schemas;
    uint32_t schemas_n;
    uint32_t declared_at;                 /* the one whose columns are declared */
    fuzz_schema (*declared)(wr_arena *a); /* its columns */
    fuzz_fixture *fixtures;               /* schemas_n */
} fuzz_registry_format;

static inline const wr_registry_schema *fuzz_register(wr_registry *registry, wr_str subject,
                                                      wr_schema_kind kind, wr_str text)
{
    const wr_schema_draft draft = {.kind = kind, .text = text};
    const wr_registry_schema *schema;
    weir_error err;
    weir_status st = wr_registry_register(registry, NULL, subject, &draft, &schema, &err);
    WR_ASSERT(st == WEIR_OK);
    return schema;
}

/* What was read is written with our own schema for the columns. */
static inline void fuzz_own_schema(const fuzz_registry_format *f, fuzz_fixture *x,
                                   wr_format_options options, wr_arena *a)
{
    const fuzz_schema *s = &x->columns;
    const wr_format_columns columns = {.cols = s->cols, .n = s->n, .options = &options};
    wr_buf text = {0};
    weir_error err;
    weir_status st = wr_format_schema_text(wr_format_get(f->id), &columns, &text, &err);
    WR_ASSERT(st == WEIR_OK);
    options.schema =
        fuzz_register(options.registry, WR_STR("own-value"), f->kind, wr_buf_view(&text));
    wr_buf_free(&text);
    x->encoder = fuzz_encoder(f->id, s, options, a);
    x->decoder = fuzz_decoder(f->id, s, NULL, options, a);
}

static inline fuzz_fixture *fuzz_fixture_of(const fuzz_registry_format *f, uint32_t pick,
                                            wr_registry *registry, wr_arena *a)
{
    fuzz_fixture *x = &f->fixtures[pick];
    if (x->schema)
        return x;
    x->schema = fuzz_register(registry, WR_STR("t-value"), f->kind, wr_str_c(f->schemas[pick]));
    const wr_format_options options = {.registry = registry};
    if (pick == f->declared_at) {
        x->columns = f->declared(a);
    } else {
        wr_column *cols;
        weir_error err;
        weir_status st = wr_format_infer(wr_format_get(f->id), x->schema, &options, false, a, &cols,
                                         &x->columns.n, &err);
        WR_ASSERT(st == WEIR_OK);
        x->columns.cols = cols;
    }
    static const bool wanted[8] = {false, true, false, true};
    x->decoders = fuzz_decoders_new(f->id, &x->columns, wanted, options, a);
    fuzz_own_schema(f, x, options, a);
    return x;
}

static inline void fuzz_check_json(const fuzz_registry_format *f, wr_registry *registry,
                                   wr_str payload, wr_arena *a)
{
    const wr_format_options options = {.registry = registry};
    wr_buf out = {0};
    wr_json *json;
    weir_error err;
    weir_status st =
        wr_format_to_json(wr_format_get(f->id), &options, (wr_str){0}, payload, &out, &err);
    if (st == WEIR_OK) {
        st = wr_json_parse(wr_buf_view(&out), false, a, &json, &err);
        WR_ASSERT(st == WEIR_OK || strstr(err.message, "nest")); /* its own bound on depth */
    }
    wr_buf_free(&out);
}

static inline void fuzz_payload(const fuzz_registry_format *f, const uint8_t *data, size_t size)
{
    static wr_registry *registry;
    static wr_arena *kept, *a; /* for all inputs; for one */
    if (!registry) {
        registry = wr_registry_open_memory();
        kept = wr_arena_new(0);
        a = wr_arena_new(0);
    }
    if (!size)
        return;
    const fuzz_fixture *x = fuzz_fixture_of(f, data[0] % f->schemas_n, registry, kept);
    const fuzz_schema *s = &x->columns;
    wr_buf bytes = {0};
    wr_schema_mark_write(&bytes, x->schema->id);
    wr_buf_put(&bytes, data + 1, size - 1);
    wr_str payload = wr_arena_str(a, wr_buf_view(&bytes));
    wr_buf_free(&bytes);
    fuzz_row row = fuzz_strict_and_lazy(&x->decoders, payload, a);
    if (row.ok == WR_DECODED) {
        wr_str again = fuzz_encode_with(x->encoder, s, row.values, a);
        WR_ASSERT(again.ptr);
        fuzz_row back = fuzz_decode(x->decoder, s, NULL, again, a);
        WR_ASSERT(back.ok == WR_DECODED);
        WR_ASSERT(fuzz_has_half_pairs(payload) || fuzz_equal(s, NULL, &row, &back));
    }
    if (data[0] < f->schemas_n)
        fuzz_check_json(f, registry, payload, a);
    wr_arena_reset(a);
}

#endif
