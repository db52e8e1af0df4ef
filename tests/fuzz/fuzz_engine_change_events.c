/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change events through the source of a table that keeps its rows: values that events lack come
 * from the rows, and events may empty the table. The first byte picks JSON or Avro, the rest is a
 * sequence of events, cut at the byte FE; an event's first byte picks its key, none among them.
 *
 * Every change that comes out carries the row that came out for its key before. How the events fall
 * into feeds changes neither what comes out nor what the store holds in the end.
 */
#include "engine/operators/classes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EVENTS_MAX 64
#define KEYS       4 /* "0" ... "2", and none */

static const char avro_schema[] =
    "{\"type\":\"record\",\"name\":\"Envelope\",\"fields\":["
    "{\"name\":\"op\",\"type\":\"string\"},{\"name\":\"after\",\"type\":[\"null\",{\"type\":"
    "\"record\","
    "\"name\":\"Value\",\"fields\":[{\"name\":\"B\",\"type\":[\"null\",\"string\"]},"
    "{\"name\":\"C\",\"type\":\"bytes\"},{\"name\":\"N\",\"type\":[\"null\",{\"type\":\"array\","
    "\"items\":[\"null\",\"int\"]}]},{\"name\":\"D\",\"type\":{\"type\":\"record\",\"name\":"
    "\"VariableScaleDecimal\",\"namespace\":\"io.debezium.data\",\"fields\":[{\"name\":\"scale\","
    "\"type\":\"int\"},{\"name\":\"value\",\"type\":\"bytes\"}]}}]}]},"
    "{\"name\":\"source\",\"type\":{\"type\":\"record\",\"name\":\"Source\",\"fields\":["
    "{\"name\":\"ts_ms\",\"type\":\"long\"}]}}]}";

/* What has come out so far. */
typedef struct model {
    wr_arena *arena;
    const char *rows[KEYS]; /* the last row of each key as text; NULL: none */
    wr_buf changes;         /* all of them, a line each */
} model;

typedef struct run {
    wr_arena *arena, *scratch;
    wr_registry *registry;
    wr_db *db;
    wr_store *store;
    wr_step step, after;
    wr_plan plan;
    wr_plan_topic topic;
    wr_task_ctx ctx;
    wr_op source, sink;
    model m;
} run;

static weir_status open_store(wr_task_ctx *ctx, uint32_t store, wr_store **out, weir_error *err)
{
    run *r = ctx->runtime;
    wr_store_options options = {.caching = true};
    WR_ASSERT(store == 0);
    WR_TRY(wr_db_store_id(r->db, WR_STR("rows"), &options.store_id, err));
    WR_TRY(wr_kv_open(r->db, &options, &r->store, err));
    *out = r->store;
    return WEIR_OK;
}

static const char *row_text(wr_arena *a, const wr_batch *b, const wr_vec *cols, uint32_t row)
{
    wr_buf text = {0};
    for (uint32_t c = b->schema->keys_n; c < b->schema->n; c++) {
        wr_value v = wr_vec_get(&cols[c], row);
        wr_value_print_json(&text, b->schema->cols[c].type, &v);
        wr_buf_putc(&text, ' ');
    }
    const char *copy = wr_arena_strdup(a, wr_buf_cstr(&text));
    wr_buf_free(&text);
    return copy;
}

static weir_status take(wr_op *op, int input, const wr_batch *b, weir_error *err)
{
    (void)input, (void)err;
    model *m = &((run *)op->ctx->runtime)->m;
    WR_FOREACH_SEL (i, b->sel) {
        wr_value key = wr_vec_get(&b->cols[0], i);
        WR_ASSERT(!key.null && key.u.str.len == 1);
        const char **last = &m->rows[key.u.str.ptr[0] - '0'];
        bool has_old = b->flags[i] & WR_ROW_HAS_OLD;
        WR_ASSERT(has_old == (*last != NULL));
        if (has_old)
            WR_ASSERT(strcmp(row_text(m->arena, b, b->old_cols, i), *last) == 0);
        *last = b->flags[i] & WR_ROW_HAS_NEW ? row_text(m->arena, b, b->cols, i) : NULL;
        wr_buf_printf(&m->changes, "%c %lld %s\n", key.u.str.ptr[0], (long long)b->rowtime[i],
                      *last ? *last : "deleted");
    }
    return WEIR_OK;
}

static const wr_op_class sink_class = {.name = "Sink", .process = take};

static void open_run(run *r, wr_format_id id)
{
    memset(r, 0, sizeof *r);
    wr_arena *a = r->arena = r->m.arena = wr_arena_new(0);
    r->scratch = wr_arena_new(0);
    r->registry = wr_registry_open_memory();
    r->db = wr_db_open_memory();
    wr_column *cols = WR_NEW_N(a, wr_column, 5);
    cols[0] = (wr_column){"K", &wr_type_string, WR_COL_KEY, NULL};
    cols[1] = (wr_column){"B", &wr_type_string, WR_COL_VALUE, NULL};
    cols[2] = (wr_column){"C", &wr_type_bytes, WR_COL_VALUE, NULL};
    cols[3] = (wr_column){"N", wr_type_array(a, &wr_type_integer), WR_COL_VALUE, NULL};
    cols[4] = (wr_column){"D", wr_type_decimal(a, 6, 2), WR_COL_VALUE, NULL};
    static const uint32_t output[] = {0, 1, 2, 3, 4};
    const wr_schema_draft draft = {.kind = WR_SCHEMA_AVRO, .text = wr_str_c(avro_schema)};
    const wr_registry_schema *schema;
    weir_error err = {0};
    weir_status st =
        wr_registry_register(r->registry, NULL, WR_STR("t-value"), &draft, &schema, &err);
    WR_ASSERT(st == WEIR_OK && schema->id == 1);
    r->step = (wr_step){.kind = WR_STEP_SOURCE,
                        .table = true,
                        .schema = wr_schema_new(a, cols, 5),
                        .u.source = {.columns = cols,
                                     .columns_n = 5,
                                     .output = output,
                                     .key.format = wr_format_get(WR_FORMAT_KAFKA),
                                     .value.format = wr_format_get(id),
                                     .value.options.registry = r->registry,
                                     .timestamp_column = -1,
                                     .materialize = true}};
    r->step.u.source.key.options.unwrapped = true;
    r->topic = (wr_plan_topic){.name = "t", .role = WR_TOPIC_INPUT};
    r->plan = (wr_plan){.topics = &r->topic, .topics_n = 1};
    r->ctx = (wr_task_ctx){.plan = &r->plan,
                           .task_arena = a,
                           .scratch = r->scratch,
                           .zone = "UTC",
                           .open_store = open_store,
                           .runtime = r};
    r->after =
        (wr_step){.kind = WR_STEP_COLLECT, .table = true, .schema = r->step.schema, .in_n = 1};
    const wr_op_class *cls = wr__classes_of(&r->step).here;
    r->sink = (wr_op){.cls = &sink_class, .step = &r->after, .ctx = &r->ctx};
    r->source = (wr_op){.cls = cls, .step = &r->step, .ctx = &r->ctx, .next = &r->sink};
    r->source.state = wr_arena_calloc(a, 1, cls->state_size);
    st = cls->open(&r->source, &r->ctx, &err);
    WR_ASSERT(st == WEIR_OK);
}

static void feed_run(run *r, const wr_record *records, uint32_t n)
{
    weir_error err = {0};
    weir_status st = r->source.cls->feed(&r->source, records, n, &err);
    WR_ASSERT(st == WEIR_OK);
    wr_arena_reset(r->scratch);
}

static void close_run(run *r)
{
    r->source.cls->close(&r->source);
    wr_store_close(r->store);
    wr_db_close(r->db);
    wr_registry_free(r->registry);
    wr_buf_free(&r->m.changes);
    wr_arena_free(r->scratch);
    wr_arena_free(r->arena);
}

/* The store has the rows that came out last, and no others. */
static void check_store(const run *r)
{
    const wr_str open = {0};
    wr_store_iter *it;
    weir_error err = {0};
    uint32_t stored = 0, expected = 0;
    bool more = true;
    weir_status st = wr_kv_scan(r->store, open, open, false, &it, &err);
    while (st == WEIR_OK && more) {
        wr_store_row row;
        st = wr_store_iter_next(it, &row, &more, &err);
        stored += more;
    }
    WR_ASSERT(st == WEIR_OK);
    wr_store_iter_free(it);
    for (uint32_t k = 0; k < KEYS; k++)
        expected += r->m.rows[k] != NULL;
    WR_ASSERT(stored == expected);
}

/* Events of the input; in an arena, at their exact size. */
static uint32_t cut(const uint8_t *data, size_t size, bool avro, wr_arena *a, wr_record *out)
{
    uint32_t n = 0;
    for (size_t at = 0, end; at < size && n < EVENTS_MAX; at = end + 1) {
        end = at;
        while (end < size && data[end] != 0xFE)
            end++;
        uint32_t key = end > at ? data[at] % KEYS : KEYS - 1;
        wr_buf value = {0};
        if (avro)
            wr_schema_mark_write(&value, 1);
        if (end > at + 1)
            wr_buf_put(&value, (const char *)data + at + 1, end - at - 1);
        out[n] = (wr_record){.timestamp = (int64_t)n, .offset = (int64_t)n};
        if (key < KEYS - 1)
            out[n].key = wr_str_c(wr_arena_printf(a, "%u", key));
        if (end > at + 1)
            out[n].value = wr_arena_str(a, wr_buf_view(&value));
        wr_buf_free(&value);
        n++;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    bool avro = data[0] & 1;
    wr_format_id id = avro ? WR_FORMAT_DEBEZIUM_AVRO : WR_FORMAT_DEBEZIUM_JSON;
    wr_arena *a = wr_arena_new(0);
    wr_record *records = WR_NEW_N(a, wr_record, EVENTS_MAX);
    uint32_t n = cut(data + 1, size - 1, avro, a, records);
    run at_once, one_by_one;
    open_run(&at_once, id);
    open_run(&one_by_one, id);
    feed_run(&at_once, records, n);
    for (uint32_t i = 0; i < n; i++)
        feed_run(&one_by_one, &records[i], 1);
    WR_ASSERT(wr_str_eq(wr_buf_view(&at_once.m.changes), wr_buf_view(&one_by_one.m.changes)));
    check_store(&at_once);
    check_store(&one_by_one);
    close_run(&at_once);
    close_run(&one_by_one);
    wr_arena_free(a);
    return 0;
}
