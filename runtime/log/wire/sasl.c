/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SASL. PLAIN is one message. SCRAM is two:
 *
 *     client  n,,n=<user>,r=<nonce>
 *     server  r=<nonce><its own>,s=<salt>,i=<iterations>
 *     client  c=biws,r=<nonce><its own>,p=<proof>        proof: ClientKey xor its signature
 *     server  v=<signature>                              who has not the password cannot make it
 *
 * Without channel binding ("n,,", whose base64 is biws), which Kafka does not do. Passwords are
 * taken as they are: SASLprep changes only characters that hardly anybody can type.
 */
#include "runtime/log/wire/sasl.h"
#include "types/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum {
    NONCE_BYTES = 24,
    ITERATIONS_MIN = 4096, /* RFC 5802; fewer give the password away */
    ITERATIONS_MAX = 10000000,
};

typedef enum step { FIRST, PROOF, SIGNATURE, DONE } step;

struct wr_wire_sasl {
    const EVP_MD *digest; /* NULL: PLAIN */
    const char *user, *password;
    step step;
    wr_buf nonce;
    wr_buf first_bare;               /* of the client, without "n,," */
    uint8_t server[EVP_MAX_MD_SIZE]; /* the signature that is to come */
};

static const EVP_MD *digest_of(const char *mechanism)
{
    if (strcmp(mechanism, "SCRAM-SHA-256") == 0)
        return EVP_sha256();
    if (strcmp(mechanism, "SCRAM-SHA-512") == 0)
        return EVP_sha512();
    return NULL;
}

bool wr__wire_sasl_knows(const char *mechanism)
{
    return strcmp(mechanism, "PLAIN") == 0 || digest_of(mechanism);
}

wr_wire_sasl *wr__wire_sasl_new(const char *mechanism, const char *user, const char *password)
{
    WR_ASSERT(wr__wire_sasl_knows(mechanism) && user && password);
    wr_wire_sasl *s = wr_calloc(1, sizeof *s);
    s->digest = digest_of(mechanism);
    s->user = user;
    s->password = password;
    return s;
}

void wr__wire_sasl_free(wr_wire_sasl *s)
{
    if (!s)
        return;
    wr_buf_free(&s->nonce);
    wr_buf_free(&s->first_bare);
    OPENSSL_cleanse(s->server, sizeof s->server);
    wr_free(s);
}

void wr__wire_sasl_set_nonce(wr_wire_sasl *s, const char *nonce)
{
    WR_ASSERT(s->step == FIRST);
    wr_buf_clear(&s->nonce);
    wr_buf_puts(&s->nonce, nonce);
}

static weir_status no_sense(weir_error *err, const char *what)
{
    return wr_error(err, WEIR_ERR_LOG, "SASL authentication error: the broker's SCRAM %s", what);
}

/* "=" and "," have a meaning of their own in the message. */
static void put_user(wr_buf *out, const char *user)
{
    for (; *user; user++) {
        if (*user == '=')
            wr_buf_puts(out, "=3D");
        else if (*user == ',')
            wr_buf_puts(out, "=2C");
        else
            wr_buf_putc(out, *user);
    }
}

static weir_status first(wr_wire_sasl *s, wr_buf *out, weir_error *err)
{
    if (s->nonce.len == 0) {
        uint8_t random[NONCE_BYTES];
        if (RAND_bytes(random, sizeof random) != 1)
            return wr_error(err, WEIR_ERR_LOG, "There are no random bytes for SASL to be had");
        wr_text_put_base64(&s->nonce, wr_str_make((const char *)random, sizeof random));
    }
    wr_buf_puts(&s->first_bare, "n=");
    put_user(&s->first_bare, s->user);
    wr_buf_puts(&s->first_bare, ",r=");
    wr_buf_str(&s->first_bare, wr_buf_view(&s->nonce));
    wr_buf_puts(out, "n,,");
    wr_buf_str(out, wr_buf_view(&s->first_bare));
    s->step = PROOF;
    return WEIR_OK;
}

/* The value of "<name>=<value>", which is to come next; false: something else does. */
static bool take(wr_str *from, char name, wr_str *value)
{
    if (from->len < 2 || from->ptr[0] != name || from->ptr[1] != '=')
        return false;
    const char *comma = memchr(from->ptr, ',', from->len);
    size_t len = comma ? (size_t)(comma - from->ptr) : from->len;
    *value = wr_str_make(from->ptr + 2, len - 2);
    size_t used = WR_MIN(len + 1, from->len);
    *from = wr_str_make(from->ptr + used, from->len - used);
    return true;
}

static void sign(const wr_wire_sasl *s, const uint8_t *key, const void *text, size_t n,
                 uint8_t *out)
{
    unsigned len = 0;
    const uint8_t *made = HMAC(s->digest, key, EVP_MD_get_size(s->digest), text, n, out, &len);
    WR_ASSERT(made && (int)len == EVP_MD_get_size(s->digest));
}

/* From the password to the proof and the signature that the server must show (RFC 5802, 3). */
static void prove(wr_wire_sasl *s, wr_str salt, int iterations, wr_str message, uint8_t *proof)
{
    uint8_t salted[EVP_MAX_MD_SIZE], client[EVP_MAX_MD_SIZE], stored[EVP_MAX_MD_SIZE],
        server[EVP_MAX_MD_SIZE];
    int size = EVP_MD_get_size(s->digest);
    int made =
        PKCS5_PBKDF2_HMAC(s->password, (int)strlen(s->password), (const unsigned char *)salt.ptr,
                          (int)salt.len, iterations, s->digest, size, salted);
    WR_ASSERT(made == 1);
    sign(s, salted, "Client Key", 10, client);
    made = EVP_Digest(client, (size_t)size, stored, NULL, s->digest, NULL);
    WR_ASSERT(made == 1);
    sign(s, stored, message.ptr, message.len, proof);
    for (int i = 0; i < size; i++)
        proof[i] ^= client[i];
    sign(s, salted, "Server Key", 10, server);
    sign(s, server, message.ptr, message.len, s->server);
    OPENSSL_cleanse(salted, sizeof salted);
    OPENSSL_cleanse(client, sizeof client);
}

static weir_status answer_salt(wr_wire_sasl *s, wr_str said, wr_buf *out, weir_error *err)
{
    WR_ASSERT(s->digest && s->first_bare.len > 0);
    wr_str rest = said, nonce, salt64, count;
    int64_t iterations;
    wr_buf salt = {0};
    if (take(&rest, 'e', &nonce))
        return no_sense(err, "refuses the user");
    if (!take(&rest, 'r', &nonce) || !take(&rest, 's', &salt64) || !take(&rest, 'i', &count))
        return no_sense(err, "message has no nonce, salt and iterations");
    if (nonce.len <= s->nonce.len || memcmp(nonce.ptr, s->nonce.ptr, s->nonce.len) != 0)
        return no_sense(err, "nonce does not begin with ours");
    if (!wr_str_to_i64(count, &iterations) || iterations < ITERATIONS_MIN ||
        iterations > ITERATIONS_MAX)
        return no_sense(err, "iterations are not between 4096 and 10000000");
    if (!wr_text_from_base64(&salt, salt64) || salt.len == 0) {
        wr_buf_free(&salt);
        return no_sense(err, "salt is not base64");
    }
    wr_buf message = {0}; /* all three, as both sides sign them */
    wr_buf_str(&message, wr_buf_view(&s->first_bare));
    wr_buf_putc(&message, ',');
    wr_buf_str(&message, said);
    wr_buf_puts(&message, ",c=biws,r=");
    wr_buf_str(&message, nonce);
    uint8_t proof[EVP_MAX_MD_SIZE];
    prove(s, wr_buf_view(&salt), (int)iterations, wr_buf_view(&message), proof);
    wr_buf_puts(out, "c=biws,r=");
    wr_buf_str(out, nonce);
    wr_buf_puts(out, ",p=");
    wr_text_put_base64(out, wr_str_make((const char *)proof, (size_t)EVP_MD_get_size(s->digest)));
    wr_buf_free(&message);
    wr_buf_free(&salt);
    s->step = SIGNATURE;
    return WEIR_OK;
}

static weir_status check_signature(wr_wire_sasl *s, wr_str said, weir_error *err)
{
    wr_str rest = said, text;
    wr_buf signature = {0};
    if (take(&rest, 'e', &text))
        return wr_error(err, WEIR_ERR_LOG, "SASL authentication error: %.*s", (int)text.len,
                        text.ptr);
    size_t size = (size_t)EVP_MD_get_size(s->digest);
    WR_ASSERT(size > 0 && size <= sizeof s->server);
    bool same = take(&rest, 'v', &text) && wr_text_from_base64(&signature, text) &&
                signature.len == size && CRYPTO_memcmp(signature.ptr, s->server, size) == 0;
    wr_buf_free(&signature);
    return same ? WEIR_OK : no_sense(err, "signature is wrong: it does not know the password");
}

weir_status wr__wire_sasl_step(wr_wire_sasl *s, wr_str said, wr_buf *out, bool *done,
                               weir_error *err)
{
    *done = false;
    if (s->step == FIRST && s->digest)
        return first(s, out, err);
    if (s->step == FIRST) {
        wr_buf_putc(out, '\0');
        wr_buf_puts(out, s->user);
        wr_buf_putc(out, '\0');
        wr_buf_puts(out, s->password);
        s->step = DONE;
        return WEIR_OK;
    }
    if (s->step == PROOF)
        return answer_salt(s, said, out, err);
    if (s->step == SIGNATURE)
        WR_TRY(check_signature(s, said, err));
    s->step = DONE;
    *done = true;
    return WEIR_OK;
}
