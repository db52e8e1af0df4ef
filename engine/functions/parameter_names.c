/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of parameters, in order, by function; a row of a first type goes before that of any. A
 * function is looked for from the top: there are a few dozen, and a listing is asked for by people.
 */
#include "engine/functions/parameter_names.h"

#include <string.h>

/* What DESCRIBE FUNCTION of a ksqlDB server showed, or its documentation has. */
static const struct {
    const char *functions; /* one, or several with a space between them */
    const char *first;     /* the type that its first argument begins with; NULL: any */
    const char *names;
} table[] = {
    {"ABS CEIL FLOOR", NULL, "val"},
    {"ACOS ASIN ATAN CBRT COS COSH COT DEGREES LN RADIANS SIGN SIN SINH SQRT TAN TANH", NULL,
     "value"},
    {"ATAN2", NULL, "y x"},
    {"CONVERT_TZ", NULL, "col1 fromTz toTz"},
    {"EXPLODE", "ARRAY<DECIMAL", "input"},
    {"EXPLODE", NULL, "list"},
    {"FORMAT_DATE", NULL, "date formatPattern"},
    {"FORMAT_TIME", NULL, "time formatPattern"},
    {"FORMAT_TIMESTAMP", NULL, "timestamp formatPattern timeZone"},
    {"LCASE LEN TRIM UCASE", NULL, "input"},
    {"LPAD RPAD", NULL, "input targetLen padding"},
    {"PARSE_DATE", NULL, "formattedDate formatPattern"},
    {"PARSE_TIME", NULL, "formattedTime formatPattern"},
    {"PARSE_TIMESTAMP", NULL, "formattedTimestamp formatPattern timeZone"},
    {"POWER", NULL, "base exponent"},
    {"REPLACE", NULL, "str oldStr newStr"},
    {"ROUND TRUNC", NULL, "val decimalPlaces"},
    {"SPLIT", NULL, "string delimiter"},
    {"SUBSTRING", "BYTES", "bytes pos length"},
    {"SUBSTRING", NULL, "str pos length"},
};

/* The word at @p index of words with one space between them. @return false: there are not so many.
 */
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

/* Words are compared whole: "TAN" is not in "ATAN TANH". */
static bool is_among(const char *words, wr_str word)
{
    WR_ASSERT(word.len > 0);
    wr_str w;
    for (uint32_t i = 0; word_at(words, i, &w); i++)
        if (wr_str_eq(w, word))
            return true;
    return false;
}

/* A name that is not known is made up, so that every parameter has one. */
void wr__parameter_name(wr_buf *out, const char *function, const char *first, uint32_t index)
{
    WR_ASSERT(function[0] && first[0]);
    for (size_t i = 0; i < WR_ARRAY_LEN(table); i++) {
        const char *type = table[i].first;
        wr_str name;
        if (!is_among(table[i].functions, wr_str_c(function)) ||
            (type && strncmp(first, type, strlen(type)) != 0))
            continue;
        if (!word_at(table[i].names, index, &name))
            break;
        wr_buf_str(out, name);
        return;
    }
    wr_buf_printf(out, "val%u", index + 1);
}
