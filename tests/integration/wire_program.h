/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_program.h - what the programs of our own Kafka client share: its configuration out of
 * NAME=VALUE arguments, and what it says of its connections, to stderr. The argument of `tell`
 * counts faults.
 */
#ifndef WR_TESTS_INTEGRATION_WIRE_PROGRAM_H
#define WR_TESTS_INTEGRATION_WIRE_PROGRAM_H

#include <librdkafka/rdkafka.h>
#include <stdio.h>

#include "runtime/log/kafka_wire.h"

static inline void tell(void *arg, wr_wire_news news, const char *text)
{
    static const char *const names[] = {
        [WR_WIRE_FAULT] = "fault",
        [WR_WIRE_CERTIFICATE] = "certificate",
        [WR_WIRE_ALL_DOWN] = "all down",
        [WR_WIRE_ANSWERS] = "answers",
    };
    *(int *)arg += news == WR_WIRE_FAULT;
    fprintf(stderr, "%s: %s\n", names[news], text);
}

/* @return 0: it is good */
static inline int configure(char **settings, int n, wr_wire_config *out)
{
    char text[256];
    weir_error err = {0};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int bad = 0;
    for (int i = 0; i < n && !bad; i++) {
        char *value = strchr(settings[i], '=');
        *value++ = '\0';
        bad = rd_kafka_conf_set(conf, settings[i], value, text, sizeof text) != RD_KAFKA_CONF_OK;
        if (bad)
            fprintf(stderr, "%s\n", text);
    }
    if (!bad && (wr__kafka_wire_config(conf, out, &err) != WEIR_OK ||
                 wr__kafka_wire_config_write(conf, &out->write, &err) != WEIR_OK)) {
        fprintf(stderr, "%s\n", err.message);
        bad = 1;
    }
    rd_kafka_conf_destroy(conf);
    return bad;
}

#endif
