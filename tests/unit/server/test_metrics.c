/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /metrics: the text is read back line by line with the rules of Prometheus' text format and those
 * of `promtool check metrics`, and its figures are held against what was done.
 */
#include "unit/runtime/api_helper.h"

#include "runtime/api/api_internal.h"
#include "server/metrics/client_metrics.h"
#include "server/metrics/metrics.h"

#include <ctype.h>
#include <curl/curl.h>
#include <math.h>

/* ---- a reader of the format ---- */

typedef struct family {
    char name[100], type[20];
    bool help;
} family;

/** What was read last; a family ends with the next one and does not come back. */
typedef struct reader {
    family seen[100];
    size_t n;
    size_t samples;
} reader;

static bool ends(const char *s, const char *with)
{
    size_t n = strlen(s), m = strlen(with);
    return n >= m && strcmp(s + n - m, with) == 0;
}

/* A whole word of a name, between underscores. */
static bool has_word(const char *name, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = name; (p = strstr(p, word)); p++)
        if ((p == name || p[-1] == '_') && (p[n] == '\0' || p[n] == '_'))
            return true;
    return false;
}

/* The rules of promtool check metrics (promlint): @return what is wrong with a family, or NULL. */
static const char *lint(const family *f)
{
    static const char *const reserved[] = {"gauge", "counter", "histogram", "summary"};
    static const char *const units[] = {"ms",           "s",       "kb",        "mb",
                                        "milliseconds", "minutes", "kilobytes", "megabytes",
                                        "hours",        "days",    "percent",   "microseconds",
                                        "nanoseconds",  "bits",    "weeks",     "second"};
    bool counter = strcmp(f->type, "counter") == 0;
    if (!f->help)
        return "no help text";
    for (const char *p = f->name; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '_')
            return "names are small letters, digits and underscores";
    if (counter != ends(f->name, "_total"))
        return "counters, and they alone, end with _total";
    if (ends(f->name, "_count") || ends(f->name, "_sum") || ends(f->name, "_bucket"))
        return "the suffix is a histogram's";
    for (size_t i = 0; i < WR_ARRAY_LEN(reserved); i++)
        if (has_word(f->name, reserved[i]))
            return "the type is in the name";
    for (size_t i = 0; i < WR_ARRAY_LEN(units); i++)
        if (has_word(f->name, units[i]))
            return "the unit is no base unit, or abbreviated";
    return NULL;
}

static void test_lint(void **state)
{
    (void)state;
    static const struct {
        family f;
        bool good;
    } cases[] = {
        {{"a_b_total", "counter", true}, true}, {{"a_b_seconds", "histogram", true}, true},
        {{"a_b", "counter", true}, false},      {{"a_b_total", "gauge", true}, false},
        {{"a_b_ms", "gauge", true}, false},     {{"a_b", "gauge", false}, false},
        {{"aB", "gauge", true}, false},         {{"a_sum", "gauge", true}, false},
        {{"a_gauge_b", "gauge", true}, false},  {{"a_msx", "gauge", true}, true},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        if (!lint(&cases[i].f) != cases[i].good)
            fail_msg("%s", cases[i].f.name);
}

static void read_comment(reader *r, const char *line)
{
    family f = {0};
    char word[8];
    int at = 0;
    assert_int_equal(sscanf(line, "# %7s %99s %n", word, f.name, &at), 2);
    if (strcmp(word, "HELP") == 0) {
        for (size_t i = 0; i < r->n; i++)
            if (strcmp(r->seen[i].name, f.name) == 0)
                fail_msg("%s comes twice", f.name);
        f.help = strlen(line + at) > 5;
        assert_true(r->n < WR_ARRAY_LEN(r->seen));
        r->seen[r->n++] = f;
        return;
    }
    assert_string_equal(word, "TYPE");
    assert_true(r->n > 0);
    assert_string_equal(r->seen[r->n - 1].name, f.name);
    snprintf(r->seen[r->n - 1].type, sizeof f.type, "%s", line + at);
    const char *wrong = lint(&r->seen[r->n - 1]);
    if (wrong)
        fail_msg("%s: %s", f.name, wrong);
}

/* `le` is a histogram's alone. @return behind the labels. */
static const char *read_labels(const char *p, bool bucket)
{
    bool le = false;
    if (*p == '{') {
        do {
            const char *name = ++p;
            assert_true(islower((unsigned char)*p));
            p += strcspn(p, "=");
            le = le || (p - name == 2 && strncmp(name, "le", 2) == 0);
            assert_memory_equal(p, "=\"", 2);
            for (p += 2; *p != '"'; p++) {
                assert_int_not_equal(*p, '\0');
                if (*p == '\\')
                    p++;
            }
            p++;
        } while (*p == ',');
        assert_int_equal(*p++, '}');
    }
    assert_int_equal(le, bucket);
    return p;
}

static void read_sample(reader *r, const char *line)
{
    static const char *const suffixes[] = {"_bucket", "_sum", "_count"};
    assert_true(r->n > 0);
    const family *f = &r->seen[r->n - 1];
    size_t n = strlen(f->name);
    if (strncmp(line, f->name, n) != 0)
        fail_msg("not of family %s: %s", f->name, line);
    const char *p = line + n;
    bool known = strcmp(f->type, "histogram") != 0, bucket = false;
    for (size_t i = 0; !known && i < WR_ARRAY_LEN(suffixes); i++)
        if (strncmp(p, suffixes[i], strlen(suffixes[i])) == 0) {
            p += strlen(suffixes[i]);
            known = true;
            bucket = i == 0;
        }
    assert_true(known);
    p = read_labels(p, bucket);
    assert_int_equal(*p, ' ');
    char *end;
    double value = strtod(p, &end);
    assert_true(end > p && *end == '\0' && !isnan(value));
    r->samples++;
}

static void read_text(reader *r, wr_buf *text)
{
    char *copy = wr_strdup(wr_buf_cstr(text)), *save = NULL;
    assert_int_equal(text->ptr[text->len - 1], '\n');
    *r = (reader){0};
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (*line == '#')
            read_comment(r, line);
        else
            read_sample(r, line);
    wr_free(copy);
}

/* The value of the one sample whose line begins so; NAN: there is none. */
static double value_of(wr_buf *text, const char *sample)
{
    size_t n = strlen(sample);
    for (const char *line = wr_buf_cstr(text); line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, sample, n) == 0 && line[n] == ' ')
            return strtod(line + n, NULL);
    }
    return NAN;
}

static void expect(wr_buf *text, const char *sample, double value)
{
    double is = value_of(text, sample);
    if (!(is == value)) /* NAN too */
        fail_msg("%s is %g, expected %g", sample, is, value);
}

/* ---- the tests ---- */

static void test_of_an_engine(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, "CREATE STREAM clicks (id INT KEY, page STRING) WITH (KAFKA_TOPIC='clicks', "
           "PARTITIONS=2, VALUE_FORMAT='JSON');");
    RUN(w, "CREATE TABLE per_page AS SELECT page, COUNT(*) AS n FROM clicks GROUP BY page;");
    RUN(w, "CREATE STREAM some AS SELECT * FROM clicks WHERE id > 2;");
    for (int i = 0; i < 5; i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "INSERT INTO clicks VALUES (%d, 'p');", i);
        RUN(w, sql);
    }
    RUN(w, "CREATE STREAM raw (v STRING) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='KAFKA');");
    RUN(w, "INSERT INTO raw VALUES ('no JSON');");
    weir_error err;
    if (weir_drain(w, API_LIMIT_MS, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    wr_buf text = {0};
    reader r;
    wr_metrics_text(w->engine, NULL, &text);
    read_text(&r, &text);
    assert_true(r.samples > 100);
    expect(&text, "weir_queries", 2);
    expect(&text, "weir_metrics_omitted_queries", 0);
    expect(&text, "weir_push_queries", 0);
    expect(&text, "weir_query_in_records_total{query=\"CSAS_SOME_2\",topic=\"clicks\"}", 6);
    expect(&text, "weir_query_in_records_total{query=\"CTAS_PER_PAGE_1\",topic=\"clicks\"}", 6);
    expect(&text, "weir_query_out_records_total{query=\"CSAS_SOME_2\"}", 2);
    expect(&text, "weir_query_lag_records{query=\"CSAS_SOME_2\"}", 0);
    /* Both partitions are read, by each query. */
    expect(&text,
           "weir_query_partition_lag_records{query=\"CSAS_SOME_2\",topic=\"clicks\","
           "partition=\"0\"}",
           0);
    expect(&text,
           "weir_query_partition_lag_records{query=\"CTAS_PER_PAGE_1\",topic=\"clicks\","
           "partition=\"1\"}",
           0);
    expect(&text, "weir_metrics_omitted_partitions", 0);
    expect(&text, "weir_query_info{query=\"CSAS_SOME_2\",sink=\"SOME\"}", 1);
    expect(&text, "weir_query_state{query=\"CSAS_SOME_2\",state=\"RUNNING\"}", 1);
    expect(&text, "weir_query_state{query=\"CSAS_SOME_2\",state=\"ERROR\"}", 0);
    expect(&text,
           "weir_query_left_out_records_total{query=\"CTAS_PER_PAGE_1\",stage=\"value\","
           "reason=\"VALUE_NOT_DECODABLE\"}",
           1);
    assert_true(value_of(&text, "weir_query_commit_duration_seconds_count{query=\"CSAS_SOME_2\"}") >
                0);
    /* Every batch was acknowledged, so each has an end-to-end time, of records of just now. */
    double batches =
        value_of(&text, "weir_query_batch_duration_seconds_count{query=\"CSAS_SOME_2\"}");
    assert_true(batches > 0);
    expect(&text, "weir_query_end_to_end_seconds_count{query=\"CSAS_SOME_2\"}", batches);
    expect(&text, "weir_query_end_to_end_seconds_bucket{query=\"CSAS_SOME_2\",le=\"60\"}", batches);
    assert_true(value_of(&text, "process_resident_memory_bytes") > 1e6);
    assert_true(value_of(&text, "process_open_fds") >= 3);
    double started = value_of(&text, "process_start_time_seconds");
    assert_true(fabs((double)time(NULL) - started) < 3600);
    RUN(w, "PAUSE CSAS_SOME_2;");
    wr_buf_clear(&text);
    wr_metrics_text(w->engine, NULL, &text);
    expect(&text, "weir_query_state{query=\"CSAS_SOME_2\",state=\"PAUSED\"}", 1);
    RUN(w, "TERMINATE CSAS_SOME_2;");
    wr_buf_clear(&text);
    wr_metrics_text(w->engine, NULL, &text);
    expect(&text, "weir_queries", 1);
    assert_true(isnan(value_of(&text, "weir_query_waiting{query=\"CSAS_SOME_2\"}")));
    wr_buf_free(&text);
    close_it(w);
}

/* Names are anybody's: they must not end a label or a line. */
static void test_escaping(void **state)
{
    (void)state;
    wr_buf text = {0};
    wr_exposition e = {.out = &text};
    wr_exposition_family(&e, "a_b", "gauge", "What it is.");
    wr_exposition_u64(&e, WR_LABELS({"x", "\"\\\n"}, {"y", ""}), UINT64_MAX);
    wr_exposition_double(&e, NULL, -INFINITY);
    wr_exposition_double(&e, NULL, 0.1);
    assert_string_equal(wr_buf_cstr(&text),
                        "# HELP a_b What it is.\n# TYPE a_b gauge\n"
                        "a_b{x=\"\\\"\\\\\\n\",y=\"\"} 18446744073709551615\na_b -Inf\na_b 0.1\n");
    reader r;
    read_text(&r, &text);
    assert_int_equal(r.samples, 3);
    wr_buf_free(&text);
}

static void test_requests(void **state)
{
    (void)state;
    static const char *const endpoints[] = {"/ksql", "/query-stream", "other"};
    wr_http_metrics *m = wr_http_metrics_new(endpoints, 3);
    wr_buf text = {0};
    wr_exposition e = {.out = &text};
    reader r;
    for (int i = 0; i < 4; i++)
        wr_http_metrics_begin(m, 0);
    wr_http_metrics_end(m, 0, 200, 1000000);
    wr_http_metrics_end(m, 0, 418, 2000000000);
    wr_http_metrics_end(m, 0, 200, 1);
    wr_http_metrics_begin(m, 2);
    wr_http_metrics_end(m, 2, 0, 5);
    wr_http_metrics_put(m, &e);
    read_text(&r, &text);
    expect(&text, "weir_http_requests_total{endpoint=\"/ksql\",code=\"200\"}", 2);
    expect(&text, "weir_http_requests_total{endpoint=\"/ksql\",code=\"other\"}", 1);
    expect(&text, "weir_http_requests_total{endpoint=\"other\",code=\"other\"}", 1);
    expect(&text, "weir_http_requests_open{endpoint=\"/ksql\"}", 1);
    expect(&text, "weir_http_requests_open{endpoint=\"/query-stream\"}", 0);
    expect(&text, "weir_http_request_duration_seconds_bucket{endpoint=\"/ksql\",le=\"0.001\"}", 2);
    expect(&text, "weir_http_request_duration_seconds_count{endpoint=\"/ksql\"}", 3);
    wr_buf_free(&text);
    wr_http_metrics_free(m);
}

/* Each figure of a client under its own name: those that look alike are different numbers here. */
static void test_clients(void **state)
{
    (void)state;
    const wr_log_client clients[] = {
        {.name = "weir#consumer-1",
         .type = "consumer",
         .requests = 1,
         .responses = 2,
         .sent_bytes = 3,
         .received_bytes = UINT64_MAX,
         .sent_records = 5,
         .received_records = 6,
         .errors = 7,
         .timeouts = 8,
         .connects = 9,
         .disconnects = 10,
         .queue_records = 11,
         .queue_bytes = 12,
         .fetched_records = 13,
         .requests_queued = 14,
         .requests_in_flight = 15,
         .round_trip_mean = 0.25,
         .round_trip_p99 = 0.5,
         .throttle_max = 2},
        {.name = "a\"b\\#producer-2", .type = "producer", .requests = 100},
    };
    static const struct {
        const char *family;
        double value;
    } figures[] = {
        {"requests_total", 1},
        {"responses_total", 2},
        {"sent_bytes_total", 3},
        {"received_bytes_total", 18446744073709551615.0},
        {"sent_records_total", 5},
        {"received_records_total", 6},
        {"errors_total", 7},
        {"request_timeouts_total", 8},
        {"connects_total", 9},
        {"disconnects_total", 10},
        {"queue_records", 11},
        {"queue_bytes", 12},
        {"fetched_records", 13},
        {"requests_queued", 14},
        {"requests_in_flight", 15},
        {"round_trip_mean_seconds", 0.25},
        {"round_trip_p99_seconds", 0.5},
        {"throttle_max_seconds", 2},
    };
    wr_buf text = {0};
    wr_exposition e = {.out = &text};
    reader r;
    wr_client_metrics_put(clients, 2, 17, &e);
    read_text(&r, &text);
    assert_int_equal(r.samples, 2 * WR_ARRAY_LEN(figures) + 1); /* none is left out here */
    for (size_t i = 0; i < WR_ARRAY_LEN(figures); i++) {
        char sample[200];
        snprintf(sample, sizeof sample,
                 "weir_kafka_client_%s{client=\"weir#consumer-1\",type=\"consumer\"}",
                 figures[i].family);
        expect(&text, sample, figures[i].value);
    }
    expect(&text,
           "weir_kafka_client_requests_total{client=\"a\\\"b\\\\#producer-2\",type=\"producer\"}",
           100);
    expect(&text, "weir_metrics_omitted_clients", 17);
    wr_buf_clear(&text);
    e = (wr_exposition){.out = &text};
    wr_client_metrics_put(NULL, 0, 0, &e); /* no Kafka: the families are there, without samples */
    read_text(&r, &text);
    assert_int_equal(r.samples, 1);
    assert_int_equal(r.n, WR_ARRAY_LEN(figures) + 1);
    wr_buf_free(&text);
}

/* ---- what docs/ says of metrics ---- */

static void read_doc(const char *name, wr_buf *out)
{
    char path[500], piece[4096];
    snprintf(path, sizeof path, "%s/docs/%s", WEIR_SOURCE_DIR, name);
    FILE *f = fopen(path, "re");
    if (!f)
        fail_msg("%s cannot be read", path);
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
        wr_buf_put(out, piece, n);
    fclose(f);
}

static bool is_family(const reader *r, const char *name, size_t n)
{
    static const char *const suffixes[] = {"", "_bucket", "_sum", "_count"};
    for (size_t i = 0; i < r->n; i++)
        for (size_t s = 0; s < WR_ARRAY_LEN(suffixes); s++) {
            size_t len = strlen(r->seen[i].name);
            bool histogram = strcmp(r->seen[i].type, "histogram") == 0;
            if ((s == 0 || histogram) && n == len + strlen(suffixes[s]) &&
                strncmp(name, r->seen[i].name, len) == 0 &&
                strncmp(name + len, suffixes[s], n - len) == 0)
                return true;
        }
    return false;
}

/* Every name of a metric in the file is one that is there. */
static void expect_names(const reader *r, const char *doc)
{
    static const char *const prefixes[] = {"weir_", "process_"};
    wr_buf text = {0};
    size_t found = 0;
    read_doc(doc, &text);
    for (size_t k = 0; k < WR_ARRAY_LEN(prefixes); k++)
        for (const char *p = wr_buf_cstr(&text); (p = strstr(p, prefixes[k]));) {
            size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz_0123456789");
            if (!is_family(r, p, n))
                fail_msg("%s: there is no metric %.*s", doc, (int)n, p);
            found++;
            p += n;
        }
    assert_true(found > 5);
    wr_buf_free(&text);
}

static void test_documents(void **state)
{
    (void)state;
    static const char *const endpoints[] = {"/ksql"};
    weir *w = open_memory();
    wr_http_metrics *m = wr_http_metrics_new(endpoints, 1);
    wr_buf text = {0}, manual = {0};
    reader r;
    wr_metrics_text(w->engine, m, &text);
    read_text(&r, &text);
    expect_names(&r, "alerts.yml");
    expect_names(&r, "grafana/weir.json");
    read_doc("monitoring.md", &manual);
    for (size_t i = 0; i < r.n; i++)
        if (!strstr(wr_buf_cstr(&manual), r.seen[i].name))
            fail_msg("docs/monitoring.md does not have %s", r.seen[i].name);
    wr_buf_free(&manual);
    wr_buf_free(&text);
    wr_http_metrics_free(m);
    close_it(w);
}

/* ---- over HTTP ---- */

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    wr_buf_put(arg, data, size * n);
    return size * n;
}

static long request(const char *server, const char *method, wr_buf *body, char *type, size_t size)
{
    char url[400], *of = NULL;
    long status = 0;
    CURL *c = curl_easy_init();
    snprintf(url, sizeof url, "%s/metrics", server);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, body);
    assert_int_equal(curl_easy_perform(c), CURLE_OK);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &of);
    snprintf(type, size, "%s", of ? of : "");
    curl_easy_cleanup(c);
    return status;
}

static void test_over_http(void **state)
{
    (void)state;
    weir *w = open_memory();
    weir_serve_options options = WEIR_SERVE_OPTIONS_INIT;
    weir_server *server;
    wr_buf body = {0};
    char type[100];
    reader r;
    weir_error err;
    options.url = "http://127.0.0.1:0";
    if (weir_serve(w, &options, &server, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    const char *url = weir_server_url(server);
    assert_int_equal(request(url, "GET", &body, type, sizeof type), 200);
    assert_string_equal(type, "text/plain; version=0.0.4; charset=utf-8");
    read_text(&r, &body);
    expect(&body, "weir_queries", 0);
    wr_buf_clear(&body);
    assert_int_equal(request(url, "DELETE", &body, type, sizeof type), 405);
    assert_int_equal(body.len, 0);
    weir_server_stop(server);
    wr_buf_free(&body);
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lint),         cmocka_unit_test(test_escaping),
        cmocka_unit_test(test_requests),     cmocka_unit_test(test_clients),
        cmocka_unit_test(test_of_an_engine), cmocka_unit_test(test_documents),
        cmocka_unit_test(test_over_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
