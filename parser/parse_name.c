/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_name.c - identifiers, strings, numbers, literals and durations.
 */
#include "parser/parse_internal.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

/* ---- identifiers ---- */

/*
 * identifier = IDENTIFIER | QUOTED_IDENTIFIER | BACKQUOTED_IDENTIFIER | DIGIT_IDENTIFIER
 *            | nonReserved
 */
bool wr__parse_is_identifier(wr_tok kind)
{
    return kind == WR_TOK_IDENT || kind == WR_TOK_QUOTED || kind == WR_TOK_BACKQUOTED ||
           kind == WR_TOK_DIGIT_IDENT ||
           (wr__tok_is_keyword(kind) && !wr__keyword_is_reserved(kind));
}

bool wr__parse_at_identifier(wr_parser *p)
{
    wr__parse_note(p, WR_EXPECT_IDENTIFIER);
    return wr__parse_is_identifier(wr__parse_peek(p));
}

/* The text between the quotes of a token, doubled quotes made single. */
static wr_str unquote(wr_parser *p, wr_token t)
{
    WR_ASSERT(t.end >= t.pos + 2); /* the lexer gives no quote alone */
    const char *from = p->text + t.pos + 1;
    size_t n = t.end - t.pos - 2;
    char quote = p->text[t.pos];
    char *to = wr_arena_alloc(p->arena, n + 1);
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        to[len++] = from[i];
        if (from[i] == quote)
            i++;
    }
    WR_ASSERT(len <= n);
    to[len] = '\0';
    return wr_str_make(to, len);
}

static weir_status refuse_zero(wr_parser *p, wr_token t)
{
    if (!memchr(p->text + t.pos, '\0', t.end - t.pos))
        return WEIR_OK;
    return wr__parse_error(p, WEIR_ERR_SYNTAX, t.pos, "a 0 byte is not allowed in this text");
}

weir_status wr__parse_identifier(wr_parser *p, wr_ast_name *out)
{
    if (!wr__parse_at_identifier(p))
        return wr__parse_unexpected(p);
    wr_token t = wr__parse_token(p);
    if (t.kind == WR_TOK_QUOTED || t.kind == WR_TOK_BACKQUOTED) {
        WR_TRY(refuse_zero(p, t));
        wr_str name = unquote(p, t);
        if (name.len == 0)
            return wr__parse_error(p, WEIR_ERR_SYNTAX, t.pos, "an identifier must not be empty");
        *out = (wr_ast_name){.name = name.ptr, .pos = t.pos, .quoted = true};
    } else {
        char *name = wr_arena_strndup(p->arena, p->text + t.pos, t.end - t.pos);
        for (char *c = name; *c; c++)
            *c = wr_upper(*c);
        *out = (wr_ast_name){.name = name, .pos = t.pos};
    }
    WR_ASSERT(out->name[0]);
    p->at++;
    return WEIR_OK;
}

static weir_status refuse_source_name(wr_parser *p, int64_t pos, const char *name)
{
    return wr__parse_error(p, WEIR_ERR_SYNTAX, pos,
                           "Source names may only contain alphanumeric values, '_' or '-'. Got: "
                           "'%s'",
                           name);
}

/* A variable that is not defined is no name: as in ksqlDB. */
static weir_status refuse_variable(wr_parser *p)
{
    wr_token t = wr__parse_token(p);
    WR_ASSERT(t.kind == WR_TOK_VARIABLE && t.end >= t.pos + 4); /* ${x} */
    const char *text = wr_arena_strndup(p->arena, p->text + t.pos, t.end - t.pos);
    char *name = wr_arena_strdup(p->arena, text);
    for (char *c = name; *c; c++)
        *c = wr_upper(*c);
    weir_status st = refuse_source_name(p, t.pos, name);
    if (p->err)
        wr_error_hint(p->err, "Define it first: DEFINE %.*s = '...';", (int)strlen(text) - 3,
                      text + 2);
    return st;
}

/* sourceName = identifier */
weir_status wr__parse_source_name(wr_parser *p, wr_ast_name *out)
{
    if (wr__parse_peek(p) == WR_TOK_VARIABLE)
        return refuse_variable(p);
    WR_TRY(wr__parse_identifier(p, out));
    WR_ASSERT(out->name && out->pos >= 0);
    for (const char *c = out->name; *c; c++)
        if (!(wr__is_ident_part(*c) && *c != '@') && *c != '-')
            return refuse_source_name(p, out->pos, out->name);
    return WEIR_OK;
}

/* resource = identifier | STRING */
weir_status wr__parse_resource(wr_parser *p, const char **out)
{
    if (wr__parse_at(p, WR_TOK_STRING))
        return wr__parse_c_string(p, out);
    wr_token t = wr__parse_token(p);
    wr_ast_name name;
    WR_TRY(wr__parse_identifier(p, &name));
    *out = name.quoted ? name.name : wr_arena_strndup(p->arena, p->text + t.pos, t.end - t.pos);
    return WEIR_OK;
}

/* ---- strings and numbers ---- */

weir_status wr__parse_string(wr_parser *p, wr_str *out)
{
    wr_token t = wr__parse_token(p);
    WR_TRY(wr__parse_expect(p, WR_TOK_STRING));
    *out = unquote(p, t);
    return WEIR_OK;
}

weir_status wr__parse_c_string(wr_parser *p, const char **out)
{
    wr_token t = wr__parse_token(p);
    wr_str text;
    WR_TRY(wr__parse_string(p, &text));
    WR_TRY(refuse_zero(p, t));
    *out = text.ptr;
    return WEIR_OK;
}

static bool is_number(wr_tok kind)
{
    return kind == WR_TOK_INTEGER || kind == WR_TOK_DECIMAL || kind == WR_TOK_FLOAT;
}

/* Is a number, or a minus and a number, at the cursor? No note: part of larger expectations. */
bool wr__parse_at_number(wr_parser *p)
{
    return is_number(wr__parse_peek(p)) ||
           (wr__parse_peek(p) == WR_TOK_MINUS && is_number(wr__parse_peek_n(p, 1)));
}

/* The sign and the digits at the cursor, without what may stand between them. */
static wr_str take_number(wr_parser *p)
{
    bool minus = wr__parse_peek(p) == WR_TOK_MINUS;
    if (minus)
        p->at++;
    wr_token t = wr__parse_token(p);
    WR_ASSERT(is_number((wr_tok)t.kind));
    p->at++;
    return wr_str_c(wr_arena_printf(p->arena, "%s%.*s", minus ? "-" : "", (int)(t.end - t.pos),
                                    p->text + t.pos));
}

static weir_status integer_value(wr_parser *p, int64_t pos, wr_str digits, int64_t *out)
{
    if (wr_str_to_i64(digits, out))
        return WEIR_OK;
    return wr__parse_error(p, WEIR_ERR_SYNTAX, pos, "Invalid numeric literal: %s", digits.ptr);
}

weir_status wr__parse_integer(wr_parser *p, int64_t *out)
{
    wr__parse_note(p, WR_TOK_INTEGER);
    int64_t pos = wr__parse_pos(p);
    bool minus = wr__parse_peek(p) == WR_TOK_MINUS;
    if (wr__parse_peek_n(p, minus) != WR_TOK_INTEGER)
        return wr__parse_unexpected(p);
    return integer_value(p, pos, take_number(p), out);
}

/* strtod, whatever locale the program has chosen. @return false outside of the range. */
static bool double_value(const char *text, double *out)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    WR_ASSERT(c != (locale_t)0);
    *out = strtod_l(text, NULL, c);
    freelocale(c);
    return isfinite(*out);
}

/* number = [MINUS] (DECIMAL_VALUE | FLOATING_POINT_VALUE | INTEGER_VALUE) */
static weir_status number(wr_parser *p, wr_ast_expr *e)
{
    wr_tok kind = wr__parse_peek_n(p, wr__parse_peek(p) == WR_TOK_MINUS);
    wr_str text = take_number(p);
    if (kind == WR_TOK_INTEGER) {
        e->kind = WR_AST_INTEGER;
        WR_TRY(integer_value(p, e->pos, text, &e->u.integer));
        e->wide = e->u.integer > INT32_MAX || e->u.integer < INT32_MIN;
        return WEIR_OK;
    }
    e->kind = kind == WR_TOK_FLOAT ? WR_AST_DOUBLE : WR_AST_DECIMAL;
    e->text = text;
    if (kind == WR_TOK_FLOAT && !double_value(text.ptr, &e->u.real))
        return wr__parse_error(p, WEIR_ERR_SYNTAX, e->pos, "Number overflows DOUBLE: %s", text.ptr);
    return WEIR_OK;
}

/*
 * literal = NULL | number | TRUE | FALSE | STRING
 */
weir_status wr__parse_literal(wr_parser *p, wr_ast_expr **out)
{
    wr__parse_note(p, WR_EXPECT_LITERAL);
    wr_ast_expr *e = wr__parse_expr_new(p, WR_AST_NULL, wr__parse_pos(p));
    wr_tok kind = wr__parse_peek(p);
    if (wr__parse_at_number(p)) {
        WR_TRY(number(p, e));
    } else if (kind == WR_TOK_STRING) {
        e->kind = WR_AST_STRING;
        WR_TRY(wr__parse_string(p, &e->text));
    } else if (kind == WR_KW_TRUE || kind == WR_KW_FALSE) {
        e->kind = WR_AST_BOOLEAN;
        e->u.boolean = kind == WR_KW_TRUE;
        p->at++;
    } else if (kind == WR_KW_NULL) {
        p->at++;
    } else {
        return wr__parse_unexpected(p);
    }
    *out = e;
    return wr__parse_expr_done(p, e);
}

/* ---- durations ---- */

static const struct unit_word {
    wr_tok kind;
    wr_ast_unit unit;
} unit_words[] = {
    {WR_KW_DAY, WR_AST_UNIT_DAY},
    {WR_KW_DAYS, WR_AST_UNIT_DAY},
    {WR_KW_HOUR, WR_AST_UNIT_HOUR},
    {WR_KW_HOURS, WR_AST_UNIT_HOUR},
    {WR_KW_MINUTE, WR_AST_UNIT_MINUTE},
    {WR_KW_MINUTES, WR_AST_UNIT_MINUTE},
    {WR_KW_SECOND, WR_AST_UNIT_SECOND},
    {WR_KW_SECONDS, WR_AST_UNIT_SECOND},
    {WR_KW_MILLISECOND, WR_AST_UNIT_MILLISECOND},
    {WR_KW_MILLISECONDS, WR_AST_UNIT_MILLISECOND},
};

/* windowUnit = DAY[S] | HOUR[S] | MINUTE[S] | SECOND[S] | MILLISECOND[S] */
bool wr__parse_unit_of(wr_tok kind, wr_ast_unit *out)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(unit_words); i++) {
        if (unit_words[i].kind == kind) {
            *out = unit_words[i].unit;
            return true;
        }
    }
    return false;
}

/* number windowUnit, where the number is a whole one without sign */
weir_status wr__parse_duration(wr_parser *p, wr_ast_duration *out)
{
    out->pos = wr__parse_pos(p);
    if (!wr__parse_at(p, WR_TOK_INTEGER))
        return wr__parse_unexpected(p);
    WR_TRY(wr__parse_integer(p, &out->n));
    if (!wr__parse_unit_of(wr__parse_peek(p), &out->unit)) {
        for (size_t i = 0; i < WR_ARRAY_LEN(unit_words); i++)
            wr__parse_note(p, unit_words[i].kind);
        return wr__parse_unexpected(p);
    }
    p->at++;
    return WEIR_OK;
}
