/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of internal topics: repartitioned rows and messages of foreign-key joins. Any bytes are
 * taken or refused as damaged. A message that is taken is written back as it was read.
 */
#include "engine/operators/classes.h"
#include "engine/operators/fk_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed_repartition(wr_str payload, bool windowed)
{
    wr_arena *a = wr_arena_new(0);
    const wr_column cols[] = {{"K", &wr_type_string, WR_COL_KEY, NULL},
                              {"A", &wr_type_bigint, WR_COL_VALUE, NULL},
                              {"B", wr_type_array(a, &wr_type_string), WR_COL_VALUE, NULL}};
    const wr_schema *schema = wr_schema_new(a, cols, 3);
    wr_plan_topic topic = {.name = "P", .role = WR_TOPIC_REPARTITION};
    wr_step step = {.kind = WR_STEP_REPARTITION, .schema = schema, .windowed = windowed};
    wr_plan plan = {.topics = &topic, .topics_n = 1};
    wr_task_ctx ctx = {.plan = &plan, .task_arena = a, .scratch = a};
    wr_op op = {.cls = wr__classes_of(&step).there, .step = &step, .ctx = &ctx};
    wr_record r = {.value = payload};
    weir_error err = {0};
    weir_status st = op.cls->feed(&op, &r, 1, &err);
    WR_ASSERT(st == WEIR_OK || st == WEIR_ERR_STORE);
    wr_arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = wr_malloc(size + 1);
    memcpy(bytes, data, size);
    wr_str payload = wr_str_make(bytes, size);
    feed_repartition(payload, false);
    feed_repartition(payload, true);
    wr__fk_message m;
    weir_error err = {0};
    if (wr__fk_message_get(payload, &m, &err) == WEIR_OK) {
        wr__fk_message again;
        wr_buf out = {0};
        wr__fk_message_put(&out, &m);
        weir_status st = wr__fk_message_get(wr_buf_view(&out), &again, &err);
        WR_ASSERT(st == WEIR_OK && again.what == m.what && again.has_left == m.has_left);
        WR_ASSERT(wr_str_eq(again.left, m.left) && wr_str_eq(again.right, m.right));
        wr_buf_free(&out);
    }
    wr_free(bytes);
    return 0;
}
