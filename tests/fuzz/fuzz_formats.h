/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets of formats/ share: one-row runs of decoders and encoders, and the
 * properties that hold for every format and every input.
 */
#ifndef WR_FUZZ_FORMATS_H
#define WR_FUZZ_FORMATS_H

#include "formats/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct fuzz_schema {
    const wr_column *cols;
    uint32_t n;
} fuzz_schema;

/* One decoded row. */
typedef struct fuzz_row {
    uint8_t ok;
    wr_value *values; /* n; those not wanted are NULL */
} fuzz_row;

static inline wr_decoder *fuzz_decoder(wr_format_id id, const fuzz_schema *s, const bool *wanted,
                                       wr_format_options options, wr_arena *a)
{
    wr_decoder *d;
    weir_error err;
    weir_status st =
        wr_decoder_new(wr_format_get(id), s->cols, s->n, wanted, &options, a, &d, &err);
    WR_ASSERT(st == WEIR_OK);
    return d;
}

static inline fuzz_row fuzz_decode(wr_decoder *d, const fuzz_schema *s, const bool *wanted,
                                   wr_str payload, wr_arena *a)
{
    fuzz_row row = {.ok = 99, .values = WR_NEW_N(a, wr_value, s->n)};
    wr_vec *v = WR_NEW_N(a, wr_vec, s->n);
    for (uint32_t c = 0; c < s->n; c++)
        wr_vec_init(&v[c], s->cols[c].type, 1, a);
    wr_row_errors errs = {0};
    weir_error err;
    weir_status st = wr_decoder_run(d, &payload, wr_sel_all(1), v, &row.ok, &errs, a, &err);
    WR_ASSERT(st == WEIR_OK);
    WR_ASSERT(row.ok <= WR_DECODED_TRUNCATE);
    WR_ASSERT(errs.count == (row.ok ? 0 : 1)); /* a bad row is reported, once */
    for (uint32_t c = 0; c < s->n; c++) {
        bool read = !wanted || wanted[c];
        row.values[c] = read ? wr_vec_get(&v[c], 0) : WR_VALUE_NULL;
        if (read && row.ok != WR_DECODED)
            WR_ASSERT(row.values[c].null);
    }
    return row;
}

static inline wr_encoder *fuzz_encoder(wr_format_id id, const fuzz_schema *s,
                                       wr_format_options options, wr_arena *a)
{
    wr_encoder *e;
    weir_error err;
    weir_status st = wr_encoder_new(wr_format_get(id), s->cols, s->n, &options, a, &e, &err);
    WR_ASSERT(st == WEIR_OK);
    return e;
}

/* ptr NULL where the row cannot be or is not written. */
static inline wr_str fuzz_encode_with(wr_encoder *e, const fuzz_schema *s, const wr_value *values,
                                      wr_arena *a)
{
    wr_vec *v = WR_NEW_N(a, wr_vec, s->n);
    for (uint32_t c = 0; c < s->n; c++) {
        wr_vec_init(&v[c], s->cols[c].type, 1, a);
        if (values[c].null)
            wr_vec_set_null(&v[c], 0);
        else
            wr_vec_set(&v[c], 0, &values[c]);
    }
    wr_buf buf = {0};
    wr_str out;
    uint8_t ok;
    wr_row_errors errs = {0};
    wr_encoder_run(e, v, wr_sel_all(1), &buf, &out, &ok, &errs);
    if (out.ptr)
        out = wr_arena_str(a, out);
    wr_buf_free(&buf);
    return out;
}

static inline wr_str fuzz_encode(wr_format_id id, const fuzz_schema *s, wr_format_options options,
                                 const wr_value *values, wr_arena *a)
{
    return fuzz_encode_with(fuzz_encoder(id, s, options, a), s, values, a);
}

static inline bool fuzz_equal(const fuzz_schema *s, const bool *wanted, const fuzz_row *x,
                              const fuzz_row *y)
{
    for (uint32_t c = 0; c < s->n; c++)
        if ((!wanted || wanted[c]) &&
            !wr_value_equal(s->cols[c].type, &x->values[c], &y->values[c]))
            return false;
    return true;
}

/* Does a text of JSON spell a half pair, which is written as `?`? */
static inline bool fuzz_has_half_pairs(wr_str s)
{
    for (uint32_t i = 0; i + 2 < s.len; i++)
        if (s.ptr[i] == '\\' && s.ptr[i + 1] == 'u' && wr_lower(s.ptr[i + 2]) == 'd')
            return true;
    return false;
}

/* The decoders that are held against each other. */
typedef struct fuzz_decoders {
    const fuzz_schema *schema;
    const bool *wanted;
    wr_decoder *all, *strict, *lazy;
} fuzz_decoders;

static inline fuzz_decoders fuzz_decoders_new(wr_format_id id, const fuzz_schema *s,
                                              const bool *wanted, wr_format_options options,
                                              wr_arena *a)
{
    fuzz_decoders d = {.schema = s, .wanted = wanted};
    d.all = fuzz_decoder(id, s, NULL, options, a);
    d.lazy = fuzz_decoder(id, s, wanted, options, a);
    options.strict = true;
    d.strict = fuzz_decoder(id, s, wanted, options, a);
    return d;
}

/*
 * The lazy decoder (only the columns of `wanted`) accepts whatever the strict one accepts, with the
 * same values. @return the row with all columns, decoded strictly.
 */
static inline fuzz_row fuzz_strict_and_lazy(const fuzz_decoders *d, wr_str payload, wr_arena *a)
{
    const fuzz_schema *s = d->schema;
    fuzz_row x = fuzz_decode(d->all, s, NULL, payload, a);
    fuzz_row y = fuzz_decode(d->strict, s, d->wanted, payload, a);
    fuzz_row z = fuzz_decode(d->lazy, s, d->wanted, payload, a);
    WR_ASSERT(x.ok == y.ok);
    WR_ASSERT(fuzz_equal(s, d->wanted, &x, &y));
    if (x.ok) {
        WR_ASSERT(z.ok == x.ok);
        WR_ASSERT(fuzz_equal(s, d->wanted, &x, &z));
    }
    return x;
}

#endif
