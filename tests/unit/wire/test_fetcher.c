/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fetcher beside a broker that behaves, and one that does not (fake_broker.h): what is read,
 * what is asked for, and that every fault is survived, from the position that was handed out.
 */
#include "fetch_helper.h"

#include <unistd.h>

static void test_reads_everything(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    fill(&r);
    assign(&r, 0, 5);
    read_all(&r);
    assert_int_equal(r.records[0], r.broker.parts[0].high);
    assert_int_equal(r.records[1], r.broker.parts[1].high - 5);
    assert_int_equal(wr__wire_fetcher_end(r.f, 1), r.broker.parts[1].high);
    assert_int_equal(r.broker.full_fetches, 1); /* the rest were changes of the session */
    assert_int_equal(r.broker.last_version, 16);
    assert_int_equal(r.faults, 0);
    assert_int_equal(r.broker.connections, 2); /* the address, and the broker that it named */
    fill(&r);
    read_all(&r);
    end(&r);
}

static void test_old_brokers(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    r.broker.old_versions = true;
    r.broker.fetch_max = 12;
    fill(&r);
    assign(&r, 0, 0);
    read_all(&r);
    assert_int_equal(r.broker.last_version, 12);
    end(&r);
}

static void test_ends(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    fill(&r);
    r.broker.parts[0].low = 3;
    assign(&r, WR_WIRE_BEGINNING, WR_WIRE_END);
    assert_int_equal(wr__wire_fetcher_position(r.f, 0), WR_WIRE_BEGINNING);
    assert_int_equal(wr__wire_fetcher_end(r.f, 0), -1);
    for (int i = 0; i < 500 && wr__wire_fetcher_position(r.f, 1) < 0; i++)
        OK(turn(&r, err));
    assert_int_equal(wr__wire_fetcher_position(r.f, 1), r.broker.parts[1].high);
    r.next[1] = r.broker.parts[1].high;
    read_all(&r);
    assert_int_equal(r.broker.lists, 1); /* both in one request */
    assert_int_equal(r.records[0], r.broker.parts[0].high - 3);
    assert_int_equal(r.records[1], 0);
    end(&r);
}

static void test_pause(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    fill(&r);
    assign(&r, 0, 0);
    wr__wire_fetcher_pause(r.f, 0, true);
    turns(&r, 200);
    assert_int_equal(r.records[0], 0);
    assert_int_equal(r.next[1], r.broker.parts[1].high);
    assert_true(r.broker.last_wait_ms < 500); /* it may go on at any moment */
    wr__wire_fetcher_pause(r.f, 0, false);
    read_all(&r);
    wr__wire_fetcher_pause(r.f, 1, true);
    fake_append(&r.broker, 1, 5, WR_CODEC_NONE, FAKE_PLAIN, -1);
    turns(&r, 50);
    assert_int_equal(r.next[1], r.broker.parts[1].high - 5);
    wr__wire_fetcher_pause(r.f, 1, false);
    read_all(&r);
    assert_int_equal(r.broker.full_fetches, 1);
    end(&r);
}

/* What paused partitions hold may not stop the others where memory is short. */
static void test_memory(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    r.config.buffered_max = 4096;
    fill(&r);
    assign(&r, 0, 0);
    for (int i = 0; i < 400; i++) {
        if (i % 7 == 0)
            wr__wire_fetcher_pause(r.f, (uint32_t)(i / 7) % 2, i / 14 % 2 == 0);
        OK(turn(&r, err));
    }
    wr__wire_fetcher_pause(r.f, 0, false);
    wr__wire_fetcher_pause(r.f, 1, false);
    read_all(&r);
    assert_int_equal(r.records[0], r.broker.parts[0].high);
    end(&r);
}

/* What is left of a batch at the end of an answer is none, and is asked for again. */
static void test_cut_batches(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    r.broker.cuts_batches = true;
    fill(&r);
    assign(&r, 0, 0);
    read_all(&r);
    for (int p = 0; p < FAKE_PARTS; p++)
        assert_int_equal(r.records[p], r.broker.parts[p].high); /* each once */
    assert_int_equal(r.faults, 0);
    end(&r);
}

static void test_faults(void **state)
{
    (void)state;
    static const fake_fault faults[] = {FAKE_HUGE, FAKE_CORRELATION, FAKE_CUT, FAKE_HANG_UP};
    for (size_t i = 0; i < WR_ARRAY_LEN(faults); i++) {
        reading r;
        begin(&r);
        fill(&r);
        assign(&r, 0, 0);
        for (int k = 0; k < 500 && r.records[0] == 0; k++)
            OK(turn(&r, err));
        r.broker.fault = faults[i];
        read_all(&r);
        fill(&r);
        read_all(&r);
        assert_true(r.faults > 0);
        assert_int_equal(r.records[0], r.broker.parts[0].high); /* each record once */
        end(&r);
    }
}

/* Other partitions are wanted while Metadata for the first ones is under way. */
static void test_assigned_before_metadata(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    fill(&r);
    wr_wire_place other = {"u", 0, 0};
    wr__wire_fetcher_assign(r.f, &other, 1);
    wr_wire_figures f = {0};
    for (int i = 0; i < 500 && f.requests < 2; i++) { /* for versions, for Metadata */
        OK(turn(&r, err));
        wr__wire_fetcher_figures(r.f, &f);
    }
    assert_int_equal(f.in_flight, 1);
    for (int i = 0; i < 10; i++) { /* each time something else: no request for each */
        wr_wire_run *run;
        wr_wire_trouble trouble;
        bool woken;
        assign(&r, i % 2, 0);
        OK(wr__wire_fetcher_poll(r.f, 100, 0, &run, &trouble, &woken, err));
        assert_null(run);
    }
    assign(&r, 0, 0);
    read_all(&r);
    assert_int_equal(r.records[0], r.broker.parts[0].high);
    assert_int_equal(r.faults, 0);
    end(&r);
}

static void test_figures(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    fill(&r);
    wr_wire_figures f;
    wr__wire_fetcher_figures(r.f, &f);
    assert_int_equal(f.requests + f.connects + f.records, 0);
    assign(&r, 0, 5);
    read_all(&r);
    wr__wire_fetcher_figures(r.f, &f);
    /* Each connection has asked for versions; a Fetch is under way. */
    assert_int_equal(f.requests, 2 + r.broker.metadata + r.broker.fetches + r.broker.lists + 1);
    assert_int_equal(f.in_flight, 1);
    assert_int_equal(f.answers + f.in_flight + f.queued, f.requests);
    assert_int_equal(f.records, r.records[0] + r.records[1]);
    assert_true(f.received_bytes > r.broker.parts[0].log.len && f.sent_bytes > 0);
    assert_int_equal(f.connects, 2);
    assert_int_equal(f.disconnects + f.errors + f.timeouts + f.fetched, 0);
    assert_true(f.round_trip_mean > 0 && f.round_trip_p99 >= f.round_trip_mean);
    r.broker.fault = FAKE_HANG_UP;
    fill(&r);
    read_all(&r);
    wr__wire_fetcher_figures(r.f, &f);
    assert_int_equal(f.connects, 3);
    assert_int_equal(f.disconnects, 1);
    assert_int_equal(f.errors, 1);
    assert_int_equal(f.timeouts, 0);
    end(&r);
}

/* A request without an answer is given up, and made again on another connection. */
static void test_silence(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    r.config.request_ms = 20;
    r.config.fetch_wait_ms = 10;
    fill(&r);
    assign(&r, 0, 0);
    r.broker.fault = FAKE_SILENCE;
    read_all(&r);
    /* More of either where this machine itself takes 20 ms for an answer. */
    assert_true(r.faults >= 1);
    assert_true(r.broker.connections >= 2 + r.faults);
    wr_wire_figures f;
    wr__wire_fetcher_figures(r.f, &f);
    assert_int_equal(f.timeouts, r.faults);
    assert_int_equal(f.disconnects, r.faults);
    assert_int_equal(r.records[0], r.broker.parts[0].high);
    end(&r);
}

/* Metadata names another place of the same broker. */
static void test_moved_broker(void **state)
{
    (void)state;
    reading r, other;
    begin(&r);
    begin(&other);
    fill(&r);
    fill(&other);
    assign(&r, 0, 0);
    read_all(&r);
    int fetches = r.broker.fetches;
    fill(&other);
    r.broker.advertised = other.broker.port;
    r.broker.parts[0].error = WR_WIRE_NOT_LEADER;
    for (int i = 0; i < 2000 && r.next[1] < other.broker.parts[1].high; i++) {
        OK(turn(&r, err));
        fake_serve(&other.broker);
    }
    assert_int_equal(r.next[0], other.broker.parts[0].high);
    assert_int_equal(r.next[1], other.broker.parts[1].high);
    assert_true(other.broker.fetches > 0);
    assert_in_range(r.broker.fetches, fetches, fetches + 20);
    end(&r);
    end(&other);
}

static void test_session_errors(void **state)
{
    (void)state;
    static const int16_t errors[] = {
        WR_WIRE_FETCH_SESSION_ID_NOT_FOUND, WR_WIRE_INVALID_FETCH_SESSION_EPOCH,
        WR_WIRE_FETCH_SESSION_TOPIC_ID_ERROR, WR_WIRE_UNKNOWN_SERVER_ERROR};
    reading r;
    begin(&r);
    assign(&r, 0, 0);
    for (size_t i = 0; i < WR_ARRAY_LEN(errors); i++) {
        fill(&r);
        r.broker.session_error = errors[i];
        read_all(&r);
        assert_int_equal(r.broker.session_error, 0);
    }
    assert_int_equal(r.broker.full_fetches, 1 + (int)WR_ARRAY_LEN(errors));
    end(&r);
}

/* Errors that say that the leader is another one: Metadata, and on. */
static void test_moves(void **state)
{
    (void)state;
    static const int16_t errors[] = {WR_WIRE_NOT_LEADER,           WR_WIRE_FENCED_LEADER_EPOCH,
                                     WR_WIRE_UNKNOWN_LEADER_EPOCH, WR_WIRE_UNKNOWN_TOPIC_ID,
                                     WR_WIRE_KAFKA_STORAGE_ERROR,  WR_WIRE_LEADER_NOT_AVAILABLE};
    reading r;
    begin(&r);
    assign(&r, 0, 0);
    for (size_t i = 0; i < WR_ARRAY_LEN(errors); i++) {
        int metadata = r.broker.metadata;
        fill(&r);
        r.broker.parts[1].error = errors[i];
        read_all(&r);
        turns(&r, 20);
        assert_true(r.broker.metadata > metadata);
    }
    assert_int_equal(r.trouble, 0);
    assert_int_equal(r.records[1], r.broker.parts[1].high);
    end(&r);
}

static void test_troubles(void **state)
{
    (void)state;
    enum { NOT_ALLOWED = 29 };
    reading r;
    begin(&r);
    fill(&r);
    r.broker.parts[0].low = 40;
    assign(&r, 10, 0);
    turns(&r, 200);
    assert_int_equal(r.trouble, WR_WIRE_OFFSET_OUT_OF_RANGE);
    assert_int_equal(r.trouble_part, 0);
    assert_int_equal(r.records[0], 0); /* it rests */
    assert_int_equal(r.next[1], r.broker.parts[1].high);
    r.trouble = 0;
    wr__wire_fetcher_seek(r.f, 0, 40);
    read_all(&r);
    r.broker.parts[1].error = NOT_ALLOWED;
    turns(&r, 50);
    assert_int_equal(r.trouble, NOT_ALLOWED);
    assert_int_equal(r.trouble_part, 1);
    end(&r);
}

/* A topic with another id is another topic, however far it is filled. */
static void test_made_anew(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    fill(&r);
    assign(&r, 0, 0);
    read_all(&r);
    fill(&r);
    r.broker.topic_id.bytes[0]++;
    r.broker.parts[0].error = WR_WIRE_UNKNOWN_TOPIC_ID;
    turns(&r, 200);
    assert_int_equal(r.trouble, WR_WIRE_INCONSISTENT_TOPIC_ID);
    end(&r);
    /* Nothing has been read of it: it may be. */
    begin(&r);
    assign(&r, 0, 0);
    turns(&r, 100);
    r.broker.topic_id.bytes[0]++;
    r.broker.parts[0].error = r.broker.parts[1].error = WR_WIRE_UNKNOWN_TOPIC_ID;
    fill(&r);
    read_all(&r);
    assert_int_equal(r.trouble, 0);
    end(&r);
}

static void test_missing_topic(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    r.broker.no_topic = true;
    fill(&r);
    assign(&r, 0, 0);
    turns(&r, 100);
    assert_int_equal(r.trouble, 0);
    assert_int_equal(r.broker.fetches, 0);
    assert_in_range(r.broker.metadata, 2, 30); /* again and again, but not at once */
    r.broker.no_topic = false;
    for (int i = 0; i < 2000 && r.next[0] == 0; i++)
        OK(turn(&r, err));
    read_all(&r);
    end(&r);
}

/* The new leader lacks the end of what was read. */
static void test_truncated(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    fill(&r);
    assign(&r, 0, 0);
    read_all(&r);
    int64_t high = r.broker.parts[0].high;
    for (int p = 0; p < FAKE_PARTS; p++)
        r.broker.parts[p].epoch = 5;
    r.broker.parts[0].epoch_end = high - 10;
    r.broker.parts[1].epoch_end = r.broker.parts[1].high; /* this one has it all */
    r.broker.parts[0].error = r.broker.parts[1].error = WR_WIRE_FENCED_LEADER_EPOCH;
    r.next[0] = high - 10;
    uint32_t before = r.records[0];
    read_all(&r);
    assert_int_equal(r.records[0] - before, 10);
    assert_true(r.broker.epoch_asks > 0);
    fill(&r);
    read_all(&r);
    end(&r);
}

/* An error that says where; the position stays, and what is read then is good. */
static void test_damaged_records(void **state)
{
    (void)state;
    reading r;
    weir_error err = {0};
    begin(&r);
    assign(&r, 0, 0);
    turns(&r, 50);
    fake_append(&r.broker, 0, 50, WR_CODEC_NONE, FAKE_PLAIN, -1);
    r.broker.fault = FAKE_RECORD;
    weir_status st = WEIR_OK;
    for (int i = 0; i < 500 && st == WEIR_OK; i++)
        st = turn(&r, &err);
    assert_int_equal(st, WEIR_ERR_LOG);
    assert_non_null(strstr(err.message, "t, partition 0: Record batch at offset 0"));
    assert_int_equal(wr__wire_fetcher_position(r.f, 0), 0);
    read_all(&r);
    assert_int_equal(r.records[0], 50);
    end(&r);
}

static void test_broker_away(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    assign(&r, 0, 0);
    turns(&r, 50);
    int port = r.broker.port;
    for (int i = 0; i < FAKE_CONNECTIONS; i++)
        fake_hang_up(&r.broker, i);
    close(r.broker.listener);
    r.broker.listener = -1;
    for (int i = 0; i < 100; i++) {
        wr_wire_run *run;
        wr_wire_trouble trouble;
        bool woken;
        OK(wr__wire_fetcher_poll(r.f, 10, 2, &run, &trouble, &woken, err));
        assert_null(run);
    }
    assert_int_equal(r.all_down, 1);   /* said once */
    assert_in_range(r.faults, 3, 150); /* with a back-off */
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    r.broker.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(r.broker.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(r.broker.listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(r.broker.listener, 8), 0);
    fill(&r);
    read_all(&r);
    end(&r);
}

/* What shows that the connection is gone is the first of two requests that are due together. */
static void test_reset_between_requests(void **state)
{
    (void)state;
    reading r;
    const struct linger reset = {.l_onoff = 1};
    begin(&r);
    fill(&r);
    assign(&r, 0, 0);
    read_all(&r);
    for (uint32_t p = 0; p < FAKE_PARTS; p++)
        wr__wire_fetcher_pause(r.f, p, true);
    turns(&r, 20); /* the last Fetch is answered, and there is none after it */
    int fetches = r.broker.fetches;
    turns(&r, 5);
    assert_int_equal(r.broker.fetches, fetches);
    for (int i = 0; i < FAKE_CONNECTIONS; i++) {
        if (r.broker.fd[i] >= 0)
            assert_int_equal(
                setsockopt(r.broker.fd[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
        fake_hang_up(&r.broker, i);
    }
    wr__wire_fetcher_seek(r.f, 0, WR_WIRE_BEGINNING); /* ListOffsets for the one, */
    wr__wire_fetcher_pause(r.f, 1, false);            /* Fetch for the other */
    wr__wire_fetcher_pause(r.f, 0, false);
    r.next[0] = 0;
    fake_append(&r.broker, 1, 7, WR_CODEC_NONE, FAKE_PLAIN, -1);
    read_all(&r);
    assert_true(r.faults > 0);
    end(&r);
}

static void test_wake_and_assign(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    fill(&r);
    wr_wire_run *run;
    wr_wire_trouble trouble;
    bool woken;
    wr__wire_fetcher_wake(r.f);
    OK(wr__wire_fetcher_poll(r.f, 10, -1, &run, &trouble, &woken, err)); /* for ever, but for it */
    assert_true(woken);
    assign(&r, 0, 0);
    for (int i = 0; i < 500 && r.records[0] == 0; i++)
        OK(turn(&r, err));
    for (int i = 0; i < 5; i++) { /* in the middle of everything */
        assign(&r, 100 * i, 7);
        turns(&r, 3);
    }
    assign(&r, 1, 2);
    r.records[0] = r.records[1] = 0;
    read_all(&r);
    assert_int_equal(r.records[0], r.broker.parts[0].high - 1);
    assert_int_equal(r.records[1], r.broker.parts[1].high - 2);
    end(&r);
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"a:1,b:2", true},     {"PLAINTEXT://a:1", true},
        {"[::1]:9092", true},  {"::1", true},
        {"a", true},           {"a:", false},
        {"a:0", false},        {"a:65536", false},
        {"[::1", false},       {"[::1]x", false},
        {":1", false},         {"", false},
        {" a:1 , b:2 ", true}, {"a:x", false},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        char *text = wr_strdup(cases[i].text);
        wr_wire_config config = {.bootstrap = text, .tell = tell};
        wr_wire_fetcher *f = NULL;
        weir_error err = {0};
        weir_status st = wr__wire_fetcher_new(&config, &f, &err);
        if ((st == WEIR_OK) != cases[i].good)
            fail_msg("'%s': %d %s", cases[i].text, st, err.message);
        if (st == WEIR_OK)
            wr__wire_fetcher_free(f);
        else
            assert_non_null(strstr(err.message, "bootstrap.servers"));
        wr_free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_everything),
        cmocka_unit_test(test_old_brokers),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_cut_batches),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_assigned_before_metadata),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_session_errors),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_moved_broker),
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_troubles),
        cmocka_unit_test(test_made_anew),
        cmocka_unit_test(test_missing_topic),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_damaged_records),
        cmocka_unit_test(test_broker_away),
        cmocka_unit_test(test_reset_between_requests),
        cmocka_unit_test(test_wake_and_assign),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
