/* SPDX-License-Identifier: Apache-2.0 */
/* The section "waiting" of SHOW QUERIES, EXPLAIN and DESCRIBE EXTENDED: see the header. */
#include "runtime/statement/waiting_rows.h"
#include "runtime/statement/result.h"

#define NAME "waiting"

/* Made with the first row, so that a result without anybody who waits is what it always was. */
static wr_result *section_of(wr_exec *x)
{
    static const wr__column columns[] = {
        {"QUERY", &wr_type_string}, {"SINCE", &wr_type_timestamp}, {"REASON", &wr_type_string}};
    for (size_t i = 0; i < x->sections.n; i++)
        if (strcmp(x->sections.v[i]->name, NAME) == 0)
            return x->sections.v[i];
    return wr__result_new(x, NAME, columns, WR_ARRAY_LEN(columns));
}

/* How far it is may have changed before the row is read: it is as of the statement, as all else
 * here. A query whose state is on its way waits for it, and that is to be seen in the same places.
 * Since when: its clock is monotonic, so the wall clock's time is reckoned from now. */
static void add_restoring(wr_exec *x, wr_query *q)
{
    wr_query_restore r;
    wr_buf reason = {0};
    if (!wr_query_restoring(q, &r))
        return;
    WR_ASSERT(r.done <= r.total && r.ns >= 0);
    wr_clock *clock = wr_engine_clock(x->engine);
    wr_buf_puts(&reason, "its state is being restored: ");
    wr_query_restore_print(&r, &reason);
    WR__RESULT_ROW(x, section_of(x), wr__text(x, wr_query_id(q)),
                   wr_value_i64(clock->wall_ms(clock) - r.ns / 1000000),
                   wr__text(x, wr_buf_cstr(&reason)));
    wr_buf_free(&reason);
}

/* Why and since when are read together, so they are of one moment; the query may have gone on
 * since. */
void wr__add_waiting(wr_exec *x, wr_query *q)
{
    int64_t since_ms;
    weir_error why;
    WR_ASSERT(x->sections.n > 0); /* the rows themselves come first */
    if (wr_query_waits(q, &since_ms, &why))
        WR__RESULT_ROW(x, section_of(x), wr__text(x, wr_query_id(q)), wr_value_i64(since_ms),
                       wr__text(x, why.message));
    add_restoring(x, q);
}
