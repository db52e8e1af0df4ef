/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetch: sessions, what is asked for, records as batches, and when there is something to answer.
 *
 * Topics hold records, not batches. A batch begins at every eighth offset and wherever one must: at
 * another producer, a marker, another epoch of the leader. So a reader may be given records that it
 * has, before those that it asked for.
 */
#include "node_internal.h"

#include "runtime/log/wire/record_batch.h"

enum {
    SESSIONS = 16,     /* of a node; the oldest goes */
    BATCH_RECORDS = 8, /* offsets of a batch: from a multiple of it on */
};

typedef struct session {
    int32_t id, epoch;
    bool by_id;
    node_wanted *v;
    size_t n;
} session;

static session sessions[NODES][SESSIONS];
static int32_t next_session;

void node_fetch_begin(void)
{
    next_session = 1;
}

void node_forget_sessions(int node)
{
    for (size_t i = 0; i < SESSIONS; i++) {
        wr_free(sessions[node][i].v);
        sessions[node][i] = (session){0};
    }
}

/* ---- Fetch: what is asked for ---- */

static session *find_session(int node, int32_t id)
{
    for (size_t i = 0; id && i < SESSIONS; i++)
        if (sessions[node][i].id == id)
            return &sessions[node][i];
    return NULL;
}

static session *new_session(int node, bool by_id)
{
    session *s = &sessions[node][0];
    for (size_t i = 1; i < SESSIONS; i++)
        if (sessions[node][i].id < s->id)
            s = &sessions[node][i];
    wr_free(s->v);
    *s = (session){.id = next_session++, .epoch = 1, .by_id = by_id};
    return s;
}

static size_t place_of(const node_wanted *v, size_t n, sim_part part)
{
    size_t i = 0;
    while (i < n && (v[i].part.topic != part.topic || v[i].part.partition != part.partition))
        i++;
    return i;
}

static void put_wanted(node_wanted **v, size_t *n, const node_wanted *w)
{
    size_t i = place_of(*v, *n, w->part);
    if (i == *n)
        *v = wr_realloc(*v, ++*n * sizeof **v);
    (*v)[i] = *w;
}

static void read_wanted(node_request *r)
{
    wr_wire_in *in = &r->body;
    bool by_id = r->version >= WR_WIRE_FETCH_BY_ID;
    uint32_t topics = wr__wire_array(in, true, 3);
    for (uint32_t i = 0; i < topics; i++) {
        int topic = node_read_topic(in, by_id);
        uint32_t n = wr__wire_array(in, true, 33);
        for (uint32_t k = 0; k < n; k++) {
            node_wanted w = {.part = {topic, wr__wire_i32(in)}, .told_end = -1};
            w.epoch = wr__wire_i32(in);
            w.offset = wr__wire_i64(in);
            (void)wr__wire_i32(in); /* the epoch last fetched: of replicas */
            (void)wr__wire_i64(in); /* where the log begins: of replicas */
            (void)wr__wire_i32(in); /* bytes */
            wr__wire_tags_skip(in, true);
            put_wanted(&r->v, &r->v_n, &w);
        }
        wr__wire_tags_skip(in, true);
    }
}

static void forget(wr_wire_in *in, bool by_id, session *s)
{
    uint32_t topics = wr__wire_array(in, true, 3);
    for (uint32_t i = 0; i < topics; i++) {
        int topic = node_read_topic(in, by_id);
        uint32_t n = wr__wire_array(in, true, 4);
        for (uint32_t k = 0; k < n; k++) {
            size_t at = place_of(s->v, s->n, (sim_part){topic, wr__wire_i32(in)});
            if (at < s->n)
                s->v[at] = s->v[--s->n];
        }
        wr__wire_tags_skip(in, true);
    }
}

/* What it changes of its session, and all that the session has into r->v. */
static void join_session(node_request *r, int32_t id, int32_t epoch)
{
    bool by_id = r->version >= WR_WIRE_FETCH_BY_ID;
    session *s = NULL;
    if (epoch <= 0) {
        s = find_session(r->node, id);
        if (s)
            s->id = 0;
        r->whole = true;
        if (epoch < 0 || sim_one_in(10)) /* as many as a node will have */
            return;
        s = new_session(r->node, by_id);
    } else if (!(s = find_session(r->node, id))) {
        r->error = WR_WIRE_FETCH_SESSION_ID_NOT_FOUND;
    } else if (s->by_id != by_id) {
        r->error = WR_WIRE_FETCH_SESSION_TOPIC_ID_ERROR;
    } else if (s->epoch != epoch) {
        r->error = WR_WIRE_INVALID_FETCH_SESSION_EPOCH;
    }
    if (r->error)
        return;
    r->session = s->id;
    for (size_t i = 0; i < r->v_n; i++)
        put_wanted(&s->v, &s->n, &r->v[i]);
    forget(&r->body, by_id, s);
    s->epoch += epoch > 0;
    r->v = wr_realloc(r->v, (s->n + 1) * sizeof *r->v);
    memcpy(r->v, s->v, s->n * sizeof *r->v);
    r->v_n = s->n;
}

void node_take_fetch(node_request *r)
{
    wr_wire_in *in = &r->body;
    if (r->version <= 14)
        (void)wr__wire_i32(in); /* a consumer */
    int32_t wait_ms = wr__wire_i32(in);
    r->until_us = sim_now_us() + wait_ms * 1000ll;
    (void)wr__wire_i32(in); /* bytes at least: one */
    (void)wr__wire_i32(in); /* bytes at most */
    r->committed = wr__wire_i8(in) == 1;
    int32_t id = wr__wire_i32(in), epoch = wr__wire_i32(in);
    read_wanted(r);
    join_session(r, id, epoch);
}

/* ---- Fetch: records ---- */

static bool same_batch(const sim_record *a, const sim_record *b)
{
    return a->pid == b->pid && (a->state == SIM_PLAIN) == (b->state == SIM_PLAIN) &&
           a->state != SIM_MARKER && b->state != SIM_MARKER;
}

static void set_head(char *batch, int64_t offset, int32_t epoch)
{
    wr_put_be64((uint8_t *)batch, (uint64_t)offset);
    wr_put_be32((uint8_t *)batch + 12, (uint32_t)epoch);
}

/* The epoch that an offset is of. */
static int32_t epoch_of(const node_leads *l, int64_t offset)
{
    int32_t e = l->n - 1;
    while (l->v[e].start > offset)
        e--;
    return e;
}

/* The batch that has this offset, up to @p end; it is of one epoch. @return the offset after it. */
static int64_t put_batch(wr_buf *b, sim_part part, int64_t offset, int64_t end)
{
    const node_leads *l = node_lead(part);
    int32_t epoch = epoch_of(l, offset);
    if (epoch < l->n - 1)
        end = WR_MIN(end, l->v[epoch + 1].start);
    const sim_record *first = broker_record(part, offset);
    while (offset % BATCH_RECORDS && offset > l->v[epoch].start &&
           same_batch(broker_record(part, offset - 1), first))
        first = broker_record(part, --offset);
    size_t at = b->len;
    int64_t next = offset;
    weir_error err;
    wr_wire_batch_writer w;
    wr__wire_batch_begin(&w, b);
    bool added = true;
    if (first->state == SIM_MARKER) {
        const char key[] = {0, 0, 0, (char)first->commits}, value[] = {0, 0, 0, 0, 0, 0};
        added = wr__wire_batch_add(&w, wr_str_make(key, sizeof key),
                                   wr_str_make(value, sizeof value), first->time_ms, NULL);
        next++;
    }
    for (; next < end && added && first->state != SIM_MARKER; next++) {
        const sim_record *r = broker_record(part, next);
        if (next > offset && (next % BATCH_RECORDS == 0 || !same_batch(first, r)))
            break;
        added = wr__wire_batch_add(&w, wr_str_make(r->key_len ? r->key : NULL, r->key_len),
                                   wr_str_make(r->value, r->value_len), r->time_ms, NULL);
    }
    weir_status st =
        wr__wire_batch_seal(&w, WR_CODEC_NONE, first->state != SIM_PLAIN, NULL, NULL, &err);
    WR_ASSERT(added && st == WEIR_OK);
    set_head(b->ptr + at, offset, epoch);
    if (first->state == SIM_MARKER)
        b->ptr[at + 22] |= 0x20; /* control */
    const wr_wire_producer_id who = {first->pid, 0, 0};
    wr__wire_batch_stamp(b->ptr + at, &who);
    return next;
}

/* As many batches as a node feels like; the last one may be cut. */
static void put_records(wr_buf *b, const node_wanted *w, int64_t end)
{
    int64_t at = w->offset;
    size_t began = b->len, last = b->len;
    for (uint64_t n = 1 + sim_below(12); n > 0 && at < end; n--) {
        last = b->len;
        at = put_batch(b, w->part, at, end);
    }
    if (last > began && sim_one_in(10))
        b->len = last + sim_below(b->len - last);
}

/* The transactions whose records a reader is to leave out, by where they end. */
static void put_aborted(wr_buf *b, const node_wanted *w, int64_t end)
{
    wr_buf all = {0};
    uint32_t n = 0;
    for (int64_t i = w->offset; i < broker_end_of(w->part, false); i++) {
        const sim_record *marker = broker_record(w->part, i);
        if (marker->state != SIM_MARKER || marker->commits)
            continue;
        int64_t first = -1;
        for (int64_t k = i - 1; k >= 0; k--) {
            const sim_record *r = broker_record(w->part, k);
            if (r->pid == marker->pid && r->state == SIM_MARKER)
                break;
            if (r->pid == marker->pid)
                first = k;
        }
        if (first < 0 || first >= end)
            continue;
        wr__wire_put_i64(&all, marker->pid);
        wr__wire_put_i64(&all, first);
        wr__wire_put_no_tags(&all, true);
        n++;
    }
    wr__wire_put_array(b, n, true);
    wr_buf_str(b, wr_buf_view(&all));
    wr_buf_free(&all);
}

/* ---- Fetch: the answer ---- */

/* What a partition has for the reader. */
typedef struct found {
    int16_t error;
    int64_t high, stable, end; /* end: that the reader may see */
} found;

static found look(const node_request *r, const node_wanted *w)
{
    found f = {.error = node_check_leader(r->node, w->part, w->epoch)};
    if (f.error)
        return f;
    const node_leads *l = node_lead(w->part);
    f.high = node_end_at(w->part, &l->v[l->n - 1]);
    f.stable = WR_MIN(f.high, broker_end_of(w->part, true));
    f.end = r->committed ? f.stable : f.high;
    if (w->offset < 0 || w->offset > broker_end_of(w->part, false))
        f.error = WR_WIRE_OFFSET_OUT_OF_RANGE;
    return f;
}

static void put_found(wr_buf *b, const node_request *r, const node_wanted *w, const found *f)
{
    bool any = !f->error && w->offset < f->end;
    node_put_topic(b, w->part.topic, r->version >= WR_WIRE_FETCH_BY_ID);
    wr__wire_put_i32(b, w->part.partition);
    wr__wire_put_i16(b, f->error);
    wr__wire_put_i64(b, f->error ? -1 : f->high);
    wr__wire_put_i64(b, f->error ? -1 : f->stable);
    wr__wire_put_i64(b, f->error ? -1 : 0); /* where it begins */
    if (any && r->committed)
        put_aborted(b, w, f->end);
    else
        wr__wire_put_array_null(b, true);
    wr__wire_put_i32(b, -1); /* another replica to read from */
    wr_buf records = {0};
    if (any)
        put_records(&records, w, f->end);
    wr__wire_put_bytes(b, wr_str_make(records.len ? records.ptr : "", (uint32_t)records.len), true);
    wr_buf_free(&records);
    node_put_leader(b, r, w->part, f->error, 1);
    wr__wire_put_no_tags(b, true);
}

static void put_fetch_head(wr_buf *b, const node_request *r)
{
    wr__wire_put_i32(b, 0); /* throttling */
    wr__wire_put_i16(b, r->error);
    wr__wire_put_i32(b, r->error ? 0 : r->session);
}

bool node_answer_fetch(node_request *r, wr_buf *b, int64_t *look_us)
{
    bool over = r->error || sim_now_us() >= r->until_us;
    session *s = find_session(r->node, r->session);
    wr_buf parts = {0};
    uint32_t n = 0;
    size_t from = r->v_n ? sim_below(r->v_n) : 0;
    for (size_t i = 0; i < r->v_n && !over; i++) {
        found f = look(r, &r->v[i]);
        over = f.error || r->v[i].offset < f.end;
    }
    *look_us = r->until_us;
    if (!over)
        return false;
    for (size_t i = 0; i < r->v_n && !r->error; i++) {
        const node_wanted *w = &r->v[(from + i) % r->v_n];
        found f = look(r, w);
        if (!r->whole && !f.error && w->offset >= f.end && w->told_end == f.high)
            continue;
        put_found(&parts, r, w, &f);
        n++;
        size_t at = s ? place_of(s->v, s->n, w->part) : 0;
        if (s && at < s->n)
            s->v[at].told_end = f.error ? -1 : f.high;
    }
    put_fetch_head(b, r);
    wr__wire_put_array(b, n, true);
    wr_buf_str(b, wr_buf_view(&parts));
    wr__wire_put_no_tags(b, true);
    wr_buf_free(&parts);
    return true;
}
