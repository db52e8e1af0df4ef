/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The codecs: round trips of every size, several frames in a row, snappy-java's framing, linked and
 * large blocks of lz4; data that is cut or damaged; a little that would become very much.
 */
#include "batch_helper.h"

#include <lz4frame.h>

typedef struct env {
    wr_wire_codec *codec;
    wr_buf plain, packed, inflated;
    uint64_t seed;
} env;

static int setup(void **state)
{
    env *e = wr_calloc(1, sizeof *e);
    e->codec = wr__wire_codec_new();
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    env *e = *state;
    wr__wire_codec_free(e->codec);
    wr_buf_free(&e->plain);
    wr_buf_free(&e->packed);
    wr_buf_free(&e->inflated);
    wr_free(e);
    return 0;
}

/* Bytes that shrink, to about a half. */
static void fill(env *e, size_t n)
{
    wr_buf_clear(&e->plain);
    char *p = wr_buf_reserve(&e->plain, n + 1);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)('a' + random_below(&e->seed, 8));
    e->plain.len = n;
}

static void pack(env *e, wr_codec codec)
{
    OK(wr__wire_deflate(e->codec, codec, e->plain.ptr, e->plain.len, &e->packed, err));
}

static void assert_inflates(env *e, wr_codec codec)
{
    OK(wr__wire_inflate(e->codec, codec, e->packed.ptr, e->packed.len, &e->inflated, err));
    assert_int_equal(e->inflated.len, e->plain.len);
    assert_true(e->plain.len == 0 || memcmp(e->inflated.ptr, e->plain.ptr, e->plain.len) == 0);
}

static void test_sizes(void **state)
{
    static const size_t sizes[] = {0,     1,     2,      100,    4095,   65535,
                                   65536, 65537, 300000, 262144, 5000000};
    env *e = *state;
    for (int codec = WR_CODEC_GZIP; codec < WR_CODECS; codec++)
        for (size_t i = 0; i < WR_ARRAY_LEN(sizes); i++) {
            fill(e, sizes[i]);
            wr_buf_clear(&e->packed);
            pack(e, (wr_codec)codec);
            assert_inflates(e, (wr_codec)codec);
            if (i % 3 == 0)
                wr_buf_free(&e->inflated); /* grown anew, and used again */
        }
}

static void test_frames_in_a_row(void **state)
{
    static const wr_codec codecs[] = {WR_CODEC_GZIP, WR_CODEC_LZ4, WR_CODEC_ZSTD};
    env *e = *state;
    for (size_t i = 0; i < WR_ARRAY_LEN(codecs); i++) {
        wr_buf all = {0};
        wr_buf_clear(&e->packed);
        for (uint32_t k = 0; k < 20; k++) {
            fill(e, k == 3 ? 0 : random_below(&e->seed, 100000));
            pack(e, codecs[i]);
            wr_buf_put(&all, e->plain.ptr, e->plain.len);
        }
        wr_buf_free(&e->plain);
        e->plain = all;
        assert_inflates(e, codecs[i]);
    }
}

static void xerial_head(wr_buf *out)
{
    wr_buf_put(out, "\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);
}

static void xerial_block(env *e, wr_buf *out)
{
    wr_buf_clear(&e->packed);
    pack(e, WR_CODEC_SNAPPY);
    wr_buf_be32(out, (uint32_t)e->packed.len);
    wr_buf_put(out, e->packed.ptr, e->packed.len);
}

/* Two streams of snappy-java, one after the other, and one without blocks. */
static void test_snappy_java(void **state)
{
    env *e = *state;
    wr_buf framed = {0}, all = {0};
    for (int stream = 0; stream < 3; stream++) {
        xerial_head(&framed);
        for (int block = 0; stream < 2 && block < 4; block++) {
            fill(e, 32 * 1024 - (size_t)block);
            xerial_block(e, &framed);
            wr_buf_put(&all, e->plain.ptr, e->plain.len);
        }
    }
    OK(wr__wire_inflate(e->codec, WR_CODEC_SNAPPY, framed.ptr, framed.len, &e->inflated, err));
    assert_true(wr_str_eq(wr_buf_view(&e->inflated), wr_buf_view(&all)));
    for (size_t n = 17; n < 100; n++)
        FAILS(WEIR_ERR_LOG, "snappy: it ends too early",
              wr__wire_inflate(e->codec, WR_CODEC_SNAPPY, framed.ptr, n, &e->inflated, err));
    wr_buf_free(&framed);
    wr_buf_free(&all);
}

/* What other writers of lz4 make: blocks that refer to the ones before, checksums, large blocks. */
static void test_lz4_frames(void **state)
{
    static const LZ4F_blockSizeID_t sizes[] = {LZ4F_max64KB, LZ4F_max256KB, LZ4F_max1MB,
                                               LZ4F_max4MB};
    env *e = *state;
    fill(e, 5000000);
    for (unsigned i = 0; i < WR_ARRAY_LEN(sizes) * 4; i++) {
        LZ4F_preferences_t p = {.frameInfo = {.blockSizeID = sizes[i / 4]}};
        p.frameInfo.blockMode = i & 1 ? LZ4F_blockIndependent : LZ4F_blockLinked;
        p.frameInfo.contentChecksumFlag =
            i & 2 ? LZ4F_contentChecksumEnabled : LZ4F_noContentChecksum;
        p.frameInfo.blockChecksumFlag = i & 2 ? LZ4F_blockChecksumEnabled : LZ4F_noBlockChecksum;
        p.frameInfo.contentSize = i & 2 ? e->plain.len : 0;
        size_t room = LZ4F_compressFrameBound(e->plain.len, &p);
        wr_buf_clear(&e->packed);
        e->packed.len = LZ4F_compressFrame(wr_buf_reserve(&e->packed, room), room, e->plain.ptr,
                                           e->plain.len, &p);
        assert_false(LZ4F_isError(e->packed.len));
        assert_inflates(e, WR_CODEC_LZ4);
        wr_buf_free(&e->inflated);
    }
}

/* liblz4 1.9.4 keeps what was left of a frame's content size when its context is reset. */
static void test_lz4_after_a_cut_frame(void **state)
{
    env *e = *state;
    fill(e, 1000);
    LZ4F_preferences_t p = {.frameInfo = {.contentSize = 1000}};
    size_t room = LZ4F_compressFrameBound(e->plain.len, &p);
    char *stated = wr_buf_reserve(&e->packed, room);
    size_t n = LZ4F_compressFrame(stated, room, e->plain.ptr, e->plain.len, &p);
    FAILS(WEIR_ERR_LOG, "lz4: it ends too early",
          wr__wire_inflate(e->codec, WR_CODEC_LZ4, stated, n - 10, &e->inflated, err));
    pack(e, WR_CODEC_LZ4); /* states none */
    assert_inflates(e, WR_CODEC_LZ4);
}

static void test_cut_and_damaged(void **state)
{
    env *e = *state;
    for (int codec = WR_CODEC_GZIP; codec < WR_CODECS; codec++) {
        fill(e, 2000);
        wr_buf_clear(&e->packed);
        pack(e, (wr_codec)codec);
        char begin[16];
        snprintf(begin, sizeof begin, "%s: ", wr__codec_name((wr_codec)codec));
        for (size_t n = 0; n < e->packed.len; n++)
            FAILS(WEIR_ERR_LOG, begin,
                  wr__wire_inflate(e->codec, (wr_codec)codec, e->packed.ptr, n, &e->inflated, err));
        wr_buf_put(&e->packed, "?????", 5);
        FAILS(WEIR_ERR_LOG, begin,
              wr__wire_inflate(e->codec, (wr_codec)codec, e->packed.ptr, e->packed.len,
                               &e->inflated, err));
        /* After any failure the contexts work on. */
        wr_buf_clear(&e->packed);
        pack(e, (wr_codec)codec);
        assert_inflates(e, (wr_codec)codec);
    }
}

/* Frames of 1 MiB of zeros, which are small, as many as go beyond the bound. */
static void test_much_from_little(void **state)
{
    enum { MIB = 1 << 20 };
    env *e = *state;
    for (int codec = WR_CODEC_GZIP; codec < WR_CODECS; codec++) {
        wr_buf all = {0};
        memset(wr_buf_reserve(&e->plain, MIB), 0, MIB);
        e->plain.len = MIB;
        if (codec == WR_CODEC_SNAPPY)
            xerial_head(&all);
        for (size_t i = 0; i < WR__WIRE_INFLATED_MAX / MIB; i++) {
            if (codec == WR_CODEC_SNAPPY) {
                xerial_block(e, &all);
                continue;
            }
            wr_buf_clear(&e->packed);
            pack(e, (wr_codec)codec);
            wr_buf_put(&all, e->packed.ptr, e->packed.len);
        }
        FAILS(WEIR_ERR_LIMIT, "256 MiB or more once inflated",
              wr__wire_inflate(e->codec, (wr_codec)codec, all.ptr, all.len, &e->inflated, err));
        assert_true(e->inflated.cap <= WR__WIRE_INFLATED_MAX);
        wr_buf_free(&e->inflated);
        wr_buf_free(&all);
    }
}

/* A size that is claimed is not believed. */
static void test_claims(void **state)
{
    static const char snappy[] = "\xff\xff\xff\xff\x07 abcdefgh";              /* 2 GiB */
    static const char zstd[] = "\x28\xb5\x2f\xfd\xe0\0\0\0\x80\0\0\0\0\1\0\0"; /* 2 GiB, no block */
    env *e = *state;
    FAILS(
        WEIR_ERR_LOG, "snappy: a block claims more than it can hold",
        wr__wire_inflate(e->codec, WR_CODEC_SNAPPY, snappy, sizeof snappy - 1, &e->inflated, err));
    assert_int_equal(e->inflated.cap, 0);
    FAILS(WEIR_ERR_LOG, "zstd: ",
          wr__wire_inflate(e->codec, WR_CODEC_ZSTD, zstd, sizeof zstd - 1, &e->inflated, err));
    assert_true(e->inflated.cap <= 1 << 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_sizes),
        TEST(test_frames_in_a_row),
        TEST(test_snappy_java),
        TEST(test_lz4_frames),
        TEST(test_lz4_after_a_cut_frame),
        TEST(test_cut_and_damaged),
        TEST(test_much_from_little),
        TEST(test_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
