/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building blocks of plans: steps, stages, and the operations that change where columns are
 * (source, materialise, re-key, repartition). The order in which a query uses them is in
 * query_steps.c.
 *
 * A stage is how the planner remembers where things are: for each slot (column of a relation that
 * the query mentions) the column of the present step that holds it, or that it is not there any
 * more; for whole expressions that a step has computed, the column of the result. Expressions are
 * never rewritten to the columns of a step: they are compiled against the stage at the moment they
 * are needed.
 *
 * Memory: everything is in the plan's arena, also what is only needed while planning. It is little,
 * and lives no longer than the query.
 */
#include "engine/plan/error_policy.h"
#include "common/reason.h"
#include "engine/plan/plan_stores.h"
#include "engine/plan/push_down.h"
#include "engine/plan/with.h"
#include "parser/parser.h"

/* ---- steps ---- */

/* Ids are places in the list of steps, inputs before consumers: the order in which operators are
 * built, opened and flushed. A step is like its input until the caller says otherwise, since most
 * steps change neither kind nor window, and many not even the schema. */
wr_step *wr__new_step(wr__builder *b, wr_step_kind kind, const char *name, const char *context,
                      wr_step *in)
{
    wr_arena *a = b->plan->arena;
    wr_step *s = WR_NEW(a, wr_step);
    s->kind = kind;
    s->id = (uint32_t)b->steps.n;
    s->name = name;
    s->context = context;
    if (in) {
        s->in = WR_NEW(a, wr_step *);
        s->in[0] = in;
        s->in_n = 1;
        s->table = in->table;
        s->windowed = in->windowed;
        s->schema = in->schema;
    }
    wr_arr_push(a, &b->steps, s);
    return s;
}

/* Lists are short (two at most), so they are copied rather than grown. */
void wr__add_input(wr__builder *b, wr_step *s, wr_step *in)
{
    wr_step **all = WR_NEW_N(b->plan->arena, wr_step *, s->in_n + 1);
    for (uint32_t i = 0; i < s->in_n; i++)
        all[i] = s->in[i];
    all[s->in_n++] = in;
    s->in = all;
    WR_ASSERT(in->id < s->id); /* inputs stand before their consumers */
}

/* A topic is read once however many steps name it. If any of them needs it from the beginning, it
 * is read from there. A topic that is read and written is two entries: the roles differ in how the
 * runtime opens them. */
uint32_t wr__add_topic(wr__builder *b, const char *name, wr_topic_role role, int32_t partitions,
                       bool from_earliest)
{
    for (size_t i = 0; i < b->topics.n; i++) {
        wr_plan_topic *t = &b->topics.v[i];
        if (t->role == role && strcmp(t->name, name) == 0) {
            t->from_earliest = t->from_earliest || from_earliest;
            return (uint32_t)i;
        }
    }
    wr_plan_topic t = {wr_arena_strdup(b->plan->arena, name), role, partitions, from_earliest};
    wr_arr_push(b->plan->arena, &b->topics, t);
    return (uint32_t)(b->topics.n - 1);
}

/* ---- stages ---- */

/* Nothing is anywhere yet. slots[k] means something only where available[k] is true. */
static void stage_init(wr__builder *b, wr__stage *st)
{
    *st = (wr__stage){0};
    st->slots = WR_NEW_N(b->plan->arena, wr_ref, b->an->slots.n);
    st->available = WR_NEW_N(b->plan->arena, bool, b->an->slots.n);
}

/* Compilation asks for columns here. One that is not available is a column that a step has dropped,
 * which the rules of the dialect have refused with better words before. */
static weir_status scope_resolve(const wr_scope *self, const wr_ast_expr *column, wr_ref *out,
                                 weir_error *err)
{
    const wr__stage_scope *s = (const wr__stage_scope *)self;
    int i = wr__find_slot(s->b->an, column);
    if (i >= 0 && s->stage->available[i]) {
        *out = s->stage->slots[i];
        return WEIR_OK;
    }
    return wr_refuse_at(err, WR_REASON_COLUMN, column->pos, "Column '%s' cannot be resolved.",
                        column->name.name);
}

/* Asked before every node: what has been computed as a whole is not computed again. From the
 * outside in: `GROUP BY a + 1` makes (a + 1) a key column, and SELECT (a + 1) * 2 then multiplies
 * that column. Linear: a stage has few computed trees. */
static bool scope_replace(const wr_scope *self, const wr_ast_expr *e, wr_ref *out)
{
    const wr__stage_scope *s = (const wr__stage_scope *)self;
    for (size_t i = 0; i < s->stage->computed.n; i++) {
        if (wr_ast_expr_equal(s->stage->computed.v[i].expr, e)) {
            *out = s->stage->computed.v[i].ref;
            return true;
        }
    }
    return false;
}

/* A lambda's parameter may not be named as a column; ksqlDB refuses it, as it cannot tell them
 * apart. Columns of any relation count, also those that the query does not read. */
static bool scope_is_column(const wr_scope *self, const char *name)
{
    const wr__stage_scope *s = (const wr__stage_scope *)self;
    for (uint32_t i = 0; i < s->b->an->relations_n; i++)
        if (wr_schema_find(s->b->an->relations[i].schema, name) >= 0)
            return true;
    return false;
}

/* `base` is the first member, so a pointer to the scope is one to the whole. */
void wr__stage_scope_init(wr__stage_scope *s, const wr__builder *b, const wr__stage *stage)
{
    *s = (wr__stage_scope){
        .base = {.exact_division = wr_settings_exact_division(b->an->env->settings),
                 .resolve = scope_resolve,
                 .replace = scope_replace,
                 .is_column = scope_is_column,
                 .types = &b->an->env->catalog->types,
                 .functions = b->an->env->functions,
                 .one_scope =
                     !wr_settings_bool(b->an->env->settings, "ksql.nested.error.set.null", true)},
        .b = b,
        .stage = stage,
    };
}

/* From now on the slot is column @p column. Times keep that they are times: a text compared with
 * one is read as a timestamp. A ROWTIME that went through a repartition is a BIGINT column by then,
 * and `rowtime > '2020-01-01'` must still work on it. */
static void set_column_slot(wr__builder *b, wr__stage *st, size_t slot, uint32_t column)
{
    WR_ASSERT(slot < b->an->slots.n);
    const wr__slot *s = &b->an->slots.v[slot];
    st->available[slot] = true;
    st->slots[slot] =
        (wr_ref){.kind = WR_REF_COLUMN,
                 .index = column,
                 .type = s->type,
                 .time_text = s->kind == WR_REF_ROWTIME || s->kind == WR_REF_WINDOWSTART ||
                              s->kind == WR_REF_WINDOWEND};
}

/* ---- relations ---- */

/* Where a relation's slots are in its first step: columns by their place in the output, pseudo
 * columns beside the columns, where every row has them. Slots of the query's own window
 * (window_result) are not there before the aggregation makes them. */
static void source_slots(wr__builder *b, uint32_t i, const bool *used, const uint32_t *output,
                         uint32_t output_n, wr__stage *st)
{
    for (size_t k = 0; k < b->an->slots.n; k++) {
        const wr__slot *s = &b->an->slots.v[k];
        if (!used[k] || s->source != i || s->window_result)
            continue;
        if (s->kind != WR_REF_COLUMN) {
            st->available[k] = true;
            st->slots[k] = (wr_ref){.kind = s->kind, .type = s->type};
            continue;
        }
        for (uint32_t c = 0; c < output_n; c++)
            if (output[c] == s->column)
                set_column_slot(b, st, k, c);
    }
}

/* The rows come from the topic of a catalog entry. The plan copies all that it needs of that: the
 * entry may be replaced while the query runs. Header columns become value columns of the output:
 * after the source nobody needs to know where a value came from. */
static void source_step(wr__builder *b, const wr__relation *rel, wr_step *step,
                        const uint32_t *output, uint32_t output_n)
{
    wr_arena *a = b->plan->arena;
    const wr_source *s = rel->source;
    wr_step_source *src = &step->u.source;
    step->table = s->is_table;
    step->windowed = s->window.kind != WR_WINDOW_NONE;
    src->topic = wr__add_topic(b, s->topic, WR_TOPIC_INPUT, s->partitions, s->is_table);
    src->source_name = wr_arena_strdup(a, s->name);
    src->alias = rel->alias;
    const wr_schema *copy = wr_schema_new(a, s->schema->cols, s->schema->n);
    src->columns = copy->cols;
    src->columns_n = copy->n;
    src->output = output;
    src->key = wr__format_use_copy(a, &s->key);
    src->value = wr__format_use_copy(a, &s->value);
    src->window = s->window;
    src->partitioner = s->partitioner;
    src->timestamp_column = s->timestamp_column;
    src->timestamp_format = s->timestamp_format ? wr_arena_strdup(a, s->timestamp_format) : NULL;
    wr__source_policies(b, s, src);
    src->fail_on_misplaced_key =
        wr_settings_bool(b->an->env->settings, "weir.fail.on.misplaced.key", false);
    src->strict = wr_settings_bool(b->an->env->settings, "weir.decode.strict", false);
    wr_column *cols = WR_NEW_N(a, wr_column, output_n);
    for (uint32_t i = 0; i < output_n; i++) {
        cols[i] = copy->cols[output[i]];
        if (cols[i].role != WR_COL_KEY)
            cols[i].role = WR_COL_VALUE;
        cols[i].header = NULL;
    }
    step->schema = wr_schema_new(a, cols, output_n);
}

/* The columns of relation @p i that the query needs, in the relation's order. Keys are always read:
 * they say which row of a table it is, and where it lies. */
static uint32_t needed_columns(const wr__builder *b, uint32_t i, const bool *used, uint32_t *out)
{
    const wr__relation *rel = &b->an->relations[i];
    /* Such a table's rows are kept as they come, and CREATE OR REPLACE may come to read another
     * column or filter by one: all are kept, so that the state stays of use. */
    bool all =
        rel->is_table && b->an->persistent && b->an->relations_n == 1 && !b->an->has_aggregates;
    uint32_t n = 0;
    for (uint32_t c = 0; c < rel->schema->n; c++) {
        bool need = c < rel->schema->keys_n || (all && rel->schema->cols[c].role == WR_COL_VALUE);
        for (size_t k = 0; k < b->an->slots.n && !need; k++) {
            const wr__slot *slot = &b->an->slots.v[k];
            need = used[k] && slot->source == i && slot->kind == WR_REF_COLUMN && slot->column == c;
        }
        if (need)
            out[n++] = c;
    }
    return n;
}

/* A relation's key column may stand for itself, and for nothing else yet. The expression is
 * qualified like every other one, so it is found by comparison. */
static void relation_keys(wr__builder *b, const wr__relation *rel, wr__stage *st)
{
    wr_arena *a = b->plan->arena;
    st->keys_n = rel->schema->keys_n;
    st->keys = WR_NEW_N(a, wr__key, st->keys_n);
    for (uint32_t k = 0; k < st->keys_n; k++) {
        st->keys[k].name = st->step->schema->cols[k].name;
        wr_ast_expr *e = WR_NEW(a, wr_ast_expr);
        e->kind = WR_AST_COLUMN;
        e->qualifier.name = rel->alias;
        e->name.name = st->keys[k].name;
        e->qualifier.quoted = e->name.quoted = true;
        wr_arr_push(a, &st->keys[k].viable, e);
    }
}

/* Contexts are in the names of stores: those of several sources are told apart by alias. */
weir_status wr__build_relation(wr__builder *b, uint32_t i, const bool *used, wr__stage *st,
                               weir_error *err)
{
    WR_ASSERT(i < b->an->relations_n);
    (void)err;
    wr_arena *a = b->plan->arena;
    const wr__relation *rel = &b->an->relations[i];
    uint32_t *output = WR_NEW_N(a, uint32_t, rel->schema->n);
    uint32_t n = needed_columns(b, i, used, output);
    bool windowed = rel->window.kind != WR_WINDOW_NONE;
    const char *name = rel->is_table ? (windowed ? "WindowedTableSource" : "TableSource")
                                     : (windowed ? "WindowedStreamSource" : "StreamSource");
    const char *context =
        b->an->relations_n > 1 ? wr_arena_printf(a, "KafkaTopic_%s", rel->alias) : "KsqlTopic";
    stage_init(b, st);
    st->step = wr__new_step(b, WR_STEP_SOURCE, name, context, NULL);
    source_step(b, rel, st->step, output, n);
    source_slots(b, i, used, output, n, st);
    st->partitions = rel->partitions;
    st->key_format = rel->key;
    st->partitioner = rel->partitioner;
    st->name = rel->name;
    st->window = rel->window;
    st->key_fixed = true;
    relation_keys(b, rel, st);
    WR_ASSERT(st->step->schema->keys_n == st->keys_n);
    return WEIR_OK;
}

/* ---- moving columns ---- */

/* Slots whose value lives in the current step's columns or beside them, and is wanted later. In
 * order of slots, which is that of first mention: the columns' order in the new step. */
static uint32_t wanted_slots(const wr__builder *b, const wr__stage *st, const bool *used,
                             uint32_t *out)
{
    uint32_t n = 0;
    for (size_t k = 0; k < b->an->slots.n; k++)
        if (used[k] && st->available[k])
            out[n++] = (uint32_t)k;
    return n;
}

/* Puts pseudo columns (ROWTIME, ROWPARTITION ...) among the values: they travel beside a row inside
 * a task, but not through a topic, and after a join each side's must be told apart. */
weir_status wr__build_materialize(wr__builder *b, wr__stage *st, const bool *used, weir_error *err)
{
    (void)err;
    wr_arena *a = b->plan->arena;
    uint32_t *slots = WR_NEW_N(a, uint32_t, b->an->slots.n);
    uint32_t n = wanted_slots(b, st, used, slots), keys_n = st->step->schema->keys_n;
    wr_column *cols = WR_NEW_N(a, wr_column, keys_n + n);
    wr_expr **exprs = WR_NEW_N(a, wr_expr *, keys_n + n);
    for (uint32_t i = 0; i < keys_n; i++) {
        cols[i] = st->step->schema->cols[i];
        exprs[i] =
            wr_expr_ref(a, &(wr_ref){.kind = WR_REF_COLUMN, .index = i, .type = cols[i].type});
    }
    for (uint32_t i = 0; i < n; i++) {
        const wr__slot *s = &b->an->slots.v[slots[i]];
        cols[keys_n + i] = (wr_column){
            .name = wr_arena_printf(a, "%s_%s", s->alias, s->name),
            .type = s->type,
            .role = WR_COL_VALUE,
        };
        exprs[keys_n + i] = wr_expr_ref(a, &st->slots[slots[i]]);
    }
    wr_step *step =
        wr__new_step(b, WR_STEP_SELECT, st->step->table ? "TableSelect" : "StreamSelect",
                     wr_arena_printf(a, "PrependAlias_%u", (unsigned)b->steps.n), st->step);
    step->schema = wr_schema_new(a, cols, keys_n + n);
    step->u.select = exprs;
    memset(st->available, 0, b->an->slots.n * sizeof *st->available);
    for (uint32_t i = 0; i < n; i++)
        set_column_slot(b, st, slots[i], keys_n + i);
    WR_ASSERT(step->schema->n == keys_n + n && step->schema->keys_n == keys_n);
    st->step = step;
    return WEIR_OK;
}

/* New key columns. A MAP in a key is refused: equal maps may be written in different orders, and
 * then lie on different partitions. exprs and cols have room for n; the caller adds values after
 * them. */
static weir_status compile_keys(wr__builder *b, wr__stage *st, wr_ast_expr *const *keys,
                                const char *const *names, uint32_t n, wr_expr **exprs,
                                wr_column *cols, weir_error *err)
{
    wr__stage_scope scope;
    wr__stage_scope_init(&scope, b, st);
    for (uint32_t i = 0; i < n; i++) {
        WR_TRY(wr_expr_compile(keys[i], &scope.base, b->plan->arena, &exprs[i], err));
        cols[i] = (wr_column){.name = names[i], .type = wr_expr_type(exprs[i]), .role = WR_COL_KEY};
        if (wr_type_contains(cols[i].type, WR_T_MAP)) {
            wr_error_at(err, WEIR_ERR_STATEMENT, keys[i]->pos,
                        "Map keys, including types that contain maps, are not supported as they "
                        "may lead to unexpected behavior due to inconsistent serialization. Key "
                        "column name: `%s`. Column type: %s.",
                        names[i], wr_type_text(b->plan->arena, cols[i].type));
            return WEIR_ERR_STATEMENT;
        }
    }
    return WEIR_OK;
}

/* Does a slot or something computed read column @p c of the current step? What nobody reads is not
 * carried through a repartition: less is written and decoded. */
static bool is_read(const wr__builder *b, const wr__stage *st, uint32_t c)
{
    for (size_t k = 0; k < b->an->slots.n; k++)
        if (st->available[k] && st->slots[k].kind == WR_REF_COLUMN && st->slots[k].index == c)
            return true;
    for (size_t k = 0; k < st->computed.n; k++)
        if (st->computed.v[k].ref.kind == WR_REF_COLUMN && st->computed.v[k].ref.index == c)
            return true;
    return false;
}

/* Columns that are handed on keep their order; which place they get follows from the list. A
 * reference to a column that is not handed on is left as it is; it was made unavailable. */
static void move_ref(wr_ref *ref, const uint32_t *values, uint32_t n, uint32_t keys_n)
{
    for (uint32_t i = 0; i < n; i++)
        if (values[i] == ref->index) {
            ref->index = keys_n + i;
            return;
        }
}

/* Value i of the new step is column values[i] of the one before. Pseudo columns stay beside the row
 * and do not move. */
static void move_refs(const wr__builder *b, wr__stage *st, const uint32_t *values, uint32_t n,
                      uint32_t keys_n)
{
    for (size_t k = 0; k < b->an->slots.n; k++)
        if (st->available[k] && st->slots[k].kind == WR_REF_COLUMN)
            move_ref(&st->slots[k], values, n, keys_n);
    for (size_t k = 0; k < st->computed.n; k++)
        move_ref(&st->computed.v[k].ref, values, n, keys_n);
}

/* The stage is keyed by these expressions, of which the next steps need not compute any again. A
 * plain column as a key is not put among the computed: its slot still finds the value column, and
 * the key has the same value. key_fixed is false: rows are still in the partition of their old key.
 */
static void set_keys(wr__builder *b, wr__stage *st, wr_ast_expr *const *keys,
                     const char *const *names, uint32_t n)
{
    wr_arena *a = b->plan->arena;
    st->keys_n = n;
    st->keys = WR_NEW_N(a, wr__key, n);
    for (uint32_t i = 0; i < n; i++) {
        st->keys[i].name = names[i];
        wr_arr_push(a, &st->keys[i].viable, keys[i]);
        const wr_type *type = st->step->schema->cols[i].type;
        wr__computed c = {keys[i], {.kind = WR_REF_COLUMN, .index = i, .type = type}};
        if (keys[i]->kind != WR_AST_COLUMN)
            wr_arr_push(a, &st->computed, c);
    }
    st->key_fixed = false;
    st->window = (wr_window){0};
}

/* For tables it is another step: a change of the grouping key is a deletion in one group and an
 * insertion in another. */
weir_status wr__build_select_key(wr__builder *b, wr__stage *st, wr_ast_expr *const *keys,
                                 const char *const *names, uint32_t keys_n, const bool *keep,
                                 const char *name, const char *context, weir_error *err)
{
    WR_ASSERT(keys_n == 0 || names);
    bool drop_null = keep != NULL;
    wr_arena *a = b->plan->arena;
    const wr_schema *in = st->step->schema;
    wr_column *cols = WR_NEW_N(a, wr_column, keys_n + in->n);
    wr_expr **exprs = WR_NEW_N(a, wr_expr *, keys_n);
    WR_TRY(compile_keys(b, st, keys, names, keys_n, exprs, cols, err));
    for (size_t k = 0; keep && k < b->an->slots.n; k++)
        st->available[k] = st->available[k] && keep[k];
    uint32_t *values = WR_NEW_N(a, uint32_t, in->n), n = 0;
    for (uint32_t c = 0; c < in->n; c++) {
        if (!is_read(b, st, c))
            continue;
        cols[keys_n + n] = in->cols[c];
        cols[keys_n + n].role = WR_COL_VALUE;
        values[n++] = c;
    }
    bool table = st->step->table;
    wr_step *step = wr__new_step(b, table ? WR_STEP_TABLE_GROUP_BY : WR_STEP_SELECT_KEY, name,
                                 context, st->step);
    step->u.select_key = (wr_step_select_key){
        .keys = exprs,
        .keys_ast = wr_arena_memdup(a, keys, keys_n * sizeof *keys),
        .values = values,
        .drop_null = drop_null,
        .keyless = keys_n == 0,
        .clears_value = !drop_null,
    };
    step->schema = wr_schema_new(a, cols, keys_n + n);
    move_refs(b, st, values, n, keys_n);
    WR_ASSERT(step->schema->keys_n == keys_n);
    st->step = step;
    set_keys(b, st, keys, names, keys_n);
    return WEIR_OK;
}

/* Internal topics keep the format of the key where it can hold the new one, because partitions must
 * agree with those of other topics; else JSON, which holds every key. @p schema's key columns are
 * the ones to be written; its values do not matter. */
wr_format_use wr__internal_key_format(wr_arena *a, const wr_format_use *want,
                                      const wr_schema *schema)
{
    wr_format_use use = wr__inherited_format(want);
    weir_error ignored;
    const wr_format_columns keys = {.is_key = true, .cols = schema->cols, .n = schema->keys_n};
    bool fits = use.format->id != WR_FORMAT_NONE && use.format->implemented &&
                !use.format->read_only &&
                wr_format_check(use.format, &keys, NULL, &ignored) == WEIR_OK;
    use.options.unwrapped = schema->keys_n == 1 && use.format->can_unwrap;
    if (fits && use.format->can_infer)
        fits = wr__internal_schema(a, want, schema, &use);
    if (!fits) {
        use.format = wr_format_get(schema->keys_n ? WR_FORMAT_JSON : WR_FORMAT_NONE);
        use.options =
            (wr_format_options){.unwrapped = schema->keys_n == 1 && use.format->can_unwrap};
    }
    use.wrap_set = use.options.unwrapped && use.format->can_wrap;
    return use;
}

/* From here on rows are in the partition of their key. The topic's name is part of what is on the
 * broker: it follows from the context, which must not change between versions. Steps with the same
 * context would share the topic, so contexts of one plan differ. */
wr_step *wr__build_repartition(wr__builder *b, wr__stage *st, const wr_format_use *key,
                               wr_partitioner by, const char *context)
{
    WR_ASSERT(by != WR_PARTITIONER_NONE);
    wr_arena *a = b->plan->arena;
    wr_step *step = wr__new_step(b, WR_STEP_REPARTITION, "Repartition", context, st->step);
    step->u.repartition.key = wr__internal_key_format(a, key, st->step->schema);
    step->u.repartition.topic = wr__add_topic(b, wr_arena_printf(a, "%s-repartition", context),
                                              WR_TOPIC_REPARTITION, st->partitions, false);
    step->u.repartition.partitioner = by;
    st->step = step;
    st->key_format = step->u.repartition.key;
    st->partitioner = by;
    st->key_fixed = true;
    b->repartitions_n++;
    return step;
}

/* ---- finishing ---- */

/* Numbers from the sink down, turned round afterwards so that they rise with the data: a commit can
 * then flush sub-topologies in order of number. A foreign-key join's right side is a sub-topology
 * of its own, though no REPARTITION step stands there. `region` is the sub-topology of the
 * consumer. A REPARTITION belongs to the side that writes. */
static void assign_subtopologies(wr_step *s, uint32_t region, uint32_t *next)
{
    if (s->kind == WR_STEP_REPARTITION) {
        region = (*next)++;
        s->subtopology = region;
    } else {
        s->subtopology = region;
    }
    for (uint32_t i = 0; i < s->in_n; i++) {
        uint32_t of_input = region;
        if (s->kind == WR_STEP_FK_JOIN && i == 1)
            of_input = s->u.join.right_subtopology = (*next)++;
        assign_subtopologies(s->in[i], of_input, next);
    }
}

/* A table step whose consumer needs old rows. Asks down to the first step that can know: filters
 * and projections map old rows as they map new ones. Stops early at a step that was asked before.
 */
static void want_old(wr_step *s)
{
    WR_ASSERT(s->kind != WR_STEP_SINK && s->kind != WR_STEP_COLLECT); /* nobody consumes those */
    if (!s->table || s->needs_old)
        return;
    s->needs_old = true;
    switch (s->kind) {
    case WR_STEP_SOURCE:
        s->u.source.materialize = true;
        break;
    case WR_STEP_FILTER:
    case WR_STEP_SELECT:
    case WR_STEP_TABLE_GROUP_BY:
    case WR_STEP_REPARTITION:
    case WR_STEP_SUPPRESS:
        want_old(s->in[0]);
        break;
    default: /* aggregates and joins know the old row from their own state */
        break;
    }
}

/* Kafka Streams keeps no rows of a foreign-key join for the filter after it, so each row that does
 * not pass is a tombstone there, also of a key that was never seen. */
static bool repeats_tombstones(const wr_step *s)
{
    WR_ASSERT(s->kind != WR_STEP_FILTER || s->in_n == 1);
    return s->kind == WR_STEP_FILTER && s->in[0]->kind == WR_STEP_FK_JOIN && s->in[0]->u.join.exact;
}

/* The sources at and below @p s whose rows have not moved before they come to it. In a topic of one
 * partition every key is with all the others; without a key nobody looks one up. */
static void mark_placed(const wr_plan *p, wr_step *s)
{
    WR_ASSERT(s->kind != WR_STEP_SINK && s->kind != WR_STEP_COLLECT); /* nobody takes their rows */
    if (s->kind == WR_STEP_SOURCE)
        s->u.source.placed = s->schema->keys_n && p->topics[s->u.source.topic].partitions > 1 &&
                             s->u.source.window.kind == WR_WINDOW_NONE;
    for (uint32_t i = 0; i < s->in_n && s->kind != WR_STEP_REPARTITION; i++)
        mark_placed(p, s->in[i]);
}

/* What needs the rows of a key together: whoever looks them up, or keeps one for each key. After
 * wr_plan_push_filters, which takes steps out; before the stores get their meaning, which names the
 * partitioner where keys must lie by another than Weir's own. */
static void find_placed(const wr_plan *p)
{
    for (uint32_t i = 0; i < p->steps_n; i++) {
        wr_step *s = p->steps[i];
        bool together = s->kind == WR_STEP_AGGREGATE || s->kind == WR_STEP_STREAM_STREAM_JOIN ||
                        s->kind == WR_STEP_STREAM_TABLE_JOIN ||
                        s->kind == WR_STEP_TABLE_TABLE_JOIN || s->kind == WR_STEP_FK_JOIN ||
                        (s->kind == WR_STEP_SOURCE && s->u.source.materialize);
        if (together)
            mark_placed(p, s);
    }
}

/* Old rows cost a store: they are asked for only where a step cannot do without. A table's filter
 * must say whether a row that does not pass was visible before; a grouping takes the old row out of
 * its group. */
static void propagate_old(wr__builder *b)
{
    for (size_t i = 0; i < b->steps.n; i++) {
        wr_step *s = b->steps.v[i];
        /* Change events do not stand for themselves: they may lack values, and may be about all
         * rows of the table (source_table.h). */
        if (s->kind == WR_STEP_SOURCE && s->table && s->u.source.value.format->change_events)
            s->u.source.materialize = true;
        bool asks = (s->kind == WR_STEP_FILTER && s->in[0]->table && !repeats_tombstones(s)) ||
                    s->kind == WR_STEP_TABLE_GROUP_BY ||
                    (s->kind == WR_STEP_AGGREGATE && s->u.aggregate.input_table);
        if (asks)
            want_old(s->in[0]);
    }
}

/* The nearest step below the sink whose store has the result's rows, with nothing between that
 * could not be computed again from them. What is found is made to keep its rows. For `CREATE TABLE
 * t AS SELECT ... FROM table` that is the source's store: a pull query then applies filter and
 * projection itself. A push query has no result to look up. */
static const wr_step *find_materialized(wr_step *root)
{
    if (!root->table)
        return NULL;
    for (wr_step *s = root;; s = s->in[0]) {
        switch (s->kind) {
        case WR_STEP_SINK:
        case WR_STEP_COLLECT:
        case WR_STEP_SELECT:
        case WR_STEP_FILTER:
        case WR_STEP_SUPPRESS:
            break;
        case WR_STEP_SOURCE:
            s->u.source.materialize = true;
            return s;
        case WR_STEP_TABLE_TABLE_JOIN:
        case WR_STEP_FK_JOIN:
            s->u.join.materialize = true;
            return s;
        case WR_STEP_AGGREGATE:
            return s;
        default:
            return NULL;
        }
    }
}

/* All that can only be decided when the whole tree is there, in this order: sub-topologies; who
 * needs old rows; what pull queries read; which source filters; and from all of that the stores.
 * After this the plan is read-only. */
void wr__finish_plan(wr__builder *b, wr_step *root)
{
    WR_ASSERT(root == b->steps.v[b->steps.n - 1]); /* the last one that was built */
    wr_plan *p = b->plan;
    uint32_t regions = 1;
    assign_subtopologies(root, 0, &regions);
    for (size_t i = 0; i < b->steps.n; i++) {
        wr_step *s = b->steps.v[i];
        s->subtopology = regions - 1 - s->subtopology;
        if (s->kind == WR_STEP_FK_JOIN)
            s->u.join.right_subtopology = regions - 1 - s->u.join.right_subtopology;
    }
    propagate_old(b);
    p->subtopologies_n = regions;
    p->root = root;
    p->materialized = root->kind == WR_STEP_COLLECT ? NULL : find_materialized(root);
    p->steps = b->steps.v;
    p->steps_n = (uint32_t)b->steps.n;
    p->topics = b->topics.v;
    p->topics_n = (uint32_t)b->topics.n;
    wr__plan_dead_letter_partitions(p);
    wr_plan_push_filters(p);
    find_placed(p);
    const wr_settings *settings = b->an->env->settings;
    p->exact_division = wr_settings_exact_division(settings);
    p->one_scope = !wr_settings_bool(settings, "ksql.nested.error.set.null", true);
    if (p->root->kind == WR_STEP_SINK && p->root->u.sink.value.format->can_infer)
        p->root->u.sink.value.options.id_in_header = wr_settings_schema_id_in_header(settings);
    p->kafka_exact = wr_settings_bool(settings, "weir.kafka.streams.exact", false);
    wr_plan_add_stores(p, &b->an->env->catalog->types);
    wr__assert_plan(p);
}
