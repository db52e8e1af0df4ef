/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offsets that were committed, as this process remembers them.
 *
 * For two purposes. A writer sends an offset again only when it has moved, or now and then (the
 * broker forgets those of a group without members, offsets.retention.minutes after the last
 * commit). And where the broker has none though this directory has committed one, the group was
 * deleted or has expired: beginning anew by auto.offset.reset, with the state of before, would
 * count everything twice or leave a gap. So every commit that moves an offset also puts it beside
 * the state, under "kafka/offset/<group>/<topic>/<partition>", and it counts where the broker has
 * none.
 *
 * Without a write-ahead log a kill takes the kept offset back, together with state and changelog
 * positions; then it is older than what was committed, and rows come twice, as at-least-once says.
 * Exactly-once has the positions topic for that (kafka_positions.c).
 */
#include "runtime/log/kafka.h"
#include "common/diag.h"

#define KEPT "kafka/offset/"

void wr__offset_name(wr_buf *out, const char *group, const char *topic, int32_t partition)
{
    WR_ASSERT(group[0] && topic[0] && partition >= 0);
    wr_buf_printf(out, "%s/%s/%d", group, topic, partition);
}

/* ---- sent ---- */

void wr__sent_init(wr__sent_offsets *s, const wr_settings *settings)
{
    wr_map_init(&s->offsets);
    s->all_ms = wr__log_now_ms();
    s->refresh_ms = wr_settings_int(settings, "weir.offsets.refresh.ms", 3600000);
}

void wr__sent_free(wr__sent_offsets *s)
{
    wr_map_free(&s->offsets);
}

/* Half of it: whoever commits at this rhythm must find it due. */
static bool refresh_is_due(const wr__sent_offsets *s)
{
    return wr__log_now_ms() - s->all_ms >= s->refresh_ms / 2;
}

static void *as_value(int64_t offset)
{
    WR_ASSERT(offset >= 0 && offset < INTPTR_MAX);
    return (void *)(intptr_t)(offset + 1);
}

static bool has_moved(const wr__sent_offsets *s, const char *group, const wr_topic_part *part)
{
    wr_buf name = {0};
    wr__offset_name(&name, group, part->topic, part->partition);
    bool moved = wr_map_get(&s->offsets, wr_buf_view(&name)) != as_value(part->offset);
    wr_buf_free(&name);
    return moved;
}

bool wr__sent_moves_part(const wr__sent_offsets *s, const char *group, const wr_topic_part *part)
{
    return refresh_is_due(s) || has_moved(s, group, part);
}

bool wr__sent_moves(const wr__sent_offsets *s, const wr_log_group_offsets *groups, uint32_t n)
{
    bool moves = false;
    for (uint32_t g = 0; g < n && !moves; g++)
        for (uint32_t i = 0; i < groups[g].n && !moves; i++)
            moves = wr__sent_moves_part(s, groups[g].group, &groups[g].offsets[i]);
    return moves;
}

static void keep(wr_db_batch *state, wr_str name, int64_t offset)
{
    char value[8];
    wr_buf key = {0};
    wr_buf_puts(&key, KEPT);
    wr_buf_str(&key, name);
    wr_put_be64(value, (uint64_t)offset);
    wr_db_batch_meta_put(state, wr_buf_view(&key), (wr_str){value, sizeof value});
    wr_buf_free(&key);
}

void wr__sent_note(wr__sent_offsets *s, const wr_log_group_offsets *groups, uint32_t n,
                   wr_db_batch *state)
{
    wr_buf name = {0};
    if (n && refresh_is_due(s))
        s->all_ms = wr__log_now_ms();
    for (uint32_t g = 0; g < n; g++) {
        for (uint32_t i = 0; i < groups[g].n; i++) {
            const wr_topic_part *part = &groups[g].offsets[i];
            wr_buf_clear(&name);
            wr__offset_name(&name, groups[g].group, part->topic, part->partition);
            void *before = wr_map_put(&s->offsets, wr_buf_view(&name), as_value(part->offset));
            if (state && before != as_value(part->offset))
                keep(state, wr_buf_view(&name), part->offset);
        }
    }
    wr_buf_free(&name);
}

/* ---- kept ---- */

static weir_status kept_offset(wr__kafka *log, const char *group, const wr_topic_part *part,
                               int64_t *offset, weir_error *err)
{
    wr_buf key = {0}, value = {0};
    bool found;
    wr_buf_puts(&key, KEPT);
    wr__offset_name(&key, group, part->topic, part->partition);
    weir_status st = wr_db_meta_get(log->db, NULL, wr_buf_view(&key), &value, &found, err);
    *offset =
        st == WEIR_OK && found && value.len == 8 ? (int64_t)wr_get_be64(value.ptr) : WR_OFFSET_NONE;
    wr_buf_free(&key);
    wr_buf_free(&value);
    return st;
}

weir_status wr__kept_offsets(wr__kafka *log, const char *group, wr_topic_part *parts, uint32_t n,
                             weir_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        int64_t offset;
        if (parts[i].offset != WR_OFFSET_NONE)
            continue;
        WR_TRY(kept_offset(log, group, &parts[i], &offset, err));
        if (offset == WR_OFFSET_NONE)
            continue;
        wr_diag_put(WR_DIAG_WARN, "kafka",
                    "the broker has no offset of group %s for %s partition %d: it goes on at %lld, "
                    "as the data directory has it",
                    group, parts[i].topic, parts[i].partition, (long long)offset);
        parts[i].offset = offset;
    }
    return WEIR_OK;
}

weir_status wr__kept_offsets_put(wr__kafka *log, const wr_log_group_offsets *group, weir_error *err)
{
    wr_buf name = {0};
    wr_db_batch *b = wr_db_batch_new(log->db);
    for (uint32_t i = 0; i < group->n; i++) {
        wr_buf_clear(&name);
        wr__offset_name(&name, group->group, group->offsets[i].topic, group->offsets[i].partition);
        keep(b, wr_buf_view(&name), group->offsets[i].offset);
    }
    weir_status st = wr_db_write(log->db, b, err);
    wr_db_batch_free(b);
    wr_buf_free(&name);
    return st;
}

typedef struct drop {
    wr_db_batch *batch;
    bool any;
} drop;

static bool drop_one(void *arg, wr_str key, wr_str value)
{
    (void)value;
    drop *d = arg;
    wr_db_batch_meta_delete(d->batch, key);
    d->any = true;
    return true;
}

weir_status wr__kept_offsets_drop(wr__kafka *log, const char *group, weir_error *err)
{
    wr_buf prefix = {0};
    wr_buf_printf(&prefix, KEPT "%s/", group);
    drop d = {.batch = wr_db_batch_new(log->db)};
    weir_status st = wr_db_meta_scan(log->db, NULL, wr_buf_view(&prefix), drop_one, &d, err);
    if (st == WEIR_OK && d.any)
        st = wr_db_write(log->db, d.batch, err);
    wr_db_batch_free(d.batch);
    wr_buf_free(&prefix);
    return st;
}
