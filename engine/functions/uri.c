/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser behind the URL functions.
 *
 *     [scheme ':'] ( '//' [authority] path | path ) ['?' query] ['#' fragment]
 *     scheme ':' opaque-part ['#' fragment]
 *
 * Each component has its set of characters; all but ports and schemes may hold %XX escapes and
 * "other" characters (beyond ASCII, no blanks or controls). An authority is tried as [userinfo '@']
 * host [':' port]; where that fails but its characters would do for a registry-based one, the URI
 * stands and has no host.
 *
 *     http://user@h:80/p?q#f      scheme http, host h, port 80, path /p, query q, fragment f
 *     //h/p                       no scheme: a relative URI
 *     mailto:a@b                  scheme mailto; the rest is opaque
 *     http://a_b/                 no host: a registry-based authority
 */
#include "engine/functions/uri.h"

#include "common/utf8.h"
#include "engine/functions/kernel.h"

#include <arpa/inet.h>
#include <unicode/uchar.h>

/* RFC 2396 with java.net.URI's deviations: it came before RFC 3986 and ksqlDB's results are its.
 * Nothing is decoded or normalised here: components are slices.
 *
 * Classes of characters, by what may hold them. */
enum {
    IN_SCHEME = 1,
    IN_PATH = 2,
    IN_URIC = 4, /* query, fragment, opaque part */
    IN_REG_NAME = 8,
    IN_USERINFO = 16,
    IN_SERVER = 32,
    IN_SCOPE = 64,
};

/* java.net.URI's masks, character by character; 0: nowhere but as an escape. */
static unsigned classes_of(char c)
{
    bool digit = c >= '0' && c <= '9';
    if (digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return IN_SCHEME | IN_PATH | IN_URIC | IN_REG_NAME | IN_USERINFO | IN_SERVER | IN_SCOPE;
    switch (c) {
    case '-':
        return IN_SCHEME | IN_PATH | IN_URIC | IN_REG_NAME | IN_USERINFO | IN_SERVER;
    case '.':
        return IN_SCHEME | IN_PATH | IN_URIC | IN_REG_NAME | IN_USERINFO | IN_SERVER | IN_SCOPE;
    case '_':
        return IN_PATH | IN_URIC | IN_REG_NAME | IN_USERINFO | IN_SERVER | IN_SCOPE;
    case '+':
        return IN_SCHEME | IN_PATH | IN_URIC | IN_REG_NAME | IN_USERINFO | IN_SERVER;
    case '!':
    case '~':
    case '*':
    case '\'':
    case '(':
    case ')':
    case ';':
    case ':':
    case '&':
    case '=':
    case '$':
    case ',':
        return IN_PATH | IN_URIC | IN_REG_NAME | IN_USERINFO | IN_SERVER;
    case '@':
        return IN_PATH | IN_URIC | IN_REG_NAME | IN_SERVER;
    case '/':
        return IN_PATH | IN_URIC;
    case '?':
        return IN_URIC;
    case '[':
    case ']':
        return IN_URIC | IN_SERVER;
    default:
        return 0;
    }
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The cursor moves over one text; the first fault ends the parse. */
typedef struct parser {
    const char *p, *end;
    const char *fault; /* NULL as long as there is none */
    wr__uri *out;
} parser;

/* The first fault is the one that is reported. Always false. */
static bool bad(parser *u, const char *fault)
{
    WR_ASSERT(fault);
    if (!u->fault)
        u->fault = fault;
    return false;
}

/** Where the characters of @p set end in [p, end); escapes and other characters count unless the
 *  set is the scheme's or the scope's. NULL: a malformed escape. */
static const char *span(const char *p, const char *end, unsigned set)
{
    bool escapes = !(set & (IN_SCHEME | IN_SCOPE));
    while (p < end) {
        if (classes_of(*p) & set) {
            p++;
        } else if (escapes && *p == '%') {
            if (end - p < 3 || !is_hex(p[1]) || !is_hex(p[2]))
                return NULL;
            p += 3;
        } else if (escapes && (uint8_t)*p >= 0x80) {
            const char *next = p;
            uint32_t cp = wr_utf8_next(&next, end);
            if (u_isJavaSpaceChar((UChar32)cp) || u_isISOControl((UChar32)cp))
                return p;
            p = next;
        } else {
            return p;
        }
    }
    return p;
}

/* All of [p, end) must be of the set. The cursor is not looked at: the caller has found the bounds.
 */
static bool check(parser *u, const char *p, const char *end, unsigned set, const char *fault)
{
    const char *stop = span(p, end, set);
    if (!stop)
        return bad(u, "malformed escape pair");
    return stop == end || bad(u, fault);
}

/** The first of @p stops in [p, end), or end. */
static const char *find(const char *p, const char *end, const char *stops)
{
    while (p < end && !(*p && strchr(stops, *p)))
        p++;
    return p;
}

/* Never NULL, also where it is empty: "absent" is another matter. */
static wr_str slice(const char *p, const char *end)
{
    WR_ASSERT(p <= end);
    return wr_str_make(p, (size_t)(end - p));
}

/* ---- the server's part of an authority: parsers give the end of what they took, or NULL ---- */

/**
 * byte.byte.byte.byte, then nothing or ':'.
 *
 *     10.0.0.1:80      10.0.0 is none; 10.0.0.256 is none
 */
static const char *ipv4(const char *p, const char *end)
{
    for (int k = 0; k < 4; k++) {
        int value = 0, digits = 0;
        for (; p < end && is_digit(*p) && digits < 9; p++, digits++)
            value = value * 10 + (*p - '0');
        if (!digits || value > 255)
            return NULL;
        if (k < 3 && (p == end || *p++ != '.'))
            return NULL;
    }
    return p == end || *p == ':' ? p : NULL;
}

/* No underscore: see parse_authority. */
static bool is_label_char(char c)
{
    return is_alpha(c) || is_digit(c) || c == '-';
}

/**
 * Labels with dots between; the last one of several begins with a letter.
 *
 *     h, h.org, h-1.org.      not: -h, h-, 1.2.3 (the last label begins with a digit)
 */
static const char *hostname(const char *start, const char *end)
{
    const char *p = start, *last = NULL;
    while (p < end && (is_alpha(*p) || is_digit(*p))) {
        last = p;
        while (p < end && is_label_char(*p))
            p++;
        if (p[-1] == '-')
            return NULL;
        if (p == end || *p != '.')
            break;
        p++;
    }
    if ((p < end && *p != ':') || !last)
        return NULL;
    return last > start && !is_alpha(*last) ? NULL : p;
}

/**
 * What is between the brackets: an IPv6 address and an optional %scope.
 *
 * The address itself is left to inet_pton, which takes the same forms; 0 bytes would end it early.
 */
static bool is_ipv6(const char *p, const char *end)
{
    const char *scope = find(p, end, "%");
    char text[INET6_ADDRSTRLEN + 1];
    struct in6_addr address;
    size_t n = (size_t)(scope - p);
    if (n == 0 || n >= sizeof(text))
        return false;
    memcpy(text, p, n);
    text[n] = 0;
    if (strlen(text) != n || inet_pton(AF_INET6, text, &address) != 1)
        return false;
    return scope == end || (scope + 1 < end && span(scope + 1, end, IN_SCOPE) == end);
}

/* False: something else than digits, or a number beyond Java's int. */
static bool parse_port(const char *p, const char *end, int64_t *port)
{
    if (p == end)
        return true; /* "host:" has no port */
    if (!is_digit(*p) || !wr_str_to_i64(slice(p, end), port) || *port > INT32_MAX) {
        *port = -1;
        return false;
    }
    return true;
}

/* On failure the host must be unset: the authority may still stand as a registry-based one.
 * [userinfo '@'] host [':' port], all of [p, end). */
static bool parse_server(const char *p, const char *end, wr__uri *out)
{
    const char *at = find(p, end, "@");
    if (at < end) {
        if (span(p, at, IN_USERINFO) != at)
            return false;
        p = at + 1;
    }
    const char *stop;
    if (p < end && *p == '[') {
        const char *close = find(p, end, "]");
        if (close == end || !is_ipv6(p + 1, close))
            return false;
        stop = close + 1;
    } else {
        stop = ipv4(p, end);
        if (!stop)
            stop = hostname(p, end);
        if (!stop)
            return false;
    }
    out->host = slice(p, stop);
    if (stop == end)
        return true;
    if (*stop != ':' || !parse_port(stop + 1, end, &out->port)) {
        out->host = (wr_str){NULL, 0};
        return false;
    }
    return true;
}

/* "a_b" is no host name, but characters that a registry could have: such a URI has no host and is
 * valid. */
static bool parse_authority(parser *u, const char *p, const char *end)
{
    bool brackets = find(p, end, "]") < end; /* then a bare % may stand before a scope */
    const char *server = span(p, end, IN_SERVER), *registry = span(p, end, IN_REG_NAME);
    if (!registry || (!server && !brackets))
        return bad(u, "malformed escape pair");
    if ((brackets || server == end) && parse_server(p, end, u->out))
        return true;
    u->out->port = -1;
    return registry == end || bad(u, "illegal character in authority");
}

/* ---- the whole ---- */

/* From the cursor to the fragment: authority, path, query.
 *
 *     //host/path?query#fragment      file:///path has an empty authority, which is allowed */
static bool parse_hierarchical(parser *u)
{
    if (u->end - u->p >= 2 && u->p[0] == '/' && u->p[1] == '/') {
        u->p += 2;
        const char *q = find(u->p, u->end, "/?#");
        if (q == u->p && q == u->end)
            return bad(u, "expected authority");
        if (q > u->p && !parse_authority(u, u->p, q))
            return false;
        u->p = q;
    }
    const char *q = find(u->p, u->end, "?#");
    if (!check(u, u->p, q, IN_PATH, "illegal character in path"))
        return false;
    u->out->path = slice(u->p, q);
    u->p = q;
    if (q < u->end && *q == '?') {
        u->p = find(q + 1, u->end, "#");
        u->out->query = slice(q + 1, u->p);
        return check(u, q + 1, u->p, IN_URIC, "illegal character in query");
    }
    return true;
}

/* mailto:a@b: no path, no query. */
static bool parse_opaque(parser *u)
{
    const char *q = find(u->p, u->end, "#");
    if (q == u->p)
        return bad(u, "expected scheme-specific part");
    const char *start = u->p;
    u->p = q;
    return check(u, start, q, IN_URIC, "illegal character in opaque part");
}

/* A colon before any of / ? # ends a scheme; else the URI is relative, which is valid as well. The
 * fragment is the same for both kinds. */
static bool parse_uri(parser *u)
{
    const char *colon = find(u->p, u->end, ":/?#");
    bool opaque = false;
    if (colon < u->end && *colon == ':') {
        if (colon == u->p || !is_alpha(*u->p))
            return bad(u, "expected scheme name");
        if (!check(u, u->p, colon, IN_SCHEME, "illegal character in scheme name"))
            return false;
        u->out->scheme = slice(u->p, colon);
        u->p = colon + 1;
        opaque = u->p == u->end || *u->p != '/';
    }
    if (!(opaque ? parse_opaque(u) : parse_hierarchical(u)))
        return false;
    if (u->p == u->end)
        return true;
    u->out->fragment = slice(u->p + 1, u->end);
    return check(u, u->p + 1, u->end, IN_URIC, "illegal character in fragment");
}

/* Components that were found before a fault stay in @p out; they mean nothing then. */
bool wr__uri_parse(wr_str text, wr__uri *out, const char **fault)
{
    *out = (wr__uri){.port = -1};
    const char *p = text.ptr ? text.ptr : "";
    parser u = {.p = p, .end = p + text.len, .out = out};
    bool ok = parse_uri(&u);
    WR_ASSERT(ok == (u.fault == NULL));
    *fault = u.fault;
    return ok;
}

/* @p c is a hex digit. */
static int hex_value(char c)
{
    return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Runs of escapes are decoded together, since one character may take several; what is malformed as
 * UTF-8 becomes U+FFFD. Each % is followed by two hex digits: the parser, or the caller, has
 * looked. */
void wr__uri_decode(wr_buf *out, wr_str s)
{
    wr_buf run = {0};
    for (const char *p = s.ptr, *end = s.ptr + s.len; p < end;) {
        if (*p != '%') {
            wr_buf_putc(out, *p++);
            continue;
        }
        wr_buf_clear(&run);
        for (; end - p >= 3 && *p == '%'; p += 3)
            wr_buf_putc(&run, (char)(hex_value(p[1]) << 4 | hex_value(p[2])));
        if (run.len == 0)
            break;
        wr__put_utf8_repaired(out, wr_buf_view(&run));
    }
    wr_buf_free(&run);
}
