/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h - tokens of SQL text and the lexer that finds them; inside parser/ only.
 *
 * The lexer is one pure function: (text, offset) -> the next token. It never fails: what is no
 * token becomes one of the BAD kinds, so that the same function serves the grammar, the splitting
 * of scripts and the substitution of variables.
 */
#ifndef WR_PARSER_TOKEN_H
#define WR_PARSER_TOKEN_H

#include "common/base.h"

typedef enum wr_tok {
    WR_TOK_EOF,
    /* Not a token; pos..end is the offending text. */
    WR_TOK_BAD_CHAR,    /* a character that begins no token (one code point) */
    WR_TOK_BAD_QUOTE,   /* string or quoted identifier that is not closed */
    WR_TOK_BAD_COMMENT, /* block comment that is not closed */
    /* Identifiers and literals */
    WR_TOK_IDENT,       /* unquoted, no keyword */
    WR_TOK_QUOTED,      /* "..." with "" for " */
    WR_TOK_BACKQUOTED,  /* `...` with `` for ` */
    WR_TOK_DIGIT_IDENT, /* 1st_column */
    WR_TOK_STRING,      /* '...' with '' for ' */
    WR_TOK_INTEGER,
    WR_TOK_DECIMAL,  /* 1.5, 1., .5 */
    WR_TOK_FLOAT,    /* 1e3, 1.5E-3 */
    WR_TOK_VARIABLE, /* ${name} */
    /* Operators and punctuation; the order is that of the texts in lexer.c */
    WR_TOK_EQ,
    WR_TOK_NE,
    WR_TOK_LT,
    WR_TOK_LE,
    WR_TOK_GT,
    WR_TOK_GE,
    WR_TOK_PLUS,
    WR_TOK_MINUS,
    WR_TOK_STAR,
    WR_TOK_SLASH,
    WR_TOK_PERCENT,
    WR_TOK_CONCAT,
    WR_TOK_ASSIGN, /* := */
    WR_TOK_ARROW,  /* -> */
    WR_TOK_LAMBDA, /* => */
    WR_TOK_LBRACKET,
    WR_TOK_RBRACKET,
    WR_TOK_LPAREN,
    WR_TOK_RPAREN,
    WR_TOK_COMMA,
    WR_TOK_DOT,
    WR_TOK_SEMICOLON,
    WR_TOK_BEFORE_KEYWORDS, /* never returned */
#define WR_KEYWORD(word, reserved) WR_KW_##word,
#include "parser/keywords.def"
#undef WR_KEYWORD
    WR_TOK_COUNT,
    /* What a rule may expect beside single tokens: used in error messages only. */
    WR_EXPECT_STATEMENT,
    WR_EXPECT_EXPRESSION,
    WR_EXPECT_OPERATOR,
    WR_EXPECT_IDENTIFIER,
    WR_EXPECT_TYPE,
    WR_EXPECT_LITERAL,
} wr_tok;

typedef struct wr_token {
    uint32_t pos, end; /* bytes [pos, end) of the text */
    uint16_t kind;     /* wr_tok */
} wr_token;

/** The first token at or after @p from; blanks and comments are skipped. At the end: EOF. */
wr_token wr__lex_next(const char *text, size_t len, size_t from);
/** The text of an operator or punctuation kind, such as ":=". */
const char *wr__tok_symbol(wr_tok kind);

/** Keyword kind of the @p len bytes at @p word (any case), or WR_TOK_IDENT. */
wr_tok wr__keyword_find(const char *word, size_t len);
/** Upper-case word of a keyword kind. */
const char *wr__keyword_name(wr_tok kind);
static inline bool wr__tok_is_keyword(unsigned kind)
{
    return kind > WR_TOK_BEFORE_KEYWORDS && kind < WR_TOK_COUNT;
}
bool wr__keyword_is_reserved(wr_tok kind);

/* ASCII only: other letters need quotes. */
static inline bool wr__is_ident_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static inline bool wr__is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool wr__is_ident_part(char c)
{
    return wr__is_ident_start(c) || wr__is_digit(c) || c == '@';
}

#endif
