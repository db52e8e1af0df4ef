/* SPDX-License-Identifier: Apache-2.0 */
/* api_internal.h - the structs behind weir.h's opaque types. */
#ifndef WR_RUNTIME_API_INTERNAL_H
#define WR_RUNTIME_API_INTERNAL_H

#include "runtime/instance/query_list.h"
#include "runtime/statement/statement.h"

#include <pthread.h>
#include <stdatomic.h>

struct weir {
    wr_engine *engine;
    wr_session session;        /* of all statements of this handle */
    wr_settings server;        /* from the options */
    pthread_mutex_t producing; /* one weir_produce or weir_flush at a time */
    wr_log_owner producer;     /* of what weir_produce writes; set with the writer */
    wr_log_writer *writer;     /* theirs; made at first use */
    atomic_size_t statements;  /* prepared and not yet finalized */
    wr_arena *complete;        /* names for weir_complete */
    char **candidates;
    size_t candidates_n;
    bool stepped;
};

struct weir_stmt {
    weir *w;
    wr_exec *x;
    wr_arena *row; /* texts handed out for the current row */
    /* A section of another statement: its rows are walked through here. */
    const wr_result *section;    /* NULL: this is the statement itself */
    size_t next;                 /* row of the section */
    const wr_value *section_row; /* of the last step, or NULL */
    /* Sections that were asked for, by index; the statement's own. */
    weir_stmt **sections;
    size_t sections_n;
};

#endif
