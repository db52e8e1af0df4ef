/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is sent to brokers, and what their answers mean for batches.
 *
 * A batch goes through
 *
 *     waiting     for more records, for its leader to be known, for its turn
 *     in flight   in a request, with a sequence number that it keeps
 *     over        acknowledged, refused for good, or given up
 *
 * and back from the second to the first where an error passes or the connection is lost. Then
 * nothing more of its partition is sent until everything of it has come back (draining), and what
 * is not over goes again, one by one from the first. So order is kept, and a broker that has some
 * of it already knows it by the number.
 *
 * Sequence numbers count the records of a producer id, epoch and partition. A batch that was
 * refused for good was not counted, so those after it get lower ones. Where the count is lost (a
 * batch is given up that may be written, or the broker has forgotten or contradicts) the producer
 * goes on with the next epoch, in which every partition begins at 0: once nothing is in flight
 * (renew). Epochs are the client's to raise where there are no transactions (as Kafka's Java client
 * does, KIP-360). A batch that was written without our knowing is then written twice: that is what
 * is left of at-least-once, and a line in the log says so.
 *
 * A broker has up to write.in_flight requests under way, with one batch of a partition in each at
 * most. Answers come in the order of the requests.
 */
#include "common/diag.h"
#include "runtime/log/wire/producer_internal.h"

enum {
    REQUEST_MAX = 4 << 20, /* bytes, but for one batch that is larger */
};

static const wr_str no_message = {0};

/* ---- outputs ---- */

static wr_wire_out_batch *first_waiting(const wr_wire_output *out)
{
    wr_wire_out_batch *b = out->first;
    while (b && b->flight)
        b = b->next;
    return b;
}

static void lose_leader(wr_wire_producer *p, wr_wire_output *out)
{
    out->leader = -1;
    wr__wire_cluster_refresh(&p->cluster);
}

/* ---- what errors mean ---- */

/* The leader is another one, or is not known to this broker yet. */
static bool has_moved(int16_t code)
{
    switch (code) {
    case WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION:
    case WR_WIRE_LEADER_NOT_AVAILABLE:
    case WR_WIRE_NOT_LEADER:
    case WR_WIRE_REPLICA_NOT_AVAILABLE:
    case WR_WIRE_KAFKA_STORAGE_ERROR:
    case WR_WIRE_FENCED_LEADER_EPOCH:
    case WR_WIRE_UNKNOWN_LEADER_EPOCH:
    case WR_WIRE_UNKNOWN_TOPIC_ID:
    case WR_WIRE_INCONSISTENT_TOPIC_ID:
        return true;
    default:
        return false;
    }
}

bool wr__wire_passes(int16_t code)
{
    switch (code) {
    case WR_WIRE_CORRUPT_MESSAGE: /* on its way */
    case WR_WIRE_REQUEST_TIMED_OUT:
    case WR_WIRE_BROKER_NOT_AVAILABLE:
    case WR_WIRE_NETWORK_EXCEPTION:
    case WR_WIRE_COORDINATOR_LOAD_IN_PROGRESS:
    case WR_WIRE_COORDINATOR_NOT_AVAILABLE:
    case WR_WIRE_NOT_COORDINATOR:
    case WR_WIRE_NOT_ENOUGH_REPLICAS:
    case WR_WIRE_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case WR_WIRE_CONCURRENT_TRANSACTIONS:
        return true;
    default:
        return has_moved(code);
    }
}

static bool is_of_sequence(int16_t code)
{
    return code == WR_WIRE_OUT_OF_ORDER_SEQUENCE || code == WR_WIRE_UNKNOWN_PRODUCER_ID ||
           code == WR_WIRE_INVALID_PRODUCER_EPOCH;
}

/* ---- batches that come back ---- */

static void leave_flight(wr_wire_producer *p, wr_wire_output *out, wr_wire_out_batch *b)
{
    WR_ASSERT(b->flight && out->in_flight > 0 && p->in_flight > 0);
    b->flight = NULL;
    out->in_flight--;
    p->in_flight--;
    out->draining = out->draining && out->in_flight > 0;
    p->changed = true;
}

/* It goes again, unless it has tried often enough. */
static void come_back(wr_wire_producer *p, wr_wire_output *out, wr_wire_out_batch *b, int16_t code)
{
    WR_ASSERT(!b->flight && code != WR_WIRE_NONE);
    b->error = code;
    out->draining = out->in_flight > 0;
    out->retry_ms = wr__wire_now_ms() + p->config->retry_ms;
    if (b->attempts <= p->config->write.retries)
        return;
    p->renew = p->renew || p->config->write.idempotent;
    wr__wire_batch_over(p, out, b, code, -1, no_message);
}

/* Those after it are to be counted as if it had never been. */
static void take_out_of_sequence(wr_wire_output *out, const wr_wire_out_batch *refused)
{
    uint32_t n = refused->writer.count;
    WR_ASSERT(n > 0 && refused->sequence >= 0);
    for (wr_wire_out_batch *b = refused->next; b; b = b->next)
        if (b->sequence >= 0)
            b->sequence = (int32_t)(((uint32_t)b->sequence - n) & INT32_MAX);
    out->next_sequence = (int32_t)(((uint32_t)out->next_sequence - n) & INT32_MAX);
}

static void refuse(wr_wire_producer *p, wr_wire_output *out, wr_wire_out_batch *b, int16_t code,
                   wr_str message)
{
    if (b->sequence >= 0)
        take_out_of_sequence(out, b);
    wr__wire_batch_over(p, out, b, code, -1, message);
}

/* The broker does not agree with the number. Where something before it is not written, that is why,
 * and so it is where it was sent with a number that has changed. */
static void judge_sequence(wr_wire_producer *p, wr_wire_output *out, wr_wire_out_batch *b,
                           int16_t code)
{
    bool first = out->first == b && b->sequence == b->sent_sequence;
    if (first || code == WR_WIRE_INVALID_PRODUCER_EPOCH) {
        wr_diag_put(WR_DIAG_WARN, "kafka",
                    "%s, partition %d: the broker does not know how far it was written (error %d): "
                    "the last records may be written twice",
                    out->of->name, out->partition, code);
        p->renew = true;
        if (code == WR_WIRE_INVALID_PRODUCER_EPOCH)
            p->id.epoch = INT16_MAX; /* somebody else has the id: another one */
    }
    come_back(p, out, b, code);
}

static void acknowledged(wr_wire_producer *p, wr_wire_output *out, wr_wire_out_batch *b,
                         int64_t base_offset)
{
    bool known = base_offset >= 0 && base_offset <= INT64_MAX - b->writer.count;
    WR_ASSERT(b->attempts > 0);
    out->counted = true;
    wr__wire_batch_over(p, out, b, WR_WIRE_NONE, known ? base_offset : -1, no_message);
}

static void judge(wr_wire_producer *p, wr_wire_output *out, wr_wire_out_batch *b,
                  const wr_wire_produced *said)
{
    bool idempotent = p->config->write.idempotent;
    WR_ASSERT(out->partition == said->partition && b->sealed);
    leave_flight(p, out, b);
    if (said->error == WR_WIRE_NONE) {
        acknowledged(p, out, b, said->base_offset);
    } else if (said->error == WR_WIRE_DUPLICATE_SEQUENCE && idempotent) {
        acknowledged(p, out, b, -1); /* long ago: the broker does not know where */
    } else if (is_of_sequence(said->error) && idempotent) {
        judge_sequence(p, out, b, said->error);
    } else if (wr__wire_passes(said->error)) {
        if (has_moved(said->error))
            lose_leader(p, out);
        if (said->leader >= 0)
            wr__wire_set_leader(out, said->leader, said->leader_epoch);
        come_back(p, out, b, said->error);
    } else {
        refuse(p, out, b, said->error, said->message);
    }
}

/* ---- flights ---- */

static wr_wire_flight *new_flight(wr_wire_producer *p)
{
    wr_wire_flight *f = p->spare_flights;
    if (!f)
        return wr_calloc(1, sizeof *f);
    p->spare_flights = f->next;
    f->n = 0;
    f->next = NULL;
    return f;
}

static void drop_flight(wr_wire_producer *p, wr_wire_flight *f)
{
    f->next = p->spare_flights;
    p->spare_flights = f;
}

static void put_in_flight(wr_wire_producer *p, wr_wire_flight *f, wr_wire_output *out,
                          wr_wire_out_batch *b)
{
    WR_ASSERT(!b->flight && b->sealed && out->in_flight < WR_WIRE_IN_FLIGHT_MAX);
    if (f->n == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 16;
        f->v = wr_realloc(f->v, f->cap * sizeof *f->v);
    }
    f->v[f->n++] = (wr_wire_flown){out, b};
    b->flight = f;
    b->attempts++;
    out->sent_to = out->leader;
    out->in_flight++;
    p->in_flight++;
}

/* The first request has its answer, or never will: what is left of it comes back. */
static void land(wr_wire_producer *p, wr_wire_peer *peer)
{
    wr_wire_flight *f = peer->first;
    WR_ASSERT(f && peer->n > 0);
    peer->first = f->next;
    peer->n--;
    for (uint32_t i = 0; i < f->n; i++) {
        wr_wire_out_batch *b = f->v[i].batch;
        if (!b)
            continue;
        leave_flight(p, f->v[i].out, b);
        come_back(p, f->v[i].out, b, WR_WIRE_NETWORK_EXCEPTION);
    }
    drop_flight(p, f);
}

void wr__wire_flights_forget(wr_wire_producer *p)
{
    for (uint32_t i = 0; i < p->peers_n; i++)
        for (wr_wire_flight *f = p->peers[i].first; f; f = f->next)
            for (uint32_t k = 0; k < f->n; k++) {
                if (f->v[k].batch)
                    leave_flight(p, f->v[k].out, f->v[k].batch);
                f->v[k].batch = NULL;
            }
    WR_ASSERT(p->in_flight == 0);
}

static void free_flights(wr_wire_flight *f)
{
    for (wr_wire_flight *next; f; f = next) {
        next = f->next;
        wr_free(f->v);
        wr_free(f);
    }
}

void wr__wire_flights_free(wr_wire_producer *p)
{
    for (uint32_t i = 0; i < p->peers_n; i++)
        free_flights(p->peers[i].first);
    free_flights(p->spare_flights);
    p->peers_n = 0;
    p->spare_flights = NULL;
}

static wr_wire_peer *peer_of(wr_wire_producer *p, uint32_t node)
{
    if (p->peers_n < p->cluster.n) {
        p->peers = wr_realloc(p->peers, p->cluster.n * sizeof *p->peers);
        memset(p->peers + p->peers_n, 0, (p->cluster.n - p->peers_n) * sizeof *p->peers);
        p->peers_n = p->cluster.n;
    }
    WR_ASSERT(node < p->peers_n);
    return &p->peers[node];
}

/* The connection is another one: what was under way has no answer. */
static void forget_node(wr_wire_producer *p, const wr_wire_node *node, wr_wire_peer *peer,
                        uint32_t failures)
{
    peer->failures = failures;
    while (peer->first)
        land(p, peer);
    if (peer->identifying)
        peer->identifying = p->identifying = false;
    wr_wire_cursor at = {0};
    for (const wr_wire_output *out; (out = wr__wire_next_output(p, &at));)
        if (out->first && out->leader == node->id)
            wr__wire_cluster_refresh(&p->cluster); /* it may lead no more */
}

/* ---- the producer's id ---- */

static void fail_all(wr_wire_producer *p, int16_t code)
{
    wr_wire_cursor at = {0};
    for (wr_wire_output *out; (out = wr__wire_next_output(p, &at));)
        wr__wire_output_fail(p, out, code);
}

static void identify(wr_wire_producer *p, const wr_wire_node *node, wr_wire_peer *peer)
{
    int16_t version = wr__wire_connection_version(node->connection, WR_WIRE_INIT_PRODUCER_ID);
    if (version < 0) {
        fail_all(p, WR_WIRE_UNSUPPORTED_VERSION);
        return;
    }
    WR_ASSERT(!peer->identifying && !p->identifying && p->id.id < 0);
    wr_buf *b = wr__wire_connection_begin(node->connection, WR_WIRE_INIT_PRODUCER_ID, version);
    wr__wire_put_init_producer_id(b, version, (wr_str){0}, INT32_MAX); /* no transactions */
    peer->identifying = p->identifying = true;
    wr__wire_connection_send(node->connection, 0);
}

static void take_id(wr_wire_producer *p, wr_wire_node *node, wr_wire_peer *peer,
                    const wr_wire_answer *answer)
{
    weir_error err = {0};
    wr_wire_producer_given given;
    wr_wire_in in = wr__wire_in(answer->bytes + answer->body, answer->len - answer->body);
    peer->identifying = p->identifying = false;
    if (wr__wire_read_init_producer_id(&in, answer->version, &given, &err) != WEIR_OK) {
        wr__wire_connection_refuse(node->connection, &err);
    } else if (given.error == WR_WIRE_NONE) {
        WR_ASSERT(p->id.id < 0 && p->in_flight == 0);
        p->id = (wr_wire_producer_id){.id = given.id, .epoch = given.epoch};
    } else {
        p->identify_ms = wr__wire_now_ms() + p->config->retry_ms;
        if (!wr__wire_passes(given.error))
            fail_all(p, given.error);
    }
}

/* The next epoch, or another id. Nothing is in flight: everything is counted anew. */
static void renew(wr_wire_producer *p)
{
    WR_ASSERT(p->in_flight == 0 && p->config->write.idempotent);
    if (p->id.epoch < INT16_MAX)
        p->id.epoch++;
    else
        p->id.id = -1;
    wr_wire_cursor at = {0};
    for (wr_wire_output *out; (out = wr__wire_next_output(p, &at));) {
        out->next_sequence = 0;
        out->counted = false;
        for (wr_wire_out_batch *b = out->first; b; b = b->next)
            b->sequence = b->sent_sequence = -1;
    }
    p->renew = false;
}

/* ---- time ---- */

/* What has waited too long is given up. What is in flight has no answer soon enough: the connection
 * is ended, and it is given up at the next look. */
static void expire(wr_wire_producer *p, int64_t now_ms)
{
    wr_wire_cursor at = {0};
    for (wr_wire_output *out; (out = wr__wire_next_output(p, &at));) {
        wr_wire_out_batch *b;
        while ((b = out->first) && now_ms - b->made_ms >= p->config->write.message_timeout_ms) {
            if (b->flight) {
                weir_error err = {0};
                const wr_wire_node *node = wr__wire_cluster_node(&p->cluster, out->sent_to);
                wr_error(&err, WEIR_ERR_LOG, "no acknowledgement in message.timeout.ms");
                if (node && wr__wire_connection_alive(node->connection))
                    wr__wire_connection_refuse(node->connection, &err);
                break;
            }
            p->renew = p->renew || b->sequence >= 0;
            wr__wire_batch_over(p, out, b, WR_WIRE_EXPIRED, -1, no_message);
        }
    }
}

/* Does the batch go now, by itself? It goes with others in any case. */
static bool is_due(const wr_wire_producer *p, const wr_wire_out_batch *b, int64_t now_ms)
{
    return b->full || b->attempts > 0 || p->pushing || p->full ||
           wr__wire_batch_size(&b->writer) >= p->config->write.batch_bytes ||
           now_ms - b->made_ms >= p->config->write.linger_ms;
}

/* ---- Produce ---- */

static bool is_needed(const wr_wire_producer *p, const wr_wire_node *node)
{
    wr_wire_cursor at = {0};
    for (const wr_wire_output *out; (out = wr__wire_next_output(p, &at));)
        if (out->first && out->leader == node->id)
            return true;
    return false;
}

/*
 * The batch of the output that may be sent to this broker now; NULL: none.
 *
 * One that goes again goes alone: with more after it, the broker would have seen more than five by
 * the time that it has to know this one again. So does what goes to another broker than what is
 * under way, and the first one of an epoch: a broker that knows nothing of a producer takes any
 * number for the beginning, and would take the second one where the first one has met an error.
 */
static wr_wire_out_batch *sendable(const wr_wire_producer *p, const wr_wire_output *out,
                                   const wr_wire_node *node, int64_t now_ms)
{
    if (!out->first || out->leader != node->id || out->draining || now_ms < out->retry_ms)
        return NULL;
    wr_wire_out_batch *b = first_waiting(out);
    if (!b || out->in_flight == 0)
        return b;
    if (out->sent_to != node->id || (p->config->write.idempotent && !out->counted))
        return NULL;
    return b->attempts > 0 || out->first->attempts > 1 ? NULL : b;
}

/* Compressed, numbered, and with its checksum. @return false: it is over, as it cannot be. */
static bool prepare(wr_wire_producer *p, wr_wire_output *out, wr_wire_out_batch *b)
{
    const wr_wire_write_config *c = &p->config->write;
    weir_error err = {0};
    WR_ASSERT(!b->flight && b->writer.count > 0 && (!c->idempotent || p->id.id >= 0));
    if (!b->sealed &&
        wr__wire_batch_seal(&b->writer, c->codec, false, p->codec, &p->scratch, &err) != WEIR_OK) {
        refuse(p, out, b, WR_WIRE_UNKNOWN_SERVER_ERROR, wr_str_c(err.message));
        return false;
    }
    b->sealed = b->full = true;
    if (b->sequence < 0 && c->idempotent) {
        b->sequence = out->next_sequence;
        out->next_sequence =
            (int32_t)(((uint32_t)out->next_sequence + b->writer.count) & INT32_MAX);
    }
    wr_wire_producer_id id = {.id = -1};
    if (c->idempotent)
        id = (wr_wire_producer_id){p->id.id, p->id.epoch, b->sequence};
    b->sent_sequence = b->sequence;
    wr__wire_batch_stamp(b->bytes.ptr, &id);
    return true;
}

static void put_ask(wr_wire_producer *p, uint32_t at, const wr_wire_output *out,
                    const wr_wire_out_batch *b)
{
    if (at == p->asks_cap) {
        p->asks_cap = p->asks_cap ? p->asks_cap * 2 : 16;
        p->asks = wr_realloc(p->asks, p->asks_cap * sizeof *p->asks);
    }
    p->asks[at] = (wr_wire_ask){.topic = out->of->name,
                                .topic_id = &out->of->id,
                                .partition = out->partition,
                                .records = wr_buf_view(&b->bytes)};
}

static bool any_due(const wr_wire_producer *p, const wr_wire_node *node, int64_t now_ms)
{
    wr_wire_cursor at = {0};
    for (const wr_wire_output *out; (out = wr__wire_next_output(p, &at));) {
        const wr_wire_out_batch *b = sendable(p, out, node, now_ms);
        if (b && is_due(p, b, now_ms))
            return true;
    }
    return false;
}

/* Batches into p->asks and the flight. @return how many; *by_id: their topics all have ids. */
static uint32_t gather(wr_wire_producer *p, const wr_wire_node *node, wr_wire_flight *f,
                       int64_t now_ms, bool *by_id)
{
    size_t bytes = 0;
    uint32_t n = 0;
    wr_wire_cursor at = {0};
    *by_id = true;
    for (wr_wire_output *out; bytes < REQUEST_MAX && (out = wr__wire_next_output(p, &at));) {
        wr_wire_out_batch *b = sendable(p, out, node, now_ms);
        if (!b || !prepare(p, out, b))
            continue;
        put_ask(p, n++, out, b);
        *by_id = *by_id && wr__wire_uuid_is_set(&out->of->id);
        bytes += b->bytes.len;
        put_in_flight(p, f, out, b);
    }
    return n;
}

/* @return false: there was nothing that could be sent. */
static bool send_request(wr_wire_producer *p, const wr_wire_node *node, wr_wire_peer *peer,
                         int16_t version, int64_t now_ms)
{
    const wr_wire_write_config *c = &p->config->write;
    wr_wire_flight *f = new_flight(p);
    bool by_id;
    uint32_t n = gather(p, node, f, now_ms, &by_id);
    if (n == 0) {
        drop_flight(p, f);
        return false;
    }
    WR_ASSERT(f->n == n && peer->n < c->in_flight && !p->renew);
    *(peer->first ? &peer->last->next : &peer->first) = f;
    peer->last = f;
    peer->n++;
    if (!by_id)
        version = WR_MIN(version, (int16_t)(WR_WIRE_PRODUCE_BY_ID - 1));
    wr_buf *b = wr__wire_connection_begin(node->connection, WR_WIRE_PRODUCE, version);
    wr__wire_put_produce(b, version, c->acks, c->ack_timeout_ms, p->asks, n);
    wr__wire_connection_send(node->connection, c->ack_timeout_ms);
    return true;
}

static void serve_node(wr_wire_producer *p, const wr_wire_node *node, wr_wire_peer *peer,
                       int64_t now_ms)
{
    const wr_wire_write_config *c = &p->config->write;
    int16_t version = wr__wire_connection_version(node->connection, WR_WIRE_PRODUCE);
    if (version < 0) {
        fail_all(p, WR_WIRE_UNSUPPORTED_VERSION);
        return;
    }
    if (c->idempotent && p->id.id < 0) {
        if (!p->identifying && now_ms >= p->identify_ms)
            identify(p, node, peer);
        return;
    }
    while (!p->renew && peer->n < c->in_flight && wr__wire_connection_ready(node->connection) &&
           any_due(p, node, now_ms))
        if (!send_request(p, node, peer, version, now_ms))
            break;
}

void wr__wire_produce_send(wr_wire_producer *p, int64_t now_ms)
{
    expire(p, now_ms);
    wr__wire_look_for_leaders(p);
    wr__wire_cluster_tend(&p->cluster, now_ms);
    for (uint32_t i = 0; i < p->cluster.n; i++) {
        wr_wire_node *node = p->cluster.nodes[i];
        wr_wire_peer *peer = peer_of(p, i);
        if (node->id < 0)
            continue;
        bool needed = is_needed(p, node);
        if (needed || wr__wire_connection_alive(node->connection))
            wr__wire_connection_tend(node->connection, now_ms);
        uint32_t failures = wr__wire_connection_failures(node->connection);
        if (failures != peer->failures)
            forget_node(p, node, peer, failures);
        if (p->renew && p->in_flight == 0)
            renew(p);
        if (needed && wr__wire_connection_ready(node->connection) && now_ms >= peer->not_before)
            serve_node(p, node, peer, now_ms);
    }
}

/* ---- answers ---- */

static wr_wire_flown *find_flown(const wr_wire_flight *f, const wr_wire_produced *said, bool by_id,
                                 uint32_t *hint)
{
    for (uint32_t k = 0; k < f->n; k++) { /* answers come in the order of requests */
        uint32_t at = (*hint + k) % f->n;
        const wr_wire_output *out = f->v[at].out;
        if (!f->v[at].batch || out->partition != said->partition)
            continue;
        if (by_id ? !wr__wire_uuid_eq(&out->of->id, &said->topic_id)
                  : !wr_str_eq_c(said->topic, out->of->name))
            continue;
        *hint = at + 1;
        return &f->v[at];
    }
    return NULL;
}

static void take_produced(wr_wire_producer *p, wr_wire_node *node, uint32_t at,
                          const wr_wire_answer *answer)
{
    weir_error err = {0};
    wr_wire_produce_answer all;
    wr_wire_peer *peer = peer_of(p, at);
    wr_wire_in in = wr__wire_in(answer->bytes + answer->body, answer->len - answer->body);
    uint32_t hint = 0;
    WR_ASSERT(peer->first); /* answers are those of our requests, in order */
    if (wr__wire_read_produce(&in, answer->version, answer->arena, &all, &err) != WEIR_OK) {
        wr__wire_connection_refuse(node->connection, &err);
        return;
    }
    p->config->tell(p->config->tell_arg, WR_WIRE_ANSWERS, "");
    p->throttle_max_ms = WR_MAX(p->throttle_max_ms, all.throttle_ms);
    if (all.throttle_ms > 0)
        peer->not_before = wr__wire_now_ms() + all.throttle_ms;
    for (uint32_t i = 0; i < all.n; i++) {
        wr_wire_flown *flown =
            find_flown(peer->first, &all.parts[i], answer->version >= WR_WIRE_PRODUCE_BY_ID, &hint);
        if (!flown)
            continue;
        wr_wire_out_batch *b = flown->batch;
        flown->batch = NULL;
        judge(p, flown->out, b, &all.parts[i]);
    }
    land(p, peer);
    for (uint32_t i = 0; i < all.brokers_n; i++)
        wr__wire_cluster_note(&p->cluster, &all.brokers[i]);
}

void wr__wire_produce_take(wr_wire_producer *p)
{
    for (uint32_t i = 0; i < p->cluster.n; i++) {
        wr_wire_node *node = p->cluster.nodes[i];
        wr_wire_answer *a;
        while ((a = wr__wire_connection_answer(node->connection))) {
            p->changed = true;
            if (a->api == WR_WIRE_METADATA)
                wr__wire_take_leaders(p, node, a);
            else if (a->api == WR_WIRE_INIT_PRODUCER_ID)
                take_id(p, node, peer_of(p, i), a);
            else
                take_produced(p, node, i, a);
            wr__wire_answer_give_back(&p->answers, a);
        }
    }
}

int64_t wr__wire_produce_due(const wr_wire_producer *p)
{
    const wr_wire_write_config *c = &p->config->write;
    int64_t due = wr__wire_cluster_due(&p->cluster);
    wr_wire_cursor at = {0};
    for (const wr_wire_output *out; (out = wr__wire_next_output(p, &at));) {
        const wr_wire_out_batch *b = first_waiting(out);
        if (out->first)
            due = WR_MIN(due, out->first->made_ms + c->message_timeout_ms);
        if (!b || out->leader < 0 || out->draining)
            continue;
        int64_t goes = is_due(p, b, p->looked_ms)
                           ? out->retry_ms
                           : WR_MAX(out->retry_ms, b->made_ms + c->linger_ms);
        if (goes > p->looked_ms) /* else it waits for an answer, or a connection */
            due = WR_MIN(due, goes);
    }
    for (uint32_t i = 0; i < p->peers_n; i++) {
        const wr_wire_node *node = p->cluster.nodes[i];
        if (node->id >= 0 && (is_needed(p, node) || wr__wire_connection_alive(node->connection)))
            due = WR_MIN(due, wr__wire_connection_due(node->connection));
        if (p->peers[i].not_before > p->looked_ms)
            due = WR_MIN(due, p->peers[i].not_before);
    }
    return p->identify_ms > p->looked_ms ? WR_MIN(due, p->identify_ms) : due;
}
