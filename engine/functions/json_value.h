/* SPDX-License-Identifier: Apache-2.0 */
/* json_value.h - any SQL value as JSON text, in TO_JSON_STRING's form. */
#ifndef WR_ENGINE_FUNCTIONS_JSON_VALUE_H
#define WR_ENGINE_FUNCTIONS_JSON_VALUE_H

#include "types/value.h"

/**
 * STRUCT fields and MAP keys in order of their names; DECIMAL plain; DATE, TIME (whole seconds),
 * TIMESTAMP as texts; BYTES in base64; NULL as null; NaN and infinities as texts.
 * @param scratch  room for sorting.
 */
void wr__json_write_value(wr_buf *out, const wr_type *t, const wr_value *v, wr_arena *scratch);

#endif
