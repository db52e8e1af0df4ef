/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schemas in the log. A producer that changes its schema is somebody else, and nobody reads
 * registries for pleasure: so the log says what a new schema means for the columns that are here,
 * when its first record comes.
 *
 *     WARN  records of it are bad, columns are NULL, or there are fields that the source, whose
 *           columns are those of a schema, could have as well
 *     INFO  it fits; or it has more than was declared, which is what declaring is for
 *
 * What was said is kept for as long as the engine is open; a source has a handful of schemas.
 */
#include "runtime/query/schema_watch.h"
#include "common/diag.h"
#include "common/map.h"

#include <pthread.h>

#define SAID_MAX 4096 /* a topic of garbage names any number of schemas */

struct wr_schema_watch {
    pthread_mutex_t lock;
    wr_map said; /* "k NAME id" -> anything */
};

wr_schema_watch *wr_schema_watch_new(void)
{
    wr_schema_watch *w = wr_calloc(1, sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    wr_map_init(&w->said);
    return w;
}

void wr_schema_watch_free(wr_schema_watch *w)
{
    if (!w)
        return;
    wr_map_free(&w->said);
    pthread_mutex_destroy(&w->lock);
    wr_free(w);
}

/* @return false: it was said before, or too much was. */
static bool is_new(wr_schema_watch *w, const char *name, bool is_key, uint32_t id)
{
    wr_buf key = {0};
    wr_buf_printf(&key, "%c %s %u", is_key ? 'k' : 'v', name, id);
    pthread_mutex_lock(&w->lock);
    bool is_new = w->said.live < SAID_MAX && !wr_map_get(&w->said, wr_buf_view(&key));
    if (is_new)
        (void)wr_map_put(&w->said, wr_buf_view(&key), w);
    pthread_mutex_unlock(&w->lock);
    wr_buf_free(&key);
    return is_new;
}

static wr_diag_level level_of(wr_schema_fit fit, bool inferred)
{
    switch (fit) {
    case WR_SCHEMA_FITS:
        return WR_DIAG_INFO;
    case WR_SCHEMA_HAS_MORE:
        return inferred ? WR_DIAG_WARN : WR_DIAG_INFO;
    case WR_SCHEMA_HAS_LESS:
    case WR_SCHEMA_MISFIT:
        return WR_DIAG_WARN;
    }
    WR_UNREACHABLE();
}

static const char *meaning_of(wr_schema_fit fit)
{
    static const char *const words[] = {
        [WR_SCHEMA_FITS] = "it fits",
        [WR_SCHEMA_HAS_MORE] = "it has more: ",
        [WR_SCHEMA_HAS_LESS] = "columns are NULL: ",
        [WR_SCHEMA_MISFIT] = "its records cannot be used: ",
    };
    return words[fit];
}

void wr_schema_watch_note(wr_schema_watch *w, const char *query_id, const wr_step *source,
                          bool is_key, uint32_t id)
{
    const wr_step_source *cfg = &source->u.source;
    const wr_format_use *use = is_key ? &cfg->key : &cfg->value;
    const wr_registry_schema *schema;
    const char *part = is_key ? "key" : "value";
    weir_error err = {0};
    WR_ASSERT(id && use->format->can_infer);
    if (!cfg->source_name || !is_new(w, cfg->source_name, is_key, id))
        return;
    wr_schema_fit fit = WR_SCHEMA_MISFIT;
    wr_buf how = {0};
    weir_status st = wr_registry_known_id(use->options.registry, id, &schema, &err);
    if (st == WEIR_OK)
        st =
            wr_plan_schema_fit(cfg->columns, cfg->columns_n, use, is_key, schema, &fit, &how, &err);
    if (st != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "schema",
                    "%s: the %s schema %u of its records is of no use: %s (%s)", cfg->source_name,
                    part, id, err.message, query_id);
    else
        wr_diag_put(level_of(fit, use->inferred), "schema",
                    "%s: records with %s schema %u have come; %s%s%s (%s)", cfg->source_name, part,
                    id, meaning_of(fit), wr_buf_cstr(&how),
                    fit == WR_SCHEMA_HAS_MORE && use->inferred
                        ? "; ALTER ... REFRESH SCHEMA adds these"
                        : "",
                    query_id);
    wr_buf_free(&how);
}
