/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON record decoder and encoder. The first byte picks schema, wanted columns and wrapping;
 * the rest is one record, or several separated by a 0 byte that go through the same decoder.
 *
 * Held against: the strict decoder; a decoder that has seen other records; the document reader
 * (which texts are JSON at all, and which member feeds which column); the encoder's round trip.
 */
#include "fuzz_formats.h"

enum { SCHEMAS = 4, COLUMNS_MAX = 5 };

static fuzz_schema schemas[SCHEMAS];
static wr_arena *schema_arena; /* NULL: no input has been seen yet */

static wr_column column(const char *name, const wr_type *type)
{
    return (wr_column){.name = name, .type = type, .role = WR_COL_VALUE};
}

static void build_schemas(void)
{
    wr_arena *a = schema_arena = wr_arena_new(0);
    static wr_column text[] = {
        {.name = "A"}, {.name = "a"}, {.name = "AB"}, {.name = "\xC3\xA4\"x"}};
    for (size_t i = 0; i < WR_ARRAY_LEN(text); i++)
        text[i].type = &wr_type_string;
    static wr_column numbers[COLUMNS_MAX], rest[COLUMNS_MAX], nested[3];
    numbers[0] = column("I", &wr_type_integer);
    numbers[1] = column("L", &wr_type_bigint);
    numbers[2] = column("D", &wr_type_double);
    numbers[3] = column("M", wr_type_decimal(a, 6, 3));
    numbers[4] = column("B", wr_type_decimal(a, 45, 20));
    rest[0] = column("T", &wr_type_time);
    rest[1] = column("P", &wr_type_timestamp);
    rest[2] = column("Y", &wr_type_bytes);
    rest[3] = column("Q", &wr_type_boolean);
    rest[4] = column("E", &wr_type_date);
    const wr_field inner[] = {{"X", &wr_type_string}, {"N", wr_type_array(a, &wr_type_bigint)}};
    const wr_type *object = wr_type_struct(a, inner, 2);
    nested[0] = column("S", object);
    nested[1] = column("A", wr_type_array(a, object));
    nested[2] = column("M", wr_type_map(a, &wr_type_string, wr_type_array(a, &wr_type_double)));
    schemas[0] = (fuzz_schema){text, 4};
    schemas[1] = (fuzz_schema){numbers, 5};
    schemas[2] = (fuzz_schema){rest, 5};
    schemas[3] = (fuzz_schema){nested, 3};
}

/* The member that feeds a column, told from the document: exact name, else upper-cased, the last.
 */
static const wr_json *member_of(const wr_json *object, const char *name)
{
    const wr_json *found = wr_json_get(object, name);
    for (uint32_t i = 0; i < object->n && !found; i++) {
        wr_str key = object->keys[object->n - 1 - i];
        bool same = key.len == strlen(name);
        for (uint32_t k = 0; same && k < key.len; k++)
            same = wr_upper(key.ptr[k]) == name[k];
        if (same)
            found = &object->items[object->n - 1 - i];
    }
    return found;
}

/* Compare with what the document reader finds: the first value, whatever follows it. */
static void check_against_document(const fuzz_schema *s, const fuzz_row *row, bool unwrapped,
                                   wr_str payload, wr_arena *a)
{
    wr_json *j;
    weir_error err;
    bool is_json = wr_json_parse_first(payload, a, &j, &err) == WEIR_OK;
    if (unwrapped) /* an empty text is an empty STRING; all others must be JSON */
        return;
    if (row->ok) {
        WR_ASSERT(is_json);
        WR_ASSERT(j->kind == (row->ok == WR_DECODED ? WR_JSON_OBJECT : WR_JSON_NULL));
    }
    if (s != &schemas[0])
        return;
    /* Strings take anything, so this schema accepts every object. */
    WR_ASSERT((row->ok != 0) ==
              (is_json && (j->kind == WR_JSON_OBJECT || j->kind == WR_JSON_NULL)));
    for (uint32_t c = 0; row->ok == WR_DECODED && c < s->n; c++) {
        const wr_json *member = member_of(j, s->cols[c].name);
        WR_ASSERT(row->values[c].null == (!member || member->kind == WR_JSON_NULL));
        if (member && member->kind == WR_JSON_STRING)
            WR_ASSERT(wr_str_eq(row->values[c].u.str, member->text));
    }
}

static void check_round_trip(const fuzz_schema *s, const fuzz_row *row, wr_format_options options,
                             wr_str payload, wr_arena *a)
{
    wr_str text = fuzz_encode(WR_FORMAT_JSON, s, options, row->values, a);
    if (!text.ptr)
        return; /* an unwrapped NULL */
    fuzz_row back =
        fuzz_decode(fuzz_decoder(WR_FORMAT_JSON, s, NULL, options, a), s, NULL, text, a);
    WR_ASSERT(back.ok == WR_DECODED);
    /* Java's BigDecimal, hence the decoder, knows no negative zero. */
    bool negative_zero = memmem(text.ptr, text.len, "-0.0", 4) != NULL;
    if (!negative_zero && !fuzz_has_half_pairs(payload))
        WR_ASSERT(fuzz_equal(s, NULL, row, &back));
    wr_str second = fuzz_encode(WR_FORMAT_JSON, s, options, back.values, a);
    WR_ASSERT(negative_zero || wr_str_eq(text, second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static wr_arena *a;
    if (!schema_arena) {
        build_schemas();
        a = wr_arena_new(0);
    }
    if (!size)
        return 0;
    fuzz_schema s = schemas[data[0] % SCHEMAS];
    const fuzz_schema *schema = &schemas[data[0] % SCHEMAS];
    wr_format_options options = {.unwrapped = data[0] & 4};
    if (options.unwrapped) { /* only the column that the next bits pick */
        s = (fuzz_schema){&schema->cols[(data[0] >> 3) % schema->n], 1};
        schema = &s;
    }
    bool wanted[COLUMNS_MAX];
    for (uint32_t c = 0; c < schema->n; c++)
        wanted[c] = data[0] >> (3 + c) & 1;

    fuzz_decoders seasoned = fuzz_decoders_new(WR_FORMAT_JSON, schema, wanted, options, a);
    const char *p = (const char *)data + 1, *end = (const char *)data + size;
    for (int record = 0; record < 4; record++) {
        const char *zero = p < end ? memchr(p, 0, (size_t)(end - p)) : NULL;
        wr_str payload = wr_str_make(p, (size_t)((zero ? zero : end) - p));
        fuzz_row row = fuzz_strict_and_lazy(&seasoned, payload, a);
        /* What a decoder has learned from other records must not change anything. */
        wr_decoder *fresh = fuzz_decoder(WR_FORMAT_JSON, schema, NULL, options, a);
        fuzz_row alone = fuzz_decode(fresh, schema, NULL, payload, a);
        WR_ASSERT(alone.ok == row.ok && fuzz_equal(schema, NULL, &row, &alone));
        check_against_document(schema, &row, options.unwrapped, payload, a);
        if (row.ok == WR_DECODED)
            check_round_trip(schema, &row, options, payload, a);
        if (!zero)
            break;
        p = zero + 1;
    }
    wr_arena_reset(a);
    return 0;
}
