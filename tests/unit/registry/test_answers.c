/* SPDX-License-Identifier: Apache-2.0 */
/* JSON from registries and to them: what is taken, and what is not believed. */
#include "registry/answers.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static wr_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

static json_t *parse(const char *text)
{
    json_t *j = wr__answer_parse(wr_str_c(text));
    assert_non_null(j);
    return j;
}

static bool read_schema(const char *text, wr_schema_answer *out, const char **fault)
{
    json_t *j = parse(text);
    bool good = wr__answer_schema(j, arena, out, fault);
    json_decref(j); /* what was read is in the arena */
    return good;
}

static void test_schema_with_everything(void **state)
{
    (void)state;
    wr_schema_answer a;
    const char *fault;
    assert_true(read_schema("{\"subject\":\"s\",\"version\":3,\"id\":2147483647,"
                            "\"guid\":\"00112233-4455-6677-8899-aAbBcCdDeEfF\","
                            "\"schemaType\":\"PROTOBUF\",\"schema\":\"syntax\","
                            "\"references\":[{\"name\":\"n\",\"subject\":\"r\",\"version\":2}]}",
                            &a, &fault));
    assert_int_equal(a.schema.id, INT32_MAX);
    assert_int_equal(a.version, 3);
    assert_int_equal(a.schema.kind, WR_SCHEMA_PROTOBUF);
    assert_true(wr_str_eq_c(a.schema.text, "syntax"));
    assert_true(a.schema.has_guid);
    assert_int_equal(a.schema.guid[0], 0);
    assert_int_equal(a.schema.guid[15], 0xFF);
    assert_int_equal(a.schema.references_n, 1);
    assert_true(wr_str_eq_c(a.schema.references[0].name, "n"));
    assert_true(wr_str_eq_c(a.schema.references[0].subject, "r"));
    assert_int_equal(a.schema.references[0].version, 2);
}

/* R02: no GUID. R06: Avro without a type, no `references` where there are none. */
static void test_r06_members_that_registries_leave_out(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"schema\":\"x\"}",
        "{\"schema\":\"x\",\"schemaType\":null,\"references\":null,\"guid\":null,\"id\":null}",
        "{\"schema\":\"x\",\"schemaType\":\"AVRO\",\"references\":[]}",
        "{\"schema\":\"x\",\"schemaType\":\"avro\",\"deleted\":false,\"metadata\":{}}",
        "{\"schema\":\"x\",\"guid\":\"no guid\"}",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++) {
        wr_schema_answer a;
        const char *fault;
        assert_true(read_schema(texts[i], &a, &fault));
        assert_null(fault);
        assert_int_equal(a.schema.kind, WR_SCHEMA_AVRO);
        assert_int_equal(a.schema.references_n, 0);
        assert_int_equal(a.schema.id, 0);
        assert_false(a.schema.has_guid);
    }
}

static void test_what_is_not_believed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"{}", "without a schema"},
        {"[]", "without a schema"},
        {"7", "without a schema"},
        {"{\"schema\":7}", "without a schema"},
        {"{\"schema\":\"x\",\"id\":-1}", "with an impossible id"},
        {"{\"schema\":\"x\",\"id\":2147483648}", "with an impossible id"},
        {"{\"schema\":\"x\",\"id\":\"7\"}", "with an impossible id"},
        {"{\"schema\":\"x\",\"id\":1.5}", "with an impossible id"},
        {"{\"schema\":\"x\",\"version\":2147483648}", "with an impossible version"},
        {"{\"schema\":\"x\",\"references\":{}}", "with impossible references"},
        {"{\"schema\":\"x\",\"references\":[1]}", "with impossible references"},
        {"{\"schema\":\"x\",\"references\":[{\"name\":\"n\"}]}", "with impossible references"},
        {"{\"schema\":\"x\",\"references\":[{\"name\":\"n\",\"subject\":\"\"}]}",
         "with impossible references"},
        {"{\"schema\":\"x\",\"references\":[{\"name\":\"n\",\"subject\":\"s\",\"version\":-2}]}",
         "with impossible references"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_schema_answer a;
        const char *fault = NULL;
        assert_false(read_schema(cases[i].text, &a, &fault));
        assert_string_equal(fault, cases[i].fault);
    }
}

static void test_unknown_types(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"schema\":\"x\",\"schemaType\":\"THRIFT\"}",
                                        "{\"schema\":\"x\",\"schemaType\":7}"};
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++) {
        wr_schema_answer a;
        const char *fault;
        assert_true(read_schema(texts[i], &a, &fault));
        assert_true(a.unknown_type);
    }
}

static void test_a_reference_to_the_latest(void **state)
{
    (void)state;
    wr_schema_answer a;
    const char *fault;
    assert_true(read_schema("{\"schema\":\"x\",\"references\":["
                            "{\"name\":\"n\",\"subject\":\"s\",\"version\":-1}]}",
                            &a, &fault));
    assert_int_equal(a.schema.references[0].version, 0);
}

static void test_too_many_references(void **state)
{
    (void)state;
    wr_buf text = {0};
    wr_buf_puts(&text, "{\"schema\":\"x\",\"references\":[");
    for (int i = 0; i <= WR_REFERENCES_MAX; i++)
        wr_buf_printf(&text, "%s{\"name\":\"n\",\"subject\":\"s\",\"version\":1}", i ? "," : "");
    wr_buf_puts(&text, "]}");
    wr_schema_answer a;
    const char *fault;
    assert_false(read_schema(wr_buf_cstr(&text), &a, &fault));
    assert_string_equal(fault, "with impossible references");
    wr_buf_free(&text);
}

static void test_no_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "<html>", "{", "{\"a\":1}x", "{\"a\":\"\\u0000\"}", "\"\xff\"", "{\"a\":nan}",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++)
        assert_null(wr__answer_parse(wr_str_c(texts[i])));
    wr_buf deep = {0};
    for (int i = 0; i < 100000; i++)
        wr_buf_putc(&deep, '[');
    assert_null(wr__answer_parse(wr_buf_view(&deep)));
    wr_buf_free(&deep);
}

static void test_r04_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t code;
        const char *message;
        bool worded;
    } cases[] = {
        {"{\"error_code\":40401,\"message\":\"Subject 'x' not found.\"}", 40401,
         "Subject 'x' not found.", true},
        {"{\"error_code\":40403}", 40403, "", true},
        {"{\"error_code\":\"40403\",\"message\":7}", 404, "", false},
        {"{\"message\":\"no\"}", 404, "no", false},
        {"[]", 404, "", false},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        json_t *j = parse(cases[i].text);
        int64_t code;
        const char *message;
        assert_int_equal(wr__answer_error(j, 404, arena, &code, &message), cases[i].worded);
        assert_int_equal(code, cases[i].code);
        assert_string_equal(message, cases[i].message);
        json_decref(j);
    }
    int64_t code;
    const char *message;
    assert_false(wr__answer_error(NULL, 404, arena, &code, &message));
    assert_int_equal(code, 404);
}

static void test_r06_compatibility_by_either_name(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"compatibility\":\"FULL\"}",
                                        "{\"compatibilityLevel\":\"FULL\"}"};
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++) {
        json_t *j = parse(texts[i]);
        assert_string_equal(wr__answer_compatibility(j, arena), "FULL");
        json_decref(j);
    }
    json_t *j = parse("{\"compatibilityLevel\":7}");
    assert_null(wr__answer_compatibility(j, arena));
    json_decref(j);
}

static void test_names(void **state)
{
    (void)state;
    wr_str *names;
    uint32_t n;
    json_t *j = parse("[\":.t:b\",\"c\",\":.t:a\"]");
    assert_true(wr__answer_names(j, WR_STR(""), arena, &names, &n));
    assert_int_equal(n, 3);
    assert_true(wr_str_eq_c(names[2], "c"));
    assert_true(wr__answer_names(j, WR_STR(":.t:"), arena, &names, &n));
    assert_int_equal(n, 2);
    assert_true(wr_str_eq_c(names[0], "a"));
    assert_true(wr_str_eq_c(names[1], "b"));
    json_decref(j);
    static const char *const wrong[] = {"{}", "[1]", "\"x\""};
    for (size_t i = 0; i < WR_ARRAY_LEN(wrong); i++) {
        j = parse(wrong[i]);
        assert_false(wr__answer_names(j, WR_STR(""), arena, &names, &n));
        json_decref(j);
    }
}

static void test_ids(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t id;
    } cases[] = {{"{\"id\":1}", 1}, {"{\"id\":0}", 0}, {"{}", 0}, {"[]", 0}, {"{\"id\":-5}", 0}};
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        uint32_t id = 0;
        json_t *j = parse(cases[i].text);
        assert_int_equal(wr__answer_id(j, &id), cases[i].id != 0);
        assert_int_equal(id, cases[i].id);
        json_decref(j);
    }
    json_t *j = parse("[{\"context\":\".\",\"id\":3},{\"context\":\".team\",\"id\":8},7,{}]");
    assert_int_equal(wr__answer_context_id(j, WR_STR("")), 3);
    assert_int_equal(wr__answer_context_id(j, WR_STR(".team")), 8);
    assert_int_equal(wr__answer_context_id(j, WR_STR(".other")), 0);
    json_decref(j);
}

static void test_drafts(void **state)
{
    (void)state;
    wr_buf out = {0};
    wr_schema_draft draft = {.kind = WR_SCHEMA_AVRO, .text = WR_STR("\"int\"")};
    assert_true(wr__answer_draft(&draft, &out));
    assert_string_equal(wr_buf_cstr(&out), "{\"schema\":\"\\\"int\\\"\"}");
    wr_buf_clear(&out);
    const wr_registry_reference refs[] = {
        {.name = WR_STR("a.proto"), .subject = WR_STR("a"), .version = 2},
        {.name = WR_STR("b.proto"), .subject = WR_STR("b")}};
    draft = (wr_schema_draft){
        .kind = WR_SCHEMA_PROTOBUF, .text = WR_STR("é"), .references = refs, .references_n = 2};
    assert_true(wr__answer_draft(&draft, &out));
    assert_string_equal(wr_buf_cstr(&out),
                        "{\"schema\":\"é\",\"schemaType\":\"PROTOBUF\",\"references\":["
                        "{\"name\":\"a.proto\",\"subject\":\"a\",\"version\":2},"
                        "{\"name\":\"b.proto\",\"subject\":\"b\",\"version\":-1}]}");
    draft = (wr_schema_draft){.kind = WR_SCHEMA_JSON, .text = WR_STR("\xff")};
    assert_false(wr__answer_draft(&draft, &out));
    wr_buf_free(&out);
}

static void test_guids(void **state)
{
    (void)state;
    uint8_t guid[WR_GUID_BYTES];
    char text[37];
    assert_true(wr__guid_read(WR_STR("0123456789ABCDEF0123456789abcdef"), guid));
    wr__guid_print(guid, text);
    assert_string_equal(text, "01234567-89ab-cdef-0123-456789abcdef");
    static const char *const wrong[] = {"", "0", "0123456789abcdef0123456789abcdefa",
                                        "0123456789abcdef0123456789abcdeg", "--"};
    for (size_t i = 0; i < WR_ARRAY_LEN(wrong); i++)
        assert_false(wr__guid_read(wr_str_c(wrong[i]), guid));
    assert_int_equal(guid[1], 0x23); /* left as it was */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_with_everything),
        cmocka_unit_test(test_r06_members_that_registries_leave_out),
        cmocka_unit_test(test_what_is_not_believed),
        cmocka_unit_test(test_unknown_types),
        cmocka_unit_test(test_a_reference_to_the_latest),
        cmocka_unit_test(test_too_many_references),
        cmocka_unit_test(test_no_json),
        cmocka_unit_test(test_r04_errors),
        cmocka_unit_test(test_r06_compatibility_by_either_name),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_drafts),
        cmocka_unit_test(test_guids),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
