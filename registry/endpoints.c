/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoints.c - URLs taken apart by libcurl's own parser, so that what is checked here is what is
 * used later. Users and passwords in them are taken out and unescaped; those of the options stand
 * in where a URL has none.
 */
#include "registry/endpoints.h"

#include <curl/curl.h>
#include <string.h>

/* A part of the URL in the arena; NULL: it has none. */
static const char *part(CURLU *u, CURLUPart what, unsigned flags, wr_arena *arena)
{
    char *text = NULL;
    if (curl_url_get(u, what, &text, flags) != CURLUE_OK)
        return NULL;
    const char *copy = wr_arena_strdup(arena, text);
    curl_free(text);
    return copy;
}

static bool is_here(const char *host)
{
    return wr_ieq(host, "localhost") || strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0;
}

/* The URL again, as curl prints it, without the '/' at its end. */
static const char *print_url(CURLU *u, wr_arena *arena)
{
    curl_url_set(u, CURLUPART_USER, NULL, 0);
    curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
    const char *url = part(u, CURLUPART_URL, 0, arena);
    if (!url)
        return NULL;
    size_t n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    return wr_arena_strndup(arena, url, n);
}

/* @return what is wrong with it, or NULL. */
static const char *read_one(CURLU *u, const char *text, const wr_registry_options *options,
                            wr_arena *arena, wr_endpoint *out)
{
    /* Other schemes are none of a registry's; one without a scheme may be a mistake. */
    if (curl_url_set(u, CURLUPART_URL, text, 0) != CURLUE_OK)
        return "it is not a URL";
    const char *scheme = part(u, CURLUPART_SCHEME, 0, arena);
    const char *host = part(u, CURLUPART_HOST, 0, arena);
    if (!scheme || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return "it does not begin with http:// or https://";
    if (!host)
        return "it has no host";
    if (part(u, CURLUPART_QUERY, 0, arena) || part(u, CURLUPART_FRAGMENT, 0, arena))
        return "it has more than a host and a path";
    out->https = strcmp(scheme, "https") == 0;
    out->here = is_here(host);
    out->user = part(u, CURLUPART_USER, CURLU_URLDECODE, arena);
    out->password = part(u, CURLUPART_PASSWORD, CURLU_URLDECODE, arena);
    if (!out->user && options->user && *options->user) {
        out->user = wr_arena_strdup(arena, options->user);
        out->password = wr_arena_strdup(arena, options->password ? options->password : "");
    }
    if (out->user && !out->password)
        out->password = "";
    out->url = print_url(u, arena);
    return out->url ? NULL : "it is not a URL";
}

/* For messages: a wrong URL without what may be a secret in it, all before its last '@'. */
static const char *without_secrets(const char *text)
{
    const char *at = strrchr(text, '@');
    return at ? at + 1 : text;
}

static weir_status add(const char *text, const wr_registry_options *options, wr_arena *arena,
                       wr_endpoints *out, weir_error *err)
{
    if (out->n == WR_ENDPOINTS_MAX)
        return wr_error(err, WEIR_ERR_CONFIG, "More than %d URLs of schema registries",
                        WR_ENDPOINTS_MAX);
    CURLU *u = curl_url();
    const char *wrong = read_one(u, text, options, arena, &out->v[out->n]);
    curl_url_cleanup(u);
    if (wrong)
        return wr_error(err, WEIR_ERR_CONFIG, "The URL of a schema registry, '%s', is wrong: %s",
                        without_secrets(text), wrong);
    out->n++;
    return WEIR_OK;
}

static const char *all_names(const wr_endpoints *e, wr_arena *arena)
{
    const char *name = e->v[0].url;
    for (uint32_t i = 1; i < e->n; i++)
        name = wr_arena_printf(arena, "%s,%s", name, e->v[i].url);
    return name;
}

weir_status wr__endpoints_read(const wr_registry_options *options, wr_arena *arena,
                               wr_endpoints *out, weir_error *err)
{
    *out = (wr_endpoints){0};
    const char *at = options->urls ? options->urls : "";
    while (*at) {
        const size_t n = strcspn(at, ",");
        wr_str text = wr_str_trim(wr_str_make(at, n));
        if (text.len)
            WR_TRY(add(wr_arena_strndup(arena, text.ptr, text.len), options, arena, out, err));
        at += n + (at[n] == ',');
    }
    if (!out->n)
        return wr_error(err, WEIR_ERR_CONFIG, "There is no URL of a schema registry");
    out->name = all_names(out, arena);
    WR_ASSERT(out->n <= WR_ENDPOINTS_MAX);
    return WEIR_OK;
}
