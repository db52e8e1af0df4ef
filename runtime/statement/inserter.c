/* SPDX-License-Identifier: Apache-2.0 */
/*
 * It stands on a statement that is never executed, INSERT INTO target VALUES (NULL): planning,
 * waiting and settings are as for any other. Encoders are made once, for the schemas as of then.
 *
 * Memory: what is made once is in the statement's arena; a row's document and values are gone with
 * the next row; keys and values that wait to be written are gone with the write. So a stream of any
 * length costs what one write does.
 *
 * The source is held by a reference, and is reserved (shared) only while rows are written, so that
 * a client that has its stream open for days keeps nobody from a DROP; each write looks whether the
 * catalog still has that very source.
 */
#include "runtime/statement/inserter.h"
#include "runtime/instance/writers.h"
#include "runtime/statement/json_row.h"
#include "runtime/statement/planned.h"
#include "runtime/statement/record_part.h"
#include "runtime/statement/statement_class.h"

/** Used by one thread at a time. `keys`, `values` and `times` have one entry for each row that was
 * added. */
struct wr_inserter {
    wr_exec *x;
    wr_source *source; /* a reference */
    wr__record_part key, value;
    wr_value *row;    /* one value for each column */
    wr_arena *added;  /* keys, values and the lists of them; reset by write */
    wr_arena *parsed; /* one row's document and values; reset by add */
    wr_buf buf;
    wr_arr(wr_str) keys, values;
    wr_arr(int64_t) times;
};

/* A name and nothing else, since it becomes part of a statement. */
static bool is_name(const char *s)
{
    size_t n = strlen(s);
    if (s[0] == '`') {
        for (size_t i = 1; i + 1 < n; i++)
            if (s[i] == '`' && s[++i] != '`')
                return false;
        return n > 2 && s[n - 1] == '`';
    }
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@';
        if (!letter && !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return n > 0;
}

/* ---- planning ---- */

/* Only the first planning may give up the source; see keep. */
static void discard(void *arg)
{
    wr_inserter *i = arg;
    WR_ASSERT(i->x);
    wr_source_unref(i->source);
    i->source = NULL;
}

/* At first the source is found; later it must be the same. */
static weir_status plan(wr_exec *x, wr_instance_env *env, void *arg, wr_reservation *needs,
                        weir_error *err)
{
    wr_inserter *i = arg;
    wr_source *found;
    WR_TRY(wr_plan_insert_target(&env->base, x->stmt, &found, err));
    if (i->source && found != i->source)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "`%s` has been replaced since the stream of rows was begun", found->name);
    if (!i->source) {
        i->source = found;
        wr_source_ref(found);
    }
    WR_ASSERT(i->source == found && found->window.kind == WR_WINDOW_NONE);
    wr_reservation_add(needs, WR_OBJECT_SOURCE, found->name, false);
    return WEIR_OK;
}

/* Encoders are made while the source is reserved, so a schema is registered for the one that is
 * written to. On failure everything that was made goes with the statement. */
weir_status wr_inserter_new(wr_engine *e, wr_session *s, const char *target, wr_inserter **out,
                            weir_error *err)
{
    wr_buf text = {0};
    wr_exec *x;
    if (!is_name(target))
        return wr_error(err, WEIR_ERR_STATEMENT, "'%s' is no name of a stream or table", target);
    wr_buf_printf(&text, "INSERT INTO %s VALUES (NULL);", target);
    weir_status st = wr_exec_new(e, s, text.ptr, text.len, &x, err);
    wr_buf_free(&text);
    WR_TRY(st);
    wr__take_settings(x);
    wr_inserter *i = WR_NEW(x->arena, wr_inserter);
    i->x = x;
    i->added = wr_arena_new(0);
    i->parsed = wr_arena_new(0);
    wr_reservation held = {0};
    wr__planner planner = {plan, discard, i};
    st = wr__plan(x, &planner, &held, err);
    if (st == WEIR_OK) {
        wr_engine_unlock(e);
        WR_ASSERT(i->source && i->source->schema->n > 0);
        i->row = WR_NEW_N(x->arena, wr_value, i->source->schema->n);
        st = wr__record_part_open(x, i->source, true, &i->key, err);
        if (st == WEIR_OK)
            st = wr__record_part_open(x, i->source, false, &i->value, err);
        wr_reservation_release(&held);
    }
    if (st != WEIR_OK) {
        wr_inserter_free(i);
        return st;
    }
    *out = i;
    return WEIR_OK;
}

void wr_inserter_free(wr_inserter *i)
{
    if (!i)
        return;
    wr_source_unref(i->source);
    wr_buf_free(&i->buf);
    wr_arena_free(i->added);
    wr_arena_free(i->parsed);
    wr_exec_free(i->x);
}

/* Whoever waits for the log looks at the flag. */
void wr_inserter_interrupt(wr_inserter *i)
{
    wr_exec_interrupt(i->x);
}

/* ---- rows ---- */

/* The payload is in `buf`, or in the row's own memory: neither lasts. */
static weir_status encode(wr_inserter *i, wr__record_part *part, wr_str *out, weir_error *err)
{
    wr_buf_clear(&i->buf);
    WR_TRY(wr__record_part_encode(part, i->row, &i->buf, out, err));
    *out = wr_bytes_copy(i->added, *out);
    return WEIR_OK;
}

/* Converted and encoded at once: what is wrong with a row is said of that row, before anything
 * after it is looked at, and what waits to be written is bytes alone. */
weir_status wr_inserter_add(wr_inserter *i, wr_str json, weir_error *err)
{
    wr_json *object;
    wr_str key = {0}, value = {0};
    wr_clock *clock = wr_engine_clock(i->x->engine);
    weir_error why;
    wr_arena_reset(i->parsed);
    if (wr_json_parse(json, false, i->parsed, &object, &why) != WEIR_OK)
        return wr_error(err, WEIR_ERR_RECORD, "Invalid JSON in inserts stream");
    WR_TRY(wr__json_row(i->source->schema, object, i->parsed, i->row, err));
    WR_TRY(encode(i, &i->key, &key, err));
    WR_TRY(encode(i, &i->value, &value, err));
    WR_ASSERT(i->keys.n == i->values.n && i->keys.n == i->times.n);
    wr_arr_push(i->added, &i->keys, key);
    wr_arr_push(i->added, &i->values, value);
    wr_arr_push(i->added, &i->times, clock->wall_ms(clock));
    return WEIR_OK;
}

uint32_t wr_inserter_added(const wr_inserter *i)
{
    return (uint32_t)i->keys.n;
}

/* A source that is gone, or another one, fails the planning; the first is kept meanwhile. */
static void keep(void *arg)
{
    (void)arg;
}

/* All in one commit: that is what makes many rows cheap. Pull queries of this process then wait
 * until the rows were processed, as after INSERT VALUES. */
weir_status wr_inserter_write(wr_inserter *i, weir_error *err)
{
    wr_exec *x = i->x;
    wr_reservation held = {0};
    wr__planner planner = {plan, keep, i};
    weir_status st = WEIR_OK;
    WR_ASSERT(i->source && i->keys.n == i->values.n);
    if (i->keys.n) {
        st = wr__plan(x, &planner, &held, err);
        if (st == WEIR_OK) {
            wr_engine_unlock(x->engine);
            wr_out_records r = {.n = (uint32_t)i->keys.n,
                                .keys = i->keys.v,
                                .values = i->values.v,
                                .timestamps = i->times.v,
                                .partitioner = wr_partitioner_to_write(i->source->partitioner)};
            st = wr__write_sync(x, i->source->topic, &r, err);
            wr_reservation_release(&held);
        }
    }
    if (st == WEIR_OK && i->keys.n)
        wr_engine_note_write(x->engine);
    memset(&i->keys, 0, sizeof i->keys); /* their memory goes with `added` */
    memset(&i->values, 0, sizeof i->values);
    memset(&i->times, 0, sizeof i->times);
    wr_arena_reset(i->added);
    return st;
}
