/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol's primitive types: what is written is read again, in both forms of lengths; every
 * cut and every impossible length is an error with its position, and nothing after it is one.
 */
#include "batch_helper.h"
#include "runtime/log/wire/primitives.h"

static void put_all(wr_buf *b, bool compact)
{
    static const uint8_t uuid[16] = "0123456789abcdef";
    wr__wire_put_i8(b, -5);
    wr__wire_put_i16(b, -300);
    wr__wire_put_i32(b, INT32_MIN);
    wr__wire_put_i64(b, INT64_MIN + 1);
    wr__wire_put_bool(b, true);
    wr__wire_put_uvarint(b, UINT32_MAX);
    wr__wire_put_varint(b, INT32_MIN);
    wr__wire_put_varlong(b, INT64_MIN);
    wr__wire_put_uuid(b, uuid);
    wr__wire_put_str(b, WR_STR("text"), compact);
    wr__wire_put_str(b, (wr_str){0}, compact);
    wr__wire_put_str(b, WR_STR(""), compact);
    wr__wire_put_bytes(b, WR_STR("bytes"), compact);
    wr__wire_put_bytes(b, (wr_str){0}, compact);
    wr__wire_put_array(b, 2, compact);
    wr__wire_put_i8(b, 1);
    wr__wire_put_i8(b, 2);
    wr__wire_put_array_null(b, compact);
    wr__wire_put_no_tags(b, compact);
}

/* @return WEIR_OK only where everything is as put_all has written it. */
static weir_status read_all(wr_wire_in *in, bool compact, weir_error *err)
{
    bool same = wr__wire_i8(in) == -5;
    same &= wr__wire_i16(in) == -300;
    same &= wr__wire_i32(in) == INT32_MIN;
    same &= wr__wire_i64(in) == INT64_MIN + 1;
    same &= wr__wire_bool(in);
    same &= wr__wire_uvarint(in) == UINT32_MAX;
    same &= wr__wire_varint(in) == INT32_MIN;
    same &= wr__wire_varlong(in) == INT64_MIN;
    same &= memcmp(wr__wire_uuid(in), "0123456789abcdef", 16) == 0;
    same &= wr_str_eq_c(wr__wire_str(in, compact), "text");
    same &= !wr__wire_str_or_null(in, compact).ptr;
    wr_str empty = wr__wire_str_or_null(in, compact);
    same &= in->failure || (empty.ptr && empty.len == 0);
    same &= wr_str_eq_c(wr__wire_bytes(in, compact), "bytes");
    same &= !wr__wire_bytes(in, compact).ptr;
    uint32_t n = wr__wire_array(in, compact, 1);
    same &= n == 2;
    for (uint32_t i = 0; i < n; i++)
        same &= wr__wire_i8(in) == (int8_t)i + 1;
    same &= wr__wire_array(in, compact, 1) == 0;
    wr__wire_tags_skip(in, compact);
    if (!in->failure)
        assert_true(same);
    return wr__wire_in_end(in, "A message", err);
}

static void test_round_trip_and_cuts(void **state)
{
    (void)state;
    for (int compact = 0; compact < 2; compact++) {
        wr_buf b = {0};
        put_all(&b, compact);
        wr_wire_in in = wr__wire_in(b.ptr, b.len);
        OK(read_all(&in, compact, err));
        for (size_t n = 0; n < b.len; n++) {
            char *exact = wr_malloc(n + 1);
            memcpy(exact, b.ptr, n);
            in = wr__wire_in(exact, n);
            FAILS(WEIR_ERR_LOG, "A message: byte ", read_all(&in, compact, err));
            wr_free(exact);
        }
        wr_buf_putc(&b, 0);
        in = wr__wire_in(b.ptr, b.len);
        FAILS(WEIR_ERR_LOG, "there are bytes after its end", read_all(&in, compact, err));
        wr_buf_free(&b);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    uint64_t seed = 1;
    wr_buf b = {0};
    for (int i = 0; i < 10000; i++) {
        uint64_t v = random_u64(&seed) >> random_below(&seed, 64);
        wr_buf_clear(&b);
        wr__wire_put_varlong(&b, (int64_t)v);
        wr__wire_put_varint(&b, (int32_t)v);
        wr__wire_put_uvarint(&b, (uint32_t)v);
        wr_wire_in in = wr__wire_in(b.ptr, b.len);
        assert_int_equal(wr__wire_varlong(&in), (int64_t)v);
        assert_int_equal(wr__wire_varint(&in), (int32_t)v);
        assert_int_equal(wr__wire_uvarint(&in), (uint32_t)v);
        OK(wr__wire_in_end(&in, "A message", err));
    }
    wr_buf_free(&b);
}

static void test_long_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        bool is_long;
        const char *says;
    } cases[] = {
        {"\xff\xff\xff\xff\x0f", 5, false, NULL},
        {"\x80\x80\x80\x80\x00", 5, false, NULL}, /* longer than it need be, as protobuf allows */
        {"\xff\xff\xff\xff\x10", 5, false, "byte 0: a variable-length number is too long"},
        {"\x80\x80\x80\x80\x80\x00", 6, false, "byte 0: a variable-length number is too long"},
        {"\xff\xff\xff\xff", 4, false, "byte 0: it ends too early"},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, true, NULL},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, true, "is too long"},
        {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11, true, "is too long"},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9, true, "byte 0: it ends too early"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_wire_in in = wr__wire_in(cases[i].bytes, cases[i].n);
        if (cases[i].is_long)
            (void)wr__wire_varlong(&in);
        else
            (void)wr__wire_uvarint(&in);
        if (cases[i].says)
            FAILS(WEIR_ERR_LOG, cases[i].says, wr__wire_in_check(&in, "X", err));
        else
            OK(wr__wire_in_end(&in, "X", err));
    }
}

/* Lengths that the bytes cannot hold, and ones below NULL's. */
static void test_lengths(void **state)
{
    (void)state;
    wr_wire_in in = wr__wire_in("\x7f\xff.....", 7);
    assert_null(wr__wire_str_or_null(&in, false).ptr);
    FAILS(WEIR_ERR_LOG, "X: byte 2: a length is greater", wr__wire_in_check(&in, "X", err));
    in = wr__wire_in("\xff\xfe", 2);
    assert_null(wr__wire_str_or_null(&in, false).ptr);
    FAILS(WEIR_ERR_LOG, "a length is negative", wr__wire_in_check(&in, "X", err));
    in = wr__wire_in("\x80\0\0\0", 4);
    assert_int_equal(wr__wire_array(&in, false, 1), 0);
    FAILS(WEIR_ERR_LOG, "a length is negative", wr__wire_in_check(&in, "X", err));
    in = wr__wire_in("\xff\xff\xff\xff\x0f.", 6);
    assert_null(wr__wire_bytes(&in, true).ptr);
    FAILS(WEIR_ERR_LOG, "a length is greater", wr__wire_in_check(&in, "X", err));
    in = wr__wire_in("\0\0\0\3aabbc", 9);
    assert_int_equal(wr__wire_array(&in, false, 2), 0);
    FAILS(WEIR_ERR_LOG, "a length is greater", wr__wire_in_check(&in, "X", err));
    in = wr__wire_in("\0", 1);
    assert_non_null(wr__wire_str(&in, true).ptr);
    FAILS(WEIR_ERR_LOG, "must be there is NULL", wr__wire_in_check(&in, "X", err));
}

static void test_first_failure_stays(void **state)
{
    (void)state;
    wr_wire_in in = wr__wire_in("\1\2\3", 3);
    assert_int_equal(wr__wire_i8(&in), 1);
    assert_int_equal(wr__wire_i32(&in), 0);
    assert_int_equal(wr__wire_i8(&in), 0);
    wr__wire_in_fail(&in, "another one");
    FAILS(WEIR_ERR_LOG, "X: byte 1: it ends too early", wr__wire_in_end(&in, "X", err));
}

/* Three tagged fields; of those with an even tag the number is read. */
static int64_t read_tags(wr_wire_in *in)
{
    int64_t sum = 0;
    for (wr_wire_tags t = wr__wire_tags(in); wr__wire_tag_next(in, &t);)
        if (t.tag % 2 == 0)
            sum += 100 * (int64_t)t.tag + wr__wire_i16(&t.field);
    return sum;
}

static void test_tagged_fields(void **state)
{
    (void)state;
    static const char good[] = "\3\2\2\0\7\3\1?\4\2\0\1";
    wr_wire_in in = wr__wire_in(good, sizeof good - 1);
    assert_int_equal(read_tags(&in), 200 + 7 + 400 + 1);
    OK(wr__wire_in_end(&in, "X", err));
    for (size_t n = 0; n < sizeof good - 1; n++) {
        in = wr__wire_in(good, n);
        (void)read_tags(&in);
        FAILS(WEIR_ERR_LOG, "X: byte ", wr__wire_in_end(&in, "X", err));
    }
    in = wr__wire_in("\2\3\1?\2\1\7", 7); /* the second has one byte only */
    (void)read_tags(&in);
    FAILS(WEIR_ERR_LOG, "X: byte 6: it ends too early", wr__wire_in_end(&in, "X", err));
    in = wr__wire_in("\1\2\3\0\7\7", 6);
    (void)read_tags(&in);
    FAILS(WEIR_ERR_LOG, "byte 5: there are bytes after the end of a tagged field",
          wr__wire_in_end(&in, "X", err));
    in = wr__wire_in("\x7f\2\3\0\7\7", 6);
    (void)read_tags(&in);
    FAILS(WEIR_ERR_LOG, "a length is greater", wr__wire_in_end(&in, "X", err));
}

static void test_size_in_front(void **state)
{
    (void)state;
    wr_buf b = {0};
    wr_buf_puts(&b, "before");
    size_t at = wr__wire_put_size_begin(&b);
    wr_buf_puts(&b, "message");
    wr__wire_put_size_end(&b, at);
    assert_int_equal(at, 6);
    assert_int_equal(b.len, 6 + 4 + 7);
    assert_int_equal(wr_get_be32(b.ptr + at), 7);
    wr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_and_cuts), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_long_numbers),        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_first_failure_stays), cmocka_unit_test(test_tagged_fields),
        cmocka_unit_test(test_size_in_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
