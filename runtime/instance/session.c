/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SET and DEFINE change.
 */
#include "runtime/instance/engine_state.h"

void wr_session_init(wr_session *s, const wr_engine *e)
{
    wr_settings_init(&s->settings, &e->settings);
    wr_map_init(&s->variables);
}

void wr_session_free(wr_session *s)
{
    const wr_map_entry *v;
    wr_settings_free(&s->settings);
    for (size_t i = 0; (v = wr_map_next(&s->variables, &i));)
        wr_free(v->value);
    wr_map_free(&s->variables);
}
