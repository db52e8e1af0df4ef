/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation of patterns from Java's syntax to PCRE2's; java_regex.h has the policy. One pass
 * from left to right; what both read alike is copied. PCRE2 checks the rest when it compiles.
 */
#include "engine/functions/java_regex.h"

#include "common/utf8.h"

#include <stdio.h>

/*
 * What is not translated is refused, with a text that says so: a pattern that means something else
 * in PCRE2 would give wrong rows without a word. Where Java itself refuses, the text is Java's.
 */
typedef struct translator {
    const char *p, *end; /* the cursor in Java's pattern */
    wr_buf *out;         /* PCRE2's pattern so far */
    char *errbuf;
    size_t errbuf_n;
} translator;

/* Always false, so that callers can return it. */
static bool refuse(translator *t, const char *why)
{
    WR_ASSERT(why[0] && t->p <= t->end);
    snprintf(t->errbuf, t->errbuf_n, "%s", why);
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
/* -1: no hex digit. */
static int hex_value(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Does @p text stand at the cursor? The cursor stays. */
static bool at(const translator *t, const char *text)
{
    size_t n = strlen(text);
    return (size_t)(t->end - t->p) >= n && memcmp(t->p, text, n) == 0;
}

/* ---- escapes ---- */

/* Characters are written by number, so that none of them is taken for syntax. */
static void put_code_point(translator *t, uint32_t cp)
{
    WR_ASSERT(cp <= 0x10FFFF);
    wr_buf_printf(t->out, "\\x{%x}", cp);
}

/** Exactly @p digits hex digits at the cursor. False: there are fewer. */
static bool take_hex(translator *t, int digits, uint32_t *value)
{
    *value = 0;
    for (int k = 0; k < digits; k++, t->p++) {
        int v = t->p < t->end ? hex_value(*t->p) : -1;
        if (v < 0)
            return false;
        *value = *value << 4 | (uint32_t)v;
    }
    return true;
}

/**
 * After `\u`: a unit, or two that make a pair.
 *
 *     \u0041             A
 *     \uD83D\uDE00       one character beyond the basic plane, as Java joins the two
 */
static bool unicode_escape(translator *t)
{
    uint32_t unit, low;
    if (!take_hex(t, 4, &unit))
        return refuse(t, "Illegal Unicode escape sequence");
    if (unit >= 0xD800 && unit <= 0xDBFF && at(t, "\\u")) {
        const char *back = t->p;
        t->p += 2;
        if (take_hex(t, 4, &low) && low >= 0xDC00 && low <= 0xDFFF)
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        else
            t->p = back;
    }
    if (unit >= 0xD800 && unit <= 0xDFFF)
        return refuse(t, "half a surrogate pair in a pattern is not supported");
    put_code_point(t, unit);
    return true;
}

/**
 * After `\x`: two digits, or any number in braces.
 *
 *     \x41, \x{1F600}
 */
static bool hex_escape(translator *t)
{
    uint32_t cp = 0;
    if (t->p < t->end && *t->p == '{') {
        t->p++;
        int n = 0;
        for (int v; t->p < t->end && (v = hex_value(*t->p)) >= 0 && cp <= 0x10FFFF; t->p++, n++)
            cp = cp << 4 | (uint32_t)v;
        if (!n || t->p == t->end || *t->p++ != '}' || cp > 0x10FFFF)
            return refuse(t, "Illegal hexadecimal escape sequence");
    } else if (!take_hex(t, 2, &cp)) {
        return refuse(t, "Illegal hexadecimal escape sequence");
    }
    put_code_point(t, cp);
    return true;
}

/**
 * After `\0`: one to three octal digits, the value up to 0377.
 *
 *     \0101              A: three digits while the value is a byte
 */
static bool octal_escape(translator *t)
{
    uint32_t v = 0;
    int n = 0;
    int room = t->p < t->end && *t->p <= '3' ? 3 : 2;
    for (; n < room && t->p < t->end && *t->p >= '0' && *t->p <= '7'; n++)
        v = v * 8 + (uint32_t)(*t->p++ - '0');
    if (!n)
        return refuse(t, "Illegal octal escape sequence");
    put_code_point(t, v);
    return true;
}

/**
 * Java's POSIX classes are ASCII; PCRE2 knows some of the names as Unicode properties. NULL: it is
 * no POSIX class.
 */
static const char *posix_class(wr_str name)
{
    static const char *const names[][2] = {
        {"Lower", "lower"}, {"Upper", "upper"}, {"ASCII", "ascii"}, {"Alpha", "alpha"},
        {"Digit", "digit"}, {"Alnum", "alnum"}, {"Punct", "punct"}, {"Graph", "graph"},
        {"Print", "print"}, {"Blank", "blank"}, {"Cntrl", "cntrl"}, {"XDigit", "xdigit"},
        {"Space", "space"},
    };
    for (size_t k = 0; k < WR_ARRAY_LEN(names); k++)
        if (wr_str_eq_c(name, names[k][0]))
            return names[k][1];
    return NULL;
}

/**
 * After `\p` or `\P`.
 *
 * Scripts, categories and binary properties have the same names in both, but for Java's prefix Is.
 * Blocks (In...) and Java's own methods (javaLowerCase) are not known to PCRE2.
 */
static bool property(translator *t, bool negated, bool in_class)
{
    wr_str name = {t->p, 1};
    if (t->p < t->end && *t->p == '{') {
        const char *close = memchr(t->p, '}', (size_t)(t->end - t->p));
        if (!close)
            return refuse(t, "Unclosed character family");
        name = wr_str_make(t->p + 1, (size_t)(close - t->p - 1));
        t->p = close + 1;
    } else if (t->p < t->end && is_letter(*t->p)) {
        t->p++;
    } else {
        return refuse(t, "Unknown character property");
    }
    const char *posix = posix_class(name);
    if (posix) {
        wr_buf_printf(t->out, in_class ? "[:%s%s:]" : "[[:%s%s:]]", negated ? "^" : "", posix);
        return true;
    }
    if (wr_str_starts_with(name, WR_STR("In")) || wr_str_starts_with(name, WR_STR("java")) ||
        wr_str_starts_with(name, WR_STR("blk=")) || wr_str_starts_with(name, WR_STR("block=")) ||
        (name.len && name.ptr[0] == '^'))
        return refuse(t, "this character property is not supported");
    if (wr_str_starts_with(name, WR_STR("Is")))
        name = wr_str_make(name.ptr + 2, name.len - 2);
    wr_buf_printf(t->out, "\\%c{" WR_STR_FMT "}", negated ? 'P' : 'p', WR_STR_ARG(name));
    return true;
}

/**
 * After `\Q`: literal text up to `\E` or the end.
 *
 * Every ASCII character that could be syntax gets a backslash of its own.
 */
static void quotation(translator *t)
{
    while (t->p < t->end && !at(t, "\\E")) {
        if ((uint8_t)*t->p < 0x80 && !is_letter(*t->p) && !is_digit(*t->p))
            wr_buf_putc(t->out, '\\');
        wr_buf_putc(t->out, *t->p++);
    }
    t->p += t->p < t->end ? 2 : 0;
}

/**
 * At a backslash.
 *
 * Letters that mean the same in both pass; all other letters are errors in Java, but commands in
 * PCRE2 (\K, \C, \N ...), so they must not get there. In a class \b and the anchors are errors,
 * too.
 */
static bool escape(translator *t, bool in_class)
{
    t->p++;
    if (t->p == t->end)
        return refuse(t, "Unexpected internal error: a backslash at the end of the pattern");
    char c = *t->p++;
    switch (c) {
    case 'u':
        return unicode_escape(t);
    case 'x':
        return hex_escape(t);
    case '0':
        return octal_escape(t);
    case 'c':
        if (t->p == t->end || (uint8_t)*t->p >= 0x80)
            return refuse(t, "Illegal control escape sequence");
        put_code_point(t, (uint8_t)*t->p++ ^ 64u);
        return true;
    case 'p':
    case 'P':
        return property(t, c == 'P', in_class);
    case 'Q':
        quotation(t);
        return true;
    default:
        break;
    }
    if (is_digit(c) && in_class)
        return refuse(t, "Illegal/unsupported escape sequence");
    if (is_letter(c) && !strchr(in_class ? "dDwWsShHvVtnrfae" : "dDwWsShHvVtnrfaebBAGZzRXk", c))
        return refuse(t, "Illegal/unsupported escape sequence");
    wr_buf_putc(t->out, '\\');
    wr_buf_putc(t->out, c);
    return true;
}

/* ---- classes, groups, quantifiers ---- */

/**
 * At a '['.
 *
 * Unions and intersections of classes are Java's own; PCRE2 would read them as plain characters. A
 * ] that comes first is literal in both.
 */
static bool character_class(translator *t)
{
    wr_buf_putc(t->out, *t->p++);
    if (t->p < t->end && *t->p == '^')
        wr_buf_putc(t->out, *t->p++);
    for (bool first = true; t->p < t->end; first = false) {
        if (*t->p == '[')
            return refuse(t, "a character class inside a character class is not supported");
        if (at(t, "&&"))
            return refuse(t, "the intersection && of character classes is not supported");
        if (*t->p == '\\') {
            if (!escape(t, true))
                return false;
            continue;
        }
        if (*t->p == ']' && !first) {
            wr_buf_putc(t->out, *t->p++);
            return true;
        }
        if (*t->p == ']')
            wr_buf_putc(t->out, '\\');
        wr_buf_putc(t->out, *t->p++);
    }
    return refuse(t, "Unclosed character class");
}

/**
 * Inline flags at the cursor, after `(?`: up to ':' or ')'.
 *
 * Java's u, Unicode case folding, is PCRE2's only way. d (only \n ends a line) and U (classes by
 * Unicode) would change what the rest of the pattern means.
 */
static bool flags(translator *t)
{
    for (; t->p < t->end && *t->p != ':' && *t->p != ')'; t->p++) {
        switch (*t->p) {
        case 'x': /* Java's also skips blanks in classes */
            wr_buf_puts(t->out, "xx");
            break;
        case 'i':
        case 'm':
        case 's':
        case '-':
            wr_buf_putc(t->out, *t->p);
            break;
        case 'u': /* case folding of Unicode: always on */
            break;
        case 'd':
        case 'U':
            return refuse(t, "the flags d and U are not supported");
        default:
            return refuse(t, "Unknown inline modifier");
        }
    }
    return true;
}

/**
 * After `(?<`, not a look-behind: a name and '>'.
 *
 * Java's names have letters and digits only; PCRE2's may have underscores, so they are copied as
 * is.
 */
static bool group_name(translator *t)
{
    const char *start = t->p;
    while (t->p < t->end && (is_letter(*t->p) || (t->p > start && is_digit(*t->p))))
        t->p++;
    if (t->p == start || t->p == t->end || *t->p != '>')
        return refuse(t, "malformed name of a capturing group");
    wr_buf_put(t->out, start, (size_t)(t->p - start));
    return true;
}

/**
 * At a '('.
 *
 * (?:...), look-around, atomic groups and names are alike; comments, recursion and the like are not
 * Java's, so they end up in flags() and are refused there.
 */
static bool group(translator *t)
{
    wr_buf_putc(t->out, *t->p++);
    if (t->p < t->end && *t->p == '*')
        return refuse(t, "Dangling meta character '*'");
    if (t->p == t->end || *t->p != '?')
        return true;
    wr_buf_putc(t->out, *t->p++);
    if (t->p == t->end)
        return refuse(t, "Unknown group type");
    static const char *const plain[] = {":", "=", "!", ">", "<=", "<!"};
    for (size_t k = 0; k < WR_ARRAY_LEN(plain); k++) {
        if (at(t, plain[k])) {
            wr_buf_puts(t->out, plain[k]);
            t->p += strlen(plain[k]);
            return true;
        }
    }
    if (*t->p == '<') {
        wr_buf_putc(t->out, *t->p++);
        return group_name(t);
    }
    return flags(t);
}

/**
 * At a '{': a quantifier, or Java's error.
 *
 * `{` alone is a character to PCRE2 and an error to Java.
 */
static bool repetition(translator *t)
{
    const char *p = t->p + 1, *digits = p;
    while (p < t->end && is_digit(*p))
        p++;
    bool ok = p > digits;
    if (ok && p < t->end && *p == ',')
        for (p++; p < t->end && is_digit(*p);)
            p++;
    if (!ok || p == t->end || *p != '}')
        return refuse(t, "Illegal repetition");
    wr_buf_put(t->out, t->p, (size_t)(p + 1 - t->p));
    t->p = p + 1;
    return true;
}

/* Depth is no concern: groups are not followed, they are copied, and PCRE2 bounds their nesting.
 * Anything else than the four characters below means the same to both, or is checked by PCRE2. */
bool wr__regex_translate(wr_str pattern, wr_buf *out, char *errbuf, size_t errbuf_n)
{
    const char *start = pattern.ptr ? pattern.ptr : "";
    translator t = {start, start + pattern.len, out, errbuf, errbuf_n};
    bool ok = true;
    while (ok && t.p < t.end) {
        switch (*t.p) {
        case '\\':
            ok = escape(&t, false);
            break;
        case '[':
            ok = character_class(&t);
            break;
        case '(':
            ok = group(&t);
            break;
        case '{':
            ok = repetition(&t);
            break;
        default:
            wr_buf_putc(out, *t.p++);
        }
    }
    return ok;
}
