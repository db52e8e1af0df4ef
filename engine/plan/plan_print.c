/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EXPLAIN: the operator graph as text, in ksqlDB's layout: the last step first, its inputs indented
 * below it.
 *
 * Nothing here decides anything: it prints what the plan says, expressions as they were written and
 * windows with the values that are in force. Tools read these lines, too: parts are only added at
 * the end of a line, before the logger.
 */
#include "engine/plan/plan.h"

/* The words of the WINDOW clause. In order of wr_window_kind, which has no holes. */
const char *wr_window_kind_name(wr_window_kind k)
{
    static const char *const names[] = {"NONE", "TUMBLING", "HOPPING", "SESSION"};
    return names[k];
}

/* ksqlDB's short names of steps: several kinds of join are all JOIN to a reader. A designated entry
 * for every kind: a new one without a label would print a NULL. */
const char *wr_step_label(const wr_step *s)
{
    static const char *const names[] = {
        [WR_STEP_SOURCE] = "SOURCE",
        [WR_STEP_FILTER] = "FILTER",
        [WR_STEP_SELECT] = "PROJECT",
        [WR_STEP_FLAT_MAP] = "FLAT_MAP",
        [WR_STEP_SELECT_KEY] = "REKEY",
        [WR_STEP_TABLE_GROUP_BY] = "GROUP_BY",
        [WR_STEP_REPARTITION] = "REPARTITION",
        [WR_STEP_AGGREGATE] = "AGGREGATE",
        [WR_STEP_SUPPRESS] = "SUPPRESS",
        [WR_STEP_STREAM_STREAM_JOIN] = "JOIN",
        [WR_STEP_STREAM_TABLE_JOIN] = "JOIN",
        [WR_STEP_TABLE_TABLE_JOIN] = "JOIN",
        [WR_STEP_FK_JOIN] = "JOIN",
        [WR_STEP_SINK] = "SINK",
        [WR_STEP_COLLECT] = "OUTPUT",
    };
    return names[s->kind];
}

/* Effective values, defaults filled in: that is what one wants to know of a window. Milliseconds
 * throughout, since a statement's units (7 DAYS, 168 HOURS) do not survive parsing. */
static void put_window(wr_buf *out, const wr_window *w)
{
    if (w->kind == WR_WINDOW_NONE)
        return;
    wr_buf_printf(out, " | Window: %s size %lld ms", wr_window_kind_name(w->kind),
                  (long long)w->size_ms);
    if (w->kind == WR_WINDOW_HOPPING)
        wr_buf_printf(out, " advance %lld ms", (long long)w->advance_ms);
    wr_buf_printf(out, " grace %lld ms retention %lld ms%s", (long long)w->grace_ms,
                  (long long)w->retention_ms, w->emit_final ? " emit final" : "");
}

/* Nothing of the usual one: what is worth a look is another. */
static void put_partitioner(wr_buf *out, wr_partitioner p)
{
    if (p != WR_PARTITIONER_MURMUR2)
        wr_buf_printf(out, " | Partitioner: %s", wr_partitioner_name(p));
}

/* Nothing for the default. What a query's own topic is called is known where it runs. */
static void put_policy(wr_buf *out, const wr_plan *plan, const wr_error_policy *p, const char *what)
{
    if (p->on_error == WR_ON_ERROR_SKIP)
        return;
    wr_buf_printf(out, " | On %s error: %s", what, wr_on_error_name(p->on_error));
    if (p->topic != WR_PLAN_NO_TOPIC && plan->topics[p->topic].name[0])
        wr_buf_printf(out, " (%s)", plan->topics[p->topic].name);
}

/* What a step does, as far as its schema does not say it. Also a column of EXPLAIN ANALYZE. */
void wr_plan_print_details(wr_buf *out, const wr_plan *plan, const wr_step *s)
{
    /* In order of wr_ast_join_kind. */
    static const char *const joins[] = {"INNER", "LEFT", "RIGHT", "FULL"};
    switch (s->kind) {
    case WR_STEP_SOURCE:
        wr_buf_printf(out, " | Topic: %s%s", plan->topics[s->u.source.topic].name,
                      s->u.source.materialize ? " | Materialized" : "");
        put_partitioner(out, s->u.source.partitioner);
        if (s->u.source.filter) {
            wr_buf_puts(out, " | Pushed filter: ");
            wr_expr_print(out, s->u.source.filter->u.filter);
        }
        put_policy(out, plan, &s->u.source.decoding, "decoding");
        put_policy(out, plan, &s->u.source.timing, "timestamp");
        break;
    case WR_STEP_SINK:
        wr_buf_printf(out, " | Topic: %s", plan->topics[s->u.sink.topic].name);
        put_partitioner(out, s->u.sink.partitioner);
        put_policy(out, plan, &plan->computing, "expression");
        put_policy(out, plan, &plan->producing, "production");
        break;
    case WR_STEP_REPARTITION:
        wr_buf_printf(out, " | Topic: %s", plan->topics[s->u.repartition.topic].name);
        put_partitioner(out, s->u.repartition.partitioner);
        break;
    case WR_STEP_FILTER:
        wr_buf_puts(out, " | Where: ");
        wr_expr_print(out, s->u.filter);
        break;
    case WR_STEP_AGGREGATE:
        put_window(out, &s->u.aggregate.window);
        for (uint32_t i = 0; i < s->u.aggregate.aggregates_n; i++)
            wr_buf_printf(out, "%s%s",
                          i ? ", " : " | Functions: ", s->u.aggregate.calls[i]->fn->name);
        break;
    case WR_STEP_STREAM_STREAM_JOIN:
        wr_buf_printf(out, " | %s within (%lld, %lld) ms grace %lld ms", joins[s->u.join.kind],
                      (long long)s->u.join.before_ms, (long long)s->u.join.after_ms,
                      (long long)s->u.join.grace_ms);
        break;
    case WR_STEP_STREAM_TABLE_JOIN:
    case WR_STEP_TABLE_TABLE_JOIN:
    case WR_STEP_FK_JOIN:
        wr_buf_printf(out, " | %s", joins[s->u.join.kind]);
        break;
    default:
        break;
    }
}

/* From the result to its sources: the order of reading, not that of the data. The depth is that of
 * the tree, which a statement's length bounds; the assertion would catch a cycle. */
static void put_step(wr_buf *out, const wr_plan *plan, const wr_step *s, int level)
{
    WR_ASSERT(level <= (int)plan->steps_n);
    for (int i = 0; i < level; i++)
        wr_buf_puts(out, "    ");
    wr_buf_printf(out, "> [ %s ] %s | Schema: ", wr_step_label(s), s->name);
    wr_schema_print(out, s->schema);
    wr_plan_print_details(out, plan, s);
    wr_buf_printf(out, " | Logger: %s\n", s->context);
    for (uint32_t i = 0; i < s->in_n; i++)
        put_step(out, plan, s->in[i], level + 1);
}

/* The whole plan, of all sub-topologies: where it is cut shows at the REPARTITION lines. */
void wr_plan_print(wr_buf *out, const wr_plan *plan)
{
    put_step(out, plan, plan->root, 0);
}
