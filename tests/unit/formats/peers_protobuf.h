/* SPDX-License-Identifier: Apache-2.0 */
/* What test_peers.c asks of Google's library: a dynamic message of a .proto file's first message.
 */
#ifndef WR_TEST_FORMATS_PEERS_PROTOBUF_H
#define WR_TEST_FORMATS_PEERS_PROTOBUF_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Parse @p bytes as the first message of the file, and write it again. @p out is written by malloc;
 * the caller frees it with peer_free.
 * @return NULL, or what is wrong: the bytes do not parse, or have fields that the message lacks.
 *         Static until the next call.
 */
const char *peer_rewrite(const char *text, size_t text_len, const char *bytes, size_t n, char **out,
                         size_t *out_n);
void peer_free(char *bytes);

#ifdef __cplusplus
}
#endif

#endif
