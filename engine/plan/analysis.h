/* SPDX-License-Identifier: Apache-2.0 */
/*
 * analysis.h - a query with all names resolved, and the growing plan. Inside engine/plan only.
 *
 * names.c turns the syntax tree into a wr__analysis: every column in it is written
 * `alias.name`, so two expressions mean the same exactly when their trees are equal, and every
 * column that occurs anywhere has a *slot*. stages.c and join_plan.c then build steps; a wr__stage
 * says where the slots (and whole expressions that an earlier step has computed) are to be found in
 * the output of the current step.
 */
#ifndef WR_ENGINE_PLAN_ANALYSIS_H
#define WR_ENGINE_PLAN_ANALYSIS_H

#include "engine/plan/with.h"

#define WR__SOURCES_MAX 32u /* sources of an expression are bits of a uint32_t */

/* A column of a relation that the query mentions: one for each pair of alias and name, however
 * often it is written. Indices of slots are good for one analysis; they only grow while names are
 * resolved, and arrays of one bit or one reference per slot are made after that. */
typedef struct wr__slot {
    uint32_t source;  /* index in wr__analysis.relations */
    wr_ref_kind kind; /* COLUMN, or a pseudo column */
    uint32_t column;  /* COLUMN: index in the source's schema */
    const wr_type *type;
    const char *alias, *name; /* as in the qualified trees: compared by text */
    bool window_result;       /* WINDOWSTART / END of the query's own WINDOW clause */
} wr__slot;

/* One column of the result, stars expanded: `SELECT *` over three columns is three items. */
typedef struct wr__item {
    wr_ast_expr *expr; /* qualified */
    const char *name;  /* of the output column */
    bool aliased;      /* written with AS */
    int64_t pos;       /* of the item, or of the star that it came out of */
} wr__item;

/**
 * What FROM or JOIN names: rows with a schema, a kind, a key. The planner asks a relation for all
 * of that, and only the step that makes its rows asks where they come from: today always a topic,
 * by an entry of the catalog. A sub-query would be one whose rows come from steps.
 */
typedef struct wr__relation {
    const char *name;  /* in messages */
    const char *alias; /* how the query's expressions are qualified */
    int64_t pos;       /* of its name in the statement */
    const wr_schema *schema;
    bool is_table;
    wr_window window;           /* of the key; kind NONE: not windowed */
    int32_t partitions;         /* of its topic */
    wr_partitioner partitioner; /* by which its rows lie there; one partition: murmur2 */
    wr_format_use key, value;   /* what sinks and internal topics inherit */
    wr_source *source;          /* the catalog's, borrowed */
} wr__relation;

/* A query while it is planned. It lives no longer than that, but what it points to is in the plan's
 * arena, since the plan keeps the trees: for EXPLAIN, and for the meaning of stores. */
typedef struct wr__analysis {
    const wr_plan_env *env;    /* borrowed for the time of planning */
    const wr_ast_query *query; /* the statement's own tree, not qualified: for places */
    wr_arena *arena;           /* the plan's */
    bool persistent;           /* it has a sink; false: its rows go to a client */
    const char *sink_name;     /* persistent: for messages */
    wr__relation relations[WR__SOURCES_MAX]; /* in the order of FROM and JOIN */
    uint32_t relations_n;
    wr_arr(wr__slot) slots;      /* in order of first mention */
    wr_arr(wr__item) items;      /* the projection, in order */
    wr_ast_expr *where, *having; /* qualified; NULL: no such clause */
    /* Qualified; as many as the query has, for `on` one for each JOIN. */
    wr_ast_expr **group_by, **partition_by, **on;
    const char **group_names, **partition_names; /* names of the key columns */
    bool has_aggregates; /* SELECT or HAVING calls one: a grouping, with or without GROUP BY */
    wr_window window;    /* of the WINDOW clause; kind NONE if none */
    uint32_t generated;  /* next number of KSQL_COL_ */
} wr__analysis;

/** Resolve names, expand stars, name columns. All texts live in @p an->arena afterwards. */
weir_status wr__analyze(wr__analysis *an, weir_error *err) WR_MUST_CHECK;
/** The relation that a catalog entry is, under @p alias. */
wr__relation wr__relation_of(wr_source *s, const char *alias, int64_t pos);
/** Slot of that column of that relation; -1: nobody has mentioned it. */
int wr__slot_index(const wr__analysis *an, const char *alias, const char *name);
/** Slot of a qualified COLUMN node; -1: none (a lambda's parameter). */
int wr__find_slot(const wr__analysis *an, const wr_ast_expr *column);
/** Which sources (bit set) an expression reads. */
uint32_t wr__sources_of(const wr__analysis *an, const wr_ast_expr *e);
/** Mark the slots that @p e reads in used[slots.n]. */
void wr__mark_slots(const wr__analysis *an, const wr_ast_expr *e, bool *used);
/** Type of a qualified expression over the sources' columns. */
weir_status wr__type_of(const wr__analysis *an, const wr_ast_expr *e, const wr_type **out,
                        weir_error *err) WR_MUST_CHECK;
/** Name of the key column that a join makes up (dialect.md section 11), or NULL. */
const char *wr__synthetic_key(const wr__analysis *an);
/** Beside the error about a column that is not there: what was meant. @return its code. */
weir_status wr__hint_column(const wr__analysis *an, const wr_ast_expr *e, weir_error *err);
/** Fresh "KSQL_COL_<i>". */
const char *wr__generated_name(wr__analysis *an);
/** Is @p e itself a call of an aggregate function? */
bool wr__is_aggregate_call(const wr__analysis *an, const wr_ast_expr *e);
/** Text of a qualified expression for messages: "T1.ID" only where the query has joins. */
void wr__print_expr(const wr__analysis *an, wr_buf *out, const wr_ast_expr *e);

/* ---- the growing plan ---- */

/* A tree that an earlier step has evaluated, and the column of the current step that has its value.
 * A compilation over the stage takes the column wherever it meets an equal tree, so `GROUP BY a +
 * b` is not added up again in `SELECT (a + b) * 2`. */
typedef struct wr__computed {
    const wr_ast_expr *expr;
    wr_ref ref;
} wr__computed;

/** A key column of the current step and the expressions that equal it. */
typedef struct wr__key {
    const char *name;                   /* of the key column; the projection may give another */
    wr_arr(const wr_ast_expr *) viable; /* may stand for it in the projection */
    wr_arr(const wr_ast_expr *) equal;  /* JOIN: expressions that equal it, but are no columns */
    bool synthetic;                     /* ROWKEY of a join */
} wr__key;

/* Where things are in the output of `step`. Stages are values: a join copies one and changes the
 * copy. An unavailable slot's entry in `slots` means nothing. */
typedef struct wr__stage {
    wr_step *step;   /* the last one that was built */
    wr_ref *slots;   /* an->slots.n */
    bool *available; /* an->slots.n */
    wr_arr(wr__computed) computed;
    wr__key *keys; /* step->schema->keys_n */
    uint32_t keys_n;
    int32_t partitions;         /* of the topic that the rows were last read from */
    wr_format_use key_format;   /* how the key is serialised now */
    wr_partitioner partitioner; /* by which rows lie that are in the partition of their key */
    const char *name;           /* of the left-most source, for messages */
    wr_window window;           /* of the key */
    bool key_fixed;             /* key is that of a topic: no change of it so far */
} wr__stage;

/* The plan while it grows. Steps are pushed in order of creation, inputs before consumers, and `id`
 * is the index there. wr__finish_plan hands both lists to the plan. */
typedef struct wr__builder {
    wr__analysis *an;
    wr_plan *plan; /* its arena holds everything */
    wr_arr(wr_step *) steps;
    wr_arr(wr_plan_topic) topics;
    uint32_t joins_n, repartitions_n; /* joins_n: of "Join2" */
} wr__builder;

/** Calls of one kind of function in some expressions, each once: equal trees are one call. */
/**
 * What an aggregate without arguments is computed of, as in ksqlDB: SUM() and SUM(*) are sums of
 * ROWTIME, of the first source in a join.
 *
 * @return a column's reference in the analysis' arena, not qualified yet; NULL: @p e has arguments,
 *         is no aggregate, or takes none, as COUNT does.
 */
const wr_ast_expr *wr__default_argument(const wr__analysis *an, const wr_ast_expr *e);

typedef struct wr__calls {
    wr_arr(const wr_ast_expr *) calls;
    wr_arena *arena;
    const wr_function_registry *functions;
    wr_function_kind kind;
} wr__calls;
/** A visitor for wr_ast_walk; @p arg is a wr__calls. */
bool wr__collect_call(void *arg, const wr_ast_expr *e);
/** Does the projection call a table function? */
bool wr__has_table_function(const wr__analysis *an);

/** Scope over a stage, for wr_expr_compile. */
typedef struct wr__stage_scope {
    wr_scope base;
    const wr__builder *b;
    const wr__stage *stage;
} wr__stage_scope;
/** Say in which clause an expression failed: "Error in WHERE expression: ...". Not where binding
 *  has named the part of the query already ("Invalid Predicate: ..."): ksqlDB says one or the
 *  other, as its types are checked in two goes. */
void wr__place_in_clause(const wr_scope *scope, const char *clause, weir_error *err);
/* The scope borrows builder and stage: it is made for one compilation and thrown away. */
void wr__stage_scope_init(wr__stage_scope *s, const wr__builder *b, const wr__stage *stage);

/** A step on top of @p in (NULL: a source), of its kind and schema until the caller says other. */
wr_step *wr__new_step(wr__builder *b, wr_step_kind kind, const char *name, const char *context,
                      wr_step *in);
/** One more input of @p s, after those that it has. */
void wr__add_input(wr__builder *b, wr_step *s, wr_step *in);
/* Index in the plan's topics; the one of that name and role, if it is there. */
uint32_t wr__add_topic(wr__builder *b, const char *name, wr_topic_role role, int32_t partitions,
                       bool from_earliest);
/** The step that makes the rows of an->relations[i]: the slots in @p used, and the key. */
weir_status wr__build_relation(wr__builder *b, uint32_t i, const bool *used, wr__stage *out,
                               weir_error *err) WR_MUST_CHECK;
/** SELECT that keeps the key and makes every available slot of @p used a value column. */
weir_status wr__build_materialize(wr__builder *b, wr__stage *st, const bool *used,
                                  weir_error *err) WR_MUST_CHECK;
/**
 * SELECT_KEY: new keys, which become viable by the given expressions.
 * @param keep  GROUP BY: the slots (of an->slots.n) that later steps read; rows with a NULL key are
 *              dropped. NULL (PARTITION BY, joins): all slots are kept, NULL keys too.
 */
weir_status wr__build_select_key(wr__builder *b, wr__stage *st, wr_ast_expr *const *keys,
                                 const char *const *names, uint32_t keys_n, const bool *keep,
                                 const char *name, const char *context,
                                 weir_error *err) WR_MUST_CHECK;
/* Rows go through an internal topic, whose key is written as @p key where that can hold it, to the
 * partition that @p by says. @p context names the topic: "<context>-repartition". @return the step.
 */
wr_step *wr__build_repartition(wr__builder *b, wr__stage *st, const wr_format_use *key,
                               wr_partitioner by, const char *context);
/** Key format for an internal topic: @p want where it can hold the key, else JSON. */
wr_format_use wr__internal_key_format(wr_arena *a, const wr_format_use *want,
                                      const wr_schema *schema);
/**
 * What keys of an internal topic are written with in a format with a registry: the schema of
 * @p want, where it has one that can hold @p schema's keys, so that partitions agree with those of
 * that topic; else one of the plan's own, which no registry knows, since nobody else reads it.
 * @return false: the format cannot name the columns.
 */
bool wr__internal_schema(wr_arena *a, const wr_format_use *want, const wr_schema *schema,
                         wr_format_use *use);
/** FROM with all JOINs. */
weir_status wr__build_joins(wr__builder *b, const bool *used, wr__stage *out,
                            weir_error *err) WR_MUST_CHECK;

/** What the query's result becomes. */
typedef struct wr__result {
    const wr_schema *schema;  /* persistent: keys first */
    const char *const *names; /* transient: names in order of the projection */
    bool table;
    wr_window window;
    wr_format_use key_format; /* of the left-most source, adapted */
    bool key_changed;         /* the key is not that of the left-most source */
} wr__result;
/** The window of the WINDOW clause, in milliseconds, with defaults; kind NONE if there is none. */
weir_status wr__window_of(const wr__analysis *an, wr_window *w, weir_error *err) WR_MUST_CHECK;
/** Group and aggregate, where the query does (grouping.c). */
weir_status wr__build_aggregate(wr__builder *b, wr__stage *st, weir_error *err) WR_MUST_CHECK;
/** SELECT and HAVING of a query with aggregates: only grouping expressions and aggregates. */
weir_status wr__check_non_aggregates(wr__builder *b, const wr__stage *st,
                                     weir_error *err) WR_MUST_CHECK;
/** The projection of a query that is kept, or of one for a client (projection.c). */
weir_status wr__build_persistent_select(wr__builder *b, wr__stage *st, wr__result *result,
                                        weir_error *err) WR_MUST_CHECK;
weir_status wr__build_transient_select(wr__builder *b, wr__stage *st, wr__result *result,
                                       weir_error *err) WR_MUST_CHECK;
/** FROM ... SELECT, up to the final SELECT step; the caller adds SINK or COLLECT. */
weir_status wr__build_query(wr__builder *b, wr__stage *stage, wr__result *result,
                            weir_error *err) WR_MUST_CHECK;
/** What holds for every finished plan (plan_invariants.c). */
void wr__assert_plan(const wr_plan *p);
/** Number sub-topologies, propagate needs_old, find the materialised step; b->plan is complete. */
void wr__finish_plan(wr__builder *b, wr_step *root);

#endif
