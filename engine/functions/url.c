/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URL_*: components of URLs (uri.h) and form encoding (java.net.URLEncoder and URLDecoder). A
 * malformed URL fails the row.
 *
 * NULL gives NULL. The examples of the functions are in the table below; what one might not expect:
 *
 *     http://h          path '' (the empty text), no query, no port: NULL
 *     mailto:a@b        protocol 'mailto', everything else NULL: there is no hierarchy
 *     //h/p             host 'h', no protocol: a relative URL is one, too
 *     http://a_b/       host NULL: an underscore is not allowed in a host name
 *     http://h/%C3%A9   path '/é': components are decoded, hosts are not
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"
#include "engine/functions/uri.h"

/* ---- components ---- */

/* The text of the fault is Java's, as ksqlDB passes it on. */
static bool parse_row(wr_kctx *ctx, wr_str text, uint32_t i, wr_vec *out, wr__uri *uri)
{
    const char *fault;
    if (wr__uri_parse(text, uri, &fault))
        return true;
    wr__fail(ctx, out, i, "URL input has invalid syntax: %s in '" WR_STR_FMT "'", fault,
             WR_STR_ARG(text));
    return false;
}

/* A component that is not there is NULL; one that is empty ("http://h?") is the empty text. */
#define COMPONENT_KERNEL(name, component)                                                          \
    WR__KERNEL(name)                                                                               \
    {                                                                                              \
        wr_buf b = {0};                                                                            \
        WR_FOREACH_SEL (i, sel) {                                                                  \
            wr__uri uri;                                                                           \
            if (!parse_row(ctx, wr__str(args[0], i), i, out, &uri))                                \
                continue;                                                                          \
            if (!uri.component.ptr) {                                                              \
                wr__put_null(out, i);                                                              \
                continue;                                                                          \
            }                                                                                      \
            wr_buf_clear(&b);                                                                      \
            wr__uri_decode(&b, uri.component);                                                     \
            wr__put_text(ctx, out, i, &b);                                                         \
        }                                                                                          \
        wr_buf_free(&b);                                                                           \
    }
COMPONENT_KERNEL(url_fragment, fragment)
COMPONENT_KERNEL(url_path, path)
COMPONENT_KERNEL(url_protocol, scheme)
COMPONENT_KERNEL(url_query, query)

/** java.net.URI does not decode a host: an IPv6 scope may hold a bare %. */
WR__KERNEL(url_host)
{
    WR_FOREACH_SEL (i, sel) {
        wr__uri uri;
        if (!parse_row(ctx, wr__str(args[0], i), i, out, &uri))
            continue;
        if (uri.host.ptr)
            out->u.str[i] = uri.host;
        else
            wr__put_null(out, i);
    }
}

/* -1, Java's "none", is NULL. No default port is filled in for a scheme. */
WR__KERNEL(url_port)
{
    WR_FOREACH_SEL (i, sel) {
        wr__uri uri;
        if (!parse_row(ctx, wr__str(args[0], i), i, out, &uri))
            continue;
        if (uri.port < 0)
            wr__put_null(out, i);
        else
            out->u.i32[i] = (int32_t)uri.port;
    }
}

/**
 * The value of the first parameter @p name in a decoded query; ptr NULL: absent. A name without '='
 * has the empty text as its value.
 */
static wr_str parameter(wr_str query, wr_str name)
{
    const char *p = query.ptr, *end = query.ptr + query.len;
    for (;;) {
        const char *stop = memchr(p, '&', (size_t)(end - p));
        stop = stop ? stop : end;
        const char *equals = memchr(p, '=', (size_t)(stop - p));
        wr_str key = wr_str_make(p, (size_t)((equals ? equals : stop) - p));
        if (wr_str_eq(key, name))
            return equals ? wr_str_make(equals + 1, (size_t)(stop - equals - 1)) : WR_STR("");
        if (stop == end)
            return (wr_str){NULL, 0};
        p = stop + 1;
    }
}

/* Quirk kept: the query is decoded before it is taken apart, so an escaped & in a value ends it. */
WR__KERNEL(url_parameter)
{
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        wr__uri uri;
        if (!parse_row(ctx, wr__str(args[0], i), i, out, &uri))
            continue;
        wr_buf_clear(&b);
        wr_buf_reserve(&b, 1);
        wr__uri_decode(&b, uri.query);
        wr_str value = {NULL, 0};
        if (uri.query.ptr)
            value = parameter(wr_buf_view(&b), wr__str(args[1], i));
        if (value.ptr)
            out->u.str[i] = wr_arena_str(ctx->scratch, value);
        else
            wr__put_null(out, i);
    }
    wr_buf_free(&b);
}

/* ---- form encoding ---- */

/*
 * application/x-www-form-urlencoded, of the text's UTF-8: blank is +, letters, digits and -_.*
 * stay, all else is %XX. Half a pair is a question mark before it is encoded.
 */

/* java.net.URLEncoder's set, which is that of HTML forms and not RFC 3986's: ~ is escaped, * is
 * not. */
static bool is_kept(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '*';
}

/* Byte by byte: a character beyond ASCII is several escapes. */
WR__KERNEL(url_encode)
{
    static const char hex[] = "0123456789ABCDEF";
    wr_buf utf8 = {0}, b = {0};
    WR_FOREACH_SEL (i, sel) {
        wr_buf_clear(&utf8);
        wr_buf_clear(&b);
        wr_utf8_put_external(&utf8, wr__str(args[0], i));
        for (size_t k = 0; k < utf8.len; k++) {
            char c = utf8.ptr[k];
            if (is_kept(c) || c == ' ') {
                wr_buf_putc(&b, c == ' ' ? '+' : c);
                continue;
            }
            wr_buf_putc(&b, '%');
            wr_buf_putc(&b, hex[(uint8_t)c >> 4]);
            wr_buf_putc(&b, hex[(uint8_t)c & 15]);
        }
        wr__put_text(ctx, out, i, &b);
    }
    wr_buf_free(&utf8);
    wr_buf_free(&b);
    out->ascii = true;
}

/* Either case. */
static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/** Every % is followed by two hex digits. */
static bool escapes_are_whole(wr_str s)
{
    for (uint32_t k = 0; k < s.len; k++)
        if (s.ptr[k] == '%' && (s.len - k < 3 || !is_hex(s.ptr[k + 1]) || !is_hex(s.ptr[k + 2])))
            return false;
    return true;
}

/* A malformed escape is an error of the row, as URLDecoder throws. + is a blank wherever it stands.
 */
WR__KERNEL(url_decode)
{
    wr_buf spaced = {0}, b = {0};
    WR_FOREACH_SEL (i, sel) {
        wr_str s = wr__str(args[0], i);
        if (!escapes_are_whole(s)) {
            wr__fail(ctx, out, i, "URL_DECODE_PARAM: illegal %% escape in '" WR_STR_FMT "'",
                     WR_STR_ARG(s));
            continue;
        }
        wr_buf_clear(&spaced);
        wr_buf_clear(&b);
        wr_buf_str(&spaced, s);
        for (size_t k = 0; k < spaced.len; k++)
            if (spaced.ptr[k] == '+')
                spaced.ptr[k] = ' ';
        wr__uri_decode(&b, wr_buf_view(&spaced));
        wr__put_text(ctx, out, i, &b);
    }
    wr_buf_free(&spaced);
    wr_buf_free(&b);
}

/* ---- tables ---- */

/* One argument; NULL gives NULL. */
#define TEXT_SIG(name, ret, kernel)                                                                \
    static const wr_signature name[] = {{"STRING", ret, WR__NULL_IN, kernel, NULL, NULL, NULL}}
TEXT_SIG(decode_sigs, "STRING", url_decode);
TEXT_SIG(encode_sigs, "STRING", url_encode);
TEXT_SIG(fragment_sigs, "STRING", url_fragment);
TEXT_SIG(host_sigs, "STRING", url_host);
TEXT_SIG(path_sigs, "STRING", url_path);
TEXT_SIG(port_sigs, "INTEGER", url_port);
TEXT_SIG(protocol_sigs, "STRING", url_protocol);
TEXT_SIG(query_sigs, "STRING", url_query);
static const wr_signature parameter_sigs[] = {
    {"STRING, STRING", "STRING", WR__NULL_IN, url_parameter, NULL, NULL, NULL}};

static const wr_function functions[] = {
    WR__FN("URL_DECODE_PARAM", "URL", decode_sigs, "URL_DECODE_PARAM('a+b%21')", "'a b!'",
           "Undoes the form encoding of a text."),
    WR__FN("URL_ENCODE_PARAM", "URL", encode_sigs, "URL_ENCODE_PARAM('a b!')", "'a+b%21'",
           "Form encoding of a text, for use in a URL's query."),
    WR__FN("URL_EXTRACT_FRAGMENT", "URL", fragment_sigs,
           "URL_EXTRACT_FRAGMENT('http://h/p?q=1#frag')", "'frag'", "The fragment of a URL."),
    WR__FN("URL_EXTRACT_HOST", "URL", host_sigs, "URL_EXTRACT_HOST('http://h.org:80/p')", "'h.org'",
           "The host of a URL."),
    WR__FN("URL_EXTRACT_PARAMETER", "URL", parameter_sigs,
           "URL_EXTRACT_PARAMETER('http://h/p?a=1&b=2', 'b')", "'2'",
           "The value of a parameter in a URL's query."),
    WR__FN("URL_EXTRACT_PATH", "URL", path_sigs, "URL_EXTRACT_PATH('http://h/p/q?a=1')", "'/p/q'",
           "The path of a URL."),
    WR__FN("URL_EXTRACT_PORT", "URL", port_sigs, "URL_EXTRACT_PORT('http://h:80/p')", "80",
           "The port of a URL."),
    WR__FN("URL_EXTRACT_PROTOCOL", "URL", protocol_sigs, "URL_EXTRACT_PROTOCOL('http://h/p')",
           "'http'", "The protocol (scheme) of a URL."),
    WR__FN("URL_EXTRACT_QUERY", "URL", query_sigs, "URL_EXTRACT_QUERY('http://h/p?a=1&b=2')",
           "'a=1&b=2'", "The query of a URL."),
};
WR__FAMILY(url, functions);
