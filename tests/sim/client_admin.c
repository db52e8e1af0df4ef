/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests about topics and groups, and their answers as events. A request is done when it is sent;
 * one that gets lost, or whose answer does, has no event. A topic's settings are Kafka's defaults,
 * of which the program needs none.
 */
#include "client.h"

#include <stdio.h>

rd_kafka_t *client_of_queue(rd_kafka_queue_t *q);

struct rd_kafka_AdminOptions_s {
    void *opaque;
};

struct rd_kafka_group_result_s {
    rd_kafka_error_t *error;
    rd_kafka_topic_partition_list_t *parts;
};

struct rd_kafka_topic_result_s {
    rd_kafka_resp_err_t code;
};

struct rd_kafka_NewTopic_s {
    char *name;
    int partitions;
};

struct rd_kafka_DeleteTopic_s {
    char *name;
};

struct rd_kafka_DeleteGroup_s {
    char *name;
};

struct rd_kafka_ConfigResource_s {
    char *name;
};

struct rd_kafka_AlterConsumerGroupOffsets_s {
    char *group;
    rd_kafka_topic_partition_list_t *parts;
};

/* An answer, whatever the question: results are views of it. */
struct rd_kafka_op_s {
    struct rd_kafka_op_s *next;
    void *opaque;
    rd_kafka_group_result_t group;
    const rd_kafka_group_result_t *groups[1];
    rd_kafka_topic_result_t topic;
    const rd_kafka_topic_result_t *topics[1];
    rd_kafka_ConfigResource_t resource;
    const rd_kafka_ConfigResource_t *resources[1];
};

struct rd_kafka_queue_s {
    rd_kafka_t *rk; /* of a consumer; NULL: of events */
    struct rd_kafka_op_s *first, **end;
};

/* ---- queues ---- */

rd_kafka_t *client_of_queue(rd_kafka_queue_t *q)
{
    return q->rk;
}

rd_kafka_queue_t *rd_kafka_queue_new(rd_kafka_t *rk)
{
    (void)rk;
    rd_kafka_queue_t *q = wr_calloc(1, sizeof *q);
    q->end = &q->first;
    return q;
}

rd_kafka_queue_t *rd_kafka_queue_get_consumer(rd_kafka_t *rk)
{
    rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
    q->rk = rk;
    return q;
}

void rd_kafka_queue_destroy(rd_kafka_queue_t *q)
{
    while (q->first) {
        struct rd_kafka_op_s *e = q->first;
        q->first = e->next;
        rd_kafka_event_destroy(e);
    }
    wr_free(q);
}

/* Only what the group has to say: our own client lets nothing be fetched. */
void rd_kafka_queue_io_event_enable(rd_kafka_queue_t *q, int fd, const void *payload, size_t size)
{
    (void)payload, (void)size;
    client_of_queue(q)->member.wake_fd = fd;
}

size_t rd_kafka_queue_length(rd_kafka_queue_t *q)
{
    (void)q;
    return 0; /* nothing is fetched ahead */
}

void rd_kafka_queue_yield(rd_kafka_queue_t *q)
{
    (void)q;
    sim_wake_all();
}

rd_kafka_event_t *rd_kafka_queue_poll(rd_kafka_queue_t *q, int timeout_ms)
{
    struct rd_kafka_op_s *e = q->first;
    if (!e) {
        sim_sleep_us(WR_MIN(timeout_ms, 2000) * 1000ll); /* the client's own time-out */
        return NULL;
    }
    q->first = e->next;
    if (!q->first)
        q->end = &q->first;
    return e;
}

static rd_kafka_event_t *answer(rd_kafka_queue_t *q, const rd_kafka_AdminOptions_t *options)
{
    struct rd_kafka_op_s *e = wr_calloc(1, sizeof *e);
    e->opaque = options->opaque;
    e->groups[0] = &e->group;
    e->topics[0] = &e->topic;
    e->resources[0] = &e->resource;
    *q->end = e;
    q->end = &e->next;
    return e;
}

rd_kafka_resp_err_t rd_kafka_event_error(rd_kafka_event_t *e)
{
    (void)e;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void *rd_kafka_event_opaque(rd_kafka_event_t *e)
{
    return e->opaque;
}

void rd_kafka_event_destroy(rd_kafka_event_t *e)
{
    wr_free(e->group.error);
    wr_free(e);
}

rd_kafka_AdminOptions_t *rd_kafka_AdminOptions_new(rd_kafka_t *rk, rd_kafka_admin_op_t op)
{
    (void)rk, (void)op;
    return wr_calloc(1, sizeof(rd_kafka_AdminOptions_t));
}

void rd_kafka_AdminOptions_destroy(rd_kafka_AdminOptions_t *o)
{
    wr_free(o);
}

void rd_kafka_AdminOptions_set_opaque(rd_kafka_AdminOptions_t *o, void *opaque)
{
    o->opaque = opaque;
}

rd_kafka_resp_err_t rd_kafka_AdminOptions_set_request_timeout(rd_kafka_AdminOptions_t *o, int ms,
                                                              char *text, size_t size)
{
    (void)o, (void)ms, (void)text, (void)size;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool arrives(sim_net net)
{
    return net == NET_OK || net == NET_UNANSWERED;
}

/* ---- topics ---- */

rd_kafka_NewTopic_t *rd_kafka_NewTopic_new(const char *name, int partitions, int replicas,
                                           char *text, size_t size)
{
    (void)replicas, (void)text, (void)size;
    rd_kafka_NewTopic_t *t = wr_calloc(1, sizeof *t);
    t->name = wr_strdup(name);
    t->partitions = partitions;
    return t;
}

void rd_kafka_NewTopic_destroy(rd_kafka_NewTopic_t *t)
{
    wr_free(t->name);
    wr_free(t);
}

rd_kafka_resp_err_t rd_kafka_NewTopic_set_config(rd_kafka_NewTopic_t *t, const char *name,
                                                 const char *value)
{
    (void)t, (void)name, (void)value;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void rd_kafka_CreateTopics(rd_kafka_t *rk, rd_kafka_NewTopic_t **topics, size_t n,
                           const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *q)
{
    WR_ASSERT(n == 1);
    sim_net net = client_send(rk);
    if (client_dead(rk) || !arrives(net))
        return;
    rd_kafka_resp_err_t rc = broker_create_topic(topics[0]->name, topics[0]->partitions);
    if (net == NET_OK)
        answer(q, options)->topic.code = rc;
}

const rd_kafka_CreateTopics_result_t *rd_kafka_event_CreateTopics_result(rd_kafka_event_t *e)
{
    return e;
}

const rd_kafka_topic_result_t **
rd_kafka_CreateTopics_result_topics(const rd_kafka_CreateTopics_result_t *r, size_t *n)
{
    *n = 1;
    return ((rd_kafka_event_t *)(uintptr_t)r)->topics;
}

rd_kafka_DeleteTopic_t *rd_kafka_DeleteTopic_new(const char *name)
{
    rd_kafka_DeleteTopic_t *t = wr_calloc(1, sizeof *t);
    t->name = wr_strdup(name);
    return t;
}

void rd_kafka_DeleteTopic_destroy(rd_kafka_DeleteTopic_t *t)
{
    wr_free(t->name);
    wr_free(t);
}

void rd_kafka_DeleteTopics(rd_kafka_t *rk, rd_kafka_DeleteTopic_t **topics, size_t n,
                           const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *q)
{
    WR_ASSERT(n == 1);
    sim_net net = client_send(rk);
    if (client_dead(rk) || !arrives(net))
        return;
    rd_kafka_resp_err_t rc = broker_delete_topic(topics[0]->name);
    if (net == NET_OK)
        answer(q, options)->topic.code = rc;
}

const rd_kafka_DeleteTopics_result_t *rd_kafka_event_DeleteTopics_result(rd_kafka_event_t *e)
{
    return e;
}

const rd_kafka_topic_result_t **
rd_kafka_DeleteTopics_result_topics(const rd_kafka_DeleteTopics_result_t *r, size_t *n)
{
    *n = 1;
    return ((rd_kafka_event_t *)(uintptr_t)r)->topics;
}

rd_kafka_resp_err_t rd_kafka_topic_result_error(const rd_kafka_topic_result_t *r)
{
    return r->code;
}

const char *rd_kafka_topic_result_error_string(const rd_kafka_topic_result_t *r)
{
    return rd_kafka_err2str(r->code);
}

rd_kafka_ConfigResource_t *rd_kafka_ConfigResource_new(rd_kafka_ResourceType_t type,
                                                       const char *name)
{
    (void)type;
    rd_kafka_ConfigResource_t *r = wr_calloc(1, sizeof *r);
    r->name = wr_strdup(name);
    return r;
}

void rd_kafka_ConfigResource_destroy(rd_kafka_ConfigResource_t *r)
{
    wr_free(r->name);
    wr_free(r);
}

rd_kafka_resp_err_t rd_kafka_ConfigResource_error(const rd_kafka_ConfigResource_t *r)
{
    (void)r;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

const rd_kafka_ConfigEntry_t **rd_kafka_ConfigResource_configs(const rd_kafka_ConfigResource_t *r,
                                                               size_t *n)
{
    (void)r;
    *n = 0;
    return NULL;
}

void rd_kafka_DescribeConfigs(rd_kafka_t *rk, rd_kafka_ConfigResource_t **resources, size_t n,
                              const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *q)
{
    (void)resources;
    WR_ASSERT(n == 1);
    if (client_send(rk) == NET_OK)
        answer(q, options);
}

const rd_kafka_DescribeConfigs_result_t *rd_kafka_event_DescribeConfigs_result(rd_kafka_event_t *e)
{
    return e;
}

const rd_kafka_ConfigResource_t **
rd_kafka_DescribeConfigs_result_resources(const rd_kafka_DescribeConfigs_result_t *r, size_t *n)
{
    *n = 1;
    return ((rd_kafka_event_t *)(uintptr_t)r)->resources;
}

/* One allocation: the topics, then their partitions, then their names. */
static struct rd_kafka_metadata *make_metadata(const char *only)
{
    size_t topics = 0, parts = 0, bytes = 0;
    for (int t = 0; t < broker_topics_n(); t++) {
        topics++;
        parts += (size_t)broker_partitions(t);
        bytes += strlen(broker_topic_name(t)) + 1;
    }
    size_t only_bytes = only ? strlen(only) + 1 : 0;
    struct rd_kafka_metadata *m =
        wr_calloc(1, sizeof *m + (topics + 1) * sizeof *m->topics +
                         parts * sizeof *m->topics->partitions + bytes + only_bytes);
    m->topics = (struct rd_kafka_metadata_topic *)(m + 1);
    struct rd_kafka_metadata_partition *p =
        (struct rd_kafka_metadata_partition *)(m->topics + topics + 1);
    char *name = (char *)(p + parts);
    for (int t = 0; t < broker_topics_n(); t++) {
        if (!broker_partitions(t) || (only && strcmp(only, broker_topic_name(t)) != 0))
            continue;
        struct rd_kafka_metadata_topic *to = &m->topics[m->topic_cnt++];
        to->partitions = p;
        to->partition_cnt = broker_partitions(t);
        to->topic = strcpy(name, broker_topic_name(t));
        name += strlen(name) + 1;
        for (int i = 0; i < to->partition_cnt; i++)
            *p++ = (struct rd_kafka_metadata_partition){.id = i, .leader = 1, .replica_cnt = 1};
    }
    if (only && !m->topic_cnt) {
        m->topics[0] = (struct rd_kafka_metadata_topic){
            .topic = strcpy(name, only), .err = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART};
        m->topic_cnt = 1;
    }
    return m;
}

rd_kafka_resp_err_t rd_kafka_metadata(rd_kafka_t *rk, int all, rd_kafka_topic_t *only,
                                      const struct rd_kafka_metadata **out, int timeout_ms)
{
    (void)all;
    if (client_send(rk) != NET_OK) {
        if (!client_dead(rk))
            sim_sleep_us(timeout_ms * 1000ll);
        return client_dead(rk) ? RD_KAFKA_RESP_ERR__DESTROY : RD_KAFKA_RESP_ERR__TRANSPORT;
    }
    *out = make_metadata(only ? only->name : NULL);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void rd_kafka_metadata_destroy(const struct rd_kafka_metadata *m)
{
    wr_free((void *)(uintptr_t)m);
}

/* ---- groups ---- */

rd_kafka_DeleteGroup_t *rd_kafka_DeleteGroup_new(const char *name)
{
    rd_kafka_DeleteGroup_t *g = wr_calloc(1, sizeof *g);
    g->name = wr_strdup(name);
    return g;
}

void rd_kafka_DeleteGroup_destroy(rd_kafka_DeleteGroup_t *g)
{
    wr_free(g->name);
    wr_free(g);
}

static void put_error(rd_kafka_event_t *e, rd_kafka_resp_err_t rc)
{
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
        e->group.error = client_error(rc, false, false, false);
}

void rd_kafka_DeleteGroups(rd_kafka_t *rk, rd_kafka_DeleteGroup_t **groups, size_t n,
                           const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *q)
{
    WR_ASSERT(n == 1);
    sim_net net = client_send(rk);
    if (client_dead(rk) || !arrives(net))
        return;
    rd_kafka_resp_err_t rc = broker_delete_group(groups[0]->name);
    if (net == NET_OK)
        put_error(answer(q, options), rc);
}

const rd_kafka_DeleteGroups_result_t *rd_kafka_event_DeleteGroups_result(rd_kafka_event_t *e)
{
    return e;
}

const rd_kafka_group_result_t **
rd_kafka_DeleteGroups_result_groups(const rd_kafka_DeleteGroups_result_t *r, size_t *n)
{
    *n = 1;
    return ((rd_kafka_event_t *)(uintptr_t)r)->groups;
}

rd_kafka_AlterConsumerGroupOffsets_t *
rd_kafka_AlterConsumerGroupOffsets_new(const char *group,
                                       const rd_kafka_topic_partition_list_t *parts)
{
    rd_kafka_AlterConsumerGroupOffsets_t *a = wr_calloc(1, sizeof *a);
    a->group = wr_strdup(group);
    a->parts = rd_kafka_topic_partition_list_copy(parts);
    return a;
}

void rd_kafka_AlterConsumerGroupOffsets_destroy(rd_kafka_AlterConsumerGroupOffsets_t *a)
{
    rd_kafka_topic_partition_list_destroy(a->parts);
    wr_free(a->group);
    wr_free(a);
}

void rd_kafka_AlterConsumerGroupOffsets(rd_kafka_t *rk, rd_kafka_AlterConsumerGroupOffsets_t **a,
                                        size_t n, const rd_kafka_AdminOptions_t *options,
                                        rd_kafka_queue_t *q)
{
    WR_ASSERT(n == 1);
    sim_net net = client_send(rk);
    if (client_dead(rk) || !arrives(net))
        return;
    sim_offset *offsets = client_offsets(a[0]->parts);
    rd_kafka_resp_err_t rc = broker_alter_offsets(a[0]->group, offsets, (size_t)a[0]->parts->cnt);
    wr_free(offsets);
    if (net == NET_OK)
        put_error(answer(q, options), rc);
}

const rd_kafka_AlterConsumerGroupOffsets_result_t *
rd_kafka_event_AlterConsumerGroupOffsets_result(rd_kafka_event_t *e)
{
    return e;
}

const rd_kafka_group_result_t **rd_kafka_AlterConsumerGroupOffsets_result_groups(
    const rd_kafka_AlterConsumerGroupOffsets_result_t *r, size_t *n)
{
    *n = 1;
    return ((rd_kafka_event_t *)(uintptr_t)r)->groups;
}

const rd_kafka_error_t *rd_kafka_group_result_error(const rd_kafka_group_result_t *g)
{
    return g->error;
}

const rd_kafka_topic_partition_list_t *
rd_kafka_group_result_partitions(const rd_kafka_group_result_t *g)
{
    return g->parts;
}
