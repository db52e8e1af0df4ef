/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entity.h - what statements come to, as ksqlDB's entities (rest-api.md 4.1): JSON, appended to a
 * buffer, each complete with its "@type", "statementText" and "warnings".
 *
 * Commas: what is appended gets one in front where something stands there already, which is known
 * by the last byte; so members and elements are put in any number and order.
 *
 * Threads: any; functions that look at the catalog take the engine's lock.
 */
#ifndef WR_SERVER_REST_ENTITY_H
#define WR_SERVER_REST_ENTITY_H

#include "engine/plan/catalog.h"
#include "runtime/statement/statement.h"
#include "server/cluster/cluster.h"
#include "server/query/query_service.h"

/** What entities are made with; all borrowed. */
typedef struct wr__entity_context {
    wr_engine *engine;
    wr_query_service *queries; /* push queries of clients */
    const char *host;          /* "host:port" of this node */
    wr_cluster *cluster;       /* other nodes; NULL: there are none */
} wr__entity_context;

/* ---- JSON ---- */

/** A comma, unless an array or an object has just begun. */
void wr__comma(wr_buf *out);
/** "name":, with its comma. */
void wr__name(wr_buf *out, const char *name);
/** "name":"text"; NULL is null. */
void wr__member(wr_buf *out, const char *name, const char *text);
void wr__member_int(wr_buf *out, const char *name, int64_t n);
void wr__member_bool(wr_buf *out, const char *name, bool is);
/** {"@type":...,"statementText":... ; closed by the other one, with no warnings. */
void wr__entity_open(wr_buf *out, const char *type, const char *statement);
void wr__entity_close(wr_buf *out);

/* ---- parts ---- */

/** A SchemaInfo. */
void wr__put_type(wr_buf *out, const wr_type *t);
/** A setting as ksqlDB's lists have it: those of Streams and of clients with a prefix. */
void wr__put_property_name(wr_buf *out, const wr_setting *s);
/** "fields":[...]. */
void wr__put_fields(wr_buf *out, const wr_schema *s);

/* ---- entities of an executed statement ---- */

/** SHOW, LIST. */
weir_status wr__entity_show(const wr__entity_context *c, wr_exec *x, const char *statement,
                            wr_buf *out, weir_error *err) WR_MUST_CHECK;
/** DESCRIBE, and the EXTENDED forms of LIST STREAMS and LIST TABLES. entity_source.c */
weir_status wr__entity_describe(const wr__entity_context *c, wr_exec *x, const char *statement,
                                wr_buf *out, weir_error *err) WR_MUST_CHECK;
/** Source descriptions of all streams, or tables. */
weir_status wr__entity_sources(const wr__entity_context *c, const wr_exec *x, bool tables,
                               const char *statement, wr_buf *out, weir_error *err) WR_MUST_CHECK;
/** LIST QUERIES [EXTENDED]. entity_query.c */
void wr__entity_queries(const wr__entity_context *c, const wr_exec *x, const char *statement,
                        wr_buf *out);
/** EXPLAIN. entity_query.c */
void wr__entity_explain(const wr__entity_context *c, const wr_exec *x, const char *statement,
                        wr_buf *out);
/** A line of LIST QUERIES. @pre the lock is held */
void wr__put_query(const wr__entity_context *c, const wr_query_info *info, wr_buf *out);

#endif
