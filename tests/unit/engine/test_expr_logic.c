/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions: AND, OR, NOT, CASE, IN, BETWEEN, LIKE. LIKE is also held against a matcher written
 * for this test, on random texts and patterns.
 */
#include "operands.h"

/* clang-format off */
#define YES     {"BOOLEAN", "TRUE"}
#define NO      {"BOOLEAN", "FALSE"}
#define INT(v)  {"INT", v}
#define TEXT(v) {"STRING", v}
/* clang-format on */

static void test_and_or_not(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X AND Y", {YES, YES}, "BOOLEAN", "true"},
        {"X AND Y", {YES, NO}, "BOOLEAN", "false"},
        {"X AND Y", {NO, YES}, "BOOLEAN", "false"},
        {"X AND Y", {NO, NO}, "BOOLEAN", "false"},
        {"X OR Y", {YES, YES}, "BOOLEAN", "true"},
        {"X OR Y", {YES, NO}, "BOOLEAN", "true"},
        {"X OR Y", {NO, YES}, "BOOLEAN", "true"},
        {"X OR Y", {NO, NO}, "BOOLEAN", "false"},
        {"NOT X", {YES}, "BOOLEAN", "false"},
        {"NOT NOT X", {YES}, "BOOLEAN", "true"},
        {"NOT X OR Y", {NO, NO}, "BOOLEAN", "true"},
        {"NOT (X OR Y)", {NO, YES}, "BOOLEAN", "false"},
        /* AND binds tighter than OR, NOT tighter than AND */
        {"X OR Y AND Z", {YES, YES, NO}, "BOOLEAN", "true"},
        {"(X OR Y) AND Z", {YES, YES, NO}, "BOOLEAN", "false"},
        {"X AND Y OR Z", {NO, NO, YES}, "BOOLEAN", "true"},
        {"X AND (Y OR Z)", {NO, NO, YES}, "BOOLEAN", "false"},
        {"NOT X AND Y", {YES, NO}, "BOOLEAN", "false"},
        {"NOT X = Y", {INT("1"), INT("2")}, "BOOLEAN", "true"},
        /* what stands on the right is not looked at where the left decides */
        {"X = 0 OR 10 / X > 1", {INT("0")}, "BOOLEAN", "true"},
        {"X <> 0 AND 10 / X > 1", {INT("0")}, "BOOLEAN", "false"},
        {"X <> 0 AND 10 / X > 1", {INT("5")}, "BOOLEAN", "true"},
        {"10 / X > 1 OR X = 0", {INT("0")}, "BOOLEAN", "!null"},
        {"10 / X > 1 AND X <> 0", {INT("0")}, "BOOLEAN", "!null"},
    };
    OPERAND_TABLE(cases);
}

static void test_case(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"CASE WHEN X > 0 THEN 'plus' WHEN X < 0 THEN 'minus' ELSE 'zero' END",
         {INT("5")},
         "STRING",
         "plus"},
        {"CASE WHEN X > 0 THEN 'plus' WHEN X < 0 THEN 'minus' ELSE 'zero' END",
         {INT("-5")},
         "STRING",
         "minus"},
        {"CASE WHEN X > 0 THEN 'plus' WHEN X < 0 THEN 'minus' ELSE 'zero' END",
         {INT("0")},
         "STRING",
         "zero"},
        /* a comparison with NULL is false, so the default is taken */
        {"CASE WHEN X > 0 THEN 'plus' WHEN X < 0 THEN 'minus' ELSE 'zero' END",
         {INT("NULL")},
         "STRING",
         "zero"},
        {"CASE WHEN X > 0 THEN 1 END", {INT("0")}, "INTEGER", "null"},
        {"CASE WHEN X > 0 THEN NULL ELSE 7 END", {INT("1")}, "INTEGER", "null"},
        {"CASE WHEN X > 0 THEN NULL ELSE 7 END", {INT("0")}, "INTEGER", "7"},
        /* the first that holds; the others are not evaluated */
        {"CASE WHEN X > 0 THEN 'a' WHEN X > -10 THEN 'b' WHEN TRUE THEN 'c' END",
         {INT("1")},
         "STRING",
         "a"},
        {"CASE WHEN X > 0 THEN 'a' WHEN X > -10 THEN 'b' WHEN TRUE THEN 'c' END",
         {INT("0")},
         "STRING",
         "b"},
        {"CASE WHEN X > 0 THEN 'a' WHEN X > -10 THEN 'b' WHEN TRUE THEN 'c' END",
         {INT("-99")},
         "STRING",
         "c"},
        {"CASE WHEN X = 0 THEN -1 ELSE 10 / X END", {INT("0")}, "INTEGER", "-1"},
        {"CASE WHEN X = 0 THEN -1 ELSE 10 / X END", {INT("5")}, "INTEGER", "2"},
        {"CASE WHEN X = 0 THEN -1 WHEN 10 / X = 1 THEN 1 ELSE 0 END", {INT("0")}, "INTEGER", "-1"},
        {"CASE WHEN 10 / X = 1 THEN 1 ELSE 0 END", {INT("0")}, "INTEGER", "!null"},
        /* CASE inside CASE, and as an operand */
        {"CASE WHEN X > 0 THEN CASE WHEN Y > 0 THEN 'pp' ELSE 'pm' END ELSE 'm' END",
         {INT("1"), INT("-1")},
         "STRING",
         "pm"},
        {"CASE WHEN X THEN 1 ELSE 2 END + CASE WHEN Y THEN 10 ELSE 20 END",
         {YES, NO},
         "INTEGER",
         "21"},
        {"CASE WHEN X IS NULL THEN ARRAY[1] ELSE ARRAY[2, 3] END",
         {INT("1")},
         "ARRAY<INTEGER>",
         "[2, 3]"},
        {"CASE WHEN X THEN STRUCT(a := 1) ELSE STRUCT(a := 2) END",
         {NO},
         "STRUCT<`A` INTEGER>",
         "Struct{A=2}"},
        {"CASE WHEN X IN (1, 2) AND X BETWEEN 2 AND 3 THEN 'both' ELSE 'no' END",
         {INT("2")},
         "STRING",
         "both"},
    };
    OPERAND_TABLE(cases);
}

static void test_in(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X IN (1, 2, 3)", {INT("2")}, "BOOLEAN", "true"},
        {"X IN (1, 2, 3)", {INT("4")}, "BOOLEAN", "false"},
        {"X IN (1, 2, 3)", {INT("NULL")}, "BOOLEAN", "false"},
        {"X NOT IN (1, 2, 3)", {INT("NULL")}, "BOOLEAN", "true"},
        {"X NOT IN (1, 2, 3)", {INT("2")}, "BOOLEAN", "false"},
        {"X IN (1)", {INT("1")}, "BOOLEAN", "true"},
        {"X IN ('1', '2')", {INT("2")}, "BOOLEAN", "true"},
        {"X IN (3000000000, 2)", {INT("2")}, "BOOLEAN", "true"},
        {"X IN (2.0, 3.5)", {INT("2")}, "BOOLEAN", "true"},
        {"X IN (2.5, 3.5)", {INT("2")}, "BOOLEAN", "false"},
        {"X IN (Y, Z)", {INT("2"), INT("1"), INT("2")}, "BOOLEAN", "true"},
        {"X IN (Y, Z)", {INT("2"), INT("NULL"), INT("3")}, "BOOLEAN", "false"},
        {"X IN (Y, Z)", {INT("NULL"), INT("NULL"), INT("3")}, "BOOLEAN", "false"},
        {"X IN (Y + 1, 7)", {INT("3"), INT("2")}, "BOOLEAN", "true"},
        {"X IN (1.50, 2.25)", {{"DECIMAL(5, 3)", "2.250"}}, "BOOLEAN", "true"},
        {"X IN (1, 2)", {{"DOUBLE", "2e0"}}, "BOOLEAN", "true"},
        {"X IN (9223372036854775807)", {{"BIGINT", "9223372036854775807"}}, "BOOLEAN", "true"},
        {"X IN (TRUE)", {NO}, "BOOLEAN", "false"},
        {"X IN (TRUE, 'no')", {NO}, "BOOLEAN", "true"},
        {"X IN ('a', 'b')", {TEXT("'b'")}, "BOOLEAN", "true"},
        {"X IN ('a', 'b')", {TEXT("'B'")}, "BOOLEAN", "false"},
        {"X IN ('')", {TEXT("''")}, "BOOLEAN", "true"},
        {"X IN ('1', 2)", {TEXT("'2'")}, "BOOLEAN", "true"},
        {"X IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)",
         {INT("17")},
         "BOOLEAN",
         "true"},
        {"X IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)",
         {INT("18")},
         "BOOLEAN",
         "false"},
        {"X IN (1, 1, 1)", {INT("1")}, "BOOLEAN", "true"},
        {"X IN (ARRAY[1], ARRAY[2])", {{"ARRAY<INT>", "ARRAY[2]"}}, "BOOLEAN", "true"},
        {"X IN (MAP('a' := 1))", {{"MAP<STRING, INT>", "MAP('a' := 1)"}}, "BOOLEAN", "true"},
        {"X IN (STRUCT(a := 1))", {{"STRUCT<a INT>", "STRUCT(a := 1)"}}, "BOOLEAN", "true"},
        {"X IN (STRUCT(a := 2))", {{"STRUCT<a INT>", "STRUCT(a := 1)"}}, "BOOLEAN", "false"},
        {"X IN (Y)", {{"DATE", "'2020-01-01'"}, {"DATE", "'2020-01-01'"}}, "BOOLEAN", "true"},
        {"X IN (Y)", {{"BYTES", "'AAE='"}, {"BYTES", "'AAE='"}}, "BOOLEAN", "true"},
    };
    OPERAND_TABLE(cases);
}

/** Long lists are looked up by hash: members of many types, each found and its neighbours not. */
static void test_in_long(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *member; /* printf form of the k-th member */
        int step;
    } kinds[] = {
        {"INT", "%d", 3},         {"BIGINT", "%d000000000", 2},
        {"STRING", "'n%d'", 2},   {"DECIMAL(12, 2)", "%d.50", 2},
        {"DOUBLE", "%d.25e0", 2}, {"DATE", "FROM_DAYS(%d)", 2},
    };
    static const int lengths[] = {1, 7, 8, 9, 16, 17, 150};
    for (size_t t = 0; t < WR_ARRAY_LEN(kinds); t++) {
        for (size_t l = 0; l < WR_ARRAY_LEN(lengths); l++) {
            wr_arena *a = wr_arena_new(0);
            wr_buf list = {0};
            for (int k = 0; k < lengths[l]; k++) {
                char member[64];
                snprintf(member, sizeof member, kinds[t].member, k * kinds[t].step);
                wr_buf_printf(&list, "%s%s", k ? ", " : "X IN (", member);
            }
            wr_buf_puts(&list, ")");
            int last = (lengths[l] - 1) * kinds[t].step;
            for (int v = last < 20 ? -1 : last - 20; v <= last + 1; v++) {
                bool in = v >= 0 && v <= last && v % kinds[t].step == 0;
                char value[64];
                snprintf(value, sizeof value, kinds[t].member, v);
                const operand_case c = {
                    wr_buf_cstr(&list), {{kinds[t].type, value}}, "BOOLEAN", in ? "true" : "false"};
                assert_true(operand_holds(&c));
            }
            wr_buf_free(&list);
            wr_arena_free(a);
        }
    }
}

static void test_between(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X BETWEEN Y AND Z", {INT("1"), INT("1"), INT("3")}, "BOOLEAN", "true"},
        {"X BETWEEN Y AND Z", {INT("3"), INT("1"), INT("3")}, "BOOLEAN", "true"},
        {"X BETWEEN Y AND Z", {INT("0"), INT("1"), INT("3")}, "BOOLEAN", "false"},
        {"X BETWEEN Y AND Z", {INT("4"), INT("1"), INT("3")}, "BOOLEAN", "false"},
        {"X BETWEEN Y AND Z", {INT("2"), INT("3"), INT("1")}, "BOOLEAN", "false"},
        {"X NOT BETWEEN Y AND Z", {INT("2"), INT("3"), INT("1")}, "BOOLEAN", "true"},
        {"X NOT BETWEEN Y AND Z", {INT("2"), INT("1"), INT("3")}, "BOOLEAN", "false"},
        {"X BETWEEN Y AND Z",
         {INT("2"), {"DECIMAL(3, 2)", "1.99"}, {"DOUBLE", "2e0"}},
         "BOOLEAN",
         "true"},
        {"X BETWEEN Y AND Z", {{"BIGINT", "5"}, INT("5"), INT("5")}, "BOOLEAN", "true"},
        {"X BETWEEN 'b' AND 'd'", {TEXT("'bz'")}, "BOOLEAN", "true"},
        {"X BETWEEN 'b' AND 'd'", {TEXT("'da'")}, "BOOLEAN", "false"},
        {"X BETWEEN '2020-01-01' AND '2020-12-31'", {{"DATE", "'2020-06-15'"}}, "BOOLEAN", "true"},
        {"X BETWEEN '2020-01-01' AND '2020-12-31'", {{"DATE", "'2021-01-01'"}}, "BOOLEAN", "false"},
        {"X BETWEEN '10:00' AND '11:00'", {{"TIME", "'11:00'"}}, "BOOLEAN", "true"},
        {"X BETWEEN Y AND Z AND X <> 2", {INT("2"), INT("1"), INT("3")}, "BOOLEAN", "false"},
        {"X BETWEEN Y AND Z OR X = 9", {INT("9"), INT("1"), INT("3")}, "BOOLEAN", "true"},
        {"X + 1 BETWEEN Y * 2 AND Z", {INT("1"), INT("1"), INT("3")}, "BOOLEAN", "true"},
    };
    OPERAND_TABLE(cases);
}

/* ---- LIKE ---- */

#define GRIN   "\xF0\x9F\x98\x80"
#define ACCENT "\xC3\xA9"

static void test_like(void **state)
{
    (void)state;
    static const struct {
        const char *text, *pattern; /* SQL literals */
        bool matches;
    } cases[] = {
        {"''", "''", true},
        {"''", "'%'", true},
        {"''", "'_'", false},
        {"'a'", "''", false},
        {"'abc'", "'abc'", true},
        {"'abc'", "'ABC'", false},
        {"'abc'", "'ab'", false},
        {"'abc'", "'bc'", false},
        {"'abc'", "'a%'", true},
        {"'abc'", "'%c'", true},
        {"'abc'", "'%b%'", true},
        {"'abc'", "'%'", true},
        {"'abc'", "'%%'", true},
        {"'abc'", "'___'", true},
        {"'abc'", "'__'", false},
        {"'abc'", "'____'", false},
        {"'abc'", "'_%'", true},
        {"'abc'", "'%_'", true},
        {"'abc'", "'%___%'", true},
        {"'abc'", "'%____%'", false},
        {"'abcabc'", "'%abc'", true},
        {"'abcabd'", "'%abc'", false},
        {"'aXbXc'", "'a%b%c'", true},
        {"'aab'", "'%ab'", true},
        {"'aaab'", "'%aab%'", true},
        {"'" GRIN "'", "'_'", true},
        {"'" ACCENT "x'", "'_x'", true},
        {"'a" GRIN "b'", "'a_b'", true},
        /* what is special in regular expressions is not in LIKE */
        {"'a.c'", "'a.c'", true},
        {"'abc'", "'a.c'", false},
        {"'a*'", "'a*'", true},
        {"'aaa'", "'a*'", false},
        {"'[a]'", "'[a]'", true},
        {"'a'", "'[a]'", false},
        {"'a\\b'", "'a\\b'", true},
        {"'(x|y)'", "'(x|y)'", true},
        {"'^a$'", "'^a$'", true},
        {"'it''s'", "'it''_'", true},
        /* neither wild card takes a line end; a line end in the pattern does */
        {"'a\nb'", "'a%b'", false},
        {"'a\nb'", "'a_b'", false},
        {"'a\nb'", "'a\nb'", true},
        {"'a\nb'", "'%\n%'", true},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const char *yes = cases[i].matches ? "true" : "false";
        const char *no = cases[i].matches ? "false" : "true";
        const operand_case both[] = {
            {"X LIKE Y", {{"STRING", cases[i].text}, {"STRING", cases[i].pattern}}, "BOOLEAN", yes},
            {"X NOT LIKE Y",
             {{"STRING", cases[i].text}, {"STRING", cases[i].pattern}},
             "BOOLEAN",
             no},
        };
        OPERAND_TABLE(both);
        /* and with the pattern as a literal, which is compiled once */
        wr_arena *a = wr_arena_new(0);
        const operand_case literal = {wr_arena_printf(a, "X LIKE %s", cases[i].pattern),
                                      {{"STRING", cases[i].text}},
                                      "BOOLEAN",
                                      yes};
        assert_true(operand_holds(&literal));
        wr_arena_free(a);
    }
}

static void test_like_escape(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X LIKE '100!%' ESCAPE '!'", {TEXT("'100%'")}, "BOOLEAN", "true"},
        {"X LIKE '100!%' ESCAPE '!'", {TEXT("'1000'")}, "BOOLEAN", "false"},
        {"X LIKE 'a!_b' ESCAPE '!'", {TEXT("'a_b'")}, "BOOLEAN", "true"},
        {"X LIKE 'a!_b' ESCAPE '!'", {TEXT("'axb'")}, "BOOLEAN", "false"},
        {"X LIKE 'a!!b' ESCAPE '!'", {TEXT("'a!b'")}, "BOOLEAN", "true"},
        {"X LIKE '%!%%' ESCAPE '!'", {TEXT("'50% off'")}, "BOOLEAN", "true"},
        {"X LIKE '%!%%' ESCAPE '!'", {TEXT("'50 off'")}, "BOOLEAN", "false"},
        {"X LIKE 'a\\%' ESCAPE '\\'", {TEXT("'a%'")}, "BOOLEAN", "true"},
        {"X NOT LIKE 'a!%' ESCAPE '!'", {TEXT("'ab'")}, "BOOLEAN", "true"},
    };
    OPERAND_TABLE(cases);
}

/** The rule, one character at a time. Texts of ASCII, so a byte is a character. */
static bool matches(const char *text, const char *pattern)
{
    if (!*pattern)
        return !*text;
    if (*pattern == '%') {
        for (;; text++) {
            if (matches(text, pattern + 1))
                return true;
            if (!*text || *text == '\n')
                return false;
        }
    }
    return *text && (*pattern == '_' ? *text != '\n' : *pattern == *text) &&
           matches(text + 1, pattern + 1);
}

static void random_text(wr_rng *r, const char *letters, size_t max, char *out)
{
    size_t n = wr_rng_below(r, max + 1);
    for (size_t i = 0; i < n; i++)
        out[i] = letters[wr_rng_below(r, strlen(letters))];
    out[n] = 0;
}

static void test_like_random(void **state)
{
    (void)state;
    wr_rng r;
    wr_rng_seed(&r, 30);
    size_t matched = 0;
    for (int i = 0; i < 600; i++) {
        char text[12], pattern[8], sql_text[16], sql_pattern[16];
        random_text(&r, i % 3 ? "aab" : "ab\n.", sizeof text - 1, text);
        random_text(&r, i % 3 ? "%%_ab" : "%_ab\n.", sizeof pattern - 1, pattern);
        snprintf(sql_text, sizeof sql_text, "'%s'", text);
        snprintf(sql_pattern, sizeof sql_pattern, "'%s'", pattern);
        bool want = matches(text, pattern);
        matched += want;
        const operand_case c = {"X LIKE Y",
                                {{"STRING", sql_text}, {"STRING", sql_pattern}},
                                "BOOLEAN",
                                want ? "true" : "false"};
        assert_true(operand_holds(&c));
    }
    assert_in_range(matched, 60, 540); /* both answers were asked for */
}

/* ---- refusals ---- */

static void test_refused(void **state)
{
    (void)state;
    static const refused_case cases[] = {
        {"1 AND TRUE", "AND needs BOOLEAN operands, but got INTEGER.", {{0}}},
        {"TRUE OR 'x'", "OR needs BOOLEAN operands, but got STRING.", {{0}}},
        {"NOT 1", "NOT needs BOOLEAN operands, but got INTEGER.", {{0}}},
        {"1 LIKE 'a'", "LIKE needs STRING operands", {{0}}},
        {"'a' LIKE 1", "LIKE needs STRING operands", {{0}}},
        {"'a' LIKE 'b' ESCAPE '!!'", "Expected single character escape", {{0}}},
        {"CASE WHEN 1 THEN 2 END", "When operand type should be BOOLEAN", {{0}}},
        {"CASE WHEN TRUE THEN 1 WHEN FALSE THEN 2.5 END",
         "Type for all 'THEN' clauses should be the same",
         {{0}}},
        {"CASE WHEN TRUE THEN 'a' ELSE 1 END",
         "Type for the default clause should be the same",
         {{0}}},
        {"CASE WHEN TRUE THEN NULL END", "All case branches have NULL type", {{0}}},
        {"1 IN ('x')", "invalid input syntax for type INTEGER: \"x\"", {{0}}},
        {"1 IN (TRUE)", "operator does not exist: INTEGER = BOOLEAN (true)", {{0}}},
        {"TRUE IN (1)", "operator does not exist: BOOLEAN = INTEGER (1)", {{0}}},
        {"ARRAY[1] IN (1)", "operator does not exist: ARRAY<INTEGER> = INTEGER (1)", {{0}}},
        {"1 BETWEEN TRUE AND FALSE", "Cannot compare 1 (INTEGER) to true (BOOLEAN)", {{0}}},
        {"TRUE BETWEEN FALSE AND TRUE", "Cannot compare true (BOOLEAN) to false (BOOLEAN)", {{0}}},
    };
    REFUSED_TABLE(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_and_or_not),  cmocka_unit_test(test_case),
        cmocka_unit_test(test_in),          cmocka_unit_test(test_in_long),
        cmocka_unit_test(test_between),     cmocka_unit_test(test_like),
        cmocka_unit_test(test_like_escape), cmocka_unit_test(test_like_random),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
