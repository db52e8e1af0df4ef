/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed.c - a stream processor inside a C program: open, define, write, run, read.
 *
 * A shop keeps its orders in a topic of the embedded log, and asks for the totals per customer. No
 * thread, no server, no broker: queries run when the program says so (options.stepped). Run it with
 * a folder for its data: embed DIR. docs/embedding.md walks through this file.
 */
#include <weir.h>

#include <stdio.h>
#include <string.h>

static const char schema[] =
    "CREATE STREAM orders (customer STRING KEY, item STRING, price DECIMAL(8, 2), pieces INT)"
    "  WITH (KAFKA_TOPIC = 'orders', PARTITIONS = 1, VALUE_FORMAT = 'JSON');"
    "CREATE TABLE totals AS"
    "  SELECT customer, COUNT(*) AS orders, SUM(price * pieces) AS total, MAX(price) AS dearest"
    "  FROM orders GROUP BY customer;";

static const struct order {
    const char *customer, *json;
} orders[] = {
    {"ada", "{\"item\": \"lamp\", \"price\": 19.90, \"pieces\": 2}"},
    {"bob", "{\"item\": \"desk\", \"price\": 120.00, \"pieces\": 1}"},
    {"ada", "{\"item\": \"bulb\", \"price\": 2.25, \"pieces\": 10}"},
    {"eve", "{\"item\": \"book\", \"price\": \"no number\"}"}, /* left out, and counted */
    {"bob", "{\"item\": \"lamp\", \"price\": 19.90, \"pieces\": 3}"},
};
#define ORDERS (sizeof orders / sizeof orders[0])

static int fail(const char *what, const weir_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->message);
    if (err->hint[0])
        fprintf(stderr, "%s\n", err->hint);
    return 1;
}

static int define(weir *w)
{
    weir_error err;
    if (weir_exec(w, schema, &err) == WEIR_OK)
        return 0;
    char place[400];
    weir_caret(schema, &err, place, sizeof place); /* the line in question and a caret below it */
    fprintf(stderr, "%s\n", place);
    return fail("the schema", &err);
}

static int write_orders(weir *w)
{
    weir_error err;
    weir_record records[ORDERS];
    memset(records, 0, sizeof records);
    for (size_t i = 0; i < ORDERS; i++) {
        records[i].topic = "orders";
        records[i].key = orders[i].customer;
        records[i].key_len = strlen(orders[i].customer);
        records[i].value = orders[i].json;
        records[i].value_len = strlen(orders[i].json);
        records[i].timestamp = 1700000000000 + (int64_t)i;
        records[i].partition = -1; /* by the key, as Kafka's clients choose it */
    }
    if (weir_produce(w, records, ORDERS, &err) != WEIR_OK)
        return fail("writing orders", &err);
    if (weir_flush(w, &err) != WEIR_OK) /* now they survive a power cut */
        return fail("writing orders", &err);
    return 0;
}

/* Let the queries process what is there. */
static int run(weir *w)
{
    weir_error err;
    bool progressed = true;
    while (progressed)
        if (weir_run_once(w, 100, &progressed, &err) != WEIR_OK)
            return fail("running", &err);
    return weir_drain(w, -1, &err) == WEIR_OK ? 0 : fail("running", &err);
}

/* A pull query: one row, read with typed columns. */
static int print_total(weir *w, const char *customer)
{
    weir_error err;
    weir_stmt *q = NULL;
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT orders, total, dearest FROM totals WHERE customer = '%s';",
             customer);
    if (weir_prepare(w, sql, -1, &q, NULL, &err) != WEIR_OK)
        return fail(sql, &err);
    weir_status st = weir_step(q, -1, &err);
    if (st == WEIR_ROW) {
        printf("%s: %lld orders, %s in all, the dearest at %s\n", customer,
               (long long)weir_column_int64(q, 0), weir_column_text(q, 1), weir_column_text(q, 2));
        st = weir_step(q, -1, &err);
    } else if (st == WEIR_DONE) {
        printf("%s: no orders\n", customer);
    }
    weir_finalize(q);
    return st == WEIR_DONE ? 0 : fail(sql, &err);
}

/* A push query: rows as they come, here the first two that match, as JSON. */
static int print_lamps(weir *w)
{
    static const char sql[] = "SELECT customer, pieces, price * pieces AS sum FROM orders"
                              " WHERE item = 'lamp' EMIT CHANGES LIMIT 2;";
    weir_error err;
    weir_stmt *q = NULL;
    weir_status st = weir_exec(w, "SET 'auto.offset.reset' = 'earliest';", &err);
    if (st != WEIR_OK || weir_prepare(w, sql, -1, &q, NULL, &err) != WEIR_OK)
        return fail(sql, &err);
    while ((st = weir_step(q, 10000, &err)) == WEIR_ROW) {
        printf("lamp:");
        for (int i = 0; i < weir_column_count(q); i++)
            printf(" %s %s", weir_column_name(q, i), weir_column_json(q, i));
        printf("\n");
    }
    weir_finalize(q);
    return st == WEIR_DONE ? 0 : fail(sql, &err);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIR\n", argv[0]);
        return 2;
    }
    weir_options options = WEIR_OPTIONS_INIT;
    options.data_dir = argv[1];
    options.stepped = true;
    /* Queries see all of their topics, not only what comes from now on. */
    static const char *const settings[] = {"auto.offset.reset", "earliest", NULL};
    options.settings = settings;

    weir *w = NULL;
    weir_error err;
    if (weir_open(&options, &w, &err) != WEIR_OK)
        return fail(argv[1], &err);
    int status = define(w);
    if (!status)
        status = write_orders(w);
    if (!status)
        status = run(w);
    if (!status) {
        weir_metrics metrics = {.size = sizeof metrics};
        weir_metrics_read(w, &metrics);
        printf("records left out: %llu\n", (unsigned long long)metrics.errors);
        status = print_total(w, "ada") || print_total(w, "bob") || print_total(w, "eve");
    }
    if (!status)
        status = print_lamps(w);
    if (weir_close(w, &err) != WEIR_OK)
        status = fail("closing", &err);
    return status;
}
