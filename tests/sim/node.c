/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes and leaders (node.h); requests as such, and those about topics: ApiVersions, Metadata,
 * ListOffsets, OffsetForLeaderEpoch.
 *
 * A request is taken (what it changes happens), then answered, perhaps later: a Fetch waits for
 * records. To add one: its number and versions to answer_versions, its answer to put_body.
 */
#include "node_internal.h"
#include "net.h"

#include <stdio.h>

enum { LEARN_MAX_US = 3000000 };

uint64_t sim_node_answers[NODE_APIS], sim_node_elections;

static struct {
    int64_t down_until_us[NODES], still_until_us[NODES];
    node_leads **leads; /* by topic and partition */
    int *leads_n;
    int topics_n;
    int16_t fetch_max, produce_max; /* versions */
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

void node_begin(void)
{
    memset(&nodes, 0, sizeof nodes);
    nodes.fetch_max = (int16_t)(12 + sim_below(5));
    nodes.produce_max = (int16_t)(9 + sim_below(5));
    node_fetch_begin();
    node_produce_begin();
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
        node_forget_sessions(i);
    node_produce_end();
}

/* ---- leaders ---- */

node_leads *node_lead(sim_part part)
{
    if (part.topic >= nodes.topics_n) {
        nodes.leads =
            wr_realloc((void *)nodes.leads, (size_t)(part.topic + 1) * sizeof *nodes.leads);
        nodes.leads_n = wr_realloc(nodes.leads_n, (size_t)(part.topic + 1) * sizeof *nodes.leads_n);
        for (; nodes.topics_n <= part.topic; nodes.topics_n++) {
            int32_t n = broker_partitions(nodes.topics_n);
            nodes.leads_n[nodes.topics_n] = n;
            nodes.leads[nodes.topics_n] = wr_calloc((size_t)n + 1, sizeof(node_leads));
        }
    }
    WR_ASSERT(part.partition >= 0 && part.partition < nodes.leads_n[part.topic]);
    node_leads *l = &nodes.leads[part.topic][part.partition];
    if (!l->v) {
        l->v = wr_calloc(1, sizeof *l->v);
        l->v[l->n++].node = (part.topic + part.partition) % NODES;
    }
    return l;
}

/* The epoch that a node believes in. */
static int32_t believed(int node, const node_leads *l)
{
    int32_t e = l->n - 1;
    while (e > 0 && sim_now_us() < l->v[e].learnt_us[node])
        e--;
    return e;
}

static void elect(sim_part part, int avoid)
{
    node_leads *l = node_lead(part);
    int candidates[NODES], n = 0;
    for (int i = 0; i < NODES; i++)
        if (i != avoid && node_is_up(i))
            candidates[n++] = i;
    if (n == 0)
        return; /* nobody is there: it has no leader until the old one is back */
    l->v = wr_realloc(l->v, (size_t)(l->n + 1) * sizeof *l->v);
    node_reign *e = &l->v[l->n++];
    *e = (node_reign){.node = candidates[sim_below((uint64_t)n)],
                      .start = broker_end_of(part, false)};
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
int64_t node_end_at(sim_part part, const node_reign *e)
{
    int64_t end = broker_end_of(part, false);
    return sim_now_us() < e->lag_until_us ? WR_MIN(end, WR_MAX(e->lag_end, (int64_t)0)) : end;
}

/* Is the node its leader, as somebody thinks who knows this epoch (-1: none)? */
int16_t node_check_leader(int node, sim_part part, int32_t epoch_known)
{
    if (part.partition >= broker_partitions(part.topic))
        return WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION;
    const node_leads *l = node_lead(part);
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
            const node_leads *l = node_lead(part);
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
        node_forget_sessions(node);
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
        node_forget_sessions(node);
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

int node_read_topic(wr_wire_in *in, bool by_id)
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
void node_put_topic(wr_buf *b, int topic, bool by_id)
{
    wr_wire_uuid id = id_of(topic);
    if (by_id)
        wr__wire_put_uuid(b, id.bytes);
    else
        wr__wire_put_str(b, wr_str_c(broker_topic_name(topic)), true);
    wr__wire_put_array(b, 1, true);
}

/* A tagged field that says who leads the partition, or none: nodes do not always say so. */
void node_put_leader(wr_buf *b, const node_request *r, sim_part part, int16_t error, uint32_t tag)
{
    bool says =
        (error == WR_WIRE_NOT_LEADER || error == WR_WIRE_FENCED_LEADER_EPOCH) && sim_one_in(2);
    wr__wire_put_uvarint(b, says);
    if (!says)
        return;
    const node_leads *l = node_lead(part);
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
    const node_leads *l = node_lead(part);
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
        int topic = node_read_topic(in, false);
        uint32_t n = wr__wire_array(in, true, 17);
        for (uint32_t k = 0; k < n; k++, all++) {
            const sim_part part = {topic, wr__wire_i32(in)};
            int32_t known = wr__wire_i32(in);
            int64_t at = wr__wire_i64(in);
            wr__wire_tags_skip(in, true);
            WR_ASSERT(at == -1 || at == -2); /* times are librdkafka's to ask for */
            int16_t error = node_check_leader(r->node, part, known);
            const node_leads *l = node_lead(part);
            int64_t end =
                WR_MIN(node_end_at(part, &l->v[l->n - 1]), broker_end_of(part, committed));
            if (!error && at == -1 && end < l->v[l->n - 1].start && !committed)
                error = WR_WIRE_OFFSET_NOT_AVAILABLE;
            node_put_topic(&parts, topic, false);
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
    const node_leads *l = node_lead(part);
    int16_t error = node_check_leader(r->node, part, known);
    bool there = !error && asked < l->n;
    int64_t end = broker_end_of(part, false);
    if (there && asked < l->n - 1)
        end = l->v[asked + 1].start;
    node_put_topic(b, part.topic, false);
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
        int topic = node_read_topic(in, false);
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

/* ---- all requests ---- */

node_request *node_take(int node, const char *bytes, size_t n)
{
    node_request *r = wr_calloc(1, sizeof *r);
    r->node = node;
    r->bytes = wr_malloc(n);
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
        node_take_fetch(r);
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
        return node_answer_fetch(r, b, look_us);
    case WR_WIRE_INIT_PRODUCER_ID:
        node_answer_init_producer_id(r, b);
        return true;
    case WR_WIRE_PRODUCE:
        node_answer_produce(r, b);
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
