/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library gives EXPLAIN as a row for each step, with its depth in the tree, and says in
 * sections what the plan is of (docs/sql-reference.md). In ksqlDB's layout the inputs of a step are
 * indented below it.
 */
#include "plan_view.h"

#include "columns.h"

static void add_query(weir_stmt *q, cli_text *t)
{
    cli_text_addf(t, "ID                   : %s\nQuery Type           : %s\n",
                  cli_column_text(q, "ID"), cli_column_text(q, "TYPE"));
    cli_text_addf(t, "SQL                  : %s\n", cli_column_text(q, "SQL"));
    cli_text_addf(t, "Status               : %s\n", cli_column_text(q, "STATUS"));
    if (!cli_column_is_null(q, "ERROR"))
        cli_text_addf(t, "Error                : %s\n", cli_column_text(q, "ERROR"));
    if (!cli_column_is_null(q, "TASKS"))
        cli_text_addf(t, "Tasks                : %s\n", cli_column_text(q, "TASKS"));
    cli_text_addf(t, "Records              : in %s, out %s, errors %s, late %s, lag %s\n",
                  cli_column_text(q, "RECORDS_IN"), cli_column_text(q, "RECORDS_OUT"),
                  cli_column_text(q, "ERRORS"), cli_column_text(q, "LATE"),
                  cli_column_is_null(q, "LAG") ? "-1" : cli_column_text(q, "LAG"));
}

void cli_plan_heading(weir_stmt *stmt, cli_text *out)
{
    weir_stmt *query = cli_section_row(stmt, "query");
    weir_stmt *statement = cli_section_row(stmt, "statement");
    weir_stmt *pull = cli_section_row(stmt, "pull");
    if (query)
        add_query(query, out);
    if (statement)
        cli_text_addf(out, "SQL                  : %s\n", cli_column_text(statement, "SQL"));
    if (pull)
        cli_text_addf(out, "Pull query on %s: %s\n", cli_column_text(pull, "SOURCE"),
                      cli_column_text(pull, "ACCESS"));
}

void cli_plan_begin(weir_stmt *stmt, cli_text *out)
{
    cli_plan_heading(stmt, out);
    if (cli_section(stmt, "plan"))
        cli_text_adds(out, "\nExecution plan\n--------------\n");
}

void cli_plan_row(weir_stmt *stmt, cli_text *out)
{
    int64_t depth;
    cli_column_int(stmt, "DEPTH", &depth);
    cli_text_addc(out, ' ', 4 * (size_t)depth);
    cli_text_addf(out, "> [ %s ] %s | Schema: %s", cli_column_text(stmt, "KIND"),
                  cli_column_text(stmt, "NAME"), cli_column_text(stmt, "SCHEMA"));
    if (!cli_column_is_null(stmt, "DETAIL"))
        cli_text_addf(out, " | %s", cli_column_text(stmt, "DETAIL"));
    cli_text_addf(out, " | Logger: %s\n", cli_column_text(stmt, "LOGGER"));
}

/* What it keeps for a key, how long, and where its changes go on Kafka. */
static void add_store(weir_stmt *s, cli_text *out)
{
    int64_t ms;
    cli_text_addf(out, "> %s (%s of %s)", cli_column_text(s, "NAME"), cli_column_text(s, "KIND"),
                  cli_column_text(s, "STEP"));
    if (!cli_column_is_null(s, "KEY_SCHEMA"))
        cli_text_addf(out, " | Key: %s", cli_column_text(s, "KEY_SCHEMA"));
    if (!cli_column_is_null(s, "VALUE_SCHEMA"))
        cli_text_addf(out, " | Value: %s", cli_column_text(s, "VALUE_SCHEMA"));
    if (cli_column_int(s, "RETENTION_MS", &ms))
        cli_text_addf(out, " | Retention: %lld ms", (long long)ms);
    cli_text_addc(out, '\n', 1);
}

void cli_plan_end(weir_stmt *stmt, cli_text *out)
{
    weir_stmt *plan = cli_section_row(stmt, "plan");
    if (plan)
        cli_text_addf(out, "\nSub-topologies: %s\n", cli_column_text(plan, "SUBTOPOLOGIES"));
    weir_stmt *store = cli_section_row(stmt, "stores");
    if (store)
        cli_text_adds(out, "\nState stores\n------------\n");
    for (; store; store = cli_section_row(stmt, "stores"))
        add_store(store, out);
}
