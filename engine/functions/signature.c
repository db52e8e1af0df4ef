/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature.c - the signature language: parsing, printing, matching, substitution.
 *
 *     type   = NAME | LETTER | DECIMAL '(' num ',' num ')' | ARRAY '<' type '>'
 *            | MAP '<' type ',' type '>' | STRUCT '<' NAME type { ',' NAME type } '>'
 *            | type '=>' type | '(' type { ',' type } ')' '=>' type | unit | any
 *     num    = digits | letter (a variable)
 *     args   = [ type { ',' type } [ '...' ] ] [ '|' type { ',' type } ]
 *
 * Matching binds variables from left to right. A variable met again must have the same type,
 * also where casts are allowed. Decimal variables take the union of what they meet: GREATEST of a
 * DECIMAL(9, 2) and a DECIMAL(7, 6) works on a type that holds both.
 *
 *     "ARRAY<T>, T" for (ARRAY<BIGINT>, INTEGER)     no match: T is BIGINT
 *     "MAP<K,V>, (K,V)=>BOOLEAN" for a map           K and V are known before the body is typed
 *     "DECIMAL(p,s)" for DECIMAL(4, 2)               p is 4, s is 2
 *     "T, T" for (STRING, INTEGER)                   no match: neither becomes the other
 */
#include "engine/functions/signature.h"

#include "types/decimal.h"

#include <ctype.h>

/* The text of a signature is a constant of ours, so what does not parse is a bug: asserts, no
 * errors. One text is read once, from left to right, with one token to look ahead. */
typedef struct scanner {
    const char *p; /* the cursor; the text ends in a 0 byte */
    wr_arena *a;   /* of the tree */
} scanner;

static void skip_blanks(scanner *s)
{
    while (*s->p == ' ')
        s->p++;
}

/* Does @p token come next? Then the cursor is after it; else it is only after the blanks. */
static bool accept(scanner *s, const char *token)
{
    skip_blanks(s);
    size_t n = strlen(token);
    if (strncmp(s->p, token, n) != 0)
        return false;
    s->p += n;
    return true;
}

/* In two steps, so that the call is not lost where asserts are not compiled. */
static void expect(scanner *s, const char *token)
{
    bool there = accept(s, token);
    WR_ASSERT(there);
}

/* A name, a number or a letter; not empty. */
static wr_str word(scanner *s)
{
    skip_blanks(s);
    const char *from = s->p;
    while (isalnum((unsigned char)*s->p) || *s->p == '_')
        s->p++;
    WR_ASSERT(s->p > from);
    return wr_str_make(from, (size_t)(s->p - from));
}

static const wr__sig_type *parse_type(scanner *s);

/* A letter is kept as a negative number, so that one field holds both. */
static int32_t parse_number(scanner *s)
{
    wr_str w = word(s);
    int64_t v;
    if (wr_str_to_i64(w, &v))
        return (int32_t)v;
    WR_ASSERT(w.len == 1 && islower((unsigned char)w.ptr[0]));
    return -1 - (w.ptr[0] - 'a');
}

/* After "STRUCT<": fields up to ">". */
static void parse_struct(scanner *s, wr__sig_type *t)
{
    wr_arr(const wr__sig_type *) parts = {0};
    wr_arr(const char *) names = {0};
    do {
        wr_str name = word(s);
        wr_arr_push(s->a, &names, wr_arena_strndup(s->a, name.ptr, name.len));
        wr_arr_push(s->a, &parts, parse_type(s));
    } while (accept(s, ","));
    expect(s, ">");
    t->kind = WR__SIG_STRUCT;
    t->parts = parts.v;
    t->names = names.v;
    t->parts_n = (uint32_t)parts.n;
}

/* Types without parameters. "unit" is that of DAYS, HOURS ... in DATEADD. */
static const struct {
    const char *name;
    wr_tid id;
} simple_types[] = {
    {"BOOLEAN", WR_T_BOOLEAN}, {"INTEGER", WR_T_INTEGER}, {"BIGINT", WR_T_BIGINT},
    {"DOUBLE", WR_T_DOUBLE},   {"STRING", WR_T_STRING},   {"BYTES", WR_T_BYTES},
    {"DATE", WR_T_DATE},       {"TIME", WR_T_TIME},       {"TIMESTAMP", WR_T_TIMESTAMP},
    {"unit", WR_T_UNIT},
};

/* A name that is none of these is a variable, one upper-case letter. */
static void parse_named(scanner *s, wr__sig_type *t)
{
    wr_str name = word(s);
    for (size_t i = 0; i < WR_ARRAY_LEN(simple_types); i++) {
        if (wr_str_eq_c(name, simple_types[i].name)) {
            t->kind = WR__SIG_TYPE;
            t->id = simple_types[i].id;
            return;
        }
    }
    if (wr_str_eq_c(name, "DECIMAL")) {
        t->kind = WR__SIG_DECIMAL;
        expect(s, "(");
        t->precision = parse_number(s);
        expect(s, ",");
        t->scale = parse_number(s);
        expect(s, ")");
    } else if (wr_str_eq_c(name, "ARRAY")) {
        t->kind = WR__SIG_ARRAY;
        expect(s, "<");
        t->elem = parse_type(s);
        expect(s, ">");
    } else if (wr_str_eq_c(name, "MAP")) {
        t->kind = WR__SIG_MAP;
        expect(s, "<");
        t->key = parse_type(s);
        expect(s, ",");
        t->elem = parse_type(s);
        expect(s, ">");
    } else if (wr_str_eq_c(name, "STRUCT")) {
        expect(s, "<");
        parse_struct(s, t);
    } else if (wr_str_eq_c(name, "any")) {
        t->kind = WR__SIG_ANY;
    } else {
        WR_ASSERT(name.len == 1 && isupper((unsigned char)name.ptr[0]));
        t->kind = WR__SIG_VAR;
        t->var = name.ptr[0];
    }
}

/* `params => result`; the result may be a lambda again, though no function has one. */
static const wr__sig_type *lambda(scanner *s, const wr__sig_type *const *params, size_t n)
{
    wr__sig_type *t = WR_NEW(s->a, wr__sig_type);
    t->kind = WR__SIG_LAMBDA;
    t->parts = params;
    t->parts_n = (uint32_t)n;
    t->elem = parse_type(s);
    return t;
}

/* `(A,B)=>R` and `A=>R`: what stands before the arrow is known to be parameters only when it comes.
 */
static const wr__sig_type *parse_type(scanner *s)
{
    wr_arr(const wr__sig_type *) params = {0};
    if (accept(s, "(")) {
        do
            wr_arr_push(s->a, &params, parse_type(s));
        while (accept(s, ","));
        expect(s, ")");
        expect(s, "=>");
        return lambda(s, params.v, params.n);
    }
    wr__sig_type *t = WR_NEW(s->a, wr__sig_type);
    parse_named(s, t);
    if (!accept(s, "=>"))
        return t;
    wr_arr_push(s->a, &params, (const wr__sig_type *)t);
    return lambda(s, params.v, params.n);
}

/* The whole text must be one type. */
const wr__sig_type *wr__sig_parse_type(const char *text, wr_arena *a)
{
    scanner s = {text, a};
    const wr__sig_type *t = parse_type(&s);
    skip_blanks(&s);
    WR_ASSERT(!*s.p);
    return t;
}

/*     "STRING, T..."      two parameters, the second one for zero or more arguments
 *     "T | INTEGER"       one column argument, one literal
 *     ""                  none */
void wr__sig_parse(const char *text, wr_arena *a, wr__sig *out)
{
    scanner s = {text, a};
    wr_arr(const wr__sig_type *) params = {0}, init = {0};
    memset(out, 0, sizeof(*out));
    skip_blanks(&s);
    while (*s.p && *s.p != '|') {
        wr_arr_push(a, &params, parse_type(&s));
        out->variadic = accept(&s, "...");
        skip_blanks(&s);
        if (!accept(&s, ","))
            break;
        WR_ASSERT(!out->variadic);
    }
    if (accept(&s, "|")) {
        do
            wr_arr_push(a, &init, parse_type(&s));
        while (accept(&s, ","));
    }
    skip_blanks(&s);
    WR_ASSERT(!*s.p);
    out->params = params.v;
    out->params_n = (uint32_t)params.n;
    out->init = init.v;
    out->init_n = (uint32_t)init.n;
}

/* ---- printing ---- */

/* For messages and DESCRIBE FUNCTION: variables as letters, DECIMAL without numbers. */

/* ksqlDB's words: LAMBDA (T) => R, INTERVALUNIT. */
void wr__sig_print_type(wr_buf *out, const wr__sig_type *t)
{
    switch (t->kind) {
    case WR__SIG_TYPE:
        for (size_t i = 0; i < WR_ARRAY_LEN(simple_types); i++) {
            if (simple_types[i].id == t->id)
                wr_buf_puts(out, t->id == WR_T_UNIT ? "INTERVALUNIT" : simple_types[i].name);
        }
        return;
    case WR__SIG_VAR:
        wr_buf_putc(out, t->var);
        return;
    case WR__SIG_DECIMAL:
        wr_buf_puts(out, "DECIMAL");
        return;
    case WR__SIG_ANY:
        wr_buf_puts(out, "ANY");
        return;
    case WR__SIG_ARRAY:
        wr_buf_puts(out, "ARRAY<");
        wr__sig_print_type(out, t->elem);
        break;
    case WR__SIG_MAP:
        wr_buf_puts(out, "MAP<");
        wr__sig_print_type(out, t->key);
        wr_buf_puts(out, ", ");
        wr__sig_print_type(out, t->elem);
        break;
    case WR__SIG_STRUCT:
    case WR__SIG_LAMBDA: {
        bool is_struct = t->kind == WR__SIG_STRUCT;
        wr_buf_puts(out, is_struct ? "STRUCT<" : "LAMBDA (");
        for (uint32_t i = 0; i < t->parts_n; i++) {
            wr_buf_puts(out, i ? ", " : "");
            if (is_struct)
                wr_buf_printf(out, "%s ", t->names[i]);
            wr__sig_print_type(out, t->parts[i]);
        }
        if (is_struct)
            break;
        wr_buf_puts(out, ") => ");
        wr__sig_print_type(out, t->elem);
        return;
    }
    }
    wr_buf_putc(out, '>');
}

/*     SUBSTRING(STRING, INTEGER)      CONCAT(STRING...)      TOPK(INTEGER, INTEGER) */
void wr_signature_print(wr_buf *out, const wr_function *fn, uint32_t sig_index)
{
    wr_arena *a = wr_arena_new(0);
    wr__sig s;
    WR_ASSERT(sig_index < fn->sigs_n);
    wr__sig_parse(fn->sigs[sig_index].args, a, &s);
    wr_buf_puts(out, fn->name);
    wr_buf_putc(out, '(');
    for (uint32_t i = 0; i < s.params_n + s.init_n; i++) {
        bool init = i >= s.params_n;
        wr_buf_puts(out, i ? ", " : "");
        wr__sig_print_type(out, init ? s.init[i - s.params_n] : s.params[i]);
        if (s.variadic && i + 1 == s.params_n)
            wr_buf_puts(out, "...");
    }
    wr_buf_putc(out, ')');
    wr_arena_free(a);
}

/* ---- matching ---- */

/* 0xFF in all bytes is -1: no number is bound. */
void wr__bindings_init(wr__bindings *b, wr_arena *a, bool casts)
{
    memset(b, 0, sizeof(*b));
    memset(b->numbers, 0xFF, sizeof b->numbers);
    b->a = a;
    b->casts = casts;
}

/* The order of implicit widening; 0: no number. ksqlDB's SqlBaseType: INTEGER, BIGINT, DECIMAL,
 * DOUBLE. */
static int number_rank(wr_tid id)
{
    return id == WR_T_INTEGER   ? 1
           : id == WR_T_BIGINT  ? 2
           : id == WR_T_DECIMAL ? 3
           : id == WR_T_DOUBLE  ? 4
                                : 0;
}

/**
 * functions.md section 0, rule 2. Texts become times where a time is wanted, so that a literal can
 * be written.
 */
static bool implicit(wr_tid from, wr_tid to)
{
    int rf = number_rank(from), rt = number_rank(to);
    if (rf && rt)
        return rf <= rt;
    return from == WR_T_STRING &&
           (to == WR_T_DATE || to == WR_T_TIME || to == WR_T_TIMESTAMP || to == WR_T_BYTES);
}

/* A variable is one type wherever it stands, as in ksqlDB: nothing is widened to bring two
 * together, COALESCE(INTEGER, BIGINT) is no call of COALESCE(T, T...). */
static bool match_var(wr__bindings *b, char var, const wr_type *t)
{
    WR_ASSERT(var >= 'A' && var <= 'Z');
    const wr_type **bound = &b->vars[var - 'A'];
    if (!*bound)
        *bound = t;
    return wr_type_equal(*bound, t);
}

/* DECIMAL(p,s) binds to the union of what it meets; DECIMAL(10,2) takes what fits into it. Integers
 * match as the DECIMAL that holds all of them, where casts are allowed. */
static bool match_decimal(wr__bindings *b, const wr__sig_type *p, const wr_type *t)
{
    if (t->id != WR_T_DECIMAL) {
        if (!b->casts || !implicit(t->id, WR_T_DECIMAL))
            return false;
        t = wr_dec_type_of(b->a, t);
    }
    if (p->precision >= 0)
        return t->precision - t->scale <= p->precision - p->scale && t->scale <= p->scale;
    int32_t *precision = &b->numbers[-1 - p->precision], *scale = &b->numbers[-1 - p->scale];
    if (*precision >= 0) {
        int32_t s = WR_MAX(*scale, t->scale);
        int32_t whole = WR_MAX(*precision - *scale, t->precision - t->scale);
        *precision = whole + s;
        *scale = s;
    } else {
        *precision = t->precision;
        *scale = t->scale;
    }
    return true;
}

/* Names count, in order: the fields of ENTRIES' result are K and V. */
static bool match_struct(wr__bindings *b, const wr__sig_type *p, const wr_type *t)
{
    if (t->id != WR_T_STRUCT || t->fields_n != p->parts_n)
        return false;
    bool casts = b->casts, ok = true;
    b->casts = false; /* never inside a STRUCT */
    for (uint32_t i = 0; i < p->parts_n && ok; i++)
        ok = strcmp(t->fields[i].name, p->names[i]) == 0 &&
             wr__sig_match(b, p->parts[i], t->fields[i].type);
    b->casts = casts;
    return ok;
}

/* NULL goes with any parameter that has values. Inside ARRAY and MAP casts are as allowed as
 * outside: ARRAY<INTEGER> may be given for ARRAY<BIGINT>. Variables may have been bound when false
 * is returned: the bindings are of no use then. */
bool wr__sig_match(wr__bindings *b, const wr__sig_type *p, const wr_type *t)
{
    if (t->id == WR_T_NULL)
        return p->kind != WR__SIG_LAMBDA && !(p->kind == WR__SIG_TYPE && p->id == WR_T_UNIT);
    switch (p->kind) {
    case WR__SIG_TYPE:
        return t->id == p->id || (b->casts && implicit(t->id, p->id));
    case WR__SIG_VAR:
        return t->id != WR_T_UNIT && match_var(b, p->var, t);
    case WR__SIG_DECIMAL:
        return match_decimal(b, p, t);
    case WR__SIG_ARRAY:
        return t->id == WR_T_ARRAY && wr__sig_match(b, p->elem, t->elem);
    case WR__SIG_MAP:
        return t->id == WR_T_MAP && wr__sig_match(b, p->key, t->key) &&
               wr__sig_match(b, p->elem, t->elem);
    case WR__SIG_STRUCT:
        return match_struct(b, p, t);
    case WR__SIG_LAMBDA:
        return false;
    case WR__SIG_ANY:
        return t->id != WR_T_UNIT;
    }
    WR_UNREACHABLE();
}

/* Types with parameters have no constant and do not come here. */
static const wr_type *simple_type(wr_tid id)
{
    static const wr_type *const types[WR_T_N] = {
        [WR_T_NULL] = &wr_type_null,       [WR_T_BOOLEAN] = &wr_type_boolean,
        [WR_T_INTEGER] = &wr_type_integer, [WR_T_BIGINT] = &wr_type_bigint,
        [WR_T_DOUBLE] = &wr_type_double,   [WR_T_STRING] = &wr_type_string,
        [WR_T_BYTES] = &wr_type_bytes,     [WR_T_DATE] = &wr_type_date,
        [WR_T_TIME] = &wr_type_time,       [WR_T_TIMESTAMP] = &wr_type_timestamp,
        [WR_T_UNIT] = &wr_type_unit,
    };
    WR_ASSERT(types[id]);
    return types[id];
}

/* @p n as wr__sig_type.precision has it: a number, or a variable as a negative one. */
static int32_t number_of(const wr__bindings *b, int32_t n, int32_t if_unbound)
{
    if (n >= 0)
        return n;
    return b->numbers[-1 - n] >= 0 ? b->numbers[-1 - n] : if_unbound;
}

/* Used for parameter types (to cast to) and results; new types are made in the bindings' arena. */
const wr_type *wr__sig_substitute(const wr__bindings *b, const wr__sig_type *p)
{
    switch (p->kind) {
    case WR__SIG_TYPE:
        return simple_type(p->id);
    case WR__SIG_VAR: {
        const wr_type *t = b->vars[p->var - 'A'];
        return t ? t : &wr_type_null;
    }
    case WR__SIG_DECIMAL:
        return wr_type_decimal(b->a, number_of(b, p->precision, 1), number_of(b, p->scale, 0));
    case WR__SIG_ARRAY:
        return wr_type_array(b->a, wr__sig_substitute(b, p->elem));
    case WR__SIG_MAP:
        return wr_type_map(b->a, wr__sig_substitute(b, p->key), wr__sig_substitute(b, p->elem));
    case WR__SIG_STRUCT: {
        wr_field *fields = WR_NEW_N(b->a, wr_field, p->parts_n);
        for (uint32_t i = 0; i < p->parts_n; i++)
            fields[i] = (wr_field){p->names[i], wr__sig_substitute(b, p->parts[i])};
        return wr_type_struct(b->a, fields, p->parts_n);
    }
    case WR__SIG_LAMBDA:
    case WR__SIG_ANY:
        return &wr_type_null;
    }
    WR_UNREACHABLE();
}

/* Initial arguments come last, whatever the number of columns before them.
 *
 *     "STRING, T..." of 4 arguments: the second, third and fourth belong to T */
const wr__sig_type *wr__sig_param(const wr__sig *s, uint32_t i, uint32_t n)
{
    WR_ASSERT(n >= s->init_n && i < n);
    uint32_t columns = n - s->init_n;
    if (i >= columns)
        return s->init[i - columns];
    WR_ASSERT(s->params_n > 0);
    return s->params[WR_MIN(i, s->params_n - 1)];
}
