/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting a query's state and offsets without its statement: `weir reset`.
 *
 * The statement stays where it is (in a file, or kept), and its query begins anew at the next
 * start, by auto.offset.reset as a new one would. What it has written to its sink stays as well
 * unless the topic is asked for: others may read it.
 */
#include "runtime/instance/query_list.h"
#include "runtime/instance/service_log.h"
#include "runtime/statement/statement_class.h"

/* Ids as people type them: those of unquoted names are in capitals. */
static const wr_query_record *find(const wr_query_records *all, const char *id)
{
    const wr_query_record *exact = wr_query_record_find(all, id);
    for (size_t i = 0; i < all->list.n && !exact; i++)
        if (wr_ieq(all->list.v[i].id, id))
            exact = &all->list.v[i];
    return exact;
}

/* Ids of services are not numbered and can be guessed wrong: those that there are help. */
static weir_status unknown(const wr_query_records *all, const char *id, weir_error *err)
{
    wr_buf known = {0};
    for (size_t i = 0; i < all->list.n; i++)
        wr_buf_printf(&known, "%s%s", i ? ", " : "", all->list.v[i].id);
    wr_error(err, WEIR_ERR_NOT_FOUND, "This data directory has no state and no offsets of query %s",
             id);
    if (known.len)
        wr_error_hint(err, "it has some of %s", wr_buf_cstr(&known));
    wr_buf_free(&known);
    return WEIR_ERR_NOT_FOUND;
}

/* On Kafka the group comes first: while another process is in it nothing may be dropped. */
static weir_status reset_one(wr_engine *e, const wr_query_record *r, bool sink_too, weir_error *err)
{
    WR_ASSERT(r->id && r->sink);
    WR_TRY(wr_query_record_reset(wr_engine_log(e), wr_engine_db(e), wr_engine_prefix(e), r, err));
    if (!sink_too || !r->sink[0])
        return WEIR_OK;
    weir_status st = wr_topic_remove(wr_engine_log(e), r->sink, err);
    return st == WEIR_ERR_NOT_FOUND ? WEIR_OK : st;
}

/* Of all queries where @p id is NULL. Asked before the records: one that has just begun has none.
 */
static weir_status check_not_here(wr_engine *e, const char *id, weir_error *err)
{
    const char *running = NULL;
    wr_engine_lock(e);
    const wr_query_entry *entry =
        id ? wr_engine_find_entry_any_case(e, id) : wr_engine_entry_at(e, 0);
    if (entry)
        running =
            wr_query_id(entry->query); /* nobody else's statement can end it: all is reserved */
    wr_engine_unlock(e);
    if (!running)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_MISUSE, "Query %s runs in this engine: TERMINATE ends it",
                    running);
}

/* Without an id, all of them, and what was noted of services: the directory then knows nothing but
 * topics and kept statements. Each query by itself: one that cannot be reset ends it, those before
 * it are. */
static weir_status reset(wr_engine *e, const char *id, bool sink_too, wr_arena *a, weir_error *err)
{
    wr_query_records all;
    WR_TRY(check_not_here(e, id, err));
    WR_TRY(wr_query_records_read(wr_engine_db(e), wr_engine_prefix(e), a, &all, err));
    if (id) {
        const wr_query_record *r = find(&all, id);
        return r ? reset_one(e, r, sink_too, err) : unknown(&all, id, err);
    }
    for (size_t i = 0; i < all.list.n; i++)
        WR_TRY(reset_one(e, &all.list.v[i], sink_too, err));
    return wr_service_log_clear(wr_engine_db(e), err);
}

/* With everything reserved: a statement of another thread could make the query meanwhile, which
 * would then go on at offsets that are about to go. */
weir_status wr_statement_reset_query(wr_engine *e, const char *id, bool sink_too, weir_error *err)
{
    WR_ASSERT(!wr_engine_replaying(e));
    wr_arena *a = wr_arena_new(0);
    wr_reservation all = {0};
    weir_status st = wr__reserve_everything(e, &all, err);
    if (st == WEIR_OK) {
        st = reset(e, id, sink_too, a, err);
        wr_reservation_release(&all);
    }
    wr_arena_free(a);
    return st;
}
