/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SASL: the examples of RFC 7677 (SCRAM-SHA-256) and one of SHA-512 that Python's hmac and hashlib
 * computed; servers that do not know the password, or make no sense, are found out.
 */
#include "batch_helper.h"
#include "runtime/log/wire/sasl.h"

/* The next message of the client is @p wanted. */
#define SENDS(s, said, wanted)                                                                     \
    do {                                                                                           \
        wr_buf out_ = {0};                                                                         \
        bool done_;                                                                                \
        OK(wr__wire_sasl_step(s, wr_str_c(said), &out_, &done_, err));                             \
        assert_false(done_);                                                                       \
        assert_string_equal(wr_buf_cstr(&out_), wanted);                                           \
        wr_buf_free(&out_);                                                                        \
    } while (0)

#define REFUSES(s, said, text)                                                                     \
    do {                                                                                           \
        wr_buf out_ = {0};                                                                         \
        bool done_;                                                                                \
        FAILS(WEIR_ERR_LOG, text, wr__wire_sasl_step(s, wr_str_c(said), &out_, &done_, err));      \
        assert_false(done_);                                                                       \
        wr_buf_free(&out_);                                                                        \
    } while (0)

static void ends(wr_wire_sasl *s, const char *said)
{
    wr_buf out = {0};
    bool done;
    OK(wr__wire_sasl_step(s, wr_str_c(said), &out, &done, err));
    assert_true(done);
    assert_int_equal(out.len, 0);
    wr__wire_sasl_free(s);
}

static void test_plain(void **state)
{
    (void)state;
    static const char wanted[] = "\0user\0pass,=word";
    wr_wire_sasl *s = wr__wire_sasl_new("PLAIN", "user", "pass,=word");
    wr_buf out = {0};
    bool done;
    OK(wr__wire_sasl_step(s, WR_STR(""), &out, &done, err));
    assert_false(done);
    assert_int_equal(out.len, sizeof wanted - 1);
    assert_memory_equal(out.ptr, wanted, sizeof wanted - 1);
    wr_buf_free(&out);
    ends(s, "");
    assert_false(wr__wire_sasl_knows("GSSAPI"));
    assert_false(wr__wire_sasl_knows("OAUTHBEARER"));
    assert_false(wr__wire_sasl_knows("plain"));
}

static wr_wire_sasl *begun(const char *mechanism)
{
    wr_wire_sasl *s = wr__wire_sasl_new(mechanism, "user", "pencil");
    wr__wire_sasl_set_nonce(s, "rOprNGfwEbeRWgbNEkqO");
    SENDS(s, "", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    return s;
}

#define SALTED                                                                                     \
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define FINAL "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p="

static void test_scram(void **state)
{
    (void)state;
    wr_wire_sasl *s = begun("SCRAM-SHA-256");
    SENDS(s, SALTED, FINAL "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    ends(s, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    s = begun("SCRAM-SHA-512");
    SENDS(
        s, SALTED,
        FINAL
        "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==");
    ends(s, "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/"
            "AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==");
}

static void test_user_name(void **state)
{
    (void)state;
    wr_wire_sasl *s = wr__wire_sasl_new("SCRAM-SHA-256", "a=b,c", "x");
    wr__wire_sasl_set_nonce(s, "n");
    SENDS(s, "", "n,,n=a=3Db=2Cc,r=n");
    wr__wire_sasl_free(s);
    /* Nonces of our own differ. */
    wr_buf first[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        bool done;
        s = wr__wire_sasl_new("SCRAM-SHA-256", "u", "x");
        OK(wr__wire_sasl_step(s, WR_STR(""), &first[i], &done, err));
        wr__wire_sasl_free(s);
    }
    assert_true(first[0].len > 40 && !wr_str_eq(wr_buf_view(&first[0]), wr_buf_view(&first[1])));
    wr_buf_free(&first[0]);
    wr_buf_free(&first[1]);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *said, *text;
    } salts[] = {
        {"", "nonce, salt and iterations"},
        {"r=", "nonce, salt and iterations"},
        {"s=W22Z,r=rOprNGfwEbeRWgbNEkqOx,i=4096", "nonce, salt and iterations"},
        {"r=rOprNGfwEbeRWgbNEkqO,s=W22Z,i=4096", "nonce does not begin with ours"},
        {"r=sOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4096", "nonce does not begin with ours"},
        {"r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4095", "iterations"},
        {"r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=99999999", "iterations"},
        {"r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=-1", "iterations"},
        {"r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=many", "iterations"},
        {"r=rOprNGfwEbeRWgbNEkqOx,s=!,i=4096", "salt"},
        {"r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096", "salt"},
        {"e=unknown-user", "refuses the user"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(salts); i++) {
        wr_wire_sasl *s = begun("SCRAM-SHA-256");
        REFUSES(s, salts[i].said, salts[i].text);
        wr__wire_sasl_free(s);
    }
    static const struct {
        const char *said, *text;
    } ends_badly[] = {
        {"e=invalid-proof", "SASL authentication error: invalid-proof"},
        {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95H4=", "does not know the password"},
        {"v=", "does not know the password"},
        {"", "does not know the password"},
        {"v=6rri", "does not know the password"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(ends_badly); i++) {
        wr_wire_sasl *s = begun("SCRAM-SHA-256");
        SENDS(s, SALTED, FINAL "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        REFUSES(s, ends_badly[i].said, ends_badly[i].text);
        wr__wire_sasl_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_scram),
        cmocka_unit_test(test_user_name),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
