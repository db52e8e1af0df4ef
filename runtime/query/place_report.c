/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in other partitions than their source's partitioner puts them (engine/operators/source.c
 * looks at some of each partition).
 */
#include "runtime/query/place_report.h"
#include "common/diag.h"

#include <inttypes.h>

void wr__place_init(wr__place_report *r, const wr_plan *plan)
{
    *r = (wr__place_report){0};
    for (uint32_t i = 0; i < plan->steps_n && !r->said; i++)
        if (plan->steps[i]->kind == WR_STEP_SOURCE && plan->steps[i]->u.source.placed)
            r->said = wr_calloc(plan->steps_n, sizeof *r->said);
}

void wr__place_destroy(wr__place_report *r)
{
    wr_free(r->said);
    *r = (wr__place_report){0};
}

/* Of all tasks that read the source. */
static wr_key_places places_of(const wr_step *source, const wr_task_set *set)
{
    wr_key_places sum = {0};
    WR_ASSERT(source->kind == WR_STEP_SOURCE && source->u.source.placed);
    const wr_task *t;
    const wr_op *op;
    for (size_t i = 0; (t = wr_task_set_at(set, i)); i++)
        for (uint32_t o = 0; (op = wr_task_op(t, o)); o++)
            if (op->step == source && op->keys)
                wr_key_places_merge(&sum, &op->keys->places);
    return sum;
}

static void say(const char *id, const wr_plan *plan, const wr_step *s, const wr_key_places *p,
                wr_partitioner by)
{
    const wr_step_source *cfg = &s->u.source;
    const char *topic = plan->topics[cfg->topic].name;
    const char *expected = wr_partitioner_name(cfg->partitioner);
    uint64_t misses = wr_key_places_misses(p, cfg->partitioner);
    WR_ASSERT(misses > 0 && misses <= p->keys && by != cfg->partitioner);
    if (by == WR_PARTITIONER_NONE)
        wr_diag_put(WR_DIAG_WARN, "query",
                    "%s: of %" PRIu64 " keys of topic %s %" PRIu64 " are not in the partition "
                    "where %s puts them, and no one partitioner has put all where they are: "
                    "records of a key may be in several partitions, so aggregates and tables have "
                    "it several times, and joins miss rows. A stream WITH (PARTITIONER = 'NONE') "
                    "is brought in order by the queries that read it",
                    id, p->keys, topic, misses, expected);
    else
        wr_diag_put(WR_DIAG_WARN, "query",
                    "%s: of %" PRIu64 " keys of topic %s %" PRIu64 " are not in the partition "
                    "where %s puts them; %s has put all where they are: joins with topics that "
                    "are written by %s miss rows. Say so: %s %s ... WITH (PARTITIONER = '%s')",
                    id, p->keys, topic, misses, expected, wr_partitioner_name(by), expected,
                    s->table ? "TABLE" : "STREAM", cfg->source_name, wr_partitioner_name(by));
}

uint64_t wr__place_look(wr__place_report *r, const char *id, const wr_plan *plan,
                        const wr_task_set *set, bool closing)
{
    uint64_t misplaced = 0;
    WR_ASSERT(id && plan->steps_n > 0);
    for (uint32_t i = 0; r->said && i < plan->steps_n; i++) {
        const wr_step *s = plan->steps[i];
        wr__place_said *said = &r->said[i];
        if (s->kind != WR_STEP_SOURCE || !s->u.source.placed)
            continue;
        const wr_key_places p = places_of(s, set);
        uint64_t misses = wr_key_places_misses(&p, s->u.source.partitioner);
        misplaced += misses;
        wr_partitioner by = wr_key_places_by(&p, s->u.source.partitioner);
        bool decided =
            closing || wr_key_places_decide(&p, plan->topics[s->u.source.topic].partitions);
        if (!misses || !decided || (said->any && said->by == by))
            continue;
        *said = (wr__place_said){true, by};
        say(id, plan, s, &p, by);
    }
    return misplaced;
}
