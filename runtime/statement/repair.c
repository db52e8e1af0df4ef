/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking through a history for what cannot be read or executed any more, and, where that is asked
 * for, writing one without it.
 *
 * Nothing is lost by that. In a data directory all entries are kept aside
 * (wr_statement_log_repair). A command topic is never rewritten: one more record says what counts
 * from now on, and everything before it is still there. That record takes effect only if nothing
 * has since the topic was read.
 *
 * A statement that fails may fail for a reason that passes: a registry that is away, say. So
 * nothing is written unless that is asked for, after a look at the reasons.
 *
 * What a statement that goes would have made is missing to those after it, so these fail, too, and
 * are reported each with its reason.
 */
#include "runtime/instance/command_log.h"
#include "runtime/instance/wait.h"
#include "runtime/statement/rehearse.h"

typedef struct repair {
    wr_engine *engine;
    wr_arena *arena;
    wr__history history;
    wr_kept_list good;
    wr_arr(uint64_t) gone; /* numbers */
    const wr_repair *o;
} repair;

/* In order, each against what the good ones before it make. So of a chain of streams whose first
 * one fails, each is reported, and with its own reason: the one before it does not exist. */
static void sort_out(repair *r)
{
    wr_catalog c;
    wr_catalog_init(&c);
    for (size_t i = 0; i < r->history.kept.list.n; i++) {
        const wr_kept *k = &r->history.kept.list.v[i];
        weir_error why = {0};
        if (wr__rehearse(r->engine, &c, k, &why) == WEIR_OK) {
            wr_arr_push(r->arena, &r->good.list, *k);
            continue;
        }
        wr_arr_push(r->arena, &r->gone, k->id);
        const char *text =
            wr_arena_printf(r->arena, "statement %llu cannot be executed any more: %s: " WR_STR_FMT,
                            (unsigned long long)k->id, why.message, WR_STR_ARG(k->sql));
        wr_arr_push(r->arena, &r->history.problems, text);
    }
    wr_catalog_free(&c);
}

/* Its numbers are those that the statements had, so ids of queries stay, and with them state and
 * offsets. That it took effect is seen by reading it. */
static weir_status write_topic(repair *r, weir_error *err)
{
    wr_command_log *log;
    wr_command c = {.base = r->history.tip,
                    .author = "weir repair",
                    .replaces = true,
                    .next = r->history.next,
                    .statements = r->good};
    wr_command_new_attempt(c.attempt);
    WR_TRY(wr_command_log_open(wr_engine_log(r->engine), wr_engine_settings(r->engine), false, &log,
                               err));
    const wr_log_wait limits = {WR_WAIT_STATEMENT_MS, NULL};
    weir_status st = wr_command_log_append(log, &c, &limits, err);
    wr_command_log_close(log);
    WR_TRY(st);
    wr__history now; /* did it take effect? */
    WR_TRY(wr__history_read(r->engine, r->arena, &now, err));
    if (now.kept.list.n == r->good.list.n && !now.problems.n)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_EXISTS,
                    "Somebody has changed the catalog at the same time: nothing was repaired, and "
                    "may be tried again");
}

/* Only where something is wrong: a history without problems is left alone. */
static weir_status write(repair *r, weir_error *err)
{
    wr_clock *clock = wr_engine_clock(r->engine);
    if (r->history.in_topic)
        return write_topic(r, err);
    return wr_statement_log_repair(wr_engine_db(r->engine), r->gone.v, r->gone.n,
                                   clock->wall_ms(clock), err);
}

/* Problems are reported before anything is written, also those that the writing then fails on. */
weir_status wr_statement_repair(wr_engine *e, wr_repair *o, weir_error *err)
{
    repair r = {.engine = e, .arena = wr_arena_new(0), .o = o};
    WR_ASSERT(o->report && !wr_engine_sharing(e));
    weir_status st = wr__history_read(e, r.arena, &r.history, err);
    if (st == WEIR_OK)
        sort_out(&r);
    o->statements = r.history.kept.list.n;
    o->problems = st == WEIR_OK ? r.history.problems.n : 0;
    for (size_t i = 0; st == WEIR_OK && i < r.history.problems.n; i++)
        o->report(o->arg, r.history.problems.v[i]);
    if (st == WEIR_OK && o->problems && o->write)
        st = write(&r, err);
    wr_arena_free(r.arena);
    return st;
}
