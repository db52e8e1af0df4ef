/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_encode.c - the record encoder of the JSON format.
 *
 * What is the same for every record is folded when the encoder is made: each column or STRUCT field
 * carries the text before its value (`{"ID":`, `,"NAME":`).
 *
 * Rows of texts, whole numbers and booleans alone, which most are, are written flat: room for the
 * row is made once, texts are copied and looked through for what must be escaped at the same time,
 * by 16 bytes. Finding such a text starts the row again in the general way, which takes all types.
 *
 * Numbers have Java's form: DOUBLE as Double.toString, NaN and the infinities as quoted words,
 * DECIMAL as BigDecimal.toString: all digits of its scale, and an exponent where the value is below
 * 1E-6. NULL columns are written as null; an unwrapped column
 * that is NULL makes the record NULL. A NULL key of a MAP is written as "null", as ksqlDB does.
 *
 * JSON_SR is written here, too: with the mark of its schema before each record, MAPs in the form
 * that the schema has, and a union's value bare. What its schema has beyond the columns is left
 * out.
 */
#include "formats/json_sr.h"
#include "formats/json_text.h"
#include "formats/record_schema.h"

#include "types/decimal.h"
#include "types/text.h"

#include <math.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef struct node {
    const wr_type *type;
    wr_str prefix;             /* text before the value, in its object */
    const struct node *elem;   /* ARRAY, MAP */
    const struct node *fields; /* STRUCT */
    /* JSON_SR: */
    bool entries; /* MAP: as an array of objects with key and value */
    bool bare;    /* STRUCT of a union's branches: the one that is not NULL */
    bool omitted; /* a NULL member is left out: the schema takes no null */
} node;

typedef struct json_encoder {
    wr_encoder base;
    node *columns; /* base.n */
    bool flat;     /* every column is one that put_flat_row takes */
    size_t room;   /* flat: for a row, but for its texts */
    wr_str mark;   /* before each record; empty for JSON */
    bool strict;   /* the schema has parts inside others that take no null */
} json_encoder;

/* Copies of up to 16 bytes more than needed are faster than exact ones. */
#define SLACK 16u

/* ---- construction ---- */

/* The text before member @p i: `{"NAME":` or `,"NAME":`. */
static wr_str member_prefix(wr_arena *a, uint32_t i, const char *name)
{
    wr_buf text = {0};
    wr_buf_putc(&text, i ? ',' : '{');
    wr_text_put_json_string(&text, wr_str_c(name));
    wr_buf_putc(&text, ':');
    wr_str prefix = {.len = (uint32_t)text.len};
    wr_buf_put(&text, (const char[SLACK]){0}, SLACK);
    prefix.ptr = wr_arena_memdup(a, text.ptr, text.len);
    WR_ASSERT(text.len == prefix.len + SLACK); /* flat rows copy that much too much */
    wr_buf_free(&text);
    return prefix;
}

/* The schema's fields for these names (Q02); NULL: it has none, or there is no schema. */
static const wr_jsr_field **fields_for(const wr_jsr_node *schema, const char *const *names,
                                       uint32_t n, wr_arena *a)
{
    const wr_jsr_field **found = WR_NEW_N(a, const wr_jsr_field *, n);
    bool has_fields = schema && (schema->kind == WR_JSR_STRUCT || schema->kind == WR_JSR_UNION);
    uint32_t *targets = WR_NEW_N(a, uint32_t, has_fields ? schema->n : 0);
    if (has_fields)
        wr__jsr_match(schema, names, n, a, targets);
    for (uint32_t i = 0; has_fields && i < schema->n; i++)
        if (targets[i] != UINT32_MAX)
            found[targets[i]] = &schema->fields[i];
    return found;
}

/* @p schema: JSON_SR's; NULL: JSON. */
static void node_init(node *n, const wr_type *type, const wr_jsr_node *schema, wr_arena *a)
{
    n->type = type;
    if (schema) {
        n->entries = schema->entries;
        n->bare = schema->kind == WR_JSR_UNION;
        n->omitted = !schema->optional;
    }
    if (type->id == WR_T_ARRAY || type->id == WR_T_MAP) {
        node *elem = WR_NEW(a, node);
        node_init(elem, type->elem, schema ? schema->elem : NULL, a);
        n->elem = elem;
    } else if (type->id == WR_T_STRUCT) {
        node *fields = WR_NEW_N(a, node, type->fields_n);
        const char **names = WR_NEW_N(a, const char *, type->fields_n);
        for (uint32_t i = 0; i < type->fields_n; i++)
            names[i] = type->fields[i].name;
        const wr_jsr_field **theirs = fields_for(schema, names, type->fields_n, a);
        for (uint32_t i = 0; i < type->fields_n; i++) {
            node_init(&fields[i], type->fields[i].type, theirs[i] ? theirs[i]->type : NULL, a);
            fields[i].prefix = member_prefix(a, i, theirs[i] ? theirs[i]->name : names[i]);
        }
        n->fields = fields;
    }
}

/* Bytes that a value of the type takes at most, a text's own left out; 0: not written flat. */
static size_t flat_size(wr_tid id)
{
    switch (id) {
    case WR_T_STRING:
        return 2; /* quotes */
    case WR_T_INTEGER:
    case WR_T_BIGINT:
        return 20; /* -9223372036854775808 */
    case WR_T_BOOLEAN:
        return 5;
    default:
        return 0;
    }
}

static void plan_flat_rows(json_encoder *e)
{
    e->flat = e->base.n > 0 && !e->base.options.unwrapped;
    WR_ASSERT(e->columns || e->base.n == 0);
    e->room = 1 + SLACK; /* } */
    for (uint32_t i = 0; i < e->base.n; i++) {
        size_t size = flat_size(e->columns[i].type->id);
        e->flat &= size > 0 && !e->columns[i].omitted;
        e->room += e->columns[i].prefix.len + WR_MAX(size, 4u); /* null */
    }
}

/* Is there a part inside it that takes no null? */
static bool is_strict(const wr_jsr_node *schema, bool inside)
{
    bool strict = inside && !schema->optional;
    strict = strict || (schema->elem && is_strict(schema->elem, true));
    for (uint32_t i = 0; i < schema->n && !strict; i++)
        strict = is_strict(schema->fields[i].type, true);
    return strict;
}

/* JSON_SR: the mark, and what the schema says of each column. */
static weir_status read_schema(json_encoder *e, wr_jsr_field *fields, wr_arena *arena,
                               weir_error *err)
{
    const wr_registry_schema *schema = e->base.options.schema;
    const wr_jsr_node *top;
    wr_buf mark = {0};
    if (!schema)
        return wr_error(err, WEIR_ERR_CONFIG, "The JSON_SR format has no schema to write with");
    WR_TRY(wr__jsr_schema_parse(schema, arena, &top, err));
    wr_schema_mark_write(&mark, schema->id);
    WR_TRY(wr__record_header_mark(&e->base, WR_STR(""), arena, err));
    e->mark = e->base.mark.ptr ? WR_STR("") : wr_arena_str(arena, wr_buf_view(&mark));
    wr_buf_free(&mark);
    const char **names = WR_NEW_N(arena, const char *, e->base.n);
    for (uint32_t i = 0; i < e->base.n; i++)
        names[i] = e->base.cols[i].name;
    const wr_jsr_field **found = fields_for(top, names, e->base.n, arena);
    for (uint32_t i = 0; i < e->base.n; i++) {
        if (e->base.options.unwrapped)
            fields[i] = (wr_jsr_field){names[i], top};
        else if (found[i])
            fields[i] = *found[i];
        else
            return wr_error(err, WEIR_ERR_STATEMENT, "JSON schema %u has no property `%s`",
                            schema->id, names[i]);
        e->strict = e->strict || is_strict(fields[i].type, false);
    }
    return WEIR_OK;
}

weir_status wr__json_encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                                 weir_error *err)
{
    WR_ASSERT(!common->options.unwrapped || common->n <= 1);
    json_encoder *e = WR_NEW(arena, json_encoder);
    e->base = *common;
    e->columns = WR_NEW_N(arena, node, common->n);
    wr_jsr_field *fields = WR_NEW_N(arena, wr_jsr_field, common->n);
    for (uint32_t i = 0; i < common->n; i++)
        fields[i] = (wr_jsr_field){common->cols[i].name, NULL};
    if (common->class_->format.id == WR_FORMAT_JSON_SR)
        WR_TRY(read_schema(e, fields, arena, err));
    for (uint32_t i = 0; i < common->n; i++) {
        node_init(&e->columns[i], common->cols[i].type, fields[i].type, arena);
        if (!common->options.unwrapped)
            e->columns[i].prefix = member_prefix(arena, i, fields[i].name);
    }
    plan_flat_rows(e);
    *out = &e->base;
    return WEIR_OK;
}

/* ---- values ---- */

/* May the string be copied as it is? 0xED starts the 3-byte form of half pairs (among others). */
static bool is_plain(wr_str s)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint32_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        uint64_t w;
        memcpy(&w, s.ptr + i, 8);
        uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\'), ed = w ^ (ones * 0xED);
        uint64_t stops = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
                         ((ed - ones) & ~ed) | ((w - ones * 0x20) & ~w);
        if (stops & highs)
            return false;
    }
    for (; i < s.len; i++) {
        uint8_t c = (uint8_t)s.ptr[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0xED)
            return false;
    }
    return true;
}

/* Copy the text unless it must be escaped: then @return false, and what was written is nothing. */
#ifdef __SSE2__
static inline __m128i stops_of(__m128i b)
{
    __m128i stops = _mm_cmpeq_epi8(b, _mm_set1_epi8('"'));
    stops = _mm_or_si128(stops, _mm_cmpeq_epi8(b, _mm_set1_epi8('\\')));
    stops = _mm_or_si128(stops, _mm_cmpeq_epi8(b, _mm_set1_epi8((char)0xED)));
    return _mm_or_si128(stops, _mm_cmpeq_epi8(_mm_min_epu8(b, _mm_set1_epi8(0x1F)), b));
}

static inline bool copy_plain(char *to, wr_str s)
{
    const char *p = s.ptr;
    uint32_t n = s.len;
    __m128i stops = _mm_setzero_si128();
    if (n >= 16) { /* the last 16 bytes overlap what comes before */
        for (uint32_t i = 0; i < n; i += 16) {
            uint32_t at = WR_MIN(i, n - 16);
            __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
            _mm_storeu_si128((__m128i *)(void *)(to + at), b);
            stops = _mm_or_si128(stops, stops_of(b));
        }
        return _mm_movemask_epi8(stops) == 0;
    }
    if (n >= 8) {
        uint64_t head, tail;
        memcpy(&head, p, 8);
        memcpy(&tail, p + n - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + n - 8, &tail, 8);
        stops = stops_of(_mm_set_epi64x((int64_t)tail, (int64_t)head));
        return _mm_movemask_epi8(stops) == 0;
    }
    if (n)
        memcpy(to, p, n);
    return is_plain(s);
}
#else
static inline bool copy_plain(char *to, wr_str s)
{
    if (s.len)
        memcpy(to, s.ptr, s.len);
    return is_plain(s);
}
#endif

static void put_string(wr_buf *buf, wr_str s)
{
    char *to = wr_buf_reserve(buf, (size_t)s.len + 2);
    *to++ = '"';
    if (WR_UNLIKELY(!copy_plain(to, s))) {
        wr_text_put_json_string(buf, s);
        return;
    }
    to[s.len] = '"';
    buf->len += (size_t)s.len + 2;
}

static void put_double(wr_buf *buf, double v)
{
    if (WR_LIKELY(isfinite(v)))
        wr_text_put_double(buf, v);
    else
        wr_buf_puts(buf, isnan(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

static void put_value(wr_buf *buf, const node *n, const wr_value *v);

/* Plain, unless the first six digits after the point are all 0: `1E-10`, `0E-10`. */
static void put_decimal(wr_buf *buf, const wr_type *t, const wr_value *v)
{
    static const char small[] = "0.000000";
    size_t start = buf->len;
    wr_dec_print(buf, t, v);
    if (t->scale <= 6)
        return;
    wr_str text = wr_str_make(buf->ptr + start, buf->len - start);
    size_t sign = text.ptr[0] == '-', len = sizeof small - 1;
    WR_ASSERT(text.len > sign + len);
    if (memcmp(text.ptr + sign, small, len) != 0)
        return;
    wr_buf digits = {0};
    wr_buf_str(&digits, text);
    buf->len = start;
    wr__json_put_number(buf, wr_buf_view(&digits));
    wr_buf_free(&digits);
}

static void put_array(wr_buf *buf, const node *n, const wr_nest *nest)
{
    wr_buf_putc(buf, '[');
    for (uint32_t i = 0; i < nest->n; i++) {
        if (i)
            wr_buf_putc(buf, ',');
        put_value(buf, n->elem, &nest->items[i]);
    }
    wr_buf_putc(buf, ']');
}

/* `{"key":"a","value":1}`, as JSON_SR has them. */
static void put_entries(wr_buf *buf, const node *n, const wr_nest *nest)
{
    wr_buf_putc(buf, '[');
    for (uint32_t i = 0; i < nest->n; i++) {
        wr_buf_puts(buf, i ? ",{\"key\":" : "{\"key\":");
        if (nest->keys[i].null)
            wr_buf_puts(buf, "null");
        else
            put_string(buf, nest->keys[i].u.str);
        wr_buf_puts(buf, ",\"value\":");
        put_value(buf, n->elem, &nest->items[i]);
        wr_buf_putc(buf, '}');
    }
    wr_buf_putc(buf, ']');
}

static void put_map(wr_buf *buf, const node *n, const wr_nest *nest)
{
    if (n->entries) {
        put_entries(buf, n, nest);
        return;
    }
    wr_buf_putc(buf, '{');
    for (uint32_t i = 0; i < nest->n; i++) {
        if (i)
            wr_buf_putc(buf, ',');
        put_string(buf, nest->keys[i].null ? WR_STR("null") : nest->keys[i].u.str);
        wr_buf_putc(buf, ':');
        put_value(buf, n->elem, &nest->items[i]);
    }
    wr_buf_putc(buf, '}');
}

/* A union's value: that of its first branch that is not NULL. */
static void put_branch(wr_buf *buf, const node *n, const wr_nest *nest)
{
    for (uint32_t i = 0; i < n->type->fields_n; i++) {
        if (nest->items[i].null)
            continue;
        put_value(buf, &n->fields[i], &nest->items[i]);
        return;
    }
    wr_buf_puts(buf, "null");
}

static void put_struct(wr_buf *buf, const node *n, const wr_nest *nest)
{
    if (n->bare) {
        put_branch(buf, n, nest);
        return;
    }
    if (n->type->fields_n == 0)
        wr_buf_putc(buf, '{');
    for (uint32_t i = 0; i < n->type->fields_n; i++) {
        wr_buf_str(buf, n->fields[i].prefix);
        put_value(buf, &n->fields[i], &nest->items[i]);
    }
    wr_buf_putc(buf, '}');
}

static void put_value(wr_buf *buf, const node *n, const wr_value *v)
{
    if (v->null) {
        wr_buf_put(buf, "null", 4);
        return;
    }
    switch (n->type->id) {
    case WR_T_STRING:
        put_string(buf, v->u.str);
        break;
    case WR_T_DOUBLE:
        put_double(buf, v->u.f64);
        break;
    case WR_T_DECIMAL:
        put_decimal(buf, n->type, v);
        break;
    case WR_T_BYTES:
        wr_buf_putc(buf, '"');
        wr_text_put_base64(buf, v->u.str);
        wr_buf_putc(buf, '"');
        break;
    case WR_T_ARRAY:
        put_array(buf, n, v->u.nest);
        break;
    case WR_T_MAP:
        put_map(buf, n, v->u.nest);
        break;
    case WR_T_STRUCT:
        put_struct(buf, n, v->u.nest);
        break;
    default:
        wr__put_scalar(buf, n->type, v);
        break;
    }
}

/* ---- rows ---- */

static void put_column(wr_buf *buf, const node *n, const wr_vec *v, uint32_t row)
{
    wr_buf_str(buf, n->prefix);
    uint32_t i = row & v->mask;
    bool null = v->null[i];
    /* The most frequent types without boxing. */
    if (!null && n->type->id == WR_T_STRING) {
        put_string(buf, v->u.str[i]);
        return;
    }
    if (!null && n->type->id == WR_T_BIGINT) {
        wr_text_put_i64(buf, v->u.i64[i]);
        return;
    }
    wr_value value = wr_vec_get(v, row);
    put_value(buf, n, &value);
}

/* ---- flat rows ---- */

/* A prefix has SLACK bytes after it, and so has the row's room. */
static char *put_prefix(char *to, wr_str prefix)
{
    for (uint32_t i = 0; i < prefix.len; i += SLACK)
        memcpy(to + i, prefix.ptr + i, SLACK);
    return to + prefix.len;
}

/* The text in quotes; NULL: it must be escaped. */
static char *put_plain_text(char *to, wr_str s)
{
    *to++ = '"';
    if (!copy_plain(to, s))
        return NULL;
    to[s.len] = '"';
    return to + s.len + 1;
}

static char *put_i64(char *to, int64_t v)
{
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    char text[20], *p = text + sizeof text;
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
    for (; rest >= 100; rest /= 100)
        memcpy(p -= 2, pairs + rest % 100 * 2, 2);
    if (rest >= 10)
        memcpy(p -= 2, pairs + rest * 2, 2);
    else
        *--p = (char)('0' + rest);
    if (v < 0)
        *--p = '-';
    size_t n = (size_t)(text + sizeof text - p);
    memcpy(to, p, n);
    return to + n;
}

/* @return false: some text must be escaped, and nothing was appended. */
static bool put_flat_row(const json_encoder *e, const wr_vec *cols, uint32_t row, wr_buf *buf)
{
    size_t room = e->room;
    for (uint32_t c = 0; c < e->base.n; c++)
        if (e->columns[c].type->id == WR_T_STRING && !wr_vec_is_null(&cols[c], row))
            room += cols[c].u.str[row & cols[c].mask].len;
    char *start = wr_buf_reserve(buf, room), *to = start;
    for (uint32_t c = 0; c < e->base.n; c++) {
        const wr_vec *v = &cols[c];
        uint32_t i = row & v->mask;
        to = put_prefix(to, e->columns[c].prefix);
        if (v->null[i]) {
            memcpy(to, "null", 4);
            to += 4;
            continue;
        }
        switch (e->columns[c].type->id) {
        case WR_T_STRING:
            to = put_plain_text(to, v->u.str[i]);
            if (WR_UNLIKELY(!to))
                return false;
            break;
        case WR_T_INTEGER:
            to = put_i64(to, v->u.i32[i]);
            break;
        case WR_T_BIGINT:
            to = put_i64(to, v->u.i64[i]);
            break;
        default:
            memcpy(to, v->u.b[i] ? "true" : "false", 5); /* the 0 after "true" goes again */
            to += v->u.b[i] ? 4 : 5;
            break;
        }
    }
    *to++ = '}';
    buf->len += (size_t)(to - start);
    return true;
}

/* ---- rows by a schema ---- */

/* Can the value be read back: is nothing NULL inside it that the schema takes no null for? */
static bool is_readable(const node *n, const wr_value *v)
{
    if (v->null)
        return !n->omitted;
    const wr_nest *nest = v->u.nest;
    bool good = true;
    switch (n->type->id) {
    case WR_T_ARRAY:
    case WR_T_MAP:
        for (uint32_t i = 0; i < nest->n && good; i++)
            good = is_readable(n->elem, &nest->items[i]);
        return good;
    case WR_T_STRUCT:
        for (uint32_t i = 0; i < nest->n && good; i++)
            good = (n->bare && nest->items[i].null) || is_readable(&n->fields[i], &nest->items[i]);
        return good;
    default:
        return true;
    }
}

/* @return false: reported. */
static bool check_row(const json_encoder *e, const wr_vec *cols, uint32_t row, wr_row_errors *errs)
{
    for (uint32_t i = 0; i < e->base.n; i++) {
        wr_value v = wr_vec_get(&cols[i], row);
        if (v.null || is_readable(&e->columns[i], &v))
            continue;
        wr_row_error(errs, row, "Column `%s` has a NULL inside where JSON schema %u takes no null",
                     e->base.cols[i].name, e->base.options.schema->id);
        return false;
    }
    return true;
}

static void put_row(const json_encoder *e, const wr_vec *cols, uint32_t row, wr_buf *buf)
{
    bool bare = e->base.options.unwrapped, any = false;
    for (uint32_t i = 0; i < e->base.n; i++) {
        size_t at = buf->len;
        if (e->columns[i].omitted && wr_vec_is_null(&cols[i], row))
            continue;
        put_column(buf, &e->columns[i], &cols[i], row);
        if (!any && !bare)
            buf->ptr[at] = '{'; /* also where the first columns are left out */
        any = true;
    }
    if (!any && !bare)
        wr_buf_putc(buf, '{');
    if (!bare)
        wr_buf_putc(buf, '}');
}

static wr_encoded encode_row(wr_encoder *base, const wr_vec *cols, uint32_t row, wr_buf *buf,
                             wr_row_errors *errs)
{
    const json_encoder *e = (const json_encoder *)base;
    wr_buf_str(buf, e->mark);
    if (e->flat && put_flat_row(e, cols, row, buf))
        return WR_ENCODED;
    if (base->options.unwrapped && (!base->n || wr_vec_is_null(&cols[0], row)))
        return WR_ENCODED_NULL;
    if (e->strict && !check_row(e, cols, row, errs))
        return WR_ENCODED_FAIL;
    put_row(e, cols, row, buf);
    return WR_ENCODED;
}

void wr__json_encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                     uint8_t *ok, wr_row_errors *errs)
{
    wr__encode_rows(encode_row, e, cols, sel, buf, payloads, ok, errs);
}
