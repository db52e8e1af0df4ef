/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testing_internal.h - what the files of runtime/testing share.
 *
 * A wr__world is one test run: an engine on the memory log that is fed by hand, a session, a clock
 * that stands still, and what the runner knows of topics. Everything of it is gone with
 * wr__world_close. One thread.
 */
#ifndef WR_RUNTIME_TESTING_INTERNAL_H
#define WR_RUNTIME_TESTING_INTERNAL_H

#include "runtime/instance/query_list.h"
#include "runtime/statement/statement.h"

#include <stdio.h>

/* ------------------------------------------------------------------ world.c */

/** A record that the test put into a topic (INSERT VALUES is not among them). */
typedef struct wr__given {
    const char *topic;
    wr_record record; /* its bytes are in the world's arena */
} wr__given;

/** How far a query has read a topic. */
typedef struct wr__progress {
    const char *query_id, *topic;
    int64_t next;
} wr__progress;

/** Wall time stands where it was put. */
typedef struct wr__still_clock {
    wr_clock base;
    int64_t wall_ms;
} wr__still_clock;

typedef struct wr__world {
    wr_arena *arena;
    wr__still_clock clock;
    wr_engine *engine;
    wr_session session;
    wr_map described;        /* topic -> wr_source, one reference: how its bytes are read */
    wr_arr(wr__given) given; /* in order */
    wr_arr(wr__progress) progress;
    wr_map given_ids; /* subject -> the id that the case has given its schema */
    wr_log_writer *writer;
} wr__world;

/** Options of the command that hold for every test. */
typedef struct wr__test_options {
    const char *batch_rows; /* weir.batch.rows, or NULL */
    const char *schemas;    /* a folder of schemas that each test begins with, or NULL */
    FILE *out;
} wr__test_options;

/** In which form the test is written: they differ in a few settings. */
typedef enum wr__test_form { WR__TEST_CASE, WR__TEST_FILE } wr__test_form;
/** @p properties: a JSON object of settings, or NULL. Unknown ones are ignored. */
weir_status wr__world_open(const wr__test_options *options, wr__test_form form,
                           const wr_json *properties, wr__world *out,
                           weir_error *err) WR_MUST_CHECK;
/** Also of one that could not be opened, or is closed. */
void wr__world_close(wr__world *w);

/** The schemas that a topic of a case comes with: `keySchema`, `keyFormat`, `keySchemaId`,
 *  `keySchemaReferences` of @p topic, and those of the value, are registered (topic_schemas.c). */
weir_status wr__world_schemas(wr__world *w, const char *name, const wr_json *topic,
                              weir_error *err) WR_MUST_CHECK;
/** Register the schemas of a folder (seed.c). */
weir_status wr__world_seed(wr__world *w, const char *folder, weir_error *err) WR_MUST_CHECK;
/** The latest schema of the topic's key or value; NULL: there is none. */
const wr_registry_schema *wr__world_schema(const wr__world *w, const char *topic, bool is_key);
/** JSON of a case to the bytes of a format with columns or with a schema, and back. @return false:
 *  it cannot be read; nothing is printed. */
weir_status wr__schema_from_json(const wr__world *w, const wr_source *s, bool is_key,
                                 const wr_json *json, wr_buf *out, weir_error *err) WR_MUST_CHECK;
bool wr__schema_to_json(const wr__world *w, const wr_source *s, bool is_key,
                        const wr_headers *headers, wr_str bytes, wr_buf *out);
/** Of a topic in the result: "keySchemaId", "keySchema" and those of the value. */
void wr__schema_put(const wr__world *w, const char *topic, const wr_source *s, wr_buf *out);

/** Make the topic unless it exists. */
weir_status wr__world_topic(wr__world *w, const char *topic, int32_t partitions, int32_t replicas,
                            weir_error *err) WR_MUST_CHECK;
/** The topic that the statement names is made: of a CREATE with columns, or of a sink. */
weir_status wr__world_declared(wr__world *w, wr_str sql, weir_error *err) WR_MUST_CHECK;
/** The topic of a CREATE with columns, in @p a; NULL: the statement is none. */
const char *wr__world_topic_of(wr_str sql, wr_arena *a);
/** PARTITIONS of a CREATE over @p topic; 0: the statement says none, or is none. */
int32_t wr__world_partitions_of(wr_str sql, const char *topic, wr_arena *a);
/** The schemas of the columns that a CREATE declares, as they will be registered by it. */
weir_status wr__world_declared_schemas(wr__world *w, wr_str sql, weir_error *err) WR_MUST_CHECK;
/** Parse one statement; the topic that a CREATE of it names is made. */
weir_status wr__world_prepare(wr__world *w, wr_str sql, wr_exec **out,
                              weir_error *err) WR_MUST_CHECK;
/** Execute a statement that has no rows to look at. */
weir_status wr__world_execute(wr__world *w, wr_exec *x, weir_error *err) WR_MUST_CHECK;
/** The source that tells how the topic's bytes are to be read, or NULL. */
const wr_source *wr__world_describes(const wr__world *w, const char *topic);
/** Write a record (its bytes copied) and note it as given. */
weir_status wr__world_give(wr__world *w, const char *topic, const wr_record *r,
                           weir_error *err) WR_MUST_CHECK;
/** Records of the topic from offset @p from on, in order, copied into @p a. */
weir_status wr__world_read(wr__world *w, const char *topic, int64_t from, wr_arena *a,
                           wr_record **out, uint32_t *n, weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ java_order.c */

/** @p order: n places; order[i] is the index of the name that Java's HashMap gives i-th. */
void wr__java_order(const char *const *names, uint32_t n, uint32_t *order);

/* ------------------------------------------------------------------ flow.c */

/** Each query in order of creation, to its end, over what was given: README.md, "cases". */
weir_status wr__flow_given(wr__world *w, weir_error *err) WR_MUST_CHECK;
/** The same for one (transient) query: given records, then whole topics without given ones. */
weir_status wr__flow_query(wr__world *w, wr_query *q, weir_error *err) WR_MUST_CHECK;
/** @p q, not yet fed, is to see only what comes from now on (auto.offset.reset = latest). */
weir_status wr__flow_from_here(wr__world *w, wr_query *q, weir_error *err) WR_MUST_CHECK;
/** What was written since the last call flows through all queries, to the end. */
weir_status wr__flow_new(wr__world *w, weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ convert.c */

/** One record of a test file: {"topic", "key", "value", "timestamp", "window", "headers"}. */
weir_status wr__record_from_json(const wr__world *w, const wr_json *j, wr_arena *a,
                                 const char **topic, wr_record *out, weir_error *err) WR_MUST_CHECK;
/** The same the other way round. */
void wr__record_to_json(const wr__world *w, const char *topic, const wr_record *r, wr_buf *out);

/* ------------------------------------------------------------------ compare.c */

/** Is the actual record what the expected one says? Else @p why (a sentence) tells. */
bool wr__record_matches(const wr_json *actual, const wr_json *expected, bool loose_time,
                        wr_buf *why);
/** The comparison of single values. */
bool wr__value_matches(const wr_json *actual, const wr_json *expected);

/* ------------------------------------------------------------------ the forms of the command */

/** One JSON case to one JSON result (a line without its end). The text may be wrong: an error. */
weir_status wr__case_run(const wr__test_options *options, wr_str text, wr_buf *result,
                         weir_error *err) WR_MUST_CHECK;
/** Statements, inputs (NULL: none) and outputs in files. @return passed? Prints the line. */
bool wr__files_run(const wr__test_options *options, const char *statements, const char *inputs,
                   const char *outputs);
/** All tests of a FILE.sql; a line for each. @return whether all passed. */
bool wr__sql_file_run(const wr__test_options *options, const char *path);

/** Whole file; "-" is stdin. */
weir_status wr__read_file(const char *path, wr_buf *out, weir_error *err) WR_MUST_CHECK;
/* verdict.c */
/** Why a test has not passed. Texts are borrowed. */
typedef struct wr__failure {
    const char *message;
    const char *place; /* of the statement: wr__put_place; NULL: it has none */
    const char *hint;  /* NULL or "": none */
} wr__failure;
/** Print that the test has passed (@p why NULL) or why not. @p name NULL: it has no name. */
void wr__verdict(const wr__test_options *options, const char *name, const wr__failure *why);
/** "PATH:LINE: the statement", with its `;` if it has one. @p text is the whole file, so that its
 * lines can be counted; @p err is the failure, whose line, if it has one, counts from the start of
 * the statement. */
/** The message without the place in the statement that some begin with. */
const char *wr__bare_message(const weir_error *err);
void wr__put_place(wr_buf *out, const char *path, wr_str text, const wr_parse_span *span,
                   const weir_error *err);

/* case_result.c: the parts of a case's result */
weir_status wr__result_outputs(wr__world *w, wr_buf *out, weir_error *err) WR_MUST_CHECK;
void wr__result_sources(wr__world *w, wr_buf *out);
weir_status wr__result_topics(wr__world *w, wr_buf *out, weir_error *err) WR_MUST_CHECK;

/* assert.c */
/** ASSERT VALUES, ASSERT NULL VALUES, ASSERT STREAM, ASSERT TABLE. @p cursors: topic -> records
 *  already looked at. */
typedef struct wr__cursors {
    wr_map next; /* topic -> int64_t in the world's arena */
} wr__cursors;
weir_status wr__assert(wr__world *w, wr__cursors *cursors, wr_exec *x,
                       weir_error *err) WR_MUST_CHECK;

#endif
