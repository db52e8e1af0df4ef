/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debezium_avro_value.c - the ways of values that only change events have in Avro.
 *
 * A connector's settings decide how a column of a database is written; the declared type of the
 * column says what is to become of it. Beside Connect's ways (avro_way.c):
 *
 *   string                        DECIMAL, TIMESTAMP, TIME, DATE
 *   double, float, int, long      DECIMAL
 *   int, long                     DOUBLE
 *   int, long                     BOOLEAN: 0 and 1, a TINYINT(1) of MySQL
 *   long                          INTEGER, where it is in range
 *   record VariableScaleDecimal   DECIMAL
 *
 * A moment is never read as a time of day, nor the other way round.
 */
#include "formats/debezium.h"

#include "types/text.h"

/* ---- ways ---- */

static bool is_whole(const wr_avro_node *node)
{
    return node->kind == WR_AVRO_INT || node->kind == WR_AVRO_LONG;
}

static bool is_time_of_day(wr_connect_form form)
{
    return form == WR_CONNECT_TIME_MS || form == WR_CONNECT_TIME_US || form == WR_CONNECT_TIME_NS;
}

static bool is_moment(wr_connect_form form)
{
    return form == WR_CONNECT_TIMESTAMP_MS || form == WR_CONNECT_TIMESTAMP_US ||
           form == WR_CONNECT_TIMESTAMP_NS;
}

static bool has_event_way(const wr_avro_node *node, wr_tid id)
{
    switch (id) {
    case WR_T_BOOLEAN:
        return is_whole(node);
    case WR_T_INTEGER:
        return node->kind == WR_AVRO_LONG;
    case WR_T_DOUBLE:
        return is_whole(node);
    case WR_T_DECIMAL:
        return is_whole(node) || node->kind == WR_AVRO_DOUBLE || node->kind == WR_AVRO_FLOAT ||
               node->kind == WR_AVRO_STRING || node->form == WR_CONNECT_SCALED_DECIMAL;
    case WR_T_TIMESTAMP:
    case WR_T_TIME:
    case WR_T_DATE:
        return node->kind == WR_AVRO_STRING;
    default:
        return false;
    }
}

/* The record as a STRUCT of its two members, which then become the number. */
static const wr_avro_way *scaled_way(const wr_avro_node *node, wr_arena *a)
{
    const wr_field fields[] = {{"scale", &wr_type_integer}, {"value", &wr_type_bytes}};
    wr_avro_way *way = wr_arena_alloc(a, sizeof *way);
    *way = wr__avro_way(node, wr_type_struct(a, fields, 2), WR_AVRO_RULES_CONNECT, a);
    return way;
}

void wr__debezium_avro_way(wr_avro_way *way, wr_arena *arena)
{
    wr_tid id = way->type->id;
    const wr_avro_node *node = way->node;
    if ((id == WR_T_TIMESTAMP && is_time_of_day(node->form)) ||
        (id == WR_T_TIME && is_moment(node->form)))
        way->kind = WR_AVRO_WAY_MISMATCH;
    if (way->kind != WR_AVRO_WAY_MISMATCH || !has_event_way(node, id))
        return;
    if (node->kind == WR_AVRO_RECORD && id == WR_T_DECIMAL)
        way->elem = scaled_way(node, arena);
    way->kind = WR_AVRO_WAY_EVENT;
}

/* ---- values ---- */

static bool fail_value(wr_avro_reader *r, const wr_avro_way *way)
{
    return wr__avro_fail(r, wr_arena_printf(r->arena, "A change event's %s cannot be %s",
                                            wr__avro_kind_name(way->node->kind),
                                            wr_type_text(r->arena, way->type)));
}

static bool fail_why(wr_avro_reader *r, bool ok, wr_buf *why)
{
    if (!ok)
        (void)wr__avro_fail(r, wr_arena_strdup(r->arena, wr_buf_cstr(why)));
    wr_buf_free(why);
    return ok;
}

static bool decimal_of(wr_avro_reader *r, const wr_avro_way *way, wr_str digits, wr_value *out)
{
    WR_ASSERT(way->type->id == WR_T_DECIMAL);
    wr_buf why = {0};
    bool ok = wr__debezium_decimal_text(digits, way->type, r->arena, out, &why);
    return fail_why(r, ok, &why);
}

static bool from_text(wr_avro_reader *r, const wr_avro_way *way, wr_str text, wr_value *out)
{
    bool ok = false;
    *out = (wr_value){0};
    switch (way->type->id) {
    case WR_T_DECIMAL:
        return decimal_of(r, way, text, out);
    case WR_T_TIMESTAMP:
        ok = wr__debezium_timestamp_text(text, &out->u.i64);
        break;
    case WR_T_TIME:
        ok = wr__debezium_time_text(text, &out->u.i32);
        break;
    case WR_T_DATE:
        ok = wr__debezium_date_text(text, &out->u.i32);
        break;
    default:
        WR_UNREACHABLE();
    }
    return ok || fail_value(r, way);
}

/* The digits that a double is shown with are what the connector was told to write. */
static bool decimal_of_double(wr_avro_reader *r, const wr_avro_way *way, double v, wr_value *out)
{
    WR_ASSERT(way->type->id == WR_T_DECIMAL);
    wr_buf digits = {0};
    if (way->node->kind == WR_AVRO_FLOAT)
        wr__put_float(&digits, (float)v);
    else
        wr_text_put_double(&digits, v);
    bool ok = decimal_of(r, way, wr_buf_view(&digits), out);
    wr_buf_free(&digits);
    return ok;
}

static bool from_whole(wr_avro_reader *r, const wr_avro_way *way, int64_t v, wr_value *out)
{
    if (way->node->kind == WR_AVRO_INT && v != (int32_t)v)
        return wr__avro_fail(r, "an int is out of range");
    switch (way->type->id) {
    case WR_T_BOOLEAN:
        *out = wr_value_bool(v == 1);
        return v == 0 || v == 1 || fail_value(r, way);
    case WR_T_INTEGER:
        *out = wr_value_i32((int32_t)v);
        return v == (int32_t)v || fail_value(r, way);
    case WR_T_DOUBLE:
        *out = wr_value_f64((double)v);
        return true;
    default: {
        wr_buf digits = {0};
        wr_text_put_i64(&digits, v);
        bool ok = decimal_of(r, way, wr_buf_view(&digits), out);
        wr_buf_free(&digits);
        return ok;
    }
    }
}

bool wr__debezium_avro_value(wr_avro_reader *r, const wr_avro_way *way, const wr_avro_token *t,
                             wr_value *out)
{
    WR_ASSERT(way->kind == WR_AVRO_WAY_EVENT && !wr__avro_is_container(way->node));
    switch (way->node->kind) {
    case WR_AVRO_STRING:
        return from_text(r, way, wr_str_make(t->u.ptr, t->len), out);
    case WR_AVRO_FLOAT:
    case WR_AVRO_DOUBLE:
        return decimal_of_double(r, way, t->u.f64, out);
    default:
        return from_whole(r, way, t->u.i64, out);
    }
}

bool wr__debezium_avro_record(wr_avro_reader *r, const wr_avro_way *way, wr_value *out)
{
    wr_value parts;
    WR_ASSERT(way->kind == WR_AVRO_WAY_EVENT && way->elem);
    if (!wr__avro_read(r, way->elem, &parts))
        return false;
    const wr_value *scale = &parts.u.nest->items[0], *bytes = &parts.u.nest->items[1];
    if (scale->null || bytes->null)
        return fail_value(r, way);
    wr_buf why = {0};
    bool ok = wr__debezium_unscaled(bytes->u.str, scale->u.i32, way->type, r->arena, out, &why);
    return fail_why(r, ok, &why);
}

/* ---- unavailable values ---- */

static const wr_str stand_in = {WR_DEBEZIUM_STAND_IN, sizeof WR_DEBEZIUM_STAND_IN - 1};

/* An element that may be of a union; false: it is null, or the bytes end. */
static bool enter_element(wr_avro_reader *r, const wr_avro_node **node)
{
    uint32_t branch;
    if ((*node)->kind != WR_AVRO_UNION)
        return true;
    if (!wr__avro_branch(r, (*node)->n, &branch))
        return false;
    *node = (*node)->branches[branch];
    return true;
}

/* Element @p i of @p n: is it the stand-in, alone, or one of the numbers that are its bytes? */
static bool is_piece(wr_avro_reader *r, const wr_avro_node *node, uint64_t i, uint64_t n)
{
    wr_avro_token t;
    if (!enter_element(r, &node) || wr__avro_is_container(node) || node->kind == WR_AVRO_NULL ||
        !wr__avro_token(r, node, &t))
        return false;
    if (is_whole(node))
        return n == stand_in.len && t.u.i64 == stand_in.ptr[i];
    return n == 1 && (node->kind == WR_AVRO_STRING || node->kind == WR_AVRO_BYTES) &&
           wr_str_eq(wr_str_make(t.u.ptr, t.len), stand_in);
}

bool wr__debezium_avro_unavailable(const wr_avro_way *way, const wr_avro_token *t)
{
    const wr_avro_node *node = way->node;
    if (t->null)
        return false;
    if (node->kind == WR_AVRO_STRING || node->kind == WR_AVRO_BYTES)
        return t->len == stand_in.len && memcmp(t->u.ptr, stand_in.ptr, stand_in.len) == 0;
    if (node->kind != WR_AVRO_ARRAY)
        return false;
    wr_avro_reader r = {.p = t->u.ptr, .end = t->u.ptr + t->len};
    uint64_t count;
    int64_t size;
    if (!wr__avro_block(&r, node, &count, &size) || (count != 1 && count != stand_in.len))
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!is_piece(&r, node->elem, i, count))
            return false;
    return wr__avro_block(&r, node, &count, &size) && count == 0;
}
