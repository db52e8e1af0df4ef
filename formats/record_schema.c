/* SPDX-License-Identifier: Apache-2.0 */
/* record_schema.c - from the bytes before a payload to a decoder's plan. */
#include "formats/record_schema.h"

bool wr__record_mark(wr_str header, wr_str payload, wr_schema_mark *mark, wr_str *body,
                     const char **fault)
{
    WR_ASSERT(payload.ptr); /* NULL records never come here */
    *fault = NULL;
    *body = payload;
    if (header.ptr) {
        if (!wr_schema_mark_read(header, mark))
            *fault = "the header with the schema's id is not one";
        return !*fault;
    }
    if (wr_schema_mark_read(payload, mark))
        *body = mark->rest;
    else
        *fault = "the record does not begin with the id of its schema";
    return !*fault;
}

weir_status wr__record_schema(wr_registry *registry, const wr_schema_mark *mark, bool in_header,
                              const wr_registry_schema **out, weir_error *err)
{
    weir_error own = {0};
    err = err ? err : &own;
    weir_status st = mark->by_guid ? wr_registry_known_guid(registry, mark->guid, out, err)
                                   : wr_registry_known_id(registry, mark->id, out, err);
    if (st != WEIR_ERR_NOT_FOUND)
        return st;
    if (mark->by_guid && in_header) { /* who writes GUIDs has a registry with GUIDs */
        err->code = WEIR_ERR_LOG;
        err->flags |= WEIR_ERROR_RETRIABLE;
        return WEIR_ERR_LOG;
    }
    err->code = WEIR_ERR_RECORD;
    err->flags |= WEIR_ERROR_RETRIABLE; /* it may be registered yet */
    return WEIR_ERR_RECORD;
}

/* ---- counting ---- */

/* The last one first: rows in a row mostly name the same. */
void wr__record_count(wr_decoder *d, uint32_t id, uint32_t rows)
{
    for (size_t i = d->schemas.n; i-- > 0;) {
        wr_schema_rows *s = &d->schemas.v[i];
        if (s->id != id)
            continue;
        s->rows += rows;
        wr_schema_rows found = *s; /* to the end: count_more means it */
        *s = d->schemas.v[d->schemas.n - 1];
        d->schemas.v[d->schemas.n - 1] = found;
        return;
    }
    wr_arr_push(d->scratch, &d->schemas, ((wr_schema_rows){.id = id, .rows = rows}));
}

void wr__record_count_more(wr_decoder *d, uint32_t rows)
{
    if (rows)
        d->schemas.v[d->schemas.n - 1].rows += rows;
}

/* ---- waiting ---- */

weir_status wr__record_ready(const wr_decoder *d, const wr_str *payloads, wr_sel sel,
                             weir_error *err)
{
    uint32_t before = 0; /* ids are positive */
    weir_status st = WEIR_OK;
    WR_FOREACH_SEL (i, sel) {
        wr_str header = d->schema_headers ? d->schema_headers[i] : (wr_str){0}, body;
        wr_schema_mark mark;
        const char *fault;
        const wr_registry_schema *schema;
        if (!payloads[i].ptr || !wr__record_mark(header, payloads[i], &mark, &body, &fault) ||
            (!mark.by_guid && mark.id == before))
            continue;
        before = mark.by_guid ? 0 : mark.id;
        weir_error why = {0};
        weir_status one =
            wr__record_schema(d->options.registry, &mark, header.ptr != NULL, &schema, &why);
        if (one == WEIR_OK || one == WEIR_ERR_RECORD || st != WEIR_OK)
            continue;
        st = one;
        if (err)
            *err = why;
    }
    return st;
}

/* So the schemas of a batch are fetched together, and not one with each attempt. */
weir_status wr__record_give_up(const wr_decoder *d, wr_sel sel, weir_status st)
{
    weir_error ignored;
    if (st == WEIR_ERR_LOG)
        (void)!wr__record_ready(d, d->payloads, sel, &ignored);
    return st;
}

/* ---- plans ---- */

/* Plans are kept by id: a GUID is a way to find it. */
static weir_status plan_of(const wr_decoder *d, wr_writer_plans *plans, const wr_schema_mark *mark,
                           bool in_header, uint32_t *id, void **plan, weir_error *err)
{
    *id = mark->by_guid ? 0 : mark->id;
    if (mark->by_guid) {
        const wr_registry_schema *schema;
        WR_TRY(wr__record_schema(d->options.registry, mark, in_header, &schema, err));
        *id = schema->id;
    }
    return wr__writer_plans_get(plans, *id, plan, err);
}

weir_status wr__record_plan(wr_decoder *d, wr_writer_plans *plans, const wr_schema_mark *mark,
                            bool in_header, void **plan, const char **fault, weir_error *err)
{
    weir_error why = {0};
    uint32_t id;
    *plan = NULL;
    weir_status st = plan_of(d, plans, mark, in_header, &id, plan, &why);
    if (st == WEIR_OK || st == WEIR_ERR_RECORD)
        wr__record_count(d, id, 1);
    if (st == WEIR_ERR_RECORD) {
        *plan = NULL;
        *fault = wr_arena_strdup(d->scratch, why.message);
        return WEIR_OK;
    }
    if (st != WEIR_OK && err)
        *err = why;
    WR_ASSERT(st != WEIR_OK || *plan);
    return st;
}
