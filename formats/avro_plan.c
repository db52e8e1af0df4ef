/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro_plan.c - programs for walking records, made from a writer's schema (avro_plan.h);
 * avro_walk.c runs them.
 */
#include "formats/avro_plan.h"

typedef struct compile {
    wr_arena *arena;
    wr_arr(wr_avro_op) ops;
    wr_avro_way *ways;
    bool *there;
} compile;

/* ---- making ---- */

static void emit(compile *c, wr_avro_op op)
{
    wr_arr_push(c->arena, &c->ops, op);
}

/* Add to the last op, where that goes past more of the same. */
static void emit_run(compile *c, wr_avro_op_code code, uint32_t n)
{
    wr_avro_op *last = c->ops.n ? &c->ops.v[c->ops.n - 1] : NULL;
    if (last && last->code == code && last->n <= UINT32_MAX / 2 - n)
        last->n += n;
    else
        emit(c, (wr_avro_op){.code = (uint8_t)code, .n = n});
}

/* The same for optional values, whose null branch is @p null: that many times. */
static void emit_optional(compile *c, wr_avro_op_code code, uint32_t null)
{
    wr_avro_op *last = c->ops.n ? &c->ops.v[c->ops.n - 1] : NULL;
    if (last && last->code == code && last->n == null)
        last->times++;
    else
        emit(c, (wr_avro_op){.code = (uint8_t)code, .n = null, .times = 1});
}

/* What an optional value is, and which branch is null; false: not a union of null and one. */
static bool is_optional(const wr_avro_node *node, const wr_avro_node **inside, uint32_t *null)
{
    if (node->kind != WR_AVRO_UNION)
        return false;
    int32_t only = wr__avro_only_branch(node);
    if (only < 0)
        return false;
    *inside = node->branches[only];
    *null = node->n == 1 ? WR_AVRO_ALONE : (uint32_t)node->null_branch;
    return true;
}

static bool is_number(const wr_avro_node *node)
{
    return node->kind == WR_AVRO_INT || node->kind == WR_AVRO_LONG || node->kind == WR_AVRO_ENUM;
}

static bool is_text(const wr_avro_node *node)
{
    return node->kind == WR_AVRO_STRING || node->kind == WR_AVRO_BYTES;
}

static void emit_skip(compile *c, const wr_avro_node *node)
{
    const wr_avro_node *inside;
    uint32_t null;
    if (node->is_empty)
        return;
    if (node->kind == WR_AVRO_BOOLEAN)
        emit_run(c, WR_AVRO_OP_SKIP_BYTES, 1);
    else if (node->kind == WR_AVRO_FLOAT)
        emit_run(c, WR_AVRO_OP_SKIP_BYTES, 4);
    else if (node->kind == WR_AVRO_DOUBLE)
        emit_run(c, WR_AVRO_OP_SKIP_BYTES, 8);
    else if (node->kind == WR_AVRO_FIXED)
        emit_run(c, WR_AVRO_OP_SKIP_BYTES, node->n);
    else if (is_number(node))
        emit_run(c, WR_AVRO_OP_SKIP_NUMBERS, 1);
    else if (is_text(node))
        emit_run(c, WR_AVRO_OP_SKIP_TEXTS, 1);
    else if (is_optional(node, &inside, &null) && node->n == 2 && is_text(inside))
        emit_optional(c, WR_AVRO_OP_SKIP_OPT_TEXT, null);
    else if (is_optional(node, &inside, &null) && node->n == 2 && is_number(inside))
        emit_optional(c, WR_AVRO_OP_SKIP_OPT_NUMBER, null);
    else
        emit(c, (wr_avro_op){.code = WR_AVRO_OP_SKIP_VALUE, .node = node});
}

/* The op that reads @p node into a token. */
static wr_avro_op reading(const wr_avro_node *node, uint32_t place)
{
    wr_avro_op op = {.place = place, .node = node};
    const wr_avro_node *inside = node;
    bool optional = is_optional(node, &inside, &op.n);
    op.node = inside;
    if (wr__avro_is_container(inside))
        op.code = optional ? WR_AVRO_OP_OPT_CONTAINER : WR_AVRO_OP_CONTAINER;
    else if (is_number(inside) && (!optional || node->n == 2))
        op.code = optional ? WR_AVRO_OP_OPT_NUMBER : WR_AVRO_OP_NUMBER;
    else if (is_text(inside) && (!optional || node->n == 2))
        op.code = optional ? WR_AVRO_OP_OPT_TEXT : WR_AVRO_OP_TEXT;
    else
        op.code = optional ? WR_AVRO_OP_OPT_SCALAR : WR_AVRO_OP_SCALAR;
    return op;
}

/* The column's way is known from now on. @return false: there is none, so the bytes do not matter.
 */
static bool take_column(compile *c, const wr_avro_target *target, uint32_t place,
                        const wr_avro_node *node)
{
    WR_ASSERT(place < target->n);
    WR_ASSERT(!c->there[place]); /* one field for one column */
    c->ways[place] = wr__avro_way(node, target->cols[place].type, target->rules, c->arena);
    c->there[place] = true;
    return c->ways[place].kind != WR_AVRO_WAY_MISMATCH;
}

static uint32_t place_of(const wr_avro_target *target, uint32_t column)
{
    return column == UINT32_MAX ? UINT32_MAX : target->places[column];
}

static void compile_record(compile *c, const wr_avro_node *record, const wr_avro_target *target)
{
    WR_ASSERT(record->kind == WR_AVRO_RECORD);
    uint32_t *columns = WR_NEW_N(c->arena, uint32_t, record->n);
    wr__avro_match(record, target->names, target->names_n, c->arena, columns);
    for (uint32_t i = 0; i < record->n; i++) {
        const wr_avro_node *node = record->fields[i].type;
        uint32_t place = place_of(target, columns[i]);
        if (place != UINT32_MAX && take_column(c, target, place, node))
            emit(c, reading(node, place));
        else
            emit_skip(c, node);
    }
}

/* A union of several at the top: each branch is a column of its own (Q04). */
static void compile_branches(compile *c, const wr_avro_node *node, const wr_avro_target *target)
{
    WR_ASSERT(node->kind == WR_AVRO_UNION);
    uint32_t *columns = WR_NEW_N(c->arena, uint32_t, node->n);
    wr__avro_match(node, target->names, target->names_n, c->arena, columns);
    wr_avro_op *branches = WR_NEW_N(c->arena, wr_avro_op, node->n);
    for (uint32_t i = 0; i < node->n; i++) {
        uint32_t home = wr__avro_branch_home(node, i), place = place_of(target, columns[home]);
        const wr_avro_node *inside = node->branches[i];
        branches[i] = (wr_avro_op){.code = WR_AVRO_OP_SKIP_VALUE, .node = inside};
        if (home != i && place != UINT32_MAX) /* a column has one way only */
            branches[i].code = WR_AVRO_OP_END;
        else if (place != UINT32_MAX && take_column(c, target, place, inside))
            branches[i] = reading(inside, place);
    }
    emit(c,
         (wr_avro_op){.code = WR_AVRO_OP_BRANCH, .n = node->n, .branches = branches, .node = node});
}

/* The whole as one column. */
static void compile_bare(compile *c, const wr_avro_node *node, const wr_avro_target *target)
{
    if (target->n == 0 || !take_column(c, target, 0, node)) {
        if (node->kind != WR_AVRO_BYTES)
            emit_skip(c, node);
        return;
    }
    if (node->kind == WR_AVRO_BYTES)
        emit(c, (wr_avro_op){.code = WR_AVRO_OP_BARE});
    else
        emit(c, reading(node, 0));
}

static const char *compile_whole(compile *c, const wr_avro_node *node, const wr_avro_target *target)
{
    if (target->bare) {
        compile_bare(c, node, target);
        return NULL;
    }
    if (node->kind == WR_AVRO_UNION) {
        const wr_avro_node *inside;
        uint32_t null;
        if (!is_optional(node, &inside, &null)) {
            compile_branches(c, node, target);
            return NULL;
        }
        emit(c, (wr_avro_op){.code = WR_AVRO_OP_ROOT, .n = null, .node = node});
        node = inside;
    }
    if (node->kind != WR_AVRO_RECORD)
        return wr_arena_printf(c->arena, "the Avro schema is no record but %s",
                               wr__avro_kind_name(node->kind));
    compile_record(c, node, target);
    return NULL;
}

wr_avro_plan *wr__avro_plan_new(const wr_avro_node *node, const wr_avro_target *target,
                                wr_arena *arena)
{
    WR_ASSERT(!target->bare || target->n <= 1);
    wr_avro_plan *plan = WR_NEW(arena, wr_avro_plan);
    compile c = {.arena = arena};
    c.ways = WR_NEW_N(arena, wr_avro_way, target->n);
    c.there = WR_NEW_N(arena, bool, target->n);
    plan->fault = compile_whole(&c, node, target);
    emit(&c, (wr_avro_op){.code = WR_AVRO_OP_END});
    plan->ops = c.ops.v;
    plan->ways = c.ways;
    plan->there = c.there;
    plan->resets = plan->ops[0].code == WR_AVRO_OP_BRANCH;
    plan->needs_value = target->bare && target->n && plan->there[0] && plan->ways[0].whole &&
                        plan->ways[0].kind != WR_AVRO_WAY_MISMATCH;
    WR_ASSERT(plan->ops[c.ops.n - 1].code == WR_AVRO_OP_END);
    return plan;
}
