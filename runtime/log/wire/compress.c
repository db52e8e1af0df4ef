/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The codecs of record batches (compress.h), by their libraries. The three that are streams (gzip,
 * lz4, zstd) are inflated by one loop, which makes room and calls a step of the codec until the
 * bytes are used up at the end of a frame (gzip: a member); snappy is in blocks that say how large
 * they become, which is held against what blocks of their size can become.
 */
#include "runtime/log/wire/compress.h"

#include <lz4frame.h>
#include <snappy-c.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

/* Room for the next step: a block of lz4's default size, which is then inflated at its place. */
enum { ROOM_LEAST = 64 * 1024 };
/* Room to begin with: this many times the compressed size, as texts rarely shrink by more. */
enum { RATIO_GUESS = 4 };
/* A copy of snappy's makes 64 bytes of 3; nothing makes more. */
enum { SNAPPY_RATIO_MAX = 22 };

struct wr_wire_codec {
    LZ4F_dctx *lz4_inflate;
    ZSTD_DCtx *zstd_inflate;
    ZSTD_CCtx *zstd_deflate;
    z_stream gzip_inflate, gzip_deflate;
    bool has_gzip_inflate, has_gzip_deflate;
};

/* What a step reads from and writes to. */
typedef struct flow {
    const uint8_t *p;
    size_t left;
    char *to;
    size_t room;
    bool frame_end; /* no frame has begun that has not ended */
} flow;

static const char *const names[WR_CODECS] = {"none", "gzip", "snappy", "lz4", "zstd"};

const char *wr__codec_name(wr_codec codec)
{
    WR_ASSERT((unsigned)codec < WR_CODECS);
    return names[codec];
}

wr_wire_codec *wr__wire_codec_new(void)
{
    return wr_calloc(1, sizeof(wr_wire_codec));
}

void wr__wire_codec_free(wr_wire_codec *c)
{
    if (!c)
        return;
    (void)LZ4F_freeDecompressionContext(c->lz4_inflate);
    (void)ZSTD_freeDCtx(c->zstd_inflate);
    (void)ZSTD_freeCCtx(c->zstd_deflate);
    if (c->has_gzip_inflate)
        (void)inflateEnd(&c->gzip_inflate);
    if (c->has_gzip_deflate)
        (void)deflateEnd(&c->gzip_deflate);
    wr_free(c);
}

static weir_status failed(weir_error *err, wr_codec codec, const char *why)
{
    return wr_error(err, WEIR_ERR_LOG, "%s: %s", names[codec], why);
}

static weir_status too_large(weir_error *err, wr_codec codec)
{
    return wr_error(err, WEIR_ERR_LIMIT, "%s: %zu MiB or more once inflated", names[codec],
                    WR__WIRE_INFLATED_MAX >> 20);
}

static weir_status no_memory(weir_error *err, wr_codec codec)
{
    return failed(err, codec, "no memory for its context");
}

/* ---- gzip ---- */

static weir_status gzip_open(wr_wire_codec *c, weir_error *err)
{
    enum { WINDOW_AND_GZIP = 15 + 16 };
    if (!c->has_gzip_inflate && inflateInit2(&c->gzip_inflate, WINDOW_AND_GZIP) != Z_OK)
        return no_memory(err, WR_CODEC_GZIP);
    c->has_gzip_inflate = true;
    (void)inflateReset(&c->gzip_inflate);
    return WEIR_OK;
}

static weir_status gzip_step(wr_wire_codec *c, flow *f, weir_error *err)
{
    z_stream *z = &c->gzip_inflate;
    z->next_in = f->p;
    z->avail_in = (uInt)WR_MIN(f->left, (size_t)INT32_MAX);
    z->next_out = (Bytef *)f->to;
    z->avail_out = (uInt)WR_MIN(f->room, (size_t)INT32_MAX);
    int code = inflate(z, Z_NO_FLUSH);
    f->left -= (size_t)(z->next_in - f->p);
    f->p = z->next_in;
    f->room -= (size_t)((char *)z->next_out - f->to);
    f->to = (char *)z->next_out;
    f->frame_end = code == Z_STREAM_END;
    if (f->frame_end)
        return inflateReset(z) == Z_OK ? WEIR_OK : failed(err, WR_CODEC_GZIP, "it cannot go on");
    if (code != Z_OK && code != Z_BUF_ERROR) /* the latter: neither input nor room */
        return failed(err, WR_CODEC_GZIP, z->msg ? z->msg : "a dictionary is missing");
    return WEIR_OK;
}

static weir_status gzip_deflate(wr_wire_codec *c, const void *bytes, size_t n, wr_buf *out,
                                weir_error *err)
{
    enum { WINDOW_AND_GZIP = 15 + 16, MEMORY_DEFAULT = 8 };
    z_stream *z = &c->gzip_deflate;
    if (!c->has_gzip_deflate && deflateInit2(z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_AND_GZIP,
                                             MEMORY_DEFAULT, Z_DEFAULT_STRATEGY) != Z_OK)
        return no_memory(err, WR_CODEC_GZIP);
    c->has_gzip_deflate = true;
    (void)deflateReset(z);
    size_t room = deflateBound(z, n);
    WR_ASSERT(room <= UINT32_MAX);
    z->next_in = bytes;
    z->avail_in = (uInt)n;
    z->next_out = (Bytef *)wr_buf_reserve(out, room);
    z->avail_out = (uInt)room;
    if (deflate(z, Z_FINISH) != Z_STREAM_END)
        return failed(err, WR_CODEC_GZIP, "it cannot compress");
    out->len += room - z->avail_out;
    return WEIR_OK;
}

/* ---- lz4 ---- */

static weir_status lz4_open(wr_wire_codec *c, weir_error *err)
{
    if (!c->lz4_inflate &&
        LZ4F_isError(LZ4F_createDecompressionContext(&c->lz4_inflate, LZ4F_VERSION)))
        return no_memory(err, WR_CODEC_LZ4);
    LZ4F_resetDecompressionContext(c->lz4_inflate);
    return WEIR_OK;
}

static weir_status lz4_step(wr_wire_codec *c, flow *f, weir_error *err)
{
    size_t made = f->room, used = f->left;
    size_t hint = LZ4F_decompress(c->lz4_inflate, f->to, &made, f->p, &used, NULL);
    if (LZ4F_isError(hint))
        return failed(err, WR_CODEC_LZ4, LZ4F_getErrorName(hint));
    f->p += used;
    f->left -= used;
    f->to += made;
    f->room -= made;
    f->frame_end = hint == 0;
    return WEIR_OK;
}

/* After a failure: LZ4F_resetDecompressionContext (1.9.4) keeps what was left of the frame's
 * content size, and a good frame that does not state its own would then fail by it. */
static void lz4_drop(wr_wire_codec *c)
{
    (void)LZ4F_freeDecompressionContext(c->lz4_inflate);
    c->lz4_inflate = NULL;
}

/* Blocks that stand alone: Kafka's own reader knows no others. */
static weir_status lz4_deflate(wr_wire_codec *c, const void *bytes, size_t n, wr_buf *out,
                               weir_error *err)
{
    (void)c;
    static const LZ4F_preferences_t preferences = {
        .frameInfo = {.blockSizeID = LZ4F_max64KB, .blockMode = LZ4F_blockIndependent}};
    size_t room = LZ4F_compressFrameBound(n, &preferences);
    size_t made = LZ4F_compressFrame(wr_buf_reserve(out, room), room, bytes, n, &preferences);
    if (LZ4F_isError(made))
        return failed(err, WR_CODEC_LZ4, LZ4F_getErrorName(made));
    out->len += made;
    return WEIR_OK;
}

/* ---- zstd ---- */

static weir_status zstd_open(wr_wire_codec *c, weir_error *err)
{
    if (!c->zstd_inflate && !(c->zstd_inflate = ZSTD_createDCtx()))
        return no_memory(err, WR_CODEC_ZSTD);
    (void)ZSTD_DCtx_reset(c->zstd_inflate, ZSTD_reset_session_only);
    return WEIR_OK;
}

static weir_status zstd_step(wr_wire_codec *c, flow *f, weir_error *err)
{
    ZSTD_inBuffer in = {f->p, f->left, 0};
    ZSTD_outBuffer to = {f->to, f->room, 0};
    size_t hint = ZSTD_decompressStream(c->zstd_inflate, &to, &in);
    if (ZSTD_isError(hint))
        return failed(err, WR_CODEC_ZSTD, ZSTD_getErrorName(hint));
    f->p += in.pos;
    f->left -= in.pos;
    f->to += to.pos;
    f->room -= to.pos;
    f->frame_end = hint == 0;
    return WEIR_OK;
}

static weir_status zstd_deflate(wr_wire_codec *c, const void *bytes, size_t n, wr_buf *out,
                                weir_error *err)
{
    if (!c->zstd_deflate && !(c->zstd_deflate = ZSTD_createCCtx()))
        return no_memory(err, WR_CODEC_ZSTD);
    size_t room = ZSTD_compressBound(n);
    size_t made = ZSTD_compressCCtx(c->zstd_deflate, wr_buf_reserve(out, room), room, bytes, n,
                                    ZSTD_CLEVEL_DEFAULT);
    if (ZSTD_isError(made))
        return failed(err, WR_CODEC_ZSTD, ZSTD_getErrorName(made));
    out->len += made;
    return WEIR_OK;
}

/* ---- snappy ---- */

/* The head of snappy-java's framing, before the two versions. */
static const char xerial_magic[8] = "\x82SNAPPY";
enum { XERIAL_HEAD = 16 };

static bool is_xerial(const uint8_t *p, size_t n)
{
    return n >= XERIAL_HEAD && memcmp(p, xerial_magic, sizeof xerial_magic) == 0;
}

static weir_status snappy_block(const uint8_t *p, size_t n, wr_buf *out, weir_error *err)
{
    size_t size;
    if (snappy_uncompressed_length((const char *)p, n, &size) != SNAPPY_OK)
        return failed(err, WR_CODEC_SNAPPY, "a block does not say its size");
    if (size > n * SNAPPY_RATIO_MAX)
        return failed(err, WR_CODEC_SNAPPY, "a block claims more than it can hold");
    if (size >= WR__WIRE_INFLATED_MAX - out->len)
        return too_large(err, WR_CODEC_SNAPPY);
    char *to = wr_buf_reserve(out, size + 1); /* never NULL */
    if (snappy_uncompress((const char *)p, n, to, &size) != SNAPPY_OK)
        return failed(err, WR_CODEC_SNAPPY, "a block is damaged");
    WR_ASSERT(size <= out->cap - out->len);
    out->len += size;
    return WEIR_OK;
}

static weir_status snappy_inflate(const uint8_t *p, size_t n, wr_buf *out, weir_error *err)
{
    if (!is_xerial(p, n))
        return snappy_block(p, n, out, err);
    const uint8_t *end = p + n;
    while (p < end) {
        if (is_xerial(p, (size_t)(end - p))) { /* at the start; again where streams were joined */
            p += XERIAL_HEAD;
            continue;
        }
        size_t left = (size_t)(end - p);
        size_t size = left < 4 ? SIZE_MAX : wr_get_be32(p);
        if (size == SIZE_MAX || size > left - 4)
            return failed(err, WR_CODEC_SNAPPY, "it ends too early");
        WR_TRY(snappy_block(p + 4, size, out, err));
        p += 4 + size;
    }
    return WEIR_OK;
}

static weir_status snappy_deflate(wr_wire_codec *c, const void *bytes, size_t n, wr_buf *out,
                                  weir_error *err)
{
    (void)c;
    size_t made = snappy_max_compressed_length(n);
    if (snappy_compress(bytes, n, wr_buf_reserve(out, made), &made) != SNAPPY_OK)
        return failed(err, WR_CODEC_SNAPPY, "it cannot compress");
    out->len += made;
    return WEIR_OK;
}

/* ---- all ---- */

typedef struct stream_codec {
    weir_status (*open)(wr_wire_codec *c, weir_error *err);
    weir_status (*step)(wr_wire_codec *c, flow *f, weir_error *err);
} stream_codec;

static const stream_codec streams[WR_CODECS] = {
    [WR_CODEC_GZIP] = {gzip_open, gzip_step},
    [WR_CODEC_LZ4] = {lz4_open, lz4_step},
    [WR_CODEC_ZSTD] = {zstd_open, zstd_step},
};

/* Room for a step: all that the buffer has, within the bound. */
static weir_status make_room(wr_codec codec, wr_buf *out, size_t least, flow *f, weir_error *err)
{
    WR_ASSERT(out->len <= WR__WIRE_INFLATED_MAX);
    size_t allowed = WR__WIRE_INFLATED_MAX - out->len;
    if (allowed == 0)
        return too_large(err, codec);
    f->to = wr_buf_reserve(out, WR_MIN(least, allowed));
    f->room = WR_MIN(out->cap - out->len, allowed);
    return WEIR_OK;
}

static weir_status inflate_stream(wr_wire_codec *c, wr_codec codec, const void *bytes, size_t n,
                                  wr_buf *out, weir_error *err)
{
    const stream_codec *stream = &streams[codec];
    flow f = {.p = bytes, .left = n};
    WR_TRY(stream->open(c, err));
    size_t least = WR_MAX(n * RATIO_GUESS, (size_t)ROOM_LEAST);
    while (f.left > 0 || !f.frame_end) {
        WR_TRY(make_room(codec, out, least, &f, err));
        size_t left = f.left, room = f.room;
        WR_TRY(stream->step(c, &f, err));
        WR_ASSERT(f.left <= left && f.room <= room);
        out->len += room - f.room;
        if (f.left == left && f.room == room)
            return failed(err, codec, "it ends too early");
        least = ROOM_LEAST;
    }
    return out->len < WR__WIRE_INFLATED_MAX ? WEIR_OK : too_large(err, codec);
}

weir_status wr__wire_inflate(wr_wire_codec *c, wr_codec codec, const void *bytes, size_t n,
                             wr_buf *out, weir_error *err)
{
    WR_ASSERT(codec > WR_CODEC_NONE && (unsigned)codec < WR_CODECS);
    wr_buf_clear(out);
    if (codec == WR_CODEC_SNAPPY)
        return snappy_inflate(bytes, n, out, err);
    weir_status st = inflate_stream(c, codec, bytes, n, out, err);
    if (st != WEIR_OK && codec == WR_CODEC_LZ4)
        lz4_drop(c);
    return st;
}

weir_status wr__wire_deflate(wr_wire_codec *c, wr_codec codec, const void *bytes, size_t n,
                             wr_buf *out, weir_error *err)
{
    static weir_status (*const deflates[WR_CODECS])(wr_wire_codec * c, const void *bytes, size_t n,
                                                    wr_buf *out, weir_error *err) = {
        [WR_CODEC_GZIP] = gzip_deflate,
        [WR_CODEC_SNAPPY] = snappy_deflate,
        [WR_CODEC_LZ4] = lz4_deflate,
        [WR_CODEC_ZSTD] = zstd_deflate,
    };
    WR_ASSERT(codec > WR_CODEC_NONE && (unsigned)codec < WR_CODECS);
    return deflates[codec](c, bytes, n, out, err);
}
