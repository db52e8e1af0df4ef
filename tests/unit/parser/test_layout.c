/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a statement is laid out means nothing: blanks, comments and line ends between its tokens,
 * the case of its words, a ';' at its end; and a script is its statements, whatever stands between
 * them. Layouts are random; the seed of one that fails is printed.
 */
#include "unit/parser/parser_test.h"
#include "unit/parser/statements.h"

#include "common/clock.h"
#include "parser/token.h"

static wr_rng rng;

static const char *blank(void)
{
    static const char *const blanks[] = {" ",
                                         "\n",
                                         "\r\n",
                                         "\t",
                                         "  \n\t ",
                                         "/**/",
                                         "/* ; ' \" ` -- */",
                                         "-- it's ; \"\n",
                                         " /* \xe6\x9d\xb1 */ ",
                                         "--\n",
                                         "/* a\nb */",
                                         "\n\n-- x\n-- y\n"};
    return blanks[wr_rng_below(&rng, WR_ARRAY_LEN(blanks))];
}

static bool is_word(unsigned kind)
{
    return kind == WR_TOK_IDENT || wr__tok_is_keyword(kind);
}

/* The name of a topic or subject is taken as it is written. */
static bool takes_case(const char *text)
{
    return strncmp(text, "PRINT", 5) == 0 || strncmp(text, "ASSERT", 6) == 0;
}

/* The same tokens in another layout. */
static const char *laid_out(const char *text, bool change_case)
{
    wr_buf b = {0};
    size_t len = strlen(text);
    wr_token t = wr__lex_next(text, len, 0);
    while (t.kind != WR_TOK_EOF) {
        for (uint64_t n = wr_rng_below(&rng, 3); n > 0; n--)
            wr_buf_puts(&b, blank());
        for (uint32_t i = t.pos; i < t.end; i++) {
            char c = text[i];
            bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (change_case && is_word(t.kind) && letter && wr_rng_below(&rng, 2))
                c ^= 0x20;
            wr_buf_putc(&b, c);
        }
        size_t end = t.end;
        if (t.kind == WR_TOK_MINUS) /* a comment right after it would begin with it */
            wr_buf_putc(&b, ' ');
        t = wr__lex_next(text, len, end);
        if (t.pos > end) /* where there was something between two tokens there is now, too */
            wr_buf_puts(&b, blank());
    }
    return keep(&b);
}

static void test_layout_means_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++) {
        for (uint64_t seed = 1; seed <= 40; seed++) {
            wr_rng_seed(&rng, seed);
            const char *other = laid_out(good_statements[i], !takes_case(good_statements[i]));
            wr_ast_stmt *s = NULL;
            weir_error err = {0};
            if (wr_parse_statement(other, strlen(other), arena, &s, &err))
                fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, other, err.message);
            wr_ast_stmt *plain = parse(good_statements[i]);
            if (!wr_ast_stmt_equal(plain, s))
                fail_msg("seed %llu: another tree: %s\n%s", (unsigned long long)seed, other,
                         printed(s));
            assert_string_equal(printed(s), printed(plain));
            /* The statement's text is what stands between its first token and its last. */
            assert_memory_equal(s->text.ptr, other + s->pos, s->text.len);
            assert_int_equal(s->end - s->pos, s->text.len);
            wr_arena_reset(arena);
        }
    }
}

/* What is printed is printed the same again, and a layout of it parses to the same tree. */
static void test_printed_is_stable(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++) {
        const char *sql = printed(parse(good_statements[i]));
        assert_string_equal(printed(parse(sql)), sql);
        wr_rng_seed(&rng, i);
        assert_true(wr_ast_stmt_equal(parse(laid_out(sql, false)), parse(sql)));
        wr_arena_reset(arena);
    }
}

/* Every statement differs from every other, so equality is not just "true". */
static void test_all_differ(void **state)
{
    (void)state;
    wr_ast_stmt *all[WR_ARRAY_LEN(good_statements)];
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++)
        all[i] = parse(good_statements[i]);
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++)
        for (size_t k = 0; k < WR_ARRAY_LEN(good_statements); k++)
            assert_int_equal(wr_ast_stmt_equal(all[i], all[k]), i == k);
}

/* Every kind of statement is among them: a new kind needs a row in statements.h. */
static void test_all_kinds(void **state)
{
    (void)state;
    bool seen[WR_AST_RUN_SCRIPT + 1] = {false};
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++)
        seen[parse(good_statements[i])->kind] = true;
    for (size_t kind = 0; kind < WR_ARRAY_LEN(seen); kind++)
        if (!seen[kind])
            fail_msg("no statement of kind %zu", kind);
}

/* The tree owns what it says: the text may go. */
static void test_tree_owns_its_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++) {
        size_t len = strlen(good_statements[i]);
        char *copy = wr_malloc(len);
        memcpy(copy, good_statements[i], len);
        wr_ast_stmt *s = NULL;
        assert_int_equal(wr_parse_statement(copy, len, arena, &s, NULL), WEIR_OK);
        memset(copy, '#', len);
        wr_free(copy);
        assert_true(wr_ast_stmt_equal(s, parse(good_statements[i])));
        assert_string_equal(printed(s), printed(parse(good_statements[i])));
        assert_true(wr_str_eq_c(s->text, good_statements[i]));
        wr_arena_reset(arena);
    }
}

/* ------------------------------------------------------------------------------------- scripts */

/* Statements with blanks, comments and ';' between them: each comes back as it was. */
static void test_scripts(void **state)
{
    (void)state;
    enum { STATEMENTS = 12 };
    for (uint64_t seed = 1; seed <= 200; seed++) {
        const char *given[STATEMENTS];
        wr_buf script = {0};
        wr_rng_seed(&rng, seed);
        for (size_t i = 0; i < STATEMENTS; i++) {
            given[i] = good_statements[wr_rng_below(&rng, WR_ARRAY_LEN(good_statements))];
            for (uint64_t n = wr_rng_below(&rng, 4); n > 0; n--)
                wr_buf_puts(&script, blank());
            wr_buf_puts(&script, given[i]);
            if (wr_rng_below(&rng, 2))
                wr_buf_puts(&script, blank());
            wr_buf_putc(&script, ';');
        }
        bool terminated = wr_rng_below(&rng, 2);
        if (!terminated)
            script.len--;
        wr_buf_puts(&script, blank());
        size_t len = script.len, from = 0;
        const char *text = keep(&script);
        for (size_t i = 0; i < STATEMENTS; i++) {
            wr_parse_span span;
            if (!wr_parse_next_span(text, len, from, &span))
                fail_msg("seed %llu: statement %zu of\n%s", (unsigned long long)seed, i, text);
            assert_false(span.empty);
            assert_int_equal(span.terminated, i + 1 < STATEMENTS || terminated);
            assert_int_equal(span.end - span.start, strlen(given[i]));
            assert_memory_equal(text + span.start, given[i], strlen(given[i]));
            assert_true(span.next > from && span.next <= len);
            from = span.next;
        }
        wr_parse_span span;
        assert_false(wr_parse_next_span(text, len, from, &span));
        wr_arena_reset(arena);
    }
}

/* A variable in the place of any name, number or text: the statement is what it was. */
static void test_variables_anywhere(void **state)
{
    (void)state;
    size_t replaced = 0;
    for (size_t i = 0; i < WR_ARRAY_LEN(good_statements); i++) {
        const char *text = good_statements[i];
        size_t len = strlen(text);
        for (wr_token t = wr__lex_next(text, len, 0); t.kind != WR_TOK_EOF;
             t = wr__lex_next(text, len, t.end)) {
            bool is_value = t.kind == WR_TOK_IDENT || t.kind == WR_TOK_STRING ||
                            t.kind == WR_TOK_INTEGER || t.kind == WR_TOK_DECIMAL ||
                            t.kind == WR_TOK_BACKQUOTED;
            if (!is_value)
                continue;
            replaced++;
            wr_map vars = {0};
            char *value = wr_arena_strndup(arena, text + t.pos, t.end - t.pos);
            wr_map_put(&vars, WR_STR("X_1"), value);
            wr_buf b = {0};
            wr_str got;
            weir_error err = {0};
            wr_buf_put(&b, text, t.pos);
            wr_buf_puts(&b, "${x_1}");
            wr_buf_put(&b, text + t.end, len - t.end);
            if (wr_parse_substitute(b.ptr, b.len, &vars, arena, &got, &err))
                fail_msg("%s\n%s", wr_buf_cstr(&b), err.message);
            if (!wr_str_eq_c(got, text))
                fail_msg("%.*s\nexpected\n%s", (int)got.len, got.ptr, text);
            wr_buf_free(&b);
            wr_map_free(&vars);
        }
        wr_arena_reset(arena);
    }
    assert_true(replaced > 150);
}

/* ------------------------------------------------------------------------------------- keywords */

/* Each reserved word needs quotes as a name and works in them; each free one is a name as it is. */
static void test_keywords_as_names(void **state)
{
    (void)state;
    bool reserved;
    size_t reserved_n = 0, free_n = 0;
    const char *word;
    for (size_t i = 0; (word = wr_parse_keyword(i, &reserved)); i++) {
        wr_buf plain = {0}, quoted = {0};
        wr_ast_stmt *s = NULL;
        weir_error err = {0};
        wr_buf_printf(&plain, "CREATE STREAM s (%s INT)", word);
        wr_buf_printf(&quoted, "CREATE STREAM s (`%s` INT)", word);
        assert_int_equal(wr_parse_needs_quotes(word), reserved);
        weir_status st = wr_parse_statement(plain.ptr, plain.len, arena, &s, &err);
        if (st != (reserved ? WEIR_ERR_SYNTAX : WEIR_OK))
            fail_msg("%s: %s", wr_buf_cstr(&plain), err.message);
        if (reserved) {
            assert_non_null(strstr(err.message, "is a reserved keyword"));
            assert_int_equal(err.offset, strlen("CREATE STREAM s ("));
        } else {
            assert_string_equal(s->elements[0].name.name, word);
        }
        s = parse(wr_buf_cstr(&quoted));
        assert_string_equal(s->elements[0].name.name, word);
        *(reserved ? &reserved_n : &free_n) += 1;
        wr_buf_free(&plain);
        wr_buf_free(&quoted);
    }
    assert_true(reserved_n > 20 && free_n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_layout_means_nothing), TEST(test_printed_is_stable),
        TEST(test_all_differ),           TEST(test_all_kinds),
        TEST(test_tree_owns_its_texts),  TEST(test_scripts),
        TEST(test_variables_anywhere),   TEST(test_keywords_as_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
