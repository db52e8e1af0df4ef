/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Column vectors: making them, boxing and unboxing rows, gathering. These are the slow, general
 * ways in; kernels work on the arrays directly.
 *
 * A type's physical form is decided once, by form_of; all else here switches on that.
 */
#include "types/vec.h"

#include "common/utf8.h"
#include "types/decimal.h"

typedef enum vec_form {
    FORM_NONE, /* the untyped NULL */
    FORM_B,
    FORM_I32,
    FORM_I64,
    FORM_F64,
    FORM_DEC,
    FORM_BIG,
    FORM_STR,
    FORM_NEST,
} vec_form;

static vec_form form_of(const wr_type *t)
{
    switch (t->id) {
    case WR_T_NULL:
        return FORM_NONE;
    case WR_T_BOOLEAN:
        return FORM_B;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
    case WR_T_UNIT:
        return FORM_I32;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return FORM_I64;
    case WR_T_DOUBLE:
        return FORM_F64;
    case WR_T_DECIMAL:
        return wr_dec_is_small(t) ? FORM_DEC : FORM_BIG;
    case WR_T_STRING:
    case WR_T_BYTES:
        return FORM_STR;
    case WR_T_ARRAY:
    case WR_T_MAP:
    case WR_T_STRUCT:
        return FORM_NEST;
    case WR_T_N:
        break;
    }
    WR_UNREACHABLE();
}

size_t wr_type_width(const wr_type *t)
{
    static const size_t widths[] = {
        [FORM_NONE] = 0,
        [FORM_B] = sizeof(uint8_t),
        [FORM_I32] = sizeof(int32_t),
        [FORM_I64] = sizeof(int64_t),
        [FORM_F64] = sizeof(double),
        [FORM_DEC] = sizeof(wr_i128),
        [FORM_BIG] = sizeof(wr_big),
        [FORM_STR] = sizeof(wr_str),
        [FORM_NEST] = sizeof(const wr_nest *),
    };
    return widths[form_of(t)];
}

void wr_vec_init(wr_vec *v, const wr_type *t, uint32_t rows, wr_arena *a)
{
    WR_ASSERT(t);
    *v = (wr_vec){.type = t, .mask = UINT32_MAX};
    v->null = wr_arena_alloc(a, rows);
    /* The untyped NULL has no data: its rows are NULL from the start and stay so. */
    memset(v->null, t->id == WR_T_NULL, rows);
    size_t width = wr_type_width(t);
    if (width)
        v->u.data = wr_arena_alloc(a, width * rows);
}

void wr_vec_const(wr_vec *v, const wr_type *t, const wr_value *value, wr_arena *a)
{
    wr_vec_init(v, t, 1, a);
    v->ascii = t->id == WR_T_STRING; /* wr_vec_set takes it back where it is not so */
    wr_vec_set(v, 0, value);
    v->no_nulls = !v->null[0];
    WR_ASSERT(v->mask == UINT32_MAX);
    v->mask = 0;
}

wr_value wr_vec_get(const wr_vec *v, uint32_t i)
{
    i &= v->mask;
    if (v->null[i])
        return WR_VALUE_NULL;
    switch (form_of(v->type)) {
    case FORM_NONE:
        return WR_VALUE_NULL;
    case FORM_B:
        return wr_value_bool(v->u.b[i] != 0);
    case FORM_I32:
        return wr_value_i32(v->u.i32[i]);
    case FORM_I64:
        return wr_value_i64(v->u.i64[i]);
    case FORM_F64:
        return wr_value_f64(v->u.f64[i]);
    case FORM_DEC:
        return (wr_value){.u.dec = v->u.dec[i]};
    case FORM_BIG:
        return (wr_value){.u.big = v->u.big[i]};
    case FORM_STR:
        return wr_value_str(v->u.str[i]);
    case FORM_NEST:
        return wr_value_nest(v->u.nest[i]);
    }
    WR_UNREACHABLE();
}

void wr_vec_set(wr_vec *v, uint32_t i, const wr_value *value)
{
    WR_ASSERT(v->mask == UINT32_MAX);
    vec_form form = form_of(v->type);
    if (value->null || form == FORM_NONE) {
        size_t width = wr_type_width(v->type);
        if (width)
            memset((char *)v->u.data + width * i, 0, width);
        wr_vec_set_null(v, i);
        return;
    }
    v->null[i] = 0;
    switch (form) {
    case FORM_NONE:
        break;
    case FORM_B:
        v->u.b[i] = value->u.b;
        break;
    case FORM_I32:
        v->u.i32[i] = value->u.i32;
        break;
    case FORM_I64:
        v->u.i64[i] = value->u.i64;
        break;
    case FORM_F64:
        v->u.f64[i] = value->u.f64;
        break;
    case FORM_DEC:
        v->u.dec[i] = value->u.dec;
        break;
    case FORM_BIG:
        v->u.big[i] = value->u.big;
        break;
    case FORM_STR:
        v->u.str[i] = value->u.str;
        if (v->ascii)
            v->ascii = wr_utf8_ascii(value->u.str);
        break;
    case FORM_NEST:
        v->u.nest[i] = value->u.nest;
        break;
    }
}

#define GATHER(T)                                                                                  \
    do {                                                                                           \
        T *to = out->u.data;                                                                       \
        T *from = in->u.data;                                                                      \
        for (uint32_t k = 0; k < sel.n; k++)                                                       \
            to[k] = from[sel.rows[k]];                                                             \
    } while (0)

void wr_vec_gather(wr_vec *out, const wr_vec *in, wr_sel sel, wr_arena *a)
{
    if (in->mask == 0) {
        wr_value v = wr_vec_get(in, 0);
        wr_vec_const(out, in->type, &v, a);
        return;
    }
    WR_ASSERT(out != in && in->mask == UINT32_MAX);
    wr_vec_init(out, in->type, sel.n, a);
    out->no_nulls = in->no_nulls;
    out->ascii = in->ascii;
    size_t width = wr_type_width(in->type);
    if (!sel.rows) {
        memcpy(out->null, in->null, sel.n);
        if (width && sel.n)
            memcpy(out->u.data, in->u.data, width * sel.n);
        return;
    }
    for (uint32_t k = 0; k < sel.n; k++)
        out->null[k] = in->null[sel.rows[k]];
    switch (form_of(in->type)) {
    case FORM_NONE:
        break;
    case FORM_B:
        GATHER(uint8_t);
        break;
    case FORM_I32:
        GATHER(int32_t);
        break;
    case FORM_I64:
        GATHER(int64_t);
        break;
    case FORM_F64:
        GATHER(double);
        break;
    case FORM_DEC:
        GATHER(wr_i128);
        break;
    case FORM_BIG:
        GATHER(wr_big);
        break;
    case FORM_STR:
        GATHER(wr_str);
        break;
    case FORM_NEST:
        GATHER(const wr_nest *);
        break;
    }
}

void wr_vec_encode(wr_buf *out, const wr_vec *v, uint32_t i)
{
    wr_value value = wr_vec_get(v, i);
    wr_value_encode(out, v->type, &value);
}
