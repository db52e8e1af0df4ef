/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client of /inserts-stream may write for a column of each type:
 *
 *     BOOLEAN true, false        INTEGER, BIGINT  a whole number in range     DOUBLE  any number
 *     DECIMAL number or text     STRING  text                                 BYTES   base64
 *     DATE, TIME, TIMESTAMP text ARRAY   array                                MAP, STRUCT object
 *     any     null
 *
 * One function for each kind of value, by the type of the column. Numbers are read from their text,
 * so that none goes by way of a double but those that become one.
 */
#include "runtime/statement/json_row.h"
#include "common/utf8.h"
#include "types/decimal.h"
#include "types/text.h"

#include <errno.h>
#include <stdlib.h>

/** Characters of a value that a message shows. */
#define SHOWN_MAX 60

/* ksqlDB's words for a value of another kind than its column's. */
static weir_status misfit(const wr_json *j, const wr_type *t, weir_error *err)
{
    static const char *const kinds[] = {
        [WR_JSON_NULL] = "null",     [WR_JSON_FALSE] = "boolean", [WR_JSON_TRUE] = "boolean",
        [WR_JSON_NUMBER] = "number", [WR_JSON_STRING] = "string", [WR_JSON_ARRAY] = "array",
        [WR_JSON_OBJECT] = "object"};
    wr_buf type = {0};
    wr_type_print(&type, t);
    int shown = (int)WR_MIN(j->raw.len, (size_t)SHOWN_MAX);
    while (shown > 0 && shown < (int)j->raw.len &&
           ((unsigned char)j->raw.ptr[shown] & 0xc0) == 0x80)
        shown--; /* not within a letter */
    wr_error(err, WEIR_ERR_RECORD, "Can't coerce a field of type %s (%.*s%s) into type %s",
             kinds[j->kind], shown, j->raw.ptr, (size_t)shown < j->raw.len ? "..." : "",
             wr_buf_cstr(&type));
    wr_buf_free(&type);
    return WEIR_ERR_RECORD;
}

/* Digits with a sign, in range: 1.0 and 1e3 are no integers. */
static bool to_integer(wr_str s, int64_t min, int64_t max, int64_t *out)
{
    char text[24];
    if (s.len == 0 || s.len >= sizeof text)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if ((s.ptr[i] < '0' || s.ptr[i] > '9') && !(i == 0 && s.ptr[i] == '-'))
            return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    errno = 0;
    long long v = strtoll(text, NULL, 10);
    *out = v;
    return errno == 0 && v >= min && v <= max;
}

/* As ksqlDB's identifiers: without quotes they are in upper case, whatever was typed, so a column
 * whose name has small letters is only found with quotes. By the first back-quote of a name it is
 * meant exactly. */
static bool names(wr_str name, const char *column)
{
    WR_ASSERT(column && (name.ptr || name.len == 0));
    size_t n = strlen(column);
    if (name.len >= 2 && name.ptr[0] == '`' && name.ptr[name.len - 1] == '`')
        return name.len - 2 == n && memcmp(name.ptr + 1, column, n) == 0;
    if (name.len != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = name.ptr[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (c != column[i])
            return false;
    }
    return true;
}

/* From the end, since of several the last counts. */
static const wr_json *member(const wr_json *object, const char *column)
{
    WR_ASSERT(object->kind == WR_JSON_OBJECT);
    for (uint32_t i = object->n; i-- > 0;)
        if (names(object->keys[i], column))
            return &object->items[i];
    return NULL;
}

/* What is nested is converted member by member, by the same rules. */
static weir_status convert(const wr_json *j, const wr_type *t, wr_arena *a, wr_value *out,
                           weir_error *err);

/* The value of a type that a JSON number can be; false: it is of another kind, or out of range. */
static bool convert_number(const wr_json *j, const wr_type *t, wr_arena *a, wr_value *out)
{
    int64_t v;
    WR_ASSERT(j->kind == WR_JSON_NUMBER && j->text.len > 0);
    switch (t->id) {
    case WR_T_INTEGER:
        if (!to_integer(j->text, INT32_MIN, INT32_MAX, &v))
            return false;
        *out = wr_value_i32((int32_t)v);
        return true;
    case WR_T_BIGINT:
        if (!to_integer(j->text, INT64_MIN, INT64_MAX, &v))
            return false;
        *out = wr_value_i64(v);
        return true;
    case WR_T_DOUBLE:
        *out = wr_value_f64(0);
        return wr_text_to_double(j->text, &out->u.f64);
    case WR_T_DECIMAL:
        return wr_dec_from_text(j->text, t, false, a, out) == WR_DEC_OK;
    default:
        return false;
    }
}

/* The same of a JSON string. What is not the text itself is copied, since the document goes before
 * the row is written. */
static bool convert_text(const wr_json *j, const wr_type *t, wr_arena *a, wr_value *out)
{
    wr_buf bytes = {0};
    bool good;
    WR_ASSERT(j->kind == WR_JSON_STRING);
    switch (t->id) {
    case WR_T_STRING:
        *out = wr_value_str(wr_arena_str(a, j->text));
        return true;
    case WR_T_DECIMAL:
        return wr_dec_from_text(j->text, t, false, a, out) == WR_DEC_OK;
    case WR_T_BYTES:
        good = wr_text_from_base64(&bytes, j->text);
        if (good)
            *out =
                wr_value_str(wr_arena_str(a, wr_str_make(bytes.len ? bytes.ptr : "", bytes.len)));
        wr_buf_free(&bytes);
        return good;
    case WR_T_DATE:
        *out = wr_value_i32(0);
        return wr_text_to_date(j->text, &out->u.i32);
    case WR_T_TIME:
        *out = wr_value_i32(0);
        return wr_text_to_time(j->text, &out->u.i32);
    case WR_T_TIMESTAMP:
        *out = wr_value_i64(0);
        return wr_text_to_timestamp(j->text, &out->u.i64);
    default:
        return false;
    }
}

/* Items keep their places; one that does not fit fails the row, and is what its message names. */
static weir_status convert_array(const wr_json *j, const wr_type *t, wr_arena *a, wr_value *out,
                                 weir_error *err)
{
    WR_ASSERT(t->id == WR_T_ARRAY && t->elem);
    wr_nest *nest = wr_nest_new(a, j->n, false);
    for (uint32_t i = 0; i < j->n; i++)
        WR_TRY(convert(&j->items[i], t->elem, a, &nest->items[i], err));
    *out = wr_value_nest(nest);
    return WEIR_OK;
}

/* A MAP's key that is no STRING cannot come from JSON. Of a key that comes twice the last counts,
 * in the place of the first. */
static weir_status convert_map(const wr_json *j, const wr_type *t, wr_arena *a, wr_value *out,
                               weir_error *err)
{
    if (t->key->id != WR_T_STRING)
        return misfit(j, t, err);
    wr_nest *nest = wr_nest_new(a, j->n, true);
    uint32_t n = 0;
    for (uint32_t i = 0; i < j->n; i++) {
        uint32_t at = 0;
        while (at < n && !wr_str_eq(nest->keys[at].u.str, j->keys[i]))
            at++;
        WR_TRY(convert(&j->items[i], t->elem, a, &nest->items[at], err));
        if (at == n)
            nest->keys[n++] = wr_value_str(wr_arena_str(a, j->keys[i]));
    }
    nest->n = n;
    *out = wr_value_nest(nest);
    return WEIR_OK;
}

/* Fields are found as columns are; those without a member are NULL, members without a field are
 * left out. */
static weir_status convert_struct(const wr_json *j, const wr_type *t, wr_arena *a, wr_value *out,
                                  weir_error *err)
{
    WR_ASSERT(t->id == WR_T_STRUCT);
    wr_nest *nest = wr_nest_new(a, t->fields_n, false);
    for (uint32_t i = 0; i < t->fields_n; i++) {
        const wr_json *m = member(j, t->fields[i].name);
        if (m)
            WR_TRY(convert(m, t->fields[i].type, a, &nest->items[i], err));
    }
    *out = wr_value_nest(nest);
    return WEIR_OK;
}

/* Depth is bounded by that of the document and of the type. */
static weir_status convert(const wr_json *j, const wr_type *t, wr_arena *a, wr_value *out,
                           weir_error *err)
{
    bool good = false;
    switch (j->kind) {
    case WR_JSON_NULL:
        *out = WR_VALUE_NULL;
        return WEIR_OK;
    case WR_JSON_FALSE:
    case WR_JSON_TRUE:
        good = t->id == WR_T_BOOLEAN;
        *out = wr_value_bool(j->kind == WR_JSON_TRUE);
        break;
    case WR_JSON_NUMBER:
        good = convert_number(j, t, a, out);
        break;
    case WR_JSON_STRING:
        good = convert_text(j, t, a, out);
        break;
    case WR_JSON_ARRAY:
        if (t->id == WR_T_ARRAY)
            return convert_array(j, t, a, out, err);
        break;
    case WR_JSON_OBJECT:
        if (t->id == WR_T_MAP)
            return convert_map(j, t, a, out, err);
        if (t->id == WR_T_STRUCT)
            return convert_struct(j, t, a, out, err);
        break;
    }
    return good ? WEIR_OK : misfit(j, t, err);
}

/* Headers come with a record from outside; nobody can give them here, and a member of that name is
 * as any other that is no column. */
weir_status wr__json_row(const wr_schema *schema, const wr_json *object, wr_arena *a, wr_value *out,
                         weir_error *err)
{
    if (object->kind != WR_JSON_OBJECT)
        return wr_error(err, WEIR_ERR_RECORD, "Invalid JSON in inserts stream");
    for (uint32_t i = 0; i < schema->n; i++) {
        const wr_column *c = &schema->cols[i];
        out[i] = WR_VALUE_NULL;
        if (c->role != WR_COL_KEY && c->role != WR_COL_VALUE)
            continue;
        const wr_json *m = member(object, c->name);
        if (m)
            WR_TRY(convert(m, c->type, a, &out[i], err));
        if (c->role == WR_COL_KEY && out[i].null)
            return wr_error(err, WEIR_ERR_RECORD, "Key field must be specified: %s", c->name);
    }
    return WEIR_OK;
}
