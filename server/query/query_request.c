/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body is one JSON value; what follows it is not looked at, members that nobody knows are not
 * either, and of two with one name the last counts.
 */
#include "server/query/query_request.h"
#include "common/reason.h"
#include "formats/format.h"
#include "parser/parser.h"
#include "server/query/config_words.h"
#include "types/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BAD_REQUEST = 40000, BAD_STATEMENT = 40001, TOO_MANY_PUSH = 40003, SERVER_ERROR = 50000 };

void wr__query_fault_set(wr__query_fault *f, int code, bool of_statement, bool typed,
                         const char *fmt, ...)
{
    va_list ap;
    WR_ASSERT(code >= 40000 && code < 51000); /* a hundredth of it is the status */
    f->code = code;
    f->of_statement = of_statement;
    f->typed = typed;
    f->blamed[0] = '\0';
    va_start(ap, fmt);
    vsnprintf(f->message, sizeof f->message, fmt, ap);
    va_end(ap);
}

/* ---- JSON ---- */

const wr_json *wr__body_object(wr_str body, wr_arena *a, wr__query_fault *fault)
{
    wr_json *j;
    weir_error err;
    if (wr_json_parse_first(body, a, &j, &err) != WEIR_OK) {
        wr__query_fault_set(fault, BAD_REQUEST, false, false, "Invalid JSON in request: %s",
                            err.message);
        return NULL;
    }
    if (j->kind != WR_JSON_OBJECT && j->kind != WR_JSON_NULL) {
        wr__query_fault_set(fault, BAD_REQUEST, false, false,
                            "Invalid JSON in request: an object is expected");
        return NULL;
    }
    return j;
}

static const wr_json *member(const wr_json *object, const char *name)
{
    const wr_json *j = object->kind == WR_JSON_OBJECT ? wr_json_get(object, name) : NULL;
    return j && j->kind != WR_JSON_NULL ? j : NULL;
}

/* Numbers and truth values are taken as text. NULL: it is an array or object; or it has a NUL, and
 * would be another text without what is behind it. */
static const char *text_of(const wr_json *j, wr_arena *a)
{
    bool nested = j->kind == WR_JSON_ARRAY || j->kind == WR_JSON_OBJECT;
    wr_str s = j->kind == WR_JSON_STRING ? j->text : j->raw;
    return nested || wr_str_has_nul(s) ? NULL : wr_arena_strndup(a, s.ptr, s.len);
}

/* A member that must be an object, of values that are no objects. @return false: it is not. */
static bool object_member(const wr_json *body, const char *name, const wr_json **out,
                          wr__query_fault *fault)
{
    *out = member(body, name);
    if (!*out || (*out)->kind == WR_JSON_OBJECT)
        return true;
    wr__query_fault_set(fault, BAD_REQUEST, false, false,
                        "Invalid JSON in request: %s must be an object", name);
    return false;
}

static bool text_member(const wr_json *body, const char *name, wr_arena *a, const char **out,
                        wr__query_fault *fault)
{
    const wr_json *j = member(body, name);
    *out = j ? text_of(j, a) : NULL;
    if (!j || *out)
        return true;
    wr__query_fault_set(fault, BAD_REQUEST, false, false,
                        "Invalid JSON in request: %s must be a text%s", name,
                        j->kind == WR_JSON_STRING ? " without a NUL" : "");
    return false;
}

char *wr__body_text(wr_str body, const char *name, wr__query_fault *fault)
{
    const char *text = NULL;
    wr_arena *a = wr_arena_new(0);
    const wr_json *j = wr__body_object(body, a, fault);
    bool good = j && text_member(j, name, a, &text, fault);
    if (good && !text)
        wr__query_fault_set(fault, BAD_REQUEST, false, false,
                            "Invalid JSON in request: %s is missing", name);
    char *copy = good && text ? wr_strdup(text) : NULL;
    wr_arena_free(a);
    return copy;
}

/* ---- properties ---- */

/* An unknown name is no fault of the client's at /query: the real server's words. @p unknown: where
 * that is said later, what; else NULL. */
static bool put_property(wr_engine *e, wr__query_endpoint endpoint, wr_session *session,
                         const char *name, const char *value, wr_buf *unknown,
                         wr__query_fault *fault)
{
    weir_error err;
    bool stream = endpoint == WR__ENDPOINT_QUERY_STREAM;
    if (wr_settings_check(name, NULL, false, &err) != WEIR_OK) {
        if (unknown) {
            if (!unknown->len)
                wr_buf_puts(unknown, err.message);
            return true;
        }
        wr__query_fault_set(fault, stream ? BAD_REQUEST : SERVER_ERROR, false, !stream, "%s",
                            err.message);
        return false;
    }
    if (wr_settings_check(name, NULL, true, &err) != WEIR_OK ||
        wr_settings_lists(wr_engine_settings(e), "ksql.properties.overrides.denylist", name)) {
        wr__query_fault_set(
            fault, BAD_REQUEST, false, !stream,
            "One or more properties overrides set locally are prohibited by the KSQL server "
            "denylist (use UNSET to reset their default value): [%s]",
            name);
        return false;
    }
    if (value && wr_settings_check(name, value, true, &err) != WEIR_OK) {
        wr_buf reason = {0}, cause = {0};
        wr__put_config_reason(&reason, name, value, err.message);
        if (!stream && endpoint != WR__ENDPOINT_WEBSOCKET)
            wr__put_cause(&cause, wr_buf_cstr(&reason));
        wr__query_fault_set(fault, BAD_REQUEST, false, !stream,
                            "Failed to coerce type of value '%s' for key '%s'%s", value, name,
                            wr_buf_cstr(&cause));
        wr_buf_free(&reason);
        wr_buf_free(&cause);
        return false;
    }
    /* As the real server, queries have their variables put in whatever this says. */
    if (strcmp(wr_settings_canonical(name), "ksql.variable.substitution.enable") != 0)
        wr_settings_put(&session->settings, name, value);
    return true;
}

static int by_name(const void *a, const void *b)
{
    const wr_map_entry *const *x = a, *const *y = b;
    return strcmp((*x)->key.ptr, (*y)->key.ptr);
}

/* What the session has of its own, in order of names: equal for equal settings. */
static const char *settings_text(const wr_session *s, wr_arena *a)
{
    const wr_map_entry *all[64], *v;
    size_t n = 0;
    wr_buf b = {0};
    for (size_t i = 0; (v = wr_map_next(&s->settings.values, &i));) {
        if (n == WR_ARRAY_LEN(all))
            return NULL; /* nobody has so many: that query is not shared */
        all[n++] = v;
    }
    qsort((void *)all, n, sizeof all[0], by_name);
    for (size_t i = 0; i < n; i++)
        wr_buf_printf(&b, "%s=%s\n", all[i]->key.ptr, (const char *)all[i]->value);
    const char *text = wr_arena_strdup(a, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return text;
}

static bool put_properties(wr_engine *e, wr__query_endpoint endpoint, const wr_json *properties,
                           wr_arena *a, wr_session *session, wr_buf *unknown,
                           wr__query_fault *fault)
{
    for (uint32_t i = 0; properties && i < properties->n; i++) {
        const wr_json *j = &properties->items[i];
        const char *name = wr_arena_strndup(a, properties->keys[i].ptr, properties->keys[i].len);
        const char *value = j->kind == WR_JSON_NULL ? NULL : text_of(j, a);
        if (!value && j->kind != WR_JSON_NULL) {
            wr__query_fault_set(fault, BAD_REQUEST, false, false,
                                "Invalid JSON in request: property %s must be a text or a number",
                                name);
            return false;
        }
        if (!put_property(e, endpoint, session, name, value, unknown, fault))
            return false;
    }
    return true;
}

static void put_variable(wr_session *session, wr_str name, const char *written, const char *value)
{
    WR_ASSERT(written && value && strlen(written) <= name.len);
    wr_free(wr_map_put(&session->written, name, wr_strdup(written)));
    wr_free(wr_map_put(&session->variables, name, wr_strdup(value)));
}

/* Names of variables are kept in upper case, and beside that as they came. */
static void put_variables(const wr_json *variables, wr_arena *a, wr_session *session)
{
    for (uint32_t i = 0; variables && i < variables->n; i++) {
        wr_str key = variables->keys[i];
        char *name = wr_arena_strndup(a, key.ptr, key.len);
        const char *value = text_of(&variables->items[i], a);
        for (char *c = name; *c; c++)
            if (*c >= 'a' && *c <= 'z')
                *c = (char)(*c - 'a' + 'A');
        if (value && variables->items[i].kind != WR_JSON_NULL)
            put_variable(session, wr_str_c(name), wr_arena_strndup(a, key.ptr, key.len), value);
    }
}

/* ---- requests ---- */

typedef struct names {
    const char *sql, *properties;
    const char *missing; /* what is said without a statement */
} names;

static const names names_of[] = {
    [WR__ENDPOINT_QUERY] = {"ksql", "streamsProperties", "\"ksql\" field must be populated"},
    [WR__ENDPOINT_QUERY_STREAM] = {"sql", "properties",
                                   "Invalid JSON in request: Missing required creator property "
                                   "'sql'"},
    [WR__ENDPOINT_WEBSOCKET] = {"ksql", "streamsProperties",
                                "\"ksql\" field of \"request\" must be populated"},
    [WR__ENDPOINT_KSQL] = {"ksql", "streamsProperties", NULL},
};

/* "0,1,2" */
static bool read_partitions(wr__query_request *r, const char *text, wr__query_fault *fault)
{
    size_t n = 1;
    for (const char *c = text; *c; c++)
        n += *c == ',';
    r->here = WR_NEW_N(r->arena, int32_t, n);
    r->here_n = 0; /* a name that comes twice counts once */
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, ",");
        int64_t partition;
        if (!wr_str_to_i64(wr_str_make(at, len), &partition) || partition < 0 ||
            partition > INT32_MAX) {
            wr__query_fault_set(fault, BAD_REQUEST, false, false,
                                "Invalid JSON in request: '%s' is no list of partitions", text);
            return false;
        }
        WR_ASSERT(r->here_n < n);
        r->here[r->here_n++] = (int32_t)partition;
        at += len + (at[len] == ',');
    }
    return true;
}

/* How servers ask each other; ksqlDB's names, but for the last one. *known: it is one of them. */
static bool read_peer_property(wr__query_request *r, wr_str name, const wr_json *value, bool *known,
                               wr__query_fault *fault)
{
    const char *text = text_of(value, r->arena);
    *known = true;
    if (wr_str_eq(name, wr_str_c("request.ksql.query.pull.skip.forwarding")))
        r->here_only = text && wr_ieq(text, "true");
    else if (wr_str_eq(name, wr_str_c("request.ksql.query.pull.partition")))
        return read_partitions(r, text ? text : "", fault);
    else if (wr_str_eq(name, wr_str_c("request.weir.server")))
        r->server = text;
    else
        *known = false;
    return true;
}

/* Those that are known say how nodes talk to each other; the others are as unknown properties. */
static bool read_request_properties(wr__query_request *r, wr__query_endpoint endpoint,
                                    const wr_json *properties, wr__query_fault *fault)
{
    for (uint32_t i = 0; properties && i < properties->n; i++) {
        wr_str name = properties->keys[i];
        bool of_peer;
        if (!read_peer_property(r, name, &properties->items[i], &of_peer, fault))
            return false;
        if (of_peer)
            continue;
        if (wr_str_eq(name, wr_str_c("request.ksql.debug.request")))
            r->says_host = properties->items[i].kind == WR_JSON_TRUE;
        else if ((endpoint == WR__ENDPOINT_QUERY || endpoint == WR__ENDPOINT_KSQL) &&
                 !(name.len > 13 && memcmp(name.ptr, "request.ksql.", 13) == 0)) {
            wr__query_fault_set(
                fault, SERVER_ERROR, false, false,
                "Not recognizable as ksql, streams, consumer, or producer property: '%.*s'",
                (int)name.len, name.ptr);
            return false;
        }
    }
    return true;
}

/* A number, or text that is one; absent, null: -1. */
static bool read_sequence(const wr_json *body, wr_arena *a, int64_t *out, wr__query_fault *fault)
{
    const char *text;
    *out = -1;
    if (!text_member(body, "commandSequenceNumber", a, &text, fault))
        return false;
    if (!text || wr_str_to_i64(wr_str_c(text), out))
        return true;
    wr__query_fault_set(fault, BAD_REQUEST, false, false,
                        "Invalid JSON in request: commandSequenceNumber must be a whole number");
    return false;
}

static bool read_request(wr_engine *e, wr__query_endpoint endpoint, wr_str body,
                         wr__query_request *r, wr__query_fault *fault)
{
    WR_ASSERT(endpoint < WR_ARRAY_LEN(names_of));
    const names *n = &names_of[endpoint];
    const wr_json *properties, *variables, *request, *j = wr__body_object(body, r->arena, fault);
    if (!j || !text_member(j, n->sql, r->arena, &r->sql, fault) ||
        !object_member(j, n->properties, &properties, fault) ||
        !object_member(j, "sessionVariables", &variables, fault) ||
        !object_member(j, "requestProperties", &request, fault))
        return false;
    if (!read_sequence(j, r->arena, &r->sequence, fault))
        return false;
    if (!r->sql && endpoint == WR__ENDPOINT_KSQL)
        r->sql = "";
    if (!r->sql || (!*r->sql && n->missing && endpoint != WR__ENDPOINT_QUERY_STREAM)) {
        wr__query_fault_set(fault, BAD_REQUEST, false, endpoint == WR__ENDPOINT_QUERY, "%s",
                            n->missing);
        return false;
    }
    put_variables(variables, r->arena, r->session);
    wr_buf unknown = {0};
    bool later = endpoint == WR__ENDPOINT_KSQL;
    bool good = put_properties(e, endpoint, properties, r->arena, r->session,
                               later ? &unknown : NULL, fault) &&
                read_request_properties(r, endpoint, request, fault);
    if (unknown.len)
        r->unknown_property = wr_arena_strdup(r->arena, wr_buf_cstr(&unknown));
    wr_buf_free(&unknown);
    return good;
}

wr__query_request *wr__query_request_read(wr_engine *e, wr__query_endpoint endpoint, wr_str body,
                                          wr__query_fault *fault)
{
    wr_arena *a = wr_arena_new(0);
    wr__query_request *r = WR_NEW(a, wr__query_request);
    r->arena = a;
    r->session = wr_calloc(1, sizeof *r->session);
    wr_session_init(r->session, e);
    if (!read_request(e, endpoint, body, r, fault)) {
        wr__query_request_free(r);
        return NULL;
    }
    r->settings = settings_text(r->session, a);
    return r;
}

void wr__query_request_free(wr__query_request *r)
{
    if (r->session) {
        wr_session_free(r->session);
        wr_free(r->session);
    }
    wr_arena_free(r->arena);
}

bool wr__insert_request_read(wr_str line, wr_engine *e, wr_session *session, wr_buf *target,
                             wr__query_fault *fault)
{
    const wr_json *properties = NULL;
    const char *name = NULL;
    wr_arena *a = wr_arena_new(0);
    const wr_json *j = wr__body_object(line, a, fault);
    bool good = j && text_member(j, "target", a, &name, fault) &&
                object_member(j, "properties", &properties, fault) &&
                put_properties(e, WR__ENDPOINT_QUERY_STREAM, properties, a, session, NULL, fault);
    if (good && !name) {
        wr__query_fault_set(fault, BAD_REQUEST, false, false,
                            "Invalid JSON in request: Missing required creator property 'target'");
        good = false;
    }
    if (good)
        wr_buf_puts(target, name);
    wr_arena_free(a);
    return good;
}

/* ---- statements ---- */

static size_t count_statements(const char *sql)
{
    wr_parse_span span;
    size_t n = 0;
    for (size_t at = 0, len = strlen(sql); wr_parse_next_span(sql, len, at, &span); at = span.next)
        n += !span.empty;
    return n;
}

wr_exec *wr__query_statement(wr_engine *e, wr__query_endpoint endpoint, wr__query_request *r,
                             wr__query_fault *fault)
{
    wr_exec *x;
    weir_error err;
    WR_ASSERT(r->sql && r->session && endpoint != WR__ENDPOINT_KSQL);
    size_t n = count_statements(r->sql);
    bool stream = endpoint == WR__ENDPOINT_QUERY_STREAM;
    if (n != 1) {
        wr__query_fault_set(fault, BAD_STATEMENT, true, !stream,
                            "Expected exactly one KSQL statement; found %zu instead%s%s", n,
                            stream ? "\nStatement: " : "", stream ? r->sql : "");
        return NULL;
    }
    weir_status st = wr_exec_new(e, r->session, r->sql, strlen(r->sql), &x, &err);
    if (st != WEIR_OK) {
        wr__query_fault_of(fault, endpoint, NULL, st, &err);
        fault->typed = !stream;
        return NULL;
    }
    if (x->kind == WR_EXEC_PULL || x->kind == WR_EXEC_PUSH || x->kind == WR_EXEC_PRINT)
        return x;
    if (stream)
        wr__query_fault_set(fault, BAD_STATEMENT, true, false,
                            "Neither a query nor a print statement\nStatement: %s", r->sql);
    else
        wr__query_fault_set(fault, BAD_REQUEST, false, true,
                            "Statement type is not supported for this resource: send it to /ksql");
    wr_exec_free(x);
    return NULL;
}

/* ---- messages, in ksqlDB's words ---- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void put(wr_buf *out, const char *text, const char *instead_of, const char *with)
{
    const char *at = strstr(text, instead_of);
    if (!at) {
        wr_buf_puts(out, text);
        return;
    }
    wr_buf_put(out, text, (size_t)(at - text));
    wr_buf_puts(out, with);
    wr_buf_puts(out, at + strlen(instead_of));
}

/* The expression "(...)" that @p text begins with, up to its last bracket. */
static wr_str bracketed(const char *text)
{
    int depth = 0;
    for (const char *c = text; *c; c++) {
        depth += *c == '(';
        depth -= *c == ')';
        if (depth == 0)
            return wr_str_make(text, *c == ')' ? (size_t)(c - text + 1) : 0);
    }
    return wr_str_make(text, 0);
}

bool wr__put_illegal_name(const weir_error *err, wr_buf *message, wr_buf *name)
{
    static const char rule[] = "Source names may only contain", got[] = "Got: '";
    const char *from = strstr(err->message, rule), *what = from ? strstr(from, got) : NULL;
    const char *end = what ? strrchr(what, '\'') : NULL;
    if (!end || err->code != WEIR_ERR_SYNTAX)
        return false;
    what += sizeof got - 1;
    wr_buf_printf(message, "Illegal argument at Line: %d, Col: %d. %s", err->line, err->column,
                  from);
    wr_buf_put(name, what, (size_t)(end - what));
    return true;
}

wr_str wr__blamed_expression(const weir_error *err)
{
    static const char processing[] = "Error processing expression: ";
    return wr_error_reason_of(err) == WR_REASON_EXPRESSION && begins(err->message, processing)
               ? bracketed(err->message + sizeof processing - 1)
               : wr_str_make("", 0);
}

const wr_ast_expr *wr__blamed_condition(const wr_ast_query *q, const weir_error *err)
{
    if (q && begins(err->message, "Error in WHERE expression: "))
        return q->where;
    return q && begins(err->message, "Error in HAVING expression: ") ? q->having : NULL;
}

bool wr__is_missing_source(const weir_error *err)
{
    return wr_error_reason_of(err) == WR_REASON_SOURCE;
}

/* The real server names places in the text, and repeats the expression that is to blame. */
static void put_message(wr_buf *out, const weir_error *err)
{
    static const char help[] = "Pull queries require a WHERE clause that:\n"
                               " - includes a key equality expression, e.g. `SELECT * FROM X WHERE "
                               "<key-column> = Y;`.\n"
                               " - in the case of a multi-column key, is a conjunction of equality "
                               "expressions that cover all key columns.\n"
                               " - to support range expressions, e.g.,  SELECT * FROM X WHERE "
                               "<key-column> < Y;`, range scans need to be enabled by setting "
                               "ksql.query.pull.range.scan.enabled=true\n"
                               "If more flexible queries are needed, , table scans can be enabled "
                               "by setting ksql.query.pull.table.scan.enabled=true.";
    const char *text = err->message;
    wr_reason reason = wr_error_reason_of(err);
    bool missing_key = reason == WR_REASON_PULL_KEY;
    if (wr__is_missing_source(err))
        wr_buf_puts(out, "Exception while preparing statement: ");
    if (reason == WR_REASON_COLUMN && err->line > 0)
        wr_buf_printf(out, "Line: %d, Col: %d: ", err->line, err->column);
    put(out, text, " See the documentation of SELECT (pull query) for",
        !missing_key             ? " See https://cnfl.io/queries for"
        : strstr(text, ") See ") ? ".  See https://cnfl.io/queries for"
                                 : "  See https://cnfl.io/queries for");
    if (missing_key)
        wr_buf_printf(out, "\n%s", help);
    if (err->hint[0])
        wr_buf_printf(out, "\n%s", err->hint);
}

#define STATEMENT "\nStatement: "

/* Where it is too long, all of the statement is to blame. */
static void set_blamed(wr__query_fault *fault, wr_buf *text)
{
    if (text->len < sizeof fault->blamed)
        snprintf(fault->blamed, sizeof fault->blamed, "%s", wr_buf_cstr(text));
}

/*
 * ksqlDB blames an expression where one is wrong. Its exceptions hold each other, and each has the
 * text that it blames; a message is made of those within. Of a push query that leaves the outermost
 * expression as the statement; a pull query has one more exception, for the statement itself.
 */
static void blame(wr__query_fault *fault, wr_buf *message, const wr_ast_stmt *s, const char *sql,
                  const weir_error *err)
{
    wr_buf text = {0};
    const char *m = wr_buf_cstr(message);
    const wr_ast_expr *condition = wr__blamed_condition(s->query, err);
    wr_str expression = wr__blamed_expression(err);
    const char *type_error = begins(m, "Type error in ") ? strstr(m, STATEMENT) : NULL;
    bool pull = s->query && s->query->emit == WR_AST_EMIT_NONE;
    if (condition)
        wr_ast_format(&text, condition);
    else if (type_error)
        wr_buf_puts(&text, type_error + sizeof STATEMENT - 1);
    else
        wr_buf_str(&text, expression);
    if (!text.len)
        return;
    if (expression.len)
        wr_buf_printf(message, STATEMENT "%s", wr_buf_cstr(&text));
    if (type_error)
        message->len -= text.len + sizeof STATEMENT - 1;
    if (pull)
        wr_buf_printf(message, STATEMENT "%s" STATEMENT "%s", wr_buf_cstr(&text), sql);
    else
        set_blamed(fault, &text);
    wr_buf_free(&text);
}

/* Only what is the server's own is not to blame on the statement. */
void wr__query_fault_of(wr__query_fault *fault, wr__query_endpoint endpoint, const char *sql,
                        weir_status st, const weir_error *err)
{
    int code = BAD_STATEMENT;
    wr_buf message = {0};
    if (wr_error_reason_of(err) == WR_REASON_PUSH_LIMIT)
        code = TOO_MANY_PUSH;
    else if (st == WEIR_ERR_STORE || st == WEIR_ERR_LOG || st == WEIR_ERR_IO)
        code = SERVER_ERROR;
    /* Of a source that is not there /query hears before it has chosen a form. */
    bool typed = endpoint == WR__ENDPOINT_QUERY && wr__is_missing_source(err);
    *fault = (wr__query_fault){.code = code, .of_statement = code == BAD_STATEMENT, .typed = typed};
    wr_buf name = {0};
    if (wr__put_illegal_name(err, &message, &name))
        set_blamed(fault, &name);
    else
        put_message(&message, err);
    wr_buf_free(&name);
    wr_arena *a = wr_arena_new(0);
    wr_ast_stmt *s;
    weir_error ignored;
    if (sql && st == WEIR_ERR_STATEMENT &&
        wr_parse_statement(sql, strlen(sql), a, &s, &ignored) == WEIR_OK)
        blame(fault, &message, s, sql, err);
    wr_arena_free(a);
    snprintf(fault->message, sizeof fault->message, "%s", wr_buf_cstr(&message));
    wr_buf_free(&message);
}

void wr__query_refuse(wr_http_exchange *x, const wr__query_fault *fault, const char *sql)
{
    static const wr_http_field json[] = {{"Content-Type", "application/json"}, {NULL, NULL}};
    wr_buf body = {0};
    wr_buf_printf(&body, "{\"@type\":\"%s\",\"error_code\":%d,\"message\":",
                  fault->of_statement ? "statement_error" : "generic_error", fault->code);
    wr_text_put_json_string(&body, wr_str_c(fault->message));
    if (fault->of_statement) {
        wr_buf_puts(&body, ",\"statementText\":");
        wr_text_put_json_string(&body, wr_str_c(fault->blamed[0] ? fault->blamed : sql));
        wr_buf_puts(&body, ",\"entities\":[]");
    }
    wr_buf_putc(&body, '}');
    wr_http_respond(x, fault->code / 100, fault->typed ? json : NULL, body.ptr, body.len);
    wr_buf_free(&body);
}
