/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sr_variant.c - JSON values of no type (`{}`, `true` as a schema) as variants: the binary
 * form that Parquet and Spark have for such values, in which Connect hands them on (facts: Q33).
 *
 *     metadata   1 | (size of offsets - 1) << 6, number of keys, their offsets, their texts
 *     value      0 null, 4 true, 8 false, 0x14 int32, 0x18 int64, 0x1C double, 0x28 decimal of 16
 *                bytes, each little-endian after it
 *                length << 2 | 1 and a text of less than 64 bytes; 0x40, 4 bytes of length, a text
 *                3 | (size of offsets - 1) << 2 | large << 4, count, offsets, elements
 *                2 | (size of offsets - 1) << 2 | (size of ids - 1) << 4 | large << 6, count, ids
 *                of keys, offsets, values
 *
 * Keys are numbered as they come; an object's ids stand in the order of their texts, its values in
 * that of the record. A count takes one byte, four where it is large; an offset more than there are
 * of elements says where the last one ends. Which of the numeric forms a number has is Jackson's
 * choice: int32, int64, then decimal for whole numbers, double for all others.
 */
#include "formats/json_sr.h"

#include "common/map.h"
#include "formats/json_text.h"
#include "types/decimal.h"

#include <stdlib.h>

enum { NULL_ = 0x00, TRUE_ = 0x04, FALSE_ = 0x08, INT32 = 0x14, INT64 = 0x18, DOUBLE = 0x1C };
enum { DECIMAL16 = 0x28, LONG_TEXT = 0x40, SHORT_MAX = 63, VERSION = 1, OBJECT = 2, ARRAY = 3 };

typedef struct writer {
    wr_jconv *conv;
    wr_buf value;
    wr_map ids; /* of keys, plus 1 */
    wr_arr(wr_str) keys;
} writer;

/* ---- numbers of so many bytes ---- */

static unsigned bytes_for(uint64_t most)
{
    return most <= 0xFF ? 1 : most <= 0xFFFF ? 2 : most <= 0xFFFFFF ? 3 : 4;
}

static void put_le(wr_buf *out, uint64_t v, unsigned bytes)
{
    WR_ASSERT(bytes >= 1 && bytes <= 8);
    for (unsigned i = 0; i < bytes; i++)
        wr_buf_putc(out, (char)(v >> (8 * i)));
}

/* ---- values ---- */

static void put_value(writer *w, const wr_jtoken *tok);

static void put_text(writer *w, wr_str text)
{
    if (text.len <= SHORT_MAX) {
        wr_buf_putc(&w->value, (char)(text.len << 2 | 1));
    } else {
        wr_buf_putc(&w->value, LONG_TEXT);
        put_le(&w->value, text.len, 4);
    }
    wr_buf_str(&w->value, text);
}

static void put_double(writer *w, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    wr_buf_putc(&w->value, DOUBLE);
    put_le(&w->value, bits, 8);
}

static void put_real(writer *w, const wr_jtoken *tok)
{
    double v = 0;
    bool read = wr__json_to_double(w->conv, tok, &v);
    WR_ASSERT(read); /* a number's text is one */
    put_double(w, v);
}

/* A whole number beyond 64 bits: a decimal while it has 38 digits, then only a double can hold it.
 */
static void put_big(writer *w, const wr_jtoken *tok)
{
    wr_value v;
    const wr_type *type = wr_type_decimal(w->conv->scratch, 38, 0);
    if (wr_dec_from_text(wr_str_make(tok->ptr, tok->len), type, true, w->conv->scratch, &v) ==
        WR_DEC_OK) {
        wr_buf_putc(&w->value, DECIMAL16);
        wr_buf_putc(&w->value, 0); /* its scale */
        put_le(&w->value, (uint64_t)v.u.dec, 8);
        put_le(&w->value, (uint64_t)(v.u.dec >> 64), 8);
        return;
    }
    put_real(w, tok);
}

static void put_whole(writer *w, const wr_jtoken *tok)
{
    int64_t v;
    if (!wr_str_to_i64(wr_str_make(tok->ptr, tok->len), &v)) {
        put_big(w, tok);
        return;
    }
    bool fits = v >= INT32_MIN && v <= INT32_MAX;
    wr_buf_putc(&w->value, fits ? INT32 : INT64);
    put_le(&w->value, (uint64_t)v, fits ? 4 : 8);
}

/* ---- containers ---- */

static uint32_t id_of(writer *w, wr_str key)
{
    uintptr_t id = (uintptr_t)wr_map_get(&w->ids, key);
    if (!id) {
        wr_arr_push(w->conv->scratch, &w->keys, key);
        id = w->keys.n;
        wr_map_put(&w->ids, key, (void *)id);
    }
    return (uint32_t)(id - 1);
}

/* Put @p header before the bytes from @p start on. */
static void insert(wr_buf *out, size_t start, const wr_buf *header)
{
    WR_ASSERT(start <= out->len);
    size_t n = out->len - start;
    wr_buf_reserve(out, header->len);
    memmove(out->ptr + start + header->len, out->ptr + start, n);
    memcpy(out->ptr + start, header->ptr, header->len);
    out->len += header->len;
}

static void put_array(writer *w, const wr_jtoken_list *items)
{
    size_t start = w->value.len;
    uint32_t *ends = wr_arena_alloc(w->conv->scratch, items->n * sizeof *ends + 1);
    for (size_t i = 0; i < items->n; i++) {
        put_value(w, &items->v[i]);
        ends[i] = (uint32_t)(w->value.len - start);
    }
    bool large = items->n > 0xFF;
    unsigned size = bytes_for(w->value.len - start);
    wr_buf header = {0};
    wr_buf_putc(&header, (char)(ARRAY | (size - 1) << 2 | (unsigned)large << 4));
    put_le(&header, items->n, large ? 4 : 1);
    put_le(&header, 0, size);
    for (size_t i = 0; i < items->n; i++)
        put_le(&header, ends[i], size);
    insert(&w->value, start, &header);
    wr_buf_free(&header);
}

typedef struct member {
    wr_str key;
    uint32_t id, at;
} member;

static int by_key(const void *a, const void *b)
{
    return wr_str_cmp(((const member *)a)->key, ((const member *)b)->key);
}

/* Members as they come; of doubled ones the last value, at the first one's place. */
static uint32_t put_members(writer *w, const wr_jtoken_list *keys, const wr_jtoken_list *items,
                            member *members)
{
    wr_arena *scratch = w->conv->scratch;
    uint32_t n = (uint32_t)items->n, made = 0;
    size_t start = w->value.len;
    wr_str *names = wr_arena_alloc(scratch, n * sizeof *names + 1);
    uint32_t *last = wr_arena_alloc(scratch, n * sizeof *last + 1);
    for (uint32_t i = 0; i < n; i++)
        names[i] = wr__json_text(&keys->v[i], scratch);
    (void)wr__json_drop_doubles(scratch, names, n, last);
    for (uint32_t i = 0; i < n; i++) {
        if (last[i] == UINT32_MAX)
            continue;
        members[made++] = (member){names[i], id_of(w, names[i]), (uint32_t)(w->value.len - start)};
        put_value(w, &items->v[last[i]]);
    }
    return made;
}

static void put_object(writer *w, const wr_jtoken_list *keys, const wr_jtoken_list *items)
{
    WR_ASSERT(keys->n == items->n);
    size_t start = w->value.len;
    member *members = wr_arena_alloc(w->conv->scratch, items->n * sizeof *members + 1);
    uint32_t n = put_members(w, keys, items, members), id_max = 0;
    size_t length = w->value.len - start;
    qsort(members, n, sizeof *members, by_key);
    for (uint32_t i = 0; i < n; i++)
        id_max = WR_MAX(id_max, members[i].id);
    bool large = n > 0xFF;
    unsigned size = bytes_for(length), id_size = bytes_for(id_max);
    wr_buf header = {0};
    wr_buf_putc(&header,
                (char)(OBJECT | (size - 1) << 2 | (id_size - 1) << 4 | (unsigned)large << 6));
    put_le(&header, n, large ? 4 : 1);
    for (uint32_t i = 0; i < n; i++)
        put_le(&header, members[i].id, id_size);
    for (uint32_t i = 0; i < n; i++)
        put_le(&header, members[i].at, size);
    put_le(&header, length, size);
    insert(&w->value, start, &header);
    wr_buf_free(&header);
}

/* The scanner has bounded how deep this goes. */
static void put_value(writer *w, const wr_jtoken *tok)
{
    wr_jtoken_list keys = {0}, items = {0};
    switch (tok->kind) {
    case WR_J_TRUE:
    case WR_J_FALSE:
        wr_buf_putc(&w->value, tok->kind == WR_J_TRUE ? TRUE_ : FALSE_);
        return;
    case WR_J_INT:
        put_whole(w, tok);
        return;
    case WR_J_REAL:
        put_real(w, tok);
        return;
    case WR_J_WORD:
        put_double(w, wr__json_word_value(tok));
        return;
    case WR_J_STRING:
        put_text(w, wr__json_text(tok, w->conv->scratch));
        return;
    case WR_J_ARRAY:
        wr__json_elements(w->conv, tok, &keys, &items);
        put_array(w, &items);
        return;
    case WR_J_OBJECT:
        wr__json_elements(w->conv, tok, &keys, &items);
        put_object(w, &keys, &items);
        return;
    default:
        wr_buf_putc(&w->value, NULL_);
    }
}

static void put_metadata(const writer *w, wr_buf *out)
{
    uint64_t length = 0;
    for (size_t i = 0; i < w->keys.n; i++)
        length += w->keys.v[i].len;
    unsigned size = bytes_for(WR_MAX(length, (uint64_t)w->keys.n));
    wr_buf_putc(out, (char)(VERSION | (size - 1) << 6));
    put_le(out, w->keys.n, size);
    put_le(out, length = 0, size);
    for (size_t i = 0; i < w->keys.n; i++)
        put_le(out, length += w->keys.v[i].len, size);
    for (size_t i = 0; i < w->keys.n; i++)
        wr_buf_str(out, w->keys.v[i]);
}

void wr__jsr_variant(wr_jconv *conv, const wr_jtoken *tok, wr_str *metadata, wr_str *value)
{
    writer w = {.conv = conv};
    wr_buf head = {0};
    wr_map_init(&w.ids);
    put_value(&w, tok);
    put_metadata(&w, &head);
    *metadata = wr_arena_str(conv->scratch, wr_buf_view(&head));
    *value = wr_arena_str(conv->scratch, wr_buf_view(&w.value));
    wr_map_free(&w.ids);
    wr_buf_free(&head);
    wr_buf_free(&w.value);
}
