/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Made-up records: from seed and number alone, valid for the columns that the generator names, in
 * the ranges that it promises.
 */
#include "cli_test.h"

#include "generators.h"
#include "json_reader.h"

#include <inttypes.h>

#define START INT64_C(1700000000000)
enum { RECORDS = 3000 };

static void make(const cli_generator *g, uint64_t seed, uint64_t i, cli_generated *out)
{
    cli_text_clear(&out->key);
    cli_text_clear(&out->value);
    g->make(seed, i, START, out);
}

static void free_generated(cli_generated *r)
{
    cli_text_free(&r->key);
    cli_text_free(&r->value);
}

/** The member @p name of a record's value, as text; fails where there is none. */
static const char *member(const cli_generated *r, const char *name, cli_text *out)
{
    cli_json j;
    cli_text at = {0};
    cli_json_begin(&j, r->value.at, r->value.len);
    bool found = false, more = cli_json_take(&j, '{');
    while (more && !found) {
        cli_text_clear(&at);
        cli_text_clear(out);
        assert_true(cli_json_string(&j, &at) && cli_json_take(&j, ':'));
        assert_int_not_equal(cli_json_value(&j, out), CLI_JSON_ERROR);
        found = strcmp(cli_text_string(&at), name) == 0;
        more = cli_json_take(&j, ',');
    }
    cli_text_free(&at);
    if (!found)
        fail_msg("no %s", name);
    return cli_text_string(out);
}

static int64_t number(const cli_generated *r, const char *name)
{
    cli_text t = {0};
    int64_t n;
    if (!cli_parse_int(member(r, name, &t), &n))
        fail_msg("%s is '%s', no number", name, cli_text_string(&t));
    cli_text_free(&t);
    return n;
}

/* ---------------------------------------------------------------------------------- of all kinds
 */

static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {"clicks", "pageviews", "users", "orders"};
    for (size_t i = 0; i < COUNT(names); i++) {
        const cli_generator *g = cli_generator_find(names[i]);
        assert_non_null(g);
        assert_ptr_equal(cli_generator_at(i), g);
        assert_string_equal(g->name, names[i]);
    }
    assert_null(cli_generator_at(COUNT(names)));
    assert_null(cli_generator_at(SIZE_MAX));
    assert_null(cli_generator_find("Clicks"));
    assert_null(cli_generator_find(""));
}

/* The same again, in whatever order they are made. */
static void test_seed_and_number_are_all(void **state)
{
    (void)state;
    const cli_generator *g;
    for (size_t k = 0; (g = cli_generator_at(k)); k++) {
        cli_generated a = {0}, b = {0};
        for (uint64_t i = 0; i < 200; i++) {
            make(g, 7, 0, &b); /* something else in between */
            make(g, 7, i, &a);
            make(g, 7, 199 - i, &b);
            make(g, 7, i, &b);
            assert_string_equal(cli_text_string(&a.key), cli_text_string(&b.key));
            assert_string_equal(cli_text_string(&a.value), cli_text_string(&b.value));
            assert_int_equal(a.time_ms, b.time_ms);
        }
        int same = 0;
        for (uint64_t i = 0; i < 200; i++) {
            make(g, 7, i, &a);
            make(g, 8, i, &b);
            same += strcmp(cli_text_string(&a.value), cli_text_string(&b.value)) == 0;
        }
        assert_true(same < 10); /* another seed is another topic */
        free_generated(&a);
        free_generated(&b);
    }
}

static void test_event_times(void **state)
{
    (void)state;
    const cli_generator *g;
    for (size_t k = 0; (g = cli_generator_at(k)); k++) {
        cli_generated r = {0};
        int late = 0;
        for (uint64_t i = 0; i < RECORDS; i++) {
            make(g, 3, i, &r);
            int64_t due = START + 10 * (int64_t)i;
            assert_in_range(r.time_ms, due - 5000, due);
            late += r.time_ms < due;
        }
        assert_in_range(late, RECORDS / 100, RECORDS / 25); /* about one in fifty */
        cli_text_clear(&r.key);
        cli_text_clear(&r.value);
        g->make(3, 0, 0, &r); /* never before the epoch */
        assert_true(r.time_ms >= 0);
        free_generated(&r);
    }
}

static void test_values_are_json(void **state)
{
    (void)state;
    const cli_generator *g;
    for (size_t k = 0; (g = cli_generator_at(k)); k++) {
        cli_generated r = {0};
        cli_text out = {0};
        for (uint64_t i = 0; i < RECORDS; i++) {
            make(g, 11, i, &r);
            cli_json j;
            cli_json_begin(&j, r.value.at, r.value.len);
            cli_text_clear(&out);
            assert_int_equal(cli_json_value(&j, &out), CLI_JSON_OTHER);
            assert_true(cli_json_at_end(&j));
            assert_int_equal(out.at[0], '{');
            assert_true(cli_utf8_valid(r.value.at, r.value.len));
            assert_true(r.key.len > 0 && cli_utf8_valid(r.key.at, r.key.len));
        }
        free_generated(&r);
        cli_text_free(&out);
    }
}

/* The library decodes what is made: no column of any record is NULL. */
static void test_columns_fit(void **state)
{
    (void)state;
    static const char *const columns[] = {
        "campaignId IS NOT NULL AND `timestamp` > 0 AND city IS NOT NULL AND ip IS NOT NULL AND "
        "uuid = id AND platformVersion IS NOT NULL AND country IS NOT NULL AND browser IS NOT NULL",
        "viewtime > 0 AND userid = id AND pageid IS NOT NULL",
        "registertime > 0 AND userid = id AND regionid IS NOT NULL AND gender IS NOT NULL",
        "ordertime > 0 AND orderid IS NOT NULL AND itemid IS NOT NULL AND orderunits > 0 AND "
        "address->city IS NOT NULL AND address->state IS NOT NULL AND address->zipcode >= 10000",
    };
    const cli_generator *g;
    for (size_t k = 0; (g = cli_generator_at(k)); k++) {
        enum { SOME = 200 };
        weir *w = open_engine("");
        cli_generated r = {0};
        cli_text sql = {0};
        weir_error err = {0};
        weir_stmt *s;
        assert_int_equal(weir_topic_create(w, g->name, 1, &err), WEIR_OK);
        for (uint64_t i = 0; i < SOME; i++) {
            make(g, 1, i, &r);
            weir_record record = {.topic = g->name,
                                  .key = r.key.at,
                                  .key_len = r.key.len,
                                  .value = r.value.at,
                                  .value_len = r.value.len,
                                  .timestamp = r.time_ms,
                                  .partition = -1};
            assert_int_equal(weir_produce(w, &record, 1, &err), WEIR_OK);
        }
        assert_int_equal(weir_flush(w, &err), WEIR_OK);
        const char *kind = strstr(g->columns, "PRIMARY") ? "TABLE" : "STREAM";
        cli_text_addf(&sql,
                      "CREATE %s x (%s) WITH (KAFKA_TOPIC = '%s', VALUE_FORMAT = 'JSON', "
                      "KEY_FORMAT = 'KAFKA');",
                      kind, g->columns, g->name);
        if (weir_exec(w, cli_text_string(&sql), &err) != WEIR_OK)
            fail_msg("%s\n%s", cli_text_string(&sql), err.message);
        cli_text_clear(&sql);
        cli_text_addf(&sql, "SELECT * FROM x WHERE %s EMIT CHANGES LIMIT %d;", columns[k], SOME);
        if (weir_prepare(w, cli_text_string(&sql), -1, &s, NULL, &err) != WEIR_OK)
            fail_msg("%s\n%s", cli_text_string(&sql), err.message);
        int rows = 0;
        while (weir_step(s, 60000, &err) == WEIR_ROW)
            rows++;
        assert_int_equal(rows, SOME);
        weir_finalize(s);
        cli_text_free(&sql);
        free_generated(&r);
        close_engine(w);
    }
}

/* ------------------------------------------------------------------------------------- each kind
 */

static void test_clicks(void **state)
{
    (void)state;
    const cli_generator *g = cli_generator_find("clicks");
    cli_generated r = {0};
    cli_text t = {0};
    for (uint64_t i = 0; i < RECORDS; i++) {
        make(g, 5, i, &r);
        const char *uuid = member(&r, "uuid", &t);
        assert_string_equal(uuid, cli_text_string(&r.key));
        assert_int_equal(strlen(uuid), 36);
        for (size_t at = 0; at < 36; at++) {
            bool dash = at == 8 || at == 13 || at == 18 || at == 23;
            assert_true(dash ? uuid[at] == '-' : strchr("0123456789abcdef", uuid[at]) != NULL);
        }
        assert_int_equal(uuid[14], '4'); /* the version, and the variant */
        assert_non_null(strchr("89ab", uuid[19]));
        assert_in_range(number(&r, "campaignId"), 1, 10);
        assert_in_range(number(&r, "pubId"), 1, 5);
        assert_int_equal(number(&r, "timestamp"), r.time_ms);
        unsigned a, b, c;
        assert_int_equal(sscanf(member(&r, "ip", &t), "10.%u.%u.%u", &a, &b, &c), 3);
        assert_true(a < 256 && b < 256 && c >= 1 && c < 256);
    }
    cli_text_free(&t);
    free_generated(&r);
}

/* Low numbers are more common, and all of them occur. */
static void test_pageviews_are_skewed(void **state)
{
    (void)state;
    const cli_generator *g = cli_generator_find("pageviews");
    cli_generated r = {0};
    cli_text t = {0};
    int views[51] = {0}, first = 0, last = 0;
    for (uint64_t i = 0; i < RECORDS; i++) {
        unsigned user, page;
        make(g, 5, i, &r);
        assert_int_equal(sscanf(cli_text_string(&r.key), "User_%u", &user), 1);
        assert_in_range(user, 1, 50);
        assert_int_equal(sscanf(member(&r, "pageid", &t), "Page_%u", &page), 1);
        assert_in_range(page, 10, 99);
        views[user]++;
    }
    for (int user = 1; user <= 10; user++) {
        first += views[user];
        last += views[user + 40];
    }
    assert_true(first > 3 * last);
    for (int user = 1; user <= 40; user++)
        assert_true(views[user] > 0);
    cli_text_free(&t);
    free_generated(&r);
}

static void test_users_come_once_each_first(void **state)
{
    (void)state;
    const cli_generator *g = cli_generator_find("users");
    cli_generated r = {0};
    bool seen[51] = {false};
    for (uint64_t i = 0; i < RECORDS; i++) {
        unsigned user;
        make(g, 5, i, &r);
        assert_int_equal(sscanf(cli_text_string(&r.key), "User_%u", &user), 1);
        assert_in_range(user, 1, 50);
        if (i < 50)
            assert_false(seen[user]);
        seen[user] = true;
    }
    free_generated(&r);
}

static void test_orders(void **state)
{
    (void)state;
    const cli_generator *g = cli_generator_find("orders");
    cli_generated r = {0};
    cli_text t = {0};
    for (uint64_t i = 0; i < RECORDS; i++) {
        char id[24];
        make(g, 5, i, &r);
        snprintf(id, sizeof id, "%" PRIu64, i);
        assert_string_equal(cli_text_string(&r.key), id);
        assert_int_equal(number(&r, "orderid"), (int64_t)i);
        double units = strtod(member(&r, "orderunits", &t), NULL);
        assert_true(units >= 0.1 && units <= 20.0);
    }
    cli_text_free(&t);
    free_generated(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_seed_and_number_are_all),
        cmocka_unit_test(test_event_times),
        cmocka_unit_test(test_values_are_json),
        cmocka_unit_test(test_columns_fit),
        cmocka_unit_test(test_clicks),
        cmocka_unit_test(test_pageviews_are_skewed),
        cmocka_unit_test(test_users_come_once_each_first),
        cmocka_unit_test(test_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
