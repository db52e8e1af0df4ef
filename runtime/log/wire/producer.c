/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records into batches, reports, and the loop inside a poll.
 *
 * A batch is a buffer that is written to until it is full; the buffers of batches that are over are
 * used again, so that nothing is allocated while records flow. Memory is bounded by what is not
 * reported, in records and in bytes as they were before a codec: who adds beyond that has to poll.
 */
#include "runtime/log/wire/producer_internal.h"

enum {
    LOOK_EVERY_MS = 1,
    IDLE_MS = 1000,
    SPARE_BYTES_MAX = 4 << 20,      /* of buffers that are kept while records flow, */
    SPARE_IDLE_BYTES_MAX = 1 << 18, /* and while none do */
    RECORD_OVERHEAD = 40,           /* of its numbers and lengths, at most */
};

/* ---- life ---- */

weir_status wr__wire_producer_new(const wr_wire_config *config, wr_wire_on_report on_report,
                                  void *arg, wr_wire_producer **out, weir_error *err)
{
    const wr_wire_write_config *c = &config->write;
    WR_ASSERT(on_report && c->batch_bytes > 0 && c->buffered_bytes > 0 && c->buffered_max > 0);
    WR_ASSERT(c->acks != 0 && c->in_flight >= 1 && c->in_flight <= WR_WIRE_IN_FLIGHT_MAX);
    WR_ASSERT(!c->idempotent || c->acks == -1);
    wr_wire_producer *p = wr_calloc(1, sizeof *p);
    p->config = config;
    p->on_report = on_report;
    p->arg = arg;
    p->id.id = -1;
    p->codec = wr__wire_codec_new();
    weir_status st = wr__wire_loop_init(&p->loop, err);
    if (st == WEIR_OK)
        st = wr__wire_cluster_init(&p->cluster, config, p->loop.epoll_fd, &p->answers, err);
    if (st != WEIR_OK) {
        wr__wire_producer_free(p);
        return st;
    }
    *out = p;
    return WEIR_OK;
}

static void free_batch(wr_wire_out_batch *b)
{
    wr_buf_free(&b->bytes);
    wr_free(b->shares);
    wr_free(b);
}

static void free_batches(wr_wire_out_batch *b)
{
    for (wr_wire_out_batch *next; b; b = next) {
        next = b->next;
        free_batch(b);
    }
}

static void free_topic(wr_wire_out_topic *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->outputs[i])
            free_batches(t->outputs[i]->first);
        wr_free(t->outputs[i]);
    }
    wr_free((void *)t->outputs);
    wr_free(t->name);
    wr_free(t);
}

void wr__wire_producer_free(wr_wire_producer *p)
{
    if (!p)
        return;
    wr__wire_flights_free(p);
    for (uint32_t i = 0; i < p->topics_n; i++)
        free_topic(p->topics[i]);
    free_batches(p->spare);
    wr__wire_cluster_free(&p->cluster);
    wr__wire_answers_free(&p->answers);
    wr__wire_codec_free(p->codec);
    wr__wire_loop_free(&p->loop);
    wr_buf_free(&p->scratch);
    wr_free((void *)p->topics);
    wr_free(p->peers);
    wr_free(p->asks);
    wr_free(p);
}

/* ---- topics ---- */

void wr__wire_topics_ask(wr_wire_producer *p)
{
    const char **names = wr_calloc(p->topics_n + 1, sizeof *names);
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->topics_n; i++)
        if (p->topics[i]->asked)
            names[n++] = p->topics[i]->name;
    wr__wire_cluster_set_topics(&p->cluster, names, n);
    wr_free((void *)names);
    p->changed = true;
}

static wr_wire_out_topic *find_topic(wr_wire_producer *p, const char *name)
{
    for (uint32_t i = 0; i < p->topics_n; i++)
        if (strcmp(p->topics[i]->name, name) == 0)
            return p->topics[i];
    wr_wire_out_topic *t = wr_calloc(1, sizeof *t);
    t->name = wr_strdup(name);
    p->topics = wr_realloc((void *)p->topics, (p->topics_n + 1) * sizeof *p->topics);
    p->topics[p->topics_n++] = t;
    return t;
}

wr_wire_output *wr__wire_producer_output(wr_wire_producer *p, const char *topic, int32_t partition)
{
    WR_ASSERT(topic[0] && partition >= 0);
    wr_wire_out_topic *t = find_topic(p, topic);
    uint32_t at = (uint32_t)partition;
    if (at >= t->n) {
        t->outputs = wr_realloc((void *)t->outputs, (at + 1) * sizeof *t->outputs);
        memset((void *)(t->outputs + t->n), 0, (at + 1 - t->n) * sizeof *t->outputs);
        t->n = at + 1;
    }
    if (!t->outputs[at]) {
        wr_wire_output *out = t->outputs[at] = wr_calloc(1, sizeof *out);
        *out = (wr_wire_output){.of = t, .partition = partition, .leader = -1, .leader_epoch = -1};
        if (t->asked)
            wr__wire_cluster_refresh(&p->cluster);
        p->changed = true;
    }
    return t->outputs[at];
}

/* ---- batches ---- */

static wr_wire_out_batch *begin_batch(wr_wire_producer *p, wr_wire_output *out)
{
    wr_wire_out_batch *b = p->spare;
    if (b) {
        wr_wire_out_batch was = *b;
        p->spare = b->next;
        p->spare_bytes -= b->bytes.cap;
        *b = (wr_wire_out_batch){
            .bytes = was.bytes, .shares = was.shares, .shares_cap = was.shares_cap};
        wr_buf_clear(&b->bytes);
    } else {
        b = wr_calloc(1, sizeof *b);
    }
    WR_ASSERT(!b->next && b->shares_n == 0 && b->bytes.len == 0);
    b->sequence = b->sent_sequence = -1;
    b->made_ms = wr__wire_now_ms();
    wr__wire_batch_begin(&b->writer, &b->bytes);
    if (out->last)
        out->last->full = true;
    *(out->first ? &out->last->next : &out->first) = b;
    out->last = b;
    return b;
}

static void unlink_batch(wr_wire_output *out, const wr_wire_out_batch *b)
{
    wr_wire_out_batch *before = NULL, *at = out->first;
    for (; at != b; at = at->next)
        before = at;
    WR_ASSERT(at); /* it is in there */
    *(before ? &before->next : &out->first) = at->next;
    if (out->last == b)
        out->last = before;
}

static size_t size_of(const wr_record *r)
{
    size_t size = (size_t)r->key.len + r->value.len + RECORD_OVERHEAD;
    for (uint32_t i = 0; r->headers && i < r->headers->n; i++)
        size += (size_t)r->headers->h[i].key.len + r->headers->h[i].value.len + 10;
    return size;
}

/* The batch that the next record of this size goes into, where there is one that takes it. */
static wr_wire_out_batch *open_batch(const wr_wire_producer *p, const wr_wire_output *out,
                                     size_t size)
{
    const wr_wire_write_config *c = &p->config->write;
    wr_wire_out_batch *b = out->last;
    if (!b || b->full || b->sealed)
        return NULL;
    if (wr__wire_batch_size(&b->writer) + size > c->batch_bytes ||
        b->writer.count >= c->batch_records)
        return NULL;
    return b;
}

static void note_share(wr_wire_out_batch *b, void *who)
{
    WR_ASSERT(!b->full && !b->sealed && b->shares_n <= b->shares_cap);
    if (b->shares_n == 0 || b->shares[b->shares_n - 1].who != who) {
        if (b->shares_n == b->shares_cap) {
            b->shares_cap = b->shares_cap ? b->shares_cap * 2 : 2;
            b->shares = wr_realloc(b->shares, b->shares_cap * sizeof *b->shares);
        }
        b->shares[b->shares_n++] = (wr_wire_share){who, 0};
    }
    b->shares[b->shares_n - 1].records++;
}

bool wr__wire_producer_add(wr_wire_producer *p, wr_wire_output *out, void *who, const wr_record *r)
{
    const wr_wire_write_config *c = &p->config->write;
    size_t size = size_of(r);
    WR_ASSERT(size < INT32_MAX / 2);
    if (p->records > 0 && (p->records >= c->buffered_max || p->bytes + size > c->buffered_bytes)) {
        p->changed = p->changed || !p->full;
        p->full = true;
        return false;
    }
    wr_wire_out_batch *b = open_batch(p, out, size);
    if (!b || !wr__wire_batch_add(&b->writer, r->key, r->value, r->timestamp, r->headers)) {
        /* What was the last one is full, or the new one does not wait. */
        p->changed = p->changed || b || out->last || c->linger_ms == 0;
        b = begin_batch(p, out);
        bool added = wr__wire_batch_add(&b->writer, r->key, r->value, r->timestamp, r->headers);
        WR_ASSERT(added); /* a batch of its own takes what has less than 1 GB */
    }
    if (!out->of->asked) {
        out->of->asked = true;
        wr__wire_topics_ask(p);
    }
    note_share(b, who);
    size_t grown = wr__wire_batch_size(&b->writer) - b->charged;
    b->charged += grown;
    p->bytes += grown;
    p->records++;
    return true;
}

/* ---- reports ---- */

static void report_all(wr_wire_producer *p, const wr_wire_output *out, const wr_wire_out_batch *b,
                       int16_t code, int64_t base_offset, wr_str message)
{
    int64_t offset = base_offset;
    WR_ASSERT(b->shares_n > 0 && (code == WR_WIRE_NONE || base_offset < 0));
    for (uint32_t i = 0; i < b->shares_n; i++) {
        const wr_wire_share *s = &b->shares[i];
        offset = offset < 0 ? -1 : offset + s->records;
        const wr_wire_report report = {.who = s->who,
                                       .topic = out->of->name,
                                       .partition = out->partition,
                                       .records = s->records,
                                       .code = code,
                                       .next_offset = offset,
                                       .message = message};
        p->on_report(p->arg, &report);
    }
}

/* Keep buffers of so many bytes. */
static void drop_spare(wr_wire_producer *p, size_t bytes)
{
    while (p->spare_bytes > bytes) {
        wr_wire_out_batch *b = p->spare;
        WR_ASSERT(b && p->spare_bytes >= b->bytes.cap);
        p->spare = b->next;
        p->spare_bytes -= b->bytes.cap;
        free_batch(b);
    }
}

void wr__wire_batch_over(wr_wire_producer *p, wr_wire_output *out, wr_wire_out_batch *b,
                         int16_t code, int64_t base_offset, wr_str message)
{
    WR_ASSERT(!b->flight && p->records >= b->writer.count && p->bytes >= b->charged);
    unlink_batch(out, b);
    p->records -= b->writer.count;
    p->bytes -= b->charged;
    p->full = false;
    p->pushing = p->pushing && p->records > 0;
    p->reports++;
    p->written += code == WR_WIRE_NONE ? b->writer.count : 0;
    report_all(p, out, b, code, base_offset, message);
    b->next = p->spare;
    p->spare = b;
    p->spare_bytes += b->bytes.cap;
    drop_spare(p, p->records ? SPARE_BYTES_MAX : SPARE_IDLE_BYTES_MAX);
}

void wr__wire_output_fail(wr_wire_producer *p, wr_wire_output *out, int16_t code)
{
    for (wr_wire_out_batch *b = out->first, *next; b; b = next) {
        next = b->next;
        if (b->flight)
            continue;
        p->renew = p->renew || b->sequence >= 0; /* what follows it has later numbers */
        wr__wire_batch_over(p, out, b, code, -1, (wr_str){0});
    }
}

uint32_t wr__wire_producer_outstanding(const wr_wire_producer *p)
{
    return p->records;
}

void wr__wire_producer_figures(wr_wire_producer *p, wr_wire_figures *out)
{
    WR_ASSERT((p->records == 0) == (p->bytes == 0)); /* what is counted together goes together */
    *out = (wr_wire_figures){.records = p->written,
                             .unreported = p->records,
                             .unreported_bytes = p->bytes,
                             .throttle_max = p->throttle_max_ms * 1e-3};
    p->throttle_max_ms = 0;
    for (uint32_t i = 0; i < p->cluster.n; i++)
        wr__wire_connection_figures(p->cluster.nodes[i]->connection, out);
}

void wr__wire_producer_push(wr_wire_producer *p)
{
    if (p->records == 0 || p->pushing)
        return;
    p->pushing = p->changed = true;
}

void wr__wire_producer_purge(wr_wire_producer *p)
{
    wr__wire_flights_forget(p);
    for (uint32_t i = 0; i < p->topics_n; i++)
        for (uint32_t k = 0; k < p->topics[i]->n; k++)
            if (p->topics[i]->outputs[k])
                wr__wire_output_fail(p, p->topics[i]->outputs[k], WR_WIRE_PURGED);
    WR_ASSERT(p->records == 0 && p->bytes == 0 && p->in_flight == 0);
}

/* ---- the loop ---- */

void wr__wire_producer_wake(wr_wire_producer *p)
{
    wr__wire_loop_wake(&p->loop);
}

static void look(wr_wire_producer *p, int wait_ms, bool *woken)
{
    if (wr__wire_loop_wait(&p->loop, wait_ms, woken))
        p->changed = true;
    wr__wire_produce_take(p);
}

int wr__wire_producer_due_ms(const wr_wire_producer *p)
{
    if (p->records == 0)
        return -1;
    return wr__wire_loop_until(p->looked_ms, wr__wire_produce_due(p), INT64_MAX);
}

void wr__wire_producer_poll(wr_wire_producer *p, int timeout_ms)
{
    int64_t now = wr__wire_now_ms();
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : now + timeout_ms;
    uint32_t reports = p->reports;
    bool woken = false;
    if (now - p->looked_ms >= IDLE_MS) /* see first what connections are still good */
        look(p, 0, &woken);
    for (;; now = wr__wire_now_ms()) {
        if (p->changed || now - p->looked_ms >= LOOK_EVERY_MS) {
            p->changed = false;
            p->looked_ms = now;
            wr__wire_produce_send(p, now);
            look(p, 0, &woken);
            if (p->changed) /* answers have made room for the next requests */
                wr__wire_produce_send(p, now);
            p->changed = false;
        }
        if (reports != p->reports || woken || now >= deadline)
            return;
        look(p, wr__wire_loop_until(now, wr__wire_produce_due(p), deadline), &woken);
        p->changed = true;
    }
}
