/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spelling.c - names of functions as ksqlDB's messages write them. Names have no case; but its
 * refusals show the one that the function was declared with, and for most scalar functions that is
 * in small letters: "Function 'datesub' does not accept parameters (...)". Programs that look for
 * such a text find it here too.
 */
#include "engine/functions/signature.h"

/* Declared in capitals there, as all aggregates are. Every other name is in small letters. */
static const char *const capitals[] = {
    "ARRAY_CONTAINS",
    "ARRAY_LENGTH",
    "AS_VALUE",
    "COALESCE",
    "CONVERT_TZ",
    "ENTRIES",
    "EXTRACTJSONFIELD",
    "IFNULL",
    "IS_JSON_STRING",
    "JSON_ARRAY_CONTAINS",
    "JSON_ARRAY_LENGTH",
    "JSON_CONCAT",
    "JSON_ITEMS",
    "JSON_KEYS",
    "JSON_RECORDS",
    "LCASE",
    "MAP_KEYS",
    "MAP_UNION",
    "MAP_VALUES",
    "NULLIF",
    "TO_JSON_STRING",
    "UCASE",
    "UUID",
};

void wr__function_spelling(wr_buf *out, const wr_function *fn)
{
    WR_ASSERT(fn->name[0]); /* and is in capitals, as in the tables of the families */
    bool capital = fn->kind == WR_FUNCTION_AGGREGATE;
    for (size_t i = 0; i < WR_ARRAY_LEN(capitals) && !capital; i++)
        capital = strcmp(capitals[i], fn->name) == 0;
    for (const char *c = fn->name; *c; c++)
        wr_buf_putc(out, capital ? *c : wr_lower(*c));
}
