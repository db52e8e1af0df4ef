/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernels_nested.c - NOT, IS NULL, and what reads and builds ARRAY, MAP and STRUCT: subscripts, ->,
 * and the constructors. Built values are trees in scratch that point to their parts; nothing deep
 * is copied.
 */
#include "engine/expr/expr_internal.h"

#include "common/buf.h"

static inline uint8_t keep_failed(uint8_t null)
{
    return null & 2 ? WR__FAILED : 0;
}

void wr__kernel_not(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                    wr_vec *out)
{
    (void)e;
    const wr_vec *in = args[0];
    WR_FOREACH_SEL (i, sel) {
        uint32_t j = i & in->mask;
        out->u.b[i] = !in->null[j] && !in->u.b[j];
        out->null[i] = in->null[j] ? WR__FAILED : 0;
        if (in->null[j] == 1)
            wr__run_fail(run, i, "The operand of NOT is NULL.");
    }
}

/** imm: 1 for IS NOT NULL. */
void wr__kernel_is_null(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                        wr_vec *out)
{
    (void)run;
    const wr_vec *in = args[0];
    bool negated = e->imm;
    WR_FOREACH_SEL (i, sel) {
        uint8_t null = in->null[i & in->mask];
        out->u.b[i] = (null != 0) != negated;
        out->null[i] = keep_failed(null);
    }
}

/** Store an item of a nested value. */
static void put_item(wr_vec *out, uint32_t i, const wr_value *v)
{
    if (v->null)
        out->null[i] = 1;
    else
        wr_vec_set(out, i, v);
}

/** imm: the field's index. */
void wr__kernel_field(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                      wr_vec *out)
{
    (void)run;
    const wr_vec *in = args[0];
    uint32_t field = (uint32_t)e->imm;
    WR_ASSERT(field < in->type->fields_n);
    WR_FOREACH_SEL (i, sel) {
        uint32_t j = i & in->mask;
        if (in->null[j])
            out->null[i] = in->null[j];
        else
            put_item(out, i, &in->u.nest[j]->items[field]);
    }
}

void wr__kernel_array_item(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                           wr_vec *out)
{
    (void)e;
    const wr_vec *list = args[0], *at = args[1];
    WR_FOREACH_SEL (i, sel) {
        uint8_t ln = list->null[i & list->mask], an = at->null[i & at->mask];
        if ((ln | an) & 2 || (!ln && an)) {
            if (!((ln | an) & 2))
                wr__run_fail(run, i, "The index of an ARRAY is NULL.");
            out->null[i] = WR__FAILED;
            continue;
        }
        if (ln) {
            out->null[i] = 1;
            continue;
        }
        const wr_nest *n = list->u.nest[i & list->mask];
        int64_t k = at->u.i32[i & at->mask];
        k = k > 0 ? k - 1 : k < 0 ? (int64_t)n->n + k : -1;
        if (k < 0 || k >= (int64_t)n->n)
            out->null[i] = 1;
        else
            put_item(out, i, &n->items[k]);
    }
}

void wr__kernel_map_item(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                         wr_vec *out)
{
    (void)run;
    (void)e;
    const wr_vec *map = args[0], *key = args[1];
    const wr_type *kt = map->type->key;
    WR_FOREACH_SEL (i, sel) {
        uint8_t mn = map->null[i & map->mask], kn = key->null[i & key->mask];
        out->null[i] = (mn | kn) & 2 ? WR__FAILED : 1;
        if ((mn | kn) & 2 || mn)
            continue;
        const wr_nest *n = map->u.nest[i & map->mask];
        wr_value k = kn ? WR_VALUE_NULL : wr_vec_get(key, i);
        for (uint32_t x = 0; x < n->n; x++) {
            if (!wr_value_equal(kt, &n->keys[x], &k))
                continue;
            out->null[i] = 0;
            put_item(out, i, &n->items[x]);
            break;
        }
    }
}

/** A MAP asked for a key of another type, which it cannot have: NULL, as in Java. */
void wr__kernel_map_miss(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                         wr_vec *out)
{
    (void)run;
    (void)e;
    const wr_vec *map = args[0], *key = args[1];
    WR_FOREACH_SEL (i, sel)
        out->null[i] = (map->null[i & map->mask] | key->null[i & key->mask]) & 2 ? WR__FAILED : 1;
}

/** True where a part failed: then the whole is. Parts that are scopes never fail. */
static bool any_failed(const wr_expr *e, const wr_vec *const *args, uint32_t i)
{
    uint8_t any = 0;
    if (!e->args_may_fail)
        return false;
    for (uint32_t k = 0; k < e->args_n; k++)
        any |= args[k]->null[i & args[k]->mask];
    return any & 2;
}

static wr_value item_of(const wr_vec *v, uint32_t i)
{
    return v->null[i & v->mask] ? WR_VALUE_NULL : wr_vec_get(v, i);
}

void wr__kernel_make_array(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                           wr_vec *out)
{
    WR_FOREACH_SEL (i, sel) {
        if (any_failed(e, args, i)) {
            out->null[i] = WR__FAILED;
            continue;
        }
        wr_nest *n = wr_nest_new(run->scratch, e->args_n, false);
        for (uint32_t k = 0; k < e->args_n; k++)
            n->items[k] = item_of(args[k], i);
        out->u.nest[i] = n;
    }
}

void wr__kernel_make_struct(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                            wr_vec *out)
{
    wr__kernel_make_array(run, e, args, sel, out);
}

/** Keys and values by turns. A key that is there again replaces the value, in its first place. */
void wr__kernel_make_map(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                         wr_vec *out)
{
    const wr_type *kt = e->type->key;
    WR_ASSERT(e->args_n % 2 == 0);
    WR_FOREACH_SEL (i, sel) {
        if (any_failed(e, args, i)) {
            out->null[i] = WR__FAILED;
            continue;
        }
        wr_nest *n = wr_nest_new(run->scratch, e->args_n / 2, true);
        uint32_t used = 0;
        for (uint32_t k = 0; k < e->args_n; k += 2) {
            wr_value key = item_of(args[k], i);
            uint32_t at = 0;
            while (at < used && !wr_value_equal(kt, &n->keys[at], &key))
                at++;
            used += at == used;
            n->keys[at] = key;
            n->items[at] = item_of(args[k + 1], i);
        }
        n->n = used;
        out->u.nest[i] = n;
    }
}
