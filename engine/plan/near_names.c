/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was meant by a column that is not there: the hint beside "cannot be resolved".
 *
 *     id      the source has R_ID: the result of a join names its columns by their source
 *     ID      the source has `id`, which needs quotes
 *     NMAE    the source has NAME
 *     total   is an alias of SELECT, which WHERE does not see
 */
#include "engine/plan/analysis.h"
#include "parser/parser.h"

#define SHOWN_MAX    3u
#define NAME_LEN_MAX 64u /* longer names are not compared letter by letter */

/* How a column of a source is like the name that was not found. */
typedef enum nearness {
    NEAR_NOT,
    NEAR_SLIP,   /* one letter added, left out, changed, or two swapped */
    NEAR_SUFFIX, /* <ALIAS>_<name> */
    NEAR_CASE,   /* the same in other letters */
} nearness;

/* The common beginning and end are taken off; what is left in the middle of both says what
 * happened. Are the texts equal but for one letter more, less or other, or for two neighbours
 * swapped? */
static bool one_slip(wr_str a, wr_str b)
{
    uint32_t i = 0, k = 0;
    while (i < a.len && i < b.len && wr_upper(a.ptr[i]) == wr_upper(b.ptr[i]))
        i++;
    while (k < a.len - i && k < b.len - i &&
           wr_upper(a.ptr[a.len - 1 - k]) == wr_upper(b.ptr[b.len - 1 - k]))
        k++;
    uint32_t x = a.len - i - k, y = b.len - i - k; /* what differs in the middle */
    if (x == 2 && y == 2)
        return wr_upper(a.ptr[i]) == wr_upper(b.ptr[i + 1]) &&
               wr_upper(a.ptr[i + 1]) == wr_upper(b.ptr[i]);
    return x <= 1 && y <= 1;
}

/* In the order of the enumeration: the last that holds. */
static nearness compare(const char *wanted, const char *have)
{
    wr_str w = wr_str_c(wanted), h = wr_str_c(have);
    if (wr_str_ieq(w, h))
        return NEAR_CASE;
    if (h.len > w.len + 1 && h.ptr[h.len - w.len - 1] == '_' &&
        wr_str_ieq((wr_str){h.ptr + h.len - w.len, w.len}, w))
        return NEAR_SUFFIX;
    bool letters = w.len >= 3 && h.len >= 3 && w.len <= NAME_LEN_MAX && h.len <= NAME_LEN_MAX;
    return letters && one_slip(w, h) ? NEAR_SLIP : NEAR_NOT;
}

/* Is @p name an alias of the projection? Other clauses see the sources' columns, not these. */
static bool is_alias(const wr_ast_query *q, const char *name)
{
    for (size_t i = 0; i < q->items_n; i++)
        if (q->items[i].alias.name && strcmp(q->items[i].alias.name, name) == 0)
            return true;
    return false;
}

/* The nearest kind of likeness that any column has is the one that is shown, all columns of it: of
 * ID both L_ID and R_ID. A qualifier was meant, so only that relation is looked at; without one the
 * relation's name is shown where the query has several, because it will be needed. */
weir_status wr__hint_column(const wr__analysis *an, const wr_ast_expr *e, weir_error *err)
{
    WR_ASSERT(e->kind == WR_AST_COLUMN);
    const char *name = e->name.name, *qualifier = e->qualifier.name;
    wr_buf text = {0};
    uint32_t n = 0;
    for (nearness want = NEAR_CASE; want > NEAR_NOT && n == 0; want--)
        for (uint32_t i = 0; i < an->relations_n; i++) {
            const wr__relation *r = &an->relations[i];
            if (qualifier && strcmp(qualifier, r->alias) != 0)
                continue;
            for (uint32_t c = 0; c < r->schema->n; c++) {
                if (compare(name, r->schema->cols[c].name) != want || n++ >= SHOWN_MAX)
                    continue;
                wr_buf_puts(&text, n > 1 ? ", " : "");
                if (an->relations_n > 1)
                    wr_buf_printf(&text, "%s.", r->alias);
                wr_ast_print_name(&text, r->schema->cols[c].name);
            }
        }
    if (n)
        wr_error_hint(err, "Did you mean %s?", wr_buf_cstr(&text));
    else if (!qualifier && is_alias(an->query, name))
        wr_error_hint(err,
                      "%s is an alias of the SELECT: this clause sees the columns of the "
                      "sources",
                      name);
    wr_buf_free(&text);
    return err ? err->code : WEIR_ERR_STATEMENT;
}
