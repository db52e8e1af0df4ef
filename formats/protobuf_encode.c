/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_encode.c - the record encoder of PROTOBUF and PROTOBUF_NOSR, and whether columns go with
 * a schema.
 *
 * A record of PROTOBUF begins with the mark of options.schema and the indexes of its message;
 * PROTOBUF_NOSR's is the message alone. How columns become fields: protobuf_put.h.
 */
#include "formats/protobuf_put.h"
#include "formats/record_schema.h"

typedef struct pb_encoder {
    wr_encoder base;
    const wr_pb_message *message;
    wr_pb_puts puts;
    wr_str head; /* before the message: mark and indexes; empty for PROTOBUF_NOSR */
    bool bare;   /* the one column is the whole message */
} pb_encoder;

/* ---- construction ---- */

static const char *compile(pb_encoder *e, wr_arena *arena)
{
    const wr_encoder *b = &e->base;
    const char **names = WR_NEW_N(arena, const char *, b->n);
    const wr_type **types = WR_NEW_N(arena, const wr_type *, b->n);
    for (uint32_t i = 0; i < b->n; i++) {
        names[i] = b->cols[i].name;
        types[i] = b->cols[i].type;
    }
    WR_ASSERT(e->message && (!e->bare || b->n == 1));
    if (!e->bare)
        return wr__pb_puts_init(&e->puts, e->message, names, types, b->n, arena);
    const wr_type *t = types[0];
    if (t->id != WR_T_STRUCT)
        return NULL; /* a known message */
    names = WR_NEW_N(arena, const char *, t->fields_n);
    types = WR_NEW_N(arena, const wr_type *, t->fields_n);
    for (uint32_t i = 0; i < t->fields_n; i++) {
        names[i] = t->fields[i].name;
        types[i] = t->fields[i].type;
    }
    return wr__pb_puts_init(&e->puts, e->message, names, types, t->fields_n, arena);
}

static void plain_message(pb_encoder *e, wr_arena *arena)
{
    const wr_encoder *b = &e->base;
    const wr_format_columns columns = {.cols = b->cols, .n = b->n, .options = &b->options};
    e->message = wr__pb_file_of_columns(&columns, arena)->messages[0];
    e->bare = b->options.unwrapped && b->n == 1 &&
              (b->cols[0].type->id == WR_T_STRUCT || e->message->known != WR_PB_PLAIN);
    e->head = WR_STR("");
}

static weir_status registered_message(pb_encoder *e, wr_arena *arena, weir_error *err)
{
    const wr_format_options *o = &e->base.options;
    const wr_pb_file *file;
    WR_TRY(wr__pb_schema_parse(o->schema, arena, &file, err));
    WR_TRY(wr__pb_message_meant(file, o->full_name, &e->message, err));
    wr_buf head = {0};
    wr_schema_mark_write(&head, o->schema->id);
    const wr_pb_path path = wr__pb_path_of(file, e->message);
    wr__pb_path_write(&head, &path);
    WR_ASSERT(head.len > 5); /* a mark, and an index at least */
    const wr_str whole = wr_arena_str(arena, wr_buf_view(&head));
    wr_buf_free(&head);
    WR_TRY(wr__record_header_mark(&e->base, wr_str_make(whole.ptr + 5, whole.len - 5), arena, err));
    e->head = e->base.mark.ptr ? WR_STR("") : whole;
    return WEIR_OK;
}

weir_status wr__pb_encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                               weir_error *err)
{
    bool plain = wr__pb_is_plain(common->class_);
    if (!plain && !common->options.schema)
        return wr_error(err, WEIR_ERR_CONFIG, "The PROTOBUF format needs a registered schema");
    pb_encoder *e = WR_NEW(arena, pb_encoder);
    e->base = *common;
    if (plain)
        plain_message(e, arena);
    else
        WR_TRY(registered_message(e, arena, err));
    const char *why = compile(e, arena);
    if (why)
        return wr_error(err, WEIR_ERR_STATEMENT, "Protobuf schema %u cannot hold the columns: %s",
                        plain ? 0 : common->options.schema->id, why);
    WR_ASSERT(e->message && (e->head.len == 0) == (plain || e->base.mark.ptr));
    *out = &e->base;
    return WEIR_OK;
}

/* ---- rows ---- */

static const char *put_columns(const pb_encoder *e, const wr_vec *cols, uint32_t row, wr_buf *buf)
{
    for (uint32_t i = 0; i < e->puts.n; i++) {
        const wr_pb_put *put = &e->puts.fields[i];
        wr_value value = wr_vec_get(&cols[put->source], row);
        const char *fault = put->member >= 0 ? wr__pb_check_oneof(&value) : NULL;
        if (!fault)
            fault = wr__pb_put_field(put, wr__pb_put_source(put, &value), buf);
        if (WR_UNLIKELY(fault != NULL))
            return fault;
    }
    return NULL;
}

static wr_encoded encode_row(wr_encoder *base, const wr_vec *cols, uint32_t row, wr_buf *buf,
                             wr_row_errors *errs)
{
    const pb_encoder *e = (const pb_encoder *)base;
    const char *fault;
    if (base->options.unwrapped && base->n == 1 && wr_vec_is_null(&cols[0], row))
        return WR_ENCODED_NULL;
    wr_buf_str(buf, e->head);
    if (e->bare) {
        wr_value value = wr_vec_get(&cols[0], row);
        fault = wr__pb_put_message(e->message, base->cols[0].type, &e->puts, &value, buf);
    } else {
        fault = put_columns(e, cols, row, buf);
    }
    if (WR_LIKELY(!fault))
        return WR_ENCODED;
    wr_row_error(errs, row, "The row cannot be written as Protobuf message %s: %s",
                 e->message->name, fault);
    return WR_ENCODED_FAIL;
}

void wr__pb_encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                   uint8_t *ok, wr_row_errors *errs)
{
    wr__encode_rows(encode_row, e, cols, sel, buf, payloads, ok, errs);
}

/* ---- schemas ---- */

weir_status wr__pb_schema_text(const wr_format_columns *columns, wr_buf *out, weir_error *err)
{
    WR_TRY(wr_format_check(&wr__format_protobuf.format, columns, NULL, err));
    wr_arena *arena = wr_arena_new(0);
    const wr_pb_file *file = wr__pb_file_of_columns(columns, arena);
    weir_status st = WEIR_OK;
    if (columns->options->serialized) {
        wr_buf text = {0};
        wr__pb_file_print(&text, file);
        st = wr__pb_schema_serialize(wr_buf_view(&text), arena, out, err);
        wr_buf_free(&text);
    } else {
        wr__pb_file_print(out, file);
    }
    wr_arena_free(arena);
    return st;
}

/* By an id, the columns are the schema's first ones, as they are (Q38); else names decide. */
static weir_status check_order(const wr_format_columns *c, wr_arena *arena, weir_error *err)
{
    wr_column *given;
    uint32_t n;
    WR_TRY(wr__pb_infer(c->options->schema, c->options, c->is_key, arena, &given, &n, err));
    for (uint32_t i = 0; i < c->n; i++) {
        const wr_column *want = &c->cols[i], *have = i < n ? &given[i] : NULL;
        if (have && wr_type_equal(want->type, have->type) && strcmp(want->name, have->name) == 0)
            continue;
        const char *found = "nothing";
        if (have)
            found = wr_arena_printf(arena, "`%s` %s", have->name, wr_type_text(arena, have->type));
        return wr_error(
            err, WEIR_ERR_STATEMENT,
            "Column `%s` %s does not go with Protobuf schema %u, which has %s in its place",
            want->name, wr_type_text(arena, want->type), c->options->schema->id, found);
    }
    return WEIR_OK;
}

weir_status wr__pb_check_schema(const wr_format_columns *c, weir_error *err)
{
    wr_arena *arena = wr_arena_new(0);
    weir_status st = c->options->exact_names ? check_order(c, arena, err) : WEIR_OK;
    if (st == WEIR_OK) {
        const wr_encoder common = {
            .class_ = &wr__format_protobuf, .cols = c->cols, .n = c->n, .options = *c->options};
        wr_encoder *unused;
        st = wr__pb_encoder_new(&common, arena, &unused, err);
    }
    wr_arena_free(arena);
    return st;
}
