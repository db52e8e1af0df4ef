/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What planning may ask: facts of topics, schemas, the clock, random numbers.
 */
#include "runtime/instance/plan_env.h"
#include "runtime/instance/query_list.h"

/* The topic of a source that was planned, but not carried out. */
static bool planned_topic(const wr_catalog *c, const char *name, wr_topic_facts *out)
{
    const wr_map_entry *m;
    for (size_t i = 0; (m = wr_map_next(&c->sources, &i));) {
        const wr_source *s = m->value;
        if (strcmp(s->topic, name) == 0) {
            *out = (wr_topic_facts){s->partitions, s->replicas, s->retention_ms};
            return true;
        }
    }
    return false;
}

static bool env_topic(const wr_plan_env *base, const char *name, wr_topic_facts *out,
                      weir_status *st, weir_error *err)
{
    /* The planner's interface has it const; the env is the caller's own. */
    wr_instance_env *env = base->arg;
    (void)err;
    *st = WEIR_OK;
    for (size_t i = 0; i < env->topics->list.n; i++) {
        const wr_known_topic *t = &env->topics->list.v[i];
        if (strcmp(t->name, name) != 0)
            continue;
        *out = t->facts;
        /* While a file is checked, topics of earlier statements are only planned. */
        if (t->exists || planned_topic(base->catalog, name, out))
            return true;
        *out = (wr_topic_facts){0, -1, -1};
        return env->topics->assume;
    }
    env->missing = wr_arena_strdup(env->scratch, name);
    return false;
}

/* By an id, whatever the subject: it is one schema everywhere. Only the first question is noted:
 * the planning is done again anyway. */
static bool env_schema(const wr_plan_env *base, const char *subject, uint32_t id,
                       const wr_registry_schema **out, weir_status *st, weir_error *err)
{
    wr_instance_env *env = base->arg;
    (void)err;
    *st = WEIR_OK;
    *out = NULL;
    for (size_t i = 0; i < env->topics->schemas.n; i++) {
        const wr_known_schema *s = &env->topics->schemas.v[i];
        if (s->id != id || (!id && strcmp(s->subject, subject) != 0))
            continue;
        *out = s->schema;
        return s->schema != NULL;
    }
    if (!wr_instance_env_asks(env))
        env->missing_schema =
            (wr_known_schema){.subject = wr_arena_strdup(env->scratch, subject), .id = id};
    return false;
}

/* Of the source as it was when the query was planned: its step has the columns that the query uses,
 * and the keys, which every query has. A column that a later ALTER has added is none of its own.
 * Steps of one topic under another name are another source's. */
static bool reads_column(const wr_plan *plan, const char *source, const char *column)
{
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        const wr_step *s = plan->steps[i];
        const wr_step_source *cfg = &s->u.source;
        if (s->kind != WR_STEP_SOURCE || !cfg->source_name || strcmp(cfg->source_name, source) != 0)
            continue;
        for (uint32_t c = 0; c < s->schema->n; c++)
            if (strcmp(cfg->columns[cfg->output[c]].name, column) == 0)
                return true;
    }
    return false;
}

/* What was allowed once is executed again at an opening, whatever queries have been made since: it
 * was kept because nobody used the column then, and what came after it was planned without it.
 * The first user is enough for a message. */
static const char *env_column_user(const wr_plan_env *base, const char *source, const char *column)
{
    const wr_instance_env *env = base->arg;
    const wr_query_entry *entry;
    for (size_t i = 0; (entry = wr_engine_entry_at(env->engine, i)); i++)
        if (!wr_engine_replaying(env->engine) &&
            reads_column(wr_query_plan(entry->query), source, column))
            return wr_arena_strdup(env->scratch, wr_query_id(entry->query));
    return NULL;
}

/* Constant expressions are evaluated while planning; the planner looks at the first error itself.
 */
static void ignore_report(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self;
    (void)row;
    (void)message;
}

void wr_instance_env_init(wr_instance_env *env, wr_engine *e, const wr_catalog *catalog,
                          const wr_settings *settings, const wr_known_topics *topics,
                          wr_arena *scratch)
{
    WR_ASSERT(catalog && settings && topics && scratch);
    wr_clock *clock = wr_engine_clock(e);
    *env = (wr_instance_env){.topics = topics, .engine = e, .scratch = scratch};
    wr_rng_seed(&env->rng, wr_engine_random(e));
    env->errs.report = ignore_report;
    env->eval = (wr_eval_ctx){.scratch = scratch,
                              .errs = &env->errs,
                              .wall_ms = clock->wall_ms(clock),
                              .rng = &env->rng,
                              .zone = "UTC"};
    env->base = (wr_plan_env){.catalog = catalog,
                              .settings = settings,
                              .topic = env_topic,
                              .schema = env_schema,
                              .registry = wr_engine_registry(e),
                              .column_user = env_column_user,
                              .eval = &env->eval,
                              .functions = wr_engine_functions(e),
                              .arg = env};
}

/* A topic that does not exist is an answer, too, and is kept like the others: planning must not ask
 * for it again. */
static weir_status look_up_topic(wr_engine *e, const char *topic, wr_known_topics *topics,
                                 wr_arena *a, weir_error *err)
{
    wr_topic_info info;
    wr_known_topic t = {.name = wr_arena_strdup(a, topic)};
    weir_status st = wr_topic_describe(wr_engine_log(e), topic, &info, err);
    for (size_t i = 0; i < topics->list.n; i++)
        WR_ASSERT(strcmp(topics->list.v[i].name, topic) != 0);
    if (st != WEIR_OK && st != WEIR_ERR_NOT_FOUND)
        return st;
    if (st == WEIR_OK) {
        t.exists = true;
        t.facts = (wr_topic_facts){info.partitions, info.replicas, info.retention_ms};
    }
    wr_arr_push(a, &topics->list, t);
    return WEIR_OK;
}

/* Of the latest, what is remembered would not do: it is what changes.
 * May wait for the registry, with its retries. That there is none is an answer. */
static weir_status look_up_schema(wr_engine *e, const wr_known_schema *asked,
                                  const wr_registry_interrupt *interrupt, wr_known_topics *topics,
                                  wr_arena *a, weir_error *err)
{
    wr_registry *r = wr_engine_registry(e);
    wr_known_schema s = {.subject = wr_arena_strdup(a, asked->subject), .id = asked->id};
    WR_ASSERT(r); /* planning asks for nothing where there is none */
    weir_status st =
        s.id ? wr_registry_get_id(r, interrupt, s.id, &s.schema, err)
             : wr_registry_get_version(r, interrupt, wr_str_c(s.subject), 0, &s.schema, NULL, err);
    if (st != WEIR_OK && st != WEIR_ERR_NOT_FOUND)
        return st;
    if (st != WEIR_OK)
        s.schema = NULL;
    wr_arr_push(a, &topics->schemas, s);
    return WEIR_OK;
}

weir_status wr_instance_look_up(wr_engine *e, const wr_instance_env *env,
                                const wr_registry_interrupt *interrupt, wr_known_topics *topics,
                                wr_arena *a, weir_error *err)
{
    WR_ASSERT(wr_instance_env_asks(env));
    return env->missing ? look_up_topic(e, env->missing, topics, a, err)
                        : look_up_schema(e, &env->missing_schema, interrupt, topics, a, err);
}
