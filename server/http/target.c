/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/target.h"

#include <strings.h>

const char *wr__target_split(const char *target, size_t *path_len, const char **query)
{
    const char *path = target;
    if (strncasecmp(path, "http://", 7) == 0 || strncasecmp(path, "https://", 8) == 0) {
        path = strstr(path, "://") + 3;
        path += strcspn(path, "/?#");
        if (*path != '/') { /* "http://host?x": the path is the root */
            *path_len = 1;
            *query = *path == '?' ? path + 1 : "";
            return "/";
        }
    }
    if (*path != '/' && strcmp(path, "*") != 0)
        return NULL;
    size_t n = strcspn(path, "?#");
    *path_len = n;
    *query = path[n] == '?' ? path + n + 1 : "";
    return path;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = wr_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool wr__percent_decode(const char *text, size_t n, bool plus_is_blank, char *out)
{
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < n ? hex(text[i + 1]) : -1;
            int low = high >= 0 ? hex(text[i + 2]) : -1;
            if (low < 0 || (high | low) == 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        out[to++] = c;
    }
    out[to] = '\0';
    return true;
}

static char *decoded(wr_arena *arena, const char *text, size_t n)
{
    char *out = wr_arena_alloc(arena, n + 1);
    return wr__percent_decode(text, n, true, out) ? out : NULL;
}

const char *wr__query_parameter(const char *query, const char *name, wr_arena *arena)
{
    for (const char *p = query; *p;) {
        size_t n = strcspn(p, "&#");
        const char *equals = memchr(p, '=', n);
        size_t name_len = equals ? (size_t)(equals - p) : n;
        const char *found = decoded(arena, p, name_len);
        if (found && strcmp(found, name) == 0)
            return equals ? decoded(arena, equals + 1, n - name_len - 1) : "";
        p += n;
        if (*p == '#')
            break;
        p += *p == '&';
    }
    return NULL;
}
