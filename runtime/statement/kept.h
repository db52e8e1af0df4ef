/* SPDX-License-Identifier: Apache-2.0 */
/* kept.h - which statements are kept for the next opening, and under which subject. */
#ifndef WR_RUNTIME_STATEMENT_KEPT_H
#define WR_RUNTIME_STATEMENT_KEPT_H

#include "runtime/statement/statement.h"

/** What a statement is about: "S:NAME", "T:TYPE", "Q:ID"; in the statement's arena. */
typedef struct wr__subject {
    const char *text;
} wr__subject;
wr__subject wr__subject_of_source(wr_exec *x, const char *name);
wr__subject wr__subject_of_type(wr_exec *x, const char *name);
wr__subject wr__subject_of_query(wr_exec *x, const char *id);

/** Was it allowed before: by another process, or in another life of this one? */
bool wr__is_repeated(const wr_exec *x);
/** Is it one of those that are kept, and shared: does it change what the catalog is, or which
 *  queries run? */
bool wr__is_definition(const wr_ast_stmt *stmt);
/** Of a statement that is only checked: this is what all processes of the service are to execute.
 */
void wr__propose(wr_exec *x, wr__subject subject, wr_str sql);
/** Keep this statement under @p id, with its settings. Nothing where none are kept. */
weir_status wr__keep_statement(const wr_exec *x, wr__subject subject, uint64_t id,
                               weir_error *err) WR_MUST_CHECK;
/** The same with another text, where the statement's own would mean more than its effect was. */
weir_status wr__keep_text(const wr_exec *x, wr__subject subject, uint64_t id, wr_str sql,
                          weir_error *err) WR_MUST_CHECK;
/** Whatever was kept about the subject is gone. */
weir_status wr__forget_statements(const wr_exec *x, wr__subject subject,
                                  weir_error *err) WR_MUST_CHECK;
/**
 * A source is dropped: what was kept about it is gone, unless a statement that is still kept reads
 * it (one that OR REPLACE has replaced since); then its end is kept as well, until that one goes.
 */
weir_status wr__forget_source(wr_exec *x, const char *name, weir_error *err) WR_MUST_CHECK;
/**
 * Was something about the subject kept, but left out of this engine by `weir.statements.skip`?
 * Then a DROP or TERMINATE of it, which finds nothing in the catalog, is about that.
 */
weir_status wr__was_skipped(const wr_exec *x, wr__subject subject, bool *yes,
                            weir_error *err) WR_MUST_CHECK;

/** `weir.statements.skip`: is @p id in the list of numbers? */
bool wr__is_skipped(const wr_engine *e, uint64_t id);

#endif
