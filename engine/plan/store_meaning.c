/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the bytes of a store mean, and what a query as a whole does, as text: a line "label: fact"
 * for each thing that would make the same bytes, or the same offsets, mean something else.
 *
 *     CREATE TABLE c AS SELECT u.name AS n, COUNT(*) FROM users u WINDOW TUMBLING (SIZE 1 MINUTE)
 *         WHERE u.age > 3 GROUP BY u.name;
 *
 *     store: states, window
 *     format: 1
 *     input: STREAM
 *     key: `users.NAME:STRING`
 *     window: TUMBLING 60000 ms
 *     grace: 86340000 ms
 *     retention: 86400000 ms
 *     emit: CHANGES
 *     function: COUNT(*)
 *     source: STREAM users, time of the record
 *
 * Columns are those of sources, written `topic.NAME:TYPE`: whatever lies between is looked through.
 * For rows that are stored as they come, that is the way down the steps, column by column; for
 * expressions, the syntax tree that the planner compiled them from, in which every column already
 * is one of a source. Expressions are rewritten to one spelling and printed with all parentheses.
 *
 * All stores of a step have the text of the whole step: they are of use only together.
 *
 * Left out on purpose: filters and the projection, which CREATE OR REPLACE may change (upgrade.c);
 * formats and partitions of topics, since stored bytes are in codecs of our own.
 */
#include "engine/plan/plan_stores.h"
#include "parser/parser.h"

/* Raise it when the bytes that an operator stores change their form. */
#define STORED_FORM 1

typedef struct meaning {
    const wr_plan *plan;
    const wr_map *types;
    wr_buf out;
    uint32_t depth; /* of indentation: what feeds the step */
    bool timed;     /* the step looks at times: which one a source gives counts */
} meaning;

/* ---- lines ---- */

/* The text may hold anything that a quoted name can: it must not look like a line of its own.
 * Backslashes are escaped as well, or a name with a backslash and an n would look like one with a
 * line break. */
static void put_escaped(wr_buf *out, wr_str text)
{
    for (uint32_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n')
            wr_buf_puts(out, "\\n");
        else if (c == '\\')
            wr_buf_puts(out, "\\\\");
        else
            wr_buf_putc(out, c);
    }
}

/* Takes @p text, which is freed. Two blanks for each level. */
static void put_line(meaning *m, const char *label, wr_buf *text)
{
    for (uint32_t i = 0; i < m->depth; i++)
        wr_buf_puts(&m->out, "  ");
    wr_buf_printf(&m->out, "%s: ", label);
    put_escaped(&m->out, wr_buf_view(text));
    wr_buf_putc(&m->out, '\n');
    wr_buf_free(text);
}

static void line(meaning *m, const char *label, const char *fmt, ...) WR_PRINTF(3, 4);
/* One fact. Labels are for people and for wr_plan_store_difference: the same label, the same fact.
 */
static void line(meaning *m, const char *label, const char *fmt, ...)
{
    wr_buf text = {0};
    va_list ap;
    va_start(ap, fmt);
    wr_buf_vprintf(&text, fmt, ap);
    va_end(ap);
    put_line(m, label, &text);
}

/* ---- columns ---- */

/* A source goes by its topic; where one is read twice (as a stream and as a table), also by the
 * place among its readers. By topic, not by the stream's name: the name may be dropped and given to
 * another topic, and the state would be of other records. The order of readers is that of steps,
 * which follows from FROM and JOIN. */
static void put_source(meaning *m, wr_buf *out, const wr_step *source)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < source->id; i++) {
        const wr_step *s = m->plan->steps[i];
        before += s->kind == WR_STEP_SOURCE && s->u.source.topic == source->u.source.topic;
    }
    wr_buf_puts(out, m->plan->topics[source->u.source.topic].name);
    if (before)
        wr_buf_printf(out, "#%u", before + 1);
}

/* `users.NAME:STRING`. A column whose type changed has other bytes in the store. */
static void put_source_column(meaning *m, wr_buf *out, const wr_step *source, const char *name)
{
    const wr_step_source *cfg = &source->u.source;
    put_source(m, out, source);
    wr_buf_printf(out, ".%s", name);
    for (uint32_t c = 0; c < cfg->columns_n; c++) {
        if (strcmp(cfg->columns[c].name, name) != 0)
            continue;
        wr_buf_putc(out, ':');
        wr_type_print(out, cfg->columns[c].type);
        return;
    }
    /* a pseudo column: its name says its type */
}

/* Aliases are unique in a query; they do not outlive this look-up. NULL: the qualifier is no source
 * of this plan. */
static const wr_step *source_of_alias(const meaning *m, const char *alias)
{
    for (uint32_t i = 0; i < m->plan->steps_n; i++) {
        const wr_step *s = m->plan->steps[i];
        if (s->kind == WR_STEP_SOURCE && s->u.source.alias && strcmp(s->u.source.alias, alias) == 0)
            return s;
    }
    return NULL;
}

/* ---- expressions in one spelling ---- */

/* Parameters of lambdas around an expression, numbered from the outside in. */
typedef struct params {
    const wr_ast_expr *lambda;
    uint32_t first; /* number of its first parameter */
    const struct params *outer;
} params;

/* The innermost parameter of that name: what the expression means by it. NULL: a name that no
 * lambda around it has. */
static const char *param_name(meaning *m, const params *p, const char *name)
{
    for (; p; p = p->outer)
        for (size_t i = 0; i < p->lambda->names_n; i++)
            if (strcmp(p->lambda->names[i].name, name) == 0)
                return wr_arena_printf(m->plan->arena, "$%u", p->first + (uint32_t)i);
    return NULL;
}

/* A column becomes a name that says source and type; a lambda's parameter its number. Whatever is
 * neither stays as it is written: the key that a join made up (ROWKEY). */
static void rewrite_column(meaning *m, wr_ast_expr *e, const params *p)
{
    const char *name = e->name.name;
    const wr_step *source = e->qualifier.name ? source_of_alias(m, e->qualifier.name) : NULL;
    if (!e->qualifier.name) {
        const char *param = param_name(m, p, name);
        e->name.name = param ? param : name;
        return;
    }
    if (!source)
        return;
    wr_buf text = {0};
    put_source_column(m, &text, source, name);
    e->name.name = wr_arena_strndup(m->plan->arena, text.ptr, text.len);
    e->qualifier = (wr_ast_name){0};
    wr_buf_free(&text);
}

/* A registered type is written out: its name may come to stand for another one. On failure the type
 * stays as written, which makes the meaning differ more often, never less. */
static void rewrite_type(meaning *m, wr_ast_expr *e)
{
    const wr_type *t;
    weir_error ignored; /* it was resolved before, when the expression was compiled */
    if (wr_expr_resolve_type(e->type, m->types, m->plan->arena, &t, &ignored) != WEIR_OK)
        return;
    wr_ast_type *type = WR_NEW(m->plan->arena, wr_ast_type);
    type->kind = WR_AST_TYPE_NAME;
    type->name.name = wr_type_text(m->plan->arena, t);
    e->type = type;
}

/* A copy in one spelling: columns by source, parameters by number, types written out, functions
 * under their registered names, numbers in one form. The tree's shape stays: a + b is not b + a,
 * which may fail where the other does not. 17 digits are enough to tell any two DOUBLEs apart. @p
 * p: the lambdas around @p from, innermost first. */
static wr_ast_expr *rewrite(meaning *m, const wr_ast_expr *from, const params *p)
{
    wr_arena *a = m->plan->arena;
    wr_ast_expr *e = wr_arena_memdup(a, from, sizeof *from);
    params own = {from, 1, p};
    if (p)
        own.first = p->first + (uint32_t)p->lambda->names_n;
    if (e->kind == WR_AST_LAMBDA) {
        e->names = wr_arena_memdup(a, e->names, e->names_n * sizeof *e->names);
        for (size_t i = 0; i < e->names_n; i++)
            e->names[i].name = wr_arena_printf(a, "$%u", own.first + (uint32_t)i);
        p = &own;
    }
    if (e->kind == WR_AST_COLUMN)
        rewrite_column(m, e, p);
    if (e->kind == WR_AST_CAST)
        rewrite_type(m, e);
    if (e->kind == WR_AST_DOUBLE) {
        char *text = wr_arena_printf(a, "%.17gE0", e->u.real);
        e->text = wr_str_c(text);
    }
    const wr_function *f =
        e->kind == WR_AST_CALL ? wr_function_find(NULL, wr_str_c(e->name.name)) : NULL;
    if (f)
        e->name.name = f->name;
    e->args = WR_NEW_N(a, wr_ast_expr *, e->args_n);
    for (size_t i = 0; i < e->args_n; i++)
        e->args[i] = rewrite(m, from->args[i], p);
    if (e->else_)
        e->else_ = rewrite(m, from->else_, p);
    return e;
}

static bool divides(const wr_ast_expr *e)
{
    bool found = e->kind == WR_AST_ARITHMETIC && e->op == WR_AST_DIV;
    for (size_t i = 0; i < e->args_n && !found; i++)
        found = divides(e->args[i]);
    return found || (e->else_ && divides(e->else_));
}

/* All parentheses are written, so that precedence need not be known to compare. Settings that
 * change what the expression gives are said where they are not the default's, and where they can
 * matter: the tree has no types, so any division could be one of DECIMALs; and whether the parts of
 * an expression fail one by one shows only where they have parts themselves. */
static void put_expr(meaning *m, wr_buf *out, const wr_ast_expr *e)
{
    wr_ast_print_expr_parens(out, rewrite(m, e, NULL));
    if (m->plan->exact_division && divides(e))
        wr_buf_puts(out, ", quotients exact or NULL");
    if (m->plan->one_scope && e->height > 2)
        wr_buf_puts(out, ", NULL as a whole where a part fails");
}

/* ---- stored columns ---- */

static void put_column(meaning *m, wr_buf *out, const wr_step *s, uint32_t c);

/* A pseudo column, made a column by a SELECT: of the source where there is but one below. Below a
 * join there are two sources, and which one is meant is in the slot's name, not here. */
static void put_pseudo(meaning *m, wr_buf *out, const wr_step *s, const wr_expr *e)
{
    while (s->in_n == 1)
        s = s->in[0];
    if (s->kind == WR_STEP_SOURCE) {
        put_source(m, out, s);
        wr_buf_putc(out, '.');
    }
    wr_expr_print(out, e);
}

/* Below a store there are only projections that rename; should another come, its text stands for
 * it. A reference is followed down; what it is called on the way does not matter. */
static void put_selected(meaning *m, wr_buf *out, const wr_step *s, uint32_t c)
{
    const wr_expr *e = s->u.select[c];
    const wr_ref *ref = wr_expr_as_ref(e);
    if (ref && ref->kind == WR_REF_COLUMN)
        put_column(m, out, s->in[0], ref->index);
    else if (ref)
        put_pseudo(m, out, s->in[0], e);
    else
        wr_expr_print(out, e);
}

/* A joined row has the left side's columns, keys first, then the right side's values. The right
 * side's key is not among the columns: it equals the left side's. */
static void put_joined(meaning *m, wr_buf *out, const wr_step *s, uint32_t c)
{
    const wr_schema *l = s->in[0]->schema;
    if (c < l->n) /* a key column: the left side's stands for both */
        put_column(m, out, s->in[0], c);
    else
        put_column(m, out, s->in[1], s->in[1]->schema->keys_n + (c - l->n));
}

/* What comes out of an aggregate is a column too, for a join or another grouping above it.
 * `carried` are columns that ksqlDB would keep beside an aggregate; see wr_step_aggregate. */
static void put_aggregated(meaning *m, wr_buf *out, const wr_step *s, uint32_t c)
{
    const wr_step_aggregate *cfg = &s->u.aggregate;
    uint32_t keys_n = s->schema->keys_n;
    if (c < keys_n)
        put_column(m, out, s->in[0], c);
    else if (c < keys_n + cfg->carried_n)
        put_column(m, out, s->in[0], cfg->carried[c - keys_n]);
    else
        put_expr(m, out, cfg->calls_ast[c - keys_n - cfg->carried_n]);
}

/* Column @p c of the output of @p s, in terms of sources. Recursion goes down the tree of steps,
 * which is as deep as the statement has joins and clauses. */
static void put_column(meaning *m, wr_buf *out, const wr_step *s, uint32_t c)
{
    WR_ASSERT(c < s->schema->n);
    switch (s->kind) {
    case WR_STEP_SOURCE:
        put_source_column(m, out, s, s->u.source.columns[s->u.source.output[c]].name);
        return;
    case WR_STEP_SELECT:
        put_selected(m, out, s, c);
        return;
    case WR_STEP_FLAT_MAP:
        if (c < s->in[0]->schema->n)
            put_column(m, out, s->in[0], c);
        else
            wr_expr_print(out, s->u.flat_map.arrays[c - s->in[0]->schema->n]);
        return;
    case WR_STEP_SELECT_KEY:
    case WR_STEP_TABLE_GROUP_BY:
        if (c < s->schema->keys_n)
            put_expr(m, out, s->u.select_key.keys_ast[c]);
        else
            put_column(m, out, s->in[0], s->u.select_key.values[c - s->schema->keys_n]);
        return;
    case WR_STEP_AGGREGATE:
        put_aggregated(m, out, s, c);
        return;
    case WR_STEP_STREAM_STREAM_JOIN:
    case WR_STEP_STREAM_TABLE_JOIN:
    case WR_STEP_TABLE_TABLE_JOIN:
    case WR_STEP_FK_JOIN:
        put_joined(m, out, s, c);
        return;
    case WR_STEP_FILTER:
    case WR_STEP_REPARTITION:
    case WR_STEP_SUPPRESS:
    case WR_STEP_SINK:
    case WR_STEP_COLLECT:
        put_column(m, out, s->in[0], c);
        return;
    }
    WR_UNREACHABLE();
}

/* In the order in which they are stored: another order is another meaning of the same bytes. */
static void put_columns(meaning *m, const wr_step *s, const char *key, const char *value)
{
    for (uint32_t c = 0; c < s->schema->n; c++) {
        wr_buf text = {0};
        put_column(m, &text, s, c);
        put_line(m, c < s->schema->keys_n ? key : value, &text);
    }
}

/* ---- steps ---- */

/* Effective values, so that a default that is written out is no difference. Also the retention: a
 * store with another one has dropped other windows. */
static void put_window(meaning *m, const wr_window *w)
{
    if (w->kind == WR_WINDOW_NONE)
        return;
    wr_buf text = {0};
    wr_buf_printf(&text, "%s %lld ms", wr_window_kind_name(w->kind), (long long)w->size_ms);
    if (w->kind == WR_WINDOW_HOPPING)
        wr_buf_printf(&text, ", advance %lld ms", (long long)w->advance_ms);
    put_line(m, "window", &text);
    line(m, "grace", "%lld ms", (long long)w->grace_ms);
    line(m, "retention", "%lld ms", (long long)w->retention_ms);
    const char *as_kafka = m->plan->kafka_exact ? "FINAL, as in Kafka Streams" : "FINAL";
    line(m, "emit", "%s", w->emit_final ? as_kafka : "CHANGES");
}

/* Which time a source gives its rows matters only to who looks at times. A windowed source's keys
 * have the window in them, so that is a fact, too. */
static void put_source_line(meaning *m, const wr_step *s)
{
    const wr_step_source *cfg = &s->u.source;
    wr_buf text = {0};
    wr_buf_puts(&text, s->table ? "TABLE " : "STREAM ");
    put_source(m, &text, s);
    if (cfg->window.kind != WR_WINDOW_NONE)
        wr_buf_printf(&text, ", key of %s %lld ms", wr_window_kind_name(cfg->window.kind),
                      (long long)cfg->window.size_ms);
    if (m->timed && cfg->timestamp_column < 0)
        wr_buf_puts(&text, ", time of the record");
    else if (m->timed)
        wr_buf_printf(&text, ", time of %s %s", cfg->columns[cfg->timestamp_column].name,
                      cfg->timestamp_format ? cfg->timestamp_format : "");
    put_line(m, "source", &text);
}

/* The nearest step at or below @p s that has state of its own, or the source. Ends: every chain of
 * inputs ends at a source. FLAT_MAP, FILTER and the projection are looked through. */
static const wr_step *with_state(const wr_step *s)
{
    for (;; s = s->in[0]) {
        switch (s->kind) {
        case WR_STEP_SOURCE:
        case WR_STEP_AGGREGATE:
        case WR_STEP_STREAM_STREAM_JOIN:
        case WR_STEP_STREAM_TABLE_JOIN:
        case WR_STEP_TABLE_TABLE_JOIN:
        case WR_STEP_FK_JOIN:
            return s;
        default:
            break;
        }
    }
}

static void put_step(meaning *m, const wr_step *s);

/* In which partition's store a key's state is. State that lies elsewhere would not be found, and a
 * key would begin anew in silence. Not said where it follows from the rest: of rows that lie as in
 * their topic, and of those that move to a new key by the usual partitioner. */
static void put_place(meaning *m, const wr_step *in)
{
    const wr_step *end = with_state(in);
    for (const wr_step *s = in; s != end; s = s->in[0]) {
        const wr_step_repartition *cfg = &s->u.repartition;
        if (s->kind != WR_STEP_REPARTITION)
            continue;
        if (cfg->replaces || cfg->partitioner != WR_PARTITIONER_MURMUR2)
            line(m, "placed by", "%s", wr_partitioner_name(cfg->partitioner));
        return;
    }
}

/* What feeds the step: a source, or a step with state, whose facts count as well. `timed` is
 * restored: a join's inputs do not look at times because the other one does. */
static void put_input(meaning *m, const wr_step *in)
{
    put_place(m, in);
    const wr_step *s = with_state(in);
    if (s->kind == WR_STEP_SOURCE) {
        put_source_line(m, s);
        return;
    }
    bool timed = m->timed;
    line(m, "from", "%s", s->name);
    m->depth++;
    put_step(m, s);
    m->depth--;
    m->timed = timed;
}

/* The state's type is written beside the function: a function whose state gets another form in a
 * later version then has another meaning. */
static void put_aggregate(meaning *m, const wr_step *s)
{
    const wr_step_aggregate *cfg = &s->u.aggregate;
    m->timed = m->timed || cfg->window.kind != WR_WINDOW_NONE;
    line(m, "input", "%s", cfg->input_table ? "TABLE, changes are undone" : "STREAM");
    for (uint32_t c = 0; c < s->schema->keys_n; c++) {
        wr_buf text = {0};
        put_column(m, &text, s, c);
        put_line(m, "key", &text);
    }
    put_window(m, &cfg->window);
    for (uint32_t i = 0; i < cfg->carried_n; i++) {
        wr_buf text = {0};
        put_column(m, &text, s->in[0], cfg->carried[i]);
        put_line(m, "carried", &text);
    }
    for (uint32_t i = 0; i < cfg->aggregates_n; i++) {
        wr_buf text = {0};
        put_expr(m, &text, cfg->calls_ast[i]);
        wr_buf_puts(&text, ", kept as ");
        wr_type_print(&text, cfg->calls[i]->state_type);
        put_line(m, "function", &text);
    }
    put_input(m, s->in[0]);
}

/* The span decides what is joined; grace and retention, how long rows are there to be joined. */
static void put_within(meaning *m, const wr_step_join *j)
{
    line(m, "within", "%lld ms before, %lld ms after", (long long)j->before_ms,
         (long long)j->after_ms);
    line(m, "grace", "%lld ms", (long long)j->grace_ms);
    line(m, "retention", "%lld ms", (long long)j->retention_ms);
    if (j->kind != WR_AST_JOIN_INNER)
        line(m, "unmatched rows", "%s%s", j->has_grace ? "wait for the window's end" : "go at once",
             j->exact ? ", as in Kafka Streams" : "");
}

/* In which partitions the other side finds what one has sent to it: subscriptions, and results. */
static void put_fk_places(meaning *m, const wr_step_join *j)
{
    if (j->right_partitioner != WR_PARTITIONER_MURMUR2)
        line(m, "asks by", "%s", wr_partitioner_name(j->right_partitioner));
    if (j->left_partitioner != WR_PARTITIONER_MURMUR2)
        line(m, "answers by", "%s", wr_partitioner_name(j->left_partitioner));
}

/* Both sides' keys and columns, in stored order; then what feeds either side. */
static void put_join(meaning *m, const wr_step *s)
{
    static const char *const kinds[] = {
        [WR_AST_JOIN_INNER] = "INNER",
        [WR_AST_JOIN_LEFT] = "LEFT",
        [WR_AST_JOIN_RIGHT] = "RIGHT",
        [WR_AST_JOIN_FULL] = "FULL",
    };
    const wr_step_join *j = &s->u.join;
    line(m, "join", "%s %s", s->name, kinds[j->kind]);
    if (s->kind == WR_STEP_STREAM_STREAM_JOIN) {
        m->timed = true;
        put_within(m, j);
    }
    if (s->kind == WR_STEP_FK_JOIN) {
        wr_buf text = {0};
        put_expr(m, &text, j->fk_ast);
        put_line(m, "foreign key", &text);
        put_fk_places(m, j);
    }
    /* The stream of a stream-table join is kept nowhere: it may change as a projection may. */
    if (s->kind != WR_STEP_STREAM_TABLE_JOIN) {
        put_columns(m, s->in[0], "left key", "left column");
        put_input(m, s->in[0]);
    }
    put_columns(m, s->in[1], "right key", "right column");
    put_input(m, s->in[1]);
}

/* Called for steps with_state stops at, and for a source with a store. */
static void put_step(meaning *m, const wr_step *s)
{
    switch (s->kind) {
    case WR_STEP_SOURCE:
        put_columns(m, s, "key", "column");
        put_source_line(m, s);
        return;
    case WR_STEP_AGGREGATE:
        put_aggregate(m, s);
        return;
    case WR_STEP_STREAM_STREAM_JOIN:
    case WR_STEP_STREAM_TABLE_JOIN:
    case WR_STEP_TABLE_TABLE_JOIN:
    case WR_STEP_FK_JOIN:
        put_join(m, s);
        return;
    default:
        WR_UNREACHABLE(); /* with_state stops at no other step, and no other one has a store */
    }
}

/* In the plan's arena, written to the catalog of stores beside the fingerprint, so that a later
 * plan can say how it differs. */
const char *wr__store_meaning(const wr_plan *plan, const wr_plan_store *s, const wr_map *types)
{
    static const char *const whats[WR_PLAN_STORE_ROLES] = {
        [WR_PLAN_STORE_ROWS] = "rows",        [WR_PLAN_STORE_LEFT] = "left rows",
        [WR_PLAN_STORE_RIGHT] = "right rows", [WR_PLAN_STORE_OUTER] = "rows without a partner",
        [WR_PLAN_STORE_TIMES] = "times",      [WR_PLAN_STORE_SUBSCRIPTIONS] = "subscriptions",
    };
    meaning m = {.plan = plan, .types = types};
    bool states = s->role == WR_PLAN_STORE_ROWS && s->step->kind == WR_STEP_AGGREGATE;
    line(&m, "store", "%s, %s", states ? "states" : whats[s->role], wr_plan_store_kind_name(s));
    line(&m, "form", "%d", STORED_FORM);
    put_step(&m, s->step);
    const char *text = wr_arena_strndup(plan->arena, m.out.ptr, m.out.len);
    wr_buf_free(&m.out);
    return text;
}

/* ---- the query ---- */

/* Where rows go, and how they are written there: whoever reads the sink has read its records in
 * these formats, with these columns. */
static void put_sink(meaning *m, const wr_step *root)
{
    WR_ASSERT(root->kind == WR_STEP_SINK);
    const wr_step_sink *cfg = &root->u.sink;
    line(m, "sink", "%s, %s key, %s value", m->plan->topics[cfg->topic].name, cfg->key.format->name,
         cfg->value.format->name);
    if (cfg->partitioner != WR_PARTITIONER_MURMUR2)
        line(m, "sink partitioner", "%s", wr_partitioner_name(cfg->partitioner));
    if (cfg->window.kind != WR_WINDOW_NONE)
        line(m, "sink window", "%s %lld ms", wr_window_kind_name(cfg->window.kind),
             (long long)cfg->window.size_ms);
    if (cfg->timestamp_column >= 0)
        line(m, "sink time", "%s %s", root->schema->cols[cfg->timestamp_column].name,
             cfg->timestamp_format ? cfg->timestamp_format : "");
    for (uint32_t c = 0; c < root->schema->n; c++) {
        wr_buf text = {0};
        wr_buf_printf(&text, "%s ", root->schema->cols[c].name);
        wr_type_print(&text, root->schema->cols[c].type);
        put_line(m, c < root->schema->keys_n ? "sink key" : WR__SINK_COLUMN, &text);
    }
}

/* What the offsets are of. Another format would read the same records, and could find other keys in
 * them. */
static void put_input_topic(meaning *m, const wr_step *s)
{
    const wr_step_source *cfg = &s->u.source;
    line(m, "source", "%s %s, %s key, %s value", s->table ? "TABLE" : "STREAM",
         m->plan->topics[cfg->topic].name, cfg->key.format->name, cfg->value.format->name);
}

/* PARTITION BY of a query without state; where there is state, its meaning has the keys. */
static void put_new_keys(meaning *m, const wr_step *s)
{
    const wr_step_select_key *cfg = &s->u.select_key;
    for (uint32_t k = 0; !cfg->keyless && cfg->keys_ast && k < s->schema->keys_n; k++) {
        wr_buf text = {0};
        put_expr(m, &text, cfg->keys_ast[k]);
        put_line(m, "partition by", &text);
    }
}

/* Each store with its own meaning below it, so that one text says everything: a store that is added
 * or goes is a difference as well. */
static void put_states(meaning *m)
{
    for (uint32_t i = 0; i < m->plan->stores_n; i++) {
        const wr_plan_store *s = &m->plan->stores[i];
        line(m, "state", "%s", s->name);
        for (const char *at = s->meaning; *at;) {
            size_t n = strcspn(at, "\n") + 1;
            wr_buf_printf(&m->out, "  %.*s", (int)n, at);
            at += n;
        }
    }
}

/* In order of what a reader wants to hear of first. Filters and the projection are left out, as
 * with stores: what may change of them in place shows in the sink's columns. */
const char *wr__query_meaning(const wr_plan *plan, const wr_map *types)
{
    meaning m = {.plan = plan, .types = types};
    put_states(&m);
    for (uint32_t i = 0; i < plan->steps_n; i++)
        if (plan->steps[i]->kind == WR_STEP_SOURCE)
            put_input_topic(&m, plan->steps[i]);
    for (uint32_t i = 0; i < plan->steps_n && !plan->stores_n; i++)
        if (plan->steps[i]->kind == WR_STEP_SELECT_KEY)
            put_new_keys(&m, plan->steps[i]);
    if (plan->root->kind == WR_STEP_SINK)
        put_sink(&m, plan->root);
    WR_ASSERT(m.out.len > 0 && m.depth == 0); /* every plan has a source */
    const char *text = wr_arena_strndup(plan->arena, m.out.ptr, m.out.len);
    wr_buf_free(&m.out);
    return text;
}
