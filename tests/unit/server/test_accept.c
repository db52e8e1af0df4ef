/* SPDX-License-Identifier: Apache-2.0 */
/* Media types by weight (RFC 9110, 12.5.1). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/http/accept.h"

static int best(const char *accept)
{
    static const char *const offers[] = {"text/plain", "application/json", "application/x.v1+json"};
    return wr_http_accept(accept, offers, 3);
}

static void test_no_header_takes_the_first(void **state)
{
    (void)state;
    assert_int_equal(best(NULL), 0);
    assert_int_equal(best(""), 0);
    assert_int_equal(best(" , "), 0);
    assert_int_equal(wr_http_accept(NULL, NULL, 0), -1);
}

static void test_exact_types_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(best("application/json"), 1);
    assert_int_equal(best("Application/JSON"), 1);
    assert_int_equal(best("application/jso"), -1);
    assert_int_equal(best("image/png, application/x.v1+json"), 2);
    assert_int_equal(best("application/json;charset=utf-8"), 1);
}

static void test_of_equal_weights_the_first_named(void **state)
{
    (void)state;
    assert_int_equal(best("application/x.v1+json, application/json"), 2);
    assert_int_equal(best("application/json, application/x.v1+json"), 1);
}

static void test_weights_count(void **state)
{
    (void)state;
    assert_int_equal(best("application/x.v1+json;q=0.2, application/json;q=0.9"), 1);
    assert_int_equal(best("application/json; charset=utf-8; q=0.1, text/plain;q=0.5"), 0);
    assert_int_equal(best("application/json;q=0"), -1);
}

static void test_ranges(void **state)
{
    (void)state;
    assert_int_equal(best("*/*"), 0);
    assert_int_equal(best("application/*"), 1);
    assert_int_equal(best("image/*"), -1);
    /* The most specific range that fits decides, wherever it stands. */
    assert_int_equal(best("*/*, text/plain;q=0"), 1);
    assert_int_equal(best("*/*;q=0.1, application/x.v1+json"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_header_takes_the_first),
        cmocka_unit_test(test_exact_types_in_any_case),
        cmocka_unit_test(test_of_equal_weights_the_first_named),
        cmocka_unit_test(test_weights_count),
        cmocka_unit_test(test_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
