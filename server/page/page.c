/* SPDX-License-Identifier: Apache-2.0 */
#include "server/page/page.h"
#include "server/page/page_files.h"

#include <string.h>

static const char under[] = "/ui/";

/* frame-ancestors: nobody shows the page inside of another and has its buttons clicked. */
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "        \
    "'self'; "                                                                                     \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

bool wr_page_is_for(const wr_http_exchange *x)
{
    const char *path = wr_http_path(x);
    return strcmp(path, "/") == 0 || strcmp(path, "/ui") == 0 ||
           strncmp(path, under, sizeof under - 1) == 0;
}

/* Relative, so that it holds behind a proxy that has the server under a path of its own. What is
 * sent depends on Accept, and caches have to know. */
static void redirect(wr_http_exchange *x, const char *where)
{
    const wr_http_field fields[] = {{"Location", where}, {"Vary", "Accept"}, {NULL, NULL}};
    wr_http_respond(x, 307, fields, NULL, 0);
}

/* Programs ask for JSON or say nothing: only who names text/html is a browser. */
static bool is_browser(const wr_http_exchange *x)
{
    const char *accept = wr_http_header(x, "Accept");
    return accept && strstr(accept, "text/html");
}

static const wr_page_file *find(const char *name)
{
    for (size_t i = 0; i < wr__page_files_n; i++)
        if (strcmp(wr__page_files[i].name, name) == 0)
            return &wr__page_files[i];
    return NULL;
}

/* Files change with the program only, but their names stay: a browser asks each time, and mostly
 * hears 304. */
static void send_file(wr_http_exchange *x, const wr_page_file *f)
{
    const wr_http_field fields[] = {{"Content-Type", f->type},
                                    {"ETag", f->etag},
                                    {"Cache-Control", "no-cache"},
                                    {"Content-Security-Policy", POLICY},
                                    {"X-Content-Type-Options", "nosniff"},
                                    {"Referrer-Policy", "no-referrer"},
                                    {NULL, NULL}};
    const char *known = wr_http_header(x, "If-None-Match");
    if (known && (strcmp(known, "*") == 0 || strstr(known, f->etag)))
        wr_http_respond(x, 304, fields, NULL, 0);
    else
        wr_http_respond(x, 200, fields, f->bytes, f->n);
}

void wr_page_serve(wr_http_exchange *x)
{
    const char *path = wr_http_path(x), *method = wr_http_method(x);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        const wr_http_field allowed[] = {{"Allow", "GET, HEAD"}, {NULL, NULL}};
        wr_http_respond(x, 405, allowed, NULL, 0);
        return;
    }
    if (strcmp(path, "/") == 0) {
        redirect(x, is_browser(x) ? "ui/" : "/info");
        return;
    }
    if (strcmp(path, "/ui") == 0) {
        redirect(x, "ui/");
        return;
    }
    const char *name = path + sizeof under - 1;
    const wr_page_file *f = find(*name ? name : "index.html");
    if (f)
        send_file(x, f);
    else
        wr_http_respond(x, 404, NULL, "Not Found", 9);
}
