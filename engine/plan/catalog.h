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

/* A stream or a table: what its records mean and where they are. Filled in by the planner, then put
 * into a catalog, then never changed; see wr_source_copy for how it is altered. */
typedef struct wr_source {
    wr_arena *arena;            /* owns everything below and this struct */
    atomic_int refs;            /* plans and pull queries of other threads hold sources too */
    const char *name;           /* as folded or quoted in the statement; the catalog's key */
    bool is_table;              /* records are changes of rows; a NULL value deletes one */
    bool read_only;             /* CREATE SOURCE ... */
    const wr_schema *schema;    /* keys, then value and header columns in declared order */
    const char *topic;          /* several sources may share one */
    int32_t partitions;         /* of the topic */
    wr_partitioner partitioner; /* by which its records lie: PARTITIONER of WITH */
    int32_t replicas;           /* -1: not known */
    int64_t retention_ms;       /* of the topic; -1: not known or not limited */
    wr_format_use key, value;
    wr_window window;              /* of the key; kind NONE: plain */
    int32_t timestamp_column;      /* index in schema, or -1 */
    const char *timestamp_format;  /* of a STRING timestamp column; NULL: none */
    bool has_on_error;             /* ON_ERROR was given */
    wr_on_error on_error;          /* what becomes of records that cannot be decoded */
    const char *dead_letter_topic; /* DEAD_LETTER_TOPIC; NULL: not given */
    const char *sql;               /* its CREATE and ALTERs, ";\n" between them */
    const char *query_id;          /* of the query that created it (CSAS_, CTAS_, CST_), or NULL */
    bool is_ddl;                   /* created by columns, not AS SELECT */
    const char **derived_from;     /* sources that a CTAS / CSAS reads: drop constraints */
    uint32_t derived_from_n;
} wr_source;

/* Empty, with one reference, no timestamp column and no retention. The rest is the caller's to fill
 * in. */
wr_source *wr_source_new(void);
/* Any thread may call these two; the last reference frees the source. NULL has nothing to give
 * back. */
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

/**
 * What the catalog knows of a running persistent query. All texts are this struct's own. Push
 * queries and pull queries are not listed: nothing depends on them, and they are not started again.
 */
typedef struct wr_query_info {
    char *id;       /* "CTAS_T_3", "INSERTQUERY_5": unique in the catalog */
    char *sql;      /* the whole statement, without ';' */
    char *sink;     /* source name */
    char **sources; /* names of the sources that it reads */
    uint32_t sources_n;
    bool insert; /* INSERT INTO ... SELECT */
} wr_query_info;

/* Three name spaces. Maps keep the order of insertion, so SHOW and a restart list things as they
 * were made. */
typedef struct wr_catalog {
    wr_map sources;        /* name -> wr_source */
    wr_map types;          /* upper-case name -> const wr_type *, in types_arena */
    wr_map queries;        /* id -> wr_query_info */
    wr_arena *types_arena; /* a dropped or replaced type stays here until the catalog goes */
} wr_catalog;

/* A catalog is in place; wr_catalog_free gives back its references to sources, not the sources of
 * others. wr_catalog_clone makes `to` from nothing: do not init it before. */
void wr_catalog_init(wr_catalog *c);
void wr_catalog_free(wr_catalog *c);
void wr_catalog_clone(wr_catalog *to, const wr_catalog *from);

/* Borrowed: take a reference before the lock is let go. NULL: there is none. */
wr_source *wr_catalog_find(const wr_catalog *c, const char *name);
/** Find, or "X does not exist." with "Did you mean ..." hints for other cases of the name. */
weir_status wr_catalog_get(const wr_catalog *c, const wr_ast_name *name, wr_source **out,
                           weir_error *err) WR_MUST_CHECK;
/** Add or replace; takes a reference of its own. */
void wr_catalog_put(wr_catalog *c, wr_source *s);
/* Unconditional, for callers that have asked wr_catalog_check_drop; a missing name is nothing to
 * do. */
void wr_catalog_remove(wr_catalog *c, const char *name);

/* All texts are copied. A query of the same id is replaced (CREATE OR REPLACE keeps the id). */
void wr_catalog_add_query(wr_catalog *c, const char *id, const char *sql, const char *sink,
                          const char *const *sources, uint32_t sources_n, bool insert);
void wr_catalog_remove_query(wr_catalog *c, const char *id);
/* Borrowed until the catalog changes. NULL: there is no such query. */
const wr_query_info *wr_catalog_query(const wr_catalog *c, const char *id);
/** Ids of the INSERT INTO that read (or of queries that write) @p source, "[A, B]", into @p out;
 * @return how many. The query that created the source is left out where @p but is its id. */
uint32_t wr_catalog_readers(const wr_catalog *c, const char *source, wr_buf *out);
uint32_t wr_catalog_writers(const wr_catalog *c, const char *source, const char *but, wr_buf *out);

/** CREATE TYPE / DROP TYPE. @p done false: nothing to do (IF [NOT] EXISTS). */
weir_status wr_catalog_create_type(wr_catalog *c, const wr_ast_stmt *stmt, bool *done,
                                   weir_error *err) WR_MUST_CHECK;
weir_status wr_catalog_drop_type(wr_catalog *c, const wr_ast_stmt *stmt, bool *done,
                                 weir_error *err) WR_MUST_CHECK;
/**
 * May this source be dropped (kind, dependants)? dialect.md 8.4. @p out borrowed; NULL with WEIR_OK
 * where IF EXISTS makes the statement do nothing.
 */
weir_status wr_catalog_check_drop(const wr_catalog *c, const wr_ast_stmt *stmt, wr_source **out,
                                  weir_error *err) WR_MUST_CHECK;

#endif
