/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_error.c - messages for text that fits no rule.
 *
 * The forms are those that ksqlDB's users and clients know; the first line is always
 * `line L:C: Syntax Error`, the second one of
 *     Unknown statement 'SELCT'
 *     missing ')' at ','                        one token would have fitted
 *     extraneous input 'x' expecting <EOF>      the statement was complete
 *     Expecting {',', 'FROM'} but found 's'     a few would have
 *     Syntax error at or near ')' at line 1:8   more than tokens would have; then what was expected
 *     "STREAM" is a reserved keyword and it can't be used as an identifier. ...
 * and the hint names a keyword that the word found (or the one before it) resembles.
 */
#include "parser/parse_internal.h"

#include <stdio.h>

#define SHOWN_TOKEN_MAX    80 /* bytes of an offending token in a message */
#define SHOWN_EXPECTED_MAX 16

weir_status wr__parse_error(wr_parser *p, weir_status code, int64_t pos, const char *fmt, ...)
{
    if (!p->err)
        return code;
    weir_error where = {.offset = pos};
    wr_error_locate(&where, p->text, p->len);
    va_list ap;
    va_start(ap, fmt);
    wr_error_v(p->err, code, pos, fmt, ap);
    va_end(ap);
    wr_error_locate(p->err, p->text, p->len);
    WR_ASSERT(where.line > 0 && where.column > 0); /* each error of the parser has a place */
    wr_error_prefix(p->err, "line %d:%d: ", where.line, where.column);
    return code;
}

static weir_status syntax_error(wr_parser *p, const char *detail)
{
    return wr__parse_error(p, WEIR_ERR_SYNTAX, wr__parse_pos(p), "Syntax Error\n%s", detail);
}

/* 'text' of the token at the cursor, cut where it is very long. The quotes are the message's. */
static const char *found(wr_parser *p)
{
    wr_token t = wr__parse_token(p);
    if (t.kind == WR_TOK_EOF)
        return "'<EOF>'";
    size_t len = t.end - t.pos;
    const char *dots = "";
    const char *eol = memchr(p->text + t.pos, '\n', len);
    if (eol && t.kind == WR_TOK_BAD_QUOTE) { /* its first line: the rest is other statements */
        dots = "...";
        len = (size_t)(eol - p->text) - t.pos;
        len -= len > 0 && eol[-1] == '\r';
    }
    if (len > SHOWN_TOKEN_MAX) {
        dots = "...";
        len = SHOWN_TOKEN_MAX;
        while (((uint8_t)p->text[t.pos + len] & 0xC0) == 0x80)
            len--; /* not in the middle of a character */
    }
    return wr_arena_printf(p->arena, "'%.*s%s'", (int)len, p->text + t.pos, dots);
}

static const char *expected_name(wr_parser *p, wr_tok kind)
{
    switch (kind) {
    case WR_TOK_EOF:
        return "<EOF>";
    case WR_TOK_STRING:
        return "STRING";
    case WR_TOK_INTEGER:
        return "INTEGER_VALUE";
    case WR_EXPECT_STATEMENT:
        return "a statement";
    case WR_EXPECT_EXPRESSION:
        return "an expression";
    case WR_EXPECT_OPERATOR:
        return "an operator";
    case WR_EXPECT_IDENTIFIER:
        return "an identifier";
    case WR_EXPECT_TYPE:
        return "a type";
    case WR_EXPECT_LITERAL:
        return "a literal";
    default:
        return wr_arena_printf(p->arena, "'%s'",
                               wr__tok_is_keyword(kind) ? wr__keyword_name(kind)
                                                        : wr__tok_symbol(kind));
    }
}

/*
 * The notes as a list: operators only where nothing else fits (they fit after every operand), and
 * ';' not beside <EOF>.
 */
static size_t expected_list(wr_parser *p, wr_tok *out, size_t max)
{
    size_t n = 0;
    if (p->expected_at != p->at)
        return 0;
    for (size_t i = 0; i < p->expected_n && n < max; i++)
        if (p->expected[i] != WR_EXPECT_OPERATOR && p->expected[i] != WR_TOK_SEMICOLON)
            out[n++] = (wr_tok)p->expected[i];
    return n;
}

static bool expects(const wr_parser *p, wr_tok kind)
{
    for (size_t i = 0; p->expected_at == p->at && i < p->expected_n; i++)
        if (p->expected[i] == kind)
            return true;
    return false;
}

/*
 * Was a reserved word meant as a name? Yes where only a name fits. Where an expression fits, the
 * next token decides: `SELECT size FROM s` yes, `SELECT FROM s` and `WHERE GROUP BY` no.
 */
static bool is_reserved_as_name(const wr_parser *p)
{
    if (!wr__keyword_is_reserved(wr__parse_peek(p)))
        return false;
    if (expects(p, WR_EXPECT_IDENTIFIER) && !expects(p, WR_EXPECT_OPERATOR))
        return true;
    if (!expects(p, WR_EXPECT_EXPRESSION))
        return false;
    wr_tok next = wr__parse_peek_n(p, 1);
    return next == WR_KW_FROM || next == WR_KW_AS || (next >= WR_TOK_EQ && next <= WR_TOK_ASSIGN) ||
           next == WR_TOK_ARROW || next == WR_TOK_COMMA || next == WR_TOK_DOT ||
           next == WR_TOK_RPAREN || next == WR_TOK_RBRACKET || next == WR_TOK_LBRACKET;
}

/* Do the words differ by at most one letter added, left out, changed or swapped? */
static bool resembles(const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len > b_len)
        return resembles(b, b_len, a, a_len);
    if (b_len - a_len > 1 || b_len < 3)
        return false;
    size_t i = 0;
    while (i < a_len && wr_upper(a[i]) == wr_upper(b[i]))
        i++;
    a += i, a_len -= i, b += i, b_len -= i;
    wr_str rest_a = {a, (uint32_t)a_len}, rest_b = {b, (uint32_t)b_len};
    if (a_len < b_len) /* one letter more */
        return wr_str_ieq(rest_a, wr_str_make(b + 1, b_len - 1));
    if (a_len == 0)
        return false; /* the same word: no typing error */
    if (a_len >= 2 && wr_upper(a[0]) == wr_upper(b[1]) && wr_upper(a[1]) == wr_upper(b[0]) &&
        wr_str_ieq(wr_str_make(a + 2, a_len - 2), wr_str_make(b + 2, b_len - 2)))
        return true;
    rest_a = wr_str_make(a + 1, a_len - 1), rest_b = wr_str_make(b + 1, b_len - 1);
    return wr_str_ieq(rest_a, rest_b);
}

/*
 * What other dialects have and this one has not, known by a word that stands at the place or just
 * before it (ORDER alone is taken for an alias).
 */
static const struct foreign {
    const char *word, *hint;
} foreign_words[] = {
    {"ORDER", "There is no ORDER BY: rows come in the order of their topic."},
    {"UNION", "There is no UNION: write several queries into one stream with INSERT INTO."},
    {"DISTINCT", "There is no SELECT DISTINCT: GROUP BY the columns instead."},
    {"OVER", "There is no OVER: use WINDOW and GROUP BY."},
};

/* Statements of other databases, by their first word. */
static const struct foreign foreign_statements[] = {
    {"DELETE",
     "There is no DELETE: a record without a value deletes a table's row. Write one through "
     "a stream on the same topic: CREATE STREAM deletes (ID INT KEY, NOTHING STRING) WITH "
     "(KAFKA_TOPIC='...', KEY_FORMAT='...', VALUE_FORMAT='KAFKA'); INSERT INTO deletes "
     "(ID) VALUES (1);"},
    {"UPDATE", "There is no UPDATE: INSERT INTO ... VALUES with the same key replaces a table's "
               "row."},
    {"UPSERT", "INSERT INTO ... VALUES replaces the row of a table with the same key."},
    {"MERGE", "INSERT INTO ... VALUES replaces the row of a table with the same key."},
    {"TRUNCATE", "There is no TRUNCATE: DROP ... DELETE TOPIC, then CREATE again."},
    {"WITH", "There are no sub-queries: write a stream or table of its own with CREATE ... AS "
             "SELECT."},
    {"USE", "There are no databases or schemas: a data directory or a cluster has one name space."},
    {"BEGIN", "There are no transactions: each statement stands for itself."},
    {"COMMIT", "There are no transactions: each statement stands for itself."},
    {"ROLLBACK", "There are no transactions: each statement stands for itself."},
    {"GRANT", "There are no users: rights are those of the topics and of the files."},
    {"DESC", "Write DESCRIBE."},
    {"EXIT", "That is a command of the prompt."},
    {"QUIT", "That is a command of the prompt."},
    {"HELP", "That is a command of the prompt."},
};

static bool hint_statement(wr_parser *p)
{
    wr_token t = p->toks[p->at];
    wr_str word = wr_str_make(p->text + t.pos, t.end - t.pos);
    for (size_t i = 0; expects(p, WR_EXPECT_STATEMENT) && i < WR_ARRAY_LEN(foreign_statements); i++)
        if (wr_str_ieq(word, wr_str_c(foreign_statements[i].word))) {
            wr_error_hint(p->err, "%s", foreign_statements[i].hint);
            return true;
        }
    return false;
}

static bool hint_foreign(wr_parser *p)
{
    WR_ASSERT(p->at < p->toks_n);
    for (size_t back = 0; back <= 1 && back < p->at; back++) { /* never the first word */
        wr_token t = p->toks[p->at - back];
        if (back && wr__tok_is_keyword(t.kind))
            continue; /* a keyword that was accepted: IS DISTINCT */
        wr_str word = wr_str_make(p->text + t.pos, t.end - t.pos);
        for (size_t i = 0; i < WR_ARRAY_LEN(foreign_words); i++) {
            if (!wr_str_ieq(word, wr_str_c(foreign_words[i].word)))
                continue;
            wr_error_hint(p->err, "%s", foreign_words[i].hint);
            return true;
        }
    }
    return false;
}

/* Hint at a keyword that would have fitted and that the token found, or the one before, resembles.
 */
static void hint_keyword(wr_parser *p)
{
    if (p->expected_at != p->at)
        return;
    for (size_t back = 0; back <= 1 && back <= p->at; back++) {
        wr_token t = p->toks[p->at - back];
        if (t.kind != WR_TOK_IDENT && !wr__tok_is_keyword(t.kind))
            continue;
        for (size_t i = 0; i < p->expected_n; i++) {
            wr_tok kind = (wr_tok)p->expected[i];
            if (!wr__tok_is_keyword(kind))
                continue;
            const char *name = wr__keyword_name(kind);
            if (!resembles(p->text + t.pos, t.end - t.pos, name, strlen(name)))
                continue;
            wr_error_hint(p->err, "Did you mean %s instead of %.*s?", name, (int)(t.end - t.pos),
                          p->text + t.pos);
            return;
        }
    }
}

/* Tokens that no rule takes: what the lexer could not read. */
static weir_status bad_token(wr_parser *p)
{
    wr_token t = wr__parse_token(p);
    const char *text = found(p);
    switch ((wr_tok)t.kind) {
    case WR_TOK_BAD_QUOTE:
        return syntax_error(
            p, wr_arena_printf(p->arena, "missing closing %c for %s", p->text[t.pos], text));
    case WR_TOK_BAD_COMMENT:
        return syntax_error(p, "missing closing */ for a comment");
    case WR_TOK_VARIABLE: {
        weir_status st =
            syntax_error(p, wr_arena_printf(p->arena, "Variable %s is not defined", text));
        wr_error_hint(p->err, "Define it first: DEFINE %.*s = '...';", (int)(t.end - t.pos - 3),
                      p->text + t.pos + 2);
        return st;
    }
    default:
        if (p->text[t.pos] == '\0')
            return syntax_error(p, "token recognition error at: a 0 byte");
        return syntax_error(p, wr_arena_printf(p->arena, "token recognition error at: %s", text));
    }
}

static const char *list_text(wr_parser *p, const wr_tok *list, size_t n)
{
    WR_ASSERT(n > 0);
    const char *text = expected_name(p, list[0]);
    for (size_t i = 1; i < n; i++)
        text = wr_arena_printf(p->arena, "%s, %s", text, expected_name(p, list[i]));
    return text;
}

weir_status wr__parse_unexpected(wr_parser *p)
{
    if (!p->err)
        return WEIR_ERR_SYNTAX; /* nobody reads the message */
    wr_tok kind = wr__parse_peek(p);
    if ((kind >= WR_TOK_BAD_CHAR && kind <= WR_TOK_BAD_COMMENT) || kind == WR_TOK_VARIABLE)
        return bad_token(p);
    const char *text = found(p);
    const char *detail;
    wr_tok list[SHOWN_EXPECTED_MAX];
    size_t n = expected_list(p, list, WR_ARRAY_LEN(list));
    bool tokens_only = n > 0;
    for (size_t i = 0; i < n; i++)
        tokens_only = tokens_only && list[i] < WR_TOK_COUNT;

    if (expects(p, WR_EXPECT_STATEMENT)) {
        detail = kind == WR_TOK_EOF ? "Expecting a statement but found '<EOF>'"
                                    : wr_arena_printf(p->arena, "Unknown statement %s", text);
    } else if (is_reserved_as_name(p)) {
        const char *word = wr__keyword_name(kind);
        detail = wr_arena_printf(p->arena,
                                 "\"%s\" is a reserved keyword and it can't be used as an "
                                 "identifier. You can use it as an identifier by escaping it as "
                                 "'%s'",
                                 word, word);
    } else if (tokens_only && n == 1 && list[0] == WR_TOK_EOF) {
        detail = wr_arena_printf(p->arena, "extraneous input %s expecting <EOF>", text);
    } else if (tokens_only && n == 1) {
        detail = wr_arena_printf(p->arena, "missing %s at %s", expected_name(p, list[0]), text);
    } else if (tokens_only) {
        detail =
            wr_arena_printf(p->arena, "Expecting {%s} but found %s", list_text(p, list, n), text);
    } else {
        weir_error where = {.offset = wr__parse_pos(p)};
        wr_error_locate(&where, p->text, p->len);
        detail = wr_arena_printf(p->arena, "Syntax error at or near %s at line %d:%d", text,
                                 where.line, where.column);
        if (n)
            detail = wr_arena_printf(p->arena, "%s\nExpecting %s%s%s", detail, n > 1 ? "{" : "",
                                     list_text(p, list, n), n > 1 ? "}" : "");
    }
    weir_status st = syntax_error(p, detail);
    if (!hint_statement(p) && !hint_foreign(p))
        hint_keyword(p);
    return st;
}
