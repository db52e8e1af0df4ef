/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL types: construction, comparison and text. Types are immutable trees; the simple ones are the
 * singletons below, all others live in the caller's arena and borrow their parts (the caller hands
 * in parts of the same or a longer life; wr_type_copy is for everything else).
 *
 * Recursion follows the type's nesting, which the parser bounds.
 */
#include "types/type.h"

#include "types/text.h"

const wr_type wr_type_null = {.id = WR_T_NULL};
const wr_type wr_type_boolean = {.id = WR_T_BOOLEAN};
const wr_type wr_type_integer = {.id = WR_T_INTEGER};
const wr_type wr_type_bigint = {.id = WR_T_BIGINT};
const wr_type wr_type_double = {.id = WR_T_DOUBLE};
const wr_type wr_type_string = {.id = WR_T_STRING};
const wr_type wr_type_bytes = {.id = WR_T_BYTES};
const wr_type wr_type_date = {.id = WR_T_DATE};
const wr_type wr_type_time = {.id = WR_T_TIME};
const wr_type wr_type_timestamp = {.id = WR_T_TIMESTAMP};
const wr_type wr_type_unit = {.id = WR_T_UNIT};

/* Indexed by wr_tid; NULL where the type has no singleton. */
static const wr_type *const singletons[WR_T_N] = {
    [WR_T_NULL] = &wr_type_null,       [WR_T_BOOLEAN] = &wr_type_boolean,
    [WR_T_INTEGER] = &wr_type_integer, [WR_T_BIGINT] = &wr_type_bigint,
    [WR_T_DOUBLE] = &wr_type_double,   [WR_T_STRING] = &wr_type_string,
    [WR_T_BYTES] = &wr_type_bytes,     [WR_T_DATE] = &wr_type_date,
    [WR_T_TIME] = &wr_type_time,       [WR_T_TIMESTAMP] = &wr_type_timestamp,
    [WR_T_UNIT] = &wr_type_unit,
};

static const char *const names[WR_T_N] = {
    [WR_T_NULL] = "NULL",     [WR_T_BOOLEAN] = "BOOLEAN",     [WR_T_INTEGER] = "INTEGER",
    [WR_T_BIGINT] = "BIGINT", [WR_T_DOUBLE] = "DOUBLE",       [WR_T_DECIMAL] = "DECIMAL",
    [WR_T_STRING] = "STRING", [WR_T_BYTES] = "BYTES",         [WR_T_DATE] = "DATE",
    [WR_T_TIME] = "TIME",     [WR_T_TIMESTAMP] = "TIMESTAMP", [WR_T_ARRAY] = "ARRAY",
    [WR_T_MAP] = "MAP",       [WR_T_STRUCT] = "STRUCT",       [WR_T_UNIT] = "INTERVALUNIT",
};

const wr_type *wr_type_decimal(wr_arena *a, int32_t precision, int32_t scale)
{
    WR_ASSERT(precision >= 1 && scale >= 0 && scale <= precision);
    wr_type *t = WR_NEW(a, wr_type);
    t->id = WR_T_DECIMAL;
    t->precision = precision;
    t->scale = scale;
    return t;
}

const wr_type *wr_type_array(wr_arena *a, const wr_type *elem)
{
    WR_ASSERT(elem);
    wr_type *t = WR_NEW(a, wr_type);
    t->id = WR_T_ARRAY;
    t->elem = elem;
    return t;
}

const wr_type *wr_type_map(wr_arena *a, const wr_type *key, const wr_type *value)
{
    WR_ASSERT(key && value);
    wr_type *t = WR_NEW(a, wr_type);
    t->id = WR_T_MAP;
    t->key = key;
    t->elem = value;
    return t;
}

const wr_type *wr_type_struct(wr_arena *a, const wr_field *fields, uint32_t n)
{
    WR_ASSERT(n == 0 || fields);
    wr_field *own = WR_NEW_N(a, wr_field, n);
    for (uint32_t i = 0; i < n; i++) {
        WR_ASSERT(fields[i].name && fields[i].type);
        own[i].name = wr_arena_strdup(a, fields[i].name);
        own[i].type = fields[i].type;
    }
    wr_type *t = WR_NEW(a, wr_type);
    t->id = WR_T_STRUCT;
    t->fields = own;
    t->fields_n = n;
    return t;
}

const wr_type *wr_type_copy(wr_arena *a, const wr_type *t)
{
    if (!t)
        return NULL;
    WR_ASSERT((unsigned)t->id < WR_T_N);
    if (singletons[t->id])
        return singletons[t->id];
    wr_type *own = WR_NEW(a, wr_type);
    *own = *t;
    own->key = wr_type_copy(a, t->key);
    own->elem = wr_type_copy(a, t->elem);
    wr_field *fields = WR_NEW_N(a, wr_field, t->fields_n);
    for (uint32_t i = 0; i < t->fields_n; i++) {
        fields[i].name = wr_arena_strdup(a, t->fields[i].name);
        fields[i].type = wr_type_copy(a, t->fields[i].type);
    }
    own->fields = fields;
    return own;
}

bool wr_type_equal(const wr_type *a, const wr_type *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->id != b->id)
        return false;
    switch (a->id) {
    case WR_T_DECIMAL:
        return a->precision == b->precision && a->scale == b->scale;
    case WR_T_MAP:
        return wr_type_equal(a->key, b->key) && wr_type_equal(a->elem, b->elem);
    case WR_T_ARRAY:
        return wr_type_equal(a->elem, b->elem);
    case WR_T_STRUCT:
        if (a->fields_n != b->fields_n)
            return false;
        for (uint32_t i = 0; i < a->fields_n; i++)
            if (strcmp(a->fields[i].name, b->fields[i].name) != 0 ||
                !wr_type_equal(a->fields[i].type, b->fields[i].type))
                return false;
        return true;
    default:
        return true;
    }
}

int wr_type_field(const wr_type *t, const char *name)
{
    WR_ASSERT(t->id == WR_T_STRUCT);
    for (uint32_t i = 0; i < t->fields_n; i++)
        if (strcmp(t->fields[i].name, name) == 0)
            return (int)i;
    return -1;
}

bool wr_type_contains(const wr_type *t, wr_tid id)
{
    if (!t)
        return false;
    if (t->id == id || wr_type_contains(t->key, id) || wr_type_contains(t->elem, id))
        return true;
    for (uint32_t i = 0; i < t->fields_n; i++)
        if (wr_type_contains(t->fields[i].type, id))
            return true;
    return false;
}

void wr_type_print(wr_buf *out, const wr_type *t)
{
    WR_ASSERT((unsigned)t->id < WR_T_N && names[t->id]);
    wr_buf_puts(out, names[t->id]);
    switch (t->id) {
    case WR_T_DECIMAL:
        wr_buf_printf(out, "(%d, %d)", t->precision, t->scale);
        break;
    case WR_T_ARRAY:
        wr_buf_putc(out, '<');
        wr_type_print(out, t->elem);
        wr_buf_putc(out, '>');
        break;
    case WR_T_MAP:
        wr_buf_putc(out, '<');
        wr_type_print(out, t->key);
        wr_buf_puts(out, ", ");
        wr_type_print(out, t->elem);
        wr_buf_putc(out, '>');
        break;
    case WR_T_STRUCT:
        wr_buf_putc(out, '<');
        for (uint32_t i = 0; i < t->fields_n; i++) {
            if (i)
                wr_buf_puts(out, ", ");
            wr_text_put_quoted(out, wr_str_c(t->fields[i].name), '`');
            wr_buf_putc(out, ' ');
            wr_type_print(out, t->fields[i].type);
        }
        wr_buf_putc(out, '>');
        break;
    default:
        break;
    }
}

const char *wr_type_text(wr_arena *a, const wr_type *t)
{
    wr_buf b = {0};
    wr_type_print(&b, t);
    const char *s = wr_arena_strndup(a, b.ptr, b.len);
    wr_buf_free(&b);
    return s;
}
