/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: kinds and places, comments, quotes, numbers, keywords. */
#include "unit/parser/parser_test.h"

#include "parser/token.h"

/* The kinds of all tokens of @p text, up to EOF, must be those given (0-terminated). */
static void expect_kinds(const char *text, const wr_tok *kinds)
{
    size_t from = 0, len = strlen(text);
    for (;; kinds++) {
        wr_token t = wr__lex_next(text, len, from);
        if (t.kind != *kinds)
            fail_msg("%s: at byte %u kind %d, expected %d", text, t.pos, t.kind, (int)*kinds);
        if (t.kind == WR_TOK_EOF)
            return;
        assert_true(t.end > t.pos);
        from = t.end;
    }
}
#define KINDS(text, ...) expect_kinds(text, (const wr_tok[]){__VA_ARGS__, WR_TOK_EOF})

static void test_words(void **state)
{
    (void)state;
    KINDS("select Select SELECT", WR_KW_SELECT, WR_KW_SELECT, WR_KW_SELECT);
    KINDS("selects _x a1 a@b x$", WR_TOK_IDENT, WR_TOK_IDENT, WR_TOK_IDENT, WR_TOK_IDENT,
          WR_TOK_IDENT, WR_TOK_BAD_CHAR);
    KINDS("\"a\"\"b\" `c``d` 'e''f'", WR_TOK_QUOTED, WR_TOK_BACKQUOTED, WR_TOK_STRING);
    KINDS("'a\nb;--c'", WR_TOK_STRING);
    KINDS("${x} ${x ${1} $${x}", WR_TOK_VARIABLE, WR_TOK_BAD_CHAR, WR_TOK_BAD_CHAR, WR_TOK_IDENT,
          WR_TOK_BAD_CHAR, WR_TOK_BAD_CHAR, WR_TOK_INTEGER, WR_TOK_BAD_CHAR, WR_TOK_BAD_CHAR,
          WR_TOK_VARIABLE);
}

static void test_numbers(void **state)
{
    (void)state;
    KINDS("1 1.5 1. .5 007", WR_TOK_INTEGER, WR_TOK_DECIMAL, WR_TOK_DECIMAL, WR_TOK_DECIMAL,
          WR_TOK_INTEGER);
    KINDS("1e3 1E+3 1.5e-3 .5e1 1.e2", WR_TOK_FLOAT, WR_TOK_FLOAT, WR_TOK_FLOAT, WR_TOK_FLOAT,
          WR_TOK_FLOAT);
    /* Longest match: an exponent needs digits, else a name begins with a digit. */
    KINDS("1e 1e3x 1a_@ 9to5", WR_TOK_DIGIT_IDENT, WR_TOK_DIGIT_IDENT, WR_TOK_DIGIT_IDENT,
          WR_TOK_DIGIT_IDENT);
    KINDS("1.5e+ 1.e", WR_TOK_DECIMAL, WR_TOK_IDENT, WR_TOK_PLUS, WR_TOK_DECIMAL, WR_TOK_IDENT);
}

static void test_operators(void **state)
{
    (void)state;
    KINDS("= <> != < <= > >=", WR_TOK_EQ, WR_TOK_NE, WR_TOK_NE, WR_TOK_LT, WR_TOK_LE, WR_TOK_GT,
          WR_TOK_GE);
    KINDS("+ - * / % || := -> =>", WR_TOK_PLUS, WR_TOK_MINUS, WR_TOK_STAR, WR_TOK_SLASH,
          WR_TOK_PERCENT, WR_TOK_CONCAT, WR_TOK_ASSIGN, WR_TOK_ARROW, WR_TOK_LAMBDA);
    KINDS("[](),.;", WR_TOK_LBRACKET, WR_TOK_RBRACKET, WR_TOK_LPAREN, WR_TOK_RPAREN, WR_TOK_COMMA,
          WR_TOK_DOT, WR_TOK_SEMICOLON);
    KINDS(">>", WR_TOK_GT, WR_TOK_GT);
    KINDS("| : ! #", WR_TOK_BAD_CHAR, WR_TOK_BAD_CHAR, WR_TOK_BAD_CHAR, WR_TOK_BAD_CHAR);
}

static void test_blanks_and_comments(void **state)
{
    (void)state;
    KINDS("a -- b\n c /* d\n ; */ e --@test: f", WR_TOK_IDENT, WR_TOK_IDENT, WR_TOK_IDENT);
    KINDS("a/**/b/***/c/* /* */d", WR_TOK_IDENT, WR_TOK_IDENT, WR_TOK_IDENT, WR_TOK_IDENT);
    KINDS("\xEF\xBB\xBF"
          "a",
          WR_TOK_IDENT);
    KINDS("a /* b", WR_TOK_IDENT, WR_TOK_BAD_COMMENT);
    KINDS("a /*/ b", WR_TOK_IDENT, WR_TOK_BAD_COMMENT);
    KINDS("'a", WR_TOK_BAD_QUOTE);
    KINDS("'a''", WR_TOK_BAD_QUOTE);
    KINDS("\"a'", WR_TOK_BAD_QUOTE);
    wr_token t = wr__lex_next("  \xC3\xA9x", 5, 0);
    assert_int_equal(t.kind, WR_TOK_BAD_CHAR);
    assert_int_equal(t.pos, 2);
    assert_int_equal(t.end, 4);
}

static void test_keyword_table(void **state)
{
    (void)state;
    const char *word, *before = "";
    bool reserved;
    size_t n = 0;
    for (; (word = wr_parse_keyword(n, &reserved)); n++) {
        assert_true(strcmp(before, word) < 0); /* ordered, for the binary search */
        wr_tok kind = wr__keyword_find(word, strlen(word));
        assert_string_equal(wr__keyword_name(kind), word);
        assert_int_equal(wr__keyword_is_reserved(kind), reserved);
        assert_int_equal(wr_parse_needs_quotes(word), reserved);
        before = word;
    }
    assert_int_equal(n, WR_TOK_COUNT - WR_TOK_BEFORE_KEYWORDS - 1);
    assert_int_equal(wr__keyword_find("NOSUCHWORD", 10), WR_TOK_IDENT);
    assert_int_equal(wr__keyword_find("SELECTSELECTSELECTSELECTSELECTSELECT", 36), WR_TOK_IDENT);
}

static void test_needs_quotes(void **state)
{
    (void)state;
    static const char *const bare[] = {"A", "_", "A1", "A_B", "A@B", "DATE", "KEY"};
    static const char *const quoted[] = {"", "a", "A-B", "1A", "A B", "SELECT", "\xC3\x89", "A`"};
    for (size_t i = 0; i < WR_ARRAY_LEN(bare); i++)
        assert_false(wr_parse_needs_quotes(bare[i]));
    for (size_t i = 0; i < WR_ARRAY_LEN(quoted); i++)
        assert_true(wr_parse_needs_quotes(quoted[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_words),         TEST(test_numbers),
        TEST(test_operators),     TEST(test_blanks_and_comments),
        TEST(test_keyword_table), TEST(test_needs_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
