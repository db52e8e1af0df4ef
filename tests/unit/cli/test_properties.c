/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties files as Java's tools write them, and opening an engine by the settings of a command
 * line.
 */
#include "cli_test.h"

#include "open.h"

const cli_command *const cli_commands[] = {NULL};

#define PAIRS_MAX 8

typedef struct properties_case {
    const char *text;
    const char *pairs[2 * PAIRS_MAX + 1]; /* name, value ...; NULL ends them */
} properties_case;

static const properties_case cases[] = {
    {"", {NULL}},
    {"\n\n  \n\t\n", {NULL}},
    {"# a=1\n! b=2\n  # c=3\n", {NULL}},
    {"a=1", {"a", "1"}},
    {"a=1\nb=2\n", {"a", "1", "b", "2"}},
    {"a=1\r\nb=2\r\n", {"a", "1", "b", "2"}},
    {"a = 1\nb: 2\nc 3\nd\t4\ne   =   5\n", {"a", "1", "b", "2", "c", "3", "d", "4", "e", "5"}},
    {"  a=1\n", {"a", "1"}},
    {"a=1 \n", {"a", "1 "}}, /* blanks at the end count */
    {"a=\nb\nc:\n", {"a", "", "b", "", "c", ""}},
    {"=v\n", {"", "v"}},
    {"a==b\nc=:d\ne:=f\n", {"a", "=b", "c", ":d", "e", "=f"}},
    {"a=b c\n", {"a", "b c"}},
    {"a b=c\n", {"a", "b=c"}},
    {"a=x#y\n", {"a", "x#y"}}, /* no comment after a value */
    {"a=1\na=2\n", {"a", "1", "a", "2"}},
    {"a\\=b=c\\=d\n", {"a=b", "c=d"}},
    {"a\\ b=c\n", {"a b", "c"}},
    {"a\\:b:c\n", {"a:b", "c"}},
    {"a=\\ b\n", {"a", " b"}},
    {"a=\\t\\n\\r\\f\\x\\\\\n", {"a", "\t\n\r\fx\\"}},
    {"a=\\u0041\\u00e9\\u20AC\n", {"a", "A\xc3\xa9\xe2\x82\xac"}},
    {"a=\\ud83d\n", {"a", "\xef\xbf\xbd"}},
    {"a=\\u00\n", {"a", "u00"}}, /* too few digits: an escaped u */
    {"a=\\", {"a", ""}},
    {"a=one\\\n   two\\\n\tthree\nb=4\n", {"a", "onetwothree", "b", "4"}},
    {"a=one\\\\\nb=4\n", {"a", "one\\", "b", "4"}}, /* an escaped backslash ends the line */
    {"a=one\\\\\\\ntwo\n", {"a", "one\\two"}},
    {"a=one\\\r\n  two\r\n", {"a", "onetwo"}},
    {"# a comment does not go on \\\na=1\n", {"a", "1"}},
    {"a\\\nb=1\n", {"ab", "1"}},
    {"a=K\xc3\xb6ln\n", {"a", "K\xc3\xb6ln"}},
};

static void test_properties(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const properties_case *c = &cases[i];
        char path[256];
        cli_list got = {0};
        write_temp(path, sizeof path, c->text, strlen(c->text));
        assert_true(cli_properties_read(path, &got));
        unlink(path);
        size_t n = 0;
        for (; c->pairs[n]; n++) {
            if (n >= got.n || strcmp(got.at[n], c->pairs[n]) != 0)
                fail_msg("%s\npart %zu is '%s', expected '%s'", c->text, n,
                         n < got.n ? got.at[n] : "(none)", c->pairs[n]);
        }
        if (got.n != n)
            fail_msg("%s\nhas %zu parts, expected %zu", c->text, got.n, n);
        for (size_t k = 0; k < got.n; k++)
            free((void *)got.at[k]);
        cli_list_free(&got);
    }
}

static void test_files_that_cannot_be_read(void **state)
{
    (void)state;
    char path[256];
    cli_text text = {0};
    cli_list pairs = {0};
    capture_begin();
    bool missing = cli_read_file("/no/such/file", &text);
    bool folder = cli_read_file("/", &text);
    bool properties = cli_properties_read("/no/such/file", &pairs);
    capture_end();
    assert_false(missing || folder || properties);
    check_contains(complained(), "weir: cannot read /no/such/file: No such file or directory\n");
    check_contains(complained(), "weir: cannot read /: ");
    assert_int_equal(pairs.n, 0);

    write_temp(path, sizeof path, "a\0b", 3);
    capture_begin();
    bool binary = cli_read_file(path, &text);
    capture_end();
    unlink(path);
    assert_false(binary);
    check_contains(complained(), "is not text: it has a 0 byte");
    cli_text_free(&text);
}

static void test_read_file(void **state)
{
    (void)state;
    enum { BYTES = 100000 }; /* more than one read */
    char path[256], *bytes = malloc(BYTES);
    cli_text text = {0};
    for (int i = 0; i < BYTES; i++)
        bytes[i] = (char)('a' + i % 26);
    write_temp(path, sizeof path, bytes, BYTES);
    assert_true(cli_read_file(path, &text));
    assert_int_equal(text.len, BYTES);
    assert_memory_equal(text.at, bytes, BYTES);
    unlink(path);
    cli_text_free(&text);
    free(bytes);
}

/* -------------------------------------------------------------------------------- opening by it */

static void test_place_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *data, *bootstrap, *xdg, *home, *words;
    } places[] = {
        {NULL, NULL, NULL, "/the/home", "/the/home/.local/share/weir"},
        {NULL, NULL, "", "/the/home", "/the/home/.local/share/weir"},
        {NULL, NULL, "/xdg", "/the/home", "/xdg/weir"},
        {NULL, NULL, NULL, NULL, "~/.local/share/weir"},
        {"here", NULL, "/xdg", "/the/home", "here"},
        {"here", "b:9092", "/xdg", "/the/home", "Kafka at b:9092"},
    };
    for (size_t i = 0; i < COUNT(places); i++) {
        cli_place place = {.data = places[i].data, .bootstrap = places[i].bootstrap};
        cli_text out = {0};
        unsetenv("XDG_DATA_HOME");
        unsetenv("HOME");
        if (places[i].xdg)
            setenv("XDG_DATA_HOME", places[i].xdg, 1);
        if (places[i].home)
            setenv("HOME", places[i].home, 1);
        cli_place_text(&place, &out);
        check_text(&out, places[i].words);
        cli_text_free(&out);
    }
}

/** Open with these --set items and this properties file (NULL: none). */
static int open_and_close(const char *const *set, const char *properties)
{
    char dir[256], path[256];
    const char *base = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/weir-cli-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(dir));
    cli_place place = {.data = dir};
    for (; set && *set; set++)
        cli_list_add(&place.set, *set);
    if (properties) {
        write_temp(path, sizeof path, properties, strlen(properties));
        place.config = path;
    }
    weir *w = NULL;
    capture_begin();
    int status = cli_open(&place, true, &w);
    capture_end();
    if (properties)
        unlink(path);
    rmdir(dir);
    cli_list_free(&place.set);
    assert_null(w);
    return status;
}

static void test_bad_settings(void **state)
{
    (void)state;
    static const struct {
        const char *set, *properties, *said;
        int status;
    } bad[] = {
        {"weir.threads", NULL, "weir: --set needs NAME=VALUE, not 'weir.threads'\n", CLI_USAGE},
        {"=1", NULL, "weir: --set needs NAME=VALUE, not '=1'\n", CLI_USAGE},
        {"wier.threads=1", NULL, "wier.threads", CLI_FAILED},
        {"weir.threads=many", NULL, "weir.threads", CLI_FAILED},
        {NULL, "wier.threads=1\n", "wier.threads", CLI_FAILED},
        {NULL, "weir.threads=many\n", "weir.threads", CLI_FAILED},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *set[] = {bad[i].set, NULL};
        int status = open_and_close(set, bad[i].properties);
        check_contains(complained(), bad[i].said);
        assert_int_equal(status, bad[i].status);
        assert_string_equal(shown(), "");
    }
}

static void test_define(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        int status;
        const char *said;
    } items[] = {
        {"name=s", CLI_OK, ""},
        {"quote=it's", CLI_OK, ""},
        {"empty=", CLI_OK, ""},
        {"equals=a=b", CLI_OK, ""},
        {"noequals", CLI_USAGE, "weir: --define needs NAME=VALUE, not 'noequals'\n"},
        {"=v", CLI_USAGE, "weir: --define needs NAME=VALUE, not '=v'\n"},
        {"bad name=v", CLI_FAILED, "weir: --define bad name=v\n"},
    };
    weir *w = open_engine("");
    for (size_t i = 0; i < COUNT(items); i++) {
        cli_list list = {0};
        cli_list_add(&list, items[i].item);
        capture_begin();
        int status = cli_define(w, &list);
        capture_end();
        assert_int_equal(status, items[i].status);
        check_contains(complained(), items[i].said);
        cli_list_free(&list);
    }
    /* A variable holds what was given, quotes included. */
    weir_error err = {0};
    if (weir_exec(w,
                  "CREATE STREAM ${name} (k INT KEY, v STRING) WITH (KAFKA_TOPIC = 't', "
                  "PARTITIONS = 1, VALUE_FORMAT = 'JSON'); INSERT INTO s VALUES (1, '${equals}');",
                  &err) != WEIR_OK)
        fail_msg("%s", err.message);
    close_engine(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_properties),   cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_read_file),    cmocka_unit_test(test_place_in_words),
        cmocka_unit_test(test_bad_settings), cmocka_unit_test(test_define),
    };
    return cmocka_run_group_tests(tests, NULL, capture_teardown);
}
