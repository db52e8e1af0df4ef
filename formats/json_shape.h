/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_shape.h - the names that a JSON object is searched for, and the compiled types of values.
 *
 * A shape is a set of fields. Scanning an object by its shape gives one token per field, in the
 * fields' order; members that no field wants are checked and skipped. A shape learns: producers
 * write the same keys in the same order, so it keeps the texts from key to value (`"ID":`, blanks
 * and all) that were last seen, in order, and the field each stands for. If the text at hand goes
 * on as learned, which one vector comparison finds out, it needs neither scanning nor looking up;
 * members that are left out are stepped over. What was learned never changes the result, only the
 * time.
 *
 * Which member feeds a field (dialect.md 14.2): the one with the field's exact name, else one whose
 * name becomes the field's when its ASCII letters are upper-cased; of several, the last. One member
 * may feed two fields (columns `a` and `A`, member "a").
 */
#ifndef WR_FORMATS_JSON_SHAPE_H
#define WR_FORMATS_JSON_SHAPE_H

#include "formats/json_scan.h"
#include "types/type.h"

#define WR_JSON_NO_FIELD UINT32_MAX

typedef struct wr_jshape wr_jshape;

/** A SQL type as the converter wants it. */
typedef struct wr_jtype {
    const wr_type *type;
    const struct wr_jtype *elem;   /* ARRAY, MAP: of the elements, values */
    wr_jshape *shape;              /* STRUCT */
    const struct wr_jtype *fields; /* STRUCT: fields_n */
    const char *text;              /* the type's name, for errors */
    /* How a writer's schema says the value is written: wr_connect_form, and the scale of a DECIMAL.
     * Only change events have such (debezium.h). */
    uint8_t form;
    int32_t scale;
} wr_jtype;

void wr__json_type_init(wr_jtype *t, const wr_type *type, wr_arena *a);

wr_jshape *wr__json_shape_new(wr_arena *a, const wr_str *names, uint32_t n);

/**
 * Scan the object at the cursor. @pre *s->p == '{'.
 * @param tokens  one per field of the shape, @p stride apart; fields that the object lacks are
 *                WR_J_MISSING.
 * @return false with s->fault.
 */
bool wr__json_shape_scan(wr_jshape *shape, wr_jscan *s, wr_jtoken *tokens, size_t stride);

/* ---- inside: shared by json_shape.c and the walks over an object (json_walk.h) ---- */

#define WR_JSON_LEARNED_TEXT 64u
#define WR_JSON_LEARNED_MAX  64u
/* How many learned members are tried: how many in a row may be missing. */
#define WR_JSON_LEARNED_AHEAD 4u

/** A member as it was last written, from its key's quote to where its value begins. */
typedef struct wr_jlearned {
    uint32_t len;   /* UINT32_MAX: nothing learned */
    uint32_t mask;  /* a bit for each of its first 32 bytes */
    uint32_t field; /* that it feeds, or WR_JSON_NO_FIELD */
    uint8_t flags;  /* of the token: WR_J_EXACT where the field has the key's very name */
    char text[WR_JSON_LEARNED_TEXT];
} wr_jlearned;

/** A walk over an object: all give the same, by other instructions. */
typedef bool (*wr_jwalk)(wr_jshape *shape, wr_jscan *s, wr_jtoken *tokens, size_t stride);

struct wr_jshape {
    const wr_str *names; /* n */
    uint32_t n;
    uint32_t *slots; /* index into names + 1; 0: free */
    uint32_t mask;
    wr_jwalk walk; /* the best one here */
    uint32_t learned_n;
    wr_jlearned learned[WR_JSON_LEARNED_MAX];
};

/** Scan one member, the cursor at its key's quote, and learn it as number @p at; *at moves on. */
bool wr__json_shape_member(wr_jshape *shape, wr_jscan *s, wr_jtoken *tokens, size_t stride,
                           uint32_t *at);

bool wr__json_walk_plain(wr_jshape *shape, wr_jscan *s, wr_jtoken *tokens, size_t stride);
#ifdef __x86_64__
/* @pre s->slack */
bool wr__json_walk_sse2(wr_jshape *shape, wr_jscan *s, wr_jtoken *tokens, size_t stride);
bool wr__json_walk_avx2(wr_jshape *shape, wr_jscan *s, wr_jtoken *tokens, size_t stride);
#endif
/** The walks that this processor can run, the best one first. @return how many. */
uint32_t wr__json_walks(const wr_jwalk **walks);

#endif
