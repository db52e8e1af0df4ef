/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_record.h - a record of a service's command topic: statements that one process has checked
 * and hands to all of them (command_log.h).
 *
 * JSON, so that people and tools can read the topic:
 *
 *     key     the subject of the first statement: "S:ORDERS"
 *     value   {"weir": 1,               version of what follows `attempt`
 *              "base": 12,              the writer had applied everything before this position
 *              "attempt": "0f3a...",    16 random bytes, by which the writer knows its own record
 *              "author": "...",         who wrote it, for people
 *              "replaces": true,        all before it counts no more at an opening; may be missing
 *              "next": 40,              no number below this is given again; may be missing
 *              "statements": [{"number": 7,        may be missing: by the position in the topic
 *                              "subject": "S:ORDERS", "statement": "CREATE STREAM ...",
 *                              "settings": {"auto.offset.reset": "earliest"},
 *                              "schemas": {"0/t-value": "5 0 {...}"}}]}
 *
 * `weir`, `base` and `attempt` mean the same in every version: whether a record takes effect must
 * not depend on who reads it. What else a newer version has written is not guessed at.
 */
#ifndef WR_RUNTIME_INSTANCE_COMMAND_RECORD_H
#define WR_RUNTIME_INSTANCE_COMMAND_RECORD_H

#include "runtime/instance/statement_log.h"

#define WR_COMMAND_VERSION     1
#define WR_COMMAND_ATTEMPT_LEN 32 /* hex digits */
/** A statement's number that is not said: it comes of the position. */
#define WR_COMMAND_BY_POSITION UINT64_MAX

typedef struct wr_command {
    uint64_t base;
    char attempt[WR_COMMAND_ATTEMPT_LEN + 1];
    const char *author;
    bool replaces;           /* its statements are the whole history: `weir repair` writes it */
    uint64_t next;           /* 0: nothing to say */
    wr_kept_list statements; /* id: the number, or WR_COMMAND_BY_POSITION */
} wr_command;

typedef enum wr_command_kind {
    WR_COMMAND_GOOD,
    WR_COMMAND_NEWER,   /* base and attempt are known; the rest is of a newer version */
    WR_COMMAND_UNKNOWN, /* no program of this kind has written it, or it is damaged */
} wr_command_kind;

/** @return WEIR_ERR_STATEMENT: a text that is not UTF-8, which JSON cannot hold. */
weir_status wr_command_put(const wr_command *c, wr_buf *out, weir_error *err) WR_MUST_CHECK;
/** Of bytes that anybody may have written. What @p out has is in @p a. */
wr_command_kind wr_command_parse(wr_arena *a, wr_str value, wr_command *out);

#endif
