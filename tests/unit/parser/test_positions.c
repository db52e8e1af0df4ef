/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where errors point. Every statement is spoiled at every one of its tokens, in several ways, and
 * the error must name that very place: offset, line and column, and the caret under it.
 */
#include "unit/parser/parser_test.h"
#include "unit/parser/statements.h"

#include "parser/token.h"

#include <stdio.h>

enum { TOKENS_MAX = 128 };

typedef struct tokens {
    const char *text;
    size_t len, n; /* without EOF */
    wr_token at[TOKENS_MAX];
} tokens;

static void cut_up(tokens *t, const char *text)
{
    *t = (tokens){.text = text, .len = strlen(text)};
    for (wr_token token = wr__lex_next(text, t->len, 0); token.kind != WR_TOK_EOF;
         token = wr__lex_next(text, t->len, token.end)) {
        assert_true(t->n < TOKENS_MAX);
        t->at[t->n++] = token;
    }
}

/**
 * Is token @p k one of `x, y) =>` in `(x, y) => ...`? The parser looks ahead to the arrow before it
 * takes this for a lambda; where the arrow does not come, the parenthesis is what it complains of.
 */
static bool in_parameters(const tokens *t, size_t k)
{
    size_t first = k, last = k;
    while (first > 0 && t->at[first].kind != WR_TOK_LPAREN)
        first--;
    while (last < t->n && t->at[last].kind != WR_TOK_LAMBDA)
        last++;
    for (size_t i = first + 1; i + 1 < last; i++)
        if (t->at[i].kind != WR_TOK_IDENT && t->at[i].kind != WR_TOK_COMMA)
            return false;
    return last < t->n && last >= first + 5;
}

/** Where the parser decides by more than one token, it complains of the first of them: lambdas, and
 *  the sign of a number in WITH. */
static bool looked_ahead(const tokens *t, size_t k)
{
    bool sign = k > 1 && t->at[k - 1].kind == WR_TOK_MINUS && t->at[k - 2].kind == WR_TOK_EQ;
    return sign || in_parameters(t, k);
}

/** Line and column of an offset, counted plainly: characters, from 1. */
static void place_of(const char *text, int64_t offset, int *line, int *column)
{
    *line = *column = 1;
    for (int64_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            ++*column;
        }
    }
}

/** What must hold for every error, wherever it points. */
static void check_error(const char *text, size_t len, const weir_error *err)
{
    int line, column;
    assert_true(err->code == WEIR_ERR_SYNTAX || err->code == WEIR_ERR_LIMIT);
    assert_in_range(err->offset, 0, len);
    place_of(text, err->offset, &line, &column);
    if (err->line != line || err->column != column)
        fail_msg("%s\n%s\n%d:%d, but offset %d is %d:%d", text, err->message, err->line,
                 err->column, (int)err->offset, line, column);
    char prefix[48];
    snprintf(prefix, sizeof prefix, "line %d:%d: ", line, column);
    assert_memory_equal(err->message, prefix, strlen(prefix));
    assert_true(strlen(err->message) > strlen(prefix));
}

/** @return WEIR_OK, or the error's code with its place checked. */
static weir_status try_parse(const char *text, size_t len, weir_error *err)
{
    /* Memory of its own, so that ASan sees a step too far. */
    char *copy = wr_malloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\n'; /* not the end of a string: the length counts */
    wr_ast_stmt *s = NULL;
    *err = (weir_error){0};
    weir_status st = wr_parse_statement(copy, len, arena, &s, err);
    if (st == WEIR_OK)
        assert_non_null(s);
    else
        check_error(copy, len, err);
    wr_free(copy);
    return st;
}

static void test_good_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++) {
        weir_error err;
        if (try_parse(good_statements[i], strlen(good_statements[i]), &err) != WEIR_OK)
            fail_msg("%s\n%s", good_statements[i], err.message);
    }
}

/* The text ends before a token: either that is a statement too, or the end is what is wrong. */
static void test_cut_off_after_a_token(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++) {
        tokens t;
        cut_up(&t, good_statements[i]);
        for (size_t k = 0; k < t.n; k++) {
            size_t len = k ? t.at[k - 1].end : 0;
            weir_error err;
            if (try_parse(t.text, len, &err) == WEIR_OK || looked_ahead(&t, k))
                continue;
            refused++;
            if (err.offset != (int64_t)len)
                fail_msg("%.*s\n%s", (int)len, t.text, err.message);
            assert_non_null(strstr(err.message, "<EOF>"));
        }
        wr_arena_reset(arena);
    }
    assert_true(refused > 400);
}

/* At any byte: never a crash, never a place outside of the text. */
static void test_cut_off_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++) {
        for (size_t len = 0; len < strlen(good_statements[i]); len++) {
            weir_error err;
            (void)try_parse(good_statements[i], len, &err);
        }
        wr_arena_reset(arena);
    }
}

/** The text with @p what put in before token @p k, or in its place. */
static const char *spoiled(const tokens *t, size_t k, const char *what, bool replace, size_t *len)
{
    wr_buf b = {0};
    wr_buf_put(&b, t->text, t->at[k].pos);
    wr_buf_printf(&b, "%s ", what);
    size_t from = replace ? t->at[k].end : t->at[k].pos;
    wr_buf_put(&b, t->text + from, t->len - from);
    *len = b.len;
    return keep(&b);
}

/* What is no token is reported where it stands, whatever would have been good there. */
static void test_no_token(void **state)
{
    (void)state;
    static const char *const bad[] = {"#", "\x01", "?", "\xc3\xb6", "${undefined}", ":"};
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++) {
        tokens t;
        cut_up(&t, good_statements[i]);
        for (size_t k = 0; k < t.n; k++) {
            for (size_t b = 0; b < WR_ARRAY_LEN(bad); b++) {
                weir_error err;
                size_t len;
                const char *text = spoiled(&t, k, bad[b], b % 2, &len);
                assert_int_equal(try_parse(text, len, &err), WEIR_ERR_SYNTAX);
                if (err.offset != t.at[k].pos && !looked_ahead(&t, k))
                    fail_msg("%s\n%s", text, err.message);
            }
        }
        wr_arena_reset(arena);
    }
}

/* A token that fits nowhere in the dialect stands where it was put: the parser never goes on past
 * it, and never blames what was before it. */
static void test_token_that_fits_nowhere(void **state)
{
    (void)state;
    static const char *const words[] = {"]", "=>", "%", "THEN", "OUTER"};
    size_t spoilt = 0;
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++) {
        tokens t;
        cut_up(&t, good_statements[i]);
        for (size_t k = 0; k < t.n; k++) {
            for (size_t w = 0; w < WR_ARRAY_LEN(words); w++) {
                weir_error err;
                size_t len;
                if (k && t.at[k].pos == t.at[k - 1].end)
                    continue; /* a word would become a part of the word before it */
                const char *text = spoiled(&t, k, words[w], true, &len);
                if (try_parse(text, len, &err) == WEIR_OK)
                    continue; /* it was this token, or does as well: a % b for a + b */
                if (looked_ahead(&t, k))
                    continue;
                spoilt++;
                if (err.offset < t.at[k].pos)
                    fail_msg("%s\n%s\nbut it is spoiled at %u", text, err.message, t.at[k].pos);
            }
        }
        wr_arena_reset(arena);
    }
    assert_true(spoilt > 1500);
}

/* Two statements for one. */
static void test_text_after_the_statement(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++) {
        wr_buf b = {0};
        weir_error err;
        wr_buf_printf(&b, "%s; -- and another\n  %s", good_statements[i], good_statements[i]);
        size_t second = strlen(good_statements[i]) + strlen("; -- and another\n  ");
        const char *text = keep(&b);
        assert_int_equal(try_parse(text, strlen(text), &err), WEIR_ERR_SYNTAX);
        assert_int_equal(err.offset, second);
        assert_int_equal(err.line, 2);
        assert_int_equal(err.column, 3);
        wr_arena_reset(arena);
    }
}

/* On a later line, after characters of several bytes: columns count characters. */
static void test_lines_and_columns(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line, column;
    } cases[] = {
        {"SELECT\n  a,,b FROM s", 2, 5},
        {"\n\n\nSELEC a", 4, 1},
        {"SELECT '\xe6\x9d\xb1\xe4\xba\xac', , b FROM s", 1, 14},
        {"-- \xf0\x9f\x98\x80\n/* \xc3\xb6 */ SELECT , FROM s", 2, 16},
        {"SELECT a\r\nFROM\r\n, s", 3, 1},
        {"\tSELECT\ta b FRM s\tx", 1, 13},
        {"SELECT 'a\nb\nc' , , FROM s", 3, 6},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        weir_error err;
        assert_int_equal(try_parse(cases[i].text, strlen(cases[i].text), &err), WEIR_ERR_SYNTAX);
        if (err.line != cases[i].line || err.column != cases[i].column)
            fail_msg("%s\n%s", cases[i].text, err.message);
    }
}

/* The caret stands under the place: as many columns after the line's beginning as the error says
 * (one column for a character), unless the line is so long that its beginning is left out. */
static void test_carets(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++) {
        tokens t;
        cut_up(&t, good_statements[i]);
        for (size_t k = 0; k < t.n; k++) {
            if (looked_ahead(&t, k))
                continue;
            weir_error err;
            size_t len;
            const char *text = spoiled(&t, k, "# \xc3\xb6", false, &len);
            assert_int_equal(try_parse(text, len, &err), WEIR_ERR_SYNTAX);
            wr_buf b = {0};
            wr_parse_show_caret(&b, text, len, err.offset);
            const char *shown = keep(&b), *caret = strchr(shown, '^'), *line = strchr(shown, '\n');
            assert_non_null(caret);
            assert_string_equal(caret, "^\n");
            assert_ptr_equal(strchr(line + 1, '\n'), caret + 1); /* two lines in all */
            assert_int_equal(shown[caret - line - 1], '#');
        }
        wr_arena_reset(arena);
    }
}

/* Two bytes of a statement changed, at random: never a crash, and the same text says the same
 * twice. A seed that fails is printed by the message. */
static void test_changed_bytes(void **state)
{
    (void)state;
    static const char bytes[] = "'\"`(),;.<>=-*/[]: \n\t0aE#$\x80\xff";
    uint64_t random = 1;
    for (int round = 0; round < 20000; round++) {
        char text[512];
        const char *good = good_statements[(size_t)round % WR_ARRAY_LEN(good_statements)];
        size_t len = strlen(good);
        assert_true(len < sizeof text);
        memcpy(text, good, len);
        for (int k = 0; k < 2; k++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            text[(random >> 33) % len] = bytes[(random >> 20) % (sizeof bytes - 1)];
        }
        weir_error first, second;
        weir_status st = try_parse(text, len, &first);
        assert_int_equal(try_parse(text, len, &second), st);
        if (st != WEIR_OK)
            assert_string_equal(first.message, second.message);
        wr_arena_reset(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good_ones),
        TEST(test_cut_off_after_a_token),
        TEST(test_cut_off_anywhere),
        TEST(test_no_token),
        TEST(test_token_that_fits_nowhere),
        TEST(test_text_after_the_statement),
        TEST(test_lines_and_columns),
        TEST(test_carets),
        TEST(test_changed_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
