/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated cluster: broker.h says what it does. Lists are short, and searched.
 *
 * What takes time is a list of events, by time; its coroutine takes the next, and looks after
 * sessions and time-outs in between.
 */
#include "broker.h"
#include "net.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LOOK_US = 100000,
    TXN_LOOK_US = 10000000,
    REBALANCE_MAX_US = 60000000,
    SEQS = 64,
    BATCHES = 5
};

typedef struct open_txn {
    int64_t pid, first;
} open_txn;

typedef struct seq {
    int64_t pid;
    int16_t epoch;
    uint32_t next;
    struct {
        uint32_t first;
        int64_t offset;
    } batches[BATCHES]; /* the last ones */
    size_t n;           /* batches so far */
} seq;

typedef struct partition {
    sim_record *v;
    size_t n, cap;
    open_txn open[SEQS];
    size_t open_n;
    seq *seqs;
    size_t seqs_n;
} partition;

typedef struct topic_log {
    char *name;
    int32_t n; /* 0: deleted */
    partition *parts;
} topic_log;

typedef enum txn_state { TXN_NONE, TXN_ONGOING, TXN_ENDS } txn_state;

typedef struct pending {
    int group;
    sim_offset o;
    bool overtaken; /* the group was deleted, or moved, since */
} pending;

typedef struct txn_id {
    char *name;
    int64_t pid;
    int16_t epoch;
    txn_state state;
    bool commit, ended_before; /* how the last one ended, or ends; whether there was one */
    int64_t since_us;
    int timeout_ms;
    sim_part parts[SEQS];
    size_t parts_n;
    pending *offsets;
    size_t offsets_n;
    size_t markers; /* on their way */
} txn_id;

typedef struct member {
    sim_member *client; /* NULL: closed or dead without leaving */
    char id[24];
    int process;
    bool joined;
    int *topics;
    size_t topics_n;
    int64_t seen_us;
    int64_t session_us;
} member;

typedef struct group {
    char *name;
    sim_part *transacted;
    size_t transacted_n;
    int generation;
    bool rebalances;
    int64_t rebalance_us;
    member *members;
    size_t members_n;
    sim_offset *offsets;
    size_t offsets_n;
} group;

typedef enum event_kind {
    EV_MARKER,
    EV_GROUP_MARKER,
    EV_END_TXN,
    EV_TXN_OFFSETS,
    EV_INIT
} event_kind;

typedef struct event {
    struct event *next;
    int64_t at_us;
    event_kind kind;
    int id;       /* of the transactional id */
    size_t index; /* of its partitions; of groups */
    sim_producer producer;
    bool commit;
    char group[200], member[24]; /* EV_INIT: the transactional id, for the group */
    int generation;              /* EV_INIT: its time-out */
    sim_offset *offsets;
    size_t offsets_n;
} event;

static struct {
    topic_log *topics;
    size_t topics_n;
    txn_id *ids;
    size_t ids_n;
    group *groups;
    size_t groups_n;
    event *events;
    int64_t next_pid;
    uint64_t next_member;
    bool dead[SIM_PROCESSES], cut_off[SIM_PROCESSES];
    bool ends, ended;
    int64_t looked_us;
} b;

bool sim_trace_on;

void sim_trace(const char *fmt, ...)
{
    if (!sim_trace_on)
        return;
    va_list ap;
    va_start(ap, fmt);
    printf("%10.4f %2d  ", (double)(sim_now_us() % 100000000000) / 1e6, sim_process());
    vprintf(fmt, ap);
    putchar('\n');
    va_end(ap);
}

/* ---- events ---- */

static event *add_event(event_kind kind, int64_t us)
{
    event *e = wr_calloc(1, sizeof *e);
    e->kind = kind;
    e->at_us = sim_now_us() + us;
    event **at = &b.events;
    while (*at && (*at)->at_us <= e->at_us)
        at = &(*at)->next;
    e->next = *at;
    *at = e;
    sim_wake_all();
    return e;
}

/* ---- topics ---- */

int broker_topic(const char *name)
{
    for (size_t i = 0; i < b.topics_n; i++)
        if (strcmp(b.topics[i].name, name) == 0 && b.topics[i].n)
            return (int)i;
    return -1;
}

rd_kafka_resp_err_t broker_create_topic(const char *name, int32_t partitions)
{
    if (broker_topic(name) >= 0)
        return RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
    b.topics = wr_realloc(b.topics, (b.topics_n + 1) * sizeof *b.topics);
    int32_t n = partitions > 0 ? partitions : 1;
    b.topics[b.topics_n++] =
        (topic_log){wr_strdup(name), n, wr_calloc((size_t)n, sizeof(partition))};
    sim_trace("topic %s made, %d partitions", name, n);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void free_topic(topic_log *t)
{
    for (int32_t i = 0; i < t->n; i++) {
        partition *p = &t->parts[i];
        for (size_t k = 0; k < p->n; k++)
            wr_free(p->v[k].key);
        wr_free(p->v);
        wr_free(p->seqs);
    }
    wr_free(t->parts);
    wr_free(t->name);
}

rd_kafka_resp_err_t broker_delete_topic(const char *name)
{
    int i = broker_topic(name);
    if (i < 0)
        return RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    free_topic(&b.topics[i]);
    b.topics[i] = (topic_log){wr_strdup(name), 0, NULL};
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int broker_topics_n(void)
{
    return (int)b.topics_n;
}

const char *broker_topic_name(int topic)
{
    return b.topics[topic].name;
}

int32_t broker_partitions(int topic)
{
    return topic >= 0 && (size_t)topic < b.topics_n ? b.topics[topic].n : 0;
}

static partition *part_of(sim_part p)
{
    if (p.topic < 0 || p.partition < 0 || p.partition >= broker_partitions(p.topic))
        return NULL;
    return &b.topics[p.topic].parts[p.partition];
}

int64_t broker_end_of(sim_part part, bool committed)
{
    const partition *p = part_of(part);
    int64_t end = p ? (int64_t)p->n : 0;
    for (size_t i = 0; p && committed && i < p->open_n; i++)
        end = WR_MIN(end, p->open[i].first);
    return end;
}

const sim_record *broker_record(sim_part part, int64_t offset)
{
    const partition *p = part_of(part);
    return p && offset >= 0 && (size_t)offset < p->n ? &p->v[offset] : NULL;
}

static void append(partition *p, const sim_record *r)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 16;
        p->v = wr_realloc(p->v, p->cap * sizeof *p->v);
    }
    sim_record *own = &p->v[p->n++];
    *own = *r;
    own->key = wr_malloc((size_t)r->key_len + r->value_len + 2);
    if (r->key_len)
        memcpy(own->key, r->key, r->key_len);
    own->value = NULL;
    if (r->value) {
        own->value = own->key + r->key_len;
        memcpy(own->value, r->value, r->value_len);
    }
    sim_wake_all();
}

void broker_append(sim_part part, wr_str key, wr_str value, int64_t time_ms)
{
    const sim_record r = {.key = (char *)(uintptr_t)key.ptr,
                          .value = (char *)(uintptr_t)value.ptr,
                          .key_len = key.len,
                          .value_len = value.len,
                          .time_ms = time_ms,
                          .pid = -1,
                          .state = SIM_PLAIN};
    append(part_of(part), &r);
}

/* ---- transactions ---- */

int64_t broker_new_pid(void)
{
    return b.next_pid++;
}

static void mark(txn_id *t, sim_part part)
{
    partition *p = part_of(part);
    if (!p)
        return;
    size_t i = 0;
    while (i < p->open_n && p->open[i].pid != t->pid)
        i++;
    if (i < p->open_n) {
        for (size_t k = (size_t)p->open[i].first; k < p->n; k++)
            if (p->v[k].pid == t->pid && p->v[k].state == SIM_OPEN)
                p->v[k].state = t->commit ? SIM_COMMITTED : SIM_ABORTED;
        p->open[i] = p->open[--p->open_n];
    }
    const sim_record marker = {.pid = t->pid, .state = SIM_MARKER, .commits = t->commit};
    append(p, &marker);
}

static void marker_arrived(txn_id *t)
{
    WR_ASSERT(t->state == TXN_ENDS && t->markers > 0);
    if (--t->markers > 0)
        return;
    t->state = TXN_NONE;
    t->parts_n = 0;
    wr_free(t->offsets);
    t->offsets = NULL;
    t->offsets_n = 0;
    sim_trace("%s epoch %d: over", t->name, t->epoch);
}

static int64_t marker_delay(void)
{
    return sim_one_in(20) ? (int64_t)sim_below(1500000) : (int64_t)sim_below(4000);
}

/* Decided; the markers go out. */
static void end_txn(txn_id *t, bool commit)
{
    WR_ASSERT(t->state == TXN_ONGOING);
    sim_trace("%s epoch %d: %s, %zu partitions, %zu offsets", t->name, t->epoch,
              commit ? "COMMIT" : "ABORT", t->parts_n, t->offsets_n);
    t->state = TXN_ENDS;
    t->commit = commit;
    t->ended_before = true;
    t->markers = 0;
    for (size_t i = 0; i < t->parts_n; i++, t->markers++) {
        event *e = add_event(EV_MARKER, marker_delay());
        e->id = (int)(t - b.ids);
        e->index = i;
    }
    for (size_t g = 0; g < b.groups_n; g++) {
        bool has = false;
        for (size_t i = 0; i < t->offsets_n; i++)
            has = has || t->offsets[i].group == (int)g;
        if (!has)
            continue;
        event *e = add_event(EV_GROUP_MARKER, marker_delay());
        e->id = (int)(t - b.ids);
        e->index = g;
        t->markers++;
    }
    if (t->markers == 0) {
        t->markers = 1;
        marker_arrived(t);
    }
}

rd_kafka_resp_err_t broker_init_producer(const char *name, int timeout_ms, sim_producer *out)
{
    size_t i = 0;
    while (i < b.ids_n && strcmp(b.ids[i].name, name) != 0)
        i++;
    if (i == b.ids_n) {
        b.ids = wr_realloc(b.ids, (b.ids_n + 1) * sizeof *b.ids);
        b.ids[b.ids_n++] = (txn_id){.name = wr_strdup(name), .pid = b.next_pid++, .epoch = -1};
    }
    txn_id *t = &b.ids[i];
    if (t->state == TXN_ONGOING) {
        t->epoch++; /* fences, before the abort */
        end_txn(t, false);
    }
    if (t->state == TXN_ENDS)
        return RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS;
    t->epoch++;
    t->timeout_ms = timeout_ms;
    t->ended_before = false;
    *out = (sim_producer){(int)i, t->pid, t->epoch};
    sim_trace("%s: epoch %d", name, t->epoch);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* @p add: the request may open a transaction. */
static rd_kafka_resp_err_t check_producer(const sim_producer *p, txn_id **out)
{
    txn_id *t = *out = &b.ids[p->id];
    if (p->epoch != t->epoch || p->pid != t->pid)
        return RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
    if (t->state == TXN_ENDS)
        return RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void begin_txn(txn_id *t)
{
    if (t->state == TXN_ONGOING)
        return;
    t->state = TXN_ONGOING;
    t->since_us = sim_now_us();
}

static seq *seq_of(partition *p, const sim_producer *producer)
{
    for (size_t i = 0; i < p->seqs_n; i++)
        if (p->seqs[i].pid == producer->pid) {
            if (p->seqs[i].epoch < producer->epoch)
                p->seqs[i] = (seq){.pid = producer->pid, .epoch = producer->epoch};
            return &p->seqs[i];
        }
    p->seqs = wr_realloc(p->seqs, (p->seqs_n + 1) * sizeof *p->seqs);
    p->seqs[p->seqs_n] = (seq){.pid = producer->pid, .epoch = producer->epoch};
    return &p->seqs[p->seqs_n++];
}

static void open_in(txn_id *t, sim_part part, partition *p)
{
    size_t i = 0;
    while (i < t->parts_n &&
           (t->parts[i].topic != part.topic || t->parts[i].partition != part.partition))
        i++;
    if (i == t->parts_n) {
        WR_ASSERT(t->parts_n < SEQS);
        t->parts[t->parts_n++] = part;
    }
    for (i = 0; i < p->open_n; i++)
        if (p->open[i].pid == t->pid)
            return;
    WR_ASSERT(p->open_n < SEQS);
    p->open[p->open_n++] = (open_txn){t->pid, (int64_t)p->n};
}

static rd_kafka_resp_err_t came_before(const seq *q, uint32_t first, int64_t *offset)
{
    for (size_t i = 0; i < WR_MIN(q->n, (size_t)BATCHES); i++)
        if (q->batches[i].first == first) {
            *offset = q->batches[i].offset;
            return RD_KAFKA_RESP_ERR_NO_ERROR;
        }
    return RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER;
}

rd_kafka_resp_err_t broker_produce(const sim_producer *producer, sim_part part, uint32_t first,
                                   const sim_record *records, size_t n, int64_t *offset)
{
    txn_id *t = NULL;
    partition *p = part_of(part);
    if (!p)
        return RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (producer->id >= 0) {
        rd_kafka_resp_err_t rc = check_producer(producer, &t);
        if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
            return rc;
    }
    seq *q = seq_of(p, producer);
    if (producer->epoch < q->epoch)
        return RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
    if (first < q->next)
        return came_before(q, first, offset);
    if (first > q->next)
        return RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
    if (t) {
        begin_txn(t);
        open_in(t, part, p);
    }
    *offset = (int64_t)p->n;
    q->batches[q->n % BATCHES].first = first;
    q->batches[q->n++ % BATCHES].offset = *offset;
    q->next += (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        sim_record r = records[i];
        r.pid = producer->pid;
        r.state = t ? SIM_OPEN : SIM_PLAIN;
        append(p, &r);
        sim_trace("  %s/%d@%zu: %.*s = %.*s", b.topics[part.topic].name, part.partition, p->n - 1,
                  (int)r.key_len, r.key, (int)r.value_len, r.value ? r.value : "");
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t broker_end_txn(const sim_producer *p, bool commit)
{
    txn_id *t;
    rd_kafka_resp_err_t rc = check_producer(p, &t);
    if (rc == RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS) /* it is ending, as was said, or not */
        return t->commit == commit ? rc : RD_KAFKA_RESP_ERR_INVALID_TXN_STATE;
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
        return rc;
    if (t->state == TXN_ONGOING) {
        end_txn(t, commit);
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return t->ended_before && t->commit == commit ? RD_KAFKA_RESP_ERR_NO_ERROR
                                                  : RD_KAFKA_RESP_ERR_INVALID_TXN_STATE;
}

bool broker_any_open(void)
{
    for (size_t i = 0; i < b.ids_n; i++)
        if (b.ids[i].state != TXN_NONE)
            return true;
    return false;
}

/* ---- groups ---- */

static group *find_group(const char *name, bool make)
{
    for (size_t i = 0; i < b.groups_n; i++)
        if (strcmp(b.groups[i].name, name) == 0)
            return &b.groups[i];
    if (!make)
        return NULL;
    b.groups = wr_realloc(b.groups, (b.groups_n + 1) * sizeof *b.groups);
    b.groups[b.groups_n] = (group){.name = wr_strdup(name)};
    return &b.groups[b.groups_n++];
}

const char *broker_group(size_t n)
{
    return n < b.groups_n ? b.groups[n].name : NULL;
}

bool broker_has_members(const char *name)
{
    const group *g = find_group(name, false);
    return g && g->members_n > 0;
}

static bool same_part(sim_part x, sim_part y)
{
    return x.topic == y.topic && x.partition == y.partition;
}

static void set_offset(group *g, const sim_offset *o)
{
    for (size_t i = 0; i < g->offsets_n; i++)
        if (same_part(g->offsets[i].part, o->part)) {
            g->offsets[i].offset = o->offset;
            return;
        }
    g->offsets = wr_realloc(g->offsets, (g->offsets_n + 1) * sizeof *g->offsets);
    g->offsets[g->offsets_n++] = *o;
}

bool broker_has_transacted(const char *name, sim_part part)
{
    const group *g = find_group(name, false);
    for (size_t i = 0; g && i < g->transacted_n; i++)
        if (same_part(g->transacted[i], part))
            return true;
    return false;
}

static rd_kafka_resp_err_t check_member(const group *g, const sim_member_of *m)
{
    if (!m->member[0])
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; i < g->members_n; i++)
        if (strcmp(g->members[i].id, m->member) == 0)
            return m->generation == g->generation ? RD_KAFKA_RESP_ERR_NO_ERROR
                                                  : RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION;
    return RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
}

rd_kafka_resp_err_t broker_txn_offsets(const sim_producer *p, const sim_member_of *m,
                                       const sim_offset *offsets, size_t n)
{
    txn_id *t;
    rd_kafka_resp_err_t rc = check_producer(p, &t);
    group *g = find_group(m->group, true);
    if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
        rc = check_member(g, m);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
        return rc;
    begin_txn(t);
    t->offsets = wr_realloc(t->offsets, (t->offsets_n + n) * sizeof *t->offsets);
    for (size_t i = 0; i < n; i++)
        t->offsets[t->offsets_n++] = (pending){(int)(g - b.groups), offsets[i], false};
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t broker_commit(const sim_member_of *m, const sim_offset *offsets, size_t n)
{
    group *g = find_group(m->group, true);
    rd_kafka_resp_err_t rc = check_member(g, m);
    for (size_t i = 0; i < n && rc == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        set_offset(g, &offsets[i]);
    return rc;
}

/* What is pending counts only if its marker comes later in the log. */
static void overtake(const group *g)
{
    for (size_t i = 0; i < b.ids_n; i++)
        for (size_t k = 0; k < b.ids[i].offsets_n; k++)
            if (b.ids[i].offsets[k].group == (int)(g - b.groups))
                b.ids[i].offsets[k].overtaken = true;
}

rd_kafka_resp_err_t broker_alter_offsets(const char *name, const sim_offset *offsets, size_t n)
{
    group *g = find_group(name, true);
    if (g->members_n)
        return RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
    overtake(g);
    for (size_t i = 0; i < n; i++)
        set_offset(g, &offsets[i]);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t broker_committed(const char *name, sim_offset *offsets, size_t n)
{
    const group *g = find_group(name, false);
    for (size_t i = 0; i < n; i++)
        offsets[i].offset = -1;
    if (!g)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; i < b.ids_n; i++)
        for (size_t k = 0; k < b.ids[i].offsets_n; k++)
            if (b.ids[i].offsets[k].group == (int)(g - b.groups))
                return RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < g->offsets_n; k++)
            if (same_part(g->offsets[k].part, offsets[i].part))
                offsets[i].offset = g->offsets[k].offset;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t broker_delete_group(const char *name)
{
    group *g = find_group(name, false);
    if (!g)
        return RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND;
    if (g->members_n)
        return RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP;
    overtake(g);
    g->offsets_n = 0;
    sim_trace("group %s deleted", name);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* ---- members ---- */

static void begin_rebalance(group *g)
{
    if (!g->rebalances)
        g->rebalance_us = sim_now_us();
    g->rebalances = true;
    for (size_t i = 0; i < g->members_n; i++)
        g->members[i].joined = false;
}

static void free_member(member *m)
{
    wr_free(m->topics);
}

/* Its client hears of it when it is polled; one that polls only when there is something, at once.
 */
static void tell(const sim_member *client)
{
    net_signal(client->wake_fd);
}

static void forget_member(group *g, size_t i)
{
    sim_trace("group %s: %s is gone", g->name, g->members[i].id);
    if (g->members[i].client) {
        g->members[i].client->gone = true;
        tell(g->members[i].client);
    }
    free_member(&g->members[i]);
    g->members[i] = g->members[--g->members_n];
}

static void remove_member(group *g, size_t i)
{
    forget_member(g, i);
    begin_rebalance(g);
}

static bool reads(const member *m, int topic)
{
    for (size_t i = 0; i < m->topics_n; i++)
        if (m->topics[i] == topic)
            return true;
    return false;
}

/* `range`: of each topic a run of partitions for each of those that read it. */
static void give(group *g, size_t who, size_t among, size_t place, int topic)
{
    sim_member *c = g->members[who].client;
    int32_t n = broker_partitions(topic);
    int32_t each = n / (int32_t)among, more = n % (int32_t)among, at = (int32_t)place;
    int32_t from = each * at + WR_MIN(at, more), count = each + (at < more);
    for (int32_t p = from; p < from + count && c; p++) {
        c->parts = wr_realloc(c->parts, (c->parts_n + 1) * sizeof *c->parts);
        c->parts[c->parts_n++] = (sim_part){topic, p};
    }
}

static int by_id(const void *x, const void *y)
{
    return strcmp(((const member *)x)->id, ((const member *)y)->id);
}

static void end_rebalance(group *g)
{
    g->rebalances = false;
    g->generation++;
    qsort(g->members, g->members_n, sizeof *g->members, by_id);
    sim_trace("group %s: generation %d, %zu members", g->name, g->generation, g->members_n);
    for (size_t i = 0; i < g->members_n; i++) {
        sim_member *c = g->members[i].client;
        if (!c)
            continue;
        c->parts_n = 0;
        c->generation = g->generation;
        c->assigned = true;
        c->wants = false;
        tell(c);
    }
    for (size_t t = 0; t < b.topics_n; t++) {
        size_t among = 0, place = 0;
        for (size_t i = 0; i < g->members_n; i++)
            among += reads(&g->members[i], (int)t);
        for (size_t i = 0; i < g->members_n; i++)
            if (reads(&g->members[i], (int)t))
                give(g, i, among, place++, (int)t);
    }
    sim_wake_all();
}

static void check_rebalance(group *g)
{
    bool all = true;
    for (size_t i = 0; i < g->members_n; i++)
        all = all && g->members[i].joined;
    if (!g->rebalances)
        return;
    if (!all && sim_now_us() - g->rebalance_us > REBALANCE_MAX_US) {
        for (size_t i = g->members_n; i-- > 0;)
            if (!g->members[i].joined)
                forget_member(g, i); /* it goes on without them */
        all = true;
    }
    if (all)
        end_rebalance(g);
}

void broker_join(sim_member *m, const int *topics, size_t n, int session_ms)
{
    group *g = find_group(m->group, true);
    size_t i = 0;
    while (i < g->members_n && (!m->id[0] || strcmp(g->members[i].id, m->id) != 0))
        i++;
    if (i == g->members_n) {
        snprintf(m->id, sizeof m->id, "member-%llu", (unsigned long long)b.next_member++);
        g->members = wr_realloc(g->members, (g->members_n + 1) * sizeof *g->members);
        member *own = &g->members[g->members_n++];
        *own = (member){.client = m, .process = m->process, .topics_n = n};
        memcpy(own->id, m->id, sizeof own->id);
        own->topics = wr_calloc(n ? n : 1, sizeof *own->topics);
        memcpy(own->topics, topics, n * sizeof *topics);
        own->session_us = (int64_t)session_ms * 1000;
        begin_rebalance(g);
    }
    g->members[i].joined = true;
    g->members[i].seen_us = sim_now_us();
    m->generation = -1;
    m->wants = m->gone = m->assigned = false;
    sim_trace("group %s: %s joins", g->name, m->id);
}

void broker_leave(sim_member *m)
{
    group *g = find_group(m->group, false);
    bool reaches = !b.dead[m->process] && !b.cut_off[m->process];
    for (size_t i = 0; g && i < g->members_n; i++) {
        if (g->members[i].client != m)
            continue;
        g->members[i].client = NULL;
        if (reaches)
            remove_member(g, i);
        break;
    }
    wr_free(m->parts);
    m->parts = NULL;
}

/* Heartbeats, and what their answers say. */
static void look_after(group *g)
{
    int64_t now = sim_now_us();
    for (size_t i = g->members_n; i-- > 0;) {
        member *m = &g->members[i];
        if (m->client && !b.dead[m->process] && !b.cut_off[m->process] &&
            !sim_is_frozen(m->process)) {
            m->seen_us = now;
            bool wants = g->rebalances && !m->joined;
            if (wants && !m->client->wants)
                tell(m->client);
            m->client->wants = wants;
        } else if (now - m->seen_us > m->session_us) {
            remove_member(g, i);
        }
    }
    check_rebalance(g);
}

/* ---- time ---- */

static void note_transacted(group *g, sim_part part)
{
    if (broker_has_transacted(g->name, part))
        return;
    g->transacted = wr_realloc(g->transacted, (g->transacted_n + 1) * sizeof *g->transacted);
    g->transacted[g->transacted_n++] = part;
}

static void group_marker(txn_id *t, size_t index)
{
    for (size_t i = 0; i < t->offsets_n; i++) {
        pending *p = &t->offsets[i];
        if (p->group != (int)index)
            continue;
        if (t->commit && !(p->overtaken && sim_one_in(2)))
            set_offset(&b.groups[index], &p->o);
        if (t->commit)
            note_transacted(&b.groups[index], p->o.part);
        p->group = -1;
    }
    marker_arrived(t);
}

static void run_event(event *e)
{
    const sim_member_of m = {e->group, e->member, e->generation};
    rd_kafka_resp_err_t rc;
    switch (e->kind) {
    case EV_MARKER:
        mark(&b.ids[e->id], b.ids[e->id].parts[e->index]);
        marker_arrived(&b.ids[e->id]);
        break;
    case EV_GROUP_MARKER:
        group_marker(&b.ids[e->id], e->index);
        break;
    case EV_END_TXN:
        rc = broker_end_txn(&e->producer, e->commit);
        sim_trace("a late EndTxn (%s) of epoch %d arrives: %s", e->commit ? "commit" : "abort",
                  e->producer.epoch, rd_kafka_err2name(rc));
        break;
    case EV_INIT:
        sim_trace("a late InitProducerId arrives");
        (void)broker_init_producer(e->group, e->generation, &e->producer);
        break;
    case EV_TXN_OFFSETS:
        rc = broker_txn_offsets(&e->producer, &m, e->offsets, e->offsets_n);
        sim_trace("late offsets of epoch %d arrive: %s", e->producer.epoch, rd_kafka_err2name(rc));
        break;
    }
    sim_wake_all();
}

void broker_late_end_txn(const sim_producer *p, bool commit, int64_t us)
{
    event *e = add_event(EV_END_TXN, us);
    e->producer = *p;
    e->commit = commit;
}

void broker_late_init(const char *transactional_id, int timeout_ms, int64_t us)
{
    event *e = add_event(EV_INIT, us);
    snprintf(e->group, sizeof e->group, "%s", transactional_id);
    e->generation = timeout_ms;
}

void broker_late_txn_offsets(const sim_producer *p, const sim_member_of *m,
                             const sim_offset *offsets, size_t n, int64_t us)
{
    event *e = add_event(EV_TXN_OFFSETS, us);
    e->producer = *p;
    snprintf(e->group, sizeof e->group, "%s", m->group);
    snprintf(e->member, sizeof e->member, "%s", m->member);
    e->generation = m->generation;
    e->offsets = wr_calloc(n, sizeof *e->offsets);
    e->offsets_n = n;
    memcpy(e->offsets, offsets, n * sizeof *offsets);
}

static void abort_overdue(void)
{
    int64_t now = sim_now_us();
    if (now - b.looked_us < TXN_LOOK_US)
        return;
    b.looked_us = now;
    for (size_t i = 0; i < b.ids_n; i++) {
        txn_id *t = &b.ids[i];
        if (t->state == TXN_ONGOING && now - t->since_us > (int64_t)t->timeout_ms * 1000) {
            t->epoch++;
            end_txn(t, false);
        }
    }
}

static void *run(void *arg)
{
    (void)arg;
    while (!b.ends) {
        while (b.events && b.events->at_us <= sim_now_us()) {
            event *e = b.events;
            b.events = e->next;
            run_event(e);
            wr_free(e->offsets);
            wr_free(e);
        }
        for (size_t g = 0; g < b.groups_n; g++)
            look_after(&b.groups[g]);
        abort_overdue();
        int64_t next = sim_now_us() + LOOK_US;
        sim_wait_until_us(b.events ? WR_MIN(next, b.events->at_us) : next);
    }
    b.ended = true;
    return NULL;
}

/* ---- processes ---- */

void broker_process_dies(int process)
{
    b.dead[process] = true;
    sim_wake_all();
}

void broker_process_lives(int process)
{
    b.dead[process] = false;
}

bool broker_process_dead(int process)
{
    return process >= 0 && b.dead[process];
}

void broker_cut_off(int process, bool cut_off)
{
    b.cut_off[process] = cut_off;
}

bool broker_is_cut_off(int process)
{
    return process >= 0 && b.cut_off[process];
}

static void put_bytes(const char *bytes, uint32_t n)
{
    for (uint32_t i = 0; bytes && i < n; i++)
        putchar(bytes[i] >= ' ' && bytes[i] < 127 ? bytes[i] : '.');
}

void broker_dump(void)
{
    static const char *const states[] = {"", "open", "committed", "aborted", "marker"};
    for (size_t t = 0; t < b.topics_n; t++) {
        for (int32_t p = 0; p < b.topics[t].n; p++) {
            const partition *part = &b.topics[t].parts[p];
            for (size_t i = 0; i < part->n; i++) {
                printf("%s/%d/%zu %s pid %lld  ", b.topics[t].name, p, i, states[part->v[i].state],
                       (long long)part->v[i].pid);
                put_bytes(part->v[i].key, part->v[i].key_len);
                printf(" = ");
                put_bytes(part->v[i].value, part->v[i].value_len);
                putchar('\n');
            }
        }
    }
}

/* ---- life ---- */

void broker_begin(void)
{
    memset(&b, 0, sizeof b);
    b.next_pid = 1;
    b.looked_us = sim_now_us();
    sim_set_process(SIM_NOBODY);
    sim_spawn(run, NULL);
}

void broker_end(void)
{
    b.ends = true;
    while (!b.ended)
        sim_sleep_us(1000);
    for (size_t i = 0; i < b.topics_n; i++)
        free_topic(&b.topics[i]);
    for (size_t i = 0; i < b.ids_n; i++) {
        wr_free(b.ids[i].name);
        wr_free(b.ids[i].offsets);
    }
    for (size_t i = 0; i < b.groups_n; i++) {
        for (size_t k = 0; k < b.groups[i].members_n; k++)
            free_member(&b.groups[i].members[k]);
        wr_free(b.groups[i].name);
        wr_free(b.groups[i].members);
        wr_free(b.groups[i].transacted);
        wr_free(b.groups[i].offsets);
    }
    while (b.events) {
        event *e = b.events;
        b.events = e->next;
        wr_free(e->offsets);
        wr_free(e);
    }
    wr_free(b.topics);
    wr_free(b.ids);
    wr_free(b.groups);
}
