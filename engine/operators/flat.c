/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flat aggregates: the layout of rows, and one small loop for each function and width.
 *
 * Semantics are those of engine/functions/agg_basic.c and agg_offset.c: integers wrap, NULLs are
 * passed over, DOUBLEs compare as Java's do (-0.0 < 0.0, NaN above all) and there is one NaN.
 *
 * MIN and MAX start from the value that loses against every other (for MIN of DOUBLE that is NaN),
 * so their loops need no first case; the mark beside it turns to 01 with the first value.
 */
#include "engine/operators/flat.h"

enum { TIME = 8, MARK = 1, SEQ = 8 };

/* ------------------------------------------------------------------ numbers in a row */

#define NAN_BITS UINT64_C(0x7ff8000000000000)

static inline int32_t get_i32(const char *p)
{
    return (int32_t)wr_get_be32(p);
}
static inline void put_i32(char *p, int32_t v)
{
    wr_put_be32(p, (uint32_t)v);
}
static inline int64_t get_i64(const char *p)
{
    return (int64_t)wr_get_be64(p);
}
static inline void put_i64(char *p, int64_t v)
{
    wr_put_be64(p, (uint64_t)v);
}
static inline double get_f64(const char *p)
{
    uint64_t bits = wr_get_be64(p);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}
static inline uint64_t bits_of(double v)
{
    uint64_t bits = NAN_BITS;
    if (v == v)
        memcpy(&bits, &v, sizeof bits);
    return bits;
}
static inline void put_f64(char *p, double v)
{
    wr_put_be64(p, bits_of(v));
}

static inline int32_t plus_i32(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}
static inline int64_t plus_i64(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}
static inline double plus_f64(double a, double b)
{
    return a + b;
}

static inline bool less_i32(int32_t a, int32_t b)
{
    return a < b;
}
static inline bool less_i64(int64_t a, int64_t b)
{
    return a < b;
}
/* Double.compare(a, b) < 0 */
static inline bool less_f64(double a, double b)
{
    if (a < b || a > b)
        return a < b;
    return (int64_t)bits_of(a) < (int64_t)bits_of(b);
}

/* ------------------------------------------------------------------ COUNT */

static void count_add(const wr__flat_field *f, const wr__flat_pairs *pairs, const wr_vec *arg,
                      uint64_t *sequence)
{
    (void)sequence;
    for (uint32_t k = 0; k < pairs->n; k++) {
        char *p = pairs->row[k] + f->at + MARK;
        put_i64(p, get_i64(p) + !(arg && wr_vec_is_null(arg, pairs->at[k])));
    }
}

/* ------------------------------------------------------------------ functions by width */

/* The rows of a loop whose argument is not NULL: i is the argument's index, state its place. */
#define FOREACH_VALUE(i, state)                                                                    \
    for (uint32_t k = 0; k < pairs->n; k++)                                                        \
        for (uint32_t i = pairs->at[k] & arg->mask, once = !arg->null[i]; once; once = 0)          \
            for (char *state = pairs->row[k] + f->at; once; once = 0)

#define DEFINE_SUM(T, S, VALUES)                                                                   \
    static void sum_add_##S(const wr__flat_field *f, const wr__flat_pairs *pairs,                  \
                            const wr_vec *arg, uint64_t *sequence)                                 \
    {                                                                                              \
        (void)sequence;                                                                            \
        FOREACH_VALUE(i, state)                                                                    \
        put_##S(state + MARK, plus_##S(get_##S(state + MARK), arg->u.VALUES[i]));                  \
    }                                                                                              \
    static void sum_merge_##S(const wr__flat_field *f, char *to, const char *from)                 \
    {                                                                                              \
        size_t at = f->at + MARK;                                                                  \
        put_##S(to + at, plus_##S(get_##S(to + at), get_##S(from + at)));                          \
    }

/* AVG: a STRUCT of SUM and COUNT: mark, mark sum, mark count */
#define DEFINE_AVG(T, S, VALUES)                                                                   \
    enum { AVG_SUM_##S = 2 * MARK, AVG_COUNT_##S = AVG_SUM_##S + (int)sizeof(T) + MARK };          \
    static void avg_add_##S(const wr__flat_field *f, const wr__flat_pairs *pairs,                  \
                            const wr_vec *arg, uint64_t *sequence)                                 \
    {                                                                                              \
        (void)sequence;                                                                            \
        FOREACH_VALUE(i, state)                                                                    \
        {                                                                                          \
            char *sum = state + AVG_SUM_##S, *count = state + AVG_COUNT_##S;                       \
            put_##S(sum, plus_##S(get_##S(sum), arg->u.VALUES[i]));                                \
            put_i64(count, get_i64(count) + 1);                                                    \
        }                                                                                          \
    }                                                                                              \
    static void avg_merge_##S(const wr__flat_field *f, char *to, const char *from)                 \
    {                                                                                              \
        size_t sum = f->at + AVG_SUM_##S, count = f->at + AVG_COUNT_##S;                           \
        put_##S(to + sum, plus_##S(get_##S(to + sum), get_##S(from + sum)));                       \
        put_i64(to + count, plus_i64(get_i64(to + count), get_i64(from + count)));                 \
    }                                                                                              \
    static void avg_result_##S(const wr__flat_field *f, uint32_t n, const char *const *rows,       \
                               wr_vec *out, const uint32_t *to)                                    \
    {                                                                                              \
        for (uint32_t k = 0; k < n; k++) {                                                         \
            const char *state = rows[k] + f->at;                                                   \
            int64_t count = get_i64(state + AVG_COUNT_##S);                                        \
            double sum = (double)get_##S(state + AVG_SUM_##S);                                     \
            out->u.f64[to[k]] = count == 0 ? 0.0 : sum / (double)count;                            \
            out->null[to[k]] = 0;                                                                  \
        }                                                                                          \
    }

/* MIN, MAX: @p BEATS says whether a value takes the place of the state. */
#define DEFINE_EXTREME(NAME, T, S, VALUES, BEATS)                                                  \
    static void NAME##_add_##S(const wr__flat_field *f, const wr__flat_pairs *pairs,               \
                               const wr_vec *arg, uint64_t *sequence)                              \
    {                                                                                              \
        (void)sequence;                                                                            \
        FOREACH_VALUE(i, state)                                                                    \
        {                                                                                          \
            T now = get_##S(state + MARK), v = arg->u.VALUES[i];                                   \
            *state = MARK;                                                                         \
            if (BEATS)                                                                             \
                put_##S(state + MARK, v);                                                          \
        }                                                                                          \
    }                                                                                              \
    static void NAME##_merge_##S(const wr__flat_field *f, char *to, const char *from)              \
    {                                                                                              \
        T now = get_##S(to + f->at + MARK), v = get_##S(from + f->at + MARK);                      \
        if (from[f->at] && (BEATS)) /* what starts the other one loses against all */              \
            put_##S(to + f->at + MARK, v);                                                         \
        to[f->at] |= from[f->at];                                                                  \
    }

/* EARLIEST, LATEST: a STRUCT of SEQ and VAL: mark, mark seq, mark value */
enum { OFFSET_SEQ = 2 * MARK, OFFSET_MARK = OFFSET_SEQ + SEQ, OFFSET_VALUE = OFFSET_MARK + MARK };

#define DEFINE_OFFSET(NAME, T, S, VALUES, WANTED)                                                  \
    static void NAME##_add_##S(const wr__flat_field *f, const wr__flat_pairs *pairs,               \
                               const wr_vec *arg, uint64_t *sequence)                              \
    {                                                                                              \
        FOREACH_VALUE(i, state)                                                                    \
        if (WANTED) {                                                                              \
            put_i64(state + OFFSET_SEQ, (int64_t)++ * sequence);                                   \
            state[OFFSET_MARK] = MARK;                                                             \
            put_##S(state + OFFSET_VALUE, arg->u.VALUES[i]);                                       \
        }                                                                                          \
    }

#define DEFINE_RESULT(T, S, VALUES)                                                                \
    static void result_##S(const wr__flat_field *f, uint32_t n, const char *const *rows,           \
                           wr_vec *out, const uint32_t *to)                                        \
    {                                                                                              \
        size_t at = f->at + f->width - sizeof(T);                                                  \
        for (uint32_t k = 0; k < n; k++) {                                                         \
            out->u.VALUES[to[k]] = get_##S(rows[k] + at);                                          \
            out->null[to[k]] = 0;                                                                  \
        }                                                                                          \
    }

#define DEFINE_ALL(T, S, VALUES)                                                                   \
    DEFINE_RESULT(T, S, VALUES)                                                                    \
    DEFINE_SUM(T, S, VALUES)                                                                       \
    DEFINE_AVG(T, S, VALUES)                                                                       \
    DEFINE_EXTREME(min, T, S, VALUES, less_##S(v, now))                                            \
    DEFINE_EXTREME(max, T, S, VALUES, less_##S(now, v))                                            \
    DEFINE_OFFSET(earliest, T, S, VALUES, get_i64(state + OFFSET_SEQ) == 0)                        \
    DEFINE_OFFSET(latest, T, S, VALUES, true)
DEFINE_ALL(int32_t, i32, i32)
DEFINE_ALL(int64_t, i64, i64)
DEFINE_ALL(double, f64, f64)

static void offset_take(const wr__flat_field *f, char *to, const char *from, bool latest)
{
    int64_t have = get_i64(to + f->at + OFFSET_SEQ), other = get_i64(from + f->at + OFFSET_SEQ);
    bool earlier = other != 0 && (have == 0 || other < have);
    if (latest ? other > have : earlier)
        memcpy(to + f->at, from + f->at, f->width);
}
static void earliest_merge(const wr__flat_field *f, char *to, const char *from)
{
    offset_take(f, to, from, false);
}
static void latest_merge(const wr__flat_field *f, char *to, const char *from)
{
    offset_take(f, to, from, true);
}

/* ------------------------------------------------------------------ the layout */

typedef struct kernels {
    __typeof__(((wr__flat_field *)0)->add) add;
    __typeof__(((wr__flat_field *)0)->merge) merge;
    __typeof__(((wr__flat_field *)0)->result) result;
} kernels;

enum { I32, I64, F64, FORMS };
#define BY_FORM(NAME, MERGE)                                                                       \
    {                                                                                              \
        {NAME##_add_i32, MERGE##_i32, result_i32}, {NAME##_add_i64, MERGE##_i64, result_i64},      \
        {                                                                                          \
            NAME##_add_f64, MERGE##_f64, result_f64                                                \
        }                                                                                          \
    }
#define earliest_merge_i32 earliest_merge
#define earliest_merge_i64 earliest_merge
#define earliest_merge_f64 earliest_merge
#define latest_merge_i32   latest_merge
#define latest_merge_i64   latest_merge
#define latest_merge_f64   latest_merge

static const kernels table[][FORMS] = {
    [WR_AGG_FLAT_COUNT] = {[I64] = {count_add, sum_merge_i64, result_i64}},
    [WR_AGG_FLAT_SUM] = BY_FORM(sum, sum_merge),
    [WR_AGG_FLAT_AVG] = {{avg_add_i32, avg_merge_i32, avg_result_i32},
                         {avg_add_i64, avg_merge_i64, avg_result_i64},
                         {avg_add_f64, avg_merge_f64, avg_result_f64}},
    [WR_AGG_FLAT_MIN] = BY_FORM(min, min_merge),
    [WR_AGG_FLAT_MAX] = BY_FORM(max, max_merge),
    [WR_AGG_FLAT_EARLIEST] = BY_FORM(earliest, earliest_merge),
    [WR_AGG_FLAT_LATEST] = BY_FORM(latest, latest_merge),
};

static int form_of(wr_agg_flat flat, const wr_agg_call *call)
{
    if (flat == WR_AGG_FLAT_COUNT)
        return I64;
    wr_tid id = call->arg_types[0]->id;
    return id == WR_T_DOUBLE ? F64 : id == WR_T_BIGINT || id == WR_T_TIMESTAMP ? I64 : I32;
}

/* What a MIN or MAX starts from. */
static void put_loser(wr_buf *out, int form, bool min)
{
    if (form == I32)
        wr_buf_be32(out, (uint32_t)(min ? INT32_MAX : INT32_MIN));
    else if (form == I64)
        wr_buf_be64(out, (uint64_t)(min ? INT64_MAX : INT64_MIN));
    else
        wr_buf_be64(out, min ? NAN_BITS : bits_of(-__builtin_inf()));
}

static void put_zero(wr_buf *out, int form)
{
    if (form == I32)
        wr_buf_be32(out, 0);
    else
        wr_buf_be64(out, 0);
}

/* A new state, and where its marks are. */
static void put_state(wr_buf *out, wr_agg_flat flat, int form, uint32_t *marks, uint32_t *marks_n)
{
    switch (flat) {
    case WR_AGG_FLAT_COUNT:
    case WR_AGG_FLAT_SUM:
        marks[(*marks_n)++] = (uint32_t)out->len;
        wr_buf_putc(out, MARK);
        put_zero(out, form);
        return;
    case WR_AGG_FLAT_MIN:
    case WR_AGG_FLAT_MAX:
        marks[(*marks_n)++] = (uint32_t)out->len;
        wr_buf_putc(out, 0);
        put_loser(out, form, flat == WR_AGG_FLAT_MIN);
        return;
    case WR_AGG_FLAT_AVG:
    case WR_AGG_FLAT_EARLIEST:
    case WR_AGG_FLAT_LATEST: {
        bool avg = flat == WR_AGG_FLAT_AVG;
        marks[(*marks_n)++] = (uint32_t)out->len;
        wr_buf_putc(out, MARK);
        marks[(*marks_n)++] = (uint32_t)out->len;
        wr_buf_putc(out, MARK);
        put_zero(out, avg ? form : I64);
        marks[(*marks_n)++] = (uint32_t)out->len;
        wr_buf_putc(out, avg ? MARK : 0);
        put_zero(out, avg ? I64 : form);
        return;
    }
    case WR_AGG_FLAT_NONE:
        break;
    }
    WR_UNREACHABLE();
}

void wr__flat_open(wr__flat *flat, const wr_step_aggregate *cfg, wr_arena *a)
{
    *flat = (wr__flat){0};
    if (cfg->carried_n || cfg->input_table) /* undo and carried columns: the boxed way */
        return;
    for (uint32_t k = 0; k < cfg->aggregates_n; k++)
        if (wr_agg_flat_of(cfg->calls[k]) == WR_AGG_FLAT_NONE)
            return;
    wr_buf blank = {0};
    uint32_t *marks = WR_NEW_N(a, uint32_t, 3 * (size_t)cfg->aggregates_n);
    flat->n = cfg->aggregates_n;
    flat->fields = WR_NEW_N(a, wr__flat_field, flat->n);
    flat->marks = marks;
    wr_buf_be64(&blank, (uint64_t)INT64_MIN);
    int32_t arg = 0;
    for (uint32_t k = 0; k < flat->n; k++) {
        const wr_agg_call *call = cfg->calls[k];
        wr_agg_flat what = wr_agg_flat_of(call);
        int form = form_of(what, call);
        const kernels *kernel = &table[what][form];
        size_t at = blank.len;
        put_state(&blank, what, form, marks, &flat->marks_n);
        flat->fields[k] = (wr__flat_field){
            .add = kernel->add,
            .merge = kernel->merge,
            .result = kernel->result,
            .at = (uint32_t)at,
            .width = (uint32_t)(blank.len - at),
            .arg = call->args_n ? arg : -1,
            .nullable = what >= WR_AGG_FLAT_MIN,
        };
        arg += (int32_t)call->args_n;
    }
    flat->len = (uint32_t)blank.len;
    flat->blank = wr_arena_memdup(a, blank.ptr, blank.len);
    flat->on = true;
    wr_buf_free(&blank);
}

/* ------------------------------------------------------------------ rows */

bool wr__flat_is(const wr__flat *flat, wr_str row)
{
    if (!flat->on || row.len != flat->len)
        return false;
    uint8_t others = 0;
    for (uint32_t k = 0; k < flat->marks_n; k++)
        others |= (uint8_t)(row.ptr[flat->marks[k]] ^ MARK);
    return others == 0;
}

bool wr__flat_can_start(const wr__flat *flat, const wr_vec *const *args, uint32_t i)
{
    for (uint32_t k = 0; k < flat->n; k++)
        if (flat->fields[k].nullable && wr_vec_is_null(args[flat->fields[k].arg], i))
            return false;
    return true;
}

void wr__flat_add(const wr__flat *flat, const wr__flat_pairs *pairs, const wr_vec *const *args,
                  uint64_t *sequence)
{
    for (uint32_t k = 0; k < flat->n; k++) {
        const wr__flat_field *f = &flat->fields[k];
        f->add(f, pairs, f->arg < 0 ? NULL : args[f->arg], sequence);
    }
}

void wr__flat_merge(const wr__flat *flat, char *to, const char *from)
{
    for (uint32_t k = 0; k < flat->n; k++)
        flat->fields[k].merge(&flat->fields[k], to, from);
}

void wr__flat_results(const wr__flat *flat, uint32_t n, const char *const *rows, wr_vec *cols,
                      const uint32_t *to)
{
    for (uint32_t k = 0; k < flat->n; k++)
        flat->fields[k].result(&flat->fields[k], n, rows, &cols[k], to);
}

void wr__flat_put_states(const wr__flat *flat, const char *row, wr_buf *out)
{
    for (uint32_t k = 0; k < flat->n; k++) {
        const wr__flat_field *f = &flat->fields[k];
        bool null = row[f->at] == 0;
        wr_buf_put(out, row + f->at, null ? MARK : f->width);
    }
}
