/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keywords.c - the table of keywords (keywords.def): look-up, quoting of names, completion.
 */
#include "parser/parser.h"
#include "parser/token.h"

enum { FREE, RESERVED };

static const struct keyword {
    const char *name;
    bool reserved;
} keywords[] = {
#define WR_KEYWORD(word, reserved) {#word, reserved},
#include "parser/keywords.def"
#undef WR_KEYWORD
};

#define KEYWORD_LEN_MAX 32

wr_tok wr__keyword_find(const char *word, size_t len)
{
    char upper[KEYWORD_LEN_MAX];
    if (len >= sizeof upper)
        return WR_TOK_IDENT;
    for (size_t i = 0; i < len; i++)
        upper[i] = wr_upper(word[i]);
    upper[len] = '\0';
    size_t low = 0, high = WR_ARRAY_LEN(keywords);
    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = strcmp(upper, keywords[mid].name);
        if (order == 0)
            return (wr_tok)(WR_TOK_BEFORE_KEYWORDS + 1 + mid);
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return WR_TOK_IDENT;
}

const char *wr__keyword_name(wr_tok kind)
{
    WR_ASSERT(wr__tok_is_keyword(kind));
    return keywords[kind - WR_TOK_BEFORE_KEYWORDS - 1].name;
}

bool wr__keyword_is_reserved(wr_tok kind)
{
    return wr__tok_is_keyword(kind) && keywords[kind - WR_TOK_BEFORE_KEYWORDS - 1].reserved;
}

const char *wr_parse_keyword(size_t index, bool *reserved)
{
    if (index >= WR_ARRAY_LEN(keywords))
        return NULL;
    if (reserved)
        *reserved = keywords[index].reserved;
    return keywords[index].name;
}

bool wr_parse_needs_quotes(const char *name)
{
    if (!wr__is_ident_start(name[0]))
        return true;
    size_t len = 0;
    for (; name[len]; len++)
        if (!wr__is_ident_part(name[len]) || wr_upper(name[len]) != name[len])
            return true;
    return wr__keyword_is_reserved(wr__keyword_find(name, len));
}
