/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog.h - the streams, tables, types and queries that exist.
 *
 * Sources are immutable once added and counted: a changed source (ALTER, OR REPLACE) is a new
 * object. So a clone of the catalog, for validating several statements together, is cheap.
 * Not thread-safe: whoever changes or looks up something holds the owner's lock. A source that is
 * held by a reference may be read, and given back, by any thread.
 */
#ifndef WR_ENGINE_PLAN_CATALOG_H
#define WR_ENGINE_PLAN_CATALOG_H

#include "engine/plan/plan.h"

#include <stdatomic.h>

typedef struct wr_source {
    wr_arena *arena; /* owns everything below and this struct */
    atomic_int refs; /* plans and pull queries of other threads hold sources too */
    const char *name;
    bool is_table;
    bool read_only;          /* CREATE SOURCE ... */
    const wr_schema *schema; /* keys, then value and header columns in declared order */
    const char *topic;
    int32_t partitions; /* of the topic */
    int32_t replicas;
    int64_t retention_ms; /* of the topic; -1: not known or not limited */
    wr_format_use key, value;
    wr_window window;         /* of the key; kind NONE: plain */
    int32_t timestamp_column; /* index in schema, or -1 */
    const char *timestamp_format;
    const char *sql;           /* creating statement, without ';' */
    const char *query_id;      /* of the query that created it (CSAS_, CTAS_, CST_), or NULL */
    bool is_ddl;               /* created by columns, not AS SELECT */
    const char **derived_from; /* sources that a CTAS / CSAS reads: drop constraints */
    uint32_t derived_from_n;
} wr_source;

wr_source *wr_source_new(void);
void wr_source_ref(wr_source *s);
void wr_source_unref(wr_source *s);
/** Copy of @p s with its own arena (refs 1), to be changed before it is added. */
wr_source *wr_source_copy(const wr_source *s);
static inline const char *wr_source_kind(const wr_source *s)
{
    return s->is_table ? "table" : "stream";
}
static inline const char *wr_source_Kind(const wr_source *s)
{
    return s->is_table ? "Table" : "Stream";
}

/** What the catalog knows of a running persistent query. */
typedef struct wr_query_info {
    char *id;
    char *sql;
    char *sink; /* source name */
    char **sources;
    uint32_t sources_n;
    bool insert; /* INSERT INTO ... SELECT */
} wr_query_info;

typedef struct wr_catalog {
    wr_map sources; /* name -> wr_source */
    wr_map types;   /* upper-case name -> const wr_type *, in types_arena */
    wr_map queries; /* id -> wr_query_info */
    wr_arena *types_arena;
} wr_catalog;

void wr_catalog_init(wr_catalog *c);
void wr_catalog_free(wr_catalog *c);
void wr_catalog_clone(wr_catalog *to, const wr_catalog *from);

wr_source *wr_catalog_find(const wr_catalog *c, const char *name);
/** Find, or "X does not exist." with "Did you mean ..." hints for other cases of the name. */
weir_status wr_catalog_get(const wr_catalog *c, const wr_ast_name *name, wr_source **out,
                           weir_error *err) WR_MUST_CHECK;
/** Add or replace; takes a reference of its own. */
void wr_catalog_put(wr_catalog *c, wr_source *s);
void wr_catalog_remove(wr_catalog *c, const char *name);

void wr_catalog_add_query(wr_catalog *c, const char *id, const char *sql, const char *sink,
                          const char *const *sources, uint32_t sources_n, bool insert);
void wr_catalog_remove_query(wr_catalog *c, const char *id);
const wr_query_info *wr_catalog_query(const wr_catalog *c, const char *id);
/** Ids of queries that read (or write) @p source, "[A, B]", into @p out; @return how many.
 *  The query that created the source is left out where @p but is its id. */
uint32_t wr_catalog_readers(const wr_catalog *c, const char *source, wr_buf *out);
uint32_t wr_catalog_writers(const wr_catalog *c, const char *source, const char *but, wr_buf *out);

/** CREATE TYPE / DROP TYPE. @p done false: nothing to do (IF [NOT] EXISTS). */
weir_status wr_catalog_create_type(wr_catalog *c, const wr_ast_stmt *stmt, bool *done,
                                   weir_error *err) WR_MUST_CHECK;
weir_status wr_catalog_drop_type(wr_catalog *c, const wr_ast_stmt *stmt, bool *done,
                                 weir_error *err) WR_MUST_CHECK;
/** May this source be dropped (kind, dependants)? dialect.md 8.4. */
weir_status wr_catalog_check_drop(const wr_catalog *c, const wr_ast_stmt *stmt, wr_source **out,
                                  weir_error *err) WR_MUST_CHECK;

#endif
