/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_shape.c - scanning objects by a learned shape (json_shape.h).
 *
 * The table of names is open-addressed and hashed by the upper-cased name, so that one probe finds
 * both the exact field and the one that matches without regard to case. Memory: the decoder's
 * arena; one shape is used by one thread.
 */
#include "formats/json_shape.h"

typedef struct target {
    uint32_t exact;  /* field with this very name, or WR_JSON_NO_FIELD */
    uint32_t folded; /* another field, named as the upper-cased key */
} target;

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
    WR_ASSERT((slots & (slots - 1)) == 0 && slots > n); /* a probe ends at a free slot */
    shape->mask = slots - 1;
    shape->slots = WR_NEW_N(a, uint32_t, slots);
    shape->names = copy;
    shape->n = n;
    const wr_jwalk *walks;
    wr__json_walks(&walks);
    shape->walk = walks[0];
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

/* @p text: from the key's quote to its value. A key that feeds two fields is not learned: the walks
 * know one field only. */
static void learn(wr_jshape *shape, uint32_t at, wr_str text, const target *t)
{
    WR_ASSERT(at < WR_JSON_LEARNED_MAX && at <= shape->learned_n);
    wr_jlearned *k = &shape->learned[at];
    bool two = t->exact != WR_JSON_NO_FIELD && t->folded != WR_JSON_NO_FIELD;
    k->len = UINT32_MAX;
    if (at >= shape->learned_n)
        shape->learned_n = at + 1;
    if (two || text.len > WR_JSON_LEARNED_TEXT)
        return;
    k->len = text.len;
    k->mask = text.len >= 32 ? UINT32_MAX : (UINT32_C(1) << text.len) - 1;
    k->field = t->exact != WR_JSON_NO_FIELD ? t->exact : t->folded;
    k->flags = t->exact != WR_JSON_NO_FIELD ? WR_J_EXACT : 0;
    memcpy(k->text, text.ptr, text.len);
}

bool wr__json_shape_member(wr_jshape *shape, wr_jscan *s, wr_jtoken *tokens, size_t stride,
                           uint32_t *at)
{
    wr_jtoken key, unwanted;
    const char *start = s->p;
    if (!wr__json_string(s, &key) || !wr__json_colon(s))
        return false;
    wr_str raw = wr_str_make(key.ptr, key.len);
    target t = key.flags & WR_J_ESCAPED ? find_escaped(shape, raw) : find_fields(shape, raw);
    if (*at < WR_JSON_LEARNED_MAX)
        learn(shape, (*at)++, wr_str_make(start, (size_t)(s->p - start)), &t);
    if (t.folded != WR_JSON_NO_FIELD && tokens[t.folded * stride].flags & WR_J_EXACT)
        t.folded = WR_JSON_NO_FIELD;
    uint32_t field = t.exact != WR_JSON_NO_FIELD ? t.exact : t.folded;
    wr_jtoken *value = field != WR_JSON_NO_FIELD ? &tokens[field * stride] : &unwanted;
    if (!wr__json_token(s, value))
        return false;
    if (t.exact != WR_JSON_NO_FIELD) {
        if (t.folded != WR_JSON_NO_FIELD)
            tokens[t.folded * stride] = *value;
        value->flags |= WR_J_EXACT;
    }
    return true;
}

/* ---- objects ---- */

uint32_t wr__json_walks(const wr_jwalk **walks)
{
#ifdef __x86_64__
    static const wr_jwalk all[] = {wr__json_walk_avx2, wr__json_walk_sse2, wr__json_walk_plain};
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
    *walks = all + !avx2;
    return (uint32_t)WR_ARRAY_LEN(all) - !avx2;
#else
    static const wr_jwalk all[] = {wr__json_walk_plain};
    *walks = all;
    return 1;
#endif
}

bool wr__json_shape_scan(wr_jshape *shape, wr_jscan *s, wr_jtoken *tokens, size_t stride)
{
    return (s->slack ? shape->walk : wr__json_walk_plain)(shape, s, tokens, stride);
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
