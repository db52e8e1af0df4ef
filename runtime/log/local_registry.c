/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all of the embedded log builds on: the keys of blocks and committed offsets (drawn in
 * local.h), and references to topics. A topic that is removed while readers or writers have it
 * stays in memory, marked, until the last reference goes.
 */
#include "runtime/log/local.h"

/* ---- keys ---- */

void wr__local_key(char key[WR__KEY_BYTES], uint32_t topic, int32_t partition, int64_t offset)
{
    wr_put_be32(key, topic);
    wr_put_be32(key + 4, (uint32_t)partition);
    wr_put_be64(key + 8, (uint64_t)offset);
}

void wr__local_offset_key(wr_buf *out, const char *group, const char *topic, int32_t partition)
{
    wr_buf_clear(out);
    wr_buf_puts(out, "log/group/");
    wr_buf_puts(out, group);
    wr_buf_putc(out, '\0');
    if (!topic)
        return;
    wr_buf_puts(out, topic);
    wr_buf_putc(out, '\0');
    wr_buf_be32(out, (uint32_t)partition);
}

/* ---- references ---- */

weir_status wr__local_no_topic(const char *name, weir_error *err)
{
    return wr_error(err, WEIR_ERR_NOT_FOUND, "Topic '%s' does not exist", name);
}

weir_status wr__local_no_partition(const wr__local_topic *t, int32_t partition, weir_error *err)
{
    return wr_error(err, WEIR_ERR_NOT_FOUND, "Topic '%s' has no partition %d; it has %d", t->name,
                    partition, t->partitions);
}

weir_status wr__local_topic_ref(wr__local *log, const char *name, wr__local_topic **out,
                                weir_error *err)
{
    pthread_mutex_lock(&log->lock);
    wr__local_topic *t = wr_map_get(&log->topics, wr_str_c(name));
    if (t) {
        WR_ASSERT(t->refs > 0); /* the registry's own */
        t->refs++;
    }
    pthread_mutex_unlock(&log->lock);
    if (!t)
        return wr__local_no_topic(name, err);
    *out = t;
    return WEIR_OK;
}

void wr__local_topic_unref(wr__local *log, wr__local_topic *t)
{
    pthread_mutex_lock(&log->lock);
    WR_ASSERT(t->refs > 0);
    bool last = --t->refs == 0;
    pthread_mutex_unlock(&log->lock);
    if (!last)
        return;
    wr_free(t->name);
    wr_free(t->parts);
    wr_free(t);
}
