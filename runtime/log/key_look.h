/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_look.h - a look at where the keys of a topic lie, to learn which partitioner has written it.
 *
 * Bounded, whatever the topic's size: of each partition the first records and the last ones, of a
 * topic with many partitions some of them, and no longer than the caller allows. What was written
 * between is not seen; queries go on looking while they read (engine/operators/source.c).
 *
 * Threads: any.
 */
#ifndef WR_RUNTIME_LOG_KEY_LOOK_H
#define WR_RUNTIME_LOG_KEY_LOOK_H

#include "runtime/log/log_writer.h"

/** Records of a partition that are looked at, at its beginning and at its end each. */
#define WR_KEY_LOOK_RECORDS 32
/** Partitions that are looked at, spread over the topic. */
#define WR_KEY_LOOK_PARTITIONS 64

/**
 * @param partitions  of the topic, as the caller knows them
 * @param settings    of readers
 * @param wait        when its time is over what was seen until then is the answer; NULL: no end
 * @param out         the keys that were seen; none where the topic is empty or has one partition
 * @return WEIR_ERR_INTERRUPTED: *wait->cancel is set. WEIR_ERR_NOT_FOUND, WEIR_ERR_LOG.
 */
weir_status wr_key_look(wr_log *log, const char *topic, int32_t partitions,
                        const wr_settings *settings, const wr_log_wait *wait, wr_key_places *out,
                        weir_error *err) WR_MUST_CHECK;

#endif
