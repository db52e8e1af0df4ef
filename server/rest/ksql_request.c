/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of one request.
 *
 * Several are checked together first, against a clone of the catalog and a copy of the session, so
 * that nothing is executed where one of them cannot be. A single one is not: it has an effect as a
 * whole or none by itself. What is checked may still fail when it is executed (a broker that is
 * away, another request between): the error then has the entities of those before it.
 */
#include "server/rest/ksql_request.h"
#include "common/reason.h"
#include "parser/parser.h"
#include "server/query/config_words.h"
#include "server/rest/statement_text.h"
#include "types/text.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { STEP_MS = 1000, STATEMENTS_MAX = 10000 };
enum {
    BAD_REQUEST = 40000,
    BAD_STATEMENT = 40001,
    IS_QUERY = 40002,
    FORBIDDEN = 40300,
    NOT_ASSERTED = 41700,
    NO_REGISTRY = 42801,
    SERVER_ERROR = 50000
};

struct wr__ksql_caller {
    pthread_mutex_t lock; /* all */
    wr_exec *waits;       /* the statement that is of no use without it; NULL: none */
    bool gone;
};

/** One request under way. */
typedef struct work {
    const wr__ksql_context *c;
    wr_session *session;
    wr__ksql_caller *caller;
    wr_buf *out;
    wr__query_fault fault;
    wr_buf blamed; /* the text of the statement that is to blame */
} work;

/* ---- who waits ---- */

wr__ksql_caller *wr__ksql_caller_new(void)
{
    wr__ksql_caller *c = wr_calloc(1, sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void wr__ksql_caller_free(wr__ksql_caller *c)
{
    if (!c)
        return;
    WR_ASSERT(!c->waits);
    pthread_mutex_destroy(&c->lock);
    wr_free(c);
}

void wr__ksql_caller_gone(wr__ksql_caller *c)
{
    pthread_mutex_lock(&c->lock);
    c->gone = true;
    if (c->waits)
        wr_exec_interrupt(c->waits);
    pthread_mutex_unlock(&c->lock);
}

/* @p x NULL: nothing is under way. */
static void set_waits(wr__ksql_caller *c, wr_exec *x)
{
    pthread_mutex_lock(&c->lock);
    WR_ASSERT(!x || !c->waits);
    c->waits = x;
    if (x && c->gone)
        wr_exec_interrupt(x);
    pthread_mutex_unlock(&c->lock);
}

static bool only_waits(const wr_ast_stmt *s)
{
    return s->kind == WR_AST_ASSERT_TOPIC || s->kind == WR_AST_ASSERT_SCHEMA;
}

bool wr__ksql_may_change(const char *sql)
{
    static const char *const words[] = {"CREATE", "DROP",   "ALTER", "TERMINATE",
                                        "PAUSE",  "RESUME", "SELECT"};
    for (size_t i = 0; i < WR_ARRAY_LEN(words); i++)
        if (strcasestr(sql, words[i]))
            return true;
    return false;
}

static bool is_of_session(const wr_ast_stmt *s)
{
    return s->kind == WR_AST_SET || s->kind == WR_AST_UNSET || s->kind == WR_AST_DEFINE ||
           s->kind == WR_AST_UNDEFINE;
}

/* ---- texts ---- */

static void put_plain(const wr_ast_stmt *s, wr_buf *out)
{
    wr_str text = s->text;
    static const char tail[] = " DELETE TOPIC";
    size_t n = sizeof tail - 1;
    if (s->kind == WR_AST_DROP_SOURCE && s->delete_topic && text.len > n &&
        strncasecmp(text.ptr + text.len - n, tail, n) == 0)
        text.len -= (uint32_t)n;
    wr_buf_printf(out, "%.*s;", (int)text.len, text.ptr);
}

/* Values may be secrets: a refused INSERT shows none. */
static void put_masked(const wr_ast_stmt *s, wr_buf *out)
{
    WR_ASSERT(s->kind == WR_AST_INSERT_VALUES);
    wr_buf_puts(out, "INSERT INTO ");
    wr_text_put_quoted(out, wr_str_c(s->name.name), '`');
    for (size_t i = 0; i < s->columns_n; i++) {
        wr_buf_puts(out, i ? ", " : " (");
        wr_text_put_quoted(out, wr_str_c(s->columns[i].name), '`');
    }
    wr_buf_puts(out, s->columns_n ? ") VALUES (" : " VALUES (");
    for (size_t i = 0; i < s->values_n; i++)
        wr_buf_puts(out, i ? ", '[value]'" : "'[value]'");
    wr_buf_puts(out, ");");
}

/* As the server says it back: CREATE anew, others as they came. */
static void put_text(const work *w, const wr_ast_stmt *s, wr_buf *out)
{
    if (s->kind != WR_AST_CREATE_SOURCE && s->kind != WR_AST_CREATE_AS) {
        put_plain(s, out);
        return;
    }
    wr_engine_lock(w->c->entities.engine);
    wr__statement_text(w->c->entities.engine, s->text.ptr, out);
    wr_engine_unlock(w->c->entities.engine);
}

/* ---- errors ---- */

/* What ksqlDB finds when it prepares a statement, before it looks at what it means; the words that
 * it says then, in front. NULL: it is found later. */
static const char *preparing(const wr_ast_stmt *s, const weir_error *err)
{
    wr_reason reason = wr_error_reason_of(err);
    if (is_of_session(s))
        return NULL;
    bool queries = s->query || (s->child && s->child->query);
    if (queries && reason == WR_REASON_SOURCE)
        return "Exception while preparing statement: ";
    return reason == WR_REASON_FORM ? "Failed to prepare statement: " : NULL;
}

/* What is wrong with a topic ksqlDB finds before it plans the statement, and blames on the request.
 */
static bool of_topic(const wr_ast_stmt *s, wr_reason reason)
{
    bool create = s->kind == WR_AST_CREATE_SOURCE || s->kind == WR_AST_CREATE_AS;
    return create && (reason == WR_REASON_TOPIC || reason == WR_REASON_NEW_TOPIC);
}

static int code_of(const wr_ast_stmt *s, weir_status st, const weir_error *err)
{
    wr_reason reason = wr_error_reason_of(err);
    if (st == WEIR_ERR_ASSERT)
        return NOT_ASSERTED;
    if (s && of_topic(s, reason))
        return BAD_REQUEST;
    if (st == WEIR_ERR_STORE || st == WEIR_ERR_LOG || st == WEIR_ERR_IO ||
        (s && s->kind == WR_AST_ALTER_SYSTEM))
        return SERVER_ERROR;
    if (reason == WR_REASON_REGISTRY)
        return NO_REGISTRY;
    bool described = reason == WR_REASON_FUNCTION && s && s->kind == WR_AST_DESCRIBE;
    bool no_row = reason == WR_REASON_NO_TARGET ||
                  (s && s->kind == WR_AST_INSERT_VALUES && st == WEIR_ERR_RECORD);
    return described || no_row ? BAD_REQUEST : BAD_STATEMENT;
}

/* Of a refused INSERT INTO ... VALUES: the source first, whatever was wrong with it. */
static void put_insert_reason(const wr_ast_stmt *s, const weir_error *err, wr_buf *out)
{
    static const char inserting[] = "Failed to insert values: ";
    static const char column[] = "Column '";
    const char *m = err->message;
    wr_reason reason = wr_error_reason_of(err);
    bool named = reason == WR_REASON_TARGET || reason == WR_REASON_NO_TARGET;
    if (!preparing(s, err) && !named) {
        wr_buf_printf(out, "Failed to insert values into '%s'. ", s->name.name);
        m += strncmp(m, inserting, sizeof inserting - 1) == 0 ? sizeof inserting - 1 : 0;
    }
    if (reason == WR_REASON_VALUE_COLUMN && strncmp(m, column, sizeof column - 1) == 0) {
        m += sizeof column - 1;
        wr_buf_printf(out, "Unsupported column reference in insert value: %.*s",
                      (int)strcspn(m, "'"), m);
    } else {
        wr_buf_puts(out, m);
    }
}

/* The message in ksqlDB's words. */
static void put_reason(const wr_ast_stmt *s, const weir_error *err, wr_buf *out)
{
    const char *m = err->message;
    weir_error unknown;
    if (s && s->kind == WR_AST_INSERT_VALUES && err->code == WEIR_ERR_RECORD) {
        wr_buf_printf(out, "Failed to insert values into '%s'.", s->name.name);
        wr__put_cause(out, m);
        return;
    }
    if (s && s->kind == WR_AST_INSERT_VALUES) {
        put_insert_reason(s, err, out);
        return;
    }
    bool settings = s && (s->kind == WR_AST_SET || s->kind == WR_AST_UNSET);
    if (settings && wr_settings_check(s->text1, NULL, false, &unknown) != WEIR_OK) {
        wr_buf_printf(out, "Unknown property: %s", s->text1);
        return;
    }
    if (settings && wr_settings_check(s->text1, NULL, true, &unknown) != WEIR_OK) {
        wr_buf_printf(out,
                      "One or more properties overrides set locally are prohibited by the KSQL "
                      "server denylist (use UNSET to reset their default value): [%s]",
                      s->text1);
        return;
    }
    if (settings && s->text2) {
        wr__put_config_reason(out, s->text1, s->text2, m);
        return;
    }
    wr_reason reason = wr_error_reason_of(err);
    if ((reason == WR_REASON_COLUMN || reason == WR_REASON_KEY_WORD) && err->line > 0)
        wr_buf_printf(out, "Line: %d, Col: %d: ", err->line, err->column);
    wr_buf_puts(out, reason == WR_REASON_NO_COLUMNS ? "No columns supplied." : m);
}

/* The first name of a message that stands between back-ticks, with them. */
static void put_ticked(const char *message, wr_buf *out)
{
    const char *from = strchr(message, '`');
    const char *end = from ? strchr(from + 1, '`') : NULL;
    if (end)
        wr_buf_put(out, from, (size_t)(end - from) + 1);
}

#define NO_TOPIC "If you want to create a new topic for the "

/* ksqlDB's example is the statement itself, with PARTITIONS. */
static void put_missing_topic(const work *w, const wr_ast_stmt *s, const char *message, wr_buf *out)
{
    const char *advice = strstr(message, NO_TOPIC);
    size_t before = advice ? (size_t)(advice - message) : strlen(message);
    wr_buf_printf(out,
                  "%.*s" NO_TOPIC "stream/table please re-run the statement providing the required "
                  "'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS'). For "
                  "example: ",
                  (int)before, message);
    wr_engine_lock(w->c->entities.engine);
    wr__statement_text_example(w->c->entities.engine, s, out);
    wr_engine_unlock(w->c->entities.engine);
}

#define STATEMENT "\nStatement: "

/* The expression that is to blame: of INSERT INTO ... SELECT it stands for the statement, CREATE
 * has its own exception around it (see query_request.c). */
static void put_blame(work *w, const wr_ast_stmt *s, const weir_error *err, wr_buf *out)
{
    wr_buf text = {0};
    const wr_ast_expr *condition = wr__blamed_condition(s->query, err);
    wr_str expression = wr__blamed_expression(err);
    if (condition)
        wr_ast_format(&text, condition);
    else
        wr_buf_str(&text, expression);
    if (expression.len)
        wr_buf_printf(out, STATEMENT "%s", wr_buf_cstr(&text));
    if (text.len && s->kind == WR_AST_CREATE_AS) {
        wr_buf_printf(out, STATEMENT "%s", wr_buf_cstr(&text));
    } else if (text.len) {
        wr_buf_clear(&w->blamed);
        wr_buf_puts(&w->blamed, wr_buf_cstr(&text));
    }
    wr_buf_free(&text);
}

/* @p s NULL: the text does not parse; then @p sql is to blame. */
static bool fail(work *w, const wr_ast_stmt *s, const char *sql, weir_status st,
                 const weir_error *err)
{
    WR_ASSERT(st > WEIR_DONE && (s || sql) && err->message[0]);
    int code = code_of(s, st, err);
    const char *before = s ? preparing(s, err) : NULL;
    wr_reason reason = wr_error_reason_of(err);
    wr_buf text = {0};
    wr_buf_clear(&w->blamed);
    if (!s && wr__put_illegal_name(err, &text, &w->blamed)) {
        wr__query_fault_set(&w->fault, code, true, true, "%s", wr_buf_cstr(&text));
        wr_buf_free(&text);
        return false;
    }
    if (!s)
        wr_buf_puts(&w->blamed, sql);
    else if (s->kind == WR_AST_INSERT_VALUES)
        put_masked(s, &w->blamed);
    else if (before)
        put_plain(s, &w->blamed);
    else if (reason == WR_REASON_KEY_WORD)
        put_ticked(err->message, &w->blamed);
    else
        put_text(w, s, &w->blamed);
    if (before)
        wr_buf_puts(&text, before);
    else if (s && s->kind == WR_AST_CREATE_AS && code == BAD_STATEMENT)
        wr_buf_puts(&text, "Could not determine output schema for query due to error: ");
    if (reason == WR_REASON_NEW_TOPIC && s)
        put_missing_topic(w, s, err->message, &text);
    else
        put_reason(s, err, &text);
    if (err->hint[0])
        wr_buf_printf(&text, "\n%s", err->hint);
    if (reason == WR_REASON_RESULT_KIND)
        wr_buf_printf(&text, STATEMENT "%s", wr_buf_cstr(&w->blamed));
    else if (s && s->query)
        put_blame(w, s, err, &text);
    wr__query_fault_set(&w->fault, code,
                        code == BAD_STATEMENT || (code == SERVER_ERROR && s != NULL), true, "%s",
                        wr_buf_cstr(&text));
    wr_buf_free(&text);
    return false;
}

static bool refuse(work *w, const wr_ast_stmt *s, int code, bool of_statement, const char *message)
{
    wr_buf_clear(&w->blamed);
    put_plain(s, &w->blamed);
    wr__query_fault_set(&w->fault, code, of_statement, true, "%s", message);
    return false;
}

/* ---- entities of commands ---- */

typedef struct command {
    const char *type, *action;
    bool quoted; /* its name stands between back-ticks */
} command;

static bool command_of(const wr_ast_stmt *s, command *out)
{
    const char *kind = s->is_table ? "table" : "stream";
    switch (s->kind) {
    case WR_AST_CREATE_SOURCE:
    case WR_AST_CREATE_AS:
        *out = (command){kind, "create", true};
        return true;
    case WR_AST_INSERT_SELECT:
        *out = (command){"stream", "create", true};
        return true;
    case WR_AST_DROP_SOURCE:
        *out = (command){kind, "drop", false};
        return true;
    case WR_AST_ALTER_SOURCE:
        *out = (command){kind, "alter", false};
        return true;
    case WR_AST_CREATE_TYPE:
        *out = (command){"type", "create", false};
        return true;
    case WR_AST_DROP_TYPE:
        *out = (command){"type", "drop", false};
        return true;
    case WR_AST_TERMINATE:
        *out = (command){"terminate", "execute", false};
        return true;
    case WR_AST_PAUSE:
        *out = (command){"pause", "execute", false};
        return true;
    case WR_AST_RESUME:
        *out = (command){"resume", "execute", false};
        return true;
    default:
        return false;
    }
}

/* ksqlDB's words where the statement's own say it otherwise. */
static void put_message(const wr_exec *x, wr_buf *out)
{
    const wr_ast_stmt *s = x->stmt;
    if (s->kind == WR_AST_CREATE_SOURCE && *x->query_id)
        wr_buf_printf(out, "Created query with ID %s", x->query_id);
    else if (s->kind == WR_AST_CREATE_SOURCE && !x->nothing)
        wr_buf_printf(out, "%s created", s->is_table ? "Table" : "Stream");
    else if (s->kind == WR_AST_ALTER_SOURCE && !s->refresh)
        wr_buf_printf(out, "%s %s altered.", s->is_table ? "Table" : "Stream", s->name.name);
    else
        wr_buf_puts(out, x->message);
}

static int64_t last_number(wr_engine *e)
{
    wr_engine_lock(e);
    int64_t n = (int64_t)wr_engine_next_id(e) - 1;
    wr_engine_unlock(e);
    return n;
}

static void put_warning(work *w, const char *statement, const char *message)
{
    wr__entity_open(w->out, "warning_entity", statement);
    wr__member(w->out, "message", message);
    wr__entity_close(w->out);
}

static void put_command(work *w, const wr_exec *x, const command *k, const char *statement)
{
    const wr_ast_stmt *s = x->stmt;
    const char *tick = k->quoted ? "`" : "";
    const char *name = s->all ? "ALL" : s->name.name;
    const char *query = x->query_id;
    wr_buf id = {0}, message = {0};
    wr_buf_printf(&id, "%s/%s%s%s/%s", k->type, tick, name, tick, k->action);
    put_message(x, &message);
    wr__commands_put(w->c->commands, wr_buf_cstr(&id), "SUCCESS", wr_buf_cstr(&message), query);
    wr__entity_open(w->out, "currentStatus", statement);
    wr__member(w->out, "commandId", wr_buf_cstr(&id));
    wr__name(w->out, "commandStatus");
    wr__command_status_put(w->out, "SUCCESS", wr_buf_cstr(&message), query);
    wr__member_int(w->out, "commandSequenceNumber", last_number(w->c->entities.engine));
    wr__entity_close(w->out);
    wr_buf_free(&id);
    wr_buf_free(&message);
}

static void put_assert(work *w, const wr_ast_stmt *s, const char *statement)
{
    bool topic = s->kind == WR_AST_ASSERT_TOPIC;
    WR_ASSERT(topic || s->kind == WR_AST_ASSERT_SCHEMA);
    wr__entity_open(w->out, topic ? "assert_topic" : "assert_schema", statement);
    wr__member(w->out, topic ? "topicName" : "subject", s->text1);
    if (!topic && s->has_id)
        wr__member_int(w->out, "id", s->id);
    else if (!topic)
        wr__member(w->out, "id", NULL);
    wr__member_bool(w->out, "exists", !s->not_exists);
    wr__entity_close(w->out);
}

/* @return false: w->fault. */
static bool put_entity(work *w, wr_exec *x, const char *statement)
{
    const wr_ast_stmt *s = x->stmt;
    weir_error err;
    weir_status st = WEIR_OK;
    command k;
    size_t before = w->out->len;
    if ((s->kind == WR_AST_CREATE_SOURCE || s->kind == WR_AST_CREATE_AS) && x->nothing) {
        const char *kind = s->is_table ? "table" : "stream";
        wr_buf plain = {0}, message = {0};
        put_plain(s, &plain);
        wr_buf_printf(&message, "Cannot add %s `%s`: A %s with the same name already exists.", kind,
                      s->name.name, kind);
        put_warning(w, wr_buf_cstr(&plain), wr_buf_cstr(&message));
        wr_buf_free(&plain);
        wr_buf_free(&message);
    } else if (command_of(s, &k)) {
        put_command(w, x, &k, statement);
    } else if (s->kind == WR_AST_SHOW) {
        st = wr__entity_show(&w->c->entities, x, statement, w->out, &err);
    } else if (s->kind == WR_AST_DESCRIBE) {
        st = wr__entity_describe(&w->c->entities, x, statement, w->out, &err);
    } else if (s->kind == WR_AST_EXPLAIN) {
        wr__entity_explain(&w->c->entities, x, statement, w->out);
    } else if (s->kind == WR_AST_ASSERT_TOPIC || s->kind == WR_AST_ASSERT_SCHEMA) {
        put_assert(w, s, statement);
    }
    if (st == WEIR_OK)
        return true;
    w->out->len = before;
    return fail(w, s, NULL, st, &err);
}

/* ---- execution ---- */

/* A client's query, which no statement of the engine knows. */
static bool terminated_push(work *w, const wr_exec *x)
{
    const wr_ast_stmt *s = x->stmt;
    wr_buf text = {0};
    if (s->kind != WR_AST_TERMINATE || s->all ||
        !wr_query_service_terminate(w->c->entities.queries, s->name.name))
        return false;
    put_plain(s, &text);
    wr__entity_open(w->out, "terminate_query", wr_buf_cstr(&text));
    wr__member(w->out, "queryId", s->name.name);
    wr__member_bool(w->out, "wasTerminated", true);
    wr__entity_close(w->out);
    wr_buf_free(&text);
    return true;
}

/* UNDEFINE of what is not there warns. */
static bool warned(work *w, const wr_exec *x, weir_status st, const weir_error *err)
{
    if (x->stmt->kind != WR_AST_UNDEFINE || st != WEIR_ERR_NOT_FOUND)
        return false;
    wr_buf text = {0}, message = {0};
    put_plain(x->stmt, &text);
    wr_buf_puts(&message, err->message);
    if (message.len && message.ptr[message.len - 1] == '.')
        message.len--;
    put_warning(w, wr_buf_cstr(&text), wr_buf_cstr(&message));
    wr_buf_free(&text);
    wr_buf_free(&message);
    return true;
}

/* UNSET of what the request has not set changes nothing. */
static bool was_not_set(const wr_exec *x)
{
    weir_error ignored;
    return x->stmt->kind == WR_AST_UNSET &&
           wr_settings_check(x->stmt->text1, NULL, true, &ignored) == WEIR_OK;
}

/* May it be a client's query, or have been one? Its id has the form of those, and is nobody else's.
 */
static bool was_push(const wr_ast_stmt *s)
{
    return s->kind == WR_AST_TERMINATE && !s->all &&
           (strncasecmp(s->name.name, "TRANSIENT_", 10) == 0 ||
            strncasecmp(s->name.name, "SCALABLE_PUSH_QUERY_", 20) == 0);
}

/* To its end. One that has to wait is stepped again: STEP_MS is no limit of its own. */
static weir_status run(wr_exec *x, weir_error *err)
{
    for (;;) {
        weir_status st = wr_exec_step(x, STEP_MS, err);
        if (st == WEIR_DONE)
            return WEIR_OK;
        if (st != WEIR_ROW && !(st == WEIR_ERR_INTERRUPTED && x->executed))
            return st;
    }
}

static bool execute(work *w, wr_exec *x)
{
    weir_error err;
    wr_buf text = {0};
    if (only_waits(x->stmt))
        set_waits(w->caller, x);
    weir_status st = run(x, &err);
    set_waits(w->caller, NULL);
    if (st != WEIR_OK && (terminated_push(w, x) || warned(w, x, st, &err) || was_not_set(x)))
        return true;
    if (st == WEIR_ERR_NOT_FOUND && was_push(x->stmt)) {
        wr_buf_printf(&text, "Failed to terminate query with query ID: '%s'", x->stmt->name.name);
        refuse(w, x->stmt, BAD_REQUEST, false, wr_buf_cstr(&text));
        wr_buf_free(&text);
        return false;
    }
    if (st != WEIR_OK)
        return fail(w, x->stmt, NULL, st, &err);
    put_text(w, x->stmt, &text);
    bool good = put_entity(w, x, wr_buf_cstr(&text));
    wr_buf_free(&text);
    return good;
}

/* What may not be executed here whatever it means. */
static bool allowed(work *w, const wr_exec *x)
{
    const wr_ast_stmt *s = x->stmt;
    if (x->kind == WR_EXEC_PULL || x->kind == WR_EXEC_PUSH || x->kind == WR_EXEC_PRINT) {
        weir_error err;
        wr_engine_lock(x->engine);
        const char *from = s->query ? s->query->from.name.name : NULL;
        bool known = !from || wr_catalog_find(wr_engine_catalog(x->engine), from);
        wr_engine_unlock(x->engine);
        if (!known)
            return fail(w, s, NULL,
                        wr_refuse(&err, WR_REASON_SOURCE, "%s does not exist.", from ? from : ""),
                        &err);
        return refuse(w, s, IS_QUERY, true,
                      "The following statement types should be issued to the websocket endpoint "
                      "'/query':\n\t* PRINT\n\t* SELECT");
    }
    if (w->c->read_only && x->kind == WR_EXEC_COMMAND && !is_of_session(s) &&
        s->kind != WR_AST_ASSERT_TOPIC && s->kind != WR_AST_ASSERT_SCHEMA)
        return refuse(w, s, FORBIDDEN, false, "The server is read-only");
    return true;
}

/* ---- all of them ---- */

/* One statement after the other; @p catalog NULL: they are executed, else checked against it. */
static bool each(work *w, wr_session *session, const char *sql, wr_catalog *catalog)
{
    size_t len = strlen(sql), n = 0;
    wr_parse_span span;
    weir_error err;
    for (size_t at = 0; wr_parse_next_span(sql, len, at, &span); at = span.next) {
        wr_exec *x;
        const char *from = sql + span.start;
        size_t size = span.empty ? 0 : span.end - span.start;
        weir_status st = ++n > STATEMENTS_MAX
                             ? wr_error(&err, WEIR_ERR_LIMIT, "A request has %d statements at most",
                                        (int)STATEMENTS_MAX)
                             : wr_exec_new(w->c->entities.engine, session, from, size, &x, &err);
        if (st != WEIR_OK) {
            wr_buf text = {0};
            wr_buf_put(&text, from, size);
            if (span.terminated)
                wr_buf_putc(&text, ';');
            fail(w, NULL, wr_buf_cstr(&text), st, &err);
            wr_buf_free(&text);
            return false;
        }
        bool good = allowed(w, x);
        if (good && !catalog) {
            good = execute(w, x);
        } else if (good && (is_of_session(x->stmt) || x->stmt->kind == WR_AST_ALTER_SYSTEM)) {
            st = run(x, &err);
            bool warns =
                (x->stmt->kind == WR_AST_UNDEFINE && st == WEIR_ERR_NOT_FOUND) || was_not_set(x);
            good = st == WEIR_OK || warns || fail(w, x->stmt, NULL, st, &err);
        } else if (good) {
            st = wr_exec_validate(x, catalog, &err);
            if (st != WEIR_OK)
                wr_error_locate(&err, x->text, strlen(x->text));
            good = st == WEIR_OK || was_push(x->stmt) || fail(w, x->stmt, NULL, st, &err);
        }
        wr_exec_free(x);
        if (!good)
            return false;
    }
    return true;
}

/* The place in the whole text: that of the statement with a blank for each character before it. A
 * text that is too long for the parser keeps the statement's own. */
static void place_in_request(const char *sql, const wr_parse_span *span, wr_arena *a,
                             weir_error *err)
{
    wr_ast_stmt *s;
    wr_buf text = {0};
    for (size_t i = 0; i < span->start; i++)
        if (((unsigned char)sql[i] & 0xC0) != 0x80) /* a character's first byte */
            wr_buf_putc(&text, sql[i] == '\n' ? '\n' : ' ');
    wr_buf_put(&text, sql + span->start, span->end - span->start);
    if (text.len <= WR_PARSE_TEXT_MAX) {
        weir_status st = wr_parse_statement(wr_buf_cstr(&text), text.len, a, &s, err);
        WR_ASSERT(st != WEIR_OK); /* it did not parse by itself */
    }
    wr_buf_free(&text);
}

/* As in ksqlDB the whole text is parsed before anything else happens, and to blame as a whole. What
 * has variables is parsed when these are known. */
static bool parses(work *w, const char *sql)
{
    size_t len = strlen(sql);
    wr_parse_span span;
    weir_error err;
    for (size_t at = 0; wr_parse_next_span(sql, len, at, &span); at = span.next) {
        const char *from = sql + span.start;
        size_t size = span.empty ? 0 : span.end - span.start;
        if (memmem(from, size, "${", 2))
            continue;
        wr_arena *a = wr_arena_new(0);
        wr_ast_stmt *s;
        weir_status st = wr_parse_statement(from, size, a, &s, &err);
        if (st == WEIR_ERR_SYNTAX && !span.empty)
            place_in_request(sql, &span, a, &err);
        wr_arena_free(a);
        if (st != WEIR_OK)
            return fail(w, NULL, sql, st, &err);
    }
    return true;
}

/* What a property is called is looked at when the first statement is: all of them are to blame. */
static bool properties_known(work *w, const wr__query_request *r)
{
    if (!r->unknown_property || !*r->sql)
        return true;
    wr_buf_clear(&w->blamed);
    wr_buf_puts(&w->blamed, r->sql);
    wr__query_fault_set(&w->fault, SERVER_ERROR, true, true, "%s", r->unknown_property);
    return false;
}

static bool check_together(work *w, const char *sql)
{
    wr_engine *e = w->c->entities.engine;
    wr_parse_span first, second;
    size_t len = strlen(sql);
    if (!wr_parse_next_span(sql, len, 0, &first) ||
        !wr_parse_next_span(sql, len, first.next, &second))
        return true;
    wr_session session;
    wr_catalog catalog;
    wr_engine_lock(e);
    wr_session_init_from(&session, e, w->session);
    wr_catalog_clone(&catalog, wr_engine_catalog(e));
    wr_engine_unlock(e);
    bool good = each(w, &session, sql, &catalog);
    wr_catalog_free(&catalog);
    wr_session_free(&session);
    return good;
}

/* The entities so far become part of the error. */
static int put_error(work *w)
{
    wr_buf body = {0};
    const wr__query_fault *f = &w->fault;
    WR_ASSERT(f->code >= 40000 && f->code < 51000 && f->message[0]);
    WR_ASSERT(w->out->len > 0 && w->out->ptr[0] == '['); /* entities, so far */
    wr_buf_putc(&body, '{');
    wr__member(&body, "@type", f->of_statement ? "statement_error" : "generic_error");
    wr__member_int(&body, "error_code", f->code);
    wr__member(&body, "message", f->message);
    if (f->of_statement) {
        wr__member(&body, "statementText", wr_buf_cstr(&w->blamed));
        wr__name(&body, "entities");
        wr_buf_str(&body, wr_buf_view(w->out));
        wr_buf_putc(&body, ']');
    }
    wr_buf_putc(&body, '}');
    wr_buf_free(w->out);
    *w->out = body;
    return f->code / 100;
}

int wr__ksql_execute(const wr__ksql_context *c, wr__query_request *r, wr__ksql_caller *caller,
                     wr_buf *out)
{
    WR_ASSERT(r->sql && r->session && out->len == 0);
    work w = {.c = c, .session = r->session, .caller = caller, .out = out};
    wr_buf_putc(out, '[');
    bool good = parses(&w, r->sql) && properties_known(&w, r) && check_together(&w, r->sql) &&
                each(&w, r->session, r->sql, NULL);
    int status = 200;
    if (good)
        wr_buf_putc(out, ']');
    else
        status = put_error(&w);
    wr_buf_free(&w.blamed);
    return status;
}
