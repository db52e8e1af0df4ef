/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ASSERT [NOT EXISTS] SCHEMA [SUBJECT s] [ID n] [TIMEOUT t]: is there such a schema? Scripts wait
 * with it for what another program registers, so it asks again until the time has passed; a
 * registry that does not answer is asked again as well, and is the error that is reported in the
 * end.
 */
#include "runtime/instance/wait.h"
#include "common/reason.h"
#include "runtime/statement/statement_class.h"

#include <stdio.h>

#define ASK_AGAIN_MS 100

/* "Schema with subject name s id 7", in ksqlDB's words; at most @p n bytes: subjects may be longer
 * than any message. */
static void describe(const wr_ast_stmt *s, char *out, size_t n)
{
    wr_buf text = {0};
    wr_buf_puts(&text, "Schema with");
    if (s->text1)
        wr_buf_printf(&text, " subject name %s", s->text1);
    if (s->has_id)
        wr_buf_printf(&text, " id %lld", (long long)s->id);
    snprintf(out, n, "%s", wr_buf_cstr(&text));
    wr_buf_free(&text);
}

/* One question, with the registry's own retries. WEIR_ERR_NOT_FOUND: there is none. With both, the
 * schema of the id must be one of the subject. */
static weir_status look(wr_registry *r, const wr_registry_interrupt *interrupt,
                        const wr_ast_stmt *s, weir_error *err)
{
    const wr_registry_schema *schema;
    if (!s->has_id)
        return wr_registry_get_version(r, interrupt, wr_str_c(s->text1), 0, &schema, NULL, err);
    if (s->id < 1 || s->id > UINT32_MAX)
        return wr_error(err, WEIR_ERR_NOT_FOUND, "No schema has the id %lld", (long long)s->id);
    WR_TRY(wr_registry_get_id(r, interrupt, (uint32_t)s->id, &schema, err));
    if (!s->text1)
        return WEIR_OK;
    const wr_schema_draft draft = {schema->kind, schema->text, schema->references,
                                   schema->references_n};
    return wr_registry_find(r, interrupt, wr_str_c(s->text1), &draft, &schema, err);
}

/* The statement's, else the setting's; 0 asks once. */
static weir_status timeout_of(const wr_exec *x, int64_t *ms, weir_error *err)
{
    *ms = wr_settings_int(&x->settings, "ksql.assert.schema.default.timeout.ms", 1000);
    if (x->stmt->has_timeout && !wr_ast_duration_ms(&x->stmt->timeout, ms))
        return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->timeout.pos, "Duration out of range");
    *ms = WR_MIN(WR_MAX(*ms, 0), INT32_MAX);
    return WEIR_OK;
}

/* Without the lock, and interruptible: it may wait for as long as it was told to. What is wrong
 * with the question itself is not asked again. */
weir_status wr__execute_assert_schema(wr_exec *x, weir_error *err)
{
    const wr_ast_stmt *s = x->stmt;
    wr_registry *r = wr_engine_registry(x->engine);
    int64_t ms;
    char what[400];
    weir_error why;
    if (!s->text1 && !s->has_id)
        return wr_refuse_at(err, WR_REASON_FORM, s->pos,
                            "ASSERT SCHEMA statements much include a subject name or an id");
    if (!r)
        return wr_error_reason(
            err, WR_REASON_REGISTRY,
            wr_error_at(err, WEIR_ERR_CONFIG, s->pos, "There is no schema registry"));
    WR_TRY(timeout_of(x, &ms, err));
    describe(s, what, sizeof what);
    wr_wait wait = wr_wait_new(x->engine, x->interrupt, (int)ms);
    const wr_registry_interrupt interrupt = wr_wait_in_registry(&wait);
    for (;;) {
        weir_status st = look(r, &interrupt, s, &why);
        if (st != WEIR_OK && st != WEIR_ERR_NOT_FOUND && !(why.flags & WEIR_ERROR_RETRIABLE)) {
            if (err)
                *err = why;
            return st;
        }
        if (st == (s->not_exists ? WEIR_ERR_NOT_FOUND : WEIR_OK))
            break;
        weir_error ended;
        weir_status go_on = wr_wait_check(&wait, what, &ended);
        if (go_on != WEIR_OK && !(ended.flags & WEIR_ERROR_RETRIABLE)) {
            if (err)
                *err = ended;
            return go_on;
        }
        if (go_on == WEIR_OK) {
            wr_wait_nap(WR_MIN(ASK_AGAIN_MS, WR_WAIT_SLICE_MS));
            continue;
        }
        if (st != WEIR_OK && st != WEIR_ERR_NOT_FOUND)
            return wr_error(err, st, "%s: %s", what, why.message);
        return wr_error(err, WEIR_ERR_ASSERT, "%s %s", what,
                        s->not_exists ? "exists" : "does not exist");
    }
    wr__say(x, "%s %s.", what, s->not_exists ? "does not exist" : "exists");
    return WEIR_OK;
}
