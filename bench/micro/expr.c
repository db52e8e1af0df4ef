/* SPDX-License-Identifier: Apache-2.0 */
/*
 * micro_expr - expressions over columns of clicks: filters and projections.
 *
 * The baseline is the same condition in a plain C loop over the columns, with memcmp: what an
 * interpreter of vectors has to come near.
 */
#include "engine/expr/expr.h"
#include "formats/format.h"
#include "micro.h"
#include "parser/parser.h"

#include <stdlib.h>
#include <string.h>

enum {
    BATCHES = MICRO_RECORDS / WR_BATCH_ROWS_DEFAULT,
    COLUMNS = 5,
    UUID = 0,
    COUNTRY = 3,
    BROWSER
};

static const char *const names[COLUMNS] = {"UUID", "CAMPAIGNID", "TIMESTAMP", "COUNTRY", "BROWSER"};

typedef struct bench {
    micro_records records;
    wr_arena *arena, *scratch;
    const wr_schema *schema;
    wr_batch *batches[BATCHES];
    size_t rows; /* that passed, so that nothing is optimised away */
} bench;

static void check(weir_status st, const weir_error *err)
{
    if (st == WEIR_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

static void make_batches(bench *b)
{
    const wr_type *types[COLUMNS] = {&wr_type_string, &wr_type_integer, &wr_type_bigint,
                                     &wr_type_string, &wr_type_string};
    wr_column cols[COLUMNS];
    for (uint32_t c = 0; c < COLUMNS; c++)
        cols[c] = (wr_column){.name = names[c], .type = types[c], .role = WR_COL_VALUE};
    b->schema = wr_schema_new(b->arena, cols, COLUMNS);
    weir_error err;
    wr_decoder *d;
    wr_row_errors errs = {0};
    uint8_t ok[WR_BATCH_ROWS_DEFAULT];
    check(wr_decoder_new(wr_format_get(WR_FORMAT_JSON), cols, COLUMNS, NULL, NULL, b->arena, &d,
                         &err),
          &err);
    for (uint32_t k = 0; k < BATCHES; k++) {
        b->batches[k] = wr_batch_new(b->arena, b->schema, WR_BATCH_ROWS_DEFAULT, false, false);
        check(wr_decoder_run(d, b->records.values + (size_t)k * WR_BATCH_ROWS_DEFAULT,
                             wr_sel_all(WR_BATCH_ROWS_DEFAULT), b->batches[k]->cols, ok, &errs,
                             b->arena, &err),
              &err);
    }
}

static void run_all(bench *b, wr_evaluator *ev, bool filter)
{
    wr_row_errors errs = {0};
    wr_eval_ctx ctx = {.scratch = b->scratch, .errs = &errs, .zone = "UTC"};
    for (uint32_t k = 0; k < BATCHES; k++) {
        wr_sel all = wr_sel_all(WR_BATCH_ROWS_DEFAULT);
        const wr_vec *out;
        if (filter)
            b->rows += wr_evaluator_filter(ev, b->batches[k], NULL, all, &ctx).n;
        else
            wr_evaluator_run(ev, b->batches[k], NULL, all, &ctx, &out);
        wr_arena_reset(b->scratch);
    }
}

static void bench_expr(bench *b, const char *sql)
{
    weir_error err;
    wr_ast_expr *ast;
    wr_expr *e;
    wr_schema_scope scope;
    wr_schema_scope_init(&scope, b->schema, NULL, false, NULL);
    check(wr_parse_expression(sql, strlen(sql), b->arena, &ast, &err), &err);
    check(wr_expr_compile(ast, &scope.base, b->arena, &e, &err), &err);
    wr_evaluator *ev = wr_evaluator_new((const wr_expr *const *)&e, 1, b->arena);
    double took;
    MICRO_BEST(took, run_all(b, ev, wr_expr_type(e)->id == WR_T_BOOLEAN));
    micro_print(sql, took, MICRO_RECORDS, 0);
    wr_evaluator_close(ev);
}

static bool is_text(wr_str s, const char *text, size_t n)
{
    return s.len == n && memcmp(s.ptr, text, n) == 0;
}

/* country IN ('United States', 'Germany', 'France') AND browser = 'Chrome' */
static size_t plain_loop(const bench *b)
{
    size_t n = 0;
    for (uint32_t k = 0; k < BATCHES; k++) {
        const wr_str *country = b->batches[k]->cols[COUNTRY].u.str;
        const wr_str *browser = b->batches[k]->cols[BROWSER].u.str;
        for (uint32_t i = 0; i < WR_BATCH_ROWS_DEFAULT; i++)
            n += (is_text(country[i], "United States", 13) || is_text(country[i], "Germany", 7) ||
                  is_text(country[i], "France", 6)) &&
                 is_text(browser[i], "Chrome", 6);
    }
    return n;
}

int main(void)
{
    static bench b;
    b.arena = wr_arena_new(0);
    b.scratch = wr_arena_new(1 << 18);
    micro_clicks(&b.records, b.arena);
    make_batches(&b);
    bench_expr(&b, "COUNTRY IN ('United States', 'Germany', 'France') AND BROWSER = 'Chrome'");
    double took;
    size_t n = 0;
    MICRO_BEST(took, n = plain_loop(&b));
    micro_print("  a plain loop, the same", took, MICRO_RECORDS, 0);
    bench_expr(&b, "BROWSER = 'Chrome'");
    bench_expr(&b, "CAMPAIGNID > 5");
    bench_expr(&b, "CAMPAIGNID IN (1, 2, 3)");
    bench_expr(&b, "CAMPAIGNID * 10 + 1");
    bench_expr(&b, "UUID LIKE '%00%'");
    wr_buf_free(&b.records.bytes);
    wr_arena_free(b.scratch);
    wr_arena_free(b.arena);
    return b.rows == 0 || n == 0;
}
