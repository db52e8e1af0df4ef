/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and key sets by hand-made faults; what an independent library signs is in
 * tests/integration/test_server_tokens.py. Keys and signatures are made here with OpenSSL.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/buf.h"
#include "server/passwords.h"
#include "server/tokens/token_keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NOW = 1700000000 };

static EVP_PKEY *rsa, *ec, *other_rsa;
static wr_key_set *keys;

/* ---- an issuer ---- */

static void put_base64url(wr_buf *out, const unsigned char *p, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) |
                     (i + 2 < n ? p[i + 2] : 0);
        for (size_t k = 0; k < (n - i >= 3 ? 4 : n - i + 1); k++)
            wr_buf_putc(out, digits[v >> (18 - 6 * k) & 63]);
    }
}

static void put_number(wr_buf *out, EVP_PKEY *key, const char *name, size_t width)
{
    BIGNUM *n = NULL;
    unsigned char bytes[1024];
    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
    int len = width ? BN_bn2binpad(n, bytes, (int)width) : BN_bn2bin(n, bytes);
    put_base64url(out, bytes, (size_t)len);
    BN_free(n);
}

static void put_rsa(wr_buf *out, EVP_PKEY *key, const char *more)
{
    wr_buf_puts(out, "{\"kty\":\"RSA\",\"n\":\"");
    put_number(out, key, OSSL_PKEY_PARAM_RSA_N, 0);
    wr_buf_puts(out, "\",\"e\":\"");
    put_number(out, key, OSSL_PKEY_PARAM_RSA_E, 0);
    wr_buf_printf(out, "\"%s}", more);
}

static void put_ec(wr_buf *out, EVP_PKEY *key, const char *more)
{
    wr_buf_puts(out, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"");
    put_number(out, key, OSSL_PKEY_PARAM_EC_PUB_X, 32);
    wr_buf_puts(out, "\",\"y\":\"");
    put_number(out, key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
    wr_buf_printf(out, "\"%s}", more);
}

/* Signs what is in @p out. */
static void put_signature(wr_buf *out, EVP_PKEY *key)
{
    unsigned char sig[1024];
    size_t n = sizeof sig;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, sig, &n, (unsigned char *)out->ptr, out->len), 1);
    EVP_MD_CTX_free(ctx);
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
        const unsigned char *at = sig;
        ECDSA_SIG *two = d2i_ECDSA_SIG(NULL, &at, (long)n);
        BN_bn2binpad(ECDSA_SIG_get0_r(two), sig + 512, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(two), sig + 544, 32);
        memcpy(sig, sig + 512, n = 64);
        ECDSA_SIG_free(two);
    }
    wr_buf_putc(out, '.');
    put_base64url(out, sig, n);
}

static const char *token(wr_buf *out, EVP_PKEY *key, const char *header, const char *claims)
{
    wr_buf_clear(out);
    put_base64url(out, (const unsigned char *)header, strlen(header));
    wr_buf_putc(out, '.');
    put_base64url(out, (const unsigned char *)claims, strlen(claims));
    put_signature(out, key);
    return wr_buf_cstr(out);
}

static int setup(void **state)
{
    (void)state;
    wr_buf set = {0};
    weir_error err;
    rsa = EVP_RSA_gen(2048);
    other_rsa = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    wr_buf_puts(&set, "{\"keys\":[");
    put_rsa(&set, rsa, ",\"kid\":\"r\",\"use\":\"sig\",\"alg\":\"RS256\"");
    wr_buf_puts(&set, ",");
    put_ec(&set, ec, ",\"kid\":\"e\"");
    wr_buf_puts(&set, ",{\"kty\":\"oct\",\"kid\":\"s\",\"k\":\"AAAA\"}]}");
    assert_int_equal(wr_key_set_parse(wr_buf_view(&set), &keys, &err), WEIR_OK);
    assert_int_equal(wr_key_set_size(keys), 2);
    wr_buf_free(&set);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_key_set_free(keys);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(other_rsa);
    EVP_PKEY_free(ec);
    return 0;
}

static const wr_token_rules rules = {WR_TOKEN_RS256 | WR_TOKEN_ES256, "me", "weir", "roles", 30};

#define CLAIMS(more) "{\"iss\":\"me\",\"aud\":\"weir\",\"sub\":\"ada\",\"exp\":1700000100" more "}"

/* NULL: it is good. */
static const char *fault(EVP_PKEY *key, const char *header, const char *claims)
{
    static wr_token_claims out;
    wr_buf b = {0};
    const char *text = token(&b, key, header, claims);
    wr_token_result r = wr_token_verify(keys, &rules, wr_str_c(text), NOW, &out);
    wr_buf_free(&b);
    assert_int_equal(r == WR_TOKEN_GOOD, out.why[0] == '\0');
    return r == WR_TOKEN_GOOD ? NULL : out.why;
}

/* ---- */

static void test_good(void **state)
{
    (void)state;
    wr_token_claims out;
    wr_buf b = {0};
    token(&b, rsa, "{\"alg\":\"RS256\",\"kid\":\"r\"}",
          CLAIMS(",\"roles\":[\"admin\",\"a,b\",\"x admin2\",7,\"dev\"]"));
    assert_int_equal(wr_token_verify(keys, &rules, wr_buf_view(&b), NOW, &out), WR_TOKEN_GOOD);
    assert_string_equal(out.user, "ada");
    assert_string_equal(out.roles, "admin,dev"); /* separators make no roles of their own */
    assert_true(wr_roles_suffice(out.roles, "ops, dev"));
    assert_false(wr_roles_suffice(out.roles, "admin2"));
    assert_int_equal(out.expires_s, 1700000100);
    assert_null(fault(ec, "{\"alg\":\"ES256\",\"kid\":\"e\"}", CLAIMS("")));
    /* The only key of the algorithm needs no name. */
    assert_null(fault(ec, "{\"alg\":\"ES256\"}", CLAIMS(",\"nbf\":1700000020,\"roles\":\"a b\"")));
    wr_buf_free(&b);
}

static void test_refused(void **state)
{
    (void)state;
    const char *r = "{\"alg\":\"RS256\",\"kid\":\"r\"}";
    const struct {
        EVP_PKEY *key;
        const char *header, *claims, *why;
    } cases[] = {
        {other_rsa, r, CLAIMS(""), "signature"},
        {rsa, "{\"alg\":\"RS256\",\"kid\":\"new\"}", CLAIMS(""), "not known"},
        {rsa, "{\"alg\":\"RS256\",\"kid\":7}", CLAIMS(""), "not known"},
        /* The key of one algorithm is not one of another. */
        {rsa, "{\"alg\":\"RS256\",\"kid\":\"e\"}", CLAIMS(""), "not known"},
        {rsa, "{\"alg\":\"none\",\"kid\":\"r\"}", CLAIMS(""), "algorithm"},
        {rsa, "{\"alg\":\"HS256\",\"kid\":\"s\"}", CLAIMS(""), "algorithm"},
        {rsa, "{\"kid\":\"r\"}", CLAIMS(""), "algorithm"},
        {rsa, "{\"alg\":\"RS256\",\"alg\":\"RS256\",\"kid\":\"r\"}", CLAIMS(""), "algorithm"},
        {rsa, "{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[\"b64\"]}", CLAIMS(""), "crit"},
        {rsa, r, "{\"iss\":\"me\",\"aud\":\"weir\",\"sub\":\"a\"}", "no expiry"},
        {rsa, r, "{\"iss\":\"me\",\"aud\":\"weir\",\"sub\":\"a\",\"exp\":\"1700000100\"}",
         "no expiry"},
        {rsa, r, "{\"iss\":\"me\",\"aud\":\"weir\",\"sub\":\"a\",\"exp\":1699999970}",
         "has expired"},
        {rsa, r, CLAIMS(",\"exp\":1800000000"), "no expiry"},
        {rsa, r, CLAIMS(",\"nbf\":1700000031"), "not valid yet (nbf)"},
        {rsa, r, CLAIMS(",\"iat\":1700000031"), "not valid yet (iat)"},
        {rsa, r, CLAIMS(",\"nbf\":\"x\""), "no time"},
        {rsa, r, "{\"iss\":\"you\",\"aud\":\"weir\",\"sub\":\"a\",\"exp\":1700000100}", "iss"},
        {rsa, r, "{\"iss\":\"me\",\"aud\":[\"x\",1],\"sub\":\"a\",\"exp\":1700000100}", "aud"},
        {rsa, r, "{\"iss\":\"me\",\"sub\":\"a\",\"exp\":1700000100}", "aud"},
        {rsa, r, "{\"iss\":\"me\",\"aud\":\"weir\",\"exp\":1700000100}", "sub"},
        {rsa, r, "{\"iss\":\"me\",\"aud\":\"weir\",\"sub\":\"a\\u0000\",\"exp\":1700000100}",
         "sub"},
        {rsa, r, "[1]", "no signed token"},
        {rsa, "x", CLAIMS(""), "no signed token"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const char *why = fault(cases[i].key, cases[i].header, cases[i].claims);
        if (!why || !strstr(why, cases[i].why))
            fail_msg("case %zu: %s", i, why ? why : "accepted");
    }
    /* A second of the skew is still good. */
    assert_null(
        fault(rsa, r, "{\"iss\":\"me\",\"aud\":[\"weir\"],\"sub\":\"a\",\"exp\":1699999971}"));
}

/* Every byte of a token matters, and each prefix is refused. */
static void test_changed(void **state)
{
    (void)state;
    wr_buf b = {0};
    wr_token_claims out;
    token(&b, ec, "{\"alg\":\"ES256\",\"kid\":\"e\"}", CLAIMS(""));
    for (size_t i = 0; i < b.len; i++) {
        char was = b.ptr[i];
        b.ptr[i] = was == 'A' ? 'B' : 'A';
        assert_int_not_equal(wr_token_verify(keys, &rules, wr_buf_view(&b), NOW, &out),
                             WR_TOKEN_GOOD);
        b.ptr[i] = was;
        assert_int_not_equal(wr_token_verify(keys, &rules, wr_str_make(b.ptr, i), NOW, &out),
                             WR_TOKEN_GOOD);
    }
    assert_int_equal(wr_token_verify(keys, &rules, wr_buf_view(&b), NOW, &out), WR_TOKEN_GOOD);
    wr_token_rules only_rsa = rules;
    only_rsa.algorithms = wr_token_algorithms("RS256");
    assert_int_equal(wr_token_verify(keys, &only_rsa, wr_buf_view(&b), NOW, &out), WR_TOKEN_BAD);
    wr_buf_puts(&b, "="); /* one spelling */
    assert_int_equal(wr_token_verify(keys, &rules, wr_buf_view(&b), NOW, &out), WR_TOKEN_BAD);
    wr_buf_free(&b);
}

static void test_words(void **state)
{
    (void)state;
    unsigned char out[8];
    assert_int_equal(wr_token_algorithms("RS256, ES256"), WR_TOKEN_RS256 | WR_TOKEN_ES256);
    assert_int_equal(wr_token_algorithms("ES256"), WR_TOKEN_ES256);
    assert_int_equal(wr_token_algorithms("RS256,none"), 0);
    assert_int_equal(wr_token_algorithms(""), 0);
    assert_int_equal(wr_token_base64url(wr_str_c("-_8"), out), 2);
    assert_memory_equal(out, "\xfb\xff", 2);
    static const char *const wrong[] = {"A", "AB", "+/8", "AA==", "A A"};
    for (size_t i = 0; i < WR_ARRAY_LEN(wrong); i++)
        assert_int_equal(wr_token_base64url(wr_str_c(wrong[i]), out), -1);
}

static void test_key_sets(void **state)
{
    (void)state;
    wr_key_set *s;
    weir_error err;
    wr_buf b = {0};
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "no JSON Web Key Set"},
        {"{\"keys\":7}", "no JSON Web Key Set"},
        {"{\"keys\":[]}", "no key for"},
        {"{\"keys\":[1,{\"kty\":\"RSA\",\"n\":\"AQAB\"}]}", "no key for"},
        {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"!\",\"e\":\"AQAB\"}]}", "no key for"},
        /* No point of the curve. */
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
         "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
         "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]}",
         "no key for"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        assert_int_equal(wr_key_set_parse(wr_str_c(cases[i].text), &s, &err), WEIR_ERR_CONFIG);
        assert_non_null(strstr(err.message, cases[i].why));
        assert_null(s);
    }
    EVP_PKEY *small = EVP_RSA_gen(1024);
    wr_buf_puts(&b, "{\"keys\":[");
    put_rsa(&b, small, "");
    wr_buf_puts(&b, "]}");
    assert_int_equal(wr_key_set_parse(wr_buf_view(&b), &s, &err), WEIR_ERR_CONFIG);
    assert_non_null(strstr(err.message, "1024 bits"));
    EVP_PKEY_free(small);
    static const char *const not_ours[] = {",\"use\":\"enc\"", ",\"alg\":\"RS512\"", ",\"alg\":7"};
    for (size_t i = 0; i < WR_ARRAY_LEN(not_ours); i++) {
        wr_buf_clear(&b);
        wr_buf_puts(&b, "{\"keys\":[");
        put_rsa(&b, rsa, not_ours[i]);
        wr_buf_puts(&b, "]}");
        assert_int_equal(wr_key_set_parse(wr_buf_view(&b), &s, &err), WEIR_ERR_CONFIG);
    }
    wr_buf_free(&b);
}

static void write_set(const char *path, EVP_PKEY *key, const char *id)
{
    wr_buf b = {0};
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    wr_buf_puts(&b, "{\"keys\":[");
    put_rsa(&b, key, id);
    wr_buf_puts(&b, "]}");
    fwrite(b.ptr, 1, b.len, f);
    fclose(f);
    wr_buf_free(&b);
}

/* A key that is not known has the file read again, but not for each token. */
static void test_file(void **state)
{
    (void)state;
    char path[] = "/tmp/weir_keys_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    weir_error err;
    wr_token_keys *k;
    wr_token_claims out;
    wr_buf old = {0}, new = {0};
    assert_int_equal(wr_token_keys_new("/no/such/file", NULL, &k, &err), WEIR_ERR_IO);
    assert_int_equal(wr_token_keys_new("http://127.0.0.1/keys", NULL, &k, &err), WEIR_ERR_CONFIG);
    write_set(path, rsa, ",\"kid\":\"1\"");
    assert_int_equal(wr_token_keys_new(path, NULL, &k, &err), WEIR_OK);
    token(&old, rsa, "{\"alg\":\"RS256\",\"kid\":\"1\"}", CLAIMS(""));
    token(&new, other_rsa, "{\"alg\":\"RS256\",\"kid\":\"2\"}", CLAIMS(""));
    assert_int_equal(wr_token_keys_verify(k, &rules, wr_buf_view(&old), NOW, &out),
                     WR_TOKEN_ACCEPTED);
    write_set(path, other_rsa, ",\"kid\":\"2\"");
    for (int i = 0; i < 3; i++) /* it was read a moment ago */
        assert_int_equal(wr_token_keys_verify(k, &rules, wr_buf_view(&new), NOW, &out),
                         WR_TOKEN_REFUSED);
    assert_int_equal(wr_token_keys_reads(k), 1);
    assert_int_equal(wr_token_keys_reload(k, &err), WEIR_OK);
    assert_int_equal(wr_token_keys_verify(k, &rules, wr_buf_view(&new), NOW, &out),
                     WR_TOKEN_ACCEPTED);
    assert_int_equal(wr_token_keys_verify(k, &rules, wr_buf_view(&old), NOW, &out),
                     WR_TOKEN_REFUSED);
    unlink(path);
    assert_int_equal(wr_token_keys_reload(k, &err), WEIR_ERR_IO); /* what is known counts on */
    assert_int_equal(wr_token_keys_verify(k, &rules, wr_buf_view(&new), NOW, &out),
                     WR_TOKEN_ACCEPTED);
    wr_token_keys_free(k);
    wr_buf_free(&old);
    wr_buf_free(&new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_changed),  cmocka_unit_test(test_words),
        cmocka_unit_test(test_key_sets), cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
