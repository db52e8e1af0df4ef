/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a query reads, and in which order.
 *
 * Inputs that meet in one task form a group: on Kafka, and where no row changes its partition on
 * the way, the topics of one sub-topology with the same partition number; where rows are exchanged
 * in memory before they meet, all inputs of the query. A group of one topic: batches are processed
 * as they come. Several topics (joins): the topic whose next record has the smallest timestamp goes
 * first (architecture.md, Traps 6), in runs: records of one partition go on as long as they are not
 * newer than the next record of every *other* topic of the group. A topic without buffered records
 * holds the others of its group back unless it is at its end.
 */
#include "runtime/task/internal.h"
#include "common/log.h"

#define POLL_RECORDS 2048u
#define POLLS_MAX    16 /* before something is processed */
#define BUFFER_MAX   4096u
/* Asking a broker for the ends of topics costs a round trip, asking our own log nothing. */
#define END_CHECK_KAFKA_NS 20000000ll
#define END_CHECK_NS       500000ll

/* ---- assignment ---- */

static weir_status open_tasks(wr_query *q, const wr_topic_part *parts, uint32_t n, weir_error *err);

uint32_t wr__plan_topic(const wr_query *q, const char *name)
{
    for (uint32_t t = 0; t < q->plan->topics_n; t++)
        if (q->plan->topics[t].role != WR_TOPIC_OUTPUT && strcmp(q->topic_names[t], name) == 0)
            return t;
    return UINT32_MAX;
}

static void drop_buffers(wr_query *q)
{
    for (uint32_t i = 0; i < q->inputs_n; i++) {
        for (size_t k = 0; k < q->inputs[i].batches_n; k++)
            q->log->cls->release(q->reader, q->inputs[i].batches[k]);
        wr_free(q->inputs[i].batches);
    }
    wr_free(q->inputs);
    q->inputs = NULL;
    q->inputs_n = 0;
}

static void close_tasks(wr_query *q)
{
    for (size_t i = 0; i < q->tasks_n; i++)
        wr__task_close(q->tasks[i]);
    wr_free(q->tasks);
    q->tasks = NULL;
    q->tasks_n = 0;
}

/* Which sub-topology reads a topic first. */
static uint32_t reader_of(const wr_query *q, uint32_t topic)
{
    for (uint32_t s = 0; s < q->plan->subtopologies_n; s++) {
        uint32_t topics[64], n = wr_plan_inputs(q->plan, s, topics, WR_ARRAY_LEN(topics));
        for (uint32_t i = 0; i < n; i++)
            if (topics[i] == topic)
                return s;
    }
    return 0;
}

static bool is_repartition(const wr_query *q, const wr__input *in)
{
    return q->plan->topics[in->topic].role == WR_TOPIC_REPARTITION;
}

static bool has_all_partitions(const wr_query *q)
{
    for (uint32_t t = 0; t < q->plan->topics_n; t++) {
        int32_t given = 0;
        for (uint32_t i = 0; i < q->inputs_n; i++)
            given += q->inputs[i].topic == t;
        if (q->plan->topics[t].role != WR_TOPIC_OUTPUT && given < q->plan->topics[t].partitions)
            return false;
    }
    return true;
}

/*
 * Kafka: a process that has been given every partition exchanges rows in memory, like on the
 * embedded log; with others beside it they go through the topics, whose partitions are the same.
 * What earlier runs left in those topics is read first, and nothing else before it is done.
 */
static void choose_exchange(wr_query *q)
{
    if (!q->internal_topics)
        return;
    q->exchange = !q->two_ways && has_all_partitions(q);
    q->backlog = false;
    for (uint32_t i = 0; i < q->inputs_n && q->exchange; i++)
        if (is_repartition(q, &q->inputs[i]) && q->inputs[i].next_offset < q->inputs[i].end_offset)
            q->backlog = true;
}

static weir_status hold_sources(wr_query *q, weir_error *err)
{
    for (uint32_t i = 0; i < q->inputs_n && q->backlog; i++) {
        if (is_repartition(q, &q->inputs[i]))
            continue;
        q->inputs[i].paused = true;
        WR_TRY(q->log->cls->pause(q->reader, i, true, err));
    }
    return WEIR_OK;
}

static void assign_groups(wr_query *q)
{
    bool exchanged = q->exchange && q->plan->subtopologies_n > 1;
    uint32_t partitions = 1;
    for (uint32_t i = 0; i < q->inputs_n; i++)
        partitions = WR_MAX(partitions, (uint32_t)q->inputs[i].partition + 1);
    for (uint32_t i = 0; i < q->inputs_n; i++) {
        wr__input *in = &q->inputs[i];
        in->group = exchanged ? 0 : reader_of(q, in->topic) * partitions + (uint32_t)in->partition;
        if (exchanged && is_repartition(q, in)) /* a backlog, or nothing: nobody waits for it */
            in->group = 1 + i;
    }
    for (uint32_t i = 0; i < q->inputs_n; i++) {
        q->inputs[i].alone = true;
        for (uint32_t k = 0; k < q->inputs_n; k++)
            if (q->inputs[k].group == q->inputs[i].group &&
                q->inputs[k].topic != q->inputs[i].topic)
                q->inputs[i].alone = false;
    }
}

static weir_status on_assigned(void *arg, const wr_topic_part *given, uint32_t n, weir_error *err)
{
    wr_query *q = arg;
    wr_topic_part *parts = wr_calloc(n, sizeof *parts);
    memcpy(parts, given, n * sizeof *parts);
    wr__input *inputs = wr_calloc(n, sizeof *inputs);
    weir_status st = wr__start_offsets(q, parts, inputs, n, err);
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++) {
        inputs[i].topic = wr__plan_topic(q, parts[i].topic);
        WR_ASSERT(inputs[i].topic != UINT32_MAX);
        inputs[i].name = parts[i].topic = q->topic_names[inputs[i].topic];
        inputs[i].partition = parts[i].partition;
        inputs[i].next_offset = inputs[i].committed_offset = parts[i].offset;
    }
    if (st != WEIR_OK) {
        wr_free(inputs);
        wr_free(parts);
        return st;
    }
    /* Complete before others can see them: wr_query_caught_up looks from any thread. */
    pthread_mutex_lock(&q->lock);
    q->inputs = inputs;
    q->inputs_n = n;
    pthread_mutex_unlock(&q->lock);
    choose_exchange(q);
    assign_groups(q);
    st = open_tasks(q, parts, n, err);
    if (st == WEIR_OK)
        st = q->log->cls->assign(q->reader, parts, n, err);
    if (st == WEIR_OK)
        st = hold_sources(q, err);
    wr_free(parts);
    return st;
}

static weir_status on_revoked(void *arg, const wr_topic_part *parts, uint32_t n, bool lost,
                              weir_error *err)
{
    wr_query *q = arg;
    (void)parts;
    (void)n;
    weir_status st = WEIR_OK;
    if (!lost)
        st = wr__query_commit(q, err);
    close_tasks(q);
    pthread_mutex_lock(&q->lock);
    drop_buffers(q);
    pthread_mutex_unlock(&q->lock);
    q->dirty = false;
    return st;
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
static bool wants_task(const wr_query *q, uint32_t sub, int32_t partition,
                       const wr_topic_part *parts, uint32_t n)
{
    if (q->exchange)
        return true;
    uint32_t topics[64];
    uint32_t inputs = wr_plan_inputs(q->plan, sub, topics, WR_ARRAY_LEN(topics));
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < inputs; k++)
            if (parts[i].partition == partition &&
                strcmp(parts[i].topic, q->topic_names[topics[k]]) == 0)
                return true;
    return false;
}

static weir_status open_tasks(wr_query *q, const wr_topic_part *parts, uint32_t n, weir_error *err)
{
    size_t max = 0;
    for (uint32_t s = 0; s < q->plan->subtopologies_n; s++)
        max += (size_t)q->sub_partitions[s];
    q->tasks = wr_calloc(max, sizeof(wr__task *));
    for (uint32_t s = 0; s < q->plan->subtopologies_n; s++) {
        for (int32_t p = 0; p < q->sub_partitions[s]; p++) {
            if (has_task(q, s, p) || !wants_task(q, s, p, parts, n))
                continue;
            WR_TRY(wr__task_open(q, s, p, &q->tasks[q->tasks_n], err));
            q->tasks_n++;
        }
    }
    return WEIR_OK;
}

/* Other threads wake the reader: they must never see one that is closed (wr_query_wake). */
static void set_reader(wr_query *q, wr_log_reader *reader)
{
    pthread_mutex_lock(&q->lock);
    q->reader = reader;
    pthread_mutex_unlock(&q->lock);
}

weir_status wr__inputs_open(wr_query *q, weir_error *err)
{
    uint32_t n = 0;
    const char **topics = wr_calloc(q->plan->topics_n, sizeof *topics);
    for (uint32_t t = 0; t < q->plan->topics_n; t++) {
        wr_topic_role role = q->plan->topics[t].role;
        if (role == WR_TOPIC_INPUT || (role == WR_TOPIC_REPARTITION && q->internal_topics))
            topics[n++] = q->topic_names[t];
    }
    q->external_topics = n;
    weir_status st;
    if (q->fed) {
        st = open_tasks(q, NULL, 0, err);
    } else {
        static const wr_log_rebalance callbacks = {on_assigned, on_revoked, NULL};
        wr_log_rebalance cb = callbacks;
        cb.arg = q;
        wr_log_reader *reader = NULL;
        st = q->log->cls->reader_new(q->log, q->group, &q->settings, &reader, err);
        set_reader(q, reader);
        if (st == WEIR_OK)
            st = q->log->cls->subscribe(reader, topics, n, &cb, err);
    }
    wr_free((void *)topics);
    return st;
}

void wr__inputs_close(wr_query *q)
{
    close_tasks(q);
    pthread_mutex_lock(&q->lock);
    if (q->inputs)
        drop_buffers(q);
    pthread_mutex_unlock(&q->lock);
    wr_log_reader *reader = q->reader;
    set_reader(q, NULL);
    if (reader)
        q->log->cls->reader_close(reader);
}

/* ---- processing ---- */

static void advance(wr_query *q, wr__input *in, int64_t next)
{
    pthread_mutex_lock(&q->lock);
    in->next_offset = next;
    pthread_mutex_unlock(&q->lock);
}

/* Records of @p in->batches[0] from the cursor on, @p n of them. */
static weir_status process_run(wr_query *q, wr__input *in, uint32_t n, weir_error *err)
{
    wr_log_batch *b = in->batches[0];
    const wr_record *r = b->records + in->cursor;
    uint64_t bytes = 0;
    if (in->stop_offset >= 0) {
        uint32_t keep = 0;
        while (keep < n && r[keep].offset < in->stop_offset)
            keep++;
        if (keep)
            WR_TRY(wr__query_deliver(q, in->topic, in->partition, r, keep, err));
    } else {
        WR_TRY(wr__query_deliver(q, in->topic, in->partition, r, n, err));
    }
    WR_TRY(wr__query_drain(q, err));
    for (uint32_t i = 0; i < n; i++)
        bytes += r[i].key.len + r[i].value.len;
    atomic_fetch_add(&q->records_in, n);
    atomic_fetch_add(&q->bytes_in, bytes);
    in->cursor += n;
    in->buffered -= n;
    bool finished = in->cursor == b->n;
    advance(q, in, finished ? b->next_offset : b->records[in->cursor].offset);
    if (finished) {
        q->log->cls->release(q->reader, b);
        in->batches_n--;
        memmove(in->batches, in->batches + 1, in->batches_n * sizeof(wr_log_batch *));
        in->cursor = 0;
    }
    return WEIR_OK;
}

static const wr_record *head(const wr__input *in)
{
    return in->batches_n ? &in->batches[0]->records[in->cursor] : NULL;
}

static weir_status refresh_ends(wr_query *q, weir_error *err)
{
    int64_t now = q->clock->mono_ns(q->clock);
    bool kafka = q->log->cls->kind == WR_LOG_KAFKA;
    if (now - q->last_end_check_ns < (kafka ? END_CHECK_KAFKA_NS : END_CHECK_NS))
        return WEIR_OK;
    q->last_end_check_ns = now;
    wr_topic_part *parts = wr_calloc(q->inputs_n, sizeof *parts);
    int64_t *low = wr_calloc(q->inputs_n, sizeof *low),
            *high = wr_calloc(q->inputs_n, sizeof *high);
    for (uint32_t i = 0; i < q->inputs_n; i++)
        parts[i] = (wr_topic_part){q->inputs[i].name, q->inputs[i].partition, 0};
    weir_status st = q->log->cls->ends(q->log, parts, q->inputs_n, low, high, err);
    if (st == WEIR_OK) {
        int64_t lag = 0;
        for (uint32_t i = 0; i < q->inputs_n; i++) {
            q->inputs[i].at_end = q->inputs[i].next_offset >= high[i];
            lag += WR_MAX(high[i] - q->inputs[i].next_offset, 0);
        }
        atomic_store(&q->lag, lag);
    }
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    return st;
}

/* Is some topic of the group without buffered records possibly about to deliver older ones? */
static weir_status blocked(wr_query *q, uint32_t group, bool *yes, weir_error *err)
{
    for (int pass = 0; pass < 2; pass++) {
        *yes = false;
        for (uint32_t i = 0; i < q->inputs_n; i++) {
            const wr__input *in = &q->inputs[i];
            *yes = *yes || (in->group == group && !in->batches_n && !in->at_end);
        }
        if (!*yes || pass == 1)
            return WEIR_OK;
        WR_TRY(refresh_ends(q, err));
    }
    return WEIR_OK;
}

/* The input of the group to go on with, and the largest timestamp its run may have. */
static wr__input *choose(wr_query *q, uint32_t group, int64_t *limit)
{
    wr__input *best = NULL;
    for (uint32_t i = 0; i < q->inputs_n; i++) {
        const wr_record *r = q->inputs[i].group == group ? head(&q->inputs[i]) : NULL;
        if (!r)
            continue;
        /* Ties: the topic that comes first in the plan. */
        if (!best || r->timestamp < head(best)->timestamp ||
            (r->timestamp == head(best)->timestamp && q->inputs[i].topic < best->topic))
            best = &q->inputs[i];
    }
    *limit = INT64_MAX;
    for (uint32_t i = 0; best && i < q->inputs_n; i++) {
        const wr_record *r = q->inputs[i].group == group ? head(&q->inputs[i]) : NULL;
        if (r && q->inputs[i].topic != best->topic) {
            int64_t bound = q->inputs[i].topic < best->topic ? r->timestamp - 1 : r->timestamp;
            *limit = WR_MIN(*limit, bound);
        }
    }
    return best;
}

static bool commit_interval_over(const wr_query *q)
{
    return q->clock->mono_ns(q->clock) - q->last_commit_ns > q->commit_interval_ns;
}

static weir_status resume(wr_query *q, wr__input *in, weir_error *err)
{
    if (!in->paused || in->buffered >= BUFFER_MAX / 2)
        return WEIR_OK;
    in->paused = false;
    return q->log->cls->pause(q->reader, (uint32_t)(in - q->inputs), false, err);
}

static weir_status process_merged(wr_query *q, uint32_t group, bool *progressed, weir_error *err)
{
    for (;;) {
        bool wait;
        int64_t limit;
        WR_TRY(blocked(q, group, &wait, err));
        if (wait)
            return WEIR_OK;
        wr__input *in = choose(q, group, &limit);
        if (!in)
            return WEIR_OK;
        const wr_log_batch *b = in->batches[0];
        uint32_t n = 1, left = b->n - in->cursor;
        while (n < left && n < q->batch_rows && b->records[in->cursor + n].timestamp <= limit)
            n++;
        WR_TRY(process_run(q, in, n, err));
        *progressed = true;
        WR_TRY(resume(q, in, err));
        if (commit_interval_over(q))
            return WEIR_OK;
    }
}

static weir_status process_alone(wr_query *q, wr__input *in, bool *progressed, weir_error *err)
{
    while (in->batches_n) {
        WR_TRY(process_run(q, in, in->batches[0]->n - in->cursor, err));
        *progressed = true;
        if (commit_interval_over(q))
            break;
    }
    return resume(q, in, err);
}

/* The last sub-topology first, as its rows are the older ones. */
static weir_status process_backlog(wr_query *q, bool *progressed, weir_error *err)
{
    uint32_t last = UINT32_MAX;
    for (uint32_t i = 0; i < q->inputs_n; i++) {
        const wr__input *in = &q->inputs[i];
        if (!is_repartition(q, in) || in->next_offset >= in->end_offset)
            continue;
        uint32_t sub = reader_of(q, in->topic);
        last = last == UINT32_MAX ? sub : WR_MAX(last, sub);
    }
    for (uint32_t i = 0; i < q->inputs_n; i++) {
        wr__input *in = &q->inputs[i];
        if (last == UINT32_MAX)
            WR_TRY(resume(q, in, err));
        else if (is_repartition(q, in) && reader_of(q, in->topic) == last)
            WR_TRY(process_alone(q, in, progressed, err));
    }
    q->backlog = last != UINT32_MAX;
    return WEIR_OK;
}

static weir_status process(wr_query *q, bool *progressed, weir_error *err)
{
    if (q->backlog)
        return process_backlog(q, progressed, err);
    for (uint32_t i = 0; i < q->inputs_n; i++) {
        wr__input *in = &q->inputs[i];
        if (!in->batches_n)
            continue;
        if (in->alone)
            WR_TRY(process_alone(q, in, progressed, err));
        else
            WR_TRY(process_merged(q, in->group, progressed, err));
    }
    return WEIR_OK;
}

static weir_status take_batch(wr_query *q, wr_log_batch *b, weir_error *err)
{
    WR_ASSERT(b->assignment < q->inputs_n);
    wr__input *in = &q->inputs[b->assignment];
    if (b->n == 0) { /* nothing but control records: the position still moves */
        if (in->batches_n)
            in->batches[in->batches_n - 1]->next_offset = b->next_offset;
        else
            advance(q, in, b->next_offset);
        q->log->cls->release(q->reader, b);
        q->dirty = true;
        return WEIR_OK;
    }
    if (in->batches_n == in->batches_cap) {
        in->batches_cap = in->batches_cap ? in->batches_cap * 2 : 4;
        in->batches = wr_realloc(in->batches, in->batches_cap * sizeof(wr_log_batch *));
    }
    in->batches[in->batches_n++] = b;
    in->buffered += b->n;
    in->at_end = false;
    /* What is alone is processed at once; pausing throws away what Kafka's client has fetched. */
    if (in->buffered > BUFFER_MAX && !in->paused && !in->alone) {
        in->paused = true;
        WR_TRY(q->log->cls->pause(q->reader, b->assignment, true, err));
    }
    return WEIR_OK;
}

weir_status wr__inputs_run(wr_query *q, int timeout_ms, bool *progressed, weir_error *err)
{
    /* With several topics, look at everything that is already here before choosing. */
    int polls = q->external_topics > 1 ? POLLS_MAX : 1;
    for (int i = 0; i < polls; i++) {
        wr_log_batch *b = NULL;
        wr__metrics_poll_begin(q);
        WR_TRY(q->log->cls->poll(q->reader, POLL_RECORDS, i ? 0 : timeout_ms, &b, err));
        wr__metrics_poll_end(q);
        if (!b)
            break;
        WR_TRY(take_batch(q, b, err));
    }
    return process(q, progressed, err);
}

bool wr__inputs_done(const wr_query *q)
{
    for (uint32_t i = 0; i < q->inputs_n; i++)
        if (q->inputs[i].stop_offset >= 0 && q->inputs[i].next_offset < q->inputs[i].stop_offset)
            return false;
    return true;
}
