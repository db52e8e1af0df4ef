/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_internal.h - what the files of engine/expr share: the typed tree and the flat program.
 *
 * A wr_expr is a node of a typed tree: names, overloads, implicit casts and constants are settled,
 * each operator node already names its kernel. The tree is what the planner holds, compares and
 * prints. wr__program_build flattens one or several trees into steps over vector registers
 * (program.c), wr__program_run executes them (program_run.c).
 *
 * Failure is a value. While a program runs a null byte has three states: 0 a value, 1 NULL and
 * WR__FAILED (3) "this row has failed here". ksqlDB evaluates an expression as one piece of Java
 * code: an exception ends not just the operand but all that is around it, so `(1 / 0) IS NULL` is
 * not TRUE. Operators therefore carry the state on (kernels combine it with an OR), and calls do,
 * up to the nearest scope, a WR__SCOPE node, which turns it to NULL. A result is a scope as well.
 * docs/design/expressions.md says which places are scopes.
 */
#ifndef WR_ENGINE_EXPR_INTERNAL_H
#define WR_ENGINE_EXPR_INTERNAL_H

#include "engine/expr/expr.h"

#define WR__FAILED 3u

typedef struct wr__run wr__run;
typedef struct wr__program wr__program;

/**
 * An operator's kernel: compute the rows of @p sel. Null bytes of @p out are 0 at entry; the kernel
 * writes data and null bytes (WR__FAILED included) of the rows of sel only.
 */
typedef void (*wr__kernel)(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                           wr_vec *out);

typedef enum wr__kind {
    WR__CONST, /* value */
    WR__REF,   /* ref */
    WR__PARAM, /* parameter `index` of the lambda at nesting `depth` (1: outermost) */
    WR__OP,    /* kernel */
    WR__CALL,  /* call */
    WR__AND,
    WR__OR,
    WR__CASE,  /* WHEN, THEN pairs, then ELSE where args_n is odd */
    WR__SCOPE, /* args[0], failures turned to NULL */
} wr__kind;

struct wr_expr {
    wr__kind kind;
    const wr_type *type;
    wr_expr *const *args; /* NULL if none */
    uint32_t args_n;
    uint32_t args_run;     /* the first of them that are computed at run time: members of a constant
                            * IN list or a constant pattern are there only to be compared by */
    wr_value value;        /* CONST */
    wr_ref ref;            /* REF */
    uint32_t depth, index; /* PARAM */
    wr__kernel kernel;     /* OP */
    int64_t imm;           /* OP: field index, comparison, escape character ... */
    const void *aux;       /* OP: prepared data; follows from kernel, types, imm and constants */
    wr_call *call;         /* CALL; its non-lambda arguments are args */
    bool may_fail;         /* a null byte may become WR__FAILED */
    bool args_may_fail;    /* one of args may fail: CALL asks for failed rows before its kernel */
    bool nondet;           /* not deterministic: never folded or shared */
    bool has_lambda;       /* a lambda is inside: shared only with itself */
    bool literal;          /* CONST that stands in the text as a literal (coercions are laxer) */
    uint64_t hash;         /* agrees with wr__expr_same */
    const char *text;      /* SQL text; NULL inside a tree */
};

struct wr_lambda {
    const wr_expr *body;
    const wr__program *program;
    uint32_t params_n, depth;
};

/* ---- building nodes (node.c) ---- */

wr_expr *wr__expr_const(wr_arena *a, const wr_type *t, const wr_value *v);
wr_expr *wr__expr_null(wr_arena *a, const wr_type *t);
/** An operator node; folded where all @p args are constant. may_fail is the union of the arguments'
 *  and @p may_fail. */
wr_expr *wr__expr_op(wr_arena *a, const wr_type *t, wr__kernel kernel, wr_expr *const *args,
                     uint32_t n, bool may_fail, int64_t imm, const void *aux);
wr_expr *wr__expr_op1(wr_arena *a, const wr_type *t, wr__kernel k, wr_expr *x, bool may_fail,
                      int64_t imm);
wr_expr *wr__expr_op2(wr_arena *a, const wr_type *t, wr__kernel k, wr_expr *l, wr_expr *r,
                      bool may_fail, int64_t imm);
/** The same for a kernel that reads only args[0]: the others are constants it has in @p aux. */
wr_expr *wr__expr_op_prepared(wr_arena *a, const wr_type *t, wr__kernel kernel,
                              wr_expr *const *args, uint32_t n, bool may_fail, int64_t imm,
                              const void *aux);
/** AND, OR, CASE. */
wr_expr *wr__expr_lazy(wr_arena *a, wr__kind kind, const wr_type *t, wr_expr *const *args,
                       uint32_t n);
wr_expr *wr__expr_call(wr_arena *a, wr_call *call, wr_expr *const *args, uint32_t n);
/** @p e as a scope: its failures are NULL outside. @p e itself where it cannot fail. */
wr_expr *wr__expr_scope(wr_arena *a, wr_expr *e);
bool wr__expr_same(const wr_expr *x, const wr_expr *y);
/** Compute a tree without columns. @return false: something in it failed, reported or not. */
bool wr__eval_constant(const wr_expr *e, wr_arena *scratch, wr_value *out);
/** Replace a constant tree by its value where nothing fails in it. */
wr_expr *wr__expr_fold(wr_arena *a, wr_expr *e);

/* ---- casts (cast.c, cast_kernels.c) ---- */

bool wr__cast_supported(const wr_type *from, const wr_type *to);
/** CAST node (or @p e itself). @pre supported */
wr_expr *wr__expr_cast(wr_arena *a, wr_expr *e, const wr_type *to);
wr__kernel wr__cast_kernel(const wr_type *from, const wr_type *to, bool *may_fail);

/* ---- coercions (coerce.c) ---- */

/** Common type of a list and the list cast to it (IN, ARRAY[], MAP()). *common is the NULL type
 *  where all are NULL. Errors: "operator does not exist ...", "invalid input syntax ...".
 *  @param asts the sources, for texts and positions. */
weir_status wr__coerce_list(wr_expr **list, const wr_ast_expr *const *asts, uint32_t n, wr_arena *a,
                            const wr_type **common, weir_error *err);
/** The type that values of both can have without loss, parts of collections included; NULL. */
const wr_type *wr__wider_type(wr_arena *a, const wr_type *x, const wr_type *y);
/** DECIMAL wide enough for both. */
const wr_type *wr__decimal_union(wr_arena *a, const wr_type *x, const wr_type *y);
/** The wider of two numeric types (INT < BIGINT < DECIMAL < DOUBLE). */
const wr_type *wr__wider_number(wr_arena *a, const wr_type *x, const wr_type *y);
const char *wr__ast_text(wr_arena *a, const wr_ast_expr *e);
/** @p e with all its qualifiers: equal texts are equal expressions of one query. */
const char *wr__ast_full_text(wr_arena *a, const wr_ast_expr *e);

/* ---- kernels ---- */

wr__kernel wr__arith_kernel(wr_ast_op op, const wr_type *t, bool *may_fail);
wr_expr *wr__decimal_arith(wr_arena *a, wr_ast_op op, bool exact, wr_expr *l, wr_expr *r);
void wr__kernel_negate(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
/** Comparison of two operands of one type (imm: wr_ast_op). */
wr__kernel wr__compare_kernel(const wr_type *t, wr_ast_op op);
void wr__kernel_compare_decimals(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel,
                                 wr_vec *);
void wr__kernel_not(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
void wr__kernel_is_null(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
void wr__kernel_field(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
void wr__kernel_array_item(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
void wr__kernel_map_item(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
void wr__kernel_map_miss(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
void wr__kernel_make_array(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
void wr__kernel_make_map(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
void wr__kernel_make_struct(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
/** IN: args[0] against args[1..], all of one type. */
wr_expr *wr__expr_in(wr_arena *a, wr_expr *const *args, uint32_t n);
/** LIKE with @p escape (0: none), a code point. */
wr_expr *wr__expr_like(wr_arena *a, wr_expr *l, wr_expr *pattern, uint32_t escape);

/* ---- programs ---- */

typedef enum wr__step_op {
    WR__STEP_LOAD,   /* dst = e (constant, reference, parameter) */
    WR__STEP_KERNEL, /* dst = e->kernel(args) */
    WR__STEP_CALL,   /* dst = e->call(args) */
    WR__STEP_SCOPE,  /* dst = args[0] with failures turned to NULL */
    WR__STEP_BRANCH, /* sel_true, sel_false = rows of sel where args[0] is true, false; the others
                      * (NULL, failed) fail in dst, if there is one */
    WR__STEP_AND,    /* dst = args[0] AND args[1], args[1] computed where args[0] is true */
    WR__STEP_OR,     /* dst = args[0] OR args[1], args[1] computed where args[0] is false */
    WR__STEP_CASE,   /* dst = NULL: begin of a CASE */
    WR__STEP_PUT,    /* dst = args[0] on sel: a branch of a CASE */
} wr__step_op;

#define WR__NO_REG UINT32_MAX

typedef struct wr__step {
    wr__step_op op;
    uint32_t dst;                 /* register */
    uint32_t sel;                 /* selection register that the step works on */
    uint32_t sel_true, sel_false; /* BRANCH */
    uint32_t root;                /* which expression it belongs to (errors are told once a row) */
    const uint32_t *args;         /* registers */
    uint32_t args_n;
    const wr_expr *e;
} wr__step;

struct wr__program {
    const wr__step *steps;
    uint32_t steps_n, regs_n, sels_n;
    const uint32_t *roots; /* registers of the results */
    uint32_t roots_n;
};

/** The program of @p exprs; their results hold NULL where they failed. */
const wr__program *wr__program_build(const wr_expr *const *exprs, uint32_t n, wr_arena *a);
/** The program of a lambda's body; its result keeps WR__FAILED, which fails the call. */
const wr__program *wr__program_build_body(const wr_expr *body, wr_arena *a);

struct wr_evaluator {
    const wr__program *program;
    wr_arena *arena;
    wr_kctx kctx;        /* for function kernels; filled in for each run */
    wr_row_errors trap;  /* kctx.errs: catches failures of function kernels */
    wr_row_errors *errs; /* the caller's */
    wr__run *run;        /* the innermost running program */
    uint8_t *told;       /* per batch row: an error of expression told_root was reported; NULL */
    uint32_t told_root;
    uint32_t root; /* of the step that runs */
};

/** One program running over n rows: the batch, or the flattened elements given to a lambda. */
struct wr__run {
    wr_evaluator *ev;
    const wr__program *program;
    wr_arena *scratch;
    uint32_t n;
    const wr_vec **regs;
    wr_sel *sels;
    uint32_t *failed; /* rows reported by the function kernel that runs */
    uint32_t failed_n, failed_cap;
    const wr_batch *batch; /* NULL where there are no columns */
    const wr_vec *cols;
    wr__run *parent;      /* NULL: the batch itself */
    const uint32_t *rows; /* lambda: row of the parent for each element */
    const wr_vec *params;
    uint32_t depth;
};

void wr__program_execute(wr__run *run, wr_sel sel);
/** wr_row_errors.report of wr_evaluator.trap. */
void wr__trap_report(wr_row_errors *self, uint32_t row, const char *message);
/** Report an operator's failure on @p row. The kernel also stores WR__FAILED. */
void wr__run_fail(wr__run *run, uint32_t row, const char *fmt, ...) WR_PRINTF(3, 4);
const wr_vec *wr__run_lambda(wr_kctx *ctx, const wr_lambda *lambda, const wr_vec *params,
                             uint32_t params_n, const uint32_t *rows, uint32_t n);

#endif
