/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SELECT: the last step of a query, and the rules about the key of the result (dialect.md 9.3).
 *
 *     SELECT n, k AS id, a + 1 FROM ...    where the key is k
 *
 *     persistent   id KEY, n, KSQL_COL_0   the key first, named as the item that selects it
 *     transient    n, id, KSQL_COL_0       as written; the key also travels hidden in front
 *
 * A result's key is not chosen: it is that of the stage. The projection only names it, by selecting
 * an expression that equals it.
 */
#include "engine/plan/analysis.h"
#include "parser/parser.h"

/* A bare NULL has no type, and a column of a result must have one. Compiled over the stage: an item
 * that an earlier step has computed becomes a reference. */
static weir_status compile_item(wr__builder *b, wr__stage *st, const wr__item *item, wr_expr **out,
                                weir_error *err)
{
    wr__stage_scope scope;
    wr__stage_scope_init(&scope, b, st);
    WR_TRY(wr_expr_compile(item->expr, &scope.base, b->plan->arena, out, err));
    if (wr_expr_type(*out)->id == WR_T_NULL)
        return wr_error_at(err, WEIR_ERR_STATEMENT, item->pos,
                           "Can't infer a type of null. Please explicitly cast it to a required "
                           "type, e.g. CAST(null AS VARCHAR).");
    return WEIR_OK;
}

/* May @p e stand for the key column? Any expression that equals it may. */
static bool matches_key(const wr__key *key, const wr_ast_expr *e)
{
    for (size_t i = 0; i < key->viable.n; i++)
        if (wr_ast_expr_equal(key->viable.v[i], e))
            return true;
    return false;
}

/* The key's columns for the message about a missing one: what could be selected, with "or" between
 * expressions that are equal to each other and "and" between columns that are all needed. @p all is
 * the sentence, @p each the example in brackets; @p n says singular or plural.
 *
 *     key k                        all "K", each "K"
 *     GROUP BY a, b                all "A and B", each "A, B"
 *     ON l.id = r.id               all "L.ID or R.ID", each "L.ID": one of them is enough */
static void put_key_texts(wr__builder *b, const wr__stage *st, wr_buf *all, wr_buf *each,
                          uint32_t *n)
{
    wr_buf *bufs[] = {all, each};
    uint32_t total = 0, k = 0;
    for (uint32_t i = 0; i < st->keys_n; i++)
        total += (uint32_t)WR_MAX(st->keys[i].viable.n, (size_t)1);
    for (uint32_t i = 0; i < st->keys_n; i++) {
        for (size_t v = 0; v < WR_MAX(st->keys[i].viable.n, (size_t)1); v++, k++) {
            const wr_ast_expr *e = st->keys[i].viable.n ? st->keys[i].viable.v[v] : NULL;
            const char *last = b->an->query->joins_n ? " or " : " and ";
            for (int w = 0; w < 2; w++) {
                if (w == 1 && b->an->query->joins_n && k > 0)
                    continue;
                if (k)
                    wr_buf_puts(bufs[w], w == 0 && k + 1 == total ? last : ", ");
                if (e && !st->keys[i].synthetic)
                    wr__print_expr(b->an, bufs[w], e);
                else
                    wr_buf_puts(bufs[w], st->keys[i].name);
            }
        }
    }
    *n = total;
}

/* The left table's key, all of it, is the key of a foreign-key join. NULL: there is no such join in
 * the plan. */
static const char *fk_left_name(const wr__builder *b)
{
    for (size_t i = 0; i < b->steps.n; i++)
        if (b->steps.v[i]->kind == WR_STEP_FK_JOIN)
            return b->an->relations[0].name;
    return NULL;
}

/* Persistent queries must select their key: it is what the rows are partitioned by, and what a
 * table is updated by. The text says which expression would do, in the words for how the key came
 * about. @p key is the first key column that no item stands for. */
static weir_status missing_key(wr__builder *b, const wr__stage *st, uint32_t key, weir_error *err)
{
    const wr_ast_query *q = b->an->query;
    if (fk_left_name(b) && b->joins_n == 1)
        return wr_error_at(err, WEIR_ERR_STATEMENT, q->pos,
                           "Primary key column missing in projection. For foreign-key table-table "
                           "joins, the projection must include all primary key columns from the "
                           "left input table (`%s`). Missing column: `%s`.",
                           fk_left_name(b), st->keys[key].name);
    wr_buf all = {0}, each = {0};
    uint32_t n;
    put_key_texts(b, st, &all, &each, &n);
    const char *what = q->has_group_by     ? "grouping expression"
                       : q->partition_by_n ? "partitioning expression"
                       : q->joins_n        ? "join expression"
                                           : "key column";
    const char *note = st->keys[0].synthetic
                           ? "\nROWKEY was added as a synthetic key column because the join "
                             "criteria did not match any source column. This expression must be "
                             "included in the projection and may be aliased."
                           : "";
    wr_error_at(err, WEIR_ERR_STATEMENT, q->pos,
                "Key missing from projection (ie, SELECT).\nThe query used to build `%s` must "
                "include the %s%s %s in its projection (eg, SELECT %s...).%s",
                b->an->sink_name, what, n > 1 ? "s" : "", wr_buf_cstr(&all), wr_buf_cstr(&each),
                note);
    wr_buf_free(&all);
    wr_buf_free(&each);
    return WEIR_ERR_STATEMENT;
}

/* A second copy of the key is wanted as a value: AS_VALUE says so, guessing would not. @p first and
 * @p again are items. */
static weir_status key_twice(const wr__analysis *an, const wr__key *key, uint32_t first,
                             uint32_t again, weir_error *err)
{
    return wr_error_at(err, WEIR_ERR_STATEMENT, an->items.v[again].pos,
                       "The projection contains a key column (`%s`) more than once, aliased as: %s "
                       "and %s.\nEach key column must only be in the projection once. If you "
                       "intended to copy the key into the value, then consider using the AS_VALUE "
                       "function to indicate which key reference should be copied.",
                       key->name, an->items.v[first].name, an->items.v[again].name);
}

/* Which item is which key column: item_of_key[k], and is_key[item]. The order of `viable` is that
 * of the join's sides, not that of the projection: with `SELECT r.id, l.id` the key is l.id, and
 * r.id a value. The same viable column twice would be two names for one key column: refused. */
static weir_status find_keys(wr__builder *b, const wr__stage *st, uint32_t *item_of_key,
                             bool *item_is_key, weir_error *err)
{
    WR_ASSERT(st->keys_n == st->step->schema->keys_n);
    wr__analysis *an = b->an;
    for (uint32_t k = 0; k < st->keys_n; k++) {
        const wr__key *key = &st->keys[k];
        bool found = false;
        /* The first viable column that is selected is the key; its equals become values. */
        for (size_t v = 0; v < key->viable.n && !found; v++) {
            for (uint32_t i = 0; i < an->items.n; i++) {
                if (!wr_ast_expr_equal(key->viable.v[v], an->items.v[i].expr))
                    continue;
                if (found)
                    return key_twice(an, key, item_of_key[k], i, err);
                item_of_key[k] = i;
                item_is_key[i] = true;
                found = true;
            }
        }
        if (!found)
            return missing_key(b, st, k, err);
    }
    return WEIR_OK;
}

/* WINDOWSTART and WINDOWEND as they are: part of the key already, so no value columns. With an
 * alias they are wanted as values, and become some: `windowstart AS ws`. */
static bool is_bare_bound(const wr__builder *b, const wr__stage *st, const wr__item *item)
{
    int slot = wr__find_slot(b->an, item->expr);
    if (slot < 0 || item->aliased || st->window.kind == WR_WINDOW_NONE)
        return false;
    wr_ref_kind k = b->an->slots.v[slot].kind;
    return k == WR_REF_WINDOWSTART || k == WR_REF_WINDOWEND;
}

/* Names of a result are unique, keys and values together, because a statement on it has one name
 * space. */
static weir_status check_names(wr__builder *b, const wr_column *cols, uint32_t n, uint32_t keys_n,
                               weir_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i >= keys_n && wr__is_pseudo_name(cols[i].name))
            return wr_error_at(err, WEIR_ERR_STATEMENT, b->an->query->pos,
                               "Reserved column name in select: `%s`. Please remove or alias the "
                               "column.",
                               cols[i].name);
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(cols[i].name, cols[k].name) != 0)
                continue;
            const char *text = wr_type_text(b->plan->arena, cols[i].type);
            if (k < keys_n && i >= keys_n)
                return wr_error_at(err, WEIR_ERR_STATEMENT, b->an->query->pos,
                                   "Value columns clash with key columns: `%s`", cols[i].name);
            return wr_error_at(err, WEIR_ERR_STATEMENT, b->an->query->pos,
                               "Duplicate %s columns found in schema: `%s` %s",
                               i < keys_n ? "key" : "value", cols[i].name, text);
        }
    }
    return WEIR_OK;
}

/* The projection of a persistent query: key columns first, under the names of the items that are
 * viable for them; then the other items in order. Key columns are handed on, never computed. A key
 * column takes the input's type and only the item's name: whatever item is viable has the same
 * value. */
weir_status wr__build_persistent_select(wr__builder *b, wr__stage *st, wr__result *result,
                                        weir_error *err)
{
    wr__analysis *an = b->an;
    wr_arena *a = b->plan->arena;
    uint32_t n = (uint32_t)an->items.n, keys_n = st->keys_n, total = keys_n;
    uint32_t *item_of_key = WR_NEW_N(a, uint32_t, keys_n);
    bool *item_is_key = WR_NEW_N(a, bool, n);
    wr_column *cols = WR_NEW_N(a, wr_column, keys_n + n);
    wr_expr **exprs = WR_NEW_N(a, wr_expr *, keys_n + n);
    WR_TRY(find_keys(b, st, item_of_key, item_is_key, err));
    for (uint32_t k = 0; k < keys_n; k++) {
        const wr_column *in = &st->step->schema->cols[k];
        cols[k] = (wr_column){
            .name = an->items.v[item_of_key[k]].name, .type = in->type, .role = WR_COL_KEY};
        exprs[k] = wr_expr_ref(a, &(wr_ref){.kind = WR_REF_COLUMN, .index = k, .type = in->type});
    }
    for (uint32_t i = 0; i < n; i++) {
        const wr__item *item = &an->items.v[i];
        if (item_is_key[i] || is_bare_bound(b, st, item))
            continue;
        WR_TRY(compile_item(b, st, item, &exprs[total], err));
        cols[total] = (wr_column){
            .name = item->name, .type = wr_expr_type(exprs[total]), .role = WR_COL_VALUE};
        total++;
    }
    WR_TRY(check_names(b, cols, total, keys_n, err));
    if (total == keys_n)
        return wr_error_at(err, WEIR_ERR_STATEMENT, an->query->pos,
                           "The projection contains no value columns.");
    wr_step *s = wr__new_step(b, WR_STEP_SELECT, st->step->table ? "TableSelect" : "StreamSelect",
                              "Project", st->step);
    s->schema = wr_schema_new(a, cols, total);
    s->u.select = exprs;
    st->step = s;
    result->schema = s->schema;
    return WEIR_OK;
}

/* A transient result: the key columns stay in front (deletions need them), then every item. A
 * client sees the columns as written, keys among them where they are selected: `collect` says which
 * column of the batch each one is. A selected key is read from the key columns, because a deletion
 * has no values. */
weir_status wr__build_transient_select(wr__builder *b, wr__stage *st, wr__result *result,
                                       weir_error *err)
{
    wr__analysis *an = b->an;
    wr_arena *a = b->plan->arena;
    uint32_t n = (uint32_t)an->items.n, keys_n = st->keys_n;
    wr_column *cols = WR_NEW_N(a, wr_column, keys_n + n);
    wr_column *shown = WR_NEW_N(a, wr_column, n);
    wr_expr **exprs = WR_NEW_N(a, wr_expr *, keys_n + n);
    bool *is_key = WR_NEW_N(a, bool, n);
    uint32_t *collect = WR_NEW_N(a, uint32_t, n);
    for (uint32_t k = 0; k < keys_n; k++) {
        cols[k] = st->step->schema->cols[k];
        cols[k].name = wr_arena_printf(a, "KSQL_KEY_%u", k);
        exprs[k] =
            wr_expr_ref(a, &(wr_ref){.kind = WR_REF_COLUMN, .index = k, .type = cols[k].type});
    }
    for (uint32_t i = 0; i < n; i++) {
        const wr__item *item = &an->items.v[i];
        uint32_t c = keys_n + i;
        WR_TRY(compile_item(b, st, item, &exprs[c], err));
        cols[c] =
            (wr_column){.name = item->name, .type = wr_expr_type(exprs[c]), .role = WR_COL_VALUE};
        shown[i] = cols[c];
        collect[i] = c;
        for (uint32_t k = 0; k < keys_n; k++) {
            if (!matches_key(&st->keys[k], item->expr))
                continue;
            is_key[i] = true;
            collect[i] = k;
        }
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(shown[k].name, item->name) == 0)
                return wr_error_at(err, WEIR_ERR_STATEMENT, item->pos,
                                   "Duplicate value columns found in schema: `%s` %s", item->name,
                                   wr_type_text(a, shown[i].type));
    }
    wr_step *s = wr__new_step(b, WR_STEP_SELECT, st->step->table ? "TableSelect" : "StreamSelect",
                              "Project", st->step);
    s->schema = wr_schema_new(a, cols, keys_n + n);
    s->u.select = exprs;
    st->step = s;
    for (uint32_t i = 0; i < n; i++)
        WR_ASSERT(collect[i] < keys_n + n);
    b->plan->result = wr_schema_new(a, shown, n);
    b->plan->result_is_key = is_key;
    b->plan->collect = collect;
    result->schema = s->schema;
    return WEIR_OK;
}
