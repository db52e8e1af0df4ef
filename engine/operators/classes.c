/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table from kinds of steps to classes of operators. A new operator has its class here, and
 * is known nowhere else: topology.c goes by what a class says of itself.
 */
#include "engine/operators/classes.h"

extern const wr_op_class wr__source_class, wr__filter_class, wr__select_class, wr__flat_map_class,
    wr__select_key_class, wr__table_group_by_class, wr__repartition_write_class,
    wr__repartition_read_class, wr__aggregate_class, wr__window_aggregate_class,
    wr__session_aggregate_class, wr__suppress_class, wr__stream_stream_join_class,
    wr__stream_table_join_class, wr__table_table_join_class, wr__fk_left_class, wr__fk_right_class,
    wr__sink_class, wr__collect_class;

static const wr__step_classes classes[] = {
    [WR_STEP_SOURCE] = {&wr__source_class, NULL},
    [WR_STEP_FILTER] = {&wr__filter_class, NULL},
    [WR_STEP_SELECT] = {&wr__select_class, NULL},
    [WR_STEP_FLAT_MAP] = {&wr__flat_map_class, NULL},
    [WR_STEP_SELECT_KEY] = {&wr__select_key_class, NULL},
    [WR_STEP_TABLE_GROUP_BY] = {&wr__table_group_by_class, NULL},
    [WR_STEP_REPARTITION] = {&wr__repartition_write_class, &wr__repartition_read_class},
    [WR_STEP_AGGREGATE] = {NULL, NULL}, /* by window, below */
    [WR_STEP_SUPPRESS] = {&wr__suppress_class, NULL},
    [WR_STEP_STREAM_STREAM_JOIN] = {&wr__stream_stream_join_class, NULL},
    [WR_STEP_STREAM_TABLE_JOIN] = {&wr__stream_table_join_class, NULL},
    [WR_STEP_TABLE_TABLE_JOIN] = {&wr__table_table_join_class, NULL},
    [WR_STEP_FK_JOIN] = {&wr__fk_left_class, &wr__fk_right_class},
    [WR_STEP_SINK] = {&wr__sink_class, NULL},
    [WR_STEP_COLLECT] = {&wr__collect_class, NULL},
};

static const wr_op_class *const aggregates[] = {
    [WR_WINDOW_NONE] = &wr__aggregate_class,
    [WR_WINDOW_TUMBLING] = &wr__window_aggregate_class,
    [WR_WINDOW_HOPPING] = &wr__window_aggregate_class,
    [WR_WINDOW_SESSION] = &wr__session_aggregate_class,
};

wr__step_classes wr__classes_of(const wr_step *step)
{
    WR_ASSERT((size_t)step->kind < WR_ARRAY_LEN(classes));
    wr__step_classes c = classes[step->kind];
    if (step->kind == WR_STEP_AGGREGATE)
        c.here = aggregates[step->u.aggregate.window.kind];
    WR_ASSERT(c.here && (!c.there || c.there->feed)); /* the other end is reached by a topic */
    return c;
}
