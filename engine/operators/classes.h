/* SPDX-License-Identifier: Apache-2.0 */
/*
 * classes.h - which operators a step of a plan becomes. The table is in classes.c.
 */
#ifndef WR_ENGINE_OPERATORS_CLASSES_H
#define WR_ENGINE_OPERATORS_CLASSES_H

#include "engine/operators/op.h"

/** The operators of one step. */
typedef struct wr__step_classes {
    const wr_op_class *here;  /* in step->subtopology */
    const wr_op_class *there; /* REPARTITION, FK_JOIN: its other end, in another sub-topology;
                               * NULL: it has none */
} wr__step_classes;

wr__step_classes wr__classes_of(const wr_step *step);
/** What may stand before the writing end of a repartition (combine.c). */
extern const wr_op_class wr__combine_class;

#endif
