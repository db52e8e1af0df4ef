/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record has two parts, which are made alike but for three things: a key may be none, a key that
 * is all NULL may be none, and each has its own format and schema.
 *
 * An encoder of the columns of one side and a batch of one row, which is filled again and again.
 */
#include "runtime/statement/record_part.h"
#include "common/reason.h"
#include "runtime/instance/wait.h"

/* There is one row: the encoder's first message is the statement's. */
static void no_report(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self;
    (void)row;
    (void)message;
}

/* The latest schema of the topic; columns that have none yet are registered. A newer one is never
 * registered for a row: others read and write that topic with the one that is there. */
static weir_status latest_schema(wr_exec *x, const wr_source *s, bool is_key,
                                 const wr_registry_schema **out, weir_error *err)
{
    wr_registry *registry = wr_engine_registry(x->engine);
    const wr_format *format = is_key ? s->key.format : s->value.format;
    const char *subject = wr_arena_printf(x->arena, "%s-%s", s->topic, is_key ? "key" : "value");
    if (!registry)
        return wr_error_reason(err, WR_REASON_REGISTRY,
                               wr_error(err, WEIR_ERR_CONFIG, "There is no schema registry"));
    const wr_wait wait = wr_wait_new(x->engine, x->interrupt, WR_WAIT_STATEMENT_MS);
    const wr_registry_interrupt interrupt = wr_wait_in_registry(&wait);
    weir_status st =
        wr_registry_get_version(registry, &interrupt, wr_str_c(subject), 0, out, NULL, err);
    if (st == WEIR_ERR_NOT_FOUND) {
        wr_schema_draft draft;
        WR_TRY(wr_plan_schema_draft(s, is_key, x->arena, &draft, err));
        return wr_engine_register_schema(x->engine, &interrupt, subject, &draft, out, err);
    }
    WR_TRY(st);
    if ((*out)->kind != wr_format_schema_kind(format))
        return wr_refuse(err, WR_REASON_TARGET,
                         "Failed to insert values into '%s': schema %u of subject %s is no schema "
                         "of the %s format",
                         s->name, (*out)->id, subject, format->name);
    return WEIR_OK;
}

/*
 * The schema to write with: that of the source's id, else the latest of the topic; it must be able
 * to hold such rows. It is asked for with each statement, since others may register meanwhile;
 * statements are few, and a program that writes in numbers uses weir_produce, or /inserts-stream,
 * which asks once.
 */
static weir_status choose_schema(wr_exec *x, const wr_source *s, const wr_format_columns *columns,
                                 wr_format_options *options, weir_error *err)
{
    const wr_format *format = columns->is_key ? s->key.format : s->value.format;
    if (!options->schema)
        WR_TRY(latest_schema(x, s, columns->is_key, &options->schema, err));
    weir_status st = wr_format_check_schema(format, columns, err);
    if (st != WEIR_OK)
        wr_error_prefix(err, "Failed to insert values: ");
    return st;
}

/* Columns that go into this part of the record; pseudo columns and headers are no part of its
 * bytes. */
weir_status wr__record_part_open(wr_exec *x, const wr_source *source, bool is_key,
                                 wr__record_part *out, weir_error *err)
{
    wr_arena *a = x->arena;
    const wr_schema *schema = source->schema;
    const wr_format_use *use = is_key ? &source->key : &source->value;
    wr__record_part *p = out;
    uint32_t from = is_key ? 0 : schema->keys_n, to = is_key ? schema->keys_n : schema->n;
    *p = (wr__record_part){.is_key = is_key, .source = source, .options = use->options};
    p->cols = wr_arena_calloc(a, schema->n, sizeof *p->cols);
    p->vecs = wr_arena_calloc(a, schema->n, sizeof *p->vecs);
    p->from = WR_NEW_N(a, uint32_t, schema->n);
    for (uint32_t i = from; i < to; i++) {
        if (schema->cols[i].role != WR_COL_KEY && schema->cols[i].role != WR_COL_VALUE)
            continue;
        p->cols[p->n] = schema->cols[i];
        wr_vec_init(&p->vecs[p->n], schema->cols[i].type, 1, a);
        p->from[p->n++] = i;
    }
    if (is_key && p->n == 0)
        return WEIR_OK;
    WR_ASSERT(p->n <= to - from);
    const wr_format_columns columns = {is_key, p->cols, p->n, &p->options};
    if (wr_plan_has_schema(source, is_key))
        WR_TRY(choose_schema(x, source, &columns, &p->options, err));
    return wr_encoder_new(use->format, p->cols, p->n, &p->options, a, &p->encoder, err);
}

/* The vectors are filled anew, so nothing of the row before is left in them. */
weir_status wr__record_part_encode(wr__record_part *p, const wr_value *values, wr_buf *buf,
                                   wr_str *out, weir_error *err)
{
    bool all_null = true;
    WR_ASSERT(p->source && values && buf);
    *out = (wr_str){NULL, 0};
    if (!p->encoder)
        return WEIR_OK;
    for (uint32_t i = 0; i < p->n; i++) {
        const wr_value *v = &values[p->from[i]];
        wr_vec_set(&p->vecs[i], 0, v);
        all_null = all_null && v->null;
    }
    /* No key. One column that is a message (PROTOBUF) is a key, also where it is NULL. */
    if (p->is_key && all_null && (p->n > 1 || p->options.unwrapped))
        return WEIR_OK;
    wr_row_errors errs = {.report = no_report};
    uint8_t ok = 0;
    wr_encoder_run(p->encoder, p->vecs, wr_sel_all(1), buf, out, &ok, &errs);
    if (!ok)
        return wr_refuse(err, WR_REASON_TARGET, "Failed to insert values into '%s': %s",
                         p->source->name, errs.first);
    return WEIR_OK;
}
