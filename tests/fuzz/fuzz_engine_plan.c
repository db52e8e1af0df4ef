/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a statement, planned against a fixed catalog: nothing may crash or leak, every
 * refusal has a message, and what is planned can be explained and holds together.
 */
#include "../unit/engine/plan_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plan(const wr_plan *plan)
{
    wr_buf text = {0};
    wr_plan_print(&text, plan);
    WR_ASSERT(text.len > 0);
    wr_buf_free(&text);
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        const wr_step *s = plan->steps[i];
        WR_ASSERT(s->id == i && s->schema && s->subtopology < plan->subtopologies_n);
        for (uint32_t k = 0; k < s->in_n; k++)
            WR_ASSERT(s->in[k]->id < i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static world w; /* the catalog is made once; statements live in an arena of their own */
    static wr_arena *lasting;
    if (!lasting) {
        world_init(&w);
        world_fill(&w);
        lasting = w.arena;
    }
    w.arena = wr_arena_new(0);
    w.eval.scratch = w.arena;
    world_result r;
    weir_error err = {0};
    weir_status st = world_plan_n(&w, (const char *)data, size, &r, &err);
    if (st != WEIR_OK) {
        WR_ASSERT(err.code == st && err.message[0]);
        WR_ASSERT(err.offset <= (int64_t)size);
    } else if (r.plan) {
        check_plan(r.plan);
    }
    world_result_free(&r);
    wr_arena_free(w.arena);
    w.arena = lasting;
    return 0;
}
