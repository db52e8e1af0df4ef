/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds for every finished plan, whatever the statement was: operators and the runtime build
 * on it without looking again. No statement can break any of this; if one does, the planner has a
 * bug, and it had better show here than as wrong rows.
 */
#include "engine/plan/analysis.h"

/* Steps are a tree, listed inputs first; an id is a place in the list. Operators are built in this
 * order, so an input exists before whoever takes its rows; and a walk from the root ends, because
 * ids fall on the way down. */
static void assert_tree(const wr_plan *p)
{
    WR_ASSERT(p->steps_n > 0 && p->root == p->steps[p->root->id]);
    for (uint32_t i = 0; i < p->steps_n; i++) {
        const wr_step *s = p->steps[i];
        WR_ASSERT(s->id == i && s->name && s->context && s->schema);
        WR_ASSERT(s->subtopology < p->subtopologies_n);
        WR_ASSERT(s->schema->keys_n <= s->schema->n);
        for (uint32_t k = 0; k < s->in_n; k++)
            WR_ASSERT(s->in[k]->id < i);
    }
}

/* How many inputs each kind has; only sources have none, only joins have two. Whoever adds a kind
 * of step with two inputs adds it here; `default` would take it for one of one. */
static uint32_t inputs_of(wr_step_kind kind)
{
    switch (kind) {
    case WR_STEP_SOURCE:
        return 0;
    case WR_STEP_STREAM_STREAM_JOIN:
    case WR_STEP_STREAM_TABLE_JOIN:
    case WR_STEP_TABLE_TABLE_JOIN:
    case WR_STEP_FK_JOIN:
        return 2;
    default:
        return 1;
    }
}

/* Steps name topics by index. A wrong role would make the runtime subscribe to what it should
 * create, or the other way round. */
static void assert_topic(const wr_plan *p, uint32_t topic, wr_topic_role role)
{
    WR_ASSERT(topic < p->topics_n && p->topics[topic].role == role);
}

/* The decoder goes by these indices without a check for each record. The filter of a source is the
 * FILTER step right above it, which goes on to hand out the rows (push_down.c). */
static void assert_source(const wr_plan *p, const wr_step *s)
{
    const wr_step_source *cfg = &s->u.source;
    assert_topic(p, cfg->topic, WR_TOPIC_INPUT);
    WR_ASSERT(cfg->timestamp_column < (int64_t)cfg->columns_n);
    for (uint32_t i = 0; i < s->schema->n; i++)
        WR_ASSERT(cfg->output[i] < cfg->columns_n);
    WR_ASSERT(!cfg->filter || cfg->filter->in[0] == s);
    WR_ASSERT(s->windowed == (cfg->window.kind != WR_WINDOW_NONE));
}

/* States are stored by group and, where there is one, by window: operators choose the store by
 * `windowed`, which must not disagree with the window that they compute by. */
static void assert_aggregate(const wr_step *s)
{
    const wr_step_aggregate *cfg = &s->u.aggregate;
    const wr_window *w = &cfg->window;
    WR_ASSERT(s->table && cfg->input_table == s->in[0]->table);
    WR_ASSERT(s->schema->n == s->schema->keys_n + cfg->carried_n + cfg->aggregates_n);
    WR_ASSERT(s->windowed == (w->kind != WR_WINDOW_NONE));
    if (!s->windowed)
        return;
    /* What a store keeps reaches back over a whole window and its grace, or as far as times go. */
    WR_ASSERT(w->size_ms >= 0 && w->advance_ms >= 0 && w->advance_ms <= w->size_ms);
    WR_ASSERT(w->kind == WR_WINDOW_SESSION || w->advance_ms > 0);
    WR_ASSERT(w->grace_ms >= 0 && w->retention_ms >= w->size_ms && w->retention_ms > 0);
}

/* The operators put a result row together by copying columns, so the schemas must add up: the left
 * side's key and values, then the right side's values. A table appears on the left only in joins of
 * two tables, and on the right in all joins but that of two streams. */
static void assert_join(const wr_plan *p, const wr_step *s)
{
    const wr_step_join *j = &s->u.join;
    const wr_step *l = s->in[0], *r = s->in[1];
    bool stream = s->kind == WR_STEP_STREAM_STREAM_JOIN || s->kind == WR_STEP_STREAM_TABLE_JOIN;
    WR_ASSERT(s->table == !stream && l->table == !stream);
    WR_ASSERT(r->table == (s->kind != WR_STEP_STREAM_STREAM_JOIN));
    WR_ASSERT(s->schema->keys_n == l->schema->keys_n);
    WR_ASSERT(s->schema->n == l->schema->n + r->schema->n - r->schema->keys_n);
    if (s->kind == WR_STEP_STREAM_STREAM_JOIN)
        WR_ASSERT(j->before_ms >= 0 && j->after_ms >= 0 && j->grace_ms >= 0 && j->retention_ms > 0);
    if (s->kind != WR_STEP_FK_JOIN)
        return;
    WR_ASSERT(j->fk && j->right_subtopology < p->subtopologies_n);
    /* Subscriptions and answers cross between the two through topics. */
    WR_ASSERT(j->right_subtopology != s->subtopology);
    assert_topic(p, j->subscription_topic, WR_TOPIC_REPARTITION);
    assert_topic(p, j->response_topic, WR_TOPIC_REPARTITION);
}

/* What each kind of step promises to its operator, in addition to the shape of the tree. */
static void assert_step(const wr_plan *p, const wr_step *s)
{
    WR_ASSERT(s->in_n == inputs_of(s->kind));
    switch (s->kind) {
    case WR_STEP_SOURCE:
        assert_source(p, s);
        break;
    case WR_STEP_AGGREGATE:
        assert_aggregate(s);
        break;
    case WR_STEP_REPARTITION:
        assert_topic(p, s->u.repartition.topic, WR_TOPIC_REPARTITION);
        break;
    case WR_STEP_SINK:
        assert_topic(p, s->u.sink.topic, WR_TOPIC_OUTPUT);
        WR_ASSERT(s == p->root);
        break;
    case WR_STEP_COLLECT:
        WR_ASSERT(s == p->root && p->collect && p->result);
        break;
    case WR_STEP_FILTER:
        WR_ASSERT(wr_expr_type(s->u.filter)->id == WR_T_BOOLEAN);
        break;
    case WR_STEP_SELECT_KEY:
        WR_ASSERT(!s->table && s->u.select_key.keyless == (s->schema->keys_n == 0));
        break;
    case WR_STEP_TABLE_GROUP_BY:
        /* A change that moves a row to another group must take it out of the old one. */
        WR_ASSERT(s->table && s->in[0]->needs_old);
        break;
    default:
        if (inputs_of(s->kind) == 2)
            assert_join(p, s);
    }
}

/* Each store has a step that knows it, a name of its own, and a meaning. Key and value are both
 * described or both not (bytes of an operator's own); a store without a changelog belongs to a push
 * query, whose state dies with it. */
static void assert_stores(const wr_plan *p)
{
    for (uint32_t i = 0; i < p->stores_n; i++) {
        const wr_plan_store *s = &p->stores[i];
        WR_ASSERT(s->step->stores[s->role] == i && s->subtopology < p->subtopologies_n);
        WR_ASSERT((s->key == NULL) == (s->value == NULL));
        WR_ASSERT(s->meaning && s->fingerprint);
        WR_ASSERT(s->changelog || p->root->kind == WR_STEP_COLLECT);
    }
    WR_ASSERT((p->materialized == NULL) == (p->materialized_store == WR_PLAN_NO_STORE));
}

void wr__assert_plan(const wr_plan *p)
{
    assert_tree(p);
    for (uint32_t i = 0; i < p->steps_n; i++)
        assert_step(p, p->steps[i]);
    assert_stores(p);
}
