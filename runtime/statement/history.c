/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a history of statements still counts (history.h). Lists are short, as many entries as
 * there were definitions, and a DROP is rare, so all of it is looked through again and again.
 *
 * Why not all of it, as it is in the topic? Because the surroundings have changed since: a topic
 * that was dropped with its stream is not there any more, or is somebody else's, and executing the
 * CREATE and the DROP again would make it and delete it.
 */
#include "runtime/statement/history.h"
#include "parser/parser.h"

/* The SELECT of a statement that is kept; also of one that OR REPLACE has replaced since, for it is
 * executed again all the same: what was made between the two needs it. */
static bool reads(const wr_ast_query *q, const char *name)
{
    WR_ASSERT(q->from.name.name);
    bool yes = strcmp(q->from.name.name, name) == 0;
    for (size_t i = 0; i < q->joins_n && !yes; i++)
        yes = strcmp(q->joins[i].right.name.name, name) == 0;
    return yes;
}

/* One that cannot be parsed has no other statement to hold: it fails by itself. */
static bool refers(const wr_kept *k, const char *name)
{
    wr_arena *a = wr_arena_new(0);
    wr_ast_stmt *stmt;
    weir_error ignored;
    bool yes = false;
    if (wr_parse_statement(k->sql.ptr, k->sql.len, a, &stmt, &ignored) == WEIR_OK) {
        yes = stmt->query && reads(stmt->query, name);
        yes = yes || (stmt->kind == WR_AST_INSERT_SELECT && strcmp(stmt->name.name, name) == 0);
    }
    wr_arena_free(a);
    return yes;
}

/* @p subject: of a source. By a statement about something else: what is about the source itself
 * goes with it. */
bool wr__history_needs(const wr_kept_list *kept, const char *subject)
{
    WR_ASSERT(strncmp(subject, "S:", 2) == 0 && subject[2]);
    for (size_t i = 0; i < kept->list.n; i++)
        if (strcmp(kept->list.v[i].subject, subject) != 0 && refers(&kept->list.v[i], subject + 2))
            return true;
    return false;
}

/* Is the last that is kept about it that it was dropped? A later CREATE makes it another one. */
static bool ends_dropped(const wr_kept_list *kept, const char *subject)
{
    bool dropped = false;
    for (size_t i = 0; i < kept->list.n; i++)
        if (strcmp(kept->list.v[i].subject, subject) == 0)
            dropped = strncmp(kept->list.v[i].sql.ptr, "DROP ", 5) == 0;
    return dropped;
}

/* A source that was dropped and is needed no more: its CREATE and its DROP have nothing between
 * them that counts any more. NULL: there is none. */
const char *wr__history_left_over(const wr_kept_list *kept)
{
    for (size_t i = 0; i < kept->list.n; i++) {
        const char *subject = kept->list.v[i].subject;
        if (strncmp(subject, "S:", 2) == 0 && ends_dropped(kept, subject) &&
            !wr__history_needs(kept, subject))
            return subject;
    }
    return NULL;
}

/* ---- adding ---- */

/* In place: what is left keeps its order, which is that of the numbers. */
static void forget(wr_kept_list *kept, const char *subject)
{
    WR_ASSERT(subject && subject[1] == ':');
    size_t left = 0;
    for (size_t i = 0; i < kept->list.n; i++)
        if (strcmp(kept->list.v[i].subject, subject) != 0)
            kept->list.v[left++] = kept->list.v[i];
    kept->list.n = left;
}

/* Without DELETE TOPIC: executed again, it would be about a topic that others may have by then. */
static void add_drop(wr_kept_list *kept, wr_arena *a, const wr_kept *k, const wr_ast_stmt *stmt)
{
    WR_ASSERT(stmt->kind == WR_AST_DROP_SOURCE && strncmp(k->subject, "S:", 2) == 0);
    if (!wr__history_needs(kept, k->subject)) {
        forget(kept, k->subject);
        for (const char *left; (left = wr__history_left_over(kept));)
            forget(kept, left);
        return;
    }
    wr_kept drop = *k;
    wr_buf sql = {0};
    wr_buf_puts(&sql, stmt->is_table ? "DROP TABLE " : "DROP STREAM ");
    wr_ast_print_name(&sql, stmt->name.name);
    drop.sql = wr_str_make(wr_arena_strndup(a, sql.ptr, sql.len), sql.len);
    wr_buf_free(&sql);
    wr_arr_push(a, &kept->list, drop);
}

/* The PAUSE of a query: its text is made by us, so one that means the same is the same. */
static void forget_pause(wr_kept_list *kept, wr_arena *a, const char *id)
{
    WR_ASSERT(id && *id);
    wr_buf pause = {0};
    wr_buf_puts(&pause, "PAUSE ");
    wr_ast_print_name(&pause, id);
    const wr_str text = wr_arena_str(a, wr_buf_view(&pause));
    wr_buf_free(&pause);
    size_t left = 0;
    for (size_t i = 0; i < kept->list.n; i++)
        if (!wr_str_eq(kept->list.v[i].sql, text))
            kept->list.v[left++] = kept->list.v[i];
    kept->list.n = left;
}

/* The query of an INSERT is forgotten as if it had never been; that of a CREATE ... AS must not be
 * started again, so its end is part of the history. One that cannot be parsed fails by itself when
 * it is executed. */
void wr__history_add(wr_kept_list *kept, wr_arena *a, const wr_kept *k)
{
    WR_ASSERT(k->subject && k->sql.ptr);
    size_t n = kept->list.n;
    WR_ASSERT(!n || kept->list.v[n - 1].id < k->id);
    wr_arena *tree = wr_arena_new(0);
    wr_ast_stmt *stmt;
    weir_error ignored;
    bool known = wr_parse_statement(k->sql.ptr, k->sql.len, tree, &stmt, &ignored) == WEIR_OK;
    switch (known ? stmt->kind : WR_AST_CREATE_SOURCE) {
    case WR_AST_DROP_SOURCE:
        add_drop(kept, a, k, stmt);
        break;
    case WR_AST_TERMINATE:
        forget_pause(kept, a, stmt->name.name);
        if (k->subject[0] == 'Q')
            forget(kept, k->subject);
        else
            wr_arr_push(a, &kept->list, *k);
        break;
    case WR_AST_PAUSE:
    case WR_AST_RESUME:
        forget_pause(kept, a, stmt->name.name);
        if (stmt->kind == WR_AST_PAUSE)
            wr_arr_push(a, &kept->list, *k);
        break;
    default:
        wr_arr_push(a, &kept->list, *k);
        break;
    }
    wr_arena_free(tree);
}

/* A repair has looked at everything before it, and says what of it is left. */
void wr__history_add_command(wr_kept_list *kept, wr_arena *a, const wr_command *c)
{
    WR_ASSERT(c->replaces || c->statements.list.n > 0);
    if (c->replaces)
        kept->list.n = 0;
    for (size_t i = 0; i < c->statements.list.n; i++)
        wr__history_add(kept, a, &c->statements.list.v[i]);
}
