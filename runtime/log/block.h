/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block.h - a block of records, as the embedded log stores it under one key.
 *
 *   0   u8    version, 1
 *   1   u8    flags: 1 = some record has headers
 *   2   be32  n, 1..WR__BLOCK_RECORDS
 *   6   be64  timestamp of the first record (base)
 *   14  be64  largest timestamp (retention looks at it)
 *   22  be64  XXH3 of bytes 0..21 and 30..end
 *   30  n records, one after another:
 *         zigzag varint  timestamp - base
 *         varint         key length + 1, 0: NULL;     key
 *         varint         value length + 1, 0: NULL;   value
 *         if flags & 1:  varint count, then each: varint length, name, varint length + 1, value
 *
 * Offsets are not inside: the first is in the database key (local.h), the others follow. What is
 * decoded is untrusted: a block that does not check out is an error, never a crash (fuzzed).
 */
#ifndef WR_RUNTIME_LOG_BLOCK_H
#define WR_RUNTIME_LOG_BLOCK_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "types/record.h"

enum {
    WR__BLOCK_HEAD = 30,
    WR__BLOCK_RECORDS = 1024,             /* most records of a block */
    WR__BLOCK_BYTES = 128 * 1024,         /* a block is closed when it is larger than this */
    WR__RECORD_BYTES = 256 * 1024 * 1024, /* largest record */
};

/** A block being built. Zero it to begin. */
typedef struct wr__block {
    wr_buf bytes;
    uint32_t n;
    bool headers;
    int64_t base, max_timestamp;
} wr__block;

/** Would another record make it too large? */
static inline bool wr__block_full(const wr__block *b)
{
    return b->n == WR__BLOCK_RECORDS || b->bytes.len >= WR__BLOCK_BYTES;
}
/**
 * Append a record (ptr NULL: NULL). All records of a block carry headers, or none does: @p headers
 * may be NULL with either. @pre not full; lengths checked by the caller.
 * @return false, with nothing done: this record has headers, the block has none; begin another.
 */
bool wr__block_add(wr__block *b, wr_str key, wr_str value, int64_t timestamp,
                   const wr_headers *headers);
/** Fill the head in. @pre n > 0 */
void wr__block_seal(wr__block *b);

typedef struct wr__block_head {
    uint32_t n;
    bool headers;
    int64_t base, max_timestamp;
} wr__block_head;

/** Read the head alone, without the checksum. */
weir_status wr__block_peek(wr_str bytes, wr__block_head *out, weir_error *err) WR_MUST_CHECK;
/**
 * Decode records @p skip .. head.n into @p out (head.n - skip entries at least; offsets from
 * @p first + skip on). Slices into @p bytes; headers from @p a. Checks the checksum.
 */
weir_status wr__block_decode(wr_str bytes, uint32_t skip, int64_t first, int32_t partition,
                             wr_arena *a, wr_record *out, weir_error *err) WR_MUST_CHECK;

#endif
