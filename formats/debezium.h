/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debezium.h - what the files of the DEBEZIUM_JSON format share.
 *
 * A record is a change of a row: an object with `op`, `before` and `after`, around which Kafka
 * Connect may have put `schema` and `payload`. The decoder makes the row of it that there is
 * afterwards, or none (a deletion); what is no change of a row is left out. The columns' declared
 * types say how values are read, as without a schema nothing else does (debezium_value.c).
 */
#ifndef WR_FORMATS_DEBEZIUM_H
#define WR_FORMATS_DEBEZIUM_H

#include "formats/format_internal.h"
#include "formats/json_convert.h"

/**
 * A value of a row in a change event to a column of type @p type.
 * @return false: message and path of @p c.
 */
bool wr__debezium_convert(wr_jconv *c, const wr_jtype *type, const wr_jtoken *tok, wr_value *out);
/** Does it stand for a large value that the database has not sent, since it has not changed? */
bool wr__debezium_unavailable(const wr_jtoken *tok);

#endif
