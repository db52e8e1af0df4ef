/* SPDX-License-Identifier: Apache-2.0 */
/*
 * topic.h - writing many records to a topic: gathered into batches, so that the library is called
 * once for thousands.
 */
#ifndef CLI_TOPIC_H
#define CLI_TOPIC_H

#include "options.h"
#include "weir.h"

typedef struct cli_topic_writer cli_topic_writer;

/** Create the topic unless it exists. @return CLI_OK, or CLI_FAILED with a message shown. */
int cli_topic_ensure(weir *w, const char *topic, int64_t partitions);

/** Where a record's bytes come from; copied. NULL key or value: NULL. */
cli_topic_writer *cli_topic_writer_new(weir *w, const char *topic);
/** Errors are shown. @return false: a batch could not be written. */
bool cli_topic_writer_add(cli_topic_writer *t, const weir_record *record);
/** Write what is gathered and wait until it is durable. */
bool cli_topic_writer_flush(cli_topic_writer *t);
uint64_t cli_topic_writer_count(const cli_topic_writer *t);
/** How many are known to be durable: those before the last flush that succeeded. */
uint64_t cli_topic_writer_durable(const cli_topic_writer *t);
void cli_topic_writer_free(cli_topic_writer *t);

#endif
