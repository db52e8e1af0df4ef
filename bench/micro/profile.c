/* SPDX-License-Identifier: Apache-2.0 */
/*
 * micro_profile - profiles of 10^7 rows beside exact figures: those of 16 consumers, merged, and
 * that of one. Prints how far each answer is off, and fails where it is by more than is stated;
 * then the time of a row, beside the least that must be done: a hash of each value.
 *
 * Columns: numbers that are uniform, numbers that are skewed (few are large, most are small and
 * frequent), and texts, a million different ones.
 */
#include "engine/functions/profile.h"
#include "micro.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 10000000, CONSUMERS = 16, COLUMNS = 3, QUANTILES = 99 };

static const wr_type *const types[COLUMNS] = {&wr_type_bigint, &wr_type_bigint, &wr_type_string};
static bool failed;

static uint64_t mixed(uint64_t n)
{
    n = (n ^ n >> 31) * 0x9e3779b97f4a7c15u;
    n = (n ^ n >> 29) * 0xbf58476d1ce4e5b9u;
    return n ^ n >> 32;
}

/* Row @p k; the text is written to @p text. */
static void make_row(uint64_t k, wr_value *row, char *text)
{
    uint64_t any = mixed(k + 1);
    double share = (double)(any >> 11) * 0x1p-53;
    row[0] = wr_value_i64((int64_t)(any >> 20));
    row[1] = wr_value_i64((int64_t)(1 / (share + 1e-6)));
    int len = snprintf(text, 32, "user %u", (unsigned)(mixed(any) % 1000000));
    row[2] = wr_value_str(wr_str_make(text, (size_t)len));
}

static wr__profile *through_bytes(wr__profile *p, wr_arena *a)
{
    wr_buf b = {0};
    wr__profile_write(p, &b);
    p = wr__profile_read(wr_buf_view(&b), a);
    wr_buf_free(&b);
    return p;
}

/* Arenas grow with the sketches, and both stop growing. */
static wr__profile *profile_rows(uint64_t from, uint64_t step, wr_arena *a)
{
    wr__profile *p = wr__profile_new(a, types, COLUMNS);
    for (uint64_t k = from; k < ROWS; k += step) {
        wr_value row[COLUMNS];
        char text[32];
        make_row(k, row, text);
        if (!wr__profile_add(p, a, types, row))
            exit(1);
    }
    return p;
}

static int by_number(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

/* Of values not above @p v, or below it. */
static uint64_t rank_of(const int64_t *sorted, double v, bool below)
{
    uint64_t from = 0, to = ROWS;
    while (from < to) {
        uint64_t mid = from + (to - from) / 2;
        double x = (double)sorted[mid];
        if (below ? x < v : x <= v)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static void say(const char *what, const char *answer, double off, double stated)
{
    bool wrong = !(off <= stated);
    printf("%-10s %-24s off by %9.6f, stated %9.6f%s\n", what, answer, off, stated,
           wrong ? "  WRONG" : "");
    failed |= wrong;
}

static void check_column(const char *what, const wr__profile_column *c, const int64_t *sorted,
                         wr_arena *a)
{
    double fractions[QUANTILES], v[QUANTILES], worst = 0, sum = 0, squares = 0;
    for (int k = 0; k < QUANTILES; k++)
        fractions[k] = (k + 1) / (QUANTILES + 1.0);
    wr__quantiles_get(&c->quantiles, a, fractions, v, QUANTILES);
    for (int k = 0; k < QUANTILES; k++) {
        double low = (double)rank_of(sorted, v[k], true) / ROWS;
        double high = (double)rank_of(sorted, v[k], false) / ROWS;
        worst = fmax(worst, fmax(low - fractions[k], fractions[k] - high));
    }
    say(what, "99 quantiles, the worst", worst, WR__QUANTILES_ERROR);
    uint64_t distinct = 0;
    for (uint64_t k = 0; k < ROWS; k++) {
        distinct += k == 0 || sorted[k] != sorted[k - 1];
        sum += (double)sorted[k];
    }
    double mean = sum / ROWS;
    for (uint64_t k = 0; k < ROWS; k++)
        squares += ((double)sorted[k] - mean) * ((double)sorted[k] - mean);
    say(what, "mean", fabs(c->mean / mean - 1), 1e-9);
    say(what, "squares", fabs(c->m2 / squares - 1), 1e-9);
    say(what, "distinct values", fabs(wr__distinct_estimate(&c->distinct) / (double)distinct - 1),
        3 * WR__DISTINCT_ERROR);
    worst = 0;
    for (uint32_t k = 0; k < c->frequent.n; k++) {
        const wr__frequent_item *item = &c->frequent.items[k];
        double x = (double)(int64_t)wr_get_be64(item->bytes);
        uint64_t exact = rank_of(sorted, x, false) - rank_of(sorted, x, true);
        if (item->count > exact || item->count + c->frequent.error < exact)
            worst = INFINITY;
        worst = fmax(worst, fabs((double)exact - (double)item->count) / ROWS);
    }
    say(what, "frequent values", worst, (double)c->frequent.error / ROWS);
    say(what, "  their error", (double)c->frequent.error / ROWS, 1.0 / 65);
    say(what, "MIN, MAX",
        (int64_t)wr_get_be64(c->min.bytes) != sorted[0] ||
            (int64_t)wr_get_be64(c->max.bytes) != sorted[ROWS - 1],
        0);
}

static void check(const char *what, const wr__profile *p, wr_arena *a)
{
    printf("%s: %llu rows\n", what, (unsigned long long)p->rows);
    int64_t *sorted = malloc(ROWS * sizeof *sorted);
    for (uint32_t c = 0; c < 2; c++) {
        for (uint64_t k = 0; k < ROWS; k++) {
            wr_value row[COLUMNS];
            char text[32];
            make_row(k, row, text);
            sorted[k] = row[c].u.i64;
        }
        qsort(sorted, ROWS, sizeof *sorted, by_number);
        check_column(c ? "skewed" : "uniform", &p->columns[c], sorted, a);
    }
    free(sorted);
    say("texts", "distinct values",
        fabs(wr__distinct_estimate(&p->columns[2].distinct) / 999955 - 1), 3 * WR__DISTINCT_ERROR);
}

int main(void)
{
    wr_arena *a = wr_arena_new(0);
    double from = micro_now();
    wr__profile *one = profile_rows(0, 1, a);
    micro_print("profile of 3 columns", micro_now() - from, ROWS, 0);
    uint64_t sum = 0;
    from = micro_now();
    for (uint64_t k = 0; k < ROWS; k++) {
        wr_value row[COLUMNS];
        char text[32];
        make_row(k, row, text);
        sum += wr__sketch_hash(wr_str_make((const char *)&row[0].u.i64, 8)) +
               wr__sketch_hash(wr_str_make((const char *)&row[1].u.i64, 8)) +
               wr__sketch_hash(row[2].u.str);
    }
    micro_print("making and hashing them", micro_now() - from, ROWS, 0);
    wr__profile *merged = wr__profile_new(a, NULL, 0);
    for (uint64_t c = 0; c < CONSUMERS; c++)
        if (wr__profile_merge(merged, a, through_bytes(profile_rows(c, CONSUMERS, a), a)))
            return 1;
    check("one consumer", one, a);
    check("16 consumers, merged", merged, a);
    wr_buf b = {0};
    wr__profile_write(merged, &b);
    printf("%zu bytes (%llx)\n", b.len, (unsigned long long)sum);
    wr_buf_free(&b);
    wr_arena_free(a);
    return failed;
}
