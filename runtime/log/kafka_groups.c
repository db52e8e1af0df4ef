/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups as the rest of the program sees them: what the broker says of them, what the positions
 * topic and the data directory say, and which of these counts. Threads: any.
 */
#include "runtime/log/kafka.h"

enum { WRITE_MS = 30000 };

/* What the positions topic says is not what the group has said, a moment before. Another process
 * may have committed in between, so the group is asked again: who has not moved since is warned of.
 */
static weir_status warn_of_moved(wr__kafka *log, const char *group, const wr_topic_part *said,
                                 const wr_topic_part *chosen, uint32_t n, weir_error *err)
{
    bool differs = false;
    for (uint32_t i = 0; i < n; i++)
        differs = differs || said[i].offset != chosen[i].offset;
    if (!differs)
        return WEIR_OK;
    wr_topic_part *again = wr_calloc(n, sizeof *again);
    memcpy(again, said, n * sizeof *again);
    weir_status st = wr__kafka_committed(&log->base, group, again, n, err);
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++)
        if (said[i].offset != chosen[i].offset && again[i].offset == said[i].offset)
            wr__positions_warn(group, &said[i], chosen[i].offset);
    wr_free(again);
    return st;
}

/* The positions topic belongs to the outputs by its transactions; what the directory has kept is
 * for where neither it nor the broker knows anything. */
weir_status wr__kafka_resume(wr_log *base, const char *group, wr_topic_part *parts, uint32_t n,
                             weir_error *err)
{
    wr__kafka *log = (wr__kafka *)base;
    WR_ASSERT(n > 0);
    WR_TRY(wr__undecided_sweep(log, err));
    WR_TRY(wr__kafka_committed(base, group, parts, n, err));
    if (wr_settings_bool(&log->settings, "weir.offsets.from.group", false))
        return WEIR_OK;
    wr_topic_part *said = wr_calloc(n, sizeof *said);
    memcpy(said, parts, n * sizeof *said);
    weir_status st = wr__positions_choose(log, group, parts, n, err);
    if (st == WEIR_OK)
        st = warn_of_moved(log, group, said, parts, n, err);
    wr_free(said);
    WR_TRY(st);
    return wr__kept_offsets(log, group, parts, n, err);
}

static weir_status write_positions(wr__kafka *log, const wr__position_records *r, weir_error *err)
{
    const wr_out_records out = wr__positions_out(r);
    const wr_log_wait wait = {.timeout_ms = WRITE_MS};
    wr_log_writer *w;
    WR_TRY(wr_log_writer_new(&log->base, &log->settings, &w, err));
    weir_status st = wr_log_write_sync(w, NULL, log->positions.topic, &out, &wait, err);
    wr_log_writer_close(w);
    return st;
}

/* For exactly-once the topic first: who finds offsets in the group does not write them there any
 * more. */
static weir_status write_begin(wr__kafka *log, const wr_log_group_offsets *group, weir_error *err)
{
    wr__position_records r = {.arena = wr_arena_new(0)};
    weir_status st = wr__positions_create(log, err);
    wr__positions_begin(group, &r);
    if (st == WEIR_OK)
        st = write_positions(log, &r, err);
    wr_arena_free(r.arena);
    return st;
}

weir_status wr__kafka_begin_group(wr_log *base, const wr_log_group_offsets *group,
                                  bool exactly_once, weir_error *err)
{
    wr__kafka *log = (wr__kafka *)base;
    bool has_members = false;
    if (exactly_once)
        WR_TRY(write_begin(log, group, err));
    weir_status st = wr__kafka_alter_group(log, group, &has_members, err);
    if (has_members)
        return WEIR_OK;
    return st == WEIR_OK && !exactly_once ? wr__kept_offsets_put(log, group, err) : st;
}

/* The broker first: it refuses where the group is in use. */
weir_status wr__kafka_drop_group(wr_log *base, const char *group, weir_error *err)
{
    wr__kafka *log = (wr__kafka *)base;
    WR_TRY(wr__kafka_delete_group(log, group, err));
    wr__position_records r = {.arena = wr_arena_new(0)};
    weir_status st = wr__positions_of(log, group, &r, err);
    if (st == WEIR_OK && r.keys.n)
        st = write_positions(log, &r, err);
    wr_arena_free(r.arena);
    return st == WEIR_OK ? wr__kept_offsets_drop(log, group, err) : st;
}
