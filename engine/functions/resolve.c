/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve.c - overload resolution (functions.md section 0, rules 2 and 3).
 *
 * All signatures that take the arguments as they are compete; if there is none, all that take them
 * with implicit casts do (not for aggregates). The best one wins: not variadic, then more declared
 * parameters, then fewer generic ones, then no "any". A tie is an error. Lambdas first count by
 * their number of parameters only; once a signature has won, their parameters' types are known and
 * the caller types the bodies, which may bind the variables of the result.
 */
#include "engine/functions/listing.h"
#include "engine/functions/signature.h"

/*
 * All of it happens when a statement is planned, in the statement's arena; nothing here is on the
 * way of a record.
 */

/* What a call asks for. */
typedef struct request {
    const wr_function *fn;
    const wr_type *const *args;
    const int *lambda_params; /* NULL: no lambdas */
    uint32_t n;
    wr_arena *a;
} request;

/* A signature that takes the arguments, and what its variables stand for then. */
typedef struct candidate {
    uint32_t index;
    wr__sig sig;
    wr__bindings bindings;
} candidate;

/* DECIMAL(p,s) counts as a type, not as generic: it takes DECIMALs only. */
static bool has_variables(const wr__sig_type *p)
{
    if (!p)
        return false;
    if (p->kind == WR__SIG_VAR)
        return true;
    for (uint32_t i = 0; i < p->parts_n; i++) {
        if (has_variables(p->parts[i]))
            return true;
    }
    return has_variables(p->key) || has_variables(p->elem);
}

/* How many parameters have a variable in them: the fewer, the more the signature says. */
static uint32_t generics(const wr__sig *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->params_n; i++)
        n += has_variables(s->params[i]);
    return n;
}

/* "any..." is the last resort: it says nothing about its arguments. */
static bool takes_any(const wr__sig *s)
{
    return s->variadic && s->params[s->params_n - 1]->kind == WR__SIG_ANY;
}

/**
 * > 0: x is the better one. ksqlDB's order (UdfIndex): a signature that says more about the
 * arguments is the better one.
 *
 *     F(STRING) beats F(T) beats F(T...)
 */
static int compare_candidates(const candidate *x, const candidate *y)
{
    if (x->sig.variadic != y->sig.variadic)
        return x->sig.variadic ? -1 : 1;
    int xp = (int)(x->sig.params_n + x->sig.init_n), yp = (int)(y->sig.params_n + y->sig.init_n);
    if (xp != yp)
        return xp - yp;
    int xg = (int)generics(&x->sig), yg = (int)generics(&y->sig);
    if (xg != yg)
        return yg - xg;
    return (int)takes_any(&y->sig) - (int)takes_any(&x->sig);
}

/* A variadic parameter stands for zero or more arguments; initial arguments are always all there.
 */
static bool right_count(const wr__sig *s, uint32_t n)
{
    uint32_t fixed = s->params_n + s->init_n - s->variadic;
    return s->variadic ? n >= fixed : n == fixed;
}

/* A bare NULL has no type, and where the result's or a state's type hangs on the arguments' types
 * ksqlDB takes none for a parameter that the signature writes out: CAST(NULL AS ...) is what can be
 * written. ARRAY_CONTAINS(list, NULL) is fine, it is a BOOLEAN in any case, and so is
 * COALESCE(a, b, NULL), whose type is known by then. */
static bool takes_nulls(const request *r, const candidate *c)
{
    const char *ret = r->fn->sigs[c->index].ret;
    if (r->fn->kind != WR_FUNCTION_AGGREGATE &&
        !(ret && has_variables(wr__sig_parse_type(ret, r->a))))
        return true;
    for (uint32_t i = 0; i < r->n && i < c->sig.params_n; i++) {
        if (r->args[i] && r->args[i]->id == WR_T_NULL)
            return false;
    }
    return true;
}

/* @p casts: implicit casts count as a match. @p any_arity: a lambda matches whatever its number of
 * parameters is, to find out what to say about it. The signature is parsed for each try: a few
 * bytes, once per statement. The bindings of a try that fails are thrown away with it. */
static bool try_signature(const request *r, uint32_t index, bool casts, bool any_arity,
                          candidate *out)
{
    out->index = index;
    wr__sig_parse(r->fn->sigs[index].args, r->a, &out->sig);
    wr__bindings_init(&out->bindings, r->a, casts);
    if (!right_count(&out->sig, r->n))
        return false;
    for (uint32_t i = 0; i < r->n; i++) {
        const wr__sig_type *p = wr__sig_param(&out->sig, i, r->n);
        bool ok = r->args[i] ? wr__sig_match(&out->bindings, p, r->args[i])
                             : p->kind == WR__SIG_LAMBDA &&
                                   (any_arity || (int)p->parts_n == r->lambda_params[i]);
        if (!ok)
            return false;
    }
    return takes_nulls(r, out);
}

/* ---- messages ---- */

/* ksqlDB's texts, as users look for them; its "LAMBDA" and "INTERVALUNIT" included. */

static void print_arguments(const request *r, wr_buf *out)
{
    wr_buf_putc(out, '(');
    for (uint32_t i = 0; i < r->n; i++) {
        wr_buf_puts(out, i ? ", " : "");
        if (!r->args[i])
            wr_buf_puts(out, "LAMBDA");
        else if (r->args[i]->id == WR_T_NULL)
            wr_buf_puts(out, "null");
        else if (r->args[i]->id == WR_T_UNIT)
            wr_buf_puts(out, "INTERVALUNIT");
        else
            wr_type_print(out, r->args[i]);
    }
    wr_buf_putc(out, ')');
}

/* All overloads are listed. */
static weir_status no_candidate(const request *r, weir_error *err)
{
    wr_buf text = {0};
    wr_listed_overload *listed;
    bool generic = false;
    wr_buf_puts(&text, "Function '");
    wr__function_spelling(&text, r->fn);
    wr_buf_puts(&text, "' does not accept parameters ");
    print_arguments(r, &text);
    wr_buf_puts(&text, ".\nValid alternatives are:");
    for (uint32_t i = 0; i < r->fn->sigs_n; i++) {
        wr__sig s;
        wr__sig_parse(r->fn->sigs[i].args, r->a, &s);
        generic |= generics(&s) > 0;
    }
    uint32_t n = wr_function_overloads(r->fn, r->a, &listed);
    for (uint32_t i = 0; i < n; i++) {
        wr_buf_putc(&text, '\n');
        wr_listed_overload_print(&text, r->fn, &listed[i]);
    }
    wr_error(err, WEIR_ERR_STATEMENT, "%s", wr_buf_cstr(&text));
    wr_buf_free(&text);
    wr_error_hint(err, "%sFor detailed information on a function run: DESCRIBE FUNCTION %s;",
                  generic ? "A letter stands for one type: CAST what has another one, and NULL. "
                          : "",
                  r->fn->name);
    return WEIR_ERR_STATEMENT;
}

static weir_status ambiguous(const request *r, weir_error *err)
{
    wr_buf text = {0};
    wr_buf_puts(&text, "Function '");
    wr__function_spelling(&text, r->fn);
    wr_buf_puts(&text, "' cannot be resolved due to ambiguous method parameters ");
    print_arguments(r, &text);
    wr_buf_puts(&text, ".\nUse CAST() to explicitly cast your parameters to one of the supported "
                       "function calls.");
    wr_error(err, WEIR_ERR_STATEMENT, "%s", wr_buf_cstr(&text));
    wr_buf_free(&text);
    return WEIR_ERR_STATEMENT;
}

/**
 * A signature that fits but for the number of a lambda's parameters shows what is expected. False:
 * that is not what is wrong. It runs only after no overload has been found.
 */
static bool wrong_arity(const request *r, weir_error *err)
{
    candidate c;
    for (uint32_t k = 0; r->lambda_params && k < r->fn->sigs_n; k++) {
        if (!try_signature(r, k, true, true, &c))
            continue;
        for (uint32_t i = 0; i < r->n; i++) {
            const wr__sig_type *p = wr__sig_param(&c.sig, i, r->n);
            if (r->args[i] || (int)p->parts_n == r->lambda_params[i])
                continue;
            wr_error(err, WEIR_ERR_STATEMENT,
                     "Was expecting %u arguments but found %d, for the lambda in function '%s'. "
                     "Check your lambda statement.",
                     p->parts_n, r->lambda_params[i], r->fn->name);
            return true;
        }
    }
    return false;
}

/* ---- choosing ---- */

/* Exact matches first: a signature that needs a cast never beats one that needs none. */
static weir_status choose(const request *r, candidate *best, weir_error *err)
{
    int rounds = r->fn->kind == WR_FUNCTION_AGGREGATE ? 1 : 2;
    for (int casts = 0; casts < rounds; casts++) {
        bool found = false, tie = false;
        for (uint32_t i = 0; i < r->fn->sigs_n; i++) {
            candidate c;
            if (!try_signature(r, i, casts, false, &c))
                continue;
            int order = found ? compare_candidates(&c, best) : 1;
            if (order > 0)
                *best = c;
            tie = order == 0 || (order < 0 && tie);
            found = true;
        }
        if (found)
            return tie ? ambiguous(r, err) : WEIR_OK;
    }
    if (wrong_arity(r, err))
        return WEIR_ERR_STATEMENT;
    return no_candidate(r, err);
}

/*
 * The body is typed with its parameters bound by the other arguments, and what it returns binds
 * more variables (TRANSFORM's R). Left to right, so a later lambda sees what an earlier one has
 * bound.
 */
static weir_status type_lambda(const request *r, candidate *c, uint32_t i, wr_lambda_typer typer,
                               void *arg, weir_error *err)
{
    const wr__sig_type *p = wr__sig_param(&c->sig, i, r->n);
    WR_ASSERT(p->kind == WR__SIG_LAMBDA);
    const wr_type **params = WR_NEW_N(r->a, const wr_type *, p->parts_n ? p->parts_n : 1), *body;
    for (uint32_t k = 0; k < p->parts_n; k++)
        params[k] = wr__sig_substitute(&c->bindings, p->parts[k]);
    WR_TRY(typer(arg, i, params, p->parts_n, &body, err));
    bool casts = c->bindings.casts;
    c->bindings.casts = false; /* a body's type is not cast */
    bool fits = wr__sig_match(&c->bindings, p->elem, body) &&
                (body->id != WR_T_NULL || !has_variables(p->elem));
    c->bindings.casts = casts;
    if (fits)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_STATEMENT,
                    "The lambda in function '%s' must return %s, but returns %s.", r->fn->name,
                    wr_type_text(r->a, wr__sig_substitute(&c->bindings, p->elem)),
                    wr_type_text(r->a, body));
}

/* ret_fn computes from the argument types after casts, as the kernel will see them. @p cast_to is
 * complete by then. */
static weir_status result_type(const request *r, const candidate *c, const wr_type **cast_to,
                               const wr_type **ret, weir_error *err)
{
    const wr_signature *s = &r->fn->sigs[c->index];
    if (s->ret) {
        *ret = wr__sig_substitute(&c->bindings, wr__sig_parse_type(s->ret, r->a));
        return WEIR_OK;
    }
    const wr_type **types = WR_NEW_N(r->a, const wr_type *, r->n ? r->n : 1);
    for (uint32_t i = 0; i < r->n; i++)
        types[i] = cast_to[i] ? cast_to[i] : r->args[i];
    return s->ret_fn(types, r->n, r->a, ret, err);
}

/* After the choice: lambdas are typed first, as their results bind variables; casts come last. */
weir_status wr_function_resolve(const wr_function *fn, const wr_type *const *args,
                                const int *lambda_params, uint32_t n, wr_lambda_typer lambda_type,
                                void *arg, wr_arena *a, uint32_t *sig_index,
                                const wr_type **cast_to, const wr_type **ret, weir_error *err)
{
    WR_ASSERT(fn->sigs_n > 0);
    request r = {fn, args, lambda_params, n, a};
    candidate best;
    WR_TRY(choose(&r, &best, err));
    for (uint32_t i = 0; i < n; i++) {
        if (!args[i])
            WR_TRY(type_lambda(&r, &best, i, lambda_type, arg, err));
    }
    for (uint32_t i = 0; i < n; i++) {
        const wr__sig_type *p = wr__sig_param(&best.sig, i, n);
        cast_to[i] = NULL;
        if (!args[i] || p->kind == WR__SIG_ANY)
            continue;
        const wr_type *want = wr__sig_substitute(&best.bindings, p);
        if (!wr_type_equal(want, args[i]))
            cast_to[i] = want;
    }
    WR_ASSERT(best.index < fn->sigs_n);
    *sig_index = best.index;
    return result_type(&r, &best, cast_to, ret, err);
}

/* The state's type names the variables of the arguments, so these are matched again. */
weir_status wr_aggregate_state_type(const wr_agg_call *call, uint32_t sig_index, wr_arena *a,
                                    const wr_type **state, weir_error *err)
{
    WR_ASSERT(call->fn->kind == WR_FUNCTION_AGGREGATE && sig_index < call->fn->sigs_n);
    const wr_aggregate *impl = &call->fn->aggregate[sig_index];
    if (!impl->state)
        return impl->state_fn(call, a, state, err);
    wr__sig s;
    wr__bindings b;
    wr__sig_parse(call->fn->sigs[sig_index].args, a, &s);
    wr__bindings_init(&b, a, false);
    uint32_t n = call->args_n + call->init_n;
    for (uint32_t i = 0; i < call->args_n; i++) {
        bool ok = wr__sig_match(&b, wr__sig_param(&s, i, n), call->arg_types[i]);
        WR_ASSERT(ok); /* the call was resolved */
    }
    *state = wr__sig_substitute(&b, wr__sig_parse_type(impl->state, a));
    return WEIR_OK;
}
