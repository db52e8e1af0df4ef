/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing many records: they are copied, gathered into batches, and come out as they went in, in
 * their order; what cannot be written is said.
 */
#include "cli_test.h"

#include "topic.h"

const cli_command *const cli_commands[] = {NULL}; /* options.c wants them */

static weir *w;

static int setup(void **state)
{
    (void)state;
    w = open_engine("");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_engine(w);
    return 0;
}

/** Record number @p i: its parts differ in length, and every few are NULL or have headers. */
typedef struct made {
    char key[32], value[400], names[3][16], header_values[3][16];
    const char *header_keys[3];
    const void *values[3];
    size_t lens[3];
    weir_record record;
} made;

static void make(made *m, int i)
{
    memset(m, 0, sizeof *m);
    weir_record *r = &m->record;
    r->timestamp = i;
    r->partition = 0;
    if (i % 7) {
        r->key = m->key;
        r->key_len = (size_t)snprintf(m->key, sizeof m->key, "key %d", i);
    }
    if (i % 5) {
        r->value = m->value;
        r->value_len = (size_t)(i % 397);
        memset(m->value, 'a' + i % 26, r->value_len);
    }
    r->headers_n = (size_t)(i % 4);
    r->header_keys = m->header_keys;
    r->header_values = m->values;
    r->header_lens = m->lens;
    for (size_t h = 0; h < r->headers_n; h++) {
        snprintf(m->names[h], sizeof m->names[h], "h%d", (int)h);
        m->lens[h] = (size_t)snprintf(m->header_values[h], sizeof m->header_values[h], "%d", i);
        m->header_keys[h] = m->names[h];
        m->values[h] = m->header_values[h];
        if (i % 3 == 0) {
            m->values[h] = NULL;
            m->lens[h] = SIZE_MAX;
        }
    }
}

static void check_bytes(const void *got, size_t got_len, const void *expected, size_t len)
{
    assert_int_equal(got != NULL, expected != NULL);
    if (!expected)
        return;
    assert_int_equal(got_len, len);
    assert_memory_equal(got, expected, len);
}

static void check_topic(const char *topic, int n)
{
    weir_consumer *c;
    weir_error err = {0};
    weir_record got;
    assert_int_equal(weir_consume(w, topic, true, &c, &err), WEIR_OK);
    for (int i = 0; i < n; i++) {
        made m;
        make(&m, i);
        if (weir_consumer_next(c, true, 60000, &got, &err) != WEIR_ROW)
            fail_msg("record %d of %d: %s", i, n, err.message);
        assert_int_equal(got.offset, i);
        assert_int_equal(got.timestamp, i);
        check_bytes(got.key, got.key_len, m.record.key, m.record.key_len);
        check_bytes(got.value, got.value_len, m.record.value, m.record.value_len);
        assert_int_equal(got.headers_n, m.record.headers_n);
        for (size_t h = 0; h < got.headers_n; h++) {
            assert_string_equal(got.header_keys[h], m.names[h]);
            assert_int_equal(got.header_lens[h], m.lens[h]);
            check_bytes(got.header_values[h], got.header_lens[h], m.values[h], m.lens[h]);
        }
    }
    assert_int_equal(weir_consumer_next(c, true, 60000, &got, &err), WEIR_DONE);
    weir_consumer_close(c);
}

/* More than a batch has, in records and in bytes; the caller's memory is used again at once. */
static void test_many_records(void **state)
{
    (void)state;
    static const int numbers[] = {0, 1, 4095, 4096, 4097, 10000};
    for (size_t k = 0; k < COUNT(numbers); k++) {
        char topic[16];
        made m;
        snprintf(topic, sizeof topic, "t%d", numbers[k]);
        assert_int_equal(cli_topic_ensure(w, topic, 1), CLI_OK);
        cli_topic_writer *t = cli_topic_writer_new(w, topic);
        for (int i = 0; i < numbers[k]; i++) {
            make(&m, i);
            assert_true(cli_topic_writer_add(t, &m.record));
            assert_int_equal(cli_topic_writer_count(t), i + 1);
        }
        assert_true(cli_topic_writer_flush(t));
        assert_true(cli_topic_writer_flush(t)); /* nothing is left */
        cli_topic_writer_free(t);
        check_topic(topic, numbers[k]);
    }
    cli_topic_writer_free(NULL);
}

static void test_topics(void **state)
{
    (void)state;
    int partitions = 0;
    assert_int_equal(cli_topic_ensure(w, "t", 3), CLI_OK);
    assert_true(weir_topic_exists(w, "t", &partitions));
    assert_int_equal(partitions, 3);
    assert_int_equal(cli_topic_ensure(w, "t", 5), CLI_OK); /* it is there: it stays as it is */
    assert_true(weir_topic_exists(w, "t", &partitions));
    assert_int_equal(partitions, 3);
    capture_begin();
    int status = cli_topic_ensure(w, "u", 2000000000);
    capture_end();
    assert_int_equal(status, CLI_FAILED);
    check_contains(complained(), "weir: Topic 'u' cannot have 2000000000 partitions");
    assert_false(weir_topic_exists(w, "u", NULL));
}

static void test_failures(void **state)
{
    (void)state;
    made m;
    cli_topic_writer *t = cli_topic_writer_new(w, "nowhere");
    make(&m, 1);
    assert_true(cli_topic_writer_add(t, &m.record)); /* gathered, not yet handed over */
    capture_begin();
    bool ok = cli_topic_writer_flush(t);
    capture_end();
    assert_false(ok);
    check_contains(complained(), "nowhere");
    capture_begin();
    ok = true;
    for (int i = 0; i < 4096 && ok; i++)
        ok = cli_topic_writer_add(t, &m.record);
    ok = ok && cli_topic_writer_add(t, &m.record); /* the batch is full and cannot go */
    capture_end();
    assert_false(ok);
    check_contains(complained(), "nowhere");
    cli_topic_writer_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_many_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_topics, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, capture_teardown);
}
