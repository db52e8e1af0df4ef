/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PROFILE_REPORT and PROFILE_QUANTILE: what the bytes of a profile say.
 *
 *     PROFILE_REPORT(p)              ARRAY of STRUCTs, one for each column in PROFILE's order
 *     PROFILE_REPORT(p, 'a', 'b')    MAP of the same, by the names given
 *     PROFILE_QUANTILE(p, 2, 0.999)  a quantile of the second column
 *
 * A profile that is damaged, or has no such column, is an error of the row.
 */
#include "engine/functions/profile.h"
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"

#include <math.h>

enum { SHOWN_ITEMS = 10 };

static const double fractions[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};
enum { FRACTIONS_N = WR_ARRAY_LEN(fractions) };

/* ------------------------------------------------------------------ parts of a report */

/* A copy, since names of types are made on the way. */
static wr_value text_value(wr_arena *a, const char *text)
{
    return wr_value_str(wr_str_c(wr_arena_strdup(a, text)));
}

/* Fields in the order of WR__PROFILE_REPORT. */
static wr_value struct_value(wr_arena *a, const wr_value *fields, uint32_t n)
{
    wr_nest *nest = wr_nest_new(a, n, false);
    memcpy(nest->items, fields, n * sizeof *fields);
    return wr_value_nest(nest);
}

/* A column of a profile does not know what is in its ARRAYs. */
static wr_value type_name(const wr_type *t, wr_arena *a)
{
    if (t->id == WR_T_ARRAY || t->id == WR_T_MAP || t->id == WR_T_STRUCT)
        return text_value(a, t->id == WR_T_ARRAY ? "ARRAY" : t->id == WR_T_MAP ? "MAP" : "STRUCT");
    wr_buf b = {0};
    wr_type_print(&b, t);
    wr_value v = wr_value_str(wr_arena_str(a, wr_buf_view(&b)));
    wr_buf_free(&b);
    return v;
}

/* As CAST(... AS STRING) gives it; of a text that is cut, what is left and an ellipsis. */
static wr_value shown_value(const wr_type *t, wr_str bytes, bool cut, wr_arena *a)
{
    wr_buf b = {0};
    if (t->id == WR_T_STRING) {
        wr__put_utf8_repaired(&b, bytes);
    } else {
        wr_value v = wr__profile_value(t, bytes);
        wr_value_print(&b, t, &v);
    }
    if (cut)
        wr_buf_puts(&b, "\xe2\x80\xa6");
    wr_value v = wr_value_str(wr_arena_str(a, wr_buf_view(&b)));
    wr_buf_free(&b);
    return v;
}

/* NULL where there was no value, or none with an order. */
static wr_value end_value(const wr__profile_column *c, const wr__profile_end *e, wr_arena *a)
{
    return e->known ? shown_value(&c->type, wr_str_make(e->bytes, e->len), false, a)
                    : WR_VALUE_NULL;
}

/* Only kinds that occur, in the order of the enum: one for most columns. */
static wr_value kinds_value(const wr__profile_column *c, wr_arena *a)
{
    static const char *const names[WR__KINDS] = {NULL,   "INTEGER",   "DOUBLE", "BOOLEAN",
                                                 "DATE", "TIMESTAMP", "NAN",    "INFINITY"};
    wr_nest *map = wr_nest_new(a, WR__KINDS, true);
    map->n = 0;
    for (uint32_t k = 0; k < WR__KINDS; k++) {
        if (!c->kinds[k])
            continue;
        map->keys[map->n] = names[k] ? text_value(a, names[k]) : type_name(&c->type, a);
        map->items[map->n++] = wr_value_i64((int64_t)c->kinds[k]);
    }
    return wr_value_nest(map);
}

/* NULL as a whole, not seven NULLs, where nothing was measured. */
static wr_value quantiles_value(const wr__profile_column *c, wr_arena *a)
{
    if (c->quantiles.n == 0)
        return WR_VALUE_NULL;
    double v[FRACTIONS_N];
    wr_value fields[FRACTIONS_N];
    wr__quantiles_get(&c->quantiles, a, fractions, v, FRACTIONS_N);
    for (uint32_t k = 0; k < FRACTIONS_N; k++)
        fields[k] = wr_value_f64(v[k]);
    return struct_value(a, fields, FRACTIONS_N);
}

/* The error is the same for all items; it stands beside each, where it is needed. */
static wr_value frequent_value(const wr__profile_column *c, wr_arena *a)
{
    const wr__frequent_item *top[SHOWN_ITEMS];
    uint32_t n = wr__frequent_top(&c->frequent, top, SHOWN_ITEMS);
    wr_nest *list = wr_nest_new(a, n, false);
    for (uint32_t k = 0; k < n; k++) {
        wr_str bytes = wr_str_make(top[k]->bytes, top[k]->len);
        wr_value fields[] = {shown_value(&c->type, bytes, top[k]->cut, a),
                             wr_value_i64((int64_t)top[k]->count),
                             wr_value_i64((int64_t)c->frequent.error)};
        list->items[k] = struct_value(a, fields, WR_ARRAY_LEN(fields));
    }
    return wr_value_nest(list);
}

/* By n - 1, and 0 of fewer than two, as STDDEV_SAMPLE. */
static wr_value deviation_value(const wr__profile_column *c)
{
    uint64_t n = c->quantiles.n;
    if (n == 0)
        return WR_VALUE_NULL;
    return wr_value_f64(n < 2 ? 0 : sqrt(c->m2 / (double)(n - 1)));
}

/* Errors are 0 as long as a sketch holds all that it was given: then its answers are exact, and the
 * report says so. */
wr_value wr__profile_report(const wr__profile *p, uint32_t column, wr_arena *a)
{
    WR_ASSERT(column < p->n);
    const wr__profile_column *c = &p->columns[column];
    const wr__quantiles *q = &c->quantiles;
    const wr_value fields[] = {
        type_name(&c->type, a),
        wr_value_i64((int64_t)p->rows),
        wr_value_i64((int64_t)c->nulls),
        kinds_value(c, a),
        end_value(c, &c->min, a),
        end_value(c, &c->max, a),
        q->n ? wr_value_f64(c->mean) : WR_VALUE_NULL,
        deviation_value(c),
        quantiles_value(c, a),
        wr_value_f64(q->held == q->n ? 0 : WR__QUANTILES_ERROR),
        wr_value_i64(llround(wr__distinct_estimate(&c->distinct))),
        wr_value_f64(c->distinct.registers ? WR__DISTINCT_ERROR : 0),
        frequent_value(c, a),
    };
    return struct_value(a, fields, WR_ARRAY_LEN(fields));
}

/* ------------------------------------------------------------------ kernels */

/* The profile of row @p i, or NULL where the row has failed. */
static wr__profile *profile_at(wr_kctx *ctx, const wr_vec *bytes, uint32_t i, wr_vec *out)
{
    wr__profile *p = wr__profile_read(wr__str(bytes, i), ctx->scratch);
    if (!p)
        wr__fail(ctx, out, i, "the value is no profile, or it is damaged");
    return p;
}

/* The ARRAY: a place for each argument that PROFILE had. */
WR__KERNEL(report)
{
    WR_FOREACH_SEL (i, sel) {
        const wr__profile *p = profile_at(ctx, args[0], i, out);
        if (!p)
            continue;
        wr_nest *list = wr_nest_new(ctx->scratch, p->n, false);
        for (uint32_t c = 0; c < p->n; c++)
            list->items[c] = wr__profile_report(p, c, ctx->scratch);
        out->u.nest[i] = list;
    }
}

/* The MAP. Two columns of one name would hide each other, which is the caller's to avoid. */
WR__KERNEL(report_named)
{
    WR_FOREACH_SEL (i, sel) {
        const wr__profile *p = profile_at(ctx, args[0], i, out);
        if (!p)
            continue;
        if (p->n != call->args_n - 1) {
            wr__fail(ctx, out, i, "the profile has %u columns, not %u", p->n, call->args_n - 1);
            continue;
        }
        wr_nest *map = wr_nest_new(ctx->scratch, p->n, true);
        for (uint32_t c = 0; c < p->n; c++) {
            map->keys[c] = wr_value_str(wr__str(args[c + 1], i));
            map->items[c] = wr__profile_report(p, c, ctx->scratch);
        }
        out->u.nest[i] = map;
    }
}

/* NULL where nothing was measured: a column of NULLs, or of STRUCTs. All three arguments may be
 * columns, so a wrong one costs its row, not the statement. */
WR__KERNEL(quantile)
{
    WR_FOREACH_SEL (i, sel) {
        const wr__profile *p = profile_at(ctx, args[0], i, out);
        int32_t column = wr__i32(args[1], i);
        double fraction = wr__f64(args[2], i);
        if (!p)
            continue;
        if (column < 1 || (uint32_t)column > p->n) {
            wr__fail(ctx, out, i, "the profile has %u columns, there is no column %d", p->n,
                     column);
        } else if (!(fraction >= 0 && fraction <= 1)) {
            wr__fail(ctx, out, i, "the fraction of a quantile must be between 0 and 1");
        } else if (p->columns[column - 1].quantiles.n == 0) {
            wr__put_null(out, i);
        } else {
            wr__quantiles_get(&p->columns[column - 1].quantiles, ctx->scratch, &fraction,
                              &out->u.f64[i], 1);
        }
    }
}

/* ------------------------------------------------------------------ table */

static const wr_signature report_sigs[] = {
    {"BYTES", "ARRAY<" WR__PROFILE_REPORT ">", WR__NULL_IN, report, NULL, NULL, NULL},
    {"BYTES, STRING, STRING...", "MAP<STRING, " WR__PROFILE_REPORT ">", WR__NULL_IN, report_named,
     NULL, NULL, NULL},
};
static const wr_signature quantile_sigs[] = {
    {"BYTES, INTEGER, DOUBLE", "DOUBLE", WR__NULL_IN, quantile, NULL, NULL, NULL},
};

static const wr_function table[] = {
    WR__FN("PROFILE_REPORT", "OTHERS", report_sigs, "PROFILE_REPORT(CAST(NULL AS BYTES))", "NULL",
           "What a profile says of each column: an ARRAY, or a MAP by the names given."),
    WR__FN("PROFILE_QUANTILE", "OTHERS", quantile_sigs,
           "PROFILE_QUANTILE(CAST(NULL AS BYTES), 1, 0.5)", "CAST(NULL AS DOUBLE)",
           "A quantile of a column of a profile; columns count from 1."),
};

WR__FAMILY(profile, table);
