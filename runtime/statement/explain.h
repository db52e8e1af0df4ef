/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h - what EXPLAIN and EXPLAIN ANALYZE share. */
#ifndef WR_RUNTIME_STATEMENT_EXPLAIN_H
#define WR_RUNTIME_STATEMENT_EXPLAIN_H

#include "runtime/statement/statement.h"

/** The running query that the statement names, in any case. Under the lock, for as long. */
weir_status wr__find_running(wr_exec *x, wr_query **out, weir_error *err) WR_MUST_CHECK;

#endif
