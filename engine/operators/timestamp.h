/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timestamp.h - TIMESTAMP columns of WITH clauses: which time a row has.
 */
#ifndef WR_ENGINE_OPERATORS_TIMESTAMP_H
#define WR_ENGINE_OPERATORS_TIMESTAMP_H

#include "engine/functions/datepattern.h"
#include "engine/operators/op.h"

/** How a timestamp column is read: BIGINT and TIMESTAMP as they are, STRING by a pattern. */
typedef struct wr__timestamp {
    wr_datepattern *pattern; /* NULL unless STRING */
    const char *zone;        /* of texts that name none */
} wr__timestamp;
weir_status wr__timestamp_open(wr__timestamp *t, const wr_task_ctx *ctx, const wr_type *type,
                               const char *format, weir_error *err) WR_MUST_CHECK;
void wr__timestamp_close(wr__timestamp *t);
/** Row @p i of @p v in ms; false, with the reason in @p why: NULL, bad text or negative. */
bool wr__timestamp_get(const wr__timestamp *t, const wr_vec *v, uint32_t i, int64_t *ms, char *why,
                       size_t why_n);

#endif
