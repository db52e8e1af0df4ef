/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka.c - the KAFKA format: the bytes of Kafka's own serializers, one column, no coercion.
 *
 * INTEGER 4 bytes and BIGINT, DOUBLE 8 bytes big endian, exactly; STRING UTF-8 (malformed bytes are
 * replaced by U+FFFD, as Kafka's deserializer does); BYTES as they are. Without columns (a stream
 * without key columns) the bytes are not looked at and NULL is written.
 */
#include "formats/format_internal.h"

#include "common/utf8.h"
#include "formats/ascii.h"

static bool type_fits(const wr_type *t)
{
    return t->id == WR_T_INTEGER || t->id == WR_T_BIGINT || t->id == WR_T_DOUBLE ||
           t->id == WR_T_STRING || t->id == WR_T_BYTES;
}

static bool check(const wr_format_columns *c, wr_format_misfit *why)
{
    if (c->n > 1)
        return wr__misfit_columns(why, c, "The 'KAFKA' format only supports a single field.");
    if (c->n == 1 && !type_fits(c->cols[0].type))
        return wr__misfit_type(why, "KAFKA", c, 0, false);
    return true;
}

/* ---- decoding ---- */

static weir_status decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                               weir_error *err)
{
    (void)err;
    WR_ASSERT(common->n <= 1);
    *out = wr_arena_memdup(arena, common, sizeof *common);
    return WEIR_OK;
}

/* Bytes that a value of the type takes; 0: any number. */
static uint32_t fixed_size(wr_tid id)
{
    switch (id) {
    case WR_T_INTEGER:
        return 4;
    case WR_T_BIGINT:
    case WR_T_DOUBLE:
        return 8;
    default:
        return 0;
    }
}

static weir_status scan(wr_decoder *d, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                        weir_error *err)
{
    (void)d, (void)errs, (void)err; /* all that can be wrong is the column's value */
    WR_FOREACH_SEL (i, sel)
        ok[i] = WR_DECODED;
    return WEIR_OK;
}

static const char *deserializer(wr_tid id)
{
    return id == WR_T_INTEGER  ? "IntegerDeserializer"
           : id == WR_T_BIGINT ? "LongDeserializer"
                               : "DoubleDeserializer";
}

/* The rows of @p sel whose payload has the size of the type; others are reported. */
static wr_sel check_sizes(wr_decoder *d, wr_sel sel, wr_vec *out, uint8_t *ok, wr_row_errors *errs)
{
    uint32_t size = fixed_size(d->cols[0].type->id), bad = 0;
    if (!size)
        return sel;
    WR_FOREACH_SEL (i, sel)
        bad += d->payloads[i].len != size;
    if (WR_LIKELY(!bad))
        return sel;
    uint32_t *rows = wr_arena_alloc(d->scratch, sel.n * sizeof *rows), n = 0;
    WR_FOREACH_SEL (i, sel) {
        if (d->payloads[i].len == size) {
            rows[n++] = i;
            continue;
        }
        wr_row_error(errs, i, "Size of data received by %s is not %u: %u",
                     deserializer(d->cols[0].type->id), size, d->payloads[i].len);
        ok[i] = 0;
        if (out)
            wr__vec_put_null(out, i);
    }
    return (wr_sel){n, rows};
}

static void read_strings(wr_decoder *d, wr_sel sel, wr_vec *out)
{
    bool ascii = true;
    WR_FOREACH_SEL (i, sel) {
        wr_str s = d->payloads[i];
        if (WR_UNLIKELY(!wr__is_ascii(s))) {
            s = wr__text_repair_utf8(s, d->scratch);
            ascii = false;
        }
        out->u.str[i] = s;
    }
    out->ascii = ascii;
}

static void convert(wr_decoder *d, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                    wr_row_errors *errs)
{
    WR_ASSERT(column == 0);
    const wr_str *in = d->payloads;
    wr_sel good = check_sizes(d, sel, out, ok, errs);
    if (!out)
        return;
    WR_ASSERT(good.n <= sel.n);
    out->no_nulls = good.n == sel.n;
    switch (out->type->id) {
    case WR_T_INTEGER:
        WR_FOREACH_SEL (i, good)
            out->u.i32[i] = (int32_t)wr_get_be32(in[i].ptr);
        break;
    case WR_T_BIGINT:
        WR_FOREACH_SEL (i, good)
            out->u.i64[i] = (int64_t)wr_get_be64(in[i].ptr);
        break;
    case WR_T_DOUBLE:
        WR_FOREACH_SEL (i, good) {
            uint64_t bits = wr_get_be64(in[i].ptr);
            memcpy(&out->u.f64[i], &bits, sizeof bits);
        }
        break;
    case WR_T_STRING:
        read_strings(d, good, out);
        break;
    default:
        WR_FOREACH_SEL (i, good)
            out->u.str[i] = in[i];
        break;
    }
}

/* ---- encoding ---- */

static weir_status encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                               weir_error *err)
{
    (void)err;
    WR_ASSERT(common->n <= 1);
    *out = wr_arena_memdup(arena, common, sizeof *common);
    return WEIR_OK;
}

/* Bytes that are there already: @p text that needs no change, or BYTES. */
static void lend(const wr_vec *v, wr_sel sel, wr_str *payloads, uint8_t *ok)
{
    WR_FOREACH_SEL (i, sel) {
        wr_str s = v->u.str[i & v->mask];
        ok[i] = 1;
        if (wr_vec_is_null(v, i))
            payloads[i] = (wr_str){0};
        else
            payloads[i] = s.ptr ? s : WR_STR("");
    }
}

static wr_encoded encode_row(wr_encoder *e, const wr_vec *cols, uint32_t row, wr_buf *buf,
                             wr_row_errors *errs)
{
    (void)errs;
    if (!e->n || wr_vec_is_null(&cols[0], row))
        return WR_ENCODED_NULL;
    const wr_vec *v = &cols[0];
    uint32_t i = row & v->mask;
    switch (e->cols[0].type->id) {
    case WR_T_INTEGER:
        wr_buf_be32(buf, (uint32_t)v->u.i32[i]);
        break;
    case WR_T_BIGINT:
        wr_buf_be64(buf, (uint64_t)v->u.i64[i]);
        break;
    case WR_T_DOUBLE: {
        uint64_t bits;
        memcpy(&bits, &v->u.f64[i], sizeof bits);
        wr_buf_be64(buf, bits);
        break;
    }
    case WR_T_STRING:
        wr_utf8_put_external(buf, v->u.str[i]);
        break;
    default: /* BYTES are lent */
        WR_UNREACHABLE();
    }
    return WR_ENCODED;
}

static void encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                   uint8_t *ok, wr_row_errors *errs)
{
    wr_tid id = e->n ? e->cols[0].type->id : WR_T_NULL;
    if (id == WR_T_BYTES || (id == WR_T_STRING && cols[0].ascii)) {
        lend(&cols[0], sel, payloads, ok);
        return;
    }
    wr__encode_rows(encode_row, e, cols, sel, buf, payloads, ok, errs);
}

const wr_format_class wr__format_kafka = {
    .format = {.id = WR_FORMAT_KAFKA,
               .name = "KAFKA",
               .implemented = true,
               .can_unwrap = true,
               .is_key = true,
               .is_value = true},
    .check = check,
    .decoder_new = decoder_new,
    .scan = scan,
    .convert = convert,
    .encoder_new = encoder_new,
    .encode = encode,
};
