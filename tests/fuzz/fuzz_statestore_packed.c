/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packed lists of sessions and of join rows as a damaged database may give them: every look-up and
 * change ends in a result or an error, and a list that is accepted as sorted stays so. Input: a
 * byte (bit 0: sessions or join rows, the rest a time), then the list.
 */
#include "statestore/buffer.h"
#include "statestore/session_store.h"
#include "statestore/store_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENT = 100 };

/* Make the entry of (key, time) hold the bytes, whatever they are. */
static wr_store_entry *plant(wr_store *s, wr_str key, int64_t time, wr_str bytes)
{
    wr_store_entry *e;
    weir_status st = wr__timed_find_many(s, 1, &key, &time, true, &e, NULL);
    WR_ASSERT(st == WEIR_OK);
    wr__overlay_set(&s->overlay, e, bytes);
    (void)wr__timed_observe(s, time);
    return e;
}

static void sessions(wr_db *db, wr_arena *a, int64_t time, wr_str bytes)
{
    wr_session_options o = {.store.store_id = 1, .retention_ms = 1000, .segment_ms = SEGMENT};
    wr_store *s;
    wr_str key = wr_str_c("k"), value = wr_str_c("v");
    weir_status st = wr_session_open(db, &o, &s, NULL);
    WR_ASSERT(st == WEIR_OK);
    wr_store_entry *e = plant(s, key, time, bytes);
    int64_t last;
    bool sound = wr__session_last(s, wr__timed_segment(s, time), bytes, &last);
    wr_session_hits hits = {0};
    st = wr_session_near(s, key, e, time - 30, time + 30, a, &hits, NULL);
    WR_ASSERT(!sound || st == WEIR_OK);
    if (st == WEIR_OK)
        st = wr_session_change(s, key, e, &hits, time, time, value, 0, NULL);
    WR_ASSERT(!sound || st == WEIR_OK);
    if (sound) {
        sound = wr__session_last(s, wr__timed_segment(s, time), wr_entry_value(e), &last);
        WR_ASSERT(sound);
    }
    wr_store_close(s);
}

static void rows(wr_db *db, wr_arena *a, int64_t time, wr_str bytes)
{
    wr_buffer_options o = {.store.store_id = 2, .retention_ms = 1000, .segment_ms = SEGMENT};
    wr_store *s;
    wr_str key = wr_str_c("k"), value = wr_str_c("v");
    weir_status st = wr_buffer_open(db, &o, &s, NULL);
    WR_ASSERT(st == WEIR_OK);
    wr_store_entry *e = plant(s, key, time, bytes);
    int64_t last, from = INT64_MIN, to = INT64_MAX;
    bool sound = wr__buffer_last(s, wr__timed_segment(s, time), 0, bytes, &last);
    sound = sound && wr_get_be32(bytes.ptr) == 0; /* there are no other chunks */
    wr_buffer_probe probe;
    wr_buffer_rows_of found = {0};
    st = wr_buffer_probe_many(s, 1, &key, &from, &to, a, &probe, NULL);
    WR_ASSERT(st == WEIR_OK);
    st = wr_buffer_rows(s, key, &probe, a, &found, NULL);
    WR_ASSERT(!sound || st == WEIR_OK);
    for (size_t i = 1; i < found.n && st == WEIR_OK; i++)
        WR_ASSERT(found.v[i - 1].time_ms <= found.v[i].time_ms);
    st = wr_buffer_add(s, key, e, time, value, 0, NULL);
    WR_ASSERT(!sound || st == WEIR_OK);
    wr_store_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    wr_str bytes = wr_str_make((const char *)data + 1, size - 1);
    wr_db *db = wr_db_open_memory();
    wr_arena *a = wr_arena_new(0);
    if (data[0] & 1)
        sessions(db, a, data[0] >> 1, bytes);
    else
        rows(db, a, data[0] >> 1, bytes);
    wr_arena_free(a);
    wr_db_close(db);
    return 0;
}
