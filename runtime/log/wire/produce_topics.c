/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topics of a producer, and who leads their partitions: what Metadata says.
 *
 * A topic that is not there may be on its way, where it was never seen, or is gone: its batches
 * wait for some time, longer in the first case, and are refused then.
 */
#include "runtime/log/wire/producer_internal.h"

enum { GONE_MS = 1000 }; /* how long a topic that was there may be away */

wr_wire_output *wr__wire_next_output(const wr_wire_producer *p, wr_wire_cursor *at)
{
    for (; at->topic < p->topics_n; at->topic++, at->partition = 0) {
        const wr_wire_out_topic *t = p->topics[at->topic];
        while (at->partition < t->n) {
            wr_wire_output *out = t->outputs[at->partition++];
            if (out)
                return out;
        }
    }
    return NULL;
}

void wr__wire_set_leader(wr_wire_output *out, int32_t leader, int32_t epoch)
{
    if (epoch >= 0 && epoch < out->leader_epoch)
        return; /* from somebody who does not know it yet */
    out->leader = leader;
    out->leader_epoch = epoch;
}

void wr__wire_look_for_leaders(wr_wire_producer *p)
{
    wr_wire_cursor at = {0};
    for (const wr_wire_output *out; (out = wr__wire_next_output(p, &at));)
        if (out->first && out->leader < 0)
            wr__wire_cluster_refresh(&p->cluster);
}

static const wr_wire_leader *leader_in(const wr_wire_topic *t, int32_t partition)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (t->partitions[i].partition == partition)
            return &t->partitions[i];
    return NULL;
}

static bool has_batches(const wr_wire_out_topic *t)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (t->outputs[i] && t->outputs[i]->first)
            return true;
    return false;
}

static void fail_topic(wr_wire_producer *p, wr_wire_out_topic *t, int16_t code)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (t->outputs[i])
            wr__wire_output_fail(p, t->outputs[i], code);
}

/* @return whether it need not be asked for again now. */
static bool take_missing(wr_wire_producer *p, wr_wire_out_topic *t)
{
    int64_t now = wr__wire_now_ms();
    WR_ASSERT(now > 0 && t->asked);
    int64_t patience = t->known ? GONE_MS : p->config->write.topic_propagation_ms;
    if (has_batches(t)) {
        if (t->missing_ms == 0)
            t->missing_ms = now;
        if (now - t->missing_ms < patience)
            return false;
        fail_topic(p, t, WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION);
        if (has_batches(t))
            return false; /* those in flight are to come back first */
    }
    t->asked = t->known = false; /* the next record asks again */
    t->missing_ms = 0;
    return true;
}

static bool take_leaders(wr_wire_producer *p, wr_wire_out_topic *t, const wr_wire_topic *said)
{
    bool all = true;
    WR_ASSERT(wr_str_eq_c(said->name, t->name));
    bool another = !wr__wire_uuid_eq(&t->id, &said->id);
    for (uint32_t i = 0; another && i < t->n; i++)
        if (t->outputs[i]) { /* its leaders' epochs begin anew, and it knows nothing of us */
            t->outputs[i]->leader_epoch = -1;
            t->outputs[i]->counted = false;
        }
    t->id = said->id;
    for (uint32_t i = 0; i < t->n; i++) {
        wr_wire_output *out = t->outputs[i];
        const wr_wire_leader *l = out ? leader_in(said, out->partition) : NULL;
        if (!out)
            continue;
        if (!l) {
            if (out->first && !take_missing(p, t))
                all = false;
            continue;
        }
        if (l->leader >= 0)
            wr__wire_set_leader(out, l->leader, l->epoch);
        all = all && (out->leader >= 0 || !out->first);
    }
    if (all) {
        t->known = true;
        t->missing_ms = 0;
    }
    return all;
}

/* @return whether its leaders are known now, or never will be. */
static bool take_topic(wr_wire_producer *p, wr_wire_out_topic *t, const wr_wire_topic *said)
{
    if (said->error == WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION)
        return take_missing(p, t);
    if (said->error == WR_WIRE_NONE || said->error == WR_WIRE_LEADER_NOT_AVAILABLE)
        return take_leaders(p, t, said);
    if (wr__wire_passes(said->error))
        return false;
    fail_topic(p, t, said->error);
    return true;
}

void wr__wire_take_leaders(wr_wire_producer *p, wr_wire_node *node, wr_wire_answer *answer)
{
    weir_error err = {0};
    wr_wire_metadata m;
    bool content = true, asked = true;
    if (wr__wire_cluster_take(&p->cluster, node, answer, &m, &err) != WEIR_OK) {
        wr__wire_connection_refuse(node->connection, &err);
        return;
    }
    for (uint32_t i = 0; i < p->topics_n; i++) {
        wr_wire_out_topic *t = p->topics[i];
        for (uint32_t k = 0; t->asked && k < m.topics_n; k++)
            if (m.topics[k].name.ptr && wr_str_eq_c(m.topics[k].name, t->name) &&
                !take_topic(p, t, &m.topics[k]))
                content = false;
        asked = asked && t->asked;
    }
    if (!asked)
        wr__wire_topics_ask(p);
    if (content)
        wr__wire_cluster_content(&p->cluster);
    else
        wr__wire_cluster_refresh(&p->cluster);
}
