/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result.h - building typed results.
 *
 *     static const wr__column columns[] = {{"Name", &wr_type_string}, {"Rows", &wr_type_bigint}};
 *     wr_result *r = wr__result_new(x, "", columns, WR_ARRAY_LEN(columns));
 *     WR__RESULT_ROW(x, r, wr__text(x, name), wr_value_i64(rows));
 *
 * Everything is in the statement's arena.
 */
#ifndef WR_RUNTIME_STATEMENT_RESULT_H
#define WR_RUNTIME_STATEMENT_RESULT_H

#include "runtime/statement/statement.h"

typedef struct wr__column {
    const char *name; /* static */
    const wr_type *type;
} wr__column;

/** The first is the statement's rows (@p name ""); further ones are sections with names of their
 *  own. @p name is borrowed. */
wr_result *wr__result_new(wr_exec *x, const char *name, const wr__column *columns, uint32_t n);
/** A row of NULLs, to be filled in. */
wr_value *wr__result_row(wr_exec *x, wr_result *r);
/** A row of @p n values, one for each column. */
void wr__result_add(wr_exec *x, wr_result *r, const wr_value *values, uint32_t n);
#define WR__RESULT_ROW(x, r, ...)                                                                  \
    wr__result_add((x), (r), (const wr_value[]){__VA_ARGS__},                                      \
                   (uint32_t)(sizeof((const wr_value[]){__VA_ARGS__}) / sizeof(wr_value)))

/** A copy of @p s; NULL where it is NULL. */
wr_value wr__text(wr_exec *x, const char *s);
wr_value wr__texts(wr_exec *x, const char *const *list, uint32_t n);
extern const wr_type wr__type_texts; /* ARRAY<STRING> */
wr_value wr__count(uint64_t n);

#endif
