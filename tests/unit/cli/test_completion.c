/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Tab offers, for each place of a statement: `|` in a case is the cursor. The candidates are
 * compared whole, so a list that grows where it should not is seen.
 */
#include "cli_test.h"

#include "completion.h"

static weir *w;

static int setup(void **state)
{
    (void)state;
    w = open_engine(
        "CREATE STREAM orders (id INT KEY, customer STRING, price DOUBLE) WITH (KAFKA_TOPIC = "
        "'orders', PARTITIONS = 1, VALUE_FORMAT = 'JSON');"
        "CREATE STREAM `odd-name` (`Col` INT KEY, b INT) WITH (KAFKA_TOPIC = 'odd.topic', "
        "PARTITIONS = 1, VALUE_FORMAT = 'JSON');"
        "CREATE TABLE customers (name STRING PRIMARY KEY, city STRING) WITH (KAFKA_TOPIC = "
        "'Customers', PARTITIONS = 1, VALUE_FORMAT = 'JSON');"
        "CREATE TABLE totals AS SELECT customer, SUM(price) AS total FROM orders GROUP BY customer;"
        "CREATE TYPE address AS STRUCT<street STRING, city STRING>;"
        "DEFINE region = 'x';");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_engine(w);
    return 0;
}

/** What is offered at the `|`, separated by blanks; *typed: bytes that a candidate replaces. */
static char *offered(const char *sql, size_t *typed)
{
    const char *cursor = strrchr(sql, '|');
    char *before = cli_copy(sql, (size_t)(cursor - sql));
    cli_list found = {0};
    cli_text t = {0};
    *typed = cli_complete(w, before, cursor + 1, &found);
    for (size_t i = 0; i < found.n; i++)
        cli_text_addf(&t, i ? ",%s" : "%s", found.at[i]);
    char *text = cli_copy(cli_text_string(&t), t.len);
    cli_candidates_free(&found);
    cli_text_free(&t);
    free(before);
    return text;
}

typedef struct completion_case {
    const char *sql, *offered;
} completion_case;

static void check_cases(const completion_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t typed;
        char *got = offered(cases[i].sql, &typed);
        if (strcmp(got, cases[i].offered) != 0)
            fail_msg("%s\nis       %s\nexpected %s", cases[i].sql, got, cases[i].offered);
        free(got);
    }
}

static void test_statements(void **state)
{
    (void)state;
    static const completion_case cases[] = {
        {"SEL|", "SELECT"},
        {"sel|", "select"},
        {"SHOW STREAMS; desc|", "describe"},
        {"-- SELECT\nCRE|", "CREATE"},
        {"/* x; */ hel|", "help"},
        {"CREATE |", "OR REPLACE,SOURCE,STREAM,TABLE,TYPE"},
        {"create or |", "replace"},
        {"CREATE OR REPLACE T|", "TABLE"},
        {"SHOW T|", "TABLES,TOPICS,TYPES"},
        {"INSERT |", "INTO"},
        {"INSERT INTO |", "CUSTOMERS,ORDERS,TOTALS,`odd-name`"},
        {"INSERT INTO orders |", "SELECT,VALUES ("},
        {"INSERT INTO orders (|", "CUSTOMER,ID,PRICE"},
        {"insert into orders (id, |", "customer,id,price"},
        {"INSERT INTO orders (id) |", "SELECT,VALUES ("},
        {"DESCRIBE |", "CUSTOMERS,FUNCTION,ORDERS,TOTALS,`odd-name`"},
        {"DESCRIBE ord|", "orders"},
        {"DESCRIBE odd|", "`odd-name`"},
        {"DESCRIBE `odd|", "`odd-name`"},
        {"DESCRIBE orders |", "EXTENDED"},
        {"DESCRIBE FUNCTION coun|", "count,count_distinct"},
        {"DROP |", "STREAM,TABLE,TYPE"},
        {"DROP STREAM |", "IF EXISTS,ORDERS,`odd-name`"},
        {"DROP TABLE IF EXISTS |", "CUSTOMERS,TOTALS"},
        {"DROP TABLE totals |", "DELETE TOPIC"},
        {"DROP TABLE totals DELETE t|", "topic"},
        {"DROP TYPE |", "ADDRESS,IF EXISTS"},
        {"ALTER TABLE cu|", "customers"},
        {"TERMINATE |", "CTAS_TOTALS_3"}, /* not ALL, which Tab must not choose */
        {"terminate a|", "all"},
        {"EXPLAIN ANALYZE |", "CTAS_TOTALS_3"},
        {"UNDEFINE |", "REGION"},
        {"ASSERT LAST |", "NULL VALUES,VALUES"},
        {"ASSERT VALUES totals (|", "CUSTOMER,TOTAL"},
        {"RUN |", "SCRIPT"},
        {"", ""},
    };
    check_cases(cases, COUNT(cases) - 1);
}

/* Case matters inside of quotes and for topics, so it is not changed there. */
static void test_strings_and_topics(void **state)
{
    (void)state;
    static const completion_case cases[] = {
        {"SET 'auto.off|", "auto.offset.reset'"},
        {"set 'weir.state.cache.b|", "weir.state.cache.bytes'"},
        {"UNSET 'auto.off|", "auto.offset.reset'"},
        {"SET 'auto.offset.reset' = '|", "earliest',latest'"},
        {"SET 'auto.offset.reset' = 'ear|", "earliest'"},
        {"PRINT |", "'odd.topic',Customers,TOTALS,orders"},
        {"print Cus|", "Customers"},
        {"print cus|", ""},
        {"PRINT 'odd|", "odd.topic'"},
        {"PRINT orders |", "FROM BEGINNING,INTERVAL,LIMIT"},
        {"PRINT orders FROM |", "BEGINNING"},
        {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC = 'ord|", "orders'"},
        {"CREATE STREAM x (a INT) WITH (VALUE_FORMAT='|", "DELIMITED',JSON',KAFKA',NONE'"},
        {"CREATE STREAM x (a INT) WITH (WINDOW_TYPE='S|", "SESSION'"},
        {"SELECT 'ord|", ""},
        {"SELECT * FROM orders WHERE customer = 'FROM |", ""},
    };
    check_cases(cases, COUNT(cases));
}

static void test_declarations(void **state)
{
    (void)state;
    static const completion_case cases[] = {
        {"CREATE STREAM x |", "(,AS SELECT,WITH ("},
        {"CREATE STREAM x (|", ""},
        {"CREATE STREAM x (a B|", "BIGINT,BOOLEAN,BYTES"},
        {"create stream x (a INT, b addr|", "address"},
        {"CREATE STREAM x (a INT |", "HEADER(,HEADERS,KEY"},
        {"CREATE OR REPLACE TABLE x (a INT |", "PRIMARY KEY"},
        {"CREATE STREAM x (a INT) |", "AS SELECT,WITH ("},
        {"CREATE STREAM x (a INT) WITH (KAFKA_T|", "KAFKA_TOPIC"},
        {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='a', P|", "PARTITIONER,PARTITIONS"},
        {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC |", ""},
        {"CREATE TABLE x AS |", "SELECT"},
    };
    check_cases(cases, COUNT(cases));
}

static void test_queries(void **state)
{
    (void)state;
    static const completion_case cases[] = {
        {"SELECT * FROM |", "CUSTOMERS,ORDERS,TOTALS,`odd-name`"},
        {"select * from ord|", "orders"},
        {"SELECT * |", "AS,FROM"},
        {"SELECT id |", "AS,FROM"},
        {"SELECT |", ""}, /* no source yet, nothing typed: anything could follow */
        {"SELECT pri|", "price"},
        {"SELECT | FROM orders", "CUSTOMER,ID,PRICE"},
        {"SELECT id, | FROM orders; SELECT * FROM customers;", "CUSTOMER,ID,PRICE"},
        {"SELECT * FROM customers; SELECT | FROM orders", "CUSTOMER,ID,PRICE"},
        {"SELECT * FROM orders WHERE |", "CUSTOMER,ID,PRICE"},
        {"SELECT * FROM orders\nWHERE id > 3 AND |", "CUSTOMER,ID,PRICE"},
        {"SELECT * FROM orders WHERE price * |", "CUSTOMER,ID,PRICE"},
        {"SELECT * FROM orders WHERE (|", "CUSTOMER,ID,PRICE"},
        {"SELECT * FROM `odd-name` WHERE |", "B,`Col`"},
        {"SELECT * FROM `odd-name` WHERE cou|", "count(,count_distinct("},
        {"SELECT * FROM `odd-name` WHERE cor|", "correlation("},
        {"SELECT * FROM `odd-name` WHERE col|", "`Col`,collect_list(,collect_set("},
        {"SELECT o.| FROM orders o JOIN customers c ON o.customer = c.name", "CUSTOMER,ID,PRICE"},
        {"SELECT * FROM orders AS o JOIN customers c ON c.|", "CITY,NAME"},
        {"SELECT * FROM orders JOIN customers ON orders.cu|", "customer"},
        {"SELECT * FROM orders JOIN customers ON |", "CITY,CUSTOMER,ID,NAME,PRICE"},
        {"SELECT * FROM orders JOIN |", "CUSTOMERS,ORDERS,TOTALS,`odd-name`"},
        {"SELECT * FROM orders LEFT |", "JOIN,OUTER JOIN"},
        {"SELECT * FROM orders JOIN customers |", "ON,WITHIN"},
        {"SELECT * FROM orders W|", "WHERE,WINDOW"},
        {"SELECT COUNT(|) FROM orders", "CUSTOMER,ID,PRICE"},
        {"SELECT * FROM orders GROUP |", "BY"},
        {"SELECT * FROM orders GROUP BY |", "CUSTOMER,ID,PRICE"},
        {"SELECT * FROM orders GROUP BY id H|", "HAVING"},
        {"SELECT * FROM orders WINDOW |", "HOPPING (SIZE,SESSION (,TUMBLING (SIZE"},
        {"SELECT * FROM orders WINDOW TUMBLING (SIZE 5 |", "DAYS,HOURS,MILLISECONDS,MINUTES,"
                                                           "SECONDS"},
        {"SELECT * FROM orders WINDOW TUMBLING (SIZE 5|", ""},
        {"SELECT * FROM orders WINDOW HOPPING (SIZE 5 MINUTES, |", "ADVANCE BY,GRACE PERIOD,"
                                                                   "RETENTION"},
        {"SELECT * FROM orders EMIT |", "CHANGES,FINAL"},
        {"SELECT * FROM orders EMIT CHANGES |", "LIMIT"},
        {"SELECT * FROM orders WHERE id IS NOT |", "DISTINCT FROM,NULL"},
        {"SELECT * FROM orders WHERE id IS DISTINCT FROM |", "CUSTOMER,ID,PRICE"},
        {"SELECT CASE WHEN | FROM orders", "CUSTOMER,ID,PRICE"},
        {"CREATE TABLE x AS SELECT | FROM orders", "CUSTOMER,ID,PRICE"},
        {"INSERT INTO orders SELECT | FROM `odd-name`", "B,`Col`"},
        {"SELECT * FROM nowhere WHERE |", ""},
    };
    check_cases(cases, COUNT(cases));
}

/* Nothing that is typed makes it fail, and no list is of everything there is. */
static void test_every_prefix(void **state)
{
    (void)state;
    static const char sql[] = "CREATE OR REPLACE TABLE x WITH (KAFKA_TOPIC='t''s', PARTITIONS = 1) "
                              "AS SELECT o.`Col` AS c, "
                              "COUNT(*), \"q\", CASE WHEN 1.5e3 > 2 THEN 'a' ELSE NULL END -- end "
                              ";\n FROM orders o /* ; */ "
                              "LEFT OUTER JOIN customers AS c WITHIN (1 HOUR, 2 DAYS) GRACE PERIOD "
                              "3 SECONDS ON o.id = c.id "
                              "WINDOW HOPPING (SIZE 5 MINUTES, ADVANCE BY 1 MINUTE) WHERE a IN (1, "
                              "2) AND m['x'] LIKE '%\xc3\xa4' "
                              "GROUP BY a, b HAVING COUNT(*) > 1 EMIT CHANGES LIMIT 5; PRINT 'x' "
                              "FROM BEGINNING;)))(((,.`";
    for (size_t len = 0; len <= strlen(sql); len++) {
        char *before = cli_copy(sql, len);
        cli_list found = {0};
        size_t typed = cli_complete(w, before, sql + len, &found);
        assert_true(typed <= len);
        if (found.n > 40)
            fail_msg("%zu candidates after: %s", found.n, before);
        for (size_t i = 1; i < found.n; i++)
            assert_true(strcmp(found.at[i - 1], found.at[i]) < 0);
        cli_candidates_free(&found);
        free(before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements),   cmocka_unit_test(test_strings_and_topics),
        cmocka_unit_test(test_declarations), cmocka_unit_test(test_queries),
        cmocka_unit_test(test_every_prefix),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
