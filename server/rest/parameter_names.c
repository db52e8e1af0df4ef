/* SPDX-License-Identifier: Apache-2.0 */
/* Names of parameters, in order, by function; a row of a first type goes before that of any. */
#include "server/rest/parameter_names.h"

#include <string.h>

static const struct {
    const char *function;
    const char *first; /* the type that its first argument begins with; NULL: any */
    const char *names;
} table[] = {
    {"ABS", NULL, "val"},
    {"CEIL", NULL, "val"},
    {"EXPLODE", "ARRAY<DECIMAL", "input"},
    {"EXPLODE", NULL, "list"},
    {"FLOOR", NULL, "val"},
    {"FORMAT_DATE", NULL, "date formatPattern"},
    {"FORMAT_TIME", NULL, "time formatPattern"},
    {"FORMAT_TIMESTAMP", NULL, "timestamp formatPattern timeZone"},
    {"LCASE", NULL, "input"},
    {"LEN", NULL, "input"},
    {"PARSE_DATE", NULL, "formattedDate formatPattern"},
    {"PARSE_TIME", NULL, "formattedTime formatPattern"},
    {"PARSE_TIMESTAMP", NULL, "formattedTimestamp formatPattern timeZone"},
    {"ROUND", NULL, "val decimalPlaces"},
    {"SUBSTRING", "BYTES", "bytes pos length"},
    {"SUBSTRING", NULL, "str pos length"},
    {"TRIM", NULL, "input"},
    {"UCASE", NULL, "input"},
};

/* The word at @p index of words with one space between them. */
static bool word_at(const char *words, uint32_t index, wr_str *out)
{
    for (; index; index--) {
        words = strchr(words, ' ');
        if (!words)
            return false;
        words++;
    }
    *out = wr_str_make(words, strcspn(words, " "));
    return true;
}

void wr__parameter_name(wr_buf *out, const char *function, wr_str first, uint32_t index)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(table); i++) {
        const char *type = table[i].first;
        size_t n = type ? strlen(type) : 0;
        wr_str name;
        if (strcmp(table[i].function, function) != 0 ||
            (n && (first.len < n || memcmp(first.ptr, type, n) != 0)))
            continue;
        if (!word_at(table[i].names, index, &name))
            break;
        wr_buf_str(out, name);
        return;
    }
    wr_buf_printf(out, "val%u", index + 1);
}
