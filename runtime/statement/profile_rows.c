/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EXPLAIN ANALYZE: what a running query has done, as rows of values: the query, what its thread did
 * that is no operator's work, then its operators as a tree, with their stores.
 * docs/sql-reference.md documents the columns; how rows are shown is the front end's matter.
 *
 * Times exclude each other, so shares add up to 100: of the time in which the query worked, which
 * is that of its operators and of its commits. What waits for others has a time, but no share.
 *
 * What is shown was published by the query's own thread, at its last commit or a tenth of a second
 * ago; asking for it costs the query nothing and waits for nothing, which is why it is done under
 * the lock. Counts are exact as of that moment, and all of one moment.
 */
#include "runtime/statement/explain.h"
#include "runtime/statement/result.h"
#include "runtime/statement/statement_class.h"

/* Rows are filled in by name: most nodes have a value in few of the columns. */
enum {
    COL_DEPTH,
    COL_KIND,
    COL_NAME,
    COL_DETAIL,
    COL_SUBTOPOLOGY,
    COL_TASKS,
    COL_ROWS_IN,
    COL_ROWS_OUT,
    COL_BATCHES,
    COL_BYTES_IN,
    COL_BYTES_OUT,
    COL_TIME_NS,
    COL_SHARE,
    COL_LATE,
    COL_DROPPED,
    COL_ENTRIES,
    COL_MEMORY_BYTES,
    COL_DISK_BYTES,
    COL_LOOKUPS,
    COL_MISSES,
    COL_CHANGES,
    COL_LAG,
    COLUMNS
};

static const wr__column columns[COLUMNS] = {
    [COL_DEPTH] = {"DEPTH", &wr_type_integer},
    [COL_KIND] = {"KIND", &wr_type_string},
    [COL_NAME] = {"NAME", &wr_type_string},
    [COL_DETAIL] = {"DETAIL", &wr_type_string},
    [COL_SUBTOPOLOGY] = {"SUBTOPOLOGY", &wr_type_integer},
    [COL_TASKS] = {"TASKS", &wr_type_integer},
    [COL_ROWS_IN] = {"ROWS_IN", &wr_type_bigint},
    [COL_ROWS_OUT] = {"ROWS_OUT", &wr_type_bigint},
    [COL_BATCHES] = {"BATCHES", &wr_type_bigint},
    [COL_BYTES_IN] = {"BYTES_IN", &wr_type_bigint},
    [COL_BYTES_OUT] = {"BYTES_OUT", &wr_type_bigint},
    [COL_TIME_NS] = {"TIME_NS", &wr_type_bigint},
    [COL_SHARE] = {"SHARE", &wr_type_double},
    [COL_LATE] = {"LATE", &wr_type_bigint},
    [COL_DROPPED] = {"DROPPED", &wr_type_bigint},
    [COL_ENTRIES] = {"ENTRIES", &wr_type_bigint},
    [COL_MEMORY_BYTES] = {"MEMORY_BYTES", &wr_type_bigint},
    [COL_DISK_BYTES] = {"DISK_BYTES", &wr_type_bigint},
    [COL_LOOKUPS] = {"LOOKUPS", &wr_type_bigint},
    [COL_MISSES] = {"MISSES", &wr_type_bigint},
    [COL_CHANGES] = {"CHANGES", &wr_type_bigint},
    [COL_LAG] = {"LAG", &wr_type_bigint},
};

/* ---- cells ---- */

/* A row with NULL for all that says nothing about its node: 0 would claim that it was counted.
 * Kinds are static texts, names are copied, as the plan may be gone before the row is read. */
static wr_value *add_row(wr_exec *x, uint32_t depth, const char *kind, const char *name)
{
    wr_value *row = wr__result_row(x, x->sections.v[0]);
    row[COL_DEPTH] = wr_value_i32((int32_t)depth);
    row[COL_KIND] = wr_value_str(wr_str_c(kind));
    row[COL_NAME] = wr__text(x, name);
    return row;
}

/* Shares are of the time that the query worked, in percent. A share only where @p busy_ns is given:
 * what waits for others has none. */
static void set_time(wr_value *row, uint64_t ns, uint64_t busy_ns)
{
    row[COL_TIME_NS] = wr__count(ns);
    if (busy_ns)
        row[COL_SHARE] = wr_value_f64(100.0 * (double)ns / (double)busy_ns);
}

/* ---- rows ---- */

/* Depth 0, and the sums over all that follows. */
static void add_query(wr_exec *x, wr_query *q, const wr_profile *p, uint64_t busy_ns)
{
    const char *state = wr_query_state_name(wr_query_state_of(q));
    wr_value *row = add_row(x, 0, "QUERY", wr_query_id(q));
    uint32_t others = wr_query_shared_with(q);
    row[COL_DETAIL] = wr__text(
        x, wr_arena_printf(x->arena, "%s, started %.1f s ago%s", state, (double)p->age_ns / 1e9,
                           others == 0   ? ""
                           : others == 1 ? ", reads with 1 other query"
                                         : wr_arena_printf(x->arena,
                                                           ", reads with %u other "
                                                           "queries",
                                                           others)));
    row[COL_ROWS_IN] = wr__count(p->totals.records_in);
    row[COL_ROWS_OUT] = wr__count(p->totals.records_out);
    row[COL_BYTES_IN] = wr__count(p->totals.bytes_in);
    row[COL_BYTES_OUT] = wr__count(p->totals.bytes_out);
    row[COL_DROPPED] = wr__count(p->totals.errors);
    if (p->totals.lag >= 0)
        row[COL_LAG] = wr_value_i64(p->totals.lag);
    set_time(row, busy_ns, busy_ns);
}

/* What the thread does besides running operators. POLL and OTHER may be waiting, so they have times
 * and no shares; RESTORE is shown only where there was one. */
static void add_phases(wr_exec *x, const wr_profile *p, uint64_t busy_ns)
{
    wr_value *row = add_row(x, 1, "POLL", "Poll");
    row[COL_DETAIL] = wr__text(x, "time with waiting for records");
    row[COL_BATCHES] = wr__count(p->polls);
    set_time(row, p->poll_ns, 0);
    row = add_row(x, 1, "COMMIT", "Commit");
    if (p->commits)
        row[COL_DETAIL] = wr__text(
            x, wr_arena_printf(x->arena, "with its operators' part: mean %.1f ms, longest %.1f ms",
                               (double)p->commit_ns / (double)p->commits / 1e6,
                               (double)p->commit_max_ns / 1e6));
    row[COL_BATCHES] = wr__count(p->commits);
    set_time(row, p->commit_own_ns, busy_ns);
    if (p->totals.restored || p->restore_ns) {
        row = add_row(x, 1, "RESTORE", "Restore");
        row[COL_DETAIL] = wr__text(x, "of state from changelogs, on threads of its own");
        row[COL_ROWS_IN] = wr__count(p->totals.restored);
        set_time(row, p->restore_ns, 0);
    }
    uint64_t known = busy_ns + p->poll_ns;
    row = add_row(x, 1, "OTHER", "Other");
    row[COL_DETAIL] = wr__text(x, "merging topics by time, asking for their ends");
    set_time(row, p->steps_ns > known ? p->steps_ns - known : 0, 0);
}

/* The same as EXPLAIN's, of one step, without the separator that begins it; "" where there is
 * nothing to say. */
static const char *details(wr_exec *x, const wr_query *q, const wr_step *step)
{
    static const char separator[] = " | ";
    wr_buf b = {0};
    wr_plan_print_details(&b, wr_query_plan(q), step);
    const char *all = wr_arena_strdup(x->arena, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return *all ? all + sizeof separator - 1 : all;
}

/* Below its operator, one deeper. What has expired is in the column for late rows: both are changes
 * that came when their window was gone. */
static void add_store(wr_exec *x, const wr_profile_node *n)
{
    wr_value *row = add_row(x, n->depth + 1, "STORE", n->store);
    row[COL_SUBTOPOLOGY] = wr_value_i32((int32_t)n->subtopology);
    row[COL_TASKS] = wr_value_i32((int32_t)n->tasks);
    row[COL_LATE] = wr__count(n->expired);
    row[COL_ENTRIES] = wr__count(n->entries);
    row[COL_MEMORY_BYTES] = wr__count(n->memory_bytes);
    row[COL_DISK_BYTES] = wr__count(n->disk_bytes);
    row[COL_LOOKUPS] = wr__count(n->gets);
    row[COL_MISSES] = wr__count(n->misses);
    row[COL_CHANGES] = wr__count(n->puts);
}

/* Bytes are shown where an operator reads or writes records: sources, sinks, repartitions (each
 * side its own), and the two hops of a foreign-key join. */
static void add_operator(wr_exec *x, const wr_query *q, const wr_profile_node *n, uint64_t busy_ns)
{
    wr_value *row = add_row(x, n->depth + 1, "OPERATOR", n->name);
    const char *detail = details(x, q, n->step);
    if (*detail)
        row[COL_DETAIL] = wr__text(x, detail);
    row[COL_SUBTOPOLOGY] = wr_value_i32((int32_t)n->subtopology);
    row[COL_TASKS] = wr_value_i32((int32_t)n->tasks);
    row[COL_ROWS_IN] = wr__count(n->rows_in);
    row[COL_ROWS_OUT] = wr__count(n->rows_out);
    row[COL_BATCHES] = wr__count(n->batches);
    wr_step_kind kind = n->step->kind;
    bool joined = kind == WR_STEP_FK_JOIN; /* its sides send each other records, as a repartition */
    bool repartition = kind == WR_STEP_REPARTITION;
    bool reads = repartition && n->subtopology != n->step->subtopology;
    if (kind == WR_STEP_SOURCE || joined || reads)
        row[COL_BYTES_IN] = wr__count(n->bytes_in);
    if (kind == WR_STEP_SINK || joined || (repartition && !reads))
        row[COL_BYTES_OUT] = wr__count(n->bytes_out);
    row[COL_LATE] = wr__count(n->late);
    row[COL_DROPPED] = wr__count(n->dropped);
    set_time(row, n->ns, busy_ns);
}

/* @pre the lock is held: the query stays, and none of this waits */
static void show_profile(wr_exec *x, wr_query *q)
{
    wr_profile p;
    (void)wr__result_new(x, "", columns, COLUMNS);
    WR_ASSERT(x->sections.n == 1); /* add_row adds to it */
    const wr_query_info *info = wr_catalog_query(wr_engine_catalog(x->engine), wr_query_id(q));
    x->heading = info ? wr_arena_strdup(x->arena, info->sql) : "";
    wr_query_profile(q, x->arena, &p);
    uint64_t busy_ns = p.operators_ns + p.commit_own_ns;
    add_query(x, q, &p, busy_ns);
    add_phases(x, &p, busy_ns);
    WR_ASSERT(p.nodes_n > 0 && !p.nodes[0].store); /* a store comes after its operator */
    for (uint32_t i = 0; i < p.nodes_n; i++) {
        if (p.nodes[i].store)
            add_store(x, &p.nodes[i]);
        else
            add_operator(x, q, &p.nodes[i], busy_ns);
    }
}

/* Only of what runs: to run a statement for its numbers would write to topics. */
static weir_status analyze(wr_exec *x, weir_error *err)
{
    wr_query *q;
    if (x->stmt->child) {
        wr_error_at(err, WEIR_ERR_UNSUPPORTED, x->stmt->pos,
                    "EXPLAIN ANALYZE shows what a running query has done, by its id");
        return wr_error_hint(err, "SHOW QUERIES; lists the ids");
    }
    wr_engine_lock(x->engine);
    weir_status st = wr__find_running(x, &q, err);
    if (st == WEIR_OK)
        show_profile(x, q);
    wr_engine_unlock(x->engine);
    return st;
}

const wr__statement_class wr__analyze_class = {WR_EXEC_ANALYZE, analyze, NULL, NULL};
