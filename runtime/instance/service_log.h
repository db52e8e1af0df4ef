/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_log.h - what the services of a directory define, kept for those who read it later.
 *
 * One program for each set of query files that was run there. It is not executed at the next start
 * of the service, for which the files are the truth.
 */
#ifndef WR_RUNTIME_INSTANCE_SERVICE_LOG_H
#define WR_RUNTIME_INSTANCE_SERVICE_LOG_H

#include "runtime/instance/statement_log.h"

/** A statement to be noted: wr_kept_put has made the bytes. */
typedef struct wr_service_statement {
    const char *subject; /* "S:NAME", "T:TYPE" */
    wr_str bytes;
} wr_service_statement;
typedef struct wr_service_statements {
    wr_arr(wr_service_statement) list;
} wr_service_statements;

/** Note what @p program defines, instead of what it did before; the same names of other programs
 *  are theirs no more. */
weir_status wr_service_log_replace(wr_db *db, const char *program,
                                   const wr_service_statements *statements,
                                   weir_error *err) WR_MUST_CHECK;
/** What one of the programs defines. */
typedef struct wr_service_kept {
    const char *program;
    wr_kept statement;
} wr_service_kept;
typedef struct wr_service_list {
    wr_arr(wr_service_kept) list; /* program by program, in the order of its statements */
} wr_service_list;
weir_status wr_service_log_read(wr_db *db, wr_arena *a, wr_service_list *out,
                                weir_error *err) WR_MUST_CHECK;
/** Nothing is known of any service. */
weir_status wr_service_log_clear(wr_db *db, weir_error *err) WR_MUST_CHECK;

#endif
