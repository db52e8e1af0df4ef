/* SPDX-License-Identifier: Apache-2.0 */
/* cors.h - which pages of other origins a browser lets use this server (access.control.allow.*). */
#ifndef WR_SERVER_CORS_H
#define WR_SERVER_CORS_H

#include "engine/plan/settings.h"
#include "server/http/http.h"

/**
 * In `begin` of an exchange, before anything else looks at it: adds the headers of an origin that
 * is allowed, answers preflight requests, which come without credentials, and refuses (403) what
 * pages of other origins send. The server's own page, and clients that send no Origin, pass.
 * @return whether it has been answered.
 */
bool wr_cors_answers(const wr_settings *settings, wr_http_exchange *x);

#endif
