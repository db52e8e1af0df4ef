/* SPDX-License-Identifier: Apache-2.0 */
/* The overlay against a plain array of entries: finding, values of every length, the dirty list
 * with old values, the unwritten list, removal, the ordered index. */
#include "helper.h"

#include "statestore/overlay.h"

enum { KEYS = 700, VALUE_BYTES = 6000 };

typedef struct model_entry {
    char key[40];
    uint32_t key_len;
    wr_store_entry *e; /* NULL: there is none */
    char *value;       /* NULL: absent */
    uint32_t len;
    bool dirty, unwritten;
    char *old; /* value when it became dirty; NULL: absent */
    uint32_t old_len;
} model_entry;

typedef struct world {
    wr__overlay o;
    model_entry *entries;
    size_t order[KEYS]; /* of first change */
    size_t dirty_n;
    wr_rng rng;
} world;

static wr_str key_of(const model_entry *m)
{
    return wr_str_make(m->key, m->key_len);
}

static wr_str value_of(const wr_store_entry *e)
{
    return e->value_len == WR__ABSENT ? (wr_str){0} : wr__entry_value(e);
}

static void check_entry(const world *w, const model_entry *m)
{
    wr_store_entry *e = wr__overlay_find(&w->o, key_of(m), wr__overlay_tag(key_of(m)));
    assert_ptr_equal(e, m->e);
    if (!e)
        return;
    assert_true(wr_str_eq(wr__entry_key(e), key_of(m)));
    assert_int_equal(e->value_len == WR__ABSENT, m->value == NULL);
    if (m->value)
        assert_true(wr_str_eq(value_of(e), wr_str_make(m->value, m->len)));
    assert_int_equal((e->flags & WR__ENTRY_DIRTY) != 0, m->dirty);
    assert_int_equal((e->flags & WR__ENTRY_UNWRITTEN) != 0, m->unwritten);
}

/* ---- operations on both ---- */

static void set_value(world *w, model_entry *m)
{
    static char bytes[VALUE_BYTES];
    uint32_t len = (uint32_t)wr_rng_below(&w->rng, wr_rng_below(&w->rng, 9) ? 60 : VALUE_BYTES);
    memset(bytes, (int)wr_rng_below(&w->rng, 256), len);
    wr__overlay_set(&w->o, m->e, wr_str_make(bytes, len));
    m->value = wr_realloc(m->value, len + 1);
    memcpy(m->value, bytes, len);
    m->len = len;
}

/* A longer or shorter value keeps its first bytes; new ones are the caller's to set. */
static void resize_value(world *w, model_entry *m)
{
    uint32_t len = (uint32_t)wr_rng_below(&w->rng, 200), kept = m->value ? WR_MIN(len, m->len) : 0;
    char *bytes = wr__overlay_resize(&w->o, m->e, len);
    if (m->value)
        assert_memory_equal(bytes, m->value, kept);
    memset(bytes + kept, 'n', len - kept);
    m->value = wr_realloc(m->value, len + 1);
    memset(m->value + kept, 'n', len - kept);
    m->len = len;
}

/* The new value is a part of the present one. */
static void set_to_own_part(world *w, model_entry *m)
{
    if (!m->value)
        return;
    uint32_t from = (uint32_t)wr_rng_below(&w->rng, m->len + 1);
    wr_str whole = wr__entry_value(m->e);
    wr__overlay_set(&w->o, m->e, wr_str_make(whole.ptr + from, m->len - from));
    memmove(m->value, m->value + from, m->len - from);
    m->len -= from;
}

static void clear_value(world *w, model_entry *m)
{
    wr__overlay_clear(&w->o, m->e);
    wr_free(m->value);
    m->value = NULL;
}

static void mark(world *w, model_entry *m)
{
    wr__overlay_mark(&w->o, m->e);
    if (m->dirty)
        return;
    m->dirty = true;
    m->old = NULL;
    if (m->value) {
        m->old_len = m->len;
        m->old = wr_malloc(m->len + 1);
        memcpy(m->old, m->value, m->len);
    }
    w->order[w->dirty_n++] = (size_t)(m - w->entries);
}

static void remove_entry(world *w, model_entry *m)
{
    if (m->dirty)
        return; /* not while it is in the dirty list */
    wr__overlay_remove(&w->o, m->e);
    m->e = NULL;
    wr_free(m->value);
    m->value = NULL;
    m->unwritten = false;
}

static void check_dirty_and_clear(world *w)
{
    assert_int_equal(w->o.dirty_n, w->dirty_n);
    for (size_t i = 0; i < w->dirty_n; i++) {
        model_entry *m = &w->entries[w->order[i]];
        assert_ptr_equal(w->o.dirty[i], m->e);
        assert_int_equal(w->o.olds[i].ptr != NULL, m->old != NULL);
        if (m->old)
            assert_true(wr_str_eq(w->o.olds[i], wr_str_make(m->old, m->old_len)));
        m->e->flags &= (uint8_t)~WR__ENTRY_DIRTY; /* flags are the caller's */
        m->dirty = false;
        wr_free(m->old);
        m->old = NULL;
    }
    wr__overlay_clear_dirty(&w->o);
    w->dirty_n = 0;
    assert_int_equal(w->o.dirty_n + w->o.olds_bytes, 0);
}

static void check_unwritten(const world *w)
{
    size_t live = 0, listed = 0;
    for (size_t i = 0; i < KEYS; i++)
        live += w->entries[i].e && w->entries[i].unwritten;
    assert_int_equal(w->o.unwritten_live, live);
    for (size_t i = 0; i < KEYS; i++) { /* each live one is in the list, perhaps twice */
        const model_entry *m = &w->entries[i];
        for (size_t k = 0; m->e && m->unwritten && k < w->o.unwritten_n; k++) {
            if (w->o.unwritten[k] == m->e) {
                listed++;
                break;
            }
        }
    }
    assert_int_equal(listed, live);
}

static int by_key(const void *a, const void *b)
{
    return wr_str_cmp(key_of(*(model_entry *const *)a), key_of(*(model_entry *const *)b));
}

static void check_index(world *w)
{
    const model_entry *live[KEYS];
    size_t n = 0;
    for (size_t i = 0; i < KEYS; i++)
        if (w->entries[i].e)
            live[n++] = &w->entries[i];
    qsort(live, n, sizeof *live, by_key);
    wr__ordered *index = wr__overlay_index(&w->o);
    assert_int_equal(index->n, n);
    const wr__ordered_node *node = wr__ordered_first(index);
    for (size_t i = 0; i < n; i++, node = node->next[0])
        assert_ptr_equal(node->item, live[i]->e);
    assert_null(node);
}

static void step(world *w)
{
    model_entry *m = &w->entries[wr_rng_below(&w->rng, KEYS)];
    if (!m->e) {
        check_entry(w, m);
        m->e = wr__overlay_add(&w->o, key_of(m), wr__overlay_tag(key_of(m)));
        assert_int_equal(m->e->value_len, WR__ABSENT);
        return;
    }
    switch (wr_rng_below(&w->rng, 10)) {
    case 0:
        remove_entry(w, m);
        break;
    case 1:
        mark(w, m);
        clear_value(w, m);
        break;
    case 2:
        resize_value(w, m);
        break;
    case 3:
        set_to_own_part(w, m);
        break;
    case 4:
        wr__overlay_mark_unwritten(&w->o, m->e);
        m->unwritten = true;
        break;
    case 5:
        mark(w, m);
        break;
    default:
        set_value(w, m);
    }
    check_entry(w, m);
}

static void world_init(world *w, uint64_t seed)
{
    *w = (world){.entries = wr_calloc(KEYS, sizeof *w->entries)};
    wr_rng_seed(&w->rng, seed);
    wr__overlay_init(&w->o, true);
    for (size_t i = 0; i < KEYS; i++) { /* some keys lie in the entry, some in the pool */
        model_entry *m = &w->entries[i];
        m->key_len = (uint32_t)snprintf(m->key, sizeof m->key, "%s%zu",
                                        i % 3 ? "" : "a key that is too long for it ", i);
    }
}

static void world_free(world *w)
{
    for (size_t i = 0; i < KEYS; i++) {
        wr_free(w->entries[i].value);
        wr_free(w->entries[i].old);
    }
    wr_free(w->entries);
    wr__overlay_free(&w->o);
}

static void test_against_an_array(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        world w;
        world_init(&w, seed);
        for (int i = 0; i < 12000; i++) {
            step(&w);
            if (i % 1000 == 999) {
                check_dirty_and_clear(&w);
                check_unwritten(&w);
            }
            if (i == 6000 || i % 3000 == 2999) /* from here on the index is kept */
                check_index(&w);
        }
        for (size_t i = 0; i < KEYS; i++)
            check_entry(&w, &w.entries[i]);
        check_unwritten(&w);
        wr__overlay_clear_unwritten(&w.o);
        assert_int_equal(w.o.unwritten_live + w.o.unwritten_n, 0);
        for (size_t i = 0; i < KEYS; i++)
            assert_false(w.entries[i].e && (w.entries[i].e->flags & WR__ENTRY_UNWRITTEN));
        world_free(&w);
    }
}

/* Entries stay where they are while others come and go. */
static void test_entries_do_not_move(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    wr__overlay o;
    wr__overlay_init(&o, false);
    wr_store_entry *first = wr__overlay_add(&o, S("first"), wr__overlay_tag(S("first")));
    wr__overlay_set(&o, first, S("value"));
    char key[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "%d", i);
        wr__overlay_add(&o, S(key), wr__overlay_tag(S(key)));
    }
    assert_ptr_equal(wr__overlay_find(&o, S("first"), wr__overlay_tag(S("first"))), first);
    assert_true(wr_str_eq_c(wr__entry_value(first), "value"));
    assert_int_equal(o.live, MANY + 1);
    uint32_t used = o.used;
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "%d", i);
        wr__overlay_remove(&o, wr__overlay_find(&o, S(key), wr__overlay_tag(S(key))));
        assert_null(wr__overlay_find(&o, S(key), wr__overlay_tag(S(key))));
    }
    assert_int_equal(o.live, 1);
    for (int i = 0; i < MANY; i++) { /* the places of the removed are used again */
        snprintf(key, sizeof key, "x%d", i);
        wr__overlay_add(&o, S(key), wr__overlay_tag(S(key)));
    }
    assert_int_equal(o.used, used);
    uint32_t seen = 0;
    for (uint32_t i = 0; i < o.used; i++)
        seen += wr__overlay_at(&o, i) != NULL;
    assert_int_equal(seen, MANY + 1);
    assert_ptr_equal(wr__overlay_find(&o, S("first"), wr__overlay_tag(S("first"))), first);
    wr__overlay_free(&o);
}

/* Keys of one tag are told apart: all of them stand in one run of slots. */
static void test_equal_tags(void **state)
{
    (void)state;
    enum { SAME = 40, TAG = 7 };
    wr__overlay o;
    char keys[SAME][16];
    wr_store_entry *entries[SAME];
    wr__overlay_init(&o, false);
    for (int i = 0; i < SAME; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        entries[i] = wr__overlay_add(&o, S(keys[i]), TAG);
    }
    for (int i = 0; i < SAME; i++)
        assert_ptr_equal(wr__overlay_find(&o, S(keys[i]), TAG), entries[i]);
    assert_null(wr__overlay_find(&o, S("k99"), TAG));
    assert_null(wr__overlay_find(&o, S("k1"), TAG + 1));
    wr__overlay_free(&o);
}

static void test_bytes(void **state)
{
    (void)state;
    wr__overlay o;
    wr__overlay_init(&o, true);
    assert_int_equal(wr__overlay_bytes(&o), 0);
    wr_store_entry *e = wr__overlay_add(&o, S("k"), wr__overlay_tag(S("k")));
    size_t small = wr__overlay_bytes(&o);
    assert_true(small >= sizeof *e);
    char *bytes = wr__overlay_resize(&o, e, 10000);
    memset(bytes, 'x', 10000);
    assert_true(wr__overlay_bytes(&o) >= small + 10000);
    wr__overlay_mark(&o, e); /* and the old value */
    assert_true(wr__overlay_bytes(&o) >= small + 20000);
    e->flags &= (uint8_t)~WR__ENTRY_DIRTY;
    wr__overlay_clear_dirty(&o);
    wr__overlay_clear(&o, e);
    assert_int_equal(wr__overlay_bytes(&o), small);
    wr__overlay_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_an_array),
        cmocka_unit_test(test_entries_do_not_move),
        cmocka_unit_test(test_equal_tags),
        cmocka_unit_test(test_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
