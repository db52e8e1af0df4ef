/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer_plans.h - what a decoder knows about each schema that records were written with.
 *
 * A format with a registry puts the id of the writer's schema before each record. How to get from
 * that schema to the reader's columns is worked out once per id, a *plan*, and kept: a decoder has
 * one wr_writer_plans and asks it for the plan of each record while it scans.
 *
 *     scan:     wr__writer_plans_begin(p);
 *               for each row: wr__writer_plans_get(p, id, &plan, err)
 *                   WEIR_OK           walk the record with the plan
 *                   WEIR_ERR_RECORD   the id is no good: a bad row, reported with err->message
 *                   else              give up the scan with this error: the decoder waits, if it is
 *                                     RETRIABLE, or fails as a whole
 *     convert:  plans from the last scan are still there
 *
 * A decoder has to find out that it must wait before it reports a first bad row
 * (format_internal.h), so it goes through the ids of a batch before it walks the first record.
 *
 * Bound: not more than @p max plans stay from one batch to the next; those not used for the longest
 * go first. A batch keeps all that it uses, so for its length there may be more.
 * An id that is no good is remembered as a plan is, so that it costs one question, not one for each
 * record; but where it may become good (the registry has no such schema yet) only for the batch.
 * All other failures are asked again each time.
 *
 * Memory: each plan has an arena of its own; all of it is freed with the arena given to _new.
 * Thread: the decoder's.
 */
#ifndef WR_FORMATS_WRITER_PLANS_H
#define WR_FORMATS_WRITER_PLANS_H

#include "common/arena.h"
#include "common/error.h"

typedef struct wr_writer_plans wr_writer_plans;

/**
 * Makes the plan for schema @p id.
 * @param arena  of this plan alone.
 * @return WEIR_OK and *plan; WEIR_ERR_RECORD: there is no such schema, or no way from it to the
 *         columns, and never will be, or (RETRIABLE) not for this batch; any other error: RETRIABLE
 * where the schema is not known yet. It must not block: whoever knows schemas fetches them
 * elsewhere.
 */
typedef weir_status (*wr_writer_plan_fn)(void *user, uint32_t id, wr_arena *arena, void **plan,
                                         weir_error *err);

/** @param max  plans kept between batches, at least 1. @param arena  the decoder's. */
wr_writer_plans *wr__writer_plans_new(wr_arena *arena, size_t max, wr_writer_plan_fn make,
                                      void *user);
/** A new batch: plans of earlier ones may go now, down to the bound. */
void wr__writer_plans_begin(wr_writer_plans *p);
/** The plan for @p id; stays at least until the next wr__writer_plans_begin. */
weir_status wr__writer_plans_get(wr_writer_plans *p, uint32_t id, void **plan,
                                 weir_error *err) WR_MUST_CHECK;
/** How many are held, the bad ids included. */
size_t wr__writer_plans_held(const wr_writer_plans *p);

#endif
