/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_words.h - refused values of properties, in the words of Kafka's ConfigDef, which ksqlDB's
 * clients know; and causes of errors, wrapped as ksqlDB wraps them.
 *
 * Threads: any.
 */
#ifndef WR_SERVER_QUERY_CONFIG_WORDS_H
#define WR_SERVER_QUERY_CONFIG_WORDS_H

#include "common/buf.h"

/** Why @p value is none for the property @p name. @p own: what Weir says of it, where Kafka has no
 *  such property. */
void wr__put_config_reason(wr_buf *out, const char *name, const char *value, const char *own);

/** "\nCaused by: ..." in lines of 80 characters, the next ones after a tab. Longer words stay
 * whole.
 */
void wr__put_cause(wr_buf *out, const char *text);

#endif
