/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reject.h - statements that must be refused, as tables: the statement, the beginning of its
 * message and the text that the error points to. Included after <cmocka.h>.
 */
#ifndef TEST_ENGINE_REJECT_H
#define TEST_ENGINE_REJECT_H

#include "plan_world.h"

typedef struct reject_case {
    const char *sql;
    const char *message; /* begins with */
    const char *at;      /* what the text at the error's position begins with */
} reject_case;

/** Plan it and compare; nothing may be planned by a statement that is refused. */
static inline void reject_check(world *w, const reject_case *c)
{
    world_result r;
    wr_source *s;
    weir_error err = {0};
    weir_status st = world_plan(w, c->sql, &r, &err);
    if (st == WEIR_OK && r.stmt->kind == WR_AST_DROP_SOURCE)
        st = wr_catalog_check_drop(&w->catalog, r.stmt, &s, &err);
    if (st == WEIR_OK)
        fail_msg("accepted: %s", c->sql);
    if (strncmp(err.message, c->message, strlen(c->message)) != 0)
        fail_msg("%s\n  message  %s\n  expected %s", c->sql, err.message, c->message);
    if (err.offset < 0 || (size_t)err.offset > strlen(c->sql) ||
        strncmp(c->sql + err.offset, c->at, strlen(c->at)) != 0)
        fail_msg("%s\n  points to %lld '%.20s', expected '%s'", c->sql, (long long)err.offset,
                 err.offset >= 0 ? c->sql + err.offset : "", c->at);
    assert_null(r.plan);
    assert_null(r.pull);
    assert_null(r.insert);
    assert_null(r.source);
    assert_int_equal(err.code, st);
    world_result_free(&r);
}

/** All of @p cases over the catalog of world_fill. */
static inline void reject_all(const reject_case *cases, size_t n)
{
    world w;
    world_init(&w);
    world_fill(&w);
    for (size_t i = 0; i < n; i++)
        reject_check(&w, &cases[i]);
    world_fini(&w);
}

#endif
