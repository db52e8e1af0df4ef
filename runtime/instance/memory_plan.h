/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory_plan.h - weir.memory.budget.bytes: one number for the process, from which the sizes of its
 * parts are made.
 *
 * Parts whose settings are set keep what they are set to; the others share what is left by their
 * weights. The result is written into the settings, so whoever makes a part reads its own setting,
 * and SHOW PROPERTIES shows what was chosen.
 *
 *   what                                setting                               of 16, alone
 *   state being worked on               weir.state.cache.bytes                6
 *   blocks of state read from disk      weir.block.cache.bytes                2
 *   write buffers                       weir.memtable.bytes, twice            2
 *   records that wait to be processed   weir.record.queue.bytes               2
 *   Kafka: fetched ahead                consumer.queued.max.messages.kbytes   2, for 4 readers
 *   Kafka: on the way to the broker     producer.queue.buffering.max.kbytes   2, for 4 writers
 *
 * Write buffers count twice, as RocksDB fills new ones while it writes full ones to disk.
 *
 * Not in it: the program itself, and what is in work: a batch of each thread with its results.
 */
#ifndef WR_RUNTIME_INSTANCE_MEMORY_PLAN_H
#define WR_RUNTIME_INSTANCE_MEMORY_PLAN_H

#include "engine/plan/settings.h"

/**
 * Fill in the sizes of parts that @p s, a layer without parents, does not set; nothing where it
 * sets no budget. @p kafka: also the queues of its clients.
 * @return WEIR_ERR_CONFIG: the budget does not hold what is set and the least of the other parts;
 *         the message names the parts, the hint what would fit. Then @p s is unchanged.
 */
weir_status wr__memory_plan(wr_settings *s, bool kafka, weir_error *err) WR_MUST_CHECK;

#endif
