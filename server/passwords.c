/* SPDX-License-Identifier: Apache-2.0 */
#include "server/passwords.h"

#include "common/buf.h"
#include "common/map.h"
#include "weir.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

/* What scrypt costs: N * r * 128 = 16 MB. The bounds are for files that others have written. */
#define COST_N        16384
#define COST_R        8
#define COST_P        1
#define COST_N_MAX    (1u << 20)
#define COST_R_MAX    32
#define COST_P_MAX    16
#define MEMORY_MAX    (1ull << 30)
#define SALT_BYTES    16
#define HASH_BYTES    32
#define BASE64(bytes) (((bytes) + 2) / 3 * 4)

typedef struct entry {
    uint64_t n, r, p;
    unsigned char salt[SALT_BYTES], hash[HASH_BYTES];
    char roles[256]; /* with commas between them */
} entry;

struct wr_passwords {
    wr_map users; /* entry * by name */
    entry nobody; /* is verified for users who do not exist, so that time does not tell */
};

static bool derive(const char *password, const entry *e, unsigned char out[HASH_BYTES])
{
    return EVP_PBE_scrypt(password, strlen(password), e->salt, sizeof e->salt, e->n, e->r, e->p,
                          MEMORY_MAX, out, HASH_BYTES) == 1;
}

/* ---- the text of a hash ---- */

static bool decode(const char **at, unsigned char *out, size_t n)
{
    unsigned char bytes[BASE64(HASH_BYTES)];
    size_t len = strcspn(*at, "$,\r\n \t");
    if (len != BASE64(n) || EVP_DecodeBlock(bytes, (const unsigned char *)*at, (int)len) < (int)n)
        return false;
    memcpy(out, bytes, n);
    *at += len;
    return true;
}

static bool number(const char **at, uint64_t most, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(*at, &end, 10);
    bool ok = !errno && end != *at && *end == '$' && *out > 0 && *out <= most;
    *at = end + 1;
    return ok;
}

static bool parse_hash(const char *at, entry *e)
{
    static const char prefix[] = "$scrypt$";
    if (strncmp(at, prefix, sizeof prefix - 1) != 0)
        return false;
    at += sizeof prefix - 1;
    if (!number(&at, COST_N_MAX, &e->n) || !number(&at, COST_R_MAX, &e->r) ||
        !number(&at, COST_P_MAX, &e->p))
        return false;
    if (!decode(&at, e->salt, sizeof e->salt) || *at++ != '$' ||
        !decode(&at, e->hash, sizeof e->hash))
        return false;
    at += strspn(at, " \t");
    size_t roles = strcspn(at, "\r\n");
    if (roles >= sizeof e->roles || (roles && *at != ','))
        return false;
    memcpy(e->roles, at, roles);
    e->roles[roles] = '\0';
    return (e->n & (e->n - 1)) == 0 && e->n > 1;
}

weir_status weir_password_line(const char *user, const char *password, char *out, size_t out_size,
                               weir_error *err)
{
    entry e = {.n = COST_N, .r = COST_R, .p = COST_P};
    char salt[BASE64(SALT_BYTES) + 1], hash[BASE64(HASH_BYTES) + 1];
    if (!*user || strpbrk(user, ":\r\n"))
        return wr_error(err, WEIR_ERR_CONFIG, "A user's name is not empty, and has no ':'");
    if (!*password)
        return wr_error(err, WEIR_ERR_CONFIG, "The password is empty");
    if (RAND_bytes(e.salt, sizeof e.salt) != 1 || !derive(password, &e, e.hash))
        return wr_error(err, WEIR_ERR_IO, "The password cannot be hashed");
    EVP_EncodeBlock((unsigned char *)salt, e.salt, sizeof e.salt);
    EVP_EncodeBlock((unsigned char *)hash, e.hash, sizeof e.hash);
    int n = snprintf(out, out_size, "%s:$scrypt$%d$%d$%d$%s$%s", user, COST_N, COST_R, COST_P, salt,
                     hash);
    if (n < 0 || (size_t)n >= out_size)
        return wr_error(err, WEIR_ERR_LIMIT, "The user's name is too long");
    return WEIR_OK;
}

/* ---- the file ---- */

static weir_status parse_line(wr_passwords *p, char *line, const char *path, unsigned number_of,
                              weir_error *err)
{
    line += strspn(line, " \t");
    if (!*line || strchr("#\r\n", *line))
        return WEIR_OK;
    char *colon = strchr(line, ':');
    entry e;
    if (!colon || colon == line)
        return wr_error(err, WEIR_ERR_CONFIG, "%s:%u: a line is USER:HASH", path, number_of);
    *colon = '\0';
    const char *hash = colon + 1 + strspn(colon + 1, " \t");
    if (!parse_hash(hash, &e)) {
        wr_error(err, WEIR_ERR_CONFIG, "%s:%u: the password of '%s' is not a hash that Weir knows",
                 path, number_of, line);
        return wr_error_hint(err, "weir passwd FILE USER writes one.");
    }
    entry *copy = wr_malloc(sizeof *copy);
    *copy = e;
    wr_free(wr_map_put(&p->users, wr_str_c(line), copy));
    return WEIR_OK;
}

weir_status wr_passwords_load(const char *path, wr_passwords **out, weir_error *err)
{
    char line[1024];
    *out = NULL;
    FILE *f = fopen(path, "re");
    if (!f)
        return wr_error(err, WEIR_ERR_IO, "The password file %s cannot be read: %s", path,
                        strerror(errno));
    wr_passwords *p = wr_calloc(1, sizeof *p);
    wr_map_init(&p->users);
    p->nobody = (entry){.n = COST_N, .r = COST_R, .p = COST_P};
    weir_status st = WEIR_OK;
    for (unsigned n = 1; st == WEIR_OK && fgets(line, sizeof line, f); n++)
        st = parse_line(p, line, path, n, err);
    if (st == WEIR_OK && ferror(f))
        st = wr_error(err, WEIR_ERR_IO, "The password file %s cannot be read", path);
    fclose(f);
    if (st != WEIR_OK) {
        wr_passwords_free(p);
        return st;
    }
    *out = p;
    return WEIR_OK;
}

void wr_passwords_free(wr_passwords *p)
{
    const wr_map_entry *e;
    if (!p)
        return;
    for (size_t i = 0; (e = wr_map_next(&p->users, &i));)
        wr_free(e->value);
    wr_map_free(&p->users);
    wr_free(p);
}

bool wr_passwords_verify(const wr_passwords *p, const char *user, const char *password)
{
    unsigned char hash[HASH_BYTES];
    const entry *e = wr_map_get(&p->users, wr_str_c(user));
    bool derived = derive(password, e ? e : &p->nobody, hash);
    return e && derived && CRYPTO_memcmp(hash, e->hash, sizeof hash) == 0;
}

/* The next name of a list at *at; 0: there is none. */
static size_t next_name(const char **at, const char **name)
{
    *name = *at + strspn(*at, ", \t");
    size_t n = strcspn(*name, ", \t");
    *at = *name + n;
    return n;
}

static bool lists(const char *list, const char *name, size_t n)
{
    const char *at = list, *other;
    for (size_t len; (len = next_name(&at, &other));)
        if (len == n && memcmp(other, name, n) == 0)
            return true;
    return false;
}

bool wr_roles_suffice(const char *has, const char *wanted)
{
    const char *at = wanted, *name;
    if (!*wanted || lists(wanted, "*", 1) || lists(wanted, "**", 2))
        return true;
    for (size_t n; (n = next_name(&at, &name));)
        if (lists(has, name, n))
            return true;
    return false;
}

bool wr_passwords_has_role(const wr_passwords *p, const char *user, const char *roles)
{
    const entry *e = wr_map_get(&p->users, wr_str_c(user));
    return e && wr_roles_suffice(e->roles, roles);
}
