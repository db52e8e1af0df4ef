/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_walk.c - running a plan's program over a record (avro_plan.h).
 *
 * The hot ways are here, inline, with the place in the record in a register: numbers of up to eight
 * bytes are read and gone past without a branch on their size, which is what differs from record to
 * record; texts below 64 bytes have one byte of length. All else, ends of records included, goes
 * through the careful reader (avro_bytes.c), which also says what is wrong.
 */
#include "formats/avro_plan.h"

/* ---- careful: the reader's place is brought up to date first ---- */

static const char *careful_number(wr_avro_reader *r, const char *p, int64_t *out)
{
    r->p = p;
    return wr__avro_long_slow(r, out) ? r->p : NULL;
}

static const char *careful_text(wr_avro_reader *r, const char *p, wr_str *out)
{
    r->p = p;
    return wr__avro_text(r, out) ? r->p : NULL;
}

static const char *careful_skip(wr_avro_reader *r, const char *p, const wr_avro_node *node)
{
    r->p = p;
    return wr__avro_skip(r, node) ? r->p : NULL;
}

/* A union's index of two: in a longer form, or wrong. */
static const char *careful_branch(wr_avro_reader *r, const char *p, uint32_t n, uint32_t *branch)
{
    r->p = p;
    return wr__avro_branch(r, n, branch) ? r->p : NULL;
}

/* ---- fast ---- */

#define TOPS 0x8080808080808080u /* the bit that says that a number goes on */

/* Eight bytes at p as a word, the first in the lowest byte; false: there are not as many. */
static inline bool load_word(const wr_avro_reader *r, const char *p, uint64_t *w)
{
    if (WR_UNLIKELY(r->end - p < 8))
        return false;
    memcpy(w, p, sizeof *w);
    return true;
}

static inline const char *read_number(wr_avro_reader *r, const char *p, int64_t *out)
{
    uint64_t w, stops;
    if (WR_UNLIKELY(!load_word(r, p, &w) || !(stops = ~w & TOPS)))
        return careful_number(r, p, out);
    unsigned bits = (unsigned)__builtin_ctzll(stops) + 1; /* of the number, 8 for each byte */
    w &= ~TOPS & (~(uint64_t)0 >> (64 - bits));
    /* Seven bits of each byte together: of pairs, of fours, of all. */
    w = (w & 0x007F007F007F007Fu) | (w & 0x7F007F007F007F00u) >> 1;
    w = (w & 0x00003FFF00003FFFu) | (w & 0x3FFF00003FFF0000u) >> 2;
    w = (w & 0x000000000FFFFFFFu) | (w & 0x0FFFFFFF00000000u) >> 4;
    *out = (int64_t)(w >> 1) ^ -(int64_t)(w & 1);
    return p + bits / 8;
}

static inline const char *skip_number(wr_avro_reader *r, const char *p)
{
    uint64_t w, stops;
    int64_t number;
    if (WR_UNLIKELY(!load_word(r, p, &w) || !(stops = ~w & TOPS)))
        return careful_number(r, p, &number);
    return p + ((unsigned)__builtin_ctzll(stops) + 1) / 8;
}

static inline const char *read_text(wr_avro_reader *r, const char *p, wr_str *out)
{
    if (WR_LIKELY(p < r->end && !(*p & 0x81))) { /* below 64 bytes, and not negative */
        uint32_t len = (uint8_t)*p >> 1;
        if (WR_LIKELY((ptrdiff_t)len < r->end - p)) {
            *out = (wr_str){p + 1, len};
            return p + 1 + len;
        }
    }
    return careful_text(r, p, out);
}

/* The index of a union of two; @p is_null: is it that of null, @p null? */
static inline const char *read_two(wr_avro_reader *r, const char *p, uint32_t null, bool *is_null)
{
    uint32_t branch;
    if (WR_LIKELY(p < r->end && !(*p & ~2))) {
        branch = (uint8_t)*p++ >> 1;
    } else {
        p = careful_branch(r, p, 2, &branch);
        if (!p)
            return NULL;
    }
    *is_null = branch == null;
    return p;
}

static inline const char *token_number(wr_avro_reader *r, const char *p, wr_avro_token *t)
{
    t->null = false;
    return read_number(r, p, &t->u.i64);
}

static inline const char *token_text(wr_avro_reader *r, const char *p, wr_avro_token *t)
{
    wr_str text;
    p = read_text(r, p, &text);
    if (WR_UNLIKELY(!p))
        return NULL;
    t->u.ptr = text.ptr;
    t->len = text.len;
    t->null = false;
    return p;
}

static inline const char *skip_numbers(wr_avro_reader *r, const char *p, uint32_t n)
{
    for (; n && p; n--)
        p = skip_number(r, p);
    return p;
}

static inline const char *skip_texts(wr_avro_reader *r, const char *p, uint32_t n)
{
    wr_str text;
    for (; n && p; n--)
        p = read_text(r, p, &text);
    return p;
}

static inline const char *skip_optional(wr_avro_reader *r, const char *p, const wr_avro_op *op)
{
    bool null;
    wr_str text;
    for (uint32_t i = 0; i < op->times && p; i++) {
        p = read_two(r, p, op->n, &null);
        if (p && !null)
            p = op->code == WR_AVRO_OP_SKIP_OPT_TEXT ? read_text(r, p, &text) : skip_number(r, p);
    }
    return p;
}

static const char *skip_bytes(wr_avro_reader *r, const char *p, uint32_t n)
{
    if (WR_LIKELY(n <= (uint64_t)(r->end - p)))
        return p + n;
    r->p = p;
    (void)wr__avro_fail(r, "the record ends too early");
    return NULL;
}

/* ---- what is rare ---- */

/* The token of a container is its bytes. */
static const char *token_container(wr_avro_reader *r, const char *p, const wr_avro_node *node,
                                   wr_avro_token *t)
{
    const char *end = careful_skip(r, p, node);
    if (end)
        *t = (wr_avro_token){.u.ptr = p, .len = (uint32_t)(end - p)};
    return end;
}

/* Any value that is there. */
static const char *token_value(wr_avro_reader *r, const char *p, const wr_avro_node *node,
                               wr_avro_token *t)
{
    if (wr__avro_is_container(node))
        return token_container(r, p, node, t);
    r->p = p;
    return wr__avro_token(r, node, t) ? r->p : NULL;
}

static const char *fail_null(wr_avro_reader *r)
{
    (void)wr__avro_fail(r, "the record is null");
    return NULL;
}

/* A union of several as columns: which branch comes decides which column has a value. */
static const char *run_branch(const wr_avro_op *op, wr_avro_reader *r, const char *p,
                              wr_avro_token *tokens, size_t stride)
{
    uint32_t branch;
    WR_ASSERT(op->node->n == op->n);
    p = careful_branch(r, p, op->n, &branch);
    if (!p)
        return NULL;
    if ((int32_t)branch == op->node->null_branch)
        return fail_null(r);
    op = &op->branches[branch];
    if (op->code == WR_AVRO_OP_SKIP_VALUE)
        return careful_skip(r, p, op->node);
    if (op->code != WR_AVRO_OP_END)
        return token_value(r, p, op->node, tokens + op->place * stride);
    (void)wr__avro_fail(r, "the union's branch has no column of its own");
    return NULL;
}

static const char *run_rare(const wr_avro_op *op, wr_avro_reader *r, const char *p,
                            wr_avro_token *tokens, size_t stride)
{
    wr_avro_token *t = tokens + op->place * stride;
    uint32_t branch;
    switch (op->code) {
    case WR_AVRO_OP_SCALAR:
    case WR_AVRO_OP_CONTAINER:
        return token_value(r, p, op->node, t);
    case WR_AVRO_OP_OPT_SCALAR:
    case WR_AVRO_OP_OPT_CONTAINER:
    case WR_AVRO_OP_ROOT:
        p = careful_branch(r, p, op->n == WR_AVRO_ALONE ? 1 : 2, &branch);
        if (!p)
            return NULL;
        if (op->code == WR_AVRO_OP_ROOT)
            return branch == op->n ? fail_null(r) : p;
        if (branch != op->n)
            return token_value(r, p, op->node, t);
        t->null = true;
        return p;
    case WR_AVRO_OP_BRANCH:
        return run_branch(op, r, p, tokens, stride);
    case WR_AVRO_OP_BARE:
        *t = (wr_avro_token){.u.ptr = p, .len = (uint32_t)(r->end - p)};
        return r->end;
    default:
        WR_UNREACHABLE();
    }
}

/* ---- the program ---- */

bool wr__avro_walk(const wr_avro_plan *plan, wr_avro_reader *r, wr_avro_token *tokens,
                   size_t stride)
{
    WR_ASSERT(!plan->fault);
    const char *p = r->p;
    for (const wr_avro_op *op = plan->ops; WR_LIKELY(p != NULL); op++) {
        wr_avro_token *t = tokens + op->place * stride;
        bool null;
        switch (op->code) {
        case WR_AVRO_OP_END:
            r->p = p;
            return true;
        case WR_AVRO_OP_NUMBER:
            p = token_number(r, p, t);
            break;
        case WR_AVRO_OP_TEXT:
            p = token_text(r, p, t);
            break;
        case WR_AVRO_OP_OPT_NUMBER:
            p = read_two(r, p, op->n, &null);
            if (p && !(t->null = null))
                p = token_number(r, p, t);
            break;
        case WR_AVRO_OP_OPT_TEXT:
            p = read_two(r, p, op->n, &null);
            if (p && !(t->null = null))
                p = token_text(r, p, t);
            break;
        case WR_AVRO_OP_SKIP_BYTES:
            p = skip_bytes(r, p, op->n);
            break;
        case WR_AVRO_OP_SKIP_NUMBERS:
            p = skip_numbers(r, p, op->n);
            break;
        case WR_AVRO_OP_SKIP_TEXTS:
            p = skip_texts(r, p, op->n);
            break;
        case WR_AVRO_OP_SKIP_OPT_TEXT:
        case WR_AVRO_OP_SKIP_OPT_NUMBER:
            p = skip_optional(r, p, op);
            break;
        case WR_AVRO_OP_SKIP_VALUE:
            p = careful_skip(r, p, op->node);
            break;
        default:
            p = run_rare(op, r, p, tokens, stride);
            break;
        }
    }
    WR_ASSERT(r->fault);
    return false;
}
