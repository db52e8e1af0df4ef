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
    scope.base.part = "Select";
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

/* Is one of the key's viable expressions an item? */
static bool is_selected(const wr__analysis *an, const wr__key *key)
{
    for (size_t i = 0; i < an->items.n; i++)
        if (matches_key(key, an->items.v[i].expr))
            return true;
    return false;
}

/* What the message about a missing key says could be selected. */
typedef struct key_texts {
    wr_buf
        all; /* "K"; "A and B" where all are needed; "L.ID or R.ID" where one of them is enough */
    wr_buf each; /* the example: "K"; "A, B"; "L.ID" */
    uint32_t n;  /* expressions in `all` */
} key_texts;

static void put_key_text(wr__builder *b, key_texts *t, const wr_ast_expr *e, bool last)
{
    wr_buf text = {0};
    bool join = b->an->query->joins_n > 0;
    if (b->an->query->partition_by_n) /* shown as they are before anything is rewritten */
        wr_ast_format(&text, e);
    else
        wr__print_expr(b->an, &text, e);
    if (t->n)
        wr_buf_puts(&t->all, !last ? ", " : join ? " or " : " and ");
    wr_buf_puts(&t->all, wr_buf_cstr(&text));
    if (!join || t->n == 0)
        wr_buf_printf(&t->each, "%s%s", t->n ? ", " : "", wr_buf_cstr(&text));
    t->n++;
    wr_buf_free(&text);
}

/* Of a GROUP BY only the expressions that are missing are named; keys of sources and of PARTITION
 * BY are named all, as in ksqlDB. A made-up key has a column of its own that is viable. */
static void put_key_texts(wr__builder *b, const wr__stage *st, key_texts *t)
{
    const wr__key *last = NULL;
    bool missing_only = b->an->query->has_group_by;
    for (uint32_t i = 0; i < st->keys_n; i++)
        if (!missing_only || !is_selected(b->an, &st->keys[i]))
            last = &st->keys[i];
    WR_ASSERT(last); /* or why the message? */
    for (uint32_t i = 0; i < st->keys_n; i++) {
        const wr__key *key = &st->keys[i];
        if (missing_only && is_selected(b->an, key))
            continue;
        WR_ASSERT(key->viable.n > 0);
        for (size_t v = 0; v < key->viable.n; v++)
            put_key_text(b, t, key->viable.v[v], key == last && v + 1 == key->viable.n);
    }
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
    key_texts t = {0};
    put_key_texts(b, st, &t);
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
                "Key missing from projection (ie, SELECT). \nThe query used to build `%s` must "
                "include the %s%s %s in its projection (eg, SELECT %s...).%s",
                b->an->sink_name, what, t.n > 1 ? "s" : "", wr_buf_cstr(&t.all),
                wr_buf_cstr(&t.each), note);
    wr_buf_free(&t.all);
    wr_buf_free(&t.each);
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

/* WINDOWSTART and WINDOWEND of the query's own windows as they are: part of the key already, so no
 * value columns. With an alias they are wanted as values, and become some: `windowstart AS ws`. The
 * bounds of a windowed source need an alias, as every other pseudo column. */
static bool is_bare_bound(const wr__builder *b, const wr__item *item)
{
    int slot = wr__find_slot(b->an, item->expr);
    return slot >= 0 && !item->aliased && b->an->slots.v[slot].window_result;
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
            /* After a grouping ksqlDB's keys are values too, and so clash as such. */
            if (k < keys_n && i >= keys_n && !b->an->query->has_group_by)
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
    /* What is wrong with an item by itself is said before what is missing among them. */
    wr_expr **items = WR_NEW_N(a, wr_expr *, n);
    for (uint32_t i = 0; i < n; i++)
        WR_TRY(compile_item(b, st, &an->items.v[i], &items[i], err));
    WR_TRY(find_keys(b, st, item_of_key, item_is_key, err));
    for (uint32_t k = 0; k < keys_n; k++) {
        const wr_column *in = &st->step->schema->cols[k];
        cols[k] = (wr_column){
            .name = an->items.v[item_of_key[k]].name, .type = in->type, .role = WR_COL_KEY};
        exprs[k] = wr_expr_ref(a, &(wr_ref){.kind = WR_REF_COLUMN, .index = k, .type = in->type});
    }
    for (uint32_t i = 0; i < n; i++) {
        const wr__item *item = &an->items.v[i];
        if (item_is_key[i] || is_bare_bound(b, item))
            continue;
        exprs[total] = items[i];
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

/* WINDOWSTART and WINDOWEND as they are, under whatever name; an expression of them is a value. A
 * deletion has no values, but it is of a window, and a client wants to know of which. */
static wr_window_bound bound_of(const wr_expr *e)
{
    const wr_ref *ref = wr_expr_as_ref(e);
    return !ref                              ? WR_BOUND_NONE
           : ref->kind == WR_REF_WINDOWSTART ? WR_BOUND_START
           : ref->kind == WR_REF_WINDOWEND   ? WR_BOUND_END
                                             : WR_BOUND_NONE;
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
    /* Beside is_key: a bound is no column of the key, though deletions have it as they have the
     * key. */
    wr_window_bound *bound = WR_NEW_N(a, wr_window_bound, n);
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
        bound[i] = bound_of(exprs[c]);
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
    b->plan->result_bound = bound;
    b->plan->collect = collect;
    result->schema = s->schema;
    return WEIR_OK;
}
