/* SPDX-License-Identifier: Apache-2.0 */
/*
 * substitute.c - `${name}` to the values of DEFINE, before a statement is parsed.
 *
 * Where a variable stands decides what its value may be, so that no value can change the shape of
 * the statement around it:
 *     inside '...'    any text; quotes in it are doubled
 *     elsewhere       one token: an identifier (quoted or not), a number, a boolean, a 'string'
 *     in comments and quoted identifiers: nothing is replaced
 * A value that is a free keyword is written in back-quotes: it stands for a name, never for a
 * part of the grammar. `$${name}` becomes `${name}`. What is not defined stays as it is.
 *
 * Values are not searched for variables again: DEFINE has already done so for its own text.
 */
#include "parser/parser.h"
#include "parser/token.h"

typedef struct substitution {
    const char *text;
    size_t len;
    const wr_map *vars;
    wr_buf out;
    weir_error *err;
} substitution;

/*
 * The variable at @p pos of [pos, end): `${name}`. @return its end, or pos where there is none.
 */
static size_t variable_at(const substitution *s, size_t pos, size_t end)
{
    if (pos + 3 >= end || s->text[pos] != '$' || s->text[pos + 1] != '{' ||
        !wr__is_ident_start(s->text[pos + 2]))
        return pos;
    size_t i = pos + 3;
    while (i < end && wr__is_ident_part(s->text[i]))
        i++;
    return i < end && s->text[i] == '}' ? i + 1 : pos;
}

/* Value of the variable in [pos, end), braces included, or NULL. */
static const char *value_of(const substitution *s, size_t pos, size_t end)
{
    char upper[256];
    WR_ASSERT(end > pos + 3);
    size_t len = end - pos - 3;
    if (len >= sizeof upper)
        return NULL;
    for (size_t i = 0; i < len; i++)
        upper[i] = wr_upper(s->text[pos + 2 + i]);
    return wr_map_get(s->vars, wr_str_make(upper, len));
}

static weir_status illegal(substitution *s, size_t pos, const char *value)
{
    weir_status st = WEIR_ERR_STATEMENT;
    if (s->err) {
        weir_error where = {.offset = (int64_t)pos};
        wr_error_locate(&where, s->text, s->len);
        wr_error_at(s->err, st, (int64_t)pos, "Illegal argument at line %d:%d. Got: '%s'",
                    where.line, where.column, value);
        wr_error_locate(s->err, s->text, s->len);
        wr_error_hint(s->err, "Outside of quotes a variable stands for a name, a number, a boolean "
                              "or a quoted text (DEFINE x = '''text''';).");
    }
    return st;
}

static bool is_ident_byte(const substitution *s, size_t i)
{
    return i < s->len && wr__is_ident_part(s->text[i]);
}

/* Outside of quotes: the value must be one token that is a name or a literal. */
static weir_status put_token(substitution *s, size_t pos, size_t end, const char *value)
{
    size_t len = strlen(value);
    size_t sign = value[0] == '-';
    wr_token t = wr__lex_next(value, len, sign);
    if (t.pos != sign || t.end != len)
        return illegal(s, pos, value);
    bool number = t.kind == WR_TOK_INTEGER || t.kind == WR_TOK_DECIMAL || t.kind == WR_TOK_FLOAT;
    bool quoted = t.kind == WR_TOK_STRING || t.kind == WR_TOK_QUOTED || t.kind == WR_TOK_BACKQUOTED;
    bool boolean = t.kind == WR_KW_TRUE || t.kind == WR_KW_FALSE;
    bool keyword = wr__tok_is_keyword(t.kind) && !boolean;
    if (sign ? !number : !(number || quoted || boolean || keyword || t.kind == WR_TOK_IDENT))
        return illegal(s, pos, value);
    if (keyword && wr__keyword_is_reserved((wr_tok)t.kind))
        return illegal(s, pos, value);

    /* Part of a longer name, as in ${env}_orders: then it is no keyword either way. */
    bool joined = (pos > 0 && is_ident_byte(s, pos - 1)) || is_ident_byte(s, end);
    if (keyword && !joined) {
        wr_buf_printf(&s->out, "`%s`", wr__keyword_name((wr_tok)t.kind));
        return WEIR_OK;
    }
    if (sign && s->out.len > 0 && s->out.ptr[s->out.len - 1] == '-')
        wr_buf_putc(&s->out, ' '); /* `--` would begin a comment */
    wr_buf_put(&s->out, value, len);
    return WEIR_OK;
}

static void put_in_string(substitution *s, const char *value)
{
    for (; *value; value++) {
        if (*value == '\'')
            wr_buf_putc(&s->out, '\'');
        wr_buf_putc(&s->out, *value);
    }
}

/* The piece [from, end) of the text: between tokens, or one string. */
static weir_status put_piece(substitution *s, size_t from, size_t end, bool in_string)
{
    for (size_t i = from; i < end;) {
        bool escaped = s->text[i] == '$' && variable_at(s, i + 1, end) > i + 1;
        size_t after = variable_at(s, i + escaped, end);
        const char *value = after > i && !escaped ? value_of(s, i, after) : NULL;
        if (escaped) { /* $${x}: one $ goes */
            wr_buf_put(&s->out, s->text + i + 1, after - i - 1);
            i = after;
        } else if (!value) {
            wr_buf_putc(&s->out, s->text[i++]);
        } else {
            if (in_string)
                put_in_string(s, value);
            else
                WR_TRY(put_token(s, i, after, value));
            i = after;
        }
    }
    return WEIR_OK;
}

static weir_status substitute(substitution *s)
{
    for (size_t at = 0; at < s->len;) {
        wr_token t = wr__lex_next(s->text, s->len, at);
        wr_buf_put(&s->out, s->text + at, t.pos - at); /* blanks and comments */
        bool literal =
            t.kind == WR_TOK_QUOTED || t.kind == WR_TOK_BACKQUOTED || t.kind == WR_TOK_BAD_COMMENT;
        bool string =
            t.kind == WR_TOK_STRING || (t.kind == WR_TOK_BAD_QUOTE && s->text[t.pos] == '\'');
        size_t end = t.end;
        if (t.kind == WR_TOK_BAD_CHAR && s->text[t.pos] == '$') {
            size_t escaped = variable_at(s, t.pos + 1, s->len);
            end = escaped > t.pos + 1 ? escaped : end;
        }
        WR_ASSERT(end > at || t.kind == WR_TOK_EOF); /* the loop goes on */
        if (literal || (t.kind == WR_TOK_BAD_QUOTE && !string))
            wr_buf_put(&s->out, s->text + t.pos, end - t.pos);
        else
            WR_TRY(put_piece(s, t.pos, end, string));
        at = end;
    }
    return WEIR_OK;
}

weir_status wr_parse_substitute(const char *text, size_t len, const wr_map *vars, wr_arena *arena,
                                wr_str *out, weir_error *err)
{
    if (len > WR_PARSE_TEXT_MAX)
        return wr_error_at(err, WEIR_ERR_LIMIT, 0,
                           "the statement is %zu bytes long; at most %zu are allowed", len,
                           WR_PARSE_TEXT_MAX);
    substitution s = {.text = text, .len = len, .vars = vars, .err = err};
    weir_status st = substitute(&s);
    if (st == WEIR_OK)
        *out = wr_arena_str(arena, wr_buf_view(&s.out));
    wr_buf_free(&s.out);
    return st;
}
