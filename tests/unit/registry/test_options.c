/* SPDX-License-Identifier: Apache-2.0 */
/* Settings to options, and the URLs in them: what is taken, and what is refused by its name. */
#include "registry/endpoints.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define URL "ksql.schema.registry.url", "http://sr.example"

static wr_arena *arena;
static weir_error err;

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

/* Settings are a list of name, value, ..., NULL. */
static const char *get(void *user, const char *name)
{
    for (const char *const *at = user; *at; at += 2)
        if (strcmp(at[0], name) == 0)
            return at[1];
    return NULL;
}

static weir_status from(const char *const *settings, wr_registry_options *out)
{
    return wr_registry_options_from(get, (void *)(uintptr_t)settings, arena, out, &err);
}

static void test_no_registry(void **state)
{
    (void)state;
    wr_registry_options o;
    const char *const none[] = {"ksql.schema.registry.url", "",
                                "ksql.schema.registry.ssl.key.password", "x", NULL};
    assert_int_equal(from(none, &o), WEIR_OK);
    assert_null(o.urls);
}

static void test_names_of_ksqldb(void **state)
{
    (void)state;
    wr_registry_options o;
    const char *const settings[] = {
        URL,         "ksql.schema.registry.basic.auth.credentials.source",
        "USER_INFO", "ksql.schema.registry.basic.auth.user.info",
        "me:a:b",    "ksql.schema.registry.ssl.truststore.type",
        "pem",       "ksql.schema.registry.ssl.truststore.location",
        "/ca.pem",   "ksql.schema.registry.ssl.keystore.location",
        "/me.pem",   "ksql.schema.registry.ssl.key.password",
        "pw",        NULL};
    assert_int_equal(from(settings, &o), WEIR_OK);
    assert_string_equal(o.urls, "http://sr.example");
    assert_string_equal(o.user, "me");
    assert_string_equal(o.password, "a:b"); /* a password may hold a colon */
    assert_string_equal(o.ca_file, "/ca.pem");
    assert_string_equal(o.certificate_file, "/me.pem");
    assert_null(o.key_file);
    assert_string_equal(o.key_password, "pw");
    assert_false(o.insecure);
    assert_int_equal(o.timeout_ms, 0);
}

static void test_own_names_come_first(void **state)
{
    (void)state;
    wr_registry_options o;
    const char *const settings[] = {URL,
                                    "weir.schema.registry.url",
                                    "http://own.example",
                                    "ksql.schema.registry.ssl.truststore.location",
                                    "/other.pem",
                                    "weir.schema.registry.ca.file",
                                    "/ca.pem",
                                    "weir.schema.registry.certificate.file",
                                    "/c.pem",
                                    "weir.schema.registry.key.file",
                                    "/k.pem",
                                    "weir.schema.registry.bearer.token",
                                    "tok",
                                    "weir.schema.registry.insecure",
                                    "TRUE",
                                    "weir.schema.registry.context",
                                    "team",
                                    "weir.schema.registry.timeout.ms",
                                    "250",
                                    NULL};
    assert_int_equal(from(settings, &o), WEIR_OK);
    assert_string_equal(o.urls, "http://own.example");
    assert_string_equal(o.ca_file, "/ca.pem");
    assert_string_equal(o.certificate_file, "/c.pem");
    assert_string_equal(o.key_file, "/k.pem");
    assert_string_equal(o.bearer_token, "tok");
    assert_true(o.insecure);
    assert_string_equal(o.context, "team");
    assert_int_equal(o.timeout_ms, 250);
}

static void test_refused_settings(void **state)
{
    (void)state;
    static const struct {
        const char *settings[7];
        const char *named;
    } cases[] = {
        {{URL, "ksql.schema.registry.basic.auth.credentials.source", "SASL_INHERIT"},
         "basic.auth.credentials.source' is 'SASL_INHERIT'"},
        {{URL, "ksql.schema.registry.basic.auth.credentials.source", "USER_INFO"},
         "there is no 'ksql.schema.registry.basic.auth.user.info'"},
        {{URL, "ksql.schema.registry.basic.auth.user.info", "a:b"}, "only used with"},
        {{URL, "ksql.schema.registry.basic.auth.credentials.source", "USER_INFO",
          "ksql.schema.registry.basic.auth.user.info", "nocolon"},
         "no USER:PASSWORD"},
        {{URL, "weir.schema.registry.password", "secret"}, "no 'weir.schema.registry.user'"},
        {{URL, "weir.schema.registry.user", "u", "weir.schema.registry.bearer.token", "secret"},
         "it takes one"},
        {{URL, "ksql.schema.registry.bearer.auth.credentials.source", "OAUTHBEARER"},
         "only STATIC_TOKEN"},
        {{URL, "ksql.schema.registry.bearer.auth.credentials.source", "STATIC_TOKEN"},
         "no 'ksql.schema.registry.bearer.auth.token'"},
        {{URL, "ksql.schema.registry.ssl.truststore.type", "JKS"}, "only PEM"},
        {{URL, "ksql.schema.registry.ssl.keystore.type", "PKCS12"}, "only PEM"},
        {{URL, "ksql.schema.registry.ssl.endpoint.identification.algorithm", "none"},
         "weir.schema.registry.insecure"},
        {{URL, "weir.schema.registry.insecure", "yes"}, "true or false"},
        {{URL, "weir.schema.registry.timeout.ms", "0"}, "1 to 3600000"},
        {{URL, "weir.schema.registry.timeout.ms", "1s"}, "1 to 3600000"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_registry_options o;
        assert_int_equal(from(cases[i].settings, &o), WEIR_ERR_CONFIG);
        assert_non_null(strstr(err.message, cases[i].named));
        assert_null(strstr(err.message, "secret"));
    }
}

/* ---- URLs ---- */

static weir_status read_urls(const char *urls, const char *user, wr_endpoints *out)
{
    const wr_registry_options o = {.urls = urls, .user = user, .password = "pw"};
    return wr__endpoints_read(&o, arena, out, &err);
}

static void test_urls(void **state)
{
    (void)state;
    wr_endpoints e;
    assert_int_equal(
        read_urls(" http://127.0.0.1:8081/ ,, https://a%40b:c%3Ad@sr.example/apis/x/ ", NULL, &e),
        WEIR_OK);
    assert_int_equal(e.n, 2);
    assert_string_equal(e.v[0].url, "http://127.0.0.1:8081");
    assert_true(e.v[0].here && !e.v[0].https && !e.v[0].user);
    assert_string_equal(e.v[1].url, "https://sr.example/apis/x");
    assert_true(!e.v[1].here && e.v[1].https);
    assert_string_equal(e.v[1].user, "a@b");
    assert_string_equal(e.v[1].password, "c:d");
    assert_string_equal(e.name, "http://127.0.0.1:8081,https://sr.example/apis/x");
    assert_int_equal(read_urls("http://[::1]:1,http://x@localhost", "opt", &e), WEIR_OK);
    assert_true(e.v[0].here && e.v[1].here);
    assert_string_equal(e.v[0].user, "opt"); /* options, where the URL has none */
    assert_string_equal(e.v[0].password, "pw");
    assert_string_equal(e.v[1].user, "x");
    assert_string_equal(e.v[1].password, "");
}

static void test_wrong_urls(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        " , ",
                                        "sr.example:8081",
                                        "ftp://u:secret@sr.example",
                                        "file:///etc/passwd",
                                        "http://u:secret@sr.example/?q=1",
                                        "http://sr.example/#f",
                                        "http://u:secret@sr.example:port",
                                        "http://sr.example x"};
    for (size_t i = 0; i < WR_ARRAY_LEN(wrong); i++) {
        wr_endpoints e;
        assert_int_equal(read_urls(wrong[i], NULL, &e), WEIR_ERR_CONFIG);
        assert_null(strstr(err.message, "secret"));
    }
    wr_buf many = {0};
    for (int i = 0; i <= WR_ENDPOINTS_MAX; i++)
        wr_buf_puts(&many, "http://sr.example,");
    wr_endpoints e;
    assert_int_equal(read_urls(wr_buf_cstr(&many), NULL, &e), WEIR_ERR_CONFIG);
    wr_buf_free(&many);
}

/* ---- files ---- */

static const char *write_file(const void *bytes, size_t n)
{
    const char *base = getenv("TMPDIR");
    char *path = wr_arena_printf(arena, "%s/weir-registry-XXXXXX", base ? base : P_tmpdir);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
    return path;
}

static void expect_refused_file(wr_registry_options o, const char *words)
{
    wr_registry *r;
    o.urls = "https://sr.example";
    assert_int_equal(wr_registry_open_http(&o, &r, &err), WEIR_ERR_CONFIG);
    assert_null(r);
    assert_non_null(strstr(err.message, words));
}

static void test_key_stores_are_refused(void **state)
{
    (void)state;
    const char *jks = write_file("\xFE\xED\xFE\xED\0\0\0\2", 8);
    const char *p12 = write_file("\x30\x82\x0A\x0B\x02\x01", 6);
    const char *pem = write_file("-----BEGIN CERTIFICATE-----\n", 28);
    expect_refused_file((wr_registry_options){.ca_file = jks}, "Java key store");
    assert_non_null(strstr(err.hint, "keytool"));
    expect_refused_file((wr_registry_options){.certificate_file = p12}, "PKCS #12");
    expect_refused_file((wr_registry_options){.ca_file = "/no/such/file"}, "cannot be read");
    expect_refused_file((wr_registry_options){.key_file = pem}, "no certificate");
    expect_refused_file((wr_registry_options){.context = "a:b"}, "':'");
    expect_refused_file((wr_registry_options){.timeout_ms = -1}, "negative");
    wr_registry *r;
    const wr_registry_options good = {.urls = "https://u:secret@sr.example/x", .ca_file = pem};
    assert_int_equal(wr_registry_open_http(&good, &r, &err), WEIR_OK);
    assert_string_equal(wr_registry_name(r), "https://sr.example/x");
    wr_registry_free(r);
    assert_int_equal(unlink(jks) | unlink(p12) | unlink(pem), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_registry),
        cmocka_unit_test(test_names_of_ksqldb),
        cmocka_unit_test(test_own_names_come_first),
        cmocka_unit_test(test_refused_settings),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_wrong_urls),
        cmocka_unit_test(test_key_stores_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
