/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INSERT INTO ... VALUES: encode one row and write it; durable when the statement returns. Planned
 * under the lock, written without it by a writer that no other statement has.
 *
 *     under the lock   plan: values are evaluated and coerced; the source is reserved, shared
 *     without it       encode; take a writer; produce, flush, commit; give the writer back
 *
 * A writer that failed may hold the record still, so it is aborted and closed, and never given to
 * another statement. On Kafka a record whose acknowledgement did not come in time may have been
 * written all the same; the statement then fails, as it does with every Kafka client.
 */
#include "runtime/instance/writers.h"
#include "runtime/statement/planned.h"
#include "runtime/statement/statement_class.h"

/* There is one row: the encoder's first message is the statement's. */
static void no_report(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self;
    (void)row;
    (void)message;
}

/* The latest schema of the topic; columns that have none yet are registered. A newer one is never
 * registered for a row: others read and write that topic with the one that is there. */
static weir_status latest_schema(wr_exec *x, const wr_source *s, bool is_key,
                                 const wr_registry_schema **out, weir_error *err)
{
    wr_registry *registry = wr_engine_registry(x->engine);
    const wr_format *format = is_key ? s->key.format : s->value.format;
    const char *subject = wr_arena_printf(x->arena, "%s-%s", s->topic, is_key ? "key" : "value");
    if (!registry)
        return wr_error(err, WEIR_ERR_CONFIG, "There is no schema registry");
    const wr_wait wait = wr_wait_new(x->engine, x->interrupt, WR_WAIT_STATEMENT_MS);
    const wr_registry_interrupt interrupt = wr_wait_in_registry(&wait);
    weir_status st =
        wr_registry_get_version(registry, &interrupt, wr_str_c(subject), 0, out, NULL, err);
    if (st == WEIR_ERR_NOT_FOUND) {
        wr_schema_draft draft;
        WR_TRY(wr_plan_schema_draft(s, is_key, x->arena, &draft, err));
        return wr_engine_register_schema(x->engine, &interrupt, subject, &draft, out, err);
    }
    WR_TRY(st);
    if ((*out)->kind != wr_format_schema_kind(format))
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "Failed to insert values into '%s': schema %u of subject %s is no schema "
                        "of the %s format",
                        s->name, (*out)->id, subject, format->name);
    return WEIR_OK;
}

/*
 * The schema to write with: that of the source's id, else the latest of the topic; it must be able
 * to hold such rows. It is asked for with each row, since others may register meanwhile; statements
 * are few, and a program that writes in numbers uses weir_produce.
 */
static weir_status choose_schema(wr_exec *x, const wr_source *s, const wr_format_columns *columns,
                                 wr_format_options *options, weir_error *err)
{
    const wr_format *format = columns->is_key ? s->key.format : s->value.format;
    if (!options->schema)
        WR_TRY(latest_schema(x, s, columns->is_key, &options->schema, err));
    weir_status st = wr_format_check_schema(format, columns, err);
    if (st != WEIR_OK)
        wr_error_prefix(err, "Failed to insert values: ");
    return st;
}

/* An encoder is made for each row, so that it is made for the schema of that row.
 * Key or value: the encoder gets columns of that side alone, without pseudo columns and headers,
 * which are no part of a record's bytes. Columns [from, to) of the insert that go into this part of
 * the record. */
static weir_status encode_part(wr_exec *x, const wr_insert *ins, bool key, wr_buf *buf, wr_str *out,
                               weir_error *err)
{
    wr_arena *a = x->arena;
    const wr_schema *schema = ins->source->schema;
    const wr_format_use *use = key ? &ins->source->key : &ins->source->value;
    wr_column *cols = wr_arena_calloc(a, schema->n, sizeof *cols);
    wr_vec *vecs = wr_arena_calloc(a, schema->n, sizeof *vecs);
    uint32_t n = 0, from = key ? 0 : schema->keys_n, to = key ? schema->keys_n : schema->n;
    bool all_null = true;
    for (uint32_t i = from; i < to; i++) {
        if (schema->cols[i].role != WR_COL_KEY && schema->cols[i].role != WR_COL_VALUE)
            continue;
        cols[n] = schema->cols[i];
        wr_vec_init(&vecs[n], schema->cols[i].type, 1, a);
        wr_vec_set(&vecs[n], 0, &ins->values[i]);
        all_null = all_null && ins->values[i].null;
        n++;
    }
    WR_ASSERT(n <= to - from);
    *out = (wr_str){NULL, 0};
    /* No key. One column that is a message (PROTOBUF) is a key, also where it is NULL. */
    if (key && (n == 0 || (all_null && (n > 1 || use->options.unwrapped))))
        return WEIR_OK;
    wr_encoder *enc;
    wr_format_options options = use->options;
    const wr_format_columns columns = {key, cols, n, &options};
    if (wr_plan_has_schema(ins->source, key))
        WR_TRY(choose_schema(x, ins->source, &columns, &options, err));
    WR_TRY(wr_encoder_new(use->format, cols, n, &options, a, &enc, err));
    wr_row_errors errs = {.report = no_report};
    uint8_t ok = 0;
    wr_encoder_run(enc, vecs, wr_sel_all(1), buf, out, &ok, &errs);
    if (!ok)
        return wr_error(err, WEIR_ERR_STATEMENT, "Failed to insert values into '%s': %s",
                        ins->source->name, errs.first);
    return WEIR_OK;
}

/* Durable on return, or nothing of it is ever written: a writer that failed goes to nobody else. */
static weir_status write_sync(wr_exec *x, const char *topic, const wr_out_records *records,
                              weir_error *err)
{
    wr_log_writer *w;
    WR_TRY(wr_engine_take_writer(x->engine, &w, err));
    const wr_log_wait wait = {.timeout_ms = WR_WAIT_STATEMENT_MS, .cancel = x->interrupt};
    weir_status st = wr_log_write_sync(w, NULL, topic, records, &wait, err);
    if (st == WEIR_ERR_INTERRUPTED)
        atomic_store(x->interrupt, false); /* it is taken back by the step that it ends */
    wr_engine_give_writer(x->engine, w, st == WEIR_OK);
    return st;
}

/* Encoded in the statement's thread, with encoders made for one row: statements are few, and
 * records in numbers come by weir_produce. */
static weir_status write_row(wr_exec *x, const wr_insert *ins, weir_error *err)
{
    wr_engine *e = x->engine;
    wr_clock *clock = wr_engine_clock(e);
    wr_buf key_buf = {0}, value_buf = {0};
    wr_str key = {NULL, 0}, value = {NULL, 0};
    int64_t ts = ins->has_rowtime ? ins->rowtime : clock->wall_ms(clock);
    weir_status st = encode_part(x, ins, true, &key_buf, &key, err);
    if (st == WEIR_OK)
        st = encode_part(x, ins, false, &value_buf, &value, err);
    if (st == WEIR_OK) {
        /* The only partition in effect of an engine that is driven by hand. */
        static const int32_t first = 0;
        bool piped = wr_engine_mode_of(e) == WR_ENGINE_PIPED;
        wr_out_records r = {.n = 1,
                            .keys = &key,
                            .values = &value,
                            .timestamps = &ts,
                            .partitions = piped ? &first : NULL,
                            .partitioner = wr_partitioner_to_write(ins->source->partitioner)};
        st = write_sync(x, ins->source->topic, &r, err);
    }
    if (st == WEIR_OK)
        wr_engine_note_write(e);
    wr_buf_free(&key_buf);
    wr_buf_free(&value_buf);
    return st;
}

/** What planning has found out; used without the lock. */
typedef struct inserting {
    wr_insert *values; /* evaluated, coerced, by column of the source */
    wr_source *source; /* one reference: DROP may come as soon as the lock is given back */
} inserting;

static void discard(void *arg)
{
    inserting *i = arg;
    if (i->values)
        wr_insert_free(i->values);
    wr_source_unref(i->source);
    *i = (inserting){0};
}

/* Shared: INSERTs into one source do not wait for each other, a DROP of it waits for them. */
static weir_status plan(wr_exec *x, wr_instance_env *env, void *arg, wr_reservation *needs,
                        weir_error *err)
{
    inserting *i = arg;
    *i = (inserting){0};
    WR_TRY(wr_plan_insert_values(&env->base, x->stmt, &i->values, err));
    i->source = wr_catalog_find(env->base.catalog, i->values->source->name);
    WR_ASSERT(i->source == i->values->source);
    wr_source_ref(i->source);
    wr_reservation_add(needs, WR_OBJECT_SOURCE, i->source->name, false);
    return WEIR_OK;
}

/* Durable when it returns. Pull queries of this process then wait until it was processed. */
weir_status wr__execute_insert_values(wr_exec *x, weir_error *err)
{
    inserting i = {0};
    wr_reservation held = {0};
    wr__planner planner = {plan, discard, &i};
    WR_TRY(wr__plan(x, &planner, &held, err));
    wr_engine_unlock(x->engine);
    WR_ASSERT(i.values && i.source);
    weir_status st = write_row(x, i.values, err);
    wr_reservation_release(&held);
    discard(&i);
    return st;
}
