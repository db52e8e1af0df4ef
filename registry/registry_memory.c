/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry_memory.c - a registry inside this process: for the embedded log and for tests.
 *
 * A subject is a list of versions; a version is a schema. The same text of the same kind, with the
 * same references, is one schema with one id, whatever its subject, as in other registries. Every
 * schema is accepted: who has no registry has nobody to ask what is compatible.
 */
#include "registry/registry_internal.h"

#include <assert.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

typedef struct subject {
    const wr_registry_schema **versions; /* [0] is version 1 */
    uint32_t n, cap;
} subject;

typedef struct memory_registry {
    wr_registry base;
    pthread_mutex_t change; /* subjects and next_id; taken before base.lock */
    wr_map subjects;        /* name -> subject */
    uint32_t next_id;       /* no schema has it or a higher one */
} memory_registry;

static memory_registry *self(wr_registry *r)
{
    return (memory_registry *)r;
}

static void free_subjects(memory_registry *m)
{
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&m->subjects, &i));) {
        subject *s = e->value;
        wr_free(s->versions);
        wr_free(s);
    }
    wr_map_free(&m->subjects);
}

static void memory_free(wr_registry *r)
{
    memory_registry *m = self(r);
    free_subjects(m);
    pthread_mutex_destroy(&m->change);
    wr__registry_clear(r);
    wr_free(m);
}

static bool same_references(const wr_registry_reference *a, const wr_registry_reference *b,
                            uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!wr_str_eq(a[i].name, b[i].name) || !wr_str_eq(a[i].subject, b[i].subject) ||
            a[i].version != b[i].version)
            return false;
    return true;
}

static bool is_draft(const wr_registry_schema *s, const wr_schema_draft *draft)
{
    return s->kind == draft->kind && wr_str_eq(s->text, draft->text) &&
           s->references_n == draft->references_n &&
           same_references(s->references, draft->references, s->references_n);
}

static weir_status no_subject(wr_str name, weir_error *err)
{
    return wr_error(err, WEIR_ERR_NOT_FOUND, "Subject '" WR_STR_FMT "' not found.",
                    WR_STR_ARG(name));
}

static weir_status find_version(memory_registry *m, wr_str name, int32_t version,
                                const wr_registry_schema **out, int32_t *found, weir_error *err)
{
    const subject *s = wr_map_get(&m->subjects, name);
    if (!s)
        return no_subject(name, err);
    WR_ASSERT(s->n > 0);
    if (version < 0 || (uint32_t)version > s->n)
        return wr_error(err, WEIR_ERR_NOT_FOUND,
                        "Version %d of subject '" WR_STR_FMT "' not found.", version,
                        WR_STR_ARG(name));
    *found = version ? version : (int32_t)s->n;
    *out = s->versions[*found - 1];
    return WEIR_OK;
}

static weir_status memory_get_version(wr_registry *r, const wr_registry_interrupt *interrupt,
                                      wr_str name, int32_t version, const wr_registry_schema **out,
                                      int32_t *found, weir_error *err)
{
    (void)interrupt; /* nothing here waits */
    memory_registry *m = self(r);
    pthread_mutex_lock(&m->change);
    weir_status st = find_version(m, name, version, out, found, err);
    pthread_mutex_unlock(&m->change);
    return st;
}

static weir_status memory_find(wr_registry *r, const wr_registry_interrupt *interrupt, wr_str name,
                               const wr_schema_draft *draft, const wr_registry_schema **out,
                               int32_t *version, weir_error *err)
{
    (void)interrupt; /* nothing here waits */
    memory_registry *m = self(r);
    *out = NULL;
    pthread_mutex_lock(&m->change);
    const subject *s = wr_map_get(&m->subjects, name);
    for (uint32_t i = 0; s && i < s->n && !*out; i++) {
        if (!is_draft(s->versions[i], draft))
            continue;
        *out = s->versions[i];
        *version = (int32_t)i + 1;
    }
    pthread_mutex_unlock(&m->change);
    return *out ? WEIR_OK
           : s  ? wr_error(err, WEIR_ERR_NOT_FOUND, "Schema not found")
                : no_subject(name, err);
}

/* The schema of this text, whatever its subject; NULL: it is new. */
static const wr_registry_schema *schema_of(memory_registry *m, const wr_schema_draft *draft)
{
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&m->base.by_id, &i));)
        if (is_draft(e->value, draft))
            return e->value;
    return NULL;
}

static void add_version(memory_registry *m, wr_str name, const wr_registry_schema *schema)
{
    subject *s = wr_map_get(&m->subjects, name);
    if (!s) {
        s = wr_malloc(sizeof *s);
        *s = (subject){0};
        (void)wr_map_put(&m->subjects, name, s);
    }
    for (uint32_t i = 0; i < s->n; i++)
        if (s->versions[i] == schema)
            return;
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 4;
        s->versions = wr_realloc(s->versions, s->cap * sizeof(const wr_registry_schema *));
    }
    s->versions[s->n++] = schema;
}

/* References as resolved ones: each names a version that is here. */
static weir_status resolve(memory_registry *m, const wr_schema_draft *draft, wr_arena *arena,
                           const wr_registry_reference **out, weir_error *err)
{
    wr_registry_reference *refs = WR_NEW_N(arena, wr_registry_reference, draft->references_n);
    for (uint32_t i = 0; i < draft->references_n; i++) {
        int32_t found;
        refs[i] = draft->references[i];
        WR_TRY(find_version(m, refs[i].subject, refs[i].version, &refs[i].schema, &found, err));
    }
    *out = refs;
    return WEIR_OK;
}

/* With the lock `change`. @p id 0: the next one. */
/* The same schema has the same GUID in every such registry, as it has in Confluent's; the value is
 * our own. */
static void give_guid(wr_registry_schema *s)
{
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    XXH3_128bits_update(&state, &(char){(char)s->kind}, 1);
    XXH3_128bits_update(&state, s->text.ptr, s->text.len);
    for (uint32_t i = 0; i < s->references_n; i++) {
        const wr_registry_reference *r = &s->references[i];
        XXH3_128bits_update(&state, r->name.ptr, r->name.len);
        XXH3_128bits_update(&state, r->schema->guid, WR_GUID_BYTES);
    }
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(&state));
    static_assert(sizeof bytes.digest == WR_GUID_BYTES, "a GUID has 128 bits");
    memcpy(s->guid, bytes.digest, WR_GUID_BYTES);
    s->guid[6] = (uint8_t)((s->guid[6] & 0x0f) | 0x80); /* version 8: of no other rule */
    s->guid[8] = (uint8_t)((s->guid[8] & 0x3f) | 0x80);
    s->has_guid = true;
}

static weir_status put(memory_registry *m, wr_str name, uint32_t id, const wr_schema_draft *draft,
                       const wr_registry_schema **out, weir_error *err)
{
    wr_arena *scratch = wr_arena_new(0);
    wr_registry_schema fresh = {
        .kind = draft->kind, .text = draft->text, .references_n = draft->references_n};
    weir_status st = resolve(m, draft, scratch, &fresh.references, err);
    if (st == WEIR_OK) {
        fresh.id = id ? id : m->next_id;
        give_guid(&fresh);
        *out = wr__registry_keep(&m->base, &fresh);
        if (fresh.id >= m->next_id)
            m->next_id = fresh.id + 1;
        if (!is_draft(*out, draft))
            st = wr_error(err, WEIR_ERR_EXISTS, "Schema id %u is another schema's", fresh.id);
        else
            add_version(m, name, *out);
    }
    wr_arena_free(scratch);
    return st;
}

static weir_status memory_enroll(wr_registry *r, const wr_registry_interrupt *interrupt,
                                 wr_str name, const wr_schema_draft *draft,
                                 const wr_registry_schema **out, weir_error *err)
{
    (void)interrupt; /* nothing here waits */
    memory_registry *m = self(r);
    pthread_mutex_lock(&m->change);
    weir_status st = WEIR_OK;
    *out = schema_of(m, draft);
    if (*out)
        add_version(m, name, *out);
    else
        st = put(m, name, 0, draft, out, err);
    pthread_mutex_unlock(&m->change);
    return st;
}

weir_status wr_registry_memory_put(wr_registry *r, wr_str name, uint32_t id,
                                   const wr_schema_draft *draft, const wr_registry_schema **out,
                                   weir_error *err)
{
    WR_ASSERT(id > 0);
    memory_registry *m = self(r);
    pthread_mutex_lock(&m->change);
    weir_status st = put(m, name, id, draft, out, err);
    pthread_mutex_unlock(&m->change);
    return st;
}

static weir_status memory_subjects(wr_registry *r, const wr_registry_interrupt *interrupt,
                                   wr_arena *arena, wr_str **out, uint32_t *n, weir_error *err)
{
    (void)interrupt; /* nothing here waits */
    (void)err;
    memory_registry *m = self(r);
    pthread_mutex_lock(&m->change);
    *out = WR_NEW_N(arena, wr_str, m->subjects.live);
    *n = 0;
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&m->subjects, &i));)
        (*out)[(*n)++] = wr_str_make(wr_arena_strndup(arena, e->key.ptr, e->key.len), e->key.len);
    pthread_mutex_unlock(&m->change);
    wr__registry_sort_names(*out, *n);
    return WEIR_OK;
}

static weir_status memory_delete_subject(wr_registry *r, const wr_registry_interrupt *interrupt,
                                         wr_str name, weir_error *err)
{
    (void)interrupt; /* nothing here waits */
    (void)err;
    memory_registry *m = self(r);
    pthread_mutex_lock(&m->change);
    subject *s = wr_map_remove(&m->subjects, name);
    pthread_mutex_unlock(&m->change);
    if (s)
        wr_free(s->versions);
    wr_free(s);
    return WEIR_OK;
}

static weir_status memory_get_id(wr_registry *r, const wr_registry_interrupt *interrupt,
                                 uint32_t id, const wr_registry_schema **out, weir_error *err)
{
    (void)interrupt; /* nothing here waits */
    (void)r;
    *out = NULL; /* all there are have been seen */
    return wr_error(err, WEIR_ERR_NOT_FOUND, "Schema %u not found", id);
}

static weir_status memory_get_guid(wr_registry *r, const wr_registry_interrupt *interrupt,
                                   const uint8_t *guid, const wr_registry_schema **out,
                                   weir_error *err)
{
    (void)interrupt; /* nothing here waits */
    (void)r;
    (void)guid;
    *out = NULL;
    return wr_error(err, WEIR_ERR_NOT_FOUND, "No schema has this GUID");
}

static weir_status memory_wanted(wr_registry *r, uint32_t id, const uint8_t *guid, weir_error *err)
{
    const wr_registry_schema *none;
    return guid ? memory_get_guid(r, NULL, guid, &none, err)
                : memory_get_id(r, NULL, id, &none, err);
}

static const wr_registry_class memory_class = {
    .free = memory_free,
    .get_id = memory_get_id,
    .get_guid = memory_get_guid,
    .get_version = memory_get_version,
    .find = memory_find,
    .enroll = memory_enroll,
    .subjects = memory_subjects,
    .delete_subject = memory_delete_subject,
    .wanted = memory_wanted,
};

wr_registry *wr_registry_open_memory(void)
{
    memory_registry *m = wr_malloc(sizeof *m);
    *m = (memory_registry){.next_id = 1};
    wr__registry_init(&m->base, &memory_class, "the registry of this process");
    pthread_mutex_init(&m->change, NULL);
    wr_map_init(&m->subjects);
    return &m->base;
}
