/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lexer.c - SQL text to tokens (dialect: lexical rules).
 *
 * Longest match wins, as in ksqlDB's lexer; of equally long ones the number wins over the
 * identifier that begins with a digit (`1e3` is a number, `1e` and `1a` are identifiers). Blanks
 * and comments (`-- ...`, block comments, which do not nest) separate tokens and vanish;
 * directive comments (`--@...`) are comments here.
 */
#include "parser/token.h"

typedef struct scan {
    const char *text;
    size_t len;
} scan;

static char at(const scan *s, size_t i)
{
    return i < s->len ? s->text[i] : '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static wr_token token(wr_tok kind, size_t pos, size_t end)
{
    WR_ASSERT(pos < end || kind == WR_TOK_EOF); /* or the text would never come to its end */
    return (wr_token){.pos = (uint32_t)pos, .end = (uint32_t)end, .kind = (uint16_t)kind};
}

/* Skip blanks and comments. @return false at a block comment that is not closed; *i stays on it. */
static bool skip_blanks(const scan *s, size_t *i)
{
    static const char bom[] = "\xEF\xBB\xBF"; /* editors put it before a file's first character */
    if (*i == 0 && s->len >= 3 && memcmp(s->text, bom, 3) == 0)
        *i = 3;
    for (;;) {
        if (*i < s->len && is_blank(s->text[*i])) {
            ++*i;
        } else if (at(s, *i) == '-' && at(s, *i + 1) == '-') {
            const char *eol = memchr(s->text + *i, '\n', s->len - *i);
            *i = eol ? (size_t)(eol - s->text) + 1 : s->len;
        } else if (at(s, *i) == '/' && at(s, *i + 1) == '*') {
            const char *body = s->text + *i + 2;
            const char *close = memmem(body, s->len - *i - 2, "*/", 2);
            if (!close)
                return false;
            *i = (size_t)(close - s->text) + 2;
        } else {
            return true;
        }
    }
}

/* A string or quoted identifier; the quote is doubled inside. */
static wr_token quoted(const scan *s, size_t pos, wr_tok kind)
{
    char quote = s->text[pos];
    WR_ASSERT(quote == '\'' || quote == '"' || quote == '`');
    size_t i = pos + 1;
    for (;;) {
        const char *close = i < s->len ? memchr(s->text + i, quote, s->len - i) : NULL;
        if (!close)
            return token(WR_TOK_BAD_QUOTE, pos, s->len);
        i = (size_t)(close - s->text) + 1;
        if (at(s, i) != quote)
            return token(kind, pos, i);
        i++;
    }
}

static size_t skip_digits(const scan *s, size_t i)
{
    while (wr__is_digit(at(s, i)))
        i++;
    return i;
}

/* End of an exponent that begins at i, or i where there is none. */
static size_t skip_exponent(const scan *s, size_t i)
{
    if (at(s, i) != 'e' && at(s, i) != 'E')
        return i;
    size_t digits = i + 1;
    if (at(s, digits) == '+' || at(s, digits) == '-')
        digits++;
    size_t end = skip_digits(s, digits);
    return end > digits ? end : i;
}

static wr_token number(const scan *s, size_t pos)
{
    size_t end = skip_digits(s, pos);
    wr_tok kind = WR_TOK_INTEGER;
    if (at(s, end) == '.') {
        end = skip_digits(s, end + 1);
        kind = WR_TOK_DECIMAL;
    }
    size_t exponent = skip_exponent(s, end);
    if (exponent > end) {
        end = exponent;
        kind = WR_TOK_FLOAT;
    }
    size_t ident = pos;
    if (wr__is_digit(s->text[pos]))
        while (wr__is_ident_part(at(s, ident)))
            ident++;
    return ident > end ? token(WR_TOK_DIGIT_IDENT, pos, ident) : token(kind, pos, end);
}

static wr_token word(const scan *s, size_t pos)
{
    size_t end = pos;
    while (wr__is_ident_part(at(s, end)))
        end++;
    return token(wr__keyword_find(s->text + pos, end - pos), pos, end);
}

/* The place after `${name}` at pos, or pos where there is none. */
static size_t skip_variable(const scan *s, size_t pos)
{
    size_t i = pos + 2;
    if (at(s, pos + 1) != '{' || !wr__is_ident_start(at(s, i)))
        return pos;
    while (wr__is_ident_part(at(s, i)))
        i++;
    return at(s, i) == '}' ? i + 1 : pos;
}

/* Longer texts before their own beginnings. */
static const struct symbol {
    char text[3];
    uint8_t kind;
} symbols[] = {
    {"<>", WR_TOK_NE},      {"!=", WR_TOK_NE},      {"<=", WR_TOK_LE},       {">=", WR_TOK_GE},
    {"||", WR_TOK_CONCAT},  {":=", WR_TOK_ASSIGN},  {"->", WR_TOK_ARROW},    {"=>", WR_TOK_LAMBDA},
    {"=", WR_TOK_EQ},       {"<", WR_TOK_LT},       {">", WR_TOK_GT},        {"+", WR_TOK_PLUS},
    {"-", WR_TOK_MINUS},    {"*", WR_TOK_STAR},     {"/", WR_TOK_SLASH},     {"%", WR_TOK_PERCENT},
    {"[", WR_TOK_LBRACKET}, {"]", WR_TOK_RBRACKET}, {"(", WR_TOK_LPAREN},    {")", WR_TOK_RPAREN},
    {",", WR_TOK_COMMA},    {".", WR_TOK_DOT},      {";", WR_TOK_SEMICOLON},
};

static wr_token symbol_or_bad(const scan *s, size_t pos)
{
    for (size_t k = 0; k < WR_ARRAY_LEN(symbols); k++) {
        size_t n = strlen(symbols[k].text);
        if (s->len - pos >= n && memcmp(s->text + pos, symbols[k].text, n) == 0)
            return token((wr_tok)symbols[k].kind, pos, pos + n);
    }
    size_t end = pos + 1;
    while (((uint8_t)at(s, end) & 0xC0) == 0x80)
        end++;
    return token(WR_TOK_BAD_CHAR, pos, end);
}

wr_token wr__lex_next(const char *text, size_t len, size_t from)
{
    WR_ASSERT(len <= UINT32_MAX && from <= len);
    scan s = {text, len};
    size_t pos = from;
    if (!skip_blanks(&s, &pos))
        return token(WR_TOK_BAD_COMMENT, pos, len);
    WR_ASSERT(pos >= from);
    if (pos >= len)
        return token(WR_TOK_EOF, len, len);
    char c = text[pos];
    if (wr__is_ident_start(c))
        return word(&s, pos);
    if (wr__is_digit(c) || (c == '.' && wr__is_digit(at(&s, pos + 1))))
        return number(&s, pos);
    if (c == '\'')
        return quoted(&s, pos, WR_TOK_STRING);
    if (c == '"')
        return quoted(&s, pos, WR_TOK_QUOTED);
    if (c == '`')
        return quoted(&s, pos, WR_TOK_BACKQUOTED);
    if (c == '$') {
        size_t end = skip_variable(&s, pos);
        if (end > pos)
            return token(WR_TOK_VARIABLE, pos, end);
    }
    return symbol_or_bad(&s, pos);
}

const char *wr__tok_symbol(wr_tok kind)
{
    for (size_t k = 0; k < WR_ARRAY_LEN(symbols); k++)
        if (symbols[k].kind == kind)
            return symbols[k].text;
    WR_UNREACHABLE();
}
