/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TIMESTAMP columns of WITH clauses (dialect.md section 13): a row's event time out of a column.
 * What fails here is an error of the row; sources and sinks decide what becomes of it.
 */
#include "engine/operators/timestamp.h"

#include <stdio.h>

weir_status wr__timestamp_open(wr__timestamp *t, const wr_task_ctx *ctx, const wr_type *type,
                               const char *format, weir_error *err)
{
    *t = (wr__timestamp){.zone = ctx->zone};
    if (type->id != WR_T_STRING)
        return WEIR_OK;
    WR_ASSERT(format); /* the planner insists on it, and has tried it */
    t->pattern = wr_datepattern_compile(wr_str_c(format), ctx->task_arena, err);
    return t->pattern ? WEIR_OK : WEIR_ERR_STATEMENT;
}

void wr__timestamp_close(wr__timestamp *t)
{
    (void)t;
}

bool wr__timestamp_get(const wr__timestamp *t, const wr_vec *v, uint32_t i, int64_t *ms, char *why,
                       size_t why_n)
{
    if (wr_vec_is_null(v, i)) {
        snprintf(why, why_n, "the timestamp column is NULL");
        return false;
    }
    if (!t->pattern)
        *ms = v->u.i64[i & v->mask];
    else if (!wr_datepattern_parse_timestamp(t->pattern, v->u.str[i & v->mask], t->zone, ms, why,
                                             why_n))
        return false;
    if (*ms >= 0)
        return true;
    snprintf(why, why_n, "the timestamp %lld is negative", (long long)*ms);
    return false;
}
