/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers of settings, and reading their values.
 *
 * The process's settings lie below, a session's above; a query keeps a flattened copy of what was
 * in force when it was made, so that a later SET does not change what is running. Values are texts,
 * as in properties files; whoever uses one reads it, with a default for the case that it is not
 * there.
 */
#include "engine/plan/settings.h"

#include <inttypes.h>
#include <regex.h>
#include <stdio.h>

/* A layer owns its texts and borrows its parent. */
void wr_settings_init(wr_settings *s, const wr_settings *parent)
{
    s->parent = parent;
    wr_map_init(&s->values);
}

void wr_settings_free(wr_settings *s)
{
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&s->values, &i));)
        wr_free(e->value);
    wr_map_free(&s->values);
}

/* Into this layer. Layers below are not touched, so UNSET shows them again. The value is copied. */
bool wr_settings_put(wr_settings *s, const char *name, const char *value)
{
    wr_str key = wr_str_c(wr_settings_canonical(name));
    char *old =
        value ? wr_map_put(&s->values, key, wr_strdup(value)) : wr_map_remove(&s->values, key);
    bool was_set = old != NULL;
    wr_free(old);
    return was_set;
}

/* The first layer that has a value, from the session down to the process. Borrowed until the layer
 * it came from is changed. */
static const char *set_value(const wr_settings *s, const char *canonical)
{
    for (; s; s = s->parent) {
        const char *v = wr_map_get(&s->values, wr_str_c(canonical));
        if (v)
            return v;
    }
    return NULL;
}

const char *wr_settings_get(const wr_settings *s, const char *name)
{
    const char *canonical = wr_settings_canonical(name);
    const char *v = set_value(s, canonical);
    const wr_setting *known = v ? NULL : wr_setting_find(canonical);
    return known ? known->def : v;
}

/* Anything but `true`, in any case, is false: values of known settings have been checked. */
bool wr_settings_bool(const wr_settings *s, const char *name, bool otherwise)
{
    const char *v = wr_settings_get(s, name);
    return v ? wr_ieq(v, "true") : otherwise;
}

/* Asked when an expression is compiled: a later SET does not change what is running. */
bool wr_settings_exact_division(const wr_settings *s)
{
    const char *v = wr_settings_get(s, "weir.decimal.division");
    return v && wr_ieq(v, "exact");
}

/* Asked when a query is planned. */
bool wr_settings_schema_id_in_header(const wr_settings *s)
{
    const char *v = wr_settings_get(s, "weir.value.schema.id.location");
    return v && wr_ieq(v, "header");
}

/* The name was checked when it was set. */
bool wr_settings_exactly_once(const wr_settings *s)
{
    const char *v = wr_settings_get(s, "processing.guarantee");
    return v && wr_ieq(v, "exactly_once_v2");
}

/* As in Kafka Streams: readers of the outputs see nothing before the commit, so exactly-once
 * commits more often, where nobody has said how often. */
int64_t wr_settings_commit_interval_ms(const wr_settings *s, bool transactions)
{
    enum { WITH_TRANSACTIONS_MS = 100 };
    const int64_t otherwise = wr_settings_int(s, "commit.interval.ms", 0);
    bool set = set_value(s, "commit.interval.ms") != NULL;
    return transactions && !set ? WITH_TRANSACTIONS_MS : otherwise;
}

/* Values were checked when they were set; what is no number all the same counts as not set. */
int64_t wr_settings_int(const wr_settings *s, const char *name, int64_t otherwise)
{
    const char *v = wr_settings_get(s, name);
    int64_t n;
    return v && wr_str_to_i64(wr_str_c(v), &n) ? n : otherwise;
}

/* Of ksqlDB's two names the more particular one counts where it is set, whatever layer it is set
 * in: replication.factor is Kafka Streams' own, for all that it makes, and the other one ksqlDB's,
 * from before that could be set. Without either the cluster decides (as for Kafka Streams since
 * 3.0): one replica of a changelog, where everything else has three, is what a broken disk takes.
 */
int32_t wr_settings_internal_replicas(const wr_settings *s)
{
    const char *own = set_value(s, "ksql.internal.topic.replicas");
    int64_t n = wr_settings_int(s, own ? "ksql.internal.topic.replicas" : "replication.factor", -1);
    WR_ASSERT(n >= -1 && n <= INT16_MAX); /* the range of both */
    return (int32_t)n;
}

/* Written with or without the prefix, in the list as in @p name: a session could else get around a
 * list by writing the name the other way. Blanks around a name do not count. */
bool wr_settings_lists(const wr_settings *s, const char *list, const char *name)
{
    const char *canonical = wr_settings_canonical(name);
    for (const char *p = wr_settings_get(s, list); p && *p;) {
        size_t n = strcspn(p, ",");
        wr_str item = wr_str_trim(wr_str_make(p, n));
        char one[256];
        /* Longer than any name there is: cut off, it matches none. */
        snprintf(one, sizeof one, "%.*s", (int)WR_MIN(item.len, sizeof one - 1), item.ptr);
        if (item.len && strcmp(wr_settings_canonical(one), canonical) == 0)
            return true;
        p += n + (p[n] == ',');
    }
    return false;
}

/* A list of patterns, any of which may match the whole name. One that is no pattern matches
 * nothing. POSIX extended expressions; Java's differ, but lists in practice are names with `.*`. An
 * item of more than 256 bytes is cut off and may fail to match. */
bool wr_settings_matches(const wr_settings *s, const char *name, const char *text)
{
    for (const char *p = wr_settings_get(s, name); p && *p;) {
        size_t n = strcspn(p, ",");
        char pattern[300];
        snprintf(pattern, sizeof pattern, "^(%.*s)$", (int)WR_MIN(n, (size_t)256), p);
        regex_t re;
        if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) == 0) {
            bool hit = regexec(&re, text, 0, NULL, 0) == 0;
            regfree(&re);
            if (hit)
                return true;
        }
        p += n + (p[n] == ',');
    }
    return false;
}

/* All layers flattened into one: what a query keeps must not change when its session does. Parents
 * first, so that nearer layers overwrite what farther ones have. */
void wr_settings_copy(wr_settings *to, const wr_settings *from)
{
    WR_ASSERT(to != from);
    const wr_map_entry *e;
    if (!from)
        return;
    wr_settings_copy(to, from->parent);
    for (size_t i = 0; (e = wr_map_next(&from->values, &i));)
        wr_settings_put(to, e->key.ptr, e->value);
}
