/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operators of one sub-topology: built from the plan's tree, fed, ticked, flushed.
 *
 * Every step of the sub-topology becomes an operator; a REPARTITION step becomes two, its writing
 * end here (its `subtopology`), with a combiner before it where that pays, and its reading end in
 * the sub-topology of its consumer; a FK_JOIN step becomes one on the left's side and one on the
 * right's, which talk through two topics. Operators stand in the order of plan->steps, inputs
 * before consumers, which is the order of flushing: what an upstream operator emits while it
 * flushes still reaches those behind it.
 *
 * A topic may feed several operators (a stream and a table declared on one topic). Then each record
 * goes to all of them before the next one does, as if the topic had been read once.
 */
#include "engine/operators/topology.h"
#include "engine/operators/classes.h"
#include "engine/operators/exchange_send.h"
#include "engine/operators/op_run.h"

/* An operator that takes the records of a topic. */
typedef struct reader {
    uint32_t topic;
    wr_op *op;
} reader;

struct wr_topology {
    wr_task_ctx *ctx;
    wr_op *ops;
    uint32_t ops_n;
    reader *readers;
    uint32_t readers_n;
};

/* ------------------------------------------------------------------ what belongs to it */

static const wr_step *consumer_of(const wr_plan *plan, const wr_step *step, int *input)
{
    for (uint32_t i = 0; i < plan->steps_n; i++)
        for (uint32_t k = 0; k < plan->steps[i]->in_n; k++)
            if (plan->steps[i]->in[k] == step) {
                *input = (int)k;
                return plan->steps[i];
            }
    return NULL;
}

/* Where the operator stands that takes @p input of @p step. */
static uint32_t input_subtopology(const wr_step *step, int input)
{
    bool fk_right = step->kind == WR_STEP_FK_JOIN && input == 1;
    return fk_right ? step->u.join.right_subtopology : step->subtopology;
}

/* Does @p step read a topic in this sub-topology, and which? At most one in each. */
static bool reads_here(const wr_plan *plan, const wr_step *step, uint32_t subtopology,
                       uint32_t *topic)
{
    switch (step->kind) {
    case WR_STEP_SOURCE:
        *topic = step->u.source.topic;
        return step->subtopology == subtopology;
    case WR_STEP_REPARTITION: {
        int input;
        const wr_step *consumer = consumer_of(plan, step, &input);
        *topic = step->u.repartition.topic;
        return consumer && input_subtopology(consumer, input) == subtopology;
    }
    case WR_STEP_FK_JOIN:
        *topic = step->subtopology == subtopology ? step->u.join.response_topic
                                                  : step->u.join.subscription_topic;
        return step->subtopology == subtopology || step->u.join.right_subtopology == subtopology;
    default:
        return false;
    }
}

uint32_t wr_plan_inputs(const wr_plan *plan, uint32_t subtopology, uint32_t *topics, uint32_t max)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        uint32_t topic, k = 0;
        if (!reads_here(plan, plan->steps[i], subtopology, &topic))
            continue;
        while (k < n && topics[k] != topic)
            k++;
        if (k < n)
            continue;
        WR_ASSERT(n < max);
        topics[n++] = topic;
    }
    return n;
}

/* ------------------------------------------------------------------ building */

static wr_op *add_op(wr_topology *t, const wr_op_class *cls, const wr_step *step)
{
    WR_ASSERT(cls->open && (cls->process || cls->feed));
    wr_op *op = &t->ops[t->ops_n++];
    op->cls = cls;
    op->step = step;
    op->ctx = t->ctx;
    op->state = wr_arena_calloc(t->ctx->task_arena, 1, cls->state_size);
    return op;
}

/* Combining delays rows to the next commit, as caching does, and pays where there is a topic. */
static bool combines(const wr_task_ctx *ctx, const wr_step *step)
{
    return step->kind == WR_STEP_REPARTITION && step->u.repartition.combine && ctx->caching &&
           !ctx->exchange_in_memory;
}

static void add_ops(wr_topology *t, uint32_t subtopology)
{
    const wr_plan *plan = t->ctx->plan;
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        const wr_step *step = plan->steps[i];
        wr__step_classes classes = wr__classes_of(step);
        uint32_t topic = 0;
        bool reads = reads_here(plan, step, subtopology, &topic);
        wr_op *op = NULL;
        if (step->subtopology == subtopology) {
            if (combines(t->ctx, step))
                add_op(t, &wr__combine_class, step);
            op = add_op(t, classes.here, step);
        } else if (reads) {
            op = add_op(t, classes.there, step);
        }
        if (op && op->cls->feed) {
            WR_ASSERT(reads);
            t->readers[t->readers_n++] = (reader){topic, op};
        }
    }
}

/* Rows that leave the sub-topology have no successor here; all else leads to its consumer. */
static void connect(wr_topology *t)
{
    for (uint32_t i = 0; i < t->ops_n; i++) {
        wr_op *op = &t->ops[i];
        if (op->cls->leaves)
            continue;
        if (i + 1 < t->ops_n && op[1].step == op->step) { /* a combiner: its writing end */
            op->next = op + 1;
            continue;
        }
        int input = 0;
        const wr_step *consumer = consumer_of(t->ctx->plan, op->step, &input);
        for (uint32_t k = i + 1; consumer && !op->next && k < t->ops_n; k++)
            if (t->ops[k].step == consumer) {
                op->next = &t->ops[k];
                op->next_input = input;
            }
        /* Nobody takes the rows of a source table: they are there for its store. */
        WR_ASSERT(consumer ? op->next && op->next->cls->process : !op->next);
    }
}

weir_status wr_topology_new(wr_task_ctx *ctx, uint32_t subtopology, wr_topology **out,
                            weir_error *err)
{
    wr_arena *a = ctx->task_arena;
    wr_topology *t = WR_NEW(a, wr_topology);
    t->ctx = ctx;
    t->ops = WR_NEW_N(a, wr_op, 2 * (size_t)ctx->plan->steps_n);
    t->readers = WR_NEW_N(a, reader, ctx->plan->steps_n);
    WR_ASSERT(subtopology < ctx->plan->subtopologies_n && ctx->open_store);
    add_ops(t, subtopology);
    /* A sub-topology begins with what it reads; a step is two operators at most. */
    WR_ASSERT(t->readers_n > 0 && t->ops_n <= 2 * ctx->plan->steps_n);
    connect(t);
    for (uint32_t i = 0; i < t->ops_n; i++) {
        weir_status st = t->ops[i].cls->open(&t->ops[i], ctx, err);
        if (st != WEIR_OK) {
            t->ops_n = i + 1; /* close is for those that were opened, and this one */
            wr_topology_close(t);
            return st;
        }
    }
    *out = t;
    return WEIR_OK;
}

void wr_topology_close(wr_topology *t)
{
    if (!t)
        return;
    for (uint32_t i = t->ops_n; i-- > 0;)
        if (t->ops[i].cls->close)
            t->ops[i].cls->close(&t->ops[i]);
    t->ops_n = 0;
}

/* ------------------------------------------------------------------ running */

weir_status wr_topology_feed(wr_topology *t, uint32_t topic, const wr_record *records, uint32_t n,
                             weir_error *err)
{
    uint32_t readers_n = 0;
    for (uint32_t i = 0; i < t->readers_n; i++)
        readers_n += t->readers[i].topic == topic;
    WR_ASSERT(readers_n > 0); /* only topics of wr_plan_inputs are fed */
    uint32_t step = readers_n > 1 ? 1 : n;
    weir_status st = WEIR_OK;
    for (uint32_t at = 0; at < n && st == WEIR_OK; at += step)
        for (uint32_t i = 0; i < t->readers_n && st == WEIR_OK; i++)
            if (t->readers[i].topic == topic)
                st = wr__op_feed(t->readers[i].op, records + at, step, err);
    return st;
}

weir_status wr_topology_take(wr_topology *t, uint32_t topic, const wr_batch *batch, weir_error *err)
{
    for (uint32_t i = 0; i < t->readers_n; i++)
        if (t->readers[i].topic == topic && t->readers[i].op->cls->take)
            return wr__op_take(t->readers[i].op, batch, err);
    WR_UNREACHABLE(); /* the sender found this task by its topic */
}

weir_status wr_topology_tick(wr_topology *t, int64_t wall_ms, weir_error *err)
{
    weir_status st = WEIR_OK;
    for (uint32_t i = 0; i < t->ops_n && st == WEIR_OK; i++) {
        if (!t->ops[i].cls->tick)
            continue;
        wr_op *caller = wr__op_switch(t->ctx, &t->ops[i]);
        st = t->ops[i].cls->tick(&t->ops[i], wall_ms, err);
        wr__op_switch(t->ctx, caller);
    }
    return st;
}

weir_status wr_topology_flush(wr_topology *t, weir_error *err)
{
    weir_status st = WEIR_OK;
    for (uint32_t i = 0; i < t->ops_n && st == WEIR_OK; i++) {
        if (!t->ops[i].cls->flush)
            continue;
        wr_op *caller = wr__op_switch(t->ctx, &t->ops[i]);
        st = t->ops[i].cls->flush(&t->ops[i], err);
        wr__op_switch(t->ctx, caller);
    }
    if (st == WEIR_OK)
        st = wr__reset_scratch(t->ctx, err);
    return st;
}

const wr_op *wr_topology_op(const wr_topology *t, uint32_t index)
{
    return index < t->ops_n ? &t->ops[index] : NULL;
}
