/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - the properties of SET, --set and config files (dialect.md section 19): one table of
 * names, defaults and meanings; layers of values above it (server, session).
 *
 * Names are accepted bare or with the prefix `ksql.streams.`; `consumer.`, `producer.`, `admin.`,
 * `topic.` and librdkafka's own names pass through to the Kafka client.
 *
 * Settings of the HTTP server (listeners, authentication.* ...) stand here too, though nothing
 * below it uses them: one page documents all, one check refuses bad values, and a properties file
 * that was made for ksqlDB serves as it is.
 */
#ifndef WR_ENGINE_PLAN_SETTINGS_H
#define WR_ENGINE_PLAN_SETTINGS_H

#include "common/error.h"
#include "common/map.h"

/** What its values may be. */
typedef enum wr_setting_kind {
    WR_SETTING_TEXT,
    WR_SETTING_FLAG,
    WR_SETTING_NUMBER,         /* a whole one, least .. most */
    WR_SETTING_NUMBERS,        /* a list of them, with commas */
    WR_SETTING_NAME,           /* a part of names of topics and groups */
    WR_SETTING_RESET,          /* earliest, latest */
    WR_SETTING_GUARANTEE,      /* at_least_once ... */
    WR_SETTING_DIVISION,       /* round, exact */
    WR_SETTING_PLACE,          /* payload, header */
    WR_SETTING_PARTITIONER,    /* murmur2, crc32, fnv1a */
    WR_SETTING_PROTOBUF,       /* text, base64 */
    WR_SETTING_ON_ERROR,       /* skip, dead-letter, stop */
    WR_SETTING_AUTHENTICATION, /* NONE, BASIC, BEARER */
    WR_SETTING_KAFKA_CLIENT,   /* librdkafka, wire, auto */
} wr_setting_kind;

/* One row of the table. */
typedef struct wr_setting {
    const char *name;
    const char *def; /* default text; NULL: none */
    bool editable;   /* SET may change it */
    bool ksql;       /* scope shown by SHOW PROPERTIES: KSQL; else a Kafka client / streams one */
    wr_setting_kind kind;
    int64_t least, most; /* of a number */
    const char *description;
} wr_setting;

/** Known settings in order of name; NULL past the end. */
const wr_setting *wr_setting_at(uint32_t index);
/** By its canonical name; NULL: it is not in the table. */
const wr_setting *wr_setting_find(const char *name);

/**
 * One layer of values over a parent layer. Owns its values. A parent must outlive its children and
 * is only read through them. Not locked: a layer is changed by the thread that owns it, under the
 * engine's lock where others read it.
 */
typedef struct wr_settings {
    const struct wr_settings *parent; /* NULL: the defaults */
    wr_map values;                    /* canonical name -> char * */
} wr_settings;

/* An empty layer. Free it in any order with its parent, which it does not own. */
void wr_settings_init(wr_settings *s, const wr_settings *parent);
void wr_settings_free(wr_settings *s);
/** Set in @p to every value that is set in @p from or its parents, the nearest winning. */
void wr_settings_copy(wr_settings *to, const wr_settings *from);
/** Canonical form of a name: without `ksql.streams.`. */
const char *wr_settings_canonical(const char *name);
/** Would SET accept it? "Cannot override property 'x'", "Not recognizable as ksql, streams,
 *  consumer, or producer property: 'x'"; bad values of known settings. */
weir_status wr_settings_check(const char *name, const char *value, bool session,
                              weir_error *err) WR_MUST_CHECK;
/** Why setting @p name changes nothing here, for names that pass the check; NULL: it does. */
const char *wr_settings_without_effect(const char *name, bool kafka);
/** May the value be shown, or is it a password, a token, a URL with one in it? */
bool wr_settings_secret(const char *name, const char *value);
/** The value for a screen or a log: "[hidden]" where it is a secret; NULL stays NULL. */
const char *wr_settings_shown(const char *name, const char *value);
/** Say so in the log, where it is the case: whoever set it should know. */
void wr_settings_warn(const char *name, bool kafka);
/** Store without a check. @p value NULL: unset. @return whether one was set in this layer before.
 */
bool wr_settings_put(wr_settings *s, const char *name, const char *value);
/** Effective text, or NULL where there is neither a value nor a default. */
const char *wr_settings_get(const wr_settings *s, const char *name);
/* Readers with a type. @p otherwise stands for a setting that has neither a value nor a default; a
 * value that does not parse counts the same for numbers, and as false for flags. */
bool wr_settings_bool(const wr_settings *s, const char *name, bool otherwise);
int64_t wr_settings_int(const wr_settings *s, const char *name, int64_t otherwise);
/** Replicas of internal topics: ksql.internal.topic.replicas, or replication.factor. */
int32_t wr_settings_internal_replicas(const wr_settings *s);
/** Is @p name among the comma-separated names of setting @p list? */
bool wr_settings_lists(const wr_settings *s, const char *list, const char *name);
/** Is processing.guarantee = exactly_once_v2? */
bool wr_settings_exactly_once(const wr_settings *s);
/** commit.interval.ms; where it is not set, 2000, or 100 with @p transactions. */
int64_t wr_settings_commit_interval_ms(const wr_settings *s, bool transactions);
/** Is weir.value.schema.id.location = header? */
bool wr_settings_schema_id_in_header(const wr_settings *s);
/** Is weir.decimal.division = exact? */
bool wr_settings_exact_division(const wr_settings *s);
/** Does one of the setting's comma-separated regular expressions match all of @p text? */
bool wr_settings_matches(const wr_settings *s, const char *name, const char *text);

#endif
