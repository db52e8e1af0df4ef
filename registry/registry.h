/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - schemas by id, by GUID and by subject: what a schema registry keeps.
 *
 * Two sorts stand behind one interface: a registry that others run, spoken to over HTTP
 * (registry_http.c, Confluent's API), and one inside the process (registry_memory.c), for the
 * embedded log and for tests. Neither knows what the text of a schema means: that is the formats'.
 *
 * A schema that was seen once stays, unchanged, until the registry is freed: ids never change their
 * meaning, so nothing here has to be asked for twice, and borrowed pointers are simple.
 *
 * Two ways to ask:
 *
 *     wr_registry_get_...    may block (one request, with its retries and time limit): statements
 *     wr_registry_known_...  never blocks: decoders, which have other records to go on with. What
 *                            is not known yet is fetched by the registry's own thread, and the call
 *                            ends RETRIABLE until it is there
 *
 * That there is no such schema is said to decoders at the fourth time of asking, within a second
 * (fetcher.h), believed for 10 s, and then asked again: it may come yet.
 *
 * Errors, of all calls:
 *
 *     WEIR_ERR_NOT_FOUND  there is no such schema or subject (by the registry's error code, 404xx),
 *                         or none that can be used: its type is unknown, its
 *                         references lead nowhere or in a circle
 *     WEIR_ERR_LOG        it cannot be reached, or is in trouble itself (5xx, time limit, answers
 *                         without sense): RETRIABLE
 *     WEIR_ERR_CONFIG     it refuses us (401, 403), or the URL, the certificates ... are wrong
 *     WEIR_ERR_STATEMENT  it refuses the schema (incompatible 409, invalid 422): in its own words
 *     WEIR_ERR_INTERRUPTED  whoever may interrupt the call has done so; it may have had its effect
 *
 * Threads: all functions may be called by any thread, but open and free.
 */
#ifndef WR_REGISTRY_REGISTRY_H
#define WR_REGISTRY_REGISTRY_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/str.h"

#define WR_GUID_BYTES 16

/** The registry's word for it in `schemaType`; no word there means AVRO. */
typedef enum wr_schema_kind {
    WR_SCHEMA_AVRO,
    WR_SCHEMA_JSON,
    WR_SCHEMA_PROTOBUF,
} wr_schema_kind;

typedef struct wr_registry_schema wr_registry_schema;

/** One schema that another names: an Avro type, a Protobuf import, a JSON Schema `$ref`. */
typedef struct wr_registry_reference {
    wr_str name;    /* as the schema's text names it */
    wr_str subject; /* where it is registered, and as which version */
    int32_t version;
    const wr_registry_schema *schema; /* resolved; its own references too */
} wr_registry_reference;

/** As the registry holds it. Immutable; lives as long as the registry. */
struct wr_registry_schema {
    uint32_t id;
    bool has_guid; /* not every registry gives GUIDs (facts: R02) */
    uint8_t guid[WR_GUID_BYTES];
    wr_schema_kind kind;
    wr_str text; /* Protobuf: a .proto file, or a descriptor in base64 */
    const wr_registry_reference *references;
    uint32_t references_n;
};

/** What is to be registered, or looked for. Borrowed for the call. */
typedef struct wr_schema_draft {
    wr_schema_kind kind;
    wr_str text;
    const wr_registry_reference *references; /* name, subject and version are used */
    uint32_t references_n;
} wr_schema_draft;

typedef struct wr_registry wr_registry;

/** How to reach a registry; empty or NULL: not used. Copied. docs/operations.md has the settings.
 */
typedef struct wr_registry_options {
    const char *urls; /* one or several, separated by commas; tried in turn */
    const char *user, *password;
    const char *bearer_token;
    const char *ca_file, *certificate_file, *key_file, *key_password; /* PEM */
    bool insecure;       /* do not check the server's certificate and name */
    const char *context; /* ":.name:" before subjects; ids are the context's */
    int64_t timeout_ms;  /* of one request with its retries; 0: 10 s */
    const char *user_agent;
} wr_registry_options;

/** A setting's value by its name; NULL: it is not set. */
typedef const char *(*wr_registry_setting_fn)(void *user, const char *name);
/**
 * The options that the settings ask for: `ksql.schema.registry.*` and Weir's own (options.c has the
 * list). Texts are in @p arena. `urls` NULL: no registry is set.
 * @return WEIR_ERR_CONFIG: what is set contradicts itself, or is not supported; the setting is
 * named.
 */
weir_status wr_registry_options_from(wr_registry_setting_fn get, void *user, wr_arena *arena,
                                     wr_registry_options *out, weir_error *err) WR_MUST_CHECK;

/** Makes no connection yet: a registry that is down is no reason not to start. */
weir_status wr_registry_open_http(const wr_registry_options *options, wr_registry **out,
                                  weir_error *err) WR_MUST_CHECK;
/** In this process: ids from 1, every schema accepted, nothing kept after it is freed. */
wr_registry *wr_registry_open_memory(void);
/** NULL is allowed. No call may be going on, and no schema may be used afterwards. */
void wr_registry_free(wr_registry *r);
/** For messages: the URLs without secrets, or "the registry of this process". */
const char *wr_registry_name(const wr_registry *r);

/* ---- never blocking ---- */

weir_status wr_registry_known_id(wr_registry *r, uint32_t id, const wr_registry_schema **out,
                                 weir_error *err) WR_MUST_CHECK;
weir_status wr_registry_known_guid(wr_registry *r, const uint8_t guid[WR_GUID_BYTES],
                                   const wr_registry_schema **out, weir_error *err) WR_MUST_CHECK;

/* ---- blocking ---- */

/**
 * Who may end a wait: asked about once a second, by the thread that waits. Once it has said yes it
 * is not asked again, and the call ends with WEIR_ERR_INTERRUPTED. NULL instead: nobody.
 */
typedef struct wr_registry_interrupt {
    bool (*asked)(void *arg);
    void *arg;
} wr_registry_interrupt;

weir_status wr_registry_get_id(wr_registry *r, const wr_registry_interrupt *interrupt, uint32_t id,
                               const wr_registry_schema **out, weir_error *err) WR_MUST_CHECK;
weir_status wr_registry_get_guid(wr_registry *r, const wr_registry_interrupt *interrupt,
                                 const uint8_t guid[WR_GUID_BYTES], const wr_registry_schema **out,
                                 weir_error *err) WR_MUST_CHECK;
/**
 * A schema without references that was seen in an earlier life of the process: it is known from now
 * on, as if it had been asked for. @return what is known under the id.
 */
const wr_registry_schema *wr_registry_remember(wr_registry *r, uint32_t id, wr_schema_kind kind,
                                               wr_str text);
/** Version @p version of a subject, 0: the latest, never from memory. @p found: its number, or
 * NULL. */
weir_status wr_registry_get_version(wr_registry *r, const wr_registry_interrupt *interrupt,
                                    wr_str subject, int32_t version, const wr_registry_schema **out,
                                    int32_t *found, weir_error *err) WR_MUST_CHECK;
/** Is this very schema registered under the subject? WEIR_ERR_NOT_FOUND: no. */
weir_status wr_registry_find(wr_registry *r, const wr_registry_interrupt *interrupt, wr_str subject,
                             const wr_schema_draft *draft, const wr_registry_schema **out,
                             weir_error *err) WR_MUST_CHECK;
/**
 * As which version is @p schema registered under the subject? WEIR_ERR_NOT_FOUND: as none, though
 * it may be under another subject.
 */
weir_status wr_registry_find_version(wr_registry *r, const wr_registry_interrupt *interrupt,
                                     wr_str subject, const wr_registry_schema *schema,
                                     int32_t *version, weir_error *err) WR_MUST_CHECK;
/**
 * Register a schema; one that is there already keeps its id. What comes back is read by its id, as
 * a registry may answer with an older schema that it takes for the same (facts: R05).
 */
weir_status wr_registry_register(wr_registry *r, const wr_registry_interrupt *interrupt,
                                 wr_str subject, const wr_schema_draft *draft,
                                 const wr_registry_schema **out, weir_error *err) WR_MUST_CHECK;
/** All subjects, in order of name, in @p arena. */
weir_status wr_registry_subjects(wr_registry *r, const wr_registry_interrupt *interrupt,
                                 wr_arena *arena, wr_str **out, uint32_t *n,
                                 weir_error *err) WR_MUST_CHECK;
/** Forget a subject with its versions (DROP ... DELETE TOPIC). One that is not there is no error.
 */
weir_status wr_registry_delete_subject(wr_registry *r, const wr_registry_interrupt *interrupt,
                                       wr_str subject, weir_error *err) WR_MUST_CHECK;

/* ---- the registry of this process alone ---- */

/** Register under a given id, for tests that name ids. WEIR_ERR_EXISTS: another schema has it. */
weir_status wr_registry_memory_put(wr_registry *r, wr_str subject, uint32_t id,
                                   const wr_schema_draft *draft, const wr_registry_schema **out,
                                   weir_error *err) WR_MUST_CHECK;

/* ---- the wire format: what stands before a payload (wire.c) ---- */

/**
 * The schema that a record names. Two forms, in two places (facts: R01): byte 0 and a 4-byte id, or
 * byte 1 and a GUID; in a header (`__key_schema_id`, `__value_schema_id`), or before the payload.
 * The header comes first. Protobuf's message indexes follow in either place.
 */
typedef struct wr_schema_mark {
    bool by_guid;
    uint32_t id;
    uint8_t guid[WR_GUID_BYTES];
    wr_str rest; /* what follows the mark: in the header, Protobuf's indexes */
} wr_schema_mark;

/** @return false: @p bytes do not begin with a mark (@p out is not set). Never reads past the end.
 */
bool wr_schema_mark_read(wr_str bytes, wr_schema_mark *out);
/** Byte 0 and the id, big-endian: 5 bytes. */
void wr_schema_mark_write(wr_buf *out, uint32_t id);
/** Byte 1 and the GUID: 17 bytes, for a header. */
void wr_schema_guid_write(wr_buf *out, const uint8_t guid[WR_GUID_BYTES]);

extern const char wr_key_schema_header[];   /* "__key_schema_id" */
extern const char wr_value_schema_header[]; /* "__value_schema_id" */

#endif
