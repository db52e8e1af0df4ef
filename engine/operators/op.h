/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op.h - the operator interface, and what an operator may ask of the task it runs in.
 *
 * One file per operator; each exports one wr_op_class. A plan step (read-only, shared) is the
 * operator's configuration; its state belongs to one task and is touched by one thread. Output goes
 * by wr_op_emit: no operator knows its successor. No wall clock, no randomness, no I/O: those come
 * through wr_task_ctx.
 */
#ifndef WR_ENGINE_OPERATORS_OP_H
#define WR_ENGINE_OPERATORS_OP_H

#include "common/clock.h"
#include "engine/operators/row_fault.h"
#include "statestore/window.h"

typedef struct wr_op wr_op;
typedef struct wr_task_ctx wr_task_ctx;

typedef struct wr_op_class {
    const char *name;
    size_t state_size; /* bytes per task, zeroed before open() */
    weir_status (*open)(wr_op *op, wr_task_ctx *ctx, weir_error *err);
    /** Rows of another operator; @p input: place among the step's inputs. The batch is borrowed
     *  until return. NULL: no operator stands before this one. */
    weir_status (*process)(wr_op *op, int input, const wr_batch *in, weir_error *err);
    /** Records of the topic that its step reads here; borrowed until return. NULL: it reads none.
     */
    weir_status (*feed)(wr_op *op, const wr_record *records, uint32_t n, weir_error *err);
    /** What @c feed would make of records, as rows that another task of this process has sent
     *  (ctx->exchange). NULL: it reads no repartition topic. */
    weir_status (*take)(wr_op *op, const wr_batch *batch, weir_error *err);
    /** Wall-clock time passed; may be NULL. */
    weir_status (*tick)(wr_op *op, int64_t wall_ms, weir_error *err);
    /** Before a commit: nothing may be left only in memory. May be NULL. */
    weir_status (*flush)(wr_op *op, weir_error *err);
    void (*close)(wr_op *op); /* also after a failed open; may be NULL */
    bool leaves;              /* what it makes leaves the sub-topology: it has no successor */
} wr_op_class;

struct wr_op {
    const wr_op_class *cls;
    const wr_step *step;
    wr_task_ctx *ctx;
    void *state;
    wr_op *next;    /* NULL where the class says `leaves`, and at the end of a plan */
    int next_input; /* input of next that this one feeds */
    /* Metrics, always on, since the task was opened. Only the task's thread looks at them; others
     * see copies that the runtime makes (runtime/task/metrics.c). */
    uint64_t rows_in, rows_out, batches, late_rows, dropped_rows;
    uint64_t null_keys;      /* of dropped_rows: for want of a key; no errors */
    uint64_t null_values;    /* of dropped_rows: streams' records whose value is the text `null` */
    uint64_t skipped_events; /* of dropped_rows: change events about no row; no errors */
    uint64_t unavailable_values; /* that change events lack, and nobody knows: they are NULL */
    uint64_t ignored_text; /* records with text after their key or value, which was not read */
    struct wr_schema_counts *schemas; /* by writer's schema; NULL: none was met */
    wr_key_sample *keys; /* of a source, where it counts in which partitions they are; else NULL */
    struct wr_late_rows *late; /* by window, since the runtime looked; NULL: never any */
    uint64_t bytes_in;         /* keys and values of the records it was fed with */
    uint64_t bytes_out;        /* of those it wrote */
    uint64_t ns;               /* of its own: what others did meanwhile is theirs */
};

/** Hand @p batch (sel.n may be 0: then nothing happens) to the next operator. */
weir_status wr_op_emit(wr_op *op, const wr_batch *batch, weir_error *err) WR_MUST_CHECK;
/** A row with these flags goes no further, for want of a value or a key. */
static inline void wr_op_drop(wr_op *op, uint8_t flags)
{
    op->dropped_rows++;
    op->null_keys += (flags & WR_ROW_NULL_KEY) != 0;
}
/** The runtime has written @p bytes for the operator that runs. */
void wr_op_wrote(wr_task_ctx *ctx, uint64_t bytes);

/**
 * What the runtime gives to the operators of one task. One per task, one thread.
 */
struct wr_task_ctx {
    const wr_plan *plan;
    const char *query_id;
    int32_t partition;
    wr_arena *task_arena;
    wr_arena *scratch; /* reset by the topology after each batch fed from outside */
    int64_t wall_ms;   /* the batch's one clock reading */
    wr_rng *rng;
    const char *zone;
    bool caching;      /* false: every update is emitted at once and changelogged at once */
    uint64_t sequence; /* EARLIEST/LATEST_BY_OFFSET */
    /** A failing row at a step: processing log, counters, dead letters. @p row refers to @p batch
     *  (may be NULL when unknown). */
    void (*row_error)(wr_task_ctx *ctx, const wr_step *step, const wr_batch *batch, uint32_t row,
                      const wr_row_fault *fault);
    /** What is to be known of a row and is no error (it has no key to be grouped by, and is left
     *  out; it lacks a value): a line of the log, and no count but the operator's. */
    void (*row_noted)(wr_task_ctx *ctx, const wr_step *step, const wr_batch *batch, uint32_t row,
                      const char *message);
    /**
     * A decoder of a source waits, for the @p attempt-th time (from 0) with these records, which
     * are untouched: let a little time pass. @p why NULL: it goes on. @return whether to try again;
     * else the feed fails with @p why. NULL: it fails at once.
     */
    bool (*wait)(wr_task_ctx *ctx, const weir_error *why, uint32_t attempt);
    /** Write records to plan->topics[topic]. */
    weir_status (*produce)(wr_task_ctx *ctx, uint32_t topic, const wr_out_records *records,
                           weir_error *err);
    /** Rows of a COLLECT step. */
    weir_status (*collect)(wr_task_ctx *ctx, const wr_batch *batch, weir_error *err);
    /** The task's own plan->stores[store], opened (and restored) by this call, once by the operator
     *  it belongs to; the runtime commits and closes it. */
    weir_status (*open_store)(wr_task_ctx *ctx, uint32_t store, wr_store **out, weir_error *err);
    /**
     * Repartitioning: through the topic (false), or inside the process, by this call, to the task
     * of @p partition of plan->topics[topic] (exchange_send.c). The batch stays valid until the
     * caller of the topology resets the scratch arena; the receiver runs before that.
     */
    bool exchange_in_memory;
    weir_status (*exchange)(wr_task_ctx *ctx, uint32_t topic, int32_t partition,
                            const wr_batch *batch, weir_error *err);
    /** An operator is about to reset scratch: let the receivers take what was exchanged. NULL where
     *  nothing is. */
    weir_status (*exchange_now)(wr_task_ctx *ctx, weir_error *err);
    /** Which times records of plan->topics[topic] may have, when the task is opened. NULL: any. */
    weir_status (*record_times)(wr_task_ctx *ctx, uint32_t topic, wr_record_times *out,
                                weir_error *err);
    size_t record_max;  /* bytes of key, value and headers that a record may have; 0: any */
    bool one_partition; /* all rows are in partition 0, whatever topics declare (tests) */
    /** What the sources of this thread share (source_pool.h); NULL: this task decodes alone. */
    struct wr_source_pool *sources;
    void *runtime; /* the runtime's */
    /* Whose time it is (op.c). */
    wr_clock *clock; /* NULL: operators are not timed */
    wr_op *running;  /* NULL: none of this task's */
    int64_t running_since;
};

#endif
