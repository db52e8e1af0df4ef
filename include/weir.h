/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir.h - the one public header of libweir.
 *
 *     weir *w; weir_error err; weir_options o = WEIR_OPTIONS_INIT;
 *     o.data_dir = "data";
 *     if (weir_open(&o, &w, &err)) ...
 *     weir_exec(w, "CREATE STREAM s (id INT KEY, v STRING) WITH (KAFKA_TOPIC='s', PARTITIONS=1, "
 *                  "VALUE_FORMAT='JSON');", &err);
 *     weir_stmt *q;
 *     weir_prepare(w, "SELECT * FROM s EMIT CHANGES LIMIT 10;", -1, &q, NULL, &err);
 *     while (weir_step(q, -1, &err) == WEIR_ROW)
 *         puts(weir_column_text(q, 1));
 *     weir_finalize(q);
 *     weir_close(w, &err);
 *
 * Every call that can fail returns a weir_status and fills the weir_error (which may be NULL).
 * Strings are UTF-8. Returned strings are borrowed: each function says until when.
 */
#ifndef WEIR_H
#define WEIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WEIR_API __attribute__((visibility("default")))
#else
#define WEIR_API
#endif

/** What a call came to. 0 is success; everything else has a message in the weir_error. */
typedef enum weir_status {
    WEIR_OK = 0,
    WEIR_ROW,             /* weir_query_step: a row is ready; not an error */
    WEIR_DONE,            /* weir_query_step: the query has ended; not an error */
    WEIR_ERR_SYNTAX,      /* the text is not SQL; line and column are set */
    WEIR_ERR_STATEMENT,   /* the statement is wrong: names, types, key rules */
    WEIR_ERR_UNSUPPORTED, /* valid, but not supported (yet) */
    WEIR_ERR_NOT_FOUND,   /* source, topic, query ... does not exist */
    WEIR_ERR_EXISTS,      /* it exists already */
    WEIR_ERR_RECORD,      /* one record could not be processed */
    WEIR_ERR_LOG,         /* Kafka or the embedded log failed */
    WEIR_ERR_STORE,       /* the state store failed */
    WEIR_ERR_IO,          /* a file could not be read or written */
    WEIR_ERR_CONFIG,      /* a setting is unknown or has a bad value */
    WEIR_ERR_LIMIT,       /* a limit of Weir's own was reached */
    WEIR_ERR_MISUSE,      /* the library was called in a way that the header forbids */
    WEIR_ERR_ASSERT,      /* an ASSERT statement did not hold */
    WEIR_ERR_INTERRUPTED, /* weir_interrupt, or a time-out */
} weir_status;

/** weir_error.flags */
enum {
    WEIR_ERROR_RETRIABLE = 1, /* the same call may succeed later */
    WEIR_ERROR_FATAL = 2,     /* the handle is of no further use */
    WEIR_ERROR_NO_ROOM = 4,   /* with RETRIABLE: the disk is full */
};

/** Filled in by the call that failed; the caller's own struct, nothing in it is allocated. */
typedef struct weir_error {
    weir_status code;
    unsigned flags;     /* WEIR_ERROR_*; the bits from 8 on are Weir's own */
    int line, column;   /* from 1; 0 where the error has no place in a text */
    int64_t offset;     /* byte offset in the text, or -1 */
    char message[1400]; /* what is wrong; never empty where code is an error */
    char hint[400];     /* what to do about it; may be empty */
} weir_error;

/* ------------------------------------------------------------------ open and close */

typedef struct weir weir;           /* an engine: a log, a catalog, running queries, their state */
typedef struct weir_stmt weir_stmt; /* one statement being executed; holds its result */

/** Where topics live. */
typedef enum weir_log {
    WEIR_LOG_LOCAL,  /* embedded and durable, in the data directory */
    WEIR_LOG_KAFKA,  /* bootstrap_servers */
    WEIR_LOG_MEMORY, /* gone at close; for tests */
} weir_log;

typedef struct weir_options {
    size_t size; /* sizeof(weir_options): lets the struct grow */
    weir_log log;
    const char *data_dir;          /* LOCAL: topics, state and catalog; KAFKA: state and catalog.
                                    * NULL: $XDG_DATA_HOME/weir or ~/.local/share/weir */
    const char *bootstrap_servers; /* KAFKA */
    const char *const *settings;   /* NULL-terminated name, value, name, value ...; or NULL */
    bool stepped;                  /* no threads: queries run only in weir_run_once */
    bool ephemeral_catalog;        /* do not keep or load statements (a service on query files) */
    bool topics_only;              /* KAFKA: for producing, consuming and the like: no directory is
                                    * opened or made, so this process keeps no other one out; no
                                    * statements are kept, and state would be in memory */
    const char
        *server; /* a server that runs already, "http://HOST:PORT" or "unix:PATH": statements
                  * are executed there (weir_serve). SET and DEFINE are this handle's own;
                  * topics are its topics (weir_produce, weir_consume ...), but for Kafka's,
                  * which are read from the brokers; all else (weir_run_once ...) is refused */
    const char *user, *password; /* for the server; or NULL */
    bool join; /* where another process has data_dir open and serves it (weir_serve_options): be a
                * handle on that one, as with `server` */
} weir_options;
#define WEIR_OPTIONS_INIT                                                                          \
    {                                                                                              \
        sizeof(weir_options), WEIR_LOG_LOCAL, NULL, NULL, NULL, false, false, false, NULL, NULL,   \
            NULL, false                                                                            \
    }

/**
 * Open an engine. Persistent queries found in the data directory go on where they stopped.
 * @return WEIR_OK; WEIR_ERR_STORE (directory unreadable, locked by another process), WEIR_ERR_LOG
 *         (no broker), WEIR_ERR_CONFIG, WEIR_ERR_MISUSE (options); any other status where a
 *         statement of an earlier session cannot be executed again (docs/operations.md).
 *         *out is NULL on failure.
 * Thread: a handle may be used from several threads, one call at a time for each statement; calls
 * that change the catalog are serialised inside.
 */
WEIR_API weir_status weir_open(const weir_options *options, weir **out, weir_error *err);
/**
 * Commit, stop all queries, close. NULL is allowed.
 *
 * Statements must be finalized before. Those that other threads are stepping return
 * WEIR_ERR_INTERRUPTED soon, and new ones are refused; where one is not finalized within 2 s the
 * call fails with WEIR_ERR_MISUSE, and the handle stays open.
 * @return also why a query's last commit failed: what it had processed since the one before is
 *         processed again at the next opening. The handle is closed then.
 */
WEIR_API weir_status weir_close(weir *w, weir_error *err);
/** "0.1.0" */
WEIR_API const char *weir_version(void);

/* ------------------------------------------------------------------ statements */

/**
 * Prepare the first statement of @p sql. Like a database's prepare: nothing is executed yet.
 *
 * @param len   bytes of sql, or -1 for a 0-terminated string.
 * @param tail  set after the statement (and its ';'); at the end *out is NULL and WEIR_OK is
 *              returned where only blanks and comments were left. May be NULL.
 * Errors: WEIR_ERR_SYNTAX with line and column relative to @p sql.
 */
WEIR_API weir_status weir_prepare(weir *w, const char *sql, ptrdiff_t len, weir_stmt **out,
                                  const char **tail, weir_error *err);
/**
 * Execute, or go on executing.
 *
 * @return WEIR_ROW: a row is ready (columns below; valid until the next call on @p s).
 *         WEIR_DONE: finished; weir_message has the text to show, if any.
 *         WEIR_ERR_INTERRUPTED: timeout_ms passed with no row, or weir_interrupt. Call again to go
 *         on after a time-out.
 *         Anything else: failed; the statement had no effect, or (queries) ended.
 * @param timeout_ms  -1: wait for ever. For rows of PRINT and SELECT (from a stream, or with EMIT).
 *         Other statements wait, up to 30 s, for statements of other threads that are at work on
 * the same object, and for a query to stop; then they fail with WEIR_ERR_INTERRUPTED, retriable,
 * without effect.
 */
WEIR_API weir_status weir_step(weir_stmt *s, int timeout_ms, weir_error *err);
WEIR_API void weir_finalize(weir_stmt *s);
/** Make a weir_step of @p s in another thread (or a signal handler) return soon. */
WEIR_API void weir_interrupt(weir_stmt *s);
/** Run all statements of @p sql, rows dropped. Stops at the first error. */
WEIR_API weir_status weir_exec(weir *w, const char *sql, weir_error *err);

typedef enum weir_stmt_kind {
    WEIR_STMT_COMMAND, /* DDL, INSERT, SET ...: no rows, a message */
    WEIR_STMT_TABLE,   /* SHOW, DESCRIBE ...: rows of values; columns have ksqlDB's titles */
    WEIR_STMT_PULL,    /* SELECT: rows, ends */
    WEIR_STMT_PUSH,    /* SELECT ... EMIT: rows, until interrupted or LIMIT */
    WEIR_STMT_PRINT,   /* PRINT: rows of one text column, until interrupted or LIMIT */
    WEIR_STMT_TEXT,    /* rows of one text column, a line each; no statement gives it any more */
    WEIR_STMT_ANALYZE, /* EXPLAIN ANALYZE: rows of values, the nodes of a tree; the columns are in
                          docs/sql-reference.md */
    WEIR_STMT_PLAN,    /* EXPLAIN: rows of values, a step each, the last in the flow first; with
                          sections. docs/sql-reference.md */
} weir_stmt_kind;
WEIR_API weir_stmt_kind weir_stmt_kind_of(const weir_stmt *s);
/** Text to show: "Stream created", "Limit Reached" ... or "" . For TABLE: a footer or "". */
WEIR_API const char *weir_message(const weir_stmt *s);
/** For ANALYZE: the query's SQL. Else "": what DESCRIBE and EXPLAIN say beside their rows is in
 *  sections. */
WEIR_API const char *weir_heading(const weir_stmt *s);
/** Id of the query that runs for this statement ("CSAS_X_0", "transient_X_1") or "". */
WEIR_API const char *weir_query_id(const weir_stmt *s);

/**
 * What a statement says beside its rows, in sections with rows of their own: DESCRIBE and EXPLAIN
 * have some, by name ("source", "positions" ...; docs/sql-reference.md). Known once weir_step has
 * returned WEIR_ROW or WEIR_DONE.
 */
WEIR_API int weir_section_count(const weir_stmt *s);
/**
 * A section, to be stepped through and read like a statement; after WEIR_DONE from its first row
 * again.
 * @return borrowed until weir_finalize(s), and not to be finalized; NULL past the end.
 */
WEIR_API weir_stmt *weir_section(weir_stmt *s, int index);
WEIR_API const char *weir_section_name(const weir_stmt *section);

/* ------------------------------------------------------------------ columns of a row */

typedef enum weir_type {
    WEIR_BOOLEAN,
    WEIR_INTEGER,
    WEIR_BIGINT,
    WEIR_DOUBLE,
    WEIR_DECIMAL,
    WEIR_STRING,
    WEIR_BYTES,
    WEIR_DATE,      /* weir_column_int64: days since 1970-01-01 */
    WEIR_TIME,      /* weir_column_int64: milliseconds of the day */
    WEIR_TIMESTAMP, /* weir_column_int64: milliseconds since the epoch, UTC */
    WEIR_ARRAY,
    WEIR_MAP,
    WEIR_STRUCT,
} weir_type;

/* Known once weir_step has returned WEIR_ROW or WEIR_DONE (queries: after weir_prepare). */
WEIR_API int weir_column_count(const weir_stmt *s);
WEIR_API const char *weir_column_name(const weir_stmt *s, int i);
WEIR_API weir_type weir_column_type(const weir_stmt *s, int i);
/** SQL text of the type: "DECIMAL(10, 2)", "ARRAY<STRING>". */
WEIR_API const char *weir_column_type_text(const weir_stmt *s, int i);
WEIR_API bool weir_column_is_key(const weir_stmt *s, int i);
WEIR_API bool weir_column_is_null(const weir_stmt *s, int i);
/** A deletion in the result of a table: only key columns are set. */
WEIR_API bool weir_row_is_tombstone(const weir_stmt *s);
/* Values; 0, 0.0, "" where the column is NULL or of another kind. */
WEIR_API bool weir_column_bool(const weir_stmt *s, int i);
WEIR_API int64_t weir_column_int64(const weir_stmt *s, int i);
WEIR_API double weir_column_double(const weir_stmt *s, int i);
/** Any type as text, 0-terminated; STRING as it is, others as CAST(... AS STRING) gives them. */
WEIR_API const char *weir_column_text(const weir_stmt *s, int i);
/** STRING and BYTES as they are. */
WEIR_API const void *weir_column_bytes(const weir_stmt *s, int i, size_t *len);
/** Any type as JSON text (NULL: "null"). */
WEIR_API const char *weir_column_json(const weir_stmt *s, int i);

/* ------------------------------------------------------------------ running */

/**
 * With options.stepped: let queries process what is there, in the calling thread.
 * @param max_ms  stop after about that long. @param progressed set where records were processed.
 */
WEIR_API weir_status weir_run_once(weir *w, int max_ms, bool *progressed, weir_error *err);
/** Wait until all persistent queries have processed (and committed) what is in their topics now.
 *  @param timeout_ms -1: for ever; else WEIR_ERR_INTERRUPTED. A failed query: its error. */
WEIR_API weir_status weir_drain(weir *w, int timeout_ms, weir_error *err);

typedef struct weir_metrics {
    size_t size; /* sizeof(weir_metrics), set by the caller */
    uint64_t records_in, records_out, bytes_in, bytes_out, errors, late, commits;
    int64_t lag; /* records behind the ends of the input topics; -1: not known */
    uint64_t state_bytes;
    uint32_t queries_running, queries_failed;
    uint64_t before_start; /* records that were there when queries began in this process, and that
                            * auto.offset.reset = latest has left out */
    uint32_t queries_waiting; /* of queries_running: for a schema registry, a broker ... */
    /* Kafka: state that comes from changelogs. Offsets, so of records at most as many. */
    uint32_t queries_restoring;           /* of queries_running */
    uint64_t restore_done, restore_total; /* of those, since each began */
    double restore_per_s;                 /* of all of them together */
    uint64_t restored;                    /* records since the queries were started */
    uint32_t standby_stores;              /* warm copies of what other processes have */
    uint64_t standby_lag;                 /* offsets by which they are behind */
    uint64_t misplaced_keys; /* of the keys that queries look at now and then, because joins, tables
                              * and aggregates rely on where they lie: those in other partitions
                              * than the source's PARTITIONER says; the log says more */
    uint64_t left_out;       /* records and rows that could not be used: DESCRIBE EXTENDED has the
                              * reasons */
    uint64_t dead_letters;   /* of them, written to topics of dead letters */
} weir_metrics;
WEIR_API void weir_metrics_read(weir *w, weir_metrics *out);
/** First failure of a persistent query, if there is one: its id and what happened. */
WEIR_API bool weir_failed_query(weir *w, char *id, size_t id_size, weir_error *err);

/**
 * First persistent query that waits for something outside (a schema registry or a broker that does
 * not answer) and will go on by itself: its id, since when (wall clock, ms), and for what.
 * @return false: none does. Outputs may be NULL.
 */
WEIR_API bool weir_waiting_query(weir *w, char *id, size_t id_size, int64_t *since_ms,
                                 weir_error *why);

/** What becomes of a query whose statement means something else than the one that made its state.
 */
typedef enum weir_on_change {
    WEIR_ON_CHANGE_REFUSE,   /* nothing runs */
    WEIR_ON_CHANGE_RESTART,  /* it begins anew, without state and offsets, as a new query would; the
                              * records of its sink stay */
    WEIR_ON_CHANGE_KEEP_OLD, /* the statement before goes on in its place */
} weir_on_change;

/**
 * A service on query files: the statements of headless mode and DEFINE; others are refused with a
 * hint. The files are one program: what one defines or SETs the next may use. All is checked before
 * any runs. SET and DEFINE that were executed on the handle before hold for the program; its own
 * hold for itself alone. Ids of queries depend on sinks, not on places in files, so a restart goes
 * on where the last run stopped.
 *
 * A query that the data directory knows goes on with its state and offsets where its statement is
 * the same, or has changed as CREATE OR REPLACE may change it: filters, the projection, columns
 * added to the sink. Otherwise @p on_change says what is done.
 */
WEIR_API weir_status weir_load_files(weir *w, const char *const *paths, size_t n,
                                     weir_on_change on_change, weir_error *err);
/** Make a weir_load_files of another thread (or below a signal handler) return soon, with
 *  WEIR_ERR_INTERRUPTED: it may be waiting for a broker or a schema registry. */
WEIR_API void weir_interrupt_load(weir *w);
/** One file; WEIR_ON_CHANGE_REFUSE. */
WEIR_API weir_status weir_load_file(weir *w, const char *path, weir_error *err);

typedef struct weir_check {
    size_t size; /* sizeof(weir_check), set by the caller */
    /* Told of what is accepted to no effect, as "FILE:LINE:COLUMN: warning: ..."; NULL: nobody is.
     */
    void (*warning)(void *arg, const char *text);
    void *arg;
    unsigned statements, queries; /* out: how many are good */
} weir_check;
/**
 * Check query files as weir_load_files does before it begins, without an effect. Files without a
 * query are good: they may be part of a program.
 *
 * Topics and schemas are asked for where the handle has them. With WEIR_LOG_MEMORY and no such
 * topic, one that a CREATE names without PARTITIONS is taken for there: so files can be checked
 * where nothing else is. That a join's topics have as many partitions shows only where both are
 * known. A handle with ephemeral_catalog also finds queries whose statements mean something else
 * than those that made their state, which weir_load_files refuses.
 * @param check may be NULL.
 */
WEIR_API weir_status weir_check_files(weir *w, const char *const *paths, size_t n,
                                      weir_check *check, weir_error *err);

/**
 * Forget state and offsets of a persistent query that the data directory knows and that does not
 * run in this handle (open it with ephemeral_catalog): it begins anew at its next start. NULL: of
 * all of them, and the definitions of services that were noted there.
 * @param sink_too also delete the topic that it writes to; otherwise its records stay.
 * @return WEIR_ERR_NOT_FOUND: the directory does not know it; WEIR_ERR_MISUSE: it runs here;
 *         WEIR_ERR_LOG: on Kafka, another process is in its group.
 */
WEIR_API weir_status weir_reset_query(weir *w, const char *id, bool sink_too, weir_error *err);

/**
 * What statements have defined, as a query file that weir_load_files makes the same streams, tables
 * and queries of: from the service's command topic on Kafka, or else from the data directory.
 * State, offsets and ids of queries are not part of it. Nothing is created or run; topics and
 * schemas are asked for. What cannot be executed any more comes as comments.
 *
 * For a handle that keeps no statements itself: topics_only on Kafka, which needs no directory;
 * ephemeral_catalog for what a directory has kept (on Kafka with weir.command.topic = false).
 * @param put gets whole lines: statements with their ';' (which may have lines), and comments.
 * @return WEIR_ERR_NOT_FOUND: the service has no command topic; WEIR_ERR_STORE, WEIR_ERR_LOG;
 *         WEIR_ERR_MISUSE: the handle keeps statements.
 */
WEIR_API weir_status weir_export(weir *w, void (*put)(void *arg, const char *text), void *arg,
                                 weir_error *err);

typedef struct weir_repair_options {
    size_t size; /* sizeof(weir_repair_options), set by the caller */
    bool write;  /* put aside what is wrong; else it is only reported */
    void (*report)(void *arg, const char *text); /* told of each problem; NULL: nobody is */
    void *arg;
    unsigned statements, problems; /* out */
} weir_repair_options;
/**
 * Look for kept statements that cannot be read (damaged, or of a newer version) or executed any
 * more, where weir_export reads them, and for a handle as it takes one.
 *
 * With `write` they do not count from now on, and nothing is lost: a directory keeps all of its
 * statements aside, and to a command topic a record is added that says what counts. Processes that
 * run go on with what they have until they are started again.
 * @return also WEIR_ERR_EXISTS: somebody has changed the catalog meanwhile; nothing was repaired.
 */
WEIR_API weir_status weir_repair(weir *w, weir_repair_options *options, weir_error *err);

/* ------------------------------------------------------------------ topics */

typedef struct weir_record {
    const char *topic;
    const void *key; /* NULL: NULL key */
    size_t key_len;
    const void *value; /* NULL: NULL value (tombstone) */
    size_t value_len;
    int64_t timestamp;              /* ms; -1: now (produce); Kafka takes no 0 */
    int32_t partition;              /* -1: by the key (produce) */
    int64_t offset;                 /* consume */
    const char *const *header_keys; /* headers_n each; produce: may be NULL */
    const void *const *header_values;
    const size_t *header_lens; /* SIZE_MAX: NULL value */
    size_t headers_n;
} weir_record;

/** Write records (borrowed); they are durable when weir_flush has returned; on a server's handle
 *  when weir_produce has. @return WEIR_ERR_MISUSE: the topic has no such partition. */
WEIR_API weir_status weir_produce(weir *w, const weir_record *records, size_t n, weir_error *err);
WEIR_API weir_status weir_flush(weir *w, weir_error *err);
WEIR_API weir_status weir_topic_create(weir *w, const char *topic, int partitions, weir_error *err);
/** @return whether the topic exists; *partitions (may be NULL) is set. */
WEIR_API bool weir_topic_exists(weir *w, const char *topic, int *partitions);

typedef struct weir_consumer weir_consumer;
/** Read a topic's partitions from the beginning or from the end, without a group. */
WEIR_API weir_status weir_consume(weir *w, const char *topic, bool from_beginning,
                                  weir_consumer **out, weir_error *err);
/** Next record, borrowed until the next call. WEIR_ROW; WEIR_DONE: @p until_end was asked for and
 *  the ends as of weir_consume are reached; WEIR_ERR_INTERRUPTED: timeout. */
WEIR_API weir_status weir_consumer_next(weir_consumer *c, bool until_end, int timeout_ms,
                                        weir_record *out, weir_error *err);
WEIR_API void weir_consumer_close(weir_consumer *c);

/* ------------------------------------------------------------------ keys and values as JSON */

/** Reads keys or values of a topic as JSON text, or writes them from it, in any format. */
typedef struct weir_serde weir_serde;

typedef struct weir_serde_options {
    size_t size;        /* sizeof(weir_serde_options): lets the struct grow */
    const char *topic;  /* its schemas are registered under TOPIC-key and TOPIC-value */
    const char *format; /* AVRO, PROTOBUF, JSON_SR, PROTOBUF_NOSR, JSON, DELIMITED (an array of
                         * cells), KAFKA_INT, KAFKA_BIGINT, KAFKA_DOUBLE, KAFKA_STRING; reading also
                         * DEBEZIUM_JSON, and AUTO: records that name a schema of the registry */
    bool is_key;
    bool writing;          /* else it reads */
    bool existing_schema;  /* `schema` must be registered already; else it is registered */
    const char *schema;    /* writing: a schema's text, NULL: the latest of the subject.
                            * PROTOBUF_NOSR: its message, also for reading. Else NULL */
    const char *full_name; /* PROTOBUF, PROTOBUF_NOSR: the message of the schema that is written;
                            * NULL: the first, or the only one */
    bool no_message_index; /* reading PROTOBUF: records do not say which message of their schema
                            * they are (kafkajs); they are full_name, or the first */
} weir_serde_options;
#define WEIR_SERDE_OPTIONS_INIT                                                                    \
    {                                                                                              \
        sizeof(weir_serde_options), NULL, NULL, false, false, false, NULL, NULL, false             \
    }

/**
 * Whatever can be refused before the first record is refused here. May wait for the registry, as
 * the two calls below may. Used by one thread at a time; closed before the handle.
 * @return WEIR_ERR_CONFIG: an unknown format, no registry, options that do not go together;
 *         WEIR_ERR_NOT_FOUND: no such schema; else what the registry says (WEIR_ERR_LOG: it does
 *         not answer; WEIR_ERR_STATEMENT: it refuses the schema). *out is NULL on failure.
 */
WEIR_API weir_status weir_serde_open(weir *w, const weir_serde_options *options, weir_serde **out,
                                     weir_error *err);
/**
 * The key or value of a record as JSON text, borrowed until the next call; 0-terminated.
 * @param json  NULL: it is NULL, or (AUTO) names no schema.
 * @return WEIR_ERR_RECORD: it is none of the format.
 */
WEIR_API weir_status weir_serde_read(weir_serde *s, const weir_record *record, const char **json,
                                     size_t *len, weir_error *err);
/**
 * A key or value from JSON text, borrowed until the next call. `null` at the top is NULL.
 * @return WEIR_ERR_RECORD, WEIR_ERR_STATEMENT: the text is no JSON, or does not fit the schema.
 */
WEIR_API weir_status weir_serde_write(weir_serde *s, const char *json, size_t len,
                                      const void **bytes, size_t *bytes_len, weir_error *err);
/** NULL is allowed. */
WEIR_API void weir_serde_close(weir_serde *s);

/* ------------------------------------------------------------------ serving */

typedef struct weir_server weir_server;

typedef struct weir_serve_options {
    size_t size;           /* sizeof(weir_serve_options) */
    const char *url;       /* "http://127.0.0.1:8088", "https://[::]:443"; port 0: any free one; "":
                            * the first of `listeners` in the settings; NULL: not over TCP */
    const char *unix_path; /* also, or only, on this Unix socket, for this user; or NULL */
    bool in_data_dir;      /* unix_path is weir.sock in the data directory: who opens that with
                            * `join`, as `weir` does, gets here */
    bool read_only;        /* statements that change anything are refused */
    const char *const *settings; /* as in weir_options: listeners, ssl.*, authentication.*,
                                  * access.control.*, weir.server.*; NULL: those of the handle */
    const char *request_log;     /* a line for each request there; "-": standard error; or NULL */
    bool insecure_listen; /* allow an address that others can reach though nobody is asked for a
                           * password or a certificate */
} weir_serve_options;
#define WEIR_SERVE_OPTIONS_INIT                                                                    \
    {                                                                                              \
        sizeof(weir_serve_options), "", NULL, false, false, NULL, NULL, false                      \
    }

/**
 * Offer the handle over HTTP (docs/server.md), on threads of the server's own.
 * @param w  NULL: everything is answered with 503, error code 50302 (starting up), until
 *           weir_server_ready; `in_data_dir` takes place then, and where that cannot be the log
 *           says so. So a server can be found before its state has been restored.
 * @return WEIR_ERR_CONFIG: options, settings, certificates, an open address without
 *         authentication; WEIR_ERR_IO: the address is in use. *out is NULL on failure.
 */
WEIR_API weir_status weir_serve(weir *w, const weir_serve_options *options, weir_server **out,
                                weir_error *err);
/** From here on requests are for @p w. Once, of a server that was started without. */
WEIR_API weir_status weir_server_ready(weir_server *s, weir *w, weir_error *err);
/** "http://127.0.0.1:8088", with the port that was bound; "" without TCP. Until weir_server_stop.
 */
WEIR_API const char *weir_server_url(const weir_server *s);
/** Read certificates and the password file again. On failure those before stay in use. */
WEIR_API weir_status weir_server_reload(weir_server *s, weir_error *err);
/** Ends what runs for clients, then the server. Before weir_close. NULL is allowed. */
WEIR_API void weir_server_stop(weir_server *s);

/** The line "USER:HASH" of weir.authentication.file, with a salt of its own each time.
 *  @return WEIR_ERR_CONFIG: no such name or password may be; WEIR_ERR_LIMIT: @p out_size (512 is
 *          enough for names up to 300 bytes). */
WEIR_API weir_status weir_password_line(const char *user, const char *password, char *out,
                                        size_t out_size, weir_error *err);

/* ------------------------------------------------------------------ for front ends */

/** Is the text a whole statement (ended by ';' outside quotes and comments)? */
WEIR_API bool weir_sql_complete(const char *sql);
/** Keywords, sources, columns, functions that start with @p prefix (any case), for completion:
 *  @p index 0, 1 ...; NULL past the end. Valid until the next call. */
WEIR_API const char *weir_complete(weir *w, const char *prefix, int index);
/** The line of @p sql that err points into, and a caret below it; "" without a position.
 *  @return bytes that the whole text needs. */
WEIR_API size_t weir_caret(const char *sql, const weir_error *err, char *out, size_t out_size);

/**
 * Run test cases: the forms of `weir test` (--case, --cases, -s -i -o, FILE.sql, directories).
 * @p args are the command's arguments; results go to @p out (a FILE *).
 * @return the exit status of the command.
 */
WEIR_API int weir_test_main(int argc, char **argv, void *out);

#ifdef __cplusplus
}
#endif
#endif
