/* SPDX-License-Identifier: Apache-2.0 */
/*
 * families.h - the tables of functions, one for each family's file.
 *
 * WR__FUNCTION_FAMILIES(X) expands X(name) for every table wr__functions_<name>; registry.c
 * collects them from it, and nothing else looks at a table. A new family is one line here.
 */
#ifndef WR_ENGINE_FUNCTIONS_FAMILIES_H
#define WR_ENGINE_FUNCTIONS_FAMILIES_H

#include "engine/functions/function.h"

/* The order does not matter: the registry sorts by name. */
#define WR__FUNCTION_FAMILIES(X)                                                                   \
    X(agg_basic)   /* COUNT, SUM, AVG, MIN, MAX ... */                                             \
    X(agg_collect) /* COLLECT_LIST, HISTOGRAM, ATTR, COUNT_DISTINCT ... */                         \
    X(agg_offset)  /* EARLIEST_BY_OFFSET, LATEST_BY_OFFSET */                                      \
    X(agg_stats)   /* STDDEV_SAMPLE, CORRELATION ... */                                            \
    X(agg_topk)    /* TOPK, TOPKDISTINCT */                                                        \
    X(agg_profile) /* PROFILE, PROFILE_MERGE */                                                    \
    X(profile)     /* PROFILE_REPORT, PROFILE_QUANTILE */                                          \
    X(math)        /* SIN, LN, POWER, RANDOM ... */                                                \
    X(rounding)    /* ABS, CEIL, FLOOR, ROUND, SIGN, TRUNC */                                      \
    X(geo)         /* GEO_DISTANCE */                                                              \
    X(conditional) /* COALESCE, IFNULL, NULLIF, GREATEST, LEAST */                                 \
    X(conversion)  /* INT_FROM_BYTES ... */                                                        \
    X(string)      /* UCASE, CONCAT, REPLACE ... */                                                \
    X(position)    /* SUBSTRING, INSTR, LPAD, RPAD */                                              \
    X(split)       /* SPLIT, SPLIT_TO_MAP */                                                       \
    X(mask)        /* MASK ... */                                                                  \
    X(bytes)       /* ENCODE, TO_BYTES, FROM_BYTES, MD5 */                                         \
    X(array)       /* ARRAY_*, SLICE, GENERATE_SERIES, AS_VALUE */                                 \
    X(map)         /* AS_MAP, MAP_*, ENTRIES */                                                    \
    X(lambda)      /* TRANSFORM, FILTER, REDUCE */                                                 \
    X(table)       /* EXPLODE, CUBE_EXPLODE */                                                     \
    X(json)        /* EXTRACTJSONFIELD, JSON_*, TO_JSON_STRING */                                  \
    X(url)         /* URL_* */                                                                     \
    X(regexp)      /* REGEXP_* */                                                                  \
    X(date)        /* FORMAT_*, PARSE_* ... */                                                     \
    X(date_arith)  /* DATEADD, CONVERT_TZ, UNIX_DATE ... */

#define WR__DECLARE_FAMILY(name) extern const wr_function_family wr__functions_##name;
WR__FUNCTION_FAMILIES(WR__DECLARE_FAMILY)
#undef WR__DECLARE_FAMILY

#endif
