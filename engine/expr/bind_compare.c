/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind_compare.c - = <> < <= > >=, IS DISTINCT FROM, BETWEEN, IN, LIKE: which types compare, and to
 * what common form both sides are brought (dialect.md section 3).
 *
 * A string literal compared to ROWTIME, WINDOWSTART or WINDOWEND is a timestamp; a string compared
 * to a DATE, TIME or TIMESTAMP is parsed as one: a constant here, a column by its kernel.
 */
#include "engine/expr/bind.h"

#include "engine/expr/compare.h"

#include "common/utf8.h"
#include "types/decimal.h"
#include "types/text.h"

static const char *op_name(wr_ast_op op)
{
    switch (op) {
    case WR_AST_EQ:
        return "EQUAL";
    case WR_AST_NE:
        return "NOT_EQUAL";
    case WR_AST_LT:
        return "LESS_THAN";
    case WR_AST_LE:
        return "LESS_THAN_OR_EQUAL";
    case WR_AST_GT:
        return "GREATER_THAN";
    case WR_AST_GE:
        return "GREATER_THAN_OR_EQUAL";
    case WR_AST_DISTINCT:
        return "IS_DISTINCT_FROM";
    default:
        return "IS_NOT_DISTINCT_FROM";
    }
}

static const char *op_sign(wr_ast_op op)
{
    static const char *const signs[] = {
        "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};
    WR_ASSERT(op >= WR_AST_EQ && op <= WR_AST_NOT_DISTINCT);
    return signs[op - WR_AST_EQ];
}

/** One comparison to be bound; the nodes and what they stand for in the text. */
typedef struct comparison {
    wr__binder *b;
    wr_ast_op op;
    wr_expr *l, *r;
    const wr_ast_expr *l_ast, *r_ast;
    const wr_ast_expr *whole; /* for positions and "Statement: ..." */
    bool between;             /* a half of BETWEEN, which takes more types */
} comparison;

static weir_status cannot_compare(const comparison *c, weir_error *err)
{
    wr_arena *a = c->b->a;
    return wr_error_at(err, WEIR_ERR_STATEMENT, c->whole->pos,
                       "Cannot compare %s (%s) to %s (%s) with %s.\nStatement: %s",
                       wr__ast_text(a, c->l_ast), wr_type_text(a, c->l->type),
                       wr__ast_text(a, c->r_ast), wr_type_text(a, c->r->type), op_name(c->op),
                       wr__ast_text(a, c->whole));
}

static weir_status null_comparison(const comparison *c, weir_error *err)
{
    wr_arena *a = c->b->a;
    return wr_error_at(err, WEIR_ERR_STATEMENT, c->whole->pos,
                       "Comparison with NULL not supported: %s %s %s\n"
                       "Use 'IS NULL' or 'IS NOT NULL' instead.\nStatement: %s",
                       wr_type_text(a, c->l->type), op_sign(c->op), wr_type_text(a, c->r->type),
                       wr__ast_text(a, c->whole));
}

static bool is_event_time(const wr_expr *e)
{
    if (e->kind != WR__REF)
        return false;
    switch (e->ref.kind) {
    case WR_REF_ROWTIME:
    case WR_REF_WINDOWSTART:
    case WR_REF_WINDOWEND:
        return true;
    default:
        return e->ref.time_text;
    }
}

/* The fields of `yyyy-MM-ddTHH:mm:ss.SSS`, each with what stands behind it. */
static const struct {
    int digits;
    char after;
    const char *name; /* Java's, of a field with a range */
    int least, most;
} time_fields[] = {
    {4, '-', NULL, 0, 0},
    {2, '-', "MonthOfYear", 1, 12},
    {2, 'T', "DayOfMonth", 1, 31},
    {2, ':', "HourOfDay", 0, 23},
    {2, ':', "MinuteOfHour", 0, 59},
    {2, '.', "SecondOfMinute", 0, 59},
    {3, '\0', NULL, 0, 0},
};

/* Why @p text, which has all fields or is broken, is no timestamp: in Java's words, since ksqlDB
 * shows them. */
static void put_time_fault(wr_buf *out, const char *text)
{
    const char *at = text;
    WR_ASSERT(strchr(text, 'T')); /* it was made whole */
    wr_buf_printf(out, "Text '%s' could not be parsed", text);
    for (size_t i = 0; i < WR_ARRAY_LEN(time_fields); i++) {
        int value = 0, n = 0;
        WR_ASSERT(at >= text && time_fields[i].digits <= 4); /* which an int holds */
        for (; n < time_fields[i].digits && at[n] >= '0' && at[n] <= '9'; n++)
            value = value * 10 + (at[n] - '0');
        if (n < time_fields[i].digits) {
            wr_buf_printf(out, " at index %td", at - text);
            return;
        }
        if (time_fields[i].name && (value < time_fields[i].least || value > time_fields[i].most)) {
            wr_buf_printf(out, ": Invalid value for %s (valid values %d - %d): %d",
                          time_fields[i].name, time_fields[i].least, time_fields[i].most, value);
            return;
        }
        at += n;
        if (*at != time_fields[i].after) {
            wr_buf_printf(
                out, time_fields[i].after ? " at index %td" : ", unparsed text found at index %td",
                at - text);
            return;
        }
        at += *at != '\0';
    }
}

/* As ksqlDB does, a part of a timestamp is made whole before it is read: `2020-05` is
 * `2020-05-01T00:00:00.000`, and so the message has it. */
static weir_status no_timestamp(wr_str s, int64_t pos, weir_error *err)
{
    static const char midnight[] = "00:00:00.000";
    const char *cut = s.len ? memchr(s.ptr, 'T', s.len) : NULL;
    size_t date = cut ? (size_t)(cut - s.ptr) : s.len, time = 0, dashes = 0;
    wr_buf whole = {0}, reason = {0};
    wr_buf_put(&whole, s.ptr, date);
    for (size_t i = 0; i < date; i++)
        dashes += s.ptr[i] == '-';
    if (!cut && dashes < 2)
        wr_buf_puts(&whole, dashes ? "-01" : "-01-01");
    wr_buf_putc(&whole, 'T');
    for (const char *p = cut ? cut + 1 : s.ptr + s.len; p < s.ptr + s.len; p++, time++) {
        if (*p == '+' || *p == '-' || (*p == 'Z' && p + 1 == s.ptr + s.len))
            break; /* a zone */
        wr_buf_putc(&whole, *p);
    }
    if (time < sizeof midnight - 1)
        wr_buf_puts(&whole, midnight + time);
    put_time_fault(&reason, wr_buf_cstr(&whole));
    WR_ASSERT(reason.len > whole.len); /* the text is in it, and why */
    wr_error_at(err, WEIR_ERR_STATEMENT, pos, WR_NO_TIMESTAMP WR_STR_FMT "': %s", WR_STR_ARG(s),
                wr_buf_cstr(&reason));
    wr_buf_free(&whole);
    wr_buf_free(&reason);
    return wr_error_hint(err, "Required format is: \"yyyy-MM-dd'T'HH:mm:ss.SSS\", with an optional "
                              "numeric 4-digit timezone, for example: '2020-05-26T23:59:58.000' or "
                              "with tz: '2020-05-26T23:59:58.000+0200'. A trailing 'Z' instead of "
                              "tz indicates the zero UTC offset. Partials are also supported, for "
                              "example \"2020-05-26\"");
}

static weir_status timestamp_literal(wr_arena *a, wr_expr **e, const wr_ast_expr *ast,
                                     weir_error *err)
{
    int64_t ms;
    wr_str s = (*e)->value.u.str;
    if (!wr_text_to_timestamp(wr_str_trim(s), &ms))
        return no_timestamp(s, ast->pos, err);
    wr_value v = wr_value_i64(ms);
    *e = wr__expr_const(a, &wr_type_bigint, &v);
    return WEIR_OK;
}

static bool is_string_literal(const wr_expr *e)
{
    return e->kind == WR__CONST && e->type->id == WR_T_STRING && !e->value.null;
}

static bool is_time_type(const wr_type *t)
{
    return t->id == WR_T_DATE || t->id == WR_T_TIME || t->id == WR_T_TIMESTAMP;
}

/** The type in which @p l and @p r are compared; NULL where they are not comparable. */
static const wr_type *common_type(wr_arena *a, const wr_type *l, const wr_type *r, wr_ast_op op)
{
    if (wr_type_is_number(l) && wr_type_is_number(r))
        return wr__wider_number(a, l, r);
    if ((l->id == WR_T_DATE && r->id == WR_T_TIMESTAMP) ||
        (l->id == WR_T_TIMESTAMP && r->id == WR_T_DATE))
        return &wr_type_timestamp;
    if (l->id != r->id || l->id == WR_T_UNIT)
        return NULL;
    if ((l->id == WR_T_BOOLEAN || l->id >= WR_T_ARRAY) && !wr__is_equality(op))
        return NULL;
    return l;
}

/** ARRAYs, MAPs and STRUCTs whose parts differ in width are brought to a common type. Those that
 *  have none are compared as they are. */
static wr__kernel align_nested(comparison *c)
{
    const wr_type *t = wr__wider_type(c->b->a, c->l->type, c->r->type);
    if (!t)
        return wr__compare_shapes;
    c->l = wr__expr_cast(c->b->a, c->l, t);
    c->r = wr__expr_cast(c->b->a, c->r, t);
    return wr__compare_kernel(t, c->op);
}

/** A constant text beside a DATE, TIME or TIMESTAMP is read once, here; one that is none stays a
 *  text, and fails on the rows that it is compared with. */
static void read_time_text(wr_arena *a, wr_expr **text, const wr_expr *other)
{
    if (!is_string_literal(*text) || !is_time_type(other->type))
        return;
    wr_expr *read = wr__expr_cast(a, *text, other->type);
    WR_ASSERT(wr_type_equal(read->type, other->type));
    if (read->kind == WR__CONST)
        *text = read;
}

/** Pick the kernel for c->l and c->r; both are cast to what it works on. NULL: there is none. */
static wr__kernel pick_kernel(comparison *c, bool *may_fail)
{
    wr_arena *a = c->b->a;
    const wr_type *t;
    wr__kernel k = wr__mixed_kernel(c->l->type, c->r->type, c->between, &t);
    *may_fail = k != NULL;
    if (!k) {
        t = common_type(a, c->l->type, c->r->type, c->op);
        if (!t)
            return NULL;
        if (t->id >= WR_T_ARRAY)
            return align_nested(c);
        k = wr__compare_kernel(t, c->op);
    }
    if (t && t->id == WR_T_DECIMAL && !wr_dec_is_small(t)) {
        /* Too wide to be brought to one scale in 128 bits: compared as they are. */
        c->l = wr__expr_cast(a, c->l, wr_dec_type_of(a, c->l->type));
        c->r = wr__expr_cast(a, c->r, wr_dec_type_of(a, c->r->type));
        return wr__kernel_compare_decimals;
    }
    if (t) {
        c->l = wr__expr_cast(a, c->l, t);
        c->r = wr__expr_cast(a, c->r, t);
    }
    return k;
}

static weir_status make_comparison(comparison *c, wr_expr **out, weir_error *err)
{
    wr_arena *a = c->b->a;
    if (c->l->type->id == WR_T_NULL || c->r->type->id == WR_T_NULL)
        return null_comparison(c, err);
    if (is_event_time(c->l) && is_string_literal(c->r))
        WR_TRY(timestamp_literal(a, &c->r, c->r_ast, err));
    else if (is_event_time(c->r) && is_string_literal(c->l))
        WR_TRY(timestamp_literal(a, &c->l, c->l_ast, err));
    read_time_text(a, &c->l, c->r);
    read_time_text(a, &c->r, c->l);
    bool may_fail;
    wr__kernel k = pick_kernel(c, &may_fail);
    if (!k)
        return cannot_compare(c, err);
    WR_ASSERT(may_fail || c->l->type->id == c->r->type->id); /* the others read both as one type */
    *out = wr__expr_op2(a, &wr_type_boolean, k, c->l, c->r, may_fail, c->op);
    return WEIR_OK;
}

weir_status wr__bind_compare(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    comparison c = {
        .b = b, .op = ast->op, .l_ast = ast->args[0], .r_ast = ast->args[1], .whole = ast};
    WR_TRY(wr__bind(b, ast->args[0], &c.l, err));
    WR_TRY(wr__bind(b, ast->args[1], &c.r, err));
    return make_comparison(&c, out, err);
}

/** x BETWEEN low AND high is x >= low AND x <= high; x is computed once (program.c shares it). */
weir_status wr__bind_between(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    wr_expr *x, *bound, *parts[2];
    WR_ASSERT(ast->args_n == 3);
    WR_TRY(wr__bind(b, ast->args[0], &x, err));
    for (size_t i = 0; i < 2; i++) {
        WR_TRY(wr__bind(b, ast->args[i + 1], &bound, err));
        comparison c = {.b = b,
                        .op = i == 0 ? WR_AST_GE : WR_AST_LE,
                        .l = x,
                        .r = bound,
                        .l_ast = ast->args[0],
                        .r_ast = ast->args[i + 1],
                        .whole = ast,
                        .between = !b->scope->between_checked};
        weir_status st = make_comparison(&c, &parts[i], err);
        if (st != WEIR_OK) {
            if (b->scope->part)
                wr_error_prefix(err, "Invalid %s: ", b->scope->part);
            return st;
        }
    }
    *out = wr__expr_lazy(b->a, WR__AND, &wr_type_boolean, parts, 2);
    if (ast->negated)
        *out = wr__expr_op1(b->a, &wr_type_boolean, wr__kernel_not, *out, true, 0);
    return WEIR_OK;
}

/* No value equals NULL: NOT IN would let every row through, which is what nobody means by it. */
static weir_status check_in_list(const wr_ast_expr *ast, weir_error *err)
{
    for (size_t i = 1; i < ast->args_n; i++)
        if (ast->args[i]->kind != WR_AST_NULL)
            return WEIR_OK;
    wr_error_at(err, WEIR_ERR_STATEMENT, ast->args[1]->pos,
                "An IN list of NULL alone: no value equals NULL");
    return wr_error_hint(err, "IS NULL and IS NOT NULL test for NULL");
}

weir_status wr__bind_in(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    wr_expr **list;
    const wr_type *t;
    uint32_t n = (uint32_t)ast->args_n;
    WR_ASSERT(n > 1); /* x, and a list that is not empty */
    WR_TRY(check_in_list(ast, err));
    WR_TRY(wr__bind_args(b, ast, &list, err));
    wr_expr **given = wr_arena_memdup(b->a, list, n * sizeof(*list));
    weir_status st = wr__coerce_list(list, (const wr_ast_expr *const *)ast->args, n, b->a, &t, err);
    if (st != WEIR_OK) {
        wr_error_prefix(err, "Invalid %s: ", b->scope->part ? b->scope->part : "Predicate");
        return st;
    }
    for (uint32_t i = 0; i < n; i++) /* ksqlDB converts by CAST, which is a scope */
        if (list[i] != given[i])
            list[i] = wr__bound_scope(b, list[i]);
    *out = wr__expr_in(b->a, list, n);
    if (ast->negated)
        *out = wr__expr_op1(b->a, &wr_type_boolean, wr__kernel_not, *out, true, 0);
    return WEIR_OK;
}

weir_status wr__bind_like(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    wr_expr *sides[2];
    for (size_t i = 0; i < 2; i++) {
        WR_TRY(wr__bind(b, ast->args[i], &sides[i], err));
        if (sides[i]->type->id == WR_T_NULL)
            sides[i] = wr__expr_null(b->a, &wr_type_string);
        if (sides[i]->type->id != WR_T_STRING)
            return wr_error_at(err, WEIR_ERR_STATEMENT, ast->args[i]->pos,
                               "LIKE needs STRING operands, but %s is %s.",
                               wr__ast_text(b->a, ast->args[i]),
                               wr_type_text(b->a, sides[i]->type));
    }
    uint32_t escape = 0;
    if (ast->escape) {
        wr_str s = wr_str_c(ast->escape);
        if (wr_utf16_len(s) != 1)
            return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                               "Expected single character escape but got '%s'.", ast->escape);
        const char *p = s.ptr;
        escape = wr_utf8_next(&p, s.ptr + s.len);
    }
    *out = wr__expr_like(b->a, sides[0], sides[1], escape);
    if (ast->negated)
        *out = wr__expr_op1(b->a, &wr_type_boolean, wr__kernel_not, *out, true, 0);
    return WEIR_OK;
}
