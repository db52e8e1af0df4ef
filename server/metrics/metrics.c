/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The samples of a family stand together, so what is said of queries is read from all of them first
 * (a moment that the queries are pinned for), and written family by family afterwards.
 */
#include "server/metrics/metrics.h"

#include "engine/operators/row_fault.h"
#include "runtime/instance/query_list.h"
#include "server/metrics/client_metrics.h"
#include "server/metrics/process_metrics.h"

#include <stdio.h>

/** One query, copied. */
typedef struct query_facts {
    const char *id, *sink; /* sink NULL: none */
    wr_query_state state;
    bool waiting;
    wr_query_metrics m;
    wr_query_histograms times;
    wr_query_restore restore; /* zeroed: nothing is restored, nothing copied */
    wr_query_topic *topics;
    uint32_t topics_n;
    wr_query_lag *lags;
    uint32_t lags_n;
} query_facts;

typedef struct facts {
    query_facts *queries;
    size_t n, omitted;
    size_t lags, omitted_lags; /* of all queries */
} facts;

static void read_query(wr_arena *a, wr_query *q, query_facts *f)
{
    const char *sink = wr_query_sink_topic(q);
    f->id = wr_arena_strdup(a, wr_query_id(q));
    f->sink = sink ? wr_arena_strdup(a, sink) : NULL;
    f->state = wr_query_state_of(q);
    f->waiting = wr_query_waits(q, NULL, NULL);
    wr_query_metrics_read(q, &f->m);
    wr_query_histograms_read(q, &f->times);
    if (!wr_query_restoring(q, &f->restore))
        f->restore.tasks = 0;
    f->topics_n = wr_query_topics_read(q, a, &f->topics);
    for (uint32_t i = 0; i < f->topics_n; i++)
        f->topics[i].topic = wr_arena_strdup(a, f->topics[i].topic);
}

/* Of a query whose partitions are too many none is shown: some alone would be misleading. */
static void read_lags(wr_arena *a, wr_query *q, query_facts *f, facts *all)
{
    f->lags_n = wr_query_lags(q, a, &f->lags);
    if (all->lags + f->lags_n > WR_METRICS_PARTITIONS) {
        all->omitted_lags += f->lags_n;
        f->lags_n = 0;
    }
    all->lags += f->lags_n;
    for (uint32_t i = 0; i < f->lags_n; i++)
        f->lags[i].topic = wr_arena_strdup(a, f->lags[i].topic);
}

/* Those that a service offers for reading only do not run here: other processes count them. */
static void read_queries(wr_engine *e, wr_arena *a, facts *out)
{
    wr_query_pins pins = wr_engine_pin_all(e);
    out->queries = WR_NEW_N(a, query_facts, WR_MIN(pins.n, (size_t)WR_METRICS_QUERIES) + 1);
    for (size_t i = 0; i < pins.n; i++) {
        if (pins.entries[i]->offered)
            continue;
        if (out->n == WR_METRICS_QUERIES) {
            out->omitted++;
            continue;
        }
        query_facts *f = &out->queries[out->n++];
        read_query(a, pins.entries[i]->query, f);
        read_lags(a, pins.entries[i]->query, f, out);
    }
    wr_engine_unpin_all(e, &pins);
}

/* ---- numbers that each query has one of ---- */

typedef struct number {
    const char *name, *type, *help;
    uint64_t (*of)(const query_facts *f);
} number;

#define NUMBER(fn, expression)                                                                     \
    static uint64_t fn(const query_facts *f)                                                       \
    {                                                                                              \
        return (uint64_t)(expression);                                                             \
    }
NUMBER(waiting, f->waiting)
NUMBER(records_out, f->m.records_out)
NUMBER(bytes_out, f->m.bytes_out)
NUMBER(errors, f->m.errors)
NUMBER(late, f->m.late)
NUMBER(dead_letters, f->m.dead_letters)
NUMBER(misplaced, f->m.misplaced_keys)
NUMBER(before_start, f->m.before_start)
NUMBER(state_bytes, f->m.state_bytes)
NUMBER(restored, f->m.restored)
NUMBER(restore_left, f->restore.tasks ? WR_MAX(f->restore.total - f->restore.done, 0) : 0)
NUMBER(standbys, f->restore.standbys)
NUMBER(standby_left, WR_MAX(f->restore.standby_left, 0))
#undef NUMBER

static const number numbers[] = {
    {"weir_query_waiting", "gauge",
     "1: it waits for a broker or a schema registry, and goes on by itself.", waiting},
    {"weir_query_out_records_total", "counter", "Records written.", records_out},
    {"weir_query_out_bytes_total", "counter", "Bytes of keys and values written.", bytes_out},
    {"weir_query_errors_total", "counter", "Failures of records and expressions.", errors},
    {"weir_query_late_rows_total", "counter", "Rows that came after their window had closed.",
     late},
    {"weir_query_dead_letters_total", "counter", "Records written to topics of dead letters.",
     dead_letters},
    {"weir_query_misplaced_keys", "gauge",
     "Keys, of those looked at, that lie in another partition than the partitioner says.",
     misplaced},
    {"weir_query_before_start_records", "gauge",
     "Records left out because the query began at the end of its topics.", before_start},
    {"weir_query_state_memory_bytes", "gauge",
     "Memory of state that is not in the database yet, "
     "and of cached state.",
     state_bytes},
    {"weir_query_restored_records_total", "counter", "Records read from changelogs.", restored},
    {"weir_query_restore_left_records", "gauge",
     "Offsets of changelogs that are still to be read before the query goes on.", restore_left},
    {"weir_query_standby_stores", "gauge", "Warm copies of stores that other processes have.",
     standbys},
    {"weir_query_standby_lag_records", "gauge", "Offsets by which these copies are behind.",
     standby_left},
};

static void put_numbers(wr_exposition *e, const facts *all)
{
    for (size_t k = 0; k < WR_ARRAY_LEN(numbers); k++) {
        wr_exposition_family(e, numbers[k].name, numbers[k].type, numbers[k].help);
        for (size_t i = 0; i < all->n; i++)
            wr_exposition_u64(e, WR_LABELS({"query", all->queries[i].id}),
                              numbers[k].of(&all->queries[i]));
    }
}

/* ---- what each query has several of, or not always ---- */

static void put_states(wr_exposition *e, const facts *all)
{
    static const wr_query_state states[] = {WR_QUERY_RUNNING, WR_QUERY_PAUSED, WR_QUERY_FAILED,
                                            WR_QUERY_STOPPED};
    wr_exposition_family(e, "weir_query_info", "gauge", "Always 1; which topic the query writes.");
    for (size_t i = 0; i < all->n; i++)
        wr_exposition_u64(e,
                          WR_LABELS({"query", all->queries[i].id},
                                    {"sink", all->queries[i].sink ? all->queries[i].sink : ""}),
                          1);
    wr_exposition_family(e, "weir_query_state", "gauge", "1 for the state that the query is in.");
    for (size_t i = 0; i < all->n; i++)
        for (size_t s = 0; s < WR_ARRAY_LEN(states); s++)
            wr_exposition_u64(
                e,
                WR_LABELS({"query", all->queries[i].id}, {"state", wr_query_state_name(states[s])}),
                all->queries[i].state == states[s]);
    wr_exposition_family(e, "weir_query_tasks", "gauge", "Tasks of this process, by state.");
    for (size_t i = 0; i < all->n; i++)
        for (uint32_t s = 0; s < WR_TASK_STATES; s++)
            wr_exposition_u64(e,
                              WR_LABELS({"query", all->queries[i].id},
                                        {"state", wr_task_state_name((wr_task_state)s)}),
                              all->queries[i].m.tasks[s]);
}

static void put_inputs(wr_exposition *e, const facts *all)
{
    wr_exposition_family(e, "weir_query_in_records_total", "counter",
                         "Records processed, by topic.");
    for (size_t i = 0; i < all->n; i++)
        for (uint32_t t = 0; t < all->queries[i].topics_n; t++)
            wr_exposition_u64(e,
                              WR_LABELS({"query", all->queries[i].id},
                                        {"topic", all->queries[i].topics[t].topic}),
                              all->queries[i].topics[t].records);
    wr_exposition_family(e, "weir_query_in_bytes_total", "counter",
                         "Bytes of keys and values processed, by topic.");
    for (size_t i = 0; i < all->n; i++)
        for (uint32_t t = 0; t < all->queries[i].topics_n; t++)
            wr_exposition_u64(e,
                              WR_LABELS({"query", all->queries[i].id},
                                        {"topic", all->queries[i].topics[t].topic}),
                              all->queries[i].topics[t].bytes);
}

static void put_lags(wr_exposition *e, const facts *all)
{
    wr_exposition_family(e, "weir_query_lag_records", "gauge",
                         "Records behind the ends of the topics; missing while it is not known.");
    for (size_t i = 0; i < all->n; i++)
        if (all->queries[i].m.lag >= 0)
            wr_exposition_u64(e, WR_LABELS({"query", all->queries[i].id}),
                              (uint64_t)all->queries[i].m.lag);
    wr_exposition_family(e, "weir_query_partition_lag_records", "gauge",
                         "Records behind the end of a partition that this process reads.");
    for (size_t i = 0; i < all->n; i++)
        for (uint32_t p = 0; p < all->queries[i].lags_n; p++) {
            const wr_query_lag *lag = &all->queries[i].lags[p];
            char partition[16];
            snprintf(partition, sizeof partition, "%d", lag->partition);
            wr_exposition_u64(e,
                              WR_LABELS({"query", all->queries[i].id}, {"topic", lag->topic},
                                        {"partition", partition}),
                              (uint64_t)lag->records);
        }
}

static void put_left_out(wr_exposition *e, const facts *all)
{
    wr_exposition_family(e, "weir_query_left_out_records_total", "counter",
                         "Records and rows that could not be used, by reason.");
    for (size_t i = 0; i < all->n; i++)
        for (uint32_t r = 0; r < WR_ROW_FAULT_REASONS; r++)
            wr_exposition_u64(e,
                              WR_LABELS({"query", all->queries[i].id},
                                        {"stage", wr_row_fault_stage((wr_row_fault_reason)r)},
                                        {"reason", wr_row_fault_name((wr_row_fault_reason)r)}),
                              all->queries[i].m.left_out[r]);
}

static void put_histogram(wr_exposition *e, const facts *all, const char *name, const char *help,
                          size_t field)
{
    wr_exposition_family(e, name, "histogram", help);
    for (size_t i = 0; i < all->n; i++)
        wr_exposition_histogram(
            e, WR_LABELS({"query", all->queries[i].id}),
            (const wr_histogram_sums *)(const void *)((const char *)&all->queries[i].times +
                                                      field));
}

static void put_histograms(wr_exposition *e, const facts *all)
{
    put_histogram(e, all, "weir_query_batch_duration_seconds",
                  "Processing of a batch, by all queries that share the worker.",
                  offsetof(wr_query_histograms, batch));
    put_histogram(e, all, "weir_query_commit_duration_seconds",
                  "Commits, of all queries that share the worker.",
                  offsetof(wr_query_histograms, commit));
    put_histogram(e, all, "weir_query_restore_duration_seconds",
                  "Restores of state from changelogs.", offsetof(wr_query_histograms, restore));
    put_histogram(e, all, "weir_query_end_to_end_seconds",
                  "From a record's timestamp until what it caused was acknowledged; of the last "
                  "record of batches.",
                  offsetof(wr_query_histograms, end_to_end));
}

/* ---- the engine ---- */

static void put_one(wr_exposition *e, const char *name, const char *type, const char *help,
                    uint64_t value)
{
    wr_exposition_family(e, name, type, help);
    wr_exposition_u64(e, NULL, value);
}

static void put_engine(wr_engine *engine, wr_exposition *e, const facts *all)
{
    wr_exposition_family(e, "weir_build_info", "gauge", "Always 1; which Weir this is.");
    wr_exposition_u64(e, WR_LABELS({"version", weir_version()}), 1);
    put_one(e, "weir_queries", "gauge", "Persistent queries.", all->n + all->omitted);
    put_one(e, "weir_metrics_omitted_queries", "gauge",
            "Persistent queries that are too many to be shown here.", all->omitted);
    put_one(e, "weir_metrics_omitted_partitions", "gauge",
            "Partitions of queries that are too many to be shown here.", all->omitted_lags);
    put_one(e, "weir_push_queries", "gauge", "Push queries that are open.",
            wr_engine_push_queries(engine));
}

static void put_database(wr_engine *engine, wr_exposition *e)
{
    wr_db *db = wr_engine_db(engine);
    wr_db_metrics m = {0};
    if (!db)
        return;
    wr_db_metrics_read(db, &m);
    put_one(e, "weir_rocksdb_table_file_bytes", "gauge", "Live table files on disk.", m.disk_bytes);
    put_one(e, "weir_rocksdb_memtable_bytes", "gauge", "Memory of write buffers.",
            m.memtable_bytes);
    put_one(e, "weir_rocksdb_block_cache_bytes", "gauge", "Memory of the block cache in use.",
            m.block_cache_bytes);
    put_one(e, "weir_rocksdb_table_reader_bytes", "gauge",
            "Memory of indexes and filters outside of the block cache.", m.table_reader_bytes);
    put_one(e, "weir_rocksdb_pending_compaction_bytes", "gauge",
            "Bytes that compactions have still to rewrite, estimated.", m.compaction_debt_bytes);
    put_one(e, "weir_rocksdb_keys", "gauge", "Keys, estimated; tombstones are among them.",
            m.keys_estimate);
    put_one(e, "weir_rocksdb_background_errors_total", "counter",
            "Flushes and compactions that failed.", m.background_errors);
    put_one(e, "weir_rocksdb_write_stopped", "gauge", "1: writers wait for compactions.",
            m.writes_stopped);
    put_one(e, "weir_rocksdb_write_delayed", "gauge", "1: writers are slowed down.",
            m.writes_delayed);
}

static void put_clients(wr_engine *engine, wr_arena *a, wr_exposition *e)
{
    wr_log_client *clients;
    size_t omitted;
    uint32_t n = wr_log_clients(wr_engine_log(engine), a, WR_METRICS_CLIENTS, &clients, &omitted);
    wr_client_metrics_put(clients, n, omitted, e);
}

void wr_metrics_text(wr_engine *engine, wr_http_metrics *http, wr_buf *out)
{
    wr_exposition e = {.out = out};
    facts all = {0};
    wr_arena *a = wr_arena_new(64u << 10);
    read_queries(engine, a, &all);
    put_engine(engine, &e, &all);
    put_states(&e, &all);
    put_inputs(&e, &all);
    put_lags(&e, &all);
    put_numbers(&e, &all);
    put_left_out(&e, &all);
    put_histograms(&e, &all);
    put_clients(engine, a, &e);
    put_database(engine, &e);
    if (http)
        wr_http_metrics_put(http, &e);
    wr_process_metrics_put(&e);
    wr_arena_free(a);
}
