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
 * Whatever the bytes are, reading ends in an entry or in an error. The log only grows: schemas are
 * few and small, and the ids of deleted subjects are still in the records of other topics.
 *
 * Memory on Kafka is no registry of its own: there, others read the topics, and could not find a
 * schema that only this process knows.
 */
#include "runtime/instance/engine_state.h"

#include <stdio.h>

#define PREFIX  "schema/"
#define KEY_LEN (sizeof PREFIX - 1 + 16)

/* What was done; numbers that are on disk. A newer version may know more, and an older one says so.
 */
enum { REGISTERED = 1, DELETED = 2 };

/* Constant while the engine is open: no lock. */
wr_registry *wr_engine_registry(wr_engine *e)
{
    return e->registry;
}

/* ---- writing ---- */

/* With its length before it, since a schema may hold any byte. */
static void put_text(wr_buf *out, wr_str text)
{
    wr_buf_be32(out, text.len);
    wr_buf_str(out, text);
}

/* With the lock `registering`. Durable before the registry's answer is used: a record that names an
 * id which is forgotten by a crash could never be read again. */
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

/* Under each subject that it is registered under, with its id: the same text twice is one schema.
 */
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

/* What is there already is found, and not noted again: a service registers the same at each start.
 * One after the other, so that the order that is kept is that of the registry. */
weir_status wr_engine_register_schema(wr_engine *e, const wr_registry_interrupt *interrupt,
                                      const char *subject, const wr_schema_draft *draft,
                                      const wr_registry_schema **out, weir_error *err)
{
    WR_ASSERT(e->registry);
    wr_str name = wr_str_c(subject);
    if (!e->own_registry)
        return wr_registry_register(e->registry, interrupt, name, draft, out, err);
    weir_error none;
    pthread_mutex_lock(&e->registering);
    weir_status st = wr_registry_find(e->registry, NULL, name, draft, out, &none);
    if (st != WEIR_OK) {
        st = wr_registry_register(e->registry, NULL, name, draft, out, err);
        if (st == WEIR_OK)
            st = keep_schema(e, subject, *out, err);
    }
    pthread_mutex_unlock(&e->registering);
    return st;
}

/* Noted before it is done: a subject that comes back after a crash would be one that nobody made.
 */
weir_status wr_engine_delete_subject(wr_engine *e, const wr_registry_interrupt *interrupt,
                                     const char *subject, weir_error *err)
{
    WR_ASSERT(e->registry);
    if (!e->own_registry)
        return wr_registry_delete_subject(e->registry, interrupt, wr_str_c(subject), err);
    wr_buf value = {0};
    wr_buf_putc(&value, DELETED);
    put_text(&value, wr_str_c(subject));
    pthread_mutex_lock(&e->registering);
    weir_status st = append(e, &value, err);
    if (st == WEIR_OK)
        st = wr_registry_delete_subject(e->registry, NULL, wr_str_c(subject), err);
    pthread_mutex_unlock(&e->registering);
    wr_buf_free(&value);
    return st;
}

/* ---- reading ---- */

/* The scan hands over one entry after the other; what went wrong is remembered here. */
typedef struct restore {
    wr_engine *engine;
    wr_arena *arena;
    weir_status status;
    weir_error *err;
} restore;

/* @return false: the bytes end before. Likewise below. */
static bool take_number(wr_str *rest, uint32_t *out)
{
    if (rest->len < 4)
        return false;
    *out = wr_get_be32(rest->ptr);
    *rest = wr_str_make(rest->ptr + 4, rest->len - 4);
    return true;
}

/* Borrowed from the entry, for as long as the scan shows it. */
static bool take_text(wr_str *rest, wr_str *out)
{
    uint32_t len;
    if (!take_number(rest, &len) || len > rest->len)
        return false;
    *out = wr_str_make(rest->ptr, len);
    *rest = wr_str_make(rest->ptr + len, rest->len - len);
    return true;
}

/* Until the end of the entry. Whether they are there is the registry's to find out. */
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

/* What the registry refuses is an error of the opening: it has accepted the same before. */
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

/* Every entry was durable when a statement returned, so none is left out: an engine that went on
 * without a schema could not read what was written with it. One entry, in order of numbers; the
 * first that cannot be read ends the scan. */
static bool restore_one(void *arg, wr_str key, wr_str value)
{
    restore *r = arg;
    wr_str subject, rest = value.len ? wr_str_make(value.ptr + 1, value.len - 1) : value;
    bool good = false;
    if (value.len && value.ptr[0] == REGISTERED) {
        good = restore_registered(r, rest);
    } else if (value.len && value.ptr[0] == DELETED && take_text(&rest, &subject)) {
        good = true;
        r->status = wr_registry_delete_subject(r->engine->registry, NULL, subject, r->err);
    }
    if (!good)
        r->status = wr_error(r->err, WEIR_ERR_STORE,
                             "The kept schema '" WR_STR_FMT
                             "' cannot be read: it is damaged, or a newer Weir has written it",
                             WR_STR_ARG(key));
    r->engine->schemas_kept++; /* nothing is ever removed, so numbers have no gaps */
    return r->status == WEIR_OK;
}

/* Server settings: what a session sets does not change whom others ask. */
static const char *setting(void *user, const char *name)
{
    return wr_settings_get(user, name);
}

/* One that others run, where the settings name one. No connection is made yet: one that is down is
 * no reason not to start. */
static weir_status open_named(wr_engine *e, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_registry_options options;
    weir_status st = wr_registry_options_from(setting, &e->settings, a, &options, err);
    if (st == WEIR_OK && options.urls)
        st = wr_registry_open_http(&options, &e->registry, err);
    wr_arena_free(a);
    return st;
}

/* Before any statement is executed again: what they mean may hang on it. Tests have a registry of
 * their own, whatever their settings say.
 * @pre the database and the settings are there. */
weir_status wr__engine_open_registry(wr_engine *e, const wr_engine_options *o, weir_error *err)
{
    WR_ASSERT(e->db && !e->registry);
    if (o->mode != WR_ENGINE_PIPED)
        WR_TRY(open_named(e, err));
    if (e->registry || o->log == WR_LOG_KAFKA)
        return WEIR_OK;
    e->registry = wr_registry_open_memory();
    e->own_registry = true;
    restore r = {.engine = e, .arena = wr_arena_new(0), .err = err};
    weir_status st = wr_db_meta_scan(e->db, NULL, WR_STR(PREFIX), restore_one, &r, err);
    wr_arena_free(r.arena);
    return st == WEIR_OK ? r.status : st;
}
