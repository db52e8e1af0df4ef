/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - dispatch to the sort of registry, and the schemas that were seen. */
#include "registry/registry_internal.h"

#include <stdio.h>
#include <stdlib.h>

void wr__registry_init(wr_registry *r, const wr_registry_class *class_, const char *name)
{
    r->class_ = class_;
    (void)snprintf(r->name, sizeof r->name, "%s", name);
    pthread_mutex_init(&r->lock, NULL);
    r->arena = wr_arena_new(0);
    wr_map_init(&r->by_id);
    wr_map_init(&r->by_guid);
}

void wr__registry_clear(wr_registry *r)
{
    wr_map_free(&r->by_id);
    wr_map_free(&r->by_guid);
    wr_arena_free(r->arena);
    pthread_mutex_destroy(&r->lock);
}

static wr_str guid_key(const uint8_t *guid)
{
    return wr_str_make((const char *)guid, WR_GUID_BYTES);
}

/* The key of an id: its 4 bytes, then the context's name. To be freed. */
static wr_buf id_key(wr_str context, uint32_t id)
{
    wr_buf key = {0};
    wr_buf_put(&key, &id, sizeof id);
    wr_buf_str(&key, context);
    return key;
}

/* With the lock. */
static wr_registry_schema *find_id(const wr_registry *r, wr_str context, uint32_t id)
{
    if (!context.len) /* the usual case, for each batch of a decoder, needs no memory */
        return wr_map_get(&r->by_id, wr_str_make((const char *)&id, sizeof id));
    wr_buf key = id_key(context, id);
    wr_registry_schema *s = wr_map_get(&r->by_id, wr_buf_view(&key));
    wr_buf_free(&key);
    return s;
}

const wr_registry_schema *wr__registry_seen_in(wr_registry *r, wr_str context, uint32_t id)
{
    pthread_mutex_lock(&r->lock);
    const wr_registry_schema *s = find_id(r, context, id);
    pthread_mutex_unlock(&r->lock);
    return s;
}

const wr_registry_schema *wr__registry_seen_id(wr_registry *r, uint32_t id)
{
    return wr__registry_seen_in(r, (wr_str){0}, id);
}

const wr_registry_schema *wr__registry_seen_guid(wr_registry *r, const uint8_t *guid)
{
    pthread_mutex_lock(&r->lock);
    const wr_registry_schema *s = wr_map_get(&r->by_guid, guid_key(guid));
    pthread_mutex_unlock(&r->lock);
    return s;
}

static wr_str copy_str(wr_arena *a, wr_str s)
{
    return wr_str_make(wr_arena_strndup(a, s.ptr, s.len), s.len);
}

static wr_registry_schema *copy_schema(wr_arena *a, const wr_registry_schema *from)
{
    wr_registry_schema *s = WR_NEW(a, wr_registry_schema);
    *s = *from;
    s->text = copy_str(a, from->text);
    wr_registry_reference *refs = WR_NEW_N(a, wr_registry_reference, from->references_n);
    for (uint32_t i = 0; i < from->references_n; i++) {
        refs[i] = from->references[i];
        refs[i].name = copy_str(a, from->references[i].name);
        refs[i].subject = copy_str(a, from->references[i].subject);
        WR_ASSERT(refs[i].schema); /* whoever keeps a schema has resolved what it names */
    }
    s->references = refs;
    return s;
}

const wr_registry_schema *wr__registry_keep_in(wr_registry *r, wr_str context,
                                               const wr_registry_schema *schema)
{
    WR_ASSERT(schema->id > 0);
    pthread_mutex_lock(&r->lock);
    wr_registry_schema *s = find_id(r, context, schema->id);
    if (!s) {
        wr_buf key = id_key(context, schema->id);
        s = copy_schema(r->arena, schema);
        (void)wr_map_put(&r->by_id, wr_buf_view(&key), s);
        wr_buf_free(&key);
    }
    /* One that was kept without its GUID stays as it is, and is found by that from now on. */
    if (!context.len && schema->has_guid && !wr_map_get(&r->by_guid, guid_key(schema->guid)))
        (void)wr_map_put(&r->by_guid, guid_key(schema->guid), s);
    pthread_mutex_unlock(&r->lock);
    return s;
}

const wr_registry_schema *wr__registry_keep(wr_registry *r, const wr_registry_schema *schema)
{
    return wr__registry_keep_in(r, (wr_str){0}, schema);
}

static int by_name(const void *a, const void *b)
{
    return wr_str_cmp(*(const wr_str *)a, *(const wr_str *)b);
}

void wr__registry_sort_names(wr_str *names, uint32_t n)
{
    if (n)
        qsort(names, n, sizeof *names, by_name);
}

const char *wr_registry_name(const wr_registry *r)
{
    return r->name;
}

void wr_registry_free(wr_registry *r)
{
    if (r)
        r->class_->free(r);
}

weir_status wr_registry_known_id(wr_registry *r, uint32_t id, const wr_registry_schema **out,
                                 weir_error *err)
{
    *out = wr__registry_seen_id(r, id);
    return *out ? WEIR_OK : r->class_->wanted(r, id, NULL, err);
}

weir_status wr_registry_known_guid(wr_registry *r, const uint8_t guid[WR_GUID_BYTES],
                                   const wr_registry_schema **out, weir_error *err)
{
    *out = wr__registry_seen_guid(r, guid);
    return *out ? WEIR_OK : r->class_->wanted(r, 0, guid, err);
}

weir_status wr_registry_get_id(wr_registry *r, const wr_registry_interrupt *interrupt, uint32_t id,
                               const wr_registry_schema **out, weir_error *err)
{
    *out = wr__registry_seen_id(r, id);
    return *out ? WEIR_OK : r->class_->get_id(r, interrupt, id, out, err);
}

weir_status wr_registry_get_guid(wr_registry *r, const wr_registry_interrupt *interrupt,
                                 const uint8_t guid[WR_GUID_BYTES], const wr_registry_schema **out,
                                 weir_error *err)
{
    *out = wr__registry_seen_guid(r, guid);
    return *out ? WEIR_OK : r->class_->get_guid(r, interrupt, guid, out, err);
}

const wr_registry_schema *wr_registry_remember(wr_registry *r, uint32_t id, wr_schema_kind kind,
                                               wr_str text)
{
    WR_ASSERT(id > 0);
    const wr_registry_schema schema = {.id = id, .kind = kind, .text = text};
    return wr__registry_keep(r, &schema);
}

weir_status wr_registry_get_version(wr_registry *r, const wr_registry_interrupt *interrupt,
                                    wr_str subject, int32_t version, const wr_registry_schema **out,
                                    int32_t *found, weir_error *err)
{
    int32_t number;
    return r->class_->get_version(r, interrupt, subject, version, out, found ? found : &number,
                                  err);
}

weir_status wr_registry_find(wr_registry *r, const wr_registry_interrupt *interrupt, wr_str subject,
                             const wr_schema_draft *draft, const wr_registry_schema **out,
                             weir_error *err)
{
    int32_t version;
    return r->class_->find(r, interrupt, subject, draft, out, &version, err);
}

weir_status wr_registry_find_version(wr_registry *r, const wr_registry_interrupt *interrupt,
                                     wr_str subject, const wr_registry_schema *schema,
                                     int32_t *version, weir_error *err)
{
    const wr_schema_draft draft = {schema->kind, schema->text, schema->references,
                                   schema->references_n};
    const wr_registry_schema *found;
    WR_TRY(r->class_->find(r, interrupt, subject, &draft, &found, version, err));
    if (found->id == schema->id && *version)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_NOT_FOUND, "Schema %u is not under that subject", schema->id);
}

weir_status wr_registry_register(wr_registry *r, const wr_registry_interrupt *interrupt,
                                 wr_str subject, const wr_schema_draft *draft,
                                 const wr_registry_schema **out, weir_error *err)
{
    return r->class_->enroll(r, interrupt, subject, draft, out, err);
}

weir_status wr_registry_subjects(wr_registry *r, const wr_registry_interrupt *interrupt,
                                 wr_arena *arena, wr_str **out, uint32_t *n, weir_error *err)
{
    return r->class_->subjects(r, interrupt, arena, out, n, err);
}

weir_status wr_registry_delete_subject(wr_registry *r, const wr_registry_interrupt *interrupt,
                                       wr_str subject, weir_error *err)
{
    return r->class_->delete_subject(r, interrupt, subject, err);
}
