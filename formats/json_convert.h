/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_convert.h - tokens of the scanner to SQL values: the conversion rules of dialect.md 14.3.
 */
#ifndef WR_FORMATS_JSON_CONVERT_H
#define WR_FORMATS_JSON_CONVERT_H

#include "formats/json_shape.h"
#include "types/value.h"

/** Where values go and what was wrong: one per decoder run. */
typedef struct wr_jconv {
    wr_arena *scratch;
    wr_buf message;   /* of the last failure, without the path */
    char path[200];   /* of the last failure, filled from its end */
    uint32_t path_at; /* where it starts; sizeof path: empty */
} wr_jconv;

void wr__json_conv_init(wr_jconv *c, wr_arena *scratch);
void wr__json_conv_fini(wr_jconv *c);

/**
 * Convert @p tok to type @p t. NULL and missing tokens give NULL.
 * @return false: message and path tell why; wr__json_conv_path adds the outer parts of the path.
 * @pre the token comes from a scan that found no fault.
 */
bool wr__json_convert(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out);
/** A conversion of a part of a value: wr__json_convert, or another format's over the same tokens.
 */
typedef bool (*wr_json_convert_fn)(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok,
                                   wr_value *out);
/** An array to an ARRAY, each element by @p element. @pre tok is an array, t an ARRAY */
bool wr__json_items(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok,
                    wr_json_convert_fn element, wr_value *out);
/** An object to a STRUCT, each field by @p field. @pre tok is an object, t a STRUCT */
bool wr__json_fields(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_json_convert_fn field,
                     wr_value *out);
/** Jackson's name for such a token ("TextNode"): the error texts that users of ksqlDB know. */
const char *wr__json_node_name(const wr_jtoken *tok);
/** Put ".name" before the path of the failure. */
void wr__json_conv_path(wr_jconv *c, const char *name);
/** Put @p part as it is before the path of the failure. */
void wr__json_conv_prepend(wr_jconv *c, wr_str part);
/** A new failure: no message and no path yet. */
void wr__json_conv_start_failure(wr_jconv *c);
static inline const char *wr__json_conv_where(const wr_jconv *c)
{
    return c->path + c->path_at;
}

/* Single conversions, for the decoder's loops over a column. false: not convertible; report with
 * wr__json_convert. @pre tok is neither NULL nor missing. */
bool wr__json_to_i64(wr_jconv *c, const wr_jtoken *tok, int64_t *out);
bool wr__json_to_i32(wr_jconv *c, const wr_jtoken *tok, int32_t *out);
bool wr__json_to_double(wr_jconv *c, const wr_jtoken *tok, double *out);
/** Of a WORD: NaN, or an infinity of the sign that it begins with. */
double wr__json_word_value(const wr_jtoken *tok);
/** BYTES from a text of base64 with padding; false also where it is no text. */
bool wr__json_base64(wr_jconv *c, const wr_jtoken *tok, wr_str *out);

typedef wr_arr(wr_jtoken) wr_jtoken_list;
/** The elements of an array, or keys and values of an object, in order. */
void wr__json_elements(wr_jconv *c, const wr_jtoken *tok, wr_jtoken_list *keys,
                       wr_jtoken_list *items);
/** STRING from anything: never fails. */
wr_str wr__json_to_string(wr_jconv *c, const wr_jtoken *tok);

#endif
