/* SPDX-License-Identifier: Apache-2.0 */
/* waiting_rows.h - the section "waiting": queries that wait for something outside, why, since when.
 */
#ifndef WR_RUNTIME_STATEMENT_WAITING_ROWS_H
#define WR_RUNTIME_STATEMENT_WAITING_ROWS_H

#include "runtime/statement/statement.h"

/** A row, if @p q waits. The section is there as soon as one does. The caller holds the lock, or
 * has the query pinned. */
void wr__add_waiting(wr_exec *x, wr_query *q);

#endif
