/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and key sets. The first byte says what the rest is: a token as it is sent; a header and
 * claims (split by a NUL) that get a signature of the right length; or a key set, which then
 * verifies a token. Held against: nothing that the fuzzer writes is accepted, since it has no
 * private key; a refusal says why; verifying twice gives the same; and base 64 has one spelling.
 */
#include "server/tokens/signed_token.h"

#include "common/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The public keys of RFC 7517, A.1. */
static const char known[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"1\","
                            "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
                            "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"},"
                            "{\"kty\":\"RSA\",\"kid\":\"2\",\"e\":\"AQAB\",\"n\":"
                            "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4"
                            "cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_"
                            "2W-5JsGY4Hc5n9yBXArwl93lqt"
                            "7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
                            "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbIS"
                            "D08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
                            "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDK"
                            "gw\"}]}";

static const wr_token_rules rules = {WR_TOKEN_RS256 | WR_TOKEN_ES256, "me", "weir", "roles", 30};

static void put_base64url(wr_buf *out, const uint8_t *p, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t from = out->len;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) |
                     (i + 2 < n ? p[i + 2] : 0u);
        for (size_t k = 0; k < (n - i >= 3 ? 4 : n - i + 1); k++)
            wr_buf_putc(out, digits[v >> (18 - 6 * k) & 63]);
    }
    unsigned char *back = wr_malloc(out->len - from + 1);
    int64_t len = wr_token_base64url(wr_str_make(out->ptr + from, out->len - from), back);
    WR_ASSERT(n == 0 || (len == (int64_t)n && memcmp(back, p, n) == 0));
    wr_free(back);
}

static void check(const wr_key_set *keys, wr_str token)
{
    wr_token_claims one, two;
    wr_token_result r = wr_token_verify(keys, &rules, token, 1700000000, &one);
    WR_ASSERT(r != WR_TOKEN_GOOD && one.why[0] && !one.user[0] && !one.roles[0]);
    WR_ASSERT(wr_token_verify(keys, &rules, token, 1700000000, &two) == r);
    WR_ASSERT(strcmp(one.why, two.why) == 0);
}

static void check_parts(const wr_key_set *keys, const uint8_t *data, size_t size)
{
    static const uint8_t signature[256] = {1};
    const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
    size_t header = nul ? (size_t)(nul - data) : size;
    for (size_t n = 64; n <= sizeof signature; n *= 4) {
        wr_buf b = {0};
        put_base64url(&b, data, header);
        wr_buf_putc(&b, '.');
        put_base64url(&b, nul ? nul + 1 : data, nul ? size - header - 1 : 0);
        wr_buf_putc(&b, '.');
        put_base64url(&b, signature, n);
        check(keys, wr_buf_view(&b));
        wr_buf_free(&b);
    }
}

static void check_key_set(wr_str text)
{
    static const char token[] = "{\"alg\":\"ES256\"}\0{\"iss\":\"me\"}";
    wr_key_set *keys;
    weir_error err;
    if (wr_key_set_parse(text, &keys, &err) != WEIR_OK) {
        WR_ASSERT(!keys && err.message[0]);
        return;
    }
    WR_ASSERT(wr_key_set_size(keys) > 0);
    check_parts(keys, (const uint8_t *)token, sizeof token - 1);
    wr_key_set_free(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static wr_key_set *keys;
    weir_error err;
    if (!keys)
        WR_ASSERT(wr_key_set_parse(wr_str_c(known), &keys, &err) == WEIR_OK &&
                  wr_key_set_size(keys) == 2);
    if (size == 0)
        return 0;
    wr_str rest = wr_str_make((const char *)data + 1, size - 1);
    if (data[0] % 3 == 0)
        check(keys, rest);
    else if (data[0] % 3 == 1)
        check_parts(keys, data + 1, size - 1);
    else
        check_key_set(rest);
    return 0;
}
