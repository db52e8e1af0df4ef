/* SPDX-License-Identifier: Apache-2.0 */
/*
 * servers.h - the other servers of the service, as far as they are known: where each is, what it
 * has of which table, whether it is alive.
 *
 * Known by their records (server_record.h), and forgotten when none has come for a while. Whether
 * one is alive is a guess that saves time: nothing wrong is answered where it is wrong, because who
 * is asked says itself what it has.
 *
 * Threads: any; one lock, nobody waits under it.
 */
#ifndef WR_SERVER_CLUSTER_SERVERS_H
#define WR_SERVER_CLUSTER_SERVERS_H

#include "common/clock.h"
#include "engine/plan/settings.h"
#include "server/cluster/server_record.h"

typedef struct wr__servers wr__servers;

/** One that may be asked for a partition. Texts are in the arena of the call. */
typedef struct wr__server_choice {
    const char *url, *host, *id;
    bool active;
    int64_t behind;
} wr__server_choice;

/** One of them, for /clusterStatus and for those who write to it. In the arena of the call. */
typedef struct wr__server_info {
    const char *url, *host, *id;
    bool alive;
    int64_t heard_ms;   /* wall clock: when that was last confirmed */
    const char *status; /* JSON, or NULL */
    const char *lags;   /* JSON of the last /lag, or NULL */
} wr__server_info;

/** "host:port" of an url. */
const char *wr__server_host(wr_arena *a, const char *url);

/** @param expire_ms  without a record for so long a server is forgotten. */
wr__servers *wr__servers_new(wr_clock *clock, const wr_settings *settings, int64_t expire_ms);
/** NULL is allowed. */
void wr__servers_free(wr__servers *s);

/** A record of another server has come. @return it was not known before. */
bool wr__servers_hear(wr__servers *s, const wr__server_record *r);
/** A heartbeat, with its time by the clock of that server; of one that is not known: nothing. */
void wr__servers_beat(wr__servers *s, const char *host);
/** Its lags, as JSON. */
void wr__servers_lags(wr__servers *s, const char *host, wr_str json);
/** Is none known, alive or not? */
bool wr__servers_none(wr__servers *s);
/** Is the process with this id known, and not thought dead? */
bool wr__servers_is_alive(wr__servers *s, const char *id);

/**
 * Who has a partition: who has it active, then copies that are at most @p behind_max records behind
 * (-1: none), the nearest first. Those that are thought dead are left out. @return how many.
 */
uint32_t wr__servers_choices(wr__servers *s, wr_arena *a, const char *query, int32_t partition,
                             int64_t behind_max, wr__server_choice **out);
uint32_t wr__servers_all(wr__servers *s, wr_arena *a, wr__server_info **out);

#endif
