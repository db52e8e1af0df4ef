/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes, leaders, sessions, and the answers to requests (node.h).
 *
 * A request is taken (what it changes happens), then answered, perhaps later: a Fetch waits for
 * records. A partition stands alone in its topic's array in answers; that is allowed, and so each
 * of them is written where it is found.
 */
#include "node.h"
#include "net.h"

#include "runtime/log/wire/messages.h"
#include "runtime/log/wire/record_batch.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SESSIONS = 16,     /* of a node; the oldest goes */
    BATCH_RECORDS = 8, /* offsets of a batch: from a multiple of it on */
    LEARN_MAX_US = 3000000,
};

uint64_t sim_node_answers[NODE_APIS], sim_node_elections;

/* Since an epoch a partition has a leader. */
typedef struct reign {
    int32_t node;
    int64_t start; /* first offset of it */
    int64_t learnt_us[NODES];
    int64_t lag_end; /* the high watermark of the new leader, until */
    int64_t lag_until_us;
} reign;

typedef struct lead {
    reign *v; /* by epoch */
    int32_t n;
} lead;

/* What a Fetch asks of a partition. */
typedef struct wanted {
    sim_part part;
    int32_t epoch;
    int64_t offset;
    int64_t told_end; /* the high watermark that it was told last; -1: none */
} wanted;

typedef struct session {
    int32_t id, epoch;
    bool by_id;
    wanted *v;
    size_t n;
} session;

struct node_request {
    int node;
    int16_t api, version;
    int32_t correlation;
    char *bytes;
    size_t n;
    wr_wire_in body;
    /* Fetch */
    int16_t error; /* of its session */
    int32_t session;
    bool whole, committed; /* whole: the answer has all partitions */
    int32_t min_bytes;
    int64_t until_us;
    wanted *v;
    size_t v_n;
};

static struct {
    int64_t down_until_us[NODES], still_until_us[NODES];
    session sessions[NODES][SESSIONS];
    int32_t next_session;
    lead **leads; /* by topic and partition */
    int *leads_n;
    int topics_n;
    int16_t fetch_max, produce_max;
    wr_wire_codec *codec;
    wr_arena *arena;
} nodes;

/* ---- nodes ---- */

/* What stands down comes back when its time is over: looked at whenever somebody asks. */
bool node_is_up(int node)
{
    return sim_now_us() >= nodes.down_until_us[node];
}

bool node_stands_still(int node)
{
    return sim_now_us() < nodes.still_until_us[node];
}

static void free_sessions(int node)
{
    for (size_t i = 0; i < SESSIONS; i++) {
        wr_free(nodes.sessions[node][i].v);
        nodes.sessions[node][i] = (session){0};
    }
}

void node_begin(void)
{
    memset(&nodes, 0, sizeof nodes);
    nodes.next_session = 1;
    nodes.fetch_max = (int16_t)(12 + sim_below(5));
    nodes.produce_max = (int16_t)(9 + sim_below(5));
    nodes.codec = wr__wire_codec_new();
    nodes.arena = wr_arena_new(0);
}

void node_end(void)
{
    for (int t = 0; t < nodes.topics_n; t++) {
        for (int p = 0; p < nodes.leads_n[t]; p++)
            wr_free(nodes.leads[t][p].v);
        wr_free(nodes.leads[t]);
    }
    wr_free((void *)nodes.leads);
    wr_free(nodes.leads_n);
    for (int i = 0; i < NODES; i++)
        free_sessions(i);
    wr__wire_codec_free(nodes.codec);
    wr_arena_free(nodes.arena);
}

/* ---- leaders ---- */

static lead *lead_of(sim_part part)
{
    if (part.topic >= nodes.topics_n) {
        nodes.leads =
            wr_realloc((void *)nodes.leads, (size_t)(part.topic + 1) * sizeof *nodes.leads);
        nodes.leads_n = wr_realloc(nodes.leads_n, (size_t)(part.topic + 1) * sizeof *nodes.leads_n);
        for (; nodes.topics_n <= part.topic; nodes.topics_n++) {
            int32_t n = broker_partitions(nodes.topics_n);
            nodes.leads_n[nodes.topics_n] = n;
            nodes.leads[nodes.topics_n] = wr_calloc((size_t)n + 1, sizeof(lead));
        }
    }
    WR_ASSERT(part.partition >= 0 && part.partition < nodes.leads_n[part.topic]);
    lead *l = &nodes.leads[part.topic][part.partition];
    if (!l->v) {
        l->v = wr_calloc(1, sizeof *l->v);
        l->v[l->n++].node = (part.topic + part.partition) % NODES;
    }
    return l;
}

/* The epoch that a node believes in. */
static int32_t believed(int node, const lead *l)
{
    int32_t e = l->n - 1;
    while (e > 0 && sim_now_us() < l->v[e].learnt_us[node])
        e--;
    return e;
}

static void elect(sim_part part, int avoid)
{
    lead *l = lead_of(part);
    int candidates[NODES], n = 0;
    for (int i = 0; i < NODES; i++)
        if (i != avoid && node_is_up(i))
            candidates[n++] = i;
    if (n == 0)
        return; /* nobody is there: it has no leader until the old one is back */
    l->v = wr_realloc(l->v, (size_t)(l->n + 1) * sizeof *l->v);
    reign *e = &l->v[l->n++];
    *e = (reign){.node = candidates[sim_below((uint64_t)n)], .start = broker_end_of(part, false)};
    for (int i = 0; i < NODES; i++)
        e->learnt_us[i] = sim_now_us() + (int64_t)sim_below(sim_one_in(8) ? LEARN_MAX_US : 30000);
    if (sim_one_in(2)) {
        e->lag_end = e->start - (int64_t)sim_below(5);
        e->lag_until_us = sim_now_us() + (int64_t)sim_below(1000000);
    }
    sim_node_elections++;
    sim_trace("%s/%d is led by node %d, epoch %d", broker_topic_name(part.topic), part.partition,
              e->node, l->n - 1);
}

/* What can be seen of it at its leader: the high watermark. */
static int64_t end_at(sim_part part, const reign *e)
{
    int64_t end = broker_end_of(part, false);
    return sim_now_us() < e->lag_until_us ? WR_MIN(end, WR_MAX(e->lag_end, (int64_t)0)) : end;
}

/* Is the node its leader, as somebody thinks who knows this epoch (-1: none)? */
static int16_t check_leader(int node, sim_part part, int32_t epoch_known)
{
    if (part.partition >= broker_partitions(part.topic))
        return WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION;
    const lead *l = lead_of(part);
    int32_t e = believed(node, l);
    if (epoch_known >= 0 && epoch_known < e)
        return WR_WIRE_FENCED_LEADER_EPOCH;
    if (epoch_known > e)
        return WR_WIRE_UNKNOWN_LEADER_EPOCH;
    /* One that has not heard that it leads no more cannot have anything acknowledged either. */
    return l->v[e].node == node && e == l->n - 1 ? WR_WIRE_NONE : WR_WIRE_NOT_LEADER;
}

static void elect_all_of(int node)
{
    for (int t = 0; t < broker_topics_n(); t++)
        for (int32_t p = 0; p < broker_partitions(t); p++) {
            const sim_part part = {t, p};
            const lead *l = lead_of(part);
            if (l->v[l->n - 1].node == node)
                elect(part, node);
        }
}

void node_happen(void)
{
    int node = (int)sim_below(NODES), topic = (int)sim_below((uint64_t)broker_topics_n());
    int64_t until = sim_now_us() + (int64_t)sim_below(sim_one_in(3) ? 15000000 : 2000000);
    switch (sim_below(4)) {
    case 0:
        sim_trace("node %d dies", node);
        nodes.down_until_us[node] = until;
        free_sessions(node);
        net_node_dies(node);
        elect_all_of(node);
        break;
    case 1:
        sim_trace("node %d stands still", node);
        nodes.still_until_us[node] = until;
        if (sim_one_in(2)) /* it is taken for dead */
            elect_all_of(node);
        break;
    case 2:
        free_sessions(node);
        break;
    default:
        for (int32_t p = 0; p < broker_partitions(topic); p++)
            if (sim_one_in(2))
                elect((sim_part){topic, p}, -1);
    }
}

void node_heal(void)
{
    for (int i = 0; i < NODES; i++)
        nodes.down_until_us[i] = nodes.still_until_us[i] = 0;
}

/* ---- topics by name and by id ---- */

static wr_wire_uuid id_of(int topic)
{
    wr_wire_uuid id = {.bytes = {0x51, 0x6d}};
    id.bytes[15] = (uint8_t)(topic + 1);
    return id;
}

static int read_topic(wr_wire_in *in, bool by_id)
{
    char name[256];
    if (by_id) {
        int topic = wr__wire_uuid(in)[15] - 1;
        WR_ASSERT(topic >= 0 && topic < broker_topics_n()); /* none is ever deleted here */
        return topic;
    }
    wr_str s = wr__wire_str(in, true);
    WR_ASSERT(s.len < sizeof name);
    snprintf(name, sizeof name, "%.*s", (int)s.len, s.ptr);
    return broker_topic(name);
}

/* One topic with one partition. */
static void put_topic(wr_buf *b, int topic, bool by_id)
{
    wr_wire_uuid id = id_of(topic);
    if (by_id)
        wr__wire_put_uuid(b, id.bytes);
    else
        wr__wire_put_str(b, wr_str_c(broker_topic_name(topic)), true);
    wr__wire_put_array(b, 1, true);
}

/* A tagged field that says who leads the partition, or none: nodes do not always say so. */
static void put_leader(wr_buf *b, const node_request *r, sim_part part, int16_t error, uint32_t tag)
{
    bool says =
        (error == WR_WIRE_NOT_LEADER || error == WR_WIRE_FENCED_LEADER_EPOCH) && sim_one_in(2);
    wr__wire_put_uvarint(b, says);
    if (!says)
        return;
    const lead *l = lead_of(part);
    int32_t e = believed(r->node, l);
    wr__wire_put_uvarint(b, tag);
    wr__wire_put_uvarint(b, 9);
    wr__wire_put_i32(b, l->v[e].node);
    wr__wire_put_i32(b, e);
    wr__wire_put_no_tags(b, true);
}

/* ---- ApiVersions, Metadata ---- */

static void answer_versions(wr_buf *b)
{
    const struct {
        int16_t api, min, max;
    } known[] = {
        {WR_WIRE_PRODUCE, 3, nodes.produce_max},
        {WR_WIRE_FETCH, 4, nodes.fetch_max},
        {WR_WIRE_LIST_OFFSETS, 1, 7},
        {WR_WIRE_METADATA, 0, 12},
        {WR_WIRE_API_VERSIONS, 0, 3},
        {WR_WIRE_INIT_PRODUCER_ID, 0, 5},
        {WR_WIRE_OFFSET_FOR_LEADER_EPOCH, 2, 4},
    };
    wr__wire_put_i16(b, WR_WIRE_NONE);
    wr__wire_put_array(b, WR_ARRAY_LEN(known), true);
    for (size_t i = 0; i < WR_ARRAY_LEN(known); i++) {
        wr__wire_put_i16(b, known[i].api);
        wr__wire_put_i16(b, known[i].min);
        wr__wire_put_i16(b, known[i].max);
        wr__wire_put_no_tags(b, true);
    }
    wr__wire_put_i32(b, 0); /* throttling */
    wr__wire_put_no_tags(b, true);
}

static void put_metadata_partition(wr_buf *b, const node_request *r, sim_part part)
{
    const lead *l = lead_of(part);
    int32_t e = believed(r->node, l);
    bool led = node_is_up(l->v[e].node);
    wr__wire_put_i16(b, led ? WR_WIRE_NONE : WR_WIRE_LEADER_NOT_AVAILABLE);
    wr__wire_put_i32(b, part.partition);
    wr__wire_put_i32(b, led ? l->v[e].node : -1);
    wr__wire_put_i32(b, e);
    for (int list = 0; list < 2; list++) { /* replicas, those in sync */
        wr__wire_put_array(b, NODES, true);
        for (int32_t i = 0; i < NODES; i++)
            wr__wire_put_i32(b, i);
    }
    wr__wire_put_array(b, 0, true); /* away */
    wr__wire_put_no_tags(b, true);
}

static void put_metadata_topic(wr_buf *b, const node_request *r, wr_str name)
{
    char text[256];
    snprintf(text, sizeof text, "%.*s", (int)name.len, name.ptr);
    int topic = broker_topic(text);
    wr_wire_uuid id = topic >= 0 ? id_of(topic) : (wr_wire_uuid){0};
    wr__wire_put_i16(b, topic >= 0 ? WR_WIRE_NONE : WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION);
    wr__wire_put_str(b, name, true);
    wr__wire_put_uuid(b, id.bytes);
    wr__wire_put_bool(b, false); /* internal */
    int32_t n = broker_partitions(topic);
    wr__wire_put_array(b, (uint32_t)n, true);
    for (int32_t p = 0; p < n; p++)
        put_metadata_partition(b, r, (sim_part){topic, p});
    wr__wire_put_i32(b, INT32_MIN); /* what may be done with it: not asked for */
    wr__wire_put_no_tags(b, true);
}

static void answer_metadata(node_request *r, wr_buf *b)
{
    wr__wire_put_i32(b, 0); /* throttling */
    wr__wire_put_array(b, NODES, true);
    for (int i = 0; i < NODES; i++) {
        wr__wire_put_i32(b, i);
        wr__wire_put_str(b, wr_str_c("127.0.0.1"), true);
        wr__wire_put_i32(b, NODE_PORT + i);
        wr__wire_put_str(b, (wr_str){0}, true); /* rack */
        wr__wire_put_no_tags(b, true);
    }
    wr__wire_put_str(b, wr_str_c("simulated"), true);
    wr__wire_put_i32(b, 0); /* controller */
    uint32_t n = wr__wire_array(&r->body, true, 18);
    wr__wire_put_array(b, n, true);
    for (uint32_t i = 0; i < n; i++) {
        (void)wr__wire_uuid(&r->body);
        put_metadata_topic(b, r, wr__wire_str(&r->body, true));
        wr__wire_tags_skip(&r->body, true);
    }
    (void)wr__wire_bool(&r->body); /* create them */
    (void)wr__wire_bool(&r->body); /* what may be done with them */
    wr__wire_put_no_tags(b, true);
}

/* ---- ListOffsets, OffsetForLeaderEpoch ---- */

static void answer_list_offsets(node_request *r, wr_buf *b)
{
    wr_wire_in *in = &r->body;
    (void)wr__wire_i32(in); /* a consumer */
    bool committed = wr__wire_i8(in) == 1;
    wr__wire_put_i32(b, 0); /* throttling */
    wr_buf parts = {0};
    uint32_t all = 0, topics = wr__wire_array(in, true, 3);
    for (uint32_t i = 0; i < topics; i++) {
        int topic = read_topic(in, false);
        uint32_t n = wr__wire_array(in, true, 17);
        for (uint32_t k = 0; k < n; k++, all++) {
            const sim_part part = {topic, wr__wire_i32(in)};
            int32_t known = wr__wire_i32(in);
            int64_t at = wr__wire_i64(in);
            wr__wire_tags_skip(in, true);
            WR_ASSERT(at == -1 || at == -2); /* times are librdkafka's to ask for */
            int16_t error = check_leader(r->node, part, known);
            const lead *l = lead_of(part);
            int64_t end = WR_MIN(end_at(part, &l->v[l->n - 1]), broker_end_of(part, committed));
            if (!error && at == -1 && end < l->v[l->n - 1].start && !committed)
                error = WR_WIRE_OFFSET_NOT_AVAILABLE;
            put_topic(&parts, topic, false);
            wr__wire_put_i32(&parts, part.partition);
            wr__wire_put_i16(&parts, error);
            wr__wire_put_i64(&parts, -1); /* the record's time */
            wr__wire_put_i64(&parts, error ? -1 : at == -1 ? end : 0);
            wr__wire_put_i32(&parts, error ? -1 : l->n - 1);
            wr__wire_put_no_tags(&parts, true);
            wr__wire_put_no_tags(&parts, true);
        }
        wr__wire_tags_skip(in, true);
    }
    wr__wire_put_array(b, all, true);
    wr_buf_str(b, wr_buf_view(&parts));
    wr__wire_put_no_tags(b, true);
    wr_buf_free(&parts);
}

/* Where an epoch ends: at the beginning of the next one. */
static void put_epoch_end(wr_buf *b, const node_request *r, sim_part part, int32_t known,
                          int32_t asked)
{
    const lead *l = lead_of(part);
    int16_t error = check_leader(r->node, part, known);
    bool there = !error && asked < l->n;
    int64_t end = broker_end_of(part, false);
    if (there && asked < l->n - 1)
        end = l->v[asked + 1].start;
    put_topic(b, part.topic, false);
    wr__wire_put_i16(b, error);
    wr__wire_put_i32(b, part.partition);
    wr__wire_put_i32(b, there ? asked : -1);
    wr__wire_put_i64(b, there ? end : -1);
    wr__wire_put_no_tags(b, true);
    wr__wire_put_no_tags(b, true);
}

static void answer_epoch_ends(node_request *r, wr_buf *b)
{
    wr_wire_in *in = &r->body;
    (void)wr__wire_i32(in); /* a consumer */
    wr__wire_put_i32(b, 0); /* throttling */
    wr_buf parts = {0};
    uint32_t all = 0, topics = wr__wire_array(in, true, 3);
    for (uint32_t i = 0; i < topics; i++) {
        int topic = read_topic(in, false);
        uint32_t n = wr__wire_array(in, true, 13);
        for (uint32_t k = 0; k < n; k++, all++) {
            const sim_part part = {topic, wr__wire_i32(in)};
            int32_t known = wr__wire_i32(in), asked = wr__wire_i32(in);
            wr__wire_tags_skip(in, true);
            put_epoch_end(&parts, r, part, known, asked);
        }
        wr__wire_tags_skip(in, true);
    }
    wr__wire_put_array(b, all, true);
    wr_buf_str(b, wr_buf_view(&parts));
    wr__wire_put_no_tags(b, true);
    wr_buf_free(&parts);
}

/* ---- Fetch: what is asked for ---- */

static session *find_session(int node, int32_t id)
{
    for (size_t i = 0; id && i < SESSIONS; i++)
        if (nodes.sessions[node][i].id == id)
            return &nodes.sessions[node][i];
    return NULL;
}

static session *new_session(int node, bool by_id)
{
    session *s = &nodes.sessions[node][0];
    for (size_t i = 1; i < SESSIONS; i++)
        if (nodes.sessions[node][i].id < s->id)
            s = &nodes.sessions[node][i];
    wr_free(s->v);
    *s = (session){.id = nodes.next_session++, .epoch = 1, .by_id = by_id};
    return s;
}

static size_t place_of(const wanted *v, size_t n, sim_part part)
{
    size_t i = 0;
    while (i < n && (v[i].part.topic != part.topic || v[i].part.partition != part.partition))
        i++;
    return i;
}

static void put_wanted(wanted **v, size_t *n, const wanted *w)
{
    size_t i = place_of(*v, *n, w->part);
    if (i == *n)
        *v = wr_realloc(*v, ++*n * sizeof **v);
    (*v)[i] = *w;
}

static void read_wanted(node_request *r)
{
    wr_wire_in *in = &r->body;
    bool by_id = r->version >= WR_WIRE_FETCH_BY_ID;
    uint32_t topics = wr__wire_array(in, true, 3);
    for (uint32_t i = 0; i < topics; i++) {
        int topic = read_topic(in, by_id);
        uint32_t n = wr__wire_array(in, true, 33);
        for (uint32_t k = 0; k < n; k++) {
            wanted w = {.part = {topic, wr__wire_i32(in)}, .told_end = -1};
            w.epoch = wr__wire_i32(in);
            w.offset = wr__wire_i64(in);
            (void)wr__wire_i32(in); /* the epoch last fetched: of replicas */
            (void)wr__wire_i64(in); /* where the log begins: of replicas */
            (void)wr__wire_i32(in); /* bytes */
            wr__wire_tags_skip(in, true);
            put_wanted(&r->v, &r->v_n, &w);
        }
        wr__wire_tags_skip(in, true);
    }
}

static void forget(wr_wire_in *in, bool by_id, session *s)
{
    uint32_t topics = wr__wire_array(in, true, 3);
    for (uint32_t i = 0; i < topics; i++) {
        int topic = read_topic(in, by_id);
        uint32_t n = wr__wire_array(in, true, 4);
        for (uint32_t k = 0; k < n; k++) {
            size_t at = place_of(s->v, s->n, (sim_part){topic, wr__wire_i32(in)});
            if (at < s->n)
                s->v[at] = s->v[--s->n];
        }
        wr__wire_tags_skip(in, true);
    }
}

/* What it changes of its session, and all that the session has into r->v. */
static void join_session(node_request *r, int32_t id, int32_t epoch)
{
    bool by_id = r->version >= WR_WIRE_FETCH_BY_ID;
    session *s = NULL;
    if (epoch <= 0) {
        s = find_session(r->node, id);
        if (s)
            s->id = 0;
        r->whole = true;
        if (epoch < 0 || sim_one_in(10)) /* as many as a node will have */
            return;
        s = new_session(r->node, by_id);
    } else if (!(s = find_session(r->node, id))) {
        r->error = WR_WIRE_FETCH_SESSION_ID_NOT_FOUND;
    } else if (s->by_id != by_id) {
        r->error = WR_WIRE_FETCH_SESSION_TOPIC_ID_ERROR;
    } else if (s->epoch != epoch) {
        r->error = WR_WIRE_INVALID_FETCH_SESSION_EPOCH;
    }
    if (r->error)
        return;
    r->session = s->id;
    for (size_t i = 0; i < r->v_n; i++)
        put_wanted(&s->v, &s->n, &r->v[i]);
    forget(&r->body, by_id, s);
    s->epoch += epoch > 0;
    r->v = wr_realloc(r->v, (s->n + 1) * sizeof *r->v);
    memcpy(r->v, s->v, s->n * sizeof *r->v);
    r->v_n = s->n;
}

static void take_fetch(node_request *r)
{
    wr_wire_in *in = &r->body;
    if (r->version <= 14)
        (void)wr__wire_i32(in); /* a consumer */
    int32_t wait_ms = wr__wire_i32(in);
    r->until_us = sim_now_us() + wait_ms * 1000ll;
    r->min_bytes = wr__wire_i32(in);
    (void)wr__wire_i32(in); /* bytes at most */
    r->committed = wr__wire_i8(in) == 1;
    int32_t id = wr__wire_i32(in), epoch = wr__wire_i32(in);
    read_wanted(r);
    join_session(r, id, epoch);
}

/* ---- Fetch: records ---- */

static bool same_batch(const sim_record *a, const sim_record *b)
{
    return a->pid == b->pid && (a->state == SIM_PLAIN) == (b->state == SIM_PLAIN) &&
           a->state != SIM_MARKER && b->state != SIM_MARKER;
}

static void set_head(char *batch, int64_t offset, int32_t epoch)
{
    wr_put_be64((uint8_t *)batch, (uint64_t)offset);
    wr_put_be32((uint8_t *)batch + 12, (uint32_t)epoch);
}

/* The epoch that an offset is of. */
static int32_t epoch_of(const lead *l, int64_t offset)
{
    int32_t e = l->n - 1;
    while (l->v[e].start > offset)
        e--;
    return e;
}

/* The batch that has this offset, up to @p end; it is of one epoch. @return the offset after it. */
static int64_t put_batch(wr_buf *b, sim_part part, int64_t offset, int64_t end)
{
    const lead *l = lead_of(part);
    int32_t epoch = epoch_of(l, offset);
    if (epoch < l->n - 1)
        end = WR_MIN(end, l->v[epoch + 1].start);
    const sim_record *first = broker_record(part, offset);
    while (offset % BATCH_RECORDS && offset > l->v[epoch].start &&
           same_batch(broker_record(part, offset - 1), first))
        first = broker_record(part, --offset);
    size_t at = b->len;
    int64_t next = offset;
    weir_error err;
    wr_wire_batch_writer w;
    wr__wire_batch_begin(&w, b);
    bool added = true;
    if (first->state == SIM_MARKER) {
        const char key[] = {0, 0, 0, (char)first->commits}, value[] = {0, 0, 0, 0, 0, 0};
        added = wr__wire_batch_add(&w, wr_str_make(key, sizeof key),
                                   wr_str_make(value, sizeof value), first->time_ms, NULL);
        next++;
    }
    for (; next < end && added && first->state != SIM_MARKER; next++) {
        const sim_record *r = broker_record(part, next);
        if (next > offset && (next % BATCH_RECORDS == 0 || !same_batch(first, r)))
            break;
        added = wr__wire_batch_add(&w, wr_str_make(r->key_len ? r->key : NULL, r->key_len),
                                   wr_str_make(r->value, r->value_len), r->time_ms, NULL);
    }
    weir_status st =
        wr__wire_batch_seal(&w, WR_CODEC_NONE, first->state != SIM_PLAIN, nodes.codec, NULL, &err);
    WR_ASSERT(added && st == WEIR_OK);
    set_head(b->ptr + at, offset, epoch);
    if (first->state == SIM_MARKER)
        b->ptr[at + 22] |= 0x20; /* control */
    const wr_wire_producer_id who = {first->pid, 0, 0};
    wr__wire_batch_stamp(b->ptr + at, &who);
    return next;
}

/* As many batches as a node feels like; the last one may be cut. */
static void put_records(wr_buf *b, const wanted *w, int64_t end)
{
    int64_t at = w->offset;
    size_t began = b->len, last = b->len;
    for (uint64_t n = 1 + sim_below(12); n > 0 && at < end; n--) {
        last = b->len;
        at = put_batch(b, w->part, at, end);
    }
    if (last > began && sim_one_in(10))
        b->len = last + sim_below(b->len - last);
}

/* The transactions whose records a reader is to leave out, by where they end. */
static void put_aborted(wr_buf *b, const wanted *w, int64_t end)
{
    wr_buf all = {0};
    uint32_t n = 0;
    for (int64_t i = w->offset; i < broker_end_of(w->part, false); i++) {
        const sim_record *marker = broker_record(w->part, i);
        if (marker->state != SIM_MARKER || marker->commits)
            continue;
        int64_t first = -1;
        for (int64_t k = i - 1; k >= 0; k--) {
            const sim_record *r = broker_record(w->part, k);
            if (r->pid == marker->pid && r->state == SIM_MARKER)
                break;
            if (r->pid == marker->pid)
                first = k;
        }
        if (first < 0 || first >= end)
            continue;
        wr__wire_put_i64(&all, marker->pid);
        wr__wire_put_i64(&all, first);
        wr__wire_put_no_tags(&all, true);
        n++;
    }
    wr__wire_put_array(b, n, true);
    wr_buf_str(b, wr_buf_view(&all));
    wr_buf_free(&all);
}

/* ---- Fetch: the answer ---- */

/* What a partition has for the reader. */
typedef struct found {
    int16_t error;
    int64_t high, stable, end; /* end: that the reader may see */
} found;

static found look(const node_request *r, const wanted *w)
{
    found f = {.error = check_leader(r->node, w->part, w->epoch)};
    if (f.error)
        return f;
    const lead *l = lead_of(w->part);
    f.high = end_at(w->part, &l->v[l->n - 1]);
    f.stable = WR_MIN(f.high, broker_end_of(w->part, true));
    f.end = r->committed ? f.stable : f.high;
    if (w->offset < 0 || w->offset > broker_end_of(w->part, false))
        f.error = WR_WIRE_OFFSET_OUT_OF_RANGE;
    return f;
}

static void put_found(wr_buf *b, const node_request *r, const wanted *w, const found *f)
{
    bool any = !f->error && w->offset < f->end;
    put_topic(b, w->part.topic, r->version >= WR_WIRE_FETCH_BY_ID);
    wr__wire_put_i32(b, w->part.partition);
    wr__wire_put_i16(b, f->error);
    wr__wire_put_i64(b, f->error ? -1 : f->high);
    wr__wire_put_i64(b, f->error ? -1 : f->stable);
    wr__wire_put_i64(b, f->error ? -1 : 0); /* where it begins */
    if (any && r->committed)
        put_aborted(b, w, f->end);
    else
        wr__wire_put_array_null(b, true);
    wr__wire_put_i32(b, -1); /* another replica to read from */
    wr_buf records = {0};
    if (any)
        put_records(&records, w, f->end);
    wr__wire_put_bytes(b, wr_str_make(records.len ? records.ptr : "", (uint32_t)records.len), true);
    wr_buf_free(&records);
    put_leader(b, r, w->part, f->error, 1);
    wr__wire_put_no_tags(b, true);
}

static void put_fetch_head(wr_buf *b, const node_request *r)
{
    wr__wire_put_i32(b, 0); /* throttling */
    wr__wire_put_i16(b, r->error);
    wr__wire_put_i32(b, r->error ? 0 : r->session);
}

static bool answer_fetch(node_request *r, wr_buf *b, int64_t *look_us)
{
    bool over = r->error || sim_now_us() >= r->until_us;
    session *s = find_session(r->node, r->session);
    wr_buf parts = {0};
    uint32_t n = 0;
    size_t from = r->v_n ? sim_below(r->v_n) : 0;
    for (size_t i = 0; i < r->v_n && !over; i++) {
        found f = look(r, &r->v[i]);
        over = f.error || r->v[i].offset < f.end;
    }
    *look_us = r->until_us;
    if (!over)
        return false;
    for (size_t i = 0; i < r->v_n && !r->error; i++) {
        const wanted *w = &r->v[(from + i) % r->v_n];
        found f = look(r, w);
        if (!r->whole && !f.error && w->offset >= f.end && w->told_end == f.high)
            continue;
        put_found(&parts, r, w, &f);
        n++;
        size_t at = s ? place_of(s->v, s->n, w->part) : 0;
        if (s && at < s->n)
            s->v[at].told_end = f.error ? -1 : f.high;
    }
    put_fetch_head(b, r);
    wr__wire_put_array(b, n, true);
    wr_buf_str(b, wr_buf_view(&parts));
    wr__wire_put_no_tags(b, true);
    wr_buf_free(&parts);
    return true;
}

/* ---- InitProducerId, Produce ---- */

static void answer_init_producer_id(node_request *r, wr_buf *b)
{
    wr_str transactional = wr__wire_str_or_null(&r->body, true);
    WR_ASSERT(!transactional.ptr); /* transactions are librdkafka's so far */
    wr__wire_put_i32(b, 0);        /* throttling */
    wr__wire_put_i16(b, WR_WIRE_NONE);
    wr__wire_put_i64(b, broker_new_pid());
    wr__wire_put_i16(b, 0);
    wr__wire_put_no_tags(b, true);
}

static int16_t append_batch(sim_part part, wr_str bytes, int64_t *base)
{
    wr_wire_batch batch;
    wr_wire_records open;
    wr_record records[64];
    sim_record own[1024];
    wr_buf inflated = {0};
    weir_error err;
    size_t all = 0;
    uint32_t n = 0;
    weir_status st = wr__wire_batch_read(bytes.ptr, bytes.len, &batch, &err);
    WR_ASSERT(st == WEIR_OK && batch.bytes == bytes.len && !batch.transactional);
    st = wr__wire_records_open(&batch, nodes.codec, &inflated, &open, &err);
    do {
        WR_ASSERT(st == WEIR_OK);
        st = wr__wire_records_next(&open, 0, part.partition, nodes.arena, records,
                                   WR_ARRAY_LEN(records), &n, &err);
        for (uint32_t i = 0; i < n; i++) {
            const wr_record *r = &records[i];
            WR_ASSERT(all < WR_ARRAY_LEN(own));
            own[all++] = (sim_record){.key = (char *)(uintptr_t)r->key.ptr,
                                      .value = (char *)(uintptr_t)r->value.ptr,
                                      .key_len = r->key.len,
                                      .value_len = r->value.len,
                                      .time_ms = r->timestamp};
        }
    } while (n == WR_ARRAY_LEN(records));
    const sim_producer who = {-1, batch.producer_id, batch.producer_epoch};
    rd_kafka_resp_err_t rc =
        broker_produce(&who, part, (uint32_t)batch.base_sequence, own, all, base);
    wr_buf_free(&inflated);
    wr_arena_reset(nodes.arena);
    return (int16_t)rc;
}

static void put_produced(wr_buf *b, const node_request *r, sim_part part, wr_str records)
{
    int64_t base = -1;
    int16_t error = check_leader(r->node, part, -1);
    if (!error)
        error = append_batch(part, records, &base);
    put_topic(b, part.topic, r->version >= WR_WIRE_PRODUCE_BY_ID);
    wr__wire_put_i32(b, part.partition);
    wr__wire_put_i16(b, error);
    wr__wire_put_i64(b, error ? -1 : base);
    wr__wire_put_i64(b, -1);                /* the node's time */
    wr__wire_put_i64(b, error ? -1 : 0);    /* where it begins */
    wr__wire_put_array(b, 0, true);         /* what is wrong with single records */
    wr__wire_put_str(b, (wr_str){0}, true); /* or with all of them */
    if (r->version >= 10)
        put_leader(b, r, part, error, 0);
    else
        wr__wire_put_no_tags(b, true);
    wr__wire_put_no_tags(b, true);
}

static void answer_produce(node_request *r, wr_buf *b)
{
    wr_wire_in *in = &r->body;
    wr_str transactional = wr__wire_str_or_null(in, true);
    WR_ASSERT(!transactional.ptr); /* transactions are librdkafka's so far */
    (void)wr__wire_i16(in);        /* acks */
    (void)wr__wire_i32(in);        /* time for the replicas */
    wr_buf parts = {0};
    uint32_t all = 0, topics = wr__wire_array(in, true, 3);
    for (uint32_t i = 0; i < topics; i++) {
        int topic = read_topic(in, r->version >= WR_WIRE_PRODUCE_BY_ID);
        uint32_t n = wr__wire_array(in, true, 6);
        for (uint32_t k = 0; k < n; k++, all++) {
            const sim_part part = {topic, wr__wire_i32(in)};
            wr_str records = wr__wire_bytes(in, true);
            wr__wire_tags_skip(in, true);
            put_produced(&parts, r, part, records);
        }
        wr__wire_tags_skip(in, true);
    }
    wr__wire_put_array(b, all, true);
    wr_buf_str(b, wr_buf_view(&parts));
    wr__wire_put_i32(b, 0); /* throttling */
    wr__wire_put_no_tags(b, true);
    wr_buf_free(&parts);
}

/* ---- all requests ---- */

node_request *node_take(int node, const char *bytes, size_t n)
{
    node_request *r = wr_calloc(1, sizeof *r);
    r->node = node;
    r->bytes = wr_malloc(n);
    r->n = n;
    memcpy(r->bytes, bytes, n);
    wr_wire_in *in = &r->body;
    *in = wr__wire_in(r->bytes, n);
    r->api = wr__wire_i16(in);
    r->version = wr__wire_i16(in);
    r->correlation = wr__wire_i32(in);
    (void)wr__wire_str_or_null(in, false); /* the client's name */
    WR_ASSERT(!in->failure && r->api >= 0 && r->api < WR_WIRE_APIS);
    wr__wire_tags_skip(in, wr__wire_flexible((wr_wire_api)r->api, r->version));
    if (r->api == WR_WIRE_FETCH)
        take_fetch(r);
    return r;
}

static bool put_body(node_request *r, wr_buf *b, int64_t *look_us)
{
    switch (r->api) {
    case WR_WIRE_API_VERSIONS:
        answer_versions(b);
        return true;
    case WR_WIRE_METADATA:
        answer_metadata(r, b);
        return true;
    case WR_WIRE_LIST_OFFSETS:
        answer_list_offsets(r, b);
        return true;
    case WR_WIRE_OFFSET_FOR_LEADER_EPOCH:
        answer_epoch_ends(r, b);
        return true;
    case WR_WIRE_FETCH:
        return answer_fetch(r, b, look_us);
    case WR_WIRE_INIT_PRODUCER_ID:
        answer_init_producer_id(r, b);
        return true;
    case WR_WIRE_PRODUCE:
        answer_produce(r, b);
        return true;
    default:
        sim_stuck("a request that nodes do not know");
    }
}

bool node_answer(node_request *r, wr_buf *out, int64_t *look_us)
{
    size_t at = wr__wire_put_size_begin(out);
    wr__wire_put_i32(out, r->correlation);
    if (r->api != WR_WIRE_API_VERSIONS)
        wr__wire_put_no_tags(out, wr__wire_flexible((wr_wire_api)r->api, r->version));
    if (!put_body(r, out, look_us)) {
        wr_buf_free(out);
        return false;
    }
    WR_ASSERT(!r->body.failure);
    wr__wire_put_size_end(out, at);
    sim_node_answers[r->api]++;
    return true;
}

void node_request_free(node_request *r)
{
    if (!r)
        return;
    wr_free(r->bytes);
    wr_free(r->v);
    wr_free(r);
}
