/* SPDX-License-Identifier: Apache-2.0 */
/* websocket.h - from HTTP/1 to WebSocket. */
#ifndef WR_SERVER_HTTP_WEBSOCKET_H
#define WR_SERVER_HTTP_WEBSOCKET_H

#include "server/http/exchange.h"

/** The connection is a WebSocket from here on; bytes that came after the request are in c->in. */
void wr__websocket_switch(wr__conn *c, wr_http_exchange *x);
/** With the exchange. NULL is allowed. */
void wr__websocket_free(wr__websocket_state *w);

#endif
