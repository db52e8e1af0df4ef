/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the catalog is made of, kept in the database: one note for each statement that defines
 * something, under its number:
 *
 *     key    "statement/" number (16 hex digits)
 *     value  subject \0 name=value\n ... \0 SQL \0
 *
 * The subject ("S:NAME") lets a DROP remove the notes of what it drops; the settings are those of
 * the session that executed the statement. Opening an engine executes the notes again, in order.
 * TERMINATE of a CTAS is kept as a note of its own, so its query is not started again. So are DROP
 * TYPE, because what was created before it still needs the type, and OR REPLACE, because what was
 * created between the two needs the old source: the history is kept, not only its result. No query
 * runs before the last note has been executed.
 */
#include "runtime/server/internal.h"
#include "common/diag.h"

#include <stdio.h>
#include <stdlib.h>

#define PREFIX "statement/"

static void note_key(uint64_t id, char *out, size_t n)
{
    snprintf(out, n, PREFIX "%016llx", (unsigned long long)id);
}

weir_status wr__keep_statement(const wr_exec *x, const char *subject, uint64_t id, weir_error *err)
{
    wr_engine *e = x->engine;
    if (!e->keep_statements || e->replaying)
        return WEIR_OK;
    char key[64];
    wr_buf value = {0};
    const wr_map_entry *v;
    note_key(id, key, sizeof key);
    wr_buf_put(&value, subject, strlen(subject) + 1);
    for (size_t i = 0; (v = wr_map_next(&x->session->settings.values, &i));)
        wr_buf_printf(&value, "%s=%s\n", v->key.ptr, (const char *)v->value);
    wr_buf_putc(&value, '\0');
    wr_buf_str(&value, x->stmt->text);
    wr_buf_putc(&value, '\0');
    wr_db_batch *b = wr_db_batch_new(e->db);
    wr_db_batch_meta_put(b, wr_str_c(key), wr_buf_view(&value));
    weir_status st = wr_db_write(e->db, b, err);
    wr_db_batch_free(b);
    wr_buf_free(&value);
    return st;
}

typedef struct note {
    uint64_t id;
    char *subject, *settings, *sql;
} note;

typedef struct notes {
    wr_arena *a;
    wr_arr(note) all;
} notes;

static bool collect(void *arg, wr_str key, wr_str value)
{
    notes *n = arg;
    char *text = wr_arena_strndup(n->a, value.ptr, value.len), *end = text + value.len;
    note out = {.id = strtoull(key.ptr + sizeof PREFIX - 1, NULL, 16), .subject = text};
    char *p = memchr(text, '\0', value.len);
    if (!p || p + 1 >= end)
        return true;
    out.settings = p + 1;
    p = memchr(out.settings, '\0', (size_t)(end - out.settings));
    if (!p || p + 1 >= end)
        return true;
    out.sql = p + 1;
    wr_arr_push(n->a, &n->all, out);
    return true;
}

static weir_status read_notes(wr_engine *e, notes *out, weir_error *err)
{
    *out = (notes){.a = wr_arena_new(0)};
    return wr_db_meta_scan(e->db, NULL, WR_STR(PREFIX), collect, out, err);
}

weir_status wr__forget_subject(wr_engine *e, const char *subject, weir_error *err)
{
    if (!e->keep_statements || e->replaying)
        return WEIR_OK;
    notes n;
    weir_status st = read_notes(e, &n, err);
    wr_db_batch *b = wr_db_batch_new(e->db);
    for (size_t i = 0; st == WEIR_OK && i < n.all.n; i++) {
        if (strcmp(n.all.v[i].subject, subject) != 0)
            continue;
        char key[64];
        note_key(n.all.v[i].id, key, sizeof key);
        wr_db_batch_meta_delete(b, wr_str_c(key));
    }
    if (st == WEIR_OK)
        st = wr_db_write(e->db, b, err);
    wr_db_batch_free(b);
    wr_arena_free(n.a);
    return st;
}

static void apply_settings(wr_session *s, char *lines)
{
    for (char *line = lines; *line;) {
        char *end = strchr(line, '\n');
        char *eq = strchr(line, '=');
        if (!end || !eq || eq > end)
            break;
        *end = *eq = '\0';
        wr_settings_put(&s->settings, line, eq + 1);
        line = end + 1;
    }
}

static weir_status replay_one(wr_engine *e, const note *n, weir_error *err)
{
    wr_session s;
    wr_exec *x;
    wr_session_init(&s, e);
    apply_settings(&s, n->settings);
    e->next_id = n->id;
    weir_status st = wr_exec_new(e, &s, n->sql, strlen(n->sql), &x, err);
    if (st == WEIR_OK) {
        st = wr_exec_step(x, 0, err);
        st = st == WEIR_DONE || st == WEIR_ROW ? WEIR_OK : st;
        wr_exec_free(x);
    }
    e->next_id = n->id + 1;
    wr_session_free(&s);
    return st;
}

weir_status wr__replay_statements(wr_engine *e, weir_error *err)
{
    notes n;
    WR_TRY(read_notes(e, &n, err));
    e->replaying = true;
    for (size_t i = 0; i < n.all.n; i++) {
        weir_error why = {0};
        if (replay_one(e, &n.all.v[i], &why) != WEIR_OK)
            wr_diag_put(WR_DIAG_ERROR, "catalog",
                        "a statement of an earlier session cannot be taken up again: %s (%s)",
                        why.message, n.all.v[i].sql);
    }
    e->replaying = false;
    wr_arena_free(n.a);
    return WEIR_OK;
}
