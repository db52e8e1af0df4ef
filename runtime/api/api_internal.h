/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_internal.h - the structs behind weir.h's opaque types.
 *
 * A handle outlives its statements and consumers; weir_close holds callers to the former, and the
 * latter are theirs to close. Nothing here is seen by a caller, so fields may come and go.
 */
#ifndef WR_RUNTIME_API_INTERNAL_H
#define WR_RUNTIME_API_INTERNAL_H

#include "runtime/api/remote.h"
#include "runtime/instance/query_list.h"
#include "runtime/statement/statement.h"

#include <pthread.h>
#include <stdatomic.h>

/** The engine and everything below it has locks of its own; `session` is guarded by the engine's.
 */
struct weir {
    wr_engine *engine;
    wr__remote *remote;        /* statements are executed there; or NULL. The engine is in memory */
    wr_session session;        /* of all statements of this handle */
    wr_settings server;        /* from the options */
    char *data_dir;            /* NULL: there is none */
    pthread_mutex_t producing; /* one weir_produce or weir_flush at a time */
    wr_log_owner producer;     /* of what weir_produce writes; set with the writer */
    wr_log_writer *writer;     /* theirs; made at first use */
    atomic_size_t statements;  /* prepared and not yet finalized: why weir_close may be refused */
    wr_arena *complete;        /* names for weir_complete */
    char **candidates;         /* in `complete`, sorted: the answers to the last prefix */
    size_t candidates_n;
    atomic_bool loading_interrupted; /* weir_interrupt_load */
    bool stepped;                    /* the caller drives it: weir_run_once */
    bool in_memory;                  /* WEIR_LOG_MEMORY */
};

/** A statement, or a section of one: both are walked by the same functions. Used by one thread at a
 *  time, but for weir_interrupt. */
struct weir_stmt {
    weir *w;
    wr_exec *x;    /* owned by the statement; a section borrows it */
    wr_arena *row; /* texts handed out for the current row */
    /* A section of another statement: its rows are walked through here. */
    const wr_result *section;    /* NULL: this is the statement itself */
    size_t next;                 /* row of the section */
    const wr_value *section_row; /* of the last step, or NULL */
    /* Executed by a server. */
    wr__remote_stmt *remote;                /* NULL: here */
    const wr__remote_table *remote_section; /* of a section; or NULL */
    const wr_json *remote_row;              /* of a section: of the last step */
    /* Sections that were asked for, by index; the statement's own. */
    weir_stmt **sections;
    size_t sections_n;
};

/** Where a process that has a data directory open may be talked to. */
#define WR__DATA_SOCKET "weir.sock"

/** What is no statement is not there for a handle on a server. */
weir_status wr__refuse_remote(const weir *w, weir_error *err) WR_MUST_CHECK;

#endif
