/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing.h - overloads of a function as ksqlDB shows them: in DESCRIBE FUNCTION, and where no
 * overload takes the arguments of a call.
 *
 * Types are spelled as its functions have them (VARCHAR, INT, DECIMAL without precision), and
 * parameters have its names where these are known.
 *
 * Threads: any.
 */
#ifndef WR_ENGINE_FUNCTIONS_LISTING_H
#define WR_ENGINE_FUNCTIONS_LISTING_H

#include "engine/functions/function.h"

/** One parameter. Names and types are never empty. */
typedef struct wr_listed_argument {
    const char *name; /* ksqlDB's: "formatPattern"; "val2" where it is not known */
    const char *type; /* "VARCHAR", "ARRAY<T>", "LAMBDA (T) => R" */
    bool variadic;    /* stands for any number of them; not in the type */
} wr_listed_argument;

/** One overload; texts are in the arena that it was made in. */
typedef struct wr_listed_overload {
    const wr_listed_argument *args; /* initial arguments of aggregates are the last ones */
    uint32_t args_n;
    const char *ret; /* of a table function: the type of its column */
} wr_listed_overload;

/**
 * All overloads of @p fn that ksqlDB shows, in its order.
 *
 * @param a    everything is made in it, the array as well.
 * @param out  as many as are returned; they live as long as @p a.
 * @return how many there are, at least one.
 */
uint32_t wr_function_overloads(const wr_function *fn, wr_arena *a, wr_listed_overload **out);
/** Append what a message shows: "abs(DECIMAL val)". @p fn is the function whose overload it is; its
 *  name is spelled as ksqlDB declares it. */
void wr_listed_overload_print(wr_buf *out, const wr_function *fn, const wr_listed_overload *o);

#endif
