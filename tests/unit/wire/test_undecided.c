/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ending undecided records, beside a broker that has some (fake_broker.h), is a coordinator as
 * well, and says no for a while where it is told to. It is served whenever the client waits.
 */
#include "fake_broker.h"
#include "runtime/log/wire/undecided.h"

#define ID "weir-s-1-0"
enum { PRODUCER = 41, EPOCH = 3 };

typedef struct scene {
    fake_broker broker;
    wr_wire_config config;
    wr_wire_undecided *u;
    char address[32];
    const char *state; /* of the last transaction */
    bool unknown;      /* the id is */
    int16_t find_error, describe_error, add_error, end_error, part_error; /* of the next one */
    int64_t open[FAKE_PARTS]; /* first undecided offset; -1: none */
    bool added[FAKE_PARTS];   /* to the transaction */
    int deaf;                 /* so many ends do not reach the partitions */
    int adds, ends, described, taken_up;
    bool committed;
    int turns, turns_max; /* 0: as many as it takes */
} scene;

static int16_t once(int16_t *error)
{
    int16_t was = *error;
    *error = 0;
    return was;
}

static void put_transaction(scene *s, wr_buf *out)
{
    int16_t error = s->unknown ? WR_WIRE_TRANSACTIONAL_ID_NOT_FOUND : once(&s->describe_error);
    wr__wire_put_i32(out, 0);
    wr__wire_put_array(out, 1, true);
    wr__wire_put_i16(out, error);
    wr__wire_put_str(out, WR_STR(ID), true);
    wr__wire_put_str(out, wr_str_c(s->state), true);
    wr__wire_put_i32(out, 10000);
    wr__wire_put_i64(out, 0);
    wr__wire_put_i64(out, error ? -1 : PRODUCER);
    wr__wire_put_i16(out, error ? -1 : EPOCH);
    wr__wire_put_array(out, 0, true);
    wr__wire_put_no_tags(out, true);
    wr__wire_put_no_tags(out, true);
}

static void put_producers(scene *s, wr_wire_in *in, wr_buf *out)
{
    s->described++;
    assert_int_equal(wr__wire_array(in, true, 1), 1);
    assert_true(wr_str_eq_c(wr__wire_str(in, true), FAKE_TOPIC));
    uint32_t n = wr__wire_array(in, true, 4);
    wr__wire_put_i32(out, 0);
    wr__wire_put_array(out, 1, true);
    wr__wire_put_str(out, WR_STR(FAKE_TOPIC), true);
    wr__wire_put_array(out, n, true);
    for (uint32_t i = 0; i < n; i++) {
        int32_t part = wr__wire_i32(in);
        int16_t error = once(&s->part_error);
        bool open = !error && s->open[part] >= 0;
        wr__wire_put_i32(out, part);
        wr__wire_put_i16(out, error);
        wr__wire_put_str(out, (wr_str){0}, true);
        wr__wire_put_array(out, open ? 2 : 0, true);
        for (int other = 0; other < (open ? 2 : 0); other++) { /* another one's, too */
            wr__wire_put_i64(out, PRODUCER + other);
            wr__wire_put_i32(out, EPOCH);
            wr__wire_put_i32(out, 0);
            wr__wire_put_i64(out, 0);
            wr__wire_put_i32(out, 0);
            wr__wire_put_i64(out, s->open[part]);
            wr__wire_put_no_tags(out, true);
        }
        wr__wire_put_no_tags(out, true);
    }
    wr__wire_tags_skip(in, true);
    wr__wire_put_no_tags(out, true);
    wr__wire_put_no_tags(out, true);
}

static void check_producer(wr_wire_in *in)
{
    assert_true(wr_str_eq_c(wr__wire_str(in, true), ID));
    assert_int_equal(wr__wire_i64(in), PRODUCER);
    assert_int_equal(wr__wire_i16(in), EPOCH);
}

static void add_partitions(scene *s, wr_wire_in *in, wr_buf *out)
{
    int16_t error = once(&s->add_error);
    check_producer(in);
    assert_int_equal(wr__wire_array(in, true, 1), 1);
    assert_true(wr_str_eq_c(wr__wire_str(in, true), FAKE_TOPIC));
    uint32_t n = wr__wire_array(in, true, 4);
    s->adds++;
    wr__wire_put_i32(out, 0);
    wr__wire_put_array(out, 1, true);
    wr__wire_put_str(out, WR_STR(FAKE_TOPIC), true);
    wr__wire_put_array(out, n, true);
    for (uint32_t i = 0; i < n; i++) {
        int32_t part = wr__wire_i32(in);
        s->added[part] = s->added[part] || !error;
        wr__wire_put_i32(out, part);
        wr__wire_put_i16(out, error);
        wr__wire_put_no_tags(out, true);
    }
    wr__wire_put_no_tags(out, true);
    wr__wire_put_no_tags(out, true);
    wr__wire_tags_skip(in, true);
}

static void end_transaction(scene *s, wr_wire_in *in, wr_buf *out)
{
    int16_t error = once(&s->end_error);
    check_producer(in);
    s->committed = wr__wire_bool(in);
    s->ends++;
    for (int i = 0; i < FAKE_PARTS && !error; i++) {
        if (s->added[i] && !s->deaf)
            s->open[i] = -1;
        s->added[i] = false;
    }
    s->deaf -= s->deaf > 0 && !error;
    wr__wire_put_i32(out, 0);
    wr__wire_put_i16(out, error);
    wr__wire_put_no_tags(out, true);
    wr__wire_tags_skip(in, true);
}

static bool answer(fake_broker *b, wr_wire_api api, wr_wire_in *in, int16_t version, wr_buf *out)
{
    scene *s = b->more_arg;
    if (api == WR_WIRE_FIND_COORDINATOR) {
        int16_t error = once(&s->find_error);
        assert_int_equal(version, 3);
        wr__wire_put_i32(out, 0);
        wr__wire_put_i16(out, error);
        wr__wire_put_str(out, (wr_str){0}, true);
        wr__wire_put_i32(out, error ? -1 : 7);
        wr__wire_put_str(out, WR_STR("127.0.0.1"), true);
        wr__wire_put_i32(out, b->port);
        wr__wire_put_no_tags(out, true);
    } else if (api == WR_WIRE_DESCRIBE_TRANSACTIONS) {
        put_transaction(s, out);
    } else if (api == WR_WIRE_DESCRIBE_PRODUCERS) {
        put_producers(s, in, out);
    } else if (api == WR_WIRE_ADD_PARTITIONS_TO_TXN) {
        add_partitions(s, in, out);
    } else if (api == WR_WIRE_END_TXN) {
        end_transaction(s, in, out);
    } else {
        s->taken_up += api == WR_WIRE_INIT_PRODUCER_ID;
        return false;
    }
    return true;
}

static void tell(void *arg, wr_wire_news news, const char *text)
{
    (void)arg, (void)news, (void)text;
}

static weir_status go_on(void *arg, weir_error *err)
{
    scene *s = arg;
    fake_serve(&s->broker);
    if (s->turns_max && ++s->turns > s->turns_max)
        return wr_error(err, WEIR_ERR_INTERRUPTED, "enough");
    return WEIR_OK;
}

static void begin_for(scene *s, int timeout_ms)
{
    memset(s, 0, sizeof *s);
    fake_start(&s->broker);
    s->broker.more = answer;
    s->broker.more_arg = s;
    s->state = "CompleteAbort";
    for (int i = 0; i < FAKE_PARTS; i++)
        s->open[i] = -1;
    s->config = fake_client(&s->broker, s->address, sizeof s->address);
    s->config.tell = tell;
    const wr_wire_undecided_options o = {.id = ID,
                                         .timeout_ms = timeout_ms,
                                         .turn_ms = 1,
                                         .group_prefix = "g",
                                         .go_on = go_on,
                                         .arg = s};
    OK(wr__wire_undecided_new(&s->config, &o, &s->u, err));
}

static void begin(scene *s)
{
    begin_for(s, 20000);
}

static void end(scene *s)
{
    wr__wire_undecided_free(s->u);
    fake_stop(&s->broker);
}

static const char *const topics[] = {FAKE_TOPIC};

static void test_nothing(void **state)
{
    (void)state;
    scene s;
    wr_wire_undecided_found found;
    begin(&s);
    OK(wr__wire_undecided_look(s.u, err));
    OK(wr__wire_undecided_end(s.u, topics, 1, &found, err));
    assert_int_equal(found.partitions, 0);
    assert_int_equal(s.described, 1);
    assert_int_equal(s.adds + s.ends, 0);
    end(&s);
    /* Nobody has ever used the id. */
    begin(&s);
    s.unknown = true;
    OK(wr__wire_undecided_look(s.u, err));
    OK(wr__wire_undecided_end(s.u, topics, 1, &found, err));
    assert_int_equal(s.described, 0);
    end(&s);
}

/* As the last transaction ended; what passes is asked again, as is an end that was not heard. */
static void test_ends(void **state)
{
    (void)state;
    for (int commit = 0; commit < 2; commit++) {
        scene s;
        wr_wire_undecided_found found;
        begin(&s);
        s.state = commit ? "CompleteCommit" : "Ongoing";
        s.open[1] = 143;
        s.find_error = WR_WIRE_COORDINATOR_NOT_AVAILABLE;
        s.describe_error = WR_WIRE_COORDINATOR_LOAD_IN_PROGRESS;
        s.part_error = WR_WIRE_NOT_LEADER;
        s.add_error = WR_WIRE_CONCURRENT_TRANSACTIONS;
        s.end_error = WR_WIRE_NOT_COORDINATOR;
        s.deaf = commit;
        OK(wr__wire_undecided_look(s.u, err));
        OK(wr__wire_undecided_take_up(s.u, err));
        OK(wr__wire_undecided_end(s.u, topics, 1, &found, err));
        assert_int_equal(s.taken_up, 1);
        assert_int_equal(s.open[1], -1);
        assert_int_equal(s.committed, commit);
        assert_int_equal(found.committed, commit);
        assert_int_equal(found.partitions, 1);
        assert_string_equal(found.topic, FAKE_TOPIC);
        assert_int_equal(found.partition, 1);
        assert_int_equal(found.offset, 143);
        assert_int_equal(s.adds, 2 + commit);
        assert_int_equal(s.ends, 2 + commit);
        assert_string_equal(found.unseen, "");
        end(&s);
    }
}

static void test_lost_connection(void **state)
{
    (void)state;
    scene s;
    wr_wire_undecided_found found;
    begin(&s);
    s.open[0] = 0;
    s.broker.fault_api = WR_WIRE_END_TXN;
    s.broker.fault = FAKE_HANG_UP;
    OK(wr__wire_undecided_look(s.u, err));
    OK(wr__wire_undecided_end(s.u, topics, 1, &found, err));
    assert_int_equal(found.partitions, 1);
    assert_int_equal(s.open[0], -1);
    assert_true(s.ends >= 2);
    end(&s);
}

/* Topics that may not be seen are named, those that are gone have nothing. */
static void test_topics(void **state)
{
    (void)state;
    scene s;
    wr_wire_undecided_found found;
    begin(&s);
    s.part_error = WR_WIRE_TOPIC_AUTHORIZATION_FAILED;
    OK(wr__wire_undecided_look(s.u, err));
    OK(wr__wire_undecided_end(s.u, topics, 1, &found, err));
    assert_string_equal(found.unseen, FAKE_TOPIC);
    end(&s);
    begin(&s);
    s.open[0] = 5;
    s.broker.no_topic = true;
    OK(wr__wire_undecided_look(s.u, err));
    OK(wr__wire_undecided_end(s.u, topics, 1, &found, err));
    assert_int_equal(s.described, 0);
    end(&s);
}

static void test_refused(void **state)
{
    (void)state;
    scene s;
    wr_wire_undecided_found found;
    begin(&s);
    s.describe_error = WR_WIRE_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    FAILS(WEIR_ERR_UNSUPPORTED, "may not be described", wr__wire_undecided_look(s.u, err));
    end(&s);
    begin(&s);
    s.open[0] = 5;
    s.add_error = WR_WIRE_INVALID_PRODUCER_EPOCH; /* somebody else has the id */
    OK(wr__wire_undecided_look(s.u, err));
    FAILS(WEIR_ERR_LOG, "error 47", wr__wire_undecided_end(s.u, topics, 1, &found, err));
    assert_int_equal(s.open[0], 5);
    end(&s);
    /* A partition without a leader is waited for, until the caller has enough. */
    begin(&s);
    OK(wr__wire_undecided_look(s.u, err));
    s.broker.leader = -1;
    s.turns_max = 200;
    FAILS(WEIR_ERR_INTERRUPTED, "enough", wr__wire_undecided_end(s.u, topics, 1, &found, err));
    assert_true(s.broker.metadata > 2);
    end(&s);
    begin_for(&s, 300);
    OK(wr__wire_undecided_look(s.u, err));
    s.broker.leader = -1;
    FAILS(WEIR_ERR_LOG, "Topic t partition 0 has no leader",
          wr__wire_undecided_end(s.u, topics, 1, &found, err));
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),         cmocka_unit_test(test_ends),
        cmocka_unit_test(test_lost_connection), cmocka_unit_test(test_topics),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
