/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir test --schema-registry DIR`: the registry of each test begins with the schemas of a folder.
 * A file is a schema: its name is the subject, its ending says what it is (.avsc, .json, .proto).
 * They are registered in order of their names, so their ids, from 1 on, are the same each time.
 */
#include "runtime/testing/testing_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

static const struct {
    const char *ending;
    wr_schema_kind kind;
} endings[] = {
    {".avsc", WR_SCHEMA_AVRO}, {".json", WR_SCHEMA_JSON}, {".proto", WR_SCHEMA_PROTOBUF}};

/* @return the length of the subject in @p name; 0: the file is no schema. */
static size_t subject_length(const char *name, wr_schema_kind *kind)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < WR_ARRAY_LEN(endings); i++) {
        size_t m = strlen(endings[i].ending);
        if (n > m && strcmp(name + n - m, endings[i].ending) == 0) {
            *kind = endings[i].kind;
            return n - m;
        }
    }
    return 0;
}

static weir_status add_file(wr__world *w, const char *folder, const char *name, weir_error *err)
{
    wr_buf text = {0};
    wr_schema_draft draft = {0};
    const wr_registry_schema *made;
    size_t n = subject_length(name, &draft.kind);
    WR_ASSERT(folder && !strchr(name, '/'));
    WR_ASSERT(n > 0);
    weir_status st = wr__read_file(wr_arena_printf(w->arena, "%s/%s", folder, name), &text, err);
    draft.text = wr_buf_view(&text);
    if (st == WEIR_OK)
        st = wr_registry_register(wr_engine_registry(w->engine), NULL, wr_str_make(name, n), &draft,
                                  &made, err);
    wr_buf_free(&text);
    return st;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

weir_status wr__world_seed(wr__world *w, const char *folder, weir_error *err)
{
    wr_arr(const char *) names = {0};
    wr_schema_kind kind;
    WR_ASSERT(w->engine && wr_engine_registry(w->engine));
    DIR *d = opendir(folder);
    if (!d)
        return wr_error(err, WEIR_ERR_CONFIG, "Cannot read the schemas of %s: %s", folder,
                        strerror(errno));
    for (const struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.' && subject_length(e->d_name, &kind))
            wr_arr_push(w->arena, &names, (const char *)wr_arena_strdup(w->arena, e->d_name));
    closedir(d);
    if (names.n)
        qsort(names.v, names.n, sizeof *names.v, by_name);
    for (size_t i = 0; i < names.n; i++)
        WR_TRY(add_file(w, folder, names.v[i], err));
    return WEIR_OK;
}
