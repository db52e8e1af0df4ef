/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of records that cannot be used, decided when a query is planned (error_policy.h).
 *
 * The most specific wins: a source's ON_ERROR, then ksqlDB's setting about the kind of failure,
 * then weir.on.error. A topic that is named anywhere is also used where the policy is to stop: then
 * the record is put there before. Nothing here is part of what the query means, so it may be
 * changed between two starts, and the query goes on with its state.
 */
#include "engine/plan/error_policy.h"

static const char *const names[] = {
    [WR_ON_ERROR_SKIP] = "skip",
    [WR_ON_ERROR_DEAD_LETTER] = "dead-letter",
    [WR_ON_ERROR_STOP] = "stop",
};

const char *wr_on_error_name(wr_on_error e)
{
    WR_ASSERT((size_t)e < WR_ARRAY_LEN(names));
    return names[e];
}

bool wr_on_error_parse(const char *text, wr_on_error *out)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(names); i++) {
        if (!wr_ieq(text, names[i]))
            continue;
        *out = (wr_on_error)i;
        return true;
    }
    return false;
}

/* Kafka's rule. */
bool wr__is_topic_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return n > 0 && n <= 249 && name[n] == '\0' && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

/* @p named: the topic that a source names; NULL: the setting's, or one of the query's own. */
static wr_error_policy policy(wr__builder *b, wr_on_error on_error, const char *named)
{
    if (!named)
        named = wr_settings_get(b->an->env->settings, "weir.dead.letter.topic");
    if (on_error == WR_ON_ERROR_DEAD_LETTER && !b->an->persistent)
        on_error = WR_ON_ERROR_SKIP; /* whoever looks at a topic does not write to another */
    if (!b->an->persistent)
        named = NULL;
    if (on_error == WR_ON_ERROR_SKIP || (on_error == WR_ON_ERROR_STOP && !named))
        return (wr_error_policy){on_error, WR_PLAN_NO_TOPIC};
    return (wr_error_policy){on_error,
                             wr__add_topic(b, named ? named : "", WR_TOPIC_DEAD_LETTER, 1, false)};
}

/* By settings. @p stops: ksqlDB's, about one kind of failure. */
static wr_on_error by_settings(const wr__builder *b, const char *stops)
{
    const wr_settings *set = b->an->env->settings;
    wr_on_error e = WR_ON_ERROR_SKIP;
    const char *text = wr_settings_get(set, "weir.on.error");
    WR_ASSERT(b->an && set);
    bool known = !text || wr_on_error_parse(text, &e);
    WR_ASSERT(known); /* checked when it was set */
    return stops && wr_settings_bool(set, stops, false) ? WR_ON_ERROR_STOP : e;
}

/* One topic for both: they are about the same records. */
void wr__source_policies(wr__builder *b, const wr_source *s, wr_step_source *step)
{
    WR_ASSERT(!s->dead_letter_topic || s->has_on_error); /* so CREATE has made it */
    wr_on_error decoding = by_settings(b, "ksql.fail.on.deserialization.error");
    wr_on_error timing = by_settings(b, "ksql.timestamp.throw.on.invalid");
    if (s->has_on_error)
        decoding = timing = s->on_error;
    step->decoding = policy(b, decoding, s->dead_letter_topic);
    step->timing = policy(b, timing, s->dead_letter_topic);
}

void wr__plan_policies(wr__builder *b)
{
    WR_ASSERT(b->plan && !b->plan->steps); /* before anything is built */
    b->plan->computing = policy(b, by_settings(b, NULL), NULL);
    b->plan->producing = policy(b, by_settings(b, "ksql.fail.on.production.error"), NULL);
}

/* A letter goes to the partition of its record's number, and all of these are to be there. */
void wr__plan_dead_letter_partitions(wr_plan *plan)
{
    WR_ASSERT(plan->topics_n > 0);
    int32_t most = 1;
    for (uint32_t t = 0; t < plan->topics_n; t++)
        if (plan->topics[t].role == WR_TOPIC_INPUT)
            most = WR_MAX(most, plan->topics[t].partitions);
    for (uint32_t t = 0; t < plan->topics_n; t++)
        if (plan->topics[t].role == WR_TOPIC_DEAD_LETTER)
            plan->topics[t].partitions = most;
}

static weir_status refused(const char *topic, bool reads, weir_error *err)
{
    wr_error(err, WEIR_ERR_STATEMENT,
             "Topic '%s' cannot have the query's dead letters: the query %s it", topic,
             reads ? "reads" : "writes to");
    return wr_error_hint(err, "SET 'weir.dead.letter.topic' to another one, or 'weir.on.error' to "
                              "'skip', before this statement; or name one with DEAD_LETTER_TOPIC.");
}

/* Or each letter would be a record to read, or stand among the results. */
weir_status wr__check_dead_letters(const wr_plan *plan, weir_error *err)
{
    for (uint32_t t = 0; t < plan->topics_n; t++) {
        const wr_plan_topic *letters = &plan->topics[t];
        if (letters->role != WR_TOPIC_DEAD_LETTER)
            continue;
        for (uint32_t k = 0; k < plan->topics_n; k++)
            if (k != t && plan->topics[k].role != WR_TOPIC_REPARTITION &&
                strcmp(plan->topics[k].name, letters->name) == 0)
                return refused(letters->name, plan->topics[k].role == WR_TOPIC_INPUT, err);
    }
    return WEIR_OK;
}
