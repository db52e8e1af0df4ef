/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/tls.h"

#include <openssl/err.h>
#include <openssl/x509.h>

struct wr__tls {
    SSL *ssl; /* owns both: */
    BIO *from_socket, *to_socket;
};

/* The oldest error of OpenSSL's queue, which is emptied. */
static weir_status tls_error(weir_error *err, const char *what, const char *file)
{
    char text[200] = "unknown error";
    unsigned long code = ERR_get_error();
    if (code)
        ERR_error_string_n(code, text, sizeof text);
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return wr_error(err, WEIR_ERR_CONFIG, "TLS: the %s %s cannot be used: %s", what, file,
                    reason ? reason : text);
}

static int give_password(char *to, int size, int writing, void *arg)
{
    (void)writing;
    const char *password = arg;
    int n = password ? (int)strlen(password) : 0;
    if (n == 0 || n > size)
        return 0; /* and not OpenSSL's question at the terminal */
    memcpy(to, password, (size_t)n);
    return n;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *arg)
{
    static const unsigned char offers[] = "\x02h2\x08http/1.1";
    (void)ssl;
    (void)arg;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_len, offers, sizeof offers - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static weir_status load_files(SSL_CTX *ctx, const wr_http_tls *f, weir_error *err)
{
    SSL_CTX_set_default_passwd_cb(ctx, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, (void *)f->key_password);
    if (SSL_CTX_use_certificate_chain_file(ctx, f->certificate) != 1)
        return tls_error(err, "certificate", f->certificate);
    if (SSL_CTX_use_PrivateKey_file(ctx, f->key, SSL_FILETYPE_PEM) != 1)
        return tls_error(err, "key", f->key);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
    if (!f->client_ca)
        return WEIR_OK;
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(f->client_ca);
    if (!names || SSL_CTX_load_verify_locations(ctx, f->client_ca, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return tls_error(err, "list of authorities", f->client_ca);
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    SSL_CTX_set_verify(
        ctx, SSL_VERIFY_PEER | (f->client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
    return WEIR_OK;
}

weir_status wr__tls_context(const wr_http_tls *files, SSL_CTX **out, weir_error *err)
{
    *out = NULL;
    if (!files->certificate || !files->key)
        return wr_error(err, WEIR_ERR_CONFIG, "TLS needs a certificate and its key");
    if (files->client_required && !files->client_ca)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "Certificates are required of clients, but no authority is named");
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    WR_ASSERT(ctx);
    static const unsigned char sessions[] = "weir";
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_session_id_context(ctx, sessions, sizeof sessions - 1);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    weir_status st = load_files(ctx, files, err);
    if (st != WEIR_OK) {
        SSL_CTX_free(ctx);
        return st;
    }
    *out = ctx;
    return WEIR_OK;
}

wr__tls *wr__tls_new(SSL_CTX *context)
{
    wr__tls *t = wr_calloc(1, sizeof *t);
    t->ssl = SSL_new(context);
    t->from_socket = BIO_new(BIO_s_mem());
    t->to_socket = BIO_new(BIO_s_mem());
    WR_ASSERT(t->ssl && t->from_socket && t->to_socket);
    SSL_set_bio(t->ssl, t->from_socket, t->to_socket);
    SSL_set_accept_state(t->ssl);
    return t;
}

void wr__tls_free(wr__tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    wr_free(t);
}

void wr__tls_feed(wr__tls *t, const char *data, size_t n)
{
    while (n > 0) {
        int part = BIO_write(t->from_socket, data, (int)WR_MIN(n, (size_t)1 << 20));
        WR_ASSERT(part > 0); /* a buffer in memory takes everything */
        data += part;
        n -= (size_t)part;
    }
}

int wr__tls_read(wr__tls *t, char *to, size_t n)
{
    ERR_clear_error();
    int got = SSL_read(t->ssl, to, (int)n);
    if (got > 0)
        return got;
    int why = SSL_get_error(t->ssl, got);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

bool wr__tls_write(wr__tls *t, const char *plain, size_t n)
{
    while (n > 0) {
        ERR_clear_error();
        int part = SSL_write(t->ssl, plain, (int)WR_MIN(n, (size_t)1 << 20));
        if (part <= 0)
            return false;
        plain += part;
        n -= (size_t)part;
    }
    return true;
}

void wr__tls_shutdown(wr__tls *t)
{
    ERR_clear_error();
    if (SSL_is_init_finished(t->ssl))
        (void)SSL_shutdown(t->ssl);
}

void wr__tls_take(wr__tls *t, wr_buf *cipher)
{
    size_t n = BIO_ctrl_pending(t->to_socket);
    if (n == 0)
        return;
    int got = BIO_read(t->to_socket, wr_buf_reserve(cipher, n), (int)n);
    WR_ASSERT(got == (int)n);
    cipher->len += n;
}

bool wr__tls_is_ready(const wr__tls *t)
{
    return SSL_is_init_finished(t->ssl);
}

bool wr__tls_chose_http2(const wr__tls *t)
{
    const unsigned char *name;
    unsigned n;
    SSL_get0_alpn_selected(t->ssl, &name, &n);
    return n == 2 && memcmp(name, "h2", 2) == 0;
}

char *wr__tls_subject(const wr__tls *t)
{
    char text[512];
    X509 *certificate = SSL_get0_peer_certificate(t->ssl);
    if (!certificate)
        return NULL;
    X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof text);
    return wr_strdup(text);
}
