/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons of operands of two types: texts with times, DOUBLE with DECIMAL, collections whose
 * parts differ, what BETWEEN and IN take beyond that; and NaN.
 *
 * The order of a DOUBLE and a DECIMAL is held against a comparison of their digits, written for
 * this test.
 */
#include "operands.h"

#include "types/text.h"

#include <stdlib.h>

/* clang-format off */
#define TEXT(v)   {"STRING", v}
#define DAY(v)    {"DATE", v}
#define DBL(v)    {"DOUBLE", v}
#define SMALL(v)  {"DECIMAL(6, 2)", v}
#define WIDE(v)   {"DECIMAL(25, 5)", v}
#define HUGE_(v)  {"DECIMAL(60, 20)", v}
#define INTS(v)   {"ARRAY<INT>", v}
#define TEXTS(v)  {"ARRAY<STRING>", v}
/* clang-format on */

static void test_texts_and_times(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X = Y", {DAY("'2020-01-02'"), TEXT("'2020-01-02'")}, "BOOLEAN", "true"},
        {"X = Y", {TEXT("'2020-01-02'"), DAY("'2020-01-02'")}, "BOOLEAN", "true"},
        {"X < Y", {TEXT("'2020-01-01'"), DAY("'2020-01-02'")}, "BOOLEAN", "true"},
        {"X < Y", {DAY("'2020-01-02'"), TEXT("'2020-01-01'")}, "BOOLEAN", "false"},
        {"X <> '2020-01-02'", {DAY("'2020-01-02'")}, "BOOLEAN", "false"},
        {"'2020-01-03' > X", {DAY("'2020-01-02'")}, "BOOLEAN", "true"},
        {"X = Y", {{"TIME", "'10:00'"}, TEXT("'10:00'")}, "BOOLEAN", "true"},
        {"X >= Y",
         {{"TIMESTAMP", "'2020-01-02T03:00:00'"}, TEXT("'2020-01-02'")},
         "BOOLEAN",
         "true"},
        {"X BETWEEN '2020-01-01' AND Y",
         {DAY("'2020-01-02'"), TEXT("'2020-01-03'")},
         "BOOLEAN",
         "true"},
        /* a text that is none fails, but where NULL decides */
        {"X = 'x'", {DAY("'2020-01-02'")}, "BOOLEAN", "!null"},
        {"'x' = X", {DAY("'2020-01-02'")}, "BOOLEAN", "!null"},
        {"X < Y", {DAY("'2020-01-02'"), TEXT("'x'")}, "BOOLEAN", "!null"},
        {"X < Y", {TEXT("'x'"), DAY("'2020-01-02'")}, "BOOLEAN", "!null"},
        {"X IS DISTINCT FROM 'x'", {DAY("'2020-01-02'")}, "BOOLEAN", "!null"},
        {"X = 'x'", {DAY("NULL")}, "BOOLEAN", "false"},
        {"'x' = X", {DAY("NULL")}, "BOOLEAN", "false"},
        {"X < Y", {TEXT("'x'"), DAY("NULL")}, "BOOLEAN", "false"},
        {"X < Y", {TEXT("NULL"), DAY("'2020-01-02'")}, "BOOLEAN", "false"},
        {"X IS DISTINCT FROM 'x'", {DAY("NULL")}, "BOOLEAN", "true"},
        {"X IS NOT DISTINCT FROM Y", {DAY("NULL"), TEXT("'x'")}, "BOOLEAN", "false"},
        {"X IS NOT DISTINCT FROM Y", {DAY("NULL"), TEXT("NULL")}, "BOOLEAN", "true"},
        {"X BETWEEN 'x' AND 'y'", {DAY("NULL")}, "BOOLEAN", "false"},
        {"X NOT BETWEEN 'x' AND 'y'", {DAY("NULL")}, "BOOLEAN", "true"},
        {"X BETWEEN 'x' AND 'y'", {DAY("'2020-01-02'")}, "BOOLEAN", "!null"},
        /* the first half decides before the second is looked at */
        {"X BETWEEN '2020-01-03' AND 'y'", {DAY("'2020-01-02'")}, "BOOLEAN", "false"},
    };
    OPERAND_TABLE(cases);
}

/** A NULL on the left decides; one on the right does so only where the left side has a value. */
static void test_null_on_the_left(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X = 1 / Y", {{"INT", "NULL"}, {"INT", "NULL"}}, "BOOLEAN", "false"},
        {"X < 1 + Y", {{"INT", "NULL"}, {"INT", "NULL"}}, "BOOLEAN", "false"},
        {"X >= 1 + Y", {{"BIGINT", "NULL"}, {"BIGINT", "NULL"}}, "BOOLEAN", "false"},
        {"X <> 1e0 + Y", {DBL("NULL"), DBL("NULL")}, "BOOLEAN", "false"},
        {"X < 1.00 + Y", {SMALL("NULL"), SMALL("NULL")}, "BOOLEAN", "false"},
        {"1 + Y = X", {{"INT", "NULL"}, {"INT", "NULL"}}, "BOOLEAN", "null"},
        {"X = 1 + Y", {{"INT", "1"}, {"INT", "NULL"}}, "BOOLEAN", "null"},
        {"1 + Y < X", {{"INT", "1"}, {"INT", "NULL"}}, "BOOLEAN", "null"},
        {"X IS DISTINCT FROM 1 + Y", {{"INT", "NULL"}, {"INT", "NULL"}}, "BOOLEAN", "null"},
        {"X IS NOT DISTINCT FROM 1 + Y", {{"INT", "NULL"}, {"INT", "NULL"}}, "BOOLEAN", "null"},
        {"X BETWEEN 1 + Y AND 9", {{"INT", "NULL"}, {"INT", "NULL"}}, "BOOLEAN", "false"},
        {"X BETWEEN 0 AND 1 + Y", {{"INT", "NULL"}, {"INT", "NULL"}}, "BOOLEAN", "false"},
        {"X BETWEEN 0 AND 1 + Y", {{"INT", "5"}, {"INT", "NULL"}}, "BOOLEAN", "null"},
        {"X BETWEEN 9 AND 1 + Y", {{"INT", "5"}, {"INT", "NULL"}}, "BOOLEAN", "false"},
        {"(X LIKE 'a%') = (Y = 1)", {TEXT("NULL"), {"INT", "1"}}, "BOOLEAN", "null"},
    };
    OPERAND_TABLE(cases);
}

static void test_nan(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X = X", {DBL("0e0 / 0e0")}, "BOOLEAN", "false"},
        {"X <> X", {DBL("0e0 / 0e0")}, "BOOLEAN", "false"},
        {"X <> 1", {DBL("0e0 / 0e0")}, "BOOLEAN", "false"},
        {"1e0 <> X", {DBL("0e0 / 0e0")}, "BOOLEAN", "false"},
        {"X < 1 OR X >= 1", {DBL("0e0 / 0e0")}, "BOOLEAN", "false"},
        {"X IS DISTINCT FROM X", {DBL("0e0 / 0e0")}, "BOOLEAN", "false"},
        {"X IS NOT DISTINCT FROM 1e0", {DBL("0e0 / 0e0")}, "BOOLEAN", "true"},
        {"X IS DISTINCT FROM Y", {DBL("0e0 / 0e0"), DBL("NULL")}, "BOOLEAN", "true"},
        {"X <> Y", {DBL("0e0 / 0e0"), DBL("NULL")}, "BOOLEAN", "false"},
        {"X > 1e300", {DBL("1e0 / 0e0")}, "BOOLEAN", "true"},
        {"X = X", {DBL("1e0 / 0e0")}, "BOOLEAN", "true"},
        {"X <> X", {DBL("-1e0 / 0e0")}, "BOOLEAN", "false"},
        /* beside a DECIMAL */
        {"X > 1.5", {DBL("0e0 / 0e0")}, "BOOLEAN", "!null"},
        {"X > 1.5", {DBL("1e0 / 0e0")}, "BOOLEAN", "!null"},
        {"1.5 <> X", {DBL("-1e0 / 0e0")}, "BOOLEAN", "!null"},
        {"X IS DISTINCT FROM Y", {DBL("0e0 / 0e0"), SMALL("1")}, "BOOLEAN", "!null"},
        {"X = Y", {WIDE("1"), DBL("1e0 / 0e0")}, "BOOLEAN", "!null"},
        {"X = Y", {DBL("0e0 / 0e0"), SMALL("NULL")}, "BOOLEAN", "false"},
        {"X < Y", {WIDE("NULL"), DBL("0e0 / 0e0")}, "BOOLEAN", "false"},
        {"X BETWEEN 0.5 AND 1.5", {DBL("0e0 / 0e0")}, "BOOLEAN", "!null"},
    };
    OPERAND_TABLE(cases);
}

static void test_doubles_and_decimals(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X = Y", {DBL("0.1e0"), SMALL("0.10")}, "BOOLEAN", "true"},
        {"X = Y", {SMALL("1.25"), DBL("1.25e0")}, "BOOLEAN", "true"},
        {"X < Y", {SMALL("1.25"), DBL("1.26e0")}, "BOOLEAN", "true"},
        {"X < Y", {DBL("-1.26e0"), SMALL("-1.25")}, "BOOLEAN", "true"},
        {"X = 0.1", {DBL("0.1e0")}, "BOOLEAN", "true"},
        {"X > 0.1", {DBL("0.1e0")}, "BOOLEAN", "false"},
        /* more digits than a double can hold: 0.1e0 is the decimal 0.1 */
        {"X = Y", {DBL("0.1e0"), WIDE("0.1")}, "BOOLEAN", "true"},
        {"X < Y", {DBL("12345678901234568e0"), WIDE("12345678901234568.00001")}, "BOOLEAN", "true"},
        {"X > Y", {WIDE("12345678901234568.00001"), DBL("12345678901234568e0")}, "BOOLEAN", "true"},
        {"X = Y", {DBL("12345678901234567e0"), WIDE("12345678901234568")}, "BOOLEAN", "true"},
        {"X = Y", {DBL("1e21"), HUGE_("'1000000000000000000000'")}, "BOOLEAN", "true"},
        {"X <> Y",
         {DBL("1e21"), HUGE_("'1000000000000000000000.00000000000000000001'")},
         "BOOLEAN",
         "true"},
        {"X > Y", {DBL("-0.0e0"), WIDE("0")}, "BOOLEAN", "false"},
        {"X = Y", {DBL("-0.0e0"), WIDE("0")}, "BOOLEAN", "true"},
        {"X IS NOT DISTINCT FROM Y", {DBL("NULL"), WIDE("NULL")}, "BOOLEAN", "true"},
    };
    OPERAND_TABLE(cases);
}

/* ---- digits ---- */

/** A plain decimal number as sign, digits before and after the point. */
typedef struct digits {
    bool negative;
    char whole[64], fraction[64];
} digits;

static digits digits_of(const char *s)
{
    digits d = {0};
    d.negative = *s == '-';
    s += d.negative;
    while (*s == '0' && s[1] && s[1] != '.')
        s++;
    size_t whole = strcspn(s, "."), n = strlen(s);
    memcpy(d.whole, s, whole);
    if (whole < n)
        memcpy(d.fraction, s + whole + 1, n - whole - 1);
    for (size_t i = strlen(d.fraction); i > 0 && d.fraction[i - 1] == '0'; i--)
        d.fraction[i - 1] = '\0';
    if (strcmp(d.whole, "0") == 0 && !*d.fraction)
        d.negative = false;
    return d;
}

static int order_of_digits(const digits *x, const digits *y)
{
    if (x->negative != y->negative)
        return x->negative ? -1 : 1;
    size_t xn = strlen(x->whole), yn = strlen(y->whole);
    int order = xn != yn ? (xn < yn ? -1 : 1) : strcmp(x->whole, y->whole);
    if (order == 0)
        order = strcmp(x->fraction, y->fraction);
    order = order < 0 ? -1 : order > 0;
    return x->negative ? -order : order;
}

/** A double and a decimal near it: the same digits, the last one changed, or some more. */
static void check_near(wr_arena *a, wr_rng *r)
{
    (void)a;
    wr_buf b = {0};
    char decimal[64], sql[80];
    int whole_digits = (int)wr_rng_below(r, 7) + 1, fraction = (int)wr_rng_below(r, 6);
    const char *sign = wr_rng_below(r, 2) ? "-" : "";
    uint64_t limit = 1;
    for (int i = 0; i < whole_digits; i++)
        limit *= 10;
    uint64_t whole = wr_rng_below(r, limit), part = wr_rng_below(r, 100000);
    snprintf(decimal, sizeof decimal, "%s%llu.%05llu", sign, (unsigned long long)whole,
             (unsigned long long)part);
    decimal[strlen(decimal) - (size_t)(5 - fraction)] = '\0';
    double x = strtod(decimal, NULL);
    if (wr_rng_below(r, 3) == 0) /* beside it */
        snprintf(decimal, sizeof decimal, "%s%llu.%05llu", sign, (unsigned long long)whole,
                 (unsigned long long)(part ^ 1));
    if (decimal[strlen(decimal) - 1] == '.')
        decimal[strlen(decimal) - 1] = '\0';
    wr_text_put_double(&b, x);
    snprintf(sql, sizeof sql, "%se0", wr_buf_cstr(&b));
    digits dx = digits_of(wr_buf_cstr(&b)), dy = digits_of(decimal);
    int order = order_of_digits(&dx, &dy);
    const char *types[] = {"DECIMAL(25, 5)", "DECIMAL(12, 5)", "DECIMAL(50, 5)"};
    const operand in[OPERANDS_MAX] = {
        {"DOUBLE", strchr(wr_buf_cstr(&b), 'E') ? wr_buf_cstr(&b) : sql},
        {types[wr_rng_below(r, 3)], decimal}};
    const struct {
        const char *sql;
        bool holds;
    } cases[] = {{"X < Y", order < 0}, {"X = Y", order == 0}, {"Y >= X", order <= 0}};
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        operand_world w;
        const char *type;
        operand_world_init(&w, in);
        const char *got = operand_eval(&w, cases[i].sql, in, &type);
        if (strcmp(got, cases[i].holds ? "true" : "false") != 0)
            fail_msg("%s of %s, %s (%s): %s", cases[i].sql, in[0].value, decimal, in[1].type, got);
        operand_world_free(&w);
    }
    wr_buf_free(&b);
}

static void test_near(void **state)
{
    (void)state;
    operand_rounds(check_near, 400, 77);
}

static void test_collections(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X = Y", {INTS("ARRAY[1, 2]"), TEXTS("ARRAY['1', '2']")}, "BOOLEAN", "false"},
        {"X <> Y", {INTS("ARRAY[1]"), TEXTS("ARRAY['1']")}, "BOOLEAN", "true"},
        {"X = Y",
         {INTS("ARRAY[CAST(NULL AS INT)]"), TEXTS("ARRAY[CAST(NULL AS STRING)]")},
         "BOOLEAN",
         "true"},
        {"X IS DISTINCT FROM Y",
         {INTS("ARRAY[CAST(NULL AS INT)]"), TEXTS("ARRAY[CAST(NULL AS STRING), 'a']")},
         "BOOLEAN",
         "true"},
        {"X = Y", {INTS("NULL"), TEXTS("NULL")}, "BOOLEAN", "false"},
        {"X IS NOT DISTINCT FROM Y", {INTS("NULL"), TEXTS("NULL")}, "BOOLEAN", "true"},
        {"X = Y",
         {{"MAP<STRING, INT>", "MAP('a' := CAST(NULL AS INT), 'b' := NULL)"},
          {"MAP<STRING, STRING>", "MAP('b' := CAST(NULL AS STRING), 'a' := NULL)"}},
         "BOOLEAN",
         "true"},
        {"X = Y",
         {{"MAP<STRING, INT>", "MAP('a' := 1)"}, {"MAP<STRING, STRING>", "MAP('a' := '1')"}},
         "BOOLEAN",
         "false"},
        {"X = Y",
         {{"STRUCT<a INT, b STRING>", "STRUCT(a := CAST(NULL AS INT), b := 'x')"},
          {"STRUCT<a STRING, b STRING>", "STRUCT(a := CAST(NULL AS STRING), b := 'x')"}},
         "BOOLEAN",
         "true"},
        {"X = Y",
         {{"STRUCT<a INT, b STRING>", "STRUCT(a := 1, b := 'x')"},
          {"STRUCT<a STRING, b STRING>", "STRUCT(a := '1', b := 'x')"}},
         "BOOLEAN",
         "false"},
        {"X = Y",
         {{"ARRAY<ARRAY<INT>>", "ARRAY[ARRAY[CAST(NULL AS INT)]]"},
          {"ARRAY<ARRAY<STRING>>", "ARRAY[ARRAY[CAST(NULL AS STRING)]]"}},
         "BOOLEAN",
         "true"},
    };
    OPERAND_TABLE(cases);
    static const refused_case refused[] = {
        {"X < Y",
         "Cannot compare X (ARRAY<INTEGER>) to Y (ARRAY<STRING>) with LESS_THAN",
         {INTS("ARRAY[1]"), TEXTS("ARRAY['1']")}},
        {"X = Y", "Cannot compare", {INTS("ARRAY[1]"), {"MAP<STRING, INT>", "NULL"}}},
    };
    REFUSED_TABLE(refused);
}

static void test_between_and_in(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X BETWEEN '0' AND '2'", {SMALL("1.50")}, "BOOLEAN", "true"},
        {"X BETWEEN '1e0' AND Y", {SMALL("1.50"), TEXT("'1.49'")}, "BOOLEAN", "false"},
        {"X BETWEEN 0.5 AND 2.5", {TEXT("'1'")}, "BOOLEAN", "true"},
        {"X BETWEEN 'a' AND '2'", {SMALL("1.50")}, "BOOLEAN", "!null"},
        {"X BETWEEN 'a' AND 'b'", {SMALL("NULL")}, "BOOLEAN", "false"},
        {"X BETWEEN 0 AND 2", {TEXT("'1'")}, "BOOLEAN", "!null"},
        {"X NOT BETWEEN 0 AND 2", {TEXT("'1'")}, "BOOLEAN", "!null"},
        {"X BETWEEN 0 AND 2", {TEXT("NULL")}, "BOOLEAN", "false"},
        {"X BETWEEN 'a' AND 2", {TEXT("'A'")}, "BOOLEAN", "false"},
        {"X BETWEEN 0 AND 2", {{"BYTES", "'AAE='"}}, "BOOLEAN", "!null"},
        {"X BETWEEN Y AND Y", {{"BYTES", "'AAE='"}, TEXT("'AAE='")}, "BOOLEAN", "!null"},
        {"X IN (Y)", {TEXT("'1970-01-02'"), DAY("'1970-01-02'")}, "BOOLEAN", "true"},
        {"X IN (Y)", {TEXT("'x'"), DAY("'1970-01-02'")}, "BOOLEAN", "!false"},
        {"X IN (Y, '1970-01-03')", {DAY("'1970-01-03'"), TEXT("'x'")}, "BOOLEAN", "!true"},
        {"X NOT IN (Y)", {DAY("'1970-01-03'"), TEXT("'x'")}, "BOOLEAN", "!true"},
        {"X IN (Y)", {{"BYTES", "'AAE='"}, TEXT("'AAE='")}, "BOOLEAN", "true"},
        {"X IN (Y)", {TEXT("'AAE='"), {"BYTES", "'AAE='"}}, "BOOLEAN", "true"},
        {"X IN (Y)", {TEXT("NULL"), {"BYTES", "'AAE='"}}, "BOOLEAN", "false"},
        {"ARRAY[X, Y]", {TEXT("'x'"), DAY("'1970-01-02'")}, "ARRAY<DATE>", "![null, 1970-01-02]"},
        {"X[1]", {{"MAP<STRING, INT>", "MAP('1' := 5)"}}, "INTEGER", "null"},
        {"X[1 + Y]", {{"MAP<STRING, INT>", "MAP('1' := 5)"}, {"INT", "NULL"}}, "INTEGER", "null"},
        {"X[1 + Y] IS NULL",
         {{"MAP<STRING, INT>", "MAP('1' := 5)"}, {"INT", "NULL"}},
         "BOOLEAN",
         "null"},
        {"X[1] IS NULL", {{"MAP<STRING, INT>", "MAP('1' := 5)"}}, "BOOLEAN", "true"},
    };
    OPERAND_TABLE(cases);
    static const refused_case refused[] = {
        {"X BETWEEN '0' AND '2'", "Cannot compare X (INTEGER)", {{"INT", "1"}}},
        {"X BETWEEN '0' AND '2'", "Cannot compare X (DOUBLE)", {DBL("1e0")}},
        {"X BETWEEN 0 AND 2", "Cannot compare X (DATE)", {DAY("'2020-01-01'")}},
        {"X BETWEEN 0 AND 2", "Cannot compare X (BOOLEAN)", {{"BOOLEAN", "TRUE"}}},
        {"X BETWEEN 0.5 AND 2.5", "Cannot compare X (BYTES)", {{"BYTES", "'AAE='"}}},
        {"X = 0", "Cannot compare X (STRING)", {TEXT("'0'")}},
        {"X > '0'", "Cannot compare X (DECIMAL(6, 2))", {SMALL("0")}},
        {"X IN (Y)", "operator does not exist", {{"INT", "1"}, TEXT("'1'")}},
        {"X IN (Y)", "operator does not exist", {DAY("'2020-01-01'"), {"TIME", "'10:00'"}}},
    };
    REFUSED_TABLE(refused);
}

static void test_text_sums(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X + Y", {TEXT("'a'"), TEXT("'b'")}, "STRING", "ab"},
        {"X + Y", {TEXT("NULL"), TEXT("'b'")}, "STRING", "nullb"},
        {"X + Y", {TEXT("'a'"), TEXT("NULL")}, "STRING", "anull"},
        {"X + Y", {TEXT("NULL"), TEXT("NULL")}, "STRING", "nullnull"},
        {"X + '-' + Y", {TEXT("NULL"), TEXT("'b'")}, "STRING", "null-b"},
        {"X + Y IS NULL", {TEXT("NULL"), TEXT("'b'")}, "BOOLEAN", "false"},
        {"LEN(X + Y)", {TEXT("NULL"), TEXT("'\xC3\xA9'")}, "INTEGER", "5"},
        {"COALESCE(X + 'z', '-')", {TEXT("NULL")}, "STRING", "nullz"},
        {"X + CASE WHEN X LIKE 'a' THEN 'b' ELSE 'c' END", {TEXT("NULL")}, "STRING", "null"},
        {"X + JSON_CONCAT(X)", {TEXT("'{'")}, "STRING", "!null"},
    };
    OPERAND_TABLE(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_and_times),
        cmocka_unit_test(test_null_on_the_left),
        cmocka_unit_test(test_nan),
        cmocka_unit_test(test_doubles_and_decimals),
        cmocka_unit_test(test_near),
        cmocka_unit_test(test_collections),
        cmocka_unit_test(test_between_and_in),
        cmocka_unit_test(test_text_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
