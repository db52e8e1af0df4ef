/* SPDX-License-Identifier: Apache-2.0 */
/* parameter_names.h - what ksqlDB calls the parameters of its functions. Inside engine/functions.
 */
#ifndef WR_ENGINE_FUNCTIONS_PARAMETER_NAMES_H
#define WR_ENGINE_FUNCTIONS_PARAMETER_NAMES_H

#include "common/buf.h"

/** Append the name of parameter @p index; "val1" where it has none that is known.
 *  @param function  in upper case
 *  @param first     the type of the overload's first argument, as ksqlDB shows it */
void wr__parameter_name(wr_buf *out, const char *function, const char *first, uint32_t index);

#endif
