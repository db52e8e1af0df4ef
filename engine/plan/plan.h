/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - the physical plan of a query: a tree of steps, read-only once built, shared by all
 * tasks.
 *
 * Step names are ksqlDB's (StreamFilter, TableAggregate ...). The tree is cut at REPARTITION steps
 * into sub-topologies; operators/topology.h builds the operators of one sub-topology for one task.
 *
 * Columns. A batch has the key columns first, then the values (types/schema.h). Steps that change
 * the key say so (SELECT_KEY, TABLE_GROUP_BY); all others hand the key on. WINDOWSTART and
 * WINDOWEND travel beside the columns where `windowed`.
 *
 * Changes of tables. `needs_old` of a TABLE step: its consumer wants the old row, so the step must
 * set HAS_OLD and old_cols for keys that had a row.
 *
 * Stores. `stores` lists all state that the plan's operators keep, with its names, what its bytes
 * mean and what it needs of a changelog (plan_stores.h). An operator opens its own by index;
 * whoever drops, restores, reads or shows state goes through this list and guesses nothing.
 */
#ifndef WR_ENGINE_PLAN_PLAN_H
#define WR_ENGINE_PLAN_PLAN_H

#include "engine/expr/expr.h"
#include "formats/format.h"
#include "statestore/store_spec.h"
#include "types/partitioner.h"

/* The order is also that of the tables of names in plan_print.c and join_plan.c. */
typedef enum wr_window_kind {
    WR_WINDOW_NONE,
    WR_WINDOW_TUMBLING, /* windows side by side: a row is in exactly one */
    WR_WINDOW_HOPPING,  /* windows overlap: a row is in about size / advance of them */
    WR_WINDOW_SESSION,  /* bounds follow the rows: they merge while gaps are small */
} wr_window_kind;

/* A WINDOW clause, or the window in the key of a source. All times are milliseconds of event time
 * and not negative; sums of them saturate (durations.h). A window [start, start + size) is closed
 * once stream time has reached its end plus the grace. */
typedef struct wr_window {
    wr_window_kind kind;
    int64_t size_ms; /* SESSION: the gap, may be 0; windowed sources: 0 where unknown (session) */
    int64_t advance_ms;   /* = size for TUMBLING */
    int64_t grace_ms;     /* a row later than this is dropped and counted */
    int64_t retention_ms; /* > 0: how far back of stream time a store keeps windows */
    bool emit_final;      /* EMIT FINAL: one result for each window, when it closes */
} wr_window;

/** A format with its options, as used for one key or value. */
typedef struct wr_format_use {
    const wr_format *format; /* one of the constants of formats/: equal formats, equal pointers */
    wr_format_options options;
    bool wrap_set; /* WRAP_SINGLE_VALUE was given or applies: shown as a feature */
    /* Formats with a registry. */
    uint32_t schema_id; /* ..._SCHEMA_ID of WITH: options.schema is that one; 0: not given */
    bool inferred;      /* the columns of this part are those of a schema; none was declared */
    bool registers;     /* the statement registers the columns as a schema of the topic */
} wr_format_use;

/* With texts of its own, in @p a. */
wr_format_use wr__format_use_copy(wr_arena *a, const wr_format_use *from);
/** Do both lay a key out alike? The partition of a record is that of its key's bytes. */
bool wr__same_key_layout(const wr_format_use *a, const wr_format_use *b);

/* Kinds are what the code tells apart; a step's name, as in brackets here, is what people see. */
typedef enum wr_step_kind {
    WR_STEP_SOURCE,             /* StreamSource, TableSource, Windowed...: records of a topic */
    WR_STEP_FILTER,             /* StreamFilter, TableFilter */
    WR_STEP_SELECT,             /* StreamSelect, TableSelect */
    WR_STEP_FLAT_MAP,           /* StreamFlatMap */
    WR_STEP_SELECT_KEY,         /* StreamSelectKey, StreamGroupBy */
    WR_STEP_TABLE_GROUP_BY,     /* TableGroupBy: a change may leave one group and enter another */
    WR_STEP_REPARTITION,        /* cut: written to an internal topic and read again */
    WR_STEP_AGGREGATE,          /* StreamAggregate, StreamWindowedAggregate, TableAggregate */
    WR_STEP_SUPPRESS,           /* TableSuppress: EMIT FINAL */
    WR_STEP_STREAM_STREAM_JOIN, /* within a span of time, over two buffers */
    WR_STEP_STREAM_TABLE_JOIN,  /* each row of the left meets the table as it is then */
    WR_STEP_TABLE_TABLE_JOIN,   /* by primary key; a change of either side is one of the result */
    WR_STEP_FK_JOIN,            /* ForeignKeyTableTableJoin */
    WR_STEP_SINK,               /* StreamSink, TableSink */
    WR_STEP_COLLECT,            /* rows to a client: push queries, pull queries */
} wr_step_kind;

typedef struct wr_step wr_step;

/**
 * A topic that a plan reads or writes; steps name it by index in wr_plan.topics. OUTPUT topics are
 * those of sinks: a query of its own reads them, not another step of this plan.
 */
typedef enum wr_topic_role {
    WR_TOPIC_INPUT,
    WR_TOPIC_REPARTITION,
    WR_TOPIC_OUTPUT,
    WR_TOPIC_DEAD_LETTER, /* records that could not be used (wr_error_policy) */
} wr_topic_role;
typedef struct wr_plan_topic {
    /* REPARTITION: "<step>-repartition", the runtime adds the query's prefix. DEAD_LETTER: ""
     * where none was named; the runtime makes one of the query's id. */
    const char *name;
    wr_topic_role role;
    int32_t partitions; /* known at planning; REPARTITION: as planned */
    bool from_earliest; /* INPUT: a table's topic: read from its start whatever auto.offset.reset */
} wr_plan_topic;

/** What becomes of a record, or a row, that cannot be used. It is always counted and logged. */
typedef enum wr_on_error {
    WR_ON_ERROR_SKIP,        /* it is left out */
    WR_ON_ERROR_DEAD_LETTER, /* likewise, and the record goes to a topic of such records */
    WR_ON_ERROR_STOP,        /* the query stops there */
} wr_on_error;
typedef struct wr_error_policy {
    wr_on_error on_error;
    /* Index in the plan's topics. DEAD_LETTER: always there. STOP: where one was named the record
     * is put there before the query stops. WR_PLAN_NO_TOPIC: none. */
    uint32_t topic;
} wr_error_policy;
#define WR_PLAN_NO_TOPIC UINT32_MAX
/** "skip", "dead-letter", "stop": as WITH and SET spell it. A constant. */
const char *wr_on_error_name(wr_on_error e);
/** @return false: no policy is spelled like that; in any case. */
bool wr_on_error_parse(const char *text, wr_on_error *out);

/* ---- stores ---- */

/** What a store is to its step; a step has at most one of each. */
typedef enum wr_plan_store_role {
    WR_PLAN_STORE_ROWS,          /* rows of the step's result; an aggregate's states */
    WR_PLAN_STORE_LEFT,          /* JOIN: rows of the left input */
    WR_PLAN_STORE_RIGHT,         /* JOIN: rows of the right input */
    WR_PLAN_STORE_OUTER,         /* STREAM_STREAM_JOIN: rows that wait for a partner */
    WR_PLAN_STORE_SUBSCRIPTIONS, /* FK_JOIN: which left rows ask for a right row */
    WR_PLAN_STORE_TIMES,         /* stream time, last emitted bounds: a few integers per task */
    WR_PLAN_STORE_ROLES,
} wr_plan_store_role;

#define WR_PLAN_NO_STORE UINT32_MAX

typedef enum wr_window_bound { WR_BOUND_NONE, WR_BOUND_START, WR_BOUND_END } wr_window_bound;

/** One store of a plan: one for each task of `subtopology`. Everything is in the plan's arena. */
typedef struct wr_plan_store {
    const char *name; /* "Aggregate", "Join-left": unique in the plan, stable over restarts */
    wr_plan_store_role role;
    wr_store_spec spec;     /* kind, layout, retention and segments, for statestore to open it */
    const wr_schema *key;   /* of the row keys; NULL: bytes of the operator's own */
    const wr_schema *value; /* what is stored for a key, in order; NULL: as above */
    const wr_step *step;    /* whose operator opens it */
    uint32_t subtopology;   /* which tasks have it: for a foreign-key join, not always the step's */
    const char *changelog;  /* "<name>-changelog"; NULL: this state dies with its query */
    int64_t changelog_retention_ms; /* of the topic, which is compacted too; -1: for ever */
    /* What the bytes mean, a line for each fact; not how the statement is spelled. State may be
     * opened by every plan whose store of that name has the same fingerprint. */
    const char *meaning;
    const char *fingerprint; /* hex of the XXH3-128 of `meaning` */
} wr_plan_store;

/* ---- what each kind of step is configured by ---- */

/* SOURCE. A copy of what the catalog entry said when the query was planned: the entry may be
 * altered or replaced while the query runs, and the query goes on with what it was made of. */
typedef struct wr_step_source {
    uint32_t topic;           /* index in plan topics */
    const char *source_name;  /* stream or table name; NULL for none */
    const char *alias;        /* what the query calls it; NULL for none */
    const wr_column *columns; /* the source's columns as declared: keys, headers, values */
    uint32_t columns_n;
    /* Output column i of the step is columns[output[i]]: only what the query uses. Key columns of
     * the source are always in the output. */
    const uint32_t *output;
    wr_format_use key, value;
    wr_window window;           /* kind NONE: plain key */
    wr_partitioner partitioner; /* by which its records are said to lie */
    /* Its keys must lie so: what is made of the rows, before they move, needs those of a key in one
     * partition, that of the other side's in a join. Of a topic of several partitions alone, and
     * not where the keys have windows: whether those decide on the partition, too, writers differ.
     */
    bool placed;
    bool fail_on_misplaced_key;   /* weir.fail.on.misplaced.key; placed only */
    int32_t timestamp_column;     /* index in columns, or -1: the record's own timestamp */
    const char *timestamp_format; /* STRING timestamp column */
    wr_error_policy timing;       /* of records whose time cannot be used */
    wr_error_policy decoding;     /* of records whose key or value cannot be decoded */
    bool strict;                  /* weir.decode.strict */
    bool materialize;             /* TABLE: keep the rows in a store (needs_old, or queryable) */
    /* The FILTER step after it, where this source applies the condition itself: it decodes what the
     * condition reads, and the other columns only for rows that pass (push_down.c). NULL: none. */
    const wr_step *filter;
} wr_step_source;

/* SELECT_KEY of streams (PARTITION BY, GROUP BY, the side of a join), TABLE_GROUP_BY of tables. */
typedef struct wr_step_select_key {
    wr_expr **keys; /* schema->keys_n expressions over the input */
    /* The same over the columns of sources (alias.name), for the meaning of stores; likewise
     * calls_ast and fk_ast below. */
    const wr_ast_expr *const *keys_ast;
    /* Output value column i is input column values[i]. */
    const uint32_t *values;
    bool drop_null;    /* GROUP BY: rows with any NULL key part are dropped and logged */
    bool keyless;      /* PARTITION BY NULL: no key columns */
    bool null_is_key;  /* PARTITION BY: a key of one column that is NULL is a key, not none */
    bool clears_value; /* a NULL-valued record keeps its NULL value (PARTITION BY) */
} wr_step_select_key;

/* REPARTITION. Nothing is computed here: rows are written to the partition of their key and read
 * again there, by a task of the next sub-topology. */
typedef struct wr_step_repartition {
    uint32_t topic;
    wr_format_use key;          /* so that partitions agree with the other side of a join */
    wr_partitioner partitioner; /* likewise; not NONE */
    bool replaces; /* the key is the one that it was: rows move since they lie by another
                    * partitioner, or by none */
    /* The aggregate behind the topic, where rows may be aggregated in part before it: a stream's,
     * all its functions combine, not over sessions, not EMIT FINAL. NULL: rows go as they are. */
    const wr_step *combine;
} wr_step_repartition;

/* AGGREGATE. Output row: the input's key, then carried columns, then results. */
typedef struct wr_step_aggregate {
    wr_window window;   /* kind NONE: not windowed */
    bool input_table;   /* undo old, add new */
    uint32_t carried_n; /* non-aggregate columns kept from the last row: output value columns
                         * 0..carried_n-1 are input columns carried[] */
    const uint32_t *carried;
    uint32_t aggregates_n; /* output value columns carried_n.. are the results */
    wr_agg_call **calls;
    wr_expr ***args; /* args[i][0..calls[i]->args_n) over the input */
    const wr_ast_expr *const *calls_ast;
} wr_step_aggregate;

/* SUPPRESS: what EMIT FINAL asks for. The aggregate below holds its windows anyway and sends each
 * one when it closes, so this step has no buffer and no store of its own (operators/suppress.c). */
typedef struct wr_step_suppress {
    wr_window window;
    int64_t emit_interval_ms; /* between two looks at closed windows, wall time; 0: each record */
    bool exact;               /* weir.kafka.streams.exact: lose what Kafka Streams loses */
} wr_step_suppress;

/* All four joins. in[0] is the left side; fields that a kind of join does not have are zero. */
typedef struct wr_step_join {
    wr_ast_join_kind kind; /* INNER, LEFT, RIGHT or FULL */
    /* Output value columns: the left input's values, then the right input's values. Key: the join
     * key (both inputs are keyed by it; FULL: whichever side is there). */
    int64_t before_ms, after_ms, grace_ms; /* stream-stream */
    bool has_grace;       /* GRACE PERIOD was written: unmatched rows wait for the window's end */
    int64_t retention_ms; /* of the buffers */
    int64_t emit_interval_ms; /* between two looks at unmatched rows, wall time; 0: each record */
    bool exact;         /* weir.kafka.streams.exact: send rows that Kafka Streams sends early */
    bool left_windowed; /* windowed key: WINDOWSTART/END are part of the key */
    bool materialize;   /* TABLE_TABLE: keep the result rows in a store (queryable) */
    /* FK_JOIN. The step's `subtopology` is the left input's; the right input's is another one. The
     * left side sends subscriptions to the right one, which answers (operators/fk_left.c). */
    wr_expr *fk; /* foreign key over the left input, of the right key's type */
    const wr_ast_expr *fk_ast;
    uint32_t right_subtopology;
    uint32_t subscription_topic; /* REPARTITION topics; partitions as the right / left source */
    uint32_t response_topic;
    wr_format_use right_key, left_key; /* key formats of the two sources: partitions must agree */
    wr_partitioner right_partitioner, left_partitioner; /* likewise */
} wr_step_join;

/* SINK: rows to the topic of a stream or table. A copy of the sink's entry, as for sources. */
typedef struct wr_step_sink {
    uint32_t topic;
    wr_format_use key, value;
    wr_window window;           /* of the key */
    wr_partitioner partitioner; /* not NONE */
    int32_t timestamp_column;   /* index in the step's schema, or -1: rowtime */
    const char *timestamp_format;
} wr_step_sink;

/* One operator to be. Steps form a tree: each has one consumer at most, and `in` points to the
 * data. `context` is in the names of topics and stores, so it must not change between versions for
 * a statement that somebody has running. */
struct wr_step {
    wr_step_kind kind;
    uint32_t id;             /* index in plan->steps */
    const char *name;        /* "StreamFilter": EXPLAIN, metrics */
    const char *context;     /* "WhereFilter", "Aggregate": names of stores, loggers and topics */
    bool table;              /* the result is a TABLE: rows are changes */
    bool windowed;           /* rows carry window bounds */
    bool needs_old;          /* a TABLE's consumer asks for the rows before changes */
    const wr_schema *schema; /* of the output */
    wr_step **in;            /* what it takes rows of; a join: left, right. NULL for a source */
    uint32_t in_n;           /* 0 for a source, 2 for joins, else 1 */
    uint32_t subtopology;    /* REPARTITION: of its writing end; its reading end is in the next */
    uint32_t stores[WR_PLAN_STORE_ROLES]; /* index in plan->stores, or WR_PLAN_NO_STORE */
    union {
        wr_step_source source;
        wr_expr *filter;  /* FILTER */
        wr_expr **select; /* SELECT: schema->n expressions over the input */
        struct {
            wr_expr **arrays; /* FLAT_MAP: ARRAY expressions; output = input columns + one each */
            uint32_t n;
        } flat_map;
        wr_step_select_key select_key; /* SELECT_KEY, TABLE_GROUP_BY */
        wr_step_repartition repartition;
        wr_step_aggregate aggregate;
        wr_step_suppress suppress;
        wr_step_join join;
        wr_step_sink sink;
    } u;
};

/* A query's plan. Built by one thread under the engine's lock, never changed after wr__finish_plan;
 * tasks of all threads read it without a lock. All that it points to is in its arena, or constant
 * and the process's: formats, built-in functions. */
typedef struct wr_plan {
    wr_arena *arena; /* owns everything below */
    wr_step **steps; /* inputs before consumers */
    uint32_t steps_n;
    wr_step *root; /* SINK or COLLECT */
    wr_plan_topic *topics;
    uint32_t topics_n;
    uint32_t subtopologies_n;    /* reading order: 0 reads only inputs ... */
    const wr_plan_store *stores; /* in order of their steps, then of roles */
    uint32_t stores_n;
    /* What the query does with records, offsets and state, a line for each fact: sink, sources,
     * the stores' meanings (plan_stores.h). A directory keeps it, to compare a later statement. */
    const char *meaning;
    /* What the statement says to no effect, for its author; a constant. NULL: nothing. */
    const char *warning;
    /* COLLECT: the result as the user sees it: columns in the order of the projection, all with
     * role VALUE; result_is_key[i] marks key columns. SINK: the sink's schema, keys first. */
    const wr_schema *result;
    const bool *result_is_key;
    /* Which columns are a bound of the row's window, as it is: a deletion has no values, but it is
     * of a window, and so has these, too. As many as result has columns. */
    const wr_window_bound *result_bound;
    const uint32_t *collect; /* COLLECT: result column i is column collect[i] of its batches */
    bool result_table;       /* rows of the result are changes: inserts, updates, deletions */
    wr_window result_window; /* kind NONE unless the result's key is windowed */
    /* The step whose store answers pull queries; the steps between it and root are stateless.
     * NULL: not materialised. */
    const wr_step *materialized;
    uint32_t materialized_store; /* its rows: index in stores, or WR_PLAN_NO_STORE */
    wr_error_policy computing;   /* of rows that are dropped since an expression failed */
    wr_error_policy producing;   /* of rows whose result cannot be computed or written */
    /* Settings of the time when it was planned that change what operators keep: part of what the
     * stores mean. False is the default of each. */
    bool exact_division; /* weir.decimal.division = exact */
    bool one_scope;      /* ksql.nested.error.set.null = false */
    bool kafka_exact;    /* weir.kafka.streams.exact */
    bool has_limit;      /* push queries */
    int64_t limit;       /* rows after which the query ends by itself; has_limit only */
} wr_plan;

/** The operator graph as EXPLAIN prints it: one line per step, indented. */
void wr_plan_print(wr_buf *out, const wr_plan *plan);
/** Of one of its steps, what is behind the schema there: " | Topic: t", or nothing. */
void wr_plan_print_details(wr_buf *out, const wr_plan *plan, const wr_step *s);
/** "SOURCE", "FILTER" ...: what EXPLAIN has in brackets. */
const char *wr_step_label(const wr_step *s);
/* The word of the WINDOW clause: "TUMBLING". A constant. */
const char *wr_window_kind_name(wr_window_kind k);

#endif
