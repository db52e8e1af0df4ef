/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregates by type: which arguments each function takes, what it gives, whether a table may use
 * it; values at the ends of the types; refusals. Aggregates take no implicit casts.
 */
#include "agg_group.h"

/* Arguments of each type, in the order of the letters below. */
static const struct {
    const char *column, *type;
} columns[] = {
    {"I", "INTEGER"},
    {"L", "BIGINT"},
    {"D", "DOUBLE"},
    {"S", "STRING"},
    {"B", "BOOLEAN"},
    {"Y", "BYTES"},
    {"DT", "DATE"},
    {"TM", "TIME"},
    {"TS", "TIMESTAMP"},
    {"CAST(I AS DECIMAL(6, 2))", "DECIMAL(6, 2)"},
    {"ARRAY[I]", "ARRAY<INTEGER>"},
    {"ARRAY[L]", "ARRAY<BIGINT>"},
    {"ARRAY[D]", "ARRAY<DOUBLE>"},
    {"ARRAY[S]", "ARRAY<STRING>"},
    {"MAP('k' := I)", "MAP<STRING, INTEGER>"},
    {"STRUCT(f := I)", "STRUCT<`F` INTEGER>"},
};
enum { COLUMNS_N = WR_ARRAY_LEN(columns) };

static const struct {
    const char *takes; /* a letter for each column: x or . */
    const char *call;  /* '#': the argument */
    const char *ret;   /* '#': the argument's type */
    bool undo;
} functions[] = {
    /* ILDSBYdtsN, arrays of ilds, map, struct */
    {"xxxxxxxxxxxxxxxx", "COUNT(#)", "BIGINT", true},
    {"xxxxxxxxxxxxxxxx", "COUNT_DISTINCT(#)", "BIGINT", false},
    {"xxx......x......", "SUM(#)", "#", true},
    {"xxx.............", "AVG(#)", "DOUBLE", true},
    {"xxxx.xxxxx......", "MIN(#)", "#", false},
    {"xxxx.xxxxx......", "MAX(#)", "#", false},
    {"xxxxxxxxxxxxxxxx", "COLLECT_LIST(#)", "ARRAY<#>", true},
    {"xxxxxxxxxxxxxxxx", "COLLECT_SET(#)", "ARRAY<#>", false},
    {"...x............", "HISTOGRAM(#)", "MAP<STRING, BIGINT>", true},
    {"xxxxxxxxxxxxxxxx", "EARLIEST_BY_OFFSET(#)", "#", false},
    {"xxxxxxxxxxxxxxxx", "LATEST_BY_OFFSET(#)", "#", false},
    {"xxxxxxxxxxxxxxxx", "EARLIEST_BY_OFFSET(#, 2)", "ARRAY<#>", false},
    {"xxxxxxxxxxxxxxxx", "LATEST_BY_OFFSET(#, 2)", "ARRAY<#>", false},
    {"xxxxxxxxxxxxxxxx", "LATEST_BY_OFFSET(#, TRUE)", "#", false},
    {"xxxx............", "TOPK(#, 2)", "ARRAY<#>", false},
    {"xxxx.xxxxx......", "TOPKDISTINCT(#, 2)", "ARRAY<#>", false},
    {"xxxxxxxxxxxxxxxx", "ATTR(#)", "#", true},
    {"xxx.............", "STDDEV_SAMP(#)", "DOUBLE", true},
    {"xxx.............", "STDDEV_SAMPLE(#)", "DOUBLE", true},
    {"xxx.............", "CORRELATION(#, #)", "DOUBLE", true},
    {"..........xxx...", "SUM_LIST(#)", NULL, true},
};

static const char *replaced(wr_arena *a, const char *text, const char *with)
{
    wr_buf b = {0};
    for (; *text; text++) {
        if (*text == '#')
            wr_buf_puts(&b, with);
        else
            wr_buf_putc(&b, *text);
    }
    const char *out = wr_arena_strdup(a, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return out;
}

static void test_types(void **state)
{
    (void)state;
    for (size_t f = 0; f < WR_ARRAY_LEN(functions); f++) {
        assert_int_equal(strlen(functions[f].takes), COLUMNS_N);
        for (size_t c = 0; c < COLUMNS_N; c++) {
            wr_arena *a = wr_arena_new(0);
            weir_error err = {0};
            wr_expr **args;
            const char *sql = replaced(a, functions[f].call, columns[c].column);
            const wr_agg_call *call = compile(a, sql, INT64_MAX, &args, &err);
            if (!call != (functions[f].takes[c] == '.'))
                fail_msg("%s (%s): %s", sql, columns[c].type, call ? "is accepted" : err.message);
            if (!call && !strstr(err.message, "does not accept parameters"))
                fail_msg("%s: %s", sql, err.message);
            if (call && functions[f].ret)
                assert_string_equal(wr_type_text(a, call->ret),
                                    replaced(a, functions[f].ret, columns[c].type));
            if (call)
                assert_int_equal(call->impl->undo != NULL, functions[f].undo);
            wr_arena_free(a);
        }
    }
}

/** A group that has seen no value, or NULLs alone. */
static void test_empty(void **state)
{
    (void)state;
    static const struct {
        const char *call, *empty, *after_nulls;
    } cases[] = {
        {"COUNT(I)", "0", "0"},
        {"COUNT(*)", "0", "2"},
        {"COUNT_DISTINCT(I)", "0", "0"},
        {"SUM(I)", "0", "0"},
        {"SUM(D)", "0.0", "0.0"},
        {"SUM(CAST(I AS DECIMAL(6, 2)))", "0.00", "0.00"},
        {"SUM_LIST(ARRAY[I])", "0", "0"},
        {"AVG(I)", "0.0", "0.0"},
        {"MIN(I)", "null", "null"},
        {"MAX(S)", "null", "null"},
        {"COLLECT_LIST(I)", "[]", "[null, null]"},
        {"COLLECT_SET(I)", "[]", "[null]"},
        {"EARLIEST_BY_OFFSET(I)", "null", "null"},
        {"LATEST_BY_OFFSET(I, 2)", "[]", "[]"},
        {"LATEST_BY_OFFSET(I, 2, FALSE)", "[]", "[null, null]"},
        {"TOPK(I, 2)", "[]", "[]"},
        {"TOPKDISTINCT(I, 2)", "[]", "[]"},
        {"ATTR(I)", "null", "null"},
        {"STDDEV_SAMPLE(I)", "0.0", "0.0"},
        {"STDDEV_SAMP(I)", "0.0", "0.0"},
        {"CORRELATION(I, I)", "NaN", "NaN"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        uint64_t sequence = 0;
        const char *message = NULL;
        group g;
        group_init(&g, cases[i].call, INT64_MAX, &sequence);
        store(&g);
        if (strcmp(result(&g), cases[i].empty) != 0)
            fail_msg("%s of nothing: %s", cases[i].call, result(&g));
        change(&g, "NULL;NULL", &message);
        change(&g, "NULL;NULL", &message);
        if (strcmp(result(&g), cases[i].after_nulls) != 0)
            fail_msg("%s of NULLs: %s", cases[i].call, result(&g));
        wr_arena_free(g.a);
    }
}

typedef struct value_case {
    const char *call;
    const char *rows[6]; /* NULL ends */
    const char *out;
} value_case;

static void values_table(const value_case *cases, size_t n)
{
    size_t failed = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t sequence = 0;
        const char *message = NULL;
        group g;
        group_init(&g, cases[i].call, INT64_MAX, &sequence);
        for (size_t r = 0; r < WR_ARRAY_LEN(cases[i].rows) && cases[i].rows[r]; r++)
            assert_true(change(&g, cases[i].rows[r], &message));
        if (strcmp(result(&g), cases[i].out) != 0) {
            print_error("%s (case %zu): %s, not %s\n", cases[i].call, i, result(&g), cases[i].out);
            failed++;
        }
        wr_arena_free(g.a);
    }
    assert_int_equal(failed, 0);
}
#define VALUES_TABLE(cases) values_table((cases), WR_ARRAY_LEN(cases))

static void test_sums(void **state)
{
    (void)state;
    static const value_case cases[] = {
        {"SUM(L)", {"9223372036854775807", "1"}, "-9223372036854775808"}, /* wraps */
        {"SUM(L)", {"9223372036854775807", "1", "- 1"}, "9223372036854775807"},
        {"SUM(I)", {"-2147483648", "-1"}, "2147483647"},
        {"SUM(D)", {"1e308", "1e308"}, "Infinity"},
        {"SUM(D)", {"0.1e0", "0.2e0"}, "0.30000000000000004"},
        {"SUM(CAST(I AS DECIMAL(6, 2)))", {"9999", "- 9999", "-5"}, "-5.00"},
        {"SUM_LIST(ARRAY[L])", {"ARRAY[9223372036854775807]", "ARRAY[1]"}, "-9223372036854775808"},
        {"SUM_LIST(ARRAY[D])", {"ARRAY[0.5e0, NULL]", "NULL", "ARRAY[1e0]"}, "1.5"},
        {"AVG(L)", {"9007199254740992", "9007199254740994"}, "9.007199254740992E15"},
        {"AVG(D)", {"1e0", "2e0", "- 1e0"}, "2.0"},
        {"AVG(I)", {"1", "2", "- 1", "- 2"}, "0.0"},
        {"AVG(I)", {"-3", "-4"}, "-3.5"},
    };
    VALUES_TABLE(cases);
}

static void test_extremes(void **state)
{
    (void)state;
    static const value_case cases[] = {
        {"MIN(I)", {"0", "-2147483648", "2147483647"}, "-2147483648"},
        {"MAX(L)", {"-9223372036854775808", "-1"}, "-1"},
        {"MIN(D)", {"0.5e0", "-1e300", "1e300"}, "-1.0E300"},
        {"MAX(CAST(I AS DECIMAL(6, 2)))", {"1", "3", "2"}, "3.00"},
        {"MIN(S)", {"'b'", "'B'", "'aa'"}, "B"},
        {"MAX(S)", {"''", "'\xF0\x9F\x98\x80'", "'\xEF\xBD\x9E'"}, "\xEF\xBD\x9E"}, /* by units */
        {"MIN(Y)", {"'AA=='", "'gA=='", "'fw=='"}, "gA=="},                         /* signed */
        {"MAX(DT)", {"'1969-12-31'", "'1970-01-01'"}, "1970-01-01"},
        {"MIN(TM)", {"'10:00'", "'09:59:59.999'"}, "09:59:59"},
        {"MAX(TS)", {"'1969-12-31T23:59:59.999'", "'1960'"}, "1969-12-31T23:59:59.999"},
        {"TOPK(S, 2)", {"'a'", "'c'", "'b'"}, "[c, b]"},
        {"TOPK(D, 2)", {"1e0", "-1e0", "0e0"}, "[1.0, 0.0]"},
        {"TOPK(I, 100)", {"1", "2"}, "[2, 1]"},
        {"TOPK(I, 1)", {"-5", "-9"}, "[-5]"},
        {"TOPK(I, S, L, 2)",
         {"1;'a';10", "2;'b';20", "2;'c';30"},
         "[Struct{sort_col=2,col0=b,col1=20}, Struct{sort_col=2,col0=c,col1=30}]"},
        {"TOPK(I, S, 2)", {"1;NULL"}, "[Struct{sort_col=1}]"},
        {"TOPKDISTINCT(DT, 2)",
         {"'2020-01-01'", "'2020-01-01'", "'2019-01-01'", "'2021-01-01'"},
         "[2021-01-01, 2020-01-01]"},
        {"TOPKDISTINCT(Y, 2)", {"'AQ=='", "'AQ=='", "'gA=='"}, "[AQ==, gA==]"},
        {"TOPKDISTINCT(CAST(D AS DECIMAL(4, 1)), 2)", {"1.5", "1.50", "0.5"}, "[1.5, 0.5]"},
    };
    VALUES_TABLE(cases);
}

static void test_collections(void **state)
{
    (void)state;
    static const value_case cases[] = {
        {"COLLECT_LIST(ARRAY[I])", {"ARRAY[1]", "ARRAY[1]", "NULL"}, "[[1], [1], null]"},
        {"COLLECT_LIST(ARRAY[I])", {"ARRAY[1]", "ARRAY[2]", "- ARRAY[1]"}, "[[2]]"},
        {"COLLECT_LIST(STRUCT(f := I))",
         {"STRUCT(f := 1)", "STRUCT(f := 2)", "- STRUCT(f := 2)"},
         "[Struct{F=1}]"},
        {"COLLECT_LIST(I)", {"1", "- 2"}, "[1]"}, /* what is not there is not taken */
        {"COLLECT_LIST(S)", {"''", "'a'"}, "[, a]"},
        {"COLLECT_SET(ARRAY[I])", {"ARRAY[1]", "ARRAY[1]", "ARRAY[2]"}, "[[1], [2]]"},
        {"COLLECT_SET(MAP('k' := I))",
         {"MAP('a' := 1, 'b' := 2)", "MAP('b' := 2, 'a' := 1)"},
         "[{a=1, b=2}]"},
        {"COLLECT_SET(D)", {"0e0", "-0e0", "0e0"}, "[0.0, -0.0]"}, /* equal as Java's Double is */
        {"COUNT_DISTINCT(STRUCT(f := I))",
         {"STRUCT(f := 1)", "STRUCT(f := 1)", "STRUCT(f := 2)"},
         "2"},
        {"COUNT_DISTINCT(B)", {"TRUE", "FALSE", "TRUE"}, "2"},
        {"ATTR(ARRAY[I])", {"ARRAY[1]", "ARRAY[1]"}, "[1]"},
        {"ATTR(ARRAY[I])", {"ARRAY[1]", "ARRAY[2]"}, "null"},
        {"ATTR(I)", {"1", "2", "- 1", "2"}, "2"},
        {"ATTR(I)", {"NULL", "NULL"}, "null"},
        {"HISTOGRAM(S)", {"'a'", "''", "'a'", "- ''"}, "{a=2}"},
        {"EARLIEST_BY_OFFSET(ARRAY[I])",
         {"NULL", "ARRAY[CAST(NULL AS INT)]", "ARRAY[2]"},
         "[null]"},
        {"LATEST_BY_OFFSET(S)", {"'a'", "''"}, ""},
        {"LATEST_BY_OFFSET(I, TRUE)", {"1", "NULL"}, "1"},
        {"EARLIEST_BY_OFFSET(I, 1)", {"5", "6"}, "[5]"},
        {"LATEST_BY_OFFSET(I, 3, FALSE)", {"1", "NULL", "3", "4"}, "[null, 3, 4]"},
    };
    VALUES_TABLE(cases);
}

static void test_statistics(void **state)
{
    (void)state;
    static const value_case cases[] = {
        {"STDDEV_SAMP(D)", {"2e0", "4e0"}, "2.0"}, /* the variance */
        {"STDDEV_SAMPLE(D)", {"2e0", "4e0", "6e0"}, "2.0"},
        {"STDDEV_SAMPLE(D)", {"5e0", "5e0", "5e0"}, "0.0"},
        {"STDDEV_SAMPLE(L)", {"1", "3", "NULL", "5"}, "2.0"},
        {"STDDEV_SAMPLE(D)", {"7e0"}, "0.0"},
        {"STDDEV_SAMPLE(D)", {"1e0", "3e0", "- 3e0"}, "0.0"},
        {"CORRELATION(D, D)", {"1e0;2e0", "2e0;4e0", "3e0;6e0"}, "1.0"},
        {"CORRELATION(D, D)", {"1e0;3e0", "2e0;2e0", "3e0;1e0"}, "-1.0"},
        {"CORRELATION(L, L)", {"1;1"}, "NaN"},
        {"CORRELATION(I, I)", {"1;5", "2;5"}, "NaN"}, /* no variance on one side */
        {"CORRELATION(I, I)", {"1;1", "2;2", "9;NULL", "NULL;9"}, "1.0"},
    };
    VALUES_TABLE(cases);
}

/** What makes the query fail leaves the state as it was. */
static void test_overflow(void **state)
{
    (void)state;
    uint64_t sequence = 0;
    const char *message = NULL;
    group g, h;
    group_init(&g, "SUM(CAST(L AS DECIMAL(3, 0)))", INT64_MAX, &sequence);
    group_init(&h, "SUM(CAST(L AS DECIMAL(3, 0)))", INT64_MAX, &sequence);
    assert_true(change(&g, "999", &message));
    assert_true(change(&h, "1", &message));
    assert_false(change(&g, "1", &message));
    assert_string_equal(message, "Numeric field overflow");
    message = NULL;
    assert_false(g.call->impl->merge(g.call, &g.ctx, &g.state, &h.state, &message));
    assert_string_equal(message, "Numeric field overflow");
    assert_string_equal(result(&g), "999");
    assert_true(change(&g, "- 999", &message));
    assert_string_equal(result(&g), "0");
    assert_true(change(&g, "-999", &message));
    assert_false(change(&g, "-1", &message));
    assert_string_equal(result(&g), "-999");
    wr_arena_free(g.a);
    wr_arena_free(h.a);
}

static void test_limit(void **state)
{
    (void)state;
    static const struct {
        const char *call;
        int64_t limit;
        const char *out;
    } cases[] = {
        {"COLLECT_LIST(I)", 0, "[]"},        {"COLLECT_LIST(I)", 1, "[1]"},
        {"COLLECT_LIST(I)", 3, "[1, 1, 2]"}, {"COLLECT_LIST(I)", 100, "[1, 1, 2, 3]"},
        {"COLLECT_SET(I)", 2, "[1, 2]"},     {"COLLECT_SET(I)", 3, "[1, 2, 3]"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        static const char *const rows[] = {"1", "1", "2", "3"};
        uint64_t sequence = 0;
        const char *message = NULL;
        group g;
        group_init(&g, cases[i].call, cases[i].limit, &sequence);
        for (size_t r = 0; r < WR_ARRAY_LEN(rows); r++)
            assert_true(change(&g, rows[r], &message));
        if (strcmp(result(&g), cases[i].out) != 0)
            fail_msg("%s, at most %d: %s", cases[i].call, (int)cases[i].limit, result(&g));
        wr_arena_free(g.a);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *message;
    } cases[] = {
        {"SUM(S)", "Function 'SUM' does not accept parameters (STRING)."},
        {"SUM(I, I)", "Function 'SUM' does not accept parameters (INTEGER, INTEGER)."},
        {"AVG(S)", "Function 'AVG' does not accept parameters (STRING)."},
        {"CORRELATION(I, L)", "Function 'CORRELATION' does not accept parameters"},
        {"CORRELATION(I)", "Function 'CORRELATION' does not accept parameters (INTEGER)."},
        {"TOPK(I)", "Function 'TOPK' does not accept parameters (INTEGER)."},
        {"TOPKDISTINCT(I)", "Function 'TOPKDISTINCT' does not accept parameters (INTEGER)."},
        {"TOPK(I, I)", "must be a literal constant, but was expression: 'I'"},
        {"TOPK(I, 1 + 1)", "must be a literal constant, but was expression: '(1 + 1)'"},
        {"EARLIEST_BY_OFFSET(I, 0)", "must be at least 1"},
        {"LATEST_BY_OFFSET(I, -1)", "must be at least 1"},
        {"TOPKDISTINCT(I, 0)", "must be at least 1"},
        {"COLLECT_LIST(COUNT(I))", "Aggregate functions can not be nested"},
        {"NOPE(I)", "Can't find any functions with the name 'NOPE'"},
        {"SUM(NOPE)", "Column 'NOPE' cannot be resolved."},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_arena *a = wr_arena_new(0);
        weir_error err = {0};
        wr_expr **args;
        if (compile(a, cases[i].sql, INT64_MAX, &args, &err) ||
            !strstr(err.message, cases[i].message))
            fail_msg("%s: %s", cases[i].sql, err.message);
        wr_arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),       cmocka_unit_test(test_empty),
        cmocka_unit_test(test_sums),        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_collections), cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_overflow),    cmocka_unit_test(test_limit),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
