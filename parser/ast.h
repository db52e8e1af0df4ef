/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ast.h - the typed syntax tree of Weir's SQL (ksqlDB's dialect).
 *
 * Nodes live in the statement's arena, are built by the parser and never changed afterwards. Every
 * node has `pos`, the byte offset of its first token in the statement text given to wr_parse.
 * Identifiers are stored as they mean: unquoted ones upper-cased, quoted ones exactly. Nothing here
 * knows the catalog or types beyond their names. wr_ast_print_* turns trees back to SQL;
 * parse(print(x)) equals x (wr_ast_stmt_equal, which ignores positions).
 */
#ifndef WR_PARSER_AST_H
#define WR_PARSER_AST_H

#include "common/arena.h"
#include "common/str.h"

typedef struct wr_ast_expr wr_ast_expr;
typedef struct wr_ast_type wr_ast_type;
typedef struct wr_ast_query wr_ast_query;
typedef struct wr_ast_stmt wr_ast_stmt;

/** An identifier with its place. name is 0-terminated. */
typedef struct wr_ast_name {
    const char *name;
    int64_t pos;
    bool quoted;  /* was written in quotes: matched exactly, kept exactly */
    bool implied; /* a qualifier that nobody needs to be shown: the query has one source. Set by the
                   * planner; the parser sets false, and neither printers nor wr_ast_expr_equal
                   * look at it */
} wr_ast_name;

/* ---- types ---- */

typedef enum wr_ast_type_kind {
    WR_AST_TYPE_NAME,    /* BIGINT, VARCHAR(STRING), a registered type ... */
    WR_AST_TYPE_DECIMAL, /* DECIMAL(p, s) */
    WR_AST_TYPE_ARRAY,
    WR_AST_TYPE_MAP,
    WR_AST_TYPE_STRUCT,
} wr_ast_type_kind;

typedef struct wr_ast_field {
    wr_ast_name name;
    wr_ast_type *type;
} wr_ast_field;

struct wr_ast_type {
    wr_ast_type_kind kind;
    int64_t pos;
    wr_ast_name name;    /* NAME */
    const char **params; /* NAME: the texts in its parentheses, VARCHAR(STRING) */
    size_t params_n;
    int64_t precision, scale; /* DECIMAL; range checks are the engine's */
    wr_ast_type *key, *elem;  /* MAP: key and value (elem); ARRAY: elem */
    wr_ast_field *fields;     /* STRUCT */
    size_t fields_n;
    uint32_t height; /* longest path down, this node counted */
};

/* ---- expressions ---- */

typedef enum wr_ast_expr_kind {
    WR_AST_NULL,
    WR_AST_BOOLEAN,    /* u.boolean */
    WR_AST_INTEGER,    /* u.integer, INT or BIGINT by wide */
    WR_AST_DECIMAL,    /* u.text: digits as written, sign included: "1.50" */
    WR_AST_DOUBLE,     /* u.real, u.text as written */
    WR_AST_STRING,     /* u.text (may hold any character; len in text) */
    WR_AST_COLUMN,     /* [qualifier.]name */
    WR_AST_UNARY,      /* op WR_AST_NEG / WR_AST_POS; args[0] */
    WR_AST_ARITHMETIC, /* op; args[0], args[1] */
    WR_AST_CONCAT,     /* args[0] || args[1] */
    WR_AST_COMPARE,    /* op; args[0], args[1]; IS [NOT] DISTINCT FROM too */
    WR_AST_AND,
    WR_AST_OR,        /* args[0], args[1] */
    WR_AST_NOT,       /* args[0] */
    WR_AST_BETWEEN,   /* args[0] [NOT] BETWEEN args[1] AND args[2] */
    WR_AST_IN,        /* args[0] [NOT] IN (args[1..]) */
    WR_AST_LIKE,      /* args[0] [NOT] LIKE args[1] [ESCAPE text] */
    WR_AST_IS_NULL,   /* args[0] IS [NOT] NULL */
    WR_AST_CASE,      /* searched: args = WHEN, THEN pairs; else_ or NULL. Simple CASE x WHEN v is
                       * rewritten by the parser to x = v */
    WR_AST_CAST,      /* CAST(args[0] AS type) */
    WR_AST_CALL,      /* name(args); star for COUNT(*) */
    WR_AST_LAMBDA,    /* (params) => args[0]; only as an argument of CALL */
    WR_AST_SUBSCRIPT, /* args[0][args[1]] */
    WR_AST_FIELD,     /* args[0]->name */
    WR_AST_ARRAY,     /* ARRAY[args] */
    WR_AST_MAP,       /* MAP(args[0] := args[1], ...) */
    WR_AST_STRUCT,    /* STRUCT(names[i] := args[i]) */
    WR_AST_INTERVAL_UNIT, /* bare unit as argument: DAYS ...; u.unit. The singular words are no
                           * reserved ones, so f(DAY) may mean a column: name is "DAY" then (NULL
                           * for all others), and who knows f decides */
    WR_AST_TYPED_LITERAL, /* DECIMAL '1.20': name = type name, u.text */
} wr_ast_expr_kind;

typedef enum wr_ast_op {
    WR_AST_POS,
    WR_AST_NEG, /* UNARY */
    WR_AST_ADD,
    WR_AST_SUB,
    WR_AST_MUL,
    WR_AST_DIV,
    WR_AST_MOD, /* ARITHMETIC */
    WR_AST_EQ,
    WR_AST_NE,
    WR_AST_LT,
    WR_AST_LE,
    WR_AST_GT,
    WR_AST_GE,
    WR_AST_DISTINCT,
    WR_AST_NOT_DISTINCT, /* COMPARE */
} wr_ast_op;

typedef enum wr_ast_unit {
    WR_AST_UNIT_YEAR,
    WR_AST_UNIT_MONTH,
    WR_AST_UNIT_DAY,
    WR_AST_UNIT_HOUR,
    WR_AST_UNIT_MINUTE,
    WR_AST_UNIT_SECOND,
    WR_AST_UNIT_MILLISECOND,
} wr_ast_unit;

struct wr_ast_expr {
    wr_ast_expr_kind kind;
    wr_ast_op op;
    int64_t pos, end; /* byte range [pos, end) in the statement's text */
    int64_t op_pos;   /* place of the operator, for errors; pos where there is none */
    bool negated;     /* NOT BETWEEN / IN / LIKE, IS NOT NULL */
    bool wide;        /* INTEGER: does not fit 32 bits, so BIGINT */
    bool star;        /* CALL: name(*) */
    union {
        bool boolean;
        int64_t integer;
        double real;
        wr_ast_unit unit;
    } u;
    wr_str text;           /* STRING, DECIMAL, DOUBLE, TYPED_LITERAL */
    wr_ast_name qualifier; /* COLUMN: .name NULL if none */
    wr_ast_name name;      /* COLUMN, CALL, FIELD, TYPED_LITERAL, INTERVAL_UNIT (see there) */
    wr_ast_name *names;    /* STRUCT: field names; LAMBDA: parameters */
    size_t names_n;
    wr_ast_expr **args;
    size_t args_n;
    wr_ast_expr *else_; /* CASE; NULL if none */
    const char *escape; /* LIKE: ESCAPE text or NULL */
    wr_ast_type *type;  /* CAST */
    uint32_t height;    /* longest path down, this node counted: at most WR_PARSE_HEIGHT_MAX */
    uint32_t size;      /* nodes of the tree, shared ones counted each time they are reached */
};

/* ---- queries ---- */

typedef struct wr_ast_duration {
    int64_t n;
    wr_ast_unit unit;
    int64_t pos;
} wr_ast_duration;

/** Milliseconds of @p d; false on overflow. A year is 365 days, a month 30. */
bool wr_ast_duration_ms(const wr_ast_duration *d, int64_t *ms);

typedef enum wr_ast_window_kind {
    WR_AST_WINDOW_TUMBLING,
    WR_AST_WINDOW_HOPPING,
    WR_AST_WINDOW_SESSION,
} wr_ast_window_kind;

typedef struct wr_ast_window {
    wr_ast_window_kind kind;
    int64_t pos;
    wr_ast_name name;        /* .name NULL if none */
    wr_ast_duration size;    /* SESSION: the gap */
    wr_ast_duration advance; /* HOPPING */
    bool has_retention, has_grace;
    wr_ast_duration retention, grace;
} wr_ast_window;

typedef enum wr_ast_item_kind {
    WR_AST_ITEM_STAR,        /* * */
    WR_AST_ITEM_SOURCE_STAR, /* source.* */
    WR_AST_ITEM_STRUCT_STAR, /* expr->* */
    WR_AST_ITEM_EXPR,        /* expr [AS alias] */
} wr_ast_item_kind;

typedef struct wr_ast_item {
    wr_ast_item_kind kind;
    int64_t pos;
    wr_ast_name source; /* SOURCE_STAR */
    wr_ast_expr *expr;  /* STRUCT_STAR, EXPR */
    wr_ast_name alias;  /* EXPR; .name NULL if none */
} wr_ast_item;

typedef struct wr_ast_source {
    wr_ast_name name;
    wr_ast_name alias; /* .name NULL if none */
} wr_ast_source;

typedef enum wr_ast_join_kind {
    WR_AST_JOIN_INNER,
    WR_AST_JOIN_LEFT,
    WR_AST_JOIN_RIGHT,
    WR_AST_JOIN_FULL,
} wr_ast_join_kind;

typedef struct wr_ast_join {
    wr_ast_join_kind kind;
    int64_t pos;
    wr_ast_source right;
    bool has_within, has_grace;
    wr_ast_duration before, after, grace; /* WITHIN n unit: before == after */
    bool within_pair;                     /* written as (before, after) */
    wr_ast_expr *on;
} wr_ast_join;

typedef enum wr_ast_emit { WR_AST_EMIT_NONE, WR_AST_EMIT_CHANGES, WR_AST_EMIT_FINAL } wr_ast_emit;

struct wr_ast_query {
    int64_t pos;
    wr_ast_item *items;
    size_t items_n;
    wr_ast_source from;
    wr_ast_join *joins; /* left-deep, as written */
    size_t joins_n;
    wr_ast_window *window;                   /* NULL if none */
    wr_ast_expr *where;                      /* NULL if none */
    bool has_group_by;                       /* also for GROUP BY () */
    bool group_by_paren, partition_by_paren; /* written in parentheses */
    int64_t group_by_pos, partition_by_pos, having_pos, limit_pos, emit_pos;
    wr_ast_expr **group_by;
    size_t group_by_n;
    wr_ast_expr **partition_by;
    size_t partition_by_n;
    wr_ast_expr *having; /* NULL if none */
    wr_ast_emit emit;
    bool has_limit;
    int64_t limit; /* may be negative: refused by the engine */
};

/* ---- statements ---- */

typedef struct wr_ast_property {
    wr_ast_name name;
    wr_ast_expr *value; /* a literal: STRING, INTEGER, DECIMAL, DOUBLE, BOOLEAN, NULL */
} wr_ast_property;

typedef enum wr_ast_constraint {
    WR_AST_COL_VALUE,
    WR_AST_COL_KEY,
    WR_AST_COL_PRIMARY_KEY,
    WR_AST_COL_HEADERS,
    WR_AST_COL_HEADER, /* HEADER('key') */
} wr_ast_constraint;

typedef struct wr_ast_element {
    wr_ast_name name;
    wr_ast_type *type;
    wr_ast_constraint constraint;
    const char *header; /* HEADER */
} wr_ast_element;

typedef enum wr_ast_stmt_kind {
    WR_AST_QUERY,         /* query */
    WR_AST_CREATE_SOURCE, /* CREATE STREAM|TABLE name [elements] [WITH] */
    WR_AST_CREATE_AS,     /* CREATE STREAM|TABLE name [WITH] AS query */
    WR_AST_INSERT_SELECT, /* INSERT INTO name [WITH] query */
    WR_AST_INSERT_VALUES, /* INSERT INTO name [(cols)] VALUES (exprs) */
    WR_AST_DROP_SOURCE,   /* DROP STREAM|TABLE */
    WR_AST_ALTER_SOURCE,  /* ALTER STREAM|TABLE name ADD COLUMN ...: elements; or refresh */
    WR_AST_CREATE_TYPE,   /* name, type */
    WR_AST_DROP_TYPE,
    WR_AST_TERMINATE,
    WR_AST_PAUSE,
    WR_AST_RESUME,   /* name, or all */
    WR_AST_SHOW,     /* show, extended, show_all */
    WR_AST_DESCRIBE, /* describe, name, extended */
    WR_AST_EXPLAIN,  /* query id (name) or statement (child); analyze */
    WR_AST_PRINT,
    WR_AST_SET,
    WR_AST_UNSET,
    WR_AST_ALTER_SYSTEM, /* text (property), value_text */
    WR_AST_DEFINE,
    WR_AST_UNDEFINE, /* name, value_text */
    WR_AST_ASSERT_TOPIC,
    WR_AST_ASSERT_SCHEMA,
    WR_AST_ASSERT_VALUES, /* tests: name, columns, values */
    WR_AST_ASSERT_NULL_VALUES,
    WR_AST_ASSERT_SOURCE, /* tests: ASSERT STREAM|TABLE: as CREATE_SOURCE */
    WR_AST_CREATE_CONNECTOR,
    WR_AST_DROP_CONNECTOR,
    WR_AST_RUN_SCRIPT, /* text */
} wr_ast_stmt_kind;

typedef enum wr_ast_show {
    WR_AST_SHOW_TOPICS,
    WR_AST_SHOW_STREAMS,
    WR_AST_SHOW_TABLES,
    WR_AST_SHOW_QUERIES,
    WR_AST_SHOW_FUNCTIONS,
    WR_AST_SHOW_PROPERTIES,
    WR_AST_SHOW_TYPES,
    WR_AST_SHOW_VARIABLES,
    WR_AST_SHOW_CONNECTORS,
    WR_AST_SHOW_SOURCE_CONNECTORS,
    WR_AST_SHOW_SINK_CONNECTORS,
    WR_AST_SHOW_CONNECTOR_PLUGINS,
} wr_ast_show;

typedef enum wr_ast_describe {
    WR_AST_DESCRIBE_SOURCE,
    WR_AST_DESCRIBE_STREAMS,
    WR_AST_DESCRIBE_TABLES,
    WR_AST_DESCRIBE_FUNCTION,
    WR_AST_DESCRIBE_CONNECTOR,
} wr_ast_describe;

struct wr_ast_stmt {
    wr_ast_stmt_kind kind;
    int64_t pos, end;   /* byte range in the text, without the ';' */
    wr_str text;        /* that range, 0-terminated copy in the arena */
    wr_ast_name name;   /* what the statement is about; .name NULL if nothing */
    bool is_table;      /* TABLE rather than STREAM */
    int64_t lambda_pos; /* of a lambda somewhere in it; -1: there is none */
    bool or_replace, is_source, if_not_exists, if_exists;
    bool delete_topic;       /* DROP ... DELETE TOPIC */
    bool refresh;            /* ALTER ... REFRESH SCHEMA */
    bool all;                /* TERMINATE / PAUSE / RESUME ALL */
    bool extended, show_all; /* SHOW / DESCRIBE ... EXTENDED; SHOW ALL TOPICS */
    bool analyze;            /* EXPLAIN ANALYZE */
    bool not_exists;         /* ASSERT NOT EXISTS */
    bool last;               /* ASSERT LAST [NULL] VALUES */
    bool sink;               /* CREATE SINK CONNECTOR */
    bool from_beginning, has_interval, has_limit;
    wr_ast_show show;
    wr_ast_describe describe;
    wr_ast_element *elements; /* CREATE_SOURCE, ASSERT_SOURCE, ALTER_SOURCE */
    size_t elements_n;
    bool has_elements;      /* '(' ... ')' was written */
    wr_ast_property *props; /* WITH */
    size_t props_n;
    bool has_props;
    wr_ast_query *query;  /* QUERY, CREATE_AS, INSERT_SELECT */
    wr_ast_name *columns; /* INSERT_VALUES, ASSERT_*VALUES */
    size_t columns_n;
    wr_ast_expr **values;
    size_t values_n;
    wr_ast_type *type;       /* CREATE_TYPE */
    wr_ast_stmt *child;      /* EXPLAIN of a statement */
    const char *text1;       /* SET / UNSET property, PRINT topic, RUN SCRIPT file, ASSERT TOPIC
                              * topic, ASSERT SCHEMA subject (or NULL) */
    const char *text2;       /* SET, ALTER SYSTEM, DEFINE value */
    int64_t interval, limit; /* PRINT */
    bool has_id;
    int64_t id; /* ASSERT SCHEMA ID */
    bool has_timeout;
    wr_ast_duration timeout; /* ASSERT TOPIC / SCHEMA */
};

/** The property named @p name (case-insensitive) or NULL. */
const wr_ast_property *wr_ast_find_property(const wr_ast_stmt *stmt, const char *name);

/* ---- equality, ignoring positions ---- */
bool wr_ast_expr_equal(const wr_ast_expr *a, const wr_ast_expr *b);
bool wr_ast_type_equal(const wr_ast_type *a, const wr_ast_type *b);
bool wr_ast_stmt_equal(const wr_ast_stmt *a, const wr_ast_stmt *b);

#endif
