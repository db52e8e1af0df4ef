/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_shape.c - scanning objects by a learned shape (json_shape.h).
 *
 * The table of names is open-addressed and hashed by the upper-cased name, so that one probe finds
 * both the exact field and the one that matches without regard to case. Memory: the decoder's
 * arena; one shape is used by one thread.
 */
#include "formats/json_shape.h"

#include "common/buf.h"

/* Keys longer than this, and members beyond so many, are looked up each time. */
#define LEARNED_KEY_MAX 46u
#define LEARNED_MAX     64u

typedef struct target {
    uint32_t exact;  /* field with this very name, or WR_JSON_NO_FIELD */
    uint32_t folded; /* another field, named as the upper-cased key */
} target;

/* The key last seen at one place of the object, as written: with its quotes. */
typedef struct learned_key {
    uint8_t len; /* 0: nothing learned */
    char text[LEARNED_KEY_MAX + 2];
    target target;
} learned_key;

struct wr_jshape {
    const wr_str *names; /* n */
    uint32_t n;
    uint32_t *slots; /* index into names + 1; 0: free */
    uint32_t mask;
    uint32_t learned_n;
    learned_key learned[LEARNED_MAX];
};

/* ---- the table of names ---- */

static uint64_t folded_hash(wr_str s)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    for (uint32_t i = 0; i < s.len; i++)
        h = (h ^ (uint8_t)wr_upper(s.ptr[i])) * 0x100000001b3u;
    return h ^ h >> 32;
}

/* Is @p name the upper-cased @p key? */
static bool is_upper_of(wr_str name, wr_str key)
{
    if (name.len != key.len)
        return false;
    for (uint32_t i = 0; i < key.len; i++)
        if (name.ptr[i] != wr_upper(key.ptr[i]))
            return false;
    return true;
}

wr_jshape *wr__json_shape_new(wr_arena *a, const wr_str *names, uint32_t n)
{
    wr_jshape *shape = WR_NEW(a, wr_jshape);
    wr_str *copy = WR_NEW_N(a, wr_str, n);
    uint32_t slots = 8;
    while (slots < n * 2)
        slots *= 2;
    shape->mask = slots - 1;
    shape->slots = WR_NEW_N(a, uint32_t, slots);
    shape->names = copy;
    shape->n = n;
    for (uint32_t i = 0; i < n; i++) {
        copy[i] = wr_arena_str(a, names[i]);
        uint32_t at = (uint32_t)folded_hash(copy[i]) & shape->mask;
        while (shape->slots[at])
            at = (at + 1) & shape->mask;
        shape->slots[at] = i + 1;
    }
    return shape;
}

static target find_fields(const wr_jshape *shape, wr_str key)
{
    target t = {WR_JSON_NO_FIELD, WR_JSON_NO_FIELD};
    uint32_t at = (uint32_t)folded_hash(key) & shape->mask;
    for (; shape->slots[at]; at = (at + 1) & shape->mask) {
        uint32_t field = shape->slots[at] - 1;
        if (wr_str_eq(shape->names[field], key))
            t.exact = field;
        else if (is_upper_of(shape->names[field], key))
            t.folded = field;
    }
    return t;
}

static target find_escaped(const wr_jshape *shape, wr_str raw)
{
    char space[256];
    char *text = raw.len <= sizeof space ? space : wr_malloc(raw.len);
    target t = find_fields(shape, wr_str_make(text, wr__json_unescape(raw, text)));
    if (text != space)
        wr_free(text);
    return t;
}

/* ---- members ---- */

static void learn(wr_jshape *shape, uint32_t place, const wr_jtoken *key, target t)
{
    if (place >= LEARNED_MAX || key->len > LEARNED_KEY_MAX)
        return;
    learned_key *k = &shape->learned[place];
    k->len = (uint8_t)(key->len + 2);
    memcpy(k->text, key->ptr - 1, k->len);
    k->target = t;
    if (place >= shape->learned_n)
        shape->learned_n = place + 1;
}

/* memcmp for keys: short, and equal nearly always, so a call would cost more than the comparison.
 */
static inline bool same_bytes(const char *a, const char *b, uint32_t n)
{
    uint64_t x, y;
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        if (x != y)
            return false;
    }
    for (; i < n; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

/* The key at the cursor, which moves behind its closing quote. @p place counts members from 0. */
static bool read_key(wr_jshape *shape, wr_jscan *s, uint32_t place, target *t)
{
    if (place < shape->learned_n) {
        const learned_key *k = &shape->learned[place];
        if (k->len && (size_t)(s->end - s->p) >= k->len && same_bytes(s->p, k->text, k->len)) {
            s->p += k->len;
            *t = k->target;
            return true;
        }
    }
    wr_jtoken key;
    if (!wr__json_string(s, &key))
        return false;
    wr_str raw = wr_str_make(key.ptr, key.len);
    *t = key.flags & WR_J_ESCAPED ? find_escaped(shape, raw) : find_fields(shape, raw);
    learn(shape, place, &key, *t);
    return true;
}

bool wr__json_shape_scan(wr_jshape *shape, wr_jscan *s, wr_jtoken *tokens)
{
    memset(tokens, 0, shape->n * sizeof *tokens);
    if (!wr__json_enter(s))
        return false;
    wr_jtoken unwanted;
    for (uint32_t place = 0; wr__json_next(s, '}', place == 0); place++) {
        target t = {WR_JSON_NO_FIELD, WR_JSON_NO_FIELD};
        if (!read_key(shape, s, place, &t) || !wr__json_colon(s))
            return false;
        if (t.folded != WR_JSON_NO_FIELD && tokens[t.folded].flags & WR_J_EXACT)
            t.folded = WR_JSON_NO_FIELD;
        /* Straight into its place: copying a token just written, whose parts are smaller than the
         * copy's loads, stalls the processor. */
        uint32_t field = t.exact != WR_JSON_NO_FIELD ? t.exact : t.folded;
        wr_jtoken *value = field != WR_JSON_NO_FIELD ? &tokens[field] : &unwanted;
        if (!wr__json_token(s, value))
            return false;
        if (t.exact != WR_JSON_NO_FIELD) {
            if (t.folded != WR_JSON_NO_FIELD)
                tokens[t.folded] = *value;
            value->flags |= WR_J_EXACT;
        }
    }
    return s->fault == NULL;
}

/* ---- types ---- */

void wr__json_type_init(wr_jtype *t, const wr_type *type, wr_arena *a)
{
    *t = (wr_jtype){.type = type, .text = wr_type_text(a, type)};
    if (type->id == WR_T_ARRAY || type->id == WR_T_MAP) {
        wr_jtype *elem = WR_NEW(a, wr_jtype);
        wr__json_type_init(elem, type->elem, a);
        t->elem = elem;
    } else if (type->id == WR_T_STRUCT) {
        wr_jtype *fields = WR_NEW_N(a, wr_jtype, type->fields_n);
        wr_str *names = WR_NEW_N(a, wr_str, type->fields_n);
        for (uint32_t i = 0; i < type->fields_n; i++) {
            wr__json_type_init(&fields[i], type->fields[i].type, a);
            names[i] = wr_str_c(type->fields[i].name);
        }
        t->fields = fields;
        t->shape = wr__json_shape_new(a, names, type->fields_n);
    }
}
