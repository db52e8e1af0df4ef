/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pull queries (dialect.md section 16): the projection and the whole WHERE are compiled over the
 * table's rows; besides, WHERE is brought to disjunctive normal form to find out which keys can
 * match at all: exact keys, one range of a single key, or else a scan. Bounds may only be too wide,
 * never too narrow: every row still passes the filter.
 *
 *     WHERE id = 1 AND windowstart > 5 OR id IN (2, 3)
 *
 *     disjuncts           id = 1, windowstart > 5       id = 2       id = 3
 *     what is looked up   key 1, starts from 6          key 2        key 3
 *
 * A disjunct with a value for every key column is a look-up, one with bounds on a single key column
 * a range; any other makes it a scan, for then every row may match. Terms that are not understood
 * (a function of the key, say) are left to the filter. So a mistake here costs time, not rows.
 */
#include "engine/plan/analysis.h"
#include "common/reason.h"
#include "parser/parser.h"

#define DISJUNCTS_MAX 512u
#define TERMS_MAX     65536u /* in all disjuncts together; beyond either the table is scanned */
#define HELP                                                                                       \
    " See the documentation of SELECT (pull query) for more info.\nAdd EMIT CHANGES if you "       \
    "intended to issue a push query."

/* ksqlDB's sentence for everything that pull queries cannot do. @p what in the plural: "JOIN
 * clauses". */
static weir_status refuse(int64_t pos, weir_error *err, const char *what)
{
    return wr_error_at(err, WEIR_ERR_STATEMENT, pos, "Pull queries don't support %s." HELP, what);
}

/* An operator may forbid pull queries, and LIMIT in them; both are ksqlDB's settings, and hold for
 * whoever asks, a prompt on the same directory as well. This comes before names are looked up: who
 * may not ask learns nothing of what is there. Scans are another setting, and are looked at when it
 * is known whether the query is one. */
static weir_status check_enabled(const wr_plan_env *env, const wr_ast_query *q, weir_error *err)
{
    if (!wr_settings_bool(env->settings, "ksql.pull.queries.enable", true))
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->pos,
                           "Pull queries are disabled." HELP
                           "\nPlease set ksql.pull.queries.enable=true to enable this feature.");
    if (q->has_limit &&
        !wr_settings_bool(env->settings, "ksql.query.pull.limit.clause.enabled", true))
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->limit_pos,
                           "LIMIT clause in pull queries is currently disabled. You can enable "
                           "them by setting ksql.query.pull.limit.clause.enabled=true." HELP);
    return WEIR_OK;
}

/* A pull query reads rows that are there: what would have to compute new ones is refused, once all
 * names are known, in ksqlDB's order. On streams, too: a push query could do some of it, but the
 * statement would change its meaning with the kind of its source. An aggregate without GROUP BY
 * groups as well. */
static weir_status check_clauses(const wr__analysis *an, weir_error *err)
{
    const wr_ast_query *q = an->query;
    if (q->joins_n)
        return refuse(q->joins[0].pos, err, "JOIN clauses");
    if (q->window)
        return refuse(q->window->pos, err, "WINDOW clauses");
    if (q->has_group_by || an->has_aggregates)
        return refuse(q->has_group_by ? q->group_by_pos : q->pos, err, "GROUP BY clauses");
    if (q->partition_by_n)
        return refuse(q->partition_by_pos, err, "PARTITION BY clauses");
    if (q->having)
        return refuse(q->having_pos, err, "HAVING clauses");
    if (q->has_limit && q->limit < 0)
        return refuse(q->limit_pos, err, "negative integers in the LIMIT clause");
    return WEIR_OK;
}

/* ---- names ---- */

/* Does @p e read a pseudo column of that kind, of any relation? The slots of one statement are few;
 * the array is scratch in the query's arena. */
static bool refers_to(const wr__analysis *an, const wr_ast_expr *e, wr_ref_kind kind)
{
    bool *used = WR_NEW_N(an->arena, bool, an->slots.n);
    wr__mark_slots(an, e, used);
    for (size_t i = 0; i < an->slots.n; i++)
        if (used[i] && an->slots.v[i].kind == kind)
            return true;
    return false;
}

/* Partition and offset are those of records; a row of a table has come from many. @p clause is the
 * word in the message; @p e may be NULL, for there may be no WHERE. */
static weir_status check_pseudo(const wr__analysis *an, const wr_ast_expr *e, const char *clause,
                                weir_error *err)
{
    static const struct {
        wr_ref_kind kind;
        const char *name;
    } refused[] = {{WR_REF_ROWPARTITION, "ROWPARTITION"}, {WR_REF_ROWOFFSET, "ROWOFFSET"}};
    for (size_t i = 0; e && i < WR_ARRAY_LEN(refused); i++)
        if (refers_to(an, e, refused[i].kind))
            return wr_error_at(err, WEIR_ERR_STATEMENT, e->pos,
                               "Pull queries don't support the following columns in %s clauses: "
                               "`%s`",
                               clause, refused[i].name);
    return WEIR_OK;
}

/* ---- disjunctive normal form ---- */

/* Terms that must all be true. `id = 1 AND windowstart > 5` is two terms. Trees are shared with
 * WHERE, not copied. */
typedef struct conjunction {
    wr_arr(const wr_ast_expr *) terms;
} conjunction;

/* Conjunctions of which one must be true. Distributing AND over OR can grow without bound, so there
 * is a limit, and past it nothing is known: the table is scanned. */
typedef struct dnf {
    wr_arena *a;
    wr_arr(conjunction) any; /* empty with too_large: unknown */
    size_t terms_n;          /* of all of them */
    bool too_large;
} dnf;

/* IN and BETWEEN are written as comparisons, so that only these have to be understood. */
static wr_ast_expr *make_compare(wr_arena *a, wr_ast_op op, wr_ast_expr *l, wr_ast_expr *r)
{
    wr_ast_expr *e = WR_NEW(a, wr_ast_expr);
    e->kind = WR_AST_COMPARE;
    e->op = op;
    e->pos = e->op_pos = l->pos;
    e->end = r->end;
    e->args = WR_NEW_N(a, wr_ast_expr *, 2);
    e->args[0] = l;
    e->args[1] = r;
    e->args_n = 2;
    return e;
}

/* The terms of both, as one more alternative; either may be missing. Counted before they are
 * copied, so that a hostile WHERE costs no more than the limits. */
static void dnf_add(dnf *out, const conjunction *l, const conjunction *r)
{
    conjunction c = {0};
    out->terms_n += (l ? l->terms.n : 0) + (r ? r->terms.n : 0);
    if (out->any.n >= DISJUNCTS_MAX || out->terms_n > TERMS_MAX) {
        out->too_large = true;
        return;
    }
    for (size_t i = 0; l && i < l->terms.n; i++)
        wr_arr_push(out->a, &c.terms, l->terms.v[i]);
    for (size_t i = 0; r && i < r->terms.n; i++)
        wr_arr_push(out->a, &c.terms, r->terms.v[i]);
    wr_arr_push(out->a, &out->any, c);
}

/* NOT is not pushed down: a negated term is a term like any other that is left to the filter.
 * Recursion is as deep as the tree, which the parser bounds.
 *
 *     (a OR b) AND (c OR d)     ac, ad, bc, bd
 *     k IN (1, 2)               k = 1, k = 2
 *     k BETWEEN 1 AND 5         k >= 1, k <= 5 in one disjunct */
static dnf to_dnf(wr_arena *a, const wr_ast_expr *e)
{
    dnf out = {.a = a};
    if (e->kind == WR_AST_OR || e->kind == WR_AST_AND) {
        dnf l = to_dnf(a, e->args[0]), r = to_dnf(a, e->args[1]);
        out.too_large = l.too_large || r.too_large;
        if (out.too_large)
            return out;
        if (e->kind == WR_AST_OR) {
            for (size_t i = 0; i < l.any.n; i++)
                dnf_add(&out, &l.any.v[i], NULL);
            for (size_t i = 0; i < r.any.n; i++)
                dnf_add(&out, &r.any.v[i], NULL);
        } else {
            for (size_t i = 0; i < l.any.n && !out.too_large; i++)
                for (size_t k = 0; k < r.any.n && !out.too_large; k++)
                    dnf_add(&out, &l.any.v[i], &r.any.v[k]);
        }
        return out;
    }
    conjunction c = {0};
    if (e->kind == WR_AST_IN && !e->negated) {
        for (size_t i = 1; i < e->args_n; i++) {
            c = (conjunction){0};
            wr_arr_push(a, &c.terms, make_compare(a, WR_AST_EQ, e->args[0], e->args[i]));
            dnf_add(&out, &c, NULL);
        }
        return out;
    }
    if (e->kind == WR_AST_BETWEEN && !e->negated) {
        wr_arr_push(a, &c.terms, make_compare(a, WR_AST_GE, e->args[0], e->args[1]));
        wr_arr_push(a, &c.terms, make_compare(a, WR_AST_LE, e->args[0], e->args[2]));
    } else {
        wr_arr_push(a, &c.terms, e);
    }
    dnf_add(&out, &c, NULL);
    return out;
}

/* ---- bounds of one disjunct ---- */

/* What the functions that look for bounds hand on. */
typedef struct pull_build {
    const wr_plan_env *env;
    wr__analysis *an;
    wr_pull *pull;
    wr__stage_scope scope;
    bool scans; /* tables may be scanned; false: by key, or not at all */
} pull_build;

/* `5 < id` says the same as `id > 5`. */
static wr_ast_op mirror(wr_ast_op op)
{
    switch (op) {
    case WR_AST_LT:
        return WR_AST_GT;
    case WR_AST_LE:
        return WR_AST_GE;
    case WR_AST_GT:
        return WR_AST_LT;
    case WR_AST_GE:
        return WR_AST_LE;
    default:
        return op;
    }
}

/* A key is compared with a constant: whether it can be one is seen here, not in the filter. Other
 * expressions than constants are not judged here: they are a matter of the filter. ksqlDB refuses a
 * constant that does not fit the key, and so do we. */
static weir_status check_key_constant(pull_build *p, const wr_ast_expr *e, const wr_column *key,
                                      weir_error *err)
{
    weir_error ignored;
    wr_expr *c;
    if (wr__sources_of(p->an, e) ||
        wr_expr_compile(e, &p->scope.base, p->pull->arena, &c, &ignored) != WEIR_OK)
        return WEIR_OK;
    if (wr_expr_type(c)->id == WR_T_NULL)
        return wr_error_at(err, WEIR_ERR_STATEMENT, e->pos,
                           "Primary key columns can not be NULL: %s", key->name);
    if (wr_type_equal(wr_expr_type(c), key->type) ||
        wr_expr_can_coerce(wr_expr_type(c), key->type, WR_COERCE_STRICT, true))
        return WEIR_OK;
    wr_buf text = {0};
    wr__print_expr(p->an, &text, e);
    wr_error_at(err, WEIR_ERR_STATEMENT, e->pos,
                "%s can not be converted to the type of the key column: %s %s KEY",
                wr_buf_cstr(&text), key->name, wr_type_text(p->pull->arena, key->type));
    wr_buf_free(&text);
    return WEIR_ERR_STATEMENT;
}

/* Is the term `slot op constant`? Then its value, coerced to @p want. False for anything that
 * cannot be computed now, also for one that fails: the filter reports it, row by row, with the
 * right words. */
static bool constant_of(pull_build *p, const wr_ast_expr *e, const wr_type *want, wr_value *out)
{
    weir_error ignored;
    wr_expr *c;
    if (wr__sources_of(p->an, e))
        return false;
    if (wr_expr_compile(e, &p->scope.base, p->pull->arena, &c, &ignored) != WEIR_OK)
        return false;
    if (!wr_type_equal(wr_expr_type(c), want)) {
        if (!wr_expr_can_coerce(wr_expr_type(c), want, WR_COERCE_STRICT, true) ||
            wr_expr_coerce(c, want, WR_COERCE_STRICT, p->pull->arena, &c, &ignored) != WEIR_OK)
            return false;
    }
    return wr_expr_eval_once(c, p->env->eval, p->pull->arena, out, &ignored) == WEIR_OK &&
           !out->null;
}

/* Bounds are inclusive. Several of them on one column narrow each other down. GT and LT become
 * inclusive by one millisecond; at the ends of the range they stay as they are, which is too wide
 * by one and so harmless. Only comparisons come here: <> says nothing about a range. */
static void window_bound(wr_pull_key *k, bool start, wr_ast_op op, int64_t v)
{
    WR_ASSERT(op != WR_AST_NE);
    int64_t *min = start ? &k->window_start_min : &k->window_end_min;
    int64_t *max = start ? &k->window_start_max : &k->window_end_max;
    int64_t lo = INT64_MIN, hi = INT64_MAX;
    if (op == WR_AST_EQ)
        lo = hi = v;
    else if (op == WR_AST_GE)
        lo = v;
    else if (op == WR_AST_GT)
        lo = v == INT64_MAX ? v : v + 1;
    else if (op == WR_AST_LE)
        hi = v;
    else if (op == WR_AST_LT)
        hi = v == INT64_MIN ? v : v - 1;
    *min = WR_MAX(*min, lo);
    *max = WR_MIN(*max, hi);
}

/* The narrower bound stays. Values are compared as SQL compares them; whoever reads the store may
 * not be able to (its order is that of bytes), and reads everything then. @p v is copied: the
 * term's value is on the caller's stack. At equal values the first bound stays, though `>` is
 * narrower than `>=`: too wide is allowed. */
static void range_bound(wr_pull *pull, wr_pull_key *k, wr_ast_op op, const wr_value *v)
{
    const wr_type *t = pull->source->schema->cols[0].type;
    wr_value *copy = wr_arena_memdup(pull->arena, v, sizeof *v);
    if (op == WR_AST_GT || op == WR_AST_GE) {
        if (!k->from || wr_value_compare(t, v, k->from) > 0) {
            k->from = copy;
            k->from_inclusive = op == WR_AST_GE;
        }
    } else if (!k->to || wr_value_compare(t, v, k->to) < 0) {
        k->to = copy;
        k->to_inclusive = op == WR_AST_LE;
    }
}

/* What one term says of key or window: either side of a comparison may be the column. @p have: key
 * columns that have a value; @p compared: how often each was compared at all. A second value for a
 * column, `id = 1 AND id = 2`, is left to the filter, which finds nothing. Ranges are for a single
 * key column of STRING or BYTES; whether the store's order allows one is for its reader to say. */
static weir_status use_term(pull_build *p, const wr_ast_expr *e, wr_pull_key *k, bool *have,
                            uint32_t *compared, weir_error *err)
{
    wr__analysis *an = p->an;
    const wr_schema *schema = p->pull->source->schema;
    if (e->kind != WR_AST_COMPARE || e->op == WR_AST_NE || e->op == WR_AST_DISTINCT ||
        e->op == WR_AST_NOT_DISTINCT)
        return WEIR_OK;
    for (int side = 0; side < 2; side++) {
        int slot = wr__find_slot(an, e->args[side]);
        if (slot < 0)
            continue;
        const wr__slot *s = &an->slots.v[slot];
        wr_ast_op op = side == 0 ? e->op : mirror(e->op);
        wr_value v;
        if (s->kind == WR_REF_WINDOWSTART || s->kind == WR_REF_WINDOWEND) {
            /* Milliseconds, or the text of a timestamp. */
            if (constant_of(p, e->args[1 - side], &wr_type_bigint, &v) ||
                constant_of(p, e->args[1 - side], &wr_type_timestamp, &v))
                window_bound(k, s->kind == WR_REF_WINDOWSTART, op, v.u.i64);
            return WEIR_OK;
        }
        if (s->kind != WR_REF_COLUMN || s->column >= schema->keys_n)
            continue;
        const wr_type *t = schema->cols[s->column].type;
        compared[s->column]++;
        if (!p->scans && wr__sources_of(an, e->args[1 - side]))
            return wr_error_at(err, WEIR_ERR_STATEMENT, e->args[1 - side]->pos,
                               "A comparison must be between a key column and a resolvable "
                               "expression." HELP);
        WR_TRY(check_key_constant(p, e->args[1 - side], &schema->cols[s->column], err));
        if (!constant_of(p, e->args[1 - side], t, &v))
            return WEIR_OK;
        if (op == WR_AST_EQ && !have[s->column]) {
            k->key[s->column] = v;
            have[s->column] = true;
        } else if (op != WR_AST_EQ && schema->keys_n == 1 &&
                   (t->id == WR_T_STRING || t->id == WR_T_BYTES)) {
            range_bound(p->pull, k, op, &v);
        }
        return WEIR_OK;
    }
    return WEIR_OK;
}

/* Without scans each key column may be compared once. ksqlDB's restriction for look-ups; with scans
 * the filter handles it. */
static weir_status check_compared(const pull_build *p, const uint32_t *compared, weir_error *err)
{
    for (uint32_t c = 0; c < p->pull->source->schema->keys_n; c++)
        if (compared[c] > 1)
            return wr_error_at(err, WEIR_ERR_STATEMENT, p->an->query->pos,
                               "A comparison condition on the key column cannot be combined with "
                               "other comparisons such as an IN predicate." HELP);
    return WEIR_OK;
}

/* Scans are switched off, and this alternative would need one: say which key column is missing. @p
 * c is the disjunct, NULL where there is no WHERE. The three messages are ksqlDB's: part of a key
 * of several columns, a bound that is no equality, no key at all. */
static weir_status no_scan(pull_build *p, const conjunction *c, weir_error *err)
{
    if (!c)
        return wr_refuse_at(err, WR_REASON_PULL_KEY, p->an->query->pos,
                            "Missing WHERE clause." HELP);
    const wr_schema *schema = p->pull->source->schema;
    bool any_key = false, range = false;
    wr_buf text = {0};
    for (size_t i = 0; i < c->terms.n; i++) {
        bool *used = WR_NEW_N(p->an->arena, bool, p->an->slots.n);
        wr__mark_slots(p->an, c->terms.v[i], used);
        for (size_t k = 0; k < p->an->slots.n; k++)
            if (used[k] && p->an->slots.v[k].kind == WR_REF_COLUMN &&
                p->an->slots.v[k].column < schema->keys_n) {
                any_key = true;
                range = range || c->terms.v[i]->op != WR_AST_EQ;
            }
        if (i)
            wr_buf_puts(&text, " AND ");
        wr__print_expr(p->an, &text, c->terms.v[i]);
    }
    wr_buf cols = {0};
    wr_schema_print(&cols, &(wr_schema){schema->cols, schema->keys_n, schema->keys_n});
    if (any_key && schema->keys_n > 1)
        wr_error_at(err, WEIR_ERR_STATEMENT, p->an->query->pos,
                    "Multi-column sources must specify every key in the WHERE clause. Specified: "
                    "%s Expected: [%s]." HELP,
                    wr_buf_cstr(&text), wr_buf_cstr(&cols));
    else if (any_key && range)
        wr_error_at(err, WEIR_ERR_STATEMENT, p->an->query->pos,
                    "Bound on key columns '[%s]' must currently be '='." HELP, wr_buf_cstr(&cols));
    else
        wr_refuse_at(err, WR_REASON_PULL_KEY, p->an->query->pos,
                     "WHERE clause missing key column for disjunct: %s" HELP, wr_buf_cstr(&text));
    wr_buf_free(&text);
    wr_buf_free(&cols);
    return WEIR_ERR_STATEMENT;
}

/* Without scans every term has to be one of a look-up: a comparison of a column. ksqlDB refuses all
 * others, also beside a comparison of the key, so that a statement that passes here passes there.
 * Which column it is, is looked at later.
 *
 *     id = 1 AND v > 5         a look-up, and a filter on what it finds
 *     id = 1 AND v LIKE 'a%'   refused: no comparison
 *     id = 1 AND ABS(v) = 5    refused: not of a column */
static weir_status check_terms(const pull_build *p, const conjunction *c, weir_error *err)
{
    for (size_t i = 0; i < c->terms.n; i++) {
        const wr_ast_expr *e = c->terms.v[i];
        bool compare = e->kind == WR_AST_COMPARE;
        if (compare &&
            (wr__find_slot(p->an, e->args[0]) >= 0 || wr__find_slot(p->an, e->args[1]) >= 0))
            continue;
        wr_buf text = {0};
        wr__print_expr(p->an, &text, e);
        wr_error_at(err, WEIR_ERR_STATEMENT, e->pos, "%s: %s." HELP,
                    compare ? "A comparison must directly reference a key column"
                            : "Unsupported expression in WHERE clause",
                    wr_buf_cstr(&text));
        wr_buf_free(&text);
        return WEIR_ERR_STATEMENT;
    }
    return WEIR_OK;
}

/* Two alternatives for one key are one look-up. Exact look-ups only: both have a value for every
 * key column. */
static bool same_key(const wr_pull *pull, const wr_pull_key *a, const wr_pull_key *b)
{
    for (uint32_t i = 0; i < pull->source->schema->keys_n; i++)
        if (!wr_value_equal(pull->source->schema->cols[i].type, &a->key[i], &b->key[i]))
            return false;
    return true;
}

/* One look-up for each key: rows must not come twice because two alternatives name them. keys has
 * room for every disjunct, so there is no growing. Quadratic in at most DISJUNCTS_MAX. */
static void add_exact(wr_pull *pull, const wr_pull_key *k)
{
    WR_ASSERT(k->key && !k->from && !k->to);
    for (uint32_t i = 0; i < pull->keys_n; i++) {
        wr_pull_key *old = &pull->keys[i];
        if (!same_key(pull, old, k))
            continue;
        /* One look-up serves both; the filter sorts out the windows. */
        old->window_start_min = WR_MIN(old->window_start_min, k->window_start_min);
        old->window_start_max = WR_MAX(old->window_start_max, k->window_start_max);
        old->window_end_min = WR_MIN(old->window_end_min, k->window_end_min);
        old->window_end_max = WR_MAX(old->window_end_max, k->window_end_max);
        return;
    }
    pull->keys[pull->keys_n++] = *k;
}

/* All alternatives together: look-ups, or one range, or a scan. Without a WHERE everything matches.
 * A range is used only if it is the only disjunct: look-ups and ranges together could give a row
 * twice. A disjunct after `scan` is known need not be looked at, but those before it have been
 * checked for constants that do not fit. */
static weir_status find_bounds(pull_build *p, weir_error *err)
{
    wr_pull *pull = p->pull;
    /* ksqlDB's windowed stores have no ranges of keys; ours do, and use them where scans are
     * allowed, so that a statement without scans is a look-up in both. */
    bool windowed = pull->source->window.kind != WR_WINDOW_NONE;
    bool scans = p->scans,
         ranges = scans ||
                  wr_settings_bool(p->env->settings, "ksql.query.pull.range.scan.enabled", true);
    if (!p->an->where) {
        pull->scan = true;
        return scans ? WEIR_OK : no_scan(p, NULL, err);
    }
    dnf d = to_dnf(pull->arena, p->an->where);
    uint32_t keys_n = pull->source->schema->keys_n;
    pull->keys = WR_NEW_N(pull->arena, wr_pull_key, d.any.n);
    pull->scan = d.too_large;
    if (d.too_large && !scans)
        return wr_error_at(err, WEIR_ERR_LIMIT, p->an->where->pos,
                           "The WHERE clause has too many alternatives for look-ups by key." HELP);
    for (size_t i = 0; i < d.any.n && !pull->scan; i++) {
        wr_pull_key k = {.key = WR_NEW_N(pull->arena, wr_value, keys_n),
                         .window_start_min = INT64_MIN,
                         .window_start_max = INT64_MAX,
                         .window_end_min = INT64_MIN,
                         .window_end_max = INT64_MAX};
        bool *have = WR_NEW_N(pull->arena, bool, keys_n), all = keys_n > 0;
        uint32_t *compared = WR_NEW_N(pull->arena, uint32_t, keys_n);
        if (!scans)
            WR_TRY(check_terms(p, &d.any.v[i], err));
        for (size_t t = 0; t < d.any.v[i].terms.n; t++)
            WR_TRY(use_term(p, d.any.v[i].terms.v[t], &k, have, compared, err));
        if (!scans)
            WR_TRY(check_compared(p, compared, err));
        for (uint32_t c = 0; c < keys_n; c++)
            all = all && have[c];
        if (all) {
            k.from = k.to = NULL;
            add_exact(pull, &k);
        } else if ((k.from || k.to) && ranges && d.any.n == 1 && (scans || !windowed)) {
            k.key = NULL;
            pull->keys[pull->keys_n++] = k;
        } else if (scans) {
            pull->scan = true;
        } else {
            return no_scan(p, &d.any.v[i], err);
        }
    }
    return WEIR_OK;
}

/* ---- the query ---- */

/* A stage whose "step" is the table itself. Columns are those of the table's schema, in place; rows
 * of the store are brought to that form by the plan's own steps before the filter sees them. */
static void table_stage(wr__analysis *an, const wr_source *s, wr__stage *st)
{
    *st = (wr__stage){.slots = WR_NEW_N(an->arena, wr_ref, an->slots.n),
                      .available = WR_NEW_N(an->arena, bool, an->slots.n)};
    for (size_t i = 0; i < an->slots.n; i++) {
        const wr__slot *slot = &an->slots.v[i];
        st->available[i] = true;
        st->slots[i] = (wr_ref){.kind = slot->kind, .index = slot->column, .type = slot->type};
    }
    (void)s;
}

/* The projection over the table's rows. It may select the key or not: nobody reads the result by
 * key. Names must differ, as they are the columns of the answer. Keys are marked for clients that
 * ask for them. */
static weir_status compile_items(pull_build *p, weir_error *err)
{
    wr__analysis *an = p->an;
    wr_pull *pull = p->pull;
    uint32_t n = (uint32_t)an->items.n;
    wr_column *cols = WR_NEW_N(pull->arena, wr_column, n);
    bool *is_key = WR_NEW_N(pull->arena, bool, n);
    pull->select = WR_NEW_N(pull->arena, wr_expr *, n);
    for (uint32_t i = 0; i < n; i++) {
        const wr__item *item = &an->items.v[i];
        WR_TRY(check_pseudo(an, item->expr, "SELECT", err));
        WR_TRY(wr_expr_compile(item->expr, &p->scope.base, pull->arena, &pull->select[i], err));
        cols[i] = (wr_column){
            .name = item->name, .type = wr_expr_type(pull->select[i]), .role = WR_COL_VALUE};
        if (cols[i].type->id == WR_T_NULL)
            return wr_error_at(
                err, WEIR_ERR_STATEMENT, item->pos,
                "Can't infer a type of null. Please explicitly cast it to a required "
                "type, e.g. CAST(null AS VARCHAR).");
        const wr_ref *ref = wr_expr_as_ref(pull->select[i]);
        is_key[i] =
            ref && ((ref->kind == WR_REF_COLUMN && ref->index < pull->source->schema->keys_n) ||
                    ref->kind == WR_REF_WINDOWSTART || ref->kind == WR_REF_WINDOWEND);
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(cols[k].name, cols[i].name) == 0)
                return wr_error_at(err, WEIR_ERR_STATEMENT, item->pos,
                                   "Duplicate value columns found in schema: `%s` %s", cols[i].name,
                                   wr_type_text(pull->arena, cols[i].type));
    }
    pull->result = wr_schema_new(pull->arena, cols, n);
    pull->result_is_key = is_key;
    return WEIR_OK;
}

/* A text that outlives the buffer it was made in, for a message with two of them. In the arena of
 * the analysis, which is the pull query's. */
static const char *expr_text(const wr__analysis *an, const wr_ast_expr *e)
{
    wr_buf b = {0};
    wr__print_expr(an, &b, e);
    const char *text = wr_arena_strndup(an->arena, b.ptr, b.len);
    wr_buf_free(&b);
    return text;
}

/* ksqlDB's rule for tables: `*` stands alone. Of a stream the query runs as a push query does,
 * where it may stand beside others. */
static weir_status check_star(const wr_source *s, const wr_ast_query *query, weir_error *err)
{
    for (size_t i = 0; s->is_table && query->items_n > 1 && i < query->items_n; i++)
        if (query->items[i].kind == WR_AST_ITEM_STAR)
            return wr_error_at(
                err, WEIR_ERR_STATEMENT, query->pos,
                "Pull queries only support wildcards in the projects if they are the "
                "only expression");
    return WEIR_OK;
}

/* The analysis of the SELECT as for any query, then the two readings of WHERE: as a filter, for
 * bounds. The builder has no plan: nothing is built, it only carries the analysis to the scope. On
 * a stream there are no bounds: the whole topic is read. */
static weir_status build_pull(const wr_plan_env *env, const wr_ast_query *query, wr_pull *pull,
                              weir_error *err)
{
    wr__analysis *an = WR_NEW(pull->arena, wr__analysis);
    *an = (wr__analysis){.env = env, .query = query, .arena = pull->arena};
    WR_TRY(wr__analyze(an, err));
    WR_TRY(check_clauses(an, err));
    WR_TRY(check_star(pull->source, query, err));
    WR_TRY(check_pseudo(an, an->where, "WHERE", err));
    wr__builder *b = WR_NEW(pull->arena, wr__builder);
    wr__stage *st = WR_NEW(pull->arena, wr__stage);
    b->an = an;
    table_stage(an, pull->source, st);
    pull_build p = {
        .env = env,
        .an = an,
        .pull = pull,
        .scans = wr_settings_bool(env->settings, "ksql.query.pull.table.scan.enabled", true)};
    wr__stage_scope_init(&p.scope, b, st);
    pull->has_limit = query->has_limit;
    pull->limit = query->limit;
    pull->scan = !pull->source->is_table;
    if (pull->scan) { /* the rest is a push query's matter */
        for (size_t i = 0; i < an->items.n; i++)
            WR_TRY(check_pseudo(an, an->items.v[i].expr, "SELECT", err));
        return WEIR_OK;
    }
    if (wr__has_table_function(an))
        return wr_error_at(err, WEIR_ERR_STATEMENT, query->pos,
                           "Table source is not supported with table functions");
    p.scope.base.between_checked = true; /* ksqlDB's interpreter of these checks */
    p.scope.base.part = "Select";
    WR_TRY(compile_items(&p, err));
    if (an->where) {
        p.scope.base.part = "expression";
        p.scope.base.one_scope = true; /* as in every WHERE: what fails drops the row */
        weir_status status =
            wr_expr_compile(an->where, &p.scope.base, pull->arena, &pull->filter, err);
        if (status != WEIR_OK) {
            wr__place_in_clause(&p.scope.base, "WHERE", err);
            return status;
        }
        if (wr_expr_type(pull->filter)->id != WR_T_BOOLEAN) {
            const char *where = expr_text(an, an->where);
            return wr_error_at(err, WEIR_ERR_STATEMENT, an->where->pos,
                               "Type error in WHERE expression: Should evaluate to boolean but is "
                               "%s (%s) instead.\nStatement: %s",
                               where, wr_type_text(pull->arena, wr_expr_type(pull->filter)), where);
        }
    }
    WR_ASSERT(pull->result->n == an->items.n);
    return find_bounds(&p, err);
}

/* On a stream the query is planned as a push query, whose plan goes to the query that runs it: what
 * the client is shown of the result is copied. */
static weir_status build_stream_pull(const wr_plan_env *env, const wr_ast_query *query,
                                     wr_pull *pull, weir_error *err)
{
    WR_TRY(wr_plan_push(env, query, &pull->plan, err));
    const wr_schema *result = pull->plan->result;
    wr_column *cols = WR_NEW_N(pull->arena, wr_column, result->n);
    bool *is_key = WR_NEW_N(pull->arena, bool, result->n);
    WR_ASSERT(result->n > 0);
    for (uint32_t i = 0; i < result->n; i++) {
        cols[i] = result->cols[i];
        cols[i].name = wr_arena_strdup(pull->arena, result->cols[i].name);
        cols[i].type = wr_type_copy(pull->arena, result->cols[i].type);
        is_key[i] = pull->plan->result_is_key[i];
    }
    pull->result = wr_schema_new(pull->arena, cols, result->n);
    pull->result_is_key = is_key;
    return WEIR_OK;
}

/* A table must have a query that keeps its rows; that is asked last, so that what is wrong with the
 * query itself is said first, as for any other table. On a stream the same SELECT is planned as a
 * push query that ends at the end of the topic. The reference to the source is taken first, so that
 * wr_pull_free is right whatever fails after it. */
weir_status wr_plan_pull(const wr_plan_env *env, const wr_ast_query *query, wr_pull **out,
                         weir_error *err)
{
    wr_source *s;
    WR_TRY(check_enabled(env, query, err));
    WR_TRY(wr_catalog_get(env->catalog, &query->from.name, &s, err));
    if (!s->is_table && !wr_settings_bool(env->settings, "ksql.query.pull.stream.enabled", true))
        return wr_error_at(err, WEIR_ERR_STATEMENT, query->pos,
                           "Pull queries on streams are disabled. To create a push query on the "
                           "stream, add EMIT CHANGES to the end.");
    wr_arena *a = wr_arena_new(8192);
    wr_pull *pull = WR_NEW(a, wr_pull);
    pull->arena = a;
    pull->source = s;
    wr_source_ref(s);
    weir_status st = build_pull(env, query, pull, err);
    if (st == WEIR_OK && s->is_table && !s->query_id)
        st = wr_error_at(err, WEIR_ERR_STATEMENT, query->from.name.pos,
                         "The `%s` table isn't queryable. To derive a queryable table, you can do "
                         "'CREATE TABLE QUERYABLE_%s AS SELECT * FROM %s'." HELP,
                         s->name, s->name, s->name);
    if (st == WEIR_OK && !s->is_table)
        st = build_stream_pull(env, query, pull, err);
    if (st != WEIR_OK) {
        wr_pull_free(pull);
        return st;
    }
    pull->query_id = s->is_table ? wr_arena_strdup(a, s->query_id) : NULL;
    *out = pull;
    return WEIR_OK;
}

void wr_pull_free(wr_pull *pull)
{
    if (!pull)
        return;
    wr_plan_free(pull->plan);
    wr_source_unref((wr_source *)(uintptr_t)pull->source);
    wr_arena_free(pull->arena);
}
