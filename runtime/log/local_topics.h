/* SPDX-License-Identifier: Apache-2.0 */
/* local_topics.h - the metadata entry of a topic of the embedded log. */
#ifndef WR_RUNTIME_LOG_LOCAL_TOPICS_H
#define WR_RUNTIME_LOG_LOCAL_TOPICS_H

#include "runtime/log/local.h"

/** "log/topic/<name>" and its entry become a topic with one reference and empty partitions. */
weir_status wr__local_topic_decode(wr_str key, wr_str entry, wr__local_topic **out,
                                   weir_error *err) WR_MUST_CHECK;

#endif
