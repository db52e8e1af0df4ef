/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in_list.c - x IN (a, b, ...): FALSE for NULL x; a NULL in the list matches nothing.
 *
 * Over constants the list becomes a hash set when it is long (strings, integers); otherwise, and
 * where members are expressions, it is a run of comparisons that stops at the first hit. Texts are
 * asked for their length first: most rows have one that no member has. The set is built once, when
 * the expression is compiled.
 */
#include "engine/expr/expr_internal.h"

#include "engine/expr/text_equal.h"

#define HASH_FROM 8 /* members; below, comparing each is as fast */

typedef struct in_set {
    const wr_value *members; /* constants, NULLs left out */
    uint32_t n;
    uint32_t *slots; /* index + 1 into members, 0 free; NULL: no hash */
    uint32_t slots_mask;
    uint64_t lengths; /* texts: bit n for a member of n bytes, the last one for all longer ones */
} in_set;

static inline uint64_t length_bit(uint32_t len)
{
    return UINT64_C(1) << WR_MIN(len, 63u);
}

/* May a text of that length be in the list? */
static inline bool has_length(const in_set *s, uint32_t len)
{
    return s->lengths & length_bit(len);
}

static inline uint64_t hash_i64(int64_t v)
{
    uint64_t h = (uint64_t)v * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 32);
}

static uint64_t member_hash(const wr_type *t, const wr_value *v)
{
    switch (t->id) {
    case WR_T_INTEGER:
        return hash_i64(v->u.i32);
    case WR_T_BIGINT:
        return hash_i64(v->u.i64);
    default:
        return wr_str_hash(v->u.str);
    }
}

static void build_hash(in_set *s, const wr_type *t, wr_arena *a)
{
    uint32_t size = 16;
    while (size < s->n * 2)
        size *= 2;
    WR_ASSERT((size & (size - 1)) == 0 && s->n < size); /* free slots end every search */
    s->slots = WR_NEW_N(a, uint32_t, size);
    s->slots_mask = size - 1;
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t at = (uint32_t)member_hash(t, &s->members[i]) & s->slots_mask;
        while (s->slots[at])
            at = (at + 1) & s->slots_mask;
        s->slots[at] = i + 1;
    }
}

#define HASH_KERNEL(name, field, possible, hashed, equal)                                          \
    static void name(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,        \
                     wr_vec *out)                                                                  \
    {                                                                                              \
        (void)run;                                                                                 \
        const in_set *s = e->aux;                                                                  \
        const wr_vec *in = args[0];                                                                \
        WR_FOREACH_SEL (i, sel) {                                                                  \
            uint32_t j = i & in->mask;                                                             \
            out->u.b[i] = 0;                                                                       \
            out->null[i] = in->null[j] & 2 ? WR__FAILED : 0;                                       \
            if (in->null[j])                                                                       \
                continue;                                                                          \
            uint32_t at = (uint32_t)(hashed)&s->slots_mask;                                        \
            for (; s->slots[at]; at = (at + 1) & s->slots_mask) {                                  \
                const wr_value *m = &s->members[s->slots[at] - 1];                                 \
                if (equal) {                                                                       \
                    out->u.b[i] = 1;                                                               \
                    break;                                                                         \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

HASH_KERNEL(in_hash_i32, i32, true, hash_i64(in->u.i32[j]), m->u.i32 == in->u.i32[j])
HASH_KERNEL(in_hash_i64, i64, true, hash_i64(in->u.i64[j]), m->u.i64 == in->u.i64[j])
HASH_KERNEL(in_hash_str, str, has_length(s, in->u.str[j].len), wr_str_hash(in->u.str[j]),
            wr__text_equal(m->u.str, in->u.str[j]))

/* Few members: each is compared. */
#define LIST_KERNEL(name, possible, equal)                                                         \
    static void name(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,        \
                     wr_vec *out)                                                                  \
    {                                                                                              \
        (void)run;                                                                                 \
        const in_set *s = e->aux;                                                                  \
        const wr_vec *in = args[0];                                                                \
        out->no_nulls = in->no_nulls;                                                              \
        WR_FOREACH_SEL (i, sel) {                                                                  \
            uint32_t j = i & in->mask;                                                             \
            out->u.b[i] = 0;                                                                       \
            out->null[i] = in->null[j] & 2 ? WR__FAILED : 0;                                       \
            if (in->null[j] || !(possible))                                                        \
                continue;                                                                          \
            for (const wr_value *m = s->members, *end = m + s->n; m < end; m++)                    \
                if (equal) {                                                                       \
                    out->u.b[i] = 1;                                                               \
                    break;                                                                         \
                }                                                                                  \
        }                                                                                          \
    }

LIST_KERNEL(in_list_i32, true, m->u.i32 == in->u.i32[j])
LIST_KERNEL(in_list_i64, true, m->u.i64 == in->u.i64[j])
LIST_KERNEL(in_list_str, has_length(s, in->u.str[j].len), wr__text_equal(m->u.str, in->u.str[j]))

static void in_constants(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                         wr_vec *out)
{
    (void)run;
    const in_set *s = e->aux;
    const wr_vec *in = args[0];
    WR_FOREACH_SEL (i, sel) {
        uint8_t null = in->null[i & in->mask];
        out->u.b[i] = 0;
        out->null[i] = null & 2 ? WR__FAILED : 0;
        if (null)
            continue;
        wr_value v = wr_vec_get(in, i);
        for (uint32_t k = 0; k < s->n && !out->u.b[i]; k++)
            out->u.b[i] = wr_value_equal(in->type, &v, &s->members[k]);
    }
}

static void in_expressions(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                           wr_vec *out)
{
    (void)run;
    const wr_vec *in = args[0];
    WR_FOREACH_SEL (i, sel) {
        uint8_t failed = 0;
        for (uint32_t k = 0; k < e->args_n; k++)
            failed |= args[k]->null[i & args[k]->mask] & 2;
        out->u.b[i] = 0;
        out->null[i] = failed ? WR__FAILED : 0;
        if (failed || in->null[i & in->mask])
            continue;
        wr_value v = wr_vec_get(in, i);
        for (uint32_t k = 1; k < e->args_n && !out->u.b[i]; k++) {
            if (args[k]->null[i & args[k]->mask])
                continue;
            wr_value m = wr_vec_get(args[k], i);
            out->u.b[i] = wr_value_equal(in->type, &v, &m);
        }
    }
}

/* A kernel for a list of constants of type @p t; NULL: in_constants. */
static wr__kernel typed_kernel(const wr_type *t, bool hash)
{
    switch (t->id) {
    case WR_T_INTEGER:
        return hash ? in_hash_i32 : in_list_i32;
    case WR_T_BIGINT:
        return hash ? in_hash_i64 : in_list_i64;
    case WR_T_STRING:
    case WR_T_BYTES:
        return hash ? in_hash_str : in_list_str;
    default:
        return NULL;
    }
}

wr_expr *wr__expr_in(wr_arena *a, wr_expr *const *args, uint32_t n)
{
    const wr_type *t = args[0]->type;
    bool constant = true;
    for (uint32_t i = 1; i < n; i++)
        constant &= args[i]->kind == WR__CONST;
    if (!constant)
        return wr__expr_op(a, &wr_type_boolean, in_expressions, args, n, false, 0, NULL);
    in_set *s = WR_NEW(a, in_set);
    wr_value *members = WR_NEW_N(a, wr_value, n);
    for (uint32_t i = 1; i < n; i++) {
        if (!args[i]->value.null)
            members[s->n++] = args[i]->value;
    }
    WR_ASSERT(s->n < n); /* args[0] is no member */
    s->members = members;
    bool hash = s->n >= HASH_FROM;
    wr__kernel k = typed_kernel(t, hash);
    if (k && hash)
        build_hash(s, t, a);
    for (uint32_t i = 0; i < s->n && (t->id == WR_T_STRING || t->id == WR_T_BYTES); i++)
        s->lengths |= length_bit(members[i].u.str.len);
    /* The members stay arguments: they tell one list from another where trees are compared. */
    return wr__expr_op_prepared(a, &wr_type_boolean, k ? k : in_constants, args, n, false, 0, s);
}
