/* SPDX-License-Identifier: Apache-2.0 */
/* statement_log.h - the statements that define something, kept in the database. */
#ifndef WR_RUNTIME_INSTANCE_STATEMENT_LOG_H
#define WR_RUNTIME_INSTANCE_STATEMENT_LOG_H

#include "runtime/instance/engine.h"

/** One kept statement; its texts live in the arena given to wr_statement_log_read. */
typedef struct wr_kept {
    uint64_t id;
    char *subject, *settings, *sql;
} wr_kept;

/** Remember a statement that defines @p subject ("S:NAME", "T:TYPE", "Q:ID"), with the settings of
 *  the session that executed it. */
weir_status wr_statement_log_put(wr_db *db, uint64_t id, const char *subject,
                                 const wr_settings *settings, wr_str sql,
                                 weir_error *err) WR_MUST_CHECK;
/** All, in the order of their ids. */
weir_status wr_statement_log_read(wr_db *db, wr_arena *a, wr_kept **out, size_t *n,
                                  weir_error *err) WR_MUST_CHECK;
/** Remove those that define @p subject. */
weir_status wr_statement_log_forget(wr_engine *e, const char *subject,
                                    weir_error *err) WR_MUST_CHECK;
/** Put the kept settings back into a session. */
void wr_statement_log_settings(wr_session *s, char *lines);

#endif
