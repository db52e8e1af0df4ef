/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NULL as an argument of each function, one argument at a time: most give NULL, some skip it, some
 * fail (NULL, and the row reports an error), as functions.md says in its last column.
 */
#include "operands.h"

#define N_  "null"
#define ERR "!null"
/* clang-format off */
#define I(v) {"INT", v}
#define L(v) {"BIGINT", v}
#define D(v) {"DOUBLE", v}
#define S(v) {"STRING", v}
#define Y(v) {"BYTES", v}
/* PROFILE(x) of one row, an INTEGER 1. */
#define PROFILE_OF_1                                                                               \
    Y("'V1ABAQECAAAAAQAAAAAAAAA/8AAAAAAAAAAAAAAAAAAACQAAAAAAAAABCQAAAAAAAA"                     \
      "ABAvOX3icBAAEIAAAAAAAAAAEBAT/wAAAAAAAAuioov7rKi5c='")
#define B(v) {"BOOLEAN", v}
#define DT   {"DATE", "'2020-02-29'"}
#define TM   {"TIME", "'10:30'"}
#define TS   {"TIMESTAMP", "'2020-02-29T10:30'"}
#define N(v) {"DECIMAL(4, 2)", v}
#define IA   {"ARRAY<INT>", "ARRAY[1, 2]"}
#define SA   {"ARRAY<STRING>", "ARRAY['a', 'b']"}
#define IM   {"MAP<STRING, INT>", "MAP('a' := 1)"}
/* clang-format on */

typedef struct null_case {
    const char *sql;
    operand in[OPERANDS_MAX];
    const char *out;                /* with no NULL */
    const char *when[OPERANDS_MAX]; /* when the operand is NULL */
} null_case;

static void null_table(const null_case *cases, size_t n)
{
    size_t failed = 0;
    for (size_t i = 0; i < n; i++) {
        const null_case *c = &cases[i];
        const operand_case whole = {c->sql, {c->in[0], c->in[1], c->in[2]}, NULL, c->out};
        failed += !operand_holds(&whole);
        for (size_t k = 0; k < OPERANDS_MAX && c->in[k].type; k++) {
            operand_case one = {c->sql, {c->in[0], c->in[1], c->in[2]}, NULL, c->when[k]};
            one.in[k].value = "NULL";
            failed += !operand_holds(&one);
        }
    }
    assert_int_equal(failed, 0);
}

static const null_case numbers[] = {
    {"ABS(X)", {I("-1")}, "1", {N_}},
    {"ABS(X)", {N("-1.50")}, "1.50", {N_}},
    {"ACOS(X)", {D("1e0")}, "0.0", {N_}},
    {"ASIN(X)", {D("0e0")}, "0.0", {N_}},
    {"ATAN(X)", {D("0e0")}, "0.0", {N_}},
    {"ATAN2(X, Y)", {D("0e0"), D("1e0")}, "0.0", {N_, N_}},
    {"CBRT(X)", {I("8")}, "2.0", {N_}},
    {"CEIL(X)", {D("0.5e0")}, "1.0", {N_}},
    {"FLOOR(X)", {D("0.5e0")}, "0.0", {N_}},
    {"COS(X)", {I("0")}, "1.0", {N_}},
    {"SIN(X)", {I("0")}, "0.0", {N_}},
    {"TAN(X)", {I("0")}, "0.0", {N_}},
    {"COSH(X)", {I("0")}, "1.0", {N_}},
    {"SINH(X)", {I("0")}, "0.0", {N_}},
    {"TANH(X)", {I("0")}, "0.0", {N_}},
    {"COT(X)", {I("0")}, "Infinity", {N_}},
    {"DEGREES(X)", {I("0")}, "0.0", {N_}},
    {"RADIANS(X)", {I("0")}, "0.0", {N_}},
    {"EXP(X)", {I("0")}, "1.0", {N_}},
    {"LN(X)", {I("1")}, "0.0", {N_}},
    {"LOG(X)", {I("1")}, "0.0", {N_}},
    {"LOG(X, Y)", {I("2"), I("1")}, "0.0", {N_, N_}},
    {"POWER(X, Y)", {I("2"), I("3")}, "8.0", {N_, N_}},
    {"ROUND(X)", {I("2")}, "2", {ERR}},
    {"ROUND(X)", {L("2")}, "2", {ERR}},
    {"ROUND(X)", {D("1.5e0")}, "2", {N_}},
    {"ROUND(X, Y)", {D("1.25e0"), I("1")}, "1.3", {N_, N_}},
    {"ROUND(X, Y)", {N("1.25"), I("1")}, "1.30", {N_, N_}},
    {"TRUNC(X)", {I("2")}, "2", {N_}},
    {"TRUNC(X)", {D("1.9e0")}, "1", {N_}},
    {"TRUNC(X, Y)", {D("1.29e0"), I("1")}, "1.2", {N_, N_}},
    {"SIGN(X)", {I("-4")}, "-1", {N_}},
    {"SQRT(X)", {I("4")}, "2.0", {N_}},
    {"GEO_DISTANCE(X, Y, Z, 0e0)", {D("0e0"), D("0e0"), D("0e0")}, "0.0", {ERR, ERR, ERR}},
    {"GEO_DISTANCE(0e0, X, 0e0, Y, Z)", {D("0e0"), D("0e0"), S("'km'")}, "0.0", {ERR, ERR, "0.0"}},
    {"GREATEST(X, Y)", {I("1"), I("2")}, "2", {"2", "1"}},
    {"LEAST(X, Y, Z)", {S("'a'"), S("'b'"), S("'c'")}, "a", {"b", "a", "a"}},
};

static const null_case texts[] = {
    {"CHR(X)", {I("65")}, "A", {N_}},
    {"CHR(X)", {S("'\\u0041'")}, "A", {N_}},
    {"CONCAT(X, Y)", {S("'a'"), S("'b'")}, "ab", {"b", "a"}},
    {"X || Y || Z", {S("'a'"), S("'b'"), S("'c'")}, "abc", {"bc", "ac", "ab"}},
    {"CONCAT_WS(X, Y, Z)", {S("'-'"), S("'a'"), S("'b'")}, "a-b", {N_, "b", "a"}},
    {"ELT(X, Y, Z)", {I("1"), S("'a'"), S("'b'")}, "a", {ERR, N_, "a"}},
    {"ENCODE(X, Y, Z)", {S("'41'"), S("'hex'"), S("'ascii'")}, "A", {N_, N_, N_}},
    {"FIELD(X, Y, Z)", {S("'b'"), S("'a'"), S("'b'")}, "2", {"0", "2", "0"}},
    {"FROM_BYTES(X, Y)", {Y("'QQ=='"), S("'utf8'")}, "A", {N_, N_}},
    {"TO_BYTES(X, Y)", {S("'A'"), S("'utf8'")}, "QQ==", {N_, N_}},
    {"INITCAP(X)", {S("'a b'")}, "A B", {N_}},
    {"INSTR(X, Y)", {S("'ab'"), S("'b'")}, "2", {"0", "0"}},
    {"INSTR(X, Y, Z)", {S("'ab'"), S("'b'"), I("1")}, "2", {"0", "0", ERR}},
    {"LCASE(X)", {S("'A'")}, "a", {N_}},
    {"UCASE(X)", {S("'a'")}, "A", {N_}},
    {"LEN(X)", {S("'ab'")}, "2", {N_}},
    {"LEN(X)", {Y("'QUI='")}, "2", {N_}},
    {"LPAD(X, Y, Z)", {S("'a'"), I("3"), S("'-'")}, "--a", {N_, N_, N_}},
    {"RPAD(X, Y, Z)", {S("'a'"), I("3"), S("'-'")}, "a--", {N_, N_, N_}},
    {"MASK(X)", {S("'aA1-'")}, "xXn-", {N_}},
    {"MASK(X, Y, Z, '#', '+')", {S("'aA1 '"), S("'U'"), S("'l'")}, "lU#+", {N_, "lA#+", "aU#+"}},
    {"MASK_LEFT(X, Y)", {S("'ab'"), I("1")}, "xb", {N_, ERR}},
    {"MASK_RIGHT(X, Y)", {S("'ab'"), I("1")}, "ax", {N_, ERR}},
    {"MASK_KEEP_LEFT(X, Y)", {S("'ab'"), I("1")}, "ax", {N_, ERR}},
    {"MASK_KEEP_RIGHT(X, Y)", {S("'ab'"), I("1")}, "xb", {N_, ERR}},
    {"MD5(X)", {S("'abc'")}, "900150983cd24fb0d6963f7d28e17f72", {N_}},
    {"REPLACE(X, Y, Z)", {S("'aba'"), S("'a'"), S("'x'")}, "xbx", {N_, N_, N_}},
    {"SPLIT(X, Y)", {S("'a,b'"), S("','")}, "[a, b]", {N_, N_}},
    {"SPLIT_TO_MAP(X, Y, Z)", {S("'a=1'"), S("';'"), S("'='")}, "{a=1}", {N_, N_, N_}},
    {"SUBSTRING(X, Y)", {S("'abc'"), I("2")}, "bc", {N_, N_}},
    {"SUBSTRING(X, Y, Z)", {S("'abc'"), I("2"), I("1")}, "b", {N_, N_, N_}},
    {"TRIM(X)", {S("' a '")}, "a", {N_}},
    {"UUID(X)", {Y("'AAAAAAAAAAAAAAAAAAAAAA=='")}, "00000000-0000-0000-0000-000000000000", {N_}},
    {"REGEXP_EXTRACT(X, Y)", {S("'b.'"), S("'abc'")}, "bc", {N_, N_}},
    {"REGEXP_EXTRACT(X, Y, Z)", {S("'b(.)'"), S("'abc'"), I("1")}, "c", {N_, N_, N_}},
    {"REGEXP_EXTRACT_ALL(X, Y)", {S("'.'"), S("'ab'")}, "[a, b]", {N_, N_}},
    {"REGEXP_REPLACE(X, Y, Z)", {S("'ab'"), S("'.'"), S("'-'")}, "--", {N_, N_, N_}},
    {"REGEXP_SPLIT_TO_ARRAY(X, Y)", {S("'a1b'"), S("'[0-9]'")}, "[a, b]", {N_, N_}},
};

static const null_case times[] = {
    {"UNIX_DATE(X)", {DT}, "18321", {N_}},
    {"UNIX_TIMESTAMP(X)", {TS}, "1582972200000", {N_}},
    {"FROM_DAYS(X)", {I("18321")}, "2020-02-29", {ERR}},
    {"FROM_UNIXTIME(X)", {L("0")}, "1970-01-01T00:00:00.000", {N_}},
    {"CONVERT_TZ(X, Y, Z)",
     {TS, S("'UTC'"), S("'Asia/Tokyo'")},
     "2020-02-29T19:30:00.000",
     {N_, N_, N_}},
    {"DATEADD(DAYS, X, Y)", {I("1"), DT}, "2020-03-01", {N_, N_}},
    {"DATESUB(DAYS, X, Y)", {I("1"), DT}, "2020-02-28", {N_, N_}},
    {"TIMEADD(HOURS, X, Y)", {I("1"), TM}, "11:30", {N_, N_}},
    {"TIMESUB(HOURS, X, Y)", {I("1"), TM}, "09:30", {N_, N_}},
    {"TIMESTAMPADD(MINUTES, X, Y)", {I("1"), TS}, "2020-02-29T10:31:00.000", {N_, N_}},
    {"TIMESTAMPSUB(MINUTES, X, Y)", {I("1"), TS}, "2020-02-29T10:29:00.000", {N_, N_}},
    {"FORMAT_DATE(X, Y)", {DT, S("'dd.MM.yyyy'")}, "29.02.2020", {N_, N_}},
    {"FORMAT_TIME(X, Y)", {TM, S("'HH-mm'")}, "10-30", {N_, N_}},
    {"FORMAT_TIMESTAMP(X, Y)", {TS, S("'yyyy HH'")}, "2020 10", {N_, N_}},
    {"FORMAT_TIMESTAMP(X, Y, Z)", {TS, S("'yyyy HH'"), S("'+01:00'")}, "2020 11", {N_, N_, N_}},
    {"PARSE_DATE(X, Y)", {S("'29.02.2020'"), S("'dd.MM.yyyy'")}, "2020-02-29", {N_, N_}},
    {"PARSE_TIME(X, Y)", {S("'10-30'"), S("'HH-mm'")}, "10:30", {N_, N_}},
    {"PARSE_TIMESTAMP(X, Y)", {S("'2020'"), S("'yyyy'")}, "2020-01-01T00:00:00.000", {N_, N_}},
    {"PARSE_TIMESTAMP(X, Y, Z)",
     {S("'2020'"), S("'yyyy'"), S("'+01:00'")},
     "2019-12-31T23:00:00.000",
     {N_, N_, N_}},
    {"DATETOSTRING(X, Y)", {I("0"), S("'yyyy'")}, "1970", {ERR, N_}},
    {"STRINGTODATE(X, Y)", {S("'1970-01-02'"), S("'yyyy-MM-dd'")}, "1", {ERR, ERR}},
    {"STRINGTOTIMESTAMP(X, Y)", {S("'1970'"), S("'yyyy'")}, "0", {ERR, ERR}},
    {"TIMESTAMPTOSTRING(X, Y)", {L("0"), S("'yyyy'")}, "1970", {ERR, N_}},
    {"TIMESTAMPTOSTRING(X, Y, Z)", {L("0"), S("'yyyy'"), S("'UTC'")}, "1970", {ERR, N_, N_}},
};

static const null_case collections[] = {
    {"ARRAY_CONCAT(X, Y)", {IA, IA}, "[1, 2, 1, 2]", {"[1, 2]", "[1, 2]"}},
    {"ARRAY_CONTAINS(X, Y)", {IA, I("2")}, "true", {"false", "false"}},
    {"ARRAY_DISTINCT(X)", {IA}, "[1, 2]", {N_}},
    {"ARRAY_EXCEPT(X, Y)", {IA, IA}, "[]", {N_, N_}},
    {"ARRAY_INTERSECT(X, Y)", {IA, IA}, "[1, 2]", {N_, N_}},
    {"ARRAY_UNION(X, Y)", {IA, IA}, "[1, 2]", {N_, N_}},
    {"ARRAY_JOIN(X)", {IA}, "1,2", {N_}},
    {"ARRAY_JOIN(X, Y)", {IA, S("'-'")}, "1-2", {N_, "12"}},
    {"ARRAY_LENGTH(X)", {IA}, "2", {N_}},
    {"ARRAY_MAX(X)", {IA}, "2", {N_}},
    {"ARRAY_MIN(X)", {SA}, "a", {N_}},
    {"ARRAY_REMOVE(X, Y)", {IA, I("1")}, "[2]", {N_, "[1, 2]"}},
    {"ARRAY_SORT(X)", {IA}, "[1, 2]", {N_}},
    {"ARRAY_SORT(X, Y)", {IA, S("'DESC'")}, "[2, 1]", {N_, N_}},
    {"SLICE(X, Y, Z)", {IA, I("2"), I("2")}, "[2]", {N_, "[1, 2]", "[2]"}},
    {"GENERATE_SERIES(X, Y)", {I("1"), I("2")}, "[1, 2]", {ERR, ERR}},
    {"GENERATE_SERIES(X, Y, Z)", {L("1"), L("3"), I("2")}, "[1, 3]", {ERR, ERR, ERR}},
    {"ENTRIES(X, Y)", {IM, B("TRUE")}, "[Struct{K=a,V=1}]", {N_, ERR}},
    {"AS_MAP(X, Y)", {SA, IA}, "{a=1, b=2}", {N_, N_}},
    {"PROFILE_QUANTILE(X, Y, Z)", {PROFILE_OF_1, I("1"), D("5e-1")}, "1.0", {N_, N_, N_}},
    {"PROFILE_REPORT(X)[1]->`ROWS`", {PROFILE_OF_1}, "1", {N_}},
    {"MAP_KEYS(X)", {IM}, "[a]", {N_}},
    {"MAP_VALUES(X)", {IM}, "[1]", {N_}},
    {"MAP_UNION(X, Y)", {IM, IM}, "{a=1}", {"{a=1}", "{a=1}"}},
    {"AS_VALUE(X)", {I("1")}, "1", {N_}},
    {"TRANSFORM(X, e => e + 1)", {IA}, "[2, 3]", {N_}},
    {"TRANSFORM(X, (k, v) => k, (k, v) => v)", {IM}, "{a=1}", {N_}},
    {"FILTER(X, e => e > 1)", {IA}, "[2]", {N_}},
    {"FILTER(X, (k, v) => v > 0)", {IM}, "{a=1}", {N_}},
    {"REDUCE(X, Y, (s, e) => s + e)", {IA, I("10")}, "13", {"10", N_}},
    {"REDUCE(X, Y, (s, k, v) => s + v)", {IM, I("10")}, "11", {"10", N_}},
};

static const null_case json_and_urls[] = {
    {"EXTRACTJSONFIELD(X, Y)", {S("'{\"a\":1}'"), S("'$.a'")}, "1", {N_, N_}},
    {"IS_JSON_STRING(X)", {S("'1'")}, "true", {"false"}},
    {"JSON_ARRAY_CONTAINS(X, Y)", {S("'[1]'"), I("1")}, "true", {ERR, "false"}},
    {"JSON_ARRAY_LENGTH(X)", {S("'[1,2]'")}, "2", {N_}},
    {"JSON_CONCAT(X, Y)", {S("'[1]'"), S("'[2]'")}, "[1,2]", {N_, N_}},
    {"JSON_ITEMS(X)", {S("'[1,\"a\"]'")}, "[1, \"a\"]", {N_}},
    {"JSON_KEYS(X)", {S("'{\"a\":1}'")}, "[a]", {N_}},
    {"JSON_RECORDS(X)", {S("'{\"a\":1}'")}, "{a=1}", {N_}},
    {"TO_JSON_STRING(X)", {I("1")}, "1", {"null"}},
    {"INT_FROM_BYTES(X)", {Y("'AAAAAQ=='")}, "1", {N_}},
    {"INT_FROM_BYTES(X, Y)", {Y("'AQAAAA=='"), S("'LITTLE_ENDIAN'")}, "1", {N_, N_}},
    {"BIGINT_FROM_BYTES(X)", {Y("'AAAAAAAAAAE='")}, "1", {N_}},
    {"DOUBLE_FROM_BYTES(X)", {Y("'P/AAAAAAAAA='")}, "1.0", {N_}},
    {"COALESCE(X, Y)", {I("1"), I("2")}, "1", {"2", "1"}},
    {"IFNULL(X, Y)", {I("1"), I("2")}, "1", {"2", "1"}},
    {"NULLIF(X, Y)", {I("1"), I("2")}, "1", {N_, "1"}},
    {"URL_ENCODE_PARAM(X)", {S("'a b'")}, "a+b", {N_}},
    {"URL_DECODE_PARAM(X)", {S("'a+b'")}, "a b", {N_}},
    {"URL_EXTRACT_PROTOCOL(X)", {S("'http://localhost/p'")}, "http", {N_}},
    {"URL_EXTRACT_HOST(X)", {S("'http://localhost/p'")}, "localhost", {N_}},
    {"URL_EXTRACT_PORT(X)", {S("'http://localhost:80/p'")}, "80", {N_}},
    {"URL_EXTRACT_PATH(X)", {S("'http://localhost/p'")}, "/p", {N_}},
    {"URL_EXTRACT_QUERY(X)", {S("'http://localhost/?q'")}, "q", {N_}},
    {"URL_EXTRACT_FRAGMENT(X)", {S("'http://localhost/#f'")}, "f", {N_}},
    {"URL_EXTRACT_PARAMETER(X, Y)", {S("'http://localhost/?a=1'"), S("'a'")}, "1", {N_, N_}},
};

static const struct {
    const null_case *cases;
    size_t n;
} families[] = {
    {numbers, WR_ARRAY_LEN(numbers)},
    {texts, WR_ARRAY_LEN(texts)},
    {times, WR_ARRAY_LEN(times)},
    {collections, WR_ARRAY_LEN(collections)},
    {json_and_urls, WR_ARRAY_LEN(json_and_urls)},
};

static void test_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(families); i++)
        null_table(families[i].cases, families[i].n);
}

/** Is there a case that calls @p name? */
static bool has_case(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < WR_ARRAY_LEN(families); i++) {
        for (size_t k = 0; k < families[i].n; k++) {
            const char *sql = families[i].cases[k].sql;
            if (strncmp(sql, name, len) == 0 && sql[len] == '(')
                return true;
        }
    }
    return false;
}

/** A new function comes with what NULL does to it. */
static void test_every_function(void **state)
{
    (void)state;
    const wr_function *fn;
    size_t n = 0;
    for (uint32_t i = 0; (fn = wr_function_at(NULL, i)); i++) {
        bool has_arguments = false;
        for (uint32_t s = 0; s < fn->sigs_n; s++)
            has_arguments |= fn->sigs[s].args[0] != 0;
        if (fn->kind != WR_FUNCTION_SCALAR || !has_arguments)
            continue;
        n++;
        if (!has_case(fn->name))
            fail_msg("%s has no case here", fn->name);
    }
    assert_true(n > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_every_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
