/* SPDX-License-Identifier: Apache-2.0 */
/* log_helper.h - temporary directories and short forms of the log's calls for the log tests. */
#ifndef TEST_RUNTIME_LOG_HELPER_H
#define TEST_RUNTIME_LOG_HELPER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/log/log_reader.h"
#include "runtime/log/log_topics.h"
#include "runtime/log/log_writer.h"

/* A call that must succeed; shows its message when it does not. */
#define OK(call)                                                                                   \
    do {                                                                                           \
        weir_error err_ = {0};                                                                     \
        weir_error *err = &err_;                                                                   \
        if ((call) != WEIR_OK)                                                                     \
            fail_msg("%s: %s", #call, err_.message);                                               \
    } while (0)

/* A call that must fail so, with a message that contains @p text. */
#define FAILS(call, status, text)                                                                  \
    do {                                                                                           \
        weir_error err_ = {0};                                                                     \
        weir_error *err = &err_;                                                                   \
        assert_int_equal((call), (status));                                                        \
        if (!strstr(err_.message, (text)))                                                         \
            fail_msg("%s: '%s' is not in: %s", #call, (text), err_.message);                       \
    } while (0)

/* The broker of the tests; WEIR_TEST_KAFKA_CLIENT: weir.kafka.client. */
static inline void put_kafka(wr_settings *s, const char *brokers)
{
    wr_settings_put(s, "bootstrap.servers", brokers);
    if (getenv("WEIR_TEST_KAFKA_CLIENT"))
        wr_settings_put(s, "weir.kafka.client", getenv("WEIR_TEST_KAFKA_CLIENT"));
}

static inline void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir) {
        unlink(path);
        return;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        wr_buf child = {0};
        wr_buf_printf(&child, "%s/%s", path, e->d_name);
        remove_tree(wr_buf_cstr(&child));
        wr_buf_free(&child);
    }
    closedir(dir);
    rmdir(path);
}

static inline void make_temp(char *out, size_t size)
{
    const char *base = getenv("TMPDIR");
    snprintf(out, size, "%s/weir-log-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(out));
}

static inline void create_topic(wr_log *log, const char *name, int32_t partitions)
{
    wr_topic_spec spec = {
        .name = name, .partitions = partitions, .replicas = -1, .retention_ms = -1};
    OK(wr_topic_create(log, &spec, err));
}

/* One record. @p partition -1: by key. */
static inline void put(wr_log_writer *w, const char *topic, int32_t partition, const char *key,
                       const char *value, int64_t timestamp)
{
    wr_str k = wr_str_c(key), v = wr_str_c(value);
    wr_out_records r = {.n = 1,
                        .keys = &k,
                        .values = &v,
                        .timestamps = &timestamp,
                        .partitions = partition < 0 ? NULL : &partition};
    OK(wr_log_writer_produce(w, NULL, topic, &r, err));
}

static inline void commit(wr_log_writer *w)
{
    OK(wr_log_writer_flush(w, err));
    OK(wr_log_writer_commit(w, NULL, NULL, 0, NULL, err));
}

static inline int64_t end_of(wr_log *log, const char *topic, int32_t partition)
{
    wr_topic_part part = {topic, partition, 0};
    int64_t low, high;
    OK(wr_topic_ends(log, &part, 1, &low, &high, err));
    return high;
}

static inline int64_t committed_of(wr_log *log, const char *group, const char *topic,
                                   int32_t partition)
{
    wr_topic_part part = {topic, partition, 0};
    OK(wr_group_committed(log, group, &part, 1, err));
    return part.offset;
}

#endif
