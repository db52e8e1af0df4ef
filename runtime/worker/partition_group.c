/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of queues, a heap each. partition_group.h says what is chosen. */
#include "runtime/worker/partition_group.h"

#include <stdlib.h>

#define NOWHERE UINT32_MAX

/* ---- a heap by the head's time; equal times by the queue's place, as if they were searched ----
 */

static bool older(const wr__record_queue *a, const wr__record_queue *b)
{
    int64_t ta = wr__queue_time(a), tb = wr__queue_time(b);
    return ta != tb ? ta < tb : a < b; /* queues of a worker are one array */
}

static void put(wr__line *line, uint32_t at, wr__record_queue *q)
{
    line->heap[at] = q;
    q->heap_at = at;
}

static void sift_up(wr__line *line, uint32_t at)
{
    wr__record_queue *q = line->heap[at];
    for (; at > 0 && older(q, line->heap[(at - 1) / 2]); at = (at - 1) / 2)
        put(line, at, line->heap[(at - 1) / 2]);
    put(line, at, q);
}

static void sift_down(wr__line *line, uint32_t at)
{
    wr__record_queue *q = line->heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < line->heap_n && older(line->heap[child + 1], line->heap[child]))
            child++;
        if (child >= line->heap_n || !older(line->heap[child], q))
            break;
        put(line, at, line->heap[child]);
        at = child;
    }
    put(line, at, q);
}

static void heap_remove(wr__line *line, wr__record_queue *q)
{
    uint32_t at = q->heap_at;
    WR_ASSERT(at < line->heap_n && line->heap[at] == q);
    q->heap_at = NOWHERE;
    if (at == --line->heap_n)
        return;
    put(line, at, line->heap[line->heap_n]);
    sift_up(line, at);
    sift_down(line, line->heap[at]->heap_at);
}

static void heap_add(wr__line *line, wr__record_queue *q)
{
    put(line, line->heap_n++, q);
    sift_up(line, q->heap_at);
}

void wr__group_update(wr__partition_group *group, wr__record_queue *q)
{
    /* One queue at a time: the heap holds while all others are as it knows them. */
    WR_ASSERT(q->line < group->lines_n);
    wr__line *line = &group->lines[q->line];
    bool awaited = wr__queue_awaits(q), drained = wr__queue_drained(q);
    WR_ASSERT(line->awaited >= q->awaited && line->drained >= q->drained);
    line->awaited = line->awaited - q->awaited + awaited;
    line->drained = line->drained - q->drained + drained;
    q->awaited = awaited;
    q->drained = drained;
    WR_ASSERT(line->awaited + line->drained <= line->queues_n);
    if (!wr__queue_head(q)) {
        if (q->heap_at != NOWHERE)
            heap_remove(line, q);
    } else if (q->heap_at == NOWHERE) {
        heap_add(line, q);
    } else { /* times of one partition may go back as well as forward */
        sift_up(line, q->heap_at);
        sift_down(line, q->heap_at);
    }
}

/* ---- groups ---- */

/* Order for the making of groups: by number, then topic. */
static int by_group(const void *a, const void *b)
{
    const wr__record_queue *x = *(wr__record_queue *const *)a, *y = *(wr__record_queue *const *)b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->topic != y->topic)
        return x->topic < y->topic ? -1 : 1;
    return (x > y) - (x < y);
}

/* sorted[from, to) become lines of @p group, whose index is @p index. */
static void make_group(wr__partition_group *group, uint32_t index, const wr__group_rules *rules,
                       wr__record_queue **sorted, uint32_t from, uint32_t to)
{
    *group = (wr__partition_group){.slack_ms = rules->slack_ms, .eager = rules->eager};
    group->lines = wr_calloc(to - from, sizeof *group->lines);
    for (uint32_t i = from; i < to; i++) {
        if (i == from || sorted[i]->topic != sorted[i - 1]->topic) {
            uint32_t same = i;
            while (same < to && sorted[same]->topic == sorted[i]->topic)
                same++;
            group->lines[group->lines_n++] =
                (wr__line){.topic = sorted[i]->topic,
                           .queues = wr_calloc(same - i, sizeof(wr__record_queue *)),
                           .heap = wr_calloc(same - i, sizeof(wr__record_queue *)),
                           .hold_ms = WR__TIME_NEVER};
        }
        wr__line *line = &group->lines[group->lines_n - 1];
        line->queues[line->queues_n++] = sorted[i];
        sorted[i]->group = index;
        sorted[i]->line = group->lines_n - 1;
        sorted[i]->heap_at = NOWHERE;
        sorted[i]->awaited = sorted[i]->drained = false;
    }
    for (uint32_t i = from; i < to; i++)
        wr__group_update(group, sorted[i]);
}

void wr__groups_new(wr__record_queue *queues, uint32_t n, const wr__group_rules *rules,
                    wr__partition_group **out, uint32_t *out_n)
{
    WR_ASSERT(rules->slack_ms >= 0);
    wr__record_queue **sorted = wr_calloc(n, sizeof *sorted);
    for (uint32_t i = 0; i < n; i++)
        sorted[i] = &queues[i];
    if (n)
        qsort((void *)sorted, n, sizeof *sorted, by_group);
    *out = wr_calloc(n, sizeof **out);
    *out_n = 0;
    for (uint32_t from = 0, to; from < n; from = to) {
        uint32_t number = sorted[from]->group;
        bool one_topic = true;
        for (to = from; to < n && sorted[to]->group == number; to++)
            one_topic = one_topic && sorted[to]->topic == sorted[from]->topic;
        if (!one_topic || rules->slack_ms != WR__TIME_NEVER) {
            make_group(&(*out)[*out_n], *out_n, rules, sorted, from, to);
            ++*out_n;
            continue;
        }
        for (uint32_t i = from; i < to; i++) {
            make_group(&(*out)[*out_n], *out_n, rules, sorted, i, i + 1);
            ++*out_n;
        }
    }
    wr_free((void *)sorted);
}

void wr__groups_free(wr__partition_group *groups, uint32_t n)
{
    for (uint32_t g = 0; g < n; g++) {
        for (uint32_t k = 0; k < groups[g].lines_n; k++) {
            wr_free((void *)groups[g].lines[k].queues);
            wr_free((void *)groups[g].lines[k].heap);
        }
        wr_free(groups[g].lines);
    }
    wr_free(groups);
}

bool wr__group_merges(const wr__partition_group *group)
{
    return group->lines_n > 1 || group->lines[0].queues_n > 1;
}

void wr__group_hold(wr__partition_group *group, uint32_t topic, int64_t hold_ms)
{
    for (uint32_t k = 0; k < group->lines_n; k++)
        if (group->lines[k].topic == topic)
            group->lines[k].hold_ms = hold_ms;
}

/* ---- the choice ---- */

/* The line whose first record is the oldest; ties: the topic with the smaller number. */
static const wr__line *oldest(const wr__partition_group *group)
{
    const wr__line *best = NULL;
    for (uint32_t k = 0; k < group->lines_n; k++) {
        const wr__line *line = &group->lines[k];
        if (line->heap_n &&
            (!best || wr__queue_time(line->heap[0]) < wr__queue_time(best->heap[0])))
            best = line;
    }
    return best;
}

/* No record of @p line that is older will come to the front. */
static int64_t earliest(const wr__partition_group *group, const wr__line *line)
{
    if (line->awaited && !group->eager)
        return WR__TIME_UNKNOWN;
    int64_t time = line->heap_n ? wr__queue_time(line->heap[0]) : WR__TIME_NEVER;
    return line->drained && !group->eager ? WR_MIN(time, line->hold_ms) : time;
}

/* The same of @p line without @p q, which is one of its heap. */
static int64_t earliest_beside(const wr__partition_group *group, const wr__line *line,
                               const wr__record_queue *q)
{
    int64_t time = WR__TIME_NEVER;
    if (q != line->heap[0])
        time = wr__queue_time(line->heap[0]);
    else
        for (uint32_t k = 1; k < line->heap_n && k < 3; k++) /* one of these is the second */
            time = WR_MIN(time, wr__queue_time(line->heap[k]));
    if (group->eager)
        return time;
    for (uint32_t k = 0; k < line->queues_n && line->awaited; k++)
        if (line->queues[k]->awaited)
            time = WR_MIN(time, line->queues[k]->latest_ms);
    return line->drained ? WR_MIN(time, line->hold_ms) : time;
}

static int64_t plus_slack(int64_t time, int64_t slack_ms)
{
    if (time == WR__TIME_UNKNOWN)
        return time;
    return time > WR__TIME_NEVER - slack_ms ? WR__TIME_NEVER : time + slack_ms;
}

/* The largest time that a run of @p q, one of @p line, may have. */
static int64_t limit_of(const wr__partition_group *group, const wr__line *line,
                        const wr__record_queue *q)
{
    int64_t limit = WR__TIME_NEVER;
    if (line->queues_n > 1 && group->slack_ms != WR__TIME_NEVER)
        limit = plus_slack(earliest_beside(group, line, q), group->slack_ms);
    for (uint32_t k = 0; k < group->lines_n; k++) {
        const wr__line *other = &group->lines[k];
        if (other == line)
            continue;
        int64_t time = earliest(group, other);
        if (other->topic < line->topic && time != WR__TIME_UNKNOWN && time != WR__TIME_NEVER)
            time--; /* at equal times the other one goes first */
        limit = WR_MIN(limit, time);
    }
    return limit;
}

bool wr__group_next(const wr__partition_group *group, uint32_t max, wr__run *run, bool *blocked)
{
    *blocked = false;
    const wr__line *line = oldest(group);
    if (!line)
        return false;
    wr__record_queue *q = line->heap[0];
    int64_t limit = limit_of(group, line, q);
    *blocked = limit == WR__TIME_UNKNOWN || wr__queue_time(q) > limit;
    if (*blocked)
        return false;
    *run = (wr__run){.queue = q, .records = wr__queue_head(q)};
    run->n = wr__queue_run(q, limit, max);
    return true;
}

bool wr__group_beside(const wr__partition_group *group, const wr__run *first, wr__record_queue *q,
                      uint32_t max, wr__run *run)
{
    WR_ASSERT(q != first->queue && q->line == first->queue->line);
    if (!wr__queue_head(q))
        return false;
    int64_t limit = limit_of(group, &group->lines[q->line], q);
    if (wr__queue_time(q) > limit)
        return false;
    *run = (wr__run){.queue = q, .records = wr__queue_head(q)};
    run->n = wr__queue_run(q, limit, max);
    return true;
}
