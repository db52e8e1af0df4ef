/* SPDX-License-Identifier: Apache-2.0 */
#include "server/gate.h"

#include "server/passwords.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Credentials that are remembered; a place for each by its digest. */
#define PLACES 1024
/* How long: right ones, and wrong ones (a client that tries again and again costs less). */
#define KEEP_MS       300000
#define KEEP_WRONG_MS 5000
/* Passwords that are checked at a time; more than that is not a login but an attack. */
#define CHECKS_MAX      8
#define CREDENTIALS_MAX 512

typedef struct place {
    unsigned char digest[32];
    char *user; /* NULL: wrong credentials */
    int64_t until_ms;
} place;

struct wr_gate {
    bool guards;
    char *file, *realm, *roles, *skip; /* copies of the settings */
    char challenge[300];
    wr_passwords *passwords;   /* of now; */
    struct old_passwords *old; /* those before, which a check may still be using */
    unsigned char key[32];     /* of the digests; made at the start */
    place places[PLACES];
    unsigned checks; /* at work */
};

struct old_passwords {
    wr_passwords *passwords;
    struct old_passwords *next;
};

/* ---- life ---- */

static char *copy_of(const wr_settings *settings, const char *name)
{
    const char *value = wr_settings_get(settings, name);
    return wr_strdup(value ? value : "");
}

weir_status wr_gate_new(const wr_settings *settings, wr_gate **out, weir_error *err)
{
    *out = NULL;
    wr_gate *g = wr_calloc(1, sizeof *g);
    g->guards = wr_ieq(wr_settings_get(settings, "authentication.method"), "BASIC");
    g->file = copy_of(settings, "weir.authentication.file");
    g->realm = copy_of(settings, "authentication.realm");
    g->roles = copy_of(settings, "authentication.roles");
    g->skip = copy_of(settings, "authentication.skip.paths");
    weir_status st = WEIR_OK;
    wr_buf challenge = {0};
    wr_buf_puts(&challenge, "Basic realm=\"");
    for (const char *c = g->realm; *c; c++) {
        if (*c == '"' || *c == '\\')
            wr_buf_putc(&challenge, '\\');
        wr_buf_putc(&challenge, *c);
    }
    wr_buf_putc(&challenge, '"');
    if (challenge.len < sizeof g->challenge)
        memcpy(g->challenge, wr_buf_cstr(&challenge), challenge.len + 1);
    else
        st = wr_error(err, WEIR_ERR_CONFIG, "authentication.realm is too long");
    wr_buf_free(&challenge);
    if (st == WEIR_OK && g->guards && !*g->file) {
        st = wr_error(err, WEIR_ERR_CONFIG,
                      "authentication.method = BASIC needs weir.authentication.file");
        wr_error_hint(err, "weir passwd FILE USER makes one.");
    }
    if (st == WEIR_OK && g->guards)
        st = wr_passwords_load(g->file, &g->passwords, err);
    if (st == WEIR_OK && RAND_bytes(g->key, sizeof g->key) != 1)
        st = wr_error(err, WEIR_ERR_IO, "There are no random numbers to be had");
    if (st != WEIR_OK) {
        wr_gate_free(g);
        return st;
    }
    *out = g;
    return WEIR_OK;
}

static void forget_all(wr_gate *g)
{
    for (size_t i = 0; i < PLACES; i++) {
        wr_free(g->places[i].user);
        g->places[i] = (place){0};
    }
}

void wr_gate_free(wr_gate *g)
{
    if (!g)
        return;
    WR_ASSERT(g->checks == 0);
    forget_all(g);
    while (g->old) {
        struct old_passwords *next = g->old->next;
        wr_passwords_free(g->old->passwords);
        wr_free(g->old);
        g->old = next;
    }
    wr_passwords_free(g->passwords);
    OPENSSL_cleanse(g->key, sizeof g->key);
    wr_free(g->file);
    wr_free(g->realm);
    wr_free(g->roles);
    wr_free(g->skip);
    wr_free(g);
}

bool wr_gate_guards(const wr_gate *g)
{
    return g->guards;
}

/* ---- reload ---- */

typedef struct reload {
    wr_gate *gate;
    wr_passwords *passwords;
} reload;

static void use_passwords(void *arg)
{
    reload *r = arg;
    wr_gate *g = r->gate;
    struct old_passwords *old = wr_malloc(sizeof *old);
    *old = (struct old_passwords){g->passwords, g->old};
    g->old = old;
    g->passwords = r->passwords;
    forget_all(g);
    wr_free(r);
}

weir_status wr_gate_reload(wr_gate *g, wr_http_server *http, weir_error *err)
{
    wr_passwords *passwords;
    if (!g->guards)
        return WEIR_OK;
    WR_TRY(wr_passwords_load(g->file, &passwords, err));
    reload *r = wr_malloc(sizeof *r);
    *r = (reload){g, passwords};
    wr_http_post(http, use_passwords, r);
    return WEIR_OK;
}

/* ---- one exchange ---- */

/* Is @p path in a list with commas, whose elements may end with a *? */
static bool in_paths(const char *list, const char *path)
{
    for (const char *p = list; *p;) {
        p += strspn(p, ", ");
        size_t n = strcspn(p, ", ");
        bool open = n > 0 && p[n - 1] == '*';
        if (n > 0 && strncmp(p, path, n - open) == 0 && (open || path[n] == '\0'))
            return true;
        p += n;
    }
    return false;
}

static bool needs_no_user(const wr_gate *g, const wr_http_exchange *x)
{
    const char *path = wr_http_path(x);
    return !g->guards || wr_http_is_local(x) ||
           in_paths("/v1/metadata,/v1/metadata/id,/healthcheck", path) || in_paths(g->skip, path);
}

/* "Basic dXNlcjpwYXNz" -> "user" and "pass" in @p out. */
static bool decode(const char *header, char *out, char **password)
{
    if (strncasecmp(header, "Basic ", 6) != 0)
        return false;
    header += 6 + strspn(header + 6, " ");
    size_t n = strlen(header);
    while (n > 0 && header[n - 1] == ' ')
        n--;
    if (n == 0 || n % 4 || n > CREDENTIALS_MAX)
        return false;
    int len = EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)header, (int)n);
    if (len < 0)
        return false;
    len -= (header[n - 1] == '=') + (header[n - 2] == '=');
    out[len] = '\0';
    char *colon = memchr(out, ':', (size_t)len);
    if (!colon || strlen(out) != (size_t)len) /* a byte 0 is in no name or password */
        return false;
    *colon = '\0';
    *password = colon + 1;
    return true;
}

typedef struct check {
    wr_gate *gate;
    wr_http_server *server;
    const wr_passwords *passwords; /* of when it began */
    uint64_t exchange;
    unsigned char digest[32];
    char text[CREDENTIALS_MAX + 1];
    char *password; /* in text, after the user's name */
    bool right;
} check;

static place *place_of(wr_gate *g, const unsigned char *digest)
{
    uint32_t hash;
    memcpy(&hash, digest, sizeof hash);
    return &g->places[hash % PLACES];
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void verify(void *arg)
{
    check *c = arg;
    c->right = wr_passwords_verify(c->passwords, c->text, c->password) &&
               wr_passwords_has_role(c->passwords, c->text, c->gate->roles);
}

static void verified(void *arg)
{
    check *c = arg;
    wr_gate *g = c->gate;
    WR_ASSERT(g->checks > 0 && c->passwords);
    g->checks--;
    if (c->passwords == g->passwords) { /* else it was about a file that counts no more */
        place *p = place_of(g, c->digest);
        wr_free(p->user);
        memcpy(p->digest, c->digest, sizeof p->digest);
        p->user = c->right ? wr_strdup(c->text) : NULL;
        p->until_ms = now_ms() + (c->right ? KEEP_MS : KEEP_WRONG_MS);
    }
    wr_http_exchange *x = wr_http_find(c->server, c->exchange);
    if (x)
        wr_http_release(x);
    OPENSSL_cleanse(c->text, sizeof c->text);
    wr_free(c);
}

static void refuse(const wr_gate *g, wr_http_exchange *x)
{
    static const char body[] = "{\"@type\":\"generic_error\",\"error_code\":40100,"
                               "\"message\":\"Unauthorized\"}";
    const wr_http_field fields[] = {
        {"content-type", "application/json"}, {"www-authenticate", g->challenge}, {NULL, NULL}};
    wr_http_respond(x, 401, fields, body, sizeof body - 1);
}

static void begin_check(wr_gate *g, wr_http_exchange *x, const char *header,
                        const unsigned char *digest)
{
    check *c = wr_malloc(sizeof *c);
    *c = (check){.gate = g,
                 .server = wr_http_server_of(x),
                 .passwords = g->passwords,
                 .exchange = wr_http_id(x)};
    memcpy(c->digest, digest, sizeof c->digest);
    if (!decode(header, c->text, &c->password)) {
        wr_free(c);
        refuse(g, x);
        return;
    }
    if (g->checks == CHECKS_MAX) {
        static const wr_http_field later[] = {{"retry-after", "1"}, {NULL, NULL}};
        wr_free(c);
        wr_http_respond(x, 503, later, "", 0);
        return;
    }
    g->checks++;
    wr_http_hold(x);
    wr_http_work(c->server, verify, verified, c);
}

bool wr_gate_admits(wr_gate *g, wr_http_exchange *x, const char **user)
{
    *user = NULL;
    if (needs_no_user(g, x))
        return true;
    const char *header = wr_http_header(x, "authorization");
    if (!header) {
        refuse(g, x);
        return false;
    }
    unsigned char digest[32];
    unsigned digest_len;
    WR_ASSERT(HMAC(EVP_sha256(), g->key, sizeof g->key, (const unsigned char *)header,
                   strlen(header), digest, &digest_len));
    place *p = place_of(g, digest);
    if (p->until_ms < now_ms() || CRYPTO_memcmp(p->digest, digest, sizeof digest) != 0) {
        begin_check(g, x, header, digest);
        return false;
    }
    if (!p->user)
        refuse(g, x);
    *user = p->user;
    return p->user != NULL;
}
