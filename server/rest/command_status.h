/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_status.h - what became of the last commands, for /status: the last WR__COMMANDS_MAX of
 * them, each under its id ("stream/`S`/create"). A command with the id of another replaces it.
 *
 * Threads: any.
 */
#ifndef WR_SERVER_REST_COMMAND_STATUS_H
#define WR_SERVER_REST_COMMAND_STATUS_H

#include "common/buf.h"

/** About 2 MB. */
#define WR__COMMANDS_MAX 10000

typedef struct wr__commands wr__commands;

wr__commands *wr__commands_new(void);
void wr__commands_free(wr__commands *c);
/** @p query_id "" for none. */
void wr__commands_put(wr__commands *c, const char *id, const char *status, const char *message,
                      const char *query_id);
/** Append {"status":...,"message":...,"queryId":...}. @return false: there is none of that id. */
bool wr__commands_get(wr__commands *c, const char *id, wr_buf *out);
/** Append {"commandStatuses":{id:status,...}}, the oldest first. */
void wr__commands_all(wr__commands *c, wr_buf *out);

/** Append {"status":...,"message":...,"queryId":...}, also the commandStatus of an entity. */
void wr__command_status_put(wr_buf *out, const char *status, const char *message,
                            const char *query_id);

#endif
