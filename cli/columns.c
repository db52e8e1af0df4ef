/* SPDX-License-Identifier: Apache-2.0 */
#include "columns.h"

#include <string.h>

int cli_column_find(const weir_stmt *stmt, const char *column)
{
    for (int i = 0; i < weir_column_count(stmt); i++)
        if (strcmp(weir_column_name(stmt, i), column) == 0)
            return i;
    return -1;
}

bool cli_column_int(const weir_stmt *stmt, const char *column, int64_t *out)
{
    int i = cli_column_find(stmt, column);
    *out = i < 0 ? 0 : weir_column_int64(stmt, i);
    return i >= 0 && !weir_column_is_null(stmt, i);
}

const char *cli_column_text(const weir_stmt *stmt, const char *column)
{
    int i = cli_column_find(stmt, column);
    return i < 0 ? "" : weir_column_text(stmt, i);
}

bool cli_column_is_null(const weir_stmt *stmt, const char *column)
{
    int i = cli_column_find(stmt, column);
    return i < 0 || weir_column_is_null(stmt, i);
}

weir_stmt *cli_section(weir_stmt *stmt, const char *name)
{
    for (int i = 0; i < weir_section_count(stmt); i++) {
        weir_stmt *section = weir_section(stmt, i);
        if (strcmp(weir_section_name(section), name) == 0)
            return section;
    }
    return NULL;
}

weir_stmt *cli_section_row(weir_stmt *stmt, const char *name)
{
    weir_stmt *section = cli_section(stmt, name);
    return section && weir_step(section, 0, NULL) == WEIR_ROW ? section : NULL;
}
