/* SPDX-License-Identifier: Apache-2.0 */
/*
 * function.h - scalar, table and aggregate functions: tables from which everything else is derived
 * (overload resolution, SHOW FUNCTIONS, DESCRIBE FUNCTION, the docs, the test that runs each
 * example). One file per family in engine/functions/, each exporting one table; registry.c lists
 * the tables.
 *
 * Signatures are written in a small language, parsed once at start:
 *     args   comma-separated types: "STRING, INTEGER", "ARRAY<T>, T", "MAP<K,V>, (K,V)=>BOOLEAN",
 *            "DECIMAL(p,s)", "T, T...", "unit", "" for none. Single capital letters are type
 *            variables (bound on first use, equal afterwards); `p`, `s` bind precision and scale;
 *            `X...` (last) is variadic: zero or more; "any..." variadic of any types.
 *            STRUCT types are written "STRUCT<K STRING, V V>".
 *            For aggregates, arguments after `|` are initial arguments: literals.  "T | INTEGER"
 *     ret    a type in the same language with bound variables, or NULL where ret_fn computes it.
 */
#ifndef WR_ENGINE_FUNCTIONS_FUNCTION_H
#define WR_ENGINE_FUNCTIONS_FUNCTION_H

#include "common/clock.h"
#include "types/batch.h"

typedef struct wr_call wr_call;
typedef struct wr_kctx wr_kctx;
typedef struct wr_lambda wr_lambda; /* compiled body; expr/ owns it */

/* ---- scalar functions ---- */

/**
 * What a kernel may use while it runs. Handed down by the evaluator; one per task.
 * No kernel reads a clock or draws random numbers elsewhere.
 */
struct wr_kctx {
    wr_arena *scratch;   /* results live here; reset after the batch */
    wr_row_errors *errs; /* failing rows: report, result NULL */
    int64_t wall_ms;     /* the batch's one clock reading */
    wr_rng *rng;
    const char *zone; /* the server's zone, an IANA id ("UTC") */
    /** Evaluate a lambda's body on @p n rows: params[k] is the k-th parameter as a vector of n
     *  rows; rows[j] is the row of the batch that element j belongs to (captured columns). The
     *  result is a vector of n rows in scratch. */
    const wr_vec *(*run_lambda)(wr_kctx *ctx, const wr_lambda *lambda, const wr_vec *params,
                                uint32_t params_n, const uint32_t *rows, uint32_t n);
    void *eval; /* the evaluator, for run_lambda */
};

/**
 * Compute the rows of @p sel.
 *
 * @param args  argument vectors (constants have mask 0: index with i & mask); lambda arguments are
 *              not in it: call->lambdas has them.
 * @param out   vector of the call's return type with room for all rows of the batch; null bytes are
 *              0 at entry. Rows outside sel must not be touched.
 * NULL handling is the kernel's, except with WR_FN_NULL_IN_NULL_OUT: then rows with a NULL argument
 * are set to NULL by the caller and are not in @p sel. A failing row: wr_row_error + set NULL.
 * Thread: the owning task's. No allocation except from ctx->scratch; no locks.
 */
typedef void (*wr_kernel)(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, wr_sel sel,
                          wr_vec *out);

/* Bits of wr_signature.flags. What a kernel does with NULL by itself has no bit. */
enum {
    WR_FN_NULL_IN_NULL_OUT = 1,  /* any NULL argument: NULL, kernel not asked */
    WR_FN_NOT_DETERMINISTIC = 2, /* never folded: RANDOM, UUID(), UNIX_TIMESTAMP() */
    WR_FN_NULL_IS_ERROR = 4,     /* any NULL argument: NULL and an error for the row */
};

/** One call site, read-only while it runs, in the plan arena. */
struct wr_call {
    const struct wr_function *fn;      /* for its name in messages */
    const struct wr_signature *sig;    /* the overload that was chosen */
    uint32_t args_n;                   /* as written, lambdas not counted */
    const wr_type *const *arg_types;   /* after implicit casts */
    const wr_type *ret;                /* of the result, variables bound */
    const wr_value *const *const_args; /* per argument: its value where it is constant, else NULL */
    const wr_lambda *const *lambdas;   /* in order of the lambda arguments; NULL if none */
    uint32_t lambdas_n;                /* as many as the signature has */
    void *prepared;                    /* what prepare returned */
};

/* One overload: a row of a table, constant. The texts are in the language of the head of this file.
 */
typedef struct wr_signature {
    const char *args;
    const char *ret;  /* NULL: ret_fn */
    unsigned flags;   /* WR_FN_* */
    wr_kernel kernel; /* NULL for aggregates */
    /** Compute the result type; error: the statement is refused. NULL where ret is given. */
    weir_status (*ret_fn)(const wr_type *const *args, uint32_t n, wr_arena *a, const wr_type **ret,
                          weir_error *err);
    /** Once per call site, e.g. compile a constant pattern. May leave NULL. Errors in constants
     *  must not fail here: they are per-row errors of the kernel. @p a is the plan arena. */
    void *(*prepare)(const wr_call *call, wr_arena *a);
    /** Frees what prepare allocated outside the arena (PCRE2, ICU handles); NULL if nothing. */
    void (*unprepare)(void *prepared);
} wr_signature;

typedef enum wr_function_kind {
    WR_FUNCTION_SCALAR,
    WR_FUNCTION_TABLE,
    WR_FUNCTION_AGGREGATE,
} wr_function_kind;

/* A row of a family's table, constant: what is said here is all that SHOW and DESCRIBE FUNCTION
 * know. */
typedef struct wr_function {
    const char *name;        /* upper case */
    const char *category;    /* "MATHEMATICAL", "STRING", "REGULAR EXPRESSION", "DATE / TIME",
                              * "ARRAY", "MAP", "JSON", "LAMBDA", "URL", "CONDITIONAL",
                              * "CONVERSIONS", "AGGREGATE", "TABLE", "OTHERS" */
    const char *description; /* one sentence */
    const char *example;     /* an expression: "SUBSTRING('stream', 1, 3)" */
    const char *result;      /* its value as a SQL expression: "'str'"; NULL where random or now */
    const wr_signature *sigs;
    uint32_t sigs_n; /* at least 1 */
    wr_function_kind kind;
    const struct wr_aggregate *aggregate; /* AGGREGATE: sigs_n implementations, as sigs[i] */
} wr_function;

/* A table with its length, as one file exports it. */
typedef struct wr_function_family {
    const wr_function *functions;
    uint32_t n;
} wr_function_family;

/* ---- table functions ---- */
/* A table function is a kernel whose return type is ARRAY<R>, R being the column's type; NULL or an
 * empty array: no rows. The flat-map operator pads and repeats. wr_signature.ret names the ARRAY.
 */

/* ---- aggregate functions ---- */

/* What an aggregate may use while it runs; one per task, as wr_kctx for kernels. */
/* So many digits more than its type has may a DECIMAL state have where ctx->undoable, up to what
 * 128 bits hold; whoever stores states must keep them (operators/agg_row.c). */
#define WR_AGG_DECIMAL_ROOM 10

typedef struct wr_agg_ctx {
    wr_arena *scratch; /* new states live here, until they are encoded after the batch */
    wr_row_errors *errs;
    uint64_t *sequence; /* EARLIEST/LATEST_BY_OFFSET: counter of the task, only order matters */
    bool undoable;      /* the rows are a table's: what is added will be undone */
} wr_agg_ctx;

/**
 * One aggregate implementation, beside wr_signature i of its function (whose kernel is NULL).
 * The state is a SQL value of call->state_type: that is what changelogs, DELIMITED's check
 * (dialect.md section 12) and session merges need. States are small trees in scratch between
 * decode and encode; `state` is read and replaced in place.
 *
 * add/undo/merge return false where the row cannot be taken (SUM of DECIMAL: "Numeric field
 * overflow"); then *message says why and the state is unchanged: the row is left out of the group.
 * They may set *message and return true, where undoable: the row is in the state, and the result is
 * NULL for now.
 */
typedef struct wr_agg_call {
    const wr_function *fn;
    const struct wr_aggregate *impl; /* fn->aggregate[i] of the chosen overload */
    uint32_t args_n;                 /* column arguments */
    const wr_type *const *arg_types; /* not cast, but for an untyped NULL */
    uint32_t init_n;                 /* initial (literal) arguments */
    const wr_value *init_args;       /* the literals themselves */
    const wr_type *const *init_types;
    const wr_type *state_type, *ret; /* what is stored; what SQL sees */
    int64_t limit;                   /* ksql.functions.<fn>.limit; INT64_MAX if unset */
} wr_agg_call;

/**
 * States of fixed width, which operators/flat.c updates where they are stored, without this
 * interface's boxed values. Bytes and results are the same either way.
 */
typedef enum wr_agg_flat {
    WR_AGG_FLAT_NONE, /* boxed values only */
    WR_AGG_FLAT_COUNT,
    WR_AGG_FLAT_SUM,
    WR_AGG_FLAT_AVG, /* a sum and a count */
    WR_AGG_FLAT_MIN,
    WR_AGG_FLAT_MAX,
    WR_AGG_FLAT_EARLIEST,
    WR_AGG_FLAT_LATEST,
} wr_agg_flat;

typedef struct wr_aggregate {
    wr_agg_flat flat;  /* where the argument's type is of fixed width: wr_agg_flat_of */
    const char *state; /* state type in the signature language, or NULL: state_fn */
    weir_status (*state_fn)(const wr_agg_call *call, wr_arena *a, const wr_type **state,
                            weir_error *err);
    /** Refuse bad initial arguments ("k must be > 0"); NULL if nothing to check. */
    weir_status (*check)(const wr_agg_call *call, weir_error *err);
    /* The state of a group that has no rows. */
    void (*init)(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state);
    bool (*add)(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state, const wr_value *args,
                const char **message);
    /** NULL: not usable on tables. */
    bool (*undo)(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state, const wr_value *args,
                 const char **message);
    /** state := merge(state, other), @p state is the older session. */
    bool (*merge)(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state, const wr_value *other,
                  const char **message);
    void (*result)(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state, wr_value *out);
} wr_aggregate;

/* ---- registry ---- */

/*
 * Which functions statements may call: those that are built in, constant and the same for all, and
 * above them those of one engine. An engine makes one registry and hands it to planning; what looks
 * a name up is given it, and NULL stands for the built-in functions alone.
 *
 * Life: longer than every plan made with it, since plans refer to its functions.
 * Threads: any may look things up; functions are added before the first statement.
 */
typedef struct wr_function_registry wr_function_registry;

wr_function_registry *wr_function_registry_new(void);
void wr_function_registry_free(wr_function_registry *r);
/**
 * Add the functions of @p family, which outlives @p r: all of them, or none.
 * @return WEIR_ERR_EXISTS: a name is taken, by a built-in function or another one.
 */
weir_status wr_function_registry_add(wr_function_registry *r, const wr_function_family *family,
                                     weir_error *err) WR_MUST_CHECK;
/** By name in any case; NULL: unknown. */
const wr_function *wr_function_find(const wr_function_registry *r, wr_str name);
/** Iterate all functions, in order of name; NULL past the end. */
const wr_function *wr_function_at(const wr_function_registry *r, uint32_t index);

/**
 * Choose the overload (functions.md rule 2; aggregates: no implicit casts, rule 3).
 *
 * @param args       argument types; WR_T_NULL matches anything; lambda arguments: NULL pointer with
 *                   their number of parameters in lambda_params[i].
 * @param cast_to    out, n entries: the type argument i must be cast to, or NULL where it is as it
 *                   is (NULL for lambdas).
 * @param ret        out: result type (lambdas: only after their types are known: the resolver calls
 *                   @p lambda_type to have a lambda's body typed once its parameters are bound).
 */
typedef weir_status (*wr_lambda_typer)(void *arg, uint32_t index, const wr_type *const *params,
                                       uint32_t params_n, const wr_type **body, weir_error *err);
weir_status wr_function_resolve(const wr_function *fn, const wr_type *const *args,
                                const int *lambda_params, uint32_t n, wr_lambda_typer lambda_type,
                                void *arg, wr_arena *a, uint32_t *sig_index,
                                const wr_type **cast_to, const wr_type **ret,
                                weir_error *err) WR_MUST_CHECK;
/** Type of an aggregate's state with the variables bound by @p call's argument types. */
weir_status wr_aggregate_state_type(const wr_agg_call *call, uint32_t sig_index, wr_arena *a,
                                    const wr_type **state, weir_error *err) WR_MUST_CHECK;
/** The fixed-width form of @p call's state, NONE where it has none (type, initial arguments). */
wr_agg_flat wr_agg_flat_of(const wr_agg_call *call);
/**
 * May rows be aggregated in parts, in any order, and the parts be merged? Only flat states that do
 * not depend on the order of arrival (sums of DOUBLE do so in the last bits, as they do over the
 * partitions of a topic).
 */
bool wr_agg_combines(const wr_agg_call *call);
/** "ABS(val INTEGER)" - style text of a signature, as DESCRIBE FUNCTION shows it. */
void wr_signature_print(wr_buf *out, const wr_function *fn, uint32_t sig_index);

#endif
