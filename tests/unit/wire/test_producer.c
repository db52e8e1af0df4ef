/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The producer beside a broker that behaves, and one that does not (fake_broker.h): what the broker
 * has in the end is what was added, in order, each record once, and each has had its report.
 */
#include "fake_broker.h"
#include "runtime/log/wire/producer_internal.h"

enum { REPORTS_MAX = 16 };

typedef struct writing {
    fake_broker broker;
    fake_broker *other; /* served as well; NULL: none */
    wr_wire_config config;
    wr_wire_producer *p;
    wr_wire_output *out[FAKE_PARTS];
    char address[32];
    int faults, all_down;
    uint32_t added[FAKE_PARTS];
    uint32_t good, bad; /* records reported */
    int16_t code;       /* of the last report that was not good */
    int64_t position[FAKE_PARTS];
    bool order; /* reports of a partition come in its order */
    wr_wire_report reports[REPORTS_MAX];
    uint32_t reports_n;
    bool reason; /* the broker's was said */
} writing;

static void tell(void *arg, wr_wire_news news, const char *text)
{
    writing *w = arg;
    (void)text;
    w->faults += news == WR_WIRE_FAULT;
    w->all_down += news == WR_WIRE_ALL_DOWN;
}

static void on_report(void *arg, const wr_wire_report *r)
{
    writing *w = arg;
    assert_true(r->records > 0 && r->partition >= 0 && r->partition < FAKE_PARTS);
    assert_true(r->code || strcmp(r->topic, FAKE_TOPIC) == 0);
    if (w->reports_n < REPORTS_MAX)
        w->reports[w->reports_n] = *r;
    w->reports_n++;
    if (r->code == WR_WIRE_NONE) {
        w->good += r->records;
        if (r->next_offset >= 0 && r->next_offset <= w->position[r->partition])
            w->order = false;
        w->position[r->partition] = WR_MAX(w->position[r->partition], r->next_offset);
        return;
    }
    assert_int_equal(r->next_offset, -1);
    w->bad += r->records;
    w->code = r->code;
    w->reason = wr_str_eq_c(r->message, "because");
}

static void begin(writing *w)
{
    memset(w, 0, sizeof *w);
    fake_start(&w->broker);
    w->order = true;
    w->config = fake_client(&w->broker, w->address, sizeof w->address);
    w->config.no_delay = true;
    w->config.buffered_max = 1 << 20;
    w->config.write = (wr_wire_write_config){.acks = -1,
                                             .idempotent = true,
                                             .codec = WR_CODEC_LZ4,
                                             .linger_ms = 2,
                                             .batch_bytes = 2000,
                                             .batch_records = 100,
                                             .buffered_bytes = 1 << 20,
                                             .buffered_max = 100000,
                                             .in_flight = 5,
                                             .message_timeout_ms = 20000,
                                             .ack_timeout_ms = 1000,
                                             .retries = INT32_MAX,
                                             .topic_propagation_ms = 5000};
    w->config.tell = tell;
    w->config.tell_arg = w;
    OK(wr__wire_producer_new(&w->config, on_report, w, &w->p, err));
    for (int i = 0; i < FAKE_PARTS; i++)
        w->out[i] = wr__wire_producer_output(w->p, FAKE_TOPIC, i);
}

static void end(writing *w)
{
    wr__wire_producer_free(w->p);
    fake_stop(&w->broker);
}

static void serve(writing *w)
{
    fake_serve(&w->broker);
    if (w->other)
        fake_serve(w->other);
}

static void turns(writing *w, int n)
{
    for (int i = 0; i < n; i++) {
        serve(w);
        wr__wire_producer_poll(w->p, 1);
    }
}

/* The next record of the partition: its value is its number in it. */
static bool add(writing *w, int partition)
{
    char text[32];
    snprintf(text, sizeof text, "%u", w->added[partition]);
    wr_record r = {.key = WR_STR("k"), .value = wr_str_c(text), .timestamp = 1000};
    if (!wr__wire_producer_add(w->p, w->out[partition], NULL, &r))
        return false;
    w->added[partition]++;
    return true;
}

static void fill(writing *w, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        for (int p = 0; p < FAKE_PARTS; p++)
            assert_true(add(w, p));
}

/* Until nothing is outstanding. */
static void finish(writing *w)
{
    for (int i = 0; i < 20000; i++) {
        wr__wire_producer_push(w->p);
        if (wr__wire_producer_outstanding(w->p) == 0)
            return;
        turns(w, 1);
    }
    fail_msg("%u records are outstanding, %d requests", wr__wire_producer_outstanding(w->p),
             w->broker.produces);
}

/* What the broker has of the partition, in its order. @return how many */
static uint32_t read_values(const fake_broker *b, int partition, uint32_t *values, uint32_t max)
{
    const fake_part *p = &b->parts[partition];
    wr_wire_codec *c = wr__wire_codec_new();
    wr_arena *a = wr_arena_new(0);
    wr_buf inflated = {0};
    uint32_t all = 0, n;
    for (size_t at = 0; at < p->log.len;) {
        wr_wire_batch batch;
        wr_wire_records records;
        wr_record got[128];
        OK(wr__wire_batch_read(p->log.ptr + at, p->log.len - at, &batch, err));
        OK(wr__wire_records_open(&batch, c, &inflated, &records, err));
        do {
            OK(wr__wire_records_next(&records, 0, 0, a, got, 128, &n, err));
            for (uint32_t i = 0; i < n; i++) {
                int64_t value;
                assert_true(wr_str_to_i64(got[i].value, &value) && all < max);
                values[all++] = (uint32_t)value;
            }
        } while (n == 128);
        at += batch.bytes;
    }
    wr_buf_free(&inflated);
    wr_arena_free(a);
    wr__wire_codec_free(c);
    return all;
}

/* Each record once, in order; @p lost of them, from @p from on, are not there. */
static void check_written(const writing *w, const fake_broker *b, int partition, uint32_t from,
                          uint32_t lost)
{
    enum { MAX = 100000 };
    uint32_t *values = wr_calloc(MAX, sizeof *values);
    uint32_t n = read_values(b, partition, values, MAX);
    assert_int_equal(n, w->added[partition] - lost);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(values[i], i < from ? i : i + lost);
    wr_free(values);
}

static void check_all_written(const writing *w)
{
    for (int p = 0; p < FAKE_PARTS; p++)
        check_written(w, &w->broker, p, 0, 0);
    assert_int_equal(w->good, w->added[0] + w->added[1]);
    assert_int_equal(w->bad, 0);
}

/* ---- */

static void test_writes_everything(void **state)
{
    (void)state;
    static const wr_codec codecs[] = {WR_CODEC_NONE, WR_CODEC_GZIP, WR_CODEC_SNAPPY, WR_CODEC_LZ4,
                                      WR_CODEC_ZSTD};
    for (size_t i = 0; i < WR_ARRAY_LEN(codecs); i++) {
        writing w;
        begin(&w);
        w.config.write.codec = codecs[i];
        for (int round = 0; round < 5; round++) {
            fill(&w, 500);
            turns(&w, round);
        }
        finish(&w);
        check_all_written(&w);
        assert_true(w.order);
        for (int p = 0; p < FAKE_PARTS; p++)
            assert_int_equal(w.position[p], 2500);
        assert_int_equal(w.broker.ids, 1);
        assert_int_equal(w.broker.produced_max, 2); /* both partitions in one request */
        assert_int_equal(w.broker.last_version, 13);
        assert_int_equal(w.faults, 0);
        end(&w);
    }
}

static void test_figures(void **state)
{
    (void)state;
    writing w;
    wr_wire_figures f;
    begin(&w);
    fill(&w, 30);
    wr__wire_producer_figures(w.p, &f);
    assert_int_equal(f.records + f.requests + f.connects, 0);
    assert_int_equal(f.unreported, 60);
    assert_true(f.unreported_bytes > 60);
    finish(&w);
    wr__wire_producer_figures(w.p, &f);
    assert_int_equal(f.records, 60);
    assert_int_equal(f.unreported + f.unreported_bytes, 0);
    assert_true(f.requests >= (uint64_t)w.broker.produces && f.answers <= f.requests);
    assert_true(f.sent_bytes > w.broker.parts[0].log.len && f.received_bytes > 0);
    assert_int_equal(f.disconnects + f.errors + f.timeouts, 0);
    assert_true(f.round_trip_mean > 0 && f.round_trip_p99 >= f.round_trip_mean);
    w.broker.parts[0].produce_error = WR_WIRE_MESSAGE_TOO_LARGE;
    w.broker.parts[0].produce_errors = 1;
    assert_true(add(&w, 0));
    finish(&w);
    wr__wire_producer_figures(w.p, &f);
    assert_int_equal(f.records, 60); /* what is refused is not sent */
    end(&w);
}

static void test_without_idempotence(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    w.config.write.idempotent = false;
    w.config.write.acks = 1;
    w.broker.produce_max = 9; /* and an older broker: by name */
    fill(&w, 700);
    finish(&w);
    check_all_written(&w);
    assert_int_equal(w.broker.ids, 0);
    assert_int_equal(w.broker.last_version, 9);
    assert_int_equal(w.broker.parts[0].known.id, -1);
    end(&w);
}

/* Up to five requests are under way; records that come meanwhile fill batches. */
static void test_in_flight(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    fill(&w, 1);
    finish(&w);
    int before = w.broker.produces;
    fill(&w, 1000); /* ten batches each */
    for (int i = 0; i < 10; i++)
        wr__wire_producer_poll(w.p, 1); /* the broker is silent */
    serve(&w);
    assert_int_equal(w.broker.produces - before, 5);
    finish(&w);
    check_all_written(&w);
    assert_true(w.order);
    end(&w);
}

static void test_linger(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    w.config.write.linger_ms = 60000;
    fill(&w, 1);
    turns(&w, 50);
    assert_int_equal(w.broker.produces, 0); /* it waits for more */
    fill(&w, 99);
    turns(&w, 20);
    assert_int_equal(w.broker.produces, 0); /* full, but nobody knows yet */
    assert_true(add(&w, 0));
    turns(&w, 20);
    assert_int_equal(w.broker.produces, 1); /* with what there is of the other partition */
    assert_int_equal(w.broker.batches, 2);
    finish(&w); /* whoever waits does not wait for company */
    check_all_written(&w);
    assert_int_equal(wr__wire_producer_due_ms(w.p), -1);
    w.config.write.linger_ms = 5;
    fill(&w, 1);
    wr__wire_producer_poll(w.p, 0);
    assert_in_range(wr__wire_producer_due_ms(w.p), 0, 5);
    for (int i = 0; i < 200 && w.good < w.added[0] + w.added[1]; i++)
        turns(&w, 1); /* nobody pushes */
    check_all_written(&w);
    end(&w);
}

static void test_full(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    w.config.write.linger_ms = 60000;
    w.config.write.buffered_max = 50;
    for (int i = 0; i < 50; i++)
        assert_true(add(&w, 0));
    assert_false(add(&w, 0));
    assert_int_equal(w.broker.produces, 0);
    for (int i = 0; i < 300 && !add(&w, 0); i++)
        turns(&w, 1); /* what is there goes, to make room */
    assert_int_equal(w.good, 50);
    w.config.write.buffered_max = 100000;
    w.config.write.buffered_bytes = 3000;
    uint32_t fitted = 0;
    while (add(&w, 0))
        fitted++;
    assert_in_range(fitted, 20, 299);
    finish(&w);
    /* One that is larger than all there may be is taken alone. */
    char *large = wr_calloc(1, 10000);
    wr_record r = {.value = {large, 10000}};
    assert_true(wr__wire_producer_add(w.p, w.out[1], NULL, &r));
    assert_false(wr__wire_producer_add(w.p, w.out[1], NULL, &r));
    finish(&w);
    assert_int_equal(w.broker.parts[1].high, 1);
    wr_free(large);
    end(&w);
}

/* Of several in one batch each has its report, with its own last offset. */
static void test_shares(void **state)
{
    (void)state;
    writing w;
    int first, second;
    begin(&w);
    fill(&w, 3);
    finish(&w);
    w.reports_n = 0;
    wr_record r = {.value = WR_STR("9")};
    int *const whose[] = {&first, &first, &second, &second, &second, &first};
    for (size_t i = 0; i < WR_ARRAY_LEN(whose); i++)
        assert_true(wr__wire_producer_add(w.p, w.out[1], whose[i], &r));
    finish(&w);
    assert_int_equal(w.reports_n, 3);
    const struct {
        void *who;
        uint32_t n;
        int64_t next;
    } expected[] = {{&first, 2, 5}, {&second, 3, 8}, {&first, 1, 9}};
    for (size_t i = 0; i < WR_ARRAY_LEN(expected); i++) {
        assert_ptr_equal(w.reports[i].who, expected[i].who);
        assert_int_equal(w.reports[i].records, expected[i].n);
        assert_int_equal(w.reports[i].next_offset, expected[i].next);
    }
    end(&w);
}

/* Errors that pass, of batches that were written and of others, in the middle of several. */
static void test_passing_errors(void **state)
{
    (void)state;
    static const int16_t errors[] = {WR_WIRE_NOT_LEADER,
                                     WR_WIRE_REQUEST_TIMED_OUT,
                                     WR_WIRE_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                                     WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION,
                                     WR_WIRE_CORRUPT_MESSAGE,
                                     WR_WIRE_UNKNOWN_TOPIC_ID,
                                     WR_WIRE_KAFKA_STORAGE_ERROR};
    for (size_t i = 0; i < WR_ARRAY_LEN(errors); i++) {
        for (int written = 0; written < 2; written++) {
            writing w;
            begin(&w);
            fill(&w, 10);
            finish(&w);
            fake_part *p = &w.broker.parts[1];
            p->produce_error = errors[i];
            p->written_all_the_same = written;
            p->produce_errors = 1 + (int)i % 3;
            fill(&w, 700);
            finish(&w);
            assert_int_equal(p->produce_errors, 0);
            check_all_written(&w);
            assert_int_equal(w.broker.ids, 1);
            assert_int_equal(p->known.epoch, 0); /* nothing was lost count of */
            end(&w);
        }
    }
}

/* A batch that the broker refuses: its records have its reason, those after it are written. */
static void test_refused(void **state)
{
    (void)state;
    enum { INVALID_TIMESTAMP = 32 };
    writing w;
    begin(&w);
    fill(&w, 10);
    finish(&w);
    w.broker.parts[0].produce_error = INVALID_TIMESTAMP;
    w.broker.parts[0].produce_errors = 1;
    fill(&w, 600);
    finish(&w);
    assert_int_equal(w.bad, 100);
    assert_int_equal(w.code, INVALID_TIMESTAMP);
    assert_true(w.reason);
    check_written(&w, &w.broker, 0, 10, 100);
    check_written(&w, &w.broker, 1, 0, 0);
    assert_int_equal(w.broker.parts[0].known.epoch, 0); /* it was only not counted */
    end(&w);
}

static void test_faults(void **state)
{
    (void)state;
    static const fake_fault faults[] = {FAKE_HUGE, FAKE_CORRELATION, FAKE_CUT, FAKE_HANG_UP,
                                        FAKE_SILENCE};
    for (size_t i = 0; i < WR_ARRAY_LEN(faults); i++) {
        for (int lost = 0; lost < 2; lost++) {
            writing w;
            begin(&w);
            w.config.request_ms = 30;
            w.config.write.ack_timeout_ms = 20;
            fill(&w, 10);
            finish(&w);
            w.broker.fault_api = WR_WIRE_PRODUCE;
            w.broker.fault = faults[i];
            w.broker.lost = lost; /* nothing of it is written, or all */
            fill(&w, 700);
            finish(&w);
            assert_int_equal(w.broker.fault, FAKE_GOOD);
            assert_true(w.faults > 0);
            check_all_written(&w);
            assert_int_equal(w.broker.parts[1].known.epoch, 0);
            end(&w);
        }
    }
}

/* The same for the request that comes first of all. */
static void test_faults_of_ids(void **state)
{
    (void)state;
    enum { NOT_ALLOWED = 31 };
    static const fake_fault faults[] = {FAKE_CUT, FAKE_HANG_UP, FAKE_SILENCE};
    for (size_t i = 0; i < WR_ARRAY_LEN(faults); i++) {
        writing w;
        begin(&w);
        w.config.request_ms = 30;
        w.broker.fault_api = WR_WIRE_INIT_PRODUCER_ID;
        w.broker.fault = faults[i];
        fill(&w, 10);
        finish(&w);
        check_all_written(&w);
        end(&w);
    }
    writing w;
    begin(&w);
    w.broker.id_error = WR_WIRE_COORDINATOR_LOAD_IN_PROGRESS;
    fill(&w, 10);
    finish(&w);
    check_all_written(&w);
    end(&w);
    begin(&w);
    w.broker.id_error = NOT_ALLOWED;
    fill(&w, 10);
    finish(&w);
    assert_int_equal(w.bad, 20);
    assert_int_equal(w.code, NOT_ALLOWED);
    end(&w);
}

/* The broker has forgotten the producer, or contradicts: on with the next epoch, nothing is lost.
 */
static void test_lost_count(void **state)
{
    (void)state;
    static const int16_t errors[] = {WR_WIRE_OUT_OF_ORDER_SEQUENCE, WR_WIRE_UNKNOWN_PRODUCER_ID,
                                     WR_WIRE_INVALID_PRODUCER_EPOCH};
    for (size_t i = 0; i < WR_ARRAY_LEN(errors); i++) {
        writing w;
        begin(&w);
        fill(&w, 10);
        finish(&w);
        w.broker.parts[0].produce_error = errors[i];
        w.broker.parts[0].produce_errors = 1;
        fill(&w, 700);
        finish(&w);
        check_all_written(&w); /* nothing was written without our knowing, so nothing is twice */
        bool another = errors[i] == WR_WIRE_INVALID_PRODUCER_EPOCH;
        assert_int_equal(w.broker.ids, another ? 2 : 1);
        assert_int_equal(w.broker.parts[0].known.epoch, another ? 0 : 1);
        assert_int_equal(w.broker.parts[1].known.epoch, another ? 0 : 1);
        end(&w);
    }
}

static void test_left_out(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    w.broker.parts[1].left_out = true;
    fill(&w, 300);
    finish(&w);
    check_all_written(&w);
    end(&w);
}

static void test_retries(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    w.config.write.retries = 2;
    fill(&w, 1);
    finish(&w);
    w.broker.parts[0].produce_error = WR_WIRE_NOT_ENOUGH_REPLICAS;
    w.broker.parts[0].produce_errors = 3;
    fill(&w, 5);
    finish(&w);
    assert_int_equal(w.bad, 5);
    assert_int_equal(w.code, WR_WIRE_NOT_ENOUGH_REPLICAS);
    fill(&w, 5);
    finish(&w);
    check_written(&w, &w.broker, 0, 1, 5);
    check_written(&w, &w.broker, 1, 0, 0);
    end(&w);
}

static void test_expiry(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    w.config.write.message_timeout_ms = 60;
    fill(&w, 5);
    finish(&w);
    /* Nobody answers: given up, though it is in flight. */
    fill(&w, 5);
    wr__wire_producer_push(w.p);
    for (int i = 0; i < 300 && wr__wire_producer_outstanding(w.p); i++)
        wr__wire_producer_poll(w.p, 5);
    assert_int_equal(w.bad, 10);
    assert_int_equal(w.code, WR_WIRE_EXPIRED);
    assert_true(w.faults > 0);
    /* Nobody is there. */
    for (int i = 0; i < FAKE_CONNECTIONS; i++)
        fake_hang_up(&w.broker, i);
    close(w.broker.listener);
    fill(&w, 5);
    for (int i = 0; i < 300 && wr__wire_producer_outstanding(w.p); i++)
        wr__wire_producer_poll(w.p, 5);
    assert_int_equal(w.bad, 20);
    assert_int_equal(w.code, WR_WIRE_EXPIRED);
    assert_int_equal(w.all_down, 1);
    w.broker.listener = -1;
    end(&w);
}

static void test_purge(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    fill(&w, 5);
    finish(&w);
    fill(&w, 300);
    wr__wire_producer_poll(w.p, 1); /* some are in flight, some are not full */
    wr__wire_producer_purge(w.p);
    assert_int_equal(wr__wire_producer_outstanding(w.p), 0);
    assert_int_equal(w.bad, 600);
    assert_int_equal(w.code, WR_WIRE_PURGED);
    w.added[0] = w.added[1] = 5;
    turns(&w, 50); /* the broker has written what was in flight, and its answers mean nothing */
    assert_int_equal(w.good, 10);
    fill(&w, 300);
    finish(&w);
    assert_int_equal(w.good, 610);
    assert_int_equal(w.broker.parts[0].known.epoch, 1); /* the count was lost */
    end(&w);
    begin(&w);
    fill(&w, 5);
    wr__wire_producer_purge(w.p); /* never sent: nothing to count */
    assert_int_equal(w.bad, 10);
    end(&w);
}

static void test_missing_topic(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    w.broker.no_topic = true;
    fill(&w, 5);
    turns(&w, 50);
    assert_int_equal(w.bad, 0); /* it may be on its way */
    assert_in_range(w.broker.metadata, 2, 30);
    w.broker.no_topic = false;
    finish(&w);
    check_all_written(&w);
    /* It was there: it is gone. */
    w.broker.no_topic = true;
    w.broker.parts[0].produce_error = w.broker.parts[1].produce_error =
        WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION;
    w.broker.parts[0].produce_errors = w.broker.parts[1].produce_errors = 1000000;
    fill(&w, 5);
    finish(&w);
    assert_int_equal(w.bad, 10);
    assert_int_equal(w.code, WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION);
    /* And there again, with another id. */
    w.broker.no_topic = false;
    w.broker.topic_id.bytes[0]++;
    w.broker.parts[0].produce_errors = w.broker.parts[1].produce_errors = 0;
    fill(&w, 5);
    finish(&w);
    assert_int_equal(w.good, 20);
    end(&w);
    begin(&w);
    w.config.write.topic_propagation_ms = 50;
    w.broker.no_topic = true;
    fill(&w, 5);
    finish(&w);
    assert_int_equal(w.bad, 10);
    end(&w);
}

/* Another broker leads from now on. */
static void test_moved(void **state)
{
    (void)state;
    writing w, other;
    begin(&w);
    begin(&other);
    fill(&w, 10);
    finish(&w);
    w.other = &other.broker;
    w.broker.advertised = other.broker.port; /* Metadata names the other's place */
    for (int p = 0; p < FAKE_PARTS; p++) {
        w.broker.parts[p].produce_error = WR_WIRE_NOT_LEADER;
        w.broker.parts[p].produce_errors = 1000000;
    }
    fill(&w, 300);
    finish(&w);
    assert_int_equal(other.broker.parts[0].high, 300);
    assert_int_equal(w.good, 620);
    assert_int_equal(w.bad, 0);
    end(&w);
    end(&other);
}

/* The answer that says so names the other one, and where it is: Metadata would not help. */
static void test_leader_named(void **state)
{
    (void)state;
    writing w, other;
    begin(&w);
    begin(&other);
    fill(&w, 10);
    finish(&w);
    int metadata = w.broker.metadata;
    w.other = &other.broker;
    w.broker.leader_hint = 8;
    w.broker.hint_port = other.broker.port;
    w.broker.hold_metadata = other.broker.hold_metadata = true;
    for (int p = 0; p < FAKE_PARTS; p++) {
        w.broker.parts[p].produce_error = WR_WIRE_NOT_LEADER;
        w.broker.parts[p].produce_errors = 1000000;
    }
    fill(&w, 300);
    finish(&w);
    assert_int_equal(other.broker.parts[1].high, 300);
    assert_int_equal(w.good, 620);
    assert_int_equal(w.broker.metadata, metadata);
    end(&w);
    end(&other);
}

/* Sequence numbers go on at 0 after the greatest. */
static void test_numbers_wrap(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    w.out[0]->next_sequence = INT32_MAX - 250;
    w.out[1]->next_sequence = INT32_MAX - 99; /* the first batch ends at the greatest */
    fill(&w, 100);
    finish(&w);
    assert_int_equal(w.broker.parts[1].known.next, 0);
    w.broker.parts[0].produce_error = WR_WIRE_MESSAGE_TOO_LARGE;
    w.broker.parts[0].produce_errors = 1;
    fill(&w, 500);
    finish(&w);
    assert_int_equal(w.bad, 100);
    assert_int_equal(w.code, WR_WIRE_MESSAGE_TOO_LARGE);
    check_written(&w, &w.broker, 0, 100, 100);
    check_written(&w, &w.broker, 1, 0, 0);
    for (int p = 0; p < FAKE_PARTS; p++) {
        assert_in_range(w.broker.parts[p].known.next, 0, 600);
        assert_int_equal(w.broker.parts[p].known.epoch, 0);
    }
    end(&w);
}

/* Answers that make no sense, but can be read. */
static void test_strange_answers(void **state)
{
    (void)state;
    static const int64_t offsets[] = {-5, INT64_MIN, INT64_MAX, INT64_MAX - 3};
    writing w;
    begin(&w);
    fill(&w, 10);
    finish(&w);
    w.broker.stranger = true; /* as if nothing had been said of ours */
    fill(&w, 300);
    finish(&w);
    check_all_written(&w);
    for (size_t i = 0; i < WR_ARRAY_LEN(offsets); i++) {
        int64_t before = w.position[0];
        w.broker.wrong_offset = offsets[i];
        fill(&w, 10);
        finish(&w);
        assert_int_equal(w.position[0], before); /* where they are is not known */
    }
    check_all_written(&w);
    end(&w);
}

/* The broker wants to be left alone for a while. */
static void test_throttle(void **state)
{
    (void)state;
    enum { MS = 60 };
    writing w;
    begin(&w);
    w.broker.throttle_ms = MS;
    fill(&w, 10);
    finish(&w);
    int before = w.broker.produces;
    int64_t since = wr__wire_now_ms();
    fill(&w, 10);
    finish(&w);
    assert_int_equal(w.broker.produces, before + 1);
    assert_true(wr__wire_now_ms() - since >= MS / 2);
    check_all_written(&w);
    end(&w);
}

/* Two topics of one name, one after the other: the second one has another id, and offsets of its
 * own. */
static void test_made_anew(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    fill(&w, 10);
    finish(&w);
    for (int p = 0; p < FAKE_PARTS; p++) {
        fake_part *part = &w.broker.parts[p];
        wr_buf_clear(&part->log);
        part->high = 0;
        part->known = (fake_known){.id = -1};
    }
    w.broker.topic_id.bytes[0]++;
    fill(&w, 300);
    finish(&w);
    assert_int_equal(w.good, 620);
    for (int p = 0; p < FAKE_PARTS; p++) {
        assert_int_equal(w.broker.parts[p].high, 300);
        assert_int_equal(w.broker.parts[p].known.epoch, 0);
    }
    end(&w);
}

/* Whatever happens to requests and answers: each record once, in order. */
static void test_random_faults(void **state)
{
    (void)state;
    static const fake_fault faults[] = {FAKE_HUGE, FAKE_CORRELATION, FAKE_CUT, FAKE_HANG_UP,
                                        FAKE_SILENCE};
    static const int16_t errors[] = {WR_WIRE_NOT_LEADER, WR_WIRE_REQUEST_TIMED_OUT,
                                     WR_WIRE_NOT_ENOUGH_REPLICAS_AFTER_APPEND};
    for (uint64_t run = 0; run < 25; run++) {
        uint64_t seed = run;
        writing w;
        begin(&w);
        w.config.request_ms = 20;
        w.config.write.ack_timeout_ms = 5;
        w.config.write.batch_records = 1 + random_below(&seed, 40);
        w.config.write.in_flight = 1 + random_below(&seed, 5);
        w.broker.fault_api = WR_WIRE_PRODUCE;
        for (int i = 0; i < 300; i++) {
            uint32_t n = random_below(&seed, 60);
            int partition = (int)random_below(&seed, FAKE_PARTS);
            for (uint32_t k = 0; k < n; k++)
                assert_true(add(&w, partition));
            if (random_below(&seed, 3))
                turns(&w, 1);
            else
                wr__wire_producer_poll(w.p, 0);
            if (random_below(&seed, 30) == 0) {
                w.broker.fault = faults[random_below(&seed, WR_ARRAY_LEN(faults))];
                w.broker.lost = random_below(&seed, 2);
            }
            fake_part *p = &w.broker.parts[partition];
            if (random_below(&seed, 20) == 0) {
                p->produce_error = errors[random_below(&seed, WR_ARRAY_LEN(errors))];
                p->produce_errors = 1 + (int)random_below(&seed, 3);
                p->written_all_the_same = random_below(&seed, 2);
            }
        }
        finish(&w);
        check_all_written(&w);
        for (int p = 0; p < FAKE_PARTS; p++) /* nothing was lost count of */
            assert_int_equal(w.broker.parts[p].known.epoch, 0);
        end(&w);
    }
}

/* A topic that comes while Metadata of another one is on its way: the answer to that is not its. */
static void test_topics_one_after_another(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    wr_record r = {.value = WR_STR("0")};
    w.config.write.topic_propagation_ms = 20;
    w.broker.hold_metadata = true;
    fill(&w, 1);
    turns(&w, 20);
    wr_wire_output *another = wr__wire_producer_output(w.p, "another", 0);
    assert_true(wr__wire_producer_add(w.p, another, NULL, &r));
    w.broker.hold_metadata = false;
    finish(&w);
    assert_int_equal(w.bad, 1); /* Metadata was asked for it, too: it is not there */
    assert_int_equal(w.code, WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION);
    assert_int_equal(w.good, 2);
    end(&w);
}

/* Topics that come one by one, while the broker takes its time: it is asked once at a time. */
static void test_many_topics(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    wr_record r = {.value = WR_STR("0")};
    w.config.write.topic_propagation_ms = 20;
    w.broker.hold_metadata = true;
    fill(&w, 1);
    turns(&w, 20);
    for (int i = 0; i < 30; i++) {
        char name[32];
        snprintf(name, sizeof name, "another-%d", i);
        wr_wire_output *another = wr__wire_producer_output(w.p, name, 0);
        assert_true(wr__wire_producer_add(w.p, another, NULL, &r));
        turns(&w, 2);
    }
    w.broker.hold_metadata = false;
    finish(&w);
    assert_int_equal(w.good, 2);
    assert_int_equal(w.bad, 30);
    assert_int_equal(w.faults, 0);
    end(&w);
}

/* Metadata does not show the topic for a reason that does not pass: each record learns of it. */
static void test_topic_refused(void **state)
{
    (void)state;
    enum { NOT_ALLOWED = 29 };
    writing w;
    begin(&w);
    w.broker.topic_error = NOT_ALLOWED;
    for (uint32_t i = 1; i <= 3; i++) {
        fill(&w, 1);
        finish(&w);
        assert_int_equal(w.bad, 2 * i);
        assert_int_equal(w.code, NOT_ALLOWED);
    }
    w.broker.topic_error = 0;
    fill(&w, 1);
    finish(&w);
    assert_int_equal(w.good, 2);
    end(&w);
}

static void test_wake(void **state)
{
    (void)state;
    writing w;
    begin(&w);
    wr__wire_producer_wake(w.p);
    wr__wire_producer_poll(w.p, -1); /* for ever, but for it */
    assert_int_equal(w.reports_n, 0);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_everything),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_without_idempotence),
        cmocka_unit_test(test_in_flight),
        cmocka_unit_test(test_linger),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_passing_errors),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_faults_of_ids),
        cmocka_unit_test(test_lost_count),
        cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_retries),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_purge),
        cmocka_unit_test(test_missing_topic),
        cmocka_unit_test(test_leader_named),
        cmocka_unit_test(test_numbers_wrap),
        cmocka_unit_test(test_strange_answers),
        cmocka_unit_test(test_throttle),
        cmocka_unit_test(test_made_anew),
        cmocka_unit_test(test_moved),
        cmocka_unit_test(test_random_faults),
        cmocka_unit_test(test_wake),
        cmocka_unit_test(test_many_topics),
        cmocka_unit_test(test_topic_refused),
        cmocka_unit_test(test_topics_one_after_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
