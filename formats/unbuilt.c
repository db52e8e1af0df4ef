/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unbuilt.c - formats that the dialect has and Weir has not: their names, what they could hold, and
 * no decoder.
 *
 * They are known so that a statement that names one is refused with the reason that counts: first
 * what is wrong with the statement in any case, and only then that the format is not supported yet.
 * A format that gets built moves to a file of its own.
 */
#include "formats/format_internal.h"

static bool check_protobuf(const wr_format_columns *c, wr_format_misfit *why)
{
    return wr__check_documents("PROTOBUF", "PROTOBUF format", c, why);
}

static bool check_protobuf_nosr(const wr_format_columns *c, wr_format_misfit *why)
{
    return wr__check_documents("PROTOBUF_NOSR", "PROTOBUF_NOSR", c, why);
}

/* All of them hold nested types, several key columns, and serve as key and value. */
#define UNBUILT(row_id, text, unwrap, infer, question)                                             \
    {                                                                                              \
        .format = {.id = (row_id),                                                                 \
                   .name = (text),                                                                 \
                   .multi_column_key = true,                                                       \
                   .can_wrap = true,                                                               \
                   .can_unwrap = (unwrap),                                                         \
                   .can_infer = (infer),                                                           \
                   .is_key = true,                                                                 \
                   .is_value = true,                                                               \
                   .nested = true},                                                                \
        .check = (question),                                                                       \
    }

const wr_format_class wr__format_protobuf =
    UNBUILT(WR_FORMAT_PROTOBUF, "PROTOBUF", false, true, check_protobuf);
const wr_format_class wr__format_protobuf_nosr =
    UNBUILT(WR_FORMAT_PROTOBUF_NOSR, "PROTOBUF_NOSR", true, false, check_protobuf_nosr);
