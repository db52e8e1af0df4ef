/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parameter_names.h - what ksqlDB calls the parameters of its functions, as DESCRIBE FUNCTION says
 * it: for clients that show them, as calls have none of them.
 */
#ifndef WR_SERVER_REST_PARAMETER_NAMES_H
#define WR_SERVER_REST_PARAMETER_NAMES_H

#include "common/buf.h"

/** The name of parameter @p index (from 0) of @p function, a variant of which begins with the type
 *  @p first. "val1", "val2", ... where ksqlDB's is not known. */
void wr__parameter_name(wr_buf *out, const char *function, wr_str first, uint32_t index);

#endif
