/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull_defaults.h - rows of a table as its topic has them, where the format has defaults for NULL.
 *
 * Thread: the reading one; nothing is shared.
 */
#ifndef WR_RUNTIME_QUERY_PULL_DEFAULTS_H
#define WR_RUNTIME_QUERY_PULL_DEFAULTS_H

#include "engine/plan/catalog.h"
#include "formats/format.h"
#include "types/batch.h"

typedef struct wr__pull_defaults wr__pull_defaults;

/** @param out  in @p a; NULL: the format of the table's values can say NULL. */
weir_status wr__pull_defaults_new(const wr_source *table, wr_arena *a, wr__pull_defaults **out,
                                  weir_error *err) WR_MUST_CHECK;
/** NULL is allowed. */
void wr__pull_defaults_free(wr__pull_defaults *d);
/** The value columns of @p b, whose schema is the table's, get what the topic has; in @p scratch.
 *  Rows that the format cannot write are reported to @p errs. */
weir_status wr__pull_defaults_apply(wr__pull_defaults *d, wr_batch *b, wr_row_errors *errs,
                                    wr_arena *scratch, weir_error *err) WR_MUST_CHECK;

#endif
