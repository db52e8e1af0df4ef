/* SPDX-License-Identifier: Apache-2.0 */
/* A statement that is being typed, as words: kinds and texts, whatever is missing at its end. */
#include "cli_test.h"

#include "sql_words.h"

static cli_words read_words(const char *text)
{
    static cli_word room[CLI_WORDS_MAX];
    cli_words ws = {.at = room};
    cli_words_read(text, &ws);
    return ws;
}

/* The words as "kind:text", separated by blanks. */
static void test_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", ""},
        {" \n\t ", ""},
        {"SELECT a1, _b FROM s", "w:SELECT w:a1 ,:, w:_b w:FROM w:s"},
        {"a; b", "w:b"}, /* the last statement alone */
        {"a;", ""},
        {"a';'b", "w:a s:; w:b"},
        {"x='it''s' y", "w:x =:= s:it''s w:y"},
        {"SET 'auto", "w:SET o:auto"},
        {"SET '", "w:SET o:"},
        {"`a b`.`c", "w:`a b` .:. w:`c"},
        {"\"q\"\"r\" x", "w:\"q\"\"r\" w:x"},
        {"1.5 2e3 x2", "n:1 .:. n:5 n:2e3 w:x2"},
        {"a -- b; 'c\nd", "w:a w:d"},
        {"a -- b", "w:a"},
        {"a /* ; ' */ b", "w:a w:b"},
        {"a /* b", "w:a"},
        {"a-b a->b", "w:a -:- w:b w:a -:- >:> w:b"},
        {"K\xc3\xb6ln x", "w:K\xc3\xb6ln w:x"},
        {"f(*)", "w:f (:( *:* ):)"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_words ws = read_words(cases[i].text);
        cli_text t = {0};
        for (size_t k = 0; k < ws.n; k++)
            cli_text_addf(&t, "%s%c:%.*s", k ? " " : "", ws.at[k].kind, (int)ws.at[k].len,
                          ws.at[k].at);
        if (strcmp(cli_text_string(&t), cases[i].words) != 0)
            fail_msg("%s\nis       %s\nexpected %s", cases[i].text, cli_text_string(&t),
                     cases[i].words);
        cli_text_free(&t);
    }
}

static void test_which_word(void **state)
{
    (void)state;
    cli_words ws = read_words("select 'select' `select` selected");
    assert_int_equal(ws.n, 4);
    assert_true(cli_word_is(&ws.at[0], "SELECT"));
    for (size_t i = 1; i < ws.n; i++) /* a string, a name in quotes, a longer word */
        assert_false(cli_word_is(&ws.at[i], "SELECT"));
    assert_true(cli_word_is_one_of(&ws.at[0], "FROM SELECT WHERE"));
    assert_true(cli_word_is_one_of(&ws.at[0], "SELECT"));
    assert_false(cli_word_is_one_of(&ws.at[0], "SELECTED SELEC"));
    assert_false(cli_word_is_one_of(&ws.at[0], ""));
}

/* More words than there is room for are left out, and nothing is written past it. */
static void test_too_many(void **state)
{
    (void)state;
    cli_text t = {0};
    for (int i = 0; i < CLI_WORDS_MAX + 10; i++)
        cli_text_adds(&t, "a ");
    assert_int_equal(read_words(cli_text_string(&t)).n, CLI_WORDS_MAX);
    cli_text_adds(&t, "; b");
    assert_int_equal(read_words(cli_text_string(&t)).n, CLI_WORDS_MAX);
    cli_text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_which_word),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, capture_teardown);
}
