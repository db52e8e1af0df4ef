/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements as a table. Its examples, run one after the other, are a session that works: a
 * test does so.
 */
#include "statement_help.h"

#include <string.h>
#include <strings.h>

typedef struct statement {
    const char *name, *about;
    const char *syntax;  /* lines end with \n */
    const char *example; /* the same */
} statement;

static const statement statements[] = {
    {"CREATE STREAM", "a stream over a topic",
     "CREATE [OR REPLACE] STREAM [IF NOT EXISTS] name\n"
     "  (column type [KEY | HEADERS | HEADER('name')], ...)\n"
     "  WITH (KAFKA_TOPIC = 'topic', VALUE_FORMAT = 'JSON' [, KEY_FORMAT = 'JSON',\n"
     "        PARTITIONS = n, TIMESTAMP = 'column', ...]);\n",
     "CREATE STREAM orders (id INT KEY, customer STRING, price DOUBLE)\n"
     "  WITH (KAFKA_TOPIC = 'orders', PARTITIONS = 1, VALUE_FORMAT = 'JSON');\n"},
    {"CREATE TABLE", "a table over a topic: the latest row of each key",
     "CREATE [OR REPLACE] TABLE [IF NOT EXISTS] name\n"
     "  (column type [PRIMARY KEY], ...)\n"
     "  WITH (KAFKA_TOPIC = 'topic', VALUE_FORMAT = 'JSON' [, ...]);\n"
     "CREATE SOURCE TABLE ...   the same, read-only, and pull queries can read it\n",
     "CREATE TABLE customers (name STRING PRIMARY KEY, city STRING)\n"
     "  WITH (KAFKA_TOPIC = 'customers', PARTITIONS = 1, VALUE_FORMAT = 'JSON');\n"},
    {"CREATE STREAM AS SELECT", "a query that runs for ever, and the stream it writes",
     "CREATE [OR REPLACE] STREAM [IF NOT EXISTS] name [WITH (...)]\n"
     "  AS SELECT ... [EMIT CHANGES];\n",
     "CREATE STREAM large AS SELECT * FROM orders WHERE price > 100;\n"},
    {"CREATE TABLE AS SELECT", "a query that runs for ever, and the table it maintains",
     "CREATE [OR REPLACE] TABLE [IF NOT EXISTS] name [WITH (...)] AS SELECT ...\n"
     "  [GROUP BY ...] [EMIT CHANGES | EMIT FINAL];\n",
     "CREATE TABLE totals AS\n"
     "  SELECT customer, SUM(price) AS total FROM orders GROUP BY customer;\n"},
    {"CREATE TYPE", "a name for a type", "CREATE TYPE [IF NOT EXISTS] name AS type;\n",
     "CREATE TYPE address AS STRUCT<street STRING, city STRING>;\n"},
    {"INSERT INTO VALUES", "one record into a stream's or table's topic",
     "INSERT INTO source [(column, ...)] VALUES (value, ...);\n"
     "ROWTIME may be among the columns: milliseconds since 1970.\n",
     "INSERT INTO orders (id, customer, price) VALUES (1, 'ada', 119.9);\n"},
    {"INSERT INTO SELECT", "one more query that writes to a stream",
     "INSERT INTO stream SELECT ... [EMIT CHANGES];\n",
     "INSERT INTO large SELECT * FROM orders WHERE customer = 'ada';\n"},
    {"SELECT", "a query whose rows are shown",
     "SELECT item [AS name], ... FROM source [alias]\n"
     "  [[INNER | LEFT | RIGHT | FULL] JOIN source [WITHIN time] ON condition] ...\n"
     "  [WINDOW ...] [WHERE condition] [GROUP BY ...] [PARTITION BY ...]\n"
     "  [HAVING condition] [EMIT CHANGES | EMIT FINAL] [LIMIT n];\n"
     "With EMIT CHANGES it is a push query: rows as they come until Ctrl-C, those that\n"
     "are there already only after SET 'auto.offset.reset' = 'earliest'. Without it it\n"
     "is a pull query: what there is now.\n",
     "SET 'auto.offset.reset' = 'earliest';\n"
     "SELECT id, price FROM orders WHERE price > 10 EMIT CHANGES LIMIT 1;\n"
     "SELECT * FROM totals WHERE customer = 'ada';\n"},
    {"JOIN", "in SELECT: rows of two sources side by side",
     "FROM stream JOIN stream WITHIN 1 HOUR [GRACE PERIOD 5 MINUTES] ON a.x = b.y\n"
     "FROM stream [LEFT] JOIN table ON stream.x = table.key\n"
     "FROM table JOIN table ON a.key = b.key, or ON a.x = b.key (a foreign key)\n"
     "INNER, LEFT, RIGHT and FULL; INNER and LEFT for a stream with a table and for a\n"
     "foreign key.\n",
     "SELECT o.id, c.city FROM orders o LEFT JOIN customers c \n"
     "  ON o.customer = c.name EMIT CHANGES LIMIT 1;\n"},
    {"WINDOW", "in SELECT ... GROUP BY: groups by time",
     "WINDOW TUMBLING (SIZE 1 MINUTE [, RETENTION 7 DAYS] [, GRACE PERIOD 1 MINUTE])\n"
     "WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY 10 SECONDS [, ...])\n"
     "WINDOW SESSION (5 MINUTES [, ...])\n"
     "WINDOWSTART and WINDOWEND are the bounds. EMIT FINAL gives each window once,\n"
     "when it closes.\n",
     "SELECT customer, COUNT(*) AS n, WINDOWSTART AS since FROM orders\n"
     "  WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY customer EMIT CHANGES LIMIT 1;\n"},
    {"SHOW", "lists",
     "SHOW STREAMS | TABLES [EXTENDED];\n"
     "SHOW [ALL] TOPICS [EXTENDED];\n"
     "SHOW QUERIES | FUNCTIONS | TYPES | PROPERTIES | VARIABLES;\n"
     "LIST is the same word.\n",
     "SHOW STREAMS;\n"},
    {"DESCRIBE", "columns, formats, queries and progress of a stream or table",
     "DESCRIBE name [EXTENDED];\n", "DESCRIBE orders EXTENDED;\n"},
    {"DESCRIBE FUNCTION", "the forms of a function, and an example", "DESCRIBE FUNCTION name;\n",
     "DESCRIBE FUNCTION SUBSTRING;\n"},
    {"EXPLAIN", "the plan of a query, running or not", "EXPLAIN id;\nEXPLAIN statement;\n",
     "EXPLAIN SELECT id FROM orders WHERE price > 10 EMIT CHANGES;\n"},
    {"EXPLAIN ANALYZE", "what a running query does with its time", "EXPLAIN ANALYZE id;\n",
     "EXPLAIN ANALYZE CTAS_TOTALS_3;\n"},
    {"PRINT", "records of a topic as they are",
     "PRINT topic [FROM BEGINNING] [INTERVAL n] [LIMIT n];\n"
     "Topic names are case-sensitive; quote what is not a plain word: 'my-topic'.\n",
     "PRINT orders FROM BEGINNING LIMIT 1;\n"},
    {"PAUSE", "stop a query for a while", "PAUSE id | ALL;\n", "PAUSE CTAS_TOTALS_3;\n"},
    {"RESUME", "let a paused query continue", "RESUME id | ALL;\n", "RESUME CTAS_TOTALS_3;\n"},
    {"TERMINATE", "end a query; its sink stays", "TERMINATE id | ALL;\n", "TERMINATE ALL;\n"},
    {"ALTER", "add columns to a stream or table, or take them from the schema registry again",
     "ALTER STREAM | TABLE name ADD [COLUMN] column type [, ADD ...];\n"
     "ALTER STREAM | TABLE name REFRESH SCHEMA;\n",
     "ALTER STREAM orders ADD COLUMN note STRING;\n"},
    {"DROP STREAM", "forget a stream; its topic stays, unless DELETE TOPIC",
     "DROP STREAM [IF EXISTS] name [DELETE TOPIC];\n", "DROP STREAM large DELETE TOPIC;\n"},
    {"DROP TABLE", "the same for a table", "DROP TABLE [IF EXISTS] name [DELETE TOPIC];\n",
     "DROP TABLE IF EXISTS totals;\n"},
    {"DROP TYPE", "forget the name of a type", "DROP TYPE [IF EXISTS] name;\n",
     "DROP TYPE address;\n"},
    {"SET", "a setting, for the statements that follow",
     "SET 'name' = 'value';\nSHOW PROPERTIES; lists them.\n",
     "SET 'auto.offset.reset' = 'earliest';\n"},
    {"UNSET", "take a setting back", "UNSET 'name';\n", "UNSET 'auto.offset.reset';\n"},
    {"DEFINE", "a variable, used as ${name}", "DEFINE name = 'text';\n",
     "DEFINE town = 'Zurich';\n"
     "SELECT * FROM customers WHERE city = '${town}' EMIT CHANGES LIMIT 0;\n"},
    {"UNDEFINE", "forget a variable", "UNDEFINE name;\n", "UNDEFINE town;\n"},
    {"RUN SCRIPT", "the statements of a file", "RUN SCRIPT 'file';\n", NULL},
    {"ASSERT", "what a test expects: `weir help test`",
     "ASSERT [LAST] VALUES source (column, ...) VALUES (value, ...);\n"
     "ASSERT [LAST] NULL VALUES source (key column, ...) KEY (value, ...);\n"
     "ASSERT STREAM | TABLE name (column type, ...) WITH (...);\n",
     NULL},
};
#define STATEMENTS_N (sizeof statements / sizeof *statements)

static void add_line(const statement *s, cli_text *out)
{
    cli_text_addf(out, "  %-28s%s\n", s->name, s->about);
}

/** Each line of @p lines, indented. */
static void add_indented(const char *lines, cli_text *out)
{
    for (const char *at = lines; *at;) {
        size_t len = strcspn(at, "\n");
        cli_text_adds(out, "  ");
        cli_text_add(out, at, len);
        cli_text_addc(out, '\n', 1);
        at += len + (at[len] == '\n');
    }
}

static void add_all(const statement *s, cli_text *out)
{
    cli_text_addf(out, "%s: %s\n\n", s->name, s->about);
    add_indented(s->syntax, out);
    if (!s->example)
        return;
    cli_text_adds(out, "\nFor example:\n\n");
    add_indented(s->example, out);
}

/** As @p name, which is in whatever case and with whatever blanks, to compare. */
static void tidy(const char *name, cli_text *out)
{
    for (const char *at = name; *at;) {
        size_t len = strcspn(at, " \t\n;");
        if (len) {
            cli_text_adds(out, out->len ? " " : "");
            cli_text_add(out, at, len);
        }
        at += len;
        at += strspn(at, " \t\n;");
    }
}

bool cli_statement_help(const char *name, cli_text *out)
{
    cli_text wanted = {0};
    const statement *only = NULL;
    size_t found = 0;
    tidy(name, &wanted);
    const char *text = cli_text_string(&wanted);
    if (strcasecmp(text, "LIST") == 0)
        text = "SHOW";
    for (size_t i = 0; i < STATEMENTS_N && wanted.len; i++) {
        if (strncasecmp(statements[i].name, text, strlen(text)) != 0)
            continue;
        only = &statements[i];
        found++;
        if (strcasecmp(only->name, text) == 0) {
            found = 1;
            break;
        }
    }
    WR_ASSERT((found == 0) == (only == NULL));
    if (found == 1)
        add_all(only, out);
    for (size_t i = 0; i < STATEMENTS_N && found > 1; i++)
        if (strncasecmp(statements[i].name, text, strlen(text)) == 0)
            add_line(&statements[i], out);
    cli_text_free(&wanted);
    return found > 0;
}

void cli_statement_list(cli_text *out)
{
    for (size_t i = 0; i < STATEMENTS_N; i++)
        add_line(&statements[i], out);
}

const char *cli_statement_example(size_t index)
{
    size_t n = 0;
    for (size_t i = 0; i < STATEMENTS_N; i++)
        if (statements[i].example && n++ == index)
            return statements[i].example;
    return NULL;
}
