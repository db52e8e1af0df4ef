/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which partitions of a table a pull query needs, and where they are read.
 *
 *   embedded log             all of them here: there is nobody else
 *   asked by another server  those that it wants, here or not at all
 *   Kafka, a server          those that its keys are in: here, where this process has all of them,
 *                            else through the other servers (peers.h)
 *   Kafka, no server         what this process has: the library and `weir run` know no others
 */
#include "runtime/statement/query_rows.h"

/* ---- which ---- */

/* Once each: a client may ask for one key several times, and a server for one partition. */
static void add_part(int32_t *parts, uint32_t *n, int32_t partition)
{
    for (uint32_t i = 0; i < *n; i++)
        if (parts[i] == partition)
            return;
    parts[(*n)++] = partition;
}

static uint32_t add_all(int32_t *parts, int32_t all)
{
    for (int32_t p = 0; p < all; p++)
        parts[p] = p;
    return (uint32_t)all;
}

/* Those of its keys; all, where it scans, or where the place of a key is not known. */
static uint32_t list_parts(const wr__rows *r, int32_t *parts)
{
    const wr_pull *pull = r->pull;
    wr_query *q = r->entry->query;
    int32_t all = wr_query_table_partitions(q);
    uint32_t n = 0;
    if (pull->scan)
        return add_all(parts, all);
    for (uint32_t i = 0; i < pull->keys_n; i++) {
        int32_t p = pull->keys[i].key ? wr_query_partition_of(q, pull->keys[i].key) : -1;
        if (p < 0 || p >= all)
            return add_all(parts, all);
        add_part(parts, &n, p);
    }
    return n;
}

/* By the settings of the session, which another server has sent on: -1 means no copies at all. */
static int64_t copies_behind_max(const wr_exec *x)
{
    if (!wr_settings_bool(&x->settings, "ksql.query.pull.enable.standby.reads", false))
        return -1;
    return wr_settings_int(&x->settings, "ksql.query.pull.max.allowed.offset.lag", 0);
}

/* The list came from outside. */
static weir_status take_wanted(const wr_exec *x, int32_t all, int32_t *list, uint32_t *n,
                               weir_error *err)
{
    *n = 0;
    for (uint32_t i = 0; i < x->here_n; i++) {
        if (x->here[i] < 0 || x->here[i] >= all)
            return wr_error(err, WEIR_ERR_STATEMENT,
                            "There is no partition %d: the table has %d here", x->here[i], all);
        add_part(list, n, x->here[i]);
    }
    return WEIR_OK;
}

/* Whether the partitions are here is asked once, now. They may move before they are read, and then
 * the read fails with an error that says that it can be tried again.
 *
 * A server that is asked by another one reads what that one wants and nothing else, also where it
 * has more: two servers that believe in the same partition must not both send it. */
weir_status wr__choose_parts(wr_exec *x, weir_error *err)
{
    wr__rows *r = x->rows;
    wr_query *q = r->entry->query;
    WR_ASSERT(r->pull && !r->parts);
    if (!wr_query_pull_waits(q) || (x->here_only && !x->here_n))
        return WEIR_OK;
    int32_t all = wr_query_table_partitions(q);
    int32_t *list = WR_NEW_N(x->arena, int32_t, (size_t)all + 1);
    wr_pull_parts *parts = WR_NEW(x->arena, wr_pull_parts);
    *parts = (wr_pull_parts){.partitions = list, .behind_max = -1};
    if (x->here_only) {
        parts->behind_max = copies_behind_max(x);
        r->parts = parts;
        return take_wanted(x, all, list, &parts->n, err);
    }
    const wr_peers *peers = wr_engine_enter_peers(x->engine);
    if (!peers)
        return WEIR_OK;
    parts->n = list_parts(r, list);
    parts->lately = peers->alone(peers->arg);
    wr_engine_leave_peers(x->engine);
    r->parts = parts;
    r->everywhere = !wr_query_serves(q, parts);
    return WEIR_OK;
}

/* ---- rows of others ---- */

typedef weir_status (*read_here_fn)(wr__rows *r, const wr_pull_parts *parts, weir_error *err);

typedef struct everywhere {
    wr__rows *r;
    read_here_fn here;
} everywhere;

/* The part of the answer that this process has, in the turn that the peers give it. */
static weir_status own(void *arg, const wr_pull_parts *parts, bool *any, weir_error *err)
{
    everywhere *e = arg;
    uint64_t before = e->r->found;
    weir_status st = e->here(e->r, parts, err);
    *any = e->r->found != before;
    return st;
}

/* The rows' memory is the batch's, so the bytes go there first: texts stay where they lie in them.
 */
static weir_status take_rows(void *arg, const char *host, wr_str bytes, uint32_t n, weir_error *err)
{
    wr__rows *r = ((everywhere *)arg)->r;
    const wr_schema *schema = r->schema;
    wr__row_batch *b = wr__row_batch_new(r->queue, n);
    wr_str copy = wr_arena_str(b->arena, bytes);
    const char *p = copy.ptr, *end = copy.ptr + copy.len;
    weir_status st = WEIR_OK;
    b->host = wr_arena_strdup(b->arena, host);
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++) {
        wr_value *row = b->values + (size_t)i * schema->n;
        for (uint32_t c = 0; c < schema->n && st == WEIR_OK; c++)
            st = wr_value_decode(schema->cols[c].type, &p, end, b->arena, &row[c], err);
        b->rows += st == WEIR_OK;
    }
    if (st != WEIR_OK || p != end) {
        wr__row_batch_free(b);
        return wr_error(err, WEIR_ERR_STORE, "%s sent what is no row of the table", host);
    }
    r->found += n;
    return wr__row_queue_put(r->queue, b, &r->entry->ending, err);
}

/* Asked now and then, so that a client that has gone holds no thread and no other server. An
 * interrupt ends a step and not the reading, so it is not among the reasons. */
static bool over(void *arg)
{
    const everywhere *e = arg;
    return wr__row_queue_is_closed(e->r->queue) || atomic_load(&e->r->entry->ending) ||
           wr_engine_closing(e->r->engine);
}

/* A query that is dropped meanwhile says so, whatever the servers that were asked have said: they
 * may have dropped it already, and their errors are then about the same thing. */
weir_status wr__pull_everywhere(wr__rows *r, read_here_fn here, weir_error *err)
{
    everywhere e = {r, here};
    const wr_peers *peers = wr_engine_enter_peers(r->engine);
    if (!peers)
        return wr_error(err, WEIR_ERR_INTERRUPTED, "The server is stopping");
    const wr_peer_pull p = {.query = r->entry->query,
                            .result = r->schema,
                            .sql = r->exec->text,
                            .settings = &r->exec->settings,
                            .partitions = r->parts->partitions,
                            .n = r->parts->n,
                            .own = own,
                            .rows = take_rows,
                            .over = over,
                            .arg = &e};
    weir_status st = peers->pull(peers->arg, &p, err);
    wr_engine_leave_peers(r->engine);
    if (st != WEIR_OK && atomic_load(&r->entry->ending))
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "Reading `%s` has ended: its query %s is being stopped or replaced",
                        r->pull->source->name, r->pull->query_id);
    return st;
}
