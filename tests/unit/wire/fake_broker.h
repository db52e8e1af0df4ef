/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_broker.h - a broker without threads, for tests of the fetcher and the producer: they take
 * turns, polling the client and serving what it has asked, so that every run is the same. It has
 * one topic with two partitions, keeps fetch sessions and what it knows of producers as Kafka does,
 * and gets things wrong when it is told to.
 */
#ifndef WR_TESTS_UNIT_WIRE_FAKE_BROKER_H
#define WR_TESTS_UNIT_WIRE_FAKE_BROKER_H

#include "batch_helper.h"
#include "runtime/log/wire/config.h"
#include "runtime/log/wire/messages.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAKE_TOPIC "t"
enum { FAKE_PARTS = 2, FAKE_CONNECTIONS = 8, FAKE_ABORTED = 64 };

typedef enum fake_fault {
    FAKE_GOOD,
    FAKE_HUGE,        /* an answer that says it has 2 GB */
    FAKE_CORRELATION, /* an answer to another request */
    FAKE_CUT,         /* an answer that ends in its middle */
    FAKE_HANG_UP,
    FAKE_SILENCE, /* no answer */
    FAKE_RECORD,  /* a byte of its last record is another one */
} fake_fault;

/** What the broker knows of the producer of a partition: its last batches. */
enum { FAKE_KNOWN = 5 };
typedef struct fake_known {
    int64_t id; /* -1: nothing was written yet */
    int16_t epoch;
    int32_t next; /* sequence number */
    struct {
        int32_t sequence;
        uint32_t count;
        int64_t offset;
    } v[FAKE_KNOWN]; /* newest last */
    uint32_t n;
} fake_known;

typedef struct fake_part {
    fake_known known;
    int16_t produce_error; /* of the next produce_errors ones */
    int produce_errors;
    bool written_all_the_same; /* in spite of the error */
    bool left_out;             /* of the next answer to Produce */
    wr_buf log;                /* record batches */
    int64_t low, high;
    int32_t epoch;
    int16_t error;                         /* of the next fetch; then none */
    int64_t epoch_end;                     /* what OffsetForLeaderEpoch says */
    wr_wire_aborted aborted[FAKE_ABORTED]; /* as they ended */
    int64_t aborted_end[FAKE_ABORTED]; /* their markers: not named to who reads behind; 0: always */
    uint32_t aborted_n;
    bool in_session;
    int64_t session_at;
} fake_part;

typedef struct fake_broker fake_broker;
/** Answers requests of its own. @return false: it is none of them */
typedef bool (*fake_more)(fake_broker *b, wr_wire_api api, wr_wire_in *in, int16_t version,
                          wr_buf *out);

struct fake_broker {
    int listener, port;
    int advertised; /* the port that Metadata names */
    int fd[FAKE_CONNECTIONS];
    wr_buf in[FAKE_CONNECTIONS];
    wr_wire_uuid topic_id;
    wr_wire_uuid session_id; /* the topic in the fetch session */
    fake_part parts[FAKE_PARTS];
    int16_t fetch_max;     /* the newest Fetch that it knows */
    bool old_versions;     /* knows ApiVersions 0 alone */
    bool cuts_batches;     /* Fetch ends within a record batch, as Kafka's may */
    bool no_topic;         /* Metadata does not know it */
    int16_t topic_error;   /* of the topic in Metadata; 0: none */
    bool hold_metadata;    /* it waits, and so does what was asked after it */
    int16_t session_error; /* of the next fetch; then none */
    fake_fault fault;      /* of the next answer to fault_api; then none */
    wr_wire_api fault_api; /* Fetch, at first */
    bool lost;             /* the request that the fault is of has no effect either */
    int16_t produce_max;   /* the newest Produce that it knows */
    int16_t id_error;      /* of the next InitProducerId; then none */
    int produces, batches, ids;
    int64_t next_id;
    uint32_t produced_max; /* partitions in one Produce */
    int32_t leader_hint;   /* said with NOT_LEADER; -1: none */
    int hint_port;
    int32_t leader;       /* of all partitions; Metadata */
    bool stranger;        /* the next answer to Produce is of partitions that nobody asked about */
    int64_t wrong_offset; /* what answers to Produce say, where it is not 0 */
    int32_t throttle_ms;  /* of the next answer to Produce */
    bool other_id;        /* Produce names another topic */
    int32_t session, session_epoch;
    int connections, fetches, full_fetches, lists, epoch_asks, metadata; /* counted */
    int16_t last_version;
    uint32_t last_asks, last_forgotten;
    int32_t last_wait_ms;
    fake_more more; /* NULL: none */
    void *more_arg;
};

static inline void fake_start(fake_broker *b)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    *b = (fake_broker){.fetch_max = 18,
                       .fault_api = WR_WIRE_FETCH,
                       .produce_max = 13,
                       .leader_hint = -1,
                       .leader = 7,
                       .next_id = 1000,
                       .topic_id.bytes = {1},
                       .session_epoch = -1};
    b->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(b->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(b->listener, 8), 0);
    assert_int_equal(getsockname(b->listener, (struct sockaddr *)&at, &size), 0);
    b->port = b->advertised = ntohs(at.sin_port);
    for (int i = 0; i < FAKE_CONNECTIONS; i++)
        b->fd[i] = -1;
    for (int i = 0; i < FAKE_PARTS; i++)
        b->parts[i].epoch_end = b->parts[i].known.id = -1;
}

/** Of a client of the started broker, whose address is written to @p address. What is of reading or
 *  writing alone, and whom to tell, is the test's to add. */
static inline wr_wire_config fake_client(const fake_broker *b, char *address, size_t size)
{
    static char client[] = "test", rack[] = "";
    snprintf(address, size, "127.0.0.1:%d", b->port);
    return (wr_wire_config){.bootstrap = address,
                            .client_id = client,
                            .rack = rack,
                            .family = AF_INET,
                            .connect_ms = 5000,
                            .request_ms = 5000,
                            .backoff_ms = 1,
                            .backoff_max_ms = 4,
                            .retry_ms = 1,
                            .metadata_age_ms = 100000,
                            .answer_max = 1 << 20};
}

static inline void fake_hang_up(fake_broker *b, int i)
{
    if (b->fd[i] >= 0)
        close(b->fd[i]);
    b->fd[i] = -1;
    wr_buf_clear(&b->in[i]);
}

static inline void fake_stop(fake_broker *b)
{
    for (int i = 0; i < FAKE_CONNECTIONS; i++) {
        fake_hang_up(b, i);
        wr_buf_free(&b->in[i]);
    }
    for (int i = 0; i < FAKE_PARTS; i++)
        wr_buf_free(&b->parts[i].log);
    close(b->listener);
}

/* ---- what it has ---- */

typedef enum fake_kind { FAKE_PLAIN, FAKE_TRANSACTIONAL, FAKE_ABORT, FAKE_COMMIT } fake_kind;

/* A record batch at the end of the partition: n records "<offset>", or a marker. */
static inline void fake_append(fake_broker *b, int partition, uint32_t n, wr_codec codec,
                               fake_kind kind, int64_t producer)
{
    enum { EPOCH_AT = 12, ATTRIBUTES_AT = 22, CONTROL = 0x20 };
    fake_part *p = &b->parts[partition];
    wr_wire_batch_writer w;
    wr_wire_codec *c = wr__wire_codec_new();
    wr_buf scratch = {0};
    size_t at = p->log.len;
    bool marker = kind == FAKE_ABORT || kind == FAKE_COMMIT;
    wr__wire_batch_begin(&w, &p->log);
    for (uint32_t i = 0; i < (marker ? 1 : n); i++) {
        char key[4] = {0, 0, 0, (char)(kind == FAKE_COMMIT)}, text[32];
        snprintf(text, sizeof text, "%lld", (long long)(p->high + i));
        assert_true(wr__wire_batch_add(&w, marker ? wr_str_make(key, 4) : wr_str_c("k"),
                                       marker ? wr_str_make("\0\0\0\0\0\0", 6) : wr_str_c(text),
                                       1000 + i, NULL));
    }
    OK(wr__wire_batch_seal(&w, marker ? WR_CODEC_NONE : codec, kind != FAKE_PLAIN, c, &scratch,
                           err));
    if (marker)
        p->log.ptr[at + ATTRIBUTES_AT] = (char)(p->log.ptr[at + ATTRIBUTES_AT] | CONTROL);
    wr__wire_batch_stamp(p->log.ptr + at, &(wr_wire_producer_id){.id = producer});
    wr_put_be64(p->log.ptr + at, (uint64_t)p->high);
    wr_put_be32(p->log.ptr + at + EPOCH_AT, (uint32_t)p->epoch);
    p->high += marker ? 1 : n;
    wr_buf_free(&scratch);
    wr__wire_codec_free(c);
}

/* The batches from the one that has this offset on, up to @p max bytes but one at least. */
static inline wr_str fake_read(const fake_part *p, int64_t from, size_t max)
{
    size_t at = 0, begin = p->log.len, end = p->log.len;
    while (at < p->log.len) {
        wr_wire_batch batch;
        OK(wr__wire_batch_read(p->log.ptr + at, p->log.len - at, &batch, err));
        if (batch.last_offset >= from && begin == p->log.len)
            begin = at;
        at += batch.bytes;
        if (begin < p->log.len && at - begin >= max) {
            end = at;
            break;
        }
    }
    return wr_str_make(p->log.ptr ? p->log.ptr + begin : "", end - begin);
}

/* ---- answers ---- */

static inline void fake_api_versions(const fake_broker *b, wr_buf *out, int16_t version)
{
    const struct {
        int16_t api, min, max;
    } all[] = {{0, 0, b->produce_max},
               {1, 4, b->fetch_max},
               {2, 1, 11},
               {3, 0, 13},
               {10, 0, 6},
               {18, 0, 4},
               {22, 0, 6},
               {23, 2, 4},
               {24, 0, 5},
               {25, 0, 4},
               {26, 0, 5},
               {61, 0, 0},
               {65, 0, 0}};
    bool refused = b->old_versions && version > 0, compact = !refused && version >= 3;
    wr__wire_put_i16(out, refused ? WR_WIRE_UNSUPPORTED_VERSION : 0);
    wr__wire_put_array(out, WR_ARRAY_LEN(all), compact);
    for (size_t i = 0; i < WR_ARRAY_LEN(all); i++) {
        wr__wire_put_i16(out, all[i].api);
        wr__wire_put_i16(out, all[i].min);
        wr__wire_put_i16(out, all[i].max);
        wr__wire_put_no_tags(out, compact);
    }
    if (compact)
        wr__wire_put_i32(out, 0);
    wr__wire_put_no_tags(out, compact);
}

static inline void fake_metadata_topic(const fake_broker *b, bool known, wr_str name, wr_buf *out)
{
    known = known && !b->topic_error;
    wr__wire_put_i16(out, known            ? 0
                          : b->topic_error ? b->topic_error
                                           : WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION);
    wr__wire_put_str(out, name, true);
    wr__wire_put_uuid(out, b->topic_id.bytes);
    wr__wire_put_bool(out, false);
    wr__wire_put_array(out, known ? FAKE_PARTS : 0, true);
    for (int32_t i = 0; i < (known ? FAKE_PARTS : 0); i++) {
        wr__wire_put_i16(out, 0);
        wr__wire_put_i32(out, i);
        wr__wire_put_i32(out, b->leader);
        wr__wire_put_i32(out, b->parts[i].epoch);
        for (int ids = 0; ids < 3; ids++)
            wr__wire_put_array(out, 0, true);
        wr__wire_put_no_tags(out, true);
    }
    wr__wire_put_i32(out, 0);
    wr__wire_put_no_tags(out, true);
}

static inline void fake_metadata(fake_broker *b, wr_wire_in *in, wr_buf *out)
{
    b->metadata++; /* version 12 */
    wr__wire_put_i32(out, 0);
    wr__wire_put_array(out, 1, true);
    wr__wire_put_i32(out, 7); /* the broker's id */
    wr__wire_put_str(out, WR_STR("127.0.0.1"), true);
    wr__wire_put_i32(out, b->advertised);
    wr__wire_put_str(out, (wr_str){0}, true);
    wr__wire_put_no_tags(out, true);
    wr__wire_put_str(out, WR_STR("cluster"), true);
    wr__wire_put_i32(out, 7);
    uint32_t n = wr__wire_array(in, true, 1);
    wr__wire_put_array(out, n, true);
    for (uint32_t i = 0; i < n; i++) {
        (void)wr__wire_uuid(in);
        wr_str name = wr__wire_str(in, true);
        wr__wire_tags_skip(in, true);
        fake_metadata_topic(b, !b->no_topic && wr_str_eq_c(name, FAKE_TOPIC), name, out);
    }
    wr__wire_put_no_tags(out, true);
}

/* One partition that is asked about, its numbers in @p v. */
static inline uint32_t fake_asked(wr_wire_in *in, wr_wire_api api, int32_t *partition, int64_t *v)
{
    *partition = wr__wire_i32(in);
    (void)wr__wire_i32(in); /* the leader's epoch */
    *v = api == WR_WIRE_LIST_OFFSETS ? wr__wire_i64(in) : wr__wire_i32(in);
    wr__wire_tags_skip(in, true);
    return (uint32_t)*partition % FAKE_PARTS;
}

/* ListOffsets 7 and OffsetForLeaderEpoch 4. */
static inline void fake_offsets(fake_broker *b, wr_wire_api api, wr_wire_in *in, wr_buf *out)
{
    bool list = api == WR_WIRE_LIST_OFFSETS;
    *(list ? &b->lists : &b->epoch_asks) += 1;
    assert_int_equal(wr__wire_i32(in), -1);
    if (list)
        (void)wr__wire_i8(in);
    assert_int_equal(wr__wire_array(in, true, 1), 1);
    assert_true(wr_str_eq_c(wr__wire_str(in, true), FAKE_TOPIC));
    uint32_t n = wr__wire_array(in, true, 1);
    wr__wire_put_i32(out, 0);
    wr__wire_put_array(out, 1, true);
    wr__wire_put_str(out, WR_STR(FAKE_TOPIC), true);
    wr__wire_put_array(out, n, true);
    for (uint32_t i = 0; i < n; i++) {
        int32_t partition;
        int64_t v;
        const fake_part *p = &b->parts[fake_asked(in, api, &partition, &v)];
        if (list)
            wr__wire_put_i32(out, partition);
        wr__wire_put_i16(out, 0);
        if (list) {
            wr__wire_put_i64(out, -1);
            wr__wire_put_i64(out, v == -2 ? p->low : p->high);
            wr__wire_put_i32(out, p->epoch);
        } else {
            wr__wire_put_i32(out, partition);
            wr__wire_put_i32(out, (int32_t)v);
            wr__wire_put_i64(out, p->epoch_end);
        }
        wr__wire_put_no_tags(out, true);
    }
    wr__wire_put_no_tags(out, true);
    wr__wire_put_no_tags(out, true);
}

/* The topic's partitions in a Fetch; @return how many. @p forget: to be forgotten. */
static inline uint32_t fake_fetch_parts(fake_broker *b, wr_wire_in *in, int16_t version,
                                        bool forget)
{
    uint32_t all = 0, topics = wr__wire_array(in, true, 1);
    for (uint32_t t = 0; t < topics; t++) {
        if (version >= WR_WIRE_FETCH_BY_ID)
            memcpy(b->session_id.bytes, wr__wire_uuid(in), sizeof b->session_id.bytes);
        else
            (void)wr__wire_str(in, true);
        uint32_t n = wr__wire_array(in, true, 1);
        for (uint32_t i = 0; i < n; i++, all++) {
            fake_part *p = &b->parts[wr__wire_i32(in) % FAKE_PARTS];
            p->in_session = !forget;
            if (forget)
                continue;
            (void)wr__wire_i32(in);
            p->session_at = wr__wire_i64(in);
            (void)wr__wire_i32(in);
            (void)wr__wire_i64(in);
            (void)wr__wire_i32(in);
            wr__wire_tags_skip(in, true);
        }
        wr__wire_tags_skip(in, true);
    }
    return all;
}

/* Aborted transactions whose records may lie behind the offset that is fetched. */
static inline void fake_put_aborted(const fake_part *p, wr_buf *out)
{
    bool named[FAKE_ABORTED];
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->aborted_n; i++) {
        named[i] = !p->aborted_end[i] || p->aborted_end[i] >= p->session_at;
        n += named[i];
    }
    wr__wire_put_array(out, n, true);
    for (uint32_t i = 0; i < p->aborted_n; i++) {
        if (!named[i])
            continue;
        wr__wire_put_i64(out, p->aborted[i].producer_id);
        wr__wire_put_i64(out, p->aborted[i].first_offset);
        wr__wire_put_no_tags(out, true);
    }
}

static inline void fake_fetched(fake_part *p, int32_t partition, bool cut, wr_buf *out)
{
    wr_str records = fake_read(p, p->session_at, 4096);
    if (cut && records.len) { /* some of the next batch: none is as short */
        uint32_t left = (uint32_t)(p->log.ptr + p->log.len - records.ptr) - records.len;
        records.len += WR_MIN(left, 1 + (uint32_t)p->session_at * 31 % 70);
    }
    wr__wire_put_i32(out, partition);
    int16_t error = p->error;
    if (!error && (p->session_at < p->low || p->session_at > p->high))
        error = WR_WIRE_OFFSET_OUT_OF_RANGE;
    p->error = 0;
    wr__wire_put_i16(out, error);
    wr__wire_put_i64(out, p->high);
    wr__wire_put_i64(out, p->high);
    wr__wire_put_i64(out, p->low);
    fake_put_aborted(p, out);
    wr__wire_put_i32(out, -1);
    wr__wire_put_bytes(out, error ? (wr_str){0} : records, true);
    wr__wire_put_no_tags(out, true);
}

/* Versions 12 to 16. */
static inline void fake_fetch(fake_broker *b, wr_wire_in *in, int16_t version, wr_buf *out)
{
    b->fetches++;
    b->last_version = version;
    if (version <= 14)
        (void)wr__wire_i32(in);
    b->last_wait_ms = wr__wire_i32(in);
    (void)wr__wire_i32(in);
    (void)wr__wire_i32(in);
    (void)wr__wire_i8(in);
    int32_t session = wr__wire_i32(in), epoch = wr__wire_i32(in);
    int16_t error = b->session_error;
    b->session_error = 0;
    if (epoch == 0) {
        b->full_fetches++;
        b->session = session + 1;
        b->session_epoch = 0;
        for (int i = 0; i < FAKE_PARTS; i++)
            b->parts[i].in_session = false;
    } else if (session != b->session || epoch != b->session_epoch) {
        error = WR_WIRE_INVALID_FETCH_SESSION_EPOCH;
    }
    b->session_epoch++;
    b->last_asks = fake_fetch_parts(b, in, version, false);
    b->last_forgotten = fake_fetch_parts(b, in, version, true);
    wr__wire_put_i32(out, 0);
    wr__wire_put_i16(out, error);
    wr__wire_put_i32(out, b->session);
    uint32_t n = 0;
    bool sent[FAKE_PARTS] = {0};
    for (int i = 0; i < FAKE_PARTS && !error; i++) {
        const fake_part *p = &b->parts[i];
        sent[i] = p->in_session && (p->error || p->session_at != p->high);
        n += sent[i];
    }
    wr__wire_put_array(out, n > 0, true);
    if (n > 0) {
        if (version >= WR_WIRE_FETCH_BY_ID)
            wr__wire_put_uuid(out, b->session_id.bytes);
        else
            wr__wire_put_str(out, WR_STR(FAKE_TOPIC), true);
        wr__wire_put_array(out, n, true);
        for (int i = 0; i < FAKE_PARTS; i++)
            if (sent[i])
                fake_fetched(&b->parts[i], i, b->cuts_batches, out);
        wr__wire_put_no_tags(out, true);
    }
    wr__wire_put_no_tags(out, true);
}

/* ---- Produce ---- */

static inline void fake_init_producer_id(fake_broker *b, int16_t version, wr_buf *out)
{
    assert_int_equal(version, 5);
    wr__wire_put_i32(out, 0);
    wr__wire_put_i16(out, b->id_error);
    wr__wire_put_i64(out, b->id_error ? -1 : b->next_id++);
    wr__wire_put_i16(out, b->id_error ? -1 : 0);
    wr__wire_put_no_tags(out, true);
    b->ids++;
    b->id_error = 0;
}

/* As Kafka's ProducerStateManager. @return the error; *offset >= 0: it is there already */
static inline int16_t fake_judge(const fake_known *k, const wr_wire_batch *batch, int64_t *offset)
{
    *offset = -1;
    if (batch->producer_id < 0 || k->id != batch->producer_id)
        return 0;
    if (batch->producer_epoch < k->epoch)
        return WR_WIRE_INVALID_PRODUCER_EPOCH;
    if (batch->producer_epoch > k->epoch)
        return batch->base_sequence == 0 ? 0 : WR_WIRE_OUT_OF_ORDER_SEQUENCE;
    for (uint32_t i = 0; i < k->n; i++)
        if (k->v[i].sequence == batch->base_sequence && k->v[i].count == batch->count) {
            *offset = k->v[i].offset;
            return 0;
        }
    return batch->base_sequence == k->next ? 0 : WR_WIRE_OUT_OF_ORDER_SEQUENCE;
}

static inline void fake_write(fake_broker *b, fake_part *p, const wr_wire_batch *batch,
                              wr_str bytes)
{
    fake_known *k = &p->known;
    size_t at = p->log.len;
    wr_buf_put(&p->log, bytes.ptr, bytes.len);
    wr_put_be64(p->log.ptr + at, (uint64_t)p->high);
    if (k->id != batch->producer_id || k->epoch != batch->producer_epoch)
        *k = (fake_known){.id = batch->producer_id, .epoch = batch->producer_epoch};
    if (k->n == FAKE_KNOWN)
        memmove(&k->v[0], &k->v[1], --k->n * sizeof k->v[0]);
    k->v[k->n].sequence = batch->base_sequence;
    k->v[k->n].count = batch->count;
    k->v[k->n++].offset = p->high;
    k->next = (int32_t)(((uint32_t)batch->base_sequence + batch->count) & INT32_MAX);
    p->high += batch->count;
    b->batches++;
}

/* One batch, and the answer to it. */
static inline void fake_produce_one(fake_broker *b, int32_t partition, wr_str bytes, wr_buf *out)
{
    fake_part *p = &b->parts[partition % FAKE_PARTS];
    wr_wire_batch batch;
    int64_t offset;
    OK(wr__wire_batch_read(bytes.ptr, bytes.len, &batch, err)); /* its CRC is good */
    assert_int_equal(batch.bytes, bytes.len);
    assert_true(batch.count > 0);
    bool told = p->produce_errors > 0;
    int16_t error = b->other_id ? WR_WIRE_UNKNOWN_TOPIC_ID
                    : told      ? p->produce_error
                                : fake_judge(&p->known, &batch, &offset);
    if (told && p->written_all_the_same && fake_judge(&p->known, &batch, &offset) == 0 &&
        offset < 0)
        fake_write(b, p, &batch, bytes);
    if (told)
        p->produce_errors--;
    if (error) {
        offset = -1;
    } else if (offset < 0) {
        offset = p->high;
        fake_write(b, p, &batch, bytes);
    }
    wr__wire_put_i32(out, b->stranger ? partition - 77 : partition);
    wr__wire_put_i16(out, error);
    wr__wire_put_i64(out, b->wrong_offset && !error ? b->wrong_offset : offset);
    wr__wire_put_i64(out, -1);
    wr__wire_put_i64(out, 0);
    wr__wire_put_array(out, 0, true);
    wr__wire_put_str(out, error ? WR_STR("because") : (wr_str){0}, true);
    bool hint = error == WR_WIRE_NOT_LEADER && b->leader_hint >= 0;
    if (!hint) {
        wr__wire_put_no_tags(out, true);
        return;
    }
    wr__wire_put_uvarint(out, 1);
    wr__wire_put_uvarint(out, 0);
    wr__wire_put_uvarint(out, 9);
    wr__wire_put_i32(out, b->leader_hint);
    wr__wire_put_i32(out, p->epoch + 1);
    wr__wire_put_no_tags(out, true);
}

/* Where the leader is that was named with NOT_LEADER. */
static inline void fake_endpoint(const fake_broker *b, wr_buf *out)
{
    if (b->leader_hint < 0) {
        wr__wire_put_no_tags(out, true);
        return;
    }
    wr_buf broker = {0};
    wr__wire_put_array(&broker, 1, true);
    wr__wire_put_i32(&broker, b->leader_hint);
    wr__wire_put_str(&broker, WR_STR("127.0.0.1"), true);
    wr__wire_put_i32(&broker, b->hint_port);
    wr__wire_put_str(&broker, (wr_str){0}, true);
    wr__wire_put_no_tags(&broker, true);
    wr__wire_put_uvarint(out, 1);
    wr__wire_put_uvarint(out, 0);
    wr__wire_put_uvarint(out, (uint32_t)broker.len);
    wr_buf_put(out, broker.ptr, broker.len);
    wr_buf_free(&broker);
}

/* Versions 9 to 13. */
static inline void fake_produce(fake_broker *b, wr_wire_in *in, int16_t version, wr_buf *out)
{
    b->produces++;
    b->last_version = version;
    assert_null(wr__wire_str_or_null(in, true).ptr);
    assert_true(wr__wire_i16(in) != 0);
    (void)wr__wire_i32(in);
    assert_int_equal(wr__wire_array(in, true, 1), 1);
    wr__wire_put_array(out, 1, true);
    if (version >= WR_WIRE_PRODUCE_BY_ID) {
        const uint8_t *id = wr__wire_uuid(in);
        b->other_id = memcmp(id, b->topic_id.bytes, 16) != 0;
        wr__wire_put_uuid(out, id);
    } else {
        assert_true(wr_str_eq_c(wr__wire_str(in, true), FAKE_TOPIC));
        wr__wire_put_str(out, WR_STR(FAKE_TOPIC), true);
    }
    wr_buf parts = {0};
    uint32_t n = wr__wire_array(in, true, 1), answered = 0;
    b->produced_max = WR_MAX(b->produced_max, n);
    for (uint32_t i = 0; i < n; i++) {
        int32_t partition = wr__wire_i32(in);
        wr_str bytes = wr__wire_bytes(in, true);
        wr__wire_tags_skip(in, true);
        size_t at = parts.len;
        fake_produce_one(b, partition, bytes, &parts);
        if (b->parts[partition % FAKE_PARTS].left_out)
            parts.len = at;
        else
            answered++;
        b->parts[partition % FAKE_PARTS].left_out = false;
    }
    wr__wire_put_array(out, answered, true);
    wr_buf_put(out, parts.ptr, parts.len);
    wr__wire_put_no_tags(out, true);
    wr__wire_put_i32(out, b->throttle_ms);
    fake_endpoint(b, out);
    wr_buf_free(&parts);
    b->stranger = false;
    b->throttle_ms = 0;
}

/* ---- serving ---- */

static inline void fake_damage(fake_broker *b, int i, wr_buf *out)
{
    switch (b->fault) {
    case FAKE_HUGE:
        wr_put_be32(out->ptr, 0x7fffffff);
        break;
    case FAKE_CORRELATION:
        out->ptr[7] = (char)(out->ptr[7] + 1);
        break;
    case FAKE_CUT:
        out->len -= 5;
        wr_put_be32(out->ptr, (uint32_t)out->len - 4);
        break;
    case FAKE_RECORD:
        out->ptr[out->len - 10] ^= 1;
        break;
    case FAKE_SILENCE:
        out->len = 0;
        break;
    case FAKE_HANG_UP:
        out->len = 0;
        fake_hang_up(b, i);
        break;
    default:
        break;
    }
    b->fault = FAKE_GOOD;
}

static inline void fake_answer(fake_broker *b, int i, wr_str request)
{
    wr_wire_in in = wr__wire_in(request.ptr, request.len);
    wr_buf out = {0};
    wr_wire_api api = (wr_wire_api)wr__wire_i16(&in);
    int16_t version = wr__wire_i16(&in);
    int32_t correlation = wr__wire_i32(&in);
    (void)wr__wire_str_or_null(&in, false);
    bool compact = wr__wire_flexible(api, version);
    wr__wire_tags_skip(&in, compact);
    size_t at = wr__wire_put_size_begin(&out);
    wr__wire_put_i32(&out, correlation);
    wr__wire_put_no_tags(&out, compact && api != WR_WIRE_API_VERSIONS);
    bool faulty = api == b->fault_api && b->fault != FAKE_GOOD;
    if (api == WR_WIRE_API_VERSIONS)
        fake_api_versions(b, &out, version);
    else if (faulty && b->lost)
        in.p = in.end;
    else if (b->more && b->more(b, api, &in, version, &out))
        ;
    else if (api == WR_WIRE_PRODUCE)
        fake_produce(b, &in, version, &out);
    else if (api == WR_WIRE_INIT_PRODUCER_ID)
        fake_init_producer_id(b, version, &out);
    else if (api == WR_WIRE_METADATA)
        fake_metadata(b, &in, &out);
    else if (api == WR_WIRE_FETCH)
        fake_fetch(b, &in, version, &out);
    else
        fake_offsets(b, api, &in, &out);
    assert_null(in.failure);
    wr__wire_put_size_end(&out, at);
    if (faulty)
        fake_damage(b, i, &out);
    for (size_t sent = 0; sent < out.len;) {
        ssize_t n = send(b->fd[i], out.ptr + sent, out.len - sent, MSG_NOSIGNAL);
        if (n <= 0) { /* blocking: answers are smaller than what a socket takes; it is closed */
            fake_hang_up(b, i);
            break;
        }
        sent += (size_t)n;
    }
    wr_buf_free(&out);
}

static inline void fake_serve_one(fake_broker *b, int i)
{
    static char bytes[1 << 17];
    ssize_t n = recv(b->fd[i], bytes, sizeof bytes, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        fake_hang_up(b, i);
        return;
    }
    wr_buf *in = &b->in[i];
    wr_buf_put(in, bytes, n > 0 ? (size_t)n : 0);
    while (in->len >= 4 && in->len - 4 >= wr_get_be32(in->ptr)) {
        size_t size = 4 + wr_get_be32(in->ptr);
        if (b->hold_metadata && wr_get_be16(in->ptr + 4) == WR_WIRE_METADATA)
            return;
        fake_answer(b, i, wr_str_make(in->ptr + 4, size - 4));
        if (b->fd[i] < 0)
            return;
        in->len -= size;
        memmove(in->ptr, in->ptr + size, in->len);
    }
}

/* Take connections, answer what has been asked. */
static inline void fake_serve(fake_broker *b)
{
    int fd = accept(b->listener, NULL, NULL);
    for (int i = 0; i < FAKE_CONNECTIONS; i++) {
        if (fd >= 0 && b->fd[i] < 0) {
            b->fd[i] = fd;
            b->connections++;
            fd = -1;
        }
        if (b->fd[i] >= 0)
            fake_serve_one(b, i);
    }
    assert_int_equal(fd, -1); /* there was room for it */
}

#endif
