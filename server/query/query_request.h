/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_request.h - bodies of requests to the query endpoints, and their errors (rest-api.md 1.1,
 * 3, 5.1).
 *
 * The two endpoints differ in names of members, in what an unknown property is, and in how errors
 * are worded; each has its row in a table here.
 *
 * Threads: any; a request belongs to one.
 */
#ifndef WR_SERVER_QUERY_QUERY_REQUEST_H
#define WR_SERVER_QUERY_QUERY_REQUEST_H

#include "formats/format.h"
#include "runtime/statement/statement.h"
#include "server/http/http.h"

typedef enum wr__query_endpoint {
    WR__ENDPOINT_QUERY,
    WR__ENDPOINT_QUERY_STREAM,
    WR__ENDPOINT_WEBSOCKET, /* reads bodies as /query does */
    WR__ENDPOINT_KSQL,      /* may have no statement: its text is "" then */
} wr__query_endpoint;

/** An error as a client gets it. */
typedef struct wr__query_fault {
    int code;          /* of rest-api.md 3: 40001 ...; the HTTP status is a hundredth of it */
    bool of_statement; /* "statement_error", with the statement's text */
    bool typed;        /* there is a Content-Type */
    char message[3000];
    char blamed[400]; /* of a statement: the expression that is to blame; "": all of it */
} wr__query_fault;

typedef struct wr__query_request {
    wr_arena *arena;      /* owns the struct */
    const char *sql;      /* as it was sent */
    wr_session *session;  /* on the heap; NULL once somebody has taken it */
    const char *settings; /* the properties, in a fixed form; "" for none */
    bool says_host;       /* request.ksql.debug.request */
    /* Another server of the service asks: request.ksql.query.pull.skip.forwarding,
     * request.ksql.query.pull.partition (0,1,...; here_n 0: whatever is here), and
     * request.weir.server, the id of the server that it means, or NULL. */
    bool here_only;
    int32_t *here;
    uint32_t here_n;
    const char *server;
    int64_t sequence; /* commandSequenceNumber; -1: none */
    /* /ksql: what is said of a property of an unknown name, once the statements have been parsed;
     * NULL: there is none. */
    const char *unknown_property;
} wr__query_request;

/** Read @p body. @return NULL: *fault says why. */
wr__query_request *wr__query_request_read(wr_engine *e, wr__query_endpoint endpoint, wr_str body,
                                          wr__query_fault *fault);
void wr__query_request_free(wr__query_request *r);
/** The body's one member @p name as text; NULL: *fault. For bodies that are but an id. */
char *wr__body_text(wr_str body, const char *name, wr__query_fault *fault);

/** A body that is an object (null is an empty one). @return NULL: *fault. */
const wr_json *wr__body_object(wr_str body, wr_arena *a, wr__query_fault *fault);
/** Sets *fault; the three first are its members. */
void wr__query_fault_set(wr__query_fault *fault, int code, bool of_statement, bool typed,
                         const char *fmt, ...) WR_PRINTF(5, 6);

/** Its one statement, SELECT or PRINT. @return NULL: *fault. */
wr_exec *wr__query_statement(wr_engine *e, wr__query_endpoint endpoint, wr__query_request *r,
                             wr__query_fault *fault);
/** What went wrong in a statement. @p sql: its text, NULL where no expression can be to blame. */
void wr__query_fault_of(wr__query_fault *fault, wr__query_endpoint endpoint, const char *sql,
                        weir_status st, const weir_error *err);
/** "S does not exist.": a source of the query, which is looked for before anything else. */
bool wr__is_missing_source(const weir_error *err);
/**
 * A name that no source can have, in ksqlDB's words, and the name, which is to blame.
 * @return false: @p err is about something else.
 */
bool wr__put_illegal_name(const weir_error *err, wr_buf *message, wr_buf *name);
/** WHERE or HAVING, which ksqlDB blames for what is wrong anywhere in it; NULL: it is not that. */
const wr_ast_expr *wr__blamed_condition(const wr_ast_query *q, const weir_error *err);
/** The expression that an error of arithmetic blames; empty: there is none. */
wr_str wr__blamed_expression(const weir_error *err);
/** The response. @p sql: of the statement that is to blame. */
void wr__query_refuse(wr_http_exchange *x, const wr__query_fault *fault, const char *sql);

/** The first line of /inserts-stream: settings into @p session, and the target's name. */
bool wr__insert_request_read(wr_str line, wr_engine *e, wr_session *session, wr_buf *target,
                             wr__query_fault *fault);

#endif
