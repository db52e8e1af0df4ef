/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dead letters: the record with headers that say what was wrong with it (dead_letter.h).
 *
 * The letter of a record at which the query stops is written once, however often the query is
 * started again: the group of such letters has the offset after it, committed with it, where the
 * log can do that, in one transaction.
 */
#include "runtime/task/dead_letter.h"
#include "runtime/log/log_topics.h"

#include <pthread.h>
#include <stdio.h>

enum { HEADERS_MAX = 12 }; /* that are added to a record's own */

/** What is known of a topic of letters. */
typedef struct letter_topic {
    bool known;
    int32_t partitions;
    wr_record_times times;
} letter_topic;

struct wr__letters {
    const wr_task_config *config;
    wr_log_writer *writer; /* while tasks are open */
    atomic_bool failed;
    pthread_mutex_t lock; /* all below */
    letter_topic *topics; /* by plan topic */
    weir_error failure;
    /* The last letter: the rows of one record in one step come one after the other. */
    const char *last_step;
    uint32_t last_topic;
    int32_t last_partition;
    int64_t last_offset;
};

wr__letters *wr__letters_new(const wr_task_config *config)
{
    WR_ASSERT(config->plan && config->log && config->clock && config->counters);
    wr__letters *l = wr_calloc(1, sizeof *l);
    l->config = config;
    l->topics = wr_calloc(config->plan->topics_n, sizeof *l->topics);
    l->last_offset = WR_NO_OFFSET;
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void wr__letters_free(wr__letters *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    wr_free(l->topics);
    wr_free(l);
}

void wr__letters_open(wr__letters *l, wr_log_writer *writer)
{
    l->writer = writer;
    WR_ASSERT(writer);
    memset(l->topics, 0, l->config->plan->topics_n * sizeof *l->topics);
    l->last_step = NULL;
    atomic_store(&l->failed, false);
}

void wr_dead_letter_group(const char *prefix, const char *id, wr_buf *out)
{
    wr_buf_printf(out, "%s%s-dead-letter", prefix, id);
}

/* ---- what is written ---- */

typedef struct header_list {
    wr_header *h;
    uint32_t n;
} header_list;

static void add(header_list *to, const char *key, wr_str value)
{
    to->h[to->n++] = (wr_header){.key = wr_str_c(key), .value = value};
}

static wr_str number(wr_arena *a, int64_t n)
{
    return wr_str_c(wr_arena_printf(a, "%lld", (long long)n));
}

static wr_headers *headers_of(const wr__letters *l, const wr__letter *x, int64_t time, wr_arena *a)
{
    const wr_headers *own = x->record ? x->record->headers : NULL;
    uint32_t own_n = own ? own->n : 0;
    header_list list = {WR_NEW_N(a, wr_header, own_n + HEADERS_MAX), own_n}, *h = &list;
    if (own_n)
        memcpy(list.h, own->h, own_n * sizeof *list.h);
    const char *reason = wr_row_fault_name(x->fault->reason),
               *stage = wr_row_fault_stage(x->fault->reason);
    const char *id = l->config->id;
    add(h, "__streams.errors.exception", wr_str_c(wr_arena_printf(a, "weir.%s", reason)));
    add(h, "__streams.errors.message", wr_str_c(x->fault->message));
    add(h, "__streams.errors.stacktrace",
        wr_str_c(wr_arena_printf(a, "at %s.%s (%s)", id, x->step, stage)));
    if (x->topic)
        add(h, "__streams.errors.topic", wr_str_c(x->topic));
    if (x->offset != WR_NO_OFFSET) {
        add(h, "__streams.errors.partition", number(a, x->partition));
        add(h, "__streams.errors.offset", number(a, x->offset));
    }
    add(h, "__weir.errors.query", wr_str_c(id));
    add(h, "__weir.errors.step", wr_str_c(x->step));
    add(h, "__weir.errors.stage", wr_str_c(stage));
    add(h, "__weir.errors.code", wr_str_c(reason));
    add(h, "__weir.errors.timestamp", number(a, time));
    add(h, "__weir.errors.content", wr_str_c(x->record ? "record" : "row"));
    WR_ASSERT(list.n <= own_n + HEADERS_MAX);
    wr_headers *all = WR_NEW(a, wr_headers);
    *all = (wr_headers){list.n, list.h};
    return all;
}

/* The columns of the row as a JSON object. */
static wr_str row_text(const wr__letter *x, wr_buf *out)
{
    const wr_schema *schema = x->batch->schema;
    WR_ASSERT(!x->record && x->row < x->batch->rows && out->len == 0);
    wr_buf_putc(out, '{');
    for (uint32_t c = 0; c < schema->n; c++) {
        if (!x->batch->cols[c].null) /* a column that is not there yet */
            continue;
        wr_value name = wr_value_str(wr_str_c(schema->cols[c].name));
        wr_value v = wr_vec_get(&x->batch->cols[c], x->row);
        wr_buf_puts(out, out->len > 1 ? "," : "");
        wr_value_print_json(out, &wr_type_string, &name);
        wr_buf_putc(out, ':');
        wr_value_print_json(out, schema->cols[c].type, &v);
    }
    wr_buf_putc(out, '}');
    return wr_buf_view(out);
}

/* ---- the topic ---- */

static weir_status look_at(wr__letters *l, uint32_t topic, weir_error *err)
{
    const wr_task_config *c = l->config;
    letter_topic *t = &l->topics[topic];
    wr_topic_info info;
    if (t->known)
        return WEIR_OK;
    WR_TRY(wr_topic_describe(c->log, c->topic_names[topic], &info, err));
    WR_TRY(wr_topic_record_times(c->log, c->topic_names[topic], &t->times, err));
    WR_ASSERT(info.partitions > 0);
    t->partitions = info.partitions;
    t->known = true;
    return WEIR_OK;
}

/* The record's own, or the present where the topic takes none of that time. */
static int64_t time_for(const wr__letters *l, const letter_topic *t, int64_t ms)
{
    int64_t now = l->config->clock->wall_ms(l->config->clock);
    const wr_record_times *may = &t->times;
    bool old = may->past_max_ms != INT64_MAX && ms < now - may->past_max_ms;
    bool early = may->future_max_ms < INT64_MAX - WR_MAX(now, 0) && ms > now + may->future_max_ms;
    return old || early || (ms == 0 && may->no_zero) ? now : ms;
}

static weir_status check_size(const wr_log_writer *w, const char *topic, const wr__letter *x,
                              wr_str key, wr_str value, const wr_headers *h, weir_error *err)
{
    WR_ASSERT(w && topic && h->n > 0);
    size_t bytes = (size_t)key.len + value.len, most = wr_log_writer_record_max(w);
    for (uint32_t i = 0; i < h->n; i++)
        bytes += (size_t)h->h[i].key.len + h->h[i].value.len;
    if (bytes <= most)
        return WEIR_OK;
    wr_error(err, WEIR_ERR_LIMIT,
             "The dead letter of %s partition %d offset %lld cannot be written to %s: it would "
             "have %zu bytes; the most is %zu",
             x->topic ? x->topic : "a row", x->partition, (long long)x->offset, topic, bytes, most);
    return wr_error_hint(err, "See producer.message.max.bytes, and the topic's max.message.bytes.");
}

/* ---- writing ---- */

/* Of the record at which the query stops: in a commit of its own, unless it is there. */
static weir_status write_last(wr__letters *l, const wr__letter *x, const char *topic,
                              const wr_out_records *r, weir_error *err)
{
    const wr_task_config *c = l->config;
    WR_ASSERT(x->fault->outcome == WR_ROW_FAULT_STOPS && r->n == 1);
    wr_buf group = {0};
    wr_topic_part part = {x->topic, x->partition, WR_OFFSET_NONE};
    wr_dead_letter_group(c->prefix, c->id, &group);
    const wr_log_group_offsets done = {wr_buf_cstr(&group), &part, 1};
    bool known = x->topic && x->offset != WR_NO_OFFSET;
    bool one_commit = wr_settings_exactly_once(c->settings) || !wr_log_can(c->log)->has_changelogs;
    wr_log_writer *w = NULL;
    weir_status st = known ? wr_group_resume(c->log, done.group, &part, 1, err) : WEIR_OK;
    if (st == WEIR_OK && known && part.offset == x->offset + 1)
        goto out;
    part.offset = x->offset + 1;
    st = one_commit ? wr_log_writer_new_transactional(c->log, c->settings, NULL, &w, err)
                    : wr_log_writer_new(c->log, c->settings, &w, err);
    if (st == WEIR_OK)
        st = wr_log_writer_produce(w, NULL, topic, r, err);
    if (st == WEIR_OK)
        st = wr_log_writer_flush(w, err);
    if (st == WEIR_OK)
        st = wr_log_writer_commit(w, NULL, &done, known ? 1 : 0, NULL, err);
    if (st == WEIR_OK)
        atomic_fetch_add(&c->counters->dead_letters, 1);
out:
    if (w)
        wr_log_writer_close(w);
    wr_buf_free(&group);
    return st;
}

static weir_status write(wr__letters *l, const wr__letter *x, uint32_t topic, wr_arena *a,
                         wr_buf *text, weir_error *err)
{
    const wr_task_config *c = l->config;
    const char *name = c->topic_names[topic];
    WR_ASSERT(l->writer && topic < c->plan->topics_n && x->partition >= 0);
    WR_TRY(look_at(l, topic, err));
    const letter_topic *t = &l->topics[topic];
    int64_t time = x->record ? x->record->timestamp : x->batch->rowtime[x->row];
    const wr_headers *headers = headers_of(l, x, time, a);
    wr_str key = x->record ? x->record->key : (wr_str){0};
    wr_str value = x->record ? x->record->value : row_text(x, text);
    int32_t partition = c->piped ? 0 : x->partition % t->partitions;
    int64_t written = time_for(l, t, time);
    WR_TRY(check_size(l->writer, name, x, key, value, headers, err));
    const wr_out_records r = {.n = 1,
                              .keys = &key,
                              .values = &value,
                              .timestamps = &written,
                              .partitions = &partition,
                              .headers = &headers};
    if (x->fault->outcome == WR_ROW_FAULT_STOPS)
        return write_last(l, x, name, &r, err);
    WR_TRY(wr_log_writer_produce(l->writer, c->owner, name, &r, err));
    atomic_fetch_add(&c->counters->dead_letters, 1);
    return WEIR_OK;
}

/* Under the lock. */
static bool is_written(wr__letters *l, const wr__letter *x, uint32_t topic)
{
    bool same = x->offset != WR_NO_OFFSET && l->last_step == x->step && l->last_topic == topic &&
                l->last_partition == x->partition && l->last_offset == x->offset;
    l->last_step = x->step;
    l->last_topic = topic;
    l->last_partition = x->partition;
    l->last_offset = x->offset;
    return same;
}

void wr__letters_put(wr__letters *l, const wr__letter *x)
{
    const wr_error_policy *p = x->fault->policy;
    if (x->fault->outcome == WR_ROW_FAULT_STAYS || p->on_error == WR_ON_ERROR_SKIP ||
        p->topic == WR_PLAN_NO_TOPIC)
        return;
    WR_ASSERT(l->config->plan->topics[p->topic].role == WR_TOPIC_DEAD_LETTER);
    WR_ASSERT(x->record || (x->batch && x->row < x->batch->rows));
    wr_arena *a = wr_arena_new(0);
    wr_buf text = {0};
    weir_error err = {0};
    pthread_mutex_lock(&l->lock);
    if (!is_written(l, x, p->topic) && write(l, x, p->topic, a, &text, &err) != WEIR_OK &&
        !atomic_load(&l->failed)) {
        l->failure = err;
        atomic_store(&l->failed, true);
    }
    pthread_mutex_unlock(&l->lock);
    wr_buf_free(&text);
    wr_arena_free(a);
}

/* What operators made of rows is good only if the letters of those that they left out are there. */
weir_status wr__letters_check(wr__letters *l, weir_status st, weir_error *err)
{
    if (WR_LIKELY(!atomic_load_explicit(&l->failed, memory_order_acquire)))
        return st;
    WR_ASSERT(l->failure.code != WEIR_OK); /* written before the flag, once */
    if (err)
        *err = l->failure;
    return l->failure.code;
}
