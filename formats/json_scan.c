/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan.c - the JSON scanner (json_scan.h).
 *
 * Strings are searched sixteen bytes at a time (SSE2, part of every x86-64) or eight (stop_bytes)
 * for the next quote, backslash or control character; everything else goes byte by byte. Containers
 * are skipped without recursion: a bit for each level says whether it is an object.
 */
#include "formats/json_scan.h"

#include "common/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

void wr__json_scan_init(wr_jscan *s, wr_str text, bool comments)
{
    *s = (wr_jscan){.p = text.ptr, .begin = text.ptr, .comments = comments};
    s->end = text.len ? text.ptr + text.len : text.ptr;
    /* A byte order mark is no part of the text. */
    if (text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0)
        s->p += 3;
}

bool wr__json_fail(wr_jscan *s, const char *fault)
{
    if (!s->fault)
        s->fault = fault;
    return false;
}

/* ---- blanks ---- */

/* At a '/': step over the comment. @return false where it is none. */
static bool skip_comment(wr_jscan *s)
{
    if (!s->comments || s->end - s->p < 2)
        return false;
    if (s->p[1] == '/') {
        const char *eol = memchr(s->p, '\n', (size_t)(s->end - s->p));
        s->p = eol ? eol + 1 : s->end;
        return true;
    }
    if (s->p[1] != '*')
        return false;
    for (const char *p = s->p + 2; s->end - p >= 2; p++)
        if (p[0] == '*' && p[1] == '/') {
            s->p = p + 2;
            return true;
        }
    return false;
}

void wr__json_blanks_slow(wr_jscan *s)
{
    while (s->p < s->end) {
        char c = *s->p;
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            s->p++;
        else if (c != '/' || !skip_comment(s))
            return;
    }
}

/* ---- strings ---- */

/* The high bit of each byte of w that is a quote, a backslash or below 0x20. Bits above the first
 * one may be wrong (borrows), so only the lowest counts. */
static inline uint64_t stop_bytes(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
    uint64_t control = (w - ones * 0x20) & ~w;
    return (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | control) & highs;
}

static inline const char *next_stop(const char *p, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);
    for (; end - p >= 16; p += 16) {
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stops = _mm_or_si128(_mm_cmpeq_epi8(b, quote), _mm_cmpeq_epi8(b, slash));
        stops = _mm_or_si128(stops, _mm_cmpeq_epi8(_mm_min_epu8(b, control), b));
        int mask = _mm_movemask_epi8(stops);
        if (mask)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    for (; end - p >= 8; p += 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        uint64_t stops = stop_bytes(w);
        if (stops)
            return p + (__builtin_ctzll(stops) >> 3);
    }
    while (p < end && *p != '"' && *p != '\\' && (uint8_t)*p >= 0x20)
        p++;
    return p;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = wr_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* At a backslash: check the escape and step over it. */
static bool skip_escape(wr_jscan *s)
{
    if (s->end - s->p < 2)
        return wr__json_fail(s, "the text ends inside a string");
    char c = s->p[1];
    if (c != 'u') {
        if (!memchr("\"\\/bfnrt", c, 8))
            return wr__json_fail(s, "unknown escape in a string");
        s->p += 2;
        return true;
    }
    if (s->end - s->p < 6)
        return wr__json_fail(s, "the text ends inside a string");
    for (int k = 2; k < 6; k++)
        if (hex_digit(s->p[k]) < 0)
            return wr__json_fail(s, "\\u must be followed by four hexadecimal digits");
    s->p += 6;
    return true;
}

bool wr__json_string(wr_jscan *s, wr_jtoken *t)
{
    const char *start = ++s->p;
    uint8_t flags = 0;
    for (;;) {
        s->p = next_stop(s->p, s->end);
        if (s->p == s->end)
            return wr__json_fail(s, "the text ends inside a string");
        if (*s->p == '"')
            break;
        if (*s->p != '\\')
            return wr__json_fail(s, "control character in a string");
        flags = WR_J_ESCAPED;
        if (!skip_escape(s))
            return false;
    }
    *t = (wr_jtoken){start, (uint32_t)(s->p - start), WR_J_STRING, flags};
    s->p++;
    return true;
}

static uint32_t hex4(const char *p)
{
    uint32_t v = 0;
    for (int k = 0; k < 4; k++)
        v = v << 4 | (uint32_t)hex_digit(p[k]);
    return v;
}

/* The code point of the \u escape(s) at p; *len: bytes of text. Two halves make one character. */
static uint32_t unicode_escape(const char *p, const char *end, size_t *len)
{
    uint32_t cp = hex4(p + 2);
    *len = 6;
    if (cp < 0xD800 || cp > 0xDBFF || end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return cp;
    uint32_t low = hex4(p + 8);
    if (low < 0xDC00 || low > 0xDFFF)
        return cp;
    *len = 12;
    return 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
}

size_t wr__json_unescape(wr_str raw, char *out)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *p = raw.ptr, *end = raw.ptr + raw.len;
    size_t n = 0;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((slash ? slash : end) - p);
        memcpy(out + n, p, plain);
        n += plain;
        p += plain;
        if (!slash)
            break;
        if (p[1] == 'u') {
            size_t len;
            n += wr_utf8_encode(unicode_escape(p, end, &len), out + n);
            p += len;
        } else {
            const char *which = strchr(from, p[1]);
            out[n++] = which ? to[which - from] : p[1];
            p += 2;
        }
    }
    return n;
}

wr_str wr__json_text(const wr_jtoken *t, wr_arena *a)
{
    wr_str raw = wr_str_make(t->ptr, t->len);
    if (!(t->flags & WR_J_ESCAPED))
        return raw;
    char *text = wr_arena_alloc(a, raw.len);
    return wr_str_make(text, wr__json_unescape(raw, text));
}

/* ---- numbers and literals ---- */

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/*
 * An exponent beyond nine digits overflows Java's BigDecimal, so the record would not be readable
 * there; and no code after the scanner has to guard its arithmetic.
 */
static bool skip_exponent(wr_jscan *s)
{
    s->p++;
    if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
        s->p++;
    const char *digits = s->p;
    s->p = skip_digits(s->p, s->end);
    if (s->p == digits)
        return wr__json_fail(s, "a number's exponent has no digits");
    while (digits < s->p - 1 && *digits == '0')
        digits++;
    if (s->p - digits > 9)
        return wr__json_fail(s, "a number's exponent is too large");
    return true;
}

static bool number(wr_jscan *s, wr_jtoken *t)
{
    const char *start = s->p;
    uint8_t kind = WR_J_INT;
    if (*s->p == '-')
        s->p++;
    const char *digits = s->p;
    s->p = skip_digits(s->p, s->end);
    if (s->p == digits)
        return wr__json_fail(s, "a number has no digits");
    if (*digits == '0' && s->p - digits > 1)
        return wr__json_fail(s, "a number has a leading zero");
    if (s->p < s->end && *s->p == '.') {
        kind = WR_J_REAL;
        digits = ++s->p;
        s->p = skip_digits(s->p, s->end);
        if (s->p == digits)
            return wr__json_fail(s, "a number has no digits after its point");
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        kind = WR_J_REAL;
        if (!skip_exponent(s))
            return false;
    }
    *t = (wr_jtoken){start, (uint32_t)(s->p - start), kind, 0};
    return true;
}

static bool literal(wr_jscan *s, const char *word, size_t len, wr_jkind kind, wr_jtoken *t)
{
    if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
        return wr__json_fail(s, "unknown word");
    *t = (wr_jtoken){s->p, (uint32_t)len, (uint8_t)kind, 0};
    s->p += len;
    return true;
}

/* What Python's json and Java's Jackson write where they are not told otherwise, though it is no
 * JSON: `NaN`, `Infinity`, `-Infinity`; and the other spellings that Jackson reads. */
static bool word(wr_jscan *s, wr_jtoken *t)
{
    static const char *const words[] = {"NaN",       "Infinity", "-Infinity",
                                        "+Infinity", "-INF",     "+INF"};
    for (size_t i = 0; i < WR_ARRAY_LEN(words); i++) {
        size_t len = strlen(words[i]);
        if ((size_t)(s->end - s->p) < len || memcmp(s->p, words[i], len) != 0)
            continue;
        *t = (wr_jtoken){s->p, (uint32_t)len, WR_J_WORD, 0};
        s->p += len;
        return true;
    }
    return false;
}

static bool scalar(wr_jscan *s, wr_jtoken *t)
{
    if (s->p == s->end)
        return wr__json_fail(s, "the text ends where a value is expected");
    switch (*s->p) {
    case '"':
        return wr__json_string(s, t);
    case 't':
        return literal(s, "true", 4, WR_J_TRUE, t);
    case 'f':
        return literal(s, "false", 5, WR_J_FALSE, t);
    case 'n':
        return literal(s, "null", 4, WR_J_NULL, t);
    default:
        if (s->words && word(s, t))
            return true;
        if (*s->p == '-' || (*s->p >= '0' && *s->p <= '9'))
            return number(s, t);
        return wr__json_fail(s, "a value is expected");
    }
}

/* ---- containers ---- */

bool wr__json_enter(wr_jscan *s)
{
    if (++s->depth > WR_JSON_DEPTH_MAX)
        return wr__json_fail(s, "nested deeper than 100 levels");
    s->p++;
    return true;
}

bool wr__json_next_slow(wr_jscan *s, char close, bool first)
{
    wr__json_blanks(s);
    if (s->p == s->end)
        return wr__json_fail(s, "the text ends inside an object or array");
    if (*s->p == close) {
        s->p++;
        s->depth--;
        return false;
    }
    if (!first) {
        if (*s->p != ',')
            return wr__json_fail(s, close == '}' ? "',' or '}' is expected"
                                                 : "',' or ']' is expected");
        s->p++;
        wr__json_blanks(s);
    }
    if (close == '}' && (s->p == s->end || *s->p != '"'))
        return wr__json_fail(s, "a name in quotes is expected");
    return true;
}

bool wr__json_colon_slow(wr_jscan *s)
{
    wr__json_blanks(s);
    if (s->p == s->end || *s->p != ':')
        return wr__json_fail(s, "':' is expected");
    s->p++;
    wr__json_blanks(s);
    return true;
}

/* The container at the cursor, checked and skipped. */
static bool container(wr_jscan *s, wr_jtoken *t)
{
    const char *start = s->p;
    uint8_t kind = *start == '{' ? WR_J_OBJECT : WR_J_ARRAY;
    bool is_object[WR_JSON_DEPTH_MAX + 2]; /* by depth; one more, for the level that is refused */
    uint32_t outer = s->depth;
    bool first = true;
    is_object[s->depth + 1] = *s->p == '{';
    if (!wr__json_enter(s))
        return false;
    while (s->depth > outer) {
        bool object = is_object[s->depth];
        if (!wr__json_next(s, object ? '}' : ']', first)) {
            if (s->fault)
                return false;
            first = false;
            continue;
        }
        wr_jtoken inner;
        if (object && (!wr__json_string(s, &inner) || !wr__json_colon(s)))
            return false;
        first = s->p < s->end && (*s->p == '{' || *s->p == '[');
        if (first) {
            is_object[s->depth + 1] = *s->p == '{';
            if (!wr__json_enter(s))
                return false;
        } else if (!scalar(s, &inner)) {
            return false;
        }
    }
    *t = (wr_jtoken){start, (uint32_t)(s->p - start), kind, 0};
    return true;
}

bool wr__json_token(wr_jscan *s, wr_jtoken *t)
{
    if (WR_LIKELY(s->p < s->end)) {
        if (*s->p == '"')
            return wr__json_string(s, t);
        if (*s->p == '{' || *s->p == '[')
            return container(s, t);
    }
    return scalar(s, t);
}

bool wr__json_end(wr_jscan *s)
{
    wr__json_blanks(s);
    if (s->p != s->end)
        return wr__json_fail(s, "text follows the value");
    return true;
}

/* A character that a literal may not run into. */
static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (uint8_t)c >= 0x80;
}

bool wr__json_end_first(wr_jscan *s, wr_jkind kind)
{
    if (WR_LIKELY(s->p == s->end))
        return true;
    bool number = kind == WR_J_INT || kind == WR_J_REAL;
    bool literal =
        kind == WR_J_NULL || kind == WR_J_TRUE || kind == WR_J_FALSE || kind == WR_J_WORD;
    if ((uint8_t)*s->p > ' ' && (number || (literal && in_word(*s->p))))
        return wr__json_fail(s, "unexpected character after the value");
    wr__json_blanks(s);
    return true;
}
