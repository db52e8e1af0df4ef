/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repeat.h - executing a statement of the history: of this directory, or of the service.
 */
#ifndef WR_RUNTIME_STATEMENT_REPEAT_H
#define WR_RUNTIME_STATEMENT_REPEAT_H

#include "runtime/statement/statement.h"

/** What it had to say; in the arena of the call. */
typedef struct wr__repeated {
    const char *message, *query_id; /* as in wr_exec */
} wr__repeated;

/** As it was then: with its settings, its number, and what it had found in the schema registry.
 *  @p out, @p a: NULL where nobody wants to know. */
weir_status wr__repeat(wr_engine *e, const wr_kept *k, wr_repetition how, wr_arena *a,
                       wr__repeated *out, weir_error *err) WR_MUST_CHECK;

#endif
