/* SPDX-License-Identifier: Apache-2.0 */
/* Notes on entries: the last one counts, they are memory, and a commit or a discard drops them. */
#include "unit/statestore/helper.h"

static wr_store_entry *entry_of(wr_store *s, const char *key)
{
    wr_str keys[] = {S(key)};
    wr_store_entry *e;
    OK(wr_kv_find_many(s, 1, keys, &e, err));
    return e;
}

static void change(wr_store *s, const char *key, const char *note)
{
    const wr_str value = S("value");
    wr_store_entry *e = entry_of(s, key);
    OK(wr_entry_set(s, e, &value, 0, err));
    if (note)
        wr_entry_set_note(s, e, S(note));
}

static void expect(wr_store *s, const char *key, const char *note)
{
    wr_str found = wr_entry_note(s, entry_of(s, key));
    assert_int_equal(found.ptr != NULL, note != NULL);
    if (note)
        assert_true(wr_str_eq(found, S(note)));
}

static void test_notes(void **state)
{
    (void)state;
    wr_db *db = wr_db_open_memory();
    wr_store *s;
    const wr_store_options options = {.store_id = 1, .caching = true, .keep_old = true};
    OK(wr_kv_open(db, &options, &s, err));
    change(s, "a", NULL);
    change(s, "b", "one");
    size_t before = wr_store_bytes(s);
    assert_true(wr_store_has_notes(s));
    expect(s, "a", NULL);
    expect(s, "b", "one");
    char large[1000] = {0};
    memset(large, 'x', sizeof large - 1);
    wr_entry_set_note(s, entry_of(s, "b"), S(large));
    expect(s, "b", large);
    assert_true(wr_store_bytes(s) > before + 900);
    wr_entry_set_note(s, entry_of(s, "b"), (wr_str){0});
    wr_entry_set_note(s, entry_of(s, "a"), (wr_str){0}); /* had none */
    expect(s, "b", NULL);
    assert_false(wr_store_has_notes(s));
    assert_true(wr_store_bytes(s) < before);
    for (int i = 0; i < 1000; i++) {
        char key[20];
        snprintf(key, sizeof key, "k%d", i);
        change(s, key, key);
    }
    for (int i = 0; i < 1000; i++) {
        char key[20];
        snprintf(key, sizeof key, "k%d", i);
        expect(s, key, key);
    }
    commit(db, s);
    assert_false(wr_store_has_notes(s));
    expect(s, "k7", NULL);
    change(s, "b", "of what is discarded");
    OK(wr_store_discard(s, err));
    assert_false(wr_store_has_notes(s));
    expect(s, "b", NULL);
    change(s, "b", "of a store that is closed");
    wr_store_close(s);
    wr_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_notes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
