/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two schemas beside each other, for messages that say that they differ. Short ones are written
 * whole. A message has room for some twenty columns, so of longer ones only the columns are written
 * that differ, and of a long STRUCT only its fields that do:
 *
 *     ..., `C7` INTEGER, ...                    and    ..., `C7` STRING, ...
 *     `S` STRUCT<..., `F` DATE>                 and    `S` STRUCT<..., `F` TIME>
 *
 * Columns are compared place by place, as records are read.
 */
#include "engine/plan/analysis.h"

#define WHOLE_MAX_BYTES 450u /* of one schema that is written whole */
#define SHOWN_MAX       4u   /* differing columns or fields that are written of longer ones */
#define TYPE_MAX_BYTES  80u  /* of a type that has nothing to be compared with */
#define NAME_MAX_BYTES  48u  /* a name may be as long as a statement */

/* One of the lists that are written: what has been put into it so far. */
typedef struct shown {
    wr_buf *out;
    uint32_t n;      /* entries that differ and were met */
    bool gap, begun; /* equal ones were left out just now; something was written */
} shown;

/* Before an entry that is written: a comma, and dots where equal ones were left out since the last.
 * So two neighbours that differ stand side by side, and others do not seem to. */
static void separate(shown *s)
{
    wr_buf_puts(s->out, s->begun ? ", " : "");
    if (s->gap)
        wr_buf_puts(s->out, "..., ");
    s->gap = false;
    s->begun = true;
}

/* The end of a list: how many more there would have been, or that equal ones follow. */
static void finish(shown *s)
{
    if (s->n > SHOWN_MAX)
        wr_buf_printf(s->out, ", and %u more that differ", s->n - SHOWN_MAX);
    else if (s->gap)
        wr_buf_puts(s->out, s->begun ? ", ..." : "...");
}

/* @p text, or its beginning with dots after it, cut between characters. */
static void put_cut(wr_buf *out, wr_str text, uint32_t max)
{
    uint32_t len = WR_MIN(text.len, max);
    while (len > 0 && len < text.len && ((uint8_t)text.ptr[len] & 0xC0) == 0x80)
        len--;
    wr_buf_put(out, text.ptr, len);
    wr_buf_puts(out, len < text.len ? "..." : "");
}

static void put_name(wr_buf *out, const char *name)
{
    wr_buf_putc(out, '`');
    put_cut(out, wr_str_c(name), NAME_MAX_BYTES);
    wr_buf_puts(out, "` ");
}

/* A field is its name and its type at its place: a STRUCT is read by name, but two types with their
 * fields in another order are two types. */
static bool same_field(const wr_type *a, const wr_type *b, uint32_t i)
{
    return i < a->fields_n && i < b->fields_n &&
           strcmp(a->fields[i].name, b->fields[i].name) == 0 &&
           wr_type_equal(a->fields[i].type, b->fields[i].type);
}

static void put_type(wr_buf *out, const wr_type *t, const wr_type *other);

/* The fields of a STRUCT that differ from those of another. */
static void put_fields(wr_buf *out, const wr_type *t, const wr_type *other)
{
    WR_ASSERT(t->id == WR_T_STRUCT && other->id == WR_T_STRUCT);
    shown s = {.out = out};
    wr_buf_puts(out, "STRUCT<");
    for (uint32_t i = 0; i < t->fields_n; i++) {
        if (same_field(t, other, i)) {
            s.gap = true;
            continue;
        }
        if (++s.n > SHOWN_MAX)
            continue;
        separate(&s);
        const char *name = t->fields[i].name;
        bool named = i < other->fields_n && strcmp(name, other->fields[i].name) == 0;
        put_name(out, name);
        put_type(out, t->fields[i].type, named ? other->fields[i].type : NULL);
    }
    finish(&s);
    wr_buf_putc(out, '>');
}

/* @p t, shortened to what differs from @p other (NULL: nothing to compare with). Types are at most
 * some ninety levels deep. */
static void put_type(wr_buf *out, const wr_type *t, const wr_type *other)
{
    wr_buf text = {0};
    wr_type_print(&text, t);
    bool alike = text.len > TYPE_MAX_BYTES && other && other->id == t->id;
    if (alike && t->id == WR_T_STRUCT) {
        put_fields(out, t, other);
    } else if (alike && (t->id == WR_T_ARRAY || t->id == WR_T_MAP)) {
        wr_buf_puts(out, t->id == WR_T_ARRAY ? "ARRAY<" : "MAP<");
        if (t->id == WR_T_MAP) {
            put_type(out, t->key, other->key);
            wr_buf_puts(out, ", ");
        }
        put_type(out, t->elem, other->elem);
        wr_buf_putc(out, '>');
    } else {
        put_cut(out, wr_buf_view(&text), TYPE_MAX_BYTES);
    }
    wr_buf_free(&text);
}

/* As records are read: place by place, and a key is no value. */
static bool same_column(const wr_schema *a, const wr_schema *b, uint32_t i)
{
    return i < a->n && i < b->n && a->cols[i].role == b->cols[i].role &&
           strcmp(a->cols[i].name, b->cols[i].name) == 0 &&
           wr_type_equal(a->cols[i].type, b->cols[i].type);
}

/* The columns of @p schema that @p other has not at their place. */
static void put_differing(wr_buf *out, const wr_schema *schema, const wr_schema *other)
{
    shown s = {.out = out};
    for (uint32_t i = 0; i < schema->n; i++) {
        if (same_column(schema, other, i)) {
            s.gap = true;
            continue;
        }
        if (++s.n > SHOWN_MAX)
            continue;
        separate(&s);
        const wr_column *c = &schema->cols[i];
        bool named = i < other->n && strcmp(c->name, other->cols[i].name) == 0;
        put_name(out, c->name);
        put_type(out, c->type, named ? other->cols[i].type : NULL);
        if (c->role == WR_COL_KEY)
            wr_buf_puts(out, " KEY");
    }
    finish(&s);
}

/* Both are written whole or both shortened, so that what stands in one and not in the other is a
 * difference and not a matter of length. */
void wr__put_schemas(wr_buf *a_text, const wr_schema *a, wr_buf *b_text, const wr_schema *b)
{
    WR_ASSERT(a->keys_n <= a->n && b->keys_n <= b->n);
    WR_ASSERT(a_text->len == 0 && b_text->len == 0);
    wr_schema_print(a_text, a);
    wr_schema_print(b_text, b);
    if (a_text->len <= WHOLE_MAX_BYTES && b_text->len <= WHOLE_MAX_BYTES)
        return;
    wr_buf_clear(a_text);
    wr_buf_clear(b_text);
    put_differing(a_text, a, b);
    put_differing(b_text, b, a);
}
