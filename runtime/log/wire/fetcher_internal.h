/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetcher_internal.h - what the files of the fetcher share: fetcher.c (assignment, the loop),
 * fetch_requests.c (what is asked of brokers, and what their answers mean), fetch_batches.c
 * (records out of answers).
 */
#ifndef WR_RUNTIME_LOG_WIRE_FETCHER_INTERNAL_H
#define WR_RUNTIME_LOG_WIRE_FETCHER_INTERNAL_H

#include "runtime/log/wire/wire_cluster.h"
#include "runtime/log/wire/fetcher.h"
#include "runtime/log/wire/record_batch.h"
#include "runtime/log/wire/wire_loop.h"

/** Inflated records of one record batch. */
typedef struct wr_wire_block {
    struct wr_wire_block *next; /* spare */
    wr_buf bytes;
    uint32_t uses;
} wr_wire_block;

/** What one answer has of one partition, as long as not all of it is handed out. In the answer's
 *  arena; the piece is one use of the answer. */
typedef struct wr_wire_piece {
    struct wr_wire_piece *next;
    wr_wire_answer *answer;
    const uint8_t *p, *end;         /* record batches that are still closed */
    int64_t end_offset;             /* behind the last of them */
    const wr_wire_aborted *aborted; /* transactions, by first offset */
    uint32_t aborted_n, aborted_at; /* up to there they have begun */
    int64_t *aborting; /* producers whose records are to be left out now; room for aborted_n */
    uint32_t aborting_n;
    bool open;               /* `records` has more */
    wr_wire_records records; /* of the batch that is being handed out */
    wr_wire_block *block;    /* its inflated bytes, one use; NULL: it is not compressed */
} wr_wire_piece;

typedef struct wr_wire_part {
    const char *topic;
    int32_t partition;
    bool paused;
    int64_t position;             /* next to hand out; WR_WIRE_BEGINNING, _END: to be found out */
    int64_t fetch_at;             /* next to fetch; meaningless while there is no position */
    int32_t leader, leader_epoch; /* -1: not known */
    int32_t replica;              /* to be asked instead of the leader; -1: none */
    int64_t replica_until_ms;
    int32_t fetched_epoch; /* of what was fetched last; -1: nothing was */
    wr_wire_uuid topic_id;
    int64_t high_watermark; /* -1: not known */
    int16_t trouble;        /* rests, with this code; NONE: none */
    bool told;              /* it was handed out */
    bool validate;          /* where its epoch ends is to be asked before anything else */
    const wr_wire_node *listing, *validating; /* who has been asked for it; NULL: nobody */
    bool missing;                             /* the topic was, when it was last heard of */
    int64_t retry_ms;                         /* not to be fetched before */
    wr_wire_piece *first, *last;              /* fetched, not handed out */
    uint32_t pieces;
    /* What the fetch session of a broker knows of it; node NULL: none does. */
    const wr_wire_node *session_node;
    int64_t session_at;
    int32_t session_epoch;
} wr_wire_part;

/** What is under way with a broker; one for each node of the cluster. */
typedef struct wr_wire_session {
    int32_t id, epoch; /* of the fetch session; epoch 0: to begin */
    bool by_id;        /* topics are named by ids in it */
    bool fetching, listing, validating;
    uint32_t failures;  /* of the connection; another number: nothing is under way any more */
    int64_t not_before; /* the broker wants to be left alone until then */
} wr_wire_session;

/** A batch that is handed out. */
typedef struct wr_wire_given {
    wr_wire_run run;            /* first */
    struct wr_wire_given *next; /* spare */
    uint32_t cap;               /* room for records */
    wr_wire_answer *answer;
    wr_wire_block *blocks[32];
    uint32_t blocks_n;
    size_t block_bytes;
} wr_wire_given;

struct wr_wire_fetcher {
    const wr_wire_config *config;
    wr_wire_loop loop;
    wr_wire_answers answers;
    wr_wire_cluster cluster;
    wr_wire_session *sessions; /* by the node's place */
    uint32_t sessions_n;
    wr_wire_part *parts;
    uint32_t *order;            /* places of parts, those of one topic next to each other */
    wr_wire_ask *asks, *forget; /* of the request that is being made; room for all parts */
    uint32_t n, turn;           /* whose turn it is to be handed out */
    uint32_t hint;              /* place in the order of the part that was found last */
    bool changed;               /* something may have to be sent */
    int64_t looked_ms;          /* when the sockets were looked at last */
    wr_wire_codec *codec;
    wr_wire_given *spare;
    wr_wire_block *spare_blocks;
    uint32_t spare_n, spare_blocks_n;
    uint32_t out;            /* batches not released */
    uint64_t records;        /* handed out */
    int32_t throttle_max_ms; /* since the figures were taken */
};

/* ---- fetch_batches.c ---- */

/** Add what @p fetched has to the part. @pre it begins at part->fetch_at, or before it */
weir_status wr__wire_piece_add(wr_wire_fetcher *f, wr_wire_part *p, wr_wire_answer *answer,
                               const wr_wire_fetched *fetched, weir_error *err) WR_MUST_CHECK;
/** Forget what was fetched; it is fetched again. */
void wr__wire_pieces_drop(wr_wire_fetcher *f, wr_wire_part *p);
/** The next batch of the part; NULL: it was all left out, and nothing follows. */
weir_status wr__wire_piece_take(wr_wire_fetcher *f, wr_wire_part *p, uint32_t max_records,
                                wr_wire_given **out, weir_error *err) WR_MUST_CHECK;
void wr__wire_given_free_spare(wr_wire_fetcher *f);

/* ---- fetch_requests.c ---- */

/** Send what is to be sent now. */
void wr__wire_requests_send(wr_wire_fetcher *f, int64_t now_ms);
/** Take the answers that are there. */
weir_status wr__wire_requests_take(wr_wire_fetcher *f, weir_error *err) WR_MUST_CHECK;
/** When send has something to do by the clock alone. */
int64_t wr__wire_requests_due(const wr_wire_fetcher *f);
/** Is the part to be read now, as far as it is up to the user? */
static inline bool wr__wire_part_is_wanted(const wr_wire_part *p)
{
    return !p->paused && p->trouble == WR_WIRE_NONE;
}

#endif
