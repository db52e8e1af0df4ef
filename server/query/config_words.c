/* SPDX-License-Identifier: Apache-2.0 */
/* Kafka's words for values that it refuses. */
#include "server/query/config_words.h"
#include "engine/plan/settings.h"

#include <inttypes.h>
#include <string.h>

enum { LINE = 80 };

static const wr_setting *setting_of(const char *canonical)
{
    const wr_setting *s;
    for (uint32_t i = 0; (s = wr_setting_at(i)); i++)
        if (strcmp(s->name, canonical) == 0)
            return s;
    return NULL;
}

/* Kafka's types of numbers have their own ranges: what is no number of the type is not out of the
 * property's range. */
static void put_number(wr_buf *out, const wr_setting *s, const char *value)
{
    bool fits_int = s->most <= INT32_MAX && strcmp(s->name, "commit.interval.ms") != 0;
    int64_t n;
    if (!wr_str_to_i64(wr_str_c(value), &n))
        wr_buf_printf(out, "Not a number of type %s", fits_int ? "INT" : "LONG");
    else if (n < s->least)
        wr_buf_printf(out, "Value must be at least %" PRId64, s->least);
    else
        wr_buf_printf(out, "Value must be no more than %" PRId64, s->most);
}

void wr__put_config_reason(wr_buf *out, const char *name, const char *value, const char *own)
{
    const wr_setting *s = setting_of(wr_settings_canonical(name));
    if (!s || (s->kind != WR_SETTING_NUMBER && s->kind != WR_SETTING_FLAG &&
               s->kind != WR_SETTING_RESET && s->kind != WR_SETTING_GUARANTEE)) {
        wr_buf_puts(out, own);
        return;
    }
    wr_buf_printf(out, "Invalid value %s for configuration %s: ", wr_settings_shown(name, value),
                  s->name);
    if (s->kind == WR_SETTING_NUMBER)
        put_number(out, s, value);
    else if (s->kind == WR_SETTING_FLAG)
        wr_buf_puts(out, "Expected value to be either true or false");
    else if (s->kind == WR_SETTING_RESET)
        wr_buf_printf(out,
                      "Invalid value `%s` for configuration %s. The value must be either "
                      "'earliest', 'latest', 'none' or of the format "
                      "'by_duration:<PnDTnHnMn.nS.>'.",
                      value, s->name);
    else
        wr_buf_puts(out, "String must be one of: at_least_once, exactly_once_v2");
}

void wr__put_cause(wr_buf *out, const char *text)
{
    size_t used = strlen("Caused by:");
    wr_buf_puts(out, "\nCaused by:");
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");
        bool fits = used + 1 + n <= LINE;
        wr_buf_puts(out, fits ? " " : "\n\t");
        used = fits ? used + 1 + n : n;
        wr_buf_put(out, p, n);
        p += n + (p[n] == ' ');
    }
}
