/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SET and DEFINE change.
 */
#include "runtime/instance/session.h"

void wr_session_init(wr_session *s, const wr_engine *e)
{
    *s = (wr_session){0};
    wr_settings_init(&s->settings, wr_engine_settings(e));
    wr_map_init(&s->variables);
    wr_map_init(&s->written);
}

/* Values are copied one by one, not the layers: the base session may be gone before this one. */
void wr_session_init_from(wr_session *s, const wr_engine *e, const wr_session *base)
{
    const wr_map_entry *v;
    wr_session_init(s, e);
    if (!base)
        return;
    for (size_t i = 0; (v = wr_map_next(&base->settings.values, &i));)
        wr_settings_put(&s->settings, v->key.ptr, v->value);
    for (size_t i = 0; (v = wr_map_next(&base->variables, &i));)
        wr_map_put(&s->variables, v->key, wr_strdup(v->value));
    for (size_t i = 0; (v = wr_map_next(&base->written, &i));)
        wr_map_put(&s->written, v->key, wr_strdup(v->value));
}

void wr_session_free(wr_session *s)
{
    const wr_map_entry *v;
    wr_settings_free(&s->settings);
    for (size_t i = 0; (v = wr_map_next(&s->variables, &i));)
        wr_free(v->value);
    wr_map_free(&s->variables);
    for (size_t i = 0; (v = wr_map_next(&s->written, &i));)
        wr_free(v->value);
    wr_map_free(&s->written);
}

weir_status wr_session_set(wr_session *s, wr_engine *e, const char *name, const char *value,
                           weir_error *err)
{
    WR_TRY(wr_settings_check(name, value, true, err));
    if (wr_settings_lists(wr_engine_settings(e), "ksql.properties.overrides.denylist", name))
        return wr_error(err, WEIR_ERR_CONFIG, "Cannot override property '%s'", name);
    wr_settings_put(&s->settings, name, value);
    return WEIR_OK;
}
