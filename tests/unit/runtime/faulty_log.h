/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faulty_log.h - an engine's log, with a gate before each of its functions: it can be made to hang
 * there until it is let go, or to fail at the n-th call. What it does otherwise is real.
 *
 * faulty_install(w) right after weir_open: readers and writers that are made later have the gates.
 * One engine at a time.
 */
#ifndef TEST_RUNTIME_FAULTY_LOG_H
#define TEST_RUNTIME_FAULTY_LOG_H

#include "api_helper.h"

#include "runtime/api/api_internal.h"
#include "runtime/log/log_class.h"

typedef enum faulty_op {
    OP_LIST,
    OP_DESCRIBE,
    OP_CREATE,
    OP_REMOVE,
    OP_ENDS,
    OP_READER_NEW,
    OP_WRITER_NEW,
    OP_SUBSCRIBE,
    OP_ASSIGN,
    OP_PRODUCE,
    OP_FLUSH,
    OP_COMMIT,
    OP_N,
} faulty_op;

typedef struct faulty_log {
    const wr_log_class *real;
    wr_log_class cls;
    atomic_bool hang[OP_N];
    atomic_int hung[OP_N];    /* calls that hang just now */
    atomic_int fail_at[OP_N]; /* 0: none; n: the n-th call from now on, once; -1: all */
} faulty_log;
static faulty_log faulty;

static inline void faulty_nap(void)
{
    nanosleep(&(struct timespec){0, 2000000}, NULL);
}

static inline weir_status faulty_gate(faulty_op op, weir_error *err)
{
    if (atomic_load(&faulty.hang[op])) {
        atomic_fetch_add(&faulty.hung[op], 1);
        while (atomic_load(&faulty.hang[op]))
            faulty_nap();
        atomic_fetch_sub(&faulty.hung[op], 1);
    }
    int n = atomic_load(&faulty.fail_at[op]);
    if (n > 0)
        n = atomic_fetch_sub(&faulty.fail_at[op], 1);
    return n == 1 || n < 0 ? wr_error(err, WEIR_ERR_LOG, "injected failure") : WEIR_OK;
}

static inline weir_status faulty_list(wr_log *log, wr_arena *a, wr_topic_info **out, uint32_t *n,
                                      weir_error *err)
{
    WR_TRY(faulty_gate(OP_LIST, err));
    return faulty.real->list(log, a, out, n, err);
}

static inline weir_status faulty_describe(wr_log *log, const char *topic, wr_topic_info *out,
                                          weir_error *err)
{
    WR_TRY(faulty_gate(OP_DESCRIBE, err));
    return faulty.real->describe(log, topic, out, err);
}

static inline weir_status faulty_create(wr_log *log, const wr_topic_spec *spec, weir_error *err)
{
    WR_TRY(faulty_gate(OP_CREATE, err));
    return faulty.real->create(log, spec, err);
}

static inline weir_status faulty_remove(wr_log *log, const char *topic, weir_error *err)
{
    WR_TRY(faulty_gate(OP_REMOVE, err));
    return faulty.real->remove(log, topic, err);
}

static inline weir_status faulty_ends(wr_log *log, const wr_topic_part *parts, uint32_t n,
                                      int64_t *low, int64_t *high, weir_error *err)
{
    WR_TRY(faulty_gate(OP_ENDS, err));
    return faulty.real->ends(log, parts, n, low, high, err);
}

static inline weir_status faulty_reader_new(wr_log *log, const char *group,
                                            const wr_settings *settings, wr_log_reader **out,
                                            weir_error *err)
{
    WR_TRY(faulty_gate(OP_READER_NEW, err));
    return faulty.real->reader_new(log, group, settings, out, err);
}

static inline weir_status faulty_writer_new(wr_log *log, const wr_settings *settings,
                                            wr_log_writer **out, weir_error *err)
{
    WR_TRY(faulty_gate(OP_WRITER_NEW, err));
    return faulty.real->writer_new(log, settings, out, err);
}

static inline weir_status faulty_subscribe(wr_log_reader *r, const char *const *topics, uint32_t n,
                                           weir_error *err)
{
    WR_TRY(faulty_gate(OP_SUBSCRIBE, err));
    return faulty.real->subscribe(r, topics, n, err);
}

static inline weir_status faulty_assign(wr_log_reader *r, const wr_topic_part *parts, uint32_t n,
                                        weir_error *err)
{
    WR_TRY(faulty_gate(OP_ASSIGN, err));
    return faulty.real->assign(r, parts, n, err);
}

static inline weir_status faulty_produce(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                                         const wr_out_records *records, const wr__log_until *until,
                                         weir_error *err)
{
    WR_TRY(faulty_gate(OP_PRODUCE, err));
    return faulty.real->produce(w, owner, topic, records, until, err);
}

static inline weir_status faulty_flush(wr_log_writer *w, const wr__log_until *until,
                                       weir_error *err)
{
    WR_TRY(faulty_gate(OP_FLUSH, err));
    return faulty.real->flush(w, until, err);
}

static inline weir_status faulty_commit(wr_log_writer *w, wr_log_reader *reader,
                                        const wr_log_group_offsets *groups, uint32_t groups_n,
                                        wr_db_batch *state, weir_error *err)
{
    WR_TRY(faulty_gate(OP_COMMIT, err));
    return faulty.real->commit(w, reader, groups, groups_n, state, err);
}

static inline void faulty_install(weir *w)
{
    wr_log *log = wr_engine_log(w->engine);
    memset(&faulty, 0, sizeof faulty);
    faulty.real = log->cls;
    faulty.cls = *log->cls;
    faulty.cls.list = faulty_list;
    faulty.cls.describe = faulty_describe;
    faulty.cls.create = faulty_create;
    faulty.cls.remove = faulty_remove;
    faulty.cls.ends = faulty_ends;
    faulty.cls.reader_new = faulty_reader_new;
    faulty.cls.writer_new = faulty_writer_new;
    faulty.cls.subscribe = faulty_subscribe;
    faulty.cls.assign = faulty_assign;
    faulty.cls.produce = faulty_produce;
    faulty.cls.flush = faulty_flush;
    faulty.cls.commit = faulty_commit;
    log->cls = &faulty.cls;
}

/** Calls of @p op hang from here on; false: they go on. */
static inline void faulty_hang(faulty_op op, bool yes)
{
    atomic_store(&faulty.hang[op], yes);
}

/** Wait until a call hangs. @return false: none does. */
static inline bool faulty_hangs(faulty_op op)
{
    for (int i = 0; i < 5000 && !atomic_load(&faulty.hung[op]); i++)
        faulty_nap();
    return atomic_load(&faulty.hung[op]) > 0;
}

/** The n-th call fails; -1: all; 0: none. */
static inline void faulty_fail(faulty_op op, int n)
{
    atomic_store(&faulty.fail_at[op], n);
}

#endif
