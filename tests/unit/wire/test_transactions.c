/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fetcher and transactions: what was aborted is never handed out, and all that was committed
 * is, wherever somebody begins to read.
 */
#include "fetch_helper.h"

static void test_transactions(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    fake_append(&r.broker, 0, 3, WR_CODEC_LZ4, FAKE_PLAIN, -1);          /* 0 .. 2 */
    fake_append(&r.broker, 0, 4, WR_CODEC_LZ4, FAKE_TRANSACTIONAL, 50);  /* 3 .. 6, aborted */
    fake_append(&r.broker, 0, 2, WR_CODEC_NONE, FAKE_TRANSACTIONAL, 60); /* 7, 8 */
    fake_append(&r.broker, 0, 1, WR_CODEC_NONE, FAKE_ABORT, 50);         /* 9 */
    fake_append(&r.broker, 0, 2, WR_CODEC_ZSTD, FAKE_TRANSACTIONAL, 50); /* 10, 11: another one */
    fake_append(&r.broker, 0, 1, WR_CODEC_NONE, FAKE_COMMIT, 60);        /* 12 */
    fake_append(&r.broker, 0, 1, WR_CODEC_NONE, FAKE_COMMIT, 50);        /* 13 */
    r.broker.parts[0].aborted[0] = (wr_wire_aborted){50, 3};
    r.broker.parts[0].aborted_n = 1;
    assign(&r, 0, 0);
    read_all(&r); /* past the markers at the end, too */
    assert_int_equal(r.records[0], 3 + 2 + 2);
    assert_int_equal(wr__wire_fetcher_position(r.f, 0), 14);
    end(&r);
}

/* Brokers name aborted transactions as these ended, which is not as they began. */
static void test_aborted_within_another(void **state)
{
    (void)state;
    reading r;
    begin(&r);
    fake_append(&r.broker, 0, 2, WR_CODEC_LZ4, FAKE_TRANSACTIONAL, 50);  /* 0, 1: aborted */
    fake_append(&r.broker, 0, 3, WR_CODEC_LZ4, FAKE_TRANSACTIONAL, 60);  /* 2 .. 4: aborted */
    fake_append(&r.broker, 0, 1, WR_CODEC_NONE, FAKE_ABORT, 60);         /* 5 */
    fake_append(&r.broker, 0, 2, WR_CODEC_NONE, FAKE_TRANSACTIONAL, 60); /* 6, 7: another one */
    fake_append(&r.broker, 0, 1, WR_CODEC_NONE, FAKE_ABORT, 50);         /* 8 */
    fake_append(&r.broker, 0, 1, WR_CODEC_NONE, FAKE_COMMIT, 60);        /* 9 */
    r.broker.parts[0].aborted[0] = (wr_wire_aborted){60, 2};
    r.broker.parts[0].aborted[1] = (wr_wire_aborted){50, 0};
    r.broker.parts[0].aborted_n = 2;
    assign(&r, 0, 0);
    read_all(&r);
    assert_int_equal(r.records[0], 2);
    assert_int_equal(wr__wire_fetcher_position(r.f, 0), 10);
    end(&r);
}

/* ---- transactions that look random ---- */

enum { PRODUCERS = 3, STEPS = 150, OFFSETS_MAX = 1000 };

typedef struct history {
    bool visible[OFFSETS_MAX]; /* records that are of no transaction, or of one that committed */
    int64_t first[PRODUCERS];  /* of the open transaction; -1: none is */
    int64_t offsets[PRODUCERS][OFFSETS_MAX];
    uint32_t n[PRODUCERS]; /* of the open transaction */
} history;

/* The end of a producer's transaction; of one without records, too, as brokers write them. */
static void end_transaction(reading *r, history *h, int part, uint32_t k, bool commit)
{
    fake_part *p = &r->broker.parts[part];
    for (uint32_t i = 0; i < h->n[k]; i++)
        h->visible[h->offsets[k][i]] = commit;
    if (!commit && h->n[k]) {
        assert_true(p->aborted_n < FAKE_ABORTED);
        p->aborted[p->aborted_n] = (wr_wire_aborted){50 + k, h->first[k]};
        p->aborted_end[p->aborted_n++] = p->high;
    }
    fake_append(&r->broker, part, 1, WR_CODEC_NONE, commit ? FAKE_COMMIT : FAKE_ABORT, 50 + k);
    h->n[k] = 0;
}

/* Producers begin and end their transactions in whatever order, with others' records between. */
static void make_history(reading *r, history *h, int part, uint64_t *seed)
{
    fake_part *p = &r->broker.parts[part];
    memset(h, 0, sizeof *h);
    for (int step = 0; step < STEPS; step++) {
        uint32_t k = random_below(seed, PRODUCERS + 1), n = 1 + random_below(seed, 5);
        wr_codec codec = (wr_codec)random_below(seed, WR_CODECS);
        int64_t at = p->high;
        if (k == PRODUCERS) {
            fake_append(&r->broker, part, n, codec, FAKE_PLAIN, -1);
            for (uint32_t i = 0; i < n; i++)
                h->visible[at + i] = true;
        } else if (random_below(seed, 3) == 0 && p->aborted_n + PRODUCERS < FAKE_ABORTED) {
            end_transaction(r, h, part, k, random_below(seed, 2));
        } else {
            if (h->n[k] == 0)
                h->first[k] = at;
            fake_append(&r->broker, part, n, codec, FAKE_TRANSACTIONAL, 50 + k);
            for (uint32_t i = 0; i < n; i++)
                h->offsets[k][h->n[k]++] = at + i;
        }
    }
    for (uint32_t k = 0; k < PRODUCERS; k++)
        end_transaction(r, h, part, k, random_below(seed, 2));
    assert_true(p->high <= OFFSETS_MAX);
}

static uint32_t visible_from(const history *h, int64_t from)
{
    uint32_t n = 0;
    for (int64_t i = from; i < OFFSETS_MAX; i++)
        n += h->visible[i];
    return n;
}

/* From the beginning, and from wherever somebody begins to read: within a transaction, between its
 * last record and its marker, at a marker. Answers end within record batches, as Kafka's may. */
static void test_random_transactions(void **state)
{
    (void)state;
    static history h[FAKE_PARTS];
    for (uint64_t seed = 1; seed <= 12; seed++) {
        reading r;
        uint64_t random = seed;
        begin(&r);
        r.broker.cuts_batches = seed % 2;
        for (int p = 0; p < FAKE_PARTS; p++) {
            make_history(&r, &h[p], p, &random);
            r.visible[p] = h[p].visible;
        }
        for (int round = 0; round < 8; round++) {
            int64_t from[FAKE_PARTS] = {0};
            for (int p = 0; round && p < FAKE_PARTS; p++)
                from[p] = random_below(&random, (uint32_t)r.broker.parts[p].high);
            r.records[0] = r.records[1] = 0;
            assign(&r, from[0], from[1]);
            read_all(&r);
            for (int p = 0; p < FAKE_PARTS; p++)
                if (r.records[p] != visible_from(&h[p], from[p]))
                    fail_msg("seed %d, partition %d from %lld: %u records of %u", (int)seed, p,
                             (long long)from[p], r.records[p], visible_from(&h[p], from[p]));
        }
        assert_int_equal(r.trouble, 0);
        end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_aborted_within_another),
        cmocka_unit_test(test_random_transactions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
