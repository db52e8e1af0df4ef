/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS without a broker: a context takes certificates and keys from files and from texts, and what
 * it cannot take is refused by the name of the setting; two ends over a pair of sockets agree, or
 * do not, by whom they trust and by the name that is expected.
 */
#include "batch_helper.h"
#include "runtime/log/wire/wire_tls.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A certificate that is signed by itself, for localhost and 127.0.0.1, and its key. */
typedef struct identity {
    EVP_PKEY *key;
    X509 *certificate;
    char *certificate_pem, *key_pem, *locked_pem;
} identity;

static char *text_of(BIO *bio)
{
    char *bytes;
    long n = BIO_get_mem_data(bio, &bytes);
    char *text = wr_calloc((size_t)n + 1, 1);
    memcpy(text, bytes, (size_t)n);
    BIO_free(bio);
    return text;
}

static char *key_text(EVP_PKEY *key, const char *password)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, password ? EVP_aes_128_cbc() : NULL,
                                                   password, password ? (int)strlen(password) : 0,
                                                   NULL, NULL),
                     1);
    return text_of(bio);
}

static void make_identity(identity *i)
{
    i->key = EVP_EC_gen("P-256");
    i->certificate = X509_new();
    X509 *x = i->certificate;
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(x, name);
    X509_set_pubkey(x, i->key);
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(x, names, -1);
    X509_EXTENSION_free(names);
    assert_true(X509_sign(x, i->key, EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, x), 1);
    i->certificate_pem = text_of(bio);
    i->key_pem = key_text(i->key, NULL);
    i->locked_pem = key_text(i->key, "secret");
}

static void free_identity(identity *i)
{
    EVP_PKEY_free(i->key);
    X509_free(i->certificate);
    wr_free(i->certificate_pem);
    wr_free(i->key_pem);
    wr_free(i->locked_pem);
}

static int setup(void **state)
{
    identity *both = wr_calloc(2, sizeof *both);
    make_identity(&both[0]);
    make_identity(&both[1]);
    *state = both;
    return 0;
}

static int teardown(void **state)
{
    identity *both = *state;
    free_identity(&both[0]);
    free_identity(&both[1]);
    wr_free(both);
    return 0;
}

/* ---- contexts ---- */

static void takes(const wr_wire_tls *config)
{
    SSL_CTX *context = NULL;
    OK(wr__wire_tls_context(config, &context, err));
    assert_non_null(context);
    assert_int_equal(ERR_peek_error(), 0); /* nothing is left for others to stumble over */
    wr__wire_tls_free(context);
}

static void refuses(const wr_wire_tls *config, const char *setting)
{
    SSL_CTX *context = NULL;
    FAILS(WEIR_ERR_CONFIG, setting, wr__wire_tls_context(config, &context, err));
    assert_null(context);
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_texts(void **state)
{
    const identity *a = *state, *b = a + 1;
    takes(&(wr_wire_tls){.verify = true});
    takes(&(wr_wire_tls){.ca_pem = a->certificate_pem});
    takes(&(wr_wire_tls){.certificate_pem = a->certificate_pem, .key_pem = a->key_pem});
    takes(&(wr_wire_tls){
        .certificate_pem = a->certificate_pem, .key_pem = a->locked_pem, .key_password = "secret"});
    refuses(&(wr_wire_tls){.ca_pem = "nonsense"}, "ssl.ca.pem");
    refuses(&(wr_wire_tls){.ca_pem = a->key_pem}, "ssl.ca.pem");
    refuses(&(wr_wire_tls){.certificate_pem = "nonsense"}, "ssl.certificate.pem");
    refuses(&(wr_wire_tls){.certificate_pem = a->certificate_pem, .key_pem = "nonsense"},
            "ssl.key.pem");
    refuses(&(wr_wire_tls){.certificate_pem = a->certificate_pem,
                           .key_pem = a->locked_pem,
                           .key_password = "wrong"},
            "ssl.key.pem");
    refuses(&(wr_wire_tls){.certificate_pem = a->certificate_pem, .key_pem = a->locked_pem},
            "ssl.key.pem");
    /* The key of another certificate. */
    refuses(&(wr_wire_tls){.certificate_pem = a->certificate_pem, .key_pem = b->key_pem},
            "ssl.key.pem");
}

static void test_files(void **state)
{
    const identity *a = *state;
    char path[] = "/tmp/weir-tls-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    const char *parts[] = {a->certificate_pem, a->locked_pem};
    for (size_t i = 0; i < WR_ARRAY_LEN(parts); i++)
        assert_int_equal(write(fd, parts[i], strlen(parts[i])), strlen(parts[i]));
    close(fd);
    takes(&(wr_wire_tls){.ca_location = path});
    takes(&(wr_wire_tls){.ca_location = "/tmp"}); /* a folder of them */
    takes(&(wr_wire_tls){
        .certificate_location = path, .key_location = path, .key_password = "secret"});
    refuses(
        &(wr_wire_tls){.certificate_location = path, .key_location = path, .key_password = "wrong"},
        "ssl.key.location");
    refuses(&(wr_wire_tls){.ca_location = "/no/such/file"}, "ssl.ca.location");
    refuses(&(wr_wire_tls){.crl_location = "/no/such/file"}, "ssl.crl.location");
    refuses(&(wr_wire_tls){.certificate_location = "/no/such/file"}, "ssl.certificate.location");
    refuses(&(wr_wire_tls){.certificate_location = path, .key_location = "/no/such/file"},
            "ssl.key.location");
    unlink(path);
}

static void test_algorithms(void **state)
{
    (void)state;
    takes(&(wr_wire_tls){.cipher_suites = "ECDHE-ECDSA-AES128-GCM-SHA256",
                         .curves = "P-256:P-384",
                         .sigalgs = "ECDSA+SHA256"});
    refuses(&(wr_wire_tls){.cipher_suites = "NONSENSE"}, "ssl.cipher.suites");
    refuses(&(wr_wire_tls){.curves = "NONSENSE"}, "ssl.curves.list");
    refuses(&(wr_wire_tls){.sigalgs = "NONSENSE"}, "ssl.sigalgs.list");
}

/* ---- two ends ---- */

/* @return whether the client accepts the server for @p host. */
static bool shake_hands(const identity *server, const char *trusted, const char *host,
                        bool check_host)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    SSL_CTX *ours, *theirs = SSL_CTX_new(TLS_server_method());
    OK(wr__wire_tls_context(&(wr_wire_tls){.ca_pem = trusted, .verify = true}, &ours, err));
    SSL_CTX_use_certificate(theirs, server->certificate);
    SSL_CTX_use_PrivateKey(theirs, server->key);
    SSL *client = wr__wire_tls_new(ours, fds[0], host, check_host), *other = SSL_new(theirs);
    assert_non_null(client);
    SSL_set_fd(other, fds[1]);
    SSL_set_accept_state(other);
    int done = 0;
    for (int i = 0; i < 100 && done != 1; i++) {
        done = SSL_do_handshake(client);
        if (done != 1 && SSL_get_error(client, done) != SSL_ERROR_WANT_READ)
            break;
        (void)SSL_do_handshake(other);
    }
    if (done == 1) { /* and something passes */
        char bytes[16] = "";
        assert_int_equal(SSL_write(client, "hello", 5), 5);
        int n = SSL_read(other, bytes, sizeof bytes);
        assert_int_equal(n > 0 ? n : SSL_read(other, bytes, sizeof bytes), 5);
        assert_string_equal(bytes, "hello");
        /* Nobody is there any more: an error, and no SIGPIPE. */
        close(fds[1]);
        fds[1] = -1;
        assert_true(SSL_write(client, "hello", 5) <= 0);
    }
    SSL_free(client);
    SSL_free(other);
    SSL_CTX_free(theirs);
    wr__wire_tls_free(ours);
    close(fds[0]);
    if (fds[1] >= 0)
        close(fds[1]);
    ERR_clear_error();
    return done == 1;
}

static void test_trust(void **state)
{
    const identity *a = *state, *b = a + 1;
    assert_true(shake_hands(a, a->certificate_pem, "localhost", true));
    assert_true(shake_hands(a, a->certificate_pem, "127.0.0.1", true));
    assert_false(shake_hands(a, a->certificate_pem, "elsewhere", true));
    assert_false(shake_hands(a, a->certificate_pem, "127.0.0.2", true));
    assert_false(shake_hands(a, a->certificate_pem, "::1", true));
    assert_true(shake_hands(a, a->certificate_pem, "elsewhere", false));
    assert_true(shake_hands(a, a->certificate_pem, "127.0.0.2", false));
    assert_false(shake_hands(a, b->certificate_pem, "localhost", true));
    assert_false(shake_hands(a, b->certificate_pem, "localhost", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_trust),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
