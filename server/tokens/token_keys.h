/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_keys.h - where the public keys of tokens come from: a file, or an address (https) that is
 * asked now and then.
 *
 * Keys are read again when they are an hour old, and when a token names a key that is not among
 * them, since issuers change keys by publishing the new one first; not more often than every
 * WR_TOKEN_KEYS_EVERY_MS, whatever tokens are sent. Where they cannot be had, those that are known
 * go on to count, and it is logged.
 *
 * Threads: any. Verifying may wait for the address (WR_TOKEN_KEYS_WAIT_MS at most), so it is no
 * work for the loop thread.
 */
#ifndef WR_SERVER_TOKENS_TOKEN_KEYS_H
#define WR_SERVER_TOKENS_TOKEN_KEYS_H

#include "server/tokens/signed_token.h"

#define WR_TOKEN_KEYS_EVERY_MS 30000
#define WR_TOKEN_KEYS_AGE_MS   3600000
#define WR_TOKEN_KEYS_WAIT_MS  5000

typedef struct wr_token_keys wr_token_keys;

/**
 * @param source   path of a file, which must be there, or https://...
 * @param ca_file  authorities that sign the address's certificate (PEM); NULL: the system's
 * @return WEIR_ERR_CONFIG, WEIR_ERR_IO
 */
weir_status wr_token_keys_new(const char *source, const char *ca_file, wr_token_keys **out,
                              weir_error *err) WR_MUST_CHECK;
/** NULL is allowed. */
void wr_token_keys_free(wr_token_keys *k);
/** Read a file now (on failure what was known counts on), an address at the next token. */
weir_status wr_token_keys_reload(wr_token_keys *k, weir_error *err) WR_MUST_CHECK;

typedef enum wr_token_answer {
    WR_TOKEN_ACCEPTED,
    WR_TOKEN_REFUSED, /* claims->why */
    WR_TOKEN_NO_KEYS, /* there are none yet: it is not known whether the token is good */
} wr_token_answer;

/** @p now_s: since the epoch. */
wr_token_answer wr_token_keys_verify(wr_token_keys *k, const wr_token_rules *rules, wr_str token,
                                     int64_t now_s, wr_token_claims *out);
/** How often keys have been read so far; for tests. */
uint32_t wr_token_keys_reads(wr_token_keys *k);

#endif
