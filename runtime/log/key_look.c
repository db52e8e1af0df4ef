/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes with one reader of no group: the beginnings of the partitions, then their ends. A
 * partition that has given its records is paused, so that a large one does not fill the others'
 * turns.
 */
#include "runtime/log/key_look.h"
#include "runtime/log/log_class.h"
#include "runtime/log/log_reader.h"

#define POLL_MS 50

/** One partition in one pass. */
typedef struct range {
    int64_t to;    /* offset at which it is done */
    uint32_t left; /* records to look at */
} range;

typedef struct look {
    wr_log_reader *reader;
    int32_t partitions; /* of the topic */
    wr__log_until until;
    wr_topic_part parts[WR_KEY_LOOK_PARTITIONS]; /* of the pass */
    range ranges[WR_KEY_LOOK_PARTITIONS];
    uint32_t n, open; /* parts; of them, those that are not done */
    wr_key_sample sample;
} look;

static bool is_over(const look *l)
{
    return l->until.deadline_ms >= 0 && wr__log_now_ms() >= l->until.deadline_ms;
}

/* A batch may be of a partition that is done: it was fetched before that was paused. */
static weir_status take(look *l, const wr_log_batch *b, weir_error *err)
{
    WR_ASSERT(b->assignment < l->n && b->partition == l->parts[b->assignment].partition);
    range *r = &l->ranges[b->assignment];
    if (!r->left)
        return WEIR_OK;
    for (uint32_t i = 0; i < b->n && r->left; i++, r->left--)
        wr_key_sample_look(&l->sample, b->records[i].key, b->partition, l->partitions);
    if (r->left && b->next_offset < r->to)
        return WEIR_OK;
    WR_ASSERT(l->open > 0);
    r->left = 0;
    l->open--;
    return wr_log_reader_pause(l->reader, b->assignment, true, err);
}

static weir_status read_pass(look *l, weir_error *err)
{
    l->open = l->n;
    if (l->n)
        WR_TRY(wr_log_reader_assign(l->reader, l->parts, l->n, err));
    while (l->open && !is_over(l)) {
        const wr__log_until cancel = {l->until.cancel, -1};
        wr_log_batch *b = NULL;
        WR_TRY(wr__log_give_up(&cancel, "Looking at keys", err));
        WR_TRY(wr_log_reader_poll(l->reader, WR_KEY_LOOK_RECORDS, POLL_MS, &b, err));
        if (!b)
            continue;
        weir_status st = take(l, b, err);
        wr_log_reader_release(l->reader, b);
        WR_TRY(st);
    }
    return WEIR_OK;
}

static void add(look *l, const wr_topic_part *part, int64_t from, int64_t to)
{
    WR_ASSERT(l->n < WR_KEY_LOOK_PARTITIONS && from < to);
    l->parts[l->n] = *part;
    l->parts[l->n].offset = from;
    l->ranges[l->n++] = (range){to, WR_KEY_LOOK_RECORDS};
}

static weir_status read_both(look *l, const wr_topic_part *parts, uint32_t n, const int64_t *low,
                             const int64_t *high, weir_error *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (high[i] > low[i])
            add(l, &parts[i], low[i], high[i]);
    WR_TRY(read_pass(l, err));
    l->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        int64_t last = WR_MAX(low[i] + WR_KEY_LOOK_RECORDS, high[i] - WR_KEY_LOOK_RECORDS);
        if (last < high[i])
            add(l, &parts[i], last, high[i]);
    }
    return read_pass(l, err);
}

weir_status wr_key_look(wr_log *log, const char *topic, int32_t partitions,
                        const wr_settings *settings, const wr_log_wait *wait, wr_key_places *out,
                        weir_error *err)
{
    wr_topic_part parts[WR_KEY_LOOK_PARTITIONS];
    int64_t low[WR_KEY_LOOK_PARTITIONS], high[WR_KEY_LOOK_PARTITIONS];
    int32_t n = WR_MIN(partitions, WR_KEY_LOOK_PARTITIONS);
    *out = (wr_key_places){0};
    if (partitions < 2)
        return WEIR_OK; /* every key is where it has to be */
    for (int32_t i = 0; i < n; i++)
        parts[i] = (wr_topic_part){topic, (int32_t)((int64_t)i * partitions / n), 0};
    WR_TRY(wr_topic_ends(log, parts, (uint32_t)n, low, high, err));
    look l = {.partitions = partitions, .until = {.deadline_ms = -1}};
    if (wait)
        l.until = (wr__log_until){wait->cancel,
                                  wait->timeout_ms < 0 ? -1 : wr__log_now_ms() + wait->timeout_ms};
    wr_settings small; /* no more is fetched than is looked at, about */
    wr_settings_init(&small, settings);
    wr_settings_put(&small, "consumer.queued.min.messages", "64");
    wr_settings_put(&small, "consumer.fetch.message.max.bytes", "65536");
    weir_status st = wr_log_reader_new(log, NULL, &small, &l.reader, err);
    wr_settings_free(&small);
    WR_TRY(st);
    st = read_both(&l, parts, (uint32_t)n, low, high, err);
    wr_log_reader_close(l.reader);
    *out = l.sample.places;
    return st;
}
