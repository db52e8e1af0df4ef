/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_stores.h - which state a plan's operators keep: the list wr_plan.stores.
 *
 * This is the one place that knows which step has which stores, how they are named, and what their
 * bytes mean. Names are part of what is on disk and in changelog topics: they must not change.
 *
 * Meaning. Each store has a text that says what its bytes are: kind, keys, windows, functions with
 * their arguments down to the columns of the sources, the topics that feed it. It does not depend
 * on spelling (case, comments, aliases, names of the result), nor on what CREATE OR REPLACE may
 * change in place (filters, projections above the store). Two plans with equal meanings may open
 * each other's state; with different ones they must not, as the rows would be read wrongly or
 * would count what the new statement does not say.
 */
#ifndef WR_ENGINE_PLAN_PLAN_STORES_H
#define WR_ENGINE_PLAN_PLAN_STORES_H

#include "engine/plan/plan.h"

/**
 * Fill in plan->stores, steps[]->stores and materialized_store. The plan is complete otherwise:
 * needs_old, materialised steps and sub-topologies are decided. @p types: those of CREATE TYPE, for
 * casts; may be NULL.
 */
void wr_plan_add_stores(wr_plan *plan, const wr_map *types);

/** The store of that name, or NULL. */
const wr_plan_store *wr_plan_store_find(const wr_plan *plan, const char *name);
/** "key-value", "window", "session", "join buffer": for people. */
const char *wr_plan_store_kind_name(const wr_plan_store *s);

/**
 * In words, how two meanings differ: "window: TUMBLING 60000 ms, was TUMBLING 30000 ms", with
 * "; " between facts. Nothing where they are equal.
 */
void wr_plan_store_difference(const char *old_meaning, const char *new_meaning, wr_buf *out);
/**
 * The same for meanings of queries (wr_plan.meaning). Columns that were added to the sink after the
 * others are no difference: CREATE OR REPLACE may add them in place. Nothing: the new statement may
 * go on with the state and the offsets of the old one.
 */
void wr_plan_meaning_difference(const char *old_meaning, const char *new_meaning, wr_buf *out);

/* ---- inside engine/plan ---- */

/** The meaning of @p s, in the plan's arena (store_meaning.c). */
const char *wr__store_meaning(const wr_plan *plan, const wr_plan_store *s, const wr_map *types);
/** That of the whole query, stores included, whose own meanings are there; in the same place. */
const char *wr__query_meaning(const wr_plan *plan, const wr_map *types);
/* The label of a fact: a value column of the sink. */
#define WR__SINK_COLUMN "sink column"

#endif
