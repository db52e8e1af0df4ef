/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unscaled.h - the unscaled value of a DECIMAL as bytes: two's complement, big-endian, of any
 * length. Java's BigInteger, which AVRO, Protobuf's messages of decimals and Connect use.
 */
#ifndef WR_FORMATS_UNSCALED_H
#define WR_FORMATS_UNSCALED_H

#include "common/buf.h"
#include "types/value.h"

/** @pre bytes.len > 0, and not more than 16 where @p type is small (wr_dec_is_small). A large value
 *  is in @p arena. */
wr_value wr__unscaled_read(wr_str bytes, const wr_type *type, wr_arena *arena);
/** The reverse, as short as can be. @pre value is not NULL */
void wr__unscaled_put(wr_buf *out, const wr_type *type, const wr_value *value);

#endif
