/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker reads. Queues that meet in one task form a group: where rows change their partition
 * in memory before they meet, all queues of the worker; else those of one stage (sub-topology) with
 * the same partition number, or all of a stage where the order among its partitions counts for
 * whoever gets its rows. partition_group.c chooses within a group; here the queues are filled,
 * bounded, and asked for their ends where a choice waits for one.
 *
 * Waiting (max.task.idle.ms, as in Kafka Streams): for a queue that has nothing here and is not at
 * its end, always, as its records are on their way; for one at its end as long as the setting says
 * since it was found there; with -1 for none. A batch job that writes what it reads itself
 * (`holds`) waits for its writers instead, and not by the clock.
 */
#include "runtime/worker/worker_consumer.h"

#define POLL_RECORDS 2048u
#define POLLS_MERGE  16 /* several topics: look at everything that is here before choosing */
/* buffered.records.per.partition where nobody has set it, and what all partitions may hold then. */
#define BUFFER_MAX     16384
#define BUFFER_LEAST   1024
#define BUFFER_MAX_ALL 262144
/* Of the budget for bytes, that a worker may have whatever the others have. */
#define BUDGET_LEAST 16
/* Asking a broker for the ends of topics costs a round trip, asking our own log nothing. */
#define END_CHECK_REMOTE_NS 20000000ll
#define LAG_EVERY_NS        1000000ll /* for each partition: a look costs about a thousandth of it */
#define END_CHECK_NS        500000ll

/* Of hundreds of partitions each has its share, or one that is slow would fill the memory. */
static void set_bounds(wr__consumer *c, uint32_t queues_n)
{
    int64_t share = WR_MAX(BUFFER_MAX_ALL / queues_n, BUFFER_LEAST);
    if (c->transient) /* one of hundreds, whose clients may be slow */
        share = BUFFER_LEAST;
    int64_t most = wr_settings_int(c->settings, "buffered.records.per.partition",
                                   WR_MIN(share, (int64_t)BUFFER_MAX));
    c->buffer_max = (uint32_t)WR_MAX((int64_t)1, WR_MIN(most, (int64_t)INT32_MAX));
    c->poll_records = WR_MIN(POLL_RECORDS, c->buffer_max);
    WR_ASSERT(c->buffer_max > 0 && c->poll_records > 0);
}

/*
 * Bytes of a queue changed from @p before. The largest of queues are paused, never one that is
 * empty: whoever waits for its records would wait for ever. So each may have one batch in any case.
 */
static void count_bytes(wr__consumer *c, size_t before, size_t now)
{
    WR_ASSERT(c->bytes >= before);
    c->bytes = c->bytes - before + now;
    if (!c->budget)
        return;
    size_t most = wr_budget_publish(c->budget, &c->published, c->bytes);
    c->bytes_max = WR_MAX(most, c->budget->bytes / BUDGET_LEAST) / WR_MAX(c->queues_n, 1u);
}

void wr__consumer_init(wr__consumer *c, const wr_worker_options *o, const wr_worker_topic *topics)
{
    *c = (wr__consumer){
        .log = o->log,
        .clock = o->clock,
        .settings = o->settings,
        .topics = topics,
        .topics_n = o->topics_n,
        .group = o->group ? wr_strdup(o->group) : NULL,
        /* Several slots: there should be something for each. */
        .transient = o->transient,
        .polls_max = o->topics_n > 1 ? POLLS_MERGE
                     : o->slots > 1  ? 2 * o->slots
                                     : 1,
        .idle_ms = wr_settings_int(o->settings, "max.task.idle.ms", 0),
        .slack_ms = o->slack_ms,
        .budget = o->records,
        .bytes_max = SIZE_MAX,
        .lag = -1,
    };
    set_bounds(c, 1);
    WR_ASSERT(c->slack_ms >= 0 && c->polls_max > 0);
    pthread_mutex_init(&c->lock, NULL);
}

void wr__consumer_destroy(wr__consumer *c)
{
    WR_ASSERT(!c->reader && !c->queues);
    wr_free(c->group);
    pthread_mutex_destroy(&c->lock);
}

static void set_reader(wr__consumer *c, wr_log_reader *reader)
{
    pthread_mutex_lock(&c->lock);
    c->reader = reader;
    pthread_mutex_unlock(&c->lock);
}

weir_status wr__consumer_open(wr__consumer *c, bool subscribe, weir_error *err)
{
    WR_ASSERT(!c->reader && !c->assigned);
    wr_log_reader *reader = NULL;
    WR_TRY(wr_log_reader_new(c->log, c->group, c->settings, &reader, err));
    set_reader(c, reader);
    if (!subscribe)
        return WEIR_OK;
    const char **names = wr_calloc(c->topics_n, sizeof *names);
    for (uint32_t t = 0; t < c->topics_n; t++)
        names[t] = c->topics[t].name;
    weir_status st = wr_log_reader_subscribe(reader, names, c->topics_n, err);
    wr_free((void *)names);
    return st;
}

void wr__consumer_close(wr__consumer *c)
{
    wr__consumer_unassign(c);
    wr_log_reader *reader = c->reader;
    set_reader(c, NULL);
    wr_log_reader_close(reader);
}

/* ---- assignment ---- */

static uint32_t topic_of(const wr__consumer *c, const char *name)
{
    for (uint32_t t = 0; t < c->topics_n; t++)
        if (strcmp(c->topics[t].name, name) == 0)
            return t;
    return UINT32_MAX;
}

void wr__consumer_prepare(wr__consumer *c, const wr_topic_part *parts, uint32_t n,
                          const int64_t *high, bool until_end)
{
    WR_ASSERT(!c->queues && !c->assigned && n > 0);
    set_bounds(c, n);
    wr__record_queue *queues = wr_calloc(n, sizeof *queues);
    wr_topic_part *kept = wr_calloc(n, sizeof *kept);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t t = topic_of(c, parts[i].topic);
        WR_ASSERT(t != UINT32_MAX && parts[i].offset >= 0);
        wr__queue_init(&queues[i], t, parts[i].partition, parts[i].offset);
        queues[i].name = c->topics[t].name;
        queues[i].end_offset = high[i];
        queues[i].stop_offset = until_end ? high[i] : WR__NO_STOP;
        kept[i] = (wr_topic_part){c->topics[t].name, parts[i].partition, parts[i].offset};
    }
    pthread_mutex_lock(&c->lock);
    c->queues = queues;
    c->queues_n = n;
    c->parts = kept;
    pthread_mutex_unlock(&c->lock);
}

bool wr__consumer_has_all(const wr__consumer *c)
{
    for (uint32_t t = 0; t < c->topics_n; t++) {
        int32_t given = 0;
        for (uint32_t i = 0; i < c->queues_n; i++)
            given += c->queues[i].topic == t;
        if (given < c->topics[t].partitions)
            return false;
    }
    return true;
}

static bool has_backlog(const wr__consumer *c, const wr__record_queue *q)
{
    return c->topics[q->topic].repartition && q->next_offset < q->end_offset;
}

/* Does the stage read topics of others only? Then nothing has to be partition by partition. */
static bool reads_sources_only(const wr__consumer *c, uint32_t stage)
{
    for (uint32_t t = 0; t < c->topics_n; t++)
        if (c->topics[t].stage == stage && c->topics[t].repartition)
            return false;
    return true;
}

static uint32_t group_of(const wr__consumer *c, uint32_t i, bool together, uint32_t partitions)
{
    const wr__record_queue *q = &c->queues[i];
    const wr_worker_topic *topic = &c->topics[q->topic];
    if (together) /* a repartition topic has a backlog, or nothing: nobody waits */
        return topic->repartition ? 1 + i : 0;
    bool ordered = c->slack_ms != WR_WORKER_ANY_ORDER && reads_sources_only(c, topic->stage);
    return topic->stage * partitions + (ordered ? 0 : (uint32_t)q->partition);
}

void wr__consumer_group(wr__consumer *c, bool exchange, bool across)
{
    WR_ASSERT(!c->groups);
    uint32_t partitions = 1;
    c->backlog = false;
    for (uint32_t i = 0; i < c->queues_n; i++) {
        partitions = WR_MAX(partitions, (uint32_t)c->queues[i].partition + 1);
        c->backlog = c->backlog || (exchange && has_backlog(c, &c->queues[i]));
    }
    for (uint32_t i = 0; i < c->queues_n; i++)
        c->queues[i].group = group_of(c, i, exchange && across, partitions);
    wr__group_rules rules = {c->slack_ms, c->idle_ms < 0 && !c->holds};
    wr__groups_new(c->queues, c->queues_n, &rules, &c->groups, &c->groups_n);
    for (uint32_t g = 0; g < c->groups_n && c->holds; g++) /* until they are asked for */
        for (uint32_t t = 0; t < c->topics_n; t++)
            wr__group_hold(&c->groups[g], t, WR__TIME_UNKNOWN);
}

/* A backlog comes first, and nothing else meanwhile; what is held comes later. */
static weir_status pause_some(wr__consumer *c, weir_error *err)
{
    for (uint32_t i = 0; i < c->queues_n; i++) {
        bool later = c->backlog && !c->topics[c->queues[i].topic].repartition;
        if (!later && !c->queues[i].restoring)
            continue;
        c->queues[i].paused = true;
        WR_TRY(wr_log_reader_pause(c->reader, i, true, err));
    }
    return WEIR_OK;
}

weir_status wr__consumer_assign(wr__consumer *c, weir_error *err)
{
    WR_ASSERT(c->groups && !c->assigned && c->reader && c->queues_n > 0);
    WR_TRY(wr_log_reader_assign(c->reader, c->parts, c->queues_n, err));
    WR_TRY(pause_some(c, err));
    c->assigned = true;
    atomic_store(&c->given_none, false);
    return WEIR_OK;
}

void wr__consumer_unassign(wr__consumer *c)
{
    wr__groups_free(c->groups, c->groups_n);
    c->groups = NULL;
    c->groups_n = 0;
    pthread_mutex_lock(&c->lock);
    for (uint32_t i = 0; i < c->queues_n; i++)
        wr__queue_clear(&c->queues[i], c->reader);
    wr_free(c->queues);
    wr_free(c->parts);
    c->queues = NULL;
    c->parts = NULL;
    c->queues_n = 0;
    pthread_mutex_unlock(&c->lock);
    count_bytes(c, c->bytes, 0);
    c->assigned = c->backlog = c->ready = c->bounded = c->held = c->ends_stale = false;
    c->lag = -1;
}

/* Of what fetches have brought along, so that a query without joins, which asks for no ends, has a
 * lag as well. Not at each step: there may be hundreds of partitions. One that the reader has not
 * heard of leaves the sum that was known. */
int64_t wr__consumer_lag(wr__consumer *c)
{
    int64_t now = c->clock->mono_ns(c->clock), lag = 0;
    bool whole = true;
    if (!c->reader || !c->queues_n || now - c->lag_seen_ns < c->queues_n * LAG_EVERY_NS)
        return c->lag;
    c->lag_seen_ns = now;
    pthread_mutex_lock(&c->lock);
    for (uint32_t i = 0; i < c->queues_n; i++) {
        int64_t end = wr_log_reader_known_end(c->reader, i);
        whole = whole && end >= 0;
        if (end >= 0)
            lag += c->queues[i].lag = WR_MAX(end - c->queues[i].next_offset, 0);
    }
    pthread_mutex_unlock(&c->lock);
    WR_ASSERT(lag >= 0);
    return c->lag = whole ? lag : c->lag;
}

/* ---- filling the queues ---- */

static void update(wr__consumer *c, wr__record_queue *q)
{
    wr__group_update(&c->groups[q->group], q);
}

/* Is a choice made by the times of the queue's records? Also by that of others, who wait for what
 * comes of them. */
static bool needs_times(const wr__consumer *c, const wr__record_queue *q)
{
    return c->topics[q->topic].event_times && (c->holds || wr__group_merges(&c->groups[q->group]));
}

/* A record without an event time will be dropped; until then it holds nobody up. Its time is not
 * unknown: two queues that begin with such records would wait for each other. */
static weir_status times_of(wr__consumer *c, const wr__record_queue *q, const wr_log_batch *b,
                            int64_t **out, weir_error *err)
{
    *out = NULL;
    if (!needs_times(c, q))
        return WEIR_OK;
    int64_t *times = wr_calloc(b->n, sizeof *times);
    int64_t before = WR_MAX(q->latest_ms, WR__TIME_FIRST);
    weir_status st = c->times(c->arg, q->topic, b->records, b->n, times, err);
    if (st != WEIR_OK) {
        wr_free(times);
        return st;
    }
    for (uint32_t i = 0; i < b->n; i++) {
        if (times[i] < 0)
            times[i] = before;
        before = WR_MAX(before, times[i]);
    }
    *out = times;
    return WEIR_OK;
}

/*
 * What has come to @p q may have come together with records for queues that were at their ends when
 * they were last asked for: a writer's commit adds to several partitions at once. Our own log is
 * asked again. For a broker that would be a round trip for each batch of a join with a quiet side;
 * there the ends are those of the last look, as in Kafka Streams.
 */
static void doubt_ends(wr__consumer *c, const wr__record_queue *q)
{
    if (!wr_log_can(c->log)->end_of_partition || !wr__group_merges(&c->groups[q->group]))
        return;
    for (uint32_t i = 0; i < c->queues_n; i++) {
        wr__record_queue *other = &c->queues[i];
        if (other == q || other->group != q->group || !other->at_end || other->buffered)
            continue;
        other->at_end = false;
        c->ends_stale = true;
        update(c, other);
    }
}

static weir_status take_batch(wr__consumer *c, wr_log_batch *b, bool *moved, weir_error *err)
{
    WR_ASSERT(b->assignment < c->queues_n);
    wr__record_queue *q = &c->queues[b->assignment];
    if (b->n == 0) { /* nothing but control records: the position still moves */
        pthread_mutex_lock(&c->lock);
        wr__queue_skip(q, b);
        pthread_mutex_unlock(&c->lock);
        wr_log_reader_release(c->reader, b);
        update(c, q);
        *moved = true;
        return WEIR_OK;
    }
    int64_t *times;
    weir_status st = times_of(c, q, b, &times, err);
    if (st != WEIR_OK) {
        wr_log_reader_release(c->reader, b);
        return st;
    }
    size_t before = q->bytes;
    wr__queue_push(q, b, times);
    count_bytes(c, before, q->bytes);
    update(c, q);
    doubt_ends(c, q);
    /* What is alone is processed at once; pausing throws away what Kafka's client has fetched. */
    bool may_wait = wr__group_merges(&c->groups[q->group]) || q->stop_offset != WR__NO_STOP;
    if ((q->buffered > c->buffer_max || q->bytes > c->bytes_max) && !q->paused && may_wait) {
        q->paused = true;
        return wr_log_reader_pause(c->reader, b->assignment, true, err);
    }
    return WEIR_OK;
}

weir_status wr__consumer_poll(wr__consumer *c, int timeout_ms, uint64_t *polls, bool *moved,
                              weir_error *err)
{
    for (uint32_t i = 0; i < c->polls_max; i++) {
        wr_log_batch *b = NULL;
        ++*polls;
        WR_TRY(wr_log_reader_poll(c->reader, c->poll_records, i ? 0 : timeout_ms, &b, err));
        if (!b)
            break;
        WR_TRY(take_batch(c, b, moved, err));
        if (c->bytes / c->queues_n > c->bytes_max) /* enough to choose from */
            break;
    }
    return WEIR_OK;
}

/* ---- what is next ---- */

/* At its end with nothing here: since when, and does anybody wait for it? */
static void look_at_idleness(const wr__consumer *c, wr__record_queue *q, int64_t now)
{
    if (!q->at_end || q->buffered) {
        q->idle_since_ns = 0;
        q->idle_wait = false;
        return;
    }
    if (!q->idle_since_ns)
        q->idle_since_ns = now;
    /* In milliseconds: the setting may be a year. */
    q->idle_wait = !c->holds && (now - q->idle_since_ns) / 1000000 < c->idle_ms;
}

static weir_status refresh_ends(wr__consumer *c, int64_t now, weir_error *err)
{
    int64_t *low = wr_calloc(c->queues_n, sizeof *low),
            *high = wr_calloc(c->queues_n, sizeof *high);
    weir_status st = wr_topic_ends(c->log, c->parts, c->queues_n, low, high, err);
    if (st == WEIR_OK) {
        c->lag = 0;
        for (uint32_t i = 0; i < c->queues_n; i++) {
            wr__record_queue *q = &c->queues[i];
            q->at_end = q->next_offset >= high[i];
            look_at_idleness(c, q, now);
            c->lag += WR_MAX(high[i] - q->next_offset, 0);
            update(c, q);
        }
    }
    wr_free(low);
    wr_free(high);
    return st;
}

/* The writers before the ends: what a writer has added by the time that it is asked lies before the
 * ends that are asked for after it. */
static weir_status refresh(wr__consumer *c, weir_error *err)
{
    int64_t now = c->clock->mono_ns(c->clock);
    bool local = wr_log_can(c->log)->end_of_partition;
    if (!c->ends_stale && now - c->ends_checked_ns < (local ? END_CHECK_NS : END_CHECK_REMOTE_NS))
        return WEIR_OK;
    c->ends_checked_ns = now;
    c->ends_stale = false;
    int64_t *holds = c->holds ? wr_calloc(c->topics_n, sizeof *holds) : NULL;
    weir_status st = c->holds ? c->holds(c->arg, holds, err) : WEIR_OK;
    if (st == WEIR_OK)
        st = refresh_ends(c, now, err);
    for (uint32_t g = 0; g < c->groups_n && holds && st == WEIR_OK; g++)
        for (uint32_t t = 0; t < c->topics_n; t++)
            wr__group_hold(&c->groups[g], t, holds[t]);
    wr_free(holds);
    return st;
}

weir_status wr__consumer_next(wr__consumer *c, uint32_t g, uint32_t only_topic, uint32_t rows,
                              wr__run *run, weir_error *err)
{
    WR_ASSERT(g < c->groups_n);
    bool blocked;
    *run = (wr__run){0};
    bool found = wr__group_next(&c->groups[g], rows, run, &blocked);
    if (!found && blocked) {
        WR_TRY(refresh(c, err));
        found = wr__group_next(&c->groups[g], rows, run, &blocked);
        c->held = c->held || blocked;
    }
    if (!found || (only_topic != UINT32_MAX && run->queue->topic != only_topic))
        *run = (wr__run){0};
    return WEIR_OK;
}

void wr__consumer_beside(const wr__consumer *c, const wr__run *first, uint32_t i, uint32_t rows,
                         wr__run *run)
{
    WR_ASSERT(i < c->queues_n && first->n > 0);
    wr__record_queue *q = &c->queues[i];
    const wr__record_queue *f = first->queue;
    *run = (wr__run){0};
    if (q != f && q->group == f->group && q->line == f->line &&
        !wr__group_beside(&c->groups[q->group], first, q, rows, run))
        *run = (wr__run){0};
}

static weir_status resume(wr__consumer *c, uint32_t i, weir_error *err)
{
    wr__record_queue *q = &c->queues[i];
    if (!q->paused || q->restoring || q->buffered > c->buffer_max / 2 ||
        q->bytes > c->bytes_max / 2)
        return WEIR_OK;
    q->paused = false;
    return wr_log_reader_pause(c->reader, i, false, err);
}

weir_status wr__consumer_finish(wr__consumer *c, const wr__run *run, weir_error *err)
{
    size_t before = run->queue->bytes;
    pthread_mutex_lock(&c->lock);
    wr_log_batch *used_up = wr__queue_take(run->queue, run->n);
    pthread_mutex_unlock(&c->lock);
    if (used_up) {
        wr_log_reader_release(c->reader, used_up);
        count_bytes(c, before, run->queue->bytes);
    }
    update(c, run->queue);
    return c->backlog ? WEIR_OK : resume(c, (uint32_t)(run->queue - c->queues), err);
}

weir_status wr__consumer_resume(wr__consumer *c, weir_error *err)
{
    if (c->backlog)
        return WEIR_OK;
    for (uint32_t i = 0; i < c->queues_n; i++)
        WR_TRY(resume(c, i, err));
    return WEIR_OK;
}

weir_status wr__consumer_hold(wr__consumer *c, uint32_t i, bool held, weir_error *err)
{
    WR_ASSERT(i < c->queues_n && c->groups);
    wr__record_queue *q = &c->queues[i];
    WR_ASSERT(!c->assigned || c->reader);
    if (q->restoring == held)
        return WEIR_OK;
    q->restoring = held;
    update(c, q);
    if (!c->assigned) /* wr__consumer_assign pauses it */
        return WEIR_OK;
    if (!held)
        return c->backlog && !c->topics[q->topic].repartition ? WEIR_OK : resume(c, i, err);
    if (q->paused)
        return WEIR_OK;
    q->paused = true;
    return wr_log_reader_pause(c->reader, i, true, err);
}

/* The last stage first, as its rows are the older ones. */
uint32_t wr__consumer_backlog_topic(const wr__consumer *c)
{
    uint32_t last = UINT32_MAX;
    for (uint32_t i = 0; i < c->queues_n; i++) {
        const wr__record_queue *q = &c->queues[i];
        if (has_backlog(c, q) &&
            (last == UINT32_MAX || c->topics[q->topic].stage > c->topics[last].stage))
            last = q->topic;
    }
    return last;
}

void wr__consumer_committed(wr__consumer *c)
{
    pthread_mutex_lock(&c->lock);
    for (uint32_t i = 0; i < c->queues_n; i++) {
        wr__record_queue *q = &c->queues[i];
        WR_ASSERT(q->committed_offset <= q->next_offset);
        q->committed_offset = q->next_offset;
        q->promise_ms = q->batches_n ? wr__queue_time(q) : q->latest_ms;
    }
    pthread_mutex_unlock(&c->lock);
}

bool wr__consumer_done(const wr__consumer *c)
{
    for (uint32_t i = 0; i < c->queues_n; i++)
        if (c->queues[i].stop_offset != WR__NO_STOP && !wr__queue_at_stop(&c->queues[i]))
            return false;
    return true;
}

/* ---- meeting another worker ---- */

static bool same_parts(const wr__consumer *a, const wr__consumer *b)
{
    if (!a->assigned || !b->assigned || a->queues_n != b->queues_n)
        return false;
    for (uint32_t i = 0; i < a->queues_n; i++)
        if (a->queues[i].topic != b->queues[i].topic ||
            a->queues[i].partition != b->queues[i].partition)
            return false;
    return true;
}

static void set_stop(wr__consumer *c, wr__record_queue *q, int64_t stop)
{
    q->stop_offset = stop;
    update(c, q);
}

bool wr__consumer_meet(wr__consumer *a, wr__consumer *b)
{
    if (!same_parts(a, b))
        return false;
    for (uint32_t i = 0; i < a->queues_n; i++) {
        int64_t stop = WR_MAX(a->queues[i].next_offset, b->queues[i].next_offset);
        set_stop(a, &a->queues[i], stop);
        set_stop(b, &b->queues[i], stop);
    }
    a->bounded = b->bounded = true;
    return true;
}

void wr__consumer_clear_stops(wr__consumer *c)
{
    for (uint32_t i = 0; i < c->queues_n; i++)
        set_stop(c, &c->queues[i], WR__NO_STOP);
    c->bounded = false;
}

int64_t wr__consumer_distance(const wr__consumer *c, wr__consumer *to)
{
    int64_t short_of = 0;
    pthread_mutex_lock(&to->lock);
    bool fits = to->queues_n == c->queues_n && to->queues_n > 0;
    for (uint32_t i = 0; i < c->queues_n && fits; i++)
        short_of += WR_MAX(to->queues[i].next_offset - c->queues[i].next_offset, 0);
    pthread_mutex_unlock(&to->lock);
    return fits ? short_of : INT64_MAX;
}

wr_topic_part *wr__consumer_copy_parts(wr__consumer *of, const wr__consumer *by, uint32_t *n)
{
    pthread_mutex_lock(&of->lock);
    wr_topic_part *parts = wr_calloc(of->queues_n, sizeof *parts);
    *n = of->queues_n;
    for (uint32_t i = 0; i < *n; i++)
        parts[i] = of->parts[i];
    pthread_mutex_unlock(&of->lock);
    for (uint32_t i = 0; i < *n; i++)
        parts[i].topic = by->topics[topic_of(by, parts[i].topic)].name;
    return parts;
}

/* ---- any thread ---- */

void wr__consumer_wake(wr__consumer *c)
{
    pthread_mutex_lock(&c->lock);
    if (c->reader)
        wr_log_reader_wake(c->reader);
    pthread_mutex_unlock(&c->lock);
}

uint32_t wr__consumer_positions(wr__consumer *c, wr_worker_position *out, uint32_t max)
{
    uint32_t n = 0;
    pthread_mutex_lock(&c->lock);
    for (; n < c->queues_n && n < max; n++)
        out[n] = (wr_worker_position){c->queues[n].topic, c->queues[n].partition,
                                      c->queues[n].committed_offset, c->queues[n].lag,
                                      c->queues[n].promise_ms};
    pthread_mutex_unlock(&c->lock);
    return n;
}
