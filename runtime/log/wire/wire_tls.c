/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contexts and connections of TLS. The socket is written by send with MSG_NOSIGNAL and not by
 * OpenSSL's own socket BIO: a library must not raise SIGPIPE in the program that it is part of.
 */
#include "runtime/log/wire/wire_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* ---- context ---- */

static weir_status refuse(const char *setting, weir_error *err)
{
    char text[200] = "not accepted";
    unsigned long code = ERR_peek_last_error();
    if (code)
        ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return wr_error(err, WEIR_ERR_CONFIG, "Kafka setting '%s': %s", setting, text);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Every certificate of the text to the trusted ones. */
static bool trust_pem(SSL_CTX *context, const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    bool any = false, good = bio;
    for (X509 *x; good && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)); any = true) {
        good = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), x) == 1;
        X509_free(x);
    }
    BIO_free(bio);
    if (any && good)
        ERR_clear_error(); /* "no start line", at the text's end */
    return any && good;
}

static weir_status trust(SSL_CTX *context, const wr_wire_tls *c, weir_error *err)
{
    if (c->ca_pem && !trust_pem(context, c->ca_pem))
        return refuse("ssl.ca.pem", err);
    if (c->ca_location) {
        bool folder = is_folder(c->ca_location);
        if (SSL_CTX_load_verify_locations(context, folder ? NULL : c->ca_location,
                                          folder ? c->ca_location : NULL) != 1)
            return refuse("ssl.ca.location", err);
    }
    if (!c->ca_pem && !c->ca_location && SSL_CTX_set_default_verify_paths(context) != 1)
        return refuse("ssl.ca.location", err);
    if (!c->crl_location)
        return WEIR_OK;
    if (SSL_CTX_load_verify_locations(context, c->crl_location, NULL) != 1)
        return refuse("ssl.crl.location", err);
    X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_CRL_CHECK);
    return WEIR_OK;
}

/* The first certificate is ours, the others lead from it to an authority. */
static bool use_chain_pem(SSL_CTX *context, const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *own = bio ? PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL) : NULL;
    bool good = own && SSL_CTX_use_certificate(context, own) == 1;
    X509_free(own);
    for (X509 *x; good && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL));) {
        good = SSL_CTX_add0_chain_cert(context, x) == 1;
        if (!good)
            X509_free(x);
    }
    BIO_free(bio);
    if (good)
        ERR_clear_error();
    return good;
}

static int give_password(char *buf, int size, int writing, void *arg)
{
    (void)writing;
    const char *password = arg;
    if (!password || (int)strlen(password) >= size)
        return 0;
    memcpy(buf, password, strlen(password) + 1);
    return (int)strlen(password);
}

static bool use_key_pem(SSL_CTX *context, const char *pem, const char *password)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    char *own = password ? wr_strdup(password) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, give_password, own) : NULL;
    bool good = key && SSL_CTX_use_PrivateKey(context, key) == 1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    wr_free(own);
    return good;
}

static weir_status identify(SSL_CTX *context, const wr_wire_tls *c, weir_error *err)
{
    char *password = c->key_password ? wr_strdup(c->key_password) : NULL;
    bool good = true;
    if (c->certificate_location &&
        SSL_CTX_use_certificate_chain_file(context, c->certificate_location) != 1)
        good = false, refuse("ssl.certificate.location", err);
    if (good && c->certificate_pem && !use_chain_pem(context, c->certificate_pem))
        good = false, refuse("ssl.certificate.pem", err);
    SSL_CTX_set_default_passwd_cb(context, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(context, password);
    if (good && c->key_location &&
        SSL_CTX_use_PrivateKey_file(context, c->key_location, SSL_FILETYPE_PEM) != 1)
        good = false, refuse("ssl.key.location", err);
    SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
    wr_free(password);
    if (good && c->key_pem && !use_key_pem(context, c->key_pem, c->key_password))
        good = false, refuse("ssl.key.pem", err);
    if (good && (c->key_location || c->key_pem) && SSL_CTX_check_private_key(context) != 1)
        good = false, refuse(c->key_location ? "ssl.key.location" : "ssl.key.pem", err);
    return good ? WEIR_OK : WEIR_ERR_CONFIG;
}

static weir_status choose_algorithms(SSL_CTX *context, const wr_wire_tls *c, weir_error *err)
{
    if (c->cipher_suites && SSL_CTX_set_cipher_list(context, c->cipher_suites) != 1)
        return refuse("ssl.cipher.suites", err);
    if (c->curves && SSL_CTX_set1_curves_list(context, c->curves) != 1)
        return refuse("ssl.curves.list", err);
    if (c->sigalgs && SSL_CTX_set1_sigalgs_list(context, c->sigalgs) != 1)
        return refuse("ssl.sigalgs.list", err);
    return WEIR_OK;
}

weir_status wr__wire_tls_context(const wr_wire_tls *config, SSL_CTX **out, weir_error *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    *out = NULL;
    if (!context)
        return refuse("security.protocol", err);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, config->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    weir_status st = choose_algorithms(context, config, err);
    if (st == WEIR_OK)
        st = trust(context, config, err);
    if (st == WEIR_OK)
        st = identify(context, config, err);
    if (st != WEIR_OK)
        SSL_CTX_free(context);
    else
        *out = context;
    return st;
}

void wr__wire_tls_free(SSL_CTX *context)
{
    SSL_CTX_free(context);
}

/* ---- the socket ---- */

static int fd_of(BIO *bio)
{
    return (int)(intptr_t)BIO_get_data(bio);
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static int socket_write(BIO *bio, const char *bytes, int n)
{
    BIO_clear_retry_flags(bio);
    ssize_t sent = send(fd_of(bio), bytes, (size_t)n, MSG_NOSIGNAL);
    if (sent < 0 && would_block())
        BIO_set_retry_write(bio);
    return (int)sent;
}

static int socket_read(BIO *bio, char *bytes, int n)
{
    BIO_clear_retry_flags(bio);
    ssize_t got = recv(fd_of(bio), bytes, (size_t)n, 0);
    if (got < 0 && would_block())
        BIO_set_retry_read(bio);
    return (int)got;
}

static long socket_control(BIO *bio, int command, long number, void *arg)
{
    (void)bio, (void)number, (void)arg;
    return command == BIO_CTRL_FLUSH;
}

static int socket_new(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

/* Made once, for good: connections of all clients use it. */
static BIO_METHOD *method;
static CRYPTO_ONCE method_once = CRYPTO_ONCE_STATIC_INIT;

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    WR_ASSERT(method);
    BIO_meth_set_write(method, socket_write);
    BIO_meth_set_read(method, socket_read);
    BIO_meth_set_ctrl(method, socket_control);
    BIO_meth_set_create(method, socket_new);
}

static bool is_address(const char *host)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

SSL *wr__wire_tls_new(SSL_CTX *context, int fd, const char *host, bool check_host)
{
    int once = CRYPTO_THREAD_run_once(&method_once, make_method);
    WR_ASSERT(once == 1);
    SSL *ssl = SSL_new(context);
    BIO *bio = ssl ? BIO_new(method) : NULL;
    if (!bio) {
        SSL_free(ssl);
        return NULL;
    }
    BIO_set_data(bio, (void *)(intptr_t)fd);
    SSL_set_bio(ssl, bio, bio);
    bool address = is_address(host);
    bool good = address || SSL_set_tlsext_host_name(ssl, host) == 1;
    if (good && check_host)
        good = address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1
                       : SSL_set1_host(ssl, host) == 1;
    if (!good) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_connect_state(ssl);
    return ssl;
}
