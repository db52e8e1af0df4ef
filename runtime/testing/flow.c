/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How records get into queries: the order in which a test has them flow, in place of threads and
 * timestamps.
 *
 * Cases: each query, in order of creation, first reads the given records of all its topics in the
 * order of the case, then, topic by topic in the order of Java's sets, the whole content of topics
 * without given records; what it writes is there before the next query starts. Test files with
 * ASSERT: after each statement, whatever is new in a topic goes to each query that reads it, until
 * nothing is new.
 *
 * Neighbouring records of one topic are fed in one call, so that --batch-rows says how they are
 * cut.
 */
#include "runtime/testing/testing_internal.h"

static bool reads(const wr_query *q, const char *topic)
{
    const wr_plan *p = wr_query_plan(q);
    for (uint32_t t = 0; t < p->topics_n; t++)
        if (p->topics[t].role == WR_TOPIC_INPUT && strcmp(p->topics[t].name, topic) == 0)
            return true;
    return false;
}

static bool is_given(const wr__world *w, const char *topic)
{
    for (size_t i = 0; i < w->given.n; i++)
        if (strcmp(w->given.v[i].topic, topic) == 0)
            return true;
    return false;
}

/* Where the query goes on. It is known by its id, so one that replaces another goes on there. */
static wr__progress *progress_of(wr__world *w, const wr_query *q, const char *topic)
{
    for (size_t i = 0; i < w->progress.n; i++)
        if (strcmp(w->progress.v[i].query_id, wr_query_id(q)) == 0 &&
            strcmp(w->progress.v[i].topic, topic) == 0)
            return &w->progress.v[i];
    wr__progress p = {wr_arena_strdup(w->arena, wr_query_id(q)), wr_arena_strdup(w->arena, topic),
                      0};
    wr_arr_push(w->arena, &w->progress, p);
    return &w->progress.v[w->progress.n - 1];
}

static weir_status feed_given(wr__world *w, wr_query *q, weir_error *err)
{
    wr_record *run = wr_calloc(w->given.n + 1, sizeof *run);
    const char *topic = NULL;
    uint32_t n = 0;
    weir_status st = WEIR_OK;
    for (size_t i = 0; i < w->given.n && st == WEIR_OK; i++) {
        const wr__given *g = &w->given.v[i];
        if (!reads(q, g->topic) || g->record.offset < progress_of(w, q, g->topic)->next)
            continue;
        if (n && strcmp(topic, g->topic) != 0) {
            st = wr_query_pipe(q, topic, run, n, err);
            n = 0;
        }
        topic = g->topic;
        run[n++] = g->record;
    }
    if (n && st == WEIR_OK)
        st = wr_query_pipe(q, topic, run, n, err);
    wr_free(run);
    return st;
}

static weir_status feed_topic(wr__world *w, wr_query *q, const char *topic, int64_t *next,
                              bool *any, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_record *records;
    uint32_t n;
    weir_status st = wr__world_read(w, topic, *next, a, &records, &n, err);
    if (st == WEIR_OK && n) {
        st = wr_query_pipe(q, topic, records, n, err);
        *next = records[n - 1].offset + 1;
        *any = true;
    }
    wr_arena_free(a);
    return st;
}

weir_status wr__flow_query(wr__world *w, wr_query *q, weir_error *err)
{
    const wr_plan *p = wr_query_plan(q);
    WR_TRY(feed_given(w, q, err));
    const char **names = wr_calloc(p->topics_n + 1, sizeof *names);
    uint32_t *order = wr_calloc(p->topics_n + 1, sizeof *order), n = 0;
    for (uint32_t t = 0; t < p->topics_n; t++)
        if (p->topics[t].role == WR_TOPIC_INPUT)
            names[n++] = p->topics[t].name;
    wr__java_order(names, n, order);
    weir_status st = WEIR_OK;
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++) {
        bool any;
        const char *topic = names[order[i]];
        if (!is_given(w, topic))
            st = feed_topic(w, q, topic, &progress_of(w, q, topic)->next, &any, err);
    }
    wr_free(names);
    wr_free(order);
    return st == WEIR_OK ? wr_query_commit(q, err) : st;
}

weir_status wr__flow_from_here(wr__world *w, wr_query *q, weir_error *err)
{
    wr_log *log = wr_engine_log(w->engine);
    const wr_plan *p = wr_query_plan(q);
    for (uint32_t t = 0; t < p->topics_n; t++) {
        wr_topic_part part = {p->topics[t].name, 0, 0};
        int64_t low;
        if (p->topics[t].role == WR_TOPIC_INPUT && !p->topics[t].from_earliest)
            WR_TRY(wr_topic_ends(log, &part, 1, &low, &progress_of(w, q, p->topics[t].name)->next,
                                 err));
    }
    return WEIR_OK;
}

weir_status wr__flow_given(wr__world *w, weir_error *err)
{
    wr_query *q;
    for (size_t i = 0; (q = wr_engine_query_at(w->engine, i)); i++)
        if (wr_query_state_of(q) == WR_QUERY_RUNNING)
            WR_TRY(wr__flow_query(w, q, err));
    return WEIR_OK;
}

weir_status wr__flow_new(wr__world *w, weir_error *err)
{
    for (bool any = true; any;) {
        any = false;
        wr_query *q;
        for (size_t i = 0; (q = wr_engine_query_at(w->engine, i)); i++) {
            const wr_plan *p = wr_query_plan(q);
            if (wr_query_state_of(q) != WR_QUERY_RUNNING)
                continue;
            for (uint32_t t = 0; t < p->topics_n; t++)
                if (p->topics[t].role == WR_TOPIC_INPUT)
                    WR_TRY(feed_topic(w, q, p->topics[t].name,
                                      &progress_of(w, q, p->topics[t].name)->next, &any, err));
            WR_TRY(wr_query_commit(q, err));
        }
    }
    return WEIR_OK;
}
