/* SPDX-License-Identifier: Apache-2.0 */
#include "server/cluster/row_answer.h"
#include "formats/format.h"
#include "server/query/row_frame.h"
#include "types/text.h"

/* So many rows are handed on together: as a batch of a queue has them. And so many bytes are held
 * back: an answer of fewer is handed on as a whole, or not at all. */
#define HELD_ROWS_MAX  512u
#define HELD_BYTES     ((size_t)256 << 10)
#define LINE_BYTES_MAX ((size_t)64 << 20)

void wr__row_answer_init(wr__row_answer *r, const wr_schema *schema,
                         weir_status (*rows)(void *arg, wr_str bytes, uint32_t n, weir_error *err),
                         void *arg)
{
    WR_ASSERT(schema && schema->n > 0 && rows);
    *r = (wr__row_answer){.schema = schema, .rows = rows, .arg = arg};
}

void wr__row_answer_destroy(wr__row_answer *r)
{
    wr_buf_free(&r->line);
    wr_buf_free(&r->held);
}

const char *wr__error_message(wr_str body, wr_arena *a)
{
    wr_json *j;
    weir_error ignored;
    if (wr_json_parse_first(wr_arena_str(a, body), a, &j, &ignored) != WEIR_OK ||
        j->kind != WR_JSON_OBJECT)
        return NULL;
    const wr_json *m = wr_json_get(j, "message");
    return m && m->kind == WR_JSON_STRING ? wr_arena_strndup(a, m->text.ptr, m->text.len) : NULL;
}

static bool fail(wr__row_answer *r, const char *why)
{
    WR_ASSERT(!r->failed);
    (void)wr_error(&r->why, WEIR_ERR_STORE, "%s", why);
    r->failed = true;
    return false;
}

/* ---- rows ---- */

static bool hand_on(wr__row_answer *r)
{
    WR_ASSERT(!r->failed && r->held_n <= r->taken);
    if (!r->held_n)
        return true;
    r->handed = true;
    if (r->rows(r->arg, wr_buf_view(&r->held), r->held_n, &r->why) != WEIR_OK) {
        r->failed = r->given_up = true;
        return false;
    }
    wr_buf_clear(&r->held);
    r->held_n = 0;
    return true;
}

/* Whether the bytes are a row is seen by whoever decodes them. */
static bool take_row(wr__row_answer *r, wr_str line)
{
    size_t before = r->held.len;
    WR_ASSERT(r->begun && !r->ended);
    if (!wr_text_from_base64(&r->held, line) || r->held.len == before)
        return fail(r, "it sent what is no row");
    r->held_n++;
    r->taken++;
    bool many = r->held.len >= HELD_BYTES || (r->handed && r->held_n >= HELD_ROWS_MAX);
    return !many || hand_on(r);
}

/* ---- lines ---- */

/* Servers learn of a new table one after the other: what one of them calls so may be another one
 * yet. */
static bool take_head(wr__row_answer *r, wr_str line)
{
    wr_buf expected = {0};
    WR_ASSERT(!r->begun && r->taken == 0);
    wr_buf_printf(&expected, "{\"rows\":%d,", WR_ROWCODEC_VERSION);
    wr__schema_names(&expected, r->schema);
    wr_buf_putc(&expected, '}');
    r->begun = wr_str_eq(line, wr_buf_view(&expected));
    wr_buf_free(&expected);
    return r->begun || fail(r, "it has another table of that name, or another version of the rows");
}

/* {"end":N}, or an error. */
static bool take_object(wr__row_answer *r, wr_str line)
{
    wr_arena *a = wr_arena_new(0);
    wr_json *j = NULL;
    weir_error ignored;
    int64_t n;
    const wr_json *end = NULL;
    if (wr_json_parse(wr_arena_str(a, line), false, a, &j, &ignored) == WEIR_OK &&
        j->kind == WR_JSON_OBJECT)
        end = wr_json_get(j, "end");
    r->ended = end && end->kind == WR_JSON_NUMBER && wr_str_to_i64(end->text, &n) &&
               (uint64_t)n == r->taken;
    const char *message = r->ended ? NULL : wr__error_message(line, a);
    if (!r->ended)
        fail(r, message ? message : "it sent what is no row");
    wr_arena_free(a);
    return r->ended;
}

static bool take_line(wr__row_answer *r, wr_str line)
{
    WR_ASSERT(!r->failed);
    if (line.len == 0)
        return true;
    if (r->ended)
        return fail(r, "it sent more than its rows");
    if (!r->begun)
        return line.ptr[0] == '{' && memmem(line.ptr, line.len, "\"@type\"", 7)
                   ? take_object(r, line)
                   : take_head(r, line);
    return line.ptr[0] == '{' ? take_object(r, line) : take_row(r, line);
}

bool wr__row_answer_take(wr__row_answer *r, const char *bytes, size_t n)
{
    while (n && !r->failed) {
        const char *end = memchr(bytes, '\n', n);
        size_t len = end ? (size_t)(end - bytes) : n;
        if (end && r->line.len == 0) {
            (void)take_line(r, wr_str_make(bytes, len));
        } else {
            if (r->line.len + len > LINE_BYTES_MAX)
                return fail(r, "it sent a line without an end");
            wr_buf_put(&r->line, bytes, len);
            if (end) {
                (void)take_line(r, wr_buf_view(&r->line));
                wr_buf_clear(&r->line);
            }
        }
        bytes += len + (end != NULL);
        n -= len + (end != NULL);
    }
    return !r->failed;
}

weir_status wr__row_answer_finish(wr__row_answer *r, weir_error *err)
{
    if (!r->failed && (!r->ended || r->line.len))
        fail(r, "its answer was cut off");
    if (!r->failed)
        (void)hand_on(r);
    if (!r->failed)
        return WEIR_OK;
    WR_ASSERT(r->why.code != WEIR_OK);
    *err = r->why;
    return r->why.code;
}
