/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_shape.h - the names that a JSON object is searched for, and the compiled types of values.
 *
 * A shape is a set of fields. Scanning an object by its shape gives one token per field, in the
 * fields' order; members that no field wants are checked and skipped. A shape learns: producers
 * write the same keys in the same order, so it keeps for each place in the object the text of the
 * key that was last seen there and the fields it stands for. If the next key has that very text,
 * which one comparison tells, it needs neither scanning nor looking up. What was learned never
 * changes the result, only the time it takes.
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
} wr_jtype;

void wr__json_type_init(wr_jtype *t, const wr_type *type, wr_arena *a);

wr_jshape *wr__json_shape_new(wr_arena *a, const wr_str *names, uint32_t n);

/**
 * Scan the object at the cursor. @pre *s->p == '{'.
 * @param tokens  one per field of the shape; fields that the object lacks are WR_J_MISSING.
 * @return false with s->fault.
 */
bool wr__json_shape_scan(wr_jshape *shape, wr_jscan *s, wr_jtoken *tokens);

#endif
