/* SPDX-License-Identifier: Apache-2.0 */
/* fn_data.h - tables of cases in tests/unit/engine/data: lines of tab-separated fields, `#`
 * comments. */
#ifndef WR_TESTS_FN_DATA_H
#define WR_TESTS_FN_DATA_H

#include <stdio.h>
#include <string.h>

#define FN_FIELDS_MAX 8

/** Call @p row for each line of the file; fields are 0-terminated. @return number of lines. */
static inline int fn_data_each(const char *file, void (*row)(int line, char **fields, int n))
{
    char path[512], line[4096];
    snprintf(path, sizeof(path), "%s/tests/unit/engine/data/%s", WEIR_SOURCE_DIR, file);
    FILE *f = fopen(path, "r");
    if (!f)
        return -1;
    int rows = 0;
    for (int number = 1; fgets(line, sizeof(line), f); number++) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] == '#')
            continue;
        char *fields[FN_FIELDS_MAX] = {line};
        int n = 1;
        for (char *p = line; (p = strchr(p, '\t')) && n < FN_FIELDS_MAX;) {
            *p++ = 0;
            fields[n++] = p;
        }
        row(number, fields, n);
        rows++;
    }
    fclose(f);
    return rows;
}

#endif
