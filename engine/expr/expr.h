/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr.h - expressions: syntax tree -> typed expression -> flat program over column vectors.
 *
 * Everything that can be decided is decided once, at compile time: names, overloads, implicit
 * casts, NULL flags, constant folding, the representation of decimals, patterns. A wr_expr is
 * read-only in the plan arena and shared by tasks; a wr_evaluator is the state of one task.
 * Semantics: dialect.md sections 3, 4, 5; functions.md section 0.
 */
#ifndef WR_ENGINE_EXPR_EXPR_H
#define WR_ENGINE_EXPR_EXPR_H

#include "common/map.h"
#include "engine/functions/function.h"
#include "parser/ast.h"
#include "types/batch.h"

/* How the message about a text begins that is compared with a time and is none. */
#define WR_NO_TIMESTAMP "Failed to parse timestamp '"

/* ---- names ---- */

typedef enum wr_ref_kind {
    WR_REF_COLUMN, /* cols[index] */
    WR_REF_ROWTIME,
    WR_REF_ROWPARTITION,
    WR_REF_ROWOFFSET,
    WR_REF_WINDOWSTART,
    WR_REF_WINDOWEND,
    WR_REF_HEADERS, /* ARRAY<STRUCT<KEY STRING, VALUE BYTES>> of the batch's headers */
    WR_REF_HEADER,  /* header: last one of that key, BYTES */
} wr_ref_kind;

typedef struct wr_ref {
    wr_ref_kind kind;
    uint32_t index;      /* COLUMN */
    const wr_type *type; /* ROWTIME, WINDOW*, ROWOFFSET: BIGINT; ROWPARTITION: INTEGER */
    const char *header;  /* HEADER */
    bool time_text;      /* COLUMN that holds a ROWTIME / WINDOWSTART / WINDOWEND of an earlier
                          * step: a string literal compared to it is parsed as a timestamp */
} wr_ref;

/**
 * How the names in an expression are resolved; filled in by the planner for each clause.
 */
typedef struct wr_scope wr_scope;
struct wr_scope {
    /** Resolve [qualifier.]name; error: "Column 'X' cannot be resolved.", ambiguity ... */
    weir_status (*resolve)(const wr_scope *self, const wr_ast_expr *column, wr_ref *out,
                           weir_error *err);
    /** May stand in for a whole subtree (aggregates, GROUP BY expressions, table functions that an
     *  earlier step has computed). Asked before each node; true: *out is used. NULL: none. */
    bool (*replace)(const wr_scope *self, const wr_ast_expr *e, wr_ref *out);
    /** True where @p name (a lambda parameter) is a column of a source. NULL: none is. */
    bool (*is_column)(const wr_scope *self, const char *name);
    /** Types registered by CREATE TYPE, upper-case name -> const wr_type *; may be NULL. */
    const wr_map *types;
    const wr_function_registry *functions; /* that may be called; NULL: the built-in ones */
    bool exact_division; /* of DECIMAL: weir.decimal.division = exact; else quotients are rounded */
    bool allow_aggregates; /* false: an aggregate call is an error of the statement */
    /** "Select" or "Predicate": what ksqlDB calls the expression when a CAST or an IN in it is
     *  wrong ("Invalid Select: Cast of ..."); NULL: that is not said. */
    const char *part;
    bool between_checked; /* BETWEEN takes no other types than >= and <= do: pull queries */
    bool one_scope; /* only results are scopes of failures: ksql.nested.error.set.null=false */
    void *arg;      /* the planner's */
};

/** A scope that resolves the columns of one schema and the pseudo columns, unqualified or with
 *  @p qualifier. */
typedef struct wr_schema_scope {
    wr_scope base;
    const wr_schema *schema;
    const char *qualifier; /* NULL: any qualifier is an error */
    bool windowed;         /* WINDOWSTART, WINDOWEND exist */
} wr_schema_scope;
void wr_schema_scope_init(wr_schema_scope *s, const wr_schema *schema, const char *qualifier,
                          bool windowed, const wr_map *types);

/* ---- compilation ---- */

typedef struct wr_expr wr_expr;

/**
 * Type-check and compile. Errors carry the position of the offending node and ksqlDB's texts.
 * A constant expression that fails is an ordinary run-time error of each row (not refused), except
 * where the dialect refuses it.
 */
weir_status wr_expr_compile(const wr_ast_expr *ast, const wr_scope *scope, wr_arena *plan_arena,
                            wr_expr **out, weir_error *err) WR_MUST_CHECK;
/** SQL type from a syntax tree ("Cannot resolve unknown type: X"; types may be NULL). */
weir_status wr_expr_resolve_type(const wr_ast_type *ast, const wr_map *types, wr_arena *a,
                                 const wr_type **out, weir_error *err) WR_MUST_CHECK;
/** A reference as an expression. */
wr_expr *wr_expr_ref(wr_arena *a, const wr_ref *ref);
wr_expr *wr_expr_literal(wr_arena *a, const wr_type *t, const wr_value *v);

typedef enum wr_coercion {
    WR_COERCE_STRICT, /* dialect.md section 5 */
    WR_COERCE_LAX,    /* literals in VALUES, IN, ARRAY[], MAP() */
} wr_coercion;
/** True where a value of @p from may stand for one of @p to implicitly. */
bool wr_expr_can_coerce(const wr_type *from, const wr_type *to, wr_coercion how, bool literal);
/** @p e implicitly cast to @p to. Error as dialect.md; the caller adds the column's name. */
weir_status wr_expr_coerce(wr_expr *e, const wr_type *to, wr_coercion how, wr_arena *plan_arena,
                           wr_expr **out, weir_error *err) WR_MUST_CHECK;

const wr_type *wr_expr_type(const wr_expr *e);
/** The value where @p e is constant (folded); NULL otherwise. */
const wr_value *wr_expr_constant(const wr_expr *e);
/** The reference where @p e is nothing but one; NULL otherwise. */
const wr_ref *wr_expr_as_ref(const wr_expr *e);
/** Set used[i] for each column read; *pseudo |= 1 << wr_ref_kind for each pseudo column. */
void wr_expr_used(const wr_expr *e, bool *used, unsigned *pseudo);
/** Text for EXPLAIN. */
void wr_expr_print(wr_buf *out, const wr_expr *e);

/* ---- syntax helpers for the planner ---- */

/** @p e in the form of ksqlDB's messages: "(S.ID = 11)", "(MAP(1:='cat') + null)". */
void wr_ast_format(wr_buf *out, const wr_ast_expr *e);
/** The same for a message: columns of a query's only source stand without its name. */
void wr_ast_format_message(wr_buf *out, const wr_ast_expr *e);

/** The refusal of a @p call of a function that there is not. */
weir_status wr__no_function(const wr_ast_expr *call, weir_error *err);

/** Walk all nodes, parents first; @p visit returns false to skip the children. */
void wr_ast_walk(const wr_ast_expr *e, bool (*visit)(void *arg, const wr_ast_expr *e), void *arg);
/** First call of an aggregate function inside @p e, or NULL. @p functions: as in wr_scope. */
const wr_ast_expr *wr_ast_find_aggregate(const wr_function_registry *functions,
                                         const wr_ast_expr *e);

/**
 * Compile an aggregate call `SUM(x)`: its column arguments are compiled in @p scope, its initial
 * arguments must be literals. COUNT(*) and COUNT() have no argument.
 * @param args  out: compiled column arguments (call->args_n of them).
 * @param limit INT64_MAX, or the setting ksql.functions.<fn>.limit.
 */
weir_status wr_expr_compile_aggregate(const wr_ast_expr *ast, const wr_scope *scope, int64_t limit,
                                      wr_arena *plan_arena, wr_agg_call **call, wr_expr ***args,
                                      weir_error *err) WR_MUST_CHECK;
/** Compile a table function call: the result is an expression of an ARRAY type. */
weir_status wr_expr_compile_table_function(const wr_ast_expr *ast, const wr_scope *scope,
                                           wr_arena *plan_arena, wr_expr **array,
                                           weir_error *err) WR_MUST_CHECK;

/* ---- evaluation ---- */

typedef struct wr_evaluator wr_evaluator;

typedef struct wr_eval_ctx {
    wr_arena *scratch; /* results; reset by the owner after the batch */
    wr_row_errors *errs;
    int64_t wall_ms;
    wr_rng *rng;
    const char *zone;
} wr_eval_ctx;

/** State for evaluating @p n expressions together (common subexpressions are computed once). */
wr_evaluator *wr_evaluator_new(const wr_expr *const *exprs, uint32_t n, wr_arena *task_arena);
/** Release what is outside the arena. */
void wr_evaluator_close(wr_evaluator *ev);
/**
 * Evaluate on the rows of @p sel.
 * @param batch  times, windows, headers; and columns unless @p cols is given.
 * @param cols   the columns to read instead of batch->cols (a table's old_cols); NULL: batch->cols.
 * @param out    one vector per expression, indexed by batch row (or constant: mask 0), in scratch
 *               or borrowed from the batch. Rows outside sel are unspecified.
 */
void wr_evaluator_run(wr_evaluator *ev, const wr_batch *batch, wr_vec *cols, wr_sel sel,
                      const wr_eval_ctx *ctx, const wr_vec **out);
/** The rows of @p sel for which the (only, BOOLEAN) expression is true; NULL and errors: not. */
wr_sel wr_evaluator_filter(wr_evaluator *ev, const wr_batch *batch, wr_vec *cols, wr_sel sel,
                           const wr_eval_ctx *ctx);
/** Evaluate a column-free expression once (INSERT VALUES, pull-query bounds, DEFINE). Errors become
 *  @p err. The value is in @p a. */
weir_status wr_expr_eval_once(const wr_expr *e, const wr_eval_ctx *ctx, wr_arena *a, wr_value *out,
                              weir_error *err) WR_MUST_CHECK;

/** CAST one value; false: not possible (message in errbuf). For formats' coercions and tests. */
bool wr_cast_value(const wr_type *from, const wr_value *v, const wr_type *to, wr_arena *a,
                   wr_value *out, char *errbuf, size_t errbuf_n);

#endif
