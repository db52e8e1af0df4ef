/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir_serde: runtime/statement/record_serde.h for callers of weir.h. What they pass is checked
 * here.
 *
 * One thread at a time; nothing is shared with other serdes but the registry, which any may ask.
 * No handle is kept and no statement is counted: a serde that is open does not hold up weir_close,
 * so it has to be closed before, as weir.h says.
 */
#include "runtime/api/api_internal.h"
#include "runtime/statement/record_serde.h"

#include <stddef.h>

/** A direction and a part of the record, decided when it was opened. */
struct weir_serde {
    wr_serde *serde;      /* owned */
    bool is_key, writing; /* as the options said */
    wr_buf text;          /* of the last reading, with its 0: what the caller borrows */
};

/* As weir_open reads its own: a shorter struct comes from an older header, and what that does not
 * have stays at its default. A longer one may ask for what is not known here, and is refused: a
 * serde that did something else would be worse than none. */
static weir_status read_options(const weir_serde_options *options, weir_serde_options *o,
                                weir_error *err)
{
    const size_t least = offsetof(weir_serde_options, full_name) + sizeof options->full_name;
    if (!options || options->size < least || options->size > sizeof *o)
        return wr_error(err, WEIR_ERR_MISUSE,
                        "weir_serde_options.size is not one that this version (%s) knows: begin "
                        "with WEIR_SERDE_OPTIONS_INIT",
                        weir_version());
    memcpy(o, options, options->size);
    if (!o->topic || !*o->topic || !o->format)
        return wr_error(err, WEIR_ERR_MISUSE, "weir_serde_options needs a topic and a format");
    return WEIR_OK;
}

weir_status weir_serde_open(weir *w, const weir_serde_options *options, weir_serde **out,
                            weir_error *err)
{
    weir_serde_options o = WEIR_SERDE_OPTIONS_INIT;
    wr_serde *serde;
    *out = NULL;
    WR_TRY(read_options(options, &o, err));
    /* Borrowed for the call: what a serde keeps of them it copies. Names and schemas are judged
     * below, where the formats are known. */
    const wr_serde_options own = {.topic = o.topic,
                                  .is_key = o.is_key,
                                  .writing = o.writing,
                                  .format = o.format,
                                  .schema = o.schema,
                                  .full_name = o.full_name,
                                  .existing_schema = o.existing_schema,
                                  .no_message_index = o.no_message_index};
    WR_TRY(wr_serde_new(w->engine, &own, &serde, err));
    weir_serde *s = wr_calloc(1, sizeof *s);
    *s = (weir_serde){.serde = serde, .is_key = o.is_key, .writing = o.writing};
    *out = s;
    return WEIR_OK;
}

/* The registry, and what it holds, stay: they are the engine's. What was given out by the last
 * reading or writing goes with the serde. */
void weir_serde_close(weir_serde *s)
{
    if (!s)
        return;
    WR_ASSERT(s->serde);
    wr_serde_free(s->serde);
    wr_buf_free(&s->text);
    wr_free(s);
}

/* The last of several headers of that name, as everywhere; one whose value is NULL is none. Headers
 * are looked at in the caller's record as it is: no copy is made for a question that is asked once.
 */
static wr_str header_of(const weir_record *r, bool is_key)
{
    const char *name = is_key ? wr_key_schema_header : wr_value_schema_header;
    wr_str found = {NULL, 0};
    for (size_t i = 0; i < r->headers_n; i++)
        if (strcmp(r->header_keys[i], name) == 0 && r->header_values[i] &&
            r->header_lens[i] <= UINT32_MAX)
            found = wr_str_make(r->header_values[i], r->header_lens[i]);
    return found;
}

/* JSON has no 0 inside (its strings escape it), so C callers may take it for a string. */
weir_status weir_serde_read(weir_serde *s, const weir_record *record, const char **json,
                            size_t *len, weir_error *err)
{
    const void *bytes = s->is_key ? record->key : record->value;
    size_t bytes_len = s->is_key ? record->key_len : record->value_len;
    wr_str text;
    *json = NULL;
    *len = 0;
    if (s->writing)
        return wr_error(err, WEIR_ERR_MISUSE, "The serde was opened for writing");
    if (bytes && bytes_len > UINT32_MAX)
        return wr_error(err, WEIR_ERR_LIMIT, "The record is too large");
    wr_str payload = bytes ? wr_str_make(bytes, bytes_len) : (wr_str){NULL, 0};
    WR_TRY(wr_serde_read(s->serde, header_of(record, s->is_key), payload, &text, err));
    if (!text.ptr) /* no key, or a deletion: there is nothing to show, and *json says so */
        return WEIR_OK;
    /* A copy with a 0 behind it: what the formats give is a slice, of the record perhaps, and ends
     * with the next call; the caller's text lasts as long as its record may be read again. */
    wr_buf_clear(&s->text);
    wr_buf_str(&s->text, text);
    *json = wr_buf_cstr(&s->text);
    *len = text.len;
    WR_ASSERT(strlen(*json) == *len);
    return WEIR_OK;
}

/* The text is borrowed for the call, the bytes are the serde's. They are given out as pointer and
 * length, in the form that a weir_record has them. */
weir_status weir_serde_write(weir_serde *s, const char *json, size_t len, const void **bytes,
                             size_t *bytes_len, weir_error *err)
{
    wr_str payload;
    *bytes = NULL;
    *bytes_len = 0;
    if (!s->writing)
        return wr_error(err, WEIR_ERR_MISUSE, "The serde was opened for reading");
    if (!json || len > UINT32_MAX)
        return wr_error(err, WEIR_ERR_MISUSE, "A JSON text is needed, of less than 4 GB");
    WR_TRY(wr_serde_write(s->serde, wr_str_make(json, len), &payload, err));
    /* The JSON text `null` is a record without a value: no bytes at all, not an empty text. */
    WR_ASSERT(payload.ptr || !payload.len);
    *bytes = payload.ptr;
    *bytes_len = payload.len;
    return WEIR_OK;
}
