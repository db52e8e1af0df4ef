/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writers: the way to the implementation, who fails where a record is refused, and the one call of
 * those who are not tasks.
 *
 * Every writer begins with a wr__log_writer_base, in which lies the owner of what is produced for
 * nobody in particular: an implementation knows owners only.
 */
#include "common/buf.h"
#include "common/diag.h"
#include "runtime/log/log_class.h"

#include <errno.h>
#include <time.h>

static wr__log_writer_base *base_of(const wr_log_writer *w)
{
    return (wr__log_writer_base *)(uintptr_t)w;
}

static const wr_log_class *class_of(const wr_log_writer *w)
{
    return base_of(w)->cls;
}

/* ---- life ---- */

static void init_base(wr_log *log, wr_log_writer *w, const atomic_bool *cancel)
{
    wr__log_writer_base *b = base_of(w);
    WR_ASSERT(b->record_max > 0);
    b->cls = log->cls;
    b->cancel = cancel;
    wr_log_owner_init(&b->own, "writer");
    pthread_mutex_init(&b->sync, NULL);
}

weir_status wr_log_writer_new(wr_log *log, const wr_settings *settings, wr_log_writer **out,
                              weir_error *err)
{
    *out = NULL;
    WR_TRY(log->cls->writer_new(log, settings, out, err));
    init_base(log, *out, NULL);
    return WEIR_OK;
}

weir_status wr_log_writer_new_transactional(wr_log *log, const wr_settings *settings,
                                            const atomic_bool *cancel, wr_log_writer **out,
                                            weir_error *err)
{
    *out = NULL;
    WR_TRY(log->cls->transactional_new
               ? log->cls->transactional_new(log, settings, cancel, out, err)
               : log->cls->writer_new(log, settings, out, err));
    init_base(log, *out, cancel);
    return WEIR_OK;
}

void wr_log_writer_close(wr_log_writer *w)
{
    if (!w)
        return;
    pthread_mutex_destroy(&base_of(w)->sync);
    class_of(w)->writer_close(w);
}

void wr_log_writer_cancel_on(wr_log_writer *w, const atomic_bool *cancel)
{
    base_of(w)->cancel = cancel;
}

size_t wr_log_writer_record_max(const wr_log_writer *w)
{
    return base_of(w)->record_max;
}

/* ---- producing ---- */

static weir_status produce(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                           const wr_out_records *records, const wr__log_until *until,
                           weir_error *err)
{
    WR_ASSERT(topic && (!records->n || (records->keys && records->values && records->timestamps)));
    weir_error why;
    if (WR_UNLIKELY(wr_log_owner_failed(owner, &why))) {
        if (err)
            *err = why;
        return why.code;
    }
    weir_status st = class_of(w)->produce(w, owner, topic, records, until, &why);
    if (WR_UNLIKELY(st != WEIR_OK)) {
        WR_ASSERT(st == why.code);
        if (st != WEIR_ERR_INTERRUPTED && !wr_log_writer_failed(w, NULL))
            wr_log_owner_fail(owner, &why);
        if (err)
            *err = why;
        return st;
    }
    /* A report of an earlier record, served on the way. */
    return wr_log_owner_failed(owner, err) ? owner->error.code : WEIR_OK;
}

static wr__log_until wait_of(const wr_log_writer *w)
{
    return (wr__log_until){base_of(w)->cancel, -1};
}

weir_status wr_log_writer_produce(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                                  const wr_out_records *records, weir_error *err)
{
    wr__log_until until = wait_of(w);
    return produce(w, owner ? owner : &base_of(w)->own, topic, records, &until, err);
}

int wr_log_writer_serve(wr_log_writer *w)
{
    return class_of(w)->serve ? class_of(w)->serve(w) : -1;
}

size_t wr_log_writer_pending(const wr_log_writer *w)
{
    return class_of(w)->pending(w);
}

bool wr_log_writer_failed(const wr_log_writer *w, weir_error *err)
{
    return class_of(w)->writer_failed(w, err);
}

/* ---- committing ---- */

static weir_status flush(wr_log_writer *w, const wr__log_until *until, weir_error *err)
{
    WR_TRY(class_of(w)->flush(w, until, err));
    const wr_log_owner *own = &base_of(w)->own;
    return wr_log_owner_failed(own, err) ? own->error.code : WEIR_OK;
}

weir_status wr_log_writer_flush(wr_log_writer *w, weir_error *err)
{
    wr__log_until until = wait_of(w);
    return flush(w, &until, err);
}

int64_t wr_log_writer_position(const wr_log_writer *w, const char *topic, int32_t partition)
{
    return class_of(w)->position(w, topic, partition);
}

weir_status wr_log_writer_commit(wr_log_writer *w, wr_log_reader *reader,
                                 const wr_log_group_offsets *groups, uint32_t groups_n,
                                 wr_db_batch *state, weir_error *err)
{
    for (uint32_t g = 0; g < groups_n; g++)
        WR_ASSERT(groups[g].group && (groups[g].offsets || !groups[g].n));
    WR_TRY(class_of(w)->commit(w, reader, groups, groups_n, state, err));
    WR_ASSERT(wr_log_writer_pending(w) == 0);
    return WEIR_OK;
}

weir_status wr_log_writer_abort(wr_log_writer *w, wr_log_owner *owner, weir_error *err)
{
    WR_TRY(class_of(w)->abort(w, owner, err));
    if (owner)
        return WEIR_OK;
    wr_log_owner_reset(&base_of(w)->own);
    WR_ASSERT(wr_log_writer_pending(w) == 0);
    return WEIR_OK;
}

/* ---- all in one ---- */

/* Its turn, or the reason to give up. */
static weir_status take_turn(wr__log_writer_base *b, const wr__log_until *until, const char *what,
                             weir_error *err)
{
    for (;;) {
        WR_TRY(wr__log_give_up(until, what, err));
        struct timespec t; /* of the real-time clock, as the call wants it */
        clock_gettime(CLOCK_REALTIME, &t);
        int64_t ns = t.tv_nsec + WR__LOG_SLICE_MS * (int64_t)1000000;
        t.tv_sec += ns / 1000000000;
        t.tv_nsec = ns % 1000000000;
        int rc = pthread_mutex_timedlock(&b->sync, &t);
        if (rc == 0)
            return WEIR_OK;
        WR_ASSERT(rc == ETIMEDOUT);
    }
}

static weir_status write_all(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                             const wr_out_records *records, const wr__log_until *until,
                             weir_error *err)
{
    WR_TRY(produce(w, owner, topic, records, until, err));
    WR_TRY(flush(w, until, err));
    if (wr_log_owner_failed(owner, err))
        return owner->error.code;
    return wr_log_writer_commit(w, NULL, NULL, 0, NULL, err);
}

weir_status wr_log_write_sync(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                              const wr_out_records *records, const wr_log_wait *wait,
                              weir_error *err)
{
    wr__log_writer_base *b = base_of(w);
    wr__log_until until = wait_of(w);
    if (wait && wait->cancel)
        until.cancel = wait->cancel;
    if (wait && wait->timeout_ms >= 0)
        until.deadline_ms = wr__log_now_ms() + wait->timeout_ms;
    if (!owner)
        owner = &b->own;
    wr_buf what = {0};
    wr_buf_printf(&what, "Writing to topic %s", topic);
    weir_status st = take_turn(b, &until, wr_buf_cstr(&what), err);
    wr_buf_free(&what);
    if (st != WEIR_OK)
        return st;
    st = write_all(w, owner, topic, records, &until, err);
    if (st != WEIR_OK) {
        weir_error late;
        if (wr_log_writer_abort(w, owner, &late) != WEIR_OK)
            wr_diag_put(WR_DIAG_WARN, "log", "after a write that failed: %s", late.message);
        wr_log_owner_reset(owner);
    }
    pthread_mutex_unlock(&b->sync);
    return st;
}
