/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement_log.h - the statements that define something, kept in the database for the next
 * opening: one entry for each, under its number, with the settings of the session that executed it
 * and with the schemas that it found or registered.
 *
 * The history is kept, not only its result: DROP TYPE has an entry, because what was created before
 * it still needs the type, and so has OR REPLACE, because what was created between the two needs
 * the old source. TERMINATE of a CTAS has one, so that its query is not started again. What DROP
 * removes loses its entries: the subject says which.
 */
#ifndef WR_RUNTIME_INSTANCE_STATEMENT_LOG_H
#define WR_RUNTIME_INSTANCE_STATEMENT_LOG_H

#include "runtime/instance/plan_env.h"
#include "runtime/instance/session.h"

/** One kept statement; its texts live in the arena of wr_statement_log_read. */
typedef struct wr_kept {
    uint64_t id;
    const char *subject;
    wr_str sql;                    /* 0-terminated; a string literal in it may hold a 0 */
    wr_arr(const char *) settings; /* name, value, name, value ... */
    /* Likewise: subject, what was found or registered under it. Texts, since a registry that could
     * have them is not asked before the statement is executed again. */
    wr_arr(const char *) schemas;
} wr_kept;
typedef struct wr_kept_list {
    wr_arr(wr_kept) list; /* by id */
} wr_kept_list;

/** Keep a statement that defines its subject ("S:NAME", "T:TYPE", "Q:ID") under its number. Durable
 *  on return, where the database is. */
weir_status wr_statement_log_put(wr_db *db, const wr_kept *k, weir_error *err) WR_MUST_CHECK;
/** @return WEIR_ERR_STORE where an entry cannot be read: nothing is left out in silence. */
weir_status wr_statement_log_read(wr_db *db, wr_arena *a, wr_kept_list *out,
                                  weir_error *err) WR_MUST_CHECK;
/** The same, but what cannot be read is left out: @p bad has the keys, in @p a. */
typedef struct wr_kept_bad {
    wr_arr(const char *) keys;
} wr_kept_bad;
weir_status wr_statement_log_scan(wr_db *db, wr_arena *a, wr_kept_list *out, wr_kept_bad *bad,
                                  weir_error *err) WR_MUST_CHECK;
/**
 * Remove the entries that cannot be read, and those with @p ids. All entries as they were before
 * are kept aside, under "statement-old/" and @p now_ms, where nothing reads them. All or nothing,
 * durable on return.
 */
weir_status wr_statement_log_repair(wr_db *db, const uint64_t *ids, size_t n, int64_t now_ms,
                                    weir_error *err) WR_MUST_CHECK;
/**
 * The first number that was never given to a statement that was kept, removed ones included: a
 * query whose end was cut short (a kill, a broker that was away) may have left state and offsets
 * under its id, which must not become another query's.
 * @param kept what wr_statement_log_read has read
 */
weir_status wr_statement_log_next(wr_db *db, const wr_kept_list *kept, uint64_t *out,
                                  weir_error *err) WR_MUST_CHECK;
/** Remove all entries that define @p subject. */
weir_status wr_statement_log_forget(wr_db *db, const char *subject, weir_error *err) WR_MUST_CHECK;
/** A statement with the settings and schemas that it is executed with; in @p a but for the texts
 *  that are handed in, which are borrowed. */
wr_kept wr_kept_make(wr_arena *a, const char *subject, const wr_settings *settings,
                     const wr_known_topics *known, wr_str sql);
/** The bytes of an entry, and reading them; also of the statements of a service (service_log.h).
 *  @return false: wr_kept_put has not written them. */
void wr_kept_put(wr_buf *out, const wr_kept *k);
bool wr_kept_parse(wr_arena *a, wr_str value, wr_kept *out);
/** Give a session the settings of a kept statement. */
void wr_kept_apply_settings(const wr_kept *k, wr_session *s);
/**
 * What the statement had found in the schema registry and registered there, so that it means the
 * same again, whatever the registry says today, and if it does not answer. @p a: of @p out.
 */
weir_status wr_kept_schemas(const wr_kept *k, wr_registry *registry, wr_arena *a,
                            wr_known_topics *out, weir_error *err) WR_MUST_CHECK;

#endif
