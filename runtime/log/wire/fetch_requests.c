/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of brokers, and what their answers mean for the partitions.
 *
 * A partition goes through
 *
 *     no leader      Metadata, until it names one
 *     no position    ListOffsets, where it begins or ends
 *     validate       its leader is another one than that of what was read last:
 *                    OffsetForLeaderEpoch says whether the new one has it
 *     fetched        Fetch
 *
 * and back to the first by every error that says that it has moved.
 *
 * A broker has one Fetch under way. The next one is sent as soon as the answer is there, before
 * anything of it is handed out, so that the broker works while we do. A partition may have two
 * pieces that are not handed out: then its broker is left alone until one of them is used up. It
 * would answer a request for the others only once it has something of theirs.
 *
 * Paused partitions are left out of requests, and while some are, the broker is asked not to wait
 * for long: what it is asked for changes when they go on. Memory is bounded by the bytes of answers
 * in use: beyond that nothing is fetched, and where it is paused partitions that hold it, what was
 * fetched of them goes, to be fetched again.
 *
 * Fetch sessions (KIP-227): a broker remembers the partitions that it was asked for, and is told of
 * changes only. What it knows of a partition stands in session_*.
 *
 * Topics are named by their ids where both sides can (Fetch 13): a topic that was made anew has
 * another one, and that is noticed for sure.
 */
#include "common/diag.h"
#include "runtime/log/wire/fetcher_internal.h"

enum {
    PIECES_MAX = 2,
    SHORT_WAIT_MS = 20,
    REPLICA_MS = 300000, /* how long another broker than the leader is asked */
};

/* ---- partitions ---- */

static const wr_wire_node *node_of(const wr_wire_fetcher *f, const wr_wire_part *p)
{
    const wr_wire_node *replica =
        p->replica >= 0 ? wr__wire_cluster_node(&f->cluster, p->replica) : NULL;
    return replica ? replica : wr__wire_cluster_node(&f->cluster, p->leader);
}

static void set_trouble(wr_wire_part *p, int16_t code)
{
    WR_ASSERT(code != WR_WIRE_NONE);
    p->trouble = code;
    p->told = false;
}

/* It is to be looked for: its leader is not who it was, or is not there. */
static void lose_leader(wr_wire_fetcher *f, wr_wire_part *p)
{
    p->leader = p->replica = -1;
    p->retry_ms = wr__wire_now_ms() + f->config->retry_ms;
    wr__wire_cluster_refresh(&f->cluster);
}

static void set_leader(wr_wire_part *p, int32_t leader, int32_t epoch)
{
    if (epoch >= 0 && epoch < p->leader_epoch && wr__wire_uuid_is_set(&p->topic_id))
        return; /* from somebody who does not know it yet */
    if (epoch > p->leader_epoch && p->fetched_epoch >= 0 && epoch > p->fetched_epoch)
        p->validate = true;
    if (leader != p->leader)
        p->replica = -1;
    p->leader = leader;
    p->leader_epoch = epoch;
}

/* Errors that pass once the right broker is asked, or by themselves. */
static bool passes(int16_t code)
{
    switch (code) {
    case WR_WIRE_UNKNOWN_SERVER_ERROR:
    case WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION:
    case WR_WIRE_LEADER_NOT_AVAILABLE:
    case WR_WIRE_NOT_LEADER:
    case WR_WIRE_REQUEST_TIMED_OUT:
    case WR_WIRE_BROKER_NOT_AVAILABLE:
    case WR_WIRE_REPLICA_NOT_AVAILABLE:
    case WR_WIRE_NETWORK_EXCEPTION:
    case WR_WIRE_KAFKA_STORAGE_ERROR:
    case WR_WIRE_FENCED_LEADER_EPOCH:
    case WR_WIRE_UNKNOWN_LEADER_EPOCH:
    case WR_WIRE_OFFSET_NOT_AVAILABLE:
    case WR_WIRE_UNKNOWN_TOPIC_ID:
    case WR_WIRE_INCONSISTENT_TOPIC_ID:
        return true;
    default:
        return false;
    }
}

static void judge_error(wr_wire_fetcher *f, wr_wire_part *p, int16_t code)
{
    if (passes(code))
        lose_leader(f, p);
    else
        set_trouble(p, code);
}

static bool names(const wr_wire_part *p, wr_str topic, const wr_wire_uuid *id)
{
    if (!id)
        return wr_str_eq(wr_str_c(p->topic), topic);
    return wr__wire_uuid_eq(&p->topic_id, id);
}

/* @p id: NULL: by name. Answers come in the order of requests, so the next one is looked at first.
 */
static wr_wire_part *find_part(wr_wire_fetcher *f, wr_str topic, const wr_wire_uuid *id,
                               int32_t partition)
{
    for (uint32_t k = 0; k < f->n; k++) {
        uint32_t at = (f->hint + k) % f->n;
        wr_wire_part *p = &f->parts[f->order[at]];
        if (p->partition == partition && names(p, topic, id)) {
            f->hint = (at + 1) % f->n;
            return p;
        }
    }
    return NULL;
}

/* ---- Metadata ---- */

static const wr_wire_leader *leader_in(const wr_wire_topic *t, int32_t partition)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (t->partitions[i].partition == partition)
            return &t->partitions[i];
    return NULL;
}

/* The topic is not there. Without ids, whatever has its name next is taken for another one. */
static void note_missing(wr_wire_part *p)
{
    if (!p->missing)
        wr_diag_put(WR_DIAG_WARN, "kafka", "%s, partition %d, is not there", p->topic,
                    p->partition);
    p->missing = true;
}

/* Is this topic another one than before? */
static bool is_another(const wr_wire_part *p, const wr_wire_topic *t)
{
    if (wr__wire_uuid_is_set(&p->topic_id) && wr__wire_uuid_is_set(&t->id))
        return !wr__wire_uuid_eq(&p->topic_id, &t->id);
    return p->missing;
}

/* @return whether its leader is known now, or never will be. */
static bool take_topic(wr_wire_fetcher *f, wr_wire_part *p, const wr_wire_topic *t)
{
    const wr_wire_leader *l = t->error == WR_WIRE_NONE ? leader_in(t, p->partition) : NULL;
    bool missing =
        t->error == WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION || (t->error == WR_WIRE_NONE && !l);
    if (missing)
        note_missing(p);
    else if (t->error != WR_WIRE_NONE && !passes(t->error))
        set_trouble(p, t->error);
    if (!l)
        return p->trouble != WR_WIRE_NONE;
    if (is_another(p, t)) {
        if (p->position > 0) {
            wr__wire_pieces_drop(f, p);
            set_trouble(p, WR_WIRE_INCONSISTENT_TOPIC_ID);
            return true;
        }
        p->leader = p->leader_epoch = p->fetched_epoch = -1;
    }
    p->missing = false;
    p->topic_id = t->id;
    if (l->leader < 0)
        return false;
    set_leader(p, l->leader, l->epoch);
    return p->leader >= 0;
}

static void take_metadata(wr_wire_fetcher *f, wr_wire_node *node, wr_wire_answer *answer)
{
    weir_error err = {0};
    wr_wire_metadata m;
    bool content = true;
    if (wr__wire_cluster_take(&f->cluster, node, answer, &m, &err) != WEIR_OK) {
        wr__wire_connection_refuse(node->connection, &err);
        return;
    }
    for (uint32_t i = 0; i < f->n; i++) {
        wr_wire_part *p = &f->parts[i];
        for (uint32_t k = 0; k < m.topics_n && p->trouble == WR_WIRE_NONE; k++)
            if (m.topics[k].name.ptr && names(p, m.topics[k].name, NULL) &&
                !take_topic(f, p, &m.topics[k]))
                content = false;
    }
    if (content)
        wr__wire_cluster_content(&f->cluster);
    else
        wr__wire_cluster_refresh(&f->cluster);
}

/* ---- positions: ListOffsets, OffsetForLeaderEpoch ---- */

static wr_wire_ask ask_of(const wr_wire_part *p)
{
    return (wr_wire_ask){.topic = p->topic,
                         .topic_id = &p->topic_id,
                         .partition = p->partition,
                         .leader_epoch = p->leader_epoch,
                         .at = p->fetch_at,
                         .epoch = p->fetched_epoch};
}

static void send_listing(wr_wire_fetcher *f, const wr_wire_node *node, wr_wire_session *s,
                         int64_t now_ms)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        wr_wire_part *p = &f->parts[f->order[i]];
        if (p->position >= 0 || p->trouble != WR_WIRE_NONE || p->listing || now_ms < p->retry_ms ||
            p->leader != node->id)
            continue;
        p->listing = node;
        f->asks[n] = ask_of(p);
        f->asks[n++].at = p->position; /* Kafka's numbers for the ends are ours */
    }
    if (n == 0)
        return;
    int16_t version = wr__wire_connection_version(node->connection, WR_WIRE_LIST_OFFSETS);
    wr_buf *b = wr__wire_connection_begin(node->connection, WR_WIRE_LIST_OFFSETS, version);
    wr__wire_put_list_offsets(b, version, f->config->committed, f->asks, n);
    WR_ASSERT(n <= f->n && !s->listing);
    s->listing = true;
    wr__wire_connection_send(node->connection, 0);
}

static void take_listed(wr_wire_fetcher *f, const wr_wire_node *node, const wr_wire_offset *o)
{
    wr_wire_part *p = find_part(f, o->topic, NULL, o->partition);
    if (!p || p->listing != node)
        return;
    if (o->error != WR_WIRE_NONE) {
        judge_error(f, p, o->error);
    } else if (o->offset < 0) {
        lose_leader(f, p);
    } else {
        p->position = p->fetch_at = o->offset;
    }
}

static void send_validation(wr_wire_fetcher *f, const wr_wire_node *node, wr_wire_session *s,
                            int64_t now_ms)
{
    uint32_t n = 0;
    int16_t version =
        wr__wire_connection_version(node->connection, WR_WIRE_OFFSET_FOR_LEADER_EPOCH);
    for (uint32_t i = 0; i < f->n; i++) {
        wr_wire_part *p = &f->parts[f->order[i]];
        if (!p->validate || p->validating || p->trouble != WR_WIRE_NONE || now_ms < p->retry_ms ||
            p->leader != node->id)
            continue;
        if (version < 0 || p->fetched_epoch < 0) {
            p->validate = false; /* nobody can tell, or there is nothing to be told */
            continue;
        }
        p->validating = node;
        f->asks[n++] = ask_of(p);
    }
    if (n == 0)
        return;
    wr_buf *b =
        wr__wire_connection_begin(node->connection, WR_WIRE_OFFSET_FOR_LEADER_EPOCH, version);
    wr__wire_put_epoch_ends(b, version, f->asks, n);
    WR_ASSERT(n <= f->n && !s->validating);
    s->validating = true;
    wr__wire_connection_send(node->connection, 0);
}

/* Where the epoch of what was fetched last ends, by the new leader: it may lack some of it. */
static void take_epoch_end(wr_wire_fetcher *f, const wr_wire_node *node, const wr_wire_offset *o)
{
    wr_wire_part *p = find_part(f, o->topic, NULL, o->partition);
    if (!p || p->validating != node)
        return;
    if (o->error != WR_WIRE_NONE && passes(o->error)) {
        lose_leader(f, p);
        return;
    }
    p->validate = false;
    if (o->error != WR_WIRE_NONE || o->offset < 0 || o->offset >= p->fetch_at)
        return;
    WR_ASSERT(o->offset >= 0 && p->position >= 0);
    wr__wire_pieces_drop(f, p);
    if (o->offset >= p->position)
        return;
    wr_diag_put(WR_DIAG_WARN, "kafka",
                "records %lld to %lld of %s partition %d were read, and its new leader does not "
                "have them: going on at %lld",
                (long long)o->offset, (long long)p->position - 1, p->topic, p->partition,
                (long long)o->offset);
    p->position = p->fetch_at = o->offset;
}

/* What the answer has no word of may be asked for again. */
static void end_listing(wr_wire_fetcher *f, const wr_wire_node *node)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->parts[i].listing == node)
            f->parts[i].listing = NULL;
}

static void end_validating(wr_wire_fetcher *f, const wr_wire_node *node)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->parts[i].validating == node)
            f->parts[i].validating = NULL;
}

static void take_offsets(wr_wire_fetcher *f, wr_wire_node *node, wr_wire_session *s,
                         wr_wire_answer *answer)
{
    weir_error err = {0};
    wr_wire_offsets all;
    wr_wire_in in = wr__wire_in(answer->bytes + answer->body, answer->len - answer->body);
    bool listing = answer->api == WR_WIRE_LIST_OFFSETS;
    WR_ASSERT(listing || answer->api == WR_WIRE_OFFSET_FOR_LEADER_EPOCH);
    weir_status st =
        listing ? wr__wire_read_list_offsets(&in, answer->version, answer->arena, &all, &err)
                : wr__wire_read_epoch_ends(&in, answer->version, answer->arena, &all, &err);
    *(listing ? &s->listing : &s->validating) = false;
    if (st != WEIR_OK) {
        wr__wire_connection_refuse(node->connection, &err);
        return;
    }
    for (uint32_t i = 0; i < all.n; i++) {
        if (listing)
            take_listed(f, node, &all.v[i]);
        else
            take_epoch_end(f, node, &all.v[i]);
    }
    if (listing)
        end_listing(f, node);
    else
        end_validating(f, node);
}

/* ---- Fetch ---- */

static bool is_fetched(const wr_wire_part *p, int64_t now_ms)
{
    return wr__wire_part_is_wanted(p) && p->position >= 0 && !p->validate &&
           now_ms >= p->retry_ms && p->pieces < PIECES_MAX;
}

/* Too much is in memory. Where nothing of it can be handed out, it is what paused partitions hold,
 * and batches that are out. */
static bool is_full(wr_wire_fetcher *f)
{
    if (f->answers.used_bytes < f->config->buffered_max)
        return false;
    for (uint32_t i = 0; i < f->n; i++)
        if (wr__wire_part_is_wanted(&f->parts[i]) && f->parts[i].pieces > 0)
            return true;
    for (uint32_t i = 0; i < f->n; i++)
        wr__wire_pieces_drop(f, &f->parts[i]);
    return false;
}

/* What to ask the broker for, in f->asks and f->forget. @return whether it is to be asked. */
static bool choose(wr_wire_fetcher *f, const wr_wire_node *node, const wr_wire_session *s,
                   int64_t now_ms, wr_wire_fetch *out, bool *by_id)
{
    bool any = false;
    *by_id = true;
    for (uint32_t i = 0; i < f->n; i++) {
        wr_wire_part *p = &f->parts[f->order[i]];
        bool served = node_of(f, p) == node;
        if (served && wr__wire_part_is_wanted(p) && p->pieces >= PIECES_MAX)
            return false;
        if (served && p->paused)
            out->wait_ms = WR_MIN(out->wait_ms, (int32_t)SHORT_WAIT_MS);
        if (served && is_fetched(p, now_ms)) {
            any = true;
            *by_id = *by_id && wr__wire_uuid_is_set(&p->topic_id);
            bool known = s->epoch > 0 && p->session_node == node && p->session_at == p->fetch_at &&
                         p->session_epoch == p->leader_epoch;
            if (!known)
                f->asks[out->n++] = ask_of(p);
        } else if (s->epoch > 0 && p->session_node == node) {
            f->forget[out->forget_n++] = ask_of(p);
        }
    }
    return any;
}

static void note_asked(wr_wire_fetcher *f, const wr_wire_node *node, const wr_wire_fetch *fetch)
{
    for (uint32_t i = 0; i < f->n; i++) {
        wr_wire_part *p = &f->parts[i];
        if (p->session_node == node && fetch->session_epoch <= 0)
            p->session_node = NULL;
    }
    for (uint32_t i = 0; i < fetch->forget_n; i++)
        find_part(f, wr_str_c(fetch->forget[i].topic), NULL, fetch->forget[i].partition)
            ->session_node = NULL;
    for (uint32_t i = 0; i < fetch->n; i++) {
        wr_wire_part *p =
            find_part(f, wr_str_c(fetch->asks[i].topic), NULL, fetch->asks[i].partition);
        WR_ASSERT(p && p->position >= 0 && p->pieces < PIECES_MAX);
        p->session_node = node;
        p->session_at = p->fetch_at;
        p->session_epoch = p->leader_epoch;
    }
}

static void send_fetch(wr_wire_fetcher *f, const wr_wire_node *node, wr_wire_session *s,
                       int64_t now_ms)
{
    const wr_wire_config *config = f->config;
    wr_wire_fetch fetch = {.wait_ms = config->fetch_wait_ms,
                           .min_bytes = config->fetch_min_bytes,
                           .max_bytes = config->fetch_bytes,
                           .partition_bytes = config->partition_bytes,
                           .committed = config->committed,
                           .asks = f->asks,
                           .forget = f->forget,
                           .rack = config->rack};
    bool by_id;
    int16_t version = wr__wire_connection_version(node->connection, WR_WIRE_FETCH);
    if (version < 7) /* without sessions */
        s->id = s->epoch = 0;
    if (!choose(f, node, s, now_ms, &fetch, &by_id))
        return;
    if (!by_id && version >= WR_WIRE_FETCH_BY_ID)
        version = WR_WIRE_FETCH_BY_ID - 1;
    by_id = version >= WR_WIRE_FETCH_BY_ID;
    if (s->epoch > 0 && by_id != s->by_id) {
        s->epoch = 0; /* a session has ids or names: begin another one */
        fetch.n = fetch.forget_n = 0;
        if (!choose(f, node, s, now_ms, &fetch, &by_id))
            return;
        by_id = version >= WR_WIRE_FETCH_BY_ID;
    }
    WR_ASSERT(fetch.n <= f->n && fetch.forget_n <= f->n && !s->fetching);
    s->by_id = by_id;
    fetch.session = s->id;
    fetch.session_epoch = s->epoch;
    note_asked(f, node, &fetch);
    wr_buf *b = wr__wire_connection_begin(node->connection, WR_WIRE_FETCH, version);
    wr__wire_put_fetch(b, version, &fetch);
    s->fetching = true;
    wr__wire_connection_send(node->connection, fetch.wait_ms);
}

/* A partition of a topic that Fetch names by its id. */
static wr_wire_part *part_of(wr_wire_fetcher *f, const wr_wire_answer *answer,
                             const wr_wire_fetched *fetched)
{
    bool by_id = answer->version >= WR_WIRE_FETCH_BY_ID;
    return find_part(f, fetched->topic, by_id ? &fetched->topic_id : NULL, fetched->partition);
}

static void fetch_failed(wr_wire_fetcher *f, wr_wire_part *p, const wr_wire_fetched *fetched)
{
    p->session_at = -1; /* is to be asked for anew */
    if (p->replica >= 0) {
        p->replica = -1; /* the leader knows better */
    } else if (fetched->leader >= 0 && fetched->leader_epoch > p->leader_epoch &&
               wr__wire_cluster_node(&f->cluster, fetched->leader)) {
        set_leader(p, fetched->leader, fetched->leader_epoch);
    } else {
        judge_error(f, p, fetched->error);
    }
}

static weir_status take_part(wr_wire_fetcher *f, const wr_wire_node *node, wr_wire_session *s,
                             wr_wire_answer *answer, const wr_wire_fetched *fetched,
                             weir_error *err)
{
    wr_wire_part *p = part_of(f, answer, fetched);
    if (!p || p->session_node != node) {
        s->epoch = 0; /* its session has more than is wanted: begin another */
        if (!p)
            s->not_before = wr__wire_now_ms() + f->config->retry_ms; /* one that nobody knows */
        return WEIR_OK;
    }
    if (p->session_at != p->fetch_at || p->trouble != WR_WIRE_NONE)
        return WEIR_OK; /* asked for before something else was wanted */
    if (fetched->error != WR_WIRE_NONE) {
        fetch_failed(f, p, fetched);
        return WEIR_OK;
    }
    if (fetched->high_watermark >= 0)
        p->high_watermark = fetched->high_watermark;
    if (fetched->read_replica >= 0 && fetched->read_replica != node->id) {
        p->replica = fetched->read_replica;
        p->replica_until_ms = wr__wire_now_ms() + REPLICA_MS;
    }
    return fetched->records.len ? wr__wire_piece_add(f, p, answer, fetched, err) : WEIR_OK;
}

/* Sessions by the answer. @return whether it has partitions. */
static bool take_session(wr_wire_fetcher *f, wr_wire_session *s, const wr_wire_fetch_answer *all)
{
    switch (all->error) {
    case WR_WIRE_NONE:
        s->id = all->session;
        s->epoch = all->session == 0 ? 0 : s->epoch == INT32_MAX ? 1 : s->epoch + 1;
        return true;
    case WR_WIRE_FETCH_SESSION_ID_NOT_FOUND:
    case WR_WIRE_INVALID_FETCH_SESSION_EPOCH:
    case WR_WIRE_FETCH_SESSION_TOPIC_ID_ERROR:
        s->id = s->epoch = 0;
        return false;
    default:
        s->id = s->epoch = 0;
        s->not_before = wr__wire_now_ms() + f->config->retry_ms;
        wr__wire_cluster_refresh(&f->cluster);
        wr_diag_put(WR_DIAG_INFO, "kafka", "a broker refuses to be read from: error %d",
                    all->error);
        return false;
    }
}

static weir_status take_fetched(wr_wire_fetcher *f, wr_wire_node *node, wr_wire_session *s,
                                wr_wire_answer *answer, weir_error *err)
{
    weir_error why = {0};
    wr_wire_fetch_answer all;
    wr_wire_in in = wr__wire_in(answer->bytes + answer->body, answer->len - answer->body);
    s->fetching = false;
    if (wr__wire_read_fetch(&in, answer->version, answer->arena, &all, &why) != WEIR_OK) {
        wr__wire_connection_refuse(node->connection, &why);
        return WEIR_OK;
    }
    f->throttle_max_ms = WR_MAX(f->throttle_max_ms, all.throttle_ms);
    if (all.throttle_ms > 0)
        s->not_before = wr__wire_now_ms() + all.throttle_ms;
    if (!take_session(f, s, &all))
        return WEIR_OK;
    f->config->tell(f->config->tell_arg, WR_WIRE_ANSWERS, "");
    weir_status st = WEIR_OK;
    for (uint32_t i = 0; i < all.n; i++) {
        weir_status one = take_part(f, node, s, answer, &all.parts[i], st == WEIR_OK ? err : NULL);
        if (st == WEIR_OK)
            st = one;
    }
    for (uint32_t i = 0; i < all.brokers_n; i++)
        wr__wire_cluster_note(&f->cluster, &all.brokers[i]);
    return st;
}

/* ---- all of it ---- */

static wr_wire_session *session_of(wr_wire_fetcher *f, uint32_t node)
{
    if (f->sessions_n < f->cluster.n) {
        f->sessions = wr_realloc(f->sessions, f->cluster.n * sizeof *f->sessions);
        memset(f->sessions + f->sessions_n, 0,
               (f->cluster.n - f->sessions_n) * sizeof *f->sessions);
        f->sessions_n = f->cluster.n;
    }
    WR_ASSERT(node < f->sessions_n);
    return &f->sessions[node];
}

/* The connection is another one: what was under way is lost. */
static void forget_node(wr_wire_fetcher *f, const wr_wire_node *node, wr_wire_session *s,
                        uint32_t failures)
{
    *s = (wr_wire_session){.failures = failures};
    end_listing(f, node);
    end_validating(f, node);
    for (uint32_t i = 0; i < f->n; i++) {
        wr_wire_part *p = &f->parts[i];
        if (p->session_node == node)
            p->session_node = NULL;
        if (p->replica == node->id)
            p->replica = -1;
        if (p->leader == node->id && node->id >= 0)
            wr__wire_cluster_refresh(&f->cluster); /* it may lead no more */
    }
}

static bool is_needed(const wr_wire_fetcher *f, const wr_wire_node *node)
{
    for (uint32_t i = 0; i < f->n; i++) {
        const wr_wire_part *p = &f->parts[i];
        if ((wr__wire_part_is_wanted(p) || p->position < 0) && p->leader >= 0 &&
            node_of(f, p) == node)
            return true;
    }
    return false;
}

void wr__wire_requests_send(wr_wire_fetcher *f, int64_t now_ms)
{
    wr__wire_cluster_tend(&f->cluster, now_ms);
    for (uint32_t i = 0; i < f->n; i++)
        if (f->parts[i].replica >= 0 && now_ms >= f->parts[i].replica_until_ms)
            f->parts[i].replica = -1;
    for (uint32_t i = 0; i < f->cluster.n; i++) {
        wr_wire_node *node = f->cluster.nodes[i];
        wr_wire_session *s = session_of(f, i);
        if (node->id < 0)
            continue;
        if (is_needed(f, node) || wr__wire_connection_alive(node->connection))
            wr__wire_connection_tend(node->connection, now_ms);
        uint32_t failures = wr__wire_connection_failures(node->connection);
        if (failures != s->failures)
            forget_node(f, node, s, failures);
        /* Sending may find that the connection is gone: then there is none for the next one. */
        const wr_wire_connection *c = node->connection;
        if (wr__wire_connection_ready(c) && !s->listing)
            send_listing(f, node, s, now_ms);
        if (wr__wire_connection_ready(c) && !s->validating)
            send_validation(f, node, s, now_ms);
        if (wr__wire_connection_ready(c) && !s->fetching && now_ms >= s->not_before && !is_full(f))
            send_fetch(f, node, s, now_ms);
    }
}

weir_status wr__wire_requests_take(wr_wire_fetcher *f, weir_error *err)
{
    weir_status st = WEIR_OK;
    for (uint32_t i = 0; i < f->cluster.n; i++) {
        wr_wire_node *node = f->cluster.nodes[i];
        wr_wire_session *s = session_of(f, i);
        wr_wire_answer *a;
        while ((a = wr__wire_connection_answer(node->connection))) {
            weir_status one = WEIR_OK;
            f->changed = true;
            if (a->api == WR_WIRE_METADATA)
                take_metadata(f, node, a);
            else if (a->api == WR_WIRE_FETCH)
                one = take_fetched(f, node, s, a, st == WEIR_OK ? err : NULL);
            else
                take_offsets(f, node, s, a);
            if (st == WEIR_OK)
                st = one;
            s = session_of(f, i); /* brokers may have come */
            wr__wire_answer_give_back(&f->answers, a);
        }
    }
    return st;
}

int64_t wr__wire_requests_due(const wr_wire_fetcher *f)
{
    int64_t due = wr__wire_cluster_due(&f->cluster);
    for (uint32_t i = 0; i < f->n; i++) {
        const wr_wire_part *p = &f->parts[i];
        if ((wr__wire_part_is_wanted(p) || p->position < 0) && p->leader >= 0 &&
            p->retry_ms > f->looked_ms)
            due = WR_MIN(due, p->retry_ms);
    }
    for (uint32_t i = 0; i < f->sessions_n; i++) {
        const wr_wire_node *node = f->cluster.nodes[i];
        if (node->id >= 0 && (is_needed(f, node) || wr__wire_connection_alive(node->connection)))
            due = WR_MIN(due, wr__wire_connection_due(node->connection));
        if (f->sessions[i].not_before > f->looked_ms)
            due = WR_MIN(due, f->sessions[i].not_before);
    }
    return due;
}
