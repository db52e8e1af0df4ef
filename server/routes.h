/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes.h - which part of the server a request is for, by its path.
 *
 * The parts have the functions of wr_http_handler; each path belongs to one of them for good, so
 * what comes later of an exchange finds its way without being noted.
 */
#ifndef WR_SERVER_ROUTES_H
#define WR_SERVER_ROUTES_H

#include "engine/plan/settings.h"
#include "server/http/http.h"
#include "weir.h"

typedef struct wr_routes wr_routes;

/** @param url  where the server listens; "": on no port. @p w and @p settings outlive it. */
wr_routes *wr_routes_new(weir *w, const char *url, const wr_settings *settings, bool read_only);
/** @pre the HTTP server has stopped. NULL is allowed. */
void wr_routes_free(wr_routes *r);
/** What answers; its `arg` is @p r. */
wr_http_handler wr_routes_handler(wr_routes *r);

#endif
