/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FROM a JOIN b ON ... JOIN c ...: left-deep, in the order written (dialect.md section 11).
 *
 * Each side is read, its used columns are put into the value under names of their own
 * (alias_column), it is re-keyed and repartitioned where the join expression is not its key, and
 * the join step puts left values and right values side by side.
 *
 *     SELECT ... FROM a JOIN b WITHIN 1 HOUR ON a.x = b.id
 *
 *     Source a ─ Select A_* ─ SelectKey x ─ Repartition ─┐
 *                                                        Join ─ ...
 *     Source b ─ Select B_* ─────────────────────────────┘
 *
 * Both sides of a join must have the same key in the same form on the same partition. So a stream
 * that is not keyed by its side of ON goes through a topic; tables cannot, since a row that moves
 * to another key would leave its old one behind. Where both sides stay, but their keys are written
 * in different formats, or its rows lie by another partitioner, equal keys may lie on different
 * partitions: then one side is written again.
 *
 * What may be joined, and by what, is refused here with ksqlDB's words; a join that gets through
 * has an operator that can do it.
 */
#include "engine/plan/analysis.h"
#include "engine/plan/durations.h"
#include "parser/parser.h"

#include <stdio.h>

/* One JOIN with its condition taken apart: which side of `=` belongs to what is joined so far, and
 * which one to the new relation. People write them in either order. */
typedef struct join_sides {
    const wr_ast_join *join;
    wr_ast_expr *on;           /* qualified */
    wr_ast_expr *left, *right; /* the expression over what is joined so far / over the new source */
    uint32_t index;            /* of the new source */
} join_sides;

/* Relations in messages go by the name of the source, not by their alias: so does ksqlDB. @p i is
 * the relation's place in FROM and JOIN. */
static const char *source_text(const wr__builder *b, uint32_t i)
{
    return b->an->relations[i].name;
}

/* Every message about ON shows what was written there. @p what is a whole sentence. */
static weir_status bad_condition(wr__builder *b, const join_sides *s, const char *what,
                                 weir_error *err)
{
    wr_buf text = {0};
    if (s->left) { /* it is an equality: shown without parentheses */
        wr__print_expr(b->an, &text, s->on->args[0]);
        wr_buf_puts(&text, " = ");
        wr__print_expr(b->an, &text, s->on->args[1]);
    } else {
        wr__print_expr(b->an, &text, s->on);
    }
    wr_error_at(err, WEIR_ERR_STATEMENT, s->on->pos, "Invalid join condition: %s Got %s.", what,
                wr_buf_cstr(&text));
    wr_buf_free(&text);
    return WEIR_ERR_STATEMENT;
}

/* A side that reads two relations, or none, could not be computed before the join. A literal reads
 * none: `ON a.x = 1` is a filter, not a join. */
static weir_status check_one_source(wr__builder *b, const join_sides *s, const wr_ast_expr *e,
                                    weir_error *err)
{
    if (__builtin_popcount(wr__sources_of(b->an, e)) == 1)
        return WEIR_OK;
    wr_buf side = {0}, all = {0};
    wr__print_expr(b->an, &side, e);
    wr__print_expr(b->an, &all, s->on);
    wr_error_at(err, WEIR_ERR_STATEMENT, e->pos,
                "Invalid comparison expression '%s' in join '%s'. Each side of the join "
                "comparision must contain references from exactly one source.",
                wr_buf_cstr(&side), wr_buf_cstr(&all));
    wr_buf_free(&side);
    wr_buf_free(&all);
    return WEIR_ERR_STATEMENT;
}

/* One equality, one side over the new relation, the other over one that is joined already:
 * relations are bits, those before the new one are all lower bits.
 *
 *     FROM a JOIN b ON b.id = a.x           left a.x, right b.id
 *     ... JOIN c ON c.id = b.y              left b.y, right c.id
 *     ... JOIN c ON a.x = b.id              refused: c is on neither side, a circle
 *     ... JOIN c ON c.x = d.id JOIN d ...   refused: d is not there yet */
static weir_status split_sides(wr__builder *b, uint32_t join_index, join_sides *s, weir_error *err)
{
    wr__analysis *an = b->an;
    s->join = &an->query->joins[join_index];
    s->on = an->on[join_index];
    s->index = join_index + 1;
    if (s->on->kind == WR_AST_AND || s->on->kind == WR_AST_OR)
        return bad_condition(b, s, "joins on multiple conditions are not yet supported.", err);
    if (s->on->kind != WR_AST_COMPARE || s->on->op != WR_AST_EQ)
        return wr_error_at(err, WEIR_ERR_STATEMENT, s->on->pos,
                           "Only equality join criteria is supported.");
    WR_TRY(check_one_source(b, s, s->on->args[0], err));
    WR_TRY(check_one_source(b, s, s->on->args[1], err));
    uint32_t first = wr__sources_of(an, s->on->args[0]),
             second = wr__sources_of(an, s->on->args[1]);
    if (first == second) {
        const char *name = an->relations[__builtin_ctz(first)].alias;
        return wr_error_at(err, WEIR_ERR_STATEMENT, s->on->pos,
                           "Each side of the join must reference exactly one source and not the "
                           "same source. Left side references `%s` and right references `%s`",
                           name, name);
    }
    /* WR__SOURCES_MAX is 32, so every relation has a bit. */
    uint32_t fresh = 1u << s->index, before = fresh - 1;
    if (first == fresh && (second & before)) {
        s->left = s->on->args[1];
        s->right = s->on->args[0];
    } else if (second == fresh && (first & before)) {
        s->left = s->on->args[0];
        s->right = s->on->args[1];
    } else if ((first & before) && (second & before)) {
        return wr_error_at(err, WEIR_ERR_STATEMENT, s->on->pos,
                           "Cannot perform circular join - both `%s` and `%s` are already included "
                           "in the current join tree.",
                           an->relations[__builtin_ctz(second)].alias,
                           an->relations[__builtin_ctz(first)].alias);
    } else {
        return wr_error_at(err, WEIR_ERR_STATEMENT, s->on->pos,
                           "Cannot build JOIN tree; neither source in the join is the FROM source "
                           "or included in a previous JOIN: `%s` and `%s`.",
                           an->relations[__builtin_ctz(first)].alias,
                           an->relations[__builtin_ctz(second)].alias);
    }
    return WEIR_OK;
}

/* Equal keys must be equal bytes: no implicit cast, since 1 and 1.0 are written differently. Not
 * only for partitions: the stores of both sides are looked into with the other side's key. */
static weir_status check_types(wr__builder *b, const join_sides *s, weir_error *err)
{
    const wr_type *lt, *rt;
    WR_TRY(wr__type_of(b->an, s->left, &lt, err));
    WR_TRY(wr__type_of(b->an, s->right, &rt, err));
    if (wr_type_equal(lt, rt))
        return WEIR_OK;
    wr_buf l = {0}, r = {0};
    wr__print_expr(b->an, &l, s->left);
    wr__print_expr(b->an, &r, s->right);
    wr_error_at(err, WEIR_ERR_STATEMENT, s->on->pos,
                "Invalid join condition: types don't match. Got %s{%s} = %s{%s}.", wr_buf_cstr(&l),
                wr_type_text(b->plan->arena, lt), wr_buf_cstr(&r),
                wr_type_text(b->plan->arena, rt));
    wr_error_hint(err, "CAST one side");
    wr_buf_free(&l);
    wr_buf_free(&r);
    return WEIR_ERR_STATEMENT;
}

/* Is the stage already keyed by @p e, or by something that an earlier join made equal to it? Keys
 * of several columns never match: ksqlDB joins on one expression only. */
static bool is_key(const wr__stage *st, const wr_ast_expr *e)
{
    if (st->keys_n != 1)
        return false;
    for (size_t i = 0; i < st->keys[0].viable.n; i++)
        if (wr_ast_expr_equal(st->keys[0].viable.v[i], e))
            return true;
    for (size_t i = 0; i < st->keys[0].equal.n; i++)
        if (wr_ast_expr_equal(st->keys[0].equal.v[i], e))
            return true;
    return false;
}

/* A windowed key joins a windowed key: the window is a part of what must be equal. Sessions have
 * other bounds than windows of a fixed size, so the two never meet. Windows of a fixed size that
 * differ in size are let through, as in ksqlDB: the key holds starts only. */
static weir_status check_windows(const wr__stage *l, const wr__stage *r, const wr_ast_join *j,
                                 weir_error *err)
{
    static const char *const names[] = {"not", "TUMBLING", "HOPPING", "SESSION"};
    bool lw = l->window.kind != WR_WINDOW_NONE, rw = r->window.kind != WR_WINDOW_NONE;
    if (lw != rw)
        return wr_error_at(err, WEIR_ERR_STATEMENT, j->pos,
                           "Can not join windowed source to non-windowed source.\n`%s` is %s "
                           "windowed\n`%s` is %s windowed",
                           l->name, names[l->window.kind], r->name, names[r->window.kind]);
    if (lw && (l->window.kind == WR_WINDOW_SESSION) != (r->window.kind == WR_WINDOW_SESSION))
        return wr_error_at(err, WEIR_ERR_STATEMENT, j->pos,
                           "Incompatible windowed sources.\nLeft source: %s\nRight source: %s",
                           names[l->window.kind], names[r->window.kind]);
    return WEIR_OK;
}

/* A task joins partition p of both sides, so there must be as many on either. Asked even where a
 * side is re-keyed through a topic of its own: its number of partitions is inherited from the
 * source. */
static weir_status check_partitions(const wr__stage *l, const wr__stage *r, const wr_ast_join *j,
                                    weir_error *err)
{
    if (l->partitions == r->partitions || !l->partitions || !r->partitions)
        return WEIR_OK; /* 0: not known, where a file is only checked */
    return wr_error_at(err, WEIR_ERR_STATEMENT, j->pos,
                       "Can't join `%s` with `%s` since the number of partitions don't match. `%s` "
                       "partitions = %d; `%s` partitions = %d. Please repartition either one so "
                       "that the number of partitions match.",
                       l->name, r->name, l->name, l->partitions, r->name, r->partitions);
}

/* How records lie in a topic: the form of the key, and the partition that follows from it. */
typedef struct layout {
    wr_format_use key;
    wr_partitioner by;
} layout;

/* What the stage's rows lie by now: as its topic's, or as the last internal one's. */
static layout layout_of(const wr__stage *st)
{
    return (layout){st->key_format, st->partitioner};
}

/* Equal keys of both are in partitions of one number: only then may both sides stay. */
static bool same_layout(const wr__stage *l, const wr__stage *r)
{
    return l->partitioner == r->partitioner && wr__same_key_layout(&l->key_format, &r->key_format);
}

/* Re-key @p st by @p e; its records go through a topic in which they lie as @p to says. Where @p e
 * is the key already, and only its form or place changes, what equals the key still does. */
static weir_status rekey(wr__builder *b, wr__stage *st, wr_ast_expr *e, const layout *to,
                         const char *side, weir_error *err)
{
    wr_arena *a = b->plan->arena;
    if (st->window.kind != WR_WINDOW_NONE)
        return wr_error_at(err, WEIR_ERR_STATEMENT, e->pos,
                           "Implicit repartitioning of windowed sources is not supported.");
    const char *name = e->kind == WR_AST_COLUMN ? e->name.name : "ROWKEY";
    char suffix[16] = "";
    if (b->joins_n)
        snprintf(suffix, sizeof suffix, "%u", b->joins_n + 1);
    bool same_key = is_key(st, e);
    wr__key before = st->keys_n ? st->keys[0] : (wr__key){0};
    WR_TRY(wr__build_select_key(b, st, &e, &name, 1, NULL, "StreamSelectKey",
                                wr_arena_printf(a, "Join%s-%s-SelectKey", suffix, side), err));
    st->step->u.select_key.clears_value = false;
    if (same_key) {
        st->keys[0].viable = before.viable;
        st->keys[0].equal = before.equal;
    }
    /* A new key needs no other reason to move: its state's meaning says the key. */
    bool replaces =
        same_key && (st->partitioner != to->by || st->partitioner == WR_PARTITIONER_NONE);
    wr_step *step = wr__build_repartition(b, st, &to->key, to->by,
                                          wr_arena_printf(a, "Join%s-%s", suffix, side));
    step->u.repartition.replaces = replaces;
    return WEIR_OK;
}

/* Bring both streams to the join key with one key format and one number of partitions. The cases,
 * with T for a table, which never moves by itself, and S for a stream:
 *
 *     S not keyed by ON                 moves
 *     S whose keys lie anywhere         moves (PARTITIONER = 'NONE')
 *     both keyed, same layout           nobody moves: form and partitioner are the same
 *     both keyed, layouts differ        the stream beside a table; of two streams the right one;
 *                                       of two tables the right one is written again under its key
 */
static weir_status rekey_sides(wr__builder *b, const join_sides *s, wr__stage *l, wr__stage *r,
                               weir_error *err)
{
    bool l_key = is_key(l, s->left), r_key = is_key(r, s->right);
    bool l_move = !l->step->table && (!l_key || l->partitioner == WR_PARTITIONER_NONE),
         r_move = !r->step->table && (!r_key || r->partitioner == WR_PARTITIONER_NONE);
    /* A side keeps its topic only if the other one's records lie in the same way. */
    bool r_again = false;
    if (!l_move && !r_move && !same_layout(l, r)) {
        l_move = r->step->table && !l->step->table;
        r_move = !r->step->table;
        r_again = !l_move && !r_move;
    }
    WR_TRY(check_partitions(l, r, s->join, err));
    if (r_again) { /* the table's key stays, and is written as the other one */
        bool replaces = l->partitioner != r->partitioner;
        wr_step *step = wr__build_repartition(
            b, r, &l->key_format, l->partitioner,
            b->joins_n ? wr_arena_printf(b->plan->arena, "Join%u-right", b->joins_n + 1)
                       : "Join-right");
        step->u.repartition.replaces = replaces;
    }
    WR_ASSERT(l_move || r_move || r_again || same_layout(l, r));
    layout to = l_move && !r_move ? layout_of(r) : layout_of(l);
    if (l_move && r_move)
        to.by = WR_PARTITIONER_MURMUR2;
    if (l_move)
        WR_TRY(rekey(b, l, s->left, &to, "left", err));
    if (l_move)
        to = layout_of(l); /* the topic may not be able to hold the key in that form */
    if (r_move)
        WR_TRY(rekey(b, r, s->right, &to, "right", err));
    return WEIR_OK;
}

/* What does not fit is refused at its own place, which says whether it was WITHIN or GRACE.
 * wr_ast_duration_ms multiplies by the unit; more than 64 bits of milliseconds is what fails. */
static weir_status duration(const wr_ast_duration *d, int64_t *out, weir_error *err)
{
    if (wr_ast_duration_ms(d, out))
        return WEIR_OK;
    return wr_error_at(err, WEIR_ERR_STATEMENT, d->pos, "Duration out of range");
}

/* WITHIN and GRACE PERIOD. The buffers keep a row as long as a partner may come for it: the whole
 * span and the grace. Default grace: what is left of a day (dialect.md section 11).
 *
 *     WITHIN 1 HOUR                               before 1 h, after 1 h, grace 22 h
 *     WITHIN (10 MINUTES, 0 SECONDS)              rows of the right up to 10 minutes older
 *     RIGHT JOIN ... WITHIN (10 MINUTES, 0 SECONDS)  rows of the left up to 10 minutes older:
 * ksqlDB plans it as a left join of the sides exchanged and leaves the span as it is */
static weir_status read_within(const wr__analysis *an, const wr_ast_join *j, wr_step_join *out,
                               weir_error *err)
{
    bool right = j->kind == WR_AST_JOIN_RIGHT;
    WR_TRY(duration(right ? &j->after : &j->before, &out->before_ms, err));
    WR_TRY(duration(right ? &j->before : &j->after, &out->after_ms, err));
    int64_t span_ms = wr__ms_add(out->before_ms, out->after_ms);
    out->has_grace = j->has_grace;
    if (j->has_grace)
        WR_TRY(duration(&j->grace, &out->grace_ms, err));
    else
        out->grace_ms = wr__ms_less(WR__DAY_MS, span_ms);
    /* At least a millisecond: rows of one time join, also WITHIN 0 SECONDS GRACE PERIOD 0 SECONDS,
     * where ksqlDB's stores keep nothing. */
    out->retention_ms = WR_MAX(wr__ms_add(span_ms, out->grace_ms), 1);
    WR_ASSERT(out->before_ms >= 0 && out->after_ms >= 0 && out->retention_ms > 0);
    int64_t interval_ms = wr_settings_int(
        an->env->settings,
        "ksql.streams.__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", 0);
    out->emit_interval_ms = WR_MAX(interval_ms, 0); /* a file's is not checked */
    out->exact = wr_settings_bool(an->env->settings, "weir.kafka.streams.exact", false);
    WR_ASSERT(out->emit_interval_ms >= 0 && out->grace_ms >= 0);
    return WEIR_OK;
}

/* The step's kind and its checks of who may join whom. The words are ksqlDB's, so that people find
 * them; it names the source of FROM, also in a later join. */
static weir_status join_kind(wr__builder *b, const join_sides *s, const wr__stage *l,
                             const wr__stage *r, wr_step_kind *kind, weir_error *err)
{
    const wr_ast_join *j = s->join;
    const char *lname = b->an->relations[0].name, *rname = source_text(b, s->index);
    if (!l->step->table && !r->step->table) {
        *kind = WR_STEP_STREAM_STREAM_JOIN;
        if (!j->has_within)
            return wr_error_at(err, WEIR_ERR_STATEMENT, j->pos,
                               "Stream-Stream joins must have a WITHIN clause specified. None was "
                               "provided. To learn about how to specify a WITHIN clause with a "
                               "stream-stream join, see the documentation of JOIN.");
        return WEIR_OK;
    }
    if (j->has_within)
        return wr_error_at(
            err, WEIR_ERR_STATEMENT, j->pos,
            "A window definition was provided for a %s join. These joins are not "
            "windowed. Please drop the window definition (ie. the WITHIN clause) and "
            "try to execute your join again.",
            l->step->table ? "Table-Table" : "Stream-Table");
    if (l->step->table && !r->step->table)
        return wr_error_at(err, WEIR_ERR_STATEMENT, j->pos,
                           "Invalid join order: table-stream joins are not supported; only "
                           "stream-table joins. Got %s %sJOIN %s.",
                           lname, "", rname);
    if (l->step->table) {
        *kind = WR_STEP_TABLE_TABLE_JOIN;
        return WEIR_OK;
    }
    *kind = WR_STEP_STREAM_TABLE_JOIN;
    if (j->kind == WR_AST_JOIN_FULL)
        return wr_error_at(
            err, WEIR_ERR_STATEMENT, j->pos,
            "Invalid join type: full-outer join not supported for stream-table join. "
            "Got %s [FULL] OUTER JOIN %s.",
            lname, rname);
    if (j->kind == WR_AST_JOIN_RIGHT)
        return wr_error_at(err, WEIR_ERR_STATEMENT, j->pos,
                           "Invalid join type: right-outer join not supported for stream-table "
                           "join. Got %s RIGHT OUTER JOIN %s.",
                           lname, rname);
    if (!is_key(r, s->right))
        return bad_condition(b, s, "stream-table joins require to join on the table's primary key.",
                             err);
    return WEIR_OK;
}

/* Primary-key or foreign-key join? Windows: a foreign key would have to name one. RIGHT and FULL: a
 * right row without left rows has no left key, which is the result's. n-way: ksqlDB has not built
 * it. */
static weir_status table_table_kind(wr__builder *b, const join_sides *s, const wr__stage *l,
                                    const wr__stage *r, wr_step_kind *kind, weir_error *err)
{
    if (!is_key(r, s->right))
        return bad_condition(b, s,
                             "table-table joins require to join on the primary key of the right "
                             "input table.",
                             err);
    *kind = WR_STEP_TABLE_TABLE_JOIN;
    if (is_key(l, s->left))
        return WEIR_OK;
    *kind = WR_STEP_FK_JOIN;
    if (l->window.kind != WR_WINDOW_NONE || r->window.kind != WR_WINDOW_NONE)
        return wr_error_at(err, WEIR_ERR_STATEMENT, s->join->pos,
                           "Foreign-key table-table joins are not supported on windowed tables.");
    if (s->join->kind == WR_AST_JOIN_RIGHT)
        return wr_error_at(err, WEIR_ERR_STATEMENT, s->join->pos,
                           "Invalid join type: RIGHT OUTER JOIN on a foreign key is not supported");
    if (s->join->kind == WR_AST_JOIN_FULL)
        return wr_error_at(err, WEIR_ERR_STATEMENT, s->join->pos,
                           "Invalid join type: FULL OUTER JOIN on a foreign key is not supported");
    if (b->joins_n > 0)
        return bad_condition(b, s,
                             "foreign-key table-table joins are not supported as part of n-way "
                             "joins.",
                             err);
    return WEIR_OK;
}

/* Columns that equal a key may stand for it in the projection; other expressions only keep a later
 * join on the same thing from moving rows again. */
static void add_equal(wr_arena *a, wr__key *key, const wr_ast_expr *e)
{
    if (e->kind == WR_AST_COLUMN)
        wr_arr_push(a, &key->viable, e);
    else
        wr_arr_push(a, &key->equal, e);
}

/* Every column that equals the join key may stand for it in the projection. FULL: a row may come
 * from one side alone, so neither column is always the key: it is a made-up one.
 *
 *     ... ON a.x = b.id        key X or ID, as selected; X where both are
 *     ... ON a.x + 1 = b.id    key ID
 *     FULL JOIN                key ROWKEY */
static void join_keys(wr__builder *b, const join_sides *s, const wr__stage *l, wr__stage *out)
{
    wr_arena *a = b->plan->arena;
    out->keys_n = 1;
    out->keys = WR_NEW(a, wr__key);
    wr__key *key = out->keys;
    if (s->join->kind != WR_AST_JOIN_FULL) {
        if (is_key(l, s->left)) {
            for (size_t i = 0; i < l->keys[0].viable.n; i++)
                add_equal(a, key, l->keys[0].viable.v[i]);
            for (size_t i = 0; i < l->keys[0].equal.n; i++)
                add_equal(a, key, l->keys[0].equal.v[i]);
        } else {
            add_equal(a, key, s->left);
        }
        add_equal(a, key, s->right);
    }
    if (key->viable.n) {
        key->name = key->viable.v[0]->name.name;
    } else {
        key->synthetic = true;
        key->name = wr__synthetic_key(b->an);
        if (!key->name) /* not the last join: its key is never seen */
            key->name = "ROWKEY";
    }
}

/* Where everything is after the join: the left values, then the right ones; a column of either side
 * has moved by the difference of the keys' number, the right ones by the left values too. Index
 * arithmetic: a value's index in its side, less that side's keys, plus the result's keys, plus for
 * the right side the number of left values. */
static void join_stage(wr__builder *b, const join_sides *s, const wr__stage *l, const wr__stage *r,
                       wr_step *step, wr__stage *out)
{
    wr_arena *a = b->plan->arena;
    const wr_schema *ls = l->step->schema, *rs = r->step->schema;
    *out = *l;
    if (step->kind != WR_STEP_FK_JOIN) /* which keeps the left table's key */
        join_keys(b, s, l, out);
    uint32_t keys_n = out->keys_n, ln = ls->n - ls->keys_n, rn = rs->n - rs->keys_n;
    wr_column *cols = WR_NEW_N(a, wr_column, keys_n + ln + rn);
    memcpy(cols, ls->cols, keys_n * sizeof *cols);
    for (uint32_t i = 0; i < keys_n; i++)
        cols[i].name = out->keys[i].name;
    memcpy(cols + keys_n, ls->cols + ls->keys_n, ln * sizeof *cols);
    memcpy(cols + keys_n + ln, rs->cols + rs->keys_n, rn * sizeof *cols);
    step->schema = wr_schema_new(a, cols, keys_n + ln + rn);
    WR_ASSERT(keys_n == 1 || step->kind == WR_STEP_FK_JOIN);
    out->step = step;
    out->slots = WR_NEW_N(a, wr_ref, b->an->slots.n);
    out->available = WR_NEW_N(a, bool, b->an->slots.n);
    for (size_t k = 0; k < b->an->slots.n; k++) {
        const wr__stage *side = l->available[k] ? l : r->available[k] ? r : NULL;
        if (!side)
            continue;
        out->available[k] = true;
        out->slots[k] = side->slots[k];
        out->slots[k].index =
            side->slots[k].index - side->step->schema->keys_n + keys_n + (side == r ? ln : 0);
    }
    out->computed.n = 0;
    out->computed.v = NULL;
    out->computed.cap = 0;
    if (out->keys[0].synthetic) {
        /* ROWKEY can be selected by name. */
        wr_ast_expr *e = WR_NEW(a, wr_ast_expr);
        e->kind = WR_AST_COLUMN;
        e->name.name = out->keys[0].name;
        wr_arr_push(a, &out->keys[0].viable, e);
        wr__computed c = {e,
                          {.kind = WR_REF_COLUMN, .index = 0, .type = step->schema->cols[0].type}};
        wr_arr_push(a, &out->computed, c);
    }
}

/* KAFKA as a value format holds one bare column: what a join stores and sends does not fit. All
 * offending sources are named at once. */
static weir_status check_value_formats(wr__builder *b, weir_error *err)
{
    wr_buf names = {0};
    for (uint32_t i = 0; i < b->an->relations_n; i++)
        if (b->an->relations[i].value.format->id == WR_FORMAT_KAFKA)
            wr_buf_printf(&names, "%s%s", names.len ? ", " : "", source_text(b, i));
    if (!names.len)
        return WEIR_OK;
    wr_error_at(err, WEIR_ERR_STATEMENT, b->an->query->from.name.pos,
                "Source(s) %s are using the 'KAFKA' value format. This format does not yet support "
                "JOIN.",
                wr_buf_cstr(&names));
    wr_buf_free(&names);
    return WEIR_ERR_STATEMENT;
}

/* A foreign-key join is two hops over internal topics: operators/fk_left.c. Left rows go to the
 * right table's partition (subscription), answers come back to the left one's: so each topic has
 * the partitions and the key format of the side that reads it. */
static weir_status fk_config(wr__builder *b, const join_sides *s, const wr__stage *l,
                             const wr__stage *r, wr_step_join *cfg, weir_error *err)
{
    wr__stage_scope scope;
    wr__stage_scope_init(&scope, b, l);
    WR_TRY(wr_expr_compile(s->left, &scope.base, b->plan->arena, &cfg->fk, err));
    cfg->fk_ast = s->left;
    cfg->exact = wr_settings_bool(b->an->env->settings, "weir.kafka.streams.exact", false);
    wr_arena *a = b->plan->arena;
    cfg->left_key = wr__internal_key_format(a, &l->key_format, l->step->schema);
    cfg->right_key = wr__internal_key_format(a, &r->key_format, r->step->schema);
    cfg->left_partitioner = l->partitioner;
    cfg->right_partitioner = r->partitioner;
    cfg->subscription_topic = wr__add_topic(b, "Join-subscription-repartition",
                                            WR_TOPIC_REPARTITION, r->partitions, false);
    cfg->response_topic =
        wr__add_topic(b, "Join-response-repartition", WR_TOPIC_REPARTITION, l->partitions, false);
    b->repartitions_n += 2;
    return WEIR_OK;
}

/* One JOIN on top of what is joined so far. The first one also puts the left side's columns under
 * names of their own; later ones find them so. The right relation's step is built before the kind
 * of join is known, since that depends on whether it is a table; all others only when nothing is
 * left to refuse. */
static weir_status build_one(wr__builder *b, uint32_t i, const bool *used, wr__stage *left,
                             weir_error *err)
{
    static const char *const names[] = {
        [WR_STEP_STREAM_STREAM_JOIN] = "StreamStreamJoin",
        [WR_STEP_STREAM_TABLE_JOIN] = "StreamTableJoin",
        [WR_STEP_TABLE_TABLE_JOIN] = "TableTableJoin",
        [WR_STEP_FK_JOIN] = "ForeignKeyTableTableJoin",
    };
    join_sides s = {0};
    wr_step_kind kind = WR_STEP_STREAM_STREAM_JOIN;
    wr__stage right, out;
    WR_TRY(split_sides(b, i, &s, err));
    WR_TRY(check_types(b, &s, err));
    WR_TRY(wr__build_relation(b, s.index, used, &right, err));
    WR_TRY(join_kind(b, &s, left, &right, &kind, err));
    if (kind == WR_STEP_TABLE_TABLE_JOIN)
        WR_TRY(table_table_kind(b, &s, left, &right, &kind, err));
    WR_TRY(check_windows(left, &right, s.join, err));
    if (b->joins_n == 0)
        WR_TRY(wr__build_materialize(b, left, used, err));
    WR_TRY(wr__build_materialize(b, &right, used, err));
    if (kind != WR_STEP_FK_JOIN)
        WR_TRY(rekey_sides(b, &s, left, &right, err));
    const char *context =
        b->joins_n ? wr_arena_printf(b->plan->arena, "Join%u", b->joins_n + 1) : "Join";
    wr_step *step = wr__new_step(b, kind, names[kind], context, left->step);
    wr__add_input(b, step, right.step);
    step->table = kind == WR_STEP_TABLE_TABLE_JOIN || kind == WR_STEP_FK_JOIN;
    wr_step_join *cfg = &step->u.join;
    cfg->kind = s.join->kind;
    cfg->left_windowed = left->window.kind != WR_WINDOW_NONE;
    if (kind == WR_STEP_STREAM_STREAM_JOIN)
        WR_TRY(read_within(b->an, s.join, cfg, err));
    if (kind == WR_STEP_FK_JOIN)
        WR_TRY(fk_config(b, &s, left, &right, cfg, err));
    WR_ASSERT(step->in_n == 2);
    join_stage(b, &s, left, &right, step, &out);
    *left = out;
    b->joins_n++;
    return WEIR_OK;
}

/* Left-deep: the result of the joins so far is the left side of the next one. There is no other
 * order, as the order decides what outer joins keep. */
weir_status wr__build_joins(wr__builder *b, const bool *used, wr__stage *out, weir_error *err)
{
    WR_ASSERT(b->an->relations_n == b->an->query->joins_n + 1);
    WR_TRY(wr__build_relation(b, 0, used, out, err));
    if (b->an->query->joins_n == 0)
        return WEIR_OK;
    /* All conditions are looked at before anything is built: the first that is no join condition at
     * all is reported, not what else is wrong with the one before it. */
    for (uint32_t i = 0; i < b->an->query->joins_n; i++) {
        join_sides ignored = {0};
        WR_TRY(split_sides(b, i, &ignored, err));
    }
    WR_TRY(check_value_formats(b, err));
    for (uint32_t i = 0; i < b->an->query->joins_n; i++)
        WR_TRY(build_one(b, i, used, out, err));
    return WEIR_OK;
}
