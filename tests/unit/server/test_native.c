/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Weir's own requests (/weir/v1/...), over HTTP: statements with everything that weir.h's have,
 * records in and out byte for byte, the last records of a topic; and requests that are wrong, by
 * tables.
 */
#include "unit/runtime/api_helper.h"

#include "common/clock.h"
#include "types/text.h"

#include <curl/curl.h>

static weir *w;
static weir_server *server, *reader; /* of the same handle; `reader` is read-only */
static wr_buf body;                  /* of the last answer */

static weir_server *serve(bool read_only)
{
    weir_serve_options o = WEIR_SERVE_OPTIONS_INIT;
    weir_server *s;
    weir_error err;
    o.url = "http://127.0.0.1:0";
    o.read_only = read_only;
    if (weir_serve(w, &o, &s, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    return s;
}

static int setup(void **state)
{
    (void)state;
    w = open_memory();
    server = serve(false);
    reader = serve(true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    weir_server_stop(reader);
    weir_server_stop(server);
    close_it(w);
    wr_buf_free(&body);
    return 0;
}

/* ---- requests ---- */

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    wr_buf_put(arg, data, size * n);
    return size * n;
}

/* @p sent NULL: a GET. @return the status; the answer's text is in `body`. */
static long ask(weir_server *of, const char *path, const char *sent)
{
    wr_buf url = {0};
    long status = 0;
    CURL *c = curl_easy_init();
    wr_buf_printf(&url, "%s/weir/v1/%s", weir_server_url(of), path);
    wr_buf_clear(&body);
    curl_easy_setopt(c, CURLOPT_URL, wr_buf_cstr(&url));
    if (sent)
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, sent);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)API_LIMIT_MS);
    assert_int_equal(curl_easy_perform(c), CURLE_OK);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(c);
    wr_buf_free(&url);
    wr_buf_cstr(&body);
    return status;
}

static void good(const char *path, const char *sent, const char *expected)
{
    long status = ask(server, path, sent);
    if (status != 200 || strcmp(body.ptr, expected) != 0)
        fail_msg("%s %s: %ld\n  is       %s\n  expected %s", path, sent ? sent : "", status,
                 body.ptr, expected);
}

typedef struct wrong {
    const char *path, *sent; /* NULL: a GET */
    long status;
    const char *part; /* of the answer */
} wrong;

static void expect_wrong(weir_server *of, const wrong *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        long status = ask(of, cases[i].path, cases[i].sent);
        if (status != cases[i].status || !strstr(body.ptr, cases[i].part) ||
            !strstr(body.ptr, "\"error\":{"))
            fail_msg("%s %s: %ld %s\n  expected %ld %s", cases[i].path,
                     cases[i].sent ? cases[i].sent : "", status, body.ptr, cases[i].status,
                     cases[i].part);
    }
}

/* ---- statements ---- */

static void test_statements(void **state)
{
    (void)state;
    RUN(w, "CREATE STREAM s (k STRING KEY, d DECIMAL(4,2), a ARRAY<INT>, t TIME) WITH "
           "(KAFKA_TOPIC='st', PARTITIONS=1, VALUE_FORMAT='JSON');"
           "CREATE TABLE c AS SELECT k, LATEST_BY_OFFSET(d) AS d, LATEST_BY_OFFSET(a) AS a, "
           "LATEST_BY_OFFSET(t) AS t FROM s GROUP BY k;"
           "INSERT INTO s VALUES ('\xC3\xA9\"', 1.50, ARRAY[1, NULL], '10:00:00.007');");
    drain(w);
    /* `text` has what is not JSON's own form of the value. */
    good("statement", "{\"sql\":\"SELECT * FROM c;\"}",
         "{\"kind\":\"pull\",\"queryId\":\"\",\"heading\":\"\",\"sections\":[],\"columns\":["
         "{\"name\":\"K\",\"type\":\"STRING\",\"key\":true},"
         "{\"name\":\"D\",\"type\":\"DECIMAL(4, 2)\",\"key\":false},"
         "{\"name\":\"A\",\"type\":\"ARRAY<INTEGER>\",\"key\":false},"
         "{\"name\":\"T\",\"type\":\"TIME\",\"key\":false}]}\n"
         "{\"row\":[\"\xC3\xA9\\\"\",1.50,[1,null],\"10:00:00.007\"],"
         "\"text\":[null,\"1.50\",\"[1, null]\",\"10:00\"]}\n"
         "{\"message\":\"\",\"heading\":\"\",\"queryId\":\"\"}\n");
    good("statement", "{\"sql\":\"SELECT k FROM c;\",\"settings\":{}}",
         "{\"kind\":\"pull\",\"queryId\":\"\",\"heading\":\"\",\"sections\":[],\"columns\":["
         "{\"name\":\"K\",\"type\":\"STRING\",\"key\":true}]}\n"
         "{\"row\":[\"\xC3\xA9\\\"\"]}\n"
         "{\"message\":\"\",\"heading\":\"\",\"queryId\":\"\"}\n");
}

/* A session of its own: what one request sets no other one sees. */
static void test_settings(void **state)
{
    (void)state;
    RUN(w, "CREATE STREAM e (k STRING KEY, v INT) WITH (KAFKA_TOPIC='e', PARTITIONS=1, "
           "VALUE_FORMAT='JSON'); CREATE TABLE n AS SELECT k, COUNT(*) AS n FROM e GROUP BY k;");
    assert_int_equal(ask(server, "statement",
                         "{\"sql\":\"SELECT * FROM n;\",\"settings\":{"
                         "\"ksql.query.pull.table.scan.enabled\":\"false\"}}"),
                     200);
    assert_non_null(strstr(body.ptr, "\"error\":{"));
    assert_int_equal(ask(server, "statement", "{\"sql\":\"SELECT * FROM n;\"}"), 200);
    assert_null(strstr(body.ptr, "\"error\":{"));
}

/* What is wrong with a request is a status; what is wrong with a statement is its last line. */
static void test_wrong_statements(void **state)
{
    (void)state;
    static const wrong cases[] = {
        {"statement", "", 400, "The body must be"},
        {"statement", "[]", 400, "The body must be"},
        {"statement", "{\"sql\":17}", 400, "The body must be"},
        {"statement", "{\"settings\":{}}", 400, "The body must be"},
        {"statement", "{\"sql\":\"SHOW STREAMS;\",\"settings\":[]}", 400, "The body must be"},
        {"statement", "{\"sql\":\"SHOW STREAMS;\"", 400, "The body must be"},
        {"statement", "{\"sql\":\"SHOW STREAMS;\\u0000DROP STREAM s;\"}", 400, "NUL"},
        {"statement",
         "{\"sql\":\"SHOW STREAMS;\",\"settings\":{\"auto.offset.reset\\u0000x\":\"earliest\"}}",
         200, "has a NUL"},
        {"statement",
         "{\"sql\":\"SHOW STREAMS;\",\"settings\":{\"auto.offset.reset\":\"earliest\\u0000\"}}",
         200, "has a NUL"},
        {"statement", NULL, 404, "Not found"},
        {"statements", "{\"sql\":\"SHOW STREAMS;\"}", 404, "Not found"},
        {"records", "{}", 404, "Not found"},
        {"complete", "{}", 404, "Not found"},
        {"statement", "{\"sql\":\"SHOW\\nSTREAM;\"}", 200, "\"line\":2,\"column\":1,"},
        {"statement", "{\"sql\":\"\"}", 200, "\"message\":\""},
        {"statement", "{\"sql\":\"SELECT * FROM nowhere;\"}", 200, "NOWHERE does not exist"},
        {"statement", "{\"sql\":\"SHOW STREAMS;\",\"settings\":{\"no.such\":\"1\"}}", 200,
         "no.such"},
        {"statement", "{\"sql\":\"SHOW STREAMS;\",\"settings\":{\"auto.offset.reset\":\"middle\"}}",
         200, "middle"},
    };
    expect_wrong(server, cases, WR_ARRAY_LEN(cases));
}

static void test_read_only(void **state)
{
    (void)state;
    static const wrong cases[] = {
        {"statement",
         "{\"sql\":\"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
         "VALUE_FORMAT='JSON');\"}",
         200, "cannot be changed from here"},
    };
    expect_wrong(reader, cases, WR_ARRAY_LEN(cases));
    assert_int_equal(ask(reader, "statement", "{\"sql\":\"SHOW STREAMS;\"}"), 200);
    assert_null(strstr(body.ptr, "\"error\":{"));
    assert_null(strstr(body.ptr, "\"X\"")); /* it is not there */
}

/* ---- records in and out ---- */

static wr_rng rng;

/* null, nothing, or some bytes. */
static void put_bytes(wr_buf *out)
{
    char bytes[20];
    uint64_t n = wr_rng_next(&rng) % 22;
    if (n == 21) {
        wr_buf_puts(out, "null");
        return;
    }
    for (uint64_t i = 0; i < n; i++)
        bytes[i] = (char)wr_rng_next(&rng);
    wr_buf_putc(out, '"');
    wr_text_put_base64(out, wr_str_make(bytes, n));
    wr_buf_putc(out, '"');
}

/* Behind the timestamp: key, value, headers. */
static void put_rest(wr_buf *out)
{
    put_bytes(out);
    wr_buf_putc(out, ',');
    put_bytes(out);
    wr_buf_puts(out, ",[");
    for (uint64_t i = 0, n = wr_rng_next(&rng) % 3; i < n; i++) {
        wr_buf_puts(out, i ? ",[\"h\"," : "[\"\xC3\xA9\\\"\",");
        put_bytes(out);
        wr_buf_putc(out, ']');
    }
    wr_buf_puts(out, "]]");
}

/* What goes in comes out, byte for byte and in order; a fetch goes on where the one before says. */
static void test_records_round_trip(void **state)
{
    (void)state;
    wr_buf sent = {0}, expected = {0}, rest = {0};
    wr_rng_seed(&rng, 5);
    good("topic", "{\"topic\":\"rt\",\"partitions\":2}", "{}\n");
    good("topic?topic=rt", NULL, "{\"partitions\":2,\"start\":[0,0],\"end\":[0,0]}\n");
    good("fetch?topic=rt&from=0,0", NULL, "{\"records\":[],\"next\":[0,0]}\n");
    for (int round = 0; round < 30; round++) {
        wr_buf_clear(&sent);
        wr_buf_clear(&expected);
        wr_buf_puts(&sent, "{\"records\":[");
        wr_buf_puts(&expected, "{\"records\":[");
        int n = round % 5;
        for (int i = 0; i < n; i++) {
            wr_buf_clear(&rest);
            put_rest(&rest);
            wr_buf_printf(&sent, "%s[1,-1,%d,%s", i ? "," : "", 1000 + i, wr_buf_cstr(&rest));
            wr_buf_printf(&expected, "%s[1,OFFSET,%d,%s", i ? "," : "", 1000 + i,
                          wr_buf_cstr(&rest));
        }
        wr_buf_puts(&sent, "],\"topic\":\"rt\"}");
        good("produce", wr_buf_cstr(&sent), "{}\n");
        static int64_t next;
        char path[100];
        snprintf(path, sizeof path, "fetch?topic=rt&from=0,%lld&wait=0", (long long)next);
        assert_int_equal(ask(server, path, NULL), 200);
        /* Offsets are the log's: they follow each other. */
        wr_buf with = {0};
        for (const char *p = wr_buf_cstr(&expected); *p; p++) {
            if (strncmp(p, "OFFSET", 6) == 0) {
                wr_buf_printf(&with, "%lld", (long long)next++);
                p += 5;
            } else {
                wr_buf_putc(&with, *p);
            }
        }
        wr_buf_printf(&with, "],\"next\":[0,%lld]}\n", (long long)next);
        assert_string_equal(body.ptr, wr_buf_cstr(&with));
        wr_buf_free(&with);
    }
    wr_buf_free(&sent);
    wr_buf_free(&expected);
    wr_buf_free(&rest);
}

static void test_wrong_topics(void **state)
{
    (void)state;
    static const wrong cases[] = {
        {"topic", NULL, 400, "The parameters are"},
        {"topic?topic=", NULL, 400, "The parameters are"},
        {"topic?topic=nowhere", NULL, 404, "nowhere"},
        {"topic", "", 400, "The body must be"},
        {"topic", "{\"topic\":\"\",\"partitions\":1}", 400, "The body must be"},
        {"topic", "{\"topic\":\"a\\u0000b\",\"partitions\":1}", 400, "The body must be"},
        {"topic", "{\"topic\":\"ok\"}", 400, "\\\"partitions\\\" must be"},
        {"topic", "{\"topic\":\"ok\",\"partitions\":0}", 400, "\\\"partitions\\\" must be"},
        {"topic", "{\"topic\":\"ok\",\"partitions\":1.5}", 400, "\\\"partitions\\\" must be"},
        {"topic", "{\"topic\":\"ok\",\"partitions\":2147483648}", 400, "\\\"partitions\\\" must"},
        {"topic", "{\"topic\":\"w\",\"partitions\":1}", 400, "exists"},
        {"produce", "{\"topic\":\"w\"}", 400, "\\\"records\\\" must be an array"},
        {"produce", "{\"topic\":\"w\",\"records\":{}}", 400, "\\\"records\\\" must be an array"},
        {"produce", "{\"topic\":\"nowhere\",\"records\":[[-1,-1,1,null,null,[]]]}", 404, "nowhere"},
        {"fetch?topic=w", NULL, 400, "\\\"from\\\" must be"},
        {"fetch?topic=w&from=", NULL, 400, "\\\"from\\\" must be"},
        {"fetch?topic=w&from=x", NULL, 400, "\\\"from\\\" must be"},
        {"fetch?topic=w&from=-1", NULL, 400, "\\\"from\\\" must be"},
        {"fetch?topic=w&from=0,0", NULL, 400, "\\\"from\\\" must be"},
        {"fetch?topic=w&from=0x", NULL, 400, "\\\"from\\\" must be"},
        {"fetch?topic=w&from=0&wait=10001", NULL, 400, "The parameters are"},
        {"fetch?topic=w&from=0&wait=-1", NULL, 400, "The parameters are"},
        {"fetch?topic=w&from=0&wait=", NULL, 400, "The parameters are"},
        {"fetch?topic=nowhere&from=0", NULL, 404, "nowhere"},
        {"produce", "{\"topic\":\"w\",\"records\":[[7,-1,1,null,null,[]]]}", 400,
         "Topic 'w' has no partition 7"},
        {"topic", "{\"topic\":\"a b\",\"partitions\":1}", 400, "Invalid topic name 'a b'"},
        {"topic", "{\"topic\":\"wide\",\"partitions\":2000000000}", 400,
         "cannot have 2000000000 partitions"},
        {"records", NULL, 400, "The parameters are"},
        {"records?topic=w&last=0", NULL, 400, "The parameters are"},
        {"records?topic=w&last=1001", NULL, 400, "The parameters are"},
        {"records?topic=w&last=5x", NULL, 400, "The parameters are"},
        {"records?topic=w&last=", NULL, 400, "The parameters are"},
        {"records?topic=w&last=99999999999999999999", NULL, 400, "The parameters are"},
        {"records?topic=nowhere", NULL, 404, "nowhere"},
    };
    good("topic", "{\"topic\":\"w\",\"partitions\":1}", "{}\n");
    expect_wrong(server, cases, WR_ARRAY_LEN(cases));
    good("topic?topic=w", NULL, "{\"partitions\":1,\"start\":[0],\"end\":[0]}\n");
}

/* Members of a record, one wrong at a time: none of the request's records is written. */
static void test_wrong_records(void **state)
{
    (void)state;
    static const char *const records[] = {
        "17",
        "{}",
        "[]",
        "[-1,-1,1,null,null]",
        "[-1,-1,1,null,null,[],1]",
        "[-2,-1,1,null,null,[]]",
        "[2147483648,-1,1,null,null,[]]",
        "[\"0\",-1,1,null,null,[]]",
        "[0.5,-1,1,null,null,[]]",
        "[-1,null,1,null,null,[]]",
        "[-1,-1,1e3,null,null,[]]",
        "[-1,-1,1,7,null,[]]",
        "[-1,-1,1,\"Y!==\",null,[]]",
        "[-1,-1,1,null,[],[]]",
        "[-1,-1,1,null,null,null]",
        "[-1,-1,1,null,null,[[]]]",
        "[-1,-1,1,null,null,[[\"h\"]]]",
        "[-1,-1,1,null,null,[[null,null]]]",
        "[-1,-1,1,null,null,[[\"h\",1]]]",
        "[-1,-1,1,null,null,[[\"h\\u0000x\",null]]]",
    };
    good("topic", "{\"topic\":\"wr\",\"partitions\":1}", "{}\n");
    for (size_t i = 0; i < WR_ARRAY_LEN(records); i++) {
        wr_buf sent = {0};
        wr_buf_printf(&sent, "{\"topic\":\"wr\",\"records\":[[-1,-1,1,null,\"YQ==\",[]],%s]}",
                      records[i]);
        long status = ask(server, "produce", wr_buf_cstr(&sent));
        if (status != 400 || !strstr(body.ptr, "has one that is none"))
            fail_msg("%s: %ld %s", records[i], status, body.ptr);
        wr_buf_free(&sent);
    }
    good("topic?topic=wr", NULL, "{\"partitions\":1,\"start\":[0],\"end\":[0]}\n");
}

/* ---- the last records ---- */

static void write_record(const char *topic, int32_t partition, int64_t timestamp, const char *value)
{
    weir_error err;
    const weir_record r = {.topic = topic,
                           .value = value,
                           .value_len = value ? strlen(value) : 0,
                           .timestamp = timestamp,
                           .partition = partition};
    if (weir_produce(w, &r, 1, &err) != WEIR_OK || weir_flush(w, &err) != WEIR_OK)
        fail_msg("%s", err.message);
}

/* By time over all partitions, the newest first; where times are equal by partition and offset. */
static void test_last_records(void **state)
{
    (void)state;
    good("topic", "{\"topic\":\"lr\",\"partitions\":3}", "{}\n");
    good("records?topic=lr", NULL, "{\"records\":[]}\n");
    write_record("lr", 0, 30, "a");
    write_record("lr", 0, 10, "b");
    write_record("lr", 1, 20, "c");
    write_record("lr", 2, 20, NULL);
    write_record("lr", 2, 20, "d");
    good("records?topic=lr&last=1000", NULL,
         "{\"records\":["
         "{\"partition\":0,\"offset\":0,\"timestamp\":30,\"key\":null,\"value\":\"a\",\"headers\":"
         "[]},"
         "{\"partition\":1,\"offset\":0,\"timestamp\":20,\"key\":null,\"value\":\"c\",\"headers\":"
         "[]},"
         "{\"partition\":2,\"offset\":1,\"timestamp\":20,\"key\":null,\"value\":\"d\",\"headers\":"
         "[]},"
         "{\"partition\":2,\"offset\":0,\"timestamp\":20,\"key\":null,\"value\":null,\"headers\":"
         "[]},"
         "{\"partition\":0,\"offset\":1,\"timestamp\":10,\"key\":null,\"value\":\"b\",\"headers\":"
         "[]}]}\n");
    /* Of each partition the last one is looked at. */
    good("records?topic=lr&last=1", NULL,
         "{\"records\":[{\"partition\":1,\"offset\":0,\"timestamp\":20,\"key\":null,\"value\":"
         "\"c\",\"headers\":[]}]}\n");
}

static void test_headers(void **state)
{
    (void)state;
    good("topic", "{\"topic\":\"hd\",\"partitions\":1}", "{}\n");
    good("produce",
         "{\"topic\":\"hd\",\"records\":[[0,-1,1,null,\"YQ==\",[[\"t\",\"w6k=\"],[\"n\",null],"
         "[\"e\",\"\"],[\"b\",\"/wA=\"],[\"t\",\"Ig==\"]]]]}",
         "{}\n");
    good("records?topic=hd", NULL,
         "{\"records\":[{\"partition\":0,\"offset\":0,\"timestamp\":1,\"key\":null,\"value\":\"a\","
         "\"headers\":[[\"t\",\"\xC3\xA9\"],[\"n\",null],[\"e\",\"\"],[\"b\",\"0xff00\"],[\"t\","
         "\"\\\"\"]]}]}\n");
}

/* A long value is cut between two characters, wherever the limit falls. */
static void test_long_value(void **state)
{
    (void)state;
    enum { LIMIT = 64 << 10 };
    good("topic", "{\"topic\":\"lv\",\"partitions\":1}", "{}\n");
    for (int shift = 0; shift < 4; shift++) {
        char *value = wr_calloc(LIMIT + 100, 1);
        memset(value, 'x', (size_t)shift);
        for (size_t at = (size_t)shift; at < LIMIT + 80; at += 4)
            memcpy(value + at, "\xF0\x9F\x98\x80", 4);
        write_record("lv", 0, shift + 1, value);
        assert_int_equal(ask(server, "records?topic=lv&last=1", NULL), 200);
        const char *from = strstr(body.ptr, "\"value\":\"");
        assert_non_null(from);
        from += strlen("\"value\":\"");
        size_t n = strcspn(from, "\"");
        size_t whole = (size_t)shift + (LIMIT - (size_t)shift) / 4 * 4;
        assert_int_equal(n, whole + 3);
        assert_memory_equal(from, value, whole);
        assert_memory_equal(from + whole, "\xE2\x80\xA6", 3);
        wr_free(value);
    }
}

/* ---- names ---- */

static void test_completion(void **state)
{
    (void)state;
    RUN(w, "CREATE STREAM zebra_one (a INT) WITH (KAFKA_TOPIC='z', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    assert_int_equal(ask(server, "complete?prefix=zebra_o", NULL), 200);
    assert_string_equal(body.ptr, "[\"ZEBRA_ONE\"]");
    assert_int_equal(ask(server, "complete?prefix=nothing_begins_so", NULL), 200);
    assert_string_equal(body.ptr, "[]");
    assert_int_equal(ask(server, "words", NULL), 200);
    assert_non_null(strstr(body.ptr, "\"SELECT\""));
    assert_non_null(strstr(strstr(body.ptr, "\"functions\":["), "\"UCASE\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_wrong_statements),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_records_round_trip),
        cmocka_unit_test(test_wrong_topics),
        cmocka_unit_test(test_wrong_records),
        cmocka_unit_test(test_last_records),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_long_value),
        cmocka_unit_test(test_completion),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
