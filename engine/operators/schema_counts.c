/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts by schema: a short list, made with the first record of a format that has a registry. A
 * topic has a handful of schemas, and a batch mostly one.
 */
#include "engine/operators/schema_counts.h"

static wr_schema_count *find(wr_schema_counts *c, bool is_key, uint32_t id)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (c->v[i].id == id && c->v[i].is_key == is_key)
            return &c->v[i];
    return NULL;
}

void wr__schema_counts_add(wr_op *op, bool is_key, const wr_schema_rows *rows, uint32_t n)
{
    if (n && !op->schemas)
        op->schemas = WR_NEW(op->ctx->task_arena, wr_schema_counts);
    for (uint32_t i = 0; i < n; i++) {
        wr_schema_counts *c = op->schemas;
        wr_schema_count *one = find(c, is_key, rows[i].id);
        if (!one && c->n < WR_SCHEMA_COUNTS_MAX) {
            one = &c->v[c->n++];
            *one = (wr_schema_count){.is_key = is_key, .id = rows[i].id};
        }
        if (!one)
            continue;
        one->records += rows[i].rows;
        one->last_ms = op->ctx->wall_ms;
    }
}

void wr__schema_counts_fail(wr_op *op, bool is_key, uint32_t id)
{
    wr_schema_count *one = op->schemas ? find(op->schemas, is_key, id) : NULL;
    /* A key without its window is bad before anybody asks for its schema. */
    if (one && one->failed < one->records)
        one->failed++;
}
