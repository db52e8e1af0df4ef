/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry answers: any bytes are read as every kind of answer. Held against: the bounds
 * that the rest of the program counts on; a draft made of what was read can be sent, and names the
 * same references again; GUIDs print and read back.
 */
#include "registry/answers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_draft(const wr_registry_schema *schema, wr_arena *arena)
{
    wr_buf bytes = {0};
    const wr_schema_draft draft = {.kind = schema->kind,
                                   .text = schema->text,
                                   .references = schema->references,
                                   .references_n = schema->references_n};
    WR_ASSERT(wr__answer_draft(&draft, &bytes)); /* jansson has checked that it is UTF-8 */
    json_t *body = wr__answer_parse(wr_buf_view(&bytes));
    WR_ASSERT(body);
    wr_schema_answer again;
    const char *fault;
    WR_ASSERT(wr__answer_schema(body, arena, &again, &fault));
    WR_ASSERT(again.schema.kind == schema->kind && wr_str_eq(again.schema.text, schema->text));
    WR_ASSERT(again.schema.references_n == schema->references_n);
    for (uint32_t i = 0; i < schema->references_n; i++) {
        const wr_registry_reference *a = &schema->references[i], *b = &again.schema.references[i];
        WR_ASSERT(wr_str_eq(a->name, b->name) && wr_str_eq(a->subject, b->subject));
        WR_ASSERT(a->version == b->version && a->subject.len > 0);
    }
    json_decref(body);
    wr_buf_free(&bytes);
}

static void check_guid(wr_str text)
{
    uint8_t guid[WR_GUID_BYTES], again[WR_GUID_BYTES];
    char printed[37];
    if (!wr__guid_read(text, guid))
        return;
    wr__guid_print(guid, printed);
    WR_ASSERT(wr__guid_read(wr_str_c(printed), again));
    WR_ASSERT(memcmp(guid, again, sizeof guid) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static wr_arena *arena;
    if (!arena)
        arena = wr_arena_new(0);
    const wr_str bytes = wr_str_make((const char *)data, size);
    check_guid(bytes);
    wr_schema_mark mark;
    if (wr_schema_mark_read(bytes, &mark))
        WR_ASSERT(mark.rest.len + (mark.by_guid ? 17 : 5) == bytes.len);
    json_t *body = wr__answer_parse(bytes);
    int64_t code;
    const char *message;
    WR_ASSERT(wr__answer_error(body, 500, arena, &code, &message) || code == 500);
    if (body) {
        wr_schema_answer answer;
        const char *fault;
        if (wr__answer_schema(body, arena, &answer, &fault)) {
            WR_ASSERT(answer.version >= 0 && answer.schema.references_n <= WR_REFERENCES_MAX);
            if (!answer.unknown_type)
                check_draft(&answer.schema, arena);
        } else {
            WR_ASSERT(fault);
        }
        uint32_t id, n;
        WR_ASSERT(!wr__answer_id(body, &id) || id > 0);
        (void)wr__answer_context_id(body, WR_STR(".c"));
        (void)wr__answer_compatibility(body, arena);
        wr_str *names;
        if (wr__answer_names(body, WR_STR(":."), arena, &names, &n))
            for (uint32_t i = 1; i < n; i++)
                WR_ASSERT(wr_str_cmp(names[i - 1], names[i]) <= 0);
    }
    json_decref(body);
    wr_arena_reset(arena);
    return 0;
}
