/* SPDX-License-Identifier: Apache-2.0 */
/*
 * producer_internal.h - what the files of the producer share: producer.c (records into batches, the
 * loop), produce_topics.c (who leads what), produce_requests.c (what is sent to brokers, and what
 * their answers mean).
 */
#ifndef WR_RUNTIME_LOG_WIRE_PRODUCER_INTERNAL_H
#define WR_RUNTIME_LOG_WIRE_PRODUCER_INTERNAL_H

#include "runtime/log/wire/wire_cluster.h"
#include "runtime/log/wire/producer.h"
#include "runtime/log/wire/record_batch.h"
#include "runtime/log/wire/wire_loop.h"

/** Whose the next records of a batch are. */
typedef struct wr_wire_share {
    void *who;
    uint32_t records;
} wr_wire_share;

typedef struct wr_wire_flight wr_wire_flight;

/** A record batch, from its first record to its report. */
typedef struct wr_wire_out_batch {
    struct wr_wire_out_batch *next; /* of the output, in order; or spare */
    wr_buf bytes;
    wr_wire_batch_writer writer;
    wr_wire_share *shares;
    uint32_t shares_n, shares_cap;
    size_t charged; /* bytes counted in the producer's */
    int64_t made_ms;
    bool full;              /* no more records */
    bool sealed;            /* compressed, and its head is written */
    int32_t sequence;       /* of its first record; -1: none yet */
    int32_t sent_sequence;  /* as it was sent last */
    uint32_t attempts;      /* how often it was sent */
    int16_t error;          /* why it came back */
    wr_wire_flight *flight; /* the request that it is in; NULL: none */
} wr_wire_out_batch;

typedef struct wr_wire_out_topic {
    char *name;
    wr_wire_uuid id;
    wr_wire_output **outputs; /* by partition; NULL: not written to */
    uint32_t n;
    bool asked;         /* Metadata is asked for it */
    bool known;         /* it was there once */
    int64_t missing_ms; /* since when it is not there; 0: it is */
} wr_wire_out_topic;

struct wr_wire_output {
    wr_wire_out_topic *of;
    int32_t partition;
    int32_t leader, leader_epoch;    /* -1: not known */
    wr_wire_out_batch *first, *last; /* the last one may take more records */
    uint32_t in_flight;
    int32_t sent_to;       /* the broker that they are under way to */
    bool draining;         /* something came back: nothing is sent before everything has */
    int64_t retry_ms;      /* not to be sent before */
    int32_t next_sequence; /* of the next batch that is sent first */
    bool counted;          /* the broker has taken something in this epoch */
};

/** A batch in a request. */
typedef struct wr_wire_flown {
    wr_wire_output *out;
    wr_wire_out_batch *batch; /* NULL: what becomes of it is known, or not wanted any more */
} wr_wire_flown;

/** A Produce request under way. */
struct wr_wire_flight {
    wr_wire_flight *next; /* of the broker, in order; or spare */
    wr_wire_flown *v;
    uint32_t n, cap;
};

/** What is under way with a broker; one for each node of the cluster. */
typedef struct wr_wire_peer {
    wr_wire_flight *first, *last;
    uint32_t n;
    uint32_t failures;  /* of the connection; another number: nothing is under way any more */
    int64_t not_before; /* the broker wants to be left alone until then */
    bool identifying;   /* it is asked for a producer id */
} wr_wire_peer;

struct wr_wire_producer {
    const wr_wire_config *config;
    wr_wire_on_report on_report;
    void *arg;
    wr_wire_loop loop;
    wr_wire_answers answers;
    wr_wire_cluster cluster;
    wr_wire_peer *peers; /* by the node's place */
    uint32_t peers_n;
    wr_wire_out_topic **topics;
    uint32_t topics_n;
    wr_wire_ask *asks; /* of the request that is being made */
    uint32_t asks_cap;
    wr_wire_producer_id id;  /* id -1: none yet; its sequence is not used */
    bool renew;              /* the id is to be another one, once nothing is in flight */
    bool identifying;        /* some broker is asked for one */
    int64_t identify_ms;     /* not before */
    uint32_t in_flight;      /* batches */
    uint32_t records;        /* not reported */
    size_t bytes;            /* of batches that are not reported */
    uint32_t reports;        /* made so far */
    uint64_t written;        /* records that are acknowledged */
    int32_t throttle_max_ms; /* since the figures were taken */
    bool pushing, full;      /* linger_ms does not count now */
    bool changed;            /* something may have to be sent */
    int64_t looked_ms;       /* when the sockets were looked at last */
    wr_wire_codec *codec;
    wr_buf scratch; /* of the codec */
    wr_wire_out_batch *spare;
    size_t spare_bytes;
    wr_wire_flight *spare_flights;
};

/* ---- producer.c ---- */

/** Its records have become this: reports, and the batch is gone. @pre it is in no flight.
 *  @p base_offset -1: not known */
void wr__wire_batch_over(wr_wire_producer *p, wr_wire_output *out, wr_wire_out_batch *b,
                         int16_t code, int64_t base_offset, wr_str message);
/** All batches of it that are in no flight. */
void wr__wire_output_fail(wr_wire_producer *p, wr_wire_output *out, int16_t code);
/** The topics whose leaders are to be known. */
void wr__wire_topics_ask(wr_wire_producer *p);

/* ---- produce_topics.c ---- */

/** Goes over all outputs; zeroed: at the first. */
typedef struct wr_wire_cursor {
    uint32_t topic, partition;
} wr_wire_cursor;
wr_wire_output *wr__wire_next_output(const wr_wire_producer *p, wr_wire_cursor *at);
/** Somebody says who leads it; not where somebody who knows of a later epoch has said so before. */
void wr__wire_set_leader(wr_wire_output *out, int32_t leader, int32_t epoch);
/** An answer to Metadata. */
void wr__wire_take_leaders(wr_wire_producer *p, wr_wire_node *node, wr_wire_answer *answer);
/** Whoever has records for a partition has Metadata asked for its leader. */
void wr__wire_look_for_leaders(wr_wire_producer *p);

/* ---- produce_requests.c ---- */

/** May the same be taken later, in spite of this error? */
bool wr__wire_passes(int16_t code);

/** Send what is to be sent now. */
void wr__wire_produce_send(wr_wire_producer *p, int64_t now_ms);
/** Take the answers that are there. */
void wr__wire_produce_take(wr_wire_producer *p);
/** When send has something to do by the clock alone. */
int64_t wr__wire_produce_due(const wr_wire_producer *p);
/** Nothing of what is under way is wanted any more; batches are in no flight after it. */
void wr__wire_flights_forget(wr_wire_producer *p);
void wr__wire_flights_free(wr_wire_producer *p);

#endif
