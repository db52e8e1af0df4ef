/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SET, UNSET, DEFINE, UNDEFINE: what the session holds, under the lock, because statements of one
 * session may run in several threads.
 *
 * Nothing here waits, so all of it is done under the lock. A setting takes effect with the
 * statements that are executed after it; those under way have copies, and queries that run keep
 * what they were started with. Which settings there are, and what values they take, is the table's
 * business (engine/plan/settings.c).
 */
#include "runtime/statement/statement_class.h"

/* Set in the session itself, not in the layers below it. @pre the lock is held: the value is
 * borrowed from the session. */
static const char *own_value(const wr_session *s, const char *name)
{
    return wr_map_get(&s->settings.values, wr_str_c(wr_settings_canonical(name)));
}

/* @pre the lock is held */
static weir_status unset(wr_exec *x, const char *name, weir_error *err)
{
    const char *was = own_value(x->session, name);
    if (!was)
        return wr_error_at(err, WEIR_ERR_CONFIG, x->stmt->pos,
                           "Cannot unset local property '%s' which was never set in the first "
                           "place",
                           name);
    wr__say(x, "Successfully unset local property '%s' (value was '%s').", name,
            wr_settings_shown(name, was));
    wr_settings_put(&x->session->settings, name, NULL);
    return WEIR_OK;
}

/* @pre the lock is held */
static weir_status set(wr_exec *x, const char *name, const char *value, weir_error *err)
{
    bool kafka = wr_engine_on_kafka(x->engine);
    const char *own = own_value(x->session, name);
    char *was = own ? wr_arena_strdup(x->arena, own) : NULL;
    weir_status st = wr_session_set(x->session, x->engine, name, value, err);
    if (st != WEIR_OK) {
        if (err)
            err->offset = x->stmt->pos;
        return st;
    }
    if (was)
        wr__say(x,
                "Successfully changed local property '%s' from '%s' to '%s'. Use the UNSET "
                "command to revert your change.",
                name, wr_settings_shown(name, was), wr_settings_shown(name, value));
    else
        wr__say(x,
                "Successfully changed local property '%s' to '%s'. Use the UNSET command to "
                "revert your change.",
                name, wr_settings_shown(name, value));
    WR_ASSERT(own_value(x->session, name)); /* under its canonical name, as it is looked up */
    /* What changes nothing is accepted, for the sake of ksqlDB's files; nobody should wait for an
     * effect, though. */
    wr_settings_warn(name, kafka);
    return WEIR_OK;
}

/* Checked and put under one lock, so that of two threads that set one setting the last one wins,
 * and each says what it has replaced. */
weir_status wr__execute_set(wr_exec *x, weir_error *err)
{
    wr_engine_lock(x->engine);
    weir_status st = x->stmt->kind == WR_AST_UNSET ? unset(x, x->stmt->text1, err)
                                                   : set(x, x->stmt->text1, x->stmt->text2, err);
    wr_engine_unlock(x->engine);
    return st;
}

/* Two maps: substitution finds a variable whatever the case of its name, but lists and messages
 * give the name as DEFINE had it, which is what people look for.
 * The map owns the values. The old one is freed without the lock: nobody else can see it any more.
 */
weir_status wr__execute_define(wr_exec *x, weir_error *err)
{
    wr_map *vars = &x->session->variables;
    wr_str name = wr_str_c(x->stmt->name.name);
    /* UNDEFINE forgets both, and is refused where there is nothing to forget. */
    bool define = x->stmt->kind == WR_AST_DEFINE;
    /* The text after substitution is what was parsed, so positions are in it. A name of a variable
     * is never quoted, so as it was written it is as long as its upper-case form. */
    const char *written = wr_arena_strndup(x->arena, x->text + x->stmt->name.pos, name.len);
    wr_map *names = &x->session->written;
    wr_engine_lock(x->engine);
    wr_free(define ? wr_map_put(names, name, wr_strdup(written)) : wr_map_remove(names, name));
    char *old =
        define ? wr_map_put(vars, name, wr_strdup(x->stmt->text2)) : wr_map_remove(vars, name);
    wr_engine_unlock(x->engine);
    bool missing = !old && !define;
    wr_free(old);
    if (missing)
        return wr_error_at(err, WEIR_ERR_NOT_FOUND, x->stmt->name.pos,
                           "Cannot undefine variable '%s' which was never defined.", written);
    return WEIR_OK;
}
