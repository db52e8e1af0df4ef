/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers.h - the other servers of a service, as pull queries see them.
 *
 * On Kafka the processes of a service share the partitions of its tables. A pull query that needs
 * partitions which this process does not have hands itself to whoever knows the other servers
 * (server/cluster): that one decides who is asked for what, and gives rows back as they come.
 *
 * Threads: any.
 */
#ifndef WR_RUNTIME_INSTANCE_PEERS_H
#define WR_RUNTIME_INSTANCE_PEERS_H

#include "runtime/instance/engine.h"

/** One pull query on a table. Borrowed for the call. */
typedef struct wr_peer_pull {
    wr_query *query; /* pinned */
    const wr_schema *result;
    const char *sql;
    const wr_settings *settings; /* the session's, over the engine's */
    const int32_t *partitions;   /* that it needs, each once */
    uint32_t n;
    /** Read these partitions here and hand on their rows. A failure before the first row of a call
     * with RETRIABLE may be tried elsewhere; *any: rows were handed on. */
    weir_status (*own)(void *arg, const wr_pull_parts *parts, bool *any, weir_error *err);
    /** @p n rows of another server: in the row codec, column after column, row after row. @p host:
     * "host:port" of that one; copied. */
    weir_status (*rows)(void *arg, const char *host, wr_str bytes, uint32_t n, weir_error *err);
    /** Nobody takes rows any more, or the query that materialises the table is being stopped. */
    bool (*over)(void *arg);
    void *arg;
} wr_peer_pull;

typedef struct wr_peers {
    /** Is no other server of the service known? */
    bool (*alone)(void *arg);
    /** All rows of the pull query, those of this process too, or an error: never a part in silence.
     * May wait; the caller has a thread for it. @return WEIR_ERR_STORE, RETRIABLE: some partition
     * cannot be read now; WEIR_ERR_INTERRUPTED. */
    weir_status (*pull)(void *arg, const wr_peer_pull *p, weir_error *err);
    void *arg;
} wr_peers;

/** @p peers is copied. NULL: none from now on, and none is in use when this returns.
 *  @return false: there are some already, and these are not taken. */
bool wr_engine_set_peers(wr_engine *e, const wr_peers *peers);
/** NULL: there are none, and wr_engine_leave_peers is not to be called. */
const wr_peers *wr_engine_enter_peers(wr_engine *e);
void wr_engine_leave_peers(wr_engine *e);

#endif
