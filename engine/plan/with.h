/* SPDX-License-Identifier: Apache-2.0 */
/*
 * with.h - the WITH clause, checked and typed (dialect.md section 7). Inside engine/plan only.
 */
#ifndef WR_ENGINE_PLAN_WITH_H
#define WR_ENGINE_PLAN_WITH_H

#include "engine/plan/planner.h"

/* Which statement the clause belongs to: each takes properties of its own. An index in masks[] of
 * with.c. */
typedef enum wr__with_use { WR__WITH_CREATE, WR__WITH_CREATE_AS, WR__WITH_INSERT } wr__with_use;

/* What the clause says about the schema of the key or of the value. 0 / NULL: not given. */
typedef struct wr__with_schema {
    uint32_t id;               /* ..._SCHEMA_ID */
    const char *full_name;     /* ..._SCHEMA_FULL_NAME, not empty */
    const char *avro_name;     /* VALUE_AVRO_SCHEMA_FULL_NAME: of AVRO alone */
    wr_nullable_form nullable; /* ..._PROTOBUF_NULLABLE_REPRESENTATION */
    bool no_indexes;           /* ..._PROTOBUF_MESSAGE_INDEX = 'NONE' */
    int64_t id_pos, name_pos, nullable_pos, indexes_pos; /* for errors found later */
} wr__with_schema;

/** NULL / has_ false: not given. Texts live in the statement's arena. */
typedef struct wr__with {
    const char *topic;                          /* KAFKA_TOPIC, not empty */
    const wr_format *key_format, *value_format; /* KEY_FORMAT, VALUE_FORMAT, or both from FORMAT */
    bool format_both;                           /* FORMAT was used */
    bool has_partitions, has_replicas, has_retention, has_wrap;
    int64_t partitions, replicas,
        retention_ms;             /* as checked by their readers; replicas -1: the broker's */
    bool wrap;                    /* WRAP_SINGLE_VALUE; has_wrap only */
    const char *timestamp;        /* column name, resolved as an identifier */
    const char *timestamp_format; /* TIMESTAMP_FORMAT, not compiled yet */
    int64_t timestamp_pos, format_pos, partitions_pos; /* for errors found later; 0: not given */
    char key_delimiter, value_delimiter;               /* 0: not given */
    int64_t key_delimiter_pos, value_delimiter_pos;
    wr__with_schema key_schema, value_schema;
    bool has_partitioner;
    wr_partitioner partitioner; /* PARTITIONER; has_partitioner only */
    int64_t partitioner_pos;
    wr_time_unit time_unit; /* DEBEZIUM_TIME_UNIT */
    int64_t time_unit_pos;
    bool has_on_error;
    wr_on_error on_error;          /* ON_ERROR; has_on_error only */
    const char *dead_letter_topic; /* DEAD_LETTER_TOPIC, a valid name */
    int64_t dead_letter_pos;
    wr_window window;     /* kind NONE: not given */
    const char *query_id; /* INSERT INTO only; upper case */
} wr__with;

/* Read the WITH clause of @p stmt into @p out. Everything that can be judged without the rest of
 * the statement is judged here; columns, formats and topics are looked at by whoever has them. */
weir_status wr__with_parse(const wr_ast_stmt *stmt, wr__with_use use, wr__with *out,
                           weir_error *err) WR_MUST_CHECK;

/* ---- shared by the statement planners (sources.c) ---- */

/**
 * The error of a wrong statement that names no place of its own points to @p pos. Errors that have
 * a place keep it: the deepest function that knows one is the best one to say it.
 */
static inline weir_status wr__error_place(weir_status st, int64_t pos, weir_error *err)
{
    if (err && err->offset < 0 && (st == WEIR_ERR_STATEMENT || st == WEIR_ERR_UNSUPPORTED))
        err->offset = pos;
    return st;
}
/** Names of pseudo columns cannot be used for columns. */
bool wr__is_pseudo_name(const char *name);
/**
 * Fill in key and value formats, wrapping and their checks for @p s, whose schema is set.
 * @p stmt: the statement that declares the columns, for the place of an error; NULL: a query does.
 */
weir_status wr__source_check_formats(const wr_plan_env *env, wr_source *s, const wr__with *with,
                                     const wr_ast_stmt *stmt, weir_error *err) WR_MUST_CHECK;

/* ---- formats with a registry (schemas.c) ---- */

/** The options of both formats that WITH gives for schemas, checked against the formats; @p s has
 *  its formats. What is not given stays as it is. */
weir_status wr__schema_options(const wr_plan_env *env, wr_source *s, const wr__with *with,
                               weir_error *err) WR_MUST_CHECK;
/**
 * CREATE with columns: the columns of key or value that the statement does not declare, from the
 * registry, where the format can have them from there (Q01-Q07). @p cols, @p n: the declared ones,
 * replaced by all.
 */
weir_status wr__infer_columns(const wr_plan_env *env, wr_source *s, const wr__with *with,
                              wr_column **cols, uint32_t *n, weir_error *err) WR_MUST_CHECK;
/** The columns of the topic's latest schema, of key or value, with their roles; in the source's
 *  arena. */
weir_status wr__latest_columns(const wr_plan_env *env, wr_source *s, bool is_key, wr_column **out,
                               uint32_t *n, weir_error *err) WR_MUST_CHECK;
/** ALTER ... REFRESH SCHEMA of @p s, a copy of what is in the catalog (refresh.c). */
weir_status wr__refresh_schema(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source *s,
                               weir_error *err) WR_MUST_CHECK;
/** CREATE with columns: whether the declared columns become the schema of the topic: where it has
 *  none yet. */
weir_status wr__declared_schemas(const wr_plan_env *env, wr_source *s,
                                 weir_error *err) WR_MUST_CHECK;
/** CREATE ... AS: what the sink writes with: the schema that WITH names, or its own (Q37-Q39). */
weir_status wr__sink_schemas(const wr_plan_env *env, wr_source *s, const wr__with *with,
                             weir_error *err) WR_MUST_CHECK;
/** What a sink takes over of the format of what it is made of: not what belongs to a topic's schema
 *  (Q20). */
wr_format_use wr__inherited_format(const wr_format_use *from);

/** TIMESTAMP and TIMESTAMP_FORMAT of the WITH clause against s->schema. */
weir_status wr__source_timestamp(wr_source *s, const wr__with *with, weir_error *err) WR_MUST_CHECK;
/** PARTITIONER of the WITH clause, for a source (@p written false) or a query's sink. */
weir_status wr__source_partitioner(const wr_plan_env *env, wr_source *s, const wr__with *with,
                                   bool written, weir_error *err) WR_MUST_CHECK;
/** Does the topic exist with what WITH says, or must it be made? Sets s->partitions ... */
weir_status wr__source_topic(const wr_plan_env *env, wr_source *s, const wr__with *with,
                             const wr_topic_facts *defaults, wr_new_topic *topic,
                             weir_error *err) WR_MUST_CHECK;
/** CREATE OR REPLACE: may @p s take the place of @p old? */
weir_status wr__check_source_upgrade(const wr_source *old, const wr_source *s,
                                     weir_error *err) WR_MUST_CHECK;
/** Existing columns unchanged, new ones behind them. */
weir_status wr__check_schema_upgrade(const char *name, const wr_schema *old, const wr_schema *fresh,
                                     weir_error *err) WR_MUST_CHECK;
/** Two schemas that differ, for a message: whole where they are short, else what differs. Both
 *  buffers are empty before. */
void wr__put_schemas(wr_buf *a_text, const wr_schema *a, wr_buf *b_text, const wr_schema *b);
/** Topics matching ksql.readonly.topics must not be written. */
weir_status wr__check_writable_topic(const wr_plan_env *env, const char *topic,
                                     weir_error *err) WR_MUST_CHECK;

#endif
