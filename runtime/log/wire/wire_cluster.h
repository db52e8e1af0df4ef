/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_cluster.h - the brokers that a client knows, and the request that says who leads what.
 *
 * It begins with the addresses of bootstrap.servers; Metadata names the brokers themselves. Whoever
 * reads answers (fetcher.c) hands those of Metadata back here.
 *
 * Threads: one.
 */
#ifndef WR_RUNTIME_LOG_WIRE_WIRE_CLUSTER_H
#define WR_RUNTIME_LOG_WIRE_WIRE_CLUSTER_H

#include "runtime/log/wire/wire_connection.h"

/** A broker, or an address of bootstrap.servers. Lives as long as the cluster, at the same place
 *  in its list. */
typedef struct wr_wire_node {
    int32_t id; /* -1: an address */
    wr_wire_connection *connection;
    uint32_t failures, faults; /* of the connection, as of the last look */
    bool tried;                /* and has failed, since a broker last answered */
    uint32_t stale;            /* answers to Metadata that are on their way, of other topics */
} wr_wire_node;

typedef struct wr_wire_cluster {
    const wr_wire_config *config;
    wr_wire_answers *answers;
    int epoll_fd;
    wr_wire_node **nodes;
    uint32_t n, turn;
    char **topics; /* whose leaders are wanted; owned */
    uint32_t topics_n;
    bool wanted;         /* Metadata is to be asked for */
    int64_t not_before;  /* that; ms */
    int64_t refresh_ms;  /* when it is wanted by age */
    int backoff_ms;      /* since the last answer that was good */
    wr_wire_node *asked; /* Metadata is under way there; NULL: nowhere */
    bool down;           /* nobody answers, and that was told */
} wr_wire_cluster;

/** @return WEIR_ERR_CONFIG: an address of bootstrap.servers makes no sense. */
weir_status wr__wire_cluster_init(wr_wire_cluster *c, const wr_wire_config *config, int epoll_fd,
                                  wr_wire_answers *answers, weir_error *err) WR_MUST_CHECK;
void wr__wire_cluster_free(wr_wire_cluster *c);

/** The topics from now on, each once; copied. Asks for them, at once. */
void wr__wire_cluster_set_topics(wr_wire_cluster *c, const char *const *topics, uint32_t n);
/** What is known is not right: ask, with a back-off from one time to the next. */
void wr__wire_cluster_refresh(wr_wire_cluster *c);
/** An answer to Metadata has come: note the brokers, hand its content on.
 *  @return WEIR_ERR_LOG: it makes no sense */
weir_status wr__wire_cluster_take(wr_wire_cluster *c, wr_wire_node *from, wr_wire_answer *answer,
                                  wr_wire_metadata *out, weir_error *err) WR_MUST_CHECK;
/** Everything that was asked for is known: the next refresh is at once. */
void wr__wire_cluster_content(wr_wire_cluster *c);
/** A broker is there, as an answer says. */
void wr__wire_cluster_note(wr_wire_cluster *c, const wr_wire_broker *broker);
/** NULL: not known. */
wr_wire_node *wr__wire_cluster_node(const wr_wire_cluster *c, int32_t id);

/** Ask for Metadata where that is wanted, bring a connection for it up. Sees that connections have
 *  failed. Connections of brokers that records are read from are their reader's to tend. */
void wr__wire_cluster_tend(wr_wire_cluster *c, int64_t now_ms);
/** When tend has something to do. */
int64_t wr__wire_cluster_due(const wr_wire_cluster *c);

#endif
