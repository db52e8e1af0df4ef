/* SPDX-License-Identifier: Apache-2.0 */
/*
 * planner.h - statements to catalog entries and physical plans. Every rejection of a wrong
 * statement happens here, before anything runs or is created; nothing here has side effects outside
 * its outputs. Messages: dialect.md (sections 6-12, 16, 21).
 */
#ifndef WR_ENGINE_PLAN_PLANNER_H
#define WR_ENGINE_PLAN_PLANNER_H

#include "engine/plan/catalog.h"
#include "engine/plan/settings.h"

/* What the log says of a topic. For a topic that is to be made, the same numbers are defaults. */
typedef struct wr_topic_facts {
    int32_t partitions;   /* at least 1 */
    int32_t replicas;     /* -1: left to the broker */
    int64_t retention_ms; /* -1: unknown */
} wr_topic_facts;

/** What the planner may know of the outside. */
typedef struct wr_plan_env wr_plan_env;
struct wr_plan_env {
    const wr_catalog *catalog;   /* read only; the caller holds the engine's lock meanwhile */
    const wr_settings *settings; /* of the session; a plan keeps values, not this layer */
    const wr_function_registry *functions; /* the engine's; NULL: the built-in ones alone */
    /** Facts of an existing topic; false: it does not exist. An unreachable log is the caller's
     *  affair: it sets *st and returns false. */
    bool (*topic)(const wr_plan_env *env, const char *name, wr_topic_facts *out, weir_status *st,
                  weir_error *err);
    wr_registry *registry; /* for the formats that use one; NULL: there is none */
    /** The latest schema of @p subject, or where @p id is not 0 the one of that id; false: there is
     *  none. What cannot be known is the caller's affair, as above. */
    bool (*schema)(const wr_plan_env *env, const char *subject, uint32_t id,
                   const wr_registry_schema **out, weir_status *st, weir_error *err);
    /** The id of a running query that uses the column, in memory that outlives the planning; NULL:
     *  none does. NULL: nobody knows of queries. */
    const char *(*column_user)(const wr_plan_env *env, const char *source, const char *column);
    const wr_eval_ctx *eval; /* for constant expressions: clock, zone, rng, a scratch arena */
    void *arg;               /* for `topic` and `schema`; the planner does not look at it */
};

/**
 * A topic that has to be created before a source can be added. The planner only says what is
 * needed; the runtime creates it, since planning has no side effects.
 */
typedef struct wr_new_topic {
    bool needed;                  /* false: the topic exists, and nothing else here is set */
    const char *name;             /* in the source's arena */
    int32_t partitions, replicas; /* replicas -1: the broker's default */
    int64_t retention_ms;         /* -1: default */
    bool compact;                 /* tables */
    bool compact_delete;          /* windowed tables */
} wr_new_topic;

/**
 * CREATE STREAM | TABLE with columns. @p out has one reference; it is not added to the catalog.
 * `OR REPLACE` is checked against the existing source; "already exists" is the caller's check
 * (wr_plan_exists). For CREATE SOURCE TABLE the caller plans the query CST_ itself
 * (wr_plan_source_table).
 */
weir_status wr_plan_create_source(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source **out,
                                  wr_new_topic *topic, weir_error *err) WR_MUST_CHECK;
/**
 * ALTER STREAM | TABLE ... ADD COLUMN, ... REFRESH SCHEMA (refresh.c). The result is a new entry
 * with one reference; the old one stays valid for whoever holds it. Only sources that were declared
 * by columns can be altered: those of a query follow from the query.
 */
weir_status wr_plan_alter(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source **out,
                          weir_error *err) WR_MUST_CHECK;
/** "added `B` INTEGER; removed `C` STRING": how the columns of an altered source differ; nothing
 *  where they do not. */
void wr_plan_put_schema_changes(wr_buf *out, const wr_schema *old, const wr_schema *fresh);
/**
 * Name taken? @p exists: IF NOT EXISTS applies, the statement does nothing (message in
 * @p warning: "Cannot add stream X: A stream with the same name already exists.").
 */
weir_status wr_plan_exists(const wr_plan_env *env, const wr_ast_stmt *stmt, bool *exists,
                           wr_buf *warning, weir_error *err) WR_MUST_CHECK;

/**
 * The schema that records of @p s are written with in their key or value: that of WITH's id, or one
 * made of the columns, text in @p a. Only where the format has schemas and there are columns
 * (wr_plan_has_schema).
 */
weir_status wr_plan_schema_draft(const wr_source *s, bool is_key, wr_arena *a, wr_schema_draft *out,
                                 weir_error *err) WR_MUST_CHECK;
bool wr_plan_has_schema(const wr_source *s, bool is_key);
/** Can its rows be written with @p schema (wr_format_check_schema)? */
bool wr_plan_schema_holds(const wr_source *s, bool is_key, const wr_registry_schema *schema);
/** The sink of @p plan, which does not run yet, writes with what was registered; NULL: as before.
 */
void wr_plan_set_sink_schemas(wr_plan *plan, const wr_registry_schema *key,
                              const wr_registry_schema *value);
/**
 * How a writer's schema stands to a source's columns (wr_format_schema_fit): @p cols are all of the
 * source, of which those of the part count.
 */
weir_status wr_plan_schema_fit(const wr_column *cols, uint32_t n, const wr_format_use *use,
                               bool is_key, const wr_registry_schema *schema, wr_schema_fit *fit,
                               wr_buf *how, weir_error *err) WR_MUST_CHECK;
/** CREATE ... AS SELECT: the sink and its query. */
weir_status wr_plan_create_as(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source **sink,
                              wr_new_topic *topic, wr_plan **plan, weir_error *err) WR_MUST_CHECK;
/** INSERT INTO ... SELECT. @p query_id: from WITH(QUERY_ID), in the plan's arena, or NULL. */
weir_status wr_plan_insert_select(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_plan **plan,
                                  const char **query_id, weir_error *err) WR_MUST_CHECK;
/** SELECT ... EMIT CHANGES | FINAL: a push query (root is COLLECT). */
weir_status wr_plan_push(const wr_plan_env *env, const wr_ast_query *query, wr_plan **plan,
                         weir_error *err) WR_MUST_CHECK;
/** The query CST_ that materialises a CREATE SOURCE TABLE (no sink: root is the source step). */
weir_status wr_plan_source_table(const wr_plan_env *env, const wr_source *table, wr_plan **plan,
                                 weir_error *err) WR_MUST_CHECK;
/* NULL is allowed. Tasks that still run the plan must have ended. */
void wr_plan_free(wr_plan *plan);
/**
 * Names of the sources that a plan reads, in order; borrowed. @return how many (<= max). A topic
 * that is read as two sources gives both names.
 */
uint32_t wr_plan_source_names(const wr_plan *plan, const char **out, uint32_t max);

/**
 * May @p fresh replace @p old in place (CREATE OR REPLACE ... AS, dialect.md 8.2)? Both plans and
 * sinks; "Query is not upgradeable. ..." else. @p old NULL: its query was terminated, the sink
 * alone is compared.
 */
weir_status wr_plan_check_upgrade(const wr_source *old_sink, const wr_plan *old,
                                  const wr_source *new_sink, const wr_plan *fresh,
                                  weir_error *err) WR_MUST_CHECK;

/** Has INSERT ... VALUES as many values as columns that it names? What is wrong with the statement
 *  before anything is looked up; the other functions ask it first. */
weir_status wr_plan_insert_counts(const wr_ast_stmt *stmt, weir_error *err) WR_MUST_CHECK;
/** INSERT INTO ... VALUES: values evaluated and coerced, ready to be encoded. */
typedef struct wr_insert {
    wr_arena *arena;                       /* owns the values and this struct */
    const wr_source *source;               /* borrowed */
    wr_value *values;                      /* one per column of source->schema */
    bool has_rowtime;                      /* false: ROWTIME was not given, or was NULL */
    int64_t rowtime;                       /* ms; where !has_rowtime: the caller's clock */
    bool has_window_start, has_window_end; /* ASSERT VALUES of a windowed source */
    int64_t window_start, window_end;
} wr_insert;
weir_status wr_plan_insert_values(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_insert **out,
                                  weir_error *err) WR_MUST_CHECK;
/** The source alone, for who has rows from elsewhere: borrowed from the catalog. */
weir_status wr_plan_insert_target(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source **out,
                                  weir_error *err) WR_MUST_CHECK;
/** ASSERT VALUES, ASSERT NULL VALUES: the same for a source of any sort, WINDOWSTART and WINDOWEND
 *  among the columns where its key is windowed. */
weir_status wr_plan_expected_values(const wr_plan_env *env, const wr_ast_stmt *stmt,
                                    wr_insert **out, weir_error *err) WR_MUST_CHECK;
/* NULL is allowed. The source is borrowed and stays. */
void wr_insert_free(wr_insert *ins);

/**
 * Pull query (SELECT without EMIT).
 *
 * On a TABLE: rows come from the store of the query that materialises it: `store_plan` of the query
 * `query_id` (found through @p plan_of), restricted by bounds (any of which may match), then the
 * steps of that plan between its materialized step and its sink, then `filter` and `select` over
 * the table's columns. On a STREAM: @p plan is a push plan that the runtime ends at the end offsets
 * captured at start.
 *
 * One bound: a key, or a range of keys, and windows. Bounds may be wider than WHERE, never
 * narrower: each row that is found still passes the filter.
 *
 *     WHERE id = 7 AND windowstart >= 1000      key {7}, window_start_min 1000
 *     WHERE id > 'k' AND id <= 'm'              from 'k', to 'm' and to_inclusive
 */
typedef struct wr_pull_key {
    wr_value *key;             /* exact: source->schema->keys_n values; NULL: not exact */
    const wr_value *from, *to; /* range on a single key column; NULL: open */
    bool from_inclusive, to_inclusive;
    int64_t window_start_min, window_start_max, window_end_min, window_end_max; /* ms, inclusive */
} wr_pull_key;
/* A planned pull query. It holds a reference to its source, so that dropping the table does not
 * take the schema away from a query that reads it; that the store is still there is for the runtime
 * to see. */
typedef struct wr_pull {
    wr_arena *arena;         /* owns everything but source and plan */
    const wr_source *source; /* a reference of its own */
    const char *query_id;    /* NULL for a STREAM */
    wr_plan *plan;           /* STREAM only */
    wr_pull_key *keys;       /* any of these; keys_n 0: nothing can match */
    uint32_t keys_n;
    bool scan;                 /* the whole table is read */
    wr_expr *filter;           /* the whole WHERE over the table's rows, or NULL */
    wr_expr **select;          /* result->n expressions over the table's rows */
    const wr_schema *result;   /* in order of the projection */
    const bool *result_is_key; /* which columns of the result are part of the table's key */
    bool has_limit;
    int64_t limit; /* has_limit only; not negative */
} wr_pull;
weir_status wr_plan_pull(const wr_plan_env *env, const wr_ast_query *query, wr_pull **out,
                         weir_error *err) WR_MUST_CHECK;
void wr_pull_free(wr_pull *pull);

#endif
