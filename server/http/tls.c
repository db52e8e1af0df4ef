/* SPDX-License-Identifier: Apache-2.0 */
/* TLS over OpenSSL: between the socket's bytes and the protocol's, in memory. */
#include "server/http/internal.h"

#include <openssl/err.h>
#include <string.h>

struct wr__tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
    char *subject;
    bool asked; /* the client's certificate has been looked at */
};

/* ---- the context ---- */

static weir_status fail(weir_error *err, const char *what, const char *file)
{
    char text[160];
    ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
    ERR_clear_error();
    return wr_error(err, WEIR_ERR_CONFIG, "%s %s: %s", what, file, text);
}

/* ALPN: what the server likes best of what the client offers. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                   const unsigned char *in, unsigned in_n, void *arg)
{
    static const unsigned char ours[] = "\x02h2\x08http/1.1";
    unsigned char *chosen;
    (void)ssl, (void)arg;
    if (SSL_select_next_proto(&chosen, out_n, ours, sizeof ours - 1, in, in_n) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static int on_password(char *to, int size, int writing, void *arg)
{
    const char *password = arg;
    (void)writing;
    int n = password ? (int)strlen(password) : 0;
    if (n > size)
        return 0;
    memcpy(to, password ? password : "", (size_t)n);
    return n;
}

static weir_status load(SSL_CTX *t, const wr_http_tls *o, weir_error *err)
{
    SSL_CTX_set_default_passwd_cb(t, on_password);
    SSL_CTX_set_default_passwd_cb_userdata(t, (void *)o->key_password);
    if (SSL_CTX_use_certificate_chain_file(t, o->certificate) != 1)
        return fail(err, "The certificate", o->certificate);
    if (SSL_CTX_use_PrivateKey_file(t, o->key, SSL_FILETYPE_PEM) != 1)
        return fail(err, "The key", o->key);
    if (SSL_CTX_check_private_key(t) != 1)
        return fail(err, "The key is not the certificate's:", o->key);
    SSL_CTX_set_default_passwd_cb_userdata(t, NULL);
    if (!o->client_ca)
        return WEIR_OK;
    if (SSL_CTX_load_verify_locations(t, o->client_ca, NULL) != 1)
        return fail(err, "The certificates of those who sign for clients,", o->client_ca);
    SSL_CTX_set_client_CA_list(t, SSL_load_client_CA_file(o->client_ca));
    SSL_CTX_set_verify(
        t, SSL_VERIFY_PEER | (o->client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
    return WEIR_OK;
}

weir_status wr__tls_context(const wr_http_tls *o, SSL_CTX **out, weir_error *err)
{
    SSL_CTX *t = SSL_CTX_new(TLS_server_method());
    WR_ASSERT(t);
    SSL_CTX_set_min_proto_version(t, TLS1_2_VERSION);
    SSL_CTX_set_alpn_select_cb(t, on_alpn, NULL);
    SSL_CTX_set_mode(t, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(t, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_id_context(t, (const unsigned char *)"weir", 4);
    weir_status st = load(t, o, err);
    if (st != WEIR_OK) {
        SSL_CTX_free(t);
        t = NULL;
    }
    *out = t;
    return st;
}

/* ---- a connection ---- */

wr__tls *wr__tls_new(SSL_CTX *context)
{
    wr__tls *t = wr_calloc(1, sizeof *t);
    t->ssl = SSL_new(context);
    t->in = BIO_new(BIO_s_mem());
    t->out = BIO_new(BIO_s_mem());
    WR_ASSERT(t->ssl && t->in && t->out);
    SSL_set_bio(t->ssl, t->in, t->out);
    SSL_set_accept_state(t->ssl);
    return t;
}

void wr__tls_free(wr__tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    wr_free(t->subject);
    wr_free(t);
}

static bool failed(wr__tls *t, int result)
{
    int e = SSL_get_error(t->ssl, result);
    ERR_clear_error();
    return e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE;
}

bool wr__tls_receive(wr__conn *c, const uint8_t *data, size_t n)
{
    wr__tls *t = c->tls;
    (void)BIO_write(t->in, data, (int)n);
    for (;;) {
        uint8_t plain[16384];
        int got = SSL_read(t->ssl, plain, sizeof plain);
        if (got <= 0)
            return !failed(t, got); /* a goodbye is a failure, too: nothing comes any more */
        wr__conn_receive(c, plain, (size_t)got);
    }
}

bool wr__tls_send(wr__conn *c)
{
    wr__tls *t = c->tls;
    if (c->out.len && SSL_is_init_finished(t->ssl)) {
        int sent = SSL_write(t->ssl, c->out.ptr, (int)c->out.len);
        if (sent <= 0 && failed(t, sent))
            return false;
        if (sent > 0)
            wr_buf_clear(&c->out); /* into memory: all of it */
    }
    if (c->ending && c->out.len == 0)
        (void)SSL_shutdown(t->ssl);
    ERR_clear_error();
    size_t n = BIO_ctrl_pending(t->out);
    if (n) {
        char *to = wr_buf_reserve(&c->wire, n);
        int got = BIO_read(t->out, to, (int)n);
        c->wire.len += got > 0 ? (size_t)got : 0;
    }
    return true;
}

const char *wr__tls_subject(wr__tls *t)
{
    X509 *certificate = t->asked ? NULL : SSL_get1_peer_certificate(t->ssl);
    t->asked = true;
    if (certificate) {
        char *text = X509_NAME_oneline(X509_get_subject_name(certificate), NULL, 0);
        t->subject = wr_strdup(text ? text : "");
        OPENSSL_free(text);
        X509_free(certificate);
    }
    return t->subject;
}

bool wr__tls_is_http2(const wr__tls *t)
{
    const unsigned char *name;
    unsigned n;
    SSL_get0_alpn_selected(t->ssl, &name, &n);
    return n == 2 && memcmp(name, "h2", 2) == 0;
}
