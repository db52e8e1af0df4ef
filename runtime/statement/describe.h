/* SPDX-License-Identifier: Apache-2.0 */
/* describe.h - what SHOW and DESCRIBE share. */
#ifndef WR_RUNTIME_STATEMENT_DESCRIBE_H
#define WR_RUNTIME_STATEMENT_DESCRIBE_H

#include "runtime/statement/statement.h"

/** Streams or tables, in order of their names. Under the lock. */
void wr__show_sources(wr_exec *x, bool tables);

#endif
