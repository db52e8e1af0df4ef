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
#include "runtime/statement/record_part.h"
#include "runtime/statement/statement_class.h"

/* Durable on return, or nothing of it is ever written: a writer that failed goes to nobody else. */
weir_status wr__write_sync(wr_exec *x, const char *topic, const wr_out_records *records,
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

static weir_status encode_part(wr_exec *x, const wr_insert *ins, bool key, wr_buf *buf, wr_str *out,
                               weir_error *err)
{
    wr__record_part part;
    WR_TRY(wr__record_part_open(x, ins->source, key, &part, err));
    return wr__record_part_encode(&part, ins->values, buf, out, err);
}

/* A table's topic is compacted, and takes no record without a key. A broker says so by itself;
 * where an engine is driven by hand there is none, as in ksqlDB's test runner. */
static weir_status check_key(const wr_exec *x, const wr_source *s, wr_str key, weir_error *err)
{
    if (key.ptr || !s->is_table || wr_engine_on_kafka(x->engine) ||
        wr_engine_mode_of(x->engine) == WR_ENGINE_PIPED)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_RECORD,
                    "Compacted topic cannot accept message without key in topic partition %s-0",
                    s->topic);
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
        st = check_key(x, ins->source, key, err);
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
        st = wr__write_sync(x, ins->source->topic, &r, err);
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
