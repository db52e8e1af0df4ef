/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scan reads, in which order, and the feeding of its members.
 *
 * Inputs that meet in one task form a group: on Kafka, and where no row changes its partition on
 * the way, the topics of one sub-topology with the same partition number; where rows are exchanged
 * in memory before they meet, all inputs of the scan. A group of one topic: batches are processed
 * as they come. Several topics (joins): the topic whose next record has the smallest timestamp goes
 * first (architecture.md, Traps 6), in runs: records of one partition go on as long as they are not
 * newer than the next record of every *other* topic of the group. A topic holds the others of its
 * group back while one of its partitions has nothing buffered and is not at its end.
 *
 * A turn: one run for each lane is fed to every member; then what was exchanged, until nothing is
 * left; then the scratch arenas are reset and the records released.
 */
#include "runtime/task/internal.h"
#include "common/diag.h"

#define POLL_RECORDS 2048u
#define POLLS_MAX    16 /* before something is processed */
#define BUFFER_MAX   16384u
/* Asking a broker for the ends of topics costs a round trip, asking our own log nothing. */
#define END_CHECK_KAFKA_NS 20000000ll
#define END_CHECK_NS       500000ll

/* ---- topics ---- */

uint32_t wr__plan_topic(const wr_query *q, const char *name)
{
    for (uint32_t t = 0; t < q->plan->topics_n; t++)
        if (q->plan->topics[t].role != WR_TOPIC_OUTPUT && strcmp(q->topic_names[t], name) == 0)
            return t;
    return UINT32_MAX;
}

uint32_t wr__reader_of(const wr_query *q, uint32_t topic)
{
    for (uint32_t s = 0; s < q->plan->subtopologies_n; s++) {
        uint32_t topics[64], n = wr_plan_inputs(q->plan, s, topics, WR_ARRAY_LEN(topics));
        for (uint32_t i = 0; i < n; i++)
            if (topics[i] == topic)
                return s;
    }
    return 0;
}

static uint32_t scan_topic(const wr__scan *s, const char *name)
{
    for (uint32_t t = 0; t < s->topics_n; t++)
        if (strcmp(s->topics[t], name) == 0)
            return t;
    return UINT32_MAX;
}

/* ---- tasks ---- */

void wr__tasks_close(wr_query *q)
{
    for (size_t i = 0; i < q->tasks_n; i++)
        wr__task_close(q->tasks[i]);
    wr_free(q->tasks);
    q->tasks = NULL;
    q->tasks_n = 0;
}

static bool has_task(const wr_query *q, uint32_t sub, int32_t partition)
{
    for (size_t i = 0; i < q->tasks_n; i++)
        if (q->tasks[i]->subtopology == sub && q->tasks[i]->partition == partition)
            return true;
    return false;
}

/* With rows exchanged in memory this process has every partition; on Kafka a task is opened for
 * each partition of its topics that was assigned. */
static bool wants_task(const wr_query *q, const wr__scan *s, uint32_t sub, int32_t partition)
{
    if (q->exchange || q->fed)
        return true;
    uint32_t topics[64];
    uint32_t inputs = wr_plan_inputs(q->plan, sub, topics, WR_ARRAY_LEN(topics));
    for (uint32_t i = 0; i < s->parts_n; i++)
        for (uint32_t k = 0; k < inputs; k++)
            if (s->parts[i].partition == partition &&
                strcmp(s->parts[i].topic, q->topic_names[topics[k]]) == 0)
                return true;
    return false;
}

weir_status wr__tasks_open(wr_query *q, const wr__scan *s, weir_error *err)
{
    size_t max = 0;
    for (uint32_t sub = 0; sub < q->plan->subtopologies_n; sub++)
        max += (size_t)q->sub_partitions[sub];
    q->parity = 0;
    q->tasks = wr_calloc(max, sizeof(wr__task *));
    for (uint32_t sub = 0; sub < q->plan->subtopologies_n; sub++) {
        for (int32_t p = 0; p < q->sub_partitions[sub]; p++) {
            if (has_task(q, sub, p) || !wants_task(q, s, sub, p))
                continue;
            weir_status st = wr__task_open(q, sub, p, &q->tasks[q->tasks_n], err);
            if (st != WEIR_OK) {
                wr__tasks_close(q);
                return st;
            }
            q->tasks_n++;
        }
    }
    return WEIR_OK;
}

/* ---- assignment ---- */

static void drop_inputs(wr__scan *s)
{
    for (uint32_t i = 0; i < s->inputs_n; i++) {
        for (size_t k = 0; k < s->inputs[i].batches_n; k++)
            wr_log_reader_release(s->reader, s->inputs[i].batches[k]);
        wr_free((void *)s->inputs[i].batches);
    }
    wr_free(s->inputs);
    wr_free(s->parts);
    s->inputs = NULL;
    s->parts = NULL;
    s->inputs_n = s->parts_n = 0;
    s->assigned = false;
}

static bool has_all_partitions(const wr_query *q, const wr__scan *s)
{
    for (uint32_t t = 0; t < s->topics_n; t++) {
        int32_t given = 0;
        for (uint32_t i = 0; i < s->inputs_n; i++)
            given += s->inputs[i].topic == t;
        if (given < q->plan->topics[q->plan_topics[t]].partitions)
            return false;
    }
    return true;
}

/*
 * Kafka: a process that has been given every partition exchanges rows in memory, like on the
 * embedded log; with others beside it they go through the topics, whose partitions are the same.
 * What earlier runs left in those topics is read first, and nothing else before it is done.
 */
static void choose_exchange(wr__scan *s)
{
    s->backlog = false;
    for (size_t m = 0; m < s->members_n; m++) {
        wr_query *q = s->members[m];
        if (q->internal_topics)
            q->exchange = !q->two_ways && has_all_partitions(q, s);
        for (uint32_t i = 0; i < s->inputs_n && q->exchange; i++)
            if (s->internal[s->inputs[i].topic] &&
                s->inputs[i].next_offset < s->inputs[i].end_offset)
                s->backlog = true;
    }
}

static weir_status hold_sources(wr__scan *s, weir_error *err)
{
    for (uint32_t i = 0; i < s->inputs_n && s->backlog; i++) {
        if (s->internal[s->inputs[i].topic])
            continue;
        s->inputs[i].paused = true;
        WR_TRY(wr_log_reader_pause(s->reader, i, true, err));
    }
    return WEIR_OK;
}

/* Any member will do: their keys say that they agree. */
static void assign_groups(wr__scan *s)
{
    const wr_query *q = s->members[0];
    bool exchanged = q->exchange && q->plan->subtopologies_n > 1;
    uint32_t partitions = 1;
    for (uint32_t i = 0; i < s->inputs_n; i++)
        partitions = WR_MAX(partitions, (uint32_t)s->inputs[i].partition + 1);
    for (uint32_t i = 0; i < s->inputs_n; i++) {
        wr__input *in = &s->inputs[i];
        uint32_t sub = wr__reader_of(q, q->plan_topics[in->topic]);
        in->group = exchanged ? 0 : sub * partitions + (uint32_t)in->partition;
        if (exchanged && s->internal[in->topic]) /* a backlog, or nothing: nobody waits for it */
            in->group = 1 + i;
    }
    s->merges = false;
    for (uint32_t i = 0; i < s->inputs_n; i++) {
        s->inputs[i].alone = true;
        for (uint32_t k = 0; k < s->inputs_n; k++)
            if (s->inputs[k].group == s->inputs[i].group &&
                s->inputs[k].topic != s->inputs[i].topic)
                s->inputs[i].alone = false;
        s->merges = s->merges || !s->inputs[i].alone;
    }
}

static bool equal_offsets(const wr_topic_part *a, const wr_topic_part *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (a[i].offset != b[i].offset)
            return false;
    return true;
}

/* Where each member begins. Most of them begin at one place as a rule; who does not reads alone
 * until it has caught up. @p starts: members_n x n. @return the member whom the scan follows. */
static weir_status start_members(wr__scan *s, wr_topic_part *starts, const wr_topic_part *given,
                                 uint32_t n, const int64_t *low, const int64_t *high,
                                 size_t *leader, weir_error *err)
{
    size_t best = 0;
    *leader = 0;
    for (size_t m = 0; m < s->members_n; m++) {
        wr_topic_part *own = starts + m * n;
        memcpy(own, given, n * sizeof *own);
        WR_TRY(wr__start_offsets(s->members[m], own, n, low, high, &s->dirty, err));
    }
    for (size_t m = 0; m < s->members_n; m++) {
        size_t equals = 0;
        for (size_t k = 0; k < s->members_n; k++)
            equals += equal_offsets(starts + m * n, starts + k * n, n);
        if (equals > best) {
            best = equals;
            *leader = m;
        }
    }
    return WEIR_OK;
}

static wr__input *make_inputs(wr__scan *s, const wr_topic_part *parts, uint32_t n,
                              const int64_t *high)
{
    wr__input *inputs = wr_calloc(n, sizeof *inputs);
    bool until_end = s->members_n == 1 && s->members[0]->until_end;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t t = scan_topic(s, parts[i].topic);
        WR_ASSERT(t != UINT32_MAX);
        inputs[i] = (wr__input){.topic = t,
                                .name = s->topics[t],
                                .partition = parts[i].partition,
                                .next_offset = parts[i].offset,
                                .committed_offset = parts[i].offset,
                                .end_offset = high[i],
                                .stop_offset = until_end ? high[i] : -1};
    }
    return inputs;
}

/* The others begin elsewhere: out of here, and on their own. */
static void part_ways(wr__scan *s, const wr_topic_part *starts, uint32_t n, size_t leader)
{
    for (size_t m = s->members_n; m-- > 0;) {
        wr_query *q = s->members[m];
        if (equal_offsets(starts + m * n, starts + leader * n, n))
            continue;
        wr__scan_part(s, q);
    }
}

static weir_status assign(wr__scan *s, const wr_topic_part *given, uint32_t n, weir_error *err)
{
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high);
    wr_topic_part *starts = wr_calloc(WR_MAX(s->members_n, (size_t)1) * n, sizeof *starts);
    size_t leader = 0;
    weir_status st = n ? wr_topic_ends(s->log, given, n, low, high, err) : WEIR_OK;
    if (st == WEIR_OK)
        st = start_members(s, starts, given, n, low, high, &leader, err);
    wr_topic_part *parts = starts + leader * n;
    if (st == WEIR_OK) {
        wr__input *inputs = make_inputs(s, parts, n, high);
        wr_topic_part *kept = wr_calloc(n, sizeof *kept);
        for (uint32_t i = 0; i < n; i++)
            kept[i] = (wr_topic_part){inputs[i].name, parts[i].partition, parts[i].offset};
        /* Complete before others can see them: wr_query_caught_up looks from any thread. */
        pthread_mutex_lock(&s->lock);
        s->inputs = inputs;
        s->inputs_n = s->parts_n = n;
        s->parts = kept;
        pthread_mutex_unlock(&s->lock);
        part_ways(s, starts, n, leader);
        choose_exchange(s);
        assign_groups(s);
        s->batch_rows = wr__scan_batch_rows(s);
    }
    for (size_t m = 0; m < s->members_n && st == WEIR_OK; m++)
        st = wr__tasks_open(s->members[m], s, err);
    if (st == WEIR_OK)
        st = wr_log_reader_assign(s->reader, s->parts, n, err);
    if (st == WEIR_OK)
        st = hold_sources(s, err);
    s->assigned = st == WEIR_OK;
    wr_free(low);
    wr_free(high);
    wr_free(starts);
    return st;
}

static weir_status on_assigned(void *arg, const wr_topic_part *given, uint32_t n, weir_error *err)
{
    return assign(arg, given, n, err);
}

static weir_status on_revoked(void *arg, const wr_topic_part *parts, uint32_t n, bool lost,
                              weir_error *err)
{
    wr__scan *s = arg;
    (void)parts;
    (void)n;
    weir_status st = WEIR_OK;
    wr__sides_stop(s);
    if (!lost)
        st = wr__scan_commit_all(s, err);
    for (size_t m = 0; m < s->members_n; m++)
        wr__tasks_close(s->members[m]);
    pthread_mutex_lock(&s->lock);
    drop_inputs(s);
    pthread_mutex_unlock(&s->lock);
    s->dirty = false;
    return st;
}

/* Other threads wake the reader: they must never see one that is closed. */
static void set_reader(wr__scan *s, wr_log_reader *reader)
{
    pthread_mutex_lock(&s->lock);
    s->reader = reader;
    pthread_mutex_unlock(&s->lock);
}

/* A side scan has the partitions of the one that it is to join. */
static weir_status assign_as_main(wr__scan *s, weir_error *err)
{
    pthread_mutex_lock(&s->main->lock);
    uint32_t n = s->main->parts_n;
    wr_topic_part *parts = wr_calloc(n, sizeof *parts);
    if (n)
        memcpy(parts, s->main->parts, n * sizeof *parts);
    pthread_mutex_unlock(&s->main->lock);
    for (uint32_t i = 0; i < n; i++)
        parts[i].topic = s->topics[scan_topic(s, parts[i].topic)];
    weir_status st = assign(s, parts, n, err);
    wr_free(parts);
    return st;
}

weir_status wr__inputs_open(wr__scan *s, weir_error *err)
{
    if (s->members[0]->fed)
        return wr__tasks_open(s->members[0], s, err);
    static const wr_log_rebalance callbacks = {on_assigned, on_revoked, NULL};
    wr_log_rebalance cb = callbacks;
    cb.arg = s;
    wr_log_reader *reader = NULL;
    WR_TRY(wr_log_reader_new(s->log, s->group, &s->settings, &reader, err));
    set_reader(s, reader);
    if (s->main)
        return assign_as_main(s, err);
    return wr_log_reader_subscribe(reader, (const char *const *)s->topics, s->topics_n, &cb, err);
}

void wr__inputs_close(wr__scan *s)
{
    for (size_t m = 0; m < s->members_n; m++)
        wr__tasks_close(s->members[m]);
    pthread_mutex_lock(&s->lock);
    drop_inputs(s);
    pthread_mutex_unlock(&s->lock);
    wr_log_reader *reader = s->reader;
    set_reader(s, NULL);
    if (reader)
        wr_log_reader_close(reader);
}

/* ---- which records are next ---- */

static weir_status refresh_ends(wr__scan *s, weir_error *err)
{
    int64_t now = s->clock->mono_ns(s->clock);
    bool cheap = wr_log_can(s->log)->end_of_partition;
    if (now - s->last_end_check_ns < (cheap ? END_CHECK_NS : END_CHECK_KAFKA_NS))
        return WEIR_OK;
    s->last_end_check_ns = now;
    int64_t *low = wr_calloc(s->inputs_n, sizeof *low),
            *high = wr_calloc(s->inputs_n, sizeof *high);
    weir_status st = wr_topic_ends(s->log, s->parts, s->inputs_n, low, high, err);
    if (st == WEIR_OK) {
        int64_t lag = 0;
        for (uint32_t i = 0; i < s->inputs_n; i++) {
            s->inputs[i].at_end = s->inputs[i].next_offset >= high[i];
            lag += WR_MAX(high[i] - s->inputs[i].next_offset, 0);
        }
        for (size_t m = 0; m < s->members_n; m++)
            atomic_store(&s->members[m]->lag, lag);
    }
    wr_free(low);
    wr_free(high);
    return st;
}

static const wr_record *head(const wr__input *in)
{
    const wr_record *r = in->batches_n ? &in->batches[0]->records[in->cursor] : NULL;
    return r && (in->stop_offset < 0 || r->offset < in->stop_offset) ? r : NULL;
}

static bool reached_stop(const wr__input *in)
{
    return in->stop_offset >= 0 && in->next_offset >= in->stop_offset;
}

/* May a topic of the group other than @p topic still deliver older records than are here? */
static bool others_pending(const wr__scan *s, uint32_t group, uint32_t topic)
{
    for (uint32_t i = 0; i < s->inputs_n; i++) {
        const wr__input *in = &s->inputs[i];
        if (in->group == group && in->topic != topic && !head(in) && !in->at_end &&
            !reached_stop(in))
            return true;
    }
    return false;
}

/* The oldest head of the group. Ties: the topic that comes first in the plan. */
static wr__input *oldest(wr__scan *s, uint32_t group)
{
    wr__input *best = NULL;
    for (uint32_t i = 0; i < s->inputs_n; i++) {
        const wr_record *r = s->inputs[i].group == group ? head(&s->inputs[i]) : NULL;
        if (r && (!best || r->timestamp < head(best)->timestamp ||
                  (r->timestamp == head(best)->timestamp && s->inputs[i].topic < best->topic)))
            best = &s->inputs[i];
    }
    return best;
}

/* The largest timestamp that a run of @p in may have. */
static int64_t run_limit(const wr__scan *s, const wr__input *in)
{
    int64_t limit = INT64_MAX;
    for (uint32_t i = 0; i < s->inputs_n; i++) {
        const wr__input *other = &s->inputs[i];
        const wr_record *r = other->group == in->group ? head(other) : NULL;
        if (r && other->topic != in->topic)
            limit = WR_MIN(limit, other->topic < in->topic ? r->timestamp - 1 : r->timestamp);
    }
    return limit;
}

typedef struct run {
    wr__input *in;
    const wr_record *records;
    uint32_t n;
} run;

/* The next run of the group of @p first, which is its first input. */
static weir_status next_run(wr__scan *s, wr__input *first, run *out, weir_error *err)
{
    *out = (run){.in = first->alone ? first : oldest(s, first->group)};
    if (!out->in || !head(out->in))
        return WEIR_OK;
    int64_t limit = INT64_MAX;
    if (!first->alone) {
        if (others_pending(s, first->group, out->in->topic))
            WR_TRY(refresh_ends(s, err));
        if (others_pending(s, first->group, out->in->topic))
            return WEIR_OK;
        limit = run_limit(s, out->in);
    }
    const wr_log_batch *b = out->in->batches[0];
    out->records = b->records + out->in->cursor;
    uint32_t left = WR_MIN(b->n - out->in->cursor, s->batch_rows);
    int64_t stop = out->in->stop_offset < 0 ? INT64_MAX : out->in->stop_offset;
    out->n = 1; /* oldest() has looked at the first */
    while (out->n < left && out->records[out->n].timestamp <= limit &&
           out->records[out->n].offset < stop)
        out->n++;
    if (limit == INT64_MAX && stop == INT64_MAX)
        out->n = left;
    return WEIR_OK;
}

/* An alone input is its group's only one for its partition; of the others the first speaks. */
static bool speaks_for_group(const wr__scan *s, uint32_t i)
{
    for (uint32_t k = 0; k < i && !s->inputs[i].alone; k++)
        if (s->inputs[k].group == s->inputs[i].group)
            return false;
    return true;
}

/* ---- a turn ---- */

typedef struct turn {
    wr__scan *s;
    run *runs;
    uint32_t runs_n;
    uint32_t parity; /* of what is drained */
} turn;

static void feed_members(wr__scan *s, const run *r)
{
    for (size_t m = 0; m < s->members_n; m++) {
        wr_query *q = s->members[m];
        weir_error err;
        if (atomic_load(&q->broken))
            continue;
        weir_status st = wr__query_deliver(q, q->plan_topics[r->in->topic], r->in->partition,
                                           r->records, r->n, &err);
        if (st != WEIR_OK)
            wr__query_break(q, &err);
    }
}

static uint32_t lane_of(const wr__scan *s, const wr__input *in)
{
    return (uint32_t)in->partition % s->lanes_n;
}

static void feed_lane(void *arg, uint32_t lane)
{
    turn *t = arg;
    wr_source_pool_next(t->s->lanes[lane].sources);
    for (uint32_t i = 0; i < t->runs_n; i++)
        if (lane_of(t->s, t->runs[i].in) == lane)
            feed_members(t->s, &t->runs[i]);
}

static void drain_lane(void *arg, uint32_t lane)
{
    turn *t = arg;
    for (size_t m = 0; m < t->s->members_n; m++) {
        wr_query *q = t->s->members[m];
        weir_error err;
        if (!atomic_load(&q->broken) && q->exchange &&
            wr__query_drain_lane(q, lane, t->parity, &err) != WEIR_OK)
            wr__query_break(q, &err);
    }
}

/* All members send with one parity. @return whether anything is to be drained. */
static bool turn_parity(wr__scan *s, uint32_t *full)
{
    bool any = false;
    for (size_t m = 0; m < s->members_n; m++) {
        wr_query *q = s->members[m];
        any =
            any || (q->exchange && !atomic_load(&q->broken) && wr__query_has_parcels(q, q->parity));
    }
    if (!any)
        return false;
    *full = s->members[0]->parity;
    for (size_t m = 0; m < s->members_n; m++)
        s->members[m]->parity = *full ^ 1;
    return true;
}

static void finish_run(wr__scan *s, const run *r)
{
    wr__input *in = r->in;
    wr_log_batch *b = in->batches[0];
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < r->n; i++)
        bytes += r->records[i].key.len + r->records[i].value.len;
    for (size_t m = 0; m < s->members_n; m++) {
        atomic_fetch_add_explicit(&s->members[m]->records_in, r->n, memory_order_relaxed);
        atomic_fetch_add_explicit(&s->members[m]->bytes_in, bytes, memory_order_relaxed);
    }
    in->cursor += r->n;
    in->buffered -= r->n;
    bool finished = in->cursor == b->n;
    pthread_mutex_lock(&s->lock);
    in->next_offset = finished ? b->next_offset : b->records[in->cursor].offset;
    pthread_mutex_unlock(&s->lock);
    if (!finished)
        return;
    wr_log_reader_release(s->reader, b);
    in->batches_n--;
    memmove((void *)in->batches, (void *)(in->batches + 1), in->batches_n * sizeof(wr_log_batch *));
    in->cursor = 0;
}

static bool any_broken(const wr__scan *s, weir_error *err)
{
    for (size_t m = 0; m < s->members_n; m++) {
        if (atomic_load(&s->members[m]->broken)) {
            *err = s->members[m]->broken_error;
            return true;
        }
    }
    return false;
}

static void reset_lanes(wr__scan *s)
{
    for (uint32_t l = 0; l < s->lanes_n; l++)
        wr_arena_reset(s->lanes[l].scratch);
}

static weir_status take_turn(wr__scan *s, run *runs, uint32_t n, weir_error *err)
{
    turn t = {.s = s, .runs = runs, .runs_n = n};
    s->dirty = true;
    atomic_store(&s->idle_committed, false);
    wr__pool_run(s->hub->pool, s->lanes_n, feed_lane, &t);
    while (turn_parity(s, &t.parity))
        wr__pool_run(s->hub->pool, s->lanes_n, drain_lane, &t);
    reset_lanes(s);
    if (any_broken(s, err))
        return err->code;
    for (uint32_t i = 0; i < n; i++)
        finish_run(s, &runs[i]);
    return WEIR_OK;
}

static weir_status resume(wr__scan *s, wr__input *in, weir_error *err)
{
    if (!in->paused || in->buffered >= BUFFER_MAX / 2)
        return WEIR_OK;
    in->paused = false;
    return wr_log_reader_pause(s->reader, (uint32_t)(in - s->inputs), false, err);
}

/* The last sub-topology first, as its rows are the older ones. */
static uint32_t backlog_topic(const wr__scan *s)
{
    uint32_t last = UINT32_MAX, last_sub = 0;
    for (uint32_t i = 0; i < s->inputs_n; i++) {
        const wr__input *in = &s->inputs[i];
        if (!s->internal[in->topic] || in->next_offset >= in->end_offset)
            continue;
        uint32_t sub = wr__reader_of(s->members[0], s->members[0]->plan_topics[in->topic]);
        if (last == UINT32_MAX || sub > last_sub) {
            last = in->topic;
            last_sub = sub;
        }
    }
    return last;
}

weir_status wr__inputs_resume(wr__scan *s, weir_error *err)
{
    for (uint32_t i = 0; i < s->inputs_n; i++)
        WR_TRY(resume(s, &s->inputs[i], err));
    return WEIR_OK;
}

static weir_status end_backlog(wr__scan *s, weir_error *err)
{
    s->backlog = false;
    return wr__inputs_resume(s, err);
}

static bool commit_interval_over(const wr__scan *s)
{
    return s->clock->mono_ns(s->clock) - s->last_commit_ns > s->commit_interval_ns;
}

static bool has_run(const wr__scan *s, const run *runs, uint32_t n, uint32_t lane)
{
    for (uint32_t k = 0; k < n; k++)
        if (lane_of(s, runs[k].in) == lane)
            return true;
    return false;
}

/* A run for each lane that has records. @p from: where to go on looking. */
static weir_status collect_runs(wr__scan *s, uint32_t only_topic, uint32_t *from, run *runs,
                                uint32_t *n, weir_error *err)
{
    uint32_t begin = *from;
    *n = 0;
    for (uint32_t k = 0; k < s->inputs_n && *n < s->lanes_n; k++) {
        uint32_t i = (begin + k) % s->inputs_n;
        if (!speaks_for_group(s, i) ||
            (only_topic != UINT32_MAX && s->inputs[i].topic != only_topic))
            continue;
        run r;
        WR_TRY(next_run(s, &s->inputs[i], &r, err));
        if (r.n == 0 || has_run(s, runs, *n, lane_of(s, r.in)))
            continue;
        runs[(*n)++] = r;
        /* One lane: stay with the input while it has records, its operators are warm. */
        *from = i;
    }
    return WEIR_OK;
}

static weir_status process(wr__scan *s, bool *progressed, weir_error *err)
{
    run *runs = wr_calloc(s->inputs_n, sizeof *runs);
    weir_status st = WEIR_OK;
    for (uint32_t from = 0, n = 1; st == WEIR_OK && n;) {
        uint32_t only = s->backlog ? backlog_topic(s) : UINT32_MAX;
        if (s->backlog && only == UINT32_MAX)
            st = end_backlog(s, err);
        if (st == WEIR_OK)
            st = collect_runs(s, only, &from, runs, &n, err);
        if (st != WEIR_OK || n == 0)
            break;
        *progressed = true;
        st = take_turn(s, runs, n, err);
        for (uint32_t i = 0; i < n && st == WEIR_OK && !s->backlog; i++)
            st = resume(s, runs[i].in, err);
        if (commit_interval_over(s) || atomic_load(&s->attention))
            break;
    }
    wr_free(runs);
    return st;
}

/* ---- polling ---- */

static weir_status take_batch(wr__scan *s, wr_log_batch *b, weir_error *err)
{
    WR_ASSERT(b->assignment < s->inputs_n);
    wr__input *in = &s->inputs[b->assignment];
    if (b->n == 0) { /* nothing but control records: the position still moves */
        pthread_mutex_lock(&s->lock);
        if (in->batches_n)
            in->batches[in->batches_n - 1]->next_offset = b->next_offset;
        else
            in->next_offset = b->next_offset;
        pthread_mutex_unlock(&s->lock);
        wr_log_reader_release(s->reader, b);
        s->dirty = true;
        return WEIR_OK;
    }
    if (in->batches_n == in->batches_cap) {
        in->batches_cap = in->batches_cap ? in->batches_cap * 2 : 4;
        in->batches = wr_realloc((void *)in->batches, in->batches_cap * sizeof(wr_log_batch *));
    }
    in->batches[in->batches_n++] = b;
    in->buffered += b->n;
    in->at_end = false;
    /* What is alone is processed at once; pausing throws away what Kafka's client has fetched. */
    if (in->buffered > BUFFER_MAX && !in->paused && (!in->alone || in->stop_offset >= 0)) {
        in->paused = true;
        WR_TRY(wr_log_reader_pause(s->reader, b->assignment, true, err));
    }
    return WEIR_OK;
}

weir_status wr__inputs_run(wr__scan *s, int timeout_ms, bool *progressed, weir_error *err)
{
    /* With several topics look at everything that is already here before choosing; with several
     * lanes there should be something for each. */
    int polls = s->topics_n > 1 ? POLLS_MAX : s->lanes_n > 1 ? (int)(2 * s->lanes_n) : 1;
    for (int i = 0; i < polls; i++) {
        wr_log_batch *b = NULL;
        for (size_t m = 0; m < s->members_n; m++)
            wr__metrics_poll_begin(s->members[m]);
        WR_TRY(wr_log_reader_poll(s->reader, POLL_RECORDS, i ? 0 : timeout_ms, &b, err));
        for (size_t m = 0; m < s->members_n; m++)
            wr__metrics_poll_end(s->members[m]);
        if (!b)
            break;
        WR_TRY(take_batch(s, b, err));
    }
    return s->assigned ? process(s, progressed, err) : WEIR_OK;
}

bool wr__inputs_done(const wr__scan *s)
{
    for (uint32_t i = 0; i < s->inputs_n; i++)
        if (s->inputs[i].stop_offset >= 0 && !reached_stop(&s->inputs[i]))
            return false;
    return true;
}
