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
#include "runtime/instance/statement_log.h"
#include "runtime/instance/engine_state.h"

#include <stdio.h>
#include <stdlib.h>

#define PREFIX "statement/"

static void note_key(uint64_t id, char *out, size_t n)
{
    snprintf(out, n, PREFIX "%016llx", (unsigned long long)id);
}

weir_status wr_statement_log_put(wr_db *db, uint64_t id, const char *subject,
                                 const wr_settings *settings, wr_str sql, weir_error *err)
{
    char key[64];
    wr_buf value = {0};
    const wr_map_entry *v;
    note_key(id, key, sizeof key);
    wr_buf_put(&value, subject, strlen(subject) + 1);
    for (size_t i = 0; (v = wr_map_next(&settings->values, &i));)
        wr_buf_printf(&value, "%s=%s\n", v->key.ptr, (const char *)v->value);
    wr_buf_putc(&value, '\0');
    wr_buf_str(&value, sql);
    wr_buf_putc(&value, '\0');
    wr_db_batch *b = wr_db_batch_new(db);
    wr_db_batch_meta_put(b, wr_str_c(key), wr_buf_view(&value));
    weir_status st = wr_db_write(db, b, err);
    wr_db_batch_free(b);
    wr_buf_free(&value);
    return st;
}

typedef struct notes {
    wr_arena *a;
    wr_arr(wr_kept) all;
} notes;

static bool collect(void *arg, wr_str key, wr_str value)
{
    notes *n = arg;
    char *text = wr_arena_strndup(n->a, value.ptr, value.len), *end = text + value.len;
    wr_kept out = {.id = strtoull(key.ptr + sizeof PREFIX - 1, NULL, 16), .subject = text};
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

weir_status wr_statement_log_read(wr_db *db, wr_arena *a, wr_kept **out, size_t *n, weir_error *err)
{
    notes all = {.a = a};
    WR_TRY(wr_db_meta_scan(db, NULL, WR_STR(PREFIX), collect, &all, err));
    *out = all.all.v;
    *n = all.all.n;
    return WEIR_OK;
}

weir_status wr_statement_log_forget(wr_engine *e, const char *subject, weir_error *err)
{
    if (!e->keep_statements || e->replaying)
        return WEIR_OK;
    wr_arena *a = wr_arena_new(0);
    wr_kept *all;
    size_t n = 0;
    weir_status st = wr_statement_log_read(e->db, a, &all, &n, err);
    wr_db_batch *b = wr_db_batch_new(e->db);
    for (size_t i = 0; st == WEIR_OK && i < n; i++) {
        if (strcmp(all[i].subject, subject) != 0)
            continue;
        char key[64];
        note_key(all[i].id, key, sizeof key);
        wr_db_batch_meta_delete(b, wr_str_c(key));
    }
    if (st == WEIR_OK)
        st = wr_db_write(e->db, b, err);
    wr_db_batch_free(b);
    wr_arena_free(a);
    return st;
}

void wr_statement_log_settings(wr_session *s, char *lines)
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
