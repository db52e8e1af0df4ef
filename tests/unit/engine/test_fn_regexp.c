/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns: regexp.c, java_regex.c, java_regex_syntax.c, against java.util.regex (data/regex.tsv).
 */
#include "fn_test.h"

#include "fn_data.h"

#define NS NUL(&wr_type_string)

/** Undo <LF>, <CR>, <TAB>, which cannot stand in a table. */
static const char *unescape(char *text)
{
    static const struct {
        const char *name;
        char c;
    } names[] = {{"<LF>", '\n'}, {"<CR>", '\r'}, {"<TAB>", '\t'}};
    for (size_t k = 0; k < 3; k++)
        for (char *at; (at = strstr(text, names[k].name));) {
            *at = names[k].c;
            memmove(at + 1, at + strlen(names[k].name), strlen(at + strlen(names[k].name)) + 1);
        }
    return text;
}

static void check_pattern(int line, char **f, int n)
{
    assert_int_equal(n, 4);
    tv pattern = S(unescape(f[0])), text = S(unescape(f[1]));
    char *all = fn_eval("REGEXP_EXTRACT_ALL", (tv[]){pattern, text}, 2, NULL);
    char *parts = fn_eval("REGEXP_SPLIT_TO_ARRAY", (tv[]){text, pattern}, 2, NULL);
    if (strcmp(f[2], "error") == 0) {
        if (strncmp(all, "error", 5) != 0)
            fail_msg("regex.tsv:%d: %s is malformed, got %s", line, f[0], all);
        return;
    }
    if (strcmp(all, unescape(f[2])) != 0)
        fail_msg("regex.tsv:%d: %s: expected %s, got %s", line, f[0], f[2], all);
    if (strcmp(parts, unescape(f[3])) != 0)
        fail_msg("regex.tsv:%d: %s: expected parts %s, got %s", line, f[0], f[3], parts);
}

static void test_as_java(void **state)
{
    (void)state;
    assert_true(fn_data_each("regex.tsv", check_pattern) > 100);
}

static void test_refused(void **state)
{
    (void)state;
    /* Java takes them; PCRE2 would read them in another way. */
    static const char *const patterns[] = {"[a-z&&[^b]]", "[a[bc]]",      "(?U)\\w",
                                           "(?d)a.b",     "\\p{InGreek}", "\\p{javaLowerCase}",
                                           "\\ud83d"};
    for (size_t k = 0; k < WR_ARRAY_LEN(patterns); k++)
        check("REGEXP_EXTRACT", "error: not supported", S(patterns[k]), S("abc"));
}

static void test_extract(void **state)
{
    (void)state;
    tv pattern = S("(.*) (.*)"), text = S("hello there");
    check("REGEXP_EXTRACT", "hello there", pattern, text);
    check("REGEXP_EXTRACT", "there", pattern, text, I(2));
    check("REGEXP_EXTRACT", "NULL", pattern, text, I(3));
    check("REGEXP_EXTRACT", "error", pattern, text, I(-1));
    check("REGEXP_EXTRACT", "NULL", pattern, S("hello"));
    check("REGEXP_EXTRACT", "NULL", S("(a)|b"), S("b"), I(1));
    check("REGEXP_EXTRACT", "error", S("("), S("b"));
    check("REGEXP_EXTRACT", "NULL", S("("), NS);
    check("REGEXP_EXTRACT_ALL", "[a, null]", S("(a)|b"), S("ab"), I(1));
    check("REGEXP_EXTRACT_ALL", "[]", S("x"), S("ab"));
    check("REGEXP_EXTRACT_ALL", "NULL", S("x"), S("ab"), I(1));
    check("REGEXP_EXTRACT", "b", S("b"),
          S("\xED\xA0\xBD"
            "b")); /* half a pair in the text */
    check("REGEXP_EXTRACT",
          "\xED\xA0\xBD"
          "b",
          S(".b"),
          S("\xED\xA0\xBD"
            "b"));
}

static void test_replace(void **state)
{
    (void)state;
    check("REGEXP_REPLACE", "a<1>b<2>", S("a1b2"), S("(\\d)"), S("<$1>"));
    check("REGEXP_REPLACE", "[a]1", S("a1"), S("(?<x>a)"), S("[${x}]"));
    check("REGEXP_REPLACE", "$1", S("a"), S("(a)"), S("\\$1"));
    check("REGEXP_REPLACE", "a0", S("a"), S("(a)"), S("$10"));
    check("REGEXP_REPLACE", "-a-b-", S("ab"), S(""), S("-"));
    check("REGEXP_REPLACE", "b", S("b"), S("a"), S("$9")); /* seen only when there is a match */
    check("REGEXP_REPLACE", "error", S("a"), S("a"), S("$9"));
    check("REGEXP_REPLACE", "error", S("a"), S("a"), S("$"));
    check("REGEXP_REPLACE", "error", S("a"), S("a"), S("${x}"));
    check("REGEXP_REPLACE", "error", S("a"), S("a"), S("\\"));
    check("REGEXP_REPLACE", "x", S("b"), S("(a)?b"), S("$1x"));
    check("REGEXP_REPLACE", "NULL", S("b"), NS, S("x"));
}

static void test_limits(void **state)
{
    (void)state;
    char text[64];
    memset(text, 'a', 40);
    memcpy(text + 40, "b", 2);
    check("REGEXP_EXTRACT", "error: too costly", S("(a+a+)+[xy]"), S(text));
    check("REGEXP_SPLIT_TO_ARRAY", "error", S(text), S("(a+a+)+[xy]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fn_test(test_as_java), fn_test(test_refused), fn_test(test_extract),
        fn_test(test_replace), fn_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
