/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash aggregation: COUNT(*) and SUM(V) by key, the aggregate operator alone, on a store in memory,
 * with caching: ns of CPU per row of process(), and per changed group of flush(). Beside it the
 * least that can be done: an open-addressing table in plain C over the same vectors.
 *
 * Keys are texts like ip addresses (as in W3) or INTs (as in W2), uniform over 10, 340 and 0.9 M.
 * Times advance by a second per 2,000 rows. At the end, PROFILE of 10 columns of clicks per minute.
 */
#include "bench/micro/state.h"

#include "engine/operators/classes.h"
#include "engine/plan/plan_stores.h"
#include "parser/parser.h"

enum { ROWS = 2048, BATCHES = 1024, COMMIT_EVERY = 256 };

static wr_arena *memory;

#define MUST(call)                                                                                 \
    do {                                                                                           \
        weir_error must_err_ = {0}, *err = &must_err_;                                             \
        if ((call) != WEIR_OK) {                                                                   \
            fprintf(stderr, "%s: %s\n", #call, must_err_.message);                                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* ------------------------------------------------------------------ input */

static const wr_schema *schema_of(const char *names[], const wr_type *const types[], uint32_t n)
{
    wr_column *cols = WR_NEW_N(memory, wr_column, n);
    for (uint32_t c = 0; c < n; c++)
        cols[c] =
            (wr_column){.name = names[c], .type = types[c], .role = c ? WR_COL_VALUE : WR_COL_KEY};
    return wr_schema_new(memory, cols, n);
}

static wr_batch **make_batches(const wr_schema *schema, uint64_t keys)
{
    wr_batch **batches = WR_NEW_N(memory, wr_batch *, BATCHES);
    wr_rng rng;
    wr_rng_seed(&rng, 1);
    int64_t row = 0;
    for (uint32_t b = 0; b < BATCHES; b++) {
        wr_batch *batch = batches[b] = wr_batch_new(memory, schema, ROWS, false, false);
        for (uint32_t i = 0; i < ROWS; i++, row++) {
            uint64_t key = wr_rng_below(&rng, keys);
            uint32_t ip = (uint32_t)scatter(key);
            if (schema->cols[0].type->id == WR_T_STRING)
                batch->cols[0].u.str[i] = wr_str_c(wr_arena_printf(
                    memory, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255));
            else
                batch->cols[0].u.i32[i] = (int32_t)key;
            batch->cols[1].u.i32[i] = (int32_t)(key % 1000);
            batch->rowtime[i] = row / 2;
        }
    }
    return batches;
}

/* ------------------------------------------------------------------ the operator */

typedef struct world {
    wr_db *db;
    wr_store *stores[4];
    uint32_t stores_n;
    uint64_t emitted;
} world;

static weir_status open_store(wr_task_ctx *ctx, uint32_t store, wr_store **out, weir_error *err)
{
    world *w = ctx->runtime;
    const wr_plan_store *s = &ctx->plan->stores[store];
    wr_store_options options = {.overlay_max = (size_t)1 << 30, .caching = true};
    WR_TRY(wr_db_store_id(w->db, wr_str_c(s->name), &options.store_id, err));
    WR_TRY(wr_store_spec_open(w->db, &s->spec, &options, out, err));
    w->stores[w->stores_n++] = *out;
    return WEIR_OK;
}

static weir_status count_rows(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)input;
    (void)err;
    world *w = op->ctx->runtime;
    w->emitted += in->sel.n;
    return WEIR_OK;
}

static const wr_op_class null_class = {.name = "Null", .state_size = 1, .process = count_rows};

static void commit(world *w)
{
    wr_db_batch *b = wr_db_batch_new(w->db);
    for (uint32_t i = 0; i < w->stores_n; i++)
        MUST(wr_store_commit_into(w->stores[i], b, err));
    MUST(wr_db_write(w->db, b, err));
    wr_db_batch_free(b);
}

/* What is computed for each group. */
typedef struct calls {
    uint32_t n;
    const char *texts[2];
    const wr_type *types[2];
} calls;

static const calls counts_and_sums = {
    2, {"COUNT(*)", "SUM(V)"}, {&wr_type_bigint, &wr_type_integer}};
static const calls profiles = {
    1, {"PROFILE(C1, C2, C3, C4, C5, C6, C7, C8, C9, C10)"}, {&wr_type_bytes}};

static wr_step *make_step(const wr_schema *in, wr_window window, const calls *what)
{
    static const uint32_t output[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static wr_step source, *inputs[] = {&source};
    source = (wr_step){
        .kind = WR_STEP_SOURCE,
        .schema = in,
        .u.source = {
            .columns = in->cols, .columns_n = in->n, .output = output, .timestamp_column = -1}};
    wr_step *s = WR_NEW(memory, wr_step);
    const char *names[] = {"K", "C", "S"};
    const wr_type *types[] = {in->cols[0].type, what->types[0], what->types[1]};
    *s = (wr_step){.kind = WR_STEP_AGGREGATE,
                   .name = "Aggregate",
                   .context = "Aggregate",
                   .table = true,
                   .windowed = window.kind != WR_WINDOW_NONE,
                   .schema = schema_of(names, types, 1 + what->n),
                   .in = inputs,
                   .in_n = 1};
    wr_step_aggregate *cfg = &s->u.aggregate;
    cfg->window = window;
    cfg->aggregates_n = what->n;
    cfg->calls = WR_NEW_N(memory, wr_agg_call *, what->n);
    cfg->args = WR_NEW_N(memory, wr_expr **, what->n);
    wr_schema_scope *scope = WR_NEW(memory, wr_schema_scope);
    wr_schema_scope_init(scope, in, NULL, false, NULL);
    scope->base.allow_aggregates = true;
    const wr_ast_expr **asts = WR_NEW_N(memory, const wr_ast_expr *, what->n);
    cfg->calls_ast = asts;
    for (uint32_t k = 0; k < what->n; k++) {
        wr_ast_expr *e;
        const char *text = what->texts[k];
        MUST(wr_parse_expression(text, strlen(text), memory, &e, err));
        MUST(wr_expr_compile_aggregate(e, &scope->base, INT64_MAX, memory, &cfg->calls[k],
                                       &cfg->args[k], err));
        asts[k] = e;
    }
    return s;
}

static void run(const char *what, wr_batch **batches, wr_window window, const calls *computed)
{
    world w = {.db = wr_db_open_memory()};
    wr_step *step = make_step(batches[0]->schema, window, computed), *steps[] = {step};
    wr_plan_topic topic = {.name = "input", .role = WR_TOPIC_INPUT, .partitions = 1};
    wr_plan plan = {.arena = memory,
                    .steps = steps,
                    .steps_n = 1,
                    .root = step,
                    .topics = &topic,
                    .topics_n = 1};
    wr_plan_add_stores(&plan, NULL);
    wr_task_ctx ctx = {.plan = &plan,
                       .query_id = "BENCH",
                       .task_arena = wr_arena_new(0),
                       .scratch = wr_arena_new(0),
                       .zone = "UTC",
                       .caching = true,
                       .open_store = open_store,
                       .runtime = &w};
    const wr_op_class *cls = wr__classes_of(step).here;
    wr_op next = {.cls = &null_class, .step = step, .ctx = &ctx};
    wr_op op = {.cls = cls, .step = step, .ctx = &ctx, .next = &next};
    op.state = wr_arena_calloc(ctx.task_arena, 1, cls->state_size);
    MUST(cls->open(&op, &ctx, err));
    double process = 0, flush = 0;
    for (uint32_t b = 0; b < BATCHES; b++) {
        double from = thread_cpu();
        MUST(cls->process(&op, 0, batches[b], err));
        wr_arena_reset(ctx.scratch);
        process += thread_cpu() - from;
        if ((b + 1) % COMMIT_EVERY)
            continue;
        from = thread_cpu();
        MUST(cls->flush(&op, err));
        flush += thread_cpu() - from;
        commit(&w);
    }
    printf("%-34s %7.1f ns/row %7.1f ns/changed group (%llu)\n", what,
           process * 1e9 / (BATCHES * (double)ROWS),
           flush * 1e9 / (double)WR_MAX(w.emitted, UINT64_C(1)), (unsigned long long)w.emitted);
    cls->close(&op);
    for (uint32_t i = 0; i < w.stores_n; i++)
        wr_store_close(w.stores[i]);
    wr_db_close(w.db);
    wr_arena_free(ctx.task_arena);
    wr_arena_free(ctx.scratch);
}

/* ------------------------------------------------------------------ the least there is to do */

typedef struct plain_entry {
    char key[16];
    uint32_t len;
    int32_t sum;
    int64_t count;
} plain_entry;

static uint64_t plain_hash(const char *key, uint32_t len)
{
    uint64_t a = 0, b = 0;
    memcpy(&a, key, WR_MIN(len, 8u));
    if (len > 8)
        memcpy(&b, key + 8, WR_MIN(len - 8, 8u));
    return scatter(a ^ scatter(b + len));
}

static void plain(const char *what, wr_batch **batches)
{
    enum { SLOTS = 1 << 21 };
    plain_entry *table = calloc(SLOTS, sizeof *table);
    bool text = batches[0]->schema->cols[0].type->id == WR_T_STRING;
    double from = thread_cpu();
    for (uint32_t b = 0; b < BATCHES; b++)
        for (uint32_t i = 0; i < ROWS; i++) {
            const wr_vec *key = &batches[b]->cols[0];
            const char *p = text ? key->u.str[i].ptr : (const char *)&key->u.i32[i];
            uint32_t len = text ? key->u.str[i].len : 4;
            uint64_t at = plain_hash(p, len) & (SLOTS - 1);
            while (table[at].len && (table[at].len != len || memcmp(table[at].key, p, len) != 0))
                at = (at + 1) & (SLOTS - 1);
            if (!table[at].len) {
                memcpy(table[at].key, p, len);
                table[at].len = len;
            }
            table[at].count++;
            table[at].sum += batches[b]->cols[1].u.i32[i];
        }
    double cpu = thread_cpu() - from;
    printf("%-34s %7.1f ns/row\n", what, cpu * 1e9 / (BATCHES * (double)ROWS));
    free(table);
}

/* ------------------------------------------------------------------ profiles of clicks */

/* Ten columns as clicks have them: ids that are all different, few and many texts, numbers. */
static wr_batch **make_clicks(void)
{
    static const char *const browsers[] = {"Firefox", "Chrome", "Safari", "Edge", NULL};
    const wr_type *text = &wr_type_string, *number = &wr_type_integer, *time = &wr_type_bigint;
    const char *names[] = {"K", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10"};
    const wr_type *types[] = {number, text, number, number, time,           text,
                              text,   text, text,   number, &wr_type_double};
    const wr_schema *schema = schema_of(names, types, 11);
    wr_batch **batches = WR_NEW_N(memory, wr_batch *, BATCHES);
    wr_rng rng;
    wr_rng_seed(&rng, 2);
    for (uint32_t b = 0; b < BATCHES; b++) {
        wr_batch *batch = batches[b] = wr_batch_new(memory, schema, ROWS, false, false);
        for (uint32_t i = 0; i < ROWS; i++) {
            wr_vec *c = batch->cols;
            uint64_t any = wr_rng_next(&rng);
            int64_t at = ((int64_t)b * ROWS + i) / 2;
            const char *browser = browsers[any % 5];
            batch->rowtime[i] = at;
            c[0].u.i32[i] = 1;
            c[1].u.str[i] = wr_str_c(wr_arena_printf(memory, "%016llx", (unsigned long long)any));
            c[2].u.i32[i] = (int32_t)(any >> 8 & 255);
            c[3].u.i32[i] = (int32_t)(any >> 16 & 0xffff);
            c[4].u.i64[i] = 1714564800000 + at;
            c[5].u.str[i] = wr_str_c(wr_arena_printf(memory, "192.0.%u.%u", (unsigned)any & 255,
                                                     (unsigned)(any >> 40) & 255));
            c[6].null[i] = browser == NULL;
            c[6].u.str[i] = wr_str_c(browser ? browser : "");
            c[7].u.str[i] = wr_str_c(any & 1 ? "Berlin" : "Chicago");
            c[8].u.str[i] = wr_str_c(wr_arena_printf(memory, "%u.0", 9 + (unsigned)(any % 7)));
            c[9].u.i32[i] = (int32_t)(any >> 24 & 1023);
            c[10].u.f64[i] = (double)(any >> 11) * 0x1p-53;
        }
    }
    return batches;
}

int main(void)
{
    static const uint64_t counts[] = {10, 340, 900000};
    const wr_window none = {.kind = WR_WINDOW_NONE};
    const wr_window tumbling = {WR_WINDOW_TUMBLING, 60000, 60000, 60000, 86400000, false};
    const wr_window hopping = {WR_WINDOW_HOPPING, 60000, 10000, 60000, 86400000, false};
    const char *names[] = {"K", "V"};
    for (int text = 0; text <= 1; text++)
        for (size_t k = 0; k < WR_ARRAY_LEN(counts); k++) {
            memory = wr_arena_new(1 << 20);
            const wr_type *types[] = {text ? &wr_type_string : &wr_type_integer, &wr_type_integer};
            wr_batch **batches = make_batches(schema_of(names, types, 2), counts[k]);
            printf("%llu %s keys\n", (unsigned long long)counts[k], text ? "STRING" : "INT");
            plain("  plain C table", batches);
            run("  no window", batches, none, &counts_and_sums);
            run("  tumbling", batches, tumbling, &counts_and_sums);
            if (counts[k] < 1000)
                run("  hopping, 6 windows", batches, hopping, &counts_and_sums);
            wr_arena_free(memory);
        }
    memory = wr_arena_new(1 << 20);
    wr_batch **clicks = make_clicks();
    printf("PROFILE of 10 columns\n");
    run("  no window", clicks, none, &profiles);
    run("  tumbling", clicks, tumbling, &profiles);
    wr_arena_free(memory);
    return 0;
}
