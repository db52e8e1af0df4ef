/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INSERT INTO source [(columns)] VALUES (expressions): one row, evaluated and coerced to the
 * source's types (dialect.md 8.3). Encoding and writing are the runtime's.
 *
 * Values are expressions without columns: they are compiled and evaluated once, here, so that
 * whatever is wrong with them is an error of the statement with a place. Nothing is written before
 * all values of the row are known. Rows that come otherwise (/inserts-stream) have the same
 * targets, and conversions of their own, since JSON has its own types. ASSERT VALUES reads its
 * values by the same way, so a test compares like with like.
 */
#include "engine/plan/with.h"
#include "common/reason.h"
#include "parser/parser.h"
#include "types/text.h"

#include <stdio.h>

/* There is no row that a column could be of. The scope's resolver: called for each column that an
 * expression names, so the error has its place. */
static weir_status no_column(const wr_scope *self, const wr_ast_expr *column, wr_ref *out,
                             weir_error *err)
{
    (void)self;
    (void)out;
    if (column->qualifier.name)
        return wr_error_at(err, WEIR_ERR_STATEMENT, column->pos,
                           "'%s' is not a valid stream/table name or alias: VALUES takes "
                           "expressions without columns.",
                           column->qualifier.name);
    wr_refuse_at(err, WR_REASON_VALUE_COLUMN, column->pos,
                 "Column '%s' cannot be resolved: VALUES takes expressions without columns.",
                 column->name.name);
    if (!column->name.quoted)
        return WEIR_ERR_STATEMENT;
    return wr_error_hint(err, "Text is written in single quotes; double quotes are for names");
}

/* Where rows may be inserted: a source that is there, is ours to write, and has no window in its
 * key, for which VALUES has no place. Tables are allowed here, other than for INSERT ... SELECT: a
 * row of VALUES has its key, and is an upsert. */
static weir_status find_target(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source **out,
                               weir_error *err)
{
    *out = wr_catalog_find(env->catalog, stmt->name.name);
    if (!*out) {
        weir_error other = {0};
        wr_source *none;
        weir_status missing = wr_catalog_get(env->catalog, &stmt->name, &none, &other);
        WR_ASSERT(missing != WEIR_OK);
        wr_refuse_at(err, WR_REASON_NO_TARGET, stmt->name.pos,
                     "Cannot insert values into an unknown stream/table: `%s`", stmt->name.name);
        return wr_error_hint(err, "%s", other.hint);
    }
    const wr_source *s = *out;
    if (!wr_settings_bool(env->settings, "ksql.insert.into.values.enabled", true))
        return wr_error_at(
            err, WEIR_ERR_STATEMENT, stmt->pos,
            "The server has disabled INSERT INTO ... VALUES functionality. To enable "
            "it, set 'ksql.insert.into.values.enabled' to 'true'.");
    if (s->read_only)
        return wr_refuse_at(err, WR_REASON_NO_TARGET, stmt->name.pos,
                            "Cannot insert values into read-only %s: %s", wr_source_kind(s),
                            s->name);
    if (s->window.kind != WR_WINDOW_NONE)
        return wr_refuse_at(err, WR_REASON_NO_TARGET, stmt->name.pos,
                            "Cannot insert values into windowed stream/table!");
    return wr__check_writable_topic(env, s->topic, err);
}

/* Places that are no columns of the schema. Negative, for find_columns gives indices beside them;
 * -1 is "none". */
enum { TARGET_ROWTIME = -2, TARGET_WINDOWSTART = -3, TARGET_WINDOWEND = -4 };

/* ASSERT of a windowed source may look at the window, too; nobody can insert one. The answer is -1
 * where the name means nothing of that kind. */
static int window_target(const wr_ast_stmt *stmt, const wr_source *s, const char *column)
{
    if (stmt->kind == WR_AST_INSERT_VALUES || s->window.kind == WR_WINDOW_NONE)
        return -1;
    return strcmp(column, "WINDOWSTART") == 0 ? TARGET_WINDOWSTART
           : strcmp(column, "WINDOWEND") == 0 ? TARGET_WINDOWEND
                                              : -1;
}

/* Column index for each value, or one of TARGET_. Headers come with a record from outside; an
 * INSERT has no way to give them, so ksqlDB refuses them by name. Of a column that is given twice
 * the last value counts, as there. */
static weir_status find_columns(const wr_ast_stmt *stmt, const wr_source *s, int *targets,
                                weir_error *err)
{
    for (size_t i = 0; i < stmt->columns_n; i++) {
        const wr_ast_name *c = &stmt->columns[i];
        targets[i] = wr_schema_find(s->schema, c->name);
        if (targets[i] >= 0) {
            wr_col_role role = s->schema->cols[targets[i]].role;
            if (role == WR_COL_HEADERS || role == WR_COL_HEADER)
                return wr_refuse_at(err, WR_REASON_TARGET, c->pos,
                                    "Cannot insert into HEADER columns: %s", c->name);
        } else if (strcmp(c->name, "ROWTIME") == 0) {
            targets[i] = TARGET_ROWTIME;
        } else if (window_target(stmt, s, c->name) != -1) {
            targets[i] = window_target(stmt, s, c->name);
        } else if (wr__is_pseudo_name(c->name)) {
            return wr_error_at(err, WEIR_ERR_STATEMENT, c->pos,
                               "Inserting into column `%s` is not allowed.", c->name);
        } else {
            return wr_error_at(err, WEIR_ERR_STATEMENT, c->pos, "Column name `%s` does not exist.",
                               c->name);
        }
    }
    return WEIR_OK;
}

static weir_status wrong_count(const wr_ast_stmt *stmt, const wr_source *s, weir_error *err)
{
    wr_buf want = {0}, got = {0};
    for (uint32_t i = 0; i < s->schema->n; i++) {
        wr_col_role role = s->schema->cols[i].role;
        if (role == WR_COL_KEY || role == WR_COL_VALUE)
            wr_buf_printf(&want, "%s`%s`", want.len ? ", " : "", s->schema->cols[i].name);
    }
    for (size_t i = 0; i < stmt->values_n; i++) {
        wr_buf_puts(&got, i ? ", " : "");
        wr_ast_print_expr(&got, stmt->values[i]);
    }
    weir_status st =
        wr_error_at(err, WEIR_ERR_STATEMENT, stmt->pos,
                    "Expected a value for each column. Expected Columns: [%s]. Got [%s]",
                    wr_buf_cstr(&want), wr_buf_cstr(&got));
    wr_buf_free(&want);
    wr_buf_free(&got);
    return st;
}

/* Without a list of columns there is a value for every key and value column, in order. ksqlDB
 * counts neither headers here, which nobody can give, nor ROWTIME, although it can be named:
 * `targets` are plain indices. */
static weir_status default_columns(const wr_ast_stmt *stmt, const wr_source *s, int *targets,
                                   weir_error *err)
{
    uint32_t n = 0, headers = 0;
    const char *header = NULL; /* the first one's name */
    for (uint32_t i = 0; i < s->schema->n; i++) {
        const wr_column *c = &s->schema->cols[i];
        if (c->role == WR_COL_HEADERS || c->role == WR_COL_HEADER) {
            header = headers++ ? header : c->name;
            continue;
        }
        if (c->role != WR_COL_KEY && c->role != WR_COL_VALUE)
            continue;
        if (n < stmt->values_n)
            targets[n] = (int)i;
        n++;
    }
    if (headers && stmt->values_n == n + headers) /* whoever wrote it meant them as well */
        return wr_refuse_at(err, WR_REASON_TARGET, stmt->pos,
                            "Cannot insert into HEADER columns: %s", header);
    return stmt->values_n == n ? WEIR_OK : wrong_count(stmt, s, err);
}

/* ---- values ---- */

/* The type of a value of type @p from without the STRUCT fields that @p to does not have, at any
 * depth: ksqlDB ignores them. Where the two are of different kinds, @p from is left as it is, and
 * the coercion that follows says what does not fit. */
static const wr_type *without_extra_fields(const wr_type *from, const wr_type *to, wr_arena *a)
{
    if (from->id != to->id || from->id < WR_T_ARRAY)
        return from;
    if (from->id == WR_T_ARRAY)
        return wr_type_array(a, without_extra_fields(from->elem, to->elem, a));
    if (from->id == WR_T_MAP)
        return wr_type_map(a, from->key, without_extra_fields(from->elem, to->elem, a));
    wr_field *fields = WR_NEW_N(a, wr_field, from->fields_n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < from->fields_n; i++) {
        int k = wr_type_field(to, from->fields[i].name);
        if (k >= 0)
            fields[n++] =
                (wr_field){from->fields[i].name,
                           without_extra_fields(from->fields[i].type, to->fields[k].type, a)};
    }
    return wr_type_struct(a, fields, n);
}

/* @p v of type @p from as one of @p kept = without_extra_fields(from, ...). What is kept is not
 * copied but for the lists that hold it: values are read-only here. Fields are found by name, since
 * those of the literal may come in any order. */
static wr_value keep_fields(const wr_type *from, const wr_value *v, const wr_type *kept,
                            wr_arena *a)
{
    if (v->null || wr_type_equal(from, kept))
        return *v;
    WR_ASSERT(from->id == kept->id && from->id >= WR_T_ARRAY);
    const wr_nest *in = v->u.nest;
    bool map = from->id == WR_T_MAP, fields = from->id == WR_T_STRUCT;
    wr_nest *out = wr_nest_new(a, fields ? kept->fields_n : in->n, map);
    for (uint32_t i = 0; i < out->n; i++) {
        int k = fields ? wr_type_field(from, kept->fields[i].name) : (int)i;
        WR_ASSERT(k >= 0);
        out->items[i] =
            fields ? keep_fields(from->fields[k].type, &in->items[k], kept->fields[i].type, a)
                   : keep_fields(from->elem, &in->items[k], kept->elem, a);
        if (map)
            out->keys[i] = in->keys[i];
    }
    return wr_value_nest(out);
}

/* As ksqlDB says it: with the value, and for times with the format that a text must have. The type
 * of a DECIMAL is said without its digits, which the value shows. */
static weir_status does_not_fit(const wr_type *from, const wr_value *v, const char *column,
                                const wr_type *to, int64_t pos, wr_arena *a, weir_error *err)
{
    static const char *const formats[] = {
        [WR_T_TIMESTAMP] = ". Timestamp format must be yyyy-mm-ddThh:mm:ss[.S]",
        [WR_T_DATE] = ". Date format must be yyyy-mm-dd",
        [WR_T_TIME] = ". Time format must be hh:mm:ss[.S]",
    };
    bool shown = from->id == WR_T_STRING && (size_t)to->id < WR_ARRAY_LEN(formats);
    const char *format = shown && formats[to->id] ? formats[to->id] : "";
    const char *type = from->id == WR_T_DECIMAL ? "DECIMAL" : wr_type_text(a, from);
    wr_buf text = {0};
    wr_value_print(&text, from, v);
    weir_status st =
        wr_error_at(err, WEIR_ERR_STATEMENT, pos,
                    "Failed to insert values: Expected type %s for field `%s` but got %s(%s)%s",
                    wr_type_text(a, to), column, type, wr_buf_cstr(&text), format);
    wr_buf_free(&text);
    return st;
}

/*
 * The value @p v of the column: converted by value, as ksqlDB's DefaultSqlValueCoercer does it.
 * NULL of whatever type fits every column, an integer fits a DECIMAL that holds it, INTEGER becomes
 * BIGINT but DOUBLE never INTEGER, a text becomes a time or BYTES. Missing fields are NULL.
 */
static weir_status coerce(const wr_type *from, const wr_value *v, const char *column,
                          const wr_type *to, int64_t pos, wr_arena *a, wr_value *out,
                          weir_error *err)
{
    *out = *v;
    if (v->null || wr_type_equal(from, to))
        return WEIR_OK;
    const wr_type *kept = without_extra_fields(from, to, a);
    wr_value value = keep_fields(from, v, kept, a);
    if (!wr_expr_can_coerce(kept, to, WR_COERCE_STRICT, true))
        return does_not_fit(from, v, column, to, pos, a, err);
    /* By way of a literal: what may stand for what is decided in one place (engine/expr/coerce.c),
     * for literals more widely than for expressions, and here the value is known. */
    wr_expr *e;
    if (wr_expr_coerce(wr_expr_literal(a, kept, &value), to, WR_COERCE_STRICT, a, &e, err) !=
        WEIR_OK)
        return does_not_fit(from, v, column, to, pos, a, err);
    const wr_value *converted = wr_expr_constant(e);
    WR_ASSERT(converted); /* a literal of a type that fits becomes a literal */
    *out = *converted;
    return WEIR_OK;
}

/* The value of @p ast as type @p to. The literal NULL fits every type and is not compiled, as it
 * has none. */
static weir_status evaluate(const wr_plan_env *env, const wr_ast_expr *ast, const char *column,
                            const wr_type *to, wr_arena *a, wr_value *out, weir_error *err)
{
    wr_scope scope = {.resolve = no_column,
                      .types = &env->catalog->types,
                      .functions = env->functions,
                      .exact_division = wr_settings_exact_division(env->settings)};
    wr_expr *e;
    if (ast->kind == WR_AST_NULL) {
        *out = WR_VALUE_NULL;
        return WEIR_OK;
    }
    WR_TRY(wr_expr_compile(ast, &scope, a, &e, err));
    const wr_type *from = wr_expr_type(e);
    if (from->id == WR_T_NULL) {
        *out = WR_VALUE_NULL;
        return WEIR_OK;
    }
    wr_value v;
    weir_status st = wr_expr_eval_once(e, env->eval, a, &v, err);
    if (st != WEIR_OK) {
        wr_error_prefix(err, "Failed to insert values: ");
        return st;
    }
    return coerce(from, &v, column, to, ast->pos, a, out, err);
}

/* Times are milliseconds or a text; NULL leaves them to the clock. @p has stays false for NULL: the
 * caller then takes its clock. */
static weir_status evaluate_time(const wr_plan_env *env, const wr_ast_expr *ast, const char *column,
                                 wr_arena *a, bool *has, int64_t *out, weir_error *err)
{
    wr_value v;
    if (ast->kind == WR_AST_STRING) {
        if (!wr_text_to_timestamp(ast->text, out))
            return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                               "Failed to insert values: Expected type BIGINT for field `%s` but "
                               "got STRING(%s)",
                               column, ast->text.ptr);
    } else {
        WR_TRY(evaluate(env, ast, column, &wr_type_bigint, a, &v, err));
        if (v.null)
            return WEIR_OK;
        *out = v.u.i64;
    }
    *has = true;
    return WEIR_OK;
}

/* ROWTIME, and for ASSERT the bounds of the window. */
static weir_status evaluate_pseudo(const wr_plan_env *env, const wr_ast_expr *ast, int target,
                                   wr_insert *ins, weir_error *err)
{
    switch (target) {
    case TARGET_ROWTIME:
        WR_TRY(
            evaluate_time(env, ast, "ROWTIME", ins->arena, &ins->has_rowtime, &ins->rowtime, err));
        if (ins->has_rowtime && ins->rowtime < 0) /* no log takes such a record */
            return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                               "Failed to insert values: Invalid timestamp: %lld. Timestamp should "
                               "always be non-negative or null.",
                               (long long)ins->rowtime);
        return WEIR_OK;
    case TARGET_WINDOWSTART:
        return evaluate_time(env, ast, "WINDOWSTART", ins->arena, &ins->has_window_start,
                             &ins->window_start, err);
    default:
        return evaluate_time(env, ast, "WINDOWEND", ins->arena, &ins->has_window_end,
                             &ins->window_end, err);
    }
}

/* A table's key must be given. It may be NULL all the same: such a record is written, and changes
 * no row. */
static weir_status check_key(const wr_ast_stmt *stmt, const wr_source *s, const int *targets,
                             weir_error *err)
{
    if (!s->is_table || stmt->kind != WR_AST_INSERT_VALUES)
        return WEIR_OK;
    /* By place among the targets, not by value: NULL that is given is not the same as left out. */
    for (uint32_t k = 0; k < s->schema->keys_n; k++) {
        size_t i = 0;
        while (i < stmt->values_n && targets[i] != (int)k)
            i++;
        if (i == stmt->values_n)
            return wr_refuse_at(
                err, WR_REASON_TARGET, stmt->pos,
                "Failed to insert values into '%s'. Value for primary key column(s) "
                "%s is required for tables",
                s->name, s->schema->cols[k].name);
    }
    return WEIR_OK;
}

/* Columns that are not named are NULL. One more target than needed: an empty list must still be a
 * list. Keys of streams may be NULL; such a row is in any partition. */
static weir_status fill(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_insert *ins,
                        weir_error *err)
{
    const wr_source *s = ins->source;
    int *targets = WR_NEW_N(ins->arena, int, WR_MAX(stmt->values_n, stmt->columns_n) + 1);
    if (stmt->columns_n) {
        WR_TRY(find_columns(stmt, s, targets, err));
    } else {
        WR_TRY(default_columns(stmt, s, targets, err));
    }
    ins->values = WR_NEW_N(ins->arena, wr_value, s->schema->n);
    for (uint32_t i = 0; i < s->schema->n; i++)
        ins->values[i] = WR_VALUE_NULL;
    for (size_t i = 0; i < stmt->values_n; i++) {
        if (targets[i] < 0) {
            WR_TRY(evaluate_pseudo(env, stmt->values[i], targets[i], ins, err));
            continue;
        }
        const wr_column *c = &s->schema->cols[targets[i]];
        WR_TRY(evaluate(env, stmt->values[i], c->name, c->type, ins->arena,
                        &ins->values[targets[i]], err));
    }
    return check_key(stmt, s, targets, err);
}

/* One row in an arena of its own, freed with it. The source is borrowed: whoever planned holds the
 * catalog's lock, or a reference. */
static weir_status plan_values(const wr_plan_env *env, const wr_ast_stmt *stmt, const wr_source *s,
                               wr_insert **out, weir_error *err)
{
    WR_ASSERT(s->schema->n > 0);
    wr_arena *a = wr_arena_new(0);
    wr_insert *ins = WR_NEW(a, wr_insert);
    ins->arena = a;
    ins->source = s;
    weir_status st = fill(env, stmt, ins, err);
    if (st != WEIR_OK) {
        wr_arena_free(a);
        return st;
    }
    *out = ins;
    return WEIR_OK;
}

/* The same rules for all who write rows of their own, with the same words. */
weir_status wr_plan_insert_target(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_source **out,
                                  weir_error *err)
{
    return find_target(env, stmt, out, err);
}

/* Only the finding of the target differs from ASSERT: that one may look at any source. */
/* Without names the values are all columns in order, which only the source can say. That is looked
 * at when the statement is executed, since an earlier one of the request may make the source. */
weir_status wr_plan_insert_counts(const wr_ast_stmt *stmt, weir_error *err)
{
    WR_ASSERT(stmt->values_n > 0);
    if (!stmt->columns_n || stmt->columns_n == stmt->values_n)
        return WEIR_OK;
    return wr_refuse_at(err, WR_REASON_FORM, stmt->pos,
                        "Expected number columns and values to match: %zu, %zu", stmt->columns_n,
                        stmt->values_n);
}

weir_status wr_plan_insert_values(const wr_plan_env *env, const wr_ast_stmt *stmt, wr_insert **out,
                                  weir_error *err)
{
    wr_source *s;
    WR_TRY(wr_plan_insert_counts(stmt, err));
    WR_TRY(find_target(env, stmt, &s, err));
    return plan_values(env, stmt, s, out, err);
}

weir_status wr_plan_expected_values(const wr_plan_env *env, const wr_ast_stmt *stmt,
                                    wr_insert **out, weir_error *err)
{
    wr_source *s;
    WR_TRY(wr_plan_insert_counts(stmt, err));
    WR_TRY(wr_catalog_get(env->catalog, &stmt->name, &s, err));
    return plan_values(env, stmt, s, out, err);
}

void wr_insert_free(wr_insert *ins)
{
    if (ins)
        wr_arena_free(ins->arena);
}
