/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry_http.c - a registry that others run, by Confluent's HTTP API.
 *
 * Who says what: transport.c gets an answer from one of the URLs, answers.c reads it, this file
 * knows the paths, what an error code means, and how a schema gets all that it refers to.
 *
 * What is registered or found is read again by its id before it is given out (facts: R05). Errors
 * are told apart by their error_code alone, as their texts differ (facts: R04).
 *
 * A reference names a subject and a version. Both are read, with their own references, before the
 * schema is kept; each once, though many may name it. What goes deeper than REFERENCES_DEPTH_MAX,
 * as references in a circle do, makes the schema one that cannot be used.
 *
 * A context (":.team:") stands before every subject that does not name one itself; references are
 * meant in the context of the schema that has them. Ids are the context's, so schemas of other
 * contexts are kept apart.
 */
#include "registry/answers.h"
#include "registry/fetcher.h"
#include "registry/registry_internal.h"
#include "registry/transport.h"

#include <stdio.h>

enum {
    TIMEOUT_MS = 10000,
    REFERENCES_DEPTH_MAX = 32,
    READ_BACK_MS = 100, /* between attempts to read what was registered a moment ago */
};

typedef struct http_registry {
    wr_registry base;
    wr_transport *transport;
    wr_fetcher *fetcher;
    wr_buf context; /* ":.name:", or empty */
    int64_t timeout_ms;
} http_registry;

/* One call of a caller, through all its requests. */
typedef struct session {
    http_registry *r;
    wr_call call;
    wr_arena *scratch;
    wr_map referred; /* "version subject" -> schema: those of this call's references */
    uint32_t referred_n;
} session;

static http_registry *self(wr_registry *r)
{
    return (http_registry *)r;
}

static session begin(wr_registry *r, const wr_registry_interrupt *interrupt)
{
    session s = {.r = self(r), .scratch = wr_arena_new(0)};
    s.call = (wr_call){.deadline_ns = wr__monotonic_ns() + s.r->timeout_ms * 1000000,
                       .interrupt = interrupt};
    wr_map_init(&s.referred);
    return s;
}

static weir_status end(session *s, weir_status st)
{
    wr_map_free(&s->referred);
    wr_arena_free(s->scratch);
    return st;
}

static wr_str own(const session *s)
{
    return wr_buf_view(&s->r->context);
}

/* ---- paths ---- */

static void put_escaped(wr_buf *path, wr_str text)
{
    for (uint32_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
        if (plain)
            wr_buf_putc(path, c);
        else
            wr_buf_printf(path, "%%%02X", (unsigned)(uint8_t)c);
    }
}

/* The context that @p subject is meant in: its own, ":.name:", or else @p around. */
static wr_str context_of(wr_str subject, wr_str around)
{
    const char *colon = wr_str_starts_with(subject, WR_STR(":."))
                            ? memchr(subject.ptr + 1, ':', subject.len - 1)
                            : NULL;
    if (!colon)
        return around;
    wr_str named = wr_str_make(subject.ptr, (size_t)(colon + 1 - subject.ptr));
    return wr_str_eq(named, WR_STR(":.:")) ? (wr_str){0} : named; /* the default one */
}

/* For the schemas that are kept: "" is the registry's own context. */
static wr_str foreign(const session *s, wr_str context)
{
    return wr_str_eq(context, own(s)) ? (wr_str){0} : context.len ? context : WR_STR(":.:");
}

static void put_subject(wr_buf *path, const char *before, wr_str context, wr_str subject)
{
    wr_buf_puts(path, before);
    if (!wr_str_starts_with(subject, WR_STR(":.")))
        put_escaped(path, context);
    put_escaped(path, subject);
}

static void put_context(wr_buf *path, const char *parameter, wr_str context)
{
    if (!context.len)
        return;
    wr_buf_printf(path, "?%s=", parameter);
    put_escaped(path, context);
}

/* ---- asking ---- */

/* What an error means: by its code, whose first three digits are HTTP's. */
static weir_status refused(const session *s, const wr_answer *answer, weir_error *err)
{
    int64_t code;
    const char *message;
    const bool worded = wr__answer_error(answer->body, answer->status, s->scratch, &code, &message);
    const int64_t kind = code >= 10000 ? code / 100 : code;
    if (!*message)
        message = "no reason given";
    if (kind == 404 && code >= 10000)
        return wr_error(err, WEIR_ERR_NOT_FOUND, "%s", message);
    if (kind == 409 || kind == 422)
        return wr_error(err, WEIR_ERR_STATEMENT, "%s", message);
    if (kind == 401 || kind == 403)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "The schema registry at %s does not let us in: %s (%lld)", answer->url,
                        message, (long long)code);
    if (worded)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "The schema registry at %s refuses the request: %s (%lld)", answer->url,
                        message, (long long)code);
    return wr_error(err, WEIR_ERR_CONFIG, "What answers at %s is no schema registry: status %lld",
                    answer->url, (long long)code);
}

/* Send @p path, which is freed. Where this is WEIR_OK, the answer's body is to be released. */
static weir_status exchange(session *s, const char *method, wr_buf *path, wr_str body,
                            wr_answer *out, weir_error *err)
{
    const wr_request request = {.method = method, .path = wr_buf_cstr(path), .body = body};
    weir_status st = wr__transport_send(s->r->transport, &s->call, &request, out, err);
    wr_buf_free(path);
    return st;
}

/* The same where only a good answer will do: its body, to be released where this is WEIR_OK. */
static weir_status ask(session *s, const char *method, wr_buf *path, wr_str body, json_t **out,
                       weir_error *err)
{
    wr_answer answer;
    *out = NULL;
    WR_TRY(exchange(s, method, path, body, &answer, err));
    if (answer.status < 300) {
        WR_ASSERT(answer.body);
        *out = answer.body;
        return WEIR_OK;
    }
    weir_status st = refused(s, &answer, err);
    json_decref(answer.body);
    return st;
}

static weir_status get(session *s, wr_buf *path, json_t **out, weir_error *err)
{
    return ask(s, "GET", path, (wr_str){0}, out, err);
}

/* An answer that is JSON, but not what was asked for. */
static weir_status senseless(const session *s, const char *what, weir_error *err)
{
    (void)wr_error(err, WEIR_ERR_LOG, "The schema registry at %s gives an answer %s",
                   wr__transport_name(s->r->transport), what);
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_LOG;
}

/* ---- a schema and what it refers to ---- */

/* Where in a tree of references we are, and in which context. */
typedef struct place {
    wr_str context;
    unsigned depth;
} place;

static weir_status resolve(session *s, place at, wr_registry_schema *schema, weir_error *err);

/* The body of an answer as a schema that is kept; @p id 0 and @p guid NULL: as the answer says. */
static weir_status keep(session *s, place at, const json_t *body, uint32_t id, const uint8_t *guid,
                        const wr_registry_schema **out, int32_t *version, weir_error *err)
{
    wr_schema_answer answer;
    const char *fault;
    if (!wr__answer_schema(body, s->scratch, &answer, &fault))
        return senseless(s, fault, err);
    wr_registry_schema *schema = &answer.schema;
    if (id)
        schema->id = id;
    if (guid) {
        schema->has_guid = true;
        memcpy(schema->guid, guid, WR_GUID_BYTES);
    }
    if (!schema->id)
        return senseless(s, "without an id", err);
    if (answer.unknown_type)
        return wr_error(err, WEIR_ERR_NOT_FOUND,
                        "Schema %u is neither Avro nor JSON nor Protobuf, so it cannot be used",
                        schema->id);
    const wr_str context = foreign(s, at.context);
    *out = wr__registry_seen_in(&s->r->base, context, schema->id);
    /* One that was seen, without the GUID that is known only now, is kept by that as well. */
    if (!*out || (schema->has_guid && !(*out)->has_guid)) {
        WR_TRY(resolve(s, at, schema, err));
        *out = wr__registry_keep_in(&s->r->base, context, schema);
    }
    if (version)
        *version = answer.version;
    return WEIR_OK;
}

static weir_status read_version(session *s, place at, wr_str subject, int32_t number, bool deleted,
                                const wr_registry_schema **out, int32_t *found, weir_error *err)
{
    wr_buf path = {0};
    json_t *body;
    put_subject(&path, "/subjects/", at.context, subject);
    at.context = context_of(subject, at.context);
    if (number)
        wr_buf_printf(&path, "/versions/%d", number);
    else
        wr_buf_puts(&path, "/versions/latest");
    if (deleted) /* what is only referred to may be deleted by now */
        wr_buf_puts(&path, "?deleted=true");
    WR_TRY(get(s, &path, &body, err));
    weir_status st = keep(s, at, body, 0, NULL, out, found, err);
    json_decref(body);
    if (st == WEIR_OK && found && !*found)
        st = senseless(s, "without a version", err);
    return st;
}

static weir_status resolve_one(session *s, place at, wr_registry_reference *ref, weir_error *err)
{
    wr_str key = wr_str_c(wr_arena_printf(s->scratch, "%d " WR_STR_FMT " " WR_STR_FMT, ref->version,
                                          WR_STR_ARG(at.context), WR_STR_ARG(ref->subject)));
    const wr_registry_schema *known = wr_map_get(&s->referred, key);
    if (!known) {
        if (++s->referred_n > WR_REFERENCES_MAX)
            return wr_error(err, WEIR_ERR_NOT_FOUND, "It needs more than %d others",
                            WR_REFERENCES_MAX);
        WR_TRY(read_version(s, at, ref->subject, ref->version, true, &known, NULL, err));
        (void)wr_map_put(&s->referred, key, (void *)(uintptr_t)known);
    }
    ref->schema = known;
    return WEIR_OK;
}

/* Fills in the schemas that @p schema refers to. */
static weir_status resolve(session *s, place at, wr_registry_schema *schema, weir_error *err)
{
    const place below = {.context = at.context, .depth = at.depth + 1};
    if (!schema->references_n)
        return WEIR_OK;
    wr_registry_reference *refs = WR_NEW_N(s->scratch, wr_registry_reference, schema->references_n);
    for (uint32_t i = 0; i < schema->references_n; i++) {
        refs[i] = schema->references[i];
        weir_status st =
            at.depth < REFERENCES_DEPTH_MAX
                ? resolve_one(s, below, &refs[i], err)
                : wr_error(err, WEIR_ERR_NOT_FOUND, "References go deeper than %d, or in a circle",
                           REFERENCES_DEPTH_MAX);
        if (st == WEIR_ERR_NOT_FOUND && at.depth == 0)
            wr_error_prefix(
                err,
                "Schema %u refers to '" WR_STR_FMT "' (subject '" WR_STR_FMT "', version %d): ",
                schema->id, WR_STR_ARG(refs[i].name), WR_STR_ARG(refs[i].subject), refs[i].version);
        if (st != WEIR_OK)
            return st;
    }
    schema->references = refs;
    return WEIR_OK;
}

/* Registries keep ids as positive 32-bit integers, and may take other ones for a wrong path, which
 * would look as if they were no registries. Any record can name any id. */
static weir_status check_id(uint32_t id, weir_error *err)
{
    if (id > 0 && id <= INT32_MAX)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_NOT_FOUND, "Schema %u not found: there is no such id", id);
}

static weir_status read_id(session *s, wr_str context, uint32_t id, const wr_registry_schema **out,
                           weir_error *err)
{
    *out = wr__registry_seen_in(&s->r->base, foreign(s, context), id);
    if (*out)
        return WEIR_OK;
    WR_TRY(check_id(id, err));
    wr_buf path = {0};
    json_t *body;
    wr_buf_printf(&path, "/schemas/ids/%u", id);
    put_context(&path, "subject", context);
    WR_TRY(get(s, &path, &body, err));
    weir_status st = keep(s, (place){.context = context}, body, id, NULL, out, NULL, err);
    json_decref(body);
    return st;
}

/* ---- by GUID ---- */

static weir_status no_guid(const session *s, const char *guid, weir_error *err)
{
    return wr_error(err, WEIR_ERR_NOT_FOUND,
                    "The schema registry at %s has no schema with the GUID %s",
                    wr__transport_name(s->r->transport), guid);
}

/* The id of a GUID in our context, where the answer with the schema does not say. */
static weir_status id_of_guid(session *s, const char *guid, uint32_t *id, weir_error *err)
{
    wr_buf path = {0};
    json_t *body;
    wr_str context = own(s);
    if (context.len) /* ":.team:" is ".team" there */
        context = wr_str_make(context.ptr + 1, context.len - 2);
    wr_buf_printf(&path, "/schemas/guids/%s/ids", guid);
    WR_TRY(get(s, &path, &body, err));
    *id = wr__answer_context_id(body, context);
    json_decref(body);
    return *id ? WEIR_OK : no_guid(s, guid, err);
}

/* Any 404 means that it cannot be had: a registry without GUIDs does not know the path (facts:
 * R02). */
static weir_status read_guid(session *s, const uint8_t *bytes, const wr_registry_schema **out,
                             weir_error *err)
{
    *out = wr__registry_seen_guid(&s->r->base, bytes);
    if (*out)
        return WEIR_OK;
    char guid[37];
    wr__guid_print(bytes, guid);
    wr_buf path = {0};
    wr_buf_printf(&path, "/schemas/guids/%s", guid);
    wr_answer answer;
    WR_TRY(exchange(s, "GET", &path, (wr_str){0}, &answer, err));
    weir_status st = WEIR_OK;
    uint32_t id = 0;
    if (answer.status == 404)
        st = no_guid(s, guid, err);
    else if (answer.status >= 300)
        st = refused(s, &answer, err);
    else if (!wr__answer_id(answer.body, &id))
        st = id_of_guid(s, guid, &id, err);
    if (st == WEIR_OK)
        st = keep(s, (place){.context = own(s)}, answer.body, id, bytes, out, NULL, err);
    json_decref(answer.body);
    return st;
}

/* ---- the class ---- */

static weir_status http_get_id(wr_registry *r, const wr_registry_interrupt *interrupt, uint32_t id,
                               const wr_registry_schema **out, weir_error *err)
{
    session s = begin(r, interrupt);
    return end(&s, read_id(&s, own(&s), id, out, err));
}

static weir_status http_get_guid(wr_registry *r, const wr_registry_interrupt *interrupt,
                                 const uint8_t *guid, const wr_registry_schema **out,
                                 weir_error *err)
{
    session s = begin(r, interrupt);
    return end(&s, read_guid(&s, guid, out, err));
}

static weir_status http_get_version(wr_registry *r, const wr_registry_interrupt *interrupt,
                                    wr_str subject, int32_t version, const wr_registry_schema **out,
                                    int32_t *found, weir_error *err)
{
    session s = begin(r, interrupt);
    const place top = {.context = own(&s)};
    return end(&s, read_version(&s, top, subject, version, false, out, found, err));
}

/* POST @p draft; the id that comes back, and the version where there is one (else 0). */
static weir_status post_once(session *s, wr_buf *path, const wr_schema_draft *draft, uint32_t *id,
                             int32_t *version, weir_error *err)
{
    wr_buf body = {0};
    json_t *answer = NULL;
    weir_status st = WEIR_OK;
    if (wr__answer_draft(draft, &body)) {
        st = ask(s, "POST", path, wr_buf_view(&body), &answer, err);
    } else {
        wr_buf_free(path);
        st = wr_error(err, WEIR_ERR_STATEMENT, "The schema is not UTF-8");
    }
    if (st == WEIR_OK && !wr__answer_id(answer, id))
        st = senseless(s, "without an id", err);
    *version = st == WEIR_OK ? wr__answer_version(answer) : 0;
    json_decref(answer);
    wr_buf_free(&body);
    return st;
}

/* Apicurio 2 takes a text for a JSON Schema only if it has `$schema` or `properties`, which that of
 * a number has not. Naming the dialect, which is the one that is meant without it, changes nothing
 * else. @return false: it is no such text. */
static bool name_dialect(const wr_schema_draft *draft, wr_buf *out)
{
    static const char dialect[] = "{\"$schema\":\"http://json-schema.org/draft-07/schema#\"";
    wr_str text = wr_str_trim(draft->text);
    wr_str inside = text.len ? wr_str_trim(wr_str_make(text.ptr + 1, text.len - 1)) : text;
    if (draft->kind != WR_SCHEMA_JSON || !inside.len || text.ptr[0] != '{' ||
        memmem(text.ptr, text.len, "\"$schema\"", sizeof "\"$schema\"" - 1))
        return false;
    wr_buf_puts(out, dialect);
    wr_buf_puts(out, inside.ptr[0] == '}' ? "" : ",");
    wr_buf_str(out, inside);
    return true;
}

/* A JSON Schema that is refused is sent once more with its dialect; the first refusal is what is
 * told. @p path is freed. */
static weir_status post_draft(session *s, wr_buf *path, const wr_schema_draft *draft, uint32_t *id,
                              int32_t *version, weir_error *err)
{
    wr_buf again = {0}, text = {0};
    weir_error none;
    wr_buf_str(&again, wr_buf_view(path));
    weir_status st = post_once(s, path, draft, id, version, err);
    if (st == WEIR_ERR_STATEMENT && name_dialect(draft, &text)) {
        wr_schema_draft named = *draft;
        named.text = wr_buf_view(&text);
        if (post_once(s, &again, &named, id, version, &none) == WEIR_OK) {
            wr_error_clear(err);
            st = WEIR_OK;
        }
    }
    wr_buf_free(&again);
    wr_buf_free(&text);
    return st;
}

static weir_status http_find(wr_registry *r, const wr_registry_interrupt *interrupt, wr_str subject,
                             const wr_schema_draft *draft, const wr_registry_schema **out,
                             int32_t *version, weir_error *err)
{
    session s = begin(r, interrupt);
    wr_buf path = {0};
    uint32_t id;
    put_subject(&path, "/subjects/", own(&s), subject);
    weir_status st = post_draft(&s, &path, draft, &id, version, err);
    if (st == WEIR_OK)
        st = read_id(&s, context_of(subject, own(&s)), id, out, err);
    return end(&s, st);
}

/* To a refusal for incompatibility: by which rule. No answer: no hint. */
static void add_compatibility(session *s, wr_str subject, weir_error *err)
{
    wr_buf path = {0};
    json_t *body;
    put_subject(&path, "/config/", own(s), subject);
    wr_buf_puts(&path, "?defaultToGlobal=true");
    weir_error ignored;
    if (get(s, &path, &body, &ignored) != WEIR_OK)
        return;
    const char *level = wr__answer_compatibility(body, s->scratch);
    if (level)
        (void)wr_error_hint(err, "The compatibility level of subject '" WR_STR_FMT "' is %s.",
                            WR_STR_ARG(subject), level);
    json_decref(body);
}

/* A registry of several nodes may know a new id on one of them first. */
static weir_status read_back(session *s, wr_str context, uint32_t id,
                             const wr_registry_schema **out, weir_error *err)
{
    for (;;) {
        weir_status st = read_id(s, context, id, out, err);
        if (st != WEIR_ERR_NOT_FOUND ||
            s->call.deadline_ns - wr__monotonic_ns() < 2 * (int64_t)READ_BACK_MS * 1000000)
            return st;
        WR_TRY(wr__transport_rest(s->r->transport, &s->call, READ_BACK_MS, err));
    }
}

static weir_status http_enroll(wr_registry *r, const wr_registry_interrupt *interrupt,
                               wr_str subject, const wr_schema_draft *draft,
                               const wr_registry_schema **out, weir_error *err)
{
    session s = begin(r, interrupt);
    wr_buf path = {0};
    uint32_t id;
    put_subject(&path, "/subjects/", own(&s), subject);
    wr_buf_puts(&path, "/versions");
    int32_t version;
    weir_status st = post_draft(&s, &path, draft, &id, &version, err);
    if (st == WEIR_ERR_STATEMENT && err)
        add_compatibility(&s, subject, err);
    if (st == WEIR_OK)
        st = read_back(&s, context_of(subject, own(&s)), id, out, err);
    return end(&s, st);
}

static weir_status http_subjects(wr_registry *r, const wr_registry_interrupt *interrupt,
                                 wr_arena *arena, wr_str **out, uint32_t *n, weir_error *err)
{
    session s = begin(r, interrupt);
    wr_buf path = {0};
    json_t *body;
    wr_buf_puts(&path, "/subjects");
    put_context(&path, "subjectPrefix", own(&s));
    weir_status st = get(&s, &path, &body, err);
    if (st == WEIR_OK && !wr__answer_names(body, own(&s), arena, out, n))
        st = senseless(&s, "without a list of subjects", err);
    json_decref(body);
    return end(&s, st);
}

static weir_status http_delete_subject(wr_registry *r, const wr_registry_interrupt *interrupt,
                                       wr_str subject, weir_error *err)
{
    session s = begin(r, interrupt);
    wr_buf path = {0};
    json_t *body;
    put_subject(&path, "/subjects/", own(&s), subject);
    weir_status st = ask(&s, "DELETE", &path, (wr_str){0}, &body, err);
    if (st == WEIR_ERR_NOT_FOUND) { /* never there, or deleted already */
        wr_error_clear(err);
        st = WEIR_OK;
    }
    json_decref(body);
    return end(&s, st);
}

static weir_status http_wanted(wr_registry *r, uint32_t id, const uint8_t *guid, weir_error *err)
{
    if (!guid)
        WR_TRY(check_id(id, err));
    return wr__fetcher_want(self(r)->fetcher, id, guid, err);
}

/* What the fetcher's thread does for each want. */
static weir_status fetch(void *user, uint32_t id, const uint8_t *guid, weir_error *err)
{
    session s = begin(user, NULL);
    s.call.once = true;
    const wr_registry_schema *schema;
    return end(&s,
               guid ? read_guid(&s, guid, &schema, err) : read_id(&s, own(&s), id, &schema, err));
}

static void http_free(wr_registry *r)
{
    http_registry *h = self(r);
    wr__transport_stop(h->transport); /* what the fetcher is about ends soon */
    wr__fetcher_free(h->fetcher);
    wr__transport_free(h->transport);
    wr_buf_free(&h->context);
    wr__registry_clear(r);
    wr_free(h);
}

static const wr_registry_class http_class = {
    .free = http_free,
    .get_id = http_get_id,
    .get_guid = http_get_guid,
    .get_version = http_get_version,
    .find = http_find,
    .enroll = http_enroll,
    .subjects = http_subjects,
    .delete_subject = http_delete_subject,
    .wanted = http_wanted,
};

/* "team", ".team" and ":.team:" are one context; "." and "" the default one. */
static weir_status set_context(http_registry *h, const char *context, weir_error *err)
{
    if (!context || !*context)
        return WEIR_OK;
    wr_str name = wr_str_c(context);
    if (wr_str_starts_with(name, WR_STR(":")))
        name = wr_str_make(name.ptr + 1, name.len - 1);
    if (name.len && name.ptr[name.len - 1] == ':')
        name.len--;
    if (wr_str_starts_with(name, WR_STR(".")))
        name = wr_str_make(name.ptr + 1, name.len - 1);
    if (name.len && memchr(name.ptr, ':', name.len))
        return wr_error(err, WEIR_ERR_CONFIG,
                        "The context of a schema registry has a ':' in it: %s", context);
    if (name.len)
        wr_buf_printf(&h->context, ":." WR_STR_FMT ":", WR_STR_ARG(name));
    return WEIR_OK;
}

weir_status wr_registry_open_http(const wr_registry_options *options, wr_registry **out,
                                  weir_error *err)
{
    *out = NULL;
    if (options->timeout_ms < 0)
        return wr_error(err, WEIR_ERR_CONFIG, "The time limit of a schema registry is negative");
    wr_transport *transport;
    WR_TRY(wr__transport_new(options, &transport, err));
    http_registry *h = wr_calloc(1, sizeof *h);
    h->transport = transport;
    h->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    const char *name = wr__transport_name(transport);
    wr__registry_init(&h->base, &http_class, name);
    h->fetcher = wr__fetcher_new(name, WR_WANT_FORGET_MS, fetch, &h->base);
    weir_status st = set_context(h, options->context, err);
    if (st != WEIR_OK)
        http_free(&h->base);
    else
        *out = &h->base;
    return st;
}
