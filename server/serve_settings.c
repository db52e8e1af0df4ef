/* SPDX-License-Identifier: Apache-2.0 */
#include "server/serve_settings.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <strings.h>

#define PORT_HTTP  8088
#define PORT_HTTPS 8088 /* as ksqlDB's, whatever the scheme */

static weir_status bad_url(weir_error *err, const char *url)
{
    wr_error(err, WEIR_ERR_CONFIG, "'%s' is no address to listen on", url);
    return wr_error_hint(err, "Such as http://127.0.0.1:8088 or https://[::]:8088");
}

weir_status wr_serve_place_parse(const char *url, wr_serve_place *out, weir_error *err)
{
    *out = (wr_serve_place){0};
    out->https = strncasecmp(url, "https://", 8) == 0;
    if (!out->https && strncasecmp(url, "http://", 7) != 0)
        return bad_url(err, url);
    const char *host = strstr(url, "://") + 3;
    bool six = *host == '[';
    host += six;
    size_t n = strcspn(host, six ? "]" : ":/,");
    const char *rest = host + n;
    if (n == 0 || (six && *rest++ != ']'))
        return bad_url(err, url);
    int64_t port = out->https ? PORT_HTTPS : PORT_HTTP;
    if (*rest == ':') {
        size_t digits = strspn(rest + 1, "0123456789");
        if (!wr_str_to_i64(wr_str_make(rest + 1, digits), &port) || port > UINT16_MAX)
            return bad_url(err, url);
        rest += 1 + digits;
    }
    rest += *rest == '/';
    if (*rest && *rest != ',') /* of a list the first counts */
        return bad_url(err, url);
    out->port = (uint16_t)port;
    out->host = wr_malloc(n + 1);
    memcpy(out->host, host, n);
    out->host[n] = '\0';
    return WEIR_OK;
}

void wr_serve_place_free(wr_serve_place *p)
{
    wr_free(p->host);
    p->host = NULL;
}

static bool is_loopback(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >> 24 == 127;
    return a->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

bool wr_serve_place_is_loopback(const wr_serve_place *p)
{
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    if (!p->host)
        return true;
    if (getaddrinfo(p->host, NULL, &wanted, &found) != 0)
        return false;
    bool all = true;
    for (const struct addrinfo *a = found; a; a = a->ai_next)
        all = all && is_loopback(a->ai_addr);
    freeaddrinfo(found);
    return all;
}

/* ---- certificates ---- */

static const char *first_set(const wr_settings *s, const char *a, const char *b)
{
    const char *value = wr_settings_get(s, a);
    return value ? value : b ? wr_settings_get(s, b) : NULL;
}

/* A store of Java's is no PEM file, and would be refused with a riddle. */
static weir_status check_type(const wr_settings *s, const char *name, weir_error *err)
{
    const char *type = wr_settings_get(s, name);
    if (!type || wr_ieq(type, "PEM"))
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_CONFIG, "%s must be PEM for the server: '%s' cannot be read",
                    name, type);
}

weir_status wr_serve_tls(const wr_settings *settings, wr_http_tls *out, weir_error *err)
{
    const char *own = wr_settings_get(settings, "weir.server.certificate.file");
    const char *clients = wr_settings_get(settings, "ssl.client.authentication");
    *out = (wr_http_tls){0};
    if (!own)
        WR_TRY(check_type(settings, "ssl.keystore.type", err));
    out->certificate = own ? own : wr_settings_get(settings, "ssl.keystore.location");
    if (!out->certificate) {
        wr_error(err, WEIR_ERR_CONFIG, "A https listener needs a certificate");
        return wr_error_hint(err, "weir.server.certificate.file and weir.server.key.file, or "
                                  "ssl.keystore.location (PEM, with certificate and key)");
    }
    const char *key = wr_settings_get(settings, "weir.server.key.file");
    out->key = key ? key : out->certificate; /* one file may hold both */
    out->key_password = first_set(settings, "weir.server.key.password", "ssl.key.password");
    if (!out->key_password)
        out->key_password = wr_settings_get(settings, "ssl.keystore.password");
    if (!clients || wr_ieq(clients, "NONE"))
        return WEIR_OK;
    out->client_required = wr_ieq(clients, "REQUIRED");
    if (!out->client_required && !wr_ieq(clients, "REQUESTED"))
        return wr_error(err, WEIR_ERR_CONFIG,
                        "ssl.client.authentication is NONE, REQUESTED or REQUIRED, not '%s'",
                        clients);
    if (!wr_settings_get(settings, "weir.server.client.ca.file"))
        WR_TRY(check_type(settings, "ssl.truststore.type", err));
    out->client_ca = first_set(settings, "weir.server.client.ca.file", "ssl.truststore.location");
    if (!out->client_ca)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "ssl.client.authentication needs weir.server.client.ca.file or "
                        "ssl.truststore.location");
    return WEIR_OK;
}
