/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tokens/signed_token.h"

#include "formats/format.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { KEYS_MAX = 256, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, P256_BYTES = 32 };

typedef struct set_key {
    char *id; /* `kid`; NULL: it has none */
    wr_token_algorithm algorithm;
    EVP_PKEY *key;
} set_key;

struct wr_key_set {
    set_key *keys;
    uint32_t n;
};

/* ---- base 64 ---- */

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

int64_t wr_token_base64url(wr_str text, unsigned char *out)
{
    uint32_t bits = 0, bits_n = 0;
    int64_t n = 0;
    WR_ASSERT(out || !text.len);
    if (text.len % 4 == 1)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_of(text.ptr[i]);
        if (digit < 0)
            return -1;
        bits = bits << 6 | (uint32_t)digit;
        bits_n += 6;
        if (bits_n >= 8) {
            bits_n -= 8;
            out[n++] = (unsigned char)(bits >> bits_n);
            bits &= (1u << bits_n) - 1;
        }
    }
    WR_ASSERT(bits_n < 8 && n >= 0);
    return bits ? -1 : n; /* what is left over must be 0: one spelling */
}

/* In @p a. @return false: it is no base 64, or is empty. */
static bool decode(wr_str text, wr_arena *a, wr_str *out)
{
    unsigned char *bytes = wr_arena_alloc(a, text.len + 1);
    int64_t n = wr_token_base64url(text, bytes);
    *out = wr_str_make((const char *)bytes, n > 0 ? (size_t)n : 0);
    return n > 0;
}

/* ---- JSON ---- */

/* NULL: it is not there, or twice: readers disagree about which counts. */
static const wr_json *member(const wr_json *object, const char *name)
{
    const wr_json *found = NULL;
    WR_ASSERT(object->kind == WR_JSON_OBJECT && name);
    for (uint32_t i = 0; i < object->n; i++) {
        if (!wr_str_eq_c(object->keys[i], name))
            continue;
        if (found)
            return NULL;
        found = &object->items[i];
    }
    return found;
}

static bool has(const wr_json *object, const char *name)
{
    return wr_json_get(object, name) != NULL;
}

static const wr_json *text_member(const wr_json *object, const char *name)
{
    const wr_json *j = member(object, name);
    return j && j->kind == WR_JSON_STRING && !memchr(j->text.ptr, 0, j->text.len) ? j : NULL;
}

static bool is_text(const wr_json *object, const char *name, const char *text)
{
    const wr_json *j = text_member(object, name);
    return j && wr_str_eq_c(j->text, text);
}

static const wr_json *parse_object(wr_str text, wr_arena *a)
{
    wr_json *j;
    weir_error err;
    return wr_json_parse(text, false, a, &j, &err) == WEIR_OK && j->kind == WR_JSON_OBJECT ? j
                                                                                           : NULL;
}

/* ---- key sets ---- */

static EVP_PKEY *make_key(const char *kind, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static EVP_PKEY *rsa_key(wr_str n_bytes, wr_str e_bytes)
{
    EVP_PKEY *key = NULL;
    if (n_bytes.len > RSA_BITS_MAX / 8 || e_bytes.len > 8)
        return NULL;
    BIGNUM *n = BN_bin2bn((const unsigned char *)n_bytes.ptr, (int)n_bytes.len, NULL);
    BIGNUM *e = BN_bin2bn((const unsigned char *)e_bytes.ptr, (int)e_bytes.len, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    /* An even exponent, or 1, verifies what nobody has signed. */
    if (n && e && build && BN_is_odd(e) && !BN_is_one(e) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        key = make_key("RSA", build);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return key;
}

static EVP_PKEY *p256_key(wr_str x, wr_str y)
{
    EVP_PKEY *key = NULL;
    unsigned char point[1 + 2 * P256_BYTES] = {4}; /* not compressed */
    if (x.len != P256_BYTES || y.len != P256_BYTES)
        return NULL;
    memcpy(point + 1, x.ptr, P256_BYTES);
    memcpy(point + 1 + P256_BYTES, y.ptr, P256_BYTES);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1)
        key = make_key("EC", build); /* a point that is not on the curve is refused */
    OSSL_PARAM_BLD_free(build);
    return key;
}

/* Two members of a key, decoded. */
static bool parts(const wr_json *j, const char *first, const char *second, wr_arena *a, wr_str *out)
{
    const wr_json *one = text_member(j, first), *two = text_member(j, second);
    return one && two && decode(one->text, a, &out[0]) && decode(two->text, a, &out[1]);
}

/* Is it for signatures, as far as it says? */
static bool is_for_signatures(const wr_json *j, const char *algorithm)
{
    return (!has(j, "use") || is_text(j, "use", "sig")) &&
           (!has(j, "alg") || is_text(j, "alg", algorithm));
}

/* Nothing is added for a key of no use here. */
static weir_status add_key(wr_key_set *s, const wr_json *j, wr_arena *a, weir_error *err)
{
    wr_str bytes[2];
    set_key k = {0};
    if (j->kind != WR_JSON_OBJECT)
        return WEIR_OK;
    const wr_json *id = text_member(j, "kid");
    if (is_text(j, "kty", "RSA") && is_for_signatures(j, "RS256") && parts(j, "n", "e", a, bytes)) {
        k = (set_key){NULL, WR_TOKEN_RS256, rsa_key(bytes[0], bytes[1])};
        if (k.key && EVP_PKEY_get_bits(k.key) < RSA_BITS_MIN) {
            int bits = EVP_PKEY_get_bits(k.key);
            EVP_PKEY_free(k.key);
            return wr_error(err, WEIR_ERR_CONFIG, "An RSA key has %d bits: %d are the least", bits,
                            RSA_BITS_MIN);
        }
    } else if (is_text(j, "kty", "EC") && is_text(j, "crv", "P-256") &&
               is_for_signatures(j, "ES256") && parts(j, "x", "y", a, bytes)) {
        k = (set_key){NULL, WR_TOKEN_ES256, p256_key(bytes[0], bytes[1])};
    }
    if (!k.key)
        return WEIR_OK;
    WR_ASSERT(k.algorithm && s->n < KEYS_MAX);
    k.id = id ? wr_strdup(wr_arena_str(a, id->text).ptr) : NULL;
    s->keys[s->n++] = k;
    return WEIR_OK;
}

weir_status wr_key_set_parse(wr_str text, wr_key_set **out, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    const wr_json *root = parse_object(text, a), *list = root ? member(root, "keys") : NULL;
    weir_status st = WEIR_OK;
    *out = NULL;
    wr_key_set *s = wr_calloc(1, sizeof *s);
    if (!list || list->kind != WR_JSON_ARRAY)
        st = wr_error(err, WEIR_ERR_CONFIG, "It is no JSON Web Key Set: no list \"keys\"");
    else if (list->n > KEYS_MAX)
        st = wr_error(err, WEIR_ERR_CONFIG, "It has more than %d keys", KEYS_MAX);
    else
        s->keys = wr_calloc(list->n, sizeof *s->keys);
    for (uint32_t i = 0; st == WEIR_OK && i < list->n; i++)
        st = add_key(s, &list->items[i], a, err);
    if (st == WEIR_OK && !s->n)
        st = wr_error(err, WEIR_ERR_CONFIG, "It has no key for RS256 or ES256");
    wr_arena_free(a);
    if (st == WEIR_OK)
        *out = s;
    else
        wr_key_set_free(s);
    return st;
}

void wr_key_set_free(wr_key_set *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->n; i++) {
        wr_free(s->keys[i].id);
        EVP_PKEY_free(s->keys[i].key);
    }
    wr_free(s->keys);
    wr_free(s);
}

uint32_t wr_key_set_size(const wr_key_set *s)
{
    WR_ASSERT(s && s->n > 0);
    return s->n;
}

/* ---- algorithms ---- */

static unsigned algorithm_of(wr_str name)
{
    return wr_str_eq_c(name, "RS256")   ? WR_TOKEN_RS256
           : wr_str_eq_c(name, "ES256") ? WR_TOKEN_ES256
                                        : 0;
}

unsigned wr_token_algorithms(const char *names)
{
    unsigned all = 0;
    for (const char *p = names; *p;) {
        p += strspn(p, ", ");
        size_t n = strcspn(p, ", ");
        unsigned one = algorithm_of(wr_str_make(p, n));
        if (n && !one)
            return 0;
        all |= one;
        p += n;
    }
    return all;
}

/* ---- signatures ---- */

/* R and S, 32 bytes each, as OpenSSL has them. @return its length; 0: failed. */
static int ecdsa_der(wr_str signature, unsigned char **der)
{
    if (signature.len != 2 * P256_BYTES)
        return 0;
    const unsigned char *p = (const unsigned char *)signature.ptr;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(p, P256_BYTES, NULL), *s = BN_bin2bn(p + P256_BYTES, P256_BYTES, NULL);
    int n = 0;
    if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
        n = i2d_ECDSA_SIG(sig, der);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(sig);
    return n > 0 ? n : 0;
}

static bool is_signed(const set_key *k, wr_str signed_text, wr_str signature)
{
    unsigned char *der = NULL;
    WR_ASSERT(k->key && signed_text.len && signature.len);
    const unsigned char *sig = (const unsigned char *)signature.ptr;
    size_t n = signature.len;
    if (k->algorithm == WR_TOKEN_ES256) {
        n = (size_t)ecdsa_der(signature, &der);
        sig = der;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good =
        ctx && n && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k->key) == 1 &&
        EVP_DigestVerify(ctx, sig, n, (const unsigned char *)signed_text.ptr, signed_text.len) == 1;
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);
    return good;
}

/* ---- tokens ---- */

typedef struct parsed_token {
    wr_str signed_text, signature;
    const wr_json *header, *claims;
} parsed_token;

static wr_token_result bad(wr_token_claims *out, const char *fmt, ...) WR_PRINTF(2, 3);
static wr_token_result bad(wr_token_claims *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out->why, sizeof out->why, fmt, ap);
    va_end(ap);
    return WR_TOKEN_BAD;
}

static bool split(wr_str text, wr_arena *a, parsed_token *t)
{
    const char *end = text.ptr + text.len;
    const char *one = text.len ? memchr(text.ptr, '.', text.len) : NULL;
    const char *two = one ? memchr(one + 1, '.', (size_t)(end - one - 1)) : NULL;
    wr_str header, claims;
    if (!two || !decode(wr_str_make(text.ptr, (size_t)(one - text.ptr)), a, &header) ||
        !decode(wr_str_make(one + 1, (size_t)(two - one - 1)), a, &claims) ||
        !decode(wr_str_make(two + 1, (size_t)(end - two - 1)), a, &t->signature))
        return false;
    t->signed_text = wr_str_make(text.ptr, (size_t)(two - text.ptr));
    t->header = parse_object(header, a);
    t->claims = parse_object(claims, a);
    return t->header && t->claims;
}

/* A token that names no key may have been signed by the only one of its algorithm. */
static const set_key *find_key(const wr_key_set *s, const wr_json *header, unsigned algorithm)
{
    const set_key *found = NULL;
    WR_ASSERT(algorithm && !(algorithm & (algorithm - 1)));
    const wr_json *id = text_member(header, "kid");
    if (!id && has(header, "kid"))
        return NULL;
    for (uint32_t i = 0; i < s->n; i++) {
        const set_key *k = &s->keys[i];
        if (k->algorithm != (wr_token_algorithm)algorithm)
            continue;
        if (id && k->id && wr_str_eq_c(id->text, k->id))
            return k;
        if (!id && found)
            return NULL;
        if (!id)
            found = k;
    }
    return found;
}

/* Seconds since the epoch, which may have a fraction. */
static bool seconds(const wr_json *claims, const char *name, double *out)
{
    char digits[40], *end;
    const wr_json *j = member(claims, name);
    if (!j || j->kind != WR_JSON_NUMBER || j->text.len >= sizeof digits)
        return false;
    memcpy(digits, j->text.ptr, j->text.len);
    digits[j->text.len] = '\0';
    *out = strtod(digits, &end);
    return *end == '\0' && isfinite(*out) && fabs(*out) < 1e12;
}

static wr_token_result check_times(const wr_json *claims, const wr_token_rules *rules,
                                   int64_t now_s, wr_token_claims *out)
{
    double at, now = (double)now_s, skew = (double)rules->skew_s;
    if (!seconds(claims, "exp", &at))
        return bad(out, "it has no expiry (exp)");
    if (at + skew <= now)
        return bad(out, "it has expired");
    out->expires_s = (int64_t)at;
    static const char *const since[] = {"nbf", "iat"};
    for (size_t i = 0; i < WR_ARRAY_LEN(since); i++) {
        if (!has(claims, since[i]))
            continue;
        if (!seconds(claims, since[i], &at))
            return bad(out, "%s is no time", since[i]);
        if (at - skew > now)
            return bad(out, "it is not valid yet (%s)", since[i]);
    }
    return WR_TOKEN_GOOD;
}

static bool is_for(const wr_json *claims, const char *audience)
{
    const wr_json *j = member(claims, "aud");
    if (j && j->kind == WR_JSON_STRING)
        return wr_str_eq_c(j->text, audience);
    for (uint32_t i = 0; j && j->kind == WR_JSON_ARRAY && i < j->n; i++)
        if (j->items[i].kind == WR_JSON_STRING && wr_str_eq_c(j->items[i].text, audience))
            return true;
    return false;
}

/* A role with a separator of lists, or a NUL, would be another, or two: it is left out. @return
 * false: there are too many. */
static bool add_role(char *roles, size_t size, wr_str role)
{
    size_t at = strlen(roles);
    WR_ASSERT(at < size);
    if (!role.len)
        return true;
    for (size_t i = 0; i < role.len; i++)
        if (memchr(", \t", role.ptr[i], 4)) /* with the NUL */
            return true;
    if (at + 1 + role.len + 1 > size)
        return false;
    if (at)
        roles[at++] = ',';
    memcpy(roles + at, role.ptr, role.len);
    roles[at + role.len] = '\0';
    return true;
}

static bool take_roles(const wr_json *claims, const char *name, wr_token_claims *out)
{
    const wr_json *j = member(claims, name);
    out->roles[0] = '\0';
    for (uint32_t i = 0; j && j->kind == WR_JSON_ARRAY && i < j->n; i++)
        if (j->items[i].kind == WR_JSON_STRING &&
            !add_role(out->roles, sizeof out->roles, j->items[i].text))
            return false;
    if (!j || j->kind != WR_JSON_STRING)
        return true;
    for (size_t at = 0; at < j->text.len;) {
        const char *from = j->text.ptr + at, *blank = memchr(from, ' ', j->text.len - at);
        size_t n = blank ? (size_t)(blank - from) : j->text.len - at;
        if (!add_role(out->roles, sizeof out->roles, wr_str_make(from, n)))
            return false;
        at += n + 1;
    }
    return true;
}

static wr_token_result check_claims(const wr_json *claims, const wr_token_rules *rules,
                                    int64_t now_s, wr_token_claims *out)
{
    const wr_json *user = text_member(claims, "sub");
    if (check_times(claims, rules, now_s, out) != WR_TOKEN_GOOD)
        return WR_TOKEN_BAD;
    if (!is_text(claims, "iss", rules->issuer))
        return bad(out, "it is of another issuer (iss)");
    if (!is_for(claims, rules->audience))
        return bad(out, "it is for somebody else (aud)");
    if (!user || !user->text.len || user->text.len >= sizeof out->user)
        return bad(out, "it names no user (sub), or one that is too long");
    memcpy(out->user, user->text.ptr, user->text.len);
    out->user[user->text.len] = '\0';
    if (!take_roles(claims, rules->roles_claim, out))
        return bad(out, "its roles are too many");
    return WR_TOKEN_GOOD;
}

static wr_token_result verify(const wr_key_set *keys, const wr_token_rules *rules, wr_str text,
                              int64_t now_s, wr_arena *a, wr_token_claims *out)
{
    parsed_token t;
    if (text.len > WR_TOKEN_MAX || !split(text, a, &t))
        return bad(out, "it is no signed token (JWT)");
    const wr_json *name = text_member(t.header, "alg");
    unsigned algorithm = name ? algorithm_of(name->text) : 0;
    if (!(algorithm & rules->algorithms))
        return bad(out, "its algorithm is none of those that are allowed");
    if (has(t.header, "crit"))
        return bad(out, "it needs extensions (crit)");
    const set_key *k = find_key(keys, t.header, algorithm);
    if (!k) {
        (void)bad(out, "its key (kid) is not known");
        return WR_TOKEN_NO_KEY;
    }
    if (!is_signed(k, t.signed_text, t.signature))
        return bad(out, "its signature is wrong");
    return check_claims(t.claims, rules, now_s, out);
}

wr_token_result wr_token_verify(const wr_key_set *keys, const wr_token_rules *rules, wr_str text,
                                int64_t now_s, wr_token_claims *out)
{
    WR_ASSERT(keys && rules->algorithms && rules->skew_s >= 0);
    WR_ASSERT(rules->issuer && rules->audience && rules->roles_claim);
    wr_arena *a = wr_arena_new(0);
    *out = (wr_token_claims){0};
    wr_token_result r = verify(keys, rules, text, now_s, a, out);
    WR_ASSERT(r != WR_TOKEN_GOOD || (out->user[0] && !out->why[0]));
    wr_arena_free(a);
    if (r != WR_TOKEN_GOOD)
        out->user[0] = out->roles[0] = '\0';
    return r;
}
