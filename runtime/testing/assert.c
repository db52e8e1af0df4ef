/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ASSERT statements of test files. ASSERT VALUES takes the next record of the source that no
 * ASSERT has taken yet and looks at the listed columns only. ASSERT LAST VALUES takes the last
 * record of the key that it lists, whoever has taken it, and leaves the order of the others alone.
 * ASSERT STREAM and ASSERT TABLE hold a declaration against the source as it is.
 */
#include "runtime/testing/testing_internal.h"
#include "types/text.h"

/* ---- one record, decoded ---- */

typedef struct row {
    wr_value *values; /* one for each column of the source */
    int64_t rowtime, window_start, window_end;
    bool tombstone;
} row;

static void no_report(wr_row_errors *self, uint32_t at, const char *message)
{
    (void)self;
    (void)at;
    (void)message;
}

static weir_status decode_part(const wr_source *s, bool key, wr_str bytes, wr_arena *a, row *out,
                               weir_error *err)
{
    const wr_schema *schema = s->schema;
    const wr_format_use *use = key ? &s->key : &s->value;
    wr_column *cols = WR_NEW_N(a, wr_column, schema->n);
    wr_vec *vecs = WR_NEW_N(a, wr_vec, schema->n);
    uint32_t *at = WR_NEW_N(a, uint32_t, schema->n), n = 0;
    for (uint32_t i = 0; i < schema->n; i++) {
        if (schema->cols[i].role != (key ? WR_COL_KEY : WR_COL_VALUE))
            continue;
        at[n] = i;
        cols[n] = schema->cols[i];
        wr_vec_init(&vecs[n++], schema->cols[i].type, 1, a);
    }
    WR_ASSERT(n <= schema->n);
    wr_decoder *d;
    wr_row_errors errs = {.report = no_report};
    uint8_t ok = 0;
    WR_TRY(wr_decoder_new(use->format, cols, n, NULL, &use->options, a, &d, err));
    WR_TRY(wr_decoder_run(d, &bytes, wr_sel_all(1), vecs, &ok, &errs, a, err));
    if (!ok)
        return wr_error(err, WEIR_ERR_ASSERT, "The %s of the record of %s cannot be read: %s",
                        key ? "key" : "value", s->name, errs.first);
    for (uint32_t i = 0; i < n; i++)
        out->values[at[i]] = wr_vec_get(&vecs[i], 0);
    return WEIR_OK;
}

static weir_status decode_record(const wr_source *s, const wr_record *r, wr_arena *a, row *out,
                                 weir_error *err)
{
    wr_str key = r->key;
    bool session = s->window.kind == WR_WINDOW_SESSION;
    uint32_t tail = s->window.kind == WR_WINDOW_NONE ? 0 : session ? 16 : 8;
    *out = (row){.values = WR_NEW_N(a, wr_value, s->schema->n),
                 .rowtime = r->timestamp,
                 .tombstone = !r->value.ptr};
    for (uint32_t i = 0; i < s->schema->n; i++)
        out->values[i] = WR_VALUE_NULL;
    if (tail && key.ptr && key.len >= tail) {
        key.len -= tail;
        int64_t first = (int64_t)wr_get_be64(key.ptr + key.len);
        out->window_start = session ? (int64_t)wr_get_be64(key.ptr + key.len + 8) : first;
        if (session)
            out->window_end = first;
        else if (__builtin_add_overflow(first, s->window.size_ms, &out->window_end))
            out->window_end = INT64_MAX; /* as the operators have it */
    }
    WR_TRY(decode_part(s, true, key, a, out, err));
    return decode_part(s, false, r->value, a, out, err);
}

/* ---- VALUES ---- */

static weir_status next_record(wr__world *w, wr__cursors *cursors, const wr_source *s, wr_arena *a,
                               wr_record *out, weir_error *err)
{
    int64_t *next = wr_map_get(&cursors->next, wr_str_c(s->name));
    wr_record *records;
    uint32_t n;
    if (!next) {
        next = WR_NEW(w->arena, int64_t);
        wr_map_put(&cursors->next, wr_str_c(s->name), next);
    }
    WR_TRY(wr__world_read(w, s->topic, *next, a, &records, &n, err));
    if (!n) {
        wr_error(err, WEIR_ERR_ASSERT, "Expected another record, but found none in %s", s->name);
        if (*next)
            return wr_error_hint(err, "ASSERT VALUES before this one have taken all %lld of %s",
                                 (long long)*next, s->name);
        return wr_error_hint(err, "Nothing has been written to topic %s yet", s->topic);
    }
    WR_ASSERT(records[0].offset >= *next); /* it was asked for from there on */
    *out = records[0];
    *next = records[0].offset + 1;
    return WEIR_OK;
}

static bool is_listed(const wr_ast_stmt *stmt, const wr_column *c)
{
    for (size_t i = 0; i < stmt->columns_n; i++)
        if (strcmp(stmt->columns[i].name, c->name) == 0)
            return true;
    return stmt->columns_n == 0 && (c->role == WR_COL_KEY || c->role == WR_COL_VALUE);
}

static void print_row(wr_buf *out, const wr_ast_stmt *stmt, const wr_source *s,
                      const wr_value *values, bool tombstone)
{
    const char *separator = "";
    for (uint32_t i = 0; i < s->schema->n; i++) {
        if (!is_listed(stmt, &s->schema->cols[i]))
            continue;
        wr_buf_printf(out, "%s%s ", separator, s->schema->cols[i].name);
        wr_value_print_json(out, s->schema->cols[i].type, &values[i]);
        separator = ", ";
    }
    if (tombstone)
        wr_buf_puts(out, " (deleted)");
}

/* What the statement looks at: people expect the last value where each update is meant. */
static weir_status hint_which(const wr_ast_stmt *stmt, const wr_source *s, int64_t offset,
                              weir_error *err)
{
    const char *null = stmt->kind == WR_AST_ASSERT_NULL_VALUES ? "NULL " : "";
    WR_ASSERT(offset >= 0 && err->code != WEIR_OK);
    if (stmt->last)
        return wr_error_hint(err,
                             "ASSERT LAST %sVALUES takes the last record of the key (here record "
                             "%lld of %s); ASSERT %sVALUES takes each update in turn",
                             null, (long long)offset + 1, s->name, null);
    return wr_error_hint(err,
                         "ASSERT %sVALUES takes each update in turn (here record %lld of %s); "
                         "ASSERT LAST %sVALUES takes the last record of a key",
                         null, (long long)offset + 1, s->name, null);
}

static weir_status mismatch(const wr_ast_stmt *stmt, const wr_insert *want, const row *is,
                            weir_error *err)
{
    const wr_source *s = want->source;
    wr_buf text = {0};
    wr_buf_puts(&text, "Expected record does not match actual. Expected: ");
    print_row(&text, stmt, s, want->values, stmt->kind == WR_AST_ASSERT_NULL_VALUES);
    if (want->has_rowtime)
        wr_buf_printf(&text, ", ROWTIME %lld", (long long)want->rowtime);
    if (want->has_window_start)
        wr_buf_printf(&text, ", WINDOWSTART %lld", (long long)want->window_start);
    if (want->has_window_end)
        wr_buf_printf(&text, ", WINDOWEND %lld", (long long)want->window_end);
    wr_buf_puts(&text, ". Actual: ");
    print_row(&text, stmt, s, is->values, is->tombstone);
    wr_buf_printf(&text, ", ROWTIME %lld", (long long)is->rowtime);
    if (s->window.kind != WR_WINDOW_NONE)
        wr_buf_printf(&text, ", WINDOWSTART %lld, WINDOWEND %lld", (long long)is->window_start,
                      (long long)is->window_end);
    weir_status st = wr_error(err, WEIR_ERR_ASSERT, "%s", wr_buf_cstr(&text));
    wr_buf_free(&text);
    return st;
}

static bool row_matches(const wr_ast_stmt *stmt, const wr_insert *want, const row *is)
{
    const wr_schema *schema = want->source->schema;
    WR_ASSERT(is->values && want->values);
    bool good = is->tombstone == (stmt->kind == WR_AST_ASSERT_NULL_VALUES);
    good = good && (!want->has_rowtime || want->rowtime == is->rowtime);
    good = good && (!want->has_window_start || want->window_start == is->window_start);
    good = good && (!want->has_window_end || want->window_end == is->window_end);
    for (uint32_t i = 0; i < schema->n; i++)
        if (is_listed(stmt, &schema->cols[i]))
            good = good && wr_value_equal(schema->cols[i].type, &want->values[i], &is->values[i]);
    return good;
}

/* Is the record one of the listed key? Without key columns and bounds in the list every one is. */
static bool key_matches(const wr_ast_stmt *stmt, const wr_insert *want, const row *is)
{
    const wr_schema *schema = want->source->schema;
    bool good = !want->has_window_start || want->window_start == is->window_start;
    good = good && (!want->has_window_end || want->window_end == is->window_end);
    for (uint32_t i = 0; i < schema->n && good; i++)
        if (schema->cols[i].role == WR_COL_KEY && is_listed(stmt, &schema->cols[i]))
            good = wr_value_equal(schema->cols[i].type, &want->values[i], &is->values[i]);
    return good;
}

/* A record that cannot be decoded has no key to compare, so it is passed over. */
static weir_status last_record(wr__world *w, const wr_ast_stmt *stmt, const wr_insert *want,
                               wr_arena *a, wr_record *out, weir_error *err)
{
    const wr_source *s = want->source;
    wr_record *records;
    uint32_t n;
    weir_error unreadable;
    WR_TRY(wr__world_read(w, s->topic, 0, a, &records, &n, err));
    for (uint32_t i = n; i-- > 0;) {
        row is;
        if (decode_record(s, &records[i], a, &is, &unreadable) != WEIR_OK)
            continue;
        if (key_matches(stmt, want, &is)) {
            *out = records[i];
            return WEIR_OK;
        }
    }
    return wr_error(err, WEIR_ERR_ASSERT,
                    "Expected a record of the key, but found none among the %u of %s", n, s->name);
}

static weir_status assert_values(wr__world *w, wr__cursors *cursors, wr_exec *x, weir_error *err)
{
    wr_insert *want;
    WR_TRY(wr_exec_expected_values(x, &want, err));
    wr_arena *a = wr_arena_new(0);
    wr_record record;
    row is;
    weir_status st = x->stmt->last ? last_record(w, x->stmt, want, a, &record, err)
                                   : next_record(w, cursors, want->source, a, &record, err);
    if (st == WEIR_OK)
        st = decode_record(want->source, &record, a, &is, err);
    if (st == WEIR_OK && !row_matches(x->stmt, want, &is)) {
        st = mismatch(x->stmt, want, &is, err);
        st = hint_which(x->stmt, want->source, record.offset, err);
    }
    wr_arena_free(a);
    wr_insert_free(want);
    return st;
}

/* ---- STREAM, TABLE ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static const char *timestamp_of(const wr_source *s)
{
    return s->timestamp_column < 0 ? NULL : s->schema->cols[s->timestamp_column].name;
}

static bool same_wrapping(const wr_format_use *a, const wr_format_use *b)
{
    return a->wrap_set == b->wrap_set &&
           (!a->wrap_set || a->options.unwrapped == b->options.unwrapped);
}

static bool same_window(const wr_window *a, const wr_window *b)
{
    return a->kind == b->kind &&
           (a->kind == WR_WINDOW_NONE || a->kind == WR_WINDOW_SESSION || a->size_ms == b->size_ms);
}

/* What differs, in ksqlDB's words and order; NULL: nothing. */
static const char *difference(const wr_source *want, const wr_source *is)
{
    if (want->is_table != is->is_table)
        return "type";
    if (!wr_schema_equal(want->schema, is->schema))
        return "schema";
    if (!same_text(want->topic, is->topic))
        return "kafka topic";
    if (want->key.format->id != is->key.format->id)
        return "key format";
    if (!same_wrapping(&want->key, &is->key))
        return "key serde features";
    if (!same_window(&want->window, &is->window))
        return "window";
    if (want->value.format->id != is->value.format->id)
        return "value format";
    if (!same_wrapping(&want->value, &is->value))
        return "value serde features";
    if (!same_text(timestamp_of(want), timestamp_of(is)))
        return "timestamp column";
    return same_text(want->timestamp_format, is->timestamp_format) ? NULL : "timestamp format";
}

static weir_status assert_source(wr__world *w, wr_exec *x, weir_error *err)
{
    wr_source *is, *want;
    WR_TRY(wr_catalog_get(wr_engine_catalog(w->engine), &x->stmt->name, &is, err));
    WR_TRY(wr_exec_expected_source(x, &want, err));
    const char *what = difference(want, is);
    weir_status st = WEIR_OK;
    if (what)
        st = wr_error(err, WEIR_ERR_ASSERT, "Expected %s does not match actual for source %s.",
                      what, is->name);
    wr_source_unref(want);
    return st;
}

weir_status wr__assert(wr__world *w, wr__cursors *cursors, wr_exec *x, weir_error *err)
{
    return x->stmt->kind == WR_AST_ASSERT_SOURCE ? assert_source(w, x, err)
                                                 : assert_values(w, cursors, x, err);
}
