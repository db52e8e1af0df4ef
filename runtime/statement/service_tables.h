/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_tables.h - what the services of a directory define, for reading: when an engine that
 * keeps statements is opened. offered.h says what that means for other statements.
 *
 * Life: init, define before the kept statements, define after them. Nothing is to be freed: all is
 * in the caller's arena. Thread: the one that opens the engine; there is no other one yet.
 */
#ifndef WR_RUNTIME_STATEMENT_SERVICE_TABLES_H
#define WR_RUNTIME_STATEMENT_SERVICE_TABLES_H

#include "runtime/instance/service_log.h"
#include "runtime/statement/statement.h"

/** While an engine is opened. */
typedef struct wr__service_tables {
    wr_engine *engine;
    wr_arena *arena;
    wr_arr(wr_service_kept) left; /* not defined yet */
    weir_error reason;            /* why not: the last of them */
} wr__service_tables;

/** Read what there is, without the names that @p kept defines. @p t lives as long as @p a. */
weir_status wr__service_tables_init(wr__service_tables *t, wr_engine *e, const wr_kept_list *kept,
                                    wr_arena *a, weir_error *err) WR_MUST_CHECK;
/** Define what can be defined now. @p last: say what is left. @pre the engine is replaying */
void wr__service_tables_define(wr__service_tables *t, bool last);

#endif
