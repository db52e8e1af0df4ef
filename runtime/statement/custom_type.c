/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CREATE TYPE, DROP TYPE. The catalog alone changes; the note for the next opening is written
 * before, without the lock, so that a failure leaves nothing behind.
 *
 * A type is part of the sources that were made with it, not referred to by them: dropping it
 * changes nothing that exists. Only later statements miss it, which is why a DROP is part of the
 * history that is kept, and not the removal of a CREATE from it.
 */
#include "runtime/statement/kept.h"
#include "runtime/statement/planned.h"
#include "runtime/statement/statement_class.h"

typedef struct change {
    bool done; /* false: nothing to do (IF EXISTS, IF NOT EXISTS) */
} change;

static weir_status change_type(wr_exec *x, wr_catalog *c, bool *done, weir_error *err)
{
    return x->stmt->kind == WR_AST_DROP_TYPE ? wr_catalog_drop_type(c, x->stmt, done, err)
                                             : wr_catalog_create_type(c, x->stmt, done, err);
}

/* Tried on a copy: what the catalog says to it is known before anything is written. */
static weir_status plan(wr_exec *x, wr_instance_env *env, void *arg, wr_reservation *needs,
                        weir_error *err)
{
    change *ch = arg;
    wr_catalog copy;
    wr_catalog_clone(&copy, env->base.catalog);
    weir_status st = change_type(x, &copy, &ch->done, err);
    wr_catalog_free(&copy);
    wr_reservation_add(needs, WR_OBJECT_TYPE, x->stmt->name.name, true);
    return st;
}

/* ksqlDB's messages. */
static void say(wr_exec *x, const wr_type *t, bool done)
{
    const char *name = x->stmt->name.name;
    if (x->stmt->kind == WR_AST_DROP_TYPE)
        wr__say(x, done ? "Dropped type '%s'" : "Type '%s' does not exist", name);
    else if (!done)
        wr__say(x, "%s is already registered with type %s", name, wr_type_text(x->arena, t));
    else
        wr__say(x, "Registered custom type with name '%s' and SQL type %s", name,
                wr_type_text(x->arena, t));
}

/* Kept before it is entered: the other way round, a disk that is full would leave a type that is
 * gone at the next opening. */
weir_status wr__execute_type(wr_exec *x, weir_error *err)
{
    wr_engine *e = x->engine;
    change ch = {0};
    wr_reservation held = {0};
    wr__planner planner = {plan, NULL, &ch};
    WR_TRY(wr__plan(x, &planner, &held, err));
    uint64_t number = ch.done && !x->checking ? wr_engine_take_id(e) : 0;
    wr_engine_unlock(e);
    weir_status st = WEIR_OK;
    if (ch.done && x->checking) {
        wr__propose(x, wr__subject_of_type(x, x->stmt->name.name), x->stmt->text);
        wr_reservation_release(&held);
        return WEIR_OK;
    }
    if (ch.done)
        st = wr__keep_statement(x, wr__subject_of_type(x, x->stmt->name.name), number, err);
    if (st == WEIR_OK) {
        bool done = false;
        wr_engine_lock(e);
        wr_catalog *c = wr_engine_catalog(e);
        if (ch.done) {
            st = change_type(x, c, &done, err);
            WR_ASSERT(st == WEIR_OK && done); /* the name has been reserved since it was tried */
        }
        x->nothing = !ch.done;
        say(x, wr_map_get(&c->types, wr_str_c(x->stmt->name.name)), ch.done);
        wr_engine_unlock(e);
    }
    wr_reservation_release(&held);
    return st;
}
