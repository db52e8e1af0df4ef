/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults.h - a database of which one call fails, once, RETRIABLE: reads, writes, moves of
 * iterators.
 *
 *     faults_arm(db, n);      n calls go through, the next one fails, all others go through again
 *     ...
 *     faults_disarm(db);      faults.failed: it has come to that
 *
 * One database at a time. Iterators that were made meanwhile may live on.
 */
#ifndef TEST_STATESTORE_FAULTS_H
#define TEST_STATESTORE_FAULTS_H

#include "helper.h"

#include "statestore/db_internal.h"

static struct {
    const wr__db_ops *real;
    wr__db_ops ops;
    int calls_left;           /* 0: the next one fails; below: none does any more */
    bool failed;              /* it has */
    const wr_db_iter *broken; /* the iterator that it has failed for */
} faults;

static inline bool fails_now(void)
{
    bool now = faults.calls_left-- == 0;
    faults.failed |= now;
    return now;
}

static weir_status say(weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "the disk has failed");
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_STORE;
}

static weir_status failing_write(wr_db *db, wr_db_batch *b, weir_error *err)
{
    return fails_now() ? say(err) : faults.real->write(db, b, err);
}

static weir_status failing_get(wr_db *db, const wr_db_snap *snap, wr_db_family f, wr_str key,
                               wr_buf *out, bool *found, weir_error *err)
{
    return fails_now() ? say(err) : faults.real->get(db, snap, f, key, out, found, err);
}

static weir_status failing_get_many(wr_db *db, const wr_db_snap *snap, wr_db_family f, size_t n,
                                    const wr_str *keys, wr_db_value_fn fn, void *arg,
                                    weir_error *err)
{
    return fails_now() ? say(err) : faults.real->get_many(db, snap, f, n, keys, fn, arg, err);
}

/* An iterator fails at a move: it becomes invalid, and its status says why. */
static wr_db_iter *failing_iter_new(wr_db *db, const wr_db_snap *snap, wr_db_family f, wr_str lower,
                                    wr_str upper)
{
    wr_db_iter *it = faults.real->iter_new(db, snap, f, lower, upper);
    it->ops = &faults.ops;
    return it;
}

static void failing_iter_free(wr_db_iter *it)
{
    if (faults.broken == it)
        faults.broken = NULL;
    faults.real->iter_free(it);
}

#define FAILING_MOVE(name)                                                                         \
    static void failing_##name(wr_db_iter *it)                                                     \
    {                                                                                              \
        if (fails_now())                                                                           \
            faults.broken = it;                                                                    \
        faults.real->name(it);                                                                     \
    }
FAILING_MOVE(iter_seek_first)
FAILING_MOVE(iter_seek_last)
FAILING_MOVE(iter_next)
FAILING_MOVE(iter_prev)

#define FAILING_SEEK(name)                                                                         \
    static void failing_##name(wr_db_iter *it, wr_str key)                                         \
    {                                                                                              \
        if (fails_now())                                                                           \
            faults.broken = it;                                                                    \
        faults.real->name(it, key);                                                                \
    }
FAILING_SEEK(iter_seek)
FAILING_SEEK(iter_seek_before)

static bool failing_iter_valid(const wr_db_iter *it)
{
    return it != faults.broken && faults.real->iter_valid(it);
}

static weir_status failing_iter_status(const wr_db_iter *it, weir_error *err)
{
    return it == faults.broken ? say(err) : faults.real->iter_status(it, err);
}

static inline void faults_arm(wr_db *db, int calls)
{
    faults.real = db->ops;
    faults.ops = *db->ops;
    faults.ops.write = failing_write;
    faults.ops.get = failing_get;
    faults.ops.get_many = failing_get_many;
    faults.ops.iter_new = failing_iter_new;
    faults.ops.iter_free = failing_iter_free;
    faults.ops.iter_seek_first = failing_iter_seek_first;
    faults.ops.iter_seek_last = failing_iter_seek_last;
    faults.ops.iter_seek = failing_iter_seek;
    faults.ops.iter_seek_before = failing_iter_seek_before;
    faults.ops.iter_next = failing_iter_next;
    faults.ops.iter_prev = failing_iter_prev;
    faults.ops.iter_valid = failing_iter_valid;
    faults.ops.iter_status = failing_iter_status;
    faults.calls_left = calls;
    faults.failed = false;
    faults.broken = NULL;
    db->ops = &faults.ops;
}

static inline void faults_disarm(wr_db *db)
{
    db->ops = faults.real;
}

#endif
