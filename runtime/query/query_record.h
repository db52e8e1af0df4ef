/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_record.h - what a data directory keeps of a query beside its state: what it means, the
 * statement that made it, and everything by which it can be forgotten without its plan.
 *
 * It is written with the first commit of each start, and so always describes the statement that has
 * made the last of the state and the offsets. What a later statement with the same id means is
 * compared with it before that one starts.
 */
#ifndef WR_RUNTIME_QUERY_QUERY_RECORD_H
#define WR_RUNTIME_QUERY_QUERY_RECORD_H

#include "engine/plan/plan_stores.h"
#include "runtime/log/log_topics.h"
#include "statestore/db.h"

typedef struct wr_query_changelog {
    const char *topic;
    int32_t partitions;
} wr_query_changelog;

/** All in the arena that it was read into. Texts are "" where an older version wrote none. */
typedef struct wr_query_record {
    const char *id;
    const char *sql;             /* the statement, without ';' */
    const char *meaning;         /* wr_plan.meaning */
    const char *sink;            /* topic that it writes to; "": none */
    const char *program;         /* files of the service that it is of; "": kept statements */
    wr_arr(const char *) stores; /* names in the database */
    wr_arr(wr_query_changelog) changelogs; /* Kafka */
    wr_arr(const char *) topics;           /* Kafka: repartition topics */
} wr_query_record;
typedef struct wr_query_records {
    wr_arr(wr_query_record) list;
} wr_query_records;

/** What is kept of all queries whose groups begin with @p prefix, in order of id.
 *  @return WEIR_ERR_STORE: one cannot be read. */
weir_status wr_query_records_read(wr_db *db, const char *prefix, wr_arena *a, wr_query_records *out,
                                  weir_error *err) WR_MUST_CHECK;
/** NULL: the directory does not know it. Borrowed from @p all. */
const wr_query_record *wr_query_record_find(const wr_query_records *all, const char *id);
/** How the state that is there under @p id differs from what @p plan's stores mean: nothing where
 * it does not, or where there is none. By what each store says of itself, also where an older
 * version has written the record. */
weir_status wr_query_state_difference(wr_db *db, const char *id, const wr_plan *plan, wr_buf *out,
                                      weir_error *err) WR_MUST_CHECK;
/**
 * Drop a query's state, offsets and internal topics; the sink stays. It must not run anywhere.
 * @return the first failure; what can be dropped is, all the same.
 */
weir_status wr_query_record_forget(wr_log *log, wr_db *db, const char *prefix,
                                   const wr_query_record *r, weir_error *err);
/** The same for a query that is to begin anew: where its group cannot be dropped, because another
 *  process is in it, nothing is. */
weir_status wr_query_record_reset(wr_log *log, wr_db *db, const char *prefix,
                                  const wr_query_record *r, weir_error *err) WR_MUST_CHECK;

#endif
