/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answers.h - what the JSON of a registry's API says, and the JSON that is sent to it.
 *
 * Registries that speak Confluent's API differ in what they leave out and in what they call it
 * (facts: R04, R06), so this takes whatever makes sense and says no to all else. No network here:
 * bytes in, values out. All texts are copied into the arena that is given.
 */
#ifndef WR_REGISTRY_ANSWERS_H
#define WR_REGISTRY_ANSWERS_H

#include "registry/registry.h"

#include <jansson.h>

/* A registry that names more than this in one schema is not believed. */
enum { WR_REFERENCES_MAX = 1000 };

/** What an answer says about a schema; `references` are not resolved: their `schema` is NULL. */
typedef struct wr_schema_answer {
    wr_registry_schema schema; /* id 0: the answer does not say */
    int32_t version;           /* 0: the answer does not say */
    bool unknown_type;         /* of a type that nobody here knows: `schema.kind` means nothing */
} wr_schema_answer;

/** @return the JSON of @p bytes, to be released with json_decref; NULL: it is none. */
json_t *wr__answer_parse(wr_str bytes);
/**
 * An error as the registry words it.
 * @param code     its error_code; the HTTP status where it has none
 * @param message  its own words; "" where it has none. In @p arena.
 * @return false: @p body is no error of a registry, so something else has answered.
 */
bool wr__answer_error(const json_t *body, int64_t http_status, wr_arena *arena, int64_t *code,
                      const char **message);
/** `{"schema": ..., "schemaType": ..., "references": [...], "id", "version", "guid"}`.
 *  @return false: something that is needed is missing or wrong; *@p fault says what. */
bool wr__answer_schema(const json_t *body, wr_arena *arena, wr_schema_answer *out,
                       const char **fault);
/** `{"id": N}`. */
bool wr__answer_id(const json_t *body, uint32_t *id);
/** `{"version": N}`; 0: it is not there, or none. */
int32_t wr__answer_version(const json_t *body);
/** A list of strings, without those that do not begin with @p prefix, which is taken off. */
bool wr__answer_names(const json_t *body, wr_str prefix, wr_arena *arena, wr_str **out,
                      uint32_t *n);
/** `compatibility` or `compatibilityLevel` (facts: R06), NULL: neither. In @p arena. */
const char *wr__answer_compatibility(const json_t *body, wr_arena *arena);

/** The id among `[{"context": ".", "id": 1}, ...]` that @p context ("" : the default) gives, 0:
 *  none. */
uint32_t wr__answer_context_id(const json_t *body, wr_str context);

/** The body that registers or looks for @p draft. @return false: a text is not UTF-8. */
bool wr__answer_draft(const wr_schema_draft *draft, wr_buf *out);

/** 36 characters, in lower case. */
void wr__guid_print(const uint8_t guid[WR_GUID_BYTES], char out[37]);
/** With or without dashes. @return false: it is none. */
bool wr__guid_read(wr_str text, uint8_t guid[WR_GUID_BYTES]);

#endif
