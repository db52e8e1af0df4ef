/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request at a time: a broker is brought up, asked, and its answer waited for. What passes
 * (a coordinator that loads, a leader that moves) is asked again until the time is over.
 */
#include "runtime/log/wire/undecided.h"
#include "runtime/log/wire/wire_cluster.h"
#include "runtime/log/wire/wire_loop.h"

#include <stdio.h>

#define OFFSETS "__consumer_offsets"

enum {
    AGAIN_MS = 20,
    TRANSACTION_MS = 60000, /* the next producer of the id says its own */
};

struct wr_wire_undecided {
    const wr_wire_config *config;
    wr_wire_undecided_options o;
    wr_wire_loop loop;
    wr_wire_answers answers;
    wr_wire_cluster cluster;
    int64_t deadline_ms;
    wr_wire_node *node;     /* that is asked; NULL: nobody */
    wr_wire_api api;        /* what it is asked */
    wr_wire_answer *answer; /* of that; NULL: not yet */
    wr_wire_answer *brokers;
    wr_wire_metadata leaders; /* in `brokers` */
    bool commits;             /* the last transaction was committed */
};

/* ---- life ---- */

weir_status wr__wire_undecided_new(const wr_wire_config *config,
                                   const wr_wire_undecided_options *options,
                                   wr_wire_undecided **out, weir_error *err)
{
    WR_ASSERT(options->id[0] && options->timeout_ms > 0 && options->group_prefix);
    WR_ASSERT(options->turn_ms > 0);
    wr_wire_undecided *u = wr_calloc(1, sizeof *u);
    u->config = config;
    u->o = *options;
    u->deadline_ms = wr__wire_now_ms() + options->timeout_ms;
    weir_status st = wr__wire_loop_init(&u->loop, err);
    if (st == WEIR_OK)
        st = wr__wire_cluster_init(&u->cluster, config, u->loop.epoll_fd, &u->answers, err);
    if (st != WEIR_OK) {
        wr__wire_undecided_free(u);
        return st;
    }
    *out = u;
    return WEIR_OK;
}

static void give_back(wr_wire_undecided *u, wr_wire_answer **answer)
{
    if (*answer)
        wr__wire_answer_give_back(&u->answers, *answer);
    *answer = NULL;
}

void wr__wire_undecided_free(wr_wire_undecided *u)
{
    if (!u)
        return;
    give_back(u, &u->answer);
    give_back(u, &u->brokers);
    wr__wire_cluster_free(&u->cluster);
    wr__wire_answers_free(&u->answers);
    wr__wire_loop_free(&u->loop);
    wr_free(u);
}

/* ---- waiting ---- */

/* An error that is worth another attempt, by the caller. */
static weir_status passing(weir_error *err, const char *what, int code)
{
    wr_error(err, WEIR_ERR_LOG, "%s (Kafka's error %d)", what, code);
    err->flags |= WEIR_ERROR_RETRIABLE;
    return err->code;
}

static void take_brokers(wr_wire_undecided *u, wr_wire_node *from, wr_wire_answer *a)
{
    weir_error why;
    wr_wire_metadata leaders;
    weir_status st = wr__wire_cluster_take(&u->cluster, from, a, &leaders, &why);
    if (st != WEIR_OK)
        wr__wire_connection_refuse(from->connection, &why);
    if (st != WEIR_OK || u->cluster.wanted) { /* of other topics than those of now */
        wr__wire_answer_give_back(&u->answers, a);
        return;
    }
    give_back(u, &u->brokers);
    u->brokers = a;
    u->leaders = leaders;
}

static void take_answers(wr_wire_undecided *u)
{
    for (uint32_t i = 0; i < u->cluster.n; i++) {
        wr_wire_node *node = u->cluster.nodes[i];
        wr_wire_answer *a;
        while ((a = wr__wire_connection_answer(node->connection))) {
            if (a->api == WR_WIRE_METADATA)
                take_brokers(u, node, a);
            else if (node == u->node && a->api == u->api && !u->answer)
                u->answer = a;
            else
                wr__wire_answer_give_back(&u->answers, a); /* nobody waits for it any more */
        }
    }
}

/* Wait a little, and take what comes. */
static weir_status turn(wr_wire_undecided *u, weir_error *err)
{
    int64_t now = wr__wire_now_ms();
    bool woken = false;
    if (u->o.go_on)
        WR_TRY(u->o.go_on(u->o.arg, err));
    if (now >= u->deadline_ms)
        return passing(err, "Looking for undecided records: not answered in time",
                       WR_WIRE_REQUEST_TIMED_OUT);
    wr__wire_cluster_tend(&u->cluster, now);
    int64_t due = wr__wire_cluster_due(&u->cluster);
    if (u->node) {
        wr__wire_connection_tend(u->node->connection, now);
        due = WR_MIN(due, wr__wire_connection_due(u->node->connection));
    }
    int64_t until = WR_MIN(u->deadline_ms, now + u->o.turn_ms);
    (void)wr__wire_loop_wait(&u->loop, wr__wire_loop_until(now, due, until), &woken);
    take_answers(u);
    return WEIR_OK;
}

static weir_status pause_ms(wr_wire_undecided *u, int ms, weir_error *err)
{
    WR_ASSERT(ms > 0 && !u->node);
    for (int64_t end = wr__wire_now_ms() + ms; wr__wire_now_ms() < end;)
        WR_TRY(turn(u, err));
    return WEIR_OK;
}

/* ---- asking ---- */

typedef void (*put_body)(wr_buf *b, int16_t version, const void *arg);

/* The answer is u->answer, to be given back. One that is lost with its connection is asked for
 * again: nothing here does harm twice. */
static weir_status ask(wr_wire_undecided *u, wr_wire_node *node, wr_wire_api api, put_body put,
                       const void *arg, wr_wire_in *in, weir_error *err)
{
    WR_ASSERT(node && node->id >= 0 && !u->node);
    give_back(u, &u->answer);
    u->node = node;
    u->api = api;
    while (!u->answer) {
        while (!wr__wire_connection_ready(node->connection))
            WR_TRY(turn(u, err));
        int16_t version = wr__wire_connection_version(node->connection, api);
        if (version < 0)
            return wr_error(err, WEIR_ERR_UNSUPPORTED, "The broker has no request %d", (int)api);
        wr_buf *b = wr__wire_connection_begin(node->connection, api, version);
        put(b, version, arg);
        wr__wire_connection_send(node->connection, 0);
        uint32_t failures = wr__wire_connection_failures(node->connection);
        while (!u->answer && wr__wire_connection_failures(node->connection) == failures)
            WR_TRY(turn(u, err));
    }
    u->node = NULL;
    *in = wr__wire_in(u->answer->bytes + u->answer->body, u->answer->len - u->answer->body);
    return WEIR_OK;
}

/* Any that is there. */
static weir_status any_broker(wr_wire_undecided *u, wr_wire_node **out, weir_error *err)
{
    for (;; wr__wire_cluster_refresh(&u->cluster)) {
        for (uint32_t i = 0; i < u->cluster.n; i++) {
            *out = u->cluster.nodes[i];
            if ((*out)->id >= 0 && wr__wire_connection_ready((*out)->connection))
                return WEIR_OK;
        }
        for (uint32_t i = 0; i < u->cluster.n && !u->node; i++)
            if (u->cluster.nodes[i]->id >= 0)
                u->node = u->cluster.nodes[i];
        WR_TRY(turn(u, err));
        u->node = NULL;
    }
}

static bool passes(int16_t code)
{
    return code == WR_WIRE_COORDINATOR_LOAD_IN_PROGRESS || code == WR_WIRE_NOT_COORDINATOR ||
           code == WR_WIRE_COORDINATOR_NOT_AVAILABLE || code == WR_WIRE_CONCURRENT_TRANSACTIONS;
}

/* ---- the coordinator ---- */

static void put_find(wr_buf *b, int16_t version, const void *arg)
{
    wr__wire_put_find_coordinator(b, version, arg);
}

static weir_status coordinator(wr_wire_undecided *u, wr_wire_node **out, weir_error *err)
{
    for (;;) {
        wr_wire_node *any;
        wr_wire_in in;
        wr_wire_coordinator c;
        WR_TRY(any_broker(u, &any, err));
        WR_TRY(ask(u, any, WR_WIRE_FIND_COORDINATOR, put_find, u->o.id, &in, err));
        WR_TRY(wr__wire_read_find_coordinator(&in, u->answer->version, &c, err));
        if (c.error == WR_WIRE_NONE) {
            wr__wire_cluster_note(&u->cluster, &c.broker);
            *out = wr__wire_cluster_node(&u->cluster, c.broker.id);
            if (*out)
                return WEIR_OK;
        } else if (c.error == WR_WIRE_TRANSACTIONAL_ID_AUTHORIZATION_FAILED) {
            return wr_error(err, WEIR_ERR_UNSUPPORTED, "%s may not be described", u->o.id);
        } else if (!passes(c.error)) {
            return passing(err, "Looking for the coordinator of a transactional id", c.error);
        }
        WR_TRY(pause_ms(u, AGAIN_MS, err));
    }
}

static void put_describe(wr_buf *b, int16_t version, const void *arg)
{
    (void)version;
    wr__wire_put_describe_transaction(b, arg);
}

/* producer_id -1: the id is not known. */
static weir_status describe(wr_wire_undecided *u, wr_wire_transaction *out, weir_error *err)
{
    for (;;) {
        wr_wire_node *node;
        wr_wire_in in;
        WR_TRY(coordinator(u, &node, err));
        WR_TRY(ask(u, node, WR_WIRE_DESCRIBE_TRANSACTIONS, put_describe, u->o.id, &in, err));
        WR_TRY(wr__wire_read_describe_transaction(&in, out, err));
        if (out->error == WR_WIRE_NONE)
            return WEIR_OK;
        if (out->error == WR_WIRE_TRANSACTIONAL_ID_NOT_FOUND) {
            out->producer_id = -1;
            return WEIR_OK;
        }
        if (out->error == WR_WIRE_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
            return wr_error(err, WEIR_ERR_UNSUPPORTED, "%s may not be described", u->o.id);
        if (!passes(out->error))
            return passing(err, "Describing a transactional id", out->error);
        WR_TRY(pause_ms(u, AGAIN_MS, err));
    }
}

weir_status wr__wire_undecided_look(wr_wire_undecided *u, weir_error *err)
{
    wr_wire_transaction t;
    WR_ASSERT(!u->answer && !u->commits); /* once */
    wr__wire_cluster_set_topics(&u->cluster, NULL, 0);
    wr__wire_cluster_refresh(&u->cluster);
    WR_TRY(describe(u, &t, err));
    u->commits = t.producer_id >= 0 && wr_str_eq_c(t.state, "CompleteCommit");
    return WEIR_OK;
}

static void put_init(wr_buf *b, int16_t version, const void *arg)
{
    wr__wire_put_init_producer_id(b, version, wr_str_c(arg), TRANSACTION_MS);
}

weir_status wr__wire_undecided_take_up(wr_wire_undecided *u, weir_error *err)
{
    for (;;) {
        wr_wire_node *node;
        wr_wire_in in;
        wr_wire_producer_given given;
        WR_TRY(coordinator(u, &node, err));
        WR_TRY(ask(u, node, WR_WIRE_INIT_PRODUCER_ID, put_init, u->o.id, &in, err));
        WR_TRY(wr__wire_read_init_producer_id(&in, u->answer->version, &given, err));
        if (given.error == WR_WIRE_NONE)
            return WEIR_OK;
        if (!passes(given.error))
            return passing(err, "Taking up a transactional id", given.error);
        WR_TRY(pause_ms(u, AGAIN_MS, err));
    }
}

/* ---- who leads what ---- */

typedef wr_arr(wr_wire_ask) asks;

/* The partitions that it leads; those of a topic stand next to each other. */
static void by_leader(const wr_wire_metadata *m, int32_t leader, wr_arena *a, asks *out)
{
    for (uint32_t t = 0; t < m->topics_n; t++) {
        const wr_wire_topic *topic = &m->topics[t];
        if (topic->error != WR_WIRE_NONE || !topic->name.ptr)
            continue;
        const char *name = wr_arena_strndup(a, topic->name.ptr, topic->name.len);
        for (uint32_t i = 0; i < topic->n; i++) {
            const wr_wire_ask one = {.topic = name, .partition = topic->partitions[i].partition};
            if (topic->partitions[i].leader == leader)
                wr_arr_push(a, out, one);
        }
    }
}

static const wr_wire_leader *leaderless(const wr_wire_metadata *m, const wr_wire_topic **topic)
{
    for (uint32_t t = 0; t < m->topics_n; t++) {
        *topic = &m->topics[t];
        if ((*topic)->error != WR_WIRE_NONE || (*topic)->internal)
            continue; /* whoever needs a partition of Kafka's own waits for its leader anyway */
        for (uint32_t i = 0; i < (*topic)->n; i++)
            if ((*topic)->partitions[i].leader < 0)
                return &(*topic)->partitions[i];
    }
    return NULL;
}

/* A topic that is just being made, or one that may not be seen, is told apart from one that is
 * gone. */
static bool is_unsettled(const wr_wire_metadata *m)
{
    for (uint32_t t = 0; t < m->topics_n; t++)
        if (m->topics[t].error == WR_WIRE_LEADER_NOT_AVAILABLE)
            return true;
    return false;
}

/* Waiting has ended with @p st; where that is for want of time, say of which partition. */
static weir_status without_leader(const wr_wire_undecided *u, const char *missing, weir_status st,
                                  weir_error *err)
{
    WR_ASSERT(st != WEIR_OK);
    if (!missing[0] || wr__wire_now_ms() < u->deadline_ms)
        return st;
    wr_error(err, WEIR_ERR_LOG,
             "%s has no leader, who would know whether records of an earlier transaction are "
             "undecided there",
             missing);
    (void)wr_error_hint(err, "Delete the topic if nobody needs it, or see "
                             "weir.transactions.end.undecided.");
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_LOG;
}

static weir_status find_leaders(wr_wire_undecided *u, weir_error *err)
{
    char missing[300] = ""; /* a partition without a leader, at the last look */
    for (;;) {
        WR_ASSERT(!u->node); /* nobody else is asked */
        weir_status st = WEIR_OK;
        give_back(u, &u->brokers);
        wr__wire_cluster_refresh(&u->cluster);
        while (st == WEIR_OK && !u->brokers)
            st = turn(u, err);
        if (st != WEIR_OK)
            return without_leader(u, missing, st, err);
        const wr_wire_topic *topic;
        const wr_wire_leader *one = leaderless(&u->leaders, &topic);
        if (!one && !is_unsettled(&u->leaders))
            return WEIR_OK;
        if (one)
            snprintf(missing, sizeof missing, "Topic %.*s partition %d", (int)topic->name.len,
                     topic->name.ptr, one->partition);
        st = pause_ms(u, AGAIN_MS, err);
        if (st != WEIR_OK)
            return without_leader(u, missing, st, err);
    }
}

/* ---- what is undecided ---- */

static void put_producers(wr_buf *b, int16_t version, const void *arg)
{
    const asks *all = arg;
    (void)version;
    wr__wire_put_describe_producers(b, all->v, (uint32_t)all->n);
}

/* Those of a leader's partitions with open records of the producer, into @p out. *moved: a leader
 * has changed. */
static weir_status look_at_leader(wr_wire_undecided *u, wr_wire_node *node, int64_t producer_id,
                                  wr_arena *a, asks *out, bool *moved,
                                  wr_wire_undecided_found *found, weir_error *err)
{
    asks all = {0};
    WR_ASSERT(node->id >= 0 && out && moved);
    wr_wire_opens open;
    wr_wire_in in;
    WR_ASSERT(producer_id >= 0);
    by_leader(&u->leaders, node->id, a, &all);
    if (all.n == 0)
        return WEIR_OK;
    WR_TRY(ask(u, node, WR_WIRE_DESCRIBE_PRODUCERS, put_producers, &all, &in, err));
    WR_TRY(wr__wire_read_describe_producers(&in, a, &open, err));
    for (uint32_t i = 0; i < open.n; i++) {
        const wr_wire_open *o = &open.v[i];
        if (o->error == WR_WIRE_TOPIC_AUTHORIZATION_FAILED)
            snprintf(found->unseen, sizeof found->unseen, "%.*s", (int)o->topic.len, o->topic.ptr);
        else if (o->error != WR_WIRE_NONE)
            *moved = true;
        if (o->producer_id != producer_id)
            continue;
        const wr_wire_ask one = {.topic = wr_arena_strndup(a, o->topic.ptr, o->topic.len),
                                 .partition = o->partition,
                                 .at = o->first_offset};
        wr_arr_push(a, out, one);
    }
    return WEIR_OK;
}

static weir_status find_open(wr_wire_undecided *u, int64_t producer_id, wr_arena *a, asks *out,
                             wr_wire_undecided_found *found, weir_error *err)
{
    for (;;) {
        bool moved = false;
        *out = (asks){0};
        WR_TRY(find_leaders(u, err));
        for (uint32_t i = 0; i < u->leaders.brokers_n; i++) {
            wr_wire_node *node = wr__wire_cluster_node(&u->cluster, u->leaders.brokers[i].id);
            if (node)
                WR_TRY(look_at_leader(u, node, producer_id, a, out, &moved, found, err));
        }
        if (!moved)
            return WEIR_OK;
        WR_TRY(pause_ms(u, AGAIN_MS, err));
    }
}

/* ---- ending it ---- */

typedef struct ending {
    wr_wire_txn_producer producer;
    asks parts;        /* but those of OFFSETS */
    const char *group; /* for one of these */
    bool commit;
} ending;

static void put_add(wr_buf *b, int16_t version, const void *arg)
{
    const ending *e = arg;
    wr__wire_put_add_partitions(b, version, &e->producer, e->parts.v, (uint32_t)e->parts.n);
}

static void put_add_offsets(wr_buf *b, int16_t version, const void *arg)
{
    const ending *e = arg;
    wr__wire_put_add_offsets(b, version, &e->producer, e->group);
}

static void put_end(wr_buf *b, int16_t version, const void *arg)
{
    const ending *e = arg;
    wr__wire_put_end_txn(b, version, &e->producer, e->commit);
}

/* Until the coordinator takes it. */
static weir_status tell_coordinator(wr_wire_undecided *u, wr_wire_api api, put_body put,
                                    const ending *e, weir_error *err)
{
    for (;;) {
        wr_wire_node *node;
        wr_wire_in in;
        int16_t code;
        WR_TRY(coordinator(u, &node, err));
        WR_TRY(ask(u, node, api, put, e, &in, err));
        if (api == WR_WIRE_ADD_PARTITIONS_TO_TXN)
            WR_TRY(wr__wire_read_add_partitions(&in, u->answer->version, &code, err));
        else
            WR_TRY(wr__wire_read_txn_error(&in, api, u->answer->version, &code, err));
        if (code == WR_WIRE_NONE)
            return WEIR_OK;
        if (!passes(code))
            return passing(err, "Ending undecided records", code);
        WR_TRY(pause_ms(u, AGAIN_MS, err));
    }
}

/* How many partitions OFFSETS has; by Metadata. */
static uint32_t offsets_partitions(const wr_wire_metadata *m)
{
    for (uint32_t t = 0; t < m->topics_n; t++)
        if (wr_str_eq_c(m->topics[t].name, OFFSETS))
            return m->topics[t].n;
    return 0;
}

/* Java's String.hashCode, which says where the offsets of a group are. */
static uint32_t java_hash(const char *s)
{
    uint32_t h = 0;
    for (; *s; s++)
        h = h * 31 + (uint8_t)*s;
    return h;
}

/* A group whose offsets are in this partition. It need not exist. */
static void name_group(const wr_wire_undecided *u, int32_t partition, char *out, size_t size)
{
    uint32_t partitions = offsets_partitions(&u->leaders), hash;
    WR_ASSERT(partitions > 0 && partition >= 0 && (uint32_t)partition < partitions);
    for (uint32_t i = 0;; i++) {
        snprintf(out, size, "%s%u", u->o.group_prefix, i);
        hash = java_hash(out);
        hash = hash == 0x80000000u ? 0 : hash > 0x80000000u ? 0u - hash : hash;
        if (hash % partitions == (uint32_t)partition)
            return;
    }
}

static weir_status end_parts(wr_wire_undecided *u, const wr_wire_transaction *t, const asks *parts,
                             wr_arena *a, weir_error *err)
{
    char group[256];
    ending e = {{u->o.id, t->producer_id, t->epoch}, {0}, group, u->commits};
    WR_ASSERT(t->producer_id >= 0 && parts->n > 0);
    for (size_t i = 0; i < parts->n; i++) {
        if (strcmp(parts->v[i].topic, OFFSETS) != 0) {
            wr_arr_push(a, &e.parts, parts->v[i]);
            continue;
        }
        name_group(u, parts->v[i].partition, group, sizeof group);
        WR_TRY(tell_coordinator(u, WR_WIRE_ADD_OFFSETS_TO_TXN, put_add_offsets, &e, err));
    }
    if (e.parts.n > 0)
        WR_TRY(tell_coordinator(u, WR_WIRE_ADD_PARTITIONS_TO_TXN, put_add, &e, err));
    return tell_coordinator(u, WR_WIRE_END_TXN, put_end, &e, err);
}

static void note(wr_wire_undecided_found *found, const asks *parts, bool commits)
{
    WR_ASSERT(parts->n > 0);
    if (found->partitions > 0)
        return;
    found->partitions = (uint32_t)parts->n;
    snprintf(found->topic, sizeof found->topic, "%s", parts->v[0].topic);
    found->partition = parts->v[0].partition;
    found->offset = parts->v[0].at;
    found->committed = commits;
}

weir_status wr__wire_undecided_end(wr_wire_undecided *u, const char *const *topics, uint32_t n,
                                   wr_wire_undecided_found *out, weir_error *err)
{
    wr_wire_transaction t;
    *out = (wr_wire_undecided_found){0};
    WR_ASSERT(topics && n > 0);
    WR_TRY(describe(u, &t, err));
    if (t.producer_id < 0)
        return WEIR_OK;
    wr__wire_cluster_set_topics(&u->cluster, topics, n);
    weir_status st = WEIR_OK;
    for (bool done = false; st == WEIR_OK && !done;) {
        wr_arena *a = wr_arena_new(0);
        asks parts = {0};
        st = find_open(u, t.producer_id, a, &parts, out, err);
        done = st == WEIR_OK && parts.n == 0;
        if (st == WEIR_OK && !done) {
            note(out, &parts, u->commits);
            st = end_parts(u, &t, &parts, a, err);
        }
        wr_arena_free(a);
        if (st == WEIR_OK && !done)
            st = pause_ms(u, AGAIN_MS, err); /* its markers are on their way */
    }
    return st;
}
