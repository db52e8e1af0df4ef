/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_schema.c - from the bytes before a payload to a decoder's plan.
 *
 * Rows in a row mostly begin with the same bytes up to where the payload proper starts, and what
 * these bytes lead to is the same, too: so they are compared with those of the row before, and only
 * where they differ is anything looked up.
 */
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

/* ---- one that is kept parsed ---- */

void wr_parsed_schema_free(wr_parsed_schema *p)
{
    wr_arena_free(p->arena);
    *p = (wr_parsed_schema){0};
}

const void *wr__schema_parsed(const wr_format_options *options, const wr_registry_schema *schema)
{
    const wr_parsed_schema *p = options->parsed;
    return p && p->schema == schema ? p->parsed : NULL;
}

wr_arena *wr__schema_arena(const wr_format_options *options, wr_arena *scratch)
{
    wr_parsed_schema *p = options->parsed;
    if (!p)
        return scratch;
    p->schema = NULL;
    wr_arena_free(p->arena);
    p->arena = wr_arena_new(0);
    return p->arena;
}

void wr__schema_keep(const wr_format_options *options, const wr_registry_schema *schema,
                     const void *parsed)
{
    wr_parsed_schema *p = options->parsed;
    WR_ASSERT(parsed && schema);
    if (!p)
        return;
    WR_ASSERT(p->arena && !p->schema);
    p->schema = schema;
    p->parsed = parsed;
}

/* ---- counting ---- */

/* Rows name the schema @p id (0: none). The last one first: rows in a row mostly name the same. */
static void count(wr_decoder *d, uint32_t id, uint32_t rows)
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

/* So many rows after the one that was counted last have its schema. */
static void count_more(wr_decoder *d, uint32_t rows)
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

/* The scan ends with @p st. So the schemas of a batch are fetched together, and not one with each
 * attempt. */
static weir_status give_up(const wr_decoder *d, wr_sel sel, weir_status st)
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

/* @p plan: NULL where the row is bad; @p fault, in the scratch arena of @p d, then says why. */
static weir_status try_plan(wr_decoder *d, wr_writer_plans *plans, const wr_schema_mark *mark,
                            bool in_header, void **plan, const char **fault, weir_error *err)
{
    weir_error why = {0};
    uint32_t id;
    *plan = NULL;
    weir_status st = plan_of(d, plans, mark, in_header, &id, plan, &why);
    if (st == WEIR_OK || st == WEIR_ERR_RECORD)
        count(d, id, 1);
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

/* ---- all rows ---- */

/* What a walk over the rows shares. */
typedef struct finder {
    wr_decoder *d;
    wr_writer_plans *plans;
    wr_record_plan_fn refine;
    void *user;
} finder;

static weir_status find_one(const finder *f, uint32_t row, wr_record_found *found, const void **out,
                            weir_error *err)
{
    wr_str header = f->d->schema_headers ? f->d->schema_headers[row] : (wr_str){0};
    wr_schema_mark mark;
    *out = NULL;
    if (!wr__record_mark(header, f->d->payloads[row], &mark, &found->body, &found->fault)) {
        count(f->d, 0, 1);
        return WEIR_OK;
    }
    void *plan;
    WR_TRY(try_plan(f->d, f->plans, &mark, header.ptr != NULL, &plan, &found->fault, err));
    *out = plan;
    if (plan && f->refine) /* what it reads is where the mark is (R01) */
        *out = f->refine(f->user, plan, header.ptr != NULL, header.ptr ? &mark.rest : &found->body,
                         &found->fault);
    WR_ASSERT(!*out == (found->fault != NULL));
    return WEIR_OK;
}

/* The bytes of a row before its payload proper, where the next row may have the same. */
typedef struct head {
    const char *p; /* NULL: none */
    uint32_t len;  /* 5 to 8 */
} head;

static inline bool has_head(wr_str payload, const head *h)
{
    return h->p && payload.len >= h->len && memcmp(payload.ptr, h->p, 4) == 0 &&
           memcmp(payload.ptr + h->len - 4, h->p + h->len - 4, 4) == 0;
}

weir_status wr__record_find_plans(wr_decoder *d, wr_writer_plans *plans, wr_sel sel,
                                  wr_record_plan_fn refine, void *user, wr_record_rows *out,
                                  weir_error *err)
{
    const finder f = {d, plans, refine, user};
    const void *plan = NULL; /* the last one that was found */
    head h = {0};            /* of the row before, if it has that plan */
    uint32_t same = 0;       /* rows after that one with this head */
    *out = (wr_record_rows){.alike = true};
    out->n = sel.n ? wr_sel_row(sel, sel.n - 1) + 1 : 0;
    out->plans = wr_arena_alloc(d->scratch, out->n * sizeof *out->plans + 1);
    out->found = wr_arena_alloc(d->scratch, out->n * sizeof *out->found + 1);
    wr__writer_plans_begin(plans);
    WR_FOREACH_SEL (i, sel) {
        wr_str payload = d->payloads[i];
        if (WR_LIKELY(has_head(payload, &h))) {
            out->plans[i] = plan;
            out->found[i] =
                (wr_record_found){.body = wr_str_make(payload.ptr + h.len, payload.len - h.len)};
            same++;
            continue;
        }
        count_more(d, same);
        same = 0;
        out->found[i] = (wr_record_found){0};
        weir_status st = find_one(&f, i, &out->found[i], &out->plans[i], err);
        if (WR_UNLIKELY(st != WEIR_OK))
            return give_up(d, sel, st);
        h.p = NULL;
        if (!out->plans[i])
            continue;
        out->alike = out->alike && (!plan || plan == out->plans[i]);
        plan = out->plans[i];
        size_t len = payload.len - out->found[i].body.len;
        if (!d->schema_headers && len >= 5 && len <= 8)
            h = (head){payload.ptr, (uint32_t)len};
    }
    count_more(d, same);
    return WEIR_OK;
}

bool wr__record_next_run(const wr_record_rows *rows, wr_sel sel, wr_arena *scratch,
                         wr_record_run *run)
{
    if (run->end == sel.n)
        return false;
    uint32_t from = run->end;
    if (rows->alike) {
        run->sel = sel;
        run->end = sel.n;
    } else {
        if (!run->rows) {
            run->rows = wr_arena_alloc(scratch, sel.n * sizeof *run->rows);
            for (uint32_t k = 0; k < sel.n; k++)
                run->rows[k] = wr_sel_row(sel, k);
        }
        const void *plan = rows->plans[run->rows[from]];
        while (run->end < sel.n && rows->plans[run->rows[run->end]] == plan)
            run->end++;
        run->sel = (wr_sel){run->end - from, run->rows + from};
    }
    uint32_t first = wr_sel_row(run->sel, 0);
    WR_ASSERT(run->end > from && first < rows->n);
    run->plan = rows->plans[first];
    return true;
}

/* ---- writing ---- */

weir_status wr__record_header_mark(wr_encoder *e, wr_str indexes, wr_arena *arena, weir_error *err)
{
    const wr_registry_schema *schema = e->options.schema;
    if (!e->options.id_in_header)
        return WEIR_OK;
    if (!schema->has_guid)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "weir.value.schema.id.location = header needs the GUID of schema %u, and "
                        "this schema registry gives none",
                        schema->id);
    wr_buf mark = {0};
    wr_schema_guid_write(&mark, schema->guid);
    wr_buf_str(&mark, indexes);
    e->mark = wr_arena_str(arena, wr_buf_view(&mark));
    wr_buf_free(&mark);
    return WEIR_OK;
}
