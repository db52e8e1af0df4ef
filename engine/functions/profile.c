/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles while they grow: adding a row, and merging; see profile.h. profile_bytes.c has the
 * bytes.
 *
 * A value's bytes serve three ends: they are hashed for the distinct and the frequent values, they
 * are what is shown of the latter, and MIN and MAX are kept as them.
 *
 * What a value of a column costs, about a hundred nanoseconds: a hash of its bytes; a register that
 * is raised, which is rare after the first thousands; a look-up among 128 values, and a taking from
 * all of them for each 64 new ones; two comparisons with the ends; a place on a level, whose
 * compaction costs a few nanoseconds for each number; a step of the mean. Nothing is allocated for
 * it but what the sketches grow by, and they stop growing.
 */
#include "engine/functions/profile.h"

#include "common/utf8.h"
#include "types/decimal.h"

#include <math.h>

/* DECIMALs of more than 38 digits have no bytes of one length; nobody has asked for them yet. */
bool wr__profile_takes(const wr_type *t)
{
    switch (t->id) {
    case WR_T_NULL:
    case WR_T_UNIT:
        return false;
    case WR_T_DECIMAL:
        return wr_dec_is_small(t);
    default:
        return true;
    }
}

/* Only the types' numbers are kept: what is in an ARRAY or STRUCT does not outlive the statement.
 */
wr__profile *wr__profile_new(wr_arena *a, const wr_type *const *types, uint32_t n)
{
    WR_ASSERT(n <= WR__PROFILE_COLUMNS);
    wr__profile *p = WR_NEW(a, wr__profile);
    p->n = n;
    p->columns = WR_NEW_N(a, wr__profile_column, n);
    for (uint32_t c = 0; c < n; c++) {
        WR_ASSERT(wr__profile_takes(types[c]));
        p->columns[c].type = (wr_type){
            .id = types[c]->id, .precision = types[c]->precision, .scale = types[c]->scale};
        wr__quantiles_init(&p->columns[c].quantiles);
    }
    return p;
}

/* ------------------------------------------------------------------ a value's bytes */

/* As 64 bits, whatever the column's width: INTEGER and BIGINT merge. */
static wr_str number_bytes(char *to, uint64_t v)
{
    wr_put_be64(to, v);
    return wr_str_make(to, 8);
}

/* Room for what is not bytes already. */
enum { VALUE_ROOM = 16 };

/* @p nested: for what is in an ARRAY, MAP or STRUCT. */
static wr_str bytes_of(const wr_type *t, const wr_value *v, char *room, wr_buf *nested)
{
    uint64_t bits;
    switch (t->id) {
    case WR_T_BOOLEAN:
        room[0] = v->u.b;
        return wr_str_make(room, 1);
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        return number_bytes(room, (uint64_t)(int64_t)v->u.i32);
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return number_bytes(room, (uint64_t)v->u.i64);
    case WR_T_DOUBLE:
        memcpy(&bits, &v->u.f64, 8);
        return number_bytes(room, isnan(v->u.f64) ? UINT64_C(0x7ff8) << 48 : bits);
    case WR_T_DECIMAL:
        wr_put_be64(room, (uint64_t)((unsigned __int128)v->u.dec >> 64));
        wr_put_be64(room + 8, (uint64_t)v->u.dec);
        return wr_str_make(room, 16);
    case WR_T_STRING:
    case WR_T_BYTES:
        return v->u.str;
    default:
        wr_value_encode(nested, t, v);
        return wr_buf_view(nested);
    }
}

/* Bytes were checked for their length where they were read (profile_bytes.c). Types without ends
 * and frequent values never come here. */
wr_value wr__profile_value(const wr_type *t, wr_str bytes)
{
    uint64_t bits;
    wr_value v = {0};
    switch (t->id) {
    case WR_T_BOOLEAN:
        return wr_value_bool(bytes.ptr[0] != 0);
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        return wr_value_i32((int32_t)wr_get_be64(bytes.ptr));
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return wr_value_i64((int64_t)wr_get_be64(bytes.ptr));
    case WR_T_DOUBLE:
        bits = wr_get_be64(bytes.ptr);
        memcpy(&v.u.f64, &bits, 8);
        return v;
    case WR_T_DECIMAL:
        v.u.dec =
            (wr_i128)((unsigned __int128)wr_get_be64(bytes.ptr) << 64 | wr_get_be64(bytes.ptr + 8));
        return v;
    default:
        return wr_value_str(bytes);
    }
}

/* At most WR__FREQUENT_BYTES of them; of a text whole characters. */
/* A character of a text is never cut: shown texts go to JSON. */
static wr_str shown_of(const wr_type *t, wr_str bytes)
{
    if (bytes.len <= WR__FREQUENT_BYTES)
        return bytes;
    uint32_t len = WR__FREQUENT_BYTES;
    while (t->id == WR_T_STRING && len > 0 && ((uint8_t)bytes.ptr[len] & 0xc0) == 0x80)
        len--;
    return wr_str_make(bytes.ptr, len);
}

/* ------------------------------------------------------------------ kinds and measures */

/* The end of the digits from @p p on. */
static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* 2024-05-01, and what may follow. Whether the day exists is not asked. */
static wr__profile_kind date_kind(const char *p, size_t len)
{
    static const char form[] = "dddd-dd-ddTdd:dd";
    size_t n = WR_MIN(len, sizeof form - 1);
    for (size_t k = 0; k < n; k++) {
        bool ok = form[k] == 'd'   ? p[k] >= '0' && p[k] <= '9'
                  : form[k] == 'T' ? p[k] == 'T' || p[k] == ' '
                                   : p[k] == form[k];
        if (!ok)
            return WR__KIND_VALUE;
    }
    return len == 10 ? WR__KIND_DATE : n == 16 ? WR__KIND_TIMESTAMP : WR__KIND_VALUE;
}

/* What a text reads like: as a JSON number would be written, but for leading zeroes and signs. */
static wr__profile_kind text_kind(wr_str s)
{
    const char *p = s.ptr, *end = p + s.len;
    if (s.len == 0)
        return WR__KIND_VALUE;
    if (*p == 't' || *p == 'T' || *p == 'f' || *p == 'F')
        return wr_str_ieq(s, wr_str_c("true")) || wr_str_ieq(s, wr_str_c("false"))
                   ? WR__KIND_BOOLEAN
                   : WR__KIND_VALUE;
    p += *p == '-' || *p == '+';
    const char *from = p;
    p = skip_digits(p, end);
    if (p == from)
        return WR__KIND_VALUE;
    if (p == end)
        return WR__KIND_INTEGER;
    /* Four digits and a dash may be a date; no number goes on so. */
    if (*p == '-' && p == s.ptr + 4)
        return date_kind(s.ptr, s.len);
    if (*p == '.') {
        from = p + 1;
        p = skip_digits(from, end);
        if (p == from)
            return WR__KIND_VALUE;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '-' || *p == '+');
        from = p;
        p = skip_digits(p, end);
        if (p == from)
            return WR__KIND_VALUE;
    }
    return p == end ? WR__KIND_NUMBER : WR__KIND_VALUE;
}

/* Other types have one kind, so nothing is looked at. */
static wr__profile_kind kind_of(const wr_type *t, const wr_value *v)
{
    if (t->id == WR_T_STRING)
        return text_kind(v->u.str);
    if (t->id == WR_T_DOUBLE && !isfinite(v->u.f64))
        return isnan(v->u.f64) ? WR__KIND_NAN : WR__KIND_INFINITY;
    return WR__KIND_VALUE;
}

/* @return false: nothing is measured of a value of this type. */
static bool measure_of(const wr_type *t, const wr_value *v, double *out)
{
    switch (t->id) {
    case WR_T_BOOLEAN:
        *out = v->u.b;
        return true;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        *out = v->u.i32;
        return true;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        *out = (double)v->u.i64;
        return true;
    case WR_T_DOUBLE:
        *out = v->u.f64;
        return isfinite(v->u.f64);
    case WR_T_DECIMAL:
        *out = wr_dec_to_double(t, v);
        return true;
    case WR_T_STRING:
        *out = wr_utf16_len(v->u.str);
        return true;
    case WR_T_BYTES:
        *out = v->u.str.len;
        return true;
    case WR_T_ARRAY:
    case WR_T_MAP:
        *out = v->u.nest->n;
        return true;
    default:
        return false;
    }
}

/* ------------------------------------------------------------------ adding */

/* A new end. The bytes may be those of a row, so they are copied. */
static void set_end(wr__profile_end *e, wr_str bytes)
{
    WR_ASSERT(bytes.len <= WR__FREQUENT_BYTES);
    e->known = true;
    e->len = (uint8_t)bytes.len;
    if (bytes.len)
        memcpy(e->bytes, bytes.ptr, bytes.len);
}

/* @p v: the value of @p bytes, which are cut; the order is that of MIN and MAX. */
static void see_ends(wr__profile_column *c, const wr_value *v, wr_str bytes)
{
    if (!c->min.known) {
        set_end(&c->min, bytes);
        set_end(&c->max, bytes);
        return;
    }
    wr_value min = wr__profile_value(&c->type, wr_str_make(c->min.bytes, c->min.len));
    wr_value max = wr__profile_value(&c->type, wr_str_make(c->max.bytes, c->max.len));
    if (wr_value_compare(&c->type, v, &min) < 0)
        set_end(&c->min, bytes);
    if (wr_value_compare(&c->type, v, &max) > 0)
        set_end(&c->max, bytes);
}

/* Types with an order, and with bytes that can be shown: no nested ones. */
static bool has_ends(const wr_type *t)
{
    return t->id < WR_T_ARRAY;
}

/* One value of one column: this is what a row costs, ten times over. The hash is computed once for
 * both sketches that need it. Mean and m2 are updated by Welford's method, so nothing cancels. */
static void add_value(wr__profile_column *c, wr_arena *a, const wr_type *t, const wr_value *v)
{
    char room[VALUE_ROOM];
    wr_buf nested = {0};
    wr__profile_kind kind = kind_of(t, v);
    wr_str bytes = bytes_of(t, v, room, &nested);
    uint64_t hash = wr__sketch_hash(bytes);
    c->kinds[kind]++;
    wr__distinct_add(&c->distinct, a, hash);
    if (has_ends(t)) {
        wr_str shown = shown_of(t, bytes);
        wr__frequent_add(&c->frequent, a, hash, shown, shown.len < bytes.len);
        /* NaN has no place in an order that users would expect; as a frequent value it is shown. */
        if (kind != WR__KIND_NAN) {
            wr_value cut = shown.len < bytes.len ? wr_value_str(shown) : *v;
            see_ends(c, &cut, shown);
        }
    }
    double x;
    if (measure_of(t, v, &x)) {
        wr__quantiles_add(&c->quantiles, a, x);
        double from = x - c->mean;
        c->mean += from / (double)c->quantiles.n;
        c->m2 += from * (x - c->mean);
    }
    wr_buf_free(&nested);
}

/* The count of rows bounds all other counts, so it is the only one that is checked. */
bool wr__profile_add(wr__profile *p, wr_arena *a, const wr_type *const *types,
                     const wr_value *values)
{
    if (p->rows >= WR__PROFILE_ROWS)
        return false;
    p->rows++;
    for (uint32_t c = 0; c < p->n; c++) {
        if (values[c].null)
            p->columns[c].nulls++;
        else
            add_value(&p->columns[c], a, types[c], &values[c]);
    }
    return true;
}

/* ------------------------------------------------------------------ merging */

/* These two have the same bytes, hashes and order, so one profile may hold both: what a topic held
 * before and after a change of its schema. */
static bool is_integer(const wr_type *t)
{
    return t->id == WR_T_INTEGER || t->id == WR_T_BIGINT;
}

/* INTEGER and BIGINT have the same bytes: a column that has become wider goes on. */
static bool same_values(const wr_type *x, const wr_type *y)
{
    if (is_integer(x) && is_integer(y))
        return true;
    return x->id == y->id && x->scale == y->scale;
}

/* All checks come before the first change: a refused profile leaves the other as it was. */
static const char *why_not(const wr__profile *p, const wr__profile *other)
{
    if (other->rows > WR__PROFILE_ROWS - p->rows)
        return "the profiles have too many rows together";
    if (p->n != other->n)
        return "the profiles have different numbers of columns";
    for (uint32_t c = 0; c < p->n; c++)
        if (!same_values(&p->columns[c].type, &other->columns[c].type))
            return "the profiles have columns of different types";
    return NULL;
}

/* Chan, Golub and LeVeque, as STDDEV_SAMPLE's merge. */
static void merge_moments(wr__profile_column *c, const wr__profile_column *other)
{
    double x = (double)c->quantiles.n, y = (double)other->quantiles.n;
    if (y == 0)
        return;
    /* x may be 0: then these are the other's. */
    double apart = other->mean - c->mean;
    c->m2 += other->m2 + apart * apart * x * y / (x + y);
    c->mean += apart * y / (x + y);
}

/* MIN and MAX of the other are seen as two values: the ends of both are among the four. */
static void merge_columns(wr__profile_column *c, wr_arena *a, const wr__profile_column *other)
{
    if (c->type.id == WR_T_INTEGER || c->type.precision < other->type.precision)
        c->type = other->type; /* the wider one */
    c->nulls += other->nulls;
    for (uint32_t k = 0; k < WR__KINDS; k++)
        c->kinds[k] += other->kinds[k];
    const wr__profile_end *ends[] = {&other->min, &other->max};
    for (int k = 0; k < 2; k++) {
        wr_str bytes = wr_str_make(ends[k]->bytes, ends[k]->len);
        if (!ends[k]->known)
            continue;
        wr_value v = wr__profile_value(&c->type, bytes);
        see_ends(c, &v, bytes);
    }
    merge_moments(c, other); /* by the counts of the quantiles, so before they change */
    wr__distinct_merge(&c->distinct, a, &other->distinct);
    wr__frequent_merge(&c->frequent, a, &other->frequent);
    wr__quantiles_merge(&c->quantiles, a, &other->quantiles);
}

/* A profile without columns is what a merge begins with: it takes the other's, memory included.
 * That lives in the same arena. */
const char *wr__profile_merge(wr__profile *p, wr_arena *a, const wr__profile *other)
{
    WR_ASSERT(p != other);
    if (other->n == 0)
        return NULL;
    if (p->n == 0) {
        *p = *other;
        return NULL;
    }
    const char *why = why_not(p, other);
    if (why)
        return why;
    p->rows += other->rows;
    for (uint32_t c = 0; c < p->n; c++)
        merge_columns(&p->columns[c], a, &other->columns[c]);
    WR_ASSERT(p->rows <= WR__PROFILE_ROWS);
    return NULL;
}
