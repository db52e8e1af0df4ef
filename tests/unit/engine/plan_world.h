/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_world.h - a catalog, settings and topics that exist only for planning, and statements
 * executed against them: what the planner sees, without a runtime. For the test_plan_*.c and the
 * fuzz target of the planner.
 *
 *     world_init(&w);
 *     world_do(&w, "CREATE STREAM ...;", &err)        plan, and add what it defines
 *     world_plan(&w, "SELECT ...;", &plan, &err)      plan only
 */
#ifndef TEST_ENGINE_PLAN_WORLD_H
#define TEST_ENGINE_PLAN_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/plan/planner.h"
#include "parser/parser.h"

typedef struct world_topic {
    const char *name;
    wr_topic_facts facts;
} world_topic;

typedef struct world {
    wr_plan_env env; /* first */
    wr_catalog catalog;
    wr_settings settings;
    wr_eval_ctx eval;
    wr_row_errors errs;
    wr_rng rng;
    wr_arena *arena; /* of statements, results and scratch; until world_fini */
    world_topic topics[128];
    size_t topics_n;
    unsigned next_id;
} world;

static inline bool world_find_topic(const wr_plan_env *env, const char *name, wr_topic_facts *out,
                                    weir_status *st, weir_error *err)
{
    const world *w = (const world *)env;
    (void)err;
    *st = WEIR_OK;
    for (size_t i = 0; i < w->topics_n; i++) {
        if (strcmp(w->topics[i].name, name) != 0)
            continue;
        *out = w->topics[i].facts;
        return true;
    }
    return false;
}

static inline void world_ignore(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self;
    (void)row;
    (void)message;
}

static inline void world_add_topic(world *w, const char *name, int32_t partitions)
{
    if (w->topics_n == sizeof w->topics / sizeof w->topics[0])
        return;
    w->topics[w->topics_n].name = wr_arena_strdup(w->arena, name);
    w->topics[w->topics_n++].facts = (wr_topic_facts){partitions, 1, -1};
}

static inline void world_init(world *w)
{
    memset(w, 0, sizeof *w);
    w->arena = wr_arena_new(0);
    wr_catalog_init(&w->catalog);
    wr_settings_init(&w->settings, NULL);
    wr_rng_seed(&w->rng, 1);
    w->errs.report = world_ignore;
    w->eval = (wr_eval_ctx){.scratch = w->arena,
                            .errs = &w->errs,
                            .wall_ms = 1700000000000,
                            .rng = &w->rng,
                            .zone = "UTC"};
    w->env = (wr_plan_env){.catalog = &w->catalog,
                           .settings = &w->settings,
                           .topic = world_find_topic,
                           .eval = &w->eval,
                           .arg = w};
}

static inline void world_fini(world *w)
{
    wr_catalog_free(&w->catalog);
    wr_settings_free(&w->settings);
    wr_arena_free(w->arena);
}

/** What a statement was planned to; all of it is the caller's. */
typedef struct world_result {
    wr_ast_stmt *stmt; /* in the world's arena */
    wr_source *source;
    wr_new_topic topic;
    wr_plan *plan;
    wr_pull *pull;
    wr_insert *insert;
    const char *query_id; /* WITH (QUERY_ID) */
    bool nothing;         /* IF NOT EXISTS and the like */
} world_result;

static inline void world_result_free(world_result *r)
{
    wr_source_unref(r->source);
    wr_plan_free(r->plan);
    wr_pull_free(r->pull);
    wr_insert_free(r->insert);
}

static inline weir_status world_plan_create(world *w, world_result *r, weir_error *err)
{
    wr_buf warning = {0};
    weir_status st = wr_plan_exists(&w->env, r->stmt, &r->nothing, &warning, err);
    wr_buf_free(&warning);
    if (st != WEIR_OK || r->nothing)
        return st;
    if (r->stmt->kind == WR_AST_CREATE_AS)
        return wr_plan_create_as(&w->env, r->stmt, &r->source, &r->topic, &r->plan, err);
    WR_TRY(wr_plan_create_source(&w->env, r->stmt, &r->source, &r->topic, err));
    if (!r->stmt->is_source || !r->stmt->is_table)
        return WEIR_OK;
    return wr_plan_source_table(&w->env, r->source, &r->plan, err);
}

/** Parse and plan one statement of any kind that has a plan. Free @p r also after a failure. */
static inline weir_status world_plan_n(world *w, const char *sql, size_t len, world_result *r,
                                       weir_error *err)
{
    memset(r, 0, sizeof *r);
    WR_TRY(wr_parse_statement(sql, len, w->arena, &r->stmt, err));
    switch (r->stmt->kind) {
    case WR_AST_CREATE_SOURCE:
    case WR_AST_CREATE_AS:
        return world_plan_create(w, r, err);
    case WR_AST_ALTER_SOURCE:
        return wr_plan_alter(&w->env, r->stmt, &r->source, err);
    case WR_AST_INSERT_SELECT:
        return wr_plan_insert_select(&w->env, r->stmt, &r->plan, &r->query_id, err);
    case WR_AST_INSERT_VALUES:
        return wr_plan_insert_values(&w->env, r->stmt, &r->insert, err);
    case WR_AST_ASSERT_VALUES:
    case WR_AST_ASSERT_NULL_VALUES:
        return wr_plan_expected_values(&w->env, r->stmt, &r->insert, err);
    case WR_AST_QUERY:
        return r->stmt->query->emit == WR_AST_EMIT_NONE
                   ? wr_plan_pull(&w->env, r->stmt->query, &r->pull, err)
                   : wr_plan_push(&w->env, r->stmt->query, &r->plan, err);
    default:
        return WEIR_OK;
    }
}

static inline weir_status world_plan(world *w, const char *sql, world_result *r, weir_error *err)
{
    return world_plan_n(w, sql, strlen(sql), r, err);
}

static inline void world_add_query(world *w, const char *sql, world_result *r)
{
    const char *sources[64];
    uint32_t n = wr_plan_source_names(r->plan, sources, 64);
    bool insert = r->stmt->kind == WR_AST_INSERT_SELECT;
    const char *kind = insert ? "INSERTQUERY" : r->stmt->is_table ? "CTAS" : "CSAS";
    const char *id = wr_arena_printf(w->arena, "%s_%s_%u", kind, r->stmt->name.name, w->next_id++);
    if (r->query_id)
        id = r->query_id;
    if (r->source)
        r->source->query_id = wr_arena_strdup(r->source->arena, id);
    wr_catalog_add_query(&w->catalog, id, sql, r->stmt->name.name, sources, n, insert);
}

/** Plan, and do to the catalog and the topics what the statement says. */
static inline weir_status world_do(world *w, const char *sql, weir_error *err)
{
    world_result r;
    bool done;
    weir_status st = world_plan(w, sql, &r, err);
    if (st == WEIR_OK && r.stmt->kind == WR_AST_CREATE_TYPE)
        st = wr_catalog_create_type(&w->catalog, r.stmt, &done, err);
    if (st == WEIR_OK && r.stmt->kind == WR_AST_DROP_TYPE)
        st = wr_catalog_drop_type(&w->catalog, r.stmt, &done, err);
    if (st == WEIR_OK && r.stmt->kind == WR_AST_DROP_SOURCE) {
        wr_source *s;
        st = wr_catalog_check_drop(&w->catalog, r.stmt, &s, err);
        if (st == WEIR_OK && s) {
            if (s->query_id)
                wr_catalog_remove_query(&w->catalog, s->query_id);
            wr_catalog_remove(&w->catalog, r.stmt->name.name);
        }
    }
    if (st == WEIR_OK && r.topic.needed)
        world_add_topic(w, r.topic.name, r.topic.partitions);
    if (st == WEIR_OK && r.plan && r.stmt->kind != WR_AST_QUERY)
        world_add_query(w, sql, &r);
    if (st == WEIR_OK && r.source)
        wr_catalog_put(&w->catalog, r.source);
    world_result_free(&r);
    return st;
}

/** The catalog that the tests of the planner share; topics have two partitions. */
static const char *const world_sources[] = {
    "CREATE STREAM s (id BIGINT KEY, name STRING, n INT, price DECIMAL(6, 2), st STRUCT<f INT, "
    "g STRING>, tags ARRAY<STRING>, ts TIMESTAMP) WITH (KAFKA_TOPIC='s', PARTITIONS=2, "
    "FORMAT='JSON');",
    "CREATE STREAM s2 (id BIGINT KEY, name STRING, x INT) WITH (KAFKA_TOPIC='s2', PARTITIONS=2, "
    "FORMAT='JSON');",
    "CREATE STREAM nokey (a STRING, b INT) WITH (KAFKA_TOPIC='nokey', PARTITIONS=2, "
    "VALUE_FORMAT='JSON');",
    "CREATE STREAM two (k1 INT KEY, k2 STRING KEY, v INT) WITH (KAFKA_TOPIC='two', PARTITIONS=2, "
    "FORMAT='JSON');",
    "CREATE STREAM s3 (id BIGINT KEY, name STRING) WITH (KAFKA_TOPIC='s3', PARTITIONS=3, "
    "FORMAT='JSON');",
    "CREATE TABLE t (id BIGINT PRIMARY KEY, name STRING, n INT, ref BIGINT) WITH "
    "(KAFKA_TOPIC='t', PARTITIONS=2, FORMAT='JSON');",
    "CREATE TABLE t2 (id BIGINT PRIMARY KEY, name STRING, y INT) WITH (KAFKA_TOPIC='t2', "
    "PARTITIONS=2, FORMAT='JSON');",
    "CREATE TABLE tt (k1 INT PRIMARY KEY, k2 STRING PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='tt', "
    "PARTITIONS=2, FORMAT='JSON');",
    "CREATE STREAM win (id BIGINT KEY, v INT) WITH (KAFKA_TOPIC='win', PARTITIONS=2, "
    "FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='10 SECONDS');",
    "CREATE STREAM hdr (id BIGINT KEY, v INT, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) "
    "WITH (KAFKA_TOPIC='hdr', PARTITIONS=2, FORMAT='JSON');",
    "CREATE STREAM kaf (id BIGINT KEY, v INT) WITH (KAFKA_TOPIC='kaf', PARTITIONS=2, "
    "FORMAT='KAFKA');",
    "CREATE SOURCE TABLE st (id BIGINT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='st', PARTITIONS=2, "
    "FORMAT='JSON');",
    "CREATE SOURCE STREAM ss (id BIGINT KEY, v INT) WITH (KAFKA_TOPIC='ss', PARTITIONS=2, "
    "FORMAT='JSON');",
    "CREATE TABLE agg AS SELECT name, COUNT(*) AS c FROM s GROUP BY name;",
    "CREATE TABLE wagg AS SELECT id, COUNT(*) AS c, MAX(name) AS m FROM s WINDOW TUMBLING (SIZE 1 "
    "MINUTE) GROUP BY id;",
    "CREATE TABLE sess AS SELECT id, COUNT(*) AS c FROM s WINDOW SESSION (1 MINUTE) GROUP BY id;",
    "CREATE TABLE agg2 AS SELECT name, n, COUNT(*) AS c FROM s GROUP BY name, n;",
    "CREATE STREAM derived AS SELECT * FROM s WHERE n > 1;",
};

static inline void world_fill(world *w)
{
    world_add_topic(w, "existing", 4);
    for (size_t i = 0; i < sizeof world_sources / sizeof world_sources[0]; i++) {
        weir_error err;
        if (world_do(w, world_sources[i], &err) != WEIR_OK) {
            fprintf(stderr, "%s\n%s\n", world_sources[i], err.message);
            abort();
        }
    }
}

#endif
