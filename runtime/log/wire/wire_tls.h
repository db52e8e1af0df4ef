/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_tls.h - TLS of the wire client, by OpenSSL. A context may be shared by threads; a
 * connection's SSL belongs to one.
 */
#ifndef WR_RUNTIME_LOG_WIRE_WIRE_TLS_H
#define WR_RUNTIME_LOG_WIRE_WIRE_TLS_H

#include "common/error.h"

#include <openssl/ssl.h>

/** As librdkafka's settings ssl.*; NULL: not set. */
typedef struct wr_wire_tls {
    const char *ca_location, *ca_pem; /* neither: the system's */
    const char *certificate_location, *certificate_pem;
    const char *key_location, *key_pem, *key_password;
    const char *cipher_suites, *curves, *sigalgs, *crl_location;
    bool verify;
} wr_wire_tls;

/** @return WEIR_ERR_CONFIG names the setting. Free with wr__wire_tls_free. */
weir_status wr__wire_tls_context(const wr_wire_tls *config, SSL_CTX **out,
                                 weir_error *err) WR_MUST_CHECK;
void wr__wire_tls_free(SSL_CTX *context); /* NULL is allowed */
/**
 * TLS over the connected socket @p fd, which stays the caller's. @p host: the broker's, checked
 * against its certificate where @p check_host; where it is an address it must be one of the
 * certificate's. NULL: OpenSSL refused. Free with SSL_free.
 */
SSL *wr__wire_tls_new(SSL_CTX *context, int fd, const char *host, bool check_host);

#endif
