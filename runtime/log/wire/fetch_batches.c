/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From answers to batches of records.
 *
 * What an answer has of a partition is a piece; pieces queue at their partition. A batch that is
 * handed out takes records of one piece, over as many of its record batches as fit: small ones, as
 * slow producers write them, would cost a call each. Its records are slices into the answer, or
 * into what a record batch was inflated into (a block); it has a use of each, so either is given
 * back by whoever is the last to need it.
 *
 * With read_committed, an answer names the transactions that were aborted in its range. From a
 * producer's first offset on until its marker its transactional batches are left out. Markers are
 * never handed out; the position moves past them.
 */
#include "runtime/log/wire/fetcher_internal.h"

enum {
    SPARE_MAX = 4,
    SPARE_BLOCKS_MAX = 8,
    BLOCK_BYTES_MAX = 1 << 20,   /* inflated in one batch, about: what fits into the cache */
    SPARE_BLOCK_BYTES = 4 << 20, /* a larger one is not kept */
    LAST_OFFSET_DELTA_AT = 23,   /* in the head of a record batch */
    BATCH_LENGTH_AT = 8,
    LEADER_EPOCH_AT = 12,
};

/* ---- uses ---- */

static wr_wire_block *take_block(wr_wire_fetcher *f)
{
    wr_wire_block *b = f->spare_blocks;
    if (b) {
        f->spare_blocks = b->next;
        f->spare_blocks_n--;
    } else {
        b = wr_calloc(1, sizeof *b);
    }
    WR_ASSERT(b->uses == 0);
    b->uses = 1;
    return b;
}

static void free_block(wr_wire_block *b)
{
    wr_buf_free(&b->bytes);
    wr_free(b);
}

static void give_back_block(wr_wire_fetcher *f, wr_wire_block *b)
{
    WR_ASSERT(b->uses > 0);
    if (--b->uses)
        return;
    if (f->spare_blocks_n == SPARE_BLOCKS_MAX || b->bytes.cap > SPARE_BLOCK_BYTES) {
        free_block(b);
        return;
    }
    b->next = f->spare_blocks;
    f->spare_blocks = b;
    f->spare_blocks_n++;
}

static wr_wire_given *take_given(wr_wire_fetcher *f, uint32_t cap)
{
    wr_wire_given *g = f->spare;
    if (g) {
        f->spare = g->next;
        f->spare_n--;
    } else {
        g = wr_calloc(1, sizeof *g);
        g->run.arena = wr_arena_new(0);
    }
    WR_ASSERT(cap > 0 && g->blocks_n == 0 && g->block_bytes == 0);
    if (g->cap < cap) {
        wr_free(g->run.records);
        g->run.records = wr_malloc(cap * sizeof *g->run.records);
        g->cap = cap;
    }
    return g;
}

static void free_given(wr_wire_given *g)
{
    wr_arena_free(g->run.arena);
    wr_free(g->run.records);
    wr_free(g);
}

static void give_back(wr_wire_fetcher *f, wr_wire_given *g)
{
    wr__wire_answer_give_back(&f->answers, g->answer);
    for (uint32_t i = 0; i < g->blocks_n; i++)
        give_back_block(f, g->blocks[i]);
    g->blocks_n = 0;
    g->block_bytes = 0;
    if (f->spare_n == SPARE_MAX) {
        free_given(g);
        return;
    }
    wr_arena_reset(g->run.arena);
    g->next = f->spare;
    f->spare = g;
    f->spare_n++;
}

void wr__wire_fetcher_release(wr_wire_fetcher *f, wr_wire_run *run)
{
    WR_ASSERT(f->out > 0);
    f->out--;
    give_back(f, (wr_wire_given *)run);
}

void wr__wire_given_free_spare(wr_wire_fetcher *f)
{
    while (f->spare) {
        wr_wire_given *g = f->spare;
        f->spare = g->next;
        free_given(g);
    }
    while (f->spare_blocks) {
        wr_wire_block *b = f->spare_blocks;
        f->spare_blocks = b->next;
        free_block(b);
    }
}

/* ---- pieces ---- */

/* Whole record batches at the front of @p bytes: their length. @p end_offset and @p epoch of the
 * last. Only lengths are looked at; the batches are checked when they are opened. */
static size_t whole_batches(wr_str bytes, int64_t *end_offset, int32_t *epoch)
{
    const uint8_t *begin = (const uint8_t *)bytes.ptr;
    size_t at = 0;
    while (bytes.len - at >= WR__WIRE_BATCH_HEAD) {
        const uint8_t *head = begin + at;
        uint64_t size = (uint64_t)12 + wr_get_be32(head + BATCH_LENGTH_AT);
        if (size < WR__WIRE_BATCH_HEAD)
            return bytes.len; /* an old message, or nonsense: who opens it says so */
        if (size > bytes.len - at)
            break;
        int64_t base = (int64_t)wr_get_be64(head);
        int32_t delta = (int32_t)wr_get_be32(head + LAST_OFFSET_DELTA_AT);
        if (base >= 0 && delta >= 0 && base <= INT64_MAX - 1 - delta) /* as in its head */
            *end_offset = WR_MAX(*end_offset, base + delta + 1);
        *epoch = (int32_t)wr_get_be32(head + LEADER_EPOCH_AT);
        at += (size_t)size;
    }
    return at;
}

weir_status wr__wire_piece_add(wr_wire_fetcher *f, wr_wire_part *p, wr_wire_answer *answer,
                               const wr_wire_fetched *fetched, weir_error *err)
{
    (void)f;
    int64_t end_offset = p->fetch_at;
    int32_t epoch = p->fetched_epoch;
    WR_ASSERT(p->position >= 0 && p->fetch_at >= p->position && answer->uses > 0);
    size_t len = whole_batches(fetched->records, &end_offset, &epoch);
    if (len == 0)
        return WEIR_OK;
    if (end_offset == p->fetch_at) /* it would be fetched for ever */
        return wr_error(err, WEIR_ERR_LOG,
                        "%s, partition %d: what Kafka sends for offset %lld does not have it",
                        p->topic, p->partition, (long long)p->fetch_at);
    wr_wire_piece *piece = WR_NEW(answer->arena, wr_wire_piece);
    piece->answer = answer;
    answer->uses++;
    piece->p = (const uint8_t *)fetched->records.ptr;
    piece->end = piece->p + len;
    piece->end_offset = end_offset;
    piece->aborted = fetched->aborted;
    piece->aborted_n = fetched->aborted_n;
    piece->aborting = WR_NEW_N(answer->arena, int64_t, fetched->aborted_n);
    *(p->first ? &p->last->next : &p->first) = piece;
    p->last = piece;
    p->pieces++;
    p->fetch_at = end_offset;
    p->fetched_epoch = epoch;
    return WEIR_OK;
}

static void drop_first(wr_wire_fetcher *f, wr_wire_part *p)
{
    wr_wire_piece *piece = p->first;
    WR_ASSERT(piece && p->pieces > 0);
    p->first = piece->next;
    p->last = p->first ? p->last : NULL;
    p->pieces--;
    if (piece->block)
        give_back_block(f, piece->block);
    wr__wire_answer_give_back(&f->answers, piece->answer); /* the piece was in it */
}

void wr__wire_pieces_drop(wr_wire_fetcher *f, wr_wire_part *p)
{
    while (p->first)
        drop_first(f, p);
    WR_ASSERT(p->pieces == 0 && !p->last);
    p->fetch_at = p->position;
    p->fetched_epoch = -1;
}

/* ---- transactions ---- */

static void end_abort(wr_wire_piece *piece, int64_t producer)
{
    for (uint32_t i = 0; i < piece->aborting_n; i++)
        if (piece->aborting[i] == producer) {
            piece->aborting[i] = piece->aborting[--piece->aborting_n];
            return;
        }
}

static bool is_aborting(const wr_wire_piece *piece, int64_t producer)
{
    for (uint32_t i = 0; i < piece->aborting_n; i++)
        if (piece->aborting[i] == producer)
            return true;
    return false;
}

/* Is the batch to be left out? Called for each batch, in order. */
static weir_status judge_batch(wr_wire_piece *piece, const wr_wire_batch *b, bool *skip,
                               weir_error *err)
{
    for (; piece->aborted_at < piece->aborted_n &&
           piece->aborted[piece->aborted_at].first_offset <= b->last_offset;
         piece->aborted_at++) {
        int64_t producer = piece->aborted[piece->aborted_at].producer_id;
        WR_ASSERT(piece->aborting_n < piece->aborted_n);
        if (!is_aborting(piece, producer))
            piece->aborting[piece->aborting_n++] = producer;
    }
    *skip = b->control || (b->transactional && is_aborting(piece, b->producer_id));
    if (!b->control)
        return WEIR_OK;
    wr_wire_control kind;
    WR_TRY(wr__wire_control_kind(b, &kind, err));
    if (kind == WR_WIRE_CONTROL_ABORT)
        end_abort(piece, b->producer_id);
    return WEIR_OK;
}

/* ---- handing out ---- */

/* Open the next record batch of the piece that is not left out; none: piece->open stays false. */
static weir_status open_batch(wr_wire_fetcher *f, wr_wire_part *p, wr_wire_piece *piece,
                              weir_error *err)
{
    while (!piece->open && piece->p < piece->end) {
        wr_wire_batch b;
        bool skip;
        WR_TRY(wr__wire_batch_read(piece->p, (size_t)(piece->end - piece->p), &b, err));
        if (b.bytes == 0)
            return wr_error(err, WEIR_ERR_LOG, "a record batch is cut off");
        piece->p += b.bytes;
        WR_TRY(judge_batch(piece, &b, &skip, err));
        if (skip || b.last_offset < p->position) {
            p->position = WR_MAX(p->position, b.last_offset + 1);
            continue;
        }
        piece->block = b.codec == WR_CODEC_NONE ? NULL : take_block(f);
        piece->open = true;
        WR_TRY(wr__wire_records_open(&b, f->codec, piece->block ? &piece->block->bytes : NULL,
                                     &piece->records, err));
    }
    return WEIR_OK;
}

/* The batch that is handed out has a use of the block, once. */
static void note_block(wr_wire_given *g, wr_wire_block *b)
{
    if (!b || (g->blocks_n > 0 && g->blocks[g->blocks_n - 1] == b))
        return;
    WR_ASSERT(g->blocks_n < WR_ARRAY_LEN(g->blocks));
    g->blocks[g->blocks_n++] = b;
    g->block_bytes += b->bytes.len;
    b->uses++;
}

/* Records of the piece until the batch is full. */
static weir_status fill(wr_wire_fetcher *f, wr_wire_part *p, wr_wire_piece *piece, wr_wire_given *g,
                        uint32_t max_records, weir_error *err)
{
    while (g->run.n < max_records && g->blocks_n < WR_ARRAY_LEN(g->blocks) &&
           g->block_bytes < BLOCK_BYTES_MAX) {
        WR_TRY(open_batch(f, p, piece, err));
        if (!piece->open)
            return WEIR_OK;
        note_block(g, piece->block);
        uint32_t n, room = max_records - g->run.n;
        WR_TRY(wr__wire_records_next(&piece->records, p->position, p->partition, g->run.arena,
                                     g->run.records + g->run.n, room, &n, err));
        WR_ASSERT(n <= room);
        g->run.n += n;
        if (n > 0)
            p->position = g->run.records[g->run.n - 1].offset + 1;
        if (n == room && piece->records.left > 0)
            return WEIR_OK;
        /* Compaction may have taken its last records. */
        p->position = WR_MAX(p->position, piece->records.batch.last_offset + 1);
        piece->open = false;
        if (piece->block)
            give_back_block(f, piece->block);
        piece->block = NULL;
    }
    return WEIR_OK;
}

weir_status wr__wire_piece_take(wr_wire_fetcher *f, wr_wire_part *p, uint32_t max_records,
                                wr_wire_given **out, weir_error *err)
{
    wr_wire_piece *piece = p->first;
    WR_ASSERT(piece && p->position >= 0);
    int64_t before = p->position;
    wr_wire_given *g = take_given(f, max_records);
    g->answer = piece->answer;
    g->answer->uses++;
    g->run.topic = p->topic;
    g->run.assignment = (uint32_t)(p - f->parts);
    g->run.partition = p->partition;
    g->run.n = 0;
    *out = NULL;
    weir_status st = fill(f, p, piece, g, max_records, err);
    if (st != WEIR_OK) {
        wr_error_prefix(err, "%s, partition %d: ", p->topic, p->partition);
        give_back(f, g);
        p->position = before; /* what it was to give is read again */
        wr__wire_pieces_drop(f, p);
        return st;
    }
    if (!piece->open && piece->p == piece->end) {
        p->position = WR_MAX(p->position, piece->end_offset);
        drop_first(f, p);
    }
    WR_ASSERT(p->position >= before && g->run.n <= max_records);
    g->run.next_offset = p->position;
    if (p->position == before) {
        give_back(f, g);
        return WEIR_OK;
    }
    f->out++;
    f->records += g->run.n;
    *out = g;
    return WEIR_OK;
}
