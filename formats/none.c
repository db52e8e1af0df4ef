/* SPDX-License-Identifier: Apache-2.0 */
/*
 * none.c - the NONE format: a key of no columns. Nothing is read, and NULL is written.
 */
#include "formats/format_internal.h"

static bool check(const wr_format_columns *c, wr_format_misfit *why)
{
    if (!c->n)
        return true;
    return wr__misfit_columns(why, c,
                              "The 'NONE' format can only be used when no columns are defined.");
}

static weir_status decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                               weir_error *err)
{
    (void)err;
    WR_ASSERT(common->n == 0);
    *out = wr_arena_memdup(arena, common, sizeof *common);
    return WEIR_OK;
}

static weir_status scan(wr_decoder *d, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                        weir_error *err)
{
    (void)d, (void)errs, (void)err;
    WR_FOREACH_SEL (i, sel)
        ok[i] = WR_DECODED;
    return WEIR_OK;
}

static void convert(wr_decoder *d, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                    wr_row_errors *errs)
{
    (void)d, (void)column, (void)sel, (void)out, (void)ok, (void)errs;
    WR_UNREACHABLE(); /* there are no columns */
}

static weir_status encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                               weir_error *err)
{
    (void)err;
    WR_ASSERT(common->n == 0);
    *out = wr_arena_memdup(arena, common, sizeof *common);
    return WEIR_OK;
}

static void encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                   uint8_t *ok, wr_row_errors *errs)
{
    (void)e, (void)cols, (void)buf, (void)errs;
    WR_FOREACH_SEL (i, sel) {
        payloads[i] = (wr_str){0};
        ok[i] = 1;
    }
}

const wr_format_class wr__format_none = {
    .format = {.id = WR_FORMAT_NONE, .name = "NONE", .implemented = true, .is_key = true},
    .check = check,
    .decoder_new = decoder_new,
    .scan = scan,
    .convert = convert,
    .encoder_new = encoder_new,
    .encode = encode,
};
