/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error_policy.h - what a query does with records and rows that it cannot use: from the WITH
 * clause of its sources and from settings. Inside engine/plan only.
 *
 *   a source's own        ON_ERROR, DEAD_LETTER_TOPIC: for its keys, values and times
 *   ksqlDB's settings     ksql.fail.on.deserialization.error, ksql.timestamp.throw.on.invalid,
 *                         ksql.fail.on.production.error: true means stop, for what each is about
 *   weir.on.error, weir.dead.letter.topic   everything else
 */
#ifndef WR_ENGINE_PLAN_ERROR_POLICY_H
#define WR_ENGINE_PLAN_ERROR_POLICY_H

#include "engine/plan/analysis.h"

/** May a topic be called so? */
bool wr__is_topic_name(const char *name);
/** Of the source @p s, into @p step. */
void wr__source_policies(wr__builder *b, const wr_source *s, wr_step_source *step);
/** Of rows after the sources, into the plan. */
void wr__plan_policies(wr__builder *b);
/** The topics for dead letters get as many partitions as the widest input has. */
void wr__plan_dead_letter_partitions(wr_plan *plan);
/** Of a finished plan. @return WEIR_ERR_STATEMENT: dead letters would go to a topic that the query
 *  reads or writes for other reasons. */
weir_status wr__check_dead_letters(const wr_plan *plan, weir_error *err) WR_MUST_CHECK;

#endif
