/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Second opinions about what is written: random tables as in test_round_trip.c, where other
 * libraries read the records. Google's Protobuf library finds every field known, and what it writes
 * for the same message is the same row; jansson finds the very values in JSON_SR's texts. AVRO's
 * peer is in test_avro_peer_avroc.c, as avro-c is not everywhere.
 */
#include "unit/formats/random_table.h"

#include "types/text.h"
#include "unit/formats/peers_protobuf.h"

#include <jansson.h>

enum { SEEDS = 150 };

/* ---- Protobuf ---- */

static void assert_same_row(const table *t, uint32_t row, wr_str payload)
{
    wr_vec *v = vectors(t->cols, t->n, ROWS);
    wr_str payloads[ROWS] = {0};
    uint8_t ok[ROWS];
    wr_row_errors errs = {0};
    weir_error err;
    payloads[row] = payload;
    const wr_sel one = {1, &row};
    assert_int_equal(wr_decoder_run(decoder(t->format, t->cols, t->n, NULL, t->options), payloads,
                                    one, v, ok, &errs, arena, &err),
                     WEIR_OK);
    if (errs.count)
        fail_msg("%s", errs.first);
    assert_row(t, row, v, NULL);
}

/* The text that a PROTOBUF_NOSR message is written by is registered nowhere. */
static wr_str text_of(const table *t)
{
    const wr_format_columns columns = {false, t->cols, t->n, &t->options};
    wr_buf text = {0};
    weir_error err = {0};
    if (t->options.schema)
        return t->options.schema->text;
    if (wr_format_schema_text(wr_format_get(t->format), &columns, &text, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    wr_str copy = wr_arena_str(arena, wr_buf_view(&text));
    wr_buf_free(&text);
    return copy;
}

static void check_protobuf(wr_format_id format)
{
    size_t head = format == WR_FORMAT_PROTOBUF ? 6 : 0; /* the mark, and the index 0 */
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        wr_rng rng;
        table t;
        wr_buf buf = {0};
        wr_str payloads[ROWS];
        wr_rng_seed(&rng, seed);
        random_table(&t, format, &rng);
        t.options.unwrapped = false; /* the whole row is the message */
        encode_rows(&t, wr_sel_all(ROWS), &buf, payloads);
        wr_str text = text_of(&t);
        for (uint32_t i = 0; i < ROWS; i++) {
            char *again;
            size_t n;
            const char *fault = peer_rewrite(text.ptr, text.len, payloads[i].ptr + head,
                                             payloads[i].len - head, &again, &n);
            if (fault)
                fail_msg("seed %d: %s\n%.*s", (int)seed, fault, (int)text.len, text.ptr);
            char *whole = wr_arena_alloc(arena, head + n + 1);
            memcpy(whole, payloads[i].ptr, head);
            memcpy(whole + head, again, n);
            peer_free(again);
            assert_same_row(&t, i, wr_str_make(whole, head + n));
        }
        wr_buf_free(&buf);
        wr_arena_reset(arena);
    }
}

static void test_protobuf(void **state)
{
    (void)state;
    check_protobuf(WR_FORMAT_PROTOBUF);
}

static void test_protobuf_nosr(void **state)
{
    (void)state;
    check_protobuf(WR_FORMAT_PROTOBUF_NOSR);
}

/* A peer that finds nothing would be none. */
static void test_the_peer_finds_faults(void **state)
{
    (void)state;
    static const char text[] = "syntax = \"proto3\"; message T { int32 a = 1; }";
    static const struct {
        const char *bytes, *fault;
    } c[] = {
        {"\x08\x05", NULL},
        {"\x08\x05\x10\x01", "a field is unknown"},
        {"\x0a\x01x", "a field is unknown"}, /* of another wire type */
        {"\x08", "the bytes are not such a message"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        char *again = NULL;
        size_t n;
        const char *fault =
            peer_rewrite(text, sizeof text - 1, c[i].bytes, strlen(c[i].bytes), &again, &n);
        if (c[i].fault)
            assert_true(fault && strncmp(fault, c[i].fault, strlen(c[i].fault)) == 0);
        else
            assert_null(fault);
        peer_free(again);
    }
}

/* ---- JSON_SR ---- */

static bool json_same(const wr_type *type, const wr_value *v, const json_t *j);

static bool same_number(const wr_type *type, const wr_value *v, const json_t *j)
{
    wr_buf text = {0};
    if (type->id == WR_T_DECIMAL)
        wr_dec_print(&text, type, v);
    else
        wr_text_put_double(&text, v->u.f64);
    bool word = type->id == WR_T_DOUBLE && !isfinite(v->u.f64);
    bool same = word ? json_is_string(j) && strcmp(json_string_value(j), wr_buf_cstr(&text)) == 0
                     : json_is_number(j) &&
                           fabs(json_number_value(j) - strtod(wr_buf_cstr(&text), NULL)) == 0;
    wr_buf_free(&text);
    return same;
}

static bool same_text(const wr_type *type, const wr_value *v, const json_t *j)
{
    wr_buf text = {0};
    if (type->id == WR_T_BYTES)
        wr_text_put_base64(&text, v->u.str);
    else
        wr_buf_str(&text, v->u.str);
    bool same = json_is_string(j) && json_string_length(j) == text.len &&
                memcmp(json_string_value(j), wr_buf_cstr(&text), text.len) == 0;
    wr_buf_free(&text);
    return same;
}

static bool same_nest(const wr_type *type, const wr_nest *nest, const json_t *j)
{
    bool list = type->id != WR_T_STRUCT;
    size_t n = list ? json_array_size(j) : json_object_size(j);
    if (list != json_is_array(j) || n != nest->n)
        return false;
    for (uint32_t i = 0; i < nest->n; i++) {
        const json_t *item = list ? json_array_get(j, i) : json_object_get(j, type->fields[i].name);
        if (type->id == WR_T_MAP) { /* an array of entries (Q17) */
            if (!json_same(&wr_type_string, &nest->keys[i], json_object_get(item, "key")))
                return false;
            item = json_object_get(item, "value");
        }
        if (!json_same(wr__nest_item_type(type, i), &nest->items[i], item))
            return false;
    }
    return true;
}

static bool json_same(const wr_type *type, const wr_value *v, const json_t *j)
{
    if (!j || v->null)
        return j && json_is_null(j);
    switch (type->id) {
    case WR_T_BOOLEAN:
        return json_is_boolean(j) && json_boolean_value(j) == v->u.b;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        return json_is_integer(j) && json_integer_value(j) == v->u.i32;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return json_is_integer(j) && json_integer_value(j) == v->u.i64;
    case WR_T_DOUBLE:
    case WR_T_DECIMAL:
        return same_number(type, v, j);
    case WR_T_STRING:
    case WR_T_BYTES:
        return same_text(type, v, j);
    default:
        return same_nest(type, v->u.nest, j);
    }
}

static bool row_same(const table *t, uint32_t row, const json_t *j)
{
    if (t->options.unwrapped)
        return json_same(t->cols[0].type, &t->rows[row][0], j);
    bool same = json_object_size(j) == t->n;
    for (uint32_t c = 0; c < t->n && same; c++)
        same = json_same(t->cols[c].type, &t->rows[row][c], json_object_get(j, t->cols[c].name));
    return same;
}

/* jansson refuses whole numbers beyond 64 bits, and knows no others than double. */
static bool has_big_decimal(const wr_type *type)
{
    if (type->id == WR_T_DECIMAL)
        return type->precision > 18;
    if (type->id == WR_T_ARRAY || type->id == WR_T_MAP)
        return has_big_decimal(type->elem);
    bool found = false;
    for (uint32_t i = 0; type->id == WR_T_STRUCT && i < type->fields_n && !found; i++)
        found = has_big_decimal(type->fields[i].type);
    return found;
}

static void test_json_sr(void **state)
{
    (void)state;
    uint32_t compared = 0;
    for (uint64_t seed = 1; compared < SEEDS; seed++) {
        wr_rng rng;
        table t;
        wr_buf buf = {0};
        wr_str payloads[ROWS];
        bool big = false;
        wr_rng_seed(&rng, seed);
        random_table(&t, WR_FORMAT_JSON_SR, &rng);
        for (uint32_t c = 0; c < t.n; c++)
            big = big || has_big_decimal(t.cols[c].type);
        if (big)
            continue;
        compared++;
        encode_rows(&t, wr_sel_all(ROWS), &buf, payloads);
        for (uint32_t i = 0; i < ROWS; i++) {
            json_error_t err;
            if (!payloads[i].ptr) { /* a bare NULL */
                assert_true(t.options.unwrapped && t.rows[i][0].null);
                continue;
            }
            json_t *j = json_loadb(payloads[i].ptr + 5, payloads[i].len - 5,
                                   JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &err);
            if (!j)
                fail_msg("seed %d: %s", (int)seed, err.text);
            if (!row_same(&t, i, j))
                fail_msg("seed %d, row %u: %.*s", (int)seed, i, (int)payloads[i].len - 5,
                         payloads[i].ptr + 5);
            json_decref(j);
        }
        wr_buf_free(&buf);
        wr_arena_reset(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protobuf),
        cmocka_unit_test(test_protobuf_nosr),
        cmocka_unit_test(test_the_peer_finds_faults),
        cmocka_unit_test(test_json_sr),
    };
    table_registry = wr_registry_open_memory();
    int failed = cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
    wr_registry_free(table_registry);
    return failed;
}
