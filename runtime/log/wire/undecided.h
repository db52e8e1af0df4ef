/* SPDX-License-Identifier: Apache-2.0 */
/*
 * undecided.h - records that the transactions of an id have left undecided, though they are over.
 *
 * A coordinator may call a transaction complete whose end a partition has never heard of (Kafka 4.3
 * and 4.4 leave out partitions that have no leader; before 4.0 a late Produce can come after the
 * end). Consumers with read_committed wait behind such records, and the end of the next transaction
 * of the same producer decides them, whichever way it goes. So whoever is about to begin one under
 * the id asks the partitions' leaders, who know, and ends what is there in a transaction of its
 * own.
 *
 * Requests are made one after the other, each waited for. Threads: one.
 */
#ifndef WR_RUNTIME_LOG_WIRE_UNDECIDED_H
#define WR_RUNTIME_LOG_WIRE_UNDECIDED_H

#include "runtime/log/wire/config.h"
#include "runtime/log/wire/txn_messages.h"

typedef struct wr_wire_undecided wr_wire_undecided;

typedef struct wr_wire_undecided_options {
    const char *id; /* of the transactions */
    int timeout_ms; /* for all requests together */
    /** Begins names of groups: a partition of __consumer_offsets can be named by a group only. */
    const char *group_prefix;
    int turn_ms; /* at most so long between two calls of: */
    /** Is called while it waits: an error ends that. NULL: nothing is asked. */
    weir_status (*go_on)(void *arg, weir_error *err);
    void *arg;
} wr_wire_undecided_options;

/** All is borrowed. @return WEIR_ERR_CONFIG: bootstrap.servers; WEIR_ERR_LOG: no descriptors */
weir_status wr__wire_undecided_new(const wr_wire_config *config,
                                   const wr_wire_undecided_options *options,
                                   wr_wire_undecided **out, weir_error *err) WR_MUST_CHECK;
void wr__wire_undecided_free(wr_wire_undecided *u);

/**
 * How the last transaction of the id has ended, before somebody takes the id up: by that
 * wr__wire_undecided_end decides. One that is not over will be aborted.
 * @return WEIR_ERR_LOG; WEIR_ERR_UNSUPPORTED: brokers before 3.0 cannot say, or the id may not be
 * described
 */
weir_status wr__wire_undecided_look(wr_wire_undecided *u, weir_error *err) WR_MUST_CHECK;

/** Take the id up, as a producer with it would: what is open is ended, and whoever else has it is
 *  fenced. @return WEIR_ERR_LOG; what go_on said */
weir_status wr__wire_undecided_take_up(wr_wire_undecided *u, weir_error *err) WR_MUST_CHECK;

/** What was found. */
typedef struct wr_wire_undecided_found {
    uint32_t partitions; /* that had undecided records, */
    char topic[256];     /* the first of them */
    int32_t partition;   /* */
    int64_t offset;      /* of its first such record */
    bool committed;      /* else they were aborted */
    char unseen[256];    /* a topic that may not be looked at; "" none */
} wr_wire_undecided_found;

/**
 * End what is undecided in the topics' partitions, and see that it is. Topics that are gone have
 * nothing. @pre looked; the id was taken up since then, and no transaction of it is open
 * @return WEIR_ERR_LOG: not within the time, as where a partition has no leader; what go_on said
 */
weir_status wr__wire_undecided_end(wr_wire_undecided *u, const char *const *topics, uint32_t n,
                                   wr_wire_undecided_found *out, weir_error *err) WR_MUST_CHECK;

#endif
