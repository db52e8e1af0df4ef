/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/http1_upgrade.h"

#include "server/http/exchange.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <strings.h>

/* Does a header's list, separated by commas, have this token? */
static bool names_token(const char *list, const char *token)
{
    size_t n = strlen(token);
    for (const char *p = list; p && *p;) {
        p += strspn(p, " \t,");
        size_t len = strcspn(p, " \t,");
        if (len == n && strncasecmp(p, token, n) == 0)
            return true;
        p += len;
    }
    return false;
}

static bool wants(const wr_http_exchange *x, const char *protocol)
{
    return x->version == WR_HTTP_1 && names_token(wr_http_header(x, "upgrade"), protocol) &&
           names_token(wr_http_header(x, "connection"), "upgrade");
}

bool wr_http_wants_websocket(const wr_http_exchange *x)
{
    const char *version = wr_http_header(x, "sec-websocket-version");
    return wants(x, "websocket") && strcmp(wr_http_method(x), "GET") == 0 && version &&
           strcmp(version, "13") == 0 && wr_http_header(x, "sec-websocket-key");
}

/* Base 64 for URLs, without padding; OpenSSL reads the other alphabet, in groups of four. */
static bool decode(const char *text, uint8_t settings[WR__UPGRADE_SETTINGS_MAX], size_t *n)
{
    unsigned char groups[WR__UPGRADE_SETTINGS_MAX / 3 * 4], bytes[WR__UPGRADE_SETTINGS_MAX];
    size_t len = strlen(text), padded = (len + 3) / 4 * 4;
    if (padded > sizeof groups || len % 4 == 1)
        return false;
    memset(groups, 'A', padded); /* zeros, which are cut off again */
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
            return false;
        groups[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : (unsigned char)text[i];
    }
    if (EVP_DecodeBlock(bytes, groups, (int)padded) < 0)
        return false;
    *n = len * 3 / 4;
    WR_ASSERT(*n <= padded / 4 * 3 && *n <= WR__UPGRADE_SETTINGS_MAX);
    memcpy(settings, bytes, *n);
    return *n % 6 == 0; /* a setting: 2 bytes of its name, 4 of its value */
}

bool wr__upgrade_wants_http2(const wr_http_exchange *x, uint8_t settings[WR__UPGRADE_SETTINGS_MAX],
                             size_t *n)
{
    if (!wants(x, "h2c") || !names_token(wr_http_header(x, "connection"), "http2-settings"))
        return false;
    const char *text = wr_http_header(x, "http2-settings"); /* one that comes twice has a comma */
    return text && decode(text, settings, n);
}
