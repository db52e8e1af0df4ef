/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - what the settings ask for, by ksqlDB's names and by Weir's own, which come first:
 *
 *     ksql.schema.registry.                    weir.schema.registry.
 *     url                                      url
 *     basic.auth.credentials.source            (URL, USER_INFO)
 *     basic.auth.user.info                     user, password
 *     bearer.auth.credentials.source           (STATIC_TOKEN)
 *     bearer.auth.token                        bearer.token
 *     ssl.truststore.location (.type: PEM)     ca.file
 *     ssl.keystore.location (.type: PEM)       certificate.file, key.file
 *     ssl.key.password, ssl.keystore.password  key.password
 *     ssl.endpoint.identification.algorithm    insecure
 *                                              context, timeout.ms
 *
 * Where a Java client would do something that this one cannot, the setting is refused by its name:
 * to go on with less security than was asked for would be worse.
 */
#include "registry/registry.h"

#define KSQL "ksql.schema.registry."
#define OWN  "weir.schema.registry."

typedef struct source {
    wr_registry_setting_fn get;
    void *user;
    wr_arena *arena;
    weir_error *err;
} source;

/* NULL: not set, or set to nothing. */
static const char *look(const source *s, const char *name)
{
    const char *value = s->get(s->user, name);
    return value && *value ? wr_arena_strdup(s->arena, value) : NULL;
}

static const char *first_of(const source *s, const char *own, const char *ksql)
{
    const char *value = look(s, own);
    return value ? value : look(s, ksql);
}

static weir_status one_of(const source *s, const char *name, const char *allowed, const char *why)
{
    const char *value = look(s, name);
    if (!value || wr_ieq(value, allowed))
        return WEIR_OK;
    return wr_error(s->err, WEIR_ERR_CONFIG, "'%s' is '%s'; %s", name, value, why);
}

/* ---- who we are ---- */

static weir_status split_user_info(const source *s, const char *info, wr_registry_options *out)
{
    const char *colon = strchr(info, ':');
    if (!colon)
        return wr_error(s->err, WEIR_ERR_CONFIG,
                        "'" KSQL "basic.auth.user.info' is no USER:PASSWORD");
    out->user = wr_arena_strndup(s->arena, info, (size_t)(colon - info));
    out->password = colon + 1;
    return WEIR_OK;
}

/* The source says where a user stands: URL (the default) means that user.info is not looked at. */
static weir_status read_user(const source *s, wr_registry_options *out)
{
    const char *from = look(s, KSQL "basic.auth.credentials.source");
    const char *info = look(s, KSQL "basic.auth.user.info");
    const bool by_info = from && wr_ieq(from, "USER_INFO");
    if (from && !by_info && !wr_ieq(from, "URL"))
        return wr_error(
            s->err, WEIR_ERR_CONFIG,
            "'" KSQL "basic.auth.credentials.source' is '%s'; it can be URL or USER_INFO", from);
    out->user = look(s, OWN "user");
    out->password = look(s, OWN "password");
    if (out->password && !out->user)
        return wr_error(s->err, WEIR_ERR_CONFIG, "'" OWN "password' is set, but no '" OWN "user'");
    if (out->user)
        return WEIR_OK;
    if (by_info && !info)
        return wr_error(s->err, WEIR_ERR_CONFIG,
                        "'" KSQL
                        "basic.auth.credentials.source' is USER_INFO, but there is no '" KSQL
                        "basic.auth.user.info'");
    if (info && !from)
        return wr_error(s->err, WEIR_ERR_CONFIG,
                        "'" KSQL "basic.auth.user.info' is only used with '" KSQL
                        "basic.auth.credentials.source' = 'USER_INFO'");
    return by_info ? split_user_info(s, info, out) : WEIR_OK;
}

static weir_status read_token(const source *s, wr_registry_options *out)
{
    WR_TRY(one_of(s, KSQL "bearer.auth.credentials.source", "STATIC_TOKEN",
                  "only STATIC_TOKEN is supported"));
    out->bearer_token = first_of(s, OWN "bearer.token", KSQL "bearer.auth.token");
    if (out->bearer_token && out->user)
        return wr_error(s->err, WEIR_ERR_CONFIG,
                        "There is a user and a bearer token for the schema registry: it takes one");
    if (!out->bearer_token && look(s, KSQL "bearer.auth.credentials.source"))
        return wr_error(s->err, WEIR_ERR_CONFIG, "There is no '" KSQL "bearer.auth.token'");
    return WEIR_OK;
}

/* ---- whom we trust ---- */

static weir_status read_tls(const source *s, wr_registry_options *out)
{
    static const char only_pem[] = "only PEM is supported: convert it with keytool and openssl";
    WR_TRY(one_of(s, KSQL "ssl.truststore.type", "PEM", only_pem));
    WR_TRY(one_of(s, KSQL "ssl.keystore.type", "PEM", only_pem));
    WR_TRY(one_of(s, KSQL "ssl.endpoint.identification.algorithm", "https",
                  "to check no certificate at all is '" OWN "insecure' = 'true'"));
    out->ca_file = first_of(s, OWN "ca.file", KSQL "ssl.truststore.location");
    out->certificate_file = first_of(s, OWN "certificate.file", KSQL "ssl.keystore.location");
    out->key_file = look(s, OWN "key.file");
    out->key_password = first_of(s, OWN "key.password", KSQL "ssl.key.password");
    if (!out->key_password)
        out->key_password = look(s, KSQL "ssl.keystore.password");
    const char *insecure = look(s, OWN "insecure");
    out->insecure = insecure && wr_ieq(insecure, "true");
    if (insecure && !out->insecure && !wr_ieq(insecure, "false"))
        return wr_error(s->err, WEIR_ERR_CONFIG,
                        "'" OWN "insecure' is '%s'; it can be true or false", insecure);
    return WEIR_OK;
}

static weir_status read_timeout(const source *s, wr_registry_options *out)
{
    const char *text = look(s, OWN "timeout.ms");
    if (!text)
        return WEIR_OK;
    if (!wr_str_to_i64(wr_str_c(text), &out->timeout_ms) || out->timeout_ms < 1 ||
        out->timeout_ms > 3600000)
        return wr_error(s->err, WEIR_ERR_CONFIG,
                        "'" OWN "timeout.ms' is '%s'; it can be 1 to 3600000", text);
    return WEIR_OK;
}

weir_status wr_registry_options_from(wr_registry_setting_fn get, void *user, wr_arena *arena,
                                     wr_registry_options *out, weir_error *err)
{
    const source s = {.get = get, .user = user, .arena = arena, .err = err};
    *out = (wr_registry_options){.user_agent = "weir"};
    out->urls = first_of(&s, OWN "url", KSQL "url");
    if (!out->urls)
        return WEIR_OK;
    WR_TRY(read_user(&s, out));
    WR_TRY(read_token(&s, out));
    WR_TRY(read_tls(&s, out));
    WR_TRY(read_timeout(&s, out));
    out->context = look(&s, OWN "context");
    WR_ASSERT(out->user || !out->password);
    return WEIR_OK;
}
