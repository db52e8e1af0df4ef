/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One statement: text to tree (variables substituted), then step by step.
 */
#include "runtime/statement/statement_internal.h"

/* ---- life ---- */

static weir_status parse(wr_exec *x, const char *sql, size_t len, weir_error *err)
{
    wr_str text = wr_str_make(sql, len);
    if (len > WR_PARSE_TEXT_MAX)
        return wr_error(err, WEIR_ERR_LIMIT, "The statement is longer than %zu bytes",
                        (size_t)WR_PARSE_TEXT_MAX);
    if (wr_settings_bool(&x->session->settings, "ksql.variable.substitution.enable", true))
        WR_TRY(wr_parse_substitute(sql, len, &x->session->variables, x->arena, &text, err));
    x->text = wr_arena_strndup(x->arena, text.ptr, text.len);
    return wr_parse_statement(x->text, text.len, x->arena, &x->stmt, err);
}

static wr_exec_kind kind_of(const wr_ast_stmt *s)
{
    switch (s->kind) {
    case WR_AST_QUERY:
        return s->query->emit == WR_AST_EMIT_NONE ? WR_EXEC_PULL : WR_EXEC_PUSH;
    case WR_AST_PRINT:
        return WR_EXEC_PRINT;
    case WR_AST_SHOW:
    case WR_AST_DESCRIBE:
        return WR_EXEC_TABLE;
    case WR_AST_EXPLAIN:
        return s->analyze ? WR_EXEC_ANALYZE : WR_EXEC_TEXT;
    default:
        return WR_EXEC_COMMAND;
    }
}

weir_status wr_exec_new(wr_engine *e, wr_session *s, const char *sql, size_t len, wr_exec **out,
                        weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_exec *x = WR_NEW(a, wr_exec);
    x->arena = a;
    x->engine = e;
    x->session = s;
    x->heading = x->message = x->query_id = "";
    x->left = -1;
    wr_engine_lock(e); /* the session's variables may be changed by another thread's DEFINE */
    weir_status st = parse(x, sql, len, err);
    wr_engine_unlock(e);
    if (st != WEIR_OK) {
        wr_arena_free(a);
        return st;
    }
    x->kind = kind_of(x->stmt);
    *out = x;
    return WEIR_OK;
}

void wr_exec_free(wr_exec *x)
{
    if (!x)
        return;
    wr__close_rows(x);
    wr__close_print(x);
    wr_arena_free(x->arena);
}

void wr_exec_interrupt(wr_exec *x)
{
    atomic_store(&x->interrupted, true);
}

/* ---- stepping ---- */

static weir_status execute(wr_exec *x, weir_error *err)
{
    weir_status st;
    if (x->kind == WR_EXEC_PULL)
        wr_engine_wait_for_writes(x->engine);
    wr_engine_lock(x->engine);
    if (x->kind == WR_EXEC_PUSH)
        st = wr__open_push(x, err);
    else if (x->kind == WR_EXEC_PULL)
        st = wr__open_pull(x, err);
    else if (x->kind == WR_EXEC_PRINT)
        st = wr__open_print(x, err);
    else
        st = wr__execute(x, err);
    wr_engine_unlock(x->engine);
    if (st == WEIR_OK) {
        x->executed = true;
    } else {
        x->schema = NULL; /* it belongs to the plan, which goes */
        wr__close_rows(x);
        wr__close_print(x);
    }
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

static weir_status next_text(wr_exec *x)
{
    if (x->text_next == x->text_rows.n)
        return WEIR_DONE;
    x->row_text = x->text_rows.v[x->text_next++];
    return WEIR_ROW;
}

static weir_status next_values(wr_exec *x)
{
    if (x->value_next == x->value_rows.n)
        return WEIR_DONE;
    x->row = x->value_rows.v[x->value_next++];
    return WEIR_ROW;
}

weir_status wr_exec_step(wr_exec *x, int timeout_ms, weir_error *err)
{
    weir_status st = WEIR_OK;
    x->row = NULL;
    x->row_text = NULL;
    x->tombstone = false;
    if (x->done)
        return WEIR_DONE;
    if (!x->executed)
        st = execute(x, err);
    if (st == WEIR_OK) {
        switch (x->kind) {
        case WR_EXEC_PUSH:
        case WR_EXEC_PULL:
            st = wr__step_rows(x, timeout_ms, err);
            break;
        case WR_EXEC_PRINT:
            st = wr__step_print(x, timeout_ms, err);
            break;
        case WR_EXEC_ANALYZE:
            st = next_values(x);
            break;
        default:
            st = next_text(x);
            break;
        }
    }
    if (st == WEIR_DONE)
        x->done = true;
    else if (st != WEIR_ROW)
        wr_error_locate(err, x->text, strlen(x->text));
    return st;
}
