/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ALTER STREAM | TABLE s REFRESH SCHEMA: the columns that were taken from a schema registry are
 * taken from there again, from the latest schema.
 *
 *     a new field                   a new column, behind the others
 *     a field that is gone          the column goes, unless a query uses it
 *     a field of another type       the column's type changes, unless a query uses it
 *     anything about the key, or about the column with the time: refused
 *
 * As with ADD COLUMN, statements and queries that hold the old entry go on with what they have, so
 * their state means what it meant. Columns that somebody declared are nobody else's to change: a
 * part that was declared stays as it is, and where nothing was inferred there is nothing to
 * refresh.
 */
#include "engine/plan/analysis.h"
#include "common/reason.h"
#include "engine/plan/with.h"

#include <stdio.h>

/* Names are compared as they are: both lists come from the catalog or from the same inference,
 * which has put them into upper case. NULL: there is none of that name. */
static const wr_column *find_column(const wr_column *cols, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(cols[i].name, name) == 0)
            return &cols[i];
    return NULL;
}

/* By the query's id, in @p env's words; NULL: nobody, or nobody knows of queries, as where files
 * are checked against a copy of the catalog. */
static const char *user_of(const wr_plan_env *env, const wr_source *s, const char *column)
{
    return env->column_user ? env->column_user(env, s->name, column) : NULL;
}

/* @p now NULL: the latest schema has no such field. The message has both types, the topic and the
 * reason, since whoever reads it has to talk to somebody who writes the topic. */
static weir_status refuse(const wr_source *s, const wr_column *old, const wr_column *now,
                          const char *why, weir_error *err)
{
    wr_buf text = {0};
    wr_buf_printf(&text, "`%s` ", old->name);
    wr_type_print(&text, old->type);
    if (now) {
        wr_buf_puts(&text, " is ");
        wr_type_print(&text, now->type);
    } else {
        wr_buf_puts(&text, " is not");
    }
    wr_error(err, WEIR_ERR_STATEMENT,
             "Cannot refresh the schema of %s '%s': %s in the latest schema of '%s', and %s",
             wr_source_kind(s), s->name, wr_buf_cstr(&text), s->topic, why);
    wr_buf_free(&text);
    return WEIR_ERR_STATEMENT;
}

/* May the column go, or get another type? @p now NULL: it goes. The time of the rows is used by
 * whoever reads the source, with or without a column of it in a SELECT. What a query uses it would
 * still find in its own copy of the columns; but the next one to be planned would mean something
 * else by the same name, and a query that is replaced would lose it. */
static weir_status check_change(const wr_plan_env *env, const wr_source *s, uint32_t c,
                                const wr_column *now, weir_error *err)
{
    const wr_column *old = &s->schema->cols[c];
    char why[400];
    if (s->timestamp_column == (int32_t)c)
        return refuse(s, old, now, "it is the time of the rows", err);
    const char *id = user_of(env, s, old->name);
    if (!id)
        return WEIR_OK;
    snprintf(why, sizeof why, "query %.300s uses it", id);
    refuse(s, old, now, why, err);
    return wr_error_hint(err, "The query reads new records by their own schema all the same: see "
                              "DESCRIBE ... EXTENDED");
}

/* Rows that are there lie in partitions by their keys, and a table's state is found by them: not
 * even a further column behind the others may come. A key that was declared is not asked about. */
static weir_status check_keys(const wr_plan_env *env, wr_source *s, weir_error *err)
{
    wr_column *keys;
    uint32_t n;
    if (!s->key.inferred)
        return WEIR_OK;
    WR_TRY(wr__latest_columns(env, s, true, &keys, &n, err));
    bool same = n == s->schema->keys_n;
    for (uint32_t i = 0; same && i < n; i++)
        same = strcmp(keys[i].name, s->schema->cols[i].name) == 0 &&
               wr_type_equal(keys[i].type, s->schema->cols[i].type);
    return same ? WEIR_OK
                : wr_error(err, WEIR_ERR_STATEMENT,
                           "Cannot refresh the schema of %s '%s': the key of the latest schema of "
                           "'%s' is another one",
                           wr_source_kind(s), s->name, s->topic);
}

/* The old columns in their order, as far as they stay; then those that are new. Order counts for
 * SELECT *, whose result a CREATE OR REPLACE may only add to. Headers and keys are not the value
 * schema's, so a field of such a name is a clash, as it is in CREATE. */
static weir_status merge(const wr_plan_env *env, wr_source *s, const wr_column *latest, uint32_t n,
                         wr_column **out, uint32_t *out_n, weir_error *err)
{
    const wr_schema *old = s->schema;
    wr_column *cols = WR_NEW_N(s->arena, wr_column, old->n + n);
    *out_n = 0;
    for (uint32_t i = 0; i < old->n; i++) {
        wr_column c = old->cols[i];
        const wr_column *now = find_column(latest, n, c.name);
        bool stays = c.role != WR_COL_VALUE || (now && wr_type_equal(now->type, c.type));
        if (!stays)
            WR_TRY(check_change(env, s, i, now, err));
        if (stays || now)
            cols[(*out_n)++] = stays ? c : *now;
    }
    for (uint32_t i = 0; i < n; i++) {
        const wr_column *other = find_column(old->cols, old->n, latest[i].name);
        if (other && other->role != WR_COL_VALUE)
            return wr_refuse(err, WR_REASON_FORM, "Duplicate column names: `%s`", other->name);
        if (!other)
            cols[(*out_n)++] = latest[i];
    }
    *out = cols;
    return WEIR_OK;
}

/* Is there anything that could be taken from the registry? A part with an id is tied to that
 * schema: to follow the latest would be another statement. */
static weir_status check_part(const wr_source *s, weir_error *err)
{
    if (!s->key.inferred && !s->value.inferred) {
        wr_error(err, WEIR_ERR_STATEMENT,
                 "Cannot refresh the schema of %s '%s': its columns were declared, none was taken "
                 "from a schema registry",
                 wr_source_kind(s), s->name);
        return wr_error_hint(err, "ALTER %s %s ADD COLUMN adds one",
                             s->is_table ? "TABLE" : "STREAM", s->name);
    }
    if (s->value.inferred && s->value.schema_id)
        return wr_error(
            err, WEIR_ERR_STATEMENT,
            "Cannot refresh the schema of %s '%s': VALUE_SCHEMA_ID says that its columns "
            "are those of schema %u",
            wr_source_kind(s), s->name, s->value.schema_id);
    return WEIR_OK;
}

/* The copy is changed in place: the caller drops it where this fails. The time column is found
 * again by its name, as columns before it may have gone. What was chosen about wrapping still holds
 * where one value column is left, and is refused by the format where it does not. */
weir_status wr__refresh_schema(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source *s,
                               weir_error *err)
{
    wr_column *latest, *cols;
    uint32_t n, cols_n;
    WR_TRY(check_part(s, err));
    WR_TRY(check_keys(env, s, err));
    if (!s->value.inferred)
        return WEIR_OK;
    WR_TRY(wr__latest_columns(env, s, false, &latest, &n, err));
    WR_TRY(merge(env, s, latest, n, &cols, &cols_n, err));
    const char *time = s->timestamp_column >= 0 ? s->schema->cols[s->timestamp_column].name : NULL;
    s->schema = wr_schema_new(s->arena, cols, cols_n);
    for (uint32_t i = 0; time && i < s->schema->n; i++)
        if (strcmp(s->schema->cols[i].name, time) == 0)
            s->timestamp_column = (int32_t)i;
    wr__with with = {.has_wrap = s->value.wrap_set, .wrap = !s->value.options.unwrapped};
    return wr__source_check_formats(env, s, &with, stmt, err);
}

/* Three lists in one order, each with its word before it. What has moved and is otherwise the same
 * is no change: columns are read by name. */
void wr_plan_put_schema_changes(wr_buf *out, const wr_schema *old, const wr_schema *fresh)
{
    static const char *const words[] = {"added", "removed", "changed"};
    for (int kind = 0; kind < 3; kind++) {
        const wr_schema *from = kind == 1 ? old : fresh, *other = kind == 1 ? fresh : old;
        bool any = false;
        for (uint32_t i = 0; i < from->n; i++) {
            const wr_column *c = &from->cols[i], *o = find_column(other->cols, other->n, c->name);
            if (kind == 2 ? !o || wr_type_equal(o->type, c->type) : o != NULL)
                continue;
            if (any)
                wr_buf_puts(out, ", ");
            else
                wr_buf_printf(out, "%s%s ", out->len ? "; " : "", words[kind]);
            wr_buf_printf(out, "`%s` ", c->name);
            wr_type_print(out, c->type);
            any = true;
        }
    }
}
