/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compress.h - the codecs of record batches, both ways: gzip, snappy, lz4, zstd.
 *
 * What is inflated is untrusted. Output is bounded (WR__WIRE_INFLATED_MAX), and room for it grows
 * with what has really come out, at most twofold at a time: a batch of a few bytes that claims or
 * makes gigabytes ends in an error before much is allocated.
 *
 *   gzip    members (RFC 1952), one or several
 *   snappy  raw blocks, or the framing of snappy-java ("\x82SNAPPY\0", two INT32 versions, then
 *           blocks with their INT32 size in front), which Java's clients write; told by the head.
 *           Written raw, as librdkafka does: every client reads both
 *   lz4     frames (LZ4F), one or several, with checksums where they have them
 *   zstd    frames, one or several
 *
 * Threads: a wr_wire_codec belongs to one thread at a time.
 */
#ifndef WR_RUNTIME_LOG_WIRE_COMPRESS_H
#define WR_RUNTIME_LOG_WIRE_COMPRESS_H

#include "common/buf.h"
#include "common/error.h"

/** As in the attributes of a batch. */
typedef enum wr_codec {
    WR_CODEC_NONE,
    WR_CODEC_GZIP,
    WR_CODEC_SNAPPY,
    WR_CODEC_LZ4,
    WR_CODEC_ZSTD,
} wr_codec;
#define WR_CODECS 5

#ifdef WR_FUZZ
#define WR__WIRE_INFLATED_MAX ((size_t)1 << 20)
#else
/** A batch must be smaller than this once inflated. Kafka bounds the compressed size alone
 *  (max.message.bytes, 1 MiB by default). */
#define WR__WIRE_INFLATED_MAX ((size_t)256 << 20)
#endif

/** "none", "gzip", "snappy", "lz4", "zstd": as in compression.type. */
const char *wr__codec_name(wr_codec codec);

/** The libraries' contexts, made at the first use of each codec and used again. */
typedef struct wr_wire_codec wr_wire_codec;

wr_wire_codec *wr__wire_codec_new(void);
void wr__wire_codec_free(wr_wire_codec *c); /* NULL is allowed */

/**
 * Replace what is in @p out by the @p n inflated bytes. @p codec is not NONE.
 * @return WEIR_ERR_LOG: damaged: "<codec>: ..."; WEIR_ERR_LIMIT: WR__WIRE_INFLATED_MAX or more.
 *         *out is then without meaning, but may be used again.
 */
weir_status wr__wire_inflate(wr_wire_codec *c, wr_codec codec, const void *bytes, size_t n,
                             wr_buf *out, weir_error *err) WR_MUST_CHECK;
/**
 * Append the @p n bytes, compressed at the library's default level; not NONE. They must not lie in
 * @p out. @return WEIR_ERR_LOG: a library failed.
 */
weir_status wr__wire_deflate(wr_wire_codec *c, wr_codec codec, const void *bytes, size_t n,
                             wr_buf *out, weir_error *err) WR_MUST_CHECK;

#endif
