/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library gives DESCRIBE as typed rows and sections (docs/sql-reference.md); here they become
 * the text that ksqlDB's users know.
 */
#include "describe_view.h"

#include "columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cli_is_description(weir_stmt *stmt)
{
    return weir_stmt_kind_of(stmt) == WEIR_STMT_TABLE &&
           (cli_section(stmt, "source") || cli_section(stmt, "function"));
}

/* ---------------------------------------------------------------- the table */

void cli_describe_header(weir_stmt *stmt, cli_table *table)
{
    table->columns = 2; /* "Field" and "Type", "Variation" and "Returns" */
    for (int i = 0; i < 2; i++)
        cli_table_add(table, weir_column_name(stmt, i));
}

/** "VARCHAR(STRING) (primary key) (Window type: TUMBLING)" */
static void add_type(weir_stmt *stmt, cli_text *t)
{
    const char *role = cli_column_text(stmt, "Role"), *type = cli_column_text(stmt, "Type");
    cli_text_adds(t, strcmp(type, "STRING") == 0 ? "VARCHAR(STRING)" : type);
    if (strcmp(role, "HEADERS") == 0)
        cli_text_adds(t, " (headers)");
    else if (strcmp(role, "HEADER") == 0)
        cli_text_addf(t, " (header('%s'))", cli_column_text(stmt, "Header"));
    else if (strcmp(role, "KEY") == 0)
        cli_text_adds(t, " (key)");
    else if (strcmp(role, "PRIMARY KEY") == 0)
        cli_text_adds(t, " (primary key)");
    if (!cli_column_is_null(stmt, "Window"))
        cli_text_addf(t, " (Window type: %s)", cli_column_text(stmt, "Window"));
}

void cli_describe_row(weir_stmt *stmt, cli_table *table)
{
    cli_text t = {0};
    cli_table_add(table, weir_column_text(stmt, 0));
    if (cli_column_find(stmt, "Role") >= 0)
        add_type(stmt, &t);
    else
        cli_text_adds(&t,
                      weir_column_is_null(stmt, 1) ? "by arguments" : weir_column_text(stmt, 1));
    cli_table_add(table, cli_text_string(&t));
    cli_text_free(&t);
}

/* ---------------------------------------------------------------- EXTENDED */

static void add_statistics(weir_stmt *s, cli_text *t)
{
    bool none = cli_column_is_null(s, "LAST_MESSAGE");
    cli_text_addf(t,
                  "\nLocal runtime statistics\n------------------------\nmessages-per-sec: %.2f   "
                  "total-messages: %s   last-message: %s%s",
                  weir_column_double(s, cli_column_find(s, "MESSAGES_PER_SEC")),
                  cli_column_text(s, "TOTAL_MESSAGES"),
                  none ? "n/a" : cli_column_text(s, "LAST_MESSAGE"), none ? "" : "Z");
    cli_text_addf(t,
                  "\nfailed-messages: %s   late: %s   null-keys: %s   null-values: %s   "
                  "skipped-events: %s   unavailable-values: %s   ignored-text: %s\n(Statistics of "
                  "the local Weir interaction "
                  "with the Kafka topic %s)\n",
                  cli_column_text(s, "FAILED_MESSAGES"), cli_column_text(s, "LATE"),
                  cli_column_text(s, "NULL_KEYS"), cli_column_text(s, "NULL_VALUES"),
                  cli_column_text(s, "SKIPPED_EVENTS"), cli_column_text(s, "UNAVAILABLE_VALUES"),
                  cli_column_text(s, "IGNORED_TEXT"), cli_column_text(s, "TOPIC"));
    int64_t before;
    cli_column_int(s, "BEFORE_START", &before);
    if (before)
        cli_text_addf(t,
                      "%lld records lie before the start of its query, which began at the ends of "
                      "its topics (auto.offset.reset is latest)\n",
                      (long long)before);
}

static const char rule[] = "---------------------------------------------------------\n";

/** A table for each topic that a group reads; rows of one come together. */
typedef struct group_table {
    char *group, *topic;
    int64_t max_lag;
    cli_text rows;
} group_table;

static void end_group(group_table *g, cli_text *t)
{
    if (g->group) {
        cli_text_addf(t,
                      "\nConsumer Group       : %s\nKafka topic          : %s\n"
                      "Max lag              : %lld\n\n"
                      " Partition | Start Offset | End Offset | Offset     | Lag\n",
                      g->group, g->topic, (long long)g->max_lag);
        cli_text_adds(t, rule);
        cli_text_adds(t, cli_text_string(&g->rows));
        cli_text_adds(t, rule);
    }
    free(g->group);
    free(g->topic);
    cli_text_free(&g->rows);
    *g = (group_table){0};
}

static void add_position(weir_stmt *s, group_table *g)
{
    int64_t partition, start, end, committed, lag;
    char offset[32] = "-";
    cli_column_int(s, "PARTITION", &partition);
    cli_column_int(s, "START_OFFSET", &start);
    cli_column_int(s, "END_OFFSET", &end);
    cli_column_int(s, "LAG", &lag);
    if (cli_column_int(s, "COMMITTED", &committed))
        snprintf(offset, sizeof offset, "%lld", (long long)committed);
    cli_text_addf(&g->rows, " %-9lld | %-12lld | %-10lld | %-10s | %lld\n", (long long)partition,
                  (long long)start, (long long)end, offset, (long long)lag);
    g->max_lag = lag > g->max_lag ? lag : g->max_lag;
}

static void add_positions(weir_stmt *s, cli_text *t)
{
    group_table g = {0};
    bool title = false;
    while (weir_step(s, 0, NULL) == WEIR_ROW) {
        const char *group = cli_column_text(s, "GROUP"), *topic = cli_column_text(s, "TOPIC");
        if (!title)
            cli_text_adds(t, "\nConsumer Groups summary:\n");
        title = true;
        if (!g.group || strcmp(g.group, group) != 0 || strcmp(g.topic, topic) != 0) {
            end_group(&g, t);
            g.group = cli_copy(group, strlen(group));
            g.topic = cli_copy(topic, strlen(topic));
        }
        add_position(s, &g);
    }
    end_group(&g, t);
}

/** "latest" stands at the version that others get who ask for the subject. */
static void add_schema(weir_stmt *s, cli_text *t)
{
    char version[48] = "-";
    bool latest = weir_column_bool(s, cli_column_find(s, "LATEST"));
    bool none = cli_column_is_null(s, "VERSION");
    if (!none || latest)
        snprintf(version, sizeof version, "%s%s", none ? "" : cli_column_text(s, "VERSION"),
                 latest ? " (latest)" : "");
    cli_text_addf(t, " %-5s | %-8s | %-13s | %-10s | %-8s | %s%s\n", cli_column_text(s, "PART"),
                  cli_column_is_null(s, "ID") ? "none" : cli_column_text(s, "ID"), version,
                  cli_column_text(s, "RECORDS"), cli_column_text(s, "FAILED"),
                  cli_column_is_null(s, "LAST") ? "-" : cli_column_text(s, "LAST"),
                  cli_column_is_null(s, "LAST") ? "" : "Z");
    if (!cli_column_is_null(s, "DIFFERENCE"))
        cli_text_addf(t, "         %s\n", cli_column_text(s, "DIFFERENCE"));
}

/** Records are those that queries of this process have read. */
static void add_schemas(weir_stmt *s, weir_stmt *registry, cli_text *t)
{
    bool any = false;
    while (weir_step(s, 0, NULL) == WEIR_ROW) {
        if (!any)
            cli_text_addf(t,
                          "\nSchemas of the records that were read here (%s)\n"
                          " Part  | Schema   | Version       | Records    | Failed   | Last\n%s",
                          cli_column_text(registry, "NAME"), rule);
        any = true;
        add_schema(s, t);
    }
    if (any)
        cli_text_adds(t, rule);
    if (!cli_column_is_null(registry, "TROUBLE"))
        cli_text_addf(t, "\nSchemas: %s\n", cli_column_text(registry, "TROUBLE"));
}

/** What the queries that write to it could not use. */
static void add_left_out(weir_stmt *s, weir_stmt *statistics, cli_text *t)
{
    bool any = false;
    while (weir_step(s, 0, NULL) == WEIR_ROW) {
        if (!any)
            cli_text_addf(t,
                          "\nRecords that were left out (dead letters: %s)\n Query | Stage | "
                          "Reason | Records\n%s",
                          cli_column_text(statistics, "DEAD_LETTERS"), rule);
        any = true;
        cli_text_addf(t, " %s | %s | %s | %s\n", cli_column_text(s, "QUERY"),
                      cli_column_text(s, "STAGE"), cli_column_text(s, "REASON"),
                      cli_column_text(s, "RECORDS"));
    }
    if (any)
        cli_text_adds(t, rule);
}

/** A line of the names of queries, where there are some. */
static void add_queries(weir_stmt *topic, const char *column, const char *title, cli_text *t)
{
    const char *list = cli_column_text(topic, column);
    if (strcmp(list, "[]") != 0)
        cli_text_addf(t, "%-21s: %s\n", title, list);
}

/** Whom keys must have been placed by, where that is not the usual one, and what a look has shown.
 */
static void add_partitioner(weir_stmt *topic, cli_text *t)
{
    const char *said = cli_column_text(topic, "PARTITIONER");
    const char *seen = cli_column_text(topic, "WRITTEN_BY");
    bool misplaced = strcmp(cli_column_text(topic, "MISPLACED_KEYS"), "0") != 0;
    if (misplaced && !cli_column_is_null(topic, "WRITTEN_BY"))
        cli_text_addf(t,
                      "Partitioner          : %s, but of %s keys seen %s lie elsewhere "
                      "(written by: %s)\n",
                      said, cli_column_text(topic, "KEYS"),
                      cli_column_text(topic, "MISPLACED_KEYS"), seen);
    else if (misplaced || strcmp(said, "murmur2") != 0)
        cli_text_addf(t, "Partitioner          : %s%s\n", said,
                      misplaced ? ", but some keys lie elsewhere" : "");
}

static void add_extended(weir_stmt *stmt, weir_stmt *source, weir_stmt *topic, cli_text *t)
{
    if (cli_column_is_null(source, "TIMESTAMP"))
        cli_text_adds(t, "Timestamp field      : Not set - using <ROWTIME>\n");
    else
        cli_text_addf(t, "Timestamp field      : %s\n", cli_column_text(source, "TIMESTAMP"));
    cli_text_addf(t, "Key format           : %s\nValue format         : %s\n",
                  cli_column_text(source, "KEY_FORMAT"), cli_column_text(source, "VALUE_FORMAT"));
    cli_text_addf(t, "Kafka topic          : %s (partitions: %s, replication: %s)\n",
                  cli_column_text(topic, "TOPIC"), cli_column_text(topic, "PARTITIONS"),
                  cli_column_text(topic, "REPLICAS"));
    add_partitioner(topic, t);
    cli_text_addf(t, "Statement            : %s;\n", cli_column_text(source, "STATEMENT"));
    add_queries(topic, "READERS", "Queries that read", t);
    add_queries(topic, "WRITERS", "Queries that write", t);
    weir_stmt *statistics = cli_section_row(stmt, "statistics");
    if (statistics)
        add_statistics(statistics, t);
    weir_stmt *left_out = cli_section(stmt, "left_out");
    if (statistics && left_out)
        add_left_out(left_out, statistics, t);
    weir_stmt *positions = cli_section(stmt, "positions");
    if (positions)
        add_positions(positions, t);
    weir_stmt *schemas = cli_section(stmt, "schemas"),
              *registry = cli_section_row(stmt, "registry");
    if (schemas && registry)
        add_schemas(schemas, registry, t);
}

/* ---------------------------------------------------------------- headings */

static void add_function(weir_stmt *f, cli_text *t)
{
    cli_text_addf(t, "Name        : %s\nOverview    : %s\nType        : %s\nCategory    : %s\n",
                  cli_column_text(f, "NAME"), cli_column_text(f, "OVERVIEW"),
                  cli_column_text(f, "TYPE"), cli_column_text(f, "CATEGORY"));
    if (cli_column_is_null(f, "EXAMPLE"))
        return;
    cli_text_addf(t, "Example     : %s", cli_column_text(f, "EXAMPLE"));
    if (!cli_column_is_null(f, "RESULT"))
        cli_text_addf(t, " = %s", cli_column_text(f, "RESULT"));
    cli_text_adds(t, "\n");
}

void cli_describe_heading(weir_stmt *stmt, cli_text *out)
{
    weir_stmt *function = cli_section_row(stmt, "function");
    weir_stmt *source = cli_section_row(stmt, "source");
    weir_stmt *topic = cli_section_row(stmt, "topic");
    if (function)
        add_function(function, out);
    if (!source)
        return;
    cli_text_addf(out, "Name                 : %s\n", cli_column_text(source, "NAME"));
    if (!topic)
        return;
    cli_text_addf(out, "Type                 : %s\n", cli_column_text(source, "TYPE"));
    add_extended(stmt, source, topic, out);
}
