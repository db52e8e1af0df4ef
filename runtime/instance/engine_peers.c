/* SPDX-License-Identifier: Apache-2.0 */
/* Who knows the other servers of the service; counted while in use, so that it can be taken away.
 */
#include "runtime/instance/engine_state.h"
#include "runtime/instance/wait.h"

bool wr_engine_set_peers(wr_engine *e, const wr_peers *peers)
{
    wr_engine_lock(e);
    bool taken = peers && e->has_peers;
    if (!taken)
        e->has_peers = peers != NULL;
    while (!peers && e->peers_used)
        wr_engine_wait_changed(e, WR_WAIT_SLICE_MS);
    if (peers && !taken)
        e->peers = *peers;
    wr_engine_unlock(e);
    return !taken;
}

const wr_peers *wr_engine_enter_peers(wr_engine *e)
{
    wr_engine_lock(e);
    bool has = e->has_peers;
    e->peers_used += has;
    wr_engine_unlock(e);
    return has ? &e->peers : NULL;
}

void wr_engine_leave_peers(wr_engine *e)
{
    wr_engine_lock(e);
    WR_ASSERT(e->peers_used > 0);
    e->peers_used--;
    pthread_cond_broadcast(&e->changed);
    wr_engine_unlock(e);
}
