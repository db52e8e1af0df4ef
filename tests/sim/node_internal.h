/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_internal.h - what the files of nodes share: node.c (nodes, leaders, requests as such, those
 * about topics), node_fetch.c (sessions, records), node_produce.c (writing).
 *
 * A partition stands alone in its topic's array in answers; that is allowed, and so each of them is
 * written where it is found.
 */
#ifndef WR_TESTS_SIM_NODE_INTERNAL_H
#define WR_TESTS_SIM_NODE_INTERNAL_H

#include "node.h"

#include "runtime/log/wire/messages.h"

/** A leader of a partition, in its epoch. */
typedef struct node_reign {
    int32_t node;
    int64_t start;            /* first offset of the epoch */
    int64_t learnt_us[NODES]; /* when each node learns of it */
    int64_t lag_end;          /* its high watermark, until lag_until_us */
    int64_t lag_until_us;
} node_reign;

/** The leaders of a partition so far, by epoch. The last one is that of now. */
typedef struct node_leads {
    node_reign *v;
    int32_t n;
} node_leads;

/** What a Fetch asks of a partition. */
typedef struct node_wanted {
    sim_part part;
    int32_t epoch;
    int64_t offset;
    int64_t told_end; /* the high watermark that it was told last; -1: none */
} node_wanted;

struct node_request {
    int node;
    int16_t api, version;
    int32_t correlation;
    char *bytes;
    wr_wire_in body; /* after the head; what is left of it */
    /* Fetch: */
    int16_t error;   /* of its session */
    int32_t session; /* 0: none */
    bool whole;      /* the answer has all partitions, also those without news */
    bool committed;  /* read_committed */
    int64_t until_us;
    node_wanted *v; /* all that it is to be answered for */
    size_t v_n;
};

/* ---- node.c ---- */

node_leads *node_lead(sim_part part);
/** Is the node its leader, as somebody thinks who knows this epoch (-1: none)? NONE, or why not. */
int16_t node_check_leader(int node, sim_part part, int32_t epoch_known);
/** What can be seen of it at its leader: the high watermark. */
int64_t node_end_at(sim_part part, const node_reign *e);
/** A topic of a request, by its name or its id. */
int node_read_topic(wr_wire_in *in, bool by_id);
/** One topic with one partition, which the caller writes after it. */
void node_put_topic(wr_buf *b, int topic, bool by_id);
/** A tagged field that says who leads the partition, or none: nodes do not always say so. */
void node_put_leader(wr_buf *b, const node_request *r, sim_part part, int16_t error, uint32_t tag);

/* ---- node_fetch.c ---- */

void node_fetch_begin(void);
void node_forget_sessions(int node);
void node_take_fetch(node_request *r);
/** @return false: it waits, until *look_us at most. */
bool node_answer_fetch(node_request *r, wr_buf *b, int64_t *look_us);

/* ---- node_produce.c ---- */

void node_produce_begin(void);
void node_produce_end(void);
void node_answer_init_producer_id(node_request *r, wr_buf *b);
void node_answer_produce(node_request *r, wr_buf *b);

#endif
