/* SPDX-License-Identifier: Apache-2.0 */
/* connect_names.c - the table of names (Kafka Connect 4.3, Debezium 3.6). */
#include "formats/connect_names.h"

static const struct name_row {
    const char *name;
    wr_connect_form form;
} names[] = {
    {"org.apache.kafka.connect.data.Date", WR_CONNECT_DATE},
    {"org.apache.kafka.connect.data.Time", WR_CONNECT_TIME_MS},
    {"org.apache.kafka.connect.data.Timestamp", WR_CONNECT_TIMESTAMP_MS},
    {"org.apache.kafka.connect.data.Decimal", WR_CONNECT_DECIMAL},
    {"io.debezium.data.VariableScaleDecimal", WR_CONNECT_SCALED_DECIMAL},
    {"io.debezium.time.Date", WR_CONNECT_DATE},
    {"io.debezium.time.Time", WR_CONNECT_TIME_MS},
    {"io.debezium.time.MicroTime", WR_CONNECT_TIME_US},
    {"io.debezium.time.NanoTime", WR_CONNECT_TIME_NS},
    {"io.debezium.time.Timestamp", WR_CONNECT_TIMESTAMP_MS},
    {"io.debezium.time.MicroTimestamp", WR_CONNECT_TIMESTAMP_US},
    {"io.debezium.time.NanoTimestamp", WR_CONNECT_TIMESTAMP_NS},
};

wr_connect_form wr__connect_form(wr_str name)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(names); i++)
        if (wr_str_eq_c(name, names[i].name))
            return names[i].form;
    return WR_CONNECT_PLAIN;
}
