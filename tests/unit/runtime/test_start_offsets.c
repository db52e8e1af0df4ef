/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a query begins to read: at what its group has committed; else, by topic and settings, at an
 * end; and, where neither the directory nor an output knows anything of it, once more from where it
 * began. The cases ask a query of an engine that is stepped by nobody, so that nothing but the case
 * commits for it.
 */
#include "faulty_log.h"

#include "runtime/log/log_groups.h"
#include "runtime/query/query_internal.h"

enum { END = 30, NONE = -1000 }; /* what the log says is the end; no committed offset */

typedef struct offsets_case {
    const char *name;
    const char *reset;      /* auto.offset.reset */
    int64_t committed, low; /* of partition 0 */
    bool changelogs;        /* as on Kafka */
    bool known_here;        /* the directory has a mark of the query */
    bool known;             /* the query has committed in this process */
    bool output;            /* its sink has a record */
    int64_t start;
    bool fresh;
} offsets_case;

static const offsets_case cases[] = {
    {"new, earliest", "earliest", NONE, 0, false, false, false, false, 0, true},
    {"new, earliest, older records have expired", "earliest", NONE, 7, false, false, false, false,
     7, true},
    {"new, latest", "latest", NONE, 0, false, false, false, false, END, true},
    {"committed", "earliest", 12, 0, false, false, false, false, 12, false},
    {"committed, latest", "latest", 12, 0, false, false, false, false, 12, false},
    {"committed at the very start", "latest", 0, 0, false, false, false, false, 0, false},
    {"committed at the end", "earliest", END, 0, false, false, false, false, END, false},
    {"what comes next has expired", "earliest", 12, 20, false, false, false, false, 20, false},
    {"exactly the next one is left", "earliest", 12, 12, false, false, false, false, 12, false},
    /* Starting over is for logs with changelogs alone. */
    {"nothing is known, nothing was written", "earliest", 12, 0, true, false, false, false, 0,
     true},
    {"the same, latest", "latest", 12, 0, true, false, false, false, 12, false},
    {"the same, expired", "earliest", 12, 20, true, false, false, false, 20, true},
    {"the output is there", "earliest", 12, 0, true, false, false, true, 12, false},
    {"the directory knows it", "earliest", 12, 0, true, true, false, false, 12, false},
    {"this process knows it", "earliest", 12, 0, true, false, true, false, 12, false},
    {"no offset, nothing known", "earliest", NONE, 0, true, false, false, false, 0, true},
    {"offset 0 has read nothing", "latest", 0, 0, true, false, false, false, 0, false},
};

static weir *open_engine(const char *reset)
{
    const char *const settings[] = {"auto.offset.reset", reset, NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.log = WEIR_LOG_MEMORY;
    o.stepped = true;
    o.settings = settings;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    faulty_install(w);
    return w;
}

static wr_query *define(weir *w)
{
    RUN(w, "CREATE STREAM a (k VARCHAR KEY, v BIGINT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', "
           "PARTITIONS=2);"
           "CREATE STREAM x WITH (KAFKA_TOPIC='x') AS SELECT * FROM a;");
    wr_query *q = wr_engine_query_at(w->engine, 0);
    assert_non_null(q);
    return q;
}

/* As if a process of the query's group had committed. */
static void commit_for(wr_query *q, const char *topic, int64_t offset)
{
    weir_error err;
    wr_log_writer *writer;
    wr_topic_part part = {topic, 0, offset};
    wr_log_group_offsets group = {.group = q->group, .offsets = &part, .n = 1};
    assert_int_equal(wr_log_writer_new(q->log, NULL, &writer, &err), WEIR_OK);
    if (wr_log_writer_commit(writer, NULL, &group, 1, NULL, &err) != WEIR_OK)
        fail_msg("commit: %s", err.message);
    wr_log_writer_close(writer);
}

static void mark_known(wr_query *q)
{
    weir_error err;
    wr_db_batch *b = wr_db_batch_new(q->db);
    wr__query_put_known(q, b);
    assert_int_equal(wr_db_write(q->db, b, &err), WEIR_OK);
    wr_db_batch_free(b);
}

static void write_output(weir *w)
{
    weir_error err;
    weir_record r = {.topic = "x", .value = "{}", .value_len = 2, .partition = 1};
    assert_int_equal(weir_produce(w, &r, 1, &err), WEIR_OK);
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
}

static void run_case(const offsets_case *c)
{
    weir *w = open_engine(c->reset);
    wr_query *q = define(w);
    weir_error err = {0};
    if (c->committed != NONE)
        commit_for(q, "a", c->committed);
    if (c->known_here)
        mark_known(q);
    if (c->output)
        write_output(w);
    q->known = c->known;
    faulty.cls.can.has_changelogs = c->changelogs;
    wr_topic_part parts[] = {{"a", 0, 99}, {"a", 1, 99}};
    int64_t low[] = {c->low, 0}, high[] = {END, END};
    bool fresh = false;
    if (wr__query_start_offsets(q, parts, 1, low, high, &fresh, &err) != WEIR_OK)
        fail_msg("%s: %s", c->name, err.message);
    if (parts[0].offset != c->start || fresh != c->fresh)
        fail_msg("%s: starts at %lld (fresh: %d), expected %lld (%d)", c->name,
                 (long long)parts[0].offset, fresh, (long long)c->start, c->fresh);
    /* A partition without an offset begins beside one that has one; that one is as before. */
    fresh = false;
    assert_int_equal(wr__query_start_offsets(q, parts, 2, low, high, &fresh, &err), WEIR_OK);
    assert_int_equal(parts[0].offset, c->start);
    assert_int_equal(parts[1].offset, strcmp(c->reset, "latest") == 0 ? END : 0);
    assert_true(fresh);
    faulty.cls.can.has_changelogs = false;
    q->known = false;
    close_it(w);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        run_case(&cases[i]);
}

/* A table is all that was ever said of its keys, so its topic is read from the start, whatever
 * auto.offset.reset says; the stream that is joined with it is not. */
static void test_tables_from_their_start(void **state)
{
    (void)state;
    weir *w = open_engine("latest");
    RUN(w, "CREATE STREAM s (k VARCHAR KEY, v BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', "
           "PARTITIONS=1);"
           "CREATE TABLE t (k VARCHAR PRIMARY KEY, v BIGINT) WITH (KAFKA_TOPIC='t', "
           "VALUE_FORMAT='JSON', PARTITIONS=1);"
           "CREATE STREAM x AS SELECT s.k, s.v, t.v FROM s JOIN t ON s.k = t.k;");
    wr_query *q = wr_engine_query_at(w->engine, 0);
    wr_topic_part parts[] = {{"s", 0, 0}, {"t", 0, 0}};
    int64_t low[] = {3, 4}, high[] = {END, END};
    bool fresh = false;
    weir_error err;
    assert_int_equal(wr__query_start_offsets(q, parts, 2, low, high, &fresh, &err), WEIR_OK);
    assert_int_equal(parts[0].offset, END);
    assert_int_equal(parts[1].offset, 4);
    assert_true(fresh);
    close_it(w);
}

/* Whether there is output is not known: the query begins nowhere, rather than somewhere. */
static void test_log_that_fails(void **state)
{
    (void)state;
    static const faulty_op asked[] = {OP_LIST, OP_ENDS};
    weir *w = open_engine("earliest");
    wr_query *q = define(w);
    commit_for(q, "a", 12);
    faulty.cls.can.has_changelogs = true;
    for (size_t i = 0; i < WR_ARRAY_LEN(asked); i++) {
        wr_topic_part part = {"a", 0, 0};
        int64_t low = 0, high = END;
        bool fresh = false;
        weir_error err = {0};
        faulty_fail(asked[i], 1);
        assert_int_equal(wr__query_start_offsets(q, &part, 1, &low, &high, &fresh, &err),
                         WEIR_ERR_LOG);
        assert_string_equal(err.message, "injected failure");
        assert_false(fresh);
        assert_int_equal(wr__query_start_offsets(q, &part, 1, &low, &high, &fresh, &err), WEIR_OK);
        assert_true(fresh);
    }
    faulty.cls.can.has_changelogs = false;
    close_it(w);
}

/* The first rows of an aggregate may be in its repartition topic and nowhere else yet, committed by
 * another process: its next one begins where that was, and loses none of them. */
static void test_rows_on_their_way(void **state)
{
    (void)state;
    weir *w = open_engine("earliest");
    (void)define(w);
    RUN(w, "CREATE TABLE t AS SELECT v, COUNT(*) AS n FROM a GROUP BY v;");
    wr_query *q = wr_engine_query_at(w->engine, 1);
    commit_for(q, "a", 12);
    const char *between = NULL;
    for (uint32_t i = 0; i < q->plan->topics_n; i++)
        if (q->plan->topics[i].role == WR_TOPIC_REPARTITION)
            between = q->topics.names[i];
    assert_non_null(between);
    wr_topic_spec spec = {.name = between, .partitions = 2, .replicas = 1};
    weir_error err;
    assert_int_equal(wr_topic_create(q->log, &spec, &err), WEIR_OK);
    faulty.cls.can.has_changelogs = true;
    wr_topic_part parts[] = {{"a", 0, 99}, {between, 0, 99}};
    int64_t low[] = {0, 0}, high[] = {END, 1};
    bool fresh = false;
    assert_int_equal(wr__query_start_offsets(q, parts, 2, low, high, &fresh, &err), WEIR_OK);
    assert_int_equal(parts[0].offset, 0); /* there are none */
    weir_record r = {.topic = between, .value = "{}", .value_len = 2, .partition = 1};
    assert_int_equal(weir_produce(w, &r, 1, &err), WEIR_OK);
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
    assert_int_equal(wr__query_start_offsets(q, parts, 2, low, high, &fresh, &err), WEIR_OK);
    assert_int_equal(parts[0].offset, 12);
    assert_int_equal(parts[1].offset, 0);
    faulty.cls.can.has_changelogs = false;
    close_it(w);
}

/* The mark is one of this query and of no other. */
static void test_known_mark(void **state)
{
    (void)state;
    weir *w = open_engine("earliest");
    wr_query *q = define(w);
    RUN(w, "CREATE STREAM y AS SELECT * FROM a;");
    wr_query *other = wr_engine_query_at(w->engine, 1);
    wr_buf one = {0}, two = {0}, value = {0};
    weir_error err;
    bool found = true;
    wr__query_record_key(q->prefix, q->id, &one);
    wr__query_record_key(other->prefix, other->id, &two);
    assert_false(wr_str_eq(wr_buf_view(&one), wr_buf_view(&two)));
    mark_known(q);
    assert_int_equal(wr_db_meta_get(q->db, NULL, wr_buf_view(&two), &value, &found, &err), WEIR_OK);
    assert_false(found);
    assert_int_equal(wr_db_meta_get(q->db, NULL, wr_buf_view(&one), &value, &found, &err), WEIR_OK);
    assert_true(found);
    wr_buf_free(&one);
    wr_buf_free(&two);
    wr_buf_free(&value);
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),          cmocka_unit_test(test_tables_from_their_start),
        cmocka_unit_test(test_log_that_fails), cmocka_unit_test(test_rows_on_their_way),
        cmocka_unit_test(test_known_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
