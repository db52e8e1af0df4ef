/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_node.h - JSON documents as the SQL functions see them: Jackson's tree with exact decimals.
 *
 * A document is the first value of a text; what follows is ignored. Of duplicate members the last
 * value counts, at the place of the first. Numbers print as Java's BigDecimal does (1e5: 1E+5).
 * Also the paths of EXTRACTJSONFIELD.
 */
#ifndef WR_ENGINE_FUNCTIONS_JSON_NODE_H
#define WR_ENGINE_FUNCTIONS_JSON_NODE_H

#include "formats/format.h"

typedef enum wr__json_status {
    WR__JSON_OK,
    WR__JSON_EMPTY, /* nothing but blanks: Jackson's missing node */
    WR__JSON_BAD,
} wr__json_status;

/** @param err  filled in with BAD. */
wr__json_status wr__json_read(wr_str text, wr_arena *a, wr_json **out, weir_error *err);
/** In an object, of duplicate members keep the first place and the last value. */
void wr__json_merge_duplicates(wr_json *j, wr_arena *a);
/** The elements of a text that is an array, or the beginning of one. */
typedef struct wr__json_elements {
    const char *p, *end; /* what has not been read; the whole text at first */
    bool begun;
} wr__json_elements;
/** @return false where there is no more, or the text is no JSON from here on. */
bool wr__json_elements_next(wr__json_elements *e, wr_arena *a, wr_json **out);

/** Compact text, numbers in BigDecimal's form. */
void wr__json_write(wr_buf *out, const wr_json *j);
/** The same, with numbers @p plain: 100000, not 1E+5. @return false where a number would need more
 *  than 9,999 zeroes or decimals; its text is the short one then. */
bool wr__json_write_as(wr_buf *out, const wr_json *j, bool plain);
/** A text's content, anything else as JSON text. */
void wr__json_write_bare(wr_buf *out, const wr_json *j);
/** BigDecimal.toString, or toPlainString, of a JSON number; false as wr__json_write_as. */
bool wr__json_write_number(wr_buf *out, wr_str number, bool plain);

/** `$.name[0]["quoted name"]` as a list of names. */
typedef struct wr__json_path {
    uint32_t n; /* steps; 0: the document itself */
    const wr_str *tokens;
} wr__json_path;

/** @return false where @p text is no path. */
bool wr__json_path_parse(wr_str text, wr_arena *a, wr__json_path *out);
/** The value that @p path leads to, or NULL. */
const wr_json *wr__json_path_find(const wr_json *root, const wr__json_path *path);

#endif
