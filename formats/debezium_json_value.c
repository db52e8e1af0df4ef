/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debezium_json_value.c - values of change events in JSON to SQL values.
 *
 * The same column of a database comes in several forms, by the connector's settings and by the
 * digits that were declared for it. The declared type of the column says what it becomes, and the
 * schema in the record, where there is one, what it is (wr_jtype.form). Without:
 *
 *   DECIMAL             a number; an object of scale and value (a numeric without scale); a text
 *                       of digits with a point or a sign: that number; any other text: base64 of
 *                       the number without its point, which has the column's scale. So whole
 *                       numbers as texts cannot be told from base64 where they have 4, 8 ... digits
 *   TIMESTAMP           a text: ISO 8601 with a zone; a number: the unit by its size
 *   TIME                a text; a number: the unit by its size
 *   DATE                days, or a text
 *   INTEGER, BIGINT     whole numbers in range, and nothing else
 *   DOUBLE              a number; the words for NaN and the infinities; a text of digits
 *   BOOLEAN             true and false; 1 and 0, which is a TINYINT(1) of MySQL
 */
#include "formats/debezium.h"

static bool fail(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok)
{
    wr__json_conv_start_failure(c);
    wr_buf_printf(&c->message, "A change event's %s cannot be %s", wr__json_node_name(tok),
                  t->text);
    return false;
}

static wr_str raw_of(const wr_jtoken *tok)
{
    return wr_str_make(tok->ptr, tok->len);
}

/* ---- unavailable values ---- */

#define WORD        WR_DEBEZIUM_STAND_IN
#define WORD_BASE64 "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="
#define WORD_HEX    "5f5f646562657a69756d5f756e617661696c61626c655f76616c7565"
#define WORD_BYTES                                                                                 \
    "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,"     \
    "97,108,117,101]"

static bool is_one_of(const wr_jtoken *tok, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (wr_str_eq_c(raw_of(tok), texts[i]))
            return true;
    return false;
}

bool wr__debezium_unavailable(const wr_jtoken *tok)
{
    static const char *const strings[] = {WORD, WORD_BASE64, WORD_HEX};
    static const char *const arrays[] = {"[\"" WORD "\"]", "[\"" WORD_BASE64 "\"]", WORD_BYTES};
    static const char *const objects[] = {"{\"" WORD "\":\"" WORD "\"}"}; /* hstore as a map */
    switch (tok->kind) {
    case WR_J_STRING:
        return is_one_of(tok, strings, WR_ARRAY_LEN(strings));
    case WR_J_ARRAY:
        return is_one_of(tok, arrays, WR_ARRAY_LEN(arrays));
    case WR_J_OBJECT:
        return is_one_of(tok, objects, WR_ARRAY_LEN(objects));
    default:
        return false;
    }
}

/* ---- numbers ---- */

static bool to_whole(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, int64_t *out)
{
    return (tok->kind == WR_J_INT && wr_str_to_i64(raw_of(tok), out)) || fail(c, t, tok);
}

static bool to_i32(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, int32_t *out)
{
    int64_t v;
    if (!to_whole(c, t, tok, &v))
        return false;
    *out = (int32_t)v;
    return v == *out || fail(c, t, tok);
}

static bool to_boolean(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, bool *out)
{
    int64_t v;
    *out = tok->kind == WR_J_TRUE;
    if (tok->kind == WR_J_TRUE || tok->kind == WR_J_FALSE)
        return true;
    if (!to_whole(c, t, tok, &v))
        return false;
    *out = v == 1;
    return v == 0 || v == 1 || fail(c, t, tok);
}

/* Decimal digits that cannot be base64: with a point or a sign, or not in fours. */
static bool is_digits(wr_str s)
{
    bool told = s.len % 4 != 0; /* base64 comes in fours */
    for (uint32_t i = 0; i < s.len; i++) {
        char ch = s.ptr[i];
        told = told || ch == '.' || ch == '-';
        if ((ch < '0' || ch > '9') && ch != '.' && ch != '-' && ch != '+' && ch != 'E' && ch != 'e')
            return false;
    }
    return told && s.len;
}

static bool from_unscaled(wr_jconv *c, const wr_jtype *t, wr_str bytes, int64_t scale,
                          wr_value *out)
{
    WR_ASSERT(t->type->id == WR_T_DECIMAL);
    wr__json_conv_start_failure(c);
    return wr__debezium_unscaled(bytes, scale, t->type, c->scratch, out, &c->message);
}

/* VariableScaleDecimal. */
static bool from_object(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    wr_jtoken_list keys = {0}, items = {0};
    wr__json_elements(c, tok, &keys, &items);
    int64_t scale = -1;
    wr_str bytes = {0};
    for (uint32_t i = 0; i < items.n; i++) {
        if (wr_str_eq_c(raw_of(&keys.v[i]), "scale") && items.v[i].kind == WR_J_INT &&
            !wr_str_to_i64(raw_of(&items.v[i]), &scale))
            return fail(c, t, tok);
        if (wr_str_eq_c(raw_of(&keys.v[i]), "value") && !wr__json_base64(c, &items.v[i], &bytes))
            return fail(c, t, tok);
    }
    return from_unscaled(c, t, bytes, scale, out);
}

static bool to_decimal(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    WR_ASSERT(t->type->id == WR_T_DECIMAL);
    bool is_text = tok->kind == WR_J_STRING;
    wr_str text = raw_of(tok), bytes;
    if (tok->kind == WR_J_OBJECT)
        return from_object(c, t, tok, out);
    if (tok->kind == WR_J_INT || tok->kind == WR_J_REAL ||
        (is_text &&
         (t->form == WR_CONNECT_TEXT ||
          (t->form == WR_CONNECT_PLAIN && (is_digits(text) || wr_str_ieq(text, WR_STR("NaN"))))))) {
        wr__json_conv_start_failure(c);
        return wr__debezium_decimal_text(text, t->type, c->scratch, out, &c->message);
    }
    if (!wr__json_base64(c, tok, &bytes) || !bytes.len)
        return fail(c, t, tok);
    return from_unscaled(c, t, bytes, t->form == WR_CONNECT_DECIMAL ? t->scale : t->type->scale,
                         out);
}

static bool to_double(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, double *out)
{
    return (tok->kind >= WR_J_INT && wr__json_to_double(c, tok, out)) || fail(c, t, tok);
}

/* ---- times ---- */

static wr_connect_form number_form(const wr_jtype *t)
{
    return t->form == WR_CONNECT_TEXT ? WR_CONNECT_PLAIN : (wr_connect_form)t->form;
}

static bool to_timestamp(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, int64_t *out)
{
    int64_t v;
    if (tok->kind == WR_J_STRING)
        return wr__debezium_timestamp_text(wr__json_text(tok, c->scratch), out) || fail(c, t, tok);
    return to_whole(c, t, tok, &v) &&
           (wr__debezium_timestamp(number_form(t), v, out) || fail(c, t, tok));
}

static bool to_time(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, int32_t *out)
{
    int64_t v;
    if (tok->kind == WR_J_STRING)
        return wr__debezium_time_text(wr__json_text(tok, c->scratch), out) || fail(c, t, tok);
    return to_whole(c, t, tok, &v) &&
           (wr__debezium_time(number_form(t), v, out) || fail(c, t, tok));
}

static bool to_date(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, int32_t *out)
{
    if (tok->kind == WR_J_STRING)
        return wr__debezium_date_text(wr__json_text(tok, c->scratch), out) || fail(c, t, tok);
    return to_i32(c, t, tok, out);
}

/* ---- containers ---- */

static bool to_array(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    return tok->kind == WR_J_ARRAY ? wr__json_items(c, t, tok, wr__debezium_convert, out)
                                   : fail(c, t, tok);
}

static bool to_struct(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    return tok->kind == WR_J_OBJECT ? wr__json_fields(c, t, tok, wr__debezium_convert, out)
                                    : fail(c, t, tok);
}

bool wr__debezium_convert(wr_jconv *c, const wr_jtype *t, const wr_jtoken *tok, wr_value *out)
{
    *out = (wr_value){0};
    if (tok->kind <= WR_J_NULL) {
        out->null = true;
        return true;
    }
    switch (t->type->id) {
    case WR_T_BOOLEAN:
        return to_boolean(c, t, tok, &out->u.b);
    case WR_T_INTEGER:
        return to_i32(c, t, tok, &out->u.i32);
    case WR_T_BIGINT:
        return to_whole(c, t, tok, &out->u.i64);
    case WR_T_DOUBLE:
        return to_double(c, t, tok, &out->u.f64);
    case WR_T_DECIMAL:
        return to_decimal(c, t, tok, out);
    case WR_T_DATE:
        return to_date(c, t, tok, &out->u.i32);
    case WR_T_TIME:
        return to_time(c, t, tok, &out->u.i32);
    case WR_T_TIMESTAMP:
        return to_timestamp(c, t, tok, &out->u.i64);
    case WR_T_ARRAY:
        return to_array(c, t, tok, out);
    case WR_T_STRUCT:
        return to_struct(c, t, tok, out);
    default: /* STRING from anything, BYTES from base64, MAP: as in the JSON format */
        return wr__json_convert(c, t, tok, out);
    }
}
