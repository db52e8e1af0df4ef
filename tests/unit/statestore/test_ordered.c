/* SPDX-License-Identifier: Apache-2.0 */
/* The skip list against a sorted array: inserts, removals and every kind of look-up, in random
 * order; and the pool that overlays take memory from. */
#include "helper.h"

#include "statestore/ordered.h"
#include "statestore/pool.h"

enum { KEYS = 400 };

/** All keys there may be, in order, and which of them are in the index. */
typedef struct model {
    char bytes[KEYS][8];
    wr_str keys[KEYS];
    bool in[KEYS];
    size_t n;
} model;

static int by_key(const void *a, const void *b)
{
    return wr_str_cmp(*(const wr_str *)a, *(const wr_str *)b);
}

/* Short keys over few bytes: many are beginnings of others. */
static void make_keys(model *m, wr_rng *r)
{
    static const char alphabet[] = {0, 'a', 'b', (char)0x80, (char)0xff};
    for (size_t i = 0; i < KEYS; i++) {
        uint32_t len = (uint32_t)wr_rng_below(r, 6);
        for (uint32_t k = 0; k < len; k++)
            m->bytes[i][k] = alphabet[wr_rng_below(r, sizeof alphabet)];
        m->keys[i] = wr_str_make(m->bytes[i], len);
    }
    qsort(m->keys, KEYS, sizeof *m->keys, by_key);
    m->n = 1; /* each once */
    for (size_t i = 1; i < KEYS; i++)
        if (wr_str_cmp(m->keys[m->n - 1], m->keys[i]) != 0)
            m->keys[m->n++] = m->keys[i];
}

/** First key at or after number @p i that is in the index; m->n: none. */
static size_t next_in(const model *m, size_t i)
{
    while (i < m->n && !m->in[i])
        i++;
    return i;
}

static void check_node(const model *m, const wr__ordered_node *node, size_t expected)
{
    if (expected >= m->n) {
        assert_null(node);
        return;
    }
    assert_non_null(node);
    assert_true(wr_str_eq(wr__ordered_key(node), m->keys[expected]));
    assert_ptr_equal(node->item, &m->keys[expected]);
}

/** Forwards by `next`, backwards by `prev`: the same keys as the model's. */
static void check_walk(const model *m, const wr__ordered *o)
{
    size_t count = 0;
    const wr__ordered_node *node = wr__ordered_first(o), *before = NULL;
    for (size_t i = next_in(m, 0); i < m->n; i = next_in(m, i + 1)) {
        check_node(m, node, i);
        assert_ptr_equal(node->prev, before);
        before = node;
        node = node->next[0];
        count++;
    }
    assert_null(node);
    assert_ptr_equal(o->last, before);
    assert_int_equal(o->n, count);
}

static void check_seeks(const model *m, const wr__ordered *o, size_t i)
{
    check_node(m, wr__ordered_seek(o, m->keys[i]), next_in(m, i));
    size_t before = i;
    while (before > 0 && !m->in[before - 1])
        before--;
    check_node(m, wr__ordered_seek_before(o, m->keys[i]), before > 0 ? before - 1 : m->n);
}

static void test_against_a_sorted_array(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        wr_rng rng;
        wr__ordered o;
        model *m = wr_calloc(1, sizeof *m);
        wr_rng_seed(&rng, seed);
        make_keys(m, &rng);
        wr__ordered_init(&o);
        assert_null(wr__ordered_first(&o));
        assert_null(wr__ordered_seek(&o, S("")));
        assert_null(wr__ordered_seek_before(&o, S("zz")));
        for (int step = 0; step < 4000; step++) {
            size_t i = wr_rng_below(&rng, m->n);
            bool grows = wr_rng_below(&rng, 2000) > (uint64_t)step % 2000;
            uint64_t version = o.version;
            if (grows && !m->in[i])
                wr__ordered_insert(&o, m->keys[i], &m->keys[i]);
            else if (!grows)
                wr__ordered_remove(&o, m->keys[i]); /* also where it is not there */
            assert_int_equal(o.version, version + (grows != m->in[i]));
            m->in[i] = grows;
            check_seeks(m, &o, wr_rng_below(&rng, m->n));
            if (step % 500 == 0)
                check_walk(m, &o);
        }
        check_walk(m, &o);
        for (size_t i = 0; i < m->n; i++) {
            check_seeks(m, &o, i);
            wr__ordered_remove(&o, m->keys[i]);
            m->in[i] = false;
        }
        assert_int_equal(o.n, 0);
        assert_int_equal(o.bytes, 0);
        assert_null(wr__ordered_first(&o));
        assert_null(o.last);
        wr__ordered_free(&o);
        wr_free(m);
    }
}

/* Heights come from a fixed generator: the same history makes the same structure. */
static void test_is_deterministic(void **state)
{
    (void)state;
    wr__ordered a, b;
    char keys[500][8];
    wr__ordered_init(&a);
    wr__ordered_init(&b);
    for (int i = 0; i < 500; i++) {
        snprintf(keys[i], sizeof keys[i], "%d", i * 7919 % 500);
        wr__ordered_insert(&a, S(keys[i]), keys[i]);
        wr__ordered_insert(&b, S(keys[i]), keys[i]);
    }
    const wr__ordered_node *x = wr__ordered_first(&a), *y = wr__ordered_first(&b);
    uint32_t tallest = 0;
    for (; x && y; x = x->next[0], y = y->next[0]) {
        assert_int_equal(x->height, y->height);
        tallest = WR_MAX(tallest, x->height);
    }
    assert_true(!x && !y);
    assert_int_equal(a.bytes, b.bytes);
    assert_in_range(tallest, 3, WR__ORDERED_LEVELS); /* it is no linked list */
    wr__ordered_free(&a);
    wr__ordered_free(&b);
}

/* ---------------------------------------------------------------------------------- the pool */

/* Pieces do not overlap, keep their bytes, are aligned, and what is given back is used again. */
static void test_pool(void **state)
{
    (void)state;
    enum { PIECES = 300 };
    struct {
        char *at;
        size_t size;
        uint32_t capacity;
        char mark;
    } pieces[PIECES] = {{0}};
    wr__pool pool;
    wr_rng rng;
    wr_rng_seed(&rng, 3);
    wr__pool_init(&pool);
    for (int step = 0; step < 20000; step++) {
        size_t i = wr_rng_below(&rng, PIECES);
        if (pieces[i].at) {
            for (size_t k = 0; k < pieces[i].size; k++)
                assert_int_equal(pieces[i].at[k], pieces[i].mark);
            wr__pool_put(&pool, pieces[i].at, pieces[i].capacity);
            pieces[i].at = NULL;
            continue;
        }
        size_t size = 1 + wr_rng_below(&rng, wr_rng_below(&rng, 20) ? 200 : 9000);
        pieces[i].at = wr__pool_get(&pool, size, &pieces[i].capacity);
        pieces[i].size = size;
        pieces[i].mark = (char)step;
        assert_true(pieces[i].capacity >= size);
        assert_int_equal((uintptr_t)pieces[i].at % 16, 0);
        memset(pieces[i].at, pieces[i].mark, size);
    }
    size_t held = 0;
    for (size_t i = 0; i < PIECES; i++)
        held += pieces[i].at ? pieces[i].capacity : 0;
    assert_int_equal(pool.used, held);
    for (size_t i = 0; i < PIECES; i++)
        if (pieces[i].at)
            wr__pool_put(&pool, pieces[i].at, pieces[i].capacity);
    assert_int_equal(pool.used, 0);
    wr__pool_free(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_sorted_array),
        cmocka_unit_test(test_is_deterministic),
        cmocka_unit_test(test_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
