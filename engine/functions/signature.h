/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature.h - the signature language of function.h as trees, and matching argument types to it.
 *
 * Parsing happens where a signature is used, into the caller's arena: signatures are a few bytes
 * long, and so there is no shared state to guard.
 */
#ifndef WR_ENGINE_FUNCTIONS_SIGNATURE_H
#define WR_ENGINE_FUNCTIONS_SIGNATURE_H

#include "engine/functions/function.h"

typedef enum wr__sig_kind {
    WR__SIG_TYPE,    /* id: a simple type */
    WR__SIG_VAR,     /* var: 'A'..'Z' */
    WR__SIG_DECIMAL, /* precision, scale: a number, or -1 - (letter - 'a') for a variable */
    WR__SIG_ARRAY,   /* elem */
    WR__SIG_MAP,     /* key, elem */
    WR__SIG_STRUCT,  /* names, parts */
    WR__SIG_LAMBDA,  /* parts: parameters; elem: result */
    WR__SIG_ANY,     /* "any": whatever type, never cast */
} wr__sig_kind;

typedef struct wr__sig_type wr__sig_type;
/* A node of a parsed signature. Which fields mean something follows from `kind`, see there. */
struct wr__sig_type {
    wr__sig_kind kind;
    wr_tid id;                        /* TYPE */
    char var;                         /* VAR */
    int32_t precision, scale;         /* DECIMAL */
    const wr__sig_type *key, *elem;   /* MAP, ARRAY; LAMBDA: its result */
    const wr__sig_type *const *parts; /* STRUCT: fields; LAMBDA: parameters */
    const char *const *names;         /* STRUCT only, parts_n of them */
    uint32_t parts_n;
};

typedef struct wr__sig {
    const wr__sig_type *const *params; /* the variadic one included */
    uint32_t params_n;
    bool variadic;                   /* params[params_n - 1] stands for zero or more */
    const wr__sig_type *const *init; /* aggregates: literal arguments */
    uint32_t init_n;
} wr__sig;

/** Parse `wr_signature.args`. A malformed one is a bug of the table: asserts. */
void wr__sig_parse(const char *text, wr_arena *a, wr__sig *out);
/** Parse one type. */
const wr__sig_type *wr__sig_parse_type(const char *text, wr_arena *a);
void wr__sig_print_type(wr_buf *out, const wr__sig_type *t);

/** What variables stand for. */
typedef struct wr__bindings {
    const wr_type *vars[26]; /* by letter; NULL: unbound */
    int32_t numbers[26];     /* -1: unbound */
    bool casts;              /* implicit casts are allowed */
    wr_arena *a;             /* for types that are made on the way */
} wr__bindings;

void wr__bindings_init(wr__bindings *b, wr_arena *a, bool casts);
/** True where an argument of type @p t may be given for @p p; binds variables. */
bool wr__sig_match(wr__bindings *b, const wr__sig_type *p, const wr_type *t);
/** @p p with variables replaced; unbound ones become the NULL type. */
const wr_type *wr__sig_substitute(const wr__bindings *b, const wr__sig_type *p);
/** The parameter that argument @p i of @p n belongs to. */
const wr__sig_type *wr__sig_param(const wr__sig *s, uint32_t i, uint32_t n);

/** The name of @p fn as ksqlDB's messages write it: 'datesub', 'COALESCE' (spelling.c). */
void wr__function_spelling(wr_buf *out, const wr_function *fn);

#endif
