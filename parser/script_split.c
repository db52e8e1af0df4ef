/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_split.c - a script's statements, found by their ';' without parsing them.
 *
 * The lexer knows quotes and comments. A quote or comment that is not closed takes the rest of the
 * text into the last, unterminated span: the REPL then asks for more lines, and the parser points
 * at the quote.
 */
#include "parser/parser.h"
#include "parser/token.h"

bool wr_parse_next_span(const char *text, size_t len, size_t from, wr_parse_span *out)
{
    wr_token t = wr__lex_next(text, len, from);
    if (t.kind == WR_TOK_EOF)
        return false;
    *out = (wr_parse_span){.start = t.pos, .end = t.pos, .next = len};
    for (; t.kind != WR_TOK_SEMICOLON && t.kind != WR_TOK_EOF; t = wr__lex_next(text, len, t.end))
        out->end = t.end;
    WR_ASSERT(out->start <= out->end && out->end <= len);
    out->empty = out->end == out->start;
    out->terminated = t.kind == WR_TOK_SEMICOLON;
    if (out->terminated)
        out->next = t.end;
    WR_ASSERT(out->next > from); /* whoever asks for span after span comes to an end */
    return true;
}
