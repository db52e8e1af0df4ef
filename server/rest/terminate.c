/* SPDX-License-Identifier: Apache-2.0 */
#include "server/rest/terminate.h"
#include "engine/functions/java_regex.h"
#include "types/text.h"

enum { BAD_REQUEST = 40000, SERVER_ERROR = 50000, STEP_MS = 1000 };

struct wr__termination {
    wr__regex **patterns; /* each of a whole name */
    size_t n;
};

/* ---- the request ---- */

/* Alone first: "a)(b" is no pattern, though it would be one between the parentheses. */
static wr__regex *whole_name(wr_str pattern)
{
    char why[200];
    wr__regex *alone = wr__regex_new(pattern, why, sizeof why);
    if (!alone)
        return NULL;
    wr__regex_free(alone);
    wr_buf text = {0};
    wr_buf_printf(&text, "\\A(?:%.*s)\\z", (int)pattern.len, pattern.ptr);
    wr__regex *whole = wr__regex_new(wr_buf_view(&text), why, sizeof why);
    wr_buf_free(&text);
    return whole;
}

static bool read_patterns(const wr_json *list, wr__termination *t, wr__query_fault *fault)
{
    bool good = list->kind == WR_JSON_ARRAY;
    for (size_t i = 0; good && i < list->n; i++)
        good = list->items[i].kind == WR_JSON_STRING;
    if (!good) {
        wr__query_fault_set(fault, BAD_REQUEST, false, false,
                            "Invalid JSON in request: deleteTopicList must be an array of texts");
        return false;
    }
    t->patterns = wr_calloc(list->n + 1, sizeof(wr__regex *));
    for (; t->n < list->n; t->n++) {
        wr_str pattern = list->items[t->n].text;
        t->patterns[t->n] = whole_name(pattern);
        if (t->patterns[t->n])
            continue;
        wr__query_fault_set(fault, BAD_REQUEST, false, true, "Invalid pattern: %.*s",
                            (int)pattern.len, pattern.ptr);
        return false;
    }
    return true;
}

wr__termination *wr__termination_read(wr_str body, wr__query_fault *fault)
{
    wr_arena *a = wr_arena_new(0);
    wr__termination *t = wr_calloc(1, sizeof *t);
    const wr_json *j = wr__body_object(body, a, fault);
    const wr_json *list = j && j->kind == WR_JSON_OBJECT ? wr_json_get(j, "deleteTopicList") : NULL;
    bool good = j != NULL;
    if (good && list && list->kind != WR_JSON_NULL)
        good = read_patterns(list, t, fault);
    wr_arena_free(a);
    if (good)
        return t;
    wr__termination_free(t);
    return NULL;
}

void wr__termination_free(wr__termination *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n; i++)
        wr__regex_free(t->patterns[i]);
    wr_free(t->patterns);
    wr_free(t);
}

static bool is_named(const wr__termination *t, const char *topic)
{
    wr__matcher m = {0};
    bool found = false;
    for (size_t i = 0; i < t->n && !found; i++) {
        wr__matcher_start(&m, t->patterns[i], wr_str_c(topic));
        found = wr__matcher_find(&m);
    }
    wr__matcher_fini(&m);
    return found;
}

/* ---- the end ---- */

/* One statement, to its end. */
static weir_status run(wr_engine *e, const char *sql, weir_error *err)
{
    wr_session session;
    wr_exec *x;
    wr_session_init(&session, e);
    weir_status st = wr_exec_new(e, &session, sql, strlen(sql), &x, err);
    if (st == WEIR_OK) {
        do {
            st = wr_exec_step(x, STEP_MS, err);
        } while (st == WEIR_ROW || (st == WEIR_ERR_INTERRUPTED && x->executed));
        wr_exec_free(x);
    }
    wr_session_free(&session);
    return st == WEIR_DONE ? WEIR_OK : st;
}

typedef wr_arr(const char *) statements;

static const char *drop_statement(wr_arena *a, const char *what, const char *name, bool topic)
{
    wr_buf sql = {0};
    wr_buf_printf(&sql, "DROP %s ", what);
    wr_text_put_quoted(&sql, wr_str_c(name), '`');
    wr_buf_puts(&sql, topic ? " DELETE TOPIC" : "");
    const char *copy = wr_arena_strdup(a, wr_buf_cstr(&sql));
    wr_buf_free(&sql);
    return copy;
}

/* Sources by their age, then types, which sources have been made of. A topic of several sources
 * goes with the first of them. */
static void list_drops(wr_engine *e, const wr__termination *t, wr_arena *a, statements *out)
{
    const wr_catalog *c = wr_engine_catalog(e);
    const wr_map_entry *entry;
    wr_map deleted;
    wr_map_init(&deleted);
    wr_engine_lock(e);
    for (size_t i = 0; (entry = wr_map_next(&c->sources, &i));) {
        const wr_source *s = entry->value;
        wr_str topic = wr_str_c(s->topic);
        bool with_topic = !s->is_ddl && !wr_map_get(&deleted, topic) && is_named(t, s->topic);
        if (with_topic)
            wr_map_put(&deleted, wr_str_c(wr_arena_strdup(a, s->topic)), a);
        wr_arr_push(a, out,
                    drop_statement(a, s->is_table ? "TABLE" : "STREAM", s->name, with_topic));
    }
    for (size_t i = 0; (entry = wr_map_next(&c->types, &i));)
        wr_arr_push(a, out, drop_statement(a, "TYPE", entry->key.ptr, false));
    wr_engine_unlock(e);
    wr_map_free(&deleted);
}

/* What others are derived from is dropped after them: again and again, the youngest first, while
 * something goes. */
static weir_status drop_all(wr_engine *e, statements *all, weir_error *err)
{
    weir_status st = WEIR_OK;
    size_t before;
    do {
        before = all->n;
        size_t kept = all->n;
        st = WEIR_OK;
        for (size_t i = all->n; i-- > 0;) {
            weir_error why;
            weir_status one = run(e, all->v[i], &why);
            if (one != WEIR_OK) {
                st = one;
                *err = why;
                all->v[--kept] = all->v[i];
            }
        }
        memmove(all->v, all->v + kept, (all->n - kept) * sizeof *all->v);
        all->n -= kept;
    } while (all->n && all->n < before);
    return st;
}

static void put_entity(wr_engine *e, wr_buf *out)
{
    wr_engine_lock(e);
    int64_t number = (int64_t)wr_engine_next_id(e) - 1;
    wr_engine_unlock(e);
    wr_buf_putc(out, '[');
    wr__entity_open(out, "currentStatus", "TERMINATE CLUSTER;");
    wr__member(out, "commandId", "terminate/CLUSTER/execute");
    wr__name(out, "commandStatus");
    wr_buf_puts(out, "{\"status\":\"QUEUED\",\"message\":\"Statement written to command topic\","
                     "\"queryId\":null}");
    wr__member_int(out, "commandSequenceNumber", number);
    wr__entity_close(out);
    wr_buf_putc(out, ']');
}

int wr__terminate(const wr__entity_context *c, const wr__termination *t, wr_buf *out)
{
    weir_error err;
    statements all = {0};
    wr_arena *a = wr_arena_new(0);
    weir_status st = run(c->engine, "TERMINATE ALL", &err);
    if (st == WEIR_OK) {
        list_drops(c->engine, t, a, &all);
        st = drop_all(c->engine, &all, &err);
    }
    wr_arena_free(a);
    if (st == WEIR_OK) {
        put_entity(c->engine, out);
        return 200;
    }
    wr_buf_putc(out, '{');
    wr__member(out, "@type", "generic_error");
    wr__member_int(out, "error_code", SERVER_ERROR);
    wr__member(out, "message", err.message);
    wr_buf_putc(out, '}');
    return SERVER_ERROR / 100;
}

/* ---- clients ---- */

typedef struct ids {
    wr_arena *arena;
    wr_arr(const char *) list;
} ids;

static void add_id(void *arg, const char *id, const char *sql)
{
    ids *all = arg;
    (void)sql;
    wr_arr_push(all->arena, &all->list, wr_arena_strdup(all->arena, id));
}

void wr__terminate_clients(const wr__entity_context *c)
{
    ids all = {.arena = wr_arena_new(0)};
    wr_query_service_each(c->queries, add_id, &all);
    for (size_t i = 0; i < all.list.n; i++)
        (void)wr_query_service_terminate(c->queries, all.list.v[i]); /* may have ended */
    wr_arena_free(all.arena);
}
