/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/reason.h"
#include "common/utf8.h"

static void test_fill(void **state)
{
    (void)state;
    weir_error err;
    memset(&err, 0xEE, sizeof err);
    assert_int_equal(wr_error(&err, WEIR_ERR_IO, "cannot read %s", "x"), WEIR_ERR_IO);
    assert_int_equal(err.code, WEIR_ERR_IO);
    assert_int_equal(err.flags, 0);
    assert_int_equal(err.line, 0);
    assert_int_equal(err.column, 0);
    assert_true(err.offset == WR_NO_POS);
    assert_string_equal(err.message, "cannot read x");
    assert_string_equal(err.hint, "");
    assert_int_equal(wr_error_hint(&err, "look at %d", 3), WEIR_ERR_IO);
    assert_string_equal(err.hint, "look at 3");
    wr_error_prefix(&err, "file %d: ", 7);
    assert_string_equal(err.message, "file 7: cannot read x");
    /* A new error leaves nothing of the old one. */
    assert_int_equal(wr_error_at(&err, WEIR_ERR_SYNTAX, 12, "no"), WEIR_ERR_SYNTAX);
    assert_string_equal(err.hint, "");
    assert_true(err.offset == 12);
    wr_error_clear(&err);
    assert_int_equal(err.code, WEIR_OK);
    assert_string_equal(err.message, "");
}

static void test_null_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(wr_error(NULL, WEIR_ERR_STORE, "x"), WEIR_ERR_STORE);
    assert_int_equal(wr_error_at(NULL, WEIR_ERR_LOG, 1, "x"), WEIR_ERR_LOG);
    wr_error_hint(NULL, "x");
    wr_error_prefix(NULL, "x");
    wr_error_locate(NULL, "x", 1);
    wr_error_clear(NULL);
}

/* A reason goes with its error, through what is said around it, and no further. */
static void test_reason(void **state)
{
    (void)state;
    weir_error err;
    assert_int_equal(
        wr_error_reason(&err, WR_REASON_PUSH_LIMIT, wr_error(&err, WEIR_ERR_LIMIT, "too many")),
        WEIR_ERR_LIMIT);
    err.flags |= WEIR_ERROR_RETRIABLE;
    wr_error_prefix(&err, "Sorry: ");
    wr_error_hint(&err, "later");
    assert_int_equal(wr_error_reason_of(&err), WR_REASON_PUSH_LIMIT);
    assert_int_equal(wr_error_flags(&err), WEIR_ERROR_RETRIABLE);
    assert_string_equal(err.message, "Sorry: too many");
    wr_error_reason(&err, WR_REASON_COLUMN, WEIR_ERR_STATEMENT);
    assert_int_equal(wr_error_reason_of(&err), WR_REASON_COLUMN);
    assert_int_equal(wr_error_flags(&err), WEIR_ERROR_RETRIABLE);
    wr_error(&err, WEIR_ERR_IO, "another");
    assert_int_equal(wr_error_reason_of(&err), WR_REASON_NONE);
    assert_int_equal(wr_error_reason(NULL, WR_REASON_FORM, WEIR_ERR_IO), WEIR_ERR_IO);
}

static void locate(const char *text, int64_t offset, int line, int column)
{
    weir_error err;
    wr_error_at(&err, WEIR_ERR_SYNTAX, offset, "x");
    wr_error_locate(&err, text, strlen(text));
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
}

static void test_locate(void **state)
{
    (void)state;
    locate("abc", 0, 1, 1);
    locate("abc", 2, 1, 3);
    locate("abc", 3, 1, 4);  /* the end of the text */
    locate("abc", 99, 1, 4); /* never past it */
    locate("a\nbc\n", 1, 1, 2);
    locate("a\nbc\n", 2, 2, 1);
    locate("a\nbc\n", 5, 3, 1);
    locate("\xC3\xA9\xF0\x9F\x98\x80x", 6, 1, 3); /* columns are characters */
    locate("abc", WR_NO_POS, 0, 0);
}

static void test_long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    static const char *const letters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    for (size_t i = 0; i < WR_ARRAY_LEN(letters); i++) {
        for (size_t shift = 0; shift < 4; shift++) {
            wr_buf b = {0};
            for (size_t k = 0; k < shift; k++)
                wr_buf_putc(&b, '.');
            while (b.len < 2000)
                wr_buf_puts(&b, letters[i]);
            weir_error err;
            wr_error(&err, WEIR_ERR_IO, "%s", wr_buf_cstr(&b));
            wr_error_hint(&err, "%s", wr_buf_cstr(&b));
            assert_true(wr_utf8_valid(wr_str_c(err.message)));
            assert_true(wr_utf8_valid(wr_str_c(err.hint)));
            assert_in_range(strlen(err.message), sizeof err.message - 7, sizeof err.message - 1);
            assert_in_range(strlen(err.hint), sizeof err.hint - 7, sizeof err.hint - 1);
            wr_error_prefix(&err, "%s", "in front: ");
            assert_true(wr_utf8_valid(wr_str_c(err.message)));
            assert_memory_equal(err.message, "in front: ", 10);
            wr_buf_free(&b);
        }
    }
}

/* The point of a message is at its beginning or at its end, so what is too long loses its middle.
 */
static void test_both_ends_are_kept(void **state)
{
    (void)state;
    char middle[5000];
    weir_error err;
    for (size_t n = 0; n < sizeof middle - 1; n += 97) {
        memset(middle, 'm', n);
        middle[n] = '\0';
        wr_error(&err, WEIR_ERR_IO, "begin %s end", middle);
        size_t len = strlen(err.message), want = strlen("begin  end") + n;
        assert_memory_equal(err.message, "begin ", 6);
        assert_string_equal(err.message + len - 4, " end");
        assert_int_equal(len, WR_MIN(want, sizeof err.message - 1));
        assert_true((strstr(err.message, "m ... m") != NULL) == (want >= sizeof err.message));
    }
    wr_error_prefix(&err, "first ");
    assert_memory_equal(err.message, "first begin m", 13);
    assert_string_equal(err.message + strlen(err.message) - 4, " end");
}

static weir_status fails(int *calls, weir_error *err)
{
    ++*calls;
    return wr_error(err, WEIR_ERR_LIMIT, "too much");
}

static weir_status tries(int *calls, weir_error *err)
{
    WR_TRY(fails(calls, err));
    ++*calls;
    return WEIR_OK;
}

static void test_try_passes_on(void **state)
{
    (void)state;
    weir_error err;
    int calls = 0;
    assert_int_equal(tries(&calls, &err), WEIR_ERR_LIMIT);
    assert_int_equal(calls, 1);
    assert_string_equal(err.message, "too much");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_null_is_allowed),
        cmocka_unit_test(test_reason),
        cmocka_unit_test(test_locate),
        cmocka_unit_test(test_long_texts_are_cut_between_characters),
        cmocka_unit_test(test_both_ends_are_kept),
        cmocka_unit_test(test_try_passes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
