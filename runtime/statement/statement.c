/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a statement: text to tree (variables substituted), then step by step; and the table
 * of all statements.
 *
 *     new ──▶ execute, with the first step ──▶ rows ... ──▶ done
 *              │ fails: as new, so that a step may try again
 *
 * The settings of the session are copied when a statement is executed: what it does later, without
 * the lock, does not see a SET of another thread.
 *
 * Threads: a statement is stepped by one thread at a time. What it shares with others is the engine
 * (engine.h says what its lock guards), its session, and the flag of wr_exec_interrupt.
 *
 * Memory: everything of a statement is in its arena, results included, and goes with it. What is
 * not (queries, readers, queues) is closed by its class, which is called after failures, too.
 */
#include "runtime/statement/kept.h"
#include "runtime/statement/sharing.h"
#include "runtime/statement/statement_class.h"

#include <stdarg.h>

/* ---- statements that are refused ---- */

/* What is not built is refused by name, so that nobody takes a silence for success. */
static weir_status refuse_connect(wr_exec *x, weir_error *err)
{
    return wr_error_at(err, WEIR_ERR_UNSUPPORTED, x->stmt->pos,
                       "Kafka Connect is not supported yet");
}

static weir_status refuse_test_assert(wr_exec *x, weir_error *err)
{
    return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->pos,
                       "This ASSERT is for test files: run it with `weir test FILE.sql`");
}

static weir_status refuse_script(wr_exec *x, weir_error *err)
{
    return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->pos,
                       "RUN SCRIPT is a command of the REPL");
}

static weir_status refuse_system(wr_exec *x, weir_error *err)
{
    return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->pos,
                       "Cannot alter system configs when KSQL_SHARED_RUNTIME_ENABLED is turned "
                       "off.");
}

/* ---- the table ---- */

static const wr__statement_class classes[] = {
    [WR_AST_CREATE_SOURCE] = {WR_EXEC_COMMAND, wr__execute_definition, NULL, NULL},
    [WR_AST_CREATE_AS] = {WR_EXEC_COMMAND, wr__execute_definition, NULL, NULL},
    [WR_AST_ALTER_SOURCE] = {WR_EXEC_COMMAND, wr__execute_definition, NULL, NULL},
    [WR_AST_INSERT_SELECT] = {WR_EXEC_COMMAND, wr__execute_definition, NULL, NULL},
    [WR_AST_INSERT_VALUES] = {WR_EXEC_COMMAND, wr__execute_insert_values, NULL, NULL},
    [WR_AST_DROP_SOURCE] = {WR_EXEC_COMMAND, wr__execute_drop, NULL, NULL},
    [WR_AST_CREATE_TYPE] = {WR_EXEC_COMMAND, wr__execute_type, NULL, NULL},
    [WR_AST_DROP_TYPE] = {WR_EXEC_COMMAND, wr__execute_type, NULL, NULL},
    [WR_AST_TERMINATE] = {WR_EXEC_COMMAND, wr__execute_control, NULL, NULL},
    [WR_AST_PAUSE] = {WR_EXEC_COMMAND, wr__execute_control, NULL, NULL},
    [WR_AST_RESUME] = {WR_EXEC_COMMAND, wr__execute_control, NULL, NULL},
    [WR_AST_SET] = {WR_EXEC_COMMAND, wr__execute_set, NULL, NULL},
    [WR_AST_UNSET] = {WR_EXEC_COMMAND, wr__execute_set, NULL, NULL},
    [WR_AST_DEFINE] = {WR_EXEC_COMMAND, wr__execute_define, NULL, NULL},
    [WR_AST_UNDEFINE] = {WR_EXEC_COMMAND, wr__execute_define, NULL, NULL},
    [WR_AST_SHOW] = {WR_EXEC_TABLE, wr__execute_show, NULL, NULL},
    [WR_AST_DESCRIBE] = {WR_EXEC_TABLE, wr__execute_describe, NULL, NULL},
    [WR_AST_EXPLAIN] = {WR_EXEC_PLAN, wr__execute_explain, NULL, NULL},
    [WR_AST_ALTER_SYSTEM] = {WR_EXEC_COMMAND, refuse_system, NULL, NULL},
    [WR_AST_CREATE_CONNECTOR] = {WR_EXEC_COMMAND, refuse_connect, NULL, NULL},
    [WR_AST_DROP_CONNECTOR] = {WR_EXEC_COMMAND, refuse_connect, NULL, NULL},
    [WR_AST_ASSERT_SCHEMA] = {WR_EXEC_COMMAND, wr__execute_assert_schema, NULL, NULL},
    [WR_AST_ASSERT_TOPIC] = {WR_EXEC_COMMAND, wr__execute_assert_topic, NULL, NULL},
    [WR_AST_ASSERT_VALUES] = {WR_EXEC_COMMAND, refuse_test_assert, NULL, NULL},
    [WR_AST_ASSERT_NULL_VALUES] = {WR_EXEC_COMMAND, refuse_test_assert, NULL, NULL},
    [WR_AST_ASSERT_SOURCE] = {WR_EXEC_COMMAND, refuse_test_assert, NULL, NULL},
    [WR_AST_RUN_SCRIPT] = {WR_EXEC_COMMAND, refuse_script, NULL, NULL},
};

/* SELECT and EXPLAIN have two meanings each, which their text distinguishes. */
static const wr__statement_class *class_of(const wr_ast_stmt *s)
{
    switch (s->kind) {
    case WR_AST_QUERY:
        return s->query->emit == WR_AST_EMIT_NONE ? &wr__pull_class : &wr__push_class;
    case WR_AST_PRINT:
        return &wr__print_class;
    case WR_AST_EXPLAIN:
        return s->analyze ? &wr__analyze_class : &classes[s->kind];
    default:
        WR_ASSERT((size_t)s->kind < WR_ARRAY_LEN(classes) && classes[s->kind].execute);
        return &classes[s->kind];
    }
}

/* ---- life ---- */

/* The text is copied, because the tree points into it, and callers own theirs. */
static weir_status parse(wr_exec *x, const char *sql, size_t len, weir_error *err)
{
    if (len > WR_PARSE_TEXT_MAX)
        return wr_error_at(err, WEIR_ERR_LIMIT, 0, "The statement is longer than %zu bytes",
                           (size_t)WR_PARSE_TEXT_MAX);
    wr_str text = wr_str_make(sql, len);
    weir_status st = WEIR_OK;
    wr_engine_lock(x->engine); /* another thread's DEFINE may change the variables */
    if (wr_settings_bool(&x->session->settings, "ksql.variable.substitution.enable", true))
        st = wr_parse_substitute(sql, len, &x->session->variables, x->arena, &text, err);
    wr_engine_unlock(x->engine);
    WR_TRY(st);
    x->text = wr_arena_strndup(x->arena, text.ptr, text.len);
    return wr_parse_statement(x->text, text.len, x->arena, &x->stmt, err);
}

/* Parsing needs nothing of the engine but the session's variables; a statement may be made while
 * others are under way. */
weir_status wr_exec_new(wr_engine *e, wr_session *s, const char *sql, size_t len, wr_exec **out,
                        weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_exec *x = WR_NEW(a, wr_exec);
    x->arena = a;
    x->engine = e;
    x->session = s;
    x->interrupt = &x->interrupted;
    x->heading = x->message = x->query_id = "";
    x->left = -1; /* no LIMIT */
    weir_status st = parse(x, sql, len, err);
    if (st != WEIR_OK) {
        wr_arena_free(a);
        return st;
    }
    x->class = class_of(x->stmt);
    WR_ASSERT(x->class->execute && x->stmt->text.ptr);
    x->kind = x->class->kind;
    wr_settings_init(&x->settings, wr_engine_settings(e));
    *out = x;
    return WEIR_OK;
}

/* Whatever a failed or finished statement holds outside its arena. Also before the first step: a
 * class closes what there is. */
static void close_rows(wr_exec *x)
{
    if (x->class->close)
        x->class->close(x);
    WR_ASSERT(!x->rows && !x->query && !x->print);
}

void wr_exec_free(wr_exec *x)
{
    if (!x)
        return;
    close_rows(x);
    wr_settings_free(&x->settings);
    wr_arena_free(x->arena);
}

/* For signal handlers, too: no lock, no allocation, and nobody is woken. Whoever waits looks at the
 * flag every WR_WAIT_SLICE_MS. */
void wr_exec_interrupt(wr_exec *x)
{
    atomic_store(x->interrupt, true);
}

/* ---- stepping ---- */

/* Is it for all processes of the service? What is repeated has come from there. */
static bool is_shared(const wr_exec *x)
{
    return wr_engine_sharing(x->engine) && !wr__is_repeated(x) && wr__is_definition(x->stmt);
}

/* Copied under the lock: another thread's SET changes the map. */
void wr__take_settings(wr_exec *x)
{
    const wr_map_entry *s;
    wr_settings_free(&x->settings);
    wr_settings_init(&x->settings, wr_engine_settings(x->engine));
    wr_engine_lock(x->engine);
    for (size_t i = 0; (s = wr_map_next(&x->session->settings.values, &i));)
        wr_settings_put(&x->settings, s->key.ptr, s->value);
    wr_engine_unlock(x->engine);
}

/*
 * All of a statement but its rows. What fails leaves the statement as it was before: the error is
 * the caller's, and a next step tries again from the beginning. weir.h asks for columns that way,
 * before the first step.
 */
static weir_status execute(wr_exec *x, weir_error *err)
{
    WR_ASSERT(!x->executed && !x->rows && !x->query && !x->print);
    if (wr_engine_closing(x->engine))
        return wr_error(err, WEIR_ERR_INTERRUPTED, "The engine is being closed");
    wr__take_settings(x);
    /* Before any planning, and for every kind of statement that has expressions. */
    WR_ASSERT(x->stmt->lambda_pos < (int64_t)strlen(x->text));
    if (x->stmt->lambda_pos >= 0 && !wr_settings_bool(&x->settings, "ksql.lambdas.enabled", true))
        return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->lambda_pos,
                           "Lambdas are not enabled at this time: see ksql.lambdas.enabled");
    weir_status st =
        is_shared(x) ? wr_engine_sharing(x->engine)->execute(x, err) : x->class->execute(x, err);
    if (st == WEIR_OK) {
        WR_ASSERT(!x->class->step || x->schema); /* rows have columns */
        x->executed = true;
        return WEIR_OK;
    }
    if (st == WEIR_ERR_INTERRUPTED) /* by the call that reports it; some only look at the flag */
        atomic_store(x->interrupt, false);
    close_rows(x);
    x->schema = NULL; /* it belongs to the plan, which is gone */
    x->is_key = NULL;
    x->sections.n = 0;
    x->topics = (wr_known_topics){0};
    return st;
}

weir_status wr_exec_describe(wr_exec *x, weir_error *err)
{
    bool query = x->kind == WR_EXEC_PULL || x->kind == WR_EXEC_PUSH;
    if (x->executed || !query)
        return WEIR_OK;
    weir_status st = execute(x, err);
    if (st != WEIR_OK)
        wr_error_locate(err, x->text, strlen(x->text));
    return st;
}

/* `at_once` makes those give up who would wait: the planning (planned.c) and the pull
 * (pull_rows.c). An error without a code says so. */
weir_status wr_exec_look_up(wr_exec *x, weir_error *err)
{
    *err = (weir_error){0};
    if (x->executed || x->kind != WR_EXEC_PULL ||
        wr_engine_mode_of(x->engine) != WR_ENGINE_THREADED)
        return WEIR_ERR_INTERRUPTED;
    x->at_once = true;
    weir_status st = execute(x, err);
    x->at_once = false;
    if (st != WEIR_OK && err->code != WEIR_OK)
        wr_error_locate(err, x->text, strlen(x->text));
    return st;
}

/* Rows that are there as a whole since the statement was executed. */
static weir_status next_row(wr_exec *x)
{
    const wr_result *r = x->sections.n ? x->sections.v[0] : NULL;
    if (!r || x->next == r->rows.n)
        return WEIR_DONE;
    WR_ASSERT(x->next < r->rows.n && r->schema == x->schema);
    x->row = r->rows.v[x->next++];
    return WEIR_ROW;
}

/* Position in the statement, message and hint come from whoever fails; line and column are added
 * here, once, where the text is at hand. */
weir_status wr_exec_step(wr_exec *x, int timeout_ms, weir_error *err)
{
    weir_status st = WEIR_OK;
    x->row = NULL;
    x->tombstone = false;
    if (x->done)
        return WEIR_DONE;
    if (!x->executed)
        st = execute(x, err);
    if (st == WEIR_OK)
        st = x->class->step ? x->class->step(x, timeout_ms, err) : next_row(x);
    WR_ASSERT(st != WEIR_OK && (st == WEIR_ROW) == (x->row != NULL));
    if (st == WEIR_DONE)
        x->done = true;
    else if (st != WEIR_ROW)
        wr_error_locate(err, x->text, strlen(x->text));
    return st;
}
