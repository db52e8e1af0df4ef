/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debezium_value.c - what change events of JSON and of Avro have in common: what an event does, the
 * units of times, texts of times, decimals, and that nothing is written.
 *
 * Without a schema that says it, the unit of a number is told by its size. That is right for
 * moments from 1973 to 5138, and for times of a day from 00:01:27 on, if they are not nanos; where
 * it is not, WITH (DEBEZIUM_TIME_UNIT) says it (docs/debezium.md).
 */
#include "formats/debezium.h"
#include "formats/unscaled.h"

#include "types/decimal.h"
#include "types/text.h"

#define MS_MAX INT64_C(100000000000000)    /* year 5138 in milliseconds, 1973 in micros */
#define US_MAX INT64_C(100000000000000000) /* the same a thousand times */
#define DAY_MS INT64_C(86400000)
#define DAY_US (DAY_MS * 1000)
#define MYSQL_US                                                                                   \
    INT64_C(3020399999999) /* the longest TIME of MySQL, in micros: 838:59:59.999999               \
                            */
#define SCALE_MAX 10000

/* ---- events ---- */

wr_debezium_outcome wr__debezium_outcome(wr_str op)
{
    if (op.len != 1)
        return WR_DEBEZIUM_BAD;
    switch (op.ptr[0]) {
    case 'c':
    case 'r':
    case 'u':
        return WR_DEBEZIUM_ROW;
    case 'd':
        return WR_DEBEZIUM_DELETE;
    case 't':
        return WR_DEBEZIUM_TRUNCATE;
    default: /* m: a message of the database's log, and what is still to come */
        return WR_DEBEZIUM_SKIP;
    }
}

bool wr__debezium_check(const char *name, const wr_format_columns *c, wr_format_misfit *why)
{
    if (c->options && c->options->unwrapped && !c->is_key)
        return wr__misfit(why, WR_MISFIT_ALL, "The '%s' format does not support unwrapped values",
                          name);
    return wr__check_documents(name, name, c, why);
}

/* ---- times ---- */

static int64_t floor_div(int64_t v, int64_t by)
{
    WR_ASSERT(by > 0);
    return v / by - (v % by < 0);
}

bool wr__debezium_timestamp_text(wr_str s, int64_t *out)
{
    char text[40];
    uint32_t n = 0, digits = 0;
    bool fraction = false;
    for (uint32_t i = 0; i < s.len; i++) {
        bool digit = s.ptr[i] >= '0' && s.ptr[i] <= '9';
        digits = fraction && digit ? digits + 1 : 0;
        fraction = s.ptr[i] == '.' || (fraction && digit);
        if (digits > 3)
            continue;
        if (n == sizeof text)
            return false;
        text[n++] = s.ptr[i] == ' ' ? 'T' : s.ptr[i];
    }
    return wr_text_to_timestamp(wr_str_make(text, n), out);
}

static wr_str without_zone(wr_str s)
{
    if (s.len && s.ptr[s.len - 1] == 'Z')
        s.len--;
    return s;
}

bool wr__debezium_time_text(wr_str s, int32_t *out)
{
    return wr_text_to_time(without_zone(s), out);
}

bool wr__debezium_date_text(wr_str s, int32_t *out)
{
    return wr_text_to_date(without_zone(s), out);
}

bool wr__debezium_timestamp(wr_connect_form form, int64_t v, int64_t *out)
{
    switch (form) {
    case WR_CONNECT_PLAIN: {
        bool nanos = v >= US_MAX || v <= -US_MAX, micros = v >= MS_MAX || v <= -MS_MAX;
        *out = floor_div(v, nanos ? 1000000 : micros ? 1000 : 1);
        return true;
    }
    case WR_CONNECT_TIMESTAMP_MS:
        *out = v;
        return true;
    case WR_CONNECT_TIMESTAMP_US:
        *out = floor_div(v, 1000);
        return true;
    case WR_CONNECT_TIMESTAMP_NS:
        *out = floor_div(v, 1000000);
        return true;
    default:
        return false;
    }
}

bool wr__debezium_time(wr_connect_form form, int64_t v, int32_t *out)
{
    int64_t divisor;
    switch (form) {
    case WR_CONNECT_PLAIN:
        if (v > DAY_US && v <= MYSQL_US)
            return false; /* micros beyond a day, or nanos before 00:50:20 */
        divisor = v <= DAY_MS ? 1 : v <= DAY_US ? 1000 : 1000000;
        break;
    case WR_CONNECT_TIME_MS:
        divisor = 1;
        break;
    case WR_CONNECT_TIME_US:
        divisor = 1000;
        break;
    case WR_CONNECT_TIME_NS:
        divisor = 1000000;
        break;
    default:
        return false;
    }
    if (v < 0 || v / divisor > DAY_MS)
        return false;
    *out = (int32_t)(v / divisor);
    return true;
}

/* ---- decimals ---- */

bool wr__debezium_decimal_text(wr_str text, const wr_type *t, wr_arena *a, wr_value *out,
                               wr_buf *why)
{
    WR_ASSERT(t->id == WR_T_DECIMAL);
    if (wr_str_ieq(text, WR_STR("NaN"))) {
        *out = WR_VALUE_NULL;
        return true;
    }
    if (wr_dec_from_text(text, t, true, a, out) == WR_DEC_OK)
        return true;
    wr__decimal_fault(why, t, text);
    return false;
}

bool wr__debezium_unscaled(wr_str bytes, int64_t scale, const wr_type *t, wr_arena *a,
                           wr_value *out, wr_buf *why)
{
    WR_ASSERT(t->id == WR_T_DECIMAL);
    if (!bytes.len || bytes.len > SCALE_MAX || scale < 0 || scale > SCALE_MAX) {
        wr_buf_puts(why, "A change event's decimal is no number");
        return false;
    }
    int32_t digits = (int32_t)(bytes.len * 5 / 2 + 1); /* of so many bytes, at most */
    const wr_type from = {.id = WR_T_DECIMAL,
                          .precision = WR_MAX(digits, (int32_t)scale + 1),
                          .scale = (int32_t)scale};
    wr_value v = wr__unscaled_read(bytes, &from, a);
    if (wr_dec_rescale(&from, &v, t, a, out) == WR_DEC_OK && wr_dec_compare(&from, &v, t, out) == 0)
        return true;
    wr_buf text = {0};
    wr_dec_print(&text, &from, &v);
    wr__decimal_fault(why, t, wr_buf_view(&text));
    wr_buf_free(&text);
    return false;
}

/* ---- not written ---- */

weir_status wr__debezium_encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                                     weir_error *err)
{
    (void)arena, (void)out;
    return wr_error(err, WEIR_ERR_STATEMENT,
                    "The '%s' format can be read only: give the sink a VALUE_FORMAT and "
                    "a KEY_FORMAT of its own.",
                    common->class_->format.name);
}

void wr__debezium_encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf,
                         wr_str *payloads, uint8_t *ok, wr_row_errors *errs)
{
    (void)e, (void)cols, (void)sel, (void)buf, (void)payloads, (void)ok, (void)errs;
    WR_UNREACHABLE(); /* there is no encoder */
}
