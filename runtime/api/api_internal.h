/* SPDX-License-Identifier: Apache-2.0 */
/* api_internal.h - the structs behind weir.h's opaque types. */
#ifndef WR_RUNTIME_API_INTERNAL_H
#define WR_RUNTIME_API_INTERNAL_H

#include "runtime/statement/statement.h"

struct weir {
    wr_engine *engine;
    wr_session session;    /* of all statements of this handle */
    wr_settings server;    /* from the options */
    wr_log_writer *writer; /* weir_produce; made at first use, under the engine's lock */
    wr_arena *complete;    /* names for weir_complete */
    char **candidates;
    size_t candidates_n;
    bool stepped;
};

struct weir_stmt {
    weir *w;
    wr_exec *x;
    wr_arena *row; /* texts handed out for the current row */
    weir_stmt_kind kind;
};

#endif
