/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a failure goes: it ends what is around it up to the nearest scope, which is NULL then.
 *
 * The tables hold each operand that can fail (arithmetic over NULL, division by zero, a function, a
 * CAST, LIKE over NULL, CASE over NULL) against each place that it may stand in. X is NULL in all
 * of them, so "!" marks what is reported and not merely NULL passing through.
 */
#include "operands.h"

/* clang-format off */
#define NOTHING {{"INT", "NULL"}}
#define TEXT(v) {{"STRING", v}}
#define BOTH(v) {{"INT", "NULL"}, {"INT", v}}
/* clang-format on */

/** What computes is no scope: it fails with its operands. */
static void test_no_scopes(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X + 1", NOTHING, "INTEGER", "null"},
        {"(X + 1) * 2", NOTHING, "INTEGER", "null"},
        {"-(X + 1)", NOTHING, "INTEGER", "null"},
        {"X + 1 = 1", NOTHING, "BOOLEAN", "null"},
        {"NOT (X + 1 = 1)", NOTHING, "BOOLEAN", "null"},
        {"1 <> X + 1", NOTHING, "BOOLEAN", "null"},
        {"X + 1 IS NULL", NOTHING, "BOOLEAN", "null"},
        {"X + 1 IS NOT NULL", NOTHING, "BOOLEAN", "null"},
        {"X + 1 IS DISTINCT FROM 1", NOTHING, "BOOLEAN", "null"},
        {"1 IS NOT DISTINCT FROM X + 1", NOTHING, "BOOLEAN", "null"},
        {"X + 1 IN (1, 2)", NOTHING, "BOOLEAN", "null"},
        {"1 IN (1, X + 1)", NOTHING, "BOOLEAN", "null"},
        {"1 NOT IN (2, X + 1)", NOTHING, "BOOLEAN", "null"},
        {"X + 1 BETWEEN 0 AND 9", NOTHING, "BOOLEAN", "null"},
        {"1 BETWEEN X + 1 AND 9", NOTHING, "BOOLEAN", "null"},
        {"1 BETWEEN 0 AND X + 1", NOTHING, "BOOLEAN", "null"},
        {"ARRAY[1, 2][X + 1]", NOTHING, "INTEGER", "null"},
        {"CASE WHEN X + 1 = 1 THEN 1 ELSE 0 END", NOTHING, "INTEGER", "null"},
        {"CASE WHEN TRUE THEN X + 1 ELSE 0 END IS NULL", NOTHING, "BOOLEAN", "null"},
        {"X + 1 > 0 OR TRUE", NOTHING, "BOOLEAN", "null"},
        {"X + 1 > 0 AND FALSE", NOTHING, "BOOLEAN", "null"},
        {"TRUE OR X + 1 > 0", NOTHING, "BOOLEAN", "true"},
        {"FALSE AND X + 1 > 0", NOTHING, "BOOLEAN", "false"},
        {"FALSE OR X + 1 > 0", NOTHING, "BOOLEAN", "null"},
        {"10 / Y IS NULL", BOTH("0"), "BOOLEAN", "!null"},
        {"1 IN (1, 10 / Y)", BOTH("0"), "BOOLEAN", "!null"},
        {"JSON_ARRAY_LENGTH(X) IS NULL", TEXT("'x'"), "BOOLEAN", "!null"},
        {"JSON_ARRAY_LENGTH(X) = 1", TEXT("'x'"), "BOOLEAN", "!null"},
        {"(X LIKE 'a%') IS NULL", TEXT("NULL"), "BOOLEAN", "null"},
    };
    OPERAND_TABLE(cases);
}

/** An argument that computes is none: the call fails. One that is a call or a field is. */
static void test_arguments(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"COALESCE(X, 7)", NOTHING, "INTEGER", "7"},
        {"COALESCE(X + 1, 7)", NOTHING, "INTEGER", "null"},
        {"COALESCE(-X, 7)", NOTHING, "INTEGER", "null"},
        {"COALESCE(+X, 7)", NOTHING, "INTEGER", "7"},
        {"COALESCE(CASE WHEN X > 1 THEN X ELSE X + 1 END, 7)", NOTHING, "INTEGER", "null"},
        {"COALESCE(ARRAY[1][X + 1], 7)", NOTHING, "INTEGER", "null"},
        {"IFNULL(10 / Y, 7)", BOTH("0"), "INTEGER", "!null"},
        {"NULLIF(X + 1, 1)", NOTHING, "INTEGER", "null"},
        {"GREATEST(X + 1, 3)", NOTHING, "INTEGER", "null"},
        {"LEAST(3, X * 2)", NOTHING, "INTEGER", "null"},
        {"ARRAY_CONTAINS(ARRAY[1], X + 1)", NOTHING, "BOOLEAN", "null"},
        {"ARRAY_REMOVE(ARRAY[1], X + 1)", NOTHING, "ARRAY<INTEGER>", "null"},
        {"COALESCE(ABS(X + 1), 7)", NOTHING, "INTEGER", "7"},
        {"COALESCE(ABS(ABS(X + 1)), 7)", NOTHING, "INTEGER", "7"},
        {"COALESCE(ABS(10 / Y), 7)", BOTH("0"), "INTEGER", "!7"},
        {"COALESCE(JSON_ARRAY_LENGTH(X), 7)", TEXT("'x'"), "INTEGER", "!7"},
        {"COALESCE(STRUCT(F := X + 1)->F, 7)", NOTHING, "INTEGER", "7"},
        {"COALESCE(ARRAY[STRUCT(F := 1)][X + 1]->F, 7)", NOTHING, "INTEGER", "7"},
        {"COALESCE(ABS(X + 1) + 1, 7)", NOTHING, "INTEGER", "null"},
        {"CONCAT('a', CAST(X + 1 AS STRING))", NOTHING, "STRING", "a"},
        {"CONCAT('a', CASE WHEN X LIKE '1%' THEN 'b' ELSE 'c' END)", TEXT("NULL"), "STRING",
         "null"},
        /* what is a scope inside does not make the call around it fail */
        {"ABS(COALESCE(ABS(X + 1), -7)) + 1", NOTHING, "INTEGER", "8"},
    };
    OPERAND_TABLE(cases);
}

static void test_casts(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"CAST(X AS INT)", TEXT("'x'"), "INTEGER", "!null"},
        {"CAST(X AS INT) IS NULL", TEXT("'x'"), "BOOLEAN", "!true"},
        {"CAST(X AS INT) = 1", TEXT("'x'"), "BOOLEAN", "!false"},
        {"NOT (CAST(X AS INT) = 1)", TEXT("'x'"), "BOOLEAN", "!true"},
        {"CAST(X AS INT) IS DISTINCT FROM 1", TEXT("'x'"), "BOOLEAN", "!true"},
        {"CAST(X AS INT) IN (1, 2)", TEXT("'x'"), "BOOLEAN", "!false"},
        {"CAST(X AS INT) BETWEEN 1 AND 2", TEXT("'x'"), "BOOLEAN", "!false"},
        {"CAST(X AS INT) > 0 OR TRUE", TEXT("'x'"), "BOOLEAN", "!true"},
        {"CASE WHEN CAST(X AS INT) = 1 THEN 'a' ELSE 'b' END", TEXT("'x'"), "STRING", "!b"},
        {"COALESCE(CAST(X AS INT), 7)", TEXT("'x'"), "INTEGER", "!7"},
        {"CAST(X AS INT) + 1", TEXT("'x'"), "INTEGER", "!null"},
        {"CAST(X + 1 AS STRING) IS NULL", NOTHING, "BOOLEAN", "true"},
        {"CAST(X + 1 AS INT) IS NULL", NOTHING, "BOOLEAN", "true"},
        {"COALESCE(CAST(-X AS BIGINT), CAST(7 AS BIGINT))", NOTHING, "BIGINT", "7"},
        {"COALESCE(CAST(JSON_ARRAY_LENGTH(X) AS STRING), 'q')", TEXT("'x'"), "STRING", "!q"},
        /* arguments are converted by CAST */
        {"GREATEST(X, CAST('1970-01-02' AS DATE))", TEXT("'x'"), "DATE", "!1970-01-02"},
        {"LEAST(X + 1, 2.5e0)", NOTHING, "DOUBLE", "2.5"},
        {"LEAST(X + 1, 2)", NOTHING, "INTEGER", "null"},
        /* IN converts by CAST */
        {"X + 1 IN (CAST(1 AS BIGINT), 5)", NOTHING, "BOOLEAN", "false"},
        {"CAST(X AS DECIMAL(5, 2)) + 1.50 IN (1, 5)", NOTHING, "BOOLEAN", "false"},
    };
    OPERAND_TABLE(cases);
}

static void test_constructors(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"ARRAY[X + 1, 1]", NOTHING, "ARRAY<INTEGER>", "[null, 1]"},
        {"ARRAY[1, 10 / Y]", BOTH("0"), "ARRAY<INTEGER>", "![1, null]"},
        {"ARRAY[-X, 2.5]", NOTHING, "ARRAY<DECIMAL(11, 1)>", "[null, 2.5]"},
        {"ARRAY[CAST(X AS INT), 1]", TEXT("'x'"), "ARRAY<INTEGER>", "![null, 1]"},
        {"ARRAY[JSON_ARRAY_LENGTH(X), 1]", TEXT("'x'"), "ARRAY<INTEGER>", "![null, 1]"},
        {"ARRAY[X LIKE 'a%', TRUE]", TEXT("NULL"), "ARRAY<BOOLEAN>", "[null, true]"},
        {"ARRAY_LENGTH(ARRAY[X + 1])", NOTHING, "INTEGER", "1"},
        {"ARRAY[ARRAY[X + 1, 1], ARRAY[2]]", NOTHING, "ARRAY<ARRAY<INTEGER>>", "[[null, 1], [2]]"},
        {"MAP('k' := X + 1, 'j' := 1)", NOTHING, "MAP<STRING, INTEGER>", "{k=null, j=1}"},
        {"MAP('k' := CAST(X AS INT))", TEXT("'x'"), "MAP<STRING, INTEGER>", "!{k=null}"},
        {"MAP(CAST(X / 0 AS STRING) := 1)", {{"INT", "1"}}, "MAP<STRING, INTEGER>", "!{null=1}"},
        {"STRUCT(F := X + 1, G := 1)", NOTHING, "STRUCT<`F` INTEGER, `G` INTEGER>", "Struct{G=1}"},
        {"STRUCT(F := JSON_ARRAY_LENGTH(X), G := 1)->G", TEXT("'x'"), "INTEGER", "!1"},
        {"STRUCT(F := X + 1)->F IS NULL", NOTHING, "BOOLEAN", "true"},
        {"MAP('k' := X + 1)['k'] IS NULL", NOTHING, "BOOLEAN", "true"},
    };
    OPERAND_TABLE(cases);
}

/** The setting ksql.nested.error.set.null=false leaves the whole expression as the only scope. */
static void test_one_scope(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *in_type, *in, *scopes, *one;
    } cases[] = {
        {"COALESCE(ABS(X + 1), 7)", "INT", "NULL", "7", "null"},
        {"COALESCE(ABS(10 / X), 7)", "INT", "0", "!7", "!null"},
        {"COALESCE(ABS(10 / X), 7)", "INT", "5", "2", "2"},
        {"ARRAY[X + 1, 1]", "INT", "NULL", "[null, 1]", "null"},
        {"MAP('k' := X + 1)", "INT", "NULL", "{k=null}", "null"},
        {"STRUCT(F := X + 1, G := 1)", "INT", "NULL", "Struct{G=1}", "null"},
        {"CAST(X AS INT) IS NULL", "STRING", "'x'", "!true", "!null"},
        {"NOT (CAST(X AS INT) = 1)", "STRING", "'x'", "!true", "!null"},
        {"CAST(X AS INT) IS NULL", "STRING", "NULL", "true", "true"},
        {"TRANSFORM(ARRAY[1], e => COALESCE(ABS(e + X), 7))", "INT", "NULL", "[7]", "null"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const operand in[OPERANDS_MAX] = {{cases[i].in_type, cases[i].in}};
        for (int one = 0; one < 2; one++) {
            operand_world w;
            const char *type;
            operand_world_init(&w, in);
            w.scope.base.one_scope = one;
            const char *want = one ? cases[i].one : cases[i].scopes;
            const char *got = operand_eval(&w, cases[i].sql, in, &type);
            if (strcmp(got, want) != 0)
                fail_msg("%s, one scope: %d: %s, expected %s", cases[i].sql, one, got, want);
            operand_world_free(&w);
        }
    }
}

/* ---- against a model ---- */

/* A tree of INTEGERs and BOOLEANs, evaluated by recursion as the rule is written down. */
enum { FAILED = 2, DEPTH = 5, TREES = 1500 };

typedef struct outcome {
    int state; /* 0 a value, 1 NULL, FAILED */
    int32_t v;
} outcome;

typedef struct maker {
    wr_rng rng;
    wr_buf sql;
    const outcome *columns; /* X, Y, Z of the row */
    bool one_scope;
    bool call; /* the tree made last is a call */
} maker;

static outcome value(int32_t v)
{
    return (outcome){0, v};
}

static outcome scoped(const maker *m, outcome o)
{
    return o.state == FAILED && !m->one_scope ? (outcome){1, 0} : o;
}

static outcome make_int(maker *m, int depth);
static outcome make_bool(maker *m, int depth);

static outcome make_arith(maker *m, int depth)
{
    static const char ops[] = "+-*/%";
    char op = ops[wr_rng_below(&m->rng, 5)];
    wr_buf_putc(&m->sql, '(');
    outcome l = make_int(m, depth - 1);
    wr_buf_printf(&m->sql, " %c ", op);
    outcome r = make_int(m, depth - 1);
    wr_buf_putc(&m->sql, ')');
    if (l.state || r.state || ((op == '/' || op == '%') && r.v == 0))
        return (outcome){FAILED, 0};
    uint32_t a = (uint32_t)l.v, b = (uint32_t)r.v;
    switch (op) {
    case '+':
        return value((int32_t)(a + b));
    case '-':
        return value((int32_t)(a - b));
    case '*':
        return value((int32_t)(a * b));
    case '/':
        return value(r.v == -1 ? (int32_t)(0 - a) : l.v / r.v);
    default:
        return value(r.v == -1 ? 0 : l.v % r.v);
    }
}

/** COALESCE and IFNULL: an argument that is a call is a scope, all of them are evaluated. */
static outcome make_coalesce(maker *m, int depth)
{
    outcome args[2];
    wr_buf_puts(&m->sql, "COALESCE(");
    for (int i = 0; i < 2; i++) {
        m->call = false;
        args[i] = make_int(m, depth - 1);
        args[i] = m->call ? scoped(m, args[i]) : args[i];
        wr_buf_puts(&m->sql, i ? ")" : ", ");
    }
    m->call = true;
    if (args[0].state == FAILED || args[1].state == FAILED)
        return (outcome){FAILED, 0};
    return args[0].state ? args[1] : args[0];
}

static outcome make_cast(maker *m, int depth)
{
    wr_buf_puts(&m->sql, "CAST(");
    outcome o = make_int(m, depth - 1);
    wr_buf_puts(&m->sql, " AS INT)");
    m->call = false;
    return scoped(m, o);
}

/** ARRAY[a, b][1]: each element is a scope. */
static outcome make_element(maker *m, int depth)
{
    outcome items[2];
    wr_buf_puts(&m->sql, "ARRAY[");
    for (int i = 0; i < 2; i++) {
        items[i] = scoped(m, make_int(m, depth - 1));
        wr_buf_puts(&m->sql, i ? "]" : ", ");
    }
    int at = (int)wr_rng_below(&m->rng, 2);
    wr_buf_printf(&m->sql, "[%d]", at + 1);
    m->call = false;
    bool failed = items[0].state == FAILED || items[1].state == FAILED;
    return failed ? (outcome){FAILED, 0} : items[at];
}

static outcome make_case(maker *m, int depth)
{
    wr_buf_puts(&m->sql, "(CASE WHEN ");
    outcome c = make_bool(m, depth - 1);
    wr_buf_puts(&m->sql, " THEN ");
    outcome yes = make_int(m, depth - 1);
    wr_buf_puts(&m->sql, " ELSE ");
    outcome no = make_int(m, depth - 1);
    wr_buf_puts(&m->sql, " END)");
    m->call = false;
    return c.state ? (outcome){FAILED, 0} : c.v ? yes : no;
}

static outcome make_int(maker *m, int depth)
{
    m->call = false;
    uint64_t pick = depth <= 0 ? wr_rng_below(&m->rng, 2) : wr_rng_below(&m->rng, 8);
    outcome o;
    switch (pick) {
    case 0: {
        uint64_t c = wr_rng_below(&m->rng, 3);
        wr_buf_putc(&m->sql, "XYZ"[c]);
        return m->columns[c];
    }
    case 1:
        o = value((int32_t)wr_rng_below(&m->rng, 4));
        wr_buf_printf(&m->sql, "%d", o.v);
        return o;
    case 2:
        return make_coalesce(m, depth);
    case 3:
        return make_cast(m, depth);
    case 4:
        return make_element(m, depth);
    case 5:
        return make_case(m, depth);
    default:
        o = make_arith(m, depth);
        m->call = false;
        return o;
    }
}

static outcome compare(char op, outcome l, outcome r)
{
    if (l.state == FAILED)
        return l;
    if (op == 'D') { /* IS DISTINCT FROM looks at both sides */
        if (r.state == FAILED)
            return r;
        return value(l.state || r.state ? l.state != r.state : l.v != r.v);
    }
    if (l.state)
        return value(0); /* decided before the right side is looked at */
    if (r.state)
        return r.state == FAILED ? r : value(0);
    return value(op == '<' ? l.v < r.v : l.v == r.v);
}

static outcome make_comparison(maker *m, int depth)
{
    static const struct {
        char op;
        const char *text;
    } ops[] = {{'<', " < "}, {'=', " = "}, {'D', " IS DISTINCT FROM "}};
    uint64_t k = wr_rng_below(&m->rng, 3);
    wr_buf_putc(&m->sql, '(');
    outcome l = make_int(m, depth - 1);
    wr_buf_puts(&m->sql, ops[k].text);
    outcome r = make_int(m, depth - 1);
    wr_buf_putc(&m->sql, ')');
    return compare(ops[k].op, l, r);
}

static outcome make_is_null(maker *m, int depth)
{
    wr_buf_putc(&m->sql, '(');
    outcome o = make_int(m, depth - 1);
    wr_buf_puts(&m->sql, " IS NULL)");
    return o.state == FAILED ? o : value(o.state);
}

static outcome make_in(maker *m, int depth)
{
    outcome x, list[2];
    wr_buf_putc(&m->sql, '(');
    x = make_int(m, depth - 1);
    wr_buf_puts(&m->sql, " IN (");
    for (int i = 0; i < 2; i++) {
        list[i] = make_int(m, depth - 1);
        wr_buf_puts(&m->sql, i ? "))" : ", ");
    }
    bool failed = x.state == FAILED || list[0].state == FAILED || list[1].state == FAILED;
    bool found = false;
    for (int i = 0; i < 2; i++)
        found |= !x.state && !list[i].state && list[i].v == x.v;
    return failed ? (outcome){FAILED, 0} : value(found);
}

static outcome make_logic(maker *m, int depth)
{
    bool is_and = wr_rng_below(&m->rng, 2);
    wr_buf_putc(&m->sql, '(');
    outcome l = make_bool(m, depth - 1);
    wr_buf_puts(&m->sql, is_and ? " AND " : " OR ");
    outcome r = make_bool(m, depth - 1);
    wr_buf_putc(&m->sql, ')');
    if (l.state)
        return (outcome){FAILED, 0};
    if ((l.v != 0) != is_and)
        return l;
    return r.state ? (outcome){FAILED, 0} : r;
}

static outcome make_not(maker *m, int depth)
{
    wr_buf_puts(&m->sql, "(NOT ");
    outcome o = make_bool(m, depth - 1);
    wr_buf_putc(&m->sql, ')');
    return o.state ? (outcome){FAILED, 0} : value(!o.v);
}

/** CAST(a AS STRING) LIKE '%1%', and a sum of two texts, which is never NULL. */
static outcome make_like(maker *m, int depth)
{
    bool sum = wr_rng_below(&m->rng, 2);
    outcome parts[2];
    wr_buf_putc(&m->sql, '(');
    for (int i = 0; i <= sum; i++) {
        wr_buf_puts(&m->sql, i ? " + CAST(" : "CAST(");
        parts[i] = scoped(m, make_int(m, depth - 1));
        wr_buf_puts(&m->sql, " AS STRING)");
    }
    wr_buf_puts(&m->sql, sum ? " LIKE '%null%')" : " LIKE '%1%')");
    if (parts[0].state == FAILED || (sum && parts[1].state == FAILED))
        return (outcome){FAILED, 0};
    if (sum)
        return value(parts[0].state || parts[1].state);
    char text[16];
    snprintf(text, sizeof text, "%d", parts[0].v);
    return parts[0].state ? (outcome){FAILED, 0} : value(strchr(text, '1') != NULL);
}

static outcome make_bool(maker *m, int depth)
{
    static outcome (*const makers[])(maker *, int) = {make_comparison, make_is_null, make_in,
                                                      make_logic,      make_not,     make_like};
    if (depth <= 0) {
        wr_buf_puts(&m->sql, "(X = Y)");
        return compare('=', m->columns[0], m->columns[1]);
    }
    outcome o = makers[wr_rng_below(&m->rng, WR_ARRAY_LEN(makers))](m, depth);
    m->call = false;
    return o;
}

/** Each tree over each mixture of NULL, 0 and another number in the columns. */
static void test_model(void **state)
{
    (void)state;
    static const operand operands[] = {{"INT", "NULL"}, {"INT", "0"}, {"INT", "3"}};
    static const outcome values[] = {{1, 0}, {0, 0}, {0, 3}};
    maker m = {0};
    wr_rng_seed(&m.rng, 2026);
    size_t failed = 0, rescued = 0;
    for (int i = 0; i < TREES; i++) {
        operand in[OPERANDS_MAX];
        outcome columns[OPERANDS_MAX];
        for (int c = 0; c < OPERANDS_MAX; c++) {
            uint64_t k = wr_rng_below(&m.rng, WR_ARRAY_LEN(values));
            in[c] = operands[k];
            columns[c] = values[k];
        }
        m.columns = columns;
        m.one_scope = wr_rng_below(&m.rng, 4) == 0;
        wr_buf_clear(&m.sql);
        outcome o = i % 2 ? make_bool(&m, DEPTH) : make_int(&m, DEPTH);
        operand_world w;
        const char *type = "";
        operand_world_init(&w, in);
        w.scope.base.one_scope = m.one_scope;
        const char *got = operand_eval(&w, wr_buf_cstr(&m.sql), in, &type);
        bool reported = *got == '!';
        const char *want = o.state ? "null"
                           : i % 2 ? (o.v ? "true" : "false")
                                   : wr_arena_printf(w.a, "%d", o.v);
        if (strcmp(got + reported, want) != 0)
            fail_msg("%s (one scope: %d; %s, %s, %s): %s, expected %s", wr_buf_cstr(&m.sql),
                     m.one_scope, in[0].value, in[1].value, in[2].value, got, want);
        failed += o.state == FAILED;
        rescued += reported && o.state != FAILED;
        operand_world_free(&w);
    }
    wr_buf_free(&m.sql);
    /* The trees reach both: failures that reach the top, and reported ones that a scope ended. */
    assert_true(failed > TREES / 10);
    assert_true(rescued > TREES / 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_scopes), cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_casts),     cmocka_unit_test(test_constructors),
        cmocka_unit_test(test_one_scope), cmocka_unit_test(test_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
