/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schemas of a source's topic, for DESCRIBE EXTENDED:
 *
 *     schemas    a row for each schema of the key and of the value that its readers have met in
 * this process, and for the latest of each subject registry   one row: which registry, and why it
 * did not answer
 *
 * How a schema differs from the columns is worked out here and not remembered: columns may have
 * been altered since its records came.
 *
 * A registry that is down must not keep anybody from looking at what there is, so all questions
 * together have ASK_MS; after the first that fails none is asked.
 */
#include "runtime/statement/describe_schemas.h"
#include "runtime/instance/wait.h"
#include "runtime/statement/result.h"

#include <stdlib.h>

#define ASK_MS 2000

/** One schema of one part. */
typedef struct seen {
    uint32_t id; /* 0: records that name none */
    uint64_t records, failed;
    int64_t last_ms;
    int32_t version; /* of the subject; 0: not known, or of none */
    bool is_latest;
    const wr_registry_schema *schema; /* NULL: not to be had */
} seen;

typedef struct asking {
    wr_exec *x;
    wr_registry *registry;
    wr_registry_interrupt interrupt;
    wr_wait wait;
    bool failed;
    weir_error why;
} asking;

/* ---- the registry ---- */

/* Ends every question that is under way once ASK_MS have passed since the first, or somebody does
 * not want to wait. The flag of an interrupt is only looked at: the statement goes on with what it
 * has, and nothing that it shows depends on the registry. */
static bool out_of_time(void *arg)
{
    const wr_wait *w = arg;
    wr_clock *clock = wr_engine_clock(w->engine);
    return (w->interrupted && atomic_load(w->interrupted)) || wr_engine_closing(w->engine) ||
           clock->mono_ns(clock) >= w->until_ns;
}

/* What is not there is an answer. */
static bool answered(asking *a, weir_status st, const weir_error *err)
{
    if (st == WEIR_OK)
        return true;
    if (st != WEIR_ERR_NOT_FOUND && !a->failed) {
        a->failed = true;
        a->why = *err;
        if (st == WEIR_ERR_INTERRUPTED)
            wr_error(&a->why, st, "The schema registry at %s does not answer",
                     wr_registry_name(a->registry));
    }
    return false;
}

/* Of the subject that records of the topic are registered under; there may be none yet. It is asked
 * for anew each time, since it is what changes; ids never do. */
static void ask_latest(asking *a, const char *subject, const wr_registry_schema **out,
                       int32_t *version)
{
    weir_error err = {0};
    *out = NULL;
    *version = 0;
    if (a->failed)
        return;
    weir_status st = wr_registry_get_version(a->registry, &a->interrupt, wr_str_c(subject), 0, out,
                                             version, &err);
    if (!answered(a, st, &err))
        *out = NULL;
}

/* The schema itself, from memory where a decoder has met it, and which version of the subject it
 * is. One that is under another subject has no version here: somebody writes records of another
 * topic's schema, which is no mistake. */
static void ask_schema(asking *a, const char *subject, seen *s)
{
    weir_error err = {0};
    if (!s->id ||
        (a->failed && wr_registry_known_id(a->registry, s->id, &s->schema, &err) != WEIR_OK))
        return;
    if (!s->schema &&
        !answered(a, wr_registry_get_id(a->registry, &a->interrupt, s->id, &s->schema, &err), &err))
        s->schema = NULL;
    if (!s->schema || s->version || a->failed)
        return;
    if (!answered(a,
                  wr_registry_find_version(a->registry, &a->interrupt, wr_str_c(subject), s->schema,
                                           &s->version, &err),
                  &err))
        s->version = 0;
}

/* ---- what the readers have met ---- */

typedef struct seen_list {
    wr_arr(seen) list;
} seen_list;

/* Made if it is not there. Pointers are good until the next one is made. */
static seen *entry_of(wr_exec *x, seen_list *all, uint32_t id)
{
    for (size_t i = 0; i < all->list.n; i++)
        if (all->list.v[i].id == id)
            return &all->list.v[i];
    wr_arr_push(x->arena, &all->list, (seen){.id = id});
    return &all->list.v[all->list.n - 1];
}

/* By the source's name: another source over the same topic counts for itself, as its columns, and
 * so the records that fail, are others. A query that reads the source twice counts its records
 * twice. */
static void add_met(wr_exec *x, const wr_source *source, wr__readers readers, bool is_key,
                    seen_list *out)
{
    for (size_t i = 0; i < readers.n; i++) {
        wr_query_schema *met;
        uint32_t n = wr_query_schemas(readers.v[i]->query, x->arena, &met);
        for (uint32_t k = 0; k < n; k++) {
            const char *name = met[k].source->u.source.source_name;
            if (met[k].is_key != is_key || !name || strcmp(name, source->name) != 0)
                continue;
            seen *s = entry_of(x, out, met[k].id);
            s->records += met[k].records;
            s->failed += met[k].failed;
            s->last_ms = WR_MAX(s->last_ms, met[k].last_ms);
        }
    }
}

/* ---- rows ---- */

static int by_id(const void *a, const void *b)
{
    const seen *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* NULL: it fits, or nobody knows. */
static wr_value difference(wr_exec *x, const asking *a, const wr_source *source, bool is_key,
                           const seen *s)
{
    const wr_format_use *use = is_key ? &source->key : &source->value;
    wr_schema_fit fit;
    wr_buf how = {0};
    weir_error err = {0};
    if (!s->id)
        return wr__text(x, "the records name no schema");
    if (!s->schema)
        return a->failed ? WR_VALUE_NULL : wr__text(x, "the registry has no such schema");
    if (wr_plan_schema_fit(source->schema->cols, source->schema->n, use, is_key, s->schema, &fit,
                           &how, &err) != WEIR_OK)
        return wr__text(x, err.message);
    wr_value text = how.len ? wr__text(x, wr_buf_cstr(&how)) : WR_VALUE_NULL;
    wr_buf_free(&how);
    return text;
}

/* In order of ids, which is that of registering. The latest is there as well where no record of it
 * has come yet: then its difference is a warning in good time. */
static void add_part(asking *a, const wr_source *source, wr__readers readers, bool is_key,
                     wr_result *r)
{
    wr_exec *x = a->x;
    seen_list all = {0};
    const wr_registry_schema *latest;
    int32_t version;
    if (!wr_plan_has_schema(source, is_key))
        return;
    const char *part = is_key ? "key" : "value";
    const char *subject = wr_arena_printf(x->arena, "%s-%s", source->topic, part);
    add_met(x, source, readers, is_key, &all);
    ask_latest(a, subject, &latest, &version);
    if (latest) {
        seen *s = entry_of(x, &all, latest->id);
        s->schema = latest;
        s->version = version;
        s->is_latest = true;
    }
    if (all.list.n)
        qsort(all.list.v, all.list.n, sizeof *all.list.v, by_id);
    for (size_t i = 0; i < all.list.n; i++) {
        seen *s = &all.list.v[i];
        ask_schema(a, subject, s);
        WR__RESULT_ROW(x, r, wr__text(x, is_key ? "KEY" : "VALUE"), wr__text(x, subject),
                       s->id ? wr_value_i64(s->id) : WR_VALUE_NULL,
                       s->version ? wr_value_i32(s->version) : WR_VALUE_NULL,
                       wr_value_bool(s->is_latest), wr__count(s->records), wr__count(s->failed),
                       s->records ? wr_value_i64(s->last_ms) : WR_VALUE_NULL,
                       difference(x, a, source, is_key, s));
    }
}

void wr__describe_schemas(wr_exec *x, const wr_source *source, wr__readers readers)
{
    static const wr__column columns[] = {
        {"PART", &wr_type_string},      {"SUBJECT", &wr_type_string},
        {"ID", &wr_type_bigint},        {"VERSION", &wr_type_integer},
        {"LATEST", &wr_type_boolean},   {"RECORDS", &wr_type_bigint},
        {"FAILED", &wr_type_bigint},    {"LAST", &wr_type_timestamp},
        {"DIFFERENCE", &wr_type_string}};
    static const wr__column about[] = {{"NAME", &wr_type_string}, {"TROUBLE", &wr_type_string}};
    asking a = {.x = x,
                .registry = wr_engine_registry(x->engine),
                .wait = wr_wait_new(x->engine, x->interrupt, ASK_MS)};
    if (!a.registry || (!wr_plan_has_schema(source, true) && !wr_plan_has_schema(source, false)))
        return;
    a.interrupt = (wr_registry_interrupt){.asked = out_of_time, .arg = &a.wait};
    wr_result *r = wr__result_new(x, "schemas", columns, WR_ARRAY_LEN(columns));
    add_part(&a, source, readers, true, r);
    add_part(&a, source, readers, false, r);
    WR__RESULT_ROW(x, wr__result_new(x, "registry", about, WR_ARRAY_LEN(about)),
                   wr__text(x, wr_registry_name(a.registry)),
                   wr__text(x, a.failed ? a.why.message : NULL));
}
