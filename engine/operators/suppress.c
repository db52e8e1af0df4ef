/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TableSuppress (EMIT FINAL): the step only carries the configuration.
 *
 * As in Kafka Streams since 3.3 (EmitStrategy.onWindowClose), the aggregate in front of it holds
 * the windows anyway and emits a window when it closes, out of its own store; a second buffer here
 * would double the state. So rows that arrive are final, and pass. Here too is the throttle that
 * the windowed aggregates share.
 */
#include "engine/operators/suppress.h"
#include "engine/operators/times.h"

static weir_status suppress_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    (void)ctx;
    const wr_step *in = op->step->in[0];
    if (in->kind != WR_STEP_AGGREGATE || !in->u.aggregate.window.emit_final)
        return wr_error(err, WEIR_ERR_UNSUPPORTED,
                        "EMIT FINAL is only supported for windowed aggregations.");
    return WEIR_OK;
}

static weir_status suppress_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)input;
    return wr_op_emit(op, in, err);
}

const wr_op_class wr__suppress_class = {
    .name = "Suppress",
    .state_size = 1,
    .open = suppress_open,
    .process = suppress_process,
};

/* ------------------------------------------------------------------ the throttle */

void wr__final_open(wr__final *f, const wr_op *op)
{
    *f = (wr__final){.on = op->step->u.aggregate.window.emit_final, .interval_ms = 1000};
    const wr_plan *plan = op->ctx->plan;
    for (uint32_t i = 0; i < plan->steps_n; i++)
        if (plan->steps[i]->kind == WR_STEP_SUPPRESS && plan->steps[i]->in[0] == op->step)
            f->interval_ms = plan->steps[i]->u.suppress.emit_interval_ms;
}

bool wr__final_due(wr__final *f, int64_t wall_ms, int64_t last, int64_t close_time)
{
    if (!f->on || wall_ms < f->next_emit_ms)
        return false;
    f->next_emit_ms = wr__time_add(wall_ms, f->interval_ms);
    return last == WR__NO_TIME || last < close_time;
}
