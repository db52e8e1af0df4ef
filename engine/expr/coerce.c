/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coerce.c - implicit conversions: what may stand for what, and the common type of a list
 * (dialect.md section 5).
 *
 * Columns and computed values only widen (INT -> BIGINT -> DECIMAL -> DOUBLE). Literals may do
 * more, because their value is known while the statement is checked: a string that spells a number,
 * a date or a boolean becomes one, or the statement is refused with "invalid input syntax".
 *
 * The common type of a list starts as the type of its first non-NULL element and is widened by the
 * others: numbers to the widest number, STRUCTs to the union of their fields, ARRAYs and MAPs
 * within.
 */
#include "engine/expr/expr_internal.h"

#include "types/decimal.h"
#include "types/text.h"

static const char *text_of(wr_arena *a, const wr_ast_expr *e,
                           void (*print)(wr_buf *out, const wr_ast_expr *e))
{
    wr_buf buf = {0};
    print(&buf, e);
    const char *text = wr_arena_strndup(a, buf.ptr ? buf.ptr : "", buf.len);
    wr_buf_free(&buf);
    return text;
}

const char *wr__ast_text(wr_arena *a, const wr_ast_expr *e)
{
    return text_of(a, e, wr_ast_format_message);
}

const char *wr__ast_full_text(wr_arena *a, const wr_ast_expr *e)
{
    return text_of(a, e, wr_ast_format);
}

static int number_rank(const wr_type *t)
{
    switch (t->id) {
    case WR_T_INTEGER:
        return 1;
    case WR_T_BIGINT:
        return 2;
    case WR_T_DECIMAL:
        return 3;
    case WR_T_DOUBLE:
        return 4;
    default:
        return 0;
    }
}

const wr_type *wr__decimal_union(wr_arena *a, const wr_type *x, const wr_type *y)
{
    x = wr_dec_type_of(a, x);
    y = wr_dec_type_of(a, y);
    int32_t scale = WR_MAX(x->scale, y->scale);
    int32_t whole = WR_MAX(x->precision - x->scale, y->precision - y->scale);
    return wr_type_decimal(a, whole + scale, scale);
}

const wr_type *wr__wider_number(wr_arena *a, const wr_type *x, const wr_type *y)
{
    int rx = number_rank(x), ry = number_rank(y);
    int top = WR_MAX(rx, ry);
    WR_ASSERT(rx && ry); /* both are numbers */
    if (top == number_rank(&wr_type_double))
        return &wr_type_double;
    if (top == 3)
        return wr__decimal_union(a, x, y);
    return rx >= ry ? x : y;
}

static bool decimal_fits(const wr_type *from, const wr_type *to)
{
    WR_ASSERT(to->id == WR_T_DECIMAL);
    int32_t p = from->precision, s = from->scale;
    if (from->id != WR_T_DECIMAL) {
        p = from->id == WR_T_INTEGER ? 10 : 19;
        s = 0;
    }
    return s <= to->scale && p - s <= to->precision - to->scale;
}

static bool is_time_type(const wr_type *t)
{
    return t->id == WR_T_DATE || t->id == WR_T_TIME || t->id == WR_T_TIMESTAMP;
}

static bool simple_can_coerce(const wr_type *from, const wr_type *to, wr_coercion how, bool literal)
{
    int rf = number_rank(from), rt = number_rank(to);
    if (rf && rt) {
        if (to->id == WR_T_DECIMAL)
            return rf <= rt && (literal || decimal_fits(from, to));
        return rf <= rt;
    }
    if (!literal)
        return false;
    bool lax = how == WR_COERCE_LAX;
    if (from->id == WR_T_STRING)
        return is_time_type(to) || to->id == WR_T_BYTES || (lax && (rt || to->id == WR_T_BOOLEAN));
    return lax && to->id == WR_T_STRING && (rf || from->id == WR_T_BOOLEAN || is_time_type(from));
}

bool wr_expr_can_coerce(const wr_type *from, const wr_type *to, wr_coercion how, bool literal)
{
    if (from->id == WR_T_NULL || wr_type_equal(from, to))
        return true;
    if (from->id < WR_T_ARRAY || from->id != to->id)
        return simple_can_coerce(from, to, how, literal);
    if (from->id == WR_T_ARRAY)
        return wr_expr_can_coerce(from->elem, to->elem, how, literal);
    if (from->id == WR_T_MAP)
        return wr_expr_can_coerce(from->key, to->key, how, literal) &&
               wr_expr_can_coerce(from->elem, to->elem, how, literal);
    if (from->id != WR_T_STRUCT)
        return false;
    for (uint32_t i = 0; i < from->fields_n; i++) {
        int k = wr_type_field(to, from->fields[i].name);
        if (k < 0 || !wr_expr_can_coerce(from->fields[i].type, to->fields[k].type, how, literal))
            return false;
    }
    return true;
}

/* ---- converting literal values ---- */

static bool boolean_word(wr_str s)
{
    static const char *const words[] = {"true", "yes", "false", "no"};
    for (size_t i = 0; i < WR_ARRAY_LEN(words); i++) {
        wr_str w = wr_str_c(words[i]);
        if (s.len && s.len <= w.len && wr_str_ieq(s, (wr_str){w.ptr, s.len}))
            return true;
    }
    return false;
}

static bool exact_decimal(const wr_type *from, const wr_value *v, const wr_type *to, wr_arena *a,
                          wr_value *out)
{
    WR_ASSERT(to->id == WR_T_DECIMAL && !v->null);
    if (from->id == WR_T_STRING)
        return wr_dec_from_text(wr_str_trim(v->u.str), to, true, a, out) == WR_DEC_OK;
    char message[256];
    if (!wr_cast_value(from, v, to, a, out, message, sizeof message))
        return false;
    return from->id != WR_T_DECIMAL || wr_dec_compare(from, v, to, out) == 0;
}

static weir_status bad_literal(const wr_type *from, const wr_value *v, const wr_type *to,
                               wr_arena *a, int64_t pos, weir_error *err)
{
    wr_buf text = {0};
    wr_value_print(&text, from, v);
    wr_error_at(err, WEIR_ERR_STATEMENT, pos, "invalid input syntax for type %s: \"%s\".",
                wr_type_text(a, to), wr_buf_cstr(&text));
    wr_buf_free(&text);
    return WEIR_ERR_STATEMENT;
}

static weir_status convert(const wr_type *from, const wr_value *v, const wr_type *to, wr_arena *a,
                           int64_t pos, wr_value *out, weir_error *err);

static weir_status convert_struct(const wr_type *from, const wr_nest *in, const wr_type *to,
                                  wr_arena *a, int64_t pos, wr_value *out, weir_error *err)
{
    wr_nest *n = wr_nest_new(a, to->fields_n, false);
    for (uint32_t i = 0; i < to->fields_n; i++) {
        int k = wr_type_field(from, to->fields[i].name);
        n->items[i] = WR_VALUE_NULL;
        if (k >= 0)
            WR_TRY(convert(from->fields[k].type, &in->items[k], to->fields[i].type, a, pos,
                           &n->items[i], err));
    }
    *out = wr_value_nest(n);
    return WEIR_OK;
}

static weir_status convert_nest(const wr_type *from, const wr_nest *in, const wr_type *to,
                                wr_arena *a, int64_t pos, wr_value *out, weir_error *err)
{
    bool map = from->id == WR_T_MAP;
    wr_nest *n = wr_nest_new(a, in->n, map);
    for (uint32_t i = 0; i < in->n; i++) {
        WR_TRY(convert(from->elem, &in->items[i], to->elem, a, pos, &n->items[i], err));
        if (map)
            WR_TRY(convert(from->key, &in->keys[i], to->key, a, pos, &n->keys[i], err));
    }
    *out = wr_value_nest(n);
    return WEIR_OK;
}

/** A literal's value as one of type @p to. @pre can_coerce said yes */
static weir_status convert(const wr_type *from, const wr_value *v, const wr_type *to, wr_arena *a,
                           int64_t pos, wr_value *out, weir_error *err)
{
    if (v->null || from->id == WR_T_NULL) {
        *out = WR_VALUE_NULL;
        return WEIR_OK;
    }
    if (wr_type_equal(from, to)) {
        *out = *v;
        return WEIR_OK;
    }
    if (from->id == WR_T_STRUCT && to->id == WR_T_STRUCT)
        return convert_struct(from, v->u.nest, to, a, pos, out, err);
    if (from->id >= WR_T_ARRAY && from->id == to->id)
        return convert_nest(from, v->u.nest, to, a, pos, out, err);
    char message[256];
    bool ok;
    if (to->id == WR_T_DECIMAL)
        ok = exact_decimal(from, v, to, a, out);
    else if (from->id == WR_T_STRING && to->id == WR_T_BOOLEAN && !boolean_word(v->u.str))
        ok = false;
    else
        ok = wr_cast_value(from, v, to, a, out, message, sizeof message);
    return ok ? WEIR_OK : bad_literal(from, v, to, a, pos, err);
}

static weir_status coerce_at(wr_expr *e, const wr_type *to, wr_coercion how, wr_arena *a,
                             int64_t pos, wr_expr **out, weir_error *err)
{
    *out = e;
    if (wr_type_equal(e->type, to))
        return WEIR_OK;
    if (e->type->id == WR_T_NULL) {
        *out = wr__expr_null(a, to);
        return WEIR_OK;
    }
    bool constant = e->kind == WR__CONST;
    if (constant && wr_expr_can_coerce(e->type, to, how, true)) {
        wr_value v;
        WR_TRY(convert(e->type, &e->value, to, a, pos, &v, err));
        *out = wr_expr_literal(a, to, &v);
        return WEIR_OK;
    }
    if (wr_expr_can_coerce(e->type, to, how, false)) {
        *out = wr__expr_cast(a, e, to);
        return WEIR_OK;
    }
    return wr_error_at(err, WEIR_ERR_STATEMENT, pos, "Expected type %s but got %s.",
                       wr_type_text(a, to), wr_type_text(a, e->type));
}

weir_status wr_expr_coerce(wr_expr *e, const wr_type *to, wr_coercion how, wr_arena *plan_arena,
                           wr_expr **out, weir_error *err)
{
    return coerce_at(e, to, how, plan_arena, WR_NO_POS, out, err);
}

/* ---- the common type of a list ---- */

/** Type of the number that a string spells; NULL where it spells none. */
static const wr_type *spelled_number(wr_arena *a, wr_str s)
{
    int64_t i;
    int32_t p, scale;
    double d;
    s = wr_str_trim(s);
    if (wr_str_to_i64(s, &i))
        return i >= INT32_MIN && i <= INT32_MAX ? &wr_type_integer : &wr_type_bigint;
    bool exponent = s.len && (memchr(s.ptr, 'e', s.len) || memchr(s.ptr, 'E', s.len));
    if (!exponent && wr_dec_text_type(s, &p, &scale))
        return wr_type_decimal(a, p, scale);
    return wr_text_to_double(s, &d) ? &wr_type_double : NULL;
}

static const wr_type *merge(wr_arena *a, const wr_type *c, const wr_type *t, const wr_value *v);

static const wr_type *merge_struct(wr_arena *a, const wr_type *c, const wr_type *t,
                                   const wr_value *v)
{
    wr_field *fields = WR_NEW_N(a, wr_field, c->fields_n + t->fields_n + 1);
    uint32_t n = c->fields_n;
    if (n)
        memcpy(fields, c->fields, n * sizeof(*fields));
    for (uint32_t i = 0; i < t->fields_n; i++) {
        int k = wr_type_field(c, t->fields[i].name);
        if (k < 0) {
            fields[n++] = t->fields[i];
            continue;
        }
        const wr_value *item = v && !v->null ? &v->u.nest->items[i] : NULL;
        fields[k].type = merge(a, c->fields[k].type, t->fields[i].type, item);
        if (!fields[k].type)
            return NULL;
    }
    WR_ASSERT(n >= c->fields_n && n <= c->fields_n + t->fields_n); /* the union of both */
    return wr_type_struct(a, fields, n);
}

/** Merge the type of elements (or keys), of all values where they are known. */
static const wr_type *merge_elements(wr_arena *a, const wr_type *c, const wr_type *t,
                                     const wr_value *items, uint32_t n)
{
    if (!items)
        return merge(a, c, t, NULL);
    for (uint32_t i = 0; i < n && c; i++)
        c = merge(a, c, t, &items[i]);
    return c;
}

static const wr_type *merge_nested(wr_arena *a, const wr_type *c, const wr_type *t,
                                   const wr_value *v)
{
    if (c->id == WR_T_STRUCT)
        return merge_struct(a, c, t, v);
    const wr_nest *n = v && !v->null ? v->u.nest : NULL;
    uint32_t count = n ? n->n : 0;
    const wr_type *elem = merge_elements(a, c->elem, t->elem, n ? n->items : NULL, count);
    if (!elem || c->id == WR_T_ARRAY)
        return elem ? wr_type_array(a, elem) : NULL;
    const wr_type *key = merge_elements(a, c->key, t->key, n ? n->keys : NULL, count);
    return key ? wr_type_map(a, key, elem) : NULL;
}

/**
 * The common type @p c widened by a value of type @p t.
 * @param v  the value where it is a literal, else NULL.
 * @return NULL where they have nothing in common.
 */
static const wr_type *merge(wr_arena *a, const wr_type *c, const wr_type *t, const wr_value *v)
{
    if (t->id == WR_T_NULL || (v && v->null) || wr_type_equal(c, t))
        return c;
    if (c->id == WR_T_NULL)
        return t;
    if (number_rank(c) && number_rank(t))
        return wr__wider_number(a, c, t);
    if (c->id == t->id && c->id >= WR_T_ARRAY)
        return merge_nested(a, c, t, v);
    if (v && t->id == WR_T_STRING && number_rank(c)) {
        const wr_type *spelled = spelled_number(a, v->u.str);
        return spelled ? wr__wider_number(a, c, spelled) : c;
    }
    return simple_can_coerce(t, c, WR_COERCE_LAX, v != NULL) ? c : NULL;
}

const wr_type *wr__wider_type(wr_arena *a, const wr_type *x, const wr_type *y)
{
    return merge(a, x, y, NULL);
}

/** In a list a text goes with a time or BYTES wherever they stand; what it spells is known by row.
 *  @return the type of both, or NULL. */
static const wr_type *merge_text(const wr_type *c, const wr_type *t, bool literal)
{
    if (t->id == WR_T_STRING && (is_time_type(c) || c->id == WR_T_BYTES))
        return c;
    if (c->id == WR_T_STRING && !literal && (is_time_type(t) || t->id == WR_T_BYTES))
        return t;
    return NULL;
}

static bool is_literal(const wr_expr *e)
{
    return e->kind == WR__CONST && e->literal;
}

static weir_status no_operator(const wr_type *c, const wr_expr *e, const wr_ast_expr *ast,
                               wr_arena *a, weir_error *err)
{
    return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                       "operator does not exist: %s = %s (%s)\n"
                       "Hint: You might need to add explicit type casts.",
                       wr_type_text(a, c), wr_type_text(a, e->type), wr__ast_text(a, ast));
}

weir_status wr__coerce_list(wr_expr **list, const wr_ast_expr *const *asts, uint32_t n, wr_arena *a,
                            const wr_type **common, weir_error *err)
{
    const wr_type *c = &wr_type_null;
    for (uint32_t i = 0; i < n; i++) {
        const wr_type *wider =
            merge(a, c, list[i]->type, is_literal(list[i]) ? &list[i]->value : NULL);
        if (!wider)
            wider = merge_text(c, list[i]->type, is_literal(list[i]));
        if (!wider)
            return no_operator(c, list[i], asts[i], a, err);
        c = wider;
    }
    *common = c;
    for (uint32_t i = 0; i < n; i++) {
        if (wr_type_equal(list[i]->type, c))
            continue;
        if (list[i]->type->id == WR_T_NULL) {
            list[i] = wr__expr_null(a, c);
        } else if (is_literal(list[i])) {
            wr_value v;
            WR_TRY(convert(list[i]->type, &list[i]->value, c, a, asts[i]->pos, &v, err));
            list[i] = wr_expr_literal(a, c, &v);
        } else {
            list[i] = wr__expr_cast(a, list[i], c);
        }
    }
    return WEIR_OK;
}
