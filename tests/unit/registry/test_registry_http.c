/* SPDX-License-Identifier: Apache-2.0 */
/* A registry over HTTP, against a server in this process: paths, errors, references, contexts. */
#include "registry/registry.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "http_server.h"

static http_server server;
static wr_registry *registry;
static weir_error err;

static void open_with(wr_registry_options o)
{
    wr_registry_free(registry);
    if (!o.urls)
        o.urls = server.url;
    if (!o.timeout_ms)
        o.timeout_ms = 2000;
    assert_int_equal(wr_registry_open_http(&o, &registry, &err), WEIR_OK);
}

static int setup(void **state)
{
    (void)state;
    memset(&err, 0, sizeof err);
    assert_true(http_start(&server, 0));
    registry = NULL;
    open_with((wr_registry_options){0});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_registry_free(registry);
    http_stop(&server);
    return 0;
}

static void rule(const char *asks, int status, const char *body)
{
    http_add(&server, (http_rule){.asks = asks, .status = status, .body = body});
}

static bool asked(size_t i, const char *words)
{
    return i < http_asked(&server) && strstr(server.requests[i], words);
}

static weir_status get_id(uint32_t id, const wr_registry_schema **out)
{
    memset(&err, 0, sizeof err);
    return wr_registry_get_id(registry, NULL, id, out, &err);
}

static void test_by_id_once(void **state)
{
    (void)state;
    const wr_registry_schema *s, *again;
    rule("GET /schemas/ids/7", 200, "{\"schema\":\"\\\"int\\\"\"}");
    assert_int_equal(get_id(7, &s), WEIR_OK);
    assert_int_equal(s->id, 7);
    assert_int_equal(s->kind, WR_SCHEMA_AVRO);
    assert_true(wr_str_eq_c(s->text, "\"int\""));
    assert_int_equal(get_id(7, &again), WEIR_OK);
    assert_ptr_equal(s, again);
    assert_int_equal(wr_registry_known_id(registry, 7, &again, &err), WEIR_OK);
    assert_int_equal(http_asked(&server), 1);
    assert_true(asked(0, "Accept: application/vnd.schemaregistry.v1+json"));
}

/* Records can hold any four bytes; a registry may say that it knows no such path. */
static void test_impossible_ids(void **state)
{
    (void)state;
    static const uint32_t ids[] = {0, 2147483648u, 4294967295u};
    for (size_t i = 0; i < WR_ARRAY_LEN(ids); i++) {
        const wr_registry_schema *s;
        assert_int_equal(get_id(ids[i], &s), WEIR_ERR_NOT_FOUND);
        assert_non_null(strstr(err.message, "there is no such id"));
    }
    assert_int_equal(http_asked(&server), 0);
}

static void test_versions_are_never_from_memory(void **state)
{
    (void)state;
    const wr_registry_schema *s;
    int32_t version;
    http_add(&server, (http_rule){.asks = "GET /subjects/a%2Fb%20%C3%A4-value/versions/latest",
                                  .status = 200,
                                  .times = 1,
                                  .body = "{\"id\":1,\"version\":1,\"schema\":\"1\"}"});
    rule("GET /subjects/a%2Fb%20%C3%A4-value/versions/latest", 200,
         "{\"id\":2,\"version\":4,\"schemaType\":\"JSON\",\"schema\":\"2\"}");
    rule("GET /subjects/a%2Fb%20%C3%A4-value/versions/3", 200,
         "{\"id\":1,\"version\":3,\"schema\":\"1\"}");
    const wr_str subject = WR_STR("a/b \xC3\xA4-value");
    assert_int_equal(wr_registry_get_version(registry, NULL, subject, 0, &s, &version, &err),
                     WEIR_OK);
    assert_int_equal(s->id, 1);
    assert_int_equal(wr_registry_get_version(registry, NULL, subject, 0, &s, &version, &err),
                     WEIR_OK);
    assert_int_equal(s->id, 2);
    assert_int_equal(s->kind, WR_SCHEMA_JSON);
    assert_int_equal(version, 4);
    assert_int_equal(wr_registry_get_version(registry, NULL, subject, 3, &s, NULL, &err), WEIR_OK);
    assert_int_equal(s->id, 1);
}

static void test_subjects_that_look_like_steps(void **state)
{
    (void)state;
    const wr_registry_schema *s;
    rule("GET /subjects/../versions/1", 200, "{\"id\":1,\"version\":1,\"schema\":\"1\"}");
    rule("GET /subjects/./versions/1", 200, "{\"id\":2,\"version\":1,\"schema\":\"2\"}");
    assert_int_equal(wr_registry_get_version(registry, NULL, WR_STR(".."), 1, &s, NULL, &err),
                     WEIR_OK);
    assert_int_equal(wr_registry_get_version(registry, NULL, WR_STR("."), 1, &s, NULL, &err),
                     WEIR_OK);
    assert_int_equal(s->id, 2);
}

/* By error_code alone: texts say what they like. */
static void test_r04_what_errors_mean(void **state)
{
    (void)state;
    static const struct {
        int http;
        const char *body;
        weir_status status;
        bool retriable;
        const char *words;
    } cases[] = {
        {404, "{\"error_code\":40401,\"message\":\"No subject with name 'x' was found\"}",
         WEIR_ERR_NOT_FOUND, false, "No subject with name 'x' was found"},
        {404, "{\"error_code\":40403,\"message\":\"weird words\"}", WEIR_ERR_NOT_FOUND, false,
         "weird words"},
        {404, "{\"error_code\":40402}", WEIR_ERR_NOT_FOUND, false, "no reason given"},
        {409, "{\"error_code\":409,\"message\":\"incompatible\"}", WEIR_ERR_STATEMENT, false,
         "incompatible"},
        {422, "{\"error_code\":42201,\"message\":\"Invalid schema\"}", WEIR_ERR_STATEMENT, false,
         "Invalid schema"},
        {401, "{\"error_code\":401,\"message\":\"Unauthorized\"}", WEIR_ERR_CONFIG, false,
         "does not let us in"},
        {403, "{\"error_code\":40301,\"message\":\"no\"}", WEIR_ERR_CONFIG, false, "(40301)"},
        {401, "<html>", WEIR_ERR_CONFIG, false, "(401)"},
        {404, "{\"error_code\":404,\"message\":\"no such path\"}", WEIR_ERR_CONFIG, false,
         "no such path"},
        {404, "<html>", WEIR_ERR_CONFIG, false, "no schema registry: status 404"},
        {405, "", WEIR_ERR_CONFIG, false, "status 405"},
        {500, "{\"error_code\":50001,\"message\":\"store\"}", WEIR_ERR_LOG, true,
         "store (error code 50001)"},
        {503, "<html>", WEIR_ERR_LOG, true, "status 503"},
        {429, "{\"error_code\":42901,\"message\":\"slow down\"}", WEIR_ERR_LOG, true, "slow down"},
        {200, "<html>", WEIR_ERR_LOG, true, "status 200 without JSON"},
        {200, "", WEIR_ERR_LOG, true, "status 200 without JSON"},
        {200, "{\"schema\":\"x\"", WEIR_ERR_LOG, true, "without JSON"},
        {200, "{}", WEIR_ERR_LOG, true, "gives an answer without a schema"},
        {200, "{\"schema\":\"x\",\"schemaType\":\"THRIFT\"}", WEIR_ERR_NOT_FOUND, false,
         "Schema 5 is neither"},
    };
    open_with((wr_registry_options){.timeout_ms = 500}); /* too short for a second attempt */
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const wr_registry_schema *s;
        http_clear(&server);
        rule("GET *", cases[i].http, cases[i].body);
        assert_int_equal(get_id(5, &s), cases[i].status);
        assert_int_equal((err.flags & WEIR_ERROR_RETRIABLE) != 0, cases[i].retriable);
        if (!strstr(err.message, cases[i].words))
            fail_msg("%s: %s", cases[i].words, err.message);
    }
}

static wr_schema_draft draft_of(const char *text)
{
    return (wr_schema_draft){.kind = WR_SCHEMA_AVRO, .text = wr_str_c(text)};
}

static void test_r05_what_is_registered_is_read_by_its_id(void **state)
{
    (void)state;
    const wr_registry_schema *s;
    const wr_schema_draft draft = draft_of("mine");
    rule("POST /subjects/s/versions", 200, "{\"id\":3}");
    rule("POST /subjects/s", 200, "{\"subject\":\"s\",\"version\":1,\"id\":3,\"schema\":\"mine\"}");
    /* A node that does not know it yet. */
    http_add(&server, (http_rule){.asks = "GET /schemas/ids/3",
                                  .status = 404,
                                  .times = 2,
                                  .body = "{\"error_code\":40403,\"message\":\"\"}"});
    rule("GET /schemas/ids/3", 200, "{\"schema\":\"older\"}");
    assert_int_equal(wr_registry_register(registry, NULL, WR_STR("s"), &draft, &s, &err), WEIR_OK);
    assert_int_equal(s->id, 3);
    assert_true(wr_str_eq_c(s->text, "older"));
    assert_true(asked(0, "\r\n\r\n{\"schema\":\"mine\"}"));
    assert_true(asked(0, "Content-Type: application/vnd.schemaregistry.v1+json"));
    assert_int_equal(http_asked(&server), 4);
    assert_int_equal(wr_registry_find(registry, NULL, WR_STR("s"), &draft, &s, &err), WEIR_OK);
    assert_true(wr_str_eq_c(s->text, "older"));
}

static void test_refused_registrations(void **state)
{
    (void)state;
    const wr_registry_schema *s;
    wr_schema_draft draft = draft_of("x");
    rule("POST /subjects/s/versions", 409,
         "{\"error_code\":409,\"message\":\"Schema being registered is incompatible\"}");
    rule("GET /config/s?defaultToGlobal=true", 200, "{\"compatibilityLevel\":\"BACKWARD\"}");
    assert_int_equal(wr_registry_register(registry, NULL, WR_STR("s"), &draft, &s, &err),
                     WEIR_ERR_STATEMENT);
    assert_string_equal(err.message, "Schema being registered is incompatible");
    assert_string_equal(err.hint, "The compatibility level of subject 's' is BACKWARD.");
    assert_int_equal(wr_registry_register(registry, NULL, WR_STR("s"), &draft, &s, NULL),
                     WEIR_ERR_STATEMENT);
    http_clear(&server);
    rule("POST /subjects/s", 404, "{\"error_code\":40403,\"message\":\"Schema not found\"}");
    assert_int_equal(wr_registry_find(registry, NULL, WR_STR("s"), &draft, &s, &err),
                     WEIR_ERR_NOT_FOUND);
    draft.text = WR_STR("\xff");
    assert_int_equal(wr_registry_find(registry, NULL, WR_STR("s"), &draft, &s, &err),
                     WEIR_ERR_STATEMENT);
    assert_int_equal(http_asked(&server), 1);
}

/* Apicurio 2 refuses a JSON Schema without `$schema` and `properties`: it is named then. A refusal
 * that has another reason is told as it was at first. */
static void test_json_schemas_are_named_where_that_helps(void **state)
{
    (void)state;
    const wr_registry_schema *s;
    wr_schema_draft draft = draft_of(" {\"type\":\"string\"}");
    draft.kind = WR_SCHEMA_JSON;
    static const char refusal[] = "{\"error_code\":42201,\"message\":\"not from type: JSON\"}";
    http_add(&server,
             (http_rule){
                 .asks = "POST /subjects/s/versions", .status = 422, .times = 1, .body = refusal});
    rule("POST /subjects/s/versions", 200, "{\"id\":3}");
    rule("GET /schemas/ids/3", 200, "{\"schema\":\"{}\",\"schemaType\":\"JSON\"}");
    assert_int_equal(wr_registry_register(registry, NULL, WR_STR("s"), &draft, &s, &err), WEIR_OK);
    assert_int_equal(s->id, 3);
    assert_true(asked(0, "{\\\"type\\\":\\\"string\\\"}"));
    assert_true(asked(1, "\"{\\\"$schema\\\":\\\"http://json-schema.org/draft-07/schema#\\\","
                         "\\\"type\\\":\\\"string\\\"}\""));
    http_clear(&server);
    rule("POST /subjects/s/versions", 422, refusal);
    rule("GET /config/s?defaultToGlobal=true", 404, "{}");
    assert_int_equal(wr_registry_register(registry, NULL, WR_STR("s"), &draft, &s, &err),
                     WEIR_ERR_STATEMENT);
    assert_string_equal(err.message, "not from type: JSON");
    assert_int_equal(http_asked(&server), 3);
    draft.text = WR_STR("{\"$schema\":\"x\"}"); /* it has been named already */
    assert_int_equal(wr_registry_register(registry, NULL, WR_STR("s"), &draft, &s, NULL),
                     WEIR_ERR_STATEMENT);
    assert_int_equal(http_asked(&server), 4);
}

/* ---- references ---- */

static void test_references_once_each(void **state)
{
    (void)state;
    const wr_registry_schema *s;
    rule("GET /schemas/ids/1", 200,
         "{\"schema\":\"top\",\"references\":[{\"name\":\"b\",\"subject\":\"b\",\"version\":1},"
         "{\"name\":\"c\",\"subject\":\"c\",\"version\":2}]}");
    rule("GET /subjects/b/versions/1?deleted=true", 200,
         "{\"id\":2,\"version\":1,\"schema\":\"b\",\"references\":["
         "{\"name\":\"c\",\"subject\":\"c\",\"version\":2}]}");
    rule("GET /subjects/c/versions/2?deleted=true", 200,
         "{\"id\":3,\"version\":2,\"schema\":\"c\"}");
    assert_int_equal(get_id(1, &s), WEIR_OK);
    assert_int_equal(s->references_n, 2);
    const wr_registry_schema *b = s->references[0].schema, *c = s->references[1].schema;
    assert_int_equal(b->id, 2);
    assert_int_equal(c->id, 3);
    assert_ptr_equal(b->references[0].schema, c);
    assert_int_equal(http_asked(&server), 3);
}

static void test_references_that_lead_nowhere(void **state)
{
    (void)state;
    const wr_registry_schema *s;
    rule(
        "GET /schemas/ids/1", 200,
        "{\"schema\":\"top\",\"references\":[{\"name\":\"x.B\",\"subject\":\"b\",\"version\":1}]}");
    rule("GET /subjects/b/versions/1?deleted=true", 404,
         "{\"error_code\":40402,\"message\":\"Version 1 not found.\"}");
    assert_int_equal(get_id(1, &s), WEIR_ERR_NOT_FOUND);
    assert_string_equal(err.message, "Schema 1 refers to 'x.B' (subject 'b', version 1): "
                                     "Version 1 not found.");
    http_clear(&server);
    rule("GET /schemas/ids/1", 200,
         "{\"schema\":\"top\",\"references\":[{\"name\":\"b\",\"subject\":\"b\",\"version\":1}]}");
    rule("GET /subjects/b/versions/1?deleted=true", 200,
         "{\"id\":2,\"version\":1,\"schema\":\"b\",\"references\":["
         "{\"name\":\"b\",\"subject\":\"b\",\"version\":1}]}");
    assert_int_equal(get_id(1, &s), WEIR_ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "in a circle"));
    assert_true(http_asked(&server) < 40);
}

/* ---- GUIDs ---- */

static const uint8_t guid[WR_GUID_BYTES] = {0x89, 1, 2,  3,  4,  5,  6,  7,
                                            8,    9, 10, 11, 12, 13, 14, 15};
#define GUID "89010203-0405-0607-0809-0a0b0c0d0e0f"

static void test_r01_by_guid(void **state)
{
    (void)state;
    const wr_registry_schema *s, *same;
    rule("GET /schemas/guids/" GUID, 200, "{\"schema\":\"g\",\"guid\":\"" GUID "\"}");
    rule("GET /schemas/guids/" GUID "/ids", 200, "[{\"context\":\".\",\"id\":9}]");
    assert_int_equal(wr_registry_get_guid(registry, NULL, guid, &s, &err), WEIR_OK);
    assert_int_equal(s->id, 9);
    assert_true(s->has_guid);
    assert_int_equal(wr_registry_known_guid(registry, guid, &same, &err), WEIR_OK);
    assert_ptr_equal(s, same);
    assert_int_equal(wr_registry_known_id(registry, 9, &same, &err), WEIR_OK);
    assert_ptr_equal(s, same);
    assert_int_equal(http_asked(&server), 2);
}

static void test_a_guid_that_is_known_only_later(void **state)
{
    (void)state;
    const wr_registry_schema *s, *same;
    rule("GET /schemas/ids/9", 200, "{\"schema\":\"g\"}");
    rule("GET /schemas/guids/" GUID, 200, "{\"schema\":\"g\",\"id\":9}");
    assert_int_equal(get_id(9, &s), WEIR_OK);
    assert_int_equal(wr_registry_get_guid(registry, NULL, guid, &same, &err), WEIR_OK);
    assert_ptr_equal(s, same);
    assert_int_equal(wr_registry_known_guid(registry, guid, &same, &err), WEIR_OK);
    assert_ptr_equal(s, same);
}

static void test_r02_a_registry_without_guids(void **state)
{
    (void)state;
    const wr_registry_schema *s;
    static const char *const answers[] = {"{\"error_code\":404,\"message\":\"no path\"}", "<html>",
                                          "{\"error_code\":40403,\"message\":\"none\"}"};
    for (size_t i = 0; i < WR_ARRAY_LEN(answers); i++) {
        http_clear(&server);
        rule("GET *", 404, answers[i]);
        assert_int_equal(wr_registry_get_guid(registry, NULL, guid, &s, &err), WEIR_ERR_NOT_FOUND);
        assert_non_null(strstr(err.message, "no schema with the GUID " GUID));
    }
}

/* ---- contexts, subjects ---- */

static void test_contexts(void **state)
{
    (void)state;
    static const char *const names[] = {"team", ".team", ":.team:"};
    for (size_t i = 0; i < WR_ARRAY_LEN(names); i++) {
        const wr_registry_schema *s;
        http_clear(&server);
        open_with((wr_registry_options){.context = names[i]});
        rule("GET /schemas/ids/1?subject=%3A.team%3A", 200, "{\"schema\":\"1\"}");
        rule("GET /subjects/%3A.team%3As/versions/latest", 200,
             "{\"id\":2,\"version\":1,\"schema\":\"2\"}");
        rule("GET /subjects/%3A.other%3As/versions/latest", 200,
             "{\"id\":3,\"version\":1,\"schema\":\"3\"}");
        rule("GET /subjects?subjectPrefix=%3A.team%3A", 200, "[\":.team:s\",\":.team:a\"]");
        assert_int_equal(get_id(1, &s), WEIR_OK);
        assert_int_equal(wr_registry_get_version(registry, NULL, WR_STR("s"), 0, &s, NULL, &err),
                         WEIR_OK);
        assert_int_equal(s->id, 2);
        assert_int_equal(
            wr_registry_get_version(registry, NULL, WR_STR(":.other:s"), 0, &s, NULL, &err),
            WEIR_OK);
        assert_int_equal(s->id, 3);
        wr_arena *arena = wr_arena_new(0);
        wr_str *subjects;
        uint32_t n;
        assert_int_equal(wr_registry_subjects(registry, NULL, arena, &subjects, &n, &err), WEIR_OK);
        assert_int_equal(n, 2);
        assert_true(wr_str_eq_c(subjects[0], "a"));
        wr_arena_free(arena);
    }
}

/* Ids are the context's: the same one means two schemas. */
static void test_ids_of_other_contexts_are_kept_apart(void **state)
{
    (void)state;
    const wr_registry_schema *s, *other;
    const wr_schema_draft draft = draft_of("o5");
    rule("GET /schemas/ids/5", 200, "{\"schema\":\"mine\"}");
    rule("GET /schemas/ids/5?subject=%3A.o%3A", 200, "{\"schema\":\"o5\"}");
    rule("POST /subjects/%3A.o%3As/versions", 200, "{\"id\":5}");
    rule("GET /subjects/%3A.o%3As/versions/1", 200,
         "{\"id\":6,\"version\":1,\"schema\":\"o6\",\"references\":["
         "{\"name\":\"r\",\"subject\":\"r\",\"version\":1}]}");
    /* A reference is meant in the context of the schema that has it. */
    rule("GET /subjects/%3A.o%3Ar/versions/1?deleted=true", 200,
         "{\"id\":5,\"version\":1,\"schema\":\"o5\"}");
    assert_int_equal(wr_registry_get_version(registry, NULL, WR_STR(":.o:s"), 1, &s, NULL, &err),
                     WEIR_OK);
    other = s->references[0].schema;
    assert_true(wr_str_eq_c(other->text, "o5"));
    assert_int_equal(get_id(5, &s), WEIR_OK);
    assert_true(wr_str_eq_c(s->text, "mine"));
    assert_int_equal(wr_registry_register(registry, NULL, WR_STR(":.o:s"), &draft, &s, &err),
                     WEIR_OK);
    assert_ptr_equal(s, other);
    rule("GET /subjects/%3A.%3As/versions/1", 200, "{\"id\":5,\"version\":1,\"schema\":\"x\"}");
    assert_int_equal(wr_registry_get_version(registry, NULL, WR_STR(":.:s"), 1, &s, NULL, &err),
                     WEIR_OK);
    assert_true(wr_str_eq_c(s->text, "mine")); /* the default context is ours here */
}

static void test_delete(void **state)
{
    (void)state;
    rule("DELETE /subjects/s", 200, "[1,2]");
    rule("DELETE /subjects/gone", 404, "{\"error_code\":40404,\"message\":\"soft deleted\"}");
    rule("DELETE /subjects/locked", 422, "{\"error_code\":42206,\"message\":\"referenced\"}");
    assert_int_equal(wr_registry_delete_subject(registry, NULL, WR_STR("s"), &err), WEIR_OK);
    assert_int_equal(wr_registry_delete_subject(registry, NULL, WR_STR("gone"), &err), WEIR_OK);
    assert_int_equal(wr_registry_delete_subject(registry, NULL, WR_STR("gone"), NULL), WEIR_OK);
    assert_int_equal(wr_registry_delete_subject(registry, NULL, WR_STR("locked"), &err),
                     WEIR_ERR_STATEMENT);
    assert_string_equal(err.message, "referenced");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_by_id_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_impossible_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_versions_are_never_from_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_subjects_that_look_like_steps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_r04_what_errors_mean, setup, teardown),
        cmocka_unit_test_setup_teardown(test_r05_what_is_registered_is_read_by_its_id, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_refused_registrations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json_schemas_are_named_where_that_helps, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_references_once_each, setup, teardown),
        cmocka_unit_test_setup_teardown(test_references_that_lead_nowhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_r01_by_guid, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_guid_that_is_known_only_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_r02_a_registry_without_guids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_contexts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids_of_other_contexts_are_kept_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delete, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
