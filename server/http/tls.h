/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.h - TLS between a socket and a connection, by OpenSSL over buffers in memory: the loop reads
 * and writes the socket, OpenSSL never sees it.
 */
#ifndef WR_SERVER_HTTP_TLS_H
#define WR_SERVER_HTTP_TLS_H

#include "server/http/http.h"

#include <openssl/ssl.h>

typedef struct wr__tls wr__tls;

/** Read certificate, key and authorities. TLS 1.2 or newer; ALPN h2 and http/1.1.
 *  @return WEIR_ERR_CONFIG: a file cannot be read or used, which says why. Free: SSL_CTX_free. */
weir_status wr__tls_context(const wr_http_tls *files, SSL_CTX **out, weir_error *err) WR_MUST_CHECK;
/** Of one connection; goes on with what @p context is now, whatever a reload makes of it. */
wr__tls *wr__tls_new(SSL_CTX *context);
void wr__tls_free(wr__tls *t);
/** Bytes from the socket. */
void wr__tls_feed(wr__tls *t, const char *data, size_t n);
/** Plain text out of them. @return bytes; 0: more must come first; -1: broken, or closed. */
int wr__tls_read(wr__tls *t, char *to, size_t n);
/** Make @p plain cipher text. @return false: broken. */
bool wr__tls_write(wr__tls *t, const char *plain, size_t n);
/** Say that no more will come. */
void wr__tls_shutdown(wr__tls *t);
/** Append what is to be sent now: handshake, cipher text, alerts. */
void wr__tls_take(wr__tls *t, wr_buf *cipher);
/** Is the handshake done? Then what was agreed on holds: */
bool wr__tls_is_ready(const wr__tls *t);
bool wr__tls_chose_http2(const wr__tls *t);
/** Subject of the client's certificate ("/CN=ada"); free with wr_free. NULL: it has shown none. */
char *wr__tls_subject(const wr__tls *t);

#endif
