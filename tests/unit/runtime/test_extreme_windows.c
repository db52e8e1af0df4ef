/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows and joins with sizes, graces and retentions at the ends of what numbers hold, over rows
 * with times like that: random statements, each of which is refused when it is made, or runs. None
 * ends the process or fails at a row, the size of batches shows in nothing, and what is kept for
 * ever loses no match.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "runtime/testing/testing_internal.h"

enum { ROWS = 14 };

typedef struct input {
    bool right;
    int key;
    int64_t time;
} input;

typedef struct extreme {
    wr_buf statement;
    bool inner;            /* an INNER join */
    int64_t before, after; /* of it; -1: a number that does not fit */
    input rows[ROWS];
} extreme;

/* ------------------------------------------------------------------ random statements */

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"MILLISECONDS", 1},
             {"SECONDS", 1000},
             {"MINUTES", 60000},
             {"HOURS", 3600000},
             {"DAYS", 86400000}};

static int64_t pick(wr_rng *rng, const int64_t *of, size_t n)
{
    return of[wr_rng_below(rng, n)];
}

/* @return ms, -1: they do not fit. */
static int64_t put_duration(wr_rng *rng, wr_buf *out)
{
    static const int64_t numbers[] = {0,
                                      0,
                                      1,
                                      2,
                                      10,
                                      999,
                                      86400,
                                      INT32_MAX,
                                      (int64_t)1 << 53,
                                      100000000000000000,
                                      INT64_MAX / 2,
                                      INT64_MAX - 1,
                                      INT64_MAX};
    size_t unit = wr_rng_below(rng, WR_ARRAY_LEN(units));
    int64_t n = pick(rng, numbers, WR_ARRAY_LEN(numbers)), ms;
    if (wr_rng_below(rng, 5) == 0) /* the most that fits, or one more */
        n = INT64_MAX / units[unit].ms + (unit ? (int64_t)wr_rng_below(rng, 2) : 0);
    wr_buf_printf(out, "%lld %s", (long long)n, units[unit].name);
    return __builtin_mul_overflow(n, units[unit].ms, &ms) ? -1 : ms;
}

static void put_clause(wr_rng *rng, wr_buf *out, const char *before, unsigned one_in)
{
    if (wr_rng_below(rng, one_in))
        return;
    wr_buf_puts(out, before);
    (void)put_duration(rng, out);
}

static void put_window(wr_rng *rng, wr_buf *out)
{
    static const char *const kinds[] = {"TUMBLING (SIZE ", "HOPPING (SIZE ", "SESSION ("};
    uint64_t kind = wr_rng_below(rng, 3);
    wr_buf_printf(out, "CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM l WINDOW %s", kinds[kind]);
    (void)put_duration(rng, out);
    if (kind == 1) {
        wr_buf_puts(out, ", ADVANCE BY ");
        (void)put_duration(rng, out);
    }
    put_clause(rng, out, ", RETENTION ", 3);
    put_clause(rng, out, ", GRACE PERIOD ", 2);
    wr_buf_printf(out, ") GROUP BY id%s;", wr_rng_below(rng, 2) ? " EMIT FINAL" : "");
}

static void put_join(wr_rng *rng, extreme *x)
{
    static const char *const kinds[] = {"INNER", "LEFT", "RIGHT", "FULL OUTER"};
    wr_buf *out = &x->statement;
    uint64_t kind = wr_rng_below(rng, 4);
    x->inner = kind == 0;
    wr_buf_printf(out,
                  "CREATE STREAM o AS SELECT %s AS id, l.v AS a, r.v AS b FROM l %s JOIN r WITHIN ",
                  kind == 3 ? "ROWKEY" : "l.id", kinds[kind]);
    if (wr_rng_below(rng, 2)) {
        wr_buf_putc(out, '(');
        x->before = put_duration(rng, out);
        wr_buf_puts(out, ", ");
        x->after = put_duration(rng, out);
        wr_buf_putc(out, ')');
    } else {
        x->before = x->after = put_duration(rng, out);
    }
    put_clause(rng, out, " GRACE PERIOD ", 2);
    wr_buf_puts(out, " ON l.id = r.id;");
}

static void make(wr_rng *rng, extreme *x)
{
    static const int64_t times[] = {0,
                                    1,
                                    999,
                                    1000,
                                    60000,
                                    86400000,
                                    86400001,
                                    1600000000000,
                                    1663072000000,
                                    1663072000001,
                                    INT64_MAX / 2,
                                    INT64_MAX - 1,
                                    INT64_MAX};
    wr_buf_clear(&x->statement);
    x->inner = false;
    if (wr_rng_below(rng, 2))
        put_window(rng, &x->statement);
    else
        put_join(rng, x);
    uint64_t most = 4 + wr_rng_below(rng, WR_ARRAY_LEN(times) - 3);
    for (int i = 0; i < ROWS; i++)
        x->rows[i] = (input){wr_rng_below(rng, 2), (int)wr_rng_below(rng, 2),
                             times[wr_rng_below(rng, most)]};
}

/* ------------------------------------------------------------------ running them */

static void put_case(const extreme *x, bool exact, wr_buf *out)
{
    wr_buf_clear(out);
    wr_buf_printf(out,
                  "{\"id\":1,\"properties\":{\"weir.kafka.streams.exact\":\"%s\"},\"statements\":["
                  "\"CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', format='JSON');\","
                  "\"CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', format='JSON');\","
                  "\"",
                  exact ? "true" : "false");
    wr_buf_str(out, wr_buf_view(&x->statement));
    wr_buf_puts(out, "\"],\"inputs\":[");
    for (int i = 0; i < ROWS; i++)
        wr_buf_printf(out,
                      "%s{\"topic\":\"%s\",\"key\":%d,\"value\":{\"V\":%d},\"timestamp\":%lld}",
                      i ? "," : "", x->rows[i].right ? "r" : "l", x->rows[i].key, i,
                      (long long)x->rows[i].time);
    wr_buf_puts(out, "]}");
}

static wr_buf run(wr_buf *text, const char *batch_rows)
{
    wr__test_options options = {.batch_rows = batch_rows, .out = stdout};
    weir_error err = {0};
    wr_buf result = {0};
    if (wr__case_run(&options, wr_buf_view(text), &result, &err) != WEIR_OK)
        fail_msg("%s\n%s", err.message, wr_buf_cstr(text));
    return result;
}

static int count_of(const char *in, const char *what)
{
    int n = 0;
    for (const char *p = in; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

/* How many pairs are near enough, if none is forgotten. */
static int pairs_of(const extreme *x)
{
    int n = 0;
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < ROWS; k++) {
            const input *l = &x->rows[i], *r = &x->rows[k];
            if (l->right || !r->right || l->key != r->key)
                continue;
            int64_t since = r->time - l->time; /* no time is negative */
            n += since >= 0 ? since <= x->after : -since <= x->before;
        }
    return n;
}

/* @return whether the statement was accepted. */
static bool check(const extreme *x, uint64_t seed, bool exact)
{
    wr_buf text = {0};
    put_case(x, exact, &text);
    wr_buf one = run(&text, "1"), many = run(&text, "1000");
    const char *result = wr_buf_cstr(&one);
    bool accepted = strstr(result, "\"error\":null") != NULL;
    if (strcmp(result, wr_buf_cstr(&many)) != 0) {
        print_error("%s\n%s\n", result, wr_buf_cstr(&many));
        fail_msg("seed %llu: the size of batches shows: %s", (unsigned long long)seed,
                 wr_buf_cstr(&text));
    }
    if (!accepted && !strstr(result, "\"error\":{\"statement\":3,"))
        fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, wr_buf_cstr(&text), result);
    bool for_ever = x->inner && x->before >= 0 && x->after > INT64_MAX - x->before - 1;
    if (accepted && for_ever && count_of(result, "{\"topic\":\"O\"") != pairs_of(x))
        fail_msg("seed %llu: %d of %d pairs: %s", (unsigned long long)seed,
                 count_of(result, "{\"topic\":\"O\""), pairs_of(x), wr_buf_cstr(&text));
    wr_buf_free(&text);
    wr_buf_free(&one);
    wr_buf_free(&many);
    return accepted;
}

static void test_random(void **state)
{
    (void)state;
    enum { STATEMENTS = 1000 };
    extreme x = {0};
    int accepted = 0;
    for (uint64_t seed = 1; seed <= STATEMENTS; seed++) {
        wr_rng rng;
        wr_rng_seed(&rng, seed);
        make(&rng, &x);
        bool yes = check(&x, seed, true);
        assert_int_equal(check(&x, seed, false), yes);
        accepted += yes;
    }
    wr_buf_free(&x.statement);
    /* Neither is the rule: there is something to run, and something to refuse. */
    assert_in_range(accepted, STATEMENTS / 5, STATEMENTS * 4 / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
