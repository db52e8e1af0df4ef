/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote.h - a handle whose statements are executed by a server (server/native/native.h says what
 * is sent).
 *
 * Texts are parsed here, so what is not SQL is refused with its place before anything is sent, and
 * SET, UNSET, DEFINE and UNDEFINE, which are the session's, are executed here on an engine in
 * memory. The server gets a statement with its variables put in and the session's settings.
 *
 * Threads: a statement belongs to one; the handle's fields never change.
 */
#ifndef WR_RUNTIME_API_REMOTE_H
#define WR_RUNTIME_API_REMOTE_H

#include "formats/format.h"
#include "runtime/statement/statement.h"

/** Where the server is. */
typedef struct wr__remote wr__remote;

/** @param server "http://HOST:PORT", "https://...", "unix:PATH". Asks whether a Weir is there.
 *  @return WEIR_ERR_LOG: nobody answers, or somebody else. */
weir_status wr__remote_open(const char *server, const char *user, const char *password,
                            wr__remote **out, weir_error *err) WR_MUST_CHECK;
void wr__remote_close(wr__remote *r);
/** Names for completion, in @p a. */
char **wr__remote_complete(wr__remote *r, const char *prefix, wr_arena *a, size_t *n);

/** As the user named it. */
const char *wr__remote_name(const wr__remote *r);
/**
 * One request and its answer, a JSON object, in @p a: GET, or with @p body POST. Waits.
 * @return the server's own error; WEIR_ERR_LOG: nobody answers, or somebody else.
 */
weir_status wr__remote_ask(wr__remote *r, const char *path, const wr_buf *body, wr_arena *a,
                           wr_json **out, weir_error *err) WR_MUST_CHECK;

typedef struct wr__remote_column {
    const char *name, *type_text;
    weir_type type;
    bool key;
} wr__remote_column;

/** Rows with their columns: of the statement, or of a section. */
typedef struct wr__remote_table {
    const char *name;
    const wr__remote_column *columns;
    int columns_n;
    const wr_json *rows; /* a section's, an array; else NULL */
} wr__remote_table;

/** A statement that has been sent. */
typedef struct wr__remote_stmt {
    wr__remote_table table;
    wr__remote_table *sections;
    size_t sections_n;
    const wr_json *row; /* {"row":[...],...} of the last step; NULL: there is none */
    bool tombstone, headed;
    const char *message, *heading, *query_id;
    struct wr__remote_call *call;
} wr__remote_stmt;

/** Is it executed here? */
bool wr__remote_is_local(const wr_exec *x);
wr__remote_stmt *wr__remote_stmt_new(wr__remote *r, wr_exec *x);
/** As weir_step. The statement is sent with the first. */
weir_status wr__remote_step(wr__remote_stmt *s, int timeout_ms, weir_error *err);
/** Sends it, if it is not, and waits for its columns; a failure is told by the next step. */
void wr__remote_describe(wr__remote_stmt *s);
void wr__remote_stmt_free(wr__remote_stmt *s);

/* ---- values: item @p i of a row; NULL: it is NULL, or there is none ---- */

const wr_json *wr__remote_value(const wr_json *row, int columns_n, int i);
int64_t wr__remote_int64(const wr__remote_column *c, const wr_json *v);
double wr__remote_double(const wr_json *v);
/** As CAST to STRING, in @p a. */
const char *wr__remote_text(const wr_json *row, const wr_json *v, int i, wr_arena *a);
/** STRING and BYTES as they are, in @p a; else nothing. */
const void *wr__remote_bytes(const wr__remote_column *c, const wr_json *v, wr_arena *a,
                             size_t *len);

#endif
