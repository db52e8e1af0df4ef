/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_encode.c - the record encoder of the AVRO format, and whether columns go with a schema.
 *
 * Each record begins with the mark of options.schema; how columns become its fields: avro_put.h.
 * An unwrapped column whose schema is `bytes` is written bare, without Avro's length (A01).
 *
 * Records of texts, numbers and booleans alone, which most are, are written flat: room for the row
 * is made once, and nothing is boxed. What does not fit that way starts the row again in the
 * general way, which also says what is wrong.
 */
#include "formats/avro_put.h"
#include "formats/record_schema.h"

typedef struct avro_encoder {
    wr_encoder base;
    wr_avro_put whole; /* the record's fields by column; or the one bare column */
    wr_str root;       /* the index of the record in a union around it, or nothing */
    bool bare;         /* the one column is the whole record */
    bool raw;          /* ... and its bytes follow the mark as they are */
    bool flat;         /* every field is one that put_flat_row takes */
    size_t room;       /* flat: for a row, but for its texts */
} avro_encoder;

#define NUMBER_MAX 10 /* bytes of a number */

/* ---- construction ---- */

/* The record that the columns are the fields of, and what stands before it. */
static const wr_avro_node *record_of(const wr_avro_node *node, wr_str *root, wr_arena *arena)
{
    int32_t only = node->kind == WR_AVRO_UNION ? wr__avro_only_branch(node) : -1;
    WR_ASSERT(only < (int32_t)node->n);
    *root = WR_STR("");
    if (only < 0)
        return node;
    wr_buf bytes = {0};
    wr__avro_put_long(&bytes, only);
    *root = wr_arena_str(arena, wr_buf_view(&bytes));
    wr_buf_free(&bytes);
    return node->branches[only];
}

static bool compile(avro_encoder *e, const wr_avro_node *node, wr_arena *arena,
                    wr_avro_refusal *why)
{
    const wr_encoder *b = &e->base;
    e->bare = b->options.unwrapped;
    if (e->bare) {
        e->raw = node->kind == WR_AVRO_BYTES;
        return b->n == 0 || wr__avro_put_init(&e->whole, node, b->cols[0].type, NULL, arena, why);
    }
    const char **names = WR_NEW_N(arena, const char *, b->n);
    const wr_type **types = WR_NEW_N(arena, const wr_type *, b->n);
    for (uint32_t i = 0; i < b->n; i++) {
        names[i] = b->cols[i].name;
        types[i] = b->cols[i].type;
    }
    e->whole.node = record_of(node, &e->root, arena);
    if (e->whole.node->kind == WR_AVRO_RECORD || e->whole.node->kind == WR_AVRO_UNION)
        return wr__avro_put_members(&e->whole, names, types, b->n, arena, why);
    why->reason = wr_arena_printf(arena, "the schema is no record but %s",
                                  wr__avro_kind_name(e->whole.node->kind));
    return false;
}

static bool is_flat(const wr_avro_put *put)
{
    switch (put->kind) {
    case WR_AVRO_PUT_WHOLE:
        return put->factor == 1;
    case WR_AVRO_PUT_CONSTANT:
    case WR_AVRO_PUT_BOOLEAN:
    case WR_AVRO_PUT_DOUBLE:
    case WR_AVRO_PUT_STRING:
    case WR_AVRO_PUT_BYTES:
        return true;
    default:
        return false;
    }
}

static void plan_flat_rows(avro_encoder *e)
{
    WR_ASSERT(e->bare || e->whole.members || e->whole.node->n == 0);
    e->flat = !e->bare && e->whole.kind == WR_AVRO_PUT_STRUCT;
    e->room = e->root.len;
    for (uint32_t i = 0; e->flat && i < e->whole.node->n; i++) {
        const wr_avro_put *put = &e->whole.members[i];
        e->flat = is_flat(put);
        e->room += put->constant.len + WR_MAX(put->null.len, put->head.len + NUMBER_MAX);
    }
}

weir_status wr__avro_encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                                 weir_error *err)
{
    const wr_registry_schema *schema = common->options.schema;
    if (!schema)
        return wr_error(err, WEIR_ERR_CONFIG, "The AVRO format needs a registered schema");
    avro_encoder *e = WR_NEW(arena, avro_encoder);
    e->base = *common;
    const wr_avro_node *node;
    wr_avro_refusal why = {0};
    WR_TRY(wr__avro_schema_parse(schema, arena, &node, err));
    if (!compile(e, node, arena, &why))
        return wr_error(err, WEIR_ERR_STATEMENT, "Avro schema %u cannot hold the columns: %s",
                        schema->id, why.reason);
    WR_TRY(wr__record_header_mark(&e->base, WR_STR(""), arena, err));
    plan_flat_rows(e);
    *out = &e->base;
    return WEIR_OK;
}

/* ---- rows ---- */

/* Most texts are short, and a call for each would cost more than the copying. */
static inline char *flat_bytes(char *to, wr_str s)
{
    if (s.len >= 8 && s.len <= 16) {
        memcpy(to, s.ptr, 8);
        memcpy(to + s.len - 8, s.ptr + s.len - 8, 8);
    } else if (s.len >= 4 && s.len < 8) {
        memcpy(to, s.ptr, 4);
        memcpy(to + s.len - 4, s.ptr + s.len - 4, 4);
    } else if (s.len == 1) {
        *to = *s.ptr;
    } else if (s.len) {
        memcpy(to, s.ptr, s.len);
    }
    return to + s.len;
}

static char *flat_number(char *to, int64_t v)
{
    uint64_t z = (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
    for (; z >= 0x80; z >>= 7)
        *to++ = (char)(z | 0x80);
    *to++ = (char)z;
    return to;
}

/* One value, not NULL; there is room. NULL: it does not go this way. */
static char *flat_value(char *to, const wr_avro_put *put, const wr_vec *v, uint32_t i)
{
    to = flat_bytes(to, put->head);
    switch (put->kind) {
    case WR_AVRO_PUT_WHOLE: {
        bool wide = put->type->id == WR_T_BIGINT || put->type->id == WR_T_TIMESTAMP;
        int64_t number = wide ? v->u.i64[i] : v->u.i32[i];
        if (put->node->kind == WR_AVRO_INT && number != (int32_t)number)
            return NULL;
        return flat_number(to, number);
    }
    case WR_AVRO_PUT_STRING: /* 0xED: perhaps half a pair, which must not leave */
        if (!v->ascii && memchr(v->u.str[i].len ? v->u.str[i].ptr : "", 0xED, v->u.str[i].len))
            return NULL;
        __attribute__((fallthrough));
    case WR_AVRO_PUT_BYTES:
        return flat_bytes(flat_number(to, v->u.str[i].len), v->u.str[i]);
    case WR_AVRO_PUT_DOUBLE:
        memcpy(to, &v->u.f64[i], sizeof v->u.f64[i]);
        return to + sizeof v->u.f64[i];
    default:
        *to = v->u.b[i] ? 1 : 0;
        return to + 1;
    }
}

static bool is_text(const wr_avro_put *put)
{
    return put->kind == WR_AVRO_PUT_STRING || put->kind == WR_AVRO_PUT_BYTES;
}

/* @return false: some value does not go this way, and nothing was appended. */
static bool put_flat_row(const avro_encoder *e, const wr_vec *cols, uint32_t row, wr_buf *buf)
{
    size_t room = e->room;
    for (uint32_t k = 0; k < e->whole.node->n; k++) {
        if (!is_text(&e->whole.members[k]))
            continue;
        const wr_vec *v = &cols[e->whole.sources[k]];
        room += v->null[row & v->mask] ? 0 : v->u.str[row & v->mask].len;
    }
    char *start = wr_buf_reserve(buf, room), *to = flat_bytes(start, e->root);
    for (uint32_t k = 0; k < e->whole.node->n; k++) {
        const wr_avro_put *put = &e->whole.members[k];
        if (put->kind == WR_AVRO_PUT_CONSTANT) {
            to = flat_bytes(to, put->constant);
            continue;
        }
        const wr_vec *v = &cols[e->whole.sources[k]];
        uint32_t i = row & v->mask;
        if (WR_LIKELY(!v->null[i]))
            to = flat_value(to, put, v, i);
        else
            to = put->null.ptr ? flat_bytes(to, put->null) : NULL;
        if (WR_UNLIKELY(!to))
            return false;
    }
    WR_ASSERT((size_t)(to - start) <= room);
    buf->len += (size_t)(to - start);
    return true;
}

static const char *put_bare(const avro_encoder *e, const wr_vec *v, uint32_t row, wr_buf *buf)
{
    size_t start = buf->len;
    wr_value value = wr_vec_get(v, row);
    if (!e->raw)
        return wr__avro_put(&e->whole, &value, buf);
    if (e->whole.kind == WR_AVRO_PUT_BYTES) {
        wr_buf_str(buf, value.u.str);
        return NULL;
    }
    WR_ASSERT(e->whole.kind == WR_AVRO_PUT_DECIMAL); /* a length, then the bytes: without it */
    wr_buf whole = {0};
    const char *fault = wr__avro_put(&e->whole, &value, &whole);
    wr_avro_reader r = {.p = whole.ptr, .end = whole.ptr + whole.len};
    wr_str bytes;
    if (!fault && wr__avro_text(&r, &bytes))
        wr_buf_str(buf, bytes);
    WR_ASSERT(fault || buf->len > start);
    wr_buf_free(&whole);
    return fault;
}

/* A union of several at the top: the one column that is not NULL. */
static const char *put_one_of(const avro_encoder *e, const wr_vec *cols, uint32_t row, wr_buf *buf)
{
    wr_value items[WR_AVRO_BRANCHES_MAX];
    WR_ASSERT(e->base.n <= WR_AVRO_BRANCHES_MAX);
    for (uint32_t i = 0; i < e->base.n; i++)
        items[i] = wr_vec_get(&cols[i], row);
    const wr_nest nest = {.n = e->base.n, .items = items};
    const wr_value value = wr_value_nest(&nest);
    return wr__avro_put(&e->whole, &value, buf);
}

static const char *put_columns(const avro_encoder *e, const wr_vec *cols, uint32_t row, wr_buf *buf)
{
    if (e->whole.kind == WR_AVRO_PUT_BRANCHES)
        return put_one_of(e, cols, row, buf);
    wr_buf_str(buf, e->root);
    for (uint32_t i = 0; i < e->whole.node->n; i++) {
        const wr_avro_put *member = &e->whole.members[i];
        if (member->kind == WR_AVRO_PUT_CONSTANT) {
            wr_buf_str(buf, member->constant);
            continue;
        }
        const wr_value value = wr_vec_get(&cols[e->whole.sources[i]], row);
        const char *fault = wr__avro_put(member, &value, buf);
        if (WR_UNLIKELY(fault != NULL))
            return fault;
    }
    return NULL;
}

static wr_encoded encode_row(wr_encoder *base, const wr_vec *cols, uint32_t row, wr_buf *buf,
                             wr_row_errors *errs)
{
    const avro_encoder *e = (const avro_encoder *)base;
    if (e->bare && (!base->n || wr_vec_is_null(&cols[0], row)))
        return WR_ENCODED_NULL;
    if (WR_LIKELY(!base->mark.ptr))
        wr_schema_mark_write(buf, base->options.schema->id);
    if (e->flat && put_flat_row(e, cols, row, buf))
        return WR_ENCODED;
    const char *fault = e->bare ? put_bare(e, &cols[0], row, buf) : put_columns(e, cols, row, buf);
    if (WR_LIKELY(!fault))
        return WR_ENCODED;
    wr_row_error(errs, row, "The row cannot be written with Avro schema %u: %s",
                 base->options.schema->id, fault);
    return WR_ENCODED_FAIL;
}

void wr__avro_encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                     uint8_t *ok, wr_row_errors *errs)
{
    wr__encode_rows(encode_row, e, cols, sel, buf, payloads, ok, errs);
}

/* ---- somebody else's schema ---- */

static weir_status refuse_order(const wr_format_columns *c, const wr_column *given,
                                uint32_t given_n, wr_arena *arena, weir_error *err)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const wr_column *want = &c->cols[i], *have = i < given_n ? &given[i] : NULL;
        /* What is the whole of a record has no name in the schema. */
        bool named = !c->is_key && !c->options->unwrapped;
        if (have && wr_type_equal(want->type, have->type) &&
            (!named || strcmp(want->name, have->name) == 0))
            continue;
        const char *found = "nothing";
        if (have)
            found = wr_arena_printf(arena, "`%s` %s", have->name, wr_type_text(arena, have->type));
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "Column `%s` %s does not go with Avro schema %u, which has %s in its place",
                        want->name, wr_type_text(arena, want->type), c->options->schema->id, found);
    }
    return WEIR_OK;
}

/* By an id, the columns are the schema's first ones, as they are (Q38); else names decide. */
weir_status wr__avro_check_schema(const wr_format_columns *c, weir_error *err)
{
    WR_ASSERT(c->options && c->options->schema);
    wr_arena *arena = wr_arena_new(0);
    weir_status st = WEIR_OK;
    if (c->options->exact_names) {
        wr_column *given;
        uint32_t n;
        st = wr__avro_infer(c->options->schema, c->options, c->is_key, arena, &given, &n, err);
        if (st == WEIR_OK)
            st = refuse_order(c, given, n, arena, err);
    }
    if (st == WEIR_OK) {
        const wr_encoder common = {.cols = c->cols, .n = c->n, .options = *c->options};
        wr_encoder *unused;
        st = wr__avro_encoder_new(&common, arena, &unused, err);
    }
    wr_arena_free(arena);
    return st;
}
