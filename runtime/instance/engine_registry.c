/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's schema registry. On the embedded log, where the settings name none, it is in this
 * process, and what statements do to it is kept in the database, in order, and done again at the
 * next opening:
 *
 *     key      "schema/" number (16 hex digits)
 *     value    1, id, kind (4 bytes each after the first byte, big-endian), then texts, each with
 *              its length before it: subject, text, and for each reference name, subject, version
 *              (4 bytes)                                            registered
 *              2, subject                                           the subject was deleted
 *
 * Whatever the bytes are, reading ends in an entry or in an error.
 */
#include "runtime/instance/engine_state.h"

#include <stdio.h>

#define PREFIX  "schema/"
#define KEY_LEN (sizeof PREFIX - 1 + 16)

enum { REGISTERED = 1, DELETED = 2 };

wr_registry *wr_engine_registry(wr_engine *e)
{
    return e->registry;
}

/* ---- writing ---- */

static void put_text(wr_buf *out, wr_str text)
{
    wr_buf_be32(out, text.len);
    wr_buf_str(out, text);
}

/* With the lock `registering`. */
static weir_status append(wr_engine *e, const wr_buf *value, weir_error *err)
{
    char key[KEY_LEN + 1];
    (void)snprintf(key, sizeof key, PREFIX "%016llx", (unsigned long long)e->schemas_kept);
    wr_db_batch *b = wr_db_batch_new(e->db);
    wr_db_batch_meta_put(b, wr_str_make(key, KEY_LEN), wr_buf_view(value));
    weir_status st = wr_db_write_durable(e->db, b, err);
    wr_db_batch_free(b);
    if (st == WEIR_OK)
        e->schemas_kept++;
    return st;
}

static weir_status keep_schema(wr_engine *e, const char *subject, const wr_registry_schema *s,
                               weir_error *err)
{
    wr_buf value = {0};
    wr_buf_putc(&value, REGISTERED);
    wr_buf_be32(&value, s->id);
    wr_buf_be32(&value, (uint32_t)s->kind);
    put_text(&value, wr_str_c(subject));
    put_text(&value, s->text);
    for (uint32_t i = 0; i < s->references_n; i++) {
        put_text(&value, s->references[i].name);
        put_text(&value, s->references[i].subject);
        wr_buf_be32(&value, (uint32_t)s->references[i].version);
    }
    weir_status st = append(e, &value, err);
    wr_buf_free(&value);
    return st;
}

/* One after the other, so that the order that is kept is that of the registry. */
weir_status wr_engine_register_schema(wr_engine *e, const char *subject,
                                      const wr_schema_draft *draft, const wr_registry_schema **out,
                                      weir_error *err)
{
    WR_ASSERT(e->registry);
    wr_str name = wr_str_c(subject);
    if (!e->own_registry)
        return wr_registry_register(e->registry, name, draft, out, err);
    weir_error none;
    pthread_mutex_lock(&e->registering);
    weir_status st = wr_registry_find(e->registry, name, draft, out, &none);
    if (st != WEIR_OK) {
        st = wr_registry_register(e->registry, name, draft, out, err);
        if (st == WEIR_OK)
            st = keep_schema(e, subject, *out, err);
    }
    pthread_mutex_unlock(&e->registering);
    return st;
}

weir_status wr_engine_delete_subject(wr_engine *e, const char *subject, weir_error *err)
{
    WR_ASSERT(e->registry);
    if (!e->own_registry)
        return wr_registry_delete_subject(e->registry, wr_str_c(subject), err);
    wr_buf value = {0};
    wr_buf_putc(&value, DELETED);
    put_text(&value, wr_str_c(subject));
    pthread_mutex_lock(&e->registering);
    weir_status st = append(e, &value, err);
    if (st == WEIR_OK)
        st = wr_registry_delete_subject(e->registry, wr_str_c(subject), err);
    pthread_mutex_unlock(&e->registering);
    wr_buf_free(&value);
    return st;
}

/* ---- reading ---- */

typedef struct restore {
    wr_engine *engine;
    wr_arena *arena;
    weir_status status;
    weir_error *err;
} restore;

static bool take_number(wr_str *rest, uint32_t *out)
{
    if (rest->len < 4)
        return false;
    *out = wr_get_be32(rest->ptr);
    *rest = wr_str_make(rest->ptr + 4, rest->len - 4);
    return true;
}

static bool take_text(wr_str *rest, wr_str *out)
{
    uint32_t len;
    if (!take_number(rest, &len) || len > rest->len)
        return false;
    *out = wr_str_make(rest->ptr, len);
    *rest = wr_str_make(rest->ptr + len, rest->len - len);
    return true;
}

static bool take_references(wr_arena *a, wr_str rest, wr_schema_draft *draft)
{
    wr_arr(wr_registry_reference) all = {0};
    while (rest.len) {
        wr_registry_reference r = {0};
        uint32_t version;
        if (!take_text(&rest, &r.name) || !take_text(&rest, &r.subject) ||
            !take_number(&rest, &version))
            return false;
        r.version = (int32_t)version;
        wr_arr_push(a, &all, r);
    }
    draft->references = all.v;
    draft->references_n = (uint32_t)all.n;
    return true;
}

static bool restore_registered(restore *r, wr_str rest)
{
    uint32_t id, kind;
    wr_str subject;
    wr_schema_draft draft = {0};
    const wr_registry_schema *schema;
    if (!take_number(&rest, &id) || !take_number(&rest, &kind) || !take_text(&rest, &subject) ||
        !take_text(&rest, &draft.text) || !take_references(r->arena, rest, &draft) || id == 0 ||
        kind > WR_SCHEMA_PROTOBUF)
        return false;
    draft.kind = (wr_schema_kind)kind;
    r->status = wr_registry_memory_put(r->engine->registry, subject, id, &draft, &schema, r->err);
    return true;
}

static bool restore_one(void *arg, wr_str key, wr_str value)
{
    restore *r = arg;
    wr_str subject, rest = value.len ? wr_str_make(value.ptr + 1, value.len - 1) : value;
    bool good = false;
    if (value.len && value.ptr[0] == REGISTERED) {
        good = restore_registered(r, rest);
    } else if (value.len && value.ptr[0] == DELETED && take_text(&rest, &subject)) {
        good = true;
        r->status = wr_registry_delete_subject(r->engine->registry, subject, r->err);
    }
    if (!good)
        r->status = wr_error(r->err, WEIR_ERR_STORE,
                             "The kept schema '" WR_STR_FMT
                             "' cannot be read: it is damaged, or a newer Weir has written it",
                             WR_STR_ARG(key));
    r->engine->schemas_kept++; /* nothing is ever removed, so numbers have no gaps */
    return r->status == WEIR_OK;
}

/* @pre the database and the settings are there. */
weir_status wr__engine_open_registry(wr_engine *e, const wr_engine_options *o, weir_error *err)
{
    WR_ASSERT(e->db && !e->registry);
    if (o->log == WR_LOG_KAFKA) /* one over HTTP is not built yet: statements say so */
        return WEIR_OK;
    e->registry = wr_registry_open_memory();
    e->own_registry = true;
    restore r = {.engine = e, .arena = wr_arena_new(0), .err = err};
    weir_status st = wr_db_meta_scan(e->db, NULL, WR_STR(PREFIX), restore_one, &r, err);
    wr_arena_free(r.arena);
    return st == WEIR_OK ? r.status : st;
}
