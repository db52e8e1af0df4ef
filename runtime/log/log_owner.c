/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owners of what is produced.
 *
 * The state has a step between good and failed, so that of several threads that fail an owner at
 * once one alone writes the error, and readers see it whole or not at all.
 */
#include "runtime/log/log_owner.h"

enum { GOOD, FAILING, FAILED };

void wr_log_owner_init(wr_log_owner *o, const char *name)
{
    WR_ASSERT(name);
    o->name = name;
    wr_error_clear(&o->error);
    atomic_init(&o->state, GOOD);
}

bool wr_log_owner_failed(const wr_log_owner *o, weir_error *err)
{
    if (WR_LIKELY(atomic_load_explicit(&o->state, memory_order_acquire) != FAILED))
        return false;
    WR_ASSERT(o->error.code != WEIR_OK);
    if (err)
        *err = o->error;
    return true;
}

void wr_log_owner_reset(wr_log_owner *o)
{
    WR_ASSERT(atomic_load(&o->state) != FAILING); /* nobody produces for it meanwhile */
    wr_error_clear(&o->error);
    atomic_store(&o->state, GOOD);
}

void wr_log_owner_fail(wr_log_owner *o, const weir_error *err)
{
    WR_ASSERT(err->code != WEIR_OK && err->message[0]);
    int good = GOOD;
    if (!atomic_compare_exchange_strong(&o->state, &good, FAILING))
        return;
    o->error = *err;
    atomic_store_explicit(&o->state, FAILED, memory_order_release);
}
