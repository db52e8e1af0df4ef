/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schemas: an immutable list of columns in an arena, keys first.
 */
#include "types/schema.h"

#include "types/text.h"

static wr_column copy_column(wr_arena *a, const wr_column *c)
{
    WR_ASSERT(c->name && c->type);
    WR_ASSERT((c->role == WR_COL_HEADER) == (c->header != NULL));
    return (wr_column){
        .name = wr_arena_strdup(a, c->name),
        .type = wr_type_copy(a, c->type),
        .role = c->role,
        .header = c->header ? wr_arena_strdup(a, c->header) : NULL,
    };
}

const wr_schema *wr_schema_new(wr_arena *a, const wr_column *cols, uint32_t n)
{
    wr_schema *s = WR_NEW(a, wr_schema);
    wr_column *own = WR_NEW_N(a, wr_column, n);
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++)
        if (cols[i].role == WR_COL_KEY)
            own[at++] = copy_column(a, &cols[i]);
    s->keys_n = at;
    for (uint32_t i = 0; i < n; i++)
        if (cols[i].role != WR_COL_KEY)
            own[at++] = copy_column(a, &cols[i]);
    WR_ASSERT(at == n && s->keys_n <= n);
    s->cols = own;
    s->n = n;
    return s;
}

int wr_schema_find(const wr_schema *s, const char *name)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (strcmp(s->cols[i].name, name) == 0)
            return (int)i;
    return -1;
}

static bool column_equal(const wr_column *a, const wr_column *b)
{
    if (a->role != b->role || strcmp(a->name, b->name) != 0 || !wr_type_equal(a->type, b->type))
        return false;
    return a->role != WR_COL_HEADER || strcmp(a->header, b->header) == 0;
}

bool wr_schema_equal(const wr_schema *a, const wr_schema *b)
{
    if (a == b)
        return true;
    if (a->n != b->n || a->keys_n != b->keys_n)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!column_equal(&a->cols[i], &b->cols[i]))
            return false;
    return true;
}

void wr_schema_print(wr_buf *out, const wr_schema *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const wr_column *c = &s->cols[i];
        if (i)
            wr_buf_puts(out, ", ");
        wr_text_put_quoted(out, wr_str_c(c->name), '`');
        wr_buf_putc(out, ' ');
        wr_type_print(out, c->type);
        switch (c->role) {
        case WR_COL_KEY:
            wr_buf_puts(out, " KEY");
            break;
        case WR_COL_VALUE:
            break;
        case WR_COL_HEADERS:
            wr_buf_puts(out, " HEADERS");
            break;
        case WR_COL_HEADER:
            wr_buf_puts(out, " HEADER(");
            wr_text_put_quoted(out, wr_str_c(c->header), '\'');
            wr_buf_putc(out, ')');
            break;
        }
    }
}
