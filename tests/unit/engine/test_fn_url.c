/* SPDX-License-Identifier: Apache-2.0 */
/* URLs: url.c, and uri.c against what java.net.URI says (data/uri.tsv). */
#include "fn_test.h"

#include "fn_data.h"

#include <stdlib.h>

static const char *component(const char *function, const char *url)
{
    tv arg = S(url);
    char *text = fn_eval(function, &arg, 1, NULL);
    return strcmp(text, "NULL") == 0 ? "null" : text;
}

static void check_uri(int line, char **fields, int n)
{
    assert_int_equal(n, 2);
    char got[1024];
    const char *port = component("URL_EXTRACT_PORT", fields[0]);
    if (strncmp(port, "error", 5) == 0)
        snprintf(got, sizeof(got), "error");
    else
        snprintf(
            got, sizeof(got), "%s|%s|%s|%s|%s|%s", component("URL_EXTRACT_PROTOCOL", fields[0]),
            component("URL_EXTRACT_HOST", fields[0]), strcmp(port, "null") ? port : "-1",
            component("URL_EXTRACT_PATH", fields[0]), component("URL_EXTRACT_QUERY", fields[0]),
            component("URL_EXTRACT_FRAGMENT", fields[0]));
    if (strcmp(got, fields[1]) != 0)
        fail_msg("uri.tsv:%d: <%s> expected <%s>, got <%s>", line, fields[0], fields[1], got);
}

static void test_components(void **state)
{
    (void)state;
    assert_true(fn_data_each("uri.tsv", check_uri) > 50);
    check("URL_EXTRACT_HOST", "NULL", NUL(&wr_type_string));
}

static void test_parameter(void **state)
{
    (void)state;
    tv url = S("http://localhost/p?a=1&b=%26c%3D2&x&=e&a=9&q=u=v");
    check("URL_EXTRACT_PARAMETER", "1", url, S("a"));
    check("URL_EXTRACT_PARAMETER", "", url, S("x"));
    check("URL_EXTRACT_PARAMETER", "e", url, S(""));
    check("URL_EXTRACT_PARAMETER", "u=v", url, S("q"));
    check("URL_EXTRACT_PARAMETER", "2", url, S("c")); /* the query is decoded first */
    check("URL_EXTRACT_PARAMETER", "NULL", url, S("A"));
    check("URL_EXTRACT_PARAMETER", "NULL", S("http://localhost/p"), S("a"));
    check("URL_EXTRACT_PARAMETER", "", S("http://localhost/p?"), S(""));
    check("URL_EXTRACT_PARAMETER", "error", S("http://localhost/ p"), S("a"));
}

static void test_encoding(void **state)
{
    (void)state;
    check("URL_ENCODE_PARAM", "a-Z_0.*+%21%7E%C3%A4%2B", S("a-Z_0.* !~\xC3\xA4+"));
    check("URL_ENCODE_PARAM", "%3F", S("\xED\xA0\xBD")); /* half a pair */
    check("URL_DECODE_PARAM", "a b\xC3\xA4+", S("a+b%C3%a4%2B"));
    check("URL_DECODE_PARAM",
          "\xEF\xBF\xBD"
          "x",
          S("%C3x"));
    check("URL_DECODE_PARAM", "error", S("a%"));
    check("URL_DECODE_PARAM", "error", S("a%zz"));
    check("URL_DECODE_PARAM", "", S(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {fn_test(test_components), fn_test(test_parameter),
                                       fn_test(test_encoding)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
