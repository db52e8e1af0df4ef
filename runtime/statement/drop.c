/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DROP STREAM, DROP TABLE.
 *
 *     under the lock   may it be dropped? reserve it and its query
 *     without it       1 its query stops, but stays
 *                      2 DELETE TOPIC, with its schemas
 *                      3 what is kept about it is forgotten
 *     under the lock   source, query and list change together
 *     without it       the query goes, with its state
 *
 * What fails leaves everything as it was, but for a topic that is deleted already: then the source
 * stays, and a second DROP finds that there is no topic any more.
 *
 * State, offsets and internal topics of the query go last, when nothing can fail any more. Where
 * that is cut short (a kill, a broker that is away) leftovers do no harm: an id is never used
 * again.
 */
#include "runtime/instance/query_list.h"
#include "runtime/statement/kept.h"
#include "runtime/statement/planned.h"
#include "runtime/statement/statement_class.h"

#include <stdio.h>

typedef struct dropping {
    wr_source *source;     /* one reference; NULL: IF EXISTS, and it does not */
    wr_query_entry *entry; /* of the query that created it, where that is still there */
} dropping;

static void discard(void *arg)
{
    dropping *d = arg;
    wr_source_unref(d->source);
    *d = (dropping){0};
}

/* Kind, and that nothing reads or writes it any more, is the catalog's to say. */
static weir_status plan(wr_exec *x, wr_instance_env *env, void *arg, wr_reservation *needs,
                        weir_error *err)
{
    dropping *d = arg;
    *d = (dropping){0};
    WR_TRY(
        wr__check_not_offered(x, x->stmt->is_table ? "Table" : "Stream", x->stmt->name.name, err));
    WR_TRY(wr_catalog_check_drop(env->base.catalog, x->stmt, &d->source, err));
    wr_reservation_add(needs, WR_OBJECT_SOURCE, x->stmt->name.name, true);
    if (!d->source)
        return WEIR_OK;
    wr_source_ref(d->source);
    if (d->source->query_id) {
        wr_reservation_add(needs, WR_OBJECT_QUERY, d->source->query_id, true);
        d->entry = wr_engine_find_entry(x->engine, d->source->query_id);
    }
    return WEIR_OK;
}

/* A topic that is gone already is no reason to keep its source. Its schemas go with it, value and
 * key each where the source has some; records of other topics that name them stay readable, since a
 * registry forgets the subject, not the id. */
static weir_status delete_topic(wr_engine *e, const wr_source *s, const wr_wait *wait,
                                weir_error *err)
{
    const wr_registry_interrupt interrupt = wr_wait_in_registry(wait);
    weir_status st = wr_topic_remove(wr_engine_log(e), s->topic, err);
    if (st != WEIR_OK && st != WEIR_ERR_NOT_FOUND)
        return st;
    for (int is_key = 0; is_key <= 1; is_key++) {
        char subject[300];
        if (!wr_plan_has_schema(s, is_key))
            continue;
        WR_ASSERT(strlen(s->topic) < sizeof subject - 8); /* topics have 249 bytes at most */
        snprintf(subject, sizeof subject, "%s-%s", s->topic, is_key ? "key" : "value");
        WR_TRY(wr_engine_delete_subject(e, &interrupt, subject, err));
    }
    return WEIR_OK;
}

/* The steps of the file's head. */
static weir_status carry_out(wr_exec *x, const dropping *d, weir_error *err)
{
    wr_engine *e = x->engine;
    const wr_source *s = d->source;
    wr_query *gone = NULL;
    wr_wait wait = wr_wait_new(e, x->interrupt, WR_WAIT_STATEMENT_MS);
    if (d->entry)
        WR_TRY(wr_query_entry_hold(d->entry, &wait, err));
    /* Of several processes, the one that was asked: later on the topic may be somebody else's. */
    bool topic_too = x->stmt->delete_topic && x->repetition != WR_REPEATED_OTHER;
    weir_status st = topic_too ? delete_topic(e, s, &wait, err) : WEIR_OK;
    if (st == WEIR_OK)
        st = wr__forget_source(x, s->name, err);
    if (st != WEIR_OK) {
        if (d->entry)
            wr_query_entry_resume(e, d->entry);
        return st;
    }
    wr_engine_lock(e);
    wr_catalog *c = wr_engine_catalog(e);
    WR_ASSERT(!d->entry || s->query_id);
    if (d->entry)
        gone = wr_query_entry_remove(e, d->entry);
    if (s->query_id)
        wr_catalog_remove_query(c, s->query_id);
    WR_ASSERT(wr_catalog_find(c, s->name) == s);
    wr_catalog_remove(c, s->name); /* `s` is still there: `d` has a reference of its own */
    wr_engine_unlock(e);
    wr_query_free(gone, true);
    return WEIR_OK;
}

/* A statement that was left out when the engine was opened is not in the catalog; DROP is how an
 * operator gets rid of it for good. */
static weir_status drop_skipped(wr_exec *x, bool *done, weir_error *err)
{
    wr__subject subject = wr__subject_of_source(x, x->stmt->name.name);
    WR_TRY(wr__was_skipped(x, subject, done, err));
    if (!*done)
        return WEIR_OK;
    WR_TRY(wr__forget_statements(x, subject, err));
    wr__say(x, "Source `%s`, whose statement had been skipped, was dropped.", x->stmt->name.name);
    return WEIR_OK;
}

/* The error of planning waits until it is known that no skipped statement is meant. */
weir_status wr__execute_drop(wr_exec *x, weir_error *err)
{
    dropping d = {0};
    wr_reservation held = {0};
    wr__planner planner = {plan, discard, &d};
    weir_error why = {0};
    weir_status st = wr__plan(x, &planner, &held, &why);
    bool skipped = false;
    if (st == WEIR_ERR_NOT_FOUND) {
        WR_TRY(drop_skipped(x, &skipped, err));
        if (skipped)
            return WEIR_OK;
    }
    if (st != WEIR_OK) {
        if (err)
            *err = why;
        return st;
    }
    wr_engine_unlock(x->engine);
    if (!d.source) {
        st = drop_skipped(x, &skipped, err);
        x->nothing = !skipped;
        if (st == WEIR_OK && !skipped)
            wr__say(x, "Source `%s` does not exist.", x->stmt->name.name);
    } else if (x->checking) {
        wr__propose(x, wr__subject_of_source(x, d.source->name), x->stmt->text);
    } else {
        st = carry_out(x, &d, err);
        if (st == WEIR_OK)
            wr__say(x, "Source `%s` (topic: %s) was dropped.", d.source->name, d.source->topic);
    }
    discard(&d);
    wr_reservation_release(&held);
    return st;
}
