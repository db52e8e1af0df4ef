/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir.h: opening, running, topics. A thin layer: everything of substance is in runtime/statement.
 *
 * What callers pass is checked here: a number that is no enum constant, a size that was not set, a
 * length that does not fit, a NULL. Below this folder they are taken for granted.
 *
 * Threads: any, for every function but weir_open and weir_close, which come first and last.
 * weir_produce and weir_flush take turns among themselves (`producing`), and never hold the
 * engine's lock.
 */
#include "runtime/api/api_internal.h"
#include "runtime/api/remote_topics.h"
#include "common/diag.h"
#include "common/fault.h"
#include "runtime/instance/wait.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WEIR_VERSION_TEXT "0.1.0"
/** No weir_options will ever be longer, so a size beyond it was not set at all. */
#define WR_OPTIONS_SIZE_MAX 4096

/* Of the library, which a program that is linked to it may not have been compiled with. */
const char *weir_version(void)
{
    return WEIR_VERSION_TEXT;
}

/* ---- open, close ---- */

/* Where a user's data lies when nothing is said (XDG base directories). One process at a time may
 * use it, so programs that run side by side name directories of their own. */
static const char *default_data_dir(const weir_options *o, wr_buf *out)
{
    const char *base = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (base && *base)
        wr_buf_printf(out, "%s/weir", base);
    else
        wr_buf_printf(out, "%s/.local/share/weir", home && *home ? home : ".");
    /* A directory for each cluster: what is kept of one means nothing to another. */
    if (o->log == WEIR_LOG_KAFKA) {
        /* One state directory for each cluster. */
        wr_buf_puts(out, "/kafka-");
        for (const char *c = o->bootstrap_servers; c && *c; c++)
            wr_buf_putc(out, strchr("/,: ", *c) ? '_' : *c);
    }
    return wr_buf_cstr(out);
}

/* Checked as `--set` and a properties file are, so that an embedding program gets the messages that
 * users of the program get. */
static weir_status read_settings(const weir_options *o, wr_settings *out, weir_error *err)
{
    for (const char *const *s = o->settings; s && s[0]; s += 2) {
        if (!s[1])
            return wr_error(err, WEIR_ERR_MISUSE, "Setting '%s' has no value", s[0]);
        WR_TRY(wr_settings_check(s[0], s[1], false, err));
        wr_settings_put(out, s[0], s[1]);
        wr_settings_warn(s[0], o->log == WEIR_LOG_KAFKA);
    }
    return WEIR_OK;
}

/* What the caller has filled in. A struct that is longer than ours comes from a newer header: what
 * we do not know must be left at 0, or we would ignore what was asked for. */
static weir_status read_options(const weir_options *options, weir_options *o, weir_error *err)
{
    const size_t least = offsetof(weir_options, log) + sizeof options->log;
    if (options && (options->size < least || options->size > WR_OPTIONS_SIZE_MAX))
        return wr_error(err, WEIR_ERR_MISUSE,
                        "weir_options.size is %zu: begin with WEIR_OPTIONS_INIT", options->size);
    for (size_t i = sizeof *o; options && i < options->size; i++)
        if (((const char *)options)[i])
            return wr_error(err, WEIR_ERR_MISUSE,
                            "weir_options has members that this version (%s) does not know",
                            WEIR_VERSION_TEXT);
    if (options)
        memcpy(o, options, WR_MIN(options->size, sizeof *o));
    if ((unsigned)o->log > WEIR_LOG_MEMORY)
        return wr_error(err, WEIR_ERR_MISUSE, "weir_options.log is %u, which is no weir_log",
                        (unsigned)o->log);
    if (o->log == WEIR_LOG_KAFKA && !o->bootstrap_servers)
        return wr_error(err, WEIR_ERR_MISUSE, "A Kafka log needs bootstrap_servers");
    return WEIR_OK;
}

/* Is the directory's process to be talked to? *out: how weir_options.server says it. */
static bool has_socket(const char *dir, wr_buf *out)
{
    wr_buf_printf(out, "unix:%s/" WR__DATA_SOCKET, dir);
    return access(wr_buf_cstr(out) + strlen("unix:"), R_OK | W_OK) == 0;
}

/* The session is kept, and texts are parsed, with an engine that holds nothing. */
static weir_status open_remote(const weir_options *o, wr_engine_options eo, weir *w,
                               weir_error *err)
{
    eo.log = WR_LOG_MEMORY;
    eo.mode = WR_ENGINE_STEPPED;
    eo.keep_statements = false;
    eo.state_in_memory = true;
    WR_ASSERT(o->server && !w->engine && !w->remote);
    WR_TRY(wr__remote_open(o->server, o->user, o->password, &w->remote, err));
    return wr_statement_open_engine(&eo, &w->engine, err);
}

/* The settings are owned by the handle: the engine copies them, but a failed opening must still be
 * able to free them, and both happen here. */
weir_status weir_open(const weir_options *options, weir **out, weir_error *err)
{
    weir_options o = WEIR_OPTIONS_INIT; /* what a caller with an older header cannot say */
    *out = NULL;
    WR_TRY(read_options(options, &o, err));
    const char *faults = getenv("WEIR_FAULT");
    if (faults) /* else nothing is touched: another handle may have threads already */
        WR_TRY(wr_fault_configure(faults, err));
    weir *w = wr_calloc(1, sizeof *w);
    wr_settings_init(&w->server, NULL);
    wr_buf dir = {0};
    static const wr_log_kind kinds[] = {WR_LOG_LOCAL, WR_LOG_KAFKA, WR_LOG_MEMORY};
    WR_ASSERT((size_t)o.log < WR_ARRAY_LEN(kinds)); /* read_options has checked it */
    wr_engine_options eo = {
        .log = kinds[o.log],
        .data_dir = o.data_dir ? o.data_dir : default_data_dir(&o, &dir),
        .bootstrap_servers = o.bootstrap_servers,
        .settings = &w->server,
        .mode = o.stepped ? WR_ENGINE_STEPPED : WR_ENGINE_THREADED,
        /* What lives in memory, or has no directory, has nothing to come back to. */
        .keep_statements = !o.ephemeral_catalog && !o.topics_only && o.log != WEIR_LOG_MEMORY,
        .state_in_memory = o.log == WEIR_LOG_MEMORY || (o.log == WEIR_LOG_KAFKA && o.topics_only),
        /* Whoever keeps no statements loads them from a file each time, as a service does. */
        .service = o.ephemeral_catalog,
    };
    weir_status st = read_settings(&o, &w->server, err);
    if (st == WEIR_OK && !o.server)
        st = wr_statement_open_engine(&eo, &w->engine, err);
    wr_buf socket = {0};
    if (st == WEIR_ERR_STORE && o.join && has_socket(eo.data_dir, &socket))
        o.server = wr_buf_cstr(&socket);
    if (o.server && (st == WEIR_OK || st == WEIR_ERR_STORE))
        st = open_remote(&o, eo, w, err);
    wr_buf_free(&socket);
    if (st == WEIR_OK && !w->remote && o.log != WEIR_LOG_MEMORY && !o.topics_only)
        w->data_dir = wr_strdup(eo.data_dir);
    wr_buf_free(&dir);
    if (st != WEIR_OK) {
        wr_settings_free(&w->server);
        wr__remote_close(w->remote);
        wr_free(w);
        return st;
    }
    WR_ASSERT(w->engine);
    w->stepped = o.stepped;
    w->in_memory = o.log == WEIR_LOG_MEMORY;
    w->complete = wr_arena_new(0);
    pthread_mutex_init(&w->producing, NULL);
    wr_session_init(&w->session, w->engine);
    *out = w;
    return WEIR_OK;
}

/* What is no statement would be done to the engine in memory, and look as if it had worked. */
weir_status wr__refuse_remote(const weir *w, weir_error *err)
{
    return w->remote ? wr_error(err, WEIR_ERR_UNSUPPORTED,
                                "This cannot be asked of a server: it takes statements")
                     : WEIR_OK;
}

/* How long weir_close waits for statements of other threads, which end by themselves now. */
#define CLOSE_WAIT_MS 2000

/*
 * Statements of other threads end by themselves once closing is announced: waiting ones with
 * WEIR_ERR_INTERRUPTED, and their threads then finalize them. One that nobody finalizes would use
 * the engine after it is gone, so the call is refused instead, and closing is taken back.
 */
static weir_status await_statements(weir *w, weir_error *err)
{
    size_t left;
    wr_engine_set_closing(w->engine, true);
    for (int ms = 0; (left = atomic_load(&w->statements)) && ms < CLOSE_WAIT_MS; ms += 5)
        wr_wait_nap(5);
    if (!left)
        return WEIR_OK;
    wr_engine_set_closing(w->engine, false);
    return wr_error(err, WEIR_ERR_MISUSE,
                    "%zu statement%s not finalized: weir_finalize comes before weir_close", left,
                    left == 1 ? " is" : "s are");
}

/* The writer of weir_produce first: what it holds was never flushed, so it is given up. */
weir_status weir_close(weir *w, weir_error *err)
{
    if (!w)
        return WEIR_OK;
    WR_TRY(await_statements(w, err));
    WR_ASSERT(atomic_load(&w->statements) == 0);
    if (w->writer)
        wr_log_writer_close(w->writer);
    wr_session_free(&w->session);
    weir_status st = wr_engine_close(w->engine, err);
    wr_settings_free(&w->server);
    wr__remote_close(w->remote);
    wr_free(w->data_dir);
    wr_arena_free(w->complete);
    pthread_mutex_destroy(&w->producing);
    wr_free(w);
    return st;
}

/* ---- running ---- */

/* Progress is reported only for a step that went well: one that failed says why instead. */
weir_status weir_run_once(weir *w, int max_ms, bool *progressed, weir_error *err)
{
    WR_TRY(wr__refuse_remote(w, err));
    bool some;
    if (!w->stepped)
        return wr_error(err, WEIR_ERR_MISUSE, "weir_run_once needs options.stepped");
    weir_status st = wr_engine_step(w->engine, max_ms, &some, err);
    if (progressed)
        *progressed = st == WEIR_OK && some;
    return st;
}

/* For both modes: with threads it waits for queries to catch up, without them it steps them. */
weir_status weir_drain(weir *w, int timeout_ms, weir_error *err)
{
    WR_TRY(wr__refuse_remote(w, err));
    return wr_engine_drain(w->engine, timeout_ms, err);
}

/*
 * Sums over the persistent queries, under the lock, but from counters that queries publish by
 * themselves: nothing waits. One lag that is not known makes the sum not known.
 */
/*
 * Sums of what may be of different moments: a standby that has just begun has not heard of its end
 * yet, and is behind by nothing. Rates add up, since queries restore at the same time; what has
 * been done and the total are those of restores that are under way, so both go back to 0 at their
 * ends.
 */
static void add_restore(const wr_query *q, weir_metrics *m)
{
    wr_query_restore r;
    m->queries_restoring += wr_query_restoring(q, &r);
    WR_ASSERT(r.done >= 0 && r.done <= r.total);
    m->restore_done += (uint64_t)r.done;
    m->restore_total += (uint64_t)r.total;
    m->restore_per_s += r.per_s;
    m->standby_stores += r.standbys;
    m->standby_lag += (uint64_t)WR_MAX(r.standby_left, 0);
}

void weir_metrics_read(weir *w, weir_metrics *out)
{
    weir_metrics m = {.size = out->size}; /* as many bytes as the caller's struct has */
    int64_t lag = 0;
    wr_query *q;
    wr_engine_lock(w->engine);
    for (size_t i = 0; (q = wr_engine_query_at(w->engine, i)); i++) {
        wr_query_metrics one;
        wr_query_metrics_read(q, &one);
        WR_ASSERT(one.lag >= -1); /* -1: not known */
        m.records_in += one.records_in;
        m.records_out += one.records_out;
        m.bytes_in += one.bytes_in;
        m.bytes_out += one.bytes_out;
        m.errors += one.errors;
        m.late += one.late;
        m.commits += one.commits;
        m.state_bytes += one.state_bytes;
        m.before_start += one.before_start;
        m.misplaced_keys += one.misplaced_keys;
        m.dead_letters += one.dead_letters;
        for (uint32_t r = 0; r < WR_ROW_FAULT_REASONS; r++)
            m.left_out += one.left_out[r];
        lag = one.lag < 0 || lag < 0 ? -1 : lag + one.lag;
        if (wr_query_error(q, NULL))
            m.queries_failed++;
        else
            m.queries_running++;
        m.queries_waiting += wr_query_waits(q, NULL, NULL);
        add_restore(q, &m);
        m.restored += one.restored;
    }
    wr_engine_unlock(w->engine);
    m.lag = lag;
    memcpy(out, &m, WR_MIN(out->size, sizeof m));
}

/* In order of creation: the first one is likely the reason for the others. What is given are
 * copies: the query may be gone as soon as the lock is given back. */
bool weir_failed_query(weir *w, char *id, size_t id_size, weir_error *err)
{
    wr_query *q;
    bool found = false;
    wr_engine_lock(w->engine);
    for (size_t i = 0; !found && (q = wr_engine_query_at(w->engine, i)); i++) {
        found = wr_query_error(q, err);
        if (found && id)
            snprintf(id, id_size, "%s", wr_query_id(q));
    }
    wr_engine_unlock(w->engine);
    return found;
}

/* As weir_failed_query: the first in order of creation, and copies of what there is to say. Several
 * mostly wait for the same thing; weir_metrics has how many do. */
bool weir_waiting_query(weir *w, char *id, size_t id_size, int64_t *since_ms, weir_error *why)
{
    wr_query *q;
    bool found = false;
    wr_engine_lock(w->engine);
    for (size_t i = 0; !found && (q = wr_engine_query_at(w->engine, i)); i++) {
        found = wr_query_waits(q, since_ms, why);
        if (found && id)
            snprintf(id, id_size, "%s", wr_query_id(q));
    }
    wr_engine_unlock(w->engine);
    return found;
}

/* With the handle's SET and DEFINE as its beginning; what the files set is theirs alone. The values
 * of the public enum are mapped one by one: they are another type, which may grow by itself. */
weir_status weir_load_files(weir *w, const char *const *paths, size_t n, weir_on_change on_change,
                            weir_error *err)
{
    WR_TRY(wr__refuse_remote(w, err));
    static const wr_on_change policies[] = {
        [WEIR_ON_CHANGE_REFUSE] = WR_ON_CHANGE_REFUSE,
        [WEIR_ON_CHANGE_RESTART] = WR_ON_CHANGE_RESTART,
        [WEIR_ON_CHANGE_KEEP_OLD] = WR_ON_CHANGE_KEEP_OLD,
    };
    WR_ASSERT(w->engine);
    if (!n || (unsigned)on_change >= WR_ARRAY_LEN(policies))
        return wr_error(err, WEIR_ERR_MISUSE, "weir_load_files needs a file and a weir_on_change");
    return wr_statement_load_files(w->engine, &w->session, paths, n, policies[on_change],
                                   &w->loading_interrupted, err);
}

/* For signal handlers, too: it only sets a flag, which whoever waits for a broker or a registry
 * looks at, and which the call that it ends takes back. */
void weir_interrupt_load(weir *w)
{
    atomic_store(&w->loading_interrupted, true);
}

/* As it was before there were several files and changes that may be decided on: whoever calls it
 * has said nothing of changes, and nothing is done about them. */
weir_status weir_load_file(weir *w, const char *path, weir_error *err)
{
    return weir_load_files(w, &path, 1, WEIR_ON_CHANGE_REFUSE, err);
}

/* What is in memory begins with nothing, so what files expect to be there can only be taken for
 * there. The struct is of this version: a caller with another one knows other members. */
weir_status weir_check_files(weir *w, const char *const *paths, size_t n, weir_check *check,
                             weir_error *err)
{
    WR_TRY(wr__refuse_remote(w, err));
    WR_ASSERT(w->engine);
    if (!n || (check && check->size != sizeof *check))
        return wr_error(err, WEIR_ERR_MISUSE,
                        "weir_check_files needs a file, and weir_check.size if it is given one");
    /* Of a failure, too, the counts are given: as far as the check came. */
    wr_check c = {.assume_topics = w->in_memory};
    if (check) {
        c.warn = check->warning;
        c.arg = check->arg;
    }
    weir_status st = wr_statement_check_files(w->engine, &w->session, paths, n, &c,
                                              &w->loading_interrupted, err);
    if (check) {
        check->statements = (unsigned)c.statements;
        check->queries = (unsigned)c.queries;
    }
    return st;
}

/* What may go wrong is the engine's to say; nothing is checked here but what C lets callers pass.
 * Any thread; waits, as a statement does, for statements that are under way. Not for what runs
 * here: TERMINATE and DROP do that, and know what depends on it. */
weir_status weir_reset_query(weir *w, const char *id, bool sink_too, weir_error *err)
{
    WR_TRY(wr__refuse_remote(w, err));
    return wr_statement_reset_query(w->engine, id, sink_too, err);
}

/* ---- the history of statements ---- */

/* With statements of its own a handle has executed them by now, and might be changing them while
 * they are read. On Kafka a handle with topics_only has no directory either, so that it may be used
 * beside the service whose topic it reads. */
static weir_status check_keeps_none(const weir *w, weir_error *err)
{
    if (!wr_engine_keeps_statements(w->engine) && !wr_engine_shares_statements(w->engine))
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_MISUSE,
                    "The handle keeps statements itself: open it with topics_only or "
                    "ephemeral_catalog");
}

/* Lines and not one text: a catalog may be large, and a program may want to look at each. Any
 * thread; nothing here is held while @p put is called. */
weir_status weir_export(weir *w, void (*put)(void *arg, const char *text), void *arg,
                        weir_error *err)
{
    WR_TRY(wr__refuse_remote(w, err));
    if (!put)
        return wr_error(err, WEIR_ERR_MISUSE, "weir_export needs somebody who takes its lines");
    WR_ASSERT(w->engine);
    WR_TRY(check_keeps_none(w, err));
    return wr_statement_export(w->engine, put, arg, err);
}

/* For callers who want the counts alone: problems are then found, counted, and put aside where that
 * is asked for, without a word. */
static void ignore(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

/* The counts are given where it fails, too: as far as it came. The struct is of this version: a
 * caller with another one knows other members. */
weir_status weir_repair(weir *w, weir_repair_options *options, weir_error *err)
{
    WR_TRY(wr__refuse_remote(w, err));
    if (!options || options->size != sizeof *options)
        return wr_error(err, WEIR_ERR_MISUSE, "weir_repair needs weir_repair_options.size");
    WR_TRY(check_keeps_none(w, err));
    wr_repair r = {.write = options->write,
                   .report = options->report ? options->report : ignore,
                   .arg = options->arg};
    WR_ASSERT(w->engine && r.report);
    weir_status st = wr_statement_repair(w->engine, &r, err);
    options->statements = (unsigned)r.statements;
    options->problems = (unsigned)r.problems;
    return st;
}

/* ---- topics ---- */

/* Records of one topic that are handed to the log together, and headers of one. */
#define RUN_MAX     ((size_t)1 << 20)
#define HEADERS_MAX ((size_t)1 << 20)
/* Bytes that weir_produce keeps before it writes them by itself. */
#define PRODUCE_PENDING_MAX ((size_t)4 << 20)

/* Made at first use: most programs never produce by themselves, and on Kafka a writer is a producer
 * with threads of its own. @pre `producing` is held */
static weir_status writer_of(weir *w, weir_error *err)
{
    if (w->writer)
        return WEIR_OK;
    wr_log_owner_init(&w->producer, "weir_produce");
    return wr_log_writer_new(wr_engine_log(w->engine), wr_engine_settings(w->engine), &w->writer,
                             err);
}

/* Lengths of SIZE_MAX are NULL values, which Kafka's headers may have. The caller's bytes are
 * borrowed: the log copies what it keeps. @pre the record was checked: lengths fit, keys are there
 */
static const wr_headers *headers_of(wr_arena *a, const weir_record *r)
{
    wr_headers *h = WR_NEW(a, wr_headers);
    wr_header *list = WR_NEW_N(a, wr_header, r->headers_n);
    for (size_t i = 0; i < r->headers_n; i++) {
        list[i].key = wr_str_c(r->header_keys[i]);
        if (r->header_values[i] && r->header_lens[i] != SIZE_MAX)
            list[i].value = wr_str_make(r->header_values[i], r->header_lens[i]);
    }
    *h = (wr_headers){(uint32_t)r->headers_n, list};
    return h;
}

/* So that readers find the keys where they look for them. As the setting says, which is for
 * programs without statements; else as a statement has said of the topic; of several sources of one
 * topic, the first that says anything. */
static wr_partitioner partitioner_of(weir *w, const char *topic)
{
    wr_partitioner by = WR_PARTITIONER_MURMUR2;
    const wr_map_entry *m;
    const char *set = wr_settings_get(&w->server, "weir.produce.partitioner");
    WR_ASSERT(topic);
    /* It was checked when the engine was opened; NONE is no value of it. */
    if (set && wr_partitioner_find(wr_str_c(set), &by))
        return wr_partitioner_to_write(by);
    wr_engine_lock(w->engine);
    const wr_catalog *c = wr_engine_catalog(w->engine);
    for (size_t i = 0; by == WR_PARTITIONER_MURMUR2 && (m = wr_map_next(&c->sources, &i));) {
        const wr_source *s = m->value;
        if (strcmp(s->topic, topic) == 0)
            by = wr_partitioner_to_write(s->partitioner);
    }
    wr_engine_unlock(w->engine);
    return by;
}

/*
 * Records of one topic in one call, as columns. @pre `producing` is held; all records were checked.
 * A partition is chosen here only where some record names one: else the log does it, as it does for
 * everybody. On failure what earlier runs have produced stays pending; weir_flush decides.
 */
static weir_status produce_run(weir *w, const weir_record *r, size_t n, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_str *keys = WR_NEW_N(a, wr_str, n), *values = WR_NEW_N(a, wr_str, n);
    int64_t *times = WR_NEW_N(a, int64_t, n);
    int32_t *parts = WR_NEW_N(a, int32_t, n);
    const wr_headers **headers = WR_NEW_N(a, const wr_headers *, n);
    wr_log *log = wr_engine_log(w->engine);
    wr_clock *clock = wr_engine_clock(w->engine);
    int64_t now = clock->wall_ms(clock);
    wr_topic_info info;
    WR_ASSERT(w->writer && n > 0 && n <= RUN_MAX);
    wr_partitioner by = partitioner_of(w, r->topic);
    bool any_headers = false, any_parts = false;
    weir_status st = wr_topic_describe(log, r->topic, &info, err);
    for (size_t i = 0; i < n && st == WEIR_OK; i++) {
        keys[i] = r[i].key ? wr_str_make(r[i].key, r[i].key_len) : (wr_str){NULL, 0};
        values[i] = r[i].value ? wr_str_make(r[i].value, r[i].value_len) : (wr_str){NULL, 0};
        WR_ASSERT(strcmp(r[i].topic, r[0].topic) == 0);
        times[i] = r[i].timestamp < 0 ? now : r[i].timestamp;
        parts[i] = r[i].partition >= 0 ? r[i].partition
                   : r[i].key          ? wr_partition_of(by, keys[i], info.partitions)
                                       : (int32_t)(i % (size_t)info.partitions);
        any_parts = any_parts || r[i].partition >= 0; /* else `parts` is not used */
        if (parts[i] >= info.partitions)
            st = wr_error(err, WEIR_ERR_MISUSE, "Topic '%s' has no partition %d", r->topic,
                          parts[i]);
        if (r[i].headers_n) {
            headers[i] = headers_of(a, &r[i]);
            any_headers = true;
        }
    }
    if (st == WEIR_OK) {
        wr_out_records out = {.n = (uint32_t)n,
                              .keys = keys,
                              .values = values,
                              .timestamps = times,
                              .partitions = any_parts ? parts : NULL,
                              .headers = any_headers ? headers : NULL,
                              .partitioner = by};
        st = wr_log_writer_produce(w->writer, &w->producer, r->topic, &out, err);
        wr_log_owner_reset(&w->producer); /* a failure is said once; other records go on */
    }
    wr_arena_free(a);
    return st;
}

/*
 * Everything produced so far becomes durable, or is given up and the caller is told why. Three
 * kinds of failure end up here: of this call (the log does not answer), of a record before it
 * (Kafka refuses one when it is delivered, long after it was produced), of the writer as a whole.
 * @pre `producing` is held
 */
static weir_status flush_writer(weir *w, weir_error *err)
{
    WR_ASSERT(w->writer);
    weir_status st = wr_log_writer_flush(w->writer, err);
    if (st == WEIR_OK && wr_log_owner_failed(&w->producer, err))
        st = w->producer.error.code;
    if (st == WEIR_OK)
        st = wr_log_writer_commit(w->writer, NULL, NULL, 0, NULL, err);
    if (wr_log_owner_failed(&w->producer, NULL)) {
        /* Kafka has refused a record: the caller knows now, and the next records are not its fault.
         */
        weir_error late;
        if (wr_log_writer_abort(w->writer, &w->producer, &late) != WEIR_OK)
            wr_diag_put(WR_DIAG_WARN, "log", "abort: %s", late.message);
        wr_log_owner_reset(&w->producer);
    }
    if (wr_log_writer_failed(w->writer, NULL)) { /* it would fail for ever */
        wr_log_writer_close(w->writer);
        w->writer = NULL;
    }
    return st;
}

/* What would not fit in our own structs, or is not there. Our strings have lengths of 32 bits: what
 * is longer would be cut in silence, or reach an assertion. */
static weir_status check_record(const weir_record *r, weir_error *err)
{
    if (!r->topic || !*r->topic)
        return wr_error(err, WEIR_ERR_MISUSE, "A record has no topic");
    if ((r->key && r->key_len > UINT32_MAX) || (r->value && r->value_len > UINT32_MAX))
        return wr_error(err, WEIR_ERR_LIMIT, "A record for topic '%s' is too large", r->topic);
    if (r->headers_n > HEADERS_MAX ||
        (r->headers_n && (!r->header_keys || !r->header_values || !r->header_lens)))
        return wr_error(err, WEIR_ERR_MISUSE, "The headers of a record for topic '%s' are not set",
                        r->topic);
    for (size_t i = 0; i < r->headers_n; i++)
        if (!r->header_keys[i] || (r->header_values[i] && r->header_lens[i] != SIZE_MAX &&
                                   r->header_lens[i] > UINT32_MAX))
            return wr_error(err, WEIR_ERR_MISUSE,
                            "Header %zu of a record for topic '%s' is not set", i, r->topic);
    return WEIR_OK;
}

/* Not under the engine's lock: a producer's queue that is full holds up those who produce, too, and
 * nobody else. All records are checked before the first is taken. */
weir_status weir_produce(weir *w, const weir_record *records, size_t n, weir_error *err)
{
    for (size_t i = 0; i < n; i++)
        WR_TRY(check_record(&records[i], err));
    if (w->remote)
        return wr__remote_produce(w->remote, records, n, err);
    pthread_mutex_lock(&w->producing);
    weir_status st = writer_of(w, err);
    for (size_t i = 0; i < n && st == WEIR_OK;) {
        size_t run = 1;
        while (i + run < n && run < RUN_MAX &&
               strcmp(records[i].topic, records[i + run].topic) == 0)
            run++;
        st = produce_run(w, records + i, run, err);
        i += run;
    }
    /* Kafka's producer bounds itself; our own logs keep everything until a commit. */
    if (st == WEIR_OK && wr_log_can(wr_engine_log(w->engine))->atomic_with_state &&
        wr_log_writer_pending(w->writer) > PRODUCE_PENDING_MAX)
        st = flush_writer(w, err);
    pthread_mutex_unlock(&w->producing);
    return st;
}

/* Pull queries of any thread see what was flushed: they wait for queries to have processed it. What
 * a server was given is durable already. */
weir_status weir_flush(weir *w, weir_error *err)
{
    weir_status st = WEIR_OK;
    if (w->remote)
        return st;
    pthread_mutex_lock(&w->producing);
    if (w->writer)
        st = flush_writer(w, err);
    pthread_mutex_unlock(&w->producing);
    wr_engine_note_write(w->engine);
    return st;
}

/* Replicas and retention as the broker has them by default: whoever needs others makes the topic
 * there. */
weir_status weir_topic_create(weir *w, const char *topic, int partitions, weir_error *err)
{
    wr_log *log = wr_engine_log(w->engine);
    if (!topic || !*topic || partitions < 1)
        return wr_error(err, WEIR_ERR_MISUSE, "A topic needs a name and at least 1 partition");
    if (w->remote)
        return wr__remote_topic_create(w->remote, topic, partitions, err);
    wr_topic_spec spec = {
        .name = topic, .partitions = partitions, .replicas = -1, .retention_ms = -1};
    return wr_topic_create(log, &spec, err);
}

/* As below: a server that does not answer counts as "no". */
static bool exists_remotely(weir *w, const char *topic, int *partitions)
{
    weir_error err;
    wr__remote_ends ends;
    wr_arena *a = wr_arena_new(0);
    bool found = wr__remote_topic(w->remote, topic, a, &ends, &err) == WEIR_OK;
    if (found && partitions)
        *partitions = (int)ends.partitions;
    wr_arena_free(a);
    return found;
}

/* A broker that does not answer counts as "no": callers ask in order to create, which then says why
 * that is not possible. */
bool weir_topic_exists(weir *w, const char *topic, int *partitions)
{
    wr_log *log = wr_engine_log(w->engine);
    wr_topic_info info;
    weir_error err;
    if (w->remote)
        return exists_remotely(w, topic, partitions);
    if (wr_topic_describe(log, topic, &info, &err) != WEIR_OK)
        return false;
    if (partitions)
        *partitions = info.partitions;
    return true;
}
