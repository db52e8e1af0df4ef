/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CREATE OR REPLACE ... AS SELECT (dialect.md 8.2): may a running query be replaced in place,
 * keeping its id, offsets and state? Filters and projections may change as long as the sink's
 * schema only grows; steps with state must stay exactly as they are.
 *
 * The two plans are walked side by side from the sink down. Steps without state may come, go and
 * change (WHERE, the projection, table functions); a step with state must meet one of its kind that
 * means the same, or the rows in its store would be taken for something they are not. The words are
 * ksqlDB's; the same rule, as a property of stores, is their fingerprint (store_meaning.c).
 */
#include "engine/plan/plan_stores.h"
#include "engine/plan/with.h"

/* The next step below that an upgrade may not touch. A plan ends in sources, which are not skipped,
 * so the walk ends too. */
static const wr_step *skip_free(const wr_step *s)
{
    while (s->kind == WR_STEP_FILTER || s->kind == WR_STEP_SELECT || s->kind == WR_STEP_SINK ||
           s->kind == WR_STEP_FLAT_MAP)
        s = s->in[0];
    return s;
}

/* ksqlDB's word for every kind of step that it has no rule for. Refusing is always safe: the user
 * can drop the query and create another, with fresh state. */
static weir_status refuse(const wr_step *s, weir_error *err)
{
    return wr_error(err, WEIR_ERR_STATEMENT,
                    "Query is not upgradeable. Upgrades not yet supported for %s", s->name);
}

/* The columns of either side, for the message that says how they differ. */
static void put_columns(wr_buf *out, const wr_schema *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        wr_buf_printf(out, "%s`%s`", i ? ", " : "", s->cols[i].name);
}

/* By their text: expressions of two plans share nothing else. Where the texts differ and the
 * meanings do not, the upgrade is refused for nothing; that is the safe side. */
static bool same_exprs(wr_expr *const *a, wr_expr *const *b, uint32_t n)
{
    bool same = true;
    for (uint32_t i = 0; i < n && same; i++) {
        wr_buf x = {0}, y = {0};
        wr_expr_print(&x, a[i]);
        wr_expr_print(&y, b[i]);
        same = wr_str_eq(wr_buf_view(&x), wr_buf_view(&y));
        wr_buf_free(&x);
        wr_buf_free(&y);
    }
    return same;
}

/* What the query reads of its source: an aggregate in ksqlDB stores all of it. A stream's aggregate
 * has one input all the way down; joins are refused before this is asked. */
static const wr_schema *columns_read(const wr_step *s)
{
    while (s->in_n)
        s = s->in[0];
    return s->schema;
}

/* An aggregate's states: what they mean says which functions there are, and over what. An aggregate
 * always has that store. */
static const wr_plan_store *store_of(const wr_plan *p, const wr_step *s)
{
    uint32_t i = s->stores[WR_PLAN_STORE_ROWS];
    WR_ASSERT(i < p->stores_n);
    return &p->stores[i];
}

/* Windows and aggregates of tables are refused as a whole, as ksqlDB does; a stream's aggregate
 * must be the very same, up to filters below it and what is made of its results above. `a` is the
 * running query's step, `b` the new one's. Order counts: the i-th state in the store is read by the
 * i-th function. */
static weir_status check_aggregate(const wr_plan *op, const wr_step *a, const wr_plan *np,
                                   const wr_step *b, weir_error *err)
{
    WR_ASSERT(a->kind == WR_STEP_AGGREGATE && b->kind == WR_STEP_AGGREGATE);
    const wr_step_aggregate *x = &a->u.aggregate, *y = &b->u.aggregate;
    if (x->window.kind != WR_WINDOW_NONE || x->input_table)
        return refuse(a, err);
    bool same = x->aggregates_n == y->aggregates_n &&
                wr_schema_equal(columns_read(a), columns_read(b)) &&
                wr_schema_equal(a->in[0]->schema, b->in[0]->schema) &&
                wr_schema_equal(a->schema, b->schema);
    for (uint32_t i = 0; same && i < x->aggregates_n; i++)
        same = x->calls[i]->fn == y->calls[i]->fn && x->calls[i]->args_n == y->calls[i]->args_n &&
               same_exprs(x->args[i], y->args[i], x->calls[i]->args_n);
    if (same)
        return WEIR_OK;
    wr_buf l = {0}, r = {0}, how = {0};
    put_columns(&l, columns_read(a));
    put_columns(&r, columns_read(b));
    wr_plan_store_difference(store_of(op, a)->meaning, store_of(np, b)->meaning, &how);
    wr_error(err, WEIR_ERR_STATEMENT,
             "Query is not upgradeable. StreamAggregate must have matching columns not part of "
             "aggregate. Values differ: [%s] vs. [%s] (%s)",
             wr_buf_cstr(&l), wr_buf_cstr(&r), how.len ? wr_buf_cstr(&how) : "other columns");
    wr_buf_free(&l);
    wr_buf_free(&r);
    wr_buf_free(&how);
    return WEIR_ERR_STATEMENT;
}

/* Offsets are kept over the replacement: they must be those of the same topic. Another format would
 * read the same offsets, but could give the same record another key. */
static weir_status check_source(const wr_plan *op, const wr_step *a, const wr_plan *np,
                                const wr_step *b, weir_error *err)
{
    WR_ASSERT(a->kind == WR_STEP_SOURCE && b->kind == WR_STEP_SOURCE);
    if (strcmp(op->topics[a->u.source.topic].name, np->topics[b->u.source.topic].name) == 0 &&
        a->u.source.value.format == b->u.source.value.format &&
        a->u.source.key.format == b->u.source.key.format)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_STATEMENT,
                    "Query is not upgradeable. %s must have matching sources. Values differ: %s "
                    "vs. %s",
                    a->name, op->topics[a->u.source.topic].name,
                    np->topics[b->u.source.topic].name);
}

/* One step with state or a source on either side, then what is below. @p op and @p np are the plans
 * of the old and the new query, which topics are indices of. REPARTITION has no facts of its own:
 * its key is that of the SELECT_KEY below it. */
static weir_status check_step(const wr_plan *op, const wr_step *a, const wr_plan *np,
                              const wr_step *b, weir_error *err)
{
    a = skip_free(a);
    b = skip_free(b);
    /* By name: an aggregate with windows and one without are two types, of one kind. */
    if (a->kind != b->kind || strcmp(a->name, b->name) != 0)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "Query is not upgradeable. Plan type %s must match plan type %s", a->name,
                        b->name);
    switch (a->kind) {
    case WR_STEP_SOURCE:
        return check_source(op, a, np, b, err);
    case WR_STEP_SELECT_KEY:
        if (a->schema->keys_n != b->schema->keys_n ||
            !same_exprs(a->u.select_key.keys, b->u.select_key.keys, a->schema->keys_n))
            return wr_error(err, WEIR_ERR_STATEMENT,
                            "Query is not upgradeable. %s must have matching key expressions",
                            a->name);
        break;
    case WR_STEP_REPARTITION:
        break;
    case WR_STEP_AGGREGATE:
        WR_TRY(check_aggregate(op, a, np, b, err));
        break;
    default:
        return refuse(a, err);
    }
    return check_step(op, a->in[0], np, b->in[0], err);
}

/* First the sink, whose readers see it change; then the steps, whose state is kept. Of a query that
 * was terminated there are none any more, but what it wrote is still in the sink. */
weir_status wr_plan_check_upgrade(const wr_source *old_sink, const wr_plan *old,
                                  const wr_source *new_sink, const wr_plan *fresh, weir_error *err)
{
    WR_TRY(wr__check_source_upgrade(old_sink, new_sink, err));
    /* A key's next rows would lie elsewhere than those that are there, and a reader would get them
     * in any order. */
    if (old_sink->partitioner != new_sink->partitioner)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "Cannot upgrade data source: DataSource '%s' has a different Partitioner, "
                        "which is not upgradeable",
                        new_sink->name);
    return old ? check_step(old, old->root, fresh, fresh->root, err) : WEIR_OK;
}
