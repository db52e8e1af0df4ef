/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault points: what is armed, and what happens there. Everything but the counts is written before
 * threads start.
 */
#include "common/fault.h"
#include "common/str.h"

#include <signal.h>
#include <time.h>

typedef enum action { NOTHING, KILL, FAIL, DELAY } action;

typedef struct armed {
    action action;
    int64_t ms;  /* of a delay */
    uint64_t at; /* the pass that counts, from 1 */
    atomic_ulong passes;
} armed;

atomic_bool wr__fault_armed;
static armed points[WR_FAULT_POINTS_N];
static wr_fault_handler the_handler;
static void *the_arg;

#define AS_NAME(id, name, what) name,
static const char *const names[] = {WR_FAULT_POINTS(AS_NAME)};
#define AS_WHAT(id, name, what) what,
static const char *const whats[] = {WR_FAULT_POINTS(AS_WHAT)};

const char *wr_fault_name(wr_fault_point p)
{
    WR_ASSERT(p < WR_FAULT_POINTS_N);
    return names[p];
}

const char *wr_fault_what(wr_fault_point p)
{
    WR_ASSERT(p < WR_FAULT_POINTS_N);
    return whats[p];
}

/* ---- what is armed ---- */

/* Cut @p text at the first @p c. @return whether there is one. */
static bool cut(wr_str *text, char c, wr_str *rest)
{
    const char *at = text->len ? memchr(text->ptr, c, text->len) : NULL;
    if (!at)
        return false;
    size_t len = (size_t)(at - text->ptr);
    *rest = wr_str_make(at + 1, text->len - len - 1);
    *text = wr_str_make(text->ptr, len);
    return true;
}

/* kill, error, delay:MS, each perhaps with @N */
static bool read_action(wr_str text, armed *out)
{
    wr_str times, ms;
    int64_t n = 1;
    out->ms = 0;
    if (cut(&text, '@', &times) && (!wr_str_to_i64(times, &n) || n < 1))
        return false;
    bool timed = cut(&text, ':', &ms);
    if (timed && (!wr_str_to_i64(ms, &out->ms) || out->ms < 0))
        return false;
    out->at = (uint64_t)n;
    out->action = wr_str_eq(text, WR_STR("kill"))    ? KILL
                  : wr_str_eq(text, WR_STR("error")) ? FAIL
                  : wr_str_eq(text, WR_STR("delay")) ? DELAY
                                                     : NOTHING;
    return out->action != NOTHING && timed == (out->action == DELAY);
}

static weir_status arm(wr_str one, weir_error *err)
{
    wr_str name = one, what;
    bool good = cut(&name, '=', &what);
    for (size_t i = 0; i < WR_FAULT_POINTS_N && good; i++)
        if (wr_str_eq(name, wr_str_c(names[i])) && read_action(what, &points[i]))
            return WEIR_OK;
    wr_error(err, WEIR_ERR_CONFIG, "'%.*s' is no fault point with an action", (int)one.len,
             one.ptr);
    return wr_error_hint(err, "POINT=kill, error or delay:MS, and perhaps @N for the N-th time.");
}

weir_status wr_fault_configure(const char *text, weir_error *err)
{
    for (size_t i = 0; i < WR_FAULT_POINTS_N; i++) {
        points[i].action = NOTHING;
        atomic_store(&points[i].passes, 0);
    }
    atomic_store(&wr__fault_armed, the_handler != NULL);
    if (!text || !text[0])
        return WEIR_OK;
    wr_str rest = wr_str_c(text);
    for (bool more = true; more;) {
        wr_str one = rest;
        more = cut(&one, ',', &rest);
        WR_TRY(arm(one, err));
    }
    atomic_store(&wr__fault_armed, true);
    return WEIR_OK;
}

void wr_fault_set_handler(wr_fault_handler handler, void *arg)
{
    the_handler = handler;
    the_arg = arg;
    atomic_store(&wr__fault_armed, handler != NULL);
}

/* ---- a point is passed ---- */

static void sleep_ms(int64_t ms)
{
    const struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

weir_status wr__fault_pass(wr_fault_point p, weir_error *err)
{
    WR_ASSERT(p < WR_FAULT_POINTS_N);
    if (the_handler)
        return the_handler(the_arg, p, err);
    armed *a = &points[p];
    if (a->action == NOTHING || atomic_fetch_add(&a->passes, 1) + 1 != a->at)
        return WEIR_OK;
    if (a->action == KILL)
        (void)raise(SIGKILL);
    if (a->action == DELAY)
        sleep_ms(a->ms);
    if (a->action != FAIL)
        return WEIR_OK;
    wr_error(err, WEIR_ERR_LOG, "Fault point %s: an error, as WEIR_FAULT says", names[p]);
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_LOG;
}
