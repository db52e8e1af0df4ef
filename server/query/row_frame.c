/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One writer per element and form, straight from values into the buffer; no tree of JSON is built.
 * Spellings of values are those of wr_value_print_rest. A row of PROTO goes through the encoder of
 * PROTOBUF_NOSR as a batch of one row, whose vectors are made once.
 */
#include "server/query/row_frame.h"
#include "formats/format.h"
#include "types/text.h"

/* The encoder and what it works on; all of it in `arena`. */
typedef struct proto_rows {
    wr_arena *arena;
    wr_encoder *encoder;
    wr_vec *cols; /* of one row */
    wr_buf text;  /* of the schema */
    wr_buf bytes; /* of the row at hand */
    wr_row_errors errs;
} proto_rows;

struct wr__row_frame {
    wr__row_form form;
    const wr_schema *schema;
    bool open_ended;
    bool failed;       /* an error was the last element */
    uint64_t rows;     /* ROWS: so far */
    wr_buf bytes;      /* ROWS: of the row at hand */
    proto_rows *proto; /* PROTO */
};

const char *wr__row_form_media_type(wr__row_form form)
{
    static const char *const types[WR__FORMS_N] = {
        [WR__FORM_DELIM] = "application/vnd.ksqlapi.delimited.v1",
        [WR__FORM_JSON] = "application/json",
        [WR__FORM_V1] = "application/vnd.ksql.v1+json",
        [WR__FORM_PROTO] = "application/vnd.ksql.v1+protobuf",
        [WR__FORM_ROWS] = "application/vnd.weir.rows.v1",
    };
    WR_ASSERT(form < WR__FORMS_N);
    return types[form];
}

/* ---- protobuf ---- */

static void report(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self; /* wr_row_error keeps the first message, which becomes the error */
    (void)row;
    (void)message;
}

/* Names of columns stay as they are, and NULL is what a message does not hold: ksqlDB's form. */
static weir_status open_proto(wr__row_frame *f, weir_error *err)
{
    const wr_format *format = wr_format_get(WR_FORMAT_PROTOBUF_NOSR);
    const wr_format_options options = {.exact_names = true};
    const wr_format_columns columns = {
        .cols = f->schema->cols, .n = f->schema->n, .options = &options};
    wr_arena *a = wr_arena_new(0);
    proto_rows *p = WR_NEW(a, proto_rows);
    p->arena = a;
    p->errs.report = report;
    f->proto = p;
    WR_TRY(wr_format_check(format, &columns, NULL, err));
    WR_TRY(wr_format_schema_text(format, &columns, &p->text, err));
    WR_TRY(wr_encoder_new(format, f->schema->cols, f->schema->n, &options, a, &p->encoder, err));
    p->cols = WR_NEW_N(a, wr_vec, f->schema->n);
    for (uint32_t i = 0; i < f->schema->n; i++)
        wr_vec_init(&p->cols[i], f->schema->cols[i].type, 1, a);
    return WEIR_OK;
}

static weir_status put_proto(proto_rows *p, wr_buf *out, const wr_schema *schema,
                             const wr_value *row, weir_error *err)
{
    wr_str payload = {0};
    uint8_t ok = 1;
    for (uint32_t i = 0; i < schema->n; i++)
        wr_vec_set(&p->cols[i], 0, &row[i]);
    wr_buf_clear(&p->bytes);
    p->errs.count = 0;
    wr_encoder_run(p->encoder, p->cols, wr_sel_all(1), &p->bytes, &payload, &ok, &p->errs);
    if (!ok)
        return wr_error(err, WEIR_ERR_RECORD, "%s", p->errs.first);
    wr_buf_puts(out, "{\"row\":{\"protobufBytes\":\"");
    wr_text_put_base64(out, payload);
    wr_buf_puts(out, "\"}}");
    return WEIR_OK;
}

/* ---- life ---- */

weir_status wr__row_frame_new(wr__row_form form, const wr_schema *schema, bool open_ended,
                              wr__row_frame **out, weir_error *err)
{
    WR_ASSERT(form < WR__FORMS_N && schema);
    wr__row_frame *f = wr_calloc(1, sizeof *f);
    f->form = form;
    f->schema = schema;
    f->open_ended = open_ended;
    weir_status st = form == WR__FORM_PROTO ? open_proto(f, err) : WEIR_OK;
    if (st != WEIR_OK) {
        wr__row_frame_free(f);
        return st;
    }
    *out = f;
    return WEIR_OK;
}

void wr__row_frame_free(wr__row_frame *f)
{
    if (!f)
        return;
    if (f->proto) {
        wr_buf_free(&f->proto->text);
        wr_buf_free(&f->proto->bytes);
        wr_arena_free(f->proto->arena);
    }
    wr_buf_free(&f->bytes);
    wr_free(f);
}

wr__row_form wr__row_frame_form(const wr__row_frame *f)
{
    return f->form;
}

/* ---- elements ---- */

/* Before and after each element but the first. */
static void open_element(const wr__row_frame *f, wr_buf *out)
{
    bool object = f->form == WR__FORM_V1 || f->form == WR__FORM_PROTO;
    if (f->form == WR__FORM_JSON)
        wr_buf_putc(out, ',');
    else if (object && !f->open_ended)
        wr_buf_puts(out, ",\n");
}

static void close_element(const wr__row_frame *f, wr_buf *out)
{
    bool object = f->form == WR__FORM_V1 || f->form == WR__FORM_PROTO;
    if (f->form == WR__FORM_DELIM || f->form == WR__FORM_ROWS)
        wr_buf_putc(out, '\n');
    else if (object && f->open_ended)
        wr_buf_puts(out, ",\n");
}

/* An object member's text; names and messages may hold anything. */
static void put_text(wr_buf *out, const char *s)
{
    wr_text_put_json_string(out, wr_str_c(s));
}

void wr__schema_names(wr_buf *out, const wr_schema *s)
{
    wr_buf type = {0};
    wr_buf_puts(out, "\"columnNames\":[");
    for (uint32_t i = 0; i < s->n; i++) {
        if (i)
            wr_buf_putc(out, ',');
        put_text(out, s->cols[i].name);
    }
    wr_buf_puts(out, "],\"columnTypes\":[");
    for (uint32_t i = 0; i < s->n; i++) {
        if (i)
            wr_buf_putc(out, ',');
        wr_buf_clear(&type);
        wr_type_print(&type, s->cols[i].type);
        wr_text_put_json_string(out, wr_buf_view(&type));
    }
    wr_buf_putc(out, ']');
    wr_buf_free(&type);
}

static void put_names(wr_buf *out, const wr_schema *s, const char *query_id)
{
    wr_buf_puts(out, "{\"queryId\":");
    put_text(out, query_id);
    wr_buf_putc(out, ',');
    wr__schema_names(out, s);
    wr_buf_putc(out, '}');
}

static void put_schema(const wr__row_frame *f, wr_buf *out, const char *query_id,
                       const bool *is_key)
{
    const wr_schema *s = f->schema;
    wr_buf text = {0};
    for (uint32_t i = 0; i < s->n; i++) {
        if (i)
            wr_buf_puts(&text, ", ");
        wr_text_put_quoted(&text, wr_str_c(s->cols[i].name), '`');
        wr_buf_putc(&text, ' ');
        wr_type_print(&text, s->cols[i].type);
        if (is_key && is_key[i])
            wr_buf_puts(&text, " KEY");
    }
    wr_buf_puts(out, "{\"header\":{\"queryId\":");
    put_text(out, query_id);
    wr_buf_puts(out, ",\"schema\":");
    wr_text_put_json_string(out, wr_buf_view(&text));
    if (f->proto) {
        wr_buf_puts(out, ",\"protoSchema\":");
        wr_text_put_json_string(out, wr_buf_view(&f->proto->text));
    }
    wr_buf_puts(out, "}}");
    wr_buf_free(&text);
}

void wr__row_frame_header(wr__row_frame *f, wr_buf *out, const char *query_id, const bool *is_key)
{
    bool names = f->form == WR__FORM_DELIM || f->form == WR__FORM_JSON;
    if (f->form == WR__FORM_ROWS) {
        wr_buf_printf(out, "{\"rows\":%d,", WR_ROWCODEC_VERSION);
        wr__schema_names(out, f->schema);
        wr_buf_puts(out, "}\n");
        return;
    }
    if (f->form != WR__FORM_DELIM)
        wr_buf_putc(out, '[');
    if (names)
        put_names(out, f->schema, query_id);
    else
        put_schema(f, out, query_id, is_key);
    close_element(f, out);
}

/* Deletions are no rows of a pull query, which are all that servers ask each other for. */
static void put_bytes(wr__row_frame *f, wr_buf *out, const wr_value *row)
{
    wr_buf_clear(&f->bytes);
    for (uint32_t i = 0; i < f->schema->n; i++)
        wr_value_encode(&f->bytes, f->schema->cols[i].type, &row[i]);
    wr_text_put_base64(out, wr_buf_view(&f->bytes));
    f->rows++;
}

static void put_columns(wr_buf *out, const wr_schema *schema, const wr_value *row)
{
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; i < schema->n; i++) {
        if (i)
            wr_buf_putc(out, ',');
        wr_value_print_rest(out, schema->cols[i].type, &row[i]);
    }
    wr_buf_putc(out, ']');
}

void wr__row_object(wr_buf *out, const wr_schema *schema, const wr_value *row, bool tombstone,
                    const char *host)
{
    wr_buf_puts(out, "{\"row\":{\"columns\":");
    put_columns(out, schema, row);
    wr_buf_puts(out, tombstone ? ",\"tombstone\":true}" : "}");
    if (host) {
        wr_buf_puts(out, ",\"sourceHost\":");
        put_text(out, host);
    }
    wr_buf_putc(out, '}');
}

weir_status wr__row_frame_row(wr__row_frame *f, wr_buf *out, const wr_value *row, bool tombstone,
                              const char *host, weir_error *err)
{
    size_t before = out->len;
    WR_ASSERT(!f->failed);
    bool drops = f->form == WR__FORM_DELIM || f->form == WR__FORM_JSON || f->form == WR__FORM_ROWS;
    if (tombstone && drops)
        return WEIR_OK;
    open_element(f, out);
    if (f->form == WR__FORM_DELIM || f->form == WR__FORM_JSON) {
        put_columns(out, f->schema, row);
    } else if (f->form == WR__FORM_ROWS) {
        put_bytes(f, out, row);
    } else if (f->form == WR__FORM_V1 || tombstone) {
        wr__row_object(out, f->schema, row, tombstone, host);
    } else {
        weir_status st = put_proto(f->proto, out, f->schema, row, err);
        if (st != WEIR_OK) {
            out->len = before;
            return st;
        }
    }
    close_element(f, out);
    return WEIR_OK;
}

void wr__row_frame_token(wr__row_frame *f, wr_buf *out, const char *token)
{
    bool object = f->form == WR__FORM_V1 || f->form == WR__FORM_PROTO;
    open_element(f, out);
    wr_buf_puts(out, object ? "{\"continuationToken\":{\"continuationToken\":"
                            : "{\"continuationToken\":");
    put_text(out, token);
    wr_buf_puts(out, object ? "}}" : "}");
    close_element(f, out);
}

void wr__row_frame_error(wr__row_frame *f, wr_buf *out, int code, const char *message)
{
    bool object = f->form == WR__FORM_V1 || f->form == WR__FORM_PROTO;
    WR_ASSERT(!f->failed);
    open_element(f, out);
    if (object)
        wr_buf_puts(out, "{\"errorMessage\":");
    wr_buf_printf(out, "{\"@type\":\"generic_error\",\"error_code\":%d,\"message\":", code);
    put_text(out, message);
    wr_buf_puts(out, object ? "}}" : "}");
    close_element(f, out);
    f->failed = true;
}

/* After an error the array ends with a comma before its bracket, as ksqlDB writes it. */
void wr__row_frame_end(wr__row_frame *f, wr_buf *out, const char *final_message)
{
    if (f->form == WR__FORM_DELIM)
        return;
    if (f->form == WR__FORM_ROWS) {
        if (!f->failed)
            wr_buf_printf(out, "{\"end\":%llu}\n", (unsigned long long)f->rows);
        return;
    }
    if (f->form == WR__FORM_JSON) {
        wr_buf_putc(out, ']');
        return;
    }
    if (f->failed) {
        wr_buf_puts(out, f->open_ended ? "]" : ",\n]");
        return;
    }
    WR_ASSERT(f->open_ended == (final_message != NULL));
    if (final_message) {
        wr_buf_puts(out, "{\"finalMessage\":");
        put_text(out, final_message);
        wr_buf_putc(out, '}');
    }
    wr_buf_putc(out, ']');
}

/* ---- FieldInfo (rest-api.md 4.1) ---- */

static const char *type_name(const wr_type *t)
{
    static const char *const names[WR_T_N] = {
        [WR_T_BOOLEAN] = "BOOLEAN",     [WR_T_INTEGER] = "INTEGER", [WR_T_BIGINT] = "BIGINT",
        [WR_T_DOUBLE] = "DOUBLE",       [WR_T_DECIMAL] = "DECIMAL", [WR_T_STRING] = "STRING",
        [WR_T_BYTES] = "BYTES",         [WR_T_DATE] = "DATE",       [WR_T_TIME] = "TIME",
        [WR_T_TIMESTAMP] = "TIMESTAMP", [WR_T_ARRAY] = "ARRAY",     [WR_T_MAP] = "MAP",
        [WR_T_STRUCT] = "STRUCT",
    };
    WR_ASSERT(names[t->id]); /* columns have no other types */
    return names[t->id];
}

static void put_type(wr_buf *out, const wr_type *t);

static void put_field(wr_buf *out, const char *name, const wr_type *t, bool is_key)
{
    wr_buf_puts(out, "{\"name\":");
    put_text(out, name);
    wr_buf_puts(out, ",\"schema\":");
    put_type(out, t);
    wr_buf_puts(out, is_key ? ",\"type\":\"KEY\"}" : "}");
}

static void put_type(wr_buf *out, const wr_type *t)
{
    bool many = t->id == WR_T_ARRAY || t->id == WR_T_MAP;
    wr_buf_printf(out, "{\"type\":\"%s\",\"fields\":", type_name(t));
    if (t->id == WR_T_STRUCT) {
        wr_buf_putc(out, '[');
        for (uint32_t i = 0; i < t->fields_n; i++) {
            if (i)
                wr_buf_putc(out, ',');
            put_field(out, t->fields[i].name, t->fields[i].type, false);
        }
        wr_buf_putc(out, ']');
    } else {
        wr_buf_puts(out, "null");
    }
    wr_buf_puts(out, ",\"memberSchema\":");
    if (many)
        put_type(out, t->elem);
    else
        wr_buf_puts(out, "null");
    if (t->id == WR_T_DECIMAL)
        wr_buf_printf(out, ",\"parameters\":{\"precision\":%d,\"scale\":%d}", t->precision,
                      t->scale);
    wr_buf_putc(out, '}');
}

void wr__schema_fields(wr_buf *out, const wr_schema *schema, const bool *is_key)
{
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; i < schema->n; i++) {
        if (i)
            wr_buf_putc(out, ',');
        put_field(out, schema->cols[i].name, schema->cols[i].type, is_key && is_key[i]);
    }
    wr_buf_putc(out, ']');
}
