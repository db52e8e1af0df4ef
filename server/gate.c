/* SPDX-License-Identifier: Apache-2.0 */
#include "server/gate.h"

#include "common/diag.h"
#include "server/passwords.h"
#include "server/tokens/token_keys.h"

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
    wr_settings settings;            /* a copy; what follows points into it */
    const char *file, *roles, *skip; /* file: NULL: nobody has a password */
    char challenge[600];
    wr_token_keys *keys; /* NULL: tokens are not accepted */
    wr_token_rules rules;
    wr_passwords *passwords;   /* of now; NULL: none; */
    struct old_passwords *old; /* those before, which a check may still be using */
    unsigned char key[32];     /* of the digests; made at the start */
    place places[PLACES];
    unsigned checks; /* at work */
    unsigned age;    /* reloads so far: what an older check found counts no more */
};

struct old_passwords {
    wr_passwords *passwords;
    struct old_passwords *next;
};

/* ---- life ---- */

static const char *text_of(const wr_gate *g, const char *name)
{
    const char *value = wr_settings_get(&g->settings, name);
    return value ? value : "";
}

/* What a client may log in with (RFC 9110, 11.6.1). */
static weir_status make_challenge(wr_gate *g, weir_error *err)
{
    wr_buf realm = {0}, challenge = {0};
    weir_status st = WEIR_OK;
    for (const char *c = text_of(g, "authentication.realm"); *c; c++) {
        if (*c == '"' || *c == '\\')
            wr_buf_putc(&realm, '\\');
        wr_buf_putc(&realm, *c);
    }
    if (g->file)
        wr_buf_printf(&challenge, "Basic realm=\"%s\"", wr_buf_cstr(&realm));
    if (g->keys)
        wr_buf_printf(&challenge, "%sBearer realm=\"%s\"", challenge.len ? ", " : "",
                      wr_buf_cstr(&realm));
    if (challenge.len < sizeof g->challenge)
        memcpy(g->challenge, wr_buf_cstr(&challenge), challenge.len + 1);
    else
        st = wr_error(err, WEIR_ERR_CONFIG, "authentication.realm is too long");
    wr_buf_free(&realm);
    wr_buf_free(&challenge);
    return st;
}

static weir_status read_users(wr_gate *g, bool needed, weir_error *err)
{
    if (!g->file && needed) {
        wr_error(err, WEIR_ERR_CONFIG,
                 "authentication.method = BASIC needs weir.authentication.file");
        return wr_error_hint(err, "weir passwd FILE USER makes one.");
    }
    return g->file ? wr_passwords_load(g->file, &g->passwords, err) : WEIR_OK;
}

/* Issuer and audience must be said: a token that the same issuer has made for another service is no
 * leave to use this one. */
static weir_status read_tokens(wr_gate *g, weir_error *err)
{
    static const char *const needed[] = {"weir.authentication.jwks",
                                         "weir.authentication.token.issuer",
                                         "weir.authentication.token.audience"};
    for (size_t i = 0; i < WR_ARRAY_LEN(needed); i++)
        if (!*text_of(g, needed[i]))
            return wr_error(err, WEIR_ERR_CONFIG, "authentication.method = BEARER needs %s",
                            needed[i]);
    g->rules = (wr_token_rules){
        .algorithms = wr_token_algorithms(text_of(g, "weir.authentication.token.algorithms")),
        .issuer = text_of(g, "weir.authentication.token.issuer"),
        .audience = text_of(g, "weir.authentication.token.audience"),
        .roles_claim = text_of(g, "weir.authentication.token.roles.claim"),
        .skew_s = wr_settings_int(&g->settings, "weir.authentication.token.skew.seconds", 0)};
    if (!g->rules.algorithms)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "weir.authentication.token.algorithms is a list of RS256 and ES256");
    return wr_token_keys_new(text_of(g, "weir.authentication.jwks"),
                             wr_settings_get(&g->settings, "weir.authentication.jwks.ca.file"),
                             &g->keys, err);
}

static weir_status open_gate(wr_gate *g, weir_error *err)
{
    bool tokens = wr_ieq(text_of(g, "authentication.method"), "BEARER");
    g->guards = tokens || wr_ieq(text_of(g, "authentication.method"), "BASIC");
    g->file = wr_settings_get(&g->settings, "weir.authentication.file");
    if (g->file && !*g->file)
        g->file = NULL;
    g->roles = text_of(g, "authentication.roles");
    g->skip = text_of(g, "authentication.skip.paths");
    if (!g->guards)
        return WEIR_OK;
    if (tokens)
        WR_TRY(read_tokens(g, err));
    WR_ASSERT(g->file || g->keys || !tokens);
    WR_TRY(make_challenge(g, err));
    WR_TRY(read_users(g, !tokens, err));
    if (RAND_bytes(g->key, sizeof g->key) != 1)
        return wr_error(err, WEIR_ERR_IO, "There are no random numbers to be had");
    return WEIR_OK;
}

weir_status wr_gate_new(const wr_settings *settings, wr_gate **out, weir_error *err)
{
    *out = NULL;
    wr_gate *g = wr_calloc(1, sizeof *g);
    wr_settings_init(&g->settings, NULL);
    wr_settings_copy(&g->settings, settings);
    weir_status st = open_gate(g, err);
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
    wr_token_keys_free(g->keys);
    wr_settings_free(&g->settings);
    wr_free(g);
}

bool wr_gate_guards(const wr_gate *g)
{
    return g->guards;
}

/* ---- reload ---- */

typedef struct reload {
    wr_gate *gate;
    wr_passwords *passwords; /* NULL: there is no file */
} reload;

static void use_passwords(void *arg)
{
    reload *r = arg;
    wr_gate *g = r->gate;
    if (r->passwords) {
        struct old_passwords *old = wr_malloc(sizeof *old);
        *old = (struct old_passwords){g->passwords, g->old};
        g->old = old;
        g->passwords = r->passwords;
    }
    g->age++;
    forget_all(g);
    wr_free(r);
}

weir_status wr_gate_reload(wr_gate *g, wr_http_server *http, weir_error *err)
{
    wr_passwords *passwords = NULL;
    if (!g->guards)
        return WEIR_OK;
    if (g->keys)
        WR_TRY(wr_token_keys_reload(g->keys, err));
    if (g->file)
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

/** What an Authorization header says, on its way through the pool. */
typedef struct check {
    wr_gate *gate;
    wr_http_server *server;
    const wr_passwords *passwords; /* of when it began */
    unsigned age;                  /* the gate's, then */
    uint64_t exchange;
    unsigned char digest[32];
    char *token; /* NULL: it is a password */
    char text[CREDENTIALS_MAX + 1];
    char *password; /* in text, after the user's name */
    const char *user;
    bool right, unknown; /* unknown: there are no keys */
    int64_t keep_ms;
    wr_token_claims claims;
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

/* A token counts no longer than it says, and is not remembered for longer than a password. */
static void verify_token(check *c)
{
    const wr_gate *g = c->gate;
    WR_ASSERT(g->keys && c->token && *c->token);
    int64_t now_s = (int64_t)time(NULL);
    wr_token_answer a =
        wr_token_keys_verify(g->keys, &g->rules, wr_str_c(c->token), now_s, &c->claims);
    c->user = c->claims.user;
    c->unknown = a == WR_TOKEN_NO_KEYS;
    c->right = a == WR_TOKEN_ACCEPTED && wr_roles_suffice(c->claims.roles, g->roles);
    if (c->right)
        c->keep_ms = WR_MIN(c->keep_ms, (c->claims.expires_s + g->rules.skew_s - now_s) * 1000);
    else if (a == WR_TOKEN_REFUSED)
        wr_diag_put(WR_DIAG_DEBUG, "server", "a token is refused: %s", c->claims.why);
}

static void verify(void *arg)
{
    check *c = arg;
    c->keep_ms = KEEP_MS;
    if (c->token) {
        verify_token(c);
    } else {
        c->user = c->text;
        c->right = wr_passwords_verify(c->passwords, c->text, c->password) &&
                   wr_passwords_has_role(c->passwords, c->text, c->gate->roles);
    }
    if (!c->right)
        c->keep_ms = KEEP_WRONG_MS;
}

static void free_check(check *c)
{
    if (c->token) {
        OPENSSL_cleanse(c->token, strlen(c->token));
        wr_free(c->token);
    }
    OPENSSL_cleanse(c->text, sizeof c->text);
    wr_free(c);
}

static void try_later(wr_http_exchange *x, const char *seconds)
{
    const wr_http_field later[] = {{"retry-after", seconds}, {NULL, NULL}};
    wr_http_respond(x, 503, later, "", 0);
}

static void verified(void *arg)
{
    check *c = arg;
    wr_gate *g = c->gate;
    WR_ASSERT(g->checks > 0);
    g->checks--;
    wr_http_exchange *x = wr_http_find(c->server, c->exchange);
    if (c->age == g->age && !c->unknown) { /* else it was about files that count no more */
        place *p = place_of(g, c->digest);
        wr_free(p->user);
        memcpy(p->digest, c->digest, sizeof p->digest);
        WR_ASSERT(c->keep_ms > 0 && c->keep_ms <= KEEP_MS && (!c->right || *c->user));
        p->user = c->right ? wr_strdup(c->user) : NULL;
        p->until_ms = now_ms() + c->keep_ms;
    }
    if (x && c->unknown)
        try_later(x, "5");
    else if (x)
        wr_http_release(x);
    free_check(c);
}

static void refuse(const wr_gate *g, wr_http_exchange *x)
{
    static const char body[] = "{\"@type\":\"generic_error\",\"error_code\":40100,"
                               "\"message\":\"Unauthorized\"}";
    const wr_http_field fields[] = {
        {"content-type", "application/json"}, {"www-authenticate", g->challenge}, {NULL, NULL}};
    wr_http_respond(x, 401, fields, body, sizeof body - 1);
}

/* The token of "Bearer TOKEN"; NULL: it is none. */
static char *token_of(const char *header)
{
    if (strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    header += 7 + strspn(header + 7, " ");
    size_t n = strlen(header);
    while (n > 0 && header[n - 1] == ' ')
        n--;
    if (n == 0 || n > WR_TOKEN_MAX)
        return NULL;
    char *token = wr_malloc(n + 1);
    memcpy(token, header, n);
    token[n] = '\0';
    return token;
}

static void begin_check(wr_gate *g, wr_http_exchange *x, const char *header,
                        const unsigned char *digest)
{
    if (g->checks == CHECKS_MAX) {
        try_later(x, "1");
        return;
    }
    check *c = wr_malloc(sizeof *c);
    WR_ASSERT(g->guards && g->checks < CHECKS_MAX && *g->challenge);
    *c = (check){.gate = g,
                 .server = wr_http_server_of(x),
                 .passwords = g->passwords,
                 .age = g->age,
                 .exchange = wr_http_id(x)};
    memcpy(c->digest, digest, sizeof c->digest);
    if (g->keys)
        c->token = token_of(header);
    if (!c->token && !(g->passwords && decode(header, c->text, &c->password))) {
        free_check(c);
        refuse(g, x);
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
