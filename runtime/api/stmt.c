/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir.h: statements and the columns of their rows; helpers for front ends.
 *
 * A row is an array of typed values in memory of the statement; what is handed out as text is made
 * in `row`, which each step resets. A section is read by the same functions: it has a row of its
 * own.
 *
 * NULL is not an error: an accessor of another type, of a column that is NULL, or past the last
 * column gives 0 or "", so a program may read what it expects and ask weir_column_is_null where it
 * matters.
 *
 * How long what is handed out lives:
 *     until the next step        texts, JSON and bytes of values
 *     until weir_finalize        names and types of columns, message, heading, query id, sections
 */
#include "runtime/api/api_internal.h"
#include "types/decimal.h"

#include <stdlib.h>
#include <strings.h>

/* weir.h's numbers are part of the binary interface, and stay when ours are put in another order.
 */
static const weir_stmt_kind kinds[] = {
    [WR_EXEC_COMMAND] = WEIR_STMT_COMMAND, [WR_EXEC_TABLE] = WEIR_STMT_TABLE,
    [WR_EXEC_PULL] = WEIR_STMT_PULL,       [WR_EXEC_PUSH] = WEIR_STMT_PUSH,
    [WR_EXEC_PRINT] = WEIR_STMT_PRINT,     [WR_EXEC_PLAN] = WEIR_STMT_PLAN,
    [WR_EXEC_ANALYZE] = WEIR_STMT_ANALYZE,
};

/* ---- life ---- */

/*
 * Codes travel with the message: where a caller wants no message, one is written all the same, and
 * thrown away.
 *
 * Empty statements (";;", comments) are stepped over here, so that callers see statements alone.
 * The statement's own text is cut out before it is parsed; a position in it becomes one in the
 * caller's text by adding where it starts.
 */
weir_status weir_prepare(weir *w, const char *sql, ptrdiff_t len, weir_stmt **out,
                         const char **tail, weir_error *err)
{
    weir_error unwanted;
    err = err ? err : &unwanted;
    size_t n = len < 0 ? strlen(sql) : (size_t)len;
    wr_parse_span span;
    *out = NULL;
    if (wr_engine_closing(w->engine))
        return wr_error(err, WEIR_ERR_MISUSE, "The engine is being closed");
    for (size_t at = 0;; at = span.next) {
        if (!wr_parse_next_span(sql, n, at, &span)) {
            if (tail)
                *tail = sql + n;
            return WEIR_OK;
        }
        if (!span.empty)
            break;
    }
    if (tail)
        *tail = sql + span.next;
    wr_exec *x;
    weir_status st =
        wr_exec_new(w->engine, &w->session, sql + span.start, span.end - span.start, &x, err);
    if (st != WEIR_OK) {
        if (err->offset >= 0) {
            err->offset += (int64_t)span.start;
            wr_error_locate(err, sql, n);
        }
        return st;
    }
    weir_stmt *s = wr_calloc(1, sizeof *s);
    s->w = w;
    s->x = x;
    s->row = wr_arena_new(0);
    if (w->remote && !wr__remote_is_local(x))
        s->remote = wr__remote_stmt_new(w->remote, x);
    WR_ASSERT(!x->executed && x->kind <= WR_EXEC_ANALYZE);
    atomic_fetch_add(&w->statements, 1);
    *out = s;
    return WEIR_OK;
}

/* Rows of a section are in the statement's arena, whole since it was executed, so nothing here can
 * fail or wait. */
static weir_status step_section(weir_stmt *s)
{
    WR_ASSERT(s->next <= s->section->rows.n);
    s->section_row = s->next < s->section->rows.n ? s->section->rows.v[s->next++] : NULL;
    if (!s->section_row)
        s->next = 0; /* whoever steps it again gets it again */
    return s->section_row ? WEIR_ROW : WEIR_DONE;
}

/* All its rows have come with the head. */
static weir_status step_remote_section(weir_stmt *s)
{
    WR_ASSERT(s->remote_section && !s->section);
    const wr_json *rows = s->remote_section->rows;
    bool more = rows && rows->kind == WR_JSON_ARRAY && s->next < rows->n;
    s->remote_row = more ? &rows->items[s->next++] : NULL;
    if (!more)
        s->next = 0;
    return more ? WEIR_ROW : WEIR_DONE;
}

/* What was handed out for the row before is gone from here on, whatever comes of this step. */
weir_status weir_step(weir_stmt *s, int timeout_ms, weir_error *err)
{
    weir_error unwanted;
    wr_arena_reset(s->row);
    err = err ? err : &unwanted;
    if (s->remote_section)
        return step_remote_section(s);
    if (s->remote)
        return wr__remote_step(s->remote, timeout_ms, err);
    return s->section ? step_section(s) : wr_exec_step(s->x, timeout_ms, err);
}

/* The arena of the texts handed out goes with each: a section has its own, so that stepping it does
 * not take away the texts of the statement's row. */
static void free_statement(weir_stmt *s)
{
    for (size_t i = 0; i < s->sections_n; i++)
        if (s->sections[i])
            free_statement(s->sections[i]);
    wr_free((void *)s->sections);
    wr_arena_free(s->row);
    wr_free(s);
}

/* Counted down last: weir_close, on another thread, frees the engine as soon as the count is 0. So
 * nothing of the handle is touched after it. */
void weir_finalize(weir_stmt *s)
{
    if (!s || s->section || s->remote_section) /* a section goes with its statement */
        return;
    weir *w = s->w;
    wr__remote_stmt_free(s->remote);
    wr_exec_free(s->x);
    free_statement(s);
    size_t before = atomic_fetch_sub(&w->statements, 1);
    WR_ASSERT(before > 0);
}

/* ---- sections ---- */

/* sections[0] are the statement's own rows, where it has results that are whole; those beside them
 * are what callers count. */
int weir_section_count(const weir_stmt *s)
{
    if (s->remote || s->remote_section)
        return s->remote ? (int)s->remote->sections_n : 0;
    return s->section || !s->x->executed || !s->x->sections.n ? 0 : (int)s->x->sections.n - 1;
}

/* Made when it is asked for, and the same one each time: its position in the rows is the caller's.
 */
weir_stmt *weir_section(weir_stmt *s, int index)
{
    if (index < 0 || index >= weir_section_count(s))
        return NULL;
    size_t n = (size_t)weir_section_count(s), at = (size_t)index;
    if (!s->sections) {
        s->sections = wr_calloc(n, sizeof *s->sections);
        s->sections_n = n;
    }
    WR_ASSERT(s->sections_n == n); /* results are whole once the statement is executed */
    if (!s->sections[at]) {
        weir_stmt *one = wr_calloc(1, sizeof *one);
        one->w = s->w;
        one->x = s->x;
        one->row = wr_arena_new(0);
        if (s->remote)
            one->remote_section = &s->remote->sections[at];
        else
            one->section = s->x->sections.v[at + 1];
        s->sections[at] = one;
    }
    return s->sections[at];
}

/* A statement itself has none. */
const char *weir_section_name(const weir_stmt *section)
{
    if (section->remote_section)
        return section->remote_section->name;
    return section->section ? section->section->name : "";
}

/* May be called by a signal handler: it follows two pointers that stay as they are until
 * weir_finalize, and sets a flag. */
void weir_interrupt(weir_stmt *s)
{
    wr_exec_interrupt(s->x);
}

/* Each statement is finalized before the next is prepared, so a DEFINE or SET is in force for those
 * after it, as if they had been sent one by one. */
weir_status weir_exec(weir *w, const char *sql, weir_error *err)
{
    for (const char *at = sql; *at;) {
        weir_stmt *s;
        WR_TRY(weir_prepare(w, at, -1, &s, &at, err));
        if (!s)
            break;
        weir_status st;
        do
            st = weir_step(s, -1, err);
        while (st == WEIR_ROW);
        weir_finalize(s);
        if (st != WEIR_DONE)
            return st;
    }
    return WEIR_OK;
}

/* Known from the text alone, before anything is executed. */
weir_stmt_kind weir_stmt_kind_of(const weir_stmt *s)
{
    WR_ASSERT((size_t)s->x->kind < WR_ARRAY_LEN(kinds));
    return kinds[s->x->kind];
}

/* These belong to the statement's arena: valid until weir_finalize. */
const char *weir_message(const weir_stmt *s)
{
    return s->remote ? s->remote->message : s->x->message;
}

const char *weir_heading(const weir_stmt *s)
{
    return s->remote ? s->remote->heading : s->x->heading;
}

const char *weir_query_id(const weir_stmt *s)
{
    return s->remote ? s->remote->query_id : s->x->query_id;
}

/* ---- columns ---- */

/*
 * The columns of the current result. Those of a query are known once it is planned, so asking for
 * them plans it: a caller may show a header before the first row. Why planning failed is said by
 * the step that follows, which plans again.
 */
static const wr_schema *schema_of(const weir_stmt *s)
{
    weir_error ignored;
    if (s->section)
        return s->section->schema;
    if (!s->x->schema && wr_exec_describe(s->x, &ignored) != WEIR_OK)
        return NULL;
    return s->x->schema;
}

/* What the server's answer says of the columns; NULL: the statement is executed here. */
static const wr__remote_table *remote_table(const weir_stmt *s)
{
    if (s->remote_section)
        return s->remote_section;
    if (!s->remote)
        return NULL;
    wr__remote_describe(s->remote);
    return &s->remote->table;
}

/* NULL past the last one. */
static const wr__remote_column *remote_column(const weir_stmt *s, int i)
{
    const wr__remote_table *t = remote_table(s);
    return t && i >= 0 && i < t->columns_n ? &t->columns[i] : NULL;
}

/* A statement that was sent, or a section of one. */
static bool is_remote(const weir_stmt *s)
{
    return s->remote || s->remote_section;
}

/* The value of column @p i of the current row; NULL: it is NULL, or there is none. */
static const wr_json *remote_value(const weir_stmt *s, int i)
{
    WR_ASSERT(is_remote(s));
    const wr_json *row = s->remote ? s->remote->row : s->remote_row;
    return wr__remote_value(row, remote_table(s)->columns_n, i);
}

/* 0 for statements without rows, and where planning fails. */
int weir_column_count(const weir_stmt *s)
{
    if (is_remote(s))
        return remote_table(s)->columns_n;
    const wr_schema *schema = schema_of(s);
    return schema ? (int)schema->n : 0;
}

/* Any index is allowed: one past the end has no column, which reads as NULL everywhere. */
static const wr_column *column(const weir_stmt *s, int i)
{
    const wr_schema *schema = schema_of(s);
    return schema && i >= 0 && (uint32_t)i < schema->n ? &schema->cols[i] : NULL;
}

const char *weir_column_name(const weir_stmt *s, int i)
{
    if (is_remote(s))
        return remote_column(s, i) ? remote_column(s, i)->name : "";
    const wr_column *c = column(s, i);
    return c ? c->name : "";
}

/* NULL literals and units of time (which no result has) show as STRING. */
weir_type weir_column_type(const weir_stmt *s, int i)
{
    static const weir_type types[] = {
        [WR_T_NULL] = WEIR_STRING,
        [WR_T_BOOLEAN] = WEIR_BOOLEAN,
        [WR_T_INTEGER] = WEIR_INTEGER,
        [WR_T_BIGINT] = WEIR_BIGINT,
        [WR_T_DOUBLE] = WEIR_DOUBLE,
        [WR_T_DECIMAL] = WEIR_DECIMAL,
        [WR_T_STRING] = WEIR_STRING,
        [WR_T_BYTES] = WEIR_BYTES,
        [WR_T_DATE] = WEIR_DATE,
        [WR_T_TIME] = WEIR_TIME,
        [WR_T_TIMESTAMP] = WEIR_TIMESTAMP,
        [WR_T_ARRAY] = WEIR_ARRAY,
        [WR_T_MAP] = WEIR_MAP,
        [WR_T_STRUCT] = WEIR_STRUCT,
        [WR_T_UNIT] = WEIR_STRING,
    };
    if (is_remote(s))
        return remote_column(s, i) ? remote_column(s, i)->type : WEIR_STRING;
    const wr_column *c = column(s, i);
    WR_ASSERT(!c || (size_t)c->type->id < WR_ARRAY_LEN(types));
    return c ? types[c->type->id] : WEIR_STRING;
}

/* In the statement's arena: callers keep the texts of a header while they step. */
const char *weir_column_type_text(const weir_stmt *s, int i)
{
    if (is_remote(s))
        return remote_column(s, i) ? remote_column(s, i)->type_text : "";
    const wr_column *c = column(s, i);
    return c ? wr_type_text(s->x->arena, c->type) : "";
}

/* Only rows of queries have keys. */
bool weir_column_is_key(const weir_stmt *s, int i)
{
    if (is_remote(s))
        return remote_column(s, i) && remote_column(s, i)->key;
    return !s->section && column(s, i) && s->x->is_key && s->x->is_key[i];
}

/* The value of column @p i of the current row; NULL: there is none (or it is NULL). The one place
 * that indexes a row, so all accessors take any index, at any time. */
static const wr_value *value(const weir_stmt *s, int i, const wr_type **type)
{
    const wr_column *c = column(s, i);
    const wr_value *row = s->section ? s->section_row : s->x->row;
    if (!c || !row || row[i].null)
        return NULL;
    *type = c->type;
    return &row[i];
}

bool weir_column_is_null(const weir_stmt *s, int i)
{
    if (is_remote(s))
        return remote_value(s, i) == NULL;
    const wr_type *t;
    return value(s, i, &t) == NULL;
}

/* A row that says of its key that there is no row any more: all but its keys is NULL. */
bool weir_row_is_tombstone(const weir_stmt *s)
{
    if (is_remote(s))
        return s->remote && s->remote->row && s->remote->tombstone;
    return !s->section && s->x->tombstone;
}

/* Only of a BOOLEAN: no other type has an obvious truth. */
bool weir_column_bool(const weir_stmt *s, int i)
{
    const wr_json *j = is_remote(s) ? remote_value(s, i) : NULL;
    if (is_remote(s))
        return j && j->kind == WR_JSON_TRUE;
    const wr_type *t;
    const wr_value *v = value(s, i, &t);
    return v && t->id == WR_T_BOOLEAN && v->u.b;
}

/* Numbers are converted as CAST does where they fit; what does not fit, or is no number, is 0. */
int64_t weir_column_int64(const weir_stmt *s, int i)
{
    const wr_json *j = is_remote(s) ? remote_value(s, i) : NULL;
    if (is_remote(s))
        return j ? wr__remote_int64(remote_column(s, i), j) : 0;
    const wr_type *t;
    const wr_value *v = value(s, i, &t);
    if (!v)
        return 0;
    switch (t->id) {
    case WR_T_BOOLEAN:
        return v->u.b;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        return v->u.i32;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return v->u.i64;
    case WR_T_DOUBLE:
        return v->u.f64 >= -0x1p63 && v->u.f64 < 0x1p63 ? (int64_t)v->u.f64 : 0;
    case WR_T_DECIMAL:
        return wr_dec_to_i64(t, v);
    default:
        return 0;
    }
}

/* Integers beyond 2^53 lose digits here, as with every CAST to DOUBLE. */
double weir_column_double(const weir_stmt *s, int i)
{
    const wr_json *j = is_remote(s) ? remote_value(s, i) : NULL;
    if (is_remote(s))
        return j ? wr__remote_double(j) : 0;
    const wr_type *t;
    const wr_value *v = value(s, i, &t);
    if (!v)
        return 0;
    if (t->id == WR_T_DOUBLE)
        return v->u.f64;
    if (t->id == WR_T_DECIMAL)
        return wr_dec_to_double(t, v);
    return (double)weir_column_int64(s, i);
}

/* What SELECT shows in a table: of nested types their SQL text, which JSON has other rules for.
 * Texts are made when they are asked for, in the arena of the row: a caller who reads integers
 * alone pays for none. */
const char *weir_column_text(const weir_stmt *s, int i)
{
    const wr_json *j = is_remote(s) ? remote_value(s, i) : NULL;
    if (is_remote(s))
        return j ? wr__remote_text(s->remote ? s->remote->row : s->remote_row, j, i, s->row) : "";
    const wr_type *t;
    const wr_value *v = value(s, i, &t);
    if (!v)
        return "";
    wr_buf b = {0};
    wr_value_print(&b, t, v);
    const char *text = wr_arena_strndup(s->row, b.ptr, b.len);
    wr_buf_free(&b);
    return text;
}

/* Not a copy: the bytes are the row's. They may hold zeros, and are not followed by one; for texts
 * that are, there is weir_column_text. */
const void *weir_column_bytes(const weir_stmt *s, int i, size_t *len)
{
    const wr_json *j = is_remote(s) ? remote_value(s, i) : NULL;
    if (is_remote(s))
        return wr__remote_bytes(j ? remote_column(s, i) : NULL, j, s->row, len);
    const wr_type *t;
    const wr_value *v = value(s, i, &t);
    bool bytes = v && (t->id == WR_T_STRING || t->id == WR_T_BYTES);
    *len = bytes ? v->u.str.len : 0;
    return bytes ? v->u.str.ptr : "";
}

/* NULL is JSON's null, not "": what is given is always one JSON value. */
const char *weir_column_json(const weir_stmt *s, int i)
{
    const wr_json *j = is_remote(s) ? remote_value(s, i) : NULL;
    if (is_remote(s))
        return j ? wr_arena_strndup(s->row, j->raw.ptr, j->raw.len) : "null";
    const wr_type *t;
    const wr_value *v = value(s, i, &t);
    if (!v)
        return "null";
    wr_buf b = {0};
    wr_value_print_json(&b, t, v);
    const char *json = wr_arena_strndup(s->row, b.ptr, b.len);
    wr_buf_free(&b);
    return json;
}

/* ---- for front ends ---- */

/* The same scanner that splits texts, so prompt and library agree on where a statement ends. */
bool weir_sql_complete(const char *sql)
{
    size_t n = strlen(sql);
    wr_parse_span span;
    bool complete = false;
    for (size_t at = 0; wr_parse_next_span(sql, n, at, &span); at = span.next)
        complete = span.terminated; /* the last one decides: a prompt reads on without its ";" */
    return complete;
}

/** More than anybody reads through; what is beyond is left out. */
#define CANDIDATES_MAX ((size_t)4096)

/* Ignores case, as SQL does; a name that is a keyword and a column is given once. Looking through
 * the list each time is quadratic, but a prefix leaves few names, and the list has a ceiling. */
static void add_candidate(weir *w, const char *prefix, const char *name)
{
    size_t n = strlen(prefix);
    if (strncasecmp(name, prefix, n) != 0)
        return;
    for (size_t i = 0; i < w->candidates_n; i++)
        if (strcmp(w->candidates[i], name) == 0)
            return;
    WR_ASSERT(w->candidates_n <= CANDIDATES_MAX);
    if (w->candidates_n == CANDIDATES_MAX)
        return;
    w->candidates[w->candidates_n++] = wr_arena_strdup(w->complete, name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * What completion offers, gathered at index 0 and handed out from then on: the catalog may change
 * between two calls, and the list must not. Sources are looked at under the engine's lock; their
 * names are copied.
 */
static void find_candidates(weir *w, const char *prefix)
{
    const char *name;
    bool reserved;
    const wr_map_entry *e;
    const wr_function *f;
    wr_arena_reset(w->complete);
    if (w->remote) {
        w->candidates = wr__remote_complete(w->remote, prefix, w->complete, &w->candidates_n);
        return;
    }
    w->candidates = WR_NEW_N(w->complete, char *, CANDIDATES_MAX);
    w->candidates_n = 0;
    for (size_t i = 0; (name = wr_parse_keyword(i, &reserved)); i++)
        add_candidate(w, prefix, name);
    for (uint32_t i = 0; (f = wr_function_at(wr_engine_functions(w->engine), i)); i++)
        add_candidate(w, prefix, f->name);
    wr_engine_lock(w->engine);
    for (size_t i = 0; (e = wr_map_next(&wr_engine_catalog(w->engine)->sources, &i));) {
        const wr_source *s = e->value;
        add_candidate(w, prefix, s->name);
        for (uint32_t c = 0; c < s->schema->n; c++)
            add_candidate(w, prefix, s->schema->cols[c].name);
    }
    wr_engine_unlock(w->engine);
    qsort(w->candidates, w->candidates_n, sizeof *w->candidates, by_name);
}

/* A caller that begins at another index than 0 gets the answers to an earlier prefix, or NULL. */
const char *weir_complete(weir *w, const char *prefix, int index)
{
    if (index == 0)
        find_candidates(w, prefix);
    return index >= 0 && (size_t)index < w->candidates_n ? w->candidates[index] : NULL;
}

/*
 * The line of the text with a caret below the place of the error; "" where the error has no place.
 * How the caret is brought below its letter is the parser's matter. The text is cut at the caller's
 * size; the result says how long it would have been.
 */
size_t weir_caret(const char *sql, const weir_error *err, char *out, size_t out_size)
{
    wr_buf b = {0};
    if (err->offset >= 0 && err->line > 0)
        wr_parse_show_caret(&b, sql, strlen(sql), err->offset);
    size_t need = b.len + 1;
    if (out_size) {
        size_t n = WR_MIN(b.len, out_size - 1);
        if (n)
            memcpy(out, b.ptr, n);
        out[n] = '\0';
    }
    wr_buf_free(&b);
    return need;
}
