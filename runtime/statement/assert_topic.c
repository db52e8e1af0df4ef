/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ASSERT [NOT EXISTS] TOPIC t [WITH (PARTITIONS=n, REPLICAS=n)] [TIMEOUT t]: is there such a topic?
 * Scripts wait with it for what another program makes, so it asks again until the time has passed.
 */
#include "runtime/instance/wait.h"
#include "runtime/statement/statement_class.h"

#include <strings.h>

#define ASK_AGAIN_MS 50

/* The statement's, else the setting's; 0 asks once. */
static weir_status timeout_of(const wr_exec *x, int64_t *ms, weir_error *err)
{
    *ms = wr_settings_int(&x->settings, "ksql.assert.topic.default.timeout.ms", 1000);
    if (x->stmt->has_timeout && !wr_ast_duration_ms(&x->stmt->timeout, ms))
        return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->timeout.pos, "Duration out of range");
    *ms = WR_MIN(WR_MAX(*ms, 0), INT32_MAX);
    return WEIR_OK;
}

/* One property of WITH against the topic; @p t NULL: only whether it is one. */
static weir_status compare(const wr_ast_stmt *s, const wr_ast_property *p, const wr_topic_info *t,
                           weir_error *err)
{
    bool partitions = strcasecmp(p->name.name, "PARTITIONS") == 0;
    if (!partitions && strcasecmp(p->name.name, "REPLICAS") != 0)
        return wr_error_at(err, WEIR_ERR_ASSERT, p->name.pos,
                           "Cannot assert unknown topic property: %s", p->name.name);
    if (p->value->kind != WR_AST_INTEGER)
        return wr_error_at(err, WEIR_ERR_STATEMENT, p->value->pos, "%s must be a whole number",
                           p->name.name);
    int64_t have = t ? (partitions ? t->partitions : t->replicas) : p->value->u.integer;
    if (have == p->value->u.integer)
        return WEIR_OK;
    return wr_error_at(
        err, WEIR_ERR_ASSERT, p->value->pos,
        "Mismatched configuration for topic %s: For config %s, expected %lld got %lld", s->text1,
        partitions ? "partitions" : "replicas", (long long)p->value->u.integer, (long long)have);
}

/* Each property of WITH by itself: the first that differs is the one that is said. */
static weir_status compare_all(const wr_ast_stmt *s, const wr_topic_info *t, weir_error *err)
{
    for (size_t i = 0; i < s->props_n; i++)
        WR_TRY(compare(s, &s->props[i], t, err));
    return WEIR_OK;
}

/* One question. WEIR_ERR_ASSERT: it is not so, now. */
static weir_status look(wr_exec *x, weir_error *err)
{
    const wr_ast_stmt *s = x->stmt;
    wr_topic_info info = {0};
    weir_status st = wr_topic_describe(wr_engine_log(x->engine), s->text1, &info, err);
    if (st != WEIR_OK && st != WEIR_ERR_NOT_FOUND)
        return st;
    if ((st == WEIR_OK) == s->not_exists)
        return wr_error_at(err, WEIR_ERR_ASSERT, s->pos, "Topic %s %s", s->text1,
                           s->not_exists ? "exists" : "does not exist");
    return s->not_exists ? WEIR_OK : compare_all(s, &info, err);
}

/* Without the lock, and interruptible: it may wait for as long as it was told to. */
weir_status wr__execute_assert_topic(wr_exec *x, weir_error *err)
{
    const wr_ast_stmt *s = x->stmt;
    int64_t ms;
    weir_error why, ended;
    WR_TRY(timeout_of(x, &ms, err));
    WR_TRY(compare_all(s, NULL, err));
    const wr_wait wait = wr_wait_new(x->engine, x->interrupt, (int)ms);
    for (;;) {
        weir_status st = look(x, &why);
        if (st == WEIR_OK)
            break;
        weir_status go_on = wr_wait_check(&wait, "the topic is being looked for", &ended);
        bool over = go_on != WEIR_OK && (ended.flags & WEIR_ERROR_RETRIABLE);
        if (st != WEIR_ERR_ASSERT || over || go_on != WEIR_OK) {
            if (err)
                *err = st != WEIR_ERR_ASSERT || over ? why : ended;
            return st != WEIR_ERR_ASSERT || over ? st : go_on;
        }
        wr_wait_nap(ASK_AGAIN_MS);
    }
    wr__say(x, "Topic %s %s.", s->text1, s->not_exists ? "does not exist" : "exists");
    return WEIR_OK;
}
