/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signed_token.h - signed tokens (JWT: RFC 7519, JWS in compact form: RFC 7515) held against a set
 * of public keys (JWKS: RFC 7517).
 *
 * What is accepted is said by configuration, never by the token: an algorithm counts only where the
 * rules list it, and each key is good for one algorithm (RSA: RS256, P-256: ES256), so a token
 * cannot have its key used in another way. A token without expiry, or with critical extensions
 * ("crit"), is refused, and so is one with a member twice where it matters.
 *
 * Pure: no clock, files, network. Threads: any; a key set does not change.
 */
#ifndef WR_SERVER_TOKENS_SIGNED_TOKEN_H
#define WR_SERVER_TOKENS_SIGNED_TOKEN_H

#include "common/error.h"
#include "common/str.h"

/** Longer tokens are refused. */
#define WR_TOKEN_MAX 8192u

typedef enum wr_token_algorithm { WR_TOKEN_RS256 = 1, WR_TOKEN_ES256 = 2 } wr_token_algorithm;

typedef struct wr_key_set wr_key_set;

/**
 * Read a JWKS. Keys for other uses or of other kinds are left out, as RFC 7517 wants it (5).
 * @return WEIR_ERR_CONFIG: it is none, or has no key that could be used, or an RSA key of fewer
 * than 2048 bits.
 */
weir_status wr_key_set_parse(wr_str text, wr_key_set **out, weir_error *err) WR_MUST_CHECK;
/** NULL is allowed. */
void wr_key_set_free(wr_key_set *s);
uint32_t wr_key_set_size(const wr_key_set *s);

/** "RS256,ES256" as bits of wr_token_algorithm. @return 0: something else is among them, or none.
 */
unsigned wr_token_algorithms(const char *names);

/** What is accepted; borrowed. */
typedef struct wr_token_rules {
    unsigned algorithms;     /* bits of wr_token_algorithm */
    const char *issuer;      /* `iss` must be it */
    const char *audience;    /* `aud` must be it, or have it */
    const char *roles_claim; /* where roles stand: a list of texts, or a text with blanks between */
    int64_t skew_s;          /* clocks may differ by so much */
} wr_token_rules;

typedef enum wr_token_result {
    WR_TOKEN_GOOD,
    WR_TOKEN_BAD,
    WR_TOKEN_NO_KEY, /* its `kid` is not in the set: there may be a newer one */
} wr_token_result;

typedef struct wr_token_claims {
    char user[256];    /* `sub` */
    char roles[1024];  /* with commas between them; "": none */
    int64_t expires_s; /* `exp`, since the epoch */
    char why[160];     /* not WR_TOKEN_GOOD: what is wrong; nothing of the token is in it */
} wr_token_claims;

/** Verify @p text, a token, at @p now_s. */
wr_token_result wr_token_verify(const wr_key_set *keys, const wr_token_rules *rules, wr_str text,
                                int64_t now_s, wr_token_claims *out);

/** Base 64 in its URL form without padding (RFC 7515, 2), in its one canonical spelling. @p out has
 *  room for 3/4 of it. @return bytes; -1: it is none. */
int64_t wr_token_base64url(wr_str text, unsigned char *out);

#endif
