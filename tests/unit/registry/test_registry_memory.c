/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of this process: ids, versions, references; and the marks before payloads. */
#include "registry/registry.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static wr_registry *registry;
static weir_error err;

static int setup(void **state)
{
    (void)state;
    registry = wr_registry_open_memory();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_registry_free(registry);
    return 0;
}

static wr_schema_draft avro(const char *text)
{
    return (wr_schema_draft){.kind = WR_SCHEMA_AVRO, .text = wr_str_c(text)};
}

static const wr_registry_schema *enroll(const char *subject, wr_schema_draft draft)
{
    const wr_registry_schema *s;
    assert_int_equal(wr_registry_register(registry, NULL, wr_str_c(subject), &draft, &s, &err),
                     WEIR_OK);
    return s;
}

static void test_same_text_same_id(void **state)
{
    (void)state;
    const wr_registry_schema *one = enroll("a-value", avro("\"int\""));
    assert_int_equal(one->id, 1);
    assert_ptr_equal(enroll("a-value", avro("\"int\"")), one);
    assert_ptr_equal(enroll("b-value", avro("\"int\"")), one);
    assert_int_equal(enroll("a-value", avro("\"long\""))->id, 2);
    wr_schema_draft json = {.kind = WR_SCHEMA_JSON, .text = wr_str_c("\"int\"")};
    assert_int_equal(enroll("a-value", json)->id, 3);
}

static void test_versions(void **state)
{
    (void)state;
    const wr_registry_schema *s, *first = enroll("s", avro("1")), *second = enroll("s", avro("2"));
    int32_t version;
    assert_int_equal(wr_registry_get_version(registry, NULL, wr_str_c("s"), 0, &s, &version, &err),
                     WEIR_OK);
    assert_ptr_equal(s, second);
    assert_int_equal(version, 2);
    assert_int_equal(wr_registry_get_version(registry, NULL, wr_str_c("s"), 1, &s, NULL, &err),
                     WEIR_OK);
    assert_ptr_equal(s, first);
    assert_int_equal(wr_registry_get_version(registry, NULL, wr_str_c("s"), 3, &s, NULL, &err),
                     WEIR_ERR_NOT_FOUND);
    assert_int_equal(wr_registry_get_version(registry, NULL, wr_str_c("t"), 0, &s, NULL, &err),
                     WEIR_ERR_NOT_FOUND);
    assert_string_equal(err.message, "Subject 't' not found.");
    wr_schema_draft two = avro("2"), three = avro("3");
    assert_int_equal(wr_registry_find(registry, NULL, wr_str_c("s"), &two, &s, &err), WEIR_OK);
    assert_ptr_equal(s, second);
    assert_int_equal(wr_registry_find(registry, NULL, wr_str_c("s"), &three, &s, &err),
                     WEIR_ERR_NOT_FOUND);
}

static void test_ids(void **state)
{
    (void)state;
    const wr_registry_schema *s, *seven;
    wr_schema_draft one = avro("1"), two = avro("2");
    assert_int_equal(wr_registry_memory_put(registry, wr_str_c("s"), 7, &one, &seven, &err),
                     WEIR_OK);
    assert_int_equal(wr_registry_memory_put(registry, wr_str_c("s"), 7, &two, &s, &err),
                     WEIR_ERR_EXISTS);
    assert_int_equal(enroll("s", two)->id, 8);
    assert_int_equal(wr_registry_known_id(registry, 7, &s, &err), WEIR_OK);
    assert_ptr_equal(s, seven);
    assert_int_equal(wr_registry_known_id(registry, 9, &s, &err), WEIR_ERR_NOT_FOUND);
    assert_string_equal(err.message, "Schema 9 not found");
}

static void test_references(void **state)
{
    (void)state;
    const wr_registry_schema *s, *other = enroll("other", avro("o"));
    wr_registry_reference ref = {
        .name = wr_str_c("x.Other"), .subject = wr_str_c("other"), .version = 1};
    wr_schema_draft draft = avro("uses x.Other");
    draft.references = &ref;
    draft.references_n = 1;
    s = enroll("s", draft);
    assert_int_equal(s->references_n, 1);
    assert_ptr_equal(s->references[0].schema, other);
    ref.version = 2;
    assert_int_equal(wr_registry_register(registry, NULL, wr_str_c("s"), &draft, &s, &err),
                     WEIR_ERR_NOT_FOUND);
}

static void test_subjects(void **state)
{
    (void)state;
    (void)enroll("b", avro("1"));
    (void)enroll("a", avro("1"));
    wr_arena *arena = wr_arena_new(0);
    wr_str *names;
    uint32_t n;
    assert_int_equal(wr_registry_subjects(registry, NULL, arena, &names, &n, &err), WEIR_OK);
    assert_int_equal(n, 2);
    assert_true(wr_str_eq_c(names[0], "a") && wr_str_eq_c(names[1], "b"));
    assert_int_equal(wr_registry_delete_subject(registry, NULL, wr_str_c("a"), &err), WEIR_OK);
    assert_int_equal(wr_registry_delete_subject(registry, NULL, wr_str_c("a"), &err), WEIR_OK);
    assert_int_equal(wr_registry_subjects(registry, NULL, arena, &names, &n, &err), WEIR_OK);
    assert_int_equal(n, 1);
    wr_arena_free(arena);
}

static void test_marks(void **state)
{
    (void)state;
    wr_schema_mark mark;
    wr_buf out = {0};
    wr_schema_mark_write(&out, 0x01020304);
    wr_buf_puts(&out, "rest");
    assert_true(wr_schema_mark_read(wr_str_make(out.ptr, out.len), &mark));
    assert_false(mark.by_guid);
    assert_int_equal(mark.id, 0x01020304);
    assert_true(wr_str_eq_c(mark.rest, "rest"));
    assert_false(wr_schema_mark_read(wr_str_make(out.ptr, 4), &mark));
    assert_false(wr_schema_mark_read(wr_str_make(NULL, 0), &mark));
    out.ptr[0] = 1;
    assert_false(wr_schema_mark_read(wr_str_make(out.ptr, out.len), &mark)); /* too short */
    out.ptr[0] = 2;
    assert_false(wr_schema_mark_read(wr_str_make(out.ptr, out.len), &mark));
    wr_buf_free(&out);
    char guid[] = "\1guid-of-16-bytes!+";
    assert_true(wr_schema_mark_read(wr_str_c(guid), &mark));
    assert_true(mark.by_guid);
    assert_memory_equal(mark.guid, "guid-of-16-bytes", WR_GUID_BYTES);
    assert_true(wr_str_eq_c(mark.rest, "!+"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_text_same_id, setup, teardown),
        cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_references, setup, teardown),
        cmocka_unit_test_setup_teardown(test_subjects, setup, teardown),
        cmocka_unit_test(test_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
