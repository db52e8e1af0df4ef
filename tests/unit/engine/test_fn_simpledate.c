/* SPDX-License-Identifier: Apache-2.0 */
/* simpledate.c against java.text.SimpleDateFormat (data/simpledate.tsv). */
#include "fn_test.h"

#include "engine/functions/simpledate.h"
#include "fn_data.h"

#define NOW_MS INT64_C(1700000000123)

static unsigned wrong;

static void check_row(int line, char **f, int n)
{
    assert_int_equal(n, 3);
    char why[128] = "", got[64] = "error";
    int64_t ms;
    wr__simpledate *p = wr__simpledate_compile(wr_str_c(f[0]), fn_arena, why, sizeof(why));
    assert_true(p || why[0]);
    if (p && wr__simpledate_parse(p, wr_str_c(f[1]), NOW_MS, &ms))
        snprintf(got, sizeof(got), "=%lld", (long long)ms);
    if (strcmp(f[2], got) == 0)
        return;
    print_error("simpledate.tsv:%d: <%s> of <%s>: expected <%s>, got <%s>\n", line, f[0], f[1],
                f[2], got);
    wrong++;
}

static void test_as_java(void **state)
{
    (void)state;
    wrong = 0;
    assert_true(fn_data_each("simpledate.tsv", check_row) > 90);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {fn_test(test_as_java)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
