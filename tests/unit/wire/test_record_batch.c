/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record batches: random records written and read again in every codec, in runs of every length;
 * batches that are cut, and bits that are flipped; each thing that a batch can say wrongly, under a
 * good CRC; markers; the times and offsets at the limits. That others read what is written and the
 * reverse: tests/integration/test_record_batches.py.
 */
#include "batch_helper.h"
#include "runtime/log/wire/crc32c.h"
#include "runtime/log/wire/primitives.h"

typedef struct env {
    wr_wire_codec *codec;
    wr_arena *arena;
    wr_buf bytes, inflated;
    uint64_t seed;
} env;

static int setup(void **state)
{
    env *e = wr_calloc(1, sizeof *e);
    e->codec = wr__wire_codec_new();
    e->arena = wr_arena_new(0);
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    env *e = *state;
    wr__wire_codec_free(e->codec);
    wr_arena_free(e->arena);
    wr_buf_free(&e->bytes);
    wr_buf_free(&e->inflated);
    wr_free(e);
    return 0;
}

static wr_record one_record(const char *key, const char *value)
{
    return (wr_record){.key = wr_str_c(key), .value = wr_str_c(value), .timestamp = 1000};
}

/* Put the CRC of the batch at the start of e->bytes right. */
static void mend_crc(env *e)
{
    wr_put_be32(e->bytes.ptr + 17, wr__crc32c(0, e->bytes.ptr + 21, e->bytes.len - 21));
}

/* Make the batch as long as the bytes that are there. */
static void mend_length(env *e)
{
    wr_put_be32(e->bytes.ptr + 8, (uint32_t)(e->bytes.len - 12));
    mend_crc(e);
}

/* All of the batch at the start of e->bytes: head and records. */
static weir_status read_all(env *e, wr_record *out, uint32_t max, uint32_t *n, weir_error *err)
{
    wr_wire_batch b;
    wr_wire_records w;
    *n = 0;
    WR_TRY(wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, err));
    assert_int_equal(b.bytes, e->bytes.len);
    WR_TRY(wr__wire_records_open(&b, e->codec, &e->inflated, &w, err));
    return wr__wire_records_next(&w, 0, 7, e->arena, out, max, n, err);
}

/* ---- round trips ---- */

static void read_in_runs(env *e, const wr_wire_batch *b, const wr_record *expected, int64_t from)
{
    enum { RUN_MAX = 50 };
    wr_record got[RUN_MAX];
    wr_wire_records w;
    OK(wr__wire_records_open(b, e->codec, &e->inflated, &w, err));
    uint32_t at = (uint32_t)from, run, n;
    do {
        run = 1 + random_below(&e->seed, RUN_MAX);
        OK(wr__wire_records_next(&w, from, 7, e->arena, got, run, &n, err));
        for (uint32_t i = 0; i < n; i++) {
            assert_same_record(&got[i], &expected[at++]);
            assert_int_equal(got[i].partition, 7);
        }
    } while (n == run);
    assert_int_equal(at, b->count);
    assert_int_equal(w.left, 0);
}

static void test_round_trips(void **state)
{
    env *e = *state;
    for (int round = 0; round < 200; round++) {
        wr_codec codec = (wr_codec)(round % WR_CODECS);
        uint32_t n = 1 + random_below(&e->seed, 400);
        wr_record *records = random_records(&e->seed, e->arena, n);
        size_t before = e->bytes.len;
        put_batch(&e->bytes, records, n, codec, e->codec);
        wr_wire_batch b;
        OK(wr__wire_batch_read(e->bytes.ptr + before, e->bytes.len - before, &b, err));
        assert_int_equal(b.bytes, e->bytes.len - before);
        assert_int_equal(b.base_offset, 0);
        assert_int_equal(b.last_offset, n - 1);
        assert_int_equal(b.count, n);
        assert_int_equal(b.codec, codec);
        assert_int_equal(b.base_timestamp, records[0].timestamp);
        assert_int_equal(b.producer_id, -1);
        assert_int_equal(b.producer_epoch, -1);
        assert_int_equal(b.base_sequence, -1);
        assert_int_equal(b.leader_epoch, -1);
        assert_false(b.append_time || b.transactional || b.control);
        int64_t latest = INT64_MIN;
        for (uint32_t i = 0; i < n; i++)
            latest = WR_MAX(latest, records[i].timestamp);
        assert_int_equal(b.max_timestamp, latest);
        read_in_runs(e, &b, records, 0);
        read_in_runs(e, &b, records, random_below(&e->seed, n));
        wr_arena_reset(e->arena);
        if (round % 10 == 9)
            wr_buf_clear(&e->bytes);
    }
}

static void test_producer_is_stamped(void **state)
{
    env *e = *state;
    wr_wire_batch_writer w;
    wr_buf scratch = {0};
    wr__wire_batch_begin(&w, &e->bytes);
    assert_true(wr__wire_batch_add(&w, WR_STR("k"), WR_STR("v"), 5, NULL));
    OK(wr__wire_batch_seal(&w, WR_CODEC_NONE, true, e->codec, &scratch, err));
    const wr_wire_producer_id producers[] = {{4711, 3, 99}, {4711, 4, INT32_MAX}};
    for (size_t i = 0; i < WR_ARRAY_LEN(producers); i++) {
        wr_wire_batch b;
        wr__wire_batch_stamp(e->bytes.ptr, &producers[i]);
        OK(wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, err));
        assert_int_equal(b.producer_id, producers[i].id);
        assert_int_equal(b.producer_epoch, producers[i].epoch);
        assert_int_equal(b.base_sequence, producers[i].sequence);
        assert_true(b.transactional);
    }
    wr_buf_free(&scratch);
}

/* ---- damage ---- */

static void test_cut_batches_are_incomplete(void **state)
{
    env *e = *state;
    for (int codec = 0; codec < WR_CODECS; codec++) {
        wr_buf_clear(&e->bytes);
        put_batch(&e->bytes, random_records(&e->seed, e->arena, 5), 5, (wr_codec)codec, e->codec);
        for (size_t n = 0; n < e->bytes.len; n++) {
            char *exact = wr_malloc(n + 1); /* so that ASan sees a read beyond it */
            memcpy(exact + 1, e->bytes.ptr, n);
            wr_wire_batch b;
            OK(wr__wire_batch_read(exact + 1, n, &b, err));
            assert_int_equal(b.bytes, 0);
            wr_free(exact);
        }
    }
}

/* A batch whose length and CRC are good, and whose body ends at any byte. */
static void test_cut_bodies_are_errors(void **state)
{
    env *e = *state;
    wr_buf whole = {0};
    for (int codec = 0; codec < WR_CODECS; codec++) {
        wr_buf_clear(&whole);
        put_batch(&whole, random_records(&e->seed, e->arena, 9), 9, (wr_codec)codec, e->codec);
        for (size_t n = WR__WIRE_BATCH_HEAD; n < whole.len; n++) {
            wr_record out[9];
            uint32_t got;
            wr_buf_clear(&e->bytes);
            wr_buf_put(&e->bytes, whole.ptr, n);
            mend_length(e);
            FAILS(WEIR_ERR_LOG, "Record batch at offset 0: ", read_all(e, out, 9, &got, err));
        }
    }
    wr_buf_free(&whole);
}

/* What the CRC does not cover, as the broker writes it: the base offset, the leader epoch. */
static bool is_uncovered(size_t byte)
{
    return byte < 8 || (byte >= 12 && byte < 16);
}

static void test_flipped_bits_are_errors(void **state)
{
    env *e = *state;
    for (int codec = 0; codec < WR_CODECS; codec++) {
        wr_buf_clear(&e->bytes);
        put_batch(&e->bytes, random_records(&e->seed, e->arena, 4), 4, (wr_codec)codec, e->codec);
        for (size_t bit = 0; bit < e->bytes.len * 8; bit++) {
            size_t byte = bit / 8;
            e->bytes.ptr[byte] = (char)(e->bytes.ptr[byte] ^ 1 << bit % 8);
            wr_wire_batch b;
            weir_error err = {0};
            weir_status st = wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, &err);
            bool incomplete = st == WEIR_OK && b.bytes == 0;
            if (byte >= 17)
                assert_true(st == WEIR_ERR_LOG && strstr(err.message, "CRC"));
            else if (byte >= 8 && byte < 12)
                assert_true(st != WEIR_OK || incomplete);
            else if (!is_uncovered(byte))
                assert_true(st != WEIR_OK);
            e->bytes.ptr[byte] = (char)(e->bytes.ptr[byte] ^ 1 << bit % 8);
        }
    }
}

static void test_crc_is_reported(void **state)
{
    env *e = *state;
    wr_record r = one_record("k", "v");
    put_batch(&e->bytes, &r, 1, WR_CODEC_NONE, e->codec);
    wr_put_be64(e->bytes.ptr, 12345);
    uint32_t crc = wr_get_be32(e->bytes.ptr + 17);
    wr_put_be32(e->bytes.ptr + 17, 0xABCDEF01);
    char text[100];
    snprintf(text, sizeof text,
             "Record batch at offset 12345: its CRC is abcdef01, but its bytes make %08x", crc);
    wr_wire_batch b;
    FAILS(WEIR_ERR_LOG, text, wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, err));
}

static void test_old_messages_are_refused(void **state)
{
    env *e = *state;
    wr_wire_batch b;
    for (char magic = 0; magic <= 1; magic++) {
        wr_buf_clear(&e->bytes);
        wr__wire_put_i64(&e->bytes, 41);
        wr__wire_put_i32(&e->bytes, 20); /* shorter than the head of a batch */
        wr__wire_put_i32(&e->bytes, 1);
        wr__wire_put_i8(&e->bytes, magic);
        FAILS(WEIR_ERR_UNSUPPORTED, "Message at offset 41: its format is version",
              wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, err));
    }
    e->bytes.ptr[16] = 3;
    FAILS(WEIR_ERR_LOG, "offset 41: the version of its format is unknown",
          wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, err));
    e->bytes.ptr[16] = 2;
    FAILS(WEIR_ERR_LOG, "offset 41: it is shorter than its head",
          wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, err));
}

/* ---- wrong, under a good CRC ---- */

/* One field of the head of a batch of two records, and what is said of it. */
static void test_wrong_heads(void **state)
{
    static const struct {
        size_t at;
        int size;
        int64_t value;
        const char *says;
    } cases[] = {
        {0, 8, -1, "its offsets are out of range"},
        {0, 8, INT64_MAX, "its offsets are out of range"},
        {23, 4, -1, "its offsets are out of range"},
        {23, 4, 0, "it has more records than offsets"},
        {57, 4, -1, "it has more records than offsets"},
        {57, 4, 3, "it has more records than offsets"},
        {57, 4, 1, "there are bytes after its last record"},
        {57, 4, 0, "there are bytes after its last record"},
        {21, 2, 5, "its codec is unknown"},
        {21, 2, 7, "its codec is unknown"},
        {21, 2, 1, "gzip: "},
        {21, 2, 2, "snappy: "},
        {21, 2, 3, "lz4: "},
        {21, 2, 4, "zstd: "},
    };
    env *e = *state;
    wr_record records[] = {one_record("k1", "v1"), one_record("k2", "v2")}, out[3];
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf_clear(&e->bytes);
        put_batch(&e->bytes, records, 2, WR_CODEC_NONE, e->codec);
        wr_buf field = {0};
        wr__wire_put_i64(&field, cases[i].value);
        memcpy(e->bytes.ptr + cases[i].at, field.ptr + 8 - cases[i].size, (size_t)cases[i].size);
        wr_buf_free(&field);
        mend_crc(e);
        uint32_t n;
        FAILS(WEIR_ERR_LOG, cases[i].says, read_all(e, out, 3, &n, err));
    }
}

/* More records than bytes can be: nothing may be allocated for them. */
static void test_claimed_count(void **state)
{
    env *e = *state;
    wr_record r = one_record("k", "v"), out[1];
    for (int codec = 0; codec < WR_CODECS; codec++) {
        wr_buf_clear(&e->bytes);
        put_batch(&e->bytes, &r, 1, (wr_codec)codec, e->codec);
        wr_put_be32(e->bytes.ptr + 23, INT32_MAX);
        wr_put_be32(e->bytes.ptr + 57, INT32_MAX);
        mend_crc(e);
        uint32_t n;
        FAILS(WEIR_ERR_LOG, "it has too few bytes for its records", read_all(e, out, 1, &n, err));
    }
}

/* The bodies of batches that say they have two records. */
static void test_wrong_records(void **state)
{
    static const char good[] = "\x10\0\0\0\2k\2v\0"; /* offset delta 0, key k, value v */
    static const char wrong[] = "it is damaged, or its lengths are wrong";
    static const char order[] = "its offset is not between those around it";
#define RECORD(text, says)                                                                         \
    {                                                                                              \
        (text), sizeof(text) - 1, (says)                                                           \
    }
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } cases[] = {
        RECORD("\x10\0\0\2\2k\2v\0", NULL),
        RECORD("\x10\0\0\0\2k\2v\0", order),   /* the offset of the one before */
        RECORD("\x10\0\0\1\2k\2v\0", order),   /* -1 */
        RECORD("\x10\0\0\4\2k\2v\0", order),   /* after the last one */
        RECORD("\x12\0\0\2\2k\2v\0\0", wrong), /* a byte left over in it */
        RECORD("\x0e\0\0\2\2k\2v", wrong),     /* no count of headers */
        RECORD("\x0f\0\0\2\2k\2v\0", wrong),   /* a negative length */
        RECORD("\0\0\0\2\2k\2v\0", wrong),     /* an empty record */
        RECORD("\x7e\0\0\2\2k\2v\0", wrong),   /* longer than what is left */
        RECORD("\x10\0\0\2\x7e"
               "k\2v\0",
               wrong),                           /* a key longer than what is left */
        RECORD("\x10\0\0\2\2k\3v\0", wrong),     /* a value of -2 bytes */
        RECORD("\x10\0\0\2\2k\2v\1", wrong),     /* -1 headers */
        RECORD("\x10\0\0\2\2k\2v\x7e", wrong),   /* more headers than bytes */
        RECORD("\x14\0\0\2\2k\2v\2\1\0", wrong), /* a header without a name */
        RECORD("\x14\0\0\2\2k\2v\2\0\3", wrong), /* its value of -2 bytes */
        RECORD("\x14\0\0\2\2k\2v\2\0\1", NULL),  /* no bytes: NULL */
        RECORD("\x1a\0\0\x80\x80\x80\x80\x80\1\2k\2v\0", wrong), /* a number of 6 bytes */
        RECORD("\x18\0\0\xff\xff\xff\xff\x7f\2k\2v\0", wrong),   /* of more than 32 bits */
        RECORD("\x10\0\0\2\2k\2v\0\0", "there are bytes after its last record"),
    };
#undef RECORD
    env *e = *state;
    wr_record records[] = {one_record("k1", "v1"), one_record("k2", "v2")}, out[3];
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf_clear(&e->bytes);
        put_batch(&e->bytes, records, 2, WR_CODEC_NONE, e->codec);
        e->bytes.len = WR__WIRE_BATCH_HEAD;
        wr_buf_put(&e->bytes, good, sizeof good - 1);
        wr_buf_put(&e->bytes, cases[i].bytes, cases[i].n);
        mend_length(e);
        uint32_t n;
        if (cases[i].says)
            FAILS(WEIR_ERR_LOG, cases[i].says, read_all(e, out, 3, &n, err));
        else
            OK(read_all(e, out, 3, &n, err));
        assert_int_equal(n, cases[i].says ? 0 : 2);
    }
}

/* ---- what brokers make ---- */

static void test_compacted_batches(void **state)
{
    env *e = *state;
    wr_record records[] = {one_record("a", "1"), one_record("b", "2")}, out[3];
    put_batch(&e->bytes, records, 2, WR_CODEC_NONE, e->codec);
    wr_put_be64(e->bytes.ptr, 1000);
    wr_put_be32(e->bytes.ptr + 23, 9); /* offsets 1000..1009, of which two are left */
    e->bytes.ptr[WR__WIRE_BATCH_HEAD + 3] = 4;
    e->bytes.ptr[WR__WIRE_BATCH_HEAD + 9 + 3] = 10;
    mend_crc(e);
    uint32_t n;
    OK(read_all(e, out, 3, &n, err));
    assert_int_equal(n, 2);
    assert_int_equal(out[0].offset, 1002);
    assert_int_equal(out[1].offset, 1005);

    wr_wire_batch b;
    wr_wire_records w;
    OK(wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, err));
    assert_int_equal(b.last_offset, 1009);
    OK(wr__wire_records_open(&b, e->codec, &e->inflated, &w, err));
    OK(wr__wire_records_next(&w, 1003, 0, e->arena, out, 3, &n, err));
    assert_int_equal(n, 1);
    assert_int_equal(out[0].offset, 1005);
}

/* All records compacted away: the head is kept for the producer's sequence. */
static void test_empty_batches(void **state)
{
    env *e = *state;
    wr_record r = one_record("k", "v"), out[1];
    for (int codec = 0; codec < WR_CODECS; codec++) {
        wr_buf_clear(&e->bytes);
        put_batch(&e->bytes, &r, 1, (wr_codec)codec, e->codec);
        e->bytes.len = WR__WIRE_BATCH_HEAD;
        wr_put_be32(e->bytes.ptr + 57, 0);
        mend_length(e);
        uint32_t n = 1;
        OK(read_all(e, out, 1, &n, err));
        assert_int_equal(n, 0);
    }
}

static void test_times(void **state)
{
    env *e = *state;
    wr_record r = one_record("k", "v"), out[1];
    uint32_t n;
    put_batch(&e->bytes, &r, 1, WR_CODEC_NONE, e->codec);
    e->bytes.ptr[22] = 8; /* log append time */
    wr_put_be64(e->bytes.ptr + 35, 777);
    mend_crc(e);
    OK(read_all(e, out, 1, &n, err));
    assert_int_equal(out[0].timestamp, 777);

    e->bytes.ptr[22] = 0;
    wr_put_be64(e->bytes.ptr + 27, UINT64_MAX); /* -1: none */
    mend_crc(e);
    OK(read_all(e, out, 1, &n, err));
    assert_int_equal(out[0].timestamp, -1);

    wr_put_be64(e->bytes.ptr + 27, INT64_MAX);
    e->bytes.ptr[WR__WIRE_BATCH_HEAD + 2] = 2; /* one more */
    mend_crc(e);
    FAILS(WEIR_ERR_LOG, "record 0: its timestamp is out of range", read_all(e, out, 1, &n, err));
}

static void test_last_offsets_there_are(void **state)
{
    env *e = *state;
    wr_record records[] = {one_record("a", "1"), one_record("b", "2")}, out[2];
    uint32_t n;
    put_batch(&e->bytes, records, 2, WR_CODEC_NONE, e->codec);
    wr_put_be64(e->bytes.ptr, (uint64_t)INT64_MAX - 2);
    OK(read_all(e, out, 2, &n, err));
    assert_int_equal(out[1].offset, INT64_MAX - 1);
}

static void put_marker(env *e, const char *key, size_t key_len)
{
    wr_record r = {.key = wr_str_make(key, key_len), .value = WR_STR("\0\0\0\0\0\7")};
    wr_buf_clear(&e->bytes);
    put_batch(&e->bytes, &r, 1, WR_CODEC_NONE, e->codec);
    e->bytes.ptr[22] = 16 | 32;
    mend_crc(e);
}

static void test_markers(void **state)
{
    static const struct {
        const char *key;
        size_t key_len;
        wr_wire_control kind;
    } cases[] = {
        {"\0\0\0\0", 4, WR_WIRE_CONTROL_ABORT},      {"\0\0\0\1", 4, WR_WIRE_CONTROL_COMMIT},
        {"\0\1\0\1more", 8, WR_WIRE_CONTROL_COMMIT}, /* of a version to come */
        {"\0\0\0\2", 4, WR_WIRE_CONTROL_OTHER},      /* leader change */
        {"\0\0\1\1", 4, WR_WIRE_CONTROL_OTHER},
    };
    env *e = *state;
    wr_wire_batch b;
    wr_wire_control kind;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        put_marker(e, cases[i].key, cases[i].key_len);
        OK(wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, err));
        assert_true(b.control && b.transactional);
        OK(wr__wire_control_kind(&b, &kind, err));
        assert_int_equal(kind, cases[i].kind);
    }
    put_marker(e, "\0\0\0", 3);
    OK(wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, err));
    FAILS(WEIR_ERR_LOG, "a marker is damaged", wr__wire_control_kind(&b, &kind, err));
    e->bytes.len = WR__WIRE_BATCH_HEAD;
    mend_length(e);
    OK(wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, err));
    FAILS(WEIR_ERR_LOG, "a marker is damaged", wr__wire_control_kind(&b, &kind, err));
    wr_put_be32(e->bytes.ptr + 57, 0);
    mend_crc(e);
    OK(wr__wire_batch_read(e->bytes.ptr, e->bytes.len, &b, err));
    OK(wr__wire_control_kind(&b, &kind, err));
    assert_int_equal(kind, WR_WIRE_CONTROL_OTHER);
}

/* ---- the limits of writing ---- */

static void test_a_batch_has_limits(void **state)
{
    env *e = *state;
    wr_wire_batch_writer w;
    wr__wire_batch_begin(&w, &e->bytes);
    assert_true(wr__wire_batch_add(&w, WR_STR("k"), WR_STR("v"), -1, NULL));
    size_t before = e->bytes.len;
    assert_int_equal(wr__wire_batch_size(&w), before);
    wr_str huge = {"", INT32_MAX}; /* refused before it is read */
    assert_false(wr__wire_batch_add(&w, huge, (wr_str){0}, 0, NULL));
    huge.len = UINT32_MAX;
    assert_false(wr__wire_batch_add(&w, huge, huge, 0, NULL));
    assert_false(wr__wire_batch_add(&w, WR_STR("k"), WR_STR("v"), INT64_MAX, NULL));
    assert_int_equal(e->bytes.len, before);
    assert_int_equal(w.count, 1);
    assert_true(wr__wire_batch_add(&w, WR_STR("k"), WR_STR("v"), INT64_MAX - 1, NULL));
    assert_int_equal(w.max_timestamp, INT64_MAX - 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_round_trips),
        TEST(test_producer_is_stamped),
        TEST(test_cut_batches_are_incomplete),
        TEST(test_cut_bodies_are_errors),
        TEST(test_flipped_bits_are_errors),
        TEST(test_crc_is_reported),
        TEST(test_old_messages_are_refused),
        TEST(test_wrong_heads),
        TEST(test_claimed_count),
        TEST(test_wrong_records),
        TEST(test_compacted_batches),
        TEST(test_empty_batches),
        TEST(test_times),
        TEST(test_last_offsets_there_are),
        TEST(test_markers),
        TEST(test_a_batch_has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
